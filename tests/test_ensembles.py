"""Ensembles against networks trained alone, engine against engine, and against theory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.learning import GradientDescent, Momentum, NeuralNetwork, Samples, datasets, train
from lawful.learning.ensembles import (
    Goal,
    Population,
    State,
    engines,
    evolve,
    lanes,
    reference,
    shared,
    wide,
)
from lawful.refusal import Refusal

ENGINES = ["reference", "shared", "wide"] + (["lanes"] if lanes.available() else [])
NETWORKS = [
    ([3, 4, 1], {"activation": name, "output": "sigmoid", "loss": "squared"})
    for name in ("tanh", "sigmoid", "relu", "leaky_relu", "gelu", "linear")
] + [
    ([3, 4, 1], {"loss": "binary_cross_entropy"}),
    ([3, 4, 3], {"activation": "relu", "output": "softmax"}),
    ([3, 4, 3], {"output": "softmax", "loss": "squared"}),
    ([3, 5, 4, 2], {"output": "sigmoid", "loss": "squared"}),
    ([3, 2], {"output": "linear"}),
]


def drawn(layers, count=9, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(count, layers[0]))
    if layers[-1] == 1:
        return Samples(X, (rng.random((count, 1)) > 0.5) * 1.0)
    return Samples(X, np.eye(layers[-1])[rng.integers(layers[-1], size=count)])


def rough(layers, size=6, **given):
    return Population.of(layers, weight_init="random", seeds=np.arange(size), **given)


# ---------------------------------------------------------------------- gradients


@pytest.mark.parametrize("way", [reference, shared, wide])
@pytest.mark.parametrize(("layers", "given"), NETWORKS)
def test_loss_gradient_and_answers_are_the_single_networks(way, layers, given):
    one, data = rough(layers, **given), drawn(layers)
    x = one.positions()
    U, g, answers = way.loss_and_gradient(one.architecture, x, data.X, data.y)
    right = reference.accuracy_of(one.architecture, answers, data.y)
    for k in range(one.size):
        net = one.network(k)
        np.testing.assert_allclose(U[k], net.loss(data.X, data.y), rtol=1e-12)
        np.testing.assert_allclose(g[:, k], net.gradient(data.X, data.y), rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(answers[..., k], net.forward(data.X), rtol=1e-11, atol=1e-14)
        np.testing.assert_equal(right[k], net.accuracy(data.X, data.y))


@pytest.mark.parametrize(("layers", "given"), NETWORKS)
def test_the_same_source_runs_on_torch(layers, given):
    torch = pytest.importorskip("torch")
    one, data = rough(layers, **given), drawn(layers)
    x = one.positions()
    tensors = [torch.tensor(np.array(a)) for a in (x, data.X, data.y)]
    made = reference.loss_and_gradient(one.architecture, *tensors)
    right = reference.loss_and_gradient(one.architecture, x, data.X, data.y)
    for ours, theirs in zip(made, right, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-11, atol=1e-14)
    judged = reference.accuracy_of(one.architecture, made[2], tensors[2])
    shares = reference.accuracy_of(one.architecture, right[2], data.y)
    np.testing.assert_allclose(judged, shares, rtol=1e-6)
    step = reference.flowed(one.architecture, *tensors, 0.1)
    np.testing.assert_allclose(
        step, reference.flowed(one.architecture, x, data.X, data.y, 0.1), rtol=1e-11, atol=1e-14
    )


@pytest.mark.parametrize("way", [reference, shared, wide])
@pytest.mark.parametrize(("layers", "given"), NETWORKS)
def test_single_precision_stays_single_and_near(way, layers, given):
    data = drawn(layers)
    double, single = (rough(layers, dtype=dtype, **given) for dtype in ("float64", "float32"))
    X, y = (table.astype("float32") for table in (data.X, data.y))
    made = way.loss_and_gradient(single.architecture, single.positions(), X, y)
    right = reference.loss_and_gradient(double.architecture, double.positions(), data.X, data.y)
    for ours, theirs in zip(made, right, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


def test_a_heavy_ball_moves_alike_on_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, v, g, rates, push = rng.normal(size=(5, 6, 4))
    mu = rng.random(4)
    made = reference.moved(*(torch.tensor(a) for a in (x, v, g, rates, mu, push)))
    for ours, theirs in zip(made, reference.moved(x, v, g, rates, mu, push), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-14, atol=1e-15)


# ---------------------------------------------------------------------- ways to the end


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_a_network_in_an_ensemble_goes_the_way_it_goes_alone(engine, momentum):
    data = datasets.xor()
    one = Population.of([2, 3, 1], learning_rate=0.5, momentum=momentum, seeds=[3, 4, 5])
    done = evolve(one, data, steps=80, engine=engine)
    dynamics = Momentum(0.5, momentum) if momentum else GradientDescent(0.5)
    for k in range(one.size):
        net = one.network(k)
        train(net, data, steps=80, dynamics=dynamics)
        np.testing.assert_allclose(done.state.x[:, k], net.parameters, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(done.energy[k], net.loss(data.X, data.y), rtol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dynamics", ["heavy_ball", "gradient_flow"])
def test_every_engine_goes_one_way(engine, dynamics):
    still = dynamics == "gradient_flow"
    one = Population.of(
        [2, 4, 3],
        activation="relu",
        learning_rate=np.array([[0.2] * 5, [0.05] * 5]),
        momentum=0.0 if still else 0.5,
        temperature=0.0 if still else 1e-3,
        seeds=range(5),
    )
    data = drawn([2, 4, 3])
    done, right = (
        evolve(one, data, steps=30, dynamics=dynamics, engine=name)
        for name in (engine, "reference")
    )
    np.testing.assert_allclose(done.state.x, right.state.x, rtol=1e-9, atol=1e-11)
    np.testing.assert_array_equal(done.solved_at, right.solved_at)
    assert done.engine == engine


@pytest.mark.parametrize("engine", sorted({*ENGINES} - {"shared"}))
def test_neighbours_order_and_pauses_change_no_bit(engine):
    one, data = rough([2, 4, 1], 9, temperature=1e-3, momentum=0.3), drawn([2, 4, 1])
    whole = evolve(one, data, steps=25, engine=engine)
    alone = evolve(one.part(slice(4, 5)), data, steps=25, engine=engine)
    assert (alone.state.x[:, 0] == whole.state.x[:, 4]).all()
    order = np.random.default_rng(0).permutation(9)
    mixed = evolve(one.part(order), data, steps=25, engine=engine)
    assert (mixed.state.x == whole.state.x[:, order]).all()
    half = evolve(one, data, steps=10, engine=engine)
    rest = evolve(one, data, steps=15, engine=engine, state=half.state)
    assert (rest.state.x == whole.state.x).all()
    assert rest.state.step == 25


@pytest.mark.parametrize("engine", sorted({*ENGINES} - {"shared"}))
def test_a_bath_next_door_changes_no_bit(engine):
    mixed = rough([2, 4, 1], 4, temperature=[0.0, 1e-3, 0.0, 1e-2], momentum=0.3)
    data = drawn([2, 4, 1])
    whole = evolve(mixed, data, steps=25, engine=engine)
    cold = evolve(mixed.part(np.array([0, 2])), data, steps=25, engine=engine)
    assert (cold.state.x == whole.state.x[:, [0, 2]]).all()


@given(st.permutations(range(7)), st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_the_oracle_keeps_its_bits_however_networks_are_parted(order, cut):
    one, data = rough([2, 3, 2], 7, output="softmax", learning_rate=0.3), drawn([2, 3, 2])
    whole = evolve(one, data, steps=6, engine="reference")
    for which in (np.array(order[:cut]), np.array(order[cut:])):
        part = evolve(one.part(which), data, steps=6, engine="reference")
        assert (part.state.x == whole.state.x[:, which]).all()
        assert (part.energy == whole.energy[which]).all()


def test_blocks_change_no_bit_and_progress_ends_at_one(monkeypatch):
    one, data, shares = rough([2, 4, 1], 50), drawn([2, 4, 1]), []
    whole = evolve(one, data, steps=5, engine="reference")
    monkeypatch.setitem(engines.NUMBERS, "reference", 500)
    parts = evolve(one, data, steps=5, engine="reference", progress=shares.append)
    assert (whole.state.x == parts.state.x).all()
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


# ---------------------------------------------------------------------- theory


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_a_bath_has_the_variance_that_theory_gives(engine, momentum):
    """One weight, no gradient for its bias: U = ½ λ (x − 1)² with λ = 4."""
    data = Samples([[2.0], [-2.0]], [[2.0], [-2.0]])
    rate, heat, curvature, size = 0.2, 0.05, 4.0, 4000
    one = Population.of(
        [1, 1],
        output="linear",
        learning_rate=rate,
        momentum=momentum,
        temperature=heat,
        seeds=np.arange(size),
    )
    x = evolve(one, data, steps=120, engine=engine).state.x[0]
    right = heat / curvature / (1 - rate * curvature / (2 * (1 + momentum)))
    assert abs(x.mean() - 1) < 5 * np.sqrt(right / size)
    assert abs(x.var() / right - 1) < 5 * np.sqrt(2 / size)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_flows_error_falls_with_the_fourth_power(engine):
    data = drawn([2, 3, 1])

    def after(steps):
        one = rough([2, 3, 1], learning_rate=8.0 / steps)
        return evolve(one, data, steps=steps, dynamics="gradient_flow", engine=engine).state.x

    exact = after(640)
    errors = [np.abs(after(steps) - exact).max() for steps in (10, 20, 40)]
    orders = np.diff(-np.log2(errors))
    assert (orders > 3.5).all()
    assert (orders < 4.6).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_bowl_is_left_where_theory_says(engine):
    """A heavy ball is stable for η < 2 (1 + μ)/λ."""
    data, mu = Samples([[2.0], [-2.0]], [[2.0], [-2.0]]), 0.5
    limit = 2 * (1 + mu) / 4.0
    one = Population.of(
        [1, 1], output="linear", momentum=mu, learning_rate=limit * np.array([0.98, 1.02])
    )
    done = evolve(one, data, steps=20_000, engine=engine)
    assert done.energy[0] < 1e-20
    assert not done.finite[1]


# ---------------------------------------------------------------------- ends and goals


@pytest.mark.parametrize("engine", ENGINES)
def test_a_lost_network_is_no_number_and_no_warning(engine):
    one = Population.of([2, 3, 1], output="linear", learning_rate=[0.1, 1e9, 0.1], seeds=2)
    done = evolve(one, drawn([2, 3, 1]), steps=200, engine=engine)
    np.testing.assert_array_equal(done.finite, [True, False, True])
    assert done.energy[0] == done.energy[2]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_start_and_the_last_weights_may_meet_the_goal(engine):
    one, data = Population.of([2, 3, 1], learning_rate=0.5, seeds=range(8)), datasets.xor()
    start = evolve(one, data, steps=0, goal=Goal(accuracy=0.5), engine=engine)
    np.testing.assert_array_equal(start.solved, start.accuracy >= 0.5)
    assert (start.solved_at[start.solved] == 0).all()
    late = evolve(
        one, data, steps=7, goal=Goal(energy=float(np.median(start.energy))), engine=engine
    )
    np.testing.assert_array_equal(late.solved, late.solved_at >= 0)
    assert (late.energy[~late.solved] > np.median(start.energy)).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_first_of_the_steps_that_meet_the_goal_is_told(engine):
    data = datasets.xor()
    one = Population.of([2, 3, 1], learning_rate=2.0, momentum=0.8, seeds=range(6))
    goal = Goal(energy=0.02)
    done = evolve(one, data, steps=400, goal=goal, engine=engine)
    assert done.solved.any()
    for k in np.flatnonzero(done.solved):
        at = int(done.solved_at[k])
        assert at > 1
        for steps, low in ((at, True), (at - 1, False)):
            net = one.network(k)
            train(net, data, steps=steps, dynamics=Momentum(2.0, 0.8))
            assert (net.loss(data.X, data.y) <= goal.energy) == low


def test_a_linear_output_is_judged_by_its_loss():
    one = Population.of([2, 4, 1], output="linear", learning_rate=0.3, seeds=range(6))
    done = evolve(one, datasets.xor(), steps=3000)
    assert np.isnan(done.accuracy).all()
    np.testing.assert_array_equal(done.solved, done.energy <= 0.01)
    assert done.solved.any()
    with pytest.raises(Refusal, match="a loss to reach"):
        evolve(one, datasets.xor(), goal=Goal(accuracy=1.0))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("start", ["random", "xavier", "he", "orthogonal"])
def test_first_weights_are_those_of_the_network(start, dtype):
    given = {"activation": "relu", "weight_init": start, "dtype": dtype}
    x = Population.of([3, 5, 2], seeds=[0, 8], **given).positions()
    for k, seed in enumerate((0, 8)):
        right = NeuralNetwork([3, 5, 2], seed=seed, **given).parameters
        assert x.dtype == right.dtype
        np.testing.assert_array_equal(x[:, k], right)


def test_first_weights_are_the_single_networks_scaled():
    one = Population.of([2, 3, 1], init_scale=[1.0, 0.5], seeds=[7, 7])
    right = NeuralNetwork([2, 3, 1], seed=7).parameters
    np.testing.assert_array_equal(one.positions(), np.stack([right, 0.5 * right], axis=1))
    np.testing.assert_array_equal(one.network(1).parameters, 0.5 * right)


# ---------------------------------------------------------------------- refusals

BAD = {
    "learning_rate": st.one_of(st.floats(max_value=0), st.just(np.nan), st.just(np.inf)),
    "momentum": st.one_of(st.floats(max_value=-1e-9), st.floats(min_value=1), st.just(np.nan)),
    "temperature": st.one_of(st.floats(max_value=-1e-12), st.just(np.nan)),
    "init_scale": st.one_of(st.floats(max_value=0), st.just(np.nan)),
    "seeds": st.one_of(st.integers(-99, -1), st.just(0.5)),
}


@given(st.sampled_from(sorted(BAD)).flatmap(lambda name: st.tuples(st.just(name), BAD[name])))
@settings(max_examples=60, deadline=None)
def test_numbers_that_cannot_be_meant_are_refused(case):
    name, value = case
    with pytest.raises(Refusal):
        Population.of([2, 3, 1], **{name: [value, value]})


def test_other_misfits_are_refused_with_a_remedy():
    one, data = Population.of([2, 3, 1]), datasets.xor()
    with pytest.raises(Refusal, match="such as 2-3-1"):
        evolve(Population.of([3, 3, 1]), data)
    with pytest.raises(Refusal, match="did you mean 'reference'"):
        evolve(one, data, engine="referense")
    with pytest.raises(Refusal, match="steps"):
        evolve(one, data, steps=-1)
    with pytest.raises(Refusal, match="both 0"):
        evolve(Population.of([2, 3, 1], momentum=0.5), data, dynamics="gradient_flow")
    with pytest.raises(Refusal, match="no gelu" if lanes.available() else "fast"):
        evolve(Population.of([2, 3, 1], activation="gelu"), data, engine="lanes")
    with pytest.raises(Refusal, match="one for each network"):
        Population.of([2, 3, 1], momentum=[0.1, 0.2], seeds=[1, 2, 3])
    with pytest.raises(Refusal, match="one row for each layer"):
        Population.of([2, 3, 1], learning_rate=np.ones((3, 4)))
    plan = NeuralNetwork([2, 3, 1], l2=0.1).architecture
    with pytest.raises(Refusal, match="--seeds"):
        Population.built(plan, 0.1, 0.0, 0.0, 1.0, 0)
    with pytest.raises(Refusal, match="accuracy"):
        Goal(accuracy=1.5)
    with pytest.raises(Refusal, match="whole number"):
        evolve(one, data, steps=2.5)
    with pytest.raises(Refusal, match="go on with the population"):
        evolve(one, data, state=State.start(Population.of([2, 3, 1], seeds=[1, 2])))
    with pytest.raises(Refusal, match="one network or more"):
        Population.of([2, 3, 1], seeds=[])
    with pytest.raises(Refusal, match="whole numbers"):
        Population.of([2, 3, 1], seeds=[np.inf])


@pytest.mark.parametrize(
    ("layers", "activation", "engine"),
    [
        ([2, 3, 1], "tanh", "lanes"),
        ([2, 3, 1], "gelu", "reference"),
        ([2, 20, 20, 1], "tanh", "wide"),
        ([64, 8, 2], "relu", "shared"),
        ([64, 32, 10], "relu", "wide"),
    ],
)
def test_auto_takes_the_engine_that_its_table_says(monkeypatch, layers, activation, engine):
    monkeypatch.setattr(lanes, "available", lambda: True)
    plan = NeuralNetwork(layers, activation=activation).architecture
    assert engines.engine_for(plan, "auto") == engine
    monkeypatch.setattr(lanes, "available", lambda: False)
    assert engines.engine_for(plan, "auto") == ("reference" if engine == "lanes" else engine)
    with pytest.raises(Refusal, match=r"lawful\[fast\]"):
        engines.engine_for(plan, "lanes")
