"""Steps that respect the geometry of motion: dq/dt = f(v), dv/dt = a(q).

One step of the symplectic, time-reversible leapfrog is half a drift, a kick,
half a drift. A chain of leapfrogs with step sizes w₁h, w₂h, …, w₁h reaches
order 4, 6 or 8. The Langevin step adds a bath of temperature T:

    dv = a(q) dt − γ v dt + √(2 γ T/m) dW.

Every function is pure: arrays in, new arrays out, of any one shape; a pendulum
and a network's weights move by the same steps.

Sources: H. Yoshida, Phys. Lett. A 150, 262 (1990), solutions A (order 6) and D
(order 8); W. Kahan and R.-C. Li, Math. Comp. 66, 1089 (1997), for the order 8 of
17 stages with a far smaller error; B. Leimkuhler and C. Matthews, Appl. Math.
Res. Express 2013, 34 (2013), for BAOAB.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

Array = NDArray[np.float64]
Rate = Callable[[Any], Any]


def _palindrome(*outer: float) -> tuple[float, ...]:
    """Weights w₁ … w_m, w₀, w_m … w₁ that add up to 1."""
    return (*outer, 1.0 - 2.0 * sum(outer), *reversed(outer))


WEIGHTS: dict[str, tuple[float, ...]] = {
    "leapfrog": (1.0,),
    "yoshida4": _palindrome(1.0 / (2.0 - 2.0 ** (1.0 / 3.0))),
    "yoshida6": _palindrome(0.784513610477560, 0.235573213359357, -1.17767998417887),
    "yoshida8": _palindrome(
        0.914844246229740,
        0.253693336566229,
        -1.44485223686048,
        -0.158240635368243,
        1.93813913762276,
        -1.96061023297549,
        0.102799849391985,
    ),
    "kahan-li8": _palindrome(
        0.13020248308889008087881763,
        0.56116298177510838456196441,
        -0.38947496264484728640807860,
        0.15884190655515560089621075,
        -0.39590389413323757733623154,
        0.18453964097831570709183254,
        0.25837438768632204729397911,
        0.29501172360931029887096624,
    ),
}
ORDERS = {"leapfrog": 2, "yoshida4": 4, "yoshida6": 6, "yoshida8": 8, "kahan-li8": 8}


def leapfrog(
    q: Any, v: Any, step: float, acceleration: Rate, velocity: Rate | None = None
) -> tuple[Any, Any]:
    """One leapfrog step (position Verlet), of order 2.

    Parameters
    ----------
    q, v
        Positions and velocities (or momenta), arrays of any shape.
    step
        The time step h, a number or an array that broadcasts against `q`.
    acceleration
        a(q) = dv/dt, of the shape of `v`.
    velocity
        f(v) = dq/dt; v itself when not given.

    Returns
    -------
    tuple
        The positions and velocities a time h later.

    Examples
    --------
    >>> q, v = leapfrog(1.0, 0.0, 0.1, lambda q: -q)
    >>> round(q, 6), round(v, 6)
    (0.995, -0.1)
    """
    return composition(q, v, step, acceleration, velocity, method="leapfrog")


def yoshida(
    q: Any,
    v: Any,
    step: float,
    acceleration: Rate,
    velocity: Rate | None = None,
    *,
    order: int = 4,
) -> tuple[Any, Any]:
    """One step of Yoshida's composition of order 4, 6 or 8; see `leapfrog`.

    Examples
    --------
    >>> q, v = yoshida(1.0, 0.0, 0.1, lambda q: -q, order=8)
    >>> bool(abs(q - np.cos(0.1)) < 1e-12)
    True
    """
    if order not in (4, 6, 8):
        raise Refusal(f"order {order}", "4, 6 or 8", "use leapfrog for order 2")
    return composition(q, v, step, acceleration, velocity, method=f"yoshida{order}")


def composition(
    q: Any,
    v: Any,
    step: float,
    acceleration: Rate,
    velocity: Rate | None = None,
    *,
    method: str = "kahan-li8",
    steps: int = 1,
) -> tuple[Any, Any]:
    """`steps` equal steps of a chain of leapfrogs, neighbouring drifts joined.

    Parameters are those of `leapfrog`; `method` is one of `WEIGHTS`.

    Raises
    ------
    Refusal
        For an unknown method.

    Examples
    --------
    >>> q, v = composition(1.0, 0.0, 0.1, lambda q: -q, steps=10)
    >>> bool(abs(q - np.cos(1.0)) < 1e-12)
    True
    """
    if method not in WEIGHTS:
        raise Refusal(f"method {method!r}", "one of " + ", ".join(WEIGHTS))
    weights = WEIGHTS[method]
    inner = [*((a + b) / 2 for a, b in pairwise(weights)), weights[-1]]
    for k in range(steps):
        # The last half drift of a step and the first of the next are one drift.
        drifts = [*inner[:-1], weights[-1] / 2 if k == steps - 1 else weights[-1]]
        if k == 0:
            q = q + (weights[0] / 2 * step) * (v if velocity is None else velocity(v))
        for kick, drift in zip(weights, drifts, strict=True):
            v = v + (kick * step) * acceleration(q)
            q = q + (drift * step) * (v if velocity is None else velocity(v))
    return q, v


def langevin(
    q: Array,
    v: Array,
    step: float,
    acceleration: Rate,
    noise: Array,
    *,
    friction: float,
    temperature: float,
    mass: Any = 1.0,
) -> tuple[Array, Array]:
    """One BAOAB step: half kick, half drift, friction and noise, half drift, half kick.

    Its averages over positions are exact for a harmonic force at any stable step.

    Parameters
    ----------
    q, v
        Positions and velocities.
    step
        The time step h.
    acceleration
        a(q), the force over the mass.
    noise
        Standard normal numbers of the shape of `v`, drawn by the caller.
    friction
        γ ≥ 0, one over time; 0 leaves velocity Verlet.
    temperature
        T ≥ 0 in units of energy (Boltzmann's constant is 1).
    mass
        m > 0, a number or an array that broadcasts against `v`.

    Raises
    ------
    Refusal
        For a negative friction or temperature, or a mass that is not positive.

    Examples
    --------
    >>> q, v = np.array([1.0]), np.array([0.0])
    >>> q, v = langevin(q, v, 0.1, lambda q: -q, np.zeros(1), friction=0.0, temperature=1.0)
    >>> np.round(q, 6), np.round(v, 6)
    (array([0.995]), array([-0.09975]))
    """
    if friction < 0 or temperature < 0 or np.any(np.asarray(mass) <= 0):
        raise Refusal(
            f"friction {friction}, temperature {temperature}, mass {mass}",
            "friction and temperature of at least 0 and a positive mass",
        )
    kept = np.exp(-friction * step)
    spread = np.sqrt((1.0 - kept * kept) * temperature / mass)
    v = v + step / 2 * acceleration(q)
    q = q + step / 2 * v
    v = kept * v + spread * noise
    q = q + step / 2 * v
    return q, v + step / 2 * acceleration(q)
