'use strict';
/* The ranked list beside the map, its search and its filters. */

/** Build the part of the panel that browses. */
function buildBrowse() {
  const browse = document.getElementById('browse');
  browse.replaceChildren(
    el('div', { class: 'filters', role: 'search' },
      el('label', { class: 'out', for: 'search' }, t('search_label')),
      el('input', { id: 'search', type: 'search', value: state.query, autocomplete: 'off',
        placeholder: t('search'), oninput: (event) => {
          state.query = event.target.value;
          refresh();
        } })),
    el('div', { class: 'asks' },
      el('div', { class: 'chips', role: 'group', 'aria-label': t('filter_kinds') },
        ...KINDS.filter((kind) => sites.some((site) => site.kind === kind)).map(chip)),
      toolBar(), el('div', { id: 'tool', hidden: true })),
    ...[missingBox()].filter((part) => part),
    el('p', { id: 'count', class: 'count' }),
    el('div', { id: 'tray', class: 'tray', hidden: true }),
    el('p', { id: 'list-keys', class: 'out' }, t('list_keys')),
    el('ol', { id: 'list', class: 'list', 'aria-label': t('list'), 'aria-describedby': 'list-keys',
      onkeydown: moveAmongRows, onfocusin: takeRow }),
    el('div', { id: 'below' }),
    ...[dataBox()].filter((part) => part),
  );
  fillTool();
  fillTray();
  fillList();
}

/**
 * @param {string} kind
 * @returns {HTMLElement}
 */
function chip(kind) {
  const count = sites.filter((site) => site.kind === kind).length;
  return el('button', { type: 'button', class: 'chip', 'data-kind': kind,
    'aria-pressed': String(state.kinds.has(kind)), onclick: (event) => {
      if (state.kinds.has(kind)) state.kinds.delete(kind);
      else state.kinds.add(kind);
      event.currentTarget.setAttribute('aria-pressed', String(state.kinds.has(kind)));
      refresh();
    } }, kindSign(kind, '', 16), `${coded(kind)} (${number(count)})`);
}

/** Show what the filters ask for, in the list and on the map. */
function refresh() {
  forgetSifted();
  fillList();
  showSites();
  followTools();
  saveState();
  announce(document.getElementById('count').textContent);
}

/** Fill the list with the sites that pass the filters. */
function fillList() {
  const { shown, unknown } = sift();
  const count = shown.length === sites.length ? counted('sites', sites.length)
    : `${counted('sites', shown.length)} ${t('of', { n: number(sites.length) })}`;
  document.getElementById('count').textContent = [count, shown.length ? areaWords(shown) : null,
    unknown ? counted('left_out', unknown) : null].filter((text) => text).join(' · ');
  document.getElementById('below').replaceChildren(...[
    shown.length ? null : el('p', { class: 'empty' }, t(sites.length ? 'none_left' : 'none')),
    assemblyHits(),
    rejectedHits(),
  ].filter((node) => node));
  fillRows();
}

/** @returns {HTMLElement|null} rejected parcels that the search names */
function rejectedHits() {
  const rows = findRejected(state.query, 8);
  if (!rows.length) return null;
  return el('section', { class: 'hits' }, el('h2', {}, t('rejected_hits')),
    el('ul', {}, ...rows.map((row) => el('li', {}, el('button', { type: 'button', class: 'hit',
      onclick: () => { switchOn('rejected'); openRejected(row); } },
    el('strong', {}, own(page.rejected.parcel[row])), el('br'), own(reasonOf(row)))))));
}

/**
 * Switch a layer on as if its box had been ticked.
 * @param {string} name
 */
function switchOn(name) {
  switches[name] = true;
  const box = document.querySelector(`[data-layer="${name}"]`);
  if (box) box.checked = true;
  applySwitches();
}

/**
 * @param {Site} site
 * @returns {HTMLElement}
 */
