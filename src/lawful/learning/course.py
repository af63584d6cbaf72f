"""A course of training, settled: on which samples, how many steps, when it ends.

    steps = epochs · ⌈samples/batch⌉

What is drawn at a step comes from the seed and the step alone (`chance`, `batches`): a
training can be left at any step and taken up again, to the last bit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning import architecture
from lawful.learning.batches import batches_in, epoch_of
from lawful.learning.motion import Dynamics
from lawful.learning.named import named
from lawful.learning.network import NeuralNetwork
from lawful.learning.samples import Samples
from lawful.learning.schedules import Schedule, schedule
from lawful.refusal import Refusal
from lawful.store import plain

Array = NDArray[Any]
STEPS = 2000
EPOCHS = 20
LOOKS = 500
MEASURED = 10_000


@dataclass(frozen=True)
class Course:
    """All that `training.evolve` needs to know; make one with `settled`."""

    data: Samples
    rest: Samples
    validation: Samples | None
    dynamics: Dynamics
    steps: int
    batch: int | None
    factor: Schedule | None
    patience: int | None
    goal: float | None
    seed: int
    every: int
    ledger: bool
    settings: Mapping[str, Any]

    @property
    def epoch(self) -> int:
        """Steps an epoch has."""
        return batches_in(self.rest.size, self.batch)

    @property
    def whole(self) -> bool:
        """Whether each step sees all samples."""
        return self.epoch == 1

    @property
    def measured(self) -> Samples:
        """The samples that losses are measured on: all, or a part of very many."""
        if self.rest.size <= MEASURED or self.whole:
            return self.rest
        some = np.random.default_rng([self.seed, 2]).permutation(self.rest.size)[:MEASURED]
        return self.rest.take(np.sort(some))

    def batches(self, step: int) -> Iterator[tuple[Array, Array]]:
        """What each step sees, from `step` on."""
        epoch, within = divmod(step, self.epoch)
        while True:
            shown = epoch_of(self.rest.X, self.rest.y, self.batch, self.seed, epoch)
            yield from islice(shown, within, None)
            epoch, within = epoch + 1, 0

    def scale(self, step: int) -> float:
        """The schedule's factor."""
        return 1.0 if self.factor is None else self.factor(step, self.steps)


def settled(
    network: NeuralNetwork,
    data: Samples | tuple[Any, Any],
    *,
    dynamics: Dynamics | str = "gradient_descent",
    learning_rate: float | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    batch: int | None = None,
    schedule: str = "constant",
    validation: float | Samples | tuple[Any, Any] | None = None,
    patience: int | None = None,
    goal: float | None = None,
    seed: int = 0,
    every: int | None = None,
    ledger: bool = True,
) -> Course:
    """The course that these options mean; see `training.evolve`.

    Raises
    ------
    Refusal
        For options that cannot be meant, or data that do not fit the network.
    """
    samples = as_samples(data, network)
    _fit(network, samples)
    rest, held = _parted(samples, validation, seed)
    _check(patience=patience, every=every, batch=batch)
    _check_goal(goal, rest, network)
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise Refusal(f"seed {seed!r}", "a whole number from 0 up")
    mover = _mover(dynamics, learning_rate)
    total = _length(steps, epochs, batches_in(rest.size, batch))
    return Course(
        samples,
        _cast(rest, network),
        None if held is None else _cast(held, network),
        mover,
        total,
        batch,
        _factor(schedule),
        patience,
        goal,
        int(seed),
        every or _cadence(total, batches_in(rest.size, batch)),
        ledger,
        {
            "network": network.settings,
            "dynamics": {"name": type(mover).__name__, **plain(mover.settings)},
            "data": samples.name,
            "steps": total,
            "batch": plain(batch),
            "schedule": schedule,
            "validation": None if held is None else held.size,
            "patience": plain(patience),
            "goal": plain(goal),
            "seed": int(seed),
        },
    )


