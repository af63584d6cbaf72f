"""Hopfield's network: a memory whose recall runs downhill.

    E(s) = −½ sᵀ W s,   sᵢ ← sign(Σⱼ Wᵢⱼ sⱼ),   W symmetric, Wᵢᵢ = 0,   s = ±1

Neuron by neuron (asynchronous) E never rises, so every recall ends at rest. All
at once (synchronous) it is s(t+1)ᵀ W s(t) that never falls, and a recall ends at
rest or flips between two states. A neuron that hears exactly zero keeps its state.
To store P patterns ξ in N neurons:

    hebbian          W = 1/N Σ ξ ξᵀ                       P up to 0.138 N, with few errors
    storkey          one after the other, corrected for what is heard already
    pseudo-inverse   W ξ = ξ but for the diagonal         every pattern, P < N

Sources: J. J. Hopfield, PNAS 79, 2554 (1982); E. Goles, F. Fogelman and D. Pellegrin,
Discrete Appl. Math. 12, 261 (1985), for all at once; A. J. Storkey, ICANN 1997;
L. Personnaz, I. Guyon and G. Dreyfus, J. Physique Lett. 46, L359 (1985), for the last.
The capacity is measured in `capacity.py`, the continuous kind is in `modern_hopfield.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.matrices import matrix
from lawful.learning.naming import chosen
from lawful.refusal import Refusal

Array = NDArray[Any]
BLOCK = 64  # neurons whose fields are computed at once; their own flips are then added
ORDERS = ("asynchronous", "synchronous")


def hebbian(patterns: Array) -> Array:
    """W = 1/N Σ ξ ξᵀ without its diagonal.

    >>> hebbian(np.array([[1.0, -1.0]]))
    array([[ 0. , -0.5],
           [-0.5,  0. ]])
    """
    return _hollow(patterns.T @ patterns / patterns.shape[1])


def pseudo_inverse(patterns: Array) -> Array:
    """The projection on the span of the patterns, without its diagonal.

    >>> pseudo_inverse(np.array([[1.0, -1.0]]))
    array([[ 0. , -0.5],
           [-0.5,  0. ]])
    """
    # An orthonormal basis of the span holds for patterns that depend on each other, too.
    _, sizes, basis = np.linalg.svd(patterns, full_matrices=False)
    kept = basis[sizes > sizes[0] * max(patterns.shape) * np.finfo(float).eps]
    return _hollow(kept.T @ kept)


def storkey(patterns: Array) -> Array:
    """ΔWᵢⱼ = 1/N (ξᵢ ξⱼ − ξᵢ hⱼᵢ − hᵢⱼ ξⱼ), where hᵢⱼ = Σₖ Wᵢₖ ξₖ without k = i, j.

    >>> storkey(np.array([[1.0, -1.0]]))
    array([[ 0. , -0.5],
           [-0.5,  0. ]])
    """
    n = patterns.shape[1]
    W = np.zeros((n, n))
    for xi in patterns:
        h = (W @ xi)[:, None] - W * xi
        heard = h * xi
        W += (np.outer(xi, xi) - heard - heard.T) / n
        W = _hollow(W)
    return W


def _hollow(W: Array) -> Array:
    """W with a diagonal of zeros."""
    np.fill_diagonal(W, 0.0)
    return W


RULES: dict[str, Callable[[Array], Array]] = {
    "hebbian": hebbian,
    "storkey": storkey,
    "pseudo-inverse": pseudo_inverse,
}


@dataclass(frozen=True)
class Recall:
    """What many probes became.

    Attributes
    ----------
    states
        Shape (probes, neurons), ±1.
    sweeps
        How many each probe took until nothing changed, shape (probes,).
    settled
        Whether each came to rest, shape (probes,). A synchronous recall that flips
        between two states, or one cut short by the limit of sweeps, did not.
    """

    states: Array
    sweeps: NDArray[np.intp]
    settled: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HopfieldNetwork:
    """A memory of ±1 patterns.

    Parameters
    ----------
    weights
        Shape (N, N), symmetric, with zeros on the diagonal; `storing` makes them.

    Raises
    ------
    Refusal
        For weights that are not so.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> patterns = rng.choice([-1.0, 1.0], (5, 100))
    >>> memory = HopfieldNetwork.storing(patterns)
    >>> probes = patterns.copy()
    >>> probes[:, :20] *= -1                       # a fifth is wrong
    >>> recall = memory.recall(probes)
    >>> bool((recall.states == patterns).all())
    True
    >>> bool((memory.energy(recall.states) < memory.energy(probes)).all())
    True
    """

    weights: Array

    def __post_init__(self) -> None:
        W = matrix("weights", self.weights)
        if W.shape[0] != W.shape[1]:
            raise Refusal(f"weights of shape {W.shape}", "(neurons, neurons)")
        if not np.allclose(W, W.T, rtol=1e-10, atol=1e-12):
            raise Refusal("weights that are not symmetric", "W = Wᵀ", "take (W + Wᵀ)/2")
        if np.diag(W).any():
            raise Refusal(
                "weights from neurons to themselves", "zeros on the diagonal", "leave them out"
            )
        object.__setattr__(self, "weights", W)

    @classmethod
    def storing(cls, patterns: ArrayLike, rule: str = "hebbian") -> "HopfieldNetwork":
        """A network that holds patterns of shape (P, N), each ±1.

        Parameters
        ----------
        patterns
            What to remember.
        rule
            "hebbian", "storkey" or "pseudo-inverse".

        Raises
        ------
        Refusal
            For patterns other than ±1, or an unknown rule.
        """
        return cls(RULES[chosen("storage rule", rule, tuple(RULES))](signs("patterns", patterns)))

    @property
    def neurons(self) -> int:
        """N."""
        return len(self.weights)

    def energy(self, states: ArrayLike) -> Array:
        """E = −½ sᵀ W s of each state, shape (states,)."""
        s = self._states(states)
        return -0.5 * np.einsum("ij,ij->i", s @ self.weights, s)

    def fields(self, states: ArrayLike) -> Array:
        """What each neuron hears, Σⱼ Wᵢⱼ sⱼ, shape (states, neurons)."""
        return self._states(states) @ self.weights

    def recall(
        self,
        probes: ArrayLike,
        *,
        order: str = "asynchronous",
        sweeps: int = 200,
        seed: int = 0,
    ) -> Recall:
        """Follow the dynamics from many probes at once until each comes to rest.

        Parameters
        ----------
        probes
            Shape (probes, N) or (N,), each ±1.
        order
            "asynchronous", one neuron after the other in an order drawn anew for each
            sweep and shared by all probes, or "synchronous", all at once.
        sweeps
            The most that are made.
        seed
            Of the order.

        Returns
        -------
        Recall

        Raises
        ------
        Refusal
            For probes that do not fit, an unknown order, or sweeps below 1.
        """
        if not isinstance(sweeps, int | np.integer) or sweeps < 1:
            raise Refusal(f"sweeps = {sweeps!r}", "a whole number from 1 up")
        states = self._states(probes).copy()
        taken = np.full(len(states), sweeps)
        settled = np.zeros(len(states), dtype=bool)
        left, earlier = np.arange(len(states)), np.zeros_like(states)
        moving, step = states.copy(), self._step(order, seed)
        for count in range(sweeps):
            after = step(moving)
            states[left] = after
            still = (after == moving).all(axis=1)
            over = still | (after == earlier).all(axis=1)
            taken[left[over]], settled[left[still]] = count, True
            left, earlier, moving = left[~over], moving[~over], after[~over]
            if not left.size:
                break
        return Recall(states, taken, settled)

    def course(
        self, probes: ArrayLike, *, order: str = "asynchronous", seed: int = 0
    ) -> Iterator[Array]:
        """The states (probes, N) at the start and after each sweep, without end."""
        states, step = self._states(probes), self._step(order, seed)
        while True:
            yield states
            states = step(states)

    def _step(self, order: str, seed: int) -> Callable[[Array], Array]:
        """One sweep, as a function of the states."""
        # Sums of ±W round; what is zero but for that counts as zero.
        silence = 1e-13 * float(np.abs(self.weights).sum(axis=0).max())
        if chosen("order", order, ORDERS) == "synchronous":
            return lambda states: _turned(states @ self.weights, states, silence)
        rng = np.random.default_rng(seed)
        return lambda states: self._one_by_one(states, rng.permutation(self.neurons), silence)

    def _one_by_one(self, states: Array, turns: NDArray[np.intp], silence: float) -> Array:
        """Each neuron in its turn, for all probes; exact, at the speed of matrix products."""
        s = states.T.copy()
        for start in range(0, len(turns), BLOCK):
            block = turns[start : start + BLOCK]
            heard = self.weights[block] @ s
            among = self.weights[np.ix_(block, block)]
            for j, i in enumerate(block):
                fresh = _turned(heard[j], s[i], silence)
                flipped = np.flatnonzero(fresh != s[i])
                if flipped.size:
                    # What this neuron changes for those of its block still to come.
                    heard[j + 1 :, flipped] += np.outer(among[j + 1 :, j], 2.0 * fresh[flipped])
                    s[i] = fresh
        return np.ascontiguousarray(s.T)

    def _states(self, states: ArrayLike) -> Array:
        return signs("states", states, self.neurons)


def _turned(heard: Array, states: Array, silence: float) -> Array:
    """The sign of what is heard; the state itself where nothing is."""
    return np.where(np.abs(heard) > silence, np.sign(heard), states)


def overlap(states: ArrayLike, patterns: ArrayLike) -> Array:
    """The overlap m = 1/N Σ sᵢ ξᵢ of each state with its pattern: 1 where they agree, 0 by chance.

    Examples
    --------
    >>> overlap([[1, 1, 1, -1]], [[1, 1, 1, 1]])
    array([0.5])
    """
    s, xi = np.asarray(states, dtype=float), np.asarray(patterns, dtype=float)
    return (s * xi).mean(axis=-1)


def signs(what: str, given: ArrayLike, neurons: int | None = None) -> Array:
    """An array of ±1, shape (n, neurons).

    Raises
    ------
    Refusal
        For anything else.

    Examples
    --------
    >>> signs("states", [1, -1])
    array([[ 1., -1.]])
    >>> signs("patterns", [[0, 1]])
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: patterns with values other than -1 and 1; expected -1 and 1; \
take 2 * bits - 1
    """
    s = matrix(what, given, width=neurons)
    if not (np.abs(s) == 1.0).all():
        raise Refusal(f"{what} with values other than -1 and 1", "-1 and 1", "take 2 * bits - 1")
    return s
