'use strict';
/* Places, streets and coordinates that a search finds, the way to them, and the nearest site. */

const MAX_PLACE_HITS = 4;
const NEAREST = 3; // sites that the popup of a place lists
const PLACE_ZOOM = 16;
const OUTLINED = { district: 'districts', perimeter: 'perimeters' }; // hits that are areas, and their layer
/** @type {{at: number[], popup: L.Popup, pin: L.Layer}|null} the place that is shown */
let shownPlace = null;

/**
 * A length as people say it: to ten metres, then kilometres.
 * @param {number} metres
 * @returns {string}
 */
function distanceText(metres) {
  return metres < 995 ? quantity(Math.round(metres / 10) * 10, 'm') : quantity(metres / 1000, 'km', 1);
}

/**
 * The shown sites that are nearest to a place, with their distance in metres as the crow flies.
 * @param {number[]} at latitude, longitude
 * @param {number} count
 * @returns {Array<{site: Site, metres: number}>}
 */
function nearestSites(at, count) {
  const narrow = Math.cos(at[0] * RADIANS);
  const nearest = [];
  shownSites().forEach((site) => {
    const square = (site.at[0] - at[0]) ** 2 + ((site.at[1] - at[1]) * narrow) ** 2;
    if (nearest.length === count && square >= nearest[count - 1].square) return;
    nearest.push({ site, square });
    nearest.sort((a, b) => a.square - b.square);
    nearest.length = Math.min(nearest.length, count);
  });
  return nearest.map(({ site }) => ({ site, metres: map.distance(at, site.at) }));
}

/** @param {any} hit @returns {string} what a hit is */
function hitKind(hit) {
  if (hit.kind === 'main' || hit.kind === 'minor') return valueLabel(unpool(page.places.category)[hit.row]);
  if (hit.kind === 'perimeter') return page.perimeters[lang][hit.row];
  return hit.kind === 'stop' ? t('stop') : t(`hit_${hit.kind}`);
}

/** @param {any} hit @returns {number[]} latitude and longitude of a place, or of the middle of a street */
function hitPlace(hit) {
  if (hit.kind === 'coordinates') return hit.at;
  if (hit.kind === 'stop') return latLng(page.stops.at, hit.row);
  if (hit.kind === 'main' || hit.kind === 'minor') return latLng(page.places.at, hit.row);
  const [, , lon1, lat1, lon2, lat2] = page.base.names[hit.row];
  return [(lat1 + lat2) / 2 / DEGREE, (lon1 + lon2) / 2 / DEGREE];
}

/** @param {any} hit @returns {string} */
function hitName(hit) {
  return hit.kind === 'coordinates' ? hit.at.map((value) => value.toFixed(6)).join(', ') : hit.name;
}

/** Open what the search found first: a site, a place, a rejected parcel. */
function openFirstHit() {
  const [first] = search(state.query).hits;
  if (first) openHit(first);
  else if (state.query && listedSites().length) openSite(listedSites()[0], { from: 'list' });
}

/** @param {any} hit */
function openHit(hit) {
  if (hit.kind === 'site') openSite(sites[hit.row], { from: 'list' });
  else if (hit.kind === 'rejected') {
    switchOn('rejected');
    openRejected(hit.row);
  } else goTo(hit);
}

/**
 * Show a place: the map goes there, all sites come back, the nearest ones are named.
 * @param {any} hit
 */
function goTo(hit) {
  if (sketch) return;
  state.query = '';
  document.getElementById('search').value = '';
  if (document.body.dataset.view === 'list') setView('both');
  refresh();
  if (Object.hasOwn(OUTLINED, hit.kind)) {
    const layer = OUTLINED[hit.kind];
    switchOn(layer);
    map.fitBounds(L.latLngBounds(new Shapes(page[layer].shapes).feature(hit.row).flat(2)), { animate: false });
    announce(hitName(hit));
    return;
  }
  const at = hitPlace(hit);
  map.setView(at, Math.max(map.getZoom(), PLACE_ZOOM), { animate: false });
  showPlace(at, hitName(hit), hitKind(hit));
  announce(t('gone_to', { name: hitName(hit) }));
}

/**
 * Mark a place, and list the sites that are nearest to it.
 * @param {number[]} at
 * @param {string} name
 * @param {string} kind
 */
