"""How far predictions are off, in spreads of the data.

    error = √ mean_{run, t, i} [(x̂_i − x_i) / σ_i]²,   σ_i the spread of variable i

The truth is the state without noise, where it is known. An angle's error is the shorter way
round, and its spread at most that of an angle that is anywhere.
"""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lawful.trajectories import Trajectories, clock

if TYPE_CHECKING:
    from lawful.studies.physicsnet.folder import TrainingRun
    from lawful.studies.physicsnet.material import Material

Array = NDArray[np.float64]
Places = NDArray[np.intp]

WIDEST_ANGLE = np.pi / np.sqrt(3)
PIECES = 2000  # windows whose next sample is predicted


def forecast_error(m: "Material", forecast: Trajectories, which: Places, seen: int) -> float:
    """The error of what is forecast of the runs `which`, over all samples after `seen`.

    Examples
    --------
    >>> from lawful.studies.physicsnet.material import material
    >>> m = material(["spring"], runs=3, samples=40)
    >>> forecast_error(m, m.runs + 0.0, np.arange(3), 10)
    0.0
    """
    true = (m.runs if m.clean is None else m.clean).isel(run=which)
    return _off(m, forecast, true, slice(seen, None))


def one_step_error(run: "TrainingRun") -> float:
    """The error of the next sample after a window, on test runs."""
    m, window = run.material, run.trained.window
    true = m.runs if m.clean is None else m.clean
    names = list(run.trained.variables)
    rows, begins = _begins(m.runs[names], run.test, window + 1)
    if not rows.size:
        return float("nan")
    seen = _pieces(m.runs[names], rows, begins, window + 1)
    next_one = _pieces(true[names], rows, begins, window + 1)
    said = run.trained.forecast(seen, prefix=window)
    return _off(m, said, next_one, slice(window, None))


def _off(m: "Material", said: Trajectories, true: Trajectories, after: slice) -> float:
    squares = []
    for name in said.data_vars:
        angle = m.runs[name].attrs.get("role") == "angle"
        off = said[name].values[:, after] - true[name].values[:, after]
        spread = float(np.nanstd(m.runs[name].values))
        if angle:
            off = (off + np.pi) % (2 * np.pi) - np.pi
            spread = min(spread, WIDEST_ANGLE)
        if spread > 0:
            squares.append((off / spread) ** 2)
    if not squares:
        return float("nan")
    known = np.isfinite(np.stack([true[n].values[:, after] for n in said.data_vars])).all(0)
    held = np.stack(squares)[:, known]
    return float(np.sqrt(np.mean(held))) if held.size else float("nan")


def _begins(runs: Trajectories, which: Places, length: int) -> tuple[Places, Places]:
    """Where complete pieces of the runs begin: their runs and first samples, thinned evenly."""
    held = np.isfinite(np.stack([v.values[which] for v in runs.data_vars.values()])).all(0)
    if held.shape[1] < length:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    whole = np.lib.stride_tricks.sliding_window_view(held, length, axis=1).all(-1)
    row, begin = np.nonzero(whole)
    some = np.unique(np.linspace(0, row.size - 1, min(PIECES, row.size)).astype(np.intp))
    return which[row[some]], begin[some]


def _pieces(runs: Trajectories, rows: Places, begins: Places, length: int) -> Trajectories:
    """Pieces of runs as runs of their own, each with its clock."""
    index = begins[:, None] + np.arange(length)
    columns = {
        name: (("run", "time"), v.values[rows[:, None], index], dict(v.attrs))
        for name, v in runs.data_vars.items()
    }
    times = (("run", "time"), clock(runs)[rows[:, None], index], dict(runs["time"].attrs))
    return xr.Dataset(columns, {"run": np.arange(rows.size), "time": times}, dict(runs.attrs))
