"""Lawful finds what stays the same in anything that evolves.

One data type, `Trajectories` (a written schema on `xarray.Dataset`), and one
engine, `find_laws`, that looks at it. Importing this package loads nothing:
each name below is fetched from its home on first use.

>>> import lawful
>>> lawful.__version__
'0.1.0'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "find_laws": "lawful.laws",
    "inspect": "lawful.laws",
    "monitor": "lawful.laws",
    "Law": "lawful.laws",
    "Findings": "lawful.laws",
    "simulate": "lawful.systems",
    "system": "lawful.systems",
    "read": "lawful.files",
    "write": "lawful.files",
    "make": "lawful.trajectories",
    "check": "lawful.trajectories",
    "stack": "lawful.trajectories",
    "Refusal": "lawful.refusal",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'lawful' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from lawful.files import read, write
    from lawful.laws import Findings, Law, find_laws, inspect
    from lawful.laws.monitor import monitor
    from lawful.refusal import Refusal
    from lawful.systems.catalogue import system
    from lawful.systems.simulate import simulate
    from lawful.trajectories import check, make, stack
