"""Numbers that are simple, where the data cannot tell them from those that were fitted.

    |c − p/q| ≤ 0.02/q²,   q ≤ 10

By Dirichlet's theorem every number has some p/q within 1/q²; one within a fiftieth of that is
there by chance for one number in fifteen or so, and then the score decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DENOMINATORS = (1, 2, 3, 4, 5, 6, 8, 10)
NEARNESS = 0.02
LARGEST = 1000
LARGEST_NUMERATOR = 12  # of what is no whole number
DIGITS = 12


def near(value: float, nearness: float = NEARNESS) -> Fraction | None:
    """The simplest fraction near a number; None where there is none.

    >>> near(0.4998), near(-1.3333), near(9.801), near(39.478), near(0.001)
    (Fraction(1, 2), Fraction(-4, 3), None, None, None)
    """
    if not np.isfinite(value) or abs(value) > LARGEST:
        return None
    for q in DENOMINATORS:
        fraction = Fraction(round(value * q), q)
        if q > 1 and abs(fraction.numerator) > LARGEST_NUMERATOR:
            continue
        if fraction and abs(value - float(fraction)) <= nearness / q**2:
            return fraction
    return None


@dataclass(frozen=True)
class Settled:
    """Numbers, and those among them that are exact."""

    values: Array
    exact: Mapping[int, Fraction]


def settled(
    values: Array,
    refit: Callable[[Mapping[int, float]], Array | None],
    suffers: Callable[[Array], bool],
    *,
    nearness: float = NEARNESS,
    may_vanish: Sequence[int] = (),
) -> Settled:
    """Take simple fractions for numbers, one at a time, while the score does not suffer.

    Parameters
    ----------
    values
        The numbers as fitted.
    refit
        From the numbers held to all numbers, the others fitted anew; None where it cannot.
    suffers
        Whether the score is worse than with `values`.
    nearness
        As in `near`.
    may_vanish
        Which numbers are first tried as nothing: a constant that nobody asked for.

    Examples
    --------
    >>> best = np.array([0.501, 9.81])
    >>> kept = lambda held: np.array([held.get(0, 0.501), held.get(1, 9.81)])
    >>> settled(best, kept, lambda v: abs(v - best).max() > 0.002)
    Settled(values=array([0.5 , 9.81]), exact={0: Fraction(1, 2)})
    """
    now, exact, tried = np.array(values, dtype=float), dict[int, Fraction](), set[int]()

    def take(k: int, fraction: Fraction) -> None:
        nonlocal now, exact
        trial = {**exact, k: fraction}
        found = refit({j: float(f) for j, f in trial.items()})
        if found is not None and not suffers(found):
            now, exact = found, trial
        tried.add(k)

    for k in may_vanish:
        take(k, Fraction(0))
    tried -= {k for k in may_vanish if k not in exact}
    while True:
        close = {
            k: fraction
            for k, value in enumerate(now)
            if k not in tried and (fraction := near(float(value), nearness))
        }
        if not close:
            return Settled(now, dict(sorted(exact.items())))
        k = min(close, key=lambda k: (close[k].denominator, abs(float(close[k]) - now[k])))
        take(k, close[k])


def rounded(value: float, slack: float) -> float:
    """The number of fewest digits within `slack`.

    >>> rounded(39.4784176, 1e-3), rounded(-0.000123456, 1e-7)
    (39.478, -0.0001235)
    """
    for digits in range(2, DIGITS):
        shorter = float(f"{value:.{digits}g}")
        if abs(shorter - value) <= slack:
            return shorter
    return float(f"{value:.{DIGITS}g}")
