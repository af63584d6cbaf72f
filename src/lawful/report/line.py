"""A formula as one line of text, for a terminal."""

from dataclasses import dataclass
from typing import Any

from lawful.report.mathml import NAMED_FUNCTIONS
from lawful.report.numbers import number, superscript
from lawful.report.order import Order
from lawful.report.symbols import symbol_text


@dataclass(frozen=True)
class Line:
    """Writes SymPy trees as text, in the order of `order`.

    >>> from lawful.expressions import parse
    >>> Line(Order()).write(parse("v**2/2 + sqrt(x)"))
    'v²/2 + √x'
    """

    order: Order

    def write(self, tree: Any) -> str:
        """The text of a tree."""
        out = ""
        for k, (minus, term) in enumerate(self.order.terms(tree)):
            out += (" − " if k else "−") if minus else (" + " if k else "")
            out += self._product(term)
        return out

    def _product(self, tree: Any) -> str:
        above, below = self.order.quotient(tree)
        top = "·".join(map(self._factor, above)) or "1"
        if not below:
            return top
        bottom = "·".join(map(self._factor, below))
        return f"{top}/({bottom})" if len(below) > 1 else f"{top}/{bottom}"

    def _factor(self, tree: Any) -> str:
        import sympy as sp

        if isinstance(tree, int) or tree.is_Integer:
            return str(int(tree))
        if tree.is_Number:
            return number(float(tree), 4)
        if tree.is_Symbol:
            return symbol_text(tree.name)
        if tree.is_Pow and tree.exp == sp.Rational(1, 2):
            inner = self.write(tree.base)
            return f"√{inner}" if tree.base.is_Symbol else f"√({inner})"
        if tree.is_Pow and not (tree.exp.is_number and tree.exp.is_negative):
            base = self._factor(tree.base)
            base = f"({base})" if tree.base.is_Mul or tree.base.is_Number else base
            if tree.exp.is_Integer:
                return f"{base}{superscript(int(tree.exp))}"
            return f"{base}^({self.write(tree.exp)})"
        if tree.is_Function:
            name = NAMED_FUNCTIONS.get(tree.func.__name__, tree.func.__name__)
            return f"{name}({', '.join(map(self.write, tree.args))})"
        return f"({self.write(tree)})" if tree.is_Add or tree.is_Mul or tree.is_Pow else str(tree)
