'use strict';
/* The state of the page in its address, to send or to keep: weights, filters, view, open site. */

const FILTER_KEYS = ['area_min', 'area_max', 'confidence', 'destination', 'minutes', 'loop', 'visited', 'shortlisted'];
const WRITTEN_NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/; // as a script writes one
let saving = 0;

/** @returns {string} what differs from the page as it opens, as the fragment of an address */
function stateFragment() {
  const fresh = noFilters();
  const fields = new URLSearchParams();
  if (lang !== page.lang) fields.set('lang', lang);
  if (!usesStudyWeights()) fields.set('w', weights.join(','));
  if (state.kinds.size < presentKinds().length) fields.set('k', [...state.kinds].join(','));
  if (state.query) fields.set('q', state.query);
  FILTER_KEYS.forEach((name) => {
    if (state.filters[name] !== fresh[name]) fields.set(name, state.filters[name]);
  });
  VALUE_NAMES.forEach((name) => state.filters[name].forEach((value) => fields.append(name, value)));
  if (state.filters.inside.length) {
    fields.set('in', state.filters.inside.flat().map((value) => value.toFixed(6)).join(','));
  }
  if (state.open) fields.set('s', state.open.id);
  else if (shownPlace) fields.set('place', shownPlace.at.map((value) => value.toFixed(6)).join(','));
  if (tableOrder) fields.set('table', tableText());
  const { lat, lng } = map.getCenter();
  fields.set('at', [map.getZoom(), lat.toFixed(6), lng.toFixed(6)].join(','));
  return fields.toString();
}

/** Write the state in the address, soon, once for many changes. */
function saveState() {
  clearTimeout(saving);
  saving = setTimeout(() => writeState('replaceState'), 200);
}

/**
 * Write the state at once, in the present entry of the history or in a new one.
 * @param {'replaceState'|'pushState'} how
 */
function writeState(how) {
  clearTimeout(saving);
  const fragment = `#${stateFragment()}`;
  if (how === 'pushState' && fragment === window.location.hash) return;
  try {
    window.history[how](null, '', fragment);
  } catch (refused) {
    announce(t('link_refused')); // a browser may forbid it for a file
  }
}

/**
 * Finite numbers of a list of texts, or none if one is not. Nothing is no number.
 * @param {string|null} text
 * @returns {number[]}
 */
function numbersOf(text) {
  const values = text ? text.split(',').map((part) => (WRITTEN_NUMBER.test(part.trim()) ? Number(part) : NaN)) : [];
  return values.every((value) => Number.isFinite(value)) ? values : [];
}

/**
 * The state that an address describes, whatever the page shows now: what the address does not say
 * is as the page opens. A value that cannot be right is left out, and the page says which.
 * @param {string} fragment
 */
function restoreState(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const refused = [];
  if (lang !== languageOf(fields, refused)) setLanguage(languageOf(fields, []));
  applyWeights(weightsOf(fields, refused));
  state.kinds = kindsOf(fields, refused);
  state.query = fields.get('q') || '';
  state.filters = { ...noFilters(), ...filtersOf(fields, refused) };
  clearFilterResult();
  const site = sites.find((one) => one.id === fields.get('s'));
  if (fields.get('s') && !site) refused.push(t('link_site', { id: fields.get('s').slice(0, 60) }));
  if (state.open && state.open !== site) closeSite({ from: 'link' });
  buildBrowse();
  showArea();
  restyleSites();
  showSites();
  showView(fields, refused);
  if (!fields.has('place')) shownPlace?.popup.remove();
  if (site && state.open !== site) openSite(site, { from: 'link' });
  else if (!site) restorePlace(fields, refused);
  restoreTable(fields, refused);
  showNotice(refused.length ? t('link_parts', { parts: refused.join(', ') }) : '');
  writeState('replaceState');
}

/** @param {URLSearchParams} fields @param {string[]} refused @returns {string} */
function languageOf(fields, refused) {
  const asked = fields.get('lang');
  if (asked === null) return page.lang;
  if (['fr', 'en'].includes(asked)) return asked;
  refused.push(t('language'));
  return page.lang;
}

