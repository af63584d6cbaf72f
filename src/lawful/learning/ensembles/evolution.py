"""All networks of an ensemble learn: blocks of them, all steps of a block, then the next.

Only what is asked about the end is kept: where the networks are, how low their loss and
how right their answers, and when they met the goal. A network that is lost shows it by
`finite`; there is no exception and no warning.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.architecture import Architecture
from lawful.learning.ensembles import lanes, reference
from lawful.learning.ensembles.engines import ENGINES, NORMALIZED, engine_for, together, written_for
from lawful.learning.ensembles.goals import Goal
from lawful.learning.ensembles.philox import normals
from lawful.learning.ensembles.population import Population
from lawful.learning.ensembles.state import State
from lawful.learning.naming import chosen
from lawful.learning.samples import Samples
from lawful.refusal import Refusal

__all__ = ["DYNAMICS", "ENGINES", "Outcome", "engine_for", "evolve", "met", "tables"]

Array = NDArray[Any]
Bools = NDArray[np.bool_]
Progress = Callable[[float], None]
DYNAMICS = ("heavy_ball", "gradient_flow")
ENERGY = 0.01  # the goal where no share of right answers can be told


@dataclass(frozen=True)
class Outcome:
    """How an ensemble ended.

    Attributes
    ----------
    state
        Where its networks are; with it, `evolve` goes on.
    energy, accuracy
        The loss and the share of right answers at the end, shape (E,); accuracy is NaN
        with a linear output.
    finite
        Whether positions and loss are numbers, shape (E,).
    engine
        Which did it.
    """

    state: State
    energy: Array
    accuracy: Array
    finite: Bools
    engine: str

    @property
    def solved_at(self) -> NDArray[np.int64]:
        """Steps made when the goal was first met, shape (E,); −1 for never."""
        return self.state.solved_at

    @property
    def solved(self) -> Bools:
        """Whether the goal was met, shape (E,)."""
        return self.state.solved_at >= 0


def evolve(
    population: Population,
    samples: Samples,
    *,
    steps: int = 2000,
    dynamics: str = "heavy_ball",
    goal: Goal | None = None,
    engine: str = "auto",
    batch_normalization: bool = False,
    state: State | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Let every network of a population learn from the same samples, all of them at each step.

    Parameters
    ----------
    population
        E networks.
    samples
        What they learn.
    steps
        From 0 up.
    dynamics
        "heavy_ball", or "gradient_flow": Runge and Kutta's step of dx/dt = −g, of the
        time η; momentum and temperature are 0 then.
    goal
        What counts as solved; by the data when not given, and a loss of a hundredth for
        a linear output, of which no answer is right or wrong.
    engine
        One of the table in `engines`; when "auto", the one that it says.
    batch_normalization
        Whether hidden sums are measured by their spread over the samples, as in
        `lawful.learning.batch_normalization`; by NumPy alone.
    state
        To go on from; the first weights when not given.
    progress
        Called with the share that is done.

    Raises
    ------
    Refusal
        For settings that cannot be meant, data that do not fit, an engine that cannot.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> grid = Population.of([2, 3, 1], learning_rate=[0.5, 2.0, 1e4], momentum=0.9, seeds=1)
    >>> done = evolve(grid, datasets.xor(), steps=1000)
    >>> done.solved.shape, done.state.x.shape
    ((3,), (13, 3))
    """
    if not isinstance(steps, int | np.integer) or steps < 0:
        raise Refusal(f"{steps!r} steps", "a whole number from 0 up")
    plan, dynamics = population.architecture, chosen("dynamics", dynamics, DYNAMICS)
    _check(population, samples, dynamics)
    goal = wanted(goal, plan, samples)
    engine = _normalized(plan, engine) if batch_normalization else engine_for(plan, engine)
    state = State.start(population) if state is None else _fitting(state, population)
    many, parts = together(plan, samples, engine), []
    for start in range(0, population.size, many):
        some = slice(start, start + many)
        task = Task(population.part(some), samples, goal, dynamics, engine)
        parts.append(task.ended(task.advanced(state.part(some), int(steps))))
        if progress is not None:
            progress(min(1.0, (start + many) / population.size))
    return _joined(parts, engine)


@dataclass(frozen=True)
class Task:
    """What some networks have to do, and on which engine."""

    population: Population
    samples: Samples
    goal: Goal
    dynamics: str
    engine: str

    def advanced(self, state: State, steps: int) -> State:
        """The state after some steps."""
        if self.engine == "lanes":
            return lanes.advance(
                self.population, self.samples, state, steps, self.goal, self.dynamics
            )
        return _by_steps(self, state, steps)

    def ended(self, state: State) -> Outcome:
        """What is to be said of the last weights; they, too, may meet the goal."""
        plan, parts = self.population.architecture, []
        X, y = tables(self.samples, plan)
        way = written_for(plan, self.engine)
        many = together(plan, self.samples, way.__name__.rpartition(".")[2])
        for start in range(0, self.population.size, many):
            part = state.part(slice(start, start + many))
            twin = _twin(part.solved_at.size)
            with np.errstate(all="ignore"):
                energy, answers = way.loss_and_answers(plan, part.x[:, twin], X, y)
                accuracy = reference.accuracy_of(plan, answers, y)
                good = met(self.goal, plan, energy, answers, y)
            energy, accuracy, good = (a[: part.solved_at.size] for a in (energy, accuracy, good))
            part.solved_at[(part.solved_at < 0) & good] = state.step
            finite = np.isfinite(energy) & np.isfinite(part.x).all(axis=0)
            parts.append(Outcome(part, energy, accuracy, finite, ""))
        return _joined(parts, "")


