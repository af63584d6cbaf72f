"""Edges of learning: copies, odd data, options together, and trainings taken up again."""

import copy
import json
import pickle

import numpy as np
import pytest

from lawful.learning import (
    Adam,
    Diverged,
    GradientDescent,
    Langevin,
    Ledger,
    Momentum,
    NeuralNetwork,
    Potential,
    RMSprop,
    Samples,
    activations,
    datasets,
    evolve,
    record,
)
from lawful.learning import keeping as keep
from lawful.refusal import Refusal
from lawful.trajectories import check

XOR = datasets.xor()


# ---------------------------------------------------------------- copies


def through_pickle(net):
    """As a process pool sends it."""
    return pickle.loads(pickle.dumps(net))  # noqa: S301


@pytest.mark.parametrize("twin", [copy.deepcopy, copy.copy, through_pickle])
def test_a_network_copied_by_python_is_whole_and_its_own(twin):
    """Its weights must be views of its own parameters, or it would never learn."""
    net = NeuralNetwork([2, 3, 1], seed=1)
    before = net.parameters.copy()
    other = twin(net)
    assert np.shares_memory(other.weights[0], other.parameters)
    assert not np.shares_memory(other.parameters, net.parameters)
    first = other.loss(*XOR)
    for _ in range(5):
        other.train_step(*XOR, learning_rate=0.5)
    assert other.loss(*XOR) < first
    np.testing.assert_array_equal(net.parameters, before)


def test_weights_cannot_be_parted_from_the_parameters():
    """`weights[0] = W` either reaches the parameters or is refused, never neither."""
    net = NeuralNetwork([2, 3, 1], seed=1)
    try:
        net.weights[0] = np.zeros((2, 3))
    except (TypeError, Refusal):
        return
    assert not net.parameters[:6].any()


# ---------------------------------------------------------------- data given to the network


@pytest.mark.parametrize(("rows", "answers"), [(4, 1), (1, 4), (4, 3)])
def test_as_many_answers_as_samples_are_asked_for(rows, answers):
    net = NeuralNetwork([2, 3, 1])
    X, y = np.ones((rows, 2)), np.ones((answers, 1))
    for ask in (net.loss, net.gradient, net.accuracy, net.train_step):
        with pytest.raises(Refusal):
            ask(X, y)


def test_no_samples_at_all_are_refused():
    net = NeuralNetwork([2, 3, 1])
    for ask in (net.loss, net.gradient, net.accuracy, net.train_step):
        with pytest.raises(Refusal):
            ask(np.empty((0, 2)), np.empty((0, 1)))


@pytest.mark.parametrize(
    "X", ["text", [[1, 2], [3]], [["a", "b"]], np.array([[1 + 1j, 2]])], ids=str
)
def test_what_is_no_table_of_numbers_is_refused(X):
    with pytest.raises(Refusal):
        NeuralNetwork([2, 3, 1]).forward(X)


def test_a_step_from_what_is_no_number_leaves_the_weights_alone():
    net = NeuralNetwork([2, 3, 1], seed=1)
    before = net.parameters.copy()
    with pytest.raises(Refusal):
        net.train_step(np.full((4, 2), np.nan), XOR.y)
    np.testing.assert_array_equal(net.parameters, before)


def test_parameters_of_another_shape_are_refused():
    net = NeuralNetwork([2, 3, 1])
    with pytest.raises(Refusal):
        net.parameters = np.zeros(5)


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "linear", "gelu"])
@pytest.mark.parametrize("hidden", [name for name in activations.NAMES if name != "softmax"])
def test_single_precision_stays_single_in_every_activation(hidden, output):
    net = NeuralNetwork([2, 3, 2], activation=hidden, output=output, dtype="float32")
    exact = NeuralNetwork([2, 3, 2], activation=hidden, output=output)
    y = np.eye(2)[XOR.labels]
    gradient = net.gradient(XOR.X, y)
    assert gradient.dtype == np.float32
    assert all(a.dtype == np.float32 for part in net.trace(XOR.X) for a in part)
    np.testing.assert_allclose(gradient, exact.gradient(XOR.X, y), rtol=1e-4, atol=1e-6)


