"""What a strategy adds to the training of a network, so that it forgets less.

    θ ← θ − step(∇[loss(x, y) + what is remembered])

A strategy is settings, and nothing changes in it: it may serve many learners at once. All
that it remembers lies in a `Memory`, as tensors by name, which a learner keeps and saves.
The loop in `network_learner` calls each part of it at its place.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from lawful.fields.memory.experience import Part
from lawful.refusal import Refusal


@dataclass(eq=False)
class Memory:
    """What a strategy remembers for one learner.

    Parameters
    ----------
    classes
        How many scores the network gives.
    generator
        For what is drawn; on the CPU.
    kept
        Tensors by name: all there is to save.
    """

    classes: int
    generator: torch.Generator
    kept: dict[str, Tensor] = field(default_factory=dict)


class Stored(NamedTuple):
    """How much a strategy keeps: numbers, and images, which are not among the numbers."""

    numbers: int
    examples: int


class Strategy(ABC):
    """A strategy of continual learning; each is a frozen dataclass of its settings.

    `name` is what it is called, `strength` the setting that says how strongly it holds on to
    what it knows, and `values` are usual ones of it, ascending, to choose from on validation.
    A `lazy` one trains on all that it has seen, when it is first asked.
    """

    name: ClassVar[str]
    strength: ClassVar[str | None] = None
    values: ClassVar[tuple[float, ...]] = ()
    lazy: ClassVar[bool] = False

    @abstractmethod
    def loss(
        self, network: nn.Module, x: Tensor, y: Tensor, output: Tensor, memory: Memory
    ) -> Tensor:
        """What is made small: a scalar, from a batch and the network's scores for it."""

    # What follows does nothing, unless a strategy has something to do there.

    def begun(self, network: nn.Module, memory: Memory) -> None:  # noqa: B027
        """Before the first step on an experience."""

    def pulled(self, network: nn.Module, memory: Memory) -> None:  # noqa: B027
        """After the backward pass: add to the gradients what is known in closed form."""

    def stepped(  # noqa: B027
        self,
        network: nn.Module,
        x: Tensor,
        y: Tensor,
        output: Tensor,
        memory: Memory,
        *,
        first: bool,
    ) -> None:
        """After a step; `first` says whether it was of the first epoch, so that x is new."""

    def finished(self, network: nn.Module, part: Part, memory: Memory) -> None:  # noqa: B027
        """After the last step on an experience, with what was learnt from."""

    def stored(self, memory: Memory) -> Stored:
        """How much is kept at present."""
        return Stored(sum(value.numel() for value in memory.kept.values()), 0)

    def settings(self) -> dict[str, Any]:
        """Its name and settings, as JSON keeps them."""
        return {"strategy": self.name, **asdict(self)}  # type: ignore[call-overload]


def learnt(network: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters that learn, by name."""
    return ((name, p) for name, p in network.named_parameters() if p.requires_grad)


def check_at_least(least: float, **settings: float) -> None:
    """Refuse a setting that is not finite or below `least`."""
    for name, value in settings.items():
        if not math.isfinite(value) or value < least:
            raise Refusal(f"{name}={value}", f"a finite number of at least {least:g}")
