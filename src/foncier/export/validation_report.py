"""A validation in words: how many truths there were, what they permit to say, every figure."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.export.tables import FORMULA
from foncier.export.words import FICTIONAL
from foncier.i18n import Lang, Localized, figure
from foncier.i18n.format import COLON
from foncier.model import KIND_LABELS
from foncier.results.manifest import to_json, to_json_values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from foncier.model import Validation

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
    heads = {name: text[lang] for name, text in HEADS.items()}
    blocks = [
        f"# {TITLE[lang]}{COLON[lang]}{clean(told.title)}",
        *([f"**{FICTIONAL[lang]}**"] if told.fictional else []),
        *(f"> {warning[lang]}" for warning in told.warnings),
        f"## {heads['truths']}",
        *truths(told, lang),
        f"![{heads['picture']}]({picture})",
        f"## {heads['kind']}",
        figures(told.by_kind, told, lang, ["kind"]),
        f"## {heads['band']}",
        figures(told.by_band, told, lang, ["kind", "band"]),
        OF_BAND[lang],
        f"## {heads['calibration']}",
        *calibration(told, lang),
        f"## {heads['baselines']}",
        figures(told.baselines, told, lang, ["baseline", "kind"]),
        FLATTERED[lang],
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
    lines = [READ[lang].format(n=counts["truths"], file=clean(told.truth))]
    lines += [f"{counts[n]} {text[lang]}" for n, text in COUNTS.items() if counts[n]]
    lines += [f"{note.count} {note.text[lang]}" for note in told.notes]
    lines.append(JUDGED[lang].format(judged=int(every["judged"]), found=int(every["found"])))
    lines += [COMPLETE[lang]] if told.complete else []
    return ["\n".join(f"- {line}" for line in lines), *permitted(told, lang)]


def permitted(told: Validation, lang: Lang) -> list[str]:
    """What may be said of precision, then of recall, with so many truths."""
    every = told.by_kind.iloc[-1].to_dict()
    judged, wanted = int(every["judged"]), int(every["wanted"])
    words = {"judged": judged, **_shown(every, "precision", lang)}
    if not judged:
        said = NOTHING[lang]
    elif judged < FEW:
        said = TOO_FEW[lang].format(**words)
    else:
        said = PRECISION[lang].format(**words)
        wide = (every["precision_high"] - every["precision_low"]) / 2 > LOOSE
        said += ROUGH[lang] if wide else ""
    more = needed(every["precision"]) - judged if judged else 0
    said += MORE[lang].format(more=more) if more > 0 and not told.complete else ""
    if not wanted:
        return [said, NO_RECALL[lang]]
    return [said, RECALL[lang].format(wanted=wanted, **_shown(every, "recall", lang))]


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
    blocks = [NO_CONFIDENCE[lang]]
    if len(told.calibration):
        rows = [
            [
                band_words(r["band"], lang),
                r["judged"],
                r["true"],
                percent(r["told"], lang),
                percent(r["seen"], lang),
                _span(r, "seen", lang),
            ]
            for r in told.calibration.to_dict("records")
        ]
        blocks = [_table(["band", "judged", "true", "told", "seen", "interval"], rows, lang)]
    if told.rising is not None:
        blocks.append((RISING if told.rising else NOT_RISING)[lang])
    known = not math.isnan(told.auc)
    scores = AUC[lang].format(auc=_decimal(told.auc, lang)) if known else NO_AUC[lang]
    if not math.isnan(told.brier):
        words = {"brier": _decimal(told.brier, lang), "base": _decimal(told.brier_base, lang)}
        scores += BRIER[lang].format(**words)
    return [*blocks, scores]


def band_words(name: str, lang: Lang) -> str:
    r"""Band of confidence in words.

    Examples
    --------
    >>> band_words("0.3-0.6", "fr"), band_words("sans", "en")
    ('30–60\xa0%', 'none')
    """
    if name == "sans":
        return WITHOUT[lang]
    low, high = (round(float(edge) * 100) for edge in name.split("-"))
    return f"{low}–{figure(high, '%', lang)}"


def figures(table: pd.DataFrame, told: Validation, lang: Lang, first: list[str]) -> str:
    """Table of `foncier.validation.metrics.row`, a share with its interval in one cell."""
    rows = []
    for row in table.to_dict("records"):
        silent = "baseline" in first and not row["found"]
        unknown = NO_DATA[lang] if silent else "–"
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
    return KIND_LABELS.get(value, ALL)[lang]


def _table(names: list[str], rows: Iterable[list[Any]], lang: Lang) -> str:
    head = "| " + " | ".join(COLUMNS[name][lang] for name in names) + " |"
    body = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join([head, "|" + " --- |" * len(names), *body])


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


def write_json(told: Validation, path: Path) -> None:
    """Write every figure as JSON: keys sorted, unknown is null; shares in [0, 1]."""
    made = {
        "title": told.title,
        "fictional": told.fictional,
        "truth": told.truth,
        "complete": told.complete,
        "counts": told.counts,
        "notes": [{"effect": n.effect, "count": n.count, "text": n.text} for n in told.notes],
        "warnings": told.warnings,
        "by_kind": _rows(told.by_kind),
        "by_band": _rows(told.by_band),
        "calibration": _rows(told.calibration),
        "baselines": _rows(told.baselines),
        "auc": told.auc,
        "brier": told.brier,
        "brier_base": told.brier_base,
        "rising": told.rising,
        "missed": _rows(told.wanted.loc[~told.wanted["hit"]]),
    }
    path.write_text(to_json(to_json_values(made)), encoding="utf-8", newline="\n")


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(k): None if pd.isna(v) else v for k, v in row.items()}
        for row in table.to_dict("records")
    ]


def write_sites(told: Validation, path: Path, *, lang: str) -> None:
    """Write each site with its truth: verdict, how it was matched, whether it holds.

    ``holds`` is ``vrai``, ``faux`` or empty (nobody knows).
    """
    held = told.found["holds"].map({True: "vrai", False: "faux"}, na_action="ignore")
    write_cells(told.found.assign(holds=held)[SITES], path, lang=lang)


def write_cells(table: pd.DataFrame, path: Path, *, lang: str) -> None:
    """Write a table as a spreadsheet of the language opens it (see `foncier.export.tables`)."""
    french = lang == "fr"
    cells = {name: _cells(table[name], comma=french) for name in table.columns}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";" if french else ",", lineterminator="\r\n")
        writer.writerow(table.columns)
        writer.writerows(pd.DataFrame(cells).itertuples(index=False, name=None))


def _cells(values: pd.Series[Any], *, comma: bool) -> pd.Series[str]:
    if pd.api.types.is_datetime64_any_dtype(values):
        days: pd.Series[str] = values.dt.strftime("%Y-%m-%d").astype("str").fillna("")
        return days
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy(dtype=np.float64)
        texts = pd.Series([repr(v) for v in numbers.tolist()], values.index, dtype="str")
        texts = texts.str.replace(r"\.0$", "", regex=True)
        texts = texts.str.replace(".", ",", regex=False) if comma else texts
        return texts.where(np.isfinite(numbers), "")
    return values.astype("str").str.replace(FORMULA, "'", regex=True).fillna("")


TITLE = Localized("Ce que vaut la liste", "What the list is worth")
HEADS = {
    "truths": Localized("Les vérités", "The truths"),
    "picture": Localized(
        "Fiabilité, par classe de confiance et par nature",
        "Reliability, by band of confidence and by kind",
    ),
    "kind": Localized("Par nature", "By kind"),
    "band": Localized("Par classe de confiance", "By band of confidence"),
    "calibration": Localized("Confiance annoncée, part observée", "Confidence told, share seen"),
    "baselines": Localized("À côté de règles plus simples", "Beside simpler rules"),
}
COLUMNS = {
    "kind": Localized("Nature", "Kind"),
    "band": Localized("Confiance", "Confidence"),
    "baseline": Localized("Règle", "Rule"),
    "found": Localized("Listés", "Listed"),
    "judged": Localized("Jugés", "Judged"),
    "true": Localized("Vrais", "True"),
    "precision": Localized("Précision", "Precision"),
    "wanted": Localized("Vrais connus", "True known"),
    "hit": Localized("Trouvés", "Found"),
    "recall": Localized("Rappel", "Recall"),
    "f1": Localized("F1", "F1"),
    "told": Localized("Annoncé", "Told"),
    "seen": Localized("Observé", "Seen"),
    "interval": Localized("Intervalle", "Interval"),
}
ALL = Localized("Ensemble", "All")
NO_DATA = Localized("sans donnée", "no data")
WITHOUT = Localized("sans", "none")

READ = Localized("{n} vérités lues dans {file}", "{n} truths read in {file}")
COUNTS = {
    "outside": Localized(
        "hors du secteur d'étude, non comptées", "outside the study area, not counted"
    ),
    "repeated": Localized("données plusieurs fois, comptées une fois", "told again, counted once"),
    "contradictory": Localized(
        "sites aux verdicts contradictoires, tenus pour inconnus",
        "sites with contradictory verdicts, held as unknown",
    ),
    "unmatched": Localized(
        "sans site de la liste à cet endroit", "with no listed site at their place"
    ),
}
JUDGED = Localized(
    "{judged} sites jugés sur les {found} de la liste",
    "{judged} sites judged of the {found} listed",
)
COMPLETE = Localized(
    "Ces vérités sont données pour complètes : un site de la liste dont aucune ne parle est faux.",
    "These truths are said to be complete: a listed site that none speaks of is false.",
)
NOTHING = Localized(
    "**Aucun site jugé : rien ne peut être dit de la précision.**",
    "**No site judged: nothing can be said of the precision.**",
)
TOO_FEW = Localized(
    "**{judged} sites jugés : trop peu pour citer une précision** ({low} à {high}).",
    "**{judged} sites judged: too few to quote a precision** ({low} to {high}).",
)
PRECISION = Localized(
    "**Précision {share}, entre {low} et {high}** (intervalle de Wilson à 95 %).",
    "**Precision {share}, between {low} and {high}** (Wilson interval, 95%).",
)
ROUGH = Localized(" C'est un ordre de grandeur.", " This is a rough idea.")
MORE = Localized(
    " Il faudrait environ {more} visites de plus pour la connaître à 5 points près.",
    " About {more} more visits would tell it to within 5 points.",
)
NO_RECALL = Localized(
    "Rappel inconnu : ces vérités ne parlent que de sites de la liste. Il faut des lieux choisis "
    "sans elle (relevé d'une rue, observatoire).",
    "Recall unknown: these truths speak of listed sites only. It takes places chosen without the "
    "list (a street walked, an observatory).",
)
RECALL = Localized(
    "Rappel {share}, entre {low} et {high}, sur {wanted} sites connus sans la liste.",
    "Recall {share}, between {low} and {high}, of {wanted} sites known without it.",
)
OF_BAND = Localized(
    "Le rappel d'une classe est celui d'une liste qui s'arrête à elle.",
    "The recall of a band is that of a list that stops at it.",
)
NO_CONFIDENCE = Localized(
    "Aucun site jugé ne porte de confiance.", "No judged site bears a confidence."
)
RISING = Localized(
    "La part de sites vrais monte à chaque classe de confiance.",
    "The share of true sites rises with every band of confidence.",
)
NOT_RISING = Localized(
    "La part de sites vrais ne monte **pas** à chaque classe de confiance.",
    "The share of true sites does **not** rise with every band.",
)
AUC = Localized("Aire sous la courbe ROC : {auc}.", "Area under the ROC curve: {auc}.")
NO_AUC = Localized(
    "Aire sous la courbe ROC : inconnue, il faut des sites vrais et des sites faux.",
    "Area under the ROC curve: unknown, it takes true sites and false ones.",
)
BRIER = Localized(
    " Score de Brier : {brier} (0 est parfait ; {base} en annonçant partout la part moyenne).",
    " Brier score: {brier} (0 is perfect; {base} by telling the mean share to all).",
)
FLATTERED = Localized(
    "Une règle est jugée sur les seuls sites de la liste : ce que la liste a écarté n'a pas laissé "
    "de preuve, ce qui flatte la règle.",
    "A rule is judged on the listed sites only: what the list turned down left no evidence, which "
    "flatters the rule.",
)
