"""States to begin from, and potentials to move in, by name.

    density 1 at rest:   healing length 1/√(g n),   speed of sound √(g n)

On a plane: a pair of vortices that travels, four pairs, a quench from random phases, a dark
stripe that snakes apart, a packet that flies, the rest state of the potential. On a ring:
dark and bright solitons, and a packet.
Sources: T. Kibble, J. Phys. A 9, 1387 (1976) and W. Zurek, Nature 317, 505 (1985), for the
quench; B. Anderson et al., Phys. Rev. Lett. 86, 2926 (2001), for the stripe.
"""

import math

import torch
from torch import Tensor

from lawful.fields import solitons
from lawful.fields.grid import Grid
from lawful.fields.imaginary_time import ground_state
from lawful.fields.potentials import harmonic
from lawful.fields.vortices import imprinted
from lawful.refusal import Refusal

ON_A_PLANE = ("vortex pair", "four pairs", "quench", "stripe", "packet", "ground state")
ON_A_RING = ("dark solitons", "bright soliton", "packet", "quench")
POTENTIALS = ("none", "harmonic", "lattice", "double well", "ring")


def potential(name: str, grid: Grid) -> Tensor | None:
    """A potential by name, float64 of the grid's shape; None for "none".

    Examples
    --------
    >>> potential("harmonic", Grid((8, 8), length=8.0)).max() > 0
    tensor(True)
    """
    if name not in POTENTIALS:
        raise Refusal(f"potential {name!r}", "one of " + ", ".join(POTENTIALS))
    if name == "none":
        return None
    scale = min(grid.length)
    if name == "harmonic":
        return harmonic(grid, 5.0 / scale)
    x = grid.coordinates()[-1]
    square = sum((c**2 for c in grid.coordinates()), torch.zeros(grid.points, dtype=torch.float64))
    if name == "lattice":
        waves = [torch.cos(8 * math.pi * c / a) for c, a in
                 zip(grid.coordinates(), grid.length, strict=True)]  # fmt: skip
        return 0.5 * sum(waves, torch.zeros(grid.points, dtype=torch.float64))
    if name == "double well":
        wall = 3.0 * torch.exp(-((12 * x / scale) ** 2))
        return harmonic(grid, 5.0 / scale) + wall
    return 2.0 * (torch.sqrt(square) - scale / 4) ** 2 * (16 / scale) ** 2 / 4


def start(
    name: str, grid: Grid, V: Tensor | None = None, *, nonlinearity: float = 1.0, seed: int = 0
) -> Tensor:
    """A state by name, complex128 of the grid's shape, of mean density 1 or less.

    Parameters
    ----------
    name
        One of `ON_A_PLANE` or `ON_A_RING`.
    grid
        Where.
    V
        The potential; the rest state in it carries what has a background.
    nonlinearity
        g.
    seed
        Of what is drawn.

    Examples
    --------
    >>> start("quench", Grid((16, 16)), seed=1).shape
    torch.Size([16, 16])
    """
    names = ON_A_PLANE if grid.dimensions == 2 else ON_A_RING
    if name not in names:
        raise Refusal(f"start {name!r} on {grid.dimensions} axes", "one of " + ", ".join(names))
    generator = torch.Generator().manual_seed(seed)
    if name == "quench":
        return _quench(grid, generator)
    if name == "packet":
        return _packet(grid)
    if grid.dimensions == 1:
        return _soliton(name, grid, nonlinearity)
    ground = _background(grid, V, nonlinearity)
    if name == "ground state":
        return ground
    high, wide = grid.length
    if name == "vortex pair":
        return imprinted(ground, grid, (high / 10, -wide / 5), (-high / 10, -wide / 5))
    if name == "four pairs":
        for _ in range(4):
            ends = (torch.rand(4, generator=generator, dtype=torch.float64) - 0.5).tolist()
            ground = imprinted(
                ground, grid, (ends[0] * high, ends[1] * wide), (ends[2] * high, ends[3] * wide)
            )
        return ground
    return _stripe(ground, grid, generator)


def _background(grid: Grid, V: Tensor | None, g: float) -> Tensor:
    """The rest state of mean density 1 for g > 0; without one, as if there were none."""
    if V is None:
        return torch.ones(grid.points, dtype=torch.complex128)
    size = math.prod(grid.length) / 4
    found = ground_state(grid, V, nonlinearity=max(g, 0.0), norm=size, tolerance=1e-5)
    return found.psi.to(torch.complex128)


def _quench(grid: Grid, generator: torch.Generator) -> Tensor:
    """White noise, smoothed over three cells, with its density pulled towards 1."""
    parts = torch.randn(2, *grid.points, generator=generator, dtype=torch.float64)
    width = 3 * max(grid.spacing)
    waves = torch.fft.fftn(torch.complex(parts[0], parts[1])) * torch.exp(-grid.kinetic * width**2)
    psi = torch.fft.ifftn(waves)
    return psi / psi.abs().clamp_min(1e-12) * torch.tanh(psi.abs() / psi.abs().mean())


def _packet(grid: Grid) -> Tensor:
    """A Gaussian packet that flies along x."""
    x, scale = grid.coordinates()[-1], min(grid.length)
    wide = grid.length[-1]
    at = torch.remainder(x + scale / 4 + wide / 2, wide) - wide / 2  # the nearest of its images
    square = at**2 if grid.dimensions == 1 else at**2 + grid.coordinates()[0] ** 2
    speed = 2 * math.pi * round(0.25 * grid.points[-1] / 4) / grid.length[-1]
    shape = torch.exp(-square / (2 * (scale / 12) ** 2)).expand(grid.points)
    return torch.polar(shape, (speed * x).expand(grid.points))


def _soliton(name: str, grid: Grid, g: float) -> Tensor:
    if name == "bright soliton":
        return solitons.bright(grid, nonlinearity=min(g, -0.05), height=1.0, velocity=0.0)
    return solitons.dark(grid, nonlinearity=max(g, 0.05), background=1.0, velocity=0.3)


def _stripe(ground: Tensor, grid: Grid, generator: torch.Generator) -> Tensor:
    """Two dark stripes, for a period needs a pair, with a whisper of noise to break them."""
    x, wide = grid.coordinates()[-1], grid.length[-1]
    shape = torch.tanh(x + wide / 4) * torch.tanh(wide / 4 - x)
    noise = torch.randn(grid.points, generator=generator, dtype=torch.float64)
    return ground * shape * (1 + 0.01 * noise)
