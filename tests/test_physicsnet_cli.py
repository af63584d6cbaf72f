"""`lawful train`, `evaluate`, `pipeline`, and `discover --method physicsnet`."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from dataclasses import fields
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from lawful.cli import main
from lawful.store import Manifest, RunFolder
from lawful.studies.discovery import read_findings
from lawful.studies.physicsnet.discovered import Discovered
from lawful.studies.physicsnet.drift import Drift

torch = pytest.importorskip("torch", reason="lawful[torch] trains the network")
torch.set_num_threads(1)

COMMANDS = ("train", "evaluate", "pipeline")
SMALL = ("--runs", "20", "--samples", "40", "--hidden", "8", "--latent-dim", "4", "--horizon", "1")
TINY = (*SMALL, "--epochs", "2")
HELD = "network.safetensors"


@pytest.fixture(autouse=True)
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A spring, trained once for all tests that only look at it."""
    place = tmp_path_factory.mktemp("trained") / "spring"
    assert main(["train", "spring", *TINY, "--out", str(place), "--json"]) == 0
    return str(place)


def refused(capsys, *words):
    """One line on standard error, nothing on standard output, no traceback."""
    assert main(words) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert re.fullmatch(r"lawful: [^\n]+\n", heard.err), heard.err
    return heard.err


def left():
    """What lies on the desk, hidden files included."""
    return sorted(p.name for p in Path().iterdir())


# ------------------------------------------------------------------------------ help


@pytest.mark.parametrize("command", [*COMMANDS, "discover"])
def test_every_example_of_the_help_is_understood(command):
    from lawful.cli.app import app

    examples = re.findall(r"^lawful (.*)$", app[command].help_epilogue, re.MULTILINE)
    assert len(examples) >= 3
    for example in examples:
        app.parse_args(shlex.split(example), exit_on_error=False, print_error=False)


