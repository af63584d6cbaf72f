"""`lawful learn`: what it prints, what it leaves, how it refuses, and that it can be killed."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from lawful import files
from lawful.cli import main
from lawful.learning import NeuralNetwork, datasets
from lawful.report import learned
from lawful.report.learning import page
from lawful.store import Manifest, RunFolder
from lawful.studies.learning import Lesson, learn
from lawful.studies.lesson import DataChoice, NetworkChoice, TrainingChoice
from lawful.studies.workbench import Bench

QUICK = ("--steps", "150", "--seeds", "2", "--jobs", "1")
BARE = (*QUICK, "--no-pictures")


@pytest.fixture(autouse=True)
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, *words, code=2):
    """One line on standard error, nothing on standard output, no traceback, no folder."""
    assert main(["learn", *words]) == code
    heard = capsys.readouterr()
    assert heard.out == ""
    assert re.fullmatch(r"lawful: [^\n]+\n", heard.err), heard.err
    assert not Path("lawful-learning").exists()
    return heard.err


class Balanced(HTMLParser):
    """Fails on a tag that is not closed, or closed twice; gathers what it saw."""

    def __init__(self):
        super().__init__()
        self.open, self.sources, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.sources += [v for k, v in attrs if k in ("src", "href")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(text):
    seen = Balanced()
    seen.feed(text)
    assert seen.open == []
    return seen


# ----------------------------------------------------------------------------- help


def test_every_example_of_the_help_is_understood():
    from lawful.cli.app import app

    examples = re.findall(r"^lawful (.*)$", app["learn"].help_epilogue, re.MULTILINE)
    assert len(examples) >= 6
    for example in examples:
        app.parse_args(shlex.split(example), exit_on_error=False, print_error=False)


def test_help_starts_light():
    code = (
        "import sys; from lawful.cli import main; main(['learn', '--help']); "
        "print([m for m in ('numpy', 'matplotlib', 'xarray', 'joblib') if m in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    for group in ("Data", "Network", "Training", "Pictures"):
        assert group in done.stdout


# --------------------------------------------------------------------- what is left


def test_what_is_printed_and_what_is_left(capsys):
    assert main(["learn", "xor", "--layers", "2-2-1", "2-3-1", "2-2-2-1", *BARE]) == 0
    out = capsys.readouterr().out
    for part in ("2-2-2-1", "rate [95 %]", "Unseen inputs", "Feedforward by hand", "agree"):
        assert part in out
    assert "Energy ledger" in out
    folder = RunFolder.open("lawful-learning")
    assert folder.changed() == ()
    assert folder.manifest.settings["training"]["steps"] == 150
    record = folder.read_json("learning.json")
    assert [one["trainings"] for one in record["comparison"]] == [2, 2, 2]
    assert len(folder.metrics()) == 6
    runs = files.read(folder.path / "training.nc")
    assert runs.sizes["run"] == 6
    assert "W1_1_1" in files.read(folder.path / "training" / "2-3-1.nc").data_vars
    xor = datasets.xor()
    for one in record["trainings"]:
        name = f"{one['architecture']}-seed-{one['seed']}.safetensors"
        network = NeuralNetwork.load(folder.path / "weights" / name)
        assert network.loss(xor.X, xor.y) == one["final_energy"]
    assert not Bench.beside("lawful-learning").place.exists()


def test_json_is_only_json_the_same_each_time_and_leaves_nothing(capsys, desk):
    def heard():
        assert main(["learn", "xor", *BARE, "--json"]) == 0
        return capsys.readouterr().out

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    first = heard()
    record = json.loads(first, parse_constant=refuse)
    assert heard() == first
    assert record["settings"]["seeds"] == 2
    assert list(desk.iterdir()) == []


def test_pictures_are_in_the_folder_and_in_the_page():
    words = ["learn", "xor", "--layers", "2-3-1", "--steps", "60", "--seeds", "1"]
    assert main([*words, "--theme", "dark", "--out", "found"]) == 0
    pictures = sorted(p.name for p in Path("found/pictures").iterdir())
    for stem in ("network", "energy", "loss", "boundary", "landscape", "weights"):
        assert f"2-3-1-seed-0-{stem}.png" in pictures
    assert sum(name.endswith(".gif") for name in pictures) >= 2
    assert all((Path("found/pictures") / name).stat().st_size > 1000 for name in pictures)
    seen = parsed(Path("found/report.html").read_text())
    assert len(seen.sources) == len(pictures)
    assert all(source.startswith("data:image/") for source in seen.sources)


def test_the_page_says_what_was_found():
    lesson = Lesson(
        DataChoice("gaussians", samples=60),
        NetworkChoice(layers=((2, 4, 1),)),
        TrainingChoice(steps=60),
        seeds=2,
    )
    done = learn(lesson, jobs=1)
    manifest = done.manifest(("lawful", "learn", "gaussians", "--out", "<b>"))
    text = page(done, manifest=manifest, left_out=("nothing & all",))
    words = " ".join(parsed(text).text)
    assert "<b>" not in text.split("<pre>")[1].split("</pre>")[0]
    for part in ("gaussians", "2-4-1", learned.solved(done.architectures[0]), "SHA-256"):
        assert part in words
    assert str(done.shown[0].unseen.confusion[0, 0]) in words
    assert "http:" not in text
    assert "https:" not in text


def test_a_class_that_is_markup_stays_text(desk):
    rows = "\n".join(f"{k % 7},{k % 5},{'<i>a' if k % 2 else 'b&amp'}" for k in range(40))
    (desk / "odd.csv").write_text(f"u,v,label\n{rows}\n")
    lesson = Lesson(
        DataChoice("odd.csv"), NetworkChoice(layers=((2, 1),)), TrainingChoice(steps=5), seeds=1
    )
    text = page(learn(lesson), manifest=Manifest("learn"))
    assert "<i>" not in text
    assert "&lt;i&gt;a" in text


def test_a_users_file_with_rows_to_predict(desk, capsys):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 2)) + 4 * (np.arange(60) % 2)[:, None]
    rows = "\n".join(f"{x},{y},{('no', 'yes')[k % 2]}" for k, (x, y) in enumerate(X))
    (desk / "my.csv").write_text(f"a,b,label\n{rows}\n")
    (desk / "new.csv").write_text("a,b\n0,0\n4,4\n")
    words = ["learn", "my.csv", "--target", "label", "--test", "new.csv", "--epochs", "60"]
    assert main([*words, "--seeds", "1", "--no-pictures", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    answers = next(iter(record["predictions"].values()))
    assert [row["predicted"] for row in answers["rows"]] == ["no", "yes"]
    assert [row["inputs"] for row in answers["rows"]] == [[0, 0], [4, 4]]
    assert answers["accuracy"] is None
    assert [mark["name"] for mark in record["data"]["fingerprints"]] == ["my.csv", "new.csv"]


# -------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("xor --activation rellu", "did you mean 'relu'"),
        ("xor --optimizer adan", "did you mean 'adam'"),
        ("xro", "did you mean 'xor'"),
        ("xor --layers 3-2-1", "2 inputs and 1 output for 2 classes; such as 2-2-1"),
        ("gaussians --layers 2-4-3", "such as 2-4-1"),
        ("xor --layers two-one", "such as 2-3-1"),
        ("xor --learning-rate -0.1", "learning rate -0.1; expected a positive number"),
        ("xor --learning-rate nan", "learning rate nan"),
        ("xor --epochs 0", "epochs 0; expected a whole number from 1 up"),
        ("xor --steps 0", "steps 0"),
        ("xor --seeds 0", "seeds 0"),
        ("xor --jobs 0", "--jobs 0"),
        ("xor --seed -1", "seed -1"),
        ("xor --batch 0", "batch 0"),
        ("xor --steps 5 --epochs 5", "one of them"),
        ("xor --optimizer adam --friction 1", "friction"),
        ("xor --goal 1.5", "goal 1.5"),
        ("xor --dropout 1", "dropout 1"),
        ("xor --l2 -1", "l2"),
        ("xor --validation 1", "validation 1"),
        ("xor --schedule foo", "schedule 'foo'"),
        ("xor --loss cross-entropy", "softmax"),
        ("xor --target label", "target"),
        ("nothing.csv", "nothing.csv"),
        ("xor --theme sepia", "sepia"),
        ("xor --resume --json", "--resume"),
    ],
)
def test_what_cannot_be_meant_is_one_line(capsys, words, says):
    assert says in refused(capsys, *words.split())


def test_a_label_column_that_is_not_there(capsys, desk):
    (desk / "my.csv").write_text("a,b,label\n1,2,x\n2,1,y\n")
    told = refused(capsys, "my.csv", "--target", "lable")
    assert "'lable'" in told
    assert "did you mean 'label'" in told


def test_a_folder_of_others_is_refused_before_any_work(capsys, desk):
    (desk / "mine").mkdir()
    (desk / "mine" / "thesis.txt").write_text("all my work")
    assert "mine" in refused(capsys, "xor", *BARE, "--out", "mine")
    assert [p.name for p in desk.iterdir()] == ["mine"]


def test_where_every_training_diverges(capsys):
    words = ["learn", "xor", "--output", "linear", "--learning-rate", "1e6", *BARE]
    assert main([*words, "--layers", "2-3-1"]) == 1
    heard = capsys.readouterr()
    assert re.fullmatch(r"lawful: every training diverged: .*at step \d+.*\n", heard.err)
    assert "smaller learning rate" in heard.err
    assert "Every training diverged" in heard.out
    assert Path("lawful-learning/report.html").is_file()
    parsed(Path("lawful-learning/report.html").read_text())


# ------------------------------------------------------------------- kill and resume


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(desk, capsys):
    words = ["learn", "xor", "--seeds", "30", "--steps", "2000", "--jobs", "1", "--no-pictures"]
    process = subprocess.Popen(
        [sys.executable, "-m", "lawful", *words, "--out", "killed"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    bench, patience = Bench.beside("killed"), time.monotonic() + 30
    while bench.left < 3 and time.monotonic() < patience:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 3 <= bench.left < 90
    assert not Path("killed").exists()
    # Fewer seeds than were begun: those that are finished are taken up, none is lost.
    words[words.index("30")] = "2"
    assert main([*words, "--out", "killed", "--resume"]) == 0
    assert main([*words, "--out", "straight"]) == 0
    one, other = Path("killed"), Path("straight")
    assert (one / "learning.json").read_bytes() == (other / "learning.json").read_bytes()
    assert not bench.place.exists()


def test_ctrl_c_says_what_is_kept(capsys, monkeypatch):
    from lawful.studies import workbench

    real, count = workbench.trained, []

    def trained(*arguments, **options):
        if count:
            raise KeyboardInterrupt
        count.append(1)
        return real(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(workbench, "trained", trained)
        assert main(["learn", "xor", *BARE]) == 130
    assert "1 finished training" in capsys.readouterr().err
    assert main(["learn", "xor", *BARE, "--seed", "5", "--out", "lawful-learning"]) == 0
    assert "--resume would take" in capsys.readouterr().err
