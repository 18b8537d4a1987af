'use strict';
/* The own base map: ground, railway, streets, buildings, names. */

const PAPER = '#efece6';
/** Fill of each use of the ground. */
const GROUND = {
  water: '#bcd8ea', park: '#d3e5c4', cemetery: '#d8e0cb', sports: '#d9ead0', school: '#efe6d3',
  allotments: '#dde8c6', railway: '#e3e1e4', parking: '#ebe9e6',
};
/** Width of a street in metres on the ground, least pixels, and from which zoom it shows. */
const STREETS = [
  { metres: 2.5, least: 0.8, from: 15, fill: '#ffffff', edge: '#dcd6cb' },
  { metres: 7, least: 1.1, from: 12, fill: '#ffffff', edge: '#d3ccc0' },
  { metres: 11, least: 2.2, from: 10, fill: '#fffdf5', edge: '#c6bba5' },
  { metres: 15, least: 2.8, from: 8, fill: '#fdf3dc', edge: '#b9a887' },
];
const NAME_STYLES = {
  water: { font: 'italic 12px system-ui, sans-serif', fill: '#2f648a', from: 13 },
  green: { font: '11px system-ui, sans-serif', fill: '#44683a', from: 14 },
  street3: { font: '11px system-ui, sans-serif', fill: '#5c5445', from: 14 },
  street2: { font: '11px system-ui, sans-serif', fill: '#55514a', from: 14 },
  street1: { font: '11px system-ui, sans-serif', fill: '#66625b', from: 16 },
  street0: { font: '10px system-ui, sans-serif', fill: '#77736c', from: 17 },
};

const ground = new ShapeIndex(new Shapes(page.base.ground.shapes), page.base.ground.codes);
const rails = new ShapeIndex(new Shapes(page.base.rails.shapes), page.base.rails.codes);
const streets = new ShapeIndex(new Shapes(page.base.streets.shapes), page.base.streets.codes);
// Those of a département take a second to draw from far, and are a haze.
if (streets.shapes.length > 60000) STREETS[1].from = 13;
/** Seen from far, only these are drawn. */
const mainStreets = streets.shapes.filter((shape) => shape.code > 1);
const buildings = new ShapeIndex(new Shapes(page.base.buildings.shapes), []);
const measuring = document.createElement('canvas').getContext('2d');

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
 * @returns {boolean} less than a pixel each way: seen from far there are thousands
 */
function isSpeck({ box }, scale) {
  return (box[2] - box[0]) * scale < 1 && (box[3] - box[1]) * scale < 1;
}

/** @param {Sheet} sheet */
function paintGround(sheet) {
  const { pen } = sheet;
  ground.within(sheet.box(2)).forEach((shape) => {
    if (isSpeck(shape, sheet.scale)) return;
    pen.beginPath();
    trace(sheet, shape, true);
    pen.fillStyle = GROUND[page.base.ground.pool[shape.code]];
    pen.fill('evenodd');
  });
  rails.within(sheet.box(4)).forEach((shape) => {
    pen.beginPath();
    trace(sheet, shape, false);
    if (page.base.rails.pool[shape.code] === 'water') {
      stroke(pen, GROUND.water, Math.max(1, pixels(4, sheet.zoom)));
      return;
    }
    stroke(pen, '#9a969c', Math.max(1.2, pixels(2.5, sheet.zoom)));
    if (sheet.zoom > 14) {
      pen.setLineDash([5, 5]);
      stroke(pen, '#f2f0f2', Math.max(0.6, pixels(1.4, sheet.zoom)));
      pen.setLineDash([]);
    }
  });
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} colour
 * @param {number} width
 */
function stroke(pen, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineJoin = 'round';
  pen.lineCap = 'round';
  pen.stroke();
}

/** @param {Sheet} sheet */
function paintBuildings(sheet) {
  if (sheet.zoom < 14) return;
  const { pen } = sheet;
  pen.fillStyle = '#d9d0c3';
  pen.strokeStyle = '#c3b8a8';
  pen.lineWidth = 0.6;
  buildings.within(sheet.box(1)).forEach((shape) => {
    pen.beginPath();
    trace(sheet, shape, true);
    pen.fill('evenodd');
    if (sheet.zoom > 15) pen.stroke();
  });
}

