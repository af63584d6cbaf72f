"""What a view shows, wherever it is: at a path, built in, or in a notebook's memory.

path     -> workspace.Opened
memory   -> Held, which a scene takes for the same
"""

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder
from lawful.trajectories import Trajectories, check

if TYPE_CHECKING:
    from lawful.laws import Findings, Law
    from lawful.web.workspace import Opened

Laws: TypeAlias = "Findings | Sequence[Law]"
Source: TypeAlias = "Trajectories | str | Path"
Shown: TypeAlias = "Opened | Held"

DATA_VIEWS = ("trajectory", "energy", "latent")
REMEDY = "give Trajectories, a data file, or the folder of a run"


@dataclass(eq=False)
class Held:
    """Trajectories and laws in memory, as a scene takes a run of a workspace.

    Attributes
    ----------
    runs
        The data; None where only findings are there.
    known
        The laws.
    folder
        A run folder with the findings, for the scene of equations.
    beneath
        What is shown from a path, where only its laws are replaced.

    Examples
    --------
    >>> import lawful
    >>> one = Held(lawful.simulate("spring", runs=3, samples=50))
    >>> one.kind, one.sentence
    ('data', '3 runs of 50 samples of x, v')
    """

    runs: Trajectories | None = None
    known: "tuple[Law, ...]" = ()
    folder: RunFolder | None = None
    beneath: "Opened | None" = None
    id: str = "runs"
    name: str = "runs"
    created: str = ""
    size: int = 0

    @property
    def kind(self) -> str:
        """Data, or "discover" where findings are there."""
        if self.beneath is not None:
            return self.beneath.kind
        return "data" if self.folder is None else "discover"

    @property
    def views(self) -> tuple[str, ...]:
        """The views that can show it."""
        if self.beneath is not None:
            return self.beneath.views
        found = ("equations",) if self.folder is not None else ()
        return found + (DATA_VIEWS if self.runs is not None else ())

    @property
    def path(self) -> Path:
        """Where its findings lie."""
        if self.beneath is not None:
            return self.beneath.path
        return Path(self.name) if self.folder is None else self.folder.path

    @property
    def sentence(self) -> str:
        """How much there is."""
        if self.beneath is not None:
            return self.beneath.sentence
        if self.runs is None:
            return f"{len(self.known)} laws"
        return sized(self.runs)

    def trajectories(self) -> Trajectories:
        """The data.

        Raises
        ------
        Refusal
            Where there are none.
        """
        if self.beneath is not None:
            return self.beneath.trajectories()
        if self.runs is None:
            raise Refusal("findings without the runs", "both", "give the runs as well")
        return self.runs

    def laws(self) -> "tuple[Law, ...]":
        """The laws."""
        return self.known


def sized(runs: Trajectories) -> str:
    """How much there is.

    >>> import lawful
    >>> sized(lawful.simulate("spring", runs=1, samples=50))
    '1 run of 50 samples of x, v'
    """
    from lawful.report.numbers import counted

    names, sizes = ", ".join(map(str, runs.data_vars)), runs.sizes
    return f"{counted(sizes['run'], 'run')} of {counted(sizes['time'], 'sample')} of {names}"


def opened_at(run: str | Path) -> "Opened":
    """What lies at a path, or is built in; a `workspace.Opened`.

    The folder you stand in is the workspace where the run lies in it, so that the data of a
    run are found beside it; else the folder around the run.

    Raises
    ------
    Refusal
        For a path where nothing is that can be shown.

    Examples
    --------
    >>> opened_at("planets").kind
    'data'
    """
    from lawful.web.workspace import PLANETS, Workspace

    place = Path(run)
    if not place.exists():
        if str(run) == PLANETS:
            return Workspace(Path()).open(PLANETS)
        raise Refusal(f"there is nothing at {str(run)!r}", "a run folder, a data file, or planets")
    whole, here = place.resolve(), Path.cwd().resolve()
    if here in whole.parents:
        with suppress(Refusal):  # in a hidden folder, or a deep one: it is looked at alone
            return Workspace(here).open("~".join(whole.relative_to(here).parts))
    try:
        return Workspace(whole.parent).open(whole.name)
    except Refusal:
        raise Refusal(
            f"{str(run)!r} is neither a run nor data", "a run folder, a data file, or planets"
        ) from None


def held(source: Any, view: str, laws: Any = None) -> Shown:
    """What a view of a notebook shows.

    Parameters
    ----------
    source
        Trajectories, Findings, or a path.
    view
        The name of the view, for what is refused.
    laws
        Findings, or laws; those of a run when not given.

    Raises
    ------
    Refusal
        For what is neither, or cannot be shown in this view.
    """
    if isinstance(source, str | Path):
        opened = opened_at(source)
        if view not in opened.views:
            there = ", ".join(opened.views) or "none"
            raise Refusal(f"the view {view!r} of {opened.name}", f"one of {there}")
        if laws is None or laws is source:
            return opened
        return Held(known=_laws(laws), beneath=opened, folder=opened.folder, name=opened.name)
    if _has_laws(source):
        return Held(known=_laws(source), folder=_folder(source))
    try:
        runs = check(source)
    except Refusal:
        raise
    except (TypeError, AttributeError):
        raise Refusal(f"{type(source).__name__} for the view {view}", remedy=REMEDY) from None
    folder = _folder(laws) if view == "equations" and _has_laws(laws) else None
    return Held(runs, () if laws is None else _laws(laws), folder)


def _has_laws(source: Any) -> bool:
    from lawful.laws import Findings

    return isinstance(source, Findings)


def _laws(laws: Any) -> "tuple[Law, ...]":
    from lawful.laws import Law

    found = (*laws.laws, *laws.leaks) if _has_laws(laws) else tuple(laws)
    for law in found:
        if not isinstance(law, Law):
            raise Refusal(f"{type(law).__name__} among the laws", "laws, or Findings")
    return found


def _folder(findings: "Findings") -> RunFolder:
    """A folder with the findings, for as long as anybody holds it."""
    place = Path(tempfile.mkdtemp(prefix="lawful-")) / "findings"
    with RunFolder.create(place, Manifest("discover")) as built:
        built.write_text("laws.json", findings.to_json())
    folder = RunFolder.open(place)
    weakref.finalize(folder, shutil.rmtree, place.parent, ignore_errors=True)
    return folder
