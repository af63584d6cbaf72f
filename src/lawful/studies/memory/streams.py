"""The streams of a study of memory: a name, or a table of square images, to tasks.

    data  →  training images, test images  →  permuted | rotated | split  →  stream

Images of a table are rows of side² numbers, row by row from the top left. Where data have
no test images of their own, a fifth of each class is held back, the same for every seed: what
was chosen once on other images, a recorded strength, was never chosen on these.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from math import isqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.store import fingerprint, fingerprint_arrays

if TYPE_CHECKING:
    from lawful.fields.memory import Part, Stream
    from lawful.studies.memory.choice import MemoryStudy

HELD_BACK = 0.2
LEAST_SIDE = 4
LEAST_OF_A_CLASS = 10


@dataclass(frozen=True)
class Facts:
    """What the data are.

    Attributes
    ----------
    name
        What they are called.
    train, test
        Images to learn from, some of which a learner sets aside to choose by, and images
        for the last word.
    side
        Points along an edge.
    labels
        Names of the classes.
    notes
        Sentences on what was scaled, left out, held back.
    fingerprints
        Of everything that was read.
    """

    name: str
    train: int
    test: int
    side: int
    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()
    fingerprints: tuple[Mapping[str, Any], ...] = ()

    @property
    def classes(self) -> int:
        """How many classes."""
        return len(self.labels)

    @property
    def mark(self) -> str:
        """The fingerprints in one word."""
        return "".join(str(one["sha256"]) for one in self.fingerprints)

    def to_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Facts":
        """The inverse of `to_dict`."""
        several = {key: tuple(record[key]) for key in ("labels", "notes", "fingerprints")}
        return cls(**{**record, **several})


def facts_of(study: "MemoryStudy") -> Facts:
    """What the data of a study are.

    Raises
    ------
    Refusal
        For data that are not there, or no square images of classes.

    Examples
    --------
    >>> from lawful.studies.memory.choice import MemoryStudy
    >>> facts = facts_of(MemoryStudy("digits"))
    >>> facts.train, facts.test, facts.side, facts.classes
    (1438, 359, 8, 10)
    """
    samples = _images(study.data, study.target)
    train, test = _parted(samples, study.samples)
    notes = list(samples.notes)
    if samples.test is None:
        notes.append(f"{test.size} of {train.size + test.size} images are held back to test")
    if study.samples is not None and study.samples < samples.size:
        notes.append(f"{study.samples} of {samples.size} images are taken")
    marks = (_mark(study.data, samples),)
    side = isqrt(samples.inputs)
    name = samples.name or study.data
    return Facts(name, train.size, test.size, side, samples.classes, tuple(notes), marks)


def stream_of(study: "MemoryStudy", seed: int) -> "Stream":
    """The stream of a seed; the study is complete.

    Raises
    ------
    Refusal
        As the scenarios say.
    """
    from lawful.fields.memory import scenarios

    held = _parted(_images(study.data, study.target), study.samples)
    train, test = map(_part, held)
    tasks = int(study.tasks or 1)
    if study.scenario == "permuted":
        return scenarios.permuted(train, test, tasks=tasks, seed=seed)
    if study.scenario == "rotated":
        return scenarios.rotated(train, test, tasks=tasks, seed=seed)
    return scenarios.split(train, test, parts=tasks, seed=seed)


@lru_cache(maxsize=1)
def _images(data: str, target: str | None) -> Samples:
    """All samples, checked to be square images of classes, pixels from 0 to 1."""
    from lawful.learning.datasets import dataset, labelled, names

    named = data.strip().casefold() in names()
    samples = (
        dataset(data, target=target)
        if named or not _is_file(data)
        else labelled(data, target, standardise=False)
    )
    side = isqrt(samples.inputs)
    remedy = "take digits, mnist, or a table with a column for each pixel and one of classes"
    if side < LEAST_SIDE or side * side != samples.inputs:
        raise Refusal(
            f"{data!r} has {samples.inputs} features: no square images",
            f"a square number of pixels, {LEAST_SIDE}² = {LEAST_SIDE**2} at least",
            remedy,
        )
    if len(samples.classes) < 2:
        raise Refusal(f"the answers of {data!r} are numbers", "classes of images", remedy)
    return _lit(samples)


def _is_file(name: str) -> bool:
    from lawful.studies.material import is_file

    return is_file(name)


def _lit(samples: Samples) -> Samples:
    """Pixels from 0 to 1; by the greatest of all where they are not."""
    low, high = float(samples.X.min()), float(samples.X.max())
    if low < 0:
        raise Refusal(f"{samples.name!r} has the pixel {low:g}", "pixels from 0 up")
    if high <= 0:
        raise Refusal(f"every pixel of {samples.name!r} is 0", "images")
    if high <= 1:
        return samples
    said = f"pixels are divided by {high:g}, the greatest"
    return replace(samples, X=samples.X / high, notes=(*samples.notes, said))


def _parted(samples: Samples, few: int | None) -> tuple[Samples, Samples]:
    """To learn from, and to test; of fewer images a part of each."""
    if few is not None and few > samples.size:
        raise Refusal(f"{few} samples of {samples.name}", f"1 to {samples.size}")
    share = 1.0 if few is None else few / samples.size
    rest, test = (samples, samples.test) if samples.test else samples.split(HELD_BACK)
    rest, test = _some(rest, share), test if samples.test else _some(test, share)
    counts = np.bincount(rest.labels, minlength=len(samples.classes))
    if counts.min() < LEAST_OF_A_CLASS:
        raise Refusal(
            f"{counts.min()} images of the class {samples.classes[int(counts.argmin())]!r} to "
            "learn from",
            f"{LEAST_OF_A_CLASS} at least of each",
            "take more samples" if few is not None else "",
        )
    return rest, test


def _some(samples: Samples, share: float) -> Samples:
    """A part of each class; always the same."""
    return samples if share >= 1 else samples.split(share)[1]


def _part(samples: Samples) -> "Part":
    import torch

    from lawful.fields.memory import Part

    side = isqrt(samples.inputs)
    images = np.array(samples.X, dtype=np.float32).reshape(-1, side, side)
    return Part(torch.from_numpy(images), torch.from_numpy(samples.labels.astype(np.int64)))


def _mark(data: str, samples: Samples) -> dict[str, Any]:
    if _is_file(data) and samples.name not in ("digits", "mnist"):
        return fingerprint(data)
    arrays = {"X": samples.X, "y": samples.y}
    if samples.test is not None:
        arrays |= {"test X": samples.test.X, "test y": samples.test.y}
    return fingerprint_arrays(samples.name, arrays)
