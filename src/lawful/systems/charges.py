"""A charge in a magnetic field: dv/dt = v × B (charge over mass taken into B).

Sources: J. D. Jackson, Classical Electrodynamics, 3rd ed. (Wiley, 1999), §§ 12.3,
12.5; T. G. Northrop, The Adiabatic Motion of Charged Particles (Interscience, 1963).
"""

import numpy as np

from lawful.systems.define import define, points
from lawful.systems.system import Parameter, System, Values


def charged_particle() -> System:
    """A uniform field along z."""
    return define(
        "charged-particle",
        "Charge in a uniform magnetic field",
        points({"particle": ("", "")}, "xyz", "m", "m/s"),
        [Parameter("omega", 1.5, "rad/s", "cyclotron frequency qB/m")],
        {"x": "vx", "y": "vy", "z": "vz", "vx": "omega*vy", "vy": "-omega*vx", "vz": "0"},
        lambda rng, runs, p: dict(
            zip(("x", "y", "z", "vx", "vy", "vz"), rng.normal(size=(6, runs)), strict=True)
        ),
        duration="6*pi/omega",
        time_units="s",
        invariants={
            "velocity z": "vz",
            "energy across the field": "(vx**2 + vy**2)/2",
            "guiding centre x": "x + vy/omega",
            "guiding centre y": "y - vx/omega",
        },
        description="A helix about a fixed line. A fifth law would join the phase of the turn "
        "to z, and has many values.",
        source="J. D. Jackson, Classical Electrodynamics (Wiley, 1999), § 12.3",
    )


def magnetic_mirror() -> System:
    """The axisymmetric vacuum field Bz = ω (1 + (z² − r²/2)/s²), Br = −ω z r/s²."""
    bx, by, bz = (
        "(-omega*z*x/s**2)",
        "(-omega*z*y/s**2)",
        "(omega*(1 + (z**2 - (x**2 + y**2)/2)/s**2))",
    )
    along = f"(vx*{bx} + vy*{by} + vz*{bz})"
    square = f"({bx}**2 + {by}**2 + {bz}**2)"
    return define(
        "magnetic-mirror",
        "Charge in a magnetic mirror",
        points({"particle": ("", "")}, "xyz", "1", "1"),
        [
            Parameter("omega", 1.0, "1", "cyclotron frequency at the centre"),
            Parameter("s", 1.0, "1", "length over which the field grows"),
        ],
        {
            "x": "vx",
            "y": "vy",
            "z": "vz",
            "vx": f"vy*{bz} - vz*{by}",
            "vy": f"vz*{bx} - vx*{bz}",
            "vz": f"vx*{by} - vy*{bx}",
        },
        _trapped,
        duration="10*pi/omega",
        invariants={
            "energy": "(vx**2 + vy**2 + vz**2)/2",
            "canonical angular momentum": "x*vy - y*vx + omega*((x**2 + y**2)/2"
            " + (x**2 + y**2)*z**2/(2*s**2) - (x**2 + y**2)**2/(8*s**2))",
        },
        adiabatic={
            "magnetic moment": f"(vx**2 + vy**2 + vz**2 - {along}**2/{square})/(2*sqrt({square}))"
        },
        degree=4,
        description="A bottle that reflects the charge where the field lines crowd. The magnetic "
        "moment is conserved only as far as the circles are small against the bottle.",
        source="T. G. Northrop, The Adiabatic Motion of Charged Particles (Interscience, 1963)",
    )


def _trapped(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    """States near the centre, circles of 0.07 to 0.25 of the bottle's length."""
    s, omega = p["s"], p["omega"]
    out, radius = rng.uniform(0, 2 * np.pi, runs), 0.35 * np.sqrt(rng.uniform(0, 1, runs))
    speed = s * omega * rng.uniform(0.08, 0.25, runs)
    slope = rng.uniform(-0.5, 0.5, runs)
    phase = rng.uniform(0, 2 * np.pi, runs)
    across = speed * np.sqrt(1 - slope**2)
    return {
        "x": s * radius * np.cos(out),
        "y": s * radius * np.sin(out),
        "z": s * rng.uniform(-0.3, 0.3, runs),
        "vx": across * np.cos(phase),
        "vy": across * np.sin(phase),
        "vz": speed * slope,
    }
