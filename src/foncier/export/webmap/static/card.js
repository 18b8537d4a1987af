'use strict';
/* Card of one site: score, measures, access, evidence, tests, visit. */

/**
 * Show the card of a site in the panel.
 * @param {Site} site
 * @param {{focus: boolean}} how
 */
function showCard(site, { focus }) {
  const card = document.getElementById('card');
  card.replaceChildren(...cardParts(site).filter((part) => part));
  document.getElementById('browse').hidden = true;
  card.hidden = false;
  document.getElementById('panel').scrollTop = 0;
  if (focus) card.querySelector('h2').focus({ preventScroll: true });
}

/**
 * @param {Site} site
 * @returns {Array<HTMLElement|null>}
 */
function cardParts(site) {
  return [
    el('button', { type: 'button', class: 'back', id: 'back', onclick: closeSite }, t('back')),
    el('p', { class: 'card-kind' }, kindIcon(site.kind, rankText(site), 30, isDoubtful(site)), valueLabel(site.kind)),
    el('h2', { tabindex: '-1' }, isolated(titleOf(site))),
    el('p', { class: 'card-place' },
      isolated([site.name ? site.address : null, site.commune && communeText(site.commune),
        site.id].filter((text) => text).join(' · '))),
    scoreBlock(site),
    el('div', { class: 'card-tools' }, compareButton(site, true),
      el('button', { type: 'button', class: 'plain', id: 'print-card',
        onclick: () => window.print() }, t('print_card'))),
    shortlistBlock(site),
    el('p', { class: 'warning' }, t('model_warning')),
    alertBlock(site),
    relatedBlock(site),
    neighbourBlock(site),
    criteriaBlock(site),
    section('measures', el('dl', { class: 'facts' }, ...measureRows(site))),
    accessBlock(site),
    aroundBlock(site),
    needsBlock(site),
    usesBlock(site),
    availabilityBlock(site),
    evidenceBlock(site),
    testBlock(site),
    parcelBlock(site),
    visitBlock(site),
    linkBlock(site),
    reportBlock(site),
  ];
}

/**
 * @param {string} key words of the heading
 * @param {...(HTMLElement|null)} content
 * @returns {HTMLElement}
 */
function section(key, ...content) {
  return el('section', { class: `part part-${key}` }, el('h3', {}, t(`part_${key}`)), ...content);
}

/**
 * @param {Site} site
 * @returns {HTMLElement}
 */
function scoreBlock(site) {
  const rank = site.overall_rank === null ? t(site.rank_apart ? 'taken_apart' : 'unranked')
    : t('rank_line', { rank: number(site.overall_rank), n: number(rankedCount) });
  const steady = usesStudyWeights() && site.rank_low === site.overall_rank && site.rank_high === site.overall_rank;
  const span = site.rank_low !== null && site.rank_high !== null
    ? t(usesStudyWeights() ? (steady ? 'rank_same' : 'rank_span') : 'rank_span_study',
      { low: number(site.rank_low), high: number(site.rank_high) }) : null;
  return el('div', { class: 'score-block' },
    el('p', { class: site.score === null ? 'score-none' : 'score-figure' },
      site.score === null ? t('score_unknown') : outOf100(site.score),
      site.score === null ? null : el('small', {}, `${NBSP}/${NBSP}100`)),
    el('div', { class: 'score-more' },
      scoreBar({ score: site.score, low: site.score_low, high: site.score_high,
        colour: KIND_STYLES[site.kind].colour }),
      el('p', {}, el('strong', {}, rank), span ? ` – ${span}` : null),
      el('p', {}, [intervalText(site), site.coverage === null ? null
        : t('coverage', { share: percent(site.coverage) })].filter((text) => text).join(' – ')),
      offerLine(site),
      robustness(site)));
}

/**
 * Robustness of the rank, which the study computed for its own weights only.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function robustness(site) {
  const known = (name) => site[name] !== undefined && site[name] !== null;
  if (!usesStudyWeights()) return null;
  const parts = [
    known('top20_share') ? t('top20', { share: percent(site.top20_share) }) : null,
    known('topsis_rank') ? t('topsis', { rank: number(site.topsis_rank) }) : null,
    known('pareto') ? t(site.pareto ? 'pareto_yes' : 'pareto_no') : null,
  ].filter((text) => text);
  return parts.length ? el('p', { class: 'robust' }, `${parts.join(' – ')}`) : null;
}

/**
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function alertBlock(site) {
  const alerts = [];
  if (site.perimeter === 'emprise_approximative') alerts.push(t('approximate'));
  if (site.perimeter === 'point_seul') alerts.push(t('point_only'));
  alerts.push(...flagsOf(site).map((flag) => `${t('filter_flag')}${t('colon')}${flagWords(flag)}`));
  if (!alerts.length) return null;
  return el('ul', { class: 'alerts' }, ...alerts.map((text) => el('li', {}, isolated(text))));
}

const NEIGHBOUR_M = 300;
const MAX_NEIGHBOURS = 4;

/** @param {Site} site @returns {Site[]} the other sites of its family or of one of its parcels */
function relatedSites(site) {
  const parcels = new Set(splitList(site.parcel_ids));
  return sites.filter((other) => other !== site && ((site.family && other.family === site.family)
    || splitList(other.parcel_ids).some((parcel) => parcels.has(parcel))));
}

