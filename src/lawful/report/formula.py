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
from itertools import pairwise
from typing import Any

from lawful.laws.law import Constant
from lawful.refusal import Refusal
from lawful.report.numbers import number, superscript

# fmt: off
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}
# fmt: on
_LONGEST = 4000  # characters of an expression that is still set as mathematics
_NAMED_FUNCTIONS = {"Abs": "abs", "log": "ln"}


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
    'g·y + v²/2'
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
    head = f"{_symbol(left)}<mo>=</mo>" if left else ""
    body = _math(f"{head}{_mathml(tree)}")
    text = f"{symbol_text(left)} = {_text(tree)}" if left else _text(tree)
    if distance is None:
        return Formula(body, text)
    where = _math(f"<mi>r</mi><mo>=</mo>{_mathml(distance)}")
    return Formula(body, text, where, f"r = {_text(distance)}")


def _math(body: str) -> str:
    return f'<math display="block">{body}</math>'


def _with_names(tree: Any, constants: Sequence[Constant]) -> Any:
    """The tree with simple fractions for simple floats, and constants by name."""
    import sympy as sp

    names = {
        c.name: float(c.value)
        for c in constants
        if c.value
        and re.fullmatch(r"[A-Za-z]\w*", c.name)
        and sp.Symbol(c.name) not in tree.free_symbols
    }

    def renamed(leaf: Any) -> Any:
        value = float(leaf)
        for name, constant in names.items():
            if abs(abs(value) - abs(constant)) <= 1e-9 * abs(constant):
                symbol = sp.Symbol(name)
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


# -- one walk over the tree, two ways to write each piece ----------------------------------------


def _terms(tree: Any) -> list[tuple[bool, Any]]:
    """The terms of a sum: whether each is taken away, and its magnitude."""
    terms = tree.as_ordered_terms() if tree.is_Add else [tree]
    signed = [(bool(t.as_coeff_Mul()[0].is_negative), t) for t in terms]
    signed = [(minus, -t if minus else t) for minus, t in signed]
    if len(signed) > 1 and signed[0][0]:  # a sum opens with what is added, where it can
        signed.sort(key=lambda pair: pair[0])
    return signed


def _quotient(tree: Any) -> tuple[list[Any], list[Any]]:
    """The factors above and below the line."""
    above: list[Any] = []
    below: list[Any] = []
    for factor in tree.as_ordered_factors() if tree.is_Mul else [tree]:
        if factor.is_Rational and not factor.is_Integer:
            above += [factor.p] if factor.p != 1 else []
            below.append(factor.q)
        elif factor.is_Pow and factor.exp.is_number and factor.exp.is_negative:
            below.append(1 / factor)
        elif factor != 1:
            above.append(factor)
    return above, below


def _mathml(tree: Any) -> str:
    signed = _terms(tree)
    if len(signed) == 1 and not signed[0][0]:
        return _product(signed[0][1])
    pieces = []
    for k, (minus, term) in enumerate(signed):
        if k or minus:
            pieces.append("<mo>−</mo>" if minus else "<mo>+</mo>")
        pieces.append(_product(term))
    return "<mrow>" + "".join(pieces) + "</mrow>"


def _product(tree: Any) -> str:
    above, below = _quotient(tree)
    if below:
        return f"<mfrac>{_factors(above)}{_factors(below)}</mfrac>"
    return _factors(above)


def _factors(factors: list[Any]) -> str:
    if not factors:
        return "<mn>1</mn>"
    if len(factors) == 1:
        return _factor(factors[0], alone=True)
    pieces = [_factor(factors[0])]
    for before, factor in pairwise(factors):
        dot = "<mo>·</mo>" if _is_number(factor) or _is_scientific(before) else "<mo>\u2062</mo>"
        pieces.append(dot + _factor(factor))
    return "<mrow>" + "".join(pieces) + "</mrow>"


def _factor(tree: Any, *, alone: bool = False) -> str:
    """One factor of a product, in brackets where it must be."""
    if isinstance(tree, int) or tree.is_Number:
        return _number(tree)
    if tree.is_Symbol:
        return _symbol(tree.name)
    if tree.is_Pow:
        return _power(tree)
    if tree.is_Function:
        return _function(tree)
    if tree.is_Add or tree.is_Mul:
        return _mathml(tree) if alone else _bracketed(_mathml(tree))
    return f"<mi>{escape(str(tree))}</mi>"


def _power(tree: Any) -> str:
    import sympy as sp

    base, exponent = tree.base, tree.exp
    if base is sp.E:
        return f"<msup><mi>e</mi>{_mathml(exponent)}</msup>"
    if exponent == sp.Rational(1, 2):
        return f"<msqrt>{_mathml(base)}</msqrt>"
    if exponent.is_negative:
        return _product(tree)
    if base.is_Symbol:
        return f"<msup>{_symbol(base.name)}{_mathml(exponent)}</msup>"
    if base.is_Function and base.func.__name__ not in ("Abs", "exp"):
        name = _NAMED_FUNCTIONS.get(base.func.__name__, base.func.__name__)
        return (
            f"<mrow><msup><mi>{escape(name)}</mi>{_mathml(exponent)}</msup><mo>\u2061</mo>"
            f"{_arguments(base)}</mrow>"
        )
    return f"<msup>{_bracketed(_mathml(base))}{_mathml(exponent)}</msup>"


