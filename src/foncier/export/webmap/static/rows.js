'use strict';
/* The rows of the list: only those in sight are in the page, however many sites there are. One row
   at a time can be reached with Tab; the arrows go from row to row. */

const ROW_REM = 6.8; // as in panel.css
const BEYOND = 4; // rows kept above and below those in sight
const PAPER_ROWS = 200;
/** @type {Map<number, HTMLElement>} rows in the page, by place */
const laid = new Map();
/** The place of the row that Tab reaches. */
let current = 0;
let laying = 0;

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
  const total = shownSites().length;
  const within = (place) => Math.max(0, Math.min(total, place));
  return [within(Math.floor(above / height)),
    within(Math.ceil((above + panel.clientHeight) / height))];
}

/** Make the rows anew, after other filters, weights or words. */
function fillRows() {
  laid.forEach((row) => row.remove());
  laid.clear();
  document.getElementById('list').style.height = `${shownSites().length * ROW_REM}rem`;
  layRows();
}

/** Put the rows that came into sight in the page, take out those that left it. */
function layRows() {
  const list = document.getElementById('list');
  if (!list || list.closest('[hidden]')) return;
  const [first, last] = rowsInSight();
  const focused = list.contains(document.activeElement);
  if (!focused) current = Math.min(first, Math.max(0, shownSites().length - 1));
  showRows(Math.max(0, first - BEYOND), Math.min(shownSites().length, last + BEYOND));
}

/** Lay the rows in the next frame, once for many moves of the wheel. */
function layRowsSoon() {
  if (laying) return;
  laying = requestAnimationFrame(() => {
    laying = 0;
    layRows();
  });
}

/**
 * @param {number} from
 * @param {number} to the row after the last
 */
function showRows(from, to) {
  const wanted = (place) => (place >= from && place < to) || place === current;
  laid.forEach((row, place) => {
    if (wanted(place)) return;
    row.remove();
    laid.delete(place);
  });
  const shown = shownSites();
  for (let place = from; place < to; place += 1) layRow(shown, place);
  if (current < shown.length) layRow(shown, current);
  reachable();
}

/**
 * Put one row in the page, in its order.
 * @param {Site[]} shown
 * @param {number} place
 */
function layRow(shown, place) {
  if (laid.has(place)) return;
  const list = document.getElementById('list');
  const row = listRow(shown[place]);
  fill(row, { 'aria-setsize': shown.length, 'aria-posinset': place + 1, 'data-place': place,
    css: { top: `${place * ROW_REM}rem` } }, []);
  const after = [...list.children].find((other) => Number(other.dataset.place) > place);
  list.insertBefore(row, after || null);
  laid.set(place, row);
}

/** Let Tab reach the current row and its button, and no other. */
function reachable() {
  laid.forEach((row, place) => row.querySelectorAll('button').forEach((button) => {
    button.tabIndex = place === current ? 0 : -1;
  }));
}

/**
 * Bring a row into sight and give it the focus.
 * @param {number} place
 * @param {string} part `.row` or `.pick`
 */
function focusRow(place, part) {
  current = place;
  layRow(shownSites(), place);
  reachable();
  const row = laid.get(place);
  row.scrollIntoView({ block: 'nearest' });
  row.querySelector(part).focus({ preventScroll: true });
  layRows();
}

/** @param {KeyboardEvent} event */
function moveAmongRows(event) {
  const total = shownSites().length;
  const [first, last] = rowsInSight();
  const screen = Math.max(1, last - first - 1);
  const to = { ArrowDown: current + 1, ArrowUp: current - 1, PageDown: current + screen,
    PageUp: current - screen, Home: 0, End: total - 1 }[event.key];
  const part = event.target.closest('.pick') ? '.pick' : '.row';
  if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  focusRow(Math.max(0, Math.min(total - 1, to)), part);
}

/** @param {FocusEvent} event */
function takeRow(event) {
  const row = event.target.closest('li');
  current = row ? Number(row.dataset.place) : current;
  reachable();
}

/** On paper nobody scrolls: the rows that a printed list may hold. */
function rowsForPaper() {
  const total = shownSites().length;
  showRows(0, Math.min(PAPER_ROWS, total));
  if (total > PAPER_ROWS) {
    document.getElementById('below').prepend(el('p', { class: 'paper-rest' },
      t('paper_rest', { n: number(total - PAPER_ROWS) })));
  }
}
