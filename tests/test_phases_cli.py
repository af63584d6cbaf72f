"""`lawful phases`: what it prints, what it leaves, how it refuses, and that it can be killed."""

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
from lawful.cli.app import app
from lawful.store import RunFolder
from lawful.studies.phases import Axis, Plan, phases
from lawful.studies.phases.tiles import Tiles

AXES = ("--x", "learning_rate=0.1:30:log", "--y", "init_scale=0.1:10:log")
# Wide layers are no work for the fast path, which would be compiled first.
SMALL = {"layers": "2-17-1", "size": "5x4", "seeds": "3", "steps": "40", "jobs": "1"}


def small(**other):
    """Options, `SMALL` but for those given; None leaves one out."""
    said = {**SMALL, **other}
    return [w for name, v in said.items() if v is not None for w in (f"--{name}", v)]


BARE = (*AXES, *small(), "--no-pictures")


@pytest.fixture(autouse=True)
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys, *words, code=0):
    assert main(["phases", *words]) == code
    return capsys.readouterr()


# ----------------------------------------------------------------------------- help


def test_every_example_of_the_help_is_understood():
    examples = re.findall(r"^lawful (.*)$", app["phases"].help_epilogue, re.MULTILINE)
    assert len(examples) >= 6
    for example in examples:
        _, bound, _ = app.parse_args(shlex.split(example), exit_on_error=False, print_error=False)
        said = bound.arguments
        Axis.parse(said["x"])
        Axis.parse(said["y"])


