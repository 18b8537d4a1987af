"""Owners, permits and prescriptions of the demonstration: all invented, each rule planted once.

Names of companies, co-ownerships and persons bear `INVENTED`: no output may hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

INVENTED = "PRIVEINVENTE"
# Group of DGFiP, right, SIREN or number, legal form and name of the owners of some parcels.
COMMUNE = ("4 - Commune", "P", "218000198", "COM", "COMMUNE D'AMIENS (FICTIF)")
STATE = ("1 - État", "P", "110000023", "ETAT", "ETAT, MINISTERE FICTIF DES ARMEES")
MANAGER = ("1 - État", "G", "110000031", "ETAT", "DIRECTION FICTIVE DE L'IMMOBILIER")
DEPARTEMENT = ("3 - Département", "P", "228000018", "DEPT", "DEPARTEMENT FICTIF DE LA SOMME")
HOUSING = ("5 - Office HLM", "P", "275000017", "OPH", "OFFICE HLM FICTIF DE LA VALLEE")
LAND_AGENCY = ("9 - Établissements publics", "P", "507000012", "EPF", "EPF FICTIF DES HAUTS")
RAILWAY = ("9 - Établissements publics", "P", "412000037", "EPIC", "CHEMINS DE FER FICTIFS")
COMPANY = ("0 - Personnes morales non remarquables", "P", "399000011", "SCI", f"SCI {INVENTED}")
OTHER = ("0 - Personnes morales non remarquables", "P", "399000029", "SAS", f"SAS {INVENTED} 2")
COURT = ("7 - Copropriétaires", "S", "399000037", "COPRO", f"COPROPRIETE {INVENTED}")
PARTNER = ("8 - Associés", "P", "399000045", "ASSO", f"MONSIEUR {INVENTED} JEAN")

# Sites of `planted`, by the parcel or the number of the friche that bears them.
BARE = "dent_creuse"
OWNERS_OF_FRICHES = {
    1: (RAILWAY,),
    2: (RAILWAY,),
    3: (COMPANY,),
    4: (COMMUNE,),
    5: (LAND_AGENCY,),
    6: (COMPANY, OTHER),
    8: (COMMUNE,),
    9: (COMPANY,),
    10: (COMMUNE, MANAGER),
    11: (STATE,),
    12: (STATE,),
    13: (COMPANY, COURT),
    16: (COMPANY, COMMUNE),
    18: (PARTNER,),
    20: (RAILWAY,),
}
OWNERS_OF_PLOTS = (COMMUNE, COMPANY, HOUSING, COMMUNE, COURT, DEPARTEMENT, LAND_AGENCY, OTHER)
HEADER = (
    "Département;Code Direction;Code Commune;Nom de la commune;Préfixe;Section;N° plan;"
    "Code droit - par;N° Majic - par;N° SIREN - par;Groupe personne - par;"
    "Forme juridique abrégée - par;Dénomination - par;Complet"
)
PROTECTED = 16  # which of the planted bare plots is land that stays bare
PERMITS = (  # of the planted bare plots: number, kind, state, nature, authorised, started
    (1, "PC", "2", "1", "2025-06-12", ""),
    (3, "PC", "5", "1", "2024-02-20", "2024-09-02"),
    (5, "PC", "4", "1", "2024-05-03", ""),
    (7, "PC", "2", "1", "2018-03-14", ""),
    (9, "PC", "2", "1", "2022-04-11", ""),
    (11, "DP", "2", "2", "2025-01-09", ""),
)


def owners(parcels: gpd.GeoDataFrame, truth: pd.DataFrame, assembled: tuple[str, ...]) -> str:
    """The file of legal persons, complete for the commune: the other parcels are of persons."""
    rows = [HEADER]
    listed = dict(_owned(truth))
    listed |= {parcel: (COMMUNE,) for parcel in assembled if parcel in set(parcels["parcel_id"])}
    for parcel, held in sorted(listed.items()):
        for group, right, siren, form, name in held:
            section, number = parcel[8:10], parcel[10:]
            rows.append(
                f"80;0;021;AMIENS (FICTIF);;{section};{number};{right} - droit;M{siren[-5:]};"
                f"{siren};{group};{form};{name};oui"
            )
    return "\n".join(rows) + "\n"


def _owned(truth: pd.DataFrame) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    for number, held in OWNERS_OF_FRICHES.items():
        for parcel in _parcels_of(truth, f"80021_9{number:04d}"):
            yield parcel, held
    for n, parcel in enumerate(_bare(truth)):
        if n % 3 != 2:  # the others are of persons
            yield parcel, (OWNERS_OF_PLOTS[n % len(OWNERS_OF_PLOTS)],)


def _parcels_of(truth: pd.DataFrame, site: str) -> list[str]:
    found = truth.loc[truth["id"] == site, "parcel_ids"]
    return str(found.iloc[0]).split("|") if len(found) else []


def _bare(truth: pd.DataFrame) -> list[str]:
    """Parcels of the bare plots that were planted, by id; those that stay bare too."""
    chosen = (truth["kind"] == BARE) | (truth["trap"] == "protected")
    return sorted(truth.loc[chosen, "id"])


def protected(truth: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The truth, where one of the planted bare plots is protected land: it is rejected."""
    bare = _bare(truth)
    if len(bare) <= PROTECTED:
        return truth
    row = truth["id"] == bare[PROTECTED]
    return truth.assign(
        kind=truth["kind"].mask(row, "trap"),
        trap=truth["trap"].mask(row, "protected"),
        expected=truth["expected"].mask(row, "rejected"),
        expected_rule=truth["expected_rule"].mask(row, "exclusion"),
        note=truth["note"].mask(row, "terrain cultivé protégé"),
    ).sort_values(["kind", "trap", "id", "note"], ignore_index=True)


