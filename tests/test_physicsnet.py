"""PhysicsNet: what its losses promise, what a window can know, and that nothing is lost."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh
from scipy.stats import spearmanr

from lawful.expressions import compiled
from lawful.laws.physicsnet import NetSettings, Trained, split, train
from lawful.laws.physicsnet.forecast import put_back
from lawful.laws.physicsnet.losses import losses, wilks, within_and_total
from lawful.laws.physicsnet.model import PhysicsNet
from lawful.laws.physicsnet.quantities import HOLDS, explained, independent, rotation
from lawful.laws.physicsnet.reading import targets
from lawful.laws.physicsnet.windows import Frame, observed, starts
from lawful.refusal import Refusal
from lawful.systems import simulate
from lawful.trajectories import make

torch.set_num_threads(1)
SMALL = NetSettings(epochs=8, batch_size=32, hidden=32, latent_dim=8, horizon=2, rate=5e-3)


@pytest.fixture(scope="module")
def springs():
    return simulate("spring", runs=60, samples=80, seed=3)


@pytest.fixture(scope="module")
def spring(springs):
    return train(springs, NetSettings(**{**SMALL.to_dict(), "epochs": 30}))


def energy(runs):
    return compiled("v**2/2 + x**2")({n: runs[n].values for n in ("x", "v")})


# ------------------------------------------------------------------------------- losses


def test_wilks_is_the_mean_log_of_the_generalized_eigenvalues():
    gen = torch.Generator().manual_seed(0)
    q = torch.randn(30, 8, 3, generator=gen, dtype=torch.float64)
    q = q + 2 * torch.randn(30, 1, 3, generator=gen, dtype=torch.float64)
    within, total = (m.numpy() for m in within_and_total(q))
    expected = np.log(eigh(within, total, eigvals_only=True)).mean()
    assert float(wilks(q)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("kind", ["constant", "nearly constant", "one quantity twice"])
def test_what_differs_between_no_runs_wins_nothing(kind):
    gen = torch.Generator().manual_seed(1)
    law = torch.randn(40, 1, 1, generator=gen).expand(40, 8, 1)
    noise = torch.randn(40, 8, 1, generator=gen)
    if kind == "one quantity twice":
        q = torch.cat([law + 0.1 * noise] * 2, -1)
        assert float(wilks(q)) > float(wilks(q[..., :1])) / 2 - 0.2
    else:
        assert abs(float(wilks(1 + 1e-7 * noise * (kind != "constant")))) < 0.5
    assert float(wilks(law)) < -10


def test_the_gradient_is_that_of_finite_differences():
    q = torch.randn(6, 4, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(wilks, (q,), atol=1e-5)


def test_the_plain_change_is_won_by_a_constant_and_the_ratio_is_not(springs):
    runs = springs.isel(run=slice(0, 40))
    spread = {}
    for kind in ("change", "variance"):
        done = train(runs, NetSettings(**{**SMALL.to_dict(), "conservation": kind, "epochs": 6}))
        spread[kind] = np.nanstd(done._heads(runs))
    assert spread["change"] < 0.25 * spread["variance"]


def test_heads_learn_without_moving_the_state_and_keeping_moves_no_head():
    net = PhysicsNet(2, 2, latent_dim=4, hidden=8, quantities=1)
    x, ahead = torch.randn(6, 8, 5, 2), torch.zeros(6, 8, 5)
    found = losses(net, x, ahead, 2, 1.0, "variance")
    found.conservation.backward(retain_graph=True)
    assert net.encoder.weight_hh_l0.grad is None
    net.zero_grad()
    torch.nn.init.normal_(net.predictor.linear.weight)
    x = torch.randn(6, 1, 1, 2).expand(6, 8, 5, 2)  # at rest: every head holds
    found = losses(net, x, ahead, 2, 1.0, "variance")
    found.keeping.backward()
    assert all(p.grad is None or not p.grad.any() for p in net.head.parameters())
    assert net.predictor.linear.weight.grad.any()


def test_at_first_the_state_stays_and_is_what_is_seen():
    net = PhysicsNet(3, 4, latent_dim=8, hidden=8, quantities=2, changes=True)
    z = torch.randn(4, 8)
    assert torch.equal(net.step(z), z)
    assert torch.equal(net.decode(z), z[:, :3])
    windows = torch.randn(5, 4, 3)
    plain = net.seen(windows.flatten(1))
    assert torch.equal(plain[:, :3], windows[:, -1])
    torch.testing.assert_close(plain[:, 3:6], 10 * (windows[:, -1] - windows[:, -2]))


# ------------------------------------------------------------------------------ windows


@given(st.integers(6, 200), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_split_parts_all_runs(count, seed):
    runs = make({"x": np.zeros((count, 3))}, np.arange(3.0))
    parts = split(runs, seed)
    assert sorted(np.concatenate(parts)) == list(range(count))
    assert min(part.size for part in parts) >= 1
    assert all((a == b).all() for a, b in zip(parts, split(runs, seed), strict=True))


def test_a_window_is_complete_or_none():
    rng = np.random.default_rng(0)
    x = np.where(rng.random((4, 30, 2)) < 0.1, np.nan, 1.0)
    found = starts(x, 3)
    for row in range(4):
        for k in range(30):
            whole = k + 3 <= 30 and np.isfinite(x[row, k : k + 3]).all()
            assert found[row, k] == whole


def test_channels_and_back_with_angles_and_gaps():
    runs = simulate("pendulum", runs=8, samples=60, seed=2)
    runs["theta"][1, 20:23] = np.nan
    frame = Frame.of(runs, np.arange(8))
    assert frame.channels == 3
    x, _ = frame.encoded(runs)
    back = frame.decoded(x, {n: runs[n].values for n in frame.variables})
    for name, values in back.items():
        np.testing.assert_allclose(values, runs[name].values, atol=1e-9)


def test_positions_alone_get_a_longer_window_and_so_does_noise():
    clean = simulate("spring", runs=8, samples=100)
    noisy = simulate("spring", runs=8, samples=100, noise=0.02)
    every = np.arange(8)
    assert Frame.of(clean, every).window < Frame.of(clean, every, ("x",)).window
    assert Frame.of(clean, every).window < Frame.of(noisy, every).window
    assert Frame.of(clean, every, window=5).window == 5
    assert Frame.of(clean, every, ("x",)).state_size == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: train(r.isel(run=slice(0, 4)), SMALL), "4 runs"),
        (lambda r: train(r, NetSettings(observe=("z",))), "no variable 'z'"),
        (lambda r: train(r, NetSettings(latent_dim=1)), "latent_dim 1"),
        (lambda r: train(r.isel(time=slice(0, 4)), SMALL), "samples in a row"),
        (lambda r: train(r.assign(x=r.x * 0), SMALL), "never changes"),
        (lambda r: train(r, NetSettings(epochs=1, rate=1e30, patience=0)), "loss of"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(springs, change, said):
    with pytest.raises(Refusal, match=said):
        change(springs)


@given(st.sampled_from(["epochs", "batch_size", "hidden", "horizon"]), st.integers(-5, 0))
def test_settings_that_cannot_be_meant(name, value):
    with pytest.raises(Refusal, match=name):
        NetSettings(**{name: value})


def test_no_gpu_no_cuda(springs):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(Refusal, match="cuda"):
        train(springs, NetSettings(device="cuda"))


# ----------------------------------------------------------------------------- training


def test_a_spring_gives_its_energy_and_shuffled_time_gives_nothing(springs, spring):
    test = split(springs, SMALL.seed)[2]
    q, e = spring.quantities(springs)[test, :, 0], energy(springs)[test]
    held = np.isfinite(q)
    assert spring.count == 1
    assert abs(spearmanr(q[held], e[held])[0]) > 0.9
    rng = np.random.default_rng(0)
    mixed = springs.copy(deep=True)
    order = rng.permuted(np.tile(np.arange(80), (60, 1)), axis=1)
    for name in ("x", "v"):
        # of every run's samples, those of other runs: nothing is left that a run could keep
        values = springs[name].values[rng.permutation(60)[:, None], order]
        mixed[name][:] = rng.permuted(values, axis=0)
    assert train(mixed, NetSettings(**{**SMALL.to_dict(), "epochs": 3})).count == 0


def test_broken_off_and_resumed_ends_in_the_same_bits(springs, tmp_path):
    few = NetSettings(**{**SMALL.to_dict(), "epochs": 3})
    whole, place = train(springs, few), tmp_path / "here.checkpoint"

    def stop(epoch, *_):
        if epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(springs, few, checkpoint=place, progress=stop)
    seen = []
    again = train(
        springs, few, checkpoint=place, resume=True, progress=lambda e, *_: seen.append(e)
    )
    assert seen == [2, 3]
    for name, values in whole.net.state_dict().items():
        assert torch.equal(values, again.net.state_dict()[name]), name
    assert np.array_equal(whole.history["loss"], again.history["loss"])
    other = NetSettings(**{**few.to_dict(), "hidden": 16})
    with pytest.raises(Refusal, match="another shape"):
        train(springs, other, checkpoint=place, resume=True)
    with pytest.raises(Refusal, match="other data"):
        train(springs[["x"]], few, checkpoint=place, resume=True)


def test_training_ends_early_where_nothing_gets_better(springs):
    done = train(springs, NetSettings(**{**SMALL.to_dict(), "rate": 1e-12, "patience": 2}))
    assert len(done.history["loss"]) < SMALL.epochs


def test_saved_and_loaded_says_the_same(spring, springs, tmp_path):
    spring.save(tmp_path / "net.safetensors")
    again = Trained.load(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(again.quantities(springs), spring.quantities(springs))
    assert again.settings == spring.settings
    assert again.count == spring.count
    assert {k: list(v) for k, v in again.history.items()} == {
        k: list(v) for k, v in spring.history.items()
    }
    (tmp_path / "other").write_bytes(b"\x80\x04nothing")
    with pytest.raises(Refusal, match="no network of lawful"):
        Trained.load(tmp_path / "other")


def test_uneven_clocks_and_angles_train_too():
    runs = simulate("pendulum", runs=12, samples=90, seed=1)
    rng = np.random.default_rng(0)
    keep = np.sort(rng.permuted(np.tile(np.arange(90), (12, 1)), axis=1)[:, :60], axis=1)
    row = np.arange(12)[:, None]
    uneven = make(
        {n: runs[n].values[row, keep] for n in ("theta", "omega")},
        runs.time.values[keep],
        roles={n: dict(runs[n].attrs) for n in ("theta", "omega")},
    )
    done = train(uneven, NetSettings(**{**SMALL.to_dict(), "epochs": 2}))
    assert done.net.clocked
    ahead = done.forecast(uneven, prefix=20)
    assert np.isfinite(ahead.theta.values).all()
    jumps = np.abs(np.diff(ahead.theta.values, axis=1)).max()
    assert jumps < np.pi


# ---------------------------------------------------------------------------- forecasts


def test_a_forecast_keeps_its_prefix_and_its_clock(spring, springs):
    gone = springs.copy(deep=True)
    clock = np.tile(springs.time.values, (60, 1))
    clock[3, 70:] = np.nan
    gone = make(
        {n: np.where(np.isfinite(clock), springs[n].values, np.nan) for n in ("x", "v")}, clock
    )
    ahead = spring.forecast(gone, prefix=10)
    for name in ("x", "v"):
        np.testing.assert_array_equal(ahead[name].values[:, :10], gone[name].values[:, :10])
        assert np.isnan(ahead[name].values[3, 70:]).all()
        assert np.isfinite(ahead[name].values[4]).all()
    for prefix in (0, 80, 500):
        with pytest.raises(Refusal, match="prefix"):
            spring.forecast(springs, prefix=prefix)


def test_what_is_held_stays(spring, springs):
    free = energy(spring.forecast(springs, prefix=10))
    held = energy(spring.forecast(springs, prefix=10, hold=["v**2/2 + x**2"]))
    first = free[:, :1]
    stray = np.abs(held[:, 10:] / first - 1).max()
    assert stray < 1e-3 < np.abs(free[:, 10:] / first - 1).max()
    q = spring.quantities(spring.forecast(springs, prefix=10, hold=True))[..., 0]
    loose = spring.quantities(spring.forecast(springs, prefix=10))[..., 0]
    assert np.abs(q[:, -1] - q[:, 9]).mean() < np.abs(loose[:, -1] - loose[:, 9]).mean()


def test_putting_back_is_the_shortest_way_to_the_circle():
    y = torch.randn(20, 2, dtype=torch.float64) * 0.2 + torch.tensor([2.0, 1.0])
    one = torch.ones(20, 1, dtype=torch.float64)
    back = put_back(y, lambda y: (y**2).sum(-1, keepdim=True).sqrt(), one)
    torch.testing.assert_close(back, y / y.norm(dim=1, keepdim=True), atol=1e-4, rtol=0)


# -------------------------------------------------------------------------- quantities


def test_a_direction_hidden_among_heads_is_found_and_counted_once():
    rng = np.random.default_rng(0)
    law, other = rng.normal(size=(2, 80, 1))
    noise = rng.normal(size=(80, 20, 2))
    q = np.stack(
        [law + noise[..., 0], law - noise[..., 0], law**2 + other + noise[..., 1]], axis=-1
    )
    found = rotation(q[:60], q[60:])
    assert (found.within_total <= HOLDS).sum() == 1
    means = np.stack([law[:, 0], np.exp(law[:, 0]), other[:, 0]], axis=1)
    assert independent(means) == [0, 2]


@given(st.integers(0, 20))
@settings(max_examples=10, deadline=None)
def test_noise_explains_nothing(seed):
    rng = np.random.default_rng(seed)
    assert explained(rng.normal(size=(60, 2)), rng.normal(size=60)) < 0.5


class Knows:
    """Stands for a network that learned two functions of energy and angular momentum."""

    within_total = np.array([1e-4, 1e-4])
    count = 2

    def __init__(self, stray=0.0):
        self.stray = stray

    def quantities(self, runs):
        x, y, vx, vy = (runs[n].values for n in ("x", "y", "vx", "vy"))
        e, m = (vx**2 + vy**2) / 2 - 39.4784176 / np.hypot(x, y), x * vy - y * vx
        e, m = (e - e.mean()) / e.std(), (m - m.mean()) / m.std()
        mixed = np.stack([e + 0.4 * m + 0.1 * e * m, m - 0.3 * e + 0.1 * e**2], axis=-1)
        return mixed + self.stray * np.random.default_rng(0).normal(size=mixed.shape)


@pytest.mark.parametrize("stray", [0.0, 0.01])
def test_mixed_quantities_are_turned_to_what_terms_can_say(stray):
    runs = simulate("orbit", runs=60, samples=100, seed=4)
    found = targets(Knows(stray), runs)
    said = [set(one.suggestion) for one in found]
    assert {"x*vy", "y*vx"} in said
    x, y, vx, vy = (runs[n].values for n in ("x", "y", "vx", "vy"))
    momentum = found[said.index({"x*vy", "y*vx"})].values
    assert abs(np.corrcoef(momentum.ravel(), (x * vy - y * vx).ravel())[0, 1]) > 0.999
    assert len(found) == 2


def test_only_what_is_observed_is_seen(springs):
    assert list(observed(springs, ("x",)).data_vars) == ["x"]
    done = train(springs, NetSettings(**{**SMALL.to_dict(), "epochs": 1, "observe": ("x",)}))
    alone = make({"x": springs.x.values}, springs.time.values)
    np.testing.assert_array_equal(done.quantities(springs), done.quantities(alone))
    with pytest.raises(Refusal, match="data without x"):
        done.quantities(springs[["v"]])
