"""What a trained network says of a run that it sees the beginning of, beside what was true.

    x̂_{t+1} = D(P(E(x̂_{t−w+1}, …, x̂_t)))        e(t)² = Σ_i (x̂_i − x_i)² / (n σ_i²)

σ_i is the spread of a variable over all runs; an angle is as far off as the shorter way
around. Needs PyTorch, which is imported where it is used.
"""

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal, missing_extra
from lawful.trajectories import Trajectories, clock
from lawful.web.codec import Message
from lawful.web.scenes.thinning import chosen

if TYPE_CHECKING:
    from lawful.studies.physicsnet.folder import TrainingRun
    from lawful.web.workspace import Opened

Array = NDArray[np.float64]

FAR = 0.1  # spreads: a forecast further off has left the truth
WORDS = {
    "physicsnet": "the network",
    "held": "the network, held to what it learned stays the same",
    "integrator": "the true equations, from the last sample seen",
}
PARTS = ("the network learned from this run", "this run stopped the training",
         "a test run: the network never saw it")  # fmt: skip


def possible(opened: "Opened") -> dict[str, Any]:
    """Whether a forecast can be asked for, and if not, why."""
    if opened.kind != "train" or opened.folder is None:
        return {"there": False, "why": ""}
    if find_spec("torch") is None:
        why = f"The network's forecast cannot be shown: {missing_extra('torch', 'torch')}."
        return {"there": False, "why": why}
    return {"there": True, "why": ""}


def forecast(opened: "Opened", *, run: int = 0, prefix: int | None = None) -> Message:
    """The forecasts of one run by all methods there are, with their errors.

    Parameters
    ----------
    opened
        A run of `lawful train`.
    run
        Which of its runs.
    prefix
        How many samples are seen; a tenth, and a window at least, when not given.

    Returns
    -------
    Message
        Arrays `time`, `sample` (n,), `said` (method, variable, n) and `error` (method, n) in
        spreads; the words say which methods and variables.

    Raises
    ------
    Refusal
        Without PyTorch, for a run that is not there, or one whose beginning has a gap.
    """
    can = possible(opened)
    if not can["there"]:
        raise Refusal(
            can["why"].rstrip(".") or f"a forecast of {opened.name}", "a run of lawful train"
        )
    trained = _trained(str(opened.path), (opened.path / "network.safetensors").stat().st_mtime_ns)
    runs = trained.material.runs
    count = runs.sizes["run"]
    if isinstance(run, bool) or not isinstance(run, int) or not 0 <= run < count:
        raise Refusal(f"run {run!r}", f"a whole number from 0 to {count - 1}")
    seen = _seen(trained, prefix)
    said = _said(trained, run, seen)
    return _message(trained, run, seen, said)


@lru_cache(maxsize=2)
def _trained(folder: str, stamp: int) -> "TrainingRun":
    from lawful.studies.physicsnet.folder import read_training

    return read_training(folder)


def _seen(trained: "TrainingRun", prefix: int | None) -> int:
    from lawful.studies.physicsnet.rollouts import samples_seen

    if prefix is not None and (isinstance(prefix, bool) or not isinstance(prefix, int)):
        raise Refusal(f"a prefix of {prefix!r}", "a whole number of samples")
    return samples_seen(trained, prefix)


def _said(trained: "TrainingRun", run: int, seen: int) -> dict[str, Trajectories]:
    from lawful.studies.physicsnet.rollouts import by_integrator, by_network

    m, which = trained.material, np.array([run])
    part = m.runs.isel(run=which)
    window = trained.trained.window
    shown = [part[n].values[:, seen - window : seen] for n in trained.trained.variables]
    if not np.isfinite(np.stack(shown)).all() or not np.isfinite(clock(part)[0, seen]):
        raise Refusal(
            f"run {part['run'].values[0]} has a gap in the {window} samples before the forecast, "
            "or ends there",
            "a whole window and something to forecast",
            "choose another run, or another number of samples seen",
        )
    if trained.trained.count:
        said = by_network(trained.trained, m, which, seen)
    else:  # nothing that it learned holds, so there is nothing to be held to
        said = {"physicsnet": trained.trained.forecast(part, prefix=seen)}
    true = by_integrator(m, which, seen)
    return {**said, **({} if true is None else {"integrator": true})}


def _message(trained: "TrainingRun", run: int, seen: int, said: dict[str, Trajectories]) -> Message:
    runs, names = trained.material.runs, trained.trained.variables
    truth = np.stack([runs[n].values[run] for n in names])
    spread = np.stack([np.nanstd(runs[n].values) for n in names])
    turning = np.array([runs[n].attrs.get("role") == "angle" for n in names])
    length = truth.shape[1]
    values = np.stack([_columns(one, names, length) for one in said.values()])
    values[:, :, : seen - 1] = np.nan  # the last sample seen stays: a forecast begins there
    error = np.stack([_error(one, truth, spread, turning) for one in values])
    error[:, :seen] = np.nan
    times = clock(runs)[run]
    places = chosen([*values.reshape(-1, length), *error])
    methods = [
        {"name": name, "words": WORDS[name], **_worth(error[k], times)}
        for k, name in enumerate(said)
    ]
    data = {
        "run": run,
        "seen": seen,
        "seen_until": float(times[seen - 1]),
        "window": int(trained.trained.window),
        "variables": list(names),
        "methods": methods,
        "far": FAR,
        "holds": int(trained.trained.count),
        "part": next((PARTS[k] for k, p in enumerate(trained.parts) if run in p), ""),
    }
    arrays = {
        "time": times[places],
        "sample": places.astype(np.int32),
        "said": values[:, :, places],
        "error": error[:, places],
    }
    return Message(data, arrays, kind="answer")


def _columns(runs: Trajectories, names: tuple[str, ...], length: int) -> Array:
    """A method's variables, (variable, time); NaN for one that it does not say."""
    none = np.full(length, np.nan)
    return np.stack([runs[n].values[0] if n in runs.data_vars else none for n in names])


def _error(said: Array, truth: Array, spread: Array, turning: NDArray[np.bool_]) -> Array:
    """How far off a forecast is, root mean square over variables, in spreads; shape (time,)."""
    off = said - truth
    off[turning] = np.remainder(off[turning] + np.pi, 2 * np.pi) - np.pi
    share = off / np.where(spread > 0, spread, 1.0)[:, None]
    known = np.isfinite(share)
    count = known.sum(axis=0)
    total = np.where(known, share**2, 0.0).sum(axis=0)
    size: Array = np.sqrt(total / np.maximum(count, 1))
    return np.where(count > 0, size, np.nan)


def _worth(error: Array, times: Array) -> dict[str, float | None]:
    """The whole error, and when the forecast leaves the truth."""
    held = np.isfinite(error)
    left = np.flatnonzero(held & (error > FAR))
    return {
        "rms": float(np.sqrt(np.mean(error[held] ** 2))) if held.any() else None,
        "left": float(times[left[0]]) if left.size else None,
    }
