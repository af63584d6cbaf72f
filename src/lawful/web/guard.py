"""Who may speak to the studio: this machine's own browser, and nobody behind its back.

    Host      names this server, or 400          (a foreign name that leads here: DNS rebinding)
    Origin    is this server, or 403             (WebSockets, and whatever changes something)
    token     in the address once, then a cookie that scripts cannot read, or 401
    body      up to a size, or 413

Every answer says that a page may load nothing from anywhere else, run no script that is
not a file of ours, and be shown in no frame.
Sources: W3C, *Content Security Policy Level 3*; RFC 6265bis on `SameSite`; RFC 6454.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
        "font-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)  # fmt: skip
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
OPEN = frozenset({"/api/v1/health"})  # says that the studio is there, and nothing else
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LARGEST = 1_000_000  # bytes of a request's body, where no route says otherwise


@dataclass(frozen=True)
class Guard:
    """What a request must show.

    Attributes
    ----------
    hosts
        The names and ports by which this server may be called.
    token
        What the first address carries.
    large
        Paths whose body may be larger, and how large.
    cookie
        The cookie's name: cookies do not know ports, so the name does.
    secret
        The cookie's value; not the token, which may stand in a history.
    """

    hosts: frozenset[str]
    token: str = field(repr=False)
    large: tuple[tuple[str, int], ...] = ()
    cookie: str = "lawful"
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def knows(self, host: str) -> bool:
        """Whether the server is called by a name of its own."""
        return host.lower() in self.hosts

    def ours(self, origin: str) -> bool:
        """Whether a page of this server speaks."""
        scheme, _, host = origin.partition("://")
        return scheme in ("http", "https") and self.knows(host)

    def has_token(self, given: str) -> bool:
        """Compared in constant time."""
        return secrets.compare_digest(given.encode(), self.token.encode())

    def admitted(self, headers: Headers) -> bool:
        """By the cookie, or by the token in an `Authorization` header, for programs."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.has_token(given.strip()):
            return True
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(headers.get("cookie", ""))
        except CookieError:
            return False
        held = jar.get(self.cookie)
        return held is not None and secrets.compare_digest(
            held.value.encode(), self.secret.encode()
        )

    def limit(self, path: str) -> int:
        """How large a body may be."""
        return next((size for start, size in self.large if path.startswith(start)), LARGEST)


class Guarded:
    """An application behind a guard."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self.app, self.guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the headers that every answer carries."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._refused(scope)
        if refusal is not None:
            await _answer(refusal, scope, receive, send)
        elif scope["type"] == "websocket":
            await self.app(scope, receive, send)
        else:
            limit = self.guard.limit(scope["path"])
            await self.app(scope, _capped(receive, limit), _with_headers(send, scope["path"]))

    def _refused(self, scope: Scope) -> Response | None:
        guard, headers = self.guard, Headers(scope=scope)
        socket = scope["type"] == "websocket"
        if not guard.knows(headers.get("host", "")):
            return _no(400, "a request for another host", "the address that `lawful open` printed")
        origin = headers.get("origin")
        changing = socket or scope["method"] in CHANGING
        if (changing and origin is None) or (origin is not None and not guard.ours(origin)):
            return _no(
                403, f"a request from {origin or 'no page'}", "one from a page of this server"
            )
        if _length(headers) > guard.limit(scope["path"]):
            most = guard.limit(scope["path"])
            return _no(413, "a body that is too large", f"at most {most:,} bytes".replace(",", " "))
        if guard.admitted(headers) or scope["path"] in OPEN:
            return None
        return self._welcomed(scope) or _no_token(scope)

    def _welcomed(self, scope: Scope) -> Response | None:
        """Who brings the token is sent on to the same page without it, with the cookie."""
        if scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD"):
            return None
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if not any(name == "token" and self.guard.has_token(value) for name, value in asked):
            return None
        rest = urlencode([(name, value) for name, value in asked if name != "token"])
        # One slash alone: an address that begins with two would lead to another host.
        path = "/" + scope["path"].lstrip("/\\")
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), status_code=303)
        answer.set_cookie(
            self.guard.cookie, self.guard.secret, httponly=True, samesite="strict", path="/"
        )
        return answer


def _length(headers: Headers) -> int:
    given = headers.get("content-length", "0")
    return int(given) if given.isascii() and given.isdigit() else 0


def _no(status: int, got: str, expected: str, remedy: str = "") -> Response:
    record = {"got": got, "expected": expected, "remedy": remedy}
    return JSONResponse({"error": record}, status_code=status)


def _no_token(scope: Scope) -> Response:
    remedy = "open the whole address that `lawful open` printed, with its token"
    if scope["path"].startswith("/api/") or scope["type"] == "websocket":
        return _no(401, "no token", "the cookie, or Authorization: Bearer TOKEN", remedy)
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Lawful</title>'
        f"<h1>This studio is locked</h1><p>To come in, {remedy}.</p></html>"
    )
    return HTMLResponse(page, status_code=401)


async def _answer(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """An answer to a request; to a WebSocket, before it is opened, where the server can."""
    if scope["type"] == "http":
        await answer(scope, receive, _with_headers(send, "/api/"))
        return
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    start: dict[str, Any] = {"status": answer.status_code, "headers": answer.raw_headers}
    await send({"type": "websocket.http.response.start", **start})
    await send({"type": "websocket.http.response.body", "body": answer.body})


def _with_headers(send: Send, path: str) -> Send:
    """Answers with the headers of `HEADERS`; what was measured is not kept by a browser."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault(
                "cache-control", "no-store" if path.startswith("/api/") else "no-cache"
            )
        await send(message)

    return sent


class TooLarge(Exception):
    """A body that goes on beyond its limit without having said so."""


def _capped(receive: Receive, limit: int) -> Receive:
    """A body whose length was not told, or told wrongly, ends at the limit."""
    seen = 0

    async def received() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLarge(f"more than {limit} bytes")
        return message

    return received


def hosts(names: Iterable[str], port: int) -> frozenset[str]:
    """Names with their port, as a `Host` header says them.

    Examples
    --------
    >>> sorted(hosts(["127.0.0.1", "::1"], 8642))
    ['127.0.0.1:8642', '[::1]:8642']
    """
    return frozenset(f"[{n}]:{port}" if ":" in n else f"{n.lower()}:{port}" for n in names)
