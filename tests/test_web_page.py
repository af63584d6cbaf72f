"""An exported page: what is in it, what is left out, and that nothing in it can act."""

import base64
import hashlib
import html
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

import lawful
from lawful import files
from lawful.cli import main
from lawful.refusal import Refusal
from lawful.web import page as pages
from lawful.web.channel import Reading
from lawful.web.codec import Message
from lawful.web.held import Held, opened_at
from lawful.web.page import exported

EVIL = "</script><script>alert('got in')</script><!-- & \u2028"


@pytest.fixture(scope="module")
def runs():
    return lawful.simulate("spring", runs=5, samples=40, seed=3)


def given(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="lawful-data">(.*?)</script>', text)
    return json.loads(found[1])


def values(array: dict) -> np.ndarray:
    raw = base64.b64decode(array["base64"])
    return np.frombuffer(raw, array["dtype"]).reshape(array["shape"])


@pytest.fixture
def scenes(monkeypatch):
    """Scenes of our own in the place of those of the views, by name."""
    made: dict[str, SimpleNamespace] = {}
    real = pages.import_module

    def found(name: str):
        return made.get(name.rsplit(".", 1)[1]) or real(name)

    monkeypatch.setattr(pages, "import_module", found)
    return made


def scene_of(runs: int, size: int = 10):
    def scene(run: int = 0) -> Message:
        if run >= runs:
            raise Refusal(f"run {run}", f"below {runs}")
        return Message({"runs": list(range(runs)), "run": run}, {"x": np.full(size, float(run))})

    return SimpleNamespace(reading=lambda opened: Reading("latent", scene=scene))


# ------------------------------------------------------------------------------- what is in


def test_each_run_is_recorded_with_its_numbers(runs):
    page = exported(Held(runs), ["latent"])
    answers = given(page.html)["answers"]
    asked = [(a["do"], a["with"].get("run", 0)) for a in answers]
    assert asked == [("scene", 0), ("python", 0), *(("scene", k) for k in range(1, 5))]
    again = opened_scene(runs)
    for array in answers[0]["arrays"]:
        np.testing.assert_array_equal(values(array), again.arrays[array["name"]])
    assert page.left == ()


def opened_scene(runs) -> Message:
    from lawful.web.scenes import latent

    return latent.reading(Held(runs)).receive("scene", {})


def test_the_same_run_gives_the_same_bytes(runs):
    assert exported(Held(runs), ["latent"]).html == exported(Held(runs), ["latent"]).html


def test_runs_beyond_the_number_are_left_out_and_said(runs):
    page = exported(Held(runs), ["latent"], 2)
    assert page.left == ("Of 5 runs this page holds the first 2.",)
    assert given(page.html)["left"] == list(page.left)
    assert {a["with"].get("run", 0) for a in given(page.html)["answers"]} == {0, 1}


def test_a_view_with_more_runs_than_the_data_has_all_of_them(runs, scenes):
    scenes["latent"] = scene_of(7)
    page = exported(Held(runs), ["latent"])
    assert [a["with"].get("run", 0) for a in given(page.html)["answers"]] == list(range(7))


def test_what_is_too_large_is_left_out_and_said(runs, scenes):
    scenes["latent"] = scene_of(5, size=1000)  # 8000 bytes each, a third more as base64
    page = exported(Held(runs), ["latent"], largest=25_000)
    assert {a["with"].get("run", 0) for a in given(page.html)["answers"]} == {0, 1, 2}
    assert page.left[0].startswith("Of 5 runs this page holds the first 3; more would make it")


def test_a_view_with_nothing_to_show_is_left_out_and_said(runs, scenes):
    def scene() -> Message:
        raise Refusal("the data are away", "the file", "copy it here")

    scenes["energy"] = SimpleNamespace(reading=lambda opened: Reading("energy", scene=scene))
    scenes["trajectory"] = scenes["energy"]
    page = exported(Held(runs))
    assert page.views == ("latent",)
    assert "The view energy is not here: the data are away; expected the file" in page.left[1]
    with pytest.raises(Refusal, match="the data are away"):
        exported(Held(runs), ["energy", "latent"])


def test_questions_that_a_scene_wants_recorded_are(runs, scenes):
    made = scene_of(1)
    scene = made.reading(None)._answers["scene"]
    scenes["latent"] = SimpleNamespace(
        reading=lambda opened: Reading(
            "latent", scene=scene, near=lambda to: Message({"near": to}), python=lambda: Message({})
        ),
        recorded=lambda opened: [("near", {"to": 3}), ("far", {})],
    )
    answers = given(exported(Held(runs), ["latent"]).html)["answers"]
    assert [(a["do"], a["data"].get("near")) for a in answers] == [
        ("scene", None), ("python", None), ("near", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"views": ["dance"]}, "the view 'dance' of runs; expected one of trajectory, energy"),
        ({"views": ["latent"], "runs": 0}, "0 runs; expected a whole number from 1 up"),
        ({"views": ["latent"], "theme": "pink"}, "the theme 'pink'; expected one of auto"),
    ],
)
def test_what_cannot_be_meant_is_refused(runs, options, words):
    with pytest.raises(Refusal, match=words):
        exported(Held(runs), **options)


