"""The public names: complete, documented, and imported only when they are used."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import foncier as fo

HEAVY = ("pandas", "numpy", "geopandas", "shapely", "pydantic", "scipy", "matplotlib", "rasterio")


def loaded(code: str) -> set[str]:
    """Heavy modules that some code imports."""
    told = f"{code}\nimport sys\nprint(*({HEAVY} & sys.modules.keys()))".replace(
        str(HEAVY), repr(set(HEAVY))
    )
    path = f"import sys\nsys.path[:0] = {sys.path}\n"
    done = subprocess.run(
        [sys.executable, "-c", path + told], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_foncier_imports_nothing_heavy() -> None:
    assert loaded("import foncier") == set()
    assert loaded("import foncier; dir(foncier); foncier.__version__") == set()
    assert "geopandas" in loaded("import foncier; foncier.run")


def test_the_help_of_the_command_imports_nothing_heavy() -> None:
    code = "import contextlib, io\nfrom foncier.cli import main\n"
    code += "sys.argv = ['foncier', '--help']\n"
    code += "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
    assert loaded(code + "    main()") <= {"numpy"}


@pytest.mark.parametrize("name", [name for name in fo.__all__ if name != "__version__"])
def test_a_public_name_is_documented_with_an_example(name: str) -> None:
    value = getattr(fo, name)
    assert name in dir(fo)
    assert value.__module__.startswith("foncier.")
    text = inspect.getdoc(value) or ""
    # fetch asks the network, and what an extension registers stays for the whole process.
    assert ">>>" in text or name in {"fetch", "Measure"} or name.startswith("register_")
    for parameter in inspect.signature(value).parameters:
        if name not in {"Explanation", "Result", "Measure"}:  # which only functions make
            assert parameter in text, parameter


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        fo.runn  # type: ignore[attr-defined]  # noqa: B018
