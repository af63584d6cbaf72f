"""Readouts in closed form: against direct solutions, in any order, from any reservoir."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import shift
from sklearn.datasets import load_digits

from lawful.fields.memory.analytic import AnalyticReadout
from lawful.fields.memory.analytic_expert import AnalyticExpert
from lawful.fields.memory.experience import Experience, Part
from lawful.fields.memory.reservoir import RESERVOIRS, FieldReservoir, WeightReservoir, reservoir
from lawful.fields.memory.ridge import Ridge
from lawful.refusal import Refusal


@pytest.fixture(scope="module")
def digits():
    held = load_digits()
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(0))
    images = torch.tensor(held.images / 16, dtype=torch.float32)[order]
    labels = torch.tensor(held.target, dtype=torch.int64)[order]
    lots = (slice(0, 1200), slice(1200, 1400), slice(1400, None))
    return [Part(images[lot], labels[lot]) for lot in lots]


def drawn(n, F, K, seed):
    source = torch.Generator().manual_seed(seed)
    phi = torch.randn(n, F, generator=source) @ torch.randn(F, F, generator=source) + 5.0
    return phi, torch.randint(K, (n,), generator=source)


# ------------------------------------------------------------------ the ridge


@pytest.mark.parametrize("seed", range(3))
def test_readout_is_that_of_scikit_learn(seed):
    from sklearn.linear_model import Ridge as Peer

    phi, y = drawn(300, 12, 3, seed)
    ours = Ridge(12, 3, strength=2.0)
    for rows in torch.arange(300).split(77):
        ours.add(phi[rows], y[rows])
    X, Y = phi.double().numpy(), np.eye(3)[y.numpy()]
    scale = np.trace(np.cov(X.T, bias=True)) / 12
    theirs = Peer(alpha=2.0 * scale, fit_intercept=True).fit(X, Y)
    np.testing.assert_allclose(ours.readout()(phi).numpy(), theirs.predict(X), atol=2e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_order_and_blocks_do_not_matter(seed, size):
    phi, y = drawn(120, 8, 4, seed)
    order = torch.randperm(120, generator=torch.Generator().manual_seed(seed))
    one, other = Ridge(8, 4), Ridge(8, 4)
    one.add(phi, y)
    for rows in order.split(size):
        other.add(phi[rows], y[rows])
    torch.testing.assert_close(one.readout()(phi), other.readout()(phi), atol=1e-4, rtol=1e-4)


def test_fewer_samples_than_features_and_constant_features_are_solved():
    phi, y = drawn(20, 300, 3, 0)
    phi[:, 7] = 1.0
    ridge = Ridge(300, 3, strength=1e-6)
    ridge.add(phi, y)
    assert (ridge.readout()(phi).argmax(1) == y).all()
    flat = Ridge(4, 2)
    flat.add(torch.ones(6, 4), torch.tensor([0, 0, 0, 0, 1, 1]))
    torch.testing.assert_close(flat.readout()(torch.ones(1, 4)), torch.tensor([[4 / 6, 2 / 6]]))


def test_no_samples_and_nonsense_are_refused():
    with pytest.raises(Refusal, match="no samples"):
        Ridge(3, 2).readout()
    for bad in ({"features": 0}, {"classes": 0}, {"strength": 0.0}, {"strength": float("nan")}):
        with pytest.raises(Refusal):
            Ridge(**({"features": 3, "classes": 2} | bad))
    with pytest.raises(Refusal, match="shape"):
        Ridge(3, 2).restore(Ridge(4, 2).state())


# ------------------------------------------------------------------ the reservoirs


@pytest.mark.parametrize("kind", RESERVOIRS)
@pytest.mark.parametrize("side", [8, 13, 28])
def test_reservoirs_are_drawn_from_the_seed_and_finite(kind, side):
    x = torch.rand(3, side, side)
    a, b, c = (reservoir(kind, side=side, features=150, seed=seed) for seed in (0, 0, 1))
    assert a(x).shape == (3, 150)
    assert torch.equal(a(x), b(x))
    assert not torch.allclose(a(x), c(x))
    assert a.drawn() > 0
    assert torch.isfinite(a(torch.zeros(1, side, side))).all()


@pytest.mark.parametrize("kind", ["lens", "diffuser"])
def test_a_field_keeps_its_norm_on_the_detectors(kind):
    """White detectors see all of |ψ|²: their squares average to one, whatever the image."""
    one = FieldReservoir(side=8, features=144, kind=kind, seed=0)
    psi = one(torch.rand(4, 8, 8))
    if kind == "diffuser":
        torch.testing.assert_close(psi.square().mean(1), torch.ones(4), atol=1e-5, rtol=0)
    else:
        assert (psi.square().mean(1) < 1).all()  # Jensen: a detector takes the mean of |ψ|


@pytest.mark.parametrize("kind", ["lens", "convolution"])
def test_neighbourhoods_survive_small_shifts_and_diffusers_do_not(kind):
    """Relative change of features by a shift of one point, against white ones."""
    held = load_digits().images[:40] / 16
    big = np.stack([np.kron(one, np.ones((3, 3))) for one in held])
    pad = np.pad(big, ((0, 0), (2, 2), (2, 2)))
    moved = np.stack([shift(one, (0, 1), order=0) for one in pad])
    x, z = (torch.tensor(a, dtype=torch.float32) for a in (pad, moved))

    def change(name):
        one = reservoir(name, side=28, features=1024, seed=0)
        a, b = one(x), one(z)
        middle = a.mean(0)
        return float((a - b).norm() / (a - middle).norm())

    assert change(kind) < 0.7 * change("diffuser")


def test_reservoirs_refuse_what_cannot_be_meant():
    with pytest.raises(Refusal, match="lens"):
        reservoir("lense", side=8, features=10)
    with pytest.raises(Refusal, match="kind"):
        WeightReservoir(8, 10, "lens")
    with pytest.raises(Refusal):
        FieldReservoir(8, 0)
    with pytest.raises(Refusal):
        FieldReservoir(8, 10, depth=-1.0)
    with pytest.raises(Refusal, match="images"):
        reservoir("dense", side=8, features=10)(torch.rand(2, 9, 9))


# ------------------------------------------------------------------ the learners


def experiences(part, groups):
    for group in groups:
        rows = torch.isin(part.labels, torch.tensor(group))
        own = Part(part.images[rows], part.labels[rows])
        yield Experience(str(group), own, own, tuple(group))


def test_class_incremental_is_as_good_as_all_at_once_in_any_order(digits):
    train, _, test = digits
    pairs = [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]
    answers = []
    for groups in (pairs, pairs[::-1], [tuple(range(10))]):
        learner = AnalyticReadout(classes=10, side=8, features=512)
        for experience in experiences(train, groups):
            learner.train(experience)
        answers.append(learner.scores(test.images))
        assert float(learner.eval([test])) > 0.95
    for other in answers[1:]:
        torch.testing.assert_close(answers[0], other, atol=1e-3, rtol=0)


def test_untrained_scores_are_zero_and_state_goes_round(digits):
    train, validation, test = digits
    one = AnalyticReadout(classes=10, side=8, features=64)
    assert not one.scores(test.images[:3]).any()
    one.train(Experience("all", train, validation, tuple(range(10))))
    two = AnalyticReadout(**{k: v for k, v in one.settings().items() if k != "learner"})
    two.restore(one.state())
    assert torch.equal(one.scores(test.images), two.scores(test.images))
    assert json.loads(json.dumps(one.settings())) == one.settings()
    assert one.size().parameters == 64 * 65 // 2 + 640 + 128 + 11


def test_a_state_stays_as_it_was_when_its_learner_goes_on(digits):
    train, validation, test = digits
    one = AnalyticReadout(classes=10, side=8, features=64)
    one.train(Experience("first", train, validation, tuple(range(10))))
    kept, answers = one.state(), one.scores(test.images)
    one.train(Experience("second", validation, validation, tuple(range(10))))
    assert not torch.equal(one.scores(test.images), answers)
    one.restore(kept)
    assert torch.equal(one.scores(test.images), answers)


@pytest.mark.parametrize("seed", range(3))
def test_an_expert_chooses_and_is_calibrated(digits, seed):
    train, validation, test = digits
    expert = AnalyticExpert(side=8, classes=10, features=512, seed=seed)
    expert.fit(train, validation)
    log_p = expert.scores(test.images)
    assert float((log_p.argmax(1) == test.labels).float().mean()) > 0.95
    torch.testing.assert_close(log_p.exp().sum(1), torch.ones(len(test)))
    # Confidence is what accuracy is, to a few per cent.
    assert abs(float(log_p.exp().amax(1).mean()) - 0.97) < 0.05
    other = AnalyticExpert(side=8, classes=10, features=512, seed=seed)
    other.restore(expert.state())
    assert torch.equal(other.scores(test.images), log_p)
    with pytest.raises(Refusal, match="reservoir"):
        AnalyticExpert(side=8, classes=10, kinds=())
