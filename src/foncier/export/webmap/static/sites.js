'use strict';
/* Opportunities on the map: outlines, numbered markers, popups. */

const MAX_SVG_SITES = 600; // beyond, sites are painted on tiles
const FEW_SITES = 60; // up to this many sites, every marker shows its rank at any zoom
const BEST_RANKS = 20; // ranks that markers show when zoomed out
const CLOSE_ZOOM = 16;
const MARKER_SPACING_PX = 24; // between two markers that show their rank
/** Too many sites for one element each? */
const tooManySites = sites.length > MAX_SVG_SITES;

/** @type {Map<number, {outline: L.Polygon|null, marker: L.Marker}>} by position in the ranking */
const siteObjects = new Map();
/** @type {L.Map} */
let map;
/** @type {L.LayerGroup} */
let siteLayer;
/** @type {L.Renderer} */
let siteRenderer;
/** @type {L.LayerGroup} what is shown of the open site only */
let openLayer;

/**
 * Shade of the fill: the better the score, the denser.
 * @param {Site} site
 * @param {boolean} strong the site is open or hovered
 * @returns {object}
 */
function outlineStyle(site, strong) {
  const { colour } = KIND_STYLES[site.kind];
  return {
    color: strong ? '#11131a' : colour,
    weight: strong ? 3.5 : 1.6,
    dashArray: site.score === null || site.perimeter === 'emprise_approximative'
      || isDoubtful(site) ? '5 4' : null,
    fillColor: colour,
    fillOpacity: site.score === null || isDoubtful(site) ? 0.1 : 0.18 + 0.62 * site.score,
  };
}

/**
 * @param {Site} site
 * @returns {string}
 */
function rankText(site) {
  if (site.overall_rank !== null) return String(site.overall_rank);
  return site.rank_apart ? '–' : '?';
}

/**
 * @param {Site} site
 * @returns {boolean} a low confidence, or a site that is taken: its sign is hollow
 */
function isDoubtful(site) {
  return Boolean(site.rank_apart || site.rank_last);
}

/**
 * @param {Site} site
 * @returns {L.Marker}
 */
function makeMarker(site) {
  const box = el('span', { class: 'pin' }, ...markerContent(site));
  const icon = L.divIcon({ html: box, className: 'site-marker', iconSize: [30, 30] });
  const marker = L.marker(site.at, {
    icon, keyboard: false, riseOnHover: true, zIndexOffset: zOffset(site),
  });
  marker.on('add', () => marker.getElement().setAttribute('data-site', site.id));
  return marker;
}

/**
 * Marker of a site with its rank, and a badge when it was visited.
 * @param {Site} site
 * @returns {Element[]}
 */
function markerContent(site) {
  return [kindIcon(site.kind, rankText(site), 30, isDoubtful(site)),
    ...(visits[site.id] ? [el('span', { class: 'seen', 'aria-hidden': 'true' }, '✓')] : [])];
}

/**
 * The better the rank, the higher.
 * @param {Site} site
 * @returns {number}
 */
function zOffset(site) {
  return 2000 - 10 * positions[site.index];
}

/**
 * @param {Site} site
 * @returns {L.Polygon|null}
 */
function makeOutline(site) {
  const outline = outlineOf(site);
  if (!outline.length) return null;
  return L.polygon(outline, { renderer: siteRenderer, className: 'site-shape',
    ...outlineStyle(site, false) });
}

/** Draw all sites once. */
function drawSites() {
  map.createPane('sites').style.zIndex = 420;
  siteRenderer = L.svg({ pane: 'sites' });
  if (tooManySites) {
    startPaintedSites();
    return;
  }
  [...sites].reverse().forEach((site) => {
    const [outline, marker] = [makeOutline(site), makeMarker(site)];
    [outline, marker].filter((layer) => layer).forEach((layer) => {
      addTooltip(layer, () => tooltip(site), { direction: 'top', offset: [0, -12] });
      layer.on('click', (event) => openAt(event.latlng, site));
      layer.on('mouseover', () => highlight(site, true));
      layer.on('mouseout', () => highlight(site, false));
    });
    siteObjects.set(site.index, { outline, marker });
  });
  showSites();
  map.on('zoomend', updateMarkerSizes);
}

/**
 * Sites whose marker can show its number without overlap, the best ranks first.
 * @param {Site[]} list from the first rank on
 * @param {number} zoom
 * @returns {Set<Site>}
 */
