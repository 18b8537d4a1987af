'use strict';
/* Verdicts and notes of a field visit, kept by the browser, exported as a table. */

const VERDICTS = ['friche_confirmee', 'dent_creuse_confirmee', 'batiment_vacant', 'partiel', 'occupe',
  'bati_depuis', 'inaccessible', 'a_revoir'];
const STORE = `foncier:${page.title.slice(0, 200)}:${page.communes.join(',')}`;
/** Does the browser keep what is written? Some refuse it to a file. */
let visitsKept = true;
/** @type {Record<string, {verdict: string, date: string, note: string}>} by site id */
let visits = readVisits();

/** @returns {Record<string, {verdict: string, date: string, note: string}>} */
function readVisits() {
  try {
    window.localStorage.setItem(`${STORE}:test`, '1');
    window.localStorage.removeItem(`${STORE}:test`);
    const kept = JSON.parse(window.localStorage.getItem(STORE) || '{}');
    const text = (value) => (typeof value === 'string' ? value : '');
    return Object.fromEntries(Object.entries(kept).map(([id, one]) => [id, {
      verdict: VERDICTS.includes(one.verdict) ? one.verdict : '', date: text(one.date),
      note: text(one.note),
    }]));
  } catch (refused) {
    visitsKept = false;
    return {};
  }
}

/** @returns {string} the day of the reader, year-month-day */
function today() {
  const now = new Date();
  const two = (value) => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/**
 * Keep what was seen of a site; nothing said, nothing kept.
 * @param {Site} site
 * @param {Partial<{verdict: string, date: string, note: string}>} change
 */
function keepVisit(site, change) {
  const one = { verdict: '', date: today(), note: '', ...visits[site.id], ...change };
  if (one.verdict || one.note) visits[site.id] = one;
  else delete visits[site.id];
  const block = document.querySelector('.visit');
  if (block) block.classList.toggle('blank', !visits[site.id]);
  try {
    window.localStorage.setItem(STORE, JSON.stringify(visits));
  } catch (refused) {
    visitsKept = false;
    const hint = document.getElementById('visit-hint');
    if (hint) hint.textContent = t('visits_lost');
  }
}

/**
 * @param {Site} site
 * @returns {HTMLElement}
 */
function visitBlock(site) {
  const now = visits[site.id] || { verdict: '', date: today(), note: '' };
  const list = el('select', { id: 'verdict', onchange: (event) => keepVisit(site,
    { verdict: event.target.value }) },
  ...['', ...VERDICTS].map((value) => el('option', { value }, t(`verdict_${value || 'none'}`))));
  list.value = now.verdict;
  const note = el('textarea', { id: 'visit-note', rows: 3, maxlength: 2000,
    oninput: (event) => keepVisit(site, { note: event.target.value }) });
  note.value = now.note;
  return section('visit', el('div', { class: visits[site.id] ? 'visit' : 'visit blank' },
    el('label', { for: 'verdict' }, t('verdict')), list,
    el('label', { for: 'visit-date' }, t('visit_date')),
    el('input', { type: 'date', id: 'visit-date', value: now.date,
      onchange: (event) => keepVisit(site, { date: event.target.value }) }),
    el('label', { for: 'visit-note' }, t('visit_note')), note,
    el('p', { class: 'hint', id: 'visit-hint' }, t(visitsKept ? 'visits_kept' : 'visits_lost'))));
}

/** @returns {string} */
function visitsCsv() {
  return csv([['opportunity_id', 'verdict', 'date', 'note'],
    ...Object.keys(visits).sort().map((id) => [id, visits[id].verdict, visits[id].date,
      visits[id].note])]);
}
