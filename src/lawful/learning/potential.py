"""The landscape of training: the loss as potential energy U(x) of all weights x.

    force = −∂U/∂x

A `Landscape` is anything with a value and a gradient at x: a network on some
samples here, a quadratic bowl in `quadratic`.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lawful.learning.network import NeuralNetwork

Array = NDArray[Any]


class Landscape(Protocol):
    """A potential energy over positions of shape (P,)."""

    def value(self, x: Array) -> float:
        """U(x)."""
        ...

    def gradient(self, x: Array) -> Array:
        """∂U/∂x, shape (P,)."""
        ...

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """Both, for the price of one."""
        ...


class Potential:
    """The loss of a network on some samples, as a function of its weights.

    It remembers where it was asked last, so that asking twice costs once.

    Parameters
    ----------
    network
        Copied; the one given is not changed.
    X, y
        Inputs of shape (samples, inputs), targets of shape (samples, outputs).

    Examples
    --------
    >>> net = NeuralNetwork([1, 1], output="linear", seed=0)
    >>> bowl = Potential(net, np.array([[1.0]]), np.array([[3.0]]))
    >>> bowl.value(np.array([1.0, 0.0]))
    2.0
    >>> bowl.gradient(np.array([1.0, 0.0]))
    array([-2., -2.])
    """

    def __init__(self, network: NeuralNetwork, X: Array, y: Array) -> None:
        self._network = network.copy()
        self.on(X, y)

    def on(self, X: Array, y: Array, masks: Sequence[Array] = ()) -> "Potential":
        """The same landscape over other samples, with what dropout leaves out."""
        self._X, self._y, self._masks = X, y, masks
        self._at: Array | None = None
        self._known: tuple[float, Array] = (0.0, np.empty(0))
        return self

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """U and ∂U/∂x."""
        # The same array may have been changed in place since.
        if x is not self._at or not (x == self._network.parameters).all():
            self._network.parameters = x
            self._known = self._network.loss_and_gradient(self._X, self._y, self._masks)
            self._at = x
        return self._known

    @property
    def last(self) -> float:
        """U where it was asked last."""
        return self._known[0]

    def value(self, x: Array) -> float:
        """U(x)."""
        return self.value_and_gradient(x)[0]

    def gradient(self, x: Array) -> Array:
        """∂U/∂x."""
        return self.value_and_gradient(x)[1]
