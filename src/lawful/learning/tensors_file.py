"""Safetensors files read whole: named arrays, and words beside them; never code.

Format: https://huggingface.co/docs/safetensors.
"""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lawful.refusal import Refusal


def tensors_in(path: str | Path, wanted: str) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    """The metadata and the arrays of a file.

    Parameters
    ----------
    path
        The file.
    wanted
        What it should be, for the refusal.

    Raises
    ------
    Refusal
        Where there is no such file, or it is no safetensors file.

    Examples
    --------
    >>> tensors_in("missing", "a network")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: cannot read 'missing': ...; expected a network
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise Refusal(f"cannot read {str(path)!r}: {error}", wanted) from None
