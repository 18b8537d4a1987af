'use strict';
/* Rejected parcels too many to be drawn one by one: squares of ground say how many, and by which
   rule. */

// Paul Tol's muted colours, told apart by the colour-blind; none is that of a kind or a hexagon.
const REASON_COLOURS = ['#ddcc77', '#cc6677', '#999933', '#aa4499', '#44aa99'];
const OTHER_REASON = '#8d8f99';
const MOST_REASONS = 6; // told of one square
const EDGES_FROM = 13; // zoom

/** @type {{index: ShapeIndex, first: Uint32Array, colours: Map<number, string>}|null} */
let squareTable = null;

/** @returns {{index: ShapeIndex, first: Uint32Array, colours: Map<number, string>}} made once */
function squaresRead() {
  if (squareTable) return squareTable;
  const { shapes, several, reason } = page.squares;
  const first = startsOf(several);
  const times = new Map();
  several.forEach((_, row) => {
    const main = reason[first[row]];
    times.set(main, (times.get(main) || 0) + 1);
  });
  const common = [...times].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([code]) => code);
  const colours = new Map(common.map((code, i) => [code, REASON_COLOURS[i] || OTHER_REASON]));
  squareTable = { index: new ShapeIndex(new Shapes(shapes), []), first, colours };
  return squareTable;
}

/** @param {Sheet} sheet */
function paintSquares(sheet) {
  const { pen } = sheet;
  const { index, first, colours } = squaresRead();
  pen.globalAlpha = 0.6;
  index.within(sheet.box(1)).forEach((shape) => {
    pen.beginPath();
    trace(sheet, shape, true);
    pen.fillStyle = colours.get(page.squares.reason[first[shape.row]]);
    pen.fill();
    if (sheet.zoom >= EDGES_FROM) stroke(pen, '#ffffff', 1);
  });
  pen.globalAlpha = 1;
}

/** @returns {L.Layer} */
function squareLayer() {
  map.createPane('squares').style.zIndex = 350;
  const layer = new PaintedTiles(paintSquares, { pane: 'squares' });
  return layer.on('add remove', () => { if (many) repaintMany(); }); // hexagons make room for it
}

/** @returns {number} rejected parcels of all squares */
function parcelsInSquares() {
  return page.squares.count.reduce((sum, count) => sum + count, 0);
}

/**
 * How many parcels of a square were rejected, and why.
 * @param {number} row
 * @returns {HTMLElement}
 */
function squarePopup(row) {
  const { count, side_m: side, several, reason, reasons, parcels } = page.squares;
  const { first, colours } = squaresRead();
  const shown = Math.min(several[row], MOST_REASONS);
  const rows = Array.from({ length: shown }, (_, i) => first[row] + i);
  const told = rows.reduce((sum, i) => sum + parcels[i], 0);
  return el('div', { class: 'popup', id: 'square' },
    el('p', { class: 'popup-kind' }, t('square_one', { side: quantity(side, 'm') })),
    el('h3', {}, counted('rejected', count[row])),
    el('ul', { class: 'popup-evidence' }, ...rows.map((i) => el('li', {},
      reasonSign(colours.get(reason[i]) || OTHER_REASON), ' ', own(both(reasons[reason[i]])),
      `${t('colon')}${number(parcels[i])}`)),
    told < count[row] ? el('li', {}, t('square_others'), t('colon'), number(count[row] - told))
      : null),
    el('p', { class: 'source' }, t('square_where')));
}

/**
 * @param {string} colour
 * @returns {HTMLElement}
 */
function reasonSign(colour) {
  return el('span', { class: 'reason-sign', 'aria-hidden': 'true', css: { background: colour } });
}

/**
 * Answer clicks on the squares, where no site or hexagon is above, while their layer is on.
 * @param {L.Layer} layer
 */
function listenSquares(layer) {
  map.on('click', ({ latlng }) => {
    if (!map.hasLayer(layer) || sketch || manyUnder(latlng)) return;
    const { x, y } = map.project(latlng, 0);
    const shape = squaresRead().index.at([x, y]);
    if (!shape) return;
    L.popup({ maxWidth: narrow.matches ? 230 : 340 }).setLatLng(latlng)
      .setContent(squarePopup(shape.row)).openOn(map);
  });
}

/** @returns {HTMLElement|null} what the colours of the squares mean */
function squareLegend() {
  if (!page.squares.count.length) return null;
  const { colours } = squaresRead();
  const common = [...colours].filter(([, colour]) => colour !== OTHER_REASON);
  const row = (colour, words) => el('p', { class: 'legend-row' }, reasonSign(colour), words);
  return el('details', { class: 'legend-places', id: 'legend-squares' },
    el('summary', {}, t('legend_squares')),
    ...common.map(([code, colour]) => row(colour, own(both(page.squares.reasons[code])))),
    common.length < colours.size ? row(OTHER_REASON, t('square_others')) : null);
}
