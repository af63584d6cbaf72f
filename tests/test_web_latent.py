"""The latent space: axes that are principal, colours that are right, states of every run."""

import json
from pathlib import Path

import numpy as np
import pytest

from lawful.files import write
from lawful.netcdf import write_netcdf
from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder
from lawful.systems import simulate
from lawful.trajectories import make
from lawful.web.codec import packed
from lawful.web.scenes import latent, states
from lawful.web.workspace import Opened, Workspace


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Twelve springs in a file, with their energy found."""
    runs = simulate("spring", runs=12, samples=50, seed=3)
    write(runs, tmp_path / "spring.nc")
    from lawful.studies.discovery import discover, kept

    found = discover([str(tmp_path / "spring.nc")])
    with kept(found, tmp_path / "laws"):
        pass
    return Workspace(tmp_path).open("spring.nc")


def test_axes_are_principal(opened: Opened) -> None:
    said = latent.scene(opened)
    scores = said.arrays["scores"].astype(float)
    share = np.array([c["share"] for c in said.data["components"]])
    assert share.sum() == pytest.approx(1.0)
    assert (np.diff(share) <= 0).all()
    variance = (scores**2).mean(axis=0)
    assert variance / variance.sum() == pytest.approx(share, rel=1e-4)
    across = (scores[:, 0] * scores[:, 1]).mean()
    assert abs(across) < 1e-5 * variance.max()
    # Two standardised columns: their distances are kept by a rotation.
    runs = opened.trajectories()
    x, v = (runs[n].values / runs[n].values.std() for n in ("x", "v"))
    k = said.arrays["of_run"], said.arrays["sample"]
    apart = np.hypot(x[k] - x[k][0], v[k] - v[k][0])
    assert np.hypot(*(scores - scores[0]).T) == pytest.approx(apart, abs=1e-4)


def test_a_law_keeps_its_colour_along_a_run(opened: Opened) -> None:
    said = latent.scene(opened)
    names = [c["name"] for c in said.data["colours"]]
    law = opened.laws()[0]
    about = said.data["colours"][names.index(law.name)]
    assert about["kind"] == "law"
    assert about["within"] < 1e-9
    assert said.data["colour"] == law.name
    runs = opened.trajectories()
    true = law.function({n: runs[n].values for n in ("x", "v")})
    at = said.arrays["of_run"], said.arrays["sample"]
    shown = said.arrays["colours_of"][names.index(law.name)] + about["offset"]
    assert shown == pytest.approx(true[at], rel=1e-5)
    assert said.data["colours"][names.index("x")]["r2"] == pytest.approx(1.0)
    assert said.data["colours"][names.index("x")]["within"] > 0.5


def test_the_path_of_a_run_is_its_own(opened: Opened) -> None:
    whole = latent.scene(opened)
    part = latent.scene(opened, run=4)
    assert not part.data["whole"]
    assert "scores" not in part.arrays
    rows = whole.arrays["of_run"] == 4
    order = np.argsort(whole.arrays["sample"][rows])
    assert part.arrays["path_scores"] == pytest.approx(whole.arrays["scores"][rows][order])
    assert part.arrays["path_sample"].tolist() == list(range(50))
    assert part.arrays["path_time"] == pytest.approx(opened.trajectories()["time"].values)
    assert len(packed(part, 1)) < len(packed(whole, 1)) / 5


def test_samples_can_be_chosen(opened: Opened) -> None:
    said = latent.scene(opened, start=10, stop=30, stride=5)
    assert set(said.arrays["sample"].tolist()) == {10, 15, 20, 25}
    assert said.data["total"] == 12 * 4


def test_what_is_too_much_is_thinned_and_said(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latent, "POINTS", 100)
    said = latent.scene(opened)
    assert said.arrays["scores"].shape[0] == said.data["shown"] == 100
    assert said.data["total"] == 600
    assert any("600" in note and "100" in note for note in said.data["notes"])
    assert len(np.unique(said.arrays["of_run"])) > 6  # of all runs, and mixed


def test_a_picture_stays_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = {f"c{k}": rng.normal(size=(40, 1000)) for k in range(20)}
    write(make(values, np.arange(1000.0)), tmp_path / "wide.nc")
    said = latent.scene(Workspace(tmp_path).open("wide.nc"))
    assert len(packed(said, 1)) < 2_100_000
    assert said.data["shown"] < 40_000


@pytest.mark.parametrize(
    "given",
    [{"run": 12}, {"run": -1}, {"run": "1"}, {"run": True}, {"stride": 0}, {"start": -1},
     {"start": "x"}, {"stop": 0.5}, {"start": 60}],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(opened: Opened, given: dict[str, object]) -> None:
    with pytest.raises(Refusal):
        latent.reading(opened).receive("scene", given)


def test_gaps_and_short_runs_leave_no_holes_in_the_numbers(tmp_path: Path) -> None:
    t = np.arange(20.0)
    x = np.sin(t[None] + np.arange(3.0)[:, None])
    x[1, 15:] = np.nan
    clock = np.where(np.isnan(x), np.nan, t)
    x[0, 4] = np.nan
    runs = make({"x": x, "y": np.cos(x)}, clock)
    write(runs, tmp_path / "gaps.nc")
    said = latent.scene(Workspace(tmp_path).open("gaps.nc"))
    assert np.isfinite(said.arrays["scores"]).all()
    assert np.isfinite(said.arrays["time"]).all()
    assert said.data["total"] == 60 - 5 - 1
    path = latent.scene(Workspace(tmp_path).open("gaps.nc"), run=1)
    assert path.arrays["path_sample"].tolist() == list(range(15))


def test_a_column_that_does_not_vary_is_left_out_and_said(tmp_path: Path) -> None:
    t = np.arange(30.0)
    runs = make({"x": np.sin(t), "y": np.cos(t), "flat": np.ones(30)}, t)
    write(runs, tmp_path / "flat.nc")
    said = latent.scene(Workspace(tmp_path).open("flat.nc"))
    assert len(said.data["components"]) == 2
    assert any("flat" in note for note in said.data["notes"])


def test_data_in_which_nothing_varies_is_refused(tmp_path: Path) -> None:
    write(make({"x": np.ones(9)}, np.arange(9.0)), tmp_path / "still.nc")
    with pytest.raises(Refusal, match="no column varies"):
        latent.scene(Workspace(tmp_path).open("still.nc"))


# --------------------------------------------------------------------------- of networks


def learned(folder: Path, log: str = "training/2-1.nc") -> None:
    """A run of `lawful learn`, whose weights go along a straight line."""
    with RunFolder.create(folder, Manifest("learn")) as made:
        steps = np.arange(30.0)
        way = 1 - np.exp(-steps / 10)
        weights = {"W1_1_1": 3 * way, "W1_2_1": 4 * way, "b1_1": np.zeros(30)}
        rest = {"loss": np.exp(-steps / 5), "energy": np.exp(-steps / 5)}
        runs = make({**rest, **weights}, steps, runs=["2-1 seed 0"])
        place = made.path / log
        place.parent.mkdir(exist_ok=True)
        write_netcdf(runs, place)


def test_the_path_of_weights_is_along_one_axis(tmp_path: Path) -> None:
    learned(tmp_path / "net")
    said = latent.scene(Workspace(tmp_path).open("net"))
    assert said.data["components"][0]["share"] == pytest.approx(1.0)
    first = said.arrays["path_scores"][:, 0].astype(float)
    # 3-4-5: the whole way is five times the share gone.
    assert np.ptp(first) == pytest.approx(5 * (1 - np.exp(-2.9)), rel=1e-5)
    assert said.data["colour"] == "loss"
    assert said.data["index"] == [0]
    assert "0.80 W1_2_1" in said.data["components"][0]["made_of"]


def test_a_log_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    learned(tmp_path / "elsewhere" / "net")
    folder = tmp_path / "workspace" / "net"
    learned(folder)
    (folder / "training" / "1-secret.nc").symlink_to(tmp_path / "elsewhere/net/training/2-1.nc")
    said = latent.scene(Workspace(tmp_path / "workspace").open("net"))
    assert said.data["choices"] == ["2-1"]


def test_an_unknown_network_is_refused(tmp_path: Path) -> None:
    learned(tmp_path / "net")
    with pytest.raises(Refusal, match="one of 2-1"):
        latent.scene(Workspace(tmp_path).open("net"), of="../../etc")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a network that was trained for a moment."""
    pytest.importorskip("torch")
    from lawful.laws.physicsnet import NetSettings
    from lawful.studies.physicsnet.material import material
    from lawful.studies.physicsnet.training import train_network

    folder = tmp_path_factory.mktemp("trained")
    given = material(["spring"], runs=12, samples=30)
    train_network(given, NetSettings(epochs=1, hidden=8, latent_dim=4), place=folder / "net")
    return folder


