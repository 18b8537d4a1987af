'use strict';
/* Routes and isochrones of the open site. */

const ISOCHRONE_COLOUR = '#00506e';
const ROUTE_STYLES = {
  loop: { color: '#11131a', weight: 3.5, dashArray: '1 6' },
  other: { color: '#16357f', weight: 3.5, dashArray: '9 6' },
};
const routeLines = new Shapes(page.routes.shapes);
const isochroneShapes = new Shapes(page.isochrones.shapes);
const routeDestinations = unpool(page.routes.target);

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

const routesBySite = rowsBySite(page.routes.site);
const isochronesBySite = rowsBySite(page.isochrones.site);

/**
 * @param {string} destination
 * @returns {string}
 */
function routeText(destination) {
  if (destination === 'loop') return t('route');
  const words = Object.hasOwn(page.destinations, destination)
    ? inLanguage(page.destinations[destination]) : destination;
  return `${t('route_to')}${t('colon')}${words}`;
}

/**
 * Draw the routes and the isochrones of a site, or of none.
 * @param {Site|null} site
 */
function drawAccess(site) {
  [layers.routes, layers.isochrones].forEach((group) => group.clearLayers());
  if (!site) return;
  (routesBySite.get(site.index) || []).forEach((row) => drawRoute(row));
  (isochronesBySite.get(site.index) || []).forEach(drawIsochrone);
}

/** @param {number} row of the routes */
function drawRoute(row) {
  const line = routeLines.feature(row);
  const destination = routeDestinations[row];
  const style = ROUTE_STYLES[destination === 'loop' ? 'loop' : 'other'];
  L.polyline(line, { pane: 'routes', color: '#ffffff', weight: 7, opacity: 0.9,
    interactive: false }).addTo(layers.routes);
  const route = L.polyline(line, { ...style, pane: 'routes',
    className: `route route-${destination === 'loop' ? 'loop' : 'other'}` });
  addTooltip(route, () => el('div', { class: 'tip' }, isolated(routeText(destination))),
    { sticky: true }).addTo(layers.routes);
}

/**
 * @param {number} row of the isochrones
 * @param {number} nearer number of longer isochrones: the shorter the time, the thicker the line
 */
function drawIsochrone(row, nearer) {
  const minutes = quantity(page.isochrones.minutes[row], 'min');
  const shape = L.polygon(isochroneShapes.feature(row), { pane: 'isochrones', color: ISOCHRONE_COLOUR,
    weight: 1.4 + 0.9 * nearer, opacity: 0.75, fillColor: ISOCHRONE_COLOUR, fillOpacity: 0.09, interactive: false,
    className: 'isochrone' }).addTo(layers.isochrones);
  const top = shape.getLatLngs().flat(2).reduce((best, at) => (at.lat > best.lat ? at : best));
  const icon = L.divIcon({ html: el('span', {}, minutes), className: 'isochrone-label',
    iconSize: [56, 18] });
  L.marker(top, { icon, keyboard: false, interactive: false, pane: 'labels' })
    .addTo(layers.isochrones);
}

/**
 * Table of the isochrones of a site: minutes, residents, area.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function isochroneTable(site) {
  const rows = [...(isochronesBySite.get(site.index) || [])].reverse();
  if (!rows.length) return null;
  const { minutes, residents, area_m2: area } = page.isochrones;
  return el('table', { class: 'access', id: 'isochrones' },
    el('thead', {}, el('tr', {}, ...['isochrone_minutes', 'isochrone_residents', 'isochrone_area'].map(
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
 * Button that shows the routes and the isochrones of a site on the map.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function showAccessButton(site) {
  const routes = routesBySite.get(site.index) || [];
  const isochrones = isochronesBySite.get(site.index) || [];
  if (!routes.length && !isochrones.length) return null;
  return el('button', { type: 'button', class: 'plain', id: 'show-access', onclick: () => {
    ['routes', 'isochrones'].forEach(switchOn);
    if (document.body.dataset.view === 'list') setView('both');
    map.closePopup();
    map.fitBounds(L.latLngBounds([...outlineOf(site).flat(2), site.at,
      ...isochrones.map((row) => isochroneShapes.feature(row)).flat(3),
      ...routes.map((row) => routeLines.feature(row)).flat(2)]),
    { animate: false, maxZoom: CLOSE_ZOOM + 1, paddingTopLeft: [24 + legendWidth(), 24],
      paddingBottomRight: [24, 24] });
  } }, t('show_access'));
}

/** @returns {HTMLElement[]} legend of the routes and isochrones */
function accessLegend() {
  const others = [...new Set(routeDestinations)].filter((destination) => destination !== 'loop');
  const minutes = [...new Set(page.isochrones.minutes)].sort((a, b) => a - b).map((m) => number(m));
  const row = (name, words) => el('p', { class: 'legend-row' },
    el('span', { class: `legend-line ${name}` }), words);
  const rows = [
    routeDestinations.includes('loop') ? row('route', t('route')) : null,
    others.length ? row('route-other',
      others.length > 1 ? t('route_others') : routeText(others[0])) : null,
    isochronesBySite.size ? row('isochrone',
      `${t('legend_isochrones')}${t('colon')}${minutes.join(', ')}`) : null,
  ].filter((node) => node);
  return rows.length ? [el('p', { class: 'legend-title' }, t('legend_open')), ...rows] : [];
}
