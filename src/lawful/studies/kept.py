"""An outcome and its training in one file, and back: KEY.npz.

Arrays and JSON alone are in it, and reading runs no code.
"""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lawful.learning.network import NeuralNetwork
from lawful.learning.record import Training
from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.store import to_json, write_atomically
from lawful.studies.outcome import Outcome
from lawful.trajectories import Trajectories, check

Array = NDArray[Any]
MOST_KEPT = 6_000_000  # numbers in the snapshots of one training; thinned above


def keep(path: Path, outcome: Outcome, training: Training) -> None:
    """Write an outcome and its training to one file, whole or not at all."""
    few = _thinned(training.snapshots)
    arrays: dict[str, Array] = {
        "outcome": _text(asdict(outcome)),
        "parameters": training.network.parameters,
        "steps": training.steps[few],
        "snapshots": training.snapshots[few],
        "about": _text(
            {
                "network": training.network.settings,
                "stopped": training.stopped,
                "settings": dict(training.settings),
                "residual": training.residual,
            }
        ),
    }
    arrays |= {f"run/{n}": v.values for n, v in training.runs.variables.items() if n != "run"}
    arrays["runs"] = _text(
        {
            "names": [str(n) for n in training.runs["run"].values],
            "attributes": dict(training.runs.attrs),
            "variables": {
                str(n): {"dims": list(v.dims), "attrs": v.attrs, "data": n in training.runs}
                for n, v in training.runs.variables.items()
                if n != "run"
            },
        }
    )
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    write_atomically(path, buffer.getvalue())


def outcome_in(path: Path) -> Outcome | None:
    """The outcome in a file; None where there is none, or it is not whole."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            facts = json.loads(held["outcome"].tobytes())
            held["snapshots"], held["runs"]
    except (OSError, ValueError, EOFError, KeyError, BadZipFile):
        return None
    if facts.keys() != {f.name for f in fields(Outcome)}:
        return None
    blanks = [f.name for f in fields(Outcome) if f.type in (float, "float")]
    facts |= {name: math.nan for name in blanks if facts[name] is None}
    ends = [math.nan if v is None else v for v in facts["mechanical"]]
    return Outcome(**{**facts, "layers": tuple(facts["layers"]), "mechanical": tuple(ends)})


def training_in(path: Path, samples: Samples) -> Training:
    """The training in a file that `keep` wrote."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise Refusal(f"cannot read {str(path)!r}: {error}", "a training kept by lawful") from None
    about = json.loads(arrays["about"].tobytes())
    network = NeuralNetwork(**about["network"]).with_parameters(arrays["parameters"])
    return Training(
        network,
        samples,
        _runs(arrays),
        arrays["steps"],
        arrays["snapshots"],
        about["stopped"],
        math.nan if about["residual"] is None else about["residual"],
        about["settings"],
    )


def _runs(arrays: Mapping[str, Array]) -> Trajectories:
    words = json.loads(arrays["runs"].tobytes())
    data: dict[str, Any] = {}
    coordinates: dict[str, Any] = {"run": words["names"]}
    for name, one in words["variables"].items():
        held = (tuple(one["dims"]), arrays[f"run/{name}"], one["attrs"])
        (data if one["data"] and name != "time" else coordinates)[name] = held
    fixed = [name for name in data if data[name][0] == ("run",)]
    made = xr.Dataset(data, coords=coordinates, attrs=words["attributes"])
    return check(made.set_coords(fixed))


def _thinned(snapshots: Array) -> NDArray[np.intp]:
    """Which snapshots are kept: all, or as many as fit, first and last among them."""
    count, size = snapshots.shape
    most = max(2, min(count, MOST_KEPT // max(1, size)))
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.intp))


def _text(record: Any) -> NDArray[np.uint8]:
    return np.frombuffer(to_json(record).encode(), dtype=np.uint8)
