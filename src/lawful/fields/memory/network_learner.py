"""One network, one training loop, and a strategy against forgetting.

    θ ← θ − step(∇ loss),   over shuffled batches of one experience after another

All heads are one: the network gives a score for every class, and is told no task. Read
`NetworkLearner._learn`: it is the loop, whole.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from lawful.fields.memory.experience import Experience, Part
from lawful.fields.memory.learner import Learner, Progress, Size
from lawful.fields.memory.networks import numbers
from lawful.fields.memory.strategies.joint import together
from lawful.fields.memory.strategies.strategy import Memory, Strategy
from lawful.refusal import Refusal

OPTIMIZERS = ("adam", "sgd")


class Diverged(Refusal):
    """Training whose loss is no finite number any more."""


class NetworkLearner(Learner):
    """A network that learns experience after experience.

    Parameters
    ----------
    network
        Makes the network, images (b, side, side) → scores (b, classes), drawn by `seed`;
        or a network, of which a copy is trained.
    strategy
        What is done against forgetting; see `strategies`.
    classes, side
        How many classes there are in all; points along an edge.
    epochs, batch
        How often an experience is gone through, and in batches of how many.
    rate
        The learning rate.
    optimizer
        "adam" or "sgd".
    renewed
        Whether each experience begins with a new optimizer. One that goes on is the stronger
        baseline: Adam's first steps are large, and forget.
    seed
        Of the first weights, the order of images, and what a strategy draws.
    name
        What it is called; as the strategy when not given.
    device
        Where it computes.

    Raises
    ------
    Refusal
        For settings or images that cannot be meant; `Diverged` where the loss is lost.

    Examples
    --------
    >>> from functools import partial
    >>> from lawful.fields.memory.networks import mlp
    >>> from lawful.fields.memory.strategies import Naive
    >>> learner = NetworkLearner(partial(mlp, 8, 10), Naive(), classes=10, side=8)
    >>> learner.predict(torch.rand(5, 8, 8)).shape, learner.size().parameters
    (torch.Size([5]), 85002)
    """

    def __init__(
        self,
        network: Callable[[], nn.Module] | nn.Module,
        strategy: Strategy,
        *,
        classes: int,
        side: int,
        epochs: int = 1,
        batch: int = 128,
        rate: float = 1e-3,
        optimizer: str = "adam",
        renewed: bool = False,
        seed: int = 0,
        name: str | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        _check(epochs, batch, rate, optimizer)
        self.strategy, self.classes, self.side = strategy, classes, side
        self.epochs, self.batch, self.rate = epochs, batch, rate
        self.optimizer, self.renewed, self.seed = optimizer, renewed, seed
        self.name = strategy.name if name is None else name
        self.device = torch.device(device)
        self._make = copy.deepcopy(network) if isinstance(network, nn.Module) else network
        self._begin(seed)
        self._seen: list[Part] = []  # by a lazy strategy alone
        self._stale = False

    def _begin(self, seed: int) -> None:
        """A new network, and generators as at the start."""
        with seeded(self.seed, self.device):
            made = self._make
            network = copy.deepcopy(made) if isinstance(made, nn.Module) else made()
        self.network = network.to(self.device)
        self.generator = torch.Generator().manual_seed(2 * seed)
        drawing = torch.Generator().manual_seed(2 * seed + 1)
        self.memory = Memory(self.classes, drawing)
        self._stepper = self._new_stepper()

    # ------------------------------------------------------------------ how it learns

    def train(self, experience: Experience, *, progress: Progress | None = None) -> None:
        """Learn an experience; a lazy strategy only takes note of it."""
        part = experience.train
        if part.side != self.side or int(part.labels.max()) >= self.classes:
            raise Refusal(
                f"images of side {part.side} with labels up to {int(part.labels.max())}",
                f"side {self.side} and labels up to {self.classes - 1}",
            )
        if self.strategy.lazy:
            self._seen.append(part)
            self._stale = True
            return
        self._learn([part], progress)

    def _learn(self, parts: Sequence[Part], progress: Progress | None = None) -> None:
        """The loop: every epoch, every batch, one step."""
        network, strategy, memory = self.network, self.strategy, self.memory
        stepper = self._stepper = self._new_stepper() if self.renewed else self._stepper
        total, done = self.epochs * -(-sum(map(len, parts)) // self.batch), 0
        strategy.begun(network, memory)
        network.train()
        drawn = int(torch.randint(2**62, (), generator=self.generator))
        with seeded(drawn, self.device), torch.enable_grad():
            for epoch in range(self.epochs):
                for images, labels in together(parts, self.batch, generator=self.generator):
                    x, y = images.to(self.device), labels.to(self.device)
                    stepper.zero_grad()
                    output = network(x)
                    loss = strategy.loss(network, x, y, output, memory)
                    loss.backward()
                    strategy.pulled(network, memory)
                    stepper.step()
                    strategy.stepped(network, x, y, output.detach(), memory, first=epoch == 0)
                    done += 1
                    if progress is not None:
                        progress(done / total, f"epoch {epoch + 1} of {self.epochs}")
                self._check_finite(loss)
            strategy.finished(network, parts[-1], memory)

    def _check_finite(self, loss: Tensor) -> None:
        if not torch.isfinite(loss):
            raise Diverged(
                f"the loss of {self.name} became {float(loss.detach())}",
                "a finite number",
                f"lower the rate, {self.rate:g}, or the strength of the strategy",
            )

    def _new_stepper(self) -> torch.optim.Optimizer:
        parameters = [p for p in self.network.parameters() if p.requires_grad]
        if self.optimizer == "sgd":
            return torch.optim.SGD(parameters, lr=self.rate)
        try:
            return torch.optim.Adam(parameters, lr=self.rate, fused=True)
        except RuntimeError:  # not every release fuses on every device
            return torch.optim.Adam(parameters, lr=self.rate)

    # ------------------------------------------------------------------ what it says

    def scores(self, x: Tensor) -> Tensor:
        """Scores (b, classes) of images (b, side, side)."""
        if self._stale:
            # By the number of parts, so that asking on the way changes nothing at the end.
            self._begin(self.seed + len(self._seen))
            self._learn(self._seen)
            self._stale = False
        self.network.eval()
        with torch.no_grad():
            return self.network(x.to(self.device)).to(x.device)

    def size(self) -> Size:
        """The network's numbers and those that the strategy keeps; images apart.

        What the optimizer carries on is saved in `state`, but not counted here, as is usual.
        """
        stored, own = self.strategy.stored(self.memory), numbers(self.network)
        kept = own + stored.numbers
        images = stored.examples + sum(map(len, self._seen))
        return Size(parameters=kept, per_task=0.0, stored_examples=images, shared=kept)

    def settings(self) -> dict[str, Any]:
        """What it was made with."""
        return {
            "learner": "network",
            "name": self.name,
            "network": " ".join(repr(self.network).split()),
            "strategy": self.strategy.settings(),
            **{k: getattr(self, k) for k in ("classes", "side", "epochs", "batch", "rate")},
            **{k: getattr(self, k) for k in ("optimizer", "renewed", "seed")},
        }

    # ------------------------------------------------------------------ how it is kept

    def state(self) -> dict[str, Tensor]:
        """The network, the optimizer where it goes on, the generators, the memory.

        A lazy strategy keeps all images that it has seen, in bytes where they are exact.
        """
        state = {f"network.{k}": v.detach().clone() for k, v in self.network.state_dict().items()}
        state |= {f"memory.{k}": v.clone() for k, v in self.memory.kept.items()}
        if not self.renewed:
            state |= {f"optimizer.{k}": v.clone() for k, v in self._moments().items()}
        state["generator.order"] = self.generator.get_state()
        state["generator.memory"] = self.memory.generator.get_state()
        state["stale"] = torch.tensor(int(self._stale))
        state["strategy"] = _spelled(self.strategy.name)
        for k, part in enumerate(self._seen):
            images, labels = part.tensors()
            state |= {f"seen.{k}.images": _packed(images), f"seen.{k}.labels": labels}
        return {name: value.cpu().contiguous() for name, value in state.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on where a learner of the same settings was."""
        own = _under(state, "network.")
        mine = {k: v.shape for k, v in self.network.state_dict().items()}
        named = state.get("strategy")
        known = named is not None and torch.equal(named.cpu(), _spelled(self.strategy.name))
        if not known or {k: v.shape for k, v in own.items()} != mine:
            raise Refusal(
                f"the state of another learner than this {self.name}",
                "a state of the same network and strategy",
                "make it with the settings that the state was made with",
            )
        self.network.load_state_dict(own)
        self.memory.kept = {
            k: v.to(self.device, copy=True) for k, v in _under(state, "memory.").items()
        }
        self.generator.set_state(state["generator.order"].clone())
        self.memory.generator.set_state(state["generator.memory"].clone())
        self._stepper = self._new_stepper()
        for name, value in _under(state, "optimizer.").items():
            index, word = name.split(".", 1)
            p = self._stepper.param_groups[0]["params"][int(index)]
            self._stepper.state[p][word] = value.to(p.device, copy=True)
        seen = sum(name.startswith("seen.") for name in state) // 2
        self._seen = [
            Part(_unpacked(state[f"seen.{k}.images"]), state[f"seen.{k}.labels"].clone())
            for k in range(seen)
        ]
        self._stale = bool(state["stale"])

    def _moments(self) -> dict[str, Tensor]:
        """What the optimizer carries, by the place of the parameter."""
        order = self._stepper.param_groups[0]["params"]
        return {
            f"{index}.{word}": value
            for index, p in enumerate(order)
            for word, value in self._stepper.state.get(p, {}).items()
            if isinstance(value, Tensor)
        }


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """What torch draws within comes from the seed, and leaves its own generators alone."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def _under(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def _spelled(word: str) -> Tensor:
    return torch.tensor(list(word.encode()), dtype=torch.uint8)


def _packed(images: Tensor) -> Tensor:
    """Images as bytes where that loses nothing, else as they are."""
    small = (images * 255).round().clamp(0, 255).to(torch.uint8)
    return small if torch.equal(_unpacked(small), images) else images


def _unpacked(images: Tensor) -> Tensor:
    return images.clone() if images.dtype != torch.uint8 else images.float() / 255


def _check(epochs: int, batch: int, rate: float, optimizer: str) -> None:
    for name, value in (("epochs", epochs), ("batch", batch)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise Refusal(f"{name}={value!r}", "a whole number from 1 up")
    if not 0 < rate < float("inf"):
        raise Refusal(f"rate={rate}", "a finite number above 0")
    if optimizer not in OPTIMIZERS:
        raise Refusal(f"optimizer={optimizer!r}", "one of " + ", ".join(OPTIMIZERS))
