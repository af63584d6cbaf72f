"""What can be measured of a field.

    norm     N = ∫ |ψ|² dx
    energy   E = ∫ ½|∇ψ|² + (V − μ)|ψ|² + (g/2)|ψ|⁴ dx
    momentum P = ∫ Im(ψ̄ ∇ψ) dx
    angular momentum about c   L = ∫ Im(ψ̄ [(x − c_x) ∂_y − (y − c_y) ∂_x] ψ) dx

Derivatives are spectral. Fields have shape (…, *grid); an observable has shape (…), or
(…, axes) where it has components, in the order of the grid's axes. All are differentiable.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from lawful.fields import adjoint
from lawful.fields.grid import Grid, complex_of, real_of
from lawful.refusal import Refusal


def _field(psi: Tensor, grid: Grid) -> Tensor:
    psi = grid.check(psi)
    return psi.to(complex_of(psi.dtype)).resolve_conj()


def density(psi: Tensor) -> Tensor:
    """|ψ|², real, of the field's shape.

    >>> density(torch.tensor([3 + 4j]))
    tensor([25.])
    """
    return adjoint.density(psi.resolve_conj()) if psi.is_complex() else psi * psi


def phase(psi: Tensor) -> Tensor:
    """The phase arg ψ in (−π, π], real, of the field's shape.

    >>> phase(torch.tensor([1j]))
    tensor([1.5708])
    """
    return torch.angle(psi)


def norm(psi: Tensor, grid: Grid) -> Tensor:
    """∫|ψ|² dx, shape (…).

    >>> norm(torch.ones(3, 4), Grid(4, length=2.0))
    tensor([2., 2., 2.])
    """
    return grid.integral(density(_field(psi, grid)))


def normalised(psi: Tensor, grid: Grid, to: float = 1.0) -> Tensor:
    """The field scaled to a norm; a field that is zero everywhere stays so.

    >>> normalised(torch.ones(4), Grid(4))
    tensor([0.5000, 0.5000, 0.5000, 0.5000])
    """
    if not math.isfinite(to) or to <= 0:
        raise Refusal(f"a norm of {to}", "a finite positive number")
    size = grid.integral(density(grid.check(psi)))
    tiny = torch.finfo(real_of(psi.dtype)).tiny
    scale = torch.sqrt(to / size.clamp_min(tiny))
    return psi * torch.where(size > 0, scale, 0.0).reshape(*size.shape, *[1] * grid.dimensions)


def _waves(psi: Tensor, grid: Grid) -> Tensor:
    return torch.fft.fftn(psi, dim=grid.axes)


def kinetic_energy(psi: Tensor, grid: Grid) -> Tensor:
    """∫½|∇ψ|² dx, shape (…)."""
    waves = density(_waves(_field(psi, grid), grid))
    spectrum = grid.kinetic.to(waves)
    return (waves * spectrum).sum(grid.axes) * (grid.cell / math.prod(grid.points))


def potential_energy(psi: Tensor, grid: Grid, potential: Tensor) -> Tensor:
    """∫V|ψ|² dx, shape (…)."""
    rho = density(_field(psi, grid))
    return grid.integral(rho * grid.check(potential, "a potential").to(rho))


def interaction_energy(psi: Tensor, grid: Grid, nonlinearity: float | Tensor) -> Tensor:
    """∫(g/2)|ψ|⁴ dx, shape (…)."""
    return nonlinearity / 2 * grid.integral(density(_field(psi, grid)) ** 2)


def energy(
    psi: Tensor,
    grid: Grid,
    potential: Tensor | None = None,
    *,
    nonlinearity: float | Tensor = 0.0,
    chemical: float | Tensor = 0.0,
) -> Tensor:
    """E[ψ], shape (…), which the equation conserves for a fixed potential.

    Examples
    --------
    >>> from lawful.fields.potentials import harmonic
    >>> grid = Grid(64, length=16.0)
    >>> psi = torch.exp(-grid.coordinates()[0] ** 2 / 2) / torch.pi**0.25
    >>> round(float(energy(psi, grid, harmonic(grid))), 12)
    0.5
    """
    total = kinetic_energy(psi, grid) + interaction_energy(psi, grid, nonlinearity)
    if potential is not None:
        total = total + potential_energy(psi, grid, potential)
    return total - chemical * norm(psi, grid)


def chemical_potential(
    psi: Tensor,
    grid: Grid,
    potential: Tensor | None = None,
    *,
    nonlinearity: float | Tensor = 0.0,
) -> Tensor:
    """∫ψ̄Hψ dx / N with H = −½∇² + V + g|ψ|², shape (…): μ of a stationary state."""
    total = energy(psi, grid, potential, nonlinearity=nonlinearity)
    return (total + interaction_energy(psi, grid, nonlinearity)) / norm(psi, grid)


def hamiltonian(
    psi: Tensor,
    grid: Grid,
    potential: Tensor | None = None,
    *,
    nonlinearity: float | Tensor = 0.0,
) -> Tensor:
    """[−½∇² + V + g|ψ|²]ψ, of the field's shape."""
    psi = _field(psi, grid)
    rho = density(psi)
    kinetic = torch.fft.ifftn(_waves(psi, grid) * grid.kinetic.to(rho), dim=grid.axes)
    level = nonlinearity * rho
    if potential is not None:
        level = level + grid.check(potential, "a potential").to(rho)
    return kinetic + level * psi


