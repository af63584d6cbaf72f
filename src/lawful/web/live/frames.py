"""What a view is told of a session: all of it at first, then what changes.

scene = what stays + a frame          frame = numbers of the moment + weights + maps
"""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.look import Moment
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.web.codec import Message
from lawful.web.live import books, dials, sources, wishes, words
from lawful.web.live.curves import NOWHERE
from lawful.web.live.maps import SMALL, single
from lawful.web.live.session import Session
from lawful.web.live.sight import Sight

Array = NDArray[Any]


def pictured(
    session: Session, sight: Sight, start: int, curves: Mapping[str, Array]
) -> Callable[[], Message]:
    """What a frame is made of, read with the lock held; call it without the lock.

    Parameters
    ----------
    session, sight
        What is shown, and what of it.
    start, curves
        What is new of the curves, from which row.
    """
    moment, x, maps = session.shown, sight.x, sight.maps
    data = {
        **state(session, moment),
        "curve_from": start,
        "sample": sight.sample,
        "input": x.tolist(),
        "target": sight.target,
    }
    # Positions are never changed in place: they may be read after the lock is gone.
    parameters = moment.parameters
    network = session.network.with_parameters(parameters)

    def made() -> Message:
        weights = single(parameters)
        activations, sums = passed(network, x)
        boundary, neurons = maps.of(network.architecture, weights)
        arrays = {
            "parameters": weights,
            "activations": activations,
            "sums": sums,
            "boundary": boundary,
            "neurons": neurons,
            **{f"curve_{name}": column for name, column in curves.items()},
        }
        return Message(data, arrays)

    return made


def passed(network: NeuralNetwork, x: Array) -> tuple[Array, Array]:
    """All activations of one sample, the input first, and all sums; both flat."""
    with np.errstate(all="ignore"):
        z, a = network.trace(x[None, :])
        return (
            single(np.concatenate([one[0] for one in a])),
            single(np.concatenate([one[0] for one in z])),
        )


def state(session: Session, moment: Moment) -> dict[str, Any]:
    """The numbers of a moment, and where every control stands."""
    measures = {**moment.measures, "energy": moment.loss + moment.measures.get("kinetic", 0.0)}
    ledger, pace, kept = books.summary(moment), session.pace, session.timeline
    if ledger is not None:  # what equipartition would call the temperature
        count = session.network.parameters.size
        measures["kinetic_temperature"] = 2.0 * moment.measures["kinetic"] / count
        ledger["since"] = session.books_from
    last = len(kept) - 1
    return {
        "version": session.version,
        "step": moment.step,
        "epoch": moment.epoch,
        "seed": session.network.seed,
        "playing": pace.playing,
        "speed": "max" if math.isinf(pace.speed) else pace.speed,
        "optimizer": dials.name_of(session.dynamics),
        **dials.readings(session.dynamics),
        "measures": measures,
        "accounts": dict(moment.accounts),
        "books": ledger,
        "residual": books.residual(moment),
        "trouble": session.trouble,
        "history": {
            "length": last + 1,
            "at": last if session.at is None else session.at,
            "steps": [kept[0].step, kept[last].step],
        },
        "undo": len(session.hand.done),
        "redo": len(session.hand.undone),
        "steps_a_second": pace.steps_a_second if pace.playing else 0.0,
    }


def scene(session: Session, sight: Sight, notes: tuple[str, ...]) -> Message:
    """Everything that a view needs to begin."""
    with session.lock:
        sight.fit()
        _, curves, _ = session.curves.since(NOWHERE)
        made = pictured(session, sight, 0, curves)
        data = told(session, sight, notes)
        samples, held = session.source.samples, session.source.held
    frame = made()
    arrays = {
        **frame.arrays,
        "X": single(samples.X),
        "y": single(samples.y),
        "labels": _labels(samples),
        "held": held,
    }
    return Message({**frame.data, **data}, arrays, "answer")


def told(session: Session, sight: Sight, notes: tuple[str, ...]) -> dict[str, Any]:
    """All that stays the same from frame to frame."""
    plan, source = session.network.architecture, session.source
    samples, plane = source.samples, sight.plane
    return {
        "layers": list(plan.layers),
        "activations": list(plan.activations),
        "initializations": list(plan.initializations),
        "loss": plan.loss,
        "layout": layout(plan.layers),
        "features": list(samples.features),
        "classes": list(samples.classes),
        "dataset": source.name,
        "recipe": dict(source.recipe),
        "validation": source.validation,
        "datasets": [list(pair) for pair in sources.known()],
        "known": wishes.KNOWN,
        "has": {dial: list(dials.have(dial)) for dial in dials.LIMITS},
        "rate_called": words.rate_called(dials.setting(session.dynamics, "rate")),
        "limits": wishes.LIMITS,
        "extent": list(plane.extent),
        "slice": list(plane.pair),
        "cells": sight.maps.cells,
        "small_cells": SMALL,
        "accounts_known": list(words.ACCOUNTS),
        "words": {
            "accounts": words.ACCOUNTS,
            "energies": words.ENERGIES,
            "optimizers": words.OPTIMIZERS,
        },
        "notes": [*notes, *samples.notes, *no_books(session)],
        "look": wishes.asked_of(session),
    }


def no_books(session: Session) -> list[str]:
    """Why no books are kept; nothing where they are."""
    if session.shown.state.ledger is not None:
        return []
    if not session.course.whole:
        return [words.NO_LEDGER["batch"]]
    return [words.NO_LEDGER["dynamics"].format(name=dials.name_of(session.dynamics))]


def layout(layers: tuple[int, ...]) -> list[dict[str, list[int]]]:
    """Where weights and biases lie in the vector of all parameters.

    >>> layout((2, 3, 1))[1]
    {'weights': [9, 3, 1], 'biases': [12, 1]}
    """
    found, start = [], 0
    for n, m in pairwise(layers):
        found.append({"weights": [start, n, m], "biases": [start + n * m, m]})
        start += (n + 1) * m
    return found


def _labels(samples: Samples) -> Array:
    if samples.classes:
        return samples.labels.astype(np.int32)
    return np.zeros(samples.size, dtype=np.int32)
