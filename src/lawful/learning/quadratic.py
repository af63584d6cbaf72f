"""Motion on a quadratic, U(x) = ½ Σ λᵢ xᵢ²: the landscape where everything is known.

Each coordinate moves alone. For the heavy ball v' = μv − ηλx, x' = x + v',

    x″ − (1 + μ − ηλ) x′ + μ x = 0,   roots r² − (1 + μ − ηλ) r + μ = 0.

It is stable for ηλ < 2(1 + μ). The roots meet at the critical momentum
μ = (1 − √(ηλ))²: below it the ball creeps, above it rings and loses √μ a step.
Over curvatures from l to L the fastest choice is √η = 2/(√L + √l),
√μ = (√L − √l)/(√L + √l). In a bath of temperature T the BAOAB step keeps
<x²> = T/λ at any stable step h, and <v²> = (1 − h²λ/4m) T/m. Leapfrog conserves
½ m v² + ½ λ (1 − h²λ/4m) x² to the last digits, and is stable for h²λ < 4m.

Sources: B. T. Polyak, USSR Comput. Math. Math. Phys. 4(5), 1 (1964), for the heavy
ball; N. Qian, Neural Networks 12, 145 (1999), for its critical momentum;
B. Leimkuhler and C. Matthews, Appl. Math. Res. Express 2013, 34 (2013), for BAOAB.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

Array = NDArray[Any]


@dataclass(frozen=True)
class Quadratic:
    """U(x) = ½ Σ λᵢ xᵢ², a landscape.

    Parameters
    ----------
    curvatures
        λ, shape (P,); any sign.

    Examples
    --------
    >>> bowl = Quadratic(np.array([1.0, 4.0]))
    >>> bowl.value(np.array([2.0, 1.0]))
    4.0
    >>> bowl.gradient(np.array([2.0, 1.0]))
    array([2., 4.])
    """

    curvatures: Array

    def value(self, x: Array) -> float:
        """U(x)."""
        return 0.5 * float(np.dot(x, self.curvatures * x))

    def gradient(self, x: Array) -> Array:
        """λ x, shape (P,)."""
        return self.curvatures * x

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """Both at once."""
        g = self.curvatures * x
        return 0.5 * float(np.dot(x, g)), g


def critical_momentum(learning_rate: float, curvature: float) -> float:
    """μ = (1 − √(ηλ))², where one coordinate falls fastest.

    Raises
    ------
    Refusal
        For ηλ outside (0, 4): there no momentum is both critical and stable.

    Examples
    --------
    >>> round(critical_momentum(0.01, 1.0), 6)
    0.81
    """
    product = learning_rate * curvature
    if not 0 < product < 4:
        raise Refusal(
            f"learning rate times curvature of {product:g}",
            "a number between 0 and 4",
            "no momentum is both critical and stable beyond it; change the learning rate",
        )
    return float((1.0 - np.sqrt(product)) ** 2)


def stability_limit(momentum: float) -> float:
    """ηλ = 2(1 + μ), above which the heavy ball diverges.

    Raises
    ------
    Refusal
        For a momentum outside [0, 1].

    Examples
    --------
    >>> stability_limit(0.0), stability_limit(0.5)
    (2.0, 3.0)
    """
    _momentum(momentum)
    return 2.0 * (1.0 + momentum)


def transfer(momentum: float, learning_rate: float, curvature: float) -> Array:
    """The map of one step on (x, v), shape (2, 2).

    Examples
    --------
    >>> transfer(0.5, 0.25, 1.0)
    array([[ 0.75,  0.5 ],
           [-0.25,  0.5 ]])
    """
    product = learning_rate * curvature
    return np.array([[1.0 - product, momentum], [-product, momentum]])


def spectral_radius(momentum: float, learning_rate: float, curvature: Any) -> Any:
    """The factor that a step leaves of a disturbance, in the long run.

    Parameters
    ----------
    momentum, learning_rate
        μ and η.
    curvature
        λ, a number or an array.

    Returns
    -------
    float or array
        The larger |r| of the two roots, of the shape of `curvature`.

    Examples
    --------
    >>> spectral_radius(0.0, 0.1, 1.0)
    0.9
    >>> round(spectral_radius(0.81, 0.1, 1.0), 6)
    0.9
    """
    trace = 1.0 + momentum - learning_rate * np.asarray(curvature, dtype=float)
    gap = trace**2 - 4.0 * momentum
    real = (np.abs(trace) + np.sqrt(np.maximum(gap, 0.0))) / 2.0
    radius = np.where(gap < 0, np.sqrt(momentum), real)
    return float(radius) if radius.ndim == 0 else radius


def fastest(low: float, high: float) -> tuple[float, float]:
    """Learning rate and momentum that are the best for curvatures from `low` to `high`.

    Raises
    ------
    Refusal
        Unless 0 < low <= high.

    Examples
    --------
    >>> rate, momentum = fastest(1.0, 9.0)
    >>> rate, momentum
    (0.25, 0.25)
    """
    if not 0 < low <= high:
        raise Refusal(f"curvatures from {low:g} to {high:g}", "0 < low <= high")
    a, b = np.sqrt(low), np.sqrt(high)
    return float(4.0 / (a + b) ** 2), float(((b - a) / (b + a)) ** 2)


def position_variance(temperature: float, curvature: Any) -> Any:
    """<x²> = T/λ, of a bath and of BAOAB at any stable step.

    Examples
    --------
    >>> position_variance(0.5, 2.0)
    0.25
    """
    return temperature / curvature


def velocity_variance(
    temperature: float, mass: float = 1.0, curvature: Any = 0.0, step: float = 0.0
) -> Any:
    """<v²> = (1 − h²λ/4m) T/m, of BAOAB; a step of 0 gives the bath's own T/m.

    Examples
    --------
    >>> velocity_variance(1.0, mass=2.0)
    0.5
    >>> velocity_variance(1.0, curvature=4.0, step=0.5)
    0.75
    """
    return temperature / mass * (1.0 - step**2 * curvature / (4.0 * mass))


def shadow_energy(x: Array, v: Array, curvatures: Array, mass: float, step: float) -> Array:
    """What leapfrog conserves of each coordinate: ½ m v² + ½ λ (1 − h²λ/4m) x².

    Parameters
    ----------
    x, v, curvatures
        Positions, velocities, λ, of one shape.
    mass, step
        m and h.

    Examples
    --------
    >>> shadow_energy(np.array([1.0]), np.array([0.0]), np.array([1.0]), 1.0, 1.0)
    array([0.375])
    """
    softened = curvatures * (1.0 - step**2 * curvatures / (4.0 * mass))
    return 0.5 * mass * v**2 + 0.5 * softened * x**2


def _momentum(momentum: float) -> None:
    if not 0 <= momentum <= 1:
        raise Refusal(f"momentum {momentum:g}", "a number from 0 to 1")
