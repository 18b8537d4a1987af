"""Classes of the styles by availability and by public owner: each site falls into one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import combinations

import pytest

from foncier.export.qgis import offer_styles
from foncier.schemas.results import AVAILABILITY_CLASSES, PUBLIC_OWNERS


def classes_of(classes: list[dict[str, str]], **row: str | None) -> list[str]:
    """Labels of the classes that a row falls into."""
    with closing(sqlite3.connect(":memory:")) as base:
        names = ", ".join(f':{name} AS "{name}"' for name in row)
        found = []
        for one in classes:
            asked = f"SELECT {one['filter']} FROM (SELECT {names})"  # noqa: S608
            if base.execute(asked, row).fetchone()[0]:
                found.append(one["label"])
    return found


@pytest.mark.parametrize("value", [*AVAILABILITY_CLASSES, None])
def test_a_site_has_one_class_of_availability(value: str | None) -> None:
    found = classes_of(offer_styles.availability("fr"), availability_class=value)
    assert len(found) == 1
    assert (found == ["Inconnu"]) == (value is None)


@pytest.mark.parametrize(
    ("owners", "land", "label"),
    [
        ("commune", "public", "Commune, intercommunalité"),
        ("intercommunalite|commune", "public", "Commune, intercommunalité"),
        ("etat|commune", "public", "Plusieurs propriétaires publics"),
        ("commune|societe", "partiel", "Public en partie"),
        ("societe", "prive", "Privé"),
        ("commune", None, "Inconnu"),  # another parcel is of an unknown owner
        (None, None, "Inconnu"),
    ],
)
def test_a_site_has_the_class_of_its_owners(
    owners: str | None, land: str | None, label: str
) -> None:
    assert classes_of(offer_styles.public_owners("fr"), owner_types=owners, public_land=land) == [
        label
    ]


def test_public_owners_in_any_number_fall_into_one_class() -> None:
    for size in (1, 2, 3):
        for types in combinations(PUBLIC_OWNERS, size):
            joined = "|".join(types)
            found = classes_of(
                offer_styles.public_owners("en"), owner_types=joined, public_land="public"
            )
            assert len(found) == 1, joined
            assert found != ["Unknown"]


def test_the_colours_of_the_classes_differ() -> None:
    for classes in (offer_styles.availability("fr"), offer_styles.public_owners("fr")):
        assert len({one["colour"] for one in classes}) == len(classes)
