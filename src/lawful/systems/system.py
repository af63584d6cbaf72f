"""A system: dx/dt = f(x; p), with what is known of it, defined once as SymPy expressions.

From the one definition follow the vectorised rates (`rates.py`), the LaTeX, the
plain text and the proof of each invariant (`proof.py`). A system is frozen:
`pendulum(length=2.0)` makes a new one.
"""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful import expressions
from lawful.refusal import Refusal

if TYPE_CHECKING:
    import sympy

    from lawful.systems.proof import Proof

Array = NDArray[np.float64]
Values = Mapping[str, Any]
Sampler = Callable[[np.random.Generator, int, Values], dict[str, Any]]


@dataclass(frozen=True)
class Variable:
    """A state variable: its unit and role as in `trajectories.ROLES`."""

    name: str
    units: str = ""
    role: str = "scalar"
    group: str = ""
    axis: str = ""
    of: str = ""
    long_name: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        """What goes to the variable's `attrs`, the unit apart."""
        keys = ("role", "group", "axis", "of", "long_name")
        return {key: value for key in keys if (value := getattr(self, key))}


@dataclass(frozen=True)
class Parameter:
    """A constant of the equations: its value, unit and meaning."""

    name: str
    value: float
    units: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class System:
    """Equations that move, with what is known of them.

    Attributes
    ----------
    name, title, description, source
        What it is, and where it comes from.
    variables, parameters
        In order; rates and samplers use the same names.
    equations
        dx/dt by variable name, as SymPy expressions.
    sampler
        (generator, number of runs, parameters) -> initial states by name, each of
        shape (run,) or a scalar.
    duration
        How long to follow it, a formula of the parameters.
    samples
        How many samples resolve the motion over that time.
    time_units
        The unit of time.
    invariants
        A functionally independent set of conserved quantities that are single-valued
        and elementary; where more exist, `description` says so.
    degree
        Of the monomials with which the invariants fit a library of monomials and
        what the roles suggest.
    beyond
        Names of the invariants that no such library holds.
    constraints
        What is the same in every run, by construction, such as |γ|² = 1.
    adiabatic
        What is conserved nearly, in a limit.
    kinetic, potential
        T(v) and V(q), where the motion is T + V.
    accepts
        Which runs to keep, from arrays (run, time) by name; the rest is drawn again.

    Examples
    --------
    >>> from lawful.systems import system
    >>> pendulum = system("pendulum")
    >>> pendulum(length=2.0).values["length"]
    2.0
    >>> pendulum(lenght=2.0)
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: parameter 'lenght' of pendulum; expected one of length, g; \
did you mean length?
    """

    name: str
    title: str
    variables: tuple[Variable, ...]
    parameters: tuple[Parameter, ...]
    equations: Mapping[str, "sympy.Expr"]
    sampler: Sampler = field(compare=False, repr=False)
    duration: str = "10"
    samples: int = 200
    time_units: str = "1"
    invariants: Mapping[str, "sympy.Expr"] = field(default_factory=dict)
    degree: int = 2
    beyond: tuple[str, ...] = ()
    constraints: Mapping[str, "sympy.Expr"] = field(default_factory=dict)
    adiabatic: Mapping[str, "sympy.Expr"] = field(default_factory=dict)
    kinetic: "sympy.Expr | None" = None
    potential: "sympy.Expr | None" = None
    accepts: Callable[[Values], NDArray[np.bool_]] | None = field(default=None, compare=False)
    description: str = ""
    source: str = ""

    def __hash__(self) -> int:
        return hash((self.name, self.variables, self.parameters))

    # ------------------------------------------------------------- parameters

    @property
    def values(self) -> dict[str, float]:
        """The parameters' values by name."""
        return {p.name: p.value for p in self.parameters}

    def with_parameters(self, **values: float) -> "System":
        """A new system with other values of some parameters.

        Raises
        ------
        Refusal
            For a name that is no parameter, or a value that is no finite number.
        """
        for name, value in values.items():
            self.check_parameter(name)
            if not _is_number(value):
                raise Refusal(f"{name}={value!r} for {self.name}", "a finite number")
        return replace(
            self,
            parameters=tuple(
                replace(p, value=float(values.get(p.name, p.value))) for p in self.parameters
            ),
        )

    def __call__(self, **values: float) -> "System":
        """The same as `with_parameters`."""
        return self.with_parameters(**values)

    def check_parameter(self, name: str) -> None:
        """Refuse a name that is no parameter, naming the near ones."""
        names = [p.name for p in self.parameters]
        if name not in names:
            near = difflib.get_close_matches(name, names, 3)
            raise Refusal(
                f"parameter {name!r} of {self.name}",
                "one of " + ", ".join(names) if names else "none: it has no parameters",
                "did you mean " + " or ".join(near) + "?" if near else "",
            )

    # ---------------------------------------------------------------- derived

    @property
    def names(self) -> tuple[str, ...]:
        """The state variables' names, in order."""
        return tuple(v.name for v in self.variables)

    @property
    def units(self) -> dict[str, str]:
        """Units by name: variables, parameters and time."""
        named: Iterable[Variable | Parameter] = (*self.variables, *self.parameters)
        return {**{v.name: v.units for v in named}, "time": self.time_units}

    @property
    def roles(self) -> dict[str, dict[str, str]]:
        """Attributes by variable name, as `trajectories.make` takes them."""
        return {v.name: v.attributes for v in self.variables}

    @property
    def time(self) -> float:
        """The default duration, for the parameters' present values."""
        return float(expressions.compiled(self.duration)(self.values))

    @cached_property
    def symbols(self) -> dict[str, "sympy.Symbol"]:
        """The symbol of each variable and parameter."""
        import sympy as sp

        return {name: sp.Symbol(name) for name in (*self.names, *self.values)}

    @cached_property
    def partition(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """(q, v) where dq/dt depends on v alone and dv/dt on q alone; None where nothing does.

        >>> from lawful.systems import system
        >>> system("henon-heiles").partition
        (('x', 'y'), ('vx', 'vy'))
        >>> system("lorenz").partition is None
        True
        """
        needs = {n: {str(s) for s in self.equations[n].free_symbols} for n in self.names}
        rates = {v.name for v in self.variables if v.role in ("velocity", "angular_velocity")}
        v = tuple(n for n in self.names if n in rates)
        q = tuple(n for n in self.names if n not in rates)
        apart = all(not needs[n] & set(q) for n in q) and all(not needs[n] & set(v) for n in v)
        return (q, v) if q and v and apart else None

    def sample(self, rng: np.random.Generator, runs: int, values: Values | None = None) -> Array:
        """Initial states, shape (variable, run), for parameters `values`."""
        drawn = self.sampler(rng, runs, {**self.values, **(values or {})})
        if set(drawn) != set(self.names):
            raise Refusal(
                f"initial states of {', '.join(sorted(drawn))}",
                f"one of each variable of {self.name}: {', '.join(self.names)}",
            )
        return np.array([np.broadcast_to(drawn[n], (runs,)) for n in self.names], dtype=float)

    def prove(self) -> tuple["Proof", ...]:
        """Show that each invariant and constraint has dI/dt = 0; see `proof.prove`."""
        from lawful.systems.proof import prove

        return prove(self)

    # ------------------------------------------------------------------- text

    @property
    def text(self) -> str:
        """The equations as plain text, one a line."""
        return "\n".join(f"d{name}/dt = {self.equations[name]}" for name in self.names)

    @property
    def latex(self) -> str:
        """The equations as one LaTeX `aligned` block."""
        import sympy as sp

        lines = [
            rf"\dot{{{sp.latex(self.symbols[n])}}} &= {sp.latex(self.equations[n])}"
            for n in self.names
        ]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    @property
    def invariants_latex(self) -> dict[str, str]:
        """Each invariant as LaTeX, by name."""
        import sympy as sp

        return {name: sp.latex(expression) for name, expression in self.invariants.items()}


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float | np.number) and math.isfinite(float(value))
