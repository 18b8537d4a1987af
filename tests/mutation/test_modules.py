"""The table of `make mutation` names modules and tests that are there."""

from __future__ import annotations

import tomllib

from .__main__ import CONFIG, ROOT, constant_changes


def test_every_module_and_every_test_file_of_the_table_is_there() -> None:
    modules = tomllib.loads(CONFIG.read_text("utf-8"))["modules"]
    for module, tests in modules.items():
        assert (ROOT / "src/foncier" / module).is_file(), module
        assert tests, module
        assert [test for test in tests if not (ROOT / test).is_file()] == [], module


def test_each_constant_is_tried_below_and_above_unless_it_only_tunes() -> None:
    source = "REACH_M = 60.0\nFIRST = 20  # best\nBLOCK = 64\nNAME = 'x'\n\ndef f():\n    a = 1.0\n"
    assert constant_changes(source, ["BLOCK"]) == [
        ("REACH_M = 60.0", "REACH_M = 48.0"),
        ("REACH_M = 60.0", "REACH_M = 75.0"),
        ("FIRST = 20", "FIRST = 16"),
        ("FIRST = 20", "FIRST = 25"),
    ]
