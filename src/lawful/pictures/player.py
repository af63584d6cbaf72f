"""Plays a forward pass in a figure that is open, by the clock.

    frame due = ⌊elapsed · rate⌋,   and always at least the next one

What stands still is drawn once; a frame is drawn upon that.
"""

import time
from typing import Any

from lawful.pictures.forward_pass import RATE, ForwardPass


class Player:
    """A forward pass that is being played.

    Parameters
    ----------
    running
        The pass; its diagram's figure is drawn on.

    Examples
    --------
    >>> from lawful.learning.network import NeuralNetwork
    >>> from lawful.pictures.diagram import Diagram
    >>> from lawful.pictures.style import figure
    >>> with figure(layout="none") as (picture, look):
    ...     drawn = Diagram(NeuralNetwork([2, 1]), picture.subplots())
    >>> player = Player(ForwardPass(drawn, [0.0, 1.0], interval=100))
    >>> sum(player.next() for _ in range(20))
    10
    """

    def __init__(self, running: ForwardPass) -> None:
        self.running = running
        canvas = self._canvas
        for artist in running.moving:
            artist.set_animated(True)
        canvas.draw()
        self._still = canvas.copy_from_bbox(canvas.figure.bbox)
        self._frame, self._begun = -1, time.perf_counter()

    @property
    def _canvas(self) -> Any:
        return self.running.drawn.axes.figure.canvas

    def next(self) -> bool:
        """Draw the frame that is due; False where the pass is over."""
        due = int((time.perf_counter() - self._begun) * RATE)
        self._frame = max(self._frame + 1, min(due, self.running.frames - 1))
        if self._frame >= self.running.frames:
            return False
        self.running.update(self._frame)
        canvas = self._canvas
        canvas.restore_region(self._still)
        for artist in sorted(self.running.moving, key=lambda each: each.get_zorder()):
            self.running.drawn.axes.draw_artist(artist)
        canvas.blit(canvas.figure.bbox)
        return True

    def close(self) -> None:
        """Leave the figure as the pass leaves it at its end."""
        for artist in self.running.moving:
            artist.set_animated(False)
        self.running.close()
