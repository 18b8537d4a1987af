"""Identity of communes: name, postal codes, municipal arrondissements, absorbed communes.

The table is INSEE's code officiel géographique of 1 January 2026 with La Poste's postal codes
(origin and licence in its first lines). A commune that is younger is unknown here, which is no
error: its code is shown without a name.
"""

from __future__ import annotations

import lzma
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VINTAGE = 2026
NOT_LETTERS = re.compile(r"[^a-z0-9]+")
# "lyon 3", "lyon 3e", "lyon 3eme arr": a municipal arrondissement as people write it.
DISTRICT = re.compile(r"^(paris|lyon|marseille) 0?(\d{1,2})(?:er|e|eme)?(?: arr[a-z]*)?$")
SHOWN = 8  # communes that an error proposes


@dataclass(frozen=True)
class Commune:
    """A commune, a municipal arrondissement, or a commune that another absorbed.

    ``parent`` is the commune that it is part of, "" for a commune of today. An absorbed commune has
    no postal code, and may have no name.
    """

    code: str
    name: str
    parent: str = ""
    postal_codes: tuple[str, ...] = ()

    @property
    def is_arrondissement(self) -> bool:
        """Tell a municipal arrondissement of Paris, Lyon or Marseille."""
        return bool(self.parent and self.postal_codes)

    @property
    def is_absorbed(self) -> bool:
        """Tell a commune that is part of another one today."""
        return bool(self.parent and not self.postal_codes)

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()


@cache
def table() -> Mapping[str, Commune]:
    """All communes by code, those of today first."""
    packed = files("foncier").joinpath("communes.csv.xz").read_bytes()
    lines = lzma.decompress(packed).decode("utf-8").splitlines()
    rows = (line.split(";") for line in lines if not line.startswith("#"))
    communes = [Commune(code, name, up, tuple(codes.split())) for code, name, up, codes in rows]
    return {one.code: one for one in sorted(communes, key=lambda one: (one.is_absorbed, one.code))}


@cache
def _parts() -> Mapping[str, tuple[str, ...]]:
    parts: dict[str, list[str]] = defaultdict(list)
    for one in table().values():
        if one.parent:
            parts[one.parent].append(one.code)
    return {code: tuple(sorted(of)) for code, of in parts.items()}


def name_of(code: str) -> str:
    """Name of a commune; its code where the table has no name.

    Examples
    --------
    >>> name_of("80021"), name_of("69383"), name_of("80999")
    ('Amiens', 'Lyon 3e Arrondissement', '80999')
    """
    known = table().get(code)
    return known.name if known is not None and known.name else code


def named(code: str) -> str:
    """Name and code of a commune, as a reader sees it.

    Examples
    --------
    >>> named("80021"), named("80999")
    ('Amiens (80021)', '80999')
    """
    name = name_of(code)
    return code if name == code else f"{name} ({code})"


def parts(code: str) -> tuple[str, ...]:
    """Codes of the communes and arrondissements that are part of a commune.

    Examples
    --------
    >>> parts("69123")[:2], parts("80021")
    (('69232', '69381'), ())
    """
    return _parts().get(code, ())


def arrondissements(code: str) -> tuple[str, ...]:
    """Municipal arrondissements of a commune: their cadastre and sales are by arrondissement.

    Examples
    --------
    >>> len(arrondissements("75056")), arrondissements("80021")
    (20, ())
    """
    return tuple(part for part in parts(code) if table()[part].is_arrondissement)


def whole(code: str) -> str:
    """Commune of a municipal arrondissement or of an absorbed commune; else the code itself.

    Examples
    --------
    >>> whole("69383"), whole("97123"), whole("80021")
    ('69123', '97701', '80021')
    """
    known = table().get(code)
    return known.parent if known is not None and known.parent else code


def is_absorbed(code: str) -> bool:
    """Tell a commune that is part of another one today.

    Examples
    --------
    >>> is_absorbed("01340"), is_absorbed("69383"), is_absorbed("80999")
    (True, False, False)
    """
    known = table().get(code)
    return known is not None and known.is_absorbed


