"""The moments of a training, kept so that it can be looked back upon and gone on from.

    0 … k … now     bounded in number and in bytes; every second one goes when it is full

A moment holds the whole state (positions, velocities, what an optimiser remembers, the
ledger): going on from it is as if nothing had come after.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.look import Moment

Array = NDArray[Any]
MOMENTS = 400
BYTES = 64_000_000
FEWEST = 8


class Timeline:
    """Moments in the order of their steps, the last one live.

    Parameters
    ----------
    most
        How many moments at most.
    bytes
        How many bytes their arrays may take, about.
    """

    def __init__(self, most: int = MOMENTS, bytes: int = BYTES) -> None:
        self._most, self._bytes = most, bytes
        self._kept: list[Moment] = []
        self._live: Moment | None = None
        self._stride, self._seen = 1, 0

    def add(self, moment: Moment) -> None:
        """The newest moment; it is live, and kept if its turn has come."""
        self._live = moment
        self._seen += 1
        if (self._seen - 1) % self._stride:
            return
        self._kept.append(moment)
        if len(self._kept) > self._room(moment):
            self._kept = self._kept[::2]
            self._stride *= 2

    def now(self, moment: Moment) -> None:
        """The live moment has changed: a weight was moved, a slider turned."""
        if self._kept and self._kept[-1] is self._live:
            self._kept[-1] = moment
        self._live = moment

    def _room(self, moment: Moment) -> int:
        motion = moment.state.motion
        arrays = (motion.x, motion.v, motion.g, *motion.memory)
        size = sum(one.nbytes for one in arrays if isinstance(one, np.ndarray))
        return max(FEWEST, min(self._most, self._bytes // max(size, 1)))

    @property
    def moments(self) -> list[Moment]:
        """All, the live one last."""
        if self._live is None or (self._kept and self._kept[-1] is self._live):
            return list(self._kept)
        return [*self._kept, self._live]

    def __len__(self) -> int:
        beside = self._live is not None and not (self._kept and self._kept[-1] is self._live)
        return len(self._kept) + beside

    def __iter__(self) -> Iterator[Moment]:
        return iter(self.moments)

    def __getitem__(self, index: int) -> Moment:
        return self._kept[index] if index < len(self._kept) else self.moments[index]

    def cut(self, index: int) -> Moment:
        """Forget what came after a moment, which is live from now on."""
        moment = self[index]
        self._kept = self.moments[: index + 1]
        self._live = moment
        self._seen = (len(self._kept) - 1) * self._stride + 1
        return moment

    def clear(self) -> None:
        """Forget everything."""
        self._kept, self._live = [], None
        self._stride, self._seen = 1, 0

    @property
    def path(self) -> Array:
        """All positions, shape (moments, P)."""
        return np.stack([moment.parameters for moment in self.moments])
