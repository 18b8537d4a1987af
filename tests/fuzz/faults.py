"""What chance makes of a file: bytes moved or lost, and faults that leave its structure whole."""

from __future__ import annotations

import copy
import json
import sqlite3
import struct
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from .inputs import Input

    Fault = Callable[[bytes, Random], bytes]

TOKENS = (
    b"-1",
    b"0",
    b"1e309",
    b"NaN",
    b"null",
    b"true",
    b'""',
    b"[]",
    b"{}",
    b"99999999999999999999",
    b"\x00",
    b"\xff\xfe",
    b"\xe9",
    "é—\u202e🙂".encode(),
    b"POINT EMPTY",
    b";",
    b",",
    b"|",
    b'"',
    b"\r\n",
    b"2023-13-45",
    b"<!--",
    b"]]>",
    b"..",
    b"%s%n",
    b"${HOME}",
    b"inf",
    b"-0.0",
    b"1,5",
    b"0001-01-01",
    b"9999-12-31",
    b"POLYGON ((0 0, 1 1, 0 1))",
    b"POINT (nan inf)",
    b"80021",
    b"POINT Z (2.3 49.89 1)",
    b"GEOMETRYCOLLECTION EMPTY",
    b"25:61:61",
    b"=cmd|' /C calc'!A0",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1e308,
    float("nan"),
    "",
    "é\u0000",
    [],
    {},
    [[]],
    "x" * 5000,
    10**30,
    [1e9, 1e9],
    {"type": "Point"},
    "80021000AR0150",
    float("inf"),
    "\ud800",
    [None, None],
    {"type": "GeometryCollection", "geometries": []},
    {"type": "MultiPolygon", "coordinates": [[[]]]},
    {"type": "Point", "coordinates": []},
    {
        "type": "Polygon",
        "coordinates": [[[2.3, 49.8], [2.4, 49.9], [2.3, 49.9], [2.4, 49.8], [2.3, 49.8]]],
    },
)
NUMBERS = (0, 1, 2, 3, 7, 255, 65535, 2**31 - 1, 2**31, 2**32 - 1)
STATEMENTS = (
    'UPDATE "{table}" SET "{column}" = ?',
    'UPDATE "{table}" SET "{column}" = ? WHERE rowid = 1',
    'UPDATE "{table}" SET "{column}" = ? WHERE rowid = 2',
    'DELETE FROM "{table}" WHERE ? IS NOT 7',
    'DROP TABLE "{table}" --',
    'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "y" --',
)


def broken(good: Input, random: Random) -> bytes:
    """The file with faults in one of its parts, or in the whole once packed."""
    parts = dict(good.parts)
    packs = good.pack(parts) != parts[next(iter(parts))]
    if packs and random.random() < 0.15:
        return mutated(good.whole, random)
    name = random.choice(list(parts))
    if len(parts) > 1 and random.random() < 0.08:
        del parts[name]
        return good.pack(parts)
    structured = FORMS.get(good.form)
    if structured is not None and random.random() < 0.6:
        parts[name] = structured(parts[name], random)
    else:
        parts[name] = mutated(parts[name], random)
    return good.pack(parts)


def mutated(data: bytes, random: Random) -> bytes:
    """Data with one to four faults: bytes, slices, lines and words moved, lost or out of place."""
    for _ in range(random.randint(1, 4)):
        data = random.choice(FAULTS)(data, random)
    return data


def in_tree(data: bytes, random: Random) -> bytes:
    """JSON with a value or a key somewhere replaced by another, still JSON."""
    tree = json.loads(data)
    for _ in range(random.randint(1, 3)):
        _shake(tree, random)
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _shake(node: Any, random: Random) -> None:
    while isinstance(node, dict | list) and node:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        key = random.choice(list(keys))
        if random.random() < 0.25 or not isinstance(node[key], dict | list):
            break
        node = node[key]
    if not isinstance(node, dict | list) or not node:
        return
    chance = random.random()
    if chance < 0.6:
        node[key] = copy.deepcopy(random.choice(VALUES))
    elif chance < 0.8:
        del node[key]
    elif isinstance(node, list):
        node.append(copy.deepcopy(node[key]))
    else:
        node[str(key) + "x"] = node.pop(key)


def in_cells(data: bytes, random: Random) -> bytes:
    """A table with cells, columns or rows replaced, lost, doubled or swapped."""
    head = data.split(b"\n", 1)[0]
    mark = max((b";", b",", b"\t"), key=head.count)
    rows = [line.split(mark) for line in data.split(b"\n")]
    for _ in range(random.randint(1, 3)):
        row = random.choice(rows)
        cell = random.randrange(len(row))
        chance = random.random()
        if chance < 0.5:
            row[cell] = random.choice(TOKENS)
        elif chance < 0.65:
            row[cell], row[0] = row[0], row[cell]
        elif chance < 0.75:
            rows.append(list(row))
        elif chance < 0.85:
            for one in rows:
                del one[cell : cell + 1]
            rows = [one or [b""] for one in rows]
        else:
            row.insert(cell, random.choice(TOKENS))
    return b"\n".join(mark.join(row) for row in rows)