def permits(truth: pd.DataFrame) -> str:
    """Sitadel: permits on bare plots, a demolition and a development permit on friches."""
    header = (
        "COMM;TYPE_DAU;NUM_DAU;ETAT_DAU;NATURE_PROJET_COMPLETEE;DATE_REELLE_AUTORISATION;"
        "DATE_REELLE_DOC;DATE_REELLE_DAACT;NB_LGT_TOT_CREES;SEC_CADASTRE1;NUM_CADASTRE1;"
        "SEC_CADASTRE2;NUM_CADASTRE2;SEC_CADASTRE3;NUM_CADASTRE3"
    )
    bare = _bare(truth)
    wanted: list[tuple[str, ...]] = [(bare[n], *rest) for n, *rest in PERMITS if n < len(bare)]
    for number, kind, state, day in ((8, "PD", "2", "2025-03-18"), (6, "PA", "2", "2024-11-05")):
        wanted += [
            (p, kind, state, "", day, "") for p in _parcels_of(truth, f"80021_9{number:04d}")[:1]
        ]
    rows = [header]
    for n, (parcel, kind, state, nature, authorised, started) in enumerate(wanted, start=1):
        rows.append(
            f"80021;{kind};{kind}0800212{n:05d};{state};{nature};{authorised};{started};;;"
            f"{parcel[8:10]};{parcel[10:]};;;;"
        )
    return "\n".join(rows) + "\n"


def prescriptions(parcels: gpd.GeoDataFrame, truth: pd.DataFrame) -> gpd.GeoDataFrame:
    """Prescriptions and informations of an invented local plan, around the planted bare plots."""
    bare = [parcel for parcel in _bare(truth) if parcel in set(parcels["parcel_id"])]
    outline = parcels.set_index("parcel_id").geometry
    rows: list[dict[str, Any]] = []

    def add(shape: Any, label: str, text: str = "", **codes: str) -> None:
        rows.append({**codes, "libelle": label, "txt": text, "geometry": shape})

    def of(n: int) -> Any:
        return outline[bare[n]]

    if len(bare) > PROTECTED:
        add(_west(of(4), 0.2), "EBC du bois fictif", typepsc="01", stypepsc="00")
        add(of(PROTECTED), "Jardin cultivé fictif", typepsc="08", stypepsc="00")
        add(_west(of(0), 0.1), "ER 12, élargissement fictif", typepsc="05", stypepsc="01")
        add(of(2), "ER 7, école fictive, bénéficiaire : commune", typepsc="05", stypepsc="02")
        add(
            of(18).buffer(5.0),
            "OAP fictive de la Vallée",
            "35 à 45 logements/ha",
            typepsc="18",
            stypepsc="00",
        )
        add(of(21).buffer(3.0), "Hauteur fictive", "R+1", typepsc="39", stypepsc="02")
        add(of(21).buffer(3.0), "Emprise fictive", "30 %", typepsc="38", stypepsc="02")
        add(of(19).buffer(3.0), "Hauteur fictive, voir le règlement", typepsc="39", stypepsc="02")
        add(of(10).buffer(3.0), "Mur fictif à conserver", typepsc="07", stypepsc="01")
        add(
            shapely.box(*parcels.total_bounds),
            "Droit de préemption fictif",
            typeinf="04",
            stypeinf="00",
        )
        add(of(24).buffer(60.0), "Abords d'un monument fictif", suptype="AC1")
    columns = ["typepsc", "stypepsc", "typeinf", "stypeinf", "suptype", "libelle", "txt"]
    table = pd.DataFrame(rows, columns=[*columns, "geometry"])
    shapes = shapely.set_precision(np.array(table.pop("geometry").tolist(), dtype=object), 0.01)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=parcels.crs)


def _west(shape: Any, share: float) -> Any:
    """About this share of the extent of a plot, on its west side."""
    west, south, east, north = shape.bounds
    return shapely.box(west, south, west + share * (east - west), north).intersection(shape)
