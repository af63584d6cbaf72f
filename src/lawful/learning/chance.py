"""Chance by the step: what is drawn at step t hangs on (seed, t) and on nothing before.

    counter = (0, 0, t, 0)

A counter-based generator is set to a step in a microsecond, so a training looked at
more often, or taken up again at any step, goes the same way to the last bit. Source:
Salmon, Moraes, Dror and Shaw, *Parallel random numbers: as easy as 1, 2, 3* (2011).
"""

import numpy as np


class Chance:
    """Random numbers for every step of a training.

    Examples
    --------
    >>> chance = Chance(seed=7)
    >>> first = chance.at(3).standard_normal()
    >>> _ = chance.at(4).standard_normal(1000)
    >>> bool(chance.at(3).standard_normal() == first)
    True
    """

    def __init__(self, seed: int) -> None:
        # Seeds of any size; Philox' own key has 128 bits.
        key = np.random.SeedSequence([seed, 1]).generate_state(2, np.uint64)
        self._bits = np.random.Philox(key=key)
        self._generator = np.random.Generator(self._bits)
        self._state = self._bits.state

    def at(self, step: int) -> np.random.Generator:
        """The generator, set to the beginning of a step; good until it is set again."""
        counter = self._state["state"]["counter"]
        counter[:] = 0
        counter[2] = step
        self._state["buffer_pos"], self._state["has_uint32"] = 4, 0  # nothing left over
        self._bits.state = self._state
        return self._generator
