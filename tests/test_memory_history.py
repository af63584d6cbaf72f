"""A learner follows a stream: what is looked at, what is kept, and how it goes on."""

import json
import math
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from lawful.fields.memory.experience import Part, Stream
from lawful.fields.memory.history import LOOKS, History, follow
from lawful.fields.memory.learner import Learner, Size
from lawful.fields.memory.scenarios import permuted, rotated, split
from lawful.refusal import Refusal

torch.set_num_threads(1)
SIDE, CLASSES = 4, 3
TASKS = 4


class Killed(Exception):
    """What ends a training from outside."""


class Tiny(Learner):
    """Softmax regression by stochastic steps, shuffled by a generator of its own."""

    def __init__(self, *, classes=CLASSES, side=SIDE, seed=0, rate=0.1, dies_at=None, nap=0.0):
        self.name, self.classes, self.side = "tiny", classes, side
        self.seed, self.rate, self.dies_at, self.nap = seed, rate, dies_at, nap
        self.source = torch.Generator().manual_seed(seed)
        self.weight = 0.1 * torch.randn(side * side, classes, generator=self.source)
        self.met = 0

    def train(self, experience, *, progress=None):
        if progress:
            progress(0.5, "half")
        for x, y in experience.train.batches(8, generator=self.source):
            error = torch.softmax(self.scores(x), 1) - torch.eye(self.classes)[y]
            self.weight = self.weight - self.rate * x.flatten(1).T @ error
        if self.met == self.dies_at:
            raise Killed
        self.met += 1

    def scores(self, x):
        time.sleep(self.nap)
        return x.flatten(1) @ self.weight

    def size(self):
        return Size(self.weight.numel(), per_task=2.5, stored_examples=self.met)

    def settings(self):
        return {"learner": "tiny", "seed": self.seed, "rate": self.rate}

    def state(self):
        # A view that is not contiguous, and an integer state: both must survive.
        return {
            "weight": self.weight.T,
            "source": self.source.get_state(),
            "met": torch.tensor(self.met),
        }

    def restore(self, state):
        # As it lay in memory: sums in another order differ in their last bits.
        self.weight = state["weight"].T.contiguous()
        self.source.set_state(state["source"])
        self.met = int(state["met"])


class Telling(Tiny):
    """One that has more to tell at the end."""

    def extras(self, stream):
        return {"met": np.array([self.met, math.nan]), "tests": np.array(len(stream.tests))}


def part(count=60, seed=0):
    source = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % CLASSES
    images = 0.3 * torch.rand(count, SIDE, SIDE, generator=source)
    images[torch.arange(count), labels, labels] += 0.7
    return Part(images, labels)


@pytest.fixture
def stream():
    return permuted(part(seed=1), part(30, seed=2), tasks=TASKS)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "deep" / "tiny.safetensors"


def known(matrix):
    return ~np.isnan(matrix)


def same(one, other):
    """All that is the same when no clock is asked."""
    kept = [{k: v for k, v in h.to_json().items() if k != "seconds"} for h in (one, other)]
    return kept[0] == kept[1]


# ------------------------------------------------------------------ what is looked at


def test_each_look_sees_its_own_entries(stream):
    i, j = np.indices((TASKS, TASKS))
    last = i == TASKS - 1
    wanted = {"all": i >= 0, "seen": j <= i, "ends": (i == j) | last, "last": last}
    for look in LOOKS:
        found = follow(Tiny(), stream, look=look)
        np.testing.assert_array_equal(known(found.matrix), wanted[look], err_msg=look)
        assert known(found.start).all() == (look == "all")


def test_looks_agree_where_they_both_look(stream):
    whole = follow(Tiny(), stream, look="all").matrix
    for look in LOOKS:
        found = follow(Tiny(), stream, look=look).matrix
        np.testing.assert_array_equal(found[known(found)], whole[known(found)])


def test_the_matrix_is_what_the_learner_knew(stream):
    found, learner = follow(Tiny(), stream, look="all"), Tiny()
    np.testing.assert_array_equal(found.start, learner.eval(stream).numpy())
    for i, experience in enumerate(stream.experiences):
        learner.train(experience)
        np.testing.assert_array_equal(found.matrix[i], learner.eval(stream).numpy())
        assert found.sizes[i] == Size(SIDE * SIDE * CLASSES, 2.5, i + 1)


def test_a_history_measures_its_matrix(stream):
    found = follow(Tiny(), stream, look="all")
    R, earlier = found.matrix, slice(None, -1)
    assert found.average == pytest.approx(R[-1].mean())
    assert found.forgetting == pytest.approx((R[:-1].max(0) - R[-1])[earlier].mean())
    assert found.backward == pytest.approx((R[-1] - R.diagonal())[earlier].mean())
    assert found.forward == pytest.approx((R.diagonal(1) - found.start[1:]).mean())
    assert math.isnan(follow(Tiny(), stream, look="seen").forward)


