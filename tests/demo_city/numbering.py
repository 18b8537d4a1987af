"""Numbers of the cadastre: which parcels the city keeps, and the id that each one bears."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from tests.demo_city.ground import Ground

CELL_M = 420.0  # a section of the cadastre holds about as many parcels as such a square
PARK_M = 400.0  # parks fill the hollows of the outline: they are left out late
FIRST, SECOND = "ABCDEHIKLMNOPRSTVWXYZ", "BCDEHIKLMNOPRSTVWXYZ"


def numbered(ground: Ground, parcels: int) -> pd.DataFrame:
    """Keep ``parcels`` plots and number them by section, from north to south and west to east.

    Returns
    -------
    One row a parcel, sorted by ``parcel_id``: plot (its index), parcel_id, prefixe, section,
    numero (without leading zeros, as Etalab writes it).
    """
    plot = _nearest(ground, parcels)
    # A block belongs to one section, that of its first plot's middle.
    blocks, first, of = np.unique(ground.plots.block[plot], return_index=True, return_inverse=True)
    middle = shapely.get_coordinates(shapely.centroid(ground.plots.shape[plot[first]]))
    cell = np.floor(middle / CELL_M).astype(int)
    rank = np.lexsort((blocks, cell[:, 0], -cell[:, 1]))
    cells, section = np.unique(
        np.column_stack([-cell[:, 1], cell[:, 0]]), axis=0, return_inverse=True
    )
    letters = [a + b for a in FIRST for b in SECOND][: len(cells)]
    order_of_block = np.argsort(rank)
    order = np.lexsort(
        (
            ground.plots.place[plot],
            ground.plots.strip[plot],
            order_of_block[of],
            section.ravel()[of],
        )
    )
    plot, part = plot[order], section.ravel()[of][order]
    number = np.arange(len(plot)) - np.searchsorted(part, part) + 1
    names = [letters[k] for k in part]
    table = pd.DataFrame(
        {
            "plot": plot,
            "parcel_id": [f"80021000{s}{n:04d}" for s, n in zip(names, number, strict=True)],
            "prefixe": "000",
            "section": names,
            "numero": number.astype(str),
        }
    )
    return table.sort_values("parcel_id").reset_index(drop=True)


def _nearest(ground: Ground, parcels: int) -> np.ndarray:
    """Indices of the plots to keep: whole blocks, the nearest to the heart of the city first."""
    alive = np.flatnonzero(ground.alive)
    heart = ground.layout.heart
    shapely.prepare(heart)
    own = shapely.distance(heart, ground.plots.shape[alive])
    own[ground.plots.style[alive] == "park"] -= PARK_M
    blocks, of = np.unique(ground.plots.block[alive], return_inverse=True)
    away = np.full(len(blocks), -np.inf)
    np.maximum.at(away, of, own)
    order = np.lexsort((np.arange(len(blocks)), away))
    size = np.bincount(of)[order]
    whole = int(np.searchsorted(np.cumsum(size), parcels, side="right"))
    wanted = parcels - int(size[:whole].sum())
    # The last places go to a block that fills them exactly, when there is one: none is cut in two.
    fits = np.flatnonzero(size[whole:] == wanted)
    last = order[whole + (int(fits[0]) if len(fits) else 0) :][:1]
    chosen = np.concatenate([alive[np.isin(of, order[:whole])], alive[np.isin(of, last)][:wanted]])
    return np.sort(chosen)
