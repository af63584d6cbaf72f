"""Naive training: each experience as if there had been none before.

    L(θ) = −log p_θ(y | x)

The lower bound of continual learning: M. McCloskey and N. Cohen, "Catastrophic interference
in connectionist networks", Psychology of Learning and Motivation 24, 109 (1989).
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lawful.fields.memory.strategies.strategy import Memory, Strategy


@dataclass(frozen=True)
class Naive(Strategy):
    """Nothing against forgetting.

    >>> Naive().settings()
    {'strategy': 'naive'}
    """

    name: ClassVar[str] = "naive"

    def loss(
        self, network: nn.Module, x: Tensor, y: Tensor, output: Tensor, memory: Memory
    ) -> Tensor:
        """The cross-entropy of the batch."""
        return cross_entropy(output, y)
