"""All λ of degree 2: against what is known, a plain computation, and where nothing is kept."""

import numpy as np
import pytest
from scipy.linalg import eigh

from lawful.learning.ensembles.population import Population
from lawful.learning.gates import xor
from lawful.studies.charges import decay
from lawful.studies.quantities import explained
from lawful.studies.steadiest import dimension, steadiest, terms
from lawful.trajectories import make


def oscillators(runs=30, damping=0.0, seed=0):
    """Two springs that do not know of each other."""
    rng, t = np.random.default_rng(seed), np.linspace(0, 7, 60)
    columns = {}
    for name, omega in (("a", 1.0), ("b", 1.7)):
        phase, size = rng.uniform(0, 6, (runs, 1)), rng.uniform(0.5, 2, (runs, 1))
        swing = size * np.exp(-damping * t)
        columns[f"x{name}"] = swing * np.cos(omega * t + phase)
        columns[f"v{name}"] = swing * -omega * np.sin(omega * t + phase)
    return make(columns, t)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_springs_keep_two_energies(seed):
    runs = oscillators(seed=seed)
    found = steadiest(runs)
    assert found.dimension == 2
    x = np.stack([v.values for v in runs.data_vars.values()], axis=-1)
    kept = found.conserved(x)
    assert kept.shape == (30, 60, 2)
    assert (kept.var(axis=1).mean(axis=0) / kept.var(axis=(0, 1))).max() < 1e-24
    energies = np.stack([1.0**2 * x[..., 0] ** 2 + x[..., 1] ** 2,
                         1.7**2 * x[..., 2] ** 2 + x[..., 3] ** 2], axis=-1)  # fmt: skip
    for one in energies.reshape(-1, 2).T:
        assert explained(one, kept.reshape(-1, 2)) > 1 - 1e-12


def test_friction_leaves_no_gap():
    assert steadiest(oscillators(damping=0.1)).dimension == 0


def test_λ_are_those_of_scatter_within_and_in_all():
    runs = oscillators(damping=0.1)
    x = terms(np.stack([v.values for v in runs.data_vars.values()], axis=-1))
    x = (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))
    inside = x - x.mean(axis=1, keepdims=True)
    within, total = (np.einsum("rti,rtj->ij", y, y) for y in (inside, x))
    np.testing.assert_allclose(
        steadiest(runs).values, eigh(within, total, eigvals_only=True), rtol=1e-6
    )


def test_no_jump_no_law():
    assert dimension(np.geomspace(1e-6, 1, 30)) == 0
    assert dimension(np.array([1e-28, 1e-26, 0.3])) == 2  # round-off does not jump


@pytest.mark.parametrize(
    ("layers", "settings", "what"),
    [
        ([2, 3, 1], {"activation": "linear"}, "rotation"),
        ([2, 3, 3], {"activation": "relu", "output": "softmax"}, "translation"),
        ([2, 3, 1], {"activation": "tanh"}, "control"),
    ],
)
@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_charges_decay_where_there_is_a_symmetry(layers, settings, what, momentum):
    samples = xor()
    if layers[-1] == 3:
        samples = type(samples)(samples.X, np.eye(3)[[0, 1, 1, 2]])
    networks = Population.of(
        layers, weight_init="random", learning_rate=0.1, momentum=momentum, seeds=range(10),
        **settings,
    )  # fmt: skip
    found = decay(networks, samples, 0)
    assert found["what"] == what
    assert (found["off"] < 1e-12) == (what != "control")
