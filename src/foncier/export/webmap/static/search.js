'use strict';
/* What a search finds: sites, places, streets, parcels, coordinates, as people write them. */

/** Short forms of addresses, and words that are written in two ways. */
const SHORT_FORMS = { all: 'allee', av: 'avenue', ave: 'avenue', bd: 'boulevard', bld: 'boulevard', blvd: 'boulevard',
  boul: 'boulevard', bvd: 'boulevard', che: 'chemin', chem: 'chemin', chs: 'chaussee', chr: 'hopital', chu: 'hopital', fbg: 'faubourg',
  fg: 'faubourg', gal: 'general', gen: 'general', imp: 'impasse', mal: 'marechal', pl: 'place', qu: 'quai', r: 'rue',
  rte: 'route', sq: 'square', st: 'saint', ste: 'sainte', univ: 'universite' };
const LINKING_WORDS = new Set(['a', 'au', 'aux', 'd', 'de', 'des', 'du', 'en', 'et', 'l', 'la', 'le', 'les', 'sur', 'sous']);
const EQUAL = 1;
const BEGINS = 0.8;
const CONTAINS = 0.5;
const ALMOST = 0.4; // one letter missing, added, changed or swapped
const OTHER_FIELD = 0.7; // an address counts less than a name
const COVERED = 0.3; // of a name that the query says whole
const BEGUN = 0.1; // by the first word of a name
const NO_NUMBER = 0.8; // a street where the query has the number of a house
const KIND_BONUS = { main: 0.3, stop: 0.22, site: 0.2, street: 0.12, water: 0.12, green: 0.12,
  district: 0.05, perimeter: 0.05, minor: 0.05 };
const PARCEL = /(?:^|[^A-Z0-9])(?:PARCELLES?|SECTIONS?)?[\s:]*(?:(\d{5})\s*)?(?:(\d{3})\s*)?([A-Z]{1,2}|0[A-Z])[\s_.-]*(?:N[O°]?\s*)?0*(\d{1,4})(?=$|[^A-Z0-9])/g;

/**
 * @typedef {Object} Entry
 * @property {string} kind a key of KIND_BONUS, or coordinates
 * @property {number} row in its table; the index of a site
 * @property {string} name
 * @property {string} [other] words of the address
 */

/**
 * Words of a text: no accents, capitals, short forms, leading zeros, plurals or linking words.
 * @param {string} text
 * @returns {string[]}
 */
function wordsOf(text) {
  const all = withoutAccents(text).replaceAll('œ', 'oe').replaceAll('æ', 'ae').split(/[^a-z0-9]+/)
    .filter((word) => word)
    .map((word) => (Object.hasOwn(SHORT_FORMS, word) ? SHORT_FORMS[word] : word.replace(/^0+(?=\d)/, '')));
  const telling = all.filter((word) => !LINKING_WORDS.has(word));
  return (telling.length ? telling : all).map((word) => (word.length > 3 ? word.replace(/[sx]$/, '') : word));
}

/**
 * Whether two words differ by one letter at most: missing, added, changed, or two swapped.
 * @param {string} a
 * @param {string} b
 * @returns {boolean}
 */
function almostEqual(a, b) {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i += 1;
  const rest = (word, from) => word.slice(from);
  if (a.length > b.length) return rest(a, i + 1) === rest(b, i);
  if (a.length < b.length) return rest(a, i) === rest(b, i + 1);
  return rest(a, i + 1) === rest(b, i + 1)
    || (a[i] === b[i + 1] && a[i + 1] === b[i] && rest(a, i + 2) === rest(b, i + 2));
}

/**
 * How well a word of a query says a word of a text; 0 when it does not.
 * @param {string} asked
 * @param {string} word
 * @returns {number}
 */
function levelOf(asked, word) {
  if (asked === word) return EQUAL;
  if (word.startsWith(asked)) return BEGINS;
  return asked.length > 2 && word.includes(asked) ? CONTAINS : 0;
}

/**
 * Whether a word of a query says a word of a text but for one letter, whole or as far as it is written.
 * @param {string} asked
 * @param {string} word
 * @returns {boolean}
 */
function isAlmost(asked, word) {
  if (asked.length < 4 || /\d/.test(asked)) return false;
  return [word, word.slice(0, asked.length), word.slice(0, asked.length + 1)].some((part) => almostEqual(asked, part));
}

/**
 * Short form of a parcel: section and number.
 * @param {string} parcel 14 characters
 * @returns {string|null}
 */
function parcelKey(parcel) {
  if (parcel.length !== 14) return null;
  return `${parcel.slice(8, 10).replace(/^0+/, '')}${Number(parcel.slice(10))}`.toUpperCase();
}

/**
 * The parcels that a query names, and its other words.
 * @param {string} query
 * @param {(key: string) => boolean} isKnown whether the study has such a parcel
 * @returns {{keys: string[], rest: string}}
 */
