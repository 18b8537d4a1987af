"""A result folder back in memory, so that it is scored again or written in another form."""

from __future__ import annotations

import datetime as dt
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import readers, schemas
from foncier._util import gdal
from foncier._util.atomic_write import write_atomically
from foncier._util.destination import MANIFEST, Owner
from foncier.detect import current_params
from foncier.errors import FormatError
from foncier.i18n import Localized
from foncier.model import (
    Agreement,
    Assembly,
    Background,
    Criterion,
    DwellingCapacity,
    Fabric,
    LayerFile,
    LayerReport,
    Missing,
    Note,
    Profile,
    RankOrder,
    ResultTables,
    Rule,
    TravelTimeRaster,
)
from foncier.model.entries import ENTRIES
from foncier.pipeline.write_results import EXCHANGE, MEASURES
from foncier.results.layers import SURFACE
from foncier.results.manifest import result_files
from foncier.study import rank_order
from foncier.study.config import Study as StudyConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from foncier.results import SavedResult


PICTURES = ("logo", "photo", "photos")


def read_measures(folder: Path) -> pd.DataFrame | None:
    """Measures of every criterion, as the run stored them; None in a result of version 0.1.0.

    Raises
    ------
    FormatError
        The file cannot be read.
    """
    file = folder / MEASURES
    if not file.is_file():
        return None
    try:
        return pd.read_parquet(file)
    except (OSError, ValueError) as reason:
        raise FormatError("api.measures_unreadable", file=file.name, reason=reason) from reason


def configuration(saved: SavedResult) -> StudyConfig:
    """Configuration of the study that a result was made of; paths start at the result's folder."""
    raw = dict(saved.manifest["configuration"])
    if raw.get("leaflet"):  # copies of the pictures have other names than the study gives
        raw["leaflet"] = {k: v for k, v in raw["leaflet"].items() if k not in PICTURES}
    return StudyConfig.model_validate({**raw, "folder": saved.folder})


def whole(saved: SavedResult) -> ResultTables:
    """All tables of a result folder with the measures, the raster and the inventory.

    Raises
    ------
    FormatError
        Something cannot be read.
    """
    measures, manifest = read_measures(saved.folder), saved.manifest
    words = manifest.get("destinations") or manifest["targets"]  # the name in version 0.1.0
    sites = _read(saved, "opportunites")
    criteria = tuple(_criterion(one) for one in manifest["criteria"])
    try:
        return ResultTables(
            title=saved.title,
            communes=saved.communes,
            edition=saved.edition,
            demo=saved.fictional,
            candidates=schemas.CANDIDATES.conform(
                sites.sort_values("opportunity_id", ignore_index=True)
            ),
            scores=_scores(sites, criteria),
            measures=measures,
            criteria=criteria,
            order=_order(manifest),
            profile=_profile(manifest["profile"]),
            destinations={key: Localized(**words[key]) for key in _in_order(sites, words)},
            reports=tuple(_report(one) for one in manifest["inputs"]),
            missing=tuple(Missing(m["what"], Localized(**m["cost"])) for m in manifest["missing"]),
            credits=tuple(manifest["credits"]),
            agreement=_agreement(manifest["robustness"]["agreement"]),
            area=saved.study_area,
            inventory=_inventory(saved),
            surface=_surface(saved, words),
            **_tables(saved),
        )
    except (KeyError, TypeError) as reason:
        raise FormatError(
            "api.manifest_of_another_version", folder=saved.folder.name, reason=reason
        ) from reason


def _in_order(sites: pd.DataFrame, words: Mapping[str, Any]) -> list[str]:
    """Destinations in the order of the columns: a manifest sorts its keys."""
    named = [str(name).removesuffix("_min") for name in sites.columns]
    return [name for name in named if name in words]


def _tables(saved: SavedResult) -> dict[str, Any]:
    """Tables that a result holds under the columns of their contracts."""
    found = {name: _read(saved, layer) for name, layer in PLAIN.items()}
    optional = {
        name: _read(saved, layer) if saved.describe(layer) is not None else None
        for name, layer in OPTIONAL.items()
    }
    lines = [_read(saved, layer) for layer in ("boucle", "axe")]
    back = {name: _near(saved, layer, table) for name, (layer, table) in GROUND.items()}
    return {
        **found,
        **optional,
        "lines": schemas.LINES.conform(gpd.GeoDataFrame(pd.concat(lines, ignore_index=True))),
        "background": Background(**back),
    }


def _inventory(saved: SavedResult) -> gpd.GeoDataFrame | None:
    """Records of the friches, from the file in the CNIG layout; None where there is none."""
    path = saved.folder / EXCHANGE
    if not path.is_file():
        return None
    file = LayerFile("inventory", path, path.name, "cnig")
    records: gpd.GeoDataFrame = readers.read(file, crs=saved.crs, communes=saved.communes)[0]
    return records


def _surface(saved: SavedResult, targets: Mapping[str, Any]) -> TravelTimeRaster | None:
    """Minutes from everywhere, from the raster; None where there is none."""
    path = saved.folder / SURFACE
    if not path.is_file():
        return None
    named = {text[lang]: key for key, text in targets.items() for lang in ("fr", "en")}
    with gdal.open_geotiff(path) as raster:
        minutes = raster.read(masked=True).filled(np.nan).astype(np.float32)
        keys = tuple(named[words.rsplit(",", 1)[0]] for words in raster.descriptions)
        corner = raster.transform
        return TravelTimeRaster(minutes, keys, corner.c, corner.f, corner.a)


