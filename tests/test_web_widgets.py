"""Widgets in a notebook: their lines, their threads, what they share, what they refuse."""

import re
import subprocess
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

import lawful
from lawful.refusal import Refusal
from lawful.web import widgets
from lawful.web.channel import Reading
from lawful.web.codec import Message
from lawful.web.held import Held, held
from lawful.web.seat import BESIDE, WAITING, Seat

SOON = 5.0


def until(there, what="it") -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + SOON
    while not there():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.002)


class Clock:
    """A live channel: counts ticks, and notes in which threads it is called."""

    view = "clock"

    def __init__(self) -> None:
        self.ticks, self.drawn, self.closed, self.news = 0, 0, 0, lambda: None
        self.threads: set[int] = set()
        self.gate = threading.Event()

    def open(self, news) -> None:
        self.news = news

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.ticks += 1
            self.news()

    def receive(self, name, given) -> Message | None:
        self.threads.add(threading.get_ident())
        if name == "wait":
            assert self.gate.wait(SOON)
            return Message({"waited": True})
        if name == "fall":
            raise ZeroDivisionError("a fault")
        if name == "add":
            self.tick(given["times"])
            return None
        raise Refusal(f"the order {name!r}", "add or wait")

    def frame(self) -> Message | None:
        self.threads.add(threading.get_ident())
        if self.drawn == self.ticks:
            return None
        self.drawn = self.ticks
        return Message({"ticks": self.ticks}, {"x": np.arange(3.0)})

    def close(self) -> None:
        self.closed += 1


class Page:
    """What a seat tells."""

    def __init__(self, made: Any = None) -> None:
        self.clock = Clock()
        self.heard: list[tuple[str, dict[str, Any], int, int | None]] = []
        self.seat = Seat(made or (lambda: self.clock), self.hear)

    def hear(self, message, seq, id) -> None:
        self.heard.append((message.kind, dict(message.data), seq, id))

    def frames(self) -> list[tuple[int, int]]:
        return [(seq, data["ticks"]) for kind, data, seq, _ in self.heard if kind == "frame"]


@pytest.fixture
def page():
    one = Page()
    yield one
    one.clock.gate.set()
    one.seat.close()


# --------------------------------------------------------------------------------- seats


def test_no_frame_before_the_page_is_ready_and_the_newest_after(page):
    page.seat.take("add", {"times": 50})
    until(lambda: page.clock.ticks == 50)
    time.sleep(0.05)
    assert page.frames() == []
    page.seat.drawn(0)
    until(page.frames)
    assert page.frames() == [(1, 50)]


def test_one_frame_is_in_flight(page):
    page.seat.drawn(0)
    page.seat.take("add", {"times": 1})
    until(page.frames)
    page.seat.take("add", {"times": 100})
    until(lambda: page.clock.ticks == 101)
    time.sleep(0.05)
    assert len(page.frames()) == 1
    page.seat.drawn(7)  # of no frame that was sent
    time.sleep(0.05)
    assert len(page.frames()) == 1
    page.seat.drawn(1)
    until(lambda: len(page.frames()) == 2)
    assert page.frames()[-1] == (2, 101)


def test_orders_come_in_order_and_a_question_waits_beside_them(page):
    page.seat.take("wait", {}, 1)
    for _ in range(4):
        page.seat.take("nothing", {}, None)
        page.seat.take("add", {"times": 1}, None)
    until(lambda: page.clock.ticks == 4, "the orders")
    assert not [one for one in page.heard if one[3] == 1]
    page.clock.gate.set()
    until(lambda: [one for one in page.heard if one[3] == 1], "the answer")
    assert ("answer", {"waited": True}, 0, 1) in page.heard


def test_so_many_questions_at_once_and_no_more(page):
    for id in range(BESIDE + 2):
        page.seat.take("wait", {}, id + 1)
    time.sleep(0.1)
    assert len(page.seat._threads) == BESIDE + 2  # and who obeys, and who shows
    page.clock.gate.set()
    until(lambda: len([one for one in page.heard if one[0] == "answer"]) == BESIDE + 2)


def test_a_refusal_and_a_fault_are_told_and_the_line_lives_on(page, caplog):
    page.seat.take("dance", {}, 1)
    page.seat.take("fall", {}, 2)
    page.seat.take("add", {"times": 1}, 3)
    until(lambda: {1, 2, 3} <= {one[3] for one in page.heard})
    told = {id: (kind, data) for kind, data, _, id in page.heard}
    assert told[1][0] == "trouble"
    assert told[1][1]["expected"] == "add or wait"
    assert told[2][0] == "trouble"
    assert "ZeroDivisionError: a fault" in told[2][1]["text"]
    assert told[3] == ("answer", {})
    assert "a fault in a channel" in caplog.text


def test_a_channel_that_cannot_be_made_answers_with_why():
    def made():
        raise Refusal("no such run", "one that is there")

    page = Page(made)
    page.seat.take("scene", {}, 4)
    until(lambda: [one for one in page.heard if one[3] == 4])
    assert all(kind == "trouble" for kind, *_ in page.heard)
    assert page.heard[-1][1]["got"] == "no such run"
    page.seat.close()


