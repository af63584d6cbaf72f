"""The energy monitor's Python half: laws along runs, verdicts, books, and a file that grows."""

import json
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lawful
from lawful.laws import monitor
from lawful.laws.law import Findings, Law
from lawful.laws.watch import Watch
from lawful.refusal import Refusal
from lawful.store import Manifest, RunFolder, fingerprint
from lawful.trajectories import make
from lawful.web.codec import packed, unpacked
from lawful.web.held import Held
from lawful.web.live import growing
from lawful.web.live.followed import Followed
from lawful.web.live.tail import Tail, can_grow
from lawful.web.scenes import energy, verdicts
from lawful.web.scenes.watched import Quantity
from lawful.web.workspace import Workspace

ENERGY = Law(
    "energy", "v**2/2 + x**2/2", "", "exact", 1.0, 0.0, 0.01, 0.0, units="m2 s-2", spread=0.3
)
STEP = 0.05


def swinging(count=400, size=1.0, noise=0.0, seed=0, start=0):
    """Times, x and v of a unit oscillator; `size` may differ from sample to sample."""
    t = STEP * (start + np.arange(count))
    rng = np.random.default_rng(seed)
    scale = np.broadcast_to(np.asarray(size, dtype=float), t.shape)
    x, v = scale * np.cos(t), -scale * np.sin(t)
    return t, x + noise * rng.normal(size=count), v + noise * rng.normal(size=count)


def runs_with_a_break(broken=1, at=200, count=400, runs=3, noise=0.002):
    columns = []
    for k in range(runs):
        size = np.where((np.arange(count) >= at) & (k == broken), 1.2, 1.0) * (0.7 + 0.2 * k)
        t, x, v = swinging(count, size, noise, seed=k)
        columns.append((x, v))
    x, v = (np.array(part) for part in zip(*columns, strict=True))
    return make({"x": x, "v": v}, t, units={"x": "m", "v": "m/s", "time": "s"})


def held(runs, laws=(ENERGY,)):
    return Held(runs, tuple(laws))


# ------------------------------------------------------------------------- one run


def test_a_law_is_shown_as_its_departure_from_the_runs_own_start():
    runs = runs_with_a_break(noise=0.0)
    message = energy.scene(held(runs), run=1)
    value = (runs["v"].values[1] ** 2 + runs["x"].values[1] ** 2) / 2
    assert np.allclose(message.arrays["value"][0], value)
    assert np.allclose(message.arrays["departure"][0], value - value[0], atol=1e-6)
    quantity = message.data["quantities"][0]
    assert quantity["level"] == pytest.approx(value[0])
    assert quantity["units"] == "m² s⁻²"


def test_the_verdict_is_the_monitors():
    runs = runs_with_a_break()
    report = monitor(runs, [ENERGY])
    for run in range(3):
        said = energy.scene(held(runs), run=run).data["quantities"][0]
        course = report.laws[0].courses[run]
        assert said["broken"] == course.broken == (run == 1)
        assert said["onset"] == course.onset
        assert said["count"] == len(course.excursions)
    broken = energy.scene(held(runs), run=1).data["quantities"][0]
    assert broken["onset"] == pytest.approx(200 * STEP, abs=4 * STEP)
    assert broken["state"] == verdicts.BROKEN


def test_the_bands_are_what_the_law_may_stray_and_its_noise():
    from lawful.laws.gauge import slack

    message = energy.scene(held(runs_with_a_break(noise=0.01)))
    assert np.allclose(message.arrays["slack"], slack(ENERGY))
    noise = message.arrays["noise"][0]
    departure = message.arrays["departure"][0]
    assert 0.4 < np.median(noise) / departure.std() < 2.5


def test_a_leaks_source_is_taken_out():
    t = np.linspace(0, 8, 400)
    x = np.exp(-0.3 * t)
    law = Law("amount", "x", "", "leaking", 1.0, 0.0, 0.0, 0.0, balance="-0.3*x", spread=1.0)
    runs = make({"x": [x, 2 * x]}, t)
    message = energy.scene(held(runs, [law]), run=1)
    assert message.data["quantities"][0]["kind"] == "leak"
    assert np.allclose(message.arrays["value"][0], 2 * x)
    assert np.abs(message.arrays["departure"][0]).max() < 1e-4
    assert not message.data["quantities"][0]["count"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 40))
