"""A channel with threads of its own, for a host that must not wait: a notebook's kernel.

    take(order)  → carried out, one at a time, in order; a question beside those after it
    drawn(seq)   → the page has drawn frame seq; then, and not before, the newest follows

Nothing here blocks the caller, so the kernel stays free for the next control. `hub` does the
same on an event loop.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from lawful.refusal import Refusal
from lawful.web.channel import Channel
from lawful.web.codec import Message, trouble

Tell = Callable[[Message, int, int | None], None]

WAITING = 512  # orders
BESIDE = 3  # questions at once
PATIENCE = 5.0  # seconds that an end waits for what is under way


class Seat:
    """One page's channel.

    Parameters
    ----------
    made
        Makes the channel; called in a thread, for it may have to read a run.
    tell
        Sends `(message, seq, id)` to the page; called from several threads, one at a time.

    Examples
    --------
    >>> from lawful.web.channel import Reading
    >>> heard = []
    >>> page = Reading("energy", scene=lambda: Message({"law": "energy"}))
    >>> seat = Seat(lambda: page, lambda message, seq, id: heard.append((id, dict(message.data))))
    >>> seat.take("scene", {}, 1)
    >>> seat.close()
    >>> heard
    [(1, {'law': 'energy'})]
    """

    def __init__(self, made: Callable[[], Channel], tell: Tell) -> None:
        self._made, self._tell_page = made, tell
        self._channel: Channel | None = None
        self._orders: deque[tuple[str, Mapping[str, Any], int | None]] = deque()
        self._change = threading.Condition()
        self._speaking = threading.Lock()
        self._news = self._drawn = self._ended = False
        self._seq = 0
        self._beside = threading.Semaphore(BESIDE)
        self._threads: set[threading.Thread] = set()
        self._spawn(self._obey)

    def take(self, name: str, given: Mapping[str, Any], id: int | None = None) -> None:
        """Put an order, or a question with its id, into the queue."""
        with self._change:
            full = len(self._orders) >= WAITING
            if not full:
                self._orders.append((name, given, id))
                self._change.notify_all()
        if full:
            self._tell(trouble(Refusal(f"more than {WAITING} orders at once", "fewer")), id)

    def drawn(self, seq: int) -> None:
        """The page has drawn frame `seq`; 0 says that it is ready for the first."""
        with self._change:
            if seq == self._seq:
                self._drawn = True
                self._change.notify_all()

    def leave(self) -> None:
        """Close, without waiting for it."""
        with self._change:
            self._ended = True
            self._change.notify_all()

    def close(self) -> None:
        """End the channel and the threads, once what was asked before has been answered."""
        self.leave()
        with self._change:
            others = self._threads - {threading.current_thread()}
        for thread in others:
            thread.join(PATIENCE)

    # ------------------------------------------------------------------------- threads

    def _spawn(self, work: Callable[..., None], *given: Any) -> None:
        def run() -> None:
            try:
                work(*given)
            finally:
                with self._change:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name="lawful-view", daemon=True)
        with self._change:  # so that whoever waits for all finds only what has begun
            self._threads.add(thread)
            thread.start()

    def _obey(self) -> None:
        channel = self._opened()
        while (order := self._next()) is not None:
            if order[2] is None:
                self._carry_out(channel, *order)
            else:
                self._beside.acquire()
                self._spawn(self._ask, channel, order)
        for _ in range(BESIDE):  # the questions under way are answered first
            self._beside.acquire(timeout=PATIENCE)
        if isinstance(channel, Refusal):
            return
        with suppress(Exception):  # one channel's trouble at its end is nobody's
            channel.close()

    def _opened(self) -> Channel | Refusal:
        """The channel, begun; or why there is none, which is then the answer to everything."""
        try:
            channel = self._made()
            channel.open(self._told)
        except Exception as why:
            refused = sound(why)
            self._tell(trouble(refused), None)
            return refused
        self._spawn(self._show, channel)
        self._told()
        return channel

    def _told(self) -> None:
        with self._change:
            self._news = True
            self._change.notify_all()

    def _next(self) -> tuple[str, Mapping[str, Any], int | None] | None:
        with self._change:
            self._change.wait_for(lambda: self._orders or self._ended)
            return self._orders.popleft() if self._orders else None

    def _ask(self, channel: Channel | Refusal, order: tuple[str, Mapping[str, Any], int]) -> None:
        try:
            self._carry_out(channel, *order)
        finally:
            self._beside.release()

    def _carry_out(
        self, channel: Channel | Refusal, name: str, given: Mapping[str, Any], id: int | None
    ) -> None:
        try:
            if isinstance(channel, Refusal):
                raise channel
            answer = channel.receive(name, given)
        except Exception as why:
            self._tell(trouble(sound(why)), id)
            return
        if answer is not None or id is not None:
            answer = answer or Message()
            kind = "answer" if answer.kind == "frame" else answer.kind
            self._tell(Message(answer.data, answer.arrays, kind), id)

    def _show(self, channel: Channel) -> None:
        """A frame when there is one and the page is ready: the newest, never a queue."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._ended or (self._news and self._drawn))
                if self._ended:
                    return
                self._news = False
            try:
                frame = channel.frame()
            except Exception as why:
                self._tell(trouble(sound(why)), None)
                continue
            if frame is not None:
                with self._change:
                    self._seq += 1
                    self._drawn = False
                self._tell(frame, None, self._seq)

    def _tell(self, message: Message, id: int | None, seq: int = 0) -> None:
        with self._speaking, suppress(OSError, RuntimeError):  # the page or the kernel has gone
            self._tell_page(message, seq, id)


def sound(why: Exception) -> Refusal:
    """A refusal as it is; a fault of ours as a refusal that says so, and goes to the log.

    >>> str(sound(Refusal("rate -1", "a positive number")))
    'rate -1; expected a positive number'
    """
    if isinstance(why, Refusal):
        return why
    import logging

    logging.getLogger("lawful.web").error("a fault in a channel", exc_info=why)
    return Refusal(
        f"a fault in lawful ({type(why).__name__}: {why})", remedy="the log has the details"
    )
