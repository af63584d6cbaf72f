"""The phase diagram of a boundary: along its training, or over two of its settings.

    moments    as many as asked for, equally far apart in ∫ mean |dA|, A the answers on a grid
    settings   a training at each of m × n pairs, and the boundary that each came to

The first is what `lawful.pictures.phase_diagram` draws; the second shows where in the
plane of, say, learning rate and momentum a network learns, creeps, rings or is lost.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning import training
from lawful.learning.look import Moment
from lawful.learning.motion import Dynamics
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.learning.stopping import Diverged
from lawful.refusal import Refusal
from lawful.web.codec import Message
from lawful.web.live import dials
from lawful.web.live.maps import Maps, Plane, single

Array = NDArray[Any]
PANELS, ASKED = 12, 20
SIDE = 6  # settings along each axis, at most
SECONDS = 8.0
SCALE = "init_scale"


@dataclass(frozen=True)
class Scene:
    """What a phase diagram is made of."""

    network: NeuralNetwork
    data: Samples
    plane: Plane
    x: Array
    batch: int | None = None


def moments(scene: Scene, kept: list[Moment], panels: int, cells: int) -> Message:
    """The boundary at moments equally far apart in what the network says.

    Parameters
    ----------
    scene
        The network and its plane.
    kept
        The moments of its training.
    panels, cells
        How many, and how fine.
    """
    plan = scene.network.architecture
    coarse = Maps(scene.plane, ASKED, scene.x, neurons=False)
    weights = [single(moment.parameters) for moment in kept]
    said = [coarse.of(plan, x)[0] for x in weights]
    chosen = telling(said, panels)
    fine = Maps(scene.plane, cells, scene.x, neurons=False)
    shown = [kept[k] for k in chosen]
    record = {
        "kind": "moments",
        "steps": [moment.step for moment in shown],
        "indices": chosen,
        "losses": [moment.loss for moment in shown],
        "accuracies": [moment.accuracy for moment in shown],
        "words": "moments equally far apart in what the network says, not in time",
    }
    maps = np.stack([fine.of(plan, weights[k])[0] for k in chosen])
    return Message(record, {"maps": maps}, "answer")


def telling(said: list[Array], wanted: int) -> list[int]:
    """Which of many answers to show: equidistant in their change, first and last included.

    Examples
    --------
    >>> telling([np.array([v]) for v in (0.0, 0.0, 0.0, 1.0, 2.0)], 3)
    [0, 3, 4]
    """
    moved = [0.0, *(float(np.abs(b - a).mean()) for a, b in pairwise(said))]
    way = np.cumsum(np.nan_to_num(moved))
    clock = way / way[-1] if way[-1] > 0 else np.linspace(0.0, 1.0, len(way))
    marks = np.linspace(0.0, 1.0, min(wanted, len(way)))
    return sorted({int(np.abs(clock - mark).argmin()) for mark in marks} | {0, len(way) - 1})


def axis(name: str, dynamics: Dynamics, count: int) -> list[float]:
    """Values of a setting about the one in force.

    Examples
    --------
    >>> axis("momentum", dials.chosen("momentum"), 3)
    [0.0, 0.9, 0.99]
    """
    if name == SCALE:
        return np.geomspace(0.1, 5.0, count).round(3).tolist()
    dial = "rate" if name in ("learning_rate", "time_step") else name
    if dial not in dials.LIMITS:
        raise Refusal(f"the setting {name!r}", "one of rate, momentum, friction, temperature, "
                      f"mass, {SCALE}")  # fmt: skip
    now = dials.readings(dynamics)[dial]
    if now is None:
        others = ", ".join(dials.have(dial))
        raise Refusal(f"{dials.name_of(dynamics)} has no {dial}", f"a dynamics that has: {others}")
    if dial == "momentum":
        return (1.0 - np.geomspace(1.0, 0.01, count)).round(4).tolist()
    low, high = dials.LIMITS[dial]
    middle = min(max(now, 1e-4), high)
    values = np.geomspace(middle / 30, middle * 30, count)
    return np.unique(np.clip(values, max(low, 1e-6), high)).tolist()


def settings(
    scene: Scene,
    dynamics: Dynamics,
    x: str,
    y: str,
    *,
    columns: int,
    rows: int,
    steps: int,
    cells: int,
    over: Callable[[], bool],
) -> Message:
    """The boundary that training comes to, over two settings.

    Parameters
    ----------
    scene
        The network as its seed draws it.
    dynamics
        Its other settings.
    x, y
        Two of rate, momentum, friction, temperature, mass, init_scale.
    columns, rows, steps, cells
        How many trainings, how long, how fine a map.
    over
        Whether nobody waits for it any more.
    """
    if x == y:
        raise Refusal(f"{x} along both axes", "two settings")
    across, upward = axis(x, dynamics, columns), axis(y, dynamics, rows)
    maps = Maps(scene.plane, cells, scene.x, neurons=False)
    count = min(scene.network.layers[-1], 10)
    shape = (len(upward), len(across))
    pictures = np.full((*shape, count, cells, cells), np.nan, dtype=np.float32)
    losses, right, made = (np.full(shape, np.nan) for _ in range(3))
    until = time.perf_counter() + SECONDS
    for i, above in enumerate(upward):
        for j, beside in enumerate(across):
            if over() or time.perf_counter() > until:
                continue
            network = scene.network.copy()
            mover = _set(network, _set(network, dynamics, x, beside), y, above)
            end = _trained(network, scene, mover, steps)
            made[i, j] = 0 if end is None else end.step
            if end is not None:
                losses[i, j], right[i, j] = end.loss, end.accuracy
                pictures[i, j] = maps.of(network.architecture, single(network.parameters))[0]
    record = {
        "kind": "settings",
        "x": {"name": x, "values": across},
        "y": {"name": y, "values": upward},
        "steps": steps,
        "words": _words(made, steps),
    }
    arrays = {"maps": pictures, "losses": losses, "accuracies": right, "made": made}
    return Message(record, arrays, "answer")


def _words(made: Array, steps: int) -> str:
    unmade = int(np.isnan(made).sum())
    said = f"each picture is a training of {steps} steps from the same first weights"
    return said + (f"; {unmade} of {made.size} were left out, time was up" if unmade else "")


def _set(network: NeuralNetwork, dynamics: Dynamics, name: str, value: float) -> Dynamics:
    if name == SCALE:
        network.parameters = value * network.parameters
        return dynamics
    dial = "rate" if name in ("learning_rate", "time_step") else name
    return dials.turned(dynamics, dial, value)


def _trained(network: NeuralNetwork, scene: Scene, dynamics: Dynamics, steps: int) -> Moment | None:
    """The last moment; None where training was lost."""
    last = None
    try:
        for moment in training.evolve(
            network, scene.data, dynamics=dynamics, steps=steps, every=steps,
            batch=scene.batch, seed=network.seed, ledger=False,
        ):  # fmt: skip
            last = moment
    except Diverged:
        return None
    return last
