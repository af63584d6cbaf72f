"""Which run a row of a chunk belongs to, where runs go on from one chunk to the next.

    (chunk, row)  →  (number of the run, how many of its samples came before)

A run goes on where the next chunk holds its name with a later clock. A name that
comes back with a clock that starts anew is another run.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import Array
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, check, clock

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Numbered:
    """A chunk, with what became of its rows; arrays of shape (run,).

    Attributes
    ----------
    runs
        The chunk.
    number
        Of each run, from 0 up over all chunks.
    start
        How many samples of each run came in earlier chunks.
    count
        How many come here.
    """

    runs: Trajectories
    number: Numbers
    start: Numbers
    count: Numbers


def numbered(chunks: Iterable[Trajectories]) -> Iterator[Numbered]:
    """Number the runs of `chunks`; what is remembered is the names of one chunk.

    Examples
    --------
    >>> from lawful.trajectories import make
    >>> t = np.arange(4.0)
    >>> chunks = [make({"x": [t, t]}, t, runs=["a", "b"]), make({"x": t}, t + 4, runs=["b"])]
    >>> [(c.number.tolist(), c.start.tolist()) for c in numbered(chunks)]
    [([0, 1], [0, 0]), ([1], [4])]
    """
    before: dict[str, tuple[int, int, float]] = {}
    total = 0
    for runs in chunks:
        times = clock(check(runs))
        count = np.isfinite(times).sum(axis=1)
        rows = []
        here: dict[str, tuple[int, int, float]] = {}
        for name, samples, own in zip(map(str, runs["run"].values), count, times, strict=True):
            known = before.get(name)
            if known is not None and samples and own[0] > known[2]:
                place, start = known[:2]
            else:
                place, start, total = total, 0, total + 1
            rows.append((place, start))
            here[name] = (place, start + int(samples), own[samples - 1] if samples else -np.inf)
        before = here
        number, start_of = np.array(rows, dtype=np.int64).reshape(-1, 2).T
        yield Numbered(runs, number, start_of, count)


def same_columns(first: Trajectories, chunk: Trajectories) -> set[str]:
    """The variables whose role differs from that in the first chunk.

    Raises
    ------
    Refusal
        Where variables, parameters or units differ: their sums would mean nothing.
    """
    for name in {*first.data_vars} ^ {*chunk.data_vars}:
        raise Refusal(
            f"variable {name!r} is not in every chunk",
            "the same variables",
            "drop it, or name in the reader what it is",
        )
    for name in {*_parameters(first)} ^ {*_parameters(chunk)}:
        raise Refusal(f"parameter {name!r} is not in every chunk", "the same parameters", "drop it")
    for name in (*first.data_vars, "time", *_parameters(first)):
        ours, theirs = (str(c[name].attrs.get("units", "")) for c in (first, chunk))
        if ours != theirs:
            raise Refusal(
                f"{name!r} is in {ours!r} and in {theirs!r}", "one unit", "convert one of them"
            )
    return {
        str(name)
        for name, variable in first.data_vars.items()
        if any(
            variable.attrs.get(key) != chunk[name].attrs.get(key)
            for key in ("role", "group", "axis", "of")
        )
    }


def _parameters(runs: Trajectories) -> list[str]:
    return [
        str(name)
        for name, c in runs.coords.items()
        if c.dims == ("run",) and name != "run" and np.issubdtype(c.dtype, np.number)
    ]


def ranges(runs: Trajectories) -> dict[str, tuple[float, float]]:
    """The least and the largest value of each parameter."""
    return {
        name: (float(runs[name].values.min()), float(runs[name].values.max()))
        for name in _parameters(runs)
    }


def padded(runs: Trajectories, samples: int) -> Trajectories:
    """The same runs with a clock of their own each, lengthened with NaN or cut to `samples`."""
    times = runs["time"].copy(data=clock(runs)) if runs["time"].ndim == 2 else None
    if times is None:
        spread = np.array(clock(runs))
        bare = runs.drop_vars("time").assign(_clock=(("run", "time"), spread))
        bare["_clock"].attrs.update(runs["time"].attrs)
    else:
        bare = runs.drop_vars("time").assign(_clock=times.drop_vars("time"))
    kept = bare.isel(time=slice(0, samples))
    longer = kept.pad(time=(0, samples - kept.sizes["time"]), constant_values=np.nan)
    return longer.assign_coords(time=longer["_clock"]).drop_vars("_clock")


def rows_as_columns(chunk: Numbered, row: int) -> dict[str, Array]:
    """One row's variables, parameters and clock (under "") as arrays of shape (samples,)."""
    held = slice(0, int(chunk.count[row]))
    columns: dict[str, Array] = {"": clock(chunk.runs)[row, held]}
    for name, variable in chunk.runs.data_vars.items():
        columns[str(name)] = variable.values[row, held]
    for name in _parameters(chunk.runs):
        columns[name] = np.full(held.stop, float(chunk.runs[name].values[row]))
    return columns