# --------------------------------------------------------------------------- what can act


def test_the_policy_allows_this_script_and_these_styles_and_nothing_else(runs):
    text = exported(Held(runs), ["latent"]).html
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1])
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert not {"connect-src", "frame-src", "object-src"} & rules.keys()
    assert "unsafe" not in policy
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert len(bodies) == 1
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_nothing_is_fetched_from_elsewhere(runs):
    text = exported(Held(runs), ["latent"]).html
    assert not re.search(r"<(?:link|img|iframe|object|embed)\b", text)
    assert not re.search(r"\b(?:src|href)=[\"']?(?:https?:)?//", text)
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|importScripts|eval)\s*\(", text)


def test_a_hostile_name_stays_text(runs, scenes):
    def scene() -> Message:
        return Message({"words": EVIL})

    scenes["latent"] = SimpleNamespace(reading=lambda opened: Reading("latent", scene=scene))
    text = exported(Held(runs, name=EVIL), ["latent"]).html
    assert "<script>alert" not in text
    assert len(re.findall("<script", text)) == len(re.findall("</script>", text)) == 2
    assert given(text)["name"] == EVIL
    assert given(text)["answers"][0]["data"]["words"] == EVIL


# ---------------------------------------------------------------------------- the command


@pytest.fixture
def desk(tmp_path, monkeypatch, runs):
    monkeypatch.chdir(tmp_path)
    files.write(runs, "spring.nc")
    return tmp_path


def test_the_command_writes_a_page_named_after_the_data(desk, capsys):
    assert main(["export", "spring.nc", "--views", "latent", "--runs", "2"]) == 0
    assert "spring.html: latent of spring.nc" in capsys.readouterr().out
    data = given((desk / "spring.html").read_text())
    assert data["name"] == "spring.nc"
    assert data["sentence"] == "5 runs of 40 samples of x, v"


def test_the_command_writes_over_nothing_that_is_there(desk, capsys):
    (desk / "out.html").write_text("mine")
    assert main(["export", "spring.nc", "out.html", "--views", "latent"]) == 2
    assert "add --force to write over it" in capsys.readouterr().err
    assert (desk / "out.html").read_text() == "mine"
    assert main(["export", "spring.nc", "out.html", "--views", "latent", "--force"]) == 0
    assert (desk / "out.html").read_text().startswith("<!doctype html>")


def test_the_command_says_in_json_what_it_did(desk, capsys):
    words = ["export", "spring.nc", "--views", "latent", "--runs", "1", "--theme", "dark", "--json"]
    assert main(words) == 0
    record = json.loads(capsys.readouterr().out)
    size = (desk / "spring.html").stat().st_size
    left = ["Of 5 runs this page holds the first 1."]
    assert record == {"file": "spring.html", "bytes": size, "views": ["latent"], "left": left}
    assert given((desk / "spring.html").read_text())["theme"] == "dark"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "there is nothing at 'nothing'"),
        (["spring.nc", "no/where.html"], "no folder 'no'; make it first"),
        (["spring.nc", "--views", "dance"], "the view 'dance' of spring.nc"),
        (["spring.nc", "--views", "latent", "--runs", "0"], "0 runs"),
        (["."], "is neither a run nor data"),
    ],
)
def test_the_command_refuses_on_one_line(desk, capsys, words, said):
    assert main(["export", *words]) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert said in heard.err
    assert heard.err.count("\n") == 1
    assert not list(desk.glob("*.html"))


def test_a_run_is_found_wherever_it_lies(desk, monkeypatch):
    (desk / "a" / ".hidden").mkdir(parents=True)
    for place in ("a/spring.nc", "a/.hidden/spring.nc"):
        (desk / place).write_bytes((desk / "spring.nc").read_bytes())
        assert opened_at(place).path == desk / place
    monkeypatch.chdir(desk / "a")
    assert opened_at("../spring.nc").path == desk / "spring.nc"
    assert opened_at("planets").name == "planets"
