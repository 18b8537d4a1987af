'use strict';
/* Access table of the card: minutes, barriers, residents. */

/**
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function accessBlock(site) {
  const destinations = Object.keys(page.destinations);
  if (!destinations.length) return null;
  return section('access', el('table', { class: 'access', id: 'access' },
    el('thead', {}, el('tr', {}, ...['destination', 'walk', 'bike', 'distance', 'detour'].map(
      (key) => el('th', { scope: 'col' }, t(key)),
    ))),
    el('tbody', {}, ...destinations.map((destination) => accessRow(site, destination)))),
  isochroneTable(site), showAccessButton(site));
}

/**
 * Row of one destination; a single cell where nothing is known.
 * @param {Site} site
 * @param {string} destination
 * @returns {HTMLElement}
 */
function accessRow(site, destination) {
  const value = (name) => accessValue(site, destination, name);
  const place = value('place');
  const label = inLanguage(page.destinations[destination]);
  const notes = [place === label ? null : place, barrierText(site, destination)];
  const head = el('th', { scope: 'row' }, label,
    ...notes.filter((text) => text).map((text) => el('span', { class: 'source' }, isolated(text))));
  const known = ['time_min', 'bike_min', 'distance_m'].some((name) => value(name) !== null);
  if (!known) return el('tr', {}, head, el('td', { class: 'figure', colspan: 4 }, t('unknown')));
  return el('tr', {}, head,
    el('td', { class: 'figure' }, minutesText(value('time_min'))),
    el('td', { class: 'figure' }, minutesText(value('bike_min')),
      bikeDistanceText(site, destination)),
    el('td', { class: 'figure' }, quantity(value('distance_m'), 'm')),
    el('td', { class: 'figure' }, value('detour_index') === null ? '–'
      : number(value('detour_index'), 2)));
}

/**
 * Metres by bicycle, where the route differs from the walk.
 * @param {Site} site
 * @param {string} destination
 * @returns {HTMLElement|null}
 */
function bikeDistanceText(site, destination) {
  const ride = accessValue(site, destination, 'bike_m');
  const walked = accessValue(site, destination, 'distance_m');
  if (ride === null || (walked !== null && Math.abs(ride - walked) < 10)) return null;
  return el('span', { class: 'source' }, quantity(ride, 'm'));
}

/**
 * Barrier that the route goes round: "contourne la Somme"; null when no barrier is known.
 * @param {Site} site
 * @param {string} destination
 * @returns {string|null}
 */
function barrierText(site, destination) {
  const kind = accessValue(site, destination, 'barrier');
  if (kind === null || kind === 'none') return null;
  const name = accessValue(site, destination, 'barrier_name');
  const barrier = name === null ? t(`barrier_${kind}`) : name;
  // a French article is no longer a capital in the middle of a sentence
  const article = lang === 'fr' ? /^(Les?|La) |^L['’]/.exec(barrier) : null;
  const inside = article ? barrier.charAt(0).toLowerCase() + barrier.slice(1) : barrier;
  return t(name === null || article ? 'round' : 'round_named', { barrier: inside });
}

/**
 * Residents within 5, 10 and 15 minutes, where no isochrone shows them.
 * @param {Site} site
 * @returns {HTMLElement[]}
 */
function residentsFact(site) {
  const counts = [5, 10, 15].map((minutes) => site[`residents_${minutes}min`]);
  if (isochronesBySite.has(site.index) || counts.every((count) => count === null)) return [];
  return fact(t('people'), counts.map((count) => quantity(count, '')).join(' · '));
}