def as_samples(data: Samples | tuple[Any, Any], network: NeuralNetwork) -> Samples:
    """The data as `Samples`; of a pair of arrays, zeros and ones are taken for classes."""
    if isinstance(data, Samples):
        return data
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise Refusal(f"data {type(data).__name__}", "Samples, or inputs and targets: (X, y)")
    samples = Samples(*data)
    y, outputs = samples.y, samples.outputs
    one_hot = bool(np.isin(y, (0, 1)).all()) and (outputs == 1 or bool((y.sum(axis=1) == 1).all()))
    if not one_hot or outputs == 2 or network.activations[-1] == "linear":
        return samples
    return replace(samples, classes=tuple(str(k) for k in range(max(2, outputs))))


def _check_goal(goal: float | None, samples: Samples, network: NeuralNetwork) -> None:
    if goal is None:
        return
    if not (architecture.is_number(goal) and 0 < goal <= 1):
        raise Refusal(f"goal {goal!r}", "an accuracy above 0 and at most 1")
    if not samples.classes or network.activations[-1] == "linear":
        raise Refusal(f"goal {goal} where there is no accuracy", "classes", "leave the goal out")


def _fit(network: NeuralNetwork, samples: Samples) -> None:
    if samples.inputs != network.layers[0]:
        raise architecture.misfit("inputs", samples.X, network.layers)
    if samples.outputs != network.layers[-1]:
        raise architecture.misfit("targets", samples.y, network.layers)
    name = network.architecture.loss
    if name == "cross_entropy" and not np.allclose(samples.y.sum(axis=1), 1.0):
        raise Refusal(
            "targets whose rows do not add up to 1", "one 1 a row", "or loss 'squared' to fit them"
        )
    if name == "binary_cross_entropy" and (samples.y.min() < 0 or samples.y.max() > 1):
        raise Refusal("targets outside 0 to 1", "0 or 1", "or loss 'squared' to fit them")


def _parted(
    samples: Samples, validation: float | Samples | tuple[Any, Any] | None, seed: int
) -> tuple[Samples, Samples | None]:
    if validation is None or isinstance(validation, Samples):
        return samples, validation
    if isinstance(validation, tuple):
        return samples, replace(samples, X=validation[0], y=validation[1], test=None)
    if not (architecture.is_number(validation) and 0 < validation < 1):
        raise Refusal(f"validation {validation!r}", "samples, or a share above 0 and below 1")
    return samples.split(validation, seed)


def _check(**counts: int | None) -> None:
    for name, value in counts.items():
        if value is not None and not (isinstance(value, int | np.integer) and value >= 1):
            raise Refusal(f"{name} {value}", "a whole number from 1 up")


def _mover(dynamics: Dynamics | str, learning_rate: float | None) -> Dynamics:
    if isinstance(dynamics, str):
        return named(dynamics, learning_rate=learning_rate)
    if isinstance(dynamics, type) or not hasattr(dynamics, "step"):
        raise Refusal(f"dynamics {dynamics!r}", "a name, or one made, such as Adam(0.01)")
    if learning_rate is not None:
        raise Refusal(
            f"learning rate {learning_rate} beside {type(dynamics).__name__}",
            "one of both",
            "a dynamics has its own",
        )
    return dynamics


def _length(steps: int | None, epochs: int | None, epoch: int) -> int:
    if steps is not None and epochs is not None:
        raise Refusal(f"{steps} steps and {epochs} epochs", "one of both")
    _check(steps=steps, epochs=epochs)
    if steps is not None:
        return int(steps)
    return int(epochs) * epoch if epochs else STEPS if epoch == 1 else EPOCHS * epoch


def _factor(text: str) -> Schedule | None:
    """None for a constant one: the ledger's energy needs a rate that does not change."""
    made = schedule(text)
    return None if text.strip().lower() == "constant" else made


def _cadence(steps: int, epoch: int) -> int:
    """Steps from look to look: some hundreds in all, and the end of each epoch among them."""
    if epoch == 1:
        return max(1, steps // LOOKS)
    looks = max(1, round(LOOKS / 5 / max(1, steps // epoch)))
    return next(size for size in range(max(1, epoch // looks), epoch + 1) if epoch % size == 0)


def _cast(samples: Samples, network: NeuralNetwork) -> Samples:
    """The samples in the network's own precision, made once and not at each step."""
    dtype = network.architecture.dtype
    if samples.X.dtype == dtype:
        return samples
    return replace(samples, X=samples.X.astype(dtype), y=samples.y.astype(dtype), test=None)
