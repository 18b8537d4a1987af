'use strict';
/* Base map: land use, railway, streets, buildings, names. */

const PAPER = '#efece6';
/** Fill of each land use. */
const LAND_USE_COLOURS = {
  water: '#bcd8ea', park: '#d3e5c4', cemetery: '#d8e0cb', sports: '#d9ead0', school: '#efe6d3',
  allotments: '#dde8c6', railway: '#e3e1e4', parking: '#ebe9e6',
};
/** Width of a street in metres on the ground, minimum pixels, and from which zoom it shows. */
const STREETS = [
  { metres: 2.5, least: 0.8, from: 15, fill: '#ffffff', edge: '#cfc7b8' },
  { metres: 7, least: 1.1, from: 12, fill: '#ffffff', edge: '#b9ae9a' },
  { metres: 11, least: 2.2, from: 10, fill: '#fffdf5', edge: '#a5977a' },
  { metres: 15, least: 2.8, from: 8, fill: '#fdf3dc', edge: '#978158' },
];
const LABEL_STYLES = {
  place: { font: '600 12px system-ui, sans-serif', fill: '#22304a', from: 12, overSigns: true },
  water: { font: 'italic 12px system-ui, sans-serif', fill: '#2f648a', from: 12 },
  green: { font: '11px system-ui, sans-serif', fill: '#44683a', from: 14 },
  street3: { font: '11px system-ui, sans-serif', fill: '#5c5445', from: 13 },
  street2: { font: '11px system-ui, sans-serif', fill: '#55514a', from: 14 },
  street1: { font: '11px system-ui, sans-serif', fill: '#66625b', from: 16 },
  street0: { font: '10px system-ui, sans-serif', fill: '#77736c', from: 17 },
};

const landUse = new ShapeIndex(new Shapes(page.base.land_use.shapes), page.base.land_use.codes);
const rails = new ShapeIndex(new Shapes(page.base.rails.shapes), page.base.rails.codes);
const streets = new ShapeIndex(new Shapes(page.base.streets.shapes), page.base.streets.codes);
// Those of a département are slow to draw when zoomed out, and not legible.
if (streets.shapes.length > 60000) STREETS[1].from = 13;
// Without the name of a place or of a main street, those of all streets come sooner.
if (!page.base.names.some(([, kind]) => ['place', 'street2', 'street3'].includes(kind))) LABEL_STYLES.street1.from = 14;
/** Streets that are drawn when zoomed out. */
const mainStreets = streets.shapes.filter((shape) => shape.code > 1);
const buildings = new ShapeIndex(new Shapes(page.base.buildings.shapes), []);
const textMeasurer = document.createElement('canvas').getContext('2d');

/**
 * Pixels of a length on the ground, near the middle of the study.
 * @param {number} metres
 * @param {number} zoom
 * @returns {number}
 */
function pixels(metres, zoom) {
  const lat = page.view ? page.view[1] / DEGREE : 46.6;
  return (metres * 2 ** zoom * 256) / (40075017 * Math.cos((lat * Math.PI) / 180));
}

/**
 * @param {Shape} shape
 * @param {number} scale
 * @returns {boolean} smaller than a pixel
 */
function isSubpixel({ box }, scale) {
  return (box[2] - box[0]) * scale < 1 && (box[3] - box[1]) * scale < 1;
}

/** @param {TileContext} tile */
function paintLandUse(tile) {
  const { ctx } = tile;
  landUse.within(tile.box(2)).forEach((shape) => {
    if (isSubpixel(shape, tile.scale)) return;
    ctx.beginPath();
    tracePath(tile, shape, true);
    ctx.fillStyle = LAND_USE_COLOURS[page.base.land_use.pool[shape.code]];
    ctx.fill('evenodd');
  });
  rails.within(tile.box(4)).forEach((shape) => {
    ctx.beginPath();
    tracePath(tile, shape, false);
    if (page.base.rails.pool[shape.code] === 'water') {
      stroke(ctx, LAND_USE_COLOURS.water, Math.max(1, pixels(4, tile.zoom)));
      return;
    }
    stroke(ctx, '#9a969c', Math.max(1.2, pixels(2.5, tile.zoom)));
    if (tile.zoom > 14) {
      ctx.setLineDash([5, 5]);
      stroke(ctx, '#f2f0f2', Math.max(0.6, pixels(1.4, tile.zoom)));
      ctx.setLineDash([]);
    }
  });
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {string} colour
 * @param {number} width
 */
function stroke(ctx, colour, width) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.lineJoin = 'round';
  ctx.lineCap = 'round';
  ctx.stroke();
}