def test_what_a_source_added_is_what_the_watch_adds(seed, count):
    from lawful.laws.source import Source
    from lawful.web.scenes.course import _added

    rng = np.random.default_rng(seed)
    t, rate = np.cumsum(rng.uniform(0.1, 1, count)), rng.normal(size=count)
    rate[rng.random(count) < 0.1] = np.nan
    added, doubt = _added(t, rate, np.zeros(count))
    source = Source()
    for k in np.flatnonzero(np.isfinite(rate)):
        source.update(float(t[k]), float(rate[k]))
        assert added[k] == pytest.approx(source.added, abs=1e-9)
        assert doubt[k] == pytest.approx(source.doubt, abs=1e-9)
    assert np.isnan(added[np.isnan(rate)]).all()


def test_gaps_are_gaps_and_the_verdict_goes_on_behind_them():
    runs = runs_with_a_break(at=300)
    runs["x"].values[1, 100:150] = np.nan
    message = energy.scene(held(runs), run=1)
    assert np.isnan(message.arrays["value"][0, 100:150]).all()
    assert np.isfinite(message.arrays["value"][0, 150:]).all()
    assert message.data["quantities"][0]["onset"] == pytest.approx(300 * STEP, abs=4 * STEP)
    assert json.dumps(message.to_dict(), allow_nan=False)


def test_a_run_that_is_shorter_ends_where_it_ends():
    runs = runs_with_a_break()
    clock = np.tile(runs["time"].values, (3, 1))
    clock[2, 100:] = np.nan
    columns = {n: runs[n].values.copy() for n in ("x", "v")}
    for values in columns.values():
        values[2, 100:] = np.nan
    message = energy.scene(held(make(columns, clock)), run=2)
    assert message.arrays["time"].size == message.data["samples"] == 100
    assert not message.data["quantities"][0]["broken"]


def test_a_spike_among_many_samples_is_not_lost():
    t, x, v = swinging(150_000)
    x[77_777] += 3.0
    message = energy.scene(held(make({"x": x, "v": v}, t)))
    assert message.arrays["time"].size <= 4000
    assert 77_777 in message.arrays["sample"]
    part = energy.scene(held(make({"x": x, "v": v}, t)), start=77_000, stop=78_000)
    assert part.arrays["sample"].tolist() == list(range(77_000, 78_000))


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["run", "start", "stop", "stride", "laws", "odd"]),
        st.one_of(st.none(), st.integers(-3, 70), st.text(max_size=4), st.booleans(), st.floats()),
    )
)
def test_any_words_give_an_answer_or_a_refusal(words):
    t, x, v = swinging(60)
    reading = energy.reading(held(make({"x": x, "v": v}, t)))
    try:
        message = reading.receive("scene", words)
    except Refusal:
        return
    header, arrays = unpacked(packed(message, 1))
    assert arrays["departure"].shape == arrays["value"].shape
    assert header["kind"] == "answer"


# ------------------------------------------------------------------------- all runs


def test_the_overview_says_what_is_broken_and_when():
    runs = runs_with_a_break()
    message = energy.overview(held(runs))
    assert message.arrays["state"].tolist() == [[verdicts.HOLDS, verdicts.BROKEN, verdicts.HOLDS]]
    assert np.isnan(message.arrays["onset"][0, [0, 2]]).all()
    assert message.arrays["begin"][0, 1] == pytest.approx(0.5, abs=0.02)
    assert message.arrays["end"][0, 1] == pytest.approx(1.0)
    scene = energy.scene(held(runs))
    assert scene.data["overview"]
    assert np.array_equal(scene.arrays["state"], message.arrays["state"])


def test_many_runs_are_judged_when_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(verdicts, "AT_ONCE", 500)
    source = held(runs_with_a_break())
    first = energy.scene(source, run=1)
    assert not first.data["overview"]
    assert "state" not in first.arrays
    assert first.data["quantities"][0]["broken"]
    assert list(energy.recorded(source)) == [("overview", {})]
    assert energy.overview(source).arrays["state"][0, 1] == verdicts.BROKEN
    assert energy.scene(source).data["overview"]


def test_what_is_too_long_to_be_judged_is_shown_and_said(monkeypatch):
    for name in ("AT_ONCE", "A_RUN", "ALL"):
        monkeypatch.setattr(verdicts, name, 100)
    source = held(runs_with_a_break())
    message = energy.scene(source, run=1)
    assert "lawful monitor" in " ".join(message.data["notes"])
    assert message.data["quantities"][0]["state"] == verdicts.UNJUDGED
    assert np.isfinite(message.arrays["value"]).all()
    with pytest.raises(Refusal, match="lawful monitor"):
        energy.overview(source)


