"""A door to Avalanche and back: our streams as its benchmarks, its strategies as our learners.

    Stream  →  benchmark(stream)                 for any of Avalanche's strategies and metrics
    strategy.train, strategy.model  →  AvalancheLearner    for `follow`, with our measures

Avalanche is no dependency: it is looked for when a function here is called.
Source: V. Lomonaco et al., "Avalanche: an end-to-end library for continual learning",
CVPR Workshops (2021), arXiv:2104.00405; its releases from 0.5 on.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from lawful.fields.memory.experience import Experience, Part, Stream
from lawful.fields.memory.learner import Learner, Progress, Size
from lawful.fields.memory.networks import numbers
from lawful.refusal import Refusal


class Seen(Dataset[tuple[Tensor, int]]):
    """The images of a part as they are seen, one at a time, with their labels as `targets`.

    >>> seen = Seen(Part(torch.rand(3, 8, 8), torch.tensor([0, 1, 1])))
    >>> len(seen), seen[2][0].shape, seen[2][1], seen.targets
    (3, torch.Size([8, 8]), 1, [0, 1, 1])
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self.targets: list[int] = part.labels.tolist()

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        images, view = self.part.images[index][None], self.part.view
        return (images if view is None else view(images))[0], self.targets[index]


def benchmark(stream: Stream) -> Any:
    """A stream as an Avalanche benchmark: its streams `train`, `valid` and `test`.

    The experiences know their classes and their place, and carry the same task label, 0.

    Raises
    ------
    Refusal
        Where Avalanche is not installed.
    """
    experiences = stream.experiences
    return _benchmark(
        train=[one.train for one in experiences],
        valid=[one.validation for one in experiences],
        test=stream.tests,
    )


class AvalancheLearner(Learner):
    """An Avalanche strategy as a learner: `follow` takes it as any other.

    It is shown the training images of one experience at a time, and evaluated by us.
    What its plugins keep is theirs, so it has no state to save.

    Parameters
    ----------
    strategy
        Has `train(experience, eval_streams=…)`, `model`, which takes images
        (b, side, side) and gives scores (b, classes), `device` and `plugins`.
    classes, side
        How many classes there are in all; points along an edge.
    name
        What it is called; as the strategy's class when not given.

    Raises
    ------
    Refusal
        Where Avalanche is not installed, or what is given is no strategy of its.

    Examples
    --------
    >>> AvalancheLearner("EWC", classes=10, side=28)
    Traceback (most recent call last):
    lawful.refusal.Refusal: a str as a strategy; expected an Avalanche strategy, with `train` and
    `model`
    """

    def __init__(self, strategy: Any, *, classes: int, side: int, name: str | None = None) -> None:
        if not (
            hasattr(strategy, "train") and isinstance(getattr(strategy, "model", 0), nn.Module)
        ):
            raise Refusal(
                f"a {type(strategy).__name__} as a strategy",
                "an Avalanche strategy, with `train` and `model`",
            )
        self.strategy, self.classes, self.side = strategy, classes, side
        self.name = type(strategy).__name__ if name is None else name
        self._met: list[tuple[int, ...]] = []

    def train(self, experience: Experience, *, progress: Progress | None = None) -> None:
        """Give the strategy an experience of its kind, in its place in the stream."""
        (one,) = _benchmark(train=[experience.train]).streams["train"]
        before = {label for classes in self._met for label in classes}
        one.current_experience = len(self._met)
        one.previous_classes = before
        one.classes_seen_so_far = before | set(experience.classes)
        one.future_classes = set(range(self.classes)) - one.classes_seen_so_far
        self.strategy.train(one, eval_streams=[])
        self._met.append(experience.classes)
        if progress is not None:
            progress(1.0, self.name)

    def scores(self, x: Tensor) -> Tensor:
        """The model's scores (b, classes)."""
        model = self.strategy.model.eval()
        with torch.no_grad():
            return model(x.to(getattr(self.strategy, "device", x.device))).to(x.device)

    def size(self) -> Size:
        """The model's numbers, and the tensors and buffers found in the plugins."""
        evaluator = getattr(self.strategy, "evaluator", None)
        plugins = [p for p in getattr(self.strategy, "plugins", ()) if p is not evaluator]
        own, kept, images = numbers(self.strategy.model), 0, 0
        seen = {id(self.strategy), id(self.strategy.model)}
        for found in _kept_in(plugins, seen):
            if isinstance(found, Tensor):
                kept += found.numel()
            else:
                images += len(found)
        return Size(parameters=own + kept, stored_examples=images, shared=own + kept)

    def settings(self) -> dict[str, Any]:
        """The names of the strategy, its plugins and its model."""
        return {
            "learner": "avalanche",
            "name": self.name,
            "strategy": type(self.strategy).__name__,
            "plugins": [type(p).__name__ for p in getattr(self.strategy, "plugins", ())],
            "network": " ".join(repr(self.strategy.model).split()),
        }

    def state(self) -> dict[str, Tensor]:
        """Refused: what plugins keep cannot be known from outside."""
        raise _stateless(self.name)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Refused, as `state` is."""
        raise _stateless(self.name)


def _stateless(name: str) -> Refusal:
    return Refusal(
        f"{name} keeps its state to itself", remedy="follow it without a checkpoint, in one go"
    )


def _benchmark(**parts: Iterable[Part]) -> Any:
    library = _avalanche("avalanche.benchmarks")
    streams = {name: [_data_set(part) for part in some] for name, some in parts.items()}
    return library.with_classes_timeline(library.benchmark_from_datasets(**streams))


def _data_set(part: Part) -> Any:
    """Its data set; the task label is 0 everywhere, for some plugins ask for one."""
    seen, library = Seen(part), _avalanche("avalanche.benchmarks.utils")
    attribute = _avalanche("avalanche.benchmarks.utils.data_attribute").DataAttribute
    return library.TaskAwareSupervisedClassificationDataset(
        [seen],
        data_attributes=[
            attribute(seen.targets, "targets"),
            attribute([0] * len(seen), "targets_task_labels", use_in_getitem=True),
        ],
    )


def _avalanche(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        raise Refusal(
            f"the package {missing.name!r} is not installed",
            "Avalanche, from 0.5 on",
            "run: pip install avalanche-lib",
        ) from missing


def _kept_in(value: Any, seen: set[int]) -> Iterator[Any]:
    """The tensors, and the stored data sets, that Avalanche's objects hold."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, nn.Module):
        yield from value.state_dict().values()
    elif isinstance(value, Mapping):
        yield from (one for part in value.values() for one in _kept_in(part, seen))
    elif isinstance(value, list | tuple | set):
        yield from (one for part in value for one in _kept_in(part, seen))
    elif hasattr(value, "targets") and hasattr(value, "__len__"):
        yield value
    elif type(value).__module__.startswith("avalanche."):
        yield from _kept_in(vars(value) if hasattr(value, "__dict__") else (), seen)
