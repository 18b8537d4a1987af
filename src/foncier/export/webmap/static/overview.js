'use strict';
/* Zoomed out, thousands of sites overlap: hexagons show how many there are and the best score.
   Zoomed in, or where sites are few, every site is drawn. */

const CELL_PX = 46; // pixels from the middle of a hexagon to the next
const SITES_PER_CELL = 8; // mean number of sites per hexagon from which hexagons are shown
const MAX_ZOOM_STEP = 2.5; // zoom levels that a click adds at most
const SHRINK_OVER_GRID = 0.6; // share of their size while the grid layer is on
const LOW_COLOUR = [222, 235, 246];
const HIGH_COLOUR = [0, 58, 110];
const WHITE_TEXT_FROM = 0.65; // score from which the figure in a hexagon is white

/**
 * @typedef {Object} Cell
 * @property {number} x pixels of the whole world at its zoom
 * @property {number} y
 * @property {Site[]} sites the best first
 */

/** @type {Map<number, {crowded: boolean, most: number, cells: Cell[]}>} by zoom */
let overviews = new Map();

/** Clear the hexagons: the shown sites or their order changed. */
function clearOverviews() {
  overviews = new Map();
}

/**
 * The middle of the hexagon that a point lies in: the nearest of two rows.
 * @param {number} x pixels
 * @param {number} y
 * @returns {number[]} row, column
 */
function cellIndex(x, y) {
  const high = (CELL_PX * Math.sqrt(3)) / 2;
  const above = Math.floor(y / high);
  let best = null;
  [above, above + 1].forEach((row) => {
    const shift = (row % 2) / 2;
    const column = Math.round(x / CELL_PX - shift);
    const far = Math.hypot((column + shift) * CELL_PX - x, row * high - y);
    if (!best || far < best[2]) best = [row, column, far];
  });
  return best;
}

/**
 * Hexagons of a zoom, and whether the sites are so many that hexagons stand for them.
 * @param {number} zoom
 * @returns {{crowded: boolean, most: number, cells: Cell[]}}
 */
function overviewAt(zoom) {
  if (overviews.has(zoom)) return overviews.get(zoom);
  const byKey = new Map();
  const scale = 2 ** zoom;
  visibleSites.forEach((site) => {
    const [x, y] = siteShapes.shapes[site.index].at;
    const [row, column] = cellIndex(x * scale, y * scale);
    const key = row * 2 ** 25 + column;
    if (!byKey.has(key)) {
      byKey.set(key, { x: (column + (row % 2) / 2) * CELL_PX, y: (row * CELL_PX * Math.sqrt(3)) / 2,
        sites: [] });
    }
    byKey.get(key).sites.push(site);
  });
  const cells = [...byKey.values()];
  const most = cells.reduce((top, cell) => Math.max(top, cell.sites.length), 0);
  const crowded = tooManySites && visibleSites.size > 0
    && visibleSites.size >= SITES_PER_CELL * cells.length;
  overviews.set(zoom, { crowded, most, cells });
  return overviews.get(zoom);
}

/** @returns {number} zoom of the tiles in sight */
function tileZoom() {
  return Math.round(map.getZoom());
}

/**
 * The hexagon under a point of the map; null where sites are drawn one by one.
 * @param {L.LatLng} at
 * @returns {Cell|null}
 */
function cellAt(at) {
  const zoom = tileZoom();
  const { crowded, most, cells } = overviewAt(zoom);
  if (!crowded) return null;
  const { x, y } = map.project(at, zoom);
  return cells.find((cell) => Math.hypot(cell.x - x, cell.y - y) < cellRadius(cell, most)) || null;
}

/**
 * Pixels from the middle of a hexagon to its corners: the more sites, the larger.
 * @param {Cell} cell
 * @param {number} most sites of the fullest hexagon
 * @returns {number}
 */
function cellRadius(cell, most) {
  const whole = (CELL_PX / Math.sqrt(3) - 0.5) * (0.62 + 0.38 * Math.sqrt(cell.sites.length / most));
  return map.hasLayer(layers.grid) ? whole * SHRINK_OVER_GRID : whole;
}

/**
 * @param {number|null} score
 * @returns {string} the better, the deeper; grey when unknown
 */
function scoreColour(score) {
  if (score === null) return '#e4e6ea';
  const mix = LOW_COLOUR.map((low, i) => Math.round(low + (HIGH_COLOUR[i] - low) * score));
  return `rgb(${mix.join(',')})`;
}

