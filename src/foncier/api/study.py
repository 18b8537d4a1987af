"""A study in Python: where to look, on which layers, by which rules and weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from foncier import study as studies
from foncier.api.layer import layer_specs
from foncier.crs import legal_crs
from foncier.errors import ConfigError
from foncier.study.config import Study as StudyConfig
from foncier.study.validation_errors import validation_error

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from foncier.api.layer import LayerLike
    from foncier.i18n import Lang
    from foncier.pipeline.check import LayerCheck

TITLE = "Étude"


class Study:
    """What to look for and where: communes, layers, rules and weights.

    A layer is a path, a GeoDataFrame, a DataFrame, an OSMnx graph (streets), a `Layer` with more
    said of it, or a list of these. Tables go through the same repairs, the same checks and the same
    column names as files; they are never changed. `read_study` reads a ``study.toml`` instead.

    Parameters
    ----------
    communes
        INSEE code of the commune, or several codes of one territory.
    parcels, buildings
        Cadastral parcels and buildings; at least one of parcels, buildings and inventory is
        needed.
    streets
        Lines with their class, or a graph of OSMnx.
    zones
        Zones of the local plan.
    rules
        Rule set (``foncier``, ``foncier-api``, ``parcel-manager``, ``qgis-foncier``), or what the
        table ``[rules]`` of a ``study.toml`` says.
    weights
        Weight by criterion, instead of the weight of the project; 0 leaves a criterion out.
    project
        Kind of project that gives the weights; balanced weights when None.
    title, date
        As the deliverables state them; without a date, that of the newest layer.
    axis, loop
        Path of a line, or what the table of the same name of a ``study.toml`` says.
    area
        Path of an outline, or what the table ``[area]`` says; by default along the axis, else over
        all parcels.
    folder
        Where relative paths start, and where `fetch` puts layers: those that it has put there are
        taken for the layers that are not given. By default the current folder, without them.
    settings
        Other tables of a ``study.toml``: ``signals``, ``reach``, ``crossings``, ``mutability``,
        ``leaflet``, ``fetch``.
    **layers
        Any other layer by its name: ``constraints``, ``places``, ``inventory``, ``observations``,
        ``population``, ``vacancy_rates``, ``elevation``, ``envelope``, ``land_units``,
        ``districts``, ``prices``, ``transit``, ``owners``, ``prescriptions``, ``permits``,
        ``perimeters``.

    Raises
    ------
    ConfigError
        An unknown layer, rule set, project or criterion, or a value of the wrong type.

    Examples
    --------
    >>> import foncier as fo
    >>> study = fo.Study(communes=["80021"], parcels="parcelles.json.gz", weights={"station": 3})
    >>> study.title, study.communes
    ('Étude 80021', ('80021',))
    """

    def __init__(
        self,
        communes: str | Iterable[str],
        parcels: LayerLike | None = None,
        buildings: LayerLike | None = None,
        streets: LayerLike | None = None,
        zones: LayerLike | None = None,
        *,
        rules: str | Mapping[str, Any] = "foncier",
        weights: Mapping[str, float] | None = None,
        project: str | None = None,
        title: str | None = None,
        date: dt.date | str | None = None,
        axis: str | Path | Mapping[str, Any] | None = None,
        loop: str | Path | Mapping[str, Any] | None = None,
        area: str | Path | Mapping[str, Any] | None = None,
        folder: str | Path | None = None,
        settings: Mapping[str, Any] | None = None,
        **layers: LayerLike | None,
    ) -> None:
        codes = (communes,) if isinstance(communes, str) else tuple(communes)
        title = title or f"{TITLE} {', '.join(codes)}"
        named = {
            "parcels": parcels,
            "buildings": buildings,
            "streets": streets,
            "zones": zones,
            **layers,
        }
        raw = {
            **(settings or {}),
            "study": {"title": title, "communes": codes, "date": date},
            "rules": {"profile": rules} if isinstance(rules, str) else dict(rules),
            "weights": dict(weights or {}),
            "score": {"project": project},
            **_line("axis", axis),
            **_line("loop", loop),
            **_area(area),
        }
        fetched = {} if folder is None else studies.fetched_layers(Path(folder))
        self._config = _checked(raw, named, fetched, Path(folder or "."))

    @classmethod
    def _of(cls, config: StudyConfig) -> Study:
        """Study of a configuration that was read."""
        study = cls.__new__(cls)
        study._config = config
        return study

    @property
    def config(self) -> StudyConfig:
        """Typed, frozen configuration: what a ``study.toml`` would say."""
        return self._config

    @property
    def title(self) -> str:
        """Title of the study."""
        return self._config.info.title

    @property
    def communes(self) -> tuple[str, ...]:
        """INSEE codes."""
        return self._config.info.communes

    @property
    def layers(self) -> dict[str, tuple[str, ...]]:
        """Files and tables of each layer, by the name of the layer."""
        return {
            name: tuple(spec.path for spec in specs) for name, specs in self._config.layers.items()
        }

    def check(self, *, lang: Lang = "fr", former: str | Path | None = None) -> pd.DataFrame:
        """Read every layer and report it, without looking for opportunities.

        Parameters
        ----------
        lang
            Language of ``problems`` and ``missing``, ``fr`` or ``en``.
        former
            Folder of the former result, see `foncier.run`.

        Returns
        -------
        One row a file or table, and one a layer that the study lacks: ``layer``, ``file``,
        ``rows_read``, ``rows_kept`` (missing where the layer could not be read), ``crs`` of the
        data, ``vintage``, ``problems`` (what was repaired, dropped or assumed, or why the layer
        could not be read), ``missing`` (what the result lacks without the layer). Empty text where
        there is nothing to say.

        Examples
        --------
        >>> import foncier as fo
        >>> table = fo.read_study(fo.demo_study()).check()
        >>> table.loc[table.layer == "parcels", ["rows_read", "rows_kept", "crs"]]
           rows_read  rows_kept        crs
        0       6500       6500  EPSG:4326
        """
        import pandas as pd  # noqa: PLC0415 (slow to import)

        from foncier.pipeline.check import check_layers  # noqa: PLC0415 (slow to import)

        config = config_of(self, former)
        table = pd.DataFrame([_check_row(seen, lang) for seen in check_layers(config)])
        counts = dict.fromkeys(("rows_read", "rows_kept"), "Int64")
        return table.astype({**counts, "vintage": "datetime64[us]"})

    def read_layers(self, *, workers: int = 1) -> dict[str, pd.DataFrame]:
        """Read every layer as a run does: repaired, checked, in the legal metric CRS.

        Parameters
        ----------
        workers
            Threads that read the files.

        Returns
        -------
        Table by layer, with the columns of the data dictionary; a GeoDataFrame where the layer has
        shapes. The raster of elevation is left out.

        Raises
        ------
        SourceError, FormatError, ContractError, CrsError
            A layer cannot be read, or breaks its contract.

        Examples
        --------
        >>> import foncier as fo
        >>> layers = fo.read_study(fo.demo_study()).read_layers()
        >>> layers["parcels"].crs.to_epsg(), list(layers["zones"].columns)
        (2154, ['zone_id', 'zone_type', 'label', 'vocation', 'source', 'geometry'])
        """
        from foncier.pipeline.layers import RELIEF, read_layers  # noqa: PLC0415 (slow to import)

        frames = read_layers(self._config, workers=workers).frames
        return {str(name): table for name, table in frames.items() if name != RELIEF}

    def replace(self, **changes: Any) -> Study:
        """Copy with other ``rules``, ``weights``, ``project``, ``title`` or ``date``.

        Raises
        ------
        ConfigError
            As `Study`; or another keyword.

        Examples
        --------
        >>> import foncier as fo
        >>> study = fo.read_study(fo.demo_study())
        >>> study.replace(rules="qgis-foncier").config.rules.profile
        'qgis-foncier'
        """
        strange = sorted(set(changes) - {"rules", "weights", "project", "title", "date"})
        if strange:
            raise ConfigError("api.replace_unknown", names=", ".join(strange))
        config = self._config
        raw = config.model_dump(exclude={"layers", "folder"})
        if "rules" in changes:
            rules = changes["rules"]
            raw["rules"] = {"profile": rules} if isinstance(rules, str) else dict(rules)
        if "weights" in changes:
            raw["weights"] = dict(changes["weights"] or {})
        if "project" in changes:
            raw["score"] = {"project": changes["project"]}
        raw["study"] |= {key: changes[key] for key in ("title", "date") if key in changes}
        return Study._of(_validated({**raw, "layers": config.layers}, config.folder))

    def __repr__(self) -> str:
        """Title, communes and layers."""
        layers = ", ".join(self.layers) or "aucune couche"
        return f"<Study {self.title!r} ({', '.join(self.communes)}) : {layers}>"


def read_study(path: str | Path, *, untrusted: bool = False) -> Study:
    """Read a study from its folder or its ``study.toml``.

    Parameters
    ----------
    path
        Folder that holds ``study.toml``, that file, or a zip of the folder.
    untrusted
        Somebody else made the study: it may read nothing outside its folder, no environment
        variable, and name no host. Always so for a zip.

    Raises
    ------
    ConfigError
        No such file, an unknown key or name, a wrong type, no layer to look in.

    Examples
    --------
    >>> import foncier as fo
    >>> fo.read_study(fo.demo_study()).communes
    ('80021',)
    """
    return Study._of(studies.read_study(Path(path), untrusted=untrusted))


def demo_study() -> Path:
    """Folder of the study that comes with foncier: a fictional town, for trials and examples.

    Examples
    --------
    >>> demo_study().name
    'study'
    """
    from foncier import demo  # noqa: PLC0415

    return demo.study_folder()


def as_study(study: Study | str | Path) -> Study:
    """Study itself, or the one at a path."""
    return study if isinstance(study, Study) else read_study(study)


def config_of(study: Study | str | Path, former: str | Path | None = None) -> StudyConfig:
    """Settings of a study, with what people wrote beside its former result if one is named."""
    config = as_study(study).config
    if former is None:
        return config
    from foncier.pipeline.entries import with_entries  # noqa: PLC0415 (slow to import)

    return with_entries(config, Path(former))


def _line(name: str, said: str | Path | Mapping[str, Any] | None) -> dict[str, Any]:
    if said is None:
        return {}
    if isinstance(said, (str, Path)):
        return {name: {"name": Path(said).stem, "file": str(said)}}
    return {name: dict(said)}


def _area(said: str | Path | Mapping[str, Any] | None) -> dict[str, Any]:
    if said is None:
        return {}
    return {
        "area": {"around": "file", "file": str(said)} if isinstance(said, (str, Path)) else said
    }


def _checked(
    raw: Mapping[str, Any],
    layers: Mapping[str, LayerLike | None],
    fetched: Mapping[str, Any],
    folder: Path,
) -> StudyConfig:
    codes = raw["study"]["communes"]
    if not codes:
        raise ConfigError("api.no_commune")
    crs = legal_crs(codes[0])
    if len({legal_crs(code) for code in codes}) > 1:
        raise ConfigError("api.several_territories", communes=", ".join(codes))
    specs = {n: layer_specs(n, value, crs) for n, value in layers.items() if value is not None}
    return _validated({**raw, "layers": {**fetched, **specs}}, folder)


def _validated(raw: Mapping[str, Any], folder: Path) -> StudyConfig:
    """Typed configuration, every name in it known."""
    try:
        config = StudyConfig.model_validate({**raw, "folder": folder})
    except ValidationError as faults:
        raise validation_error(Path("Study"), faults, StudyConfig) from faults
    studies.check_names(config)
    return config


def _check_row(seen: LayerCheck, lang: Lang) -> dict[str, Any]:
    report = seen.report
    row: dict[str, Any] = dict.fromkeys(
        ("layer", "file", "rows_read", "rows_kept", "crs", "vintage", "problems", "missing")
    )
    read = seen.report is not None or seen.fault is not None
    file = seen.shown if read else ""
    row |= {"layer": seen.layer, "file": file, "crs": "", "problems": "", "missing": ""}
    if seen.cost is not None:
        row["missing"] = seen.cost[lang]
    if seen.fault is not None:
        row["problems"] = str(seen.fault)
    if report is not None:
        notes = "\n".join(f"{note.count} {note.text[lang]}" for note in report.notes)
        row |= {"rows_read": report.rows_read, "rows_kept": report.rows_kept, "crs": report.crs}
        row |= {"vintage": report.vintage, "problems": notes}
    return row
