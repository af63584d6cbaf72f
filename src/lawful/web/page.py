"""A run's views as one page that opens from disk: no server, no network.

    styles + views + what they would have been told  ->  one HTML text

Each view is asked for what it shows first, for every run up to a number, and the answers are
put into the page, numbers as base64. What a view asks beyond that is refused there in words,
and it keeps what it has. The page's policy allows its own script and styles, by their
SHA-256, and no connection at all.
"""

import base64
import hashlib
import html
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from lawful import __version__
from lawful.refusal import Refusal
from lawful.web import esm, held
from lawful.web.channel import Channel
from lawful.web.codec import Message, parted

Question = tuple[str, Mapping[str, Any]]
Share = Callable[[float], None]

RUNS = 12
LARGEST = 16_000_000  # bytes of recorded answers: what a mail or a repository still takes
HOST = "page.js"
THEMES = ("auto", "light", "dark")


@dataclass(frozen=True)
class Page:
    """A page, and what is in it.

    Attributes
    ----------
    html
        The whole.
    views
        Those that it shows.
    left
        Sentences on what is not in it.
    """

    html: str
    views: tuple[str, ...]
    left: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """What JSON says of it."""
        return {"views": list(self.views), "left": list(self.left)}


@dataclass
class Record:
    """Answers that go into the page.

    Attributes
    ----------
    answers
        Each with its view, its question and what was answered.
    left
        Sentences on what is not there.
    size
        Bytes so far.
    full
        The first run for which there was no room.
    """

    answers: list[dict[str, Any]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    size: int = 0
    full: int = sys.maxsize


def exported(
    opened: held.Shown,
    views: Sequence[str] | None = None,
    runs: int = RUNS,
    *,
    theme: Literal["auto", "light", "dark"] = "auto",
    largest: int = LARGEST,
    share: Share | None = None,
) -> Page:
    """One self-contained HTML page.

    Parameters
    ----------
    opened
        A run or a data file, opened.
    views
        Names of views; all that can show it when not given.
    runs
        How many trajectories of the data, from the first.
    theme
        As the page opens; "auto" is as the reader's system is.
    largest
        Bytes of recorded answers; what is beyond is left out, and the page says so.
    share
        Called with the share that is done, 0 to 1.

    Raises
    ------
    Refusal
        For a view that cannot show this run, a number of runs below 1, or where no view has
        anything to show.
    """
    chosen = _chosen(opened, views)
    if runs < 1:
        raise Refusal(f"{runs} runs", "a whole number from 1 up")
    if theme not in THEMES:
        raise Refusal(f"the theme {theme!r}", "one of " + ", ".join(THEMES))
    record = Record()
    shown = _recorded(opened, chosen, views is not None, runs, record, largest, share)
    head = {
        "name": opened.name,
        "kind": opened.kind,
        "sentence": _sentence(opened),
        "created": opened.created,
        "version": __version__,
        "theme": theme,
        "views": shown,
        "left": record.left,
    }
    text = _page(opened.name, shown, {**head, "answers": record.answers})
    return Page(text, tuple(shown), tuple(record.left))


def _chosen(opened: held.Shown, views: Sequence[str] | None) -> tuple[str, ...]:
    for view in views or ():
        if view not in opened.views:
            there = ", ".join(opened.views) or "none"
            raise Refusal(f"the view {view!r} of {opened.name}", f"one of {there}")
    return tuple(dict.fromkeys(views)) if views else opened.views


def _sentence(opened: held.Shown) -> str:
    """What it is; of data, how much there is."""
    return held.sized(opened.trajectories()) if opened.kind == "data" else opened.sentence


# ----------------------------------------------------------------------------- answers


class _Asking:
    """Asks the views what they would show, and keeps what they answer."""

    def __init__(self, opened: held.Shown, record: Record, largest: int) -> None:
        self._opened, self._record, self._largest = opened, record, largest
        self.channels: dict[str, Channel] = {}
        self._runs: dict[str, int] = {}

    def first(self, view: str) -> None:
        """What a view shows first.

        Raises
        ------
        Refusal
            Where it has nothing to show.
        """
        channel = import_module(f"lawful.web.scenes.{view}").reading(self._opened)
        data = self._keep(view, channel, "scene", {})
        self.channels[view] = channel
        listed = data.get("runs")
        self._runs[view] = len(listed) if isinstance(listed, list) else 0

    def more(self) -> Iterator[tuple[str, Question]]:
        """What is asked of each view beyond its first picture and its runs."""
        for view in self.channels:
            yield view, ("python", {})
            extra = getattr(import_module(f"lawful.web.scenes.{view}"), "recorded", None)
            for question in extra(self._opened) if extra is not None else ():
                yield view, question

    def ask(self, view: str, question: Question) -> bool:
        """Keep an answer, where there is one and room for it; whether there was one."""
        if self._record.size >= self._largest:
            if question[0] == "scene":
                self._record.full = min(self._record.full, question[1].get("run", sys.maxsize))
            return True
        try:
            self._keep(view, self.channels[view], *question)
        except Refusal:  # a view without lines in Python, or without that run
            return False
        return True

    def count(self) -> int:
        """How many runs there are, as far as anybody says."""
        try:
            own = int(self._opened.trajectories().sizes["run"])
        except Refusal:  # a run whose views need no trajectories
            own = 1
        return max(own, *self._runs.values())

    def close(self) -> None:
        for channel in self.channels.values():
            channel.close()

    def _keep(
        self, view: str, channel: Channel, name: str, given: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        message = channel.receive(name, given) or Message()
        header, buffers = parted(message)
        arrays = [
            {**about, "base64": base64.b64encode(buffer).decode("ascii")}
            for about, buffer in zip(header["arrays"], buffers, strict=True)
        ]
        data = header["data"]
        self._record.size += sum(len(array["base64"]) for array in arrays) + len(json.dumps(data))
        self._record.answers.append(
            {"view": view, "do": name, "with": dict(given), "data": data, "arrays": arrays}
        )
        return data


def _recorded(
    opened: held.Shown,
    views: Sequence[str],
    asked: bool,
    runs: int,
    record: Record,
    largest: int,
    share: Share | None,
) -> list[str]:
    """Ask each view, its first picture before all others; the views that have one."""
    asking = _Asking(opened, record, largest)
    done = share or (lambda _: None)
    try:
        for k, view in enumerate(views):
            try:
                asking.first(view)
            except Refusal as why:
                if asked:
                    raise
                record.left.append(f"The view {view} is not here: {why}.")
            done((k + 1) / (2 * len(views)))
        if not asking.channels:
            raise Refusal(f"{opened.name} has nothing to show", remedy=" ".join(record.left))
        for view, question in asking.more():
            asking.ask(view, question)
        _ask_runs(asking, runs, record, done)
    finally:
        asking.close()
    return list(asking.channels)


def _ask_runs(asking: _Asking, runs: int, record: Record, done: Share) -> None:
    """The other runs, each for all views before the next."""
    count, going = asking.count(), list(asking.channels)
    many = min(runs, count)
    for run in range(1, many):
        going = [view for view in going if asking.ask(view, ("scene", {"run": run}))]
        for view in going:
            asking.ask(view, ("python", {"run": run}))  # where the lines depend on it
        done(0.5 + run / (2 * many))
    here = min(many, record.full)
    if here < count:
        why = f"; more would make it larger than {record.size / 1e6:.0f} MB" if here < many else ""
        record.left.append(f"Of {count} runs this page holds the first {here}{why}.")


# ------------------------------------------------------------------------------- page


def _page(name: str, views: Sequence[str], data: Mapping[str, Any]) -> str:
    entries = (HOST, *(f"views/{view}.js" for view in views))
    style = esm.styles(entries).replace("</", "<\\/")
    body = _unclosed(
        f"const lawful = {esm.script(entries)};\nlawful[{json.dumps(HOST)}].show(lawful);"
    )
    policy = (
        f"default-src 'none'; script-src '{_digest(body)}'; style-src '{_digest(style)}'; "
        "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
    )
    given = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    # Nothing in the data can end its element or open a comment.
    given = given.replace("<", "\\u003c")
    title = html.escape(f"{name} · Lawful")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{title}</title>\n<style>{style}</style>\n</head>\n<body class="lawful">\n'
        f"<noscript>This page draws with a script of its own; allow it to run.</noscript>\n"
        f'<script type="application/json" id="lawful-data">{given}</script>\n'
        f"<script>{body}</script>\n</body>\n</html>\n"
    )


def _unclosed(script: str) -> str:
    r"""A script that nothing in it ends early.

    >>> print(_unclosed("a = '</script><!--'"))
    a = '<\/script><\!--'
    """
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
