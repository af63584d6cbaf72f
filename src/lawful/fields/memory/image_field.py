"""The image is the field: it scatters in planes of potential, and its density is read.

    ψ(0) = x / ‖x‖,   i ψ_t = [−½∇² + V_l + g|ψ|²] ψ  in plane l of L,   score = W·P|ψ(T)|² + b

P is the number of points, so that what is read is of order one. The planes act on phases
alone; between them the field flies freely, and phases become densities. Learned planes are
a diffractive network. Source: X. Lin et al., "All-optical machine learning using diffractive
deep neural networks", Science 361, 1004 (2018).
"""

import math
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from lawful.fields.grid import Grid
from lawful.fields.layer import FieldLayer
from lawful.fields.observables import normalised
from lawful.refusal import Refusal

POTENTIALS = ("learned", "random", "free", "none")
READOUTS = ("density", "amplitude")
MARGIN = 4  # points that a grid has more than its image, at least
FASTER = 10.0  # planes are phases of a radian or so: they must go further than weights
FLIGHT = 3.0  # time from plane to plane on a grid of 32 points
SPREAD = 0.5  # of learned phases, before learning, in radians


def grid_of(side: int) -> int:
    """Points along an edge of the grid for images of a side: even, with no prime beyond 5.

    >>> grid_of(28), grid_of(8)
    (32, 12)
    """
    if isinstance(side, bool) or not isinstance(side, int) or side < 1:
        raise Refusal(f"side={side!r}", "a whole number from 1 up")
    points = side + MARGIN + (side + MARGIN) % 2
    while not _smooth(points):
        points += 2
    return points


def _smooth(n: int) -> bool:
    for prime in (2, 3, 5):
        while n % prime == 0:
            n //= prime
    return n == 1


def padded(x: Tensor, grid: Grid) -> Tensor:
    """Images (b, side, side) in the middle of a grid, real (b, *grid), at unit norm.

    A blank image stays blank.

    >>> import torch
    >>> field = padded(torch.rand(5, 8, 8), Grid((12, 12)))
    >>> field.shape, field.square().sum((1, 2))
    (torch.Size([5, 12, 12]), tensor([1.0000, 1.0000, 1.0000, 1.0000, 1.0000]))
    """
    rows, columns = grid.points
    if x.ndim != 3 or x.shape[1] > rows or x.shape[2] > columns:
        raise Refusal(f"images of the shape {tuple(x.shape)}", f"(b, {rows}, {columns}) at most")
    above, left = (rows - x.shape[1]) // 2, (columns - x.shape[2]) // 2
    below, right = rows - x.shape[1] - above, columns - x.shape[2] - left
    return normalised(functional.pad(x, (left, right, above, below)), grid)


class ImageField(nn.Module):
    """A field that begins as an image, behind planes, and a linear readout.

    Takes images (b, side, side) and gives scores (b, classes).

    Parameters
    ----------
    side, classes
        Of the images.
    planes
        L, each passed in one step.
    potential
        "learned"; "random", drawn once; "free", a flight without planes; "none": nothing
        happens to the image at all.
    dt
        Time from plane to plane; 3·√P/32 when not given: what is rough at the scale of a
        cell flies some cells in a unit of time.
    depth
        Of the first planes: the phase in radians that a plane turns the field by, the standard
        deviation of learned ones (½ when not given), and the largest of random ones (π).
    nonlinearity
        g, a number, or "learned", which begins at 0. A field spread evenly sees g/P.
    readout
        "density" P|ψ|², or "amplitude" √P|ψ|.
    seed
        Of the planes; torch's global generator, which draws the readout, when not given.

    Raises
    ------
    Refusal
        For settings or images that cannot be meant.

    Examples
    --------
    >>> import torch
    >>> model = ImageField(28, classes=10)
    >>> model(torch.rand(5, 28, 28)).shape, sum(p.numel() for p in model.parameters())
    (torch.Size([5, 10]), 16394)
    """

    def __init__(
        self,
        side: int = 28,
        classes: int = 10,
        *,
        planes: int = 6,
        potential: str = "learned",
        dt: float | None = None,
        depth: float | None = None,
        nonlinearity: float | str = 0.0,
        readout: str = "density",
        seed: int | None = None,
    ) -> None:
        super().__init__()
        _check(classes, planes, potential, readout)
        points = grid_of(side)
        self.side, self.classes, self.planes = side, classes, planes
        still = potential in ("free", "none")
        time = FLIGHT * points / 32 if dt is None else dt
        spread = SPREAD if depth is None and potential == "learned" else depth
        self.field = FieldLayer(
            points,
            0 if potential == "none" else planes,
            time,
            potential="none" if still else potential,
            planes=None if still else planes,
            depth=None if spread is None or time == 0 else spread / abs(time),
            nonlinearity=nonlinearity,
            bound=_bound(nonlinearity, points),
            norm=1.0,
            readout=readout,
            seed=seed,
        )
        self.scale = float(points**2 if readout == "density" else points)
        self.readout = nn.Linear(points**2, classes)

    def features(self, x: Tensor) -> Tensor:
        """What is read, (b, P), of images (b, side, side)."""
        if x.ndim != 3 or x.shape[1:] != (self.side, self.side):
            raise Refusal(f"images of the shape {tuple(x.shape)}", f"(b, {self.side}, {self.side})")
        return self.scale * self.field(padded(x, self.field.grid)).flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Scores (b, classes) of images (b, side, side)."""
        scores: Tensor = self.readout(self.features(x))
        return scores

    def parameter_groups(self, rate: float) -> list[dict[str, Any]]:
        """Groups for an optimizer: the readout at `rate`, planes and g faster.

        >>> groups = ImageField(8, potential="random").parameter_groups(1e-3)
        >>> [(len(group["params"]), group["lr"]) for group in groups]
        [(2, 0.001)]
        """
        slow, fast = list(self.readout.parameters()), list(self.field.parameters())
        groups: list[dict[str, Any]] = [{"params": slow, "lr": rate}]
        if fast:
            groups.append({"params": fast, "lr": FASTER * rate / abs(self.field.dt)})
        return groups

    def extra_repr(self) -> str:
        """The images."""
        return f"side={self.side}, classes={self.classes}"


def _bound(nonlinearity: float | str, points: int) -> float:
    """The largest |g|: P, at which an even field turns by a radian in a unit of time."""
    if isinstance(nonlinearity, str) or not math.isfinite(nonlinearity):
        return float(points**2)
    return max(float(points**2), abs(nonlinearity))


def _check(classes: int, planes: int, potential: str, readout: str) -> None:
    for name, value in (("classes", classes), ("planes", planes)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise Refusal(f"{name}={value!r}", "a whole number from 1 up")
    if potential not in POTENTIALS:
        raise Refusal(f"potential={potential!r}", "one of " + ", ".join(POTENTIALS))
    if readout not in READOUTS:
        raise Refusal(f"readout={readout!r}", "one of " + ", ".join(READOUTS))
