"""What a neuron does with its sum: a = f(z), beside ∂U/∂z = f′(z) ∂U/∂a.

    sigmoid     σ(z) = 1/(1 + e⁻ᶻ)                 f′ = a(1 − a)
    tanh        tanh z                             f′ = 1 − a²
    relu        max(0, z)                          f′ = 1 where z > 0
    leaky_relu  z where z > 0, else z/100          f′ = 1 or 1/100
    gelu        z Φ(z)                             f′ = Φ(z) + z φ(z)
    linear      z                                  f′ = 1
    softmax     aᵢ = eᶻⁱ / Σⱼ eᶻʲ                  ∂U/∂zᵢ = aᵢ (∂U/∂aᵢ − Σⱼ aⱼ ∂U/∂aⱼ)

Φ and φ are the normal distribution and its density. Every `value` takes an array
of shape (samples, neurons) and gives one; every `pull` carries a gradient back
through it. Sources: Nair and Hinton (2010) for ReLU; Maas, Hannun and Ng (2013)
for the leaky one; Hendrycks and Gimpel, arXiv:1606.08415, for GELU.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.naming import chosen

Array = NDArray[Any]
SLOPE_BELOW_ZERO = 0.01


@dataclass(frozen=True)
class Activation:
    """An activation function and the way back through it.

    Attributes
    ----------
    name
        As users spell it.
    value
        a = f(z), of any shape; softmax works along the last axis.
    pull
        (z, a, ∂U/∂a) -> ∂U/∂z.
    gain
        √(E z² / E f(z)²) for standard normal z, by which initial weights grow to
        keep the spread of activations from layer to layer.

    Examples
    --------
    >>> relu = activation("relu")
    >>> relu.value(np.array([-1.0, 2.0]))
    array([0., 2.])
    >>> relu.slope(np.array([-1.0, 2.0]))
    array([0., 1.])
    """

    name: str
    value: Callable[[Array], Array]
    pull: Callable[[Array, Array, Array], Array]
    gain: float = 1.0

    def slope(self, z: Array) -> Array:
        """f′(z), for a function of each neuron alone; the diagonal for softmax."""
        a = self.value(z)
        return a * (1 - a) if self.name == "softmax" else self.pull(z, a, np.ones_like(z))


def sigmoid(z: Array) -> Array:
    """σ(z), by tanh, which cannot overflow."""
    a: Array = 0.5 * np.tanh(0.5 * z)
    a += 0.5
    return a


def sigmoid_pull(z: Array, a: Array, da: Array) -> Array:
    """σ′ = σ (1 − σ)."""
    return da * (a * (1.0 - a))


def tanh_pull(z: Array, a: Array, da: Array) -> Array:
    """tanh′ = 1 − tanh²."""
    return da * (1.0 - a * a)


def relu(z: Array) -> Array:
    """The positive part."""
    return np.maximum(z, 0.0)


def relu_pull(z: Array, a: Array, da: Array) -> Array:
    """1 where z > 0, and 0 at 0, as is the custom."""
    return da * (z > 0)


def leaky_relu(z: Array) -> Array:
    """The positive part, and a hundredth of the negative one."""
    return np.maximum(z, SLOPE_BELOW_ZERO * z)


def leaky_relu_pull(z: Array, a: Array, da: Array) -> Array:
    """1 where z > 0, else 1/100."""
    return np.where(z > 0, da, SLOPE_BELOW_ZERO * da)


def _normal(z: Array) -> Array:
    """Φ(z)."""
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def gelu(z: Array) -> Array:
    """Z Φ(z), with the normal distribution itself and not its approximation."""
    return z * _normal(z)


def gelu_pull(z: Array, a: Array, da: Array) -> Array:
    """Φ(z) + z φ(z)."""
    return da * (_normal(z) + z * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi))


def linear(z: Array) -> Array:
    """The sum itself."""
    return z


def linear_pull(z: Array, a: Array, da: Array) -> Array:
    """The gradient itself."""
    return da


def softmax(z: Array) -> Array:
    """Shares that add up to 1; the largest sum is taken off first, which changes nothing."""
    a: Array = np.exp(z - z.max(axis=-1, keepdims=True))
    a /= a.sum(axis=-1, keepdims=True)
    return a


def softmax_pull(z: Array, a: Array, da: Array) -> Array:
    """Each share answers to all: aᵢ (gᵢ − Σⱼ aⱼ gⱼ)."""
    return a * (da - (da * a).sum(axis=-1, keepdims=True))


_ALL = (
    Activation("sigmoid", sigmoid, sigmoid_pull),
    Activation("tanh", np.tanh, tanh_pull),
    Activation("relu", relu, relu_pull, gain=2.0**0.5),
    Activation(
        "leaky_relu", leaky_relu, leaky_relu_pull, gain=(2.0 / (1 + SLOPE_BELOW_ZERO**2)) ** 0.5
    ),
    Activation("gelu", gelu, gelu_pull, gain=2.0**0.5),
    Activation("linear", linear, linear_pull),
    Activation("softmax", softmax, softmax_pull),
)
ACTIVATIONS = {one.name: one for one in _ALL}
NAMES = tuple(ACTIVATIONS)


def activation(name: str) -> Activation:
    """The activation of a name.

    Raises
    ------
    Refusal
        For a name that is none, with the nearest one.

    Examples
    --------
    >>> activation("rellu")
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: activation 'rellu'; expected one of sigmoid, tanh, relu, leaky_relu, \
gelu, linear, softmax; did you mean 'relu'?
    """
    return ACTIVATIONS[chosen("activation", name, NAMES)]
