"""How long a formula is, and how short it can be written.

    complexity = constants + variables + operations

A sign, and the exponent of a power, come with their operation: x**2 and sqrt(x) count 2.

Simplification is bounded: what grows no further than the formula itself is always tried,
SymPy's own `simplify` only on short formulas and for so many calls of functions, not for so
long a time, so that the answer is the same on every machine. It is known to run for hours on
formulas of a few lines.
"""

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from lawful.expressions import parse

if TYPE_CHECKING:
    import sympy

LONGEST = 30  # complexity up to which SymPy's `simplify` is tried
MOST_CALLS = 300_000  # of Python functions, that it may make
MOST_TERMS = 60  # of a product multiplied out


def complexity(expression: "str | sympy.Expr") -> int:
    """Constants, variables and operations of a formula, counted.

    Examples
    --------
    >>> complexity("x"), complexity("x**2"), complexity("-x*vy"), complexity("0.5*v**2 + 2")
    (1, 2, 3, 6)
    >>> complexity("v**2/2"), complexity("1/sqrt(x**2 + y**2)")
    (4, 8)
    """
    whole = parse(expression) if isinstance(expression, str) else expression
    count, pending = 0, [whole]
    while pending:
        node = pending.pop()
        count += _own(node)
        pending += _parts(node)
    return count


def _own(node: "sympy.Expr") -> int:
    """What a node counts, its parts apart."""
    if node.is_Number or node.is_Symbol or node.is_NumberSymbol:
        return 1
    if node.is_Add or node.is_Mul:
        return len(_parts(node)) - 1 + (node.is_Mul and _is_quotient_of_one(node))
    if node.is_Pow and node.exp == -1:
        return 2  # one over something
    return 1 + (node.is_Pow and node.exp.is_number and node.exp.is_negative and node.exp != -1)


def _is_quotient_of_one(node: "sympy.Expr") -> int:
    return 0


def _parts(node: "sympy.Expr") -> "list[sympy.Expr]":
    if node.is_Pow:
        return [node.base] if node.exp.is_number else [node.base, node.exp]
    return list(node.args)
