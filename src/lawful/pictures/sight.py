"""A plane through the space of inputs, for networks that see more than two.

    X(u) = c + u₁ e₁ + u₂ e₂

With two inputs the plane is all there is. With more, either two chosen features vary
and the others stay at their mean, or e₁ and e₂ are the samples' first two principal
directions. Samples off the plane are drawn where they fall upon it, and the picture
says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.pictures.reading import percent
from lawful.refusal import Refusal

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sight:
    """What of the inputs is seen.

    Attributes
    ----------
    centre
        c, shape (d,), as the network takes inputs.
    directions
        e₁ and e₂, orthonormal, shape (2, d).
    labels
        What the two axes are called.
    note
        What is not seen, as a sentence; empty where all is.
    shift, stretch
        Shape (2,): an axis shows shift + stretch u, in the units the data came in.
    """

    centre: Array
    directions: Array
    labels: tuple[str, str]
    note: str
    shift: Array
    stretch: Array

    def project(self, X: Array) -> Array:
        """Where samples (n, d) fall upon the plane: u, shape (n, 2)."""
        return (np.asarray(X, dtype=float) - self.centre) @ self.directions.T

    def lift(self, u: Array) -> Array:
        """The inputs (n, d) at places u (n, 2) of the plane."""
        return self.centre + u @ self.directions

    def shown(self, u: Array) -> Array:
        """Places of the plane as the axes show them."""
        return self.shift + self.stretch * u


def sight(data: Any, features: Sequence[int | str] | None = None) -> Sight:
    """The plane to look at.

    Parameters
    ----------
    data
        Samples.
    features
        Two features, by name or by number from 0; principal directions when not given
        and there are more than two.

    Raises
    ------
    Refusal
        For a single feature, or features that are not there.
    """
    X = np.asarray(data.X, dtype=float)
    d = X.shape[1]
    if d < 2:
        raise Refusal("samples of one feature", "two or more, for a picture of a boundary")
    if features is None and d > 2:
        return _principal(X)
    first, second = _chosen(data.features, features if features is not None else (0, 1))
    pair = [first, second]
    centre = np.zeros(d)
    rest = [k for k in range(d) if k not in pair]
    centre[rest] = X[:, rest].mean(axis=0)
    directions = np.zeros((2, d))
    directions[[0, 1], pair] = 1.0
    scaling = getattr(data, "x_scaling", None)
    note = "" if d == 2 else f"the other {d - 2} features held at their means"
    return Sight(
        centre,
        directions,
        (str(data.features[first]), str(data.features[second])),
        note,
        np.zeros(2) if scaling is None else np.asarray(scaling.centre, dtype=float)[pair],
        np.ones(2) if scaling is None else np.asarray(scaling.spread, dtype=float)[pair],
    )


def _chosen(names: Sequence[str], features: Sequence[int | str]) -> tuple[int, int]:
    """Two numbers of features from names or numbers."""
    found = []
    for one in features:
        if isinstance(one, str) and one in names:
            found.append(list(names).index(one))
        elif not isinstance(one, str) and 0 <= one < len(names):
            found.append(int(one))
        else:
            some = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
            raise Refusal(f"feature {one!r}", f"one of {some}, or 0 to {len(names) - 1}")
    if len(found) != 2 or found[0] == found[1]:
        raise Refusal(f"features {tuple(features)!r}", "two different ones")
    return found[0], found[1]


def _principal(X: Array) -> Sight:
    """The plane through the mean along which the samples differ most."""
    centre = X.mean(axis=0)
    # Of very many samples a few thousand tell the directions as well.
    some = (X if len(X) <= 4000 else X[:: len(X) // 4000 + 1]) - centre
    values, vectors = np.linalg.eigh(some.T @ some)
    directions, total = vectors[:, :-3:-1].T, float(values.sum())
    if not total > 0:
        raise Refusal(f"{len(X)} samples that are all the same", "samples that differ")
    share = float(values[-2:].sum() / total)
    signs = np.sign(directions[np.arange(2), np.abs(directions).argmax(axis=1)])
    return Sight(
        centre,
        directions * signs[:, None],
        ("first principal direction", "second principal direction"),
        f"a plane through {X.shape[1]} dimensions that holds {percent(share)} of their variance",
        np.zeros(2),
        np.ones(2),
    )