def test_too_many_orders_are_refused(page):
    for id in range(1, BESIDE + 2):
        page.seat.take("wait", {}, id)  # the last one holds up what comes after
    until(lambda: not page.seat._orders)
    for _ in range(WAITING + 1):
        page.seat.take("add", {"times": 1})
    assert [one[1]["got"] for one in page.heard] == [f"more than {WAITING} orders at once"]


def test_close_ends_channel_and_threads_and_may_come_twice(page):
    page.seat.drawn(0)
    page.seat.take("add", {"times": 1})
    until(page.frames)
    threads = tuple(page.seat._threads)
    assert len(threads) == 2
    page.seat.close()
    page.seat.close()
    assert page.clock.closed == 1
    assert not any(thread.is_alive() for thread in threads)


def test_nothing_runs_in_the_thread_that_asks(page):
    page.seat.drawn(0)
    page.seat.take("add", {"times": 3}, 1)
    until(page.frames)
    assert threading.get_ident() not in page.clock.threads


# ------------------------------------------------------------------------------- widgets


class Told(list):
    def of(self, page: str) -> list[dict[str, Any]]:
        return [content for content, _ in self if content["page"] == page]


@pytest.fixture
def widget(monkeypatch):
    """A widget of a fake view; what it sends is in `.told`."""
    monkeypatch.setattr(widgets.esm, "module", lambda *_, **__: "export default {}")
    monkeypatch.setattr(widgets.esm, "styles", lambda *_: "")
    clocks: list[Clock] = []

    def made() -> Clock:
        clocks.append(Clock())
        return clocks[-1]

    one = widgets.View(made)
    one.told, one.clocks = Told(), clocks
    one.send = lambda content, buffers=None: one.told.append((content, buffers))
    yield one
    one.close()


def said(widget, page, **content) -> None:
    widget._handle_custom_msg({"page": page, **content}, [])


def test_each_picture_has_a_line_of_its_own(widget):
    for page in ("a", "b"):
        said(widget, page, ack=0)
        said(widget, page, **{"do": "add", "with": {"times": 2}, "id": 1})
    until(lambda: len(widget.told) == 4)
    assert len(widget.clocks) == 2
    for page in ("a", "b"):
        kinds = {content["kind"]: content for content in widget.told.of(page)}
        assert set(kinds) == {"answer", "frame"}
        assert kinds["answer"]["id"] == 1
        assert kinds["frame"]["seq"] == 1
    header, buffers = next(one for one in widget.told if one[0]["kind"] == "frame")
    assert header["arrays"] == [{"name": "x", "dtype": "float64", "shape": [3]}]
    np.testing.assert_array_equal(np.frombuffer(buffers[0]), np.arange(3.0))


def test_a_picture_that_goes_ends_its_channel(widget):
    said(widget, "a", ack=0)
    until(lambda: widget.clocks)
    said(widget, "a", bye=True)
    until(lambda: widget.clocks[0].closed == 1)
    said(widget, "b", bye=True)  # nobody knows it
    assert len(widget.clocks) == 1


def test_pictures_beyond_a_number_end_the_oldest(widget):
    for k in range(widgets.PAGES + 1):
        said(widget, f"page-{k}", ack=0)
    until(lambda: len(widget.clocks) == widgets.PAGES + 1)
    until(lambda: widget.clocks[0].closed == 1)
    assert [clock.closed for clock in widget.clocks[1:]] == [0] * widgets.PAGES


def test_close_ends_all_threads(widget):
    for page in "abc":
        said(widget, page, ack=0)

    def threads_there() -> list[threading.Thread]:
        return [thread for seat in widget._seats.values() for thread in tuple(seat._threads)]

    until(lambda: len(threads_there()) == 6)
    threads = threads_there()
    widget.close()
    assert [clock.closed for clock in widget.clocks] == [1, 1, 1]
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize(
    "content",
    [
        {}, {"page": 3}, {"page": "x" * 1000}, {"page": "a", "do": 7}, {"page": "a", "ack": "1"},
        {"page": "a", "do": "add", "with": [1]}, {"page": "a", "do": "add", "id": "x"},
        [], None, "a",
    ],
)  # fmt: skip
def test_what_is_no_message_is_passed_over(widget, content):
    widget._handle_custom_msg(content, [])
    said(widget, "good", **{"do": "add", "with": {"times": 1}, "id": 9})
    until(lambda: widget.told.of("good"))
    assert {content["page"] for content, _ in widget.told} == {"good"}


def test_a_word_that_is_not_known_is_refused():
    with pytest.raises(Refusal, match="View with 'colour'; expected one of theme, run"):
        widgets.View(lambda: Reading("clock"), colour="red")


def heard(view) -> Told:
    told = Told()
    view.send = lambda content, buffers=None: told.append((content, buffers))
    return told


