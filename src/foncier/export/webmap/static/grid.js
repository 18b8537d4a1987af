'use strict';
/* Rejected parcels that are too many to be drawn one by one, counted by grid cell and rule. */

// Paul Tol's muted colours, distinct for colour-blind readers; none is that of a kind or a hexagon.
const REASON_COLOURS = ['#ddcc77', '#cc6677', '#999933', '#aa4499', '#44aa99'];
const OTHER_REASON = '#8d8f99';
const MAX_REASONS = 6; // listed for one cell
const EDGES_FROM = 13; // zoom

/** @type {{index: ShapeIndex, first: Uint32Array, colours: Map<number, string>}|null} */
let gridTable = null;

/** @returns {{index: ShapeIndex, first: Uint32Array, colours: Map<number, string>}} made once */
function readGrid() {
  if (gridTable) return gridTable;
  const { shapes, several, reason } = page.grid;
  const first = startsOf(several);
  const times = new Map();
  several.forEach((_, row) => {
    const main = reason[first[row]];
    times.set(main, (times.get(main) || 0) + 1);
  });
  const common = [...times].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([code]) => code);
  const colours = new Map(common.map((code, i) => [code, REASON_COLOURS[i] || OTHER_REASON]));
  gridTable = { index: new ShapeIndex(new Shapes(shapes), []), first, colours };
  return gridTable;
}

/** @param {TileContext} tile */
function paintGrid(tile) {
  const { ctx } = tile;
  const { index, first, colours } = readGrid();
  ctx.globalAlpha = 0.6;
  index.within(tile.box(1)).forEach((shape) => {
    ctx.beginPath();
    tracePath(tile, shape, true);
    ctx.fillStyle = colours.get(page.grid.reason[first[shape.row]]);
    ctx.fill();
    if (tile.zoom >= EDGES_FROM) stroke(ctx, '#ffffff', 1);
  });
  ctx.globalAlpha = 1;
}

/** @returns {L.Layer} */
function gridLayer() {
  map.createPane('grid').style.zIndex = 350;
  const layer = new CanvasTiles(paintGrid, { pane: 'grid' });
  return layer.on('add remove', () => { if (tooManySites) repaintSites(); }); // hexagons make room for it
}

/** @returns {number} rejected parcels of all cells */
function parcelsInGrid() {
  return page.grid.count.reduce((sum, count) => sum + count, 0);
}

/**
 * Popup of a cell: number of rejected parcels, by rule.
 * @param {number} row
 * @returns {HTMLElement}
 */
function gridPopup(row) {
  const { count, side_m: side, several, reason, reasons, parcels } = page.grid;
  const { first, colours } = readGrid();
  const shown = Math.min(several[row], MAX_REASONS);
  const rows = Array.from({ length: shown }, (_, i) => first[row] + i);
  const listedCount = rows.reduce((sum, i) => sum + parcels[i], 0);
  return el('div', { class: 'popup', id: 'grid-cell' },
    el('p', { class: 'popup-kind' }, t('grid_one', { side: quantity(side, 'm') })),
    el('h3', {}, tCount('rejected', count[row])),
    el('ul', { class: 'popup-evidence' }, ...rows.map((i) => el('li', {},
      reasonSwatch(colours.get(reason[i]) || OTHER_REASON), ' ', isolated(inLanguage(reasons[reason[i]])),
      `${t('colon')}${number(parcels[i])}`)),
    listedCount < count[row] ? el('li', {}, t('grid_other_rules'), t('colon'),
      number(count[row] - listedCount)) : null),
    el('p', { class: 'source' }, t('grid_where')));
}

/**
 * @param {string} colour
 * @returns {HTMLElement}
 */
function reasonSwatch(colour) {
  return el('span', { class: 'reason-sign', 'aria-hidden': 'true', css: { background: colour } });
}

/**
 * Answer clicks on the cells where no site or hexagon is above, while their layer is on.
 * @param {L.Layer} layer
 */
function listenGrid(layer) {
  map.on('click', ({ latlng }) => {
    if (!map.hasLayer(layer) || sketch || paintedFeatureAt(latlng)) return;
    const { x, y } = map.project(latlng, 0);
    const shape = readGrid().index.at([x, y]);
    if (!shape) return;
    L.popup({ maxWidth: narrowScreen.matches ? 230 : 340 }).setLatLng(latlng)
      .setContent(gridPopup(shape.row)).openOn(map);
  });
}

/** @returns {HTMLElement|null} legend of the grid */
function gridLegend() {
  if (!page.grid.count.length) return null;
  const { colours } = readGrid();
  const common = [...colours].filter(([, colour]) => colour !== OTHER_REASON);
  const row = (colour, words) => el('p', { class: 'legend-row' }, reasonSwatch(colour), words);
  return el('details', { class: 'legend-places', id: 'legend-grid' },
    el('summary', {}, t('legend_grid')),
    ...common.map(([code, colour]) => row(colour, isolated(inLanguage(page.grid.reasons[code])))),
    common.length < colours.size ? row(OTHER_REASON, t('grid_other_rules')) : null);
}
