'use strict';
/* What is reached on foot from the open site: its routes, and as far as some minutes lead. */

const REACH = '#00506e';
const ROUTE_STYLES = {
  loop: { color: '#11131a', weight: 3.5, dashArray: '1 6' },
  other: { color: '#16357f', weight: 3.5, dashArray: '9 6' },
};
const routeLines = new Shapes(page.routes.shapes);
const reachShapes = new Shapes(page.isochrones.shapes);
const routeTargets = unpool(page.routes.target);

/**
 * Rows of a table by the position of their site.
 * @param {number[]} owner site of each row
 * @returns {Map<number, number[]>}
 */
function rowsBySite(owner) {
  const rows = new Map();
  owner.forEach((site, row) => rows.set(site, [...(rows.get(site) || []), row]));
  return rows;
}

const routesOf = rowsBySite(page.routes.site);
const reachOf = rowsBySite(page.isochrones.site);

/**
 * @param {string} target
 * @returns {string}
 */
function routeWords(target) {
  if (target === 'loop') return t('route');
  const words = Object.hasOwn(page.targets, target) ? both(page.targets[target]) : target;
  return `${t('route_to')}${t('colon')}${words}`;
}

/**
 * Draw the routes and the isochrones of a site, or of none.
 * @param {Site|null} site
 */
function drawReach(site) {
  [layers.routes, layers.reach].forEach((group) => group.clearLayers());
  if (!site) return;
  (routesOf.get(site.index) || []).forEach((row) => drawRoute(row));
  (reachOf.get(site.index) || []).forEach(drawIsochrone);
}

/** @param {number} row of the routes */
function drawRoute(row) {
  const line = routeLines.feature(row);
  const target = routeTargets[row];
  const style = ROUTE_STYLES[target === 'loop' ? 'loop' : 'other'];
  L.polyline(line, { pane: 'ways', color: '#ffffff', weight: 7, opacity: 0.9,
    interactive: false }).addTo(layers.routes);
  L.polyline(line, { ...style, pane: 'ways',
    className: `route route-${target === 'loop' ? 'loop' : 'other'}` })
    .bindTooltip(() => el('div', { class: 'tip' }, own(routeWords(target))), { sticky: true })
    .addTo(layers.routes);
}

/**
 * @param {number} row of the isochrones
 * @param {number} nearer how many are farther: the nearer, the thicker its line
 */
function drawIsochrone(row, nearer) {
  const minutes = quantity(page.isochrones.minutes[row], 'min');
  const shape = L.polygon(reachShapes.feature(row), { pane: 'reach', color: REACH,
    weight: 1.4 + 0.9 * nearer, opacity: 0.75, fillColor: REACH, fillOpacity: 0.09, interactive: false,
    className: 'isochrone' }).addTo(layers.reach);
  const top = shape.getLatLngs().flat(2).reduce((best, at) => (at.lat > best.lat ? at : best));
  const icon = L.divIcon({ html: el('span', {}, minutes), className: 'reach-label',
    iconSize: [56, 18] });
  L.marker(top, { icon, keyboard: false, interactive: false, pane: 'labels' })
    .addTo(layers.reach);
}

/**
 * Who and how much is reached from a site within some minutes.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function reachTable(site) {
  const rows = [...(reachOf.get(site.index) || [])].reverse();
  if (!rows.length) return null;
  const { minutes, residents, area_m2: area } = page.isochrones;
  return el('table', { class: 'access', id: 'reach' },
    el('thead', {}, el('tr', {}, ...['reach_minutes', 'reach_residents', 'reach_area'].map(
      (key) => el('th', { scope: 'col' }, t(key)),
    ))),
    el('tbody', {}, ...rows.map((row) => el('tr', {},
      el('th', { scope: 'row' }, quantity(minutes[row], 'min')),
      el('td', { class: 'figure' }, residents[row] === null ? t('unknown') : number(residents[row])),
      el('td', { class: 'figure' }, quantity(area[row] === null ? null : area[row] / 10000, 'ha'))))));
}

/** @returns {number} pixels of the map that an open legend hides at its left */
function legendWidth() {
  const box = document.getElementById('legend');
  return box.open && box.offsetWidth < map.getSize().x / 3 ? box.offsetWidth : 0;
}

/**
 * A button that shows on the map all that is reached from a site.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function reachButton(site) {
  const routes = routesOf.get(site.index) || [];
  const far = reachOf.get(site.index) || [];
  if (!routes.length && !far.length) return null;
  return el('button', { type: 'button', class: 'plain', id: 'show-reach', onclick: () => {
    ['routes', 'reach'].forEach(switchOn);
    if (document.body.dataset.view === 'list') setView('both');
    map.closePopup();
    map.fitBounds(L.latLngBounds([...outlineOf(site).flat(2), site.at,
      ...far.map((row) => reachShapes.feature(row)).flat(3),
      ...routes.map((row) => routeLines.feature(row)).flat(2)]),
    { animate: false, maxZoom: CLOSE_ZOOM + 1, paddingTopLeft: [24 + legendWidth(), 24],
      paddingBottomRight: [24, 24] });
  } }, t('show_reach'));
}

/** @returns {HTMLElement[]} what the lines of the open site mean */
function reachLegend() {
  const others = [...new Set(routeTargets)].filter((target) => target !== 'loop');
  const minutes = [...new Set(page.isochrones.minutes)].sort((a, b) => a - b).map((m) => number(m));
  const row = (name, words) => el('p', { class: 'legend-row' },
    el('span', { class: `legend-line ${name}` }), words);
  const found = [
    routeTargets.includes('loop') ? row('route', t('route')) : null,
    others.length ? row('route-other',
      others.length > 1 ? t('route_others') : routeWords(others[0])) : null,
    reachOf.size ? row('isochrone', `${t('legend_reach')}${t('colon')}${minutes.join(', ')}`) : null,
  ].filter((node) => node);
  return found.length ? [el('p', { class: 'legend-title' }, t('legend_open')), ...found] : [];
}
