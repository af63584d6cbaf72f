"""Wide networks: a matrix product for each of them, by BLAS.

    aᵏ (E, n, j) = fᵏ(aᵏ⁻¹ (E, n, i) · Wᵏ (E, i, j) + bᵏ)

Where one network's product fills the machine by itself, BLAS knows best how. Here alone
the ensemble's axis comes first, so that each network's matrices lie in one piece; x of
shape (P, E) in Fortran's order is just that, and nothing is copied. The functions are
those of `lawful.learning.activations`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.activations import activation
from lawful.learning.architecture import Architecture

Array = NDArray[Any]


def loss_and_gradient(
    plan: Architecture, x: Array, X: Array, y: Array
) -> tuple[Array, Array, Array]:
    """As `reference.loss_and_gradient`: shapes (E,), (P, E) and (samples, outputs, E).

    Examples
    --------
    >>> from lawful.learning import NeuralNetwork
    >>> net = NeuralNetwork([2, 40, 3], seed=1)
    >>> X, y, x = np.eye(2), np.eye(3)[:2], net.parameters[:, None]
    >>> U, g, _ = loss_and_gradient(net.architecture, x, X, y)
    >>> bool(np.allclose(g[:, 0], net.gradient(X, y)))
    True
    """
    lying = np.ascontiguousarray(x.T)
    weights, _ = _views(plan, lying)
    gradient = np.empty_like(lying)
    weight_slopes, bias_slopes = _views(plan, gradient)
    f = [activation(name) for name in plan.activations]
    z, a = _forward(plan, lying, X)
    value, delta = _loss(plan, z[-1], a[-1], y)
    for k in reversed(range(len(weights))):
        np.matmul(a[k].swapaxes(-1, -2), delta, out=weight_slopes[k])
        np.sum(delta, axis=1, out=bias_slopes[k])
        if k:
            back = np.matmul(delta, weights[k].swapaxes(1, 2))
            delta = f[k - 1].pull(z[k - 1], a[k], back)
    return value, gradient.T, np.moveaxis(a[-1], 0, -1)


def loss_and_answers(plan: Architecture, x: Array, X: Array, y: Array) -> tuple[Array, Array]:
    """Loss, shape (E,), and answers, shape (samples, outputs, E), as `loss_and_gradient`'s."""
    z, a = _forward(plan, np.ascontiguousarray(x.T), X)
    return _loss(plan, z[-1], a[-1], y)[0], np.moveaxis(a[-1], 0, -1)


def _forward(plan: Architecture, lying: Array, X: Array) -> tuple[list[Array], list[Array]]:
    """Sums z and activations a, the data first, of shape (E, samples, neurons)."""
    z: list[Array] = []
    a: list[Array] = [X]
    for W, b, name in zip(*_views(plan, lying), plan.activations, strict=True):
        sums = np.matmul(a[-1], W)
        sums += b[:, None]
        z.append(sums)
        a.append(activation(name).value(sums))
    return z, a


def _views(plan: Architecture, lying: Array) -> tuple[list[Array], list[Array]]:
    """Weights (E, from, to) and biases (E, to), as views of (E, P)."""
    weights, biases, start = [], [], 0
    for n, m in zip(plan.layers, plan.layers[1:], strict=False):
        weights.append(lying[:, start : start + n * m].reshape(-1, n, m))
        biases.append(lying[:, start + n * m : start + (n + 1) * m])
        start += (n + 1) * m
    return weights, biases


def _loss(plan: Architecture, z: Array, a: Array, y: Array) -> tuple[Array, Array]:
    """U, shape (E,), and ∂U/∂z, shape (E, samples, outputs)."""
    n = len(y)
    if plan.loss == "squared":
        r = a - y
        value = np.sum(r * r, axis=(1, 2)) * (0.5 / n)
        return value, activation(plan.activations[-1]).pull(z, a, r * (1.0 / n))
    if plan.loss == "binary_cross_entropy":
        return np.sum(np.logaddexp(0.0, z) - y * z, axis=(1, 2)) / n, (a - y) * (1.0 / n)
    below = z - z.max(axis=2, keepdims=True)
    whole = y.sum(axis=1, keepdims=True)
    spread = np.log(np.exp(below).sum(axis=2, keepdims=True))
    value = (np.sum(whole * spread, axis=(1, 2)) - np.sum(y * below, axis=(1, 2))) / n
    return value, (whole * a - y) * (1.0 / n)