def test_several_labels_at_once_are_not_judged_as_classes():
    """Sigmoids of several outputs answer independently: the largest is no class."""
    net = NeuralNetwork([2, 3, 3], output="sigmoid")
    wanted = np.array([[1.0, 1.0, 0.0]])
    right = [net.accuracy_of(np.array([a]), wanted) for a in ([0.9, 0.8, 0.1], [0.8, 0.9, 0.1])]
    assert right[0] == right[1] or np.isnan(right).all()


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    "settings",
    [
        {"activation": None},
        {"l1": "much"},
        {"l2": None},
        {"dropout": "half"},
        {"layers": [2, float("inf"), 1]},
    ],
    ids=str,
)
def test_settings_of_another_kind_are_refused(settings):
    with pytest.raises(Refusal):
        NeuralNetwork(**{"layers": [2, 3, 1], **settings})


@pytest.mark.parametrize(
    "options",
    [
        {"validation": "0.2"},
        {"goal": "0.9"},
        {"learning_rate": "0.1"},
        {"schedule": None},
        {"schedule": lambda step, steps: 1.0},
        {"dynamics": None},
        {"dynamics": 3},
        {"dynamics": Adam},
    ],
    ids=lambda options: next(iter(options)),
)
def test_options_of_another_kind_are_refused(options):
    with pytest.raises(Refusal):
        next(evolve(NeuralNetwork([2, 3, 1]), XOR, **options))


def test_samples_kept_apart_may_come_as_a_pair_as_the_others_do():
    done = record(NeuralNetwork([2, 3, 1]), XOR, validation=(XOR.X, XOR.y), steps=3)
    assert float(done.runs["validation_loss"][0, -1]) == float(done.runs["loss"][0, -1])


@pytest.mark.parametrize("epsilon", [-1.0, 0.0, float("nan"), float("inf")])
@pytest.mark.parametrize("kind", [Adam, RMSprop])
def test_an_epsilon_that_divides_by_nothing_is_refused(kind, epsilon):
    with pytest.raises(Refusal):
        kind(epsilon=epsilon)


def test_numbers_of_numpy_are_numbers():
    """They must not fail at the end, when the training is written down."""
    done = record(
        NeuralNetwork([2, 3, 1]),
        XOR,
        dynamics=Adam(learning_rate=np.float32(0.1)),
        steps=np.int64(4),
        batch=np.int64(2),
        patience=np.int64(3),
        every=np.int64(1),
    )
    assert json.loads(done.runs.attrs["origin"])["steps"] == 4


# ---------------------------------------------------------------- the end of training


@pytest.mark.parametrize("seed", range(12))
def test_a_goal_that_was_reached_is_reached_by_the_weights(seed):
    """Patience takes the best loss back, which may not be the weights of the goal."""
    data = datasets.moons(40, noise=0.3, seed=seed)
    net = NeuralNetwork([2, 8, 1], seed=seed)
    done = record(
        net,
        data,
        dynamics="momentum",
        learning_rate=1.0,
        batch=4,
        epochs=200,
        patience=50,
        goal=0.9,
    )
    if done.stopped.startswith("goal reached"):
        assert net.accuracy(*data) >= 0.9


@pytest.mark.parametrize(
    ("output", "data"),
    [("sigmoid", (XOR.X, XOR.X[:, :1] / 3)), ("linear", XOR)],
    ids=["numbers", "a linear output"],
)
def test_a_goal_without_an_accuracy_is_refused(output, data):
    net = NeuralNetwork([2, 3, 1], output=output)
    with pytest.raises(Refusal):
        record(net, data, goal=0.5, steps=3)


def test_a_best_that_never_was_is_not_spoken_of():
    """A validation loss that is never a number has no best step."""
    held = Samples(np.full((4, 2), 1e200), np.zeros(4))
    net = NeuralNetwork([2, 3, 1], activation="relu", output="linear", seed=0)
    try:
        done = record(net, XOR, validation=held, patience=3, steps=50, every=1)
    except Diverged:
        return
    assert "the best, of step 0" not in done.stopped


