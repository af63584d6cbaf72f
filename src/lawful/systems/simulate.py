"""Simulation: trajectories of a system from random initial states, all runs side by side.

x(t) follows from dx/dt = f(x; p) as `motion.py` says. What is drawn comes from one
seeded generator, in a fixed order: parameters, initial states, noise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.systems.motion import TOLERANCE, Log, Progress, integrate
from lawful.systems.system import System

if TYPE_CHECKING:
    from lawful.trajectories import Trajectories

Array = NDArray[np.float64]

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
    _check_start(chosen, initial or {}, runs)
    middle = _duration(chosen, duration, vary or {})
    time = np.linspace(0.0, middle, count)
    order = _Order(chosen, vary or {}, initial or {}, time, tolerance, progress)
    states, values, log = _accepted(order, runs, rng)
    columns = dict(zip(chosen.names, states, strict=True))
    deviation = _add_noise(columns, chosen, noise, rng)
    return make(
        columns,
        time,
        units=chosen.units,
        roles=chosen.roles,
        parameters=values,
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


def _duration(
    system: System, duration: float | None, vary: Mapping[str, tuple[float, float]]
) -> float:
    """The duration asked for, or the system's own at the middle of what varies."""
    from lawful.expressions import compiled

    for name, bounds in vary.items():
        system.check_parameter(name)
        pair = np.asarray(bounds, dtype=float)
        if pair.shape != (2,) or not np.isfinite(pair).all() or pair[0] >= pair[1]:
            raise Refusal(f"{name} varied over {bounds!r}", "two numbers, the smaller first")
    if duration is None:
        middle = {name: float(np.mean(bounds)) for name, bounds in vary.items()}
        duration = float(compiled(system.duration)({**system.values, **middle}))
    if not (np.isfinite(duration) and duration > 0):
        raise Refusal(f"duration={duration!r} for {system.name}", "a positive time")
    return float(duration)


def _check_start(system: System, initial: Mapping[str, Any], runs: int) -> None:
    for name, value in initial.items():
        if name not in system.names:
            raise Refusal(f"an initial value of {name!r}", "one of " + ", ".join(system.names))
        column = np.asarray(value, dtype=float)
        if column.shape not in ((), (runs,)) or not np.isfinite(column).all():
            raise Refusal(
                f"initial values of {name!r} of shape {column.shape}",
                f"a finite number or {runs} of them",
            )


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


# ------------------------------------------------------------------ runs


@dataclass(frozen=True)
class _Order:
    """What is to be simulated."""

    system: System
    vary: Mapping[str, tuple[float, float]]
    initial: Mapping[str, Any]
    time: Array
    tolerance: float
    progress: Progress | None

    def draw(self, runs: int, rng: np.random.Generator) -> tuple[Array, dict[str, Array]]:
        """Initial states (variable, run) and the parameters that vary, each (run,)."""
        values = {name: rng.uniform(*bounds, runs) for name, bounds in self.vary.items()}
        states = self.system.sample(rng, runs, values)
        for name, value in self.initial.items():
            states[self.system.names.index(name)] = value
        return states, values


def _accepted(
    order: _Order, runs: int, rng: np.random.Generator
) -> tuple[Array, dict[str, Array], Log]:
    """Trajectories (variable, run, time), runs that the system declines drawn again."""
    log, accepts = Log(), None if order.initial else order.system.accepts
    kept: list[tuple[Array, dict[str, Array]]] = []
    missing = runs
    for attempt in range(MOST_REDRAWS):
        # A few runs more cost next to nothing, a further round as much as the first.
        start, values = order.draw(missing if accepts is None else 2 * missing + 4, rng)
        states = integrate(
            order.system,
            start,
            order.time,
            values,
            tolerance=order.tolerance,
            progress=order.progress if attempt == 0 else None,
            log=log,
            accepts=accepts,
        )
        good = np.ones(start.shape[1], dtype=bool)
        if accepts is not None:
            good = accepts(dict(zip(order.system.names, states, strict=True)))
        chosen = np.flatnonzero(good)[:missing]
        log.declined += int((~good).sum())
        kept.append((states[:, chosen], {n: v[chosen] for n, v in values.items()}))
        missing -= chosen.size
        if not missing:
            joined = {n: np.concatenate([v[n] for _, v in kept]) for n in order.vary}
            return np.concatenate([s for s, _ in kept], axis=1), joined, log
    raise Refusal(
        f"{missing} runs of {order.system.name} that it does not accept after {MOST_REDRAWS} draws",
        "",
        "shorten the duration",
    )
