"""Particles on a line: H = Σ p²/2 + Σ V(qᵢ − qⱼ).

Sources: M. Toda, J. Phys. Soc. Japan 22, 431 (1967); M. Hénon, Phys. Rev. B 9,
1921 (1974), for Toda's laws; E. Fermi, J. Pasta, S. Ulam and M. Tsingou, Los
Alamos report LA-1940 (1955); F. Calogero, J. Math. Phys. 12, 419 (1971); J. Moser,
Adv. Math. 16, 197 (1975); S. Wojciechowski, Phys. Lett. A 95, 279 (1983), for the
last two laws of Calogero and Moser.
"""

import numpy as np

from lawful.systems.define import define, position, velocity
from lawful.systems.system import Parameter, System, Values, Variable


def _chain(count: int) -> list[Variable]:
    """q1 … qn, then p1 … pn; masses are 1, so that momenta are velocities."""
    order = range(1, count + 1)
    return [
        *(position(f"q{i}") for i in order),
        *(velocity(f"p{i}", of=f"q{i}") for i in order),
    ]


def toda() -> System:
    """Three particles on a ring with exponential springs."""
    a, b, c = "exp(q1 - q2)", "exp(q2 - q3)", "exp(q3 - q1)"
    return define(
        "toda",
        "Toda chain of three on a ring",
        _chain(3),
        [],
        {
            **{f"q{i}": f"p{i}" for i in (1, 2, 3)},
            "p1": f"{c} - {a}",
            "p2": f"{a} - {b}",
            "p3": f"{b} - {c}",
        },
        lambda rng, runs, p: {
            **{f"q{i}": rng.normal(0, 0.8, runs) for i in (1, 2, 3)},
            **{f"p{i}": rng.normal(0, 1.0, runs) for i in (1, 2, 3)},
        },
        duration="10",
        invariants={
            "momentum": "p1 + p2 + p3",
            "energy": f"(p1**2 + p2**2 + p3**2)/2 + {a} + {b} + {c}",
            "Hénon's third": f"p1*p2*p3 - p1*{b} - p2*{c} - p3*{a}",
        },
        degree=3,
        kinetic="(p1**2 + p2**2 + p3**2)/2",
        potential=f"{a} + {b} + {c}",
        description="A nonlinear chain that never becomes chaotic: as many laws as particles.",
        source="M. Toda, J. Phys. Soc. Japan 22, 431 (1967); M. Hénon, Phys. Rev. B 9, 1921 (1974)",
    )


def fput() -> System:
    """Four particles between walls, springs with a quadratic term."""
    q = ["0", "q1", "q2", "q3", "q4", "0"]
    bonds = [f"({q[i + 1]} - {q[i]})" for i in range(5)]
    forces = [f"({d} + alpha*{d}**2)" for d in bonds]
    potential = " + ".join(f"{d}**2/2 + alpha*{d}**3/3" for d in bonds)
    kinetic = "(p1**2 + p2**2 + p3**2 + p4**2)/2"
    return define(
        "fput",
        "Fermi-Pasta-Ulam-Tsingou chain of four",
        _chain(4),
        [Parameter("alpha", 1.0, "1", "strength of the nonlinear spring")],
        {
            **{f"q{i}": f"p{i}" for i in range(1, 5)},
            **{f"p{i}": f"{forces[i]} - {forces[i - 1]}" for i in range(1, 5)},
        },
        _inside_the_well,
        duration="15",
        invariants={"energy": f"{kinetic} + {potential}"},
        degree=3,
        kinetic=kinetic,
        potential=potential,
        description="The α chain with fixed ends. It is started close below the energy at which "
        "one bond can break, 1/(6 α²), where the modes of the linear chain trade their energy "
        "freely; at small amplitudes each would keep its own for very long.",
        source="E. Fermi, J. Pasta, S. Ulam and M. Tsingou, Los Alamos report LA-1940 (1955)",
    )


