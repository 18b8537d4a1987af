"""The opportunity map beside folium alone, and in a real Chromium with the network cut.

Sites are drawn: an L-shaped plot of six corners, one piece of evidence, the walk to three
destinations, seven marks of full precision, a street access and a route to the loop.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from playwright.sync_api import sync_playwright
from tests.bench.jobs import Job, Place

from foncier import schemas, scoring
from foncier.export.webmap import write_map
from foncier.i18n import Localized
from foncier.model import Background, Profile, ResultTables
from foncier.study import criteria as study_criteria
from foncier.study import read_study

if TYPE_CHECKING:
    from collections.abc import Callable

CRS = pyproj.CRS.from_epsg(2154)
TARGETS = {
    "station": ("Gare", "Station"),
    "services": ("Commerces", "Shops"),
    "loop": ("Boucle", "Loop"),
}
EMPTY = ("tests", "rejections", "lines")
READY = "performance.getEntriesByName('ready')[0].startTime"
RERANK = """() => {
  const times = [];
  for (let i = 0; i < 15; i += 1) {
    const began = performance.now();
    weigh(STUDY_WEIGHTS.map((weight, k) => weight + ((i * 7 + k * 3) % 5)));
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[7];
}"""
SHOWN = """() => new Promise((resolve) => {
  const began = performance.now();
  changeWeights(STUDY_WEIGHTS.map((weight, k) => weight + ((k * 3 + Math.random()) % 5)));
  // the script of the frame that paints it all, then what the browser makes of it on the screen
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const busy = performance.now() - began;
    requestAnimationFrame(() => setTimeout(() => resolve([busy, performance.now() - began])));
  }));
})"""


def town(count: int) -> ResultTables:
    """A result of ``count`` sites on a grid of plots, a third of their measures unknown."""
    rng = np.random.default_rng(5)
    side = int(np.ceil(np.sqrt(count)))
    at = np.arange(count)
    x = 640_000.0 + (at % side) * 45 + rng.uniform(0, 9, count)
    y = 6_970_000.0 + (at // side) * 45 + rng.uniform(0, 9, count)
    plots = shapely.union(shapely.box(x, y, x + 24, y + 12), shapely.box(x, y, x + 9, y + 27))
    parcels = [f"80021000{chr(65 + i // 9999 % 26)}A{i % 9999 + 1:04d}" for i in range(count)]
    ids = pd.Series([f"DC-{parcel}" for parcel in parcels], dtype="str")
    kinds = np.array(["friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible"])
    candidates = schemas.CANDIDATES.conform(
        gpd.GeoDataFrame(
            {
                "opportunity_id": ids,
                "kind": kinds[rng.integers(0, 4, count)],
                "commune": "80021",
                "parcel_ids": parcels,
                "area_m2": shapely.area(plots),
                "zone": "U",
                "usable_area_m2": shapely.area(plots) * 0.8,
                "built_share": rng.random(count) * 0.3,
                "perimeter": "parcelles",
                "confidence": np.nan,
                "sources": "Cadastre",
                "axis_distance_m": rng.uniform(0, 800, count),
            },
            geometry=plots,
            crs=CRS,
        )
    )
    rows = []
    for target in TARGETS:
        metres = np.where(rng.random(count) < 0.3, np.nan, rng.uniform(50, 2500, count))
        rows.append(
            pd.DataFrame(
                {
                    "opportunity_id": ids,
                    "target": target,
                    "place": f"Lieu {target}",
                    "distance_m": metres,
                    "time_min": metres / 75,
                    "straight_m": metres * 0.8,
                    "detour_index": 1.25,
                }
            )
        )
    access = schemas.ACCESS.conform(pd.concat(rows, ignore_index=True))
    entrances = schemas.ACCESS_POINTS.conform(
        gpd.GeoDataFrame(
            {
                "opportunity_id": ids,
                "street_id": "s",
                "street_name": "Rue de la Vallée",
                "frontage_m": 24.0,
                "offset_m": 4.0,
            },
            geometry=shapely.points(x + 12, y),
            crs=CRS,
        )
    )
    evidence = schemas.EVIDENCE.conform(
        pd.DataFrame(
            {
                "opportunity_id": ids,
                "signal": "sans_bati",
                "direction": "for",
                "weight": np.nan,
                "source": "Cadastre",
                "text_fr": [f"Surface : {i} m²" for i in range(count)],
                "text_en": [f"Area: {i} m²" for i in range(count)],
            }
        )
    )
    return _result(candidates, evidence, access, entrances)


def _result(candidates: Any, evidence: Any, access: Any, entrances: Any) -> ResultTables:
    study = read_study(Path(__file__).resolve().parents[2] / "studies" / "amiens")
    criteria = study_criteria(study)
    nothing = {name: getattr(schemas, name.upper()).empty(CRS) for name in EMPTY}
    ground = {
        name: getattr(schemas, name.upper()).empty(CRS)
        for name in ("streets", "buildings", "constraints", "places")
    }
    stops = gpd.GeoDataFrame({"order": [], "name": []}, geometry=[], crs=CRS)
    x, y = candidates.bounds.minx.to_numpy(), candidates.bounds.miny.to_numpy()
    ways = [np.column_stack([x + dx, y + dy]) for dx, dy in ((12, 0), (12, -8), (80, -8), (80, 60))]
    routes = gpd.GeoDataFrame(
        {"opportunity_id": candidates["opportunity_id"], "target": "loop"},
        geometry=list(shapely.linestrings(np.stack(ways, axis=1))),
        crs=CRS,
    )
    return ResultTables(
        title="Mesure",
        communes=("80021",),
        edition=date(2026, 1, 1),
        demo=True,
        candidates=candidates,
        evidence=evidence,
        access_points=entrances,
        access=access,
        scores=scoring.scores(scoring.measures(candidates, access), criteria, draws=20),
        stops=stops,
        area=shapely.box(*candidates.total_bounds),
        background=Background(**ground),
        criteria=criteria,
        profile=Profile("essai", Localized("Essai", "Trial"), "–", {}),
        destinations={name: Localized(*words) for name, words in TARGETS.items()},
        reports=(),
        missing=(),
        credits=("Données d'essai",),
        routes=routes,
        **nothing,
    )


def ours(place: Place) -> Job:
    """Write the map: filters, weights, cards, all in one file that opens without a network."""
    result, file = town(place.size), place.own / "carte.html"
    return Job(lambda: write_map(result, file), written=file)


def by_folium(place: Place) -> Job:
    """The same sites by folium alone: shapes, colours, tooltips; ten files come from servers."""
    result, file = town(place.size), place.own / "carte.html"
    ids = result.candidates[["opportunity_id", "kind", "area_m2", "geometry"]]
    sites = ids.merge(
        result.scores[["opportunity_id", "score", "overall_rank"]], on="opportunity_id"
    )
    colours = {"friche": "brown", "dent_creuse": "green"}

    def work() -> None:
        shown = sites.to_crs(4326)
        west, south, east, north = shown.total_bounds
        page = folium.Map(prefer_canvas=True)
        folium.GeoJson(
            shown,
            style_function=lambda site: {
                "color": colours.get(site["properties"]["kind"], "purple")
            },
            tooltip=folium.GeoJsonTooltip([name for name in shown.columns if name != "geometry"]),
        ).add_to(page)
        page.fit_bounds([[south, west], [north, east]])
        page.save(str(file))

    return Job(work, written=file)


def ready(place: Place) -> Job:
    """Open the map until it answers."""
    return _opened(place, lambda page: page.evaluate(READY) / 1000)


def reranked(place: Place) -> Job:
    """Rank all sites again by other weights, the computing alone."""
    return _opened(place, lambda page: page.evaluate(RERANK) / 1000)


def shown(place: Place) -> Job:
    """Change the weights and see all of it on the screen."""
    return _opened(place, lambda page: page.evaluate(SHOWN)[1] / 1000)


def _opened(place: Place, seconds: Callable[[Any], float]) -> Job:
    """Let the browser itself measure; the processor and memory of the row are not its own."""
    file = place.own / "carte.html"
    write_map(town(place.size), file)
    if shutil.which("chromium") is None:
        raise ModuleNotFoundError("no Chromium", name="chromium")

    def work() -> float:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--headless", "--no-sandbox", "--disable-gpu"],
            )
            context = browser.new_context(offline=True, viewport={"width": 1366, "height": 768})
            page = context.new_page()
            page.goto(file.as_uri())
            page.wait_for_selector("body[data-ready=yes]", timeout=60_000)
            found = seconds(page)
            browser.close()
        return found

    return Job(work, seconds=lambda found: found)
