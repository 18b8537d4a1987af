"""Small good inputs of every kind, what chance makes of them, and what the readers make of that.

    python tests/fuzz/breaking.py 10000 [first case]

A case is its number: the same number is the same file, so a finding is kept by adding its number
to ``KEPT`` in ``tests/fuzz/test_fuzz.py``. EDIGEO sheets are broken in ``test_edigeo.py``.
"""

from __future__ import annotations

import collections
import copy
import gzip
import json
import resource
import sys
import tempfile
import time
import traceback
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from foncier import sources, study
from foncier.crs import legal_crs
from foncier.errors import FoncierError
from foncier.records import LayerFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CRS = legal_crs("80021")
SLOW_S, MOST_GB = 10.0, 2
Readers = tuple[tuple[str, str], ...]

TOKENS = (
    b"-1", b"0", b"1e309", b"NaN", b"null", b"true", b'""', b"[]", b"{}", b"99999999999999999999",
    b"\x00", b"\xff\xfe", b"\xe9", "é—\u202e🙂".encode(), b"POINT EMPTY", b";", b",", b"|", b'"',
    b"\r\n", b"2023-13-45", b"<!--", b"]]>", b"..", b"%s%n", b"${HOME}",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, float("nan"), "", "é\u0000", [], {}, [[]], "x" * 5000, 10**30,
    [1e9, 1e9], {"type": "Point"}, "80021000AR0150",
)  # fmt: skip


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


