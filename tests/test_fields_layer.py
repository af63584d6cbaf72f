"""The field as a layer: shapes, types, what it learns, what it keeps, what it refuses."""

import copy
import io

import pytest

torch = pytest.importorskip("torch", reason="lawful[torch]")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from torch import nn  # noqa: E402

from lawful.fields import FieldLayer, observables  # noqa: E402
from lawful.refusal import Refusal  # noqa: E402

EVERY = {
    "learned": {},
    "planes": {"planes": 4},
    "random": {"potential": "random", "planes": 2},
    "harmonic": {"potential": "harmonic", "frequency": 0.7},
    "none": {"potential": "none"},
    "nonlinear": {"nonlinearity": 0.5},
    "learned strength": {"nonlinearity": "learned", "bound": 2.0},
    "absorbing": {"absorbing": 0.3},
    "identity": {"steps": 0},
    "euler": {"method": "euler", "dt": 0.01},
    "order 4": {"method": "yoshida4"},
    "ring": {"grid": (12,)},
    "some": {"keep": "some"},
    "none kept": {"keep": "none", "nonlinearity": 0.3},
    "unit norm": {"norm": 1.0, "mu": 0.4},
    "pair": {"pair": True},
    "long": {"length": 5.0},
}


def made(**chosen):
    return FieldLayer(**{"grid": (6, 10), "steps": 4, "seed": 0, **chosen})


def batch(layer, dtype=torch.float32, seed=0):
    source = torch.Generator().manual_seed(seed)
    middle = (2,) if layer.pair and not dtype.is_complex else ()
    return torch.randn(3, *middle, *layer.grid.points, generator=source, dtype=dtype)


@pytest.mark.parametrize("readout", ["density", "amplitude", "complex"])
@pytest.mark.parametrize("name", EVERY)
def test_every_layer_keeps_the_contract(name, readout):
    layer = made(**EVERY[name], readout=readout)
    x = batch(layer).requires_grad_()
    y = layer(x)
    assert y.shape == (3, *layer.grid.points)
    assert y.dtype == (torch.complex64 if readout == "complex" else torch.float32)
    (y.abs() ** 2).sum().backward()
    for one in [x, *layer.parameters()]:
        if one.grad is not None:
            assert torch.isfinite(one.grad).all()
    if layer.steps and readout == "complex":
        loose = y.detach() - layer(x).detach()
        assert not loose.any(), "the same input gives the same output"
    again = copy.deepcopy(layer)
    kept = io.BytesIO()
    torch.save(layer.state_dict(), kept)
    kept.seek(0)
    again.load_state_dict(torch.load(kept, weights_only=True))
    torch.testing.assert_close(again(x), y, rtol=0, atol=0)
    assert "FieldLayer(grid=" in repr(layer)


def test_random_planes_travel_with_the_state():
    one, other = (FieldLayer(8, 3, potential="random", seed=k) for k in (1, 2))
    x = torch.rand(2, 8, 8)
    assert not torch.allclose(one(x), other(x))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(x), other(x))
    assert not list(one.parameters())


def test_every_parameter_of_a_learned_layer_is_moved():
    layer = made(planes=2, nonlinearity="learned")
    layer(batch(layer))[:, 1, 2].sum().backward()
    for parameter in layer.parameters():
        assert parameter.grad.abs().max() > 0
    assert layer.nonlinearity.item() == 0.0


def test_the_strength_stays_within_its_bound():
    layer = made(nonlinearity="learned", bound=0.5)
    with torch.no_grad():
        layer.raw.fill_(50.0)
    assert layer.nonlinearity.item() == pytest.approx(0.5)


def test_the_norm_is_what_was_asked_for_and_stays():
    layer = made(norm=2.5, readout="complex", nonlinearity=1.0, steps=30, planes=3)
    size = observables.norm(layer(batch(layer)), layer.grid)
    assert size.tolist() == pytest.approx([2.5] * 3, rel=1e-5)


def test_no_step_reads_out_what_came_in():
    x = torch.randn(2, 6, 10)
    torch.testing.assert_close(made(steps=0, readout="amplitude")(x), x.abs())


def test_a_pair_is_real_and_imaginary_part():
    x = torch.randn(3, 2, 6, 10)
    pair, whole = made(pair=True), made()
    torch.testing.assert_close(pair(x), whole(torch.complex(x[:, 0], x[:, 1])))


def test_more_axes_than_one_may_come_first():
    layer = made(nonlinearity=0.4)
    x = torch.randn(2, 5, 6, 10)
    torch.testing.assert_close(layer(x)[1, 3], layer(x[1, 3][None])[0])


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_double_precision_in_gives_double_precision_out(dtype):
    layer = made().double()
    assert layer(batch(layer, dtype)).dtype == torch.float64
    assert layer.V.dtype == torch.float64


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(dtype):
    layer = made()
    x = batch(layer).to(dtype)
    assert torch.equal(layer(x), layer(x.float()))


def test_it_works_without_gradients_and_in_inference_mode():
    layer, x = made(nonlinearity="learned"), torch.rand(2, 6, 10)
    with torch.inference_mode():
        first = layer(x)
    with torch.no_grad():
        second = layer(x)
    third = layer(x)
    third.sum().backward()
    assert torch.equal(first, second)
    assert torch.equal(first, third)


