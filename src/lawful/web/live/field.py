"""A Gross-Pitaevskii field that moves on the page, and can be stirred.

    i ψ_t = [−½ ∇² + V + g|ψ|² + stirrer] ψ      in portions between two pictures

Norm, energy and momentum are measured on the way; what the pointer does to them is not a
fault of the integrator, so that the books begin anew when it lets go.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal, missing_extra
from lawful.web.channel import News, answered
from lawful.web.codec import Message

if TYPE_CHECKING:
    from torch import Tensor

    from lawful.fields import Grid

Array = NDArray[Any]
SIZES = {2: (32, 64, 96, 128), 1: (128, 256, 512)}
LENGTH = {2: 40.0, 1: 80.0}
KEPT = 2000  # moments of the books
FRAME = 1 / 60
PATIENCE = 0.25  # seconds to wait for somebody who looks
PLANE, RING = "plane", "ring"


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes
    ----------
    space
        "plane" or "ring".
    size
        Points along each axis.
    start, potential
        By name; see `lawful.fields.starts`.
    g, dt
        The nonlinearity and the time step.
    seed
        Of what is drawn.
    speed
        Steps a picture.
    """

    space: str = PLANE
    size: int = 64
    start: str = "vortex pair"
    potential: str = "none"
    g: float = 1.0
    dt: float = 0.04
    seed: int = 0
    speed: int = 4

    def checked(self) -> "Wish":
        """The wish, if it can be meant; a start of the other space gives way to a usual one.

        Raises
        ------
        Refusal
            For what cannot.
        """
        from lawful.fields.starts import ON_A_PLANE, ON_A_RING, POTENTIALS

        _one_of("space", self.space, (PLANE, RING))
        dimensions = 2 if self.space == PLANE else 1
        sizes, starts = SIZES[dimensions], ON_A_PLANE if dimensions == 2 else ON_A_RING
        known = (*ON_A_PLANE, *ON_A_RING)
        _one_of("start", self.start, known)
        _one_of("potential", self.potential, POTENTIALS)
        if self.size not in (*SIZES[1], *SIZES[2]):
            raise Refusal(f"{self.size!r} points", ", ".join(map(str, sizes)))
        for name, low, high in (("g", -2.0, 5.0), ("dt", 1e-4, 0.2)):
            _within(name, getattr(self, name), low, high)
        _within("speed", self.speed, 1, 64)
        _within("seed", self.seed, 0, 2**31)
        size = self.size if self.size in sizes else sizes[1]
        return replace(
            self, size=size, start=self.start if self.start in starts else starts[0],
            speed=int(self.speed), seed=int(self.seed), g=float(self.g), dt=float(self.dt),
        )  # fmt: skip


def wish_of(look: Mapping[str, Any]) -> Wish:
    """The wish of a page's address; what cannot be meant is left at its default."""
    known = {key: value for key, value in look.items() if key in Wish.__dataclass_fields__}
    try:
        return replace(Wish(), **known).checked()
    except (Refusal, TypeError):
        return Wish().checked()


