"""A Hamiltonian network: the baseline that is told how nature is built.

    dq/dt = ∂H/∂p,   dp/dt = −∂H/∂q,   H_θ(q, p) an MLP

Its own H is conserved along its forecasts, to the integrator's order, whatever it learned; the
true energy only as well as H is the energy. Velocities stand for momenta, which is right for
unit masses and for any one mass, and wrong where masses differ.

Fitted through a step of the classical Runge-Kutta method from each sample to the next ones: no
derivative of the data is taken.

Source: S. Greydanus, M. Dzamba, J. Yosinski, "Hamiltonian neural networks", NeurIPS 2019,
arXiv:1906.01563.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lawful.laws.features import roles_of
from lawful.laws.physicsnet import tensorfile
from lawful.laws.physicsnet.windows import observed
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, clock, make

Array = NDArray[np.float64]
Progress = Callable[[int, int, float], None]

AHEAD = 3  # samples that are predicted in training
BATCH = 256
RATE, COLDEST = 3e-3, 1e-3
FARTHEST = 50.0  # spreads: a forecast beyond is lost, and stays there
_RATES = ("velocity", "angular_velocity")


class HamiltonianNet(nn.Module):
    """H(q, p) as an MLP, and the motion that follows from it.

    Parameters
    ----------
    pairs
        Degrees of freedom n; states are (b, 2n), positions first, in units of their spread.
    hidden
        Units of each of two layers.
    angles
        Which positions are angles: they enter as sine and cosine.
    spread, mean
        Of each column, shape (2n,).

    Examples
    --------
    >>> net = HamiltonianNet(1, 8)
    >>> x = torch.randn(5, 2)
    >>> rate = net.rate(x)
    >>> slope = torch.autograd.functional.jacobian(lambda x: net(x).sum(), x)
    >>> bool(((rate * slope).sum(1).abs() < 1e-6).all())   # dH/dt = 0
    True
    """

    angles: Tensor
    spread: Tensor
    mean: Tensor

    def __init__(
        self,
        pairs: int,
        hidden: int = 128,
        angles: Sequence[bool] = (),
        spread: Sequence[float] = (),
        mean: Sequence[float] = (),
    ) -> None:
        super().__init__()
        self.pairs = pairs
        flags = torch.tensor(list(angles) or [False] * pairs)
        self.register_buffer("angles", flags)
        self.register_buffer("spread", torch.tensor(list(spread) or [1.0] * 2 * pairs))
        self.register_buffer("mean", torch.tensor(list(mean) or [0.0] * 2 * pairs))
        inputs = 2 * pairs + int(flags.sum())
        self.energy = nn.Sequential(
            nn.Linear(inputs, hidden), nn.Tanh(),
            nn.Linear(hidden, hidden), nn.Tanh(),
            nn.Linear(hidden, 1, bias=False),
        )  # fmt: skip
        # Time in the data's unit over spreads: learned, for H has no scale of its own.
        self.pace = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """H of states (b, 2n), shape (b,), up to a constant."""
        q, p = x[:, : self.pairs], x[:, self.pairs :]
        turned = (q * self.spread[: self.pairs] + self.mean[: self.pairs])[:, self.angles]
        columns = [q[:, ~self.angles], torch.sin(turned), torch.cos(turned), p]
        return torch.exp(self.pace) * self.energy(torch.cat(columns, 1))[:, 0]

    def rate(self, x: Tensor) -> Tensor:
        """dx/dt of standardised states (b, 2n), in units of their spread."""
        with torch.enable_grad():
            x = x if x.requires_grad else x.detach().requires_grad_()
            slope = torch.autograd.grad(self(x).sum(), x, create_graph=True)[0]
        # In standardised columns {q, p} = 1/(σ_q σ_p), a factor for each pair.
        area = self.spread[: self.pairs] * self.spread[self.pairs :]
        turn = area.mean() / area
        return torch.cat([slope[:, self.pairs :] * turn, -slope[:, : self.pairs] * turn], 1)

    def step(self, x: Tensor, dt: Tensor) -> Tensor:
        """One step of Runge and Kutta's method of order four; dt of shape (b, 1)."""
        a = self.rate(x)
        b = self.rate(x + dt / 2 * a)
        c = self.rate(x + dt / 2 * b)
        d = self.rate(x + dt * c)
        return x + dt / 6 * (a + 2 * b + 2 * c + d)


