"""A network that learns before your eyes: the Python half of the views network and training.

    session (one)  ⇄  channels (many): orders and questions in, frames out

Several channels may show one session: two views side by side see the same training. What a
view chooses to look at (sample, input, slice, cells) is its own (`sight`).
"""

import math
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from lawful.learning.course import as_samples
from lawful.learning.motion import Dynamics
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.web.channel import News, answered
from lawful.web.codec import Message
from lawful.web.live import (
    books,
    dials,
    frames,
    given,
    ground,
    looking,
    pasted,
    phases,
    sources,
    wishes,
    words,
)
from lawful.web.live.curves import NOWHERE
from lawful.web.live.maps import fitting, plane_of
from lawful.web.live.session import Session, first_network, fitted
from lawful.web.live.sight import Sight
from lawful.web.live.sources import Source

SEEDS = 10_000  # of the dice: short enough to be remembered


def channel(
    look: Mapping[str, Any], *, view: str = "network", session: Session | None = None
) -> "NetworkChannel":
    """The channel of a page.

    Parameters
    ----------
    look
        What the page's address says; see `wishes.session_of`, and `sample`, `cells`, `speed`.
    view
        "network" or "training".
    session
        One that another view of the page shows already; its own, when not given.

    Examples
    --------
    >>> here = channel({"dataset": "moons", "layers": "2-4-1"})
    >>> here.receive("scene", {}).data["layers"]
    [2, 4, 1]
    >>> here.close()
    """
    said: list[str] = []
    if session is None:
        try:
            session = wishes.session_of(look)
        except Refusal as why:
            said.append(f"the address asks for what cannot be: {why}; this is the first scene")
            session = Session()
    made = NetworkChannel(view=view, session=session, notes=tuple(said))
    for name in ("sample", "cells", "speed"):
        if look.get(name) is not None:
            try:
                made.receive(name, {_WORD[name]: look[name]})
            except Refusal as why:
                made.notes = (*made.notes, str(why))
    return made


_WORD = {"sample": "index", "cells": "value", "speed": "looks"}


