"""What a ``study.toml`` may say: every key and its type. Anything else is an error."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

Layer = Literal[
    "parcels",
    "buildings",
    "streets",
    "zones",
    "constraints",
    "places",
    "inventory",
    "observations",
    "population",
    "vacancy_rates",
    "elevation",
    "envelope",
    "land_units",
    "quarters",
    "prices",
    "transit",
]
LAYERS: tuple[Layer, ...] = (
    "parcels",
    "buildings",
    "streets",
    "zones",
    "constraints",
    "places",
    "inventory",
    "observations",
    "population",
    "vacancy_rates",
    "elevation",
    "envelope",
    "land_units",
    "quarters",
    "prices",
    "transit",
)
VARIABLE = re.compile(r"\$\{(\w+)\}")


def expanded(text: str) -> str:
    """Text with each ``${NAME}`` replaced by the environment's value."""
    return VARIABLE.sub(lambda found: os.environ[found[1]], text)


class Strict(BaseModel):
    """No key that we do not know, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Waypoint(Strict):
    """A named point in degrees (WGS 84)."""

    name: str
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Trace(Strict):
    """A line: drawn in a file, or given by its waypoints."""

    name: str
    status: str | None = None
    file: str | None = None
    waypoints: tuple[Waypoint, ...] = ()
    waypoints_file: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [self.file is not None, bool(self.waypoints), self.waypoints_file is not None]
        if sum(given) != 1:
            raise ValueError("donnez une seule de ces clés : file, waypoints, waypoints_file")
        if self.waypoints and len(self.waypoints) < 2:
            raise ValueError("il faut au moins deux waypoints")
        return self


class Axis(Trace):
    """The strategic axis, and how far to each side the study looks, in metres."""

    half_width_m: float = Field(default=500, gt=0)


class Loop(Trace):
    """The soft loop: a line, or ordered waypoints that become a closed tour over the streets."""


class Crossing(Strict):
    """A new way to try, over water or rails: its two ends, or a line with bends between."""

    name: str
    waypoints: tuple[Waypoint, ...] = Field(min_length=2)


class Area(Strict):
    """Where opportunities are sought; unsaid, along the axis, else over all data."""

    around: Literal["axis", "commune", "extent", "file"] | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _file_given(self) -> Self:
        if (self.around in ("file", "commune")) != (self.file is not None):
            raise ValueError('around = "file" ou "commune" demande la clé file, et elle seule')
        return self


class LayerSpec(Strict):
    """One file of a layer; ``accepted`` are the doubts let pass when it was fetched."""

    path: str
    format: str = "vector"
    layer: str | None = None
    crs: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    date: dt.date | None = None
    source: str = ""
    licence: str = ""
    accepted: tuple[str, ...] = ()


class TableSpec(LayerSpec):
    """A layer that is a table in memory: only the Python API can say so, no file can.

    ``path`` is what messages and the manifest call it.
    """

    frame: Any = Field(exclude=True, repr=False)


class RuleChange(Strict):
    """A figure of a rule that this study changes; ``skip`` leaves the rule out."""

    at_least: float | None = None
    below: float | None = None
    skip: bool = False


class Rules(Strict):
    """The rule set, and what this study changes in it."""

    profile: str = "foncier"
    dent_creuse: dict[str, RuleChange] = Field(default_factory=dict)
    terrain_divisible: dict[str, RuleChange] = Field(default_factory=dict)


class Reach(Strict):
    """For how many sites, the best ranked first, what is reached on foot is drawn."""

    isochrones: int = Field(default=20, ge=0)


class Score(Strict):
    """The kind of project that the score is weighed for; unsaid, the balanced weights."""

    project: str | None = None


class SignalChange(Strict):
    """A sign that this study weighs in its own way, or brings itself.

    ``half_life_years = 0`` says that it does not age.
    """

    weight: float | None = None
    half_life_years: float | None = Field(default=None, ge=0)
    source_group: str | None = Field(
        default=None, validation_alias=AliasChoices("source_group", "origin")
    )
    prior: float | None = Field(default=None, gt=0, lt=1)
    fr: str | None = None
    en: str | None = None
    source: str | None = None


class Info(Strict):
    """Title, communes and date of the study."""

    title: str
    communes: tuple[str, ...] = Field(min_length=1)
    date: dt.date | None = None
    demo: bool = False


class Picture(Strict):
    """A picture of the study, PNG or JPEG: its file, what it shows, whose it is."""

    file: str = Field(pattern=r"(?i)\.(png|jpe?g)$")
    caption: str = ""
    credit: str = ""


class SitePicture(Picture):
    """A picture of one opportunity."""

    site: str


class Contact(Strict):
    """Whom to ask: a service, and the lines under its name (telephone, address…)."""

    name: str
    lines: tuple[str, ...] = ()


class Change(Strict):
    """A change to come in the sector: when, in the study's own words, and what."""

    when: str
    text: str


class Leaflet(Strict):
    """What the sheets and the leaflet say beside the figures; each key may be left out."""

    intro: str = ""
    logo: Picture | None = None
    photo: Picture | None = None
    photos: tuple[SitePicture, ...] = ()
    contacts: tuple[Contact, ...] = ()
    changes: tuple[Change, ...] = ()


class Fetch(Strict):
    """Where public layers are asked for: a mirror in place of the services themselves.

    ``gtfs`` names the data set of transport.data.gouv.fr, by its slug or its id, where several
    networks serve the commune or none says so.
    """

    mirror: str | None = None
    insecure: bool = False
    gtfs: str | None = None


class Study(Strict):
    """A whole study, as its ``study.toml`` says it."""

    study: Info
    area: Area = Area()
    axis: Axis | None = None
    loop: Loop | None = None
    rules: Rules = Rules()
    signals: dict[str, SignalChange] = Field(default_factory=dict)
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    layers: dict[Layer, tuple[LayerSpec, ...]] = Field(default_factory=dict)
    reach: Reach = Reach()
    leaflet: Leaflet | None = None
    score: Score = Score()
    crossings: tuple[Crossing, ...] = ()
    # What the study knows for Mutafriches: answers by criterion, for a site or for `all`.
    mutability: dict[str, dict[str, str | float | bool]] = Field(default_factory=dict)
    fetch: Fetch = Fetch()
    folder: Path = Path()

    @field_validator("layers", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        """Take one table for a layer as a list of one."""
        if not isinstance(value, dict):
            return value
        return {k: v if isinstance(v, list | tuple) else [v] for k, v in value.items()}

    @field_validator("signals", mode="before")
    @classmethod
    def _weight_alone(cls, value: object) -> object:
        """Take a bare number for a weight."""
        if not isinstance(value, dict):
            return value
        bare = (int, float)
        return {k: {"weight": v} if isinstance(v, bare) else v for k, v in value.items()}

    @model_validator(mode="after")
    def _area_has_ground(self) -> Self:
        if self.area.around == "axis" and self.axis is None:
            raise ValueError('area.around = "axis" demande une table [axis]')
        return self

    def path(self, written: str) -> Path:
        """Resolve a path of the study: relative ones start at the study's folder."""
        return self.folder / expanded(written)

    @property
    def around(self) -> str:
        """Where opportunities are sought: the study's word, else the axis, else all data."""
        return self.area.around or ("axis" if self.axis else "extent")