/** @param {URLSearchParams} fields @param {string[]} refused @returns {number[]} */
function weightsOf(fields, refused) {
  if (!fields.has('w')) return [...STUDY_WEIGHTS];
  const asked = numbersOf(fields.get('w'));
  const fits = asked.length === weights.length && asked.every((weight) => weight >= 0 && weight <= 1e6);
  if (fits) return asked;
  refused.push(t('tool_weights'));
  return [...STUDY_WEIGHTS];
}

/** @returns {string[]} kinds of which the page has a site */
function presentKinds() {
  return KINDS.filter((kind) => sites.some((site) => site.kind === kind));
}

/** @param {URLSearchParams} fields @param {string[]} refused @returns {Set<string>} */
function kindsOf(fields, refused) {
  if (!fields.has('k')) return new Set(presentKinds());
  const asked = fields.get('k').split(',').filter((kind) => kind);
  const known = asked.filter((kind) => presentKinds().includes(kind));
  if (known.length < asked.length || (fields.get('k') && !asked.length)) refused.push(t('filter_kinds'));
  return known.length || !fields.get('k') ? new Set(known) : new Set(presentKinds());
}

/**
 * Show the view of an address, or the one that the page opens with: a view that lies outside the
 * study, or a zoom that the map does not have, was cut on the way.
 * @param {URLSearchParams} fields
 * @param {string[]} refused
 */
function showView(fields, refused) {
  const [zoom, lat, lng, ...more] = numbersOf(fields.get('at'));
  const decimals = (fields.get('at') || '').split(',').slice(1)
    .map((text) => text.split('.')[1]?.length);
  // A last number that is shorter than the one before it was cut.
  const whole = lng !== undefined && !more.length && decimals[0] === decimals[1];
  if (whole && isViewOfStudy(zoom, lat, lng)) {
    map.setView([lat, lng], zoom, { animate: false });
    return;
  }
  if (fields.has('at')) refused.push(t('link_view'));
  showAll();
}

/**
 * @param {number} zoom
 * @param {number} lat
 * @param {number} lng
 * @returns {boolean}
 */
function isViewOfStudy(zoom, lat, lng) {
  if (zoom < map.getMinZoom() || zoom > map.getMaxZoom() || Math.abs(lat) > 85) return false;
  return !page.view || L.latLngBounds(latLngs(page.view)).pad(1).contains([lat, lng]);
}

/**
 * @param {URLSearchParams} fields
 * @param {string[]} refused
 * @returns {Record<string, any>}
 */
function filtersOf(fields, refused) {
  const filters = {};
  FILTER_KEYS.forEach((name) => {
    if (!fields.has(name)) return;
    const text = fields.get(name);
    const [value, ...more] = numbersOf(text);
    if (!Object.hasOwn(BOUNDS, name)) filters[name] = text;
    else if (value >= 0 && value <= 1e9 && !more.length) filters[name] = value;
    else refused.push(t(`filter_${name}`));
  });
  if (filters.destination && !Object.hasOwn(page.destinations, filters.destination)) {
    refused.push(t('filter_destination'));
    delete filters.destination;
  }
  if (!['', '0', '1', undefined].includes(filters.visited)) {
    refused.push(t('filter_visited'));
    delete filters.visited;
  }
  if (!['', '1', undefined].includes(filters.shortlisted)) {
    refused.push(t('filter_shortlisted'));
    delete filters.shortlisted;
  }
  VALUE_NAMES.forEach((name) => {
    if (fields.has(name)) filters[name] = knownValues(name, fields.getAll(name), refused);
  });
  const flat = numbersOf(fields.get('in'));
  if (flat.length > 5 && flat.length % 2 === 0) {
    filters.inside = flat.flatMap((value, i) => (i % 2 ? [] : [[value, flat[i + 1]]]));
  } else if (fields.has('in')) refused.push(t('tool_area'));
  return filters;
}

/**
 * Say something that stays in sight until it is closed.
 * @param {string} text nothing to take it away
 */
function showNotice(text) {
  const box = document.getElementById('notice');
  box.hidden = !text;
  box.replaceChildren(...(text ? [el('span', {}, text), el('button', { type: 'button', class: 'tab',
    onclick: () => showNotice('') }, t('close'))] : []));
  if (text) announce(text);
}
