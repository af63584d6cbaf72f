"""What was done with a network, as lines of Python that do it again, to the last bit.

    begin   →   steps with these settings   →   a weight moved   →   steps with others   → …

Steps and settings are told by the step at which they began, so that looking back and going
on from there forgets what came after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning.motion import Dynamics
from lawful.learning.network import NeuralNetwork
from lawful.web.live.dials import name_of
from lawful.web.live.sources import Source

Array = NDArray[Any]
WRITTEN = 4000  # numbers that are written out


@dataclass(frozen=True)
class Chapter:
    """What changed before a step: the dynamics, taken up at rest or not, or weights."""

    step: int
    dynamics: Dynamics | None = None
    anew: bool = False
    weights: Mapping[int, float] = field(default_factory=dict)


class Story:
    """What was done since the weights were drawn.

    Parameters
    ----------
    network
        As it began; its weights are written out where its seed does not draw them.
    dynamics
        Of the first step.
    batch
        Samples a step.
    """

    def __init__(self, network: NeuralNetwork, dynamics: Dynamics, batch: int | None) -> None:
        self._settings, self._batch = network.settings, batch
        drawn = NeuralNetwork(**network.settings).parameters
        self._first = None if np.array_equal(drawn, network.parameters) else network.copy()
        self._chapters = [Chapter(0, dynamics)]

    def turn(self, step: int, dynamics: Dynamics, anew: bool) -> None:
        """Other numbers, or another dynamics that begins at rest."""
        last = self._chapters[-1]
        if last.step == step and last.dynamics is not None:
            self._chapters.pop()
            # A start is at rest whatever else begins there.
            anew = (anew or last.anew) and bool(self._chapters)
        self._chapters.append(Chapter(step, dynamics, anew))

    def move(self, step: int, index: int, value: float) -> None:
        """A weight was put to a value."""
        last = self._chapters[-1]
        if last.step == step and last.dynamics is None:
            self._chapters[-1] = Chapter(step, weights={**last.weights, index: value})
        else:
            self._chapters.append(Chapter(step, weights={index: value}))

    def cut(self, step: int) -> None:
        """Forget what came after a step."""
        self._chapters = [one for one in self._chapters if one.step <= step]

    @property
    def dynamics(self) -> Dynamics:
        """What moves at the end of it."""
        found = [one.dynamics for one in self._chapters if one.dynamics is not None]
        return found[-1]

    # ------------------------------------------------------------------ as Python

    def python(self, source: Source, step: int) -> str:
        """The lines, up to a step."""
        chapters = [one for one in self._chapters if one.step <= step]
        body = [
            f"network = {NeuralNetwork(**self._settings)!r}",
            *self._begun(),
            *told(source),
            "",
            *(self._recorded(step) if len(chapters) == 1 else self._evolved(chapters, step)),
            "print(network, network.loss(data.X, data.y))",
        ]
        return "\n".join([*_imports("\n".join(body)), *body]) + "\n"

    def _begun(self) -> list[str]:
        if self._first is None:
            return []
        if self._first.parameters.size > WRITTEN:
            return [f"# Its {self._first.parameters.size} weights were given; load them here."]
        return [f"network.parameters = {_rounded(self._first.parameters)}"]

    @property
    def _chance(self) -> str:
        batch = f", batch={self._batch}" if self._batch else ""
        return f"seed={self._settings['seed']}{batch}"

    def _recorded(self, step: int) -> list[str]:
        made = written(self._chapters[0].dynamics)
        if not step:
            return [f"dynamics = {made}"]
        steps = f"steps={step}, {self._chance}"
        return [f"training = record(network, data, dynamics={made}, {steps})"]

    def _evolved(self, chapters: Sequence[Chapter], step: int) -> list[str]:
        lines = [
            "",
            "def until(step, dynamics, state):",
            "    options = dict(dynamics=dynamics, steps=max(step, 1), "
            f"every=max(step // 100, 1), {self._chance})",
            "    for moment in evolve(network, data, state=state, **options):",
            "        state = moment.state",
            "        if moment.step >= step:",
            "            break",
            "    return state",
            "",
            "",
            f"dynamics, state = {written(chapters[0].dynamics)}, None",
        ]
        for one in chapters[1:]:
            lines.append(f"state = until({one.step}, dynamics, state)")
            lines += self._turned(one) if one.dynamics is not None else self._moved(one)
        lines.append(f"state = until({step}, dynamics, state)")
        lines.append("network.parameters = state.motion.x")
        return lines

    def _turned(self, one: Chapter) -> list[str]:
        lines = [f"dynamics = {written(one.dynamics)}"]
        if one.anew:
            rng = f"np.random.default_rng([{self._settings['seed']}, 3])"
            lines += [
                f"motion = dynamics.begin(state.motion.x, None, {rng})",
                "state = replace(state, motion=motion, ledger=None)",
            ]
        return lines

    def _moved(self, one: Chapter) -> list[str]:
        places = list(one.weights)
        return [
            "x = state.motion.x.copy()",
            f"x[{places}] = {[one.weights[k] for k in places]}",
            "state = replace(state, motion=replace(state.motion, x=x), ledger=None)",
        ]


def _imports(body: str) -> list[str]:
    """The imports that the lines need."""
    names = [n for n in ("NeuralNetwork", "Samples", "datasets", "evolve", "record") if n in body]
    lines = ["from dataclasses import replace", ""] if "replace(" in body else []
    lines += ["import numpy as np", ""] if "np." in body else []
    return [
        *lines,
        f"from lawful.learning import {', '.join(names)}",
        "from lawful.learning.named import named",
        "",
    ]


def written(dynamics: Dynamics | None) -> str:
    """A dynamics as a call of `named`.

    >>> from lawful.learning.named import named
    >>> written(named("gradient_descent", learning_rate=0.5))
    "named('gradient_descent', learning_rate=0.5)"
    """
    if dynamics is None:
        return ""
    settings = "".join(f", {k}={v!r}" for k, v in dynamics.settings.items())
    return f"named({name_of(dynamics)!r}{settings})"


def told(source: Source) -> list[str]:
    """The lines that make `data`, and `held` where some are held back."""
    if source.recipe:
        rest = "".join(f", {k}={v!r}" for k, v in source.recipe.items() if k != "name")
        lines = [f"data = datasets.dataset({source.recipe['name']!r}{rest})"]
    else:
        lines = _written_out(source)
    if source.parts[1] is not None:
        lines.append(f"data, held = data.split({source.validation!r}, {source.seed})")
    return lines


def _written_out(source: Source) -> list[str]:
    samples = source.samples
    if samples.X.size + samples.y.size > WRITTEN:
        shapes = f"X {samples.X.shape}, y {samples.y.shape}"
        return [
            f"# {samples.size} samples are too many to write out here: put your own in their",
            f"# place, {shapes}.",
            f"data = Samples(np.zeros({samples.X.shape}), np.zeros({samples.y.shape}))",
        ]
    classes = f", classes={samples.classes!r}" if samples.classes else ""
    X, y = (_rounded(a) for a in (samples.X, samples.y))
    return [f"X = {X}", f"y = {y}", f"data = Samples(X, y{classes})"]


def _rounded(array: Array) -> Sequence[Any]:
    return array.tolist()
