"""A neural network, forward beside backward.

    forward                       backward
    a⁰ = X                        δᴸ = ∂U/∂zᴸ
    zᵏ = aᵏ⁻¹ Wᵏ + bᵏ             ∂U/∂Wᵏ = (aᵏ⁻¹)ᵀ δᵏ,   ∂U/∂bᵏ = Σₙ δᵏₙ
    aᵏ = fᵏ(zᵏ)                   δᵏ⁻¹ = fᵏ⁻¹′(zᵏ⁻¹) · (δᵏ (Wᵏ)ᵀ)

All weights and biases lie in one vector x, the position of the network in the
landscape U(x); `weights[k]` and `biases[k]` are views of it. Source: Rumelhart,
Hinton and Williams, Nature 323, 533 (1986).
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning import architecture, weights_file
from lawful.learning.activations import activation
from lawful.learning.architecture import Architecture
from lawful.learning.initialization import drawn
from lawful.learning.losses import loss
from lawful.refusal import Refusal

Array = NDArray[Any]


class Trace(NamedTuple):
    """A forward pass: sums `z[k]` and activations, `a[0] = X`, `a[k + 1] = f(z[k])`."""

    z: tuple[Array, ...]
    a: tuple[Array, ...]


class NeuralNetwork:
    """A feedforward network with hand-written gradients.

    Its gradients are made in a buffer of its own: give each thread a `copy`.

    Parameters
    ----------
    layers
        Numbers of neurons, inputs first and outputs last: `[2, 3, 1]`.
    activation
        One name for all hidden layers, or one for each; see `activations.NAMES`.
    output
        The last layer's; sigmoid for one output, softmax for several, when not given.
    loss
        See `losses.NAMES`; cross-entropy with softmax, squared error with any other
        output, when not given.
    weight_init
        One name for all layers of weights, or one for each; see `initialization.NAMES`.
    l1, l2
        Penalties l1 Σ|W| + l2/2 ΣW², on weights and not on biases.
    dropout
        The share of hidden activations that a training step leaves out.
    seed
        Of the first weights.
    dtype
        "float64" or "float32".

    Raises
    ------
    Refusal
        For settings that cannot be meant.

    Examples
    --------
    >>> net = NeuralNetwork([2, 3, 1], seed=1)
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> y = np.array([[0.0], [1.0], [1.0], [0.0]])
    >>> net.forward(X).shape
    (4, 1)
    >>> before = net.loss(X, y)
    >>> loss, accuracy = net.train_step(X, y, learning_rate=0.5)
    >>> loss == before and net.loss(X, y) < before
    True
    >>> net
    NeuralNetwork([2, 3, 1], activation='tanh', output='sigmoid', loss='squared', seed=1)
    """

    def __init__(
        self,
        layers: Sequence[int],
        *,
        activation: str | Sequence[str] = "tanh",
        output: str | None = None,
        loss: str | None = None,
        weight_init: str | Sequence[str] = "xavier",
        l1: float = 0.0,
        l2: float = 0.0,
        dropout: float = 0.0,
        seed: int = 0,
        dtype: str = "float64",
    ) -> None:
        self.architecture = architecture.plan(
            layers, activation, output, loss, weight_init, l1, l2, dropout, seed, dtype
        )
        self._lay_out(np.zeros(self.architecture.size, dtype=self.architecture.dtype))
        self._draw()

    def _lay_out(self, storage: Array) -> None:
        """Take `storage` as the vector of all parameters, and views of it as the layers."""
        self._parameters = storage
        self._gradient = np.zeros_like(storage)
        weights, biases = self.architecture.views(storage)
        self.weights, self.biases = tuple(weights), tuple(biases)
        self._weight_slopes, self._bias_slopes = self.architecture.views(self._gradient)
        self._f = [activation(name) for name in self.architecture.activations]
        self._loss = loss(self.architecture.loss)
        self._penalised = bool(self.architecture.l1 or self.architecture.l2)

    def _draw(self) -> None:
        rng = np.random.default_rng(self.seed)
        names = self.architecture.initializations
        for name, W, b, f in zip(names, self.weights, self.biases, self._f, strict=True):
            rows, columns = W.shape
            W[:], b[:] = drawn(name, rows, columns, f.gain, rng)

    # ------------------------------------------------------------------ what it is

    @property
    def layers(self) -> tuple[int, ...]:
        """Numbers of neurons, inputs first."""
        return self.architecture.layers

    @property
    def activations(self) -> tuple[str, ...]:
        """Names, one for each layer of weights; the output's is last."""
        return self.architecture.activations

    @property
    def seed(self) -> int:
        """Of the first weights."""
        return self.architecture.seed

    @property
    def settings(self) -> dict[str, Any]:
        """What makes this network again, but for its training: `NeuralNetwork(**settings)`."""
        return self.architecture.settings

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each parameter: `W1_2_3` is layer 1, from neuron 2 to neuron 3."""
        return self.architecture.names

    @property
    def parameters(self) -> Array:
        """All weights and biases, shape (P,); assigning copies into it."""
        return self._parameters

    @parameters.setter
    def parameters(self, x: ArrayLike) -> None:
        """Copy `x`, of shape (P,) or a number, into the storage."""
        if np.shape(x) not in ((), self._parameters.shape):
            raise Refusal(f"parameters of shape {np.shape(x)}", f"{self._parameters.shape}")
        self._parameters[...] = x

    # ------------------------------------------------------------------ forward

    def forward(self, X: ArrayLike) -> Array:
        """The answers, shape (samples, outputs), to inputs of shape (samples, inputs)."""
        a = self._inputs(X)
        for W, b, f in zip(self.weights, self.biases, self._f, strict=True):
            z = a.dot(W)  # on small arrays twice as fast as @
            z += b
            a = f.value(z)
        return a

    def trace(self, X: ArrayLike) -> Trace:
        """The forward pass with all that happens on the way."""
        return self._trace(self._inputs(X))

    def _trace(self, X: Array, masks: Sequence[Array] = ()) -> Trace:
        sums, a = [], [X]
        for k, (W, b, f) in enumerate(zip(self.weights, self.biases, self._f, strict=True)):
            z = a[-1].dot(W)
            z += b
            sums.append(z)
            a.append(f.value(z) * masks[k] if k < len(masks) else f.value(z))
        return Trace(tuple(sums), tuple(a))

    def loss(self, X: ArrayLike, y: ArrayLike) -> float:
        """U: how wrong the answers are, penalties included, nothing left out."""
        return self.loss_and_answers(X, y)[0]

    def loss_and_answers(self, X: ArrayLike, y: ArrayLike) -> tuple[float, Array]:
        """The loss and, from the same forward pass, the answers."""
        X, y = self._pair(X, y)
        trace = self._trace(X)
        value = self._loss.value(trace.z[-1], trace.a[-1], y, self._f[-1])
        return value + self._penalty(), trace.a[-1]

    def predict(self, X: ArrayLike) -> NDArray[np.intp]:
        """The class of each sample, shape (samples,): 0 or 1 for a single output."""
        return classes_of(self.forward(X))

    def accuracy(self, X: ArrayLike, y: ArrayLike) -> float:
        """The share of samples that are right; NaN with a linear output.

        Of classes, given one-hot, the largest answer counts. Where several outputs answer
        independently (targets with any number of ones), all of them must be right.
        """
        X, y = self._pair(X, y)
        return self.accuracy_of(self.forward(X), y)

    def accuracy_of(self, answers: Array, y: ArrayLike) -> float:
        """The accuracy of answers that were given already."""
        if self.activations[-1] == "linear":
            return float("nan")
        y = self._targets(y)
        if y.shape[1] == 1:
            right = (answers > 0.5) == (y > 0.5)
        elif self.activations[-1] == "softmax" or (y.sum(axis=1) == 1).all():
            right = answers.argmax(axis=1) == y.argmax(axis=1)
        else:
            right = ((answers > 0.5) == (y > 0.5)).all(axis=1)
        return float(np.count_nonzero(right) / len(y))

    # ------------------------------------------------------------------ backward

    def gradient(self, X: ArrayLike, y: ArrayLike) -> Array:
        """∂U/∂x, shape (P,)."""
        return self.loss_and_gradient(X, y)[1]

    def loss_and_gradient(
        self, X: ArrayLike, y: ArrayLike, masks: Sequence[Array] = ()
    ) -> tuple[float, Array]:
        """U and ∂U/∂x; `masks` are those of `dropout_masks`."""
        value, gradient, _ = self._backward(*self._pair(X, y), masks)
        return value, gradient

    def _backward(
        self, X: Array, y: Array, masks: Sequence[Array] = ()
    ) -> tuple[float, Array, Array]:
        z, a = self._trace(X, masks)
        value, delta = self._loss.both(z[-1], a[-1], y, self._f[-1])
        for k in range(len(self.weights) - 1, -1, -1):
            a[k].T.dot(delta, out=self._weight_slopes[k])
            np.add.reduce(delta, axis=0, out=self._bias_slopes[k])
            if k:
                da = delta.dot(self.weights[k].T)
                if masks:
                    da *= masks[k - 1]
                    # The slope is that of the neuron before anything was left out.
                    delta = self._f[k - 1].pull(z[k - 1], self._f[k - 1].value(z[k - 1]), da)
                else:
                    delta = self._f[k - 1].pull(z[k - 1], a[k], da)
        gradient = self._gradient.copy()
        if self._penalised:
            value += self._penalty()
            gradient += self._penalty_slope()
        return value, gradient, a[-1]

    def train_step(
        self, X: ArrayLike, y: ArrayLike, learning_rate: float = 0.1
    ) -> tuple[float, float]:
        """One step of gradient descent; the loss and accuracy before it."""
        architecture.positive("learning rate", learning_rate)
        X, y = self._pair(X, y)
        value, gradient, a = self._backward(X, y)
        if not math.isfinite(value):
            raise Refusal(
                f"a loss of {value}", "a number", "give finite data, or take smaller steps"
            )
        gradient *= learning_rate
        self._parameters -= gradient
        return value, self.accuracy_of(a, y)

    def loss_gradient_and_answers(self, X: ArrayLike, y: ArrayLike) -> tuple[float, Array, Array]:
        """The loss, the gradient and the answers of one pass forward and back."""
        return self._backward(*self._pair(X, y))

    def dropout_masks(self, samples: int, rng: np.random.Generator) -> list[Array]:
        """What to leave out of each hidden layer; what is kept grows, so that sums keep theirs."""
        share = self.architecture.dropout
        kept = 1.0 - share
        return [
            (rng.random((samples, width)) < kept).astype(self._parameters.dtype) / kept
            for width in self.layers[1:-1]
            if share
        ]

    def _penalty(self) -> float:
        if not self._penalised:
            return 0.0
        l1, l2 = self.architecture.l1, self.architecture.l2
        return float(sum(l1 * np.abs(W).sum() + 0.5 * l2 * (W * W).sum() for W in self.weights))

    def _penalty_slope(self) -> Array:
        slope = np.zeros_like(self._parameters)
        l1, l2 = self.architecture.l1, self.architecture.l2
        for part, W in zip(self.architecture.views(slope)[0], self.weights, strict=True):
            part[...] = l1 * np.sign(W) + l2 * W
        return slope

    # ------------------------------------------------------------------ copies, files, doors

    def copy(self) -> "NeuralNetwork":
        """The same network, weights of its own."""
        return self.with_parameters(self._parameters)

    def with_parameters(self, x: ArrayLike) -> "NeuralNetwork":
        """A network like this one at the position x, shape (P,)."""
        return self.made(self.architecture, np.array(x, dtype=self.architecture.dtype))

    @classmethod
    def made(cls, plan: Architecture, parameters: Array) -> "NeuralNetwork":
        """The network of a plan, with these parameters as its storage."""
        made = cls.__new__(cls)
        made.architecture = plan
        made._lay_out(architecture.fitting(plan, parameters))
        return made

    def save(self, path: str | Path) -> None:
        """Write settings and weights to a safetensors file, whole or not at all."""
        weights_file.write(path, self.architecture, self._parameters)

    @classmethod
    def load(cls, path: str | Path) -> "NeuralNetwork":
        """The network that `save` wrote.

        Raises
        ------
        Refusal
            Where the file is no network of ours.
        """
        return cls.made(*weights_file.read(path))

    def __reduce__(self) -> tuple[Any, ...]:
        # Copied by its parameters: weights copied one by one would no longer be views of them.
        return NeuralNetwork.made, (self.architecture, self._parameters.copy())

    def __repr__(self) -> str:
        one = self.settings
        standard: Mapping[str, Any] = architecture.STANDARD
        said = {k: v for k, v in one.items() if k not in standard or standard[k] != v}
        words = [f"{k}={v!r}" for k, v in said.items() if k != "layers"]
        return f"NeuralNetwork({one['layers']}, {', '.join(words)})"

    def _pair(self, X: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """Inputs and targets, as many of one as of the other."""
        X, y = self._inputs(X), self._targets(y)
        if len(X) != len(y) or not len(X):
            raise Refusal(f"{len(y)} targets for {len(X)} inputs", "one each, and at least one")
        return X, y

    def _inputs(self, X: ArrayLike) -> Array:
        X = self._numbers("inputs", X)
        if X.ndim != 2 or X.shape[1] != self.layers[0]:
            raise architecture.misfit("inputs", X, self.layers)
        return X

    def _targets(self, y: ArrayLike) -> Array:
        y = self._numbers("targets", y)
        if y.ndim == 1 and self.layers[-1] == 1:
            y = y[:, None]
        if y.ndim != 2 or y.shape[1] != self.layers[-1]:
            raise architecture.misfit("targets", y, self.layers)
        return y

    def _numbers(self, what: str, given: ArrayLike) -> Array:
        """An array of the network's own precision; nothing is lost in silence."""
        if isinstance(given, np.ndarray) and given.dtype == self._parameters.dtype:
            return given
        try:
            array = np.asarray(given)
            if array.dtype.kind in "biuf":
                return array.astype(self._parameters.dtype)
        except ValueError:
            pass
        raise Refusal(f"{what} that are no table of numbers", f"shape (samples, {what})")


def classes_of(answers: Array) -> NDArray[np.intp]:
    """Classes from answers of shape (samples, outputs): above 1/2, or the largest."""
    if answers.shape[1] == 1:
        return (answers[:, 0] > 0.5).astype(np.intp)
    return answers.argmax(axis=1)
