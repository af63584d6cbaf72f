"""The constants of a conserved quantity, from the data alone.

    λ(a) = aᵀ W a / aᵀ T a  least,   W: scatter of the terms within runs, T: in all

A formula that was read off a network has the network's constants. Those for which it is the
same along every run are the data's, and they need no target. Where several combinations of
the terms are conserved alike (free fall keeps vx² and vy²/2 + g y apart), the one nearest to
the formula given is taken. The scale is free: ½ on a squared speed, else 1 on the first term.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.expressions import compiled, parse
from lawful.laws.symbolic.checking import checked
from lawful.laws.symbolic.column_noise import Aim, corrected, reweighted
from lawful.laws.symbolic.distance import Near
from lawful.laws.symbolic.parametrised import Columns, Parametrised
from lawful.laws.symbolic.rationals import rounded, settled
from lawful.laws.symbolic.simplification import shortest, written
from lawful.laws.symbolic.steadiness import ROUND_OFF, Steadiness, inside
from lawful.refusal import Refusal

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]
Roles = Mapping[str, Mapping[str, str]]

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
    return min(float(np.mean(inside(values[:, None], runs) ** 2)) / total, 1.0)


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
    steady = Steadiness.of(form.values(data), runs)
    pivot, value = _pivot(form, data, roles)
    best, alike = steady.nearest(form.coefficients)
    if best[pivot] == 0:
        pivot, value = int(np.argmax(np.abs(best) * steady.scale)), 1.0
    form = form.with_numbers(best * (value / best[pivot]))
    noisy = alike == 1 and steady.lam(best) > ROUND_OFF
    judge = (_Weighed.of(form, data, runs, pivot) if noisy else None) or _Plain(steady, form)
    return written(_said(judge, steady, pivot))


def run_means(values: Array, size: Array, runs: NDArray[np.intp]) -> Array:
    """The mean of each sample's run, each sample weighed by the inverse square of its size.

    >>> run_means(np.array([1.0, 3.0, 5.0]), np.ones(3), np.array([0, 0, 1])).tolist()
    [2.0, 2.0, 5.0]
    """
    weight = size**-2.0
    mean = np.bincount(runs, weight * values) / np.bincount(runs, weight)
    return np.asarray(mean[runs])


class _Judge(Protocol):
    """How numbers are fitted anew when some are held, and what they are worth."""

    @property
    def form(self) -> Parametrised:
        """The formula with its best numbers."""

    def again(self, held: Mapping[int, float]) -> Array:
        """The other numbers anew."""

    def score(self, a: Array) -> float:
        """The less the better."""


@dataclass(frozen=True, eq=False)
class _Plain:
    """By λ alone."""

    steady: Steadiness
    form: Parametrised

    def again(self, held: Mapping[int, float]) -> Array:
        return self.steady.completed(self.form.coefficients, held)

    def score(self, a: Array) -> float:
        return self.steady.lam(a) + ROUND_OFF


@dataclass(frozen=True, eq=False)
class _Weighed:
    """By residuals from the means of the runs, each over the size that noise gives it.

    The least λ of noisy data shrinks the terms that are noisiest; see `column_noise`.
    """

    form: Parametrised
    near: Near
    aim: Aim
    share: Mapping[str, float]
    tau: float

    @classmethod
    def of(
        cls, form: Parametrised, data: Columns, runs: NDArray[np.intp], pivot: int
    ) -> "_Weighed | None":
        def aim(values: Array, size: Array) -> Array:
            return run_means(values, size, runs)

        found = corrected(form, data, aim, [k for k in range(len(form.bodies)) if k != pivot])
        if found is None or found.near is None:
            return None
        share = {name: value**2 for name, value in found.noise.items()}
        return cls(found.form, found.near, aim, share, found.tau**2)

    def again(self, held: Mapping[int, float]) -> Array:
        start = self.form.coefficients.copy()
        for k, value in held.items():
            start[k] = value
        loose = [k for k in range(start.size) if k not in held]
        if not loose:
            return start
        return reweighted(self.near, self.aim, start, self.share, self.tau, loose)

    def score(self, a: Array) -> float:
        values = self.near.centred(self.share) @ a
        size = self.near.sizes(a, self.share, self.tau)
        return float(np.mean(((values - self.aim(values, size)) / size) ** 2))


def _steadiest_inner(form: Parametrised, columns: Columns, runs: NDArray[np.intp]) -> Array:
    """The numbers inside the terms for which the least λ is least."""
    from scipy.optimize import minimize

    scale = np.where(form.inner == 0, 1.0, np.abs(form.inner))

    def least(u: Array) -> float:
        theta = form.values(columns, u * scale)
        if not np.isfinite(theta).all():
            return 1.0
        return float(np.log10(Steadiness.of(theta, runs).spectrum()[0][0] + 1e-16))

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


def _said(judge: _Judge, steady: Steadiness, pivot: int) -> "sympy.Expr":
    """The expression, with simple fractions where the score does not suffer."""
    import sympy as sp

    a = judge.form.coefficients
    limit = judge.score(a) * (1 + SUFFERS)
    kept = {pivot: float(a[pivot])}

    def refit(held: Mapping[int, float]) -> Array | None:
        return judge.again({**held, **kept}) if held.get(pivot, a[pivot]) == a[pivot] else None

    simple = settled(a, refit, lambda numbers: not judge.score(numbers) <= limit, nearness=NEARNESS)
    exact = {k: sp.Rational(f.numerator, f.denominator) for k, f in simple.exact.items()}
    weighty = simple.values * steady.scale
    spread = float(np.sqrt(weighty @ steady.total @ weighty))
    slack = UNSETTLED * spread * np.sqrt(max(steady.lam(simple.values), ROUND_OFF**2))
    shown = [rounded(float(c), slack / s) for c, s in zip(simple.values, steady.scale, strict=True)]
    return shortest(judge.form.with_numbers(np.array(shown)).expression(exact))
