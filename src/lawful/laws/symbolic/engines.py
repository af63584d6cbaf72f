"""One protocol for all that can search for formulas.

rounds(task) -> formulas of f0, f1, …, round after round, until nobody asks for more
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

EngineName = Literal["operon", "pysr"]
ENGINES: tuple[str, ...] = get_args(EngineName)
FUNCTIONS = ("square", "sqrt", "exp", "log", "sin", "cos")


@dataclass(frozen=True, eq=False)
class Task:
    """A regression to be searched.

    Attributes
    ----------
    features
        Shape (samples, features), each of the size of one.
    target
        Shape (samples,), of mean 0 and spread 1.
    functions
        Of one argument that may occur, from `FUNCTIONS`, besides + - * /.
    niterations
        Effort.
    most
        The largest complexity, as the engine counts it.
    seed
        Two searches with the same seed give the same formulas.
    """

    features: NDArray[np.float64]
    target: NDArray[np.float64]
    functions: tuple[str, ...] = ("square",)
    niterations: int = 40
    most: int = 20
    seed: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """What the features are called in the formulas."""
        return tuple(f"f{k}" for k in range(self.features.shape[1]))


class Engine(Protocol):
    """Something that searches for formulas."""

    name: str

    def check(self) -> None:
        """Refuse, with the remedy, where what it needs is not installed."""

    def rounds(self, task: Task) -> Iterator[tuple[str, ...]]:
        """Formulas of `task.names`, after each round of the search."""


def engine(name: str) -> Engine:
    """The engine of a name, ready to search.

    Raises
    ------
    Refusal
        For a name that is not in `ENGINES`, and where what it needs is not installed.

    Examples
    --------
    >>> engine("eureka")
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: engine 'eureka'; expected one of operon, pysr
    """
    if name == "operon":
        from lawful.laws.symbolic.operon import Operon

        found: Engine = Operon()
    elif name == "pysr":
        from lawful.laws.symbolic.pysr_engine import PySR

        found = PySR()
    else:
        raise Refusal(f"engine {name!r}", "one of " + ", ".join(ENGINES))
    found.check()
    return found
