"""Cache of downloads: entries are current and intact, also with concurrent processes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from foncier.cli import app
from foncier.download.cache import Cache, shared_cache

from .conftest import FRICHES, PARCELS, SITES, web
from .replay import DATASETS

if TYPE_CHECKING:
    from pathlib import Path

    from .replay import Replay

CSV = "/static.data.gouv.fr/resources/friches-standard.csv"
run = CliRunner().invoke


@pytest.fixture(autouse=True)
def _without_the_api(service: Replay) -> None:
    """The inventory is a file for France: the API of Cartofriches does not answer."""
    del service.files[SITES]


def sent(service: Replay, path: str) -> list[str | None]:
    """Validators with which a path was requested, one for each request; None without."""
    return [headers.get("If-None-Match") for asked, headers in service.asked if asked == path]


def twin(study: Path) -> Path:
    """Another study of the same commune."""
    other = study.with_name("autre")
    other.mkdir(exist_ok=True)
    (other / "study.toml").write_bytes((study / "study.toml").read_bytes())
    return other


def test_a_second_study_uses_the_cache(service: Replay, study: Path) -> None:
    assert run(app, ["fetch", str(study), "--only", "cadastre,friches"]).exit_code == 0
    assert run(app, ["fetch", str(twin(study)), "--only", "cadastre,friches"]).exit_code == 0
    for path in (PARCELS, CSV):
        first, second = sent(service, path)
        assert first is None
        assert second is not None
    for name in ("cartofriches.csv", "cadastre-80021-parcelles.json.gz"):
        one, two = ((folder / "fetched" / name).read_bytes() for folder in (study, twin(study)))
        assert one == two
    told = run(app, ["cache"])
    assert f"{shared_cache().size()[0]} fichiers" in told.output
    assert shared_cache().size()[0] == 3
    assert "0 fichier, " in run(app, ["cache", "--clear"]).output


def test_a_changed_file_replaces_the_cached_one(service: Replay, study: Path) -> None:
    run(app, ["fetch", str(study), "--only", "friches"])
    files, before = shared_cache().size()
    new = service.files[CSV] + service.files[CSV].split(b"\n")[1].replace(b"_1;", b"_2;") + b"\n"
    service.dataset(FRICHES, "friches-standard.csv", new)
    run(app, ["fetch", str(twin(study)), "--only", "friches"])
    assert (twin(study) / "fetched/cartofriches.csv").read_bytes() == new
    assert before != len(new)
    assert shared_cache().size() == (files, len(new))


def test_a_damaged_entry_is_downloaded_again(service: Replay, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "own")
    for corrupted in (b"damaged", b"", None):
        web(service, cache=cache).get(
            f"https:/{PARCELS}", tmp_path / "a", max_bytes=10**6, shared=True
        )
        [kept] = [f for f in (tmp_path / "own/objects").rglob("*") if f.is_file()]
        assert kept.read_bytes() == service.files[PARCELS]
        if corrupted is None:
            kept.unlink()
        else:
            kept.write_bytes(corrupted)
        came = web(service, cache=cache).get(
            f"https:/{PARCELS}", tmp_path / "b", max_bytes=10**6, shared=True
        )
        assert came.path.read_bytes() == service.files[PARCELS]


def test_mirrors_have_separate_entries(service: Replay, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "own")
    asked: dict[str, Any] = {"max_bytes": 10**6, "shared": True}
    web(service, cache=cache).get(f"https:/{PARCELS}", tmp_path / "a", **asked)
    other = web(service, cache=cache, mirror=service.address.replace("127.0.0.1", "localhost"))
    other.get(f"https:/{PARCELS}", tmp_path / "b", **asked)
    assert sent(service, PARCELS) == [None, None]


def test_an_answer_without_validator_is_not_cached(service: Replay, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "own")
    service.fail(PARCELS, headers={"ETag": ""})
    web(service, cache=cache).get(f"https:/{PARCELS}", tmp_path / "a", max_bytes=10**6, shared=True)
    assert cache.size() == (0, 0)


def test_downloads_without_a_usable_cache(
    service: Replay, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(app, ["fetch", str(study), "--only", "cadastre", "--no-cache"])
    assert result.exit_code == 0
    assert not shared_cache().folder.exists()
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FONCIER_CACHE", str(tmp_path / "file/below"))
    result = run(app, ["fetch", str(twin(study)), "--only", "cadastre"])
    assert result.exit_code == 0
    assert "Cache inutilisable" in result.output


def test_concurrent_downloads_while_the_cache_is_cleared(service: Replay, tmp_path: Path) -> None:
    """Each download gives the complete file, whatever the others do to the folder."""
    folder = tmp_path / "own"
    ended: list[bool] = []

    def once(n: int) -> None:
        client = web(service, cache=Cache(folder))
        for turn in range(4):
            to = tmp_path / f"{n}-{turn}"
            came = client.get(f"https:/{PARCELS}", to, max_bytes=10**6, shared=True)
            ended.append(came.path.read_bytes() == service.files[PARCELS])
            if n == 0:
                Cache(folder).clear()

    threads = [threading.Thread(target=once, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == [True] * 24
    assert not list(folder.rglob("*.new"))


def test_data_set_descriptions_are_not_cached(service: Replay, study: Path) -> None:
    run(app, ["fetch", str(study), "--only", "friches"])
    run(app, ["fetch", str(twin(study)), "--only", "friches"])
    assert sent(service, f"{DATASETS}{FRICHES}/") == [None, None]
