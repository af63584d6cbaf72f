"""The density of a Hessian's eigenvalues, from a few products with it.

    φ(λ) = 1/P Σᵢ δ(λ − λᵢ) ≈ 1/k Σⱼ Σᵢ τᵢⱼ δ(λ − θᵢⱼ)

Lanczos' iteration from a random vector vⱼ makes a small tridiagonal matrix; its
eigenvalues θᵢⱼ are nodes and the squares τᵢⱼ of its eigenvectors' first components
are weights of a Gauss quadrature of the density, exact for every polynomial of
degree 2m − 1 of H seen by vⱼ. Up to some hundred parameters all eigenvalues are
computed instead, and the density is exact.

Sources: C. Lanczos (1950); Golub and Welsch, Math. Comput. 23, 221 (1969);
Ghorbani, Krishnan and Xiao, arXiv:1901.10159, for networks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.curvature import Hessian
from lawful.refusal import Refusal

Array = NDArray[np.float64]

EXACT = 512
"""Parameters up to which every eigenvalue is computed."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Nodes and weights of a density of eigenvalues.

    Attributes
    ----------
    nodes, weights
        λ and their shares, which add up to 1; both of shape (m,), λ ascending.
    low, high
        The least and the largest eigenvalue.
    size
        P.
    exact
        Whether the nodes are the eigenvalues themselves.
    """

    nodes: Array
    weights: Array
    low: float
    high: float
    size: int
    exact: bool

    @property
    def trace(self) -> float:
        """Σ λᵢ."""
        return self.size * float(self.weights @ self.nodes)

    def moment(self, power: int) -> float:
        """1/P Σ λᵢᵖ."""
        return float(self.weights @ self.nodes**power)

    def below(self, edge: float) -> float:
        """The share of eigenvalues below an edge."""
        return float(self.weights[self.nodes < edge].sum())

    def within(self, edge: float) -> float:
        """The share of eigenvalues no further from 0 than an edge."""
        return float(self.weights[np.abs(self.nodes) <= edge].sum())

    def cumulative(self, grid: ArrayLike) -> Array:
        """The share of eigenvalues up to each λ, of the grid's shape."""
        steps = np.r_[0.0, np.cumsum(self.weights)]
        return steps[np.searchsorted(self.nodes, grid, side="right")]

    def density(self, grid: ArrayLike, width: float | None = None) -> Array:
        """The density, each eigenvalue spread to a normal of that width; of the grid's shape.

        Parameters
        ----------
        grid
            λ at which it is wanted.
        width
            Standard deviation; a hundredth of the spectrum's extent when not given.

        Raises
        ------
        Refusal
            For a width that is not positive.
        """
        width = 0.01 * (self.high - self.low) or 1e-12 if width is None else width
        if not width > 0:
            raise Refusal(f"a width of {width}", "a positive number")
        far = (np.asarray(grid, dtype=np.float64)[..., None] - self.nodes) / width
        return np.exp(-0.5 * far**2) @ self.weights / (width * np.sqrt(2.0 * np.pi))

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "nodes": self.nodes.tolist(),
            "weights": self.weights.tolist(),
            "low": self.low,
            "high": self.high,
            "size": self.size,
            "exact": self.exact,
        }


