"""Variables: which columns evolve, which are fixed within a run, which say nothing new.

- A column that differs between runs but not within any is a *parameter*: a
  coordinate on `run`. A velocity or a vector's component is not, while the
  position or the rest of the vector moves: a constant momentum is a law, not a
  setting.
- A column that is the same everywhere, or empty, or a copy of another, is left out.

All of it is decided once, as a `Plan`, and then done to every chunk alike; a chunk
that contradicts the plan is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lawful import roles, units
from lawful.differentiation import derivative
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, check, clock

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Wishes:
    """What the user says about a file; all else is guessed."""

    run: str | None = None
    time: str | None = None
    ignore: tuple[str, ...] = ()
    angle: tuple[str, ...] = ()
    position: tuple[str, ...] = ()
    population: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    velocities: bool = True

    def named(self) -> set[str]:
        """Columns that the user gave a role to: they stay, whatever they hold."""
        points = (name for point in roles.groups(self.position) for name in point)
        return {*roles.listed(self.angle), *roles.listed(self.population), *points}


@dataclass(frozen=True)
class Plan:
    """What becomes of every column.

    Attributes
    ----------
    dropped, copies
        Left out: constant or empty everywhere; equal to the column it maps to.
    parameters
        Fixed within every run.
    factors
        Degrees become radians by these.
    units, attributes
        By name of column.
    missing
        Velocities to be estimated: the position or angle by the new column's name.
    notes
        What was decided, in words.
    """

    dropped: tuple[str, ...] = ()
    copies: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    factors: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def plan(
    runs: Trajectories, wishes: Wishes, *, sorted_out: bool = False, first_of_many: bool = False
) -> Plan:
    """Decide what each column of freshly read runs is.

    Parameters
    ----------
    runs
        With every column of the file as a variable.
    wishes
        What the user said.
    sorted_out
        Whether the file itself parts variables and parameters (as ours do): then
        none is left out.
    first_of_many
        Whether more chunks follow: a column that is constant so far may yet differ
        between runs, and becomes a parameter.

    Raises
    ------
    Refusal
        Where nothing is left that evolves, or a wish cannot be met.
    """
    known, factors, notes = _units(runs, wishes)
    values = {str(name): np.asarray(v.values) for name, v in runs.data_vars.items()}
    values = {name: v * factors.get(name, 1.0) for name, v in values.items() if v.ndim == 2}
    given = {
        str(name): {k: str(v.attrs[k]) for k in ("role", "group", "axis", "of") if k in v.attrs}
        for name, v in runs.data_vars.items()
    }
    dropped: list[str] = []
    copies: dict[str, str] = {}
    parameters: list[str] = []
    if not sorted_out:
        copies = _copies(values, clock(runs))
        fresh = {name: v for name, v in values.items() if name not in copies}
        dropped, parameters = _fixed(fresh, known, wishes)
        if first_of_many:
            parameters += [n for n in dropped if np.isfinite(values[n]).any()]
            dropped = [n for n in dropped if n not in parameters]
        notes += _told(dropped, copies, parameters, values)
    kept = [str(n) for n in runs.data_vars if n not in {*dropped, *copies, *parameters}]
    if not kept:
        raise Refusal(
            "no column changes along a run",
            "at least one that does",
            "name the runs' column with --run, the time's with --time",
        )
    guessed = roles.guess(
        kept,
        units=known,
        values={name: v for name, v in values.items() if name in kept},
        angle=wishes.angle,
        position=wishes.position,
        population=wishes.population,
        given=given,
    )
    missing = guessed.missing if wishes.velocities else {}
    notes += [*guessed.notes, *_gaps(values, kept, clock(runs))]
    notes += [f"{new} is estimated from {old}: it was not measured" for new, old in missing.items()]
    return Plan(
        tuple(dropped),
        copies,
        tuple(parameters),
        factors,
        known,
        guessed.attributes,
        missing,
        tuple(notes),
    )


def carry_out(plan: Plan, runs: Trajectories) -> Trajectories:
    """The runs as the plan has them: roles, units, parameters, estimated velocities.

    Raises
    ------
    Refusal
        Where a column that the plan holds for a copy, or for fixed within runs, is not.
    """
    for copy, original in plan.copies.items():
        other = clock(runs) if original == "time" else runs[original].values
        if not _equal(runs[copy].values, other):
            raise Refusal(
                f"{copy!r} is a copy of {original!r} in the first rows, but not later",
                remedy=f"say --ignore {copy}, or read the file whole",
            )
    for name in plan.dropped:
        if _extent(np.asarray(runs[name].values)) > 0:
            raise Refusal(
                f"column {name!r} is empty in the first rows, but not later",
                remedy=f"say --ignore {name}, or read the file whole",
            )
    moved = {name: once_a_run(name, runs[name].values) for name in plan.parameters}
    result = runs.drop_vars([*plan.dropped, *plan.copies, *plan.parameters])
    result = result.assign_coords({name: ("run", value) for name, value in moved.items()})
    for name, factor in plan.factors.items():
        if name in result:
            result[name] = result[name] * factor
    for name, attributes in plan.attributes.items():
        result[name].attrs.update(attributes)
    for new, old in plan.missing.items():
        result[new] = (("run", "time"), _rate(result, old, plan.attributes[old]["role"]))
        result[new].attrs.update(_rate_attributes(plan, old))
    for name in [*result.data_vars, *moved, "time"]:
        result[name].attrs["units"] = plan.units.get(str(name), "") or _rate_unit(plan, str(name))
    return check(result)


# Units.


def _units(
    runs: Trajectories, wishes: Wishes
) -> tuple[dict[str, str], dict[str, float], list[str]]:
    """Units by name, factors from degrees to radians, and what to say of them."""
    known = {str(n): str(runs[n].attrs.get("units", "")) for n in [*runs.data_vars, *runs.coords]}
    factors, notes = {}, []
    clock_name = str(runs["time"].attrs.get("long_name", ""))
    for asked, unit in wishes.units.items():
        name = "time" if asked == clock_name and asked not in known else asked
        if name not in known:
            raise Refusal(f"--units for {name!r}", remedy=roles.closest(name, known))
        known[name] = unit
    for name, unit in known.items():
        if unit.strip() and not units.known(unit):
            notes.append(f"the unit {unit!r} of {name} is not one that can be read: left unknown")
            known[name] = ""
        elif name in runs.data_vars and (factor := units.degrees(unit)) is not None:
            factors[name] = factor
            known[name] = units.in_radians(unit)
            notes.append(f"{name} was in degrees and is turned into radians")
    return known, factors, notes


def _rate_unit(plan: Plan, name: str) -> str:
    """The unit of an estimated velocity."""
    if name not in plan.missing:
        return ""
    unit = plan.units.get(plan.missing[name], "")
    if plan.attributes[plan.missing[name]]["role"] == "angle":
        unit = unit or "rad"
    return units.product({unit: 1, plan.units.get("time", ""): -1})


# Copies, constants, parameters.


def _copies(values: Mapping[str, Array], times: Array) -> dict[str, str]:
    """Columns that equal an earlier one, or the clock, in every sample."""
    seen: dict[int, list[str]] = {}
    copies: dict[str, str] = {}
    everything = {"time": times, **values}
    for name, array in everything.items():
        alike = seen.setdefault(hash(np.nan_to_num(array + 0.0).tobytes()), [])
        original = next((o for o in alike if _equal(everything[o], array)), None)
        if original is None:
            alike.append(name)
        else:
            copies[name] = original
    return copies


def _equal(a: Array, b: Array) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))


def _fixed(
    values: Mapping[str, Array], known: Mapping[str, str], wishes: Wishes
) -> tuple[list[str], list[str]]:
    """Columns constant everywhere (or empty), and columns constant within every run."""
    still = {name: v for name, v in values.items() if _is_fixed(v)}
    moving = {name for name in values if name not in still}
    kept = _moved_along(values, moving, known, wishes) | wishes.named()
    constant = [n for n, v in still.items() if n not in kept and _extent(v) == 0]
    return constant, [n for n in still if n not in kept and n not in constant]


def _is_fixed(values: Array) -> bool:
    low = np.fmin.reduce(values, axis=1)
    high = np.fmax.reduce(values, axis=1)
    return bool(np.all((low == high) | np.isnan(low)))


def _extent(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max() - finite.min()) if finite.size else 0.0


def _moved_along(
    values: Mapping[str, Array], moving: set[str], known: Mapping[str, str], wishes: Wishes
) -> set[str]:
    """Columns that belong to one that moves: its velocity, its position, its vector."""
    said = wishes.named() & set(values)
    guessed = roles.guess(
        values,
        units=known,
        values=values,
        position=_kept_groups(wishes, said),
        angle=[n for n in roles.listed(wishes.angle) if n in said],
    ).attributes
    kept = {n for n, r in guessed.items() if r.get("of") in moving}
    kept |= {r["of"] for n, r in guessed.items() if n in moving and "of" in r}
    alive = {r["group"] for n, r in guessed.items() if n in moving and r["role"] == "vector"}
    kept |= {n for n, r in guessed.items() if r["role"] == "vector" and r["group"] in alive}
    return kept


def _kept_groups(wishes: Wishes, said: set[str]) -> list[str]:
    points = roles.groups(wishes.position)
    return [",".join(p) + ";" for p in points if set(p) <= said]


def once_a_run(name: str, values: Array) -> Array:
    """The one value of a fixed column in each run, NaN where a run has none."""
    if not _is_fixed(values):
        raise Refusal(
            f"column {name!r} is fixed within runs in the first rows, but not later",
            remedy=f"say --ignore {name}, or read the file whole",
        )
    result: Array = np.fmin.reduce(values, axis=1)
    return result


def _told(
    dropped: Sequence[str],
    copies: Mapping[str, str],
    parameters: Sequence[str],
    values: Mapping[str, Array],
) -> list[str]:
    notes = [f"{copy} is a copy of {original}: left out" for copy, original in copies.items()]
    for name in dropped:
        finite = values[name][np.isfinite(values[name])]
        what = f"is {finite[0]:.6g} everywhere" if finite.size else "is empty"
        notes.append(f"{name} {what}: left out")
    if parameters:
        notes.append(f"{', '.join(parameters)}: fixed within each run, kept as a parameter")
    return notes


def _gaps(values: Mapping[str, Array], kept: Sequence[str], times: Array) -> list[str]:
    held = np.isfinite(times)
    missing = {name: int((np.isnan(values[name]) & held).sum()) for name in kept if name in values}
    return [f"{name} has {n} gaps (no value)" for name, n in missing.items() if n]


# Velocities.


def _rate(runs: Trajectories, name: str, role: str) -> Array:
    values = np.asarray(runs[name].values)
    if role == "angle":
        values = _unwrapped(values)
    times = np.asarray(runs["time"].values)
    return derivative(times, values)


def _unwrapped(values: Array) -> Array:
    """Angles without jumps of 2π, gaps passed over."""
    held = np.isfinite(values)
    order = np.argsort(~held, axis=1, kind="stable")
    packed = np.take_along_axis(values, order, 1)
    result = np.full(values.shape, np.nan)
    np.put_along_axis(result, order, np.unwrap(packed, axis=1), 1)
    return result


def _rate_attributes(plan: Plan, old: str) -> dict[str, str]:
    attributes = dict(plan.attributes[old])
    role = "angular_velocity" if attributes["role"] == "angle" else "velocity"
    return {**attributes, "role": role, "of": old, "long_name": f"rate of {old}, estimated"}
