'use strict';
/* Land assemblies: parcels that pass the rules together and fail alone. Not ranked. */

const ASSEMBLY = '#7a5c00';
/** @type {ShapeIndex|null} decoded when first needed */
let assemblyIndex = null;

/** @returns {ShapeIndex} */
function assemblyShapes() {
  assemblyIndex = assemblyIndex || new ShapeIndex(new Shapes(page.assemblies.shapes), []);
  return assemblyIndex;
}

/** @param {TileContext} tile */
function paintAssemblies(tile) {
  const { ctx } = tile;
  ctx.fillStyle = 'rgba(255, 210, 77, 0.45)';
  ctx.setLineDash([6, 3]);
  assemblyShapes().within(tile.box(3)).forEach((shape) => {
    ctx.beginPath();
    tracePath(tile, shape, true);
    ctx.fill('evenodd');
    stroke(ctx, ASSEMBLY, 2);
  });
  ctx.setLineDash([]);
}

/** @returns {L.Layer} */
function assemblyLayer() {
  map.createPane('assemblies').style.zIndex = 355; // over the rejected parcels they are made of
  return new CanvasTiles(paintAssemblies, { pane: 'assemblies' });
}

/**
 * Texts of an assembly, one line per parcel or test.
 * @param {'alone'|'together'|'agreement'} told
 * @param {number} row
 * @returns {string[]}
 */
function assemblyLines(part, row) {
  return phrase(page.assemblies[`${part}_${lang}`], row).split(' | ').filter((text) => text);
}

/**
 * @param {number} row
 * @returns {HTMLElement}
 */
function assemblyPopup(row) {
  const { id, area_m2: area, usable_area_m2: usable, kind } = page.assemblies;
  const list = (part) => el('ul', { class: 'popup-evidence' },
    ...assemblyLines(part, row).map((line) => el('li', {}, isolated(line))));
  const measure = (name, value) => `${inLanguage(page.labels[name])}${t('colon')}${quantity(value, 'm²')}`;
  return el('div', { class: 'popup', id: 'assembly' },
    el('p', { class: 'popup-kind' }, t('assembly_one')),
    el('h3', {}, isolated(id[row])),
    el('p', {}, valueLabel(unpool(kind)[row]), ' · ', measure('area_m2', area[row]), ' · ',
      measure('usable_area_m2', usable[row])),
    el('p', { class: 'popup-warning' }, isolated(assemblyLines('agreement', row).join(' '))),
    el('p', {}, el('strong', {}, t('assembly_alone'))), list('alone'),
    el('p', {}, el('strong', {}, t('assembly_together'))), list('together'),
    el('p', { class: 'source' }, t('assembly_unranked')));
}

/**
 * Open the popup of an assembly.
 * @param {number} row
 * @param {L.LatLng} [at]
 */
function openAssembly(row, at) {
  const [west, north, east, south] = assemblyShapes().shapes[row].box;
  const middle = map.unproject(L.point((west + east) / 2, (north + south) / 2), 0);
  if (!at) map.setView(middle, Math.max(map.getZoom(), 17), { animate: false });
  L.popup({ maxWidth: narrowScreen.matches ? 230 : 340, maxHeight: Math.max(110, map.getSize().y * 0.45) })
    .setLatLng(at || middle).setContent(assemblyPopup(row)).openOn(map);
}

/**
 * Answer clicks on assemblies while their layer is on.
 * @param {L.Layer} layer
 */
function listenAssemblies(layer) {
  const under = (event) => {
    const point = map.project(event.latlng, 0);
    return map.hasLayer(layer) ? assemblyShapes().at([point.x, point.y]) : null;
  };
  map.on('click', (event) => {
    const shape = sketch ? null : under(event);
    if (shape) openAssembly(shape.row, event.latlng);
  });
  map.on('mousemove', (event) => {
    map.getContainer().classList.toggle('over-assembly', under(event) !== null);
  });
}

/** @returns {HTMLElement|null} assemblies of the parcels that the search names */
function assemblyHits() {
  const word = state.query.replace(/\s+/g, '').toUpperCase();
  const { keys } = search(state.query);
  const { id, parcels } = page.assemblies;
  const matches = (row) => (word.length > 3 && `${id[row]}|${parcels[row]}`.toUpperCase().includes(word))
    || (keys.length && parcels[row].split('|').some((parcel) => keys.includes(parcelKey(parcel))));
  const rows = [...id.keys()].filter(matches).slice(0, 8);
  if (!rows.length) return null;
  return el('section', { class: 'hits', id: 'assembly-hits' }, el('h2', {}, t('assembly_hits')),
    el('ul', {}, ...rows.map((row) => el('li', {}, el('button', { type: 'button', class: 'hit',
      onclick: () => { switchOn('assemblies'); openAssembly(row); } },
    el('strong', {}, isolated(id[row])), el('br'), isolated(parcels[row].split('|').join(', ')))))));
}
