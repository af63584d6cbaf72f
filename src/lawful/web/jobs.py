"""Runs that were started from the page: a queue, two at a time, each a process of its own.

    waiting → running → done | failed | cancelled;   what a server left behind: interrupted

A job is `lawful COMMAND …` without a shell. It says how far it is in the file that
`LAWFUL_PROGRESS` names. Cancelled, it is told as Ctrl-C tells it, so that it keeps what it
has; `resume` takes that up. It ends with its server: when nobody holds its standard input
any more, it interrupts itself. The list survives in `.lawful-studio/jobs.json`.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lawful.refusal import Refusal
from lawful.store import read_json, to_json, write_atomically
from lawful.web.commands import Command, Field, command, named
from lawful.web.workspace import PLANETS, Workspace

HOME = ".lawful-studio"
AT_ONCE = 2
WAITING = 50  # jobs that are not over
REMEMBERED = 200
LINES = 60  # of output
PATIENCE = (10.0, 5.0)  # seconds after Ctrl-C, and after being told to end
OVER = frozenset({"done", "failed", "cancelled", "interrupted"})
# The command itself. The end of its standard input, by a cancelling server or by the end of
# one, is a Ctrl-C for it and its workers, even where a shell has switched that off.
_PROGRAM = """
import signal, sys, threading, os
signal.signal(signal.SIGINT, signal.default_int_handler)
def watch():
    while os.read(0, 64):
        pass
    os.killpg(0, signal.SIGINT)
threading.Thread(target=watch, daemon=True).start()
from lawful.cli import main
raise SystemExit(main())
"""


@dataclass
class Job:
    """One run.

    Attributes
    ----------
    id, command, text
        Its own; the command's name; the whole line, to be read.
    arguments
        The words behind `lawful`.
    state, words, progress
        Where it stands; in words; from 0 to 1, None where nobody knows.
    lines
        The last lines of its output.
    started, ended
        UTC, ISO 8601; empty while it has not.
    out
        What it writes, inside the workspace.
    run
        The id of what came of it.
    resumable
        Whether it can be taken up.
    """

    id: str
    command: str
    text: str
    arguments: list[str]
    out: str
    state: str = "waiting"
    words: str = "waiting for its turn"
    progress: float | None = None
    lines: list[str] = field(default_factory=list)
    started: str = ""
    ended: str = ""
    run: str | None = None
    resumable: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As the page shows it."""
        return asdict(self)


