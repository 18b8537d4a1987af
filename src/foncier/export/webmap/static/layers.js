'use strict';
/* Layers, their switches, and the legend. */

const MAIN_PLACES = ['station', 'university', 'research', 'innovation', 'hospital',
  'public_service', 'third_place', 'incubator', 'social_housing'];
const MAX_PLACES = 300; // beyond, only those in sight are drawn
const PLACES_FROM = 14; // zoom from which they then show
const ONLINE_NAMES = ['plan', 'ortho', 'osm'];

/** @type {Record<string, L.Layer>} */
const layers = {};
/** @type {Record<string, L.TileLayer>} folium's tile layers, none switched on */
let onlineLayers = {};
const switches = {
  base: true, area: true, districts: false, perimeters: false, axis: true, loop: true, sites: true, places: true, minor: false,
  entries: false, rejected: false, grid: false, assemblies: false, routes: true, isochrones: true,
};
let online = '';

/** Build all layers once. */
function makeLayers() {
  ['context', 'lines', 'marks'].forEach((name, i) => {
    map.createPane(name).style.zIndex = String(360 + 20 * i);
  });
  map.createPane('names').style.zIndex = '610'; // over the signs: a name is placed clear of those with a rank
  layers.base = L.layerGroup([new CanvasTiles(paintBase, { pane: 'tilePane' }),
    new CanvasTiles((tile) => paintLabels(tile, true), { pane: 'names' })]);
  layers.area = L.polygon(new Shapes(page.area).all(), { pane: 'context', color: '#4b5468',
    weight: 1.5, dashArray: '2 5', fill: false, interactive: false });
  layers.districts = districtLayer();
  layers.perimeters = perimeterLayer();
  layers.axis = lineLayer('axis');
  layers.loop = L.layerGroup([lineLayer('loop'), stopLayer()]);
  layers.sites = L.layerGroup();
  layers.places = placeLayer(true);
  layers.minor = placeLayer(false);
  layers.entries = entranceLayer();
  layers.rejected = rejectedLayer();
  listenRejected(layers.rejected);
  layers.grid = gridLayer();
  listenGrid(layers.grid);
  layers.assemblies = assemblyLayer();
  listenAssemblies(layers.assemblies); // after: an assembly is made of rejected parcels
  map.createPane('isochrones').style.zIndex = '340';
  map.createPane('routes').style.zIndex = '430'; // over the sites that a route goes past
  map.createPane('labels').style.zIndex = '640'; // over the signs, under the popups
  layers.routes = L.layerGroup();
  layers.isochrones = L.layerGroup();
  siteLayer = layers.sites;
  openLayer = L.layerGroup().addTo(map);
}

/**
 * @param {'axis'|'loop'} role
 * @returns {L.LayerGroup}
 */
function lineLayer(role) {
  const shapes = new Shapes(page.lines.shapes).all();
  const group = L.layerGroup();
  const renderer = L.svg({ pane: 'lines' });
  page.lines.role.forEach((one, row) => {
    if (one !== role) return;
    const study = page.lines.status[row] !== null && role === 'loop';
    const colour = role === 'axis' ? '#3a3f63' : '#c0143c';
    if (role === 'loop') {
      L.polyline(shapes[row], { renderer, color: '#ffffff', weight: 6, opacity: 0.85,
        interactive: false }).addTo(group);
    }
    const line = L.polyline(shapes[row], { renderer, color: colour, className: `line-${role}`,
      weight: role === 'axis' ? 11 : 3, opacity: role === 'axis' ? 0.35 : 1,
      dashArray: study ? '8 6' : null });
    addTooltip(line, () => lineTooltip(row), { sticky: true }).addTo(group);
  });
  return group;
}

/**
 * Give a layer a tooltip for the pointer. Leaflet adds listeners of the focus too, which make every
 * shape a stop of the Tab key in Chromium, without a name or an action: the list is the way of the
 * keyboard.
 * @template {L.Layer} T
 * @param {T} layer
 * @param {() => HTMLElement} content
 * @param {object} [options]
 * @returns {T}
 */
function addTooltip(layer, content, options = {}) {
  layer.bindTooltip(content, options);
  layer.off('add', layer._addFocusListeners, layer);
  return layer;
}

/**
 * @param {number} row
 * @returns {HTMLElement}
 */
function lineTooltip(row) {
  const { name, status, length_m: length } = page.lines;
  return el('div', { class: 'tip' }, el('strong', {}, isolated(name[row])), el('br'),
    [status[row], quantity(length[row], 'm')].filter((text) => text).join(' · '));
}

/** @returns {L.LayerGroup} stops of the loop, lettered in their order */
function stopLayer() {
  return L.layerGroup(latLngs(page.stops.at).map((at, i) => {
    const icon = L.divIcon({ html: el('span', {}, stopLetter(i)), className: 'stop-marker',
      iconSize: [18, 18], iconAnchor: [-3, -1] });
    const name = page.stops.name[i] || t('stop');
    return addTooltip(L.marker(at, { icon, keyboard: false, pane: 'marks' }),
      () => el('div', { class: 'tip' }, `${t('stop')} ${stopLetter(i)}`, el('br'),
        isolated(name)), { direction: 'top' });
  }));
}

