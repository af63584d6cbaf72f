"""Explicit Euler on a five-point Laplacian: the published step, kept for comparison.

    ψ ← ψ − i h [−½∇²ψ + (V + g|ψ|² − μ)ψ]

It is not unitary: a mode of energy E grows by √(1 + h²E²) at every step, whatever h.
Second-order differences by `torch.roll`, gradients by autograd.
"""

import torch
from torch import Tensor

from lawful.fields.adjoint import density
from lawful.fields.grid import Grid, complex_of
from lawful.fields.split_step import as_planes, check_steps
from lawful.refusal import Refusal


def laplacian(psi: Tensor, grid: Grid) -> Tensor:
    """∇²ψ by second differences around the ring.

    >>> laplacian(torch.tensor([0.0, 1.0, 0.0, 0.0]), Grid(4))
    tensor([ 1., -2.,  1.,  0.])
    """
    total = torch.zeros_like(psi)
    for axis, h in zip(grid.axes, grid.spacing, strict=True):
        neighbours = torch.roll(psi, 1, axis) + torch.roll(psi, -1, axis)
        total = total + (neighbours - 2 * psi) / (h * h)
    return total


def euler(
    psi: Tensor,
    grid: Grid,
    potential: Tensor | None = None,
    *,
    step: float,
    steps: int,
    nonlinearity: float | Tensor = 0.0,
    chemical: float | Tensor = 0.0,
    absorption: Tensor | None = None,
) -> Tensor:
    """Fields after `steps` explicit steps; arguments are those of `evolve`.

    Examples
    --------
    >>> grid = Grid((8, 8))
    >>> psi = torch.randn(2, 8, 8, dtype=torch.complex128)
    >>> grown = euler(psi, grid, step=0.1, steps=10)
    >>> bool((grown.abs().square().sum((1, 2)) > psi.abs().square().sum((1, 2))).all())
    True
    """
    psi = grid.check(psi)
    psi = psi.to(complex_of(psi.dtype))
    check_steps(step, steps)
    planes = None if potential is None else as_planes(grid, potential, steps)
    if absorption is not None and tuple(absorption.shape) != grid.points:
        raise Refusal(f"an absorption of shape {tuple(absorption.shape)}", f"{grid.points}")
    nonlinear = isinstance(nonlinearity, Tensor) or nonlinearity != 0
    for s in range(steps):
        level: float | Tensor = -chemical
        if planes is not None:
            level = level + planes[s * len(planes) // steps]
        if nonlinear:
            level = level + nonlinearity * density(psi)
        if absorption is not None:
            level = level - 1j * absorption
        psi = psi - 1j * step * (-0.5 * laplacian(psi, grid) + level * psi)
    return psi
