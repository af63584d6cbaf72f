"""The feedforward by hand: every neuron's sum and answer, one number at a time.

    z_j = Σ_i a_i W_ij + b_j,    a_j = f(z_j)

Here are no arrays, no NumPy, no vectors: a loop over neurons, a loop over what
comes in, and `math.exp`. What comes out is set beside what the network itself
remembers of the same sample, and the largest difference is the verdict. Round-off
differs, since a matrix product adds up in another order; nothing else may.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lawful.refusal import Refusal

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from lawful.learning.network import NeuralNetwork

MOST_TERMS = 12  # a neuron with more inputs keeps its sum, not its terms
TOLERANCE = {"float64": 1e-12, "float32": 2e-5}  # of the largest sum, or of 1


def sigmoid(z: float) -> float:
    """1/(1 + e⁻ᶻ), in the form that cannot overflow on its side of zero."""
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def relu(z: float) -> float:
    """Z above zero, else 0."""
    return z if z > 0 else 0.0


def leaky_relu(z: float) -> float:
    """Z above zero, else a hundredth of it."""
    return z if z > 0 else 0.01 * z


def gelu(z: float) -> float:
    """Z Φ(z), Φ by the complementary error function."""
    return z * math.erfc(-z / math.sqrt(2)) / 2


def linear(z: float) -> float:
    """The sum itself."""
    return z


BY_HAND: dict[str, tuple[Callable[[float], float], str]] = {
    "sigmoid": (sigmoid, "1/(1 + exp(−z))"),
    "tanh": (math.tanh, "tanh z"),
    "relu": (relu, "max(0, z)"),
    "leaky_relu": (leaky_relu, "max(z, z/100)"),
    "gelu": (gelu, "z·Φ(z)"),
    "linear": (linear, "z"),
}
SOFTMAX = "exp z_j / Σ_k exp z_k"


@dataclass(frozen=True)
class Neuron:
    """One neuron's forward step, by hand and by the network.

    Attributes
    ----------
    sample, layer, neuron
        Which one, counted from 1; layer 1 is the first after the inputs.
    terms
        Pairs (what comes in, its weight), where there are at most `MOST_TERMS`.
    inputs
        How many come in.
    bias, z, a
        The bias, the sum, and the answer, by hand.
    network_z, network_a
        The sum and the answer of the network.
    formula
        f, as text.
    """

    sample: int
    layer: int
    neuron: int
    terms: tuple[tuple[float, float], ...]
    inputs: int
    bias: float
    z: float
    a: float
    network_z: float
    network_a: float
    formula: str

    @property
    def difference(self) -> float:
        """The larger of |Δz| and |Δa|; NaN where either is."""
        gaps = abs(self.z - self.network_z), abs(self.a - self.network_a)
        return math.nan if any(map(math.isnan, gaps)) else max(gaps)

    @property
    def sum_text(self) -> str:
        """The sum as a student writes it: 0.5·1 − 1.2·0 + 0.3."""
        if not self.terms:
            return f"Σ of {self.inputs} products {_signed(self.bias)}"
        products = [(a, w) for a, w in self.terms]
        first, *rest = products
        text = f"{_plain(first[1])}·{_factor(first[0])}"
        text += "".join(f" {_signed(w)}·{_factor(a)}" for a, w in rest)
        return f"{text} {_signed(self.bias)}"


@dataclass(frozen=True)
class Verification:
    """What the hand says of the network.

    Attributes
    ----------
    neurons
        Every neuron of every sample that was followed.
    layers, activations
        The network's.
    largest
        The largest difference of any sum or answer.
    tolerance
        What round-off may make.
    samples
        How many samples were followed.
    """

    neurons: tuple[Neuron, ...]
    layers: tuple[int, ...]
    activations: tuple[str, ...]
    largest: float
    tolerance: float
    samples: int

    @property
    def agrees(self) -> bool:
        """Whether no difference is larger than round-off makes."""
        return self.largest <= self.tolerance

    @property
    def verdict(self) -> str:
        """One sentence."""
        count = f"{len(self.neurons)} neuron{'s' * (len(self.neurons) != 1)}"
        said = "agree" if self.agrees else "DISAGREE"
        samples = f"{self.samples} sample{'s' * (self.samples != 1)}"
        return (
            f"hand and network {said}: {count} over {samples} differ by "
            f"{self.largest:.1e} at most, and round-off may make {self.tolerance:.0e}"
        )

    def to_dict(self, most: int = 200) -> dict[str, Any]:
        """The verdict and the first `most` neurons, as JSON can hold them."""
        return {
            "agrees": self.agrees,
            "largest_difference": self.largest,
            "tolerance": self.tolerance,
            "samples": self.samples,
            "neurons_checked": len(self.neurons),
            "layers": list(self.layers),
            "activations": list(self.activations),
            "neurons": [
                {
                    "sample": n.sample,
                    "layer": n.layer,
                    "neuron": n.neuron,
                    "sum": n.sum_text,
                    "z": n.z,
                    "formula": n.formula,
                    "by_hand": n.a,
                    "by_network": n.network_a,
                    "difference": n.difference,
                }
                for n in self.neurons[:most]
            ],
        }


def verify(network: "NeuralNetwork", X: "ArrayLike") -> Verification:
    """Follow samples through the network by hand and compare each neuron.

    Parameters
    ----------
    network
        Of any size; its weights are read, not changed.
    X
        Samples, of shape (n, inputs). The time taken grows with n times the number
        of weights, so a few are enough for a large network.

    Returns
    -------
    Verification
        Every neuron, and the largest difference.

    Raises
    ------
    Refusal
        Where the samples do not fit the network, or there are none.

    Examples
    --------
    >>> from lawful.learning import NeuralNetwork
    >>> seen = verify(NeuralNetwork([2, 3, 1], seed=0), [[0, 1], [1, 1]])
    >>> seen.agrees, len(seen.neurons)
    (True, 8)
    """
    rows = [[float(value) for value in row] for row in _rows(X)]
    if not rows or any(len(row) != network.layers[0] for row in rows):
        got = f"samples of {len(rows[0])} numbers" if rows else "no samples"
        raise Refusal(got, f"{network.layers[0]} numbers each, as many as the network's inputs")
    weights = [w.tolist() for w in network.weights]
    biases = [b.tolist() for b in network.biases]
    neurons: list[Neuron] = []
    for s, row in enumerate(rows):
        seen = network.trace([row])
        came = row
        for k, name in enumerate(network.activations):
            zs = sums(came, weights[k], biases[k])
            answers = activated(name, zs)
            formula = SOFTMAX if name == "softmax" else BY_HAND[name][1]
            own_z, own_a = seen.z[k][0].tolist(), seen.a[k + 1][0].tolist()
            for j, (z, a) in enumerate(zip(zs, answers, strict=True)):
                few = came if len(came) <= MOST_TERMS else ()
                neuron = Neuron(
                    s + 1,
                    k + 1,
                    j + 1,
                    tuple((value, weights[k][i][j]) for i, value in enumerate(few)),
                    len(came),
                    biases[k][j],
                    z,
                    a,
                    own_z[j],
                    own_a[j],
                    formula,
                )
                neurons.append(neuron)
            came = answers
    return _concluded(network, neurons, len(rows))


def sums(
    came: Sequence[float], weights: Sequence[Sequence[float]], biases: Sequence[float]
) -> list[float]:
    """z_j = Σ_i a_i W_ij + b_j, for each neuron j.

    >>> sums([1.0, 2.0], [[0.5, 0.0], [0.25, 1.0]], [0.0, -1.0])
    [1.0, 1.0]
    """
    out = []
    for j, bias in enumerate(biases):
        z = 0.0
        for i, a in enumerate(came):
            z += a * weights[i][j]
        out.append(z + bias)
    return out


def activated(name: str, zs: Sequence[float]) -> list[float]:
    """a_j = f(z_j), for each neuron j; softmax looks at all of them.

    >>> activated("softmax", [0.0, 0.0])
    [0.5, 0.5]
    """
    if name == "softmax":
        top = max(zs)
        shares = [math.exp(z - top) for z in zs]
        whole = math.fsum(shares)
        return [share / whole for share in shares]
    f, _ = BY_HAND[name]
    return [f(z) for z in zs]


def _concluded(network: "NeuralNetwork", neurons: list[Neuron], samples: int) -> Verification:
    gaps = [n.difference for n in neurons]
    largest = math.nan if any(map(math.isnan, gaps)) else max(gaps)
    scale = max(1.0, *(abs(n.z) for n in neurons))
    tolerance = TOLERANCE[str(network.parameters.dtype)] * scale
    layers, names = tuple(network.layers), tuple(network.activations)
    return Verification(tuple(neurons), layers, names, largest, tolerance, samples)


def _rows(X: "ArrayLike") -> Sequence[Sequence[float]]:
    listed: Any = X.tolist() if hasattr(X, "tolist") else X
    if listed and not hasattr(listed[0], "__len__"):
        raise Refusal("samples in one row of numbers", "a table: [[0, 1], [1, 1]]")
    return listed


def _plain(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'} {abs(value):.4g}"


def _factor(value: float) -> str:
    return f"({_plain(value)})" if value < 0 else _plain(value)
