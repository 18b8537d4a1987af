'use strict';
/* "And if the station mattered more?": weights by slider or by kind of project. */

const SLIDER_STEPS = 50;
/** The most that a slider gives: five for the usual weights, else the heaviest of the study. */
const MOST_WEIGHT = STUDY_WEIGHTS.some((weight) => weight > 1) && Math.max(...STUDY_WEIGHTS) <= 5
  ? 5 : Math.max(...STUDY_WEIGHTS, 0) * 1.5 || 1;
let pending = 0;

/** @returns {{name: string, label: string[], why: string[], weights: number[]}[]} */
const presets = page.presets.map((preset) => ({
  ...preset,
  weights: page.criteria.map((rule) => ((preset.weights[rule.name] || 0) * MOST_WEIGHT) / 5),
})).filter((preset) => preset.weights.some((weight) => weight > 0));

/** @returns {string} the preset that the weights are, '' for the study's, 'own' for others */
function presetNow() {
  if (studyWeights()) return '';
  const same = (preset) => preset.weights.every((weight, k) => weight === weights[k]);
  const found = presets.find(same);
  return found ? found.name : 'own';
}

/** @returns {HTMLElement} presets, one slider a criterion, and the way back */
function weightsTool() {
  const options = [['', t('preset_study')], ...presets.map((one) => [one.name, both(one.label)]),
    ['own', t('preset_own')]];
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
    el('label', { for: id }, own(both(rule.label))),
    el('output', { for: id, id: `${id}-share` }),
    el('input', { type: 'range', id, min: 0, max: MOST_WEIGHT, step: MOST_WEIGHT / SLIDER_STEPS,
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
 * Re-rank at once; what is drawn follows in the next frame, once for many moves of a slider.
 * @param {number[]} fresh
 */
function changeWeights(fresh) {
  weigh(fresh);
  fillWeights();
  if (pending) return;
  pending = requestAnimationFrame(() => {
    pending = 0;
    fillList();
    redressSites();
    saveState();
  });
}

/** Make the sliders say what the weights are. */
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
  const now = presetNow();
  const preset = presets.find((one) => one.name === now);
  document.getElementById('preset').value = now;
  document.getElementById('preset-why').textContent = preset
    ? `${both(preset.why)} ${t('preset_judgement')}` : t(now ? 'preset_own_why' : 'preset_study_why');
  document.getElementById('weights-note').textContent = total ? t('weights_note') : t('weights_none');
}
