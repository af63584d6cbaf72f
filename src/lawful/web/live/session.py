"""A network that learns while it is watched, and may be touched at any time.

    orders  ⇄  session (one lock)  ⇄  steps, made by `pace`

The loop is `lawful.learning.training.evolve`. A change, whatever it is, acts from the next
step on: it ends the loop and takes it up again from the very state where it stood, with the
energy's books open (`books`).
"""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from lawful.learning import training
from lawful.learning.course import Course, settled
from lawful.learning.look import Moment, State
from lawful.learning.motion import Dynamics
from lawful.learning.network import NeuralNetwork
from lawful.learning.stopping import Diverged
from lawful.refusal import Refusal
from lawful.web.live import books, dials, sources
from lawful.web.live.curves import Curves
from lawful.web.live.hand import Hand
from lawful.web.live.pace import SLICE, Pace
from lawful.web.live.sources import Source
from lawful.web.live.story import Story
from lawful.web.live.timeline import Timeline

ENDLESS = 10**9
WORK = 100_000_000  # numbers of a step's forward pass above which it sees a batch
BATCH = 64
News = Callable[[], None]


def first_network() -> NeuralNetwork:
    """What is there before anything is asked for."""
    return NeuralNetwork([2, 8, 8, 1], loss="binary_cross_entropy", seed=0)


