"""Run folders: what a study leaves behind, whole or not at all.

    NAME/manifest.json    who made this: study, command, settings, seed, version, data, files
    NAME/laws.json        what was found
    NAME/metrics.jsonl    what was measured on the way, one JSON object a line
    NAME/…                pages, pictures, arrays

A file is written beside its place, flushed to the disk, then renamed over it, so
a reader sees the old one or the new one, never half of one. A folder is built
the same way: under a hidden name, its manifest last, then renamed. A folder that
holds anything without our manifest is never touched, and what a user has put
into one of ours is carried over when it is made anew.
"""

import hashlib
import json
import math
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful import __version__
from lawful.refusal import Refusal

FORMAT = "lawful run folder"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
METRICS = "metrics.jsonl"


@dataclass(frozen=True)
class Manifest:
    """Who made a run folder, from what, and how to make it again.

    Attributes
    ----------
    study
        The name of the study: "discover".
    command
        The command line, one word an entry; empty when called from Python.
    settings
        Every setting that bears on the result.
    seed
        The seed of all that is drawn.
    data
        One fingerprint for each input: `{"name", "sha256", "bytes"}`.
    version
        The version of lawful.
    created
        When, in UTC, ISO 8601.
    files
        The SHA-256 of every file in the folder, by relative path.

    Examples
    --------
    >>> Manifest("discover", seed=3).seed
    3
    """

    study: str
    command: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    data: tuple[Mapping[str, Any], ...] = ()
    version: str = __version__
    created: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {"format": FORMAT, "format_version": FORMAT_VERSION, **plain(asdict(self))}

    @classmethod
    def from_dict(cls, record: Any, where: str = MANIFEST) -> "Manifest":
        """The inverse of `to_dict`; refuses what is no manifest of ours."""
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise Refusal(f"{where} is no manifest of lawful", f'"format": "{FORMAT}"')
        if record.get("format_version") != FORMAT_VERSION:
            raise Refusal(
                f"{where} has format version {record.get('format_version')!r}",
                f"{FORMAT_VERSION}",
                "read it with the version of lawful that wrote it",
            )
        fields = {k: v for k, v in record.items() if k not in ("format", "format_version")}
        for name, kind in _MANIFEST_TYPES.items():
            if not isinstance(fields.get(name), kind):
                raise Refusal(f"{where} has {name} = {fields.get(name)!r}", _named(kind))
        for name in fields.keys() - _MANIFEST_TYPES.keys():
            raise Refusal(f"{where} has an unknown field {name!r}", ", ".join(_MANIFEST_TYPES))
        return cls(
            **{
                **fields,
                "command": tuple(fields["command"]),
                "data": tuple(fields["data"]),
            }
        )


_MANIFEST_TYPES = {
    "study": str,
    "command": list,
    "settings": dict,
    "seed": int,
    "data": list,
    "version": str,
    "created": str,
    "files": dict,
}


def _named(kind: type) -> str:
    return {str: "text", list: "a list", dict: "an object", int: "a whole number"}[kind]


