"""A phase diagram: what became of the networks of every cell of a plane of settings.

    solved[j, i]     of `seeds` networks with settings (xᵢ, yⱼ), those that met the goal
    probability      solved / seeds, within Wilson's interval
    diverged[j, i]   those that ended in no number

Maps have the shape (ny, nx); quartiles (3, ny, nx): the 25th, 50th and 75th percentile.
"""

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.store import plain, write_atomically
from lawful.studies.intervals import wilson
from lawful.studies.phases.axes import Axis
from lawful.studies.phases.observables import OBSERVABLES

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
UNSOLVED, SOLVED, DIVERGED = 0, 1, 2
"""Fates of a network, as `first` holds them."""
CONFIDENCE = 0.95
FORMAT = "lawful phase diagram 1"


@dataclass(frozen=True, eq=False)
class Diagram:
    """What became of the networks of each cell.

    Attributes
    ----------
    x, y
        What is varied along columns and rows.
    seeds
        Networks in each cell.
    solved, diverged
        How many met the goal and ended finite; how many did not end finite; shape (ny, nx).
    steps, energy, sharpness
        Quartiles, shape (3, ny, nx): of the steps to the goal, over those that met it; of the
        final loss, over those that ended finite; of the largest eigenvalue of the Hessian,
        over the finite ones among the first `measured` networks. NaN where there are none.
    first
        The fate of the first network: `UNSOLVED`, `SOLVED` or `DIVERGED`, shape (ny, nx).
    measured
        Networks of each cell whose sharpness was measured; 0 for none.
    level
        0 for the whole plane, 1 for the first window that was zoomed into, and so on.
    """

    x: Axis
    y: Axis
    seeds: int
    solved: Counts
    diverged: Counts
    steps: Floats
    energy: Floats
    sharpness: Floats
    first: NDArray[np.int8]
    measured: int = 0
    level: int = 0

    def __post_init__(self) -> None:
        shape = self.solved.shape
        cells: dict[str, NDArray[Any]] = {"diverged": self.diverged, "first": self.first}
        quartiles = {"steps": self.steps, "energy": self.energy, "sharpness": self.sharpness}
        wrong = [name for name, array in cells.items() if array.shape != shape]
        wrong += [name for name, array in quartiles.items() if array.shape != (3, *shape)]
        if len(shape) != 2 or wrong:
            raise Refusal(f"maps {', '.join(wrong)} beside solved of shape {shape}", "(ny, nx)")

    # ------------------------------------------------------------------ the plane

    @property
    def size(self) -> tuple[int, int]:
        """Cells along x and along y."""
        ny, nx = self.solved.shape
        return nx, ny

    @property
    def x_values(self) -> Floats:
        """The settings of the columns, shape (nx,)."""
        return self.x.values(self.size[0])

    @property
    def y_values(self) -> Floats:
        """The settings of the rows, shape (ny,)."""
        return self.y.values(self.size[1])

    @property
    def x_edges(self) -> Floats:
        """Where columns end, shape (nx + 1,)."""
        return self.x.edges(self.size[0])

    @property
    def y_edges(self) -> Floats:
        """Where rows end, shape (ny + 1,)."""
        return self.y.edges(self.size[1])

    @property
    def networks(self) -> int:
        """How many networks all cells have."""
        return int(self.solved.size * self.seeds)

    # ------------------------------------------------------------------ maps

    @property
    def probability(self) -> Floats:
        """The share that solved it, shape (ny, nx)."""
        return self.solved / self.seeds

    @property
    def low(self) -> Floats:
        """Lower ends of the 95 % intervals of the probability, shape (ny, nx)."""
        return self._bounds[0]

    @property
    def high(self) -> Floats:
        """Upper ends, shape (ny, nx)."""
        return self._bounds[1]

    @property
    def interval(self) -> Floats:
        """Widths of the intervals, shape (ny, nx)."""
        return self.high - self.low

    @property
    def _bounds(self) -> tuple[Floats, Floats]:
        # As many different intervals as there are counts, not as there are cells.
        table = np.array([wilson(k, self.seeds, CONFIDENCE) for k in range(self.seeds + 1)])
        return table[self.solved, 0], table[self.solved, 1]

    def observable(self, name: str) -> Floats:
        """One of `OBSERVABLES` as a map of shape (ny, nx).

        Raises
        ------
        Refusal
            For a name that is none.
        """
        if name in ("steps", "energy", "sharpness"):
            median: Floats = getattr(self, name)[1]
            return median
        if name == "diverged":
            return self.diverged / self.seeds
        if name == "first":
            return self.first.astype(np.float64)
        if name in ("probability", "interval"):
            found: Floats = getattr(self, name)
            return found
        raise Refusal(f"observable {name!r}", "one of " + ", ".join(OBSERVABLES))

    # ------------------------------------------------------------------ totals

    @property
    def share_solved(self) -> float:
        """Of all networks."""
        return float(self.solved.sum() / self.networks)

    @property
    def share_diverged(self) -> float:
        """Of all networks."""
        return float(self.diverged.sum() / self.networks)

    @property
    def all_diverged(self) -> bool:
        """Whether no network of any cell ended finite."""
        return bool((self.diverged == self.seeds).all())

    @property
    def best(self) -> tuple[int, int]:
        """(row, column) of the cell that solves most, the quickest of those."""
        steps = np.where(np.isfinite(self.steps[1]), self.steps[1], np.inf)
        order = np.lexsort((steps.ravel(), -self.solved.ravel()))
        row, column = divmod(int(order[0]), self.size[0])
        return row, column

    # ------------------------------------------------------------------ out and in

    def to_dict(self, maps: bool = True) -> dict[str, Any]:
        """Everything, or all but the maps, as JSON can hold it: what is no number is null."""
        whole = {
            "level": self.level,
            "x": {**self.x.to_dict(), "values": self.x_values},
            "y": {**self.y.to_dict(), "values": self.y_values},
            "seeds": self.seeds,
            "networks": self.networks,
            "share_solved": self.share_solved,
            "share_diverged": self.share_diverged,
            "best": self.cell(*self.best),
            "sharpness_measured": self.measured,
        }
        drawn: dict[str, Any] = {
            "probability": self.probability,
            "low": self.low,
            "high": self.high,
            "diverged": self.diverged / self.seeds,
            "first": self.first,
        }
        for name in ("steps", "energy", "sharpness"):
            drawn[name] = dict(zip(_QUARTILES, getattr(self, name), strict=True))
        return dict(plain({**whole, **drawn} if maps else whole))

    def cell(self, row: int, column: int) -> dict[str, Any]:
        """One cell, in numbers."""
        at = (row, column)
        return {
            self.x.name: float(self.x_values[column]),
            self.y.name: float(self.y_values[row]),
            "solved": int(self.solved[at]),
            "of": self.seeds,
            "probability": float(self.probability[at]),
            "low": float(self.low[at]),
            "high": float(self.high[at]),
            "steps": float(self.steps[1][at]),
            "energy": float(self.energy[1][at]),
        }

    def save(self, path: str | Path) -> None:
        """Write an NPZ file with the settings as JSON in it; no pickle."""
        head = {
            "format": FORMAT,
            "x": self.x.to_dict(),
            "y": self.y.to_dict(),
            "seeds": self.seeds,
            "measured": self.measured,
            "level": self.level,
        }
        text = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
        buffer = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _MAPS}
        np.savez_compressed(buffer, allow_pickle=False, head=text, **arrays)
        write_atomically(path, buffer.getvalue())

    @classmethod
    def load(cls, path: str | Path) -> "Diagram":
        """The diagram that `save` wrote.

        Raises
        ------
        Refusal
            Where the file is none of ours.
        """
        try:
            with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as held:
                head: dict[str, Any] = json.loads(held["head"].tobytes())
                maps: dict[str, Any] = {name: held[name] for name in _MAPS}
            if head.pop("format") != FORMAT:
                raise ValueError("another format")
            axes: dict[str, Any] = {name: Axis(**head.pop(name)) for name in ("x", "y")}
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise Refusal(f"cannot read {str(path)!r}: {error}", "a phase diagram") from None
        return cls(**axes, **maps, **head)

    def to_dataset(self) -> "xr.Dataset":
        """Labelled maps, for NetCDF: dimensions named as the two settings."""
        import xarray as xr

        y, x, three = self.y.name, self.x.name, "quartile"
        maps: dict[str, Any] = {
            name: ((y, x), array, {"units": "1", "long_name": words})
            for name, (array, words) in {
                "probability": (self.probability, OBSERVABLES["probability"].label),
                "probability_low": (self.low, "lower end of Wilson's 95 % interval"),
                "probability_high": (self.high, "upper end of Wilson's 95 % interval"),
                "solved": (self.solved, "networks that met the goal"),
                "diverged": (self.diverged, "networks that did not end finite"),
                "first": (self.first, "fate of the first: 0 unsolved, 1 solved, 2 diverged"),
            }.items()
        }
        for name in ("steps", "energy", "sharpness"):
            words = OBSERVABLES[name].label.partition(",")[0]
            maps[name] = ((three, y, x), getattr(self, name), {"units": "1", "long_name": words})
        coordinates = {
            axis.name: (axis.name, values, {"units": "1", "long_name": axis.label})
            for axis, values in ((self.y, self.y_values), (self.x, self.x_values))
        }
        return xr.Dataset(
            maps,
            {three: (three, np.array([0.25, 0.5, 0.75])), **coordinates},
            {"level": self.level, "seeds": self.seeds, "sharpness_measured": self.measured},
        )

    def at_level(self, level: int) -> "Diagram":
        """The same, as another level of a zoom."""
        return replace(self, level=level)


_MAPS = ("solved", "diverged", "steps", "energy", "sharpness", "first")
_QUARTILES = ("lower", "median", "upper")
