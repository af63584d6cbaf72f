"""Hebbian learning: what fires together wires together, y = x W.

    Hebb      ΔW = η ⟨x yᵀ⟩                      grows without bound, e^{λt}
    Oja       Δw = η ⟨x y − w y²⟩                one neuron; |w| → 1
    Sanger    ΔW = η ⟨x yᵀ − W upper(y yᵀ)⟩      k neurons; each sees what earlier ones left

⟨·⟩ is the mean over samples, upper(·) the upper triangle with its diagonal. With
C = ⟨x xᵀ⟩ = Σ λᵢ eᵢ eᵢᵀ, λ₁ > λ₂ > …, neuron i comes to rest at ±eᵢ, and in time t = ηn

    Hebb  w(t) = e^{Ct} w₀,      Oja  w(t) = e^{Ct} w₀ / √(1 − |w₀|² + |e^{Ct} w₀|²):

the part along eᵢ fades beside that along e₁ as e^{−(λ₁−λᵢ)t}, the length settles as
e^{−2λ₁t}, and V = ½|w|² − ½ log wᵀCw never rises, for dw/dt = −(wᵀCw) ∂V/∂w. All
rules need centred data to find principal components. Sources: D. O. Hebb, *The
Organization of Behavior* (1949); E. Oja, J. Math. Biol. 15, 267 (1982); T. D. Sanger,
Neural Networks 2, 459 (1989).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.matrices import matrix
from lawful.learning.naming import chosen
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, make

Array = NDArray[Any]
Rule = Callable[[Array, Array], Array]
SAFE = 0.5  # of 1/trace C, and so at most half of the largest stable rate 1/λ₁


def hebb(W: Array, X: Array) -> Array:
    """Hebb's change of W (inputs, neurons) for η = 1, from samples X (n, inputs).

    Examples
    --------
    >>> hebb(np.array([[1.0], [0.0]]), np.array([[2.0, 1.0]]))
    array([[4.],
           [2.]])
    """
    return X.T @ (X @ W) / len(X)


def oja(W: Array, X: Array) -> Array:
    """Oja's change for η = 1: each neuron by itself, so that all seek the same direction.

    Examples
    --------
    >>> oja(np.array([[1.0], [0.0]]), np.array([[2.0, 1.0]]))
    array([[0.],
           [2.]])
    """
    y = X @ W
    return (X.T @ y - W * (y * y).sum(axis=0)) / len(X)


def sanger(W: Array, X: Array) -> Array:
    """Sanger's change for η = 1, the generalised Hebbian algorithm; Oja's for one neuron.

    Examples
    --------
    >>> sanger(np.array([[1.0], [0.0]]), np.array([[2.0, 1.0]]))
    array([[0.],
           [2.]])
    """
    y = X @ W
    return (X.T @ y - W @ np.triu(y.T @ y)) / len(X)


RULES: dict[str, Rule] = {"hebb": hebb, "oja": oja, "sanger": sanger}
NAMES = tuple(RULES)


@dataclass(frozen=True)
class HebbianLearning:
    """What neurons learned by a local rule.

    Attributes
    ----------
    weights
        Shape (inputs, neurons).
    path
        The weights on the way, shape (looks, inputs, neurons), first and last included.
    time
        When, in units of η times passes over the data, shape (looks,).
    rule
        Its name.
    learning_rate
        η at the start.
    """

    weights: Array
    path: Array
    time: Array
    rule: str
    learning_rate: float

    def transform(self, X: ArrayLike) -> Array:
        """What the neurons answer, shape (samples, neurons)."""
        return np.asarray(X, dtype=float) @ self.weights

    @property
    def runs(self) -> Trajectories:
        """The path, a run for each neuron: w1, w2, … against time."""
        names = [f"w{i + 1}" for i in range(self.path.shape[1])]
        variables = {name: self.path[:, i].T for i, name in enumerate(names)}
        roles = {name: {"role": "vector", "group": "w", "axis": name[1:]} for name in names}
        origin = {
            "maker": "lawful.learning.hebbian",
            "rule": self.rule,
            "learning_rate": self.learning_rate,
        }
        return make(variables, self.time, roles=roles, origin=origin)


def learn(
    X: ArrayLike,
    neurons: int = 1,
    *,
    rule: str = "sanger",
    learning_rate: float | None = None,
    steps: int = 1000,
    batch: int | None = None,
    weights: ArrayLike | None = None,
    seed: int = 0,
    every: int | None = None,
) -> HebbianLearning:
    """Let neurons learn from samples by a local rule.

    Parameters
    ----------
    X
        Samples, shape (n, inputs), centred.
    neurons
        How many; for Sanger's rule, the number of principal components.
    rule
        One of `NAMES`.
    learning_rate
        η; half of 1/⟨|x|²⟩ when not given, which is always stable on all samples at
        once, and that times batch/n with a batch. With a batch it falls as 1/(1 + t/τ)
        after a tenth of the steps, τ, so that the weights come to rest.
    steps
        How many changes are made.
    batch
        Samples a step, drawn at random; all when not given.
    weights
        Where to begin, shape (inputs, neurons); small and random when not given.
    seed
        Of the first weights and of the batches.
    every
        Steps from look to look; a hundred looks when not given.

    Returns
    -------
    HebbianLearning

    Raises
    ------
    Refusal
        For samples that are no matrix or not finite, settings that cannot be meant,
        or a learning rate so large that the weights ran away.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((500, 3)) * [3.0, 2.0, 1.0]
    >>> X -= X.mean(axis=0)
    >>> found = learn(X, 2, steps=500)
    >>> variances, directions = np.linalg.eigh(X.T @ X / len(X))
    >>> overlap = abs(found.weights.T @ directions[:, ::-1])
    >>> np.round(overlap, 6) + 0.0
    array([[1., 0., 0.],
           [0., 1., 0.]])
    """
    X = _samples(X)
    name = chosen("rule", rule, NAMES)
    for what, count in (("neurons", neurons), ("steps", steps), ("batch", batch or 1)):
        if not isinstance(count, int | np.integer) or count < 1:
            raise Refusal(f"{what} = {count!r}", "a whole number from 1 up")
    rng = np.random.default_rng(seed)
    W = _first(weights, X.shape[1], int(neurons), name, rng)
    size = min(batch or len(X), len(X))
    rate = _rate(learning_rate, X, size)
    step = every or max(1, steps // 100)
    path, time, now = [W.copy()], [0.0], 0.0
    with np.errstate(all="ignore"):  # what overflows is caught below, and said
        for k in range(steps):
            part = X if size == len(X) else X[rng.integers(len(X), size=size)]
            eta = rate if size == len(X) else rate / (1.0 + max(0.0, 10.0 * k / steps - 1.0))
            W = W + eta * RULES[name](W, part)
            now += eta
            if (k + 1) % step == 0 or k + 1 == steps:
                if not np.isfinite(W).all():
                    raise _ran_away(name, rate, k + 1, X)
                path.append(W.copy())
                time.append(now)
    return HebbianLearning(W, np.array(path), np.array(time), name, rate)


def flow(X: ArrayLike, weights: ArrayLike, time: ArrayLike, *, rule: str = "oja") -> Array:
    """The path that a rule follows for η → 0, in closed form, for Hebb's and Oja's.

    Parameters
    ----------
    X
        Samples, shape (n, inputs).
    weights
        Where it begins, shape (inputs,).
    time
        Times t, shape (k,).

    Returns
    -------
    array
        w(t), shape (k, inputs).

    Examples
    --------
    >>> w = flow(np.eye(2) * [2.0, 1.0], [0.1, 0.1], [0.0, 100.0])
    >>> np.round(w, 6) + 0.0
    array([[0.1, 0.1],
           [1. , 0. ]])
    """
    if chosen("rule", rule, ("hebb", "oja")) == "hebb":
        grown, scale = _grown(X, weights, time)
        return grown * np.exp(scale)[:, None]
    w = np.asarray(weights, dtype=float)
    grown, scale = _grown(X, w, time)
    # Both are divided by e^{λ₁t}, which would overflow.
    rest = (1.0 - w @ w) * np.exp(-2.0 * scale)
    return grown / np.sqrt(rest + (grown * grown).sum(axis=1))[:, None]


def _grown(X: ArrayLike, weights: ArrayLike, time: ArrayLike) -> tuple[Array, Array]:
    """e^{(C − λ₁)t} w₀, shape (k, inputs), and λ₁t."""
    X, t = _samples(X), np.atleast_1d(np.asarray(time, dtype=float))
    values, vectors = np.linalg.eigh(X.T @ X / len(X))
    parts = vectors.T @ np.asarray(weights, dtype=float)
    return (np.exp(np.outer(t, values - values[-1])) * parts) @ vectors.T, t * values[-1]


def oja_potential(W: ArrayLike, X: ArrayLike) -> Array:
    """V = ½|w|² − ½ log wᵀCw of each neuron, shape (neurons,): it never rises under Oja's flow.

    Its lowest value, ½ − ½ log λ₁, is at ±e₁; the other eigenvectors are saddles.

    Examples
    --------
    >>> bool(np.isclose(oja_potential([[1.0], [0.0]], np.eye(2))[0], 0.5 - 0.5 * np.log(0.5)))
    True
    """
    W, X = np.asarray(W, dtype=float), _samples(X)
    return 0.5 * (W * W).sum(axis=0) - 0.5 * np.log(((X @ W) ** 2).mean(axis=0))


def _samples(X: ArrayLike) -> Array:
    found = matrix("samples", X)
    if np.ndim(X) != 2:
        raise Refusal(f"samples of shape {np.shape(X)}", "(samples, inputs)")
    if not found.any():
        raise Refusal("samples that are all zero", "some that differ", "there is nothing to learn")
    return found


def _first(
    weights: ArrayLike | None, inputs: int, neurons: int, rule: str, rng: np.random.Generator
) -> Array:
    if rule == "sanger" and neurons > inputs:
        raise Refusal(f"{neurons} components of {inputs} inputs", f"at most {inputs}")
    if weights is None:
        return 0.1 * rng.standard_normal((inputs, neurons)) / np.sqrt(inputs)
    W = np.array(weights, dtype=float)
    W = W[:, None] if W.ndim == 1 else W
    if W.shape != (inputs, neurons) or not np.isfinite(W).all():
        raise Refusal(f"weights of shape {W.shape}", f"({inputs}, {neurons}), all finite")
    return W


def _rate(learning_rate: float | None, X: Array, size: int) -> float:
    if learning_rate is None:
        return float(SAFE * len(X) / (X * X).sum() * max(size / len(X), 0.02))
    if not 0 < learning_rate < np.inf:
        raise Refusal(f"learning rate {learning_rate}", "a positive number")
    return float(learning_rate)


def _ran_away(rule: str, rate: float, step: int, X: Array) -> Refusal:
    if rule == "hebb":
        return Refusal(
            f"weights too large for a number at step {step}",
            "fewer steps",
            "Hebb's rule grows without bound; take rule='oja'",
        )
    safe = SAFE * len(X) / (X * X).sum()
    return Refusal(
        f"weights that ran away by step {step} at a learning rate of {rate:.3g}",
        f"{safe:.2g} or less",
    )