/** @param {TileContext} tile */
function paintBuildings(tile) {
  if (tile.zoom < 14) return;
  const { ctx } = tile;
  ctx.fillStyle = '#d9d0c3';
  ctx.strokeStyle = '#c3b8a8';
  ctx.lineWidth = 0.6;
  buildings.within(tile.box(1)).forEach((shape) => {
    ctx.beginPath();
    tracePath(tile, shape, true);
    ctx.fill('evenodd');
    if (tile.zoom > 15) ctx.stroke();
  });
}

/** @param {TileContext} tile */
function paintStreets(tile) {
  const near = tile.zoom < STREETS[1].from ? mainStreets.filter(intersects(tile.box(24)))
    : streets.within(tile.box(24));
  ['edge', 'fill'].forEach((part) => STREETS.forEach((style, grade) => {
    if (tile.zoom < style.from) return;
    const width = Math.max(style.least, pixels(style.metres, tile.zoom));
    if (part === 'edge' && width < 1.1) return;
    tile.ctx.beginPath();
    near.forEach((shape) => { if (shape.code === grade) tracePath(tile, shape, false); });
    stroke(tile.ctx, style[part], part === 'edge' ? width + 1.4 : width);
  }));
}

/**
 * Labels of each zoom that do not overlap, with their position in pixels.
 * @type {Map<number, any[]>}
 */
const labelsByZoom = new Map();
const BESIDE_SIGN_PX = 20; // from the middle of a sign to that of the line of letters below it
const SIGN_PX = { site: 15, stop: 9, place: 12 }; // half of each sign
/** Where the name of a place may stand, the best first: half lengths of the name to the right, lines down. */
const NAME_PLACES = [[0, 1], [0, -1], [1, 0], [-1, 0], ...[1, -1].flatMap((down) => [[0.5, down], [-0.5, down], [1, down], [-1, down]]),
  ...[2, -2].flatMap((down) => [[0, down], [0.5, down], [-0.5, down], [1, down], [-1, down]])];
const NAME_PADDING_PX = 8; // around the letters, to the next name; a sign may come nearer

/**
 * Signs that a name must not hide: sites with their rank, stops, main places.
 * @param {number} zoom
 * @returns {any[]} boxes in pixels, as those of the labels
 */
function signBoxes(zoom) {
  const scale = 2 ** zoom;
  const boxOf = (at, half) => {
    const [x, y] = toWorld(at[1], at[0]);
    return { x: x * scale, y: y * scale, halfWidth: half, halfHeight: half };
  };
  const stops = latLngs(page.stops.at).map((at) => boxOf(at, SIGN_PX.stop));
  stops.forEach((box) => { box.x += 12; box.y += 10; }); // as in stopLayer
  return [...[...numberedSites(rankedSites, zoom)].map((site) => boxOf(site.at, SIGN_PX.site)), ...stops,
    ...placesOf(true).map((row) => boxOf(latLng(page.places.at, row), SIGN_PX.place))];
}

/** @param {any} a @param {any} b @returns {boolean} */
const overlaps = (a, b) => Math.abs(a.x - b.x) < a.halfWidth + b.halfWidth
  && Math.abs(a.y - b.y) < a.halfHeight + b.halfHeight;

/** @param {any} label @param {any} sign @returns {boolean} whether the letters lie over the sign */
const hides = (label, sign) => overlaps(sign, { ...label, halfWidth: label.halfWidth - NAME_PADDING_PX + 2,
  halfHeight: label.halfHeight - 2 });

/**
 * Where a name may stand: the name of a place below, above, or on either side of its sign.
 * @param {any} label around its point
 * @returns {any[]} the best first
 */
