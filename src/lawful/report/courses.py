"""A law's value along each run, ready to draw: Q in units of its spread between runs.

y(t) = (Q(t) − ⟨Q⟩) / s,   departure(t) = (Q(t) − ⟨Q⟩_run) / s
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lawful.laws.law import Law
from lawful.refusal import Refusal
from lawful.report.chart import Array, Curve
from lawful.report.numbers import unit_text
from lawful.trajectories import Trajectories, clock

MOST_CURVES = 24
MOST_NAMED = 12
UNEQUAL = 4.0  # runs whose lengths differ more are drawn against their share


@dataclass(frozen=True)
class Courses:
    """The curves of one law: its value and its departure from each run's mean.

    Of a leaking law the departure is that of Q − ∫ s dt, what its source leaves.
    """

    value: tuple[Curve, ...]
    departure: tuple[Curve, ...]
    noise: float
    runs: int
    named: bool
    x_label: str


def courses(law: Law, runs: Trajectories) -> Courses | None:
    """The courses of `law` along `runs`; None where it cannot be evaluated there.

    Where there are many runs, some are drawn, evenly from the lowest value to
    the highest.
    """
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(law.function(columns(runs)), dtype=float)
    except (Refusal, KeyError, TypeError, ArithmeticError):
        return None
    value = np.where(np.isfinite(value), value, np.nan)
    if value.shape != clock(runs).shape or not np.isfinite(value).any():
        return None
    mean = np.array([np.nanmean(row) if np.isfinite(row).any() else np.nan for row in value])
    spread = law.spread if law.spread and np.isfinite(law.spread) and law.spread > 0 else 0.0
    spread = spread or float(np.nanstd(mean)) or float(np.nanstd(value)) or 1.0
    chosen = evenly(np.argsort(mean)[: int(np.isfinite(mean).sum())], MOST_CURVES)
    named = has_names(runs) and len(chosen) <= MOST_NAMED
    rest = value - _lost(law, runs) if law.balance else value
    centre, top = float(np.nanmean(mean)), max(len(chosen) - 1, 1)
    x, x_label = abscissae(runs)
    lines, departures = [], []
    for place, k in enumerate(chosen):
        name, hue = run_name(runs, int(k)), place / top
        lines.append(Curve(name, x[k], (value[k] - centre) / spread, hue))
        departures.append(Curve(name, x[k], (rest[k] - np.nanmean(rest[k])) / spread, hue))
    noise = law.noise / spread
    return Courses(tuple(lines), tuple(departures), noise, len(mean), named, x_label)


def _lost(law: Law, runs: Trajectories) -> Array:
    """∫ s dt from each run's start, by trapezoids; a gap adds nothing."""
    from lawful.expressions import compiled

    times = clock(runs)
    with np.errstate(all="ignore"):
        source = np.broadcast_to(compiled(law.balance)(columns(runs)), times.shape)
    steps = 0.5 * (source[:, 1:] + source[:, :-1]) * np.diff(times, axis=1)
    total = np.cumsum(np.where(np.isfinite(steps), steps, 0.0), axis=1)
    return np.concatenate([np.zeros((len(times), 1)), total], axis=1)


def abscissae(runs: Trajectories) -> tuple[Array, str]:
    """Times, shape (run, time), and what they are; shares of each run where lengths differ much."""
    times = clock(runs)
    start, end = np.nanmin(times, axis=1), np.nanmax(times, axis=1)
    length = end - start
    units = unit_text(str(runs["time"].attrs.get("units", "")))
    if length.min() > 0 and length.max() > UNEQUAL * length.min():
        return (times - start[:, None]) / length[:, None], "time, as a share of each run"
    return times, f"time in {units}" if units else "time"


def columns(runs: Trajectories) -> Mapping[str, Array]:
    """Variables and what is fixed within a run, each of shape (run, time)."""
    shape = clock(runs).shape
    out = {str(n): v.values for n, v in runs.data_vars.items() if v.ndim == 2}
    for name, coordinate in runs.coords.items():
        if name not in ("run", "time") and coordinate.dims == ("run",):
            out[str(name)] = np.broadcast_to(coordinate.values[:, None], shape)
    return out


def variable_curves(runs: Trajectories, name: str, most: int = MOST_NAMED) -> list[Curve]:
    """One variable along some of the runs, evenly chosen."""
    times, values = abscissae(runs)[0], runs[name].values
    chosen = evenly(np.arange(len(values)), most)
    top = max(len(chosen) - 1, 1)
    return [
        Curve(run_name(runs, int(k)), times[k], values[k], place / top)
        for place, k in enumerate(chosen)
    ]


def evenly(items: Any, most: int) -> Any:
    """At most `most` of `items`, evenly from first to last.

    >>> import numpy as np
    >>> evenly(np.arange(10), 4).tolist()
    [0, 3, 6, 9]
    """
    count = len(items)
    if count <= most:
        return items
    return items[np.round(np.linspace(0, count - 1, most)).astype(int)]


def has_names(runs: Trajectories) -> bool:
    """Whether the runs have names rather than numbers."""
    return bool(runs["run"].dtype.kind in "UO")


def run_name(runs: Trajectories, k: int) -> str:
    """What to call a run."""
    name = str(runs["run"].values[k])
    return name if has_names(runs) else f"run {name}"


def notes(runs: Trajectories) -> Sequence[str]:
    """What was guessed or estimated when the data were read."""
    try:
        said = json.loads(runs.attrs.get("notes", "[]"))
    except (TypeError, ValueError):
        return ()
    return tuple(map(str, said)) if isinstance(said, list) else ()
