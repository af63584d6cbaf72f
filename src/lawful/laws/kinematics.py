r"""Findings about roles: do angles wrap, are velocities rates, are populations positive?

    x(t_{n+1}) − x(t_n) = f · ∫ v dt,   f = 1

A declared velocity is held against its position over single steps (the
trapezoid rule); a factor f other than 1 is a unit or a clock that does not fit.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lawful.laws.evidence import Array, Evidence, Finding

_TURN = 2 * np.pi
_OFF = 0.05
_RATES = {"velocity": "position", "angular_velocity": "angle"}
_FACTORS = {
    1000.0: "thousand (kilo)",
    60.0: "minutes against seconds",
    3600.0: "hours against seconds",
    24.0: "days against hours",
    86400.0: "days against seconds",
    365.25: "years against days",
    31557600.0: "years against seconds",
    180 / np.pi: "degrees against radians",
    _TURN: "turns against radians",
}


def kinematics(seen: Evidence) -> Iterator[Finding]:
    """All findings about roles."""
    yield from _said_by_reader(seen)
    yield from _wrapped(seen)
    yield from _rates(seen)
    yield from _rates_missing(seen)
    yield from _populations(seen)


def _said_by_reader(seen: Evidence) -> Iterator[Finding]:
    try:
        notes = json.loads(seen.runs.attrs.get("notes", "[]"))
    except (TypeError, ValueError):
        return
    for note in notes if isinstance(notes, list) else []:
        yield Finding("note", "reading:", str(note))


def _wrapped(seen: Evidence) -> Iterator[Finding]:
    for name in seen.names:
        step = np.abs(np.diff(seen.column(name), axis=1))
        step = step[np.isfinite(step)]
        angle = seen.role(name) == "angle"
        for turn, unit in ((_TURN, "2π"), (360.0, "360")):
            jumps = int(_jumps(step, turn, seen.column(name)))
            if not jumps or (angle and turn == _TURN):
                continue
            yield Finding(
                "warning",
                repr(name),
                f"jumps by {unit} {jumps} times: it looks like an angle"
                + (" in degrees" if turn == 360.0 else ""),
                "the jumps count as motion",
                "convert it to radians" + ("" if angle else f" and say --angle {name}")
                if turn == 360.0
                else f"say --angle {name}",
            )
            break


def _jumps(step: Array, turn: float, column: Array) -> int:
    low, high = np.nanmin(column, initial=np.inf), np.nanmax(column, initial=-np.inf)
    if step.size == 0 or not 0.8 * turn < high - low < 1.02 * turn:
        return 0
    jump = np.abs(step - turn) < 0.15 * turn
    between = (step > 0.3 * turn) & ~jump
    return int(jump.sum()) if not between.any() else 0


class Fit(NamedTuple):
    """How a position's steps follow its velocity: factor, its error, correlation."""

    factor: float
    error: float
    correlation: float


def rate_fit(times: Array, position: Array, velocity: Array, angle: bool = False) -> Fit:
    """The factor f between a position's steps and its velocity's integral.

    Examples
    --------
    >>> t = np.linspace(0, 10, 500)[None]
    >>> fit = rate_fit(t, np.sin(t), np.cos(t) / 60)
    >>> round(fit.factor, 1), round(fit.correlation, 3)
    (60.0, 1.0)
    """
    moved = np.diff(position, axis=1)
    if angle:
        moved = moved - _TURN * np.round(moved / _TURN)
    told = (velocity[:, 1:] + velocity[:, :-1]) / 2 * np.diff(times, axis=1)
    held = np.isfinite(moved) & np.isfinite(told)
    y, x = moved[held], told[held]
    if x.size < 3 or not x.any() or not y.any():
        return Fit(np.nan, np.inf, 0.0)
    factor = float(x @ y / (x @ x))
    left = y - factor * x
    error = float(np.sqrt(left @ left / (x.size - 1) / (x @ x)))
    return Fit(factor, error, float(x @ y / np.sqrt((x @ x) * (y @ y))))


def _rates(seen: Evidence) -> Iterator[Finding]:
    right = []
    for name in seen.names:
        of = str(seen.runs[name].attrs.get("of", ""))
        if seen.role(name) not in _RATES or of not in seen.names:
            continue
        angle = seen.role(name) == "angular_velocity"
        fit = rate_fit(seen.times, seen.column(of), seen.column(name), angle)
        if not np.isfinite(fit.factor):
            continue
        if not seen.noise.resolved[seen.names.index(of)]:
            continue
        if abs(fit.factor - 1) <= max(_OFF, 4 * fit.error):
            right.append(name)
        else:
            yield _misfit(name, of, fit)
    if right:
        yield Finding("ok", "velocities", f"agree with their positions ({', '.join(right)})")


def _misfit(name: str, of: str, fit: Fit) -> Finding:
    if abs(fit.correlation) < 0.5:
        return Finding(
            "warning",
            repr(name),
            f"is not the rate of {of!r}: their correlation is {fit.correlation:.2f}",
            "laws that pair them cannot hold",
            "check which column is whose velocity",
        )
    guess = _familiar(abs(fit.factor))
    sign = ", with the sign turned" if fit.factor < 0 else ""
    return Finding(
        "warning",
        repr(name),
        f"times the clock's step is not the step of {of!r}: it must be multiplied by "
        f"{fit.factor:.6g}{sign}" + (f", as for {guess}" if guess else ""),
        "laws will hold with constants in mixed units",
        "convert one of the columns, or the clock",
    )


def _familiar(factor: float) -> str:
    for known, said in _FACTORS.items():
        if abs(factor / known - 1) < 0.03 or abs(factor * known - 1) < 0.03:
            return said
    return ""


def _rates_missing(seen: Evidence) -> Iterator[Finding]:
    have = {str(seen.runs[n].attrs.get("of", "")) for n in seen.names if seen.role(n) in _RATES}
    bare = [n for n in seen.names if seen.role(n) in _RATES.values() and n not in have]
    if bare:
        yield Finding(
            "note",
            ", ".join(map(repr, bare)),
            "has no velocity beside it",
            "energy and momenta cannot be found from positions alone",
            "let the reader estimate velocities, or give them",
        )


def _populations(seen: Evidence) -> Iterator[Finding]:
    for name in seen.names:
        if seen.role(name) != "population":
            continue
        below = int((seen.column(name) <= 0).sum())
        if below:
            yield Finding(
                "warning",
                repr(name),
                f"is declared a population, but is not positive in {below} samples",
                "its logarithm does not exist there, and those samples are lost",
                "remove them, or drop the role with --population",
            )