def _function(tree: Any) -> str:
    name = tree.func.__name__
    if name == "exp":
        return f"<msup><mi>e</mi>{_mathml(tree.args[0])}</msup>"
    if name == "Abs":
        return f"<mrow><mo>|</mo>{_mathml(tree.args[0])}<mo>|</mo></mrow>"
    name = _NAMED_FUNCTIONS.get(name, name)
    return f"<mrow><mi>{escape(name)}</mi><mo>\u2061</mo>{_arguments(tree)}</mrow>"


def _arguments(tree: Any) -> str:
    if len(tree.args) == 1 and tree.args[0].is_Symbol:
        return _symbol(tree.args[0].name)
    return _bracketed("<mo>,</mo>".join(map(_mathml, tree.args)))


def _bracketed(body: str) -> str:
    return f"<mrow><mo>(</mo>{body}<mo>)</mo></mrow>"


def _is_number(tree: Any) -> bool:
    return isinstance(tree, int) or tree.is_Number


def _is_scientific(tree: Any) -> bool:
    return _is_number(tree) and "×10" in number(float(tree), 5)


def _number(tree: Any) -> str:
    if isinstance(tree, int) or tree.is_Integer:
        return (
            f"<mn>{abs(int(tree))}</mn>"
            if tree >= 0
            else f"<mrow><mo>−</mo>{_number(-tree)}</mrow>"
        )
    if tree.is_Rational:
        return f"<mfrac><mn>{tree.p}</mn><mn>{tree.q}</mn></mfrac>"
    mantissa, _, power = number(float(tree), 5).partition("×10")
    sign = "<mo>−</mo>" if mantissa.startswith("−") else ""
    digits = f"{sign}<mn>{mantissa.lstrip('−')}</mn>"
    if not power:
        return f"<mrow>{digits}</mrow>" if sign else digits
    exponent = power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−"))
    return f"<mrow>{digits}<mo>×</mo><msup><mn>10</mn><mn>{exponent}</mn></msup></mrow>"


def _parts(name: str) -> tuple[str, str, str]:
    """A name's letter, its subscript, and whether a dot stands over it.

    >>> _parts("vx"), _parts("theta2"), _parts("theta_dot"), _parts("prey")
    (('v', 'x', ''), ('θ', '2', ''), ('θ', '', '˙'), ('prey', '', ''))
    """
    dot = re.fullmatch(r"(\w+?)_?dot|d(theta|phi|psi)\d*", name)
    if dot and dot[1]:
        letter, below, _ = _parts(dot[1])
        return letter, below, "˙"
    split = (
        re.fullmatch(r"([A-Za-z]+)_?(\d+)", name)
        or re.fullmatch(r"([vpaugLBFwA])([xyzr]\d*)", name)
        or re.fullmatch(r"([^\W_]+)_(\w+)", name)
    )
    letter, below = (split[1], split[2]) if split else (name, "")
    if split and len(letter) > 1 and letter[0] in "vpaL" and letter[1:] in ("x", "y", "z"):
        letter, below = letter[0], letter[1:] + below
    return _GREEK.get(letter, letter), _GREEK.get(below, below), ""


def _symbol(name: str) -> str:
    letter, below, dot = (escape(part) for part in _parts(name))
    body = f"<mi>{letter}</mi>"
    if dot:
        body = f'<mover accent="true">{body}<mo>{dot}</mo></mover>'
    if not below:
        return body
    kind = "mn" if below.isdigit() else "mi"
    return f"<msub>{body}<{kind}>{below}</{kind}></msub>"


def symbol_text(name: str) -> str:
    """A symbol's name as the formulas write it.

    >>> symbol_text("omega")
    'ω'
    """
    return _GREEK.get(name, name)


def _text(tree: Any) -> str:
    out = ""
    for k, (minus, term) in enumerate(_terms(tree)):
        out += (" − " if k else "−") if minus else (" + " if k else "")
        out += _product_text(term)
    return out


def _product_text(tree: Any) -> str:
    above, below = _quotient(tree)
    top = "·".join(map(_factor_text, above)) or "1"
    if not below:
        return top
    bottom = "·".join(map(_factor_text, below))
    return f"{top}/({bottom})" if len(below) > 1 else f"{top}/{bottom}"


def _factor_text(tree: Any) -> str:
    import sympy as sp

    if isinstance(tree, int) or tree.is_Integer:
        return str(int(tree))
    if tree.is_Number:
        return number(float(tree), 4)
    if tree.is_Symbol:
        return symbol_text(tree.name)
    if tree.is_Pow and tree.exp == sp.Rational(1, 2):
        inner = _text(tree.base)
        return f"√{inner}" if tree.base.is_Symbol else f"√({inner})"
    if tree.is_Pow and not (tree.exp.is_number and tree.exp.is_negative):
        base = _factor_text(tree.base)
        base = f"({base})" if tree.base.is_Mul or tree.base.is_Number else base
        if tree.exp.is_Integer:
            return f"{base}{superscript(int(tree.exp))}"
        return f"{base}^({_text(tree.exp)})"
    if tree.is_Function:
        name = _NAMED_FUNCTIONS.get(tree.func.__name__, tree.func.__name__)
        return f"{name}({', '.join(map(_text, tree.args))})"
    return f"({_text(tree)})" if tree.is_Add or tree.is_Mul or tree.is_Pow else str(tree)
