"""A validation in words: how many truths there were, what they permit to say, every figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from foncier.export import judged_words as say
from foncier.export.words import FICTIONAL
from foncier.wording import COLON, KIND_LABELS, Lang, figure

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from foncier.judgement import Validation

Z = 1.959963984540054  # of 95 %
FEW, LOOSE = 10, 0.10  # fewer verdicts tell nothing; a wider half-interval is a rough idea
NEAR = 0.05
FIGURES = ("found", "judged", "true", "precision", "wanted", "hit", "recall", "f1")
SHARES = ("precision", "recall")


def write_report(told: Validation, path: Path, *, picture: str, lang: Lang) -> None:
    """Write the report as Markdown, with the picture beside it."""
    path.write_text(report(told, picture=picture, lang=lang), encoding="utf-8", newline="\n")


def report(told: Validation, *, picture: str, lang: Lang) -> str:
    """Text of the report, in Markdown."""
    heads = {name: text[lang] for name, text in say.HEADS.items()}
    blocks = [
        f"# {say.TITLE[lang]}{COLON[lang]}{clean(told.title)}",
        *([f"**{FICTIONAL[lang]}**"] if told.fictional else []),
        *(f"> {warning[lang]}" for warning in told.warnings),
        f"## {heads['truths']}",
        *truths(told, lang),
        f"![{heads['picture']}]({picture})",
        f"## {heads['kind']}",
        figures(told.by_kind, told, lang, ["kind"]),
        f"## {heads['band']}",
        figures(told.by_band, told, lang, ["kind", "band"]),
        say.OF_BAND[lang],
        f"## {heads['calibration']}",
        *calibration(told, lang),
        f"## {heads['baselines']}",
        figures(told.baselines, told, lang, ["baseline", "kind"]),
        say.FLATTERED[lang],
    ]
    return "\n\n".join(typeset(b) if lang == "fr" else b for b in blocks) + "\n"


def percent(share: float, lang: Lang) -> str:
    r"""Write a share as a whole percentage.

    Examples
    --------
    >>> percent(0.8634, "fr"), percent(1.0, "en"), percent(float("nan"), "fr")
    ('86\xa0%', '100%', 'inconnu')
    """
    return figure(math.nan if math.isnan(share) else round(share * 100), "%", lang)


def typeset(text: str) -> str:
    """Put the no-break spaces of French typography."""
    for sign in ":;?!%»":
        text = text.replace(f" {sign}", f"\u00a0{sign}")
    return text.replace("« ", "«\u00a0")


def clean(text: str) -> str:
    r"""Text of the data, which Markdown must not read.

    Examples
    --------
    >>> print(clean("a_b <i>"))
    a\_b \<i\>
    """
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in text.replace("\n", " "))


def truths(told: Validation, lang: Lang) -> list[str]:
    """How many truths, of what worth, and what they permit to say; one block each."""
    counts, every = told.counts, told.by_kind.iloc[-1]
    lines = [say.READ[lang].format(n=counts["truths"], file=clean(told.truth))]
    lines += [f"{counts[n]} {text[lang]}" for n, text in say.COUNTS.items() if counts[n]]
    lines += [f"{note.count} {note.text[lang]}" for note in told.notes]
    lines.append(say.JUDGED[lang].format(judged=int(every["judged"]), found=int(every["found"])))
    lines += [say.COMPLETE[lang]] if told.complete else []
    return ["\n".join(f"- {line}" for line in lines), *permitted(told, lang)]


def permitted(told: Validation, lang: Lang) -> list[str]:
    """What may be said of precision, then of recall, with so many truths."""
    every = told.by_kind.iloc[-1].to_dict()
    judged, wanted = int(every["judged"]), int(every["wanted"])
    words = {"judged": judged, **_shown(every, "precision", lang)}
    if not judged:
        said = say.NOTHING[lang]
    elif judged < FEW:
        said = say.TOO_FEW[lang].format(**words)
    else:
        said = say.PRECISION[lang].format(**words)
        wide = (every["precision_high"] - every["precision_low"]) / 2 > LOOSE
        said += say.ROUGH[lang] if wide else ""
    more = needed(every["precision"]) - judged if judged else 0
    said += say.MORE[lang].format(more=more) if more > 0 and not told.complete else ""
    if not wanted:
        return [said, say.NO_RECALL[lang]]
    return [said, say.RECALL[lang].format(wanted=wanted, **_shown(every, "recall", lang))]


def needed(share: float) -> int:
    """Verdicts that tell a share to within 5 points at 95 %; a share of 0 or 1 counts as 5 %.

    Examples
    --------
    >>> needed(0.5), needed(1.0)
    (385, 73)
    """
    spread = min(max(share, NEAR), 1 - NEAR)
    return math.ceil(Z**2 * spread * (1 - spread) / NEAR**2)


def calibration(told: Validation, lang: Lang) -> list[str]:
    """Table of the bands, and what it shows; one block each."""
    blocks = [say.NO_CONFIDENCE[lang]]
    if len(told.calibration):
        rows = [
            [band_words(r["band"], lang), r["judged"], r["true"], percent(r["told"], lang),
             percent(r["seen"], lang), _span(r, "seen", lang)]
            for r in told.calibration.to_dict("records")
        ]  # fmt: skip
        blocks = [_table(["band", "judged", "true", "told", "seen", "interval"], rows, lang)]
    if told.rising is not None:
        blocks.append((say.RISING if told.rising else say.NOT_RISING)[lang])
    known = not math.isnan(told.auc)
    scores = say.AUC[lang].format(auc=_decimal(told.auc, lang)) if known else say.NO_AUC[lang]
    if not math.isnan(told.brier):
        words = {"brier": _decimal(told.brier, lang), "base": _decimal(told.brier_base, lang)}
        scores += say.BRIER[lang].format(**words)
    return [*blocks, scores]


def band_words(name: str, lang: Lang) -> str:
    r"""Band of confidence in words.

    Examples
    --------
    >>> band_words("0.3-0.6", "fr"), band_words("sans", "en")
    ('30–60\xa0%', 'none')
    """
    if name == "sans":
        return say.WITHOUT[lang]
    low, high = (round(float(edge) * 100) for edge in name.split("-"))
    return f"{low}–{figure(high, '%', lang)}"


def figures(table: pd.DataFrame, told: Validation, lang: Lang, first: list[str]) -> str:
    """Table of `foncier.validate.shares.row`, a share with its interval in one cell."""
    rows = []
    for row in table.to_dict("records"):
        silent = "baseline" in first and not row["found"]
        unknown = say.NO_DATA[lang] if silent else "–"
        cells = {name: row[name] for name in FIGURES}
        for name in SHARES:
            told_share = f"{percent(row[name], lang)} ({_span(row, name, lang)})"
            cells[name] = unknown if math.isnan(row[name]) else told_share
        cells["f1"] = "–" if math.isnan(row["f1"]) else _decimal(row["f1"], lang)
        rows.append([*(_name(str(row[n]), n, told, lang) for n in first), *cells.values()])
    return _table([*first, *FIGURES], rows, lang)


def _shown(row: Any, name: str, lang: Lang) -> dict[str, str]:
    """Share and ends of its interval, in words."""
    ends = {end: percent(row[f"{name}_{end}"], lang) for end in ("low", "high")}
    return {"share": percent(row[name], lang), **ends}


def _span(row: Any, name: str, lang: Lang) -> str:
    return f"{percent(row[f'{name}_low'], lang)} – {percent(row[f'{name}_high'], lang)}"


def _decimal(value: float, lang: Lang) -> str:
    text = f"{value:.3f}"
    return text.replace(".", ",") if lang == "fr" else text


def _name(value: str, column: str, told: Validation, lang: Lang) -> str:
    if column == "band":
        return band_words(value, lang)
    if column == "baseline":
        return told.words[value][lang]
    return KIND_LABELS.get(value, say.ALL)[lang]


def _table(names: list[str], rows: Iterable[list[Any]], lang: Lang) -> str:
    head = "| " + " | ".join(say.COLUMNS[name][lang] for name in names) + " |"
    body = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join([head, "|" + " --- |" * len(names), *body])
