"""Training logs: what is written down, and that the law engine finds in it what theory says."""

import json
import re

import numpy as np
import pytest

from lawful import files
from lawful.cli import main
from lawful.laws import find_laws
from lawful.refusal import Refusal
from lawful.studies.lesson import DataChoice, NetworkChoice
from lawful.studies.training_log import LogChoice, training_log


def logged(layers, activation="relu", **choice):
    network = NetworkChoice((layers,), activation=(activation,))
    return training_log(DataChoice("xor"), network, LogChoice(**{"networks": 30, **choice}))


def test_a_log_holds_the_weights_and_nothing_that_could_be_taken_for_one():
    log = logged((2, 3, 1), steps=200)
    names = log.population.architecture.names
    assert tuple(log.runs.data_vars) == names
    assert dict(log.runs.sizes) == {"run": 30, "time": 101}
    np.testing.assert_array_equal(log.runs["W1_1_1"].values[:, 0], log.population.positions()[0])
    np.testing.assert_allclose(log.runs["time"].values[-1], 200 * 0.01)
    assert "seed" not in log.runs.coords


def test_biases_differ_from_the_start():
    first = logged((2, 3, 1), steps=100).runs.isel(time=0)
    assert all(v.values.std() > 0.3 for v in first.data_vars.values())


@pytest.mark.parametrize(
    ("optimizer", "rate", "momentum"),
    [("gradient-flow", 0.01, 0.0), ("gradient-descent", 0.05, 0.0), ("momentum", 0.02, 0.9)],
)
def test_what_is_not_said_is_filled_in_by_the_way_they_move(optimizer, rate, momentum):
    whole = LogChoice(5, optimizer).whole
    assert (whole.learning_rate, whole.momentum) == (rate, momentum)
    assert whole.steps == round(100 / rate)
    assert whole.every == whole.steps // 100
    assert whole.whole == whole


def test_few_networks_for_many_weights_are_spoken_of():
    log = logged((2, 3, 1), steps=100)
    assert log.terms == 13 + 13 * 14 // 2
    assert any("--ensemble 208" in note for note in log.notes())
    assert not any(
        "--ensemble" in note for note in logged((2, 3, 1), networks=160, steps=100).notes()
    )


def test_the_diverged_are_left_out_and_counted():
    log = training_log(
        DataChoice("xor"),
        NetworkChoice(((2, 3, 1),), output="linear", activation=("linear",)),
        LogChoice(60, "gradient_descent", learning_rate=0.8, steps=300),
    )
    assert 0 < log.diverged < 60
    assert f"{log.diverged} networks diverged" in log.notes()[0]
    assert np.isfinite(log.runs.to_dataarray().values).all()


@pytest.mark.parametrize(
    "choice",
    [
        {"networks": 0},
        {"optimizer": "adam"},
        {"momentum": 0.9},
        {"steps": 0},
        {"seed": -1},
        {"steps": 10, "every": 20},
    ],
)
def test_what_cannot_be_meant_is_refused(choice):
    with pytest.raises(Refusal):
        logged((2, 3, 1), **choice)


# ---------------------------------------------------------------------- laws


@pytest.mark.parametrize("seed", [0, 500])
def test_relus_balance_is_found_without_a_hint(seed):
    log = logged((2, 2, 1), networks=120, seed=seed)
    laws = find_laws(log.runs).laws
    assert len(laws) == 2
    x = np.random.default_rng(seed).standard_normal((9, 50))
    columns = dict(zip(log.population.architecture.names, x, strict=True))
    theory = [
        columns[f"W1_1_{j}"] ** 2
        + columns[f"W1_2_{j}"] ** 2
        + columns[f"b1_{j}"] ** 2
        - columns[f"W2_{j}_1"] ** 2
        for j in (1, 2)
    ]
    for law in laws:
        best = max(abs(np.corrcoef(law.function(columns), one)[0, 1]) for one in theory)
        assert best > 0.999


