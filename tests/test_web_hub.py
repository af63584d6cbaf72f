"""The line to a page: order, pace, refusals, and an end that leaves nothing behind."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient

from lawful.refusal import Refusal
from lawful.web.codec import Message, unpacked
from lawful.web.hub import CHANNELS, WAITING, Line


class Counter:
    """A channel that counts as fast as it can."""

    view = "counter"

    def __init__(self):
        self.count, self.orders, self.made, self.closed = 0, [], 0, threading.Event()
        self.gate = threading.Event()

    def open(self, news):
        self.news = news
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while not self.closed.is_set():
            self.count += 1
            self.news()
            time.sleep(0.0005)

    def receive(self, name, given):
        if name == "fail":
            raise Refusal("a bad order", "a good one", "try again")
        if name == "crash":
            raise ZeroDivisionError("a fault")
        if name == "wait":
            self.gate.wait(5)
            return Message({"waited": True}, kind="answer")
        if name == "orders":
            return Message({"orders": self.orders}, kind="answer")
        self.orders.append(given["k"])
        return None

    def frame(self):
        self.made += 1
        return Message({"count": self.count}, {"x": np.arange(4, dtype=np.float32)})

    def close(self):
        self.closed.set()


@pytest.fixture
def line():
    """A client's socket and the channels that were made for it."""
    channels = []

    def maker(view, run, look):
        if view != "counter":
            raise Refusal(f"the view {view!r}", "counter")
        channels.append(Counter())
        return channels[-1]

    async def endpoint(page):
        with ThreadPoolExecutor(8) as threads:
            await Line(page, maker, threads).run()

    with (
        TestClient(Starlette(routes=[WebSocketRoute("/ws", endpoint)])) as client,
        client.websocket_connect("/ws") as page,
    ):
        yield page, channels


def heard(page):
    return unpacked(page.receive_bytes())


def opened(page, number=1):
    page.send_json({"open": "counter", "channel": number})


def answer(page, id):
    """The next answer to question `id`; frames between are passed over."""
    while True:
        header, _ = heard(page)
        if header["id"] == id:
            return header


def test_one_frame_is_in_flight_and_the_newest_wins(line):
    page, channels = line
    opened(page)
    page.send_json({"channel": 1, "ack": 0})
    first, arrays = heard(page)
    assert (first["kind"], first["seq"]) == ("frame", 1)
    np.testing.assert_array_equal(arrays["x"], [0, 1, 2, 3])
    before = channels[0].count
    while channels[0].count < before + 50:
        time.sleep(0.01)
    assert channels[0].made == 1, "nothing is made while the page is still drawing"
    page.send_json({"channel": 1, "ack": 1})
    second, _ = heard(page)
    assert second["seq"] == 2
    assert second["data"]["count"] >= before + 50


def test_an_old_or_false_acknowledgement_brings_no_frame(line):
    page, channels = line
    opened(page)
    page.send_json({"channel": 1, "ack": 0})
    heard(page)
    for seq in (0, 17):
        page.send_json({"channel": 1, "ack": seq})
    page.send_json({"channel": 1, "do": "orders", "id": 1})
    assert answer(page, 1)["kind"] == "answer"
    assert channels[0].made == 1


def test_orders_are_carried_out_in_order(line):
    page, _ = line
    opened(page)
    for k in range(100):
        page.send_json({"channel": 1, "do": "add", "with": {"k": k}})
    page.send_json({"channel": 1, "do": "orders", "id": 5})
    assert answer(page, 5)["data"]["orders"] == list(range(100))


def test_a_slow_question_holds_up_nothing(line):
    page, channels = line
    opened(page)
    page.send_json({"channel": 1, "do": "wait", "id": 1})
    page.send_json({"channel": 1, "do": "add", "with": {"k": 1}})
    page.send_json({"channel": 1, "do": "orders", "id": 2})
    assert answer(page, 2)["data"]["orders"] == [1]
    channels[0].gate.set()
    assert answer(page, 1)["data"]["waited"] is True


