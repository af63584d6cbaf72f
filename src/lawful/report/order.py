"""The order in which a formula is read: as it was written, not as SymPy sorts it."""

import re
from dataclasses import dataclass
from typing import Any

LAST = 10**6


@dataclass(frozen=True)
class Order:
    """Terms and factors in the order in which their symbols first occur in `text`."""

    text: str = ""

    def rank(self, name: str) -> int:
        """Where `name` first occurs; last of all where it does not."""
        place = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.text)
        return place.start() if place else LAST

    def terms(self, tree: Any) -> list[tuple[bool, Any]]:
        """The terms of a sum: whether each is taken away, and its magnitude.

        >>> from lawful.expressions import parse
        >>> [str(t) for _, t in Order("x*vy - y*vx").terms(parse("x*vy - y*vx"))]
        ['vy*x', 'vx*y']
        """
        terms = list(tree.as_ordered_terms()) if tree.is_Add else [tree]
        terms.sort(key=self._symbols)
        signed = [(bool(t.as_coeff_Mul()[0].is_negative), t) for t in terms]
        signed = [(minus, -t if minus else t) for minus, t in signed]
        if len(signed) > 1 and signed[0][0]:  # a sum opens with what is added, where it can
            signed.sort(key=lambda pair: pair[0])
        return signed

    def quotient(self, tree: Any) -> tuple[list[Any], list[Any]]:
        """The factors above and below the line."""
        above: list[Any] = []
        below: list[Any] = []
        factors = list(tree.as_ordered_factors()) if tree.is_Mul else [tree]
        factors.sort(key=lambda f: (not f.is_number, f.is_Function or f.is_Add, self._symbols(f)))
        for factor in factors:
            if factor.is_Rational and not factor.is_Integer:
                above += [factor.p] if factor.p != 1 else []
                below.append(factor.q)
            elif factor.is_Pow and factor.exp.is_number and factor.exp.is_negative:
                below.append(1 / factor)
            elif factor != 1:
                above.append(factor)
        return above, below

    def _symbols(self, tree: Any) -> tuple[int, ...]:
        """Constants that have names do not occur in the text and do not count."""
        ranks = sorted(self.rank(symbol.name) for symbol in tree.free_symbols)
        known = tuple(rank for rank in ranks if rank < LAST)
        return known or ((LAST,) if ranks else (2 * LAST,))
