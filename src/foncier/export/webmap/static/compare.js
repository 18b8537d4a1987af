'use strict';
/* Two or three sites side by side. */

const MOST_COMPARED = 3;
/** @type {Site[]} */
let compared = [];

/**
 * @param {Site} site
 * @param {boolean} wordy with words, in the card
 * @returns {HTMLElement}
 */
function pickButton(site, wordy) {
  const words = t('compare_pick', { name: titleOf(site) });
  return el('button', { type: 'button', class: wordy ? 'plain' : 'pick', 'data-pick': site.index,
    'aria-pressed': String(compared.includes(site)), 'aria-label': wordy ? null : words,
    title: wordy ? null : words, onclick: () => togglePick(site) },
  wordy ? t('compare_this') : null);
}

/** @param {Site} site */
function togglePick(site) {
  if (compared.includes(site)) compared = compared.filter((one) => one !== site);
  else if (compared.length < MOST_COMPARED) compared = [...compared, site];
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
    el('span', {}, compared.length === MOST_COMPARED ? t('compare_full')
      : counted('compared', compared.length)),
    el('button', { type: 'button', class: 'tab', id: 'compare', disabled: compared.length < 2,
      onclick: openComparison }, t('compare')),
    el('button', { type: 'button', class: 'tab', id: 'compare-clear', onclick: () => {
      [...compared].forEach(togglePick);
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
}

/** @returns {HTMLElement} */
function comparisonTable() {
  const row = (label, read, kind) => el('tr', { class: kind || null }, el('th', { scope: 'row' }, own(label)),
    ...compared.map((site) => el('td', {}, ...[read(site)].flat())));
  const label = (name) => both(page.labels[name]);
  const measure = (name) => row(label(name),
    (site) => quantity(site[name], page.labels[name][2], digitsOf(site[name])));
  return el('table', { class: 'comparison' },
    el('thead', {}, el('tr', {}, el('td', {}), ...compared.map((site) => el('th', { scope: 'col' },
      kindSign(site.kind, figureOf(site), 26), own(titleOf(site)))))),
    el('tbody', {},
      row(label('kind'), (site) => coded(site.kind)),
      row(t('rank'), (site) => (site.overall_rank === null ? t('unranked') : number(site.overall_rank))),
      row(t('score'), (site) => [el('strong', {}, onHundred(site.score)),
        el('span', { class: 'source' }, intervalWords(site))]),
      measure('area_m2'), measure('usable_area_m2'), measure('built_share'),
      row(label('status'), (site) => coded(site.status)),
      row(label('zone'), (site) => own(site.zone || t('unknown'))),
      row(t('filter_flag'), (site) => own(flagText(site) || '–')),
      measure('confidence'), measure('axis_distance_m'), measure('residents_around'),
      ...Object.entries(page.targets).map(([target, text]) => row(both(text), (site) => [
        quantity(walk(site, target, 'time_min'), 'min'),
        el('span', { class: 'source' }, quantity(walk(site, target, 'distance_m'), 'm'))])),
      ...page.criteria.map((rule) => row(`${t('column_mark')}${t('colon')}${both(rule.label)}`,
        (site) => markCell(rule.scores[site.index], site), 'mark'))));
}

/**
 * @param {number|null} mark
 * @param {Site} site
 * @returns {HTMLElement}
 */
function markCell(mark, site) {
  if (mark === null) return el('em', {}, t('unknown'));
  return el('span', { class: 'cell' }, scoreBar({ score: mark, low: null, high: null,
    colour: KIND_STYLES[site.kind].colour }), el('span', {}, onHundred(mark)));
}
