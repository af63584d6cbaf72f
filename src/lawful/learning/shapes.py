"""Shapes in the plane, to learn a curved boundary from: x = γ_c(s) + σ ξ, 0 ≤ s < 1.

    circles    γ_c = r_c (cos 2πs, sin 2πs),  r = 1 and ½
    moons      γ_0 = (cos πs, sin πs),  γ_1 = (1 − cos πs, ½ − sin πs)
    spirals    γ_c = ρ (cos φ, sin φ),  ρ = 0.1 + 0.9 s,  φ = 2π (turns s + c/C)
    gaussians  γ_c = (cos 2πc/C, sin 2πc/C), a point

Spirals: K. J. Lang and M. J. Witbrock, "Learning to tell two spirals apart", 1988.
Goals: 0.99 of what the nearest curve gets right (`near_curves`); for Gaussians that is
the best that any rule can do, two of them at Φ(1/σ).
"""

import numpy as np
from numpy.typing import NDArray

from lawful.learning.near_curves import Curve, check_drawing, near_curves
from lawful.learning.samples import Samples
from lawful.refusal import Refusal

Array = NDArray[np.float64]


def circles(n: int = 200, noise: float = 0.05, seed: int = 0) -> Samples:
    """A circle within a circle, of radius ½ and 1.

    Parameters
    ----------
    n
        How many points.
    noise
        Standard deviation σ about the circles.
    seed
        Of the places and the noise.

    Returns
    -------
    Samples
        X (n, 2), y (n, 1): 0 outside, 1 inside.

    Raises
    ------
    Refusal
        For fewer points than classes, negative noise, a seed that is none.

    Examples
    --------
    >>> rings = circles(100, noise=0.0)
    >>> radius = np.hypot(*rings.X.T)
    >>> bool(np.allclose(radius, np.where(rings.labels == 0, 1.0, 0.5)))
    True
    """
    curves = [_circle(1.0), _circle(0.5)]
    return near_curves("circles", curves, ("outer", "inner"), n, noise, seed)


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> Samples:
    """Two half circles, each reaching into the other; see `circles` for the rest.

    >>> moons(50).X.shape
    (50, 2)
    """

    def upper(s: Array) -> Array:
        return np.column_stack([np.cos(np.pi * s), np.sin(np.pi * s)])

    def lower(s: Array) -> Array:
        return np.column_stack([1 - np.cos(np.pi * s), 0.5 - np.sin(np.pi * s)])

    return near_curves("moons", [upper, lower], ("upper", "lower"), n, noise, seed)


def spirals(
    n: int = 300, noise: float = 0.02, seed: int = 0, *, turns: float = 1.0, classes: int = 2
) -> Samples:
    """Arms that wind around each other; see `circles` for the rest.

    Parameters
    ----------
    n, noise, seed
        As for `circles`; the outermost radius is 1.
    turns
        How often each arm goes around; the 1988 task has 3.
    classes
        How many arms, two at least.

    Examples
    --------
    >>> spirals(300, classes=3)
    Samples('spirals', 300 samples of 2 features, 3 classes)
    """
    if not 0 < turns < np.inf:
        raise Refusal(f"spirals of {turns} turns", "a number above 0")
    _check_classes(classes)
    arms = [_arm(turns, c / classes) for c in range(classes)]
    names = [f"arm {c + 1}" for c in range(classes)]
    return near_curves("spirals", arms, names, n, noise, seed)


def gaussians(n: int = 200, noise: float = 0.3, seed: int = 0, *, classes: int = 2) -> Samples:
    """Clouds about points on the unit circle; see `circles` for the rest.

    Parameters
    ----------
    n, noise, seed
        As for `circles`; the noise is each cloud's standard deviation.
    classes
        How many clouds, two at least.

    Examples
    --------
    >>> gaussians(120, classes=4).y.sum(axis=0)
    array([30., 30., 30., 30.])
    """
    _check_classes(classes)
    points = [_point(2 * np.pi * c / classes) for c in range(classes)]
    names = [f"cloud {c + 1}" for c in range(classes)]
    return near_curves("gaussians", points, names, n, noise, seed)


def create_sample_data(n_samples: int = 1000, n_features: int = 4, seed: int = 0) -> Samples:
    """Normal inputs, and whether a line and a product in them exceed their median.

        q = Σ xᵢ / √d + x₁ x₂,   y = 1 where q is above its median

    The classes are equal, and no line parts them where d > 1.

    Parameters
    ----------
    n_samples
        How many, two at least.
    n_features
        d, one at least; with one there is no product.
    seed
        Of the inputs.

    Returns
    -------
    Samples
        X (n_samples, n_features), y (n_samples, 1). Solved at 0.95.

    Examples
    --------
    >>> X, y = create_sample_data(100, 4)
    >>> X.shape, float(y.mean())
    ((100, 4), 0.5)
    """
    check_drawing(n_samples, 0.0, seed, fewest=2)
    if not isinstance(n_features, int | np.integer) or n_features < 1:
        raise Refusal(f"{n_features!r} features", "a whole number, 1 at least")
    X = np.random.default_rng(seed).standard_normal((n_samples, n_features))
    q = X.sum(axis=1) / np.sqrt(n_features)
    if n_features > 1:
        q += X[:, 0] * X[:, 1]
    labels = np.zeros(n_samples, np.intp)
    labels[np.argsort(q)[n_samples // 2 :]] = 1
    return Samples.from_labels(X, labels, ("below", "above"), name="sample", goal=0.95)


def _check_classes(classes: int) -> None:
    if not isinstance(classes, int | np.integer) or classes < 2:
        raise Refusal(f"{classes!r} classes", "a whole number, 2 at least")


def _circle(radius: float) -> Curve:
    def curve(s: Array) -> Array:
        return radius * np.column_stack([np.cos(2 * np.pi * s), np.sin(2 * np.pi * s)])

    return curve


def _arm(turns: float, start: float) -> Curve:
    def curve(s: Array) -> Array:
        angle = 2 * np.pi * (turns * s + start)
        return (0.1 + 0.9 * s)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])

    return curve


def _point(angle: float) -> Curve:
    def curve(s: Array) -> Array:
        return np.tile([np.cos(angle), np.sin(angle)], (len(s), 1))

    return curve
