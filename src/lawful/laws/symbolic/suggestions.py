"""What the roles of the columns suggest to a search.

    r = |x|,  |x_i − x_j|,  exp(x_i − x_j) on a line,  |v|²,  sin φ,  cos φ,  log n

An orbit's energy holds 1/sqrt(x² + y²), which arithmetic alone does not reach; with r as one
more column it is two terms. A suggestion carries its own text in the data's columns, so a
formula that was found with it can be written out.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import groups_of

Array = NDArray[np.float64]
Columns = Mapping[str, Array]
Roles = Mapping[str, Mapping[str, str]]

MOST_ANGLES = 4  # whose differences are suggested
MOST_POINTS = 5  # whose separations are suggested


def suggested_features(columns: Columns, roles: Roles) -> dict[str, tuple[Array, str]]:
    """Further columns for a search, by name: their values and how they are written.

    Parameters
    ----------
    columns
        Arrays of shape (samples,), by name.
    roles
        As in `trajectories.ROLES`: of a point in the plane or in space its distance from the
        origin and its squared speed; of two points their separation, and on a line its
        exponential; of an angle sine and cosine; of a population the logarithm.

    Returns
    -------
    dict
        Without those that are not finite on the data, that do not vary, or that repeat another.

    Examples
    --------
    >>> x, y = np.array([3.0, 0.0]), np.array([4.0, 1.0])
    >>> roles = {n: {"role": "position", "group": "planet", "axis": n} for n in "xy"}
    >>> values, text = suggested_features({"x": x, "y": y}, roles)["r"]
    >>> values.tolist(), text
    ([5.0, 1.0], 'sqrt(x**2 + y**2)')
    """
    from lawful.expressions import compiled

    known = {name: dict(roles[name]) for name in columns if name in roles}
    found: dict[str, tuple[Array, str]] = {}
    seen = list(columns.values())
    for name, text in _texts(known):
        with np.errstate(all="ignore"):
            values = np.asarray(compiled(text)(columns), dtype=float)
        if not np.isfinite(values).all() or np.ptp(values) == 0:
            continue
        if any(np.array_equal(values, other) for other in seen):
            continue
        seen.append(values)
        found[_free_name(name, columns, found)] = (values, text)
    return found


def _texts(roles: dict[str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Names and formulas of what may be of use."""
    points = groups_of(roles, "position")
    yield from _lengths(points, "r", roles)
    speeds = groups_of(roles, "velocity")
    for name, text in _lengths(speeds, "speed2", roles):
        yield name, text.removeprefix("sqrt(").removesuffix(")")
    if len(speeds) > 1:
        yield "speed2_total", _squares([v for group in speeds.values() for v in group])
    if len(points) <= MOST_POINTS:
        yield from _separations(points, bare=not speeds)
    yield from _angles([n for n, a in roles.items() if a.get("role") == "angle"])
    for n, record in roles.items():
        if record.get("role") == "population":
            yield f"log_{n}", f"log({n})"


def _lengths(
    groups: dict[str, list[str]], word: str, roles: dict[str, dict[str, str]]
) -> Iterator[tuple[str, str]]:
    for group, names in groups.items():
        if len(names) > 1:
            yield (word if len(groups) == 1 else f"{word}_{group}"), f"sqrt({_squares(names)})"


def _squares(names: Sequence[str]) -> str:
    return " + ".join(f"{name}**2" for name in names)


def _separations(points: dict[str, list[str]], *, bare: bool) -> Iterator[tuple[str, str]]:
    for (a, first), (b, second) in combinations(points.items(), 2):
        if len(first) != len(second):
            continue
        if len(first) == 1:
            yield f"d_{a}_{b}", f"{first[0]} - {second[0]}"
            yield f"exp_{a}_{b}", f"exp({first[0]} - {second[0]})"
            yield f"exp_{b}_{a}", f"exp({second[0]} - {first[0]})"
            continue
        apart = [f"({p} - {q})**2" for p, q in zip(first, second, strict=True)]
        yield f"r_{a}_{b}", f"sqrt({' + '.join(apart)})"
        if bare:  # points that move each other as vortices do: the logarithm is their potential
            yield f"log_r_{a}_{b}", f"log(sqrt({' + '.join(apart)}))"


def _angles(angles: Sequence[str]) -> Iterator[tuple[str, str]]:
    for a in angles:
        yield f"cos_{a}", f"cos({a})"
        yield f"sin_{a}", f"sin({a})"
    if len(angles) <= MOST_ANGLES:
        for a, b in combinations(angles, 2):
            yield f"cos_{a}_{b}", f"cos({a} - {b})"


def _free_name(name: str, *taken: Mapping[str, object]) -> str:
    while any(name in names for names in taken):
        name += "_"
    return name
