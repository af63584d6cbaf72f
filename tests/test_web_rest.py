"""The JSON twins: what they answer, and what they refuse."""

import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import lawful
from lawful.web.commands import NAMES
from lawful.web.jobs import Jobs
from lawful.web.rest import routes
from lawful.web.uploads import LARGEST, safe_name
from lawful.web.workspace import Workspace


@pytest.fixture
def client(tmp_path):
    runs = lawful.simulate(lawful.system("spring"), runs=3, samples=40, seed=1)
    lawful.write(runs, tmp_path / "spring.csv")
    workspace = Workspace(tmp_path)
    jobs = Jobs(workspace)
    with TestClient(Starlette(routes=routes(workspace, jobs))) as made:
        made.folder = tmp_path
        yield made
    jobs.close()


def refused(answer, status=400):
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"got", "expected", "remedy"}
    assert error["got"]
    return error


def test_health_and_meta(client):
    assert client.get("/api/v1/health").json() == {"status": "ok", "version": lawful.__version__}
    meta = client.get("/api/v1/meta").json()
    assert tuple(command["name"] for command in meta["commands"]) == NAMES
    assert "spring" in meta["systems"]
    assert "xor" in meta["datasets"]
    assert meta["limits"]["upload"] == LARGEST


def test_every_field_of_a_form_is_an_option_of_its_command():
    """The forms are written by hand; here they are held against the commands themselves."""
    from lawful.cli.app import app
    from lawful.web.commands import commands

    for command in commands():
        collection = app[command.name].assemble_argument_collection()
        known = {name.lstrip("-").removeprefix("no-") for a in collection for name in a.names}
        for field in command.fields[1:]:
            assert field.name.replace("_", "-") in known, (command.name, field.name)


def test_runs_and_one_run(client):
    listed = client.get("/api/v1/runs").json()["runs"]
    assert [run["id"] for run in listed] == ["spring.csv", "planets"]
    run = client.get("/api/v1/runs/spring.csv").json()
    assert run["kind"] == "data"
    assert {"label", "href"} == set(run["exports"][0])
    for entry in run["exports"]:
        assert entry["href"].startswith("/api/v1/runs/spring.csv/export/")


@pytest.mark.parametrize(
    "path",
    [
        "runs/none",
        "runs/none/energy",
        "runs/spring.csv/memory",
        "jobs/x",
        "runs/..%2fsecret",
        "runs/spring.csv/../../x",
    ],
)
def test_what_is_not_there_is_404(client, path):
    assert client.get(f"/api/v1/{path}").status_code == 404


@pytest.mark.parametrize("view", ["trajectory", "energy", "latent"])
def test_every_view_has_its_twin(client, view):
    record = client.get(f"/api/v1/runs/spring.csv/{view}?run=1").json()
    assert record["run"] == 1
    json.dumps(record, allow_nan=False)


@pytest.mark.parametrize(
    "query",
    [
        "run=-1",
        "run=x",
        "run=1e3",
        "stride=0",
        "from=",
        "to=9" + "9" * 30,
        "else=1",
        "run=٣",
        "run=99",
    ],
)
def test_words_that_cannot_be_meant_are_refused(client, query):
    refused(client.get(f"/api/v1/runs/spring.csv/trajectory?{query}"))


def test_exports_are_files_to_save(client):
    home = "/api/v1/runs/spring.csv/export/"
    png = client.get(home + "trajectory.png?run=1&theme=light")
    assert png.content.startswith(b"\x89PNG")
    assert "attachment" in png.headers["content-disposition"]
    assert client.get(home + "trajectory.gif").content.startswith(b"GIF8")
    assert client.get(home + "trajectory.json").json()["run"] == 0
    for name in (
        "trajectory.exe",
        "none.json",
        "pictures/x.png",
        "pictures/..%2f..%2fspring.csv",
        "png",
    ):
        refused(client.get(home + name))
    refused(client.get(home + "trajectory.png?theme=pink"))


# --------------------------------------------------------------------------- jobs


