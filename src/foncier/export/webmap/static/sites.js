'use strict';
/* Opportunities on the map: outlines, numbered signs, popups. */

const MANY = 60; // beyond, far signs are dots when seen from far
const CLOSE_ZOOM = 16;
const FIRST = 20; // ranks that keep their number at any zoom
const MOST_SVG = 600; // beyond, outlines go on a canvas

/** @type {Map<number, {outline: L.Polygon|null, marker: L.Marker}>} by position in the ranking */
const drawn = new Map();
/** @type {L.Map} */
let map;
/** @type {L.LayerGroup} */
let siteLayer;
/** @type {L.LayerGroup} what is shown of the open site only */
let openLayer;

/**
 * Shade of the fill: the better the score, the denser.
 * @param {Site} site
 * @param {boolean} strong the site is open or pointed at
 * @returns {object}
 */
function outlineStyle(site, strong) {
  const { colour } = KIND_STYLES[site.kind];
  return {
    color: strong ? '#11131a' : colour,
    weight: strong ? 3.5 : 1.6,
    dashArray: site.score === null || site.perimeter === 'emprise_approximative' ? '5 4' : null,
    fillColor: colour,
    fillOpacity: site.score === null ? 0.1 : 0.18 + 0.62 * site.score,
  };
}

/**
 * @param {Site} site
 * @returns {string}
 */
function figureOf(site) {
  return site.rank === null ? '?' : String(site.rank);
}

/**
 * @param {Site} site
 * @returns {L.Marker}
 */
function makeMarker(site) {
  const box = el('span', { class: 'pin' }, kindSign(site.kind, figureOf(site), 30));
  const icon = L.divIcon({ html: box, className: 'site-marker', iconSize: [30, 30] });
  const marker = L.marker(site.at, {
    icon, keyboard: false, riseOnHover: true, zIndexOffset: 2000 - 10 * site.index,
  });
  marker.on('add', () => {
    const far = sites.length > MANY && (site.rank === null || site.rank > FIRST);
    L.DomUtil[far ? 'addClass' : 'removeClass'](marker.getElement(), 'may-shrink');
    marker.getElement().setAttribute('data-site', site.id);
  });
  return marker;
}

/** Draw all sites once. */
function drawSites() {
  map.createPane('sites').style.zIndex = 420;
  const renderer = sites.length > MOST_SVG
    ? L.canvas({ pane: 'sites' }) : L.svg({ pane: 'sites' });
  [...sites].reverse().forEach((site) => {
    const outline = site.outline.length
      ? L.polygon(site.outline, { renderer, className: 'site-shape', ...outlineStyle(site, false) })
      : null;
    const marker = makeMarker(site);
    [outline, marker].filter((layer) => layer).forEach((layer) => {
      layer.bindTooltip(() => tooltip(site), { direction: 'top', offset: [0, -12] });
      layer.on('click', () => openSite(site, { from: 'map' }));
      layer.on('mouseover', () => pointAt(site, true));
      layer.on('mouseout', () => pointAt(site, false));
    });
    drawn.set(site.index, { outline, marker });
  });
  showSites();
  map.on('zoomend', shrink);
  shrink();
}

/** Signs of the far ranks become dots when seen from far. */
function shrink() {
  map.getContainer().classList.toggle('far', map.getZoom() < CLOSE_ZOOM);
}

/** Put on the map the sites that pass the filters, and only those. */
function showSites() {
  const wanted = new Set(shownSites());
  [...sites].reverse().forEach((site) => {
    const { outline, marker } = drawn.get(site.index);
    [outline, marker].filter((layer) => layer).forEach((layer) => {
      if (wanted.has(site)) siteLayer.addLayer(layer);
      else siteLayer.removeLayer(layer);
    });
  });
}

/**
 * @param {Site} site
 * @returns {HTMLElement}
 */
function tooltip(site) {
  return el('div', { class: 'tip' }, el('strong', {}, own(titleOf(site))), el('br'),
    `${coded(site.kind)} · ${scoreWords(site)}`);
}

/**
 * @param {Site} site
 * @returns {string}
 */
function scoreWords(site) {
  return site.score === null ? t('score_unknown') : t('score_of', { n: onHundred(site.score) });
}

/**
 * Light up a site on the map and in the list.
 * @param {Site} site
 * @param {boolean} on
 */
