"""How the loss bends: its Hessian H = ∂²U/∂x², times a vector, at the price of two gradients.

    R{·} = ∂/∂r at r = 0, for x + r v       forward, then backward
    R{zᵏ} = R{aᵏ⁻¹} Wᵏ + aᵏ⁻¹ Vᵏ + vᵏ       R{aᵏ} = f′(zᵏ) R{zᵏ},   R{a⁰} = 0
    R{∂U/∂Wᵏ} = R{aᵏ⁻¹}ᵀ δᵏ + (aᵏ⁻¹)ᵀ R{δᵏ}    R{∂U/∂bᵏ} = Σₙ R{δᵏₙ}
    R{∂U/∂aᵏ⁻¹} = R{δᵏ} (Wᵏ)ᵀ + δᵏ (Vᵏ)ᵀ
    R{δᵏ⁻¹} = f′(zᵏ⁻¹) R{∂U/∂aᵏ⁻¹} + f″(zᵏ⁻¹) R{zᵏ⁻¹} ∂U/∂aᵏ⁻¹

(V, v) is the vector v laid out as weights and biases, and H v = (R{∂U/∂W}, R{∂U/∂b}):
exact, without a difference and without a P × P matrix. At the kinks of ReLU and of an
l1 penalty the second derivative is taken as 0, as on either side of them.

Source: B. A. Pearlmutter, "Fast exact multiplication by the Hessian", Neural
Computation 6, 147 (1994).
"""

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.activations import activation
from lawful.learning.architecture import Architecture
from lawful.learning.losses import loss
from lawful.learning.network import NeuralNetwork
from lawful.refusal import Refusal

Array = NDArray[np.float64]

WHOLE = 64
"""Parameters up to which extremes are those of the whole matrix, not of an iteration."""

_CELLS = 4_000_000  # numbers held at once for products with several vectors