function showPlace(at, name, kind) {
  map.closePopup();
  const pin = L.circleMarker(at, { pane: 'marks', radius: 8, color: '#000091', weight: 3, fillColor: '#ffffff',
    fillOpacity: 0.9, interactive: false }).addTo(map);
  const near = nearestSites(at, NEAREST);
  const popup = L.popup({ minWidth: 210, maxWidth: narrowScreen.matches ? 230 : 320, maxHeight: 260, className: 'place-popup' })
    .setLatLng(at).setContent(el('div', { class: 'popup' },
      el('p', { class: 'popup-kind' }, kind), el('h3', {}, isolated(name)),
      near.length ? el('p', {}, t('nearest_sites')) : null,
      near.length ? el('ul', { class: 'choice' }, ...near.map(({ site, metres }) => el('li', {},
        siteButton(site, distanceText(metres))))) : null));
  shownPlace = { at, popup, pin };
  popup.openOn(map);
  saveState();
}

/** Take the mark of a place away with its popup. */
function listenPlace() {
  map.on('popupclose', ({ popup }) => {
    if (!shownPlace || popup !== shownPlace.popup) return;
    shownPlace.pin.remove();
    shownPlace = null;
    saveState();
  });
  map.on('moveend', showNearest);
  document.querySelector('.map-side').append(el('div', { id: 'nearest', class: 'nearest', hidden: true }));
}

/**
 * Show the place that an address holds, by the name that the study has for it.
 * @param {URLSearchParams} fields
 * @param {string[]} refused
 */
function restorePlace(fields, refused) {
  if (!fields.has('place')) return;
  const at = numbersOf(fields.get('place'));
  if (at.length !== 2 || !isViewOfStudy(map.getZoom(), at[0], at[1])) {
    refused.push(t('hit_coordinates'));
    return;
  }
  searchIndex = searchIndex || new SearchIndex();
  const same = (hit) => hitPlace(hit).every((value, i) => Math.abs(value - at[i]) < 2e-6);
  const hit = searchIndex.entries.find((one) => one.kind !== 'site' && !Object.hasOwn(OUTLINED, one.kind) && same(one))
    || { kind: 'coordinates', row: 0, at };
  showPlace(at, hitName(hit), hitKind(hit));
}

/** @returns {HTMLElement[]} places, assemblies and rejected parcels that the search found */
function hitBoxes() {
  if (state.query.trim().length < 2) return [];
  const places = search(state.query).hits.filter(({ kind }) => kind !== 'site' && kind !== 'rejected');
  return [placeHits(places.slice(0, MAX_PLACE_HITS)), assemblyHits(), rejectedHits()].filter((box) => box);
}

/** @param {any[]} hits @returns {HTMLElement|null} */
function placeHits(hits) {
  if (!hits.length) return null;
  const far = ({ kind, at }) => kind === 'coordinates' && !isViewOfStudy(map.getZoom(), at[0], at[1]);
  return el('section', { class: 'hits', id: 'place-hits' }, el('h2', {}, t('place_hits')),
    el('ul', {}, ...hits.map((hit) => el('li', {}, el('button', { type: 'button', class: 'hit', disabled: far(hit),
      onclick: () => openHit(hit) }, el('strong', {}, isolated(hitName(hit))),
    el('span', { class: 'source' }, far(hit) ? t('hit_far') : hitKind(hit)))))),
    search(state.query).sites ? null : el('p', { class: 'hint' }, t('place_hits_all')));
}

/** Where no listed site is in view, offer the nearest one. */
function showNearest() {
  const box = document.getElementById('nearest');
  if (!box) return;
  const view = map.getBounds();
  const [south, west, north, east] = [view.getSouth(), view.getWest(), view.getNorth(), view.getEast()];
  const inView = ({ at }) => at[0] >= south && at[0] <= north && at[1] >= west && at[1] <= east;
  const lost = !sketch && map.hasLayer(siteLayer) && shownSites().length > 0 && !shownSites().some(inView);
  const wasHidden = box.hidden;
  box.hidden = !lost;
  if (!lost) {
    box.replaceChildren();
    return;
  }
  const { lat, lng } = map.getCenter();
  const [{ site, metres }] = nearestSites([lat, lng], 1);
  box.replaceChildren(el('span', {}, t('none_in_view')), el('button', { type: 'button', class: 'tab', id: 'go-nearest',
    onclick: () => openSite(site, { from: 'list' }) }, t('go_nearest', { distance: distanceText(metres) })));
  if (wasHidden) announce(t('none_in_view'));
}
