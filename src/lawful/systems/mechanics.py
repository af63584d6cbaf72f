"""Bodies, springs and pendulums: m d²x/dt² = −∂V/∂x.

Sources: L. D. Landau and E. M. Lifshitz, Mechanics, 3rd ed. (Pergamon, 1976),
§§ 5, 11, 21; N. B. Tufillaro, T. A. Abbott and D. J. Griffiths, Am. J. Phys. 52,
895 (1984), for the swinging Atwood machine.
"""

import numpy as np

from lawful.systems.define import define, points, position, velocity
from lawful.systems.system import Parameter, System, Values, Variable

GRAVITY = Parameter("g", 9.81, "m/s2", "acceleration of free fall")
LANDAU = "L. D. Landau and E. M. Lifshitz, Mechanics (Pergamon, 1976)"


def projectile() -> System:
    """Free fall: dvy/dt = −g."""
    return define(
        "projectile",
        "Projectile without drag",
        points({"body": ("", "")}, "xy", "m", "m/s"),
        [GRAVITY],
        {"x": "vx", "y": "vy", "vx": "0", "vy": "-g"},
        _thrown,
        duration="20/g",
        time_units="s",
        invariants={
            "horizontal velocity": "vx",
            "energy": "(vx**2 + vy**2)/2 + g*y",
            "path": "g*x + vx*vy",
        },
        kinetic="(vx**2 + vy**2)/2",
        potential="g*y",
        description="A body thrown in uniform gravity. The third law says where its path "
        "lies: g x + vx vy is g times the place of the apex.",
        source=f"{LANDAU}, § 5; the third law follows by eliminating time",
    )


