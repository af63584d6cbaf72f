"""Where the neurons of a network stand on a sheet, in points (1/72 inch).

    xₖ = left + k · (width − left − right) / (layers − 1),   yᵢ = middle + (½(m − 1) − i) · pitch

Layers are columns, inputs at the left, the first neuron on top. A layer wider than
`most` is elided: those neurons are shown whose weights are largest, in their order,
parted by a gap in which the drawing says how many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.learning.network import NeuralNetwork
from lawful.refusal import Refusal

Array = NDArray[np.float64]
MOST = 16

_PITCH = 96.0
_RADIUS = 27.0
_GAP = 1.8  # the height of the gap in an elided layer, in pitches


@dataclass(frozen=True)
class Sheet:
    """The room for a drawing: its size and what its four sides keep free, in points."""

    width: float
    height: float
    left: float = 40.0
    right: float = 40.0
    top: float = 44.0
    bottom: float = 44.0


@dataclass(frozen=True)
class Column:
    """One layer: which neurons are shown, where their centres are, how large they are.

    Attributes
    ----------
    shown
        Numbers of the neurons shown, from 0, rising.
    size
        How many the layer has.
    x, y
        Centres: one x, and y of shape (shown,).
    radius, pitch
        Of each neuron, and from one to the next.
    gap
        The y of the gap's middle; None where all neurons are shown.
    """

    shown: NDArray[np.intp]
    size: int
    x: float
    y: Array
    radius: float
    pitch: float
    gap: float | None = None

    @property
    def elided(self) -> bool:
        """Whether some neurons are not shown."""
        return self.gap is not None


def placed(network: NeuralNetwork, sheet: Sheet, most: int = MOST) -> tuple[Column, ...]:
    """A column for every layer of the network.

    Parameters
    ----------
    network
        Its sizes, and the weights that say which neurons of a wide layer are shown.
    sheet
        The room.
    most
        The largest layer that is shown whole.

    Raises
    ------
    Refusal
        Where `most` is less than 2.

    Examples
    --------
    >>> columns = placed(NeuralNetwork([784, 128, 10]), Sheet(600, 400))
    >>> [(len(one.shown), one.size, one.elided) for one in columns]
    [(14, 784, True), (14, 128, True), (10, 10, False)]
    """
    if most < 2:
        raise Refusal(f"most = {most} neurons of a layer", "at least 2")
    across = np.linspace(sheet.left, sheet.width - sheet.right, len(network.layers))
    room = float(across[1] - across[0])
    return tuple(
        _column(size, shown, float(x), sheet, room)
        for size, shown, x in zip(network.layers, chosen(network, most), across, strict=True)
    )


def _column(size: int, shown: NDArray[np.intp], x: float, sheet: Sheet, room: float) -> Column:
    elided = len(shown) < size
    inside = max(sheet.height - sheet.top - sheet.bottom, 1.0)
    slots = len(shown) + (_GAP - 1.0 if elided else 0.0)
    pitch = min(inside / slots, _PITCH)
    radius = min(0.37 * pitch, _RADIUS, 0.19 * room)
    steps = np.arange(len(shown), dtype=float)
    half = len(shown) // 2
    if elided:
        steps[half:] += _GAP - 1.0
    middle = 0.5 * (sheet.height + sheet.bottom - sheet.top)
    y = middle + (0.5 * steps[-1] - steps) * pitch
    gap = float(0.5 * (y[half - 1] + y[half])) if elided else None
    return Column(shown, size, x, y, radius, pitch, gap)


def chosen(network: NeuralNetwork, most: int = MOST) -> list[NDArray[np.intp]]:
    """The neurons shown of each layer: all of them, or an even number of the strongest.

    A neuron's strength is the length of the vector of all weights that meet in it.

    >>> [len(one) for one in chosen(NeuralNetwork([3, 40, 1]), 16)]
    [3, 14, 1]
    """
    return [
        np.arange(size)
        if size <= most
        else np.sort(np.argsort(-_strength(network, k), kind="stable")[: _even(most)])
        for k, size in enumerate(network.layers)
    ]


def _even(most: int) -> int:
    """The gap takes the room of the last one or two."""
    return max(2, 2 * ((most - 1) // 2))


def _strength(network: NeuralNetwork, layer: int) -> Array:
    total = np.zeros(network.layers[layer])
    if layer > 0:
        total += (np.asarray(network.weights[layer - 1], float) ** 2).sum(axis=0)
    if layer < len(network.weights):
        total += (np.asarray(network.weights[layer], float) ** 2).sum(axis=1)
    return np.nan_to_num(total)


def picture_side(inputs: int, features: Sequence[str]) -> int:
    """The side of the square picture that the inputs are, or 0 where they are none.

    >>> picture_side(784, ()), picture_side(64, ()), picture_side(4, ()), picture_side(65, ())
    (28, 8, 0, 0)
    """
    side = round(inputs**0.5)
    named = any(features) and not all(_pixel(name) for name in features)
    return side if side >= 5 and side * side == inputs and not named else 0


def _pixel(name: str) -> bool:
    return name.lower().startswith("pixel") or name.strip("p0123456789_") == ""
