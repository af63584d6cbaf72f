"""Symmetries of training: what leaves a network's answers alone, and what stays for it.

Each symmetry moves x along A x, with A symmetric (a change of scale), B x, with B
antisymmetric (a rotation), or along c (a translation). The loss does not change along it,
whatever the data, so the gradient g has no part there: xᵀA g = 0, xᵀB g = 0, c·g = 0.
Under gradient flow dx/dt = −g this conserves

    Q = xᵀA x,     Q = c·x,

and a rotation conserves nothing. With momentum, v' = μv − ηg, x' = x + v', the Noether
charges M = xᵀA v, L = xᵀB v and C = c·v obey, to the last digits,

    M' = μM + v'ᵀA v',    L' = μL,    C' = μC,    Q' = Q + 2M' − v'ᵀA v'.

So L and C decay as μᵗ. For gradient descent, μ = 0, a step changes Q by η² gᵀA g and
nothing else: over a fixed time ηt it drifts in proportion to η, and Q = c·x not at all.

    part of a network                  symmetry
    a linear hidden layer              any change of basis: A for i ≤ j, B for i < j
    a ReLU or leaky ReLU neuron        its scale: A
    a softmax output                   the same added to all sums: c
    tanh, sigmoid, GELU                none

There is an A for each pair of neurons i ≤ j of a linear layer, a B for each i < j, and a c
for each neuron below a softmax, and one for its biases.

Sources: S. S. Du, W. Hu and J. D. Lee, arXiv:1806.00900, for the balance; D. Kunin et
al., arXiv:2012.04728, and H. Tanaka and D. Kunin, arXiv:2105.02716, for charges and
their decay; B. Zhao et al., arXiv:2210.17216, for the groups; S. Marcotte, R. Gribonval
and G. Peyré, arXiv:2307.00144 and 2405.12888, for how many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.network import NeuralNetwork

Array = NDArray[Any]
SCALED = ("relu", "leaky_relu")


@dataclass(frozen=True, eq=False)
class Symmetry:
    """One direction along which a loss is flat.

    Attributes
    ----------
    name
        Such as "scale of neuron 2 in layer 1".
    kind
        "scale", "rotation" or "translation".
    names
        Of the P parameters.
    matrix
        A or B, shape (P, P); zero for a translation.
    vector
        c, shape (P,); zero for the others.
    """

    name: str
    kind: str
    names: tuple[str, ...]
    matrix: Array
    vector: Array

    def tangent(self, x: Array) -> Array:
        """Where x is moved, of the shape of x, (P,) or (P, E)."""
        moved = self.matrix @ x
        return moved + (self.vector if x.ndim == 1 else self.vector[:, None])

    def quantity(self, x: Array) -> Array:
        """Q, a number or shape (E,); for a rotation it is 0 everywhere."""
        quadratic: Array = (x * (self.matrix @ x)).sum(axis=0)
        return quadratic + self.vector @ x

    def slope(self, x: Array) -> Array:
        """∂Q/∂x, of the shape of x."""
        return self.tangent(x) + (self.matrix.T @ x)

    def charge(self, x: Array, v: Array) -> Array:
        """The Noether charge: M, L or C, a number or shape (E,)."""
        return (self.tangent(x) * v).sum(axis=0)

    def source(self, v: Array) -> Array:
        """What a step with displacement v adds to μ times the charge: v·A v, else 0."""
        added: Array = (v * (self.matrix @ v)).sum(axis=0)
        return added

    @property
    def expression(self) -> str:
        """Q as a formula in the parameters' names, as `lawful.expressions` parses it."""
        terms = [(c, self.names[i]) for i, c in enumerate(self.vector) if c]
        upper = np.triu(self.matrix + np.triu(self.matrix.T, 1))
        for i, j in zip(*np.nonzero(upper), strict=True):
            product = f"{self.names[i]}**2" if i == j else f"{self.names[i]}*{self.names[j]}"
            terms.append((upper[i, j], product))
        text = "".join(f" {'-' if c < 0 else '+'} {_times(abs(c))}{word}" for c, word in terms)
        return text.removeprefix(" + ") if terms else "0"


def symmetries(network: NeuralNetwork) -> tuple[Symmetry, ...]:
    """Scales and translations, each with what it conserves under gradient flow.

    Penalties and dropout leave none of them.

    Examples
    --------
    >>> relu = symmetries(NeuralNetwork([2, 1, 1], activation="relu"))
    >>> [one.expression for one in relu]
    ['W1_1_1**2 + W1_2_1**2 + b1_1**2 - W2_1_1**2']
    >>> len(symmetries(NeuralNetwork([2, 3, 1], activation="linear")))
    6
    >>> symmetries(NeuralNetwork([2, 3, 1], activation="tanh"))
    ()
    """
    plan = network.architecture
    if plan.l1 or plan.l2 or plan.dropout:
        return ()
    made: list[Symmetry] = []
    for k, name in enumerate(plan.activations[:-1], 1):
        neurons = range(plan.layers[k])
        if name in SCALED:
            made += [_scale(network, k, i, i) for i in neurons]
        elif name == "linear":
            pairs = combinations_with_replacement(neurons, 2)
            made += [_scale(network, k, i, j) for i, j in pairs]
    if plan.activations[-1] == "softmax":
        made += _translations(network)
    return tuple(made)