def ended(net, data, **options):
    """The training, whole or up to where it was lost."""
    try:
        return record(net, data, **options)
    except Refusal as end:
        return getattr(end, "training", None)


@pytest.mark.parametrize("dynamics", [GradientDescent, Momentum])
@pytest.mark.parametrize("rate", [1e200, 1e300])
def test_a_rate_beyond_all_measure_ends_without_a_warning(dynamics, rate):
    """Saturated sigmoids keep the loss finite while the motion overflows."""
    net = NeuralNetwork([2, 3, 1], seed=0)
    done = ended(net, XOR, dynamics=dynamics(rate), steps=30)
    assert np.isfinite(net.parameters).all()
    assert np.isfinite(done.snapshots).all()
    assert np.isfinite(done.runs["energy"]).all()


@pytest.mark.parametrize("settings", [{"activation": "relu"}, {"l1": 0.01}], ids=str)
def test_what_an_implicit_step_could_not_solve_is_not_lost(settings):
    """It stops in the middle, as a divergence does, and must keep what came before."""
    net = NeuralNetwork([2, 3, 1], **settings, seed=0)
    done = ended(net, XOR, dynamics="discrete_gradient", steps=500)
    assert done is not None
    assert done.runs.sizes["time"] > 0


def test_implicit_steps_in_single_precision_work_or_are_refused_before_the_first():
    net = NeuralNetwork([2, 3, 1], dtype="float32", seed=0)
    looks = evolve(net, XOR, dynamics="discrete_gradient", steps=200)
    try:
        next(looks)
    except Refusal:
        return
    assert list(looks)[-1].step == 200


def test_books_that_are_lost_do_not_say_that_they_are_right():
    """A residual that is no number must not read as none at all."""
    books = Ledger(1.0)
    books.enter({"kick": -np.inf}, np.inf)
    assert not books.worst <= 1e-6


# ---------------------------------------------------------------- looking, and going on


@pytest.mark.parametrize(
    ("dynamics", "dropout"), [(Langevin(temperature=1e-2), 0.0), (Momentum(0.1), 0.3)]
)
def test_looking_more_often_changes_nothing_where_there_is_chance(dynamics, dropout):
    ends = []
    for every in (1, 7, 20):
        net = NeuralNetwork([2, 3, 1], dropout=dropout, seed=1)
        for _ in evolve(net, XOR, dynamics=dynamics, steps=40, every=every):
            pass
        ends.append(net.parameters.tobytes())
    assert len(set(ends)) == 1


def test_a_moment_keeps_the_books_of_its_own_step():
    looks = list(evolve(NeuralNetwork([2, 3, 1]), XOR, dynamics="momentum", steps=40, every=10))
    assert [look.state.ledger.entries for look in looks] == [look.step for look in looks]


@pytest.mark.parametrize(
    ("dynamics", "batch"), [("momentum", None), ("momentum", 3), ("langevin", None)]
)
def test_any_moment_is_one_to_go_on_from(dynamics, batch):
    data = datasets.moons(20, seed=0)
    options = {"dynamics": dynamics, "batch": batch, "steps": 40, "every": 1}
    whole = NeuralNetwork([2, 3, 1], seed=1)
    looks = list(evolve(whole, data, **options))
    for at in (10, 13):
        again = NeuralNetwork([2, 3, 1], seed=1)
        last = list(evolve(again, data, state=looks[at].state, **options))[-1]
        assert again.parameters.tobytes() == whole.parameters.tobytes()
        assert dict(last.accounts) == dict(looks[-1].accounts)


class Killed(Exception):
    pass


def cut(place, net, data, **options):
    """A training killed at step 20, kept in `place`."""

    def stop(step, steps):
        if step >= 20:
            raise Killed

    with pytest.raises(Killed):
        record(net, data, checkpoint=place, progress=stop, steps=40, every=5, **options)
    assert place.exists()


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(keep, "SECONDS", 0.0)
    return tmp_path / "kept.safetensors"


def test_a_checkpoint_of_other_samples_is_refused(place):
    cut(place, NeuralNetwork([2, 3, 1]), datasets.moons(30, seed=1))
    with pytest.raises(Refusal, match="another training"):
        record(
            NeuralNetwork([2, 3, 1]),
            datasets.moons(30, seed=2),
            checkpoint=place,
            steps=40,
            every=5,
        )


