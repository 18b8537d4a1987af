'use strict';
/* Rejected parcels with their reason, painted as one layer. */

/** @type {ShapeIndex|null} decoded when first needed */
let rejectedIndex = null;

/** @returns {ShapeIndex} */
function rejectedShapes() {
  rejectedIndex = rejectedIndex || new ShapeIndex(new Shapes(page.rejected.shapes), []);
  return rejectedIndex;
}

/** @param {TileContext} tile */
function paintRejected(tile) {
  const { ctx } = tile;
  ctx.fillStyle = 'rgba(90, 92, 105, 0.28)';
  rejectedShapes().within(tile.box(1)).forEach((shape) => {
    ctx.beginPath();
    tracePath(tile, shape, true);
    ctx.fill('evenodd');
    if (tile.zoom > 14) stroke(ctx, 'rgba(64, 66, 78, 0.7)', 0.8);
  });
}

/** @returns {L.Layer} */
function rejectedLayer() {
  map.createPane('rejected').style.zIndex = 350;
  return new CanvasTiles(paintRejected, { pane: 'rejected' });
}

/**
 * Reason why a parcel is rejected, in the current language.
 * @param {number} row
 * @returns {string}
 */
function reasonOf(row) {
  return phrase(page.rejected[lang === 'fr' ? 'fr' : 'en'], row);
}

/**
 * @param {number} row
 * @returns {HTMLElement}
 */
function rejectedPopup(row) {
  const kind = unpool(page.rejected.kind)[row];
  return el('div', { class: 'popup' },
    el('p', { class: 'popup-kind' }, t('rejected_one')),
    el('h3', {}, isolated(page.rejected.parcel[row])),
    el('p', {}, isolated(reasonOf(row))),
    el('p', { class: 'source' }, t('sought', { kind: valueLabel(kind) })));
}

/**
 * Show the reason of a rejected parcel.
 * @param {number} row
 * @param {L.LatLng} [at]
 */
function openRejected(row, at) {
  const shape = rejectedShapes().shapes[row];
  const [west, north, east, south] = shape.box;
  const middle = map.unproject(L.point((west + east) / 2, (north + south) / 2), 0);
  if (!at) map.setView(middle, Math.max(map.getZoom(), 17), { animate: !reducedMotion.matches });
  L.popup({ maxWidth: 300 }).setLatLng(at || middle).setContent(rejectedPopup(row)).openOn(map);
}

/**
 * Answer clicks on rejected parcels while their layer is on.
 * @param {L.Layer} layer
 */
function listenRejected(layer) {
  const under = (event) => {
    const point = map.project(event.latlng, 0);
    return rejectedShapes().at([point.x, point.y]);
  };
  map.on('click', (event) => {
    const shape = map.hasLayer(layer) && !sketch ? under(event) : null;
    if (shape) openRejected(shape.row, event.latlng);
  });
  map.on('mousemove', (event) => {
    const over = map.hasLayer(layer) && under(event) !== null;
    map.getContainer().classList.toggle('over-rejected', over);
  });
}

/**
 * Rejected parcels that a search names, at most some.
 * @param {string} query
 * @param {number} most
 * @returns {number[]} rows
 */
function findRejected(query, most) {
  const word = query.replace(/\s+/g, '').toUpperCase();
  if (word.length < 4) return [];
  const rows = [];
  page.rejected.parcel.some((parcel, row) => {
    if (parcel.toUpperCase().includes(word)) rows.push(row);
    return rows.length >= most;
  });
  return rows;
}