def spectrum(
    hessian: Hessian,
    *,
    probes: int = 10,
    steps: int = 80,
    seed: int = 0,
    exact: bool | None = None,
) -> Spectrum:
    """The spectrum of a Hessian.

    Parameters
    ----------
    hessian
        Of a network on some samples.
    probes, steps
        Random vectors, and Lanczos' steps from each, where it is no exact one.
    seed
        Of the random vectors.
    exact
        All eigenvalues, or a quadrature; by the number of parameters when not given.

    Raises
    ------
    Refusal
        For fewer than one probe or two steps.

    Examples
    --------
    >>> from lawful.learning import NeuralNetwork, datasets
    >>> X, y = datasets.xor()
    >>> hessian = Hessian(NeuralNetwork([2, 3, 1], seed=1), X, y)
    >>> whole, seen = spectrum(hessian), spectrum(hessian, exact=False, steps=13)
    >>> whole.exact, whole.nodes.shape, bool(abs(whole.high - seen.high) < 1e-12)
    (True, (13,), True)
    """
    if probes < 1 or steps < 2:
        raise Refusal(f"{probes} probes of {steps} steps", "1 probe and 2 steps at least")
    if hessian.size <= EXACT if exact is None else exact:
        values = hessian.eigenvalues()
        share = np.full(len(values), 1.0 / len(values))
        return Spectrum(values, share, float(values[0]), float(values[-1]), hessian.size, True)
    rng = np.random.default_rng(seed)
    start = rng.choice([-1.0, 1.0], (hessian.size, probes))
    theta, tau = quadrature(*lanczos(hessian.times, start, steps))
    order = np.argsort(theta, axis=None)
    return Spectrum(
        theta.ravel()[order],
        tau.ravel()[order] / probes,
        hessian.bottom()[0],
        hessian.top()[0],
        hessian.size,
        False,
    )


def lanczos(
    times: Callable[[Array], Array],
    start: Array,
    steps: int,
    settled: Callable[[Array, Array], bool] | None = None,
) -> tuple[Array, Array]:
    """The tridiagonal matrices of Lanczos' iteration, from several vectors at once.

    Parameters
    ----------
    times
        v of shape (P, k) to H v; each column may have an H of its own.
    start
        Shape (P, k); columns need not have length 1.
    steps
        At most; never more than P.
    settled
        Asked after every step with all diagonals, of shape (m, k), and all beside them,
        the last to be included, also (m, k): whether that is enough.

    Returns
    -------
    alpha, beta
        Diagonals, shape (m, k), and what stands beside them, shape (m − 1, k). Where an
        iteration has seen all there is, the rest is 0 and carries no weight.
    """
    v = start / np.linalg.norm(start, axis=0)
    basis, alpha = [v], []
    beta: list[Array] = []
    for _ in range(min(steps, len(start))):
        w = times(v)
        alpha.append(np.einsum("pk,pk->k", v, w))
        held = np.stack(basis)
        for _ in range(2):  # twice is enough to keep the basis orthogonal to round-off
            w = w - np.einsum("mpk,mk->pk", held, np.einsum("mpk,pk->mk", held, w))
        length = np.linalg.norm(w, axis=0)
        scale = np.abs(alpha).max(axis=0) + np.abs(beta or [0.0 * length]).max(axis=0)
        length = np.where(length > 1e-12 * scale, length, 0.0)
        v = np.divide(w, length, out=np.zeros_like(w), where=length > 0)
        basis.append(v)
        beta.append(length)
        if not length.any() or (settled and settled(np.array(alpha), np.array(beta))):
            break
    return np.array(alpha), np.array(beta[: len(alpha) - 1]).reshape(-1, start.shape[1])


def quadrature(alpha: Array, beta: Array) -> tuple[Array, Array]:
    """Nodes and weights of tridiagonal matrices, each of shape (k, m); weights add up to 1.

    >>> nodes, weights = quadrature(np.array([[0.0], [0.0]]), np.array([[1.0]]))
    >>> nodes.round(12).tolist(), weights.round(12).tolist()
    ([[-1.0, 1.0]], [[0.5, 0.5]])
    """
    nodes, vectors = np.linalg.eigh(tridiagonal(alpha, beta))
    return nodes, vectors[:, 0, :] ** 2


def tridiagonal(alpha: Array, beta: Array) -> Array:
    """The matrices of diagonals (m, k) and of what stands beside them (m − 1, k): (k, m, m).

    >>> tridiagonal(np.array([[1.0], [2.0]]), np.array([[5.0]])).tolist()
    [[[1.0, 5.0], [5.0, 2.0]]]
    """
    m, k = alpha.shape
    T = np.zeros((k, m, m))
    i = np.arange(m)
    T[:, i, i] = alpha.T
    T[:, i[1:], i[:-1]] = T[:, i[:-1], i[1:]] = beta.T
    return T
