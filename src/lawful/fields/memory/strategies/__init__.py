"""Strategies against forgetting, by name: the baselines of continual learning.

    naive ≤ what is learnt in order, with a memory ≤ joint

Read it in this order: `strategy`, `naive`, `joint`; `ewc`, `si`, which hold weights; `lwf`,
which holds outputs; `sampling`, `replay`, `derpp`, which keep images.
Source: G. van de Ven, T. Tuytelaars and A. Tolias, "Three types of incremental learning",
Nature Machine Intelligence 4, 1185 (2022).

>>> strategy("ewc", lam=30.0)
OnlineEWC(lam=30.0, gamma=1.0, labels='sampled', samples=1024)
"""

from dataclasses import fields
from typing import Any

from lawful.fields.memory.strategies.derpp import DarkReplay
from lawful.fields.memory.strategies.ewc import OnlineEWC
from lawful.fields.memory.strategies.joint import Joint
from lawful.fields.memory.strategies.lwf import LearningWithoutForgetting
from lawful.fields.memory.strategies.naive import Naive
from lawful.fields.memory.strategies.replay import Replay
from lawful.fields.memory.strategies.si import SynapticIntelligence
from lawful.fields.memory.strategies.strategy import Memory, Stored, Strategy
from lawful.refusal import Refusal

STRATEGIES: dict[str, type[Strategy]] = {
    one.name: one
    for one in (
        Naive,
        Joint,
        OnlineEWC,
        SynapticIntelligence,
        LearningWithoutForgetting,
        Replay,
        DarkReplay,
    )
}


def strategy(name: str, **settings: Any) -> Strategy:
    """The strategy of a name, with some of its settings.

    Raises
    ------
    Refusal
        For a name or a setting that is not known.
    """
    if name not in STRATEGIES:
        raise Refusal(f"the strategy {name!r}", "one of " + ", ".join(STRATEGIES))
    kind = STRATEGIES[name]
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for setting in settings:
        if setting not in known:
            words = ", ".join(known) or "none"
            raise Refusal(f"the setting {setting!r} of {name}", f"of its settings: {words}")
    return kind(**settings)


__all__ = [
    "STRATEGIES",
    "strategy",
    "Strategy",
    "Memory",
    "Stored",
    "Naive",
    "Joint",
    "OnlineEWC",
    "SynapticIntelligence",
    "LearningWithoutForgetting",
    "Replay",
    "DarkReplay",
]
