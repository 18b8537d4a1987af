'use strict';
/* Filters: measures, zone, warnings, visits, an area drawn on the map. */

/** @returns {Record<string, any>} no filter at all */
function noFilters() {
  const destination = Object.keys(page.destinations).find((name) => name !== 'loop') || '';
  return { area_min: null, area_max: null, confidence: null, destination, minutes: null, loop: null,
    visited: '', shortlisted: '', ...noValues(), inside: [] };
}

const splitList = (text) => (text ? text.split(/\s*\|\s*/).filter((flag) => flag) : []);

/**
 * Warnings of a site, in French: what the filters and the address hold.
 * @param {Site} site
 * @returns {string[]}
 */
function flagsOf(site) {
  return splitList(site.warnings);
}

/** @type {Map<string, string>} English of each point to watch, the French where it has none */
const flagsInEnglish = new Map(sites.flatMap((site) => {
  const english = splitList(site.warnings_en);
  return flagsOf(site).map((flag, i) => [flag, english[i] || flag]);
}));

/**
 * A point to watch in the current language.
 * @param {string} flag in French
 * @returns {string}
 */
function flagWords(flag) {
  return lang === 'fr' ? flag : flagsInEnglish.get(flag) || flag;
}

/**
 * Warnings of a site in the current language, or null.
 * @param {Site} site
 * @returns {string|null}
 */
function flagText(site) {
  return flagsOf(site).map(flagWords).join(' | ') || null;
}

/** Filters by a measure: what is read, and when it passes. */
const BOUNDS = {
  area_min: { read: (site) => site.area_m2, pass: (value, bound) => value >= bound },
  area_max: { read: (site) => site.area_m2, pass: (value, bound) => value <= bound },
  confidence: { read: (site) => site.confidence, pass: (value, bound) => value * 100 >= bound },
  minutes: { read: (site) => accessValue(site, state.filters.destination, 'time_min'),
    pass: (value, bound) => value <= bound },
  loop: { read: (site) => accessValue(site, 'loop', 'distance_m'),
    pass: (value, bound) => value <= bound },
};

/**
 * @param {Site} site
 * @returns {boolean} visits, shortlist and drawn area agree
 */
function passesPlace(site) {
  const { visited, shortlisted, inside } = state.filters;
  if (shortlisted && !shortlist.has(site.id)) return false;
  if (visited && (visited === '1') !== Boolean(visits[site.id])) return false;
  return !inside.length || isInside([inside.flat()], site.at[0], site.at[1]);
}

/**
 * @param {Site} site
 * @returns {string[]} types of its owners; none where unknown
 */
function ownersOf(site) {
  return splitList(site.owner_types);
}

/** @type {{shown: Site[], unknown: number, listed?: Site[], members?: Map<string, Site[]>}|null}
 *  cached until a filter changes */
let filterResult = null;

/** Clear the cached result of the filters. */
function clearFilterResult() {
  filterResult = null;
}

/** @returns {Set<number>|null} sites that the search names; null: all, where it names none of them but a place */
function askedByName() {
  if (!state.query.trim()) return null;
  const found = search(state.query);
  if (found.sites) return found.sites;
  return found.hits.some(({ kind }) => kind !== 'rejected') ? null : new Set();
}

/** @returns {{shown: Site[], unknown: number}} sites that pass, and how many are left out only
 *  because a measure that is asked for is unknown */
function applyFilters() {
  if (filterResult) return filterResult;
  const asked = askedByName();
  const tests = [passesPlace, ...valueTests()];
  const active = Object.keys(BOUNDS).filter((name) => state.filters[name] !== null);
  const values = active.map((name) => [BOUNDS[name], state.filters[name]]);
  let unknown = 0;
  const shown = rankedSites.filter((site) => {
    if (!state.kinds.has(site.kind) || (asked && !asked.has(site.index)) || !tests.every((passes) => passes(site))) return false;
    let missing = false;
    const passes = values.every(([bound, limit]) => {
      const value = bound.read(site);
      if (value === null || value === undefined) missing = true;
      else if (!bound.pass(value, limit)) return false;
      return true;
    });
    if (passes && missing) unknown += 1;
    return passes && !missing;
  });
  filterResult = { shown, unknown };
  return filterResult;
}

/** @returns {Site[]} sites that pass the filters, the best rank first */
function shownSites() {
  return applyFilters().shown;
}

/** Families whose members the list shows, by the button of their line. */
const openFamilies = new Set();

