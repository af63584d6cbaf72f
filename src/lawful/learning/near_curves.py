"""Points near curves: x = γ_c(s) + σ ξ, one curve γ a class, ξ of unit normals.

Classes take turns, so that they are as equal as n allows, and s is uniform on [0, 1).
What can be learnt of such points is bounded: with noise, some lie nearer to another
class's curve. The share that lies nearest to its own curve, the rule of the nearest
neighbour without noise, is what `attainable` counts, and goals are made of it.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lawful.learning.samples import Samples
from lawful.refusal import Refusal

Array = NDArray[np.float64]
Curve = Callable[[Array], Array]

SLACK = 0.99
"""The goal's share of what is attainable, where classes touch."""

_MARKS = 1000  # points that stand for a whole curve


def near_curves(
    name: str, curves: Sequence[Curve], classes: Sequence[str], n: int, noise: float, seed: int
) -> Samples:
    """`n` points, class c near curve c.

    Parameters
    ----------
    name
        What the samples are called.
    curves
        One a class: s of shape (m,) in [0, 1) to places of shape (m, d).
    classes
        Names of the classes.
    n, noise, seed
        How many points, σ in the units of the curves, and the seed of s and ξ.

    Returns
    -------
    Samples
        With the goal that `goal_of` gives.

    Raises
    ------
    Refusal
        For fewer points than classes, negative noise, a seed that is none.
    """
    check_drawing(n, noise, seed, fewest=len(curves))
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % len(curves)
    s = rng.random(n)
    places = np.stack([curve(s) for curve in curves])[labels, np.arange(n)]
    X = places + noise * rng.standard_normal(places.shape)
    marks = [curve(np.linspace(0, 1, _MARKS)) for curve in curves]
    goal = goal_of(X, labels, marks)
    return Samples.from_labels(X, labels, classes, name=name, goal=goal)


def goal_of(X: Array, labels: NDArray[np.intp], marks: Sequence[Array]) -> float:
    """0.99 of what is attainable, or of the commonest class where noise drowns all."""
    commonest = float(np.bincount(labels).max() / len(labels))
    return SLACK * max(attainable(X, labels, marks), commonest)


def attainable(X: Array, labels: NDArray[np.intp], marks: Sequence[Array]) -> float:
    """The share of points whose nearest mark is one of their own class.

    Parameters
    ----------
    X
        Points, shape (n, d).
    labels
        Their classes, shape (n,).
    marks
        The noise-free places of each class, each of shape (m, d).

    Examples
    --------
    >>> corners = [np.array([[0.0]]), np.array([[1.0]])]
    >>> attainable(np.array([[0.1], [0.4], [0.3], [0.8]]), np.array([0, 0, 1, 1]), corners)
    0.75
    """
    from scipy.spatial import KDTree

    distances = np.stack([KDTree(places).query(X)[0] for places in marks])
    return float(np.mean(distances.argmin(axis=0) == labels))


def check_drawing(n: int, noise: float, seed: int, *, fewest: int) -> None:
    """Refuse a number of points, a noise or a seed that cannot be meant."""
    whole = isinstance(n, int | np.integer) and not isinstance(n, bool)
    if not whole or n < fewest:
        raise Refusal(f"{n!r} samples", f"a whole number, {fewest} at least")
    if not 0 <= noise < np.inf:
        raise Refusal(f"a noise of {noise}", "a standard deviation, 0 or more")
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise Refusal(f"the seed {seed!r}", "a whole number, 0 or more")
