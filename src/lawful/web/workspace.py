"""The runs and data files of one folder, as the studio lists and opens them.

    folder/spring.csv         data            id  spring.csv
    folder/a/laws/            a run folder    id  a~laws
    planets                   built in        id  planets

An id is looked up among what was found, and never made into a path. Hidden names are
passed over, and so is every link: what lies outside the folder is not read.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawful.refusal import Refusal
from lawful.store import MANIFEST, RunFolder, fingerprint
from lawful.trajectories import Trajectories

if TYPE_CHECKING:
    from lawful.laws.law import Law

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".nc", ".npz", ".mat", ".gz")
DEEP = 4  # folders below the first
MANY = 5_000  # entries at most
PLANETS = "planets"
VIEWS = {
    "data": ("trajectory", "energy", "latent"),
    "discover": ("equations", "energy", "trajectory", "latent"),
    "learn": ("training", "energy", "latent"),
    "train": ("trajectory", "latent", "energy"),
    "remember": ("memory",),
}
SENTENCES = {
    "discover": "laws of {data}",
    "learn": "networks that learn {data}",
    "train": "a network that learned the motion of {data}",
    "remember": "what methods remember of {data}, task after task",
    "evaluate": "how good a network's laws and forecasts are",
    "pipeline": "training, formulas and evaluation of {data}",
}


@dataclass(frozen=True)
class Entry:
    """One thing to look at.

    Attributes
    ----------
    id
        Its path in the folder, with ~ for /.
    name, kind
        What it is called; "data", or the study that made it.
    created
        When, in UTC, ISO 8601.
    views
        The views that can show it, the first one first.
    sentence
        What it is, in one line.
    size
        Bytes.
    """

    id: str
    name: str
    kind: str
    created: str
    views: tuple[str, ...]
    sentence: str
    size: int
    path: Path = field(repr=False)


class Workspace:
    """A folder of runs and data; looked at again at each call.

    Examples
    --------
    >>> import tempfile
    >>> [entry.id for entry in Workspace(tempfile.mkdtemp()).runs()]
    ['planets']
    """

    def __init__(self, folder: str | Path) -> None:
        place = Path(folder)
        if not place.is_dir():
            raise Refusal(f"there is no folder {str(folder)!r}", "a folder of runs and data")
        self.folder = place.resolve()
        self._opened: dict[tuple[str, str], Opened] = {}

    def runs(self) -> tuple[Entry, ...]:
        """All there is, newest first; the planets, which come with lawful, last."""
        found = list(_found(self.folder, self.folder, DEEP))
        found.sort(key=lambda entry: (entry.created, _changed(entry.path)), reverse=True)
        return (*found[:MANY], _planets())

    def open(self, id: str) -> "Opened":
        """What has that id.

        Raises
        ------
        Refusal
            Where there is nothing of that id.
        """
        entry = next((entry for entry in self.runs() if entry.id == id), None)
        if entry is None:
            raise Refusal(
                f"there is no run {id[:200]!r}", "one of the list", "look at /api/v1/runs"
            )
        key = (entry.id, f"{entry.created} {entry.size}")
        if key not in self._opened:
            if len(self._opened) >= 8:  # each may hold its data
                self._opened.pop(next(iter(self._opened)))
            self._opened[key] = Opened(entry, self)
        return self._opened[key]


class Opened:
    """An entry with what is inside.

    Attributes
    ----------
    id, name, kind, created, views, sentence, size, path
        As the entry's.
    folder
        The run folder; None for a data file.
    """

    def __init__(self, entry: Entry, workspace: Workspace) -> None:
        self.entry, self._workspace = entry, workspace
        self.id, self.name, self.kind = entry.id, entry.name, entry.kind
        self.created, self.views, self.sentence = entry.created, entry.views, entry.sentence
        self.size, self.path = entry.size, entry.path
        self.folder = None if entry.kind == "data" else RunFolder.open(entry.path)

    def trajectories(self) -> Trajectories:
        """The motion: of the file, of the training, or the data that laws were found in.

        Raises
        ------
        Refusal
            Where they are not here.
        """
        return self._trajectories

    def laws(self) -> "tuple[Law, ...]":
        """Laws found here; of a data file, those of the newest search in the same bytes."""
        return self._laws

    @cached_property
    def _trajectories(self) -> Trajectories:
        from lawful.files import read

        if self.folder is None:
            return read(PLANETS if self.id == PLANETS else str(self.path))
        if self.kind == "train":
            return read(str(self.path / "runs.nc"))
        if self.kind == "learn":
            logs = sorted((self.path / "training").glob("*.nc"))
            if not logs:
                raise Refusal(f"{self.name} has no training logs", "training/*.nc")
            return read(str(logs[0]))
        return self._searched()

    def _searched(self) -> Trajectories:
        """The data of a search: by fingerprint or name in the folder, built in, or made again."""
        from lawful.files import read
        from lawful.studies.sources import is_system

        assert self.folder is not None  # noqa: S101
        manifest = self.folder.manifest
        marks = [mark for mark in manifest.data if mark.get("name")]
        names = [str(mark["name"]) for mark in marks]
        if names[:1] == [PLANETS]:
            return read(PLANETS)
        near = [entry for entry in self._workspace.runs() if entry.kind in ("data", "train")]
        for entry in near:
            if entry.kind == "data" and _is(entry, marks):
                return read(str(entry.path))
        if manifest.settings.get("method") == "physicsnet":
            for entry in near:
                if entry.kind == "train" and _trained(entry, marks):
                    return read(str(entry.path / "runs.nc"))
        if names and is_system(names[:1]):
            from lawful.studies.sources import opened

            return opened(names[:1], seed=manifest.seed).runs
        raise Refusal(
            f"the data of {self.name} ({', '.join(names) or 'unnamed'}) are not in this folder",
            "the file that its laws were found in",
            "copy it into the folder",
        )

    @cached_property
    def _laws(self) -> "tuple[Law, ...]":
        from lawful.studies.discovery import read_findings

        if (self.path / "laws.json").is_file():
            return tuple(read_findings(self.path).laws)
        if self.kind != "data":
            return ()
        for entry in self._workspace.runs():
            if entry.kind != "discover":
                continue
            marks = RunFolder.open(entry.path).manifest.data
            named = self.id == PLANETS and [m.get("name") for m in marks] == [PLANETS]
            if named or (self.id != PLANETS and _same_bytes(self.path, marks)):
                return tuple(read_findings(entry.path).laws)
        return ()


def _found(folder: Path, top: Path, deep: int) -> Iterator[Entry]:
    """Run folders and data files below a folder; into a run folder nobody goes."""
    try:
        places = sorted(os.scandir(folder), key=lambda place: place.name)
    except OSError:
        return
    for place in places:
        if place.name.startswith((".", "_")) or place.is_symlink():
            continue
        path = Path(place.path)
        if place.is_dir(follow_symlinks=False):
            if (path / MANIFEST).is_file() and not (path / MANIFEST).is_symlink():
                entry = _run(path, top)
                if entry is not None:
                    yield entry
            elif deep:
                yield from _found(path, top, deep - 1)
        elif place.is_file(follow_symlinks=False) and _is_data(place.name):
            yield _data(path, top, place.stat(follow_symlinks=False))


def _changed(path: Path) -> int:
    """When a place was changed last, in nanoseconds; 0 where it has just gone."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _is_data(name: str) -> bool:
    stem, suffix = os.path.splitext(name.lower())
    if suffix == ".gz":
        return os.path.splitext(stem)[1] in (".csv", ".tsv", ".txt")
    return suffix in SUFFIXES


