"""Two ways to see an image, side by side: a field and a convolutional stem.

    z_1 = MLP( P|ψ(T)|², x ),   z_2 = MLP( convolutions of x ),   score = β_1 z_1 + β_2 z_2

The field scatters every point over the whole grid and serves where neighbours mean nothing;
the stem serves where they mean much. Each branch learns alone, by its own loss, and β is chosen
on validation images: so a branch that does not suit a task does no harm to the other.
`Dual` with `potential="none"` is the control: nothing evolves, and what the planes would
have held goes to the hidden layer.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from lawful.fields.layer import FieldLayer
from lawful.fields.memory.image_field import grid_of, padded
from lawful.fields.memory.networks import numbers
from lawful.refusal import Refusal

POTENTIALS = ("learned", "random", "none")
FLIGHT = 1.0  # time from plane to plane
FASTER = 3.0  # how much faster planes learn than weights
STEM = 64  # hidden units behind the stem


class Dual(nn.Module):
    """A field and a convolutional stem, each read by a hidden layer.

    Takes images (b, side, side) and gives scores (b, classes).

    Parameters
    ----------
    side, classes
        Of the images.
    planes
        Of the field.
    potential
        "learned", "random", or "none": the density of the image as it is.
    channels
        Of the stem's two layers, each of stride 2.
    hidden
        Units of the two hidden layers, the field's first.
    dropout
        The share of hidden units left out in training.

    Raises
    ------
    Refusal
        For settings that cannot be meant.

    Examples
    --------
    >>> Dual(8, 10, hidden=(16, 8))(torch.rand(5, 8, 8)).shape
    torch.Size([5, 10])
    """

    def __init__(
        self,
        side: int = 28,
        classes: int = 10,
        *,
        planes: int = 6,
        potential: str = "learned",
        channels: tuple[int, int] = (16, 32),
        hidden: tuple[int, int] = (256, STEM),
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if potential not in POTENTIALS:
            raise Refusal(f"potential={potential!r}", "one of " + ", ".join(POTENTIALS))
        if min(side, classes, *hidden, *channels) < 1:
            raise Refusal("a side, classes, hidden or channels below 1", "1 at least, each")
        points, still = grid_of(side), potential == "none"
        self.field = FieldLayer(
            points,
            0 if still else planes,
            FLIGHT,
            potential=potential,
            planes=None if still else planes,
            norm=1.0,
        )
        first, second = channels
        self.stem = nn.Sequential(
            nn.Conv2d(1, first, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        seen = second * math.ceil(math.ceil(side / 2) / 2) ** 2
        self.readouts = nn.ModuleList(
            nn.Sequential(
                nn.Linear(inputs, units),
                nn.BatchNorm1d(units),
                nn.ReLU(),
                nn.Dropout(dropout),
                nn.Linear(units, classes),
            )
            for inputs, units in zip((points**2 + side**2, seen), hidden, strict=True)
        )

    def branches(self, x: Tensor) -> tuple[Tensor, ...]:
        """Scores (b, classes) of the field, and of the stem, for images (b, side, side)."""
        grid = self.field.grid
        evolved = math.prod(grid.points) * self.field(padded(x, grid)).flatten(1)
        field, stem = self.readouts
        return field(torch.cat([evolved, x.flatten(1)], 1)), stem(self.stem(x[:, None]))

    def forward(self, x: Tensor) -> Tensor:
        """Scores (b, classes), both branches alike."""
        field, stem = self.branches(x)
        return field + stem

    def parameter_groups(self, rate: float) -> list[dict[str, Any]]:
        """Groups for an optimizer: planes, whose phases must go further, at a higher rate."""
        planes = list(self.field.parameters())
        mine = {id(one) for one in planes}
        rest = [one for one in self.parameters() if id(one) not in mine]
        groups: list[dict[str, Any]] = [{"params": rest, "lr": rate}]
        return groups + ([{"params": planes, "lr": FASTER * rate}] if planes else [])


def still_dual(side: int, classes: int) -> Dual:
    """`Dual` without evolution, its hidden layer as wide as makes up for the planes.

    >>> still, dual = numbers(still_dual(28, 10)), numbers(Dual(28, 10))
    >>> dual, still - dual
    (579222, -675)
    """

    def still(units: int) -> Dual:
        return Dual(side, classes, potential="none", hidden=(units, STEM))

    least = numbers(still(1))
    wide = 1 + round((numbers(Dual(side, classes)) - least) / (numbers(still(2)) - least))
    return still(wide)
