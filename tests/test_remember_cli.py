"""`lawful remember`: what it prints, what it leaves, how it refuses, and that it can be killed."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lawful.cli import main
from lawful.store import RunFolder
from lawful.studies.memory.bench import MemoryBench
from lawful.studies.memory.folder import read

TINY = ("--samples", "300", "--epochs", "1", "--tasks", "2", "--jobs", "1")
QUICK = (*TINY, "--seeds", "2", "--method", "plain", "naive", "joint")


@pytest.fixture(autouse=True)
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, *words):
    """One line on standard error, nothing on standard output, no traceback, nothing left."""
    assert main(["remember", *words]) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert re.fullmatch(r"lawful: [^\n]+\n", heard.err), heard.err
    assert not Path("lawful-memory").exists()
    return heard.err


# ----------------------------------------------------------------------------- help


def test_every_example_of_the_help_is_understood():
    from lawful.cli.app import app

    examples = re.findall(r"^lawful (.*)$", app["remember"].help_epilogue, re.MULTILINE)
    assert len(examples) >= 5
    for example in examples:
        app.parse_args(shlex.split(example), exit_on_error=False, print_error=False)


def test_help_starts_light_and_names_every_method():
    code = (
        "import sys; from lawful.cli import main; main(['remember', '--help']); "
        "print([m for m in ('torch', 'numpy', 'matplotlib', 'joblib') if m in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    from lawful.studies.memory.methods import METHODS

    for name in METHODS:
        assert re.search(rf"\b{name}\b", done.stdout), name


def test_the_scenarios_are_those_of_the_fields():
    from lawful.fields.memory import scenarios
    from lawful.studies.memory.choice import SCENARIOS

    assert tuple(scenarios.SCENARIOS) == SCENARIOS


# --------------------------------------------------------------------- what is left


def test_what_is_printed_and_what_is_left(capsys):
    assert main(["remember", *QUICK, "--no-pictures"]) == 0
    out = capsys.readouterr().out
    for part in ("2 tasks one after the other", "remembers best", "forgotten", "numbers kept"):
        assert part in out
    assert "lawful-memory/report.html" in out
    folder = RunFolder.open("lawful-memory")
    assert folder.changed() == ()
    assert folder.manifest.study == "remember"
    assert folder.manifest.settings["tasks"] == 2
    assert folder.manifest.data[0]["name"] == "digits"
    held = {path.relative_to(folder.path).as_posix() for path in folder.path.rglob("*.*")}
    wanted = {f"histories/{name}.npz" for name in ("plain", "naive", "joint")}
    wanted |= {f"weights/{name}.safetensors" for name in ("plain", "naive", "joint")}
    wanted |= {"memory.json", "histories.json", "exhibits.npz", "report.html", "metrics.jsonl"}
    assert wanted <= held
    done = read("lawful-memory")
    for one in done.summaries:
        assert f"{100 * one.average.mean:.2f}" in out
    arrays = folder.read_arrays("histories/naive.npz")
    np.testing.assert_array_equal(arrays["matrix"][1], done.histories["naive"][1].matrix)
    assert not MemoryBench.beside("lawful-memory").place.exists()


def test_pictures_are_in_the_folder_and_in_the_page(capsys):
    words = ["--method", "plain", "naive", "--seeds", "1", "--theme", "dark", "--out", "found"]
    assert main(["remember", *TINY, *words]) == 0
    drawn = {path.stem for path in Path("found/pictures").iterdir()}
    assert {"methods", "forgetting", "tasks", "matrix-naive"} <= drawn
    page = Path("found/report.html").read_text()
    assert page.count("data:image/") == len(drawn)
    assert RunFolder.open("found").changed() == ()


def test_json_is_only_json_the_same_each_time_and_leaves_nothing(capsys, desk):
    def heard():
        assert main(["remember", *QUICK, "--json"]) == 0
        return capsys.readouterr().out

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    first = heard()
    record = json.loads(first, parse_constant=refuse)
    assert heard() == first
    assert list(desk.iterdir()) == []
    named = {"data", "settings", "tasks", "methods", "histories", "physics", "headline"}
    assert named | {"caveats", "notes", "tunings"} == record.keys()
    assert record["settings"]["scenario"] == "permuted"
    assert [one["method"] for one in record["methods"]] == ["plain", "naive", "joint"]
    for one in record["methods"]:
        assert {"average", "forgetting", "parameters", "stored"} <= one.keys()
        assert one["average"].keys() == {"mean", "half", "count"}
        last = [history["matrix"][-1] for history in record["histories"][one["method"]]]
        assert one["average"]["mean"] == pytest.approx(np.mean(last))
    assert record["histories"]["naive"][0]["matrix"][0][1] is None  # nobody looked


def test_no_report_leaves_the_data(capsys):
    assert main(["remember", *TINY, "--seeds", "1", "--method", "naive", "--no-report"]) == 0
    assert "lawful-memory/memory.json" in capsys.readouterr().out
    assert not Path("lawful-memory/report.html").exists()
    assert Path("lawful-memory/memory.json").is_file()


def test_tuning_shows_its_curve(capsys):
    words = ["--seeds", "1", "--method", "replay", "--tune", "--no-report"]
    assert main(["remember", *TINY, *words]) == 0
    out = capsys.readouterr().out
    assert "✓" in out
    curve = read("lawful-memory").tunings["replay"]
    for value in curve.values:
        assert f"{value:g}" in out


# -------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--method basin", "did you mean 'basins'"),
        ("--method ewcc si", "did you mean 'ewc'"),
        ("--method ewc ewc", "given twice"),
        ("--scenario rotate", "did you mean 'rotated'"),
        ("digits --scenario split --tasks 11 --method naive", "1 to 10"),
        ("--tasks 0", "tasks 0; expected a whole number from 1 up"),
        ("--seeds 0", "seeds 0"),
        ("--seed -1", "seed -1"),
        ("--epochs 0", "epochs 0"),
        ("--samples 0", "samples 0"),
        ("--samples 2000", "1 to 1797"),
        ("--samples 30", "take more samples"),
        ("--jobs 0", "--jobs 0"),
        ("xor", "no square images"),
        ("digts", "did you mean 'digits'"),
        ("nothing.csv", "nothing.csv"),
        ("--theme sepia", "sepia"),
        ("--json --resume", "--resume"),
        ("digits --target label", "target"),
        ("--bogus", "bogus"),
    ],
)
def test_what_cannot_be_meant_is_one_line(capsys, desk, words, says):
    assert says in refused(capsys, *words.split())
    assert list(desk.iterdir()) == []


def test_a_folder_of_others_is_refused_before_any_work(capsys, desk):
    (desk / "mine").mkdir()
    (desk / "mine" / "thesis.txt").write_text("all my work")
    assert "mine" in refused(capsys, *QUICK, "--out", "mine")
    assert [p.name for p in desk.iterdir()] == ["mine"]


def test_without_torch_it_says_which_extra_brings_it():
    code = (
        "import sys; sys.modules['torch'] = None; from lawful.cli import main; "
        "sys.exit(main(['remember']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "the package 'torch' is not installed; run: pip install 'lawful[torch]'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(Path().iterdir()) == []


# ------------------------------------------------------------------- kill and resume


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(capsys):
    words = ["remember", *TINY, "--method", "plain", "naive", "--no-report"]
    process = subprocess.Popen(
        [sys.executable, "-m", "lawful", *words, "--seeds", "60", "--out", "killed"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    bench, patience = MemoryBench.beside("killed"), time.monotonic() + 60
    while bench.left < 2 and time.monotonic() < patience:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 2 <= bench.left < 120
    assert not Path("killed").exists()
    # Fewer seeds than were begun: those that are finished are taken up, none is lost.
    assert main([*words, "--seeds", "2", "--out", "killed", "--resume"]) == 0
    assert main([*words, "--seeds", "2", "--out", "straight"]) == 0
    one, other = Path("killed"), Path("straight")
    assert (one / "memory.json").read_bytes() == (other / "memory.json").read_bytes()
    for name in ("plain", "naive"):
        weights = f"weights/{name}.safetensors"
        assert (one / weights).read_bytes() == (other / weights).read_bytes()
    assert not bench.place.exists()


def test_ctrl_c_says_what_is_kept(capsys, monkeypatch):
    from lawful.studies.memory import bench as memory_bench

    real, count = memory_bench.worked, []

    def worked(*arguments, **options):
        if count:
            raise KeyboardInterrupt
        count.append(1)
        return real(*arguments, **options)

    words = ["remember", *QUICK, "--no-report"]
    with monkeypatch.context() as patched:
        patched.setattr(memory_bench, "worked", worked)
        assert main(words) == 130
    assert "1 finished learner" in capsys.readouterr().err
    assert main([*words, "--seed", "5"]) == 0
    assert "--resume would take" in capsys.readouterr().err
