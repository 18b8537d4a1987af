"""Sheets of the cadastre in EDIGEO, as short as GDAL takes them."""

from __future__ import annotations

import bz2
import io
import tarfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Object = tuple[str, str, dict[str, str], list[tuple[float, float]]]
    Objects = list[Object]
    Blocks = list[list[tuple[str, str]]]

X, Y = 951_000.0, 6_703_000.0
KINDS = {
    "PARCELLE_id": "ARE",
    "BATIMENT_id": "ARE",
    "SUBDSECT_id": "ARE",
    "TRONFLUV_id": "ARE",
    "TSURF_id": "ARE",
    "ZONCOMMUNI_id": "LIN",
}
ATTRIBUTES = ("IDU", "DUR", "SYM", "TEX", "TEX2")


def box(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    corners = [(0, 0), (width, 0), (width, height), (0, height), (0, 0)]
    return [(X + x + dx, Y + y + dy) for dx, dy in corners]


def whole(number: str) -> tuple[str, str, dict[str, str], list[tuple[float, float]]]:
    return "SUBDSECT_id", f"S{number}", {"IDU": f"354{number}"}, box(0, 0, 500, 500)


def written(blocks: Blocks, name: str) -> bytes:
    lines = [f"BOMT {len(name):02d}:{name}", "CSET 03:IRV", ""]
    for block in blocks:
        lines += [f"{key}{len(value):02d}:{value}" for key, value in block] + [""]
    return ("\r\n".join([*lines, "EOMT 00:"]) + "\r\n").encode("latin-1")


def vectors(objects: Objects, lot: str) -> Blocks:
    """Faces and arcs, the objects that they draw, and the links between them."""
    vector, links = [], []
    for number, (kind, rid, values, points) in enumerate(objects):
        arc, face = f"{lot};SeTOP_1;PAR;Arc_{number}", f"{lot};SeTOP_1;PFE;Face_{number}"
        feature = f"{lot};SeTOP_1;FEA;Objet_{rid}"
        vector.append([("RTYSA", "PFE"), ("RIDSA", f"Face_{number}")])
        vector.append(
            [("RTYSA", "PAR"), ("RIDSA", f"Arc_{number}"), ("PTCSN", str(len(points)))]
            + [("CORCC", f"+{x:.2f};+{y:.2f};") for x, y in points]
        )
        drawn = [("RTYSA", "FEA"), ("RIDSA", f"Objet_{rid}"), ("SCPCP", f"{lot};SeSD;OBJ;{kind}")]
        for name, value in values.items():
            said = f"{lot};SeSD;ATT;{name}_id"
            drawn += [("ATPCP", said), ("TEXT ", "8859-1"), ("ATVST", value)]
        vector.append([*drawn, ("QAPCP", f"{lot};SeQL;QUP;Q_{rid}")])
        if KINDS[kind] == "LIN":
            links.append([("RTYSA", "LNK"), ("FTPCP", feature), ("FTPCP", arc)])
        else:
            links.append([("RTYSA", "LNK"), ("FTPCP", arc), ("FTPCP", face)])
            links.append([("RTYSA", "LNK"), ("FTPCP", feature), ("FTPCP", face)])
    return vector + links


def schema(lot: str) -> Blocks:
    """Which attributes and objects there are."""
    blocks = [
        [
            ("RTYSA", "ATT"),
            ("RIDSA", f"{n}_id"),
            ("DIPCP", f"{lot};SeNM;DIA;A_{n}"),
            ("CANSN", "80"),
        ]
        for n in ATTRIBUTES
    ]
    return blocks + [
        [("RTYSA", "OBJ"), ("RIDSA", kind), ("DIPCP", f"{lot};SeNM;DID;O_{kind}"), ("KNDSA", form)]
        + [("AAPCP", f"{lot};SeSD;ATT;{name}_id") for name in ATTRIBUTES]
        for kind, form in KINDS.items()
    ]


def sheet(
    objects: Objects, *, lot: str = "EDAB01", system: str = "LAMB93", day: str = "20190310"
) -> dict[str, bytes]:
    """Files of a sheet in EDIGEO, as short as GDAL takes them."""
    thf = [("RTYSA", "GTS"), ("TDASD", day)]
    lots = [
        ("RTYSA", "GTL"),
        ("LONSA", lot),
        ("GNNSA", "SE"),
        ("GONSA", "SE"),
        ("QANSA", "SE"),
        ("DINSA", "SE"),
        ("SCNSA", "SE"),
        ("GDNSA", "T1"),
    ]
    geo = [("RTYSA", "GEO"), ("RELSA", system)]
    gen = [("RTYSA", "DEG"), ("CM1CC", "+1.00;+1.00;"), ("CM2CC", "+2.00;+2.00;")]
    terms = [
        [("RTYSA", "DIA"), ("RIDSA", f"A_{n}"), ("LABSA", n), ("TYPSA", "T")] for n in ATTRIBUTES
    ]
    terms += [[("RTYSA", "DID"), ("RIDSA", f"O_{k}"), ("LABSA", k)] for k in KINDS]
    quality = [
        [("RTYSA", "QUP"), ("RIDSA", f"Q_{rid}"), ("ODASD", day), ("UDASD", day)]
        for _, rid, _, _ in objects
    ]
    parts = {
        f"E000{lot[2:]}.THF": [thf, lots],
        f"{lot}SE.GEO": [geo],
        f"{lot}SE.GEN": [gen],
        f"{lot}SE.DIC": terms,
        f"{lot}SE.SCD": schema(lot),
        f"{lot}SE.QAL": quality,
        f"{lot}T1.VEC": vectors(objects, lot),
    }
    return {name: written(blocks, name) for name, blocks in parts.items()}


def tarred(files: Mapping[str, bytes], *more: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for member in more:
            archive.addfile(member)
    return stream.getvalue()


def deliver(
    folder: Path, objects: Objects, *, number: str = "000AB01", insee: str = "25354", **given: Any
) -> Path:
    path = folder / f"edigeo-{insee}{number}.tar.bz2"
    path.write_bytes(
        bz2.compress(tarred(sheet([whole(number), *objects], lot=f"ED{number[3:]}", **given)))
    )
    return path


PLOT = ("PARCELLE_id", "1", {"IDU": "354000AB0001"}, box(0, 0, 30, 40))
HOUSE = ("BATIMENT_id", "2", {"DUR": "01"}, box(5, 5, 10, 10))
SHED = ("BATIMENT_id", "3", {"DUR": "02"}, box(20, 5, 5, 5))
STREET = ("ZONCOMMUNI_id", "4", {"TEX": "Rue", "TEX2": "des Champs"}, box(0, -5, 100, 0)[:2])
