"""The folder of a study that may be killed: what is finished lies beside the run folder.

    .NAME.KIND/KEY.npz      a finished piece, for a run folder NAME

Taken up again, a study does what is missing; when it is done the folder goes.
"""

import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from lawful.refusal import Refusal


@dataclass(eq=False)
class WorkFolder:
    """A folder of finished pieces.

    Parameters
    ----------
    folder
        Where; a temporary one, gone with this object, when not given.
    """

    folder: Path | None = None
    kind: ClassVar[str] = "cells"
    finished_files: ClassVar[str] = "*.npz"

    def __post_init__(self) -> None:
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix=f"lawful-{self.kind}-"))
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @classmethod
    def beside(cls, out: str | Path) -> Self:
        """The one of a run folder: hidden, next to it.

        >>> WorkFolder.beside("study/xor").place.name
        '.xor.cells'
        """
        place = Path(os.path.realpath(out))
        return cls(place.with_name(f".{place.name}.{cls.kind}"))

    @property
    def place(self) -> Path:
        """The folder."""
        return Path(self.folder or ".")

    @property
    def left(self) -> int:
        """How many finished pieces of some study lie here."""
        return len(list(self.place.glob(self.finished_files)))

    def clear(self) -> None:
        """Remove it: the study is done."""
        shutil.rmtree(self.place, ignore_errors=True)

    def open(self) -> None:
        """Make it, where it is not there.

        Raises
        ------
        Refusal
            Where it cannot be written.
        """
        try:
            self.place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refusal(
                f"cannot write {str(self.place)!r}: {error.strerror or error}",
                remedy="choose another place with --out",
            ) from None
