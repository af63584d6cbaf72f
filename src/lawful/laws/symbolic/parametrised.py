"""A formula with its constants set free.

    Q(x) = Σ_k a_k θ_k(x; b)

The a are the coefficients of its terms, the b all other numbers that are no exponents and
not exact: the 0.3 of exp(0.3*x), while the 2 of (x + 2)**2 stays. Powers and logarithms of
sums are written with the first coefficient 1, or a factor could hide in either place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.expressions import compiled, names_in
from lawful.laws.symbolic.simplification import expanded

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]
Columns = Mapping[str, Array]

DIGITS = 12  # of a number in a formula
LARGEST = 1e100  # value of a term; its square must be a number, too


@dataclass(frozen=True)
class Parametrised:
    """A formula's terms and numbers.

    Attributes
    ----------
    bodies
        θ_k as text, without its coefficient; "1" for a constant term.
    coefficients
        a, shape (terms,).
    names, inner
        The b: how they are called in the bodies, and their values.
    """

    bodies: tuple[str, ...]
    coefficients: Array
    names: tuple[str, ...]
    inner: Array

    @classmethod
    def of(cls, expression: "sympy.Expr", *, multiplied_out: bool = True) -> "Parametrised":
        """Take a formula apart.

        Examples
        --------
        >>> from lawful.expressions import parse
        >>> made = Parametrised.of(parse("3*x**2 - exp(0.5*y) + 7"))
        >>> made.bodies, made.coefficients.tolist(), made.inner.tolist()
        (('1', 'x**2', 'exp(b0_*y)'), [7.0, 3.0, -1.0], [0.5])
        >>> made = Parametrised.of(parse("2/sqrt(4.0*x**2 + 8.0*y**2)"))
        >>> made.bodies, made.coefficients.tolist(), made.inner.tolist()
        (('1/sqrt(b0_*y**2 + x**2)',), [1.0], [2.0])
        """
        import sympy as sp

        flat = _normal(expanded(expression) if multiplied_out else expression)
        flat = expanded(flat) if multiplied_out else flat
        total: dict[Any, float] = {}
        for term in sp.Add.make_args(flat):
            number, body = term.as_independent(*flat.free_symbols, as_Add=False)
            total[body] = total.get(body, 0.0) + float(number)
        free: dict[Any, Any] = {}
        bodies = [str(_freed(body, free)) for body in total]
        order = sorted(range(len(bodies)), key=lambda k: (bodies[k] != "1", len(bodies[k]), k))
        return cls(
            tuple(bodies[k] for k in order),
            np.array([list(total.values())[k] for k in order]),
            tuple(str(name) for name in free),
            np.array([float(value) for value in free.values()]),
        )

    def values(self, columns: Columns, inner: Array | None = None) -> Array:
        """The terms on columns, shape (samples, terms); not finite where they have none."""
        given = dict(zip(self.names, self.inner if inner is None else inner, strict=True))
        shape = np.broadcast_shapes(*(np.shape(c) for c in columns.values()))
        out = np.empty((*shape, len(self.bodies)))
        with np.errstate(all="ignore"):
            for k, body in enumerate(self.bodies):
                out[..., k] = compiled(body)({**columns, **given})
            out[~(np.abs(out) < LARGEST)] = np.nan
        return out

    def uses(self, name: str) -> bool:
        """Whether a column occurs in it."""
        return any(name in names_in(body) for body in self.bodies)

    def with_numbers(self, coefficients: Array, inner: Array | None = None) -> "Parametrised":
        """The same terms with other numbers."""
        b = self.inner if inner is None else inner
        return Parametrised(self.bodies, np.asarray(coefficients, dtype=float), self.names, b)

    def restricted(self, keep: Sequence[int]) -> "Parametrised":
        """Only some of the terms."""
        kept = tuple(self.bodies[k] for k in keep)
        used = [
            k for k, name in enumerate(self.names) if any(name in names_in(body) for body in kept)
        ]
        names = tuple(self.names[k] for k in used)
        return Parametrised(kept, self.coefficients[list(keep)], names, self.inner[used])

    def expression(self, exact: "Mapping[int, sympy.Rational] | None" = None) -> "sympy.Expr":
        """The formula, its numbers put in; `exact` holds those known to be rational.

        The keys of `exact` count the coefficients first, then the inner numbers.
        """
        import sympy as sp

        from lawful.expressions import parse

        known, count = exact or {}, len(self.bodies)
        put = {
            sp.Symbol(name): known.get(count + k, _number(value))
            for k, (name, value) in enumerate(zip(self.names, self.inner, strict=True))
        }
        terms = [
            known.get(k, _number(value)) * parse(body).xreplace(put)
            for k, (body, value) in enumerate(zip(self.bodies, self.coefficients, strict=True))
        ]
        return sp.Add(*terms)


def _number(value: float) -> "sympy.Expr":
    """A number with few enough digits to be read; 1 where it is that to the last of them."""
    import sympy as sp

    shown = float(f"{value:.{DIGITS}g}")
    return sp.Integer(int(shown)) if abs(shown) == 1 else sp.Float(repr(shown))


def _freed(node: "sympy.Expr", free: dict[Any, Any]) -> "sympy.Expr":
    """The same tree with a symbol for each float that is no exponent; `free` collects them."""
    import sympy as sp

    if node.is_Float:
        name = sp.Symbol(f"b{len(free)}_")
        free[name] = node
        return name
    if node.is_Pow and node.exp.is_number:
        return sp.Pow(_freed(node.base, free), node.exp)
    return node.func(*(_freed(part, free) for part in node.args)) if node.args else node


def _normal(node: "sympy.Expr") -> "sympy.Expr":
    """Factors drawn out of powers and logarithms of sums."""
    import sympy as sp

    if not node.args:
        return node
    node = node.func(*(_normal(part) for part in node.args))
    if node.is_Pow and node.exp.is_number and node.base.is_Add:
        factor, rest = _drawn_out(node.base)
        return float(factor) ** float(node.exp) * sp.Pow(rest, node.exp) if factor != 1 else node
    if isinstance(node, sp.log):
        factor, rest = _drawn_out(node.args[0])
        return sp.Float(float(sp.log(factor))) + sp.log(rest) if factor != 1 else node
    return node


def _drawn_out(total: "sympy.Expr") -> "tuple[sympy.Expr, sympy.Expr]":
    """A sum as |first coefficient| times the rest; exact numbers stay as they are."""
    import sympy as sp

    terms = sorted(sp.Add.make_args(total), key=lambda t: str(t.as_coeff_Mul()[1]))
    named = [term for term in terms if term.free_symbols]
    first = abs(named[0].as_coeff_Mul()[0]) if named else sp.Integer(1)
    if not first.is_Float or first == 0:
        return sp.Integer(1), total
    parts = []
    for term in terms:
        number, body = term.as_coeff_Mul()
        share = number / first
        parts.append((sp.sign(number) if abs(float(share)) == 1.0 else share) * body)
    return first, sp.Add(*parts)
