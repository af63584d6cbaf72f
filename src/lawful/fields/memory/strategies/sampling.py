"""A fair sample of a stream of unknown length: reservoir sampling, for a batch at once.

    the n-th image is kept with probability min(1, capacity/n), in a slot drawn evenly

Source: J. Vitter, "Random sampling with a reservoir", ACM Transactions on Mathematical
Software 11, 37 (1985), algorithm R. At any time each image met so far is kept with the
same probability.
"""

import torch
from torch import Tensor

from lawful.fields.memory.strategies.strategy import Memory


def admitted(
    met: int, count: int, capacity: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Which of the next `count` images are kept, and where: slots (m,) and rows (m,).

    As if they came one by one: where two fall into one slot the later one has it.

    >>> admitted(0, 3, 5, torch.Generator().manual_seed(0))
    (tensor([0, 1, 2]), tensor([0, 1, 2]))
    """
    position = torch.arange(met, met + count)
    chance = torch.rand(count, generator=generator, dtype=torch.float64)
    drawn = (chance * (position + 1)).long()
    slot = torch.where(position < capacity, position, drawn)
    rows = (slot < capacity).nonzero()[:, 0]
    last = torch.full((capacity,), -1).scatter_reduce_(0, slot[rows], rows, "amax")
    slots = (last >= 0).nonzero()[:, 0]
    return slots, last[slots]


def admit(memory: Memory, capacity: int, **values: Tensor) -> None:
    """Offer a batch of rows to the reservoir in `memory`: tensors (b, …) by name."""
    kept = memory.kept
    count = len(next(iter(values.values())))
    for name, value in values.items():
        if name not in kept:
            kept[name] = torch.zeros(
                (capacity, *value.shape[1:]), dtype=value.dtype, device=value.device
            )
    met = kept.setdefault("offered", torch.zeros((), dtype=torch.int64))
    slots, rows = admitted(int(met), count, capacity, memory.generator)
    for name, value in values.items():
        kept[name][slots] = value[rows]
    met += count


def filled(memory: Memory, capacity: int) -> int:
    """How many slots of the reservoir hold an image."""
    return min(capacity, int(memory.kept["offered"])) if memory.kept else 0


def drawn(memory: Memory, capacity: int, count: int) -> Tensor:
    """Slots of `count` images, all different; of all where there are fewer."""
    return torch.randperm(filled(memory, capacity), generator=memory.generator)[:count]
