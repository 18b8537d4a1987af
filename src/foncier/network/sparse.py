"""The network as a sparse matrix, and the way back from a node to its source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from foncier.network.splitting import Floats, Integers

# A sparse matrix cannot tell a weight of 0 from no arc: a micrometre stands for 0.
EPSILON_M = 1e-6


@dataclass(frozen=True)
class Arcs:
    """Easiest arc from node to node, sorted by start then end, and the edge it comes from.

    ``effort_m`` is the length of flat way that takes as long.
    """

    start: Integers
    end: Integers
    effort_m: Floats
    edge: Integers
    nodes: int

    def matrix(self) -> csr_array:
        """Sparse matrix of the efforts, for `scipy.sparse.csgraph`."""
        rows = np.concatenate([[0], np.cumsum(np.bincount(self.start, minlength=self.nodes))])
        return csr_array((self.effort_m, self.end, rows), shape=(self.nodes, self.nodes))

    def between(self, start: Integers, end: Integers) -> Integers:
        """Edge that joins each two nodes by the shortest arc (they must be joined)."""
        # scipy tells nodes in 32 bits, and the key of an arc of a large town takes more.
        key = np.asarray(start, dtype=np.int64) * self.nodes + end
        return self.edge[np.searchsorted(self._key, key)]

    @cached_property
    def _key(self) -> Integers:
        """One number an arc, in growing order."""
        key: Integers = self.start.astype(np.int64) * self.nodes + self.end
        return key


def arcs(u: Integers, v: Integers, forward_m: Floats, backward_m: Floats, *, nodes: int) -> Arcs:
    """Lay each edge both ways, where it is open, and keep the easiest of parallel ones.

    scipy adds the weights of repeated entries, so they are reduced before. Edges that come back
    to their own start shorten no way and are left out; so are ways of infinite effort.
    """
    edge = np.tile(np.flatnonzero(u != v), 2)
    there = np.arange(len(edge)) < len(edge) // 2
    start, end = np.where(there, u[edge], v[edge]), np.where(there, v[edge], u[edge])
    effort = np.maximum(np.where(there, forward_m[edge], backward_m[edge]), EPSILON_M)
    order = np.lexsort((edge, effort, end, start))
    order = order[np.isfinite(effort[order])]
    start, end = start[order], end[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    return Arcs(start[first], end[first], effort[order][first], edge[order][first], nodes)


def spread(first: Integers, stop: Integers) -> tuple[Integers, Integers]:
    """All integers of the ranges [first, stop), and the range each comes from.

    Examples
    --------
    >>> import numpy as np
    >>> spread(np.array([3, 8]), np.array([5, 9]))
    (array([0, 0, 1]), array([3, 4, 8]))
    """
    count = stop - first
    owner = np.repeat(np.arange(len(first)), count)
    offset = np.cumsum(count) - count
    return owner, np.arange(len(owner)) - offset[owner] + first[owner]


def way(before: Integers, node: int) -> list[int]:
    """Nodes from one node back to the source of a Dijkstra tree, both included."""
    path = [node]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return path
