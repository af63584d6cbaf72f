"""The latent space of a run: its states along their principal axes, coloured by any quantity.

    h − h̄ = U Σ Vᵀ;   scores (h − h̄) V,   share of the variance σ_i² / Σ σ²

States are what there is: the latent states of a network that was trained on motion, the
weights of one that learned, else the standardised columns of the data. A quantity that is
conserved keeps its colour along a run.

Source: K. Pearson, "On lines and planes of closest fit to systems of points in space",
Philosophical Magazine 2 (1901) 559.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.report.numbers import counted
from lawful.web.channel import Reading
from lawful.web.codec import Message
from lawful.web.scenes.colours import described
from lawful.web.scenes.states import States, found

if TYPE_CHECKING:
    from lawful.laws.physicsnet import Components
    from lawful.web.workspace import Opened

Array = NDArray[np.float64]
Where = NDArray[np.intp]

COMPONENTS = 6
POINTS = 20_000
BYTES = 1_800_000  # of the numbers of one scene
PATH = 4_000  # samples along the run that is highlighted
SHOWN_NAMES = 12  # columns that an axis names


def scene(
    opened: "Opened",
    *,
    run: int = 0,
    start: int = 0,
    stop: int | None = None,
    stride: int | None = None,
    of: str = "",
) -> Message:
    """The states of all runs along their principal axes, and the path of one run.

    Parameters
    ----------
    opened
        What is looked at.
    run
        Whose path is given; for any but the first it is all that is given, for the points
        are the same.
    start, stop, stride
        Samples of each run to look at: all, thinned where they are too many.
    of
        Which log, where a run holds several networks; the first when empty.

    Returns
    -------
    Message
        Arrays `scores` (point, component), `of_run`, `sample`, `time` (point,) and `colours_of`
        (quantity, point); `path_…` the same along the run. Colours are less their `offset`.

    Raises
    ------
    Refusal
        For a run that is not there, or data without a state.
    """
    states = found(opened, of)
    _check(run, states, start, stop, stride)
    return _Space(states, start, stop, stride).message(run)


def recorded(opened: "Opened") -> list[tuple[str, dict[str, Any]]]:
    """What an exported page is told beyond the first picture: the other networks."""
    return [("scene", {"of": name}) for name in found(opened).choices[1:]]


def python(opened: "Opened", *, of: str = "") -> Message:
    """The lines that make the same in Python."""
    return Message({"text": found(opened, of).python}, kind="answer")


def reading(opened: "Opened") -> Reading:
    """The channel of a run."""

    def _scene(
        run: int = 0,
        start: int = 0,
        stop: int | None = None,
        stride: int | None = None,
        of: str = "",
    ) -> Message:
        return scene(opened, run=run, start=start, stop=stop, stride=stride, of=of)

    def _python(of: str = "") -> Message:
        return python(opened, of=of)

    return Reading("latent", scene=_scene, python=_python)


def _check(run: Any, states: States, start: Any, stop: Any, stride: Any) -> None:
    count = states.values.shape[0]
    if not _whole(run) or not 0 <= run < count:
        raise Refusal(f"run {run!r}", f"a whole number from 0 to {count - 1}")
    if not _whole(start) or start < 0 or not (stop is None or (_whole(stop) and stop >= 0)):
        raise Refusal(f"samples from {start!r} to {stop!r}", "whole numbers from 0 up")
    if stride is not None and (not _whole(stride) or stride < 1):
        raise Refusal(f"stride {stride!r}", "a whole number from 1 up")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


class _Space:
    """States with their principal axes, ready to be sent."""

    def __init__(self, states: States, start: int, stop: int | None, stride: int | None) -> None:
        self.states, self.stride = states, stride
        self.axes = _principal(states)
        self.scores = self.axes.scores
        self.held: NDArray[np.bool_] = np.asarray(np.isfinite(self.scores).all(axis=-1))
        inside = np.zeros(self.held.shape[1], dtype=bool)
        inside[slice(start, stop, stride)] = True
        self.seen = self.held & inside
        if not self.seen.any():
            raise Refusal(f"no state in the samples {start} to {stop}", "samples of the runs")

    def message(self, run: int) -> Message:
        data: dict[str, Any] = {"run": run, "whole": run == 0}
        arrays = self._path(run)
        if run == 0:
            rows = self._chosen()
            data |= self._words(len(rows))
            arrays |= self._points(rows)
        return Message(data, arrays, kind="answer")

    def _chosen(self) -> Where:
        """Which points are sent: all, or as many as fit; mixed, so that no run lies on top."""
        each = 4 * (self.scores.shape[2] + len(self.states.colours)) + 16
        most = int(min(POINTS, BYTES // each))
        rows = np.flatnonzero(self.seen)
        rng = np.random.default_rng(0)
        if len(rows) > most:
            rows = rng.choice(rows, most, replace=False)
        return np.asarray(rng.permutation(rows), dtype=np.intp)

    def _points(self, rows: Where) -> dict[str, NDArray[Any]]:
        of_run, sample = np.divmod(rows, self.held.shape[1])
        return {
            "scores": self.scores.reshape(-1, self.scores.shape[2])[rows].astype(np.float32),
            "of_run": of_run.astype(np.uint16 if len(self.held) < 2**16 else np.int32),
            "sample": sample.astype(np.int32),
            "time": self.states.clock.ravel()[rows],
            "colours_of": self._colours(rows),
        }

    def _path(self, run: int) -> dict[str, NDArray[Any]]:
        sample = np.flatnonzero(self.seen[run])
        sample = sample[:: max(1, -(-len(sample) // PATH))]
        rows = run * self.held.shape[1] + sample
        return {
            "path_scores": self.scores[run, sample].astype(np.float32),
            "path_sample": sample.astype(np.int32),
            "path_time": self.states.clock[run, sample],
            "path_colours": self._colours(rows),
        }

    def _colours(self, rows: Where) -> NDArray[np.float32]:
        out = np.empty((len(self.states.colours), len(rows)), dtype=np.float32)
        for k, colour in enumerate(self.states.colours):
            # Less an offset: a law that holds to ten digits would be flat in single precision.
            out[k] = colour.values.ravel()[rows] - colour.offset
        return out

    def _words(self, shown: int) -> dict[str, Any]:
        states, total = self.states, int(self.seen.sum())
        few = f"Of {counted(total, 'state')} {counted(shown, 'is', 'are')} drawn, at random."
        return {
            "name": states.name,
            "what": states.what,
            "of": states.of,
            "choices": list(states.choices),
            "runs": list(states.runs),
            "index": list(states.index),
            "time_units": states.time_units,
            "time_name": states.time_name,
            "components": self._components(),
            "colours": [described(c, self.scores, self.held) for c in states.colours],
            "colour": states.first,
            "total": total,
            "shown": shown,
            "notes": [*states.notes, *([few] if shown < total else [])],
        }

    def _components(self) -> list[Mapping[str, Any]]:
        return [
            {"share": float(share), "made_of": _made_of(self.states.columns, direction)}
            for share, direction in zip(self.axes.share, self.axes.directions.T, strict=True)
        ]


def _principal(states: States) -> "Components":
    from lawful.laws.physicsnet.components import principal

    return principal(states.values, COMPONENTS)


def _made_of(columns: tuple[str, ...], direction: Array) -> str:
    """Which columns an axis is made of, the largest first; "" where they have no names.

    >>> _made_of(("x", "v"), np.array([0.6, -0.8]))
    '−0.80 v + 0.60 x'
    """
    if not columns or len(columns) > SHOWN_NAMES:
        return ""
    order = np.argsort(-np.abs(direction))
    parts = [(float(direction[k]), columns[k]) for k in order if abs(direction[k]) >= 0.05]
    signed = [f"{'−' if size < 0 else '+'} {abs(size):.2f} {name}" for size, name in parts]
    text = " ".join(signed)
    return f"−{text[2:]}" if text.startswith("−") else text.removeprefix("+ ")
