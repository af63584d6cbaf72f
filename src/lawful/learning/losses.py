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
    value
        (z, a, y) -> U, a number; all arrays of shape (samples, outputs).
    pull
        (z, a, y, output) -> ∂U/∂z.
    output
        The only output activation it goes with; None for any.
    """

    name: str
    value: Callable[[Array, Array, Array], float]
    pull: Callable[[Array, Array, Array, Activation], Array]
    output: str | None = None


def squared(z: Array, a: Array, y: Array) -> float:
    """Half the mean squared distance."""
    r = (a - y).ravel()
    return float(0.5 / len(a) * r.dot(r))


def squared_pull(z: Array, a: Array, y: Array, output: Activation) -> Array:
    """(a − y)/n, carried back through the output."""
    r: Array = a - y
    r *= 1.0 / len(a)
    return output.pull(z, a, r)


def binary_cross_entropy(z: Array, a: Array, y: Array) -> float:
    """log(1 + eᶻ) − y z, summed over outputs."""
    return float((np.logaddexp(0.0, z) - y * z).sum() / len(z))


def cross_entropy(z: Array, a: Array, y: Array) -> float:
    """Log Σ eᶻ − Σ y z."""
    top = z.max(axis=1, keepdims=True)
    total = np.log(np.exp(z - top).sum(axis=1)) + top[:, 0]
    return float((total * y.sum(axis=1) - np.einsum("ij,ij->i", y, z)).sum() / len(z))


def matched_pull(z: Array, a: Array, y: Array, output: Activation) -> Array:
    """(a − y)/n: the output's slope and the logarithm's cancel."""
    r: Array = a - y
    r *= 1.0 / len(a)
    return r


_ALL = (
    Loss("squared", squared, squared_pull),
    Loss("binary_cross_entropy", binary_cross_entropy, matched_pull, output="sigmoid"),
    Loss("cross_entropy", cross_entropy, matched_pull, output="softmax"),
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
    >>> one = np.ones((4, 1))
    >>> loss("squared").value(one, one, 0 * one)
    0.5
    """
    return LOSSES[chosen("loss", name, NAMES)]
