"""A file that grows, watched by its laws: the energy monitor while an experiment runs.

    rows come  →  Watch  →  Q(t) − Q₀ of the last samples, alarms, who broke and when

Until the file grows nothing is read but its size, and the view shows what is there
(`lawful.web.scenes.energy`). A file that was cut or replaced is begun again, and that is said.
"""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.report.numbers import counted
from lawful.web.channel import News, Reading, answered
from lawful.web.codec import Message
from lawful.web.live.followed import Followed, Reader, reader
from lawful.web.live.tail import Rows, Tail, can_grow
from lawful.web.scenes import energy, verdicts
from lawful.web.scenes.course import start_of
from lawful.web.scenes.onerun import time_words
from lawful.web.scenes.thinning import chosen
from lawful.web.scenes.watched import Watched, watched

if TYPE_CHECKING:
    from lawful.web.channel import Channel
    from lawful.web.workspace import Opened

Array = NDArray[np.float64]

PAUSE = 0.4  # seconds between looks at the file
WINDOW = (50, 2000, 200_000)  # samples that the view follows: least, first, most
DRAWN = 2000
RUNS = 32  # that are followed at once
SHORTER = "became shorter: it is watched again from its start"
REPLACED = "was replaced: the new one is watched from its start"


def channel(opened: "Opened") -> "Channel":
    """The energy monitor of a data file: live where the file is one that can grow."""
    if not can_grow(opened.path):
        return Reading("energy", **energy.answers(opened))
    return Growing(opened)


@dataclass
class Gathered:
    """What came of a file since it is followed."""

    watch: Watched | None = None
    reader: Reader | None = None
    runs: dict[str, Followed] = field(default_factory=dict)
    shown: str = ""
    lost: dict[str, int] = field(default_factory=lambda: {"skipped": 0, "text": 0, "late": 0})
    told: set[tuple[str, str, int]] = field(default_factory=set)


