"""Formulas on their way to the front: written in the columns, fitted, thinned out, judged.

struck out:  the term whose absence costs least,   a_k² / (Gram⁻¹)_kk
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lawful.expressions import latex, names_in, parse
from lawful.laws.symbolic.column_noise import Weighed
from lawful.laws.symbolic.distance import distance
from lawful.laws.symbolic.fitting import fitted, linear
from lawful.laws.symbolic.front import Formula, pareto
from lawful.laws.symbolic.parametrised import Columns, Parametrised
from lawful.laws.symbolic.refinement import said_simply
from lawful.laws.symbolic.simplification import complexity, without_ones, written
from lawful.refusal import Refusal

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]

MOST_TERMS = 16  # of a candidate
FACTORED = 6  # terms multiplied out, beyond which the formula is tried as it came, too
LONGEST = 60  # complexity of a candidate
POLISHED = 25  # complexity up to which numbers inside terms are fitted to the last digit
MOST_BEST = 12  # formulas whose terms are put together, besides the front's
MOST_POOLED = 30  # terms put together
MOST_INNER = 4  # numbers inside terms that are searched; more are kept as they came


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples that formulas are fitted on and, where `apart`, judged on."""

    columns: Columns
    target: Array
    apart: NDArray[np.bool_]

    def part(self, which: NDArray[np.bool_]) -> tuple[Columns, Array]:
        """Some of them."""
        return {name: values[which] for name, values in self.columns.items()}, self.target[which]


class Candidates:
    """All that a search has brought so far.

    Parameters
    ----------
    samples
        What decides.
    written
        By the name of a feature, how it is written in the columns, and its scale.
    """

    def __init__(self, samples: Samples, written: Mapping[str, tuple[str, float]]) -> None:
        import sympy as sp

        self.samples = samples
        self._put = {
            sp.Symbol(name): parse(text) / sp.Float(repr(float(scale)))
            for name, (text, scale) in written.items()
        }
        self._inside, self._y = samples.part(~samples.apart)
        self._outside, self._judge = samples.part(samples.apart)
        self._found: dict[tuple[str, ...], tuple[Parametrised, Formula]] = {}
        self._seen: set[str] = set()
        self._pooled: set[str] = set()
        self._names = tuple(written)
        mean = np.array([float(np.mean(self._y))])
        self._judged(Parametrised(("1",), mean, (), np.zeros(0)))

    @property
    def least(self) -> float:
        """The smallest held-out error so far."""
        return min((one.error for _, one in self._found.values()), default=float("inf"))

    def add(self, texts: Iterable[str]) -> None:
        """Take in formulas of the features; what has no finite real value is passed over."""
        for text in texts:
            if text in self._seen:
                continue
            self._seen.add(text)
            try:
                whole = parse(text, self._names).xreplace(self._put)
                form = Parametrised.of(whole)
                if len(form.bodies) > FACTORED:
                    self._take(Parametrised.of(whole, multiplied_out=False))
            except (Refusal, TypeError, ValueError, ArithmeticError, RecursionError):
                continue
            self._take(form)
        self._pool()

    def _pool(self) -> None:
        """Take in the terms of the best formulas together, as if they were one."""
        forms = {one.expression: form for form, one in self._found.values()}
        best = sorted((one for _, one in self._found.values()), key=lambda f: f.error)
        counted: dict[str, int] = {}
        for one in (*self._raw(), *best[:MOST_BEST]):
            form = forms[one.expression]
            for body in form.bodies:
                if not set(form.names) & set(names_in(body)):
                    counted[body] = counted.get(body, 0) + 1
        if set(counted) == self._pooled:
            return
        self._pooled = set(counted)
        most = sorted(counted, key=lambda body: (-counted[body], len(body), body))[:MOST_POOLED]
        pooled = Parametrised(tuple(most), np.ones(len(most)), (), np.zeros(0))
        whole = fitted(_with_constant(pooled), self._inside, self._y)
        for form in () if whole is None else self._thinned(whole):
            if len(form.bodies) <= MOST_TERMS:
                self._judged(form)

    def _take(self, form: Parametrised) -> None:
        if len(form.bodies) > MOST_TERMS:
            return
        terms = len(form.bodies)
        held = {}
        if len(form.names) > MOST_INNER:
            held = {terms + k: float(v) for k, v in enumerate(form.inner)}
        best = fitted(_with_constant(form), self._inside, self._y, held=_moved(held, form))
        if best is not None:
            for one in self._thinned(best):
                self._judged(one)

    def _thinned(self, form: Parametrised) -> Iterator[Parametrised]:
        """The form, and what is left as its terms go, one after the other."""
        theta = form.values(self._inside)
        scale = np.linalg.norm(theta, axis=0)
        scale[scale == 0] = 1.0
        gram = (theta / scale).T @ (theta / scale)
        keep = list(range(len(form.bodies)))
        while keep:
            a = linear(theta[:, keep], self._y)
            yield form.restricted(keep).with_numbers(a, form.restricted(keep).inner)
            inverse = np.linalg.pinv(gram[np.ix_(keep, keep)], rcond=1e-13, hermitian=True)
            cost = (a * scale[keep]) ** 2 / np.maximum(np.diagonal(inverse), 1e-300)
            keep.pop(int(np.argmin(cost)))

    def _judged(self, form: Parametrised) -> None:
        inner = dict(zip(form.names, (f"{v:.4g}" for v in form.inner), strict=True))
        key = tuple(sorted(_named(body, inner) for body in form.bodies))
        if key in self._found:
            return
        values, made = form.values(self._outside), without_ones(form.expression())
        if np.isfinite(values).all() and complexity(made) <= LONGEST:
            self._found[key] = (form, self._formula(made, values @ form.coefficients))

    def _formula(self, made: "sympy.Expr", values: Array) -> Formula:
        off = float(np.sqrt(np.mean((values - self._judge) ** 2)))
        r2 = 1.0 - off**2 / max(float(np.var(self._judge)), 1e-300)
        return Formula(written(made), complexity(made), r2, off)

    def front(self) -> tuple[Formula, ...]:
        """The front, each formula's numbers said simply where that is no loss."""
        forms = {one.expression: form for form, one in self._found.values()}
        polished = [self._polished(forms[one.expression]) for one in self._raw()]
        return pareto(polished)

    def _raw(self) -> tuple[Formula, ...]:
        return pareto(one for _, one in self._found.values())

    def _polished(self, form: Parametrised) -> Formula:
        whole, made = self.samples, without_ones(form.expression())
        if not form.names or complexity(made) <= POLISHED:
            found = Weighed(form, np.ones(whole.target.shape))
            made = said_simply(found, whole.columns, whole.target, whole.apart)
        text = written(made)
        values = Parametrised.of(parse(text))
        one = self._formula(made, values.values(self._outside) @ values.coefficients)
        away = distance(values, self._outside, self._judge)
        return Formula(text, one.complexity, one.r2, one.error, latex(text), away)


def _with_constant(form: Parametrised) -> Parametrised:
    if "1" in form.bodies:
        return form
    coefficients = np.concatenate([[0.0], form.coefficients])
    return Parametrised(("1", *form.bodies), coefficients, form.names, form.inner)


def _moved(held: Mapping[int, float], form: Parametrised) -> dict[int, float]:
    """The same numbers held, after a constant term was put before the others."""
    return {k + ("1" not in form.bodies): value for k, value in held.items()}


def _named(body: str, inner: Mapping[str, str]) -> str:
    for name, value in inner.items():
        body = body.replace(name, value)
    return body
