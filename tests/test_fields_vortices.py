"""Vortices: whole turns, zero in sum on a torus, and a pair travels as theory says."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.fields import Grid, evolve, observables
from lawful.fields.starts import ON_A_PLANE, ON_A_RING, POTENTIALS, potential, start
from lawful.fields.vortices import imprinted, vortices
from lawful.refusal import Refusal

GRID = Grid((64, 64), length=40.0)
PLACES = st.floats(-18.0, 18.0)


@settings(max_examples=25, deadline=None)
@given(PLACES, PLACES, PLACES, PLACES)
def test_a_pair_is_found_where_it_was_put(y0, x0, y1, x1):
    apart = math.hypot(
        *(abs(a - b) if abs(a - b) < 20 else 40 - abs(a - b) for a, b in ((y0, y1), (x0, x1)))
    )
    if apart < 3:
        return
    psi = imprinted(torch.ones(GRID.points, dtype=torch.complex128), GRID, (y0, x0), (y1, x1))
    found = vortices(psi, GRID)
    assert sorted(found[:, 2].tolist()) == [-1.0, 1.0]
    for sign, y, x in ((1, y0, x0), (-1, y1, x1)):
        (row,) = found[found[:, 2] == sign]
        away = [
            min(abs(a - b), 40 - abs(a - b)) for a, b in zip(row[:2].tolist(), (y, x), strict=True)
        ]
        assert max(away) < 0.64  # a cell


def test_one_vortex_of_each_sign_by_hand():
    y, x = GRID.coordinates()
    for sign in (1, -1):
        psi = torch.polar(
            torch.ones(GRID.points, dtype=torch.float64), sign * torch.atan2(y - 0.3, x - 0.3)
        )
        found = vortices(psi, GRID)
        middle = found[found[:, :2].abs().amax(1) < 10]  # the border cuts the phase elsewhere
        assert middle[:, 2].tolist() == [sign]


def test_a_pair_travels_at_the_inverse_of_its_distance():
    """V = ħ/(m d) in the plane; images of the torus, and the core, change it by a few per cent."""
    psi = start("vortex pair", GRID)
    first = vortices(psi, GRID)
    apart = float((first[0, 0] - first[1, 0]).abs())
    psi = evolve(psi, GRID, step=0.04, steps=250, nonlinearity=1.0)  # let the cores settle
    before = vortices(psi, GRID)[:, 1].mean()
    psi = evolve(psi, GRID, step=0.04, steps=750, nonlinearity=1.0)
    speed = float(vortices(psi, GRID)[:, 1].mean() - before) / 30
    assert speed == pytest.approx(1 / apart, rel=0.25)


def test_pairs_that_meet_leave_none_unpaired():
    psi = start("four pairs", GRID, seed=3)
    for _ in range(4):
        psi = evolve(psi, GRID, step=0.04, steps=100, nonlinearity=1.0)
        assert float(vortices(psi, GRID)[:, 2].sum()) == 0


@pytest.mark.parametrize("name", POTENTIALS)
@pytest.mark.parametrize("begin", ON_A_PLANE)
def test_every_start_in_every_potential_keeps_norm_and_energy(name, begin):
    grid = Grid((32, 32), length=20.0)
    V = potential(name, grid)
    psi = start(begin, grid, V, seed=1)
    later = evolve(psi, grid, V, step=0.01, steps=100, nonlinearity=1.0)
    before, after = (observables.norm(p, grid) for p in (psi, later))
    assert float(after) == pytest.approx(float(before), rel=1e-10)
    before, after = (observables.energy(p, grid, V, nonlinearity=1.0) for p in (psi, later))
    assert float(after) == pytest.approx(float(before), rel=5e-3)


@pytest.mark.parametrize("begin", ON_A_RING)
def test_every_start_on_a_ring_is_one_field(begin):
    grid = Grid(128, length=80.0)
    g = -1.0 if begin == "bright soliton" else 1.0
    psi = start(begin, grid, nonlinearity=g, seed=2)
    assert psi.shape == (128,)
    assert bool(psi.abs().isfinite().all())
    assert torch.equal(psi, start(begin, grid, nonlinearity=g, seed=2))


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(Refusal, match="one of"):
        start("chaos", GRID)
    with pytest.raises(Refusal, match="one of"):
        start("stripe", Grid(64))
    with pytest.raises(Refusal, match="one of"):
        potential("abyss", GRID)
    for psi in (torch.ones(2, 64, 64, dtype=torch.complex128), torch.ones(64, 64)):
        with pytest.raises(Refusal, match="one complex field on a plane"):
            vortices(psi, GRID)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_turns_add_up_to_zero_where_phases_differ_by_exactly_pi(seed):
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(0, 2, (16, 16), generator=generator) * 2.0 - 1
    turns = observables.vortices(signs.to(torch.complex128), Grid((16, 16)))
    assert int(turns.sum()) == 0
