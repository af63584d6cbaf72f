"""Weights moved by hand, and how to take that back.

    drag = (weight, before, after)

Many moves make one drag; a drag makes one undo.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from lawful.refusal import Refusal

DEPTH = 200


class Drag(NamedTuple):
    """One weight, moved from one value to another."""

    weight: int
    before: float
    after: float


@dataclass
class Hand:
    """What the hand has moved.

    Examples
    --------
    >>> hand = Hand()
    >>> hand.move(3, before=0.5, after=0.6)
    >>> hand.move(3, before=0.6, after=0.8)
    >>> hand.let_go()
    >>> hand.undo()
    Drag(weight=3, before=0.8, after=0.5)
    >>> hand.redo()
    Drag(weight=3, before=0.5, after=0.8)
    """

    done: list[Drag] = field(default_factory=list)
    undone: list[Drag] = field(default_factory=list)
    held: Drag | None = None

    def move(self, weight: int, before: float, after: float) -> None:
        """A weight goes with the hand; another weight lets the first one go."""
        if self.held is not None and self.held.weight != weight:
            self.let_go()
        first = before if self.held is None else self.held.before
        self.held = Drag(weight, first, after)

    def let_go(self) -> None:
        """The drag is over."""
        if self.held is not None and self.held.before != self.held.after:
            self.done = [*self.done, self.held][-DEPTH:]
            self.undone = []
        self.held = None

    def undo(self) -> Drag:
        """The move that takes the last drag back.

        Raises
        ------
        Refusal
            Where there is none.
        """
        self.let_go()
        if not self.done:
            raise Refusal("nothing to undo", "a weight that was moved", "drag one first")
        last = self.done.pop()
        self.undone.append(last)
        return Drag(last.weight, last.after, last.before)

    def redo(self) -> Drag:
        """The drag that was taken back last.

        Raises
        ------
        Refusal
            Where there is none.
        """
        if not self.undone:
            raise Refusal("nothing to redo", "a drag that was undone", "undo one first")
        again = self.undone.pop()
        self.done.append(again)
        return again

    def forget(self) -> None:
        """Other weights: nothing of this holds any more."""
        self.done, self.undone, self.held = [], [], None
