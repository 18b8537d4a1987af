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
        }, onkeydown: (event) => {
          if (event.key === 'Enter') openFirstHit();
        } })),
    el('div', { id: 'search-hits' }),
    el('div', { class: 'asks' },
      el('div', { class: 'chips', role: 'group', 'aria-label': t('filter_kinds') },
        ...KINDS.filter((kind) => sites.some((site) => site.kind === kind)).map(chip)),
      toolBar(), el('div', { id: 'tool', hidden: true })),
    ...[missingBox()].filter((part) => part),
    el('div', { class: 'count-line' }, el('p', { id: 'count', class: 'count' }),
      sites.length ? el('button', { type: 'button', class: 'tab', id: 'open-table',
        onclick: () => openTable('overall_rank', false) }, t('table')) : null),
    el('div', { id: 'tray', class: 'tray', hidden: true }),
    el('p', { id: 'list-keys', class: 'out' }, t('list_keys')),
    el('ol', { id: 'list', class: 'list', 'aria-label': t('list'), 'aria-describedby': 'list-keys',
      onkeydown: onRowKey, onfocusin: onRowFocus }),
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
    } }, kindIcon(kind, '', 16), `${valueLabel(kind)} (${number(count)})`);
}

/** Show what the filters ask for, in the list and on the map. */
function refresh() {
  clearFilterResult();
  fillList();
  showSites();
  updateTools();
  saveState();
  showNearest();
  const places = document.querySelectorAll('#search-hits .hit').length;
  announce([document.getElementById('count').textContent, places ? tCount('places_found', places) : '']
    .filter((text) => text).join(' · '));
}

/** Fill the list with the sites that pass the filters. */
function fillList() {
  const { shown, unknown } = applyFilters();
  const count = shown.length === sites.length ? tCount('sites', sites.length)
    : `${tCount('sites', shown.length)} ${t('of', { n: number(sites.length) })}`;
  document.getElementById('count').textContent = [count, shown.length ? areaText(shown) : null,
    ...supplyTexts(shown), unknown ? tCount('hidden', unknown) : null].filter((text) => text).join(' · ');
  document.getElementById('below').replaceChildren(...[
    shown.length ? null : el('p', { class: 'empty' }, t(sites.length ? 'none_left' : 'none')),
  ].filter((node) => node));
  document.getElementById('search-hits').replaceChildren(...hitBoxes());
  fillRows();
  fillTable();
}

/** @returns {HTMLElement|null} rejected parcels that the search names */
function rejectedHits() {
  const rows = search(state.query).hits.filter(({ kind }) => kind === 'rejected').map(({ row }) => row);
  if (!rows.length) return null;
  return el('section', { class: 'hits' }, el('h2', {}, t('rejected_hits')),
    el('ul', {}, ...rows.map((row) => el('li', {}, el('button', { type: 'button', class: 'hit',
      onclick: () => { switchOn('rejected'); openRejected(row); } },
    el('strong', {}, isolated(page.rejected.parcel[row])), el('br'), isolated(reasonOf(row)))))));
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
    onmouseenter: () => highlight(site, true), onmouseleave: () => highlight(site, false),
    onfocus: () => highlight(site, true), onblur: () => highlight(site, false) },
  kindIcon(site.kind, rankText(site), 34, isDoubtful(site)),
  el('span', { class: 'row-text' },
    el('span', { class: 'row-title' },
      el('span', { class: 'out' }, site.overall_rank === null ? '' : `${t('rank')} ${number(site.overall_rank)}. `),
      isolated(title)),
    el('span', { class: 'row-kind' }, valueLabel(site.kind), visitedText(site), shortlistedText(site), movedText(site)),
    offerLine(site),
    el('span', { class: 'row-facts' }, ...factsOf(site).map((fact) => el('span', {}, fact)))),
  el('span', { class: 'row-score' },
    el('span', { class: site.score === null ? 'row-none' : 'row-figure' },
      site.score === null ? t('score_unknown') : outOf100(site.score)),
    scoreBar({ score: site.score, low: site.score_low, high: site.score_high,
      colour: KIND_STYLES[site.kind].colour }),
    el('span', { class: 'out' }, intervalText(site)))), compareButton(site, false), familyButton(site));
}

/**
 * Availability, confidence and owner of a site, side by side.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function offerLine(site) {
  if (site.availability_class === null) return null;
  return el('span', { class: 'row-facts row-offer' },
    el('span', { class: `offer offer-${site.availability_class}` }, availabilityText(site)),
    el('span', {}, site.confidence === null ? t('row_confidence_unknown')
      : t('row_confidence', { share: percent(site.confidence) })),
    el('span', {}, ownerText(site)));
}

/**
 * @param {Site} site
 * @returns {string} class and interval
 */
function availabilityText(site) {
  if (site.availability_class === null) return t('unknown');
  return t('availability_span', { words: valueLabel(site.availability_class),
    low: bareShare(site.availability_low), high: percent(site.availability_high) });
}

/**
 * @param {Site} site
 * @returns {string}
 */
function ownerText(site) {
  const types = ownersOf(site).map(valueLabel);
  if (site.owner_name) return site.owner_name.replaceAll('|', ', ');
  return types.length ? types.join(', ') : t('row_owner_unknown');
}

