"""The sums that scatter matrices are made of, and how those of different runs are merged.

    Σ_t (θ − θ̄)(θ − θ̄)ᵀ over two parts = the sum of both
        + (n_a n_b / n) (θ̄_a − θ̄_b)(θ̄_a − θ̄_b)ᵀ          (Chan, Golub and LeVeque 1979)

Sums are kept apart by fold (a group of runs), so that held-out runs and the
bootstrap cost no second pass, and every run is kept as two pieces, so that
surrogates can join halves of different runs. Of very many runs a part is kept so;
the others are settled, each in the sums of its fold, and nothing that is
estimated changes by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import Array

FOLDS = 48
KEPT_RUNS = 4000  # about how many runs keep their pieces; the others are settled


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
    piece_run, piece_fold, piece_half, piece_size, piece_mean
        The pieces of runs: which run, fold and half, samples, mean terms.
    settled_size, settled_mean, between, apart
        Of the runs whose pieces are not kept, by fold: samples, mean terms,
        scatter of the runs about that mean and of the pieces about their runs.
    """

    count: Array
    within: Array
    noise: Array
    noise_count: Array
    coarse: Array
    block_count: Array
    piece_run: NDArray[np.int64]
    piece_fold: NDArray[np.int64]
    piece_half: NDArray[np.int64]
    piece_size: Array
    piece_mean: Array
    settled_size: Array
    settled_mean: Array
    between: Array
    apart: Array

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
            np.zeros(0, dtype=np.int64),
            np.zeros(0),
            np.zeros((0, terms)),
            np.zeros(folds),
            np.zeros((folds, terms)),
            np.zeros(square),
            np.zeros(square),
        )

    def __add__(self, other: "Scatter") -> "Scatter":
        settled = self.settled_size + other.settled_size
        step = other.settled_mean - self.settled_mean
        part = other.settled_size / np.maximum(settled, 1.0)
        weight = (self.settled_size * part)[:, None, None]
        return Scatter(
            self.count + other.count,
            self.within + other.within,
            self.noise + other.noise,
            self.noise_count + other.noise_count,
            self.coarse + other.coarse,
            self.block_count + other.block_count,
            np.concatenate([self.piece_run, other.piece_run]),
            np.concatenate([self.piece_fold, other.piece_fold]),
            np.concatenate([self.piece_half, other.piece_half]),
            np.concatenate([self.piece_size, other.piece_size]),
            np.concatenate([self.piece_mean, other.piece_mean]),
            settled,
            self.settled_mean + part[:, None] * step,
            self.between + other.between + weight * step[:, :, None] * step[:, None, :],
            self.apart + other.apart,
        )

    def restricted(self, keep: Sequence[int]) -> "Scatter":
        """Only the terms whose indices are in `keep`."""
        if list(keep) == list(range(self.within.shape[1])):
            return self
        index, block = _places(keep, self.count.size)
        return replace(
            self,
            within=self.within[block],
            noise=self.noise[block],
            coarse=self.coarse[block],
            piece_mean=self.piece_mean[:, index],
            settled_mean=self.settled_mean[:, index],
            between=self.between[block],
            apart=self.apart[block],
        )

    def settled(self, runs: int) -> "Scatter":
        """All but about `KEPT_RUNS` of `runs` runs put into the sums of their folds.

        Which runs keep their pieces depends on their numbers alone. A run that
        lies in several folds keeps them.
        """
        if runs <= KEPT_RUNS:
            return self
        go = ~_kept(self.piece_run, runs)
        names, which = np.unique(self.piece_run[go], return_inverse=True)
        size, mean = self.piece_size[go], self.piece_mean[go]
        total = np.bincount(which, size)
        joint = np.zeros((names.size, mean.shape[1]))
        np.add.at(joint, which, size[:, None] * mean)
        joint /= total[:, None]
        fold = np.zeros(names.size, dtype=np.int64)
        fold[which] = self.piece_fold[go]
        away = mean - joint[which]
        new = Scatter.empty(mean.shape[1], self.count.size)
        for f in np.unique(fold):
            mine, pieces = fold == f, self.piece_fold[go] == f
            mass = total[mine]
            new.settled_size[f] = mass.sum()
            new.settled_mean[f] = mass @ joint[mine] / mass.sum()
            off = joint[mine] - new.settled_mean[f]
            new.between[f] = (off * mass[:, None]).T @ off
            new.apart[f] = (away[pieces] * size[pieces, None]).T @ away[pieces]
        return self._with_pieces(~go) + new

    def _with_pieces(self, keep: NDArray[np.bool_]) -> "Scatter":
        return replace(
            self,
            piece_run=self.piece_run[keep],
            piece_fold=self.piece_fold[keep],
            piece_half=self.piece_half[keep],
            piece_size=self.piece_size[keep],
            piece_mean=self.piece_mean[keep],
        )

    def coalesced(self) -> "Scatter":
        """Pieces of one half of one run, summed stretch by stretch, made one."""
        key = np.stack([self.piece_run, self.piece_fold, self.piece_half])
        cells, which = np.unique(key, axis=1, return_inverse=True)
        if cells.shape[1] == key.shape[1]:
            return self
        which = which.ravel()
        size = np.bincount(which, self.piece_size).astype(float)
        mean = np.zeros((size.size, self.piece_mean.shape[1]))
        np.add.at(mean, which, self.piece_size[:, None] * self.piece_mean)
        mean /= size[:, None]
        away = self.piece_mean - mean[which]
        within, coarse = self.within.copy(), self.coarse.copy()
        for f in np.unique(cells[1]):
            mine = self.piece_fold == f
            apart = (away[mine] * self.piece_size[mine, None]).T @ away[mine]
            within[f] += apart
            coarse[f] += apart
        return replace(
            self,
            within=within,
            coarse=coarse,
            piece_run=cells[0],
            piece_fold=cells[1],
            piece_half=cells[2],
            piece_size=size,
            piece_mean=mean,
        )

    def pieces_of(self, folds: NDArray[np.bool_]) -> "Scatter":
        """The same sums, with the pieces of some folds only."""
        return self._with_pieces(folds[self.piece_fold])

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
        within, coarse = self.within + self.apart, self.coarse + self.apart
        for f in range(self.count.size):
            mine = self.piece_fold == f
            apart = (away[mine] * self.piece_size[mine, None]).T @ away[mine]
            within[f] += apart
            coarse[f] += apart
        many = self.settled_size > 0
        return Joined(
            self.count,
            within,
            self.noise,
            self.noise_count,
            coarse,
            self.block_count,
            np.concatenate([share, np.diag(self.settled_size)[many]]),
            np.concatenate([mean, self.settled_mean[many]]),
            self.between,
        )


