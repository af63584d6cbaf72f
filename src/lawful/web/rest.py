"""The JSON twins of the studio's pages, and what a page can ask to be done.

    GET    /api/v1/health | meta | runs | runs/ID | runs/ID/VIEW | runs/ID/export/NAME | jobs
    POST   /api/v1/jobs | jobs/ID/resume | uploads?name=my.csv
    DELETE /api/v1/jobs/ID

A refusal is `{"error": {"got", "expected", "remedy"}}` with 400, or 404 where what was
asked for is not there. All work is done beside the loop.
"""

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lawful import __version__
from lawful.refusal import Refusal
from lawful.store import plain
from lawful.web import exports, uploads
from lawful.web.commands import commands
from lawful.web.jobs import Jobs
from lawful.web.workspace import SUFFIXES, Entry, Workspace

READINGS = ("trajectory", "energy", "latent", "equations", "memory", "training")
LIVE = ("network", "training", "field")
_WHOLE = {"run": "run", "from": "start", "to": "stop", "stride": "stride"}
Endpoint = Callable[[Request], Awaitable[Response]]


class Missing(Refusal):
    """What was asked for is not there."""


class Rest:
    """Answers about one workspace and its jobs."""

    def __init__(self, workspace: Workspace, jobs: Jobs) -> None:
        self.workspace, self.jobs = workspace, jobs

    def runs(self) -> dict[str, Any]:
        """All entries."""
        folder = str(self.workspace.folder)
        return {"folder": folder, "runs": [_entry(e) for e in self.workspace.runs()]}

    def run(self, id: str) -> dict[str, Any]:
        """One entry, with what made it and what can be taken away."""
        opened = _there(self.workspace.open, id)
        record = {**_entry(opened.entry), "exports": exports.listed(opened)}
        if opened.folder is not None:
            manifest = opened.folder.manifest
            record |= {
                "command": list(manifest.command),
                "settings": dict(manifest.settings),
                "version": manifest.version,
                "data": [dict(mark) for mark in manifest.data],
            }
        return record

    def scene(self, id: str, view: str, query: Mapping[str, str]) -> dict[str, Any]:
        """What a view of it shows."""
        opened = _there(self.workspace.open, id)
        if view not in opened.views:
            raise Missing(
                f"the view {view!r} of {opened.name}", "one of " + ", ".join(opened.views)
            )
        reading = import_module(f"lawful.web.scenes.{view}").reading(opened)
        message = reading.receive("scene", _asked(query))
        return message.to_dict() if message is not None else {}

    def export(self, id: str, name: str, query: Mapping[str, str]) -> Response:
        """A file to save."""
        opened = _there(self.workspace.open, id)
        made = exports.made(
            opened, name, run=_whole("run", query.get("run", "0")), theme=query.get("theme", "dark")
        )
        where = f"attachment; filename*=UTF-8''{quote(made.name)}"
        return Response(made.content, media_type=made.media, headers={"content-disposition": where})

    def meta(self) -> dict[str, Any]:
        """What this studio can do."""
        from lawful.learning.datasets import names
        from lawful.systems import names as systems

        return {
            "version": __version__,
            "folder": str(self.workspace.folder),
            "views": {"live": list(LIVE), "runs": list(READINGS)},
            "systems": list(systems()),
            "datasets": list(names()),
            "commands": [command.to_dict() for command in commands()],
            "limits": {"upload": uploads.LARGEST},
            "suffixes": list(SUFFIXES),
        }


def routes(workspace: Workspace, jobs: Jobs) -> list[Route]:
    """All routes below /api/v1."""
    rest = Rest(workspace, jobs)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "version": __version__})

    async def upload(request: Request) -> Response:
        name = request.query_params.get("name", "")
        entry = await uploads.taken(workspace, name, request.stream())
        return JSONResponse(_entry(entry), status_code=201)

    async def start(request: Request) -> Response:
        given = await _body(request)
        job = await run_in_threadpool(jobs.start, given.get("command"), given.get("fields", {}))
        return JSONResponse(plain(job.to_dict()), status_code=201)

    def asked(answer: Callable[[Request], Any]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            said = await run_in_threadpool(answer, request)
            return said if isinstance(said, Response) else JSONResponse(plain(said))

        return endpoint

    def of(request: Request) -> str:
        return str(request.path_params["id"])

    found: list[tuple[str, str, Endpoint]] = [
        ("health", "GET", health),
        ("meta", "GET", asked(lambda _: rest.meta())),
        ("runs", "GET", asked(lambda _: rest.runs())),
        ("runs/{id}", "GET", asked(lambda r: rest.run(of(r)))),
        (
            "runs/{id}/export/{name:path}",
            "GET",
            asked(lambda r: rest.export(of(r), r.path_params["name"], r.query_params)),
        ),
        (
            "runs/{id}/{view}",
            "GET",
            asked(lambda r: rest.scene(of(r), r.path_params["view"], r.query_params)),
        ),
        ("jobs", "GET", asked(lambda _: {"jobs": [job.to_dict() for job in jobs.all()]})),
        ("jobs", "POST", start),
        ("jobs/{id}", "GET", asked(lambda r: _there(jobs.get, of(r)).to_dict())),
        ("jobs/{id}", "DELETE", asked(lambda r: _there(jobs.cancel, of(r)).to_dict())),
        ("jobs/{id}/resume", "POST", asked(lambda r: _resumed(jobs, of(r)))),
        ("uploads", "POST", upload),
    ]
    return [Route(f"/api/v1/{path}", _kind(do), methods=[method]) for path, method, do in found]


def _resumed(jobs: Jobs, id: str) -> dict[str, Any]:
    _there(jobs.get, id)
    return jobs.resume(id).to_dict()


def _kind(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with refusals as JSON."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refusal as why:
            record = {"got": why.got, "expected": why.expected, "remedy": why.remedy}
            status = 404 if isinstance(why, Missing) else 400
            return JSONResponse({"error": record}, status_code=status)

    return answered


def _there(find: Callable[[str], Any], id: str) -> Any:
    try:
        return find(id)
    except Refusal as why:
        raise Missing(why.got, why.expected, why.remedy) from None


def _entry(entry: Entry) -> dict[str, Any]:
    return {f.name: getattr(entry, f.name) for f in fields(entry) if f.name != "path"}


def _asked(query: Mapping[str, str]) -> dict[str, Any]:
    """The words of a scene: `from` and `to` in samples."""
    for name in query:
        if name not in _WHOLE:
            raise Refusal(f"the word {name[:40]!r}", ", ".join(_WHOLE))
    return {_WHOLE[name]: _whole(name, text) for name, text in query.items()}


def _whole(name: str, text: str) -> int:
    good = text.isascii() and text.isdigit() and len(text) < 13
    if not good or (name == "stride" and int(text) == 0):
        raise Refusal(f"{name} {text[:40]!r}", "a whole number")
    return int(text)


async def _body(request: Request) -> dict[str, Any]:
    """The JSON of a request: an object, without numbers that are none."""
    try:
        given = json.loads(await request.body(), parse_constant=_never)
    except (ValueError, RecursionError):
        raise Refusal("a body that is no JSON", "an object") from None
    if not isinstance(given, dict):
        raise Refusal("a body that is no object", "an object")
    return given


def _never(word: str) -> float:
    raise ValueError(f"{word} is {math.nan}")