/**
 * The nearest listed sites on other land, with their distance as the crow flies.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function neighbourBlock(site) {
  const same = new Set([site, ...relatedSites(site)]);
  const near = nearestSites(site.at, same.size + MAX_NEIGHBOURS)
    .filter((one) => !same.has(one.site) && one.metres <= NEIGHBOUR_M).slice(0, MAX_NEIGHBOURS);
  if (!near.length) return null;
  return section('neighbours', el('ul', { class: 'choice' }, ...near.map(
    (one) => el('li', {}, siteButton(one.site, distanceText(one.metres))),
  )));
}

/**
 * Sites on the same land: of its family, or of one of its parcels. Each can be opened.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function relatedBlock(site) {
  const related = relatedSites(site);
  if (!related.length) return null;
  return section('related', el('ul', { class: 'choice' }, ...related.slice(0, 20).map(
    (other) => el('li', {}, siteButton(other)),
  )));
}

/**
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function criteriaBlock(site) {
  if (!page.criteria.length) return null;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return section('criteria', el('table', { class: 'criteria' },
    el('thead', {}, el('tr', {}, ...['criterion', 'measure', 'score', 'weight'].map(
      (key) => el('th', { scope: 'col' }, t(key)),
    ))),
    el('tbody', {}, ...page.criteria.map((rule, k) => {
      const score = rule.scores[site.index];
      const value = measureOf(rule, site);
      return el('tr', { title: rule.source },
        el('th', { scope: 'row' }, inLanguage(rule.label)),
        el('td', {}, value === null && score !== null ? '–'
          : quantity(value, rule.unit, decimalsFor(value))),
        el('td', { class: 'criterion-score' }, score === null
          ? el('em', {}, t('unknown'))
          : el('span', { class: 'cell' }, scoreBar({ score, low: null, high: null,
            colour: KIND_STYLES[site.kind].colour }), el('span', {}, outOf100(score)))),
        el('td', { class: 'figure' }, total ? percent(weights[k] / total) : '–'));
    }))));
}

/**
 * @param {string} label
 * @param {string} value
 * @returns {HTMLElement[]}
 */
function fact(label, value) {
  return [el('dt', {}, label), el('dd', {}, isolated(value))];
}

/**
 * @param {Site} site
 * @returns {HTMLElement[]}
 */
function measureRows(site) {
  const label = (name) => inLanguage(page.labels[name]);
  const measure = (name) => fact(label(name),
    quantity(site[name], page.labels[name][2], decimalsFor(site[name])));
  const rows = [
    ...measure('area_m2'), ...measure('usable_area_m2'), ...measure('built_share'),
    ...fact(label('status'), valueLabel(site.status)), ...fact(label('zone'), site.zone || t('unknown')),
    ...(site.site_status ? fact(label('site_status'), valueLabel(site.site_status)) : []),
    ...fact(label('confidence'), confidenceText(site)),
    ...fact(label('owner_types'), ownerText(site)), ...measure('axis_distance_m'),
    ...measure('residents_around'),
    ...fact(label('perimeter'), valueLabel(site.perimeter)),
  ];
  rows.push(...residentsFact(site));
  if (site.entry) {
    rows.push(...fact(label('street_name'), site.entry.street || t('unknown')),
      ...fact(label('frontage_m'), quantity(site.entry.frontage_m, 'm', 1)));
  }
  if (site.family) rows.push(...fact(label('family'), site.family));
  rows.push(...fact(label('sources'), (site.sources || t('unknown')).replaceAll(' | ', ' · ')));
  return rows;
}

const factorsBySite = rowsBySite(page.availability.site);

/**
 * Factors of the availability of a site, known or not.
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function availabilityBlock(site) {
  const rows = factorsBySite.get(site.index) || [];
  if (!rows.length) return null;
  const { low, high, known } = page.availability;
  const words = (name) => unpool(page.availability[`${name}_${lang === 'fr' ? 'fr' : 'en'}`]);
  const [names, texts, sources] = [words('label'), words('text'), unpool(page.availability.source)];
  return section('availability', el('p', {}, el('strong', {}, availabilityText(site))),
    el('table', { class: 'access', id: 'availability' },
      el('thead', {}, el('tr', {}, ...['availability_factor', 'availability_value', 'availability_part'].map(
        (key) => el('th', { scope: 'col' }, t(key)),
      ))),
      el('tbody', {}, ...rows.map((row) => el('tr', {},
        el('th', { scope: 'row' }, names[row]),
        el('td', {}, known[row] ? isolated(texts[row]) : el('em', {}, t('unknown')),
          sources[row] ? el('span', { class: 'source' }, isolated(sources[row])) : null),
        el('td', { class: 'figure' }, t('availability_span_short', { low: bareShare(low[row]), high: percent(high[row]) })))))),
    el('p', { class: 'hint' }, t('availability_why')));
}

/**
 * Confidence with the name of its class, which the study gave it.
 * @param {Site} site
 * @returns {string}
 */
