"""How much a Hopfield network can hold: recall against the load α = P/N.

The theory for N → ∞, patterns stored by Hebb's rule, no thermal noise: a pattern is
recalled with overlap m = erf y, where y > 0 solves

    y [ √(2α) + 2/√π e^{−y²} ] = erf y,

which it can up to α_c = max_y ½ [ erf y / y − 2/√π e^{−y²} ]² = 0.1379; there m is
still 0.967, and beyond it recall breaks off at once. Unlike replicas move the
threshold to 0.1382. In one step from a pattern, a neuron is wrong where the crosstalk
of the P − 1 others, a sum of (N − 1)(P − 1) independent signs, outweighs its own N − 1.

Sources: D. J. Amit, H. Gutfreund and H. Sompolinsky, Phys. Rev. Lett. 55, 1530 (1985)
and Ann. Phys. 173, 30 (1987); H. Steffan and R. Kühn, Z. Phys. B 95, 249 (1994), for
the replicas.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.hopfield import HopfieldNetwork, overlap
from lawful.refusal import Refusal

Array = NDArray[Any]
RECALLED = 0.8  # between what is recalled with few errors (0.97 and more) and what is lost
FAR = 40.0  # y so large that a neuron in error is not to be expected in any network
Progress = Callable[[int, int], None]


def critical_load() -> float:
    """α_c of the replica-symmetric theory.

    Examples
    --------
    >>> round(critical_load(), 4)
    0.1379
    """
    return _load(_edge())


def recalled_overlap(loads: ArrayLike) -> Array:
    """The theory's m for each load; 0 above α_c, where nothing is recalled.

    Examples
    --------
    >>> np.round(recalled_overlap([0.05, 0.13, 0.15]), 4)
    array([1.    , 0.9872, 0.    ])
    """
    from scipy.optimize import brentq
    from scipy.special import erf

    edge = _edge()
    found = []
    for a in np.atleast_1d(np.asarray(loads, dtype=float)):
        if a > _load(edge):
            found.append(0.0)
        elif a <= _load(FAR):
            found.append(1.0)
        else:
            # The branch of larger overlap is the one that is stable; the load falls along it.
            found.append(float(erf(brentq(lambda y, a=a: _load(y) - a, edge, FAR))))
    return np.array(found)


def _edge() -> float:
    """The y at α_c."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(lambda y: -_load(y), bounds=(0.5, 3.0), options={"xatol": 1e-12})
    return float(found.x)


def _load(y: float) -> float:
    """α at which the theory recalls with overlap erf y."""
    from scipy.special import erf

    root = erf(y) / y - 2.0 / np.sqrt(np.pi) * np.exp(-y * y)
    return float(0.5 * root * root)


def crosstalk_error(neurons: int, patterns: int) -> float:
    """The probability that one neuron of a stored pattern flips at the first step, exactly.

    Examples
    --------
    >>> round(crosstalk_error(200, 20), 5)       # ½ erfc √((N − 1)/2(P − 1)) = 0.00061
    0.00057
    """
    from scipy.special import bdtr

    terms = (neurons - 1) * (patterns - 1)
    # Σ ±1 < −(N − 1): fewer than (terms − N + 1)/2 of the signs are +1.
    fewest = int(np.ceil((terms - neurons + 1) / 2)) - 1
    return float(bdtr(fewest, terms, 0.5)) if fewest >= 0 else 0.0


@dataclass(frozen=True)
class Capacity:
    """Recall of stored patterns against the load; every array has shape (loads,).

    Attributes
    ----------
    neurons
        N.
    loads
        P/N, after P was rounded.
    patterns
        P.
    overlap, low, high
        The mean overlap of what was recalled with what was stored, and its interval
        (Student's t over networks, for patterns of one network share their crosstalk).
    recalled
        The share of patterns recalled with an overlap above `RECALLED`.
    recalled_low, recalled_high
        Its interval.
    networks
        How many networks a load.
    unsettled
        The share of recalls cut short by the limit of sweeps.
    means
        Each network's share recalled, shape (loads, networks).
    """

    neurons: int
    loads: Array
    patterns: NDArray[np.intp]
    overlap: Array
    low: Array
    high: Array
    recalled: Array
    recalled_low: Array
    recalled_high: Array
    networks: int
    unsettled: Array
    means: Array

    def half(self, level: float = 0.5) -> float:
        """The load at which the share recalled falls through `level`, NaN if it does not."""
        return _crossing(self.loads, self.recalled, level)

    def half_interval(
        self, level: float = 0.5, *, confidence: float = 0.95, seed: int = 0, draws: int = 2000
    ) -> tuple[float, float]:
        """The interval of `half`, by a bootstrap over the networks of each load."""
        rng = np.random.default_rng(seed)
        picks = rng.integers(self.networks, size=(draws, *self.means.shape))
        drawn = np.take_along_axis(self.means[None], picks, axis=2).mean(axis=2)
        found = np.array([_crossing(self.loads, shares, level) for shares in drawn])
        if np.isnan(found).mean() > (1 - confidence) / 2:
            return float("nan"), float("nan")
        tails = (0.5 - confidence / 2, 0.5 + confidence / 2)
        low, high = np.nanquantile(found, tails)
        return float(low), float(high)


