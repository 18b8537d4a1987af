'use strict';
/* Seen from far, thousands of sites are one blot: hexagons then say how many lie in each place and
   what the best of them is worth. From near, and wherever sites are few, every site is drawn. */

const CELL = 46; // pixels from the middle of a hexagon to the next
const CROWD = 8; // sites a hexagon that holds any: from there on hexagons read better than dots
const NEARER = 2.5; // zooms that a click comes nearer at most, so that the reader knows the place
const ASIDE = 0.6; // of their size, where the squares of the rejected parcels show between them
const PALE = [222, 235, 246];
const DEEP = [0, 58, 110];
const DARK_FROM = 0.65; // score from which the figure in a hexagon is white

/**
 * @typedef {Object} Cell
 * @property {number} x pixels of the whole world at its zoom
 * @property {number} y
 * @property {Site[]} sites the best first
 */

/** @type {Map<number, {crowded: boolean, most: number, cells: Cell[]}>} by zoom */
let overviews = new Map();

/** Forget the hexagons: other sites are shown, or in another order. */
function forgetOverviews() {
  overviews = new Map();
}

/**
 * The middle of the hexagon that a point lies in: the nearest of two rows.
 * @param {number} x pixels
 * @param {number} y
 * @returns {number[]} row, column
 */
function cellOf(x, y) {
  const high = (CELL * Math.sqrt(3)) / 2;
  const above = Math.floor(y / high);
  let best = null;
  [above, above + 1].forEach((row) => {
    const shift = (row % 2) / 2;
    const column = Math.round(x / CELL - shift);
    const far = Math.hypot((column + shift) * CELL - x, row * high - y);
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
  const found = new Map();
  const scale = 2 ** zoom;
  wantedMany.forEach((site) => {
    const [x, y] = siteShapes.shapes[site.index].at;
    const [row, column] = cellOf(x * scale, y * scale);
    const key = row * 2 ** 25 + column;
    if (!found.has(key)) {
      found.set(key, { x: (column + (row % 2) / 2) * CELL, y: (row * CELL * Math.sqrt(3)) / 2,
        sites: [] });
    }
    found.get(key).sites.push(site);
  });
  const cells = [...found.values()];
  const most = cells.reduce((top, cell) => Math.max(top, cell.sites.length), 0);
  const crowded = many && wantedMany.size >= CROWD * cells.length && wantedMany.size > 0;
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
function cellUnder(at) {
  const zoom = tileZoom();
  const { crowded, most, cells } = overviewAt(zoom);
  if (!crowded) return null;
  const { x, y } = map.project(at, zoom);
  return cells.find((cell) => Math.hypot(cell.x - x, cell.y - y) < reachOfCell(cell, most)) || null;
}

/**
 * Pixels from the middle of a hexagon to its corners: the more sites, the larger.
 * @param {Cell} cell
 * @param {number} most sites of the fullest hexagon
 * @returns {number}
 */
function reachOfCell(cell, most) {
  const whole = (CELL / Math.sqrt(3) - 0.5) * (0.62 + 0.38 * Math.sqrt(cell.sites.length / most));
  return map.hasLayer(layers.squares) ? whole * ASIDE : whole;
}

/**
 * @param {number|null} score
 * @returns {string} the better, the deeper; grey when unknown
 */
function shadeOf(score) {
  if (score === null) return '#e4e6ea';
  return `rgb(${PALE.map((pale, i) => Math.round(pale + (DEEP[i] - pale) * score)).join(',')})`;
}

/** @param {Sheet} sheet */
function paintOverview(sheet) {
  const { most, cells } = overviewAt(sheet.zoom);
  const [left, top] = sheet.origin.map((value) => value * sheet.scale);
  const first = new Set(shownSites().slice(0, FIRST));
  const near = cells.map((cell) => ({ cell, x: cell.x - left, y: cell.y - top }))
    .filter(({ x, y }) => x > -CELL && x < TILE + CELL && y > -CELL && y < TILE + CELL);
  near.forEach(({ cell, x, y }) => paintCell(sheet.pen, cell, [x, y, reachOfCell(cell, most)]));
  near.filter(({ cell }) => first.has(cell.sites[0])).forEach(({ cell, x, y }) => {
    const reach = reachOfCell(cell, most);
    paintFirst(sheet.pen, cell.sites[0], x + reach * 0.75, y - reach * 0.7);
  });
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Cell} cell
 * @param {number[]} at pixels of its middle, and how far its corners are
 */
function paintCell(pen, cell, [x, y, reach]) {
  const { score } = cell.sites[0];
  pen.beginPath();
  for (let i = 0; i < 6; i += 1) {
    const turn = (Math.PI / 3) * (i + 0.5);
    pen.lineTo(x + reach * Math.cos(turn), y + reach * Math.sin(turn));
  }
  pen.closePath();
  pen.fillStyle = shadeOf(score);
  pen.fill();
  stroke(pen, '#ffffff', 1.5);
  const figure = number(cell.sites.length);
  pen.font = `700 ${figure.length > 3 ? 10 : 12}px system-ui, sans-serif`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillStyle = score !== null && score >= DARK_FROM ? '#ffffff' : '#000000';
  pen.fillText(figure, x, y + 0.5);
}

/**
 * The small sign of one of the first ranks, on the corner of its hexagon.
 * @param {CanvasRenderingContext2D} pen
 * @param {Site} site
 * @param {number} x
 * @param {number} y
 */
function paintFirst(pen, site, x, y) {
  pen.drawImage(stamp(site.kind, 24), x - 12, y - 12, 24, 24);
  if (figureOf(site).length > 2) return;
  pen.font = '700 10px system-ui, sans-serif';
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillStyle = '#ffffff';
  pen.fillText(figureOf(site), x, y + KIND_STYLES[site.kind].lift * 0.8 + 0.5);
}

/**
 * What a hexagon holds: how many, by kind, how much ground, the best.
 * @param {Cell} cell
 * @returns {HTMLElement}
 */
function cellTip(cell) {
  const kinds = KINDS.map((kind) => [kind, cell.sites.filter((site) => site.kind === kind).length])
    .filter(([, count]) => count);
  const [best] = cell.sites;
  return el('div', { class: 'tip cell-tip' },
    el('strong', {}, `${counted('sites', cell.sites.length)} · ${areaWords(cell.sites)}`),
    ...kinds.map(([kind, count]) => el('span', { class: 'cell-kind' }, kindSign(kind, '', 12),
      `${coded(kind)}${t('colon')}${number(count)}`)),
    el('span', {}, best.score === null ? t('score_unknown')
      : t('cell_best', { n: onHundred(best.score), rank: number(best.overall_rank) })));
}

/**
 * Go nearer, to what a hexagon holds.
 * @param {Cell} cell
 */
function enterCell(cell) {
  const bounds = L.latLngBounds(cell.sites.map((site) => site.at));
  const [least, most] = [map.getZoom() + 1, Math.min(map.getZoom() + NEARER, 16)];
  const zoom = Math.min(map.getBoundsZoom(bounds.pad(0.25)), most);
  map.setView(bounds.getCenter(), Math.max(zoom, least), { animate: !calm.matches });
}

/** @returns {HTMLElement[]} what the hexagons mean; nothing where no zoom has any */
function overviewLegend() {
  if (!many) return [];
  const sign = svg('svg', { viewBox: '0 0 26 28', width: 24, height: 26, 'aria-hidden': 'true' },
    svg('path', { d: 'M13 1 25 8V20L13 27 1 20V8Z', fill: shadeOf(0.8) }));
  const figure = svg('text', { x: 13, y: 18, 'text-anchor': 'middle', fill: '#ffffff',
    'font-size': 11, 'font-weight': 700 });
  figure.textContent = 'n';
  sign.append(figure);
  return [el('p', { class: 'legend-title' }, t('legend_far')),
    el('p', { class: 'legend-row' }, sign, t('legend_cell')),
    el('p', { class: 'shades' }, t('legend_low'), ...[0.1, 0.35, 0.6, 0.9].map((score) => el('span',
      { class: 'shade', css: { background: shadeOf(score), borderColor: shadeOf(score) } })),
    t('legend_high'))];
}
