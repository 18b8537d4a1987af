'use strict';
/* What lies under a click: one site, or the choice of several. */

const NEAR_PX = 14; // half a sign: what lies nearer is under the pointer too

/**
 * Sites whose sign or outline lies under a place of the map, the best rank first.
 * @param {L.LatLng} place
 * @returns {Site[]}
 */
function sitesUnder(place) {
  const point = map.latLngToContainerPoint(place);
  const covers = (site) => outlineOf(site).some((rings) => isInside(
    rings.map((ring) => ring.flat()), place.lat, place.lng,
  ));
  return shownSites().filter((site) => point.distanceTo(map.latLngToContainerPoint(site.at)) < NEAR_PX
    || covers(site));
}

/**
 * Open the site that was clicked, or offer all those that lie under the click.
 * @param {L.LatLng} place
 * @param {Site} clicked
 */
function openAt(place, clicked) {
  if (sketch) return; // the click is a corner of the area being drawn
  const under = sitesUnder(place);
  if (!under.includes(clicked)) under.unshift(clicked);
  if (under.length === 1) {
    openSite(clicked, { from: 'map' });
    return;
  }
  L.popup({ minWidth: 210, maxWidth: narrowScreen.matches ? 230 : 320, maxHeight: 260, className: 'choice-popup' })
    .setLatLng(place)
    .setContent(el('div', { class: 'popup' },
      el('h3', {}, tCount('several_here', under.length)),
      el('ul', { class: 'choice' }, ...under.map((site) => el('li', {}, siteButton(site))))))
    .openOn(map);
}

/**
 * A button that opens a site: its sign, its name, its score, and how far it is where that is said.
 * @param {Site} site
 * @param {string} [distance]
 * @returns {HTMLElement}
 */
function siteButton(site, distance = '') {
  return el('button', { type: 'button', class: 'hit', 'data-goto': site.id,
    onclick: () => openSite(site, { from: 'map' }) }, kindIcon(site.kind, rankText(site), 22),
  el('span', {}, isolated(titleOf(site)), el('br'),
    el('span', { class: 'source' }, [distance, valueLabel(site.kind), scoreText(site)].filter((text) => text).join(' · '))));
}
