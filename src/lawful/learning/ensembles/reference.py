"""The oracle: an ensemble's forward pass beside its backward pass, written to be read.

    z[n, j, e] = Σᵢ a[n, i, e] W[i, j, e] + b[j, e]        aᵏ = fᵏ(zᵏ)
    gW[i, j, e] = Σₙ a[n, i, e] δ[n, j, e]                 gb[j, e] = Σₙ δ[n, j, e]
    δᵏ⁻¹ = fᵏ⁻¹′ · Σⱼ δ[n, j, e] W[i, j, e]

n counts samples, i and j neurons, e networks: `lawful.learning.network` with one more
axis, the last. Every faster path is checked against this one. It is written against
functions that NumPy and PyTorch share, so that arrays on a GPU go the same way; a sum
over neurons or samples goes in a fixed order, so that a network's bits do not depend on
its neighbours.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from lawful.learning.activations import SLOPE_BELOW_ZERO
from lawful.learning.architecture import Architecture

Array = Any  # NumPy's or PyTorch's
Product = Callable[[Array, Array], Array]
NEURONS = 1  # the axis of neurons in (samples, neurons, networks)


def functions_of(array: Array) -> Any:
    """The module whose functions take this array: numpy or torch.

    >>> functions_of(np.zeros(2)).__name__
    'numpy'
    """
    return sys.modules[type(array).__module__.partition(".")[0]]


class Layer(NamedTuple):
    """One layer's weights (from, to, E), biases (to, E), and its function's name."""

    W: Array
    b: Array
    function: str


def layers_of(plan: Architecture, x: Array) -> list[Layer]:
    """The layers as views of x, shape (P, E).

    >>> from lawful.learning import NeuralNetwork
    >>> [l.W.shape for l in layers_of(NeuralNetwork([2, 3, 1]).architecture, np.zeros((13, 5)))]
    [(2, 3, 5), (3, 1, 5)]
    """
    made, start = [], 0
    for n, m, name in zip(plan.layers, plan.layers[1:], plan.activations, strict=False):
        W = x[start : start + n * m].reshape(n, m, -1)
        made.append(Layer(W, x[start + n * m : start + (n + 1) * m], name))
        start += (n + 1) * m
    return made


# ---------------------------------------------------------------------- activations


def active(name: str, z: Array) -> Array:
    """f(z) of shape (samples, neurons, E); softmax goes along the neurons."""
    xp = functions_of(z)
    if name == "sigmoid":
        return 0.5 * xp.tanh(0.5 * z) + 0.5
    if name == "tanh":
        return xp.tanh(z)
    if name == "relu":
        return xp.where(z <= 0, xp.zeros_like(z), z)
    if name == "leaky_relu":
        return xp.where(z > 0, z, SLOPE_BELOW_ZERO * z)
    if name == "gelu":
        return z * _normal(z)
    if name == "softmax":
        shares = xp.exp(z - _largest(z))
        return shares / _total(shares)
    return z


def pulled(name: str, z: Array, a: Array, da: Array) -> Array:
    """∂U/∂z from ∂U/∂a."""
    xp = functions_of(z)
    if name == "sigmoid":
        return da * (a * (1.0 - a))
    if name == "tanh":
        return da * (1.0 - a * a)
    if name == "relu":
        return xp.where(z > 0, da, 0.0 * da)
    if name == "leaky_relu":
        return xp.where(z > 0, da, SLOPE_BELOW_ZERO * da)
    if name == "gelu":
        density = xp.exp(-0.5 * z * z) / (2.0 * np.pi) ** 0.5
        return da * (_normal(z) + z * density)
    if name == "softmax":
        return a * (da - _total(a * da))
    return da


def _normal(z: Array) -> Array:
    """Φ(z), the normal distribution."""
    xp = functions_of(z)
    if xp is np:
        from scipy.special import ndtr

        return np.asarray(ndtr(z))
    return xp.special.ndtr(z)


def _largest(z: Array) -> Array:
    return functions_of(z).amax(z, NEURONS)[:, None]


def _total(z: Array) -> Array:
    return functions_of(z).sum(z, NEURONS)[:, None]


# ---------------------------------------------------------------------- losses


def loss_of(plan: Architecture, z: Array, a: Array, y: Array) -> tuple[Array, Array]:
    """U, shape (E,), and ∂U/∂z, shape (samples, outputs, E), of the last layer; y (n, k, 1)."""
    xp, n = functions_of(z), len(z)
    if plan.loss == "squared":
        r = a - y
        value = xp.sum(xp.sum(r * r, 1), 0) * (0.5 / n)
        return value, pulled(plan.activations[-1], z, a, r * (1.0 / n))
    if plan.loss == "binary_cross_entropy":
        spread = xp.where(z > 0, z, xp.zeros_like(z)) + xp.log1p(xp.exp(-xp.abs(z)))
        return xp.sum(xp.sum(spread - y * z, 1), 0) / n, (a - y) * (1.0 / n)
    below = z - _largest(z)
    whole = _total(y)
    spread = xp.log(_total(xp.exp(below)))
    value = xp.sum((whole * spread)[:, 0] - xp.sum(y * below, 1), 0) / n
    return value, (whole * a - y) * (1.0 / n)


# ---------------------------------------------------------------------- forward, backward


def products(a: Array, W: Array) -> Array:
    """Σᵢ a[n, i, e] W[i, j, e], shape (n, j, E); the data, (n, i), are the same for all e."""
    return functions_of(a).einsum("ni,ije->nje" if a.ndim == 2 else "nie,ije->nje", a, W)


def outer(a: Array, d: Array) -> Array:
    """Σₙ a[n, i, e] d[n, j, e], shape (i, j, E)."""
    return functions_of(a).einsum("ni,nje->ije" if a.ndim == 2 else "nie,nje->ije", a, d)


def forward(
    plan: Architecture, x: Array, X: Array, products: Product = products
) -> tuple[list[Array], list[Array]]:
    """Sums z and activations a, the data first, of all networks."""
    sums: list[Array] = []
    a: list[Array] = [X]
    for layer in layers_of(plan, x):
        sums.append(products(a[-1], layer.W) + layer.b)
        a.append(active(layer.function, sums[-1]))
    return sums, a


def loss_and_gradient(
    plan: Architecture,
    x: Array,
    X: Array,
    y: Array,
    products: Product = products,
    outer: Product = outer,
) -> tuple[Array, Array, Array]:
    """Loss, gradient and answers of every network on the same samples.

    Parameters
    ----------
    plan
        The architecture.
    x
        Positions, shape (P, E), NumPy's or PyTorch's.
    X, y
        Inputs (samples, inputs) and targets (samples, outputs), of the same kind.
    products, outer
        How sums over neurons and over samples are made, where there is a faster way.

    Returns
    -------
    U, g, answers
        Shapes (E,), (P, E) and (samples, outputs, E).

    Examples
    --------
    >>> from lawful.learning import NeuralNetwork
    >>> net = NeuralNetwork([2, 3, 1], seed=1)
    >>> X, y = np.eye(2), np.ones((2, 1))
    >>> U, g, _ = loss_and_gradient(net.architecture, net.parameters[:, None], X, y)
    >>> bool(np.allclose(g[:, 0], net.gradient(X, y))), bool(np.isclose(U[0], net.loss(X, y)))
    (True, True)
    """
    layers = layers_of(plan, x)
    z, a = forward(plan, x, X, products)
    value, delta = loss_of(plan, z[-1], a[-1], y[:, :, None])
    slopes: list[Array] = []
    for k in reversed(range(len(layers))):
        gb = functions_of(delta).sum(delta, 0)
        gW = outer(a[k], delta)
        slopes = [gW.reshape(-1, *gW.shape[2:]), gb, *slopes]
        if k:
            back = functions_of(delta).einsum("nje,ije->nie", delta, layers[k].W)
            delta = pulled(layers[k - 1].function, z[k - 1], a[k], back)
    return value, functions_of(x).concatenate(slopes), a[-1]


def loss_and_answers(
    plan: Architecture, x: Array, X: Array, y: Array, products: Product = products
) -> tuple[Array, Array]:
    """Loss, shape (E,), and answers, shape (samples, outputs, E), as `loss_and_gradient`'s."""
    z, a = forward(plan, x, X, products)
    return loss_of(plan, z[-1], a[-1], y[:, :, None])[0], a[-1]


