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
}

/** Show the open tool, or none. */
function fillTool() {
  document.querySelectorAll('[data-tool]').forEach((button) => {
    button.setAttribute('aria-expanded', String(button.dataset.tool === openTool));
  });
  const tool = document.getElementById('tool');
  tool.hidden = !openTool;
  tool.dataset.open = openTool; // sliders stand over the map, the other tools in the panel
  tool.replaceChildren(...(openTool ? [TOOLS[openTool]()] : []));
  if (openTool && ON_OPEN[openTool]) ON_OPEN[openTool]();
}
