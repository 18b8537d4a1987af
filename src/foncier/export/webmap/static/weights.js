'use strict';
/* Weights of the criteria: sliders, and presets by type of project. */

const SLIDER_STEPS = 50;
/** Maximum of a slider: five for the usual weights, else the largest weight of the study. */
const MAX_WEIGHT = STUDY_WEIGHTS.some((weight) => weight > 1) && Math.max(...STUDY_WEIGHTS) <= 5
  ? 5 : Math.max(...STUDY_WEIGHTS, 0) * 1.5 || 1;
let redrawPending = 0;

/** @returns {{name: string, label: string[], why: string[], weights: number[]}[]} */
const presets = page.presets.map((preset) => ({
  ...preset,
  weights: page.criteria.map((rule) => ((preset.weights[rule.name] || 0) * MAX_WEIGHT) / 5),
})).filter((preset) => preset.weights.some((weight) => weight > 0));

/** @returns {string} the preset that the weights are, '' for the study's, 'custom' for others */
function currentPreset() {
  if (usesStudyWeights()) return '';
  const same = (preset) => preset.weights.every((weight, k) => weight === weights[k]);
  const match = presets.find(same);
  return match ? match.name : 'custom';
}

/** @returns {HTMLElement} presets, one slider a criterion, and the way back */
function weightsTool() {
  const options = [['', t('preset_study')], ...presets.map((one) => [one.name, inLanguage(one.label)]),
    ['custom', t('preset_custom')]];
  return el('div', { class: 'tool-body', id: 'weights' },
    el('label', { for: 'preset' }, t('preset')),
    el('select', { id: 'preset', onchange: (event) => usePreset(event.target.value) },
      ...options.map(([value, text]) => el('option', { value }, text))),
    el('p', { class: 'hint', id: 'preset-why' }),
    el('div', { class: 'sliders' }, ...page.criteria.map(slider)),
    el('p', { class: 'hint', id: 'weights-note' }),
    el('button', { type: 'button', class: 'plain', id: 'reset',
      onclick: () => changeWeights([...STUDY_WEIGHTS]) }, t('reset_weights')));
}

/**
 * @param {any} rule
 * @param {number} k
 * @returns {HTMLElement}
 */
function slider(rule, k) {
  const id = `weight-${k}`;
  return el('div', { class: 'slider' },
    el('label', { for: id }, isolated(inLanguage(rule.label))),
    el('output', { for: id, id: `${id}-share` }),
    el('input', { type: 'range', id, min: 0, max: MAX_WEIGHT, step: MAX_WEIGHT / SLIDER_STEPS,
      'data-weight': rule.name, oninput: (event) => {
        const fresh = [...weights];
        fresh[k] = Number(event.target.value);
        changeWeights(fresh);
      } }));
}

/** @param {string} name */
function usePreset(name) {
  const preset = presets.find((one) => one.name === name);
  if (preset) changeWeights([...preset.weights]);
  else if (name === '') changeWeights([...STUDY_WEIGHTS]);
}

/**
 * Rank again at once; the map follows in the next frame, once for many moves of a slider.
 * @param {number[]} fresh
 */
function changeWeights(fresh) {
  applyWeights(fresh);
  fillWeights();
  if (redrawPending) return;
  redrawPending = requestAnimationFrame(() => {
    redrawPending = 0;
    fillList();
    restyleSites();
    saveState();
  });
}

/** Show the weights in the sliders. */
function fillWeights() {
  if (!document.getElementById('weights')) return;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, k) => {
    const input = document.getElementById(`weight-${k}`);
    const share = total ? percent(weight / total) : '–';
    if (Number(input.value) !== weight) input.value = weight;
    input.setAttribute('aria-valuetext', share);
    document.getElementById(`weight-${k}-share`).textContent = share;
  });
  const now = currentPreset();
  const preset = presets.find((one) => one.name === now);
  document.getElementById('preset').value = now;
  document.getElementById('preset-why').textContent = preset
    ? `${inLanguage(preset.why)} ${t('preset_judgement')}`
    : t(now ? 'preset_custom_why' : 'preset_study_why');
  document.getElementById('weights-note').textContent = total ? t('weights_note') : t('weights_none');
}
