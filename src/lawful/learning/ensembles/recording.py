"""A training log: the weights of every network on the way, as `Trajectories`.

    run = network,   time = step, or t = step · η along a gradient flow

The weights are variables, under the names of `Architecture.names`; what differs from
network to network is a coordinate on `run`. Nothing says that these are networks: the
law engine reads such a log as it reads a pendulum's.
"""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful import __version__
from lawful.learning.ensembles.evolution import evolve
from lawful.learning.ensembles.goals import Goal
from lawful.learning.ensembles.population import Population
from lawful.learning.ensembles.state import State
from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, make

Array = NDArray[Any]


def record(
    population: Population,
    samples: Samples,
    *,
    steps: int = 2000,
    every: int = 10,
    dynamics: str = "heavy_ball",
    goal: Goal | None = None,
    engine: str = "auto",
    batch_normalization: bool = False,
    name: str = "",
    progress: Callable[[float], None] | None = None,
) -> Trajectories:
    """Let networks learn, and keep their weights at every so many steps.

    Parameters
    ----------
    population, samples, steps, dynamics, goal, engine, batch_normalization, progress
        As `evolve` takes them.
    every
        Steps between two records; the start is recorded, too. Steps after the last record
        are not made, which the notes say.
    name
        Of the log, in its origin.

    Returns
    -------
    Trajectories
        One run for each network that kept its numbers, times of shape (records,).

    Raises
    ------
    Refusal
        For settings that cannot be meant, and where no network kept its numbers.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> runs = record(Population.of([2, 3, 1], seeds=range(5)), datasets.xor(), steps=40)
    >>> dict(runs.sizes), list(runs)[:2], float(runs["learning_rate"][0])
    ({'run': 5, 'time': 5}, ['W1_1_1', 'W1_1_2'], 0.1)
    """
    if every < 1 or steps < every:
        raise Refusal(f"a record every {every} of {steps} steps", "from 1 up to the steps")
    unit = _one_rate(population) if dynamics == "gradient_flow" else 1.0
    state, taken = State.start(population), []
    for k in range(steps // every + 1):
        if k:
            state = evolve(
                population,
                samples,
                steps=every,
                dynamics=dynamics,
                goal=goal,
                engine=engine,
                batch_normalization=batch_normalization,
                state=state,
            ).state
        taken.append(state.x.astype(np.float64))
        if progress is not None:
            progress(k / (steps // every))
    weights = np.stack(taken, axis=-1)  # (P, E, records)
    runs = _as_runs(population, samples, weights, every * unit, dynamics, name)
    _annotate(
        runs,
        {"every": every, "batch_normalization": batch_normalization},
        population.size - runs.sizes["run"],
        steps % every,
    )
    return runs


def _as_runs(
    population: Population,
    samples: Samples,
    weights: Array,
    between: float,
    dynamics: str,
    name: str,
) -> Trajectories:
    """Those networks that kept their numbers; `between` is the time between two records."""
    plan = population.architecture
    kept: NDArray[np.bool_] = np.asarray(np.isfinite(weights).all(axis=(0, 2)))
    if not kept.any():
        raise Refusal(
            "an ensemble of which every network diverged", "one that does not", "smaller steps"
        )
    runs = make(
        dict(zip(plan.names, weights[:, kept], strict=True)),
        between * np.arange(weights.shape[2], dtype=float),
        runs=[str(k) for k in np.flatnonzero(kept)],
        units=dict.fromkeys([*plan.names, "time"], "1"),
        parameters=_settings(population, kept),
        origin={
            "maker": "lawful.learning.ensembles.record",
            "version": __version__,
            "name": name,
            "data": samples.name,
            "network": {key: said for key, said in plan.settings.items() if key != "seed"},
            "dynamics": dynamics,
            # No coordinate: a law engine would take a seed for a physical parameter.
            "seeds": population.seeds[kept].tolist(),
        },
    )
    flow = dynamics == "gradient_flow"
    runs["time"].attrs["long_name"] = "time of the flow" if flow else "training step"
    return runs


def _annotate(runs: Trajectories, told: dict[str, Any], lost: int, unmade: int) -> None:
    """Say what a reader of the log would miss."""
    every, origin = told["every"], json.loads(runs.attrs["origin"]) | told
    runs.attrs["origin"] = json.dumps(origin)
    notes = []
    if lost:
        networks = "network diverged and is" if lost == 1 else "networks diverged and are"
        notes.append(f"{lost} {networks} left out.")
    if unmade:
        made = "step was" if unmade == 1 else "steps were"
        notes.append(f"The last {unmade} {made} not made: a record comes every {every}.")
    if notes:
        runs.attrs["notes"] = json.dumps(notes)


def _settings(population: Population, kept: NDArray[np.bool_]) -> dict[str, Array]:
    """What is fixed within a run, by name; a rate of its own for each layer if they differ."""
    rates = population.learning_rate
    same = (rates == rates[0]).all()
    by_layer = (
        {"learning_rate": rates[0]}
        if same
        else {f"learning_rate_{k + 1}": row for k, row in enumerate(rates)}
    )
    rest = {
        "momentum": population.momentum,
        "temperature": population.temperature,
        "init_scale": population.init_scale,
    }
    return {key: np.asarray(row, dtype=float)[kept] for key, row in {**by_layer, **rest}.items()}


def _one_rate(population: Population) -> float:
    rates = np.unique(population.learning_rate)
    if rates.size > 1:
        raise Refusal(
            f"a flow recorded with {rates.size} time steps", "one learning rate for all networks"
        )
    return float(rates[0])
