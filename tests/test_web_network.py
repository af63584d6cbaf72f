"""The Python half of the live network, and of a training that is over."""

import contextlib
import json
import math
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.learning import NeuralNetwork, datasets
from lawful.learning.named import named
from lawful.refusal import Refusal
from lawful.web.codec import packed
from lawful.web.live import dials, maps, pasted, sources, wishes
from lawful.web.live.curves import NOWHERE, Curves
from lawful.web.live.network import ORDERS, NetworkChannel, channel
from lawful.web.live.session import Session
from lawful.web.live.timeline import Timeline


def order(here, name, /, **given):
    return here.receive(name, given)


@pytest.fixture
def here():
    made = channel({})
    yield made
    made.close()


def waited(what, seconds=5.0):
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.005)


# ------------------------------------------------------------------------- what is shown


def test_the_first_scene_has_everything_to_draw(here):
    scene = order(here, "scene")
    data, arrays = scene.data, scene.arrays
    assert data["layers"] == [2, 8, 8, 1]
    assert data["activations"] == ["tanh", "tanh", "sigmoid"]
    assert data["initializations"] == ["xavier"] * 3
    assert arrays["X"].shape == (200, 2)
    assert arrays["boundary"].shape == (1, 64, 64)
    assert arrays["neurons"].shape == (16, 16, 16)
    assert arrays["activations"].shape == (2 + 8 + 8 + 1,)
    assert arrays["sums"].shape == (8 + 8 + 1,)
    assert set(np.unique(arrays["labels"])) == {0, 1}
    json.dumps(scene.to_dict(), allow_nan=False)
    assert len(packed(scene, 1)) < 2_000_000


def test_a_frame_holds_the_network_as_it_is(here):
    order(here, "step", count=7)
    order(here, "sample", index=5)
    frame = here.frame()
    network, x = here.session.network, here.session.source.samples.X[5]
    np.testing.assert_allclose(frame.arrays["parameters"], network.parameters, rtol=1e-6)
    trace = network.trace(x[None, :])
    np.testing.assert_allclose(frame.arrays["activations"][:2], x, rtol=1e-6)
    np.testing.assert_allclose(frame.arrays["activations"][2:10], trace.a[1][0], rtol=1e-5)
    np.testing.assert_allclose(frame.arrays["sums"][-1], trace.z[-1][0, 0], rtol=1e-5)
    assert frame.data["step"] == 7
    assert frame.data["sample"] == 5
    assert here.frame() is None


def test_maps_read_upward_and_show_what_the_network_answers(here):
    scene = order(here, "scene")
    left, right, bottom, top = scene.data["extent"]
    row, column = 10, 50
    at = np.array([[left + (column + 0.5) / 64 * (right - left),
                    bottom + (row + 0.5) / 64 * (top - bottom)]])  # fmt: skip
    network = here.session.network
    answer = network.forward(at)[0, 0]
    assert scene.arrays["boundary"][0, row, column] == pytest.approx(answer, abs=1e-5)
    small = np.array([[left + 3.5 / 16 * (right - left), bottom + 12.5 / 16 * (top - bottom)]])
    hidden = network.trace(small).a
    assert scene.arrays["neurons"][2, 12, 3] == pytest.approx(hidden[1][0, 2], abs=1e-5)
    assert scene.arrays["neurons"][8 + 5, 12, 3] == pytest.approx(hidden[2][0, 5], abs=1e-5)


def test_training_changes_the_boundary_and_learns(here):
    before = order(here, "scene").arrays["boundary"]
    order(here, "step", count=600)
    frame = here.frame()
    assert np.abs(frame.arrays["boundary"] - before).max() > 0.5
    assert frame.data["measures"]["accuracy"] > 0.95


def test_layout_finds_weights_and_biases(here):
    order(here, "architecture", layers="2-3-4-1")
    scene = order(here, "scene")
    flat, network = scene.arrays["parameters"], here.session.network
    for k, place in enumerate(scene.data["layout"]):
        start, rows, columns = place["weights"]
        W = flat[start : start + rows * columns].reshape(rows, columns)
        np.testing.assert_allclose(W, network.weights[k], rtol=1e-6)
        start, count = place["biases"]
        np.testing.assert_allclose(flat[start : start + count], network.biases[k], rtol=1e-6)


def test_many_classes_and_many_features():
    here = channel({"dataset": {"name": "digits", "samples": 100}, "layers": "64-12-10"})
    scene = order(here, "scene")
    assert scene.arrays["boundary"].shape == (10, 64, 64)
    assert scene.arrays["neurons"].shape == (0, 16, 16)
    np.testing.assert_allclose(scene.arrays["boundary"].sum(axis=0), 1.0, rtol=1e-4)
    order(here, "slice", i=20, j=36)
    assert order(here, "scene").data["slice"] == [20, 36]
    order(here, "sample", index=3)
    frame = here.frame()
    i, j = 20, 36
    plane = here._sight.plane
    x = here.session.source.samples.X[3].astype(np.float32)
    middle = plane.points(frame.arrays["boundary"].shape[1], x)[0]
    assert set(np.flatnonzero(middle != x)) <= {i, j}
    here.close()


