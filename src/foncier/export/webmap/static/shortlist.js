'use strict';
/* The sites that the reader keeps, each with a note, stored by the browser. */

const SHORTLIST_KEY = `${STORAGE_KEY}:shortlist`;
const MAX_NOTE = 2000; // characters of a note
/** @type {Map<string, {date: string, note: string}>} by site id, in the order in which they were kept */
const shortlist = readShortlist();

/** @returns {Map<string, {date: string, note: string}>} */
function readShortlist() {
  try {
    const stored = JSON.parse(window.localStorage.getItem(SHORTLIST_KEY) || '[]');
    return new Map(stored.map(([id, one]) => [String(id), { date: parseDate(String(one.date)),
      note: String(one.note).slice(0, MAX_NOTE) }]));
  } catch (refused) {
    return new Map(); // nothing stored, or nothing that this page wrote
  }
}

/** Store the shortlist in the browser, where it allows. */
function storeShortlist() {
  try {
    window.localStorage.setItem(SHORTLIST_KEY, JSON.stringify([...shortlist]));
  } catch (refused) {
    visitsStored = false; // the card and the download say so
  }
}

/**
 * Keep a site, or leave it out again with its note.
 * @param {Site} site
 */
function toggleShortlisted(site) {
  if (shortlist.has(site.id)) shortlist.delete(site.id);
  else shortlist.set(site.id, { date: today(), note: '' });
  storeShortlist();
  clearFilterResult();
  const block = document.getElementById('shortlist');
  block.replaceWith(shortlistBlock(site));
  document.getElementById('keep').focus();
  announce(t(shortlist.has(site.id) ? 'shortlist_added' : 'shortlist_removed', { name: titleOf(site) }));
}

/**
 * The button that keeps a site, and its note once it is kept.
 * @param {Site} site
 * @returns {HTMLElement}
 */
function shortlistBlock(site) {
  const kept = shortlist.get(site.id);
  const note = kept ? el('textarea', { id: 'shortlist-note', rows: 2, maxlength: MAX_NOTE, oninput: (event) => {
    shortlist.set(site.id, { date: today(), note: event.target.value });
    storeShortlist();
  } }) : null;
  if (kept) note.value = kept.note;
  return el('div', { id: 'shortlist', class: kept ? 'shortlist' : 'shortlist blank' },
    el('button', { type: 'button', class: 'plain', id: 'keep', 'aria-pressed': String(Boolean(kept)),
      onclick: () => toggleShortlisted(site) }, kept ? '★ ' : '☆ ', t(kept ? 'shortlist_kept' : 'shortlist_keep')),
    kept ? el('label', { for: 'shortlist-note' }, t('shortlist_note')) : null, note,
    kept && !visitsStored ? el('p', { class: 'hint' }, t('visits_unsaved')) : null);
}

/**
 * @param {Site} site
 * @returns {HTMLElement|null} for the list
 */
function shortlistedText(site) {
  return shortlist.has(site.id) ? el('span', { class: 'row-kept' }, el('span', { 'aria-hidden': 'true' }, '★ '),
    t('shortlist_row')) : null;
}

/** @returns {HTMLElement|null} nothing where no site is kept */
function shortlistChoice() {
  if (!shortlist.size && !state.filters.shortlisted) return null;
  return selectInput('shortlisted', [['', t('all_sites')], ['1', t('shortlist_only')]]);
}

/**
 * Add the sites that a colleague kept: of two notes on a site, the later one stays.
 * @param {Array<{id: string, date: string, note: string}>} rows
 * @returns {{merged: number, older: number, refused: number}}
 */
function mergeShortlist(rows) {
  const known = new Set(sites.map((site) => site.id));
  const count = { merged: 0, older: 0, refused: 0 };
  rows.forEach(({ id, date, note }) => {
    const mine = shortlist.get(id);
    if (!known.has(id) || !date) count.refused += 1;
    else if (mine && mine.date >= date && mine.note) count.older += 1;
    else {
      shortlist.set(id, { date, note });
      count.merged += 1;
    }
  });
  storeShortlist();
  return count;
}
