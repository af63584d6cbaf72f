"""Options that several commands share: how to read the columns of a file."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lawful.refusal import Refusal

if TYPE_CHECKING:
    from lawful.studies.sources import Reading

Flag = Parameter(negative="")
Words = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]


@Parameter(name="*", group="How to read the columns")
@dataclass(frozen=True)
class ReadingOptions:
    """How columns are read; what is not said is guessed, and the guess is printed."""

    run: str | None = None
    """Column that names the run (several with commas)."""
    time: str | None = None
    """Column of times."""
    ignore: Words = ()
    """Columns to pass over: a,b."""
    angle: Words = ()
    """Columns that are angles: theta1,theta2."""
    position: Words = ()
    """Columns that make a point: x,y,z, or x1,y1;x2,y2 for two."""
    population: Words = ()
    """Columns that are positive amounts: prey,predator."""
    units: Words = ()
    """Units by column: x=m,vx=m/s,t=s."""
    velocities: Annotated[bool, Parameter(negative="--no-velocities", show_default=False)] = True
    """Estimate the velocity of a position that has none (the default)."""

    @property
    def reading(self) -> "Reading":
        """The same, as the studies take it."""
        from lawful.studies.sources import Reading

        return Reading(
            self.run,
            self.time,
            words(self.ignore),
            words(self.angle),
            tuple(self.position),
            words(self.population),
            ",".join(self.units) or None,
            self.velocities,
        )


GUESSED = ReadingOptions()


def words(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Words parted by commas, or given one by one.

    >>> words(("a,b", "c"))
    ('a', 'b', 'c')
    """
    return tuple(w.strip() for text in texts for w in text.split(",") if w.strip())


def numbers(text: str, option: str) -> dict[str, float]:
    """Names with numbers: g=9.8,length=2.

    >>> numbers("g=9.8, length=2", "--set")
    {'g': 9.8, 'length': 2.0}
    """
    return {name: number(value, option) for name, value in pairs(text, option).items()}


def ranges(text: str, option: str) -> dict[str, tuple[float, float]]:
    """Names with ranges: length=0.5:2.

    >>> ranges("length=0.5:2", "--vary")
    {'length': (0.5, 2.0)}
    """
    out = {}
    for name, value in pairs(text, option).items():
        low, colon, high = value.partition(":")
        if not colon:
            raise Refusal(f"{option} {name}={value}", "a range such as 0.5:2")
        out[name] = (number(low, option), number(high, option))
    return out


def pairs(text: str, option: str) -> dict[str, str]:
    """Names with what stands after their equals signs."""
    out: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, value = (p.strip() for p in part.partition("="))
        if not equals or not name or not value:
            raise Refusal(f"{option} {part!r}", "name=value, several with commas")
        if name in out:
            raise Refusal(f"{option} names {name!r} twice", "each name once")
        out[name] = value
    return out


def number(text: str, option: str) -> float:
    """A number, or a refusal that names the option."""
    try:
        return float(text)
    except ValueError:
        raise Refusal(f"{option} got {text!r}", "a number") from None