class Growing:
    """A channel that answers like the finished view, and shows new rows as they come.

    Parameters
    ----------
    opened
        A data file.
    pause
        Seconds between looks at it.
    """

    view = "energy"

    def __init__(self, opened: "Opened", *, pause: float = PAUSE) -> None:
        self._opened, self._pause = opened, pause
        self._lock, self._end = threading.Lock(), threading.Event()
        self._news: News = lambda: None
        self._thread: threading.Thread | None = None
        self._window, self._asked_run, self._laws = WINDOW[1], "", ""
        self._gathered = Gathered()
        self._words, self._trouble, self._fresh = "", "", False
        self._found: int | None = None  # bytes of the file when it was first looked at
        self._again = False

    # ------------------------------------------------------------------------- channel

    def open(self, news: News) -> None:
        """Begin to watch the file."""
        self._news = news
        self._thread = threading.Thread(target=self._run, name="lawful-growing", daemon=True)
        self._thread.start()

    def receive(self, name: str, given: Mapping[str, Any]) -> Message | None:
        """Questions as those of the finished view; orders `window` and `follow`."""
        orders: dict[str, Any] = {"window": self._order_window, "follow": self._order_follow}
        if name in orders:
            return answered(self.view, orders, name, given)
        laws = given.get("laws", "")
        if name == "scene" and isinstance(laws, str) and laws != self._laws:
            with self._lock:
                self._laws, self._again = laws, True
        return answered(self.view, energy.answers(self._newest()), name, given)

    def close(self) -> None:
        """End the thread."""
        self._end.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5)

    def _order_window(self, samples: int) -> None:
        if isinstance(samples, bool) or not isinstance(samples, int):
            raise Refusal(f"a window of {samples!r}", "a whole number of samples")
        if not WINDOW[0] <= samples <= WINDOW[2]:
            raise Refusal(f"a window of {samples} samples", f"{WINDOW[0]} to {WINDOW[2]}")
        with self._lock:
            self._window, self._fresh = samples, bool(self._gathered.runs)
        self._news()

    def _order_follow(self, run: str = "") -> None:
        with self._lock:
            held = self._gathered
            if run and run not in held.runs:
                raise Refusal(f"run {str(run)[:80]!r}", "one that grows, or none for the newest")
            self._asked_run = run
            held.shown, self._fresh = run or held.shown, bool(held.runs)
        self._news()

    def _newest(self) -> "Opened":
        """The file as it is now, where the workspace can open it again."""
        here = self._opened
        again = getattr(here, "workspace", None) or getattr(here, "_workspace", None)
        if again is not None:
            # Half a line at the end is refused: then what was there before is shown.
            with suppress(Refusal, OSError):
                fresh = again.open(here.id)
                fresh.trajectories()
                self._opened = fresh
        return self._opened

    # -------------------------------------------------------------------------- thread

    def _run(self) -> None:
        with suppress(Refusal):  # as it is now, before a half line or a fault may come
            self._opened.trajectories()
        tail: Tail | None = None
        pause = 0.0
        while not self._end.wait(pause):
            pause = self._pause
            try:
                tail = tail or Tail(self._opened.path)
                self._look(tail)
            except Refusal as why:
                self._say(str(why))
            except OSError as why:
                self._say(f"{self._opened.path.name} cannot be read: {why}")
            except Exception as why:  # a file caught half-written; the next look tries again
                logging.getLogger("lawful.web").error("a fault while a file grew", exc_info=why)
                self._say(f"a fault in lawful ({type(why).__name__}: {why})")

    def _look(self, tail: Tail) -> None:
        """See what has become of the file, and read what has come."""
        change = tail.change()
        if change == "gone":
            self._say(f"{tail.path.name} is no longer there")
            return
        size = tail.path.stat().st_size
        if self._found is None:
            self._found = size
        if change == "replaced":
            shorter = size < tail.at
            with self._lock:
                self._gathered, self._found = Gathered(), -1
                self._words = f"{tail.path.name} " + (SHORTER if shorter else REPLACED)
            tail.start()
        # The file as it was found is what the scene shows; watching begins when it grows.
        if size != self._found:
            self._found = -1
            self._take_all(tail)

    def _take_all(self, tail: Tail) -> None:
        while not self._end.is_set():
            if self._again:
                with self._lock:
                    self._gathered, self._again = Gathered(), False
                tail.start()
            if self._gathered.reader is None:
                self._begin(tail)
            before = tail.at
            rows = tail.read()
            if tail.at == before:
                return
            with self._lock:
                self._take(tail, rows)
                self._trouble, self._fresh = "", True
            self._news()

    def _begin(self, tail: Tail) -> None:
        """Learn from the whole file what its columns are, before the first row is taken."""
        watch = watched(self._newest(), self._laws)
        read = reader(tail, watch)
        with self._lock:
            self._gathered.watch, self._gathered.reader = watch, read

    def _take(self, tail: Tail, rows: Rows) -> None:
        held = self._gathered
        held.lost["skipped"] += rows.skipped
        if not rows.cells or held.reader is None:
            return
        for run, times, columns in held.reader.parted(tail, rows, held.lost):
            if run not in held.runs:
                if len(held.runs) >= RUNS:
                    held.runs.pop(next(name for name in held.runs if name != held.shown))
                held.runs[run] = Followed(run, held.reader.quantities, held.reader.names)
            held.lost["late"] += held.runs[run].take(times, columns)
            newest = run
        if self._asked_run not in held.runs:
            held.shown = newest

    def _say(self, words: str) -> None:
        with self._lock:
            if words == self._trouble:
                return
            self._trouble, self._fresh = words, True
        self._news()

    # --------------------------------------------------------------------------- frame

    def frame(self) -> Message | None:
        """The last samples of the run that is followed; None where nothing is new."""
        with self._lock:
            if not self._fresh:
                return None
            self._fresh = False
            held = self._gathered
            one = held.runs.get(held.shown)
            if one is None or held.watch is None or held.reader is None:
                return Message({"live": True, "ready": False, "words": self._said()})
            return self._drawn(one, held.watch, held.reader)

    def _drawn(self, one: Followed, watch: Watched, read: Reader) -> Message:
        times, every, courses = one.last(self._window)
        shown = [a for part in every for a in (part["value"], part["departure"])]
        places = chosen(shown, most=DRAWN)
        quantities = [
            {**energy.described(q), **_fares(q, courses, part)}
            for q, part in zip(read.quantities, every, strict=True)
        ]
        alarms = self._alarms(one, quantities)
        names = [str(name) for name in watch.runs["run"].values]
        data = {
            "live": True,
            "ready": True,
            "words": self._said(),
            "run": one.name,
            "index": names.index(one.name) if one.name in names else None,
            "following": list(self._gathered.runs),
            "samples": one.count,
            "window": self._window,
            "first": one.count - len(times),
            "learning": one.learning,
            "time_words": time_words(watch.runs),
            "quantities": quantities,
            "alarms": alarms,
            "left_out": list(read.left_out),
        }
        arrays: dict[str, NDArray[Any]] = {
            "time": times[places],
            "sample": (places + one.count - len(times)).astype(np.int32),
            **{
                name: np.stack([part[name][places] for part in every]).astype(dtype)
                for name, dtype in energy.ARRAYS.items()
            },
        }
        return Message(data, arrays)

    def _alarms(self, one: Followed, quantities: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What broke since the last frame: each is told once."""
        found = []
        for q in quantities:
            key = (one.name, q["name"], q["count"])
            if q["count"] and key not in self._gathered.told:
                self._gathered.told.add(key)
                last = q["excursions"][-1]
                found.append({"name": q["name"], "run": one.name, "since": last["start"]})
        return found

    def _said(self) -> str:
        """What became of the file, what is wrong now, and what was left out."""
        return ". ".join(part for part in (self._words, self._trouble, *self._losses()) if part)

    def _losses(self) -> list[str]:
        lost = self._gathered.lost
        return [f"{counted(lost[kind], one)} {words}" for kind, one, words in _LOSSES if lost[kind]]


_LOSSES = (
    ("skipped", "line", "with too few or too many fields were passed over"),
    ("late", "row", "whose time does not rise were left out"),
    ("text", "cell", "held text and became gaps"),
)


def _fares(quantity: Any, courses: Mapping[str, Any], part: Mapping[str, Array]) -> dict[str, Any]:
    """A quantity's verdict so far; a break is an alarm, a drift is left to the end."""
    law = quantity.law
    level = start_of(part["value"] - part["departure"])
    course = courses.get(law.name) if law is not None else None
    if law is None:
        return {"state": verdicts.UNJUDGED, "count": 0, "excursions": [], "level": level}
    told = verdicts.told(law, course)
    if told["state"] == verdicts.DRIFTS:
        told["state"] = verdicts.HOLDS
    every = told["excursions"]
    if len(every) > energy.SHOWN_EXCURSIONS:  # the first ones, and the one that is told of
        told["excursions"] = [*every[: energy.SHOWN_EXCURSIONS - 1], every[-1]]
    return {**told, "level": level}
