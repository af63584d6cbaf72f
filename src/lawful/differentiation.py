"""Velocities from positions: local polynomials, on any clock, as smooth as the noise asks.

    x(t) ≈ Σ_{j≤p} c_j (t − t_i)^j  over the w samples nearest t_i,   ẋ(t_i) = c_1

Degree p and window w are chosen for each run by leaving one out: the fit without
sample i is asked for x_i, and the window that errs least is taken,

    min over (p, w) of  mean_i [ (x_i − x̂_i) / (1 − h_i) ]²,   h_i = ∂x̂_i/∂x_i

so that clean data keep a narrow window and full order, noisy data a wide one.
Missing samples are passed over, a run's ends are fitted one-sidedly, and nothing
is ever interpolated onto a regular clock.

Sources: Savitzky & Golay, Anal. Chem. 36 (1964) 1627, local least squares;
Allen, Technometrics 16 (1974) 125, the leave-one-out sum; Fan & Gijbels, Local
Polynomial Modelling and Its Applications (1996), derivatives on uneven designs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.refusal import Refusal

Array = NDArray[np.float64]
Places = NDArray[np.int64]

FEWEST = 8
"""A derivative is estimated from at least so many samples."""

_FITS = tuple(
    (degree, samples)
    for degree in (4, 6)
    for samples in (7, 9, 13, 19, 27, 39, 55, 79, 113, 161)
    if samples > degree + 2
)
_BATCH = 1_000_000  # numbers in one batch of design matrices
_WEIGHED = 120  # points of a run at which windows are compared
_WEIGHED_IN_ALL = 20_000  # and of all runs together, where each has a clock of its own
_RIDGE = 1e-14
_ALIKE = 1e-9  # of a step: closer clocks are one


@dataclass(frozen=True)
class _Runs:
    """Samples packed to the front of each row, of which `count` are held.

    `times` has one row where all runs share a clock.
    """

    times: Array
    values: Array
    count: Places

    def __getitem__(self, rows: Places) -> "_Runs":
        shared = len(self.times) == 1
        return _Runs(
            self.times if shared else self.times[rows], self.values[rows], self.count[rows]
        )


def derivative(times: ArrayLike, values: ArrayLike) -> Array:
    """The rate of change of sampled values, smoothed no more than their noise asks.

    Parameters
    ----------
    times
        Increasing, shape (time,) or (run, time); NaN after a run's end.
    values
        Shape (run, time) or (time,); NaN where nothing was measured.

    Returns
    -------
    Array
        Shape (run, time), in the values' unit over the times'; NaN where `values`
        is, and all along a run with fewer than `FEWEST` samples.

    Raises
    ------
    Refusal
        Where the shapes disagree.

    Examples
    --------
    >>> t = np.sort(np.random.default_rng(0).uniform(0, 6, 300))
    >>> bool(np.abs(derivative(t, np.sin(t)) - np.cos(t)).max() < 1e-6)
    True
    """
    x = np.atleast_2d(np.asarray(values, dtype=float))
    t = np.atleast_2d(np.asarray(times, dtype=float))
    if x.ndim != 2 or t.ndim != 2 or t.shape[1] != x.shape[1] or len(t) not in (1, len(x)):
        raise Refusal(
            f"times of shape {np.shape(times)} with values of shape {np.shape(values)}",
            "(time,) or (run, time) with (run, time)",
        )
    held = np.isfinite(x) & np.isfinite(t)
    if held.all() and (pace := _pace(t)) is not None:
        clock = (t[:1] - t[:1, :1]) / pace[0]
        return _slopes(_Runs(clock, x, held.sum(axis=1))) / pace
    order = np.argsort(~held, axis=1, kind="stable")
    t = np.take_along_axis(np.broadcast_to(t, x.shape), order, 1)
    result = np.full(x.shape, np.nan)
    packed = _slopes(_Runs(t, np.take_along_axis(x, order, 1), held.sum(axis=1)))
    np.put_along_axis(result, order, packed, 1)
    return result


def _pace(times: Array) -> Array | None:
    """Each run's duration, shape (run, 1), if all clocks tick alike but for their pace."""
    if times.shape[1] < 2:
        return None
    pace = times[:, -1:] - times[:, :1]
    ticks = (times - times[:, :1]) / pace
    alike = np.abs(ticks - ticks[:1]).max() * times.shape[1] < _ALIKE
    return pace if alike else None


def _slopes(runs: _Runs) -> Array:
    """The derivative of packed runs, each with its own best fit."""
    result = np.full(runs.values.shape, np.nan)
    chosen = _best_fits(runs)
    everywhere = np.arange(runs.values.shape[1])[None, :]
    for k in np.unique(chosen[chosen >= 0]):
        rows = np.flatnonzero(chosen == k)
        part = runs[rows]
        slope, _ = _fitted(part, everywhere, *_FITS[k])
        result[rows] = np.where(everywhere < part.count[:, None], slope, np.nan)
    return result


