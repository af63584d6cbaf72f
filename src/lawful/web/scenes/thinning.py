"""Which samples of a long series a picture needs: as few as it can show, and no spike lost.

    kept = evenly spaced  ∪  argmin, argmax of every column in every stretch  ∪  edges of gaps

What is kept are samples as they were measured, never means of them.

Source: U. Jugel, Z. Jerzak, G. Hackenbroich, V. Markl, "M4: a visualization-oriented time
series data aggregation", Proceedings of the VLDB Endowment 7 (2014) 797.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

Array = NDArray[np.float64]
Places = NDArray[np.intp]

MOST = 4000
GAPS = 32  # of each column, the longest


def chosen(
    columns: Sequence[Array],
    start: int = 0,
    stop: int | None = None,
    stride: int | None = None,
    *,
    most: int = MOST,
) -> Places:
    """The samples to show of columns of one length, ascending.

    Parameters
    ----------
    columns
        Each of shape (n,), NaN in gaps.
    start, stop
        Which part: from `start` to before `stop`.
    stride
        Every so many samples, whatever lies between; None keeps extremes and gaps.
    most
        About how many samples at the most.

    Raises
    ------
    Refusal
        For a part without samples, or a stride below 1.

    Examples
    --------
    >>> flat = np.zeros(100_000)
    >>> flat[77_777] = 1.0
    >>> kept = chosen([flat], most=200)
    >>> 77_777 in kept, len(kept) <= 200
    (True, True)
    """
    length = len(columns[0]) if columns else 0
    first, last, step = part(start, stop, stride, length)
    if stride is not None:
        return np.arange(first, last, step, dtype=np.intp)
    if last - first <= most:
        return np.arange(first, last, dtype=np.intp)
    return first + _extremes([column[first:last] for column in columns], most)


def part(start: Any, stop: Any, stride: Any, length: int) -> tuple[int, int, int]:
    """A part of `length` samples as whole numbers inside it.

    >>> part(-5, None, None, 100)
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: from -5 to the end; expected samples 0 to 100
    """
    whole = [start, *(v for v in (stop, stride) if v is not None)]
    if any(isinstance(v, bool) or not isinstance(v, int) for v in whole):
        raise Refusal(f"from {start!r} to {stop!r}, stride {stride!r}", "whole numbers")
    last = length if stop is None else min(stop, length)
    if not 0 <= start < last:
        end = "the end" if stop is None else stop
        raise Refusal(f"from {start} to {end}", f"samples 0 to {length}")
    if stride is not None and stride < 1:
        raise Refusal(f"stride {stride}", "a whole number from 1 up")
    return start, last, stride or 1


def _extremes(columns: Sequence[Array], most: int) -> Places:
    length = len(columns[0])
    evenly = np.linspace(0, length - 1, max(most // 3, 2)).astype(np.intp)
    # What is left is shared by two extremes a stretch and four edges a gap.
    edges = [_edges(column, min(GAPS, most // (24 * len(columns)))) for column in columns]
    room = most - len(evenly) - sum(map(len, edges))
    stretches = max(room // (2 * len(columns)), 1)
    wide = -(-length // stretches)
    extremes = [_of_stretches(column, wide) for column in columns]
    every: Places = np.unique(np.concatenate([evenly, *edges, *extremes]))
    return every


def _of_stretches(column: Array, wide: int) -> Places:
    """Where each stretch of `wide` samples is least and most; none of a stretch without values."""
    count = -(-len(column) // wide)
    padded = np.full(count * wide, np.nan)
    padded[: len(column)] = column
    rows = padded.reshape(count, wide)
    held = np.isfinite(rows)
    some = held.any(axis=1)
    low = np.where(held, rows, np.inf).argmin(axis=1)
    high = np.where(held, rows, -np.inf).argmax(axis=1)
    base = np.arange(count) * wide
    found: Places = np.concatenate([(base + low)[some], (base + high)[some]])
    return found


def _edges(column: Array, most: int) -> Places:
    """The samples on both sides of each edge of the longest gaps."""
    lost = np.concatenate([[False], ~np.isfinite(column), [False]])
    turns = np.flatnonzero(lost[1:] != lost[:-1])
    begins, ends = turns[::2], turns[1::2]
    longest = np.argsort(begins - ends, kind="stable")[: max(most, 0)]
    around = [begins[longest] - 1, begins[longest], ends[longest] - 1, ends[longest]]
    places = np.concatenate(around)
    inside: Places = places[(places >= 0) & (places < len(column))]
    return inside


def gaps(column: Array) -> int:
    """How many stretches of a column have no value.

    >>> gaps(np.array([1.0, np.nan, np.nan, 2.0, np.nan]))
    2
    """
    lost = np.concatenate([[False], ~np.isfinite(column)])
    return int((lost[1:] & ~lost[:-1]).sum())
