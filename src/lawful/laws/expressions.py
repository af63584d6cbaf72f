"""Reading formulas safely: text becomes SymPy by parsing Python's grammar, never by evaluation.

Only numbers, names, + − * / **, and the functions in `FUNCTIONS` are read;
anything else is refused with the place where it stands.
"""

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from lawful.refusal import Refusal
