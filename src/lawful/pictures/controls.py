"""Sliders and buttons of the window, and the keys that do the same.

The learning rate's slider moves along a logarithm and shows the rate itself.
A slider with nothing to choose between stands there, faint, and does not move.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.widgets import Button, Slider

from lawful.pictures import style

Box = tuple[float, float, float, float]

RATES = (1e-4, 30.0)
KEYS = {
    " ": "train",
    "s": "step",
    "r": "reset",
    "f": "forward",
    "left": "previous sample",
    "right": "next sample",
    "up": "faster",
    "down": "slower",
    "w": "next layer",
}


@dataclass
class Row:
    """A slider with the words that say its value."""

    slider: Slider
    value: Text

    def say(self, at: float, words: str) -> None:
        """Show a value: the handle goes there, and calls nobody back."""
        self.value.set_text(words)
        slider = self.slider
        if slider.active and abs(slider.val - at) > 1e-9:
            listening, slider.eventson = slider.eventson, False
            slider.set_val(at)
            slider.eventson = listening


class Controls:
    """Three sliders and four buttons on a figure.

    Parameters
    ----------
    figure, look
        On which, and in which colours.
    samples, layers
        How many there are to choose from.
    rate
        The learning rate at the start; the slider reaches beyond it on both sides.
    rate_name
        What the rate is called.
    left, right, low, row
        Where: the sliders' left edge, the buttons' right edge, the lowest row, one row's
        height, as shares of the figure.

    Attributes
    ----------
    rate, sample, layer
        Rows; `rate.slider.val` is the logarithm to base ten.
    buttons
        "train", "step", "reset" and "forward".
    """

    def __init__(
        self,
        figure: Figure,
        look: style.Theme,
        *,
        samples: int,
        layers: int,
        rate: float,
        rate_name: str,
        left: float = 0.093,
        right: float = 0.61,
        low: float = 0.030,
        row: float = 0.047,
    ) -> None:
        self.figure, self.look = figure, look
        width = 0.20
        places = [(left, low + k * row, width, 0.6 * row) for k in (2, 1, 0)]
        least, most = min(RATES[0], rate / 10), max(RATES[1], rate * 10)
        self.rate = self._row(places[0], rate_name, math.log10(least), math.log10(most), None)
        self.rate.slider.set_val(math.log10(rate))
        self.sample = self._row(places[1], "sample", 1, samples, 1)
        self.layer = self._row(places[2], "layer", 1, layers, 1)
        start = left + width + 0.105
        self.buttons = self._row_of_buttons(start, right, low, row)

    def _row(self, box: Box, name: str, low: float, high: float, step: float | None) -> Row:
        axes = self.figure.add_axes(box)
        alone = not high > low
        look = self.look
        slider = Slider(
            axes, name, low, low + 1 if alone else high, valinit=low, valstep=step,
            color=style.mixed(look.accent, look.paper, 0.35), track_color=look.hair,
            initcolor="none",
            handle_style={"facecolor": look.accent, "edgecolor": look.paper, "size": 11},
        )  # fmt: skip
        slider.label.set(size=10, color=look.soft, x=-0.045)
        slider.valtext.set_visible(False)  # it would say the logarithm
        value = axes.text(
            1.04, 0.5, "", transform=axes.transAxes, size=10, va="center", color=look.ink,
            parse_math=False,
        )  # fmt: skip
        if alone:
            slider.set_active(False)
            for artist in (slider.label, slider.track, slider.poly, *slider.ax.lines):
                artist.set_alpha(0.35)
        return Row(slider, value)

    def _row_of_buttons(self, left: float, right: float, low: float, row: float) -> dict[str, Any]:
        gap = 0.008
        width, height = 0.5 * (right - left - gap), 1.28 * row
        names = [("train", "Train", "space"), ("step", "Step", "s"), ("reset", "Reset", "r"),
                 ("forward", "Forward", "f")]  # fmt: skip
        made = {}
        for k, (key, word, hint) in enumerate(names):
            box = (
                left + (k % 2) * (width + gap),
                low - 0.004 + (1 - k // 2) * (height + 1.6 * gap),
                width,
                height,
            )
            axes = self.figure.add_axes(box)
            made[key] = self._button(axes, word, hint)
        return made

    def _button(self, axes: Axes, word: str, hint: str) -> Button:
        look = self.look
        button = Button(
            axes, word, color=look.panel, hovercolor=style.mixed(look.panel, look.accent, 0.25)
        )
        button.label.set(size=11, weight="bold", color=look.ink, x=0.5, y=0.5)
        axes.text(0.97, 0.10, hint, transform=axes.transAxes, size=7, ha="right",
                  color=look.soft)  # fmt: skip
        for spine in axes.spines.values():
            spine.set(visible=True, color=look.hair, linewidth=1.0)
        return button

    def name(self, button: str, word: str) -> None:
        """Give a button another word."""
        self.buttons[button].label.set_text(word)

    def listen(
        self,
        pressed: Callable[[str], object],
        rate: Callable[[float], object],
        sample: Callable[[int], object],
        layer: Callable[[int], object],
    ) -> None:
        """Call back: a button's or key's name, a rate, a sample's or a layer's number from 0."""
        for name, button in self.buttons.items():
            button.on_clicked(lambda _, name=name: pressed(name))
        self.rate.slider.on_changed(lambda power: rate(10.0 ** float(power)))
        self.sample.slider.on_changed(lambda number: sample(int(number) - 1))
        self.layer.slider.on_changed(lambda number: layer(int(number) - 1))

        def key(event: Any) -> None:
            if event.key in KEYS:
                pressed(KEYS[event.key])

        self.figure.canvas.mpl_connect("key_press_event", key)

    def move(self, row: Row, by: float, *, round_about: bool = False) -> None:
        """Move a slider by so much; beyond its end it stops, or begins again."""
        slider = row.slider
        if not slider.active:
            return
        value = slider.val + by
        low, high = slider.valmin, slider.valmax
        if round_about and not low <= value <= high:
            value = low if value > high else high
        slider.set_val(min(max(value, low), high))


def shown_rate(rate: float) -> str:
    """A rate in three digits.

    >>> shown_rate(0.1), shown_rate(0.00316227)
    ('0.1', '0.00316')
    """
    return f"{rate:.3g}"


def quiet_keys(figure: Figure, keys: Sequence[str] = tuple(KEYS)) -> None:
    """Take matplotlib's own keys off this figure (s saves, f fills the screen, r goes home)."""
    manager = figure.canvas.manager
    handler = getattr(manager, "key_press_handler_id", None)
    if handler is not None and keys:
        figure.canvas.mpl_disconnect(handler)
