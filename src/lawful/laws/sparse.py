"""The sparsest basis of a null space, and the fewest terms that carry a law.

    min_a ‖U a‖_{0+}  subject to  (U a)_j = 1,   for every term j at once,

by iteratively reweighted least squares with a falling threshold (Chartrand and
Yin 2008); then terms are struck out one by one while the data do not object.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import Array
from lawful.laws.invariants import Pencil

ROUNDS = 40
MOST_TERMS_OF_A_LAW = 40
MOST_GROWN = 9
TRIED = 80
WEIGHT = 0.05  # an anchor below this share of the largest coefficient has been let go


def sparse_vectors(basis: Array, anchors: NDArray[np.intp], blur: float = 1e-4) -> Array:
    """For each anchor j, the sparsest vector of span(basis) whose j-th entry is 1.

    Parameters
    ----------
    basis
        Orthonormal columns, shape (terms, dimensions).
    anchors
        The terms j.
    blur
        How exactly zeros can be met: noise leaves none exact.

    Returns
    -------
    Shape (anchors, terms), rows of unit length.

    Examples
    --------
    >>> mixed = np.linalg.qr(np.array([[1.0, 1], [1, -1], [0, 0], [2, -2], [0, 1]]))[0]
    >>> found = np.abs(sparse_vectors(mixed, np.arange(5)[[0, 1]])) > 1e-6
    >>> found.sum(axis=1).tolist()
    [2, 3]
    """
    if basis.shape[1] == 1:
        return np.repeat(basis.T, anchors.size, axis=0)
    targets = basis[anchors] / np.linalg.norm(basis[anchors], axis=1, keepdims=True)
    found = targets @ basis.T
    eye = 1e-12 * np.eye(basis.shape[1])
    for threshold in np.geomspace(1.0, blur, ROUNDS):
        size = np.abs(found)
        weight = 1.0 / (size**2 + (threshold * size.max(axis=1, keepdims=True)) ** 2)
        weight /= weight.max(axis=1, keepdims=True)
        gram = np.stack([(basis * w[:, None]).T @ basis for w in weight])
        inverse = np.linalg.solve(gram + eye, targets[..., None])[..., 0]
        found = inverse @ basis.T
        found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found


def refit(pencil: Pencil, support: list[int], *, steady: bool = False) -> tuple[float, Array]:
    """The best combination of the terms in `support`: its ρ (or λ) and its full vector."""
    small = pencil.restricted(support)
    values, vectors = small.steadiest() if steady else small.quietest()
    full = np.zeros(len(pencil.within))
    full[support] = vectors[:, 0]
    return float(values[0]), full


@dataclass(frozen=True)
class Bar:
    """The largest objective admitted: of ρ, or where `steady`, of λ."""

    highest: float
    steady: bool = False


def fewest_terms(pencil: Pencil, vector: Array, anchor: int, bar: Bar) -> Array | None:
    """Strike out terms of `vector` while the objective stays under the bar.

    The term `anchor` stays and keeps weight, or every start would end in the one
    simplest law. Small terms go first, together where that is harmless, then one
    at a time. None where no `MOST_TERMS_OF_A_LAW` terms will do.
    """
    full = _largest_terms(pencil, vector, anchor, bar)
    return None if full is None else pruned(pencil, full, anchor, bar)


def pruned(pencil: Pencil, full: Array, anchor: int, bar: Bar) -> Array:
    """`full` without the terms that can go one at a time, the smallest first."""
    while (fewer := _one_fewer(pencil, full, anchor, bar)) is not None:
        full = fewer
    return full


def grown(
    pencil: Pencil, row: Array, anchor: int, bar: Bar, most: int = MOST_GROWN
) -> Array | None:
    """From the anchor alone, add what lowers the objective most until it passes the bar.

    The terms tried are the `TRIED` largest of `row`. Forward selection, for laws
    of few terms that noise has blurred in the null space; None where `most` terms
    do not suffice.
    """
    normal = pencil.total if bar.steady else pencil.noise
    change = pencil.within if bar.steady else pencil.coarse
    support = [anchor]
    likely = np.argsort(-np.abs(row), kind="stable")[:TRIED]
    while len(support) < min(most, likely.size):
        others = np.setdiff1d(likely, support)
        sets = np.column_stack([np.repeat([support], others.size, axis=0), others])
        rows, columns = sets[:, :, None], sets[:, None, :]
        values = _lowest(change[rows, columns], normal[rows, columns])
        support.append(int(others[np.argmin(values)]))
        value, vector = refit(pencil, support, steady=bar.steady)
        if _passes(value, vector, anchor, bar):
            return vector
    return None


def _lowest(a: Array, b: Array) -> Array:
    """Smallest μ of a v = μ b v, for stacks of small matrices of shape (…, k, k)."""
    spread = np.sqrt(np.diagonal(b, axis1=1, axis2=2))
    scale = spread[:, :, None] * spread[:, None, :]
    root = np.linalg.inv(np.linalg.cholesky(b / scale + 1e-10 * np.eye(b.shape[1])))
    return np.asarray(np.linalg.eigvalsh(root @ (a / scale) @ np.swapaxes(root, 1, 2))[:, 0])


def _passes(value: float, vector: Array, anchor: int, bar: Bar) -> bool:
    return value <= bar.highest and bool(abs(vector[anchor]) >= WEIGHT * np.abs(vector).max())


def _largest_terms(pencil: Pencil, vector: Array, anchor: int, bar: Bar) -> Array | None:
    """The fewest of the largest terms that pass the bar, tried in growing numbers."""
    ranked = sorted(range(len(vector)), key=lambda k: (k != anchor, -abs(vector[k])))
    size = 1
    while size <= min(len(ranked), MOST_TERMS_OF_A_LAW):
        value, trial = refit(pencil, ranked[:size], steady=bar.steady)
        if _passes(value, trial, anchor, bar):
            return trial
        size = max(size + 1, int(size * 1.3))
    return None


def _one_fewer(pencil: Pencil, full: Array, anchor: int, bar: Bar) -> Array | None:
    """`full` without its least needed term, or None where all are needed."""
    support = [int(k) for k in np.flatnonzero(full)]
    for k in sorted(support, key=lambda k: abs(full[k])):
        if k == anchor or len(support) == 1:
            continue
        value, trial = refit(pencil, [s for s in support if s != k], steady=bar.steady)
        if _passes(value, trial, anchor, bar):
            return trial
    return None
