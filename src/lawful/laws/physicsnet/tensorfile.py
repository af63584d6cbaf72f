"""Tensors and words in one file that runs no code when it is read.

    safetensors: tensors by name, and JSON in the metadata; written beside its place, then renamed

Source: https://huggingface.co/docs/safetensors
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lawful.refusal import Refusal
from lawful.store import plain


def copied(net: nn.Module) -> dict[str, Tensor]:
    """The parameters as they are now."""
    return {name: p.detach().clone() for name, p in net.state_dict().items()}


def write(place: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors, and what is to be said of them, whole or not at all."""
    from safetensors.torch import save_file

    part = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    flat = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    try:
        save_file(flat, str(part), metadata={"about": json.dumps(plain(about))})
        os.replace(part, place)
    except OSError as error:
        raise Refusal(
            f"cannot write {str(place)!r}: {error.strerror or error}", "", "choose another place"
        ) from None
    finally:
        part.unlink(missing_ok=True)


def read(place: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `write` wrote.

    Raises
    ------
    Refusal
        Where there is no such file, or it is none of ours.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(place), framework="pt") as file:
            about = json.loads((file.metadata() or {})["about"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError):
        raise Refusal(
            f"{str(place)!r} is no network of lawful", "a file that lawful train has written"
        ) from None
    return tensors, about


def parted(
    tensors: Mapping[str, Tensor], device: torch.device | str = "cpu"
) -> dict[str, dict[str, Tensor]]:
    """Tensors by what stands before the first dot of their names.

    >>> list(parted({"net.a.b": torch.ones(1), "best.a.b": torch.ones(1)}))
    ['net', 'best']
    """
    out: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        head, _, rest = name.partition(".")
        out.setdefault(head, {})[rest] = tensor.to(device)
    return out
