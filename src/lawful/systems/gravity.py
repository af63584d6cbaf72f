"""Bodies that attract as 1/r²: d²r/dt² = −μ r/r³.

Sources: H. Goldstein, C. Poole and J. Safko, Classical Mechanics, 3rd ed.
(Addison-Wesley, 2002), §§ 3.7 to 3.9, 3.12; C. D. Murray and S. F. Dermott, Solar
System Dynamics (Cambridge, 1999), ch. 2.
"""

import numpy as np
from numpy.typing import NDArray

from lawful.systems.define import define, points
from lawful.systems.system import Parameter, System, Values

GOLDSTEIN = "H. Goldstein, C. Poole and J. Safko, Classical Mechanics (Addison-Wesley, 2002)"
Array = NDArray[np.float64]


def orbit() -> System:
    """Kepler's problem in the plane, in astronomical units and years."""
    r = "sqrt(x**2 + y**2)"
    return define(
        "orbit",
        "Planet around a fixed sun",
        points({"planet": ("", "")}, "xy", "au", "au/year"),
        [Parameter("mu", 4 * np.pi**2, "au3/year2", "the sun's gravitational parameter GM")],
        {"x": "vx", "y": "vy", "vx": f"-mu*x/{r}**3", "vy": f"-mu*y/{r}**3"},
        _planar_orbits,
        duration="4.5*pi/sqrt(mu)",
        time_units="year",
        invariants={
            "energy": f"(vx**2 + vy**2)/2 - mu/{r}",
            "angular momentum": "x*vy - y*vx",
            "eccentricity vector x": f"vy*(x*vy - y*vx) - mu*x/{r}",
        },
        degree=3,
        kinetic="(vx**2 + vy**2)/2",
        potential=f"-mu/{r}",
        description="Ellipses of eccentricity 0 to 0.6. The other component of the "
        "Laplace-Runge-Lenz vector follows from these three up to its sign.",
        source=f"{GOLDSTEIN}, §§ 3.7 to 3.9",
    )


def kepler() -> System:
    """Kepler's problem in space."""
    r = "sqrt(x**2 + y**2 + z**2)"
    lx, ly, lz = "(y*vz - z*vy)", "(z*vx - x*vz)", "(x*vy - y*vx)"
    return define(
        "kepler",
        "Kepler problem in space",
        points({"planet": ("", "")}, "xyz", "1", "1"),
        [Parameter("mu", 1.0, "1", "gravitational parameter")],
        {**{a: f"v{a}" for a in "xyz"}, **{f"v{a}": f"-mu*{a}/{r}**3" for a in "xyz"}},
        _spatial_orbits,
        duration="4.5*pi/sqrt(mu)",
        invariants={
            "energy": f"(vx**2 + vy**2 + vz**2)/2 - mu/{r}",
            "angular momentum x": lx,
            "angular momentum y": ly,
            "angular momentum z": lz,
            "Laplace-Runge-Lenz x": f"vy*{lz} - vz*{ly} - mu*x/{r}",
        },
        degree=3,
        kinetic="(vx**2 + vy**2 + vz**2)/2",
        potential=f"-mu/{r}",
        description="Six dimensions leave room for five laws. The Laplace-Runge-Lenz vector A "
        "has one component that is independent of the rest, for A·L = 0 and A² = μ² + 2 E L².",
        source=f"{GOLDSTEIN}, § 3.9",
    )


def _elements(rng: np.random.Generator, runs: int, mu: float) -> tuple[Array, Array]:
    """Positions and velocities (2, run) on ellipses, the pericentre on the first axis."""
    size, e = rng.uniform(0.8, 1.5, runs), rng.uniform(0.0, 0.6, runs)
    anomaly = rng.uniform(0, 2 * np.pi, runs)  # eccentric
    b = np.sqrt(1 - e**2)
    place = size * np.array([np.cos(anomaly) - e, b * np.sin(anomaly)])
    rate = np.sqrt(mu / size) / (1 - e * np.cos(anomaly))
    return place, rate * np.array([-np.sin(anomaly), b * np.cos(anomaly)])


