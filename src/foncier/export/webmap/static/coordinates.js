'use strict';
/* Coordinates as people write them: degrees, minutes and seconds, addresses of other maps, metres of
   Lambert-93, of a conic zone or of an overseas UTM zone. */

const RADIANS = Math.PI / 180;
const GRS80 = { a: 6378137, f: 1 / 298.257222101 };
const ECCENTRICITY = Math.sqrt(GRS80.f * (2 - GRS80.f));
const NUMBER = '[-+]?\\d{1,3}(?:[.,]\\d+)?';
const GAP = '[\\s;,/]+';
/** Addresses of other maps, and how they order latitude and longitude. */
const ADDRESSES = [
  [/@(-?\d+\.\d+),(-?\d+\.\d+)/, false], // Google Maps
  [/#map=[\d.]+\/(-?\d+\.\d+)\/(-?\d+\.\d+)/, false], // OpenStreetMap
  [/[?&]c=(-?\d+\.\d+),(-?\d+\.\d+)/, true], // Géoportail
  [/^geo:(-?\d+\.\d+),(-?\d+\.\d+)/i, false],
  [/^(?:SRID=\d+;)?POINT\s*\(\s*(-?\d+\.\d+)\s+(-?\d+\.\d+)\s*\)$/i, true],
];
/** UTM zones of the legal systems overseas: central meridian, and whether it lies in the south. */
const OVERSEAS = { 971: [-63, false], 972: [-63, false], 973: [-51, false], 974: [57, true], 976: [45, true] };

/**
 * Latitude and longitude (WGS 84) that a text says, or null when it says none.
 * @param {string} text
 * @param {string[]} [communes] of the study: they tell the metric system overseas
 * @returns {number[]|null}
 */
function parseCoordinates(text, communes = []) {
  const plain = text.trim().replace(/[\u00a0\u202f\u2009]/g, ' ');
  const found = fromAddress(plain) || fromDegrees(plain) || fromDecimals(plain) || fromMetres(plain, communes);
  return found && Math.abs(found[0]) <= 85 && Math.abs(found[1]) <= 180 ? found : null;
}

/** @param {string} text @returns {number[]|null} */
function fromAddress(text) {
  for (const [pattern, swapped] of ADDRESSES) {
    const match = pattern.exec(text);
    if (match) return swapped ? [Number(match[2]), Number(match[1])] : [Number(match[1]), Number(match[2])];
  }
  return null;
}

const decimal = (text) => Number(text.replace(',', '.'));

/**
 * Degrees, minutes and seconds, each with its sign, and the hemisphere before or after.
 * @param {string} text
 * @returns {number[]|null}
 */
function fromDegrees(text) {
  const one = '([NSEWO])?\\s*(\\d{1,3}(?:[.,]\\d+)?)\\s*[°º]\\s*(?:(\\d{1,2}(?:[.,]\\d+)?)\\s*[\'′’]\\s*)?'
    + '(?:(\\d{1,2}(?:[.,]\\d+)?)\\s*(?:"|″|”|\'\'|′′|’’)\\s*)?([NSEWO])?';
  const match = new RegExp(`^${one}${GAP}?${one}$`, 'i').exec(text);
  if (!match) return null;
  const [first, second] = [match.slice(1, 6), match.slice(6, 11)].map(([before, d, m, s, after]) => {
    const side = (before || after || '').toUpperCase();
    const size = decimal(d) + decimal(m || '0') / 60 + decimal(s || '0') / 3600;
    return { side, value: 'SWO'.includes(side) && side ? -size : size };
  });
  return 'EWO'.includes(first.side) && first.side ? [second.value, first.value] : [first.value, second.value];
}

/**
 * Two decimal numbers, with a point or a comma; latitude first, or as their letters say.
 * @param {string} text
 * @returns {number[]|null}
 */
function fromDecimals(text) {
  const bare = text.replace(/^\(|\)$/g, '').replace(/\b(?:latitude|longitude|lat|long|lng|lon)\b\.?\s*[:=]?/gi, ' ').trim();
  const letter = '([NSEWO])?';
  const one = `${letter}\\s*(${NUMBER})\\s*[°º]?\\s*${letter}`;
  const match = new RegExp(`^${one}${GAP}${one}$`, 'i').exec(bare);
  if (!match || ![match[2], match[5]].every((number) => /[.,]/.test(number))) return null;
  const sides = [match[1] || match[3], match[4] || match[6]].map((side) => (side || '').toUpperCase());
  const [a, b] = [match[2], match[5]].map((number, i) => (
    ['S', 'W', 'O'].includes(sides[i]) ? -decimal(number) : decimal(number)));
  const lonFirst = ['E', 'W', 'O'].includes(sides[0]) || /^\s*(?:longitude|long|lng|lon)\b/i.test(text);
  return lonFirst ? [b, a] : [a, b];
}

/**
 * Metres, east then north, of the system that they can belong to.
 * @param {string} text
 * @param {string[]} communes
 * @returns {number[]|null}
 */
function fromMetres(text, communes) {
  const whole = '(\\d{6,7}|\\d{1,3}(?: \\d{3}){1,2})(?:[.,](\\d+))?\\s*m?';
  const match = new RegExp(`^(?:x|e)?\\s*[:=]?\\s*${whole}${GAP}(?:y|n)?\\s*[:=]?\\s*${whole}$`, 'i').exec(text);
  if (!match) return null;
  const [x, y] = [[match[1], match[2]], [match[3], match[4]]].map(
    ([units, rest]) => Number(`${units.replaceAll(' ', '')}.${rest || '0'}`),
  );
  const overseas = OVERSEAS[(communes[0] || '').slice(0, 3)];
  if (overseas) return fromUtm(x, y, ...overseas);
  if (x > 0 && x < 1.4e6 && y > 6e6 && y < 7.3e6) return fromConic(x, y, LAMBERT_93);
  const zone = Math.round((y - 200000) / 1e6) + 41; // CC42 to CC50: RGF93 conic zones
  if (zone < 42 || zone > 50 || x < 1.1e6 || x > 2.4e6) return null;
  return fromConic(x, y, { middle: zone, south: zone - 0.75, north: zone + 0.75, x0: 1.7e6,
    y0: (zone - 41) * 1e6 + 200000 });
}

/** EPSG:2154. */
const LAMBERT_93 = { middle: 46.5, south: 44, north: 49, x0: 700000, y0: 6600000 };

/**
 * Latitude and longitude of metres of a Lambert conic (EPSG method 9802), central meridian 3° east.
 * @param {number} x
 * @param {number} y
 * @param {{middle: number, south: number, north: number, x0: number, y0: number}} conic
 * @returns {number[]}
 */
function fromConic(x, y, { middle, south, north, x0, y0 }) {
  const isometric = (lat) => Math.asinh(Math.tan(lat)) - ECCENTRICITY * Math.atanh(ECCENTRICITY * Math.sin(lat));
  const parallel = (lat) => Math.cos(lat) / Math.sqrt(1 - (ECCENTRICITY * Math.sin(lat)) ** 2);
  const [low, high] = [south * RADIANS, north * RADIANS];
  const n = Math.log(parallel(low) / parallel(high)) / (isometric(high) - isometric(low));
  const scale = (GRS80.a * parallel(low) * Math.exp(n * isometric(low))) / n;
  const top = scale * Math.exp(-n * isometric(middle * RADIANS));
  const [east, down] = [x - x0, top - (y - y0)];
  const wanted = -Math.log(Math.hypot(east, down) / scale) / n;
  let lat = Math.atan(Math.sinh(wanted));
  for (let i = 0; i < 8; i += 1) {
    lat = Math.atan(Math.sinh(wanted + ECCENTRICITY * Math.atanh(ECCENTRICITY * Math.sin(lat))));
  }
  return [lat / RADIANS, 3 + Math.atan2(east, down) / n / RADIANS];
}

/**
 * Latitude and longitude of metres of a UTM zone (Krüger's series to the third power).
 * @param {number} x
 * @param {number} y
 * @param {number} meridian degrees
 * @param {boolean} south
 * @returns {number[]}
 */
function fromUtm(x, y, meridian, south) {
  const n = GRS80.f / (2 - GRS80.f);
  const radius = (GRS80.a / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64) * 0.9996;
  const beta = [n / 2 - (2 * n ** 2) / 3 + (37 * n ** 3) / 96, n ** 2 / 48 + n ** 3 / 15, (17 * n ** 3) / 480];
  const [north, east] = [(y - (south ? 1e7 : 0)) / radius, (x - 500000) / radius];
  const [u, v] = beta.reduce(([a, b], factor, k) => [
    a - factor * Math.sin(2 * (k + 1) * north) * Math.cosh(2 * (k + 1) * east),
    b - factor * Math.cos(2 * (k + 1) * north) * Math.sinh(2 * (k + 1) * east),
  ], [north, east]);
  const conformal = Math.asin(Math.sin(u) / Math.cosh(v));
  let lat = conformal;
  for (let i = 0; i < 8; i += 1) {
    lat = Math.atan(Math.sinh(Math.asinh(Math.tan(conformal)) + ECCENTRICITY * Math.atanh(ECCENTRICITY * Math.sin(lat))));
  }
  return [lat / RADIANS, meridian + Math.atan2(Math.sinh(v), Math.cos(u)) / RADIANS];
}
