"""A law's formula for reading: as MathML for a page, as one line for a terminal.

    "0.5*vx**2 + 0.5*vy**2 - 0.0003/sqrt(x**2 + y**2)"  ->  ½vx² + ½vy² − GM/r,  r = √(x² + y²)

Numbers that are constants of the law take their names again; a distance that
occurs is written r and explained. The MathML is presentation MathML Core
(W3C), which browsers draw by themselves.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import Any

from lawful.laws.law import Constant
from lawful.refusal import Refusal
from lawful.report.line import Line
from lawful.report.mathml import MathML
from lawful.report.order import Order
from lawful.report.symbols import symbol_mathml, symbol_text

_LONGEST = 4000  # characters of an expression that is still set as mathematics


@dataclass(frozen=True)
class Formula:
    """A formula in two dresses, and what its abbreviations mean, in the same two."""

    mathml: str
    text: str
    where_mathml: str = ""
    where_text: str = ""


def formula(expression: str, constants: Sequence[Constant] = (), left: str = "") -> Formula:
    """Dress `expression` for reading.

    Parameters
    ----------
    expression
        A string that `lawful.expressions.parse` takes.
    constants
        Numbers of the expression that have names.
    left
        A name to stand before an equals sign; may be empty.

    Returns
    -------
    Formula
        Where the expression cannot be read, its own text, escaped.

    Examples
    --------
    >>> formula("0.5*v**2 + 9.81*y", [Constant("g", 9.81, 9.8, 9.82)]).text
    'v²/2 + g·y'
    >>> formula("vx**2/2 - 1/sqrt(x**2 + y**2)").where_text
    'r = √(x² + y²)'
    """
    from lawful.expressions import parse

    try:
        if len(expression) > _LONGEST:
            raise Refusal("a formula too long to set")
        tree = parse(expression)
    except Refusal:
        return Formula(f"<code>{escape(expression)}</code>", expression)
    tree, distance = _with_distance(_with_names(tree, constants))
    order = Order(expression)
    head = f"{symbol_mathml(left)}<mo>=</mo>" if left else ""
    body = _math(f"{head}{MathML(order).write(tree)}")
    text = f"{symbol_text(left)} = {Line(order).write(tree)}" if left else Line(order).write(tree)
    if distance is None:
        return Formula(body, text)
    where = _math(f"<mi>r</mi><mo>=</mo>{MathML(order).write(distance)}")
    return Formula(body, text, where, f"r = {Line(order).write(distance)}")


def _math(body: str) -> str:
    return f'<math display="block">{body}</math>'


def _with_names(tree: Any, constants: Sequence[Constant]) -> Any:
    """The tree with simple fractions for simple floats, and constants by name."""
    import sympy as sp

    names = {
        c.name: float(c.value)
        for c in constants
        if c.value
        and not c.exact
        and re.fullmatch(r"[A-Za-z]\w*", c.name)
        and sp.Symbol(c.name) not in tree.free_symbols
    }

    unused = dict(names)

    def renamed(leaf: Any) -> Any:
        value = float(leaf)
        for name, constant in [*unused.items(), *names.items()]:
            if abs(abs(value) - abs(constant)) <= 1e-9 * abs(constant):
                symbol = sp.Symbol(name)
                unused.pop(name, None)
                return symbol if (value > 0) == (constant > 0) else -symbol
        if not leaf.is_Float:
            return leaf
        simple = Fraction(value).limit_denominator(12)
        if abs(float(simple) - value) <= 1e-12 * abs(value):
            return sp.Rational(simple.numerator, simple.denominator)
        return leaf

    # Exponents stay: the 2 of v² is no constant, even where one has the value 2.
    def walk(node: Any) -> Any:
        if node.is_Number:
            return renamed(node)
        if node.is_Pow:
            exponent = renamed(node.exp) if node.exp.is_Float else node.exp
            exponent = node.exp if exponent.free_symbols and node.exp.is_Number else exponent
            return sp.Pow(walk(node.base), exponent if node.exp.is_Number else walk(node.exp))
        return node.func(*map(walk, node.args)) if node.args else node

    return walk(tree)


def _with_distance(tree: Any) -> tuple[Any, Any]:
    """The tree with r for the one √(a² + b² + …) in it, and that root."""
    import sympy as sp

    squares = {
        node.base
        for node in tree.atoms(sp.Pow)
        if node.exp.is_Rational
        and node.exp.q == 2
        and node.base.is_Add
        and all(t.is_Pow and t.base.is_Symbol and t.exp == 2 for t in node.base.args)
    }
    r = sp.Symbol("r", positive=True)
    if len(squares) != 1 or any(symbol.name == "r" for symbol in tree.free_symbols):
        return tree, None
    square = next(iter(squares))
    return tree.replace(
        lambda n: n.is_Pow and n.base == square, lambda n: r ** (2 * n.exp)
    ), sp.sqrt(square)