def _thrown(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    return {
        "x": rng.uniform(-10, 10, runs),
        "y": rng.uniform(-10, 10, runs),
        "vx": rng.uniform(-8, 8, runs),
        "vy": rng.uniform(2, 14, runs),
    }


def spring() -> System:
    """Hooke's law: m dv/dt = −k x."""
    return define(
        "spring",
        "Mass on a spring",
        [
            position("x", "m", group="mass"),
            velocity("v", "m/s", of="x", group="mass"),
        ],
        [Parameter("k", 2.0, "N/m", "stiffness"), Parameter("m", 1.0, "kg", "mass")],
        {"x": "v", "v": "-k*x/m"},
        lambda rng, runs, p: _on_ellipses(rng, runs, np.sqrt(p["k"] / p["m"])),
        duration="6*pi*sqrt(m/k)",
        time_units="s",
        invariants={"energy": "m*v**2/2 + k*x**2/2"},
        kinetic="m*v**2/2",
        potential="k*x**2/2",
        description="One mass on a linear spring, without friction.",
        source=f"{LANDAU}, § 21",
    )


def _on_ellipses(rng: np.random.Generator, runs: int, omega: float) -> dict[str, object]:
    amplitude, phase = rng.uniform(0.3, 2.0, runs), rng.uniform(0, 2 * np.pi, runs)
    return {"x": amplitude * np.cos(phase), "v": -amplitude * omega * np.sin(phase)}


def angle(name: str) -> Variable:
    """An angle in radians."""
    return Variable(name, "rad", "angle")


def angular_velocity(name: str, of: str) -> Variable:
    """The rate of an angle."""
    return Variable(name, "rad/s", "angular_velocity", of=of)


def pendulum() -> System:
    """d²θ/dt² = −(g/l) sin θ."""
    return define(
        "pendulum",
        "Pendulum of any amplitude",
        [angle("theta"), angular_velocity("omega", "theta")],
        [Parameter("length", 1.0, "m", "length of the rod"), GRAVITY],
        {"theta": "omega", "omega": "-g*sin(theta)/length"},
        swinging,
        duration="6*pi*sqrt(length/g)",
        time_units="s",
        invariants={"energy": "length**2*omega**2/2 - g*length*cos(theta)"},
        degree=2,
        kinetic="length**2*omega**2/2",
        potential="-g*length*cos(theta)",
        description="A point mass on a rigid massless rod, swinging up to 150 degrees. The "
        "energy is for one kilogram.",
        source=f"{LANDAU}, §§ 5 and 11",
    )


def swinging(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    """A pendulum somewhere on a swing of 20 to 150 degrees."""
    widest = np.radians(rng.uniform(20, 150, runs))
    theta = widest * np.cos(rng.uniform(0, np.pi, runs))
    speed = np.sqrt(2 * p["g"] / p["length"] * (np.cos(theta) - np.cos(widest)))
    return {"theta": theta, "omega": rng.choice([-1, 1], runs) * speed}


def double_pendulum() -> System:
    """Two rods, one hung from the other."""
    bottom = "(2*m1 + m2 - m2*cos(2*theta1 - 2*theta2))"
    pull = "g*(2*m1 + m2)*sin(theta1) + m2*g*sin(theta1 - 2*theta2)"
    swing = "l2*omega2**2 + l1*omega1**2*cos(theta1 - theta2)"
    lift = "(m1 + m2)*(l1*omega1**2 + g*cos(theta1)) + m2*l2*omega2**2*cos(theta1 - theta2)"
    return define(
        "double-pendulum",
        "Double pendulum",
        [
            angle("theta1"),
            angle("theta2"),
            angular_velocity("omega1", "theta1"),
            angular_velocity("omega2", "theta2"),
        ],
        [
            Parameter("m1", 1.0, "kg", "upper mass"),
            Parameter("m2", 1.0, "kg", "lower mass"),
            Parameter("l1", 1.0, "m", "upper rod"),
            Parameter("l2", 1.0, "m", "lower rod"),
            GRAVITY,
        ],
        {
            "theta1": "omega1",
            "theta2": "omega2",
            "omega1": f"-({pull} + 2*m2*sin(theta1 - theta2)*({swing}))/(l1*{bottom})",
            "omega2": f"2*sin(theta1 - theta2)*({lift})/(l2*{bottom})",
        },
        lambda rng, runs, p: {
            "theta1": rng.uniform(-2.0, 2.0, runs),
            "theta2": rng.uniform(-2.0, 2.0, runs),
            "omega1": rng.uniform(-2.0, 2.0, runs),
            "omega2": rng.uniform(-2.0, 2.0, runs),
        },
        duration="12*sqrt(l1/g)",
        time_units="s",
        invariants={
            "energy": "(m1 + m2)*l1**2*omega1**2/2 + m2*l2**2*omega2**2/2"
            " + m2*l1*l2*omega1*omega2*cos(theta1 - theta2)"
            " - (m1 + m2)*g*l1*cos(theta1) - m2*g*l2*cos(theta2)"
        },
        degree=2,
        description="Two point masses on rigid massless rods; chaotic at these amplitudes.",
        source=f"{LANDAU}, § 5, problem 1",
    )


def swinging_atwood() -> System:
    """A pulley, a weight on one side and a swinging one on the other."""
    return define(
        "swinging-atwood",
        "Swinging Atwood machine",
        [
            Variable("r", "m"),
            Variable("vr", "m/s"),
            angle("theta"),
            angular_velocity("omega", "theta"),
        ],
        [
            Parameter("M", 1.5, "kg", "counterweight"),
            Parameter("m", 1.0, "kg", "swinging mass"),
            GRAVITY,
        ],
        {
            "r": "vr",
            "vr": "(m*r*omega**2 - M*g + m*g*cos(theta))/(M + m)",
            "theta": "omega",
            "omega": "-(2*vr*omega + g*sin(theta))/r",
        },
        lambda rng, runs, p: {
            "r": rng.uniform(1.0, 1.6, runs),
            "vr": rng.uniform(-0.5, 0.5, runs),
            "theta": rng.choice([-1, 1], runs) * rng.uniform(1.0, 1.8, runs),
            "omega": rng.normal(0, 1.0, runs),
        },
        duration="7/sqrt(g)",
        time_units="s",
        invariants={
            "energy": "(M + m)*vr**2/2 + m*r**2*omega**2/2 + M*g*r - m*g*r*cos(theta)",
        },
        accepts=lambda columns: np.asarray(columns["r"].min(axis=1) > 0.4),
        degree=4,
        description="The swinging side of an Atwood machine, its string of length r. A second "
        "law exists for M = 3 m alone. Runs in which the string falls under 0.4 m are drawn again.",
        source="N. B. Tufillaro, T. A. Abbott and D. J. Griffiths, Am. J. Phys. 52, 895 (1984)",
    )
