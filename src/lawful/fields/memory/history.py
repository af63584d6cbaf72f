"""A learner follows a stream, and what it knew on the way.

    for experience i:  train(i), then R[i, j] = accuracy on test j, for the j that are looked at

A file keeps learner and record after every experience, so that what was broken off goes on
from there, to the same bits. It is written beside its place, flushed to the disk, then renamed
over it: tensors as safetensors, https://huggingface.co/docs/safetensors, and words as JSON in
its metadata; never code.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lawful.fields.memory import accuracy
from lawful.fields.memory.experience import Stream
from lawful.fields.memory.learner import Learner, Progress, Size
from lawful.refusal import Refusal

Array = NDArray[np.float64]
LOOKS = ("all", "seen", "ends", "last")
RECORD = ("matrix", "start", "seconds")


@dataclass(frozen=True, eq=False)
class History:
    """What a learner knew of a stream, and what it kept.

    Parameters
    ----------
    learner, stream
        Their names.
    tasks
        The names of the T experiences.
    matrix
        R, shape (T, T), from 0 to 1: after experience i on test j; NaN where nobody looked.
    start
        Accuracies before anything was learnt, shape (T,); NaN where nobody looked.
    seconds
        Wall time of each training, shape (T,); tests are not counted.
    sizes
        What was kept after each experience.
    extras
        What else the learner tells, by name.
    """

    learner: str
    stream: str
    tasks: tuple[str, ...]
    matrix: Array
    start: Array
    seconds: Array
    sizes: tuple[Size, ...]
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def average(self) -> float:
        """The mean accuracy on all tasks at the end."""
        return accuracy.average(self.matrix)

    @property
    def forgetting(self) -> float:
        """How far earlier tasks fell from their best; NaN of one task."""
        return accuracy.forgetting(self.matrix)

    @property
    def backward(self) -> float:
        """What later experiences gave to earlier tasks."""
        return accuracy.backward(self.matrix)

    @property
    def forward(self) -> float:
        """What earlier experiences gave to tasks not yet met; NaN unless all was looked at."""
        return accuracy.forward(self.matrix, self.start)

    def to_json(self) -> dict[str, Any]:
        """As JSON keeps it; null where nobody looked."""
        return {
            "learner": self.learner,
            "stream": self.stream,
            "tasks": list(self.tasks),
            "matrix": _listed(self.matrix),
            "start": _listed(self.start),
            "seconds": self.seconds.tolist(),
            "sizes": [size.to_dict() for size in self.sizes],
            "extras": {name: _listed(values) for name, values in self.extras.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "History":
        """What `to_json` gave.

        Raises
        ------
        Refusal
            For anything else.
        """
        try:
            found = cls(
                kept["learner"],
                kept["stream"],
                tuple(kept["tasks"]),
                np.array(kept["matrix"], dtype=np.float64),
                np.array(kept["start"], dtype=np.float64),
                np.array(kept["seconds"], dtype=np.float64),
                tuple(Size(**size) for size in kept["sizes"]),
                {name: np.array(v, dtype=np.float64) for name, v in kept["extras"].items()},
            )
        except KeyError as error:
            raise Refusal(f"a history without {error}", "what History.to_json gave") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise Refusal(f"no history: {error}", "what History.to_json gave") from None
        T = len(found.tasks)
        shapes = found.matrix.shape, found.start.shape, found.seconds.shape, len(found.sizes)
        if shapes != ((T, T), (T,), (T,), T):
            raise Refusal(f"a history of {T} tasks with the shapes {shapes}", f"({T}, {T}), …")
        return found


def follow(
    learner: Learner,
    stream: Stream,
    *,
    look: str = "seen",
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> History:
    """Train a learner on one experience after the other, and look at what it knows.

    Parameters
    ----------
    learner
        A new one; it is changed.
    stream
        What it meets.
    look
        After each experience, on which tests: "all"; "seen", of the tasks met so far; "ends",
        of the task just met, and of all at the end; "last", of all at the end alone.
    checkpoint
        A file that keeps learner and record after each experience. It keeps numbers, not how
        they lay in memory: a learner that holds a transposed tensor must restore it so, for
        sums in another order differ in their last bits.
    resume
        Go on from the checkpoint where there is one.
    progress
        Told the share that is done and a few words.

    Returns
    -------
    History
        What it knew.

    Raises
    ------
    Refusal
        For an unknown look, a stream of other images than the learner's, a checkpoint of
        another learner or stream.

    Examples
    --------
    >>> from lawful.fields.memory import AnalyticReadout, Part
    >>> from lawful.fields.memory.scenarios import split
    >>> images = torch.eye(8).roll(1, 0)[None] * torch.linspace(0.5, 1, 60)[:, None, None]
    >>> images = torch.stack([image.roll(k % 4, 1) for k, image in enumerate(images)])
    >>> part = Part(images, torch.arange(60) % 4)
    >>> learner = AnalyticReadout(classes=4, side=8, features=36)
    >>> follow(learner, split(part, part, parts=2)).matrix.tolist()
    [[1.0, nan], [1.0, 1.0]]
    """
    _check(learner, stream, look)
    T = len(stream)
    held = _Record(np.full((T, T), np.nan), np.full(T, np.nan), np.zeros(T), [])
    place = None if checkpoint is None else Path(checkpoint)
    mark = "" if place is None else _mark(learner, stream, look)
    if resume and place is not None and place.exists():
        _load(place, mark, learner, held)
    elif look == "all":
        held.start[:] = learner.eval(stream).numpy()
    for i in range(len(held.sizes), T):
        said = _within(progress, i, T, stream.names[i])
        tests = _looked_at(look, i, T)
        began = perf_counter()
        learner.train(stream.experiences[i], progress=said)
        if tests:
            # What a learner puts off until it is asked belongs to its training.
            learner.predict(stream.experiences[i].train.images[:1])
        held.seconds[i] = perf_counter() - began
        held.matrix[i, tests] = learner.eval([stream.tests[j] for j in tests]).numpy()
        held.sizes.append(learner.size())
        if place is not None:
            _save(place, mark, learner, held)
    return held.finished(learner, stream)


@dataclass(eq=False)
class _Record:
    """A history that grows."""

    matrix: Array
    start: Array
    seconds: Array
    sizes: list[Size]

    def finished(self, learner: Learner, stream: Stream) -> History:
        tell = getattr(learner, "extras", None)
        extras = {} if tell is None else tell(stream)
        return History(
            learner.name,
            stream.name,
            stream.names,
            self.matrix,
            self.start,
            self.seconds,
            tuple(self.sizes),
            extras,
        )


def _looked_at(look: str, i: int, T: int) -> list[int]:
    if look == "all" or i == T - 1:
        return list(range(T))
    return {"seen": list(range(i + 1)), "ends": [i], "last": []}[look]


def _within(progress: Progress | None, i: int, T: int, name: str) -> Progress | None:
    if progress is None:
        return None
    return lambda share, words: progress((i + share) / T, f"{name}: {words}")


def _check(learner: Learner, stream: Stream, look: str) -> None:
    if look not in LOOKS:
        raise Refusal(f"look={look!r}", "one of " + ", ".join(LOOKS))
    if (learner.classes, learner.side) != (stream.classes, stream.side):
        raise Refusal(
            f"a learner of {learner.classes} classes and images of {learner.side}",
            f"{stream.classes} classes and images of {stream.side}, as the stream has",
        )


# ------------------------------------------------------------------ the checkpoint


def _mark(learner: Learner, stream: Stream, look: str) -> str:
    """What a checkpoint belongs to: the learner's settings and the stream's images."""
    seen = hashlib.sha256()
    for one, test in zip(stream.experiences, stream.tests, strict=True):
        for part in (one.train, one.validation, test):
            images, labels = next(part.batches(64))  # enough to tell seeds and data apart
            seen.update(images.cpu().numpy().tobytes() + labels.cpu().numpy().tobytes())
            seen.update(len(part).to_bytes(8, "little"))
    told = {
        "learner": learner.settings(),
        "stream": stream.name,
        "tasks": stream.names,
        "images": seen.hexdigest(),
        "look": look,
    }
    return json.dumps(told, sort_keys=True)


def _save(place: Path, mark: str, learner: Learner, held: _Record) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors = {f"learner.{k}": v.detach().clone().contiguous() for k, v in learner.state().items()}
    for name in RECORD:
        tensors[name] = torch.from_numpy(getattr(held, name).copy())
    sizes = json.dumps([size.to_dict() for size in held.sizes])
    part = place.with_name(place.name + ".part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, str(part), metadata={"mark": mark, "sizes": sizes})
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, place)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            part.unlink()
        told = getattr(error, "strerror", None) or error
        raise Refusal(
            f"cannot write {str(place)!r}: {told}", remedy="take another place, or make room"
        ) from None


def _load(place: Path, mark: str, learner: Learner, held: _Record) -> None:
    remedy = "begin anew without resuming, or take another file"
    told, tensors = _read(place, remedy)
    try:
        kept, wanted = json.loads(told["mark"]), json.loads(mark)
        other = [name for name in wanted if kept[name] != wanted[name]]
        sizes = [Size(**size) for size in json.loads(told["sizes"])]
        record = {name: tensors.pop(name).numpy() for name in RECORD}
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal(f"{str(place)!r} keeps no stream: {error}", "a checkpoint", remedy) from None
    if other:
        named = ", ".join(other)
        raise Refusal(f"{str(place)!r} is of another {named}", "a checkpoint of these", remedy)
    learner.restore({k.removeprefix("learner."): v for k, v in tensors.items()})
    for name, values in record.items():
        getattr(held, name)[:] = values
    held.sizes.extend(sizes)


def _read(place: Path, remedy: str) -> tuple[dict[str, str], dict[str, Tensor]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(place), framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise Refusal(f"cannot read {str(place)!r}: {error}", "a checkpoint", remedy) from None


def _listed(values: NDArray[Any]) -> Any:
    """Nested lists, null for NaN."""
    numbers = np.asarray(values, dtype=np.float64)
    boxed = numbers.astype(object)
    boxed[np.isnan(numbers)] = None
    return boxed.tolist()
