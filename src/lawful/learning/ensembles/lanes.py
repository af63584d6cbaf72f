"""The fast path: networks side by side in the lanes of the machine's registers.

    (P, E)  →  blocks of (rows, lanes)  →  all steps of one block, then the next

A block is small enough for the cache, so memory is read once for all steps and not once
a step. A network's lane has the same instructions whoever fills the others, so that a
network alone ends in the same bits as in company. Needs numba: `lawful[fast]`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.architecture import Architecture
from lawful.learning.ensembles.philox import LOW, WORD
from lawful.learning.samples import Samples

if TYPE_CHECKING:
    from lawful.learning.ensembles.goals import Goal
    from lawful.learning.ensembles.population import Population
    from lawful.learning.ensembles.program import Program
    from lawful.learning.ensembles.state import State

Array = NDArray[Any]
WIDEST = 16  # neurons in a layer; beyond, matrix products do better
MOST_PARAMETERS = 700  # written out one by one; more would compile for minutes
BLOCKS = 256  # packed at a time
CACHE_LINE = 64


def available() -> bool:
    """Whether numba is installed; nothing is imported."""
    return find_spec("numba") is not None


def fits(plan: Architecture) -> bool:
    """Whether an architecture's step can be written out in lanes.

    Examples
    --------
    >>> from lawful.learning import NeuralNetwork
    >>> fits(NeuralNetwork([2, 8, 8, 1]).architecture)
    True
    >>> fits(NeuralNetwork([784, 128, 10]).architecture)
    False
    """
    known = ("linear", "tanh", "sigmoid", "relu", "leaky_relu", "softmax")
    return (
        all(name in known for name in plan.activations)
        and max(plan.layers) <= WIDEST
        and plan.size <= MOST_PARAMETERS
        and not (plan.l1 or plan.l2 or plan.dropout)
    )


def advance(
    population: "Population",
    samples: Samples,
    state: "State",
    steps: int,
    goal: "Goal | None" = None,
    dynamics: str = "heavy_ball",
) -> "State":
    """All networks of a population, `steps` steps further.

    Parameters
    ----------
    population
        Whose architecture `fits`.
    samples
        What is learned, all of it at each step.
    state
        Where the networks are.
    steps
        From 0 up.
    goal
        What counts as solved, looked at before each step.
    dynamics
        "heavy_ball" or "gradient_flow".

    Returns
    -------
    State
        Positions, velocities, and the steps at which the goal was first met.
    """
    from lawful.learning.ensembles.kernels import compiled

    made = _Work.of(population, samples, state, goal, dynamics)
    run = compiled(made.program)
    for some in made.parts():
        blocks, lanes = made.packed(some)
        run(blocks, lanes, *made.tables, state.step, steps)
        made.unpack(blocks, some)
    return made.after(state, steps)


@dataclass
class _Work:
    """What goes into blocks, and what has come out of them."""

    program: "Program"
    population: "Population"
    tables: tuple[Array, Array, Array]
    goals: tuple[float, float]
    x: Array
    v: Array
    solved_at: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        population: "Population",
        samples: Samples,
        state: "State",
        goal: "Goal | None",
        dynamics: str,
    ) -> "_Work":
        from lawful.learning.ensembles.program import Program

        plan = population.architecture
        X, Y = (np.ascontiguousarray(table, dtype=plan.dtype) for table in (samples.X, samples.y))
        Y = Y.reshape(len(X), -1)
        judge = _judge(plan, Y)
        program = Program(
            plan.layers,
            plan.activations,
            plan.loss,
            plan.dtype,
            len(X),
            dynamics,
            bool((population.temperature > 0).any()),
            _asked(goal),
            judge,
        )
        labels = Y.argmax(axis=1).astype(plan.dtype)
        x, v = state.x.copy(), state.v.copy()
        goals = _goals(goal, len(X))
        return cls(program, population, (X, Y, labels), goals, x, v, state.solved_at.copy())

    def parts(self) -> Iterator[slice]:
        """Networks that are packed together."""
        from lawful.learning.ensembles.program import BLOCK

        many, size = BLOCKS * BLOCK[self.program.dtype], self.x.shape[1]
        return (slice(start, min(start + many, size)) for start in range(0, size, many))

    def packed(self, some: slice) -> tuple[Array, NDArray[np.int64]]:
        """Blocks of shape (blocks, rows, lanes), and how many lanes of each are in use."""
        from lawful.learning.ensembles.program import BLOCK
        from lawful.learning.ensembles.vector import width_of

        rows, dtype = self.program.rows, np.dtype(self.program.dtype)
        width, block = width_of(self.program.dtype), BLOCK[self.program.dtype]
        count = some.stop - some.start
        blocks = _aligned((-(-count // block), rows.count, block), dtype)
        for row, values in self._rows(some):
            _put(blocks, row, values)
        filled = np.minimum(block, count - block * np.arange(len(blocks)))
        return blocks, -(-filled // width) * width

    def _rows(self, some: slice) -> Iterator[tuple[int, Array]]:
        """Rows of settings and state, each with its values of shape (rows, networks)."""
        rows, population = self.program.rows, self.population
        whole = np.dtype(f"i{np.dtype(self.program.dtype).itemsize}")
        rate, mu = population.learning_rate[:, some], population.momentum[some]
        seeds = population.seeds[some].astype(np.uint64)
        halves = np.stack([seeds & np.uint64(LOW), seeds >> np.uint64(WORD)])
        small = np.uint32 if whole.itemsize == 4 else np.uint64
        yield 0, self.x[:, some]
        yield rows.v, self.v[:, some]
        yield rows.rate, rate
        yield rows.shake, np.sqrt(2.0 * (1.0 - mu) * rate * population.temperature[some])
        yield rows.momentum, mu[None]
        yield rows.seed, halves.astype(small).view(self.program.dtype)
        yield rows.solved, self.solved_at[None, some].astype(whole).view(self.program.dtype)
        yield rows.goals, np.broadcast_to(np.array(self.goals)[:, None], (2, rate.shape[1]))

    def unpack(self, blocks: Array, some: slice) -> None:
        """Take the networks out of their blocks."""
        rows, count = self.program.rows, some.stop - some.start
        whole = np.dtype(f"i{blocks.dtype.itemsize}")
        self.x[:, some] = _out(blocks, 0, rows.size, count)
        # A flow has no inertia; its rows of velocities hold sums of slopes.
        still = self.program.dynamics == "gradient_flow"
        self.v[:, some] = 0.0 if still else _out(blocks, rows.v, rows.size, count)
        self.solved_at[some] = _out(blocks, rows.solved, 1, count)[0].view(whole)

    def after(self, state: "State", steps: int) -> "State":
        """The state that is left."""
        return type(state)(self.x, self.v, state.step + steps, self.solved_at)


def _judge(plan: Architecture, Y: Array) -> str:
    """How an answer is right, as `NeuralNetwork.accuracy_of` has it."""
    one_hot = plan.activations[-1] == "softmax" or (Y.sum(axis=1) == 1).all()
    return "largest" if Y.shape[1] > 1 and one_hot else "each"


def _asked(goal: "Goal | None") -> tuple[str, ...]:
    if goal is None:
        return ()
    asked = {"loss": goal.energy, "right": goal.accuracy}
    return tuple(name for name, wanted in asked.items() if wanted is not None)


def _goals(goal: "Goal | None", samples: int) -> tuple[float, float]:
    """A loss and a number of right answers; what is not asked for is never met."""
    loss = -1.0 if goal is None or goal.energy is None else goal.energy
    if goal is None or goal.accuracy is None:
        return loss, math.inf
    return loss, math.ceil(goal.accuracy * samples - 1e-9)


def _aligned(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Zeros that begin at a line of the cache."""
    spare = CACHE_LINE // dtype.itemsize
    room = np.zeros(math.prod(shape) + spare, dtype)
    start = -room.ctypes.data % CACHE_LINE // dtype.itemsize
    return room[start : start + math.prod(shape)].reshape(shape)


def _put(blocks: Array, row: int, values: Array) -> None:
    """Values of shape (rows, networks) into rows of the blocks; spare lanes repeat the last."""
    width, count = blocks.shape[2], values.shape[1]
    spare = len(blocks) * width - count
    filled = np.pad(values, ((0, 0), (0, spare)), mode="edge") if spare else values
    parts = filled.reshape(len(values), len(blocks), width).swapaxes(0, 1)
    blocks[:, row : row + len(values)] = parts


def _out(blocks: Array, row: int, rows: int, count: int) -> Array:
    """The inverse: shape (rows, networks)."""
    flat = np.ascontiguousarray(blocks[:, row : row + rows].swapaxes(0, 1))
    return np.ascontiguousarray(flat.reshape(rows, -1)[:, :count])
