"""The field's evolution: unitary, of its order, reversible, symmetric, true to exact solutions."""

import math
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="lawful[torch]")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from lawful.fields import (  # noqa: E402
    Grid,
    euler,
    evolve,
    ground_state,
    observables,
    potentials,
    solitons,
)
from lawful.refusal import Refusal  # noqa: E402


def noise(shape, seed=0, dtype=torch.complex128):
    source = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.complex128, generator=source).to(dtype)


def gaussian(grid, centre=0.0, momentum=0.0):
    *others, x = grid.coordinates()
    rho = (x - centre) ** 2 + sum(y**2 for y in others)
    return torch.exp(-rho / 2) * torch.exp(1j * momentum * x)


def drift(psi, end, grid):
    norm = observables.norm(psi, grid)
    return float(((observables.norm(end, grid) - norm) / norm).abs().max())


# ---------------------------------------------------------------- what is conserved


@pytest.mark.parametrize(("dtype", "least"), [(torch.complex64, 1e-4), (torch.complex128, 1e-12)])
@pytest.mark.parametrize("g", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("points", [(64,), (32, 32)])
def test_the_norm_holds_over_500_steps(dtype, least, g, points):
    grid = Grid(points)
    psi, V = noise((2, *points), dtype=dtype), noise(points, seed=1).real
    end = evolve(psi, grid, V, step=0.2, steps=500, nonlinearity=g, chemical=0.5)
    assert drift(psi, end, grid) <= least
    assert end.dtype == dtype


def test_explicit_euler_lets_the_norm_grow():
    grid = Grid((16, 16))
    psi, V = noise((1, 16, 16)), noise((16, 16), seed=1).real
    settings = {"step": 0.05, "steps": 100}
    assert drift(psi, euler(psi, grid, V, **settings), grid) > 1
    assert drift(psi, evolve(psi, grid, V, **settings), grid) < 1e-12


def test_explicit_euler_grows_a_wave_as_it_must():
    grid = Grid(8)
    wave = torch.exp(2j * math.pi / 4 * grid.coordinates()[0])  # −½∇² gives 1 on this lattice
    grown = euler(wave, grid, torch.full((8,), 0.5).double(), step=0.1, steps=7)
    np.testing.assert_allclose(grown.abs().numpy(), (1 + 0.15**2) ** 3.5, rtol=1e-12)


def test_both_steps_solve_the_same_equation():
    grid = Grid((32, 32), length=12.0)
    psi, V = gaussian(grid, 1.0, 0.5), potentials.harmonic(grid)
    common = {"nonlinearity": 1.0, "chemical": 0.3}
    edge = potentials.absorbing_edge(grid, 0.5)
    ours = evolve(psi, grid, V, step=1e-3, steps=200, absorption=edge, **common)
    small = euler(psi, grid, V, step=1e-4, steps=2000, absorption=edge, **common)
    # The lattice's Laplacian differs from the true one by O(spacing²).
    assert (ours - small).abs().max() < 2e-2


@pytest.mark.parametrize("g", [0.0, 2.0, -1.0])
def test_momentum_holds_on_a_ring_without_potential(g):
    grid = Grid(256, length=20.0)
    psi = solitons.bright(grid) + 0.3 * torch.exp(2j * math.pi / 20 * grid.coordinates()[0])
    end = evolve(psi, grid, step=0.01, steps=300, nonlinearity=g)
    before, after = (observables.momentum(p, grid) for p in (psi, end))
    torch.testing.assert_close(after, before, rtol=0, atol=1e-9)


def test_angular_momentum_holds_in_a_round_trap():
    grid = Grid((64, 64), length=20.0)
    y, x = grid.coordinates()
    psi = (x + 1j * y + 0.5) * torch.exp(-((x - 0.5) ** 2 + y**2) / 2)
    end = evolve(psi, grid, potentials.harmonic(grid), step=0.01, steps=200, nonlinearity=1.0)
    before, after = (observables.angular_momentum(p, grid) for p in (psi, end))
    assert abs(float(after - before)) < 1e-8
    assert abs(float(before)) > 1


# ---------------------------------------------------------------- order and symmetry


@pytest.mark.parametrize(
    ("method", "order", "coarse"),
    [("strang", 2, 20), ("yoshida4", 4, 20), ("yoshida6", 6, 20), ("kahan-li8", 8, 8)],
)
def test_errors_fall_at_the_order_of_the_method(method, order, coarse):
    grid = Grid(64, length=16.0)
    psi, V = gaussian(grid, 1.0), potentials.harmonic(grid)
    common = {"nonlinearity": 1.0}
    exact = evolve(psi, grid, V, step=1 / 160, steps=160, method="kahan-li8", **common)
    errors = [
        float(
            (evolve(psi, grid, V, step=1 / n, steps=n, method=method, **common) - exact).abs().max()
        )
        for n in (coarse, 2 * coarse)
    ]
    assert order - 0.3 < math.log2(errors[0] / errors[1]) < order + 1


@given(
    seed=st.integers(0, 2**31),
    steps=st.integers(1, 12),
    step=st.floats(0.01, 1.0),
    g=st.floats(-2, 2),
    planes=st.integers(1, 4),
)
@settings(max_examples=25, deadline=None)
def test_time_runs_backward(seed, steps, step, g, planes):
    grid = Grid((6, 10))
    planes = min(planes, steps)
    psi, V = noise((2, 6, 10), seed), noise((planes, 6, 10), seed + 1).real
    if steps % planes:
        V = V[:1]  # backward, uneven planes would change places
    common = {"nonlinearity": g, "steps": steps}
    end = evolve(psi, grid, V, step=step, **common)
    back = evolve(end, grid, V.flip(0), step=-step, **common)
    torch.testing.assert_close(back, psi, rtol=0, atol=1e-9)
    mirrored = evolve(end.conj(), grid, V.flip(0), step=step, **common).conj()
    torch.testing.assert_close(mirrored, psi, rtol=0, atol=1e-9)


def test_no_step_is_no_change():
    psi = noise((2, 8, 8))
    assert torch.equal(evolve(psi, Grid((8, 8)), step=0.1, steps=0, nonlinearity=3.0), psi)


@pytest.mark.parametrize("g", [0.0, 1.5])
def test_what_is_moved_or_turned_first_may_be_moved_or_turned_last(g):
    grid = Grid((12, 12))
    psi, V = noise((2, 12, 12)), noise((12, 12), seed=1).real

    def run(psi, V):
        return evolve(psi, grid, V, step=0.1, steps=10, nonlinearity=g)

    def shifted(a):
        return torch.roll(a, (3, -5), (-2, -1))

    def turned(a):
        return torch.rot90(a, 1, (-2, -1))

    for change in (shifted, turned):
        torch.testing.assert_close(run(change(psi), change(V)), change(run(psi, V)))
    torch.testing.assert_close(run(psi * 1j, V), run(psi, V) * 1j)


def test_a_wave_turns_at_its_own_energy():
    grid = Grid(16, length=4 * math.pi)
    wave = 0.7 * torch.exp(1.5j * grid.coordinates()[0])
    end = evolve(wave, grid, step=0.1, steps=20, nonlinearity=0.8, chemical=0.25)
    energy = 1.5**2 / 2 + 0.8 * 0.49 - 0.25
    torch.testing.assert_close(end, wave * np.exp(-2j * energy), rtol=0, atol=1e-12)


def test_fields_in_a_batch_do_not_see_each_other():
    """More fields than pass through the steps together."""
    grid = Grid((64, 64))
    psi = noise((40, 64, 64), dtype=torch.complex64)
    settings = {"step": 0.1, "steps": 2, "nonlinearity": 1.0}
    whole = evolve(psi, grid, **settings)
    alone = torch.cat([evolve(one[None], grid, **settings) for one in psi])
    torch.testing.assert_close(whole, alone)


def test_a_batch_may_be_empty_or_have_many_axes():
    grid = Grid((4, 6))
    assert evolve(noise((0, 4, 6)), grid, step=0.1, steps=2).shape == (0, 4, 6)
    psi = noise((2, 3, 4, 6))
    end = evolve(psi, grid, step=0.1, steps=2)
    torch.testing.assert_close(end[1, 2], evolve(psi[1, 2], grid, step=0.1, steps=2))


# ---------------------------------------------------------------- exact solutions


@pytest.mark.parametrize("velocity", [0.0, 0.7, -1.3])
def test_a_bright_soliton_keeps_its_shape(velocity):
    grid = Grid(256, length=40.0)
    own = {"nonlinearity": -2.0, "height": 1.2, "velocity": velocity, "centre": 3.0}
    end = evolve(solitons.bright(grid, **own), grid, step=0.002, steps=1500, nonlinearity=-2.0)
    assert (end - solitons.bright(grid, **own, time=3.0)).abs().max() < 2e-5


@pytest.mark.parametrize("velocity", [0.0, 0.4])
def test_dark_solitons_keep_their_shape(velocity):
    grid = Grid(256, length=60.0)
    own = {"nonlinearity": 1.5, "background": 0.8, "velocity": velocity}
    end = evolve(solitons.dark(grid, **own), grid, step=0.002, steps=1500, nonlinearity=1.5)
    assert (end - solitons.dark(grid, **own, time=3.0)).abs().max() < 2e-5


def test_the_edge_absorbs_as_fast_as_it_says():
    grid = Grid(16)
    edge = torch.full((16,), 0.3, dtype=torch.float64)
    wave = torch.ones(16, dtype=torch.complex128)
    end = evolve(wave, grid, step=0.25, steps=8, nonlinearity=0.9, absorption=edge)
    # |ψ|² = e^(−2Γt), and the phase is g times its integral.
    phase = 0.9 * (1 - math.exp(-1.2)) / 0.6
    torch.testing.assert_close(end, wave * np.exp(-0.6 - 1j * phase), rtol=0, atol=1e-12)


def test_the_edge_swallows_what_leaves():
    grid = Grid(256, length=60.0)
    psi = gaussian(grid, momentum=3.0)
    edge = potentials.absorbing_edge(grid, width=0.5, strength=3.0)
    end = evolve(psi, grid, step=0.02, steps=1500, absorption=edge)
    assert observables.norm(end, grid) < 1e-3 * observables.norm(psi, grid)


# ---------------------------------------------------------------- ground states


@pytest.mark.parametrize("dimensions", [1, 2])
@pytest.mark.parametrize("frequency", [1.0, 2.0])
def test_the_ground_state_of_a_harmonic_trap(dimensions, frequency):
    grid = Grid((48,) * dimensions, length=12.0)
    found = ground_state(grid, potentials.harmonic(grid, frequency), norm=2.0)
    assert found.chemical == pytest.approx(frequency * dimensions / 2, abs=1e-7)
    assert found.energy == pytest.approx(frequency * dimensions, abs=1e-7)
    assert float(observables.norm(found.psi, grid)) == pytest.approx(2.0)


def test_a_crowded_trap_is_that_of_thomas_and_fermi():
    g, grid = 500.0, Grid(256, length=40.0)
    V = potentials.harmonic(grid)
    found = ground_state(grid, V, nonlinearity=g)
    mu = (3 * g / (4 * math.sqrt(2))) ** (2 / 3)
    assert found.chemical == pytest.approx(mu, rel=2e-3)
    thin = ((mu - V) / g).clamp_min(0)
    assert (found.psi.abs() ** 2 - thin).abs().max() < 0.02 * thin.max()
    # In one dimension E = 3/5 μN there.
    assert found.energy == pytest.approx(0.6 * mu, rel=5e-3)


def test_a_ground_state_stands_still():
    grid = Grid((32, 32), length=12.0)
    V = potentials.harmonic(grid)
    found = ground_state(grid, V, nonlinearity=5.0)
    end = evolve(found.psi, grid, V, step=0.005, steps=100, nonlinearity=5.0,
                 chemical=found.chemical)  # fmt: skip
    assert (end - found.psi).abs().max() < 1e-4


def test_a_field_that_attracts_itself_becomes_a_soliton():
    grid = Grid(128, length=30.0)
    found = ground_state(grid, nonlinearity=-2.0)
    # N = 2η/|g| and μ = −η²/2.
    assert found.chemical == pytest.approx(-0.5, abs=1e-6)


def test_a_relaxation_that_does_not_end_is_refused():
    grid = Grid(32, length=12.0)
    with pytest.raises(Refusal, match="residual"):
        ground_state(grid, potentials.harmonic(grid), most=40, tolerance=1e-9)


# ---------------------------------------------------------------- observables


def test_observables_of_a_coherent_state():
    grid = Grid((64, 64), length=(18.0, 20.0))
    psi = gaussian(grid, 1.5, 0.8)
    V = potentials.harmonic(grid)
    size = observables.norm(psi, grid)
    assert float(size) == pytest.approx(math.pi)
    np.testing.assert_allclose(observables.position(psi, grid), [0, 1.5], atol=1e-10)
    np.testing.assert_allclose(observables.momentum(psi, grid) / size, [0, 0.8], atol=1e-10)
    assert float(observables.width(psi, grid)) == pytest.approx(1.0)
    each = observables.energy(psi, grid, V) / size
    assert float(each) == pytest.approx(1 + (1.5**2 + 0.8**2) / 2)
    crowd = observables.interaction_energy(psi, grid, 0.5)
    assert float(crowd) == pytest.approx(0.25 * math.pi / 2)
    mu = observables.chemical_potential(psi, grid, V, nonlinearity=0.5)
    H = observables.hamiltonian(psi, grid, V, nonlinearity=0.5)
    assert float(mu) == pytest.approx(float((grid.integral(psi.conj() * H) / size).real))


def test_energy_has_the_hamiltonian_for_its_gradient():
    grid = Grid((6, 8), length=5.0)
    psi, V = noise((6, 8)).requires_grad_(), potentials.harmonic(grid)
    energy = observables.energy(psi, grid, V, nonlinearity=0.7)
    (slope,) = torch.autograd.grad(energy, psi)
    H = observables.hamiltonian(psi, grid, V, nonlinearity=0.7)
    torch.testing.assert_close(slope, 2 * grid.cell * H)


def test_vortices_are_counted_with_their_sense():
    grid = Grid((32, 32), length=16.0)
    y, x = grid.coordinates()
    left, right = (x + 3.2 + 1j * (y - 0.2)), (x - 2.8 - 1j * (y - 1.2))
    psi = left * right * torch.exp(-(x**2 + y**2) / 8)
    found = observables.vortices(psi, grid, inside=x**2 + y**2 < 36)
    assert {tuple(at): int(found[tuple(at)]) for at in torch.nonzero(found).tolist()} == {
        (16, 9): 1,
        (18, 21): -1,
    }
    assert int(observables.vortices(noise((32, 32)), grid).sum()) == 0


def test_normalised_leaves_nothing_as_nothing():
    grid = Grid(8)
    psi = torch.stack([torch.zeros(8), torch.ones(8)]).requires_grad_()
    out = observables.normalised(psi, grid, 2.0)
    assert observables.norm(out, grid).tolist() == pytest.approx([0.0, 2.0])
    out.sum().backward()
    assert torch.isfinite(psi.grad).all()


# ---------------------------------------------------------------- refusals


GRID = Grid((4, 6))
PSI = torch.ones(2, 4, 6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Grid((4, 4, 4)), "3 axes"),
        (lambda: Grid(1), "1 points"),
        (lambda: Grid(4.0), "4.0"),
        (lambda: Grid((4, 4), length=(1.0,)), "1 lengths"),
        (lambda: Grid(4, length=-1.0), "positive"),
        (lambda: Grid((1 << 13, 1 << 13)), "coarser"),
        (lambda: evolve(PSI[..., :5], GRID, step=0.1, steps=1), r"\(…, 4, 6\)"),
        (lambda: evolve(np.ones((4, 6)), GRID, step=0.1, steps=1), "ndarray"),
        (lambda: evolve(PSI, GRID, step=0.1, steps=-1), "-1 steps"),
        (lambda: evolve(PSI, GRID, step=0.1, steps=True), "True steps"),
        (lambda: evolve(PSI, GRID, step=math.inf, steps=1), "time step"),
        (lambda: evolve(PSI, GRID, step=0.1, steps=1, method="rk4"), "'rk4'"),
        (lambda: evolve(PSI, GRID, step=0.1, steps=1, keep="few"), "keep='few'"),
        (lambda: evolve(PSI, GRID, 1j * PSI[0], step=0.1, steps=1), "complex potential"),
        (lambda: evolve(PSI, GRID, PSI, step=0.1, steps=1), "2 planes for 1 steps"),
        (lambda: evolve(PSI, GRID, PSI[None], step=0.1, steps=1), r"\(planes, \*grid\)"),
        (lambda: evolve(PSI, GRID, step=0.1, steps=1, absorption=PSI), "absorption of shape"),
        (lambda: evolve(PSI, GRID, step=0.1, steps=1, absorption=-PSI[0]), "negative"),
        (
            lambda: evolve(PSI, GRID, step=0.1, steps=1, absorption=PSI[0], method="yoshida4"),
            "backward in time",
        ),
        (lambda: evolve(PSI, GRID, step=0.1, steps=1, absorption=PSI[0], keep="none"), "is lost"),
        (lambda: euler(PSI, GRID, step=0.1, steps=1, absorption=PSI), "absorption of shape"),
        (lambda: potentials.harmonic(GRID, (1.0,)), "1 frequencies"),
        (lambda: potentials.harmonic(GRID, math.nan), "finite"),
        (lambda: potentials.random_planes(GRID, 0, 1.0), "0 planes"),
        (lambda: potentials.random_planes(GRID, 1, -1.0), "depth"),
        (lambda: potentials.random_planes(GRID, 1, 1.0, distribution="beta"), "beta"),
        (lambda: potentials.absorbing_edge(GRID, 0.0), "width 0.0"),
        (lambda: potentials.absorbing_edge(GRID, 0.5, -1.0), "strength"),
        (lambda: solitons.bright(GRID), "ring"),
        (lambda: solitons.bright(Grid(8), nonlinearity=1.0), "`dark`"),
        (lambda: solitons.dark(Grid(8), nonlinearity=-1.0), "positive"),
        (lambda: solitons.dark(Grid(8), velocity=2.0), "speed of sound"),
        (lambda: observables.vortices(torch.ones(8), Grid(8)), "two axes"),
        (lambda: observables.vortices(PSI, GRID, inside=PSI), "torch.bool"),
        (lambda: observables.angular_momentum(torch.ones(8), Grid(8)), "two axes"),
        (lambda: observables.angular_momentum(PSI, GRID, centre=(0.0,)), "centre of 1"),
        (lambda: observables.normalised(PSI, GRID, 0.0), "norm of 0.0"),
        (lambda: ground_state(GRID, norm=-1.0), "norm -1.0"),
        (lambda: ground_state(GRID, step=0.0), "step 0.0"),
        (lambda: ground_state(GRID, most=1), "most=1"),
        (lambda: ground_state(GRID, start=torch.zeros(4, 6)), "start"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, words):
    with pytest.raises(Refusal, match=words):
        call()


# ---------------------------------------------------------------- the house


def test_lawful_does_not_load_torch_before_fields_are_asked_for():
    code = "import sys, lawful; print('torch' in sys.modules, 'lawful.fields' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_without_torch_the_remedy_is_named():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from importlib import util\n"
        "found = util.find_spec\n"
        "util.find_spec = lambda name, *a: None if name == 'torch' else found(name, *a)\n"
        "try:\n    import lawful.fields\nexcept ValueError as refusal:\n    print(refusal)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'lawful[torch]'" in done.stdout
