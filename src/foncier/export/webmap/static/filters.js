'use strict';
/* Filters: measures, zone, warnings, visits, an area drawn on the map. */

/** @returns {Record<string, any>} no filter at all */
function noFilters() {
  const destination = Object.keys(page.destinations).find((name) => name !== 'loop') || '';
  return { area_min: null, area_max: null, confidence: null, destination, minutes: null, loop: null,
    zone: '', commune: '', in_perimeter: '', site_status: '', flag: '', visited: '',
    availability: '', owner: '', inside: [] };
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

/** Filters by what a site lies in or by what people noted of it, with the words for all sites and for
 *  those of which it is unknown ('?'). */
const CATEGORIES = {
  commune: ['all_communes', 'unknown'], zone: ['all_zones', 'unknown'],
  site_status: ['all_site_statuses', 'no_site_status'],
};
const CATEGORY_FILTERS = Object.keys(CATEGORIES);

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
 * @returns {boolean} commune, zone, warnings and drawn area agree
 */
function passesCategories(site) {
  const { flag, visited, inside } = state.filters;
  if (visited && (visited === '1') !== Boolean(visits[site.id])) return false;
  const differs = (name) => state.filters[name] && (site[name] || '?') !== state.filters[name];
  if (CATEGORY_FILTERS.some(differs)) return false;
  if (state.filters.in_perimeter && !isInPerimeter(site, state.filters.in_perimeter)) return false;
  if (!passesOffer(site)) return false;
  if (flag === '0' && flagsOf(site).length) return false;
  if (flag[0] === '+' && !flagsOf(site).includes(flag.slice(1))) return false;
  if (flag[0] === '-' && flagsOf(site).includes(flag.slice(1))) return false;
  return !inside.length || isInside([inside.flat()], site.at[0], site.at[1]);
}

/**
 * @param {Site} site
 * @returns {boolean} availability and owner agree
 */
function passesOffer(site) {
  const { availability, owner } = state.filters;
  if (availability === OFFERED) {
    if (site.availability_class === TAKEN) return false;
  } else if (availability && site.availability_class !== availability) return false;
  if (owner === PUBLIC) return ['public', 'partiel'].includes(site.public_land);
  return !owner || ownersOf(site).includes(owner);
}

const OFFERED = 'offered';
const PUBLIC = 'public';
const TAKEN = 'pris';

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

/** @returns {{shown: Site[], unknown: number}} sites that pass, and how many are left out only
 *  because a measure that is asked for is unknown */
function applyFilters() {
  if (filterResult) return filterResult;
  const words = withoutAccents(state.query).split(/\s+/).filter((word) => word);
  const active = Object.keys(BOUNDS).filter((name) => state.filters[name] !== null);
  const values = active.map((name) => [BOUNDS[name], state.filters[name]]);
  let unknown = 0;
  const shown = rankedSites.filter((site) => {
    if (!state.kinds.has(site.kind) || !words.every((word) => searchTextOf(site).includes(word))
      || !passesCategories(site)) return false;
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
    + [...CATEGORY_FILTERS, 'in_perimeter', 'flag', 'visited', 'availability', 'owner']
      .filter((name) => state.filters[name]).length;
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
    availabilityChoice(), ownerChoice(),
    ...CATEGORY_FILTERS.map(categoryInput), perimeterChoice(), flagChoice(),
    selectInput('visited', [['', t('all_sites')], ['0', t('visited_no')], ['1', t('visited_yes')]]),
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
 * @param {string} name
 * @returns {HTMLElement|null} nothing where all sites agree
 */
function categoryInput(name) {
  const values = [...new Set(sites.map((site) => site[name] || '?'))].sort();
  if (values.length < 2) return null;
  const [all, unknown] = CATEGORIES[name];
  return selectInput(name, [['', t(all)],
    ...values.map((value) => [value, value === '?' ? t(unknown) : categoryText(name, value)])]);
}

/**
 * @param {string} name
 * @param {string} value
 * @returns {string}
 */
function categoryText(name, value) {
  if (name === 'site_status') return valueLabel(value);
  return name === 'commune' && Object.hasOwn(page.commune_names, value) ? communeText(value) : value;
}

/** @returns {HTMLElement|null} */
function availabilityChoice() {
  const classes = ['pret', 'a_confirmer', TAKEN].filter(
    (one) => sites.some((site) => site.availability_class === one),
  );
  if (!classes.length) return null;
  return selectInput('availability', [['', t('all_availability')], [OFFERED, t('offered_sites')],
    ...classes.map((one) => [one, valueLabel(one)])]);
}

/** @returns {HTMLElement|null} */
function ownerChoice() {
  const types = [...new Set(sites.flatMap(ownersOf))].sort();
  if (!types.length) return null;
  const land = sites.some((site) => ['public', 'partiel'].includes(site.public_land));
  return selectInput('owner', [['', t('all_owners')], ...(land ? [[PUBLIC, t('public_land')]] : []),
    ...types.map((one) => [one, valueLabel(one)])]);
}

/** @returns {HTMLElement|null} */
function flagChoice() {
  const flags = [...new Set(sites.flatMap(flagsOf))].sort();
  if (!flags.length) return null;
  return selectInput('flag', [['', t('any_flag')], ['0', t('flag_none')],
    ...flags.map((flag) => [`-${flag}`, t('flag_without', { flag: flagWords(flag) })]),
    ...flags.map((flag) => [`+${flag}`, t('flag_with', { flag: flagWords(flag) })])]);
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
