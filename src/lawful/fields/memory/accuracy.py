"""What a stream has left: measures of a matrix of accuracies.

    R[i, j] = accuracy on test j after experience i,   i, j = 1 … T

    average     A = (1/T) Σ_j R[T, j]
    forgetting  F = (1/(T−1)) Σ_{j<T} (max_{i<T} R[i, j] − R[T, j])
    backward    B = (1/(T−1)) Σ_{j<T} (R[T, j] − R[j, j])
    forward     (1/(T−1)) Σ_{j>1} (R[j−1, j] − b[j]),   b: before anything was learnt

NaN stands where nobody looked. It is left out of the maximum of F alone: looked at only after
its own experience and at the end, a task is forgotten by R[j, j] − R[T, j], never more than
had one looked oftener. Any other measure that needs a number nobody looked for is NaN.
Sources: D. Lopez-Paz and M. Ranzato, "Gradient episodic memory", NeurIPS (2017), for A and
both transfers; A. Chaudhry et al., "Riemannian walk", ECCV (2018), for F.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.refusal import Refusal

Array = NDArray[np.float64]


def checked(matrix: ArrayLike) -> Array:
    """R as float64, shape (T, T).

    Raises
    ------
    Refusal
        For another shape, for what is no number, or accuracies outside 0 to 1.
    """
    try:
        R = np.asarray(matrix, dtype=np.float64)
    except (TypeError, ValueError):
        raise Refusal("accuracies that are no table of numbers", "shape (T, T)") from None
    if R.ndim != 2 or R.shape[0] != R.shape[1] or not R.size:
        raise Refusal(f"accuracies of the shape {R.shape}", "(T, T)")
    looked = R[~np.isnan(R)]
    if looked.size and (looked.min() < 0 or looked.max() > 1):
        raise Refusal(f"accuracies from {looked.min():g} to {looked.max():g}", "0 to 1")
    return R


def average(matrix: ArrayLike) -> float:
    """A = (1/T) Σ_j R[T, j]: what is known of all tasks at the end (Lopez-Paz 2017).

    >>> average([[0.9, 0.1], [0.5, 0.7]])
    0.6
    """
    return float(checked(matrix)[-1].mean())


def forgetting(matrix: ArrayLike) -> float:
    """F = (1/(T−1)) Σ_{j<T} (max_{i<T} R[i, j] − R[T, j]): the fall from the best.

    All tasks but the last, which nothing came after (Chaudhry 2018); NaN for a single task.
    A task that got better still at the end counts as negative. Rows that nobody looked at
    are left out of the maximum.

    >>> round(forgetting([[0.9, 0.1], [0.5, 0.7]]), 12)
    0.4
    """
    R = checked(matrix)
    earlier = R[:-1, :-1]
    if not earlier.size or np.isnan(earlier).all(axis=0).any():
        return float("nan")
    return float(np.mean(np.nanmax(earlier, axis=0) - R[-1, :-1]))


def backward(matrix: ArrayLike) -> float:
    """B = (1/(T−1)) Σ_{j<T} (R[T, j] − R[j, j]): what later tasks gave to earlier ones.

    Negative where they took (Lopez-Paz 2017); never below −F; NaN for a single task.

    >>> backward([[0.9, 0.1], [0.5, 0.7]])
    -0.4
    """
    R = checked(matrix)
    return float(np.mean(R[-1, :-1] - np.diag(R)[:-1])) if len(R) > 1 else float("nan")


def forward(matrix: ArrayLike, start: ArrayLike) -> float:
    """(1/(T−1)) Σ_{j>1} (R[j−1, j] − b[j]): what tasks gave to those not yet met.

    From Lopez-Paz (2017); NaN for a single task, and where nobody looked ahead.

    Parameters
    ----------
    matrix
        R.
    start
        b, shape (T,): the accuracies of the learner before anything was learnt.

    Examples
    --------
    >>> round(forward([[0.9, 0.3], [0.5, 0.7]], [0.1, 0.1]), 12)
    0.2
    """
    R, b = checked(matrix), np.asarray(start, dtype=np.float64)
    if b.shape != (len(R),):
        raise Refusal(f"{b.shape} accuracies at the start", f"({len(R)},)")
    return float(np.mean(np.diag(R, 1) - b[1:])) if len(R) > 1 else float("nan")
