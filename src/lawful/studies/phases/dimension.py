"""The fractal dimension of a boundary, by counting boxes.

    V(s) = squares whose box of side s, centred on them, meets the boundary
    N(s) = V(s)/s² ∝ s⁻ᴰ,      D = 2 − d ln V / d ln s

Every place of a box is counted, not those of one grid alone: a straight line has D = 1
at any angle and any resolution, to a percent at 48 × 48. The boundary of a raster lacks
what is finer than a cell, so a fractal is seen a little too smooth by the smallest boxes;
the interval makes room for what they and the larger ones disagree about.

Source: B. B. Mandelbrot, *The Fractal Geometry of Nature* (1982); for boundaries of
training: J. Sohl-Dickstein, arXiv:2402.06184 (2024).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
CONFIDENCE = 0.95
LARGEST = 5  # boxes have at most a fifth of the side of the window
FEWEST_SIDES = 3
FEWEST_SQUARES = 12  # of boundary, for a dimension to be spoken of
FEWEST_CELLS = 26  # a side, for the boxes to have `FEWEST_SIDES` sides
PARTS = 4  # along each side, that are drawn again
DRAWS = 400


@dataclass(frozen=True)
class Dimension:
    """A box-counting dimension with its interval.

    Attributes
    ----------
    value, low, high
        D and its 95 % interval.
    sides
        Sides of the boxes in cells, shape (K,).
    boxes
        N(s) for each level that has a boundary, shape (L, K).
    by_level
        D of each such level alone, by the number of the level.
    between
        What the boundary parts, in words.
    kind
        "diverged", "solved" or "majority".
    """

    value: float
    low: float
    high: float
    sides: tuple[int, ...]
    boxes: tuple[tuple[float, ...], ...]
    by_level: dict[int, float] = field(default_factory=dict)
    between: str = ""
    kind: str = ""

    @property
    def fractal(self) -> bool:
        """Whether the interval lies above 1, the dimension of a smooth line."""
        return self.low > 1.0

    @property
    def verdict(self) -> str:
        """In words."""
        if self.fractal:
            return "rougher than any smooth line, whose dimension is 1"
        if self.high < 1.0:
            return "in pieces, rather than a line"
        return "a smooth line, of dimension 1, is within the interval"

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "confidence": CONFIDENCE,
            "between": self.between,
            "kind": self.kind,
            "verdict": self.verdict,
            "sides": list(self.sides),
            "boxes": [list(row) for row in self.boxes],
            "by_level": {str(level): value for level, value in self.by_level.items()},
        }


def dimension_of(
    windows: Sequence[Bools], *, between: str = "", kind: str = ""
) -> Dimension | None:
    """The dimension that boundaries of several windows, all of one size, have in common.

    Parameters
    ----------
    windows
        Squares through which the boundary passes, one map a level, shape (ny, nx) each.
    between, kind
        What it parts.

    Returns
    -------
    Dimension or None
        None where there is too little boundary, or too few cells, to tell.

    Notes
    -----
    The interval has three parts: how far counts are from a power law (Student's, over
    sides), how far parts of the windows differ (a bootstrap over sixteenths of each, or
    the spread over levels where that is larger), and how far larger boxes disagree with
    all of them.

    Examples
    --------
    >>> line = np.eye(65, dtype=bool) | np.eye(65, k=1, dtype=bool)
    >>> found = dimension_of([line])
    >>> round(found.value, 1), found.fractal
    (1.0, False)
    """
    whole = {k: np.asarray(w) for k, w in enumerate(windows) if w.sum() >= FEWEST_SQUARES}
    if not whole:
        return None
    sides = _sides(min(min(w.shape) for w in whole.values()))
    if len(sides) < FEWEST_SIDES:
        return None
    parts = np.stack([_covered(w, sides) for w in whole.values()])  # (L, K, parts)
    totals = parts.sum(axis=2)
    by_level = 2.0 - np.array([_slope(sides, row) for row in totals])
    value = float(by_level.mean())
    half = _half_width(sides, parts, by_level)
    boxes = totals / np.square(sides, dtype=np.float64)
    return Dimension(
        value,
        max(value - half, 0.0),
        min(value + half, 2.0),
        tuple(sides),
        tuple(tuple(map(float, row)) for row in boxes),
        dict(zip(whole, map(float, by_level), strict=True)),
        between,
        kind,
    )


def _sides(squares: int) -> list[int]:
    """Odd sides, each nearly twice the last; without the least where there are enough."""
    sides = [1] + [2**k + 1 for k in range(1, 16)]
    fitting = [side for side in sides if side * LARGEST <= squares]
    return fitting[1:] if len(fitting) > FEWEST_SIDES + 1 else fitting


def _covered(boundary: Bools, sides: Sequence[int]) -> Floats:
    """V(s) of each part of a window, shape (K, parts)."""
    from scipy.ndimage import maximum_filter

    counts = []
    for side in sides:
        met = maximum_filter(boundary.astype(np.uint8), size=side, mode="constant")
        strips = np.array_split(met, PARTS, axis=0)
        counts.append(
            [piece.sum() for strip in strips for piece in np.array_split(strip, PARTS, axis=1)]
        )
    return np.array(counts, dtype=np.float64)


def _slope(sides: Sequence[int], totals: Floats) -> Floats:
    """Slope of ln V by ln s, by least squares; `totals` of shape (K,) or (K, draws)."""
    x = np.log(sides)
    x = x - x.mean()
    found: Floats = np.tensordot(x, np.log(totals), axes=1) / (x @ x)
    return found


def _half_width(sides: Sequence[int], parts: Floats, by_level: Floats) -> float:
    """Of the 95 % interval; see `dimension_of`."""
    from scipy.stats import t

    upper = 0.5 + CONFIDENCE / 2
    law = float(t.ppf(upper, len(sides) - 2)) * _misfit(sides, parts.sum(axis=2))
    chance = float(t.ppf(upper, 1000)) * _resampled(sides, parts)
    if len(by_level) > 2:
        spread = float(by_level.std(ddof=1) / len(by_level) ** 0.5)
        chance = max(chance, float(t.ppf(upper, len(by_level) - 1)) * spread)
    coarse = slice(len(sides) // 2 - (len(sides) < 4), None)
    larger = [2.0 - float(_slope(sides[coarse], row[coarse])) for row in parts.sum(axis=2)]
    drift = abs(float(np.mean(larger)) - float(by_level.mean()))
    # Boxes of a single square see nothing finer; their share of the error is larger still.
    return float(np.hypot(law, chance)) + (2 if sides[0] == 1 else 1) * drift


def _misfit(sides: Sequence[int], totals: Floats) -> float:
    """Standard error of the slope by the residuals, shared by all levels; (L, K) in."""
    x = np.log(sides)
    x = x - x.mean()
    y = np.log(totals)
    y = y - y.mean(axis=1, keepdims=True)
    residual = y - (y @ x / (x @ x))[:, None] * x
    # Levels have the same sides, so their residuals are alike: no root of L is taken.
    variance = float((residual**2).sum(axis=1).mean()) / (len(sides) - 2)
    return float(np.sqrt(variance / (x @ x)))


def _resampled(sides: Sequence[int], parts: Floats) -> float:
    """Standard deviation of the mean slope, over draws of each window's parts."""
    rng, each = np.random.default_rng(0), parts.shape[2]
    slopes = []
    for level in parts:
        weights = rng.multinomial(each, np.full(each, 1.0 / each), size=DRAWS)
        totals = level @ weights.T
        there = (totals > 0).all(axis=0)
        slopes.append(np.where(there, _slope(sides, np.maximum(totals, 1)), np.nan))
    means = np.mean(slopes, axis=0)
    means = means[np.isfinite(means)]
    return float(means.std()) if means.size > 1 else 0.0
