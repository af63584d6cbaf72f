"""Findings about runs and clocks: how many, how long, how even, how fine, how different."""

from collections.abc import Iterator

import numpy as np

from lawful.laws.evidence import Evidence, Finding, Level, listed
from lawful.laws.noise import is_even

FEW_RUNS = 5
SHORT = 20
_GAP = 3.0
_COARSE = 2.0
_ALIKE = 4.0
_REACH = 0.3


def sampling(seen: Evidence) -> Iterator[Finding]:
    """All findings about runs and clocks."""
    yield from _runs(seen)
    yield from _lengths(seen)
    yield from _clocks(seen)
    yield from _gaps(seen)
    yield from _repeated(seen)
    yield from _resolution(seen)
    yield from _reach(seen)
    yield from _starts(seen)
    yield from _alike(seen)


def _runs(seen: Evidence) -> Iterator[Finding]:
    count = int((seen.lengths > 0).sum())
    if seen.fields:
        yield Finding(
            "note",
            "fields",
            f"{listed(list(seen.fields))} have space axes",
            "they are not looked at here",
            "reduce them to numbers, such as integrals over space",
        )
    if count == 0:
        yield Finding(
            "stop", "runs", "hold no sample at all", "there is nothing to search", "check the file"
        )
    elif count == 1:
        yield Finding(
            "warning",
            "runs",
            "number just one",
            "what is constant in it cannot be told from what is constant everywhere; "
            "laws rest on the flow alone",
            "record more runs from different starts, or cut a long one with --run",
        )
    elif count < FEW_RUNS:
        yield Finding(
            "note",
            "runs",
            f"number only {count}",
            "constants and p-values will be coarse",
            f"record at least {FEW_RUNS}, better 20",
        )
    else:
        yield Finding("ok", "runs", f"number {count}, with {int(seen.held.sum())} samples in all")


def _lengths(seen: Evidence) -> Iterator[Finding]:
    lengths = seen.lengths[seen.lengths > 0]
    if lengths.size == 0:
        return
    low, high = int(lengths.min()), int(lengths.max())
    if high < SHORT:
        yield Finding(
            "stop" if high < 5 else "warning",
            "runs",
            f"hold {high} samples at most",
            "noise cannot be told from motion in so few",
            f"record at least {SHORT} samples a run",
        )
    elif low < SHORT:
        few = int((lengths < SHORT).sum())
        yield Finding(
            "note",
            "runs",
            f"are of {low} to {high} samples, {few} of them under {SHORT}",
            "short ones say little about noise",
            "leave them out if they are fragments",
        )
    elif low < high:
        yield Finding("ok", "runs", f"are of {low} to {high} samples")


def _clocks(seen: Evidence) -> Iterator[Finding]:
    if seen.steps.size == 0:
        return
    shared = seen.times.strides[0] == 0 or bool((seen.times == seen.times[:1]).all())
    whose = "share one clock" if shared else "keep their own clocks"
    low, high = np.quantile(seen.steps, [0.05, 0.95])
    if is_even(seen.times) or _nearly_even(seen):
        by = f"{low:.4g}" if high < 1.001 * low else f"{low:.4g} to {high:.4g}"
        yield Finding("ok", "clocks", f"{whose}, evenly stepped by {by}")
    else:
        yield Finding(
            "ok",
            "clocks",
            f"{whose}, with uneven steps, mostly {low:.4g} to {high:.4g}",
            "all that follows takes the times as they are",
        )
    if not seen.runs["time"].attrs.get("units"):
        yield Finding(
            "note",
            "time",
            "has no unit",
            "laws that hold a time constant are given without units",
            "give it with --units time=s",
        )


def _nearly_even(seen: Evidence) -> bool:
    """Whether each run keeps its step to a thousandth, as a clock printed short does."""
    steps = np.diff(seen.times[seen.lengths > 1], axis=1)
    longest = np.fmax.reduce(steps, axis=1, initial=0.0)
    return bool((longest < 1.001 * np.fmin.reduce(steps, axis=1, initial=np.inf)).all())


def _gaps(seen: Evidence) -> Iterator[Finding]:
    typical = float(np.median(seen.steps)) if seen.steps.size else 0.0
    long = seen.steps[seen.steps > _GAP * typical]
    # An uneven clock has long steps everywhere; a gap is rare.
    if 0 < long.size < 0.02 * seen.steps.size:
        yield Finding(
            "note",
            "clocks",
            f"leap {long.size} times, the longest by {long.max():.4g} ({typical:.4g} is usual)",
            "what happened between is not seen",
        )
    inside = np.isfinite(seen.times)[..., None] & np.isnan(seen.values)
    for k, name in enumerate(seen.names):
        missing = int(inside[..., k].sum())
        if missing == 0:
            continue
        share = missing / max(int(np.isfinite(seen.times).sum()), 1)
        level: Level = "stop" if share == 1 else "warning" if share > 0.2 else "note"
        yield Finding(
            level,
            repr(name),
            f"lacks {missing} samples ({share:.1%}), at most {_longest(inside[..., k])} in a row",
            "these samples are left out of every law that uses it",
            f"drop the column with --ignore {name}" if share > 0.2 else "",
        )