def capacity(
    neurons: int,
    loads: ArrayLike,
    *,
    networks: int = 10,
    probes: int | None = 100,
    wrong: float = 0.0,
    rule: str = "hebbian",
    order: str = "asynchronous",
    sweeps: int = 200,
    confidence: float = 0.95,
    seed: int = 0,
    progress: Progress | None = None,
) -> Capacity:
    """Measure recall of random patterns against the load.

    Parameters
    ----------
    neurons
        N.
    loads
        P/N, shape (loads,); P is rounded to the nearest whole number from 1 up.
    networks
        Networks a load, each with patterns of its own; at least 2, for the intervals.
    probes
        At most so many patterns of each network are recalled; None for all.
    wrong
        The share of a probe's neurons that begin with the wrong sign.
    rule, order, sweeps
        As `HopfieldNetwork.storing` and `recall` take them.
    confidence
        Of the intervals.
    seed
        Of the patterns, the probes and the order.
    progress
        Called with the networks done and to do.

    Returns
    -------
    Capacity

    Raises
    ------
    Refusal
        For sizes, loads or shares that cannot be meant.

    Examples
    --------
    >>> found = capacity(200, [0.05, 0.3], networks=3, probes=10)
    >>> found.patterns
    array([10, 60])
    >>> bool(found.overlap[0] > 0.99 > 0.8 > found.overlap[1])
    True
    """
    sizes = _checked(neurons, loads, networks, probes, wrong, confidence)
    measured = np.empty((3, len(sizes), networks))
    for i, P in enumerate(sizes):
        for k in range(networks):
            rng = np.random.default_rng([seed, neurons, int(P), k])
            measured[:, i, k] = _once(rng, neurons, int(P), probes, wrong, rule, order, sweeps)
            if progress:
                progress(i * networks + k + 1, len(sizes) * networks)
    overlaps, shares, cut = measured
    mean, low, high = _interval(overlaps, confidence, -1.0)
    share, share_low, share_high = _interval(shares, confidence, 0.0)
    return Capacity(
        neurons,
        sizes / neurons,
        sizes,
        mean,
        low,
        high,
        share,
        share_low,
        share_high,
        networks,
        cut.mean(axis=1),
        shares,
    )


def _once(
    rng: np.random.Generator,
    neurons: int,
    patterns: int,
    probes: int | None,
    wrong: float,
    rule: str,
    order: str,
    sweeps: int,
) -> tuple[float, float, float]:
    """Mean overlap, share recalled and share cut short, in one network."""
    stored = rng.choice([-1.0, 1.0], (patterns, neurons))
    memory = HopfieldNetwork.storing(stored, rule)
    asked = stored[:probes]
    begin = asked.copy()
    flips = round(wrong * neurons)
    if flips:
        places = rng.random(asked.shape).argpartition(flips - 1, axis=1)[:, :flips]
        np.put_along_axis(begin, places, -np.take_along_axis(begin, places, axis=1), axis=1)
    recall = memory.recall(begin, order=order, sweeps=sweeps, seed=int(rng.integers(2**31)))
    m = overlap(recall.states, asked)
    return float(m.mean()), float((m > RECALLED).mean()), float((recall.sweeps >= sweeps).mean())


def _interval(values: Array, confidence: float, least: float) -> tuple[Array, Array, Array]:
    """Means over networks, and Student's interval, within what is possible."""
    from scipy.stats import t

    count = values.shape[1]
    mean = values.mean(axis=1)
    reach = t.ppf(0.5 + confidence / 2, count - 1) * values.std(axis=1, ddof=1) / np.sqrt(count)
    return mean, np.maximum(mean - reach, least), np.minimum(mean + reach, 1.0)


def _crossing(loads: Array, shares: Array, level: float) -> float:
    """Where the shares, from load to load, first fall through a level."""
    for k in range(len(loads) - 1):
        if shares[k] >= level > shares[k + 1]:
            part = (shares[k] - level) / (shares[k] - shares[k + 1])
            return float(loads[k] + part * (loads[k + 1] - loads[k]))
    return float("nan")


def _checked(
    neurons: int,
    loads: ArrayLike,
    networks: int,
    probes: int | None,
    wrong: float,
    confidence: float,
) -> NDArray[np.intp]:
    """How many patterns each load means."""
    least = {
        "neurons": (neurons, 2),
        "networks": (networks, 2),
        "probes": (1 if probes is None else probes, 1),
    }
    for what, (value, fewest) in least.items():
        if not isinstance(value, int | np.integer) or value < fewest:
            raise Refusal(f"{what} = {value!r}", f"a whole number from {fewest} up")
    alphas = np.atleast_1d(np.asarray(loads, dtype=float))
    if alphas.ndim != 1 or not alphas.size or not (np.isfinite(alphas) & (alphas > 0)).all():
        raise Refusal(f"loads {loads!r}", "positive numbers, patterns by neurons", "such as 0.1")
    if (np.diff(alphas) <= 0).any():
        raise Refusal(f"loads {loads!r}", "loads that rise")
    if not 0 <= wrong < 0.5:
        raise Refusal(f"wrong = {wrong}", "a share from 0 up to, not including, 0.5")
    if not 0 < confidence < 1:
        raise Refusal(f"confidence {confidence}", "a number between 0 and 1", "such as 0.95")
    return np.maximum(1, np.rint(alphas * neurons)).astype(np.intp)