class Hessian:
    """The Hessian of a network's loss at its present weights, an operator of shape (P, P).

    It is calculated in float64 whatever the network's precision, penalties included,
    dropout not. The network is read once: training it further does not change this.

    Parameters
    ----------
    network
        Not changed.
    X, y
        Inputs of shape (samples, inputs), targets of shape (samples, outputs).

    Raises
    ------
    Refusal
        For data that do not fit the network, or a loss that is not finite.

    Examples
    --------
    A network of one weight and one bias is a bowl, U = ½ (w + b − 3)²:

    >>> net = NeuralNetwork([1, 1], output="linear", seed=0)
    >>> bowl = Hessian(net, np.array([[1.0]]), np.array([[3.0]]))
    >>> bowl.matrix()
    array([[1., 1.],
           [1., 1.]])
    >>> bowl.times(np.array([1.0, 0.0]))
    array([1., 1.])
    >>> round(bowl.sharpness, 12)
    2.0
    """

    def __init__(self, network: NeuralNetwork, X: ArrayLike, y: ArrayLike) -> None:
        self.loss, gradient = network.loss_and_gradient(X, y)
        if not math.isfinite(self.loss):
            raise Refusal(
                f"a loss of {self.loss}", "a number", "take weights from before it diverged"
            )
        self.gradient = gradient.astype(np.float64)
        plan = network.architecture
        self.plan: Architecture = plan
        self._f = [activation(name) for name in plan.activations]
        x = np.ascontiguousarray(network.parameters, dtype=np.float64)
        self._W, self._b = plan.views(x.copy())
        self._y = np.asarray(y, dtype=np.float64).reshape(len(np.asarray(X)), -1)
        self._forward(np.asarray(X, dtype=np.float64))
        self._backward()

    def _forward(self, X: Array) -> None:
        self._z: list[Array] = []
        self._a: list[Array] = [X]
        for W, b, f in zip(self._W, self._b, self._f, strict=True):
            self._z.append(self._a[-1] @ W + b)
            self._a.append(f.value(self._z[-1]))

    def _backward(self) -> None:
        """δᵏ = ∂U/∂zᵏ and ∂U/∂aᵏ, which every product needs."""
        last = len(self._W) - 1
        _, delta = loss(self.plan.loss).both(self._z[-1], self._a[-1], self._y, self._f[-1])
        self._delta, self._da = [delta], [(self._a[-1] - self._y) / len(self._y)]
        for k in range(last, 0, -1):
            self._da.insert(0, self._delta[0] @ self._W[k].T)
            f = self._f[k - 1]
            self._delta.insert(0, f.pull(self._z[k - 1], self._a[k], self._da[0]))

    @property
    def size(self) -> int:
        """P."""
        return self.plan.size

    def times(self, v: ArrayLike) -> Array:
        """H v, of the shape of `v`: (P,), or (P, k) for k vectors at once.

        Raises
        ------
        Refusal
            For vectors of another length.
        """
        v = np.asarray(v, dtype=np.float64)
        if v.ndim not in (1, 2) or len(v) != self.size:
            raise Refusal(f"a vector of shape {v.shape}", f"({self.size},) or ({self.size}, k)")
        V = np.ascontiguousarray(v.reshape(self.size, -1).T)
        many = max(1, _CELLS // (len(self._y) * max(self.plan.layers)))
        parts = [self._products(V[start : start + many]) for start in range(0, len(V), many)]
        return (np.concatenate(parts) if parts else V).T.reshape(v.shape)

    def _products(self, V: Array) -> Array:
        """H v for every row of V, shape (k, P)."""
        VW, Vb = _views(self.plan, V)
        product = np.zeros_like(V)
        HW, Hb = _views(self.plan, product)
        Rz, Ra = self._ahead(VW, Vb)
        Rdelta = self._at_the_loss(Rz[-1], Ra[-1])
        for k in range(len(self._W) - 1, -1, -1):
            HW[k][...] = self._a[k].T @ Rdelta
            Hb[k][...] = Rdelta.sum(axis=1, keepdims=True)
            if k:
                HW[k][...] += Ra[k - 1].swapaxes(1, 2) @ self._delta[k]
                Rda = Rdelta @ self._W[k].T + self._delta[k] @ VW[k].swapaxes(1, 2)
                Rdelta = self._back_through(k - 1, Rz[k - 1], Ra[k - 1], Rda)
            if self.plan.l2:
                HW[k][...] += self.plan.l2 * VW[k]
        return product

    def _ahead(self, VW: list[Array], Vb: list[Array]) -> tuple[list[Array], list[Array]]:
        """R{z} and R{a} of every layer, each of shape (k, samples, neurons)."""
        Rz: list[Array] = []
        Ra: list[Array] = []
        for k, f in enumerate(self._f):
            sums = self._a[k] @ VW[k] + Vb[k]
            if k:
                sums += Ra[-1] @ self._W[k]
            Rz.append(sums)
            # The Jacobian of every activation is symmetric, so back is also forth.
            Ra.append(f.pull(self._z[k], self._a[k + 1], sums))
        return Rz, Ra

    def _at_the_loss(self, Rz: Array, Ra: Array) -> Array:
        """R{δᴸ}."""
        n = len(self._y)
        if self.plan.loss == "squared":
            return self._back_through(len(self._f) - 1, Rz, Ra, Ra / n)
        if self.plan.loss == "cross_entropy":
            return Ra * (self._y.sum(axis=1, keepdims=True) / n)
        return Ra / n

    def _back_through(self, k: int, Rz: Array, Ra: Array, Rda: Array) -> Array:
        """R{δ} from R{∂U/∂a} of layer k: both the slope and its own change."""
        z, a, f = self._z[k], self._a[k + 1], self._f[k]
        straight = f.pull(z, a, Rda)
        bend = bent(f.name, z, a, self._da[k], Rz, Ra)
        return straight if bend is None else straight + bend

    # ------------------------------------------------------------------ what it is seen by

    def matrix(self) -> Array:
        """All of it, shape (P, P), symmetric to the last bit."""
        H = self.times(np.eye(self.size))
        return 0.5 * (H + H.T)

    def eigenvalues(self) -> Array:
        """All of them, ascending, shape (P,); for networks of up to a few thousand weights."""
        return np.asarray(np.linalg.eigvalsh(self.matrix()), dtype=np.float64)

    @property
    def operator(self) -> Any:
        """The same for SciPy, a `scipy.sparse.linalg.LinearOperator`."""
        from scipy.sparse.linalg import LinearOperator

        return LinearOperator(
            (self.size, self.size), matvec=self.times, matmat=self.times, dtype=np.float64
        )

    @property
    def sharpness(self) -> float:
        """The largest eigenvalue."""
        return self.top()[0]

    def top(self, start: Array | None = None, *, tolerance: float = 1e-9) -> tuple[float, Array]:
        """The largest eigenvalue and its direction, of length 1, shape (P,).

        Parameters
        ----------
        start
            Where the iteration begins: a direction known to be near saves most of it.
        tolerance
            Relative, of the eigenvalue, where the matrix is too large to be taken whole.
        """
        return self._extreme("LA", start, tolerance)

    def bottom(self, start: Array | None = None, *, tolerance: float = 1e-9) -> tuple[float, Array]:
        """The least eigenvalue, negative on a saddle, and its direction."""
        return self._extreme("SA", start, tolerance)

    def _extreme(
        self, which: Literal["LA", "SA"], start: Array | None, tolerance: float
    ) -> tuple[float, Array]:
        if self.size <= WHOLE:
            values, vectors = np.linalg.eigh(self.matrix())
            k = -1 if which == "LA" else 0
            return float(values[k]), vectors[:, k]
        from scipy.sparse.linalg import eigsh

        # A fixed start: chance of ARPACK's own would make two runs differ.
        v0 = np.random.default_rng(0).standard_normal(self.size) if start is None else start
        values, vectors = eigsh(self.operator, k=1, which=which, v0=v0, tol=tolerance)
        return float(values[0]), vectors[:, 0]


def _views(plan: Architecture, V: Array) -> tuple[list[Array], list[Array]]:
    """Rows of V as weights (k, from, to) and biases (k, 1, to), views where V is contiguous."""
    weights, biases, start = [], [], 0
    for n, m in zip(plan.layers, plan.layers[1:], strict=False):
        weights.append(V[:, start : start + n * m].reshape(-1, n, m))
        biases.append(V[:, None, start + n * m : start + (n + 1) * m])
        start += (n + 1) * m
    return weights, biases


def bent(
    name: str, z: Array, a: Array, da: Array, Rz: Array, Ra: Array, axis: int = -1
) -> Array | None:
    """What the change of an activation's slope adds to R{δ}: f″(z) R{z} ∂U/∂a.

    Parameters
    ----------
    name
        Of the activation.
    z, a, da
        Its sums, its values and ∂U/∂a.
    Rz, Ra
        How the first two change, in shapes that broadcast with them.
    axis
        Of the neurons, which softmax ties together.

    Returns
    -------
    Of the shape of `Rz`; None for functions that are straight but for their kinks.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> bent("sigmoid", 0 * one, 0.5 * one, one, one, 0.25 * one)
    array([[0.]])
    >>> bent("relu", one, one, one, one, one) is None
    True
    """
    if name == "sigmoid":
        return (1.0 - 2.0 * a) * da * Ra
    if name == "tanh":
        return -2.0 * a * da * Ra
    if name == "gelu":
        density = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
        return np.asarray((2.0 - z * z) * density * da * Rz)
    if name == "softmax":
        mean = (a * da).sum(axis=axis, keepdims=True)
        return np.asarray(Ra * (da - mean) - a * (Ra * da).sum(axis=axis, keepdims=True))
    return None
