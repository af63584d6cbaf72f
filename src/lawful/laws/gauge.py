r"""A law as an instrument: its reading Q, and how noisy that reading is.

    std² = Σ_i ((Q₊ − Q₋)/2)² + (Q₊ − 2Q + Q₋)²/2,   bias = Σ_i (Q₊ − 2Q + Q₋)/2

where Q± is the law with column i moved by its noise, up and down. A nonlinear
law is noisier in some places than in others, and noise shifts its mean; both
are taken into account to second order in the noise.

Source: S. Julier, J. Uhlmann, Proceedings of the IEEE 92 (2004) 401 (the
unscented transform).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import comb, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lawful.laws.law import Law
from lawful.laws.noise import annihilator, difference, noise_level, robust_scale

Array = NDArray[np.float64]
Function = Callable[[Mapping[str, Array]], Array]

ROUND_OFF = 1e-8
_LEAST_FORMULA_ERROR = 0.01


class Reading(NamedTuple):
    """A law along runs, each field of shape (run, time).

    `std` is the noise of `value` (up to the gauge's scale), `source` what the
    balance says of dQ/dt, `source_std` its noise.
    """

    value: Array
    std: Array
    source: Array
    source_std: Array


@dataclass(frozen=True)
class Gauge:
    """One law, made ready to read.

    Attributes
    ----------
    law
        What is read.
    noise
        Standard deviation of each column's noise; empty where unknown, and the
        reading's `std` is then 1 everywhere.
    slack
        A departure of Q up to this breaks nothing.
    """

    law: Law
    noise: Mapping[str, float] = field(default_factory=dict)
    slack: float = 0.0

    def read(self, table: Mapping[str, Array]) -> Reading:
        """The law's reading on arrays of shape (run, time); NaN where undefined."""
        shape = np.broadcast_shapes(*(np.shape(v) for v in table.values()))
        with np.errstate(all="ignore"):
            value, std = unscented(self.law.function, table, self.noise)
            if self.law.balance:
                source, source_std = unscented(_compiled(self.law.balance), table, self.noise)
            else:
                source = source_std = np.zeros(shape)
        if not any(self.noise.values()):
            std, source_std = np.ones(shape), np.zeros(shape)
        return Reading(*(np.broadcast_to(a, shape) for a in (value, std, source, source_std)))


def columns(law: Law) -> tuple[str, ...]:
    """The names that a law and its balance stand on, sorted."""
    from lawful.expressions import parse

    texts = [text for text in (law.expression, law.balance) if text]
    return tuple(sorted({str(s) for text in texts for s in parse(text).free_symbols}))


def _compiled(text: str) -> Function:
    from lawful.expressions import compiled

    return compiled(text)


def unscented(
    function: Function, table: Mapping[str, Array], noise: Mapping[str, float]
) -> tuple[Array, Array]:
    """The value of `function`, less its bias by noise, and its standard deviation.

    Examples
    --------
    >>> value, std = unscented(lambda c: c["x"] ** 2, {"x": np.array([3.0])}, {"x": 0.1})
    >>> float(value[0].round(9)), float(std[0].round(3))
    (8.99, 0.6)
    """
    value = np.asarray(function(table), dtype=float)
    bias, variance = np.zeros_like(value), np.zeros_like(value)
    for name, size in noise.items():
        if name not in table or size == 0:
            continue
        up = function({**table, name: table[name] + size})
        down = function({**table, name: table[name] - size})
        slope, bend = (up - down) / 2, up - 2 * value + down
        known = np.isfinite(slope) & np.isfinite(bend)
        variance += np.where(known, slope**2 + bend**2 / 2, 0.0)
        bias += np.where(known, bend / 2, 0.0)
    std = np.sqrt(variance)
    return value - np.clip(bias, -std, std), std


def slack(law: Law, tolerance: float | None = None) -> float:
    """How far Q may stray before the law counts as broken, in Q's unit.

    `tolerance` times the spread between runs where it is given. Else three
    times what the law strayed, beyond noise, in the runs that it was found in
    (at least a tenth of the noise there, for a formula found in noise is no
    surer), ten times for an approximate law, which strays unevenly from run to
    run, and never less than 1e-8 of the spread: what integrators lose.

    >>> slack(Law("energy", "x", "", "exact", 1.0, 0.0, 0.0, 0.0, spread=2.0))
    2e-08
    """
    if tolerance is not None:
        return tolerance * abs(law.spread)
    share = min(max(law.within_total, 0.0), 1.0) if np.isfinite(law.within_total) else 0.0
    within = law.spread**2 * share / (1 - share) if share < 1 else law.spread**2
    ratio = law.noise_ratio if np.isfinite(law.noise_ratio) else 0.0
    beyond = 1 - 1 / ratio if ratio > 1 else 0.0
    often = 10 if law.grade == "approximate" else 3
    strayed = often * sqrt(within * max(beyond, _LEAST_FORMULA_ERROR))
    return max(strayed, ROUND_OFF * abs(law.spread))


def source_doubt(law: Law) -> float:
    """The relative uncertainty of a leaking law's source, from its constants' intervals."""
    if not law.balance:
        return 0.0
    shares = [(c.high - c.low) / (2 * abs(c.value)) for c in law.constants if c.value]
    return max((s for s in shares if np.isfinite(s)), default=0.0)


def scales(times: Array, reading: Reading) -> Array:
    """The factor that makes `reading.std` fit each run's own noise; shape (run,).

    From high-order differences of Q itself, which a slow leak does not move and
    a jump hardly does. Pooled over runs, raised by twice its standard error,
    and by a run's own estimate where that is larger. NaN where runs are too short.
    """
    least = np.finfo(float).tiny ** 0.25
    sizes = np.maximum(reading.std, least)[..., None]
    pooled = noise_level(times, reading.value[..., None], sizes)
    order = int(pooled.order[0])
    if order == 0:
        return np.full(times.shape[0], np.nan)
    weights = annihilator(times, order)
    d = difference(reading.value[..., None], weights)
    d /= np.sqrt(difference(sizes**2, weights**2))
    own = robust_scale(d[..., 0].T)
    count = max(int(np.isfinite(d).sum()), 1)
    result: Array = np.fmax(pooled.std[0] * (1 + 2 * _relative_error(order, count)), own)
    return result


def _relative_error(order: int, count: int) -> float:
    """Of a standard deviation from `count` overlapping differences."""
    overlap = comb(4 * order, 2 * order) / comb(2 * order, order) ** 2
    return sqrt(overlap / (2 * count))
