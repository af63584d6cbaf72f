"""Training: a motion through the landscape of the loss, looked at on the way.

    xₜ₊₁, vₜ₊₁ = step(xₜ, vₜ, U)

One loop, for every optimiser and every mechanical system, for all samples at once
and for mini-batches. `evolve` is the loop; `record` keeps what it shows; `train`
gives the curves.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lawful.learning.chance import Chance
from lawful.learning.course import Course, settled
from lawful.learning.keeping import Keeper
from lawful.learning.ledger import Ledger
from lawful.learning.look import Look, Moment, State
from lawful.learning.network import NeuralNetwork
from lawful.learning.potential import Potential
from lawful.learning.record import Record, Training
from lawful.learning.samples import Samples
from lawful.learning.stopping import Best, Diverged, broken_off, diverged
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories

Progress = Callable[[int, int], None]


def evolve(
    network: NeuralNetwork,
    data: Samples | tuple[Any, Any],
    *,
    state: State | None = None,
    **options: Any,
) -> Iterator[Moment]:
    """Train a network in place, and look at it now and then.

    Parameters
    ----------
    network
        Its weights move as the iterator is drawn.
    data
        Samples, or inputs and targets, shapes (n, inputs) and (n, outputs).
    state
        Where an earlier training stood, to go on from there.
    dynamics
        A `Dynamics`, or the name of one; see `named.NAMES`.
    learning_rate
        For a dynamics given by name.
    steps, epochs
        How long, one of both; 2000 steps on all samples or 20 epochs of mini-batches
        when neither is given.
    batch
        Samples a step; all when not given.
    schedule
        How the learning rate changes; see `schedules`.
    validation
        Samples kept apart, or their share of the data.
    patience
        Epochs without a better loss (on validation, if there is one) before training
        stops and the best weights are taken back.
    goal
        An accuracy at which to stop.
    seed
        Of batches, noise and dropout.
    every
        Steps from look to look; some hundreds of looks in all when not given.
    ledger
        Whether the energy's books are kept, where they can be: on all samples at each
        step, at a rate that stays, without dropout.

    Yields
    ------
    Moment
        The first before any step.

    Raises
    ------
    Refusal
        For options that cannot be meant, or data that do not fit.
    Diverged
        Where the loss is no longer a number, or a step cannot be made.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> net = NeuralNetwork([2, 3, 1], seed=1)
    >>> looks = evolve(net, datasets.xor(), learning_rate=1.0, steps=100, every=50)
    >>> [moment.step for moment in looks]
    [0, 50, 100]
    """
    yield from _moments(network, settled(network, data, **options), state)


def _moments(network: NeuralNetwork, course: Course, state: State | None) -> Iterator[Moment]:
    """The loop."""
    look, chance = Look(network, course), Chance(course.seed)
    landscape = Potential(network, course.rest.X, course.rest.y)
    fixed = course.whole and not network.architecture.dropout
    if state is None:
        books = fixed and course.ledger and course.factor is None
        moment = look.at(_begun(network, course, landscape, keep_books=books))
        state = moment.state
        yield moment
    if state.ledger is not None:  # the state given, or looked at, stays as it is
        state = replace(state, ledger=Ledger.restored(state.ledger.state))
    network.parameters = state.motion.x
    batches = course.batches(state.step)
    while state.step < course.steps and not state.stopped:
        until = min(course.steps, (state.step // course.every + 1) * course.every)
        with np.errstate(all="ignore"):  # what overflows is caught, and said
            for step in range(state.step, until):
                X, y = next(batches)
                rng = chance.at(step)
                if not fixed:
                    landscape.on(X, y, network.dropout_masks(len(X), rng))
                state = _stepped(state, course, landscape, rng)
        moment = _seen(network, look, state)
        state = replace(moment.state, ledger=state.ledger)
        yield moment
    network.parameters = state.kept


def _seen(network: NeuralNetwork, look: Look, state: State) -> Moment:
    """A look from where the motion is; the network stays where it was if that is lost."""
    before = network.parameters.copy()
    network.parameters = state.motion.x
    try:
        return look.at(state)
    except Diverged:
        network.parameters = before
        raise


def _begun(
    network: NeuralNetwork, course: Course, landscape: Potential, *, keep_books: bool
) -> State:
    """The state before the first step."""
    dynamics, rng = course.dynamics, np.random.default_rng([course.seed, 3])  # a stream of its own
    motion = dynamics.begin(network.parameters.copy(), landscape, rng)
    ledger = None
    if keep_books:
        motion = motion.measured(landscape)
        ledger = Ledger.opened(dynamics, motion)
    return State(0, motion, Best(), ledger)


def _stepped(state: State, course: Course, landscape: Potential, rng: np.random.Generator) -> State:
    """The state one step later, or the news that it is lost."""
    dynamics, ledger = course.dynamics, state.ledger
    try:
        motion = dynamics.step(state.motion, landscape, rng, course.scale(state.step))
    except Refusal as why:  # an implicit step without a solution
        raise broken_off(state.step + 1, why) from why
    motion = motion if ledger is None else motion.measured(landscape)
    # The last value asked for: a motion that is lost is caught here, one step late at most.
    if not math.isfinite(landscape.last):
        raise diverged(state.step + 1, state.motion, dynamics)
    if ledger is not None:
        ledger.follow(dynamics, state.motion, motion)
        # A dynamics without accounts keeps no books.
        ledger = ledger if state.step or ledger.totals else None
    return State(state.step + 1, motion, state.best, ledger)


def record(
    network: NeuralNetwork,
    data: Samples | tuple[Any, Any],
    *,
    name: str | None = None,
    progress: Progress | None = None,
    checkpoint: str | Path | None = None,
    **options: Any,
) -> Training:
    """Train a network in place and keep how it went.

    Parameters
    ----------
    name
        Of the run; the layers and the seed when not given.
    progress
        Called with the steps done and to do.
    checkpoint
        A file that holds the training as it stands, written every few seconds and
        removed at the end. Where it is there already, training goes on from it and
        ends in the same bits as if it had never stopped.
    **options
        As `evolve` takes them.

    Raises
    ------
    Refusal
        As `evolve`; for a checkpoint of another training.
    Diverged
        As `evolve`; its `training` holds what came before.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> done = record(NeuralNetwork([2, 3, 1], seed=1), datasets.xor(), steps=50)
    >>> done.runs.sizes["time"], done.snapshots.shape, done.stopped
    (51, (51, 13), 'after 50 steps')
    """
    course = settled(network, data, **options)
    keeper = Keeper(network, course, checkpoint)
    state, kept = keeper.taken_up()
    stopped = "" if state is None else state.stopped
    try:
        for moment in _moments(network, course, state):
            kept.add(moment)
            stopped = moment.state.stopped
            keeper.keep(moment, kept)
            if progress:
                progress(moment.step, course.steps)
    except Diverged as end:
        if not kept.moments:
            raise
        end.training = _done(network, course, kept, name, str(end))
        raise
    kept.finish(int(kept.moments[-1]["step"]), network.parameters.copy())
    done = _done(network, course, kept, name, stopped or f"after {course.steps} steps")
    keeper.clear()
    return done


def _done(
    network: NeuralNetwork, course: Course, kept: Record, name: str | None, stopped: str
) -> Training:
    origin = {**course.settings, "stopped": stopped}
    title = name or f"{'-'.join(map(str, network.layers))} seed {network.seed}"
    runs = kept.runs(network, title, origin)
    steps, snapshots = np.array(kept.steps), np.array(kept.snapshots)
    data, residual = course.data, kept.residual
    return Training(network, data, runs, steps, snapshots, stopped, residual, origin)


def train(network: NeuralNetwork, data: Samples | tuple[Any, Any], **options: Any) -> Trajectories:
    """Train a network in place; its curves as `Trajectories` of one run.

    Parameters
    ----------
    network, data, **options
        As `record` takes them.

    Returns
    -------
    Trajectories
        Loss, accuracy, energies, the ledger's accounts, and every weight of a network
        of at most 256; time is the step.

    Examples
    --------
    >>> from lawful.learning import HeavyBall, datasets
    >>> net = NeuralNetwork([2, 3, 1], seed=1)
    >>> ball = HeavyBall(friction=0.1, time_step=1.0)
    >>> runs = train(net, datasets.xor(), dynamics=ball, steps=300)
    >>> bool(runs["loss"][0, -1] < runs["loss"][0, 0])
    True
    """
    return record(network, data, **options).runs
