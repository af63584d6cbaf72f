"""A field's record, and the laws that the engine finds in it without being told."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="lawful[torch]")

import lawful  # noqa: E402
from lawful.fields import Grid, frames, observables, potentials, record  # noqa: E402
from lawful.refusal import Refusal  # noqa: E402


def uniform(source, low, high, runs=24):
    return low + (high - low) * torch.rand(runs, 1, generator=source, dtype=torch.float64)


def rippled(grid, seed):
    """Runs of a few waves each, of different norms, energies and momenta."""
    source = torch.Generator().manual_seed(seed)
    x = grid.coordinates()[0]
    waves = [2 * np.pi * k / grid.length[0] for k in range(-2, 3)]
    return sum(
        uniform(source, 0.05, 0.5) * torch.exp(1j * (k * x + uniform(source, 0, 6.28)))
        for k in waves
    )


def blobs(grid, seed):
    """Runs of two moving bumps in a trap."""
    source = torch.Generator().manual_seed(seed)
    x = grid.coordinates()[0]
    return sum(
        uniform(source, 0.4, 1.0)
        * torch.exp(-(((x - uniform(source, -2, 2)) / uniform(source, 0.9, 1.6)) ** 2))
        * torch.exp(1j * uniform(source, -1, 1) * x)
        for _ in range(2)
    )


def holds(law, runs, quantity):
    """Whether a law says the same as a quantity, up to scale and shift."""
    Q = law.function({name: runs[name] for name in runs.data_vars}).values.mean(1)
    return abs(np.corrcoef(Q, quantity)[0, 1]) > 1 - 1e-9


def expressions(findings):
    return [law.expression for law in findings.laws]


@pytest.mark.parametrize("seed", [0, 1])
def test_norm_energy_and_momentum_of_a_ring(seed):
    grid = Grid(96, length=16.0)
    psi = rippled(grid, seed)
    runs = record(psi, grid, nonlinearity=1.0, step=0.02, samples=150)
    found = lawful.find_laws(runs)
    # A run is short: what changes slowly may be called approximate beside the three.
    exact = [law for law in found.laws if law.grade == "exact"]
    assert [law.expression for law in exact] == [
        "left + right",
        "kinetic + interaction",
        "rightward + leftward",
    ]
    norm, energy, momentum = exact
    assert holds(norm, runs, observables.norm(psi, grid).numpy())
    assert holds(energy, runs, observables.energy(psi, grid, nonlinearity=1.0).numpy())
    assert holds(momentum, runs, observables.momentum(psi, grid)[:, 0].numpy())


def test_norm_and_energy_in_a_trap():
    grid = Grid(96, length=24.0)
    psi, V = blobs(grid, 0), potentials.harmonic(grid)
    runs = record(psi, grid, V, nonlinearity=1.0, step=0.02, samples=150)
    found = lawful.find_laws(runs)
    assert expressions(found)[:2] == ["left + right", "kinetic + interaction + potential"]


def test_the_mean_position_in_a_trap_is_a_pendulum_of_its_own():
    """Kohn's theorem: the centre of a trapped field oscillates as a particle would."""
    grid = Grid(96, length=24.0)
    runs = record(blobs(grid, 1), grid, potentials.harmonic(grid), step=0.02, samples=150)
    found = lawful.find_laws(runs)
    assert any(
        law.expression.replace("1.0*", "") in ("0.5*vx**2 + 0.5*x**2", "vx**2 + x**2")
        for law in found.laws
    )
    x, vx = runs["x"].values, runs["vx"].values
    turned = x[:, :1] * np.cos(runs.time.values) + vx[:, :1] * np.sin(runs.time.values)
    np.testing.assert_allclose(x, turned, atol=1e-9)


def test_nothing_is_found_where_the_field_is_absorbed():
    grid = Grid(64, length=16.0)
    runs = record(rippled(grid, 0), grid, nonlinearity=1.0, step=0.02, samples=100,
                  absorption=torch.full((64,), 0.05))  # fmt: skip
    assert lawful.find_laws(runs).laws == ()


def test_a_record_holds_what_the_observables_say():
    grid = Grid((12, 16), length=(6.0, 8.0))
    psi = torch.randn(3, 12, 16, dtype=torch.complex128, generator=torch.Generator().manual_seed(3))
    V = potentials.harmonic(grid)
    runs = record(psi, grid, V, nonlinearity=0.5, samples=4, every=2, step=0.05)
    assert set(runs.data_vars) == {
        "left", "right", "kinetic", "interaction", "potential", "x", "y", "vx", "vy"
    }  # fmt: skip
    np.testing.assert_allclose(runs.time, [0, 0.1, 0.2, 0.3], rtol=1e-12)
    last = list(frames(psi, grid, V, nonlinearity=0.5, samples=4, every=2, step=0.05,
                       method="yoshida6"))[-1]  # fmt: skip
    at_end = runs.isel(time=-1)
    total = at_end["kinetic"] + at_end["interaction"] + at_end["potential"]
    np.testing.assert_allclose(total, observables.energy(last, grid, V, nonlinearity=0.5))
    np.testing.assert_allclose(at_end["left"] + at_end["right"], observables.norm(last, grid))
    momentum = observables.momentum(last, grid) / observables.norm(last, grid)[:, None]
    np.testing.assert_allclose(at_end["vy"], momentum[:, 0])
    np.testing.assert_allclose(at_end["vx"], momentum[:, 1])
    free = record(psi, grid, samples=2)
    carried = free.isel(time=0)["leftward"] + free.isel(time=0)["rightward"]
    np.testing.assert_allclose(carried, observables.momentum(psi, grid)[:, 1])
    origin = json.loads(runs.attrs["origin"])
    assert origin["maker"] == "lawful.fields.record"
    assert origin["grid"] == [12, 16]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"samples": 0}, "samples=0"),
        ({"every": 1.5}, "every=1.5"),
        ({"step": float("nan")}, "time step"),
        ({"method": "euler"}, "method 'euler'"),
    ],
)
def test_a_record_that_cannot_be_meant_is_refused(settings, words):
    with pytest.raises(Refusal, match=words):
        record(torch.ones(8), Grid(8), **settings)


@pytest.mark.parametrize(
    ("psi", "words"),
    [
        (torch.zeros(2, 8), "zero everywhere"),
        (torch.full((8,), float("nan")), "not finite"),
        (torch.ones(2, 2, 8), r"\(run, \*grid\)"),
        (torch.ones(7), r"\(…, 8\)"),
    ],
)
def test_fields_that_cannot_be_recorded_are_refused(psi, words):
    with pytest.raises(Refusal, match=words):
        record(psi, Grid(8))
