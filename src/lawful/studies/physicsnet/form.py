"""Whether a formula that was found says what is true, term by term.

    Q = c_0 + Σ_k c_k θ_k(x),   |c_k − c_k*| ≤ 0.01 |c_k*|   for the same θ_k, and no other

Both sides are expanded first, see `terms`. The comparison is strict: a further term,
however small, is another form. What a formula may lose beforehand is said by `pruned` and
`sparer`, and what is lost there is lost from the formula itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.expressions import compiled, parse
from lawful.studies.physicsnet.terms import Term, terms_of

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]

NEGLIGIBLE = 1e-4  # of the formula's spread on the data: a term that moves it less is noise
WORTH = 0.01  # a term that lowers the held-out error by less than this share is not worth having
MOST_COMPOSED = 3  # true quantities that a learned one may be made of
LONGEST_PRODUCT = 64  # terms, of two true quantities multiplied out


@dataclass(frozen=True)
class Coefficient:
    """One coefficient of a formula beside the true one; 0 where a side lacks the term."""

    term: str
    true: float
    found: float

    @property
    def error(self) -> float:
        """Relative to the true one; infinite for a term that should not be there.

        >>> Coefficient("x**2", 2.0, 2.02).error.__round__(6)
        0.01
        """
        return abs(self.found / self.true - 1) if self.true else float("inf")


def same_form(
    found: "str | sympy.Expr",
    true: "str | sympy.Expr",
    *,
    relative: float = 0.01,
    scale: bool = False,
) -> bool:
    """Whether two formulas have the same terms, each coefficient within `relative`.

    An additive constant is no matter: of an energy it has no meaning.

    Parameters
    ----------
    found, true
        Formulas with numbers for all constants.
    relative
        How far a coefficient may be off.
    scale
        Whether a common factor is no matter either, as for a conserved quantity that was
        learned without a target.

    Examples
    --------
    >>> energy = "(vx**2 + vy**2)/2 - 39.478/sqrt(x**2 + y**2)"
    >>> same_form("0.5*vx**2+0.5*vy**2-39.5*(x**2+y**2)**(-0.5)+3", energy)
    True
    >>> same_form("0.5*vx**2+0.5*vy**2-39.5/sqrt(x**2+y**2)+1e-6*x", energy)
    False
    >>> same_form("vx**2+vy**2-78.956/sqrt(x**2+y**2)", energy, scale=True)
    True
    """
    rows = coefficients(found, true, relative=relative)
    if not rows:
        return True
    factor = _factor(rows) if scale else 1.0
    return factor is not None and all(
        abs(row.found - factor * row.true) <= relative * abs(factor * row.true) for row in rows
    )


def _factor(rows: "Sequence[Coefficient]") -> float | None:
    """The middle one of the ratios found over true; None where a term is missing."""
    ratios = [row.found / row.true for row in rows if row.true]
    if len(ratios) < len(rows) or not all(ratios):
        return None
    return sorted(ratios)[len(ratios) // 2]


def coefficients(
    found: "str | sympy.Expr", true: "str | sympy.Expr", *, relative: float = 0.01
) -> tuple[Coefficient, ...]:
    """Each term's coefficient in both formulas, those of `true` first.

    Examples
    --------
    >>> [(c.term, c.true, c.found) for c in coefficients("1.01*x**2 + y", "x**2")]
    [('x**2', 1.0, 1.01), ('y', 0.0, 1.0)]
    """
    left = list(terms_of(found))
    rows = []
    for term in terms_of(true):
        same = next((one for one in left if one.like(term, relative)), None)
        if same is not None:
            left.remove(same)
        rows.append(Coefficient(str(term.body), term.coefficient, same.coefficient if same else 0))
    return (*rows, *(Coefficient(str(one.body), 0.0, one.coefficient) for one in left))


def composed(
    found: "str | sympy.Expr",
    truths: "Mapping[str, sympy.Expr]",
    *,
    relative: float = 0.01,
    most: int = MOST_COMPOSED,
) -> dict[str, float] | None:
    """Of which true quantities a formula is made, and how much of each; None where of none.

    A function of conserved quantities is conserved. Tried are sums of up to `most` of them
    and of their products in twos, fewest first; term by term as in `same_form`.

    Examples
    --------
    >>> truths = {"energy": parse("vx**2/2 + vy**2/2 + 9.81*y"), "momentum x": parse("vx")}
    >>> made = composed("vy**2 + 19.62*y", truths)
    >>> {name: round(weight, 9) for name, weight in made.items()}
    {'energy': 2.0, 'momentum x * momentum x': -1.0}
    >>> composed("vy**2 + 19.62*x", truths) is None
    True
    """
    target = terms_of(found)
    if not target or not truths:
        return None
    table = _table(truths)
    rows = _bodies([target, *table.values()], relative)
    wanted = np.array([_amount(target, row, relative) for row in rows])
    made = np.array([[_amount(t, row, relative) for t in table.values()] for row in rows])
    for count in range(1, most + 1):
        for chosen in combinations(range(len(table)), count):
            weights = _fitted(made[:, chosen], wanted, relative)
            if weights is not None:
                names = list(table)
                return {names[k]: float(w) for k, w in zip(chosen, weights, strict=True)}
    return None


def _table(truths: "Mapping[str, sympy.Expr]") -> dict[str, tuple[Term, ...]]:
    """The terms of each true quantity, and of each product of two that is short."""
    table = {name: terms_of(expression) for name, expression in truths.items()}
    for a, b in combinations_with_replacement(truths, 2):
        if len(table[a]) * len(table[b]) <= LONGEST_PRODUCT:
            table[f"{a} * {b}"] = terms_of(truths[a] * truths[b])
    return {name: terms for name, terms in table.items() if terms}


def _bodies(parts: Sequence[Sequence[Term]], relative: float) -> list[Term]:
    """One term for each body that occurs."""
    found: dict[str, list[Term]] = {}
    for term in (term for part in parts for term in part):
        known = found.setdefault(term.shape, [])
        if not any(term.like(one, relative) for one in known):
            known.append(term)
    return [term for known in found.values() for term in known]


def _amount(part: Sequence[Term], row: Term, relative: float) -> float:
    return sum(term.coefficient for term in part if term.like(row, relative))


def _fitted(made: Array, wanted: Array, relative: float) -> Array | None:
    """How much of each column makes up `wanted`, every row within `relative`; None if none."""
    held = (made != 0).any(axis=1)
    if wanted[~held].any():
        return None
    made, wanted = made[held], wanted[held]
    size = np.maximum(np.abs(made).max(axis=1), np.abs(wanted))
    weights = np.linalg.lstsq(made / size[:, None], wanted / size, rcond=None)[0]
    # Where parts cancel, each may be off: half of what they add up to is the size of one.
    allowed = relative * np.maximum(np.abs(wanted), np.abs(made) @ np.abs(weights) / 2)
    off = np.abs(made @ weights - wanted) > allowed
    return None if off.any() or not weights.all() else np.asarray(weights)


def pruned(expression: str, columns: Mapping[str, Array], *, share: float = NEGLIGIBLE) -> str:
    """The formula without the terms that hardly move it.

    A term is dropped where its standard deviation on the data (its size, of a constant)
    is below `share` of the formula's. One that cannot be told from rounding is thereby
    gone from what is shown, stored and compared; its coefficient is never merely ignored.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 99)
    >>> pruned("x**2 + 1e-7*x - 3e-9", {"x": x})
    'x**2'
    >>> pruned("x**2 + 0.01*x", {"x": x})
    'x**2 + 0.01*x'
    """
    import sympy as sp

    parts = _parts(expression)
    with np.errstate(all="ignore"):
        whole = float(np.nanstd(_finite(compiled(expression)(columns))))
        sizes = [_size(str(part), columns) for part in parts]
    kept = [p for p, size in zip(parts, sizes, strict=True) if not size < share * whole]
    return expression if len(kept) in (0, len(parts)) else str(sp.Add(*kept))


def sparer(
    expression: str,
    refit: Callable[[str], str],
    error: Callable[[str], float],
    *,
    worth: float = WORTH,
) -> str:
    """The formula without the terms that are not worth having; the rest is refitted.

    Term after term is left out and the constants of the rest are fitted anew; while that
    raises the error by less than the share `worth`, it stays out. In noise a search leaves
    terms behind that lower the error by next to nothing.

    Parameters
    ----------
    refit
        Fits the constants of a formula.
    error
        A root mean square error, on samples that `refit` does not see.

    Examples
    --------
    >>> off = {"x**2 + 0.001*x": 0.0100, "x**2": 0.01002, "0.001*x": 1.0}
    >>> sparer("x**2 + 0.001*x", lambda formula: formula, off.get)
    'x**2'
    """
    import sympy as sp

    now = error(expression)
    while True:
        parts = _parts(expression)
        fewer = [sp.Add(*parts[:k], *parts[k + 1 :]) for k in range(len(parts))]
        tried = [refit(str(formula)) for formula in fewer if formula.free_symbols]
        errors = [error(formula) for formula in tried]
        best = int(np.argmin(np.nan_to_num(errors, nan=np.inf))) if errors else -1
        if best < 0 or not errors[best] <= now * (1 + worth):
            return expression
        # Kept is the least error so far: many small losses must not add up.
        expression, now = tried[best], min(now, errors[best])


def _parts(expression: str) -> "tuple[sympy.Expr, ...]":
    import sympy as sp

    return tuple(sp.Add.make_args(sp.expand(parse(expression))))


def _size(text: str, columns: Mapping[str, Array]) -> float:
    values = _finite(compiled(text)(columns))
    return abs(float(values)) if values.ndim == 0 else float(np.nanstd(values))


def _finite(values: Any) -> Array:
    array = np.asarray(values, dtype=float)
    return np.where(np.isfinite(array), array, np.nan)
