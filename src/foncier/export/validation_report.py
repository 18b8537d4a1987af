"""Report of a validation in Markdown, with its tables as JSON and CSV."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.export.tables import write_frame
from foncier.i18n import Lang, format_value, label, localize
from foncier.model import KIND_LABELS, KIND_PLURALS
from foncier.results.labels import FICTIONAL
from foncier.results.manifest import to_json, to_json_values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from foncier.model import Validation

Z = 1.959963984540054  # of 95 %
FEW = 10  # verdicts below which no precision is given
ROUGH = 0.10  # half-interval above which a precision is a rough estimate
TOLERANCE = 0.05  # wanted half-interval of a share
NO_BAND = "sans"  # band of the sites without confidence
METRICS = ("found", "judged", "true", "precision", "wanted", "hit", "recall", "f1")
SHARES = ("precision", "recall")
ALL = label("export.report.all_kinds")
NO_CONFIDENCE = label("export.report.no_confidence")


def write_report(validation: Validation, path: Path, *, picture: str, lang: Lang) -> None:
    """Write the report as Markdown; ``picture`` is the name of the chart beside it."""
    text = report(validation, picture=picture, lang=lang)
    path.write_text(text, encoding="utf-8", newline="\n")


def report(validation: Validation, *, picture: str, lang: Lang) -> str:
    """Text of the report, in Markdown."""

    def text(name: str, **params: Any) -> str:
        return localize(f"export.report.{name}", lang, **params)

    blocks = [
        f"# {text('title', title=escape_markdown(validation.title))}",
        *([f"**{FICTIONAL[lang]}**"] if validation.fictional else []),
        *(f"> {warning[lang]}" for warning in validation.warnings),
        f"## {text('truth_heading')}",
        *truth_summary(validation, lang),
        f"![{text('chart')}]({picture})",
        f"## {text('kind_heading')}",
        metrics_table(validation.by_kind, validation, lang, ["kind"]),
        f"## {text('band_heading')}",
        metrics_table(validation.by_band, validation, lang, ["kind", "band"]),
        text("band_recall"),
        f"## {text('calibration_heading')}",
        *calibration(validation, lang),
        f"## {text('baselines_heading')}",
        metrics_table(validation.baselines, validation, lang, ["baseline", "kind"]),
        text("baselines_bias"),
    ]
    return "\n\n".join(blocks) + "\n"


def escape_markdown(text: str) -> str:
    r"""Escape what Markdown would interpret in a text of the data.

    Examples
    --------
    >>> print(escape_markdown("a_b <i>"))
    a\_b \<i\>
    """
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in text.replace("\n", " "))


def truth_summary(validation: Validation, lang: Lang) -> list[str]:
    """Ground truth as read, then the conclusions that it allows; one block each."""
    counts, total = validation.counts, validation.by_kind.iloc[-1]
    file = escape_markdown(validation.truth)
    lines = [localize("export.report.truth_read", lang, file=file, count=counts["truths"])]
    lines += [
        localize(f"export.report.truth_{name}", lang, count=counts[name])
        for name in ("outside", "repeated", "contradictory", "unmatched")
        if counts[name]
    ]
    lines += [f"{format_value(n.count, 'n', lang)} {n.text[lang]}" for n in validation.notes]
    judged, found = int(total["judged"]), int(total["found"])
    lines.append(localize("export.report.truth_judged", lang, count=judged, found=found))
    if validation.complete:
        lines.append(localize("export.report.truth_complete", lang))
    return ["\n".join(f"- {line}" for line in lines), *conclusions(validation, lang)]


def conclusions(validation: Validation, lang: Lang) -> list[str]:
    """What the verdicts allow to say of precision, then of recall."""
    total: Any = validation.by_kind.iloc[-1].to_dict()
    judged, wanted = int(total["judged"]), int(total["wanted"])
    precision = _interval(total, "precision")
    if not judged:
        sentences = [localize("export.report.nothing_judged", lang)]
    elif judged < FEW:
        sentences = [localize("export.report.too_few", lang, count=judged, **precision)]
    else:
        sentences = [localize("export.report.precision", lang, **precision)]
        if (precision["high"] - precision["low"]) / 2 > ROUGH:
            sentences.append(localize("export.report.rough", lang))
    kinds = validation.by_kind.iloc[:-1]
    unseen = kinds.loc[(kinds["judged"] == 0) & (kinds["found"] > 0), "kind"]
    if judged and len(unseen):
        names = ", ".join(KIND_PLURALS[kind][lang].lower() for kind in unseen)
        sentences.append(localize("export.report.kinds_unseen", lang, kinds=names))
    size = int(kinds.loc[kinds["judged"] > 0, "found"].sum())
    more = required_verdicts(total["precision"], size) - judged if judged else 0
    if more > 0 and not validation.complete:
        sentences.append(localize("export.report.more_visits", lang, count=more))
    drawn = validation.counts.get("unlisted", 0)
    if not wanted and not drawn:
        recall = localize("export.report.no_recall", lang)
    else:
        name, count = ("recall_by_plan", drawn) if drawn else ("recall", wanted)
        recall = localize(f"export.report.{name}", lang, count=count, **_interval(total, "recall"))
    return [" ".join(sentences), recall, *_judges(validation, lang)]


def _judges(validation: Validation, lang: Lang) -> list[str]:
    """Agreement of each pair of people who judged the same sites."""
    pairs: list[Any] = validation.judges.to_dict("records")
    return [
        localize(f"export.report.judges{'_all' if math.isnan(row['kappa']) else ''}", lang, **row)
        for row in pairs
    ]


def required_verdicts(share: float, size: int) -> int:
    """Verdicts needed to know a share of a list to within 5 points at 95 %; 0 and 1 count as 5 %.

    Examples
    --------
    >>> required_verdicts(0.5, 10**6), required_verdicts(1.0, 10**6), required_verdicts(1.0, 100)
    (384, 73, 43)
    """
    bounded = min(max(share, TOLERANCE), 1 - TOLERANCE)
    wanted = Z**2 * bounded * (1 - bounded) / TOLERANCE**2
    return math.ceil(wanted / (1 + (wanted - 1) / max(size, 1)))


def calibration(validation: Validation, lang: Lang) -> list[str]:
    """Table of the confidence bands, and what it shows; one block each."""
    blocks = [NO_CONFIDENCE[lang]]
    if len(validation.calibration):
        rows = [
            [
                band_label(row["band"], lang),
                row["judged"],
                row["true"],
                format_value(row["told"], "%", lang),
                format_value(row["seen"], "%", lang),
                localize("export.report.interval", lang, **_interval(row, "seen")),
            ]
            for row in validation.calibration.to_dict("records")
        ]
        blocks = [_table(["band", "judged", "true", "told", "seen", "interval"], rows, lang)]
    if validation.rising is not None:
        rising = "rising" if validation.rising else "not_rising"
        blocks.append(localize(f"export.report.{rising}", lang))
    known = not math.isnan(validation.auc)
    low, high = validation.auc_interval
    area = {"auc": validation.auc, "low": low, "high": high}
    scores = [localize(f"export.report.{'auc' if known else 'no_auc'}", lang, **area)]
    if not math.isnan(validation.brier):
        low, high = validation.brier_interval
        brier = {"brier": validation.brier, "low": low, "high": high}
        scores.append(localize("export.report.brier", lang, **brier, base=validation.brier_base))
    return [*blocks, " ".join(scores)]


def band_label(name: str, lang: Lang) -> str:
    r"""Label of a band of confidence.

    Examples
    --------
    >>> band_label("0.3-0.6", "fr"), band_label("sans", "en")
    ('30–60\xa0%', 'none')
    """
    if name == NO_BAND:
        return localize("export.report.no_band", lang)
    low, high = (round(float(edge) * 100) for edge in name.split("-"))
    return localize("export.report.band", lang, low=low, high=high)


def metrics_table(table: pd.DataFrame, validation: Validation, lang: Lang, first: list[str]) -> str:
    """Markdown table of `metrics.list_metrics`: a share and its interval in one cell."""
    rows = []
    for row in table.to_dict("records"):
        no_data = "baseline" in first and not row["found"]
        unknown = localize("export.report.no_data", lang) if no_data else "–"
        cells = {name: row[name] for name in METRICS}
        for name in SHARES:
            share = localize("export.report.share", lang, **_interval(row, name))
            cells[name] = unknown if math.isnan(row[name]) else share
        cells["f1"] = "–" if math.isnan(row["f1"]) else format_value(row["f1"], ".3f", lang)
        names = (_row_label(str(row[column]), column, validation, lang) for column in first)
        rows.append([*names, *cells.values()])
    return _table([*first, *METRICS], rows, lang)


def _interval(row: Any, name: str) -> dict[str, float]:
    """Share and ends of its interval, as parameters of a message."""
    return {"share": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}


def _row_label(value: str, column: str, validation: Validation, lang: Lang) -> str:
    if column == "band":
        return band_label(value, lang)
    if column == "baseline":
        return validation.words[value][lang]
    return KIND_LABELS.get(value, ALL)[lang]


def _table(names: list[str], rows: Iterable[list[Any]], lang: Lang) -> str:
    heads = [localize(f"export.report.column_{name}", lang) for name in names]
    head = "| " + " | ".join(heads) + " |"
    body = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join([head, "|" + " --- |" * len(names), *body])


def write_json(validation: Validation, path: Path) -> None:
    """Write every figure as JSON: keys sorted, unknown is null; shares in [0, 1]."""
    values = {
        "title": validation.title,
        "fictional": validation.fictional,
        "truth": validation.truth,
        "complete": validation.complete,
        "counts": validation.counts,
        "notes": [{"effect": n.effect, "count": n.count, "text": n.text} for n in validation.notes],
        "warnings": validation.warnings,
        "by_kind": _records(validation.by_kind),
        "by_band": _records(validation.by_band),
        "calibration": _records(validation.calibration),
        "baselines": _records(validation.baselines),
        "auc": validation.auc,
        "auc_interval": list(validation.auc_interval),
        "brier": validation.brier,
        "brier_interval": list(validation.brier_interval),
        "brier_base": validation.brier_base,
        "rising": validation.rising,
        "judges": _records(validation.judges),
        "missed": _records(validation.wanted.loc[~validation.wanted["hit"]]),
    }
    path.write_text(to_json(to_json_values(values)), encoding="utf-8", newline="\n")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(k): None if pd.isna(v) else v for k, v in row.items()}
        for row in table.to_dict("records")
    ]


SITES = [
    "opportunity_id",
    "kind",
    "name",
    "address",
    "confidence",
    "holds",
    "verdict",
    "truth_id",
    "way",
    "gap",
]


def write_sites(validation: Validation, path: Path, *, lang: Lang) -> None:
    """Write each site with its ground truth as CSV: verdict, how it was matched, ``holds``.

    ``holds`` is ``vrai``, ``faux`` or empty (unknown).
    """
    holds = validation.found["holds"].map({True: "vrai", False: "faux"}, na_action="ignore")
    write_frame(validation.found.assign(holds=holds)[SITES], path, lang=lang)
