"""The sums of a run that is too long for one chunk, stretch by stretch.

    W, N, C of a run  =  Σ over stretches,  and what parts their means

A stretch begins at a whole block and lies in one half of one segment of its run;
it brings along the samples before it that a difference in time still needs. So
the sums come out as if the run had been seen whole (`scatter`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lawful.laws.continuity import Numbered, Numbers, rows_as_columns
from lawful.laws.features import Array, Library
from lawful.laws.noise import annihilator, difference
from lawful.laws.scatter import NOISE_ORDER, half_of, in_blocks, whole_windows
from lawful.laws.sums import Scatter


@dataclass(frozen=True)
class Frame:
    """How all runs are cut.

    Attributes
    ----------
    folds, segments, block
        As in `scatter`.
    longest
        Samples of the longest run; segments are parts of it.
    stretch
        About how many samples a stretch holds.
    """

    folds: int
    segments: int
    block: int
    longest: int
    stretch: int

    @property
    def segment(self) -> int:
        """Samples in a segment; a remainder of the longest run is left."""
        return self.longest // self.segments

    def cuts(self, length: int) -> list[int]:
        """Where the stretches of a run of `length` samples begin, and where the last one ends."""
        step = max(1, self.stretch // self.block) * self.block
        places: set[int] = set()
        for s in range(self.segments):
            origin = s * self.segment
            inside = min(length - origin, self.segment)
            if inside <= 0:
                break
            half = int(half_of(np.array(inside), self.block))
            places |= {origin, origin + half, origin + inside}
            places |= {*range(origin, origin + inside, step)}
        return sorted(places)


@dataclass(frozen=True)
class Stretch:
    """Consecutive samples of one run; the first `lead` serve differences only."""

    columns: dict[str, Array]
    lead: int
    number: int
    place: int
    half: int


class Stretcher:
    """Cuts runs that come in pieces into stretches; holds what waits for the next chunk.

    Parameters
    ----------
    frame
        How runs are cut.
    lengths
        Samples of every run, shape (runs,).
    first
        The number, over all partitions, of the run numbered 0 here.
    """

    def __init__(self, frame: Frame, lengths: Numbers, first: int = 0) -> None:
        self.frame, self.lengths, self.first = frame, lengths, first
        self._waiting: dict[int, tuple[int, dict[str, Array]]] = {}

    def cut(self, chunk: Numbered, row: int) -> Iterator[Stretch]:
        """The stretches that a chunk's row completes."""
        number = int(chunk.number[row])
        begin = int(chunk.start[row])
        columns = rows_as_columns(chunk, row)
        if number in self._waiting:
            begin, old = self._waiting.pop(number)
            columns = {name: np.concatenate([old[name], columns[name]]) for name in columns}
        end = begin + columns[""].size
        length = int(self.lengths[number])
        cuts = self.frame.cuts(length)
        for a, b in pairwise(cuts):
            if int(chunk.start[row]) < b <= end:
                yield self._stretch(columns, begin, a, b, number, length)
        done = max([c for c in cuts if c <= end], default=begin)
        if end < length:
            keep = max(done - NOISE_ORDER - begin, 0)
            self._waiting[number] = (begin + keep, {n: c[keep:] for n, c in columns.items()})

    def _stretch(
        self, columns: dict[str, Array], begin: int, a: int, b: int, number: int, length: int
    ) -> Stretch:
        frame = self.frame
        s = min(a // frame.segment, frame.segments - 1)
        origin = s * frame.segment
        inside = min(length - origin, frame.segment)
        lead = min(NOISE_ORDER, a - origin)
        return Stretch(
            {name: c[a - lead - begin : b - begin] for name, c in columns.items()},
            lead,
            self.first + number,
            (self.first + number) * frame.segments + s,
            int(a - origin >= half_of(np.array(inside), frame.block)),
        )


def scatter_of_stretch(stretch: Stretch, library: Library, frame: Frame) -> Scatter:
    """The sums of one stretch; W and C are about its own mean."""
    values = library.values(
        {n: stretch.columns[n] for n in (*library.variables, *library.parameters)}
    )
    held: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=-1))
    values[~held] = 0.0
    out = Scatter.empty(values.shape[1], frame.folds)
    fold = stretch.place % frame.folds
    rough = difference(values[None], annihilator(stretch.columns[""][None], NOISE_ORDER))[0]
    whole = whole_windows(held[None], NOISE_ORDER)[0]
    rough = rough[whole]
    out.noise[fold], out.noise_count[fold] = rough.T @ rough, whole.sum()
    values, held = values[stretch.lead :], held[stretch.lead :]
    size = int(held.sum())
    if not size:
        return out
    mean = values[held].mean(axis=0)
    values -= mean
    values[~held] = 0.0
    out.count[fold], out.within[fold] = size, values.T @ values
    blocks, counted = in_blocks(values[None], held[None], frame.block)
    out.coarse[fold], out.block_count[fold] = blocks[0].T @ blocks[0], counted.sum()
    return replace(
        out,
        piece_run=np.array([stretch.number]),
        piece_fold=np.array([fold]),
        piece_half=np.array([stretch.half]),
        piece_size=np.array([float(size)]),
        piece_mean=mean[None],
    )
