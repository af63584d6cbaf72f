"""Populations that eat and infect: dn/dt = n f(n).

Sources: A. J. Lotka, Elements of Physical Biology (Williams and Wilkins, 1925);
V. Volterra, Mem. Acad. Lincei 2, 31 (1926); W. O. Kermack and A. G. McKendrick,
Proc. R. Soc. A 115, 700 (1927).
"""

import numpy as np

from lawful.systems.define import define
from lawful.systems.system import Parameter, System, Values, Variable


def lotka_volterra() -> System:
    """Prey and predators."""
    return define(
        "lotka-volterra",
        "Prey and predators (Lotka-Volterra)",
        [Variable("prey", "1", "population"), Variable("predators", "1", "population")],
        [
            Parameter("a", 1.0, "1/year", "growth of the prey"),
            Parameter("b", 0.8, "1/year", "prey eaten per predator"),
            Parameter("c", 0.9, "1/year", "death of the predators"),
            Parameter("d", 0.6, "1/year", "predators born per prey"),
        ],
        {"prey": "prey*(a - b*predators)", "predators": "predators*(d*prey - c)"},
        lambda rng, runs, p: {
            "prey": p["c"] / p["d"] * np.exp(rng.normal(0, 0.5, runs)),
            "predators": p["a"] / p["b"] * np.exp(rng.normal(0, 0.5, runs)),
        },
        duration="5*pi/sqrt(a*c)",
        time_units="year",
        invariants={"Volterra's": "d*prey - c*log(prey) + b*predators - a*log(predators)"},
        degree=1,
        description="Closed cycles about the balance of both.",
        source="V. Volterra, Mem. Acad. Lincei 2, 31 (1926)",
    )


def sir() -> System:
    """Susceptible, infected, removed, by mass action."""
    return define(
        "sir",
        "Epidemic (SIR)",
        [
            Variable("S", "1", "population", long_name="susceptible"),
            Variable("I", "1", "population", long_name="infected"),
            Variable("R", "1", "population", long_name="removed"),
        ],
        [
            Parameter("beta", 1.5, "1/day", "infections per contact"),
            Parameter("gamma", 0.5, "1/day", "recovery"),
        ],
        {"S": "-beta*S*I", "I": "beta*S*I - gamma*I", "R": "gamma*I"},
        _outbreaks,
        duration="6/gamma",
        time_units="day",
        invariants={"population": "S + I + R", "Kermack-McKendrick": "beta*R + gamma*log(S)"},
        degree=1,
        description="Towns of different size, so that the epidemic's strength differs; some "
        "people are immune from the start.",
        source="W. O. Kermack and A. G. McKendrick, Proc. R. Soc. A 115, 700 (1927)",
    )


def _outbreaks(rng: np.random.Generator, runs: int, p: Values) -> dict[str, object]:
    people = rng.uniform(0.7, 2.0, runs)
    infected, immune = rng.uniform(0.01, 0.1, runs), rng.uniform(0.02, 0.3, runs)
    return {
        "S": people * (1 - infected - immune),
        "I": people * infected,
        "R": people * immune,
    }
