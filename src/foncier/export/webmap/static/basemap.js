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
  place: { font: '600 12px system-ui, sans-serif', fill: '#22304a', from: 12, below: 20 },
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

/**
 * @param {number} zoom
 * @returns {any[]}
 */
function labelsAt(zoom) {
  if (labelsByZoom.has(zoom)) return labelsByZoom.get(zoom);
  const scale = 2 ** zoom;
  const accepted = [];
  page.base.names.forEach(([text, kind, lon1, lat1, lon2, lat2, room]) => {
    const style = LABEL_STYLES[kind];
    if (zoom < style.from) return;
    textMeasurer.font = style.font;
    const width = textMeasurer.measureText(text).width;
    if (width > pixels(room, zoom) * (kind.startsWith('street') ? 0.85 : 1.1)) return;
    const [x1, y1] = toWorld(lon1 / DEGREE, lat1 / DEGREE);
    const [x2, y2] = toWorld(lon2 / DEGREE, lat2 / DEGREE);
    let angle = x1 === x2 && y1 === y2 ? 0 : Math.atan2(y2 - y1, x2 - x1);
    if (Math.abs(angle) > Math.PI / 2) angle -= Math.sign(angle) * Math.PI;
    const halfWidth = (width / 2) * Math.abs(Math.cos(angle)) + 8;
    const halfHeight = (width / 2) * Math.abs(Math.sin(angle)) + 8;
    const x = ((x1 + x2) / 2) * scale;
    const y = ((y1 + y2) / 2) * scale + (style.below || 0);
    const touches = accepted.some((name) => Math.abs(name.x - x) < name.halfWidth + halfWidth
      && Math.abs(name.y - y) < name.halfHeight + halfHeight);
    if (!touches) accepted.push({ text, style, x, y, angle, halfWidth, halfHeight });
  });
  labelsByZoom.set(zoom, accepted);
  return accepted;
}

/** @param {TileContext} tile */
function paintLabels(tile) {
  const { ctx, scale } = tile;
  const [left, top] = [tile.origin[0] * scale, tile.origin[1] * scale];
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  labelsAt(tile.zoom).forEach((name) => {
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
  paintLabels(tile);
}
