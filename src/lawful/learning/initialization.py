"""Where training begins: the first weights W, of shape (from, to), drawn at random.

    random      W ~ N(0, 1)
    xavier      W ~ U(−a, a),  a = g √(6 / (from + to))    keeps the spread forward and back
    he          W ~ N(0, 2/from)                           keeps it forward, through ReLU
    orthogonal  W = g Q,  QᵀQ = 1 or QQᵀ = 1               keeps every length

Biases begin at zero, but for `random`, whose biases are N(0, 1) too. The gain g is
the activation's. Sources: Glorot and Bengio (2010); He, Zhang, Ren and Sun,
arXiv:1502.01852; Saxe, McClelland and Ganguli, arXiv:1312.6120.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.naming import chosen

Array = NDArray[Any]
Rng = np.random.Generator


def random(rows: int, columns: int, gain: float, rng: Rng) -> Array:
    """Standard normal weights."""
    return rng.standard_normal((rows, columns))


def xavier(rows: int, columns: int, gain: float, rng: Rng) -> Array:
    """Uniform weights of variance 2 g²/(from + to)."""
    edge = gain * (6.0 / (rows + columns)) ** 0.5
    return rng.uniform(-edge, edge, (rows, columns))


def he(rows: int, columns: int, gain: float, rng: Rng) -> Array:
    """Normal weights of variance 2/from."""
    return rng.standard_normal((rows, columns)) * (2.0 / rows) ** 0.5


def orthogonal(rows: int, columns: int, gain: float, rng: Rng) -> Array:
    """A rotation, or a part of one where the layers differ in size."""
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    # QR fixes signs by its own custom; R's diagonal gives them back to chance.
    q = q * np.sign(np.diag(r))
    return gain * (q if rows >= columns else q.T)


INITIALIZATIONS: dict[str, Callable[[int, int, float, Rng], Array]] = {
    "random": random,
    "xavier": xavier,
    "he": he,
    "orthogonal": orthogonal,
}
NAMES = tuple(INITIALIZATIONS)


def drawn(name: str, rows: int, columns: int, gain: float, rng: Rng) -> tuple[Array, Array]:
    """One layer's first weights, of shape (rows, columns), and biases, of shape (columns,).

    Raises
    ------
    Refusal
        For a name that is none.

    Examples
    --------
    >>> W, b = drawn("orthogonal", 3, 2, 1.0, np.random.default_rng(0))
    >>> np.allclose(W.T @ W, np.eye(2)), b
    (True, array([0., 0.]))
    """
    name = chosen("weight initialisation", name, NAMES)
    weights = INITIALIZATIONS[name](rows, columns, gain, rng)
    biases = rng.standard_normal(columns) if name == "random" else np.zeros(columns)
    return weights, biases
