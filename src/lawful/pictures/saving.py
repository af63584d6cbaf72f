"""Pictures and films as files: PNG, SVG, PDF, GIF, MP4, by the ending of the name.

A file is whole or not there. A film's frames are drawn once and go to the encoder as
they come. A GIF has one palette for all its frames, so that nothing flickers and only
what moves takes room; its format is that of CompuServe's "Graphics Interchange
Format 89a" (https://www.w3.org/Graphics/GIF/spec-gif89a.txt).
"""

import io
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lawful.pictures import style
from lawful.pictures.animation import Animation
from lawful.refusal import Refusal
from lawful.store import write_atomically

STILL = (".png", ".svg", ".pdf")
MOVING = (".gif", ".mp4")
DOTS = 200.0
FILM_DOTS = 100.0
LARGEST = 3_000_000  # bytes of a GIF whose dots the caller left open
COLOURS = 255  # one of 256 stays free, for "as it was before"

Progress = Callable[[int, int], object]
Pixels = NDArray[np.uint8]


def save(
    picture: Figure | Animation,
    path: str | Path,
    *,
    dpi: float | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a picture or a film, in the format that the name ends in.

    Parameters
    ----------
    picture
        A figure for PNG, SVG or PDF; an `Animation` for GIF or MP4. An animation
        saved as PNG, SVG or PDF gives its last frame.
    path
        Where to; a file there is replaced once the new one is whole.
    dpi
        Dots an inch: 200 for pictures and 100 for films when not given, less where
        a GIF would grow beyond 3 MB.
    progress
        Called with (frames done, frames in all).

    Returns
    -------
    The path.

    Raises
    ------
    Refusal
        For an ending that is none of these, a figure as a film, a place that cannot
        be written, or MP4 where ffmpeg is not installed.

    Examples
    --------
    >>> from lawful.pictures.style import figure
    >>> with figure("light", (2.0, 1.0)) as (picture, look):
    ...     line = picture.subplots().plot([0, 1], [0, 1])
    >>> save(picture, "line.png").stat().st_size > 1000
    True
    >>> save(picture, "line.bmp")
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: a picture named 'line.bmp'; expected a name that ends in .png, .svg, \
.pdf, .gif or .mp4
    """
    place = Path(path)
    ending = place.suffix.lower()
    if ending not in (*STILL, *MOVING):
        wanted = "a name that ends in " + ", ".join((*STILL, MOVING[0])) + f" or {MOVING[1]}"
        raise Refusal(f"a picture named {place.name!r}", wanted)
    if ending in STILL:
        figure = picture.draw(-1) if isinstance(picture, Animation) else picture
        write_atomically(place, _still(figure, ending[1:], dpi or DOTS))
    elif not isinstance(picture, Animation):
        raise Refusal(
            f"a still picture as {ending}", "an animation", f"name it {place.stem}.png instead"
        )
    elif ending == ".gif":
        write_atomically(place, _gif(picture, dpi, progress))
    else:
        write_mp4(picture, place, dpi=dpi or FILM_DOTS, progress=progress)
    return place


def _still(figure: Figure, ending: str, dpi: float) -> bytes:
    """The bytes of a picture, the same for the same picture, its words in the metadata."""
    words = figure.get_label() or "A picture by lawful"
    about: dict[str, dict[str, Any]] = {
        "png": {"Description": words, "Software": "lawful"},
        "svg": {"Description": words, "Creator": "lawful", "Date": None},
        "pdf": {"Subject": words, "Creator": "lawful", "CreationDate": None},
    }
    content = io.BytesIO()
    with style.printing():
        figure.savefig(content, format=ending, dpi=dpi, metadata=about[ending])
    return content.getvalue()


def _gif(animation: Animation, dpi: float | None, progress: Progress | None) -> bytes:
    """The bytes of a film, no larger than pages and mails like; told dots are kept."""
    dots = dpi or FILM_DOTS
    for _ in range(3):
        film = io.BytesIO()
        write_gif(animation, film, dpi=dots, progress=progress)
        if dpi is not None or film.tell() <= LARGEST:
            break
        dots *= (0.9 * LARGEST / film.tell()) ** 0.5
    return film.getvalue()


def write_gif(
    animation: Animation,
    file: BinaryIO,
    *,
    dpi: float = FILM_DOTS,
    progress: Progress | None = None,
) -> None:
    """Write an animation to an open file as GIF; it begins anew when it ends."""
    from PIL import Image

    last = animation.frames - 1
    sample = sorted({0, last // 4, last // 2, 3 * last // 4, last})
    palette = _Palette(animation.pixels(dpi=dpi, frames=sample))
    step = max(20, 10 * round(100 / animation.rate))  # GIF counts in hundredths of a second
    times = [step] * last + [step + round(100 * animation.hold) * 10]

    def pages() -> Iterator[Any]:
        for k, frame in enumerate(animation.pixels(dpi=dpi)):
            page = Image.fromarray(palette.indexed(frame))
            page.putpalette(palette.colours.tobytes())
            yield page
            if progress is not None:
                progress(k + 1, animation.frames)

    film = pages()
    next(film).save(
        file,
        format="GIF",
        save_all=True,
        append_images=film,
        duration=times if len(times) > 1 else times[0],
        loop=0,
        optimize=False,
        disposal=1,
        comment=animation.description.encode("ascii", "replace")[:255],
    )


class _Palette:
    """The colours of a film, and the nearest of them to any other, by 6 bits of each channel."""

    def __init__(self, frames: Iterator[Pixels]) -> None:
        from PIL import Image
        from scipy.spatial import cKDTree

        seen = np.concatenate([frame[::2, ::2].reshape(-1, 3) for frame in frames])
        sheet = Image.fromarray(seen.reshape(1, -1, 3)).quantize(COLOURS, Image.Quantize.MEDIANCUT)
        found = (sheet.getpalette() or [])[: 3 * COLOURS]
        self.colours = np.array(found, dtype=np.uint8).reshape(-1, 3)
        self._tree = cKDTree(style.oklab(self.colours / 255.0))
        self._nearest = np.full(1 << 18, -1, dtype=np.int16)

    def indexed(self, frame: Pixels) -> Pixels:
        """Each pixel's place in the palette, shape (height, width)."""
        r, g, b = (frame[..., k].astype(np.int32) >> 2 for k in range(3))
        codes = (r << 12) | (g << 6) | b
        places = self._nearest[codes]
        unknown = places < 0
        if unknown.any():
            self._find(np.unique(codes[unknown]))
            places = self._nearest[codes]
        return places.astype(np.uint8)

    def _find(self, codes: NDArray[np.int32]) -> None:
        """Look up the nearest colours to these codes, and remember them."""
        channels = np.stack([codes >> 12, codes >> 6 & 63, codes & 63], axis=-1)
        rgb = (channels * 4.0 + 2.0) / 255.0
        self._nearest[codes] = self._tree.query(style.oklab(rgb))[1]


def write_mp4(
    animation: Animation,
    path: str | Path,
    *,
    dpi: float = FILM_DOTS,
    progress: Progress | None = None,
) -> None:
    """Write an animation as MP4 with the user's ffmpeg.

    Raises
    ------
    Refusal
        Where ffmpeg is not installed, or will not encode.
    """
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise Refusal(
            "ffmpeg is not installed",
            "ffmpeg, for MP4",
            "install it (https://ffmpeg.org) or save as .gif",
        )
    place = Path(path)
    if not place.parent.is_dir():
        raise Refusal(f"no folder {str(place.parent)!r}", "a folder that is there", "make it first")
    beside = place.with_name(f".{place.stem}.{secrets.token_hex(4)}.part.mp4")
    try:
        _encode(ffmpeg, animation, beside, dpi, progress)
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)


