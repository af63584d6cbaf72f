"""Three scatter matrices of the terms θ, each a sum over runs: W within, T total, N noise.

    W = Σ_runs Σ_t (θ − θ̄_run)(θ − θ̄_run)ᵀ / n
    T = Σ_runs Σ_t (θ − θ̄)(θ − θ̄)ᵀ / n
    N = mean of (Dθ)(Dθ)ᵀ, with D a unit-gain high-order difference in time
    C = m × the scatter within runs of means over blocks of m samples

D annihilates what is smooth in time, so N is the covariance that measurement
noise gives the terms, nonlinear ones included. Sums are kept apart by fold (a
group of runs), so that held-out runs and the bootstrap cost no second pass, and
every run is kept as two pieces, so that surrogates can join halves of different
runs. Chan, Golub and LeVeque (1979) give the formula for merging.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import Array, Library, columns_of
from lawful.laws.noise import annihilator, difference
from lawful.trajectories import Trajectories, clock

FOLDS = 48
NOISE_ORDER = 6
BLOCK = 6_000_000  # numbers in one block of term values: 48 MB


@dataclass(frozen=True)
class Scatter:
    """Sums over runs, mergeable by addition and concatenation.

    Attributes
    ----------
    count, noise_count, block_count
        Samples, windows and blocks a fold, shape (folds,).
    within, noise, coarse
        Sums of squares a fold, shape (folds, terms, terms); `within` and
        `coarse` are about the means of the pieces.
    piece_run, piece_fold, piece_size, piece_mean
        The pieces of runs: which run, which fold, samples, mean terms.
    """

    count: Array
    within: Array
    noise: Array
    noise_count: Array
    coarse: Array
    block_count: Array
    piece_run: NDArray[np.int64]
    piece_fold: NDArray[np.int64]
    piece_size: Array
    piece_mean: Array

    @classmethod
    def empty(cls, terms: int, folds: int) -> "Scatter":
        """Nothing seen yet."""
        square = (folds, terms, terms)
        return cls(
            np.zeros(folds),
            np.zeros(square),
            np.zeros(square),
            np.zeros(folds),
            np.zeros(square),
            np.zeros(folds),
            np.zeros(0, dtype=np.int64),
            np.zeros(0, dtype=np.int64),
            np.zeros(0),
            np.zeros((0, terms)),
        )

    def __add__(self, other: "Scatter") -> "Scatter":
        return Scatter(
            self.count + other.count,
            self.within + other.within,
            self.noise + other.noise,
            self.noise_count + other.noise_count,
            self.coarse + other.coarse,
            self.block_count + other.block_count,
            np.concatenate([self.piece_run, other.piece_run]),
            np.concatenate([self.piece_fold, other.piece_fold]),
            np.concatenate([self.piece_size, other.piece_size]),
            np.concatenate([self.piece_mean, other.piece_mean]),
        )

    def restricted(self, keep: Sequence[int]) -> "Scatter":
        """Only the terms whose indices are in `keep`."""
        index = np.asarray(keep, dtype=int)
        block = np.ix_(np.arange(self.count.size), index, index)
        return replace(
            self,
            within=self.within[block],
            noise=self.noise[block],
            coarse=self.coarse[block],
            piece_mean=self.piece_mean[:, index],
        )

    def pieces_of(self, folds: NDArray[np.bool_]) -> "Scatter":
        """The same sums, with the pieces of some folds only."""
        mine = folds[self.piece_fold]
        return replace(
            self,
            piece_run=self.piece_run[mine],
            piece_fold=self.piece_fold[mine],
            piece_size=self.piece_size[mine],
            piece_mean=self.piece_mean[mine],
        )

    def joined(self) -> "Joined":
        """The pieces of each run put together: what every estimate starts from."""
        runs, which = np.unique(self.piece_run, return_inverse=True)
        size = np.bincount(which, self.piece_size)
        mean = np.zeros((runs.size, self.piece_mean.shape[1]))
        np.add.at(mean, which, self.piece_size[:, None] * self.piece_mean)
        mean /= size[:, None]
        share = np.zeros((runs.size, self.count.size))
        np.add.at(share, (which, self.piece_fold), self.piece_size)
        away = self.piece_mean - mean[which]
        within, coarse = self.within.copy(), self.coarse.copy()
        for f in range(self.count.size):
            mine = self.piece_fold == f
            apart = (away[mine] * self.piece_size[mine, None]).T @ away[mine]
            within[f] += apart
            coarse[f] += apart
        return Joined(
            self.count,
            within,
            self.noise,
            self.noise_count,
            coarse,
            self.block_count,
            share,
            mean,
        )


@dataclass(frozen=True)
class Joined:
    """Sums a fold with whole runs: gives W, T, N for any weighting of the folds.

    `run_share` counts each run's samples in each fold, shape (runs, folds).
    """

    count: Array
    within: Array
    noise: Array
    noise_count: Array
    coarse: Array
    block_count: Array
    run_share: Array
    run_mean: Array

    def matrices(self, weights: Array | None = None) -> tuple[Array, Array, Array, Array]:
        """W, T, N and C with the folds weighted; all folds alike by default."""
        w = np.ones(self.count.size) if weights is None else weights
        total = float(w @ self.count)
        within = np.tensordot(w, self.within, 1) / total
        noise = np.tensordot(w, self.noise, 1) / max(float(w @ self.noise_count), 1.0)
        coarse = np.tensordot(w, self.coarse, 1) / max(float(w @ self.block_count), 1.0)
        mass = self.run_share @ w
        mean = (mass @ self.run_mean) / mass.sum()
        away = self.run_mean - mean
        between = (away * mass[:, None]).T @ away / total
        return within, within + between, noise, coarse

    def restricted(self, keep: Sequence[int]) -> "Joined":
        """Only the terms whose indices are in `keep`."""
        index = np.asarray(keep, dtype=int)
        block = np.ix_(np.arange(self.count.size), index, index)
        return replace(
            self,
            within=self.within[block],
            noise=self.noise[block],
            coarse=self.coarse[block],
            run_mean=self.run_mean[:, index],
        )


def scatter(
    runs: Trajectories,
    library: Library,
    *,
    folds: int,
    first_run: int = 0,
    segments: int = 1,
    block: int = 1,
) -> Scatter:
    """The scatter of `runs`, block by block of runs so that memory stays bounded.

    Parameters
    ----------
    runs
        Trajectories whose runs are numbered from `first_run`; segment s of run k
        goes to fold k · segments + s, modulo `folds`.
    library
        The terms, standardised.
    segments
        How many stretches of time each run is cut into, where runs are too few
        to hold some out whole.
    block
        m, the samples in a block of C; no longer than the motion allows.
    """
    terms, samples = len(library.terms), runs.sizes["time"]
    step = max(1, BLOCK // max(1, terms * samples))
    total = Scatter.empty(terms, folds)
    for start in range(0, runs.sizes["run"], step):
        some = runs.isel(run=slice(start, start + step))
        total = total + _some(some, library, folds, first_run + start, segments, block)
    return total


def merge(parts: Iterable[Scatter]) -> Scatter:
    """The sum of scatters of disjoint sets of runs."""
    parts = iter(parts)
    total = next(parts)
    for part in parts:
        total = total + part
    return total


def _some(
    runs: Trajectories, library: Library, folds: int, first_run: int, segments: int, block: int
) -> Scatter:
    values = library.values(columns_of(runs, library))
    times = clock(runs)
    numbers = np.repeat(first_run + np.arange(values.shape[0]), segments)
    place = numbers * segments + np.tile(np.arange(segments), values.shape[0])
    values, times = _cut(values, segments), _cut(times, segments)
    held = np.isfinite(values).all(axis=-1) & np.isfinite(times)
    values[~held] = 0.0
    terms = values.shape[-1]
    out = Scatter.empty(terms, folds)
    halves = _halves(held)
    sizes, means = [], []
    within = out.within
    for mask in halves:
        size = mask.sum(axis=1)
        mean = np.einsum("rt,rtk->rk", mask, values) / np.maximum(size, 1)[:, None]
        sizes.append(size)
        means.append(mean)
    away = np.where(
        halves[0][..., None], values - means[0][:, None], values - means[1][:, None]
    )
    away[~held] = 0.0
    noise, noise_count = out.noise, out.noise_count
    blocks, held_blocks = _blocks(away, held, block)
    weights = annihilator(times, NOISE_ORDER)
    rough = difference(values, weights)
    whole = _windows(held, NOISE_ORDER)
    rough[~whole] = 0.0
    for f in np.unique(place % folds):
        mine = place % folds == f
        flat = away[mine].reshape(-1, terms)
        within[f] += flat.T @ flat
        flat = blocks[mine].reshape(-1, terms)
        out.coarse[f] += flat.T @ flat
        out.block_count[f] += held_blocks[mine].sum()
        flat = rough[mine].reshape(-1, terms)
        noise[f] += flat.T @ flat
        noise_count[f] += whole[mine].sum()
        out.count[f] += held[mine].sum()
    size = np.concatenate(sizes).astype(float)
    seen = size > 0
    return replace(
        out,
        piece_run=np.tile(numbers, 2)[seen],
        piece_fold=np.tile(place % folds, 2)[seen],
        piece_size=size[seen],
        piece_mean=np.concatenate(means)[seen],
    )


def _cut(values: Array, segments: int) -> Array:
    """(run, time, …) cut into (run · segments, time / segments, …); a remainder is left."""
    length = values.shape[1] // segments
    kept = values[:, : length * segments]
    return kept.reshape(values.shape[0] * segments, length, *values.shape[2:])


def _blocks(
    away: Array, held: NDArray[np.bool_], block: int
) -> tuple[Array, NDArray[np.bool_]]:
    """Sums over blocks of samples, over the root of their number: of noise's own variance."""
    length = held.shape[1] // block
    count = held[:, : length * block].reshape(held.shape[0], length, block).sum(axis=2)
    sums = away[:, : length * block].reshape(away.shape[0], length, block, -1).sum(axis=2)
    return sums / np.sqrt(np.maximum(count, 1))[..., None], count > 0


def _halves(held: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The first and the second half of each run's samples."""
    rank = np.cumsum(held, axis=1)
    first = rank <= (rank[:, -1:] + 1) // 2
    return held & first, held & ~first


def _windows(held: NDArray[np.bool_], order: int) -> NDArray[np.bool_]:
    """Where all samples of a difference's window are held."""
    length = held.shape[1] - order
    whole = np.ones((held.shape[0], max(length, 0)), dtype=bool)
    for k in range(order + 1):
        whole &= held[:, k : k + length]
    return whole
