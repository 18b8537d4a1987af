'use strict';
/* Large studies: outlines and markers are painted on canvas tiles, a spatial index answers clicks. */

const OUTLINES_FROM = 15; // zoom; a plot of 25 m is then 8 pixels wide
const DOT_PX = 5;
/** @type {ShapeIndex} */
let siteShapes;
/** @type {L.GridLayer} */
let siteCanvas;
/** @type {Map<number, L.LayerGroup>} sites that are open or hovered */
const highlights = new Map();
/** @type {Map<string, HTMLCanvasElement>} */
const iconCache = new Map();
/** @type {Set<Site>} sites that pass the filters */
let visibleSites = new Set();
/** @type {Map<number, Set<Site>>} by zoom */
let numberedByZoom = new Map();

/** Draw all sites as one layer, and answer the pointer. */
function startPaintedSites() {
  siteShapes = new ShapeIndex(siteOutlines, []);
  siteShapes.shapes.forEach((shape, row) => {
    const [x, y] = toWorld(sites[row].at[1], sites[row].at[0]);
    shape.at = [x, y];
    if (shape.rings.length) return;
    shape.box = [x, y, x, y];
    siteShapes.insert(shape);
  });
  visibleSites = new Set(shownSites());
  siteCanvas = new CanvasTiles(paintSites, { pane: 'sites' });
  siteLayer.addLayer(siteCanvas);
  listenPaintedSites();
}

/** Answer the pointer over the sites, or over the hexagons that stand for them. */
function listenPaintedSites() {
  const tip = L.tooltip({ direction: 'top', offset: [0, -12] });
  /** @type {Site|Cell|null} */
  let hovered = null;
  map.on('mousemove', ({ latlng }) => {
    const hit = paintedFeatureAt(latlng);
    if (hit === hovered) return;
    if (hovered && !hovered.sites) highlight(hovered, false);
    hovered = hit;
    map.getContainer().classList.toggle('over-site', Boolean(hit));
    if (!hit) tip.remove();
    else if (hit.sites) {
      tip.setLatLng(map.unproject([hit.x, hit.y], tileZoom())).setContent(cellTooltip(hit)).addTo(map);
    } else {
      highlight(hit, true);
      tip.setLatLng(hit.at).setContent(tooltip(hit)).addTo(map);
    }
  });
  map.on('zoomstart', () => tip.remove());
  map.on('click', ({ latlng }) => {
    const hit = paintedFeatureAt(latlng);
    if (!hit || sketch) return;
    if (hit.sites) zoomToCell(hit);
    else openSite(hit, { from: 'map' });
  });
}

/**
 * Hexagon or site under a point of a large study; null where there is none.
 * @param {L.LatLng} at
 * @returns {Site|Cell|null}
 */
function paintedFeatureAt(at) {
  return tooManySites && map.hasLayer(siteLayer) ? cellAt(at) || siteAt(at) : null;
}

/**
 * Site whose marker or outline is under a point; the best rank of several.
 * @param {L.LatLng} at
 * @returns {Site|null}
 */
function siteAt(at) {
  if (overviewAt(tileZoom()).crowded) return null;
  const zoom = map.getZoom();
  const { x, y } = map.project(at, 0);
  const radius = 10 / 2 ** zoom;
  let hit = null;
  siteShapes.within([x - radius, y - radius, x + radius, y + radius]).forEach((shape) => {
    const site = sites[shape.row];
    if (!visibleSites.has(site)) return;
    const [sx, sy] = shape.at;
    const near = Math.hypot(sx - x, sy - y) < radius;
    if (!near && !isInside(shape.rings, x, y)) return;
    if (!hit || positions[site.index] < positions[hit.index]) hit = site;
  });
  return hit;
}

/**
 * @param {number} zoom
 * @returns {Set<Site>}
 */
function numberedAtZoom(zoom) {
  if (!numberedByZoom.has(zoom)) numberedByZoom.set(zoom, numberedSites([...visibleSites], zoom));
  return numberedByZoom.get(zoom);
}

/** @param {TileContext} tile */
function paintSites(tile) {
  if (overviewAt(tile.zoom).crowded) {
    paintOverview(tile);
    return;
  }
  const near = siteShapes.within(tile.box(18)).filter((shape) => visibleSites.has(sites[shape.row]));
  const full = numberedAtZoom(tile.zoom);
  if (tile.zoom < OUTLINES_FROM) {
    paintDots(tile, near);
    near.filter((shape) => full.has(sites[shape.row])).sort(worstRankFirst)
      .forEach((shape) => paintMarker(tile, shape, 30));
    return;
  }
  near.sort(worstRankFirst);
  near.forEach((shape) => paintOutline(tile, shape));
  near.forEach((shape) => paintMarker(tile, shape, full.has(sites[shape.row]) ? 30 : 11));
}

/** The last rank first, so that the best lies on top. */
const worstRankFirst = (a, b) => positions[b.row] - positions[a.row];

