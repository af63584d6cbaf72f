"""A field on the page: it keeps what it must, obeys, and ends with its channel."""

import threading
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.refusal import Refusal
from lawful.web.live.field import FieldChannel, channel
from lawful.web.live.fieldwish import Wish, wish_of
from lawful.web.live.fluid import EVERY, ROWS, Fluid


@pytest.fixture
def field():
    made = channel({"size": 32})
    yield made
    made.close()


def told(field):
    frame = field.frame()
    assert frame is not None
    return frame


def drift(frame, name="energies"):
    values = frame.arrays[name]
    return np.abs(values - values[0]).max() / abs(values[0])


# ------------------------------------------------------------------ what it shows


def test_a_scene_has_all_that_the_controls_need(field):
    scene = field.receive("scene", {})
    assert scene.kind == "answer"
    assert scene.arrays["density"].shape == scene.arrays["phase"].shape == (32, 32)
    assert scene.data["wish"]["start"] in scene.data["starts"]["plane"]
    assert np.abs(scene.arrays["phase"]).max() <= np.pi + 1e-6
    assert "potential" not in scene.arrays
    field.receive("wish", {"potential": "harmonic"})
    assert field.receive("scene", {}).arrays["potential"].shape == (32, 32)


def test_books_are_told_once_and_a_scene_tells_all(field):
    told(field)
    field.receive("step", {})
    frame = told(field)
    assert (frame.data["books_from"], len(frame.arrays["times"])) == (1, 1)
    scene = field.receive("scene", {})
    assert (scene.data["books_from"], len(scene.arrays["times"])) == (0, 2)


def test_long_books_are_thinned_and_told_anew(monkeypatch, field):
    monkeypatch.setattr("lawful.web.live.fluid.KEPT", 10)
    begun = told(field).arrays["times"][0]
    for _ in range(12):
        field.receive("step", {})
    frame = told(field)
    assert frame.data["books_from"] == 0
    times = frame.arrays["times"]
    assert len(times) <= 10
    assert (np.diff(times) > 0).all()
    assert (times[0], times[-1]) == (begun, pytest.approx(12 * 0.04))


def test_a_ring_is_drawn_along_even_times_whatever_the_steps_were():
    field = channel({"space": "ring", "size": 128})
    seen = [told(field)]
    for count in (1, 7, 100, 3, 900, 1000, 2):
        field.receive("step", {"count": count})
        seen.append(told(field))
    for before, after in pairwise(seen):
        there = before.data["rows_from"] + len(before.arrays.get("row_times", ()))
        missed = after.data["rows_from"] - there
        assert missed == 0 or len(after.arrays["row_times"]) == ROWS, "nothing lost but the oldest"
    scene = field.receive("scene", {})
    times = scene.arrays["row_times"]
    assert len(times) == ROWS
    np.testing.assert_allclose(np.diff(times), round(EVERY / 0.04) * 0.04)
    assert scene.arrays["row_densities"].shape == (ROWS, 128)
    assert "vortices" not in scene.arrays
    with pytest.raises(Refusal, match="choose the plane"):
        field.receive("imprint", {"x": 0.5, "y": 0.5})
    field.close()


# ------------------------------------------------------------------ what it keeps


def test_a_step_is_a_step_and_the_books_hold(field):
    for _ in range(5):
        field.receive("step", {"count": 20})
    frame = told(field)
    assert frame.data["steps"] == 100
    assert frame.data["t"] == pytest.approx(4.0)
    assert len(frame.arrays["norms"]) == 6
    assert drift(frame, "norms") < 1e-12
    assert drift(frame) < 1e-2
    assert field.frame() is None, "nothing has changed"


@pytest.mark.parametrize("space", ["plane", "ring"])
def test_a_smooth_field_keeps_all_three_in_order_six(space):
    field = channel({"space": space, "start": "packet", "order": 6, "dt": 0.01, "g": 0.5})
    field.receive("step", {"count": 100})
    frame = told(field)
    assert frame.data["keeps"] == {"norm": True, "energy": True, "momentum": True}
    assert drift(frame, "norms") < 1e-12
    assert drift(frame) < 1e-10
    momenta = frame.arrays["momenta"]
    assert np.linalg.norm(momenta[0]) > 0.5 * frame.data["reach"]
    assert np.linalg.norm(momenta[-1] - momenta[0]) < 1e-8 * frame.data["reach"]
    field.close()


def test_a_higher_order_keeps_the_energy_better(field):
    found = []
    for order in (2, 4, 6):
        field.receive("wish", {"order": order, "start": "stripe"})
        field.receive("reset", {})
        field.receive("step", {"count": 50})
        found.append(drift(told(field)))
    assert found[0] > 10 * found[1] > 100 * found[2]


def test_what_the_edge_absorbs_is_gone_and_said(field):
    field.receive("wish", {"order": 6})
    field.receive("wish", {"absorb": 1.0})
    for _ in range(4):
        field.receive("step", {"count": 10})
    frame = told(field)
    assert frame.data["wish"]["order"] == 2, "what is absorbed is stepped in order 2 alone"
    assert not any(frame.data["keeps"].values())
    assert (np.diff(frame.arrays["norms"]) < 0).all()