def rotations(network: NeuralNetwork) -> tuple[Symmetry, ...]:
    """Rotations of linear hidden layers, whose charges decay as μᵗ.

    A squared penalty leaves them as they are; other penalties and dropout do not.

    Examples
    --------
    >>> [one.name for one in rotations(NeuralNetwork([2, 2, 1], activation="linear"))]
    ['rotation of neurons 1 and 2 in layer 1']
    """
    plan = network.architecture
    if plan.l1 or plan.dropout:
        return ()
    linear = [k for k, name in enumerate(plan.activations[:-1], 1) if name == "linear"]
    return tuple(
        _rotation(network, k, i, j)
        for k in linear
        for i, j in combinations(range(plan.layers[k]), 2)
    )


def independent(of: Sequence[Symmetry], x: Array) -> int:
    """How many quantities are functionally independent: the rank of their slopes at x.

    Examples
    --------
    >>> net = NeuralNetwork([2, 2, 2, 1], activation="relu", weight_init="random")
    >>> independent(symmetries(net), net.parameters)
    4
    """
    if not of:
        return 0
    return int(np.linalg.matrix_rank(np.stack([one.slope(x) for one in of])))


def conserved_space(network: NeuralNetwork) -> int:
    """The dimension of the space of conserved polynomials of degree 1 and 2 that these span.

    Products of two conserved linear quantities are conserved, too.

    Examples
    --------
    >>> net = NeuralNetwork([2, 3, 3], activation="relu", output="softmax")
    >>> conserved_space(net)  # 3 balances, 4 sums and the 10 products of those
    17
    """
    known = symmetries(network)
    sums = [one.vector for one in known if one.kind == "translation"]
    rows = [np.concatenate([one.vector, _upper(one.matrix)]) for one in known]
    nothing = np.zeros(network.parameters.size)
    rows += [
        np.concatenate([nothing, _upper(np.outer(a, b))])
        for a, b in combinations_with_replacement(sums, 2)
    ]
    return int(np.linalg.matrix_rank(np.stack(rows))) if rows else 0


# ---------------------------------------------------------------------- each kind


def _places(network: NeuralNetwork) -> tuple[list[Array], list[Array]]:
    """Where each weight and bias lies in the vector of parameters."""
    return network.architecture.views(np.arange(network.parameters.size))


def _ends(network: NeuralNetwork, layer: int, neuron: int) -> tuple[Array, Array]:
    """What goes into a hidden neuron, its bias last, and what goes out of it."""
    weights, biases = _places(network)
    into = np.append(weights[layer - 1][:, neuron], biases[layer - 1][neuron])
    return into, weights[layer][neuron]


def _scale(network: NeuralNetwork, layer: int, i: int, j: int) -> Symmetry:
    """Of one neuron, or of a pair: W_kᵀW_k + b_k⊗b_k − W_{k+1}W_{k+1}ᵀ at (i, j)."""
    P = network.parameters.size
    A = np.zeros((P, P))
    for sign, one, other in zip(
        (1.0, -1.0), _ends(network, layer, i), _ends(network, layer, j), strict=True
    ):
        A[one, other] += 0.5 * sign
        A[other, one] += 0.5 * sign
    of = f"neuron {i + 1}" if i == j else f"neurons {i + 1} and {j + 1}"
    return Symmetry(f"scale of {of} in layer {layer}", "scale", network.names, A, np.zeros(P))


def _rotation(network: NeuralNetwork, layer: int, i: int, j: int) -> Symmetry:
    """Of two neurons: W_k → W_k R, b_k → b_k R, W_{k+1} → Rᵀ W_{k+1}."""
    P = network.parameters.size
    B = np.zeros((P, P))
    for one, other in zip(_ends(network, layer, i), _ends(network, layer, j), strict=True):
        B[other, one] += 1.0
        B[one, other] -= 1.0
    name = f"rotation of neurons {i + 1} and {j + 1} in layer {layer}"
    return Symmetry(name, "rotation", network.names, B, np.zeros(P))


def _translations(network: NeuralNetwork) -> list[Symmetry]:
    """Of all sums of a softmax: by what each neuron below sends, and by the biases."""
    P = network.parameters.size
    weights, biases = _places(network)
    rows = [(f"what neuron {i + 1} sends", row) for i, row in enumerate(weights[-1])]
    made = []
    for of, places in (*rows, ("the biases", biases[-1])):
        c = np.zeros(P)
        c[places] = 1.0
        name = f"translation of {of} to the softmax"
        made.append(Symmetry(name, "translation", network.names, np.zeros((P, P)), c))
    return made


def _upper(matrix: Array) -> Array:
    """A quadratic form's coefficients, each product of two parameters once."""
    whole = matrix + matrix.T
    return whole[np.triu_indices(len(whole))]


def _times(c: float) -> str:
    return "" if c == 1 else f"{c:.12g}*"
