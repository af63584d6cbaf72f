"""Batch normalisation: what a hidden neuron sums up is measured by its own spread.

    forward                          backward, over the n samples of the batch
    z = a W                          ∂U/∂s = f′(s + b) · ∂U/∂a,    ∂U/∂b = Σₙ ∂U/∂s
    s = (z − ⟨z⟩)/σ                  ∂U/∂z = (∂U/∂s − ⟨∂U/∂s⟩ − s ⟨s ∂U/∂s⟩)/σ
    aʹ = f(s + b)                    ∂U/∂W = aᵀ ∂U/∂z

with ⟨·⟩ the mean over the batch and σ² the variance of z. Twice the weights w of a
neuron make twice the sums and leave s as it is: the loss does not depend on |w|, so
w·g = 0, gradient flow keeps |w|², and a step of gradient descent makes it grow by
exactly η²|g|². Sources: S. Ioffe and C. Szegedy, arXiv:1502.03167; T. van Laarhoven,
arXiv:1706.05350, for the scale.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.ensembles.batch_normalized import Pass, forward, loss_and_gradient
from lawful.learning.network import NeuralNetwork
from lawful.learning.symmetries import Symmetry
from lawful.refusal import Refusal

Array = NDArray[Any]
LEAST = 1e-12  # of a spread, over the size of the sums: below it they are constant


class BatchNormalized:
    """The loss of a network whose hidden sums are normalised over all samples; a landscape.

    The parameters are the network's own, in their order; a hidden bias is added after the
    sums are normalised. The last layer is as it was.

    Parameters
    ----------
    network
        Settings alone are taken from it. Penalties and dropout are not for this.
    X, y
        Inputs of shape (samples, inputs), targets of shape (samples, outputs).

    Raises
    ------
    Refusal
        For a network without hidden layer, with penalties or dropout, and, when asked at
        weights where a neuron's sums are all alike, for those.

    Examples
    --------
    >>> net = NeuralNetwork([2, 3, 1], weight_init="random", seed=1)
    >>> X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    >>> landscape = BatchNormalized(net, X, y)
    >>> x = net.parameters.copy()
    >>> before = landscape.value(x)
    >>> x[[0, 3]] *= 5  # the weights into the first neuron
    >>> bool(np.isclose(landscape.value(x), before))
    True
    """

    def __init__(self, network: NeuralNetwork, X: ArrayLike, y: ArrayLike) -> None:
        plan = network.architecture
        if plan.l1 or plan.l2 or plan.dropout:
            raise Refusal("batch normalisation with a penalty or dropout", "neither")
        if len(plan.layers) < 3:
            raise Refusal("batch normalisation without a hidden layer", "one at least")
        self.plan, self.names = plan, network.names
        self.X, self.y = (np.asarray(table, dtype=plan.dtype) for table in (X, y))
        self.y = self.y.reshape(len(self.X), -1)
        if (self.X.shape[1], self.y.shape[1]) != (plan.layers[0], plan.layers[-1]):
            raise Refusal(
                f"data with {self.X.shape[1]} inputs and {self.y.shape[1]} outputs",
                f"{plan.layers[0]} and {plan.layers[-1]}",
            )

    def value(self, x: Array) -> float:
        """U(x)."""
        return self.value_and_gradient(x)[0]

    def gradient(self, x: Array) -> Array:
        """∂U/∂x, shape (P,)."""
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """U and ∂U/∂x."""
        made, column = self._passes(x), np.asarray(x)[:, None]
        value, gradient, _ = loss_and_gradient(self.plan, column, self.X, self.y, made)
        return float(value[0]), gradient[:, 0]

    def answers(self, x: Array) -> Array:
        """What the network answers to its own batch, shape (samples, outputs)."""
        return np.asarray(self._passes(x)[-1].out[:, :, 0])

    def _passes(self, x: Array) -> list[Pass]:
        """The way forward, or a refusal where there is nothing to measure a sum by."""
        with np.errstate(all="ignore"):
            made = forward(self.plan, np.asarray(x)[:, None], self.X)
        for k, one in enumerate(made[:-1]):
            _check_spread(one, k)
        return made

    def symmetries(self) -> tuple[Symmetry, ...]:
        """The scale of each hidden neuron's weights, with Q = |w|²."""
        P = self.plan.size
        places, _ = self.plan.views(np.arange(P))
        made = []
        for k, W in enumerate(places[:-1], 1):
            for j in range(W.shape[1]):
                A = np.zeros((P, P))
                A[W[:, j], W[:, j]] = 1.0
                name = f"scale of the weights into neuron {j + 1} in layer {k}"
                made.append(Symmetry(name, "scale", self.names, A, np.zeros(P)))
        return tuple(made)


def _check_spread(one: Pass, layer: int) -> None:
    flat = one.spread <= LEAST * np.abs(one.z).max(axis=0, initial=1e-300)
    if flat.any():
        neuron = int(np.flatnonzero(flat)[0]) + 1
        raise Refusal(
            f"sums of neuron {neuron} in layer {layer + 1} that are the same for all samples",
            "sums that differ, to be measured by their spread",
            "begin from other weights, or give more samples",
        )
