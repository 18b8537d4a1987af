// Unit tests of the functions of the page that need no browser, in node's own runner.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const STATIC = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../src/foncier/export/webmap/static');

/**
 * Values of scripts of the page, run together in a context with stand-ins for what they read of it.
 * @param {string[]} files
 * @param {string[]} names
 * @param {object} stubs
 */
function load(files, names, stubs = {}) {
  const context = vm.createContext({ TextDecoder, Uint8Array, URLSearchParams, Intl, ...stubs });
  const text = files.map((file) => fs.readFileSync(path.join(STATIC, file), 'utf8')).join('\n');
  return vm.runInContext(`${text}\n;({ ${names.join(', ')} })`, context);
}

const plain = (value) => JSON.parse(JSON.stringify(value));
const withoutAccents = (text) => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase();
const page = { communes: ['80021'], title: 'x', criteria: [], sites: [] };

test('words of a query: accents, short forms, zeros, plurals and linking words', () => {
  const { wordsOf } = load(['search.js'], ['wordsOf'], { withoutAccents, page });
  assert.deepEqual(plain(wordsOf('Bd. de la Gare')), ['boulevard', 'gare']);
  assert.deepEqual(plain(wordsOf('ÉCOLES St-Leu')), ['ecole', 'saint', 'leu']);
  assert.deepEqual(plain(wordsOf('BK 0004')), ['bk', '4']);
  assert.deepEqual(plain(wordsOf('la')), ['la']);
});

test('two words differ by one letter at most, either way round', () => {
  const { almostEqual } = load(['search.js'], ['almostEqual'], { withoutAccents, page });
  const pairs = [['citadelle', 'citadele', true], ['gare', 'grae', true], ['gare', 'gares', true], ['gare', 'port', false],
    ['gare', 'garage', false], ['', 'a', true]];
  pairs.forEach(([a, b, same]) => {
    assert.equal(almostEqual(a, b), same, `${a} ${b}`);
    assert.equal(almostEqual(b, a), same, `${b} ${a}`);
  });
});

test('a text is read in the encodings of spreadsheets', () => {
  const { decodeText } = load(['exchange.js'], ['decodeText']);
  const text = 'record;note\r\nvisit;Élu d\'été – œuvre';
  const utf16 = Buffer.from(text, 'utf16le');
  const swapped = Buffer.from(utf16).swap16();
  const files = [Buffer.from(text), Buffer.from(`\ufeff${text}`), utf16, Buffer.from(`\ufeff${text}`, 'utf16le'), swapped];
  files.forEach((bytes, k) => assert.equal(decodeText(new Uint8Array(bytes)).replace(/^\ufeff/, ''), text, `file ${k}`));
  // node 20 reads what Windows-1252 has beyond Latin-1 otherwise than browsers, which test_exchange.py tries
  assert.equal(decodeText(new Uint8Array(Buffer.from('Élu', 'latin1'))), 'Élu');
  assert.equal(decodeText(new Uint8Array()), '');
});

test('cells of a table, whatever its separator', () => {
  const stubs = { page, window: { localStorage: { setItem() {}, removeItem() {}, getItem: () => null } } };
  const { csvRows, parseDate } = load(['visit.js'], ['csvRows', 'parseDate'], stubs);
  [';', ',', '\t'].forEach((mark) => {
    const text = ['a', 'b', '"x ""y""\n;,\tz"'].join(mark);
    assert.deepEqual(plain(csvRows(`h${mark}i${mark}j\r\n${text}\r\n`)), [['h', 'i', 'j'], ['a', 'b', 'x "y"\n;,\tz']]);
  });
  assert.deepEqual(plain(csvRows('a;"b')), []);
  assert.equal(parseDate('21/11/2026'), '2026-11-21');
  assert.equal(parseDate('31/02/2026x'), '');
});

test('a number of a link is written as a script writes one', () => {
  const { numbersOf } = load(['link.js'], ['numbersOf'], { page });
  assert.deepEqual(plain(numbersOf('14.25,49.9,-2.3')), [14.25, 49.9, -2.3]);
  ['', '1,', '0x10', '1e999', '٣', '1;2', 'NaN', 'Infinity', '+1'].forEach((text) => assert.deepEqual(plain(numbersOf(text)), [], text));
});
