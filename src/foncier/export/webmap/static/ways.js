'use strict';
/* What the card says of the ways from a site: minutes, barriers, residents. */

/**
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function accessBlock(site) {
  const targets = Object.keys(page.targets);
  if (!targets.length) return null;
  return section('access', el('table', { class: 'access', id: 'access' },
    el('thead', {}, el('tr', {}, ...['target', 'walk', 'bike', 'distance', 'detour'].map(
      (key) => el('th', { scope: 'col' }, t(key)),
    ))),
    el('tbody', {}, ...targets.map((target) => accessRow(site, target)))),
  reachTable(site), reachButton(site));
}

/**
 * One destination; where nothing is known of it, that is said once.
 * @param {Site} site
 * @param {string} target
 * @returns {HTMLElement}
 */
function accessRow(site, target) {
  const value = (name) => walk(site, target, name);
  const place = value('place');
  const notes = [place === both(page.targets[target]) ? null : place, barrierWords(site, target)];
  const head = el('th', { scope: 'row' }, both(page.targets[target]),
    ...notes.filter((text) => text).map((text) => el('span', { class: 'source' }, own(text))));
  const known = ['time_min', 'bike_min', 'distance_m'].some((name) => value(name) !== null);
  if (!known) return el('tr', {}, head, el('td', { class: 'figure', colspan: 4 }, t('unknown')));
  return el('tr', {}, head,
    el('td', { class: 'figure' }, quantity(value('time_min'), 'min')),
    el('td', { class: 'figure' }, quantity(value('bike_min'), 'min'), rideWords(site, target)),
    el('td', { class: 'figure' }, quantity(value('distance_m'), 'm')),
    el('td', { class: 'figure' }, value('detour_index') === null ? '–'
      : number(value('detour_index'), 2)));
}

/**
 * Metres by bicycle, where the ride is not the walk.
 * @param {Site} site
 * @param {string} target
 * @returns {HTMLElement|null}
 */
function rideWords(site, target) {
  const [ride, walked] = [walk(site, target, 'bike_m'), walk(site, target, 'distance_m')];
  if (ride === null || (walked !== null && Math.abs(ride - walked) < 10)) return null;
  return el('span', { class: 'source' }, quantity(ride, 'm'));
}

/**
 * What the way goes round: "contourne la Somme"; nothing when no barrier is known.
 * @param {Site} site
 * @param {string} target
 * @returns {string|null}
 */
function barrierWords(site, target) {
  const kind = walk(site, target, 'barrier');
  if (kind === null || kind === 'none') return null;
  const name = walk(site, target, 'barrier_name');
  const told = name === null ? t(`barrier_${kind}`) : name;
  // a French article is no longer a capital in the middle of a sentence
  const article = lang === 'fr' ? /^(Les?|La) |^L['’]/.exec(told) : null;
  const inside = article ? told.charAt(0).toLowerCase() + told.slice(1) : told;
  return t(name === null || article ? 'round' : 'round_named', { barrier: inside });
}

/**
 * Residents within 5, 10 and 15 minutes, where no isochrone tells them already.
 * @param {Site} site
 * @returns {HTMLElement[]}
 */
function peopleFact(site) {
  const counts = [5, 10, 15].map((minutes) => site[`residents_${minutes}min`]);
  if (reachOf.has(site.index) || counts.every((count) => count === null)) return [];
  return fact(t('people'), counts.map((count) => quantity(count, '')).join(' · '));
}