def test_a_single_input_has_a_map_as_well():
    X = np.linspace(-1, 1, 20)[:, None]
    here = NetworkChannel(NeuralNetwork([1, 4, 1], output="linear", seed=0), (X, X**2))
    scene = order(here, "scene")
    image = scene.arrays["boundary"][0]
    np.testing.assert_allclose(image, np.tile(image[0], (64, 1)))
    assert np.ptp(image[0]) > 0


def test_frames_are_quick(here):
    taken = []
    for _ in range(30):
        order(here, "step")
        began = time.perf_counter()
        packed(here.frame(), 1)
        taken.append(time.perf_counter() - began)
    assert np.median(taken) < 0.015  # 1.3 ms on two busy cores; the bound is for slow machines


def test_a_custom_input(here):
    order(here, "input", values=[0.25, -0.5])
    frame = here.frame()
    assert frame.data["sample"] == -1
    assert frame.data["target"] is None
    assert frame.data["input"] == [0.25, -0.5]


# ---------------------------------------------------------------------------- curves


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.integers(4, 20))
def test_a_reader_of_curves_misses_nothing(portions, rows):
    curves, place, mirror, step = Curves(rows), NOWHERE, [], 0
    for portion in portions:
        for _ in range(portion):
            curves.add(step, {"loss": float(step), **({"hand": 1.0} if step > 30 else {})})
            step += 1
        if portion == 11:
            curves.cut(step // 2)
        start, columns, place = curves.since(place)
        assert start <= len(mirror)
        mirror = [*mirror[:start], *columns["steps"].tolist()]
        assert mirror == curves.since(NOWHERE)[1]["steps"].tolist()
    assert len(curves) <= rows


def test_frames_carry_only_what_is_new(here):
    order(here, "step", count=10)
    assert here.frame().data["curve_from"] == 0
    order(here, "step", count=3)
    frame = here.frame()
    assert frame.data["curve_from"] == 11
    assert frame.arrays["curve_steps"].tolist() == [11, 12, 13]
    order(here, "reset")
    assert here.frame().data["curve_from"] == 0


def test_each_channel_keeps_its_own_place():
    one = channel({})
    two = channel({}, view="training", session=one.session)
    order(one, "step", count=5)
    assert len(one.frame().arrays["curve_steps"]) == 6
    order(two, "step", count=2)
    assert one.frame().arrays["curve_steps"].tolist() == [6, 7]
    assert two.frame().arrays["curve_steps"].tolist() == list(range(8))
    order(one, "sample", index=3)
    assert one.frame().data["sample"] == 3
    assert order(two, "scene").data["sample"] == 0


# ------------------------------------------------------------------------- sliders, books


def balanced(session):
    """E is what it was, and all that the accounts say; to round-off."""
    books = session.moment.state.ledger
    parts = math.fsum(books.totals.values())
    assert books.energy == pytest.approx(books.start + parts, rel=1e-12, abs=1e-13)
    assert books.worst < 1e-12
    now = session.moment.loss + session.moment.measures["kinetic"]
    assert books.energy == pytest.approx(now, rel=1e-13)


@pytest.mark.parametrize(
    ("name", "turns"),
    [
        ("momentum", [("rate", 0.2), ("momentum", 0.5), ("rate", 0.01)]),
        ("heavy_ball", [("friction", 2.0), ("mass", 3.0), ("rate", 0.1)]),
        ("langevin", [("temperature", 0.02), ("friction", 0.0), ("mass", 0.5)]),
        ("hamiltonian", [("mass", 4.0), ("rate", 0.1)]),
        ("discrete_gradient", [("mass", 2.0), ("friction", 1.0)]),
        ("gradient_descent", [("rate", 2.0), ("rate", 0.1)]),
    ],
)
def test_the_books_stay_right_through_every_slider(here, name, turns):
    session = here.session
    order(here, "optimizer", name=name)
    for dial, value in turns:
        order(here, "step", count=15)
        balanced(session)
        order(here, dial, value=value)
        balanced(session)
        assert dials.readings(session.dynamics)[dial] == value
    order(here, "step", count=15)
    balanced(session)


def test_the_work_of_the_hand_is_the_jump_of_the_kinetic_energy(here):
    order(here, "step", count=20)
    before = here.session.moment.measures["kinetic"]
    rate = here.session.dynamics.learning_rate
    order(here, "rate", value=4 * rate)  # K = |v|²/2η
    hand = here.session.moment.accounts["hand"]
    assert hand == pytest.approx(before * (1 / 4 - 1), rel=1e-12)


def test_a_slider_does_not_begin_again(here):
    order(here, "step", count=20)
    weights = here.session.moment.parameters
    order(here, "rate", value=0.5)
    assert here.session.moment.step == 20
    np.testing.assert_array_equal(here.session.moment.parameters, weights)
    assert here.session.moment.state.motion.v.any()


def test_another_optimiser_begins_at_rest_with_the_same_books(here):
    order(here, "step", count=20)
    order(here, "optimizer", name="langevin")
    assert not here.session.moment.state.motion.v.any()
    balanced(here.session)
    order(here, "optimizer", name="adam")
    order(here, "step", count=3)
    frame = here.frame()
    assert frame.data["residual"] is None
    assert "keeps no books" in order(here, "ledger").data["why"]
    order(here, "optimizer", name="heavy_ball")
    order(here, "step", count=3)
    assert here.frame().data["books"]["since"] == 23
    balanced(here.session)


def test_the_ledger_is_told_in_words(here):
    order(here, "step", count=5)
    told = order(here, "ledger").data
    assert {entry["name"] for entry in told["entries"]} == {"friction", "kick", "curvature"}
    assert all(entry["words"] for entry in told["entries"])
    sums = told["books"]["start"] + math.fsum(entry["total"] for entry in told["entries"])
    assert sums == pytest.approx(told["books"]["now"], rel=1e-12)


# --------------------------------------------------------------- weights by hand, looking back


def test_a_drag_is_one_undo(here):
    order(here, "step", count=3)
    first = here.session.moment.parameters.copy()
    for value in (0.1, 0.2, 0.7):
        order(here, "weight", index=4, value=value, done=False)
    order(here, "weight", index=4, value=0.8, done=True)
    frame = here.frame()
    assert (frame.data["undo"], frame.data["redo"]) == (1, 0)
    assert frame.arrays["parameters"][4] == pytest.approx(0.8)
    balanced(here.session)
    order(here, "undo")
    np.testing.assert_array_equal(here.session.moment.parameters, first)
    assert here.session.moment.accounts["hand"] == pytest.approx(0.0, abs=1e-14)
    order(here, "redo")
    assert here.session.moment.parameters[4] == 0.8
    with pytest.raises(Refusal, match="nothing to redo"):
        order(here, "redo")


def test_looking_back_and_going_on_is_as_if_nothing_had_come_after(here):
    order(here, "step", count=30)
    there = here.session.moment.parameters.copy()
    order(here, "step", count=10)
    after = here.session.moment.parameters.copy()
    order(here, "step", count=25)
    order(here, "seek", index=30)
    frame = here.frame()
    np.testing.assert_allclose(frame.arrays["parameters"], there, rtol=1e-6)
    assert frame.data["history"] == {"length": 66, "at": 30, "steps": [0, 65]}
    order(here, "step", count=10)
    np.testing.assert_array_equal(here.session.moment.parameters, after)
    assert here.frame().data["history"]["steps"] == [0, 40]
    balanced(here.session)


def test_the_timeline_is_bounded_in_number_and_bytes():
    session = Session(NeuralNetwork([2, 4, 1], seed=0))
    session.timeline = Timeline(most=20)
    session.step(300)
    assert len(session.timeline) <= 21
    assert session.timeline[len(session.timeline) - 1].step == 300
    steps = [moment.step for moment in session.timeline]
    assert steps == sorted(set(steps))
    session.timeline = Timeline(most=1000, bytes=8 * 17 * 3 * 10)
    session.reset()
    session.step(100)
    assert len(session.timeline) <= 12


# ------------------------------------------------------------------------------ as Python

DEEDS = {
    "plain": [("step", {"count": 12})],
    "nothing": [],
    "sliders": [
        ("step", {"count": 5}), ("rate", {"value": 0.3}), ("step", {"count": 5}),
        ("momentum", {"value": 0.5}), ("momentum", {"value": 0.6}), ("step", {"count": 4}),
    ],
    "optimizers": [
        ("step", {"count": 5}), ("optimizer", {"name": "langevin"}), ("step", {"count": 7}),
        ("temperature", {"value": 0.01}), ("step", {"count": 4}),
        ("optimizer", {"name": "adam"}), ("step", {"count": 4}),
    ],
    "first": [
        ("optimizer", {"name": "hamiltonian"}), ("rate", {"value": 0.1}), ("step", {"count": 9}),
    ],
    "hand": [
        ("weight", {"index": 3, "value": 0.5}), ("step", {"count": 5}),
        ("weight", {"index": 7, "value": -1.0}), ("weight", {"index": 1, "value": 2.0}),
        ("step", {"count": 5}), ("undo", {}), ("step", {"count": 2}),
    ],
    "back": [
        ("step", {"count": 9}), ("rate", {"value": 0.2}), ("step", {"count": 9}),
        ("seek", {"index": 5}), ("rate", {"value": 0.01}), ("step", {"count": 3}),
    ],
    "back to another": [
        ("step", {"count": 9}), ("optimizer", {"name": "heavy_ball"}), ("step", {"count": 9}),
        ("seek", {"index": 4}), ("step", {"count": 3}),
    ],
    "shown": [("step", {"count": 9}), ("seek", {"index": 4})],
    "held back": [
        ("dataset", {"name": "moons", "samples": 60, "validation": 0.25}), ("step", {"count": 9}),
    ],
    "drawn": [
        ("points", {"X": [[0, 0], [1, 1], [0, 1], [1, 0]], "labels": [0, 0, 3, 3]}),
        ("step", {"count": 9}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("deeds", DEEDS.values(), ids=DEEDS.keys())
def test_the_python_of_it_does_it_again_to_the_last_bit(here, deeds, capsys):
    for name, given_ in deeds:
        order(here, name, **given_)
    text = order(here, "python").data["text"]
    made = {}
    exec(text, made)  # noqa: S102
    np.testing.assert_array_equal(
        made["network"].parameters, here.session.shown.parameters, err_msg=text
    )
    assert capsys.readouterr().out.startswith("NeuralNetwork")


def test_a_network_given_by_the_user_is_written_out():
    network = NeuralNetwork([2, 3, 1], seed=4)
    network.parameters = np.linspace(-1, 1, network.parameters.size)
    here = NetworkChannel(network, datasets.xor())
    order(here, "step", count=4)
    made = {}
    exec(order(here, "python").data["text"], made)  # noqa: S102
    np.testing.assert_array_equal(made["network"].parameters, here.session.moment.parameters)


def test_a_look_begins_the_same_again(here):
    order(here, "architecture", layers="2-5-4-1", activations=["relu", "tanh"],
          initializations=["he", "orthogonal", "xavier"])  # fmt: skip
    order(here, "dataset", name="moons", samples=80, noise=0.2, seed=3)
    order(here, "dice")
    order(here, "optimizer", name="langevin")
    order(here, "temperature", value=0.05)
    look = json.loads(json.dumps(order(here, "scene").data["look"]))
    again = channel(look)
    assert again.session.network.settings == here.session.network.settings
    np.testing.assert_array_equal(again.session.moment.parameters, here.session.moment.parameters)
    np.testing.assert_array_equal(again.session.source.samples.X, here.session.source.samples.X)
    assert again.session.dynamics == here.session.dynamics


@pytest.mark.parametrize(
    "look",
    [
        {"layers": "2-9000-1"},
        {"dataset": "/etc/passwd"},
        {"optimizer": {"name": []}},
        {"seed": -1},
        {"rate": "much"},
        {"activations": 7},
    ],
)
def test_an_address_that_cannot_be_meant_shows_the_first_scene_and_says_so(look):
    scene = order(channel(look), "scene")
    assert scene.data["layers"] == [2, 8, 8, 1]
    assert "the address asks for" in scene.data["notes"][0]


# --------------------------------------------------------------------------- architectures


def test_another_architecture_keeps_what_fits(here):
    order(here, "architecture", layers="2-6-1", activations="relu", initializations="he")
    scene = order(here, "scene").data
    assert scene["activations"] == ["relu", "sigmoid"]
    assert scene["initializations"] == ["he", "he"]
    assert scene["version"] == 1
    order(here, "architecture", layers="2-6-5-1")
    assert order(here, "scene").data["activations"] == ["relu", "relu", "sigmoid"]
    order(here, "architecture", output="linear")
    assert order(here, "scene").data["loss"] == "squared"


def test_each_layer_begins_in_its_own_way(here):
    order(here, "architecture", initializations=["he", "orthogonal", "random"])
    W = here.session.network.weights[1]
    np.testing.assert_allclose(W.T @ W, np.eye(8), atol=1e-12)
    assert here.session.network.biases[2].any()


def test_other_data_bend_the_ends_of_the_network(here):
    order(here, "dataset", name="digits", samples=60)
    scene = order(here, "scene").data
    assert scene["layers"] == [64, 8, 8, 10]
    assert scene["activations"][-1] == "softmax"
    assert scene["loss"] == "cross_entropy"
    order(here, "dataset", name="moons")
    scene = order(here, "scene").data
    assert scene["layers"] == [2, 8, 8, 1]
    assert scene["activations"][-1] == "sigmoid"


def test_reset_is_the_same_and_the_dice_are_not(here):
    first = here.session.moment.parameters.copy()
    order(here, "step", count=5)
    order(here, "reset")
    np.testing.assert_array_equal(here.session.moment.parameters, first)
    seeds = set()
    for _ in range(4):
        order(here, "dice")
        seeds.add(here.frame().data["seed"])
    assert len(seeds) > 1


# ----------------------------------------------------------------------- drawn and pasted


def test_points_that_were_drawn(here):
    order(here, "points", X=[[0, 0], [1, 1], [0.5, 0]], labels=[1, 4, 1])
    scene = order(here, "scene")
    assert scene.arrays["labels"].tolist() == [0, 1, 0]
    assert scene.data["classes"] == ["class 2", "class 5"]
    before = scene.data["extent"]
    order(here, "points", X=[[0.2, 0], [0.9, 1], [0.5, 0]], labels=[1, 4, 1])
    assert order(here, "scene").data["extent"] == before
    order(here, "points", X=[[0, 0], [9, 1]], labels=[0, 1], extent=[-1, 10, -1, 2])
    assert order(here, "scene").data["extent"] == [-1, 10, -1, 2]


def test_a_table_that_was_pasted(here):
    text = "width;height;kind\n1,5;2;a\n2,5;3;b\n3,5;1;a\n4,5;2;b\n"
    order(here, "paste", text=text)
    scene = order(here, "scene").data
    assert (scene["features"], scene["classes"]) == (["width", "height"], ["a", "b"])
    assert any("kind" in note for note in scene["notes"])
    rows = "\n".join(f"{x},{x * x}" for x in np.linspace(-1, 1, 30))
    order(here, "paste", text=f"x,y\n{rows}\n", target="y")
    scene = order(here, "scene").data
    assert scene["layers"][0] == scene["layers"][-1] == 1
    assert scene["activations"][-1] == "linear"


@given(st.text(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_text_is_samples_or_a_refusal(text):
    try:
        made = pasted.pasted(text)
    except Refusal:
        return
    assert np.isfinite(made.X).all()


# ---------------------------------------------------------------------------- the thread


def test_it_learns_in_one_thread_while_it_plays_and_in_none_while_it_rests():
    here = channel({})
    news = threading.Event()
    here.open(news.set)
    assert not _threads()
    order(here, "play")
    order(here, "play")
    assert len(_threads()) == 1
    waited(lambda: here.session.moment.step > 3)
    assert news.is_set()
    order(here, "pause")
    waited(lambda: not _threads())
    step = here.session.moment.step
    time.sleep(0.05)
    assert here.session.moment.step == step
    order(here, "play")
    here.close()
    waited(lambda: not _threads())
    here.close()


def _threads():
    return [t for t in threading.enumerate() if t.name == "lawful-learning"]


def test_a_session_rests_when_its_last_channel_closes():
    one = channel({})
    two = channel({}, view="training", session=one.session)
    one.open(lambda: None)
    two.open(lambda: None)
    order(one, "play")
    one.close()
    assert len(_threads()) == 1
    two.close()
    waited(lambda: not _threads())
    two.open(lambda: None)
    order(two, "play")
    waited(lambda: two.session.moment.step > 0)
    two.close()


def test_orders_are_obeyed_while_it_learns_as_fast_as_it_can():
    here = channel({})
    here.open(lambda: None)
    order(here, "speed", looks="max")
    order(here, "play")
    late = []
    for k in range(20):
        began = time.perf_counter()
        order(here, "rate", value=0.01 + 0.001 * k)
        here.frame()
        late.append(time.perf_counter() - began)
    here.close()
    assert np.median(late) < 0.2
    assert here.session.dynamics.learning_rate == pytest.approx(0.029)
    balanced(here.session)


def test_nobody_who_looks_makes_it_slow():
    here = channel({"speed": 1})
    here.open(lambda: None)
    order(here, "play")
    time.sleep(0.6)
    here.close()
    assert 1 <= here.session.moment.step <= 8


# ------------------------------------------------------------------------- the NaN guard


def lost():
    X = np.linspace(-3, 3, 40)[:, None]
    network = NeuralNetwork([1, 8, 1], activation="relu", output="linear", seed=0)
    return NetworkChannel(network, (X, 50 * X**2), dynamics=named("momentum", learning_rate=20.0))


def test_a_training_that_is_lost_says_why_and_keeps_the_last_sound_weights():
    here = lost()
    order(here, "step", count=500)
    frame = here.frame()
    assert "no longer a number" in frame.data["trouble"]
    assert "take a smaller learning rate" in frame.data["trouble"]
    assert np.isfinite(here.session.moment.parameters).all()
    assert math.isfinite(here.session.network.loss(*here.session.source.samples))
    json.dumps(frame.to_dict(), allow_nan=False)
    step = frame.data["step"]
    order(here, "reset")
    assert here.frame().data["trouble"] == ""
    order(here, "rate", value=1e-4)
    order(here, "step", count=step + 50)
    assert here.frame().data["trouble"] == ""


def test_a_training_that_is_lost_while_it_plays_stops():
    here = lost()
    here.open(lambda: None)
    order(here, "speed", looks=100)
    order(here, "play")
    waited(lambda: here.session.trouble)
    waited(lambda: not _threads())
    assert not here.frame().data["playing"]
    here.close()


# ----------------------------------------------------------------------------- questions


def test_a_neuron_in_numbers(here):
    order(here, "step", count=5)
    told = order(here, "neuron", layer=2, index=3, cells=24)
    data = told.data
    z = sum(term["product"] for term in data["terms"]) + data["bias"]
    assert z == pytest.approx(data["z"])
    assert math.tanh(z) == pytest.approx(data["a"])
    assert len(data["terms"]) == 8
    assert data["terms"][0]["name"] == "h₁·1"
    assert told.arrays["map"].shape == (24, 24)
    assert "tanh" in data["formula"]
    first = order(here, "neuron", layer=0, index=1)
    np.testing.assert_allclose(first.arrays["map"][:, 0], first.arrays["map"][:, 7])


def test_the_way_back_of_one_sample(here):
    told = order(here, "backward", sample=11)
    network, (X, y) = here.session.network, here.session.source.samples
    value, gradient = network.loss_and_gradient(X[11:12], y[11:12])
    assert told.data["loss"] == pytest.approx(value)
    np.testing.assert_allclose(told.arrays["gradient"], gradient, rtol=1e-5, atol=1e-9)
    assert told.arrays["deltas"].shape == (17,)
    # With this loss the last δ is a − y.
    error = network.forward(X[11:12])[0, 0] - y[11, 0]
    assert told.arrays["deltas"][-1] == pytest.approx(error, rel=1e-5)


def test_the_landscape_holds_the_network_in_its_place(here):
    fresh = order(here, "landscape", cells=15)
    assert "no path yet" in fresh.data["words"]
    middle = fresh.arrays["losses"][7, 7]
    assert middle == pytest.approx(here.session.moment.loss, rel=1e-5)
    order(here, "step", count=60)
    told = order(here, "landscape", cells=15)
    assert told.arrays["losses"].shape == (15, 15)
    assert told.arrays["path"].shape == (61, 2)
    assert told.arrays["path_losses"][-1] == pytest.approx(here.session.moment.loss, rel=1e-5)
    x = here.session.moment.parameters
    place = (x - told.arrays["origin"]) @ told.arrays["directions"].T
    np.testing.assert_allclose(place, told.arrays["path"][-1], atol=1e-5)


def test_phases_along_the_training(here):
    order(here, "step", count=300)
    told = order(here, "phase", panels=5, cells=16)
    assert told.data["steps"][0] == 0
    assert told.data["steps"][-1] == 300
    assert told.arrays["maps"].shape == (len(told.data["steps"]), 1, 16, 16)
    assert told.data["losses"][0] > told.data["losses"][-1]


def test_phases_over_two_settings(here):
    told = order(here, "phase", x="rate", y="momentum", columns=3, rows=2, steps=30, cells=8)
    rates, momenta = told.data["x"]["values"], told.data["y"]["values"]
    assert told.arrays["losses"].shape == (2, 3)
    network = here.session.initial
    from lawful.learning import record

    dynamics = named("momentum", learning_rate=rates[2], momentum=momenta[1])
    record(network, here.session.source.samples, dynamics=dynamics, steps=30, seed=0)
    expected = network.loss(*here.session.source.samples)
    assert told.arrays["losses"][1, 2] == pytest.approx(expected, rel=1e-12)
    assert here.session.moment.step == 0


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("dance", {}, "expected one of play"),
        ("rate", {}, "missing"),
        ("rate", {"value": 0.1, "more": 1}, "more"),
        ("rate", {"value": "fast"}, "a number from 0.0001 to 30"),
        ("rate", {"value": math.nan}, "a number from"),
        ("rate", {"value": -1}, "a number from"),
        ("friction", {"value": 1}, "momentum has no friction.*heavy_ball"),
        ("temperature", {"value": 0.1}, "langevin"),
        ("optimizer", {"name": "adm"}, "did you mean 'adam'"),
        ("optimizer", {"name": 3}, "text of at most"),
        ("sample", {"index": 200}, "0 to 199"),
        ("sample", {"index": 1.5}, "whole number"),
        ("input", {"values": [1]}, "2 numbers"),
        ("input", {"values": [1, 1e300]}, "a point|input"),
        ("architecture", {"layers": "2-8-x-1"}, "whole numbers"),
        ("architecture", {"layers": "3-8-1"}, "layers that fit: 2-8-1"),
        ("architecture", {"layers": "2-500-1"}, "at most 128"),
        ("architecture", {"layers": "2-" + "128-" * 5 + "1"}, "at most 50000"),
        ("architecture", {"layers": "2-" + "8-" * 9 + "1"}, "at most 8 hidden"),
        ("architecture", {"layers": [2, True, 1]}, "whole numbers"),
        ("architecture", {"activations": ["relu"]}, "1 activations for 2 hidden"),
        ("architecture", {"activations": "rellu"}, "did you mean 'relu'"),
        ("architecture", {"initializations": ["he", "he"]}, "2 weight initialisations for 3"),
        ("architecture", {"loss": "cross_entropy"}, "softmax"),
        ("dataset", {"name": "/etc/passwd"}, "one of circles"),
        ("dataset", {"name": "mnist"}, "one of circles"),
        ("dataset", {"name": "moons", "samples": 10**9}, "4 to 2000"),
        ("dataset", {"name": "moons", "noise": -1}, "from 0 to 1"),
        ("points", {"X": [[0, 0], [1, 1]], "labels": [0, 0]}, "another one"),
        ("points", {"X": [[0, 0], [1, "a"]], "labels": [0, 1]}, "a number"),
        ("points", {"X": [[0, 0]] * 5000, "labels": [0] * 5000}, "2 to 2000"),
        ("points", {"X": "all", "labels": []}, "no list"),
        ("paste", {"text": "a"}, "header"),
        ("paste", {"text": "a,b\n" * 30_000}, "at most 20000"),
        ("paste", {"text": "a,b\n1,x\n2,y\n", "target": "c"}, "names no column"),
        ("weight", {"index": 105, "value": 0.0}, "0 to 104"),
        ("weight", {"index": 0, "value": math.inf}, "a number"),
        ("undo", {}, "nothing to undo"),
        ("seek", {"index": 7}, "0 to 2"),
        ("speed", {"looks": 0}, "a number from"),
        ("speed", {"looks": "slow"}, "a number from"),
        ("cells", {"value": 10_000}, "16 to 128"),
        ("slice", {"i": 0, "j": 0}, "two features"),
        ("slice", {"i": 0, "j": 2}, "0 to 1"),
        ("neuron", {"layer": 4, "index": 0}, "to 3"),
        ("neuron", {"layer": 1, "index": 8}, "0 to 7"),
        ("backward", {"sample": 900}, "0 to 199"),
        ("landscape", {"cells": 5000}, "9 to 81"),
        ("phase", {"x": "rate", "y": "rate"}, "two settings"),
        ("phase", {"x": "rate", "y": "colour"}, "one of rate"),
        ("phase", {"x": "rate", "y": "temperature"}, "langevin"),
        ("phase", {"panels": 99}, "2 to 12"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_and_nothing_changes(here, name, words, message):
    order(here, "step", count=2)
    before = here.session.moment
    with pytest.raises(Refusal, match=message):
        here.receive(name, words)
    assert here.session.moment is before
    order(here, "step")
    assert here.frame().data["step"] == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
WORDS = (
    *("value", "index", "values", "name", "X", "labels", "text", "layers", "looks", "i", "j"),
    *("count", "cells", "layer", "x", "y", "sample", "target", "done", "activations"),
)


@given(st.sampled_from(sorted({*ORDERS, "neuron", "backward", "landscape"} - {"play"})),
       st.dictionaries(st.sampled_from(WORDS), JSON, max_size=3))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_anything_a_page_says_is_obeyed_or_refused(name, words):
    made = NetworkChannel(NeuralNetwork([2, 3, 1], seed=0), datasets.xor())
    with contextlib.suppress(Refusal):
        made.receive(name, words)
    assert np.isfinite(made.session.moment.parameters).all()
    made.receive("step", {})
    assert made.frame() is not None
    made.close()


def test_the_cells_of_a_large_network_are_fewer(here):
    order(here, "architecture", layers="2-128-128-100-1")
    assert order(here, "scene").data["cells"] < 64
    assert order(here, "scene").arrays["neurons"].shape[0] == 0


def test_every_data_set_can_be_learned(here):
    for name, words in sources.known():
        assert words
        order(here, "dataset", name=name)
        order(here, "step")
        assert here.frame().data["trouble"] == ""


def test_wishes_for_layers():
    assert wishes.sizes(" 2 – 8 − 1 ") == [2, 8, 1]


def test_maps_agree_with_the_network_in_every_activation():
    X = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    for name in wishes.KNOWN["activations"]:
        network = NeuralNetwork([2, 5, 3], activation=name, seed=1)
        answers = maps.passed(network.architecture, network.parameters.astype("f4"), X)[-1]
        assert answers.dtype == np.float32
        np.testing.assert_allclose(answers, network.forward(X.astype(float)), atol=1e-5)


# --------------------------------------------------------------------- a training that is over


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from lawful.store import RunFolder
    from lawful.studies.learning import learn, write_data
    from lawful.studies.lesson import DataChoice, Lesson, NetworkChoice, TrainingChoice

    lesson = Lesson(
        DataChoice("xor"),
        NetworkChoice(layers=((2, 2, 1), (2, 3, 1))),
        TrainingChoice(steps=200),
        seeds=2,
        seed=5,
    )
    done = learn(lesson, jobs=1)
    place = tmp_path_factory.mktemp("work")
    with RunFolder.create(place / "xor", done.manifest()) as built:
        write_data(done, built)
    return place


def recorded(folder):
    from lawful.web.workspace import Workspace

    return Workspace(folder).open("xor")


def test_a_training_that_is_over_is_shown_as_a_live_one(folder):
    from lawful.web.scenes import training

    scene = training.reading(recorded(folder)).receive("scene", {"run": 3})
    data, arrays = scene.data, scene.arrays
    assert data["runs"] == ["2-2-1 seed 5", "2-2-1 seed 6", "2-3-1 seed 5", "2-3-1 seed 6"]
    assert data["name"] == "2-3-1 seed 6"
    assert data["recorded"]
    network = NeuralNetwork.load(folder / "xor" / "weights" / "2-3-1-seed-6.safetensors")
    np.testing.assert_allclose(arrays["parameters"], network.parameters, rtol=1e-6)
    np.testing.assert_allclose(arrays["timeline_parameters"][-1], arrays["parameters"], rtol=1e-6)
    assert arrays["curve_steps"][-1] == arrays["timeline_steps"][-1] == data["step"] == 200
    start = arrays["curve_energy"][0]
    parts = sum(arrays[f"curve_{name}"][-1] for name in data["accounts"])
    assert start + parts == pytest.approx(arrays["curve_energy"][-1], abs=1e-6)
    assert data["residual"] < 1e-12
    assert arrays["landscape_losses"].shape == (41, 41)
    assert arrays["phase_maps"].shape[0] == len(data["phase"]["steps"])
    assert arrays["X"].shape == (4, 2)
    json.dumps(scene.to_dict(), allow_nan=False)


def test_the_python_of_a_training_that_is_over(folder, capsys):
    from lawful.web.scenes import training

    text = training.python(recorded(folder), run=1).data["text"]
    made = {}
    exec(text, made)  # noqa: S102
    network = NeuralNetwork.load(folder / "xor" / "weights" / "2-2-1-seed-6.safetensors")
    np.testing.assert_array_equal(made["training"].network.parameters, network.parameters)
    assert capsys.readouterr().out


@pytest.mark.parametrize("words", [{"run": 4}, {"run": -1}, {"run": "x"}, {"stride": 0}])
def test_a_training_that_is_not_there(folder, words):
    from lawful.web.scenes import training

    with pytest.raises(Refusal):
        training.reading(recorded(folder)).receive("scene", words)


def test_data_from_a_file_beside_the_run_and_from_nowhere(tmp_path, monkeypatch):
    from lawful.store import RunFolder
    from lawful.studies.learning import learn, write_data
    from lawful.studies.lesson import DataChoice, Lesson, NetworkChoice, TrainingChoice
    from lawful.web.scenes import training

    rows = "".join(f"{k / 9:.3f},{(k % 3) / 2},{'ab'[k % 2]}\n" for k in range(12))
    (tmp_path / "own.csv").write_text("u,v,label\n" + rows)
    monkeypatch.chdir(tmp_path)
    lesson = Lesson(DataChoice("own.csv"), NetworkChoice(layers=((2, 2, 1),)),
                    TrainingChoice(steps=20), seeds=1)  # fmt: skip
    done = learn(lesson, jobs=1)
    with RunFolder.create(tmp_path / "xor", done.manifest()) as built:
        write_data(done, built)
    monkeypatch.chdir("/")
    scene = training.scene(recorded(tmp_path))
    np.testing.assert_allclose(scene.arrays["X"], done.material.samples.X, rtol=1e-6)
    training._material.cache_clear()
    (tmp_path / "own.csv").write_text("something else\n")
    scene = training.scene(recorded(tmp_path))
    assert "landscape_losses" not in scene.arrays
    assert "not beside this run" in scene.data["notes"][-1]
    assert scene.arrays["curve_loss"].size
