"""A study of somebody else: nothing outside its folder, no variable, no host, said in one line."""

from __future__ import annotations

import os
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest
from tests.hamlet import hamlet
from tests.test_cli import foncier

import foncier as fo
from foncier.errors import ConfigError, FoncierError
from foncier.study import read_bare_study, read_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAID = "Étude d'un tiers : rien n'est lu hors de son dossier"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "secret.geojson").write_text("{}", encoding="utf-8")
    return hamlet(tmp_path / "etude")


def packed(folder: Path, file: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{prefix}{path.relative_to(folder)}")
    return file


def add(text: str) -> Callable[[Path], None]:
    def change(study: Path) -> None:
        with (study / "study.toml").open("a", encoding="utf-8") as file:
            file.write(text)

    return change


def link(name: str, to: str) -> Callable[[Path], None]:
    def change(study: Path) -> None:
        (study / name).parent.mkdir(exist_ok=True)
        (study / name).symlink_to(to)

    return change


def a_pipe(study: Path) -> None:
    os.mkfifo(study / "tube.geojson")


def a_linked_list(study: Path) -> None:
    (study.parent / "couches.toml").write_text("", encoding="utf-8")
    link("fetched/couches.toml", "../../couches.toml")(study)


PLACES = '\n[layers.places]\nformat = "vector"\npath = "{}"\n'
REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a path above": (add(PLACES.format("../secret.geojson")), "layers.places.path"),
    "an absolute path": (add(PLACES.format("/etc/passwd")), "layers.places.path"),
    "a path of Windows": (add(PLACES.format("C:/secret.geojson")), "layers.places.path"),
    "a path through a folder": (add(PLACES.format("x/../../secret.geojson")), "layers.places.path"),
    "a virtual path": (add(PLACES.format("/vsicurl/http://a.example/x")), "layers.places.path"),
    "a variable": (add(PLACES.format("${HOME}/x.geojson")), "variable"),
    "an axis": (add('\n[axis]\nname = "A"\nfile = "../secret.geojson"\n'), "axis.file"),
    "waypoints": (add('\n[loop]\nname = "B"\nwaypoints_file = "../x"\n'), "loop.waypoints_file"),
    "an outline": (add('\n[area]\naround = "file"\nfile = "../x.geojson"\n'), "area.file"),
    "a rule set": (add('\n[rules]\nprofile = "../x.toml"\n'), "rules.profile"),
    "a picture": (add('\n[leaflet]\nphoto = { file = "../x.png" }\n'), "leaflet.photo.file"),
    "the result of visits": (
        add(
            '\n[layers.observations]\npath = "v.csv"\nformat = "visits"\n'
            'constants = { result = "../../maps/x/opportunites.gpkg" }\n'
        ),
        "layers.observations.constants.result",
    ),
    "a mirror": (add('\n[fetch]\nmirror = "https://a.example"\n'), "fetch.mirror"),
    "a host": (add('\n[fetch]\nhosts = ["a.example"]\n'), "fetch.hosts"),
    "no encryption": (add("\n[fetch]\ninsecure = true\n"), "fetch.insecure"),
    "a link": (link("autre.geojson", "../secret.geojson"), "autre.geojson"),
    "a sidecar that is a link": (link("voies.geojson.aux.xml", "/etc/passwd"), "aux.xml"),
    "a linked folder": (link("dossier", ".."), "dossier"),
    "a link to nothing": (link("rien", "../absent"), "rien"),
    "a list of layers that is a link": (a_linked_list, "couches.toml"),
    "a pipe": (a_pipe, "tube.geojson"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_leads_outside_is_refused_before_anything_is_read(case: str, study: Path) -> None:
    change, named = REFUSED[case]
    change(study)
    with pytest.raises(ConfigError) as refused:
        read_bare_study(study, untrusted=True)
    assert named in str(refused.value)
    assert "root:" not in str(refused.value)


def test_a_study_that_stays_at_home_is_read(study: Path) -> None:
    add('\n[layers.places]\nformat = "vector"\npath = "sous/../lieux.geojson"\n')(study)
    (study / "sous").mkdir()
    link("lieux.geojson", "voies.geojson")(study)
    add('\n[leaflet]\nintro = "${HOME}"\n')(study)
    found = read_study(study, untrusted=True)
    assert found.untrusted
    assert found.leaflet is not None
    assert found.leaflet.intro == "${HOME}", "a text is shown as it is written"
    assert not read_study(study).untrusted


def test_no_file_says_that_it_is_trusted(study: Path) -> None:
    file = study / "study.toml"
    file.write_text("untrusted = false\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ConfigError, match="untrusted"):
        read_bare_study(study)


@pytest.mark.parametrize("prefix", ["", "ma-commune/"])
def test_an_archive_is_a_study_of_somebody_else(prefix: str, study: Path, tmp_path: Path) -> None:
    file = packed(study, tmp_path / "recue.zip", prefix)
    done = foncier("run", file, "--out", tmp_path / "out", "-q")
    assert done.returncode == 0, done.stderr
    assert done.stderr.replace("\u00a0", " ").count(SAID) == 1
    assert (tmp_path / "out" / "opportunites.gpkg").is_file()
    assert fo.read_study(file).communes == ("80021",)
    plain = foncier("run", study, "--out", tmp_path / "out2", "-q", "--untrusted")
    assert plain.stderr.replace("\u00a0", " ").count(SAID) == 1
    for name in ("opportunites.gpkg", "opportunites.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "out2" / name).read_bytes()
    add(PLACES.format("../secret.geojson"))(study)
    refused = foncier("run", packed(study, tmp_path / "mal.zip"), "--out", tmp_path / "out3")
    assert refused.returncode == 2
    assert not (tmp_path / "out3").exists()
    for command in ("fetch", "convert"):
        assert foncier(command, file).returncode == 2


@pytest.mark.parametrize(
    "name", ["../dehors.toml", "/dehors.toml", "a/../../dehors.toml", "..\\dehors.toml", "C:x"]
)
def test_a_member_outside_the_archive_is_refused(name: str, study: Path, tmp_path: Path) -> None:
    file = packed(study, tmp_path / "recue.zip")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(FoncierError, match="simple fichier"):
        read_study(file)
    assert not (tmp_path / "dehors.toml").exists()


def test_a_link_in_an_archive_is_refused(study: Path, tmp_path: Path) -> None:
    file = packed(study, tmp_path / "recue.zip")
    member = zipfile.ZipInfo("lien.geojson")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(member, "/etc/passwd")
    with pytest.raises(FoncierError, match="simple fichier"):
        read_study(file)


def test_an_archive_without_a_study_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "vide.zip", "w") as archive:
        archive.writestr("lisez-moi.txt", "x")
    with pytest.raises(ConfigError, match=r"study\.toml"):
        read_study(tmp_path / "vide.zip")
