"""What pictures of a study of memory are drawn from: arrays, of the first seed.

images (T, k, side, side)       k test images as each task shows them
labels (T, k)                   their classes
densities (T, side, side)       mean of x²/Σx² over images of each task: its attractor
energies/METHOD (T, n, K)       energies of n test images of each task in K basins

All are small; whatever is larger is drawn again from the stream or asked of a learner.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.fields.memory import Learner, Part, Stream
    from lawful.studies.memory.remembered import Remembered

SHOWN = 6  # images of each task
ASKED = 200  # images of each task whose energies are kept
AVERAGED = 2000  # images of each task in its mean density


def exhibits_of(done: "Remembered") -> dict[str, NDArray[Any]]:
    """The arrays of a study that is done, its learners at hand."""
    stream = done.stream()
    found = {
        "images": np.stack([_first(part, SHOWN) for part in stream.tests]),
        "labels": np.stack([part.labels[:SHOWN].numpy() for part in stream.tests]),
        "densities": np.stack([_density(one.train) for one in stream.experiences]),
    }
    for name in done.weights:
        energies = _energies(done.learner(name), stream)
        if energies is not None:
            found[f"energies/{name}"] = energies
    return found


def _seen(part: "Part", count: int) -> "Part":
    """The first images of a part."""
    from lawful.fields.memory import Part

    return Part(part.images[:count], part.labels[:count], part.view)


def _first(part: "Part", count: int) -> NDArray[Any]:
    return np.asarray(_seen(part, count).tensors()[0].numpy())


def _density(part: "Part") -> NDArray[Any]:
    squares = _first(part, AVERAGED).astype(np.float64) ** 2
    total = squares.sum(axis=(1, 2), keepdims=True)
    # A blank image has no density of its own.
    spread = np.divide(squares, total, out=np.zeros_like(squares), where=total > 0)
    return np.asarray(spread.mean(axis=0))


def _energies(learner: "Learner", stream: "Stream") -> NDArray[Any] | None:
    """Energies in the basins; None of a learner without."""
    few = min(ASKED, *(len(part) for part in stream.tests)) if len(stream) > 1 else ASKED
    try:
        parts = [learner.energy(_seen(part, few).tensors()[0]) for part in stream.tests]
    except Refusal:
        return None  # it has no basins
    return np.stack([part.detach().numpy() for part in parts])
