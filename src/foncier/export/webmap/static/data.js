'use strict';
/* From the flat lists of payload.py to sites and shapes. */

const DEGREE = 1e6;
const KINDS = ['friche', 'dent_creuse', 'batiment_non_affecte', 'terrain_divisible'];

/**
 * @typedef {Object} Site
 * @property {number} index position in the ranking
 * @property {string} id
 * @property {string} kind
 * @property {string|null} name
 * @property {string[]} parcels
 * @property {number|null} score
 * @property {number|null} rank
 * @property {number[]} at latitude, longitude of a point inside
 * @property {any[]} evidence
 * @property {any[]} tests
 * @property {any} entry street access, or null
 * @property {string} [haystack] what the search looks in, once it was asked for
 */

/**
 * Undo `pool`: one text a row, null when unknown.
 * @param {{pool: string[], codes: number[]}} pooled
 * @returns {Array<string|null>}
 */
function unpool(pooled) {
  return pooled.codes.map((code) => (code < 0 ? null : pooled.pool[code]));
}

/**
 * Undo `pack_phrases`: one sentence of a row.
 * @param {{pool: string[], codes: number[], figures: string[][]}} packed
 * @param {number} row
 * @returns {string}
 */
function phrase(packed, row) {
  const pieces = packed.pool[packed.codes[row]].split('\u0001');
  return pieces.map((piece, i) => (i ? packed.figures[row][i - 1] : '') + piece).join('');
}

/**
 * Decode one layer of steps; the pointer runs on from ring to ring.
 * @param {any[]} features nested lists of steps
 * @param {(lon: number, lat: number) => number[]} point what to make of a corner
 * @returns {any[]} the same nesting with corners
 */
function decode(features, point) {
  let lon = 0;
  let lat = 0;
  const ring = (steps) => {
    const corners = new Array(steps.length / 2);
    for (let i = 0; i < corners.length; i += 1) {
      lon += steps[2 * i];
      lat += steps[2 * i + 1];
      corners[i] = point(lon / DEGREE, lat / DEGREE);
    }
    return corners;
  };
  const walk = (node) => (typeof node[0] === 'number' ? ring(node) : node.map(walk));
  return features.map(walk);
}

/** @type {(lon: number, lat: number) => number[]} */
const asLatLng = (lon, lat) => [lat, lon];

/**
 * Latitude and longitude of a point given in millionths of a degree.
 * @param {number[]} at
 * @returns {number[]}
 */
function latLng(at) {
  return [at[1] / DEGREE, at[0] / DEGREE];
}

/**
 * Rows of a table of lists.
 * @param {Record<string, any>} table
 * @param {string[]} names columns; pooled ones are undone
 * @returns {any[]}
 */
function rowsOf(table, names) {
  const columns = names.map((name) => (table[name].codes ? unpool(table[name]) : table[name]));
  return table.site.map((site, row) => {
    const value = { site, row };
    names.forEach((name, i) => { value[name] = columns[i][row]; });
    return value;
  });
}

/** @returns {Site[]} in the order of their rank */
function readSites() {
  const source = page.sites;
  const names = Object.keys(source).filter((name) => name !== 'shapes');
  const sites = source.id.map((id, index) => {
    const site = { index, evidence: [], tests: [], entry: null };
    names.forEach((name) => { site[name] = source[name][index]; });
    site.at = latLng(site.at);
    site.parcels = site.parcel_ids ? site.parcel_ids.split('|') : [];
    return site;
  });
  fillSites(sites);
  return sites;
}

/**
 * What the search looks in, without accents and capitals.
 * @param {Site} site
 * @returns {string}
 */
function haystackOf(site) {
  if (site.haystack === undefined) {
    const texts = [site.id, site.name, site.address, site.parcel_ids, site.family,
      site.entry && site.entry.street];
    site.haystack = folded(texts.filter((text) => text).join(' '));
  }
  return site.haystack;
}

/** @type {any[]|null} decoded when first needed */
let outlines = null;

/**
 * @param {Site} site
 * @returns {number[][][][]} parts of rings of latitude, longitude
 */
function outlineOf(site) {
  outlines = outlines || decode(page.sites.shapes, asLatLng);
  return outlines[site.index];
}

/** @param {Site[]} sites */
function fillSites(sites) {
  const evidence = ['direction', 'weight', 'source', 'date'];
  rowsOf(page.evidence, evidence).forEach((row) => sites[row.site].evidence.push(row));
  const tests = ['parcel', 'value', 'threshold', 'margin', 'unit', 'passed', 'detail', 'fr', 'en'];
  rowsOf(page.tests, tests).forEach((row) => sites[row.site].tests.push(row));
  rowsOf(page.entries, ['street', 'frontage_m', 'at']).forEach((row) => {
    sites[row.site].entry = { ...row, at: latLng(row.at) };
  });
}

/**
 * A measure of the walk from a site.
 * @param {Site} site
 * @param {string} target
 * @param {'time_min'|'distance_m'|'detour_index'|'place'} column
 * @returns {any} null when unknown
 */
function walk(site, target, column) {
  if (!Object.hasOwn(page.access, target)) return null;
  const values = page.access[target][column];
  if (column !== 'place') return values[site.index];
  const code = values.codes[site.index];
  return code < 0 ? null : values.pool[code];
}

/**
 * What to call a site: its name, else its address, else its first parcel or its id.
 * @param {Site} site
 * @returns {string}
 */
function titleOf(site) {
  if (site.name) return site.name;
  if (site.address) return site.address;
  if (site.parcels.length) return parcelTitle(site.parcels[0]);
  return site.id;
}

/**
 * A parcel as people say it: section and number.
 * @param {string} parcel 14 characters
 * @returns {string}
 */
function parcelTitle(parcel) {
  if (parcel.length !== 14) return parcel;
  const section = parcel.slice(8, 10).replace(/^0+/, '');
  return `${t('parcel')} ${section}${NBSP}${parcel.slice(10).replace(/^0+(?=.)/, '')}`;
}

/**
 * Score as the page writes it, on 100.
 * @param {number|null} score
 * @returns {string}
 */
function onHundred(score) {
  return score === null ? t('score_unknown') : number(score * 100);
}

const sites = readSites();
/** Which sites are shown, and which one is open. */
const state = {
  kinds: new Set(KINDS.filter((kind) => sites.some((site) => site.kind === kind))),
  query: '',
  /** @type {Record<string, any>} filled at the start */
  filters: {},
  /** @type {Site|null} */
  open: null,
};