# --------------------------------------------------------------------- which laws


def found_in(folder: Path, file: Path | str, laws=(ENERGY,), leaks=()):
    mark = (
        {"name": file, "sha256": "0" * 64, "bytes": 1}
        if isinstance(file, str)
        else {"name": file.name, **fingerprint(file)}
    )
    with RunFolder.create(folder, Manifest("discover", data=(mark,))) as made:
        made.write_text("laws.json", Findings(tuple(laws), tuple(leaks)).to_json())


def test_without_laws_the_columns_are_shown_unjudged_and_the_remedy_is_said(tmp_path):
    lawful.write(runs_with_a_break(), tmp_path / "a.csv")
    message = energy.scene(Workspace(tmp_path).open("a.csv"))
    assert {q["kind"] for q in message.data["quantities"]} == {"column"}
    assert "lawful discover a.csv" in message.data["remedy"]
    assert all(q["state"] == verdicts.UNJUDGED for q in message.data["quantities"])
    assert "find_laws" in energy.python(Workspace(tmp_path).open("a.csv")).data["text"]


def test_laws_of_the_same_bytes_go_without_asking_leaks_among_them(tmp_path):
    lawful.write(runs_with_a_break(), tmp_path / "a.csv")
    leak = Law("x", "x", "", "leaking", 1.0, 0.0, 0.0, 0.0, balance="v")
    found_in(tmp_path / "laws", tmp_path / "a.csv", leaks=(leak,))
    for id in ("a.csv", "laws"):
        message = energy.scene(Workspace(tmp_path).open(id))
        assert [q["kind"] for q in message.data["quantities"]] == ["law", "leak"]
        assert message.data["laws"] == "own"
        assert message.data["remedy"] == ""
    text = energy.python(Workspace(tmp_path).open("a.csv")).data["text"]
    assert "read_findings('laws')" in text


def test_laws_of_an_earlier_state_of_the_file_are_taken_and_that_is_said(tmp_path):
    lawful.write(runs_with_a_break(), tmp_path / "a.csv")
    found_in(tmp_path / "laws", "a.csv")
    message = energy.scene(Workspace(tmp_path).open("a.csv"))
    assert [q["name"] for q in message.data["quantities"]] == ["energy"]
    assert "when this file held other samples" in message.data["source"]


def test_laws_of_other_data_are_offered_and_tried_only_when_asked_for(tmp_path):
    lawful.write(runs_with_a_break(), tmp_path / "a.csv")
    found_in(tmp_path / "other", "b.csv")
    found_in(tmp_path / "foreign", "c.csv", [Law("q", "angle**2", "", "exact", 1, 0, 0, 0)])
    opened = Workspace(tmp_path).open("a.csv")
    first = energy.scene(opened)
    assert first.data["source"] == ""
    assert [one["id"] for one in first.data["sources"]] == ["other"]
    tried = energy.scene(opened, laws="other")
    assert tried.data["quantities"][0]["kind"] == "law"
    assert energy.overview(opened, laws="other").arrays["state"].shape == (1, 3)
    with pytest.raises(Refusal, match="one of other"):
        energy.scene(opened, laws="../../etc")
    assert energy.scene(opened, laws="none").data["quantities"][0]["kind"] == "column"


def test_a_law_that_needs_a_column_that_is_not_there_is_left_out_and_said():
    other = Law("spin", "spin**2", "", "exact", 1.0, 0.0, 0.0, 0.0)
    message = energy.scene(held(runs_with_a_break(), [ENERGY, other]))
    assert [q["name"] for q in message.data["quantities"]] == ["energy"]
    assert any("spin" in note for note in message.data["notes"])


def test_a_laws_json_that_is_broken_is_passed_over(tmp_path):
    lawful.write(runs_with_a_break(), tmp_path / "a.csv")
    found_in(tmp_path / "laws", "a.csv")
    (tmp_path / "laws" / "laws.json").write_text("{")
    assert energy.scene(Workspace(tmp_path).open("a.csv")).data["sources"] == []


