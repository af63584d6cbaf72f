"""Jobs: they run, say how far they are, are cancelled, taken up, and end with their server."""

import json
import subprocess
import sys
import time

import pytest

from lawful.refusal import Refusal
from lawful.store import RunFolder
from lawful.web.jobs import HOME, OVER, Jobs
from lawful.web.workspace import Workspace

LONG = {"data": "xor", "steps": 30_000, "seeds": 1, "layers": "2-3-1", "pictures": False}


@pytest.fixture
def jobs(tmp_path):
    made = Jobs(Workspace(tmp_path))
    yield made
    made.close()


def until(look, seconds=60):
    """Wait for something to be true."""
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def over(job):
    until(lambda: job.state in OVER)
    return job


def test_a_job_runs_and_its_result_is_a_run(jobs, tmp_path):
    job = over(jobs.start("simulate", {"system": "spring", "runs": 3, "name": "mine"}))
    assert (job.state, job.run, job.progress) == ("done", "mine.nc", 1.0)
    assert "3 runs" in job.words
    assert Workspace(tmp_path).open("mine.nc").trajectories().sizes["run"] == 3
    second = jobs.start("simulate", {"system": "spring", "runs": 3, "name": "mine"})
    assert over(second).run == "mine-2.nc"
    assert [j.id for j in jobs.all()] == [second.id, job.id]


def test_a_job_that_fails_says_why(jobs):
    job = over(jobs.start("simulate", {"system": "spring", "set": "nonsense=1"}))
    assert job.state == "failed"
    assert "nonsense" in job.words
    assert not job.resumable


def test_a_file_of_the_folder_is_never_taken_for_a_module(tmp_path):
    for name in ("numpy", "lawful", "json", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hijacked')", encoding="utf-8")
    jobs = Jobs(Workspace(tmp_path))
    job = over(jobs.start("simulate", {"system": "spring", "runs": 2}))
    assert job.state == "done", job.lines
    jobs.close()


def test_a_job_is_cancelled_and_taken_up_to_the_same_end(jobs, tmp_path):
    job = jobs.start("learn", {**LONG, "name": "cut"})
    until(lambda: job.progress not in (None, 0.0))
    assert 0 < job.progress < 1
    jobs.cancel(job.id)
    over(job)
    assert (job.state, job.resumable) == ("cancelled", True)
    assert not (tmp_path / "cut").exists()
    jobs.resume(job.id)
    assert over(job).state == "done", job.lines
    whole = over(jobs.start("learn", {**LONG, "name": "whole"}))
    assert whole.state == "done", whole.lines
    ends = [RunFolder.open(tmp_path / name).read_json("learning.json") for name in ("cut", "whole")]
    found = [end["comparison"] for end in ends]
    assert json.dumps(found[0], sort_keys=True) == json.dumps(found[1], sort_keys=True)


def test_what_waits_can_be_cancelled_before_it_begins(tmp_path):
    jobs = Jobs(Workspace(tmp_path), at_once=1)
    first = jobs.start("learn", {**LONG, "name": "a"})
    second = jobs.start("learn", {**LONG, "name": "b"})
    until(lambda: first.state == "running")
    jobs.cancel(second.id)
    assert (second.state, second.resumable) == ("cancelled", False)
    with pytest.raises(Refusal, match="one that can be resumed"):
        jobs.resume(second.id)
    jobs.close()
    over(first)
    assert (first.state, first.resumable) == ("interrupted", True)


def test_the_list_survives_its_server(tmp_path):
    jobs = Jobs(Workspace(tmp_path))
    done = over(jobs.start("simulate", {"system": "spring", "runs": 2}))
    jobs.close()
    again = Jobs(Workspace(tmp_path))
    assert [(job.id, job.state) for job in again.all()] == [(done.id, "done")]
    again.close()


def test_a_job_ends_when_nobody_holds_its_input_any_more(tmp_path):
    """As where the server is killed outright."""
    from lawful.web.jobs import _PROGRAM

    command = ["learn", "xor", "--steps", "4000000", "--no-pictures", "--out", str(tmp_path / "x")]
    job = subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM, *command], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    time.sleep(2)
    assert job.poll() is None
    job.stdin.close()
    assert job.wait(20) == 130


@pytest.mark.parametrize(
    "change",
    [
        {"arguments": ["learn", "xor", "--out", "/elsewhere"]},
        {"arguments": ["learn", "xor", "--cluster=evil", "--out", "HERE"]},
        {"arguments": ["learn", "--help", "--out", "HERE"]},
        {"arguments": ["-c", "evil"]},
        {"command": "rm"},
        {"out": "../x"},
        {"id": 3},
        {"extra": 1},
        {"lines": [1]},
    ],
)
def test_a_list_that_others_wrote_starts_nothing(tmp_path, change):
    """A folder from elsewhere may bring one: what is not ours is passed over."""
    job = {
        "id": "a",
        "command": "learn",
        "text": "",
        "out": "x",
        "state": "cancelled",
        "started": "now",
        "resumable": True,
        "arguments": ["learn", "xor", "--out", str(tmp_path / "x")],
    }
    (tmp_path / HOME).mkdir()
    place = tmp_path / HOME / "jobs.json"
    place.write_text(json.dumps({"jobs": [job]}), encoding="utf-8")
    assert len(Jobs(Workspace(tmp_path)).all()) == 1
    changed = {**job, **change}
    if isinstance(changed["arguments"], list):
        here = str(tmp_path / "x")
        changed["arguments"] = [here if a == "HERE" else a for a in changed["arguments"]]
    place.write_text(json.dumps({"jobs": [changed]}), encoding="utf-8")
    assert Jobs(Workspace(tmp_path)).all() == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"jobs": 3}', '{"jobs": [3]}', "[" * 9999])
def test_a_broken_list_is_none(tmp_path, text):
    (tmp_path / HOME).mkdir()
    (tmp_path / HOME / "jobs.json").write_text(text, encoding="utf-8")
    assert Jobs(Workspace(tmp_path)).all() == ()


def test_progress_goes_to_the_file_that_is_named(tmp_path, monkeypatch):
    from lawful.cli.screen import bar, steps

    place = tmp_path / "progress"
    monkeypatch.setenv("LAWFUL_PROGRESS", str(place))
    with bar("training") as tell:
        tell(0.5)
    with steps() as tell:
        tell("survey")
    lines = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    assert lines == [
        {"done": 0.5, "words": "training"},
        {"done": None, "words": "weighing the terms"},
    ]
    monkeypatch.setenv("LAWFUL_PROGRESS", str(tmp_path / "no" / "where"))
    with bar("training") as tell:
        tell(1.0)
