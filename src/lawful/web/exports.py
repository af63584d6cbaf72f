"""What can be taken away from a run: pictures, films, numbers, a page of its own.

/api/v1/runs/ID/export/trajectory.png | .gif | .mp4     drawn by `lawful.pictures`
/api/v1/runs/ID/export/VIEW.json                        what the view is sent
/api/v1/runs/ID/export/page.html                        the page of `lawful export`
/api/v1/runs/ID/export/pictures/NAME                    what the run has drawn itself
"""

import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

from lawful.refusal import Refusal
from lawful.store import to_json
from lawful.web.workspace import Opened

MEDIA = {
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
}
DRAWN = (".png", ".gif", ".mp4")
LISTED = 40  # pictures of a run's own


@dataclass(frozen=True)
class Export:
    """A file to be saved: its name, what it is, and its bytes."""

    name: str
    media: str
    content: bytes


def listed(opened: Opened) -> list[dict[str, str]]:
    """What there is to take, as links.

    Parameters
    ----------
    opened
        A run.

    Returns
    -------
    Entries `{"label": "Film (GIF)", "href": "/api/v1/runs/…"}`.
    """
    home = f"/api/v1/runs/{quote(opened.id, safe='')}/export/"
    names = {"Page for disk (HTML)": "page.html"} if opened.views else {}
    if "trajectory" in opened.views:
        words = {".png": "Picture (PNG)", ".gif": "Film (GIF)", ".mp4": "Film (MP4)"}
        names |= {words[suffix]: f"trajectory{suffix}" for suffix in DRAWN}
    names |= {f"{view}: data (JSON)": f"{view}.json" for view in opened.views}
    own = _own(opened)[:LISTED]
    names |= {place.stem.replace("-", " "): f"pictures/{quote(place.name)}" for place in own}
    return [{"label": label, "href": home + name} for label, name in names.items()]


def made(opened: Opened, name: str, *, run: int = 0, theme: str = "dark") -> Export:
    """One of them.

    Raises
    ------
    Refusal
        For a name that is none of them, or what its maker refuses: MP4 without ffmpeg.
    """
    stem, suffix = Path(name).stem, Path(name).suffix
    shown = f"{opened.id.replace('~', '-')}-{Path(name).name}"
    if name.startswith("pictures/"):
        place = next((p for p in _own(opened) if f"pictures/{p.name}" == name), None)
        if place is not None:
            return Export(shown, MEDIA[place.suffix], place.read_bytes())
    elif name == "page.html":
        page = import_module("lawful.web.page").exported(opened)
        return Export(shown, MEDIA[suffix], page.html.encode())
    elif suffix == ".json" and stem in opened.views:
        scene = import_module(f"lawful.web.scenes.{stem}").scene(opened)
        return Export(shown, MEDIA[suffix], to_json(scene.to_dict()).encode())
    elif stem == "trajectory" and suffix in DRAWN and stem in opened.views:
        return Export(shown, MEDIA[suffix], _motion(opened, suffix, run, theme))
    raise Refusal(f"the export {name[:80]!r}", "one that the run's record lists under exports")


def _motion(opened: Opened, suffix: str, run: int, theme: str) -> bytes:
    from lawful.pictures import motion_animation, motion_picture, save

    draw = motion_picture if suffix == ".png" else motion_animation
    picture = draw(opened.trajectories(), opened.laws(), run=run, name=opened.name, theme=theme)
    with tempfile.TemporaryDirectory() as desk:
        place = Path(desk) / f"picture{suffix}"
        save(picture, place)
        return place.read_bytes()


def _own(opened: Opened) -> list[Path]:
    """What the run has drawn itself; no links."""
    home = opened.path / "pictures"
    if opened.folder is None or home.is_symlink() or not home.is_dir():
        return []
    found = (p for p in sorted(home.iterdir()) if p.suffix in (".png", ".svg", ".gif", ".mp4"))
    return [place for place in found if place.is_file() and not place.is_symlink()]
