"""Logic gates as data: y = f(x), x at the corners of a cube, 0 or 1 each.

    and = x₁ x₂    or = 1 − (1 − x₁)(1 − x₂)    xor = x₁ + x₂ mod 2    parity = Σ xᵢ mod 2

AND and OR are cut off by a line. XOR is by none, which is why a network needs a hidden
layer (Minsky and Papert, *Perceptrons*, 1969); parity is XOR of more bits. The corners
stand in the order of the truth table. With noise they are copied and each copy is
moved by σ ξ.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lawful.learning.near_curves import check_drawing, goal_of
from lawful.learning.samples import Samples
from lawful.refusal import Refusal

Array = NDArray[np.float64]

COPIES = 200
"""Points drawn where noise is asked for, and no number."""

_MOST_BITS = 16


def xor(n: int | None = None, noise: float = 0.0, seed: int = 0) -> Samples:
    """One or the other, not both: the four points, or noisy copies of them.

    Parameters
    ----------
    n
        How many points; the four corners when not given, 200 where there is noise.
        The corners take turns, so that classes are as equal as n allows.
    noise
        Standard deviation σ of each copy about its corner.
    seed
        Of the noise.

    Returns
    -------
    Samples
        X (n, 2), y (n, 1). Solved when all are right; with noise, at 0.99 of what the
        nearest corner gets right.

    Raises
    ------
    Refusal
        For fewer points than corners, negative noise, a seed that is none.

    Examples
    --------
    >>> X, y = xor()
    >>> X.tolist(), y.ravel().tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
    """
    return _gate("xor", lambda x: x.sum(axis=1) % 2, 2, n, noise, seed)


def and_(n: int | None = None, noise: float = 0.0, seed: int = 0) -> Samples:
    """Both; see `xor` for what may be asked.

    >>> and_().y.ravel().tolist()
    [0.0, 0.0, 0.0, 1.0]
    """
    return _gate("and", lambda x: x.min(axis=1), 2, n, noise, seed)


def or_(n: int | None = None, noise: float = 0.0, seed: int = 0) -> Samples:
    """One at least; see `xor` for what may be asked.

    >>> or_().y.ravel().tolist()
    [0.0, 1.0, 1.0, 1.0]
    """
    return _gate("or", lambda x: x.max(axis=1), 2, n, noise, seed)


def parity(n: int | None = None, noise: float = 0.0, seed: int = 0, *, bits: int = 3) -> Samples:
    """Whether the number of ones is odd, of 2 to 16 bits; see `xor` for the rest.

    >>> parity().y.ravel().tolist()
    [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]
    """
    if not isinstance(bits, int | np.integer) or not 2 <= bits <= _MOST_BITS:
        raise Refusal(f"parity of {bits!r} bits", f"a whole number from 2 to {_MOST_BITS}")
    return _gate("parity", lambda x: x.sum(axis=1) % 2, int(bits), n, noise, seed)


def _gate(
    name: str, f: Callable[[Array], Array], bits: int, n: int | None, noise: float, seed: int
) -> Samples:
    corners = (np.arange(2**bits)[:, None] >> np.arange(bits)[::-1] & 1).astype(float)
    truth = f(corners).astype(np.intp)
    if n is None:
        n = max(COPIES, len(corners)) if noise else len(corners)
    check_drawing(n, noise, seed, fewest=len(corners))
    turn = np.arange(n) % len(corners)
    X, labels = corners[turn], truth[turn]
    goal = 1.0
    if noise:
        X = X + noise * np.random.default_rng(seed).standard_normal(X.shape)
        goal = goal_of(X, labels, [corners[truth == 0], corners[truth == 1]])
    return Samples.from_labels(X, labels, ("0", "1"), name=name, goal=goal)