function pointAt(site, on) {
  const { outline, marker } = drawn.get(site.index);
  const strong = on || state.open === site;
  if (outline && map.hasLayer(outline)) {
    outline.setStyle(outlineStyle(site, strong));
    if (strong) outline.bringToFront();
  }
  if (marker.getElement()) marker.getElement().classList.toggle('strong', strong);
  marker.setZIndexOffset(strong ? 5000 : 2000 - 10 * site.index);
  const row = document.querySelector(`[data-row="${site.index}"]`);
  if (row) row.classList.toggle('strong', strong);
}

/**
 * What the map says of a site: name, score, evidence.
 * @param {Site} site
 * @returns {HTMLElement}
 */
function popup(site) {
  const shown = site.evidence.slice(0, 4);
  const more = site.evidence.length - shown.length;
  return el('div', { class: 'popup' },
    el('p', { class: 'popup-kind' }, kindSign(site.kind, '', 16), coded(site.kind)),
    el('h3', {}, own(titleOf(site))),
    el('p', { class: 'popup-score' }, el('strong', {}, scoreWords(site)),
      site.rank === null ? null : ` · ${t('rank_of', { rank: number(site.rank), n: number(ranked()) })}`),
    shown.length ? el('ul', { class: 'popup-evidence' }, ...shown.map((row) => el('li', {},
      own(evidenceText(row)), ' ', el('span', { class: 'source' }, own(evidenceSource(row))))))
      : el('p', {}, t('no_evidence')),
    more > 0 ? el('p', { class: 'source' }, counted('more_evidence', more)) : null,
    el('p', { class: 'popup-warning' }, t('model_warning')));
}

/** @returns {number} how many sites have a rank */
function ranked() {
  return sites.filter((site) => site.rank !== null).length;
}

/**
 * @param {any} row of the evidence
 * @returns {string}
 */
function evidenceText(row) {
  return phrase(page.evidence[lang === 'fr' ? 'fr' : 'en'], row.row);
}

/**
 * @param {any} row of the evidence
 * @returns {string}
 */
function evidenceSource(row) {
  return `${row.source}, ${row.date ? day(row.date) : t('undated')}`;
}

/**
 * Open a site: its card beside the map, its popup and its street access on the map.
 * @param {Site} site
 * @param {{from: 'map'|'list'}} how
 */
function openSite(site, { from }) {
  const before = state.open;
  state.open = site;
  if (before && before !== site) pointAt(before, false);
  showCard(site, { focus: from === 'list' });
  if (from === 'list') bringIntoView(site);
  openLayer.clearLayers();
  if (site.entry) {
    L.circleMarker(site.entry.at, { radius: 6, color: '#ffffff', weight: 2, fillColor: '#11131a',
      fillOpacity: 1, interactive: true }).bindTooltip(() => el('div', {}, entryWords(site)))
      .addTo(openLayer);
  }
  const height = Math.max(110, Math.min(260, map.getSize().y * 0.5));
  L.popup({ maxWidth: narrow.matches ? 230 : 300, minWidth: 190, maxHeight: height,
    autoPanPaddingTopLeft: [52, 12], autoPanPaddingBottomRight: [12, 12], offset: [0, -8],
    className: 'site-popup' })
    .setLatLng(site.at).setContent(popup(site)).openOn(map);
  pointAt(site, true);
  announce(t('opened', { name: titleOf(site) }));
}

/**
 * @param {Site} site
 * @returns {string}
 */
function entryWords(site) {
  return site.entry.street ? `${t('entry')}${t('colon')}${site.entry.street}` : t('entry');
}

/** @param {Site} site */
function bringIntoView(site) {
  if (document.body.dataset.view === 'list') setView('both');
  const bounds = L.latLngBounds([site.at, ...site.outline.flat(2)]);
  const zoom = Math.min(17, map.getBoundsZoom(bounds.pad(1.5)));
  const close = Math.max(map.getZoom(), zoom);
  // a little below the middle, so that the popup above it has room
  const middle = map.project(site.at, close).subtract([0, map.getSize().y * 0.18]);
  map.setView(map.unproject(middle, close), close, { animate: false });
}

/** Close the card; the list comes back. */
function closeSite() {
  const site = state.open;
  state.open = null;
  openLayer.clearLayers();
  map.closePopup();
  if (site) pointAt(site, false);
  showList(site);
}
