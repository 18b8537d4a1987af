'use strict';
/* Icons: shapes of the kinds, pictograms of the places. */

/**
 * Colours of the kinds, distinct for colour-blind readers (after Okabe and Ito),
 * dark enough for white figures (contrast 4.5 at least); each kind has its own shape besides.
 */
const KIND_STYLES = {
  friche: { colour: '#b34700', shape: 'M14 1.5 L26.5 14 L14 26.5 L1.5 14 Z', lift: 0 },
  dent_creuse: { colour: '#0063a6', shape: 'M14 2 A12 12 0 1 1 13.99 2 Z', lift: 0 },
  batiment_non_affecte: { colour: '#7d2e74', shape: 'M14 1 L27.5 25.5 L0.5 25.5 Z', lift: 4 },
  terrain_divisible: {
    colour: '#00694f', shape: 'M7.5 2.5 L20.5 2.5 L27 14 L20.5 25.5 L7.5 25.5 L1 14 Z', lift: 0,
  },
};

/** Pictograms on a grid of 16, drawn with strokes. */
const PLACE_ICONS = {
  station: 'M5 2.5h6a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 10V4A1.5 '
    + '1.5 0 0 1 5 2.5ZM3.5 7h9M5.5 11.5 4 14M10.5 11.5 12 14M6 9.3h.1M10 9.3h.1',
  university: 'M1.5 6 8 3l6.5 3L8 9ZM4.5 7.5v3.2c2 1.7 5 1.7 7 0V7.5M14.5 6v4',
  research: 'M6.3 2.5h3.4M7 2.5v4L3.5 13h9L9 6.5v-4M5.3 10h5.4',
  third_place: 'M2.5 7.5 8 3l5.5 4.5M4 7v6h8V7M6.8 13V9.6h2.4V13',
  incubator: 'M8 14V8M8 9.5C4.6 9.5 3.4 7 3.4 4.4 6.4 4.4 8 6.2 8 9.5ZM8 8c0-2.6 1.4-4.4 4.4-4.4C12.4 6.6 11 8 8 8Z',
  social_housing: 'M3 14V5l5-3 5 3v9ZM6 7h1M9 7h1M6 10h1M9 10h1',
  innovation: 'M8 2a4.2 4.2 0 0 0-2.3 7.7V11h4.6V9.7A4.2 4.2 0 0 0 8 2ZM6.3 13.5h3.4',
  hospital: 'M8 3v10M3 8h10',
  public_service: 'M2 6 8 2.5 14 6ZM3.8 6v6M6.6 6v6M9.4 6v6M12.2 6v6M2 13h12',
  stop: 'M4 3h8v8H4ZM4 7h8M5.7 11v2M10.3 11v2',
  shop: 'M3 5.5h10l-.8 8H3.8ZM5.7 5.5a2.3 2.3 0 0 1 4.6 0',
  school: 'M3 3.5h4.2L8 4.3l.8-.8H13v9H8.8l-.8.8-.8-.8H3ZM8 4.3v9',
  green: 'M8 14V9M8 2.5a3.7 3.7 0 1 0 .01 0',
  other: 'M8 5.5a2.5 2.5 0 1 0 .01 0',
};

/**
 * Icon of a kind, with a number inside or none.
 * @param {string} kind
 * @param {string} figure
 * @param {number} size pixels
 * @param {boolean} [hollow] outline only: a low confidence, or a site that is taken
 * @returns {SVGElement}
 */
function kindIcon(kind, figure, size, hollow = false) {
  const { colour, shape, lift } = KIND_STYLES[kind];
  const sign = svg('svg', { viewBox: '-1 -1 30 30', width: size, height: size, class: 'kind-sign',
    'aria-hidden': 'true', focusable: 'false' });
  sign.append(svg('path', { d: shape, fill: hollow ? '#ffffff' : colour,
    stroke: hollow ? colour : '#ffffff', 'stroke-width': hollow ? 2.4 : 1.8, 'stroke-linejoin': 'round' }));
  if (figure) {
    const tight = kind === 'friche' || kind === 'batiment_non_affecte';
    const sizes = [13, tight ? 10.5 : 13, tight ? 8 : 10, tight ? 6 : 8, tight ? 5 : 6.5];
    const text = svg('text', { x: 14, y: 14.4 + lift, fill: hollow ? colour : '#ffffff', 'text-anchor': 'middle',
      'dominant-baseline': 'central',
      'font-size': sizes[Math.min(figure.length, 5) - 1], 'font-weight': 700 });
    text.textContent = figure;
    sign.append(text);
  }
  return sign;
}

/**
 * Icon of a category of places.
 * @param {string} category
 * @param {number} size pixels
 * @returns {SVGElement}
 */
function placeIcon(category, size) {
  return svg('svg', { viewBox: '-3 -3 22 22', width: size, height: size, 'aria-hidden': 'true',
    focusable: 'false' },
  svg('circle', { cx: 8, cy: 8, r: 10, fill: '#2b3a55', stroke: '#ffffff', 'stroke-width': 1.5 }),
  svg('path', { d: PLACE_ICONS[category] || PLACE_ICONS.other, fill: 'none', stroke: '#ffffff',
    'stroke-width': 1.4, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }));
}

/**
 * Letter of a stop of the loop: A to Z, then A1, B1…
 * @param {number} index
 * @returns {string}
 */
function stopLetter(index) {
  const turn = Math.floor(index / 26);
  return String.fromCharCode(65 + (index % 26)) + (turn ? turn : '');
}

/**
 * Bar of a score, with the interval due to missing data.
 * @param {{score: number|null, low: number|null, high: number|null, colour: string}} values
 * @returns {HTMLElement}
 */
function scoreBar({ score, low, high, colour }) {
  const width = 200;
  const bar = svg('svg', { viewBox: `0 0 ${width} 10`, preserveAspectRatio: 'none', class: 'bar',
    'aria-hidden': 'true', focusable: 'false' },
  svg('rect', { x: 0, y: 1, width, height: 8, fill: '#e4e6ec' }));
  if (score !== null) {
    bar.append(svg('rect', { x: 0, y: 1, width: score * width, height: 8, fill: colour }));
  }
  if (low !== null && high !== null && high - low > 0.005) {
    bar.append(
      svg('rect', { x: low * width, y: 3.6, width: (high - low) * width, height: 2.8,
        fill: '#1e2433', 'fill-opacity': 0.75 }),
      svg('rect', { x: Math.max(0, low * width - 1), y: 0, width: 2, height: 10, fill: '#1e2433' }),
      svg('rect', { x: Math.min(width - 2, high * width - 1), y: 0, width: 2, height: 10,
        fill: '#1e2433' }),
    );
  }
  return bar;
}
