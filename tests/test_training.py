"""The loop: it learns, it stops, it says why, and it goes on where it was left."""

import itertools
import json

import numpy as np
import pytest

from lawful.learning import (
    Diverged,
    NeuralNetwork,
    Samples,
    datasets,
    evolve,
    named,
    record,
    train,
)
from lawful.learning.batches import batches_in, epoch_of
from lawful.refusal import Refusal
from lawful.trajectories import check

XOR = datasets.xor()


def blobs(n=120, seed=0):
    return datasets.gaussians(n, seed=seed)


# ---------------------------------------------------------------- it learns


@pytest.mark.parametrize("name", [n for n in named.NAMES if n not in ("hamiltonian", "langevin")])
def test_every_dissipative_dynamics_goes_downhill(name):
    for seed in range(3):
        runs = train(NeuralNetwork([2, 4, 1], seed=seed), XOR, dynamics=name, steps=400)
        assert float(runs["loss"][0, -1]) < float(runs["loss"][0, 0])


def test_the_loop_is_the_same_as_train_step():
    by_hand, looped = NeuralNetwork([2, 3, 1], seed=2), NeuralNetwork([2, 3, 1], seed=2)
    for _ in range(30):
        by_hand.train_step(*XOR, learning_rate=0.7)
    train(looped, XOR, learning_rate=0.7, steps=30)
    np.testing.assert_allclose(looped.parameters, by_hand.parameters, rtol=0, atol=1e-15)


def test_curves_are_trajectories_and_tell_the_truth():
    net = NeuralNetwork([2, 3, 1], seed=1)
    done = record(net, XOR, dynamics="momentum", learning_rate=0.2, steps=250, every=50)
    runs = check(done.runs)
    np.testing.assert_array_equal(runs["time"], [0, 50, 100, 150, 200, 250])
    for k, x in enumerate(done.snapshots):
        assert float(runs["loss"][0, k]) == net.with_parameters(x).loss(*XOR)
        assert float(runs["accuracy"][0, k]) == net.with_parameters(x).accuracy(*XOR)
        assert float(runs["W2_3_1"][0, k]) == x[11]
    np.testing.assert_allclose(runs["energy"], runs["loss"] + runs["kinetic"])
    books = sum(runs[name] for name in runs if name.startswith("ledger_"))
    np.testing.assert_allclose(books, runs["energy"] - runs["energy"][0, 0], atol=1e-14)
    assert done.residual < 1e-13
    assert float(runs["learning_rate"][0]) == 0.2
    origin = json.loads(runs.attrs["origin"])
    assert origin["stopped"] == "after 250 steps"
    assert NeuralNetwork(**origin["network"]).settings == net.settings
    np.testing.assert_array_equal(done.snapshots[-1], net.parameters)


def test_mini_batches_show_every_sample_once_and_anew_each_epoch():
    X = np.arange(10.0)[:, None]
    orders = []
    for epoch in range(3):
        parts = [part for part, _ in epoch_of(X, X, 3, seed=5, epoch=epoch)]
        assert [len(p) for p in parts] == [3, 3, 3, 1]
        orders.append(np.concatenate(parts)[:, 0].tolist())
        assert sorted(orders[-1]) == X[:, 0].tolist()
    assert orders[0] != orders[1] != orders[2]
    assert batches_in(10, 20) == 1


def test_mini_batches_learn_and_keep_no_books():
    data = blobs()
    done = record(NeuralNetwork([2, 8, 1], seed=0), data, dynamics="adam", batch=16, epochs=30)
    assert not [name for name in done.runs if name.startswith("ledger_")]
    assert np.isnan(done.residual)
    assert float(done.runs["accuracy"][0, -1]) > 0.9
    assert float(done.runs["time"][-1]) == 30 * 8


def test_dropout_and_float32_go_through_the_loop():
    net = NeuralNetwork([2, 16, 1], dropout=0.2, dtype="float32", seed=0)
    done = record(net, blobs(), dynamics="adam", batch=16, epochs=20)
    assert net.parameters.dtype == np.float32
    assert float(done.runs["accuracy"][0, -1]) > 0.85
    assert done.runs["loss"].dtype == np.float64