def _id(path: Path, top: Path) -> str:
    return path.relative_to(top).as_posix().replace("/", "~")


def _data(path: Path, top: Path, stat: os.stat_result) -> Entry:
    when = datetime.fromtimestamp(stat.st_mtime, UTC).isoformat(timespec="seconds")
    return Entry(_id(path, top), path.name, "data", when, VIEWS["data"], "a data file",
                 stat.st_size, path)  # fmt: skip


def _planets() -> Entry:
    words = "150 years of the planets, which come with lawful"
    return Entry(PLANETS, PLANETS, "data", "", VIEWS["data"], words, 244_903, Path(PLANETS))


def _run(path: Path, top: Path) -> Entry | None:
    """The entry of a run folder; None where its manifest cannot be read."""
    try:
        manifest = RunFolder.open(path).manifest
        size = sum(f.stat().st_size for f in path.iterdir() if f.is_file())
    except (Refusal, OSError):
        return None
    kind = manifest.study
    data = ", ".join(str(mark.get("name", "data")) for mark in manifest.data) or "data"
    views = VIEWS.get(kind, ())
    if kind == "discover" and manifest.settings.get("method") == "physicsnet":
        data = data.split(",")[0] + ", read off a network"
    words = SENTENCES.get(kind, "a run of lawful " + kind).format(data=data)
    return Entry(_id(path, top), path.name, kind, manifest.created, views, words, size, path)


def _is(entry: Entry, marks: "list[Any]") -> bool:
    return any(
        mark.get("bytes") == entry.size and mark.get("sha256") == fingerprint(entry.path)["sha256"]
        for mark in marks
    )


def _same_bytes(path: Path, marks: "tuple[Any, ...]") -> bool:
    size = path.stat().st_size
    return any(
        mark.get("bytes") == size and mark.get("sha256") == fingerprint(path)["sha256"]
        for mark in marks
    )


def _trained(entry: Entry, marks: "list[Any]") -> bool:
    """Whether formulas were read off the network of that training."""
    files = RunFolder.open(entry.path).manifest.files
    return any(mark.get("sha256") == files.get("network.safetensors") for mark in marks)