function labelPositions(label) {
  if (!label.style.overSigns) return [label];
  const beside = label.halfWidth - NAME_PADDING_PX + SIGN_PX.place + 4;
  return NAME_PLACES.map(([right, lines]) => ({ ...label, x: label.x + right * beside,
    y: label.y + lines * BESIDE_SIGN_PX }));
}

/**
 * @param {number} zoom
 * @returns {any[]}
 */
function labelsAt(zoom) {
  if (labelsByZoom.has(zoom)) return labelsByZoom.get(zoom);
  const accepted = [];
  const signs = signBoxes(zoom);
  const ranked = signs.filter(({ halfWidth }) => halfWidth === SIGN_PX.site);
  page.base.names.forEach((name) => {
    const label = labelOf(name, zoom);
    if (!label) return;
    const free = labelPositions(label).filter((one) => !accepted.some((other) => overlaps(one, other)));
    const clearOf = (boxes) => free.find((one) => !(one.style.overSigns && boxes.some((sign) => hides(one, sign))));
    const place = clearOf(signs) || clearOf(ranked);
    if (place) accepted.push(place);
  });
  labelsByZoom.set(zoom, accepted);
  return accepted;
}

/**
 * @param {any[]} name text, kind, two points of the line it follows, and the metres that it may take
 * @param {number} zoom
 * @returns {any} null where it does not show at this zoom or has no room
 */
function labelOf([text, kind, lon1, lat1, lon2, lat2, room], zoom) {
  const style = LABEL_STYLES[kind];
  if (zoom < style.from) return null;
  textMeasurer.font = style.font;
  const width = textMeasurer.measureText(text).width;
  if (width > pixels(room, zoom) * (kind.startsWith('street') ? 0.85 : 1.1)) return null;
  const [x1, y1] = toWorld(lon1 / DEGREE, lat1 / DEGREE);
  const [x2, y2] = toWorld(lon2 / DEGREE, lat2 / DEGREE);
  let angle = x1 === x2 && y1 === y2 ? 0 : Math.atan2(y2 - y1, x2 - x1);
  if (Math.abs(angle) > Math.PI / 2) angle -= Math.sign(angle) * Math.PI;
  const scale = 2 ** zoom;
  return { text, style, angle, x: ((x1 + x2) / 2) * scale, y: ((y1 + y2) / 2) * scale,
    halfWidth: (width / 2) * Math.abs(Math.cos(angle)) + NAME_PADDING_PX,
    halfHeight: (width / 2) * Math.abs(Math.sin(angle)) + NAME_PADDING_PX };
}

/**
 * @param {TileContext} tile
 * @param {boolean} overSigns names of places, or all others
 */
function paintLabels(tile, overSigns) {
  const { ctx, scale } = tile;
  const [left, top] = [tile.origin[0] * scale, tile.origin[1] * scale];
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  labelsAt(tile.zoom).filter(({ style }) => Boolean(style.overSigns) === overSigns).forEach((name) => {
    const [x, y] = [name.x - left, name.y - top];
    if (x + name.halfWidth < 0 || x - name.halfWidth > TILE) return;
    if (y + name.halfHeight < 0 || y - name.halfHeight > TILE) return;
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate(name.angle);
    ctx.font = name.style.font;
    halo(ctx, name.text);
    ctx.fillStyle = name.style.fill;
    ctx.fillText(name.text, 0, 0);
    ctx.restore();
  });
}

/**
 * A pale edge around letters.
 * @param {CanvasRenderingContext2D} ctx
 * @param {string} text
 */
function halo(ctx, text) {
  ctx.strokeStyle = 'rgba(255, 255, 255, 0.85)';
  ctx.lineWidth = 3;
  ctx.lineJoin = 'round';
  ctx.strokeText(text, 0, 0);
}

/**
 * The whole base map on opaque tiles, so that no tile of another zoom shows through.
 * @param {TileContext} tile
 */
function paintBase(tile) {
  tile.ctx.fillStyle = PAPER;
  tile.ctx.fillRect(0, 0, TILE, TILE);
  paintLandUse(tile);
  paintBuildings(tile);
  paintStreets(tile);
  paintLabels(tile, false);
}