@pytest.mark.parametrize("seed", [7000, 9000])
def test_balance_is_read_neuron_by_neuron_in_deeper_networks(seed):
    """135 terms on 200 runs: the steadiest combinations fit the runs, laws are simpler."""
    laws = find_laws(logged((2, 2, 2, 1), networks=200, seed=seed).runs).laws
    found = {frozenset(re.findall(r"\w+_\w+(?=\*\*2)", law.expression)) for law in laws}
    assert found == {
        frozenset(names.split())
        for names in (
            "W1_1_1 W1_2_1 b1_1 W2_1_1 W2_1_2",
            "W1_1_2 W1_2_2 b1_2 W2_2_1 W2_2_2",
            "W2_1_1 W2_2_1 b2_1 W3_1_1",
            "W2_1_2 W2_2_2 b2_2 W3_2_1",
        )
    }


def test_tanh_conserves_nothing_and_it_is_said():
    assert find_laws(logged((2, 2, 1), "tanh", networks=120).runs).laws == ()


# ---------------------------------------------------------------------- command line


def test_the_command_writes_a_file_that_discover_reads(tmp_path, capsys):
    path = tmp_path / "log.nc"
    words = f"learn xor --layers 2-2-1 --activation relu --ensemble 100 --out {path}"
    assert main(words.split()) == 0
    assert f"lawful discover {path}" in capsys.readouterr().out.replace("\n", "")
    assert files.read(path).sizes["run"] == 100
    assert main(["discover", str(path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["laws"]) == 2


def test_batch_normalised_networks_keep_what_tanh_alone_does_not(tmp_path, capsys):
    path = tmp_path / "log.nc"
    words = "learn xor --layers 2-2-1 --ensemble 100 --steps 2000 --batch-normalization"
    assert main([*words.split(), "--out", str(path)]) == 0
    assert main(["discover", str(path), "--no-report", "--json"]) == 0
    said = capsys.readouterr().out
    laws = json.loads(said[said.index("\n{") :])["laws"]
    found = {frozenset(re.findall(r"\w+_\w+(?=\*\*2)", law["expression"])) for law in laws}
    assert found == {frozenset({f"W1_1_{j}", f"W1_2_{j}"}) for j in (1, 2)}


def test_json_says_what_was_done(tmp_path, capsys):
    path = tmp_path / "log.csv"
    assert main(f"learn xor --ensemble 4 --steps 100 --out {path} --json".split()) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["networks"] == said["kept"] == 4
    assert said["file"] == str(path)


def test_a_file_that_is_there_is_not_written_over_unless_told(tmp_path, capsys):
    words = f"learn xor --ensemble 4 --steps 100 --out {tmp_path / 'log.csv'}".split()
    (tmp_path / "log.csv").write_text("precious")
    assert main(words) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "log.csv").read_text() == "precious"
    assert main([*words, "--force"]) == 0
    assert files.read(tmp_path / "log.csv").sizes["run"] == 4


def test_the_still_and_the_silent_are_counted():
    still = logged((2, 3, 1), steps=100, learning_rate=1e-9)
    assert still.moved == 0
    assert "30 of 30 networks hardly moved" in still.notes()[0]
    long = logged((2, 3, 1))
    assert long.moved > 25
    assert 0 < long.silent < 30
    assert logged((2, 3, 1), "tanh").silent == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--ensemble 3 --test 0.2", "--test"),
        ("--ensemble 3 --unseen 0.2", "--unseen"),
        ("--ensemble 3 --temperature 0.1", "gradient flow"),
        ("--ensemble 3 --learning-rate 0", "above 0"),
        ("--ensemble 3 --out log.txt", "an ending .nc"),
        ("--force", "--force without --ensemble"),
        ("--batch-normalization --every 3", "--every and --batch-normalization without"),
        ("--ensemble 3 --batch 2", "--batch"),
        ("--ensemble 3 --seeds 2", "--seeds"),
        ("--ensemble 3 --l2 0.1", "--l2"),
        ("--every 3", "--ensemble"),
        ("--ensemble 3 --layers 2-2-1 2-3-1", "architectures"),
        ("--ensemble 3 --out nowhere/log.nc", "no folder"),
        ("--ensemble 3 --optimizer adam", "gradient_flow"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words, why, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["learn", "xor", *words.split()]) == 2
    assert why in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
