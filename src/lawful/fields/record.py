"""A field's own evolution as `Trajectories`, in which laws can be sought.

    norm   N = left + right                 each half of space holds a share that changes
    energy E = kinetic + potential + interaction − μN
    momentum P = rightward + leftward       what waves of k > 0 and of k < 0 carry

A column that is conserved by itself would be no discovery: the parts are recorded, and
their sums are for `find_laws` to find. In a trap the mean position and velocity come too.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from lawful import __version__
from lawful.fields import observables
from lawful.fields.grid import Grid, complex_of
from lawful.fields.split_step import as_planes, check_steps, evolve
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, make

MEANINGS = {
    "left": "the part of the norm at x < 0",
    "right": "the part of the norm at x ≥ 0",
    "kinetic": "∫ ½|∇ψ|² dx",
    "potential": "∫ V|ψ|² dx",
    "interaction": "∫ (g/2)|ψ|⁴ dx",
    "rightward": "momentum of waves with k > 0 along x",
    "leftward": "momentum of waves with k < 0 along x",
    "x": "mean position, ∫ x|ψ|² dx / N",
    "y": "mean position, ∫ y|ψ|² dx / N",
    "vx": "mean velocity along x, P/N",
    "vy": "mean velocity along y, P/N",
}
_AXES = {1: ("x",), 2: ("y", "x")}


def frames(
    psi: Tensor,
    grid: Grid,
    potential: Tensor | None = None,
    *,
    step: float,
    samples: int,
    every: int = 1,
    **settings: Any,
) -> Iterator[Tensor]:
    """The fields themselves, every so many steps, the first as given.

    `potential` has the grid's shape; `settings` are those of `evolve`. No gradients.

    Examples
    --------
    >>> grid = Grid(8)
    >>> [tuple(f.shape) for f in frames(torch.ones(3, 8), grid, step=0.1, samples=2, every=5)]
    [(3, 8), (3, 8)]
    """
    for name, count in (("samples", samples), ("every", every)):
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise Refusal(f"{name}={count!r}", "a whole number from 1 up")
    with torch.no_grad():
        now = evolve(psi, grid, potential, step=step, steps=0, **settings)
    yield now
    for _ in range(samples - 1):
        with torch.no_grad():
            now = evolve(now, grid, potential, step=step, steps=every, **settings)
        yield now


def record(
    psi: Tensor,
    grid: Grid,
    potential: Tensor | None = None,
    *,
    step: float = 0.01,
    samples: int = 200,
    every: int = 5,
    nonlinearity: float = 0.0,
    chemical: float = 0.0,
    absorption: Tensor | None = None,
    method: str | None = None,
) -> Trajectories:
    """Evolve fields in double precision and record what they are made of.

    Parameters
    ----------
    psi
        Fields (run, *grid), or one field; runs should differ, in their norms too.
    grid
        Where.
    potential
        V of the grid's shape; None for a ring or a plane without one.
    step, samples, every
        The time step, how many samples to take, and how many steps apart.
    nonlinearity, chemical, absorption
        g, μ and Γ, as in `evolve`.
    method
        "yoshida6" when not given, so that energy holds to round-off rather than to O(step²);
        "strang" under absorption, which admits no other.

    Returns
    -------
    Trajectories
        Variables `left`, `right`, `kinetic`, and where they are not zero throughout
        `potential` and `interaction`; without a potential `rightward` and `leftward`;
        with one `x` and `vx`, on a plane also `y` and `vy`. Dimensionless (ħ = m = 1).

    Raises
    ------
    Refusal
        For settings that cannot be meant, or a field that is zero everywhere.

    Examples
    --------
    >>> grid = Grid(64, length=16.0)
    >>> x = grid.coordinates()[0]
    >>> psi = torch.stack([torch.exp(-(x - a) ** 2) for a in (0.5, 1.0, 1.5)])
    >>> runs = record(psi, grid, samples=50)
    >>> sorted(runs.data_vars), dict(runs.sizes)
    (['kinetic', 'left', 'leftward', 'right', 'rightward'], {'run': 3, 'time': 50})
    """
    fields = _several(psi, grid)
    check_steps(step, 1)
    V = None if potential is None else as_planes(grid, potential.detach().double(), 1)[0]
    chosen = method or ("yoshida6" if absorption is None else "strang")
    settings = {"nonlinearity": float(nonlinearity), "chemical": float(chemical)}
    taken = [
        _measured(now, grid, V, float(nonlinearity))
        for now in frames(
            fields, grid, V, step=step, samples=samples, every=every,
            absorption=absorption, method=chosen, **settings,
        )
    ]  # fmt: skip
    columns = {
        name: torch.stack([t[name] for t in taken], dim=1).cpu().numpy() for name in taken[0]
    }
    return _runs(columns, grid, step * every, samples, {"method": chosen, **settings})


def _several(psi: Tensor, grid: Grid) -> Tensor:
    fields = grid.check(psi).detach()
    fields = fields[None] if fields.ndim == grid.dimensions else fields
    if fields.ndim != grid.dimensions + 1:
        raise Refusal(f"fields of shape {tuple(psi.shape)}", "(run, *grid)", "flatten the runs")
    if not bool(torch.isfinite(torch.view_as_real(fields.to(torch.complex128))).all()):
        raise Refusal("a field that is not finite", "finite numbers")
    if not bool(fields.flatten(1).any(1).all()):
        raise Refusal("a field that is zero everywhere", "fields with a norm")
    return fields.to(complex_of(torch.float64))


def _measured(psi: Tensor, grid: Grid, V: Tensor | None, g: float) -> dict[str, Tensor]:
    """All columns of one moment, each of shape (run,)."""
    rho = observables.density(psi)
    x = grid.coordinates(device=psi.device)[-1]
    found = {
        "left": grid.integral(rho * (x < 0)),
        "right": grid.integral(rho * (x >= 0)),
        "kinetic": observables.kinetic_energy(psi, grid),
    }
    if g:
        found["interaction"] = observables.interaction_energy(psi, grid, g)
    if V is None:
        return found | _carried(psi, grid)
    found["potential"] = observables.potential_energy(psi, grid, V)
    mean = observables.position(psi, grid)
    speed = observables.momentum(psi, grid) / observables.norm(psi, grid)[..., None]
    for k, axis in enumerate(_AXES[grid.dimensions]):
        found |= {axis: mean[..., k], f"v{axis}": speed[..., k]}
    return found


def _carried(psi: Tensor, grid: Grid) -> dict[str, Tensor]:
    """The momentum along x of waves that go right and of those that go left."""
    waves = observables.density(torch.fft.fftn(psi, dim=grid.axes))
    k = grid.wavenumbers(device=psi.device)[-1]
    n = grid.points[-1]
    inside = k.abs() < math.pi * n / grid.length[-1] * (1 - 1e-9)  # the highest has no direction
    each = waves * k * inside * (grid.cell / math.prod(grid.points))
    return {
        "rightward": (each * (k > 0)).sum(grid.axes),
        "leftward": (each * (k < 0)).sum(grid.axes),
    }


def _runs(
    columns: Mapping[str, Any],
    grid: Grid,
    interval: float,
    samples: int,
    settings: Mapping[str, Any],
) -> Trajectories:
    roles: dict[str, dict[str, str]] = {}
    for axis in _AXES[grid.dimensions]:
        if axis in columns:
            where = {"group": "r", "axis": axis}
            roles[axis] = {"role": "position", **where}
            roles[f"v{axis}"] = {"role": "velocity", "of": axis, **where}
    for name in columns:
        roles[name] = {**roles.get(name, {}), "long_name": MEANINGS[name]}
    return make(
        columns,
        [k * interval for k in range(samples)],
        units=dict.fromkeys([*columns, "time"], "1"),
        roles=roles,
        origin={
            "maker": "lawful.fields.record",
            "version": __version__,
            "grid": list(grid.points),
            "length": list(grid.length),
            "interval": interval,
            **settings,
        },
    )
