'use strict';
/* Columns of the sites: of the table on the screen and of the table to download. */

/**
 * @typedef {Object} SiteColumn
 * @property {string} key name in the address
 * @property {string} label with its unit, in the current language
 * @property {(site: Site) => string|number|null} read null when unknown
 * @property {string} [unit] of a measure
 */

/** @returns {SiteColumn[]} with the labels of the card */
function columns() {
  const label = (name) => inLanguage(page.labels[name])
    + (page.labels[name][2] ? ` (${page.labels[name][2]})` : '');
  const column = (key, words, read) => ({ key, label: words, read });
  const plain = (name) => ({ ...column(name, label(name), (site) => site[name]), unit: page.labels[name][2] });
  const words = (name) => column(name, label(name), (site) => (site[name] === null ? null : valueLabel(site[name])));
  const digits = (value, n) => (value === null ? null : Number(value.toFixed(n)));
  return [
    column('opportunity_id', label('opportunity_id'), (site) => site.id),
    column('overall_rank', t('rank'), (site) => site.overall_rank),
    ...['score', 'score_low', 'score_high'].map((name) => column(name, t(`column_${name}`),
      (site) => (site[name] === null ? null : digits(site[name] * 100, 1)))),
    column('coverage', t('column_coverage'), (site) => digits(site.coverage, 3)),
    words('kind'), ...['name', 'address', 'commune', 'parcel_ids', 'area_m2', 'usable_area_m2', 'built_share'].map(plain),
    words('status'), plain('zone'), column('warnings', t('filter_flag'), flagText), plain('confidence'),
    words('availability_class'), plain('availability_low'), plain('availability_high'),
    column('owner_types', label('owner_types'), ownerText), words('perimeter'),
    ...['axis_distance_m', 'residents_around', 'family'].map(plain),
    column('street_name', label('street_name'), (site) => site.entry && site.entry.street),
    ...Object.entries(page.destinations).flatMap(([destination, text]) => [
      column(`${destination}_min`, `${inLanguage(text)} (min)`, (site) => accessValue(site, destination, 'time_min')),
      column(`${destination}_m`, `${inLanguage(text)} (m)`, (site) => accessValue(site, destination, 'distance_m'))]),
    ...page.criteria.map((rule) => column(`score_${rule.name}`, `${t('score')}${t('colon')}${inLanguage(rule.label)}`,
      (site) => (rule.scores[site.index] === null ? null : digits(rule.scores[site.index], 4)))),
    column('lon', 'lon', (site) => site.at[1]), column('lat', 'lat', (site) => site.at[0]), plain('sources'),
    column('shortlist', t('filter_shortlisted'), (site) => (shortlist.has(site.id) ? shortlist.get(site.id).note || t('shortlist_row') : null)),
    column('verdict', t('verdict'), (site) => (visits[site.id] ? t(`verdict_${visits[site.id].verdict || 'none'}`) : null)),
  ];
}
