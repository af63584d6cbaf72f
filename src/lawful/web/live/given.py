"""What a page says, checked: numbers, whole numbers, names, rows of numbers.

A page can say anything; what cannot be meant is refused before it is used.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

Array = NDArray[np.float64]


def number(what: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number from `low` to `high`.

    Raises
    ------
    Refusal
        For anything else.

    Examples
    --------
    >>> number("rate", 1, 0.0, 10.0)
    1.0
    >>> number("rate", "fast", 0.0, 10.0)
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: rate 'fast'; expected a number from 0 to 10
    """
    sound = isinstance(value, int | float) and not isinstance(value, bool)
    if not (sound and math.isfinite(value) and low <= value <= high):
        bounds = [f"from {low:g}"] * (low > -math.inf) + [f"to {high:g}"] * (high < math.inf)
        raise Refusal(f"{what} {_short(value)}", " ".join(["a number", *bounds]))
    return float(value)


def whole(what: str, value: Any, low: int = 0, high: int = 2**31 - 1) -> int:
    """A whole number from `low` to `high`.

    >>> whole("sample", 3.0, 0, 9)
    3
    """
    sound = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    if not (sound and low <= value <= high and value == int(value)):
        raise Refusal(f"{what} {_short(value)}", f"a whole number from {low} to {high}")
    return int(value)


def text(what: str, value: Any, longest: int = 200) -> str:
    """Text of at most so many letters.

    >>> text("name", "moons")
    'moons'
    """
    if not isinstance(value, str) or len(value) > longest:
        raise Refusal(f"{what} {_short(value)}", f"text of at most {longest} letters")
    return value


def names(what: str, value: Any, longest: int = 64) -> str | list[str]:
    """A name, or a list of names.

    >>> names("activations", ["tanh", "relu"])
    ['tanh', 'relu']
    """
    if isinstance(value, str):
        return text(what, value)
    if isinstance(value, Sequence) and len(value) <= longest:
        return [text(what, one) for one in value]
    raise Refusal(f"{what} {_short(value)}", "a name, or a list of names")


def row(what: str, value: Any, length: int) -> Array:
    """So many finite numbers.

    >>> row("input", [1, 2.5], 2)
    array([1. , 2.5])
    """
    if not isinstance(value, list | tuple) or len(value) != length:
        raise Refusal(f"{what} {_short(value)}", f"{length} numbers")
    return np.array([number(what, one, -1e6, 1e6) for one in value])


def _short(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 60 else said[:57] + "…"
