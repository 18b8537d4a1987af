"""Keys of a ``study.toml`` with their types. Any other key is an error."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import (
    AliasChoices,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from foncier.i18n import Message
from foncier.study.densification import Densification
from foncier.study.paths import expanded
from foncier.study.strict import Strict

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "districts",
    "prices",
    "transit",
    "owners",
    "prescriptions",
    "permits",
    "perimeters",
    "artificial_land",
]
LAYERS: tuple[Layer, ...] = get_args(Layer)
Kind = Literal["friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible"]
# Keys that a study may still write, and their names today.
FORMER_KEYS: Mapping[str, str] = {"layers.quarters": "layers.districts"}
FORMER_PARAMS: Mapping[str, str] = {"reach_m": "radius_m", "given": "params"}


class Waypoint(Strict):
    """A named point in degrees (WGS 84)."""

    name: str
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Trace(Strict):
    """A line: of a file, or through waypoints."""

    name: str
    status: str | None = None
    file: str | None = None
    waypoints: tuple[Waypoint, ...] = ()
    waypoints_file: str | None = None
    layer: str | None = None

    @model_validator(mode="after")
    def _one_definition(self) -> Self:
        keys = [self.file is not None, bool(self.waypoints), self.waypoints_file is not None]
        if sum(keys) != 1:
            raise ValueError(Message("study.config.line_defined_once"))
        if self.waypoints and len(self.waypoints) < 2:
            raise ValueError(Message("study.config.two_waypoints"))
        return self


class Axis(Trace):
    """The strategic axis, and the half width of the study area along it, in metres."""

    half_width_m: float = Field(default=500, gt=0)


class Loop(Trace):
    """The active-travel loop: a line, or ordered waypoints of a closed tour along the streets."""


class Crossing(Strict):
    """A new bridge or footbridge for ``foncier what-if``: two ends, or a line with bends."""

    name: str
    waypoints: tuple[Waypoint, ...] = Field(min_length=2)


class Area(Strict):
    """Study area; by default along the axis if there is one, else the extent of the layers."""

    around: Literal["axis", "commune", "extent", "file"] | None = None
    file: str | None = None
    layer: str | None = None

    @model_validator(mode="after")
    def _file_if_needed(self) -> Self:
        if (self.around in ("file", "commune")) != (self.file is not None):
            raise ValueError(Message("study.config.area_file"))
        return self


class LayerSpec(Strict):
    """One file of a layer; ``accepted`` are the quality checks waived when it was fetched.

    ``where`` selects rows (``NATURE = 'Maison' and HAUTEUR >= 3``); ``values`` replaces values of
    a column of the schema (``values = { kind = { Serre = "light" } }``).
    """

    path: str
    format: str = "vector"
    layer: str | None = None
    crs: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    where: str | None = None
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
    """Change of a rule: threshold, ``skip``, or parameters of its measure (``least_m2 = 40``)."""

    model_config = ConfigDict(extra="allow")

    at_least: float | None = None
    below: float | None = None
    skip: bool = False

    @property
    def params(self) -> Mapping[str, Any]:
        """Parameters of the measure: all other keys."""
        return self.model_extra or {}


class RuleSpec(Strict):
    """A rule: a measure compared with a threshold. See `foncier.model.Rule`."""

    name: str
    measure: str
    fr: str
    en: str | None = None
    unit: str = ""
    source: str = ""
    at_least: int | float | None = None
    below: int | float | None = None
    optional: bool = False
    warns: bool = False
    failed_fr: str | None = None
    failed_en: str | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    limit: str = ""
    limits: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _former_params(cls, value: Any) -> Any:
        """Accept ``given``, the former name of ``params``."""
        if isinstance(value, dict) and "given" in value and "params" not in value:
            return {FORMER_PARAMS.get(key, key): item for key, item in value.items()}
        return value

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        if (self.at_least is None) == (self.below is None):
            raise ValueError(Message("study.config.one_threshold"))
        if self.warns and self.failed_fr is None:
            raise ValueError(Message("study.config.warning_text"))
        return self


class AddedRule(RuleSpec):
    """A rule that the study adds at the end of the rule set, and the kind that it applies to."""

    kind: Literal["dent_creuse", "terrain_divisible"]


class FabricChange(Strict):
    """Parameters of the urban fabric that the study changes. See `foncier.model.Fabric`."""

    near_m: float | None = Field(default=None, gt=0)
    middle_m: float | None = Field(default=None, gt=0)
    far_m: float | None = Field(default=None, gt=0)
    few: int | None = Field(default=None, ge=0)
    many: int | None = Field(default=None, ge=0)
    close_few: int | None = Field(default=None, ge=0)
    least_m2: float | None = Field(default=None, ge=0)


class Rules(Strict):
    """Rule set, and what this study changes in it or adds to it.

    ``profile`` is a name, or a TOML file in the folder of the study. ``zones`` are the types of
    the zones wanted for a kind, in place of those of the rule set. ``confidence`` is the
    calibration of the confidence of plots, a name or a TOML file; without one they have none.
    """

    profile: str = "foncier"
    zones: dict[Literal["dent_creuse", "terrain_divisible"], tuple[str, ...]] = Field(
        default_factory=dict
    )
    confidence: str | None = None
    dent_creuse: dict[str, RuleChange] = Field(default_factory=dict)
    terrain_divisible: dict[str, RuleChange] = Field(default_factory=dict)
    fabric: FabricChange = FabricChange()
    add: tuple[AddedRule, ...] = ()


class Evidence(Strict):
    """How evidence becomes a confidence.

    ``calibration``: file of ``foncier learn``, relative to the study; without one the weights are
    those of the experts.
    """

    calibration: str | None = None


class CriterionSpec(Strict):
    """A criterion of the score: 0 at ``worst``, 1 at ``best``, linear between.

    ``by_kind`` gives other bounds, worst and best, to the sites of a kind.
    """

    name: str
    measure: str
    worst: float
    best: float
    fr: str
    en: str | None = None
    weight: float = Field(default=1.0, ge=0)
    unit: str = ""
    source: str = ""
    by_kind: dict[Kind, tuple[float, float]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _two_bounds(self) -> Self:
        pairs = ((self.worst, self.best), *self.by_kind.values())
        if any(worst == best for worst, best in pairs):
            raise ValueError(Message("study.config.equal_bounds"))
        return self


class Reach(Strict):
    """How many sites, in the order of their rank, have isochrones."""

    isochrones: int = Field(default=20, ge=0)


class Score(Strict):
    """Kind of project that gives the weights; by default the balanced weights.

    ``rank_taken`` ranks the sites that have a project or a permit too; by default they are listed
    apart.
    """

    project: str | None = None
    rank_taken: bool = False


class SignalChange(Strict):
    """Change of a signal, or a signal of the study's own data.

    ``half_life_years = 0``: its weight does not decrease with age.
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


