'use strict';
/* The listed sites as a table over the map: any column sorts it, only the rows in sight are in the page. */

const TABLE_ROW_PX = 34; // as in table.css
const TABLE_MARGIN = 6; // rows kept above and below those in sight
const FILE_COLUMNS = ['lon', 'lat', 'name']; // not on the screen: the first column has the name
/** Columns that come first: what decides. */
const FIRST_COLUMNS = ['overall_rank', 'score', 'kind', 'area_m2', 'usable_area_m2', 'availability_class', 'confidence',
  'owner_types', 'status', 'zone', 'warnings', 'verdict'];
const SHARE = '0–1';
/** @type {{key: string, down: boolean}|null} the order of the open table; null while it is closed */
let tableOrder = null;
/** @type {Site[]} rows in their order */
let tableRows = [];
/** @type {SiteColumn[]} */
let tableColumns = [];
/** The row that Tab reaches. */
let tableRow = 0;

/** @param {any} value @returns {boolean} */
const isBlank = (value) => value === null || value === undefined || value === '';

/** @returns {SiteColumn[]} columns of which a site has a value, those that decide first */
function filledColumns() {
  const place = ({ key }) => (FIRST_COLUMNS.includes(key) ? FIRST_COLUMNS.indexOf(key) : FIRST_COLUMNS.length);
  return columns().filter(({ key, read }) => !FILE_COLUMNS.includes(key) && sites.some((site) => !isBlank(read(site))))
    .sort((a, b) => place(a) - place(b));
}

/**
 * Open the table, or order it anew.
 * @param {string} key of a column
 * @param {boolean} down from the greatest
 * @param {{from?: string}} [how] a link writes its state itself
 */
function openTable(key, down, { from } = {}) {
  const wasClosed = !tableOrder;
  tableOrder = { key, down };
  if (document.body.dataset.view === 'list') setView('both');
  buildTable();
  if (wasClosed) document.getElementById('table-title').focus({ preventScroll: true });
  if (from !== 'link') writeState(wasClosed ? 'pushState' : 'replaceState');
}

/** @param {{from?: string}} [how] */
function closeTable({ from } = {}) {
  tableOrder = null;
  const box = document.getElementById('table');
  box.hidden = true;
  box.replaceChildren();
  if (from === 'link') return;
  document.getElementById('open-table').focus();
  saveState();
}

/** Build the table in the current language, with the sites that pass the filters. */
function buildTable() {
  tableColumns = filledColumns();
  if (!tableColumns.some(({ key }) => key === tableOrder.key)) tableOrder = { key: tableColumns[0].key, down: false };
  const box = document.getElementById('table');
  const scroll = el('div', { class: 'table-scroll', id: 'table-scroll', onscroll: renderTableRows },
    el('table', { 'aria-labelledby': 'table-title', 'aria-describedby': 'table-keys' },
      el('thead', {}, el('tr', { 'aria-rowindex': 1 }, el('th', { scope: 'col' }, t('table_site')), ...tableColumns.map(columnHead))),
      el('tbody', { id: 'table-rows', onkeydown: onTableKey })));
  box.replaceChildren(
    el('div', { class: 'dialog-head' }, el('h2', { id: 'table-title', tabindex: '-1' }, t('table')),
      el('span', { id: 'table-count' }),
      el('button', { type: 'button', class: 'tool', id: 'table-close', onclick: () => closeTable() }, t('close'))),
    el('p', { id: 'table-keys', class: 'out' }, t('table_keys')), scroll);
  box.hidden = false;
  fillTable();
}

/** @param {SiteColumn} column @returns {HTMLElement} the head that sorts by it, or the other way round */
function columnHead({ key, label, unit }) {
  const { key: now, down } = tableOrder;
  return el('th', { scope: 'col', 'aria-sort': key === now ? (down ? 'descending' : 'ascending') : null },
    el('button', { type: 'button', class: 'sort', 'data-sort': key, onclick: () => {
      openTable(key, key === now && !down);
      document.querySelector(`[data-sort="${key}"]`).focus({ preventScroll: true });
    } }, unit === SHARE ? label.replace(` (${SHARE})`, '') : label, el('span', { 'aria-hidden': 'true' }, key === now ? (down ? ' ▼' : ' ▲') : '')));
}

/** Fill the open table with the sites that pass the filters, in its order; unknown values come last. */
function fillTable() {
  if (!tableOrder) return;
  const { read } = tableColumns.find(({ key }) => key === tableOrder.key);
  const text = new Intl.Collator(lang, { numeric: true });
  const sign = tableOrder.down ? -1 : 1;
  const known = [];
  const unknown = [];
  shownSites().forEach((site) => {
    const value = read(site);
    if (isBlank(value)) unknown.push(site);
    else known.push([value, site]);
  });
  known.sort(([a], [b]) => sign * (typeof a === 'number' ? a - b : text.compare(a, b)));
  tableRows = [...known.map(([, site]) => site), ...unknown];
  tableRow = Math.min(tableRow, Math.max(0, tableRows.length - 1));
  document.querySelector('#table table').setAttribute('aria-rowcount', tableRows.length + 1);
  document.getElementById('table-count').textContent = document.getElementById('count').textContent;
  renderTableRows();
}

