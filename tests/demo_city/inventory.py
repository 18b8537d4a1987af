"""The inventory of friches, in the columns of the CNIG layout, as its producers fill them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from tests.demo_city.planted import site_id
from tests.demo_city.sites import (
    FRICHES,
    PLATEAU_OF,
    RECONVERTED,
    TWICE,
    Friche,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.demo_city.shapes import Geometries

COLUMNS = [
    "site_id",
    "site_nom",
    "site_type",
    "site_adresse",
    "site_identif_date",
    "site_actu_date",
    "site_url",
    "site_ademe_url",
    "site_securite",
    "site_occupation",
    "site_statut",
    "site_projet_url",
    "site_reconv_annee",
    "site_reconv_type",
    "activite_libelle",
    "activite_code",
    "activite_fin_annee",
    "comm_nom",
    "comm_insee",
    "bati_type",
    "bati_nombre",
    "bati_surface",
    "bati_pollution",
    "bati_vacance",
    "bati_patrimoine",
    "bati_etat",
    "local_ancien_annee",
    "local_recent_annee",
    "proprio_type",
    "proprio_personne",
    "sol_pollution_annee",
    "sol_pollution_existe",
    "sol_pollution_origine",
    "sol_pollution_commentaire",
    "sol_depollution_fiche",
    "unite_fonciere_surface",
    "unite_fonciere_refcad",
    "urba_zone_type",
    "urba_zone_lib",
    "urba_zone_formdomi",
    "urba_doc_type",
    "desserte_distance",
    "desserte_commentaire",
    "source_nom",
    "source_url",
    "source_producteur",
    "source_contact",
    "geompoint",
    "geomsurf",
]
BLANK = dict.fromkeys(COLUMNS, "NA")
PLATEAU = "Plateau de l'usine à gaz"
FIXED = {
    "comm_nom": "AMIENS",
    "comm_insee": "80021",
    "site_securite": "inconnu",
    "site_occupation": "inconnu",
    "bati_type": "inconnu",
    "bati_pollution": "inconnu",
    "bati_patrimoine": "inconnu",
    "proprio_personne": "personne morale",
    "sol_pollution_origine": "inconnu",
    "urba_zone_type": "U",
    "urba_doc_type": "PLU",
}


# How another producer, less well informed, lists the same land.
ELSEWHERE = {
    "site_nom": "NA",
    "site_type": "inconnu",
    "site_statut": "friche potentielle",
    "site_identif_date": "2019-05-14",
    "site_actu_date": "2019-05-14",
    "source_nom": "Inventaire historique fictif",
    "source_producteur": "Bureau fictif des inventaires",
}


def table(land: Mapping[int, tuple[Geometries, list[str]]]) -> pd.DataFrame:
    """One row a site, and again for the sites told twice; missing values are written ``NA``.

    Parameters
    ----------
    land
        By number of the site: its plots in Lambert-93 and their ids.
    """
    rows = []
    for site in (*FRICHES, RECONVERTED):
        if site.number not in land:
            continue
        shapes, ids = land[site.number]
        rows.append(_row(site, site_id(site.number), shapes, ids))
        if site.number in TWICE:
            again = _row(site, site_id(site.number + 50), shapes, ids[::-1])
            rows.append(again | ELSEWHERE)
        if site.number == PLATEAU_OF and -PLATEAU_OF in land:
            # One plot of the gasworks and a plot next to it, where the city drawn has such two.
            shapes, ids = land[-PLATEAU_OF]
            plateau = _row(site, site_id(site.number + 1), shapes, ids)
            plateau |= {
                "site_nom": PLATEAU,
                "site_statut": "friche potentielle",
                "source_nom": "Inventaire historique fictif",
            }
            rows.append(plateau)
    rows.sort(key=lambda row: str(row["site_id"]))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(str)


def _row(site: Friche, key: str, shapes: Geometries, ids: list[str]) -> dict[str, object]:
    built = 0 if site.bare else 1 + site.number % 3
    month = f"0{1 + site.number % 9}"
    year = 1975 + (site.number * 7) % 45
    return (
        BLANK
        | FIXED
        | {
            "site_id": key,
            "site_nom": site.name,
            "site_type": site.kind,
            "site_identif_date": f"{2020 + site.number % 4}-{month}-1{site.number % 10}",
            "site_actu_date": f"2025-{month}-2{site.number % 9}",
            "site_statut": site.status,
            "site_reconv_annee": "2021" if site is RECONVERTED else "NA",
            "activite_libelle": site.activity or "NA",
            "activite_fin_annee": str(year),
            "bati_nombre": str(built),
            "bati_vacance": site.vacancy,
            "bati_etat": site.state,
            "sol_pollution_existe": site.pollution,
            "unite_fonciere_surface": f"{shapely.area(shapes).sum():.1f}",
            "unite_fonciere_refcad": "|".join(ids),
            "urba_zone_lib": "NA",
            "source_nom": site.source,
            "source_producteur": "Observatoire fictif",
            "geompoint": shapely.union_all(np.asarray(shapes)).representative_point(),
        }
    )