/**
 * Zoomed out: one path of small squares per kind.
 * @param {TileContext} tile
 * @param {Shape[]} near
 */
function paintDots(tile, near) {
  const { ctx, scale, origin } = tile;
  KINDS.forEach((kind) => {
    ctx.beginPath();
    near.forEach((shape) => {
      if (sites[shape.row].kind !== kind) return;
      ctx.rect((shape.at[0] - origin[0]) * scale - DOT_PX / 2,
        (shape.at[1] - origin[1]) * scale - DOT_PX / 2, DOT_PX, DOT_PX);
    });
    ctx.fillStyle = KIND_STYLES[kind].colour;
    ctx.fill();
  });
}

/**
 * @param {TileContext} tile
 * @param {Shape} shape
 * @param {number} size pixels; large markers show their rank
 */
function paintMarker(tile, shape, size) {
  const { ctx, scale, origin } = tile;
  const site = sites[shape.row];
  const [x, y] = [(shape.at[0] - origin[0]) * scale, (shape.at[1] - origin[1]) * scale];
  ctx.drawImage(cachedIcon(site.kind, size), x - size / 2, y - size / 2, size, size);
  if (size === 30) paintRank(ctx, site, x, y);
  if (visits[site.id]) paintVisitedBadge(ctx, x + size * 0.36, y - size * 0.36);
}

/**
 * Badge of a visited site.
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} x
 * @param {number} y
 */
function paintVisitedBadge(ctx, x, y) {
  ctx.beginPath();
  ctx.arc(x, y, 5.5, 0, 2 * Math.PI);
  ctx.fillStyle = '#ffffff';
  ctx.fill();
  stroke(ctx, '#0b5b2c', 1.2);
  ctx.beginPath();
  ctx.moveTo(x - 2.6, y);
  ctx.lineTo(x - 0.6, y + 2.2);
  ctx.lineTo(x + 2.8, y - 2.2);
  stroke(ctx, '#0b5b2c', 1.6);
}

/**
 * @param {TileContext} tile
 * @param {Shape} shape
 */
function paintOutline(tile, shape) {
  const { ctx } = tile;
  const style = outlineStyle(sites[shape.row], false);
  ctx.beginPath();
  tracePath(tile, shape, true);
  ctx.globalAlpha = style.fillOpacity;
  ctx.fillStyle = style.fillColor;
  ctx.fill('evenodd');
  ctx.globalAlpha = 1;
  ctx.setLineDash(style.dashArray ? [5, 4] : []);
  stroke(ctx, style.color, style.weight);
  ctx.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Site} site
 * @param {number} x
 * @param {number} y
 */
function paintRank(ctx, site, x, y) {
  const figure = rankText(site);
  const size = [11, 11, 8, 6.5, 5.5][Math.min(figure.length, 5) - 1];
  ctx.font = `700 ${size}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = '#ffffff';
  ctx.fillText(figure, x, y + KIND_STYLES[site.kind].lift + 0.5);
}

/**
 * Icon of a kind, drawn once.
 * @param {string} kind
 * @param {number} size
 * @returns {HTMLCanvasElement}
 */
function cachedIcon(kind, size) {
  const key = `${kind}/${size}`;
  if (!iconCache.has(key)) {
    const drawnOnce = el('canvas', { width: size * 2, height: size * 2 });
    const ctx = drawnOnce.getContext('2d');
    ctx.scale((size * 2) / 30, (size * 2) / 30);
    ctx.translate(1, 1);
    const path = new Path2D(KIND_STYLES[kind].shape);
    ctx.fillStyle = KIND_STYLES[kind].colour;
    ctx.fill(path);
    ctx.strokeStyle = '#ffffff';
    ctx.lineWidth = size > 20 ? 1.8 : 3;
    ctx.stroke(path);
    iconCache.set(key, drawnOnce);
  }
  return iconCache.get(key);
}

let repainting = 0;

/** Paint again, after other filters or other weights: once a frame, however many changes. */
function repaintSites() {
  if (repainting) return;
  repainting = requestAnimationFrame(() => {
    repainting = 0;
    visibleSites = new Set(shownSites());
    numberedByZoom = new Map();
    clearOverviews();
    siteCanvas.repaint();
  });
}

/**
 * Highlight one site over the tiles.
 * @param {Site} site
 * @param {boolean} strong
 */
function highlightPainted(site, strong) {
  if (highlights.has(site.index)) highlights.get(site.index).remove();
  highlights.delete(site.index);
  if (!strong) return;
  const marker = makeMarker(site);
  const outline = makeOutline(site);
  if (outline) outline.setStyle(outlineStyle(site, true)).options.interactive = false;
  marker.options.interactive = false;
  marker.on('add', () => marker.getElement().classList.add('strong'));
  highlights.set(site.index, L.layerGroup([outline, marker].filter((layer) => layer)).addTo(map));
}
