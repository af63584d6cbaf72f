"""A network's step as straight-line code: forward beside backward, one vector of networks.

    aᵏ = fᵏ(aᵏ⁻¹ Wᵏ + bᵏ)      δᵏ⁻¹ = fᵏ⁻¹′(δᵏ (Wᵏ)ᵀ)      gᵏ += aᵏ⁻¹ ⊗ δᵏ,  Σ δᵏ

Written out neuron by neuron and weight by weight: what a small network needs fits in
the registers, and every address is a constant. The same equations as in
`lawful.learning.network` and in the oracle `reference`, for one sample after another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lawful.learning.activations import SLOPE_BELOW_ZERO
from lawful.learning.architecture import Architecture
from lawful.learning.ensembles.exponential import exp, log, sigmoid, tanh
from lawful.learning.ensembles.vector import Vector, larger

Values = list[Vector]
Asked = Sequence[str]


def _relu(z: Vector) -> Vector:
    # NaN is not below zero, so it goes through.
    return (z <= 0.0).where(z.at.constant(0.0), z)


def _relu_pull(z: Vector, a: Vector, d: Vector) -> Vector:
    return (z > 0.0).where(d, d * 0.0)


def _leaky(z: Vector) -> Vector:
    return (z > 0.0).where(z, z * SLOPE_BELOW_ZERO)


def _leaky_pull(z: Vector, a: Vector, d: Vector) -> Vector:
    return (z > 0.0).where(d, d * SLOPE_BELOW_ZERO)


Value = Callable[[Vector], Vector]
Pull = Callable[[Vector, Vector, Vector], Vector]
FUNCTIONS: dict[str, tuple[Value, Pull]] = {
    "linear": (lambda z: z, lambda z, a, d: d),
    "tanh": (tanh, lambda z, a, d: d * (1.0 - a * a)),
    "sigmoid": (sigmoid, lambda z, a, d: d * (a * (1.0 - a))),
    "relu": (_relu, _relu_pull),
    "leaky_relu": (_leaky, _leaky_pull),
}
WRITTEN = (*FUNCTIONS, "softmax")  # activations that are known here


@dataclass(frozen=True)
class Sample:
    """A sample as vectors: inputs, targets, and the number of its class."""

    x: Values
    y: Values
    label: Vector


class Weights:
    """Reads weights when they are first needed, each once."""

    def __init__(self, load: Callable[[int], Vector]) -> None:
        self._load, self._held = load, dict[int, Vector]()

    def __getitem__(self, place: int) -> Vector:
        if place not in self._held:
            self._held[place] = self._load(place)
        return self._held[place]


@dataclass(frozen=True)
class Layer:
    """Where a layer's numbers lie in the vector of parameters, and its function."""

    start: int
    inputs: int
    outputs: int
    function: str

    def weight(self, i: int, j: int) -> int:
        """Of the weight from neuron i to neuron j."""
        return self.start + i * self.outputs + j

    def bias(self, j: int) -> int:
        """Of the bias of neuron j."""
        return self.start + self.inputs * self.outputs + j

    def forward(self, w: Weights, a: Values) -> tuple[Values, Values]:
        """Sums and activations."""
        z = []
        for j in range(self.outputs):
            total = w[self.bias(j)]
            for i in range(self.inputs):
                total = total + a[i] * w[self.weight(i, j)]
            z.append(total)
        if self.function == "softmax":
            return z, softmax(z)
        return z, [FUNCTIONS[self.function][0](one) for one in z]

    def pull(self, z: Values, a: Values, d: Values) -> Values:
        """Gradients by the sums from gradients by the activations."""
        if self.function == "softmax":
            mean = total([x * y for x, y in zip(a, d, strict=True)])
            return [x * (y - mean) for x, y in zip(a, d, strict=True)]
        back = FUNCTIONS[self.function][1]
        return [back(*three) for three in zip(z, a, d, strict=True)]

    def backward(self, w: Weights, d: Values) -> Values:
        """Gradients by the inputs from gradients by the sums."""
        return [
            total([d[j] * w[self.weight(i, j)] for j in range(self.outputs)])
            for i in range(self.inputs)
        ]


def layers_of(plan: Architecture) -> tuple[Layer, ...]:
    """The layers of an architecture, first to last.

    >>> from lawful.learning import NeuralNetwork
    >>> layers_of(NeuralNetwork([2, 3, 1]).architecture)[1]
    Layer(start=9, inputs=3, outputs=1, function='sigmoid')
    """
    made, start = [], 0
    sizes = zip(plan.layers, plan.layers[1:], plan.activations, strict=False)
    for inputs, outputs, function in sizes:
        made.append(Layer(start, inputs, outputs, function))
        start += (inputs + 1) * outputs
    return tuple(made)


