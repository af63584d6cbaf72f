"""The run folder of a training, and the training back from it.

    manifest.json         who made it, from what
    network.safetensors   the network, and how it was trained
    runs.nc               the runs that it saw, NaN kept
    clean.nc              the same without noise, where that is known and differs
    system.toml           the equations, where they came from a file
    metrics.jsonl         a line an epoch
    training.json         settings, what the runs are, and what came of it

Everything is read without running any code of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.netcdf import as_trajectories, load_netcdf, write_netcdf
from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder, plain
from lawful.studies.physicsnet.material import Material
from lawful.trajectories import Trajectories

if TYPE_CHECKING:
    from lawful.laws.physicsnet import NetSettings, Trained
    from lawful.systems.system import System

STUDY = "train"
NETWORK = "network.safetensors"
RUNS = "runs.nc"
CLEAN = "clean.nc"
EQUATIONS = "system.toml"
RECORD = "training.json"


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """A trained network with what it was trained on.

    Attributes
    ----------
    trained
        The network.
    material
        Its data, and what is true of them.
    settings
        How it was trained.
    place
        Its run folder; None where it was not kept.
    history
        Losses by epoch, each of shape (epochs,), and `seconds`.
    """

    trained: "Trained"
    material: Material
    settings: "NetSettings"
    place: Path | None = None
    history: "Mapping[str, NDArray[np.float64]]" = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.history is None:
            object.__setattr__(self, "history", self.trained.history)

    @property
    def name(self) -> str:
        """The folder's name, or the data's where there is none."""
        return self.place.name if self.place else self.material.name

    @cached_property
    def parts(self) -> "tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]":
        """Which runs were learned from, which stopped the training, and which test it."""
        from lawful.laws.physicsnet import split

        learned, validation, test = split(self.material.runs, self.settings.seed)
        return learned, validation, test

    @property
    def fitted(self) -> NDArray[np.intp]:
        """The runs that formulas are fitted on: those that were learned from."""
        return self.parts[0]

    @property
    def chosen_by(self) -> NDArray[np.intp]:
        """The runs by which a formula's terms are chosen: those that stopped the training."""
        return self.parts[1]

    @property
    def test(self) -> NDArray[np.intp]:
        """The runs that test the network and every formula."""
        return self.parts[2]

    @property
    def seconds(self) -> float:
        """How long the training took."""
        took = np.asarray(self.history.get("seconds", np.zeros(0)), dtype=float)
        return float(took.sum())

    def to_dict(self) -> dict[str, Any]:
        """What is written to `training.json`; times left out."""
        m = self.material
        system = m.system
        return plain(
            {
                "settings": self.settings.to_dict(),
                "name": m.name,
                "notes": list(m.notes),
                "data": dict(m.settings),
                "system": None
                if system is None
                else {"name": system.name, "parameters": system.values},
                "clean": _kind_of_clean(m),
                "variables": list(self.trained.variables),
                "window": int(self.trained.window),
                "epochs": len(np.asarray(self.history.get("loss", ()))),
                "within_total": self.trained.within_total,
                "conserved": int(self.trained.count),
            }
        )

    def manifest(self, command: Sequence[str] = ()) -> Manifest:
        """Who made this, and how to make it again."""
        settings = {**self.settings.to_dict(), **self.material.settings}
        return Manifest(
            STUDY,
            tuple(command),
            plain(settings),
            int(self.settings.seed),
            tuple(self.material.fingerprints),
        )


def _kind_of_clean(m: Material) -> str:
    """Where the clean runs are: "runs", where no noise was added, or "apart", or nowhere."""
    if m.clean is None:
        return ""
    return "runs" if m.clean is m.runs else "apart"


def write_training(run: TrainingRun, place: str | Path, command: Sequence[str] = ()) -> TrainingRun:
    """Keep a training in a run folder, which appears whole or not at all.

    Raises
    ------
    Refusal
        Where the place holds what is not ours, or cannot be written.
    """
    with RunFolder.create(place, run.manifest(command)) as folder:
        run.trained.save(folder.path / NETWORK)
        write_netcdf(run.material.runs, folder.path / RUNS)
        if _kind_of_clean(run.material) == "apart" and run.material.clean is not None:
            write_netcdf(run.material.clean, folder.path / CLEAN)
        if text := _equations(run.material):
            folder.write_text(EQUATIONS, text)
        folder.write_json(RECORD, run.to_dict())
        for line in _epochs(run.history):
            folder.log(line)
    return replace(run, place=Path(place))


def _equations(m: Material) -> str:
    """The text of the file of equations, where the system came from one."""
    if m.system is None:
        return ""
    data = [str(name) for name in m.settings.get("data", ())]
    if len(data) == 1 and data[0].endswith(".toml") and Path(data[0]).is_file():
        return Path(data[0]).read_text(encoding="utf-8")
    return ""


def _epochs(history: "Mapping[str, NDArray[np.float64]]") -> "list[dict[str, Any]]":
    columns = {name: np.asarray(values, dtype=float) for name, values in history.items()}
    count = max((values.size for values in columns.values() if values.ndim == 1), default=0)
    whole = {n: v for n, v in columns.items() if v.ndim == 1 and v.size == count}
    return [
        {"epoch": k + 1, **{name: float(values[k]) for name, values in whole.items()}}
        for k in range(count)
    ]


def read_training(folder: str | Path) -> TrainingRun:
    """The training that a run folder holds.

    Raises
    ------
    Refusal
        For a folder that holds none, or one that is not whole.
    """
    from lawful.laws.physicsnet import NetSettings, Trained

    held = RunFolder.open(folder)
    if held.manifest.study != STUDY:
        study = held.manifest.study
        raise Refusal(f"{str(folder)!r} holds a study {study!r}", "one of `lawful train`")
    record = held.read_json(RECORD)
    try:
        settings = NetSettings.from_dict(record["settings"])
        runs = _runs_in(held.path / RUNS)
        clean = {"": None, "runs": runs}.get(record["clean"])
        if record["clean"] == "apart":
            clean = _runs_in(held.path / CLEAN)
        system = _system_in(record["system"], held.path)
        m = Material(
            runs,
            clean,
            system,
            str(record["name"]),
            tuple(map(str, record["notes"])),
            tuple(held.manifest.data),
            dict(record["data"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Refusal(f"{str(folder)!r} has a record that is not whole: {error}", RECORD) from None
    trained = Trained.load(held.path / NETWORK)
    return TrainingRun(trained, m, settings, Path(folder), trained.history)


def _runs_in(place: Path) -> Trajectories:
    if not place.is_file():
        raise Refusal(f"there is no {str(place)!r}", "a run folder that is whole", "train again")
    try:
        runs = as_trajectories(load_netcdf(place))
    except OSError as error:
        raise Refusal(f"cannot read {str(place)!r}: {error}", "runs of `lawful train`") from None
    if runs is None:
        raise Refusal(f"{str(place)!r} holds no runs", "runs of `lawful train`")
    return runs


def _system_in(record: Mapping[str, Any] | None, folder: Path) -> "System | None":
    """The system by its name or its file of equations; None for one made in Python."""
    from lawful.systems import names, system

    if record is None:
        return None
    own = folder / EQUATIONS
    if not own.is_file() and record["name"] not in names():
        return None
    found = system(own if own.is_file() else str(record["name"]))
    told = {str(name): float(value) for name, value in record["parameters"].items()}
    # A file that says no name is called after itself, and here it is called otherwise.
    return replace(found.with_parameters(**told), name=str(record["name"]))
