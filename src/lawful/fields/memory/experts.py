"""What speaks in a basin: an expert for one task, and the controls of its size.

    log p(y|x) = log softmax (Σ_i β_i z_i(x))_y        over the classes that the task has

z_i are the scores of a network's branches, one or more, each trained by its own loss. β ≥ 0 has
the highest likelihood on validation images, so that the confidences of different experts can
be weighed against each other. C. Guo et al., "On
calibration of modern neural networks", ICML (2017). `EXPERTS` knows experts by name; to add
one is to put its maker there.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from lawful.fields.memory.analytic_expert import AnalyticExpert
from lawful.fields.memory.dual import Dual, still_dual
from lawful.fields.memory.experience import Part
from lawful.fields.memory.image_field import ImageField
from lawful.fields.memory.learner import Progress
from lawful.fields.memory.network_learner import seeded
from lawful.fields.memory.networks import mlp, numbers, width_of
from lawful.refusal import Refusal

BETAS = torch.cat([torch.zeros(1), torch.logspace(-1, 1, 61)])
ROUNDS = 4  # through the branches, to find β: the likelihood is concave in it
NEVER = -1e4  # the log-probability of a class that the task does not have
STEPS = 400  # at least so many, where it is not said how often to go through the images
WARM = 0.2  # the share of steps in which the rate rises


class Expert(Protocol):
    """What a basin needs of its expert; it is made with `side`, `classes` and `seed`."""

    def fit(self, train: Part, validation: Part, *, progress: Progress | None = None) -> None:
        """Learn a task, or go on with it."""

    def scores(self, x: Tensor) -> Tensor:
        """Log-probabilities (b, classes) of images (b, side, side)."""

    def numbers(self) -> int:
        """How many numbers it keeps."""

    def state(self) -> dict[str, Tensor]:
        """All that it needs to go on."""

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take the state of another of the same settings."""


ExpertMaker = Callable[..., Expert]
NetworkMaker = Callable[[int, int], nn.Module]  # from side and classes


