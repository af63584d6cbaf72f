"""The constants of a conserved quantity, from the data alone.

    λ(a) = aᵀ W a / aᵀ T a  least,   W: scatter of the terms within runs, T: in all

A formula that was read off a network has the network's constants. Those for which it is the
same along every run are the data's, and they need no target. Where several combinations of
the terms are conserved alike (free fall keeps vx² and vy²/2 + g y apart), the one nearest to
the formula given is taken. The scale is free: ½ on a squared speed, else 1 on the first term.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.expressions import compiled, parse
from lawful.laws.symbolic.checking import checked
from lawful.laws.symbolic.parametrised import Columns, Parametrised
from lawful.laws.symbolic.rationals import Settled, rounded, settled
from lawful.laws.symbolic.simplification import shortest, written
from lawful.refusal import Refusal

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]
Roles = Mapping[str, Mapping[str, str]]

ALIKE = 10.0  # times the least λ: as well conserved
ROUND_OFF = 1e-10  # of λ: what is no worse than this is conserved
SUFFERS = 2e-3
UNSETTLED = 1e-3  # of the change along runs: what a dropped digit may add
NEARNESS = 0.05  # to a simple fraction; where the data do not fix a constant it may be far off
_RATES = ("velocity", "angular_velocity")


def within_total(expression: str, columns: Mapping[str, ArrayLike], groups: ArrayLike) -> float:
    """λ of a formula: its variance within runs over its variance in all.

    Parameters
    ----------
    expression
        A formula of the columns.
    columns
        Arrays of shape (samples,).
    groups
        The run of each sample.

    Returns
    -------
    float
        0 for what never changes along a run and differs between runs; 1, the worst, for what
        is the same everywhere, since it says nothing, and for what has no finite value.

    Examples
    --------
    >>> x, runs = np.tile([0.0, 1.0], 20), np.repeat(np.arange(4), 10)
    >>> within_total("x", {"x": x}, runs), within_total("E", {"E": runs * 1.0}, runs)
    (1.0, 0.0)
    """
    data, _, runs = checked(columns, None, groups)
    with np.errstate(all="ignore"):
        values = np.asarray(compiled(expression)(data), dtype=float)
    if values.ndim == 0 or not np.isfinite(values).all() or runs is None:
        return 1.0
    total = float(np.var(values))
    if not total > 1e-24 * float(np.max(np.abs(values))) ** 2:
        return 1.0
    return min(float(np.mean(_inside(values[:, None], runs) ** 2)) / total, 1.0)


def conserved(
    expression: str,
    columns: Mapping[str, ArrayLike],
    groups: ArrayLike,
    *,
    roles: Roles | None = None,
) -> str:
    """The formula with the constants for which it is most nearly the same along every run.

    Parameters
    ----------
    expression
        A formula of the columns. A constant term has no meaning and is dropped.
    columns
        Arrays of shape (samples,); their order in time is no matter.
    groups
        The run of each sample.
    roles
        As in `trajectories.ROLES`, to know a speed; by the columns' names when not given.

    Raises
    ------
    Refusal
        For a single run, and for a formula that is constant or has no finite value.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> phase, size = rng.uniform(0, 6.28, (30, 20)), rng.uniform(1, 2, (30, 1))
    >>> x, v = (size * np.cos(phase)).ravel(), (2 * size * np.sin(phase)).ravel()
    >>> conserved("1.1*v**2 + 3.6*x**2 + 5", {"x": x, "v": v}, np.repeat(np.arange(30), 20))
    'v**2/2 + 2*x**2'
    """
    data, _, runs = checked(columns, None, groups)
    form = Parametrised.of(parse(expression, tuple(data)))
    form = form.restricted([k for k, body in enumerate(form.bodies) if body != "1"])
    if runs is None or np.ptp(runs) == 0:
        raise Refusal("samples of a single run", "two runs or more", "give more runs")
    if not form.bodies:
        raise Refusal(f"{expression!r}, which is a constant", "a formula that varies")
    if not np.isfinite(form.values(data)).all():
        raise Refusal(f"{expression!r} without a finite value on some samples", "one on all")
    if form.names:
        form = form.with_numbers(form.coefficients, _steadiest_inner(form, data, runs))
    pencil = _Pencil.of(form.values(data), runs)
    pivot, value = _pivot(form, data, roles)
    best = pencil.nearest(form.coefficients)
    if best[pivot] == 0:
        pivot, value = int(np.argmax(np.abs(best) * pencil.scale)), 1.0
    return written(_said(form, pencil, best * (value / best[pivot]), pivot))


class _Pencil:
    """W and T of a formula's terms, standardised; `scale` is the spread of each term."""

    def __init__(self, within: Array, total: Array, scale: Array) -> None:
        self.within, self.total, self.scale = within, total, scale

    @classmethod
    def of(cls, theta: Array, runs: NDArray[np.intp]) -> "_Pencil":
        scale = theta.std(axis=0)
        scale[scale == 0] = 1.0
        away = (theta - theta.mean(axis=0)) / scale
        inside = _inside(away, runs)
        return cls(inside.T @ inside / len(theta), away.T @ away / len(theta), scale)

    def lam(self, a: Array) -> float:
        v = a * self.scale
        total = float(v @ self.total @ v)
        return float(v @ self.within @ v) / total if total > 0 else 1.0

    def spectrum(self) -> tuple[Array, Array]:
        """λ ascending, and the vectors, of unit T; what does not vary is left out."""
        size, axes = np.linalg.eigh(self.total)
        keep = size > 1e-13 * size[-1]
        root = axes[:, keep] / np.sqrt(size[keep])
        values, vectors = np.linalg.eigh(root.T @ self.within @ root)
        return np.maximum(values, 0.0), root @ vectors

    def nearest(self, a: Array) -> Array:
        """The combination nearest to `a` among those conserved as well as the best."""
        values, vectors = self.spectrum()
        alike = vectors[:, values <= max(ALIKE * values[0], ROUND_OFF)]
        weights = alike.T @ self.total @ (a * self.scale)
        if not np.any(np.abs(weights) > 1e-6):
            weights = np.eye(alike.shape[1])[0]
        return np.asarray(alike @ weights) / self.scale

    def completed(self, a: Array, held: Mapping[int, float]) -> Array:
        """`a` with some numbers held and the others such that it changes least along runs.

        Directions that the data do not fix stay as they are in `a`.
        """
        v = a * self.scale
        for k, value in held.items():
            v[k] = value * self.scale[k]
        loose = [k for k in range(v.size) if k not in held]
        if loose:
            block = self.within[np.ix_(loose, loose)]
            size = float(np.linalg.eigvalsh(block)[-1])
            step = np.linalg.lstsq(block, -(self.within @ v)[loose], rcond=1e-9)[0]
            v[loose] += step if size > 0 else 0.0
        return v / self.scale


