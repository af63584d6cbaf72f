"""Combinations of terms that hardly change along a run.

λ(a) = aᵀ W a / aᵀ T a,   W: scatter of the terms within runs, T: in all
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ALIKE = 10.0  # times the least λ: as well conserved
ROUND_OFF = 1e-10  # of λ: what is no worse than this is conserved


@dataclass(frozen=True)
class Steadiness:
    """W and T of a formula's terms, standardised; `scale` is the spread of each term."""

    within: Array
    total: Array
    scale: Array

    @classmethod
    def of(cls, theta: Array, runs: NDArray[np.intp]) -> "Steadiness":
        """Of terms, shape (samples, terms), and the run of each sample."""
        scale = theta.std(axis=0)
        scale[scale == 0] = 1.0
        away = (theta - theta.mean(axis=0)) / scale
        within = inside(away, runs)
        return cls(within.T @ within / len(theta), away.T @ away / len(theta), scale)

    def lam(self, a: Array) -> float:
        """λ of a combination; 1 for one that is the same everywhere."""
        v = a * self.scale
        total = float(v @ self.total @ v)
        return float(v @ self.within @ v) / total if total > 0 else 1.0

    def spectrum(self) -> tuple[Array, Array]:
        """λ ascending, and the vectors, of unit T; what does not vary is left out."""
        size, axes = np.linalg.eigh(self.total)
        keep = size > 1e-13 * size[-1]
        root = axes[:, keep] / np.sqrt(size[keep])
        values, vectors = np.linalg.eigh(root.T @ self.within @ root)
        return np.maximum(values, 0.0), root @ vectors

    def nearest(self, a: Array) -> tuple[Array, int]:
        """The combination nearest to `a` of those conserved as well as the best, and their count.

        Examples
        --------
        >>> runs, rng = np.repeat(np.arange(9), 9), np.random.default_rng(0)
        >>> x = rng.normal(size=81)
        >>> steady = Steadiness.of(np.column_stack([runs - x, x]), runs)
        >>> a, count = steady.nearest(np.array([1.0, 0.5]))
        >>> (a / a[0]).round(9).tolist(), count
        ([1.0, 1.0], 1)
        """
        values, vectors = self.spectrum()
        alike = vectors[:, values <= max(ALIKE * values[0], ROUND_OFF)]
        weights = alike.T @ self.total @ (a * self.scale)
        if not np.any(np.abs(weights) > 1e-6):
            weights = np.eye(alike.shape[1])[0]
        return np.asarray(alike @ weights) / self.scale, alike.shape[1]

    def completed(self, a: Array, held: Mapping[int, float]) -> Array:
        """`a` with some numbers held and the others such that it changes least along runs.

        Directions that the data do not fix stay as they are in `a`.
        """
        v = a * self.scale
        for k, value in held.items():
            v[k] = value * self.scale[k]
        loose = [k for k in range(v.size) if k not in held]
        if loose:
            block = self.within[np.ix_(loose, loose)]
            size = float(np.linalg.eigvalsh(block)[-1])
            step = np.linalg.lstsq(block, -(self.within @ v)[loose], rcond=1e-9)[0]
            v[loose] += step if size > 0 else 0.0
        return v / self.scale


def inside(theta: Array, runs: NDArray[np.intp]) -> Array:
    """Deviations from each run's mean, shape (samples, terms)."""
    count = np.bincount(runs).astype(float)
    means = np.stack([np.bincount(runs, weights=c) / count for c in theta.T], axis=1)
    return np.asarray(theta - means[runs])
