"""A system from formulas as text, every name in them checked, and variables with their roles."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lawful import expressions
from lawful.refusal import Refusal
from lawful.systems.system import Parameter, Sampler, System, Variable

if TYPE_CHECKING:
    import sympy


def define(
    name: str,
    title: str,
    variables: Iterable[Variable],
    parameters: Iterable[Parameter],
    equations: Mapping[str, str],
    sampler: Sampler,
    *,
    invariants: Mapping[str, str] | None = None,
    constraints: Mapping[str, str] | None = None,
    adiabatic: Mapping[str, str] | None = None,
    kinetic: str = "",
    potential: str = "",
    **rest: Any,
) -> System:
    """A `System` from formulas as text, every name in them checked.

    Raises
    ------
    Refusal
        For a name used twice, an equation missing or of no variable, or an unknown
        name, role or variable that another is said to belong to.
    """
    variables, parameters = tuple(variables), tuple(parameters)
    _check_names(name, variables, parameters, equations)
    known = [*(v.name for v in variables), *(p.name for p in parameters)]

    def read(what: str, text: str) -> "sympy.Expr":
        try:
            return expressions.parse(text, known)
        except Refusal as refusal:
            got = f"{what} of {name}: {refusal.got}"
            raise Refusal(got, refusal.expected, refusal.remedy) from None

    def read_all(what: str, texts: Mapping[str, str] | None) -> dict[str, "sympy.Expr"]:
        return {key: read(f"{what} {key!r}", text) for key, text in (texts or {}).items()}

    return System(
        name,
        title,
        variables,
        parameters,
        {v.name: read(f"the equation of {v.name!r}", equations[v.name]) for v in variables},
        sampler,
        invariants=read_all("invariant", invariants),
        constraints=read_all("constraint", constraints),
        adiabatic=read_all("adiabatic invariant", adiabatic),
        kinetic=read("the kinetic energy", kinetic) if kinetic else None,
        potential=read("the potential", potential) if potential else None,
        **rest,
    )


def _check_names(
    name: str,
    variables: tuple[Variable, ...],
    parameters: tuple[Parameter, ...],
    equations: Mapping[str, str],
) -> None:
    from lawful.trajectories import ROLES

    states = [v.name for v in variables]
    known = [*states, *(p.name for p in parameters)]
    if not states:
        raise Refusal(f"{name} without variables", "at least one equation")
    for double in {n for n in known if known.count(n) > 1}:
        raise Refusal(f"{double!r} twice in {name}", "one meaning for each name", "rename one")
    for reserved in {"time", "run", "pi", *expressions.FUNCTIONS} & set(known):
        raise Refusal(f"{reserved!r} as a name in {name}", "a name of its own", "rename it")
    for stray in set(equations) ^ set(states):
        kind = "no equation for" if stray in states else "an equation for the unknown"
        raise Refusal(f"{kind} {stray!r} in {name}", "one equation for each variable")
    for variable in variables:
        if variable.role not in ROLES:
            raise Refusal(
                f"role {variable.role!r} of {variable.name!r}", "one of " + ", ".join(ROLES)
            )
        if variable.of and variable.of not in states:
            raise Refusal(
                f"{variable.name!r} as the rate of {variable.of!r}", "one of " + ", ".join(states)
            )


# ------------------------------------------------------------- variables of the catalogue


def position(name: str, units: str = "1", *, group: str = "", axis: str = "x") -> Variable:
    """A component of a point's position."""
    return Variable(name, units, "position", group or name, axis)


def velocity(name: str, units: str = "1", *, of: str, group: str = "", axis: str = "x") -> Variable:
    """The rate of the position `of`."""
    return Variable(name, units, "velocity", group or of, axis, of)


def points(
    groups: Mapping[str, tuple[str, str]], axes: str, units: str, rates: str = ""
) -> tuple[Variable, ...]:
    """Positions, then velocities if `rates` names their unit, of named points.

    `groups` gives each point's prefix and suffix: {"body1": ("", "1")} with the axes
    "xy" makes x1, y1 and vx1, vy1.

    >>> [v.name for v in points({"body1": ("", "1")}, "xy", "m", "m/s")]
    ['x1', 'y1', 'vx1', 'vy1']
    """
    places = [
        position(f"{a}{axis}{b}", units, group=group, axis=axis)
        for group, (a, b) in groups.items()
        for axis in axes
    ]
    if not rates:
        return tuple(places)
    return (
        *places,
        *(velocity(f"v{p.name}", rates, of=p.name, group=p.group, axis=p.axis) for p in places),
    )


def vector(group: str, names: Iterable[str], units: str = "1") -> tuple[Variable, ...]:
    """The components of a vector that is no position."""
    return tuple(
        Variable(name, units, "vector", group, axis)
        for name, axis in zip(names, "xyz", strict=False)
    )
