"""What an evaluation has worked out so far, each piece kept as it ends.

    FOLDER/NAME-KEY.json       numbers
    FOLDER/NAME-KEY.ENDING     what is no JSON: a network, a checkpoint

The key is a hash of all that bears on the piece, so that an evaluation that was killed takes up
its own pieces and no other's.
"""

import hashlib
import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawful import __version__
from lawful.refusal import Refusal
from lawful.store import plain, read_json, to_json, write_atomically

_OURS = re.compile(r"[\w.-]+-[0-9a-f]{16}\.(json|safetensors|checkpoint)")


@dataclass(eq=False)
class Shelf:
    """A folder of pieces.

    Parameters
    ----------
    folder
        Where; a temporary one, gone with this object, when not given.

    Examples
    --------
    >>> shelf = Shelf()
    >>> shelf.get("sum", {"of": [1, 2]}) is None
    True
    >>> shelf.put("sum", {"of": [1, 2]}, 3)
    >>> shelf.get("sum", {"of": [1, 2]}), shelf.get("sum", {"of": [2, 2]})
    (3, None)
    """

    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="lawful-evaluation-"))
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @property
    def place(self) -> Path:
        """The folder, made if need be."""
        place = Path(self.folder or ".")
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refusal(
                f"cannot write {str(place)!r}: {error.strerror or error}",
                remedy="choose another place with --out",
            ) from None
        return place

    @property
    def left(self) -> int:
        """How many pieces lie here."""
        return len(list(self.place.glob("*.json")))

    def file(self, name: str, of: Mapping[str, Any], ending: str) -> Path:
        """Where a piece lies."""
        whole = json.dumps(plain({"version": __version__, **of}), sort_keys=True)
        digest = hashlib.sha256(whole.encode()).hexdigest()[:16]
        stem = re.sub(r"[^\w.-]+", "-", name)
        return self.place / f"{stem}-{digest}.{ending}"

    def get(self, name: str, of: Mapping[str, Any]) -> Any:
        """The piece; None where it is not there, or not whole."""
        try:
            return read_json(self.file(name, of, "json"))["piece"]
        except (Refusal, KeyError, TypeError):
            return None

    def put(self, name: str, of: Mapping[str, Any], piece: Any) -> None:
        """Keep a piece that JSON can hold."""
        write_atomically(self.file(name, of, "json"), to_json({"piece": piece}))

    def clear(self) -> None:
        """Remove the pieces, and the folder if nothing else is in it."""
        place = self.place
        for file in place.iterdir():
            if _OURS.fullmatch(file.name):
                file.unlink(missing_ok=True)
        with suppress(OSError):
            place.rmdir()