def in_elements(data: bytes, random: Random) -> bytes:
    """XML with elements or attributes replaced, lost, doubled or moved, still XML."""
    root = ET.fromstring(data)  # noqa: S314  # our own
    for _ in range(random.randint(1, 3)):
        parents = [one for one in root.iter() if len(one)]
        parent = random.choice(parents or [root])
        child = random.choice(list(parent) or [root])
        chance = random.random()
        if chance < 0.5 and child.attrib:
            name = random.choice(list(child.attrib))
            child.set(name, random.choice(TOKENS).decode("latin-1").replace("\x00", ""))
        elif chance < 0.6 and child.attrib:
            del child.attrib[random.choice(list(child.attrib))]
        elif chance < 0.75 and child is not root:
            parent.remove(child)
        elif chance < 0.9:
            parent.append(copy.deepcopy(child))
        else:
            child.text = random.choice(TOKENS).decode("latin-1").replace("\x00", "")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def in_lines(data: bytes, random: Random) -> bytes:
    """Lines lost, doubled or swapped, or what follows the ``=`` or ``:`` in one replaced."""
    lines = data.split(b"\n")
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(lines))
        chance = random.random()
        for mark in (b"=", b":"):
            if chance < 0.6 and mark in lines[at]:
                key = lines[at].split(mark, 1)[0]
                lines[at] = key + mark + random.choice(TOKENS)
                break
        else:
            if chance < 0.75:
                lines.insert(at, lines[random.randrange(len(lines))])
            elif len(lines) > 1:
                del lines[at]
    return b"\n".join(lines)


def in_tags(data: bytes, random: Random) -> bytes:
    """TIFF with the type, the count or the value of some tags replaced."""
    found = bytearray(data)
    begin = struct.unpack_from("<I", found, 4)[0]
    count = struct.unpack_from("<H", found, begin)[0]
    for _ in range(random.randint(1, 3)):
        entry = begin + 2 + 12 * random.randrange(count)
        field, form = random.choice(((0, "<H"), (2, "<H"), (4, "<I"), (8, "<I"), (8, "<I")))
        value = random.choice((*NUMBERS, random.randrange(2**16)))
        struct.pack_into(form, found, entry + field, value % (2**16 if form == "<H" else 2**32))
    return bytes(found)


def in_tables(data: bytes, random: Random) -> bytes:
    """GeoPackage with its own tables changed, still SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gpkg"
        path.write_bytes(data)
        with closing(sqlite3.connect(path, isolation_level=None)) as base:
            names = [
                row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type='table'")
            ]
            for _ in range(random.randint(1, 3)):
                _tampered(base, random.choice(names), random)
        return path.read_bytes()


def _tampered(base: sqlite3.Connection, name: str, random: Random) -> None:
    try:
        columns = [row[1] for row in base.execute(f'PRAGMA table_info("{name}")')]
        column = random.choice(columns or ["x"])
        value = random.choice(
            (
                None,
                -1,
                0,
                10**15,
                1e308,
                "",
                "x" * 999,
                b"GP\x00\x01",
                b"\x00",
                "POINT",
                2154,
                4326,
                99999,
            )
        )
        statement = random.choice(STATEMENTS).format(table=name, column=column)
        base.execute(statement, () if "--" in statement else (value,))
    except sqlite3.Error:
        return  # a rule of the file forbids it: another fault will do


def _slice(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 2, 8, 40, 300)))


def _lost(data: bytes, random: Random) -> bytes:
    start, end = _slice(data, random)
    return data[:start] + data[end:]


def _twice(data: bytes, random: Random) -> bytes:
    start, end = _slice(data, random)
    return data[:end] + data[start:end] * random.choice((1, 1, 50)) + data[end:]


def _word(data: bytes, random: Random) -> bytes:
    start, end = _slice(data, random)
    return data[:start] + random.choice(TOKENS) + data[random.choice((start, end)) :]


def _byte(data: bytes, random: Random) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]


def _head(data: bytes, random: Random) -> bytes:
    """A byte of the beginning, where formats keep their lengths and numbers."""
    return _byte(data[:200], random) + data[200:]


def _lines(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


FAULTS: tuple[Fault, ...] = (_lost, _twice, _word, _byte, _byte, _head, _lines, _cut)
FORMS: Mapping[str, Fault] = {
    "json": in_tree,
    "csv": in_cells,
    "xml": in_elements,
    "toml": in_lines,
    "lines": in_lines,
    "tiff": in_tags,
    "sqlite": in_tables,
}
