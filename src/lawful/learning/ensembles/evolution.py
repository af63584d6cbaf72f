"""All networks of an ensemble learn: blocks of them, all steps of a block, then the next.

    engine       for                                  how
    lanes        widths up to 16                      machine code, networks in SIMD lanes
    shared       a wide first layer, narrow others    X W of all networks in one product
    wide         widths from 32                       a matrix product for each network
    reference    anything                             the oracle, for reading and checking

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
from lawful.learning.ensembles.goals import Goal
from lawful.learning.ensembles.philox import normals
from lawful.learning.ensembles.population import Population
from lawful.learning.ensembles.state import State
from lawful.learning.naming import chosen
from lawful.learning.samples import Samples
from lawful.refusal import Refusal, missing_extra

Array = NDArray[Any]
Bools = NDArray[np.bool_]
Progress = Callable[[float], None]
ENGINES = ("auto", "lanes", "shared", "wide", "reference")
DYNAMICS = ("heavy_ball", "gradient_flow")
NUMBERS = 4_000_000  # activations of a block that are held at once
MOST = 1 << 15  # networks between two reports of progress


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
        What counts as solved; by the data when not given.
    engine
        One of the table above; the fastest that fits when "auto".
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
    if steps < 0:
        raise Refusal(f"{steps} steps", "a number from 0 up")
    dynamics = chosen("dynamics", dynamics, DYNAMICS)
    _check(population, samples, dynamics)
    goal = Goal.of(samples) if goal is None else goal
    engine = engine_for(population.architecture, engine)
    state = State.start(population) if state is None else state
    many, parts = _together(population.architecture, samples, engine), []
    for start in range(0, population.size, many):
        some = slice(start, start + many)
        task = Task(population.part(some), samples, goal, dynamics)
        parts.append(_ended(task, task.advanced(state.part(some), steps, engine)))
        if progress is not None:
            progress(min(1.0, (start + many) / population.size))
    return _joined(parts, engine)


def engine_for(plan: Architecture, engine: str) -> str:
    """The engine asked for if it can, the fastest one for "auto".

    Examples
    --------
    >>> from lawful.learning import NeuralNetwork
    >>> engine_for(NeuralNetwork([784, 64, 10]).architecture, "auto")
    'wide'
    """
    engine = chosen("engine", engine, ENGINES)
    hidden = plan.layers[1:-1] or plan.layers[-1:]
    if engine == "lanes":
        if not lanes.available():
            raise missing_extra("numba", "fast")
        if not lanes.fits(plan):
            shape = "-".join(map(str, plan.layers))
            raise Refusal(
                f"engine 'lanes' for a {shape} network with {', '.join(plan.activations)}",
                f"widths up to {lanes.WIDEST} and no gelu",
                "take 'auto'",
            )
    if engine != "auto":
        return engine
    if lanes.available() and lanes.fits(plan):
        return "lanes"
    if max(hidden) >= WIDE:
        return "wide"
    return "shared" if plan.layers[0] > lanes.WIDEST else "reference"


WIDE = 32  # neurons from which a matrix product for each network is the better way


@dataclass(frozen=True)
class Task:
    """What some networks have to do."""

    population: Population
    samples: Samples
    goal: Goal
    dynamics: str

    def advanced(self, state: State, steps: int, engine: str) -> State:
        """The state after some steps."""
        if engine == "lanes":
            return lanes.advance(
                self.population, self.samples, state, steps, self.goal, self.dynamics
            )
        return _by_steps(self, state, steps, _gradient_of(engine))


def _gradient_of(engine: str) -> Callable[..., Any]:
    if engine == "shared":
        from lawful.learning.ensembles import shared

        return shared.loss_and_gradient
    if engine == "wide":
        from lawful.learning.ensembles import wide

        return wide.loss_and_gradient
    return reference.loss_and_gradient


def _by_steps(task: Task, state: State, steps: int, gradient: Callable[..., Any]) -> State:
    """One step after another, with NumPy."""
    population, plan = task.population, task.population.architecture
    X, y = tables(task.samples, plan)
    # NumPy adds up a single column in another order than many: a twin keeps one's bits.
    twin = np.array([0, 0]) if population.size == 1 else slice(None)
    population, state = population.part(twin), state.part(twin)
    rates = reference.by_parameter(plan, population.learning_rate.astype(plan.dtype))
    amplitude = np.sqrt(
        2.0 * (1.0 - population.momentum) * population.learning_rate * population.temperature
    )
    shake = reference.by_parameter(plan, amplitude.astype(plan.dtype))
    mu, noisy = population.momentum.astype(plan.dtype), bool((population.temperature > 0).any())
    x, v, solved_at = state.x, state.v, state.solved_at.copy()
    with np.errstate(all="ignore"):
        for step in range(state.step, state.step + steps):
            U, g, answers = gradient(plan, x, X, y)
            solved_at[(solved_at < 0) & met(task.goal, plan, U, answers, y)] = step
            if task.dynamics == "gradient_flow":
                x = reference.flowed(plan, x, X, y, rates, gradient, g)
                continue
            push = shake * normals(population.seeds, step, len(x), plan.dtype) if noisy else None
            x, v = reference.moved(x, v, g, rates, mu, push)
    alone = slice(0, 1) if task.population.size == 1 else slice(None)
    return State(x, v, state.step + steps, solved_at).part(alone)


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


def _ended(task: Task, state: State) -> Outcome:
    """What is to be said of the last weights; they, too, may meet the goal."""
    plan = task.population.architecture
    X, y = tables(task.samples, plan)
    many, parts = _together(plan, task.samples, "reference"), []
    for start in range(0, task.population.size, many):
        part = state.part(slice(start, start + many))
        with np.errstate(all="ignore"):
            z, a = reference.forward(plan, part.x, X)
            energy = reference.loss_of(plan, z[-1], a[-1], y[:, :, None])[0]
            accuracy = reference.accuracy_of(plan, a[-1], y)
            part.solved_at[(part.solved_at < 0) & met(task.goal, plan, energy, a[-1], y)] = (
                state.step
            )
        finite = np.isfinite(energy) & np.isfinite(part.x).all(axis=0)
        parts.append(Outcome(part, energy, accuracy, finite, ""))
    return _joined(parts, "")


def _joined(parts: list[Outcome], engine: str) -> Outcome:
    states = [part.state for part in parts]
    state = State(
        np.concatenate([one.x for one in states], axis=1),
        np.concatenate([one.v for one in states], axis=1),
        states[0].step,
        np.concatenate([one.solved_at for one in states]),
    )
    energy, accuracy, finite = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("energy", "accuracy", "finite")
    )
    return Outcome(state, energy, accuracy, finite, engine)


def _together(plan: Architecture, samples: Samples, engine: str) -> int:
    """Networks whose activations are held at once."""
    if engine == "lanes":
        return MOST
    each = len(samples.X) * sum(plan.layers[1:]) + 4 * plan.size
    return max(2, min(MOST, NUMBERS // each))


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
