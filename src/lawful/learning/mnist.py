"""MNIST: x = pixels / 255, 28 × 28, ten classes; 60 000 digits to learn, 10 000 to test.

Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
document recognition", *Proceedings of the IEEE* 86 (1998) 2278; the files: Y. LeCun,
C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits", 1998.

The four files are looked for in `$LAWFUL_DATA/mnist`, then in the cache, then fetched
from the first mirror that answers. Two SHA-256 sums a file: of the published gzip
file, asked of what is fetched, and of the contents, asked of whatever is read, for the
same contents may have been gzipped anew.
"""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from lawful.learning.idx import parsed, unpacked
from lawful.learning.samples import Samples
from lawful.refusal import Refusal

GOAL = 0.98
"""What one hidden layer of some 100 neurons reaches on the test set, well trained."""

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://yann.lecun.com/exdb/mnist/",
)
TIMEOUT = 20  # seconds without an answer


@dataclass(frozen=True)
class Published:
    """SHA-256 of a file as it is published, and of its contents."""

    gzipped: str
    contents: str


FILES = {
    "train-images-idx3-ubyte.gz": Published(
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte.gz": Published(
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte.gz": Published(
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte.gz": Published(
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}


def mnist() -> Samples:
    """The 60 000 digits to learn from, with `.test`, the 10 000 to test.

    Returns
    -------
    Samples
        X (60000, 784), float32 from 0 to 1 (half the memory of float64, pixels
        rounded once), row by row from the top left; y (60000, 10), float32. Solved
        at 0.98.

    Raises
    ------
    Refusal
        Where the files are nowhere to be had, are damaged, or do not fit each other.

    Notes
    -----
    Files in `$LAWFUL_DATA/mnist` may be other digits in the same form; `notes` then
    say that they are not the published ones. Fetched files must be.
    """
    contents, notes = _contents()
    arrays = {name: parsed(data, name) for name, data in contents.items()}
    test = _samples(arrays, "t10k", (), None)
    return _samples(arrays, "train", notes, test)


def _contents() -> tuple[dict[str, bytes | bytearray], tuple[str, ...]]:
    """What the four files hold, the user's own first, and what is to be said of them."""
    root = os.environ.get("LAWFUL_DATA")
    own = _beside(Path(root).expanduser() / "mnist") if root else {}
    if not own:
        return _fetched(), ()
    contents = {name: unpacked(path) for name, path in own.items()}
    others = [own[name].name for name, data in contents.items() if not _is_published(name, data)]
    return contents, tuple(
        f"{name} is not the published file: other digits are read" for name in others
    )


def _beside(folder: Path) -> dict[str, Path]:
    """The four files in a folder, gzipped or not; none of them, or all."""
    found: dict[str, Path] = {}
    for name in FILES:
        for place in (folder / name, folder / name.removesuffix(".gz")):
            if place.is_file():
                found.setdefault(name, place)
    if found and (missing := [name for name in FILES if name not in found]):
        raise Refusal(
            f"the folder {folder} has no {' and no '.join(missing)}",
            f"all of {', '.join(FILES)}",
            "put the rest beside them",
        )
    return found


def _fetched() -> dict[str, bytes | bytearray]:
    """What the four files in the cache hold, those that are not there brought first."""
    try:
        import pooch
    except ImportError:
        raise Refusal(
            "MNIST is not in $LAWFUL_DATA/mnist, and the package 'pooch' that fetches it is not "
            "installed",
            remedy=f"run: pip install 'lawful[data]', or put {', '.join(FILES)} there",
        ) from None
    folder = Path(pooch.os_cache("lawful")) / "mnist"
    return {name: _kept(folder, name) or _download(pooch, folder, name) for name in FILES}


def _kept(folder: Path, name: str) -> bytes | bytearray | None:
    """What a file in the cache holds, gzipped or not, if it is what was published."""
    for path in (folder / name, folder / name.removesuffix(".gz")):
        if not path.is_file():
            continue
        with contextlib.suppress(Refusal):  # damaged: it is fetched again
            if _is_published(name, data := unpacked(path)):
                return data
    return None


def _download(pooch: Any, folder: Path, name: str) -> bytes | bytearray:
    reasons = []
    for mirror in MIRRORS:
        try:
            fetched = pooch.retrieve(
                mirror + name,
                known_hash=f"sha256:{FILES[name].gzipped}",
                fname=name,
                path=folder,
                downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
            )
        except (OSError, ValueError) as error:
            reasons.append(f"{urlsplit(mirror).hostname}: {_reason(error)}")
        else:
            return unpacked(Path(fetched))  # its sum was asked of the whole file
    raise Refusal(
        f"MNIST is not on this machine and could not be fetched ({'; '.join(reasons)})",
        f"the files {', '.join(FILES)}",
        "set LAWFUL_DATA to a folder and put them into its folder mnist, or put them into "
        f"{folder}",
    )


def _reason(error: OSError | ValueError) -> str:
    """Why a mirror was of no use, in few words."""
    if isinstance(error, ValueError) and "hash" in str(error).lower():
        return "not the published file"
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"answers {status}"
    return getattr(error, "strerror", None) or type(error).__name__


def _is_published(name: str, data: bytes | bytearray) -> bool:
    return hashlib.sha256(data).hexdigest() == FILES[name].contents


def _samples(
    arrays: Mapping[str, NDArray[Any]], part: str, notes: tuple[str, ...], test: Samples | None
) -> Samples:
    images = arrays[f"{part}-images-idx3-ubyte.gz"]
    labels = arrays[f"{part}-labels-idx1-ubyte.gz"]
    if images.ndim != 3 or images.dtype != np.uint8 or 0 in images.shape:
        raise Refusal(
            f"MNIST's {part} images are {images.dtype} of the shape {images.shape}",
            "unsigned bytes, (images, rows, columns)",
        )
    if labels.shape != images.shape[:1] or labels.dtype != np.uint8:
        raise Refusal(
            f"MNIST's {part} labels are {labels.dtype} of the shape {labels.shape}",
            f"{len(images)} unsigned bytes, one for each image",
        )
    count, rows, columns = images.shape
    pixels = np.divide(images.reshape(count, -1), np.float32(255), dtype=np.float32)
    return Samples.from_labels(
        pixels,
        labels,
        [str(digit) for digit in range(10)],
        name="mnist" if part == "train" else "mnist, to test",
        features=tuple(f"pixel_{r}_{c}" for r in range(rows) for c in range(columns)),
        goal=GOAL,
        notes=notes,
        test=test,
    )
