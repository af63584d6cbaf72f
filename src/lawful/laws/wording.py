"""How a law is said: its name, its formula as text and as LaTeX, its units.

    Q = Σ_k c_k θ_k   with one coefficient fixed (½ of a squared speed, else 1).

Names are given by structure and role, in the field's standard terms; what has
none is called a quantity.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from lawful import units as unit_algebra
from lawful.laws.constants import Coefficients
from lawful.laws.features import Term
from lawful.laws.law import Constant

Roles = Mapping[str, Mapping[str, str]]
_RATES = ("velocity", "angular_velocity")
# The power of its variables' unit that an atom has; angles, logarithms and the like have none.
POWERS = {
    "variable": 1.0,
    "ledger": 1.0,
    "inverse": -1.0,
    "inverse_separation": -1.0,
    "inverse_square": -2.0,
}
_GREEK = "alpha beta gamma delta epsilon eta theta kappa mu nu omega phi psi rho sigma tau xi zeta"


def pivot_of(terms: Sequence[Term], roles: Roles) -> tuple[int, float]:
    """Which term's coefficient is fixed, and to what: ½ for a squared speed, else 1.

    >>> from lawful.laws.features import Atom
    >>> v = Atom("variable", ("v",), "v")
    >>> pivot_of([Term(((v, 1),), 1), Term(((v, 2),), 2)], {"v": {"role": "velocity"}})
    (1, 0.5)
    """
    for k, term in enumerate(terms):
        if _is_squared_rate(term, roles):
            return k, 0.5
    simplest = min(range(len(terms)), key=lambda k: (terms[k].complexity, k))
    return simplest, 1.0


def _is_squared_rate(term: Term, roles: Roles) -> bool:
    if len(term.factors) != 1:
        return False
    atom, power = term.factors[0]
    return atom.kind == "variable" and power == 2 and _role(atom.of[0], roles) in _RATES


def _role(name: str, roles: Roles) -> str:
    return roles.get(name, {}).get("role", "scalar")


def name_of(terms: Sequence[Term], roles: Roles) -> str:
    """The law's name in the field's terms, "" where it has none.

    >>> from lawful.laws.features import Atom
    >>> x, y, vx, vy = (Atom("variable", (n,), n) for n in ("x", "y", "vx", "vy"))
    >>> roles = {"x": {"role": "position", "axis": "x"}, "y": {"role": "position", "axis": "y"},
    ...          "vx": {"role": "velocity", "axis": "x"}, "vy": {"role": "velocity", "axis": "y"}}
    >>> name_of([Term(((x, 1), (vy, 1)), 2), Term(((y, 1), (vx, 1)), 2)], roles)
    'angular momentum z'
    """
    shapes = [_shape(term, roles) for term in terms]
    kinds = {kind for kind, _ in shapes}
    axes = {axis for _, axis in shapes}
    if "x/r" in kinds:
        return "Laplace-Runge-Lenz component"
    if "v2" in kinds and not kinds & {"xv", "v", "v3"}:
        squared = [term for term, (kind, _) in zip(terms, shapes, strict=True) if kind == "v2"]
        every = [n for n in roles if _role(n, roles) in _RATES]
        return "energy" if len(squared) == len(every) else "partial energy"
    if kinds == {"xv"} and len(terms) > 1 and len(axes) == 1 and "" not in axes:
        return f"angular momentum {axes.pop()}"
    if kinds == {"v"}:
        axis = axes.pop() if len(axes) == 1 else ""
        return f"momentum {axis}".strip()
    if kinds == {"v", "x"}:
        return "guiding centre"
    if kinds == {"n"} and len(terms) > 1:
        return "total"
    return ""


def _shape(term: Term, roles: Roles) -> tuple[str, str]:
    """What kind of term this is, and of which axis."""
    factors = [(a.kind, _role(a.of[0], roles), n) for a, n in term.factors]
    axes = [roles.get(a.of[0], {}).get("axis", "") for a, _ in term.factors]
    if any(kind == "inverse" for kind, _, _ in factors) and len(factors) == 2:
        return "x/r", axes[0]
    if any(kind != "variable" for kind, _, _ in factors):
        return "function", ""
    rates = sum(n for _, role, n in factors if role in _RATES)
    places = sum(n for _, role, n in factors if role == "position")
    other = sum(n for _, role, n in factors if role not in (*_RATES, "position"))
    if other:
        return ("n" if factors[0][1] == "population" and other == 1 else "other"), ""
    if (rates, places) == (1, 1):
        left = sorted({"x", "y", "z"} - {*axes})
        return "xv", left[0] if len({*axes}) == 2 and len(left) == 1 else ""
    if (rates, places) == (2, 0):
        return "v2" if len(factors) == 1 else "vv", axes[0]
    kind = "v" * bool(rates) + "x" * bool(places)
    return (kind if rates + places == 1 else f"{kind}{rates + places}"), axes[0]


def expression(terms: Sequence[Term], coefficients: Coefficients) -> str:
    """The law as text that SymPy parses, constants numeric."""
    out = ""
    for term, value, exact in zip(terms, _chosen(coefficients), coefficients.exact, strict=True):
        size = _size(abs(value), exact)
        body = term.text if size == "1" else f"{size}*{term.text}"
        sign = "-" if value < 0 else "+"
        out += f" {sign} {body}" if out else (f"-{body}" if value < 0 else body)
    return out


def _chosen(coefficients: Coefficients) -> list[float]:
    """Values, with named rationals taken for the values."""
    return [
        float(Fraction(exact)) if exact else float(value)
        for value, exact in zip(coefficients.value, coefficients.exact, strict=True)
    ]


def _size(size: float, exact: str) -> str:
    if exact:
        fraction = abs(Fraction(exact))
        return str(fraction) if fraction.denominator == 1 else repr(float(fraction))
    return "1" if size == 1.0 else f"{size:.10g}"


def latex(terms: Sequence[Term], coefficients: Coefficients, names: Sequence[str]) -> str:
    """The law for reading: numbers that are no simple rationals stand as symbols.

    Parameters
    ----------
    names
        A symbol for each coefficient, "" where the number itself is shown.
    """
    import sympy

    from lawful.expressions import parse

    total = []
    for term, value, exact, name in zip(
        terms, _chosen(coefficients), coefficients.exact, names, strict=True
    ):
        body = parse(term.text)
        if name:
            factor: sympy.Expr = sympy.Symbol(name, positive=True)
            factor = factor if value > 0 else -factor
        else:
            factor = sympy.nsimplify(exact or value, rational=True)
        total.append(factor * body)
    symbols = {s: _symbol(str(s)) for part in total for s in part.free_symbols}
    return " + ".join(sympy.latex(t, symbol_names=symbols) for t in total).replace("+ -", "- ")


def _symbol(name: str) -> str:
    r"""LaTeX for a column's name: `vx` is v with index x; Greek letters are letters.

    >>> _symbol("vx"), _symbol("theta1"), _symbol("omega"), _symbol("speed")
    ('v_{x}', '\\theta_{1}', '\\omega', '\\mathrm{speed}')
    """
    stem, _, index = name.partition("_")
    if not index:
        head = stem.rstrip("0123456789")
        stem, index = head, stem[len(head) :]
        if len(stem) == 2 and stem[0] in "vpLwq" and stem[1] in "xyz":
            stem, index = stem[0], stem[1] + index
    if stem in _GREEK.split():
        letter = f"\\{stem}"
    else:
        letter = stem if len(stem) == 1 else f"\\mathrm{{{stem}}}"
    return f"{letter}_{{{index}}}" if index else letter


def constants(
    terms: Sequence[Term],
    coefficients: Coefficients,
    pivot: int,
    units: Mapping[str, str],
) -> tuple[tuple[Constant, ...], tuple[str, ...], str]:
    """The constants, a symbol for each coefficient ("" where none is due), and Q's units."""
    whole = term_units(terms[pivot], units)
    out, names = [], []
    count = 0
    for k, term in enumerate(terms):
        if k == pivot:
            names.append("")
            continue
        own = term_units(term, units)
        unit = _ratio(whole, own)
        count += 1
        central = term.factors[0][0].kind == "inverse" and len(term.factors) == 1
        name = "GM" if central else f"c_{count}"
        shown = "" if coefficients.exact[k] else name
        sign = 1.0 if coefficients.value[k] > 0 else -1.0
        value, low, high = (
            sign * float(a[k]) for a in (coefficients.value, coefficients.low, coefficients.high)
        )
        low, high = min(low, high), max(low, high)
        exact = coefficients.exact[k].lstrip("-")
        out.append(Constant(name, value, low, high, unit, exact))
        names.append(shown)
    return tuple(out), tuple(names), whole


def _ratio(unit: str, other: str) -> str:
    """One unit over another; "" where either is unknown."""
    if not unit or not other:
        return ""
    return "1" if unit == other else unit_algebra.product({unit: 1, other: -1})


def term_units(term: Term, units: Mapping[str, str]) -> str:
    """The units of a term; "" where a column's are unknown."""
    powers: dict[str, float] = {}
    for atom, n in term.factors:
        power = POWERS.get(atom.kind, 0.0)
        unit = units.get(atom.of[0], "")
        if power and not unit:
            return ""
        powers[unit] = powers.get(unit, 0.0) + n * power
    return unit_algebra.product({u: p for u, p in powers.items() if p}) or "1"
