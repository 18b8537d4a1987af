'use strict';
/* Filters of several values: a site passes when it has one of those that are chosen. */

const SEARCHED_FROM = 10; // values from which a filter has a field that narrows them
const NAMED_VALUES = 2; // chosen values that the head of a filter names; more are counted
const UNKNOWN = '?';
const PUBLIC = 'public';
const QPV = 'qpv'; // in a priority district, or near one
const TAKEN = 'pris';

/**
 * @typedef {Object} ValueFilter
 * @property {string} all words when nothing is chosen
 * @property {(site: Site) => string[]} [read] values of a site
 * @property {() => Map<string, number>} [count] sites of each value, where they are not read one by one
 * @property {(value: string) => string} words
 * @property {string[]} [order] of the values; else that of their words
 * @property {number} [from] values from which it is shown: with one only, there is nothing to choose
 * @property {(site: Site, chosen: Set<string>) => boolean} [pass] where it is not one of the values
 */

/** @type {Record<string, ValueFilter>} */
const VALUE_FILTERS = {
  availability: { all: 'all_availability', read: (site) => [site.availability_class || UNKNOWN],
    words: valueLabel, order: ['pret', 'a_confirmer', TAKEN] },
  owner: { all: 'all_owners', read: ownerValues, order: [PUBLIC],
    words: (value) => (value === PUBLIC ? t('public_land') : valueLabel(value)) },
  commune: { all: 'all_communes', read: (site) => [site.commune || UNKNOWN],
    words: (code) => (Object.hasOwn(page.commune_names, code) ? communeText(code) : code) },
  district: { all: 'all_districts', read: districtsOf, words: (row) => page.districts.name[row] },
  zone: { all: 'all_zones', read: (site) => [site.zone || UNKNOWN], words: (zone) => zone },
  in_perimeter: { all: 'any_perimeter', read: perimeterValues, from: 1, order: [QPV],
    words: (tag) => (tag === QPV ? t('near_qpv') : tag) },
  site_status: { all: 'all_site_statuses', read: (site) => [site.site_status || UNKNOWN],
    words: (status) => (status === UNKNOWN ? t('no_site_status') : valueLabel(status)) },
  flag: { all: 'any_flag', count: flagCounts, words: flagValueWords, pass: passesFlags, order: ['0'], from: 1 },
};
const VALUE_NAMES = Object.keys(VALUE_FILTERS);
/** Values in links of former pages, and what they stand for. */
const FORMER_VALUES = { availability: { offered: ['pret', 'a_confirmer', UNKNOWN] } };

/** @param {Site} site @returns {string[]} types of its owners, public land, or unknown */
function ownerValues(site) {
  const types = ownersOf(site);
  return [...(['public', 'partiel'].includes(site.public_land) ? [PUBLIC] : []), ...(types.length ? types : [UNKNOWN])];
}

/** @param {Site} site @returns {string[]} tags of its perimeters, and whether it lies in or near a priority district */
function perimeterValues(site) {
  return [...(site.qpv ? [QPV] : []), ...perimetersOf(site)];
}

/** @type {Map<number, string[]>} rows of the districts of each site, as text */
const districtsBySite = new Map();

/** @param {Site} site @returns {string[]} the district that its inner point lies in */
function districtsOf(site) {
  if (!districtsBySite.size) {
    const index = new ShapeIndex(new Shapes(page.districts.shapes), []);
    sites.forEach((one) => {
      const shape = index.at(toWorld(one.at[1], one.at[0]));
      districtsBySite.set(one.index, [shape ? String(shape.row) : UNKNOWN]);
    });
  }
  return districtsBySite.get(site.index);
}

/** @returns {Map<string, number>} sites without a point to watch (0), without one of them (-), with it (+) */
function flagCounts() {
  const having = countValues(flagsOf);
  const without = sites.filter((site) => !flagsOf(site).length).length;
  return new Map(!having.size ? [] : [['0', without],
    ...[...having].flatMap(([flag, count]) => [[`-${flag}`, sites.length - count], [`+${flag}`, count]])]);
}

/**
 * @param {(site: Site) => string[]} read
 * @returns {Map<string, number>} sites of each value
 */
function countValues(read) {
  const counts = new Map();
  sites.forEach((site) => read(site).forEach((value) => counts.set(value, (counts.get(value) || 0) + 1)));
  return counts;
}

/** @param {string} value @returns {string} */
function flagValueWords(value) {
  if (value === '0') return t('flag_none');
  return t(value[0] === '+' ? 'flag_with' : 'flag_without', { flag: flagWords(value.slice(1)) });
}

/**
 * None of the points that are ruled out, and one of those that are asked for.
 * @param {Site} site
 * @param {Set<string>} chosen
 * @returns {boolean}
 */
function passesFlags(site, chosen) {
  const flags = flagsOf(site);
  if ((chosen.has('0') && flags.length) || flags.some((flag) => chosen.has(`-${flag}`))) return false;
  return ![...chosen].some((value) => value[0] === '+') || flags.some((flag) => chosen.has(`+${flag}`));
}

