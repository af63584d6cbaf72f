"""The line to one page: its channels, what they are told, and frames at the page's pace.

    order     → carried out, one at a time, in order
    question  → answered, beside the orders that come after it
    frame     ← the newest, once the page has drawn the last one (`ack`)

A page that is slow, hidden or asleep gets fewer frames and nothing piles up for it. A page
that goes away takes its channels, tasks and threads along.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect

from lawful.refusal import Refusal
from lawful.web.channel import Channel
from lawful.web.codec import Message, packed, trouble

T = TypeVar("T")
# Given the name of a view, the id of a run or None, and the view's look.
Maker = Callable[[str, str | None, Mapping[str, Any]], Channel]

CHANNELS = 24  # of one page
WAITING = 512  # orders of one channel
BESIDE = 3  # questions of one channel at once


@dataclass(frozen=True)
class Order:
    """What a page asks of a channel; a question where it has an id."""

    name: str
    given: Mapping[str, Any]
    id: int | None


class Seat:
    """One channel of a page: what it is told, and what it shows.

    Parameters
    ----------
    number
        The page's own number for it.
    channel
        The Python half of a view.
    send
        Sends one binary frame to the page.
    threads
        Where a channel works.
    """

    def __init__(
        self, number: int, channel: Channel, send: Callable[[bytes], Any], threads: Executor
    ) -> None:
        self.number, self.channel = number, channel
        self._send, self._threads = send, threads
        self._orders: asyncio.Queue[Order] = asyncio.Queue(WAITING)
        self._news, self._drawn = asyncio.Event(), asyncio.Event()
        self._beside = asyncio.Semaphore(BESIDE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._seq = 0

    def open(self, failed: Callable[[BaseException], None]) -> None:
        """Begin; `failed` hears of an error that ends the line."""
        self._failed = failed
        loop = asyncio.get_running_loop()

        def news() -> None:
            with suppress(RuntimeError):  # the loop has ended: nobody is there to be told
                loop.call_soon_threadsafe(self._news.set)

        self._started = self._working(self.channel.open, news)
        self._spawn(self._obey())
        self._spawn(self._show())

    def take(self, order: Order) -> None:
        """Put an order into the queue.

        Raises
        ------
        Refusal
            Where too many wait.
        """
        try:
            self._orders.put_nowait(order)
        except asyncio.QueueFull:
            raise Refusal(f"more than {WAITING} orders at once", "fewer") from None

    def drawn(self, seq: int) -> None:
        """The page has drawn frame `seq`."""
        if seq == self._seq:
            self._drawn.set()

    async def close(self) -> None:
        """End tasks and channel."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(Exception):  # one channel's trouble at its end is not another's
            await self._working(self.channel.close)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (why := task.exception()) is not None:
            self._failed(why)

    def _working(self, work: Callable[..., T], *given: Any) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    async def _obey(self) -> None:
        try:
            await self._started
        except Exception as why:
            await self._tell(trouble(_sound(why)))
            return
        self._news.set()
        while True:
            order = await self._orders.get()
            if order.id is None:
                await self._carried_out(order)
            else:
                await self._beside.acquire()
                self._spawn(self._asked(order))

    async def _asked(self, order: Order) -> None:
        try:
            await self._carried_out(order)
        finally:
            self._beside.release()

    async def _carried_out(self, order: Order) -> None:
        try:
            answer = await self._working(self.channel.receive, order.name, order.given)
        except Exception as why:
            await self._tell(trouble(_sound(why)), order.id)
            return
        if answer is not None:
            await self._tell(answer, order.id)
        elif order.id is not None:
            await self._tell(Message(kind="answer"), order.id)

    async def _tell(self, message: Message, id: int | None = None) -> None:
        if message.kind == "frame":  # an answer that was made by a function for frames
            message = Message(message.data, message.arrays, "answer")
        await self._send(packed(message, self.number, 0, id))

    async def _show(self) -> None:
        """Send a frame when there is one and the page is ready: the newest, never a queue."""
        while True:
            await self._drawn.wait()
            await self._news.wait()
            self._news.clear()
            try:
                frame = await self._working(self.channel.frame)
            except Exception as why:
                await self._tell(trouble(_sound(why)))
                continue
            if frame is not None:
                self._seq += 1
                self._drawn.clear()
                await self._send(packed(frame, self.number, self._seq))


