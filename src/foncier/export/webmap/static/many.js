'use strict';
/* More sites than elements would bear: outlines and signs painted on tiles, clicks answered by an
   index of squares. */

const OUTLINES_FROM = 15; // zoom; a plot of 25 m is then 8 pixels wide
const DOT = 5; // pixels
/** @type {ShapeIndex} */
let siteShapes;
/** @type {L.GridLayer} */
let siteTiles;
/** @type {Map<number, L.LayerGroup>} sites that are open or pointed at */
const spots = new Map();
/** @type {Map<string, HTMLCanvasElement>} */
const stamps = new Map();
/** @type {Set<Site>} sites that pass the filters */
let wantedMany = new Set();
/** @type {Map<number, Set<Site>>} by zoom */
let numbered = new Map();

/** Draw all sites as one layer, and answer the pointer. */
function drawMany() {
  siteShapes = new ShapeIndex(siteOutlines, []);
  siteShapes.shapes.forEach((shape, row) => {
    const [x, y] = toWorld(sites[row].at[1], sites[row].at[0]);
    shape.at = [x, y];
    if (shape.rings.length) return;
    shape.box = [x, y, x, y];
    siteShapes.file(shape);
  });
  wantedMany = new Set(shownSites());
  siteTiles = new PaintedTiles(paintMany, { pane: 'sites' });
  siteLayer.addLayer(siteTiles);
  listenMany();
}

/** Answer the pointer over the sites, or over the hexagons that stand for them. */
function listenMany() {
  const tip = L.tooltip({ direction: 'top', offset: [0, -12] });
  /** @type {Site|Cell|null} */
  let over = null;
  map.on('mousemove', ({ latlng }) => {
    const found = manyUnder(latlng);
    if (found === over) return;
    if (over && !over.sites) pointAt(over, false);
    over = found;
    map.getContainer().classList.toggle('over-site', Boolean(found));
    if (!found) tip.remove();
    else if (found.sites) {
      tip.setLatLng(map.unproject([found.x, found.y], tileZoom())).setContent(cellTip(found)).addTo(map);
    } else {
      pointAt(found, true);
      tip.setLatLng(found.at).setContent(tooltip(found)).addTo(map);
    }
  });
  map.on('zoomstart', () => tip.remove());
  map.on('click', ({ latlng }) => {
    const found = manyUnder(latlng);
    if (!found || sketch) return;
    if (found.sites) enterCell(found);
    else openSite(found, { from: 'map' });
  });
}

/**
 * The hexagon, or the site, of a map of many under a point; null where there is none.
 * @param {L.LatLng} at
 * @returns {Site|Cell|null}
 */
function manyUnder(at) {
  return many && map.hasLayer(siteLayer) ? cellUnder(at) || siteUnder(at) : null;
}

/**
 * The site whose sign or outline is under a point; the best rank of several.
 * @param {L.LatLng} at
 * @returns {Site|null}
 */
function siteUnder(at) {
  if (overviewAt(tileZoom()).crowded) return null;
  const zoom = map.getZoom();
  const { x, y } = map.project(at, 0);
  const reach = 10 / 2 ** zoom;
  let found = null;
  siteShapes.within([x - reach, y - reach, x + reach, y + reach]).forEach((shape) => {
    const site = sites[shape.row];
    if (!wantedMany.has(site)) return;
    const [sx, sy] = shape.at;
    const near = Math.hypot(sx - x, sy - y) < reach;
    if (!near && !isInside(shape.rings, x, y)) return;
    if (!found || places[site.index] < places[found.index]) found = site;
  });
  return found;
}

/**
 * @param {number} zoom
 * @returns {Set<Site>}
 */
function numberedAt(zoom) {
  if (!numbered.has(zoom)) numbered.set(zoom, numberedAmong([...wantedMany], zoom));
  return numbered.get(zoom);
}

/** @param {Sheet} sheet */
function paintMany(sheet) {
  if (overviewAt(sheet.zoom).crowded) {
    paintOverview(sheet);
    return;
  }
  const near = siteShapes.within(sheet.box(18)).filter((shape) => wantedMany.has(sites[shape.row]));
  const full = numberedAt(sheet.zoom);
  if (sheet.zoom < OUTLINES_FROM) {
    paintDots(sheet, near);
    near.filter((shape) => full.has(sites[shape.row])).sort(byPlace)
      .forEach((shape) => paintSign(sheet, shape, 30));
    return;
  }
  near.sort(byPlace);
  near.forEach((shape) => paintOutline(sheet, shape));
  near.forEach((shape) => paintSign(sheet, shape, full.has(sites[shape.row]) ? 30 : 11));
}

/** The last rank first, so that the best lies on top. */
const byPlace = (a, b) => places[b.row] - places[a.row];

