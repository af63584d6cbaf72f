"""A wide first layer on data that all networks share: one matrix product for all of them.

    X (n, i) · [W₁ W₂ … W_E] (i, j·E)        gW = Xᵀ (i, n) · δ (n, j·E)

All networks see the same samples, so their first weights side by side are one matrix.
Behind the first layer the oracle goes on. A matrix product may add up in another order
where it has more columns: here, alone in its ensemble or not, a network agrees with
itself to round-off only.
"""

from typing import Any

from lawful.learning.architecture import Architecture
from lawful.learning.ensembles import reference

Array = Any


def products(a: Array, W: Array) -> Array:
    """Σᵢ a[n, i, e] W[i, j, e], shape (n, j, E); of shared data in one product."""
    if a.ndim == 3:
        return reference.products(a, W)
    return (a @ W.reshape(len(W), -1)).reshape(len(a), *W.shape[1:])


def outer(a: Array, d: Array) -> Array:
    """Σₙ a[n, i, e] d[n, j, e], shape (i, j, E); of shared data in one product."""
    if a.ndim == 3:
        return reference.outer(a, d)
    return (a.T @ d.reshape(len(d), -1)).reshape(a.shape[1], *d.shape[1:])


def loss_and_gradient(
    plan: Architecture, x: Array, X: Array, y: Array
) -> tuple[Array, Array, Array]:
    """As `reference.loss_and_gradient`, with the first layer in one product.

    Examples
    --------
    >>> import numpy as np
    >>> from lawful.learning import NeuralNetwork
    >>> net = NeuralNetwork([5, 3, 1], seed=1)
    >>> X, y, x = np.eye(5), np.ones((5, 1)), net.parameters[:, None]
    >>> g, oracle = (f(net.architecture, x, X, y)[1] for f in
    ...              (loss_and_gradient, reference.loss_and_gradient))
    >>> bool(np.allclose(g, oracle))
    True
    """
    return reference.loss_and_gradient(plan, x, X, y, products, outer)


def loss_and_answers(plan: Architecture, x: Array, X: Array, y: Array) -> tuple[Array, Array]:
    """Loss, shape (E,), and answers, shape (samples, outputs, E), as `loss_and_gradient`'s."""
    return reference.loss_and_answers(plan, x, X, y, products)