class Session:
    """A network, its data, how it moves, and what came of it.

    Parameters
    ----------
    network
        Copied. 2-8-8-1 when not given.
    source
        What it learns from; circles when not given.
    dynamics
        How it moves; a heavy ball in the words of optimisers when not given.
    batch
        Samples a step; all when not given, if that is not too much work.

    Attributes
    ----------
    lock
        Held while anything changes; hold it to read more than one thing.
    version
        Counts architectures and data sets.
    stamp
        Counts changes of any kind.
    moment
        Where training stands.
    trouble
        Why it has stopped by itself; empty otherwise.

    Examples
    --------
    >>> session = Session()
    >>> session.step(20)
    >>> session.moment.step, session.trouble
    (20, '')
    """

    def __init__(
        self,
        network: NeuralNetwork | None = None,
        source: Source | None = None,
        *,
        dynamics: Dynamics | None = None,
        batch: int | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.source = source or sources.named("circles", samples=200, noise=0.05)
        self.network = first_network() if network is None else network.copy()
        self.dynamics = dynamics or dials.chosen("momentum", learning_rate=0.03)
        self.batch = batch
        self.version, self.stamp = 0, 0
        self.pace = Pace(self.lock, self._advance, self._tell, self._faulty)
        self.curves, self.timeline, self.hand = Curves(), Timeline(), Hand()
        self.at: int | None = None  # the moment looked back upon
        self._watchers: dict[int, News] = {}
        self._flow: Iterator[Moment] | None = None
        self._begin(self.network)

    # ------------------------------------------------------------------ what there is to see

    @property
    def shown(self) -> Moment:
        """The moment to show: where training stands, or an earlier one looked back upon."""
        return self.moment if self.at is None else self.timeline[self.at]

    @property
    def playing(self) -> bool:
        """Whether it learns."""
        return self.pace.playing

    @property
    def initial(self) -> NeuralNetwork:
        """The network as its seed draws it."""
        return NeuralNetwork(**self.network.settings)

    @property
    def course(self) -> Course:
        """What training goes by."""
        return self._course

    # ------------------------------------------------------------------ who looks

    def watch(self, key: int, news: News) -> None:
        """Tell somebody of every change."""
        with self.lock:
            self._watchers[key] = news

    def unwatch(self, key: int) -> None:
        """Tell no more; with the last one the session comes to rest."""
        with self.lock:
            self._watchers.pop(key, None)
            if self._watchers:
                return
            self.pace.stop()
        self.pace.join()

    def _tell(self) -> None:
        with self.lock:
            watchers = list(self._watchers.values())
        for news in watchers:
            news()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change something with the lock held, then tell whoever looks without it."""
        with self.lock:
            yield
            self.stamp += 1
        self._tell()

    # ------------------------------------------------------------------ begin, go on

    def _begin(self, network: NeuralNetwork) -> None:
        """Step 0 of a network, with books, curves and history of its own.

        Nothing changes where this is refused.
        """
        batch = self._batch(network, self.source)
        options = self._options(network, self.source, self.dynamics, batch, 1)
        course = settled(network, self.source.parts[0], **options)
        flow = training.evolve(network, self.source.parts[0], **options)
        moment = next(flow)
        self.network, self._course, self._flow, self._every = network, course, flow, 1
        self.moment, self.at, self.trouble, self.books_from = moment, None, "", 0
        self.curves.clear()
        self.timeline.clear()
        self.hand.forget()
        self.story = Story(network, self.dynamics, batch)
        self._note()

    def _batch(self, network: NeuralNetwork, source: Source) -> int | None:
        heavy = source.samples.size * network.parameters.size > WORK
        return BATCH if self.batch is None and heavy else self.batch

    def _options(
        self,
        network: NeuralNetwork,
        source: Source,
        dynamics: Dynamics,
        batch: int | None,
        every: int,
    ) -> dict[str, Any]:
        return {
            "dynamics": dynamics, "steps": ENDLESS, "batch": batch, "seed": network.seed,
            "every": every, "validation": source.parts[1],
        }  # fmt: skip

    def _note(self) -> None:
        self.curves.add(self.moment.step, books.row_of(self.moment))
        self.timeline.add(self.moment)
        self.stamp += 1

    def _again(self, every: int) -> Iterator[Moment]:
        """The loop, taken up where training stands."""
        batch = self._course.batch
        options = self._options(self.network, self.source, self.dynamics, batch, every)
        self._every = every
        return training.evolve(
            self.network, self.source.parts[0], state=self.moment.state, **options
        )

    def _advance(self, steps: float, every: int, seconds: float = math.inf) -> int:
        """Steps made, until there are enough, time is up, or training cannot go on."""
        until, made = time.perf_counter() + seconds, 0
        if self._flow is None or self._every != every:
            self._flow = self._again(every)
        while made < steps:
            before = self.moment.step
            try:
                self.moment = next(self._flow)
            except Diverged as end:
                self._stumbled(end)
                break
            self._note()
            made += self.moment.step - before
            if time.perf_counter() > until:
                break
        return made

    def _stumbled(self, end: Diverged) -> None:
        """Keep the last sound weights, and say why."""
        self.trouble, self._flow = str(end), None
        self.pace.stop()
        self.network.parameters = self.moment.parameters
        self.stamp += 1

    def _faulty(self, why: Exception) -> None:
        self.trouble = f"a fault in lawful ({type(why).__name__}: {why})"
        self.stamp += 1

    def _live(self) -> None:
        """Go on from the moment that is looked back upon; what came after is forgotten."""
        if self.at is None:
            return
        self.moment = self.timeline.cut(self.at)
        self.curves.cut(self.moment.step)
        self.story.cut(self.moment.step)
        self.hand.forget()
        self.at = None
        anew = not books.same_kind(self.dynamics, self.moment.state)
        self._settle(self.moment.state, anew)
        if self.story.dynamics != self.dynamics:
            self.story.turn(self.moment.step, self.dynamics, anew)

    def _settle(self, state: State, anew: bool = False) -> None:
        """Take up a state with the dynamics in force.

        Nothing changes where the loss there is no number.
        """
        network = self.network
        options = self._options(network, self.source, self.dynamics, self._course.batch, 1)
        course = settled(network, self.source.parts[0], **options)
        moment = books.taken_up(network, course, state, anew)
        ledger = moment.state.ledger
        if ledger is not None and not ledger.entries:
            self.books_from = moment.step
        network.parameters = moment.parameters
        self._course, self.moment, self._flow, self.trouble = course, moment, None, ""
        self.timeline.now(moment)

    # ------------------------------------------------------------------ orders

    def play(self) -> None:
        """Learn until told otherwise."""
        with self.changing():
            self._live()
            if self.trouble:
                self._settle(self.moment.state)
            self.pace.start()

    def pause(self) -> None:
        """Rest."""
        with self.changing():
            self.pace.stop()

    def step(self, count: int = 1) -> None:
        """So many steps of the optimiser, and rest.

        Many are made in slices: who looks sees them go, and another's order ends them.
        """
        with self.changing():
            self.pace.stop()
            self._live()
            self.trouble = ""
            made, last = self._advance(count, 1, SLICE), self.moment
        while made < count and not self.trouble:
            with self.changing():
                if self.moment is not last or self.playing or self.at is not None:
                    return
                made += self._advance(count - made, 1, SLICE)
                last = self.moment

    def reset(self, seed: int | None = None) -> None:
        """Begin again: with the same first weights, or those of another seed."""
        with self.changing():
            settings = self.network.settings
            if seed is None:
                self.pace.stop()
            else:
                settings = {**settings, "seed": seed}
            self._begin(NeuralNetwork(**settings))

    def turn(self, dial: str, value: Any) -> None:
        """A slider: from the next step on."""
        with self.changing():
            self._changed(dials.turned(self.dynamics, dial, value), anew=False)

    def move_by(self, name: str, **settings: float) -> None:
        """Another optimiser or mechanical system, from rest, at the same weights."""
        with self.changing():
            made = dials.chosen(name, self.dynamics, **settings)
            self._changed(made, anew=type(made) is not type(self.dynamics))

    def _changed(self, dynamics: Dynamics, anew: bool) -> None:
        before, self.dynamics = self.dynamics, dynamics
        if self.at is not None:
            return  # it takes part when training goes on from there
        try:
            self._settle(self.moment.state, anew)
        except Refusal:
            self.dynamics = before
            raise
        self.story.turn(self.moment.step, dynamics, anew)

    def become(self, **settings: Any) -> None:
        """Another architecture: what is given changes, the rest stays."""
        with self.changing():
            self._begin(NeuralNetwork(**{**self.network.settings, **settings}))
            self.version += 1

    def learn_from(self, source: Source) -> None:
        """Other data; the network's ends are made to fit."""
        with self.changing():
            before = self.source
            self.source = source
            try:
                self._begin(NeuralNetwork(**fitted(self.network, source)))
            except Refusal:
                self.source = before
                raise
            self.version += 1

    def put(self, index: int, value: float, done: bool) -> None:
        """A weight to a value; many moves make one drag."""
        with self.changing():
            self._live()
            if not 0 <= index < self.network.parameters.size:
                size = self.network.parameters.size
                raise Refusal(f"weight {index}", f"a whole number from 0 to {size - 1}")
            self.hand.move(index, float(self.moment.parameters[index]), value)
            self._move(index, value)
            if done:
                self.hand.let_go()

    def _move(self, index: int, value: float) -> None:
        state = self.moment.state
        x = state.motion.x.copy()
        x[index] = value
        self._settle(replace(state, motion=replace(state.motion, x=x)))
        self.story.move(state.step, index, value)

    def undo(self, again: bool = False) -> None:
        """Take the last drag back, or the last undo."""
        with self.changing():
            self._live()
            drag = self.hand.redo() if again else self.hand.undo()
            self._move(drag.weight, drag.after)

    def seek(self, index: int) -> None:
        """Look back upon a moment, and rest."""
        with self.changing():
            last = len(self.timeline) - 1
            if not 0 <= index <= last:
                raise Refusal(f"moment {index}", f"a whole number from 0 to {last}")
            self.pace.stop()
            self.at = None if index == last else index
            self.network.parameters = self.shown.parameters
            self._flow = None


def fitted(network: NeuralNetwork, source: Source) -> dict[str, Any]:
    """The settings of a network like this one whose ends fit the samples."""
    samples, settings = source.samples, network.settings
    layers: Sequence[int] = [samples.inputs, *network.layers[1:-1], samples.outputs]
    output = network.activations[-1]
    many = samples.outputs > 1
    if not samples.classes:
        output = "linear"
    elif many or output in ("linear", "softmax"):
        output = "softmax" if many else "sigmoid"
    same = output == network.activations[-1]
    return {**settings, "layers": layers, "output": output,
            "loss": network.architecture.loss if same else usual_loss(output)}  # fmt: skip


def usual_loss(output: str) -> str:
    """The loss that suits an output.

    >>> usual_loss("sigmoid"), usual_loss("linear")
    ('binary_cross_entropy', 'squared')
    """
    losses: Mapping[str, str] = {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}
    return losses.get(output, "squared")
