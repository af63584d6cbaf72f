"""A law along one run, as it is drawn: its value, its departure, and the bands about it.

    r(t) = Q(t) − ∫ s dt − Q₀;   |r| ≤ slack breaks nothing;   σ_Q is what noise makes of it

The same numbers that `lawful.laws.watch` judges by.
"""

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lawful.laws.course import Course
from lawful.laws.law import Law

Array = NDArray[np.float64]

GAUSS = ((1 - 1 / np.sqrt(3)) / 2, (1 + 1 / np.sqrt(3)) / 2)


def law_columns(law: Law) -> tuple[str, ...]:
    """The columns that a law stands on."""
    from lawful.laws.gauge import columns

    return columns(law)


def along(
    law: Law,
    times: Array,
    columns: Mapping[str, Array],
    noise: Mapping[str, float],
    course: Course | None = None,
) -> dict[str, Array]:
    """A law along one run.

    Parameters
    ----------
    law
        What is read.
    times, columns
        Shape (n,) each.
    noise
        Of the columns; empty where it is not known.
    course
        Its `lawful.laws.course.Course`; None where it was not judged.

    Returns
    -------
    dict
        `value` Q(t); `departure` Q − ∫ s dt − Q₀; `noise` σ_Q, NaN where not known; `slack`,
        what a departure may be. Shape (n,) each.

    Examples
    --------
    >>> law = Law("energy", "v**2/2", "", "exact", 1.0, 0.0, 0.01, 0.0, spread=2.0)
    >>> t = np.arange(3.0)
    >>> along(law, t, {"v": np.array([2.0, 2.0, 4.0])}, {})["departure"].tolist()
    [0.0, 0.0, 6.0]
    """
    from lawful.laws.gauge import Gauge, slack, source_doubt

    gauge = Gauge(law, dict(noise), slack(law))
    read = gauge.read(columns or {"time": times})
    value, std = (np.array(np.broadcast_to(a, times.shape)) for a in (read.value, read.std))
    value[~np.isfinite(value)] = np.nan
    allowed = np.full(times.shape, gauge.slack)
    kept = value
    if law.balance:
        added, doubt = _added(times, np.broadcast_to(read.source, times.shape), value)
        kept = value - added
        allowed = allowed + np.abs(added) * source_doubt(law) + doubt
    level = course.level if course is not None and np.isfinite(course.level) else start_of(kept)
    return {
        "value": value,
        "departure": kept - level,
        "noise": _scaled(std, course),
        "slack": allowed,
    }


def _added(times: Array, rate: Array, value: Array) -> tuple[Array, Array]:
    """∫ s dt at each sample and its doubt: the sums of `lawful.laws.source`, all at once."""
    added, doubt = np.full(times.shape, np.nan), np.full(times.shape, np.nan)
    held = np.flatnonzero(np.isfinite(times) & np.isfinite(rate) & np.isfinite(value))
    t, y = times[held], rate[held]
    by_line, by_parabola, by_cubic = (_steps(t, y, points) for points in (2, 3, 4))
    best = np.concatenate([by_line[:1], by_parabola[:1], by_cubic])
    coarse = np.concatenate([by_line[:1], by_parabola])
    start = np.zeros(min(held.size, 1))
    added[held] = np.concatenate([start, np.cumsum(best)])
    doubt[held] = np.concatenate([start, np.cumsum(np.abs(best - coarse))])
    return added, doubt


def _steps(t: Array, y: Array, points: int) -> Array:
    """The integral over the last step of the polynomial through each so many samples."""
    if t.size < points:
        return np.empty(0)
    ts, ys = sliding_window_view(t, points), sliding_window_view(y, points)
    step = ts[:, -1] - ts[:, -2]
    total = np.zeros(len(step))
    for share in GAUSS:
        at = ts[:, -2] + share * step
        for i in range(points):
            term = ys[:, i]
            for j in range(points):
                if i != j:
                    term = term * ((at - ts[:, j]) / (ts[:, i] - ts[:, j]))
            total += term
    result: Array = step * total / 2
    return result


def _scaled(std: Array, course: Course | None) -> Array:
    """The noise of each sample, on the scale that the monitor found along the run."""
    held = std[np.isfinite(std)]
    middle = float(np.median(held)) if held.size else 0.0
    if course is None or not np.isfinite(course.noise) or middle <= 0:
        return np.full(std.shape, np.nan)
    scaled: Array = std * (course.noise / middle)
    return scaled


def start_of(values: Array) -> float:
    """The first of some values that is there; NaN where none is."""
    held = np.flatnonzero(np.isfinite(values))
    return float(values[held[0]]) if held.size else float("nan")
