"""Training logs against networks trained alone, and against what is conserved."""

import json

import numpy as np
import pytest

from lawful import files
from lawful.learning import Momentum, Samples, datasets, train
from lawful.learning.ensembles import Population, evolve, record
from lawful.refusal import Refusal


def regression(inputs=2, count=12, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(count, inputs))
    return Samples(X, X @ rng.normal(size=(inputs, 1)))


def origin(runs):
    return json.loads(runs.attrs["origin"])


def notes(runs):
    return json.loads(runs.attrs.get("notes", "[]"))


# ---------------------------------------------------------------------- what is recorded


def test_a_log_holds_the_weights_of_networks_trained_alone():
    one = Population.of([2, 3, 1], learning_rate=0.5, momentum=0.6, seeds=[4, 9])
    runs = record(one, datasets.xor(), steps=30, every=10)
    assert tuple(runs.data_vars) == one.architecture.names
    np.testing.assert_array_equal(runs["time"], [0, 10, 20, 30])
    for k in range(2):
        for record_number, steps in enumerate((0, 10, 20, 30)):
            net = one.network(k)
            if steps:
                train(net, datasets.xor(), steps=steps, dynamics=Momentum(0.5, 0.6))
            held = [runs[name].values[k, record_number] for name in runs.data_vars]
            np.testing.assert_allclose(held, net.parameters, rtol=1e-9, atol=1e-12)


def test_what_differs_between_networks_is_a_coordinate_and_no_variable():
    one = Population.of(
        [2, 3, 1],
        learning_rate=[0.1, 0.2, 0.3],
        momentum=[0.0, 0.5, 0.9],
        temperature=[0.0, 1e-4, 1e-3],
        init_scale=[1.0, 0.5, 2.0],
        seeds=[5, 6, 7],
        dtype="float32",
    )
    runs = record(one, datasets.xor(), steps=6, every=2, name="mine")
    for name in ("momentum", "temperature", "init_scale"):
        assert runs[name].dims == ("run",)
        np.testing.assert_array_equal(runs[name], getattr(one, name))
    np.testing.assert_array_equal(runs["learning_rate"], one.learning_rate[0])
    assert {v.dtype for v in runs.data_vars.values()} == {np.dtype("float64")}
    said = origin(runs)
    assert said["seeds"] == [5, 6, 7]
    assert (said["name"], said["every"], said["dynamics"]) == ("mine", 2, "heavy_ball")
    assert notes(runs) == []


def test_rates_that_differ_by_layer_are_told_apart():
    one = Population.of([2, 3, 1], learning_rate=[[0.1, 0.2], [0.3, 0.4]], seeds=[1, 2])
    runs = record(one, datasets.xor(), steps=2, every=1)
    np.testing.assert_array_equal(runs["learning_rate_1"], [0.1, 0.2])
    np.testing.assert_array_equal(runs["learning_rate_2"], [0.3, 0.4])
    assert "learning_rate" not in runs.coords


def test_what_is_recorded_is_what_evolve_does():
    one = Population.of([2, 4, 1], temperature=1e-3, momentum=0.5, seeds=range(7))
    runs = record(one, datasets.xor(), steps=21, every=7)
    end = evolve(one, datasets.xor(), steps=21).state.x
    last = np.stack([v.values[:, -1] for v in runs.data_vars.values()])
    np.testing.assert_array_equal(last, end)


@pytest.mark.parametrize("suffix", [".nc", ".csv"])
def test_a_log_goes_to_a_file_and_comes_back(tmp_path, suffix):
    if suffix == ".nc":
        pytest.importorskip("h5netcdf")
    runs = record(Population.of([2, 2, 1], seeds=range(3)), datasets.xor(), steps=20, every=2)
    place = tmp_path / f"log{suffix}"
    files.write(runs, place)
    back = files.read(place)
    for name in runs.data_vars:
        np.testing.assert_allclose(back[name].values, runs[name].values, rtol=1e-12)
    if suffix == ".nc":
        np.testing.assert_array_equal(back["momentum"], runs["momentum"])


