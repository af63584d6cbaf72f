"""The constants of a formula, put right by the data, and said simply where that is no loss.

First least squares, with what noise in the columns takes from the constants given back (see
`column_noise`). Then simple fractions: one is taken for a constant where the residuals on
samples that were not fitted, each over its expected size, do not grow by more than a share
of 0.002. Last, digits that the data do not settle are dropped.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.expressions import parse
from lawful.laws.symbolic.checking import checked
from lawful.laws.symbolic.column_noise import Weighed, weighed
from lawful.laws.symbolic.parametrised import Columns, Parametrised
from lawful.laws.symbolic.rationals import rounded, settled
from lawful.laws.symbolic.simplification import shortest, written
from lawful.laws.symbolic.splitting import held_out
from lawful.refusal import Refusal

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]

MOST_SAMPLES = 20_000
SUFFERS = 2e-3  # growth of the mean squared residual that is no loss
FLOOR = 1e-7  # of the target's spread: residuals this small are none
UNSETTLED = 0.01  # of the residuals' size: what a dropped digit may change


def refined(
    expression: str,
    columns: Mapping[str, ArrayLike],
    target: ArrayLike,
    *,
    groups: ArrayLike | None = None,
) -> str:
    """The formula with its constants put right.

    Parameters
    ----------
    expression
        A formula of the columns. All coefficients of its terms are fitted, and all other
        numbers that are no exponents and not exact.
    columns, target
        Samples, each of shape (samples,).
    groups
        The run of each sample: whole runs are then kept back to judge simple fractions.

    Raises
    ------
    Refusal
        For columns that cannot be meant, or a formula without a finite value on them.

    Examples
    --------
    >>> x, v = np.random.default_rng(0).normal(size=(2, 400))
    >>> refined("0.3*v**2 + 12*x**2 + 1", {"x": x, "v": v}, v**2 / 2 + 39.478 * x**2)
    'v**2/2 + 39.478*x**2'
    """
    data, y, runs = checked(columns, target, groups)
    form = Parametrised.of(parse(expression, tuple(data)))
    step = max(-(-y.size // MOST_SAMPLES), 1)
    data, y = {name: values[::step] for name, values in data.items()}, y[::step]
    found = weighed(form, data, y)
    if found is None:
        raise Refusal(
            f"{expression!r} without a finite value on some samples",
            "one on all of them",
            "drop those samples, or refine another formula",
        )
    apart = held_out(y.size, None if runs is None else runs[::step], seed=0)
    return written(said_simply(found, data, y, apart))


def said_simply(
    found: Weighed, columns: Columns, target: Array, apart: NDArray[np.bool_]
) -> "sympy.Expr":
    """The expression, with simple numbers where they do; `apart` marks what judges them."""
    import sympy as sp

    outside = {name: values[apart] for name, values in columns.items()}
    weight = (found.size.mean() / found.size[apart]) ** 2
    slack = SUFFERS + 2.0 / weight.size
    terms = len(found.form.bodies)

    def error(numbers: Array) -> float:
        rest = found.form.values(outside, numbers[terms:]) @ numbers[:terms] - target[apart]
        return float(np.mean(weight * rest**2))

    def refit(held: Mapping[int, float]) -> Array | None:
        best = found.refitted(columns, target, held, ~apart)
        return None if best is None else _numbers(best)

    first = refit({})
    limit = error(_numbers(found.form) if first is None else first) * (1 + slack)
    limit += (FLOOR * float(np.std(target))) ** 2
    constant = [k for k, body in enumerate(found.form.bodies) if body == "1" and terms > 1]
    simple = settled(
        _numbers(found.form),
        refit,
        lambda numbers: not error(numbers) <= limit,
        may_vanish=constant,
    )
    held = {k: float(f) for k, f in simple.exact.items()}
    last = found.refitted(columns, target, held) or found.form
    exact = {k: sp.Rational(f.numerator, f.denominator) for k, f in simple.exact.items()}
    return shortest(_readable(last, columns, target).expression(exact))


def _numbers(form: Parametrised) -> Array:
    return np.concatenate([form.coefficients, form.inner])


def _readable(form: Parametrised, columns: Columns, target: Array) -> Parametrised:
    """The form without the digits that change nothing."""
    theta = form.values(columns)
    spread = float(np.std(target))
    rest = float(np.std(theta @ form.coefficients - target))
    slack = max(UNSETTLED * rest / np.sqrt(len(theta)), 0.1 * FLOOR * spread)
    size = np.sqrt(np.mean(theta**2, axis=0))
    shown = [
        rounded(float(a), slack / max(float(s), 1e-300))
        for a, s in zip(form.coefficients, size, strict=True)
    ]
    return form.with_numbers(np.array(shown))
