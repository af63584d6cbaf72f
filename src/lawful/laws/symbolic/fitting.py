"""Constants by least squares: a by linear algebra for every b that is tried.

    min over a, b:  Σ_i w_i (Σ_k a_k θ_k(x_i; b) − y_i)²

Source of the elimination of a: G. H. Golub and V. Pereyra, "The differentiation of
pseudo-inverses and nonlinear least squares problems whose variables separate", SIAM J.
Numer. Anal. 10 (1973) 413.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lawful.laws.symbolic.parametrised import Columns, Parametrised

Array = NDArray[np.float64]

MOST_STEPS = 25  # of the search for the inner numbers
RANK = 1e-12  # a direction of the terms smaller than this share of the largest is none


def fitted(
    form: Parametrised,
    columns: Columns,
    target: Array,
    *,
    weight: Array | None = None,
    held: Mapping[int, float] | None = None,
) -> Parametrised | None:
    """The form with its best numbers; None where a term is not finite on the data.

    Parameters
    ----------
    form
        Its present numbers are where the search for the inner ones begins.
    columns, target
        Samples, each of shape (samples,).
    weight
        The square root of w, shape (samples,); all alike when not given.
    held
        Numbers that are to stay as they are: coefficients first, inner ones after them.

    Examples
    --------
    >>> from lawful.expressions import parse
    >>> x = np.linspace(0.0, 2.0, 50)
    >>> form = fitted(Parametrised.of(parse("x + exp(0.5*x)")), {"x": x}, 3 * x - np.exp(0.7 * x))
    >>> [round(float(v), 6) for v in (*form.coefficients, *form.inner)]
    [3.0, -1.0, 0.7]
    """
    held = dict(held or {})
    terms, inner = len(form.bodies), form.inner.copy()
    for k in range(inner.size):
        inner[k] = held.get(terms + k, inner[k])
    loose = [k for k in range(inner.size) if terms + k not in held]
    fixed = {k: v for k, v in held.items() if k < terms}
    if not np.isfinite(form.values(columns, inner)).all():
        return None
    if loose:
        inner = _searched(form, columns, target, weight, inner, loose, fixed)
    theta = form.values(columns, inner)
    return form.with_numbers(linear(theta, target, weight, fixed), inner)


def linear(
    theta: Array,
    target: Array,
    weight: Array | None = None,
    fixed: Mapping[int, float] | None = None,
) -> Array:
    """The coefficients that fit best, those in `fixed` given; theta has shape (samples, terms)."""
    a = np.zeros(theta.shape[1])
    for k, value in (fixed or {}).items():
        a[k] = value
    loose = [k for k in range(a.size) if k not in (fixed or {})]
    if not loose:
        return a
    rest, part = target - theta @ a, theta[:, loose]
    if weight is not None:
        rest, part = rest * weight, part * weight[:, None]
    size = np.linalg.norm(part, axis=0)
    size[size == 0] = 1.0
    a[loose] = np.linalg.lstsq(part / size, rest, rcond=RANK)[0] / size
    return a


def _searched(
    form: Parametrised,
    columns: Columns,
    target: Array,
    weight: Array | None,
    start: Array,
    loose: list[int],
    fixed: Mapping[int, float],
) -> Array:
    """The inner numbers that fit best, from where they are."""
    from scipy.optimize import least_squares

    scale = np.where(start[loose] == 0, 1.0, np.abs(start[loose]))
    worst = 1e3 * (np.abs(target).max() + 1.0) * np.ones_like(target)

    def off(u: Array) -> Array:
        b = start.copy()
        b[loose] = u * scale
        theta = form.values(columns, b)
        if not np.isfinite(theta).all():
            return worst
        rest = theta @ linear(theta, target, weight, fixed) - target
        return rest if weight is None else rest * weight

    found = least_squares(
        off,
        start[loose] / scale,
        max_nfev=MOST_STEPS,
        xtol=1e-14,
        ftol=1e-15,
        gtol=1e-15,
    )
    inner = start.copy()
    better = found.cost <= 0.5 * float(np.sum(off(start[loose] / scale) ** 2))
    inner[loose] = found.x * scale if better else start[loose]
    return inner