function listRow(site) {
  const title = titleOf(site);
  return el('li', {}, el('button', { type: 'button', class: 'row', 'data-row': site.index,
    'data-site': site.id, onclick: () => openSite(site, { from: 'list' }),
    onmouseenter: () => pointAt(site, true), onmouseleave: () => pointAt(site, false),
    onfocus: () => pointAt(site, true), onblur: () => pointAt(site, false) },
  kindSign(site.kind, figureOf(site), 34),
  el('span', { class: 'row-text' },
    el('span', { class: 'row-title' },
      el('span', { class: 'out' }, site.overall_rank === null ? '' : `${t('rank')} ${number(site.overall_rank)}. `),
      own(title)),
    el('span', { class: 'row-kind' }, coded(site.kind), visitedWords(site)),
    el('span', { class: 'row-facts' }, ...factsOf(site).map((fact) => el('span', {}, fact)))),
  el('span', { class: 'row-score' },
    el('span', { class: site.score === null ? 'row-none' : 'row-figure' },
      site.score === null ? t('score_unknown') : onHundred(site.score)),
    scoreBar({ score: site.score, low: site.score_low, high: site.score_high,
      colour: KIND_STYLES[site.kind].colour }),
    el('span', { class: 'out' }, intervalWords(site)))), pickButton(site, false));
}

/**
 * @param {Site} site
 * @returns {string}
 */
function intervalWords(site) {
  if (site.score_low === null || site.score_high === null) return '';
  if (onHundred(site.score_low) === onHundred(site.score_high)) return '';
  return t('interval', { low: onHundred(site.score_low), high: onHundred(site.score_high) });
}

/**
 * Area, minutes to the first destination, metres to the loop; what is unknown is said.
 * @param {Site} site
 * @returns {string[]}
 */
function factsOf(site) {
  const facts = [quantity(site.area_m2, 'm²')];
  const far = (target, column, unit) => facts.push(
    `${targetWord(target)}${t('colon')}${quantity(walk(site, target, column), unit)}`,
  );
  const first = noFilters().target;
  if (first) far(first, 'time_min', 'min');
  if (Object.hasOwn(page.targets, 'loop')) far('loop', 'distance_m', 'm');
  return facts;
}

/**
 * A destination in one word of the middle of a sentence.
 * @param {string} target
 * @returns {string}
 */
function targetWord(target) {
  if (target === 'station' || target === 'loop') return t(`short_${target}`);
  const words = both(page.targets[target]);
  return words.charAt(0).toLocaleLowerCase(lang) + words.slice(1);
}

/** @returns {HTMLElement|null} what the result lacks, because a layer was not there */
function missingBox() {
  if (!page.missing.length) return null;
  return el('details', { class: 'missing', id: 'missing',
    open: !sites.length },
  el('summary', {}, el('strong', {}, `${t('missing')} (${number(page.missing.length)})`),
    el('span', { class: 'preview' }, own(both(page.missing[0].slice(1))))),
  el('ul', {}, ...page.missing.map(([, fr, en]) => el('li', {}, own(both([fr, en]))))));
}

/** @returns {HTMLElement} what was read, of what date, and what was done to it */
function dataBox() {
  return el('details', { class: 'data', id: 'data' }, el('summary', {}, t('data_used')),
    el('p', {}, `${t('rules')}${t('colon')}${both(page.profile.label)} (${page.profile.source})`),
    el('ul', {}, ...page.reports.map((report) => el('li', {},
      el('strong', {}, own(report.source || report.path)), ` – ${t('vintage')} `,
      day(report.vintage), report.licence ? ` – ${report.licence}` : '', el('br'),
      t('rows_kept', { read: number(report.rows[0]), kept: number(report.rows[1]) }),
      report.notes.length ? el('ul', {}, ...report.notes.map(([, count, fr, en]) => el('li', {},
        `${number(count)}${t('colon')}`, own(both([fr, en]))))) : null))));
}

/** Credits, licences and vintages, always in sight. */
function fillCredits() {
  const reports = page.reports.filter((report) => report.source).map((report) => [
    report.source, report.vintage ? day(report.vintage, 'short') : t('undated'), report.licence,
  ].filter((text) => text).join(', '));
  const texts = [...new Set([...reports, ...page.credits])];
  document.getElementById('credits').replaceChildren(
    `${t('credits')}${t('colon')}`, own(texts.join(' · ') || t('unknown')));
}

/**
 * Come back to the list, on the row that was open.
 * @param {Site|null} site
 */
function showList(site) {
  document.getElementById('card').hidden = true;
  document.getElementById('browse').hidden = false;
  fillList(); // a visit noted in the card may have changed what is listed
  if (state.filters.seen) showSites();
  const place = site ? shownSites().indexOf(site) : -1;
  if (place >= 0) focusRow(place, '.row');
  else layRows();
}
