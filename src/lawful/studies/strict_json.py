"""Results as JSON can hold them: numbers that are none become null.

    NaN, ∞ → null     arrays → lists     NumPy's numbers → Python's

RFC 8259 knows neither NaN nor infinity, and readers in other languages refuse them.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def strict(value: Any) -> Any:
    """A value, and all within it, as strict JSON holds it.

    Examples
    --------
    >>> strict({"a": np.array([1.0, np.nan]), "b": (np.int64(2), "c", True, None)})
    {'a': [1.0, None], 'b': [2, 'c', True, None]}
    """
    if isinstance(value, Mapping):
        return {str(name): strict(part) for name, part in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [strict(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