/** @returns {Site[]} rows of the list: a family is one, or all its members where it is open */
function listedSites() {
  const result = applyFilters();
  if (result.listed) return result.listed;
  const members = new Map();
  result.shown.forEach((site) => {
    if (site.family === null) return;
    if (members.has(site.family)) members.get(site.family).push(site);
    else members.set(site.family, [site]);
  });
  result.members = members;
  result.listed = result.shown.flatMap((site) => {
    const family = site.family === null ? [site] : members.get(site.family);
    if (family[0] !== site) return [];
    return openFamilies.has(site.family) ? family : [site];
  });
  return result.listed;
}

/**
 * @param {Site} site
 * @returns {Site[]} the other members of its family that pass the filters, where it is the first
 */
function membersBelow(site) {
  listedSites();
  const family = site.family === null ? [] : filterResult.members.get(site.family) || [];
  return family[0] === site ? family.slice(1) : [];
}

/** @returns {number} filters of the tool in use, beside search, kinds and drawn area */
function filtersInUse() {
  return Object.keys(BOUNDS).filter((name) => state.filters[name] !== null).length
    + [...VALUE_NAMES, 'visited', 'shortlisted'].filter((name) => state.filters[name].length).length;
}

/** @returns {HTMLElement} */
function filtersTool() {
  const has = (read) => sites.some((site) => { const v = read(site); return v !== null && v !== undefined; });
  const destinations = Object.keys(page.destinations).filter((name) => name !== 'loop');
  return el('div', { class: 'tool-body', id: 'filters' },
    el('div', { class: 'pair' }, boundInput('area_min', 'm²'), boundInput('area_max', 'm²')),
    has(BOUNDS.confidence.read) ? boundInput('confidence', '%') : null,
    destinations.some((name) => has((site) => accessValue(site, name, 'time_min'))) ? el('div', { class: 'pair' },
      selectInput('destination', destinations.map((name) => [name, inLanguage(page.destinations[name])])),
      boundInput('minutes', 'min')) : null,
    has(BOUNDS.loop.read) ? boundInput('loop', 'm') : null,
    ...VALUE_NAMES.map(valueInput),
    selectInput('visited', [['', t('all_sites')], ['0', t('visited_no')], ['1', t('visited_yes')]]),
    shortlistChoice(),
    el('p', { class: 'hint' }, t('filter_unknown')),
    el('button', { type: 'button', class: 'plain', id: 'clear-filters', onclick: () => {
      state.filters = { ...noFilters(), inside: state.filters.inside };
      fillTool();
      refresh();
    } }, t('clear_filters')));
}

/**
 * @param {string} name
 * @param {string} unit
 * @returns {HTMLElement}
 */
function boundInput(name, unit) {
  const active = state.filters[name];
  return el('p', { class: 'ask' }, el('label', { for: `f-${name}` }, `${t(`filter_${name}`)} (${unit})`),
    el('input', { type: 'number', id: `f-${name}`, min: 0, step: 'any', inputmode: 'decimal',
      value: active === null ? '' : active, oninput: (event) => {
        const value = event.target.valueAsNumber;
        state.filters[name] = Number.isFinite(value) ? value : null;
        refresh();
      } }));
}

/**
 * @param {string} name
 * @param {string[][]} options value and words
 * @returns {HTMLElement}
 */
function selectInput(name, options) {
  const list = el('select', { id: `f-${name}`, onchange: (event) => {
    state.filters[name] = event.target.value;
    refresh();
  } }, ...options.map(([value, text]) => el('option', { value }, text)));
  list.value = state.filters[name];
  return el('p', { class: 'ask' }, el('label', { for: `f-${name}` }, t(`filter_${name}`)), list);
}

/**
 * Area that some sites offer, shared land counted once: the sum of `counted_area_m2`, as in every file.
 * @param {Site[]} list
 * @returns {string}
 */
function areaText(list) {
  const known = list.filter((site) => site.counted_area_m2 !== null);
  const sum = known.reduce((total, site) => total + site.counted_area_m2, 0);
  const unknown = list.length - known.length;
  const hectares = sum >= 10000 ? quantity(sum / 10000, 'ha', 1) : quantity(sum, 'm²');
  return known.length ? hectares + (unknown ? ` (${t('area_unknown', { n: number(unknown) })})` : '')
    : t('unknown');
}

/**
 * What is on offer of some sites, and the public land of it, as `foncier.results.totals.supply` counts
 * them; nothing where no site is taken, or none is public.
 * @param {Site[]} list
 * @returns {string[]}
 */
function supplyTexts(list) {
  const offered = list.filter((site) => site.availability_class !== TAKEN);
  const owned = offered.filter((site) => site.public_land === PUBLIC);
  return [[offered, 'supply_offered', offered.length < list.length], [owned, 'supply_public', owned.length]]
    .filter(([, , stated]) => stated)
    .map(([part, key]) => tCount(key, part.length).replace('{area}', areaText(part)));
}
