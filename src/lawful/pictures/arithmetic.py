"""A forward pass in numbers and words: z = Σ x·w + b, a = f(z).

Numbers carry about three digits and a true minus; what is left out is said.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.learning.network import NeuralNetwork, Trace, classes_of
from lawful.refusal import Refusal

Array = NDArray[np.float64]

MOST_TERMS = 3
MOST_ROWS = 6
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def short(value: float) -> str:
    """A number in at most six letters.

    >>> [short(v) for v in (0.7312, -0.0001, -1.5, 42.42, 1234.5, -5e7, float("nan"))]
    ['0.73', '0.00', '−1.50', '42.4', '1234', '−5e7', 'NaN']
    """
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else ("∞" if value > 0 else "−∞")
    size = abs(value)
    if size >= 99_999.5:
        text = f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    else:
        text = f"{value:.{2 if size < 9.995 else 1 if size < 99.95 else 0}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def subscript(number: int) -> str:
    """The number in small letters below the line.

    >>> subscript(12)
    '₁₂'
    """
    return str(number).translate(_SUBSCRIPTS)


def subscripted(letter: str, index: int) -> str:
    """The letter of a quantity with its number, counted from 1.

    >>> subscripted("x", 0)
    'x₁'
    """
    return letter + subscript(index + 1)


def product(x: float, w: float) -> str:
    """The product x · w written out.

    >>> product(2.0, -0.5)
    '2.00·(−0.50) = −1.00'
    """
    return f"{_factor(x)}·{_factor(w)} = {short(x * w)}"


def sample(network: NeuralNetwork, x: ArrayLike) -> NDArray[np.float64]:
    """One sample as the network takes it, shape (1, inputs).

    Raises
    ------
    Refusal
        For anything but one sample of as many numbers as the network has inputs.

    Examples
    --------
    >>> sample(NeuralNetwork([2, 1]), [0.5, 1]).shape
    (1, 2)
    """
    try:
        array = np.asarray(x, dtype=float)
    except (TypeError, ValueError):
        wanted = f"{network.layers[0]} numbers"
        raise Refusal("a sample that is no row of numbers", wanted) from None
    if array.ndim == 2 and len(array) == 1:
        array = array[0]
    if array.ndim > 2 or array.size != network.layers[0] or (array.ndim == 2 and len(array) > 1):
        shape = "-".join(map(str, network.layers))
        raise Refusal(
            f"a sample of shape {array.shape}",
            f"{network.layers[0]} numbers for a {shape} network",
            "give one row, such as X[0]",
        )
    return array.reshape(1, -1)


def traced(network: NeuralNetwork, x: ArrayLike) -> Trace:
    """The forward pass of one sample; weights that have run away are no reason to stop.

    >>> [len(a[0]) for a in traced(NeuralNetwork([2, 3, 1]), [0.5, 1]).a]
    [2, 3, 1]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return network.trace(sample(network, x))


def sentences(network: NeuralNetwork, trace: Trace, layer: int, fired: bool = True) -> list[str]:
    """The sums of one layer of weights, a line for each neuron, the liveliest if there are many.

    Parameters
    ----------
    network
        Whose weights.
    trace
        Its forward pass of one sample.
    layer
        Which layer of weights, from 0.
    fired
        Whether a = f(z) is said, too.

    Examples
    --------
    >>> net = NeuralNetwork([2, 1]).with_parameters([0.5, -1.0, 0.25])
    >>> print(*sentences(net, net.trace([[1.0, 2.0]]), 0))
    z₁ = 1.00·0.50 + 2.00·(−1.00) + 0.25 = −1.25   →   σ(z₁) = 0.22
    """
    z, a = trace.z[layer][0], trace.a[layer + 1][0]
    rows = _liveliest(a if fired else z)
    lines = [_sentence(network, trace, layer, j, fired) for j in rows]
    if len(rows) < len(z):
        lines.append(f"… and {len(z) - len(rows)} more neurons")
    return lines


def _liveliest(a: Array) -> list[int]:
    if len(a) <= MOST_ROWS:
        return list(range(len(a)))
    order = np.argsort(-np.abs(np.nan_to_num(a)), kind="stable")[: MOST_ROWS - 1]
    return [int(j) for j in np.sort(order)]


def _sentence(network: NeuralNetwork, trace: Trace, layer: int, j: int, fired: bool) -> str:
    x, w, b = trace.a[layer][0], network.weights[layer][:, j], network.biases[layer][j]
    z, a = trace.z[layer][0, j], trace.a[layer + 1][0, j]
    name = "z" + subscript(j + 1)
    total = f"{name} = {_terms(x, w)} {_plus(float(b))} = {short(float(z))}"
    if not fired:
        return total
    return f"{total}   →   {applied(network.activations[layer], name)} = {short(float(a))}"


def _terms(x: Array, w: Array) -> str:
    """Σ xᵢ wᵢ in full where it is short, else as its value and the number of its terms."""
    if len(x) > MOST_TERMS:
        with np.errstate(over="ignore", invalid="ignore"):
            return f"Σ({len(x)} terms) {short(float(x @ w))}"
    return " + ".join(f"{_factor(float(p))}·{_factor(float(q))}" for p, q in zip(x, w, strict=True))


def _factor(value: float) -> str:
    text = short(value)
    return f"({text})" if text.startswith("−") else text


def _plus(value: float) -> str:
    text = short(value)
    return f"− {text[1:]}" if text.startswith("−") else f"+ {text}"


_SYMBOLS: dict[str, str] = {"sigmoid": "σ", "linear": "", "leaky_relu": "leaky relu"}


def applied(activation: str, to: str) -> str:
    """The function as it is written.

    >>> applied("sigmoid", "z"), applied("tanh", "z"), applied("linear", "z")
    ('σ(z)', 'tanh(z)', 'a = z')
    """
    symbol = _SYMBOLS.get(activation, activation)
    return f"{symbol}({to})" if symbol else f"a = {to}"


def answer(network: NeuralNetwork, output: Array, classes: Sequence[str]) -> str:
    """What the outputs mean: the largest and its class, or the numbers themselves.

    Parameters
    ----------
    network
        Its output activation tells classes from numbers.
    output
        One sample's outputs, shape (outputs,).
    classes
        Names; numbers from 0 where there are none.

    Examples
    --------
    >>> answer(NeuralNetwork([2, 1]), np.array([0.82]), ("out", "in"))
    '0.82 → in'
    """
    best = decided(network, output)
    if best is None:
        return ", ".join(short(float(v)) for v in output[:4]) + (" …" if len(output) > 4 else "")
    value = output[0] if len(output) == 1 else output[best]
    return f"{short(float(value))} → {class_name(classes, best)}"


def decided(network: NeuralNetwork, output: Array) -> int | None:
    """The class that the outputs mean, above 1/2 or the largest; None where they are numbers."""
    if network.activations[-1] == "linear" or not np.all(np.isfinite(output)):
        return None
    return int(classes_of(output[None, :])[0])


def class_name(classes: Sequence[str], k: int) -> str:
    """The name of class k, or its number."""
    return str(classes[k]) if k < len(classes) else str(k)


def cut(text: str, letters: int = 18) -> str:
    """The text, ended by … where it is longer than `letters`.

    >>> cut("a very long name of a feature")
    'a very long name …'
    """
    text = " ".join(str(text).split())
    return text if len(text) <= letters else text[: letters - 2].rstrip() + " …"