def test_snapshots_are_few_and_hold_both_ends():
    net = NeuralNetwork([2, 3, 1], seed=0)
    start = net.parameters.copy()
    done = record(net, XOR, steps=1001, every=1)
    assert 60 <= len(done.steps) <= 201
    assert (done.steps[0], done.steps[-1]) == (0, 1001)
    np.testing.assert_array_equal(done.snapshots[0], start)
    assert done.runs.sizes["time"] == 1002


@pytest.mark.parametrize("batch", [None, 16])
def test_the_same_seed_gives_the_same_bits(batch):
    def trained():
        net = NeuralNetwork([2, 5, 1], dropout=0.1, seed=3)
        train(net, blobs(), dynamics="adam", batch=batch, epochs=5, seed=8)
        return net.parameters.tobytes()

    assert trained() == trained()


# ---------------------------------------------------------------- it stops


def noisy_labels(seed):
    rng = np.random.default_rng(seed)
    return Samples(rng.standard_normal((60, 5)), rng.integers(2, size=60), classes=("a", "b"))


@pytest.mark.parametrize("seed", range(3))
def test_patience_takes_the_best_weights_back(seed):
    """Labels of pure chance can only be learned by heart: the validation loss must rise."""
    net = NeuralNetwork([5, 20, 1], weight_init="random", seed=seed)
    held, rest = noisy_labels(seed + 50), noisy_labels(seed)
    done = record(net, rest, dynamics="adam", validation=held, patience=40, epochs=3000, every=1)
    losses = done.runs["validation_loss"][0].to_numpy()
    assert done.stopped.startswith("no better loss for 40 epochs")
    assert len(losses) < 3000
    assert losses.argmin() == len(losses) - 1 - 40
    assert net.loss(*held) == losses.min()


def test_a_validation_share_is_kept_apart():
    data = blobs(100)
    done = record(NeuralNetwork([2, 3, 1]), data, validation=0.25, steps=5, seed=4)
    rest, held = data.split(0.25, 4)
    assert (rest.size, held.size) == (75, 25)
    net = done.network.with_parameters(done.snapshots[-1])
    assert float(done.runs["validation_loss"][0, -1]) == net.loss(held.X, held.y)
    assert float(done.runs["loss"][0, -1]) == net.loss(rest.X, rest.y)


def test_a_goal_ends_training():
    done = record(
        NeuralNetwork([2, 4, 1], seed=1), XOR, dynamics="adam", goal=1.0, steps=5000, every=5
    )
    last = int(done.runs["time"][-1])
    assert last < 5000
    assert done.stopped == f"goal reached at step {last}"
    assert (done.runs["accuracy"][0, :-1] < 1).all()
    assert float(done.runs["accuracy"][0, -1]) == 1


@pytest.mark.parametrize("batch", [None, 20])
def test_divergence_says_when_and_what_to_do_and_loses_nothing(batch):
    data = datasets.create_sample_data(60, 3)
    data = Samples(data.X * 100, data.X[:, :1])
    net = NeuralNetwork([3, 4, 1], activation="relu", output="linear", seed=0)
    with pytest.raises(
        Diverged, match=r"diverged at step \d+: .*take a smaller learning rate"
    ) as e:
        train(net, data, dynamics="momentum", learning_rate=0.1, steps=4000, every=1, batch=batch)
    kept = e.value.training
    assert e.value.step == kept.runs.sizes["time"]
    assert np.isfinite(kept.snapshots).all()
    assert np.isfinite(net.parameters).all()
    assert "diverged" in kept.stopped


# ---------------------------------------------------------------- it goes on


class Killed(Exception):
    pass


