"""The catalogue: which file of this folder defines which system.

A file is imported when one of its systems is asked for, so that listing the
names loads nothing.
"""

import difflib
from functools import cache
from importlib import import_module
from pathlib import Path

from lawful.refusal import Refusal
from lawful.systems.system import System

FAMILIES: dict[str, tuple[str, ...]] = {
    "mechanics": ("projectile", "spring", "pendulum", "double-pendulum", "swinging-atwood"),
    "gravity": ("orbit", "kepler", "three-body"),
    "oscillators": (
        "isotropic-oscillator",
        "anisotropic-oscillator",
        "coupled-oscillators",
        "henon-heiles",
    ),
    "lattices": ("toda", "fput", "calogero-moser"),
    "tops": ("euler-top", "lagrange-top", "kovalevskaya-top"),
    "charges": ("charged-particle", "magnetic-mirror"),
    "vortices": ("point-vortices",),
    "populations": ("lotka-volterra", "sir"),
    "synchrony": ("kuramoto",),
    "dissipative": ("lorenz", "van-der-pol", "damped-spring", "damped-pendulum"),
}


def names() -> tuple[str, ...]:
    """The names of the built-in systems.

    >>> "pendulum" in names()
    True
    """
    return tuple(name for family in FAMILIES.values() for name in family)


def system(name: str | Path | System) -> System:
    """The system of that name, or the one that a TOML file defines.

    Parameters
    ----------
    name
        A name of the catalogue, or the path of a file that ends in `.toml`; see
        `own.read_system`. A `System` is returned as it is.

    Raises
    ------
    Refusal
        For an unknown name, with the near ones, or a file that defines no system.

    Examples
    --------
    >>> print(system("spring").text)
    dx/dt = v
    dv/dt = -k*x/m
    >>> system("sprong")
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: no system 'sprong'; expected a name that `lawful systems` lists, \
or a .toml file; did you mean spring?
    """
    if isinstance(name, System):
        return name
    if str(name).endswith(".toml"):
        from lawful.systems.own import read_system

        return read_system(Path(name))
    key = str(name).strip().lower().replace("_", "-").replace(" ", "-")
    if key not in names():
        near = difflib.get_close_matches(key, names(), 3)
        raise Refusal(
            f"no system {str(name)!r}",
            "a name that `lawful systems` lists, or a .toml file",
            "did you mean " + " or ".join(near) + "?" if near else "",
        )
    return _built(key)


@cache
def _built(name: str) -> System:
    family = next(file for file, systems in FAMILIES.items() if name in systems)
    module = import_module(f"lawful.systems.{family}")
    made: System = getattr(module, name.replace("-", "_"))()
    return made
