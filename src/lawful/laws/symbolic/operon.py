"""The engine that needs nothing but itself: genetic programming by pyoperon.

A population of formulas is bred for accuracy and shortness at once (NSGA-II), each formula's
constants fitted by Levenberg and Marquardt's method on the way. Several short searches from
other seeds find more than a long one, which settles on what it has: that is a round. With
one thread a search is deterministic.

Sources: B. Burlacu, G. Kronberger and M. Kommenda, "Operon C++: an efficient genetic
programming framework for symbolic regression", GECCO Companion (2020) 1562; K. Deb et al.,
"A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE Trans. Evol. Comput. 6
(2002) 182.
"""

import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from lawful.laws.symbolic.engines import Task
from lawful.refusal import missing_extra

POPULATION = 200
LOCAL_STEPS = 3  # of Levenberg and Marquardt's method, for each formula
DIGITS = 12
ROUNDS = 8  # at most
ARITHMETIC = "add,sub,mul,div,constant,variable"


class Operon:
    """pyoperon, one thread."""

    name = "operon"

    def check(self) -> None:
        """Refuse where pyoperon is not installed."""
        if find_spec("pyoperon") is None:
            raise missing_extra("pyoperon", "sr")

    def rounds(self, task: Task) -> Iterator[tuple[str, ...]]:
        """A search from another seed in each round, `ROUNDS` at most."""
        for k in range(ROUNDS):
            yield _search(task, task.seed * ROUNDS + k)


def _search(task: Task, seed: int) -> tuple[str, ...]:
    from pyoperon.sklearn import SymbolicRegressor

    search: Any = SymbolicRegressor(
        allowed_symbols=",".join((ARITHMETIC, *task.functions)),
        objectives=["r2", "length"],
        population_size=POPULATION,
        generations=task.niterations,
        max_evaluations=10**9,  # the generations are what counts
        max_length=task.most,
        optimizer_iterations=LOCAL_STEPS,
        random_state=seed,
        n_threads=1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a formula without variables, and scikit-learn's own
        search.fit(task.features, task.target)
        found = [
            search.get_model_string(one["tree"], DIGITS, list(task.names))
            for one in search.pareto_front_
        ]
    return tuple(text.replace("^", "**") for text in found)