def written_as(codes: Iterable[str]) -> frozenset[str]:
    """Codes under which registers write communes: themselves and their parts.

    Examples
    --------
    >>> sorted(written_as(["97701"]))
    ['97123', '97701']
    """
    codes = tuple(codes)
    return frozenset(codes).union(*(parts(code) for code in codes))


def search(text: str) -> tuple[Commune, ...]:
    """Communes of a code, of a postal code or of a name, those of today before absorbed ones.

    Examples
    --------
    >>> [str(one) for one in search("80000")], [str(one) for one in search("AMIENS")]
    (['80021 Amiens'], ['80021 Amiens'])
    """
    known = table().get(text.strip().upper())
    if known is not None and not known.is_absorbed:
        return (known,)
    postal = tuple(one for one in table().values() if text.strip() in one.postal_codes)
    if not postal and known is not None:
        return (known,)
    return postal or _by_name().get(_letters(text), ())


def of_postal_code(code: str) -> tuple[Commune, ...]:
    """Communes that have a postal code, but for the one that has it as its own code.

    Examples
    --------
    >>> [str(one) for one in of_postal_code("69003")]  # INSEE: Albigny-sur-Saône
    ['69123 Lyon', '69383 Lyon 3e Arrondissement']
    """
    every = table().values()
    return tuple(one for one in every if code in one.postal_codes and one.code != code)


def find(text: str) -> Commune:
    """Return the commune of a code (any case) or of a name that only one commune of today has.

    Raises
    ------
    ConfigError
        A postal code, the name of several communes, a commune that was absorbed, or none: the
        message proposes the communes that may be meant.

    Examples
    --------
    >>> str(find("2a004")), str(find("saint valery sur somme"))
    ('2A004 Ajaccio', '80721 Saint-Valery-sur-Somme')
    >>> str(find("Lyon 3ème")), str(find("Marseille 1"))
    ('69383 Lyon 3e Arrondissement', '13201 Marseille 1er Arrondissement')
    """
    found = search(text)
    today = [str(one) for one in found if not one.is_absorbed]
    if not found:
        near = _near(text)
        message = "communes.unknown_near" if near else "communes.unknown"
        raise ConfigError(message, text=text, year=VINTAGE, communes=near)
    if not today:
        whole_one = table()[found[0].parent]
        raise ConfigError("communes.absorbed", commune=str(found[0]), whole=str(whole_one))
    postal = text.strip() in found[0].postal_codes
    if text.strip().upper() == found[0].code or (len(today) == 1 and not postal):
        return found[0]
    message = "communes.postal_code" if postal else "communes.several"
    raise ConfigError(message, text=text, communes=today[:SHOWN], count=len(today))


@cache
def _by_name() -> Mapping[str, tuple[Commune, ...]]:
    names: dict[str, list[Commune]] = defaultdict(list)
    for one in table().values():
        if one.name:
            names[_letters(one.name)].append(one)
    today = {name: [one for one in of if not one.is_absorbed] for name, of in names.items()}
    return {name: tuple(today[name] or of) for name, of in names.items()}


def _near(text: str) -> list[str]:
    """Communes of today whose name is like a text, and those of which it is a part."""
    wanted = _letters(text)
    names = [name for name, of in _by_name().items() if not of[0].is_absorbed]
    begin = [name for name in names if wanted and name.startswith(wanted)]
    near = begin or get_close_matches(wanted, names, n=SHOWN, cutoff=0.75)
    return [str(one) for name in near[:SHOWN] for one in _by_name()[name]][:SHOWN]


def _district(found: re.Match[str]) -> str:
    return f"{found[1]} {found[2]}{'er' if found[2] == '1' else 'e'} arrondissement"


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("’", "'").lower())
    plain = plain.encode("ascii", "ignore").decode()
    plain = NOT_LETTERS.sub(" ", plain).strip()
    plain = DISTRICT.sub(_district, plain)
    return re.sub(r"\bste\b", "sainte", re.sub(r"\bst\b", "saint", plain))