def test_a_checkpoint_of_other_samples_kept_apart_is_refused(place):
    cut(place, NeuralNetwork([2, 3, 1]), XOR, validation=datasets.moons(20, seed=1))
    with pytest.raises(Refusal, match="another training"):
        record(
            NeuralNetwork([2, 3, 1]),
            XOR,
            validation=datasets.moons(20, seed=2),
            checkpoint=place,
            steps=40,
            every=5,
        )


def test_a_checkpoint_of_other_first_weights_is_refused(place):
    cut(place, NeuralNetwork([2, 3, 1]), XOR)
    other = NeuralNetwork([2, 3, 1]).with_parameters(np.ones(13))
    with pytest.raises(Refusal, match="another training"):
        record(other, XOR, checkpoint=place, steps=40, every=5)


@pytest.mark.parametrize("change", [{"every": 7}, {"every": 5, "ledger": False}], ids=str)
def test_a_checkpoint_goes_on_as_one_training_or_is_refused(place, change):
    options = {"dynamics": Langevin(temperature=1e-3)}
    cut(place, NeuralNetwork([2, 3, 1]), XOR, **options)
    fresh = record(NeuralNetwork([2, 3, 1]), XOR, steps=40, **options, **change)
    try:
        again = record(
            NeuralNetwork([2, 3, 1]), XOR, checkpoint=place, steps=40, **options, **change
        )
    except Refusal:
        return
    assert again.runs.identical(fresh.runs)


@pytest.mark.parametrize("damage", ["v", "x"])
def test_a_checkpoint_that_is_not_whole_is_refused(place, damage):
    from safetensors.numpy import save

    cut(place, NeuralNetwork([2, 3, 1]), XOR)
    metadata, arrays = keep._read(place)
    arrays = {k: v for k, v in arrays.items() if k != damage or damage == "x"}
    arrays["x"] = arrays["x"][:5] if damage == "x" else arrays["x"]
    place.write_bytes(save(arrays, metadata=metadata))
    with pytest.raises(Refusal):
        record(NeuralNetwork([2, 3, 1]), XOR, checkpoint=place, steps=40, every=5)


def test_a_training_that_had_ended_does_not_go_on(place, monkeypatch):
    """Killed between the last writing and the removal."""
    options = {"checkpoint": place, "steps": 3000, "every": 10, "goal": 1.0, "learning_rate": 2.0}
    with monkeypatch.context() as kept:
        kept.setattr(keep.Keeper, "clear", lambda self: None)
        done = record(NeuralNetwork([2, 3, 1], seed=1), XOR, **options)
    assert done.stopped.startswith("goal reached")
    again = record(NeuralNetwork([2, 3, 1], seed=1), XOR, **options)
    assert again.stopped == done.stopped
    assert again.runs.identical(done.runs)


@pytest.mark.parametrize("settings", [{"layers": [10**7, 10**7]}, {"layers": [2, float("inf")]}])
def test_a_file_that_promises_more_than_it_holds_is_refused(tmp_path, settings):
    from safetensors.numpy import save

    path = tmp_path / "net.safetensors"
    net = NeuralNetwork([2, 1])
    tensors = {"W1": net.weights[0].copy(), "b1": net.biases[0].copy()}
    told = json.dumps({**net.settings, **settings})
    path.write_bytes(save(tensors, metadata={"lawful network": told}))
    with pytest.raises(Refusal):
        NeuralNetwork.load(path)


# ---------------------------------------------------------------- curves, samples, landscapes


@pytest.mark.parametrize("dynamics", ["adam", "rmsprop", "nesterov", "langevin", "hamiltonian"])
@pytest.mark.parametrize("batch", [None, 2])
def test_every_measure_is_measured_all_along_or_not_at_all(dynamics, batch):
    runs = check(
        record(NeuralNetwork([2, 3, 1]), XOR, dynamics=dynamics, batch=batch, steps=20).runs
    )
    holes = [name for name in runs if not np.isfinite(runs[name]).all()]
    assert not holes


