"""Equations as a page shows them: numbers, words, fronts, overlays, and files by strangers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.files import write
from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder, to_json
from lawful.systems import simulate
from lawful.trajectories import make
from lawful.web.scenes import equations, findings
from lawful.web.scenes.formula import LONGEST, dressed, python
from lawful.web.workspace import Opened, Workspace

if TYPE_CHECKING:
    from lawful.laws import Law

Json = dict[str, Any]


def searched(folder: Path, system: str = "spring", runs: int = 16, samples: int = 120) -> Opened:
    """A search in some runs, in a workspace beside its data."""
    from lawful.studies.discovery import discover, kept

    made = simulate(system, runs=runs, samples=samples, seed=3)
    write(made, folder / "runs.nc")
    with kept(discover([str(folder / "runs.nc")]), folder / "laws"):
        pass
    return Workspace(folder).open("laws")


@pytest.fixture(scope="module")
def spring(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return searched(tmp_path_factory.mktemp("spring"))


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Opened]:
    """A run folder with the laws, and the front, of somebody else."""
    t = np.linspace(0, 5, 40)
    phase = np.array([0.0, 1.0, 2.0])[:, None]
    size = np.array([1.0, 2.0, 3.0])[:, None]
    runs = make({"x": size * np.sin(t + phase), "v": size * np.cos(t + phase)}, t)
    write(runs, tmp_path / "runs.nc")

    def made(laws: Any = (), pareto: Any = None, **more: Any) -> Opened:
        from lawful.store import fingerprint

        mark = fingerprint(tmp_path / "runs.nc")
        manifest = Manifest("discover", ("lawful", "discover"), {"seed": 0}, data=(mark,))
        with RunFolder.create(tmp_path / "run", manifest) as folder:
            folder.write_json("laws.json", {"laws": laws, **more})
            if pareto is not None:
                folder.write_json("pareto.json", pareto)
        return Workspace(tmp_path).open("run")

    return made


LAW = {"name": "energy", "expression": "v**2/2 + x**2/2", "latex": "",
       "grade": "exact", "noise_ratio": 1.0, "within_total": 1e-9,
       "p_value": 0.005, "heldout_drift": 1e-6}  # fmt: skip


def test_a_law_with_all_that_judges_it(spring: Opened) -> None:
    said = equations.scene(spring).data
    (law,) = said["laws"]
    assert law["name"] == "energy"
    assert law["grade"] == "exact"
    assert law["meaning"] == "all change along a run is measurement noise"
    assert law["complexity"] == 7
    assert "\\frac{v^{2}}{2}" in law["latex"]
    assert said["verdict"] == "1 quantity stays the same: energy."
    assert {f["name"] for f in law["facts"]} >= {"noise ratio ρ", "held-out drift", "p-value"}
    assert all(f["words"] for f in law["facts"])
    for constant in law["constants"]:
        assert constant["low"] <= constant["value"] <= constant["high"]
        if constant["exact"]:
            assert constant["low"] <= constant["rational"] <= constant["high"]
    assert said["spectrum"]["within_total"] == sorted(said["spectrum"]["within_total"])


def test_the_overlay_is_the_law_along_the_run(spring: Opened) -> None:
    said = equations.scene(spring, run=5)
    (law,) = spring.laws()
    row = next(k["row"] for k in said.data["lines"] if k["expression"] == law.expression)
    runs = spring.trajectories()
    true = law.function({str(n): v.values for n, v in runs.data_vars.items()})
    at = said.arrays["sample"]
    assert said.arrays["value"][row] == pytest.approx(true[5, at])
    assert said.arrays["expected"][row] == pytest.approx(np.full(at.size, true[5].mean()))
    assert said.arrays["levels"][row] == pytest.approx(true.mean(axis=1))
    assert said.arrays["time"] == pytest.approx(runs["time"].values[at])


def test_samples_can_be_chosen(spring: Opened) -> None:
    said = equations.scene(spring, start=10, stop=31, stride=10)
    assert said.arrays["sample"].tolist() == [10, 20, 30]
    assert said.arrays["value"].shape[1] == 3
    for wrong in ({"start": -1}, {"stop": "x"}, {"stride": 0}, {"start": None}):
        with pytest.raises(Refusal):
            equations.reading(spring).receive("scene", wrong)


def test_no_law_is_an_answer_with_its_library(tmp_path: Path) -> None:
    said = equations.scene(searched(tmp_path, "van-der-pol")).data
    assert said["laws"] == []
    assert said["verdict"].startswith("No law within this library")
    assert "polynomials to degree" in said["searched"]
    assert min(said["spectrum"]["within_total"]) > 0.1


def test_a_leak_is_held_against_what_has_left(tmp_path: Path) -> None:
    said = equations.scene(searched(tmp_path, "damped-spring", 40, 200), run=2)
    (leak,) = said.data["leaks"]
    assert leak["balance"]["expression"].startswith("-0.")
    line = next(k for k in said.data["lines"] if k["expression"] == leak["expression"])
    value, expected = (said.arrays[n][line["row"]] for n in ("value", "expected"))
    assert value[-1] < 0.5 * value[0]  # it does leak
    assert np.abs(value - expected).max() < 2e-3 * value[0]
    # Without the source it would have stayed: the overlay can fail.
    assert np.abs(value - value[0]).max() > 0.5 * value[0]


FRONT = {
    "discovered": [
        {
            "target": "learned 1", "formula": "v**2/2 + x**2/2", "r2": 0.9999,
            "within_total": 1e-6, "exact_form": True, "truth": "energy",
            "front": {
                "engine": "operon", "chosen": 1,
                "formulas": [
                    {"expression": "1.5", "complexity": 1, "r2": -0.1, "error": 1.0, "latex": ""},
                    {"expression": "0.50123456*v**2 + 0.5*x**2", "complexity": 9, "r2": 0.999,
                     "error": 0.01, "latex": ""},
                ],
            },
        }
    ]
}  # fmt: skip


def test_a_front_with_its_scores(written: Callable[..., Opened]) -> None:
    said = equations.scene(written([LAW], FRONT)).data
    (front,) = said["fronts"]
    assert [one["loss"] for one in front["formulas"]] == pytest.approx([1.1, 0.001])
    assert front["chosen"] == 1
    assert front["formulas"][1]["shown"] == "0.5012 v^{2} + 0.5 x^{2}"
    assert "0.50123456" in front["formulas"][1]["latex"]
    assert front["learned"]
    # The law is the formula that was read off, so it has its R².
    assert said["laws"][0]["r2"] == 0.9999
    # No network is here: said, and held against its own mean.
    assert {line["against"] for line in said["lines"]} == {"its own mean along this run"}


def test_formulas_of_a_network_are_held_against_what_it_learned(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from lawful.laws.physicsnet import NetSettings
    from lawful.studies.physicsnet.material import material
    from lawful.studies.physicsnet.training import train_network

    given = material(["spring"], runs=12, samples=30)
    settings = NetSettings(epochs=1, hidden=8, latent_dim=4)
    run = train_network(given, settings, place=tmp_path / "net")
    network = RunFolder.open(tmp_path / "net").manifest.files["network.safetensors"]
    front = json.loads(json.dumps(FRONT))
    front["discovered"][0] |= {"target": "energy", "formula": "0.5*v**2 + x**2"}
    manifest = Manifest(
        "discover", (), {"method": "physicsnet", "training": "net"},
        data=({"name": "spring", "sha256": "0", "bytes": 1}, {"name": "n", "sha256": network}),
    )  # fmt: skip
    with RunFolder.create(tmp_path / "formulas", manifest) as folder:
        folder.write_json("laws.json", {"laws": []})
        folder.write_json("pareto.json", front)
    said = equations.scene(Workspace(tmp_path).open("formulas"), run=3)
    line = next(k for k in said.data["lines"] if k["expression"] == "0.5*v**2 + x**2")
    assert line["against"] == "energy"
    value, expected = (said.arrays[n][line["row"]] for n in ("value", "expected"))
    assert value == pytest.approx(expected, rel=1e-6)
    wrong = next(k for k in said.data["lines"] if k["expression"] == "1.5")
    assert np.abs(said.arrays["value"][wrong["row"]] - expected).max() > 0.01
    assert run.material.runs.sizes["run"] == len(said.data["runs"])


# --------------------------------------------------------------------------- by strangers


def lawful_laws() -> "tuple[Law, ...]":
    """Laws whose LaTeX has names, indices, roots and functions."""
    from lawful.laws.law import Law

    texts = {
        "omega**2/2 - cos(theta1)": r"\frac{\omega^{2}}{2} - \cos{\left(\theta_{1} \right)}",
        "vx**2/2 - GM/sqrt(x**2+y**2)": r"\frac{v_{x}^{2}}{2} - \frac{\mathrm{GM}}{\sqrt{x^{2}}}",
        "log(prey)": r"\log{\left(\mathrm{prey} \right)}",
    }
    return tuple(Law("q", e, t, "exact", 1.0, 0.0, 0.0, 0.0) for e, t in texts.items())


HOSTILE = (
    "\\href{javascript:alert(1)}{x}",
    "\\htmlClass{evil}{x}\\url{http://example.org}",
    "__import__('os').system('true')",
    "<img src=x onerror=alert(1)>",
    "9**9**9**9",
    "(" * 5000,
    "x" * 100_000,
    "",
    "\\def\\a{\\a\\a}\\a",
    "lambda: 0",
    "x\x00",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_formula_is_text(written: Callable[..., Opened], text: str) -> None:
    said = equations.scene(written([{**LAW, "expression": text}]))
    (law,) = said.data["laws"]
    assert law["latex"] == law["python"] == ""
    assert law["trouble"]
    assert law["complexity"] is None
    assert len(law["expression"]) < 1000
    assert said.arrays["value"].shape[0] == 0
    json.dumps(said.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "latex",
    [r"\href{javascript:alert(1)}{x}", r"\htmlStyle{color:red}{x}", r"\def\a{\a\a}\a", r"\vec{x}",
     r"\rule{9em}{9em}", r"\includegraphics{a.png}", "x" * 50_000, 7, None, ["x"]],
)  # fmt: skip
def test_latex_that_does_more_than_write_is_not_used(latex: Any) -> None:
    found = dressed("v**2/2", latex)
    assert found["latex"] == r"\frac{v^{2}}{2}"


def test_latex_of_our_own_is_used(spring: Opened) -> None:
    for law in (*spring.laws(), *lawful_laws()):
        assert dressed(law.expression, law.latex)["latex"] == law.latex


@pytest.mark.parametrize(
    "law",
    [None, 3, "x", [], {}, {"expression": 5}, {**LAW, "grade": "certain"}, {**LAW, "p_value": "no"},
     {**LAW, "noise_ratio": 1e400}, {**LAW, "constants": "many"}, {**LAW, "constants": [1, {}]},
     {**LAW, "constants": [{"name": "c", "value": "x", "exact": "1/0"}]},
     {**LAW, "balance": "import os"}, {**LAW, "balance": 7}, {**LAW, "units": ["m"]},
     {**LAW, "latex": "x" * 50_000}, {**LAW, "name": "n" * 50_000}],
)  # fmt: skip
def test_a_law_that_is_none_is_shown_for_what_it_is(
    written: Callable[..., Opened], law: Any
) -> None:
    said = equations.scene(written([law], leaks=[law], warnings=[law], identities=[law]))
    text = json.dumps(said.to_dict(), allow_nan=False)
    assert len(said.data["laws"]) == 1
    assert len(text) < 200_000


@pytest.mark.parametrize(
    "pareto",
    [[], {}, {"discovered": 3}, {"discovered": [4, None, {}]}, {"discovered": [{"front": []}]},
     {"discovered": [{"front": {"formulas": [None, {"r2": "x"}], "chosen": 99}}]},
     {"discovered": [{"front": {"formulas": [{"expression": "x", "r2": None}], "chosen": -1}}]}],
)  # fmt: skip
def test_a_front_that_is_none_is_no_fault(written: Callable[..., Opened], pareto: Any) -> None:
    said = equations.scene(written([LAW], pareto))
    json.dumps(said.to_dict(), allow_nan=False)
    assert said.data["laws"][0]["trouble"] == ""
    assert all(f["chosen"] is None for f in said.data["fronts"])


def test_an_endless_file_is_cut_and_said_to_be(written: Callable[..., Opened]) -> None:
    laws = [{**LAW, "expression": f"x*{k}+" * 300 + "v"} for k in range(300)]
    said = equations.scene(written(laws)).data
    assert 0 < len(said["laws"]) <= 60
    assert any(f"of {len(laws)} entries are not shown" in note for note in said["warnings"])


def test_a_file_too_large_is_refused(
    written: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = written([LAW])
    monkeypatch.setattr(equations, "LARGEST", 100)
    with pytest.raises(Refusal, match="at most 100"):
        equations.scene(opened)


def test_a_link_is_not_followed(written: Callable[..., Opened], tmp_path: Path) -> None:
    opened = written([LAW])
    (tmp_path / "secret.json").write_text(to_json({"laws": [LAW]}))
    (opened.path / "laws.json").unlink()
    (opened.path / "laws.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(Refusal, match="holds no laws"):
        equations.scene(opened)


def test_laws_are_shown_where_their_data_are_gone(
    written: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = written([LAW])
    (tmp_path / "runs.nc").unlink()
    said = equations.scene(opened)
    assert said.data["laws"][0]["latex"]
    assert "not in this folder" in said.data["away"]
    assert said.data["runs"] == said.data["lines"] == []


def test_a_column_that_is_missing_is_said(written: Callable[..., Opened]) -> None:
    said = equations.scene(written([{**LAW, "expression": "p**2"}])).data
    assert "no column 'p'" in said["lines"][0]["trouble"]
    assert said["lines"][0]["row"] == -1


@pytest.mark.parametrize("run", [-1, 3, 1.0, "0", True])
def test_a_run_that_is_not_there_is_refused(written: Callable[..., Opened], run: Any) -> None:
    with pytest.raises(Refusal):
        equations.reading(written([LAW])).receive("scene", {"run": run})


# --------------------------------------------------------------------------- as Python


@pytest.mark.parametrize(
    "text",
    ["v**2/2 - cos(theta)", "atan2(y, x) + pi", "abs(x) + Abs(y) - asin(z/9)", "sqrt(x)*log(y)",
     "1e-3*x + 2.5E+2*y", "np*x + numpy*y + exp(z)", "x  # and more", "x**2\n + y", "3.5"],
)  # fmt: skip
def test_copied_python_runs_and_is_the_formula(text: str) -> None:
    from lawful.expressions import compiled, names_in

    rng = np.random.default_rng(1)
    values = {name: rng.uniform(0.2, 1.5, 7) for name in names_in(text)}
    made: Json = {}
    exec(python(text, "the law", "it holds"), made)  # noqa: S102 - as a reader would
    assert made["the_law"](**values) == pytest.approx(compiled(text)(values))


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_name_and_no_words_become_code(name: str, about: str) -> None:
    import ast

    tree = ast.parse(python("x**2", name, about))
    assert [type(node).__name__ for node in tree.body] == ["FunctionDef"]
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    assert [type(node).__name__ for node in function.body] == ["Return"]


@given(st.text(max_size=60))
def test_any_text_is_dressed_or_said_to_be_none(text: str) -> None:
    found = dressed(text, text)
    assert bool(found["trouble"]) != bool(found["python"])
    assert len(found["latex"]) <= LONGEST


def test_the_lines_of_the_search_find_the_same(
    spring: Opened, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(spring.path.parent)
    exec(equations.python(spring).data["text"], {})  # noqa: S102 - as a reader would
    assert spring.laws()[0].expression in capsys.readouterr().out


def test_settings_of_a_file_stay_literals(written: Callable[..., Opened]) -> None:
    import ast

    opened = written([LAW])
    evil = "0)\nimport os\nos.system('true'"
    settings = {"seed": evil, "degree": evil, "functions": [evil], "run": evil, "noise": True}
    manifest = Manifest("discover", ("lawful\nimport os",), settings, data=({"name": evil},))
    object.__setattr__(opened.folder, "manifest", manifest)
    tree = ast.parse(equations.python(opened).data["text"])
    imported = [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    assert set(imported) == {"lawful.studies.discovery", "lawful.studies.sources"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]


def test_a_rational_is_read_as_a_number_and_never_more() -> None:
    assert findings._rational("-3/2") == -1.5
    assert findings._rational("1e999999") is None
    assert findings._rational("1/0") is None
    assert findings._rational("") is None
