'use strict';
/* Two or three sites side by side. */

const MAX_COMPARED = 3;
/** @type {Site[]} */
let compared = [];

/**
 * @param {Site} site
 * @param {boolean} withText with words, in the card
 * @returns {HTMLElement}
 */
function compareButton(site, withText) {
  const words = t('compare_site', { name: titleOf(site) });
  return el('button', { type: 'button', class: withText ? 'plain' : 'pick', 'data-pick': site.index,
    'aria-pressed': String(compared.includes(site)), 'aria-label': withText ? null : words,
    title: withText ? null : words, onclick: () => toggleCompared(site) },
  withText ? t('compare_this') : null);
}

/** @param {Site} site */
function toggleCompared(site) {
  if (compared.includes(site)) compared = compared.filter((one) => one !== site);
  else if (compared.length < MAX_COMPARED) compared = [...compared, site];
  else announce(t('compare_full'));
  document.querySelectorAll('[data-pick]').forEach((button) => {
    button.setAttribute('aria-pressed',
      String(compared.includes(sites[Number(button.dataset.pick)])));
  });
  fillTray();
}

/** Say what was picked, below the list, and offer to compare. */
function fillTray() {
  const tray = document.getElementById('tray');
  tray.hidden = !compared.length;
  tray.replaceChildren(
    el('span', {}, compared.length === MAX_COMPARED ? t('compare_full')
      : tCount('compared', compared.length)),
    el('button', { type: 'button', class: 'tab', id: 'compare', disabled: compared.length < 2,
      onclick: openComparison }, t('compare')),
    el('button', { type: 'button', class: 'tab', id: 'compare-clear', onclick: () => {
      [...compared].forEach(toggleCompared);
    } }, t('compare_clear')));
}

/** Show the table over the page. */
function openComparison() {
  const dialog = document.getElementById('comparison');
  dialog.replaceChildren(
    el('div', { class: 'dialog-head' }, el('h2', { id: 'comparison-title' }, t('comparison')),
      el('button', { type: 'button', class: 'tool', id: 'comparison-close',
        onclick: () => dialog.close() }, t('close'))),
    el('p', { class: 'warning' }, t('model_warning')),
    el('div', { class: 'scroll part', tabindex: '0', role: 'region',
      'aria-labelledby': 'comparison-title' }, comparisonTable()));
  dialog.showModal();
  window.history.pushState(null, '', window.location.hash || '#'); // Back closes it
}

/** @returns {HTMLElement} */
function comparisonTable() {
  const row = (label, read) => el('tr', {}, el('th', { scope: 'row' }, isolated(label)),
    ...compared.map((site) => el('td', {}, ...[read(site)].flat())));
  const label = (name) => inLanguage(page.labels[name]);
  const measure = (name) => row(label(name),
    (site) => quantity(site[name], page.labels[name][2], decimalsFor(site[name])));
  return el('table', { class: 'comparison' },
    el('thead', {}, el('tr', {}, el('td', {}), ...compared.map((site) => el('th', { scope: 'col' },
      kindIcon(site.kind, rankText(site), 26), isolated(titleOf(site)))))),
    el('tbody', {},
      row(label('kind'), (site) => valueLabel(site.kind)),
      row(t('rank'), (site) => (site.overall_rank === null ? t('unranked') : number(site.overall_rank))),
      row(t('score'), (site) => [el('strong', {}, outOf100(site.score)),
        el('span', { class: 'source' }, intervalText(site))]),
      measure('area_m2'), measure('usable_area_m2'), measure('built_share'),
      row(label('status'), (site) => valueLabel(site.status)),
      row(label('zone'), (site) => isolated(site.zone || t('unknown'))),
      row(t('filter_flag'), (site) => isolated(flagText(site) || '–')),
      measure('confidence'), measure('axis_distance_m'), measure('residents_around'),
      ...Object.entries(page.destinations).map(([destination, text]) => row(inLanguage(text), (site) => [
        minutesText(accessValue(site, destination, 'time_min')),
        el('span', { class: 'source' }, quantity(accessValue(site, destination, 'distance_m'), 'm'))])),
      ...page.criteria.map((rule) => row(`${t('score')}${t('colon')}${inLanguage(rule.label)}`,
        (site) => scoreCell(rule.scores[site.index], site)))));
}

/**
 * @param {number|null} score
 * @param {Site} site
 * @returns {HTMLElement}
 */
function scoreCell(score, site) {
  if (score === null) return el('em', {}, t('unknown'));
  return el('span', { class: 'cell' }, scoreBar({ score: score, low: null, high: null,
    colour: KIND_STYLES[site.kind].colour }), el('span', {}, outOf100(score)));
}
