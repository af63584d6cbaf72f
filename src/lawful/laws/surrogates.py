"""Surrogates: how steady would the best combination be if nothing were conserved?

A law binds a run's beginning to its own end. Surrogate runs join the first half
of one run to the second half of another; each term keeps its distribution and
its time scales, and only the tie between the halves is cut. On every surrogate
the coefficients are fitted anew, so fitting earns no significance:

    p = (1 + #{surrogates with λ ≤ λ observed}) / (1 + #surrogates).

Halves that touch are alike in anything slow, so a small p says that a run keeps
its value longer than chance would, not that it keeps it for good: that is what ρ
and λ are for.

Where runs are fewer than `FEWEST_RUNS` there are too few ways to exchange halves;
then each term is turned in time by its own random shift (Theiler et al. 1992).
The false discovery rate is controlled as by Benjamini and Hochberg (1995).
"""

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import Array
from lawful.laws.sums import Scatter

FEWEST_RUNS = 6
MOST_RUNS = 2000


def exchange_halves(
    part: Scatter, surrogates: int, rng: np.random.Generator
) -> tuple[float, Array]:
    """Smallest λ of the terms in `part`, as observed and on each surrogate.

    Runs with one piece only are left out; of several, half are joined to each side.
    """
    (size_a, mean_a), (size_b, mean_b), inner = two_halves(part)
    observed = _steadiest(inner, size_a, mean_a, size_b, mean_b)
    drawn = []
    for _ in range(surrogates):
        turn = _derangement(size_a.size, rng)
        drawn.append(_steadiest(inner, size_a, mean_a, size_b[turn], mean_b[turn]))
    return observed, np.array(drawn)


def two_halves(part: Scatter) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
    """Size and mean of each run's two halves, and the sum of squares inside them."""
    order = np.lexsort((part.piece_fold, part.piece_run))
    _, which, count = np.unique(part.piece_run[order], return_inverse=True, return_counts=True)
    place = np.arange(order.size) - np.concatenate([[0], np.cumsum(count)[:-1]])[which]
    second = 2 * place >= count[which]
    chosen = np.isin(which, np.flatnonzero(count > 1)[:MOST_RUNS])
    # The sums are of all runs, the pieces of those that were kept.
    share = float(part.piece_size[order][chosen].sum() / max(part.count.sum(), 1.0))
    inner = part.within.sum(axis=0) * share
    halves = []
    for side in (chosen & ~second, chosen & second):
        groups, group = np.unique(which[side], return_inverse=True)
        size, mean = part.piece_size[order][side], part.piece_mean[order][side]
        total = np.bincount(group, size).astype(float)
        joint: Array = np.zeros((groups.size, mean.shape[1]))
        np.add.at(joint, group, size[:, None] * mean)
        joint /= total[:, None]
        away = mean - joint[group]
        inner = inner + (away * size[:, None]).T @ away
        halves.append((total, joint))
    return halves[0], halves[1], inner


def _steadiest(inner: Array, n_a: Array, a: Array, n_b: Array, b: Array) -> float:
    """Smallest λ when piece a_i is joined to piece b_i."""
    size = n_a + n_b
    mean = (n_a[:, None] * a + n_b[:, None] * b) / size[:, None]
    joint = (n_a * n_b / size)[:, None] * (a - b)
    within = inner + joint.T @ (a - b)
    away = mean - (size @ mean) / size.sum()
    total = within + (away * size[:, None]).T @ away
    spread = np.sqrt(np.maximum(np.diag(total), 1e-300))
    scaled = total / np.outer(spread, spread) + 1e-13 * np.eye(len(total))
    root = np.linalg.inv(np.linalg.cholesky(scaled)) / spread
    return float(np.linalg.eigvalsh(root @ within @ root.T)[0])


def _derangement(size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """A random permutation that leaves nothing in its place.

    >>> bool((_derangement(7, np.random.default_rng(0)) != np.arange(7)).all())
    True
    """
    turn = rng.permutation(size)
    shift = np.empty(size, dtype=np.intp)
    shift[turn] = np.roll(turn, 1)
    return shift


def shift_times(values: Array, surrogates: int, rng: np.random.Generator) -> tuple[float, Array]:
    """Smallest share of variance that a combination keeps, observed and on surrogates.

    Parameters
    ----------
    values
        Terms along runs, shape (run, time, terms), without NaN.
    """

    def share(terms: Array) -> float:
        flat = (terms - terms.mean(axis=1, keepdims=True)).reshape(-1, terms.shape[-1])
        spread = np.maximum(flat.std(axis=0), 1e-300)
        return float(np.linalg.svd(flat / spread, compute_uv=False)[-1])

    drawn = []
    length = values.shape[1]
    for _ in range(surrogates):
        turned = np.empty_like(values)
        for run in range(values.shape[0]):
            for k in range(values.shape[2]):
                shift = int(rng.integers(length // 10, length - length // 10))
                turned[run, :, k] = np.roll(values[run, :, k], shift)
        drawn.append(share(turned))
    return share(values), np.array(drawn)


def p_value(observed: float, drawn: Array) -> float:
    """The share of surrogates as steady as the observation, itself counted.

    >>> p_value(0.1, np.array([0.5, 0.6, 0.05]))
    0.5
    """
    # A shift that turns all terms alike gives the observation again, but for round-off.
    return float((1 + np.sum(drawn <= observed * (1 + 1e-9))) / (1 + drawn.size))


def discoveries(p_values: list[float], rate: float) -> list[bool]:
    """Which hypotheses stand with the false discovery rate held at `rate`.

    >>> discoveries([0.01, 0.02, 0.9], 0.05)
    [True, True, False]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)
    bound = rate * np.arange(1, p.size + 1) / max(p.size, 1)
    below = np.flatnonzero(p[order] <= bound)
    last = below[-1] if below.size else -1
    stands = np.zeros(p.size, dtype=bool)
    stands[order[: last + 1]] = True
    return [bool(s) for s in stands]