function confidenceText(site) {
  const share = quantity(site.confidence, page.labels.confidence[2]);
  return site.confidence_band === null ? share : `${share} – ${valueLabel(site.confidence_band)}`;
}

/**
 * @param {Site} site
 * @returns {HTMLElement}
 */
function evidenceBlock(site) {
  if (!site.evidence.length) return section('evidence', el('p', {}, t('no_evidence')));
  // grouped by source and date
  const groups = new Map();
  site.evidence.forEach((row) => {
    const source = evidenceSource(row);
    groups.set(source, [...(groups.get(source) || []), row]);
  });
  return section('evidence', ...[...groups].flatMap(([source, rows]) => [
    el('p', { class: 'evidence-source' }, isolated(source)),
    el('ul', { class: 'evidence' }, ...rows.map(evidenceItem))]));
}

const EVIDENCE_MARKS = { for: '+', against: '−', neutral: '•' };

/**
 * @param {any} row of the evidence
 * @returns {HTMLElement}
 */
function evidenceItem(row) {
  const words = t(`evidence_${row.direction}`);
  return el('li', { class: row.direction },
    el('span', { class: 'sign', title: words },
      el('span', { 'aria-hidden': 'true' }, EVIDENCE_MARKS[row.direction]),
      el('span', { class: 'out' }, words)),
    el('span', {}, isolated(evidenceText(row))));
}

/**
 * Signed distance of a measure to its threshold.
 * @param {number} margin
 * @param {string} unit
 * @returns {string}
 */
function marginText(margin, unit) {
  const size = Math.abs(margin);
  const text = signed(margin, size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return unit && unit !== '0–1' ? text + NBSP + unit : text;
}

/**
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function testBlock(site) {
  if (!site.tests.length) return null;
  const several = new Set(site.tests.map((row) => row.parcel)).size > 1;
  return section('tests', el('ul', { class: 'tests' }, ...site.tests.map((row) => {
    const verdict = row.passed === null ? 'unmeasured' : row.passed ? 'passed' : 'failed';
    const unit = row.unit || '';
    const parts = [
      `${t('threshold')} ${quantity(row.threshold, unit, 2)}`,
      row.margin === null ? null : `${t('margin')} ${marginText(row.margin, unit)}`,
      several ? row.parcel : null, inLanguage([row.detail, row.detail_en]),
    ];
    return el('li', { class: verdict },
      el('span', { class: 'sign', title: t(`test_${verdict}`) },
        el('span', { 'aria-hidden': 'true' }, { passed: '✓', failed: '✗', unmeasured: '?' }[verdict]),
        el('span', { class: 'out' }, t(`test_${verdict}`))),
      el('span', {}, isolated(inLanguage([row.fr, row.en])), t('colon'),
        el('strong', {}, quantity(row.value, unit, decimalsFor(row.value))),
        el('span', { class: 'source' }, isolated(parts.filter((text) => text).join(' · ')))));
  })));
}

/**
 * @param {Site} site
 * @returns {HTMLElement|null}
 */
function parcelBlock(site) {
  if (!site.parcels.length) return null;
  return section('parcels', el('ul', { class: 'parcels' }, ...site.parcels.map(
    (parcel) => el('li', {}, el('code', {}, isolated(parcel))),
  )));
}

/**
 * @param {Site} site
 * @returns {HTMLElement}
 */
function linkBlock(site) {
  const [lat, lon] = site.at.map((value) => value.toFixed(6));
  const parcel = /^[0-9A-Za-z]{14}$/.test(site.parcels[0] || '') ? site.parcels[0] : null;
  const query = parcel ? `style=vector&parcelleId=${parcel}` : 'style=vector';
  const links = [
    [`https://cadastre.data.gouv.fr/map?${query}#18/${lat}/${lon}`, t('link_cadastre')],
    ['https://www.cadastre.gouv.fr/scpc/accueil.do', t('link_cadastre_official')],
    [`https://www.geoportail.gouv.fr/carte?c=${lon},${lat}&z=18&permalink=yes`,
      t('link_geoportail')],
    [`https://api.panoramax.xyz/#focus=map&map=18/${lat}/${lon}`, t('link_street')],
  ];
  return section('links', el('p', { class: 'hint' }, t('links_hint')),
    el('ul', { class: 'links' }, ...links.map(([href, text]) => el('li', {}, externalLink(href, text)))),
    el('p', { class: 'source' }, `WGS${NBSP}84${t('colon')}${lat}, ${lon}`));
}

/**
 * How to report an error to the service that publishes the study.
 * @param {Site} site
 * @returns {HTMLElement}
 */
function reportBlock(site) {
  const edition = page.edition ? t('edition', { date: dateText(page.edition) }) : t('no_edition');
  return section('report', el('p', {}, isolated(t('report', { id: site.id, title: page.title, edition }))));
}
