"""A periodic grid, in space and in wave numbers.

    x_j = (j − n/2) L/n,   k_m = 2π m/L,   kinetic energy ½k²,   cell = Π L/n

Axes are in the order of a tensor's: a 2-D field has shape (…, y, x). The origin lies
on a grid point, in the middle.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from lawful.refusal import Refusal

FEWEST = 2
MOST = 1 << 24  # points in all: 128 MiB of complex64


@dataclass(frozen=True)
class Grid:
    """A periodic grid of one or two dimensions.

    Parameters
    ----------
    points
        Points along each axis: `64` or `(64,)` for a ring, `(32, 32)` for a plane.
    length
        The period along each axis, one number for all or one for each; the number of
        points when not given, so that cells have the size 1.

    Raises
    ------
    Refusal
        For other than one or two axes, too few points, or a length that is not positive.

    Examples
    --------
    >>> grid = Grid((4, 8), length=8.0)
    >>> grid.spacing, grid.cell
    ((2.0, 1.0), 2.0)
    >>> grid.coordinates()[0].flatten()
    tensor([-4., -2.,  0.,  2.], dtype=torch.float64)
    """

    points: tuple[int, ...]
    length: tuple[float, ...]

    def __init__(
        self, points: int | Sequence[int], length: float | Sequence[float] | None = None
    ) -> None:
        sizes = _whole(points)
        if length is None:
            periods: tuple[float, ...] = tuple(float(n) for n in sizes)
        elif isinstance(length, int | float):
            periods = (float(length),) * len(sizes)
        else:
            periods = tuple(float(one) for one in length)
        if len(periods) != len(sizes):
            raise Refusal(f"{len(periods)} lengths for {len(sizes)} axes", "one for each axis")
        if not all(math.isfinite(one) and one > 0 for one in periods):
            raise Refusal(f"length {periods}", "finite positive lengths")
        object.__setattr__(self, "points", sizes)
        object.__setattr__(self, "length", periods)

    @property
    def dimensions(self) -> int:
        """1 or 2."""
        return len(self.points)

    @property
    def axes(self) -> tuple[int, ...]:
        """The grid's axes of a tensor, counted from its end."""
        return tuple(range(-len(self.points), 0))

    @property
    def spacing(self) -> tuple[float, ...]:
        """The distance of neighbours along each axis."""
        return tuple(a / n for a, n in zip(self.length, self.points, strict=True))

    @property
    def cell(self) -> float:
        """The volume of a cell: ∫ dx is a sum times this."""
        return math.prod(self.spacing)

    def _along(self, axis: int, values: Tensor) -> Tensor:
        shape = [1] * len(self.points)
        shape[axis] = -1
        return values.reshape(shape)

    def coordinates(
        self, *, dtype: torch.dtype = torch.float64, device: torch.device | str | None = None
    ) -> tuple[Tensor, ...]:
        """Positions along each axis, shaped to broadcast against a field."""
        return tuple(
            self._along(a, (torch.arange(n, dtype=dtype, device=device) - n // 2) * h)
            for a, (n, h) in enumerate(zip(self.points, self.spacing, strict=True))
        )

    def wavenumbers(
        self, *, dtype: torch.dtype = torch.float64, device: torch.device | str | None = None
    ) -> tuple[Tensor, ...]:
        """Wave numbers along each axis in the order of the FFT, shaped to broadcast."""
        return tuple(
            self._along(a, 2 * math.pi * torch.fft.fftfreq(n, h, dtype=dtype, device=device))
            for a, (n, h) in enumerate(zip(self.points, self.spacing, strict=True))
        )

    @cached_property
    def kinetic(self) -> Tensor:
        """½k², the spectrum of −½∇², shape `points`, float64 on the CPU."""
        squares = [0.5 * k * k for k in self.wavenumbers()]
        return squares[0] if len(squares) == 1 else squares[0] + squares[1]

    def integral(self, density: Tensor) -> Tensor:
        """∫ density dx over the grid's axes, which come last."""
        return density.sum(dim=self.axes) * self.cell

    def check(self, field: Tensor, what: str = "a field") -> Tensor:
        """Return `field` if its last axes are the grid's; refuse it otherwise."""
        if not isinstance(field, Tensor):
            raise Refusal(f"{what} is a {type(field).__name__}", "a torch tensor")
        if tuple(field.shape[-self.dimensions :]) != self.points:
            raise Refusal(
                f"{what} of shape {tuple(field.shape)}",
                f"(…, {', '.join(map(str, self.points))})",
                "reshape it, or make the grid of its size",
            )
        return field


def _whole(points: int | Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(points) if isinstance(points, Sequence) else (points,)
    if len(sizes) not in (1, 2):
        raise Refusal(f"a grid of {len(sizes)} axes", "one or two")
    for n in sizes:
        if isinstance(n, bool) or not isinstance(n, int) or n < FEWEST:
            raise Refusal(f"{n!r} points along an axis", f"a whole number from {FEWEST} up")
    if math.prod(sizes) > MOST:
        raise Refusal(f"{math.prod(sizes)} points", f"at most {MOST}", "take a coarser grid")
    return sizes


def complex_of(dtype: torch.dtype) -> torch.dtype:
    """The complex type that holds fields beside real numbers of `dtype`.

    >>> complex_of(torch.float64), complex_of(torch.float16)
    (torch.complex128, torch.complex64)
    """
    return torch.complex128 if dtype in (torch.float64, torch.complex128) else torch.complex64


def real_of(dtype: torch.dtype) -> torch.dtype:
    """The real type of a field's density.

    >>> real_of(torch.complex64)
    torch.float32
    """
    return torch.float64 if dtype in (torch.float64, torch.complex128) else torch.float32