def test_only_training_is_timed(stream):
    # Looking takes a nap for every batch and test; training asks for scores as well, so let
    # it learn in few batches.
    short = split(part(24, seed=1), part(30, seed=2), parts=3)
    napping = Tiny(nap=0.02)
    began = time.perf_counter()
    found = follow(napping, short, look="all")
    passed = time.perf_counter() - began
    assert (found.seconds > 0).all()
    assert found.seconds.sum() < passed - 0.02 * 3 * 4  # four looks at three tests each


def test_no_test_is_shown_while_it_learns(stream):
    shown = []

    class Watching(Tiny):
        def train(self, experience, *, progress=None):
            assert not hasattr(experience, "tests")
            shown.extend(p.images.data_ptr() for p in (experience.train, experience.validation))
            super().train(experience, progress=progress)

    follow(Watching(), stream)
    assert not set(shown) & {test.images.data_ptr() for test in stream.tests}


def test_progress_rises_over_the_whole_stream(stream):
    told = []
    follow(Tiny(), stream, progress=lambda share, words: told.append((share, words)))
    shares = [share for share, _ in told]
    assert shares == [(k + 0.5) / TASKS for k in range(TASKS)]
    assert told[1][1] == "permutation 2: half"


def test_extras_are_asked_for_where_a_learner_has_them(stream):
    found = follow(Telling(), stream)
    assert found.extras["met"][0] == TASKS
    assert int(found.extras["tests"]) == TASKS
    assert follow(Tiny(), stream).extras == {}


# ------------------------------------------------------------------ broken off, and gone on


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("dies_at", range(TASKS))
def test_what_was_killed_goes_on_to_the_same_bits(stream, place, look, dies_at):
    whole = Telling()
    expected = follow(whole, stream, look=look)
    with pytest.raises(Killed):
        follow(Telling(dies_at=dies_at), stream, look=look, checkpoint=place)
    assert place.exists() == (dies_at > 0)
    again = Telling()
    found = follow(again, stream, look=look, checkpoint=place, resume=True)
    assert same(found, expected)
    for name, values in whole.state().items():
        assert torch.equal(values, again.state()[name]), name


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, TASKS - 1), max_size=5), st.integers(0, 2**31))
def test_killed_again_and_again_it_ends_the_same(tmp_path_factory, deaths, seed):
    stream = rotated(part(seed=1), part(30, seed=2), tasks=TASKS)
    place = tmp_path_factory.mktemp("often") / "tiny.safetensors"
    for dies_at in deaths:
        try:
            follow(Tiny(seed=seed, dies_at=dies_at), stream, checkpoint=place, resume=True)
        except Killed:
            continue
    whole, again = Tiny(seed=seed), Tiny(seed=seed)
    found = follow(again, stream, checkpoint=place, resume=True)
    assert same(found, follow(whole, stream))
    assert torch.equal(whole.weight, again.weight)


def test_what_is_done_is_read_and_not_learnt_again(stream, place):
    first = follow(Tiny(), stream, checkpoint=place)
    again = Tiny(dies_at=0)  # would die if it learnt anything
    found = follow(again, stream, checkpoint=place, resume=True)
    assert found.to_json() == first.to_json()  # the clock too
    assert again.met == TASKS


def test_without_resuming_it_begins_anew(stream, place):
    follow(Tiny(), stream, checkpoint=place)
    with pytest.raises(Killed):
        follow(Tiny(dies_at=0), stream, checkpoint=place)


def test_a_checkpoint_changes_nothing_and_leaves_nothing_beside_it(stream, place):
    assert same(follow(Tiny(), stream, checkpoint=place), follow(Tiny(), stream))
    assert [file.name for file in place.parent.iterdir()] == [place.name]


def test_a_write_that_fails_leaves_the_last_checkpoint(stream, place, monkeypatch):
    with pytest.raises(Killed):
        follow(Tiny(dies_at=2), stream, checkpoint=place)
    before = place.read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Refusal, match=r"cannot write .*No space left"):
        follow(Tiny(), stream, checkpoint=place, resume=True)
    assert place.read_bytes() == before
    assert [file.name for file in place.parent.iterdir()] == [place.name]


