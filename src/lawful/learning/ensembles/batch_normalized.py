"""Batch-normalised networks side by side: the oracle, with hidden sums measured by their spread.

    z = a W,   s = (z − ⟨z⟩)/σ,   aʹ = f(s + b)
    ∂U/∂z = (∂U/∂s − ⟨∂U/∂s⟩ − s ⟨s ∂U/∂s⟩)/σ

⟨·⟩ and σ are the mean and the deviation over all samples, one network at a time; the last
layer is as it was. As in `reference`, networks are the last axis, and NumPy's arrays and
PyTorch's go the same way. A network with a sum that is the same for all samples has no
spread to measure it by, and numbers that are none. Source: S. Ioffe and C. Szegedy,
arXiv:1502.03167.
"""

from typing import NamedTuple

from lawful.learning.architecture import Architecture
from lawful.learning.ensembles import reference
from lawful.learning.ensembles.reference import Array, functions_of


class Pass(NamedTuple):
    """What a layer made on the way forward, shapes (samples, neurons, E); σ is (neurons, E)."""

    a: Array
    z: Array
    s: Array
    spread: Array | None
    asked: Array
    out: Array


def forward(plan: Architecture, x: Array, X: Array) -> list[Pass]:
    """Layer by layer; the last one is not normalised."""
    layers, a = reference.layers_of(plan, x), X
    made: list[Pass] = []
    for k, layer in enumerate(layers):
        z = reference.products(a, layer.W)
        s, spread = _normalised(z) if k < len(layers) - 1 else (z, None)
        asked = s + layer.b
        made.append(Pass(a, z, s, spread, asked, reference.active(layer.function, asked)))
        a = made[-1].out
    return made


def _normalised(z: Array) -> tuple[Array, Array]:
    """(z − ⟨z⟩)/σ and σ."""
    centred = z - _mean(z)
    spread = functions_of(z).sqrt(_mean(centred * centred))
    return centred / spread, spread


def _mean(a: Array) -> Array:
    """Over samples."""
    return functions_of(a).sum(a, 0) / len(a)


def loss_and_answers(plan: Architecture, x: Array, X: Array, y: Array) -> tuple[Array, Array]:
    """Loss, shape (E,), and answers, shape (samples, outputs, E), as `loss_and_gradient`'s."""
    last = forward(plan, x, X)[-1]
    return reference.loss_of(plan, last.asked, last.out, y[:, :, None])[0], last.out


def loss_and_gradient(
    plan: Architecture, x: Array, X: Array, y: Array, made: list[Pass] | None = None
) -> tuple[Array, Array, Array]:
    """As `reference.loss_and_gradient`: shapes (E,), (P, E) and (samples, outputs, E).

    `made` is what `forward` gave, where it was asked before.

    Examples
    --------
    >>> import numpy as np
    >>> from lawful.learning import NeuralNetwork
    >>> net = NeuralNetwork([2, 3, 1], weight_init="random", seed=1)
    >>> X, y = np.array([[0.0, 0], [0, 1], [1, 0]]), np.ones((3, 1))
    >>> once = np.stack([net.parameters, net.parameters], axis=1)
    >>> once[[0, 3], 1] *= 5  # the weights into the first neuron, five times as large
    >>> bool(np.ptp(loss_and_gradient(net.architecture, once, X, y)[0]) < 1e-12)
    True
    """
    layers, made = reference.layers_of(plan, x), made or forward(plan, x, X)
    xp, last = functions_of(x), made[-1]
    value, delta = reference.loss_of(plan, last.asked, last.out, y[:, :, None])
    slopes: list[Array] = []
    for k in reversed(range(len(layers))):
        gb = xp.sum(delta, 0)
        one = made[k]
        if one.spread is not None:
            delta = (delta - _mean(delta) - one.s * _mean(one.s * delta)) / one.spread
        gW = reference.outer(one.a, delta)
        slopes = [gW.reshape(-1, *gW.shape[2:]), gb, *slopes]
        if k:
            before = made[k - 1]
            back = xp.einsum("nje,ije->nie", delta, layers[k].W)
            delta = reference.pulled(layers[k - 1].function, before.asked, before.out, back)
    return value, xp.concatenate(slopes), last.out
