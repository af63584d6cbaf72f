"""How far samples are from a formula, when columns and target may all be off.

    d² = mean of  e_i² / (Σ_j s_j² f_j² + s_y²),   e = f(x) − y,   s: the spread of each

To first order the least shift of a sample, in spreads of the columns and of the target, that
puts it on the surface y = f(x): orthogonal regression. With noise in the columns the true
formula has the least distance, though not the least error.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.laws.symbolic.parametrised import Columns, Parametrised

Array = NDArray[np.float64]

STEP = 1e-3  # of a column's spread, for slopes and bends
LEAST = 1e-6  # of the mean squared residual: no sample weighs more than its inverse


def distance(form: Parametrised, columns: Columns, target: Array) -> float:
    """D of a formula on some samples; infinite where it has no finite value.

    Examples
    --------
    >>> from lawful.expressions import parse
    >>> x = np.linspace(1.0, 3.0, 99)
    >>> off = {"x": x + 1e-3 * x.std()}
    >>> round(distance(Parametrised.of(parse("x**2")), off, x**2), 4)
    0.0007
    """
    near = Near.of(form, columns)
    if near is None:
        return float("inf")
    off = near.theta @ form.coefficients - target
    shares = dict.fromkeys(near.slopes, 1.0)
    size = near.sizes(form.coefficients, shares, float(np.var(target)))
    return float(np.sqrt(np.mean((off / size) ** 2)))


@dataclass(frozen=True)
class Near:
    """The terms at the samples and close by, each array of shape (samples, terms).

    `slopes` and `bends` are first and second derivatives, in spreads of the column.
    """

    theta: Array
    slopes: Mapping[str, Array]
    bends: Mapping[str, Array]

    @classmethod
    def of(cls, form: Parametrised, columns: Columns) -> "Near | None":
        """None where a term is not finite close to a sample."""
        theta, slopes, bends = form.values(columns), {}, {}
        for name, column in columns.items():
            spread = float(np.std(column))
            if spread > 0 and form.uses(name):
                up = form.values({**columns, name: column + STEP * spread})
                down = form.values({**columns, name: column - STEP * spread})
                slopes[name] = (up - down) / (2 * STEP)
                bends[name] = (up - 2 * theta + down) / STEP**2
        every = (*slopes.values(), *bends.values())
        return cls(theta, slopes, bends) if all(np.isfinite(s).all() for s in every) else None

    def at(self, columns: Columns, form: Parametrised) -> "Near":
        """The same terms with slopes and bends as they are elsewhere, where they exist there."""
        there = Near.of(form, columns)
        return self if there is None else Near(self.theta, there.slopes, there.bends)

    def of_samples(self, keep: NDArray[np.bool_]) -> "Near":
        """Some of the samples."""
        slopes = {name: values[keep] for name, values in self.slopes.items()}
        bends = {name: values[keep] for name, values in self.bends.items()}
        return Near(self.theta[keep], slopes, bends)

    def centred(self, share: Mapping[str, float]) -> Array:
        """The terms, less what noise adds to their mean."""
        return self.theta - 0.5 * sum(v * self.bends[n] for n, v in share.items())

    def sizes(self, a: Array, share: Mapping[str, float], tau: float) -> Array:
        """S of each sample."""
        square = sum(v * (self.slopes[n] @ a) ** 2 for n, v in share.items()) + tau
        square = np.broadcast_to(square, self.theta.shape[:1])
        return np.sqrt(np.maximum(square, max(LEAST * float(np.mean(square)), 1e-300)))