@dataclass(frozen=True)
class Joined:
    """Sums a fold with whole runs: gives W, T, N for any weighting of the folds.

    `run_share` counts each run's samples in each fold, shape (runs, folds). Settled
    runs of a fold count as one, with their scatter in `between`.
    """

    count: Array
    within: Array
    noise: Array
    noise_count: Array
    coarse: Array
    block_count: Array
    run_share: Array
    run_mean: Array
    between: Array

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
        between = (away * mass[:, None]).T @ away + np.tensordot(w, self.between, 1)
        between /= total
        return within, within + between, noise, coarse

    def restricted(self, keep: Sequence[int]) -> "Joined":
        """Only the terms whose indices are in `keep`."""
        if list(keep) == list(range(self.within.shape[1])):
            return self
        index, block = _places(keep, self.count.size)
        return replace(
            self,
            within=self.within[block],
            noise=self.noise[block],
            coarse=self.coarse[block],
            run_mean=self.run_mean[:, index],
            between=self.between[block],
        )


def _places(
    keep: Sequence[int], folds: int
) -> tuple[NDArray[np.intp], tuple[NDArray[np.intp], ...]]:
    """Where the kept terms stand in a row of terms, and in the matrices of all folds."""
    index = np.asarray(keep, dtype=np.intp)
    return index, np.ix_(np.arange(folds), index, index)


def _kept(numbers: NDArray[np.int64], runs: int) -> NDArray[np.bool_]:
    """About `KEPT_RUNS` of `runs` runs, scattered evenly; the golden ratio sees to that."""
    return (numbers * 0.6180339887498949) % 1.0 < KEPT_RUNS / runs