def test_a_potential_sees_that_its_position_was_changed_in_place():
    """`net.parameters` is the first thing to ask about, and `train_step` moves it."""
    net = NeuralNetwork([2, 3, 1], seed=1)
    U = Potential(net, XOR.X, XOR.y)
    U.value(net.parameters)
    net.train_step(*XOR, learning_rate=1.0)
    assert U.value(net.parameters) == net.loss(*XOR)


def test_masked_values_are_not_taken_for_numbers():
    masked = np.ma.masked_array(np.array(XOR.X), mask=XOR.X > 0)
    with pytest.raises(Refusal):
        Samples(masked, XOR.y)


@pytest.mark.parametrize("size", [1e160, 1e300])
def test_huge_features_are_standardised_or_refused(size):
    samples = Samples(np.array([[-1.0], [0.5], [2.0]]) * size, [0, 1, 0])
    try:
        scaled = samples.standardised().X
    except Refusal:
        return
    np.testing.assert_allclose(scaled.mean(), 0.0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(), 1.0)


def test_a_landscape_of_a_training_that_hardly_moved_is_drawn_or_refused():
    pytest.importorskip("matplotlib")
    from lawful.pictures import landscape_map, loss_landscape

    done = record(NeuralNetwork([2, 3, 1]), (np.zeros((4, 2)), [0, 1, 0, 1]), steps=10)
    for picture in (loss_landscape, landscape_map):
        try:
            picture(done)
        except Refusal:
            continue


def test_a_film_of_a_diverged_training_is_drawn():
    pytest.importorskip("matplotlib")
    from lawful.pictures import boundary_animation

    net = NeuralNetwork([2, 8, 1], activation="relu", output="linear")
    done = ended(net, XOR, learning_rate=1e3, steps=300)
    boundary_animation(done, frames=3)


# ---------------------------------------------------------------- what no other test would miss


@pytest.mark.parametrize(
    ("options", "dropout"),
    [({"dynamics": "langevin"}, 0.0), ({"batch": 3}, 0.0), ({}, 0.3)],
    ids=["a bath", "mini-batches", "dropout"],
)
def test_another_seed_is_another_chance(options, dropout):
    data, ends = datasets.moons(20, seed=0), []
    for seed in (0, 1):
        net = NeuralNetwork([2, 3, 1], dropout=dropout, seed=1)
        record(net, data, steps=30, seed=seed, **options)
        ends.append(net.parameters.tobytes())
    assert ends[0] != ends[1]


def test_patience_counts_epochs_and_not_mini_batches():
    data = datasets.moons(20, seed=0)  # five steps an epoch
    held = Samples(data.X, 1.0 - data.y, classes=data.classes)  # the better, the worse for these
    net = NeuralNetwork([2, 3, 1], seed=1)
    done = record(net, data, validation=held, batch=4, epochs=200, patience=3, every=1)
    losses = done.runs["validation_loss"][0].to_numpy()
    assert done.stopped.startswith("no better loss for 3 epochs")
    assert len(losses) - 1 - losses.argmin() == 3 * 5


def test_snapshots_are_evenly_thinned():
    done = record(NeuralNetwork([2, 3, 1]), XOR, steps=1000, every=1)
    gaps = np.diff(done.steps[:-1])
    assert gaps.min() == gaps.max()


def test_the_first_weights_may_be_the_best():
    data = datasets.moons(20, seed=0)
    held = Samples(data.X, 1.0 - data.y, classes=data.classes)
    net = NeuralNetwork([2, 3, 1], seed=1)
    start = net.parameters.copy()
    done = record(net, data, validation=held, epochs=50, patience=3, every=1)
    assert done.runs["validation_loss"][0].to_numpy().argmin() == 0
    np.testing.assert_array_equal(net.parameters, start)


def test_a_network_at_its_goal_does_not_go_on():
    net = NeuralNetwork([2, 4, 1], seed=1)
    record(net, XOR, dynamics="adam", goal=1.0, steps=5000)
    assert net.accuracy(*XOR) == 1
    again = record(net, XOR, goal=1.0, steps=50, every=10)
    assert again.stopped == "goal reached at step 0"