def _encode(
    ffmpeg: str, animation: Animation, path: Path, dpi: float, progress: Progress | None
) -> None:
    """Send the frames to ffmpeg as raw pixels."""
    width, height = (round(inches * dpi) for inches in animation.figure.get_size_inches())
    command = [
        *(ffmpeg, "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"),
        *("-s", f"{width}x{height}", "-r", f"{animation.rate:g}", "-i", "-"),
        # Players want an even number of pixels and this kind of colour.
        *("-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p"),
        *("-movflags", "+faststart", "-metadata", f"title={animation.description}", str(path)),
    ]
    still = round(animation.hold * animation.rate)
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
        )
        assert process.stdin is not None  # noqa: S101
        try:
            for k, frame in enumerate(animation.pixels(dpi=dpi)):
                for _ in range(1 + still if k == animation.frames - 1 else 1):
                    process.stdin.write(frame.tobytes())
                if progress is not None:
                    progress(k + 1, animation.frames)
        except BrokenPipeError:
            pass  # ffmpeg has ended: its exit code and its words tell why
        except BaseException:
            process.kill()
            raise
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()
            code = process.wait()
        if code:
            complaints.seek(0)
            said = complaints.read().decode("utf-8", "replace").strip().splitlines()
            raise Refusal(f"ffmpeg failed: {said[-1] if said else code}", remedy="save as .gif")
