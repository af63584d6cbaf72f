"""The constants of a law, with the interval that the data leave each.

The coefficients are fitted anew on bootstrap samples of the runs (Bayesian
bootstrap, Rubin 1981: exponential weights on groups of runs); an interval is the
band between quantiles. Where a simple rational lies inside a narrow interval, it
is named, and taken for the value.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from lawful.laws.features import Array
from lawful.laws.invariants import PRECISION, Pencil
from lawful.laws.sums import Joined

DRAWS = 200
LARGEST_DENOMINATOR = 6
NARROW = 0.03  # half-width over value below which a rational may be taken for the value
SIMPLE = sorted(
    {Fraction(p, q) for q in range(1, LARGEST_DENOMINATOR + 1) for p in range(1, 13)},
    key=lambda f: (f.denominator, f.numerator),
)


@dataclass(frozen=True)
class Coefficients:
    """Coefficients of raw terms, the pivot's fixed; `low` and `high` bound each."""

    value: Array
    low: Array
    high: Array
    exact: tuple[str, ...]

    def taken(self, order: list[int]) -> "Coefficients":
        """Some of them, in a given order."""
        exact = tuple(self.exact[k] for k in order)
        return Coefficients(self.value[order], self.low[order], self.high[order], exact)

    def negated(self) -> "Coefficients":
        """All with the other sign."""
        exact = tuple(e[1:] if e.startswith("-") else f"-{e}" if e else "" for e in self.exact)
        return Coefficients(-self.value, -self.high, -self.low, exact)


def coefficients(
    joined: Joined,
    scale: Array,
    *,
    pivot: int,
    pivot_value: float,
    steady: bool,
    confidence: float,
    rng: np.random.Generator,
) -> Coefficients:
    """Refit on all runs, with intervals.

    Parameters
    ----------
    joined
        Sums on the law's own terms only, shape (folds, k, k).
    scale
        The spread of each raw term, shape (k,).
    pivot, pivot_value
        Which coefficient is set to which value.
    """

    def normal(v: Array) -> Array:
        raw = v / scale
        return raw * (pivot_value / raw[pivot])

    value = normal(_best(Pencil.of(joined.matrices()), steady))
    weights = rng.exponential(size=(DRAWS, joined.count.size))
    drawn = np.array([normal(_best(Pencil.of(joined.matrices(w)), steady)) for w in weights])
    edge = (1 - confidence) / 2
    low, high = np.quantile(drawn, [edge, 1 - edge], axis=0)
    # A handful of groups cannot show an interval narrower than round-off.
    slack = 1e-9 * np.abs(value)
    low, high = np.minimum(low, value - slack), np.maximum(high, value + slack)
    low[pivot] = high[pivot] = value[pivot]
    exact = tuple(
        rational(v, a, b) if k != pivot else ""
        for k, (v, a, b) in enumerate(zip(value, low, high, strict=True))
    )
    return Coefficients(value, low, high, exact)


def _best(pencil: Pencil, steady: bool) -> Array:
    return (pencil.steadiest() if steady else pencil.quietest())[1][:, 0]


def rational(value: float, low: float, high: float) -> str:
    """The simplest rational inside a narrow interval, or "".

    >>> rational(0.4998, 0.497, 0.503), rational(-1.001, -1.02, -0.99), rational(0.3, 0.1, 0.9)
    ('1/2', '-1', '')
    >>> rational(9.8102, 9.8098, 9.8106)
    ''
    """
    size = abs(value)
    if size == 0 or (high - low) / 2 > NARROW * size:
        return ""
    bounds = sorted((abs(low), abs(high)))
    width = max(bounds[1] - bounds[0], 4 * PRECISION * size)
    for simple in SIMPLE:
        number = float(simple)
        # Where rationals crowd an interval, one of them lies in it by chance.
        crowded = width * simple.denominator**2 > 0.12 * max(1.0, number)
        if (
            not crowded
            and abs(number - size) <= max(width / 2, 2e-6 * size)
            and (bounds[0] - 2e-6 * size <= number <= bounds[1] + 2e-6 * size)
        ):
            return str(simple if value > 0 else -simple)
    return ""
