"""The image as the field, and the published network: shapes, sizes, gradients, and worth."""

import pytest

torch = pytest.importorskip("torch", reason="lawful[torch]")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402

from lawful.fields import FieldLayer, Grid, observables  # noqa: E402
from lawful.fields.memory.image_field import (  # noqa: E402
    POTENTIALS,
    ImageField,
    grid_of,
    padded,
)
from lawful.fields.memory.networks import mlp, numbers, width_of  # noqa: E402
from lawful.fields.memory.published import CORES, PublishedNetwork  # noqa: E402
from lawful.refusal import Refusal  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def images(count=6, side=8, seed=0):
    return torch.rand(count, side, side, generator=torch.Generator().manual_seed(seed))


def made(make, *arguments, weights=0, **settings):
    """With first weights of a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(weights)
        return make(*arguments, **settings)


def learnable(network):
    return sum(p.numel() for p in network.parameters())


# ------------------------------------------------------------------ the image on the grid


@given(st.integers(1, 300))
def test_a_grid_is_even_smooth_and_has_a_margin(side):
    points = grid_of(side)
    assert points % 2 == 0
    assert side + 4 <= points <= 1.6 * side + 8
    for prime in (2, 3, 5):
        while points % prime == 0:
            points //= prime
    assert points == 1


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 13), st.integers(0, 3))
def test_images_lie_in_the_middle_at_unit_norm(side, seed):
    points, x = grid_of(side), images(3, side, seed)
    field = padded(x, Grid((points, points)))
    assert field.shape == (3, points, points)
    torch.testing.assert_close(field.square().sum((1, 2)), torch.ones(3))
    first = (points - side) // 2
    inside = field[:, first : first + side, first : first + side]
    torch.testing.assert_close(inside, x / x.flatten(1).norm(dim=1)[:, None, None])
    assert points - first - side - first in (0, 1)


def test_a_blank_image_stays_blank():
    x = torch.zeros(1, 8, 8)
    assert not padded(x, Grid((12, 12))).any()
    assert torch.isfinite(ImageField(8)(x)).all()


# ------------------------------------------------------------------ the image is the field


@pytest.mark.parametrize("potential", POTENTIALS)
@pytest.mark.parametrize("readout", ["density", "amplitude"])
def test_scores_have_their_shape_and_features_their_scale(potential, readout):
    model = made(ImageField, 8, 5, potential=potential, readout=readout, seed=1)
    assert model(images()).shape == (6, 5)
    square = 1 if readout == "density" else 2
    features = model.features(images()).detach() ** square
    # P|ψ|² has the mean 1, whatever the field went through: the norm is kept.
    torch.testing.assert_close(features.mean(1), torch.ones(6))


def test_the_norm_is_kept_behind_many_planes_and_a_strong_interaction():
    model = made(ImageField, 8, planes=60, depth=3.0, nonlinearity=500.0, seed=2)
    torch.testing.assert_close(
        model.features(images()).mean(1), torch.ones(6), rtol=2e-5, atol=2e-5
    )


def test_without_evolution_the_image_itself_is_read():
    model = ImageField(8, potential="none")
    expected = 144 * padded(images(), Grid((12, 12))).square().flatten(1)
    torch.testing.assert_close(model.features(images()), expected)


def test_a_flight_without_planes_is_that_of_a_flat_potential():
    flat = made(ImageField, 8, potential="learned", depth=0.0)
    free = made(ImageField, 8, potential="free")
    torch.testing.assert_close(flat.features(images()), free.features(images()))


@pytest.mark.parametrize(
    ("side", "classes", "planes", "expected"), [(28, 10, 6, 16_394), (8, 10, 6, 2_314)]
)
def test_its_size(side, classes, planes, expected):
    assert numbers(ImageField(side, classes, planes=planes)) == expected
    width = width_of(expected, side, classes, layers=1)
    assert 0.9 * expected < numbers(mlp(side, classes, (width,))) <= expected


@pytest.mark.parametrize("g", [0.0, 100.0, "learned"])
def test_gradients_reach_every_plane(g):
    model = made(ImageField, 8, nonlinearity=g, seed=0)
    cross_entropy(model(images(20)), torch.arange(20) % 10).backward()
    slopes = model.field.V.grad.flatten(1).norm(dim=1)
    assert len(slopes) == 6
    assert (slopes > 1e-6).all()
    if g == "learned":
        assert model.field.raw.grad.abs() > 0


def test_the_seed_draws_the_planes_and_torch_the_readout():
    a, b, c = (made(ImageField, 8, potential="random", seed=s) for s in (1, 1, 2))
    assert torch.equal(a.field.V, b.field.V)
    assert not torch.equal(a.field.V, c.field.V)
    assert torch.equal(a.readout.weight, c.readout.weight)
    assert torch.equal(made(ImageField, 8, seed=3)(images()), made(ImageField, 8, seed=3)(images()))


def test_random_planes_are_kept_but_not_learnt():
    model = ImageField(8, potential="random")
    assert learnable(model) == numbers(model) - 6 * 144
    other = ImageField(8, potential="random")
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(images()), model(images()))


def test_every_parameter_is_in_one_group_and_planes_move_by_phases():
    model = ImageField(8, nonlinearity="learned")
    slow, fast = model.parameter_groups(1e-3)
    grouped = [id(p) for group in (slow, fast) for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in model.parameters())
    assert slow["lr"] == 1e-3 < fast["lr"]
    # Twice the time, half the step of V: the same phase.
    double = ImageField(8, dt=2 * model.field.dt).parameter_groups(1e-3)[1]["lr"]
    assert double == pytest.approx(fast["lr"] / 2)


@pytest.mark.parametrize(
    "settings",
    [
        {"potential": "harmonic"},
        {"readout": "complex"},
        {"planes": 0},
        {"planes": True},
        {"classes": 0},
        {"side": 0},
        {"dt": 0.0},
        {"dt": float("inf")},
        {"depth": -1.0},
        {"nonlinearity": float("nan")},
        {"nonlinearity": "strong"},
    ],
)
def test_an_image_field_refuses_what_cannot_be_meant(settings):
    with pytest.raises(Refusal):
        ImageField(**{"side": 8} | settings)


@pytest.mark.parametrize("model", [ImageField(8), PublishedNetwork(side=8, grid=8)])
@pytest.mark.parametrize("shape", [(2, 9, 9), (8, 8), (2, 1, 8, 8), (2, 8, 7)])
def test_images_of_another_shape_are_refused(model, shape):
    with pytest.raises(Refusal, match="images of the shape"):
        model(torch.rand(shape))


def taught(potential, seed, data):
    """Of permuted digits that were not learnt from: accuracy in per cent, and the loss."""
    x, labels = data
    draw = torch.Generator().manual_seed(seed)
    order = torch.randperm(64, generator=draw)
    rows = torch.randperm(len(labels), generator=draw)
    x, known, asked = x.flatten(1)[:, order].reshape(-1, 8, 8), rows[:1000], rows[1000:]
    model = made(ImageField, 8, potential=potential, weights=seed, seed=seed)
    stepper = torch.optim.Adam(model.parameter_groups(3e-3), fused=True)
    for _ in range(16):
        for batch in known[torch.randperm(1000, generator=draw)].split(50):
            stepper.zero_grad()
            cross_entropy(model(x[batch]), labels[batch]).backward()
            stepper.step()
    with torch.no_grad():
        scores = model(x[asked])
    hits = (scores.argmax(1) == labels[asked]).double().mean()
    return torch.tensor([100 * hits, cross_entropy(scores, labels[asked])])


def test_learned_planes_beat_random_ones_and_those_no_evolution():
    """The standing check, averaged over seeds that nobody chose."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    data = torch.tensor(digits.images / 16, dtype=torch.float32), torch.tensor(digits.target)
    none, random, learned = (
        torch.stack([taught(potential, seed, data) for seed in range(5)]).mean(0)
        for potential in ("none", "random", "learned")
    )
    # On other seeds: 0.9 ± 0.6 and 1.0 ± 0.7 points, mean and deviation of one seed.
    assert learned[0] > random[0] + 0.2
    assert random[0] > none[0] + 0.2
    assert learned[1] < 0.85 * random[1]


