"""How sure a share is: k of n succeeded, so the true rate lies in an interval.

    centre (p + z²/2n) / (1 + z²/n),   half width z √(p(1−p)/n + z²/4n²) / (1 + z²/n)

with p = k/n and z the normal quantile: Wilson's score interval, which stays inside
[0, 1] and holds where k is 0 or n. Source: E. B. Wilson, *Journal of the American
Statistical Association* 22 (1927) 209.
"""

import math
from statistics import NormalDist

from lawful.refusal import Refusal


def wilson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of a success rate.

    Parameters
    ----------
    successes, trials
        How many of how many.
    confidence
        How often such intervals hold the true rate.

    Raises
    ------
    Refusal
        For counts that cannot be, or a confidence outside (0, 1).

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> round(low, 4), round(high, 4)
    (0.4902, 0.9433)
    >>> wilson(0, 10)[0], wilson(10, 10)[1]
    (0.0, 1.0)
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise Refusal(f"{successes} successes of {trials}", "0 to n of n, n from 1 up")
    if not 0 < confidence < 1:
        raise Refusal(f"confidence {confidence}", "a number between 0 and 1, such as 0.95")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    p, shrink = successes / trials, 1 + z * z / trials
    centre = (p + z * z / (2 * trials)) / shrink
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials**2)) / shrink
    # The bounds are 0 and 1 exactly where every trial went one way; round-off says nearly.
    low = 0.0 if successes == 0 else max(centre - half, 0.0)
    high = 1.0 if successes == trials else min(centre + half, 1.0)
    return low, high
