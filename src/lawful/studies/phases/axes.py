"""An axis of a phase diagram: which setting is varied, over what range, how it is divided.

    linear   u = p            log   u = ln p
    pᵢ       at u = low + (i + ½)(high − low)/n,   i = 0 … n − 1

A cell stands for the setting at its middle; its edges bound what a zoom looks into.
"""

import difflib
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

Floats = NDArray[np.float64]
SETTINGS = ("learning_rate", "momentum", "temperature", "init_scale")
"""What may be varied; `learning_rate_1` and so on are those of single layers of weights."""
SCALES = ("linear", "log")
_LAYER = re.compile(r"learning_rate_([1-9][0-9]{0,3})")
_WORDS = {
    "learning_rate": "learning rate η",
    "momentum": "momentum μ",
    "temperature": "temperature T",
    "init_scale": "scale of the first weights",
}


@dataclass(frozen=True)
class Axis:
    """A setting and the range it is varied over.

    Attributes
    ----------
    name
        One of `SETTINGS`, or `learning_rate_1`, … for a layer of weights.
    low, high
        The edges of the first and the last cell.
    scale
        "linear" or "log".

    Raises
    ------
    Refusal
        For a name that is none, a range reversed or outside what the setting allows, a
        logarithm of what is not positive.

    Examples
    --------
    >>> Axis("momentum", 0.0, 1.0).values(4)
    array([0.125, 0.375, 0.625, 0.875])
    """

    name: str
    low: float
    high: float
    scale: str = "linear"

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", known(self.name))
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))
        if self.scale not in SCALES:
            raise Refusal(
                f"scale {self.scale!r} of {self.name}", "linear or log", _near(self.scale, SCALES)
            )
        self._check_range()

    def _check_range(self) -> None:
        said = f"{self.name} from {self.low:g} to {self.high:g}"
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise Refusal(said, "finite numbers")
        if self.low > self.high:
            raise Refusal(
                f"{said}: the range is reversed",
                "low:high",
                f"write {self.name}={self.high:g}:{self.low:g}",
            )
        if self.low == self.high:
            raise Refusal(f"{said}: the range is empty", "low below high")
        if self.scale == "log" and self.low <= 0:
            raise Refusal(
                f"the logarithm of {self.name} = {self.low:g}",
                "a range above 0",
                "leave out :log, or begin above 0",
            )
        if self.low < 0:
            raise Refusal(said, "a range from 0 up")
        if self.name == "momentum" and self.high > 1:
            raise Refusal(said, "a range within 0 and 1", "such as momentum=0:1")

    @classmethod
    def parse(cls, text: str) -> "Axis":
        """An axis as it is written: `name=low:high`, with `:log` for a logarithmic one.

        Raises
        ------
        Refusal
            Where it cannot be read, or cannot be meant.

        Examples
        --------
        >>> Axis.parse("learning_rate=1e-2:1e2:log")
        Axis(name='learning_rate', low=0.01, high=100.0, scale='log')
        >>> Axis.parse("momentun=0:1")
        Traceback (most recent call last):
        ...
        lawful.refusal.Refusal: axis 'momentun'; expected learning_rate, learning_rate_1, …, \
momentum, temperature or init_scale; did you mean 'momentum'?
        """
        name, equals, span = text.partition("=")
        parts = [part.strip() for part in span.split(":")]
        if not equals or not name.strip() or len(parts) not in (2, 3):
            raise Refusal(
                f"axis {text!r}",
                "name=low:high or name=low:high:log",
                "such as learning_rate=1e-2:1e2:log",
            )
        scale = parts[2].casefold() if len(parts) == 3 else "linear"
        low, high = (_number(part, text) for part in parts[:2])
        return cls(name.strip(), low, high, scale)

    @property
    def label(self) -> str:
        """In words, for pictures and tables.

        >>> Axis("learning_rate_2", 0, 1).label
        'learning rate η of layer 2'
        """
        if self.layer is not None:
            return f"{_WORDS['learning_rate']} of layer {self.layer}"
        return _WORDS[self.name]

    @property
    def layer(self) -> int | None:
        """The layer of weights whose learning rate this is, from 1; None for any other axis."""
        found = _LAYER.fullmatch(self.name)
        return int(found[1]) if found else None

    def at(self, share: Any) -> Any:
        """The setting so far along the axis: 0 at its low end, 1 at its high end.

        >>> round(float(Axis("init_scale", 0.01, 100, "log").at(0.5)), 12)
        1.0
        """
        low, high = self._to(self.low), self._to(self.high)
        u = low + (high - low) * np.asarray(share, dtype=np.float64)
        return np.exp(u) if self.scale == "log" else u

    def values(self, count: int) -> Floats:
        """The settings of `count` cells, shape (count,)."""
        middles: Floats = np.asarray(self.at((np.arange(count) + 0.5) / count))
        return middles

    def edges(self, count: int) -> Floats:
        """The edges of `count` cells, shape (count + 1,)."""
        found = np.asarray(self.at(np.arange(count + 1) / count))
        found[0], found[-1] = self.low, self.high
        return found

    def window(self, start: float, stop: float) -> "Axis":
        """The part from one share of this axis to another.

        >>> Axis("momentum", 0.0, 0.8).window(0.25, 0.5)
        Axis(name='momentum', low=0.2, high=0.4, scale='linear')
        """
        low = self.low if start == 0 else float(self.at(start))
        high = self.high if stop == 1 else float(self.at(stop))
        return Axis(self.name, low, high, self.scale)

    def resolves(self, count: int) -> bool:
        """Whether so many cells differ in double precision, with digits to spare.

        >>> Axis("momentum", 0.5, 0.5 + 1e-14).resolves(48)
        False
        """
        values = self.values(count)
        return bool(np.diff(values).min() > 64 * np.spacing(np.abs(values).max()))

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"name": self.name, "low": self.low, "high": self.high, "scale": self.scale}

    def __str__(self) -> str:
        log = ":log" if self.scale == "log" else ""
        return f"{self.name}={self.low!r}:{self.high!r}{log}"

    def _to(self, value: float) -> float:
        return math.log(value) if self.scale == "log" else value


def known(name: str) -> str:
    """The setting that a name spells.

    >>> known("Learning-Rate_2")
    'learning_rate_2'
    """
    spelt = name.strip().casefold().replace("-", "_").replace(" ", "_")
    if spelt in SETTINGS or _LAYER.fullmatch(spelt):
        return spelt
    expected = "learning_rate, learning_rate_1, …, momentum, temperature or init_scale"
    raise Refusal(f"axis {name!r}", expected, _near(spelt, SETTINGS))


def _near(word: str, names: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, names, 1, 0.5)
    return f"did you mean {near[0]!r}?" if near else ""


def _number(part: str, text: str) -> float:
    try:
        return float(part)
    except ValueError:
        raise Refusal(
            f"axis {text!r}: {part!r} is no number", "name=low:high or name=low:high:log"
        ) from None
