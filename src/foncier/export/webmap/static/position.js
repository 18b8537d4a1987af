'use strict';
/* Where the reader stands, on a visit: asked of the browser at each click, shown, neither stored nor sent. */

const POSITION_WAIT_MS = 15000;

/** @returns {boolean} whether the browser gives positions to this page */
function hasPosition() {
  return Boolean(navigator.geolocation) && window.isSecureContext;
}

/** Ask where the reader stands; show it with the nearest sites. */
function locate() {
  announce(t('position_asked'));
  navigator.geolocation.getCurrentPosition(showPosition, (reason) => showNotice(
    t(reason.code === reason.PERMISSION_DENIED ? 'position_refused' : 'position_unknown'),
  ), { enableHighAccuracy: true, timeout: POSITION_WAIT_MS, maximumAge: 0 });
}

/** @param {GeolocationPosition} position */
function showPosition({ coords }) {
  const at = [coords.latitude, coords.longitude];
  if (!isViewOfStudy(map.getZoom(), ...at)) {
    showNotice(t('position_far'));
    return;
  }
  if (document.body.dataset.view === 'list') setView('both');
  map.setView(at, Math.max(map.getZoom(), PLACE_ZOOM), { animate: false });
  showPlace(at, t('position_here'), t('position_accuracy', { distance: distanceText(10 * Math.ceil(coords.accuracy / 10)) }));
}
