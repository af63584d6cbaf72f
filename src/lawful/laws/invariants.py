"""Two generalized eigenproblems: what hardly changes along a run, and what only noise changes.

    W v = λ T v:  small λ is nearly constant within runs, yet differs between them;
    C v = ρ N v:  ρ ≈ 1 says that all change along a run is measurement noise,

with C as W, of means over blocks short against the motion (`scatter`).

The second is the errors-in-variables (total least squares) estimate of a null
vector of C − N, unbiased by noise; see Van Huffel and Vandewalle (1991). N gets
a floor, the square of the relative precision of simulated numbers, so that the
same test serves noiseless data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lawful.laws.features import Array

PRECISION = 1e-6  # relative amplitude below which change counts as round-off
UNREACHED = 1e-13  # eigenvalue of a normalising matrix, relative, that is round-off
IDENTITY = 1e-11  # relative variance below which a combination is an identity


@dataclass(frozen=True)
class Pencil:
    """The three matrices on some terms, in standardised units, N with its floor."""

    within: Array
    total: Array
    noise: Array
    coarse: Array

    @classmethod
    def of(cls, matrices: tuple[Array, Array, Array, Array]) -> "Pencil":
        """From W, T, N, C: the floor is added here and nowhere else."""
        within, total, noise, coarse = matrices
        return cls(within, total, noise + PRECISION**2 * np.eye(len(noise)), coarse)

    def restricted(self, keep: Sequence[int]) -> "Pencil":
        """Only the terms whose indices are in `keep`."""
        block = np.ix_(keep, keep)
        return Pencil(self.within[block], self.total[block], self.noise[block], self.coarse[block])

    def noise_ratio(self, v: Array) -> float:
        """ρ of the combination v: change within runs over what noise makes."""
        return float(v @ self.within @ v / (v @ self.noise @ v))

    def coarse_ratio(self, v: Array) -> float:
        """ρ of the means over blocks of the combination v: sees slow change m times better."""
        return float(v @ self.coarse @ v / (v @ self.noise @ v))

    def within_total(self, v: Array) -> float:
        """λ of the combination v: variance within runs over total variance."""
        return float(v @ self.within @ v) / max(float(v @ self.total @ v), 1e-300)

    def quietest(self) -> tuple[Array, Array]:
        """All eigenvalues ρ of the blocks, ascending, with their vectors in columns."""
        return _solved(self.coarse, self.noise)

    def steadiest(self) -> tuple[Array, Array]:
        """All eigenvalues λ, ascending, with their vectors in columns."""
        return _solved(self.within, self.total)


def _solved(a: Array, b: Array) -> tuple[Array, Array]:
    """Eigenvalues and unit vectors of a v = μ b v, in the range of b.

    >>> _solved(np.diag([2.0, 1.0]), np.eye(2))[0].round(9).tolist()
    [1.0, 2.0]
    """
    spread = np.sqrt(np.maximum(np.diag(b), 1e-300))
    a, b = a / np.outer(spread, spread), b / np.outer(spread, spread)
    size, frame = np.linalg.eigh((b + b.T) / 2)
    # What b does not reach is an identity among these samples, no solution.
    root = (frame / np.sqrt(np.maximum(size, 1e-300)))[:, size > UNREACHED * size[-1]]
    values, turn = np.linalg.eigh(root.T @ ((a + a.T) / 2) @ root)
    vectors = (root @ turn) / spread[:, None]
    return values, vectors / np.linalg.norm(vectors, axis=0)


def independent_terms(total: Array, tolerance: float = IDENTITY) -> list[int]:
    """Indices of terms that no earlier terms make up, in the order given.

    A Cholesky factorisation of T that skips a term whose variance the terms
    before it explain: those are the identities (cos² + sin² = 1, a duplicated
    column, a unit vector) and the constants.

    >>> x = np.array([1.0, 2.0, 4.0, 3.0]); rows = np.stack([x, 2 * x, x**2])
    >>> independent_terms(np.cov(rows))
    [0, 2]
    """
    left = total.astype(float).copy()
    start = np.maximum(np.diag(left).copy(), 1e-300)
    kept: list[int] = []
    for k in range(len(total)):
        if left[k, k] <= tolerance * start[k]:
            continue
        kept.append(k)
        column = left[k:, k] / np.sqrt(left[k, k])
        left[k:, k:] -= np.outer(column, column)
    return kept


def identity(total: Array, made_up: int, kept: Sequence[int]) -> Array:
    """The combination without variance that says how term `made_up` follows from `kept`."""
    full = np.zeros(len(total))
    full[list(kept)] = np.linalg.lstsq(
        total[np.ix_(kept, kept)], total[list(kept), made_up], rcond=1e-12
    )[0]
    full[made_up] = -1.0
    return full


def null_space(pencil: Pencil, ratio: float, steady: float) -> Array:
    """An orthonormal basis of the combinations with ρ ≤ `ratio` and λ ≤ `steady`.

    Shape (terms, dimensions); zero dimensions where there is no such combination.
    """
    rho, vectors = pencil.quietest()
    return _steady_part(pencil, vectors[:, rho <= ratio], steady)


def _steady_part(pencil: Pencil, vectors: Array, steady: float) -> Array:
    if vectors.shape[1] == 0:
        return vectors
    basis, _ = np.linalg.qr(vectors)
    within, total = basis.T @ pencil.within @ basis, basis.T @ pencil.total @ basis
    values, turn = _solved(within, total)
    found, _ = np.linalg.qr(basis @ turn[:, values <= steady])
    return found


def steady_space(pencil: Pencil, steady: float, gap: float) -> tuple[Array, float, float]:
    """A basis of the combinations with λ ≤ `steady` below a gap, and λ below and above it.

    The next λ must be `gap` times larger, or steadiness is a matter of degree
    and none of it a law (a random walk, a slow system).
    """
    values, vectors = pencil.steadiest()
    values = np.maximum(values, 1e-15)
    apart = np.append(values[1:] >= gap * values[:-1], False)
    ends = np.flatnonzero(apart & (values <= steady))
    count = int(ends[-1]) + 1 if ends.size else 0
    basis, _ = np.linalg.qr(vectors[:, :count])
    below, above = values[count - 1 : count + 1] if count else (0.0, 0.0)
    return basis, float(below), float(above)
