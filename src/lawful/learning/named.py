"""Optimisers and mechanical systems by name, with their settings checked."""

from dataclasses import fields
from typing import Any

from lawful.learning import optimizers
from lawful.learning.discrete_gradient import DiscreteGradient
from lawful.learning.dynamics import Hamiltonian, HeavyBall, Langevin
from lawful.learning.motion import Dynamics
from lawful.learning.naming import chosen
from lawful.refusal import Refusal

KINDS: dict[str, type[Any]] = {
    "gradient_descent": optimizers.GradientDescent,
    "momentum": optimizers.Momentum,
    "nesterov": optimizers.Nesterov,
    "rmsprop": optimizers.RMSprop,
    "adam": optimizers.Adam,
    "heavy_ball": HeavyBall,
    "hamiltonian": Hamiltonian,
    "langevin": Langevin,
    "discrete_gradient": DiscreteGradient,
}
NAMES = tuple(KINDS)


def named(name: str, **settings: Any) -> Dynamics:
    """The dynamics of a name.

    Parameters
    ----------
    name
        One of `NAMES`; `sgd` and `gd` are gradient descent.
    **settings
        Its own numbers; None leaves one at its default.

    Raises
    ------
    Refusal
        For an unknown name, or a setting that it does not have.

    Examples
    --------
    >>> named("momentum", learning_rate=0.5)
    Momentum(learning_rate=0.5, momentum=0.9)
    >>> named("adam", friction=0.1)
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: adam with friction = 0.1; expected one of learning_rate, beta1, beta2, \
epsilon; friction belongs to heavy_ball, langevin, discrete_gradient
    """
    name = "gradient_descent" if name in ("sgd", "gd") else chosen("optimizer", name, NAMES)
    kind = KINDS[name]
    given = {k: v for k, v in settings.items() if v is not None}
    known = [field.name for field in fields(kind)]
    for key, value in given.items():
        if key not in known:
            others = [n for n, k in KINDS.items() if key in {field.name for field in fields(k)}]
            remedy = f"{key} belongs to {', '.join(others)}" if others else ""
            raise Refusal(f"{name} with {key} = {value}", "one of " + ", ".join(known), remedy)
    made: Dynamics = kind(**given)
    return made
