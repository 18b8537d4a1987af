"""Back-test of the rule sets: what they would have listed of the plots built since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import detect, readers
from foncier._util.atomic_write import write_atomically
from foncier._util.destination import Owner, subject_of
from foncier.crs import legal_crs
from foncier.errors import ConfigError
from foncier.export.tables import write_frame
from foncier.i18n import Message, localized
from foncier.model import LayerFile
from foncier.pipeline.layers import layer_files, read_layers
from foncier.pipeline.run import CONTEXT_LAYERS
from foncier.pipeline.study_area import study_area, trace_lines
from foncier.study import known_profiles, profile, published, study_files
from foncier.validation.backtest import hindsight

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

    from foncier.i18n import Lang, Localized
    from foncier.model import Profile
    from foncier.study.config import Study

    Flags = NDArray[np.bool_]

LAST = 10  # years
DATED = ("fichiers-fonciers", "bdnb")  # formats of observations that may hold the years
SETS, RULES = "backtest.csv", "regles.csv"
PARCEL, PIECE = "parcel", "piece"


@dataclass(frozen=True)
class Backtest:
    """What the rule sets would have listed before a year; no row is about a single plot.

    ``sets`` has one row by rule set, kind and unit (``parcel`` of today, or ``piece``: the bare
    land as one piece): ``rule_set``, ``kind``, ``unit`` and the columns of
    `foncier.validation.backtest.hindsight`. ``rules`` has one row by rule set, kind and rule,
    tested alone on the parcels of today; ``stops``: plots built since that it is the first to
    reject.
    ``since``: first year of the buildings taken away. ``counts``: parcels built now with a year
    (``dated``) or without (``undated``), and with buildings of both times that the file does not
    tell apart (``mixed``).
    """

    title: str
    since: int
    newest: int
    counts: dict[str, int]
    sets: pd.DataFrame
    rules: pd.DataFrame
    warnings: tuple[Localized, ...]


def backtest(study: Study, years: Sequence[Path] = (), *, last: int = LAST) -> Backtest:
    """Take the buildings of the last years away, and run every rule set on the ground as it was.

    Parameters
    ----------
    study
        A study with parcels and buildings.
    years
        Files with years of construction (`foncier.readers.read_construction_years`); without any,
        the layers ``fichiers-fonciers`` and ``bdnb`` of the study.
    last
        Number of years, counted back from the newest year of the files.

    Raises
    ------
    ConfigError
        The study has no parcels or no buildings, or no file has a year.
    FoncierError
        A layer cannot be read; see `foncier.errors`.
    """
    crs = legal_crs(study.info.communes[0])
    dates, notes = _read_years(study, years, crs)
    layers = read_layers(study)
    context = detect.SpatialContext(**{k: layers.get(k) for k in CONTEXT_LAYERS})
    if context.parcels is None or context.buildings is None:
        raise ConfigError("pipeline.compare_profiles.no_layer")
    area = study_area(study, layers, trace_lines(study, None, crs).axis, crs)
    context = context.with_uncovered(detect.uncovered_communes(context, area))
    newest = int(dates["last"].max())
    past = detect.past_ground(context, dates, newest - last + 1)
    sets, rules = _hindsight(study, past, area)
    counts = {name: int(getattr(past, name).sum()) for name in ("dated", "undated", "mixed")}
    return Backtest(study.info.title, newest - last + 1, newest, counts, sets, rules, notes)


def _read_years(
    study: Study, files: Sequence[Path], crs: pyproj.CRS
) -> tuple[gpd.GeoDataFrame, tuple[Localized, ...]]:
    sources = [LayerFile("observations", path, path.name, "years") for path in files]
    if not files:
        sources = [f for f in layer_files(study, "observations") if f.format in DATED]
    if not sources:
        raise ConfigError("pipeline.backtest.no_years")
    read = [readers.read_construction_years(file, crs=crs) for file in sources]
    notes = tuple(
        localized("pipeline.backtest.note", file=file.shown, note=note.text)
        for file, (_, of_file) in zip(sources, read, strict=True)
        for note in of_file
    )
    rows: Any = pd.concat([frame for frame, _ in read], ignore_index=True)
    if rows.empty:
        raise ConfigError("pipeline.backtest.no_years")
    return rows, notes


def _hindsight(
    study: Study, past: detect.Past, area: shapely.Geometry
) -> tuple[pd.DataFrame, pd.DataFrame]:
    whole, piece_of = detect.as_one_piece(past)
    within = _within(area, past.context)
    sets: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    for name in dict.fromkeys((*known_profiles(), study.rules.profile)):
        chosen = profile(study) if name == study.rules.profile else published(name)
        alone = replace(chosen, assembly=None)
        plots = detect.find_plots(past.context, alone, area, source="")
        for kind, land, built in _kinds(past):
            rows = np.flatnonzero(land & within)
            mask = _listed(past.context, plots, kind)
            figures = hindsight(mask[rows], built[rows])
            sets.append({"rule_set": name, "kind": kind, "unit": PARCEL, **figures})
            missed = detect.parcel_ids(past.context)[rows[built[rows] & ~mask[rows]]]
            stops = _stops(plots.tests, kind, missed)
            rules += _by_rule(past.context, alone, kind, rows, built[rows], stops)
        pieces = detect.find_plots(whole, alone, area, source="")
        rows = np.flatnonzero(past.bare & within)
        mask = _listed(whole, pieces, "dent_creuse")[piece_of]
        figures = hindsight(mask[rows], past.since[rows])
        sets.append({"rule_set": name, "kind": "dent_creuse", "unit": PIECE, **figures})
    return pd.DataFrame(sets), pd.DataFrame(rules)


def _kinds(past: detect.Past) -> Iterator[tuple[str, Flags, Flags]]:
    """Kind, the land that it is looked for in, and what was built of it since."""
    yield "dent_creuse", past.bare, past.since
    if past.added.any():
        yield "terrain_divisible", past.built, past.added


def _within(area: shapely.Geometry, context: detect.SpatialContext) -> Flags:
    shapely.prepare(area)
    inside: Flags = shapely.intersects(area, context.centres)
    return inside


def _listed(context: detect.SpatialContext, plots: detect.Plots, kind: str) -> Flags:
    own = plots.candidates.loc[(plots.candidates["kind"] == kind).to_numpy(dtype=bool)]
    mask: Flags = np.isin(detect.parcel_ids(context), own["parcel_ids"].to_numpy(dtype=object))
    return mask


def _stops(tests: pd.DataFrame, kind: str, missed: NDArray[np.object_]) -> dict[str, int]:
    """How many of the missed parcels each rule is the first to reject."""
    own = tests[(tests["kind"] == kind) & tests["parcel_id"].isin(missed)]
    last = own.sort_values("step").drop_duplicates("parcel_id", keep="last")
    return {str(rule): int(count) for rule, count in last["rule"].value_counts().items()}


def _by_rule(  # noqa: PLR0917 (all are of one kind)
    context: detect.SpatialContext,
    chosen: Profile,
    kind: str,
    rows: NDArray[np.intp],
    built: Flags,
    stops: dict[str, int],
) -> Iterator[dict[str, Any]]:
    """Figures of each rule alone, and how many plots built since it is the first to reject."""
    rules = chosen.rules.get(kind, ())
    going_on = detect.pass_each_rule(context, rules, rows, len(context.plots))
    for rule, mask in zip(rules, going_on, strict=True):
        yield {
            "rule_set": chosen.name,
            "kind": kind,
            "rule": rule.name,
            "label_fr": rule.label.fr,
            "label_en": rule.label.en,
            "stops": stops.get(rule.name, 0),
            **hindsight(mask, built),
        }


def conclusion(found: Backtest) -> Message:
    """What the back-test covers, in one sentence."""
    row = found.sets.iloc[0]
    return Message(
        "pipeline.backtest.conclusion",
        since=str(found.since),
        newest=str(found.newest),
        built=int(row["built"]),
        plots=int(row["plots"]),
        **found.counts,
    )


def backtest_owner(
    study: Study, folder: Path, *, years: Sequence[Path] = (), replace: bool = False
) -> Owner:
    """What a back-test may not replace: files of its study, of others, of another study."""
    subject = subject_of(folder, study.folder)
    return Owner("backtest", (subject,), (*study_files(study), *years), replace)


def write(found: Backtest, folder: Path, *, lang: Lang, owner: Owner | None = None) -> None:
    """Write the figures of the rule sets and of the rules as CSV: counts, no single plot.

    Raises
    ------
    ExportError
        They cannot be written; the previous ones are intact.
    """
    write_atomically(
        folder,
        {
            SETS: partial(_write, found.sets, lang=lang),
            RULES: partial(_write, found.rules, lang=lang),
        },
        owner=owner,
    )


def _write(table: pd.DataFrame, path: Path, *, lang: Lang) -> None:
    write_frame(table, path, lang=lang)