def _lines(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


FAULTS: tuple[Callable[[bytes, Random], bytes], ...] = (_lost, _twice, _word, _byte, _lines, _cut)


def packed(data: bytes, random: Random) -> bytes:
    """Gzip of data, itself damaged once in ten times."""
    whole = gzip.compress(data, mtime=0)
    return mutated(whole, random) if random.random() < 0.1 else whole


def _square(x: float, y: float) -> dict[str, Any]:
    ring = [[x, y], [x + 0.001, y], [x + 0.001, y + 0.001], [x, y + 0.001], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def _features(*properties: Mapping[str, Any], shape: dict[str, Any] | None = None) -> bytes:
    rows = [
        {"type": "Feature", "properties": dict(one),
         "geometry": shape or _square(2.30 + 0.001 * n, 49.89)}
        for n, one in enumerate(properties)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": rows}).encode()


CNIG = (
    "site_id;site_nom;site_type;site_statut;site_identif_date;site_actu_date;comm_insee;source_nom;"
    "geompoint;unite_fonciere_surface;unite_fonciere_refcad;local_ancien_annee\n"
    "80021_1;Halle « Sernam »;friche ferroviaire;friche potentielle;2023-01-01;2023-01-02;80021;"
    "DDTM;POINT (2.3 49.89);1200;80021000AR0150|80021000AR0151;1538690400.0\n"
    "80021_2;Atelier;inconnu;NA;2023-01-01;2023-05-02;80021;ADUGA;POINT (2.31 49.89);NA;{};\n"
).encode()
LOVAC = (
    "comm_insee;NOM_COM;Nb_log_pp_2022;Prop_logvac_pp_2A_010121\n"
    "80021;Amiens;9 000;3,1\n1004;Ambérieu;5 922;s\n"
).encode("latin-1")
OSM = b"""<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><node id="1" lat="49.89" lon="2.30"/><node id="2" lat="49.891" lon="2.301"/>
<node id="3" lat="49.892" lon="2.300">
<tag k="shop" v="vacant"/><tag k="name" v="Ex-Caf&#233;"/></node>
<way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
<tag k="highway" v="residential"/><tag k="layer" v="1"/></way>
<way id="8"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
<tag k="disused:building" v="yes"/><tag k="leisure" v="park"/></way>
<relation id="9"><member type="way" ref="8" role="outer"/>
<tag k="type" v="multipolygon"/><tag k="landuse" v="brownfield"/></relation>
</osm>"""
PLACE = {"type": "Point", "coordinates": [2.3, 49.89]}
LINE = {"type": "LineString", "coordinates": [[2.3, 49.89], [2.301, 49.891]]}
PARCEL = {"id": "80021000AR0150", "commune": "80021", "prefixe": "000", "section": "AR",
          "numero": "150", "contenance": 800}  # fmt: skip
TOML = b"""[study]
title = "Essai"
communes = ["80021"]
date = 2026-01-15
[area]
around = "extent"
[axis]
name = "Axe"
half_width_m = 400
waypoints = [ { name = "A", lat = 49.9, lon = 2.29 }, { name = "B", lat = 49.89, lon = 2.3 } ]
[rules.dent_creuse.width]
at_least = 9
[signals]
osm_disused = 1.5
[weights]
station = 2
[layers.parcels]
path = "p.geojson"
format = "etalab-cadastre"
[[layers.places]]
path = "l.geojson"
constants = { category = "stop" }
"""
# Name of the file, its good bytes, and the (layer, format) pairs that read it.
SEEDS: Mapping[str, tuple[bytes, Readers]] = {
    "p.json.gz": (_features(PARCEL, {**PARCEL, "numero": "151", "id": "80021000AR0151"}),
                  (("parcels", "etalab-cadastre"),)),
    "b.json.gz": (_features({"type": "01", "commune": "80021", "nom": None}),
                  (("buildings", "etalab-cadastre"),)),
    "z.geojson": (_features({"typezone": "U", "libelle": "UA"}, {"typezone": "AUc"}),
                  (("zones", "vector"),)),
    "c.geojson": (_features({"kind": "park", "label": "Square", "effect": "exclude"}),
                  (("constraints", "vector"),)),
    "l.geojson": (_features({"category": "stop", "name": "Gare"}, shape=PLACE),
                  (("places", "vector"),)),
    "i.geojson": (_features({"signal": "osm_disused", "subject": "site", "observed_on":
                             "2024-01-01", "source": "relevé"}), (("observations", "vector"),)),
    "v.geojson": (_features({"name": "Rue", "roadClass": "minor", "structure": "bridge"},
                            shape=LINE), (("streets", "lines"),)),
    "r.geojson": (_features({"residents": 12.5}, shape=PLACE), (("population", "vector"),)),
    "velam.json": (b'[{"name": "Gare", "category": "stop", "latitude": 49.89, "longitude": 2.3}]',
                   (("places", "latlon-json"),)),
    "f.csv": (CNIG, (("inventory", "cnig"),)),
    "lovac.csv": (LOVAC, (("vacancy_rates", "lovac"),)),
    "o.osm": (OSM, (("streets", "osm-xml"), ("places", "osm-xml"), ("constraints", "osm-xml"),
                    ("observations", "osm-xml"))),
    "study.toml": (TOML, ()),
}  # fmt: skip


def case(seed: int, random: Random) -> tuple[str, bytes, Readers]:
    """Name, broken bytes and readers of one case."""
    name = list(SEEDS)[seed % len(SEEDS)]
    data, readers = SEEDS[name]
    json_like = name.endswith((".geojson", ".json", ".json.gz"))
    broken = (in_tree if json_like and random.random() < 0.6 else mutated)(data, random)
    return name, packed(broken, random) if name.endswith(".gz") else broken, readers


def tried(name: str, data: bytes, readers: Readers, folder: Path) -> list[str]:
    """Outcome of each reader of a file; an error of ours or a table are both good."""
    path = folder / name
    path.write_bytes(data)
    if not readers:
        return [_outcome(lambda: study.load(path))]
    files = [LayerFile(layer, path, name, format_) for layer, format_ in readers]
    return [_outcome(partial(sources.read, file, crs=CRS, communes=("80021",))) for file in files]


def _outcome(work: Callable[[], object]) -> str:
    try:
        work()
    except FoncierError as fault:
        return type(fault).__name__ if str(fault).strip() else "an error without words"
    return "read"


def main(count: int, first: int) -> int:
    """Run the cases, print what came out; the exit code is the number of faults, at most 1."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_GB << 30, MOST_GB << 30))
    told: collections.Counter[str] = collections.Counter()
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            began = time.perf_counter()
            try:
                told.update(tried(*case(seed, Random(seed)), Path(folder)))
            except Exception as crash:  # noqa: BLE001  # this is what is looked for
                faults += 1
                where = traceback.extract_tb(crash.__traceback__)
                ours = [f for f in where if "sources" in f.filename or "study" in f.filename][-1]
                print(f"{seed}: {type(crash).__name__}: {str(crash)[:120]} "
                      f"({Path(ours.filename).name}:{ours.lineno})")  # fmt: skip
            took = time.perf_counter() - began
            if took > SLOW_S:
                faults += 1
                print(f"{seed}: {took:.0f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} cases, {faults} faults, peak {peak:.0f} MB, {dict(told)}")
    return min(1, faults)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
