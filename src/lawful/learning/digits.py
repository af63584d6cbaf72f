"""Handwritten digits, small: x = pixels / 16, 8 × 8, ten classes.

1797 digits by 43 people, the test set of E. Alpaydin and C. Kaynak, "Optical
Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998
(doi:10.24432/C50P49), as scikit-learn carries it: no network is needed.
"""

import numpy as np

from lawful.learning.samples import Samples
from lawful.refusal import missing_extra

GOAL = 0.95
"""A good linear rule gets about 0.95 of unseen digits; a hidden layer gets more."""


def digits() -> Samples:
    """All 1797 digits.

    Returns
    -------
    Samples
        X (1797, 64) from 0 to 1, row by row from the top left; y (1797, 10). Solved
        at 0.95.

    Raises
    ------
    Refusal
        Where scikit-learn is not installed.

    Examples
    --------
    >>> digits()  # doctest: +SKIP
    Samples('digits', 1797 samples of 64 features, 10 classes)
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise missing_extra("scikit-learn", "data") from None
    held = load_digits()
    return Samples.from_labels(
        np.asarray(held.data) / 16,
        np.asarray(held.target),
        [str(digit) for digit in range(10)],
        name="digits",
        features=tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8)),
        goal=GOAL,
    )