def _read(saved: SavedResult, layer: str) -> Any:
    """Table of a layer; a shape of one part is a plain shape, as before it was written."""
    table = saved.table(layer)
    if not isinstance(table, gpd.GeoDataFrame):
        return table
    shapes = np.array(table.geometry.to_numpy(), dtype=object)
    lone = shapely.get_num_geometries(shapes) == 1
    shapes[lone] = shapely.get_geometry(shapes[lone], 0)
    return table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))


PLAIN = {
    "evidence": "indices",
    "tests": "tests",
    "rejections": "parcelles_ecartees",
    "access_points": "acces",
    "access": "acces_detail",
    "stops": "etapes",
}
OPTIONAL = {
    "routes": "chemins",
    "isochrones": "isochrones",
    "districts": "quartiers",
    "mutability": "mutabilite",
    "mutability_facts": "mutabilite_connus",
    "effort": "cout_durete",
    "availability": "disponibilite",
    "around": "autour",
    "site_needs": "besoins",
    "perimeters": "perimetres",
    "assemblies": "assemblages",
    "mutable_plots": "parcelles_mutables",
    "unlisted": "sites_ecartes",
    "unlisted_evidence": "indices_ecartes",
}
GROUND = {
    "streets": ("voies", schemas.STREETS),
    "buildings": ("batiments", schemas.BUILDINGS),
    "constraints": ("contraintes", schemas.CONSTRAINTS),
    "places": ("lieux", schemas.PLACES),
}


def _near(saved: SavedResult, layer: str, table: schemas.Table) -> gpd.GeoDataFrame:
    there = saved.describe(layer) is not None
    found: gpd.GeoDataFrame = (
        table.conform(_read(saved, layer)) if there else table.empty(saved.crs)
    )
    return found


def _scores(sites: pd.DataFrame, criteria: tuple[Criterion, ...]) -> pd.DataFrame:
    """Scores of the opportunities, with one column a criterion."""
    named = {f"criterion_{c.name}": c.name for c in criteria}
    columns = [*schemas.SCORES.names, *named]  # a former version had fewer
    table = pd.DataFrame(sites.reindex(columns=columns)).rename(columns=named)
    scores: pd.DataFrame = schemas.SCORES.conform(
        table.sort_values("opportunity_id", ignore_index=True)
    )
    return scores


def _order(manifest: Mapping[str, Any]) -> RankOrder:
    """How the rank was composed: the study may rank the sites that are taken."""
    score = manifest["configuration"].get("score") or {}
    return rank_order(rank_taken=bool(score.get("rank_taken", False)))


def _criterion(raw: Mapping[str, Any]) -> Criterion:
    return Criterion(**{**raw, "label": Localized(**raw["label"])})


def _profile(raw: Mapping[str, Any]) -> Profile:
    return Profile(
        raw["name"],
        Localized(**raw["label"]),
        raw["source"],
        {kind: tuple(_rule(rule) for rule in rules) for kind, rules in raw["rules"].items()},
        Fabric(**raw["fabric"]),
        DwellingCapacity(**raw["dwellings"]) if raw["dwellings"] else None,
        _assembly(raw["assembly"]) if raw["assembly"] else None,
    )


def _rule(raw: Mapping[str, Any]) -> Rule:
    failed = Localized(**raw["failed"]) if raw["failed"] else None
    rest = {name: value for name, value in raw.items() if name not in ("given", "params")}
    params = raw.get("params", raw.get("given", {}))  # "given" in version 0.1.0
    words = {"label": Localized(**raw["label"]), "failed": failed}
    return Rule(**{**rest, **words, "params": current_params(params)})


def _assembly(raw: Mapping[str, Any]) -> Assembly:
    return Assembly(**{**raw, "bare": tuple(raw["bare"]), "built": tuple(raw["built"])})


def _report(raw: Mapping[str, Any]) -> LayerReport:
    notes = tuple(Note(n["effect"], n["count"], Localized(**n["text"])) for n in raw["notes"])
    vintage = dt.date.fromisoformat(raw["vintage"]) if raw["vintage"] else None
    return LayerReport(**{**raw, "notes": notes, "vintage": vintage})


def _agreement(raw: Mapping[str, Any] | None) -> Agreement | None:
    return None if raw is None else Agreement(**raw)


def copy_result(saved: SavedResult, folder: Path, *, replace: bool = False) -> tuple[str, ...]:
    """Copy the files of a result to another folder, all or none.

    Returns
    -------
    Names of the files.

    Raises
    ------
    ConfigError
        A file there may not be replaced (`foncier._util.destination`).
    ExportError
        Something could not be written; the former files are intact.
    """
    source, names = saved.folder, sorted(saved.manifest["deliverables"])
    if (source / ENTRIES).is_file() and not (folder / ENTRIES).exists():
        names.append(ENTRIES)  # what people wrote goes along, and replaces nothing
    owner = Owner("run", saved.communes, result_files(source), replace)
    writers: dict[str, Callable[[Path], None]] = {
        name: partial(_copy, source / name) for name in (*names, MANIFEST)
    }
    if folder.resolve() != source.resolve():
        write_atomically(folder, writers, owner=owner)
    return tuple(writers)


def _copy(source: Path, path: Path) -> None:
    shutil.copyfile(source, path)