def _planar_orbits(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    place, rate = _elements(rng, runs, p["mu"])
    turn, sense = rng.uniform(0, 2 * np.pi, runs), rng.choice([-1.0, 1.0], runs)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    place, rate = (np.einsum("ijr,jr->ir", rotation, a) for a in (place, rate))
    return {"x": place[0], "y": sense * place[1], "vx": rate[0], "vy": sense * rate[1]}


def _spatial_orbits(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    place, rate = _elements(rng, runs, p["mu"])
    frames = np.linalg.qr(rng.normal(size=(runs, 3, 2)))[0]
    frames = frames * rng.choice([-1.0, 1.0], (runs, 1, 2))
    r, v = (np.einsum("rij,jr->ir", frames, a) for a in (place, rate))
    return dict(zip(("x", "y", "z", "vx", "vy", "vz"), (*r, *v), strict=True))


def three_body() -> System:
    """Three masses in a plane, each attracting the others."""
    bodies = "123"
    pairs = [("1", "2"), ("1", "3"), ("2", "3")]

    def distance(i: str, j: str) -> str:
        i, j = sorted((i, j))
        return f"sqrt((x{i} - x{j})**2 + (y{i} - y{j})**2)"

    def pull(a: str, i: str) -> str:
        return " + ".join(f"G*m{j}*({a}{j} - {a}{i})/{distance(i, j)}**3" for j in bodies if j != i)

    def total(of: str) -> str:
        return "(" + " + ".join(of.replace("#", i) for i in bodies) + ")"

    px, py = total("m#*vx#"), total("m#*vy#")
    kinetic = total("m#*(vx#**2 + vy#**2)/2")
    potential = " - ".join(["0", *(f"G*m{i}*m{j}/{distance(i, j)}" for i, j in pairs)])
    return define(
        "three-body",
        "Three bodies in a plane",
        points({f"body{i}": ("", i) for i in bodies}, "xy", "1", "1"),
        [
            Parameter("G", 1.0, "1", "gravitational constant"),
            *(
                Parameter(f"m{i}", m, "1", f"mass of body {i}")
                for i, m in zip(bodies, (1.0, 0.9, 0.8), strict=True)
            ),
        ],
        {
            **{f"{a}{i}": f"v{a}{i}" for i in bodies for a in "xy"},
            **{f"v{a}{i}": pull(a, i) for i in bodies for a in "xy"},
        },
        _triangles,
        duration="6/sqrt(G*(m1 + m2 + m3))",
        invariants={
            "energy": f"{kinetic} + {potential}",
            "momentum x": px,
            "momentum y": py,
            "angular momentum": total("m#*(x#*vy# - y#*vx#)"),
            "angular momentum of the centre": f"{total('m#*x#')}*{py} - {total('m#*y#')}*{px}",
        },
        degree=2,
        kinetic=kinetic,
        potential=potential,
        accepts=_stay_apart,
        description="Turning triangles, stretched and kicked so that they break up, while the "
        "centre of mass drifts. Runs in which two bodies come close are drawn again.",
        source="C. D. Murray and S. F. Dermott, Solar System Dynamics (Cambridge, 1999); "
        f"{GOLDSTEIN}, § 3.12",
    )


def _triangles(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    """Lagrange's turning triangle, perturbed, moved and set adrift."""
    side = rng.uniform(0.9, 1.5, runs)
    turn = rng.uniform(0, 2 * np.pi, runs) + 2 * np.pi / 3 * np.arange(3)[:, None]
    spin = np.sqrt(p["G"] * (p["m1"] + p["m2"] + p["m3"]) / side**3) * rng.uniform(0.85, 1.1, runs)
    spin = spin * rng.choice([-1.0, 1.0], runs)
    r = side / np.sqrt(3) * np.array([np.cos(turn), np.sin(turn)])
    v = spin * np.array([-r[1], r[0]])
    r = r + 0.05 * side * rng.normal(size=r.shape) + 0.5 * rng.normal(size=(2, 1, runs))
    v = v + 0.07 * rng.normal(size=v.shape) + 0.3 * rng.normal(size=(2, 1, runs))
    columns = {"x": r[0], "y": r[1], "vx": v[0], "vy": v[1]}
    return {f"{name}{i + 1}": values[i] for name, values in columns.items() for i in range(3)}


def _stay_apart(columns: Values) -> NDArray[np.bool_]:
    """Whether no two bodies come within 0.35 of one another."""
    nearest = [
        np.hypot(columns[f"x{i}"] - columns[f"x{j}"], columns[f"y{i}"] - columns[f"y{j}"])
        for i, j in ("12", "13", "23")
    ]
    return np.asarray(np.min(nearest, axis=(0, 2)) > 0.35)