def test_a_formula_that_is_no_formula_stays_text():
    bad = Law("q", "x**2", "\\href{javascript:1}{x}", "exact", 1.0, 0.0, 0.0, 0.0)
    said = energy.scene(held(runs_with_a_break(), [bad])).data["quantities"][0]
    assert said["expression"] == "x**2"


# ----------------------------------------------------------------------- trainings


@pytest.fixture(scope="module")
def learned(tmp_path_factory) -> Path:
    from lawful.learning import NeuralNetwork, datasets, train

    folder = tmp_path_factory.mktemp("learned")
    with RunFolder.create(folder / "net", Manifest("learn")) as made:
        place = made.path / "training"
        place.mkdir()
        for layers in ([2, 2, 1], [2, 3, 1]):
            name = "-".join(map(str, layers))
            done = train(NeuralNetwork(layers, seed=0), datasets.dataset("xor"), steps=60)
            runs = done.assign_coords(run=[f"{name} seed 0"])
            lawful.write(runs, place / f"{name}.nc")
    return folder


def test_a_trainings_energies_are_shown_and_its_books_are_judged(learned):
    message = energy.scene(Workspace(learned).open("net"))
    names = [q["name"] for q in message.data["quantities"]]
    assert names[:4] == ["the books", "energy", "loss", "kinetic"]
    assert message.data["runs"] == ["2-2-1 seed 0", "2-3-1 seed 0"]
    books = message.data["quantities"][0]
    assert books["state"] == verdicts.HOLDS
    assert np.abs(message.arrays["departure"][0]).max() < 1e-12
    assert message.arrays["state"].tolist() == [[verdicts.HOLDS, verdicts.HOLDS]]


def test_books_that_were_falsified_do_not_balance(learned, tmp_path):
    import shutil

    shutil.copytree(learned / "net", tmp_path / "net")
    place = tmp_path / "net" / "training" / "2-2-1.nc"
    runs = lawful.read(place).load()
    runs["ledger_friction"].values[0, 30:] += 1e-3
    place.unlink()
    lawful.write(runs, place)
    message = energy.scene(Workspace(tmp_path).open("net"))
    assert message.data["quantities"][0]["state"] == verdicts.BROKEN


def test_the_lines_in_python_run(learned, monkeypatch, capsys):
    text = energy.python(Workspace(learned).open("net")).data["text"]
    monkeypatch.chdir(learned)
    exec(compile(text, "lines", "exec"), {})  # noqa: S102
    assert float(capsys.readouterr().out) < 1e-12


# --------------------------------------------------------------------- growing files


def written(place: Path, t, x, v, *, begin=False, run=None):
    with place.open("w" if begin else "a") as file:
        if begin:
            file.write("run,t,x,v\n" if run is not None else "t,x,v\n")
        head = "" if run is None else f"{run},"
        file.writelines(
            f"{head}{a!r},{b!r},{c!r}\n"
            for a, b, c in zip(t.tolist(), x.tolist(), v.tolist(), strict=True)
        )


@pytest.fixture
def watching(tmp_path):
    """`watching(name)`: a channel on a file of the folder, looked at often; closed after."""
    channels = []

    def opened(name="log.csv"):
        channel = growing.channel(Workspace(tmp_path).open(name))
        channel._pause = 0.01
        channels.append(channel)
        channel.open(lambda: None)
        until(lambda: channel._found is not None)
        return channel

    yield opened
    for channel in channels:
        channel.close()


def until(ready, patience=8.0):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = ready()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come about")


def frames(channel, enough):
    """The first frame of which `enough` is true, and all frames up to it."""
    seen = []

    def look():
        frame = channel.frame()
        if frame is not None:
            seen.append(frame)
            return enough(frame.data)
        return False

    until(look)
    return seen


def test_a_file_that_grows_is_followed_and_its_break_is_told_once(tmp_path, watching):
    place = tmp_path / "log.csv"
    written(place, *swinging(300, noise=1e-3), begin=True)
    found_in(tmp_path / "laws", "log.csv")
    channel = watching()
    assert channel.frame() is None
    assert channel.receive("scene", {}).data["quantities"][0]["state"] == verdicts.HOLDS
    written(place, *swinging(100, noise=1e-3, seed=1, start=300))
    quiet = frames(channel, lambda d: d.get("samples") == 400)[-1]
    assert quiet.data["quantities"][0]["state"] == verdicts.HOLDS
    assert not quiet.data["alarms"]
    assert quiet.arrays["sample"][-1] == 399
    written(place, *swinging(200, size=1.1, noise=1e-3, seed=2, start=400))
    seen = frames(channel, lambda d: d.get("samples") == 600)
    alarms = [alarm for frame in seen for alarm in frame.data["alarms"]]
    assert len(alarms) == 1
    assert alarms[0]["since"] == pytest.approx(400 * STEP, abs=5 * STEP)
    assert seen[-1].data["quantities"][0]["state"] == verdicts.BROKEN
    assert packed(seen[-1], 1)
    written(place, *swinging(50, size=1.1, noise=1e-3, seed=3, start=600))
    later = frames(channel, lambda d: d.get("samples") == 650)
    assert not [alarm for frame in later for alarm in frame.data["alarms"]]


