"""Proof that a quantity is conserved: dI/dt = Σ ∂I/∂xₖ · fₖ(x; p) = 0, symbolically.

What appears beside the variables (sines, cosines, roots, exponentials) is
replaced by new symbols that obey polynomial relations: s² + c² = 1, R² = b. The
numerator of dI/dt is then a polynomial, and it vanishes modulo the relations if
and only if its remainder by them is zero. Where that does not decide,
`sympy.simplify` is asked, and at last 60 digits at random points; the proof says
which way it went.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lawful.systems.system import System

if TYPE_CHECKING:
    import sympy

How = Literal["algebra", "simplify", "numbers"]
_DIGITS = 60
_POINTS = 5


@dataclass(frozen=True)
class Proof:
    """Whether dI/dt = 0, and how that was decided.

    `how` is "algebra" or "simplify" for a proof, "numbers" where only high-precision
    arithmetic at random points speaks. `rate` is what dI/dt is where it is not 0.
    """

    name: str
    holds: bool
    how: How
    rate: str = "0"


def prove(system: System) -> tuple[Proof, ...]:
    """A proof for each invariant and each constraint of `system`.

    Examples
    --------
    >>> from lawful.systems import system
    >>> prove(system("orbit"))[0]
    Proof(name='energy', holds=True, how='algebra', rate='0')
    """
    claims = {**system.invariants, **system.constraints}
    return tuple(_proof(name, time_derivative(system, claim)) for name, claim in claims.items())


def time_derivative(system: System, quantity: "sympy.Expr") -> "sympy.Expr":
    """dI/dt along the motion.

    >>> from lawful.systems import system
    >>> damped = system("damped-spring")
    >>> time_derivative(damped, damped.symbols["x"])
    v
    """
    import sympy as sp

    # d log|f| = df/f, where SymPy would carry signs of f along.
    bare = quantity.replace(
        lambda e: isinstance(e, sp.log) and isinstance(e.args[0], sp.Abs),
        lambda e: sp.log(e.args[0].args[0]),
    )
    parts = (sp.diff(bare, system.symbols[n]) * system.equations[n] for n in system.names)
    return sp.Add(*parts)


def _proof(name: str, rate: "sympy.Expr") -> Proof:
    import sympy as sp

    exact = sp.nsimplify(rate, rational=True)
    if exact == 0 or _remainder(exact) == 0:
        return Proof(name, True, "algebra")
    if not _vanishes_at_random(exact):
        return Proof(
            name, False, "numbers", str(sp.factor(exact) if exact.is_polynomial() else exact)
        )
    if sp.simplify(exact) == 0:
        return Proof(name, True, "simplify")
    return Proof(name, True, "numbers")


def _remainder(expression: "sympy.Expr") -> Any:
    """The numerator of `expression` modulo the relations between its functions."""
    import sympy as sp

    halves = {a for f in expression.atoms(sp.sin, sp.cos) for a in f.free_symbols}
    doubled = expression.subs({a: 2 * a for a in halves}, simultaneous=True)
    plain = sp.expand_trig(doubled.rewrite(sp.tan, sp.cos) if doubled.has(sp.tan) else doubled)
    plain, relations = _without_functions(sp.expand_power_exp(plain))
    parts = [plain, *(square for _, square in relations)]
    generators = sorted(
        {g for part in parts for g in part.free_symbols | part.atoms(sp.NumberSymbol)}, key=str
    )
    if any(not a.is_Rational and a not in generators for a in _atoms(plain)):
        return plain
    ring = sp.ring(generators or [sp.Dummy()], sp.QQ)[0]
    top = _fraction(plain, ring)[0]
    for generator, square in relations:
        if generator in generators:
            top = _reduced(top, generators.index(generator), ring.from_expr(square), ring)
    return top


def _atoms(expression: "sympy.Expr") -> Iterator["sympy.Expr"]:
    """The leaves below sums, products and whole powers."""
    if expression.is_Add or expression.is_Mul:
        for part in expression.args:
            yield from _atoms(part)
    elif expression.is_Pow and expression.exp.is_Integer:
        yield from _atoms(expression.base)
    else:
        yield expression


def _fraction(expression: "sympy.Expr", ring: Any) -> tuple[Any, dict[Any, int]]:
    """Numerator, and denominator as powers of factors left as they were written.

    Common factors are not looked for: a numerator that is zero is zero either way,
    and the greatest common divisors would cost far more than they save.
    """
    if expression.is_Add:
        return _sum([_fraction(part, ring) for part in expression.args], ring)
    if expression.is_Mul:
        top, bottom = ring.one, dict[Any, int]()
        for part in expression.args:
            t, b = _fraction(part, ring)
            top = top * t
            for factor, power in b.items():
                bottom[factor] = bottom.get(factor, 0) + power
        return top, bottom
    if expression.is_Pow:
        top, bottom = _fraction(expression.base, ring)
        power = int(expression.exp)
        if power < 0:
            above = ring.one
            for factor, count in bottom.items():
                above = above * factor ** (-power * count)
            return above, {top: -power}
        return top**power, {factor: power * count for factor, count in bottom.items()}
    return ring.from_expr(expression), {}


def _sum(parts: list[tuple[Any, dict[Any, int]]], ring: Any) -> tuple[Any, dict[Any, int]]:
    """A sum over the least common denominator of the written factors."""
    alike: dict[frozenset[tuple[Any, int]], Any] = {}
    for top, bottom in parts:
        key = frozenset(bottom.items())
        alike[key] = alike.get(key, ring.zero) + top
    shared: dict[Any, int] = {}
    for key, top in alike.items():
        for factor, power in key if top else ():
            shared[factor] = max(power, shared.get(factor, 0))
    total = ring.zero
    for key, top in alike.items():
        if top:
            own = dict(key)
            for factor, power in shared.items():
                top = top * factor ** (power - own.get(factor, 0))
            total = total + top
    return total, shared


def _reduced(polynomial: Any, index: int, square: Any, ring: Any) -> Any:
    """`polynomial` with each even power of one generator replaced by powers of `square`."""
    by_half: dict[int, dict[tuple[int, ...], Any]] = {}
    for powers, coefficient in polynomial.terms():
        half, odd = divmod(powers[index], 2)
        kept = (*powers[:index], odd, *powers[index + 1 :])
        by_half.setdefault(half, {})[kept] = coefficient
    parts = (ring.from_dict(terms) * square**half for half, terms in by_half.items())
    return sum(parts, ring.zero)


def _without_functions(
    expression: "sympy.Expr",
) -> tuple["sympy.Expr", list[tuple["sympy.Symbol", "sympy.Expr"]]]:
    """`expression` with functions as symbols, and what is zero between those."""
    import sympy as sp

    relations: list[tuple[Any, Any]] = []  # (g, b) where g² = b
    replaced: dict[Any, Any] = {}
    for argument in sorted({f.args[0] for f in expression.atoms(sp.sin, sp.cos)}, key=str):
        s, c = sp.Dummy(f"s_{argument}"), sp.Dummy(f"c_{argument}")
        replaced |= {sp.sin(argument): s, sp.cos(argument): c}
        relations.append((s, 1 - c**2))
    out = expression.xreplace(replaced)
    for power in sorted(out.atoms(sp.exp), key=str):
        out = out.xreplace({power: _exponential(power, replaced)})
    for base in sorted(_rooted(out), key=str):
        root = sp.Dummy("root")
        relations.append((root, base))
        out = out.replace(
            lambda e, b=base: e.is_Pow and e.base == b and (2 * e.exp).is_Integer,
            lambda e, r=root: r ** (2 * e.exp),
        )
    return out, relations[::-1]  # roots first: what is under one may hold sines


def _exponential(power: Any, replaced: dict[Any, Any]) -> Any:
    """exp(n x) as the n-th power of one symbol for exp(x)."""
    import sympy as sp

    factor, argument = power.args[0].as_coeff_Mul()
    if not factor.is_Integer:
        return power
    symbol = replaced.setdefault(sp.exp(argument), sp.Dummy("e"))
    return symbol**factor


def _rooted(expression: Any) -> Iterator[Any]:
    import sympy as sp

    for power in expression.atoms(sp.Pow):
        if (2 * power.exp).is_Integer and not power.exp.is_Integer and power.base.is_polynomial():
            yield power.base


def _vanishes_at_random(expression: "sympy.Expr") -> bool:
    """Whether all digits but the last few cancel at random points."""
    import sympy as sp

    symbols = sorted(expression.free_symbols, key=str)
    numbers = random.Random(0)
    terms = sp.Add.make_args(expression)
    for _ in range(_POINTS):
        point = {s: sp.Rational(numbers.randint(10**8, 2 * 10**9), 10**9) for s in symbols}
        parts = [sp.N(term.subs(point), _DIGITS) for term in terms]
        size = sum((abs(p) for p in parts), sp.Float(1, _DIGITS))
        if abs(sum(parts, sp.Float(0, _DIGITS))) > size * sp.Float(10) ** (15 - _DIGITS):
            return False
    return True
