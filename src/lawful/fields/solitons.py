"""Exact solutions of i ψ_t = −½ψ_xx + g|ψ|²ψ: what a solver must reproduce.

    bright, g < 0    ψ = η/√|g| · sech(η(x − x₀ − vt)) · e^(i(vx − (v² − η²)t/2))
    dark,   g > 0    ψ = √n [γ tanh(γc(x − x₀ − vt)) + iv/c] e^(−ignt),  c = √(gn), γ² = 1 − v²/c²

A dark soliton turns the phase, so that a ring holds a pair of mirror images, which move
against each other. Source: V. Zakharov and A. Shabat, Sov. Phys. JETP 34, 62 (1972) and 37, 823
(1973).
"""

import cmath
import math

import torch
from torch import Tensor

from lawful.fields.grid import Grid
from lawful.refusal import Refusal


def _ring(grid: Grid) -> tuple[Tensor, float]:
    if grid.dimensions != 1:
        raise Refusal(f"a grid of {grid.dimensions} axes", "one: solitons here live on a ring")
    return grid.coordinates()[0], grid.length[0]


def bright(
    grid: Grid,
    *,
    nonlinearity: float = -1.0,
    height: float = 1.0,
    velocity: float = 0.0,
    centre: float = 0.0,
    time: float = 0.0,
) -> Tensor:
    """A bright soliton at a time, complex128 of the grid's shape.

    `height` is η, the inverse of its width; its norm is 2η/|g|. It travels at
    `velocity`. On a ring much longer than 1/η its tails meet at nothing.

    Examples
    --------
    >>> grid = Grid(256, length=40.0)
    >>> psi = bright(grid, nonlinearity=-2.0, height=1.5)
    >>> round(float(grid.integral(psi.abs() ** 2)), 10)
    1.5
    """
    if nonlinearity >= 0 or height <= 0:
        raise Refusal(
            f"nonlinearity {nonlinearity} and height {height}",
            "a negative and a positive number",
            "for a positive nonlinearity see `dark`",
        )
    x, period = _ring(grid)
    moved = centre + velocity * time
    away = torch.remainder(x - moved + period / 2, period) - period / 2
    envelope = height / math.sqrt(-nonlinearity) / torch.cosh(height * away)
    # The phase follows the soliton around the ring, so that it jumps only in its far tail.
    phase = velocity * (away + moved) - (velocity**2 - height**2) * time / 2
    return torch.polar(envelope, phase)


def dark(
    grid: Grid,
    *,
    nonlinearity: float = 1.0,
    background: float = 1.0,
    velocity: float = 0.0,
    time: float = 0.0,
) -> Tensor:
    """Two dark solitons, mirror images, at a time, complex128 of the grid's shape.

    They start at ∓L/4 and move at ±`velocity`, below the speed of sound
    √(nonlinearity·background). Exact while they are far from each other.

    Examples
    --------
    >>> psi = dark(Grid(128, length=40.0), velocity=0.0)
    >>> bool(psi.abs().min() < 1e-12)
    True
    """
    if nonlinearity <= 0 or background <= 0:
        raise Refusal(
            f"nonlinearity {nonlinearity} and background {background}", "positive numbers"
        )
    sound = math.sqrt(nonlinearity * background)
    if abs(velocity) >= sound:
        raise Refusal(f"velocity {velocity}", f"one below the speed of sound, {sound:g}")
    x, period = _ring(grid)
    slope, still = velocity / sound, math.sqrt(1 - (velocity / sound) ** 2)
    start = -period / 4 + velocity * time

    def one(away: Tensor) -> Tensor:
        depth = still * torch.tanh(still * sound * away)
        return torch.complex(depth, torch.full_like(depth, slope))

    # Away from the pair's own half each factor has modulus one, and their phases undo each other.
    shape = one(x - start) * one(-x - start)
    return math.sqrt(background) * shape * cmath.exp(-1j * nonlinearity * background * time)
