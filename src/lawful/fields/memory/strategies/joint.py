"""Joint training: all that has been seen, together, from the start.

    L(θ) = −Σ_{k ≤ now} Σ_{(x, y) ∈ D_k} log p_θ(y | x)

No continual learning at all, and with the same network its upper bound: it keeps every
image. Z. Li and D. Hoiem, "Learning without forgetting", ECCV (2016), section 2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lawful.fields.memory.experience import Part
from lawful.fields.memory.strategies.strategy import Memory, Strategy


@dataclass(frozen=True)
class Joint(Strategy):
    """Everything together; the network is trained anew when it is first asked.

    >>> Joint().lazy
    True
    """

    name: ClassVar[str] = "joint"
    lazy: ClassVar[bool] = True

    def loss(
        self, network: nn.Module, x: Tensor, y: Tensor, output: Tensor, memory: Memory
    ) -> Tensor:
        """The cross-entropy of the batch."""
        return cross_entropy(output, y)


def together(
    parts: Sequence[Part], size: int, *, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Shuffled batches over several parts as one, each image seen through its part's view.

    >>> parts = [Part(torch.rand(3, 8, 8), torch.full((3,), k)) for k in (0, 1)]
    >>> batches = together(parts, 4, generator=torch.Generator().manual_seed(0))
    >>> [len(y) for x, y in batches]
    [4, 2]
    """
    if len(parts) == 1:
        yield from parts[0].batches(size, generator=generator)
        return
    starts = torch.tensor([0, *(len(part) for part in parts)]).cumsum(0)
    for rows in torch.randperm(int(starts[-1]), generator=generator).split(size):
        owner = torch.bucketize(rows, starts, right=True) - 1
        images, labels = [], []
        for k in owner.unique().tolist():
            mine, part = rows[owner == k] - starts[k], parts[k]
            seen = part.images[mine]
            images.append(seen if part.view is None else part.view(seen))
            labels.append(part.labels[mine])
        yield torch.cat(images), torch.cat(labels)
