"""What a training leaves behind: its curves as `Trajectories`, its weights on the way.

    time = the step;  energy = loss + kinetic;  ledger_… are accounts, summed from the start

Weights of small networks are variables of their own, `W1_2_3` from neuron 2 to
neuron 3 of layer 1, so that laws can be sought among them. Snapshots are thinned
as they grow: every second one goes when there are too many.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful import __version__
from lawful.learning.look import MEASURES, Moment
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.trajectories import Trajectories, make

Array = NDArray[Any]
SNAPSHOTS = 200
LEDGER = "ledger_"  # before the names of accounts: friction is a setting, too
NAMED_WEIGHTS = 256


@dataclass(frozen=True)
class Training:
    """A network as trained, and how it went.

    Attributes
    ----------
    network
        With its last weights, or the best ones where patience was asked for.
    data
        The samples it learned from.
    runs
        `Trajectories` of one run; time is the step.
    steps, snapshots
        Shapes (k,) and (k, P): the weights on the way, first and last included.
    stopped
        Why it ended, in words.
    residual
        The largest relative residual of the energy ledger; NaN where none was kept.
    settings
        Everything that makes it again.
    """

    network: NeuralNetwork
    data: Samples
    runs: Trajectories
    steps: NDArray[np.int64]
    snapshots: Array
    stopped: str
    residual: float
    settings: Mapping[str, Any]


@dataclass
class Record:
    """Moments as they come, kept in columns."""

    moments: list[dict[str, float]] = field(default_factory=list)
    weights: list[Array] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    snapshots: list[Array] = field(default_factory=list)
    residual: float = math.nan
    stride: int = 1

    def add(self, moment: Moment) -> None:
        """Keep one."""
        books = {f"{LEDGER}{name}": amount for name, amount in moment.accounts.items()}
        row = {"step": float(moment.step), **moment.measures, **books}
        row["energy"] = row["loss"] + row["kinetic"]
        if moment.parameters.size <= NAMED_WEIGHTS:
            self.weights.append(moment.parameters)
        if len(self.moments) % self.stride == 0:
            self._snap(moment)
        self.moments.append(row)
        self.residual = moment.residual

    def _snap(self, moment: Moment) -> None:
        self.steps.append(moment.step)
        self.snapshots.append(moment.parameters)
        if len(self.steps) > SNAPSHOTS:
            self.steps, self.snapshots = self.steps[::2], self.snapshots[::2]
            self.stride *= 2

    def finish(self, step: int, parameters: Array) -> None:
        """Make the last weights the last snapshot."""
        if self.steps and self.steps[-1] == step:
            self.snapshots[-1] = parameters
        else:
            self.steps.append(step)
            self.snapshots.append(parameters)

    def runs(self, network: NeuralNetwork, name: str, origin: Mapping[str, Any]) -> Trajectories:
        """The moments as `Trajectories` of one run."""
        columns = list(dict.fromkeys(key for row in self.moments for key in row if key != "step"))
        variables: dict[str, Any] = {
            # The ledger's accounts are empty before the first step.
            key: [row.get(key, math.nan if key in MEASURES else 0.0) for row in self.moments]
            for key in columns
        }
        if self.weights:
            variables |= dict(
                zip(network.names, np.array(self.weights, dtype=float).T, strict=True)
            )
        runs = make(
            variables,
            [row["step"] for row in self.moments],
            runs=[name],
            units=dict.fromkeys([*variables, "time"], "1"),
            parameters={k: v for k, v in origin["dynamics"].items() if isinstance(v, float | int)},
            origin={"maker": "lawful.learning.train", "version": __version__, **origin},
        )
        for key in columns:
            account = f"{key.removeprefix(LEDGER)}, summed from the start"
            runs[key].attrs["long_name"] = MEASURES.get(key, account)
        runs["time"].attrs["long_name"] = "training step"
        return runs

    # ------------------------------------------------------------------ to a file and back

    def to_arrays(self) -> dict[str, Array]:
        """Everything, as named arrays."""
        columns = list(dict.fromkeys(key for row in self.moments for key in row))
        table = [[row.get(key, math.nan) for key in columns] for row in self.moments]
        empty = np.empty((0, 0))
        return {
            "record_columns": np.frombuffer(json.dumps(columns).encode(), dtype=np.uint8),
            "record_table": np.array(table, dtype=float).reshape(len(table), len(columns)),
            "record_weights": np.array(self.weights) if self.weights else empty,
            "record_steps": np.array(self.steps, dtype=np.int64),
            "record_snapshots": np.array(self.snapshots) if self.snapshots else empty,
            "record_state": np.array([self.residual, self.stride], dtype=float),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> "Record":
        """The inverse of `to_arrays`."""
        columns = json.loads(arrays["record_columns"].tobytes())
        return cls(
            [
                {k: v for k, v in zip(columns, row, strict=True) if not math.isnan(v)}
                for row in arrays["record_table"].tolist()
            ],
            list(arrays["record_weights"]),
            [int(step) for step in arrays["record_steps"]],
            list(arrays["record_snapshots"]),
            float(arrays["record_state"][0]),
            int(arrays["record_state"][1]),
        )