def test_what_is_refused_is_told_and_the_channel_lives_on(line):
    page, _ = line
    opened(page)
    page.send_json({"channel": 1, "do": "fail", "id": 3})
    said = answer(page, 3)
    assert said["kind"] == "trouble"
    assert said["data"]["remedy"] == "try again"
    page.send_json({"channel": 1, "do": "crash", "id": 4})
    assert "a fault in lawful" in answer(page, 4)["data"]["text"]
    page.send_json({"channel": 1, "do": "orders", "id": 5})
    assert answer(page, 5)["kind"] == "answer"


@pytest.mark.parametrize(
    "said",
    [
        "no json", "[]", '"text"', "{}", '{"channel": "1"}', '{"channel": -1}', '{"channel": true}',
        '{"channel": 9, "do": "add"}', '{"channel": 1, "open": "other"}',
        '{"channel": 1, "open": 3}', '{"channel": 1, "open": "counter", "run": 3}',
        '{"channel": 1, "open": "counter", "look": 3}', "[" * 100_000,
    ],
)  # fmt: skip
def test_hostile_messages_are_refused_and_the_line_holds(line, said):
    page, channels = line
    page.send_text(said)
    assert heard(page)[0]["kind"] == "trouble"
    assert channels == []
    opened(page)
    page.send_json({"channel": 1, "do": "orders", "id": 1})
    assert answer(page, 1)["kind"] == "answer"


@pytest.mark.parametrize(
    "said", [{"do": 3}, {"do": "add", "with": []}, {"do": "add", "id": "x"}, {"ack": "x"}]
)
def test_hostile_orders_are_refused_and_the_channel_holds(line, said):
    page, _ = line
    opened(page)
    page.send_json({"channel": 1, **said})
    assert answer(page, None)["kind"] == "trouble"
    page.send_json({"channel": 1, "do": "orders", "id": 1})
    assert answer(page, 1)["kind"] == "answer"


def test_there_is_an_end_to_channels_and_orders(line):
    page, channels = line
    for number in range(CHANNELS + 1):
        opened(page, number)
    page.send_json({"channel": 0, "open": "counter"})
    said = [heard(page)[0]["data"]["got"] for _ in range(2)]
    assert said == [f"more than {CHANNELS} views", "channel 0 twice"]
    assert len(channels) == CHANNELS
    for k in range(5):
        page.send_json({"channel": 1, "do": "wait", "id": k})  # the queue stands
    for k in range(WAITING + 2):
        page.send_json({"channel": 1, "do": "add", "with": {"k": k}})
    assert f"more than {WAITING}" in answer(page, None)["data"]["got"]
    channels[1].gate.set()


def test_a_page_that_goes_takes_everything_along(line):
    page, channels = line
    before = threading.active_count()
    for number in range(5):
        opened(page, number)
        page.send_json({"channel": number, "ack": 0})
    for _ in range(5):
        heard(page)
    page.send_json({"channel": 2, "close": True})
    assert channels[2].closed.wait(2)
    page.send_json({"channel": 2, "ack": 1})  # crosses with the end: no trouble
    page.close()
    assert all(channel.closed.wait(2) for channel in channels)
    for _ in range(200):
        if threading.active_count() <= before:
            break
        time.sleep(0.01)
    counters = [t for t in threading.enumerate() if "_run" in t.name]
    assert counters == []


def test_a_page_that_vanishes_in_the_middle_of_a_frame_does_too():
    """The sender meets a closed socket and ends; it does not spin."""
    channel = Counter()

    class Gone:
        def __init__(self):
            self.sent = 0

        async def accept(self): ...

        async def receive_text(self):
            if self.sent:
                import asyncio

                await asyncio.sleep(60)
            self.sent += 1
            return json.dumps({"open": "counter", "channel": 1})

        async def send_bytes(self, frame):
            raise RuntimeError("the connection is closed")

        async def close(self): ...

    import asyncio

    async def lived():
        with ThreadPoolExecutor(2) as threads:
            line = Line(Gone(), lambda *asked: channel, threads)
            running = asyncio.ensure_future(line.run())
            while not line._seats:
                await asyncio.sleep(0.01)
            line._seats[1].drawn(0)
            await asyncio.wait_for(running, 5)

    asyncio.run(lived())
    assert channel.closed.is_set()
