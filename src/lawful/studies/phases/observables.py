"""What can be drawn of a phase diagram: one number a cell."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Observable:
    """A map that can be drawn: its name in words, and whether its colours go by powers of ten."""

    label: str
    log: bool = False
    share: bool = False


OBSERVABLES: Mapping[str, Observable] = {
    "probability": Observable("convergence probability", share=True),
    "steps": Observable("steps to solution, median", log=True),
    "energy": Observable("final energy, median", log=True),
    "sharpness": Observable("sharpness at the end, median", log=True),
    "diverged": Observable("share that diverged", share=True),
    "first": Observable("fate of the first network"),
    "interval": Observable("width of the 95 % interval", share=True),
}