def test_help_starts_light():
    code = (
        "import sys; from lawful.cli import main; main(['phases', '--help']); "
        "print([m for m in ('numpy', 'matplotlib', 'xarray', 'joblib') if m in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    for group in ("Data", "Network", "Training", "Boundary", "Pictures"):
        assert group in done.stdout


# --------------------------------------------------------------------- what is left


def test_what_is_printed_and_what_is_left(capsys):
    out = told(capsys, "xor", *BARE, "--zoom", "1", "--goal", "0.75").out
    for part in ("120 networks 2-17-1 on xor", "5 × 4 cells of 3 seeds on 2 levels"):
        assert part in out
    for part in ("0.75 of the samples right within 40 steps", "convergence probability", "level"):
        assert part in out
    folder = RunFolder.open("lawful-phases")
    assert folder.changed() == ()
    assert folder.manifest.study == "phases"
    assert folder.manifest.settings["x"]["name"] == "learning_rate"
    record = folder.read_json("phases.json")
    assert np.shape(record["levels"][1]["probability"]) == (4, 5)
    assert folder.metrics()[0]["networks"] == 120
    assert not Tiles.beside("lawful-phases").place.exists()

    from lawful.netcdf import load_netcdf

    for level in (0, 1):
        held = load_netcdf(folder.path / ("diagram.nc", "diagram-1.nc")[level])
        share = np.array(record["levels"][level]["probability"])
        assert np.array_equal(held["probability"].values, share)
        assert held["learning_rate"].values == pytest.approx(record["levels"][level]["x"]["values"])


def test_json_is_alone_is_the_same_again_and_is_what_python_gives(capsys):
    heard = told(capsys, "xor", *BARE, "--json", "--seed", "5")
    record = json.loads(heard.out)
    assert heard.err == ""
    assert not Path("lawful-phases").exists()
    assert heard.out == told(capsys, "xor", *BARE, "--json", "--seed", "5").out
    assert heard.out != told(capsys, "xor", *BARE, "--json", "--seed", "6").out
    from lawful.store import plain
    from lawful.studies.lesson import DataChoice, NetworkChoice

    axes = Axis.parse(AXES[1]), Axis.parse(AXES[3])
    network = NetworkChoice(layers=((2, 17, 1),))
    plan = Plan(DataChoice("xor"), *axes, network, (5, 4), 3, 5, 40)
    assert plain(phases(plan, jobs=1).to_dict()) == record
    (level,) = record["levels"]
    assert np.shape(level["energy"]["median"]) == (4, 5)
    low, middle, high = (np.array(level[name]) for name in ("low", "probability", "high"))
    assert ((low <= middle) & (middle <= high)).all()


def test_a_file_of_numbers_is_learned_to_a_loss(capsys, desk):
    rows = [f"{x / 10},{(x / 10) ** 2}" for x in range(-10, 11)]
    (desk / "curve.csv").write_text("\n".join(["x,y", *rows]))
    words = ("curve.csv", "--target", "y", *AXES, "--json")
    words = (*words, *small(layers="1-17-1", steps="200"))
    record = json.loads(told(capsys, *words).out)
    assert "a loss of 0.01 or less within 200 steps" in record["goal"]
    assert record["settings"]["network"]["output"] == "linear"
    assert record["levels"][0]["share_diverged"] > 0
    heard = told(capsys, *words, "--goal", "0.9", code=2)
    assert "--goal-energy" in heard.err


def test_where_all_diverge_the_exit_code_is_one(capsys, desk):
    (desk / "line.csv").write_text("x,y\n-1,-1\n0,0\n1,1\n")
    words = ("line.csv", "--target", "y", "--x", "learning_rate=1e3:1e4", "--y", "init_scale=1:2")
    words = (*words, *small(layers="1-1", size="2", steps="300"), "--no-pictures")
    heard = told(capsys, *words, code=1)
    assert "Every network of every cell diverged" in heard.out
    assert re.search(r"lawful: every network of every cell diverged; begin [^\n]+\n", heard.err)


# ------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("xor", *small(), "--x", "momentum=0:1"), "--y"),
        (("xor", *small(), "--x", "momentun=0:1", *AXES[2:]), "did you mean 'momentum'"),
        (("xor", *small(), "--x", "momentum=0.9:0.1", *AXES[2:]), "reversed"),
        (("xor", *small(), "--x", "temperature=0:1:log", *AXES[2:]), "logarithm"),
        (("xor", *small(), *AXES[:2], "--y", "learning_rate=1:2"), "both axes vary"),
        (("xor", *AXES, *small(size="1")), "2 to 4096 cells"),
        (("xor", *AXES, *small(layers="3-2-1")), "layers 3-2-1 do not fit xor"),
        (("xor", *AXES, *small(layers="2-x-1")), "layers '2-x-1'"),
        (("xor", *BARE, "--learning-rate", "0.1"), "fixed to 0.1 and an axis"),
        (("xor", *AXES, *small(jobs="0")), "--jobs 0"),
        (("xor", *BARE, "--json", "--resume"), "--resume without a folder"),
        (("xorr", *BARE), "did you mean 'xor'"),
        (("xor", *BARE, "--observable", "enrgy"), "did you mean 'energy'"),
        (("xor", *BARE, "--activation", "reluu"), "did you mean 'relu'"),
        (("xor", *BARE, "--seed", "-1"), "seed -1"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(capsys, words, answer):
    heard = told(capsys, *words, code=2)
    assert heard.out == ""
    assert re.fullmatch(r"lawful: [^\n]+\n", heard.err), heard.err
    assert answer in heard.err
    assert not Path("lawful-phases").exists()


def test_a_folder_that_is_not_ours_is_left_alone(capsys, desk):
    (desk / "mine").mkdir()
    (desk / "mine" / "diary.txt").write_text("dear")
    heard = told(capsys, "xor", *BARE, "--out", "mine", code=2)
    assert "did not make" in heard.err
    assert [f.name for f in (desk / "mine").iterdir()] == ["diary.txt"]


# ------------------------------------------------------------------ killed and resumed


def test_a_run_that_is_killed_goes_on_and_ends_in_the_same_bits(capsys, desk):
    words = ("xor", *AXES, *small(size="12", seeds="32", steps="250"), "--no-pictures")
    code = "import sys; from lawful.cli import main; sys.exit(main(sys.argv[1:]))"
    victim = subprocess.Popen(
        [sys.executable, "-c", code, "phases", *words, "--out", "killed"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    tiles = Tiles.beside("killed")
    deadline = time.monotonic() + 60
    while tiles.left < 2 and time.monotonic() < deadline and victim.poll() is None:
        time.sleep(0.01)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    kept = tiles.left
    assert kept >= 2
    assert not Path("killed").exists()
    told(capsys, *words, "--out", "killed", "--resume")
    told(capsys, *words, "--out", "whole")
    one, other = (RunFolder.open(name).read_json("phases.json") for name in ("killed", "whole"))
    assert one == other
    assert tiles.left == 0


def test_ctrl_c_says_what_is_kept(capsys, monkeypatch):
    monkeypatch.setattr("lawful.studies.phases.sheet.TILE", 12)
    work, done = Tiles._keep, []

    def keep(self, sheet, tile, result):
        work(self, sheet, tile, result)
        done.append(tile)
        if len(done) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Tiles, "_keep", keep)
    heard = told(capsys, "xor", *BARE, code=130)
    assert "kept: 2 finished tiles; the same command with --resume goes on" in heard.err
    monkeypatch.setattr(Tiles, "_keep", work)
    assert "left 2 finished tiles; --resume" in told(capsys, "xor", *BARE).err


# ------------------------------------------------------------------------- a cluster


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)
def test_a_cluster_ends_in_the_bits_of_one_process(capsys):
    distributed = pytest.importorskip("distributed")
    words = ("xor", *AXES, *small(size="12", seeds="16", steps="20", jobs=None), "--json")
    here = json.loads(told(capsys, *words, "--jobs", "1").out)
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        host="127.0.0.1",
        memory_limit=0,
    ) as local:
        there = json.loads(told(capsys, *words, "--cluster", local.scheduler_address).out)
    assert there == here


def test_no_scheduler_is_refused_in_one_line(capsys, monkeypatch):
    pytest.importorskip("distributed")
    from lawful.laws import workers

    monkeypatch.setattr(workers, "PATIENCE", 0.5)
    heard = told(capsys, "xor", *BARE, "--cluster", "nonsense://here", code=2)
    assert "no scheduler answers" in heard.err
