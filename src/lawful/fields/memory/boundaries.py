"""Where one task ends and another begins, when the stream does not say.

    open a basin   where   min_k (Ē − m_k)/s_k > max(threshold, 5/√b)

Ē is the mean energy of a batch of b images in basin k, m_k and s_k the mean and the standard
deviation of the energies of images that are known to be of basin k. A batch that no basin has so
low opens one; any other falls into the basin where it lies lowest in these units, and is
learnt there: its trap takes the images in, and its expert goes on with them. So data that
turn out to be of a known task go on with its basin, in whatever order they come.
5/√b is five standard errors of a batch's mean: chance alone opens no basin.

Tasks that lie close are one basin: rotations of a digit by 18° move its mean energy by a sixth
of a deviation, and the trap follows them. Permutations are apart by about ten.

A new basin knows nothing yet of its own spread. It is measured on its first batch by halves,
each in the trap of the other, and from then on with every batch *before* that batch changes
the trap. At the end of an experience the validation images take the place of both.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from lawful.fields.memory.experience import Part
from lawful.fields.memory.trap import Trap
from lawful.refusal import Refusal

BOUNDARIES = ("known", "unknown")
BATCH = 128  # images that are looked at together
FEWEST = 8  # images that can open a basin; fewer fall into the lowest
THRESHOLD = 0.5  # standard deviations
CHANCE = 5.0  # standard errors


def check(boundaries: str, threshold: float) -> None:
    """Refuse what cannot be meant."""
    if boundaries not in BOUNDARIES:
        raise Refusal(f"boundaries={boundaries!r}", "one of " + ", ".join(BOUNDARIES))
    if not (math.isfinite(threshold) and threshold > 0):
        raise Refusal(f"threshold={threshold}", "a finite number of standard deviations above 0")


def chosen(part: Part, rows: Tensor) -> Part:
    """A part of a part, under the same view; the part itself where it is all of it."""
    if len(rows) == len(part):
        return part
    return Part(part.images[rows], part.labels[rows], part.view)


def heights(x: Tensor, traps: list[Trap]) -> Tensor:
    """(Ē − m_k)/s_k of a batch in every trap, (K,)."""
    return torch.stack([trap.novelty(trap.energy(x).double().mean()) for trap in traps])


def sorted_rows(
    part: Part,
    traps: list[Trap],
    opened: Callable[[], Trap],
    *,
    size: int = BATCH,
    threshold: float = THRESHOLD,
) -> dict[int, Tensor]:
    """Go through a part once, in order, and say which rows fell into which trap.

    Parameters
    ----------
    part
        Images as they come. Labels say which class, never which task.
    traps
        Those known so far. They are changed, and new ones appended.
    opened
        Makes a new trap, without images.
    size
        Images that are looked at together.
    threshold
        Standard deviations from which a batch is new.

    Returns
    -------
    dict
        Rows by the number of their trap, of traps that got any.
    """
    if len(part) < FEWEST and not traps:
        raise Refusal(f"{len(part)} images to begin with", f"{FEWEST} at least")
    fallen: dict[int, list[Tensor]] = {}
    first = 0
    for x, y in part.batches(max(size, FEWEST)):
        k = _basin_of(x, traps, threshold)
        if k == len(traps):
            traps.append(opened())
            _measure_halves(x, y, traps[k])
        else:
            traps[k].own.add(traps[k].energy(x))
        traps[k].add(x, y)
        fallen.setdefault(k, []).append(torch.arange(first, first + len(x)))
        first += len(x)
    return {k: torch.cat(rows) for k, rows in fallen.items()}


def lowest_rows(part: Part, traps: list[Trap], *, size: int = BATCH) -> dict[int, Tensor]:
    """Rows of a part by the trap that their batch lies lowest in; nothing is changed."""
    fallen: dict[int, list[Tensor]] = {}
    first = 0
    for x, _ in part.batches(size):
        k = int(heights(x, traps).argmin())
        fallen.setdefault(k, []).append(torch.arange(first, first + len(x)))
        first += len(x)
    return {k: torch.cat(rows) for k, rows in fallen.items()}


def _basin_of(x: Tensor, traps: list[Trap], threshold: float) -> int:
    """The number of the trap that a batch falls into; one past the last for a new one."""
    if not traps:
        return 0
    found = heights(x, traps)
    limit = max(threshold, CHANCE / math.sqrt(len(x)))
    new = float(found.min()) > limit and len(x) >= FEWEST
    return len(traps) if new else int(found.argmin())


def _measure_halves(x: Tensor, y: Tensor, trap: Trap) -> None:
    for first in (0, 1):
        half = Trap(trap.side, hollows=len(trap.counts), floor=trap.floor)
        half.add(x[first::2], y[first::2])
        trap.own.add(half.energy(x[1 - first :: 2]))
