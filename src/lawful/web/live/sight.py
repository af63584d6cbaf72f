"""What one view of a session chooses to look at: a sample or an input, a slice, how finely.

Several views of one training may look at different samples; each has a sight of its own.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.web.live import given
from lawful.web.live.maps import NEURONS, Maps, Plane, fitting, plane_of
from lawful.web.live.session import Session

Array = NDArray[Any]
CELLS = (16, 128)


class Sight:
    """A sight of a session; read and changed with the session's lock held.

    Parameters
    ----------
    session
        What is looked at.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cells, self._sample = 64, 0
        self._input: Array | None = None
        self._pair = (0, 0)
        self._version = -1
        self._maps: Maps | None = None
        self.fit()

    def fit(self) -> None:
        """Where architecture or data are others, what was looked at may not be there."""
        if self._version == self._session.version:
            return
        samples, new = self._session.source.samples, self._version < 0
        self._version = self._session.version
        self._sample = min(self._sample, samples.size - 1)
        if self._input is not None and len(self._input) != samples.inputs:
            self._input = None
        last = samples.inputs - 1
        if new or max(self._pair) > last or self._pair[0] == self._pair[1] or last == 1:
            self._pair = (0, min(1, last))
        self._maps = None

    # ------------------------------------------------------------------ what is seen

    @property
    def sample(self) -> int:
        """Which sample; −1 for an input of one's own."""
        return self._sample if self._input is None else -1

    @property
    def chosen(self) -> int:
        """The sample chosen last."""
        return self._sample

    @property
    def x(self) -> Array:
        """The input, shape (inputs,)."""
        if self._input is not None:
            return self._input
        return np.asarray(self._session.source.samples.X[self._sample], dtype=float)

    @property
    def target(self) -> list[float] | None:
        """The answer wanted; None where nobody knows it."""
        if self._input is not None:
            return None
        found: list[float] = self._session.source.samples.y[self._sample].tolist()
        return found

    @property
    def plane(self) -> Plane:
        """The rectangle of inputs that is mapped."""
        source = self._session.source
        return plane_of(source.samples, self._pair, source.extent)

    @property
    def maps(self) -> Maps:
        """The maps of that rectangle."""
        if self._maps is None:
            layers, plan = self._session.network.layers, self._session.network.architecture
            neurons = layers[0] == 2 and 0 < sum(layers[1:-1]) <= NEURONS
            self._maps = Maps(self.plane, fitting(plan, self._cells), self.x, neurons)
        return self._maps

    # ------------------------------------------------------------------ what is chosen

    def take(self, sample: Any) -> None:
        """Look at a sample."""
        last = self._session.source.samples.size - 1
        self._sample, self._input = given.whole("sample", sample, 0, last), None
        self._moved()

    def give(self, values: Any) -> None:
        """Look at an input of one's own."""
        self._input = given.row("input", values, self._session.source.samples.inputs)
        self._moved()

    def _moved(self) -> None:
        if self._session.network.layers[0] > 2:  # a slice goes through the sample
            self._maps = None

    def cut(self, i: Any, j: Any) -> None:
        """Map two features."""
        last = self._session.source.samples.inputs - 1
        pair = given.whole("i", i, 0, last), given.whole("j", j, 0, last)
        if last and pair[0] == pair[1]:
            raise Refusal(f"a slice along {pair[0]} twice", "two features")
        self._pair, self._maps = pair, None

    def divide(self, cells: Any) -> None:
        """Map so many cells a side."""
        self._cells, self._maps = given.whole("cells", cells, *CELLS), None
