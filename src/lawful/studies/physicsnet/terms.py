"""The terms of a formula in one canonical form, however it was written.

    Σ_k c_k θ_k(x),   θ_k a product of variables, powers of sums and functions

Products are multiplied out, a sum inside a power has 1 for its first coefficient, the
logarithm of a product is a sum. Two bodies θ are compared by their structure, a text, and
by the numbers that stand inside them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lawful.expressions import parse

if TYPE_CHECKING:
    import sympy

_EXACT = 1e-6  # a power this near a simple fraction is it


@dataclass(frozen=True)
class Term:
    """`coefficient` times `body`, and the body's structure: its shape and inner numbers."""

    coefficient: float
    body: "sympy.Expr"
    shape: str
    numbers: tuple[float, ...]

    def like(self, other: "Term", relative: float) -> bool:
        """Whether both have one body, numbers inside it within `relative`."""
        return self.shape == other.shape and all(
            abs(a - b) <= relative * max(abs(a), abs(b), 1e-300)
            for a, b in zip(self.numbers, other.numbers, strict=True)
        )


def terms_of(expression: "str | sympy.Expr") -> tuple[Term, ...]:
    """The terms of a formula in one canonical form, the additive constant left out.

    Examples
    --------
    >>> [(t.coefficient, str(t.body)) for t in terms_of("3/sqrt(4*x**2 + 4*y**2) + 1")]
    [(1.5, '1/sqrt(x**2 + y**2)')]
    """
    import sympy as sp

    whole = parse(expression) if isinstance(expression, str) else expression
    found: list[Term] = []
    for part in sp.Add.make_args(_expanded(whole)):
        if not part.free_symbols:
            continue
        factor, body = _split(part)
        numbers: list[float] = []
        shape = _shape(body, numbers)
        term = Term(factor, body, shape, tuple(numbers))
        same = next((k for k, one in enumerate(found) if one.like(term, _EXACT)), None)
        if same is None:
            found.append(term)
        else:
            joint = found[same].coefficient + factor
            found[same] = Term(joint, body, shape, tuple(numbers))
    return tuple(t for t in found if abs(t.coefficient) > 0)


def _expanded(expression: "sympy.Expr") -> "sympy.Expr":
    """Sums of products, powers of sums with their content outside."""
    import sympy as sp

    whole = expression.replace(lambda e: e.is_Pow, _plain_power)
    whole = sp.expand_log(sp.expand(whole, trig=True), force=True)
    whole = whole.replace(lambda e: e.is_Pow and e.base.is_Add, _without_content)
    return sp.expand(whole)


def _plain_power(power: "sympy.Expr") -> "sympy.Expr":
    """A power with a simple fraction for exponent; a power of an odd power is one power."""
    import sympy as sp

    base, exponent = power.args
    if exponent.is_Float:
        near = sp.Rational(round(float(exponent) * 12), 12)
        exponent = near if abs(float(near) - float(exponent)) < _EXACT else exponent
    if base.is_Pow and base.exp.is_Integer and base.exp % 2 and not exponent.is_Integer:
        return base.base ** (base.exp * exponent)
    return base**exponent


def _without_content(power: "sympy.Expr") -> "sympy.Expr":
    """(c a + …)^n as c^n (a + …)^n, with c the first coefficient; its sign stays inside."""
    import sympy as sp

    base, exponent = power.args
    parts = sorted(sp.Add.make_args(sp.expand(base)), key=lambda p: _shape(_split(p)[1], []))
    first = abs(_split(parts[0])[0])
    if first == 1 or not first:
        return power
    inside = sp.Add(*(_scaled(part, 1 / first) for part in parts))
    return sp.Float(first) ** exponent * inside**exponent


def _scaled(part: "sympy.Expr", factor: float) -> "sympy.Expr":
    """A term times a number; a coefficient that comes to 1 is left away."""
    import sympy as sp

    size, body = _split(part)
    value = size * factor
    return sp.Integer(round(value)) * body if value == round(value) else sp.Float(value) * body


def _split(part: "sympy.Expr") -> "tuple[float, sympy.Expr]":
    """A term's number and the rest."""
    import sympy as sp

    constant, body = part.as_independent(*part.free_symbols, as_Add=False)
    return (float(constant), body) if part.free_symbols else (float(part), sp.Integer(1))


def _shape(body: "sympy.Expr", numbers: list[float]) -> str:
    """The structure of an expression as text; its numbers, in order, into `numbers`."""
    if not body.free_symbols:
        numbers.append(float(body))
        return "#"
    if body.is_Symbol:
        return str(body)
    if body.is_Pow and body.exp.is_Rational:
        return f"({_shape(body.base, numbers)})^{body.exp}"
    if body.is_Add:
        return _of_parts("+", [_weighted(part) for part in body.args], numbers)
    if body.is_Mul:
        factor, rest = _split(body)
        parts = [_parted(part) for part in (rest.args if rest.is_Mul else (rest,))]
        if factor != 1:
            parts.append(("#", [factor]))
        return _of_parts("*", parts, numbers)
    inner = [_shape(part, numbers) for part in body.args]
    return f"{type(body).__name__}({', '.join(inner)})"


def _parted(part: "sympy.Expr") -> tuple[str, list[float]]:
    numbers: list[float] = []
    return _shape(part, numbers), numbers


def _weighted(part: "sympy.Expr") -> tuple[str, list[float]]:
    """A term of an inner sum, its coefficient always written, 1 included."""
    factor, body = _split(part)
    shape, numbers = _parted(body)
    return f"#{shape}", [factor, *numbers]


def _of_parts(sign: str, parts: list[tuple[str, list[float]]], numbers: list[float]) -> str:
    parts = sorted(parts)
    for _, inner in parts:
        numbers += inner
    return f"({sign.join(shape for shape, _ in parts)})"