/** @param {Sheet} sheet */
function paintStreets(sheet) {
  const near = sheet.zoom < STREETS[1].from ? mainStreets.filter(meeting(sheet.box(24)))
    : streets.within(sheet.box(24));
  ['edge', 'fill'].forEach((part) => STREETS.forEach((style, grade) => {
    if (sheet.zoom < style.from) return;
    const width = Math.max(style.least, pixels(style.metres, sheet.zoom));
    if (part === 'edge' && width < 2.2) return;
    sheet.pen.beginPath();
    near.forEach((shape) => { if (shape.code === grade) trace(sheet, shape, false); });
    stroke(sheet.pen, style[part], part === 'edge' ? width + 1.4 : width);
  }));
}

/**
 * Names of a zoom that fit without touching, with their place in pixels.
 * @type {Map<number, any[]>}
 */
const placed = new Map();

/**
 * @param {number} zoom
 * @returns {any[]}
 */
function namesAt(zoom) {
  if (placed.has(zoom)) return placed.get(zoom);
  const scale = 2 ** zoom;
  const kept = [];
  page.base.names.forEach(([text, kind, lon1, lat1, lon2, lat2, room]) => {
    const style = NAME_STYLES[kind];
    if (zoom < style.from) return;
    measuring.font = style.font;
    const width = measuring.measureText(text).width;
    if (width > pixels(room, zoom) * (kind.startsWith('street') ? 0.85 : 1.1)) return;
    const [x1, y1] = toWorld(lon1 / DEGREE, lat1 / DEGREE);
    const [x2, y2] = toWorld(lon2 / DEGREE, lat2 / DEGREE);
    let angle = x1 === x2 && y1 === y2 ? 0 : Math.atan2(y2 - y1, x2 - x1);
    if (Math.abs(angle) > Math.PI / 2) angle -= Math.sign(angle) * Math.PI;
    const across = (width / 2) * Math.abs(Math.cos(angle)) + 8;
    const down = (width / 2) * Math.abs(Math.sin(angle)) + 8;
    const x = ((x1 + x2) / 2) * scale;
    const y = ((y1 + y2) / 2) * scale;
    const touches = kept.some((name) => Math.abs(name.x - x) < name.across + across
      && Math.abs(name.y - y) < name.down + down);
    if (!touches) kept.push({ text, style, x, y, angle, across, down });
  });
  placed.set(zoom, kept);
  return kept;
}

/** @param {Sheet} sheet */
function paintNames(sheet) {
  const { pen, scale } = sheet;
  const [left, top] = [sheet.origin[0] * scale, sheet.origin[1] * scale];
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  namesAt(sheet.zoom).forEach((name) => {
    const [x, y] = [name.x - left, name.y - top];
    if (x + name.across < 0 || x - name.across > TILE) return;
    if (y + name.down < 0 || y - name.down > TILE) return;
    pen.save();
    pen.translate(x, y);
    pen.rotate(name.angle);
    pen.font = name.style.font;
    halo(pen, name.text);
    pen.fillStyle = name.style.fill;
    pen.fillText(name.text, 0, 0);
    pen.restore();
  });
}

/**
 * A pale edge around letters.
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 */
function halo(pen, text) {
  pen.strokeStyle = 'rgba(255, 255, 255, 0.85)';
  pen.lineWidth = 3;
  pen.lineJoin = 'round';
  pen.strokeText(text, 0, 0);
}

/**
 * The whole base map on opaque tiles, so that no tile of another zoom shows through.
 * @param {Sheet} sheet
 */
function paintBase(sheet) {
  sheet.pen.fillStyle = PAPER;
  sheet.pen.fillRect(0, 0, TILE, TILE);
  paintGround(sheet);
  paintBuildings(sheet);
  paintStreets(sheet);
  paintNames(sheet);
}
