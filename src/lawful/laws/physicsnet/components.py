"""Principal axes of a latent space.

    Z − z̄ = U Σ Vᵀ;   scores (Z − z̄) V,   share σ_i² / Σ σ²

Source: K. Pearson, "On lines and planes of closest fit to systems of points in space",
Philosophical Magazine 2 (1901) 559.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Components:
    """Principal axes, and where everything lies along them.

    Attributes
    ----------
    scores
        Shape (run, time, k), NaN where nothing is known.
    share
        Of the variance, shape (k,), largest first.
    directions, mean
        Shapes (latent, k) and (latent,).
    """

    scores: Array
    share: Array
    directions: Array
    mean: Array


def principal(latent: Array, components: int = 3) -> Components:
    """Principal axes of latent states of shape (run, time, latent).

    Parameters
    ----------
    latent
        NaN where the encoder's window does not reach.
    components
        How many axes; fewer where there are fewer dimensions.

    Raises
    ------
    Refusal
        Where no state is known, or for no axis at all.

    Examples
    --------
    >>> line = np.arange(6.0).reshape(2, 3)[..., None] * np.array([3.0, 4.0])
    >>> found = principal(line, components=1)
    >>> found.share.round(6), found.directions.round(6).T
    (array([1.]), array([[0.6, 0.8]]))
    """
    if components < 1:
        raise Refusal(f"{components} components", "a whole number from 1 up")
    held = np.asarray(np.isfinite(latent).all(axis=-1))
    if not held.any():
        raise Refusal("no latent state", "runs that are longer than the network's window")
    rows = latent[held]
    mean = rows.mean(axis=0)
    _, size, axes = np.linalg.svd(rows - mean, full_matrices=False)
    directions = axes[: min(components, len(axes))].T
    # An axis has no sign of its own: its largest entry is taken as positive.
    largest = np.abs(directions).argmax(axis=0)
    directions = directions * np.sign(directions[largest, np.arange(directions.shape[1])])
    power = size**2
    share = power[: directions.shape[1]] / max(float(power.sum()), 1e-300)
    scores = np.full((*latent.shape[:2], directions.shape[1]), np.nan)
    scores[held] = (rows - mean) @ directions
    return Components(scores, share, directions, mean)