/** Put the rows in sight in the page, between two empty ones as high as all the others. */
function renderTableRows() {
  const scroll = document.getElementById('table-scroll');
  if (!scroll) return;
  const first = Math.max(0, Math.floor(scroll.scrollTop / TABLE_ROW_PX) - TABLE_MARGIN);
  const last = Math.min(tableRows.length, first + Math.ceil(scroll.clientHeight / TABLE_ROW_PX) + 2 * TABLE_MARGIN);
  const focused = document.activeElement.closest('#table-rows') !== null;
  if (!focused) tableRow = Math.max(first, Math.min(tableRow, last - 1));
  const gap = (rows) => el('tr', { class: 'gap', 'aria-hidden': 'true' }, el('td', { colspan: tableColumns.length + 1,
    css: { height: `${rows * TABLE_ROW_PX}px` } }));
  document.getElementById('table-rows').replaceChildren(gap(first),
    ...tableRows.slice(first, last).map((site, i) => tableLine(site, first + i)), gap(tableRows.length - last));
  if (focused) document.querySelector(`#table-rows [data-line="${tableRow}"]`)?.focus({ preventScroll: true });
}

/** @param {Site} site @param {number} index @returns {HTMLElement} */
function tableLine(site, index) {
  const shown = ({ key, read, unit }) => {
    const value = read(site);
    if (isBlank(value)) return el('em', {}, t(key === 'overall_rank' ? 'table_unranked' : 'unknown'));
    if (unit === SHARE) return percent(value);
    return typeof value === 'number' ? number(value, decimalsFor(value) + (Math.abs(value) < 1 ? 1 : 0)) : isolated(value);
  };
  return el('tr', { 'aria-rowindex': index + 2, 'aria-current': state.open === site ? 'true' : null },
    el('th', { scope: 'row' }, el('button', { type: 'button', class: 'table-site', 'data-line': index,
      tabindex: index === tableRow ? 0 : -1, title: titleOf(site), onclick: () => openFromTable(site, index) },
    kindIcon(site.kind, '', 16), isolated(titleOf(site)))),
    ...tableColumns.map((column) => {
      const cell = shown(column);
      return el('td', { class: typeof column.read(site) === 'number' ? 'figure' : null,
        title: cell instanceof Element ? cell.textContent : null }, cell);
    }));
}

/**
 * Open the card of a row; on a phone it takes the place of the table.
 * @param {Site} site
 * @param {number} index
 */
function openFromTable(site, index) {
  tableRow = index;
  if (narrowScreen.matches) closeTable({ from: 'link' });
  openSite(site, { from: 'list' });
  renderTableRows();
}

/** @param {KeyboardEvent} event from row to row, as in the list */
function onTableKey(event) {
  const scroll = document.getElementById('table-scroll');
  const screen = Math.max(1, Math.floor(scroll.clientHeight / TABLE_ROW_PX) - 2);
  const to = { ArrowDown: tableRow + 1, ArrowUp: tableRow - 1, PageDown: tableRow + screen, PageUp: tableRow - screen,
    Home: 0, End: tableRows.length - 1 }[event.key];
  if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  tableRow = Math.max(0, Math.min(tableRows.length - 1, to));
  const head = scroll.querySelector('thead').offsetHeight;
  const top = tableRow * TABLE_ROW_PX;
  if (top < scroll.scrollTop) scroll.scrollTop = top;
  else if (top + TABLE_ROW_PX + head > scroll.scrollTop + scroll.clientHeight) {
    scroll.scrollTop = top + TABLE_ROW_PX + head - scroll.clientHeight;
  }
  renderTableRows();
  document.querySelector(`#table-rows [data-line="${tableRow}"]`).focus({ preventScroll: true });
}

/** @returns {string|null} the order of the open table, for the address */
function tableText() {
  return tableOrder && tableOrder.key + (tableOrder.down ? ':down' : '');
}

/**
 * Open or close the table as an address says.
 * @param {URLSearchParams} fields
 * @param {string[]} refused
 */
function restoreTable(fields, refused) {
  const [key, way, ...more] = (fields.get('table') || '').split(':');
  const known = filledColumns().some((column) => column.key === key) && !more.length && [undefined, 'down'].includes(way);
  if (fields.has('table') && !known) refused.push(t('table'));
  if (known) openTable(key, way === 'down', { from: 'link' });
  else if (tableOrder) closeTable({ from: 'link' });
}