def test_latent_states_are_those_of_the_network(trained: Path) -> None:
    from lawful.studies.physicsnet.folder import read_training

    opened = Workspace(trained).open("net")
    said = latent.scene(opened)
    run = read_training(trained / "net")
    z = run.trained.latent(run.material.runs)
    held = np.isfinite(z).all(-1)
    assert said.data["total"] == held.sum()
    spread = ((z[held] - z[held].mean(0)) ** 2).sum(1)
    scores = said.arrays["scores"].astype(float)
    at = said.arrays["of_run"], said.arrays["sample"]
    mine = np.full(held.shape, np.nan)
    mine[at] = (scores**2).sum(1)
    assert mine[held] == pytest.approx(spread, rel=1e-3, abs=1e-6)
    kinds = {c["kind"] for c in said.data["colours"]}
    assert {"learned", "true", "column"} <= kinds
    energy = next(c for c in said.data["colours"] if c["kind"] == "true")
    assert energy["within"] < 1e-9


def test_without_torch_the_columns_are_shown_and_the_remedy_is_said(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "find_spec", lambda name: None)
    said = latent.scene(Workspace(trained).open("net"))
    assert said.data["what"].startswith("The columns x, v")
    assert any("lawful[torch]" in note for note in said.data["notes"])


# --------------------------------------------------------------------------- in words


def test_the_lines_in_python_make_the_same(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(opened.path.parent)
    made: dict[str, object] = {}
    exec(latent.python(opened).data["text"], made)  # noqa: S102 - as a reader would
    capsys.readouterr()
    share = [c["share"] for c in latent.scene(opened).data["components"]]
    assert made["axes"].share == pytest.approx(share)  # type: ignore[attr-defined]


def test_hostile_laws_leave_the_picture_whole(opened: Opened) -> None:
    place = opened.path.parent / "laws" / "laws.json"
    record = json.loads(place.read_text())
    record["laws"][0]["expression"] = "__import__('os').system('true')"
    place.write_text(json.dumps(record))
    again = Workspace(opened.path.parent).open("laws")
    said = latent.scene(again)
    assert not [c for c in said.data["colours"] if c["kind"] == "law"]
    assert any("cannot be read" in note for note in said.data["notes"])
