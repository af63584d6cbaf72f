"""What a data set can be drawn as: bodies in space, hands on a circle, planes of its columns.

    positions (x, y, z) of one group     a body in space
    angles θ                             a hand on a circle, (sin θ, −cos θ)
    a rate beside what it is the rate of     a plane, (q, q̇)
    vectors, populations, plain numbers  planes, or three axes

The roles in the data's attributes say which (`lawful.trajectories.ROLES`).
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from lawful.trajectories import Trajectories

RATES = {"position": "velocity", "angle": "angular_velocity"}
MOST_PLANES = 8


@dataclass(frozen=True)
class Trail:
    """What leaves one trail: its name, and a column for each axis ("" for zero)."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """One way to draw the data.

    Attributes
    ----------
    id, title
        For the choice among them.
    axes
        What the axes are called; two or three.
    trails
        What moves.
    alike
        Whether all axes have one unit, so that a circle is round.
    hands
        Whether each trail is an angle, its column the angle's.
    """

    id: str
    title: str
    axes: tuple[str, ...]
    trails: tuple[Trail, ...]
    alike: bool = False
    hands: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As a page is told."""
        return asdict(self)

    @property
    def columns(self) -> tuple[str, ...]:
        """All that it needs."""
        return tuple(dict.fromkeys(c for trail in self.trails for c in trail.columns if c))


def drawings(runs: Trajectories) -> tuple[Drawing, ...]:
    """The ways to draw these data, the most telling first; none for fields alone.

    Examples
    --------
    >>> import lawful
    >>> [d.id for d in drawings(lawful.read("planets"))]
    ['space', 'plane:x', 'plane:y', 'plane:z']
    >>> drawings(lawful.simulate("pendulum", runs=2, samples=30))[0].title
    'on the circle'
    """
    roles = {
        str(name): {k: str(v) for k, v in variable.attrs.items()}
        for name, variable in runs.data_vars.items()
        if variable.ndim == 2
    }
    units = {name: about.get("units", "") for name, about in roles.items()}
    found = [*_space(roles), *_circle(roles), *_vectors(roles), *_plain(roles)]
    planes = list(_planes(roles))[:MOST_PLANES]
    bent = any(d.id in ("space", "circle") for d in found)
    whole = [*(() if any(d.id == "space" for d in found) else _together(planes, units)), *planes]
    return tuple([*found, *whole] if bent else [*whole, *found])


def _grouped(roles: dict[str, dict[str, str]], role: str) -> dict[str, dict[str, str]]:
    """Columns of a role by group and axis."""
    groups: dict[str, dict[str, str]] = {}
    for name, about in roles.items():
        if about.get("role") == role:
            groups.setdefault(about.get("group") or name, {})[about.get("axis") or name] = name
    return groups


def _space(roles: dict[str, dict[str, str]]) -> Iterator[Drawing]:
    """All points with two components or more, in one space."""
    points = {g: parts for g, parts in _grouped(roles, "position").items() if len(parts) > 1}
    axes = tuple(sorted({axis for parts in points.values() for axis in parts}))[:3]
    if points:
        trails = [Trail(g, tuple(parts.get(a, "") for a in axes)) for g, parts in points.items()]
        yield Drawing("space", "in space", axes, tuple(trails), alike=True)


def _circle(roles: dict[str, dict[str, str]]) -> Iterator[Drawing]:
    angles = [name for name, about in roles.items() if about.get("role") == "angle"]
    if angles:
        trails = tuple(Trail(name, (name,)) for name in angles)
        yield Drawing("circle", "on the circle", ("sin", "−cos"), trails, True, hands=True)


def _vectors(roles: dict[str, dict[str, str]]) -> Iterator[Drawing]:
    for group, parts in _grouped(roles, "vector").items():
        axes = tuple(sorted(parts))[:3]
        if len(axes) > 1:
            trail = Trail(group, tuple(parts[a] for a in axes))
            names = tuple(parts[a] for a in axes)
            yield Drawing(f"vector:{group}", f"the vector {group}", names, (trail,), alike=True)


def _together(planes: list[Drawing], units: dict[str, str]) -> Iterator[Drawing]:
    """The planes of several bodies on a line, or of several angles, where they have one unit."""
    kinds = {tuple(units[c] for c in plane.axes) for plane in planes}
    if len(planes) > 1 and len(kinds) == 1:
        trails = tuple(Trail(plane.axes[0], plane.trails[0].columns) for plane in planes)
        yield Drawing("planes", "all against their rates", ("value", "rate"), trails)


def _planes(roles: dict[str, dict[str, str]]) -> Iterator[Drawing]:
    """Each quantity against its rate."""
    for name, about in roles.items():
        if about.get("role") not in RATES.values():
            continue
        of = about.get("of", "")
        if of in roles:
            trail = Trail(about.get("group") or of, (of, name))
            yield Drawing(f"plane:{of}", f"{of} and {name}", (of, name), (trail,))


def _plain(roles: dict[str, dict[str, str]]) -> Iterator[Drawing]:
    """Columns without a place of their own: three axes, or a plane."""
    for role, title in (("population", "populations"), ("scalar", "columns")):
        names = [name for name, about in roles.items() if about.get("role", "scalar") == role][:3]
        if len(names) > 1:
            yield Drawing(role, title, tuple(names), (Trail("", tuple(names)),))
