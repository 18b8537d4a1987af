'use strict';
/* The tools above the list: one open at a time. */

/** @type {Record<string, () => HTMLElement>} what each tool shows */
const TOOLS = { weights: weightsTool, filters: filtersTool, area: areaTool, download: downloadTool };
/** @type {Record<string, () => void>} what a tool does once it is in the page */
const ON_OPEN = { weights: fillWeights, area: fillDrawing };
let openTool = '';

/** @returns {HTMLElement} */
function toolBar() {
  const names = Object.keys(TOOLS).filter((name) => name !== 'weights' || criterionScores.length);
  return el('div', { class: 'tools', role: 'group', 'aria-label': t('tools') },
    ...names.map((name) => el('button', { type: 'button', class: 'tab', 'data-tool': name,
      'aria-expanded': String(openTool === name), 'aria-controls': 'tool',
      onclick: () => switchTool(openTool === name ? '' : name) }, toolLabel(name))));
}

/**
 * @param {string} name
 * @returns {string} the tool, with the number of filters in use
 */
function toolLabel(name) {
  const used = { filters: filtersInUse(), area: state.filters.inside.length ? 1 : 0 }[name];
  return used ? `${t(`tool_${name}`)} (${number(used)})` : t(`tool_${name}`);
}

/** Make the tools that show what is listed agree with it. */
function updateTools() {
  document.querySelectorAll('[data-tool]').forEach((button) => {
    button.textContent = toolLabel(button.dataset.tool);
  });
  if (openTool === 'area') fillDrawing();
  if (openTool === 'download') fillTool();
}

/** @param {string} name */
function switchTool(name) {
  openTool = name;
  fillTool();
  const panel = document.getElementById('panel');
  const overMap = getComputedStyle(document.getElementById('tool')).position === 'fixed';
  if (openTool && overMap && narrowScreen.matches) { // the rows that it changes come into sight
    panel.scrollTop = document.getElementById('count').offsetTop - document.querySelector('.filters').offsetHeight;
  }
}

/** Close the tool; the focus goes back to its button. */
function closeTool() {
  const button = document.querySelector(`[data-tool="${openTool}"]`);
  switchTool('');
  button.focus();
}

/** Tell the style where the map is: on a phone a tool stands over it, and the list stays in sight. */
function placeTool() {
  const tool = document.getElementById('tool');
  if (!tool) return;
  const { top, height } = document.querySelector('.map-side').getBoundingClientRect();
  tool.style.setProperty('--map-top', `${top}px`);
  tool.style.setProperty('--map-height', `${height}px`);
}

/** Show the open tool, or none. */
function fillTool() {
  document.querySelectorAll('[data-tool]').forEach((button) => {
    button.setAttribute('aria-expanded', String(button.dataset.tool === openTool));
  });
  const tool = document.getElementById('tool');
  tool.hidden = !openTool;
  tool.dataset.open = openTool; // over the map or in the panel: tools.css
  tool.replaceChildren(...(openTool ? [TOOLS[openTool](), el('button', { type: 'button', class: 'plain tool-close',
    onclick: closeTool }, t('close'))] : []));
  placeTool();
  if (openTool && ON_OPEN[openTool]) ON_OPEN[openTool]();
}