def test_help_starts_light():
    calls = "; ".join(f"main(['{command}', '--help'])" for command in (*COMMANDS, "discover"))
    heavy = ("torch", "numpy", "matplotlib", "joblib", "sympy", "pyoperon", "lawful.laws")
    code = (
        f"import sys; from lawful.cli import main; {calls}; "
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_what_is_not_said_is_what_the_network_takes():
    from lawful.cli.network import NETWORK, NetworkOptions
    from lawful.laws.physicsnet.settings import NetSettings
    from lawful.studies.physicsnet.folder import NETWORK as WRITTEN

    assert NetworkOptions().settings(0) == NetSettings()
    known = {field.name for field in fields(NetSettings)}
    assert {field.name for field in fields(NetworkOptions)} == known - {"seed"}
    assert NETWORK == WRITTEN


# ----------------------------------------------------------------------------- train


def test_train_prints_losses_and_leaves_a_folder(capsys):
    assert main(["train", "spring", *TINY, "--observe", "x", "--window", "3", "--tag", "run1"]) == 0
    out = capsys.readouterr().out
    for part in ("20 runs, 40 samples", "sees x", "never saw v", "validation", "quantity 1"):
        assert part in out
    assert re.search(r"^ +2( +[-−\d.×⁻⁰-⁹]+){4,}$", out, re.MULTILINE), out
    folder = RunFolder.open("lawful-physicsnet/spring-run1")
    assert "lawful-physicsnet/spring-run1" in out
    assert folder.changed() == ()
    assert len(folder.metrics()) == 2
    assert folder.manifest.study == "train"
    assert folder.manifest.settings["observe"] == ["x"]
    assert left() == ["lawful-physicsnet"]
    assert os.listdir("lawful-physicsnet") == ["spring-run1"]


def test_train_json_is_only_json(capsys):
    assert main(["train", "spring", *TINY, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["folder"] == "lawful-physicsnet/spring"
    assert record["settings"]["epochs"] == record["epochs"] == 2
    assert record["variables"] == ["x", "v"]


def test_train_takes_a_file(capsys):
    t = np.linspace(0, 6, 40)
    rows = [
        f"{run},{time:.6f},{a * np.cos(time):.6f},{-a * np.sin(time):.6f}"
        for run, a in enumerate(np.linspace(1, 2, 10))
        for time in t
    ]
    Path("my trials.csv").write_text("\n".join(["trial,t,x,v", *rows]) + "\n")
    words = ("--run", "trial", "--time", "t", "--hidden", "8", "--latent-dim", "4", "--epochs", "1")
    assert main(["train", "my trials.csv", *words]) == 0
    assert "10 runs, 40 samples" in capsys.readouterr().out
    assert RunFolder.open("lawful-physicsnet/my-trials").manifest.data[0]["name"] == "my trials.csv"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no data"),
        (("sprong",), "did you mean spring"),
        (("spring", "--epochs", "0"), "epochs 0"),
        (("spring", "--beta", "-1"), "beta -1"),
        (("spring", "--observe", "y"), "no variable 'y'"),
        (("spring", "--tag", "a", "--out", "b"), "--tag with --out"),
        (("spring", "--run", "trial"), "--run for a system"),
        (("spring", "--device", "tpu"), "tpu"),
    ],
)
def test_train_refuses_on_one_line(words, said, capsys):
    assert said in refused(capsys, "train", *words, *(SMALL if words else ()))
    assert not any((Path("lawful-physicsnet") / p).is_dir() for p in ("spring", "spring-a"))


def test_train_never_touches_what_is_not_ours(capsys):
    Path("mine").mkdir()
    (Path("mine") / "thesis.tex").write_text("years of work")
    assert "did not make" in refused(capsys, "train", "spring", *TINY, "--out", "mine")
    assert (Path("mine") / "thesis.tex").read_text() == "years of work"


def stopped_at(epoch, monkeypatch):
    """From here on Ctrl-C is pressed when so many epochs are done."""
    from lawful.cli.physicsnet import Course

    told = Course.epochs

    def pressed(self, name):
        progress = told(self, name)

        def press(now, epochs, losses):
            progress(now, epochs, losses)
            if now == epoch:
                raise KeyboardInterrupt  # SIGINT itself is ignored where a shell has put us aside

        return press

    monkeypatch.setattr(Course, "epochs", pressed)


def test_train_is_safe_to_stop_and_goes_on_in_the_same_bits(capsys, monkeypatch):
    words = ["train", "spring", *SMALL, "--epochs", "4", "--out"]
    with monkeypatch.context() as patch:
        stopped_at(2, patch)
        assert main([*words, "stopped"]) == 130
    heard = capsys.readouterr()
    assert "kept: the network after epoch 2 of 4" in heard.err
    assert "--resume goes on" in heard.err
    assert heard.err.splitlines()[-1] == "lawful: stopped"
    assert not Path("stopped").exists()
    assert len(left()) == 1
    assert main([*words, "stopped", "--resume"]) == 0
    assert main([*words, "whole"]) == 0
    assert left() == ["stopped", "whole"]
    first, second = (read_losses(name) for name in left())
    assert first == second
    one, other = ((Path(name) / HELD).read_bytes() for name in left())
    assert len(one) == len(other)


def read_losses(name):
    return [
        {key: value for key, value in line.items() if key != "seconds"}
        for line in RunFolder.open(name).metrics()
    ]


def test_train_says_that_it_begins_anew(capsys, monkeypatch):
    words = ["train", "spring", *SMALL, "--out", "mine"]
    with monkeypatch.context() as patch:
        stopped_at(1, patch)
        assert main([*words, "--epochs", "3"]) == 130
    capsys.readouterr()
    assert "other data, settings or version" in refused(capsys, *words, "--epochs", "2", "--resume")
    assert main([*words, "--epochs", "2"]) == 0
    assert "begins anew" in capsys.readouterr().err
    assert left() == ["mine"]


def test_losses_stand_beside_the_bar_on_a_terminal(monkeypatch):
    from lawful.cli import physicsnet
    from lawful.cli.screen import Screen

    seen = StringIO()
    terminal = Screen(file=seen, width=120, force_terminal=True, emoji=False)
    monkeypatch.setattr(physicsnet, "screen", lambda stream=None: terminal)
    course = physicsnet.Course()
    losses = {"loss": 0.5, "prediction": 0.25, "validation_loss": 0.125, "seconds": 9}
    with course:
        course.step("orbit", "forecasts")
        time.sleep(0.15)
        course.epochs("spring")(3, 10, losses)
        time.sleep(0.15)
    for part in ("orbit: forecasts", "epoch 3/10", "loss 0.5", "validation 0.125"):
        assert part in seen.getvalue()
    assert "seconds" not in seen.getvalue()
    assert course.done == (3, 10)


# -------------------------------------------------------- discover --method physicsnet


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("spring", "--method", "physicsnet"), "train a network first: lawful train spring"),
        (("my.csv", "--method", "physicsnet"), "lawful train my.csv"),
        (("--method", "physicsnet"), "0 folders"),
        (("a", "b", "--method", "physicsnet"), "2 folders"),
        (("spring", "--method", "pca"), "pca"),
        (("spring", "--target", "energy"), "--method physicsnet"),
        (("spring", "--niterations", "3"), "--method physicsnet"),
        (("spring", "--method", "physicsnet", "--degree", "2"), "--degree with --method"),
        (("spring", "--method", "physicsnet", "--time", "t"), "reading columns"),
        (("spring", "--method", "physicsnet", "--niterations", "0"), "--niterations 0"),
    ],
)
def test_discover_refuses_what_is_no_training(words, said, capsys):
    (Path("my.csv")).write_text("t,x\n0,1\n1,2\n")
    assert said in refused(capsys, "discover", *words)