class NetworkExpert:
    """A network trained by Adam under a one-cycle rate, and calibrated.

    Parameters
    ----------
    network
        Makes the network from `side` and `classes`: images (b, side, side) → (b, classes).
        Where it has `parameter_groups(rate)`, these are trained, each at its own rate; where
        it has `branches`, each of the scores that it gives is trained, and weighed.
    side, classes
        Of the images.
    epochs
        How often the images are gone through; when not given `usual` times, and as much more
        often as it takes to make 400 steps.
    usual
        Epochs that serve this network where there are enough images.
    batch
        Images a step.
    rate
        The highest learning rate.
    smoothing
        The share of each label that is spread over all classes.
    seed
        Of the first weights, the order of images, and what is left out.
    device
        Where it computes.

    Raises
    ------
    Refusal
        For settings or images that cannot be meant, and where training diverges.

    Examples
    --------
    >>> part = Part(torch.eye(8).expand(40, 8, 8).clone(), torch.zeros(40, dtype=torch.int64))
    >>> expert = EXPERTS["field"](side=8, classes=3, epochs=1)
    >>> expert.fit(part, part)
    >>> expert.scores(part.images[:1]).exp().tolist()
    [[1.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        network: NetworkMaker,
        *,
        side: int,
        classes: int,
        epochs: int | None = None,
        usual: int = 1,
        batch: int = 128,
        rate: float = 1e-3,
        smoothing: float = 0.0,
        seed: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        asked = (("epochs", 1 if epochs is None else epochs, 1), ("batch", batch, 2))
        for name, value, least in asked:
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise Refusal(f"{name}={value!r}", f"a whole number from {least} up")
        if not (math.isfinite(rate) and rate > 0):
            raise Refusal(f"rate={rate}", "a finite number above 0")
        if not 0 <= smoothing < 1:
            raise Refusal(f"smoothing={smoothing}", "a share from 0 up to 1, 1 left out")
        self.epochs, self.usual, self.batch, self.rate = epochs, usual, batch, rate
        self.smoothing = smoothing
        self.seed, self.device, self.fits = seed, torch.device(device), 0
        with seeded(seed, self.device):
            self.network = network(side, classes).to(self.device).eval()
        self.beta = torch.ones(1)
        self.had = torch.zeros(classes, dtype=torch.bool)

    # ------------------------------------------------------------------ how it learns

    def fit(self, train: Part, validation: Part, *, progress: Progress | None = None) -> None:
        """Learn a task, or go on from where it is with more images of it."""
        if len(train) < 2:
            raise Refusal(f"{len(train)} image to learn from", "two at least")
        self.had[train.labels.cpu()] = True
        order = torch.Generator().manual_seed(2 * self.seed + 1 + self.fits)
        with seeded(2 * self.seed + self.fits, self.device):
            self._learn(train, order, progress)
        self._calibrate(validation)
        self.fits += 1

    def _learn(self, train: Part, order: torch.Generator, progress: Progress | None) -> None:
        a_pass = -(-len(train) // self.batch)
        epochs = self.epochs or max(self.usual, -(-STEPS // a_pass))
        stepper, cycle = self._stepper(epochs * a_pass)
        self.network.train()
        done = 0
        for epoch in range(epochs):
            for images, labels in train.batches(self.batch, generator=order):
                if len(labels) > 1:  # one image alone has no spread to be normalised by
                    loss = self._loss(images.to(self.device), labels.to(self.device))
                    stepper.zero_grad()
                    loss.backward()
                    stepper.step()
                    last = loss.detach()
                cycle.step()
                done += 1
                if progress is not None:
                    progress(done / (epochs * a_pass), f"epoch {epoch + 1} of {epochs}")
            self._check_finite(last)
        self.network.eval()

    def _loss(self, x: Tensor, y: Tensor) -> Tensor:
        losses = [
            functional.cross_entropy(z, y, label_smoothing=self.smoothing)
            for z in self._branches(x)
        ]
        return torch.stack(losses).sum()

    def _branches(self, x: Tensor) -> tuple[Tensor, ...]:
        own: Any = getattr(self.network, "branches", None)
        return (self.network(x),) if own is None else own(x)

    def _stepper(self, steps: int) -> tuple[torch.optim.Optimizer, Any]:
        """Adam, and a rate that rises, and falls to nothing as a cosine."""
        groups: list[dict[str, Any]] = [{"params": list(self.network.parameters())}]
        own: Any = getattr(self.network, "parameter_groups", None)
        if own is not None:
            groups = own(self.rate)
        stepper = torch.optim.Adam(groups, lr=self.rate)
        rise = max(1, round(WARM * steps))

        def share(step: int) -> float:
            if step < rise:
                return (step + 1) / rise
            return (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise))) / 2

        return stepper, torch.optim.lr_scheduler.LambdaLR(stepper, share)

    def _check_finite(self, loss: Tensor) -> None:
        if not torch.isfinite(loss):
            raise Refusal(
                f"the loss of an expert became {float(loss)}",
                "a finite number",
                f"lower the rate, {self.rate:g}",
            )

    def _calibrate(self, validation: Part) -> None:
        """The β of the highest likelihood; 1 where no validation image is of a known class."""
        parts = [(self._raw(x), y.to(self.device)) for x, y in validation.batches(1000)]
        raw, labels = torch.cat([z for z, _ in parts], 1), torch.cat([y for _, y in parts])
        had = self.had.to(labels.device)
        rows = had[labels]
        raw, labels = raw[:, rows][:, :, had], (had.cumsum(0) - 1)[labels[rows]]
        beta = torch.ones(len(raw), device=raw.device)
        for _ in range(ROUNDS if len(labels) else 0):
            for i in range(len(beta)):
                rest = torch.tensordot(beta, raw, 1) - beta[i] * raw[i]
                tried = BETAS.to(raw) if len(beta) > 1 else BETAS[1:].to(raw)
                said = [functional.cross_entropy(rest + b * raw[i], labels) for b in tried]
                beta[i] = tried[int(torch.stack(said).argmin())]
        self.beta = beta.cpu() if beta.any() else torch.ones(len(beta))

    # ------------------------------------------------------------------ what it says

    def _raw(self, x: Tensor) -> Tensor:
        """The scores of every branch, (branches, b, classes)."""
        with torch.no_grad():
            return torch.stack(self._branches(x.to(self.device)))

    def scores(self, x: Tensor) -> Tensor:
        """Log-probabilities (b, classes) of images (b, side, side)."""
        raw = self._raw(x)
        said = torch.tensordot(self.beta.to(raw), raw, 1) if self.fits else raw.sum(0)
        if self.had.any():
            said = said.masked_fill(~self.had.to(said.device), NEVER)
        return functional.log_softmax(said, dim=1).to(x.device)

    def numbers(self) -> int:
        """The network's, β, and which classes there are."""
        return numbers(self.network) + len(self.beta) + len(self.had)

    # ------------------------------------------------------------------ how it is kept

    def state(self) -> dict[str, Tensor]:
        """The network, β, the classes, and how often it was fitted."""
        network = {f"network.{k}": v.cpu().clone() for k, v in self.network.state_dict().items()}
        own = {"beta": self.beta.clone(), "had": self.had.clone()}
        return network | own | {"fits": torch.tensor(self.fits)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take the state of another of the same settings."""
        weights = {
            k.removeprefix("network."): v for k, v in state.items() if k.startswith("network.")
        }
        try:
            self.network.load_state_dict(weights)
        except RuntimeError as error:
            raise Refusal(
                "a state of another network", "one of the same settings", str(error).splitlines()[0]
            ) from error
        self.network.eval()
        self.beta, self.had = state["beta"].clone(), state["had"].clone()
        self.fits = int(state["fits"])


class Still(nn.Module):
    """The field's control of equal size: nothing evolves, rectified units have the planes' numbers.

    Takes images (b, side, side) and gives scores (b, classes).

    >>> numbers(Still(28, 10)), numbers(ImageField(28, 10))
    (15825, 16394)
    """

    def __init__(self, side: int, classes: int) -> None:
        super().__init__()
        self.density = ImageField(side, classes, potential="none")
        spare = numbers(ImageField(side, classes)) - numbers(self.density)
        self.units = mlp(side, classes, (max(1, spare // (side**2 + 1 + classes)),))

    def forward(self, x: Tensor) -> Tensor:
        """Scores (b, classes): of the density and of the units, summed."""
        scores: Tensor = self.density(x) + self.units(x)
        return scores


def _mlp_of(
    like: Callable[[int, int], nn.Module], layers: int, side: int, classes: int
) -> nn.Module:
    size = numbers(like(side, classes))
    return mlp(side, classes, (width_of(size, side, classes, layers=layers),) * layers)


_six = partial(NetworkExpert, usual=6, rate=3e-3, smoothing=0.1)

EXPERTS: dict[str, ExpertMaker] = {
    "field": partial(NetworkExpert, ImageField, batch=64, rate=6e-3),
    "plain": partial(NetworkExpert, Still, batch=64, rate=3e-3),
    "mlp": partial(NetworkExpert, partial(_mlp_of, ImageField, 1), batch=64, rate=2e-2),
    "dual": partial(_six, Dual),
    "dual-plain": partial(_six, still_dual),
    "dual-mlp": partial(_six, partial(_mlp_of, Dual, 2)),
    "analytic": AnalyticExpert,
    "relu": partial(AnalyticExpert, kinds=("convolution", "dense")),
}
"""Makers of experts by name, each called with `side`, `classes`, `seed` and its own settings."""
