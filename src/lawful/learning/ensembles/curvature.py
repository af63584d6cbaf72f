"""The sharpness of every network of an ensemble: the largest eigenvalue of its Hessian.

    R{z[n, j, e]} = Σᵢ R{a[n, i, e]} W[i, j, e] + Σᵢ a[n, i, e] V[i, j, e] + v[j, e]

and so on: Pearlmutter's operator of `lawful.learning.curvature`, exact, with one more
axis, the last, along which every network has a direction of its own. It stands upon the
oracle's forward pass. Up to `WHOLE` parameters the whole matrix is made and solved;
beyond, one Lanczos iteration runs for all networks side by side until each has settled.

Sources: B. A. Pearlmutter, Neural Computation 6, 147 (1994); C. Lanczos, J. Res. Natl.
Bur. Stand. 45, 255 (1950).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.architecture import Architecture
from lawful.learning.curvature import bent
from lawful.learning.ensembles import reference
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
_BACK = "nje,ije->nie"


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
    >>> found.shape, bool(abs(found[2] - exact) < 1e-12)
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
            U, g, _ = reference.loss_and_gradient(plan, part, X, y)
            kept = np.flatnonzero(np.isfinite(U) & np.isfinite(g).all(axis=0))
            if kept.size:
                found[start + kept] = _largest(plan, np.ascontiguousarray(part[:, kept]), X, y)
    return found


def _largest(plan: Architecture, x: Array, X: Array, y: Array) -> Array:
    """λ_max where all is finite, shape (E,)."""
    times = products_with(plan, x, X, y)
    if plan.size <= WHOLE:
        H = np.empty((x.shape[1], plan.size, plan.size))
        for i in range(plan.size):
            unit = np.zeros_like(x)
            unit[i] = 1.0
            H[:, i] = times(unit).T
        H += H.swapaxes(1, 2).copy()
        return _largest_of(0.5 * H)
    start = np.random.default_rng(0).standard_normal(plan.size)
    columns = np.repeat(start[:, None], x.shape[1], axis=1)
    alpha, beta = lanczos(times, columns, STEPS, settled=_settled)
    return _largest_of(tridiagonal(alpha, beta))


def _largest_of(H: Array) -> Array:
    """The largest eigenvalue of each matrix; NaN where a product left the finite."""
    finite = np.isfinite(H).all(axis=(1, 2))
    values = np.full(len(H), np.nan)
    values[finite] = np.linalg.eigvalsh(H[finite])[:, -1]
    return values


def products_with(plan: Architecture, x: Array, X: Array, y: Array) -> Callable[[Array], Array]:
    """H v of every network, each with its own v: (P, E) to (P, E).

    Parameters
    ----------
    plan, x, X, y
        As the oracle takes them.
    """
    layers = reference.layers_of(plan, x)
    z, a = reference.forward(plan, x, X)
    delta, da = _backward(plan, layers, z, a, y)
    whole = y.sum(axis=1)[:, None, None]

    def back(k: int, Rz: Array, Ra: Array, Rda: Array) -> Array:
        """R{δ} of layer k from R{∂U/∂a}."""
        name = plan.activations[k]
        straight = reference.pulled(name, z[k], a[k + 1], Rda)
        bend = bent(name, z[k], a[k + 1], da[k], Rz, Ra, axis=reference.NEURONS)
        return np.asarray(straight if bend is None else straight + bend)

    def times(v: Array) -> Array:
        V = reference.layers_of(plan, v)
        Rz, Ra = _ahead(plan, layers, V, z, a)
        scale = {"cross_entropy": whole}.get(plan.loss, 1.0) / len(y)
        Rdelta = Ra[-1] * scale
        if plan.loss == "squared":
            Rdelta = back(len(layers) - 1, Rz[-1], Ra[-1], Rdelta)
        product = np.empty_like(v)
        for k in reversed(range(len(layers))):
            into = reference.layers_of(plan, product)[k]
            into.W[...] = reference.outer(a[k], Rdelta)
            into.b[...] = Rdelta.sum(axis=0)
            if k:
                into.W[...] += reference.outer(Ra[k - 1], delta[k])
                Rda = np.einsum(_BACK, Rdelta, layers[k].W) + np.einsum(_BACK, delta[k], V[k].W)
                Rdelta = back(k - 1, Rz[k - 1], Ra[k - 1], Rda)
        return product

    return times


def _backward(
    plan: Architecture, layers: list[reference.Layer], z: list[Array], a: list[Array], y: Array
) -> tuple[list[Array], list[Array]]:
    """∂U/∂z and ∂U/∂a of every layer, which all products need."""
    delta = [reference.loss_of(plan, z[-1], a[-1], y[:, :, None])[1]]
    da = [(a[-1] - y[:, :, None]) / len(y)]
    for k in range(len(layers) - 1, 0, -1):
        da.insert(0, np.einsum(_BACK, delta[0], layers[k].W))
        delta.insert(0, reference.pulled(plan.activations[k - 1], z[k - 1], a[k], da[0]))
    return delta, da


def _ahead(
    plan: Architecture,
    layers: list[reference.Layer],
    V: list[reference.Layer],
    z: list[Array],
    a: list[Array],
) -> tuple[list[Array], list[Array]]:
    """R{z} and R{a} of every layer, shape (samples, neurons, E)."""
    Rz: list[Array] = []
    Ra: list[Array] = []
    for k, name in enumerate(plan.activations):
        sums = reference.products(a[k], V[k].W) + V[k].b
        if k:
            sums = sums + reference.products(Ra[-1], layers[k].W)
        Rz.append(sums)
        # The Jacobian of every activation is symmetric, so back is also forth.
        Ra.append(reference.pulled(name, z[k], a[k + 1], sums))
    return Rz, Ra


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