def test_no_momentum_exceeds_what_it_is_measured_against():
    for start in ("quench", "packet", "vortex pair", "four pairs"):
        fluid = Fluid(Wish(size=32, start=start).checked())
        assert np.linalg.norm(fluid.books[0][4:]) <= fluid.reach * (1 + 1e-9)


def test_a_potential_pushes_and_a_stirrer_works(field):
    field.receive("wish", {"potential": "harmonic"})
    assert told(field).data["keeps"] == {"norm": True, "energy": True, "momentum": False}
    field.receive("stir", {"strength": 1.0})
    assert told(field).data["keeps"] == {"norm": True, "energy": False, "momentum": False}


# ------------------------------------------------------------------ what it obeys


def test_the_same_seed_is_the_same_field_and_dice_another(field):
    field.receive("wish", {"start": "quench"})
    first = told(field).arrays["density"]
    field.receive("step", {"count": 10})
    field.receive("reset", {})
    np.testing.assert_array_equal(told(field).arrays["density"], first)
    field.receive("dice", {})
    frame = told(field)
    assert frame.data["wish"]["seed"] == 1, "the address can hold it"
    assert not np.array_equal(frame.arrays["density"], first)


def test_gentle_wishes_act_on_the_field_as_it_is_and_others_begin_anew(field):
    field.receive("step", {"count": 10})
    before = told(field)
    field.receive("wish", {"g": 2.0, "dt": 0.02, "order": 4, "speed": 9})
    after = told(field)
    assert after.data["steps"] == 10
    assert after.data["epoch"] == before.data["epoch"]
    assert after.data["books"] > before.data["books"], "another g is another energy"
    np.testing.assert_array_equal(after.arrays["density"], before.arrays["density"])
    field.receive("wish", {"potential": "lattice"})
    assert told(field).data["steps"] == 0


def test_it_moves_while_it_plays_and_rests_with_its_page():
    field = channel({"size": 32})
    news = threading.Event()
    field.open(news.set)
    field.receive("play", {})
    for _ in range(3):
        assert news.wait(5)
        news.clear()
        field.frame()
    field.close()
    field.close()
    steps = field.receive("scene", {}).data["steps"]
    assert steps > 0
    time.sleep(0.1)
    field.receive("play", {})
    assert field.receive("scene", {}).data["steps"] == steps, "nobody plays what is closed"
    assert not [t for t in threading.enumerate() if t.name == "lawful-learning"]


def test_a_long_portion_is_made_in_slices(field):
    field._a_step = 1.0
    assert field._advance(64, 1, 0.012) == 1, "slow steps: one, and then orders are looked at"
    field._a_step = 1e-9
    assert field._advance(5, 1, 0.012) == 5


def test_what_is_no_longer_finite_stops_and_says_so():
    field = channel({"size": 32})
    fluid = field._fluid
    before, fluid.psi = fluid.psi, fluid.psi * float("nan")
    field.receive("step", {"count": 3})
    frame = told(field)
    assert "no longer finite" in frame.data["trouble"]
    assert (frame.data["steps"], frame.data["playing"]) == (0, False)
    fluid.psi = before
    field.receive("reset", {})
    assert told(field).data["trouble"] == ""
    field.close()


# ------------------------------------------------------------------ the hand


def test_a_stirrer_does_work_and_the_books_begin_anew_when_it_lets_go(field):
    before = told(field)
    field.receive("stir", {"x": 0.3, "y": 0.5, "strength": 5.0})
    field.receive("step", {"count": 50})
    assert told(field).data["stirrer"] == (0.3, 0.5, 5.0)
    field.receive("stir", {"strength": 0.0})
    after = told(field)
    assert after.data["stirrer"] is None
    assert after.data["stirred"]
    assert after.data["books"] > before.data["books"]
    assert after.arrays["energies"][0] != pytest.approx(before.arrays["energies"][0], rel=1e-3)
    assert after.arrays["norms"][0] == pytest.approx(before.arrays["norms"][0], rel=1e-10)
    field.receive("stir", {"strength": 0.0})
    assert told(field).data["books"] == after.data["books"], "letting go of nothing changes nothing"


def test_a_stirrer_pushes_the_field_away_where_it_is(field):
    field.receive("wish", {"start": "ground state"})
    field.receive("stir", {"x": 0.75, "y": 0.25, "strength": 10.0})
    field.receive("step", {"count": 20})
    density = told(field).arrays["density"]
    row, column = np.unravel_index(density.argmin(), density.shape)
    assert (row, column) == (pytest.approx(8, abs=1), pytest.approx(24, abs=1)), "y points up"


