"""The motion of one run: its columns along time, and how they can be drawn in space.

    x(run, time), thinned so that no spike is lost  →  paths, trails, curves

Any run of any data set. What cannot be seen at once is asked for: a part of the time, other
columns, cells of a field, the other runs beside, a network's forecast.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.report.numbers import unit_text
from lawful.trajectories import Trajectories, clock
from lawful.web.channel import Reading
from lawful.web.codec import Message
from lawful.web.scenes.again import runs_line, where
from lawful.web.scenes.bodies import Drawing, drawings
from lawful.web.scenes.forecast import forecast, possible
from lawful.web.scenes.onerun import check_run, notes_of, parameters, thinned, time_words
from lawful.web.scenes.thinning import chosen, gaps, part

if TYPE_CHECKING:
    from lawful.web.workspace import Opened

Array = NDArray[np.float64]

SHOWN = 12  # columns of a scene
LISTED = 500  # columns that are named
CELLS = 4  # of a field, where nothing was chosen
BESIDE, BESIDE_SAMPLES = 24, 500  # other runs, and of each
RECORDED = 3  # forecasts in an exported page
_CELL = re.compile(r"(.+)\[(\d+(?:,\d+)*)\]")


def scene(
    opened: "Opened",
    *,
    run: int = 0,
    start: int = 0,
    stop: int | None = None,
    stride: int | None = None,
    columns: Sequence[str] = (),
) -> Message:
    """One run.

    Parameters
    ----------
    opened
        What is looked at.
    run
        Which run.
    start, stop, stride
        Samples; thinned to some 4000 with all extremes where no stride is given.
    columns
        Which columns; those that can be drawn and the first others, 12 at most, when not
        given. A cell of a field is `u[3]` or `u[3,5]`.

    Returns
    -------
    Message
        Arrays `time`, `sample` (n,) and `values` (column, n), NaN in gaps.

    Raises
    ------
    Refusal
        For a run, samples or columns that are not there.
    """
    runs = opened.trajectories()
    check_run(run, runs)
    times = clock(runs)[run]
    length = int(np.isfinite(times).sum())
    ways = drawings(runs)
    names = _asked(columns, runs) or _first(runs, ways)
    values = [_column(runs, name, run)[:length] for name in names]
    places = chosen(values or [times[:length]], start, stop, stride)
    first, last, _ = part(start, stop, stride, length)
    data = {
        "name": opened.name,
        "kind": opened.kind,
        "run": run,
        "runs": [str(name) for name in runs["run"].values],
        "parameters": parameters(runs, run),
        "time_words": time_words(runs),
        "samples": length,
        "start": first,
        "stop": last,
        "columns": [
            {**_about(runs, name), "gaps": gaps(v)} for name, v in zip(names, values, strict=True)
        ],
        "others": _others(runs, names),
        "drawings": [way.to_dict() for way in ways],
        "forecast": possible(opened),
        "notes": thinned(len(places), last - first),
        "reading": notes_of(runs),
    }
    stacked = np.stack([v[places] for v in values]) if values else np.empty((0, len(places)))
    arrays = {"time": times[places], "sample": places.astype(np.int32), "values": stacked}
    return Message(data, arrays, kind="answer")


def beside(opened: "Opened", *, columns: Sequence[str] = (), of: Sequence[int] = ()) -> Message:
    """Other runs for the same picture, thinned more.

    Parameters
    ----------
    opened
        What is looked at.
    columns
        Which columns; those of the first drawing when not given.
    of
        Which runs; the first 24 when not given.

    Returns
    -------
    Message
        Arrays `time` (run, n) and `values` (run, column, n), NaN after a run's end.
    """
    runs = opened.trajectories()
    ways = drawings(runs)
    names = _asked(columns, runs) or (list(ways[0].columns) if ways else _first(runs, ways))
    if not isinstance(of, list | tuple):
        raise Refusal(f"runs {of!r}"[:80], "a list of runs")
    which = list(of) or list(range(min(runs.sizes["run"], BESIDE)))
    if len(which) > BESIDE:
        raise Refusal(f"{len(which)} runs at once", f"{BESIDE} at most")
    for run in which:
        check_run(run, runs)
    clocks = clock(runs)
    time = np.full((len(which), BESIDE_SAMPLES), np.nan)
    values = np.full((len(which), len(names), BESIDE_SAMPLES), np.nan)
    for k, run in enumerate(which):
        length = int(np.isfinite(clocks[run]).sum())
        # Evenly: what is drawn is a path, and its shape wants samples everywhere.
        places = np.unique(np.linspace(0, max(length - 1, 0), BESIDE_SAMPLES).astype(int))
        time[k, : len(places)] = clocks[run][places]
        for j, name in enumerate(names):
            values[k, j, : len(places)] = _column(runs, name, run)[places]
    data = {"of": which, "columns": list(names), "all": runs.sizes["run"]}
    return Message(data, {"time": time, "values": values.astype(np.float32)}, kind="answer")


def python(opened: "Opened", *, run: int = 0) -> Message:
    """The lines that draw the same run."""
    runs = opened.trajectories()
    check_run(run, runs)
    ways = drawings(runs)
    lines = _FORECAST if opened.kind == "train" else _LINES
    first = next((way for way in ways if not way.hands), None)
    axes = first.trails[0].columns if first else ("time", _first(runs, ways)[0])
    solid = len(axes) == 3 and all(axes)
    text = lines.format(
        read=read_line(opened),
        folder=repr(where(opened)),
        run=run,
        projection=', projection="3d"' if solid else "",
        axes=", ".join(f"one[{name!r}]" for name in (axes if solid else axes[:2])),
        names=", ".join(f"{k}={n!r}" for k, n in zip(("xlabel", "ylabel"), axes, strict=False)),
    )
    return Message({"text": text}, kind="answer")


def read_line(opened: "Opened") -> str:
    """The line that reads the very runs that are shown."""
    if opened.folder is None or opened.kind == "discover":
        return runs_line(opened)
    inside = "runs.nc"
    if opened.kind == "learn":
        logs = sorted((opened.path / "training").glob("*.nc"))
        inside = f"training/{logs[0].name}" if logs else "training.nc"
    return f"runs = lawful.read({f'{where(opened)}/{inside}'!r})"


def reading(opened: "Opened") -> Reading:
    """The channel of a run."""

    def _scene(
        run: int = 0,
        start: int = 0,
        stop: int | None = None,
        stride: int | None = None,
        columns: Sequence[str] = (),
    ) -> Message:
        return scene(opened, run=run, start=start, stop=stop, stride=stride, columns=columns)

    def _beside(columns: Sequence[str] = (), of: Sequence[int] = ()) -> Message:
        return beside(opened, columns=columns, of=of)

    def _forecast(run: int = 0, prefix: int | None = None) -> Message:
        return forecast(opened, run=run, prefix=prefix)

    def _python(run: int = 0) -> Message:
        return python(opened, run=run)

    return Reading("trajectory", scene=_scene, beside=_beside, forecast=_forecast, python=_python)


def recorded(opened: "Opened") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What an exported page asks beyond its scenes."""
    runs = opened.trajectories()
    if runs.sizes["run"] > 1:
        yield "beside", {}
    if possible(opened)["there"]:
        for run in range(min(runs.sizes["run"], RECORDED)):
            yield "forecast", {"run": run}


