"""The Hamiltonian baseline: its own energy is kept, its gradients are right; principal axes."""

import numpy as np
import pytest
import torch

from lawful.laws.physicsnet import TrainedHamiltonian, principal, train_hamiltonian
from lawful.laws.physicsnet.hamiltonian import HamiltonianNet
from lawful.refusal import Refusal
from lawful.systems import simulate
from lawful.trajectories import make

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def springs():
    return simulate("spring", runs=20, samples=60, seed=1)


@pytest.fixture(scope="module")
def trained(springs):
    return train_hamiltonian(springs, hidden=16, steps=200)


def test_the_rate_is_the_turned_gradient_by_finite_differences():
    torch.manual_seed(0)
    spread = [1.0, 2.0, 0.5, 3.0]
    net = HamiltonianNet(2, 8, [True, False], spread, [0.1, 0.0, 0.0, 0.0]).double()
    x, small = torch.randn(3, 4, dtype=torch.float64), 1e-6
    slope = torch.stack(
        [
            (net(x + small * e) - net(x - small * e)) / (2 * small)
            for e in torch.eye(4, dtype=torch.float64)
        ],
        1,
    )
    area = torch.tensor([1.0 * 0.5, 2.0 * 3.0], dtype=torch.float64)
    turn = area.mean() / area
    expected = torch.cat([slope[:, 2:] * turn, -slope[:, :2] * turn], 1)
    torch.testing.assert_close(net.rate(x), expected, atol=1e-7, rtol=1e-6)


def test_its_own_energy_stays_to_the_integrators_fourth_order():
    torch.manual_seed(1)
    net = HamiltonianNet(1, 16).double().eval()
    drift = []
    for steps in (20, 40):
        x = start = torch.tensor([[0.7, -0.3]], dtype=torch.float64)
        for _ in range(steps):
            x = net.step(x, torch.full((1, 1), 40.0 / steps, dtype=torch.float64)).detach()
        drift.append(float((net(x) - net(start)).abs().detach()))
    assert drift[1] < drift[0] / 8 or drift[1] < 1e-12


def test_a_spring_is_learned_and_its_energy_with_it(trained, springs):
    energy = (springs.v**2 / 2 + springs.x**2).values
    assert abs(np.corrcoef(trained.energy(springs).ravel(), energy.ravel())[0, 1]) > 0.98
    ahead = trained.forecast(springs, prefix=5)
    np.testing.assert_array_equal(ahead.x.values[:, :5], springs.x.values[:, :5])
    own = trained.energy(ahead)
    assert np.abs(own[:, -1] - own[:, 4]).max() < 0.02 * own.std()
    assert trained.losses[-1] < trained.losses[0]


def test_saved_and_loaded_says_the_same(trained, springs, tmp_path):
    trained.save(tmp_path / "h.safetensors")
    again = TrainedHamiltonian.load(tmp_path / "h.safetensors")
    np.testing.assert_array_equal(again.energy(springs), trained.energy(springs))
    (tmp_path / "other").write_bytes(b"{}")
    with pytest.raises(Refusal, match="no network of lawful"):
        TrainedHamiltonian.load(tmp_path / "other")


def test_the_same_seed_gives_the_same_bits(springs):
    one, two = (train_hamiltonian(springs, hidden=8, steps=3, seed=5) for _ in range(2))
    assert all(
        torch.equal(a, b) for a, b in zip(one.net.parameters(), two.net.parameters(), strict=True)
    )


def test_angles_wind_and_gaps_and_clocks_are_taken_as_they_are():
    runs = simulate("pendulum", runs=8, samples=50, seed=2)
    runs["theta"][2, 10] = np.nan
    done = train_hamiltonian(runs, hidden=8, steps=3)
    assert done.net.energy[0].in_features == 3
    ahead = done.forecast(runs, prefix=3)
    assert np.isfinite(ahead.theta.values).all()


@pytest.mark.parametrize("name", ["lorenz", "lotka-volterra", "euler-top"])
def test_without_pairs_it_is_refused(name):
    with pytest.raises(Refusal, match="pairs"):
        train_hamiltonian(simulate(name, runs=3, samples=20))


def test_nothing_left_to_forecast_is_refused(trained, springs):
    for prefix in (0, 60):
        with pytest.raises(Refusal, match="prefix"):
            trained.forecast(springs, prefix=prefix)


def test_a_column_at_rest_is_refused():
    t = np.arange(9.0)
    roles = {"x": {"role": "position"}, "v": {"role": "velocity", "of": "x"}}
    with pytest.raises(Refusal, match="never changes"):
        train_hamiltonian(make({"x": [t] * 3, "v": [0 * t] * 3}, t, roles=roles))


# ----------------------------------------------------------------------- principal axes


def test_principal_axes_are_those_of_the_covariance():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(6, 50, 4)) * np.array([5.0, 2.0, 1.0, 0.1])
    z[0, :3] = np.nan
    found = principal(z, components=3)
    rows = z[np.isfinite(z).all(-1)]
    size = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
    np.testing.assert_allclose(found.share, size[:3] / size.sum(), rtol=1e-9)
    held = np.isfinite(found.scores).all(-1)
    assert held.sum() == len(rows)
    np.testing.assert_allclose(np.var(found.scores[held], axis=0, ddof=1), size[:3], rtol=1e-9)
    np.testing.assert_allclose(found.directions.T @ found.directions, np.eye(3), atol=1e-12)
    again = principal(-z, components=3)
    np.testing.assert_allclose(again.directions, found.directions, atol=1e-9)


def test_nothing_has_no_axes():
    with pytest.raises(Refusal, match="no latent state"):
        principal(np.full((2, 3, 4), np.nan))
    with pytest.raises(Refusal, match="0 components"):
        principal(np.zeros((2, 3, 4)), components=0)