/** @returns {Record<string, string[]>} nothing chosen */
function noValues() {
  return Object.fromEntries(VALUE_NAMES.map((name) => [name, []]));
}

/** @returns {Array<(site: Site) => boolean>} tests of the filters that have a value chosen */
function valueTests() {
  return VALUE_NAMES.filter((name) => state.filters[name].length).map((name) => {
    const { read, pass } = VALUE_FILTERS[name];
    const chosen = new Set(state.filters[name]);
    return pass ? (site) => pass(site, chosen) : (site) => read(site).some((value) => chosen.has(value));
  });
}

/** @type {Map<string, Map<string, number>>} sites of each value, by filter */
const valueCounts = new Map();

/**
 * The values that the sites have, in their order, with their number of sites; unknown comes last.
 * @param {string} name
 * @returns {Array<[string, number]>}
 */
function valuesOf(name) {
  const { read, count, words, order = [] } = VALUE_FILTERS[name];
  if (!valueCounts.has(name)) valueCounts.set(name, count ? count() : countValues(read));
  const place = ([value]) => (value === UNKNOWN ? 2e9 : order.includes(value) ? order.indexOf(value) : 1e9);
  const text = new Intl.Collator(lang, { numeric: true });
  return [...valueCounts.get(name)].sort((a, b) => place(a) - place(b) || text.compare(words(a[0]), words(b[0])));
}

/** @param {string} name @param {string} value @returns {string} */
function valueWords(name, value) {
  return value === UNKNOWN && name !== 'site_status' ? t('unknown') : VALUE_FILTERS[name].words(value);
}

/**
 * The values of an address that the study has, in the order of the filter.
 * @param {string} name
 * @param {string[]} asked
 * @param {string[]} refused takes the name of the filter where a value is not known
 * @returns {string[]}
 */
function knownValues(name, asked, refused) {
  const present = valuesOf(name).map(([value]) => value);
  const former = FORMER_VALUES[name] || {};
  const wanted = new Set(asked.flatMap((value) => (Object.hasOwn(former, value)
    ? former[value].filter((one) => present.includes(one)) : [value])));
  const known = present.filter((value) => wanted.has(value));
  if (!known.length || known.length < wanted.size) refused.push(t(`filter_${name}`));
  return known;
}

/**
 * @param {string} name
 * @returns {HTMLElement|null} nothing where there is nothing to choose
 */
function valueInput(name) {
  const values = valuesOf(name);
  const known = values.filter(([value]) => value !== UNKNOWN);
  if (values.length < (VALUE_FILTERS[name].from || 2) || !known.length) return null;
  const list = el('ul', { class: 'values' }, ...values.map(([value, count]) => el('li', {}, el('label', { class: 'check' },
    el('input', { type: 'checkbox', value, checked: state.filters[name].includes(value),
      onchange: (event) => chooseValue(name, value, event.target.checked) }),
    el('span', {}, isolated(valueWords(name, value)), ` (${number(count)})`)))));
  return el('details', { class: 'ask choose', id: `f-${name}`, open: state.filters[name].length > 0 },
    el('summary', {}, t(`filter_${name}`), t('colon'), el('span', { class: 'chosen' }, chosenText(name))),
    el('fieldset', {}, el('legend', { class: 'out' }, t(`filter_${name}`)),
      values.length < SEARCHED_FROM ? null : narrowInput(name, list), list));
}

/**
 * A field that leaves the values with its words in sight.
 * @param {string} name
 * @param {HTMLElement} list
 * @returns {HTMLElement}
 */
function narrowInput(name, list) {
  return el('input', { type: 'search', class: 'narrow', 'aria-label': t('narrow', { name: t(`filter_${name}`) }),
    placeholder: t('narrow_short'), oninput: (event) => {
      const words = withoutAccents(event.target.value).split(/\s+/);
      list.querySelectorAll('li').forEach((item) => {
        const text = withoutAccents(item.textContent);
        item.hidden = !words.every((word) => text.includes(word));
      });
    } });
}

/** @param {string} name @returns {string} what is chosen, in a few words */
function chosenText(name) {
  const chosen = state.filters[name];
  if (!chosen.length) return t(VALUE_FILTERS[name].all);
  return chosen.length > NAMED_VALUES ? tCount('chosen', chosen.length)
    : chosen.map((value) => valueWords(name, value)).join(', ');
}

/**
 * @param {string} name
 * @param {string} value
 * @param {boolean} on
 */
function chooseValue(name, value, on) {
  const chosen = new Set(state.filters[name]);
  if (on) chosen.add(value);
  else chosen.delete(value);
  state.filters[name] = valuesOf(name).map(([one]) => one).filter((one) => chosen.has(one));
  document.querySelector(`#f-${name} .chosen`).textContent = chosenText(name);
  refresh();
}
