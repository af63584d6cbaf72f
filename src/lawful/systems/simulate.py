"""Simulation: x(t) from dx/dt = f(x; p), all runs side by side.

Where the motion separates into dq/dt = f(v), dv/dt = a(q), it moves by a symplectic
composition of order 8 (Kahan and Li 1997; see `integrators`), each run with the
smallest power of two of sub-steps between samples at which halving them changes
nothing that matters. Elsewhere, and where that many sub-steps are not enough, it
moves by SciPy's DOP853 (Hairer, Nørsett and Wanner, Solving Ordinary Differential
Equations I, 1993) on the runs stacked into one state.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.systems.rates import rates
from lawful.systems.system import System

if TYPE_CHECKING:
    from lawful.trajectories import Trajectories

Array = NDArray[np.float64]
Progress = Callable[[float], None]
Accepts = Callable[[Mapping[str, Any]], NDArray[np.bool_]]

TOLERANCE = 1e-10  # of each variable's size in its run
MOST_SUBSTEPS = 256
MOST_REDRAWS = 50
WIDEST_ANGLE = np.pi / np.sqrt(3)  # the spread of an angle that is anywhere


def simulate(
    system: System | str | Path,
    *,
    runs: int = 60,
    samples: int | None = None,
    duration: float | None = None,
    seed: int = 0,
    noise: float = 0.0,
    vary: Mapping[str, tuple[float, float]] | None = None,
    initial: Mapping[str, Any] | None = None,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
) -> "Trajectories":
    """Runs of a system from random initial states.

    Parameters
    ----------
    system
        A system, a name of the catalogue or the path of a TOML file.
    runs, samples
        How many runs, and samples along each, the first at time 0.
    duration
        The time of the last sample, in the system's unit; its own when not given.
    seed
        The same seed gives the same numbers to the last bit.
    noise
        White Gaussian noise, its standard deviation a fraction of each variable's
        spread over all samples (for an angle at most that of a uniform one).
    vary
        Parameters drawn anew for each run, uniformly between two values; each
        becomes a coordinate on `run`.
    initial
        Initial values by name, scalars or arrays of shape (run,), in place of drawn
        ones.
    tolerance
        The error of each run, as a fraction of each variable's largest value in it.
        Chaos may raise it later in a run.
    progress
        Called with the fraction done, from 0 to 1.

    Returns
    -------
    Trajectories
        With roles, units, and in `attrs["origin"]` the settings, the integrators
        chosen and the noise added.

    Raises
    ------
    Refusal
        For settings that cannot be meant, and for a run that diverges, with its time.

    Examples
    --------
    >>> runs = simulate("spring", runs=3, samples=50, seed=1)
    >>> dict(runs.sizes), runs.x.units
    ({'run': 3, 'time': 50}, 'm')
    """
    from lawful import __version__
    from lawful.systems.catalogue import system as find
    from lawful.trajectories import make

    chosen = find(system)
    count = chosen.samples if samples is None else samples
    _check(runs, count, seed, noise, tolerance)
    rng = np.random.default_rng(seed)
    values = _drawn(chosen, vary or {}, runs, rng)
    time = np.linspace(0.0, _duration(chosen, duration, values), count)
    states, log = _accepted(chosen, values, initial or {}, time, runs, rng, tolerance, progress)
    columns = dict(zip(chosen.names, states, strict=True))
    deviation = _add_noise(columns, chosen, noise, rng)
    return make(
        columns,
        time,
        units=chosen.units,
        roles=chosen.roles,
        parameters={name: values[name] for name in vary or {}},
        origin={
            "maker": "lawful.simulate",
            "version": __version__,
            "system": chosen.name,
            "parameters": {n: v for n, v in chosen.values.items() if n not in (vary or {})},
            "vary": {name: list(bounds) for name, bounds in (vary or {}).items()},
            "duration": float(time[-1]),
            "seed": seed,
            "noise": noise,
            "noise_std": deviation,
            "tolerance": tolerance,
            **log.summary(),
        },
    )


# ------------------------------------------------------------------ settings


def _check(runs: int, samples: int, seed: int, noise: float, tolerance: float) -> None:
    for name, value, least in (("runs", runs, 1), ("samples", samples, 2), ("seed", seed, 0)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < least:
            raise Refusal(f"{name}={value!r}", f"a whole number of at least {least}")
    if not (np.isfinite(noise) and noise >= 0):
        raise Refusal(f"noise={noise!r}", "a fraction of at least 0, such as 0.01")
    if not 1e-13 <= tolerance <= 1e-2:
        raise Refusal(f"tolerance={tolerance!r}", "a number between 1e-13 and 0.01")


def _duration(system: System, duration: float | None, values: Mapping[str, Any]) -> float:
    from lawful.expressions import compiled

    if duration is None:
        duration = float(np.median(compiled(system.duration)(values)))
    if not (np.isfinite(duration) and duration > 0):
        raise Refusal(f"duration={duration!r} for {system.name}", "a positive time")
    return float(duration)


def _drawn(
    system: System, vary: Mapping[str, tuple[float, float]], runs: int, rng: np.random.Generator
) -> dict[str, Any]:
    """All parameters: scalars, and arrays of shape (run,) for those that vary."""
    values: dict[str, Any] = dict(system.values)
    for name, bounds in vary.items():
        system.check_parameter(name)
        pair = np.asarray(bounds, dtype=float)
        if pair.shape != (2,) or not np.isfinite(pair).all() or pair[0] >= pair[1]:
            raise Refusal(f"{name} varied over {bounds!r}", "two numbers, the smaller first")
        values[name] = rng.uniform(*pair, runs)
    return values


def _start(
    system: System,
    values: Mapping[str, Any],
    initial: Mapping[str, Any],
    runs: int,
    rng: np.random.Generator,
) -> Array:
    """Initial states, shape (variable, run)."""
    states = system.sample(rng, runs, values)
    for name, value in initial.items():
        if name not in system.names:
            raise Refusal(
                f"an initial value of {name!r}", "one of " + ", ".join(system.names)
            )
        column = np.asarray(value, dtype=float)
        if column.shape not in ((), (runs,)) or not np.isfinite(column).all():
            raise Refusal(
                f"initial values of {name!r} of shape {column.shape}",
                f"a finite number or {runs} of them",
            )
        states[system.names.index(name)] = column
    return states


def _add_noise(
    columns: dict[str, Array], system: System, noise: float, rng: np.random.Generator
) -> dict[str, float]:
    deviations = {}
    for variable in system.variables:
        spread = float(np.std(columns[variable.name]))
        if variable.role == "angle":
            spread = min(spread, WIDEST_ANGLE)
        deviations[variable.name] = noise * spread
        if noise > 0:
            error = rng.normal(0.0, noise * spread, columns[variable.name].shape)
            columns[variable.name] = columns[variable.name] + error
    return deviations


# ------------------------------------------------------------------ motion


@dataclass
class _Log:
    """What the integration has to say of itself."""

    methods: dict[str, int] = field(default_factory=dict)
    redrawn: int = 0

    def add(self, method: str, runs: int) -> None:
        self.methods[method] = self.methods.get(method, 0) + runs

    def summary(self) -> dict[str, Any]:
        return {"integrator": self.methods, "runs_redrawn": self.redrawn}


def _accepted(
    system: System,
    values: Mapping[str, Any],
    initial: Mapping[str, Any],
    time: Array,
    runs: int,
    rng: np.random.Generator,
    tolerance: float,
    progress: Progress | None,
) -> tuple[Array, _Log]:
    """Trajectories (variable, run, time), runs that the system declines drawn again."""
    log = _Log()
    accepts = None if initial else system.accepts
    states = np.empty((len(system.names), runs, time.size))
    wanted = np.arange(runs)
    for attempt in range(MOST_REDRAWS):
        start = _start(system, values, initial, runs, rng)[:, wanted]
        part = {n: v[wanted] if np.ndim(v) else v for n, v in values.items()}
        states[:, wanted] = integrate(
            system,
            start,
            time,
            part,
            tolerance=tolerance,
            progress=progress if attempt == 0 else None,
            log=log,
            accepts=accepts,
            runs=wanted,
        )
        if accepts is None:
            return states, log
        kept = accepts(dict(zip(system.names, states[:, wanted], strict=True)))
        wanted = wanted[~kept]
        log.redrawn += wanted.size
        if not wanted.size:
            return states, log
    raise Refusal(
        f"{wanted.size} runs of {system.name} that it does not accept after {MOST_REDRAWS} draws",
        "",
        "shorten the duration",
    )


def integrate(
    system: System,
    start: Array,
    time: Array,
    values: Mapping[str, Any] | None = None,
    *,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
    log: _Log | None = None,
    accepts: Accepts | None = None,
    runs: NDArray[np.int_] | None = None,
) -> Array:
    """Trajectories of shape (variable, run, time) from initial states (variable, run).

    Parameters
    ----------
    system, values
        The equations, and parameters other than the defaults, scalars or (run,).
    start, time
        Initial states at `time[0]`, and equally spaced times.
    tolerance, progress
        As for `simulate`.
    log
        Where the methods used are counted.
    accepts
        A run that this declines is of no use, and need not meet the tolerance.
    runs
        The runs' numbers, for what is said when one diverges.
    """
    values = {**system.values, **(values or {})}
    log = _Log() if log is None else log
    numbers = np.arange(start.shape[1]) if runs is None else runs
    out = np.empty((*start.shape, time.size))
    left = np.arange(start.shape[1])
    report = progress or (lambda fraction: None)
    with np.errstate(all="ignore"):
        if system.partition is not None:
            left = _symplectic(system, start, time, values, tolerance, report, log, out, accepts)
        for chunk in _chunks(left, start.shape[0]):
            part = {n: v[chunk] if np.ndim(v) else v for n, v in values.items()}
            out[:, chunk] = _stacked(
                system, start[:, chunk], time, part, tolerance, report, numbers[chunk]
            )
            log.add("DOP853", chunk.size)
    report(1.0)
    return out


def _chunks(left: NDArray[np.int_], variables: int) -> Iterator[NDArray[np.int_]]:
    """At most some 10 000 numbers in one stacked state, so that its norm stays sharp."""
    size = max(1, 10_000 // variables)
    for first in range(0, left.size, size):
        yield left[first : first + size]


def _symplectic(
    system: System,
    start: Array,
    time: Array,
    values: Mapping[str, Any],
    tolerance: float,
    report: Progress,
    log: _Log,
    out: Array,
    accepts: Accepts | None,
) -> NDArray[np.int_]:
    """Fill `out` run by run as they converge; the runs that do not."""
    left, substeps = np.arange(start.shape[1]), 1
    coarse = _composed(system, start, time, values, substeps)
    total, done = left.size, 0
    while left.size and substeps < MOST_SUBSTEPS:
        substeps *= 2
        part = {n: v[left] if np.ndim(v) else v for n, v in values.items()}
        fine = _composed(system, start[:, left], time, part, substeps)
        size = np.abs(fine).max(axis=2, keepdims=True)
        error = (np.abs(fine - coarse) / np.maximum(size, 1e-300)).max(axis=(0, 2))
        # Richardson: at order 8 the finer solution errs by 1/255 of the difference.
        # A tenth of it is asked for, so that the estimate need not be sharp.
        met = error / 10 <= tolerance
        if accepts is not None:
            # A run that will be drawn again need not converge: close encounters never end.
            met |= ~accepts(dict(zip(system.names, fine, strict=True)))
        out[:, left[met]] = fine[:, met]
        if met.any():
            log.add("kahan-li8", int(met.sum()))
        done += int(met.sum())
        report(0.99 * done / total)
        left, coarse = left[~met], fine[:, ~met]
    return left


def _composed(
    system: System, start: Array, time: Array, values: Mapping[str, Any], substeps: int
) -> Array:
    """All samples at `substeps` equal sub-steps between two."""
    from lawful.integrators import composition

    assert system.partition is not None  # noqa: S101 - asked by the caller
    q_names, v_names = system.partition
    velocity = rates(system, values, of=q_names, given=v_names)
    acceleration = rates(system, values, of=v_names, given=q_names)
    rows_q = [system.names.index(name) for name in q_names]
    rows_v = [system.names.index(name) for name in v_names]
    q, v = start[rows_q], start[rows_v]
    out = np.empty((time.size, *start.shape))
    out[0] = start
    step = (time[-1] - time[0]) / (time.size - 1) / substeps
    for k in range(1, time.size):
        q, v = composition(q, v, step, acceleration, velocity, steps=substeps)
        out[k, rows_q], out[k, rows_v] = q, v
    return np.moveaxis(out, 0, 2)


def _stacked(
    system: System,
    start: Array,
    time: Array,
    values: Mapping[str, Any],
    tolerance: float,
    report: Progress,
    numbers: NDArray[np.int_],
) -> Array:
    """DOP853 on all runs at once, dense output at the samples."""
    from scipy.integrate import DOP853

    function = rates(system, values)
    shape = start.shape
    # SciPy's norm is the root of the mean square over the stack, in which one bad run
    # hides: a bound √n times smaller holds for each component. A tenth more is kept for
    # the local errors that add up along a run.
    sharp = max(tolerance / 10 / np.sqrt(start.size), 2.3e-14)
    scale = np.maximum(np.abs(start).max(axis=1, keepdims=True), 1e-12)
    floor = np.broadcast_to(sharp * scale, shape).ravel()
    solver = DOP853(
        lambda t, y: function(y.reshape(shape)).ravel(),
        time[0],
        start.ravel().copy(),
        time[-1],
        rtol=sharp,
        atol=floor,
        max_step=(time[-1] - time[0]) / 20,
    )
    out, k = np.empty((time.size, *shape)), 1
    out[0] = start
    while k < time.size:
        if solver.status == "running":
            solver.step()
        if solver.status == "failed" or not np.isfinite(solver.y).all():
            raise _diverged(system, solver, shape, numbers)
        last = int(np.searchsorted(time, solver.t, side="right"))
        if last > k:
            out[k:last] = np.moveaxis(solver.dense_output()(time[k:last]), 1, 0).reshape(-1, *shape)
            k = last
            report(0.99 * k / time.size)
    return np.moveaxis(out, 0, 2)


def _diverged(
    system: System, solver: Any, shape: tuple[int, ...], numbers: NDArray[np.int_]
) -> Refusal:
    state = np.abs(solver.y.reshape(shape))
    state[~np.isfinite(state)] = np.inf
    run = int(np.argmax(state.max(axis=0)))
    name = system.names[int(np.argmax(state[:, run]))]
    return Refusal(
        f"run {numbers[run]} of {system.name} diverges in {name!r} at time {solver.t:.6g}",
        "motion that stays finite",
        "shorten the duration or start elsewhere",
    )
