"""The steadiest quadratics of a log: every λ there is among polynomials of degree 2.

    W c = λ T c,      W, T: scatter of all terms xᵢ and xᵢxⱼ within runs, and in all

What is conserved has λ near 0, and a gap above it; how many there are is read off the log
alone, with no theory and no search. λ is the square of a singular value of R_W R_T⁻¹, from
the triangles of QR decompositions added up block by block (TSQR: J. Demmel, L. Grigori,
M. Hoemmen and J. Langou, arXiv:0808.2664), so that λ is known down to 1e-28 and not only
to round-off of W.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.trajectories import Trajectories

Array = NDArray[np.float64]
ROUND_OFF = 1e-24  # λ below this says nothing but how numbers are rounded
JUMP = 100.0  # of λ, from what is conserved to what is not
_BLOCK = 50  # runs
_LEAST = 1e-10  # of the largest singular value: less is no direction of its own


@dataclass(frozen=True, eq=False)
class Steadiest:
    """All λ of a log, and what they belong to.

    Attributes
    ----------
    values
        λ, ascending, shape (k,).
    vectors
        The quantities as coefficients of the terms, shape (terms, k).
    """

    values: Array
    vectors: Array

    @property
    def dimension(self) -> int:
        """How many are below the last hundredfold jump of λ; 0 where there is none."""
        return dimension(self.values)

    def conserved(self, weights: Array) -> Array:
        """Those below the jump at weights of shape (..., P): shape (..., dimension)."""
        return terms(weights) @ self.vectors[:, : self.dimension]


def dimension(values: Array) -> int:
    """How many λ lie below their last hundredfold jump.

    >>> dimension(np.array([1e-30, 1e-27, 1e-9, 2e-9, 1e-3, 2e-3, 0.1]))
    4
    >>> dimension(np.array([3e-3, 4e-3, 5e-3, 0.1]))
    0
    """
    known = np.maximum(values, ROUND_OFF)
    jumps = np.flatnonzero(known[1:] > JUMP * known[:-1])
    return int(jumps[-1]) + 1 if jumps.size else 0


def terms(weights: Array) -> Array:
    """All xᵢ and xᵢxⱼ, i ≤ j, of weights of shape (..., P): shape (..., P + P(P+1)/2).

    >>> terms(np.array([2.0, 3.0])).tolist()
    [2.0, 3.0, 4.0, 6.0, 9.0]
    """
    i, j = np.triu_indices(weights.shape[-1])
    return np.concatenate([weights, weights[..., i] * weights[..., j]], axis=-1)


def steadiest(runs: Trajectories) -> Steadiest:
    """Every λ of degree 2.

    Parameters
    ----------
    runs
        Without gaps, on one clock.

    Examples
    --------
    >>> from lawful.trajectories import make
    >>> t, phase = np.linspace(0, 6, 40), np.linspace(1, 3, 9)[:, None]
    >>> runs = make({"x": phase * np.cos(t), "v": phase * np.sin(t)}, t)
    >>> steadiest(runs).dimension  # x² + v², of x, v, x², xv, v²
    1
    """
    weights = np.stack([v.values for v in runs.data_vars.values()], axis=-1)
    mean, spread = _moments(weights)
    within = total = np.zeros((0, mean.size))
    for block in _blocks(weights):
        standard = (terms(block) - mean) / spread
        inside = standard - standard.mean(axis=1, keepdims=True)
        within, total = _folded(within, inside), _folded(total, standard)
    # Directions in which the log does not spread at all are relations of it, and no laws.
    _, size, turn = np.linalg.svd(total)
    keep = size > _LEAST * size[0]
    whiten = turn[keep].T / size[keep]
    _, seen, vectors = np.linalg.svd(within @ whiten)
    values = np.zeros(len(vectors))  # with fewer samples than terms, the rest never changes
    values[: seen.size] = seen**2
    coefficients = (whiten @ vectors.T) / spread[:, None]
    return Steadiest(values[::-1], coefficients[:, ::-1])


def _blocks(weights: Array) -> Iterator[Array]:
    for start in range(0, len(weights), _BLOCK):
        yield weights[start : start + _BLOCK]


def _moments(weights: Array) -> tuple[Array, Array]:
    """Mean and deviation of every term, 1 where it is a constant."""
    count = weights.shape[0] * weights.shape[1]
    mean = sum(terms(b).sum(axis=(0, 1)) for b in _blocks(weights)) / count
    square = sum(((terms(b) - mean) ** 2).sum(axis=(0, 1)) for b in _blocks(weights)) / count
    spread = np.sqrt(square)
    return mean, np.where(spread > 0, spread, 1.0)


def _folded(triangle: Array, rows: Array) -> Array:
    """The triangle of what is in it and more rows."""
    both = np.concatenate([triangle, rows.reshape(-1, rows.shape[-1])])
    return np.asarray(np.linalg.qr(both, mode="r"))
