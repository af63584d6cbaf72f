"""A trap: the potential in which the images of one task lie lowest.

    ρ(x) = x² / Σ x²,   n̄ = mean of ρ over the images of a task,
    V = −log(n̄ + ε),    E(x) = Σ V ρ(x)

E is the potential energy of the field whose density is ρ, and at the same time the
cross-entropy between ρ and the task's mean density. By Gibbs' inequality the mean energy of a
task's own images is the least that its mean density can have in any trap, up to
log(1 + ε·points): an input rolls into the basin that it is of.

A trap may have several hollows, one a class, where the images of a task are of many shapes:
then V has a mean density for each, and E is the energy in the lowest.
Source: J. W. Gibbs, *Elementary Principles in Statistical Mechanics* (1902), chapter XI.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from lawful.fields.memory.experience import Part
from lawful.refusal import Refusal

FLOOR = 1e-3  # ε, in shares of an even density
BLOCK = 4096  # images at a time


def density(x: Tensor) -> Tensor:
    """ρ of images (b, side, side), (b, side²), each of sum 1.

    A blank image has no density of its own; it is taken as spread evenly.

    >>> density(torch.tensor([[[3.0, 4.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])).tolist()
    [[0.36000001430511475, 0.6399999856948853, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]
    """
    squares = x.flatten(1).square()
    total = squares.sum(1, keepdim=True)
    return torch.where(total > 0, squares / total, 1 / squares.shape[1])


@dataclass
class Spread:
    """Count, mean and sum of squared deviations of a stream of numbers, in float64.

    >>> spread = Spread()
    >>> spread.add(torch.tensor([1.0, 2.0]))
    >>> spread.add(torch.tensor([3.0]))
    >>> spread.count, spread.mean, spread.deviation
    (3, 2.0, 1.0)
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, values: Tensor) -> None:
        """Take note of more numbers, (n,); Chan's way of merging."""
        if not len(values):
            return
        wide = values.double()
        count, mean = len(wide), float(wide.mean())
        squares, apart = float((wide - mean).square().sum()), mean - self.mean
        total = self.count + count
        self.squares += squares + apart * apart * self.count * count / total
        self.mean += apart * count / total
        self.count = total

    @property
    def deviation(self) -> float:
        """The standard deviation; 0 for fewer than two numbers."""
        return math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else 0.0


class Trap:
    """The mean density of a task's images, its potential, and the energies it gives.

    Parameters
    ----------
    side
        Points along an edge of the images.
    hollows
        1, or one for each class.
    floor
        ε in shares of an even density, ε = floor / side².

    Raises
    ------
    Refusal
        For settings that cannot be meant, images of another side, and energies asked of
        a trap that has seen nothing.

    Examples
    --------
    >>> trap = Trap(2, floor=1e-6)
    >>> trap.add(torch.eye(2)[None])
    >>> trap.energy(torch.stack([torch.eye(2), torch.eye(2).flip(0)])).round(decimals=3)
    tensor([ 0.6930, 15.2020])
    """

    def __init__(self, side: int, *, hollows: int = 1, floor: float = FLOOR) -> None:
        for name, value in (("side", side), ("hollows", hollows)):
            if value < 1:
                raise Refusal(f"{name}={value}", "1 at least")
        if not math.isfinite(floor) or floor <= 0:
            raise Refusal(f"floor={floor}", "a finite positive share of an even density")
        self.side, self.floor = side, float(floor)
        self.total = torch.zeros(hollows, side * side, dtype=torch.float64)
        self.counts = torch.zeros(hollows, dtype=torch.int64)
        self.own = Spread()  # energies of the task's own images that it was not made of
        self._potential: Tensor | None = None

    def add(self, x: Tensor, labels: Tensor | None = None) -> None:
        """Take images (b, side, side) into the mean density; into that of their class's hollow."""
        self._check(x)
        rho = density(x)
        if len(self.counts) == 1:
            self.total[0] += rho.sum(0, dtype=torch.float64).cpu()
            self.counts[0] += len(x)
        elif labels is None:
            raise Refusal(f"no labels for a trap of {len(self.counts)} hollows", "one an image")
        else:
            for hollow in labels.unique().tolist():
                mine = rho[labels == hollow]
                self.total[hollow] += mine.sum(0, dtype=torch.float64).cpu()
                self.counts[hollow] += len(mine)
        self._potential = None

    def settle(self, part: Part) -> None:
        """Measure mean and spread of the energies of own images that the trap is not made of."""
        self.own = Spread()
        for x, _ in part.batches(BLOCK):
            self.own.add(self.energy(x))

    @property
    def count(self) -> int:
        """How many images were taken in."""
        return int(self.counts.sum())

    @property
    def mean(self) -> Tensor:
        """n̄ of all images, (side²,) float64, of sum 1."""
        if self.count == 0:
            raise Refusal("a trap that has seen no image", "one at least", "add images first")
        return self.total.sum(0) / self.count

    @property
    def potential(self) -> Tensor:
        """V, (h, side²) float32, of the h hollows that have images."""
        if self._potential is None:
            if self.count == 0:
                raise Refusal("a trap that has seen no image", "one at least", "add images first")
            held = self.counts > 0
            means = self.total[held] / self.counts[held][:, None]
            self._potential = -torch.log(means + self.floor / self.side**2).float()
        return self._potential

    def energy(self, x: Tensor) -> Tensor:
        """E, (b,), of images (b, side, side)."""
        self._check(x)
        return (density(x) @ self.potential.T.to(x)).amin(1)

    def novelty(self, energies: Tensor) -> Tensor:
        """Energies, in standard deviations from the mean of the trap's own images."""
        if self.own.deviation == 0.0:
            raise Refusal(
                f"a trap settled on {self.own.count} images, without spread",
                "two images at least that differ",
                "call settle with a validation part",
            )
        return (energies - self.own.mean) / self.own.deviation

    @property
    def numbers(self) -> int:
        """How many numbers it keeps."""
        return self.total.numel() + len(self.counts) + 3

    def state(self) -> dict[str, Tensor]:
        """The sums, and the spread of own energies."""
        own = [self.own.count, self.own.mean, self.own.squares]
        return {
            "total": self.total.clone(),
            "counts": self.counts.clone(),
            "own": torch.tensor(own, dtype=torch.float64),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take the state of another trap of the same settings."""
        if state["total"].shape != self.total.shape:
            found, wanted = tuple(state["total"].shape), tuple(self.total.shape)
            raise Refusal(f"a trap of (hollows, points) {found}", f"{wanted}")
        self.total, self.counts = state["total"].clone(), state["counts"].clone()
        count, mean, squares = state["own"].tolist()
        self.own = Spread(int(count), mean, squares)
        self._potential = None

    def _check(self, x: Tensor) -> None:
        if x.ndim != 3 or x.shape[1:] != (self.side, self.side):
            raise Refusal(f"images of the shape {tuple(x.shape)}", f"(b, {self.side}, {self.side})")
