"""Studies of memory: data to streams, cells that resume to the same bits, words that are true."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from lawful.refusal import Refusal
from lawful.store import RunFolder
from lawful.studies.hands import shared_out
from lawful.studies.memory import MemoryStudy, remember
from lawful.studies.memory import cells as memory_cells
from lawful.studies.memory import words as memory_words
from lawful.studies.memory.bench import MemoryBench
from lawful.studies.memory.folder import read, write_data
from lawful.studies.memory.methods import METHODS, Terms, fitting
from lawful.studies.memory.scores import Contrast, Score
from lawful.studies.memory.streams import facts_of, stream_of

TINY = {"samples": 300, "epochs": 2, "tasks": 2}
SMALL = MemoryStudy(methods=("analytic", "naive"), seeds=2, **TINY)


def matrices(done):
    return {name: [one.matrix for one in many] for name, many in done.histories.items()}


def same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        for a, b in zip(one[name], other[name], strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def done():
    return remember(SMALL, jobs=1)


# ------------------------------------------------------------------------------ streams


def table(path, pixels=16, rows=60, least=0.0, most=255.0, label=None):
    """Images of two classes: bright above, or bright below."""
    rng = np.random.default_rng(3)
    X = rng.uniform(least, most / 2, (rows, pixels))
    classes = np.arange(rows) % 2
    X[classes == 0, : pixels // 2] += most / 2
    X[classes == 1, pixels // 2 :] += most / 2
    head = ",".join([*(f"p{k}" for k in range(pixels)), "label"])
    answers = [label(row) if label else "ab"[k] for row, k in enumerate(classes)]
    lines = [",".join([*(f"{v:.3f}" for v in x), str(a)]) for x, a in zip(X, answers, strict=True)]
    path.write_text("\n".join([head, *lines]) + "\n")
    return str(path)


@pytest.mark.parametrize("scenario", ["permuted", "rotated", "split"])
def test_a_stream_of_digits(scenario):
    study = MemoryStudy(scenario=scenario, tasks=3, samples=400)
    stream = stream_of(study, 0)
    assert (len(stream), stream.classes, stream.side) == (3, 10, 8)
    seen = sum(len(one.train) + len(one.validation) for one in stream.experiences)
    tested = sum(map(len, stream.tests))
    facts = facts_of(study)
    each = 1 if scenario == "split" else 3
    assert (seen, tested) == (each * facts.train, each * facts.test)


def test_no_test_image_is_learnt_from():
    stream = stream_of(MemoryStudy(tasks=1), 4)
    one = stream.experiences[0]
    learnt = {x.numpy().tobytes() for part in (one.train, one.validation) for x in part.images}
    tested = [x.numpy().tobytes() for x in stream.tests[0].images]
    assert len(tested) > 300
    assert sum(x in learnt for x in tested) == 0


def test_streams_of_a_seed_are_the_same_and_of_another_are_not():
    study = MemoryStudy(tasks=2, samples=300)
    one, again, other = (stream_of(study, seed).tests[1].tensors()[0] for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_a_users_own_images(tmp_path):
    place = table(tmp_path / "own.csv")
    study = MemoryStudy(place, scenario="split", methods=("naive",), seeds=1, epochs=1)
    facts = facts_of(study)
    assert (facts.side, facts.labels, facts.train, facts.test) == (4, ("a", "b"), 48, 12)
    assert any("divided by" in note for note in facts.notes)
    assert facts.fingerprints[0]["name"] == "own.csv"
    images = stream_of(MemoryStudy(place, tasks=1), 0).tests[0].images
    assert 0 <= float(images.min()) <= float(images.max()) <= 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"pixels": 15}, "no square images"),
        ({"least": -3.0}, "pixels from 0 up"),
        ({"rows": 12}, "10 at least of each"),
        ({"label": lambda row: row + 0.5}, "classes of images"),
    ],
)
def test_tables_that_are_no_images(tmp_path, options, says):
    with pytest.raises(Refusal, match=says):
        facts_of(MemoryStudy(table(tmp_path / "own.csv", **options)))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"methods": ("basin",)}, "did you mean 'basins'"),
        ({"methods": ("ewc", "ewc")}, "given twice"),
        ({"scenario": "permute"}, "did you mean 'permuted'"),
        ({"tasks": 0}, "tasks 0"),
        ({"seeds": 0}, "seeds 0"),
        ({"epochs": -1}, "epochs -1"),
        ({"samples": 0}, "samples 0"),
        ({"seed": -1}, "seed -1"),
        ({"data": "xor"}, "no square images"),
        ({"data": "digit"}, "did you mean 'digits'"),
        ({"samples": 5000}, "1 to 1797"),
        ({"samples": 40}, "take more samples"),
        ({"scenario": "split", "tasks": 11}, "5 tasks have two classes each"),
    ],
)
def test_what_cannot_be_meant(settings, says):
    with pytest.raises(Refusal, match=says):
        remember(MemoryStudy(**{"methods": ("naive",), **settings}))


# ------------------------------------------------------------------------------ methods


def test_every_method_learns_a_tiny_stream_and_is_kept_whole():
    study = MemoryStudy(samples=200, epochs=1, tasks=2, seeds=1, methods=tuple(METHODS))
    whole = remember(study, jobs=1)
    assert whole.methods == tuple(METHODS) == fitting(54_000)
    assert {"basins", "plain", "analytic", "relu", "joint"} < set(fitting(1_400)) < set(METHODS)
    for name, many in whole.histories.items():
        last = many[0].matrix[-1]
        assert np.isfinite(last).all(), name
        assert ((last >= 0) & (last <= 1)).all(), name
        assert many[0].sizes[-1].parameters > 0, name
    stream = whole.stream()
    for name in whole.weights:
        again = whole.learner(name).eval(stream).numpy()
        np.testing.assert_array_equal(again, whole.histories[name][0].matrix[-1], err_msg=name)
    assert set(whole.weights) | {"joint"} >= set(METHODS)
    assert whole.exhibits["images"].shape == (2, 6, 8, 8)
    np.testing.assert_allclose(whole.exhibits["densities"].sum((1, 2)), 1.0, atol=1e-6)
    assert whole.exhibits["energies/basins"].shape[0::2] == (2, 2)
    assert "energies/naive" not in whole.exhibits


def test_controls_are_of_equal_size():
    study = MemoryStudy(samples=200, epochs=1, tasks=2, seeds=1, methods=("basins", "plain"))
    basins, plain = remember(study, jobs=1).summaries
    assert abs(basins.parameters - plain.parameters) <= 0.02 * basins.parameters


def test_a_method_of_ones_own(monkeypatch):
    """All that a study asks of a method is a learner."""
    from lawful.fields.memory import Learner, Size

    class Guess(Learner):
        def __init__(self, terms):
            self.name, self.classes, self.side = "guess", terms.classes, terms.side
            self.seen = torch.zeros(terms.classes)

        def train(self, experience, *, progress=None):
            self.seen += torch.bincount(experience.train.labels, minlength=self.classes)

        def scores(self, x):
            return self.seen.expand(len(x), -1)

        def size(self):
            return Size(self.classes)

        def settings(self):
            return {"learner": "guess"}

        def state(self):
            return {"seen": self.seen}

        def restore(self, state):
            self.seen = state["seen"].clone()

    from lawful.studies.memory.methods import Method

    monkeypatch.setitem(METHODS, "guess", Method("guess", "the commonest class", Guess))
    study = MemoryStudy(scenario="split", methods=("guess",), seeds=1)
    history = remember(study, jobs=1).histories["guess"][0]
    assert history.matrix.shape == (5, 5)
    assert np.nanmax(history.matrix) <= 0.6


# ----------------------------------------------------------------------- the same bits


def test_the_order_of_methods_and_their_neighbours_change_nothing(done):
    turned = remember(MemoryStudy(methods=("naive", "analytic"), seeds=2, **TINY), jobs=1)
    assert list(turned.histories) == ["naive", "analytic"]
    same(matrices(done), {name: matrices(turned)[name] for name in done.histories})
    alone = remember(MemoryStudy(methods=("naive",), seeds=1, seed=1, **TINY), jobs=1)
    np.testing.assert_array_equal(matrices(alone)["naive"][0], matrices(done)["naive"][1])


def test_two_processes_give_the_same_bits_as_one(done):
    shared = remember(SMALL, jobs=2)
    same(matrices(done), matrices(shared))
    assert shared.to_dict() == done.to_dict()


def test_a_study_that_is_stopped_within_a_cell_ends_in_the_same_bits(done, tmp_path, monkeypatch):
    class Stopped(Exception):
        pass

    def stop(self, experience, *, progress=None, train=None):
        if experience.name == stopping[0]:
            raise Stopped
        train(self, experience, progress=progress)

    from functools import partialmethod

    from lawful.fields.memory.network_learner import NetworkLearner

    stopping = [done.tasks[1]]
    bench = MemoryBench(tmp_path / "bench")
    with monkeypatch.context() as patched:
        patched.setattr(NetworkLearner, "train", partialmethod(stop, train=NetworkLearner.train))
        with pytest.raises(Stopped):
            remember(SMALL, bench=bench, jobs=1)
    assert bench.left == 2  # both of analytic
    assert len(list(bench.place.glob("naive-*.checkpoint"))) == 1
    learnt = []
    real = NetworkLearner.train

    def counted(self, experience, *, progress=None):
        learnt.append(experience.name)
        real(self, experience, progress=progress)

    monkeypatch.setattr(NetworkLearner, "train", counted)
    same(matrices(done), matrices(remember(SMALL, bench=bench, jobs=1, resume=True)))
    assert learnt == [done.tasks[1], *done.tasks]  # the first task of the first seed is not redone
    learnt.clear()
    remember(SMALL, bench=bench, jobs=1, resume=True)
    assert learnt == []


@pytest.mark.parametrize("ending", ["json", "checkpoint"])
def test_a_damaged_file_is_made_anew(done, tmp_path, ending):
    bench = MemoryBench(tmp_path / "bench")
    remember(SMALL, bench=bench, jobs=1)
    kept = sorted(bench.place.glob("naive-*.json"))[0]
    if ending == "json":
        kept.write_text(kept.read_text()[:200])
    else:
        kept.with_suffix(".checkpoint").write_bytes(b"nothing of the kind")
        kept.unlink()
    same(matrices(done), matrices(remember(SMALL, bench=bench, jobs=1, resume=True)))
    assert not list(bench.place.glob("*.checkpoint"))


def test_what_bears_on_a_result_is_in_its_key():
    study = MemoryStudy(methods=("ewc", "naive"), **TINY)
    keys = {
        memory_cells.MemoryCell.of(one, "ewc", seed, data).key
        for one, seed, data in [
            (study, 0, "d"),
            (study, 1, "d"),
            (study, 0, "e"),
            (MemoryStudy(methods=("ewc",), **{**TINY, "epochs": 3}), 0, "d"),
            (MemoryStudy(methods=("ewc",), tune=True, **TINY), 0, "d"),
        ]
    }
    assert len(keys) == 5
    other = MemoryStudy(methods=("ewc", "si"), seeds=7, **TINY)
    assert memory_cells.MemoryCell.of(other, "ewc", 0, "d").key in keys


def test_shared_out_gives_everything_once():
    assert sorted(shared_out(range(5), abs, jobs=1)) == list(range(5))
    assert sorted(shared_out(range(5), abs, jobs=2)) == list(range(5))
    assert sorted(shared_out(range(-2, 3), abs, worth=math.inf)) == [0, 1, 1, 2, 2]


def test_a_second_study_of_one_process_gets_answers_too():
    """Hands left over from the first had once to be waited for without end."""
    for _ in range(3):
        assert sorted(shared_out(range(9), abs, jobs=2)) == list(range(9))


# ------------------------------------------------------------------------------- tuning


def test_strengths_are_chosen_on_validation_seed_by_seed():
    study = MemoryStudy(methods=("replay", "naive"), seeds=2, tune=True, **TINY)
    whole = remember(study, jobs=1)
    assert list(whole.tunings) == ["replay"]
    curve = whole.tunings["replay"]
    assert curve.accuracy.shape == (len(METHODS["replay"].values), 2)
    for column, seed in enumerate(whole.seeds):
        stream = stream_of(whole.study, seed)
        best = curve.values[int(np.nanargmax(curve.accuracy[:, column]))]
        terms = Terms.of(memory_cells.MemoryCell.of(whole.study, "replay", seed, "").study, stream)
        learner = METHODS["replay"].learner(memory_cells.replace(terms, strength=best))
        for one in stream.experiences:
            learner.train(one)
        last = whole.histories["replay"][column].matrix[-1]
        np.testing.assert_array_equal(learner.eval(stream).numpy(), last)


# ------------------------------------------------------------------------- folder, words


def test_a_study_comes_back_from_its_folder(done, tmp_path):
    with RunFolder.create(tmp_path / "held", done.manifest()) as folder:
        left = write_data(done, folder)
    assert any("other seeds" in sentence for sentence in left)
    back = read(tmp_path / "held")
    assert back.to_dict() == done.to_dict()
    same(matrices(back), matrices(done))
    for name in done.exhibits:
        np.testing.assert_array_equal(back.exhibits[name], done.exhibits[name])
    stream = back.stream()
    last = back.learner("naive").eval(stream).numpy()
    np.testing.assert_array_equal(last, back.histories["naive"][0].matrix[-1])
    with pytest.raises(Refusal, match="no weights of 'ewc'"):
        back.learner("ewc")
    assert RunFolder.open(tmp_path / "held").changed() == ()
    assert len(RunFolder.open(tmp_path / "held").metrics()) == 2 * 2 * 2


def test_folders_of_others_are_refused(tmp_path, done):
    from lawful.store import Manifest

    with RunFolder.create(tmp_path / "laws", Manifest("discover")):
        pass
    with pytest.raises(Refusal, match="'discover'"):
        read(tmp_path / "laws")
    with RunFolder.create(tmp_path / "half", done.manifest()) as folder:
        folder.write_json("memory.json", {"settings": {}})
        folder.write_json("histories.json", {})
    with pytest.raises(Refusal, match="not whole"):
        read(tmp_path / "half")


def test_a_file_that_holds_no_learner_is_refused(tmp_path):
    from safetensors.torch import save_file

    (tmp_path / "a").write_bytes(b"no tensors")
    save_file({"w": torch.zeros(2)}, tmp_path / "b")
    for name in "ab":
        with pytest.raises(Refusal):
            memory_cells.learner_in(tmp_path / name)


def test_the_interval_is_students():
    from scipy import stats as scipy

    values = [0.91, 0.93, 0.98, 0.90]
    score = Score.of([*values, math.nan])
    low, high = scipy.t.interval(0.95, 3, np.mean(values), scipy.sem(values))
    assert score.count == 4
    np.testing.assert_allclose([score.mean - score.half, score.mean + score.half], [low, high])
    assert math.isnan(Score.of([]).mean)


def test_words_say_what_the_numbers_say(done):
    best = memory_words.winner(done)
    assert best.method == max(done.summaries, key=lambda one: one.average.mean).method
    assert done.headline.startswith(best.method)
    assert memory_words.percent(best.average.mean).removesuffix(" %") in done.headline
    assert any("by construction" in sentence for sentence in done.caveats)
    lost = memory_words.physics(Contrast("basins", "plain", Score(-0.02, 0.01, 3)))
    assert lost.startswith("The field costs 2.00 ± 1.00 points")


def test_no_torch_is_loaded_by_the_modules_alone():
    code = (
        "import sys; import lawful.studies.memory, lawful.studies.memory.folder, "
        "lawful.studies.memory.words; print('torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
