"""The first look at the data: which terms can be used, and on what scale.

    shift_k = mean of θ_k,   scale_k = standard deviation of θ_k,

summed over chunks (Chan, Golub and LeVeque 1979), so that a second pass can
standardise. A term is left out where it is not finite, does not vary, or has a
pole nearby (a value many standard deviations away).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import POLE, Array, Library, columns_of
from lawful.trajectories import Trajectories, clock

POINTS = 300
WITNESSES = 64
SHOWN = 0.9  # share of the variance along a run that means over blocks keep


@dataclass(frozen=True)
class Survey:
    """Moments of the raw terms over what was seen; mergeable with `+`."""

    library: Library
    runs: int
    shortest: int
    count: float
    mean: Array
    square: Array
    largest: Array
    smallest: Array
    broken: Array

    def __add__(self, other: "Survey") -> "Survey":
        count = self.count + other.count
        step = other.mean - self.mean
        part = other.count / max(count, 1.0)
        return replace(
            self,
            runs=self.runs + other.runs,
            shortest=min(self.shortest, other.shortest),
            count=count,
            mean=self.mean + step * part,
            square=self.square + other.square + step**2 * self.count * part,
            largest=np.maximum(self.largest, other.largest),
            smallest=np.minimum(self.smallest, other.smallest),
            broken=self.broken + other.broken,
        )

    def usable(self) -> Library:
        """The terms that can be used, standardised; the others are named in `left_out`."""
        spread = np.sqrt(self.square / max(self.count, 1.0))
        away = np.maximum(self.largest - self.mean, self.mean - self.smallest)
        still = spread <= 1e-9 * np.maximum(np.abs(self.mean), 1e-300)
        pole = min(POLE, 0.5 * np.sqrt(self.count))
        functions = np.array(
            [t.complexity > sum(n for _, n in t.factors) for t in self.library.terms]
        )
        far = functions & (away > pole * spread)
        good = (self.broken == 0) & ~still & ~far & np.isfinite(spread)
        keep = [int(k) for k in np.flatnonzero(good)]
        dropped = [
            f"{term.text} ({reason})"
            for term, bad, flat, ok in zip(
                self.library.terms, self.broken > 0, still, good, strict=True
            )
            if not ok
            for reason in ["not finite" if bad else "constant" if flat else "pole nearby"]
        ]
        library = self.library.restricted(keep, dropped)
        return library.standardised(self.mean[keep], spread[keep])


def survey(runs: Trajectories, library: Library) -> Survey:
    """Moments of the terms of `library` over `runs`."""
    bare = library.standardised(np.zeros(0), np.ones(0))
    step = max(1, 6_000_000 // max(1, len(library.terms) * runs.sizes["time"]))
    parts = [
        _one(runs.isel(run=slice(k, k + step)), bare) for k in range(0, runs.sizes["run"], step)
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _one(runs: Trajectories, library: Library) -> Survey:
    columns = columns_of(runs, library)
    held = np.isfinite(clock(runs))
    for column in columns.values():
        held = held & np.isfinite(column)
    values = library.values({name: column[held] for name, column in columns.items()})
    finite = np.isfinite(values)
    with np.errstate(all="ignore"):
        filled = np.where(finite, values, 0.0)
        count = float(len(values))
        mean = filled.sum(axis=0) / max(count, 1.0)
        return Survey(
            library,
            runs.sizes["run"],
            int(held.sum(axis=1).min()),
            count,
            mean,
            ((filled - mean) ** 2).sum(axis=0),
            filled.max(axis=0, initial=-np.inf),
            filled.min(axis=0, initial=np.inf),
            (~finite).sum(axis=0).astype(float),
        )


def witnesses(runs: Trajectories, rng: np.random.Generator) -> Trajectories:
    """A few runs, kept whole, on which laws are checked along time and drawn."""
    keys = lots(runs, salt(rng))
    if keys.size <= WITNESSES:
        return runs
    return runs.isel(run=np.sort(np.argsort(keys, kind="stable")[:WITNESSES]))


def salt(rng: np.random.Generator) -> int:
    """What makes `lots` depend on the seed."""
    return int(rng.integers(2**63))


def lots(runs: Trajectories, salted: int) -> NDArray[np.uint64]:
    """A random number a run, drawn from its first sample; the smallest are the witnesses.

    So the same runs are chosen in whatever chunks and order they come. The bits
    are stirred as in SplitMix64 (Steele, Lea and Flood 2014).
    """
    drawn = np.full(runs.sizes["run"], salted, dtype=np.uint64)
    for column in (clock(runs), *(v.values for v in runs.data_vars.values())):
        first = column.reshape(drawn.size, -1)[:, :1].copy()
        drawn = _stirred(drawn ^ first.view(np.uint64).ravel())
    return drawn


def _stirred(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = bits + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def points(
    runs: Trajectories, library: Library, rng: np.random.Generator, most: int = POINTS
) -> dict[str, Array]:
    """Sample points for gradients: columns of shape (points,)."""
    columns = columns_of(runs, library)
    held = np.isfinite(clock(runs))
    for column in columns.values():
        held = held & np.isfinite(column)
    rows = np.flatnonzero(held.ravel())
    chosen = rng.choice(rows, min(most, rows.size), replace=False)
    return {name: column.ravel()[chosen] for name, column in columns.items()}


def block_length(runs: Trajectories) -> int:
    """The longest block, of 1 to 16 samples, whose means still show the motion.

    Means over it must keep `SHOWN` of the variance along runs of every variable;
    over longer blocks a fast motion would look like nothing changing.
    """
    for block in (16, 8, 4, 2):
        if runs.sizes["time"] < 8 * block:
            continue
        kept = [_variance_kept(v.values, block) for v in runs.data_vars.values()]
        if min(kept) >= SHOWN:
            return block
    return 1


def _variance_kept(values: Array, block: int) -> float:
    """Variance along runs of block means over that of means of half as long blocks."""

    def spread(size: int) -> float:
        length = values.shape[1] // size * size
        means = values[:, :length].reshape(values.shape[0], -1, size).mean(axis=2)
        seen = np.isfinite(means).any(axis=1)
        return float(np.nanvar(means[seen], axis=1).mean()) if seen.any() else 0.0

    finer = spread(block // 2)
    return spread(block) / finer if finer > 0 else 1.0
