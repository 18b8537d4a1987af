'use strict';
/* Download the list as a table or as shapes, the visits, or copy a link. */

/** @returns {HTMLElement} */
function downloadTool() {
  const button = (id, act) => el('button', { type: 'button', class: 'plain', id: `download-${id}`,
    onclick: act }, t(`download_${id}`));
  return el('div', { class: 'tool-body', id: 'download' },
    el('p', {}, t('download_what', { n: tCount('sites', shownSites().length) })),
    button('csv', () => saveFile('opportunites-selection.csv', 'text/csv', selectionCsv())),
    button('geojson', () => saveFile('opportunites-selection.geojson', 'application/geo+json',
      JSON.stringify(selectionGeoJson()))),
    button('link', copyLink),
    el('label', { class: 'out', for: 'link-text' }, t('link_text')),
    el('input', { type: 'text', id: 'link-text', readonly: true, hidden: true }),
    el('p', { class: 'hint' }, t('link_hint')),
    button('embed', copyEmbedding),
    el('label', { class: 'out', for: 'embed-text' }, t('embed_text')),
    el('input', { type: 'text', id: 'embed-text', readonly: true, hidden: true }),
    el('h2', {}, t('visits')),
    el('p', { id: 'visit-count' }, tCount('visited', Object.keys(visits).length)),
    button('visits', () => saveFile('visites.csv', 'text/csv', visitsCsv())),
    el('h2', {}, t('exchange')),
    el('p', { class: 'hint' }, t('exchange_hint')),
    button('exchange', () => saveFile('echange-carte.csv', 'text/csv', exchangeCsv())),
    ...exchangeInput(),
    el('p', { class: 'hint' }, t(visitsStored ? 'visits_stored' : 'visits_unsaved')));
}

/**
 * Save a text as a file.
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
function saveFile(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = el('a', { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  announce(t('file_saved', { name }));
}

/**
 * CSV for the spreadsheets of each language: byte order mark, separator, decimal sign, line ends.
 * @param {Array<Array<string|number|null>>} rows
 * @returns {string}
 */
function csv(rows) {
  const [separator, comma] = lang === 'fr' ? [';', ','] : [',', '.'];
  const cell = (value) => {
    if (value === null || value === undefined) return '';
    if (typeof value === 'number') return String(value).replace('.', comma);
    // a spreadsheet would run such a text as a formula
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[";,\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `\ufeff${rows.map((row) => row.map(cell).join(separator)).join('\r\n')}\r\n`;
}

/** @returns {string} */
function selectionCsv() {
  const shown = columns();
  return csv([shown.map(({ label }) => label),
    ...shownSites().map((site) => shown.map(({ read }) => read(site)))]);
}

/** @returns {object} WGS 84, outer rings counterclockwise, unknown as null */
function selectionGeoJson() {
  const names = ['kind', 'name', 'address', 'commune', 'parcel_ids', 'area_m2', 'usable_area_m2',
    'built_share', 'status', 'zone', 'warnings', 'warnings_en', 'confidence', 'perimeter', 'axis_distance_m',
    'family', 'availability_class', 'availability_low', 'availability_high', 'owner_types',
    'score', 'score_low', 'score_high', 'coverage', 'overall_rank', 'sources'];
  const features = shownSites().map((site) => {
    const properties = { opportunity_id: site.id };
    names.forEach((name) => { properties[name] = site[name]; });
    Object.keys(page.destinations).forEach((destination) => {
      properties[`${destination}_min`] = accessValue(site, destination, 'time_min');
      properties[`${destination}_m`] = accessValue(site, destination, 'distance_m');
    });
    return { type: 'Feature', id: site.id, properties, geometry: geometryOf(site) };
  });
  return { type: 'FeatureCollection', title: page.title, demo: page.demo, note: t('model_warning'),
    weights: Object.fromEntries(page.criteria.map((rule, k) => [rule.name, weights[k]])), features };
}

/**
 * @param {Site} site
 * @returns {object}
 */
function geometryOf(site) {
  const position = ([lat, lon]) => [lon, lat];
  const signedArea = (ring) => ring.reduce((sum, [x, y], i) => {
    const [u, v] = ring[(i + 1) % ring.length];
    return sum + (x * v - u * y);
  }, 0);
  const whole = (ring, outer) => {
    const corners = ring.map(position);
    if (signedArea(corners) > 0 !== outer) corners.reverse();
    return [...corners, corners[0]];
  };
  const parts = outlineOf(site).map((rings) => rings.map((ring, i) => whole(ring, i === 0)));
  if (!parts.length) return { type: 'Point', coordinates: position(site.at) };
  return parts.length === 1 ? { type: 'Polygon', coordinates: parts[0] }
    : { type: 'MultiPolygon', coordinates: parts };
}

/** @returns {Promise<void>} a link to what the page shows */
function copyLink() {
  return copyText('link-text', `${window.location.href.split('#')[0]}#${stateFragment()}`);
}

/**
 * Put a text where it can be copied, and copy it where the browser allows.
 * @param {string} id of its field
 * @param {string} text
 */
async function copyText(id, text) {
  const field = document.getElementById(id);
  field.value = text;
  field.hidden = false;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    announce(t('link_copied'));
  } catch (refused) {
    announce(t('link_select')); // the field is selected: the reader copies it
  }
}
