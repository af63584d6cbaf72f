"""The views of the studio as notebook widgets: `from lawful.widgets import NetworkView`.

Needs `lawful[notebook]`; each name is fetched on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = [
    "NetworkView",
    "TrainingView",
    "TrajectoryView",
    "EnergyView",
    "LatentView",
    "EquationsView",
    "MemoryView",
    "FieldView",
    "linked",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("lawful.web.widgets"), name)
    raise AttributeError(f"module 'lawful.widgets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from lawful.web.widgets import (
        EnergyView,
        EquationsView,
        FieldView,
        LatentView,
        MemoryView,
        NetworkView,
        TrainingView,
        TrajectoryView,
        linked,
    )
