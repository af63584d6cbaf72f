"""Rigid bodies in their own frame: dL/dt = L × Ω + c γ × a, dγ/dt = γ × Ω.

L is the angular momentum, Ω the angular velocity, γ the upward unit vector, a the
place of the centre of mass, all along the body's axes.

Sources: L. D. Landau and E. M. Lifshitz, Mechanics (Pergamon, 1976), §§ 35, 36;
S. Kovalevskaya, Acta Math. 12, 177 (1889); M. Audin, Spinning Tops (Cambridge, 1996).
"""

import numpy as np
from numpy.typing import NDArray

from lawful.systems.define import define, vector
from lawful.systems.system import Parameter, System

_UP = {"length of the upward vector": "g1**2 + g2**2 + g3**2"}


def euler_top() -> System:
    """A body free of torque."""
    return define(
        "euler-top",
        "Euler top",
        vector("angular velocity", ["w1", "w2", "w3"], "rad/s"),
        [Parameter(f"I{i}", float(i), "kg m2", f"moment of inertia {i}") for i in (1, 2, 3)],
        {
            "w1": "(I2 - I3)*w2*w3/I1",
            "w2": "(I3 - I1)*w3*w1/I2",
            "w3": "(I1 - I2)*w1*w2/I3",
        },
        lambda rng, runs, p: {f"w{i}": rng.normal(0, 1.2, runs) for i in (1, 2, 3)},
        duration="8",
        time_units="s",
        invariants={
            "energy": "(I1*w1**2 + I2*w2**2 + I3*w3**2)/2",
            "square of the angular momentum": "I1**2*w1**2 + I2**2*w2**2 + I3**2*w3**2",
        },
        description="A free rigid body; the middle axis is unstable.",
        source="L. D. Landau and E. M. Lifshitz, Mechanics (Pergamon, 1976), § 36",
    )


def lagrange_top() -> System:
    """A symmetric body, its weight on the axis of symmetry."""
    return define(
        "lagrange-top",
        "Lagrange top",
        vector("L", ["L1", "L2", "L3"], "1") + vector("gamma", ["g1", "g2", "g3"], "1"),
        [
            Parameter("I1", 1.0, "1", "moment of inertia across the axis"),
            Parameter("I3", 0.5, "1", "moment of inertia about the axis"),
            Parameter("c", 1.5, "1", "weight times the height of the centre of mass"),
        ],
        {
            "L1": "L2*L3/I3 - L3*L2/I1 + c*g2",
            "L2": "L3*L1/I1 - L1*L3/I3 - c*g1",
            "L3": "0",
            "g1": "g2*L3/I3 - g3*L2/I1",
            "g2": "g3*L1/I1 - g1*L3/I3",
            "g3": "(g1*L2 - g2*L1)/I1",
        },
        lambda rng, runs, p: _spun(rng, runs, "L", 1.2),
        duration="6",
        invariants={
            "energy": "(L1**2 + L2**2)/(2*I1) + L3**2/(2*I3) + c*g3",
            "vertical angular momentum": "L1*g1 + L2*g2 + L3*g3",
            "axial angular momentum": "L3",
        },
        constraints=_UP,
        description="A heavy symmetric top in the body's frame.",
        source="M. Audin, Spinning Tops (Cambridge, 1996), ch. 1",
    )


def kovalevskaya_top() -> System:
    """Moments 2 : 2 : 1 and the centre of mass in the plane of the equal ones."""
    return define(
        "kovalevskaya-top",
        "Kovalevskaya top",
        vector("angular velocity", ["w1", "w2", "w3"], "1")
        + vector("gamma", ["g1", "g2", "g3"], "1"),
        [Parameter("c", 1.0, "1", "weight times the distance of the centre of mass")],
        {
            "w1": "w2*w3/2",
            "w2": "(-w1*w3 + c*g3)/2",
            "w3": "-c*g2",
            "g1": "g2*w3 - g3*w2",
            "g2": "g3*w1 - g1*w3",
            "g3": "g1*w2 - g2*w1",
        },
        lambda rng, runs, p: _spun(rng, runs, "w", 1.2),
        duration="9",
        invariants={
            "energy": "(2*w1**2 + 2*w2**2 + w3**2)/2 + c*g1",
            "vertical angular momentum": "2*w1*g1 + 2*w2*g2 + w3*g3",
            "Kovalevskaya's": "(w1**2 - w2**2 - c*g1)**2 + (2*w1*w2 - c*g2)**2",
        },
        constraints=_UP,
        degree=4,
        description="The third and last of the integrable heavy tops.",
        source="S. Kovalevskaya, Acta Math. 12, 177 (1889)",
    )


def _spun(rng: np.random.Generator, runs: int, name: str, spread: float) -> dict[str, object]:
    spin = rng.normal(0, spread, (3, runs))
    up = _on_the_sphere(rng, runs)
    return {
        **{f"{name}{i + 1}": spin[i] for i in range(3)},
        **{f"g{i + 1}": up[i] for i in range(3)},
    }


def _on_the_sphere(rng: np.random.Generator, runs: int) -> NDArray[np.float64]:
    arrow = rng.normal(size=(3, runs))
    return np.asarray(arrow / np.linalg.norm(arrow, axis=0))
