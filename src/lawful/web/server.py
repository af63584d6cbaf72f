"""The studio's server: pages, their JSON twins, one WebSocket, on this machine alone.

    /            the page and its modules          /ws        the line of `hub`
    /api/v1/…    the same in JSON                  guard      in front of all of it

Starlette and uvicorn (`lawful[web]`). It listens on 127.0.0.1; another address needs
`beyond=True`, and then the token is all that stands between a network and your files.
"""

import ipaddress
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lawful.refusal import Refusal, missing_extra

if not all(map(find_spec, ("starlette", "uvicorn", "websockets"))):
    raise missing_extra("starlette", "web")

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from lawful.web.channel import Channel
from lawful.web.guard import Guard, Guarded, TooLarge, hosts
from lawful.web.hub import Line
from lawful.web.jobs import Jobs
from lawful.web.rest import routes
from lawful.web.uploads import LARGEST
from lawful.web.workspace import Workspace

STATIC = Path(__file__).with_name("static")
PORT = 8642
LOOPBACK = ("127.0.0.1", "localhost", "::1")
THREADS = 16
MESSAGE = 4_000_000  # bytes of one message of a page: pasted data are the longest


@dataclass(frozen=True)
class Studio:
    """A server that runs.

    Attributes
    ----------
    url
        Where it is, with the token.
    folder
        What it shows.
    token
        Also good as `Authorization: Bearer TOKEN`.
    """

    url: str
    folder: Path
    token: str


class Kept:
    """The network of one page: it stays while the page shows something else, and rests then."""

    def __init__(self) -> None:
        self._session: Any = None
        self._making = threading.Lock()

    def channel(self, view: str, look: Mapping[str, Any]) -> Channel:
        """A view of it; the first one makes it."""
        network = import_module("lawful.web.live.network")
        with self._making:  # two views side by side are opened at once
            made: Any = network.channel(look, view=view, session=self._session)
            self._session = made.session
        return made


def made(
    workspace: Workspace, kept: Kept, view: str, run: str | None, look: Mapping[str, Any]
) -> Channel:
    """The channel of a view.

    Parameters
    ----------
    workspace
        Where runs are.
    kept
        What the page's views of a network share.
    view, run, look
        What the page asks for.

    Raises
    ------
    Refusal
        For a view or a run that is not there.
    """
    if run is not None:
        opened = workspace.open(run)
        if view not in opened.views:
            raise Refusal(
                f"the view {view!r} of {opened.name}", "one of " + ", ".join(opened.views)
            )
        if view == "energy" and opened.kind == "data":
            return import_module("lawful.web.live.growing").channel(opened)
        return import_module(f"lawful.web.scenes.{view}").reading(opened)
    if view in ("network", "training"):
        return kept.channel(view, look)
    if view == "field":
        return import_module("lawful.web.live.field").channel(look)
    raise Refusal(f"the view {view!r} without a run", "network, training or field")


def application(workspace: Workspace, guard: Guard) -> Guarded:
    """The whole as one ASGI application."""
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="lawful-view")
    jobs = Jobs(workspace)

    async def line(page: WebSocket) -> None:
        await Line(page, partial(made, workspace, Kept()), threads).run()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # What the first view will need, while the browser is still on its way.
        threads.submit(import_module, "lawful.web.live.network")
        yield
        jobs.close()
        threads.shutdown(wait=False, cancel_futures=True)

    app = Starlette(
        routes=[
            WebSocketRoute("/ws", line),
            *routes(workspace, jobs),
            Mount("/", StaticFiles(directory=STATIC, html=True)),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=1024)],
        exception_handlers={TooLarge: _too_large},
        lifespan=lifespan,
    )
    return Guarded(app, guard)


async def _too_large(_: Request, why: Exception) -> JSONResponse:
    record = {"got": "a body that is too large", "expected": str(why), "remedy": ""}
    return JSONResponse({"error": record}, status_code=413)


def is_loopback(host: str) -> bool:
    """Whether an address leads to this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("localhost")
    (True, False, True)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bound(host: str, port: int, beyond: bool) -> socket.socket:
    if not is_loopback(host) and not beyond:
        raise Refusal(
            f"the address {host!r}, which others can reach",
            "127.0.0.1",
            "say --beyond-this-machine if that is meant: whoever has the token can then read the "
            "folder and start runs",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)  # whoever comes before the first answer waits, and is not refused
    except (OSError, OverflowError) as why:
        listening.close()
        raise Refusal(
            f"cannot listen on {host}:{port}: {why}",
            "a free port",
            "take another with --port, or --port 0",
        ) from None
    return listening


@contextmanager
def prepared(
    folder: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    token: str | None = None,
    beyond: bool = False,
) -> Iterator[tuple[uvicorn.Server, socket.socket, Studio]]:
    """A server, its socket bound, ready to run.

    Raises
    ------
    Refusal
        For a folder that is none, an address that others can reach, a port in use.
    """
    workspace = Workspace(folder)
    token = token or secrets.token_urlsafe(24)
    listening = _bound(host, port, beyond)
    try:
        port = listening.getsockname()[1]
        names = {*LOOPBACK, host} if is_loopback(host) else {*LOOPBACK, host, *_own_names()}
        guard = Guard(hosts(names, port), token, (("/api/v1/uploads", LARGEST),), f"lawful-{port}")
        config = uvicorn.Config(
            application(workspace, guard),
            log_level="warning", access_log=False, ws="websockets-sansio", ws_max_size=MESSAGE,
            ws_per_message_deflate=False, timeout_graceful_shutdown=2, server_header=False,
            timeout_keep_alive=30,
        )  # fmt: skip
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{port}/?token={token}"
        yield uvicorn.Server(config), listening, Studio(url, workspace.folder, token)
    finally:
        listening.close()


def _own_names() -> set[str]:
    """By what others may call this machine."""
    names = {socket.gethostname(), socket.getfqdn()}
    with suppress(OSError):
        names |= {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)}
    return names


@contextmanager
def served(folder: str | Path, **options: Any) -> Iterator[Studio]:
    """A studio in a thread of this process, for as long as the block runs.

    Parameters
    ----------
    folder
        What it shows.
    **options
        host, port (0 takes a free one), token, beyond.

    Examples
    --------
    >>> import json, tempfile, urllib.request
    >>> with served(tempfile.mkdtemp(), port=0) as studio:
    ...     where = studio.url.split("/?")[0] + "/api/v1/health"
    ...     answer = urllib.request.urlopen(where).status
    >>> answer
    200
    """
    with prepared(folder, **options) as (server, listening, studio):
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="lawful-studio", daemon=True
        )
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.01)
        try:
            yield studio
        finally:
            server.should_exit = True
            thread.join(10)
