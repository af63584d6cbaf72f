"""Potentials V(x) on a grid, and the edge that absorbs.

    trap    V = ½ ω² |x − c|²
    edge    V − iΓ(x),  Γ = s·sin²(π/2 · depth into the edge), so that |ψ| falls as e^(−Γt)

A potential has the shape of the grid; several planes have a first axis. Source of
the absorbing edge: R. Kosloff and D. Kosloff, J. Comput. Phys. 63, 363 (1986).
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from lawful.fields.grid import Grid
from lawful.refusal import Refusal


def harmonic(
    grid: Grid, frequency: float | Sequence[float] = 1.0, centre: Sequence[float] | None = None
) -> Tensor:
    """A harmonic trap, float64 of the grid's shape.

    Parameters
    ----------
    grid
        Where.
    frequency
        ω, one for all axes or one for each.
    centre
        Its middle, one number for each axis; the origin when not given.

    Examples
    --------
    >>> harmonic(Grid(4), frequency=2.0)
    tensor([8., 2., 0., 2.], dtype=torch.float64)
    """
    n = grid.dimensions
    omega = (frequency,) * n if isinstance(frequency, int | float) else tuple(frequency)
    middle = (0.0,) * n if centre is None else tuple(centre)
    if len(omega) != n or len(middle) != n:
        raise Refusal(
            f"{len(omega)} frequencies and a centre of {len(middle)}", f"{n} of each, one an axis"
        )
    if not all(map(math.isfinite, (*omega, *middle))):
        raise Refusal(f"frequency {omega}, centre {middle}", "finite numbers")
    parts = [
        0.5 * w * w * (x - c) ** 2
        for w, x, c in zip(omega, grid.coordinates(), middle, strict=True)
    ]
    return parts[0].clone() if n == 1 else parts[0] + parts[1]


def random_planes(
    grid: Grid, planes: int, depth: float, *, distribution: str = "uniform", seed: int | None = None
) -> Tensor:
    """Planes of independent random potentials, shape (planes, *grid), float64.

    Parameters
    ----------
    grid
        Where.
    planes
        How many.
    depth
        The half width of the uniform distribution, or the normal one's standard deviation.
    distribution
        "uniform" or "normal".
    seed
        Of the draw; torch's global generator when not given.

    Examples
    --------
    >>> a, b = (random_planes(Grid((4, 4)), 2, 1.0, seed=7) for _ in range(2))
    >>> a.shape, bool((a == b).all())
    (torch.Size([2, 4, 4]), True)
    """
    if isinstance(planes, bool) or not isinstance(planes, int) or planes < 1:
        raise Refusal(f"{planes!r} planes", "a whole number from 1 up")
    if not math.isfinite(depth) or depth < 0:
        raise Refusal(f"depth {depth}", "a finite number of at least 0")
    source = None if seed is None else torch.Generator().manual_seed(seed)
    shape = (planes, *grid.points)
    if distribution == "uniform":
        return depth * (2 * torch.rand(shape, dtype=torch.float64, generator=source) - 1)
    if distribution == "normal":
        return depth * torch.randn(shape, dtype=torch.float64, generator=source)
    raise Refusal(f"distribution {distribution!r}", "'uniform' or 'normal'")


def absorbing_edge(grid: Grid, width: float, strength: float = 1.0) -> Tensor:
    """Γ(x) ≥ 0, float64 of the grid's shape: zero inside, `strength` at the border.

    Parameters
    ----------
    grid
        Where.
    width
        How far the edge reaches inward, as a share of half the grid: 0 to 1.
    strength
        The rate at the border; |ψ|² falls there as e^(−2·strength·t).

    Examples
    --------
    >>> absorbing_edge(Grid(8), width=0.5, strength=2.0).round(decimals=9).tolist()
    [2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    """
    if not 0 < width <= 1:
        raise Refusal(f"an absorbing edge of width {width}", "a share above 0, at most 1")
    if not math.isfinite(strength) or strength < 0:
        raise Refusal(f"strength {strength}", "a finite number of at least 0")
    edge = torch.zeros(grid.points, dtype=torch.float64)
    for x, period in zip(grid.coordinates(), grid.length, strict=True):
        inside = (2 * x.abs() / period - (1 - width)) / width
        # The strongest axis counts, so that corners absorb no more than sides.
        edge = torch.maximum(edge, torch.sin(math.pi / 2 * inside.clamp(0, 1)) ** 2)
    return strength * edge
