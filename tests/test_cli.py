"""The command line: what it prints, where, with which exit code, and how it refuses."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lawful
from lawful import files
from lawful.cli import main
from lawful.laws import Constant, Findings, Law
from lawful.store import RunFolder, to_json
from lawful.studies.discovery import read_findings
from lawful.trajectories import make

COMMANDS = (
    *("discover", "simulate", "systems", "inspect", "monitor"),
    *("train", "evaluate", "pipeline", "learn", "phases", "study", "remember", "open", "export"),
)
ENERGY = Law("energy", "0.5*v**2 + 2.0*x**2", "", "exact", 1.0, 1e-4, 0.005, 1e-4, spread=2.0)


@pytest.fixture(autouse=True)
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def springs(kick=0.0, runs=8, seed=0):
    """Springs of ω = 2 with a little noise; the last run gains speed halfway."""
    rng = np.random.default_rng(seed)
    t, a = np.linspace(0, 12, 240), np.linspace(1, 2, runs)[:, None]
    x, v = a * np.cos(2 * t), -2 * a * np.sin(2 * t)
    size = np.where((t > 6) & (np.arange(runs)[:, None] == runs - 1), 1 + kick, 1.0)
    x, v = (size * c + 0.002 * rng.standard_normal(c.shape) for c in (x, v))
    roles = {"x": {"role": "position"}, "v": {"role": "velocity", "of": "x"}}
    return make({"x": x, "v": v}, t, units={"x": "m", "v": "m/s", "time": "s"}, roles=roles)


@pytest.fixture
def my_csv(desk):
    files.write(springs(), "my.csv")
    return "my.csv"


@pytest.fixture
def laws_json(desk):
    (desk / "laws.json").write_text(Findings((ENERGY,)).to_json())
    return "laws.json"


def refused(capsys, *words, code=2):
    """One line on standard error, nothing on standard output, no traceback."""
    assert main(words) == code
    heard = capsys.readouterr()
    assert heard.out == ""
    assert re.fullmatch(r"lawful: [^\n]+\n", heard.err), heard.err
    return heard.err


# ------------------------------------------------------------------------- help


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_there_with_an_example(command, capsys):
    assert main([*command.split(), "--help"]) == 0
    out = capsys.readouterr().out
    assert f"lawful {command}".strip() in out
    assert "Examples" in out


def test_every_example_of_the_help_is_understood():
    from lawful.cli.app import app

    found = [app.help_epilogue, *(app[command].help_epilogue for command in COMMANDS)]
    examples = re.findall(r"^lawful (.*)$", "\n".join(found), re.MULTILINE)
    assert len(examples) >= 15
    for example in examples:
        app.parse_args(shlex.split(example), exit_on_error=False, print_error=False)


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == lawful.__version__


def test_help_starts_light():
    code = (
        "import sys; from lawful.cli import main; main(['discover', '--help']); "
        "heavy = ('numpy', 'scipy', 'sympy', 'pandas', 'xarray', 'torch', 'matplotlib'); "
        "print([m for m in heavy if m in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


# --------------------------------------------------------------------- discover


def test_discover_prints_a_law_and_leaves_a_folder(my_csv, capsys):
    assert main(["discover", my_csv, "--degree", "2", "--out", "found"]) == 0
    out = capsys.readouterr().out
    assert "1 quantity stays the same: energy." in out
    assert "8 runs" in out
    assert "found/report.html" in out
    folder = RunFolder.open("found")
    assert folder.changed() == ()
    assert folder.manifest.settings["degree"] == 2
    assert folder.manifest.data[0]["name"] == "my.csv"
    assert len(folder.manifest.data[0]["sha256"]) == 64
    law = read_findings("found").laws[0]
    at = {"x": np.array([0.0, 1.0]), "v": np.array([2.0, 0.0])}
    np.testing.assert_allclose(np.diff(law.function(at)), 0.0, atol=0.02)


def test_discover_json_is_only_json_and_the_same_each_time(my_csv, capsys, desk):
    def heard():
        assert main(["discover", my_csv, "--degree", "2", "--seed", "3", "--json"]) == 0
        return capsys.readouterr().out

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    first = heard()
    record = json.loads(first, parse_constant=refuse)
    assert first == heard()
    assert {"laws", "library", "warnings", "data"} <= record.keys()
    wanted = "expression latex grade noise_ratio within_total p_value constants units heldout_drift"
    assert set(wanted.split()) <= record["laws"][0].keys()
    assert record["data"]["runs"] == 8
    assert record["data"]["variables"]["x"]["units"] == "m"
    assert [p.name for p in desk.iterdir()] == ["my.csv"]


def test_discover_where_there_is_no_law_is_an_answer(desk, capsys):
    noise = np.random.default_rng(0).standard_normal((12, 200))
    files.write(make({"a": noise, "b": noise[::-1] ** 3}, np.arange(200.0)), "noise.csv")
    assert main(["discover", "noise.csv", "--degree", "2", "--no-report"]) == 0
    assert "No law within this library" in capsys.readouterr().out
    assert not (desk / "lawful-report").exists()


def test_discover_takes_a_systems_name_and_says_so(capsys):
    assert main(["discover", "spring", "--degree", "2", "--seed", "4", "--no-report"]) == 0
    out = capsys.readouterr().out
    assert "simulated 60 runs with seed 4" in out
    assert "energy" in out


def test_discover_in_chunks_says_the_same_laws(my_csv, capsys):
    def laws(*more):
        assert main(["discover", my_csv, "--degree", "2", "--json", *more]) == 0
        return json.loads(capsys.readouterr().out)

    whole, parts = laws(), laws("--chunk-rows", "700", "--jobs", "2")
    assert [law["name"] for law in whole["laws"]] == [law["name"] for law in parts["laws"]]
    assert parts["data"]["runs"] == 8
    assert parts["data"]["samples"] == 8 * 240
    for one, other in zip(whole["laws"], parts["laws"], strict=True):
        assert one["noise_ratio"] == pytest.approx(other["noise_ratio"], rel=1e-8)


def test_discover_saves_laws_alone(my_csv, capsys, desk):
    words = ["discover", my_csv, "--degree", "2", "--no-report", "--save-laws", "only.json"]
    assert main(words) == 0
    assert read_findings("only.json").laws
    assert not (desk / "lawful-report").exists()


def test_discover_leaves_foreign_folders_alone(my_csv, capsys, desk):
    (desk / "thesis").mkdir()
    (desk / "thesis/a.tex").write_text("x")
    line = refused(capsys, "discover", my_csv, "--degree", "2", "--out", "thesis")
    assert "did not make" in line
    assert [p.name for p in (desk / "thesis").iterdir()] == ["a.tex"]


# ------------------------------------------------------- simulate, systems, inspect


def test_simulate_writes_what_it_says_and_asks_before_writing_over(capsys):
    words = ["simulate", "pendulum", "--runs", "3", "--samples", "50", "--out", "p.csv"]
    assert main([*words, "--set", "g=1.62", "--vary", "length=0.5:2"]) == 0
    assert "3 runs of 50 samples" in capsys.readouterr().out
    assert dict(files.read("p.csv").sizes) == {"run": 3, "time": 50}
    assert "--force" in refused(capsys, *words)
    assert main([*words, "--force", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["runs"] == 3
    assert record["origin"]["system"] == "pendulum"


def test_systems_lists_all_and_shows_one(capsys):
    from lawful.systems import names

    assert main(["systems"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in names())
    assert main(["systems", "pendulum"]) == 0
    out = capsys.readouterr().out
    for said in ("Equations", "dtheta/dt", "length", "energy", "Source"):
        assert said in out
    assert main(["systems", "lorenz"]) == 0
    assert "Nothing is known to stay the same." in capsys.readouterr().out
    assert main(["systems", "--json"]) == 0
    assert [s["name"] for s in json.loads(capsys.readouterr().out)] == list(names())


def test_inspect_says_what_it_sees(my_csv, capsys):
    assert main(["inspect", my_csv]) == 0
    out = capsys.readouterr().out
    for said in ("8 runs", "position", "velocity", "m/s", "resolves the motion"):
        assert said in out
    assert main(["inspect", my_csv, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert {"findings", "data", "notes"} <= record.keys()


# ---------------------------------------------------------------------- monitor


def test_monitor_holds_and_breaks_by_exit_code(laws_json, capsys):
    files.write(springs(), "good.csv")
    files.write(springs(kick=0.1), "bad.csv")
    assert main(["monitor", "good.csv", "--laws", laws_json]) == 0
    assert "Every law holds." in capsys.readouterr().out
    assert main(["monitor", "bad.csv", "--laws", laws_json]) == 1
    out = capsys.readouterr().out
    assert "A law breaks." in out
    assert "run 7" in out
    words = ["monitor", "bad.csv", "--laws", laws_json, "--json", "--out", "m.json"]
    assert main(words) == 1
    record = json.loads(capsys.readouterr().out)
    assert record["broken"] is True
    assert json.loads(Path("m.json").read_text()) == record


def test_monitor_refuses_unknown_laws_and_missing_columns(laws_json, capsys, desk):
    files.write(springs().rename(v="speed"), "other.csv")
    assert "'v'" in refused(capsys, "monitor", "other.csv", "--laws", laws_json)
    files.write(springs(), "good.csv")
    line = refused(capsys, "monitor", "good.csv", "--laws", laws_json, "--law", "charge")
    assert "one of energy" in line
    (desk / "none.json").write_text(Findings(()).to_json())
    assert "holds no law" in refused(capsys, "monitor", "good.csv", "--laws", "none.json")


# --------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "words",
    [
        "bogus",
        "discover",
        "discover no.csv",
        "discover pendulm",
        "discover planets spring",
        "discover planets --degree x",
        "discover planets --degree 0",
        "discover planets --degree -3",
        "discover planets --noise 7",
        "discover planets --noise nan",
        "discover planets --confidence 2",
        "discover planets --fdr 0",
        "discover planets --seed -1",
        "discover planets --functions waves",
        "discover planets --position x,q",
        "discover planets --units x",
        "discover planets --units x=furlong/fortnite",
        "discover planets --run nobody",
        "discover planets --bogus",
        "discover planets --chunk-rows 0",
        "discover planets --jobs 0",
        "discover spring --chunk-rows 500",
        "discover spring --angle x",
        "discover spring --noise -1",
        "simulate spring",
        "simulate nothing --out a.csv",
        "simulate spring --out a.png",
        "simulate spring --out no/where/a.csv",
        "simulate spring --out a.csv --runs 0",
        "simulate spring --out a.csv --runs -2",
        "simulate spring --out a.csv --samples 1",
        "simulate spring --out a.csv --duration -1",
        "simulate spring --out a.csv --duration nan",
        "simulate spring --out a.csv --seed -1",
        "simulate spring --out a.csv --noise nan",
        "simulate spring --out a.csv --set k",
        "simulate spring --out a.csv --set k=stiff",
        "simulate spring --out a.csv --set k=nan",
        "simulate spring --out a.csv --set k=1,k=2",
        "simulate spring --out a.csv --set springiness=2",
        "simulate spring --out a.csv --vary k=1",
        "simulate spring --out a.csv --vary k=2:1:0",
        "systems nothing",
        "systems no.toml",
        "systems spring pendulum",
        "inspect",
        "inspect no.csv",
        "monitor planets",
        "monitor planets --laws no.json",
        "monitor --laws no.json",
    ],
)
def test_what_cannot_be_meant_is_one_line_and_code_2(words, capsys, desk):
    refused(capsys, *words.split())
    assert list(desk.iterdir()) == []


def test_false_alarm_and_tolerance_must_be_meant(laws_json, my_csv, capsys):
    for option in ("--false-alarm 2", "--false-alarm 0", "--tolerance -1", "--tolerance x"):
        refused(capsys, "monitor", my_csv, "--laws", laws_json, *option.split())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"laws": "none"}, "holds no laws"),
        ({"laws": [3]}, "an object"),
        ({"laws": [{}]}, "has no 'name'"),
        ({"laws": [{**ENERGY.to_dict(), "grade": "superb"}]}, "exact, approximate"),
        ({"laws": [{**ENERGY.to_dict(), "spread": "wide"}]}, "a number"),
        ({"laws": [{**ENERGY.to_dict(), "spread": True}]}, "a number"),
        ({"laws": [{**ENERGY.to_dict(), "expression": "__import__('os')"}]}, "lawful: "),
        ({"laws": [{**ENERGY.to_dict(), "expression": "x +"}]}, "lawful: "),
        ({"laws": [{**ENERGY.to_dict(), "constants": [{}]}]}, "has no 'name'"),
        ({"laws": [{**ENERGY.to_dict(), "constants": 4}]}, "a list"),
        ({"laws": [], "flavour": 1}, "unknown field 'flavour'"),
        ({"laws": [], "warnings": [1]}, "no sentences"),
        ({"laws": [], "library": []}, "an object"),
    ],
)
def test_a_laws_file_that_cannot_be_meant_is_refused(change, words, my_csv, capsys, desk):
    (desk / "laws.json").write_text(json.dumps(change))
    assert words in refused(capsys, "monitor", my_csv, "--laws", "laws.json")


def test_a_fault_of_ours_is_one_line_and_code_70(capsys, monkeypatch):
    import lawful.systems

    def fail():
        raise RuntimeError("on\ntwo lines")

    monkeypatch.setattr(lawful.systems, "names", fail)
    assert "--debug" in refused(capsys, "systems", code=70)
    with pytest.raises(RuntimeError):
        main(["systems", "--debug"])


def test_control_c_and_lack_of_memory_are_said(capsys, monkeypatch):
    import lawful.systems

    for fault, code in ((KeyboardInterrupt, 130), (MemoryError, 70)):

        def fail(fault=fault):
            raise fault

        monkeypatch.setattr(lawful.systems, "names", fail)
        refused(capsys, "systems", code=code)


def test_a_closed_pipe_ends_quietly():
    code = "import sys; from lawful.cli import main; sys.exit(main(['systems', '--json']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9), max_size=3)
)
def test_no_words_make_a_fault(capsys, words):
    """Whatever is typed after a command that only reads, no traceback and no code 70."""
    assert main(["systems", *words]) in (0, 2)
    capsys.readouterr()


# ------------------------------------------------------------------ round trips

finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8"), max_size=10)
constants = st.builds(Constant, texts, finite, finite, finite, texts, texts)
laws = st.builds(
    Law,
    texts,
    st.sampled_from(["x", "0.5*v**2 - cos(theta)", "x*vy - y*vx"]),
    texts,
    st.sampled_from(["exact", "approximate", "leaking"]),
    finite,
    finite,
    finite,
    finite,
    texts,
    st.lists(constants, max_size=2).map(tuple),
    st.sampled_from(["", "-2.0*v**2"]),
    finite,
    finite,
    texts,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(laws, max_size=3).map(tuple), st.lists(laws, max_size=1).map(tuple), texts)
def test_findings_come_back_from_laws_json(desk, found, leaks, warning):
    whole = Findings(found, leaks, (warning,), {"degree": 2}, (warning,), {"runs": 3}, {})
    (desk / "laws.json").write_text(to_json(whole.to_dict()), encoding="utf-8")
    assert read_findings("laws.json") == whole


def test_numbers_json_cannot_hold_come_back_as_nan(desk):
    law = Law("q", "x", "", "exact", float("inf"), float("nan"), 0.1, 0.0)
    (desk / "laws.json").write_text(to_json(Findings((law,)).to_dict()))
    back = read_findings("laws.json").laws[0]
    assert np.isnan(back.noise_ratio)
    assert np.isnan(back.within_total)
