"""``foncier compare-profiles``: the rule sets side by side."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rich.table import Table

from foncier.cli.assessment import show_calibration, show_readings
from foncier.cli.console import (
    Debug,
    Language,
    Replace,
    StudyFolder,
    Untrusted,
    escape,
    open_study,
    option,
    out,
    report_errors,
    say,
    say_file,
    say_set_aside,
)
from foncier.errors import ConfigError
from foncier.i18n import format_value, language, localize
from foncier.model import KIND_PLURALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foncier._util.destination import Owner
    from foncier.pipeline.compare_profiles import Comparison
    from foncier.study.config import Study

COMPARED = ("dent_creuse", "terrain_divisible")
SHOWN = 3  # rules of each difference


def compare_profiles(  # noqa: PLR0917 (typer makes options of them)
    where: StudyFolder,
    truth: Annotated[
        list[Path] | None, option(help="cli.compare_profiles.help.truth", metavar="file")
    ] = None,
    plan: Annotated[
        int | None, option(min=1, help="cli.compare_profiles.help.plan", metavar="count")
    ] = None,
    folder: Annotated[
        Path | None, option("--out", help="cli.compare_profiles.help.out", metavar="folder")
    ] = None,
    replace: Replace = False,
    untrusted: Untrusted = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Apply every rule set to the same parcels."""
    with report_errors(debug=debug):
        from foncier.pipeline import compare_profiles, plot_confidence, readings  # noqa: PLC0415 (slow to import)

        if plan is not None and folder is None:
            raise ConfigError("cli.compare_profiles.plan_needs_out")
        study = open_study(where, untrusted=untrusted)
        owner = compare_profiles.comparison_owner(
            study, folder or Path(), truth=truth or (), replace=replace
        )
        if folder is not None and plan is None:
            owner.check(folder, compare_profiles.NAMES)
        comparison = compare_profiles.compare(study, workers=2)
        if plan is not None and folder is not None:
            # Nothing else is printed: what the rule sets find would no longer be blind.
            _write_plan(comparison, plan, truth or (), folder, owner)
            return
        out.print(_table(study.info.title, comparison.summary))
        _say_agreement(comparison)
        assessed = readings.assess(comparison, truth) if truth else None
        calibration = plot_confidence.calibrate(comparison, truth) if truth else None
        if assessed is not None and calibration is not None:
            show_readings(assessed)
            show_calibration(calibration)
        if folder is not None:
            if assessed is not None and calibration is not None:
                readings.write(assessed, folder, lang=language(), owner=owner)
                say_file("table", folder / readings.SCORES)
                say_file("errors", folder / readings.ERRORS)
                _write_calibration(calibration, truth or (), study, folder, owner)
            file = compare_profiles.write(comparison, study, folder, owner=owner)
            say_set_aside(owner.set_aside)
            say_file("geopackage", file)
            say_file("map", file.with_name(compare_profiles.PICTURE))


def _write_calibration(
    calibration: Any, files: Sequence[Path], study: Study, folder: Path, owner: Owner
) -> None:
    from foncier.pipeline import plot_confidence  # noqa: PLC0415 (slow to import)

    if len(calibration):
        source = f"{study.info.title}: {', '.join(file.name for file in files)}".replace('"', "'")
        day = str(study.info.date or date.today())  # noqa: DTZ011 (a day, not a time)
        plot_confidence.write(
            calibration, folder, date=day, source=source, lang=language(), owner=owner
        )


def _write_plan(
    comparison: Comparison, count: int, known: Sequence[Path], folder: Path, owner: Owner
) -> None:
    from foncier.pipeline import plan_sheets  # noqa: PLC0415 (slow to import)

    sheets, sample = plan_sheets.draw_parcels(comparison, count, known)
    plan_sheets.write(sheets, folder, lang=language(), sample=sample, owner=owner)
    say_set_aside(owner.set_aside)
    say("cli.compare_profiles.plan_alone", folder=folder, count=len(sample))


def _table(title: str, summary: Any) -> Table:
    lang = language()
    table = Table(title=escape(title), title_justify="left")
    table.add_column(localize("cli.compare_profiles.rule_set"))
    for kind in COMPARED:
        table.add_column(KIND_PLURALS[kind][lang], justify="right")
        table.add_column("ha", justify="right")
    for row in summary.to_dict("records"):
        cells = [
            format_value(row[name], spec, lang)
            for kind in COMPARED
            for name, spec in ((kind, "n"), (f"{kind}_ha", ".1f"))
        ]
        table.add_row(str(row["profile"]), *cells)
    return table


def _say_agreement(comparison: Comparison) -> None:
    """Print by how many rule sets plots are listed, then why each set rejects some."""
    lang = language()
    for kind, words in KIND_PLURALS.items():
        rows = comparison.agreement
        counts = rows.loc[rows["kind"] == kind, "found_by"].value_counts()
        shares = [
            localize("cli.compare_profiles.share", count=int(counts[sets]), sets=int(sets))
            for sets in sorted(counts.index, reverse=True)
        ]
        if shares:
            say("cli.compare_profiles.agreement", kind=words, shares=shares)
    differences: Any = comparison.differences.groupby(["kind", "profile"], sort=True)
    for (kind, profile), rows in differences:
        reasons = [
            f"{row[f'label_{lang}']} {format_value(row['plots'], 'n', lang)}"
            for row in rows.head(SHOWN).to_dict("records")
        ]
        say(
            "cli.compare_profiles.rejected",
            kind=KIND_PLURALS[kind],
            profile=profile,
            count=int(rows["plots"].sum()),
            reasons=reasons,
        )
