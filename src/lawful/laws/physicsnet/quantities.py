"""What the heads say, sorted by how well it holds, and how many different things that is.

    W v = λ T v     on the training runs, λ again on the validation runs

The heads span a space of quantities; its steadiest directions are the laws. E and E² are two
directions and one law: a direction counts where its mean along a run is no smooth function of
those before it, from run to run.
"""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

Array = NDArray[np.float64]

HOLDS = 0.02  # λ on runs not trained on, up to which a quantity is called conserved
NEW = 0.9  # R² from the quantities before, up to which a quantity is a new one
_RIDGE = 1e-9
_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Rotation:
    """From the heads to quantities: (q − mean) @ directions.

    Attributes
    ----------
    mean, directions
        Shapes (k,) and (k, m); each quantity has unit variance over the training runs.
    within_total
        λ on the validation runs, shape (m,), ascending on the training runs.
    """

    mean: Array
    directions: Array
    within_total: Array

    def __call__(self, q: Array) -> Array:
        """Quantities (…, m) from heads (…, k)."""
        return np.asarray((q - self.mean) @ self.directions)


def rotation(train: Array, validation: Array) -> Rotation:
    """The directions in which the heads hold best.

    Parameters
    ----------
    train, validation
        The heads along runs, shape (run, time, k), NaN where nothing is known.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> law, noise = rng.normal(size=(40, 1, 1)), rng.normal(size=(40, 30, 1))
    >>> mixed = np.concatenate([law + noise, law - noise], axis=-1)
    >>> found = rotation(mixed[:30], mixed[30:])
    >>> bool(found.within_total[0] < 1e-6), bool(found.within_total[1] > 0.5)
    (True, True)
    """
    held = known(train)
    mean = train[held].mean(0)
    within, total = _scatter(train, mean)
    spread = np.sqrt(np.maximum(np.diag(total), 1e-300))
    unit = np.outer(spread, spread)
    floor = _RIDGE * np.eye(len(spread))
    _, turn = eigh(within / unit, total / unit + floor)
    directions = turn / spread[:, None]
    size = np.sqrt(np.maximum(np.einsum("ki,kl,li->i", directions, total, directions), 1e-300))
    directions = directions / size
    inside, whole = (np.diag(directions.T @ m @ directions) for m in _scatter(validation, mean))
    return Rotation(mean, directions, inside / np.maximum(whole, 1e-300))


def _scatter(q: Array, mean: Array) -> tuple[Array, Array]:
    """Covariances within runs and about `mean`, of samples that are known."""
    held = known(q)
    count = max(int(held.sum()), 1)
    filled = np.where(held[..., None], q, 0.0)
    length = np.maximum(held.sum(1), 1)[:, None]
    middle = filled.sum(1) / length
    inside = np.where(held[..., None], q - middle[:, None], 0.0)
    away = np.where(held[..., None], q - mean, 0.0)
    return (
        np.einsum("rti,rtj->ij", inside, inside) / count,
        np.einsum("rti,rtj->ij", away, away) / count,
    )


def known(q: Array) -> NDArray[np.bool_]:
    """Where all quantities have a value: shape (…) of q (…, k)."""
    return np.asarray(np.isfinite(q).all(axis=-1))


def run_means(q: Array) -> Array:
    """The mean of each quantity along each run, shape (run, m); runs without any left out."""
    held = known(q)
    some = held.any(axis=1)
    filled = np.where(held[..., None], q, 0.0)
    return np.asarray(filled.sum(1)[some] / held.sum(1)[some][:, None])


def independent(means: Array, most: float = NEW) -> list[int]:
    """Columns that are no smooth function of the columns before them.

    Parameters
    ----------
    means
        Shape (run, m), the surest first.
    most
        R² on runs held out, up to which a column is new.

    Examples
    --------
    >>> e, l = np.random.default_rng(0).normal(size=(2, 80))
    >>> independent(np.stack([e, e**2 + e, l, e * l], axis=1))
    [0, 2]
    """
    kept: list[int] = []
    for k in range(means.shape[1]):
        if not kept or explained(means[:, kept], means[:, k]) < most:
            kept.append(k)
    return kept


def explained(by: Array, asked: Array, degree: int = 3) -> float:
    """R², on samples held out in turn, of `asked` as a polynomial of `by`.

    Parameters
    ----------
    by, asked
        Shapes (sample, m) and (sample,).
    degree
        At most; lower where samples are few.
    """
    count = len(asked)
    basis = polynomials(by, degree)
    while degree > 1 and 2 * basis.shape[1] > count:
        degree -= 1
        basis = polynomials(by, degree)
    folds = np.arange(count) % _FOLDS
    wrong = np.zeros(count)
    for fold in range(_FOLDS):
        fit, out = folds != fold, folds == fold
        wrong[out] = asked[out] - basis[out] @ fitted(basis[fit], asked[fit])
    spread = float(np.var(asked))
    return 1.0 - float(np.mean(wrong**2)) / spread if spread > 0 else 0.0


def polynomials(columns: Array, degree: int) -> Array:
    """All monomials of standardised columns up to a degree, shape (sample, terms)."""
    spread = columns.std(0)
    unit = (columns - columns.mean(0)) / np.where(spread > 0, spread, 1.0)
    parts = [np.ones(len(unit))]
    for order in range(1, degree + 1):
        for chosen in combinations_with_replacement(range(unit.shape[1]), order):
            parts.append(np.prod(unit[:, list(chosen)], axis=1))
    return np.stack(parts, axis=1)


def fitted(basis: Array, asked: Array, ridge: float = 1e-8) -> Array:
    """Coefficients of least squares, with a little ridge."""
    gram = basis.T @ basis
    size = ridge * np.trace(gram) / len(gram)
    return np.asarray(np.linalg.solve(gram + size * np.eye(len(gram)), basis.T @ asked))
