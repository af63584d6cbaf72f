"""The order in which a formula is read: as it was written, not as SymPy sorts it.

A term is known again by its symbols: `x*vy - y*vx` stays so, though SymPy would
say `vy*x - vx*y`.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

LAST = 10**6


@dataclass(frozen=True)
class Order:
    """Terms and factors in the order in which their symbols first occur in `text`."""

    text: str = ""

    @cached_property
    def pieces(self) -> tuple[tuple[str, ...], ...]:
        """The symbols of each term of the text, as they stand there."""
        depth, cuts = 0, [0]
        for k, letter in enumerate(self.text):
            depth += (letter == "(") - (letter == ")")
            if depth == 0 and letter in "+-" and self.text[:k].rstrip()[-1:] not in tuple("*/e"):
                cuts.append(k)
        ends = [*cuts[1:], len(self.text)]
        return tuple(
            tuple(dict.fromkeys(re.findall(r"[A-Za-z_]\w*(?!\w|\()", self.text[a:b])))
            for a, b in zip(cuts, ends, strict=True)
        )

    def piece(self, tree: Any) -> int:
        """Which term of the text `tree` is, by its symbols; `LAST` where it is none."""
        known = {n for symbol in tree.free_symbols for n in [symbol.name] if self.rank(n) < LAST}
        if not known:
            return LAST
        for k, piece in enumerate(self.pieces):
            if known == set(piece):
                return k
        return LAST

    def rank(self, name: str, piece: int = LAST) -> int:
        """Where `name` first occurs, in that term or in the whole text; `LAST` if nowhere."""
        if piece < LAST and name in self.pieces[piece]:
            return self.pieces[piece].index(name)
        place = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.text)
        return place.start() if place else LAST

    def terms(self, tree: Any) -> list[tuple[bool, Any]]:
        """The terms of a sum: whether each is taken away, and its magnitude.

        >>> from lawful.expressions import parse
        >>> [str(t) for _, t in Order("x*vy - y*vx").terms(parse("x*vy - y*vx"))]
        ['vy*x', 'vx*y']
        """
        terms = list(tree.as_ordered_terms()) if tree.is_Add else [tree]
        terms.sort(key=lambda term: (self.piece(term), self._symbols(term)))
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
        piece = self.piece(tree)
        factors.sort(key=lambda factor: self._place(factor, piece))
        for factor in factors:
            if factor.is_Rational and not factor.is_Integer:
                above += [factor.p] if factor.p != 1 else []
                below.append(factor.q)
            elif factor.is_Pow and factor.exp.is_number and factor.exp.is_negative:
                below.append(1 / factor)
            elif factor != 1:
                above.append(factor)
        return above, below

    def _place(self, factor: Any, piece: int) -> tuple[Any, ...]:
        """Numbers, then named constants, then symbols, then functions and sums."""
        constant = factor.is_Symbol and factor.name != "r" and self.rank(factor.name) == LAST
        compound = bool(factor.is_Function or factor.is_Add)
        return (not factor.is_number, not constant, compound, self._symbols(factor, piece))

    def _symbols(self, tree: Any, piece: int = LAST) -> tuple[int, ...]:
        """Constants that have names do not occur in the text and do not count."""
        ranks = sorted(self.rank(symbol.name, piece) for symbol in tree.free_symbols)
        known = tuple(rank for rank in ranks if rank < LAST)
        return known or ((LAST,) if ranks else (2 * LAST,))
