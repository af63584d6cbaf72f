"""Roles: which columns are a point's position, its velocity, an angle, a population.

===================  ===============================================================
role                 taken for it
===================  ===============================================================
angle                `theta`, `th1`, `phi`, `psi`, `θ`, `angle…`, `pitch`, … or the
                     unit rad, where the values look like radians (wrapped: a range
                     of 2π at most; unwrapped: no step beyond π)
angular_velocity     for an angle `theta1`: `omega1`, `w1`, `theta1_dot`,
                     `theta_dot1`, `dtheta1`, `dtheta1_dt`, `p_theta1`, `p1`
position, a point    `x, y, z`; `x1, y1`; `xa, ya`; `x_sun`; `sun_x`; `pos_x`, with
                     at least one velocity beside it, or a unit of length, or named
                     `pos…`, or said to be one
position, a line     `q`, `q1`, `x1` (no `y1`), `s`, … with a velocity: its own group
velocity             `vx`, `x_dot`, `dx`, `ux`, `px` (a momentum serves), `sun_vx`,
                     `vx_sun`, `vel_x`; on a line also `v`, `v1`, `p`, `p1`
vector               `Lx, Ly, Lz`; `B_x, B_y`; `L1, L2, L3`; `w1…`, `gamma1…`, …
population           `prey`, `predators`, `population…`, `count…`, `N`, `S` and `I`
                     together (with `E`, `R`), … or a unit that counts, where
                     strictly positive
scalar               all the rest: `x, y, z` alone may be a state of Lorenz'
===================  ===============================================================

A velocity is estimated where a position is sure and has none: by a unit of
length, by a name such as `pos_x`, by its group's other velocities, or because
the user said so. What the user says wins over what a name suggests.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lawful import units as unit_algebra
from lawful.refusal import Refusal
from lawful.spellings import (
    ANGLE,
    LINE,
    NUMBERED,
    POINT,
    POPULATION,
    PREFIXED,
    VECTOR,
    is_rate,
    number_in,
    point_in,
    rates_of,
)

Array = NDArray[np.float64]
Attributes = dict[str, dict[str, str]]

_EPIDEMIC = {"S", "I", "R", "E"}


@dataclass(frozen=True)
class Roles:
    """What each column is.

    Attributes
    ----------
    attributes
        `role`, and where they apply `group`, `axis`, `of`, by column name.
    missing
        Velocities to be estimated: the position or angle by the new column's name.
    notes
        What was guessed, and what could not be, a sentence each.
    """

    attributes: Attributes
    missing: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass
class _Draft:
    """A guess in the making: each column is taken at most once."""

    names: list[str]
    units: Mapping[str, str]
    values: Mapping[str, Array]
    taken: Attributes = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    bare: list[list[str]] = field(default_factory=list)

    def free(self) -> list[str]:
        return [name for name in self.names if name not in self.taken]

    def take(self, name: str, role: str, group: str = "", axis: str = "", of: str = "") -> None:
        record = {"role": role, "group": group, "axis": axis, "of": of}
        self.taken[name] = {key: value for key, value in record.items() if value}

    def new(self, *candidates: str) -> str:
        """The first name that no column has."""
        used = {*self.names, *self.missing}
        return next(name for name in _unending(candidates) if name not in used)

    def unit(self, name: str) -> str:
        return self.units.get(name, "")


def guess(
    names: Iterable[str],
    *,
    units: Mapping[str, str] | None = None,
    values: Mapping[str, Array] | None = None,
    angle: str | Sequence[str] = (),
    position: str | Sequence[str] = (),
    population: str | Sequence[str] = (),
    given: Mapping[str, Mapping[str, str]] | None = None,
) -> Roles:
    """Guess the roles of columns from their names, units and values.

    Parameters
    ----------
    names
        The columns' names.
    units
        Units by name; `""` or absent where unknown.
    values
        Arrays by name, shape (run, time), NaN where nothing was measured; a rule on
        values is passed over for a column that is not here.
    angle, population
        Columns said to be such: `"th1,th2"` or a sequence.
    position
        Points said to be such: `"x,y,z"`, or `"x1,y1;x2,y2"`, or a sequence of these.
    given
        Roles that are known already, as a NetCDF file holds them.

    Raises
    ------
    Refusal
        For a name that no column has, or a population that is not positive.

    Examples
    --------
    >>> roles = guess(["x", "y", "vx", "vy", "m"])
    >>> roles.attributes["vy"]
    {'role': 'velocity', 'group': 'r', 'axis': 'y', 'of': 'y'}
    >>> roles.attributes["m"]
    {'role': 'scalar'}
    >>> guess(["x", "y", "z"]).notes[0]
    'x, y, z stand without velocities and without a unit of length: taken as plain numbers; \
if they are a position, say --position x,y,z'
    """
    draft = _Draft(list(names), units or {}, values or {})
    said = {"angle": listed(angle), "population": listed(population)}
    points = groups(position)
    asked = [*said["angle"], *said["population"], *(name for point in points for name in point)]
    _check_said(asked, draft.names)
    for name, attributes in (given or {}).items():
        if name in draft.names and name not in asked and attributes.get("role"):
            draft.taken[name] = dict(attributes)
    _said_populations(draft, said["population"])
    for point in points:
        _said_point(draft, point)
    _angles(draft, said["angle"])
    _points(draft)
    _lines(draft)
    _vectors(draft)
    _populations(draft)
    for name in draft.free():
        draft.take(name, "scalar")
    _say_bare(draft)
    ordered = {name: draft.taken[name] for name in draft.names}
    known = {*(n for n, record in (given or {}).items() if record.get("role")), *asked}
    return Roles(ordered, draft.missing, (*draft.notes, *_told(ordered, known)))


def listed(text: str | Sequence[str]) -> list[str]:
    """Names from `"a, b"` or from a sequence of such.

    >>> listed("th1, th2"), listed(["a,b", "c"])
    (['th1', 'th2'], ['a', 'b', 'c'])
    """
    parts = [text] if isinstance(text, str) else text
    return [name.strip() for part in parts for name in part.split(",") if name.strip()]


def groups(text: str | Sequence[str]) -> list[list[str]]:
    """Groups of names: `;` parts groups, and so do entries of a sequence that hold commas.

    >>> groups("x1,y1; x2,y2"), groups(["x", "y"]), groups(["x1,y1", "x2,y2"])
    ([['x1', 'y1'], ['x2', 'y2']], [['x', 'y']], [['x1', 'y1'], ['x2', 'y2']])
    """
    parts = [text] if isinstance(text, str) else list(text)
    if len(parts) > 1 and not any(mark in part for part in parts for mark in ",;"):
        parts = [",".join(parts)]
    return [names for part in parts for group in part.split(";") if (names := listed(group))]


def closest(name: str, known: Iterable[str]) -> str:
    """A remedy that names what `name` may have been meant to be.

    >>> closest("thetta", ["theta", "omega"])
    "did you mean 'theta'?"
    """
    from difflib import get_close_matches

    known = list(known)
    near = get_close_matches(name, known, 1, 0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"there are: {shown}" if known else ""


def _check_said(asked: Sequence[str], names: Sequence[str]) -> None:
    for name in asked:
        if name not in names:
            raise Refusal(f"no column {name!r} to give a role to", remedy=closest(name, names))
    for name in {name for name in asked if list(asked).count(name) > 1}:
        raise Refusal(f"two roles for column {name!r}", "one", "name it once")


def _unending(candidates: Sequence[str]) -> Iterator[str]:
    yield from candidates
    number = 2
    while True:
        yield f"{candidates[-1]}_{number}"
        number += 1


# Angles and their rates.


def _angles(draft: _Draft, said: Sequence[str]) -> None:
    for name in said:
        draft.take(name, "angle")
    for name in draft.free():
        if draft.unit(name).strip() and not _is_angle_unit(draft.unit(name)):
            continue
        if not ANGLE.fullmatch(name) and not draft.unit(name).strip().startswith("rad"):
            continue
        if is_rate(name, draft.names):
            continue
        if looks_like_radians(draft.values.get(name)):
            draft.take(name, "angle")
        else:
            draft.notes.append(
                f"{name} is an angle by its name, but its values do not look like radians: taken "
                f"as a plain number; if they are, say --angle {name}; if they are degrees, "
                f"--units {name}=deg"
            )
    angles = [name for name, record in draft.taken.items() if record["role"] == "angle"]
    bare = []
    for name in angles:
        if any(record.get("of") == name for record in draft.taken.values()):
            continue
        if rate := _rate_of_angle(draft, name, alone=len(angles) == 1):
            draft.take(rate, "angular_velocity", of=name)
        elif name in said:
            draft.missing[draft.new(f"{name}_dot")] = name
        else:
            bare.append(name)
    if bare:
        draft.notes.append(
            f"{', '.join(bare)}: an angle without a rate; if the motion needs one (a pendulum's "
            f"does), say --angle {','.join(bare)} and it is estimated"
        )


def _rate_of_angle(draft: _Draft, name: str, *, alone: bool) -> str:
    number = number_in(name)
    words = ("omega", "w", "ω", "angular_velocity", "p", "thetadot", "theta_dot", "dtheta")
    near = [f"{word}{mark}{number}" for word in words for mark in ("", "_")] if number else []
    near += words if alone else []
    candidates = [*rates_of(name), f"omega_{name}", f"w_{name}", *near]
    free = draft.free()
    return next((rate for rate in candidates if rate in free), "")


def looks_like_radians(values: Array | None) -> bool:
    """Whether values, shape (run, time), may be radians: wrapped, or unwrapped and smooth.

    >>> import numpy as np
    >>> looks_like_radians(np.linspace([0.0], [90.0], 400).T)
    True
    >>> looks_like_radians(np.linspace([0.0], [90.0], 4).T)
    False
    """
    if values is None or not np.isfinite(values).any():
        return True
    if np.nanmax(values) - np.nanmin(values) <= 2 * np.pi * 1.02:
        return True
    steps = np.abs(np.diff(values, axis=1))
    steps = steps[np.isfinite(steps)]
    return bool(steps.size and np.quantile(steps, 0.999) <= np.pi and steps.max() <= 2 * np.pi)


def _is_angle_unit(unit: str) -> bool:
    return unit.strip() == "1" or unit_algebra.spell(unit) in {"rad", "deg"}


# Points: components of a position and of its velocity.


def _points(draft: _Draft) -> None:
    positions: dict[str, dict[str, str]] = {}
    velocities: dict[str, dict[str, str]] = {}
    named: set[str] = set()
    for name in draft.free():
        if found := point_in(name):
            kind, body, axis = found
            home = velocities if kind == "velocity" else positions
            home.setdefault(body, {}).setdefault(axis, name)
            if kind == "pos":
                named.add(body)
    for body, axes in positions.items():
        if len(axes) > 1:
            _one_point(draft, body, axes, velocities.get(body, {}), body in named)
        else:
            (axis, name), *_ = axes.items()
            if axis in (rates := velocities.get(body, {})):
                _take_point(draft, name, {axis: name}, rates)


def _say_bare(draft: _Draft) -> None:
    """Name what would be a position if only a velocity, a unit or the user said so."""
    bare = [m for m in draft.bare if all(draft.taken[n]["role"] == "scalar" for n in m)]
    if bare:
        joined = ", ".join(name for members in bare for name in members)
        said = ";".join(",".join(members) for members in bare)
        said = f"'{said}'" if ";" in said else said
        draft.notes.append(
            f"{joined} stand without velocities and without a unit of length: taken as plain "
            f"numbers; if they are a position, say --position {said}"
        )


def _one_point(
    draft: _Draft, body: str, axes: dict[str, str], rates: dict[str, str], named: bool
) -> None:
    members = list(axes.values())
    flow = dict(zip("xyz", "uvw", strict=True))  # as fluid mechanics names velocities
    if not body and not rates and all(flow[axis] in draft.free() for axis in axes):
        rates = flow
    rates = {axis: rate for axis, rate in rates.items() if axis in axes}
    measured = all(unit_algebra.is_length(draft.unit(name)) for name in members)
    if rates or measured or named:
        group = body if body and not body.isdigit() else f"r{body}"
        _take_point(draft, group, axes, rates)
    elif not any(_partner_on_line(draft, name) for name in members):
        draft.bare.append(members)


def _take_point(draft: _Draft, group: str, axes: dict[str, str], rates: dict[str, str]) -> None:
    for axis, name in axes.items():
        draft.take(name, "position", group, axis)
        if axis in rates:
            draft.take(rates[axis], "velocity", group, axis, name)
        else:
            draft.missing[_velocity_name(draft, name)] = name


def _velocity_name(draft: _Draft, name: str) -> str:
    """`vx` for `x`, `vx1` for `x1`, `sun_vx` for `sun_x`, `q1_dot` for `q1`."""
    if POINT.fullmatch(name.casefold()):
        return draft.new(f"v{name}", f"{name}_dot")
    if PREFIXED.fullmatch(name.casefold()):
        return draft.new(f"{name[:-1]}v{name[-1]}", f"{name}_dot")
    return draft.new(f"{name}_dot")


def _said_point(draft: _Draft, point: list[str]) -> None:
    found = [point_in(name) for name in point]
    axes = [entry[2] if entry else "" for entry in found]
    if len(set(axes)) < len(axes) or "" in axes:
        axes = (
            list("xyz"[: len(point)]) if len(point) <= 3 else [f"x{k}" for k in range(len(point))]
        )
    bodies = {entry[1] for entry in found if entry}
    group = point[0] if len(point) == 1 else bodies.pop() if len(bodies) == 1 else "_".join(point)
    if group.isdigit() or not group:
        group = f"r{group}"
    rates: dict[str, str] = {}
    for axis, name, entry in zip(axes, point, found, strict=True):
        if partner := _partner(draft, name, entry):
            rates[axis] = partner
        draft.take(name, "position", group, axis)
    _take_point(draft, group, dict(zip(axes, point, strict=True)), rates)


def _partner(draft: _Draft, name: str, entry: tuple[str, str, str] | None) -> str:
    """The free column that is spelled as the velocity of `name`; "" where there is none."""
    for other in draft.free():
        if entry and point_in(other) == ("velocity", *entry[1:]):
            return other
    return next((rate for rate in rates_of(name) if rate in draft.free()), "")


# Coordinates on a line: q1 with p1, x with v.


def _lines(draft: _Draft) -> None:
    for name in draft.free():
        if name in draft.taken or is_rate(name, draft.names):
            continue
        if rate := _partner_on_line(draft, name):
            draft.take(name, "position", name, "x")
            draft.take(rate, "velocity", name, "x", name)
        elif LINE.fullmatch(name) and unit_algebra.is_length(draft.unit(name)):
            _take_point(draft, name, {"x": name}, {})


def _partner_on_line(draft: _Draft, name: str) -> str:
    """The velocity of a coordinate on a line; "" where there is none.

    Any `foo` with `foo_dot` is one; `v1` and `p1` serve `x1` and `q1` alone.
    """
    free = draft.free()
    sure = [f"{name}_dot", f"d{name}_dt", f"d{name}dt", f"{name}_vel", f"{name}_velocity"]
    if not LINE.fullmatch(name):
        return next((rate for rate in sure if rate in free), "")
    number = name[len(name.rstrip("0123456789")) :]
    shared = [other for other in draft.names if other != name and LINE.fullmatch(other)]
    rates = rates_of(name)
    if not any(number_in(other) == number for other in shared):
        words = ("v", "p", "vel", "velocity", "momentum")
        rates += [f"{word}{gap}{number}" for word in words for gap in ("", "_")]
    return next((rate for rate in rates if rate in free), "")


# Vectors and populations.


def _vectors(draft: _Draft) -> None:
    found: dict[str, dict[str, str]] = {}
    for name in draft.free():
        if match := NUMBERED.fullmatch(name):
            axis = "xyz"[int(match["axis"]) - 1]
            found.setdefault(match["base"] + "#", {})[axis] = name
        elif (match := VECTOR.fullmatch(name)) and match["base"] not in {"v", "p", "d", "u", "r"}:
            found.setdefault(match["base"], {})[match["axis"]] = name
    for base, axes in found.items():
        if len(axes) == 3 or (len(axes) == 2 and not base.endswith("#") and len(base) == 1):
            for axis, name in axes.items():
                draft.take(name, "vector", base.rstrip("#"), axis)


def _populations(draft: _Draft) -> None:
    epidemic = _EPIDEMIC if {"S", "I"} <= {*draft.names} else set()
    for name in draft.free():
        unit = draft.unit(name)
        by_unit = unit.strip() not in ("", "1") and unit_algebra.is_count(unit)
        by_name = POPULATION.fullmatch(name) or name in epidemic or re.fullmatch(r"N_?\d*", name)
        if not (by_unit or (by_name and unit.strip() in ("", "1"))):
            continue
        if _least(draft, name) > 0:
            draft.take(name, "population")
        else:
            draft.notes.append(
                f"{name} is a population by its {'unit' if by_unit else 'name'}, but is not "
                "positive everywhere: its logarithm has no meaning, taken as a plain number"
            )


def _said_populations(draft: _Draft, said: Sequence[str]) -> None:
    for name in said:
        if (least := _least(draft, name)) <= 0:
            raise Refusal(
                f"population {name!r} falls to {least:g}",
                "values above zero",
                "leave it out of --population, or shift it",
            )
        draft.take(name, "population")


def _least(draft: _Draft, name: str) -> float:
    values = draft.values.get(name)
    finite = values[np.isfinite(values)] if values is not None else np.empty(0)
    return float(finite.min()) if finite.size else np.inf


# What was guessed, in words.


def _told(attributes: Attributes, known: set[str]) -> Iterator[str]:
    fresh = {name: record for name, record in attributes.items() if name not in known}
    members: dict[tuple[str, str], list[str]] = {}
    for name, record in fresh.items():
        if record["role"] in ("position", "vector"):
            members.setdefault((record["role"], record.get("group", name)), []).append(name)
        elif record["role"] == "angle":
            yield f"{name} is taken as an angle in radians"
        elif record["role"] == "angular_velocity":
            yield f"{name} is taken as the rate of the angle {record['of']}"
        elif record["role"] == "population":
            yield f"{name} is taken as a population"
    for (role, group), names in members.items():
        rates = [n for n, r in fresh.items() if r.get("of") in names and r["role"] == "velocity"]
        tail = f", with velocity {', '.join(rates)}" if rates else ""
        what = "the position of one point" if role == "position" else f"one vector, {group}"
        yield f"{', '.join(names)} {_is(names)} taken as {what}{tail}"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
