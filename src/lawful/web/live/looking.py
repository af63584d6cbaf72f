"""Into one neuron, and back through the network for one sample: the numbers behind a picture.

    z = Σ xᵢ wᵢ + b,   a = f(z)          δ = ∂U/∂z,   ∂U/∂w = x δ

Forward for any input, backward for a sample whose answer is known.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.architecture import Architecture
from lawful.learning.network import NeuralNetwork
from lawful.pictures.arithmetic import applied, short, subscript
from lawful.refusal import Refusal
from lawful.web.codec import Message
from lawful.web.live.maps import Plane, passed, single

Array = NDArray[Any]
TERMS = 256  # that are sent, the largest first where there are more


def neuron(
    network: NeuralNetwork,
    x: Array,
    layer: int,
    index: int,
    features: tuple[str, ...],
    plane: Plane | None,
    cells: int,
) -> Message:
    """One neuron in numbers, and what it answers all over the plane.

    Parameters
    ----------
    network, x
        Which network, and the sample it sees, shape (inputs,).
    layer, index
        Layers from 0, the input; neurons from 0.
    features
        Names of the inputs.
    plane, cells
        The map, if there is one.
    """
    _check(network.layers, layer, index)
    trace = network.trace(x[None, :])
    arrays: dict[str, Array] = {}
    if plane is not None:
        points = plane.points(cells, x)
        layers = [points, *passed(network.architecture, single(network.parameters), points)]
        arrays["map"] = layers[layer][:, index].reshape(cells, cells)
    if layer == 0:
        value = float(x[index])
        record = {
            "layer": layer,
            "index": index,
            "name": features[index],
            "terms": [],
            "left_out": 0,
            "bias": 0.0,
            "z": value,
            "a": value,
            "activation": "input",
            "formula": f"{features[index]} = {short(value)}",
        }
        return Message(record, arrays, "answer")
    inputs, w = trace.a[layer - 1][0], network.weights[layer - 1][:, index]
    z, a = float(trace.z[layer - 1][0, index]), float(trace.a[layer][0, index])
    bias, name = float(network.biases[layer - 1][index]), network.activations[layer - 1]
    said = features if layer == 1 else [called(layer - 1, k) for k in range(len(w))]
    order = np.arange(len(w)) if len(w) <= TERMS else np.argsort(-np.abs(inputs * w))[:TERMS]
    terms = [
        {"name": said[k], "index": int(k), "value": float(inputs[k]), "weight": float(w[k]),
         "product": float(inputs[k] * w[k])}
        for k in order
    ]  # fmt: skip
    record = {
        "layer": layer,
        "index": index,
        "name": called(layer, index),
        "terms": terms,
        "left_out": len(w) - len(terms),
        "bias": bias,
        "z": z,
        "a": a,
        "activation": name,
        "formula": _formula(terms, bias, z, a, name),
    }
    return Message(record, arrays, "answer")


def called(layer: int, index: int) -> str:
    """What a neuron after the input is called.

    >>> called(1, 0)
    'h₁·1'
    """
    return f"h{subscript(layer)}·{index + 1}"


def _check(layers: tuple[int, ...], layer: int, index: int) -> None:
    if not 0 <= layer < len(layers):
        raise Refusal(f"layer {layer}", f"0 (the inputs) to {len(layers) - 1}")
    if not 0 <= index < layers[layer]:
        raise Refusal(f"neuron {index} of layer {layer}", f"0 to {layers[layer] - 1}")


def _formula(terms: list[dict[str, Any]], bias: float, z: float, a: float, name: str) -> str:
    shown = terms[:4]
    parts = [f"{_braced(t['weight'])}·{_braced(t['value'])}" for t in shown]
    if len(terms) > len(shown):
        parts.append("…")
    sign = "−" if bias < 0 else "+"
    total = f"z = {' + '.join(parts)} {sign} {short(abs(bias))} = {short(z)}"
    if name == "softmax":
        return f"{total},   a = softmax(z) among all outputs = {short(a)}"
    if name == "linear":
        return f"{total},   a = z"
    return f"{total},   a = {applied(name, 'z')} = {short(a)}"


def _braced(value: float) -> str:
    said = short(value)
    return f"({said})" if said.startswith("−") else said


def backward(network: NeuralNetwork, x: Array, y: Array) -> Message:
    """What one sample says to every weight.

    Parameters
    ----------
    x, y
        The sample, shapes (inputs,) and (outputs,).

    Returns
    -------
    Message
        loss; `deltas` as a frame's `sums`; `gradient` as its `parameters`.
    """
    plain = _without_penalties(network)
    value, gradient = plain.loss_and_gradient(x[None, :], y[None, :])
    # Of a single sample ∂U/∂b is δ itself.
    deltas = np.concatenate(plain.architecture.views(gradient)[1])
    arrays = {"deltas": single(deltas), "gradient": single(gradient)}
    return Message({"loss": value}, arrays, "answer")


def _without_penalties(network: NeuralNetwork) -> NeuralNetwork:
    from dataclasses import replace

    plan: Architecture = replace(network.architecture, l1=0.0, l2=0.0)
    return NeuralNetwork.made(plan, network.parameters.copy())
