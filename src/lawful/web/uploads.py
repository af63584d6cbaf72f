"""Files from the page into the workspace: capped, named safely, read before they are kept.

    body → .NAME.part → lawful.files.read → NAME

What cannot be read leaves nothing behind. A name is a new file in the workspace itself,
never a path, and never one that is there.
"""

import os
import re
import secrets
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

from lawful.refusal import Refusal
from lawful.web.workspace import SUFFIXES, Entry, Workspace

LARGEST = 64_000_000  # bytes


def safe_name(given: str) -> str:
    """A file name from what a page says a file is called.

    Raises
    ------
    Refusal
        Where nothing is left of it, or its kind is not read.

    Examples
    --------
    >>> safe_name("../../etc/My räw data (1).CSV")
    'My raw data 1.csv'
    """
    name = given.replace("\\", "/").rsplit("/", 1)[-1]
    name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem, suffix = os.path.splitext(name)
    if suffix.lower() == ".gz":
        stem, inner = os.path.splitext(stem)
        suffix = inner + suffix
    stem = re.sub(r"[^A-Za-z0-9._-]+", " ", stem).strip(" .-_")[:80]
    suffix = suffix.lower()
    if suffix not in (*SUFFIXES, ".csv.gz", ".tsv.gz", ".txt.gz") or suffix == ".gz":
        raise Refusal(f"a file {given[-80:]!r}", "one of " + ", ".join(SUFFIXES[:-1]))
    return (stem or "data") + suffix


async def taken(workspace: Workspace, name: str, body: AsyncIterator[bytes]) -> Entry:
    """Write a body to the workspace, once it could be read as data.

    Raises
    ------
    Refusal
        For a name or a content that cannot be meant, or more than `LARGEST` bytes.
    """
    from starlette.concurrency import run_in_threadpool

    chosen = safe_name(name)
    # The suffix stays: it tells how a file is read.
    part = workspace.folder / f".{secrets.token_hex(6)}.part.{chosen}"
    size = 0
    try:
        with open(part, "xb") as file:
            async for piece in body:
                size += len(piece)
                if size > LARGEST:
                    raise Refusal(
                        "a file that is too large",
                        f"at most {LARGEST // 1_000_000} MB through the page",
                        "copy it into the folder: it is seen there at once",
                    )
                file.write(piece)
        return await run_in_threadpool(_kept, workspace, part, chosen)
    except OSError as why:
        raise Refusal(f"cannot write into the folder: {why.strerror or why}") from None
    finally:
        part.unlink(missing_ok=True)


def _kept(workspace: Workspace, part: Path, chosen: str) -> Entry:
    """Read it; then let it stand under its name."""
    from lawful.files import read

    try:
        read(str(part))
    except Refusal as why:
        raise Refusal(
            str(why.got).replace(part.name, chosen).replace(str(part.parent) + os.sep, ""),
            why.expected,
            why.remedy,
        ) from None
    stem, dot, rest = chosen.partition(".")
    for k in range(1, 1000):
        name = chosen if k == 1 else f"{stem}-{k}{dot}{rest}"
        try:
            os.link(part, workspace.folder / name)  # unlike a rename, never over a file
        except FileExistsError:
            continue
        return next(entry for entry in workspace.runs() if entry.id == name)
    raise Refusal(f"a thousand files of the name {chosen!r}", "another name")
