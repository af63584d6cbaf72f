"""Training PhysicsNet: one loop, a checkpoint after every epoch.

    θ ← AdamW(∇[log(α prediction + β keeping) + γ smoothness + conservation])

The heads learn from latent states that they do not move, at the same pace whatever the
weights; β is what the predictor pays for letting their quantities go. What each epoch draws
comes from (seed, epoch) alone, so a training that was broken off ends in the same bits.

Source: I. Loshchilov, F. Hutter, arXiv:1711.05101 (2017), AdamW; the rate rises and falls as
L. Smith and N. Topin, arXiv:1708.07120 (2017), propose.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lawful.laws.physicsnet import tensorfile
from lawful.laws.physicsnet.losses import LEAST, MOST, PIECES, Losses, losses
from lawful.laws.physicsnet.model import PhysicsNet
from lawful.laws.physicsnet.settings import NetSettings
from lawful.laws.physicsnet.trained import Trained
from lawful.laws.physicsnet.windows import MOST_QUANTITIES, Frame, Places, observed, split, starts
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories

Array = NDArray[np.float64]
Progress = Callable[[int, int, Mapping[str, float]], None]

PARTS = ("prediction", "conservation", "keeping", "smoothness")
WARMING = 0.1  # share of the epochs in which the rate rises
COLDEST = 1e-3  # of the highest rate, at the end
SMALLEST = 1e-8  # of a loss: round-off of single precision is no quality
STEEPEST = 1.0  # norm of a gradient


def train(
    runs: Trajectories,
    settings: NetSettings | None = None,
    *,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Trained:
    """Train a network on the trajectories.

    Parameters
    ----------
    runs
        Trajectories on (run, time), `windows.FEWEST_RUNS` runs or more. Of these 15 % judge
        when to stop and 15 % are kept aside; see `split`.
    settings
        How; the defaults when not given.
    checkpoint
        A file that is written after every epoch, and kept on Ctrl-C.
    resume
        Go on from that file.
    progress
        Called after every epoch with its number, the number of epochs, and the losses.

    Raises
    ------
    Refusal
        For data or settings that cannot be meant, or a checkpoint of another training.

    Examples
    --------
    >>> from lawful.systems import simulate
    >>> runs = simulate("spring", runs=20, samples=40, seed=1)
    >>> done = train(runs, NetSettings(epochs=2, hidden=8, latent_dim=4))
    >>> done.quantities(runs).shape
    (20, 40, 1)
    """
    chosen = settings or NetSettings()
    parts = split(runs, chosen.seed)
    frame = Frame.of(runs, parts[0], chosen.observe, chosen.window)
    work = _Work.of(observed(runs, chosen.observe), frame, chosen, parts)
    state = _State.new(frame, chosen, work.device)
    if resume and checkpoint is not None and checkpoint.exists():
        state.restore(checkpoint, frame)
    while not state.over(chosen):
        began = time.perf_counter()
        _epoch(state, work, chosen)
        line = {**state.judge(work, chosen), "seconds": time.perf_counter() - began}
        state.note(line)
        if checkpoint is not None:
            state.save(checkpoint, frame)
        if progress is not None:
            progress(state.epoch, chosen.epochs, line)
    state.net.load_state_dict(state.best)
    net = state.net.cpu().eval()
    history = {name: np.array(values) for name, values in state.history.items()}
    return Trained.of(net, frame, chosen, runs, parts, history)


# ---------------------------------------------------------------------------- pieces


@dataclass(frozen=True, eq=False)
class _Work:
    """The data as the loop takes them."""

    x: Tensor
    ahead: Tensor
    places: Places
    count: Places
    frame: Frame
    change: float
    train: Places
    validation: Places
    device: torch.device

    @classmethod
    def of(
        cls, runs: Trajectories, frame: Frame, settings: NetSettings, parts: tuple[Places, ...]
    ) -> "_Work":
        x, ahead = frame.encoded(runs)
        good = starts(x, frame.window + settings.horizon)
        count = good.sum(1)
        train, validation = (part[count[part] > 1] for part in parts[:2])
        if train.size < 2 or validation.size < 1:
            raise Refusal(
                f"runs of at most {int(np.isfinite(x).all(-1).sum(1).max())} samples in a row",
                f"some of {frame.window + settings.horizon + 1} or more",
                "a smaller --window or --horizon, or longer runs",
            )
        places = np.argsort(~good, axis=1, kind="stable")
        moved = np.diff(x[train][..., : frame.channels], axis=1)
        device = _device(settings.device)
        return cls(
            torch.tensor(np.nan_to_num(x), dtype=torch.float32, device=device),
            torch.tensor(np.nan_to_num(ahead), dtype=torch.float32, device=device),
            places, count, frame, float(np.nanmean(moved**2)), train, validation, device,
        )  # fmt: skip

    @property
    def batches(self) -> int:
        """In an epoch."""
        return int(self.count[self.train].sum())

    def drawn(
        self, of: Places, size: int, length: int, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """Pieces of `size` runs: x (runs, PIECES, length, inputs) and the steps ahead."""
        rows = rng.permutation(of)[:size] if of.size >= size else rng.choice(of, size)
        which = (rng.random((size, PIECES)) * self.count[rows, None]).astype(int)
        begin = self.places[rows[:, None], which]
        index = torch.tensor(begin[..., None] + np.arange(length), device=self.device)
        row = torch.tensor(rows, device=self.device)[:, None, None]
        return self.x[row, index], self.ahead[row, index]


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise Refusal("--device cuda", "a GPU that PyTorch can use", "--device cpu")
    there = name == "cuda" or (name == "auto" and torch.cuda.is_available())
    return torch.device("cuda" if there else "cpu")


# ------------------------------------------------------------------------- one epoch


def _epoch(state: "_State", work: _Work, settings: NetSettings) -> None:
    rng = np.random.default_rng([settings.seed, 1, state.epoch])
    length = work.frame.window + settings.horizon
    count = min(max(work.batches // (settings.batch_size * PIECES), LEAST), MOST)
    total = np.zeros(len(PARTS))
    for k in range(count):
        state.warm(settings, (state.epoch + k / count) / settings.epochs)
        x, ahead = work.drawn(work.train, settings.batch_size, length, rng)
        found = losses(state.net, x, ahead, work.frame.window, work.change, settings.conservation)
        state.optimiser.zero_grad()
        _whole(found, settings).backward()
        for group in state.optimiser.param_groups:
            nn.utils.clip_grad_norm_(group["params"], STEEPEST)
        state.optimiser.step()
        total += [float(getattr(found, name).detach()) for name in PARTS]
    state.seen = dict(zip(PARTS, total / count, strict=True))
    state.epoch += 1


def _whole(found: Losses, settings: NetSettings) -> Tensor:
    guided = settings.alpha * found.prediction
    if settings.beta:
        guided = guided + settings.beta * found.keeping
    regular = settings.gamma * found.smoothness
    return torch.log(guided + SMALLEST) + regular + found.conservation


def _rate(done: float) -> float:
    """The rate at a share of the training, over the highest."""
    if done < WARMING:
        return COLDEST + (1 - COLDEST) * done / WARMING
    falling = (done - WARMING) / (1 - WARMING)
    return COLDEST + (1 - COLDEST) * 0.5 * (1 + math.cos(math.pi * falling))


# ----------------------------------------------------------------------- what goes on


@dataclass(eq=False)
class _State:
    """Network, optimiser, and what happened so far: all that a checkpoint holds."""

    net: PhysicsNet
    optimiser: torch.optim.Optimizer
    best: dict[str, Tensor]
    epoch: int = 0
    least: float = math.inf
    waited: int = 0
    seen: dict[str, float] = field(default_factory=dict)
    history: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def new(cls, frame: Frame, settings: NetSettings, device: torch.device) -> "_State":
        if settings.latent_dim < frame.channels:
            raise Refusal(
                f"latent_dim {settings.latent_dim}",
                f"at least {frame.channels}, as many as are seen",
                "raise --latent-dim, or see fewer columns with --observe",
            )
        most = min(max(frame.state_size - 1, 1), MOST_QUANTITIES)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            net = PhysicsNet(
                frame.channels, frame.window, settings.latent_dim, settings.hidden,
                settings.quantities or most, frame.inputs, frame.partial,
            ).to(device)  # fmt: skip
        heads = list(net.head.parameters())
        others = [p for name, p in net.named_parameters() if not name.startswith("head.")]
        groups = [{"params": others}, {"params": heads}]
        optimiser = torch.optim.AdamW(groups, lr=settings.rate, weight_decay=settings.weight_decay)
        return cls(net, optimiser, tensorfile.copied(net))

    def over(self, settings: NetSettings) -> bool:
        tired = settings.patience > 0 and self.waited >= settings.patience
        return tired or self.epoch >= settings.epochs

    def warm(self, settings: NetSettings, done: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = settings.rate * _rate(done)

    @torch.no_grad()
    def judge(self, work: _Work, settings: NetSettings) -> dict[str, float]:
        """The losses on validation runs; the best network so far is kept."""
        rng = np.random.default_rng([settings.seed, 2])
        length = work.frame.window + settings.horizon
        size = min(4 * settings.batch_size, max(8 * work.validation.size, 2))
        x, ahead = work.drawn(work.validation, size, length, rng)
        found = losses(self.net, x, ahead, work.frame.window, work.change, settings.conservation)
        loss = float(_whole(found, settings))
        held = {name: float(getattr(found, name)) for name in PARTS}
        if not math.isfinite(loss):
            raise Refusal(
                f"a loss of {loss} in epoch {self.epoch}", "a finite one", "a smaller --rate"
            )
        self.waited += 1
        if loss < self.least:
            self.least, self.waited, self.best = loss, 0, tensorfile.copied(self.net)
        whole = {"loss": _sum(self.seen, settings), **self.seen, "validation_loss": loss}
        return {**whole, **{f"validation_{name}": value for name, value in held.items()}}

    def note(self, line: Mapping[str, float]) -> None:
        for name, value in line.items():
            self.history.setdefault(name, []).append(value)

    def save(self, place: Path, frame: Frame) -> None:
        """All that is needed to go on."""
        numbers = {"epoch": self.epoch, "least": self.least, "waited": self.waited}
        tensorfile.write(
            place,
            {
                **{f"net.{n}": p for n, p in self.net.state_dict().items()},
                **{f"best.{n}": p for n, p in self.best.items()},
                **dict(self._moments()),
            },
            {"numbers": numbers, "history": self.history, "frame": frame.to_dict()},
        )

    def _moments(self) -> Iterator[tuple[str, Tensor]]:
        for k, moments in self.optimiser.state_dict()["state"].items():
            for name, value in moments.items():
                yield f"adam.{k}.{name}", torch.as_tensor(value)

    def restore(self, place: Path, frame: Frame) -> None:
        """Go on from `save`."""
        tensors, about = tensorfile.read(place)
        if about.get("frame") != frame.to_dict():
            raise Refusal(f"{str(place)!r} is of a training on other data", "the same data")
        device = self.net.stride.device
        part = tensorfile.parted(tensors, device)
        try:
            self.net.load_state_dict(part["net"])
            self.best = part["best"]
        except (KeyError, RuntimeError):
            raise Refusal(
                f"{str(place)!r} is of a network of another shape", "the settings it began with"
            ) from None
        record = self.optimiser.state_dict()
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in part.get("adam", {}).items():
            index, _, key = name.partition(".")
            moments.setdefault(int(index), {})[key] = value
        self.optimiser.load_state_dict({**record, "state": moments})
        numbers = about["numbers"]
        self.epoch, self.waited = int(numbers["epoch"]), int(numbers["waited"])
        self.least = math.inf if numbers["least"] is None else float(numbers["least"])
        self.history = {name: list(values) for name, values in about["history"].items()}


def _sum(seen: Mapping[str, float], settings: NetSettings) -> float:
    guided = settings.alpha * seen["prediction"] + settings.beta * seen["keeping"]
    regular = settings.gamma * seen["smoothness"]
    return math.log(guided + SMALLEST) + regular + seen["conservation"]
