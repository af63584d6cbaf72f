"""What a page asks of a field: where it lives, how it begins, and what moves it.

i ψ_t = [−½ ∇² + V + g|ψ|² − iΓ] ψ      in steps of dt, of order 2, 4 or 6
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from lawful.refusal import Refusal

PLANE, RING = "plane", "ring"
SPACES = (PLANE, RING)
SIZES = {PLANE: (32, 64, 96, 128), RING: (128, 256, 512)}
LENGTH = {PLANE: 40.0, RING: 80.0}
METHODS = {2: "strang", 4: "yoshida4", 6: "yoshida6"}
LIMITS = {
    "g": (-2.0, 5.0), "dt": (1e-4, 0.2), "speed": (1, 64), "seed": (0, 2**31), "absorb": (0.0, 2.0),
}  # fmt: skip
GENTLE = frozenset({"g", "dt", "speed", "order", "absorb"})
"""Wishes that act on the field as it is; the others begin it anew."""


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes
    ----------
    space
        "plane" or "ring".
    size
        Points along each axis.
    start, potential
        By name; see `lawful.fields.starts`.
    g, dt
        The nonlinearity and the time step.
    order
        Of the integrator: 2, 4 or 6. What absorbs is stepped in order 2 alone.
    absorb
        Γ at the border; 0 where nothing is lost.
    seed
        Of what is drawn.
    speed
        Steps a picture.

    Examples
    --------
    >>> Wish(space="ring", absorb=0.5, order=6).checked().order
    2
    """

    space: str = PLANE
    size: int = 64
    start: str = "vortex pair"
    potential: str = "none"
    g: float = 1.0
    dt: float = 0.04
    order: int = 2
    absorb: float = 0.0
    seed: int = 0
    speed: int = 4

    def checked(self) -> "Wish":
        """The wish, if it can be meant; a start of the other space gives way to a usual one.

        Raises
        ------
        Refusal
            For what cannot.
        """
        from lawful.fields.starts import ON_A_PLANE, ON_A_RING, POTENTIALS

        _one_of("space", self.space, SPACES)
        sizes = SIZES[self.space]
        starts = ON_A_PLANE if self.space == PLANE else ON_A_RING
        _one_of("start", self.start, (*ON_A_PLANE, *ON_A_RING))
        _one_of("potential", self.potential, POTENTIALS)
        _one_of("size", self.size, (*SIZES[PLANE], *SIZES[RING]))
        _one_of("order", self.order, tuple(METHODS))
        for name, (low, high) in LIMITS.items():
            within(name, getattr(self, name), low, high)
        return replace(
            self,
            size=int(self.size) if self.size in sizes else sizes[1],
            start=self.start if self.start in starts else starts[0],
            order=2 if self.absorb else int(self.order),
            speed=int(self.speed), seed=int(self.seed),
            g=float(self.g), dt=float(self.dt), absorb=float(self.absorb),
        )  # fmt: skip

    def but(self, given: Mapping[str, Any]) -> "Wish":
        """The same with some of it otherwise.

        Raises
        ------
        Refusal
            For a wish that is not known, or cannot be meant.
        """
        for name in given:
            if name not in NAMES:
                raise Refusal(f"the wish {str(name)[:40]!r}", "one of " + ", ".join(NAMES))
        return replace(self, **given).checked()

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {name: getattr(self, name) for name in NAMES}


NAMES = tuple(one.name for one in fields(Wish))


def wish_of(look: Mapping[str, Any]) -> Wish:
    """The wish of a page's address, one by one; what cannot be meant is left as it was.

    >>> wish_of({"g": 2.0, "dt": "fast", "mode": "both"}).g
    2.0
    """
    found = Wish().checked()
    for name in NAMES:
        if name in look:
            try:
                found = found.but({name: look[name]})
            except Refusal:
                continue
    return found


def within(what: str, value: Any, low: float, high: float) -> None:
    """Refuse what is no number from low to high."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not (good and low <= value <= high):  # NaN is neither
        raise Refusal(f"{what} {str(value)[:40]!r}", f"a number from {low:g} to {high:g}")


def _one_of(what: str, value: Any, known: tuple[Any, ...]) -> None:
    # True is 1 to Python, and no order.
    if isinstance(value, bool) or value not in known:
        raise Refusal(f"{what} {str(value)[:40]!r}", "one of " + ", ".join(map(str, known)))