def test_what_is_followed_is_what_the_watch_says_of_the_whole(tmp_path, watching):
    place = tmp_path / "log.csv"
    size = np.where(np.arange(500) < 350, 1.0, 1.05)
    t, x, v = swinging(500, size, 1e-3)
    written(place, t[:100], x[:100], v[:100], begin=True)
    found_in(tmp_path / "laws", "log.csv")
    channel = watching()
    for k in range(100, 500, 80):
        written(place, t[k : k + 80], x[k : k + 80], v[k : k + 80])
    last = frames(channel, lambda d: d.get("samples") == 500)[-1].data["quantities"][0]
    watch = Watch([ENERGY])
    watch.update(t, {"x": x, "v": v})
    course = watch.courses()["energy"].to_dict()
    assert {k: last[k] for k in ("level", "onset", "noise")} == pytest.approx(
        {k: course[k] for k in ("level", "onset", "noise")}
    )


def test_a_window_bounds_what_is_shown(tmp_path, watching):
    place = tmp_path / "log.csv"
    written(place, *swinging(100), begin=True)
    found_in(tmp_path / "laws", "log.csv")
    channel = watching()
    channel.receive("window", {"samples": 60})
    written(place, *swinging(100, start=100))
    frame = frames(channel, lambda d: d.get("samples") == 200)[-1]
    assert frame.arrays["sample"].tolist() == list(range(140, 200))
    for wrong in (1, 10**9, "60", True, None):
        with pytest.raises(Refusal):
            channel.receive("window", {"samples": wrong})


def test_a_file_that_was_cut_or_replaced_is_begun_again_and_that_is_said(tmp_path, watching):
    place = tmp_path / "log.csv"
    written(place, *swinging(200), begin=True)
    found_in(tmp_path / "laws", "log.csv")
    channel = watching()
    written(place, *swinging(50, start=200))
    frames(channel, lambda d: d.get("samples") == 250)
    written(place, *swinging(80), begin=True)
    shorter = frames(channel, lambda d: d.get("samples") == 80)[-1]
    assert "became shorter" in shorter.data["words"]
    other = tmp_path / "other"
    written(other, *swinging(400, size=2.0), begin=True)
    other.replace(place)
    replaced = frames(channel, lambda d: d.get("samples") == 400)[-1]
    assert "was replaced" in replaced.data["words"]
    assert replaced.data["quantities"][0]["level"] == pytest.approx(2.0)


def test_a_file_that_vanishes_is_said_and_its_return_is_seen(tmp_path, watching):
    place = tmp_path / "log.csv"
    written(place, *swinging(100), begin=True)
    found_in(tmp_path / "laws", "log.csv")
    channel = watching()
    kept = place.read_text()
    place.unlink()
    gone = frames(channel, lambda d: "no longer there" in d["words"])[-1]
    assert not gone.data["ready"]
    place.write_text(kept)
    written(place, *swinging(30, start=100))
    frames(channel, lambda d: d.get("samples") == 130)


def test_half_a_line_waits_and_what_is_no_row_is_counted(tmp_path, watching):
    place = tmp_path / "log.csv"
    written(place, *swinging(100), begin=True)
    found_in(tmp_path / "laws", "log.csv")
    channel = watching()
    with place.open("a") as file:
        file.write("5.0,0.28\n5.05,oops,0.1\n5.02,0.3,0.1\n5.1,0.2")
    frame = frames(channel, lambda d: d.get("samples") == 101)[-1]
    words = frame.data["words"]
    assert "1 line with too few or too many fields" in words
    assert "1 cell held text and became gaps" in words.replace("cells", "cell")
    assert "1 row whose time does not rise" in words
    assert np.isnan(frame.arrays["value"][0, -1])
    with place.open("a") as file:
        file.write(",0.9\n")
    last = frames(channel, lambda d: d.get("samples") == 102)[-1]
    assert last.arrays["time"][-1] == 5.1


