"""Point vortices: Γᵢ dxᵢ/dt = ∂H/∂yᵢ, Γᵢ dyᵢ/dt = −∂H/∂xᵢ, H = −Σ ΓᵢΓⱼ ln rᵢⱼ/2π.

Sources: G. Kirchhoff, Vorlesungen über mathematische Physik: Mechanik (Teubner,
1876), lecture 20; H. Aref, Annu. Rev. Fluid Mech. 15, 345 (1983).
"""

import numpy as np
from numpy.typing import NDArray

from lawful.systems.define import define, points
from lawful.systems.system import Parameter, System, Values


def point_vortices() -> System:
    """Three vortices of one sign in an unbounded plane."""
    vortices = "123"

    def square(i: str, j: str) -> str:
        i, j = sorted((i, j))
        return f"((x{i} - x{j})**2 + (y{i} - y{j})**2)"

    def carried(i: str, across: str) -> str:
        parts = (f"c{j}*({across}{i} - {across}{j})/{square(i, j)}" for j in vortices if j != i)
        return f"({' + '.join(parts)})/(2*pi)"

    def total(of: str) -> str:
        return " + ".join(of.replace("#", i) for i in vortices)

    pairs = (("1", "2"), ("1", "3"), ("2", "3"))
    energy = " + ".join(f"c{i}*c{j}*log({square(i, j)})" for i, j in pairs)
    return define(
        "point-vortices",
        "Three point vortices",
        points({f"vortex{i}": ("", i) for i in vortices}, "xy", "1"),
        [
            Parameter(f"c{i}", value, "1", f"circulation of vortex {i}")
            for i, value in zip(vortices, (3.0, 2.0, 2.5), strict=True)
        ],
        {
            **{f"x{i}": f"-{carried(i, 'y')}" for i in vortices},
            **{f"y{i}": carried(i, "x") for i in vortices},
        },
        _scattered,
        duration="10",
        invariants={
            "energy": f"-({energy})/(4*pi)",
            "impulse x": total("c#*x#"),
            "impulse y": total("c#*y#"),
            "angular impulse": total("c#*(x#**2 + y#**2)"),
        },
        description="Each vortex is carried by the flow of the others. Three are integrable.",
        source="H. Aref, Annu. Rev. Fluid Mech. 15, 345 (1983)",
    )


def _scattered(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    """Places at least 0.6 apart."""
    place = np.full((3, 2, runs), np.nan)
    while (missing := np.isnan(place[0, 0])).any():
        drawn = rng.normal(0, 1.0, (3, 2, runs))
        new = missing & (_nearest(drawn) > 0.6)
        place[..., new] = drawn[..., new]
    return {f"{a}{i + 1}": place[i, k] for i in range(3) for k, a in enumerate("xy")}


def _nearest(place: NDArray[np.float64]) -> NDArray[np.float64]:
    apart = [np.hypot(*(place[i] - place[j])) for i, j in ((0, 1), (0, 2), (1, 2))]
    return np.asarray(np.min(apart, axis=0))