def test_a_place_that_cannot_be_written_is_refused(stream, tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(Refusal, match="cannot write"):
        follow(Tiny(), stream, checkpoint=tmp_path / "file" / "tiny.safetensors")


def test_a_failure_of_the_format_itself_is_refused(stream, place):
    place.parent.mkdir()
    place.with_name(place.name + ".part").mkdir()  # nothing can be written over a folder
    with pytest.raises(Refusal, match="cannot write"):
        follow(Tiny(), stream, checkpoint=place)


# ------------------------------------------------------------------ refusals


def other_test(stream):
    tests = (*stream.tests[:-1], part(30, seed=7))
    return Stream(stream.name, stream.experiences, tests, stream.classes, stream.side)


@pytest.mark.parametrize(
    ("learner", "change", "look", "found"),
    [
        (Tiny(rate=0.2), None, "seen", "another learner"),
        (Tiny(seed=1), None, "seen", "another learner"),
        (
            Tiny(),
            lambda a, b: permuted(a, b, tasks=TASKS, seed=1),
            "seen",
            "another images, stream",
        ),
        (Tiny(), lambda a, b: permuted(a, b, tasks=5), "seen", "another images, tasks"),
        (Tiny(), lambda a, b: permuted(part(seed=3), b, tasks=TASKS), "seen", "another images"),
        (Tiny(), lambda a, b: other_test(permuted(a, b, tasks=TASKS)), "seen", "another images"),
        (Tiny(), None, "all", "another look"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(stream, place, learner, change, look, found):
    follow(Tiny(), stream, checkpoint=place)
    before = place.read_bytes()
    met = stream if change is None else change(part(seed=1), part(30, seed=2))
    with pytest.raises(Refusal, match=found) as refused:
        follow(learner, met, look=look, checkpoint=place, resume=True)
    assert "begin anew" in str(refused.value)
    assert learner.met == 0
    assert place.read_bytes() == before


def test_what_is_no_checkpoint_is_refused(stream, place):
    place.parent.mkdir()
    for content in (b"", b"no tensors", b"\x80\x04pickle"):
        place.write_bytes(content)
        with pytest.raises(Refusal, match="cannot read"):
            follow(Tiny(), stream, checkpoint=place, resume=True)


def test_half_a_checkpoint_is_refused(stream, place):
    follow(Tiny(), stream, checkpoint=place)
    place.write_bytes(place.read_bytes()[:-40])
    with pytest.raises(Refusal, match="cannot read"):
        follow(Tiny(), stream, checkpoint=place, resume=True)


@pytest.mark.parametrize("words", [None, {}, {"mark": "3", "sizes": "[]"}, {"mark": "{"}])
def test_tensors_without_our_words_are_refused(stream, place, words):
    place.parent.mkdir()
    save_file({"weight": torch.zeros(3)}, str(place), metadata=words)
    with pytest.raises(Refusal, match="keeps no stream"):
        follow(Tiny(), stream, checkpoint=place, resume=True)


def test_a_checkpoint_without_its_record_is_refused(stream, place):
    from safetensors import safe_open

    follow(Tiny(), stream, checkpoint=place)
    with safe_open(str(place), framework="pt") as file:
        words = file.metadata()
    tensors = load_file(str(place))
    del tensors["matrix"]
    save_file(tensors, str(place), metadata=words)
    with pytest.raises(Refusal, match="keeps no stream"):
        follow(Tiny(), stream, checkpoint=place, resume=True)


def test_an_unknown_look_and_a_learner_that_does_not_fit_are_refused(stream):
    with pytest.raises(Refusal, match="one of all, seen, ends, last"):
        follow(Tiny(), stream, look="diagonal")
    with pytest.raises(Refusal, match="4 classes"):
        follow(Tiny(classes=4), stream)
    with pytest.raises(Refusal, match="images of 5"):
        follow(Tiny(side=5), stream)


# ------------------------------------------------------------------ as JSON


@pytest.mark.parametrize("look", LOOKS)
def test_a_history_survives_json(stream, look):
    found = follow(Telling(), stream, look=look)
    text = json.dumps(found.to_json(), allow_nan=False)
    again = History.from_json(json.loads(text))
    assert again.to_json() == found.to_json()
    assert again.sizes == found.sizes
    np.testing.assert_array_equal(again.matrix, found.matrix)
    np.testing.assert_array_equal(again.extras["met"], found.extras["met"])


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda kept: kept.pop("matrix"), "without 'matrix'"),
        (lambda kept: kept.update(matrix="R"), "no history"),
        (lambda kept: kept.update(matrix=[[0.5]]), "shapes"),
        (lambda kept: kept.update(tasks=["one"]), "a history of 1 tasks"),
        (lambda kept: kept.update(sizes=[]), "shapes"),
        (lambda kept: kept.update(sizes=[{"numbers": 3}]), "no history"),
        (lambda kept: kept.update(extras=[1]), "no history"),
    ],
)
def test_what_is_no_history_is_refused(stream, change, found):
    kept = follow(Tiny(), stream).to_json()
    change(kept)
    with pytest.raises(Refusal, match=found):
        History.from_json(kept)
