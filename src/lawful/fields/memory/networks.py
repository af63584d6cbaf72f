"""Plain networks to compare with, and how many numbers a network has.

    x  →  ReLU(W₁x + b₁)  →  …  →  W_L h + b_L          numbers = Σ (inputs + 1) · outputs

Source: D. Rumelhart, G. Hinton and R. Williams, "Learning representations by
back-propagating errors", Nature 323, 533 (1986).
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from lawful.refusal import Refusal


def mlp(side: int, classes: int, hidden: Sequence[int] = (256, 256)) -> nn.Sequential:
    """A network of full layers with ReLU between them, images (b, side, side) → (b, classes).

    Parameters
    ----------
    side
        Points along an edge of the images.
    classes
        How many scores it gives.
    hidden
        The widths of the layers between; none makes it linear.

    Raises
    ------
    Refusal
        For a size below 1.

    Examples
    --------
    >>> numbers(mlp(28, 10))
    269322
    """
    sizes = (side * side, *hidden, classes)
    if min(side, *sizes) < 1:
        raise Refusal(f"layers of the sizes {sizes}", "1 at least, each")
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def numbers(network: nn.Module) -> int:
    """How many numbers it keeps: its parameters, and its buffers that a state dict keeps.

    >>> numbers(nn.Linear(3, 2)), numbers(nn.BatchNorm1d(4))
    (8, 17)
    """
    return sum(value.numel() for value in network.state_dict().values())


def width_of(size: int, side: int, classes: int, *, layers: int = 2) -> int:
    """The width of the hidden layers with which an `mlp` has `size` numbers or just fewer.

    Raises
    ------
    Refusal
        Where not even a width of 1 fits.

    Examples
    --------
    >>> width_of(269_322, 28, 10), width_of(16_000, 28, 10, layers=1)
    (256, 20)
    """
    if layers < 1:
        raise Refusal(f"layers={layers}", "1 at least")

    def count(width: int) -> int:
        return (
            (side * side + 1) * width + (layers - 1) * (width + 1) * width + (width + 1) * classes
        )

    if count(1) > size:
        raise Refusal(f"{size} numbers for an MLP", f"{count(1)} at least", "allow more numbers")
    low, high = 1, size
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(middle) <= size else (low, middle - 1)
    return low
