"""The sharpness of every network of an ensemble: the largest eigenvalue of its Hessian.

    H v ≈ (g(x + h v) − g(x − h v)) / 2h,   h = ε^(1/3) (1 + |x|)

The gradients are the oracle's, of all networks at once, each along a direction of its
own. Up to `WHOLE` parameters the whole matrix is made of them and solved; beyond, one
Lanczos iteration runs for all networks side by side until each has settled. The
difference costs some ten digits of sixteen; at a kink of ReLU between the two points
it sees the mean of both sides. For one network `lawful.learning.curvature` is exact.

Source: C. Lanczos, J. Res. Natl. Bur. Stand. 45, 255 (1950).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.architecture import Architecture
from lawful.learning.ensembles.reference import loss_and_gradient
from lawful.learning.samples import Samples
from lawful.learning.spectrum import lanczos, tridiagonal
from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.learning.ensembles.population import Population

Array = NDArray[np.float64]

WHOLE = 40
"""Parameters up to which the whole matrix is made."""

STEPS = 120
"""Lanczos' steps at most; the value then is a lower bound, mostly a close one."""

TOLERANCE = 1e-7
"""Relative, of a settled eigenvalue."""

_CELLS = 1_000_000  # activations held at once


def sharpness(population: "Population", x: ArrayLike, samples: Samples) -> Array:
    """λ_max of the loss at x for every network, shape (E,).

    Parameters
    ----------
    population
        Of E networks.
    x
        Where they are, shape (P, E).
    samples
        What they learn, all of it.

    Returns
    -------
    Shape (E,), float64 whatever the precision of `x`; NaN where x or the loss is not finite.

    Raises
    ------
    Refusal
        For positions of another shape.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> from lawful.learning.curvature import Hessian
    >>> from lawful.learning.ensembles.population import Population
    >>> population = Population.of([2, 3, 1], seeds=np.arange(4))
    >>> found = sharpness(population, population.positions(), datasets.xor())
    >>> exact = Hessian(population.network(2), *datasets.xor()).sharpness
    >>> found.shape, bool(abs(found[2] - exact) < 1e-7)
    ((4,), True)
    """
    plan = population.architecture
    x = np.asarray(x, dtype=np.float64)
    if x.shape != (plan.size, population.size):
        raise Refusal(f"positions of shape {x.shape}", f"({plan.size}, {population.size})")
    X, y = np.asarray(samples.X, dtype=np.float64), np.asarray(samples.y, dtype=np.float64)
    block = max(1, _CELLS // (len(X) * max(plan.layers)))
    found = np.full(x.shape[1], np.nan)
    with np.errstate(all="ignore"):
        for start in range(0, x.shape[1], block):
            part = x[:, start : start + block]
            U, g, _ = loss_and_gradient(plan, part, X, y)
            kept = np.flatnonzero(np.isfinite(U) & np.isfinite(g).all(axis=0))
            if kept.size:
                found[start + kept] = _largest(plan, np.ascontiguousarray(part[:, kept]), X, y)
    return found


def _largest(plan: Architecture, x: Array, X: Array, y: Array) -> Array:
    """λ_max where all is finite, shape (E,)."""
    times = _product(plan, x, X, y)
    if plan.size <= WHOLE:
        H = np.empty((x.shape[1], plan.size, plan.size))
        for i in range(plan.size):
            unit = np.zeros_like(x)
            unit[i] = 1.0
            H[:, i] = times(unit).T
        H += H.swapaxes(1, 2)
        return _largest_of(0.5 * H)
    start = np.random.default_rng(0).standard_normal(plan.size)
    columns = np.repeat(start[:, None], x.shape[1], axis=1)
    alpha, beta = lanczos(times, columns, STEPS, settled=_settled)
    return _largest_of(tridiagonal(alpha, beta))


def _largest_of(H: Array) -> Array:
    """The largest eigenvalue of each matrix; NaN where a difference left the finite."""
    finite = np.isfinite(H).all(axis=(1, 2))
    values = np.full(len(H), np.nan)
    values[finite] = np.linalg.eigvalsh(H[finite])[:, -1]
    return values


def _product(plan: Architecture, x: Array, X: Array, y: Array) -> Callable[[Array], Array]:
    """H v of every network, each with its own v: (P, E) to (P, E)."""
    step = np.cbrt(np.finfo(np.float64).eps) * (1.0 + np.linalg.norm(x, axis=0))

    def times(v: Array) -> Array:
        ahead = loss_and_gradient(plan, x + step * v, X, y)[1]
        behind = loss_and_gradient(plan, x - step * v, X, y)[1]
        return np.asarray((ahead - behind) / (2.0 * step))

    return times


def _settled(alpha: Array, beta: Array) -> bool:
    """Whether the largest eigenvalue of every iteration is known well enough."""
    if len(alpha) % 4:
        return False
    T = tridiagonal(alpha, beta[:-1])
    finite = np.isfinite(T).all(axis=(1, 2))
    values, vectors = np.linalg.eigh(T[finite])
    residual = np.abs(beta[-1][finite] * vectors[:, -1, -1])
    # An eigenvalue's error goes with the square of its residual.
    return bool((residual <= TOLERANCE**0.5 * np.abs(values[:, -1])).all())