def test_discover_says_where_a_training_is(trained, capsys):
    assert "say --method physicsnet" in refused(capsys, "discover", trained)
    heard = refused(capsys, "discover", str(Path(trained).parent), "--method", "physicsnet")
    assert f"did you mean {trained}?" in heard


def test_discover_refuses_a_folder_of_another_study(capsys):
    with RunFolder.create("learned", Manifest("learn")):
        pass
    heard = refused(capsys, "discover", "learned", "--method", "physicsnet")
    assert "holds a study 'learn'" in heard


@pytest.mark.parametrize(
    ("module", "words", "extra"),
    [
        ("lawful.laws.symbolic.operon", (), "sr"),
        ("lawful.laws.symbolic.pysr_engine", ("--engine", "pysr"), "pysr"),
    ],
)
def test_what_is_not_installed_is_said_before_any_work(
    module, words, extra, trained, capsys, monkeypatch
):
    monkeypatch.setattr(f"{module}.find_spec", lambda name: None)
    said = f"pip install 'lawful[{extra}]'"
    assert said in refused(capsys, "discover", trained, "--method", "physicsnet", *words)
    assert said in refused(capsys, "evaluate", trained, *words)
    assert said in refused(capsys, "pipeline", "spring", *words)
    assert left() == []


def test_a_network_needs_torch(trained, capsys, monkeypatch):
    monkeypatch.setattr("lawful.cli.network.find_spec", lambda name: None)
    assert "pip install 'lawful[torch]'" in refused(capsys, "evaluate", trained)


def test_discover_reads_a_target_off_and_leaves_its_front(trained, capsys):
    pytest.importorskip("pyoperon", reason="lawful[sr] searches for formulas")
    words = ("--method", "physicsnet", "--target", "kinetic", "--niterations", "2")
    assert main(["discover", trained, *words, "--save-laws", "laws.json"]) == 0
    out = capsys.readouterr().out
    assert "kinetic = v²/2" in out
    assert "exact form" in out
    assert "is no law" in out
    for name in ("report.html", "laws.json", "pareto.json"):
        assert f"lawful-report/{name}" in out
    folder = RunFolder.open("lawful-report")
    assert folder.changed() == ()
    assert folder.manifest.settings["target"] == "kinetic"
    assert folder.manifest.data[-1]["name"] == HELD
    assert read_findings("lawful-report") == read_findings("laws.json")
    front = folder.read_json("pareto.json")["discovered"][0]["front"]["formulas"]
    assert [one["complexity"] for one in front] == sorted(one["complexity"] for one in front)


def test_discover_json_holds_the_front(trained, capsys):
    pytest.importorskip("pyoperon", reason="lawful[sr] searches for formulas")
    words = ("--method", "physicsnet", "--target", "energy", "--niterations", "2", "--json")
    assert main(["discover", trained, *words]) == 0
    heard = capsys.readouterr().out
    assert json.loads(heard)["library"]["pareto"][0]["target"] == "energy"
    Path("laws.json").write_text(heard)
    assert [law.name for law in read_findings("laws.json").laws] == ["energy"]
    assert left() == ["laws.json"]


def test_discover_refuses_a_target_that_the_system_has_not(trained, capsys):
    words = ("--method", "physicsnet", "--target", "angular_momentum")
    assert "energy, kinetic, potential" in refused(capsys, "discover", trained, *words)


