"""The run folder of a study of memory, and the study back from it.

memory.json                  settings, summaries, histories: the same for the same settings
histories.json               the same histories with their seconds
histories/METHOD.npz         accuracy matrices (seeds, tasks, tasks)
exhibits.npz                 arrays for pictures
weights/METHOD.safetensors   the first seed's learner at the end

What is in JSON or NPZ is read without running any code of it, and so are weights.
"""

import shutil
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lawful.refusal import Refusal
from lawful.store import RunFolder
from lawful.studies.memory.choice import MemoryStudy
from lawful.studies.memory.remembered import Remembered
from lawful.studies.memory.streams import Facts

if TYPE_CHECKING:
    from lawful.fields.memory.history import History

RECORD = "memory.json"
HISTORIES = "histories.json"
EXHIBITS = "exhibits.npz"
REPORT = "report.html"


def write_data(done: Remembered, folder: RunFolder) -> tuple[str, ...]:
    """The record, the histories and the weights of a study, into its run folder.

    Returns
    -------
    tuple of str
        What was left out, a sentence each.
    """
    folder.write_json(RECORD, done.to_dict())
    whole = {name: [one.to_json() for one in many] for name, many in done.histories.items()}
    tunings = {name: one.to_json() for name, one in done.tunings.items()}
    folder.write_json(HISTORIES, {"histories": whole, "tunings": tunings})
    for name, many in done.histories.items():
        arrays = {
            "matrix": np.stack([one.matrix for one in many]),
            "start": np.stack([one.start for one in many]),
            "seconds": np.stack([one.seconds for one in many]),
        }
        folder.write_arrays(f"histories/{name}.npz", arrays)
        for seed, one in zip(done.seeds, many, strict=True):
            _log(folder, name, seed, one)
    folder.write_arrays(EXHIBITS, done.exhibits)
    if done.weights:
        (folder.path / "weights").mkdir(exist_ok=True)
    for name, place in done.weights.items():
        shutil.copyfile(place, folder.path / "weights" / f"{name}.safetensors")
    return _left_out(done)


def _log(folder: RunFolder, name: str, seed: int, history: "History") -> None:
    """A line for each task: how well it and all before it are known, and how long it took."""
    for k, task in enumerate(history.tasks):
        seen = history.matrix[k, : k + 1]
        average = float(seen.mean())
        line = {"method": name, "seed": seed, "task": task, "average": average}
        folder.log({**line, "seconds": float(history.seconds[k])})


def _left_out(done: Remembered) -> tuple[str, ...]:
    missing = [name for name in done.methods if name not in done.weights]
    said = [f"the learner of {name}: it is too large" for name in missing]
    if done.study.seeds > 1 and done.weights:
        said.append("learners of other seeds than the first")
    return tuple(said)


def read(folder: str | Path) -> Remembered:
    """The study that a run folder holds; `learner` works, of those that were kept.

    Raises
    ------
    Refusal
        For a folder that holds none.
    """
    from lawful.fields.memory.history import History
    from lawful.fields.memory.tuning import Tuning

    held = RunFolder.open(folder)
    if held.manifest.study != "remember":
        study = held.manifest.study
        raise Refusal(f"{str(folder)!r} holds a study {study!r}", "one of `lawful remember`")
    record, whole = held.read_json(RECORD), held.read_json(HISTORIES)
    try:
        settings = {**record["settings"], "methods": tuple(record["settings"]["methods"])}
        unknown = settings.keys() - {one.name for one in fields(MemoryStudy)}
        if unknown:
            raise Refusal(f"{RECORD} has the unknown setting {min(unknown)!r}", "known ones")
        weights = {
            name: held.path / "weights" / f"{name}.safetensors" for name in settings["methods"]
        }
        return Remembered(
            MemoryStudy(**settings),
            Facts.from_dict(record["data"]),
            {
                name: tuple(History.from_json(one) for one in many)
                for name, many in whole["histories"].items()
            },
            {name: Tuning.from_json(one) for name, one in whole["tunings"].items()},
            tuple(record["notes"]),
            held.read_arrays(EXHIBITS),
            {name: file for name, file in weights.items() if file.is_file()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Refusal(f"{str(folder)!r} has a record that is not whole: {error}", RECORD) from None