def _best_fits(runs: _Runs) -> Places:
    """For each run the place in `_FITS` of the fit that foretells best; −1 for none."""
    errors = np.full((len(_FITS), len(runs.values)), np.inf)
    for k, (degree, samples) in enumerate(_FITS):
        able = np.flatnonzero(runs.count >= max(samples, FEWEST))
        if able.size:
            part = runs[able]
            left_out = _fitted(part, _spread_places(part), degree, samples)[1]
            with np.errstate(over="ignore", invalid="ignore"):
                errors[k, able] = np.mean(left_out**2, axis=1)
    errors[np.isnan(errors)] = np.inf
    return np.where(runs.count >= FEWEST, np.argmin(errors, axis=0), -1)


def _spread_places(runs: _Runs) -> Places:
    """Places spread evenly over each run's samples; one row where the clock is shared."""
    last = runs.count[: len(runs.times), None] - 1
    number = min(runs.values.shape[1], _WEIGHED, max(16, _WEIGHED_IN_ALL // len(last)))
    places: Places = np.round(np.linspace(0, 1, number) * last).astype(np.int64)
    return places


def _fitted(runs: _Runs, places: Places, degree: int, samples: int) -> tuple[Array, Array]:
    """Slope and leave-one-out error at `places`, in batches that fit the memory."""
    shape = (len(runs.values), places.shape[1])
    slope, left_out = np.empty(shape), np.empty(shape)
    for rows, columns in _batches(shape, samples * (degree + 1)):
        part = runs[np.arange(rows.start, min(rows.stop, shape[0]))]
        here = places[:, columns] if len(places) == 1 else places[rows, columns]
        slope[rows, columns], left_out[rows, columns] = _fit(part, here, degree, samples)
    return slope, left_out


def _batches(shape: tuple[int, int], width: int) -> Iterator[tuple[slice, slice]]:
    columns = max(1, min(shape[1], _BATCH // width))
    rows = max(1, _BATCH // (width * columns))
    for i in range(0, shape[0], rows):
        for j in range(0, shape[1], columns):
            yield slice(i, i + rows), slice(j, j + columns)


def _fit(runs: _Runs, places: Places, degree: int, samples: int) -> tuple[Array, Array]:
    """Slope and leave-one-out error, shape (run, place), of one batch."""
    count = runs.count[: len(runs.times), None]
    places = np.minimum(places, count - 1)
    start = np.clip(places - samples // 2, 0, count - samples)
    window = start[..., None] + np.arange(samples)
    value, slope, own = _weights(runs.times, places, window, degree)
    rows = np.arange(len(runs.values))[:, None]
    x = runs.values[rows[..., None], window]
    middle = x[..., :1]  # the slope's weights sum to zero only up to round-off
    x = x - middle
    here = runs.values[rows, places] - middle[..., 0]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        left_out = (here - np.sum(value * x, axis=-1)) / (1 - own)
        return np.sum(slope * x, axis=-1), left_out


def _weights(
    times: Array, places: Places, window: Places, degree: int
) -> tuple[Array, Array, Array]:
    """Weights of value and slope on each window, and the value's own weight h.

    Windows are mapped to −1 … 1 and the polynomial is a sum of Chebyshev's: the
    normal equations stay well conditioned where powers of t would not.
    """
    rows = np.arange(len(times))[:, None]
    t = times[rows[..., None], window]
    middle, half = (t[..., -1] + t[..., 0]) / 2, (t[..., -1] - t[..., 0]) / 2
    basis, _ = _chebyshev((t - middle[..., None]) / half[..., None], degree)
    sides = np.stack(_chebyshev((times[rows, places] - middle) / half, degree), axis=-1)
    gram = np.swapaxes(basis, -1, -2) @ basis
    gram += _RIDGE * np.eye(degree + 1)  # samples that all but coincide leave it singular
    both = basis @ np.linalg.solve(gram, sides)
    own = np.take_along_axis(both[..., 0], (places - window[..., 0])[..., None], -1)[..., 0]
    return both[..., 0], both[..., 1] / half[..., None], own


def _chebyshev(u: Array, degree: int) -> tuple[Array, Array]:
    """T_0 … T_p and their slopes at u, on a new last axis; T_k′ = k U_{k−1}."""
    first, second = [np.ones_like(u), u], [np.zeros_like(u), np.ones_like(u)]
    for _ in range(degree - 1):
        first.append(2 * u * first[-1] - first[-2])
        second.append(2 * u * second[-1] - second[-2])
    slopes = [k * entry for k, entry in enumerate(second)]
    return np.stack(first, axis=-1), np.stack(slopes, axis=-1)
