"""A sheet: all networks of one plane, cut into tiles that any process can do.

    cell (j, i)  →  networks with settings (xᵢ, yⱼ) and seeds s, s+1, …
    tile         →  some cells: every 16th of the plane first, then every 8th, …

Every cell has the same seeds, so that neighbours differ by their settings alone.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful import __version__
from lawful.learning.ensembles import Population, evolve, sharpness
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.studies.phases.axes import Axis
from lawful.studies.phases.diagram import DIVERGED, SOLVED, UNSOLVED, Diagram
from lawful.studies.phases.plan import Plan

Array = NDArray[Any]
Cells = NDArray[np.intp]
FORMAT = 1  # of a tile; another one is another key
TILE = 1152  # networks in a tile of small networks: sixteen blocks of the fast path
LEAST = 64
WORK = 4e9  # products in a tile, about; so that it is kept every few seconds
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Sheet:
    """One plane of a plan that is complete.

    Attributes
    ----------
    plan
        What is done in each cell.
    x, y
        The axes of this plane: the plan's, or a window's.
    data
        The fingerprint of the samples.
    samples
        How many there are.
    level
        0 for the whole plane.
    """

    plan: Plan
    x: Axis
    y: Axis
    data: str
    samples: int
    level: int = 0

    # ------------------------------------------------------------------ tiles

    @property
    def order(self) -> Cells:
        """All cells, row by row numbered, a coarse grid first, then finer ones between."""
        nx, ny = self.plan.size
        row, column = np.divmod(np.arange(nx * ny), nx)
        both = np.bitwise_or(row, column).astype(np.int64)
        # The lowest bit that is set in either: 16 for every 16th row and column.
        step = np.where(both == 0, 1 << 30, np.bitwise_and(both, np.negative(both)))
        return np.lexsort((column, row, -step))

    @property
    def cells_in_tile(self) -> int:
        """How many, but for the last."""
        plan = self.plan
        size = self.network.architecture.size
        each = 6.0 * plan.steps * self.samples * size
        networks = int(min(max(WORK / each, LEAST), TILE))
        return max(1, networks // plan.seeds)

    @cached_property
    def tiles(self) -> tuple[Cells, ...]:
        """The cells of each tile, in the order in which they are done."""
        order, many = self.order, self.cells_in_tile
        return tuple(order[k : k + many] for k in range(0, len(order), many))

    def key(self, tile: int) -> str:
        """The same for the same cells of the same version, and for no other."""
        return f"{self.level}-{tile:05d}-{self._mark}-{self._cells(tile)}"

    def _cells(self, tile: int) -> str:
        return hashlib.sha256(self.tiles[tile].astype(np.int64).tobytes()).hexdigest()[:8]

    @cached_property
    def _mark(self) -> str:
        whole = self.plan.settings
        # These choose among results, and change none.
        for name in ("observable", "zoom", "factor", "boundary"):
            whole.pop(name)
        record = {
            **whole,
            "version": __version__,
            "format": FORMAT,
            "axes": [asdict(self.x), asdict(self.y)],
            "data_fingerprint": self.data,
        }
        text = json.dumps(record, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    # ------------------------------------------------------------------ networks

    @cached_property
    def network(self) -> NeuralNetwork:
        """One of them, for its architecture."""
        choice = self.plan.network
        return NeuralNetwork(**choice.settings(choice.layers[0], self.plan.seed))

    def population(self, cells: Cells) -> Population:
        """The networks of some cells: all seeds of the first, then of the second, …"""
        plan, S = self.plan, self.plan.seeds
        row, column = np.divmod(cells, plan.size[0])
        varied = [
            (self.x, self.x.values(plan.size[0])[column]),
            (self.y, self.y.values(plan.size[1])[row]),
        ]
        settings = {
            name: np.full(len(cells), getattr(plan, name))
            for name in ("momentum", "temperature", "init_scale")
            if getattr(plan, name) is not None
        }
        rates = {a.name: v for a, v in varied if a.name.startswith("learning_rate")}
        settings |= {a.name: v for a, v in varied if a.name not in rates}
        return Population.built(
            self.network.architecture,
            np.repeat(self._rates(rates, len(cells)), S, axis=1),
            **{name: np.repeat(values, S) for name, values in settings.items()},
            seeds=np.tile(plan.seed + np.arange(S), len(cells)),
        )

    def _rates(self, varied: dict[str, Array], count: int) -> Array:
        """η of each layer, shape (K, cells): its own, or that of all layers."""
        layers = len(self.network.layers) - 1
        # Where each layer has its own, there is none of all, and none is missed.
        common = varied.get("learning_rate", np.full(count, self.plan.learning_rate or np.nan))
        return np.stack([varied.get(f"learning_rate_{k}", common) for k in range(1, layers + 1)])

    def done(self, tile: int, samples: Samples) -> dict[str, Array]:
        """Train the networks of a tile; what became of each cell."""
        plan, cells = self.plan, self.tiles[tile]
        population = self.population(cells)
        shape = (len(cells), plan.seeds)
        end = evolve(population, samples, steps=plan.steps, goal=plan.wanted, engine=plan.engine)
        finite = end.finite.reshape(shape)
        solved = end.solved.reshape(shape) & finite
        fate = np.where(solved, SOLVED, np.where(finite, UNSOLVED, DIVERGED))
        return {
            "cells": cells.astype(np.int64),
            "solved": solved.sum(axis=1),
            "diverged": (~finite).sum(axis=1),
            "steps": quartiles(end.solved_at.reshape(shape), solved),
            "energy": quartiles(end.energy.reshape(shape), finite),
            "sharpness": self._sharpness(population, end.state.x, finite, samples),
            "first": fate[:, 0].astype(np.int8),
        }

    def _sharpness(
        self, population: Population, x: Array, finite: Array, samples: Samples
    ) -> Array:
        """Quartiles over the first networks of each cell."""
        count, found = self.plan.measured, np.full(finite.shape, np.nan)
        if count:
            asked = finite & (np.arange(finite.shape[1]) < count)
            which = np.flatnonzero(asked)
            if which.size:
                found[asked] = sharpness(population.part(which), x[:, which], samples)
        return quartiles(found, np.isfinite(found))

    def diagram(self, tiles: list[dict[str, Array]]) -> Diagram:
        """All tiles put together."""
        nx, ny = self.plan.size
        whole = np.concatenate([tile["cells"] for tile in tiles])
        place = np.empty(nx * ny, dtype=np.intp)
        place[whole] = np.arange(len(whole))

        def laid(name: str) -> Array:
            joined = np.concatenate([tile[name] for tile in tiles], axis=-1)
            return joined[..., place].reshape(*joined.shape[:-1], ny, nx)

        names = ("solved", "diverged", "steps", "energy", "sharpness", "first")
        maps = {name: laid(name) for name in names}
        plan = self.plan
        return Diagram(self.x, self.y, plan.seeds, **maps, measured=plan.measured, level=self.level)


def quartiles(values: Array, counted: Array) -> NDArray[np.float64]:
    """Quartiles over the last axis of those that count, shape (3, cells); NaN for none.

    >>> values = np.array([[4.0, 1.0, 2.0, 3.0, 9.0]])
    >>> quartiles(values, values < 5).T
    array([[1.75, 2.5 , 3.25]])
    """
    ordered = np.sort(np.where(counted, values, np.inf).astype(np.float64), axis=1)
    count = counted.sum(axis=1)
    rows = np.arange(len(ordered))
    found = np.full((len(QUARTILES), len(ordered)), np.nan)
    for k, share in enumerate(QUARTILES):
        place = share * np.maximum(count - 1, 0)
        below = np.floor(place).astype(np.intp)
        above = np.minimum(below + 1, np.maximum(count - 1, 0))
        part = place - below
        low, high = ordered[rows, below], ordered[rows, above]
        found[k] = np.where(count > 0, _between(low, high, part), np.nan)
    return found


def _between(low: Array, high: Array, part: Array) -> Array:
    """So far from one to the other; empty cells hold infinities, of which nothing is made."""
    step = np.subtract(high, low, out=np.zeros_like(high), where=np.isfinite(high))
    return low + part * step
