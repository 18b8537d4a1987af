'use strict';
/* What the card adds for a friche: its best uses by Mutafriches, its works, its land. */

const usesBySite = rowsBySite(page.uses.site);
const effortBySite = new Map(page.effort.site.map((site, row) => [site, row]));

/**
 * A span of two figures; one when they are alike.
 * @param {number|null} low
 * @param {number|null} high
 * @param {string} unit
 * @returns {string}
 */
function rangeText(low, high, unit) {
  if (low === null || high === null) return t('unknown');
  if (low === high) return quantity(low, unit, 1);
  return t('span', { low: number(low, 1), high: quantity(high, unit, 1) });
}

/**
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function usesBlock(site) {
  const rows = usesBySite.get(site.index) || [];
  const effort = effortBySite.get(site.index);
  if (!rows.length && effort === undefined) return null;
  return section('uses', rows.length ? usesTable(rows) : null,
    rows.length ? usesNote(rows) : null, effort === undefined ? null : effortFacts(effort));
}

/**
 * @param {number[]} rows of the uses, the best first
 * @returns {HTMLElement}
 */
function usesTable(rows) {
  const { index, index_low: low, index_high: high } = page.uses;
  const [use, band] = [unpool(page.uses.use), unpool(page.uses.stated_band)];
  return el('table', { class: 'access', id: 'uses' },
    el('thead', {}, el('tr', {}, ...['use', 'use_index', 'use_span'].map(
      (key) => el('th', { scope: 'col' }, t(key)),
    ))),
    el('tbody', {}, ...rows.map((row) => el('tr', {},
      el('th', { scope: 'row' }, valueLabel(use[row]), el('span', { class: 'source' }, valueLabel(band[row]))),
      el('td', { class: 'figure' }, quantity(index[row], '', 1)),
      el('td', { class: 'figure' }, rangeText(low[row], high[row], ''))))));
}

/**
 * What the index is worth. It counts what is known only: it may lie outside its own interval.
 * @param {number[]} rows
 * @returns {HTMLElement}
 */
function usesNote(rows) {
  const { index, index_low: low, index_high: high, reliability } = page.uses;
  const outside = rows.some((row) => index[row] > high[row] || index[row] < low[row]);
  const words = t('use_note', { reliability: quantity(reliability[rows[0]], '', 1) });
  return el('p', { class: 'hint' }, outside ? `${words} ${t('use_outside')}` : words);
}

/**
 * @param {number} row of the effort
 * @returns {HTMLElement}
 */
function effortFacts(row) {
  const { works_low_keur: low, works_high_keur: high, hardness_low: least,
    hardness_high: most } = page.effort;
  const hardness = unpool(page.effort.hardness)[row];
  return el('dl', { class: 'facts', id: 'effort' },
    ...fact(t('works'), rangeText(low[row], high[row], 'k€')),
    ...fact(t('hardness'), `${rangeText(least[row], most[row], 'points')}${NBSP}– ${
      hardness === null ? t('hardness_unsure') : valueLabel(hardness)}`));
}
