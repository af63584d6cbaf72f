"""Forecasts of test runs by every method, from the same samples.

physicsnet    the network's own roll-out
held          the same, put back on the level set of what it learned
laws          the same, put back on the level set of the formulas read off
integrator    the true equations, from the last sample seen, its noise included
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.studies.physicsnet.agreement import within_total
from lawful.trajectories import Trajectories, clock

if TYPE_CHECKING:
    from lawful.laws.physicsnet import Trained
    from lawful.studies.physicsnet.folder import TrainingRun
    from lawful.studies.physicsnet.material import Material
    from lawful.systems.system import System

Array = NDArray[np.float64]
Places = NDArray[np.intp]

SEEN = 0.1  # share of a run's samples that is seen
_EVEN = 1e-6  # of a step: clocks this near to even are even


def samples_seen(run: "TrainingRun", prefix: int | None = None) -> int:
    """How many samples of a run are shown: a tenth, and a window at least.

    Raises
    ------
    Refusal
        For a prefix shorter than a window, or one that leaves nothing to forecast.
    """
    window, samples = run.trained.window, run.material.runs.sizes["time"]
    seen = max(window, round(SEEN * samples)) if prefix is None else prefix
    if not window <= seen < samples:
        raise Refusal(
            f"a prefix of {seen} samples",
            f"from {window} (a window) to {samples - 1} (all but one)",
        )
    return seen


def asked(run: "TrainingRun", seen: int) -> Places:
    """The test runs that a forecast is asked of: seen to the end of the prefix, and going on."""
    m = run.material
    part = m.runs.isel(run=run.test)
    shown = np.stack(
        [part[n].values[:, seen - run.trained.window : seen] for n in run.trained.variables]
    )
    whole = np.isfinite(shown).all(axis=(0, 2))
    return run.test[whole & np.isfinite(clock(part)[:, seen])]


def by_network(
    trained: "Trained", m: "Material", which: Places, seen: int, formulas: Sequence[str] = ()
) -> dict[str, Trajectories]:
    """The network's forecasts of the runs `which`: plain, held, and held to formulas."""
    part = m.runs.isel(run=which)
    said = {
        "physicsnet": trained.forecast(part, prefix=seen),
        "held": trained.forecast(part, prefix=seen, hold=True),
    }
    if formulas:
        said["laws"] = trained.forecast(part, prefix=seen, hold=tuple(formulas))
    return said


def by_integrator(m: "Material", which: Places, seen: int) -> Trajectories | None:
    """The system's own motion from the last sample seen; None where it cannot be followed.

    The whole state is given to it as it was measured, whatever the network was shown.

    Examples
    --------
    >>> from lawful.studies.physicsnet.material import material
    >>> m = material(["spring"], runs=3, samples=40)
    >>> said = by_integrator(m, np.arange(3), 10)
    >>> bool(abs(said - m.runs).max().to_array().max() < 1e-8)
    True
    """
    if m.system is None or any(name not in m.runs.data_vars for name in m.system.names):
        return None
    part = m.runs.isel(run=which)
    start = np.stack([part[n].values[:, seen - 1] for n in m.system.names])
    values = {name: part[name].values for name in m.varied}
    times = clock(part)[:, seen - 1 :]
    try:
        later = _followed(m.system, start, times, values)
    except Refusal:
        return None
    out = part.copy(deep=True)
    for name, states in zip(m.system.names, later, strict=True):
        out[name].values[:, seen:] = states[:, 1:]
    return out[list(m.system.names)]


def _followed(system: "System", start: Array, times: Array, values: Mapping[str, Array]) -> Array:
    """States (variable, run, time); all runs at once where they share one even clock."""
    from lawful.systems.motion import integrate

    steps = np.diff(times, axis=1)
    whole = np.isfinite(times).all() and np.isfinite(start).all()
    if whole and np.ptp(times, axis=0).max() == 0 and np.ptp(steps) < _EVEN * steps.mean():
        clock_ = times[0] - times[0, 0]
        return integrate(system, start, clock_, values)
    out = np.full((*start.shape, times.shape[1]), np.nan)
    for k in range(start.shape[1]):
        alone = {name: value[k] for name, value in values.items()}
        held = np.isfinite(times[k])
        if np.isfinite(start[:, k]).all() and held.sum() > 1:
            out[:, k, held] = _alone(system, start[:, k], times[k, held], alone)
    return out


def _alone(system: "System", start: Array, times: Array, values: Mapping[str, Any]) -> Array:
    """One run on any clock."""
    from scipy.integrate import solve_ivp

    from lawful.systems.rates import rates

    rate = rates(system, values)
    done = solve_ivp(
        lambda t, y: rate(y[:, None])[:, 0],
        (times[0], times[-1]),
        start,
        method="DOP853",
        t_eval=times,
        rtol=1e-10,
        atol=1e-12 * max(float(np.abs(start).max()), 1.0),
    )
    out = np.full((start.size, times.size), np.nan)
    out[:, : done.y.shape[1]] = done.y
    return out


def holds(run: "TrainingRun", formula: str) -> bool:
    """Whether a formula varies little along the runs that stopped the training."""
    from lawful.expressions import compiled
    from lawful.laws.physicsnet.quantities import HOLDS

    part = run.material.runs.isel(run=run.chosen_by)
    columns = {n: np.asarray(part[n].values, dtype=float) for n in run.trained.variables}
    with np.errstate(all="ignore"):
        values = np.asarray(compiled(formula)(columns), dtype=float)
    shape = (part.sizes["run"], part.sizes["time"])
    return bool(within_total(np.broadcast_to(values, shape)) <= HOLDS)
