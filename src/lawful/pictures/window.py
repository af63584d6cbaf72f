"""A network in a window: watch it learn, stop it, look inside, begin again.

    diagram     the network and one sample's activations
    boundary    what it answers everywhere
    energy      U and U + K as training goes
    weights     one layer as a matrix
    sliders     learning rate (logarithmic), sample, layer of weights
    buttons     Train (space), Step (s), Reset (r), Forward (f); arrows change sample and rate

The window trains a copy, in portions short enough for the controls to stay alive;
the network given is never changed. Without a screen everything works but `show`:
`press`, `tick` and the sliders can be called, and `save` keeps what is seen.
"""

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backend_bases import TimerBase
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from lawful.learning.motion import Dynamics
from lawful.learning.network import NeuralNetwork, classes_of
from lawful.learning.samples import Samples
from lawful.pictures import reading, style
from lawful.pictures.arithmetic import class_name, sentences, short, traced
from lawful.pictures.controls import Controls, quiet_keys, shown_rate
from lawful.pictures.diagram import Diagram, caption, diagram
from lawful.pictures.forward_pass import ForwardPass
from lawful.pictures.panels import Energies, Matrix, answers_panel
from lawful.pictures.player import Player
from lawful.pictures.practice import Practice, samples_of
from lawful.refusal import Refusal

SIZE = (12.8, 7.4)
PORTION = 25  # looks at most from picture to picture
SECONDS = 0.06  # of training at most from picture to picture
PAUSE = 30  # milliseconds between two ticks, for the controls