function parcelsIn(query, isKnown) {
  const keys = [];
  const rest = query.toUpperCase().replace(PARCEL, (whole, commune, prefix, section, figure) => {
    const key = section.replace(/^0/, '') + Number(figure);
    const alone = whole.trim().length === query.trim().length;
    if (!isKnown(key) || (!alone && LINKING_WORDS.has(section.toLowerCase()))) return whole;
    keys.push(key);
    return ' ';
  });
  return keys.length ? { keys, rest } : { keys, rest: query };
}

/** @returns {Entry[]} all that has a name, each name of a place once */
function makeEntries() {
  const seen = new Set();
  const once = (entry) => {
    const key = wordsOf(entry.name).join(' ');
    if (!key || seen.has(key)) return [];
    seen.add(key);
    return [entry];
  };
  const categories = unpool(page.places.category);
  const named = (kind, names) => names.map((name, row) => ({ kind, row, name: name || '' })).filter(({ name }) => name);
  const places = named('minor', page.places.name).map((entry) => ({ ...entry,
    kind: MAIN_PLACES.includes(categories[entry.row]) ? 'main' : 'minor' }));
  const labels = page.base.names.flatMap(([name, kind], row) => (kind === 'place' ? []
    : [{ kind: kind.startsWith('street') ? 'street' : kind, row, name }]));
  return [
    ...sites.map((site) => ({ kind: 'site', row: site.index, name: site.name || '',
      other: [site.address, site.entry && site.entry.street, page.commune_names[site.commune], site.family,
        ...(page.values[site.kind] || []), ...new Set(site.parcels.map((parcel) => parcel.slice(8, 10)))].filter((text) => text).join(' ') })),
    ...places.filter(({ kind }) => kind === 'main').flatMap(once),
    ...named('stop', page.stops.name).flatMap(once),
    ...places.filter(({ kind }) => kind === 'minor').flatMap(once),
    ...labels.flatMap(once),
    ...named('district', page.districts.name), ...named('perimeter', page.perimeters.name),
  ];
}

/** Words of all names, and the entries that have each: made when the first search is written. */
class SearchIndex {
  constructor() {
    this.entries = makeEntries();
    /** @type {Array<[string|undefined, number]>} first word of each name, and how many it has */
    this.names = [];
    /** @type {Map<string, Array<[number, number]>>} entries of a word, and how much the field counts */
    this.words = new Map();
    /** @type {Map<string, {sites: Set<number>, rejected: number[]}>} by section and number */
    this.parcels = new Map();
    this.entries.forEach((entry, k) => this.add(entry, k));
    sites.forEach((site) => site.parcels.forEach((parcel) => this.parcel(parcel)?.sites.add(site.index)));
    page.rejected.parcel.forEach((parcel, row) => this.parcel(parcel)?.rejected.push(row));
  }

  /** @param {Entry} entry @param {number} k */
  add(entry, k) {
    const names = new Set(wordsOf(entry.name));
    const others = new Set(entry.other ? wordsOf(entry.other) : []);
    this.names.push([[...names][0], names.size]);
    const put = (word, weight) => {
      if (!this.words.has(word)) this.words.set(word, []);
      this.words.get(word).push([k, weight]);
    };
    names.forEach((word) => put(word, 1));
    others.forEach((word) => { if (!names.has(word)) put(word, OTHER_FIELD); });
  }

  /** @param {string} parcel @returns {{sites: Set<number>, rejected: number[]}|null} */
  parcel(parcel) {
    const key = parcelKey(parcel);
    if (key === null) return null;
    if (!this.parcels.has(key)) this.parcels.set(key, { sites: new Set(), rejected: [] });
    return this.parcels.get(key);
  }

  /**
   * How well each entry says a word; with an error of one letter only where nothing says it better.
   * @param {string} asked
   * @returns {Map<number, number>}
   */
  levels(asked) {
    const best = new Map();
    const take = (word, level) => this.words.get(word).forEach(([k, weight]) => {
      if (!(best.get(k) >= level * weight)) best.set(k, level * weight);
    });
    let top = 0;
    this.words.forEach((_, word) => {
      const level = levelOf(asked, word);
      if (level) take(word, level);
      top = Math.max(top, level);
    });
    if (top < BEGINS) this.words.forEach((_, word) => { if (isAlmost(asked, word)) take(word, ALMOST); });
    return best;
  }

