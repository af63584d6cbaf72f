"""What a diagnosis stands on: the runs as arrays, their noise, and what a finding says."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lawful.laws.noise import NoiseLevel, noise_level, within_run
from lawful.trajectories import Trajectories, check, clock

Array = NDArray[np.float64]
Level = Literal["ok", "note", "warning", "stop"]

_PAIRS = 50_000


@dataclass(frozen=True)
class Finding:
    """One thing seen in the data, and what follows from it.

    Attributes
    ----------
    level
        ok: as it should be; note: good to know; warning: the search's answer
        may suffer; stop: the search cannot give a sound answer.
    subject
        What it is about: a column, "runs", "clocks", …
    what
        What was seen.
    consequence
        What it means for the search.
    remedy
        What the user can do.

    Examples
    --------
    >>> print(Finding("note", "x", "is constant", "it is left out"))
    note: x is constant; it is left out
    """

    level: Level
    subject: str
    what: str
    consequence: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        said = "; ".join(part for part in (self.what, self.consequence, self.remedy) if part)
        return f"{self.level}: {self.subject} {said}"


class Evidence:
    """`Trajectories` as arrays of shape (run, time, column), fields left out.

    Attributes
    ----------
    names
        The columns, one number a sample each.
    fields
        Variables that have space axes, which are not looked at.
    times
        Shape (run, time).
    values
        Shape (run, time, column).
    """

    def __init__(self, runs: Trajectories) -> None:
        self.runs = check(runs)
        self.names = tuple(str(n) for n, v in runs.data_vars.items() if v.ndim == 2)
        self.fields = tuple(str(n) for n, v in runs.data_vars.items() if v.ndim > 2)
        self.times: Array = clock(runs)
        shape = (runs.sizes["run"], runs.sizes["time"], len(self.names))
        self.values: Array = np.empty(shape)
        for k, name in enumerate(self.names):
            self.values[..., k] = runs[name].values
        self.values[np.isinf(self.values)] = np.nan

    @cached_property
    def held(self) -> NDArray[np.bool_]:
        """Where there is a sample: the clock runs and a column holds a number; (run, time)."""
        result: NDArray[np.bool_] = np.isfinite(self.times) & np.isfinite(self.values).any(axis=2)
        return result

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Samples of each run, shape (run,)."""
        return self.held.sum(axis=1)

    @cached_property
    def steps(self) -> Array:
        """All steps of all clocks that are finite, in one row."""
        steps = np.diff(self.times, axis=1)
        return steps[np.isfinite(steps)]

    @cached_property
    def noise(self) -> NoiseLevel:
        """Measurement noise by column."""
        return noise_level(self.times, self.values)

    @cached_property
    def within(self) -> Array:
        """Standard deviation along a run by column."""
        return within_run(self.values)

    @cached_property
    def means(self) -> Array:
        """Each run's mean of each column, shape (run, column); NaN where a run has none."""
        count = np.isfinite(self.values).sum(axis=1)
        total = np.where(np.isfinite(self.values), self.values, 0.0).sum(axis=1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    @cached_property
    def spread(self) -> Array:
        """Standard deviation over all samples by column."""
        held = np.isfinite(self.values)
        count = np.maximum(held.sum(axis=(0, 1)), 1)
        mean = np.where(held, self.values, 0.0).sum(axis=(0, 1)) / count
        off = np.where(held, self.values - mean, 0.0)
        result: Array = np.sqrt((off**2).sum(axis=(0, 1)) / count)
        return result

    @cached_property
    def size(self) -> Array:
        """Largest magnitude by column; 0 where a column is empty."""
        return np.fmax.reduce(np.abs(self.values), axis=(0, 1), initial=0.0)

    @cached_property
    def constant(self) -> NDArray[np.bool_]:
        """Columns with one value in all samples."""
        return self.spread <= 1e-13 * self.size

    @cached_property
    def fixed(self) -> NDArray[np.bool_]:
        """Columns that keep one value along every run, constant ones included."""
        return self.within <= 1e-13 * self.size

    @cached_property
    def memory(self) -> Array:
        """Samples in a correlation time by column; infinite where no run is that long.

        The lag at which half the mean squared change, less the noise, reaches
        1 − 1/e of the variance along a run.
        """
        result = np.full(len(self.names), np.inf)
        noise = np.where(self.noise.resolved, np.nan_to_num(self.noise.std), 0.0)
        goal = (1 - np.exp(-1)) * np.maximum(self.within**2 - noise**2, 0.0)
        before, lag, samples = np.zeros(len(self.names)), 1, self.times.shape[1]
        last = 0
        while lag < samples:
            now = self._half_square_change(lag) - noise**2
            crossed = np.isinf(result) & (now >= goal) & (goal > 0)
            with np.errstate(invalid="ignore", divide="ignore"):
                share = np.clip((goal - before) / (now - before), 0, 1)
            result[crossed] = (last + share * (lag - last))[crossed]
            if not np.isinf(result).any():
                break
            before, last, lag = now, lag, max(lag + 1, lag * 5 // 4)
        return result

    def _half_square_change(self, lag: int) -> Array:
        runs, samples, _ = self.values.shape
        stride = max(runs * (samples - lag) // _PAIRS, 1)
        change = self.values[:, lag::stride] - self.values[:, : samples - lag : stride]
        held = np.isfinite(change)
        total = np.where(held, change, 0.0) ** 2
        result: Array = total.sum(axis=(0, 1)) / np.maximum(held.sum(axis=(0, 1)), 1) / 2
        return result

    def role(self, name: str) -> str:
        """The role of a column, "scalar" where none is given."""
        return str(self.runs[name].attrs.get("role", "scalar"))

    def column(self, name: str) -> Array:
        """One column, shape (run, time)."""
        return self.values[..., self.names.index(name)]


def listed(names: list[str], most: int = 6) -> str:
    """Names in quotes, the first few of them.

    >>> listed(["x", "y"])
    "'x', 'y'"
    """
    shown = ", ".join(map(repr, names[:most]))
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