/**
 * Button that opens the family of which a row is the line.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function familyButton(site) {
  const below = membersBelow(site);
  if (!below.length) return null;
  const open = openFamilies.has(site.family);
  return el('button', { type: 'button', class: 'family-button', 'aria-expanded': String(open),
    onclick: () => {
      if (open) openFamilies.delete(site.family);
      else openFamilies.add(site.family);
      clearFilterResult();
      fillList();
      focusRow(listedSites().indexOf(site), '.family-button');
    } }, open ? t('family_close') : t('family_open', { n: number(below.length) }));
}

/**
 * How many ranks a site gained or lost with other weights than those of the study.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function movedText(site) {
  const [before, now] = [studyRanks[site.index], site.overall_rank];
  if (usesStudyWeights() || before === null || now === null || before === now) return null;
  const up = before > now;
  return el('span', { class: up ? 'row-up' : 'row-down',
    title: t(up ? 'moved_up' : 'moved_down', { n: number(Math.abs(before - now)) }) },
  `${up ? '▲' : '▼'}${NBSP}${number(Math.abs(before - now))}`);
}

/**
 * @param {Site} site
 * @returns {string}
 */
function intervalText(site) {
  if (site.score_low === null || site.score_high === null) return '';
  if (outOf100(site.score_low) === outOf100(site.score_high)) return '';
  return t('interval', { low: outOf100(site.score_low), high: outOf100(site.score_high) });
}

/**
 * Area, minutes to the first destination, metres to the loop; "unknown" where missing.
 * @param {Site} site
 * @returns {string[]}
 */
function factsOf(site) {
  const facts = [quantity(site.area_m2, 'm²')];
  const addAccess = (destination, text) => facts.push(
    `${shortDestination(destination)}${t('colon')}${text}`,
  );
  const first = noFilters().destination;
  if (first && isMeasured(first, 'time_min')) addAccess(first, minutesText(accessValue(site, first, 'time_min')));
  if (isMeasured('loop', 'distance_m')) {
    addAccess('loop', quantity(accessValue(site, 'loop', 'distance_m'), 'm'));
  }
  return facts;
}

/** @type {Map<string, boolean>} */
const measuredAccess = new Map();

/**
 * Whether any site has a way to a destination: a row does not say "unknown" of each of them.
 * @param {string} destination
 * @param {string} measure
 * @returns {boolean}
 */
function isMeasured(destination, measure) {
  const key = `${destination} ${measure}`;
  if (!measuredAccess.has(key)) {
    measuredAccess.set(key, sites.some((site) => accessValue(site, destination, measure) !== null));
  }
  return measuredAccess.get(key);
}

/**
 * A destination in one word of the middle of a sentence.
 * @param {string} destination
 * @returns {string}
 */
function shortDestination(destination) {
  if (destination === 'station' || destination === 'loop') return t(`short_${destination}`);
  const words = inLanguage(page.destinations[destination]);
  return words.charAt(0).toLocaleLowerCase(lang) + words.slice(1);
}

/** @returns {HTMLElement|null} what the result lacks, because a layer was not there */
function missingBox() {
  if (!page.missing.length) return null;
  return el('details', { class: 'missing', id: 'missing',
    open: !sites.length },
  el('summary', {}, el('strong', {}, `${t('missing')} (${number(page.missing.length)})`),
    el('span', { class: 'preview' }, isolated(inLanguage(page.missing[0].slice(1))))),
  el('ul', {}, ...page.missing.map(([, fr, en]) => el('li', {}, isolated(inLanguage([fr, en]))))));
}

/** @returns {HTMLElement} layers that were read, with date, number of rows and notes */
function dataBox() {
  return el('details', { class: 'data', id: 'data' }, el('summary', {}, t('data_used')),
    el('p', {}, `${t('rules')}${t('colon')}${inLanguage(page.profile.label)} (${page.profile.source})`),
    el('ul', {}, ...page.reports.map((report) => el('li', {},
      el('strong', {}, isolated(report.source || report.path)), ` – ${report.vintage
        ? t('vintage', { date: dateText(report.vintage) }) : t('undated')}`,
      report.licence ? ` – ${report.licence}` : '', el('br'),
      `${tCount('rows_read', report.rows[0])}, ${tCount('rows_kept', report.rows[1])}`,
      report.notes.length ? el('ul', {}, ...report.notes.map(([, count, fr, en]) => el('li', {},
        `${number(count)}${t('colon')}`, isolated(inLanguage([fr, en]))))) : null))));
}

/** Credits, licences and dates, always visible. */
function fillCredits() {
  const reports = page.reports.filter((report) => report.source).map((report) => [
    report.source, report.vintage ? dateText(report.vintage, 'short') : t('undated'), report.licence,
  ].filter((text) => text).join(', '));
  const texts = [...new Set([...reports, ...page.credits])];
  document.getElementById('credits').replaceChildren(
    `${t('credits')}${t('colon')}`, isolated(texts.join(' · ') || t('unknown')));
}

/**
 * Come back to the list, on the row that was open.
 * @param {Site|null} site
 */
function showList(site) {
  document.getElementById('card').hidden = true;
  document.getElementById('browse').hidden = false;
  fillList(); // a visit or a choice in the card may have changed what is listed
  if (state.filters.visited || state.filters.shortlisted) showSites();
  const index = site ? listedSites().indexOf(site) : -1;
  if (index >= 0) focusRow(index, '.row');
  else renderRows();
}
