"""How strong a method should be: the curve of its strength, on validation images.

    a(v) = mean over seeds and tasks of the accuracy on validation, after the last task
    best = argmax_v a(v)

The tests of a stream are never looked at. Every baseline is tuned so, and its curve shown.
Source: A. Chaudhry et al., "Efficient lifelong learning with A-GEM", ICLR (2019), who ask
that no setting be chosen on what is measured in the end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lawful.fields.memory.experience import Stream
from lawful.fields.memory.learner import Learner, Progress
from lawful.fields.memory.network_learner import Diverged
from lawful.fields.memory.strategies.strategy import Strategy
from lawful.refusal import Refusal

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Tuning:
    """The curve of a setting.

    Parameters
    ----------
    values
        V values of the setting.
    accuracy
        Shape (V, seeds), from 0 to 1; NaN where the training diverged.
    """

    values: tuple[Any, ...]
    accuracy: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """The curve, (V,): averaged over the seeds; NaN where one diverged."""
        return self.accuracy.mean(axis=1)

    @property
    def best(self) -> Any:
        """The value of the highest mean; the first of equals."""
        if np.isnan(self.mean).all():
            raise Refusal("every value diverged", "one that does not", "try smaller values")
        return self.values[int(np.nanargmax(self.mean))]

    @property
    def at_an_end(self) -> bool:
        """Whether the best value is the first or the last: then more values are called for."""
        return len(self.values) > 1 and self.best in (self.values[0], self.values[-1])

    def to_json(self) -> dict[str, Any]:
        """As JSON keeps it; null for what diverged."""
        rows = [[None if np.isnan(a) else float(a) for a in row] for row in self.accuracy]
        return {"values": list(self.values), "accuracy": rows, "best": self.best}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Tuning":
        """What `to_json` gave."""
        values = tuple(tuple(v) if isinstance(v, list) else v for v in kept["values"])
        return cls(values, np.array(kept["accuracy"], dtype=np.float64))


def tuned(
    make: Callable[[Value], Learner],
    stream: Callable[[int], Stream],
    values: Sequence[Value],
    *,
    seeds: Sequence[int] = (0,),
    progress: Progress | None = None,
) -> Tuning:
    """Try each value on the same streams, and keep the curve.

    Parameters
    ----------
    make
        A fresh learner from a value.
    stream
        A stream from a seed: use others than those that are reported.
    values
        To try: numbers, or tuples of them for several settings.
    seeds
        Of the streams.
    progress
        Told the share that is done.

    Raises
    ------
    Refusal
        Where there is nothing to try.

    Examples
    --------
    >>> import torch
    >>> from functools import partial
    >>> from lawful.fields.memory import Experience, Part, Stream
    >>> from lawful.fields.memory.network_learner import NetworkLearner
    >>> from lawful.fields.memory.networks import mlp
    >>> from lawful.fields.memory.strategies import OnlineEWC
    >>> part = Part(torch.rand(40, 8, 8), torch.arange(40) % 2)
    >>> stream = Stream("one", (Experience("a", part, part, (0, 1)),), (part,), 2, 8)
    >>> make = lambda lam: NetworkLearner(
    ...     partial(mlp, 8, 2, (4,)), OnlineEWC(lam=lam), classes=2, side=8)
    >>> tuned(make, lambda seed: stream, [1.0, 10.0]).accuracy.shape
    (2, 1)
    """
    if not values or not seeds:
        raise Refusal(f"{len(values)} values and {len(seeds)} seeds", "one at least of each")
    accuracy = np.full((len(values), len(seeds)), np.nan)
    for column, seed in enumerate(seeds):
        experiences = stream(seed)
        for row, value in enumerate(values):
            if progress is not None:
                progress((column * len(values) + row) / accuracy.size, f"trying {value}")
            accuracy[row, column] = _validated(make(value), experiences)
    return Tuning(tuple(values), accuracy)


def strengths(strategy: Strategy, values: Sequence[float] | None = None) -> list[Strategy]:
    """The strategy at each of some strengths; at its usual ones when not given.

    >>> from lawful.fields.memory.strategies import Replay
    >>> [one.weight for one in strengths(Replay())]
    [0.3, 1.0, 3.0]
    """
    if strategy.strength is None:
        raise Refusal(f"the strategy {strategy.name!r} has no strength", "one that has")
    chosen = strategy.values if values is None else values
    return [replace(strategy, **{strategy.strength: v}) for v in chosen]  # type: ignore[type-var]


def _validated(learner: Learner, stream: Stream) -> float:
    """The accuracy on validation after the last task, averaged over tasks; NaN if it diverged."""
    try:
        for experience in stream.experiences:
            learner.train(experience)
        return float(learner.eval([one.validation for one in stream.experiences]).mean())
    except Diverged:
        return float("nan")
