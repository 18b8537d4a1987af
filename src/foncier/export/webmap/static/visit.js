'use strict';
/* Verdicts and notes of a field visit, kept by the browser, exported as a table. */

const VERDICTS = ['friche_confirmee', 'dent_creuse_confirmee', 'batiment_vacant', 'partiel', 'occupe',
  'bati_depuis', 'inaccessible', 'a_revoir'];
const STORAGE_KEY = `foncier:${page.title.slice(0, 200)}:${page.communes.join(',')}`;
/** Does the browser store data for this file? Some refuse. */
let visitsStored = true;
/** @type {Record<string, {verdict: string, date: string, note: string}>} by site id */
let visits = readVisits();

/** @returns {Record<string, {verdict: string, date: string, note: string}>} */
function readVisits() {
  try {
    window.localStorage.setItem(`${STORAGE_KEY}:test`, '1');
    window.localStorage.removeItem(`${STORAGE_KEY}:test`);
    const stored = JSON.parse(window.localStorage.getItem(STORAGE_KEY) || '{}');
    const text = (value) => (typeof value === 'string' ? value : '');
    return Object.fromEntries(Object.entries(stored).map(([id, one]) => [id, {
      verdict: VERDICTS.includes(one.verdict) ? one.verdict : '', date: text(one.date),
      note: text(one.note),
    }]));
  } catch (refused) {
    visitsStored = false;
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
 * Store the visit of a site; an empty visit is removed.
 * @param {Site} site
 * @param {Partial<{verdict: string, date: string, note: string}>} change
 */
function saveVisit(site, change) {
  const one = { verdict: '', date: today(), note: '', ...visits[site.id], ...change };
  if (one.verdict || one.note) visits[site.id] = one;
  else delete visits[site.id];
  const block = document.querySelector('.visit');
  if (block) block.classList.toggle('blank', !visits[site.id]);
  storeVisits();
  clearFilterResult();
  markVisited(site);
}

/** Store all visits in the browser, where it allows. */
function storeVisits() {
  try {
    window.localStorage.setItem(STORAGE_KEY, JSON.stringify(visits));
  } catch (refused) {
    visitsStored = false;
    const hint = document.getElementById('visit-hint');
    if (hint) hint.textContent = t('visits_unsaved');
  }
}

/**
 * Verdict of a visit, for the list.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function visitedText(site) {
  if (!visits[site.id]) return null;
  const { verdict } = visits[site.id];
  return el('span', { class: 'row-seen' }, el('span', { 'aria-hidden': 'true' }, '✓ '),
    t(verdict ? `verdict_${verdict}` : 'visit_noted'));
}

/**
 * @param {Site} site
 * @returns {HTMLElement}
 */
function visitBlock(site) {
  const now = visits[site.id] || { verdict: '', date: today(), note: '' };
  const list = el('select', { id: 'verdict', onchange: (event) => saveVisit(site,
    { verdict: event.target.value }) },
  ...['', ...VERDICTS].map((value) => el('option', { value }, t(`verdict_${value || 'none'}`))));
  list.value = now.verdict;
  const note = el('textarea', { id: 'visit-note', rows: 3, maxlength: 2000,
    oninput: (event) => saveVisit(site, { note: event.target.value }) });
  note.value = now.note;
  return section('visit', el('div', { class: visits[site.id] ? 'visit' : 'visit blank' },
    el('label', { for: 'verdict' }, t('verdict')), list,
    el('label', { for: 'visit-date' }, t('visit_date')),
    el('input', { type: 'date', id: 'visit-date', value: now.date,
      onchange: (event) => saveVisit(site, { date: event.target.value }) }),
    el('label', { for: 'visit-note' }, t('visit_note')), note,
    el('p', { class: 'hint', id: 'visit-hint' }, t(visitsStored ? 'visits_stored' : 'visits_unsaved'))));
}

/** @returns {string} */
function visitsCsv() {
  return csv([['opportunity_id', 'verdict', 'date', 'note'],
    ...Object.keys(visits).sort().map((id) => [id, visits[id].verdict, visits[id].date,
      visits[id].note])]);
}

const VISIT_COLUMNS = ['opportunity_id', 'verdict', 'date', 'note'];

/**
 * Cells of a table, whatever its separator; quotes hold separators and line ends.
 * @param {string} text
 * @returns {string[][]}
 */
function csvRows(text) {
  const plain = text.replace(/^\ufeff/, '');
  const head = plain.slice(0, plain.search(/[\r\n]|$/));
  const separator = [';', ',', '\t'].sort((a, b) => head.split(b).length - head.split(a).length)[0];
  const rows = [[]];
  const quotedOrPlain = `(?:"((?:[^"]|"")*)"|([^${separator}\\r\\n"]*))`;
  const cell = new RegExp(`${quotedOrPlain}(${separator}|\\r\\n|\\n|\\r|$)`, 'y');
  while (cell.lastIndex < plain.length) {
    const match = cell.exec(plain);
    if (!match) return []; // a quote that nothing closes
    rows[rows.length - 1].push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] === '') break;
    if (match[3] !== separator) rows.push([]);
  }
  return rows.filter((row) => row.some((one) => one));
}

/**
 * A day as a spreadsheet may have written it, year-month-day; '' when it is none.
 * @param {string} text
 * @returns {string}
 */
function parseDate(text) {
  const iso = text.trim().replace(/^(\d{2})\/(\d{2})\/(\d{4})$/, '$3-$2-$1');
  const day = new Date(`${iso}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(iso) && !Number.isNaN(day.getTime()) ? iso : '';
}

/**
 * Take over the visits of a colleague: of two visits of a site, the later one stays.
 * @param {Array<Record<string, string>>} rows cells by column
 * @returns {{merged: number, older: number, refused: number}}
 */
function mergeVisits(rows) {
  const known = new Map(sites.map((site) => [site.id, site]));
  const count = { merged: 0, older: 0, refused: 0 };
  rows.forEach(({ opportunity_id: id, verdict, date, note }) => {
    const one = { verdict: verdict.trim(), date: parseDate(date), note: note.slice(0, 2000) };
    const hasContent = VERDICTS.includes(one.verdict) || (!one.verdict && one.note);
    if (!known.has(id) || !one.date || !hasContent) count.refused += 1;
    else if (visits[id] && visits[id].date >= one.date) count.older += 1;
    else {
      visits[id] = one;
      count.merged += 1;
      markVisited(known.get(id));
    }
  });
  storeVisits();
  return count;
}
