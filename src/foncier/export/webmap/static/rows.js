'use strict';
/* The rows of the list: only those in sight are in the page, however many sites there are. One row
   at a time can be reached with Tab; the arrows go from row to row. */

const ROW_REM = 9.8; // as in panel.css
const ROWS_AROUND = 4; // rows kept above and below those in sight
const PRINTED_ROWS = 200;
/** @type {Map<number, HTMLElement>} rows in the page, by place */
const rowElements = new Map();
/** The place of the row that Tab reaches. */
let currentRow = 0;
let rowsPending = 0;

/** @returns {number} pixels */
function rowHeight() {
  return ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** @returns {number[]} the first row in sight, and the one after the last */
function rowsInSight() {
  const panel = document.getElementById('panel');
  const above = panel.getBoundingClientRect().top
    - document.getElementById('list').getBoundingClientRect().top;
  const height = rowHeight();
  const total = listedSites().length;
  const within = (index) => Math.max(0, Math.min(total, index));
  return [within(Math.floor(above / height)),
    within(Math.ceil((above + panel.clientHeight) / height))];
}

/** Make the rows anew, after other filters, weights or words. */
function fillRows() {
  rowElements.forEach((row) => row.remove());
  rowElements.clear();
  document.getElementById('list').style.height = `${listedSites().length * ROW_REM}rem`;
  renderRows();
}

/** Put the rows that came into sight in the page, take out those that left it. */
function renderRows() {
  const list = document.getElementById('list');
  if (!list || list.closest('[hidden]')) return;
  const [first, last] = rowsInSight();
  const focused = list.contains(document.activeElement);
  if (!focused) currentRow = Math.min(first, Math.max(0, listedSites().length - 1));
  showRows(Math.max(0, first - ROWS_AROUND), Math.min(listedSites().length, last + ROWS_AROUND));
}

/** Lay the rows in the next frame, once for many moves of the wheel. */
function scheduleRows() {
  if (rowsPending) return;
  rowsPending = requestAnimationFrame(() => {
    rowsPending = 0;
    renderRows();
  });
}

/**
 * @param {number} from
 * @param {number} to the row after the last
 */
function showRows(from, to) {
  const wanted = (index) => (index >= from && index < to) || index === currentRow;
  rowElements.forEach((row, index) => {
    if (wanted(index)) return;
    row.remove();
    rowElements.delete(index);
  });
  const shown = listedSites();
  for (let index = from; index < to; index += 1) renderRow(shown, index);
  if (currentRow < shown.length) renderRow(shown, currentRow);
  updateTabStops();
}

/**
 * Put one row in the page, in its order.
 * @param {Site[]} shown
 * @param {number} place
 */
function renderRow(shown, index) {
  if (rowElements.has(index)) return;
  const list = document.getElementById('list');
  const row = listRow(shown[index]);
  fill(row, { 'aria-setsize': shown.length, 'aria-posinset': index + 1, 'data-place': index,
    css: { top: `${index * ROW_REM}rem` } }, []);
  const after = [...list.children].find((other) => Number(other.dataset.place) > index);
  list.insertBefore(row, after || null);
  rowElements.set(index, row);
}

/** Let Tab reach the current row and its button, and no other. */
function updateTabStops() {
  rowElements.forEach((row, index) => row.querySelectorAll('button').forEach((button) => {
    button.tabIndex = index === currentRow ? 0 : -1;
  }));
}

/**
 * Bring a row into sight and give it the focus.
 * @param {number} place
 * @param {string} part `.row` or `.pick`
 */
function focusRow(index, part) {
  currentRow = index;
  renderRow(listedSites(), index);
  updateTabStops();
  const row = rowElements.get(index);
  row.scrollIntoView({ block: 'nearest' });
  row.querySelector(part).focus({ preventScroll: true });
  renderRows();
}

/** @param {KeyboardEvent} event */
function onRowKey(event) {
  const total = listedSites().length;
  const [first, last] = rowsInSight();
  const screen = Math.max(1, last - first - 1);
  const to = { ArrowDown: currentRow + 1, ArrowUp: currentRow - 1, PageDown: currentRow + screen,
    PageUp: currentRow - screen, Home: 0, End: total - 1 }[event.key];
  const part = event.target.closest('.pick') ? '.pick' : '.row';
  if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  focusRow(Math.max(0, Math.min(total - 1, to)), part);
}

/** @param {FocusEvent} event */
function onRowFocus(event) {
  const row = event.target.closest('li');
  currentRow = row ? Number(row.dataset.place) : currentRow;
  updateTabStops();
}

/** On paper nobody scrolls: the rows that a printed list may hold. */
function renderRowsForPrint() {
  const total = listedSites().length;
  showRows(0, Math.min(PRINTED_ROWS, total));
  if (total > PRINTED_ROWS) {
    document.getElementById('below').prepend(el('p', { class: 'paper-rest' },
      tCount('paper_rest', total - PRINTED_ROWS)));
  }
}