def test_a_press_leaves_a_pair_of_vortices_where_it_was(field):
    field.receive("wish", {"start": "ground state"})
    assert len(told(field).arrays["vortices"]) == 0
    field.receive("imprint", {"x": 0.7, "y": 0.4})
    found = told(field).arrays["vortices"]
    (plus,), (minus,) = found[found[:, 2] > 0], found[found[:, 2] < 0]
    cell = 40 / 32
    np.testing.assert_allclose([plus[1], minus[1]], 8.0, atol=cell)
    np.testing.assert_allclose([plus[0], minus[0]], [-4 + 2.5, -4 - 2.5], atol=cell)


def test_vortices_are_not_counted_where_there_is_no_fluid_to_turn():
    import torch

    from lawful.fields.vortices import imprinted, vortices

    fluid = Fluid(Wish(start="ground state").checked())
    y, x = fluid.grid.coordinates()
    cloud = torch.exp(-(x**2 + y**2) / 72) + 0.1  # a hundredth of its density all around
    psi = imprinted(cloud.to(torch.complex128), fluid.grid, (2.0, 0.0), (-2.0, 0.0))
    fluid.psi = imprinted(psi, fluid.grid, (17.0, 15.0), (12.0, 17.0))
    fluid._changed()
    assert len(vortices(fluid.psi, fluid.grid)) == 4
    assert sorted(fluid.vortices()[:, 0].round().tolist()) == [-2.0, 2.0]


# ------------------------------------------------------------------ in Python


def test_the_lines_it_gives_make_the_same_field(field, capsys):
    for order, words in (
        ("wish", {"start": "stripe", "potential": "harmonic", "seed": 5}),
        ("step", {"count": 20}),
        ("wish", {"g": 2.0, "order": 4}),
        ("step", {"count": 10}),
        ("step", {"count": 5}),
        ("imprint", {"x": 0.4, "y": 0.6}),
        ("wish", {"absorb": 0.5}),
        ("step", {"count": 10}),
    ):
        field.receive(order, words)
    text = field.receive("python", {}).data["text"]
    assert "steps=15" in text
    names = {}
    exec(text, names)  # noqa: S102
    assert "tensor" in capsys.readouterr().out
    np.testing.assert_allclose(names["psi"].numpy(), field._fluid.psi.numpy(), atol=1e-10)


def test_the_lines_of_a_field_that_has_not_moved_run_too(capsys):
    for look in ({"size": 32}, {"space": "ring", "start": "bright soliton", "g": -1.0}):
        made = channel(look)
        exec(made.receive("python", {}).data["text"], {})  # noqa: S102
        assert "tensor" in capsys.readouterr().out
        made.close()


def test_what_the_lines_leave_out_they_say(field):
    field.receive("stir", {"strength": 1.0})
    for k in range(50):
        field.receive("wish", {"g": 1 + k / 100})
        field.receive("step", {})
    text = field.receive("python", {}).data["text"]
    assert "by hand" in text
    assert "left out" in text
    assert len(text.splitlines()) < 60


# ------------------------------------------------------------------ what cannot be meant


@pytest.mark.parametrize(
    ("order", "given"),
    [
        ("wish", {"g": 99}), ("wish", {"g": "1"}), ("wish", {"g": float("nan")}),
        ("wish", {"dt": 0}), ("wish", {"order": 3}), ("wish", {"order": True}),
        ("wish", {"absorb": -1}), ("wish", {"absorb": None}),
        ("wish", {"size": 10**9}), ("wish", {"start": "x"}), ("wish", {"nonsense": 1}),
        ("wish", {"space": []}), ("wish", {"g": 10**400}), ("step", {"count": 0}),
        ("step", {"count": 1.5}), ("step", {"count": 10**9}),
        ("stir", {"x": 2}), ("stir", {"strength": 1e9}), ("imprint", {"x": None, "y": 0}),
        ("imprint", {}), ("dance", {}), ("scene", {"x": 1}), ("wish", {"seed": -1}),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_and_changes_nothing(field, order, given):
    before = told(field)
    with pytest.raises(Refusal):
        field.receive(order, given)
    scene = field.receive("scene", {})
    assert scene.data["wish"] == before.data["wish"]
    np.testing.assert_array_equal(scene.arrays["density"], before.arrays["density"])


ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*Wish.__dataclass_fields__, "mode", "x"]), ANY, max_size=5))
def test_any_address_gives_a_wish_that_can_be_meant(look):
    wish = wish_of(look)
    assert wish == wish.checked()


def test_one_bad_word_of_an_address_does_not_spoil_the_others():
    wish = wish_of({"g": 2.0, "dt": "fast", "seed": 7, "size": 128})
    assert (wish.g, wish.dt, wish.seed, wish.size) == (2.0, Wish().dt, 7, 128)


def test_without_torch_it_says_which_extra_brings_it(monkeypatch):
    monkeypatch.setattr("lawful.web.live.field.find_spec", lambda name: None)
    for make in (FieldChannel, lambda: channel({"g": 2.0})):
        with pytest.raises(Refusal, match=r"lawful\[torch\]"):
            make()
