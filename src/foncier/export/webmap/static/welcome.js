'use strict';
/* The first minute: three sentences and three buttons, once a browser, gone with the first site that is opened. */

const WELCOME_KEY = `${STORAGE_KEY}:welcomed`;
const BEST_SITES = 5; // that the first button shows

/** @returns {boolean} whether this browser has seen it; where it stores nothing, it has not */
function wasWelcomed() {
  try {
    return window.localStorage.getItem(WELCOME_KEY) !== null;
  } catch (refused) {
    return false;
  }
}

/** Show the box to a reader who comes without a link. */
function showWelcome() {
  if (isEmbedded || !sites.length || window.location.hash.length > 1 || wasWelcomed()) return;
  const box = el('section', { id: 'welcome', class: 'welcome' });
  const fillBox = () => {
    box.setAttribute('aria-label', t('welcome'));
    box.replaceChildren(el('h2', {}, t('welcome')), ...['map', 'list', 'check'].map((part) => el('p', {}, t(`welcome_${part}`))),
      el('p', { class: 'welcome-acts' }, ...Object.entries(WELCOME_ACTS).map(([name, act]) => el('button', { type: 'button',
        class: 'tab', id: `welcome-${name}`, onclick: () => { endWelcome(); act(); } }, t(`welcome_${name}`))),
      el('button', { type: 'button', class: 'tab', id: 'welcome-close', onclick: closeWelcome }, t('close'))));
  };
  fillBox();
  rebuilders.push(() => { if (box.isConnected) fillBox(); });
  document.querySelector('.map-side').append(box);
}

/** Take the box away for good. */
function endWelcome() {
  const box = document.getElementById('welcome');
  if (!box) return;
  box.remove();
  try {
    window.localStorage.setItem(WELCOME_KEY, today());
  } catch (refused) {
    visitsStored = false; // the box comes back with the next visit
  }
}

/** Take it away; the focus goes to the search. */
function closeWelcome() {
  endWelcome();
  document.getElementById('search').focus();
}

/** @type {Record<string, () => void>} what its buttons do */
const WELCOME_ACTS = {
  best() {
    const best = shownSites().slice(0, BEST_SITES);
    map.fitBounds(L.latLngBounds(best.map((site) => site.at)), { padding: [60, 60], maxZoom: 17, animate: false });
    focusRow(0, '.row');
  },
  project() {
    switchTool(criterionScores.length ? 'weights' : 'filters');
    document.querySelector('#tool select, #tool input').focus();
  },
  print() { window.print(); },
};
