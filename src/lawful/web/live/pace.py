"""When the steps of a live training are made: as many a picture as asked for, in short slices.

    slice (≤ 12 ms)  →  orders  →  slice  →  …  →  picture  →  slice  → …

One thread while it plays and none while it rests. What nobody looks at goes on slowly.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any

SLICE = 0.012  # seconds of training between two looks at the orders
FRAME = 1 / 60
PATIENCE = 0.25  # seconds to wait for somebody who looks
FASTEST = 500.0  # steps from picture to picture where there is no hurry to show them

# Given how many steps, how many from look to look, and seconds: the steps that were made.
Advance = Callable[[float, int, float], int]


class Pace:
    """The thread of a session.

    Parameters
    ----------
    lock
        The session's; it is held for each slice, and by whoever calls `start` and `stop`.
    advance
        Makes steps.
    tell
        Says that there is something new; called without the lock.
    failed
        Called with a fault of ours, with the lock held.

    Attributes
    ----------
    playing
        Whether steps are made.
    speed
        Steps a picture; infinite for as fast as it goes.
    steps_a_second
        Of late; 0 at rest.
    """

    def __init__(
        self,
        lock: Any,
        advance: Advance,
        tell: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._lock, self._advance, self._tell, self._failed = lock, advance, tell, failed
        self.playing, self.speed, self.steps_a_second = False, 1.0, 0.0
        self._thread: threading.Thread | None = None
        self._taken, self._halt = threading.Event(), threading.Event()

    def start(self) -> None:
        """Play; nothing more where it plays already."""
        self.playing = True
        self._halt.clear()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="lawful-learning", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Rest, after the slice that is being made."""
        self.playing = False
        self._halt.set()
        self._taken.set()

    def join(self) -> None:
        """Wait for the end of the thread; without the lock."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(2.0)

    def taken(self) -> None:
        """A picture was taken: there is somebody who looks."""
        self._taken.set()

    def _run(self) -> None:
        try:
            while self._tick():
                pass
        except Exception as why:  # a fault of ours must not look like a training that goes on
            logging.getLogger("lawful.web").exception("a fault while a network learned")
            with self._lock:
                self._failed(why)
                self.stop()
                self._ended()
            self._tell()

    def _tick(self) -> bool:
        """The steps up to the next picture; whether there are more to come."""
        began, made, speed = time.perf_counter(), 0, self.speed
        self._taken.clear()
        wanted = FASTEST if math.isinf(speed) else max(1.0, round(speed))
        while made < wanted:
            with self._lock:
                if not self.playing:
                    self._ended()
                    return False
                made += self._advance(wanted - made, _stride(speed), SLICE)
            self._tell()
            time.sleep(0.0005)  # whoever waits for the lock is let in
        self._rest(began, speed)
        self._timed(made, time.perf_counter() - began)
        return True

    def _rest(self, began: float, speed: float) -> None:
        self._taken.wait(PATIENCE)
        if not math.isinf(speed):
            left = began + FRAME / min(1.0, speed) - time.perf_counter()
            self._halt.wait(max(left, 0.0))

    def _timed(self, steps: int, seconds: float) -> None:
        now = steps / max(seconds, 1e-9)
        share = 0.1 if self.steps_a_second else 1.0
        self.steps_a_second += share * (now - self.steps_a_second)

    def _ended(self) -> None:
        self.steps_a_second = 0.0
        if self._thread is threading.current_thread():
            self._thread = None


def _stride(speed: float) -> int:
    """Steps from look to look: a look costs as much as a step."""
    return 1 if speed <= 20 else 5 if speed <= 200 else 10