# ---------------------------------------------------------------------- physics of the log


def balance(runs):
    """|w_in|² + b² − w_out² of each hidden neuron of a 2-3-1 network, (neuron, run, time)."""
    w = {name: v.values for name, v in runs.data_vars.items()}
    return np.stack(
        [
            w[f"W1_1_{j}"] ** 2 + w[f"W1_2_{j}"] ** 2 + w[f"b1_{j}"] ** 2 - w[f"W2_{j}_1"] ** 2
            for j in (1, 2, 3)
        ]
    )


@pytest.mark.parametrize(("activation", "kept"), [("relu", True), ("tanh", False)])
def test_a_flow_conserves_the_balance_of_relu_and_not_of_tanh(activation, kept):
    """Du, Hu and Lee, arXiv:1806.00900."""
    one = Population.of(
        [2, 3, 1],
        activation=activation,
        output="linear",
        weight_init="random",
        learning_rate=0.01,
        seeds=range(8),
    )
    runs = record(one, regression(), steps=200, every=20, dynamics="gradient_flow")
    np.testing.assert_allclose(runs["time"], 0.2 * np.arange(11), rtol=1e-12)
    held = balance(runs)
    drift = np.abs(held - held[..., :1]).max(axis=(0, 2))
    moved = np.abs(np.stack([v.values for v in runs.data_vars.values()]))
    assert (np.ptp(moved, axis=2).max(axis=0) > 0.05).all()
    # ReLU's corner costs a step that crosses it its order; a flow of tanh has no such law.
    assert (np.median(drift) < 1e-5) == kept


def test_descents_drift_of_the_balance_falls_with_the_rate():
    def drift(rate):
        one = Population.of(
            [2, 3, 1],
            activation="linear",
            output="linear",
            learning_rate=rate,
            seeds=range(8),
        )
        runs = record(one, regression(), steps=round(2 / rate), every=round(0.2 / rate))
        held = balance(runs)
        return np.abs(held - held[..., :1]).max(axis=(0, 2))

    slope = np.log2(drift(0.02) / drift(0.01))
    assert abs(np.median(slope) - 1) < 0.1


# ---------------------------------------------------------------------- what goes wrong


def test_networks_that_diverge_are_left_out_and_said():
    one = Population.of([2, 3, 1], output="linear", learning_rate=[0.1, 1e8, 0.05], seeds=3)
    runs = record(one, regression(), steps=200, every=50)
    assert runs["run"].values.tolist() == ["0", "2"]
    np.testing.assert_array_equal(runs["learning_rate"], [0.1, 0.05])
    assert notes(runs) == ["1 network diverged and is left out."]
    with pytest.raises(Refusal, match="every network diverged"):
        record(one.part(slice(1, 2)), regression(), steps=200, every=50)


def test_steps_after_the_last_record_are_said():
    runs = record(Population.of([2, 3, 1]), datasets.xor(), steps=25, every=10)
    assert runs.sizes["time"] == 3
    assert notes(runs) == ["The last 5 steps were not made: a record comes every 10."]


def test_progress_goes_from_nothing_to_all():
    shares = []
    one = Population.of([2, 3, 1])
    record(one, datasets.xor(), steps=40, every=10, progress=shares.append)
    assert shares == [0.0, 0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize(("steps", "every"), [(10, 0), (10, -1), (5, 6), (0, 1)])
def test_records_that_cannot_be_meant_are_refused(steps, every):
    with pytest.raises(Refusal, match="a record every"):
        record(Population.of([2, 3, 1]), datasets.xor(), steps=steps, every=every)


def test_a_flow_of_several_rates_is_refused_before_it_begins():
    shares = []
    one = Population.of([2, 3, 1], learning_rate=[0.1, 0.2])
    with pytest.raises(Refusal, match="2 time steps"):
        record(one, datasets.xor(), dynamics="gradient_flow", progress=shares.append)
    assert shares == []
