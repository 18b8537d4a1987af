"""``foncier learn``: learn the confidence from verdicts of visits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from foncier.cli.console import (
    Debug,
    Language,
    Replace,
    UntrustedFile,
    argument,
    option,
    report_errors,
    say,
    say_file,
    say_set_aside,
)

if TYPE_CHECKING:
    from foncier.validation import Learned


def learn(  # noqa: PLR0917 (typer makes options of them)
    results: Annotated[list[Path], argument("results", help="cli.learn.help.results")],
    truth: Annotated[list[Path] | None, option(help="cli.learn.help.truth", metavar="file")] = None,
    file: Annotated[Path | None, option("--out", help="cli.learn.help.out", metavar="file")] = None,
    replace: Replace = False,
    untrusted: UntrustedFile = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Learn the confidence."""
    with report_errors(debug=debug):
        from foncier.pipeline import learn as learning  # noqa: PLC0415 (slow to import)

        path, truths = file or results[0] / learning.CALIBRATION, truth or []
        learned, tables = learning.learn_confidence(results, truths, untrusted=untrusted)
        say("cli.learn.verdicts", count=learned.verdicts, true=learned.true)
        gain = {"gain": learned.gain, "error": learned.gain_error}
        if not learned.is_better:
            say("cli.learn.not_better", **gain)
            return
        _say_what(learned)
        say("cli.learn.better", before=learned.brier_before, after=learned.brier_after, **gain)
        owner = learning.write(tables, path, results, truths, replace=replace)
        say_file("calibration", path)
        say("cli.learn.use", file=path.name)
        say_set_aside(tuple(owner.set_aside))


def _say_what(learned: Learned) -> None:
    from foncier.validation.learn import WEIGHTS_FROM  # noqa: PLC0415 (slow to import)

    if learned.own_weights:
        say("cli.learn.own_weights", count=len(learned.weights))
    else:
        say("cli.learn.slope_only", count=WEIGHTS_FROM)