def test_a_network_trains_in_a_thread_of_its_own_and_rests_when_nobody_looks():
    from lawful.learning import NeuralNetwork, datasets

    view = widgets.NetworkView(NeuralNetwork([2, 3, 1], seed=1), datasets.dataset("xor"))
    told = heard(view)
    said(view, "a", ack=0)
    said(view, "a", **{"do": "play", "with": {}, "id": None})

    def frames() -> list[dict[str, Any]]:
        return [content for content in told.of("a") if content["kind"] == "frame"]

    for drawn in (1, 2, 3):  # each frame is asked for by having drawn the last
        until(lambda drawn=drawn: len(frames()) >= drawn, "a frame")
        said(view, "a", ack=frames()[-1]["seq"])
    assert view.session.moment.step > 0
    assert view.network.layers == (2, 3, 1)
    view.close()
    until(lambda: not view.session.playing, "rest")


def test_a_training_view_shows_the_same_training():
    first = widgets.NetworkView()
    second = widgets.TrainingView(first)
    told = heard(second)
    said(second, "b", **{"do": "scene", "with": {}, "id": 1})
    until(lambda: told.of("b"))
    assert told.of("b")[0]["data"]["layers"] == [2, 8, 8, 1]
    first.session.step(3)
    assert second.session.moment.step == 3
    for view in (first, second):
        view.close()


def test_a_reading_answers_with_its_scene(runs):
    view = widgets.LatentView(runs, run=2)
    told = heard(view)
    said(view, "a", **{"do": "scene", "with": {}, "id": 1})
    said(view, "a", **{"do": "scene", "with": {"run": 99}, "id": 2})
    until(lambda: len(told) == 2)
    kinds = {content["id"]: content["kind"] for content in told.of("a")}
    assert kinds == {1: "answer", 2: "trouble"}
    view.close()


def test_linked_views_share_run_cursor_equation_and_theme(runs):
    first, second, third = widgets.linked(*(widgets.LatentView(runs) for _ in range(3)))
    second.cursor, third.run, first.equation, second.theme = 7, 3, "x**2", "dark"
    for view in (first, second, third):
        assert (view.cursor, view.run, view.equation, view.theme) == (7, 3, "x**2", "dark")
        view.close()


def test_a_view_has_its_module_and_its_styles_in_it(runs):
    view = widgets.LatentView(runs)
    assert view._esm.rstrip().endswith("export { $default as default };")
    assert not re.search(r"^import ", view._esm, re.MULTILINE)
    assert ".latent-view" in view._css
    assert ".in-notebook" in view._css
    view.close()


# ---------------------------------------------------------------------------- what is held


@pytest.fixture(scope="module")
def runs():
    return lawful.simulate("spring", runs=5, samples=60, seed=1)


@pytest.fixture(scope="module")
def findings(runs):
    return lawful.find_laws(lawful.simulate("spring", runs=20, samples=80, seed=2), degree=2)


def test_what_is_held_in_memory(runs, findings):
    one = held(runs, "energy", findings)
    assert one.kind == "data"
    assert one.trajectories() is runs
    assert one.laws() == (*findings.laws, *findings.leaks)
    assert held(runs, "energy").laws() == ()
    assert held(runs, "energy", findings.laws[:1]).laws() == findings.laws[:1]


def test_findings_lie_in_a_folder_as_long_as_they_are_held(findings, runs):
    import gc

    one = held(runs, "equations", findings)
    assert one.kind == "discover"
    assert one.folder.read_json("laws.json")["laws"][0]["expression"] == findings.laws[0].expression
    place = one.path
    assert place.is_dir()
    del one
    gc.collect()
    assert not place.exists()
    alone = held(findings, "equations")
    with pytest.raises(Refusal, match="give the runs as well"):
        alone.trajectories()


@pytest.mark.parametrize("source", [3, None, [1, 2], {"x": 1}, np.zeros(3)])
def test_what_cannot_be_shown_is_refused(source):
    with pytest.raises(Refusal, match="Trajectories, a data file, or the folder of a run"):
        held(source, "energy")


def test_laws_must_be_laws(runs):
    with pytest.raises(Refusal, match="str among the laws"):
        held(runs, "energy", ["x**2"])


def test_a_held_thing_says_what_it_is(runs):
    assert Held(runs).sentence == "5 runs of 60 samples of x, v"


# ---------------------------------------------------------------------------- the door


def test_the_door_loads_nothing_before_it_is_used():
    code = (
        "import sys, lawful.widgets; "
        "print([m for m in ('anywidget', 'ipywidgets', 'lawful.web') if m in sys.modules]); "
        "from lawful.widgets import linked; print('anywidget' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "True"]


def test_without_the_extra_the_remedy_is_said():
    code = (
        "import importlib.util as u; there = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name == 'anywidget' else there(name, *a)\n"
        "try:\n    from lawful.widgets import NetworkView\n"
        "except Exception as why:\n    print(why)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "run: pip install 'lawful[notebook]'" in done.stdout


def test_the_door_has_every_view_and_no_other():
    import lawful.widgets as door

    for name in door.__all__:
        assert getattr(door, name) is getattr(widgets, name)
    with pytest.raises(AttributeError, match="NoView"):
        _ = door.NoView
