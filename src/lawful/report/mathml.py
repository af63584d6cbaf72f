"""A formula as presentation MathML Core (W3C), which browsers draw by themselves."""

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

from lawful.report.numbers import number
from lawful.report.order import Order
from lawful.report.symbols import symbol_mathml

_TIMES, _OF = "\u2062", "\u2061"  # invisible: a product, a function of
_THIN = '<mspace width="0.17em"></mspace>'
NAMED_FUNCTIONS = {"Abs": "abs", "log": "ln"}


@dataclass(frozen=True)
class MathML:
    """Writes SymPy trees as MathML, in the order of `order`.

    >>> from lawful.expressions import parse
    >>> MathML(Order()).write(parse("x/2"))
    '<mfrac><mi>x</mi><mn>2</mn></mfrac>'
    """

    order: Order

    def write(self, tree: Any) -> str:
        """The MathML of a tree, without the `math` element around it."""
        signed = self.order.terms(tree)
        if len(signed) == 1 and not signed[0][0]:
            return self._product(signed[0][1])
        pieces = []
        for k, (minus, term) in enumerate(signed):
            if k or minus:
                pieces.append("<mo>−</mo>" if minus else "<mo>+</mo>")
            pieces.append(self._product(term))
        return "<mrow>" + "".join(pieces) + "</mrow>"

    def _product(self, tree: Any) -> str:
        above, below = self.order.quotient(tree)
        if below:
            return f"<mfrac>{self._factors(above)}{self._factors(below)}</mfrac>"
        return self._factors(above)

    def _factors(self, factors: list[Any]) -> str:
        if not factors:
            return "<mn>1</mn>"
        if len(factors) == 1:
            return self._factor(factors[0], alone=True)
        pieces = [self._factor(factors[0])]
        for before, factor in pairwise(factors):
            if not isinstance(factor, int) and factor.is_Function:
                pieces.append(f"{_THIN}{self._factor(factor)}")
                continue
            apart = _is_number(factor) or _is_scientific(before)
            pieces.append(f"<mo>{'·' if apart else _TIMES}</mo>{self._factor(factor)}")
        return "<mrow>" + "".join(pieces) + "</mrow>"

    def _factor(self, tree: Any, *, alone: bool = False) -> str:
        """One factor of a product, in brackets where it must be."""
        if isinstance(tree, int) or tree.is_Number:
            return _number(tree)
        if tree.is_Symbol:
            return symbol_mathml(tree.name)
        if tree.is_Pow:
            return self._power(tree)
        if tree.is_Function:
            return self._function(tree)
        if tree.is_Add or tree.is_Mul:
            return self.write(tree) if alone else _bracketed(self.write(tree))
        return f"<mi>{escape(str(tree))}</mi>"

    def _power(self, tree: Any) -> str:
        import sympy as sp

        base, exponent = tree.base, tree.exp
        if base is sp.E:
            return f"<msup><mi>e</mi>{self.write(exponent)}</msup>"
        if exponent == sp.Rational(1, 2):
            return f"<msqrt>{self.write(base)}</msqrt>"
        if exponent.is_negative:
            return self._product(tree)
        if base.is_Symbol:
            return raised(base.name, self.write(exponent))
        if base.is_Function and base.func.__name__ not in ("Abs", "exp"):
            name = NAMED_FUNCTIONS.get(base.func.__name__, base.func.__name__)
            return (
                f"<mrow><msup><mi>{escape(name)}</mi>{self.write(exponent)}</msup><mo>{_OF}</mo>"
                f"{self._arguments(base)}</mrow>"
            )
        return f"<msup>{_bracketed(self.write(base))}{self.write(exponent)}</msup>"

    def _function(self, tree: Any) -> str:
        name = tree.func.__name__
        if name == "exp":
            return f"<msup><mi>e</mi>{self.write(tree.args[0])}</msup>"
        if name == "Abs":
            return f"<mrow><mo>|</mo>{self.write(tree.args[0])}<mo>|</mo></mrow>"
        name = NAMED_FUNCTIONS.get(name, name)
        head = f"<mi>{escape(name)}</mi><mo>{_OF}</mo>"
        return f"<mrow>{head}{self._arguments(tree)}</mrow>"

    def _arguments(self, tree: Any) -> str:
        if len(tree.args) == 1 and tree.args[0].is_Symbol:
            return _THIN + symbol_mathml(tree.args[0].name)
        return _bracketed("<mo>,</mo>".join(map(self.write, tree.args)))


def raised(name: str, exponent: str) -> str:
    """A symbol with an exponent above its index, not after it."""
    symbol = symbol_mathml(name)
    if symbol.startswith("<msub>"):
        return f"<msubsup>{symbol[6:-7]}{exponent}</msubsup>"
    return f"<msup>{symbol}{exponent}</msup>"


def _bracketed(body: str) -> str:
    return f"<mrow><mo>(</mo>{body}<mo>)</mo></mrow>"


def _is_number(tree: Any) -> bool:
    return isinstance(tree, int) or tree.is_Number


def _is_scientific(tree: Any) -> bool:
    return _is_number(tree) and "×10" in number(float(tree), 5)


def _number(tree: Any) -> str:
    if isinstance(tree, int) or tree.is_Integer:
        digits = f"<mn>{abs(int(tree))}</mn>"
        return digits if tree >= 0 else f"<mrow><mo>−</mo>{digits}</mrow>"
    if tree.is_Rational:
        return f"<mfrac><mn>{tree.p}</mn><mn>{tree.q}</mn></mfrac>"
    mantissa, _, power = number(float(tree), 5).partition("×10")
    sign = "<mo>−</mo>" if mantissa.startswith("−") else ""
    digits = f"{sign}<mn>{mantissa.lstrip('−')}</mn>"
    if not power:
        return f"<mrow>{digits}</mrow>" if sign else digits
    exponent = power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−"))
    return f"<mrow>{digits}<mo>×</mo><msup><mn>10</mn><mn>{exponent}</mn></msup></mrow>"
