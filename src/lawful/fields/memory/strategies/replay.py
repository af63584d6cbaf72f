"""Experience replay: some images are kept, and learnt again beside the new ones.

    L(θ) = −log p_θ(y | x) + w · −log p_θ(y' | x'),   (x', y') drawn from the reservoir

Source: A. Chaudhry et al., "On tiny episodic memories in continual learning",
arXiv:1902.10486 (2019), with the reservoir of `sampling`. Each image is offered to the
reservoir once, in the first epoch of its experience.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lawful.fields.memory.strategies.sampling import admit, drawn, filled
from lawful.fields.memory.strategies.strategy import Memory, Stored, Strategy, check_at_least


@dataclass(frozen=True)
class Replay(Strategy):
    """Experience replay.

    Parameters
    ----------
    examples
        How many images the reservoir holds.
    weight
        w, how much they count.
    draw
        How many are drawn a step; as many as there are new ones when not given.

    Examples
    --------
    >>> Replay(examples=200).settings()
    {'strategy': 'replay', 'examples': 200, 'weight': 1.0, 'draw': None}
    """

    name: ClassVar[str] = "replay"
    strength: ClassVar[str | None] = "weight"
    values: ClassVar[tuple[float, ...]] = (0.3, 1.0, 3.0)

    examples: int = 500
    weight: float = 1.0
    draw: int | None = None

    def __post_init__(self) -> None:
        check_at_least(1, examples=self.examples, draw=1 if self.draw is None else self.draw)
        check_at_least(0, weight=self.weight)

    def loss(
        self, network: nn.Module, x: Tensor, y: Tensor, output: Tensor, memory: Memory
    ) -> Tensor:
        """The cross-entropy of the batch, and of the images drawn."""
        new = cross_entropy(output, y)
        if not memory.kept or not self.weight:
            return new
        rows = drawn(memory, self.examples, self.draw or len(y))
        scores = network(memory.kept["images"][rows])
        return new + self.weight * cross_entropy(scores, memory.kept["labels"][rows])

    def stepped(
        self,
        network: nn.Module,
        x: Tensor,
        y: Tensor,
        output: Tensor,
        memory: Memory,
        *,
        first: bool,
    ) -> None:
        """Offer the new images to the reservoir."""
        if first:
            admit(memory, self.examples, images=x, labels=y)

    def stored(self, memory: Memory) -> Stored:
        """The images, each with its label."""
        return Stored(0, filled(memory, self.examples))
