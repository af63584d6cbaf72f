"""A Gross-Pitaevskii field on the page: it moves, is stirred, and keeps its books.

    order → field → portion (in slices) → picture → portion → …

A `Fluid` is what moves; a `Pace` says when. One thread while it plays, none while it rests.
"""

import threading
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal, missing_extra
from lawful.web.channel import News, answered
from lawful.web.codec import Message
from lawful.web.live.fieldwish import LIMITS, METHODS, PLANE, RING, SIZES, SPACES, Wish, within
from lawful.web.live.fieldwish import wish_of as wish_of
from lawful.web.live.fluid import Fluid
from lawful.web.live.pace import Pace

Array = NDArray[Any]
FINEST = 0.005  # the smallest step that a slider offers
HARDEST = 20.0  # a stirrer's strength


def channel(look: Mapping[str, Any]) -> "FieldChannel":
    """The channel of a page.

    Examples
    --------
    >>> here = channel({"space": "ring", "start": "packet"})
    >>> here.receive("scene", {}).data["wish"]["start"]
    'packet'
    >>> here.close()
    """
    if find_spec("torch") is None:
        raise missing_extra("torch", "torch")  # before the wish is looked at, which needs it
    return FieldChannel(wish_of(look))


class FieldChannel:
    """One field, and the page that sees it.

    Parameters
    ----------
    wish
        What it is at the start.

    Raises
    ------
    Refusal
        Where torch is not installed.
    """

    view = "field"

    def __init__(self, wish: Wish | None = None) -> None:
        if find_spec("torch") is None:
            raise missing_extra("torch", "torch")
        self._lock, self._news = threading.RLock(), _nobody
        self._epoch, self._trouble, self._fresh, self._closed = 0, "", True, False
        self._told: tuple[int, int, int] = (-1, 0, 0)  # books opened, entries, rows
        self._a_step = 1e-3  # seconds, of late
        self._pace = Pace(self._lock, self._advance, lambda: self._news(), self._failed)
        self._orders: dict[str, Callable[..., None]] = {
            "play": self.play, "pause": self.pause, "step": self.step, "reset": self.reset,
            "dice": self.dice, "wish": self.wish, "stir": self.stir, "imprint": self.imprint,
        }  # fmt: skip
        self._answers: dict[str, Callable[..., Message]] = {
            "scene": self.scene, "python": self.python,
        }  # fmt: skip
        self._begin((wish or Wish()).checked())

    # ------------------------------------------------------------------ the channel

    def open(self, news: News) -> None:
        """Begin to tell."""
        self._news = news

    def receive(self, name: str, given: Mapping[str, Any]) -> Message | None:
        """Obey or answer.

        Raises
        ------
        Refusal
            For what cannot be meant; nothing has changed then.
        """
        if name in self._answers:
            return answered(self.view, self._answers, name, given)
        known: Any = {**self._orders, **self._answers}
        answered(self.view, known, name, given)
        with self._lock:
            self._fresh = True
        self._news()
        return Message(kind="answer")

    def frame(self) -> Message | None:
        """The field as it is now; None where it has not changed."""
        with self._lock:
            if not self._fresh:
                return None
            self._fresh = False
            message = self._seen()
        self._pace.taken()
        return message

    def close(self) -> None:
        """Rest, for good."""
        with self._lock:
            self._closed = True
            self._pace.stop()
        self._pace.join()

    # ------------------------------------------------------------------ questions

    def scene(self) -> Message:
        """What the page needs to draw the controls, and the field as it is."""
        from lawful.fields.starts import ON_A_PLANE, ON_A_RING, POTENTIALS

        with self._lock:
            self._told = (-1, 0, 0)
            frame = self._seen()
            V = self._fluid.V
        limits = {name: list(LIMITS[name]) for name in ("g", "dt", "speed", "absorb")}
        choices = {
            "starts": {PLANE: list(ON_A_PLANE), RING: list(ON_A_RING)},
            "sizes": {space: list(SIZES[space]) for space in SPACES},
            "potentials": list(POTENTIALS), "spaces": list(SPACES), "orders": list(METHODS),
            "limits": {**limits, "dt": [FINEST, LIMITS["dt"][1]]},
        }  # fmt: skip
        felt = {} if V is None else {"potential": V.numpy().astype(np.float32)}
        return Message({**frame.data, **choices}, {**frame.arrays, **felt}, "answer")

    def python(self) -> Message:
        """The lines that make this field, as it is, in Python."""
        with self._lock:
            return Message({"text": self._fluid.script.text()}, kind="answer")

    # ------------------------------------------------------------------ orders

    def play(self) -> None:
        """Let it move."""
        with self._lock:
            if not self._closed:
                self._pace.speed = float(self._fluid.wish.speed)
                self._pace.start()

    def pause(self) -> None:
        """Rest."""
        with self._lock:
            self._pace.stop()

    def step(self, count: int = 1) -> None:
        """So many steps, and rest."""
        if isinstance(count, float):
            raise Refusal(f"{count} steps", "a whole number")
        within("count", count, 1, 1000)
        with self._lock:
            self._pace.stop()
            self._moved(count)

    def reset(self) -> None:
        """The same start again."""
        with self._lock:
            self._begin(self._fluid.wish)

    def dice(self) -> None:
        """Another seed."""
        with self._lock:
            self._begin(self._fluid.wish.but({"seed": (self._fluid.wish.seed + 1) % 2**31}))

    def wish(self, **wishes: Any) -> None:
        """Change what is asked for; what only moves it acts on the field as it is."""
        with self._lock:
            wish = self._fluid.wish.but(wishes)
            self._pace.speed = float(wish.speed)
            self._take(self._fluid.wished(wish))

    def stir(self, x: float = 0.5, y: float = 0.5, strength: float = 0.0) -> None:
        """A stirrer at (x, y), shares of the picture from its lower left; strength 0: none."""
        _on_the_picture(x, y)
        within("strength", strength, -HARDEST, HARDEST)
        with self._lock:
            self._fluid.stir(float(x), float(y), float(strength))

    def imprint(self, x: float, y: float) -> None:
        """A pair of vortices about (x, y), shares of the picture from its lower left."""
        _on_the_picture(x, y)
        with self._lock:
            if self._fluid.wish.space != PLANE:
                raise Refusal("vortices on a ring", "a plane", "choose the plane")
            self._fluid.imprint(float(x), float(y))

    # ------------------------------------------------------------------ the motion

    def _begin(self, wish: Wish) -> None:
        self._take(Fluid(wish))

    def _take(self, fluid: Fluid) -> None:
        if fluid is not getattr(self, "_fluid", None):
            self._fluid, self._trouble = fluid, ""
            self._epoch += 1
            self._told = (-1, 0, 0)

    def _advance(self, left: float, stride: int, seconds: float) -> int:
        """Some of the steps that are left, as many as fit into the seconds; of the pace."""
        count = int(min(left, max(1, seconds / self._a_step)))
        began = time.perf_counter()
        self._moved(count)
        self._a_step += 0.2 * ((time.perf_counter() - began) / count - self._a_step)
        return count

    def _moved(self, steps: int) -> None:
        if not self._fluid.advance(steps):
            self._trouble = "The field is no longer finite: take a smaller step, or reset."
            self._pace.stop()
        self._fresh = True

    def _failed(self, why: Exception) -> None:
        self._trouble = f"The field stopped: {type(why).__name__}: {why}"
        self._fresh = True

    # ------------------------------------------------------------------ what is told

    def _seen(self) -> Message:
        """A frame: the field, and what its page has not been told of the books yet."""
        fluid = self._fluid
        density, phase = fluid.picture()
        arrays: dict[str, Array] = {"density": density, "phase": phase}
        opened, entries, rows = self._told
        entries = entries if opened == fluid.opened else 0
        new = np.array(fluid.books[entries:], dtype=float).reshape(-1, len(fluid.books[0]))
        arrays |= {
            "times": new[:, 0], "norms": new[:, 1], "energies": new[:, 2], "counts": new[:, 3],
            "momenta": new[:, 4:],
        }  # fmt: skip
        if (found := fluid.vortices()) is not None:
            arrays["vortices"] = found
        else:
            rows = max(rows, fluid.passed - len(fluid.rows))
            arrays |= _stacked(list(fluid.rows)[len(fluid.rows) - (fluid.passed - rows) :])
        self._told = (fluid.opened, len(fluid.books), fluid.passed)
        data = {
            "wish": fluid.wish.to_dict(), "t": fluid.t, "steps": fluid.steps,
            "playing": self._pace.playing, "epoch": self._epoch, "books": fluid.opened,
            "books_from": entries, "rows_from": rows, "length": list(fluid.grid.length),
            "stirrer": fluid.stirrer, "stirred": fluid.stirred, "keeps": fluid.keeps(),
            "reach": fluid.reach, "trouble": self._trouble,
            "steps_a_second": self._pace.steps_a_second,
        }  # fmt: skip
        return Message(data, arrays)


def _stacked(rows: list[Any]) -> dict[str, Array]:
    """Moments of a ring as arrays."""
    if not rows:
        return {}
    times, densities, phases = zip(*rows, strict=True)
    return {
        "row_times": np.array(times), "row_densities": np.stack(densities),
        "row_phases": np.stack(phases),
    }  # fmt: skip


def _nobody() -> None:
    """Nobody is told."""


def _on_the_picture(x: Any, y: Any) -> None:
    for name, value in (("x", x), ("y", y)):
        within(name, value, 0.0, 1.0)
