"""Inputs that are a square picture, drawn as one beside their neurons.

A frame marks each pixel whose neuron is shown, and a thread leads to it.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from lawful.pictures import style
from lawful.pictures.neurons import Column, Sheet

Array = NDArray[np.float64]

MARGIN = 56.0  # points between the picture and the neurons
_CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])


class PixelPicture:
    """The picture that the inputs are.

    Parameters
    ----------
    axes, sheet, column, look
        Where it hangs, left of the column of inputs.
    side
        Pixels along one side; there are side² inputs.

    Attributes
    ----------
    image
        The picture.
    marks
        Threads and frames.
    """

    def __init__(
        self, axes: Axes, sheet: Sheet, column: Column, look: style.Theme, side: int
    ) -> None:
        self.side = side
        size = sheet.left - MARGIN
        left, low = 6.0, 0.5 * (sheet.height + sheet.bottom - sheet.top - size)
        self.image = AxesImage(
            axes, extent=(left, left + size, low, low + size), origin="upper", zorder=1,
            cmap=style.ramp("ink", [look.panel, look.ink]), interpolation="nearest",
        )  # fmt: skip
        axes.add_image(self.image)
        axes.text(left + 0.5 * size, low - 8, f"{side} × {side} pixels", size=9, ha="center",
                  va="top", color=look.soft)  # fmt: skip
        self.marks = self._marks(column, left, low, size, look)
        for lines in self.marks:
            axes.add_collection(lines, autolim=False)
        self.show(None)

    def _marks(
        self, column: Column, left: float, low: float, size: float, look: style.Theme
    ) -> list[Any]:
        cell = size / self.side
        row, place = np.divmod(column.shown, self.side)
        pixels = np.column_stack(
            [left + (place + 0.5) * cell, low + (self.side - row - 0.5) * cell]
        )
        neurons = np.column_stack([np.full(len(pixels), column.x), column.y])
        frames = list(pixels[:, None, :] + 0.5 * cell * _CORNERS)
        whole = np.array([left, low]) + 0.5 * size * (_CORNERS + 1.0)
        colours = [*[look.accent] * len(frames), look.hair]
        return [
            LineCollection(
                list(np.stack([pixels, neurons], axis=1)), colors=[to_rgba(look.soft, 0.35)],
                linewidths=0.6, zorder=1.2,
            ),
            LineCollection([*frames, whole], colors=colours, linewidths=0.8, zorder=1.3),
        ]  # fmt: skip

    def show(self, values: Array | None) -> None:
        """Show inputs of shape (side²,), or nothing; the darkest is 0 or the least of them."""
        pixels = np.zeros(self.side**2) if values is None else np.asarray(values, dtype=float)
        held = pixels[np.isfinite(pixels)]
        low, high = min(held.min(initial=0.0), 0.0), held.max(initial=0.0)
        self.image.set_data(pixels.reshape(self.side, self.side))
        self.image.set_clim(float(low), max(float(high), float(low) + 1e-12))