def total(values: Sequence[Vector]) -> Vector:
    """Their sum, from first to last."""
    made = values[0]
    for one in values[1:]:
        made = made + one
    return made


def softmax(z: Values) -> Values:
    """Shares that add up to 1."""
    top = z[0]
    for one in z[1:]:
        top = larger(top, one)
    e = [exp(one - top) for one in z]
    share = 1.0 / total(e)
    return [one * share for one in e]


@dataclass
class Slopes:
    """Gradients gathered over samples, the loss, and how many answers were right."""

    plan: Architecture
    judge: str
    of: dict[int, Vector]
    loss: Vector | None = None
    right: Vector | None = None

    def add(self, place: int, amount: Vector) -> None:
        """To the gradient of a parameter."""
        self.of[place] = self.of[place] + amount if place in self.of else amount

    def samples(self, w: Weights, some: Sequence[Sample], share: float, asked: Asked) -> None:
        """Forward and backward for some samples at once, of 1/`share` in all.

        Layer by layer: what does not wait for another sample's exponential stands side
        by side, so that the machine has something to do meanwhile.
        """
        layers, a = layers_of(self.plan), [[one.x for one in some]]
        z: list[list[Values]] = []
        for layer in layers:
            made = [layer.forward(w, active) for active in a[-1]]
            z.append([sums for sums, _ in made])
            a.append([active for _, active in made])
        d = []
        for one, sums, active in zip(some, z[-1], a[-1], strict=True):
            self._judge(sums, active, one, share, asked)
            d.append(self._last(layers[-1], sums, active, one, share))
        for k in reversed(range(len(layers))):
            self._outer(layers[k], a[k], d)
            if k:
                below = layers[k - 1]
                d = [
                    below.pull(z[k - 1][n], a[k][n], layers[k].backward(w, slopes))
                    for n, slopes in enumerate(d)
                ]

    def _outer(self, layer: Layer, a: Sequence[Values], d: Sequence[Values]) -> None:
        """Add a ⊗ δ, summed over the samples."""
        for active, slopes in zip(a, d, strict=True):
            for j, slope in enumerate(slopes):
                for i in range(layer.inputs):
                    self.add(layer.weight(i, j), active[i] * slope)
                self.add(layer.bias(j), slope)

    def _last(self, layer: Layer, z: Values, a: Values, one: Sample, share: float) -> Values:
        if self.plan.loss == "squared":
            return layer.pull(z, a, [(p - q) * share for p, q in zip(a, one.y, strict=True)])
        whole = total(one.y) if self.plan.loss == "cross_entropy" else one.x[0].at.constant(1.0)
        return [(whole * p - q) * share for p, q in zip(a, one.y, strict=True)]

    def _judge(self, z: Values, a: Values, one: Sample, share: float, asked: Asked) -> None:
        if "loss" in asked:
            value = LOSSES[self.plan.loss](z, a, one.y) * share
            self.loss = value if self.loss is None else self.loss + value
        if "right" in asked:
            good = right(self.judge, a, one).count()
            self.right = good if self.right is None else self.right + good


def _squared(z: Values, a: Values, y: Values) -> Vector:
    return total([(p - q) * (p - q) for p, q in zip(a, y, strict=True)]) * 0.5


def _binary(z: Values, a: Values, y: Values) -> Vector:
    # log(1 + eᶻ) = max(z, 0) + log(1 + e^−|z|), which cannot overflow.
    spread = [larger(p, p.at.constant(0.0)) + log(exp(-_size(p)) + 1.0) for p in z]
    return total([s - q * p for s, p, q in zip(spread, z, y, strict=True)])


def _cross(z: Values, a: Values, y: Values) -> Vector:
    top = z[0]
    for one in z[1:]:
        top = larger(top, one)
    below = [one - top for one in z]
    spread = log(total([exp(one) for one in below]))
    return total(y) * spread - total([p * q for p, q in zip(below, y, strict=True)])


LOSSES: dict[str, Callable[[Values, Values, Values], Vector]] = {
    "squared": _squared,
    "binary_cross_entropy": _binary,
    "cross_entropy": _cross,
}


def _size(x: Vector) -> Vector:
    return larger(x, -x)


def right(judge: str, a: Values, one: Sample) -> Vector:
    """A mask: where the answer is right, as `NeuralNetwork.accuracy` judges it."""
    if judge == "each":
        said = [(p > 0.5).count().same((q > 0.5).count()) for p, q in zip(a, one.y, strict=True)]
        every = said[0]
        for good in said[1:]:
            every = every & good
        return every
    best, which = a[0], a[0].at.constant(0.0)
    for j, share in enumerate(a[1:], 1):
        better = share > best
        best, which = better.where(share, best), better.where(share.at.constant(j), which)
    return which.same(one.label)
