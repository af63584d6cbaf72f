"""How a weight is drawn: colour and dashes by its sign, width and strength by its size.

    w > 0   blue, whole            width = thinnest + (widest − thinnest) · |w| / largest
    w < 0   red, dashed            the same
    w = 0   grey dots              a hairline

A weight that is no number is drawn as one that is zero: it has no sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from numpy.typing import NDArray

from lawful.pictures.style import Theme, linear

Array = NDArray[np.float64]

WIDEST = 4.6
THINNEST = 0.5
HAIRLINE = 0.9
_FEW = 16  # as many edges keep their full width; more of them grow thin


@dataclass(frozen=True)
class Strokes:
    """The pen for several weights: one width, dash pattern and colour (with its strength) each."""

    widths: Array
    dashes: Sequence[Any]
    colours: Sequence[tuple[float, float, float, float]]

    def draw(self, lines: LineCollection) -> None:
        """Give the lines these strokes."""
        lines.set_linewidth(self.widths.tolist())
        lines.set_linestyle(self.dashes)
        lines.set_color(self.colours)


def strokes(w: Array, largest: float, look: Theme, dim: float = 1.0) -> Strokes:
    """How to draw the weights of one layer.

    Parameters
    ----------
    w
        The weights, shape (edges,).
    largest
        The size that is drawn widest; 0 where all weights are 0.
    look
        The colours of the two signs.
    dim
        From 0, not seen, to 1.

    Examples
    --------
    >>> from lawful.pictures.style import DARK
    >>> pen = strokes(np.array([2.0, -1.0, 0.0]), 2.0, DARK)
    >>> pen.widths.tolist(), pen.dashes[0]
    ([4.6, 2.55, 0.9], '-')
    """
    size = np.abs(w) / largest if largest > 0 else np.zeros(len(w))
    share = np.clip(np.nan_to_num(size, nan=0.0, posinf=1.0), 0.0, 1.0)
    crowd = 1.0 - min(1.0, (_FEW / max(len(w), 1)) ** 0.5)
    widest = WIDEST + (1.2 - WIDEST) * crowd
    plain = ~np.isfinite(w) | (w == 0)
    widths = np.where(plain, HAIRLINE, THINNEST + (widest - THINNEST) * share)
    # In a crowd the strong ones must stand out, or all is fog.
    strength = 0.42 * (1.0 - crowd) + (0.58 + 0.30 * crowd) * share ** (1.0 + crowd)
    strength = dim * np.clip(np.where(plain, 0.6, strength), 0.05, 1.0)
    pairs = [(float(a), float(b)) for a, b in zip(w, strength, strict=True)]
    return Strokes(
        widths,
        [dash(float(value), float(width)) for value, width in zip(w, widths, strict=True)],
        [to_rgba(sign_colour(value, look), seen) for value, seen in pairs],
    )


def sign_colour(value: float, look: Theme) -> str:
    """Blue for positive, red for negative, grey for neither."""
    if not np.isfinite(value) or value == 0:
        return look.soft
    return look.positive if value > 0 else look.negative


def dash(value: float, width: float) -> Any:
    """The dashes of a weight, as long on paper for every width: matplotlib scales them by it."""
    if not np.isfinite(value) or value == 0:
        return (0.0, (1.0, 3.2))
    if value > 0:
        return "-"
    on = max(5.0, 2.2 * width)
    return (0.0, (on / width, 0.62 * on / width))


def largest_of(values: Any) -> float:
    """The largest finite size, or 0.

    >>> largest_of([1.0, -3.0, float("nan")]), largest_of([])
    (3.0, 0.0)
    """
    sizes = np.abs(np.asarray(values, dtype=float))
    sizes = sizes[np.isfinite(sizes)]
    return float(sizes.max()) if sizes.size else 0.0


def readable(ground: Any) -> str:
    """Dark or light letters, whichever stand out more from a ground (red, green, blue).

    >>> readable((1.0, 1.0, 0.9)), readable((0.1, 0.1, 0.3))
    ('#101218', '#f7f5ef')
    """
    light = linear(np.asarray(ground, dtype=float)[:3]) @ np.array([0.2126, 0.7152, 0.0722])
    return "#101218" if light > 0.19 else "#f7f5ef"
