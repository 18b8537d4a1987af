"""Time the whole funnel on one city, in a process of its own, so that its memory is its own too.

    python tests/bench/funnel.py 30000 [city | town]

``city`` is the demonstration's city laid side by side; ``town`` a grid where a third of the plots
is bare, so that most go all the way through the costly tests: the hard case.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import replace

import alternatives
import shapely

from foncier import demo, detect, geometry, study

EVERYWHERE = shapely.box(-1e7, -1e7, 1e8, 1e8)


def city(parcels: int) -> detect.Ground:
    """Draw the demonstration's city with so many parcels, repaired as a reader would."""
    drawn = demo.generate(parcels=parcels)
    plots = drawn.parcels.set_geometry(geometry.polygons_only(drawn.parcels.geometry))
    return detect.Ground(
        parcels=plots, buildings=drawn.buildings, zones=drawn.zones,
        constraints=drawn.constraints, streets=drawn.streets,
    )  # fmt: skip


def main(parcels: int, which: str) -> None:
    """Print seconds without and with the search for assemblies, and the memory, as JSON."""
    ground = city(parcels) if which == "city" else alternatives.town_ground(parcels)
    rules = study.published("foncier")
    told: dict[str, float] = {"parcels": parcels, "drawn_mb": _peak_mb()}
    for name, own in (("alone", replace(rules, assembly=None)), ("assembled", rules)):
        fresh = replace(ground)  # a ground keeps what it has worked out
        began, worked = time.perf_counter(), time.process_time()
        found = detect.find_plots(fresh, own, EVERYWHERE, source="Cadastre")
        told[f"{name}_s"] = time.perf_counter() - began
        told[f"{name}_cpu_s"] = time.process_time() - worked
        told[f"{name}_mb"] = _peak_mb()
    told |= {"candidates": len(found.candidates), "rejections": len(found.rejections)}
    print(json.dumps(told))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "city")
