"""The studies that `lawful study` knows: what each is about, and where it and its pictures are.

A study is a module with `TITLE` and `study(...)`; its result has `headline`, `rows`,
`caveats`, `to_dict` and `settings`. A new one is one line here.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any

from lawful.learning.naming import chosen


@dataclass(frozen=True)
class Entry:
    """A study's module, and the module of its pictures, both by name."""

    name: str
    module: str
    pictures: str

    @property
    def title(self) -> str:
        """What it is about, in a sentence."""
        return str(import_module(self.module).TITLE)

    def study(self, **options: Any) -> Any:
        """Run it with those options that are said and that it takes."""
        function: Callable[..., Any] = import_module(self.module).study
        return function(**{k: v for k, v in options.items() if v is not None and self.takes(k)})

    def takes(self, option: str) -> bool:
        """Whether the study has such an option."""
        return option in inspect.signature(import_module(self.module).study).parameters

    def draw(self, result: Any, folder: Any, **options: Any) -> list[Any]:
        """Write its pictures; the paths."""
        function: Callable[..., Any] = import_module(self.pictures).draw
        known = inspect.signature(function).parameters
        return list(function(result, folder, **{k: v for k, v in options.items() if k in known}))


_ALL = (
    Entry("laws-of-learning", "lawful.studies.laws_of_learning", "lawful.pictures.training_laws"),
    Entry("edge-of-stability", "lawful.studies.edge_of_stability", "lawful.pictures.edge"),
    Entry("spectrum", "lawful.studies.spectrum", "lawful.pictures.spectrum"),
    Entry("race", "lawful.studies.race", "lawful.pictures.race"),
    Entry("temperature", "lawful.studies.temperature", "lawful.pictures.warmth"),
)
CATALOGUE: Mapping[str, Entry] = MappingProxyType({one.name: one for one in _ALL})


def entry(name: str) -> Entry:
    """The study of a name.

    Raises
    ------
    Refusal
        For a name that is none.

    Examples
    --------
    >>> entry("race").module
    'lawful.studies.race'
    """
    spelt = name.strip().casefold().replace("_", "-").replace(" ", "-")
    return CATALOGUE[chosen("study", spelt, tuple(CATALOGUE))]