class Jobs:
    """The jobs of one workspace.

    Examples
    --------
    >>> import tempfile
    >>> jobs = Jobs(Workspace(tempfile.mkdtemp()))
    >>> jobs.all()
    ()
    >>> jobs.close()
    """

    def __init__(self, workspace: Workspace, at_once: int = AT_ONCE) -> None:
        self._workspace, self._free = workspace, threading.Semaphore(at_once)
        self._lock = threading.RLock()
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._closed = False
        self._jobs: dict[str, Job] = {job.id: job for job in self._remembered()}

    def all(self) -> tuple[Job, ...]:
        """All, the newest first."""
        with self._lock:
            return tuple(reversed(self._jobs.values()))

    def get(self, id: str) -> Job:
        """One.

        Raises
        ------
        Refusal
            Where there is none.
        """
        with self._lock:
            if id not in self._jobs:
                raise Refusal(f"there is no job {id[:60]!r}", "one of /api/v1/jobs")
            return self._jobs[id]

    def start(self, name: Any, fields: Any) -> Job:
        """Start a command with the fields of its form.

        Raises
        ------
        Refusal
            For what cannot be meant, or where too many wait.
        """
        if not isinstance(fields, Mapping):
            raise Refusal("fields that are no object", '{"system": "spring"}')
        chosen = command(name)
        options = chosen.options(fields)
        options[0] = self._found(chosen.fields[0], options[0])
        out = self._place(named(fields, options[0]), chosen)
        arguments = [chosen.name, *options, "--out", str(self._workspace.folder / out)]
        text = "lawful " + " ".join([chosen.name, *options, "--out", out])
        with self._lock:
            if sum(job.state not in OVER for job in self._jobs.values()) >= WAITING:
                raise Refusal(f"{WAITING} jobs that wait", "fewer", "cancel one, or wait")
            job = Job(secrets.token_hex(6), chosen.name, text, arguments, out)
            self._jobs[job.id] = job
            self._keep()
        self._spawn(job)
        return job

    def cancel(self, id: str) -> Job:
        """Stop a job; what it has kept can be taken up where its command can."""
        job = self.get(id)
        with self._lock:
            if job.state == "waiting":
                self._over(job, "cancelled", "cancelled before it began")
            elif job.state == "running":
                job.words = "stopping; what it has is kept"
                process = self._processes.get(id)
                job.state = "stopping"
                if process is not None:
                    threading.Thread(target=_stopped, args=(process,), daemon=True).start()
        return job

    def resume(self, id: str) -> Job:
        """Take up a job that was cancelled or interrupted.

        Raises
        ------
        Refusal
            Where its command cannot, or it goes on.
        """
        job = self.get(id)
        with self._lock:
            if job.state not in OVER or not job.resumable:
                raise Refusal(f"job {id}, which is {job.state}", "one that can be resumed")
            if "--resume" not in job.arguments:
                job.arguments.append("--resume")
                job.text += " --resume"
            job.state, job.words, job.progress = "waiting", "waiting for its turn", None
            job.ended, job.resumable, job.lines = "", False, []
            self._keep()
        self._spawn(job)
        return job

    def close(self) -> None:
        """Stop all that runs; they can be resumed."""
        with self._lock:
            self._closed = True
            running = dict(self._processes)
            for job in self._jobs.values():
                if job.state == "waiting":
                    self._over(job, "interrupted", "the studio was closed before it began")
        stopping = [threading.Thread(target=_stopped, args=(p,)) for p in running.values()]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()

    # ------------------------------------------------------------------ one run

    def _found(self, first: Field, word: str) -> str:
        """What a job works on: an entry of the workspace by its id, or a word of its own."""
        if first.type != "run" or word == PLANETS:
            return word
        entry = next((e for e in self._workspace.runs() if e.id == word), None)
        if entry is not None and entry.kind in first.kinds:
            return str(entry.path)
        if first.free and word in first.choices:
            return word
        raise Refusal(f"the data {word[:120]!r}", "one of the runs of this folder")

    def _place(self, name: str, chosen: Command) -> str:
        """A name inside the workspace that nobody has."""
        taken = {job.out for job in self._jobs.values() if job.state not in OVER}
        for k in range(1, 1000):
            shown = name if k == 1 else f"{name}-{k}"
            out = shown + chosen.suffix
            if out not in taken and not os.path.lexists(self._workspace.folder / out):
                return out
        raise Refusal(f"a thousand runs of the name {name!r}", "another name")

    def _spawn(self, job: Job) -> None:
        threading.Thread(target=self._run, args=(job,), name="lawful-job", daemon=True).start()

    def _run(self, job: Job) -> None:
        with self._free:
            with self._lock:
                if job.state != "waiting" or self._closed:
                    return
                job.state, job.words, job.started = "running", "starting", _now()
                self._keep()
            try:
                code = self._worked(job)
            except OSError as why:
                code = 71
                job.lines.append(str(why))
            with self._lock:
                self._processes.pop(job.id, None)
                self._judge(job, code)

    def _worked(self, job: Job) -> int:
        """Run it to its end; the exit code."""
        with tempfile.TemporaryDirectory(prefix="lawful-job-") as desk:
            told = Path(desk) / "progress"
            settings = {"LAWFUL_PROGRESS": str(told), "NO_COLOR": "1", "COLUMNS": "200",
                        "PYTHONUNBUFFERED": "1"}  # fmt: skip
            process = subprocess.Popen(
                # -P: a file of the folder is never taken for a module.
                [sys.executable, "-P", "-c", _PROGRAM, *job.arguments],
                cwd=desk, env={**os.environ, **settings}, stdin=subprocess.PIPE, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                start_new_session=True,
            )  # fmt: skip
            with self._lock:
                self._processes[job.id] = process
                late = self._closed or job.state == "stopping"
            if late:  # cancelled between its turn and its first breath
                _stopped(process)
            watching = threading.Thread(target=_watch, args=(job, told, process), daemon=True)
            watching.start()
            here = str(self._workspace.folder) + os.sep
            last: deque[str] = deque(maxlen=LINES)
            for line in process.stdout or ():
                last.append(line.rstrip().replace(here, "")[:400])
                job.lines = list(last)
            code = process.wait()
            watching.join()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            return code

    def _judge(self, job: Job, code: int) -> None:
        said = next((line for line in reversed(job.lines) if line.strip()), "")
        if code == 0 or (code == 1 and (self._workspace.folder / job.out).exists()):
            job.progress, job.run = 1.0, job.out.replace("/", "~")
            self._over(job, "done", said)
        elif self._closed:
            self._over(job, "interrupted", "the studio was closed")
        elif job.state == "stopping" or code in (130, -signal.SIGINT, -signal.SIGTERM):
            self._over(job, "cancelled", said or "cancelled")
        else:
            self._over(job, "failed", said or f"left with exit code {code}")

    def _over(self, job: Job, state: str, words: str) -> None:
        job.state, job.words, job.ended = state, words, _now()
        resumes = command(job.command).resumes
        job.resumable = resumes and state in ("cancelled", "interrupted") and bool(job.started)
        self._keep()

    # ------------------------------------------------------------------ the list

    def _keep(self) -> None:
        home = self._workspace.folder / HOME
        over = [job for job in self._jobs.values() if job.state in OVER]
        for job in over[: max(len(self._jobs) - REMEMBERED, 0)]:
            del self._jobs[job.id]
        record = {"jobs": [job.to_dict() for job in self._jobs.values()]}
        with suppress(OSError, Refusal):  # a folder that cannot be written still can be looked at
            home.mkdir(exist_ok=True)
            write_atomically(home / "jobs.json", to_json(record))

    def _remembered(self) -> list[Job]:
        place = self._workspace.folder / HOME / "jobs.json"
        if not place.is_file() or place.is_symlink() or place.parent.is_symlink():
            return []
        try:
            found = [_read(record) for record in read_json(place)["jobs"]]
        except (Refusal, KeyError, TypeError, ValueError):
            return []
        for job in found:
            if job.state not in OVER:
                job.state, job.words = "interrupted", "the studio ended before it did"
                job.resumable = command(job.command).resumes and bool(job.started)
        return [job for job in found if self._ours(job)]

    def _ours(self, job: Job) -> bool:
        """Whether what is remembered is what this workspace could have started.

        The list lies in a folder that others may have made: its command lines are run
        again by `resume`, so each must write where a job of this folder writes.
        """
        words = [a for a in job.arguments if a != "--resume"]
        known = command(job.command)
        allowed = {"--" + f.name.replace("_", "-") for f in known.fields}
        allowed |= {"--no-" + f.name for f in known.fields if f.type == "boolean"}
        if len(words) < 4 or words[0] != job.command or words[-2] != "--out":
            return False
        here = self._workspace.folder / job.out
        plain = Path(job.out).name == job.out and not job.out.startswith((".", "-"))
        options = all(w.split("=", 1)[0] in allowed for w in words[2:-2])
        return plain and words[-1] == str(here) and options and not words[1].startswith("-")


def _read(record: Mapping[str, Any]) -> Job:
    job = Job(**record)
    texts = (job.id, job.command, job.text, job.out, job.state, job.words, *job.arguments)
    if not all(isinstance(text, str) for text in (*texts, *job.lines, job.started, job.ended)):
        raise ValueError("a job that is not ours")
    command(job.command)
    return job


def _watch(job: Job, told: Path, process: "subprocess.Popen[str]") -> None:
    """Follow what a job says of itself."""
    ended = threading.Event()
    while process.poll() is None:
        ended.wait(0.2)
        with suppress(OSError, ValueError, IndexError):
            said = json.loads(told.read_text(encoding="utf-8").splitlines()[-1])
            if job.state == "running":
                job.progress, job.words = said["done"], str(said["words"] or job.words)


def _stopped(process: "subprocess.Popen[str]") -> None:
    """Ctrl-C, by the end of its input; then a request to end, then the end."""
    with suppress(OSError, ValueError):
        if process.stdin is not None:
            process.stdin.close()
    for patience, sign in zip(PATIENCE, (signal.SIGTERM, signal.SIGKILL), strict=True):
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
