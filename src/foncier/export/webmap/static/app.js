'use strict';
/* The start: the map that folium made, then the panel, the language, the views. */

const MAX_COMMUNE_CODES = 8; // communes that the head of the page lists

/** @type {Array<() => void>} what is made again when the language changes */
const rebuilders = [];

/** Put the words of the current language in the fixed parts of the page. */
function applyWords() {
  document.documentElement.lang = lang;
  document.querySelectorAll('[data-word]').forEach((node) => {
    node.textContent = t(node.dataset.word);
  });
  document.querySelectorAll('[data-word-label]').forEach((node) => {
    node.setAttribute('aria-label', t(node.dataset.wordLabel));
  });
  document.querySelectorAll('[data-lang]').forEach((node) => {
    node.setAttribute('aria-pressed', String(node.dataset.lang === lang));
  });
  const edition = page.edition ? t('edition', { date: dateText(page.edition) }) : t('no_edition');
  document.getElementById('edition').replaceChildren(`· ${edition}`,
    el('span', { class: 'communes' }, communesText()));
  document.title = `${page.title} – ${t('subtitle')}`;
}

/** @returns {string} the communes by their names; many by their number and their départements */
function communesText() {
  const codes = page.communes;
  if (!codes.length) return '';
  if (codes.length <= MAX_COMMUNE_CODES) {
    return ` · ${codes.map(communeText).join(', ')}`;
  }
  const parts = [...new Set(codes.map((code) => code.slice(0, code.startsWith('97') ? 3 : 2)))];
  const named = `${tCount('departements', parts.length)} (${parts.sort().join(', ')})`;
  return ` · ${tCount('communes', codes.length)}, ${named}`;
}

/** @param {string} language */
function setLanguage(language) {
  if (language === lang) return;
  lang = language;
  applyWords();
  buildBrowse();
  fillCredits();
  rebuilders.forEach((renew) => renew());
  map.closePopup();
  if (tableOrder) buildTable();
  if (state.open) openSite(state.open, { from: 'link' });
  saveState();
}

/**
 * On a phone: the map, the list, or both.
 * @param {string} view
 */
function setView(view) {
  document.body.dataset.view = view;
  document.querySelectorAll('[data-view]').forEach((node) => {
    if (node.tagName === 'BUTTON') {
      node.setAttribute('aria-pressed', String(node.dataset.view === view));
    }
  });
  if (map) map.invalidateSize({ animate: false });
  placeTool();
  renderRows();
}

/** Show the whole study area. */
function showAll() {
  if (!page.view) return;
  const bounds = L.latLngBounds(latLngs(page.view));
  map.setView(bounds.getCenter(), map.getBoundsZoom(bounds.pad(0.02)), { animate: false });
}

/** @returns {HTMLElement} zoom in, out, and back to the whole study */
function zoomBox() {
  const button = (key, text, act) => el('button', { type: 'button', title: t(key),
    'data-zoom': key === 'zoom_all' ? 'all' : 'step', 'aria-label': t(key), onclick: act }, text);
  return el('div', { class: 'zoom', role: 'group', 'aria-label': t('zoom') },
    button('zoom_in', '+', () => map.zoomIn()),
    button('zoom_out', '−', () => map.zoomOut()),
    button('zoom_all', '⤢', showAll),
    hasPosition() ? el('button', { type: 'button', id: 'locate', title: t('position'), 'aria-label': t('position'),
      onclick: locate }, '◎') : null);
}

/** What opens on paper. */
const OPEN_IN_PRINT = ['missing', 'legend'];
/** @type {{centre: L.LatLng, zoom: number, closed: HTMLElement[]}|null} what the screen showed */
let screenView = null;

/** On paper: the whole study (or the open site), and all that is missing. */
function beforePrint() {
  const closed = OPEN_IN_PRINT.map((id) => document.getElementById(id))
    .filter((node) => node && !node.open);
  screenView = { centre: map.getCenter(), zoom: map.getZoom(), closed };
  closed.forEach((node) => { node.open = true; });
  renderRowsForPrint();
  fitForPrint();
}