def test_runs_that_take_turns_are_followed_each_for_itself(tmp_path, watching):
    place = tmp_path / "log.csv"
    written(place, *swinging(100), begin=True, run=1)
    written(place, *swinging(100, size=2.0), run=2)
    found_in(tmp_path / "laws", "log.csv")
    channel = watching()
    for k in range(3):
        written(place, *swinging(20, start=100 + 20 * k), run=1)
        written(place, *swinging(20, size=2.0, start=100 + 20 * k), run=2)
    frames(channel, lambda d: d.get("run") == "2" and d.get("samples") == 160)
    channel.receive("follow", {"run": "1"})
    first = frames(channel, lambda d: d.get("run") == "1")[-1]
    assert first.data["samples"] == 160
    assert first.data["index"] == 0
    assert first.data["quantities"][0]["state"] == verdicts.HOLDS
    with pytest.raises(Refusal):
        channel.receive("follow", {"run": "7"})


def test_where_no_column_names_the_run_the_time_does(tmp_path, watching):
    place = tmp_path / "log.csv"
    written(place, *swinging(60), begin=True)
    found_in(tmp_path / "laws", "log.csv")
    channel = watching()
    written(place, *swinging(40, size=3.0))
    frame = frames(channel, lambda d: d.get("samples") == 40)[-1]
    assert frame.data["run"] == "log/2"
    assert frame.data["following"] == ["log", "log/2"]


def test_without_laws_the_columns_themselves_are_followed(tmp_path, watching):
    place = tmp_path / "log.csv"
    written(place, *swinging(60), begin=True)
    channel = watching()
    written(place, *swinging(20, start=60))
    frame = frames(channel, lambda d: d.get("samples") == 80)[-1]
    assert [q["name"] for q in frame.data["quantities"]] == ["x", "v"]
    assert frame.data["learning"] == 0


def test_other_laws_are_held_against_the_file_from_its_start(tmp_path, watching):
    place = tmp_path / "log.csv"
    written(place, *swinging(90), begin=True)
    found_in(tmp_path / "other", "b.csv")
    channel = watching()
    written(place, *swinging(10, start=90))
    frames(channel, lambda d: d.get("samples") == 100)
    assert channel.receive("scene", {"laws": "other"}).data["laws"] == "other"
    written(place, *swinging(10, start=100))
    frame = frames(channel, lambda d: d.get("samples") == 110)[-1]
    assert [q["kind"] for q in frame.data["quantities"]] == ["law"]


def test_a_velocity_that_was_estimated_cannot_be_followed_and_that_is_said(tmp_path, watching):
    place = tmp_path / "log.csv"
    rows = [f"{a},{b},{c}\n" for a, b, c in zip(*swinging(100), strict=True)]
    place.write_text("t,x [m],y [m]\n" + "".join(rows))
    assert len(Workspace(tmp_path).open("log.csv").trajectories().data_vars) == 4
    channel = watching()
    with place.open("a") as file:
        file.write("5.0,0.28,0.9\n")
    frame = frames(channel, lambda d: d.get("samples") == 101)[-1]
    assert [q["name"] for q in frame.data["quantities"]] == ["x", "y"]
    assert "cannot be followed" in frame.data["left_out"][0]


def test_degrees_are_followed_in_radians(tmp_path, watching):
    t = np.arange(100) * 0.1
    rows = [f"{a},{np.degrees(np.sin(a))},{np.cos(a)}\n" for a in t]
    place = tmp_path / "log.csv"
    place.write_text("t [s],theta [deg],omega [rad/s]\n" + "".join(rows))
    channel = watching()
    with place.open("a") as file:
        file.write("10.0,90,0\n")
    frame = frames(channel, lambda d: d.get("samples") == 101)[-1]
    place = [q["name"] for q in frame.data["quantities"]].index("theta")
    assert frame.arrays["value"][place, -1] == pytest.approx(np.pi / 2)