def gradient(psi: Tensor, grid: Grid) -> tuple[Tensor, ...]:
    """∂ψ along each axis; the highest wave, which has no direction, gives nothing."""
    psi = _field(psi, grid)
    slopes = []
    for axis, n, k in zip(grid.axes, grid.points, grid.wavenumbers(), strict=True):
        k = k.clone().flatten()
        if n % 2 == 0:
            k[n // 2] = 0.0
        shape = [1] * grid.dimensions
        shape[axis] = -1
        waves = torch.fft.fft(psi, dim=axis)
        factor = k.reshape(shape).to(device=psi.device, dtype=real_of(psi.dtype))
        slopes.append(torch.fft.ifft(waves * (1j * factor), dim=axis))
    return tuple(slopes)


def momentum(psi: Tensor, grid: Grid) -> Tensor:
    """∫Im(ψ̄∇ψ) dx, shape (…, axes), in the order of the grid's axes.

    >>> grid = Grid(16, length=2 * torch.pi)
    >>> wave = torch.exp(3j * grid.coordinates()[0])
    >>> round(float(momentum(wave, grid)[0] / norm(wave, grid)), 10)
    3.0
    """
    psi = _field(psi, grid)
    parts = [grid.integral((psi.conj() * slope).imag) for slope in gradient(psi, grid)]
    return torch.stack(parts, dim=-1)


def _middle(grid: Grid, centre: Sequence[float] | None) -> tuple[float, ...]:
    middle = (0.0,) * grid.dimensions if centre is None else tuple(float(c) for c in centre)
    if len(middle) != grid.dimensions:
        raise Refusal(f"a centre of {len(middle)} numbers", f"{grid.dimensions}, one an axis")
    return middle


def position(psi: Tensor, grid: Grid) -> Tensor:
    """∫x|ψ|² dx / N, shape (…, axes); it has a meaning where the field leaves the border free."""
    rho = density(_field(psi, grid))
    where = grid.coordinates(dtype=rho.dtype, device=rho.device)
    return (
        torch.stack([grid.integral(x * rho) for x in where], dim=-1) / grid.integral(rho)[..., None]
    )


def width(psi: Tensor, grid: Grid) -> Tensor:
    """√(∫|x − ⟨x⟩|² |ψ|² dx / N), shape (…)."""
    rho = density(_field(psi, grid))
    where = grid.coordinates(dtype=rho.dtype, device=rho.device)
    squares = grid.integral(sum(x * x for x in where) * rho) / grid.integral(rho)
    return torch.sqrt((squares - position(psi, grid).square().sum(-1)).clamp_min(0))


def angular_momentum(psi: Tensor, grid: Grid, centre: Sequence[float] | None = None) -> Tensor:
    """L about `centre` (y, x), the origin when not given, shape (…); a plane only.

    >>> grid = Grid((32, 32), length=12.0)
    >>> y, x = grid.coordinates()
    >>> vortex = (x + 1j * y) * torch.exp(-(x**2 + y**2) / 2)
    >>> round(float(angular_momentum(vortex, grid) / norm(vortex, grid)), 8)
    1.0
    """
    if grid.dimensions != 2:
        raise Refusal("angular momentum on a ring", "a grid of two axes")
    psi = _field(psi, grid)
    at_y, at_x = _middle(grid, centre)
    y, x = grid.coordinates(dtype=real_of(psi.dtype), device=psi.device)
    along_y, along_x = gradient(psi, grid)
    turning = (x - at_x) * along_y - (y - at_y) * along_x
    return grid.integral((psi.conj() * turning).imag)


def vortices(psi: Tensor, grid: Grid, *, inside: Tensor | None = None) -> Tensor:
    """The winding of the phase around each cell of four points, in turns: −1, 0 or 1.

    Parameters
    ----------
    psi
        Fields (…, y, x).
    grid
        A grid of two axes.
    inside
        Which cells count, boolean, broadcast against the fields; all when not given. Where
        a field leaves space empty its phase is noise, and so are vortices.

    Returns
    -------
    Tensor
        int8 (…, y, x): the cell between a point and its next neighbours along both axes,
        around the border too, hence a sum of zero where all cells count.

    Examples
    --------
    >>> grid = Grid((32, 32), length=12.0)
    >>> y, x = grid.coordinates()
    >>> vortex = (x - 0.1 + 1j * (y - 0.1)) * torch.exp(-(x**2 + y**2) / 2)
    >>> torch.nonzero(vortices(vortex, grid, inside=x**2 + y**2 < 9)).tolist()
    [[16, 16]]
    """
    if grid.dimensions != 2:
        raise Refusal("vortices on a ring", "a grid of two axes")
    if inside is not None and grid.check(inside, "a mask").dtype != torch.bool:
        raise Refusal(f"a mask of type {inside.dtype}", "torch.bool", "compare it with a number")
    psi = _field(psi, grid)
    # Each edge is measured once and counts for both of its cells, with opposite signs: so
    # the sum is zero even where a difference is π to the last bit.
    across = torch.angle(torch.roll(psi, -1, -1) * psi.conj())
    up = torch.angle(torch.roll(psi, -1, -2) * psi.conj())
    turns = across + torch.roll(up, -1, -1) - torch.roll(across, -1, -2) - up
    winding = torch.round(turns / (2 * math.pi)).to(torch.int8)
    return winding if inside is None else torch.where(inside, winding, 0)