# -------------------------------------------------------------------------- evaluate


def made_up(run, **settings):
    """An evaluation of a real training, with numbers made up."""
    from lawful.laws.physicsnet import principal
    from lawful.laws.symbolic import Formula, Front
    from lawful.studies.physicsnet.ablations import Ablation
    from lawful.studies.physicsnet.evaluation import Evaluation

    rows = tuple(Formula(e, c, r, 0.1) for e, c, r in FRONT)
    front = Front(rows, rows[1], "operon", ("x", "v"), 1.0, {})
    found = Discovered("energy", front, "0.5*v**2 + 1.0*x**2", 0.99998765, 2e-5, exact_form=True)
    drift = Drift(mean=0.00302, worst=0.012, by_run=np.array([0.003, 0.003, 0.00306]))
    ablation = Ablation(
        "standard", run.settings, within_total=0.4, constant=True, spread=0.001, drift=0.124,
        worst=0.3, correlation=0.311, prediction_error=0.01, count=0, epochs=2, seconds=1.0,
    )  # fmt: skip
    latent = np.random.default_rng(0).standard_normal((3, 40, 4))
    return Evaluation(
        run, 4, {"physicsnet": drift}, {}, {"quantity 1": {"energy": 0.99951}}, {"energy": 0.99987},
        principal(latent), (found,), (ablation,), {}, {"physicsnet": 0.01},
        settings=settings,
    )  # fmt: skip


FRONT = (("x", 1, 0.1), ("v**2 + 2*x**2", 7, 0.9999877), ("v**2 + 2*x**2 + sin(x)", 9, 0.999988))


def screened(width=100):
    from lawful.cli.screen import Screen

    out = StringIO()
    return Screen(file=out, width=width, emoji=False, markup=False, highlight=False), out


def test_an_evaluation_on_the_screen(trained):
    from lawful.cli.evaluation import put_evaluations
    from lawful.studies.physicsnet.folder import read_training

    screen, out = screened()
    done = [made_up(read_training(trained))]
    put_evaluations(screen, done, Path("lawful-evaluation"), "report.html")
    text = out.getvalue()
    rows = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    assert "spring, energy v²/2 + x² 1 − 1×10⁻⁵ yes 2×10⁻⁵" in rows
    assert "spring physics-aware 0.3 % 1.2 % 3" in rows
    assert "spring energy 0.999 0.9998" in rows
    assert "spring standard 0.4 yes 12 % 0.311 0.01" in rows
    assert "One training each" in text
    assert "lawful-evaluation/report.html" in text


def test_a_front_on_the_screen_marks_what_was_chosen(trained):
    from lawful.cli.physicsnet import put_front
    from lawful.studies.physicsnet.folder import read_training

    screen, out = screened()
    put_front(screen, made_up(read_training(trained)).discovered[0])
    marked = [line for line in out.getvalue().splitlines() if line.startswith("›")]
    assert len(marked) == 1
    assert " 7 " in marked[0]
    assert "exact form" in out.getvalue()


@pytest.fixture
def studied(monkeypatch):
    """Evaluations are made up; what was asked of them is gathered."""
    asked = []

    def study(run, *, work=None, resume=False, progress=None, **options):
        asked.append({**options, "run": run.name, "resume": resume})
        if work is not None:
            work.mkdir(parents=True, exist_ok=True)
            (work / "piece.json").write_text("{}")
        progress("forecasts")
        if len(asked) == 2:
            raise KeyboardInterrupt
        return made_up(run, **options)

    monkeypatch.setattr("lawful.studies.physicsnet.evaluation.evaluate", study)
    return asked


def test_evaluate_writes_a_report_and_all_numbers(trained, studied, capsys):
    words = ("--ablations", "--ablation-epochs", "5", "--niterations", "7", "--no-pictures")
    assert main(["evaluate", trained, *words]) == 0
    assert studied[0]["ablations"] is True
    assert studied[0]["epochs"] == 5
    assert (studied[0]["hamiltonian"], studied[0]["niterations"]) == (True, 7)
    folder = RunFolder.open("lawful-evaluation")
    assert folder.changed() == ()
    assert [one["name"] for one in folder.read_json("evaluation.json")["evaluations"]] == ["spring"]
    assert folder.manifest.settings["spring"]["seed"] == 0
    assert "</html>" in (folder.path / "report.html").read_text()
    assert "lawful-evaluation/report.html" in capsys.readouterr().out
    assert left() == ["lawful-evaluation"]


