"""Every study that is shipped runs on what ``foncier fetch`` writes, under the names it writes."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

from foncier import download as services
from foncier.cli import app
from foncier.study.reader import FETCHED

from .replay import OVERPASS

if TYPE_CHECKING:
    from .replay import Replay

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "layers").glob("*/study.toml"))
run = CliRunner().invoke


def names_of(communes: list[str]) -> dict[str, set[tuple[str, str]]]:
    """Names of the files that fetch writes for communes, with the layers and formats in each."""
    return {
        f"{FETCHED}/{source.file.format(commune=commune)}": set(source.layers)
        for source in services.sources()
        for commune in communes
    }


def unknown_layers(study: dict[str, Any]) -> list[str]:
    """Layers of a study below ``fetched`` that fetch does not write under this name and format."""
    known = names_of(study["study"]["communes"])
    tables = [
        (layer, spec)
        for layer, specs in study.get("layers", {}).items()
        for spec in (specs if isinstance(specs, list) else [specs])
        if spec["path"].startswith(f"{FETCHED}/")
    ]
    return [
        f"{layer}: {spec['path']}"
        for layer, spec in tables
        if (layer, spec.get("format", "vector")) not in known.get(spec["path"], set())
    ]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_shipped_studies_name_files_as_fetch_does(file: Path) -> None:
    assert not unknown_layers(tomllib.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ({"zones": {"path": "fetched/zonage.geojson"}}, 0),
        ({"zones": {"path": "miennes/zone-urba.geojson"}}, 0),
        ({"zones": {"path": "fetched/zone-urba.geojson"}}, 1),
        ({"streets": [{"path": "fetched/osm.osm", "format": "osm-xml"}]}, 0),
        ({"streets": [{"path": "fetched/osm.osm"}]}, 1),  # another format
        ({"parcels": [{"path": "fetched/cadastre-80022-parcelles.json.gz"}]}, 1),
        ({"inventory": {"path": "fetched/zonage.geojson"}}, 1),  # another layer
    ],
)
def test_a_name_that_fetch_does_not_write_is_found(layers: dict[str, Any], expected: int) -> None:
    assert len(unknown_layers({"study": {"communes": ["80021"]}, "layers": layers})) == expected


def streets_through(*files: Path) -> bytes:
    """A street through all points of some files, as Overpass writes it."""
    points = np.vstack([shapely.get_coordinates(geopandas.read_file(f).geometry) for f in files])
    nodes = "".join(f'<node id="{n}" lat="{y}" lon="{x}"/>' for n, (x, y) in enumerate(points, 1))
    refs = "".join(f'<nd ref="{n}"/>' for n in range(1, len(points) + 1))
    way = f'<way id="9">{refs}<tag k="highway" v="residential"/></way>'
    return f'<?xml version="1.0"?><osm version="0.6">{nodes}{way}</osm>\n'.encode()


def test_the_study_of_amiens_runs_as_fetched(service: Replay, tmp_path: Path) -> None:
    """The two commands, on the study of the scheme as it is shipped, over the replayed services."""
    study = tmp_path / "amiens"
    shutil.copytree(ROOT / "layers/amiens", study, ignore=shutil.ignore_patterns(FETCHED))
    with (study / "study.toml").open("a", encoding="utf-8") as toml:
        toml.write(f'\n[fetch]\nmirror = "{service.address}"\ninsecure = true\n')
    service.files[OVERPASS] = streets_through(
        study / "axe.geojson", study / "boucle-etapes.geojson"
    )
    result = run(app, ["fetch", str(study)])
    assert result.exit_code == 0, result.output
    result = run(app, ["run", str(study), "--out", str(tmp_path / "carte"), "-q"])
    assert result.exit_code == 0, result.output
    made = json.loads((tmp_path / "carte/manifest.json").read_text(encoding="utf-8"))
    read = {(one["layer"], one["format"]): one["rows_kept"] for one in made["inputs"]}
    for source in services.sources():
        if not source.instead_of:
            assert set(source.layers) <= set(read), source.name
    assert read["places", "vector"] > 0  # the destinations of the scheme, with those of the fetch
    assert read["parcels", "etalab-cadastre"] == 12
