"""What a picture reads from runs and their forecasts, and how each method is drawn.

    x(run, time), x̂(run, time) by method;   NaN where nothing was seen or said

A method keeps its colour and its dashes in every picture. Runs are `Trajectories`, or any
mapping from names to arrays of shape (run, time).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.pictures.style import Theme

Array = NDArray[np.float64]

WORDS = {
    "true": "truth",
    "standard": "standard",
    "physicsnet": "physics-aware",
    "held": "physics-aware, held",
    "laws": "held to its formulas",
    "hamiltonian": "Hamiltonian network",
    "integrator": "true integrator",
}
"""Methods in words, in the order in which they are told."""

TRUE_WIDTH = 6.0  # of the line of the truth, in points
_TINTS = {"physicsnet": 0, "standard": 1, "held": 2, "laws": 4, "hamiltonian": 3, "integrator": 5}
_DASHES = {
    "physicsnet": "-",
    "standard": (0, (5, 2)),
    "held": (0, (1, 1.4)),
    "laws": (0, (1, 2.6)),
    "hamiltonian": (0, (6, 1.6, 1.2, 1.6)),
    "integrator": (0, (3, 1.2)),
}


def word(method: str) -> str:
    """A method in words.

    >>> word("held"), word("my_own")
    ('physics-aware, held', 'my own')
    """
    return WORDS.get(method, method.replace("_", " "))


def ordered(methods: Mapping[str, Any]) -> list[str]:
    """Methods in the order of `WORDS`, then others as they were given; the truth left out.

    >>> ordered({"mine": 0, "held": 0, "standard": 0, "true": 0})
    ['standard', 'held', 'mine']
    """
    known = [name for name in WORDS if name in methods]
    return [name for name in [*known, *(m for m in methods if m not in WORDS)] if name != "true"]


def pen(look: "Theme", method: str) -> tuple[str, Any]:
    """Colour and dashes of a method; the truth is wide and pale, and lies below."""
    if method == "true":
        from lawful.pictures.style import mixed

        return mixed(look.soft, look.paper, 0.45), "-"
    return look.palette[_TINTS.get(method, 4)], _DASHES.get(method, (0, (8, 3)))


def table(name: str, values: Any) -> Array:
    """Values as (run, time); a single run may come as (time,).

    Raises
    ------
    Refusal
        For another shape, no sample, or none that is finite.

    Examples
    --------
    >>> table("energy", [1.0, 2.0]).shape
    (1, 2)
    """
    held = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if held.ndim != 2 or not held.size:
        raise Refusal(f"{name} of the shape {np.shape(values)}", "(run, time)")
    if not np.isfinite(held).any():
        raise Refusal(f"{name} without a finite value", "one at least")
    return held


@dataclass(frozen=True)
class Course:
    """A run as it was: its clock, its variables, and which two of them make a plane.

    Attributes
    ----------
    t
        Times, (time,).
    x
        Variables by name, (time,) each.
    planes
        Pairs of variables; for positions x and y of each point, otherwise the first two.
    spatial
        Whether the planes are places, so that both axes have one scale.
    units
        By variable, and of "time".
    """

    t: Array
    x: Mapping[str, Array]
    planes: tuple[tuple[str, str], ...]
    spatial: bool
    units: Mapping[str, str]

    @classmethod
    def of(cls, runs: Any, run: int) -> "Course":
        """One run of `Trajectories`, or of a mapping that has "time" among its names.

        Raises
        ------
        Refusal
            Without variables or clock, or where there is no such run.
        """
        names = [str(name) for name in runs if name != "time"]
        if not names or "time" not in (getattr(runs, "coords", runs)):
            raise Refusal("runs without variables or clock", "both, by name; the clock as 'time'")
        tables = {name: table(name, runs[name]) for name in names}
        first = next(iter(tables.values()))
        if not 0 <= run < len(first):
            raise Refusal(f"run {run}", f"0 to {len(first) - 1}")
        clock = np.atleast_2d(np.asarray(runs["time"], dtype=np.float64))
        t = clock[run if len(clock) > 1 else 0]
        if t.shape != first.shape[1:]:
            raise Refusal(f"a clock of {t.size} times for {first.shape[1]} samples", "as many")
        planes, spatial = _planes(runs, names)
        x = {name: values[run] for name, values in tables.items()}
        return cls(t, x, planes, spatial, _units(runs, [*names, "time"]))

    def until(self, across: str, up: str, now: float) -> tuple[Array, Array]:
        """What lay along x and y up to a moment; "time" is a name, too."""
        held = self.t <= now
        return (self.t if across == "time" else self.x[across])[held], self.x[up][held]

    def at(self, across: str, up: str, now: float) -> tuple[list[float], list[float]]:
        """Where a run is at a moment, by straight lines; nowhere where it is NaN."""
        held = np.isfinite(self.t)
        t, where = self.t[held], {"time": self.t, **self.x}
        x, y = (float(np.interp(now, t, where[name][held])) for name in (across, up))
        return ([x], [y]) if np.isfinite(x) and np.isfinite(y) else ([], [])

    def labelled(self, variable: str) -> str:
        """A variable, or "time", with its units."""
        units = self.units.get(variable, "")
        return f"{variable}, {units}" if units else variable


def _planes(runs: Any, names: list[str]) -> tuple[tuple[tuple[str, str], ...], bool]:
    """The (x, y) of every point whose position has both, or the first two variables."""
    groups: dict[str, dict[str, str]] = {}
    for name in names:
        attributes = getattr(runs[name], "attrs", {})
        if attributes.get("role") == "position" and attributes.get("axis"):
            groups.setdefault(str(attributes.get("group", "")), {})[attributes["axis"]] = name
    found = tuple((g["x"], g["y"]) for g in groups.values() if {"x", "y"} <= set(g))
    if found:
        return found, True
    return ((names[0], names[1]),) if len(names) > 1 else (), False


def _units(runs: Any, names: list[str]) -> dict[str, str]:
    held = {name: getattr(runs[name], "attrs", {}).get("units", "") for name in names}
    return {name: str(units) for name, units in held.items() if units not in ("", "1")}