@pytest.mark.parametrize(
    ("dynamics", "batch", "dropout"),
    [
        ("adam", 16, 0.2),
        ("momentum", None, 0.0),
        ("langevin", None, 0.0),
        ("discrete_gradient", None, 0.0),
        ("gradient_descent", 7, 0.0),
    ],
)
def test_a_killed_training_goes_on_to_the_same_bits(
    tmp_path, monkeypatch, dynamics, batch, dropout
):
    monkeypatch.setattr("lawful.learning.keeping.SECONDS", 0.0)
    data = blobs(50)
    options = {"dynamics": dynamics, "batch": batch, "epochs": 40, "patience": 1000}

    def network():
        return NeuralNetwork([2, 4, 1], dropout=dropout, seed=6)

    whole = record(network(), data, **options)
    kill_at = int(whole.runs["time"][-1]) // 2

    def killer(step, steps):
        if step >= kill_at:
            raise Killed

    place = tmp_path / "kept.safetensors"
    with pytest.raises(Killed):
        record(network(), data, checkpoint=place, progress=killer, **options)
    assert place.exists()
    steps = []
    again = record(
        network(), data, checkpoint=place, progress=lambda s, n: steps.append(s), **options
    )
    assert steps[0] > kill_at / 2
    assert not place.exists()
    assert again.network.parameters.tobytes() == whole.network.parameters.tobytes()
    assert again.runs.identical(whole.runs)
    np.testing.assert_array_equal(again.snapshots, whole.snapshots)
    assert again.residual == whole.residual or np.isnan(whole.residual)


def test_a_checkpoint_of_another_training_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("lawful.learning.keeping.SECONDS", 0.0)
    place = tmp_path / "kept.safetensors"

    def stop(step, steps):
        if step >= 5:
            raise Killed

    with pytest.raises(Killed):
        record(NeuralNetwork([2, 3, 1]), XOR, steps=20, checkpoint=place, progress=stop)
    with pytest.raises(Refusal, match="keeps another training"):
        record(NeuralNetwork([2, 3, 1], seed=1), XOR, steps=20, checkpoint=place)
    place.write_bytes(b"rubbish")
    with pytest.raises(Refusal, match="expected a training kept by lawful"):
        record(NeuralNetwork([2, 3, 1]), XOR, steps=20, checkpoint=place)


def test_no_checkpoint_is_written_before_its_time(tmp_path):
    place = tmp_path / "kept.safetensors"
    keeps = []
    record(
        NeuralNetwork([2, 3, 1]),
        XOR,
        steps=20,
        checkpoint=place,
        progress=lambda s, n: keeps.append(place.exists()),
    )
    assert not any(keeps)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs 0; expected a whole number from 1 up"),
        ({"steps": -3}, "steps -3"),
        ({"steps": 5, "epochs": 5}, "one of both"),
        ({"batch": 0}, "batch 0"),
        ({"learning_rate": -0.1}, "learning rate -0.1; expected a positive number"),
        ({"dynamics": named.named("adam"), "learning_rate": 0.1}, "a dynamics has its own"),
        ({"dynamics": "adma"}, "did you mean 'adam'"),
        ({"patience": 0}, "patience 0"),
        ({"goal": 1.5}, "goal 1.5"),
        ({"validation": 1.0}, "validation 1.0"),
        ({"seed": -1}, "seed -1"),
        ({"schedule": "cosin"}, "did you mean 'cosine'"),
    ],
)
def test_options_that_cannot_be_meant(options, message):
    with pytest.raises(Refusal, match=message):
        next(evolve(NeuralNetwork([2, 3, 1]), XOR, **options))


def test_data_that_do_not_fit_are_refused_before_training():
    with pytest.raises(Refusal, match="layers that fit: 2-3-1"):
        train(NeuralNetwork([4, 3, 1]), XOR)
    with pytest.raises(Refusal, match="layers that fit: 2-3-1"):
        train(NeuralNetwork([2, 3, 2]), XOR)
    with pytest.raises(Refusal, match="add up to 1"):
        train(NeuralNetwork([2, 3, 2]), (np.zeros((3, 2)), np.ones((3, 2))))


def test_looking_changes_nothing():
    """Every look more or less: the same weights in the end."""
    ends = []
    for every in (1, 7, 100):
        net = NeuralNetwork([2, 3, 1], seed=1)
        for _ in itertools.islice(evolve(net, XOR, steps=100, every=every), None):
            pass
        ends.append(net.parameters.tobytes())
    assert len(set(ends)) == 1