/** Once the print style holds, the map has its size on paper: put what matters in its middle. */
function fitForPrint() {
  map.invalidateSize({ animate: false });
  if (state.open) map.setView(state.open.at, map.getZoom(), { animate: false });
  else showAboveLegend();
}

/** On paper the legend is a strip across the foot of the map: the study lies above it. */
function showAboveLegend() {
  if (!page.view) return;
  const strip = document.getElementById('legend');
  const below = strip ? Math.min(strip.offsetHeight, map.getSize().y / 3) : 0;
  map.fitBounds(L.latLngBounds(latLngs(page.view)),
    { paddingBottomRight: [0, below], animate: false });
}

/** Back to what the screen showed. */
function afterPrint() {
  if (screenView) screenView.closed.forEach((node) => { node.open = false; });
  map.invalidateSize({ animate: false });
  if (screenView) map.setView(screenView.centre, screenView.zoom, { animate: false });
  if (!state.open) fillList();
}

/** Listen to the fixed buttons, the keyboard, the printer and the size of the window. */
function listenPage() {
  document.querySelectorAll('[data-lang]').forEach((node) => {
    node.addEventListener('click', () => setLanguage(node.dataset.lang));
  });
  document.querySelectorAll('button[data-view]').forEach((node) => {
    node.addEventListener('click', () => setView(node.dataset.view));
  });
  document.getElementById('print').addEventListener('click', () => window.print());
  document.addEventListener('keydown', (event) => {
    if (sketch && sketch.length && event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      undoCorner();
      return;
    }
    if (event.key !== 'Escape' || document.getElementById('comparison').open) return;
    if (sketch) setArea([]);
    else if (state.open) closeSite();
    else if (tableOrder) closeTable();
    else if (openTool) closeTool();
    else if (document.getElementById('welcome')) closeWelcome();
  });
  // Back and Forward, and a link that is pasted in the open page.
  window.addEventListener('popstate', () => {
    const dialog = document.getElementById('comparison');
    if (dialog.open) dialog.close();
    restoreState(window.location.hash);
  });
  map.on('popupopen', (event) => {
    const content = event.popup.getElement().querySelector('.leaflet-popup-scrolled');
    if (content) fill(content, { tabindex: 0, role: 'region', 'aria-label': t('popup') }, []);
  });
  map.on('moveend', saveState);
  window.matchMedia('print').addEventListener('change', (event) => {
    if (event.matches) fitForPrint();
  });
  window.addEventListener('beforeprint', beforePrint);
  window.addEventListener('afterprint', afterPrint);
  narrowScreen.addEventListener('change', () => setView('both'));
  document.getElementById('panel').addEventListener('scroll', scheduleRows, { passive: true });
  window.addEventListener('resize', () => { scheduleRows(); placeTool(); });
}

/**
 * Start the page on the map that folium made.
 * @param {L.Map} made
 * @param {Record<string, L.TileLayer>} tiles online backgrounds, none on the map
 */
function startPage(made, tiles) {
  map = made;
  onlineLayers = tiles;
  map.attributionControl.setPrefix(false);
  map.getContainer().setAttribute('role', 'application');
  map.getContainer().setAttribute('data-word-label', 'map');
  state.filters = noFilters();
  showAll();
  makeLayers();
  listenOnline();
  listenPlace();
  makeDrawing();
  applyWords();
  setView('both');
  rebuilders.push(addBox('topleft', zoomBox));
  rebuilders.push(addBox('topright', layerPanel), addBox('bottomleft', legend));
  L.control.scale({ imperial: false, position: 'bottomright' }).addTo(map);
  buildBrowse();
  fillCredits();
  applySwitches();
  drawSites();
  listenPage();
  if (isEmbedded) makeEmbedded();
  if (window.location.hash.length > 1) restoreState(window.location.hash);
  else openAddress();
  showWelcome();
  document.body.dataset.ready = 'yes';
  performance.mark('ready');
}
