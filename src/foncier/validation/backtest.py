"""Back-test: how many of the plots built since a year a list would have held, and its lift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.validation.metrics import wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


def hindsight(listed: Flags, built: Flags) -> dict[str, Any]:
    """Recall of what was built since, and the lift of a list over all the land considered.

    Parameters
    ----------
    listed, built
        Masks over the same plots: in the list, built since. Shape (n,).

    Returns
    -------
    ``plots`` (n), ``built``, ``found`` (built and listed), ``listed``; ``recall`` and its Wilson
    interval at 95 %; ``rate`` (share of the list built since) and its interval; ``base`` (share of
    all plots); ``lift`` = rate / base, with the interval of the rate over the base. A share without
    data is NaN. A plot that was not built may still have been available: the rate is no precision.

    Examples
    --------
    >>> import numpy as np
    >>> found = hindsight(np.array([1, 1, 0, 0], bool), np.array([1, 0, 0, 0], bool))
    >>> found["recall"], found["rate"], found["base"], found["lift"]
    (1.0, 0.5, 0.25, 2.0)
    """
    found, held = int((listed & built).sum()), int(listed.sum())
    recall, rate = wilson(found, int(built.sum())), wilson(found, held)
    base = float(built.mean()) if len(built) else float("nan")
    row: dict[str, Any] = {
        "plots": len(built),
        "built": int(built.sum()),
        "found": found,
        "listed": held,
        "base": base,
    }
    for name, figures in (("recall", recall), ("rate", rate)):
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), figures, strict=True))
    for name in ("lift", "lift_low", "lift_high"):
        row[name] = row[name.replace("lift", "rate")] / base if base > 0 else float("nan")
    return row
