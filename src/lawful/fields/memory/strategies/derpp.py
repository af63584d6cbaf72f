"""Dark experience replay ++: images are kept with the scores that they once had.

    L(θ) = −log p_θ(y | x) + α ‖z_θ(x') − z'‖²/classes + β · −log p_θ(y'' | x'')

x' with its scores z' and x'' with its label y'' are drawn apart from one reservoir.
Source: P. Buzzega et al., "Dark experience for general continual learning: a strong,
simple baseline", NeurIPS (2020), arXiv:2004.07211; on permuted MNIST with 5120 images
they found α = 0.5 and β = 1. Without α it is experience replay. Each image is offered to
the reservoir once, in the first epoch of its experience, with the scores of that step.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from lawful.fields.memory.strategies.sampling import admit, drawn, filled
from lawful.fields.memory.strategies.strategy import Memory, Stored, Strategy, check_at_least


@dataclass(frozen=True)
class DarkReplay(Strategy):
    """DER++.

    Parameters
    ----------
    examples
        How many images the reservoir holds, each with its scores.
    alpha
        α, the weight of the old scores.
    beta
        β, the weight of the labels.
    draw
        How many are drawn a step for each; as many as there are new ones when not given.

    Examples
    --------
    >>> DarkReplay().settings()
    {'strategy': 'derpp', 'examples': 500, 'alpha': 0.5, 'beta': 1.0, 'draw': None}
    """

    name: ClassVar[str] = "derpp"
    strength: ClassVar[str | None] = "alpha"
    values: ClassVar[tuple[float, ...]] = (0.1, 0.3, 0.5, 1.0, 2.0)

    examples: int = 500
    alpha: float = 0.5
    beta: float = 1.0
    draw: int | None = None

    def __post_init__(self) -> None:
        check_at_least(1, examples=self.examples, draw=1 if self.draw is None else self.draw)
        check_at_least(0, alpha=self.alpha, beta=self.beta)

    def loss(
        self, network: nn.Module, x: Tensor, y: Tensor, output: Tensor, memory: Memory
    ) -> Tensor:
        """The cross-entropy of the batch, and what the reservoir says."""
        total, kept = cross_entropy(output, y), memory.kept
        if not kept or not (self.alpha or self.beta):
            return total
        # Nothing is drawn for a weight of 0, so that α = 0 is experience replay, bit by bit.
        none = torch.zeros(0, dtype=torch.int64)
        labelled, scored = (
            drawn(memory, self.examples, self.draw or len(y)) if weight else none
            for weight in (self.beta, self.alpha)
        )
        scores = network(kept["images"][torch.cat([labelled, scored])])
        for_labels, for_scores = scores.split([len(labelled), len(scored)])
        if self.beta:
            total = total + self.beta * cross_entropy(for_labels, kept["labels"][labelled])
        if self.alpha:
            total = total + self.alpha * mse_loss(for_scores, kept["scores"][scored])
        return total

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
        """Offer the new images to the reservoir, with their scores of this step."""
        if first:
            admit(memory, self.examples, images=x, labels=y, scores=output)

    def stored(self, memory: Memory) -> Stored:
        """The images, and beside them their scores."""
        images = filled(memory, self.examples)
        return Stored(images * memory.classes, images)