class Network(Strict):
    """How drawn street files (cadastre, communal file) are connected, see the docs.

    ``join_m`` is the largest gap between an end and the next street, in metres; 0 leaves the
    streets as they are drawn, and crossings without a vertex unconnected. ``island_m`` is the
    largest gap of a group of streets that nothing else connects, over ground that no parcel covers.
    """

    join_m: float = Field(default=1.0, ge=0, le=20)
    island_m: float = Field(default=30.0, ge=0, le=100)


class Publisher(Strict):
    """Who publishes the result, for its metadata; a service, not a person."""

    organisation: str
    email: str = Field(default="", pattern=r"^([^@\s]+@[^@\s]+)?$")
    url: str = Field(default="", pattern=r"^(https?://\S+)?$")


class Info(Strict):
    """Title, communes, date and publisher of the study."""

    title: str
    communes: tuple[str, ...] = Field(min_length=1)
    date: dt.date | None = None
    demo: bool = False
    contact: Publisher | None = None

    @field_validator("communes", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        """Accept the letters of Corsica in lower case."""
        codes = value if isinstance(value, list | tuple) else ()
        upper = tuple(code.strip().upper() if isinstance(code, str) else code for code in codes)
        return upper or value


class Picture(Strict):
    """A picture, PNG or JPEG: file, caption and credit."""

    file: str = Field(pattern=r"(?i)\.(png|jpe?g)$")
    caption: str = ""
    credit: str = ""


class SitePicture(Picture):
    """A picture of one opportunity."""

    site: str


class Contact(Strict):
    """A contact: name of the service, then lines such as telephone and address."""

    name: str
    lines: tuple[str, ...] = ()


class Change(Strict):
    """A future change in the area: when (free text) and what."""

    when: str
    text: str


class Premises(Strict):
    """Premises to let: area in square metres, the rest as free text; leave out the unknown."""

    name: str
    area_m2: float | None = Field(default=None, gt=0)
    rent: str = ""
    available: str = ""
    contact: str = ""


class Testimony(Strict):
    """What somebody of the sector says, and who it is (a role or a firm is enough)."""

    text: str
    who: str


class Leaflet(Strict):
    """Texts and pictures of the sheets and of the leaflet; every key is optional.

    ``map_url``: address of the online map, printed with its QR code.
    """

    intro: str = ""
    map_url: str = Field(default="", pattern=r"^(https?://\S+)?$", max_length=300)
    logo: Picture | None = None
    photo: Picture | None = None
    photos: tuple[SitePicture, ...] = ()
    contacts: tuple[Contact, ...] = ()
    changes: tuple[Change, ...] = ()
    premises: tuple[Premises, ...] = ()
    testimonies: tuple[Testimony, ...] = ()
    partners: tuple[str, ...] = ()


class Needs(Strict):
    """Files of requirements (``foncier match``) that each site is compared with."""

    files: tuple[str, ...] = ()


class Fetch(Strict):
    """Options of ``foncier fetch``: a mirror of the services, a GTFS data set, hosts, a contact.

    ``gtfs`` is the slug or the id of a data set of transport.data.gouv.fr, needed where several
    networks serve the commune. ``hosts`` are further hosts to which the services may redirect
    (``host`` or ``host:port``): data from them are trusted like those of the services.
    ``contact`` is the e-mail or web address by which a service can reach who asks.
    """

    mirror: str | None = None
    insecure: bool = False
    gtfs: str | None = None
    hosts: tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?$")], ...] = ()
    contact: Annotated[str, Field(pattern=r"^[ -~]*$")] = ""


class Study(Strict):
    """A whole study, as read from ``study.toml``.

    ``folder`` is where relative paths start; ``former_keys`` lists the keys that were written
    under a former name; ``untrusted``: somebody else made it; ``visits`` and ``statuses``: what
    people wrote beside the result of a former run. None may be written in the file.
    """

    info: Info = Field(alias="study")
    area: Area = Area()
    axis: Axis | None = None
    loop: Loop | None = None
    rules: Rules = Rules()
    criteria: tuple[CriterionSpec, ...] = ()
    signals: dict[str, SignalChange] = Field(default_factory=dict)
    evidence: Evidence = Evidence()
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    layers: dict[Layer, tuple[LayerSpec, ...]] = Field(default_factory=dict)
    reach: Reach = Reach()
    network: Network = Network()
    leaflet: Leaflet | None = None
    score: Score = Score()
    needs: Needs = Needs()
    densification: Densification | None = None
    crossings: tuple[Crossing, ...] = ()
    # Answers to Mutafriches by criterion, for one site or for `all`.
    mutability: dict[str, dict[str, str | float | bool]] = Field(default_factory=dict)
    fetch: Fetch = Fetch()
    folder: Path = Path()
    # `saisies.gpkg` of the result folder where people noted verdicts, or the status of a site.
    visits: Path | None = Field(default=None, exclude=True)
    statuses: Path | None = Field(default=None, exclude=True)
    former_keys: tuple[str, ...] = Field(default=(), exclude=True)
    untrusted: bool = Field(default=False, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _former_names(cls, value: Any) -> Any:
        """Accept the keys of `FORMER_KEYS` and note which were used."""
        return rename_former_keys(value) if isinstance(value, dict) else value

    @field_validator("layers", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        """Read a single table as a list of one."""
        if not isinstance(value, dict):
            return value
        return {k: v if isinstance(v, list | tuple) else [v] for k, v in value.items()}

    @field_validator("signals", mode="before")
    @classmethod
    def _weight_alone(cls, value: object) -> object:
        """Read a number as a weight."""
        if not isinstance(value, dict):
            return value
        bare = (int, float)
        return {k: {"weight": v} if isinstance(v, bare) else v for k, v in value.items()}

    @model_validator(mode="after")
    def _axis_if_needed(self) -> Self:
        if self.area.around == "axis" and self.axis is None:
            raise ValueError(Message("study.config.no_axis"))
        return self

    def path(self, written: str) -> Path:
        """Resolve a path of the study; relative paths start at its folder."""
        return self.folder / expanded(written)

    @property
    def around(self) -> str:
        """Kind of study area: as written, else ``axis`` if there is one, else ``extent``."""
        return self.area.around or ("axis" if self.axis else "extent")


def rename_former_keys(raw: dict[str, Any]) -> dict[str, Any]:
    """Replace former keys by those of today.

    Returns
    -------
    The same tables with the keys of today, and ``former_keys`` if there were others.
    """
    renamed, used = dict(raw), []
    for old, new in FORMER_KEYS.items():
        (table, old_key), new_key = old.split("."), new.split(".")[1]
        keys = renamed.get(table)
        if not isinstance(keys, dict) or old_key not in keys:
            continue
        if new_key in keys:
            raise ValueError(Message("study.config.two_names", old=old, new=new))
        renamed[table] = {new_key if key == old_key else key: item for key, item in keys.items()}
        used.append(old)
    return {**renamed, "former_keys": (*raw.get("former_keys", ()), *used)} if used else renamed
