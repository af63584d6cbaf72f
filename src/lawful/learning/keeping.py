"""A training kept in a file on the way, so that nothing is lost when it is killed.

    motion, best weights, ledger, record -> one safetensors file

Written every few seconds, whole or not at all.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.course import Course
from lawful.learning.ledger import Ledger
from lawful.learning.look import Moment, State
from lawful.learning.motion import Motion
from lawful.learning.network import NeuralNetwork
from lawful.learning.record import Record
from lawful.learning.stopping import Best
from lawful.learning.tensors_file import tensors_in
from lawful.refusal import Refusal
from lawful.store import fingerprint_arrays, write_atomically

Array = NDArray[Any]
SECONDS = 5.0
KIND = "lawful training"


class Keeper:
    """Keeps one training in one file; does nothing where there is no file to keep it in."""

    def __init__(self, network: NeuralNetwork, course: Course, path: str | Path | None) -> None:
        self.course = course
        self.path = None if path is None else Path(path)
        self.size = network.parameters.size
        self.identity = "" if path is None else _identity(network, course)
        self._last = time.monotonic()

    def taken_up(self) -> tuple[State | None, Record]:
        """Where the file says the training stood; the beginning where there is none."""
        if self.path is None or not self.path.exists():
            return None, Record()
        metadata, arrays = _read(self.path)
        if metadata.get("identity") != self.identity:
            raise Refusal(
                f"{str(self.path)!r} keeps another training", "", "remove it, or take another place"
            )
        try:
            state, kept = _state(metadata, arrays), Record.from_arrays(arrays)
            whole = all(len(part) == self.size for part in _vectors(state, kept))
        except (KeyError, TypeError, ValueError):
            whole = False
        if not whole:
            raise Refusal(
                f"{str(self.path)!r} is not whole", "a training kept by lawful", "remove it"
            )
        return state, kept

    def keep(self, moment: Moment, kept: Record) -> None:
        """Write the training as it stands, if it is time."""
        if self.path is not None and time.monotonic() - self._last >= SECONDS:
            _write(self.path, moment.state, kept, self.identity)
            self._last = time.monotonic()

    def clear(self) -> None:
        """Remove the file: the training is done."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _identity(network: NeuralNetwork, course: Course) -> str:
    """Which training this is: its settings, its first weights, and the samples themselves."""
    held = course.validation
    arrays = {"x": network.parameters, "X": course.rest.X, "y": course.rest.y}
    arrays |= {} if held is None else {"held X": held.X, "held y": held.y}
    marks = {"every": course.every, "ledger": course.ledger}
    mark = fingerprint_arrays("samples", arrays)["sha256"]
    return json.dumps({**course.settings, **marks, "arrays": mark}, sort_keys=True)


def _vectors(state: State, kept: Record) -> list[Array]:
    """All that must be as long as the parameters are many."""
    some = [state.motion.x, state.motion.v, state.motion.g, state.best.parameters]
    return [v for v in (*some, *kept.snapshots, *kept.weights) if v is not None]


def _write(path: Path, state: State, kept: Record, identity: str) -> None:
    from safetensors.numpy import save

    memory = {f"memory_{k}": np.asarray(part) for k, part in enumerate(state.motion.memory)}
    best = {} if state.best.parameters is None else {"best": state.best.parameters}
    words = {
        "step": state.step,
        "best": [state.best.loss, state.best.step],
        "ledger": None if state.ledger is None else state.ledger.state,
        "memory": [np.ndim(part) for part in state.motion.memory],
        "U": state.motion.U,
        "stopped": state.stopped,
    }
    slope = {} if state.motion.g is None else {"g": state.motion.g}
    arrays = {"x": state.motion.x, "v": state.motion.v, **slope, **memory, **best}
    arrays |= kept.to_arrays()
    metadata = {"kind": KIND, "identity": identity, "state": json.dumps(words)}
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_atomically(path, save(whole, metadata=metadata))


def _read(path: Path) -> tuple[dict[str, str], dict[str, Array]]:
    metadata, arrays = tensors_in(path, "a training kept by lawful")
    if metadata.get("kind") != KIND:
        raise Refusal(f"{str(path)!r} keeps no training", "a training kept by lawful")
    return metadata, arrays


def _state(metadata: Mapping[str, str], arrays: Mapping[str, Array]) -> State:
    words = json.loads(metadata["state"])
    memory = tuple(
        arrays[f"memory_{k}"] if dimensions else arrays[f"memory_{k}"].item()
        for k, dimensions in enumerate(words["memory"])
    )
    motion = Motion(arrays["x"], arrays["v"], words["U"], arrays.get("g"), memory)
    ledger = None if words["ledger"] is None else Ledger.restored(words["ledger"])
    loss, step = words["best"]
    best = Best(loss, step, arrays.get("best"))
    return State(words["step"], motion, best, ledger, words["stopped"])