def _sound(why: Exception) -> Exception:
    """A refusal as it is; a fault of ours as a refusal that says so, and goes to the log."""
    if isinstance(why, Refusal):
        return why
    import logging

    logging.getLogger("lawful.web").error("a fault in a channel", exc_info=why)
    return Refusal(
        f"a fault in lawful ({type(why).__name__}: {why})",
        remedy="the server's log has the details",
    )


class Line:
    """The line to one page, from its opening to its end."""

    def __init__(self, socket: WebSocket, maker: Maker, threads: Executor) -> None:
        self._socket, self._maker, self._threads = socket, maker, threads
        self._seats: dict[int, Seat] = {}
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Serve the page until it goes."""
        await self._socket.accept()
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        hearing = asyncio.ensure_future(self._hear())
        try:
            await asyncio.wait({hearing, self._over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hearing.cancel()
            self._over.cancel()
            await _to_the_end(self._end(hearing))

    async def _end(self, hearing: "asyncio.Future[None]") -> None:
        await asyncio.wait({hearing})
        await asyncio.gather(*(seat.close() for seat in self._seats.values()))
        self._seats.clear()
        with suppress(Exception):  # it has gone already
            await self._socket.close()

    def _failed(self, why: BaseException) -> None:
        if not self._over.done():
            self._over.set_result(None)

    async def _hear(self) -> None:
        while True:
            try:
                text = await self._socket.receive_text()
            except (WebSocketDisconnect, KeyError, RuntimeError):
                return
            number = 0
            try:
                said = _understood(text)
                number = said["channel"]
                await self._act(said)
            except Refusal as why:
                await self._send(packed(trouble(why), number))

    async def _act(self, said: Mapping[str, Any]) -> None:
        number = said["channel"]
        if "open" in said:
            await self._open(number, said)
        elif number not in self._seats:
            if "close" not in said and "ack" not in said:  # those cross with its end
                raise Refusal(f"channel {number}", "one that was opened")
        elif "close" in said:
            await self._seats.pop(number).close()
        elif "ack" in said:
            self._seats[number].drawn(_whole("ack", said["ack"]))
        else:
            self._seats[number].take(_order(said))

    async def _open(self, number: int, said: Mapping[str, Any]) -> None:
        if number in self._seats:
            raise Refusal(f"channel {number} twice", "a new number")
        if len(self._seats) >= CHANNELS:
            raise Refusal(f"more than {CHANNELS} views", "fewer", "close one")
        run, look = said.get("run"), said.get("look") or {}
        if not isinstance(said["open"], str) or not isinstance(look, dict):
            raise Refusal("a view that is no name", "text")
        if run is not None and not isinstance(run, str):
            raise Refusal(f"run {run!r}", "text or null")
        loop = asyncio.get_running_loop()
        try:
            channel = await loop.run_in_executor(
                self._threads, self._maker, said["open"], run, look
            )
        except Refusal:
            raise
        except Exception as why:
            raise _sound(why) from why
        seat = Seat(number, channel, self._send, self._threads)
        self._seats[number] = seat
        seat.open(self._failed)

    async def _send(self, frame: bytes) -> None:
        async with self._sending:
            try:
                await self._socket.send_bytes(frame)
            except (WebSocketDisconnect, RuntimeError, OSError):
                self._failed(WebSocketDisconnect())


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do it, even where the server is being stopped meanwhile: no thread is left behind."""
    task = asyncio.ensure_future(work)
    stopped: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as why:
            stopped = why  # the same one goes on: whoever stopped us knows it by its words
    if stopped is not None:
        raise stopped


def _understood(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise Refusal("a message that is no JSON", "an object") from None
    if not isinstance(said, dict):
        raise Refusal("a message that is no object", "an object")
    said["channel"] = _whole("channel", said.get("channel"))
    return said


def _whole(what: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise Refusal(f"{what} {str(value)[:40]!r}", "a whole number")
    return value


def _order(said: Mapping[str, Any]) -> Order:
    name, given, id = said.get("do"), said.get("with") or {}, said.get("id")
    if not isinstance(name, str) or not isinstance(given, dict):
        raise Refusal("an order without a name", '{"do": name, "with": {…}}')
    return Order(name[:64], given, None if id is None else _whole("id", id))
