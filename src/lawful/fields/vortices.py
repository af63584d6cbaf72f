r"""Vortices: points around which the phase turns by a multiple of 2π.

    2π w = ∮ ∇ arg ψ · dl,   taken around each plaquette of four neighbours

`lawful.fields.observables.vortices` counts the turns w; here they get places, and pairs
are made.
Source: L. Onsager, Nuovo Cimento 6 Suppl. 2, 279 (1949); R. Feynman, Prog. Low Temp.
Phys. 1, 17 (1955).
"""

import math

import torch
from torch import Tensor

from lawful.fields import observables
from lawful.fields.grid import Grid
from lawful.refusal import Refusal

Pair = tuple[float, float]
AROUND = 4  # periods of images on each side


def vortices(psi: Tensor, grid: Grid) -> Tensor:
    """Where vortices are, and how they turn: rows (y, x, sign), float64, shape (n, 3).

    Plaquettes whose density is below a thousandth of the mean are passed over: where
    there is no field, its phase is noise.

    Parameters
    ----------
    psi
        One complex field of the grid's shape.
    grid
        A plane.

    Examples
    --------
    >>> grid = Grid((32, 32), length=16.0)
    >>> psi = imprinted(torch.ones(32, 32), grid, (0.1, -3.0), (0.1, 3.0))
    >>> sorted(vortices(psi, grid)[:, 2].tolist())
    [-1.0, 1.0]
    """
    grid.check(psi)
    if psi.ndim != 2 or not psi.is_complex():
        raise Refusal(f"a field of {psi.ndim} axes and {psi.dtype}", "one complex field on a plane")
    rho = (psi.abs() ** 2).double()
    # Within a vortex the density is low: the mean of a neighbourhood tells field from void.
    kernel = torch.ones(1, 1, 5, 5, dtype=rho.dtype) / 25
    around = torch.nn.functional.conv2d(
        torch.nn.functional.pad(rho[None, None], (2, 2, 2, 2), mode="circular"), kernel
    )[0, 0]
    turns = observables.vortices(psi, grid)
    rows, columns = torch.nonzero((turns != 0) & (around > 1e-3 * rho.mean()), as_tuple=True)
    y, x = (c.flatten() for c in grid.coordinates())
    (dy, dx), signs = grid.spacing, turns[rows, columns].double()
    return torch.stack([y[rows] + dy / 2, x[columns] + dx / 2, signs], dim=1)


def imprinted(psi: Tensor, grid: Grid, plus: Pair, minus: Pair) -> Tensor:
    """The field with a pair of vortices at (y, x) and (y, x), of opposite turns.

    The phase is that of the pair and its images in the periods around, freed of the ramp
    by which their sum fails to be periodic; the density falls to zero over a cell or two.
    """
    grid.check(psi)
    y, x = grid.coordinates()
    core = torch.ones(grid.points, dtype=torch.float64)
    width = 1.5 * max(grid.spacing)
    for y0, x0 in (plus, minus):
        for down, across in _images(y - y0, x - x0, grid, 1):
            core = core * torch.tanh(torch.sqrt(down**2 + across**2) / width)
    turned = _turned(y, x, grid, plus, minus)
    high, wide = grid.length
    for place, period, later in ((y, high, (y + high, x)), (x, wide, (y, x + wide))):
        jump = _turned(*later, grid, plus, minus) - turned
        # Each image's branch cut adds whole turns, which are none.
        jump = torch.remainder(jump + math.pi, 2 * math.pi) - math.pi
        turned = turned - jump.mean() * place / period
    complex_ = psi if psi.is_complex() else psi.to(torch.complex128)
    return complex_ * torch.polar(core, turned).to(complex_.dtype)


def _turned(y: Tensor, x: Tensor, grid: Grid, plus: Pair, minus: Pair) -> Tensor:
    """The phase of a pair and its images."""
    total = torch.zeros(grid.points, dtype=torch.float64)
    for sign, (y0, x0) in ((1, plus), (-1, minus)):
        for down, across in _images(y - y0, x - x0, grid, AROUND):
            total = total + sign * torch.atan2(down, across)
    return total


def _images(y: Tensor, x: Tensor, grid: Grid, around: int) -> list[tuple[Tensor, Tensor]]:
    high, wide = grid.length
    steps = range(-around, around + 1)
    return [(y - a * high, x - b * wide) for a in steps for b in steps]