/** @param {TileContext} tile */
function paintOverview(tile) {
  const { most, cells } = overviewAt(tile.zoom);
  const [left, top] = tile.origin.map((value) => value * tile.scale);
  const first = new Set(shownSites().slice(0, BEST_RANKS));
  const near = cells.map((cell) => ({ cell, x: cell.x - left, y: cell.y - top }))
    .filter(({ x, y }) => x > -CELL_PX && x < TILE + CELL_PX && y > -CELL_PX && y < TILE + CELL_PX);
  near.forEach(({ cell, x, y }) => paintCell(tile.ctx, cell, [x, y, cellRadius(cell, most)]));
  near.filter(({ cell }) => first.has(cell.sites[0])).forEach(({ cell, x, y }) => {
    const radius = cellRadius(cell, most);
    paintBestSite(tile.ctx, cell.sites[0], x + radius * 0.75, y - radius * 0.7);
  });
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Cell} cell
 * @param {number[]} at pixels of its middle, and how far its corners are
 */
function paintCell(ctx, cell, [x, y, radius]) {
  const { score } = cell.sites[0];
  ctx.beginPath();
  for (let i = 0; i < 6; i += 1) {
    const turn = (Math.PI / 3) * (i + 0.5);
    ctx.lineTo(x + radius * Math.cos(turn), y + radius * Math.sin(turn));
  }
  ctx.closePath();
  ctx.fillStyle = scoreColour(score);
  ctx.fill();
  stroke(ctx, '#ffffff', 1.5);
  const label = number(cell.sites.length);
  ctx.font = `700 ${label.length > 3 ? 10 : 12}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = score !== null && score >= WHITE_TEXT_FROM ? '#ffffff' : '#000000';
  ctx.fillText(label, x, y + 0.5);
}

/**
 * Small marker of a best-ranked site, on the corner of its hexagon.
 * @param {CanvasRenderingContext2D} ctx
 * @param {Site} site
 * @param {number} x
 * @param {number} y
 */
function paintBestSite(ctx, site, x, y) {
  ctx.drawImage(cachedIcon(site.kind, 24), x - 12, y - 12, 24, 24);
  if (rankText(site).length > 2) return;
  ctx.font = '700 10px system-ui, sans-serif';
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = '#ffffff';
  ctx.fillText(rankText(site), x, y + KIND_STYLES[site.kind].lift * 0.8 + 0.5);
}

/**
 * Tooltip of a hexagon: number of sites, by kind, area, best score.
 * @param {Cell} cell
 * @returns {HTMLElement}
 */
function cellTooltip(cell) {
  const kinds = KINDS.map((kind) => [kind, cell.sites.filter((site) => site.kind === kind).length])
    .filter(([, count]) => count);
  const [best] = cell.sites;
  return el('div', { class: 'tip cell-tip' },
    el('strong', {}, `${tCount('sites', cell.sites.length)} · ${areaText(cell.sites)}`),
    ...kinds.map(([kind, count]) => el('span', { class: 'cell-kind' }, kindIcon(kind, '', 12),
      `${valueLabel(kind)}${t('colon')}${number(count)}`)),
    el('span', {}, best.score === null || best.overall_rank === null ? scoreText(best)
      : t('cell_best', { n: outOf100(best.score), rank: number(best.overall_rank) })));
}

/**
 * Zoom to the sites of a hexagon.
 * @param {Cell} cell
 */
function zoomToCell(cell) {
  const bounds = L.latLngBounds(cell.sites.map((site) => site.at));
  const [least, most] = [map.getZoom() + 1, Math.min(map.getZoom() + MAX_ZOOM_STEP, 16)];
  const zoom = Math.min(map.getBoundsZoom(bounds.pad(0.25)), most);
  map.setView(bounds.getCenter(), Math.max(zoom, least), { animate: !reducedMotion.matches });
}

/** @returns {HTMLElement[]} legend of the hexagons; empty where there are none */
function overviewLegend() {
  if (!tooManySites) return [];
  const symbol = svg('svg', { viewBox: '0 0 26 28', width: 24, height: 26, 'aria-hidden': 'true' },
    svg('path', { d: 'M13 1 25 8V20L13 27 1 20V8Z', fill: scoreColour(0.8) }));
  const label = svg('text', { x: 13, y: 18, 'text-anchor': 'middle', fill: '#ffffff',
    'font-size': 11, 'font-weight': 700 });
  label.textContent = 'n';
  symbol.append(label);
  return [el('p', { class: 'legend-title' }, t('legend_far')),
    el('p', { class: 'legend-row' }, symbol, t('legend_cell')),
    el('p', { class: 'shades' }, t('legend_low'), ...[0.1, 0.35, 0.6, 0.9].map((score) => el('span',
      { class: 'shade', css: { background: scoreColour(score), borderColor: scoreColour(score) } })),
    t('legend_high'))];
}
