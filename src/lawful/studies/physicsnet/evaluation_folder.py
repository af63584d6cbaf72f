"""The run folder of evaluations, and the evaluations back from it.

    evaluation.json              every number and sentence, {"evaluations": […]}
    NAME/forecasts.npz           METHOD/VARIABLE (run, time), and whose they are
    NAME/components.npz          principal axes of the latent states
    NAME/training/               the training itself, a run folder of its own

Everything is read without running any code of it.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder, plain
from lawful.studies.physicsnet.evaluation import Evaluation
from lawful.studies.physicsnet.folder import read_training, write_training
from lawful.trajectories import Trajectories, clock, make

if TYPE_CHECKING:
    from lawful.laws.physicsnet import Components
    from lawful.studies.physicsnet.material import Material

STUDY = "evaluate"
RECORD = "evaluation.json"
FORECASTS, COMPONENTS, TRAINING = "forecasts.npz", "components.npz", "training"
Arrays = dict[str, NDArray[Any]]


def write_evaluation(e: Evaluation, place: str | Path, command: Sequence[str] = ()) -> Path:
    """Keep one evaluation in a run folder, with its training; see `put_evaluations`.

    Raises
    ------
    Refusal
        Where the place holds what is not ours, or cannot be written.
    """
    with RunFolder.create(place, manifest_of([e], command)) as folder:
        put_evaluations([e], folder)
    return Path(place)


def manifest_of(evaluations: Sequence[Evaluation], command: Sequence[str] = ()) -> Manifest:
    """Who made evaluations, and how to make them again."""
    marks = tuple(mark for e in evaluations for mark in e.run.material.fingerprints)
    settings = {
        name: dict(e.settings) for name, e in zip(stems(evaluations), evaluations, strict=True)
    }
    seed = int(evaluations[0].settings.get("seed", 0)) if evaluations else 0
    return Manifest(STUDY, tuple(command), plain(settings), seed, marks)


def stems(evaluations: Sequence[Evaluation]) -> list[str]:
    """What the folder of each is called: its training's name, with a number where two share it."""
    plain_names = [re.sub(r"[^\w.-]+", "-", e.run.name).strip("-.") or "data" for e in evaluations]
    seen: dict[str, int] = {}
    out = []
    for name in plain_names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return out


def put_evaluations(
    evaluations: Sequence[Evaluation],
    folder: RunFolder,
    *,
    trainings: Mapping[str, str] | None = None,
) -> None:
    """Write evaluations into a run folder that is being built.

    Parameters
    ----------
    evaluations
        One or several.
    folder
        Where to.
    trainings
        By stem, the path of a training's folder from this one, where it is kept already; what
        is not named is written along.
    """
    records = []
    for stem, e in zip(stems(evaluations), evaluations, strict=True):
        there = dict(trainings or {}).get(stem)
        if there is None:
            there = f"{stem}/{TRAINING}"
            (folder.path / stem).mkdir(parents=True, exist_ok=True)
            write_training(e.run, folder.path / stem / TRAINING)
        folder.write_arrays(f"{stem}/{FORECASTS}", dict(_forecast_arrays(e)))
        folder.write_arrays(f"{stem}/{COMPONENTS}", _component_arrays(e.components))
        records.append({**e.to_dict(), "stem": stem, "folder": there})
    folder.write_json(RECORD, {"evaluations": records})


def read_evaluation(place: str | Path) -> Evaluation:
    """The one evaluation of a run folder.

    Raises
    ------
    Refusal
        For a folder that holds none, or several.
    """
    several = read_evaluations(place)
    if len(several) != 1:
        raise Refusal(f"{str(place)!r} holds {len(several)} evaluations", "one")
    return several[0]


def read_evaluations(place: str | Path) -> tuple[Evaluation, ...]:
    """The evaluations that a run folder holds, each with its training.

    Raises
    ------
    Refusal
        For a folder that holds none, or one that is not whole.
    """
    held = RunFolder.open(place)
    if not (held.path / RECORD).is_file():
        raise Refusal(f"{str(place)!r} holds no {RECORD}", "a folder of `lawful evaluate`")
    record = held.read_json(RECORD)
    try:
        return tuple(_read(held, one) for one in record["evaluations"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, Refusal):
            raise
        raise Refusal(f"{str(place)!r} has a record that is not whole: {error}", RECORD) from None


def _read(held: RunFolder, record: Mapping[str, Any]) -> Evaluation:
    stem = str(record["stem"])
    run = read_training(os.path.normpath(held.path / str(record["folder"])))
    arrays = held.read_arrays(f"{stem}/{FORECASTS}")
    forecasts = dict(_forecasts_in(arrays, run.material))
    return Evaluation.from_dict(
        record, run, forecasts, _components_in(held.read_arrays(f"{stem}/{COMPONENTS}"))
    )


# ------------------------------------------------------------------- arrays


def _forecast_arrays(e: Evaluation) -> Iterator[tuple[str, NDArray[Any]]]:
    """METHOD/VARIABLE, the clock, and which runs of the material they are of."""
    for method, runs in e.forecasts.items():
        for name, variable in runs.data_vars.items():
            yield f"{method}/{name}", np.asarray(variable.values, dtype=float)
    first = next(iter(e.forecasts.values()), None)
    if first is not None:
        known = [str(name) for name in e.run.material.runs["run"].values]
        yield "runs", np.array([known.index(str(name)) for name in first["run"].values])
        yield "time", np.array(clock(first))


def _forecasts_in(arrays: Arrays, m: "Material") -> Iterator[tuple[str, Trajectories]]:
    if "runs" not in arrays:
        return
    whole = m.runs.isel(run=arrays["runs"])
    methods = dict.fromkeys(key.partition("/")[0] for key in arrays if "/" in key)
    shared = "run" not in m.runs["time"].dims
    times = arrays["time"][0] if shared else arrays["time"]
    for method in methods:
        names = [key.partition("/")[2] for key in arrays if key.startswith(f"{method}/")]
        made = make(
            {name: arrays[f"{method}/{name}"] for name in names},
            times,
            units={n: str(whole[n].attrs.get("units", "")) for n in [*names, "time"]},
            roles={n: {k: v for k, v in whole[n].attrs.items() if k != "units"} for n in names},
            origin={"maker": "lawful.studies.physicsnet", "forecast": method},
        )
        yield method, made.assign_coords(run=whole["run"].values)


def _component_arrays(components: "Components") -> Arrays:
    return {
        name: np.asarray(getattr(components, name))
        for name in ("scores", "share", "directions", "mean")
    }


def _components_in(arrays: Arrays) -> "Components":
    from lawful.laws.physicsnet import Components

    return Components(**arrays)
