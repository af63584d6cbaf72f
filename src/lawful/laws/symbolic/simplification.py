"""How long a formula is, and how short it can be written.

    complexity = constants + variables + operations

A sign costs nothing, and an exponent comes with its power: x**2 and sqrt(x) count 2.

Simplification is bounded. Multiplying out and drawing out factors are tried on whatever stays
short; SymPy's own `simplify` on short formulas alone, and for so many calls of functions, not
for so long a time, so that the answer does not hang on the speed of the machine. Without a
bound it is known to run for hours on a few lines.
"""

import sys
from collections.abc import Callable, Iterator
from inspect import CO_GENERATOR
from types import FrameType
from typing import TYPE_CHECKING, Any

from lawful.expressions import parse

if TYPE_CHECKING:
    import sympy

LONGEST = 40  # complexity up to which SymPy's `simplify` is tried
MOST_CALLS = 400_000  # of Python functions, that it may make
SHORTER = 0.8  # of the length multiplied out: what another way of writing must save
MOST_TERMS = 200  # that multiplying out may make


def complexity(expression: "str | sympy.Expr") -> int:
    """Constants, variables and operations of a formula, counted.

    Examples
    --------
    >>> complexity("x"), complexity("x**2"), complexity("-x*vy"), complexity("0.5*v**2 + 2")
    (1, 2, 3, 6)
    >>> complexity("v**2/2"), complexity("k/x"), complexity("v**2/2 + w**2/2 - k/sqrt(x)")
    (4, 3, 14)
    """
    whole = parse(expression) if isinstance(expression, str) else expression
    count, pending = 0, [whole]
    while pending:
        node = pending.pop()
        own, parts = _taken_apart(node)
        count += own
        pending += parts
    return count


def _taken_apart(node: "sympy.Expr") -> "tuple[int, list[Any]]":
    """What a node itself counts, and its parts."""
    if node.is_Mul:
        factors = [f for f in node.args if not (f.is_Number and float(f) == -1.0)]
        below = [_is_below(factor) for factor in factors]
        under = [1 / f if is_below else f for f, is_below in zip(factors, below, strict=True)]
        return len(factors) - 1 + all(below), under
    if node.is_Add:
        return len(node.args) - 1, list(node.args)
    if node.is_Pow:
        parts = [node.base] if node.exp.is_number else [node.base, node.exp]
        return (abs(node.exp) != 1) + _is_below(node), parts
    return 1, list(node.args)


def _is_below(factor: "sympy.Expr") -> bool:
    """Whether a factor is written under the bar: the inverse of something."""
    return bool(factor.is_Pow and factor.exp.is_number and factor.exp.is_negative)


def simplified(expression: str) -> str:
    """The shortest way found to write a formula; the formula itself where none is shorter.

    Examples
    --------
    >>> simplified("x*(x + y) - x*y")
    'x**2'
    >>> simplified("0.5*vx**2 + 0.5*vy**2 - 2/x")
    '0.5*vx**2 + 0.5*vy**2 - 2/x'
    >>> simplified("sin(a)**2 + cos(a)**2")
    '1'
    """
    return written(shortest(parse(expression)))


def written(expression: "sympy.Expr") -> str:
    """The text of a formula; of a lone number too, without noughts at its end.

    >>> written(parse("1.5")), written(parse("1.5*x"))
    ('1.5', '1.5*x')
    """
    return f"{float(expression):.12g}" if expression.is_Float else str(expression)


def shortest(expression: "sympy.Expr") -> "sympy.Expr":
    """The same for a SymPy expression: multiplied out, unless another way is much shorter."""
    flat, *others = [without_ones(form) for form in _ways(expression)]
    best = min(others, key=complexity)
    return best if complexity(best) <= SHORTER * complexity(flat) else flat


def without_ones(expression: "sympy.Expr") -> "sympy.Expr":
    """A factor 1.0 is none, and 2.0 as an exponent is 2; other floats stay floats."""
    import sympy as sp

    ones = {f: sp.Integer(int(f)) for f in expression.atoms(sp.Float) if abs(float(f)) == 1.0}
    powers = {
        p: sp.Pow(p.base, sp.Rational(str(float(p.exp))))
        for p in expression.atoms(sp.Pow)
        if p.exp.is_Float and (2 * float(p.exp)).is_integer()
    }
    return expression.xreplace(powers).xreplace(ones) if ones or powers else expression


def _ways(expression: "sympy.Expr") -> "Iterator[sympy.Expr]":
    import sympy as sp

    flat = expanded(expression)
    yield flat
    yield expression
    if len(sp.Add.make_args(flat)) <= MOST_TERMS:
        yield sp.factor_terms(flat)
    if complexity(flat) <= LONGEST and _has_functions(flat):
        found = bounded(lambda: sp.simplify(flat))
        if found is not None:
            yield found


def _has_functions(node: "sympy.Expr") -> bool:
    """Whether `simplify` could know more of it than multiplying out does."""
    import sympy as sp

    below = (p for p in node.atoms(sp.Pow) if p.base.is_Add and p.exp.is_negative)
    return bool(node.atoms(sp.Function)) or any(p.exp.is_Integer for p in below)


def expanded(expression: "sympy.Expr") -> "sympy.Expr":
    """Multiplied out, where that makes no more than `MOST_TERMS` terms.

    >>> expanded(parse("x*(y + 2)")), expanded(parse("(a + b + c + d)**40"))
    (x*y + 2*x, (a + b + c + d)**40)
    """
    import sympy as sp

    return (
        sp.expand(expression, power_exp=False, log=False)
        if _terms(expression) <= MOST_TERMS
        else expression
    )


def _terms(node: "sympy.Expr") -> float:
    """A bound on how many terms multiplying out makes."""
    if node.is_Add:
        return sum(_terms(part) for part in node.args)
    count = 1.0
    if node.is_Mul:
        for part in node.args:
            count *= _terms(part)
    elif node.is_Pow and node.exp.is_Integer:
        count = min(_terms(node.base), 1e3) ** min(abs(int(node.exp)), 60)
    elif node.args:
        count = max(1.0, max(_terms(part) for part in node.args) / MOST_TERMS)
    return count


class _EnoughError(BaseException):
    """Raised inside SymPy when the calls allowed are used up."""


def bounded(work: "Callable[[], sympy.Expr]", most: int = MOST_CALLS) -> "sympy.Expr | None":
    """What `work` gives within so many calls of Python functions; None where it needs more.

    >>> bounded(lambda: sum(n for n in range(10))), bounded(lambda: sum(n for n in range(99)), 50)
    (45, None)
    """
    left = most

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        left -= event == "call"
        # An error raised while a generator is being closed would be lost.
        if left < 0 and not frame.f_code.co_flags & CO_GENERATOR:
            raise _EnoughError

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return work()
    except (_EnoughError, ArithmeticError, ValueError, TypeError, RecursionError):
        return None  # SymPy gives up on some formulas with one of these
    finally:
        sys.setprofile(before)
