"""What a network is before it has weights: layers, functions, loss, and where things lie.

    P = Σₖ (nₖ₋₁ + 1) nₖ

parameters in one vector: W¹ row by row, b¹, W², b², …
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning import activations, initialization, losses
from lawful.learning.naming import chosen
from lawful.refusal import Refusal

Array = NDArray[Any]
STANDARD = {
    "weight_init": "xavier",
    "l1": 0.0,
    "l2": 0.0,
    "dropout": 0.0,
    "dtype": "float64",
}


@dataclass(frozen=True)
class Architecture:
    """A network's settings, checked; make one with `plan`."""

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    weight_init: str | tuple[str, ...]
    l1: float
    l2: float
    dropout: float
    seed: int
    dtype: str

    @property
    def initializations(self) -> tuple[str, ...]:
        """How each layer of weights begins, one name each."""
        name = self.weight_init
        return (name,) * (len(self.layers) - 1) if isinstance(name, str) else name

    @cached_property
    def size(self) -> int:
        """The number of parameters, P."""
        return sum((n + 1) * m for n, m in zip(self.layers, self.layers[1:], strict=False))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each parameter, in their order; neurons are counted from 1."""
        return tuple(
            name
            for k, (n, m) in enumerate(zip(self.layers, self.layers[1:], strict=False), 1)
            for name in (
                *(f"W{k}_{i}_{j}" for i in range(1, n + 1) for j in range(1, m + 1)),
                *(f"b{k}_{j}" for j in range(1, m + 1)),
            )
        )

    @property
    def settings(self) -> dict[str, Any]:
        """As keyword arguments of `NeuralNetwork`, as JSON can hold them."""
        hidden, output = self.activations[:-1], self.activations[-1]
        same = len(set(hidden)) == 1
        init = self.weight_init
        return {
            "layers": list(self.layers),
            "activation": (hidden[0] if same else list(hidden)) if hidden else "tanh",
            "output": output,
            **{k: v for k, v in asdict(self).items() if k not in ("layers", "activations")},
            "weight_init": init if isinstance(init, str) else list(init),
        }

    def views(self, storage: Array) -> tuple[list[Array], list[Array]]:
        """The weights, each of shape (from, to), and the biases, as views of one vector."""
        weights, biases, start = [], [], 0
        for n, m in zip(self.layers, self.layers[1:], strict=False):
            weights.append(storage[start : start + n * m].reshape(n, m))
            biases.append(storage[start + n * m : start + (n + 1) * m])
            start += (n + 1) * m
        return weights, biases


def plan(
    layers: Sequence[int],
    activation: str | Sequence[str],
    output: str | None,
    loss: str | None,
    weight_init: str | Sequence[str],
    l1: float,
    l2: float,
    dropout: float,
    seed: int,
    dtype: str,
) -> Architecture:
    """The architecture that these settings mean; see `NeuralNetwork`.

    Examples
    --------
    >>> plan([2, 3, 2], "relu", None, None, "he", 0, 0, 0, 0, "float64").activations
    ('relu', 'softmax')
    """
    sizes = _sizes(layers)
    last = output or ("sigmoid" if sizes[-1] == 1 else "softmax")
    names = (*_hidden(activation, len(sizes) - 2), chosen("output", last, activations.NAMES))
    _penalties(l1, l2, dropout)
    if dtype not in ("float64", "float32"):
        raise Refusal(f"dtype {dtype!r}", "'float64' or 'float32'")
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise Refusal(f"seed {seed!r}", "a whole number from 0 up")
    return Architecture(
        sizes,
        names,
        _loss(loss, names[-1], sizes[-1]),
        _beginnings(weight_init, len(sizes) - 1),
        float(l1),
        float(l2),
        float(dropout),
        int(seed),
        dtype,
    )


def _sizes(layers: Sequence[int]) -> tuple[int, ...]:
    """At least inputs and outputs, each with at least one neuron."""
    try:
        sizes = tuple(int(n) for n in layers)
        whole = all(n == given and n > 0 for n, given in zip(sizes, layers, strict=True))
    except (TypeError, ValueError, OverflowError):
        sizes, whole = (), False
    if len(sizes) < 2 or not whole:
        raise Refusal(
            f"layers {layers!r}", "at least two whole numbers from 1 up", "such as [2, 3, 1]"
        )
    return sizes


def _hidden(activation: str | Sequence[str], layers: int) -> tuple[str, ...]:
    if not isinstance(activation, str | Sequence):
        raise Refusal(f"activation {activation!r}", "one of " + ", ".join(activations.NAMES))
    given = [activation] * layers if isinstance(activation, str) else list(activation)
    if len(given) != layers:
        raise Refusal(
            f"{len(given)} activations for {layers} hidden layers",
            "one name for all, or one for each",
            "the output's is given apart",
        )
    if isinstance(activation, str):
        chosen("activation", activation, activations.NAMES)
    names = tuple(chosen("activation", name, activations.NAMES) for name in given)
    if "softmax" in names:
        raise Refusal("softmax in a hidden layer", "softmax as the output", "choose another")
    return names


def _beginnings(names: str | Sequence[str], layers: int) -> str | tuple[str, ...]:
    """One name where all layers begin alike, else one for each."""
    if not isinstance(names, Sequence) or isinstance(names, str):
        return chosen("weight initialisation", names, initialization.NAMES)
    if len(names) != layers:
        raise Refusal(
            f"{len(names)} weight initialisations for {layers} layers of weights",
            "one name for all, or one for each",
            "the output's is the last",
        )
    each = tuple(chosen("weight initialisation", name, initialization.NAMES) for name in names)
    return each[0] if len(set(each)) == 1 else each


def _loss(name: str | None, output: str, outputs: int) -> str:
    """The loss, if it goes with the output."""
    name = chosen("loss", name or _usual(output), losses.NAMES)
    partner = losses.LOSSES[name].output
    if partner and partner != output:
        raise Refusal(
            f"loss {name!r} with output {output!r}", f"output {partner!r}", "or loss 'squared'"
        )
    if output == "softmax" and outputs == 1:
        raise Refusal("softmax with one output", "two outputs or more", "take output 'sigmoid'")
    return name


def _usual(output: str) -> str:
    return "cross_entropy" if output == "softmax" else "squared"


def _penalties(l1: float, l2: float, dropout: float) -> None:
    for name, value in (("l1", l1), ("l2", l2)):
        if not (is_number(value) and 0 <= value < np.inf):
            raise Refusal(f"{name} = {value!r}", "a number from 0 up")
    if not (is_number(dropout) and 0 <= dropout < 1):
        raise Refusal(f"dropout {dropout!r}", "a share from 0 up to, not including, 1")


def positive(what: str, value: float) -> None:
    """Refuse what is not a positive number.

    >>> positive("learning rate", -0.1)
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: learning rate -0.1; expected a positive number
    """
    if not (is_number(value) and 0 < value < np.inf):
        raise Refusal(f"{what} {value!r}", "a positive number")


def is_number(value: Any) -> bool:
    """Whether a setting is a real number, Python's or NumPy's.

    >>> is_number(np.float32(1)), is_number("1"), is_number(None), is_number(True)
    (True, False, False, False)
    """
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def fitting(plan: Architecture, parameters: Array) -> Array:
    """`parameters` if there are as many as the plan has, all finite or not."""
    if parameters.shape != (plan.size,):
        shape = "-".join(map(str, plan.layers))
        raise Refusal(
            f"parameters of shape {parameters.shape}", f"({plan.size},) for a {shape} network"
        )
    return parameters


def misfit(what: str, array: Array, layers: tuple[int, ...]) -> Refusal:
    """The refusal of data that a network cannot take."""
    wanted = layers[0] if what == "inputs" else layers[-1]
    network = "-".join(map(str, layers))
    if array.ndim != 2:
        return Refusal(f"{what} of shape {array.shape}", f"(samples, {wanted})")
    has = array.shape[1]
    fit = [has, *layers[1:]] if what == "inputs" else [*layers[:-1], has]
    return Refusal(
        f"data with {has} {what} for a {network} network",
        f"{wanted}",
        "layers that fit: " + "-".join(map(str, fit)),
    )