# ------------------------------------------------------------------------------ columns


def _first(runs: Trajectories, ways: Sequence[Drawing]) -> list[str]:
    """What is shown where nothing was asked: what is drawn first, then the other columns."""
    drawn = [name for way in ways for name in way.columns]
    plain = [str(name) for name, v in runs.data_vars.items() if v.ndim == 2]
    cells = [name for v in runs.data_vars.values() if v.ndim > 2 for name in _cells(v)]
    return list(dict.fromkeys([*drawn, *plain, *cells]))[:SHOWN]


def _cells(field: Any) -> Iterator[str]:
    """Some cells of a field, evenly apart."""
    shape = field.shape[2:]
    count = int(np.prod(shape))
    for k in np.unique(np.linspace(0, count - 1, min(CELLS, count)).astype(int)) if count else ():
        place = ",".join(str(int(p)) for p in np.unravel_index(k, shape))
        yield f"{field.name}[{place}]"


def _asked(columns: Sequence[str], runs: Trajectories) -> list[str]:
    listed = isinstance(columns, list | tuple)
    if not listed or not all(isinstance(name, str) for name in columns):
        raise Refusal(f"columns {columns!r}"[:80], "a list of names")
    names = list(dict.fromkeys(columns))
    if len(names) > SHOWN:
        raise Refusal(f"{len(names)} columns at once", f"{SHOWN} at most")
    for name in names:
        _place(runs, name)
    return names


