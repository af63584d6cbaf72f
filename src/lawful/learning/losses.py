"""How wrong a network is: U(a, y) over n samples, beside its gradient ∂U/∂z.

    squared               U = 1/2n Σ |a − y|²                       any output
    binary_cross_entropy  U = −1/n Σ y log a + (1 − y) log(1 − a)   sigmoid
    cross_entropy         U = −1/n Σ y log a                        softmax

The first is the energy of springs between answers and targets. The others are
computed from z, never from a logarithm of a rounded a; with their own output the
gradient is (a − y)/n for both, which is why they belong together (Bishop,
*Pattern Recognition and Machine Learning*, 2006, section 5.2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.activations import Activation
from lawful.learning.naming import chosen

Array = NDArray[Any]


@dataclass(frozen=True)
class Loss:
    """A loss and its gradient with respect to the last sums z.

    Attributes
    ----------
    name
        As users spell it.
    both
        (z, a, y, output) -> U, a number, and ∂U/∂z; all arrays of shape (samples, outputs).
    output
        The only output activation it goes with; None for any.
    """

    name: str
    both: Callable[[Array, Array, Array, Activation], tuple[float, Array]]
    output: str | None = None

    def value(self, z: Array, a: Array, y: Array, output: Activation) -> float:
        """U alone."""
        return self.both(z, a, y, output)[0]


def squared(z: Array, a: Array, y: Array, output: Activation) -> tuple[float, Array]:
    """Half the mean squared distance; (a − y)/n, carried back through the output."""
    r: Array = a - y
    flat = r.ravel()
    value = float(flat.dot(flat)) * 0.5 / len(r)
    r *= 1.0 / len(r)
    return value, output.pull(z, a, r)


def binary_cross_entropy(z: Array, a: Array, y: Array, output: Activation) -> tuple[float, Array]:
    """Sum log(1 + eᶻ) − y z over outputs; (a − y)/n, for the sigmoid's slope cancels."""
    value = float((np.logaddexp(0.0, z) - y * z).sum() / len(z))
    return value, (a - y) * (1.0 / len(z))


def cross_entropy(z: Array, a: Array, y: Array, output: Activation) -> tuple[float, Array]:
    """Take Y log Σ eᶻ − Σ y z with Y = Σ y, which is 1; (Y a − y)/n, the slopes cancel."""
    below = z - z.max(axis=1, keepdims=True)
    total = y.sum(axis=1, keepdims=True)
    spread = np.log(np.exp(below).sum(axis=1, keepdims=True))
    value = float((total * spread).sum() - (y * below).sum()) / len(z)
    return value, (total * a - y) * (1.0 / len(z))


_ALL = (
    Loss("squared", squared),
    Loss("binary_cross_entropy", binary_cross_entropy, output="sigmoid"),
    Loss("cross_entropy", cross_entropy, output="softmax"),
)
LOSSES = {one.name: one for one in _ALL}
NAMES = tuple(LOSSES)


def loss(name: str) -> Loss:
    """The loss of a name.

    Raises
    ------
    Refusal
        For a name that is none.

    Examples
    --------
    >>> from lawful.learning.activations import activation
    >>> one = np.ones((4, 1))
    >>> loss("squared").value(one, one, 0 * one, activation("linear"))
    0.5
    """
    return LOSSES[chosen("loss", name, NAMES)]
