'use strict';
/* Area drawn on the map, and a summary of the sites inside. */

/** @type {number[][]|null} corners so far (latitude, longitude); null when not drawing */
let sketch = null;
/** @type {L.LayerGroup} */
let sketchLayer;

/** Make the layer of the drawn area and listen to the pointer. */
function makeDrawing() {
  sketchLayer = L.layerGroup().addTo(map);
  map.on('click', (event) => {
    if (sketch) addCorner([event.latlng.lat, event.latlng.lng]);
  });
  map.on('dblclick', () => { if (sketch) finishDrawing(); });
}

/** @param {number[]} corner */
function addCorner(corner) {
  const last = sketch[sketch.length - 1];
  const point = map.latLngToLayerPoint(corner);
  // the second click of a double click is no corner
  if (!last || map.latLngToLayerPoint(last).distanceTo(point) > 3) sketch.push(corner);
  showArea();
  fillDrawing();
}

/** Take the last corner away. */
function undoCorner() {
  sketch.pop();
  showArea();
  fillDrawing();
  document.getElementById(sketch.length ? 'draw-undo' : 'draw-cancel')?.focus();
}

/** Begin a new area. */
function startDrawing() {
  sketch = [];
  state.filters.inside = [];
  map.closePopup();
  map.doubleClickZoom.disable();
  map.getContainer().classList.add('drawing');
  if (narrowScreen.matches) setView('both');
  showArea();
  refresh();
  fillTool();
  announce(t('draw_hint'));
}

/** Close the area; fewer than three corners clear it. */
function finishDrawing() {
  setArea(sketch.length > 2 ? sketch : []);
}

/**
 * Filter by an area; no corners clear it.
 * @param {number[][]} corners
 */
function setArea(corners) {
  sketch = null;
  map.getContainer().classList.remove('drawing');
  map.doubleClickZoom.enable();
  state.filters.inside = corners;
  showArea();
  refresh();
  fillTool();
}

/** Use the visible area: the way to draw with the keyboard. */
function useMapView() {
  const box = map.getBounds();
  setArea([[box.getSouth(), box.getWest()], [box.getNorth(), box.getWest()],
    [box.getNorth(), box.getEast()], [box.getSouth(), box.getEast()]]);
}

/** Draw the area on the map. */
function showArea() {
  sketchLayer.clearLayers();
  const corners = sketch || state.filters.inside;
  if (!corners.length) return;
  const style = { color: '#000091', weight: 2.5, dashArray: '6 5', interactive: false, pane: 'marks' };
  const shape = sketch ? L.polyline(corners, style)
    : L.polygon(corners, { ...style, fillOpacity: 0.06, className: 'drawn-area' });
  sketchLayer.addLayer(shape);
  (sketch || []).forEach((corner) => sketchLayer.addLayer(
    L.circleMarker(corner, { ...style, dashArray: null, radius: 3, fillOpacity: 1 }),
  ));
}

/** @returns {HTMLElement} */
function areaTool() {
  return el('div', { class: 'tool-body', id: 'area-tool' });
}

/** Show the state of the drawing and the summary. */
function fillDrawing() {
  const body = document.getElementById('area-tool');
  if (!body) return;
  const button = (id, act, disabled = false) => el('button', { type: 'button', class: 'plain',
    id: `draw-${id}`, onclick: act, disabled }, t(`draw_${id}`));
  const steps = sketch
    ? [el('p', {}, t('draw_hint')), button('finish', finishDrawing, sketch.length < 3),
      button('undo', undoCorner, !sketch.length),
      button('cancel', () => setArea([]))]
    : [button('start', startDrawing), button('view', useMapView),
      state.filters.inside.length ? button('clear', () => setArea([])) : null];
  body.replaceChildren(...steps.filter((node) => node), summary());
}

/** @returns {HTMLElement} number and area of the listed sites by kind */
function summary() {
  const shown = shownSites();
  const row = (name, list, tag) => el('tr', {}, el('th', { scope: 'row' }, name),
    el(tag, { class: 'figure' }, number(list.length)), el(tag, { class: 'figure' }, areaText(list)));
  return el('div', { class: 'part' }, el('table', { id: 'summary' },
    el('caption', {}, t(state.filters.inside.length ? 'summary_inside' : 'summary')),
    el('thead', {}, el('tr', {}, ...['kind', 'sites', 'area'].map(
      (key) => el('th', { scope: 'col' }, t(`summary_${key}`)),
    ))),
    el('tbody', {}, ...KINDS.map((kind) => shown.filter((site) => site.kind === kind))
      .filter((list) => list.length).map((list) => row(valueLabel(list[0].kind), list, 'td')),
    row(t('summary_all'), shown, 'td'))),
  el('p', { class: 'hint' }, t('summary_hint')));
}