def _twin(size: int) -> Any:
    """Which networks to take; NumPy adds up one column in another order than many.

    One network alone gets a twin, which keeps its bits those that it has in company.
    """
    return np.array([0, 0]) if size == 1 else slice(None)


def _by_steps(task: Task, state: State, steps: int) -> State:
    """One step after another, with NumPy."""
    population, plan, twin = task.population, task.population.architecture, _twin(state.x.shape[1])
    X, y = tables(task.samples, plan)
    gradient = written_for(plan, task.engine).loss_and_gradient
    population, state = population.part(twin), state.part(twin)
    # Each network's numbers in one piece for BLAS, each number's networks for the others.
    order: Any = "F" if task.engine == "wide" else "C"
    x, v, rates, shake = (
        np.array(a, dtype=plan.dtype, order=order)
        for a in (state.x, state.v, *_by_parameter(population))
    )
    mu, noisy = population.momentum.astype(plan.dtype), bool((population.temperature > 0).any())
    solved_at = state.solved_at.copy()
    with np.errstate(all="ignore"):
        for step in range(state.step, state.step + steps):
            U, g, answers = gradient(plan, x, X, y)
            solved_at[(solved_at < 0) & met(task.goal, plan, U, answers, y)] = step
            if task.dynamics == "gradient_flow":
                x = reference.flowed(plan, x, X, y, rates, gradient, g)
                continue
            push = shake * normals(population.seeds, step, len(x), plan.dtype) if noisy else None
            x, v = reference.moved(x, v, g, rates, mu, push)
    alone = slice(task.population.size)
    return State(x, v, state.step + steps, solved_at).part(alone)


def _by_parameter(population: Population) -> tuple[Array, Array]:
    """Learning rates, and the amplitudes of a bath's pushes, shape (P, E) each."""
    plan, rate = population.architecture, population.learning_rate
    amplitude = np.sqrt(2.0 * (1.0 - population.momentum) * rate * population.temperature)
    return reference.by_parameter(plan, rate), reference.by_parameter(plan, amplitude)


def met(goal: Goal, plan: Architecture, U: Array, answers: Array, y: Array) -> Bools:
    """Which networks meet the goal, shape (E,)."""
    good = np.zeros(len(U), dtype=bool)
    if goal.accuracy is not None:
        good |= reference.accuracy_of(plan, answers, y) * len(y) >= goal.accuracy * len(y) - 1e-9
    if goal.energy is not None:
        good |= goal.energy >= U
    return good


def tables(samples: Samples, plan: Architecture) -> tuple[Array, Array]:
    """Inputs and targets in the network's precision."""
    return samples.X.astype(plan.dtype), samples.y.astype(plan.dtype)


def _joined(parts: list[Outcome], engine: str) -> Outcome:
    states = [part.state for part in parts]
    x, v = (
        np.ascontiguousarray(np.concatenate(pieces, axis=1))
        for pieces in ([one.x for one in states], [one.v for one in states])
    )
    state = State(
        x,
        v,
        states[0].step,
        np.concatenate([one.solved_at for one in states]),
    )
    energy, accuracy, finite = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("energy", "accuracy", "finite")
    )
    return Outcome(state, energy, accuracy, finite, engine)


def wanted(goal: Goal | None, plan: Architecture, samples: Samples) -> Goal:
    """The goal that such networks can meet."""
    told = plan.activations[-1] != "linear"
    if goal is None:
        return Goal.of(samples) if told else Goal(energy=ENERGY)
    if not told and goal.energy is None and goal.accuracy is not None:
        raise Refusal(
            "a goal of accuracy with a linear output",
            "a loss to reach",
            "such as Goal(energy=0.01)",
        )
    return goal


def _normalized(plan: Architecture, engine: str) -> str:
    if engine not in ("auto", "reference"):
        raise Refusal(f"engine {engine!r} with batch normalisation", "'auto' or 'reference'")
    if len(plan.layers) < 3:
        raise Refusal("batch normalisation without a hidden layer", "one at least")
    return NORMALIZED


def _fitting(state: State, population: Population) -> State:
    """The state if it is one of this population."""
    plan = population.architecture
    shape = (plan.size, population.size)
    fits = state.x.shape == state.v.shape == shape and state.solved_at.shape == shape[1:]
    if not fits or state.x.dtype != plan.dtype:
        raise Refusal(
            f"a state of shape {state.x.shape} in {state.x.dtype}",
            f"{shape} in {plan.dtype}",
            "go on with the population that it came from",
        )
    return state


def _check(population: Population, samples: Samples, dynamics: str) -> None:
    plan = population.architecture
    has = (samples.X.shape[1], samples.y.shape[1])
    if has != (plan.layers[0], plan.layers[-1]):
        shape = "-".join(map(str, plan.layers))
        fit = "-".join(map(str, (has[0], *plan.layers[1:-1], has[1])))
        raise Refusal(
            f"data of {has[0]} inputs and {has[1]} outputs for a {shape} network",
            "layers that fit",
            f"such as {fit}",
        )
    if dynamics == "gradient_flow" and (population.momentum.any() or population.temperature.any()):
        raise Refusal("a gradient flow with momentum or temperature", "both 0")
