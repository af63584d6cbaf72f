"""Oscillators in two dimensions: V = ω²x²/2 and beyond.

Sources: J. M. Jauch and E. L. Hill, Phys. Rev. 57, 641 (1940), for the laws of the
isotropic one; M. Hénon and C. Heiles, Astron. J. 69, 73 (1964).
"""

import numpy as np

from lawful.systems.define import define, points, position, velocity
from lawful.systems.system import Parameter, System, Values


def isotropic_oscillator() -> System:
    """Equal stiffness in both directions."""
    return define(
        "isotropic-oscillator",
        "Isotropic oscillator in a plane",
        points({"mass": ("", "")}, "xy", "m", "m/s"),
        [Parameter("omega", 1.5, "rad/s", "angular frequency")],
        {"x": "vx", "y": "vy", "vx": "-omega**2*x", "vy": "-omega**2*y"},
        lambda rng, runs, p: _any_state(rng, runs, p["omega"], p["omega"]),
        duration="6*pi/omega",
        time_units="s",
        invariants={
            "energy x": "vx**2/2 + omega**2*x**2/2",
            "energy y": "vy**2/2 + omega**2*y**2/2",
            "angular momentum": "x*vy - y*vx",
        },
        kinetic="(vx**2 + vy**2)/2",
        potential="omega**2*(x**2 + y**2)/2",
        description="Closed ellipses. The fourth law of Jauch and Hill, vx vy + ω² x y, "
        "follows from these three up to its sign.",
        source="J. M. Jauch and E. L. Hill, Phys. Rev. 57, 641 (1940)",
    )


def anisotropic_oscillator() -> System:
    """Stiffnesses whose frequencies have an irrational ratio."""
    return define(
        "anisotropic-oscillator",
        "Anisotropic oscillator in a plane",
        points({"mass": ("", "")}, "xy", "m", "m/s"),
        [
            Parameter("omega_x", 1.0, "rad/s", "angular frequency along x"),
            Parameter("omega_y", float(np.sqrt(2)), "rad/s", "angular frequency along y"),
        ],
        {"x": "vx", "y": "vy", "vx": "-omega_x**2*x", "vy": "-omega_y**2*y"},
        lambda rng, runs, p: _any_state(rng, runs, p["omega_x"], p["omega_y"]),
        duration="7*pi/sqrt(omega_x*omega_y)",
        time_units="s",
        invariants={
            "energy x": "vx**2/2 + omega_x**2*x**2/2",
            "energy y": "vy**2/2 + omega_y**2*y**2/2",
        },
        kinetic="(vx**2 + vy**2)/2",
        potential="(omega_x**2*x**2 + omega_y**2*y**2)/2",
        description="At an irrational ratio of frequencies each orbit fills a rectangle and no "
        "third single-valued law exists; at a rational one there is one.",
        source="J. M. Jauch and E. L. Hill, Phys. Rev. 57, 641 (1940)",
    )


def _any_state(
    rng: np.random.Generator, runs: int, omega_x: float, omega_y: float
) -> dict[str, object]:
    x, y, vx, vy = rng.normal(size=(4, runs))
    return {"x": x, "y": y, "vx": omega_x * vx, "vy": omega_y * vy}


def coupled_oscillators() -> System:
    """Two equal masses between two walls, joined by a third spring."""
    return define(
        "coupled-oscillators",
        "Two masses and three springs",
        [
            position("x1", "m"),
            position("x2", "m"),
            velocity("v1", "m/s", of="x1"),
            velocity("v2", "m/s", of="x2"),
        ],
        [
            Parameter("m", 1.0, "kg", "each mass"),
            Parameter("k", 1.0, "N/m", "outer springs"),
            Parameter("c", 1.0, "N/m", "middle spring"),
        ],
        {
            "x1": "v1",
            "x2": "v2",
            "v1": "(-k*x1 + c*(x2 - x1))/m",
            "v2": "(-k*x2 + c*(x1 - x2))/m",
        },
        lambda rng, runs, p: dict(
            zip(("x1", "x2", "v1", "v2"), rng.normal(size=(4, runs)), strict=True)
        ),
        duration="5*pi*sqrt(m/k)",
        time_units="s",
        invariants={
            "energy of the even mode": "m*(v1 + v2)**2/4 + k*(x1 + x2)**2/4",
            "energy of the odd mode": "m*(v1 - v2)**2/4 + (k + 2*c)*(x1 - x2)**2/4",
        },
        kinetic="m*(v1**2 + v2**2)/2",
        potential="k*(x1**2 + x2**2)/2 + c*(x1 - x2)**2/2",
        description="Each mode keeps its energy; their frequencies have the ratio √3 at the "
        "default stiffnesses, so that no third law joins them.",
        source="L. D. Landau and E. M. Lifshitz, Mechanics (Pergamon, 1976), § 23",
    )


def henon_heiles() -> System:
    """A star in a galaxy's plane: V = (x² + y²)/2 + x²y − y³/3."""
    potential = "(x**2 + y**2)/2 + x**2*y - y**3/3"
    return define(
        "henon-heiles",
        "Hénon-Heiles",
        points({"star": ("", "")}, "xy", "1", "1"),
        [],
        {"x": "vx", "y": "vy", "vx": "-x - 2*x*y", "vy": "-y - x**2 + y**2"},
        _bound_stars,
        duration="8*pi",
        invariants={"energy": f"(vx**2 + vy**2)/2 + {potential}"},
        degree=3,
        kinetic="(vx**2 + vy**2)/2",
        potential=potential,
        description="Energies from 1/12 to 1/6, below escape, where order and chaos mix. "
        "Near the centre a second law holds approximately.",
        source="M. Hénon and C. Heiles, Astron. J. 69, 73 (1964)",
    )


def _bound_stars(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    energy = rng.uniform(1 / 12, 0.99 / 6, runs)
    place, left = np.zeros((2, runs)), np.full(runs, np.nan)
    while (missing := np.isnan(left)).any():
        x, y = rng.uniform(-0.9, 0.9, runs), rng.uniform(-0.5, 1.0, runs)
        inside = y < 1 - np.sqrt(3) * np.abs(x)
        spare = energy - ((x**2 + y**2) / 2 + x**2 * y - y**3 / 3)
        new = missing & inside & (spare > 0)
        place[:, new], left[new] = np.array([x, y])[:, new], spare[new]
    speed, heading = np.sqrt(2 * left), rng.uniform(0, 2 * np.pi, runs)
    return {
        "x": place[0],
        "y": place[1],
        "vx": speed * np.cos(heading),
        "vy": speed * np.sin(heading),
    }
