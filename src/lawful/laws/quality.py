"""Findings about single columns and pairs: constant, copied, scaled, noisy, rounded, spiked."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lawful.laws.evidence import Array, Evidence, Finding, listed
from lawful.laws.noise import annihilator, difference, robust_scale, thinned

NOISY = 0.05
VERY_NOISY = 0.3
_SCALES = 1e4
_LEAST = 1e-3  # of the column's spread
_CORNER = 0.25  # of the way that the four samples around it go
_SPIKE = 10.0
_SAMPLED = 20_000


def quality(seen: Evidence) -> Iterator[Finding]:
    """All findings about columns."""
    yield from _constant(seen)
    yield from _dependent(seen)
    yield from _scales(seen)
    yield from _noise(seen)
    yield from _rounded(seen)
    yield from _spikes(seen)


def _constant(seen: Evidence) -> Iterator[Finding]:
    still = [n for n, c in zip(seen.names, seen.constant, strict=True) if c]
    if still:
        yield Finding(
            "note", listed(still), "never changes, in any run", "it can take no part in a law"
        )
    fixed = [
        n for n, f, c in zip(seen.names, seen.fixed, seen.constant, strict=True) if f and not c
    ]
    if fixed:
        yield Finding(
            "note",
            listed(fixed),
            "keeps one value along each run",
            "it is a parameter, conserved trivially",
            "make it a parameter of the run",
        )
    nearly = [
        name
        for k, name in enumerate(seen.names)
        if not seen.fixed[k] and seen.within[k] < 1e-3 * seen.spread[k]
    ]
    if nearly:
        yield Finding(
            "note",
            listed(nearly),
            "hardly changes along a run, but differs between runs",
            "it is close to a law by itself, and its part in others is hard to see",
        )


def _rows(seen: Evidence, columns: list[int]) -> Array:
    """Whole samples of these columns, some thousands of them, shape (sample, column)."""
    rows = seen.values[..., columns].reshape(-1, len(columns))
    rows = rows[:: max(len(rows) // _SAMPLED, 1)]
    return rows[np.isfinite(rows).all(axis=1)]


def _dependent(seen: Evidence) -> Iterator[Finding]:
    columns = [k for k in range(len(seen.names)) if not seen.constant[k]]
    if len(columns) < 2:
        return
    rows = _rows(seen, columns)
    if len(rows) <= len(columns):
        return
    mean = rows.mean(axis=0)
    scaled = rows - mean
    size = scaled.std(axis=0)
    if (size == 0).any():
        return
    scaled /= size
    kept: list[int] = []
    for k in range(len(columns)):
        if kept:
            share, *_ = np.linalg.lstsq(scaled[:, kept], scaled[:, k])
            left = scaled[:, k] - scaled[:, kept] @ share
            if left.std() < 1e-9:
                weights = share * size[k] / size[kept]
                offset = mean[k] - weights @ mean[kept]
                names = [seen.names[columns[i]] for i in kept]
                yield _relation(seen.names[columns[k]], names, weights, share, offset, size[k])
                continue
        kept.append(k)


def _relation(
    name: str, others: list[str], weights: Array, share: Array, offset: float, size: float
) -> Finding:
    terms = [
        f"{w:+.6g}·{other}"
        for other, w, s in zip(others, weights, share, strict=True)
        if abs(s) > 1e-7
    ]
    if abs(offset) > 1e-9 * size:
        terms.append(f"{offset:+.6g}")
    return Finding(
        "warning",
        repr(name),
        f"is {' '.join(terms).removeprefix('+')} in every sample",
        "this is an identity, not a law of motion; it is set aside",
        f"drop the column with --ignore {name}",
    )


def _scales(seen: Evidence) -> Iterator[Finding]:
    moving = [k for k in range(len(seen.names)) if not seen.constant[k]]
    if not moving:
        return
    low = min(moving, key=lambda k: float(seen.spread[k]))
    high = max(moving, key=lambda k: float(seen.spread[k]))
    ratio = float(seen.spread[high] / seen.spread[low])
    if ratio > _SCALES:
        yield Finding(
            "note",
            "columns",
            f"differ widely in scale: {seen.names[high]!r} spreads {ratio:.1e} times more than "
            f"{seen.names[low]!r}",
            "they are scaled before the search; a law's constants will differ as widely",
            "use units in which both are near 1",
        )
    for k in moving:
        if seen.size[k] > 1e6 * seen.spread[k]:
            yield Finding(
                "warning",
                repr(seen.names[k]),
                f"varies by {seen.spread[k]:.2g} about {seen.size[k]:.6g}",
                "digits are lost in its powers",
                "subtract a constant from it",
            )


def noise_share(seen: Evidence) -> Array:
    """Noise over the spread along a run, by column; NaN where unknown, 0 where nothing moves."""
    moves = ~seen.fixed
    share: Array = np.where(moves, seen.noise.std / np.where(moves, seen.within, 1.0), 0.0)
    return share


def _noise(seen: Evidence) -> Iterator[Finding]:
    share = noise_share(seen)
    known = [k for k in range(len(seen.names)) if seen.noise.resolved[k] and not seen.fixed[k]]
    loud = [k for k in known if share[k] > NOISY]
    for k in loud:
        yield Finding(
            "warning" if share[k] > VERY_NOISY else "note",
            repr(seen.names[k]),
            f"is noisy: {seen.noise.std[k]:.3g}, or {share[k]:.1%} of its spread along a run",
            "laws that use it come out with wide intervals, small terms are lost",
            "more runs help; so does a better instrument",
        )
    if known and not loud:
        low, high = min(share[k] for k in known), max(share[k] for k in known)
        yield Finding("ok", "noise", f"is {low:.2g} to {high:.2g} of each column's spread in a run")


def _rounded(seen: Evidence) -> Iterator[Finding]:
    for k, name in enumerate(seen.names):
        if seen.constant[k]:
            continue
        quantum = _quantum(_rows(seen, [k])[:, 0])
        noise = seen.noise.std[k]
        # A rounding error is even within a quantum: its deviation is q / √12.
        if quantum and (not np.isfinite(noise) or quantum / np.sqrt(12) > 0.5 * noise):
            yield Finding(
                "note",
                repr(name),
                f"is rounded to steps of {quantum:.3g}",
                "the rounding is most of its noise, and is not white where it moves slowly",
                "save more digits",
            )


def _quantum(values: Array) -> float:
    """The step on whose grid all values lie; 0 where there is none."""
    levels = np.unique(values)
    if levels.size < 3 or levels.size > 0.7 * values.size:
        return 0.0
    steps = np.diff(levels)
    step = float(np.median(steps[steps <= 1.5 * steps.min()]))
    ratio = steps / step
    return step if float(np.abs(ratio - np.round(ratio)).max()) < 0.05 else 0.0


def _spikes(seen: Evidence) -> Iterator[Finding]:
    order = 4
    if seen.times.shape[1] <= order + 2:
        return
    times, values = thinned(seen.times, seen.values)
    weights = annihilator(times, order)
    d = difference(values, weights)
    scale = robust_scale(d)
    for k, name in enumerate(seen.names):
        if seen.fixed[k] or not seen.noise.resolved[k]:
            continue
        lone = _lone(d[..., k], weights, scale[k]) & ~_slight(d[..., k], weights, values[..., k])
        run, at = np.nonzero(lone)
        if run.size:
            yield Finding(
                "warning",
                repr(name),
                f"has {_spikes_said(run.size)} at time {times[run[0], at[0]]:.6g}",
                "each counts as a break of every law that uses it",
                "remove these samples, or leave them empty",
            )


def _spikes_said(count: int) -> str:
    return "a lone spike," if count == 1 else f"{count} lone spikes, the first"


def _slight(d: Array, weights: Array, x: Array) -> NDArray[np.bool_]:
    """Where what seems wrong is too little to matter, or only the motion turning a corner."""
    height = np.abs(d[:, 1:-1] / weights[:, 1:-1, 2])
    around = np.stack([x[:, k : x.shape[1] - 6 + k] for k in (1, 2, 4, 5)])
    with np.errstate(invalid="ignore"):
        slight = height < np.maximum(_CORNER * np.ptp(around, axis=0), _LEAST * np.nanstd(x))
    found = np.zeros(x.shape, dtype=bool)
    found[:, 3:-3] = slight
    return found


def _lone(d: Array, weights: Array, scale: float) -> NDArray[np.bool_]:
    """Samples off by themselves: large differences in the pattern that one wrong sample makes."""
    found = np.zeros((d.shape[0], d.shape[1] + 4), dtype=bool)
    height = d[:, 1:-1] / weights[:, 1:-1, 2]
    before = np.abs(d[:, :-2] - weights[:, :-2, 3] * height)
    after = np.abs(d[:, 2:] - weights[:, 2:, 1] * height)
    size = np.abs(d[:, 1:-1])
    with np.errstate(invalid="ignore"):
        lone = (size > _SPIKE * scale) & (np.maximum(before, after) < 0.2 * size)
    found[:, 3:-3] = lone
    return found
