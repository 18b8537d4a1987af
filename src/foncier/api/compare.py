"""What is made of a study or of results: rule sets side by side, truths, changes, scenarios."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from foncier._util.scratch import scratch_folder
from foncier.api.result import Result, as_result
from foncier.api.study import Study, as_study, config_of
from foncier.api.views import MemoryView, public
from foncier.errors import CrsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    import geopandas as gpd
    import pandas as pd

    from foncier.model import Validation
    from foncier.pipeline.backtest import Backtest
    from foncier.pipeline.compare_profiles import Comparison
    from foncier.study import Requirements
    from foncier.validation import Learned

    Vector: TypeAlias = "str | Path | gpd.GeoDataFrame | gpd.GeoSeries"


def compare_profiles(
    study: Study | str | Path, *, truth: Sequence[str | Path] = (), workers: int = 1
) -> Comparison:
    """Run every rule set on the parcels of a study, and say where they agree.

    Parameters
    ----------
    study
        A study with parcels and buildings, or the path of one.
    truth
        Files of parcels read on plans, one a reading: ``parcel_id``, ``verdict`` (``vrai_dc``,
        ``vrai_td``, ``faux``, ``incertain``), and ``stratum`` and ``weight`` of a stratified
        sample.
    workers
        Threads that read the layers.

    Returns
    -------
    ``summary`` (one row a rule set: plots and hectares by kind), ``candidates`` (by rule set),
    ``agreement`` (one row a parcel and kind that some rule set finds: by which, and the rule that
    stops it in the others) and ``differences`` (plots that others find, by the rule that stops
    them). Areas are in hectares, geometries in the legal metric CRS. With ``truth``, ``readings``
    holds precision, recall and F1 with their intervals, the agreement of the readings and every
    error with its reason (`foncier.validation.Readings`); None without.

    Raises
    ------
    ConfigError
        The study has no parcels or no buildings.

    Examples
    --------
    >>> import foncier as fo
    >>> fo.compare_profiles(fo.demo_study()).summary["profile"].tolist()
    ['foncier', 'foncier-api', 'parcel-manager', 'qgis-foncier']
    """
    from foncier.pipeline import compare_profiles as comparing  # noqa: PLC0415 (slow to import)

    comparison = comparing.compare(as_study(study).config, workers=workers)
    if not truth:
        return comparison
    from foncier.pipeline import readings  # noqa: PLC0415 (slow to import)

    assessed = readings.assess(comparison, [Path(file) for file in truth])
    return replace(comparison, readings=assessed)


def backtest(
    study: Study | str | Path, years: Sequence[str | Path] = (), *, last: int = 10
) -> Backtest:
    """Test the rule sets on the ground as it was: what they would have listed of what was built.

    Parameters
    ----------
    study
        A study with parcels and buildings, or the path of one.
    years
        Files with the year of construction of parcels or buildings: tax data (``idpar``,
        ``jannatmin``), BDNB (``annee_construction``), or parcel and year. Without any, the layers
        ``fichiers-fonciers`` and ``bdnb`` of the study.
    last
        Number of years whose buildings are taken away, back from the newest year.

    Returns
    -------
    ``sets`` (recall of the plots built since and lift over all bare plots, by rule set, kind and
    unit: ``parcel`` of today, or ``piece``, the bare land as one piece), ``rules`` (the same for
    each rule alone), ``since``, ``newest``, ``counts``. No row is about a single plot.

    Raises
    ------
    ConfigError
        The study has no parcels or no buildings, or no file has a year.

    Examples
    --------
    >>> import foncier as fo
    >>> found = fo.backtest(fo.demo_study())
    >>> int(found.sets.iloc[0]["built"]) >= 20
    True
    """
    from foncier.pipeline import backtest as testing  # noqa: PLC0415 (slow to import)

    files = [Path(file) for file in years]
    return testing.backtest(as_study(study).config, files, last=last)


def validate(
    result: Result | str | Path,
    truth: Vector | pd.DataFrame,
    *,
    complete: bool = False,
    untrusted: bool = False,
) -> Validation:
    """Assess a result against known truths.

    Parameters
    ----------
    result
        A result, or its folder.
    truth
        Sites that somebody has seen: visits of the map (CSV), any vector file, or a table with the
        same columns. A GeoDataFrame needs a CRS; a DataFrame ``lon`` and ``lat``.
    complete
        The truths are all there is: a site that none confirms is false.
    untrusted
        Somebody else made the file of truths: it is read in a process of its own, with limits on
        memory, time and the length of texts.

    Returns
    -------
    ``by_kind`` and ``by_band`` (precision and recall with their 95 % intervals), ``found`` (the
    sites listed, judged or not), ``wanted`` (the truths, found or not), ``calibration``,
    ``baselines``, ``brier``, ``auc``, ``warnings``.

    Raises
    ------
    ConfigError
        There is no result there.
    SourceError, FormatError, CrsError
        The truths or the result cannot be read.

    Examples
    --------
    >>> import foncier as fo
    >>> judged = fo.validate(result, fo.demo_study() / "verite.csv")
    >>> float(judged.by_kind.set_index("kind").loc["friche", "precision"]) > 0.8
    True
    """
    from foncier.pipeline.validate import assess_result  # noqa: PLC0415 (slow to import)

    with as_result(result).folder() as folder, _file(truth, "verite") as file:
        return assess_result(folder, file, complete=complete, untrusted=untrusted)


def learn(
    results: Result | str | Path | Sequence[Result | str | Path],
    truth: Vector | pd.DataFrame | None = None,
) -> Learned:
    """Learn the confidence of friches and buildings from verdicts of visits.

    Parameters
    ----------
    results
        One result or several, of one commune or of several; or their folders.
    truth
        Verdicts, as for `validate`; by default the entries of each result (``saisies.gpkg``).

    Returns
    -------
    ``intercept``, ``slope``, ``weights`` (log-odds by signal) and ``groups`` (by commune), each
    with its interval at 95 %; ``brier_before``, ``brier_after``, ``gain`` and ``gain_error`` on
    verdicts left out; ``is_better``: the gain is more than its error. Weights of their own from 100
    verdicts, level and slope only below.

    Raises
    ------
    ConfigError
        No result there, or fewer than 30 conclusive verdicts.
    SourceError, FormatError, CrsError
        Verdicts or a result cannot be read.

    Examples
    --------
    >>> import foncier as fo
    >>> learned = fo.learn(result, fo.demo_study() / "verite.csv")
    >>> learned.verdicts >= 30, learned.is_better
    (True, True)
    """
    from foncier.pipeline.learn import learn_confidence  # noqa: PLC0415 (slow to import)

    every = [results] if isinstance(results, (Result, str, Path)) else list(results)
    with ExitStack() as stack:
        folders = [stack.enter_context(as_result(one).folder()) for one in every]
        files = [] if truth is None else [stack.enter_context(_file(truth, "verite"))]
        return learn_confidence(folders, files)[0]


def diff(old: Result | str | Path, new: Result | str | Path) -> gpd.GeoDataFrame:
    """Compare two results of the same communes, site by site.

    Parameters
    ----------
    old, new
        Results, or their folders.

    Returns
    -------
    One row a site: ``opportunity_id``, ``fate`` (``apparu``, ``disparu``, ``modifie``,
    ``renomme``, ``inchange``), ``kind``, ``old_id``, ``name``, ``changed``, ``gained`` and ``lost``
    evidence, ``reason_fr``, ``reason_en``, geometry in the legal metric CRS. ``attrs["warnings"]``
    lists, in ``fr`` and ``en``, what makes the comparison less sure.

    Raises
    ------
    ConfigError
        There is no result there, or the two are not of the same communes, CRS or town.

    Examples
    --------
    >>> import foncier as fo
    >>> set(fo.diff(result, result)["fate"])
    {'inchange'}
    """
    from foncier.pipeline.diff import compare  # noqa: PLC0415 (slow to import)

    with ExitStack() as stack:
        before, after = (stack.enter_context(as_result(one).folder()) for one in (old, new))
        changes = compare(before, after)
    changes.rows.attrs["warnings"] = [asdict(warning) for warning in changes.warnings]
    return changes.rows


@dataclass(frozen=True)
class Scenarios:
    """What another loop or new crossings change.

    ``gains`` has one row a scenario and site, the greatest gain of score first: ``scenario``,
    ``opportunity_id``, ``loop_m_before``, ``loop_m_after``, ``minutes_gained`` (the best over the
    destinations, named in ``towards``), ``unlocked`` (a destination without a way before has one
    after), ``score_before``, ``score_after``, ``rank_before``, ``rank_after``. ``lines`` holds the
    loops and crossings with ``length_m``. ``result`` is the study as it is.
    """

    gains: pd.DataFrame
    lines: gpd.GeoDataFrame
    result: Result


def what_if(
    study: Study | str | Path,
    *,
    loop: Vector | None = None,
    crossings: Vector | None = None,
    former: str | Path | None = None,
    workers: int = 1,
) -> Scenarios:
    """Try another loop or new crossings, each alone, and measure what every site gains.

    Parameters
    ----------
    study
        A study with streets, or the path of one; its own ``[[crossings]]`` are tried too.
    loop
        The other loop: a line, or waypoints in order (``order``, ``name``); a ``.toml`` file with a
        table ``[loop]`` too.
    crossings
        Lines with a column ``name``.
    former
        Folder of the former result, see `foncier.run`.
    workers
        Threads that read the layers.

    Raises
    ------
    ConfigError
        Nothing to try, no streets, or no loop in the study to compare with.
    ContractError
        A waypoint or the end of a crossing is far from any street.

    Examples
    --------
    >>> import foncier as fo, geopandas as gpd, shapely
    >>> bridge = shapely.LineString([(650450, 6977100), (650600, 6977300)])
    >>> lines = gpd.GeoDataFrame({"name": ["Passerelle"]}, geometry=[bridge], crs=2154)
    >>> fo.what_if(fo.demo_study(), crossings=lines).gains["scenario"].unique().tolist()
    ['Passerelle']
    """
    from foncier.pipeline.what_if import run_what_if  # noqa: PLC0415 (slow to import)

    config = config_of(study, former)
    with ExitStack() as stack:
        files = {
            name: None if given is None else stack.enter_context(_file(given, name))
            for name, given in (("loop", loop), ("crossings", crossings))
        }
        found = run_what_if(config, **files, workers=workers)
    return Scenarios(found.gains, found.lines, Result(MemoryView(found.result), config))


@dataclass(frozen=True)
class Matches:
    """Sites that answer a project holder's requirements.

    ``sites`` has one row an opportunity, the best answer first: ``opportunity_id``, ``label``,
    ``outcome`` (``fits``, ``to_check``, ``near_miss``, ``no``) and how many conditions are ``met``,
    ``to_check`` and ``failed``. ``conditions`` has one row a site and condition: ``verdict``
    (``yes``, ``no``, ``unknown``), ``value``, ``bound``, ``short`` (how much is missing), ``unit``.
    """

    sites: pd.DataFrame
    conditions: pd.DataFrame


def match(
    result: Result | str | Path,
    requirements: str | Path | Mapping[str, Any],
    *,
    untrusted: bool = False,
) -> Matches:
    """Say which sites suit a project, and what the others lack.

    Parameters
    ----------
    result
        A result, or its folder.
    requirements
        A TOML file (``foncier match --template``), or a mapping of the same keys.
    untrusted
        Somebody else made the file: it is read in a process of its own, with limits.

    Raises
    ------
    ConfigError
        An unknown key, theme or destination, or bounds the wrong way round.

    Examples
    --------
    >>> import foncier as fo
    >>> found = fo.match(result, {"name": "Atelier", "area_m2": {"min": 2000}})
    >>> set(found.sites["outcome"]) <= {"fits", "to_check", "near_miss", "no"}
    True
    """
    from foncier import scoring, study  # noqa: PLC0415 (slow to import)

    asked = _requirements(requirements, untrusted=untrusted)
    given = as_result(result)
    sites = given.raw("opportunities")
    matches, checks = scoring.match_requirements(sites, study.conditions(asked), asked.tolerance)
    labels = public("opportunities", sites, ()).set_index("opportunity_id")["label"]
    matches.insert(1, "label", matches["opportunity_id"].map(labels))
    return Matches(matches, checks)


def _requirements(given: str | Path | Mapping[str, Any], *, untrusted: bool) -> Requirements:
    from foncier.parallel import confined  # noqa: PLC0415 (slow to import)
    from foncier.study import Requirements, read_requirements  # noqa: PLC0415 (slow to import)
    from foncier.study.validation_errors import validation_error  # noqa: PLC0415

    if isinstance(given, (str, Path)):
        file = Path(given)
        return confined.call(confined.limits_of(untrusted), file.name, read_requirements, file)
    try:
        return Requirements.model_validate({"name": "", **given})
    except ValidationError as faults:
        where = Path("requirements")
        raise validation_error(where, faults, Requirements) from faults


@contextmanager
def _file(given: Vector | pd.DataFrame, name: str) -> Iterator[Path]:
    """Path of a file; that of a temporary one for a table."""
    if isinstance(given, (str, Path)):
        yield Path(given)
        return
    import geopandas as gpd  # noqa: PLC0415 (slow to import)

    with scratch_folder() as folder:
        table = gpd.GeoDataFrame(geometry=given) if isinstance(given, gpd.GeoSeries) else given
        if not isinstance(table, gpd.GeoDataFrame):
            table.to_csv(folder / f"{name}.csv", index=False)
            yield folder / f"{name}.csv"
            return
        if table.crs is None:
            raise CrsError("api.no_crs", name=name)
        table.to_file(folder / f"{name}.gpkg", layer=name, index=False)
        yield folder / f"{name}.gpkg"