/**
 * Seen from far: one path of small squares a kind.
 * @param {Sheet} sheet
 * @param {Shape[]} near
 */
function paintDots(sheet, near) {
  const { pen, scale, origin } = sheet;
  KINDS.forEach((kind) => {
    pen.beginPath();
    near.forEach((shape) => {
      if (sites[shape.row].kind !== kind) return;
      pen.rect((shape.at[0] - origin[0]) * scale - DOT / 2,
        (shape.at[1] - origin[1]) * scale - DOT / 2, DOT, DOT);
    });
    pen.fillStyle = KIND_STYLES[kind].colour;
    pen.fill();
  });
}

/**
 * @param {Sheet} sheet
 * @param {Shape} shape
 * @param {number} size pixels; the large ones bear their rank
 */
function paintSign(sheet, shape, size) {
  const { pen, scale, origin } = sheet;
  const site = sites[shape.row];
  const [x, y] = [(shape.at[0] - origin[0]) * scale, (shape.at[1] - origin[1]) * scale];
  pen.drawImage(stamp(site.kind, size), x - size / 2, y - size / 2, size, size);
  if (size === 30) paintFigure(pen, site, x, y);
  if (visits[site.id]) paintSeen(pen, x + size * 0.36, y - size * 0.36);
}

/**
 * The mark of a visited site.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x
 * @param {number} y
 */
function paintSeen(pen, x, y) {
  pen.beginPath();
  pen.arc(x, y, 5.5, 0, 2 * Math.PI);
  pen.fillStyle = '#ffffff';
  pen.fill();
  stroke(pen, '#0b5b2c', 1.2);
  pen.beginPath();
  pen.moveTo(x - 2.6, y);
  pen.lineTo(x - 0.6, y + 2.2);
  pen.lineTo(x + 2.8, y - 2.2);
  stroke(pen, '#0b5b2c', 1.6);
}

/**
 * @param {Sheet} sheet
 * @param {Shape} shape
 */
function paintOutline(sheet, shape) {
  const { pen } = sheet;
  const style = outlineStyle(sites[shape.row], false);
  pen.beginPath();
  trace(sheet, shape, true);
  pen.globalAlpha = style.fillOpacity;
  pen.fillStyle = style.fillColor;
  pen.fill('evenodd');
  pen.globalAlpha = 1;
  pen.setLineDash(style.dashArray ? [5, 4] : []);
  stroke(pen, style.color, style.weight);
  pen.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Site} site
 * @param {number} x
 * @param {number} y
 */
function paintFigure(pen, site, x, y) {
  const figure = figureOf(site);
  const size = [11, 11, 8, 6.5, 5.5][Math.min(figure.length, 5) - 1];
  pen.font = `700 ${size}px system-ui, sans-serif`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillStyle = '#ffffff';
  pen.fillText(figure, x, y + KIND_STYLES[site.kind].lift + 0.5);
}

/**
 * The sign of a kind, drawn once.
 * @param {string} kind
 * @param {number} size
 * @returns {HTMLCanvasElement}
 */
function stamp(kind, size) {
  const key = `${kind}/${size}`;
  if (!stamps.has(key)) {
    const drawnOnce = el('canvas', { width: size * 2, height: size * 2 });
    const pen = drawnOnce.getContext('2d');
    pen.scale((size * 2) / 30, (size * 2) / 30);
    pen.translate(1, 1);
    const path = new Path2D(KIND_STYLES[kind].shape);
    pen.fillStyle = KIND_STYLES[kind].colour;
    pen.fill(path);
    pen.strokeStyle = '#ffffff';
    pen.lineWidth = size > 20 ? 1.8 : 3;
    pen.stroke(path);
    stamps.set(key, drawnOnce);
  }
  return stamps.get(key);
}

let repainting = 0;

/** Paint again, after other filters or other weights: once a frame, however many changes. */
function repaintMany() {
  if (repainting) return;
  repainting = requestAnimationFrame(() => {
    repainting = 0;
    wantedMany = new Set(shownSites());
    numbered = new Map();
    forgetOverviews();
    siteTiles.repaint();
  });
}

/**
 * Light up one site over the tiles.
 * @param {Site} site
 * @param {boolean} strong
 */
function spotMany(site, strong) {
  if (spots.has(site.index)) spots.get(site.index).remove();
  spots.delete(site.index);
  if (!strong) return;
  const marker = makeMarker(site);
  const outline = makeOutline(site);
  if (outline) outline.setStyle(outlineStyle(site, true)).options.interactive = false;
  marker.options.interactive = false;
  marker.on('add', () => marker.getElement().classList.add('strong'));
  spots.set(site.index, L.layerGroup([outline, marker].filter((layer) => layer)).addTo(map));
}