def _inside_the_well(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    """States of 45 to 98 % of the energy that breaks a bond, no bond past its crest."""
    alpha = np.broadcast_to(np.abs(np.asarray(p["alpha"], dtype=float)), (runs,))
    unit = 1 / np.maximum(alpha, 1e-3)
    goal, state = rng.uniform(0.45, 0.98, runs) / 6, np.full((8, runs), np.nan)
    while (missing := np.isnan(state[0])).any():
        direction = rng.normal(size=(8, runs))
        low, high = np.zeros(runs), np.full(runs, 3.0)
        for _ in range(50):
            middle = (low + high) / 2
            energy, bonds = _scaled_energy(middle * direction)
            below = (energy < goal) & (bonds > -1).all(axis=0)
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        energy, _ = _scaled_energy(low * direction)
        new = missing & (np.abs(energy - goal) < 1e-6)
        state[:, new] = (low * direction)[:, new]
    state = state * unit * np.where(np.asarray(p["alpha"]) < 0, -1, 1)
    return dict(zip([f"{a}{i}" for a in "qp" for i in range(1, 5)], state, strict=True))


def _scaled_energy(state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The energy where α = 1, and the bonds' lengths."""
    ends = np.zeros((1, state.shape[1]))
    d = np.diff(np.concatenate([ends, state[:4], ends]), axis=0)
    return (state[4:] ** 2 / 2).sum(axis=0) + (d**2 / 2 + d**3 / 3).sum(axis=0), d


def calogero_moser() -> System:
    """Three particles that repel as 1/d³."""
    d12, d13, d23 = "(q1 - q2)", "(q1 - q3)", "(q2 - q3)"
    square = {
        1: f"p1**2 + g**2*(1/{d12}**2 + 1/{d13}**2)",
        2: f"p2**2 + g**2*(1/{d12}**2 + 1/{d23}**2)",
        3: f"p3**2 + g**2*(1/{d13}**2 + 1/{d23}**2)",
    }
    total, momentum = "(q1 + q2 + q3)", "(p1 + p2 + p3)"
    virial = "(q1*p1 + q2*p2 + q3*p3)"
    potential = f"g**2*(1/{d12}**2 + 1/{d13}**2 + 1/{d23}**2)"
    energy = f"((p1**2 + p2**2 + p3**2)/2 + {potential})"
    cubic = (
        f"(p1**3 + p2**3 + p3**3 + 3*g**2*((p1 + p2)/{d12}**2 + (p1 + p3)/{d13}**2"
        f" + (p2 + p3)/{d23}**2))"
    )
    inertia = "(" + " + ".join(f"q{i}*({square[i]})" for i in (1, 2, 3)) + ")"
    return define(
        "calogero-moser",
        "Calogero-Moser, three particles",
        _chain(3),
        [Parameter("g", 1.0, "1", "strength of the repulsion")],
        {
            **{f"q{i}": f"p{i}" for i in (1, 2, 3)},
            "p1": f"2*g**2*(1/{d12}**3 + 1/{d13}**3)",
            "p2": f"2*g**2*(1/{d23}**3 - 1/{d12}**3)",
            "p3": f"-2*g**2*(1/{d13}**3 + 1/{d23}**3)",
        },
        _row,
        duration="4",
        invariants={
            "momentum": momentum,
            "energy": energy,
            "cubic": cubic,
            "Wojciechowski's first": f"2*{energy}*{total} - {momentum}*{virial}",
            "Wojciechowski's second": f"{cubic}*{total} - {momentum}*{inertia}",
        },
        degree=3,
        beyond=("Wojciechowski's first", "Wojciechowski's second"),
        kinetic="(p1**2 + p2**2 + p3**2)/2",
        potential=potential,
        description="Repelling particles that meet once and part. Every law that six dimensions "
        "can hold is there: the traces of Lax's matrix, and two that mix in the places.",
        source="F. Calogero, J. Math. Phys. 12, 419 (1971); J. Moser, Adv. Math. 16, 197 (1975); "
        "S. Wojciechowski, Phys. Lett. A 95, 279 (1983)",
    )


def _row(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    gaps = rng.uniform(1.0, 2.5, (2, runs))
    start = rng.normal(0, 1.0, runs)
    closing = np.array([-1.0, 0.0, 1.0])[:, None] * rng.uniform(0.0, 1.2, runs)
    momenta = closing + rng.normal(0, 0.7, (3, runs))
    return {
        "q1": start + gaps[0],
        "q2": start,
        "q3": start - gaps[1],
        **{f"p{i + 1}": momenta[i] for i in range(3)},
    }
