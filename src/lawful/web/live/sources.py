"""Where the samples of a live network come from, so that the same can be had again.

    a name with its settings  |  points that were drawn  |  a pasted table  |  samples as given

A name opens no file: what a page says is never taken for a path.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.learning import datasets
from lawful.learning.samples import Samples
from lawful.learning.splitting import stratified
from lawful.refusal import Refusal
from lawful.web.live import given

Array = NDArray[Any]
WORDS = {
    "circles": "a ring around a disc",
    "moons": "two half moons, each reaching into the other",
    "spirals": "two arms that wind around each other",
    "gaussians": "two clouds",
    "xor": "four corners: true where one of two is",
    "and": "four corners: true where both are",
    "or": "four corners: true where any is",
    "parity": "the corners of a cube: true where an odd number is",
    "sample": "four inputs: a line and a product",
    "digits": "handwritten digits of 8 × 8 pixels",
}
NOISY = ("circles", "moons", "spirals", "gaussians", "xor", "and", "or", "parity")
SAMPLES = 2000  # at most, so that a step stays short
DIGITS, MOST_DIGITS = 400, 1700
HELD = 0.5


@dataclass(frozen=True)
class Source:
    """Samples, and how they were come by.

    Attributes
    ----------
    samples
        All of them.
    recipe
        As `datasets.dataset` takes it, `name` first; empty for what no name makes.
    validation
        The share that is held back from training.
    seed
        Of that share.
    extent
        Left, right, bottom, top of a map of the inputs; None lets the samples decide.
    """

    samples: Samples
    recipe: Mapping[str, Any] = field(default_factory=dict)
    validation: float = 0.0
    seed: int = 0
    extent: tuple[float, float, float, float] | None = None

    @property
    def name(self) -> str:
        """What the samples are called."""
        return str(self.recipe.get("name") or self.samples.name or "your own")

    @cached_property
    def held(self) -> NDArray[np.bool_]:
        """Which samples are held back, shape (n,)."""
        samples = self.samples
        if not self.validation or samples.size < 4:
            return np.zeros(samples.size, dtype=bool)
        strata = samples.labels if samples.classes else np.zeros(samples.size, np.intp)
        return stratified(strata, self.validation, np.random.default_rng(self.seed))

    @cached_property
    def parts(self) -> tuple[Samples, Samples | None]:
        """What is learned from, and what is held back."""
        if not self.held.any():
            return self.samples, None
        return self.samples.split(self.validation, self.seed)


def known() -> list[tuple[str, str]]:
    """Names and words of the data sets that can be had here.

    >>> known()[0]
    ('circles', 'a ring around a disc')
    """
    from importlib.util import find_spec

    there = [name for name in WORDS if name != "digits" or find_spec("sklearn")]
    return [(name, WORDS[name]) for name in there]


def named(
    name: Any, samples: Any = None, noise: Any = None, seed: Any = 0, validation: Any = 0.0
) -> Source:
    """The samples of a name.

    Raises
    ------
    Refusal
        For a name that is none, and settings that the data do not have. A path is none: what
        a page says opens no file.

    Examples
    --------
    >>> named("moons", samples=50).samples.size
    50
    """
    there = [one for one, _ in known()]
    spelt = given.text("data set", name).strip().casefold()
    if spelt not in there:
        raise Refusal(f"data set {name!r}", "one of " + ", ".join(there))
    recipe: dict[str, Any] = {"name": spelt, "seed": given.whole("seed", seed)}
    if samples is not None:
        recipe["samples"] = given.whole("samples", samples, 4, SAMPLES)
    if spelt == "digits":
        recipe["samples"] = min(recipe.get("samples", DIGITS), MOST_DIGITS)
    said = []
    if noise is not None and spelt in NOISY:
        recipe["noise"] = given.number("noise", noise, 0.0, 1.0)
    elif noise:
        said = [f"{spelt} has a noise of its own; none was added"]
    share = given.number("validation", validation, 0.0, HELD)
    made = datasets.dataset(spelt, **{k: v for k, v in recipe.items() if k != "name"})
    made = replace(made, test=None, notes=(*made.notes, *said))
    return Source(made, recipe, share, recipe["seed"])