def test_evaluate_json_is_only_json(trained, studied, capsys):
    assert main(["evaluate", trained, "--json", "--no-hamiltonian"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["evaluations"][0]["discovered"][0]["target"] == "energy"
    assert studied[0]["hamiltonian"] is False
    assert left() == []


def test_evaluate_is_safe_to_stop(trained, studied, capsys):
    words = ["evaluate", trained, trained, "--no-pictures", "--out", "mine"]
    assert main(words) == 130
    heard = capsys.readouterr()
    assert "kept: 1 finished piece of the work" in heard.err
    assert left() == [".mine.pieces"]
    assert main([*words, "--resume"]) == 0
    assert [one["resume"] for one in studied] == [False, False, True, True]
    assert left() == ["mine"]


def test_evaluate_says_that_it_begins_anew(trained, studied, capsys):
    Path(".lawful-evaluation.pieces").mkdir()
    assert main(["evaluate", trained, "--no-pictures"]) == 0
    assert "begins anew" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no training"),
        (("spring",), "train a network first: lawful train spring"),
        (("HERE", "--jobs", "0"), "--jobs 0"),
        (("HERE", "--niterations", "0"), "--niterations 0"),
        (("HERE", "--ablation-epochs", "3"), "without --ablations"),
        (("HERE", "--ablations", "--ablation-epochs", "0"), "--ablation-epochs 0"),
        (("HERE", "--json", "--resume"), "--resume without a folder"),
        (("HERE", "--out", "thesis"), "did not make"),
        (("HERE", "--theme", "sepia"), "sepia"),
    ],
)
def test_evaluate_refuses_on_one_line(words, said, trained, studied, capsys):
    Path("thesis").mkdir()
    Path("thesis/chapter.tex").write_text("years of work")
    words = [trained if word == "HERE" else word for word in words]
    assert said in refused(capsys, "evaluate", *words)
    assert left() == ["thesis"]


# -------------------------------------------------------------------------- pipeline


@pytest.fixture
def judged(monkeypatch):
    """Trainings are real, evaluations made up; Ctrl-C is pressed in the second."""
    asked = []

    def study(run, *, work, resume, progress, **options):
        asked.append((run.material.name, options))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return made_up(run)

    monkeypatch.setattr("lawful.studies.physicsnet.pipeline.evaluate", study)
    return asked


PIPELINE = ("pipeline", "spring", "projectile", *SMALL, "--epochs", "1", "--no-pictures")


def test_pipeline_is_safe_to_stop_and_leaves_everything(judged, capsys):
    assert main([*PIPELINE, "--niterations", "3", "--no-hamiltonian"]) == 130
    heard = capsys.readouterr()
    assert "kept: 1 of 2 systems" in heard.err
    assert heard.err.endswith("lawful: stopped\n")
    assert left() == [".lawful-pipeline.pipeline"]
    assert main([*PIPELINE, "--niterations", "3", "--no-hamiltonian", "--resume"]) == 0
    out = capsys.readouterr().out
    assert [name for name, _ in judged] == ["spring", "projectile", "projectile"]
    assert judged[0][1]["niterations"] == 3
    assert judged[0][1]["hamiltonian"] is False
    assert "lawful-pipeline/report.html" in out
    assert "spring, energy" in out
    assert "projectile, energy" in out
    folder = RunFolder.open("lawful-pipeline")
    assert folder.changed() == ()
    assert len(folder.read_json("evaluation.json")["evaluations"]) == 2
    assert left() == ["lawful-pipeline"]


def test_pipeline_json_is_only_json(judged, capsys):
    assert main(["pipeline", "spring", *TINY, "--no-pictures", "--json", "--out", "mine"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["folder"] == "mine"
    assert [one["name"] for one in record["evaluations"]] == ["spring"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("spring", "spring"), "'spring' twice"),
        (("sprong",), "did you mean spring"),
        (("planets",), "planets"),
        (("spring", "--gamma", "-1"), "gamma -1"),
        (("spring", "--niterations", "0"), "--niterations 0"),
        (("spring", "--runs", "3"), "runs"),
    ],
)
def test_pipeline_refuses_on_one_line(words, said, capsys):
    assert said in refused(capsys, "pipeline", *words)
    assert not Path("lawful-pipeline").exists()
