'use strict';
/* One table that carries weights, shortlist and visits to a colleague and back, through a spreadsheet too. */

const MAX_FILE_BYTES = 5e6;
const EXCHANGE_COLUMNS = ['record', 'opportunity_id', 'criterion', 'weight', 'verdict', 'date', 'note'];

/** @returns {string} */
function exchangeCsv() {
  return csv([EXCHANGE_COLUMNS,
    ...page.criteria.map((rule, k) => ['weight', null, rule.name, weights[k], null, null, null]),
    ...[...shortlist].map(([id, one]) => ['shortlist', id, null, null, null, one.date, one.note]),
    ...Object.keys(visits).sort().map((id) => ['visit', id, null, null, visits[id].verdict, visits[id].date,
      visits[id].note])]);
}

/**
 * Text of a file as spreadsheets save it: UTF-8 or UTF-16 with or without a byte order mark, else Windows-1252.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
function decodeText(bytes) {
  const [first, second] = bytes;
  if (first === 0xFF && second === 0xFE) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xFE && second === 0xFF) return new TextDecoder('utf-16be').decode(bytes);
  // the first letters of a head are ASCII: half of their bytes are 0 in UTF-16
  if (second === 0 && first) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0 && second) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (otherEncoding) {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/**
 * A cell without the quote against formulas that `csv` adds.
 * @param {string|undefined} cell
 * @returns {string}
 */
function plainCell(cell) {
  return (cell || '').replace(/^'(?=[=+\-@\t\r])/, '');
}

/**
 * Take over what a table holds.
 * @param {string} text as this page writes it: of weights, shortlist and visits, or of visits only
 * @returns {string|null} what was taken, in words; null when it is not such a table
 */
function mergeTable(text) {
  const [head = [], ...rows] = csvRows(text);
  const names = head.map((name) => name.trim().toLowerCase());
  if (VISIT_COLUMNS.some((name) => !names.includes(name))) return null;
  const records = rows.map((row) => Object.fromEntries(names.map((name, k) => [name, plainCell(row[k])])));
  if (!names.includes('record')) return mergedText('visits_merged', mergeVisits(records));
  const of = (kind) => records.filter(({ record }) => record.trim().toLowerCase() === kind);
  const [asked, kept, visited] = ['weight', 'shortlist', 'visit'].map(of);
  const other = records.length - asked.length - kept.length - visited.length;
  return [
    asked.length ? t(takeWeights(asked) ? 'exchange_weights' : 'exchange_weights_refused') : null,
    kept.length ? mergedText('exchange_shortlist', mergeShortlist(kept.map(({ opportunity_id: id, date, note }) => (
      { id, date: parseDate(date), note: note.slice(0, MAX_NOTE) })))) : null,
    visited.length ? mergedText('visits_merged', mergeVisits(visited)) : null,
    other ? tCount('exchange_other', other) : null,
  ].filter((words) => words).join(' ') || t('exchange_empty');
}

/**
 * @param {string} key
 * @param {Record<string, number>} count
 * @returns {string}
 */
function mergedText(key, count) {
  return t(key, Object.fromEntries(Object.entries(count).map(([name, value]) => [name, number(value)])));
}

/**
 * Rank by the weights of a table, if they are those of all criteria of this study and of no other.
 * @param {Array<Record<string, string>>} rows
 * @returns {boolean} whether they were taken
 */
function takeWeights(rows) {
  const byName = new Map(rows.map(({ criterion, weight }) => [criterion.trim(), weight.trim().replace(',', '.')]));
  const asked = page.criteria.map((rule) => byName.get(rule.name));
  const right = byName.size === asked.length && asked.every((text) => text !== undefined && WRITTEN_NUMBER.test(text)
    && Number(text) >= 0 && Number(text) <= 1e6);
  if (right) applyWeights(asked.map(Number));
  return right;
}

/**
 * @param {File} file
 */
async function readExchangeFile(file) {
  const text = file.size > MAX_FILE_BYTES ? '' : decodeText(new Uint8Array(await file.arrayBuffer()));
  const words = mergeTable(text) || t('visits_refused');
  clearFilterResult();
  restyleSites();
  refresh();
  fillTool();
  const note = document.getElementById('visits-note');
  if (note) note.textContent = words;
  announce(words);
}

/** @returns {HTMLElement[]} file input for the table of a colleague */
function exchangeInput() {
  // the browser words its own button in its own language: the label stands for it
  return [el('input', { type: 'file', id: 'visits-in', class: 'out', accept: '.csv,.txt,text/csv',
    onchange: (event) => {
      if (event.target.files.length) readExchangeFile(event.target.files[0]);
    } }), el('label', { for: 'visits-in', class: 'plain' }, t('visits_import')),
  el('p', { id: 'visits-note' })];
}