  /**
   * Entries that say all words of a query, with their value; a street need not say the number of a house.
   * @param {string[]} words
   * @returns {Map<number, number>}
   */
  named(words) {
    const levels = words.map((word) => this.levels(word));
    const found = new Map();
    const all = new Set(levels.flatMap((one) => [...one.keys()]));
    const isHouse = (word) => /^\d{1,4}$/.test(word);
    all.forEach((k) => {
      const { kind } = this.entries[k];
      const said = words.filter((_, i) => levels[i].has(k));
      const lacking = words.filter((_, i) => !levels[i].has(k));
      if (lacking.length && (kind === 'site' || !lacking.every(isHouse) || said.every(isHouse))) return;
      const sum = levels.reduce((total, one) => total + (one.get(k) || 0), 0);
      const [first, length] = this.names[k];
      const value = (sum / words.length + COVERED * (length ? Math.min(1, said.length / length) : 0)
        + (first === words[0] ? BEGUN : 0)) * (lacking.length ? NO_NUMBER : 1);
      found.set(k, value + KIND_BONUS[kind]);
    });
    return found;
  }
}

/** @type {SearchIndex|null} */
let searchIndex = null;
/** @type {{query: string, sites: Set<number>|null, hits: any[], keys: string[]}} what the last query found */
let lastSearch = { query: '', sites: null, hits: [], keys: [] };

/**
 * What a query finds: the sites that it names (null: it names none, or asks nothing), all hits, the best
 * first, and the parcels that it names, by section and number.
 * @param {string} query
 * @returns {{sites: Set<number>|null, hits: Array<{kind: string, row: number, name: string, at?: number[]}>,
 *   keys: string[]}}
 */
function search(query) {
  if (lastSearch.query === query) return lastSearch;
  searchIndex = searchIndex || new SearchIndex();
  lastSearch = { query, ...searchFor(query.trim()) };
  return lastSearch;
}

/** @param {string} query @returns {{sites: Set<number>|null, hits: any[], keys: string[]}} */
function searchFor(query) {
  if (!query) return { sites: null, hits: [], keys: [] };
  const at = parseCoordinates(query, page.communes);
  if (at) return { sites: null, hits: [{ kind: 'coordinates', row: 0, name: query, at: inStudy(at) }], keys: [] };
  const { keys, rest } = parcelsIn(query, (key) => searchIndex.parcels.has(key));
  const words = wordsOf(rest);
  const values = words.length ? searchIndex.named(words) : new Map();
  const inParcels = keys.length ? sitesOfParcels(keys) : null;
  const found = [];
  values.forEach((value, k) => {
    const entry = searchIndex.entries[k];
    if (!inParcels || (entry.kind === 'site' && inParcels.has(entry.row))) found.push([value, entry]);
  });
  if (inParcels && !words.length) inParcels.forEach((index) => found.push([2, searchIndex.entries[index]]));
  const already = new Set(found.flatMap(([, entry]) => (entry.kind === 'site' ? [entry.row] : [])));
  idMatches(query).forEach((index) => {
    if (!already.has(index)) found.push([2, searchIndex.entries[index]]);
  });
  const place = (entry) => (entry.kind === 'site' ? positions[entry.row] : sites.length + entry.row);
  found.sort(([a, one], [b, other]) => b - a || place(one) - place(other));
  const named = found.filter(([, entry]) => entry.kind === 'site').map(([, entry]) => entry.row);
  return { sites: named.length ? new Set(named) : null, keys,
    hits: [...found.map(([, entry]) => entry), ...rejectedOf(keys, query)] };
}

/**
 * Coordinates as latitude and longitude; the other way round where only that lies in the study.
 * @param {number[]} at
 * @returns {number[]}
 */
function inStudy([a, b]) {
  const near = (place) => !page.view || L.latLngBounds(latLngs(page.view)).pad(1).contains(place);
  return !near([a, b]) && Math.abs(b) <= 85 && near([b, a]) ? [b, a] : [a, b];
}

/** @param {string[]} keys @returns {Set<number>} sites that have one of these parcels */
function sitesOfParcels(keys) {
  return new Set(keys.flatMap((key) => [...searchIndex.parcels.get(key).sites]));
}

/** @param {string} query @returns {number[]} sites whose id, or that of a parcel, contains the query */
function idMatches(query) {
  const text = query.replace(/\s+/g, '').toUpperCase();
  if (text.length < 4 || !/\d/.test(text)) return [];
  return sites.flatMap((site) => (`${site.id} ${site.parcel_ids || ''}`.toUpperCase().includes(text) ? [site.index] : []));
}

/**
 * Rejected parcels that a query names.
 * @param {string[]} keys sections and numbers
 * @param {string} query
 * @returns {Entry[]}
 */
function rejectedOf(keys, query) {
  const rows = keys.length ? keys.flatMap((key) => searchIndex.parcels.get(key).rejected) : findRejected(query, MAX_REJECTED_HITS);
  return rows.slice(0, MAX_REJECTED_HITS).map((row) => ({ kind: 'rejected', row, name: page.rejected.parcel[row] }));
}

const MAX_REJECTED_HITS = 8;
