'use strict';
/* What surrounds a site: partners and companies within a walk, perimeters, needs that it meets. */

const aroundBySite = rowsBySite(page.around.site);
const needsBySite = rowsBySite(page.needs.site);
const QPV = 'qpv'; // of the filter: in a priority district, or near one

/**
 * Perimeters that a site lies in, as the filter names them.
 * @param {Site} site
 * @returns {string[]}
 */
function perimetersOf(site) {
  return site.in_perimeters ? site.in_perimeters.split('|') : [];
}

/**
 * @param {Site} site
 * @param {string} asked tag of a perimeter, or `QPV`
 * @returns {boolean}
 */
function isInPerimeter(site, asked) {
  return asked === QPV ? Boolean(site.qpv) : perimetersOf(site).includes(asked);
}

/** @returns {HTMLElement|null} nothing where no site lies in a perimeter */
function perimeterChoice() {
  const tags = [...new Set(sites.flatMap(perimetersOf))].sort((a, b) => a.localeCompare(b, lang));
  const near = sites.some((site) => site.qpv);
  if (!tags.length && !near) return null;
  return selectInput('in_perimeter', [['', t('any_perimeter')], ...(near ? [[QPV, t('near_qpv')]] : []),
    ...tags.map((tag) => [tag, tag])]);
}

/**
 * @param {any} table
 * @param {number} row
 * @returns {HTMLElement}
 */
function surroundingItem(table, row) {
  return el('li', {}, isolated(table[lang][row]));
}

/**
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function aroundBlock(site) {
  const rows = aroundBySite.get(site.index) || [];
  return rows.length ? section('around', el('ul', { class: 'around' },
    ...rows.map((row) => surroundingItem(page.around, row)))) : null;
}

/**
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function needsBlock(site) {
  const rows = needsBySite.get(site.index) || [];
  return rows.length ? section('needs', el('ul', { class: 'around' },
    ...rows.map((row) => surroundingItem(page.needs, row)))) : null;
}