def _place(runs: Trajectories, name: str) -> tuple[str, tuple[int, ...]]:
    """A variable and a cell of it; the cell is empty for a plain column."""
    if name in runs.data_vars and runs[name].ndim == 2:
        return name, ()
    match = _CELL.fullmatch(name)
    if match and match[1] in runs.data_vars:
        cell = tuple(int(p) for p in match[2].split(","))
        shape = runs[match[1]].shape[2:]
        if len(cell) == len(shape) and all(p < size for p, size in zip(cell, shape, strict=True)):
            return match[1], cell
        raise Refusal(f"the cell {name!r}", f"one inside {match[1]}, whose shape is {shape}")
    shown = ", ".join(str(n) for n in list(runs.data_vars)[:SHOWN])
    raise Refusal(f"column {name[:80]!r}", f"one of {shown}")


def _column(runs: Trajectories, name: str, run: int) -> Array:
    """The values of one run, what is not finite as NaN."""
    variable, cell = _place(runs, name)
    whole = np.asarray(runs[variable].isel(run=run).values, dtype=float)
    values: Array = np.array(whole.reshape(len(whole), -1)[:, _flat(runs[variable], cell)])
    values[~np.isfinite(values)] = np.nan
    return values


def _flat(variable: Any, cell: tuple[int, ...]) -> int:
    """The place of a cell among all cells of a field, row after row."""
    return int(np.ravel_multi_index(cell, variable.shape[2:])) if cell else 0


def _about(runs: Trajectories, name: str) -> dict[str, str]:
    variable, cell = _place(runs, name)
    attrs = runs[variable].attrs
    told = {key: str(attrs.get(key, "")) for key in ("long_name", "role", "group", "axis", "of")}
    return {
        "name": name,
        "units": unit_text(str(attrs.get("units", ""))),
        **told,
        **({"role": "field"} if cell else {}),
    }


def _others(runs: Trajectories, shown: Sequence[str]) -> dict[str, Any]:
    """What else could be shown: columns by name, fields by shape."""
    plain = [str(n) for n, v in runs.data_vars.items() if v.ndim == 2 and n not in shown]
    fields = {str(n): list(v.shape[2:]) for n, v in runs.data_vars.items() if v.ndim > 2}
    return {"columns": plain[:LISTED], "more": max(len(plain) - LISTED, 0), "fields": fields}


_LINES = """\
import matplotlib.pyplot as plt

import lawful

{read}
one = runs.isel(run={run})
figure = plt.figure()
axes = figure.add_subplot(1, 1, 1{projection})
axes.plot({axes})
axes.set({names})
plt.show()
"""

_FORECAST = """\
import numpy as np

from lawful.pictures import forecast_curves
from lawful.studies.physicsnet.folder import read_training
from lawful.studies.physicsnet.rollouts import by_network, samples_seen

trained = read_training({folder})
seen = samples_seen(trained)
which = np.array([{run}])
said = by_network(trained.trained, trained.material, which, seen)
forecast_curves(trained.material.runs.isel(run=which), said, seen=seen).savefig("forecast.png")
"""
