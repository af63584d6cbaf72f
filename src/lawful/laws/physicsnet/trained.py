"""A trained network, and all that can be asked of it.

    windows → E → z → Q → quantities, sorted;   z → D → states;   P → forecasts

Plain data in, plain data out: trajectories and arrays. Kept as one safetensors file.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from lawful.laws.physicsnet import tensorfile
from lawful.laws.physicsnet.model import PhysicsNet
from lawful.laws.physicsnet.quantities import HOLDS, Rotation, independent, rotation, run_means
from lawful.laws.physicsnet.settings import NetSettings
from lawful.laws.physicsnet.windows import Frame, Places, starts
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, make

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lawful.laws.physicsnet.reading import Target

Array = NDArray[np.float64]

_AT_ONCE = 8192  # windows in a batch


@dataclass(frozen=True, eq=False)
class Trained:
    """A network that has been trained.

    Attributes
    ----------
    net, frame, settings
        The network, how it sees, how it was trained.
    turn
        From its heads to sorted quantities.
    count
        Learned quantities that hold on runs not trained on and are functionally independent.
    history
        By epoch: "loss", its parts, the same on validation runs with "validation_" before,
        and "seconds".

    Examples
    --------
    >>> from lawful.laws.physicsnet import NetSettings, train
    >>> from lawful.systems import simulate
    >>> runs = simulate("spring", runs=20, samples=40, seed=1)
    >>> done = train(runs, NetSettings(epochs=1, hidden=8, latent_dim=4))
    >>> dict(done.forecast(runs, prefix=10).sizes)
    {'run': 20, 'time': 40}
    """

    net: PhysicsNet
    frame: Frame
    settings: NetSettings
    turn: Rotation
    count: int
    history: dict[str, Array]

    @classmethod
    def of(
        cls,
        net: PhysicsNet,
        frame: Frame,
        settings: NetSettings,
        runs: Trajectories,
        parts: tuple[Places, ...],
        history: dict[str, Array],
    ) -> "Trained":
        """Sort the heads by how well they hold, and count what holds."""
        bare = cls(net, frame, settings, _unturned(net), 0, history)
        q = bare._heads(runs)
        turn = rotation(q[parts[0]], q[parts[1]])
        holds = np.flatnonzero(turn.within_total <= HOLDS)
        seen = np.concatenate(parts[:2])
        count = len(independent(run_means(turn(q[seen])[..., holds]))) if holds.size else 0
        return cls(net, frame, settings, turn, count, history)

    # ------------------------------------------------------------------- what it is

    @property
    def variables(self) -> tuple[str, ...]:
        """What it sees."""
        return self.frame.variables

    @property
    def window(self) -> int:
        """Samples that it sees at once."""
        return self.frame.window

    @property
    def within_total(self) -> Array:
        """λ of each quantity on the validation runs, shape (k,)."""
        return self.turn.within_total

    # ------------------------------------------------------------- what can be asked

    def latent(self, runs: Trajectories) -> Array:
        """Latent states, shape (run, time, latent); NaN where the window does not reach."""
        return self._along(runs, lambda z: z)

    def quantities(self, runs: Trajectories) -> Array:
        """Learned quantities along the runs, shape (run, time, k), the steadiest first.

        In units of their spread over the training runs; NaN where the window does not reach.
        """
        return self.turn(self._heads(runs))

    def states(self, runs: Trajectories) -> Trajectories:
        """What it takes the observed variables to be, noise left out as far as it can tell."""
        seen = self._along(runs, self.net.decode)
        near = {n: runs[n].values for n in self.variables}
        return self.as_runs(self.frame.decoded(seen, near), runs)

    def forecast(
        self,
        runs: Trajectories,
        *,
        prefix: int | None = None,
        hold: "bool | Sequence[str]" = False,
    ) -> Trajectories:
        """See the first samples of each run, and predict the others; see `forecast.predicted`."""
        from lawful.laws.physicsnet.forecast import predicted

        return predicted(self, runs, prefix=prefix, hold=hold)

    def targets(self, runs: Trajectories) -> "tuple[Target, ...]":
        """What it learned, turned to what simple terms can say; see `reading.targets`."""
        from lawful.laws.physicsnet.reading import targets

        return targets(self, runs)

    def as_runs(self, columns: "Mapping[str, Array]", like: Trajectories) -> Trajectories:
        """Arrays of the observed variables as trajectories with the clock of `like`."""
        return make(
            dict(columns),
            like["time"].values,
            runs=list(like["run"].values),
            units={**self.frame.units, "time": str(like["time"].attrs.get("units", ""))},
            roles={n: dict(r) for n, r in self.frame.roles.items()},
            origin={"maker": "lawful.laws.physicsnet"},
        )

    def _heads(self, runs: Trajectories) -> Array:
        return self._along(runs, self.net.quantity)

    @torch.no_grad()
    def _along(self, runs: Trajectories, ask: Any) -> Array:
        """`ask` of the latent state at every sample whose window is complete."""
        x, _ = self.frame.encoded(runs)
        row, begin = np.nonzero(starts(x, self.window))
        index = begin[:, None] + np.arange(self.window)
        found: list[Array] = []
        for k in range(0, row.size, _AT_ONCE):
            part = slice(k, k + _AT_ONCE)
            windows = torch.tensor(x[row[part, None], index[part]], dtype=torch.float32)
            found.append(ask(self.net.encode(windows)).double().numpy())
        if not found:
            raise Refusal(
                f"no {self.window} complete samples in a row", f"windows of {self.window}",
                "longer runs, or a network with a smaller --window",
            )  # fmt: skip
        values = np.concatenate(found)
        out = np.full((*x.shape[:2], values.shape[-1]), np.nan)
        out[row, begin + self.window - 1] = values
        return out

    # ------------------------------------------------------------------------ kept

    def save(self, place: str | Path) -> None:
        """Write it to one safetensors file."""
        arrays = {
            "mean": self.frame.mean, "spread": self.frame.spread, "turn.mean": self.turn.mean,
            "turn.directions": self.turn.directions, "turn.within_total": self.turn.within_total,
            **{f"history.{name}": values for name, values in self.history.items()},
        }  # fmt: skip
        tensors = {f"array.{n}": torch.tensor(np.asarray(a)) for n, a in arrays.items()}
        network = {f"net.{n}": p for n, p in self.net.state_dict().items()}
        about = {
            "settings": self.settings.to_dict(),
            "frame": self.frame.to_dict(),
            "count": self.count,
        }
        tensorfile.write(Path(place), {**network, **tensors}, about)

    @classmethod
    def load(cls, place: str | Path) -> "Trained":
        """The inverse of `save`.

        Raises
        ------
        Refusal
            Where there is no such file, or it is no network of ours.
        """
        tensors, about = tensorfile.read(Path(place))
        try:
            part = tensorfile.parted(tensors)
            array = {n: t.numpy() for n, t in part["array"].items()}
            settings = NetSettings.from_dict(about["settings"])
            said = about["frame"]
            frame = Frame(
                tuple(said["variables"]), said["roles"], said["units"], array["mean"],
                array["spread"], float(said["step"]), bool(said["even"]), int(said["window"]),
            )  # fmt: skip
            directions = array["turn.directions"]
            net = PhysicsNet(
                frame.channels, frame.window, settings.latent_dim, settings.hidden,
                len(directions), frame.inputs, frame.partial,
            )  # fmt: skip
            net.load_state_dict(part["net"])
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise Refusal(
                f"{str(place)!r} is no network of lawful", "a file that lawful train has written"
            ) from None
        turn = Rotation(array["turn.mean"], directions, array["turn.within_total"])
        history = {n[8:]: a for n, a in array.items() if n.startswith("history.")}
        return cls(net.eval(), frame, settings, turn, int(about["count"]), history)


def _unturned(net: PhysicsNet) -> Rotation:
    k = net.head.linear.out_features
    return Rotation(np.zeros(k), np.eye(k), np.full(k, np.nan))
