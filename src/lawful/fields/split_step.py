"""Split-step evolution: each half of the equation alone is solved exactly.

    ψ(t + h) = e^(−i h/2 W) e^(−i h T) e^(−i h/2 W) ψ(t),   T = −½∇²,   W = V + g|ψ|² − μ

A kick e^(−i h W) leaves |ψ| as it is, so that it is a phase; a drift e^(−i h T) is a phase in
wave numbers. Both are unitary, and the last half kick of a step is one with the first of
the next. Chains of such steps reach the orders 4, 6 and 8 (see `lawful.integrators`).
Order 2 and unitarity: G. Strang, SIAM J. Numer. Anal. 5, 506 (1968); T. Taha and M. Ablowitz,
J. Comput. Phys. 55, 203 (1984).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import torch
from torch import Tensor

from lawful.fields.adjoint import Course, Evolution
from lawful.fields.grid import Grid, complex_of, real_of
from lawful.integrators import WEIGHTS
from lawful.refusal import Refusal

METHODS = {"strang": "leapfrog", **{name: name for name in WEIGHTS if name != "leapfrog"}}
KEEPS = ("all", "some", "none")


@dataclass(frozen=True)
class Plan:
    """Kicks and drifts of an evolution, by number, for planes of potential.

    `mix` has a row a kick: the time that each plane acts for in it. `flights` are the
    times of drifts. `first` and `moves` are the order, see `adjoint.Course`.
    """

    first: int | None
    moves: tuple[tuple[int, int], ...]
    mix: tuple[tuple[float, ...], ...]
    flights: tuple[float, ...]


@lru_cache(maxsize=256)
def plan(steps: int, step: float, planes: int, method: str) -> Plan:
    """The plan of `steps` steps; step s lies in plane ⌊s·planes/steps⌋.

    >>> plan(2, 0.1, 1, "strang")
    Plan(first=0, moves=((0, 1), (0, 0)), mix=((0.05,), (0.1,)), flights=(0.1,))
    """
    weights = [w * step for w in WEIGHTS[METHODS[method]]]
    stages = [(w, s * planes // steps) for s in range(steps) for w in weights]
    if not stages:
        return Plan(None, (), (), ())

    def row(*halves: tuple[float, int]) -> tuple[float, ...]:
        return tuple(math.fsum(w / 2 for w, p in halves if p == plane) for plane in range(planes))

    rows = [row(stages[0]), *(row(a, b) for a, b in pairwise(stages)), row(stages[-1])]
    mix, flights = tuple(dict.fromkeys(rows)), tuple(dict.fromkeys(w for w, _ in stages))
    moves = ((flights.index(w), mix.index(k)) for (w, _), k in zip(stages, rows[1:], strict=True))
    return Plan(mix.index(rows[0]), tuple(moves), mix, flights)


@lru_cache(maxsize=64)
def _drifts(
    grid: Grid, flights: tuple[float, ...], dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, ...]:
    """e^(−i t k²/2) over the number of points, from double precision."""
    size = math.prod(grid.points)
    ones = torch.ones_like(grid.kinetic) / size
    return tuple(
        torch.polar(ones, -t * grid.kinetic).to(device=device, dtype=dtype) for t in flights
    )


def course(
    grid: Grid,
    outline: Plan,
    dtype: torch.dtype,
    device: torch.device,
    *,
    absorption: Tensor | None = None,
    keep: str = "all",
) -> Course:
    """The course of a plan on one device and in one precision."""
    durations = [math.fsum(row) for row in outline.mix]
    times: tuple[float | Tensor, ...] = tuple(durations)
    fades = None
    if absorption is not None:
        rate = absorption.to(device=device, dtype=real_of(dtype))
        fades = tuple(torch.exp(-t * rate) for t in durations)
        # (1 − e^(−2Γt)) / 2Γ, and its limit t where nothing is absorbed.
        safe = torch.where(rate > 0, rate, torch.ones_like(rate))
        times = tuple(
            torch.where(rate > 0, -torch.expm1(-2 * t * rate) / (2 * safe), t) for t in durations
        )
    drifts = _drifts(grid, outline.flights, dtype, device)
    return Course(grid.axes, outline.first, outline.moves, drifts, times, fades, keep)


def evolve(
    psi: Tensor,
    grid: Grid,
    potential: Tensor | None = None,
    *,
    step: float,
    steps: int,
    nonlinearity: float | Tensor = 0.0,
    chemical: float | Tensor = 0.0,
    absorption: Tensor | None = None,
    method: str = "strang",
    keep: str = "all",
) -> Tensor:
    """Evolve fields by `steps` steps of time `step`, differentiably.

    Parameters
    ----------
    psi
        Fields (…, *grid), complex; real ones are taken for fields without phase.
    grid
        Where they live.
    potential
        V: real, of the grid's shape, or (planes, *grid), which are passed through
        one after the other. None for free fields.
    step
        The time step; negative runs backward in time.
    steps
        How many, from 0 up.
    nonlinearity
        g, a number or a scalar tensor, which may ask for a gradient.
    chemical
        μ, likewise.
    absorption
        Γ ≥ 0 of the grid's shape, as from `potentials.absorbing_edge`; no gradient.
    method
        "strang" (order 2), "yoshida4", "yoshida6", "yoshida8" or "kahan-li8".
    keep
        What is kept for the backward pass: "all" states (fastest), "some" (the square
        root of as many, and the rest computed again), or "none" (found by running
        backward in time, which absorption forbids). Gradients are the same.

    Returns
    -------
    Tensor
        Fields of the same shape, complex64 or complex128.

    Raises
    ------
    Refusal
        For shapes and settings that do not go together.

    Examples
    --------
    >>> grid = Grid(64, length=20.0)
    >>> psi = torch.exp(-grid.coordinates()[0] ** 2 / 2).to(torch.complex128)
    >>> later = evolve(psi, grid, step=0.01, steps=100)
    >>> back = evolve(later, grid, step=-0.01, steps=100)
    >>> bool((back - psi).abs().max() < 1e-12)
    True
    """
    psi, planes = _checked(psi, grid, potential, step, steps, method, keep, absorption)
    if steps == 0 or psi.numel() == 0:
        return psi
    real = real_of(psi.dtype)
    outline = plan(steps, float(step), 1 if planes is None else len(planes), method)
    whole = course(grid, outline, psi.dtype, psi.device, absorption=absorption, keep=keep)
    angles = _angles(outline, grid, planes, chemical, real, psi.device)
    strength = _strength(nonlinearity, real, psi.device)
    flat = psi.reshape(math.prod(psi.shape[: -grid.dimensions]), *grid.points)
    return Evolution.apply(flat, angles, strength, whole).reshape(psi.shape)


def _angles(
    outline: Plan,
    grid: Grid,
    planes: Tensor | None,
    chemical: float | Tensor,
    real: torch.dtype,
    device: torch.device,
) -> Tensor:
    """∫(V − μ) dt of every kick, shape (kicks, *grid)."""
    mix = torch.tensor(outline.mix, dtype=real, device=device)
    shape = (len(outline.mix), *grid.points)
    if planes is None:
        angles = torch.zeros(shape, dtype=real, device=device)
    else:
        angles = torch.tensordot(mix, planes.to(device=device, dtype=real), dims=1)
    if isinstance(chemical, Tensor) or chemical:
        durations = mix.sum(1).reshape(-1, *[1] * grid.dimensions)
        angles = angles - chemical * durations
    return angles


def _strength(g: float | Tensor, real: torch.dtype, device: torch.device) -> Tensor | None:
    if isinstance(g, Tensor):
        return g.to(device=device, dtype=real)
    return torch.tensor(float(g), dtype=real, device=device) if g else None


def _checked(
    psi: Tensor,
    grid: Grid,
    potential: Tensor | None,
    step: float,
    steps: int,
    method: str,
    keep: str,
    absorption: Tensor | None,
) -> tuple[Tensor, Tensor | None]:
    """The field, complex, and the planes, (planes, *grid)."""
    psi = grid.check(psi)
    if method not in METHODS:
        raise Refusal(f"method {method!r}", "one of " + ", ".join(METHODS))
    if keep not in KEEPS:
        raise Refusal(f"keep={keep!r}", "one of " + ", ".join(KEEPS))
    check_steps(step, steps)
    if absorption is not None:
        _check_absorption(grid, absorption, step, method, keep)
    planes = None if potential is None else as_planes(grid, potential, steps)
    return psi.to(complex_of(psi.dtype)).resolve_conj(), planes


def check_steps(step: float, steps: int) -> None:
    """Refuse a step that is no finite number, and a number of steps that is no count."""
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise Refusal(f"{steps!r} steps", "a whole number from 0 up")
    if not isinstance(step, int | float) or not math.isfinite(step):
        raise Refusal(f"a time step of {step!r}", "a finite number")


def as_planes(grid: Grid, potential: Tensor, steps: int) -> Tensor:
    """A potential as (planes, *grid); refused where shapes or numbers do not fit."""
    planes = grid.check(potential, "a potential")
    if planes.is_complex():
        raise Refusal("a complex potential", "a real one", "give what absorbs as `absorption`")
    if planes.ndim == grid.dimensions:
        planes = planes[None]
    if planes.ndim != grid.dimensions + 1:
        raise Refusal(
            f"a potential of shape {tuple(potential.shape)}",
            "the grid's, or (planes, *grid)",
        )
    if steps and len(planes) > steps:
        raise Refusal(
            f"{len(planes)} planes for {steps} steps",
            "at most one plane a step",
            "take more steps or fewer planes",
        )
    return planes


def _check_absorption(grid: Grid, absorption: Tensor, step: float, method: str, keep: str) -> None:
    if tuple(grid.check(absorption, "an absorption").shape) != grid.points:
        raise Refusal(f"an absorption of shape {tuple(absorption.shape)}", f"{grid.points}")
    if not bool((absorption >= 0).all()):
        raise Refusal("an absorption that is negative or no number", "at least 0 everywhere")
    if method != "strang" or step < 0:
        raise Refusal(
            f"absorption with method {method!r} and step {step}",
            "'strang' and a positive step",
            "what is absorbed cannot be run backward in time",
        )
    if keep == "none":
        raise Refusal(
            "absorption with keep='none'", "keep='all' or 'some'", "what is absorbed is lost"
        )
