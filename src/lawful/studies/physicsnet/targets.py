"""What is true of a system's runs: its invariants, and T and V where the motion is T + V.

    Q(run, time) = Q(x_clean(run, time); p(run))

Evaluated on states without noise. A parameter that varies from run to run enters with
each run's own value.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lawful.expressions import compiled
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories

if TYPE_CHECKING:
    import sympy

    from lawful.studies.physicsnet.material import Material
    from lawful.systems.system import System

Array = NDArray[np.float64]

TARGETS = ("energy", "kinetic", "potential", "angular_momentum")


def formulas(system: "System") -> dict[str, "sympy.Expr"]:
    """Every quantity that is known of a system, by name, with the parameters' symbols.

    The invariants come first. The energy is T + V where the system does not list it.

    >>> from lawful.systems import system
    >>> list(formulas(system("isotropic-oscillator")))
    ['energy x', 'energy y', 'angular momentum', 'energy', 'kinetic', 'potential']
    """
    known = dict(system.invariants)
    if system.kinetic is not None and system.potential is not None:
        known.setdefault("energy", system.kinetic + system.potential)
    if system.kinetic is not None:
        known["kinetic"] = system.kinetic
    if system.potential is not None:
        known["potential"] = system.potential
    return known


def invariants(system: "System | None") -> tuple[str, ...]:
    """The names of what is conserved: the system's invariants, and T + V.

    >>> from lawful.systems import system
    >>> invariants(system("spring"))
    ('energy',)
    """
    if system is None:
        return ()
    return tuple(name for name in formulas(system) if name not in ("kinetic", "potential"))


def targets_of(system: "System | None") -> tuple[str, ...]:
    """Those of `TARGETS` that a system has.

    >>> from lawful.systems import system
    >>> targets_of(system("projectile")), targets_of(system("lorenz"))
    (('energy', 'kinetic', 'potential'), ())
    """
    if system is None:
        return ()
    spelled = {_spelled(name) for name in formulas(system)}
    return tuple(name for name in TARGETS if name in spelled)


def named(system: "System | None", target: str) -> str:
    """The quantity's own name, from the way that a target is spelled.

    Raises
    ------
    Refusal
        Where there is no such quantity, naming those that there are.

    Examples
    --------
    >>> from lawful.systems import system
    >>> named(system("orbit"), "angular_momentum")
    'angular momentum'
    >>> named(system("projectile"), "angular_momentum")
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: target 'angular_momentum' of projectile; expected one of \
horizontal_velocity, energy, path, kinetic, potential
    """
    if system is None:
        raise Refusal(
            f"target {target!r} of data whose system is not known",
            "a system of the catalogue or a file of equations",
            "leave --target away: what the network learnt is then read off",
        )
    spelled = {_spelled(name): name for name in formulas(system)}
    wanted = _spelled(target.strip())
    if wanted not in spelled:
        near = [name for name in spelled if name.startswith(wanted) or wanted in name]
        raise Refusal(
            f"target {target!r} of {system.name}",
            "one of " + ", ".join(near or spelled) if spelled else "none: nothing of it is known",
        )
    return spelled[wanted]


def _spelled(name: str) -> str:
    return name.casefold().replace(" ", "_").replace("-", "_").replace("'", "")


def true_expression(system: "System", name: str, *, varied: Collection[str] = ()) -> "sympy.Expr":
    """A quantity with the parameters' values put in, but for those that vary between runs.

    Examples
    --------
    >>> from lawful.systems import system
    >>> true_expression(system("spring"), "energy")
    0.5*v**2 + 1.0*x**2
    """
    expression = formulas(system)[named(system, name)]
    values = {system.symbols[p]: value for p, value in system.values.items() if p not in varied}
    return expression.subs(values)


def values_of(system: "System", name: str, states: Trajectories) -> Array:
    """A quantity on states, shape (run, time); each run with its own parameters.

    Raises
    ------
    Refusal
        Where the states lack a variable that the quantity needs.

    Examples
    --------
    >>> from lawful.systems import simulate, system
    >>> runs = simulate("spring", runs=3, samples=20, vary={"k": (1.0, 4.0)})
    >>> bool(values_of(system("spring"), "energy", runs).std(axis=1).max() < 1e-8)
    True
    """
    expression = formulas(system)[named(system, name)]
    needed = sorted(str(symbol) for symbol in expression.free_symbols)
    columns = {key: _column(system, key, states) for key in needed}
    shape = (states.sizes["run"], states.sizes["time"])
    with np.errstate(all="ignore"):
        values = compiled(str(expression))(columns)
    return np.array(np.broadcast_to(np.asarray(values, dtype=float), shape))


def _column(system: "System", name: str, states: Trajectories) -> Array:
    if name in states.data_vars:
        return np.asarray(states[name].values, dtype=float)
    if name in system.values:
        own = states[name].values if name in states.coords else system.values[name]
        return np.atleast_1d(np.asarray(own, dtype=float))[:, None]
    raise Refusal(f"states without {name!r}", f"the variables of {system.name}")


def truths(m: "Material") -> dict[str, Array]:
    """What is true of the material, by name, each of shape (run, time).

    The invariants, the energy, and T and V; nothing where no system is known, or where
    the states without noise are not.

    Examples
    --------
    >>> from lawful.studies.physicsnet.material import material
    >>> known = truths(material(["orbit"], runs=4, samples=30, noise=0.05))
    >>> list(known)
    ['energy', 'angular momentum', 'eccentricity vector x', 'kinetic', 'potential']
    >>> bool((known["angular momentum"].std(axis=1) < 1e-6).all())
    True
    """
    if m.system is None or m.clean is None:
        return {}
    return {name: values_of(m.system, name, m.clean) for name in formulas(m.system)}