/**
 * Places: the main ones with a pictogram, the others as dots. Where there are many, only those in
 * view, when zoomed in.
 * @param {boolean} main
 * @returns {L.LayerGroup}
 */
function placeLayer(main) {
  const canvas = L.canvas({ pane: 'marks' });
  const group = L.layerGroup();
  const spots = placesOf(main).map((row) => [row, latLng(page.places.at, row)]);
  if (spots.length <= MAX_PLACES) {
    spots.forEach(([row, at]) => placeMarker(row, at, main ? null : canvas).addTo(group));
    return group;
  }
  const inSight = () => {
    group.clearLayers();
    if (map.getZoom() < PLACES_FROM) return;
    const box = map.getBounds().pad(0.2);
    spots.filter(([, at]) => box.contains(at))
      .forEach(([row, at]) => placeMarker(row, at, main ? null : canvas).addTo(group));
  };
  group.on('add', () => { map.on('moveend', inSight); inSight(); });
  group.on('remove', () => map.off('moveend', inSight));
  return group;
}

/**
 * @param {boolean} main
 * @returns {number[]} rows of the main places, or of the others
 */
function placesOf(main) {
  const categories = unpool(page.places.category);
  return categories.flatMap(
    (category, row) => (MAIN_PLACES.includes(category) === main ? [row] : []),
  );
}

/**
 * @param {number} row
 * @param {number[]} at
 * @param {L.Renderer|null} canvas what draws it as a dot; null: a pictogram
 * @returns {L.Layer}
 */
function placeMarker(row, at, canvas) {
  const category = page.places.category.pool[page.places.category.codes[row]];
  const icon = () => L.divIcon({ html: placeIcon(category, 24), className: 'place-marker',
    iconSize: [24, 24] });
  const marker = canvas
    ? L.circleMarker(at, { renderer: canvas, radius: 3.5, color: '#ffffff', weight: 1,
      fillColor: '#2b3a55', fillOpacity: 0.9 })
    : L.marker(at, { icon: icon(), keyboard: false, pane: 'marks' });
  return addTooltip(marker, () => el('div', { class: 'tip' },
    el('strong', {}, isolated(page.places.name[row] || valueLabel(category))), el('br'), valueLabel(category)),
  { direction: 'top' });
}

/** @returns {L.LayerGroup} where each site meets the street network, made when first shown */
function entranceLayer() {
  const canvas = L.canvas({ pane: 'marks' });
  const group = L.layerGroup();
  group.once('add', () => sites.filter((site) => site.entry).forEach((site) => {
    const mark = L.circleMarker(site.entry.at, { renderer: canvas, radius: 4, color: '#11131a',
      weight: 1.5, fillColor: '#ffd24d', fillOpacity: 1 });
    addTooltip(mark, () => el('div', { class: 'tip' }, isolated(titleOf(site)), el('br'),
      entranceText(site))).addTo(group);
  }));
  return group;
}

/** Make the map agree with the switches. */
function applySwitches() {
  Object.entries(layers).forEach(([name, layer]) => {
    const on = switches[name] && !(name === 'base' && online);
    if (on) map.addLayer(layer);
    else map.removeLayer(layer);
  });
  ONLINE_NAMES.forEach((name) => {
    if (online === name) map.addLayer(onlineLayers[name]);
    else map.removeLayer(onlineLayers[name]);
  });
  showOnlineStatus('');
}

/**
 * Say whether the online background came, in the panel and to a screen reader.
 * @param {string} key of the words; '' when there is nothing to say
 */
function showOnlineStatus(key) {
  const note = document.getElementById('online-note');
  if (!note || note.dataset.said === key) return;
  note.dataset.said = key;
  note.textContent = key ? t(key) : '';
  note.hidden = !key;
  if (key) announce(t(key));
}

/** Report a failed tile, and show the base map of the study under the background. */
function listenOnline() {
  ONLINE_NAMES.forEach((name) => onlineLayers[name].on('tileerror', () => {
    if (online !== name) return;
    showOnlineStatus('online_failed');
    map.addLayer(layers.base);
  }));
}

/** @returns {string[]} switches of the layers that have something to show */
function filledSwitches() {
  const categories = unpool(page.places.category);
  const has = {
    area: page.area.parts.length, rejected: page.rejected.parcel.length,
    grid: page.grid.count.length, assemblies: page.assemblies.id.length,
    districts: page.districts.name.length, perimeters: page.perimeters.name.length,
    axis: page.lines.role.includes('axis'), loop: page.lines.role.includes('loop'),
    places: categories.some((category) => MAIN_PLACES.includes(category)),
    minor: categories.some((category) => !MAIN_PLACES.includes(category)),
    routes: routesBySite.size, isochrones: isochronesBySite.size, entries: page.entries.site.length,
    sites: sites.length, base: true,
  };
  return Object.keys(switches).filter((name) => has[name]);
}

