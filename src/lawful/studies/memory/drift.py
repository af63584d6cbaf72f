"""How the attractors of one field drift, if it learns task after task and nothing holds it.

    n̄_c(x) = mean of |ψ(T, x)|² over test images of class c of the first task, ∑ n̄_c = 1

One `ImageField` is trained on a part of each task in turn, its planes shared by all, as no
method here does it: the control that shows what basins avoid. Moments are the end of the
first task and the middle and the end of each that follows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lawful.fields.memory import Part, Stream

TASKS = 5  # of the stream, at most
TAUGHT = 1000  # images of each task
EPOCHS = 3
SMALL_BATCH = 32
ASKED = 600  # test images of the first task


@dataclass(frozen=True, eq=False)
class Drift:
    """Mean output densities on the way.

    Attributes
    ----------
    moments
        What each is called.
    classes
        Those of the first task that were asked.
    densities
        Shape (moments, classes, y, x), each of sum 1.
    accuracy
        On the images asked, at each moment.
    taught
        How many images of each task were learnt from.
    """

    moments: tuple[str, ...]
    classes: tuple[int, ...]
    densities: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    taught: int


def drift(stream: "Stream", *, taught: int = TAUGHT, seed: int = 0) -> Drift:
    """Train one field through a stream, and look at the first task's densities on the way.

    Parameters
    ----------
    stream
        Of two tasks or more, to see anything move; the first five are learnt.
    taught
        Images of each task, at most.
    seed
        Of the planes and of the order of images.

    Examples
    --------
    >>> import torch
    >>> from lawful.fields.memory import Part
    >>> from lawful.fields.memory.scenarios import permuted
    >>> part = Part(torch.rand(60, 8, 8), torch.arange(60) % 2)
    >>> found = drift(permuted(part, part, tasks=2), taught=40)
    >>> found.moments, found.densities.shape
    (('task 1', 'half task 2', 'task 2'), (3, 2, 12, 12))
    """
    from lawful.fields.memory.experts import EXPERTS

    expert: Any = EXPERTS["field"](
        side=stream.side, classes=stream.classes, seed=seed, epochs=EPOCHS, batch=SMALL_BATCH
    )
    asked = _some(stream.tests[0], 0, ASKED)
    names, densities, accuracy = [], [], []
    for name, piece, validation in _pieces(stream, taught):
        expert.fit(piece, validation)
        images, labels = asked.tensors()
        classes = tuple(int(c) for c in labels.unique())
        names.append(name)
        densities.append(_densities(expert.network, images, labels, classes))
        accuracy.append(float((expert.scores(images).argmax(1) == labels).double().mean()))
    least = min(taught, *(len(one.train) for one in stream.experiences))
    return Drift(tuple(names), classes, np.stack(densities), np.array(accuracy), least)


def _pieces(stream: "Stream", taught: int) -> "Iterator[tuple[str, Part, Part]]":
    """The first task whole, the others in two halves."""
    for k, one in enumerate(stream.experiences[:TASKS]):
        count = min(taught, len(one.train))
        few = _some(one.validation, 0, taught)
        if k == 0 or count < 4:
            yield f"task {k + 1}", _some(one.train, 0, count), few
            continue
        yield f"half task {k + 1}", _some(one.train, 0, count // 2), few
        yield f"task {k + 1}", _some(one.train, count // 2, count), few


def _some(part: "Part", first: int, last: int) -> "Part":
    from lawful.fields.memory import Part

    return Part(part.images[first:last], part.labels[first:last], part.view)


def _densities(network: Any, images: Any, labels: Any, classes: tuple[int, ...]) -> Any:
    """The mean of what is read, class by class, (classes, y, x), each of sum 1."""
    import torch

    with torch.no_grad():
        read = torch.cat([network.features(x) for x in images.split(500)]).double()
    means = torch.stack([read[labels == c].mean(0) for c in classes])
    shares = means / means.sum(1, keepdim=True)
    return shares.reshape(len(classes), *network.field.grid.points).numpy()
