"""``foncier compare-profiles``: the rule sets side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from foncier.cli.console import (
    Debug,
    StudyFolder,
    out,
    report_errors,
)
from foncier.wording import KIND_PLURALS


def compare_profiles(
    study: StudyFolder,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Dossier du GeoPackage et de la carte d'accord.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Passer chaque jeu de règles sur les mêmes parcelles ; dire où ils s'accordent."""
    with report_errors(debug=debug):
        from foncier.pipeline import compare_profiles  # noqa: PLC0415
        from foncier.study import read_study  # noqa: PLC0415

        plan = read_study(study)
        found = compare_profiles.compare(plan, workers=2)
        table = Table(title=escape(plan.info.title), title_justify="left")
        table.add_column("Jeu de règles")
        for head in ("Dents creuses", "ha", "Terrains divisibles", "ha"):
            table.add_column(head, justify="right")
        for row in found.summary.itertuples(index=False):
            areas = [f"{a:.1f}".replace(".", ",") for a in (row[2], row[4])]
            table.add_row(str(row[0]), str(row[1]), areas[0], str(row[3]), areas[1])
        out.print(table)
        for kind, words in KIND_PLURALS.items():
            by = found.agreement.loc[found.agreement["kind"] == kind, "found_by"].value_counts()
            shares = ", ".join(f"{int(by[n])} par {n}" for n in sorted(by.index, reverse=True))
            if shares:
                out.print(f"{words.fr}, trouvés par combien de jeux : {shares}", soft_wrap=True)
        _told(found.differences)
        if folder is not None:
            where = compare_profiles.write(found, plan, folder)
            out.print(f"GeoPackage  {escape(str(where))}", soft_wrap=True)
            picture = where.with_name(compare_profiles.PICTURE)
            out.print(f"Carte       {escape(str(picture))}", soft_wrap=True)


def _told(differences: Any) -> None:
    """Say what each rule set holds against the plots that only others find."""
    for (kind, profile), rows in differences.groupby(["kind", "profile"], sort=True):
        most = ", ".join(
            f"{label} {count}"
            for label, count in zip(rows["label_fr"].head(3), rows["plots"].head(3), strict=True)
        )
        told = f"{profile} en écarte {rows['plots'].sum()} que d'autres trouvent"
        out.print(escape(f"{KIND_PLURALS[kind].fr} : {told} ({most})"), soft_wrap=True)
