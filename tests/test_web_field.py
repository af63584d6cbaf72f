"""A field on the page: it keeps what it must, obeys, and ends with its channel."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.refusal import Refusal
from lawful.web.live.field import FieldChannel, Wish, channel, wish_of


@pytest.fixture
def field():
    made = channel({"size": 32})
    yield made
    made.close()


def told(field):
    frame = field.frame()
    assert frame is not None
    return frame


def test_a_scene_has_all_that_the_controls_need(field):
    scene = field.receive("scene", {})
    assert scene.kind == "answer"
    assert scene.arrays["density"].shape == scene.arrays["phase"].shape == (32, 32)
    assert scene.data["wish"]["start"] in scene.data["starts"]["plane"]
    assert np.abs(scene.arrays["phase"]).max() <= np.pi + 1e-6


def test_a_step_is_a_step_and_the_books_hold(field):
    for _ in range(5):
        field.receive("step", {"count": 20})
    frame = told(field)
    assert frame.data["steps"] == 100
    assert frame.data["t"] == pytest.approx(4.0)
    norms, energies = frame.arrays["norms"], frame.arrays["energies"]
    assert len(norms) == 6
    assert np.ptp(norms) / norms[0] < 1e-12
    assert np.ptp(energies) / energies[0] < 1e-2
    assert field.frame() is None, "nothing has changed"


def test_books_are_told_once(field):
    told(field)
    field.receive("step", {})
    frame = told(field)
    assert (frame.data["books_from"], len(frame.arrays["times"])) == (1, 1)


def test_the_same_seed_is_the_same_field_and_dice_another(field):
    field.receive("wish", {"start": "quench"})
    first = told(field).arrays["density"]
    field.receive("step", {"count": 10})
    field.receive("reset", {})
    np.testing.assert_array_equal(told(field).arrays["density"], first)
    field.receive("dice", {})
    assert not np.array_equal(told(field).arrays["density"], first)


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
    steps = field.steps
    assert steps > 0
    time.sleep(0.1)
    assert field.steps == steps
    assert not [t for t in threading.enumerate() if t.name == "lawful-field"]


def test_a_stirrer_does_work_and_the_books_begin_anew_when_it_lets_go(field):
    before = told(field)
    field.receive("stir", {"x": 0.3, "y": 0.5, "strength": 5.0})
    field.receive("step", {"count": 50})
    assert told(field).data["stirring"]
    field.receive("stir", {"strength": 0.0})
    after = told(field)
    assert not after.data["stirring"]
    assert after.data["books"] > before.data["books"]
    assert after.arrays["energies"][0] != pytest.approx(before.arrays["energies"][0], rel=1e-3)
    assert after.arrays["norms"][0] == pytest.approx(before.arrays["norms"][0], rel=1e-10)


def test_a_press_leaves_a_pair_of_vortices(field):
    field.receive("wish", {"start": "ground state"})
    assert len(told(field).arrays["vortices"]) == 0
    field.receive("imprint", {"x": 0.5, "y": 0.5})
    assert sorted(told(field).arrays["vortices"][:, 2]) == [-1.0, 1.0]


def test_a_ring_is_one_line(field):
    field.receive("wish", {"space": "ring"})
    frame = told(field)
    assert frame.arrays["density"].shape == (256,)
    assert "vortices" not in frame.arrays
    with pytest.raises(Refusal, match="choose the plane"):
        field.receive("imprint", {"x": 0.5, "y": 0.5})


def test_the_lines_it_gives_run(field, capsys):
    for look in ({"potential": "harmonic"}, {"space": "ring", "start": "packet"}):
        made = channel({"size": 32, **look})
        exec(made.receive("python", {}).data["text"], {})  # noqa: S102
        assert "tensor" in capsys.readouterr().out
        made.close()


@pytest.mark.parametrize(
    ("order", "given"),
    [
        ("wish", {"g": 99}), ("wish", {"g": "1"}), ("wish", {"g": float("nan")}),
        ("wish", {"dt": 0}),
        ("wish", {"size": 10**9}), ("wish", {"start": "x"}), ("wish", {"nonsense": 1}),
        ("wish", {"space": []}), ("step", {"count": 0}), ("step", {"count": 10**9}),
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
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*Wish.__dataclass_fields__, "mode", "x"]), ANY, max_size=5))
def test_any_address_gives_a_wish_that_can_be_meant(look):
    wish = wish_of(look)
    assert wish == wish.checked()


def test_without_torch_it_says_which_extra_brings_it(monkeypatch):
    monkeypatch.setattr("lawful.web.live.field.find_spec", lambda name: None)
    with pytest.raises(Refusal, match=r"lawful\[torch\]"):
        FieldChannel()
