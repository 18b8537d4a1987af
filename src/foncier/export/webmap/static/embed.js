'use strict';
/* The page within another page: `?embed` shows map, list and credits; `?site=` opens a site. */

/** @type {URLSearchParams} what follows the question mark of the address */
const addressFields = new URLSearchParams(window.location.search);
const isEmbedded = addressFields.has('embed');

/** Open what `?site=` and `?lang=` ask for, where the address has no other state. */
function openAddress() {
  const fields = new URLSearchParams();
  if (addressFields.has('lang')) fields.set('lang', addressFields.get('lang'));
  if (addressFields.get('site')) fields.set('s', addressFields.get('site'));
  if (!fields.toString()) return;
  restoreState(fields.toString());
  if (state.open) panTo(state.open);
}

/** Leave the head out: the page around has its own. A link opens the whole page. */
function makeEmbedded() {
  document.body.classList.add('embedded');
  const link = el('a', { href: wholeAddress(), target: '_blank', rel: 'noopener', id: 'whole-page',
    onclick: (event) => { event.currentTarget.href = wholeAddress(); } }, t('embed_whole'));
  document.querySelector('.foot').prepend(link);
  rebuilders.push(() => { link.textContent = t('embed_whole'); });
}

/** @returns {string} address of the whole page in its present state */
function wholeAddress() {
  return `${window.location.href.split(/[?#]/)[0]}#${stateFragment()}`;
}

/** Copy the element that shows this view within another page. */
function copyEmbedding() {
  const address = `${window.location.href.split(/[?#]/)[0]}?embed#${stateFragment()}`;
  const frame = el('iframe', { src: address, title: page.title, width: '100%', height: '600', loading: 'lazy',
    allow: 'clipboard-write' });
  return copyText('embed-text', frame.outerHTML);
}