def test_dates_go_on_where_the_data_began(tmp_path, watching):
    place = tmp_path / "log.csv"
    rows = [
        f"2024-01-01T00:{k // 60:02d}:{k % 60:02d},{np.sin(k)},{np.cos(k)}\n" for k in range(80)
    ]
    place.write_text("time,x,v\n" + "".join(rows))
    channel = watching()
    with place.open("a") as file:
        file.write("2024-01-01T00:02:00,0.5,0.5\n")
    frame = frames(channel, lambda d: d.get("samples") == 81)[-1]
    assert frame.arrays["time"][[0, -1]].tolist() == [0.0, 120.0]


def test_what_cannot_grow_is_read_only(tmp_path):
    lawful.write(runs_with_a_break(), tmp_path / "a.nc")
    assert not can_grow(tmp_path / "a.nc")
    assert not can_grow(tmp_path / "none.csv")
    channel = growing.channel(Workspace(tmp_path).open("a.nc"))
    channel.open(lambda: None)
    assert channel.frame() is None
    assert channel.receive("scene", {}).data["samples"] == 400
    channel.close()
    assert growing.channel(Workspace(tmp_path).open("planets")).frame() is None


def test_closing_ends_the_thread(tmp_path, watching):
    written(tmp_path / "log.csv", *swinging(50), begin=True)
    channel = watching()
    channel.close()
    assert not channel._thread.is_alive()
    channel.close()


# ------------------------------------------------------------------------------- tail


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), max_size=30),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_however_a_file_is_cut_into_writings_its_rows_are_the_same(rows, cuts):
    import tempfile

    text = "t,x\n" + "".join(f"{a},{b}\n" for a, b in rows)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "log.csv"
        place.write_text("t,x\n")
        tail, seen = Tail(place), []
        edges = sorted({4, len(text), *(min(max(c, 4), len(text)) for c in cuts)})
        for first, last in pairwise(edges):
            with place.open("a") as file:
                file.write(text[first:last])
            assert tail.change() in ("grown", "same")
            seen += tail.read().cells
        assert seen == [(str(a), str(b)) for a, b in rows]


def test_nothing_is_read_of_a_file_that_was_replaced_unseen(tmp_path):
    place = tmp_path / "log.csv"
    place.write_text("t,x\n0,1\n1,2\n")
    tail = Tail(place)
    assert len(tail.read().cells) == 2
    place.write_text("t,x\n0,7\n1,7\n2,7\n3,7\n")
    assert tail.read().cells == ()
    assert tail.change() == "replaced"
    tail.start()
    assert [row[1] for row in tail.read().cells] == ["7"] * 4


def test_after_a_fault_of_ours_the_file_is_looked_at_again(tmp_path, watching, monkeypatch):
    place = tmp_path / "log.csv"
    written(place, *swinging(60), begin=True)
    channel = watching()
    kept = growing.reader

    def faulty(*given):
        monkeypatch.setattr(growing, "reader", kept)
        raise ValueError("a slip")

    monkeypatch.setattr(growing, "reader", faulty)
    written(place, *swinging(10, start=60))
    frames(channel, lambda d: d.get("samples") == 70)
    assert channel._thread.is_alive()


@pytest.mark.parametrize(
    ("text", "names", "row"),
    [
        ("# by me\nt;x\n1,5;2,5\n3,5;4,5\n", ("t", "x"), [1.5, 3.5]),
        ("t x\n1.5 2\n3.5  4\n", ("t", "x"), [1.5, 3.5]),
        ("t\tx [m]\n1.5\t2\n\n3.5\t4\n", ("t", "x"), [1.5, 3.5]),
    ],
)
def test_text_is_parted_as_its_reader_parts_it(tmp_path, text, names, row):
    (tmp_path / "a.csv").write_text(text)
    tail = Tail(tmp_path / "a.csv")
    rows = tail.read()
    assert tail.names == names
    assert tail.numbers(rows, "t")[0].tolist() == row


def test_a_file_without_a_header_yet_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(Refusal, match="empty"):
        Tail(tmp_path / "a.csv")


def test_a_run_keeps_no_more_than_it_should(monkeypatch):
    from lawful.web.live import followed

    monkeypatch.setattr(followed, "KEPT", 100)
    one = Followed("a", (Quantity("energy", "law", law=ENERGY),), ("v", "x"))
    for k in range(5):
        t, x, v = swinging(60, start=60 * k)
        assert one.take(t, {"x": x, "v": v}) == 0
    times, every, courses = one.last(1000)
    assert one.count == 300
    assert len(times) == 100
    assert courses["energy"].samples == 300
    assert np.abs(every[0]["departure"]).max() < 1e-9
