"""Motion without a law: friction, drive and strange attractors.

Sources: E. N. Lorenz, J. Atmos. Sci. 20, 130 (1963); B. van der Pol, Phil. Mag. 2,
978 (1926); L. D. Landau and E. M. Lifshitz, Mechanics (Pergamon, 1976), § 25.
"""

import numpy as np

from lawful.systems.define import define, position, velocity
from lawful.systems.mechanics import GRAVITY, LANDAU, angle, angular_velocity, swinging
from lawful.systems.system import Parameter, System, Variable


def lorenz() -> System:
    """Convection rolls, reduced to three modes."""
    return define(
        "lorenz",
        "Lorenz attractor",
        [Variable(name, "1") for name in "xyz"],
        [
            Parameter("sigma", 10.0, "1", "Prandtl number"),
            Parameter("rho", 28.0, "1", "Rayleigh number over its critical value"),
            Parameter("beta", 8 / 3, "1", "shape of the rolls"),
        ],
        {"x": "sigma*(y - x)", "y": "x*(rho - z) - y", "z": "x*y - beta*z"},
        lambda rng, runs, p: {
            "x": rng.normal(0, 8, runs),
            "y": rng.normal(0, 8, runs),
            "z": rng.normal(25, 8, runs),
        },
        duration="3",
        description="Chaotic and dissipative at the classical parameters: no conserved quantity. "
        "Some other parameters have one that decays at a known rate.",
        source="E. N. Lorenz, J. Atmos. Sci. 20, 130 (1963)",
    )


def van_der_pol() -> System:
    """An oscillator that feeds itself."""
    return define(
        "van-der-pol",
        "Van der Pol oscillator",
        [position("x"), velocity("v", of="x")],
        [Parameter("mu", 1.2, "1", "strength of the feedback")],
        {"x": "v", "v": "mu*(1 - x**2)*v - x"},
        lambda rng, runs, p: {"x": rng.uniform(-3, 3, runs), "v": rng.uniform(-3, 3, runs)},
        duration="15",
        description="Every run ends on one cycle, which forgets where it began: no law.",
        source="B. van der Pol, Phil. Mag. 2, 978 (1926)",
    )


def damped_spring() -> System:
    """A spring with friction: m dv/dt = −k x − c v."""
    return define(
        "damped-spring",
        "Mass on a spring with friction",
        [
            position("x", "m", group="mass"),
            velocity("v", "m/s", of="x", group="mass"),
        ],
        [
            Parameter("k", 2.0, "N/m", "stiffness"),
            Parameter("m", 1.0, "kg", "mass"),
            Parameter("c", 0.3, "kg/s", "friction"),
        ],
        {"x": "v", "v": "-(k*x + c*v)/m"},
        lambda rng, runs, p: {
            "x": rng.uniform(-2, 2, runs),
            "v": rng.uniform(-2, 2, runs) * np.sqrt(p["k"] / p["m"]),
        },
        duration="6*pi*sqrt(m/k)",
        time_units="s",
        description="Energy leaks at the rate c v². What stays the same along the spiral has "
        "infinitely many values at each place, and is no law.",
        source=f"{LANDAU}, § 25",
    )


def damped_pendulum() -> System:
    """A pendulum with friction."""
    return define(
        "damped-pendulum",
        "Pendulum with friction",
        [angle("theta"), angular_velocity("omega", "theta")],
        [
            Parameter("length", 1.0, "m", "length of the rod"),
            GRAVITY,
            Parameter("c", 0.4, "1/s", "friction"),
        ],
        {"theta": "omega", "omega": "-g*sin(theta)/length - c*omega"},
        swinging,
        duration="6*pi*sqrt(length/g)",
        time_units="s",
        description="Swings of up to 150 degrees that die away; energy leaks at the rate "
        "c length² ω².",
        source=f"{LANDAU}, § 25",
    )
