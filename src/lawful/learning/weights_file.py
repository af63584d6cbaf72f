"""Networks in safetensors files: named arrays and their settings, and no code.

architecture (JSON in the metadata) + parameters, layer by layer
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.architecture import Architecture, plan
from lawful.learning.tensors_file import tensors_in
from lawful.refusal import Refusal
from lawful.store import write_atomically

Array = NDArray[Any]
KIND = "lawful network"


def write(path: str | Path, architecture: Architecture, parameters: Array) -> None:
    """Write a network: tensors `W1`, `b1`, `W2`, …, whole or not at all."""
    from safetensors.numpy import save

    tensors = {}
    for k, (W, b) in enumerate(zip(*architecture.views(parameters), strict=True), 1):
        tensors[f"W{k}"], tensors[f"b{k}"] = np.ascontiguousarray(W), np.ascontiguousarray(b)
    # One entry: the file keeps several in no order, and equal networks would differ in bytes.
    metadata = {KIND: json.dumps(architecture.settings, sort_keys=True)}
    write_atomically(path, save(tensors, metadata=metadata))


def read(path: str | Path) -> tuple[Architecture, Array]:
    """The architecture and parameters in a file.

    Raises
    ------
    Refusal
        Where there is no such file, or it is no network of ours.
    """
    wanted = "a network saved by lawful"
    metadata, tensors = tensors_in(path, wanted)
    if KIND not in metadata:
        raise Refusal(f"{str(path)!r} holds no network", wanted)
    try:
        architecture = plan(**json.loads(metadata[KIND]))
        return architecture, _joined(architecture, tensors)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, Refusal):
            raise
        raise Refusal(f"{str(path)!r} holds a network that is not whole", wanted) from None


def _joined(architecture: Architecture, tensors: dict[str, Array]) -> Array:
    """The tensors as one vector, where their names and shapes are the architecture's."""
    held = sum(tensor.size for tensor in tensors.values())
    if held != architecture.size:  # before anything of the promised size is made
        raise Refusal(f"a network of {held} parameters", f"{architecture.size}, as its layers say")
    storage = np.zeros(architecture.size, dtype=architecture.dtype)
    for k, (W, b) in enumerate(zip(*architecture.views(storage), strict=True), 1):
        for name, part in ((f"W{k}", W), (f"b{k}", b)):
            if tensors[name].shape != part.shape:
                raise Refusal(f"{name} of shape {tensors[name].shape}", f"{part.shape}")
            part[...] = tensors[name]
    return storage
