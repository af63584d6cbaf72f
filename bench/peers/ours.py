"""Ours: through `evolve`, as a user calls it, and its steps alone."""

import numpy as np

from lawful.learning import Samples
from lawful.learning.ensembles import Population, State, evolve, lanes


def _made(problem):
    population = Population.of(
        problem.layers,
        activation="tanh",
        output=problem.functions[-1],
        loss="squared",
        dtype=problem.dtype,
        learning_rate=problem.rate,
    )
    samples = Samples(np.asarray(problem.X, float), np.asarray(problem.y, float))
    return population, samples


def _start(problem):
    never = np.full(problem.networks, -1, dtype=np.int64)
    return State(problem.x, np.zeros_like(problem.x), 0, never)


def whole(problem):
    """With the goal watched at each step, and loss and accuracy at the end."""
    population, samples = _made(problem)

    def run(steps):
        return evolve(population, samples, steps=steps, state=_start(problem)).state.x

    return run


def alone(problem):
    """Nothing but steps, as the others do."""
    population, samples = _made(problem)

    def run(steps):
        return lanes.advance(population, samples, _start(problem), steps).x

    return run