def _inside(theta: Array, runs: NDArray[np.intp]) -> Array:
    """Deviations from each run's mean, shape (samples, terms)."""
    count = np.bincount(runs).astype(float)
    means = np.stack([np.bincount(runs, weights=c) / count for c in theta.T], axis=1)
    return np.asarray(theta - means[runs])


def _steadiest_inner(form: Parametrised, columns: Columns, runs: NDArray[np.intp]) -> Array:
    """The numbers inside the terms for which the least λ is least."""
    from scipy.optimize import minimize

    scale = np.where(form.inner == 0, 1.0, np.abs(form.inner))

    def least(u: Array) -> float:
        theta = form.values(columns, u * scale)
        if not np.isfinite(theta).all():
            return 1.0
        return float(np.log10(_Pencil.of(theta, runs).spectrum()[0][0] + 1e-16))

    options: Any = {"xatol": 1e-8, "fatol": 1e-6, "maxfev": 150 * form.inner.size}
    found: Any = minimize(least, form.inner / scale, method="Nelder-Mead", options=options)
    better = found.fun < least(form.inner / scale)
    return np.asarray(found.x * scale) if better else form.inner


def _pivot(form: Parametrised, columns: Columns, roles: Roles | None) -> tuple[int, float]:
    """Which coefficient is set, and to what."""
    if roles is None:
        from lawful.roles import guess

        roles = guess(list(columns)).attributes
    rates = {f"{n}**2" for n, record in roles.items() if record.get("role") in _RATES}
    squared = [k for k, body in enumerate(form.bodies) if body in rates]
    return (squared[0], 0.5) if squared else (0, 1.0)


def _said(form: Parametrised, pencil: _Pencil, a: Array, pivot: int) -> "sympy.Expr":
    """The expression, with simple fractions where λ does not suffer."""
    import sympy as sp

    limit = pencil.lam(a) * (1 + SUFFERS) + ROUND_OFF / 100
    set_ = {pivot: float(a[pivot])}

    def refit(held: Mapping[int, float]) -> Array | None:
        if held.get(pivot, a[pivot]) != a[pivot] or 0.0 in held.values():
            return None
        return pencil.completed(now(), {**held, **set_})

    def now() -> Array:
        return a.copy()

    simple: Settled = settled(
        a, refit, lambda numbers: not pencil.lam(numbers) <= limit, nearness=NEARNESS
    )
    exact = {k: sp.Rational(f.numerator, f.denominator) for k, f in simple.exact.items()}
    weighty = simple.values * pencil.scale
    spread = float(np.sqrt(weighty @ pencil.total @ weighty))
    slack = UNSETTLED * spread * np.sqrt(max(pencil.lam(simple.values), ROUND_OFF**2))
    shown = [rounded(float(c), slack / s) for c, s in zip(simple.values, pencil.scale, strict=True)]
    return shortest(form.with_numbers(np.array(shown)).expression(exact))