def channel(look: Mapping[str, Any]) -> "FieldChannel":
    """The channel of a page.

    Examples
    --------
    >>> here = channel({"space": "ring", "start": "packet"})
    >>> here.receive("scene", {}).data["wish"]["start"]
    'packet'
    >>> here.close()
    """
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
    grid: "Grid"
    psi: "Tensor"
    V: "Tensor | None"
    _stirrer: "Tensor | None"

    def __init__(self, wish: Wish | None = None) -> None:
        if find_spec("torch") is None:
            raise missing_extra("torch", "torch")
        self._lock = threading.RLock()
        self._taken, self._news = threading.Event(), _nobody
        self._thread: threading.Thread | None = None
        self.playing = False
        self._answers: dict[str, Callable[..., Message]] = {
            "scene": self.scene, "python": self.python, "play": self.play, "pause": self.pause,
            "step": self.step, "reset": self.reset, "dice": self.dice, "wish": self.wish_for,
            "stir": self.stir, "imprint": self.imprint,
        }  # fmt: skip
        self.wish = (wish or Wish()).checked()
        self._epoch = self._opened = -1
        self._begin(self.wish)

    # ------------------------------------------------------------------ the channel

    def open(self, news: News) -> None:
        """Begin to tell."""
        self._news = news

    def receive(self, name: str, given: Mapping[str, Any]) -> Message | None:
        """Obey or answer."""
        answer = answered(self.view, self._answers, name, given)
        if name not in ("scene", "python"):
            self._fresh = True
            self._news()
        return answer

    def frame(self) -> Message | None:
        """The field as it is now; None where it has not changed."""
        with self._lock:
            if not self._fresh:
                return None
            self._fresh = False
            message = self._seen()
        self._taken.set()
        return message

    def close(self) -> None:
        """Rest, for good."""
        with self._lock:
            self.playing, thread = False, self._thread
        self._taken.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(2.0)

    # ------------------------------------------------------------------ orders

    def scene(self) -> Message:
        """What the page needs to draw the controls, and the field as it is."""
        from lawful.fields.starts import ON_A_PLANE, ON_A_RING, POTENTIALS

        with self._lock:
            frame = self._seen(whole=True)
        choices = {
            "starts": {PLANE: list(ON_A_PLANE), RING: list(ON_A_RING)},
            "sizes": {PLANE: list(SIZES[2]), RING: list(SIZES[1])},
            "potentials": list(POTENTIALS), "spaces": [PLANE, RING],
            "limits": {"g": [-2.0, 5.0], "dt": [0.005, 0.2], "speed": [1, 64]},
        }  # fmt: skip
        return Message({**frame.data, **choices}, frame.arrays, "answer")

    def play(self) -> Message:
        """Let it move."""
        with self._lock:
            self.playing = True
            if self._thread is None:
                run = threading.Thread(target=self._run, name="lawful-field", daemon=True)
                self._thread = run
                run.start()
        return _obeyed()

    def pause(self) -> Message:
        """Rest."""
        with self._lock:
            self.playing = False
        return _obeyed()

    def step(self, count: int = 1) -> Message:
        """So many steps, and rest."""
        _within("count", count, 1, 1000)
        with self._lock:
            self.playing = False
            self._advance(int(count))
        return _obeyed()

    def reset(self) -> Message:
        """The same start again."""
        with self._lock:
            self._begin(self.wish)
        return _obeyed()

    def dice(self) -> Message:
        """Another seed."""
        with self._lock:
            self._begin(replace(self.wish, seed=(self.wish.seed + 1) % 2**31))
        return _obeyed()

    def wish_for(self, **wishes: Any) -> Message:
        """Change what is asked for; strength, step and speed act on the field as it is."""
        for name in wishes:
            if name not in Wish.__dataclass_fields__:
                raise Refusal(f"the wish {name!r}", ", ".join(Wish.__dataclass_fields__))
        with self._lock:
            try:
                wish = replace(self.wish, **wishes).checked()
            except TypeError as why:
                raise Refusal(str(why), "numbers and names") from None
            if set(wishes) <= {"g", "dt", "speed"}:
                self.wish = wish
                if not set(wishes) <= {"speed"}:
                    self._open_books()
            else:
                self._begin(wish)
        return _obeyed()

    def stir(self, x: float = 0.5, y: float = 0.5, strength: float = 0.0) -> Message:
        """A stirrer at (x, y), shares of the picture; strength 0 takes it away."""
        for name, value in (("x", x), ("y", y)):
            _within(name, value, 0.0, 1.0)
        _within("strength", strength, -20.0, 20.0)
        with self._lock:
            self._stirrer = self._bump(x, y, strength) if strength else None
            self._stirred = True
            if not strength:
                self._open_books()
        return _obeyed()

    def imprint(self, x: float, y: float) -> Message:
        """A pair of vortices around (x, y), a tenth of the picture apart."""
        from lawful.fields.vortices import imprinted

        for name, value in (("x", x), ("y", y)):
            _within(name, value, 0.0, 1.0)
        if self.wish.space != PLANE:
            raise Refusal("vortices on a ring", "a plane", "choose the plane")
        with self._lock:
            across, up = ((v - 0.5) * a for v, a in zip((x, y), self.grid.length, strict=True))
            apart = self.grid.length[0] / 16
            psi = imprinted(self.psi, self.grid, (up + apart, across), (up - apart, across))
            self.psi = psi.to(self.psi.dtype)
            self._open_books()
        return _obeyed()

    def python(self) -> Message:
        """The lines that make this field move in Python."""
        w, steps = self.wish, max(self.steps, 100)
        points = f"({w.size}, {w.size})" if w.space == PLANE else str(w.size)
        length = LENGTH[2 if w.space == PLANE else 1]
        lines = [
            "from lawful.fields import Grid, evolve, observables",
            "from lawful.fields.starts import potential, start",
            "",
            f"grid = Grid({points}, length={length})",
            f"V = potential({w.potential!r}, grid)",
            f"psi = start({w.start!r}, grid, V, nonlinearity={w.g!r}, seed={w.seed})",
            f"later = evolve(psi, grid, V, step={w.dt!r}, steps={steps}, nonlinearity={w.g!r})",
            "print(observables.energy(later, grid, V, nonlinearity=" + repr(w.g) + "))",
        ]
        return Message({"text": "\n".join(lines)}, kind="answer")

    # ------------------------------------------------------------------ the motion

    def _begin(self, wish: Wish) -> None:
        import torch

        from lawful.fields import Grid
        from lawful.fields.starts import potential, start

        torch.set_num_threads(1)
        self.wish = wish
        dimensions = 2 if wish.space == PLANE else 1
        self.grid = Grid((wish.size,) * dimensions, length=LENGTH[dimensions])
        self.V = potential(wish.potential, self.grid)
        self.psi = start(wish.start, self.grid, self.V, nonlinearity=wish.g, seed=wish.seed)
        self.steps, self.t, self.trouble = 0, 0.0, ""
        self._stirrer, self._stirred = None, False
        self._epoch += 1
        self._fresh, self._rate = True, 0.0
        self._open_books()

    def _advance(self, steps: int) -> None:
        from lawful.fields import evolve

        V = self.V
        if self._stirrer is not None:
            V = self._stirrer if V is None else V + self._stirrer
        psi = evolve(
            self.psi, self.grid, V, step=self.wish.dt, steps=steps, nonlinearity=self.wish.g
        )
        if not bool(psi.abs().isfinite().all()):
            self.playing = False
            self.trouble = "the field is no longer finite: take a smaller step, or reset"
            return
        self.psi = psi
        self.steps, self.t = self.steps + steps, self.t + steps * self.wish.dt
        self._book()

    def _bump(self, x: float, y: float, strength: float) -> Any:
        """A Gaussian hill, two healing lengths wide, on the periodic grid."""
        import torch

        places = (y, x) if self.grid.dimensions == 2 else (x,)
        total = torch.zeros(self.grid.points, dtype=torch.float64)
        for c, a, at in zip(self.grid.coordinates(), self.grid.length, places, strict=True):
            away = torch.remainder(c - (at - 0.5) * a + a / 2, a) - a / 2
            total = total + away**2
        return strength * torch.exp(-total / 8.0)

    # ------------------------------------------------------------------ the books

    def _open_books(self) -> None:
        self._books: list[tuple[float, ...]] = []
        self._told = 0
        self._opened += 1
        self._book()

    def _book(self) -> None:
        """Time, norm, energy and the length of the momentum."""
        from lawful.fields import observables

        with_V = {"nonlinearity": self.wish.g}
        V = self.V if self._stirrer is None else (
            self._stirrer if self.V is None else self.V + self._stirrer
        )  # fmt: skip
        momentum = observables.momentum(self.psi, self.grid)
        entry = (
            self.t,
            float(observables.norm(self.psi, self.grid)),
            float(observables.energy(self.psi, self.grid, V, **with_V)),
            *(float(p) for p in momentum),
        )
        self._books.append(entry)
        if len(self._books) > KEPT:  # every second moment of the older half goes
            half = len(self._books) // 2
            self._books = self._books[:half:2] + self._books[half:]
            self._told = 0
            self._opened += 1

    def _seen(self, whole: bool = False) -> Message:
        """A frame; with the books from the beginning where they are asked for."""
        from lawful.fields.vortices import vortices

        if whole:
            self._told = 0
        new = np.array(self._books[self._told :], dtype=float).reshape(-1, len(self._books[0]))
        begun, self._told = self._told, len(self._books)
        psi = self.psi
        arrays: dict[str, Array] = {
            "density": (psi.abs() ** 2).numpy().astype(np.float32),
            "phase": psi.angle().numpy().astype(np.float32),
            "times": new[:, 0], "norms": new[:, 1], "energies": new[:, 2], "momenta": new[:, 3:],
        }  # fmt: skip
        if self.grid.dimensions == 2:
            arrays["vortices"] = vortices(psi, self.grid).numpy().astype(np.float32)
        data = {
            "wish": {name: getattr(self.wish, name) for name in Wish.__dataclass_fields__},
            "t": self.t, "steps": self.steps, "playing": self.playing, "epoch": self._epoch,
            "books": self._opened, "books_from": begun, "length": list(self.grid.length),
            "stirring": self._stirrer is not None, "stirred": self._stirred,
            "trouble": self.trouble, "steps_a_second": self._rate,
        }  # fmt: skip
        return Message(data, arrays)

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        while True:
            began = time.perf_counter()
            with self._lock:
                if not self.playing:
                    self._thread, self._rate, self._fresh = None, 0.0, True
                    break
                self._taken.clear()
                self._advance(self.wish.speed)
                self._fresh = True
                speed = self.wish.speed
            self._news()
            self._taken.wait(PATIENCE)  # nobody looks: go on slowly
            time.sleep(max(FRAME - (time.perf_counter() - began), 0.0005))
            now = speed / (time.perf_counter() - began)
            self._rate = now if not self._rate else 0.9 * self._rate + 0.1 * now
        self._news()


def _nobody() -> None:
    """Nobody is told."""


def _obeyed() -> Message:
    return Message(kind="answer")


def _one_of(what: str, value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Refusal(f"{what} {str(value)[:40]!r}", "one of " + ", ".join(known))


def _within(what: str, value: Any, low: float, high: float) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not (good and math.isfinite(value) and low <= value <= high):
        raise Refusal(f"{what} {str(value)[:40]!r}", f"a number from {low:g} to {high:g}")
