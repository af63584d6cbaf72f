"""Where the noise sits, read from the residuals; constants that it does not shrink.

    e = f(x + δ) − y ≈ Σ_j f_j δ_j + ε,    E e = ½ Σ_j σ_j² f_jj,    E e² ≈ Σ_j σ_j² f_j² + τ²

Where the columns are noisy and the target is not, plain least squares makes every constant too
small, by the share of noise in the terms: 3 % for the energy of an orbit at 1 % noise. But the
residuals grow where f is steep, so σ_j and τ follow from e² by a regression whose coefficients
are no less than zero; then each residual is divided by its own size, Σ e²/s², less its mean, and
the constants lose their bias. Where the noise is the target's, all s are alike and nothing changes.

Sources: W. A. Fuller, Measurement Error Models (Wiley, 1987), § 3.2; J. Orear, "Least squares
when both variables have uncertainties", Am. J. Phys. 50 (1982) 912.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lawful.laws.symbolic.distance import LEAST, Near
from lawful.laws.symbolic.fitting import fitted
from lawful.laws.symbolic.parametrised import Columns, Parametrised

Array = NDArray[np.float64]
Aim = Callable[[Array, Array], Array]

ROUNDS = 8
REWEIGHTED = 12
PLAUSIBLE = 0.5  # a column is not half noise
CLEAN = 1e-7  # of the target's spread: residuals below that are no noise
FAR = 1.0  # times a constant: a change beyond that is no correction


@dataclass(frozen=True, eq=False)
class Weighed:
    """A form fitted, and what its residuals say.

    Attributes
    ----------
    form
        With its constants.
    size
        s, what size each sample's residual is expected to have, shape (samples,).
    noise
        σ by column, as a share of its spread; empty where the plain fit stands.
    tau
        τ, what noise the target has of its own.
    near
        The terms at the samples and close by; None where the plain fit stands.
    """

    form: Parametrised
    size: Array
    noise: Mapping[str, float] = field(default_factory=dict)
    tau: float = 0.0
    near: Near | None = None

    def refitted(
        self,
        columns: Columns,
        target: Array,
        held: Mapping[int, float],
        some: NDArray[np.bool_] | None = None,
    ) -> Parametrised | None:
        """The form fitted anew with some numbers held, the noise taken as known.

        Parameters
        ----------
        columns, target
            The samples that this was made of.
        held
            As in `fitting.fitted`.
        some
            Which samples to fit; all, when not given.
        """
        keep = np.ones(target.shape, dtype=bool) if some is None else some
        inside = {name: values[keep] for name, values in columns.items()}
        form = fitted(
            self.form, inside, target[keep], weight=self.size.mean() / self.size[keep], held=held
        )
        loose = [k for k in range(len(self.form.bodies)) if k not in held]
        if form is None or self.near is None or form.names or not loose:
            return form
        share = {name: value**2 for name, value in self.noise.items()}
        near, start = self.near.of_samples(keep), self.form.coefficients.copy()
        for k, value in held.items():
            start[k] = value
        wanted = target[keep]
        found = reweighted(near, lambda v, size: wanted, start, share, self.tau**2, loose)
        return form.with_numbers(found)


def weighed(
    form: Parametrised,
    columns: Columns,
    target: Array,
    *,
    held: Mapping[int, float] | None = None,
) -> Weighed | None:
    """Constants by least squares, each residual over the size that the noise gives it.

    Parameters
    ----------
    form, columns, target, held
        As in `fitting.fitted`.

    Returns
    -------
    Weighed or None
        None where a term is not finite on the data. What cannot be a correction of the plain
        fit is not taken for one: the plain fit then stands.

    Examples
    --------
    >>> from lawful.expressions import parse
    >>> rng = np.random.default_rng(0)
    >>> x, v = rng.uniform(1, 3, (2, 20_000))
    >>> seen = {"x": x + 0.05 * rng.normal(size=x.size), "v": v}
    >>> form = Parametrised.of(parse("1/x + v"))
    >>> better = weighed(form, seen, 1 / x + v)
    >>> [round(float(f.coefficients[1]), 3) for f in (fitted(form, seen, 1 / x + v), better.form)]
    [0.99, 1.0]
    >>> float(round(better.noise["x"] * x.std(), 2))
    0.05
    """
    plain = fitted(form, columns, target, held=held)
    if plain is None:
        return None
    rest = plain.values(columns) @ plain.coefficients - target
    even = Weighed(
        plain, np.full(target.shape, max(float(rest.std()), CLEAN * float(target.std())))
    )
    if rest.std() <= CLEAN * target.std():
        return even
    loose = [k for k in range(len(plain.bodies)) if k not in (held or {})]
    return corrected(plain, columns, lambda values, size: target, loose) or even


def corrected(
    plain: Parametrised, columns: Columns, aim: Aim, loose: Sequence[int]
) -> Weighed | None:
    """A form fitted already, with what noise in the columns took from its coefficients.

    Parameters
    ----------
    plain, columns
        The form, and the samples that it was fitted on.
    aim
        From the formula's values and the sizes of the residuals to what the values should be:
        the target; or the mean of each run, for what should stay the same along runs.
    loose
        Which coefficients may change.

    Returns
    -------
    Weighed or None
        None where the change is too large for a correction, or the noise for noise.
    """
    near = Near.of(plain, columns)
    if near is None or not loose:
        return None
    now, share, tau = plain.coefficients, dict.fromkeys(near.slopes, 0.0), 0.0
    size = np.ones(len(near.theta))
    for _ in range(ROUNDS):
        last, values = now, near.centred(share) @ now
        off = values - aim(values, size)
        share, tau = _components(off**2, {n: s @ now for n, s in near.slopes.items()})
        near = near.at(_foot(near, columns, off, now, share, tau), plain)
        now = reweighted(near, aim, now, share, tau, loose)
        size = near.sizes(now, share, tau)
        if np.allclose(last, now, rtol=1e-7, atol=0):
            break
    form = plain.with_numbers(now)
    if not _is_correction(form, plain) or max(share.values(), default=0.0) > PLAUSIBLE**2:
        return None
    return Weighed(form, size, {n: v**0.5 for n, v in share.items()}, tau**0.5, near)


def _foot(
    near: Near, columns: Columns, off: Array, a: Array, share: Mapping[str, float], tau: float
) -> dict[str, Array]:
    """Where the samples were without noise, as far as one residual can tell.

    The slopes are wanted there: at the noisy place they go up and down with the noise, which
    would bring back a part of the bias.
    """
    pull = off / near.sizes(a, share, tau) ** 2
    back = {n: v * (near.slopes[n] @ a) * pull for n, v in share.items()}
    return {
        n: column - np.std(column) * back[n] if n in back else column
        for n, column in columns.items()
    }


def _components(squares: Array, slopes: Mapping[str, Array]) -> tuple[dict[str, float], float]:
    """σ_j², in squared spreads of the columns, and τ²: nonnegative, reweighted least squares."""
    from scipy.optimize import nnls

    design = np.column_stack([*(s**2 for s in slopes.values()), np.ones_like(squares)])
    mean = float(squares.mean())
    expected = np.full(squares.shape, mean)
    found = np.zeros(design.shape[1])
    for _ in range(REWEIGHTED):
        rows = design / expected[:, None]
        scale = rows.max(axis=0)
        scale[~(scale > 0)] = 1.0
        found = nnls(rows / scale, squares / expected)[0] / scale
        expected = np.maximum(design @ found, LEAST * mean)
    return dict(zip(slopes, map(float, found[:-1]), strict=True)), float(found[-1])


def reweighted(
    near: Near, aim: Aim, a: Array, share: Mapping[str, float], tau: float, loose: Sequence[int]
) -> Array:
    """Coefficients with the least Σ (f − y)²/s², where s moves with them.

    With s held still the constants would shrink as before: it is the slopes in s that
    let a larger constant pay for itself.
    """
    from scipy.optimize import least_squares

    theta, loose = near.centred(share), list(loose)
    scale = np.linalg.norm(theta[:, loose], axis=0) / np.sqrt(len(theta))
    scale[scale == 0] = 1.0

    def whole(u: Array) -> Array:
        full = a.copy()
        full[loose] = u / scale
        return full

    def off(u: Array) -> Array:
        values, size = theta @ whole(u), near.sizes(whole(u), share, tau)
        return (values - aim(values, size)) / size

    return whole(least_squares(off, a[loose] * scale, x_scale="jac", max_nfev=60).x)


def _is_correction(form: Parametrised, plain: Parametrised) -> bool:
    away = np.abs(form.coefficients - plain.coefficients)
    named = np.array([body != "1" for body in form.bodies])
    return bool((away <= FAR * np.abs(plain.coefficients))[named].all())
