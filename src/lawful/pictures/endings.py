"""Words at the ends of lines, instead of a legend.

Words that would lie upon one another are moved apart by the least amount, in groups:
words that touch share their mean place (the pool-adjacent-violators algorithm, which
solves  min Σ(pᵢ − wᵢ)²  with  pᵢ₊₁ − pᵢ ≥ gap).
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text
from numpy.typing import NDArray

Array = NDArray[np.float64]


def spread(wanted: Sequence[float], gap: float) -> Array:
    """Places nearest to those wanted, none nearer than `gap` to the next.

    >>> spread([0.0, 1.0, 1.0], 0.5).tolist()
    [0.0, 0.75, 1.25]
    """
    order = np.argsort(np.asarray(wanted, dtype=float), kind="stable")
    # With i·gap taken off, keeping apart is keeping the order.
    pools: list[list[float]] = []
    for rank, k in enumerate(order):
        pools.append([float(wanted[k]) - gap * rank])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    level = np.concatenate([np.full(len(pool), np.mean(pool)) for pool in pools] or [np.zeros(0)])
    places = np.empty(len(order))
    places[order] = level + gap * np.arange(len(order))
    return places


def label_ends(
    axes: Axes, ends: Sequence[tuple[float, str, str]], *, size: float = 10.5
) -> list[Text]:
    """Write words at the right of the axes, each at the height where its line ends.

    Parameters
    ----------
    axes
        Whose limits and scales are settled.
    ends
        (y, words, colour) for each line.
    size
        Of the letters, in points.
    """
    fractions = [height(axes, y) for y, _, _ in ends]
    dots = float(axes.figure.dpi)
    tall = float(axes.get_window_extent().height) * 72.0 / dots
    gap = 1.4 * size / max(tall, 1.0)
    places = _within(spread(np.clip(fractions, 0.0, 1.0).tolist(), gap))
    return [
        axes.text(
            *(1.015, place, words), transform=axes.transAxes, size=size, color=tint, va="center"
        )
        for place, (_, words, tint) in zip(places, ends, strict=True)
    ]


def height(axes: Axes, y: float) -> float:
    """Where a value lies on the axes, 0 at the bottom and 1 at the top."""
    x = axes.get_xlim()[1]
    scaled = axes.transScale.transform((x, y))
    return float(axes.transLimits.transform(scaled)[1])


def _within(places: Array) -> Array:
    """All places moved together, so that neither the highest nor the lowest is outside."""
    if not places.size:
        return places
    above, below = max(places.max() - 0.97, 0.0), max(0.03 - places.min(), 0.0)
    return np.asarray(places - above + below if not (above and below) else places)
