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
 */

/**
 * Undo `pool`: one text a row, null when unknown.
 * @param {{pool: string[], codes: number[]}} pooled
 * @returns {Array<string|null>}
 */
function unpool(pooled) {
  return pooled.codes.map((code) => (code < 0 ? null : pooled.pool[code]));
}

/** @type {Map<object, Uint32Array>} where the figures of each row start, by table of sentences */
const numberStarts = new Map();

/**
 * Undo `phrases`: one sentence of a row.
 * @param {{pool: string[], codes: number[], figures: string[]}} packed
 * @param {number} row
 * @returns {string}
 */
function phrase(packed, row) {
  if (!numberStarts.has(packed)) {
    const gaps = packed.pool.map((text) => text.split('\u0001').length - 1);
    numberStarts.set(packed, startsOf(packed.codes.map((code) => gaps[code])));
  }
  const first = numberStarts.get(packed)[row];
  return packed.pool[packed.codes[row]].split('\u0001')
    .map((piece, i) => (i ? packed.figures[first + i - 1] : '') + piece).join('');
}

/**
 * Where each of some counted things starts, and where the last one ends.
 * @param {number[]} counts
 * @returns {Uint32Array}
 */
function startsOf(counts) {
  const starts = new Uint32Array(counts.length + 1);
  counts.forEach((count, i) => { starts[i + 1] = starts[i] + count; });
  return starts;
}

/** Shapes of one layer, decoded into features, parts and rings on demand. */
class Shapes {
  /** @param {{parts: number[], rings?: number[], corners: number[], steps: number[]}} packed */
  constructor({ parts, rings, corners, steps }) {
    this.count = parts.length;
    this.parts = startsOf(parts);
    this.rings = rings ? startsOf(rings) : null; // lines have none
    this.corners = startsOf(corners);
    this.at = Int32Array.from(steps);
    for (let i = 2; i < this.at.length; i += 1) this.at[i] += this.at[i - 2];
  }

  /**
   * The rings (or lines) of a feature: the first, and the one after the last.
   * @param {number} row
   * @returns {number[]}
   */
  span(row) {
    const [from, to] = [this.parts[row], this.parts[row + 1]];
    return this.rings ? [this.rings[from], this.rings[to]] : [from, to];
  }

  /**
   * Latitudes and longitudes of a feature, as Leaflet nests them: parts of rings, or lines.
   * @param {number} row
   * @returns {any[]}
   */
  feature(row) {
    const among = (starts, k, make) => Array.from({ length: starts[k + 1] - starts[k] },
      (_, i) => make(starts[k] + i));
    const corner = (i) => [this.at[2 * i + 1] / DEGREE, this.at[2 * i] / DEGREE];
    const ring = (k) => among(this.corners, k, corner);
    return among(this.parts, row, (k) => (this.rings ? among(this.rings, k, ring) : ring(k)));
  }

  /** @returns {any[]} every feature */
  all() {
    return Array.from({ length: this.count }, (_, row) => this.feature(row));
  }
}

/**
 * Latitude and longitude of a point of a list of points.
 * @param {number[]} points millionths of a degree, longitude and latitude in turn
 * @param {number} row
 * @returns {number[]}
 */
function latLng(points, row) {
  return [points[2 * row + 1] / DEGREE, points[2 * row] / DEGREE];
}

/**
 * Latitudes and longitudes of a list of points.
 * @param {number[]} points
 * @returns {number[][]}
 */
function latLngs(points) {
  return Array.from({ length: points.length / 2 }, (_, row) => latLng(points, row));
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
  const names = Object.keys(source).filter((name) => name !== 'shapes' && name !== 'at');
  const columns = names.map((name) => (source[name].codes ? unpool(source[name]) : source[name]));
  const sites = source.id.map((id, index) => {
    const site = { index, at: latLng(source.at, index), evidence: [], tests: [], entry: null };
    names.forEach((name, k) => { site[name] = columns[k][index]; });
    site.parcels = site.parcel_ids ? site.parcel_ids.split('|') : [];
    return site;
  });
  attachTables(sites);
  return sites;
}

/**
 * @param {string} code
 * @returns {string} name and code of a commune; without a name, its code
 */
function communeText(code) {
  const name = Object.hasOwn(page.commune_names, code) ? page.commune_names[code] : null;
  return name ? `${name} (${code})` : t('commune', { code });
}

/** Outlines of the sites. */
const siteOutlines = new Shapes(page.sites.shapes);

/**
 * @param {Site} site
 * @returns {number[][][][]} parts of rings of latitude, longitude
 */
function outlineOf(site) {
  return siteOutlines.feature(site.index);
}

/** @param {Site[]} sites */
function attachTables(sites) {
  const evidence = ['direction', 'weight', 'source', 'date'];
  rowsOf(page.evidence, evidence).forEach((row) => sites[row.site].evidence.push(row));
  const tests = ['parcel', 'value', 'threshold', 'margin', 'unit', 'passed', 'detail', 'detail_en',
    'fr', 'en'];
  rowsOf(page.tests, tests).forEach((row) => sites[row.site].tests.push(row));
  rowsOf(page.entries, ['street', 'frontage_m']).forEach((row) => {
    sites[row.site].entry = { ...row, at: latLng(page.entries.at, row.row) };
  });
}

/**
 * A value of the access from a site to a destination.
 * @param {Site} site
 * @param {string} destination
 * @param {'time_min'|'distance_m'|'detour_index'|'bike_m'|'bike_min'|'place'|'barrier'|'barrier_name'} column
 * @returns {any} null when unknown
 */
function accessValue(site, destination, column) {
  if (!Object.hasOwn(page.access, destination)) return null;
  const values = page.access[destination][column];
  if (!values.codes) return values[site.index];
  const code = values.codes[site.index];
  return code < 0 ? null : values.pool[code];
}

/**
 * The measure that a criterion reads.
 * @param {{where: string[]|null}} rule
 * @param {Site} site
 * @returns {number|null}
 */
function measureOf(rule, site) {
  if (!rule.where) return null;
  const [table, name, column] = rule.where;
  return table === 'sites' ? site[name] : accessValue(site, name, column);
}

/**
 * Title of a site: its name, else its address, else its first parcel or its id.
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
 * Section and number of a parcel.
 * @param {string} parcel 14 characters
 * @returns {string}
 */
function parcelTitle(parcel) {
  if (parcel.length !== 14) return parcel;
  const section = parcel.slice(8, 10).replace(/^0+/, '');
  return `${t('parcel')} ${section}${NBSP}${parcel.slice(10).replace(/^0+(?=.)/, '')}`;
}

/**
 * Score out of 100, as text.
 * @param {number|null} score
 * @returns {string}
 */
function outOf100(score) {
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