function withoutOverlap(list, zoom) {
  const occupied = new Map();
  const accepted = new Set();
  const scale = 2 ** zoom / MARKER_SPACING_PX; // cells of one marker
  const row = 2 ** 25;
  list.forEach((site) => {
    site.world = site.world || toWorld(site.at[1], site.at[0]);
    const [x, y] = [site.world[0] * scale, site.world[1] * scale];
    const square = Math.floor(y) * row + Math.floor(x);
    for (let i = -1; i <= 1; i += 1) {
      for (let j = -1; j <= 1; j += 1) {
        const other = occupied.get(square + i * row + j);
        if (other && Math.hypot(other[0] - x, other[1] - y) < 1) return;
      }
    }
    occupied.set(square, [x, y]);
    accepted.add(site);
  });
  return accepted;
}

/**
 * Sites whose marker shows its number at a zoom.
 * @param {Site[]} list from the first rank on
 * @param {number} zoom
 * @returns {Set<Site>}
 */
function numberedSites(list, zoom) {
  return withoutOverlap(zoom < CLOSE_ZOOM && sites.length > FEW_SITES ? list.slice(0, BEST_RANKS) : list, zoom);
}

/** Markers without a number become dots. */
function updateMarkerSizes() {
  map.getContainer().classList.toggle('far', map.getZoom() < 15);
  const full = numberedSites(shownSites(), map.getZoom());
  siteObjects.forEach(({ marker }, index) => {
    const node = marker.getElement();
    if (node) node.classList.toggle('may-shrink', !full.has(sites[index]));
  });
}

/** Put on the map the sites that pass the filters, and only those. */
function showSites() {
  if (tooManySites) {
    repaintSites();
    return;
  }
  const wanted = new Set(shownSites());
  [...rankedSites].reverse().forEach((site) => {
    const { outline, marker } = siteObjects.get(site.index);
    [outline, marker].filter((layer) => layer).forEach((layer) => {
      if (wanted.has(site)) siteLayer.addLayer(layer);
      else siteLayer.removeLayer(layer);
    });
  });
  updateMarkerSizes();
}

/** Update rank, fill and z-order of every site after a change of weights. */
function restyleSites() {
  if (tooManySites) {
    repaintSites();
    return;
  }
  rankedSites.forEach((site) => {
    const { outline, marker } = siteObjects.get(site.index);
    const strong = state.open === site;
    if (outline) outline.setStyle(outlineStyle(site, strong));
    marker.setZIndexOffset(strong ? 5000 : zOffset(site));
    const box = marker.options.icon.options.html;
    const text = box.querySelector('text');
    if (text && text.textContent !== rankText(site)) {
      box.replaceChildren(...markerContent(site));
    }
  });
  updateMarkerSizes();
}

/**
 * Update the visit badge of a site.
 * @param {Site} site
 */
function markVisited(site) {
  if (tooManySites) repaintSites();
  else siteObjects.get(site.index).marker.options.icon.options.html.replaceChildren(...markerContent(site));
}

/**
 * @param {Site} site
 * @returns {HTMLElement}
 */
function tooltip(site) {
  return el('div', { class: 'tip' }, el('strong', {}, isolated(titleOf(site))), el('br'),
    `${valueLabel(site.kind)} · ${scoreText(site)}`);
}

/**
 * @param {Site} site
 * @returns {string}
 */
function scoreText(site) {
  return site.score === null ? t('score_unknown') : t('score_of', { n: outOf100(site.score) });
}

/**
 * Highlight a site on the map and in the list.
 * @param {Site} site
 * @param {boolean} on
 */
function highlight(site, on) {
  const strong = on || state.open === site;
  const row = document.querySelector(`[data-row="${site.index}"]`);
  if (row) row.classList.toggle('strong', strong);
  if (tooManySites) {
    highlightPainted(site, strong);
    return;
  }
  const { outline, marker } = siteObjects.get(site.index);
  if (outline && map.hasLayer(outline)) {
    outline.setStyle(outlineStyle(site, strong));
    if (strong) outline.bringToFront();
  }
  if (marker.getElement()) marker.getElement().classList.toggle('strong', strong);
  marker.setZIndexOffset(strong ? 5000 : zOffset(site));
}

/**
 * Popup of a site: name, score, evidence.
 * @param {Site} site
 * @returns {HTMLElement}
 */
