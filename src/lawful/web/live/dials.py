"""What a hand can turn on a dynamics while it moves, and which dynamics have it.

    rate          η of an optimiser, the time step h of a mechanical system
    momentum      μ, what a step leaves of the velocity
    friction      γ, and the momentum exp(−γh/m) that it makes
    temperature   T of a bath
    mass          m

A dynamics is frozen: turning makes another one, which takes the next step.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from lawful.learning.motion import Dynamics
from lawful.learning.named import KINDS, named
from lawful.refusal import Refusal
from lawful.web.live import given

LIMITS: dict[str, tuple[float, float]] = {
    "rate": (1e-4, 30.0),
    "momentum": (0.0, 0.999),
    "friction": (0.0, 20.0),
    "temperature": (0.0, 1.0),
    "mass": (0.01, 100.0),
}
_SETTINGS = {
    "rate": ("learning_rate", "time_step"),
    "momentum": ("momentum",),
    "friction": ("friction",),
    "temperature": ("temperature",),
    "mass": ("mass",),
}
# A free system has the temperature of its first velocities, and no bath to turn.
_NONE = {("hamiltonian", "temperature")}
# Where a landscape of a small network is crossed in some hundreds of steps.
_LIVELY: dict[str, dict[str, float]] = {
    "gradient_descent": {"learning_rate": 0.5},
    "momentum": {"learning_rate": 0.1, "momentum": 0.9},
    "nesterov": {"learning_rate": 0.1, "momentum": 0.9},
    "heavy_ball": {"mass": 1.0, "friction": 0.3, "time_step": 0.3},
    "hamiltonian": {"mass": 1.0, "time_step": 0.2},
    "langevin": {"mass": 1.0, "friction": 0.3, "temperature": 1e-3, "time_step": 0.3},
    "discrete_gradient": {"mass": 1.0, "friction": 0.3, "time_step": 0.3},
}
MECHANICAL = tuple(
    name for name in KINDS if name not in ("nesterov", "rmsprop", "adam")
)  # those that keep the ledger


def name_of(dynamics: Dynamics) -> str:
    """What `named` calls it.

    >>> name_of(named("adam"))
    'adam'
    """
    return next((name for name, kind in KINDS.items() if type(dynamics) is kind), "")


def setting(dynamics: Dynamics, dial: str) -> str:
    """What the dynamics calls a dial; empty where it has none.

    >>> setting(named("langevin"), "rate"), setting(named("adam"), "friction")
    ('time_step', '')
    """
    if (name_of(dynamics), dial) in _NONE:
        return ""
    known = dynamics.settings
    return next((name for name in _SETTINGS[dial] if name in known), "")


def readings(dynamics: Dynamics) -> dict[str, float | None]:
    """Where each dial stands; None where there is none.

    >>> readings(named("momentum", learning_rate=0.5))["momentum"]
    0.9
    """
    found = {dial: setting(dynamics, dial) for dial in LIMITS}
    return {dial: dynamics.settings[name] if name else None for dial, name in found.items()}


def turned(dynamics: Dynamics, dial: str, value: Any) -> Dynamics:
    """The dynamics with a dial at `value`.

    Raises
    ------
    Refusal
        For a dial that it does not have, and a value beyond the limits.

    Examples
    --------
    >>> turned(named("momentum", learning_rate=0.5), "rate", 0.25)
    Momentum(learning_rate=0.25, momentum=0.9)
    >>> turned(named("adam"), "temperature", 0.1)
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: adam has no temperature; expected a dynamics that has: langevin
    """
    to = given.number(dial, value, *LIMITS[dial])
    name = setting(dynamics, dial)
    if not name:
        others = ", ".join(have(dial))
        raise Refusal(f"{name_of(dynamics)} has no {dial}", f"a dynamics that has: {others}")
    made: Any = dynamics
    return replace(made, **{name: to})


def have(dial: str) -> tuple[str, ...]:
    """The dynamics that have a dial.

    >>> have("momentum")
    ('momentum', 'nesterov')
    """
    return tuple(
        name
        for name, kind in KINDS.items()
        if (name, dial) not in _NONE
        and {field.name for field in fields(kind)} & set(_SETTINGS[dial])
    )


def chosen(name: str, before: Dynamics | None = None, **settings: float) -> Dynamics:
    """The dynamics of a name, with numbers that suit a small network, and what it shares.

    Parameters
    ----------
    name
        As `named` takes it.
    before
        What moved until now: friction, mass, temperature and the like are kept.
    **settings
        Its own numbers.

    Examples
    --------
    >>> chosen("momentum", named("nesterov", learning_rate=0.02)).settings
    {'learning_rate': 0.02, 'momentum': 0.9}
    """
    plain = named(name)
    spelt = name_of(plain)
    kept: Mapping[str, float] = {}
    if before is not None and (spelt in _LIVELY) and (name_of(before) in _LIVELY):
        kept = {k: v for k, v in before.settings.items() if k in plain.settings}
    return named(spelt, **{**_LIVELY.get(spelt, {}), **kept, **settings})
