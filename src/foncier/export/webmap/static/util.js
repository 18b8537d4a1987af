'use strict';
/* Words, numbers and elements. Text reaches the page through text nodes only, never as HTML. */

/** @type {any} everything the page shows, written by payload.py */
const page = JSON.parse(document.getElementById('foncier-data').textContent);
/** @type {Record<string, Record<string, string>>} */
const dictionary = JSON.parse(document.getElementById('foncier-words').textContent);
const NBSP = '\u00a0';
const NARROW = '\u202f';
const reducedMotion = window.matchMedia('(prefers-reduced-motion: reduce)');
const narrowScreen = window.matchMedia('(max-width: 760px)');
/** Is the screen large enough for an open legend? */
const largeScreen = window.matchMedia('(min-width: 1100px) and (min-height: 880px)');
let lang = page.lang;

/**
 * Words of the interface in the current language.
 * @param {string} key
 * @param {Record<string, string|number>} [values] replace `{name}`
 * @returns {string}
 */
function t(key, values = {}) {
  const words = dictionary[lang][key];
  if (words === undefined) throw new Error(`no words for ${key}`);
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/**
 * Words that depend on a count: `key.one` or `key.other`.
 * @param {string} key
 * @param {number} count
 * @returns {string}
 */
function tCount(key, count) {
  const form = new Intl.PluralRules(lang).select(count) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}`, { count: number(count) });
}

/**
 * The French or the English of a pair.
 * @param {string[]} pair
 * @returns {string}
 */
function inLanguage(pair) {
  return pair[lang === 'fr' ? 0 : 1];
}

/**
 * Words of a coded value (kind, perimeter…); the code itself when it has none.
 * @param {string|null} code
 * @returns {string}
 */
function valueLabel(code) {
  if (code === null) return t('unknown');
  return Object.hasOwn(page.values, code) ? inLanguage(page.values[code]) : code;
}

/** @type {Map<string, Intl.NumberFormat>} cached: slow to create */
const formats = new Map();

/**
 * @param {Intl.NumberFormatOptions} options
 * @returns {Intl.NumberFormat} of the current language
 */
function numberFormat(options) {
  const key = lang + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(lang, options));
  return formats.get(key);
}

/**
 * @param {number} value
 * @param {number} [digits] decimals at most
 * @returns {string}
 */
function number(value, digits = 0) {
  return numberFormat({ maximumFractionDigits: digits }).format(value);
}

/**
 * A measure with its unit, or "unknown".
 * @param {number|null} value
 * @param {string} unit
 * @param {number} [digits]
 * @returns {string}
 */
function quantity(value, unit, digits = 0) {
  if (value === null || value === undefined) return t('unknown');
  if (unit === '0–1') return percent(value);
  const word = unit === 'hab.' ? t('inhabitants') : unit;
  return word ? number(value, digits) + NBSP + word : number(value, digits);
}

/**
 * Whole minutes, or "unknown".
 * @param {number|null} value
 * @returns {string}
 */
function minutesText(value) {
  return value !== null && value < 0.5 ? `<${NBSP}1${NBSP}min` : quantity(value, 'min');
}

/**
 * A number written with a plus or a minus sign.
 * @param {number} value
 * @param {number} digits
 * @returns {string}
 */
function signed(value, digits) {
  return numberFormat({ maximumFractionDigits: digits, signDisplay: 'exceptZero' }).format(value);
}

/**
 * A whole percentage; what is nearly none or nearly all is no certainty.
 * @param {number|null} share from 0 to 1
 * @returns {string}
 */
function percent(share) {
  if (share === null) return t('unknown');
  if (share > 0 && share < 0.005) return `<${NBSP}${percent(0.01)}`;
  if (share < 1 && share > 0.995) return `>${NBSP}${percent(0.99)}`;
  return numberFormat({ style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/**
 * The first end of an interval of shares: its sign stands at the other end.
 * @param {number|null} share
 * @returns {string}
 */
function bareShare(share) {
  return percent(share).replace(/\s*%/, '');
}

/**
 * Number of decimals for a value of this size.
 * @param {number|null} value
 * @returns {number}
 */
function decimalsFor(value) {
  return value !== null && Math.abs(value) < 100 && !Number.isInteger(value) ? 1 : 0;
}

/**
 * A date as the language writes it.
 * @param {string|null} iso year-month-day
 * @param {'long'|'short'} [style]
 * @returns {string}
 */
function dateText(iso, style = 'long') {
  if (!iso) return t('undated');
  const [year, month, date] = iso.split('-').map(Number);
  const options = style === 'long'
    ? { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }
    : { month: 'short', year: 'numeric', timeZone: 'UTC' };
  const text = new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, options)
    .format(new Date(Date.UTC(year, month - 1, date)));
  return lang === 'fr' ? text.replace(/^1 /, '1er ') : text; // Intl says « 1 mai »
}

/**
 * Fill an element: attributes, `on…` listeners, `css` properties, then its children.
 * @template {Element} T
 * @param {T} node
 * @param {Record<string, any>} attributes
 * @param {Array<Element|string|null>} children strings become text nodes
 * @returns {T}
 */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'css') Object.assign(node.style, value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Element|string|null)} children
 * @returns {HTMLElement}
 */
function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Element} children
 * @returns {SVGElement}
 */
function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/**
 * Text of a source in an element of its own: its direction does not change the text around it.
 * @param {string} text
 * @returns {HTMLElement}
 */
function isolated(text) {
  return el('bdi', {}, text);
}

/**
 * A link that opens elsewhere, only when clicked.
 * @param {string} href
 * @param {string} text
 * @returns {HTMLElement}
 */
function externalLink(href, text) {
  return el('a', { href, target: '_blank', rel: 'noopener noreferrer', class: 'away' }, text);
}

/**
 * Text without accents and capitals, for the search.
 * @param {string} text
 * @returns {string}
 */
function withoutAccents(text) {
  return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase();
}

/**
 * Announce a text to screen readers.
 * @param {string} text
 */
function announce(text) {
  document.getElementById('status').textContent = text;
}