function popup(site) {
  const shown = site.evidence.slice(0, 4);
  const more = site.evidence.length - shown.length;
  return el('div', { class: 'popup' },
    el('p', { class: 'popup-kind' }, kindIcon(site.kind, '', 16), valueLabel(site.kind)),
    el('h3', {}, isolated(titleOf(site))),
    el('p', { class: 'popup-score' }, el('strong', {}, scoreText(site)),
      site.overall_rank === null ? null : ` · ${t('rank_of', { rank: number(site.overall_rank), n: number(rankedCount) })}`),
    site.availability_class === null ? null : el('p', { class: 'popup-offer' }, offerLine(site)),
    shown.length ? el('ul', { class: 'popup-evidence' }, ...shown.map((row) => el('li', {},
      isolated(evidenceText(row)), ' ', el('span', { class: 'source' }, isolated(evidenceSource(row))))))
      : el('p', {}, t('no_evidence')),
    more > 0 ? el('p', { class: 'source' }, tCount('more_evidence', more)) : null,
    el('p', { class: 'popup-warning' }, t('model_warning')));
}

/**
 * @param {any} row of the evidence
 * @returns {string}
 */
function evidenceText(row) {
  return phrase(page.evidence[lang === 'fr' ? 'fr' : 'en'], row.row);
}

/**
 * Source and date; for evidence without a date, the date of its layer.
 * @param {any} row of the evidence
 * @returns {string}
 */
function evidenceSource(row) {
  const layer = Object.hasOwn(page.layer_dates, row.source) ? page.layer_dates[row.source] : null;
  const date = !row.date && layer ? t('layer_of', { date: dateText(layer) }) : dateText(row.date);
  return `${row.source}, ${date}`;
}

/**
 * Open a site: its card beside the map, its popup and its street access on the map.
 * @param {Site} site
 * @param {{from: 'map'|'list'|'link'}} how
 */
function openSite(site, { from }) {
  if (sketch) return; // the click is a corner of the area being drawn
  endWelcome();
  const before = state.open;
  state.open = site;
  if (before && before !== site) highlight(before, false);
  showCard(site, { focus: from === 'list' });
  document.body.dataset.card = 'open';
  if (from === 'list') panTo(site);
  openLayer.clearLayers();
  drawAccess(site);
  if (site.entry) {
    const entrance = L.circleMarker(site.entry.at, { radius: 6, color: '#ffffff', weight: 2, fillColor: '#11131a',
      fillOpacity: 1, interactive: true });
    addTooltip(entrance, () => el('div', {}, entranceText(site)));
    entrance.addTo(openLayer);
  }
  const height = Math.max(110, Math.min(260, map.getSize().y * 0.5));
  L.popup({ maxWidth: narrowScreen.matches ? 230 : 300, minWidth: 190, maxHeight: height,
    autoPanPaddingTopLeft: [52, 12], autoPanPaddingBottomRight: [12, 12], offset: [0, -8],
    className: 'site-popup' })
    .setLatLng(site.at).setContent(popup(site)).openOn(map);
  highlight(site, true);
  announce(t('opened', { name: titleOf(site) }));
  // Back leaves the card, not the file; from one card to the next is one step too.
  if (from === 'link') saveState();
  else writeState('pushState');
}

/**
 * @param {Site} site
 * @returns {string}
 */
function entranceText(site) {
  return site.entry.street ? `${t('entrance')}${t('colon')}${site.entry.street}` : t('entrance');
}

/** @param {Site} site */
function panTo(site) {
  if (document.body.dataset.view === 'list') setView('both');
  const bounds = L.latLngBounds([site.at, ...outlineOf(site).flat(2)]);
  const zoom = Math.min(17, map.getBoundsZoom(bounds.pad(1.5)));
  const close = Math.max(map.getZoom(), zoom);
  // a little below the middle, so that the popup above it has room
  const middle = map.project(site.at, close).subtract([0, map.getSize().y * 0.18]);
  map.setView(map.unproject(middle, close), close, { animate: false });
}

/**
 * Close the card; the list comes back.
 * @param {{from?: string}} [how] a link writes its state itself
 */
function closeSite({ from } = {}) {
  const site = state.open;
  state.open = null;
  openLayer.clearLayers();
  drawAccess(null);
  map.closePopup();
  if (site) highlight(site, false);
  delete document.body.dataset.card;
  showList(site);
  if (from !== 'link') saveState();
}
