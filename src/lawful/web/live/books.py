"""A training taken up again by other hands, its energy's books brought up to date.

    E = U + K,    work of the hand = E after − E before

Whoever turns a slider changes K = ½ m |v|² or |v|²/2η at one stroke, and whoever moves a
weight changes U. The ledger enters either as the work of the hand; all else stays as it was,
and what no account explains is round-off.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lawful.learning.course import Course
from lawful.learning.ledger import Ledger
from lawful.learning.look import Look, Moment, State
from lawful.learning.motion import Dynamics
from lawful.learning.network import NeuralNetwork
from lawful.learning.potential import Potential
from lawful.learning.stopping import Best

HAND = "hand"


def taken_up(network: NeuralNetwork, course: Course, state: State, anew: bool) -> Moment:
    """The moment at which a course goes on from a state.

    Parameters
    ----------
    network
        Gives the architecture; it is not changed.
    course
        With the dynamics that take the next step.
    state
        Where training stands; its weights may have been moved.
    anew
        Whether the dynamics begin at rest.

    Raises
    ------
    Diverged
        Where the loss there is no number.
    """
    landscape = Potential(network, course.rest.X, course.rest.y)
    motion = state.motion
    if anew:
        rng = np.random.default_rng([network.seed, 3])
        motion = course.dynamics.begin(motion.x, landscape, rng)
    with np.errstate(all="ignore"):  # what overflows is caught by the look
        state = replace(state, motion=motion.measured(landscape), best=Best())
        bare = not course.whole or bool(network.architecture.dropout)
        ledger = None if bare else _booked(state, course.dynamics)
    return Look(network.with_parameters(motion.x), course).at(replace(state, ledger=ledger))


def _booked(state: State, dynamics: Dynamics) -> Ledger | None:
    """The books with the work of the hand in them; new ones where there were none."""
    motion = state.motion
    if not dynamics.account(motion, motion):
        return None
    if state.ledger is None or not state.ledger.entries:
        return Ledger.opened(dynamics, motion)
    books = Ledger.restored(state.ledger.state)
    energy = motion.U + dynamics.kinetic(motion)
    if energy != books.energy:
        books.enter({HAND: energy - books.energy}, energy)
    return books


def same_kind(dynamics: Dynamics, state: State) -> bool:
    """Whether a dynamics can go on from what a state remembers."""
    nowhere: Any = None
    fresh = dynamics.begin(state.motion.x, nowhere, np.random.default_rng(0))
    return len(fresh.memory) == len(state.motion.memory) and all(
        np.shape(a) == np.shape(b) for a, b in zip(fresh.memory, state.motion.memory, strict=True)
    )


def row_of(moment: Moment) -> dict[str, float]:
    """What curves keep of a moment: measures, energy, accounts."""
    measures: Mapping[str, float] = moment.measures
    energy = measures["loss"] + measures.get("kinetic", 0.0)
    return {**measures, "energy": energy, **moment.accounts}


def summary(moment: Moment) -> dict[str, Any] | None:
    """E at the start and now, and since which step; None where no books are kept."""
    ledger = moment.state.ledger
    if ledger is None:
        return None
    return {
        "start": ledger.start,
        "now": ledger.energy,
        "entries": ledger.entries,
        "hand": ledger.totals.get(HAND, 0.0),
    }


def residual(moment: Moment) -> float | None:
    """The largest relative residual of the books; None where there are none."""
    ledger = moment.state.ledger
    return None if ledger is None else ledger.worst