@pytest.mark.parametrize(
    "body",
    [
        b"", b"no json", b"[]", b"[" * 100_000, b'{"command": NaN}', b'{"command": "rm"}',
        b'{"command": "simulate"}', b'{"command": "simulate", "fields": []}', b"\xff\xfe",
        b'{"command": "simulate", "fields": {"system": "nope"}}',
        b'{"command": "simulate", "fields": {"system": "spring", "runs": 1e400}}',
        b'{"command": "simulate", "fields": {"system": "spring", "runs": "5"}}',
        b'{"command": "simulate", "fields": {"system": "spring", "runs": true}}',
        b'{"command": "simulate", "fields": {"system": "spring", "runs": 0}}',
        b'{"command": "simulate", "fields": {"system": "spring", "out": "/elsewhere/x"}}',
        b'{"command": "simulate", "fields": {"system": "spring", "name": "../x"}}',
        b'{"command": "simulate", "fields": {"system": "spring", "name": ".x"}}',
        b'{"command": "simulate", "fields": {"system": "spring", "set": "--out=/elsewhere/x"}}',
        b'{"command": "discover", "fields": {"data": "/etc/passwd"}}',
        b'{"command": "discover", "fields": {"data": "--help"}}',
        b'{"command": "train", "fields": {"data": "../../x.toml"}}',
        b'{"command": "train", "fields": {"data": "spring", "observe": "x\\u0000y"}}',
    ],
)  # fmt: skip
def test_jobs_that_cannot_be_meant_are_refused_and_start_nothing(client, body):
    refused(client.post("/api/v1/jobs", content=body))
    assert client.get("/api/v1/jobs").json() == {"jobs": []}


# ------------------------------------------------------------------------ uploads

GOOD = b"run,t,x,v\n" + b"".join(
    f"{r},{k * 0.1:.1f},{k + r},{k * 2}\n".encode() for r in range(3) for k in range(30)
)


def test_a_file_that_can_be_read_is_kept(client):
    answer = client.post("/api/v1/uploads?name=My data.CSV", content=GOOD)
    assert answer.status_code == 201
    assert answer.json()["id"] == "My data.csv"
    assert (client.folder / "My data.csv").read_bytes() == GOOD
    again = client.post("/api/v1/uploads?name=My data.csv", content=GOOD)
    assert again.json()["id"] == "My data-2.csv", "nothing is written over"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b""),
        ("x.csv", b"\0\0\0\0"),
        ("x.csv", b"\xff\xfe\xff" * 50),
        ("x.csv", b"a,b\n1\n"),
        ("x.csv", b"a" * 200_000),
        ("x.csv", b"a,b\n" + b"x,y\n" * 50),
        ("x.nc", b"no netcdf"),
        ("x.npz", b"PK\x03\x04 no zip"),
        ("x.mat", b"MATLAB 5.0" + bytes(200)),
        ("x.parquet", b"PAR1PAR1"),
        ("x.exe", GOOD),
        ("x", GOOD),
        ("", GOOD),
        ("x.gz", GOOD),
        (".csv", b"t\n"),
        ("x.html", b"<script>"),
    ],
)
def test_what_cannot_be_read_is_refused_and_leaves_nothing(client, name, content):
    before = sorted(p.name for p in client.folder.iterdir())
    error = refused(client.post("/api/v1/uploads", params={"name": name}, content=content))
    assert ".part" not in error["got"]
    assert str(client.folder) not in error["got"]
    assert sorted(p.name for p in client.folder.iterdir()) == before


def test_a_file_beyond_the_cap_is_refused_on_the_way(client, monkeypatch):
    monkeypatch.setattr("lawful.web.uploads.LARGEST", 1000)
    refused(client.post("/api/v1/uploads?name=x.csv", content=GOOD * 10))
    assert [p.name for p in client.folder.iterdir()] == ["spring.csv"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/x.csv", "x.csv"),
        ("C:\\a\\b.CSV", "b.csv"),
        ("-rf.csv", "rf.csv"),
        ("?.csv", "data.csv"),
        ("ä ö?.csv", "a o.csv"),
        ("x" * 300 + ".csv", "x" * 80 + ".csv"),
        (".hidden.csv", "hidden.csv"),
        ("a\nb.csv", "a b.csv"),
    ],
)
def test_names_are_made_safe(given, kept):
    assert safe_name(given) == kept