class NetworkVisualizer:
    """Draws a network, and opens a window in which it learns.

    Parameters
    ----------
    network
        Never changed; the window trains a copy.
    features, classes
        Names of inputs and classes; those of the samples, when not given.
    theme
        "dark" or "light".

    Attributes
    ----------
    figure
        The window's figure; None before there is one.
    practice
        The training in the window; None before there is one.

    Examples
    --------
    >>> from lawful.learning import datasets
    >>> window = NetworkVisualizer(NeuralNetwork([2, 3, 1], seed=1))
    >>> X, y = datasets.xor()
    >>> figure = window.create_interactive_visualization(X, y, learning_rate=1.0, show=False)
    >>> window.press("step")
    >>> window.practice.step
    1
    >>> window.close()
    """

    def __init__(
        self,
        network: NeuralNetwork,
        *,
        features: Sequence[str] = (),
        classes: Sequence[str] = (),
        theme: str | style.Theme = "dark",
    ) -> None:
        self._given = network
        self.look = style.theme(theme)
        self.features, self.classes = tuple(map(str, features)), tuple(map(str, classes))
        self.figure: Figure | None = None
        self.practice: Practice | None = None
        self.training = False
        self._player: Player | None = None

    @property
    def network(self) -> NeuralNetwork:
        """The network as the window has trained it; the one given, before there is a window."""
        return self._given if self.practice is None else self.practice.network

    # ------------------------------------------------------------------ still pictures

    def draw_network(self, x: ArrayLike | None = None, **options: Any) -> Figure:
        """The network alone, with the activations of the sample x, as a figure.

        Parameters
        ----------
        x
            One sample.
        **options
            As `lawful.pictures.diagram.diagram` takes them.
        """
        chosen = {"features": self.features, "classes": self.classes, "theme": self.look}
        return diagram(self.network, x=x, **{**chosen, **options})

    def save(self, path: str | Path, **options: Any) -> Path:
        """Write what the window shows, or the network alone before there is a window."""
        from lawful.pictures.saving import save

        return save(self.figure or self.draw_network(), path, **options)

    # ------------------------------------------------------------------ the window

    def create_interactive_visualization(
        self,
        X: Samples | ArrayLike,
        y: ArrayLike | None = None,
        *,
        dynamics: Dynamics | str = "gradient_descent",
        learning_rate: float | None = None,
        batch: int | None = None,
        seed: int = 0,
        show: bool | None = None,
    ) -> Figure:
        """Open the window.

        Parameters
        ----------
        X, y
            Inputs and answers, or `Samples` alone.
        dynamics, learning_rate, batch, seed
            As `lawful.learning.training.evolve` takes them.
        show
            True waits until the window is closed, and is refused where there is no screen;
            False does not show it yet; when not given, it is shown where there is a screen.

        Returns
        -------
        Figure

        Raises
        ------
        Refusal
            For data that do not fit the network; for `show=True` without a screen.
        """
        data = samples_of(self._given, X, y)
        practice = Practice(
            self._given, data, dynamics=dynamics, learning_rate=learning_rate, batch=batch,
            seed=seed,
        )  # fmt: skip
        self.close()
        self.practice, self.data = practice, data
        self.features = self.features or (data.features if _named(data) else ())
        self.classes = self.classes or data.classes
        self.selected, self.layer = 0, 0
        self._open()
        if show or (show is None and self.live):
            self.show()
        assert self.figure is not None  # noqa: S101
        return self.figure

    def _open(self) -> None:
        self.figure = figure = _new_figure(self.look)
        # Whoever keeps the figure keeps the window: widgets alone are not held.
        figure.lawful_window = self  # type: ignore[attr-defined]
        figure.set_label("A network that learns")
        with style.settings(self.look):
            self._lay_out(figure)
        quiet_keys(figure)
        self.controls.listen(self.press, self.set_rate, self.select_sample, self.select_layer)
        figure.canvas.mpl_connect("close_event", lambda _: self._stop())
        figure.canvas.mpl_connect("resize_event", lambda _: self._draw_diagram())
        self._timer = figure.canvas.new_timer(interval=PAUSE)
        self._timer.add_callback(self._turn)
        self.refresh()

    def _lay_out(self, figure: Figure) -> None:
        look, practice = self.look, self._practice
        figure.text(0.015, 0.977, caption(practice.network), size=14, weight="bold", va="top",
                    color=look.ink)  # fmt: skip
        words: dict[str, Any] = {"va": "top", "parse_math": False}
        self.status = figure.text(0.015, 0.937, "", size=10.5, color=look.soft, **words)
        self.headline = figure.text(0.025, 0.378, "", size=11, weight="bold", color=look.accent,
                                    **words)  # fmt: skip
        self.lines = figure.text(0.025, 0.346, "", size=9.5, color=look.ink, linespacing=1.4,
                                 **words)  # fmt: skip
        self.stage = figure.add_axes((0.01, 0.39, 0.60, 0.52))
        self.answers = answers_panel(figure.add_axes((0.675, 0.575, 0.31, 0.355)), self.data, look)
        self.energies = Energies(figure.add_axes((0.675, 0.315, 0.31, 0.165)), look)
        self.matrix = Matrix(figure.add_axes((0.675, 0.062, 0.31, 0.15)), look)
        self.controls = Controls(
            figure, look, samples=self.data.size, layers=len(practice.network.weights),
            rate=practice.rate, rate_name=practice.throttle.setting.replace("_", " "),
        )  # fmt: skip
        self._draw_diagram()

    def _draw_diagram(self) -> None:
        """Made anew where the size of the window changes: letters do not grow with it."""
        self._end_pass()
        with style.settings(self.look):
            self.stage.clear()
            self.drawn = Diagram(
                self._practice.network, self.stage, theme=self.look, features=self.features,
                classes=self.classes,
            )  # fmt: skip
        self._fill()

    @property
    def _practice(self) -> Practice:
        if self.practice is None:
            raise Refusal(
                "a window that is not open",
                remedy="call create_interactive_visualization(X, y) first",
            )
        return self.practice

    @property
    def live(self) -> bool:
        """Whether the window is on a screen: whether its timer ticks by itself."""
        return self.figure is not None and type(self._timer) is not TimerBase

    def show(self) -> None:
        """Show the window, and wait until it is closed.

        Raises
        ------
        Refusal
            Where matplotlib has no screen to show it on.
        """
        import matplotlib.pyplot as plt

        _ = self._practice
        if not self.live:
            raise Refusal(
                f"matplotlib draws with {plt.get_backend()!r}, which opens no window",
                "a screen and a backend for it",
                "install one (pip install pyqt6, or python3-tk) or set MPLBACKEND; over a network "
                "MPLBACKEND=webagg shows it in a browser",
            )
        plt.show()

    def close(self) -> None:
        """Close the window; `network` stays as it was trained."""
        if self.figure is not None:
            import matplotlib.pyplot as plt

            self._stop()
            plt.close(self.figure)
            self.figure = None

    # ------------------------------------------------------------------ what can be done

    def press(self, name: str) -> None:
        """Do what a button or key does.

        Parameters
        ----------
        name
            "train", "step", "reset", "forward", "next sample", "previous sample", "faster",
            "slower" or "next layer".
        """
        controls, _ = self.controls, self._practice
        actions = {
            "train": self.train,
            "step": self.step,
            "reset": self.reset,
            "forward": self.forward,
            "next sample": lambda: controls.move(controls.sample, 1, round_about=True),
            "previous sample": lambda: controls.move(controls.sample, -1, round_about=True),
            "faster": lambda: controls.move(controls.rate, 0.1),
            "slower": lambda: controls.move(controls.rate, -0.1),
            "next layer": lambda: controls.move(controls.layer, 1, round_about=True),
        }
        if name not in actions:
            raise Refusal(f"no button {name!r}", "one of " + ", ".join(actions))
        actions[name]()

    def train(self) -> None:
        """Begin to train, or pause."""
        self._end_pass()
        self.training = not self.training
        self.controls.name("train", "Pause" if self.training else "Train")
        if self.training:
            self._timer.start()
        self.refresh()

    def step(self) -> None:
        """One step of training, then pause."""
        self._halt()
        self._practice.advance(1)
        self.refresh()

    def reset(self) -> None:
        """Begin again with weights drawn anew from the network's own seed."""
        self._halt()
        self._practice.reset()
        self._draw_diagram()
        self.refresh()

    def forward(self) -> None:
        """Let the selected sample go through the network, layer by layer."""
        self.play(self.data.X[self.selected])

    def play(self, x: ArrayLike, interval: float = 800) -> None:
        """Let any sample go through the network, each stage for `interval` milliseconds."""
        self._halt()
        running = ForwardPass(
            self.drawn, x, headline=self.headline, lines=self.lines,
            interval=interval,
        )  # fmt: skip
        self._player = Player(running)
        self._timer.start()
        self.tick()

    def set_rate(self, rate: float) -> None:
        """Set the learning rate, from the next step on."""
        self._practice.rate = rate
        self._say_controls()
        self._redraw()

    def select_sample(self, number: int) -> None:
        """Look at a sample, numbered from 0."""
        if not 0 <= number < self.data.size:
            raise Refusal(f"sample {number}", f"0 to {self.data.size - 1}")
        self._end_pass()
        self.selected = int(number)
        self.answers.select(self.selected)
        self._fill()
        self._say_controls()
        self._redraw()

    def select_layer(self, number: int) -> None:
        """Look at a layer of weights, numbered from 0."""
        layers = len(self.network.weights)
        if not 0 <= number < layers:
            raise Refusal(f"layer {number}", f"0 to {layers - 1}")
        self._end_pass()
        self.layer = int(number)
        self.matrix.show(self.network, self.layer)
        self._fill()
        self._say_controls()
        self._redraw()

    # ------------------------------------------------------------------ how it goes on

    def tick(self) -> bool:
        """One turn of the timer: a frame of the forward pass, or a portion of training.

        Returns
        -------
        Whether there is more to do; the timer stops where there is not.
        """
        if self.figure is None:
            return False
        if self._player is not None:
            if not self._player.next():
                self._end_pass()
                self._redraw()
        elif self.training:
            if self._practice.advance(PORTION, SECONDS) == 0 or self._practice.trouble:
                self._halt()
            self.refresh()
        going = self.training or self._player is not None
        if not going:
            self._timer.stop()
        return going

    def _turn(self) -> None:
        """A tick by the timer, which would forget a callback that answers False."""
        self.tick()

    def _halt(self) -> None:
        """No training and no pass."""
        self._end_pass()
        self.training = False
        self.controls.name("train", "Train")

    def _end_pass(self) -> None:
        if self._player is not None:
            self._player.close()
            self._player = None
            self._fill()

    def _stop(self) -> None:
        self.training, self._player = False, None
        self._timer.stop()

    # ------------------------------------------------------------------ what is seen

    def refresh(self) -> None:
        """Show the network as it is now."""
        practice = self._practice
        network = practice.network
        self.drawn.weigh(network)
        self.answers.show(network, self.selected)
        self.energies.show(practice.course())
        self.matrix.show(network, self.layer)
        self._fill()
        self._say_controls()
        self._say_status()
        self._redraw()

    def _fill(self) -> None:
        """The selected sample on the neurons, and the selected layer's sums in words."""
        x = self.data.X[self.selected]
        self.drawn.light(x)
        self.drawn.mark(self.layer)
        if trouble := self._practice.trouble:
            self.headline.set_text("Training has stopped")
            words = f"{trouble}. Then press Reset."
            self.lines.set_text(textwrap.fill(words[0].upper() + words[1:], 92))
        else:
            title = f"Sample {self.selected + 1}, layer {self.layer + 1}{self._wanted()}"
            self.headline.set_text(title)
            trace = traced(self.network, x)
            self.lines.set_text("\n".join(sentences(self.network, trace, self.layer)))
        self.headline.set_color(self.look.negative if trouble else self.look.accent)

    def _wanted(self) -> str:
        y = self.data.y[self.selected]
        if self.classes:
            name = class_name(self.classes, int(classes_of(y[None])[0]))
            return f"   (wanted: {name})"
        return "   (wanted: " + ", ".join(short(float(v)) for v in y[:3]) + ")"

    def _say_controls(self) -> None:
        controls, practice = self.controls, self._practice
        layers = len(practice.network.weights)
        controls.rate.say(math.log10(practice.rate), shown_rate(practice.rate))
        controls.sample.say(self.selected + 1, f"{self.selected + 1} of {self.data.size}")
        controls.layer.say(self.layer + 1, f"{self.layer + 1} of {layers}")

    def _say_status(self) -> None:
        practice = self._practice
        step, loss, _, accuracy = practice.moments[-1]
        parts = [f"step {reading.count(step)}", f"loss {reading.number(loss)}"]
        if np.isfinite(accuracy):
            parts.append(f"{reading.percent(accuracy)} right")
        named = [self.data.name] if self.data.name else []
        self.status.set_text("   ·   ".join(named + parts))

    def _redraw(self) -> None:
        if self.figure is not None:
            self.figure.canvas.draw_idle()


def _named(data: Samples) -> bool:
    """Whether the features have names of their own."""
    return any(name != f"x{k + 1}" for k, name in enumerate(data.features))


def _new_figure(look: style.Theme) -> Figure:
    """A figure with a window, or without one where there is no screen."""
    import matplotlib.pyplot as plt

    with style.settings(look):
        try:
            return plt.figure("A network that learns", figsize=SIZE, layout="none", clear=True)
        except Exception as end:  # each backend fails in a way of its own
            raise Refusal(
                f"no window could be opened: {end}",
                "a screen",
                "set MPLBACKEND=agg to go without, or MPLBACKEND=webagg for a browser",
            ) from end
