"""Three scatter matrices of the terms θ, each a sum over runs: W within, T total, N noise.

    W = Σ_runs Σ_t (θ − θ̄_run)(θ − θ̄_run)ᵀ / n
    T = Σ_runs Σ_t (θ − θ̄)(θ − θ̄)ᵀ / n
    N = mean of (Dθ)(Dθ)ᵀ, with D a unit-gain high-order difference in time
    C = m × the scatter within runs of means over blocks of m samples

D annihilates what is smooth in time, so N is the covariance that measurement
noise gives the terms, nonlinear ones included. C is N too where all is noise, but
what changes slowly counts m-fold in it. `sums` keeps what is found here.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import Array, Library, columns_of
from lawful.laws.noise import annihilator, difference
from lawful.laws.sums import Scatter
from lawful.trajectories import Trajectories, clock

NOISE_ORDER = 6
BLOCK = 6_000_000  # numbers in one block of term values: 48 MB


def scatter(
    runs: Trajectories,
    library: Library,
    *,
    folds: int,
    segments: int = 1,
    block: int = 1,
    numbers: NDArray[np.int64] | None = None,
    among: int | None = None,
) -> Scatter:
    """The scatter of `runs`, block by block of runs so that memory stays bounded.

    Parameters
    ----------
    runs
        Trajectories; segment s of run k goes to fold k · segments + s, modulo `folds`.
    library
        The terms, standardised.
    segments
        How many stretches of time each run is cut into, where runs are too few
        to hold some out whole.
    block
        m, the samples in a block of C; no longer than the motion allows.
    numbers, among
        The runs' numbers, from 0 up when not given, among how many in all chunks.
    """
    terms, samples = len(library.terms), runs.sizes["time"]
    step = max(1, BLOCK // max(1, terms * samples))
    total: Scatter | None = None
    given = np.arange(runs.sizes["run"]) if numbers is None else numbers
    for start in range(0, runs.sizes["run"], step):
        some = slice(start, start + step)
        part = _some(runs.isel(run=some), library, folds, given[some], segments, block)
        part = part.settled(among or given.size) if segments == 1 else part
        total = part if total is None else total + part
    return Scatter.empty(terms, folds) if total is None else total


def _some(
    runs: Trajectories,
    library: Library,
    folds: int,
    given: NDArray[np.int64],
    segments: int,
    block: int,
) -> Scatter:
    values = library.values(columns_of(runs, library))
    times = clock(runs)
    numbers = np.repeat(given, segments)
    place = numbers * segments + np.tile(np.arange(segments), values.shape[0])
    values, times = _cut(values, segments), _cut(times, segments)
    held = np.isfinite(values).all(axis=-1) & np.isfinite(times)
    values[~held] = 0.0
    terms = values.shape[-1]
    out = Scatter.empty(terms, folds)
    halves = _halves(held, np.isfinite(times).sum(axis=1), block)
    sizes, means = [], []
    within = out.within
    for mask in halves:
        size = mask.sum(axis=1)
        mean = np.einsum("rt,rtk->rk", mask, values) / np.maximum(size, 1)[:, None]
        sizes.append(size)
        means.append(mean)
    away = np.where(halves[0][..., None], values - means[0][:, None], values - means[1][:, None])
    away[~held] = 0.0
    noise, noise_count = out.noise, out.noise_count
    blocks, held_blocks = in_blocks(away, held, block)
    weights = annihilator(times, NOISE_ORDER)
    rough = difference(values, weights)
    whole = whole_windows(held, NOISE_ORDER)
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
        piece_half=np.repeat([0, 1], numbers.size)[seen],
        piece_size=size[seen],
        piece_mean=np.concatenate(means)[seen],
    )


def _cut(values: Array, segments: int) -> Array:
    """(run, time, …) cut into (run · segments, time / segments, …); a remainder is left."""
    length = values.shape[1] // segments
    kept = values[:, : length * segments]
    return kept.reshape(values.shape[0] * segments, length, *values.shape[2:])


def in_blocks(away: Array, held: NDArray[np.bool_], block: int) -> tuple[Array, NDArray[np.bool_]]:
    """Sums over blocks of samples, over the root of their number: of noise's own variance.

    The last block may be short: every sample counts, so that a change of the mean
    adds what it adds to W.
    """
    missing = -held.shape[1] % block
    if missing:
        away = np.pad(away, ((0, 0), (0, missing), (0, 0)))
        held = np.pad(held, ((0, 0), (0, missing)))
    shape = (held.shape[0], held.shape[1] // block, block)
    count = held.reshape(shape).sum(axis=2)
    sums = away.reshape(*shape, away.shape[-1]).sum(axis=2)
    return sums / np.sqrt(np.maximum(count, 1))[..., None], count > 0


def half_of(length: NDArray[np.int64], block: int) -> NDArray[np.int64]:
    """How many samples make the first half, in whole blocks.

    >>> half_of(np.array([9, 200]), 1), half_of(np.array([9, 200]), 16)
    (array([  5, 100]), array([ 0, 96]))
    """
    half: NDArray[np.int64] = (length + block) // (2 * block) * block
    return half


def _halves(
    held: NDArray[np.bool_], length: NDArray[np.int64], block: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The first and the second half of each run's samples."""
    first = np.arange(held.shape[1]) < half_of(length, block)[:, None]
    return held & first, held & ~first


def whole_windows(held: NDArray[np.bool_], order: int) -> NDArray[np.bool_]:
    """Where all samples of a difference's window are held."""
    length = max(held.shape[1] - order, 0)
    whole = np.ones((held.shape[0], length), dtype=bool)
    for k in range(order + 1):
        whole &= held[:, k : k + length]
    return whole
