'use strict';
/* What surrounds a site: partners and companies within a walk, perimeters, needs that it meets. */

const aroundBySite = rowsBySite(page.around.site);
const needsBySite = rowsBySite(page.needs.site);

/**
 * Perimeters that a site lies in, as the filter names them.
 * @param {Site} site
 * @returns {string[]}
 */
function perimetersOf(site) {
  return site.in_perimeters ? site.in_perimeters.split('|') : [];
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

/**
 * Outlines with words: districts, perimeters of public policies.
 * @param {any} table shapes, and words in both languages
 * @param {any} style of the outlines
 * @returns {L.LayerGroup}
 */
function outlineLayer(table, style) {
  const renderer = L.svg({ pane: 'context' });
  return L.layerGroup(new Shapes(table.shapes).all().map((shape, row) => L.polygon(shape,
    { renderer, ...style(row) }).bindTooltip(() => el('div', { class: 'tip' },
    el('strong', {}, isolated(table.name[row])), el('br'), isolated(table[lang][row])),
  { sticky: true })));
}

/** @returns {L.LayerGroup} districts, the more land on offer the darker */
function districtLayer() {
  const most = Math.max(...page.districts.share, 1e-9);
  return outlineLayer(page.districts, (row) => ({ color: '#253494', weight: 1.2,
    fillColor: '#2c7fb8', fillOpacity: 0.08 + 0.4 * (page.districts.share[row] / most) }));
}

/** @returns {L.LayerGroup} */
function perimeterLayer() {
  return outlineLayer(page.perimeters, () => ({ color: '#7b2d8b', weight: 2, dashArray: '8 4 2 4',
    fillColor: '#7b2d8b', fillOpacity: 0.06 }));
}
