"""Normal numbers by counting: what is drawn hangs on (seed, step, parameter) alone.

    c₀′ = hi(M₁c₂) ⊕ c₁ ⊕ k₀,   c₁′ = lo(M₁c₂)      ten rounds
    c₂′ = hi(M₀c₀) ⊕ c₃ ⊕ k₁,   c₃′ = lo(M₀c₀)
    ξ = √(−2 ln u) (cos 2πw, sin 2πw),   u, w uniform

Philox4x32-10 makes four words, hence four numbers, of a counter and a key; nothing is
carried from step to step, so a network draws the same whoever its neighbours are and
wherever a run is taken up again. The key is the seed; the counter holds the step and
the parameters' number. Sources: Salmon, Moraes, Dror and Shaw, *Parallel random
numbers: as easy as 1, 2, 3*, SC 2011; Box and Muller (1958).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lawful.learning.ensembles.vector import Vector

Array = NDArray[Any]
ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)  # what a round adds to the key
WORD = 32
LOW = 0xFFFFFFFF
PER_COUNTER = 4  # numbers


def philox(counter: Array, key: Array) -> Array:
    """Ten rounds.

    Parameters
    ----------
    counter
        Shape (4, …), whole numbers below 2³².
    key
        Shape (2, …), the same.

    Returns
    -------
    words
        Shape (4, …), uint64 below 2³².

    Examples
    --------
    >>> zero = np.zeros(4, dtype=np.uint64)
    >>> [f"{word:08x}" for word in philox(zero, zero[:2])]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    c = [np.asarray(one, dtype=np.uint64) for one in counter]
    k = [np.asarray(one, dtype=np.uint64) for one in key]
    low, word = np.uint64(LOW), np.uint64(WORD)
    for _ in range(ROUNDS):
        first, second = c[0] * np.uint64(MULTIPLIERS[0]), c[2] * np.uint64(MULTIPLIERS[1])
        c = [
            (second >> word) ^ c[1] ^ k[0],
            second & low,
            (first >> word) ^ c[3] ^ k[1],
            first & low,
        ]
        k = [(one + np.uint64(weyl)) & low for one, weyl in zip(k, WEYL, strict=True)]
    return np.stack(np.broadcast_arrays(*c))


def normals(seeds: Array, step: int, parameters: int, dtype: str = "float64") -> Array:
    """Standard normal numbers for every parameter of every network at one step.

    Parameters
    ----------
    seeds
        Of the networks, shape (E,), from 0 up.
    step
        Which, from 0 up.
    parameters
        How many, P.

    Returns
    -------
    normals
        Shape (P, E).

    Examples
    --------
    >>> drawn = normals(np.arange(2000), step=7, parameters=50)
    >>> drawn.shape, bool(abs(drawn.mean()) < 0.01), bool(abs(drawn.var() - 1) < 0.02)
    ((50, 2000), True, True)
    >>> bool((normals(np.array([3]), 7, 50)[:, 0] == drawn[:, 3]).all())
    True
    """
    seeds = np.asarray(seeds).astype(np.uint64)
    key = np.stack([seeds & np.uint64(LOW), seeds >> np.uint64(WORD)])
    groups = -(-parameters // PER_COUNTER)
    counter = np.zeros((4, groups, 1), dtype=np.uint64)
    counter[0], counter[1] = step & LOW, step >> WORD
    counter[2] = np.arange(groups, dtype=np.uint64)[:, None]
    u = ((philox(counter, key[:, None, :]) + 0.5) * 2.0**-WORD).astype(np.float64)
    radius, turn = np.sqrt(-2.0 * np.log(u[::2])), 2.0 * np.pi * (u[1::2] - 0.5)
    pairs = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)  # (2, 2, groups, E)
    four = pairs.reshape(PER_COUNTER, groups, -1).swapaxes(0, 1)
    return four.reshape(PER_COUNTER * groups, -1)[:parameters].astype(dtype)


def emitted(step: "Vector", group: "Vector", low: "Vector", high: "Vector") -> list["Vector"]:
    """The same four numbers for one group of parameters, as code for one vector of networks.

    All are whole numbers of 64 bits; `low` and `high` are the halves of the seed.
    """
    from lawful.learning.ensembles.exponential import circle, log

    c, k = [step & LOW, step.right(WORD), group, group ^ group], [low, high]
    for _ in range(ROUNDS):
        first, second = c[0] * MULTIPLIERS[0], c[2] * MULTIPLIERS[1]
        c = [
            second.right(WORD) ^ c[1] ^ k[0],
            second & LOW,
            first.right(WORD) ^ c[3] ^ k[1],
            first & LOW,
        ]
        k = [(one + weyl) & LOW for one, weyl in zip(k, WEYL, strict=True)]
    u = [_uniform(word) for word in c]
    drawn = []
    for length, turn in ((u[0], u[1]), (u[2], u[3])):
        radius = (log(length) * -2.0).sqrt()
        cosine, sine = circle(turn - 0.5)
        drawn += [radius * cosine, radius * sine]
    return drawn


def _uniform(word: "Vector") -> "Vector":
    """Between 0 and 1, never 0."""
    return (word.converted() + 0.5) * 2.0**-WORD
