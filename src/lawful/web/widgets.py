"""The views in a notebook: JupyterLab, Notebook, VS Code, marimo, through anywidget.

    view = TrajectoryView(runs);  view           # at the end of a cell
    linked(view, EnergyView(runs, laws))         # one cursor for both

Each picture of a widget has a line of its own, with threads of its own (`seat`), so a kernel
that trains still answers. Needs `lawful[notebook]`.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawful.refusal import Refusal, missing_extra

if find_spec("anywidget") is None:
    raise missing_extra("anywidget", "notebook")

import anywidget
import traitlets

from lawful.trajectories import Trajectories
from lawful.web import esm
from lawful.web.channel import Channel
from lawful.web.codec import Message, parted
from lawful.web.held import Source, held
from lawful.web.seat import Seat

if TYPE_CHECKING:
    from lawful.laws import Findings, Law
    from lawful.learning.network import NeuralNetwork
    from lawful.learning.samples import Samples
    from lawful.web.live.session import Session

SHARED = ("theme", "run", "cursor", "equation")
PAGES = 8  # pictures of one widget; a tab that was closed does not always say so
LONGEST = 64  # letters of a name that a page gives


class View(anywidget.AnyWidget):
    """A widget of one view.

    Attributes
    ----------
    theme
        "auto" (as the notebook is), "light" or "dark".
    run, cursor
        The trajectory shown, and the sample pointed at; None where none is.
    equation
        The text of the chosen equation.
    look
        What the view shows beyond that.
    """

    view = ""

    theme = traitlets.Enum(("auto", "light", "dark"), "auto").tag(sync=True)
    run = traitlets.Int(0).tag(sync=True)
    cursor = traitlets.Int(None, allow_none=True).tag(sync=True)
    equation = traitlets.Unicode("").tag(sync=True)
    look = traitlets.Dict().tag(sync=True)
    links = traitlets.List(traitlets.Dict()).tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(self, made: Callable[[], Channel], **shown: Any) -> None:
        self._made = made
        self._seats: dict[str, Seat] = {}
        super().__init__(**_known(type(self).__name__, shown))
        self.on_msg(self._hear)

    def __repr__(self) -> str:
        """What stands where no widget can."""
        return f"{type(self).__name__}()"

    @traitlets.default("_esm")
    def _module(self) -> str:
        entry = (
            f'import view from "./views/{self.view}.js";\n'
            'import { seated } from "./notebook.js";\nexport default seated(view);\n'
        )
        return esm.module("widget.js", text=entry)

    @traitlets.default("_css")
    def _styles(self) -> str:
        return esm.styles(("notebook.js", f"views/{self.view}.js"))

    def close(self) -> None:
        """End the lines to all pages and their threads, and take the widget off them."""
        for seat in self._seats.values():
            seat.close()
        self._seats.clear()
        super().close()

    def _hear(self, _: Any, said: Any, __: Any) -> None:
        """What a page says; never waits."""
        page = said.get("page") if isinstance(said, dict) else None
        if not isinstance(page, str) or len(page) > LONGEST:
            return
        if "bye" in said:
            if page in self._seats:
                self._seats.pop(page).leave()
            return
        seat = self._seat(page)
        if isinstance(said.get("ack"), int):
            seat.drawn(said["ack"])
        elif isinstance(said.get("do"), str):
            given, id = said.get("with") or {}, said.get("id")
            if isinstance(given, dict) and (id is None or isinstance(id, int)):
                seat.take(said["do"][:LONGEST], given, id)

    def _seat(self, page: str) -> Seat:
        if page not in self._seats:
            while len(self._seats) >= PAGES:
                self._seats.pop(next(iter(self._seats))).leave()

            def tell(message: Message, seq: int, id: int | None) -> None:
                header, buffers = parted(message, seq, id)
                self.send({**header, "page": page}, buffers)

            self._seats[page] = Seat(self._made, tell)
        return self._seats[page]


def _known(name: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    for key in shown:
        if key not in (*SHARED, "look", "layout"):
            raise Refusal(f"{name} with {key!r}", "one of " + ", ".join((*SHARED, "look")))
    return dict(shown)


# ------------------------------------------------------------------------------- live ones


class NetworkView(View):
    """A network that learns, to be watched and touched.

    Parameters
    ----------
    network
        Copied; 2-8-8-1 when not given.
    data
        What it learns from; circles when not given.
    **shown
        theme, look.

    Examples
    --------
    >>> from lawful.learning import NeuralNetwork, datasets
    >>> view = NetworkView(NeuralNetwork([2, 3, 1], seed=0), datasets.dataset("xor"))
    >>> view.session.step(5)
    >>> view.session.moment.step, view.network.layers
    (5, (2, 3, 1))
    >>> view.close()
    """

    view = "network"

    def __init__(
        self,
        network: "NeuralNetwork | None" = None,
        data: "Samples | None" = None,
        *,
        session: "Session | None" = None,
        **shown: Any,
    ) -> None:
        from lawful.web.live.network import NetworkChannel

        #: The training: play, pause and step it from Python as well.
        self.session = session or NetworkChannel(network, data).session
        view = self.view
        super().__init__(lambda: NetworkChannel(view=view, session=self.session), **shown)

    @property
    def network(self) -> "NeuralNetwork":
        """The network as it is now, a copy."""
        with self.session.lock:
            return self.session.network.copy()


class TrainingView(NetworkView):
    """Training as motion: its energies, its ledger, the landscape it moves in.

    Parameters
    ----------
    source
        A `NetworkView`, whose training is shown; a network; or the folder of a run of
        `lawful learn`. A network of its own when not given.
    data
        What the network learns from.

    Examples
    --------
    >>> view = NetworkView()
    >>> TrainingView(view).session is view.session
    True
    """

    view = "training"

    def __init__(
        self,
        source: "NetworkView | NeuralNetwork | str | Path | None" = None,
        data: "Samples | None" = None,
        **shown: Any,
    ) -> None:
        if isinstance(source, str | Path):
            opened = held(source, self.view)
            View.__init__(self, lambda: _reading(self.view, opened), **shown)
        elif isinstance(source, NetworkView):
            super().__init__(session=source.session, **shown)
        else:
            super().__init__(source, data, **shown)


class FieldView(View):
    """A field that moves, to be stirred. Needs `lawful[torch]`.

    Parameters
    ----------
    **shown
        theme; look: what the field begins with, as the address of the dashboard has it.
    """

    view = "field"

    def __init__(self, **shown: Any) -> None:
        def made() -> Channel:
            return import_module("lawful.web.live.field").channel(dict(self.look))

        super().__init__(made, **shown)


# ------------------------------------------------------------------------- finished things


class _Reading(View):
    """A view of something finished."""

    def __init__(
        self,
        source: Source,
        laws: "Findings | Sequence[Law] | None" = None,
        **shown: Any,
    ) -> None:
        opened = held(source, self.view, laws)
        super().__init__(lambda: _reading(self.view, opened), **shown)


class TrajectoryView(_Reading):
    """The motion, in two or three dimensions.

    Parameters
    ----------
    source
        Trajectories; or a data file, or the folder of a run.
    laws
        Findings, or laws; of the run when not given.
    **shown
        theme, run, cursor, equation, look.

    Examples
    --------
    >>> import lawful
    >>> view = TrajectoryView(lawful.simulate("spring", runs=3, samples=50), run=2)
    >>> view.run, view.cursor
    (2, None)
    """

    view = "trajectory"


class EnergyView(_Reading):
    """Each law's value along the run, its band, and where it is left.

    Parameters
    ----------
    source
        Trajectories; or a data file, or the folder of a run.
    laws
        Findings, or laws; of the run when not given.
    **shown
        theme, run, cursor, equation, look.
    """

    view = "energy"


class LatentView(_Reading):
    """The states along their principal axes, coloured by any quantity.

    Parameters
    ----------
    source
        Trajectories; or a data file, or the folder of a run.
    laws
        Findings, or laws; of the run when not given.
    **shown
        theme, run, cursor, equation, look.
    """

    view = "latent"


class EquationsView(View):
    """What was found: formulas, constants with intervals, the Pareto front.

    Parameters
    ----------
    findings
        Of `lawful.find_laws`; or the folder of a run of `lawful discover`.
    runs
        What they were found in, for the predictions.
    **shown
        theme, run, cursor, equation, look.
    """

    view = "equations"

    def __init__(
        self,
        findings: "Findings | str | Path",
        runs: Trajectories | None = None,
        **shown: Any,
    ) -> None:
        opened = held(runs if runs is not None else findings, self.view, findings)
        super().__init__(lambda: _reading(self.view, opened), **shown)


class MemoryView(View):
    """The accuracy on each task after each task, method beside method.

    Parameters
    ----------
    folder
        Of a run of `lawful remember`.
    **shown
        theme, look.
    """

    view = "memory"

    def __init__(self, folder: str | Path, **shown: Any) -> None:
        opened = held(folder, self.view)
        super().__init__(lambda: _reading(self.view, opened), **shown)


def linked(*views: View) -> tuple[View, ...]:
    """Give views one theme, run, cursor and equation.

    Examples
    --------
    >>> import lawful
    >>> runs = lawful.simulate("spring", runs=3, samples=50)
    >>> first, second = linked(TrajectoryView(runs), LatentView(runs))
    >>> first.cursor = 7
    >>> second.cursor
    7
    """
    for other in views[1:]:
        for name in SHARED:
            traitlets.link((views[0], name), (other, name))
    return views


def _reading(view: str, opened: Any) -> Channel:
    return import_module(f"lawful.web.scenes.{view}").reading(opened)
