"""Oscillators that pull one another into step: dθᵢ/dt = ω + K/N Σ sin(θⱼ − θᵢ).

Sources: Y. Kuramoto, Chemical Oscillations, Waves, and Turbulence (Springer, 1984);
S. Watanabe and S. H. Strogatz, Physica D 74, 197 (1994), for the laws of identical
oscillators; S. A. Marvel, R. E. Mirollo and S. H. Strogatz, Chaos 19, 043104 (2009),
for their form as cross-ratios.
"""

import numpy as np

from lawful.systems.define import define
from lawful.systems.system import Parameter, System, Values, Variable


def kuramoto() -> System:
    """Four identical oscillators: the cross-ratio of their points on the circle stays."""

    def chord(i: int, j: int) -> str:
        return f"log(Abs(sin((theta{i} - theta{j})/2)))"

    order = range(1, 5)
    pulls = {i: " + ".join(f"sin(theta{j} - theta{i})" for j in order if j != i) for i in order}
    return define(
        "kuramoto",
        "Four identical Kuramoto oscillators",
        [Variable(f"theta{i}", "rad", "angle") for i in order],
        [
            Parameter("omega", 1.0, "rad/s", "common frequency"),
            Parameter("K", 0.6, "1/s", "coupling"),
        ],
        {f"theta{i}": f"omega + K/4*({pulls[i]})" for i in order},
        _around_the_circle,
        duration="3/K",
        time_units="s",
        invariants={
            "cross-ratio": f"{chord(1, 3)} + {chord(2, 4)} - {chord(1, 4)} - {chord(2, 3)}"
        },
        degree=1,
        description="The logarithm of the cross-ratio of the four points exp(iθ); N oscillators "
        "have N − 3 such laws.",
        source="S. Watanabe and S. H. Strogatz, Physica D 74, 197 (1994)",
    )


def _around_the_circle(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    """Four angles at least 0.35 apart, in any order."""
    gaps = 0.35 + (2 * np.pi - 4 * 0.35) * rng.dirichlet(np.ones(4), runs).T
    angles = rng.uniform(-np.pi, np.pi, runs) + np.cumsum(gaps, axis=0)
    angles = np.angle(np.exp(1j * rng.permuted(angles, axis=0)))
    return {f"theta{i + 1}": angles[i] for i in range(4)}
