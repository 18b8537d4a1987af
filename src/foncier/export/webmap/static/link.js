'use strict';
/* The state of the page in its address, to send or to keep: weights, filters, view, open site. */

const FILTER_KEYS = ['area_min', 'area_max', 'confidence', 'destination', 'minutes', 'loop', 'commune',
  'zone', 'in_perimeter', 'site_status', 'flag', 'visited'];
let saving = 0;

/** @returns {string} what differs from the page as it opens, as the fragment of an address */
function stateFragment() {
  const fresh = noFilters();
  const fields = new URLSearchParams();
  if (lang !== page.lang) fields.set('lang', lang);
  if (!usesStudyWeights()) fields.set('w', weights.join(','));
  const kinds = KINDS.filter((kind) => sites.some((site) => site.kind === kind));
  if (state.kinds.size < kinds.length) fields.set('k', [...state.kinds].join(','));
  if (state.query) fields.set('q', state.query);
  FILTER_KEYS.forEach((name) => {
    if (state.filters[name] !== fresh[name]) fields.set(name, state.filters[name]);
  });
  if (state.filters.inside.length) {
    fields.set('in', state.filters.inside.flat().map((value) => value.toFixed(6)).join(','));
  }
  if (state.open) fields.set('s', state.open.id);
  const { lat, lng } = map.getCenter();
  fields.set('at', [map.getZoom(), lat.toFixed(6), lng.toFixed(6)].join(','));
  return fields.toString();
}

/** Write the state in the address, soon, once for many changes. */
function saveState() {
  clearTimeout(saving);
  saving = setTimeout(() => {
    try {
      window.history.replaceState(null, '', `#${stateFragment()}`);
    } catch (refused) {
      announce(t('link_refused')); // a browser may forbid it for a file
    }
  }, 200);
}

/**
 * Finite numbers of a list of texts, or none if one is not.
 * @param {string|null} text
 * @returns {number[]}
 */
function numbersOf(text) {
  const values = text ? text.split(',').map(Number) : [];
  return values.every((value) => Number.isFinite(value)) ? values : [];
}

/**
 * Restore the state from an address; unknown parts are ignored.
 * @param {string} fragment
 */
function restoreState(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const newWeights = numbersOf(fields.get('w'));
  const fits = newWeights.length === weights.length && newWeights.every((weight) => weight >= 0);
  if (fits) applyWeights(newWeights);
  if (fields.has('k')) {
    state.kinds = new Set(fields.get('k').split(',').filter((kind) => KINDS.includes(kind)));
  }
  state.query = fields.get('q') || '';
  state.filters = { ...noFilters(), ...filtersOf(fields) };
  clearFilterResult();
  if (['fr', 'en'].includes(fields.get('lang'))) setLanguage(fields.get('lang'));
  buildBrowse();
  showArea();
  restyleSites();
  showSites();
  const [zoom, lat, lng] = numbersOf(fields.get('at'));
  if (lng !== undefined) map.setView([lat, lng], zoom, { animate: false });
  const site = sites.find((one) => one.id === fields.get('s'));
  if (site) openSite(site, { from: 'link' });
}

/**
 * @param {URLSearchParams} fields
 * @returns {Record<string, any>}
 */
function filtersOf(fields) {
  const filters = {};
  FILTER_KEYS.forEach((name) => {
    if (!fields.has(name)) return;
    if (!Object.hasOwn(BOUNDS, name)) filters[name] = fields.get(name);
    else if (Number.isFinite(Number(fields.get(name)))) filters[name] = Number(fields.get(name));
  });
  if (filters.destination && !Object.hasOwn(page.destinations, filters.destination)) {
    delete filters.destination;
  }
  const flat = numbersOf(fields.get('in'));
  if (flat.length > 5 && flat.length % 2 === 0) {
    filters.inside = flat.flatMap((value, i) => (i % 2 ? [] : [[value, flat[i + 1]]]));
  }
  return filters;
}