@pytest.mark.parametrize("name", ["learned", "nonlinear", "absorbing"])
def test_what_is_kept_changes_memory_and_nothing_else(name):
    answers = []
    for keep in ("all", "some", "none"):
        if keep == "none" and name == "absorbing":
            continue
        layer = made(**EVERY[name], keep=keep, steps=10, dtype=torch.float64)
        x = batch(layer, torch.float64).requires_grad_()
        (layer(x) ** 2).sum().backward()
        answers.append((x.grad, layer.V.grad))
    for other in answers[1:]:
        for a, b in zip(answers[0], other, strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


def test_it_learns_to_focus():
    """Six planes send a flat field to a point: nothing that a random potential does."""
    torch.manual_seed(0)
    layer = FieldLayer(16, 6, 0.5, potential="learned", planes=6, norm=1.0, seed=0)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    x = torch.ones(1, 16, 16)
    before = layer(x)[0, 8, 8].item()
    for _ in range(100):
        optimizer.zero_grad()
        loss = -layer(x)[0, 8, 8]
        loss.backward()
        optimizer.step()
    assert layer(x)[0, 8, 8].item() > 20 * before


def test_it_stands_in_a_network():
    model = nn.Sequential(
        nn.Linear(10, 128), nn.Unflatten(1, (2, 8, 8)), FieldLayer(8, 3, pair=True),
        nn.Flatten(), nn.Linear(64, 2),
    )  # fmt: skip
    loss = model(torch.randn(4, 10)).square().sum()
    loss.backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", EVERY)
def test_a_gpu_gives_the_same(name):
    here = made(**EVERY[name])
    there = copy.deepcopy(here).cuda()
    x = batch(here)
    torch.testing.assert_close(there(x.cuda()).cpu(), here(x), rtol=1e-4, atol=1e-5)


@given(
    points=st.lists(st.integers(2, 9), min_size=1, max_size=2),
    steps=st.integers(0, 5),
    planes=st.integers(1, 6),
    rank=st.integers(0, 3),
    off=st.integers(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_a_layer_answers_or_refuses(points, steps, planes, rank, off):
    try:
        layer = FieldLayer(tuple(points), steps, planes=planes)
        x = torch.rand(*[2] * rank, *points[:-1], points[-1] + off)
        y = layer(x)
    except Refusal:
        assert planes > max(steps, 1) or off or rank == 0
    else:
        assert y.shape == x.shape
        assert planes <= max(steps, 1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"grid": (4, 4, 4)}, "3 axes"),
        ({"grid": 1}, "1 points"),
        ({"steps": -1}, "-1 steps"),
        ({"steps": 2.0}, "2.0 steps"),
        ({"dt": 0.0}, "dt=0"),
        ({"dt": float("inf")}, "time step"),
        ({"potential": "square"}, "potential='square'; expected one of learned"),
        ({"readout": "phase"}, "readout='phase'"),
        ({"method": "rk4"}, "method='rk4'"),
        ({"keep": "few"}, "keep='few'"),
        ({"planes": 9}, "9 planes in 8 steps"),
        ({"planes": 0}, "planes=0"),
        ({"potential": "none", "planes": 2}, "2 planes of potential 'none'"),
        ({"nonlinearity": 2.0}, "beyond the bound"),
        ({"nonlinearity": "free"}, "nonlinearity='free'"),
        ({"bound": 0.0}, "bound=0.0"),
        ({"mu": float("nan")}, "mu=nan"),
        ({"absorbing": 1.5}, "absorbing=1.5"),
        ({"absorbing": 0.2, "keep": "none"}, "backward in time"),
        ({"absorbing": 0.2, "method": "yoshida4"}, "backward in time"),
        ({"absorbing": 0.2, "dt": -0.1}, "positive time step"),
        ({"absorption": -1.0}, "absorption=-1.0"),
        ({"depth": -1.0}, "depth=-1.0"),
        ({"norm": 0.0}, "norm=0.0"),
        ({"length": 0.0}, "positive lengths"),
        ({"dtype": torch.float16}, "float16"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, words):
    with pytest.raises(Refusal, match=words):
        FieldLayer(**{"grid": 8, **settings})


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (torch.rand(2, 8, 9), r"\(…, 8, 8\)"),
        (torch.rand(8, 8), r"\(batch, …, \*grid\)"),
        (torch.ones(2, 8, 8, dtype=torch.int64), "int64"),
        ([[1.0]], "a list"),
    ],
)
def test_input_that_cannot_be_meant_is_refused(x, words):
    with pytest.raises(Refusal, match=words):
        FieldLayer(8)(x)


@pytest.mark.parametrize("shape", [(2, 8, 8), (2, 3, 8, 8)])
def test_half_a_pair_is_refused(shape):
    with pytest.raises(Refusal, match="2, "):
        FieldLayer(8, pair=True)(torch.rand(shape))


def test_the_field_of_a_layer_can_be_recorded():
    """A learned potential takes no gradient into a record or a ground state."""
    from lawful.fields import ground_state, record

    layer = FieldLayer((8, 8), 2, depth=1.0, seed=0)
    runs = record(torch.rand(2, 8, 8), layer.grid, layer.V[0], samples=3)
    assert runs.sizes["time"] == 3
    assert ground_state(layer.grid, layer.V[0]).residual < 1e-6


def test_the_backward_pass_has_no_derivative_of_its_own():
    """It is written by hand: a second derivative is refused, not wrong."""
    layer = made()
    x = batch(layer).requires_grad_()
    (slope,) = torch.autograd.grad(layer(x).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.square().sum().backward()
