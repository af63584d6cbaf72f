"""What was done to a field on the page, as lines of Python that do it again."""

from dataclasses import dataclass

from lawful.web.live.fieldwish import LENGTH, METHODS, PLANE, Wish

EDGE = 0.35  # share of half the grid that absorbs
LONGEST = 40  # deeds that are written down
USUAL = 250  # steps of a field that has not moved yet

Pair = tuple[float, float]


@dataclass(frozen=True)
class Moved:
    """So many steps under a wish."""

    wish: Wish
    steps: int

    def alike(self, wish: Wish) -> bool:
        """Whether steps under another wish are the same steps."""
        names = ("g", "dt", "order", "absorb")
        return all(getattr(self.wish, name) == getattr(wish, name) for name in names)

    def line(self) -> str:
        """It, in Python."""
        w = self.wish
        more = f", method={METHODS[w.order]!r}" if w.order != 2 else ""
        more += f", absorption=absorbing_edge(grid, {EDGE}, {w.absorb!r})" if w.absorb else ""
        return (
            f"psi = evolve(psi, grid, V, step={w.dt!r}, steps={self.steps}, "
            f"nonlinearity={w.g!r}{more})"
        )


@dataclass(frozen=True)
class Imprinted:
    """A pair of vortices, at (y, x) and (y, x)."""

    plus: Pair
    minus: Pair

    def line(self) -> str:
        """It, in Python."""
        return f"psi = imprinted(psi, grid, {self.plus}, {self.minus})"


class Script:
    """The deeds since the start, steps that follow one another alike taken together.

    Parameters
    ----------
    wish
        How the field began.

    Attributes
    ----------
    by_hand
        Whether a stirrer was at work, whose way nobody writes down.

    Examples
    --------
    >>> done = Script(Wish())
    >>> done.moved(100, Wish())
    >>> done.moved(50, Wish(speed=9))
    >>> [line for line in done.text().splitlines() if "evolve(" in line]
    ['psi = evolve(psi, grid, V, step=0.04, steps=150, nonlinearity=1.0)']
    """

    def __init__(self, wish: Wish) -> None:
        self._begun, self.by_hand = wish, False
        self._deeds: list[Moved | Imprinted] = []
        self._left_out = 0

    def moved(self, steps: int, wish: Wish) -> None:
        """So many steps under a wish."""
        last = self._deeds[-1] if self._deeds else None
        if isinstance(last, Moved) and not self._left_out and last.alike(wish):
            self._deeds[-1] = Moved(wish, last.steps + steps)
        else:
            self._add(Moved(wish, steps))

    def imprinted(self, plus: Pair, minus: Pair) -> None:
        """A pair of vortices."""
        self._add(Imprinted(plus, minus))

    def _add(self, deed: Moved | Imprinted) -> None:
        if len(self._deeds) < LONGEST:
            self._deeds.append(deed)
        else:
            self._left_out += 1

    def text(self) -> str:
        """The lines."""
        w, deeds = self._begun, self._deeds or [Moved(self._begun, USUAL)]
        points = f"({w.size}, {w.size})" if w.space == PLANE else str(w.size)
        moves = [deed for deed in deeds if isinstance(deed, Moved)]
        edges = any(deed.wish.absorb for deed in moves)
        g = moves[-1].wish.g if moves else w.g
        return "\n".join(
            [
                "from lawful.fields import Grid, evolve, observables",
                *(["from lawful.fields.potentials import absorbing_edge"] if edges else []),
                "from lawful.fields.starts import potential, start",
                *(
                    ["from lawful.fields.vortices import imprinted"]
                    if len(moves) < len(deeds)
                    else []
                ),
                "",
                f"grid = Grid({points}, length={LENGTH[w.space]})",
                f"V = potential({w.potential!r}, grid)",
                f"psi = start({w.start!r}, grid, V, nonlinearity={w.g!r}, seed={w.seed})",
                *(deed.line() for deed in deeds),
                *self._notes(),
                f"print(observables.energy(psi, grid, V, nonlinearity={g!r}))",
            ]
        )

    def _notes(self) -> list[str]:
        said = []
        if self.by_hand:
            said.append("# The stirrer was moved by hand: its way is not repeated here.")
        if self._left_out:
            said.append("# What was changed after that is left out.")
        return said
