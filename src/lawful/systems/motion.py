"""Motion: x(t) from dx/dt = f(x; p) and x(0), each run within a tolerance.

Where the motion separates into dq/dt = f(v), dv/dt = a(q), it moves by a symplectic
composition of order 8 (Kahan and Li 1997; see `integrators`), each run with so many
equal sub-steps between samples that the error, as Richardson's extrapolation tells
it, meets the tolerance. Elsewhere, and where that many sub-steps are not enough, it
moves by SciPy's DOP853 on the runs stacked into one state.

Source: E. Hairer, S. P. Nørsett and G. Wanner, Solving Ordinary Differential
Equations I, 2nd ed. (Springer, 1993), II.4 and II.5.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lawful.integrators import ORDERS, composition
from lawful.refusal import Refusal
from lawful.systems.rates import rates
from lawful.systems.system import System

Array = NDArray[np.float64]
Progress = Callable[[float], None]
Accepts = Callable[[Mapping[str, Any]], NDArray[np.bool_]]

TOLERANCE = 1e-10
METHOD = "kahan-li8"
MOST_SUBSTEPS = 32
_BLOCK = 4096  # runs whose states stay in the processor's cache together
_STACK = 10_000  # numbers in one stacked state: its norm must stay sharp
_SHARPEST = 2.3e-14  # the relative tolerance below which SciPy warns


@dataclass
class Log:
    """What an integration says of itself: runs by method, and runs declined."""

    methods: dict[str, int] = field(default_factory=dict)
    declined: int = 0

    def add(self, method: str, runs: int) -> None:
        """Count `runs` more by `method`."""
        if runs:
            self.methods[method] = self.methods.get(method, 0) + runs

    def summary(self) -> dict[str, Any]:
        """Both, as they go to `attrs["origin"]`."""
        return {"integrator": self.methods, "runs_declined": self.declined}


def integrate(
    system: System,
    start: Array,
    time: Array,
    values: Mapping[str, Any] | None = None,
    *,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
    log: Log | None = None,
    accepts: Accepts | None = None,
) -> Array:
    """Trajectories of shape (variable, run, time) from initial states (variable, run).

    Parameters
    ----------
    system, values
        The equations, and parameters other than the defaults, scalars or (run,).
    start, time
        Initial states at `time[0]`, and equally spaced times.
    tolerance
        The error of each run, as a fraction of each variable's largest value in it.
    progress
        Called with the fraction done, which never falls.
    log
        Where the methods used are counted.
    accepts
        A run that this declines is of no use, and need not meet the tolerance.

    Raises
    ------
    Refusal
        For a run that diverges, with its number and time.

    Examples
    --------
    >>> from lawful.systems import system
    >>> t = np.linspace(0, 1, 20)
    >>> x, v = integrate(system("spring")(k=1.0, m=1.0), np.array([[1.0], [0.0]]), t)
    >>> bool(np.abs(x[0] - np.cos(t)).max() < 1e-10)
    True
    """
    values = {**system.values, **(values or {})}
    log = Log() if log is None else log
    out = np.empty((*start.shape, time.size))
    report = _rising(progress)
    left = np.arange(start.shape[1])
    with np.errstate(all="ignore"):
        if system.partition is not None:
            left = _in_blocks(system, start, time, values, tolerance, report, log, accepts, out)
        chunks = list(_chunks(left, max(1, _STACK // start.shape[0])))
        for k, chunk in enumerate(chunks):
            out[:, chunk] = _stacked(
                system,
                start[:, chunk],
                time,
                _of(values, chunk),
                tolerance,
                lambda fraction, k=k: report((k + fraction) / len(chunks)),  # type: ignore[misc]
                chunk,
            )
            log.add("DOP853", chunk.size)
    report(1.0)
    return out


def _rising(progress: Progress | None) -> Progress:
    highest = 0.0

    def report(fraction: float) -> None:
        nonlocal highest
        if progress is not None and fraction > highest:
            highest = min(fraction, 1.0)
            progress(highest)

    return report


def _chunks(runs: NDArray[np.int_], size: int) -> Iterator[NDArray[np.int_]]:
    for first in range(0, runs.size, size):
        yield runs[first : first + size]


def _of(values: Mapping[str, Any], runs: NDArray[np.int_]) -> dict[str, Any]:
    """The parameters of these runs."""
    return {name: value[runs] if np.ndim(value) else value for name, value in values.items()}


# ------------------------------------------------------------------ where it separates


def _in_blocks(
    system: System,
    start: Array,
    time: Array,
    values: Mapping[str, Any],
    tolerance: float,
    report: Progress,
    log: Log,
    accepts: Accepts | None,
    out: Array,
) -> NDArray[np.int_]:
    """Fill `out` with every run that converges; the runs that do not."""
    blocks = list(_chunks(np.arange(start.shape[1]), _BLOCK))
    left = []
    for k, block in enumerate(blocks):
        states, bad = _symplectic(
            system, start[:, block], time, _of(values, block), tolerance, accepts
        )
        out[:, block] = states
        log.add(METHOD, block.size - bad.size)
        left.append(block[bad])
        report(0.99 * (k + 1) / len(blocks))
    return np.concatenate(left)


def _symplectic(
    system: System,
    start: Array,
    time: Array,
    values: Mapping[str, Any],
    tolerance: float,
    accepts: Accepts | None,
) -> tuple[Array, NDArray[np.int_]]:
    """Trajectories of one block, and the indices of those that did not converge."""
    left, substeps, finer = np.arange(start.shape[1]), 1, 2
    out = coarse = _composed(system, start, time, values, substeps)
    while left.size and finer <= MOST_SUBSTEPS:
        fine = _composed(system, start[:, left], time, _of(values, left), finer)
        error = _error(system, fine, coarse, finer / substeps)
        met = error <= tolerance
        if accepts is not None:
            # A run that will be drawn again need not converge: close encounters never end.
            met |= ~accepts(dict(zip(system.names, fine, strict=True)))
        out[:, left] = fine
        left, coarse, error = left[~met], fine[:, ~met], error[~met]
        substeps, finer = finer, finer * _refinement(error, tolerance)
    return out, left


def _error(system: System, fine: Array, coarse: Array, ratio: float) -> Array:
    """The error of each run in `fine`, relative to each variable's size in that run.

    Richardson: the finer solution errs by 1/(ratio⁸ − 1) of the difference. Twenty-five
    times that is taken, so that the estimate need not be sharp.
    """
    size = np.abs(fine).max(axis=2)
    # A variable that is zero but for round-off is held against its like.
    units = [variable.units for variable in system.variables]
    like = np.array([[a == b for b in units] for a in units])
    floor = 1e-4 * np.where(like[:, :, None], size[None], 0.0).max(axis=1)
    scale = np.maximum(np.maximum(size, floor), 1e-300)
    difference = (np.abs(fine - coarse).max(axis=2) / scale).max(axis=0)
    return np.asarray(25 * difference / (ratio ** ORDERS[METHOD] - 1))


def _refinement(error: Array, tolerance: float) -> int:
    """How many times finer the next try is: 2, 4 or 8, by what the easier half needs."""
    finite = error[np.isfinite(error)]
    needed = (np.median(finite) / tolerance) ** (1 / ORDERS[METHOD]) if finite.size else 8.0
    return int(2 ** np.clip(np.ceil(np.log2(max(needed, 2.0))), 1, 3))


def _composed(
    system: System, start: Array, time: Array, values: Mapping[str, Any], substeps: int
) -> Array:
    """All samples, with `substeps` equal sub-steps between two."""
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
        q, v = composition(q, v, step, acceleration, velocity, method=METHOD, steps=substeps)
        out[k, rows_q], out[k, rows_v] = q, v
    return np.moveaxis(out, 0, 2)


# ------------------------------------------------------------------ where it does not


def _stacked(
    system: System,
    start: Array,
    time: Array,
    values: Mapping[str, Any],
    tolerance: float,
    report: Progress,
    numbers: NDArray[np.int_],
) -> Array:
    """DOP853 on all runs at once, its dense output read at the samples."""
    from scipy.integrate import DOP853

    function, shape = rates(system, values), start.shape
    relative, floor = _bounds(start, function(start), time[-1] - time[0], tolerance)
    solver = DOP853(
        lambda t, y: function(y.reshape(shape)).ravel(),
        time[0],
        start.ravel().copy(),
        time[-1],
        rtol=relative,
        atol=cast(Any, floor.ravel()),
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
            out[k:last] = solver.dense_output()(time[k:last]).T.reshape(-1, *shape)
            k = last
            report(0.99 * k / time.size)
    return np.moveaxis(out, 0, 2)


def _bounds(start: Array, rate: Array, duration: float, tolerance: float) -> tuple[float, Array]:
    """Relative and absolute tolerances that hold every run to `tolerance`.

    SciPy's norm is a root of a mean square over the stack, in which one bad run
    hides: a bound √n smaller holds for each component. A hundredth of that leaves
    room for local errors that add up, and for the dense output between steps.
    """
    sharp = max(tolerance / 100 / np.sqrt(start.size), _SHARPEST)
    # What starts at zero is held against how far it soon goes.
    scale = np.maximum(np.abs(start), np.abs(rate) * duration / 100)
    scale = np.maximum(scale, 1e-6 * scale.max(axis=1, keepdims=True))
    return sharp, sharp * np.maximum(np.nan_to_num(scale), 1e-12)


def _diverged(
    system: System, solver: Any, shape: tuple[int, ...], numbers: NDArray[np.int_]
) -> Refusal:
    state = np.nan_to_num(np.abs(solver.y.reshape(shape)), nan=np.inf)
    run = int(np.argmax(state.max(axis=0)))
    name = system.names[int(np.argmax(state[:, run]))]
    return Refusal(
        f"run {numbers[run]} of {system.name} diverges in {name!r} at time {solver.t:.6g}",
        "motion that stays finite",
        "shorten the duration or start elsewhere",
    )