/** @returns {HTMLElement} the check boxes and the online backgrounds */
function layerPanel() {
  const counts = { rejected: page.rejected.parcel.length, grid: parcelsInGrid(),
    assemblies: page.assemblies.id.length };
  const side = quantity(page.grid.side_m, 'm');
  const box = (name) => el('label', { class: 'check' }, el('input', { type: 'checkbox',
    'data-layer': name, checked: switches[name],
    onchange: (event) => { switches[name] = event.target.checked; applySwitches(); } }),
  name in counts ? `${t(`layer_${name}`, { side })} (${number(counts[name])})`
    : t(`layer_${name}`) + (shownOnZoomOnly(name) ? ` ${t('from_near')}` : ''));
  const choice = (name) => el('label', { class: 'check' }, el('input', { type: 'radio',
    name: 'online', value: name, checked: online === name,
    onchange: () => { online = name; applySwitches(); } }), t(`online_${name || 'none'}`));
  return el('details', { class: 'map-box', id: 'layers' },
    el('summary', {}, t('layers')),
    el('fieldset', {}, el('legend', {}, t('layers_shown')), ...filledSwitches().map(box)),
    el('fieldset', {}, el('legend', {}, t('online')), ...['', ...ONLINE_NAMES].map(choice),
      el('p', { id: 'online-note', hidden: true }),
      el('p', { class: 'hint' }, t('online_hint'))));
}

/**
 * @param {string} name of a switch
 * @returns {boolean} too many to be shown when zoomed out
 */
function shownOnZoomOnly(name) {
  return ['places', 'minor'].includes(name) && placesOf(name === 'places').length > MAX_PLACES;
}

/** @returns {HTMLElement} legend of the map */
function legend() {
  const kinds = KINDS.filter((kind) => sites.some((site) => site.kind === kind));
  const shades = el('p', { class: 'shades' }, t('legend_low'),
    ...[0.1, 0.35, 0.6, 0.9].map((score) => el('span', { class: 'shade',
      css: { opacity: String(0.18 + 0.62 * score) } })), t('legend_high'));
  const line = (role) => {
    const row = page.lines.role.indexOf(role);
    if (row < 0) return null;
    const status = page.lines.status[row];
    return el('p', { class: 'legend-row' }, el('span', { class: `legend-line ${role}`
      + (status && role === 'loop' ? ' dashed' : '') }), valueLabel(role),
    status ? el('span', {}, ` (${status})`) : null);
  };
  const categories = new Set(unpool(page.places.category));
  const places = MAIN_PLACES.filter((name) => categories.has(name));
  return el('details', { class: 'map-box', id: 'legend', open: largeScreen.matches },
    el('summary', {}, t('legend')),
    ...kinds.map((kind) => el('p', { class: 'legend-row' }, kindIcon(kind, '', 18), valueLabel(kind))),
    sites.some(isDoubtful) ? el('p', { class: 'legend-row' }, kindIcon('friche', '', 18, true),
      t('legend_hollow')) : null,
    el('p', { class: 'legend-row' }, el('span', { class: 'seen', 'aria-hidden': 'true' }, '✓'),
      t('visited_site')),
    ...overviewLegend(),
    el('p', { class: 'legend-title' }, t('legend_score')), shades,
    el('p', { class: 'legend-row' }, el('span', { class: 'legend-bar' }, scoreBar({ score: 0.6,
      low: 0.45, high: 0.85, colour: '#0063a6' })), t('legend_interval')),
    line('axis'), line('loop'), assemblyLegend(), ...accessLegend(),
    places.length ? el('details', { class: 'legend-places' }, el('summary', {}, t('layer_places')),
      ...places.map((name) => el('p', { class: 'legend-row' }, placeIcon(name, 18), valueLabel(name))))
      : null,
    gridLegend());
}

/** @returns {HTMLElement|null} legend of the assemblies, with their number */
function assemblyLegend() {
  const count = page.assemblies.id.length;
  return count ? el('p', { class: 'legend-row' }, el('span', { class: 'legend-line assembly' }),
    tCount('assemblies', count)) : null;
}

/**
 * Leaflet control with an element of the page.
 * @param {string} position
 * @param {() => HTMLElement} make
 * @returns {() => void} call it to make the element again
 */
function addBox(position, make) {
  const holder = el('div', { class: 'map-holder' });
  const Box = L.Control.extend({
    onAdd() {
      L.DomEvent.disableClickPropagation(holder);
      L.DomEvent.disableScrollPropagation(holder);
      return holder;
    },
  });
  new Box({ position }).addTo(map);
  const renew = () => {
    const old = holder.firstElementChild;
    const fresh = make();
    if (old && 'open' in old) fresh.open = old.open;
    holder.replaceChildren(fresh);
  };
  renew();
  return renew;
}