def _longest(missing: np.ndarray) -> int:
    """The longest stretch of True along any row."""
    padded = np.pad(missing, ((0, 0), (1, 1))).astype(np.int8)
    edges = np.diff(padded, axis=1)
    return int((np.nonzero(edges == -1)[1] - np.nonzero(edges == 1)[1]).max(initial=0))


def _repeated(seen: Evidence) -> Iterator[Finding]:
    marks = [(seen.values[r].tobytes(), seen.times[r].tobytes()) for r in range(len(seen.lengths))]
    twice = len(marks) - len(set(marks))
    if twice:
        yield Finding(
            "warning",
            "runs",
            f"repeat one another: {twice} of {len(marks)} are exact copies",
            "a law would be tested on the runs that it was found in",
            "remove the copies",
        )


def _moving(seen: Evidence) -> list[int]:
    return [k for k in range(len(seen.names)) if not seen.fixed[k]]


def _resolution(seen: Evidence) -> Iterator[Finding]:
    moving = _moving(seen)
    known = [k for k in moving if np.isfinite(seen.noise.std[k])]
    blind = [seen.names[k] for k in known if not seen.noise.resolved[k]]
    coarse = [seen.names[k] for k in known if seen.noise.resolved[k] and seen.memory[k] < _COARSE]
    if blind:
        everything = len(blind) == len(known)
        yield Finding(
            "stop" if everything else "warning",
            listed(blind),
            "change from sample to sample as much as in a whole run",
            "such motion looks like noise, and so does every broken law: nothing that is found "
            "in them can be called exact",
            "sample more often, or drop them if they are noise",
        )
    if coarse:
        yield Finding(
            "note",
            listed(coarse),
            f"are sampled less than {_COARSE:g} times in a correlation time",
            "noise is read a little too high",
            "sample more often if you can",
        )
    if known and not blind and not coarse:
        finest = min(seen.memory[k] for k in known)
        yield Finding(
            "ok",
            "sampling",
            "resolves the motion"
            + (f": at least {finest:.3g} samples in a correlation time" if finest < 1e9 else ""),
        )


def _reach(seen: Evidence) -> Iterator[Finding]:
    moving = _moving(seen)
    length = float(np.median(seen.lengths[seen.lengths > 0])) if seen.lengths.any() else 0.0
    slow = [seen.names[k] for k in moving if seen.memory[k] > _REACH * length]
    if moving and len(slow) == len(moving) and length > 0:
        yield Finding(
            "note",
            "runs",
            "are shorter than the motion: no column turns back within one",
            "what changes slowly may pass for conserved",
            "record for several periods",
        )


def _starts(seen: Evidence) -> Iterator[Finding]:
    moving = [k for k in _moving(seen) if seen.noise.resolved[k]]
    first = seen.values[:, 0][:, moving]
    if len(seen.lengths) < 2 or not moving or not np.isfinite(first).any(axis=0).all():
        return
    noise = np.nan_to_num(seen.noise.std[moving])
    same = np.nanstd(first, axis=0) <= np.maximum(3 * noise, 1e-9 * seen.spread[moving])
    if same.all():
        yield Finding(
            "warning",
            "runs",
            "all start from the same state, as far as the noise lets one see",
            "a law has the same value in all of them and cannot be told from a constant",
            "record runs from different starts",
        )


def _alike(seen: Evidence) -> Iterator[Finding]:
    """Do means and squares differ between runs by more than between a run's halves?"""
    moving = [k for k in _moving(seen) if seen.noise.resolved[k]]
    length = float(np.median(seen.lengths))
    if len(seen.lengths) < FEW_RUNS or not moving:
        return
    if max(seen.memory[k] for k in moving) > length / 20:
        return
    x = seen.values[:, : int(length), moving]
    x = (x - np.nanmean(x, axis=(0, 1))) / seen.spread[moving]
    pairs = [x[..., i] * x[..., j] for i in range(len(moving)) for j in range(i + 1)]
    features = np.concatenate([x, np.stack(pairs[:100], axis=-1)], axis=-1)
    half = features.shape[1] // 2
    early, late = (_mean(part) for part in (features[:, :half], features[:, half:]))
    between = np.nanvar((early + late) / 2, axis=0, ddof=1)
    chance = np.nanmean((early - late) ** 2, axis=0) / 4
    if (between < _ALIKE * np.maximum(chance, 1e-300)).all():
        yield Finding(
            "warning",
            "runs",
            "are alike: they differ no more than the halves of one run do",
            "either there is no law (one attractor), or all runs share its value",
            "record runs from more different starts",
        )


def _mean(part: np.ndarray) -> np.ndarray:
    held = np.isfinite(part)
    return np.where(held, part, 0.0).sum(axis=1) / np.maximum(held.sum(axis=1), 1)
