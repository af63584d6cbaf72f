"""What the browser tests stand on: a workspace with small runs, a server, one Chromium.

`studio` is a running server on a folder of its own; `page` a page of a fresh visitor, which
fails the test on any error of the console, any failed request and any request off the
machine; `pages(theme="dark", size=(390, 844))` makes others; `axe(page)` gives the serious
findings on its accessibility.
"""

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

HERE = Path(__file__).parent
# Enough for every view, and some seconds to make.
RUNS = (
    "simulate spring --runs 12 --samples 120 --out spring.csv",
    "discover spring.csv --degree 2 --out spring-laws",
    "learn xor --layers 2-3-1 --seeds 2 --no-pictures --out networks/xor",
    "remember digits --tasks 2 --seeds 1 --method basins naive --samples 300 --epochs 1"
    " --no-report --out memory",
    "train spring --runs 40 --samples 60 --epochs 2 --hidden 16 --latent-dim 4"
    " --out networks/spring",
)
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # A name that is not this machine's is not even looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LOCAL = ("127.0.0.1", "localhost", "::1")
PATIENCE = 30_000  # milliseconds until what is waited for counts as missing
BUILDING = 240  # seconds that the workspace may take on a busy machine


# ------------------------------------------------------------------------ the server


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A running server; `.url` opens its page, `.folder` is its workspace."""
    from lawful.web.server import served

    folder = tmp_path_factory.mktemp("studio") / "workspace"
    shutil.copytree(_workspace(tmp_path_factory), folder)
    with served(folder, port=0) as running:
        yield running


@pytest.fixture(scope="session")
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace itself, shared by all: to be looked at, not written to."""
    return _workspace(tmp_path_factory)


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A copy of the workspace for this test alone."""
    return Path(shutil.copytree(_workspace(tmp_path_factory), tmp_path / "workspace"))


def _workspace(factory: pytest.TempPathFactory) -> Path:
    """The folder of runs, made once for all processes of this session."""
    base = factory.getbasetemp()
    home = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    place, lock, failed = home / "runs", home / "runs.lock", home / "runs.failed"
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        _await(place, failed)
        return place
    building = home / "runs.building"
    building.mkdir()
    try:
        for words in RUNS:
            _make(words.split(), building)
    except BaseException as why:
        failed.write_text(str(why))
        raise
    building.rename(place)
    return place


def _make(words: list[str], folder: Path) -> None:
    """One call of `lawful`, in this process, where the next finds torch at hand."""
    from lawful.cli import main

    with chdir(folder), redirect_stdout(StringIO()), redirect_stderr(StringIO()) as said:
        try:
            code = main(words) or 0
        except SystemExit as end:
            code = end.code or 0
    if code:
        pytest.fail(f"lawful {' '.join(words)}: exit code {code}\n{said.getvalue()}")


def _await(place: Path, failed: Path) -> None:
    until = time.monotonic() + BUILDING
    while not place.exists():
        if failed.exists() or time.monotonic() > until:
            why = failed.read_text() if failed.exists() else f"not there after {BUILDING} s"
            pytest.fail(f"the workspace of the browser tests could not be made: {why}")
        time.sleep(0.2)


# ----------------------------------------------------------------------- the browser


def chromium() -> str:
    """Where Chromium is; without one the test is left out, or fails where CI wants them all."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        left_out = pytest.fail if os.environ.get("CI") else pytest.skip
        left_out("no Chromium for the browser tests; on Debian: apt-get install chromium")
    return found


@contextmanager
def _running(loop: asyncio.AbstractEventLoop | None) -> Iterator[None]:
    """Lend this thread's event loop to Playwright.

    Its synchronous API parks a running loop in the thread, and asyncio.run refuses to work
    beside it; so between the browser tests there is none.
    """
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(before)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of a process."""
    from playwright.sync_api import sync_playwright

    with _running(None):
        driver = sync_playwright().start()
        loop = asyncio._get_running_loop()
        opened = driver.chromium.launch(executable_path=chromium(), args=list(FLAGS))
    opened.lawful_loop = loop
    yield opened
    with _running(loop):
        opened.close()
        driver.stop()


class Pages:
    """Makes pages and keeps account of what goes wrong on them."""

    def __init__(self, browser: Any) -> None:
        self.faults: list[str] = []
        self.forgiven: list[str] = []
        self._browser = browser
        self._contexts: list[Any] = []

    def __call__(
        self,
        theme: str = "light",
        size: tuple[int, int] = (1280, 900),
        still: bool = False,
        **more: Any,
    ) -> Any:
        """A page of a fresh visitor: "light" or "dark", so large, with less motion or not."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            reduced_motion="reduce" if still else "no-preference",
            **more,
        )
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        context.on("page", self._watch)
        return context.new_page()

    def forgive(self, *words: str) -> None:
        """Let faults pass that hold one of these words: a test that provokes them."""
        self.forgiven += words

    def close(self) -> list[str]:
        """Close all; what went wrong and was not forgiven."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()
        return [fault for fault in self.faults if not any(w in fault for w in self.forgiven)]

    def _watch(self, page: Any) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda why: self.faults.append(f"error on the page: {why}"))
        page.on("request", lambda r: self._see(r.url))
        page.on("websocket", lambda w: self._see(w.url))
        page.on("requestfailed", self._miss)
        page.on("response", self._weigh)

    def _hear(self, said: Any) -> None:
        if said.type == "error":
            self.faults.append(f"console error: {said.text} ({said.location.get('url')})")

    def _see(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in LOCAL:
            self.faults.append(f"request off the machine: {url}")

    def _miss(self, request: Any) -> None:
        # What is still on its way when a page is left, or goes to the disk, is no fault.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed request: {request.url}: {request.failure}")

    def _weigh(self, response: Any) -> None:
        if response.status >= 400:
            self.faults.append(f"status {response.status}: {response.url}")


@pytest.fixture
def pages(browser: Any) -> Iterator[Pages]:
    """Makes pages; the test fails where something goes wrong on one of them."""
    with _running(browser.lawful_loop):
        made = Pages(browser)
        yield made
        faults = made.close()
    assert not faults, "\n".join(dict.fromkeys(faults))


@pytest.fixture
def page(pages: Pages) -> Any:
    """A page of a fresh visitor, 1280 × 900, light."""
    return pages()


# --------------------------------------------------------------------- accessibility

GRAVE = ("serious", "critical")


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """`axe(page)`: the serious and critical findings, a sentence with the elements each.

    `within` is a CSS selector of the part that is looked at; `without` names rules that are
    left out.
    """
    source = (HERE / "axe.min.js").read_text(encoding="utf-8")

    def look(page: Any, within: str | None = None, without: tuple[str, ...] = ()) -> list[str]:
        # Through the debugger's line, so that the page's own rules for scripts stay whole.
        page.evaluate(source + "\n;undefined")
        options = {
            "resultTypes": ["violations"],
            "rules": {rule: {"enabled": False} for rule in without},
        }
        found = page.evaluate(
            "([within, options]) => axe.run(within || document, options)", [within, options]
        )
        return [_finding(rule) for rule in found["violations"] if rule["impact"] in GRAVE]

    return look


def _finding(rule: dict[str, Any]) -> str:
    shown = [
        f"{node['target']} {node['html'][:200]} ({(node.get('failureSummary') or '').strip()})"
        for node in rule["nodes"][:5]
    ]
    more = f" and {len(rule['nodes']) - 5} more" if len(rule["nodes"]) > 5 else ""
    return f"{rule['impact']} {rule['id']}: {rule['help']}: " + json.dumps(shown) + more
