"""Symbolic regression: formulas of some columns that give a target.

    y ≈ f(x),   f of any form, few operations

An engine searches on a sample of the training runs, given the columns and what their roles
suggest. Each formula that it finds is written in the columns alone, multiplied out, and fitted
anew; so is each that is left when the term of least use is struck out, again and again. All are
judged on runs held out, and the front is what remains.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lawful.laws.symbolic.candidates import Candidates, Samples
from lawful.laws.symbolic.checking import checked
from lawful.laws.symbolic.engines import Engine, Task
from lawful.laws.symbolic.engines import engine as engine_of
from lawful.laws.symbolic.front import FLOOR, Front, chosen
from lawful.laws.symbolic.posing import Features, check_settings, drawn
from lawful.laws.symbolic.splitting import held_out

Array = NDArray[np.float64]
Roles = Mapping[str, Mapping[str, str]]
Progress = Callable[[int, float], None]

FIT_SAMPLES = 2000  # that constants are fitted and formulas judged on
GAIN = 0.02  # share by which a round must lower the least error, or it was in vain
GOOD = 0.2  # of the target's spread: an error that noise may be all of
IN_VAIN = {True: 2, False: 4}  # rounds in vain, after which the search ends, if good or not


def regress(
    columns: Mapping[str, ArrayLike],
    target: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    roles: Roles | None = None,
    engine: str | Engine = "operon",
    niterations: int = 40,
    seed: int = 0,
    suggested: bool = True,
    functions: Sequence[str] | None = None,
    most: int = 20,
    samples: int = 500,
    progress: Progress | None = None,
) -> Front:
    """Search for formulas of the columns that give the target.

    Parameters
    ----------
    columns, target
        Samples, each of shape (samples,).
    groups
        The run of each sample. A quarter of the runs is held out; without runs, a quarter of
        the samples.
    roles
        As in `trajectories.ROLES`; guessed from the columns' names when not given.
    engine
        "operon", "pysr", or an engine of your own.
    niterations
        Effort: how many generations a round of the search has.
    seed
        With operon, the same seed gives the same front.
    suggested
        Whether to search with what the roles suggest, see `suggested_features`.
    functions
        Of one argument that may occur, of square, sqrt, exp, log, sin and cos. Square when
        not given, for what else is needed is suggested; where no column has a role, sqrt too.
    most
        The largest complexity of a formula as the engine sees it: a suggestion counts one.
    samples
        How many the engine is given.
    progress
        Called after each round with its number and the least held-out error over the target's
        spread.

    Returns
    -------
    Front
        One formula of it chosen by the rule in `front.chosen`. Constants are those that
        predict best; see `refined` for those of noisy columns.

    Raises
    ------
    Refusal
        For data that cannot be meant, and where what the engine needs is not installed.

    Examples
    --------
    >>> x, v = np.random.default_rng(0).normal(size=(2, 300))
    >>> regress({"x": x, "v": v}, v**2 / 2 + x**2, niterations=10).chosen.expression
    'v**2/2 + x**2'
    """
    began = time.perf_counter()
    data, y, runs = checked(columns, target, groups)
    check_settings(niterations, most, samples, seed, functions)
    searcher = engine_of(engine) if isinstance(engine, str) else engine
    features = Features.of(data, roles, suggested=suggested)
    apart = held_out(y.size, runs, seed=seed)
    rng = np.random.default_rng([seed, 1])
    used = tuple(functions) if functions is not None else features.functions
    searched = drawn(~apart, samples, rng)
    task = Task(*features.standardised(y, searched), used, niterations, most, seed)
    some = np.sort(np.concatenate([drawn(which, FIT_SAMPLES, rng) for which in (~apart, apart)]))
    judged = Samples({n: v[some] for n, v in data.items()}, y[some], apart[some])
    candidates, spread = Candidates(judged, features.written(task.names)), float(np.std(y))
    rounds = _searched(searcher, task, candidates, spread, progress)
    found = candidates.front()
    settings = {
        "niterations": niterations,
        "seed": seed,
        "suggested": suggested,
        "functions": list(used),
        "most": most,
        "samples": searched.size,
        "rounds": rounds,
        "held_out": "samples" if runs is None or np.ptp(runs) == 0 else "runs",
    }
    took = time.perf_counter() - began
    best = chosen(found, spread)
    return Front(found, best, searcher.name, features.names, took, settings)


def _searched(
    searcher: Engine, task: Task, candidates: Candidates, spread: float, say: Progress | None
) -> int:
    """Round after round, until the formulas are exact or no longer get better."""
    least, in_vain, done = float("inf"), 0, 0
    for texts in searcher.rounds(task):
        done += 1
        candidates.add(texts)
        if say is not None:
            say(done, candidates.least / spread)
        in_vain = 0 if candidates.least < (1 - GAIN) * least else in_vain + 1
        least = candidates.least
        if least <= FLOOR * spread or in_vain >= IN_VAIN[least <= GOOD * spread]:
            break
    return done