@dataclass(frozen=True)
class RunFolder:
    """A folder with a manifest.

    Make one with `RunFolder.create`, look into one with `RunFolder.open`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp()) / "mine"
    >>> with RunFolder.create(place, Manifest("discover", seed=3)) as folder:
    ...     folder.write_json("laws.json", {"laws": []})
    ...     folder.log({"step": 0, "loss": 1.5})
    >>> RunFolder.open(place).read_json("laws.json")
    {'laws': []}
    >>> RunFolder.open(place).metrics()
    [{'step': 0, 'loss': 1.5}]
    """

    path: Path
    manifest: Manifest

    @classmethod
    @contextmanager
    def create(cls, path: str | Path, manifest: Manifest) -> "Iterator[RunFolder]":
        """Build a folder; it appears at `path` when the block ends without an error.

        A folder of ours at `path` is replaced; what others have put into it is kept.

        Raises
        ------
        Refusal
            Where `path` is a file, a folder that is not ours, the working
            folder, or a place that cannot be written.
        """
        place = Path(os.path.realpath(path))
        check_place(place, str(path))
        building = place.with_name(f".{place.name}.{secrets.token_hex(4)}.building")
        try:
            with _writable(path):
                building.mkdir(parents=True)
            folder = cls(building, manifest)
            yield folder
            with _writable(path):
                folder._seal()
                _swap(building, place)
        finally:
            shutil.rmtree(building, ignore_errors=True)

    @classmethod
    def open(cls, path: str | Path) -> "RunFolder":
        """The folder at `path`, its manifest checked."""
        place = Path(path)
        if not place.is_dir():
            raise Refusal(f"there is no folder {str(path)!r}", "a run folder")
        if not (place / MANIFEST).is_file():
            raise Refusal(f"the folder {str(path)!r} has no {MANIFEST}", "a run folder")
        return cls(place, Manifest.from_dict(read_json(place / MANIFEST), str(place / MANIFEST)))

    def write_text(self, name: str, text: str) -> None:
        """Write `text` to the file `name` of this folder, as UTF-8."""
        write_atomically(self._inside(name), text)

    def write_json(self, name: str, record: Any) -> None:
        """Write `record` as JSON; numbers that JSON cannot hold become null."""
        self.write_text(name, to_json(record) + "\n")

    def write_arrays(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write arrays by name to an NPZ file, without pickle."""
        import io

        for key, array in arrays.items():
            if np.asarray(array).dtype.hasobject:
                raise Refusal(f"array {key!r} holds objects", "numbers", "convert it first")
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        write_atomically(self._inside(name), buffer.getvalue())

    def log(self, record: Mapping[str, Any]) -> None:
        """Append one line to `metrics.jsonl`."""
        line = json.dumps(plain(record), allow_nan=False) + "\n"
        with open(self.path / METRICS, "a", encoding="utf-8") as file:
            file.write(line)
            file.flush()

    def read_json(self, name: str) -> Any:
        """The JSON in the file `name` of this folder."""
        return read_json(self._inside(name))

    def read_arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """The arrays in the NPZ file `name` of this folder."""
        try:
            with np.load(self._inside(name), allow_pickle=False) as arrays:
                return {key: arrays[key] for key in arrays.files}
        except (OSError, ValueError, EOFError, KeyError) as error:
            raise Refusal(f"cannot read {name}: {error}", "an NPZ file of numbers") from None

    def metrics(self) -> list[dict[str, Any]]:
        """All lines of `metrics.jsonl`; a last line cut short is left out."""
        place = self.path / METRICS
        if not place.exists():
            return []
        text = place.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1].splitlines()
        return [_parsed(line, f"{place}, line {n}") for n, line in enumerate(whole, 1)]

    def changed(self) -> tuple[str, ...]:
        """The files that are missing, or no longer what the manifest says they were."""
        return tuple(
            name
            for name, digest in sorted(self.manifest.files.items())
            if not (self.path / name).is_file() or _digest(self.path / name) != digest
        )

    def _inside(self, name: str) -> Path:
        place = Path(name)
        if place.is_absolute() or ".." in place.parts or name in ("", ".", MANIFEST):
            raise Refusal(f"the file name {name!r}", "a name inside the run folder")
        (self.path / place).parent.mkdir(parents=True, exist_ok=True)
        return self.path / place

    def _seal(self) -> None:
        files = {_relative(f, self.path): _digest(f) for f in _files(self.path)}
        created = self.manifest.created or datetime.now(UTC).isoformat(timespec="seconds")
        whole = replace(self.manifest, files=files, created=created)
        write_atomically(self.path / MANIFEST, to_json(whole.to_dict()) + "\n")


def check_place(place: Path, shown: str) -> None:
    """Refuse a place that holds anything but a run folder of ours."""
    remedy = "choose another with --out"
    if place.exists() and not place.is_dir():
        raise Refusal(f"{shown!r} is a file", "a new folder", remedy)
    if place == Path.cwd() or place in Path.cwd().parents:
        raise Refusal(f"{shown!r} is the folder you stand in", "a new folder", remedy)
    if place.is_dir() and any(place.iterdir()):
        try:
            RunFolder.open(place)
        except Refusal:
            raise Refusal(
                f"the folder {shown!r} holds files that lawful did not make", "a new folder", remedy
            ) from None


def _swap(building: Path, place: Path) -> None:
    """Put `building` at `place`, keeping what is not ours there."""
    if not place.exists() or not any(place.iterdir()):
        os.replace(building, place)
        return
    ours = {MANIFEST, METRICS, *RunFolder.open(place).manifest.files}
    for file in _files(place):
        name = _relative(file, place)
        if name in ours:
            continue
        if (building / name).exists():
            raise Refusal(f"{file} is not lawful's and is in the way", "", "move it away")
        (building / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, building / name)
    old = place.with_name(f".{place.name}.{secrets.token_hex(4)}.old")
    os.replace(place, old)
    try:
        os.replace(building, place)
    except OSError:
        os.replace(old, place)
        raise
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _writable(path: str | Path) -> Iterator[None]:
    """Turn what the disk refuses into a refusal of ours."""
    try:
        yield
    except OSError as error:
        raise Refusal(
            f"cannot write {str(path)!r}: {error.strerror or error}",
            remedy="choose another place with --out",
        ) from None


def write_atomically(path: str | Path, content: str | bytes) -> None:
    """Write a file so that no reader ever sees half of it.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp()) / "note.txt"
    >>> write_atomically(place, "whole")
    >>> place.read_text()
    'whole'
    """
    place = Path(path)
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    data = content.encode("utf-8") if isinstance(content, str) else content
    with _writable(path):
        try:
            with open(beside, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, place)
        finally:
            beside.unlink(missing_ok=True)


def plain(record: Any) -> Any:
    """`record` as JSON can hold it: lists, objects, text, numbers, null.

    NumPy's numbers and arrays become Python's. NaN and infinities, which JSON
    has no word for, become null.

    >>> plain({"a": np.float64(1.5), "b": (1, float("nan"))})
    {'a': 1.5, 'b': [1, None]}
    """
    if isinstance(record, Mapping):
        return {str(key): plain(value) for key, value in record.items()}
    if isinstance(record, np.ndarray):
        return plain(record.tolist())
    if isinstance(record, np.generic):
        return plain(record.item())
    if isinstance(record, float):
        return record if math.isfinite(record) else None
    if record is None or isinstance(record, bool | int | str):
        return record
    if isinstance(record, Sequence | set | frozenset) and not isinstance(record, bytes):
        return [plain(value) for value in record]
    return str(record)


def to_json(record: Any) -> str:
    """`record` as JSON text that every parser reads: no NaN, no Infinity."""
    return json.dumps(plain(record), indent=2, allow_nan=False, ensure_ascii=False)


def read_json(path: str | Path) -> Any:
    """The JSON in a file.

    Raises
    ------
    Refusal
        Where the file is missing, is no text or no JSON; says the line.
    """
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refusal(f"{str(path)!r} is not text", "a JSON file in UTF-8") from None
    except OSError as error:
        raise Refusal(
            f"cannot read {str(path)!r}: {error.strerror or error}", "a JSON file"
        ) from None
    return _parsed(text, str(path))


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Refusal(
            f"{where} is not JSON: {error.msg.lower()} in line {error.lineno}", "a JSON file"
        ) from None
    except (RecursionError, ValueError):
        raise Refusal(f"{where} is not JSON that can be meant", "a JSON file") from None


def fingerprint(path: str | Path) -> dict[str, Any]:
    """The name, size in bytes and SHA-256 of a file."""
    place = Path(path)
    with _readable(place):
        return {"name": place.name, "sha256": _digest(place), "bytes": place.stat().st_size}


def fingerprint_arrays(name: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The same of arrays by name, where there is no file to look at.

    >>> a = fingerprint_arrays("x", {"x": [1.0, 2.0]})
    >>> a["sha256"] == fingerprint_arrays("x", {"x": [1.0, 2.5]})["sha256"]
    False
    """
    digest, size = hashlib.sha256(), 0
    for key in sorted(arrays):
        array = np.ascontiguousarray(arrays[key])
        if array.dtype.kind in "OU":
            array = np.frombuffer("\0".join(map(str, array.ravel())).encode(), dtype=np.uint8)
        digest.update(f"{key}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.tobytes())
        size += array.nbytes
    return {"name": name, "sha256": digest.hexdigest(), "bytes": size}


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Refusal(f"cannot read {str(path)!r}: {error.strerror or error}", "a file") from None


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.is_file())


def _relative(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()