def accuracy_of(plan: Architecture, answers: Array, y: Array) -> Array:
    """The share of right answers, shape (E,), as `NeuralNetwork.accuracy_of` judges them."""
    xp = functions_of(answers)
    if plan.activations[-1] == "linear":
        return xp.sum(xp.sum(answers, 1), 0) * float("nan")
    if y.shape[1] == 1:
        right = (answers[:, 0] > 0.5) == (y > 0.5)
    elif plan.activations[-1] == "softmax" or bool((xp.sum(y, 1) == 1).all()):
        right = xp.argmax(answers, 1) == xp.argmax(y, 1)[:, None]
    else:
        right = ((answers > 0.5) == (y[:, :, None] > 0.5)).all(1)
    return xp.sum(right * 1.0, 0) / len(y)


def moved(
    x: Array, v: Array, g: Array, rates: Array, momentum: Array, push: Array | None = None
) -> tuple[Array, Array]:
    """A heavy ball's step: v' = μv − ηg + push, x' = x + v'; rates of shape (P, E)."""
    v = momentum * v - rates * g
    if push is not None:
        v = v + push
    return x + v, v


def flowed(
    plan: Architecture,
    x: Array,
    X: Array,
    y: Array,
    rates: Array,
    gradient: Callable[..., Any] | None = None,
    first: Array | None = None,
) -> Array:
    """A step of Runge and Kutta's along dx/dt = −g, of the time η; `first` is g at x."""
    slope = gradient or loss_and_gradient
    first = slope(plan, x, X, y)[1] if first is None else first
    second = slope(plan, x - 0.5 * rates * first, X, y)[1]
    third = slope(plan, x - 0.5 * rates * second, X, y)[1]
    fourth = slope(plan, x - rates * third, X, y)[1]
    return x - rates * ((first + 2.0 * second + 2.0 * third + fourth) / 6.0)


def by_parameter(plan: Architecture, by_layer: Sequence[Any] | Array) -> Array:
    """What is given by layer of weights, shape (K, E), by parameter: shape (P, E)."""
    sizes = [(n + 1) * m for n, m in zip(plan.layers, plan.layers[1:], strict=False)]
    rows = np.repeat(np.arange(len(sizes)), sizes)
    return by_layer[rows]  # type: ignore[call-overload]