class NetworkChannel:
    """One view of a session.

    Parameters
    ----------
    network
        Copied. A small one when not given.
    data
        Samples, or inputs and targets; circles when not given.
    view
        "network" or "training".
    session
        To be shown, in the place of the two.
    dynamics
        A `Dynamics` or the name of one, of a session made here.
    batch
        Samples a step.
    notes
        Sentences for the page.

    Attributes
    ----------
    session
        What is shown.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> channel = NetworkChannel(NeuralNetwork([2, 3, 1], seed=1), datasets.xor())
    >>> channel.receive("step", {"count": 5})
    >>> frame = channel.frame()
    >>> frame.data["step"], frame.arrays["boundary"].shape
    (5, (1, 64, 64))
    >>> channel.frame() is None
    True
    """

    def __init__(
        self,
        network: NeuralNetwork | None = None,
        data: Samples | tuple[Any, Any] | None = None,
        *,
        view: str = "network",
        session: Session | None = None,
        dynamics: Dynamics | str | None = None,
        batch: int | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        if session is None:
            session = _session(network, data, dynamics, batch)
        self.view, self.session, self.notes = view, session, notes
        self._sight, self._closed = Sight(session), False
        self._place, self._drawn = NOWHERE, -1
        self._answers = {
            **{name: getattr(self, f"_do_{name}") for name in ORDERS},
            **{name: getattr(self, f"_ask_{name}") for name in QUESTIONS},
        }

    # ------------------------------------------------------------------ the host's side

    def open(self, news: News) -> None:
        """Hear of every change from now on."""
        self._closed = False
        self.session.watch(id(self), news)

    def receive(self, name: str, given: Mapping[str, Any]) -> Message | None:
        """Obey an order or answer a question.

        Raises
        ------
        Refusal
            For what cannot be meant.
        """
        return answered(self.view, self._answers, name, given)

    def close(self) -> None:
        """Look no longer; the session rests when nobody does."""
        self._closed = True
        self.session.unwatch(id(self))

    def frame(self) -> Message | None:
        """The newest picture; None where nothing has changed."""
        session = self.session
        with session.lock:
            if session.stamp == self._drawn:
                return None
            self._drawn = session.stamp
            self._sight.fit()
            start, curves, self._place = session.curves.since(self._place)
            made = frames.pictured(session, self._sight, start, curves)
        session.pace.taken()
        return made()

    # ------------------------------------------------------------------ questions

    def _ask_scene(self) -> Message:
        return frames.scene(self.session, self._sight, self.notes)

    def _ask_neuron(self, layer: Any, index: Any, cells: Any = 48) -> Message:
        session = self.session
        with session.lock:
            network = session.network.with_parameters(session.shown.parameters)
            self._sight.fit()
            x, plane = self._sight.x, self._sight.plane
            features = session.source.samples.features
        side = fitting(network.architecture, given.whole("cells", cells, 8, 128))
        which = given.whole("layer", layer), given.whole("neuron", index)
        return looking.neuron(network, x, *which, features, plane, side)

    def _ask_backward(self, sample: Any = None) -> Message:
        session = self.session
        with session.lock:
            self._sight.fit()
            samples = session.source.samples
            which = self._sight.chosen if sample is None else given.whole("sample", sample)
            if which >= samples.size:
                raise Refusal(f"sample {which}", f"0 to {samples.size - 1}")
            network = session.network.with_parameters(session.shown.parameters)
        x, y = (np.asarray(a[which], dtype=float) for a in samples)
        answer = looking.backward(network, x, y)
        return Message({**answer.data, "sample": which}, answer.arrays, "answer")

    def _ask_landscape(self, cells: Any = 41) -> Message:
        session = self.session
        side = given.whole("cells", cells, 9, 81)
        with session.lock:
            network, data = session.network.copy(), session.source.parts[0]
            kept = session.timeline.moments
            past = kept if session.at is None else kept[: session.at + 1]
            path = np.stack([moment.parameters for moment in past])
            version, steps = session.version, [moment.step for moment in past]
        answer = ground.message(network, data, path, side)
        return Message({**answer.data, "version": version, "steps": steps}, answer.arrays, "answer")

    def _ask_phase(
        self,
        x: Any = None,
        y: Any = None,
        panels: Any = 6,
        cells: Any = 32,
        columns: Any = 5,
        rows: Any = 4,
        steps: Any = 200,
    ) -> Message:
        session = self.session
        side = given.whole("cells", cells, 8, 64)
        with session.lock:
            network, data = session.initial, session.source.parts[0]
            # The step's own seed and batches, so that the same settings give the same.
            self._sight.fit()
            plane, x_there = self._sight.plane, self._sight.x
            scene = phases.Scene(network, data, plane, x_there, session.course.batch)
            dynamics, kept = session.dynamics, session.timeline.moments
        if x is None and y is None:
            count = given.whole("panels", panels, 2, phases.PANELS)
            return phases.moments(scene, kept, count, side)
        return phases.settings(
            scene,
            dynamics,
            given.text("x", x),
            given.text("y", y),
            columns=given.whole("columns", columns, 2, phases.SIDE),
            rows=given.whole("rows", rows, 2, phases.SIDE),
            steps=given.whole("steps", steps, 1, 2000),
            cells=side,
            over=lambda: self._closed,
        )

    def _ask_ledger(self) -> Message:
        with self.session.lock:
            moment, session = self.session.shown, self.session
            entries = [
                {"name": name, "total": total, "words": words.ACCOUNTS.get(name, "")}
                for name, total in moment.accounts.items()
            ]
            record = {
                "entries": entries,
                "books": books.summary(moment),
                "residual": books.residual(moment),
                "why": " ".join(frames.no_books(session)),
            }
        return Message(record, kind="answer")

    def _ask_python(self) -> Message:
        with self.session.lock:
            session = self.session
            text = session.story.python(session.source, session.shown.step)
        return Message({"text": text}, kind="answer")

    # ------------------------------------------------------------------ orders

    def _do_play(self) -> None:
        self.session.play()

    def _do_pause(self) -> None:
        self.session.pause()

    def _do_step(self, count: Any = 1) -> None:
        self.session.step(given.whole("count", count, 1, 10_000))

    def _do_reset(self) -> None:
        self.session.reset()

    def _do_dice(self) -> None:
        self.session.reset(secrets.randbelow(SEEDS))

    def _do_rate(self, value: Any) -> None:
        self.session.turn("rate", value)

    def _do_momentum(self, value: Any) -> None:
        self.session.turn("momentum", value)

    def _do_friction(self, value: Any) -> None:
        self.session.turn("friction", value)

    def _do_temperature(self, value: Any) -> None:
        self.session.turn("temperature", value)

    def _do_mass(self, value: Any) -> None:
        self.session.turn("mass", value)

    def _do_optimizer(self, name: Any) -> None:
        self.session.move_by(given.text("optimizer", name))

    def _do_sample(self, index: Any) -> None:
        with self._looking() as sight:
            sight.take(index)

    def _do_input(self, values: Any) -> None:
        with self._looking() as sight:
            sight.give(values)

    def _do_architecture(
        self,
        layers: Any = None,
        activations: Any = None,
        initializations: Any = None,
        loss: Any = None,
        output: Any = None,
    ) -> None:
        wished = wishes.architecture(
            self.session.network, layers, activations, initializations, loss, output
        )
        self.session.become(**wished)

    def _do_dataset(
        self,
        name: Any,
        samples: Any = None,
        noise: Any = None,
        seed: Any = 0,
        validation: Any = 0.0,
    ) -> None:
        self.session.learn_from(sources.named(name, samples, noise, seed, validation))

    def _do_points(self, X: Any, labels: Any, extent: Any = None) -> None:
        made = pasted.drawn(X, labels)
        left, right, bottom, top = (
            given.row("extent", extent, 4).tolist()
            if extent is not None
            else _extent(self.session, self._sight, made)
        )
        if not (left < right and bottom < top):
            raise Refusal("an extent that is empty", "left < right and bottom < top")
        self.session.learn_from(Source(made, extent=(left, right, bottom, top)))

    def _do_paste(self, text: Any, target: Any = None) -> None:
        made = pasted.pasted(text, target)
        if made.outputs > 26 or made.size * made.inputs > 400_000:
            raise Refusal(
                f"{made.size} samples of {made.inputs} features and {made.outputs} classes",
                "at most 400000 numbers and 26 classes",
            )
        self.session.learn_from(Source(made))

    def _do_weight(self, index: Any, value: Any, done: Any = True) -> None:
        limit = float(wishes.LIMITS["weight"])
        to = given.number("weight", value, -limit, limit)
        self.session.put(given.whole("weight", index), to, bool(done))

    def _do_undo(self) -> None:
        self.session.undo()

    def _do_redo(self) -> None:
        self.session.undo(again=True)

    def _do_seek(self, index: Any) -> None:
        self.session.seek(given.whole("moment", index))

    def _do_speed(self, looks: Any) -> None:
        low, high = wishes.LIMITS["speed"]
        speed = math.inf if looks == "max" else given.number("speed", looks, low, high)
        with self.session.changing():
            self.session.pace.speed = speed

    def _do_cells(self, value: Any) -> None:
        with self._looking() as sight:
            sight.divide(value)

    def _do_slice(self, i: Any, j: Any) -> None:
        with self._looking() as sight:
            sight.cut(i, j)

    @contextmanager
    def _looking(self) -> Iterator[Sight]:
        """Look at something else; the frame that shows it is news."""
        with self.session.changing():
            self._sight.fit()
            yield self._sight


ORDERS = (
    "play", "pause", "step", "reset", "dice", "rate", "momentum", "friction", "temperature",
    "mass", "optimizer", "sample", "input", "architecture", "dataset", "points", "paste",
    "weight", "undo", "redo", "seek", "speed", "cells", "slice",
)  # fmt: skip
QUESTIONS = ("scene", "neuron", "backward", "landscape", "phase", "ledger", "python")


def _session(
    network: NeuralNetwork | None,
    data: Samples | tuple[Any, Any] | None,
    dynamics: Dynamics | str | None,
    batch: int | None,
) -> Session:
    """A session of a network and data as a user has them."""
    if isinstance(dynamics, str):
        dynamics = dials.chosen(dynamics)
    source = None
    if data is not None:
        judge = network or NeuralNetwork([1, 1])
        source = Source(as_samples(data, judge))
        if network is None:
            network = NeuralNetwork(**fitted(first_network(), source))
    elif network is not None and (network.layers[0], network.layers[-1]) != (2, 1):
        shape = "-".join(map(str, network.layers))
        raise Refusal(f"a {shape} network without data", "samples to learn from", "give data=")
    return Session(network, source, dynamics=dynamics, batch=batch)


def _extent(session: Session, sight: Sight, made: Samples) -> tuple[float, float, float, float]:
    """The present rectangle where the points lie in it, else the one about them."""
    with session.lock:
        sight.fit()
        flat, (left, right, bottom, top) = session.source.samples.inputs == 2, sight.plane.extent
    low, high = made.X.min(axis=0), made.X.max(axis=0)
    if flat and (low >= (left, bottom)).all() and (high <= (right, top)).all():
        return left, right, bottom, top
    return plane_of(made, (0, 1)).extent
