"""Imaginary time: a field relaxes to its ground state.

    t → −iτ:   ψ ← e^(−h/2 W) e^(−h T) e^(−h/2 W) ψ,  then ψ ← ψ √(N/∫|ψ|²)

Higher energies die out as e^(−(E − E₀)τ). Where these steps come to rest depends on h by O(h²).
Therefore what is left is done by steps that rest nowhere but where H ψ = μψ:

    ψ ← ψ − (α + T)⁻¹ (Hψ − μψ),   α above half of all potential energies,  then the norm

Source: W. Bao and Q. Du, SIAM J. Sci. Comput. 25, 1674 (2004), for both kinds of step.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from lawful.fields import observables
from lawful.fields.grid import Grid
from lawful.fields.split_step import as_planes
from lawful.refusal import Refusal

LOOK = 20  # steps between two looks at the residual
STALLED = 0.9


@dataclass(frozen=True)
class GroundState:
    """A stationary state, and how well it is one.

    Attributes
    ----------
    psi
        The field, complex128 of the grid's shape, without phase.
    chemical
        μ with H ψ = μψ.
    energy
        E[ψ], without the term of μ.
    residual
        ‖Hψ − μψ‖ / ‖ψ‖, in units of energy.
    steps
        How many steps it took.
    """

    psi: Tensor
    chemical: float
    energy: float
    residual: float
    steps: int


def ground_state(
    grid: Grid,
    potential: Tensor | None = None,
    *,
    nonlinearity: float = 0.0,
    norm: float = 1.0,
    start: Tensor | None = None,
    step: float = 0.1,
    tolerance: float = 1e-8,
    most: int = 50_000,
) -> GroundState:
    """The state of least energy at a given norm.

    Parameters
    ----------
    grid
        Where.
    potential
        V of the grid's shape; None for none.
    nonlinearity
        g, of either sign; where it attracts, give a `start` that is not uniform.
    norm
        ∫|ψ|² dx.
    start
        The first field; its absolute value is taken. Even everywhere when not given,
        or a Gaussian bump where g < 0.
    step
        The step of imaginary time.
    tolerance
        Of the residual, relative to the state's mean absolute energies.
    most
        Steps after which to give up.

    Raises
    ------
    Refusal
        For settings that cannot be meant, or where `most` steps did not suffice.

    Examples
    --------
    >>> from lawful.fields.potentials import harmonic
    >>> grid = Grid(64, length=16.0)
    >>> found = ground_state(grid, harmonic(grid))
    >>> round(found.energy, 6), round(found.chemical, 6)
    (0.5, 0.5)
    """
    _check(norm, step, tolerance, most)
    V = None if potential is None else as_planes(grid, potential.detach().double().cpu(), 1)[0]
    psi = _start(grid, start, nonlinearity, norm)
    relaxing, before = True, math.inf
    for done in range(LOOK, most + LOOK, LOOK):
        if relaxing:
            psi = _relaxed(psi, grid, V, nonlinearity, norm, step)
        else:
            psi = _settled(psi, grid, V, nonlinearity, norm)
        residual, scale = _residual(psi, grid, V, nonlinearity)
        if residual <= tolerance * scale:
            return _found(psi, grid, V, nonlinearity, residual, done)
        relaxing, before = relaxing and residual < STALLED * before, residual
    raise Refusal(
        f"a residual of {residual:.2g} after {most} steps",
        f"{tolerance * scale:.2g}",
        "allow more steps with `most`, or a larger tolerance",
    )


def _check(norm: float, step: float, tolerance: float, most: int) -> None:
    numbers = {"norm": norm, "step": step, "tolerance": tolerance}
    for name, value in numbers.items():
        if not math.isfinite(value) or value <= 0:
            raise Refusal(f"{name} {value}", "a finite positive number")
    if most < LOOK:
        raise Refusal(f"most={most}", f"at least {LOOK} steps")


def _start(grid: Grid, start: Tensor | None, g: float, norm: float) -> Tensor:
    if start is not None:
        psi = grid.check(start, "a start").detach().abs().double().cpu()
        if psi.ndim != grid.dimensions or not bool(psi.any()) or not bool(psi.isfinite().all()):
            raise Refusal("a start that is empty or not one finite field", f"{grid.points}")
    elif g < 0:
        size = [(4 * x / a) ** 2 for x, a in zip(grid.coordinates(), grid.length, strict=True)]
        psi = torch.exp(-sum(size, torch.zeros(())))
    else:
        psi = torch.ones(grid.points, dtype=torch.float64)
    return observables.normalised(psi, grid, norm)


def _relaxed(psi: Tensor, grid: Grid, V: Tensor | None, g: float, norm: float, h: float) -> Tensor:
    """`LOOK` steps of length h; the field stays real."""
    decay = torch.exp(-h * grid.kinetic)[..., : grid.points[-1] // 2 + 1]
    for _ in range(LOOK):
        for half in (0, 1):
            W = g * psi * psi if V is None else V + g * psi * psi
            psi = psi * torch.exp(-h / 2 * (W - W.min()))
            if half == 0:
                waves = torch.fft.rfftn(psi, dim=grid.axes) * decay
                psi = torch.fft.irfftn(waves, s=grid.points, dim=grid.axes)
        psi = observables.normalised(psi, grid, norm)
    return psi


def _settled(psi: Tensor, grid: Grid, V: Tensor | None, g: float, norm: float) -> Tensor:
    """`LOOK` steps that rest where H ψ = μψ."""
    kinetic = grid.kinetic[..., : grid.points[-1] // 2 + 1]

    def through(field: Tensor, factor: Tensor) -> Tensor:
        waves = torch.fft.rfftn(field, dim=grid.axes) * factor
        return torch.fft.irfftn(waves, s=grid.points, dim=grid.axes)

    level = torch.zeros_like(psi) if V is None else V
    rho = psi * psi
    # The field's own repulsion counts three times where a small change of it is weighed.
    alpha = float(((level + 3 * abs(g) * rho).max() - level.min()) / 2)
    alpha = max(alpha, float(grid.kinetic[grid.kinetic > 0].min()))
    for _ in range(LOOK):
        H = through(psi, kinetic) + (level + g * psi * psi) * psi
        off = H - (grid.integral(psi * H) / grid.integral(psi * psi)) * psi
        psi = observables.normalised(psi - through(off, 1 / (alpha + kinetic)), grid, norm)
    return psi


def _residual(psi: Tensor, grid: Grid, V: Tensor | None, g: float) -> tuple[float, float]:
    """‖Hψ − μψ‖/‖ψ‖, and the scale of energies that it is to be compared with."""
    H = observables.hamiltonian(psi, grid, V, nonlinearity=g).real
    size = grid.integral(psi * psi)
    mu = grid.integral(psi * H) / size
    residual = torch.sqrt(grid.integral((H - mu * psi) ** 2) / size)
    parts = [
        observables.kinetic_energy(psi, grid),
        observables.interaction_energy(psi, grid, 2 * g),
    ]
    parts += [] if V is None else [grid.integral(V.abs() * psi * psi)]
    return float(residual), float(sum(abs(float(p)) for p in parts) / size)


def _found(
    psi: Tensor, grid: Grid, V: Tensor | None, g: float, residual: float, steps: int
) -> GroundState:
    field = psi.to(torch.complex128)
    mu = observables.chemical_potential(field, grid, V, nonlinearity=g)
    energy = observables.energy(field, grid, V, nonlinearity=g)
    return GroundState(field, float(mu), float(energy), residual, steps)