@dataclass(frozen=True, eq=False)
class TrainedHamiltonian:
    """A Hamiltonian network that has been trained.

    Attributes
    ----------
    net
        The network.
    variables
        The columns, positions first, then their rates in the same order.
    roles, units
        Of the columns.
    longest
        The longest step that one Runge-Kutta step may take.
    losses
        By hundred steps, in units of the change between samples.
    """

    net: HamiltonianNet
    variables: tuple[str, ...]
    roles: dict[str, dict[str, str]]
    units: dict[str, str]
    longest: float
    losses: Array

    def energy(self, runs: Trajectories) -> Array:
        """H along the runs, shape (run, time), up to a constant and in units of its own."""
        x = _columns(runs, self.variables)
        held = np.isfinite(x).all(-1)
        out = np.full(held.shape, np.nan)
        with torch.no_grad():
            out[held] = self.net(self._standard(x[held])).double().numpy()
        return out

    def forecast(self, runs: Trajectories, *, prefix: int = 1) -> Trajectories:
        """From sample `prefix` − 1 on, the motion that H gives.

        Raises
        ------
        Refusal
            For a prefix of no sample, or of all.
        """
        if not 1 <= prefix < runs.sizes["time"]:
            raise Refusal(
                f"a prefix of {prefix} samples", f"from 1 to {runs.sizes['time'] - 1} (all but one)"
            )
        values, times = _columns(runs, self.variables), clock(runs)
        x = self._standard(values[:, prefix - 1])
        out = values.copy()
        for t in range(prefix, runs.sizes["time"]):
            step = torch.tensor(np.nan_to_num(times[:, t] - times[:, t - 1]), dtype=x.dtype)
            x = _followed(self.net, x, step[:, None], self.longest).clamp(-FARTHEST, FARTHEST)
            out[:, t] = x.double().numpy() * _numpy(self.net.spread) + _numpy(self.net.mean)
        out[~np.isfinite(times)] = np.nan
        return make(
            {name: out[..., k] for k, name in enumerate(self.variables)},
            runs["time"].values,
            runs=list(runs["run"].values),
            units={**self.units, "time": str(runs["time"].attrs.get("units", ""))},
            roles=self.roles,
            origin={"maker": "lawful.laws.physicsnet.hamiltonian"},
        )

    def _standard(self, x: Array) -> Tensor:
        return torch.tensor(
            (x - _numpy(self.net.mean)) / _numpy(self.net.spread), dtype=torch.float32
        )

    def save(self, place: str | Path) -> None:
        """Write it to one safetensors file."""
        about = {
            "variables": list(self.variables), "roles": self.roles, "units": self.units,
            "longest": self.longest, "hidden": self.net.energy[0].out_features,
        }  # fmt: skip
        tensors = {f"net.{n}": t for n, t in self.net.state_dict().items()}
        tensorfile.write(Path(place), {**tensors, "array.losses": torch.tensor(self.losses)}, about)

    @classmethod
    def load(cls, place: str | Path) -> "TrainedHamiltonian":
        """The inverse of `save`.

        Raises
        ------
        Refusal
            Where there is no such file, or it is none of ours.
        """
        tensors, about = tensorfile.read(Path(place))
        try:
            part = tensorfile.parted(tensors)
            names = tuple(about["variables"])
            flags = part["net"]["angles"].tolist()
            net = HamiltonianNet(len(names) // 2, int(about["hidden"]), flags)
            net.load_state_dict(part["net"])
            losses = part["array"]["losses"].numpy()
            longest = float(about["longest"])
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise Refusal(
                f"{str(place)!r} is no Hamiltonian network of lawful", "a file that it has written"
            ) from None
        return cls(net.eval(), names, about["roles"], about["units"], longest, losses)


def train_hamiltonian(
    runs: Trajectories,
    *,
    hidden: int = 128,
    steps: int = 3000,
    seed: int = 0,
    observe: Sequence[str] = (),
    progress: Progress | None = None,
) -> TrainedHamiltonian:
    """Fit H to trajectories.

    Parameters
    ----------
    runs
        Trajectories with positions or angles, each with its rate.
    hidden, steps, seed
        Units of each layer; batches; of the weights and of what is drawn.
    observe
        Columns that are seen; all when not given.
    progress
        Called after every hundredth batch with its number, all of them, and the loss.

    Raises
    ------
    Refusal
        For data without such pairs, or too short.

    Examples
    --------
    >>> from lawful.systems import simulate
    >>> runs = simulate("spring", runs=10, samples=40)
    >>> done = train_hamiltonian(runs, hidden=8, steps=5)
    >>> done.variables, done.energy(runs).shape
    (('x', 'v'), (10, 40))
    """
    seen = observed(runs, observe)
    roles = {name: dict(role) for name, role in roles_of(seen).items()}
    names = _pairs(roles)
    values, times = _columns(seen, names), clock(seen)
    places = _pieces(values, times)
    net = _new(values, [roles[n].get("role") == "angle" for n in names[: len(names) // 2]],
               hidden, seed)  # fmt: skip
    scaled = (values - _numpy(net.mean)) / _numpy(net.spread)
    x = torch.tensor(np.nan_to_num(scaled), dtype=torch.float32)
    spans = np.diff(times, axis=1)
    dt = torch.tensor(np.nan_to_num(spans), dtype=torch.float32)
    change = float(np.nanmean(np.diff(scaled, axis=1) ** 2))
    longest = float(np.nanmedian(spans)) * 1.001
    losses = _fitted(net, (x, dt, places), (steps, seed, change, longest), progress)
    units = {str(n): str(seen[n].attrs.get("units", "")) for n in names}
    return TrainedHamiltonian(
        net.eval(), names, {n: roles[n] for n in names}, units, longest, np.array(losses)
    )


def _fitted(
    net: HamiltonianNet,
    data: tuple[Tensor, Tensor, NDArray[np.intp]],
    how: tuple[int, int, float, float],
    progress: Progress | None,
) -> list[float]:
    (x, dt, places), (steps, seed, change, longest) = data, how
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    rng, seen, losses = np.random.default_rng([seed, 3]), 0.0, []
    for k in range(steps):
        falling = 0.5 * (1 + math.cos(math.pi * k / steps))
        for group in optimiser.param_groups:
            group["lr"] = RATE * (COLDEST + (1 - COLDEST) * falling)
        run, begin = places[rng.integers(0, len(places), BATCH)].T
        state, wrong = x[run, begin], x.new_zeros(())
        for j in range(AHEAD):
            state = _followed(net, state, dt[run, begin + j, None], longest)
            wrong = wrong + ((state - x[run, begin + j + 1]) ** 2).mean() / AHEAD
        optimiser.zero_grad()
        (wrong / change).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        seen += float(wrong.detach()) / change
        if k % 100 == 99 or k == steps - 1:
            losses.append(seen / (k % 100 + 1))
            seen = 0.0
            if progress is not None:
                progress(k + 1, steps, losses[-1])
    return losses


def _followed(net: HamiltonianNet, x: Tensor, dt: Tensor, longest: float) -> Tensor:
    """States after dt, (b, 1), in as many steps as the longest dt asks for."""
    count = max(math.ceil(float(dt.max()) / longest), 1)
    training = x.requires_grad or net.training
    for _ in range(count):
        x = net.step(x, dt / count)
        x = x if training else x.detach()
    return x


def _pairs(roles: dict[str, dict[str, str]]) -> tuple[str, ...]:
    """Positions and angles that have a rate, then the rates."""
    rate = {r.get("of", ""): name for name, r in roles.items() if r.get("role") in _RATES}
    first = [n for n, r in roles.items() if r.get("role") in ("position", "angle") and n in rate]
    others = [n for n in roles if n not in first and n not in {rate[f] for f in first}]
    if not first or others:
        raise Refusal(
            "no rate of " + ", ".join(others) if others else "no position with its velocity",
            "positions or angles, each with its rate, and nothing else",
            "a Hamiltonian network needs pairs (q, p); train without it",
        )
    return (*first, *(rate[f] for f in first))


def _columns(runs: Trajectories, names: Sequence[str]) -> Array:
    return np.stack([np.asarray(runs[n].values, dtype=float) for n in names], axis=-1)


def _pieces(values: Array, times: Array) -> NDArray[np.intp]:
    """(run, start) of every piece of complete samples."""
    held = np.isfinite(values).all(-1) & np.isfinite(times)
    if held.shape[1] <= AHEAD:
        raise Refusal(f"runs of {held.shape[1]} samples", f"{AHEAD + 1} or more")
    views = np.lib.stride_tricks.sliding_window_view(held, AHEAD + 1, axis=1)
    found = np.argwhere(views.all(-1))
    if not len(found):
        raise Refusal("no piece of complete samples", f"{AHEAD + 1} in a row", "fill the gaps")
    return found


def _new(values: Array, angles: list[bool], hidden: int, seed: int) -> HamiltonianNet:
    spread, mean = np.nanstd(values, (0, 1)), np.nanmean(values, (0, 1))
    if not (spread > 0).all():
        raise Refusal("a column that never changes", "columns that move", "leave it out")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return HamiltonianNet(len(angles), hidden, angles, spread.tolist(), mean.tolist())


def _numpy(tensor: Tensor) -> Array:
    return np.asarray(tensor.detach().double())
