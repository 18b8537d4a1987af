'use strict';
/* Thousands of shapes drawn on canvas tiles, with an index that also answers clicks. */

const TILE = 256; // pixels of a side
const BUCKET_ZOOM = 16; // an indexed square is about 400 m wide in France

/**
 * Corner in world units: the whole world is 256 wide at zoom 0 (Web Mercator).
 * @param {number} lon
 * @param {number} lat
 * @returns {number[]}
 */
function toWorld(lon, lat) {
  const sine = Math.sin((lat * Math.PI) / 180);
  return [
    ((lon + 180) / 360) * 256,
    (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256,
  ];
}

/**
 * @typedef {Object} Shape
 * @property {Float64Array[]} rings rings or lines: x and y in turn, in world units
 * @property {number[]} box west, north, east, south in world units
 * @property {number} code class of style
 * @property {number} row position in its layer
 * @property {number[]} [at] a point inside, for sites
 */

/**
 * @param {number[]} box
 * @returns {(shape: Shape) => boolean} whether the box of a shape meets it
 */
function intersects(box) {
  return (shape) => shape.box[0] <= box[2] && shape.box[2] >= box[0]
    && shape.box[1] <= box[3] && shape.box[3] >= box[1];
}

/** Spatial index of the shapes of one layer, in buckets of a square grid. */
class ShapeIndex {
  /**
   * @param {Shapes} layer
   * @param {number[]} codes class of each, or empty
   */
  constructor(layer, codes) {
    this.size = 256 / 2 ** BUCKET_ZOOM;
    /** @type {Map<number, Shape[]>} */
    this.buckets = new Map();
    const world = new Float64Array(layer.at.length);
    for (let i = 0; i < world.length; i += 2) {
      [world[i], world[i + 1]] = toWorld(layer.at[i] / DEGREE, layer.at[i + 1] / DEGREE);
    }
    /** @type {Shape[]} */
    this.shapes = Array.from({ length: layer.count }, (_, row) => {
      const [from, to] = layer.span(row);
      const rings = [];
      for (let k = from; k < to; k += 1) {
        rings.push(world.subarray(2 * layer.corners[k], 2 * layer.corners[k + 1]));
      }
      return { rings, box: boundsOf(rings), code: codes.length ? codes[row] : 0, row };
    });
    this.shapes.forEach((shape) => this.insert(shape));
  }

  /** @param {Shape} shape */
  insert(shape) {
    this.bucketKeys(shape.box).forEach((key) => {
      if (!this.buckets.has(key)) this.buckets.set(key, []);
      this.buckets.get(key).push(shape);
    });
  }

  /**
   * @param {number[]} box
   * @returns {number[]}
   */
  bucketKeys(box) {
    const [west, north, east, south] = box.map((value) => Math.floor(value / this.size));
    const keys = [];
    for (let x = west; x <= east; x += 1) {
      for (let y = north; y <= south; y += 1) keys.push(x * 2 ** BUCKET_ZOOM + y);
    }
    return keys;
  }

  /**
   * Shapes whose box meets a box, in the order of the layer.
   * @param {number[]} box
   * @returns {Shape[]}
   */
  within(box) {
    const meets = intersects(box);
    const buckets = ((box[2] - box[0]) / this.size) * ((box[3] - box[1]) / this.size);
    if (buckets > this.buckets.size) return this.shapes.filter(meets);
    const shapes = new Set();
    this.bucketKeys(box).forEach((key) => (this.buckets.get(key) || []).forEach((shape) => {
      if (meets(shape)) shapes.add(shape);
    }));
    return [...shapes].sort((a, b) => a.row - b.row);
  }

  /**
   * The shape under a point, or null.
   * @param {number[]} point in world units
   * @returns {Shape|null}
   */
  at(point) {
    const [x, y] = point;
    return this.within([x, y, x, y]).find((shape) => isInside(shape.rings, x, y)) || null;
  }
}

/**
 * @param {Float64Array[]} rings
 * @returns {number[]}
 */
function boundsOf(rings) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  rings.forEach((ring) => {
    for (let i = 0; i < ring.length; i += 2) {
      box[0] = Math.min(box[0], ring[i]);
      box[1] = Math.min(box[1], ring[i + 1]);
      box[2] = Math.max(box[2], ring[i]);
      box[3] = Math.max(box[3], ring[i + 1]);
    }
  });
  return box;
}

/**
 * Even-odd rule over all rings, so holes are outside.
 * @param {ArrayLike<number>[]} rings x and y in turn
 * @param {number} x
 * @param {number} y
 * @returns {boolean}
 */
function isInside(rings, x, y) {
  let inside = false;
  rings.forEach((ring) => {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [xi, yi, xj, yj] = [ring[i], ring[i + 1], ring[j], ring[j + 1]];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  });
  return inside;
}

/**
 * Argument of a paint function: the canvas, and how to convert world units to its pixels.
 * @typedef {Object} TileContext
 * @property {CanvasRenderingContext2D} ctx
 * @property {number} zoom
 * @property {number} scale pixels a world unit
 * @property {number[]} origin world units of the top left corner
 * @property {(margin: number) => number[]} box extent in world units, widened by pixels
 */

/** A Leaflet layer of canvas tiles that a function paints. */
const CanvasTiles = L.GridLayer.extend({
  /**
   * @param {(tile: TileContext) => void} paint
   * @param {object} options of L.GridLayer
   */
  initialize(paint, options) {
    this.paint = paint;
    L.setOptions(this, { updateWhenZooming: false, keepBuffer: 1, maxZoom: 20, ...options });
  },
  createTile(coords) {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const tile = document.createElement('canvas');
    tile.width = TILE * ratio;
    tile.height = TILE * ratio;
    this.paintOn(tile, coords);
    return tile;
  },
  /** Paint all tiles again where they are: no canvas is made, and all change in one frame. */
  repaint() {
    Object.values(this._tiles).forEach(({ el: tile, coords }) => {
      tile.width += 0; // empties it; `clearRect` would hide on paper what lies below
      this.paintOn(tile, coords);
    });
  },
  paintOn(tile, coords) {
    const ratio = tile.width / TILE;
    const ctx = tile.getContext('2d');
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const scale = 2 ** coords.z;
    const origin = [(coords.x * TILE) / scale, (coords.y * TILE) / scale];
    const box = (margin) => [origin[0] - margin / scale, origin[1] - margin / scale,
      origin[0] + (TILE + margin) / scale, origin[1] + (TILE + margin) / scale];
    this.paint({ ctx, zoom: coords.z, scale, origin, box });
  },
});

/**
 * Trace rings or lines on the current path.
 * @param {TileContext} tile
 * @param {Shape} shape
 * @param {boolean} closed
 */
function tracePath(tile, shape, closed) {
  const { ctx, scale, origin } = tile;
  shape.rings.forEach((ring) => {
    for (let i = 0; i < ring.length; i += 2) {
      const x = (ring[i] - origin[0]) * scale;
      const y = (ring[i + 1] - origin[1]) * scale;
      if (i) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
    }
    if (closed) ctx.closePath();
  });
}