# ------------------------------------------------------------------ the published network


def small(core, **settings):
    return made(PublishedNetwork, core, side=8, grid=16, latent=8, **settings)


@pytest.mark.parametrize("potential", ["harmonic", "learned", "random", "none"])
@pytest.mark.parametrize("nonlinearity", [0.0, 1.0, "learned"])
def test_cores_are_of_one_size_and_share_their_first_weights(potential, nonlinearity):
    nets = [small(c, potential=potential, nonlinearity=nonlinearity, seed=0) for c in CORES]
    assert len({numbers(net) for net in nets}) == len({learnable(net) for net in nets}) == 1
    first = nets[0].state_dict()
    for net in nets[1:]:
        shared = {k: v for k, v in net.state_dict().items() if k != "field.V"}
        assert all(torch.equal(v, first[k]) for k, v in shared.items())


def test_its_full_size():
    assert {learnable(PublishedNetwork(core)) for core in CORES} == {263_626}
    assert PublishedNetwork("euler").field.dt == 0.01
    assert PublishedNetwork("euler").field.steps == 5


@pytest.mark.parametrize("core", CORES)
def test_gradients_reach_the_encoder_through_the_core(core):
    net = small(core)
    assert net(images()).shape == (6, 10)
    cross_entropy(net(images()), torch.arange(6)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.encoder.parameters())


def test_fields_begin_at_a_mean_density_of_one_and_keep_it_under_strang():
    net = small("strang", steps=100)
    start = net.start(images())
    assert start.shape == (6, 16, 16)
    assert start.is_complex()
    for psi in (start, net.field.evolve(start)):
        torch.testing.assert_close(
            observables.norm(psi, net.field.grid), torch.full((6,), 256.0), rtol=1e-4, atol=0
        )


def test_euler_gains_norm_and_the_faster_the_longer_its_step():
    growth = []
    for dt in (0.01, 0.05):
        net = small("euler", dt=dt)
        start = net.start(images())
        norms = observables.norm(net.field.evolve(start), net.field.grid)
        growth.append(float((norms / 256 - 1).min().detach()))
    assert 0 < growth[0] < 0.2 < growth[1]


def test_the_identity_is_a_core_of_no_steps():
    identity = small("identity")
    start = identity.start(images())
    assert torch.equal(identity.field.evolve(start), start)
    same = small("strang")
    same.field = FieldLayer(16, 0, norm=256.0, pair=True, potential="harmonic", readout="complex")
    assert torch.equal(same(images()), identity(images()))


def test_short_steps_of_either_solver_agree():
    euler, strang = small("euler", dt=1e-5), small("strang", dt=1e-5)
    torch.testing.assert_close(euler(images()), strang(images()), rtol=1e-3, atol=1e-4)
    assert (small("identity")(images()) - small("strang")(images())).abs().max() > 1e-3


@pytest.mark.parametrize(
    "settings", [{"core": "verlet"}, {"latent": 0}, {"grid": 1}, {"steps": 0}, {"classes": 2.5}]
)
def test_the_published_network_refuses_what_cannot_be_meant(settings):
    with pytest.raises(Refusal):
        PublishedNetwork(**{"side": 8} | settings)
