"""Pictures and page of networks that learn laws: they say what the numbers say, in both themes."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest

from lawful import pictures
from lawful.laws.physicsnet.settings import NetSettings
from lawful.pictures import style
from lawful.pictures.ablation import measured
from lawful.pictures.agreement import r2
from lawful.pictures.animation import Animation
from lawful.pictures.invariance import departures
from lawful.pictures.pareto import pretty, scored
from lawful.pictures.predicted import Course, ordered, pen
from lawful.refusal import Refusal
from lawful.report import physicsnet_album
from lawful.report import physicsnet_words as say
from lawful.report.physicsnet import physicsnet_page, write_physicsnet_report
from lawful.store import Manifest
from lawful.studies.physicsnet.ablations import Ablation
from lawful.studies.physicsnet.discovered import Discovered
from lawful.studies.physicsnet.drift import Drift
from lawful.studies.physicsnet.evaluation import Evaluation
from lawful.studies.physicsnet.material import material
from lawful.studies.physicsnet.targets import values_of

RUNS, SAMPLES, SEEN, WINDOW = 12, 60, 10, 3
KEYS = ("standard", "physicsnet", "held", "hamiltonian", "integrator")


@pytest.fixture(scope="module")
def orbit():
    return material(["orbit"], runs=RUNS, samples=SAMPLES, noise=0.01)


def off(runs, rate, seed=0):
    """Forecasts that leave the truth after what was seen, and say nothing in the first window."""
    said, rng = runs.copy(deep=True), np.random.default_rng(seed)
    late = np.maximum(np.arange(SAMPLES) - SEEN + 1, 0)
    for name, variable in runs.data_vars.items():
        values = variable.values * (1 + rate * late + rate * rng.random(SAMPLES) * (late > 0))
        values[:, : WINDOW - 1] = np.nan
        said[name] = (("run", "time"), values, variable.attrs)
    return said


@pytest.fixture(scope="module")
def forecasts(orbit):
    rates = (0.01, 1e-4, 1e-5, -1e-3, 1e-9)
    return {key: off(orbit.clean, rate) for key, rate in zip(KEYS, rates, strict=True)}


@pytest.fixture(scope="module")
def energies(orbit, forecasts):
    found = {key: values_of(orbit.system, "energy", runs) for key, runs in forecasts.items()}
    return {"true": values_of(orbit.system, "energy", orbit.clean), **found}


FORMULAS = (
    ("vx", 1, 0.12),
    ("vx**2 + vy**2", 5, 0.61),
    ("0.5001*vx**2 + 0.5*vy**2 - 39.47/sqrt(x**2 + y**2)", 14, 0.99999),
    ("0.5001*vx**2 + 0.5*vy**2 - 39.47/sqrt(x**2 + y**2) + 1e-6*sin(x)*vx", 19, 0.999991),
)


def front(formulas=FORMULAS, chosen=2):
    made = [SimpleNamespace(expression=e, complexity=c, r2=s) for e, c, s in formulas]
    return SimpleNamespace(formulas=tuple(made), chosen=made[chosen], engine="operon")


@pytest.fixture(scope="module")
def history():
    n = np.arange(30)
    parts = {"loss": 3.0, "prediction": 2.0, "conservation": 0.5, "smoothness": 0.05}
    made = {name: size * np.exp(-n / 4) + 0.01 * size for name, size in parts.items()}
    apart = {f"validation_{k}": 1.2 * v + 1e-3 * parts[k] * n for k, v in made.items()}
    return {**made, **apart, "seconds": np.full(30, 0.5)}


def ablation(name, within, drift, correlation, *, constant=False):
    return Ablation(
        name, NetSettings(), within, constant, 0.5, drift, 3 * drift, correlation, 0.01, 2, 30, 12.0
    )  # fmt: skip


ABLATIONS = (
    ablation("physics-aware", 2e-4, 0.003, 0.9996),
    ablation("standard", 0.4, 0.124, 0.31),
    ablation("change", 0.97, 0.05, 0.2, constant=True),
    ablation("latent 2", 0.05, 0.015, 0.95),
)
TABLE = {
    "quantity 1": {"energy": 0.9996, "angular momentum": 0.2},
    "learned 1": {"energy": -0.11, "angular momentum": -0.98},
}


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(0)
    states = rng.standard_normal((RUNS, SAMPLES, 3))
    states[:, : WINDOW - 1] = np.nan
    return states


@pytest.fixture(scope="module")
def given(orbit, forecasts, energies, history, scores):
    return {
        "orbit": orbit, "forecasts": forecasts, "energies": energies, "history": history,
        "scores": scores,
    }  # fmt: skip


def drawn(figure, dpi=40):
    return next(Animation(figure, 1, lambda k: None).pixels(dpi=dpi)).astype(float)


def by_gid(figure, gid):
    return figure.findobj(lambda artist: artist.get_gid() == gid)


def apart(figure, *gids):
    """Whether no words of a kind lie upon one another."""
    drawn(figure, dpi=100)
    renderer = figure.canvas.get_renderer()
    found = [a.get_window_extent(renderer) for gid in gids for a in by_gid(figure, gid)]
    assert len(found) > 1
    pairs = [(a, b) for k, a in enumerate(found) for b in found[:k]]
    return not any(
        min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
        for a, b in pairs
    )


def some(runs, *keys):
    return {key: runs[key] for key in keys}


STILLS = {
    "forecast": lambda g, **o: pictures.forecast_curves(
        g["orbit"].clean, some(g["forecasts"], "standard", "physicsnet"), seen=SEEN, **o
    ),
    "drift": lambda g, **o: pictures.forecast_drift(
        g["orbit"].clean["time"].values, g["energies"], seen=SEEN, **o
    ),
    "latent": lambda g, **o: pictures.latent_space(
        g["scores"], {"energy": g["energies"]["true"]}, share=[0.6, 0.2, 0.1], **o
    ),
    "pareto": lambda g, **o: pictures.pareto_front(front(), target="energy", **o),
    "losses": lambda g, **o: pictures.training_losses(g["history"], **o),
    "ablations": lambda g, **o: pictures.ablation_comparison(ABLATIONS, **o),
    "learned": lambda g, **o: pictures.learned_against_true(
        TABLE, r2={"energy": 0.9999, "angular momentum": -2.0}, **o
    ),
    "spans": lambda g, **o: pictures.method_spans(
        {
            "pendulum": {"library": (1, 1 - 1e-9), "learned": (1, 0.99)},
            "toda": {"library": (0, np.nan), "learned": (2, 0.9)},
        },
        true={"pendulum": 1, "toda": 3},
        **o,
    ),
    "agreement": lambda g, **o: pictures.formula_agreement(
        {"energy": (g["energies"]["true"], g["energies"]["held"])}, **o
    ),
}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", STILLS)
def test_a_picture_is_whole_in_its_theme(name, theme, given):
    settings = dict(mpl.rcParams)
    figure = STILLS[name](given, theme=theme)
    pixels = drawn(figure, dpi=32)
    paper = np.array(mpl.colors.to_rgb(style.theme(theme).paper)) * 255
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert np.abs(edge - paper).max() < 12, "something is cut off at the edge"
    assert (np.abs(pixels - paper).max(axis=-1) > 60).mean() > 0.005, "almost nothing is drawn"
    assert figure.get_label(), "no words for those who cannot see it"
    assert dict(mpl.rcParams) == settings


# ------------------------------------------------------------------------------ forecasts


def test_lines_are_the_runs_they_are_of(orbit, forecasts):
    figure = pictures.forecast_curves(
        orbit.clean, some(forecasts, "standard", "held"), run=3, seen=SEEN
    )
    for method, runs in (("true", orbit.clean), ("held", forecasts["held"])):
        for across, up in (("x", "y"), ("time", "vx")):
            line = by_gid(figure, f"{method} {across} {up}")[0]
            wanted = runs["time"].values if across == "time" else runs[across].values[3]
            np.testing.assert_array_equal(line.get_xdata(), wanted)
            np.testing.assert_array_equal(line.get_ydata(), runs[up].values[3])
    shade = by_gid(figure, "seen")[0]
    assert shade.get_x() + shade.get_width() == orbit.clean["time"].values[SEEN - 1]
    assert f"Seen: {SEEN} samples" in figure.get_label()


def test_what_runs_away_is_cut_and_said():
    t = np.linspace(0, 6, 50)
    true = {"time": t, "x": np.cos(t), "v": -np.sin(t)}
    wild = {"time": t, "x": np.cos(t) * np.exp(t), "v": -np.sin(t)}
    assert "cut" in pictures.forecast_curves(true, {"mine": wild}).get_label()
    assert "cut" not in pictures.forecast_curves(true, {"mine": true}).get_label()
    many = {"time": t, **{f"x{k}": np.cos(k * t) for k in range(9)}}
    assert "3 more variables" in pictures.forecast_curves(many, {"mine": many}).get_label()
    alone = pictures.forecast_curves({"time": t, "x": true["x"]}, {"mine": wild})
    assert len(alone.axes) == 1, "a single variable has no plane"


def test_the_planes_of_a_course(orbit):
    course = Course.of(orbit.clean, 0)
    assert (course.planes, course.spatial) == ((("x", "y"),), True)
    plain = Course.of({"time": [0.0, 1.0], "a": [1.0, 2.0], "b": [2.0, 1.0]}, 0)
    assert (plain.planes, plain.spatial) == ((("a", "b"),), False)
    assert plain.at("time", "a", 0.5) == ([0.5], [1.5])
    gap = Course.of({"time": [0.0, 1.0, np.nan], "a": [1.0, np.nan, np.nan]}, 0)
    assert gap.at("time", "a", 0.5) == ([], [])


def test_methods_keep_their_pen():
    assert ordered({"mine": 0, "true": 0, "integrator": 0, "standard": 0}) == [
        *("standard", "integrator", "mine"),
    ]
    for look in (style.DARK, style.LIGHT):
        assert len({pen(look, key)[0] for key in ("true", *KEYS)}) == len(KEYS) + 1


def test_the_film_ends_with_the_whole_picture(orbit, forecasts, tmp_path):
    film = pictures.forecast_animation(
        orbit.clean, some(forecasts, "physicsnet"), run=1, seen=SEEN, frames=6
    )
    start, middle, end = film.pixels(dpi=40, frames=[0, 3, 5])
    assert np.abs(start.astype(int) - end).max() > 60
    assert np.abs(middle.astype(int) - end).max() > 60
    film.draw(5)
    line = by_gid(film.figure, "physicsnet x y")[0]
    np.testing.assert_array_equal(line.get_xdata(), forecasts["physicsnet"]["x"].values[1])
    film.draw(3)
    t = orbit.clean["time"].values
    assert len(by_gid(film.figure, "true x y")[0].get_xdata()) == (t <= 0.6 * t[-1]).sum()
    assert pictures.save(film, tmp_path / "film.gif", dpi=40).stat().st_size > 1000


@pytest.mark.parametrize(
    ("true", "said", "options", "says"),
    [
        ({"time": [0, 1], "x": [0, 1]}, {}, {}, "no forecast"),
        ({"x": [0, 1]}, {"a": {}}, {}, "without variables or clock"),
        ({"time": [0, 1], "x": [0, 1]}, {"a": {"time": [0], "x": [0]}}, {}, "1 samples"),
        ({"time": [0, 1], "x": [0, 1]}, {"a": {"time": [0, 1], "y": [0, 1]}}, {}, "forecast of y"),
        ({"time": [0, 1], "x": [0, 1]}, {"a": {"time": [0, 1], "x": [0, 1]}}, {"run": 1}, "run 1"),
        (
            {"time": [0, 1], "x": [0, 1]},
            {"a": {"time": [0, 1], "x": [0, 1]}},
            {"variables": ["z"]},
            "variables z",
        ),
        ({"time": [0, 1], "x": [0, 1]}, {"a": {"time": [0, 1], "x": [0, 1]}}, {"seen": 3}, "3 sam"),
        ({"time": [0, 1], "x": [np.nan] * 2}, {"a": {}}, {}, "without a finite value"),
    ],
)
def test_what_is_no_forecast(true, said, options, says):
    with pytest.raises(Refusal, match=says):
        pictures.forecast_curves(true, said, **options)


# ------------------------------------------------------------------------------ drift


def test_drifts_are_medians_and_words_say_means(orbit, energies):
    t = orbit.clean["time"].values
    figure = pictures.forecast_drift(t, energies, seen=SEEN, run=2)
    true = energies["true"]
    scale = max(np.abs(true.mean(axis=1)).mean(), true.mean(axis=1).std())
    for key in KEYS:
        share = np.abs(energies[key][:, SEEN:] - true.mean(axis=1)[:, None]) / scale
        np.testing.assert_allclose(departures(energies, key, SEEN), share)
        line = by_gid(figure, f"drift {key}")[0]
        np.testing.assert_allclose(line.get_ydata(), np.maximum(np.median(share, axis=0), 1e-10))
        np.testing.assert_array_equal(line.get_xdata(), t[SEEN:])
    np.testing.assert_array_equal(
        by_gid(figure, "value standard")[0].get_ydata(), energies["standard"][2]
    )
    said = {text.get_text() for text in by_gid(figure, "end")}
    mean = departures(energies, "hamiltonian", SEEN).mean()
    assert f"Hamiltonian network {100 * mean:.2g}\N{NO-BREAK SPACE}%" in said
    assert len(said) == len(KEYS)
    assert apart(figure, "end")


def test_without_a_truth_drift_is_from_where_the_forecast_began():
    values = np.array([[1.0, 2.0, 2.2], [1.0, 4.0, 4.2]])
    scale = max(3.0, 1.0)
    found = departures({"mine": values}, "mine", 2)
    np.testing.assert_allclose(found, [[0.2 / scale], [0.2 / scale]])
    np.testing.assert_allclose(
        departures({"mine": values}, "mine", 2, scale=[1, 2])[:, 0], [0.2, 0.1]
    )
    with pytest.raises(Refusal, match="not above zero"):
        departures({"mine": np.zeros((2, 3))}, "mine", 1)
    with pytest.raises(Refusal, match="0 methods"):
        pictures.forecast_drift([0, 1], {"true": [1.0, 1.0]})
    with pytest.raises(Refusal, match="of 1 runs, 2 samples"):
        pictures.forecast_drift([0, 1], {"mine": [1.0, 1.0]}, seen=2)


# ------------------------------------------------------------------------------ latent space


def test_the_colour_of_a_state_is_its_invariant(scores, energies):
    figure = pictures.latent_space(
        scores, {"energy": energies["true"], "by run": np.arange(RUNS)}, share=[0.6, 0.2, 0.1]
    )
    found = by_gid(figure, "states")
    assert len(found) == 4, "two invariants in two planes"
    for dots, plane in zip(found, ((0, 1), (0, 1), (0, 2), (0, 2)), strict=True):
        assert dots.get_offsets().shape == (RUNS * (SAMPLES - WINDOW + 1), 2)
        rows = {tuple(state): k for k, state in enumerate(scores.reshape(-1, 3)[:, plane])}
        which = [rows[tuple(place)] for place in np.asarray(dots.get_offsets())]
        true = energies["true"].ravel()[which]
        runs = np.repeat(np.arange(RUNS), SAMPLES)[which]
        colours = np.asarray(dots.get_array())
        assert np.array_equal(colours, true) or np.array_equal(colours, runs)
    assert "90" in figure.get_label()
    with pytest.raises(Refusal, match="no invariant"):
        pictures.latent_space(scores, {})
    with pytest.raises(Refusal, match="as the states"):
        pictures.latent_space(scores, {"energy": np.ones((2, 2))})
    with pytest.raises(Refusal, match="2 or more"):
        pictures.latent_space(scores[..., :1], {"energy": np.arange(RUNS)})


# ------------------------------------------------------------------------------ formulas


def test_the_front_says_every_formula_and_rings_the_chosen_one():
    figure = pictures.pareto_front(front(), target="energy")
    dots = by_gid(figure, "formulas")[0]
    np.testing.assert_array_equal(dots.get_xdata(), [c for _, c, _ in FORMULAS])
    np.testing.assert_allclose(dots.get_ydata(), [1 - s for *_, s in FORMULAS])
    ring = by_gid(figure, "chosen")[0]
    assert ring.get_xdata().tolist() == [14]
    bold = [text.get_text() for text in by_gid(figure, "row") if text.get_weight() == "bold"]
    assert bold == ["14", scored(0.99999), pretty(FORMULAS[2][0])]
    assert apart(figure, "row", "head")
    many = [(f"x + {k}", k, 1 - 0.5**k) for k in range(1, 31)]
    long = pictures.pareto_front(front(many, chosen=0), target="energy")
    assert "14 of them written out" in long.get_label()
    assert any(text.get_text() == "x + 1" for text in by_gid(long, "row")), "the chosen one stays"
    assert apart(long, "row", "head")
    with pytest.raises(Refusal, match="without formulas"):
        pictures.pareto_front([])
    with pytest.raises(Refusal, match="finite score"):
        pictures.pareto_front([{"expression": "x", "complexity": 1, "r2": np.nan}])


def test_a_score_is_never_rounded_up():
    for value in (0.99995, 0.9999951, 1 - 1e-9, 1 - 1e-12):
        for words in (scored(value), say.r2(value)):
            assert words != "1", value
    assert scored(1.0) == say.r2(1.0) == "1"


def test_samples_are_drawn_where_they_lie(energies):
    true, said = energies["true"], energies["hamiltonian"]
    figure = pictures.formula_agreement({"energy": (true, said)}, formulas={"energy": "v**2/2"})
    held = np.isfinite(said)
    places = np.asarray(by_gid(figure, "samples")[0].get_offsets())
    assert {tuple(p) for p in places} == set(zip(true[held], said[held], strict=True))
    wanted = 1 - ((said - true)[held] ** 2).sum() / ((true[held] - true[held].mean()) ** 2).sum()
    assert r2(true, said) == pytest.approx(wanted)
    assert scored(wanted) in figure.axes[0].get_title(loc="left")
    assert "v²/2" in figure.axes[0].get_title(loc="left")
    with pytest.raises(Refusal, match="as many"):
        pictures.formula_agreement({"energy": (true, true[:2])})
    with pytest.raises(Refusal, match="nothing"):
        pictures.formula_agreement({})


# ------------------------------------------------------------------------------ training


def test_losses_are_drawn_and_the_best_epoch_marked(history):
    figure = pictures.training_losses(history, name="orbit")
    best = int(np.argmin(history["validation_loss"]))
    assert [line.get_xdata()[0] for line in by_gid(figure, "best")] == [best + 1] * 4
    lines = by_gid(figure, "line kept apart")
    np.testing.assert_allclose(lines[1].get_ydata(), history["validation_prediction"])
    assert f"epoch {best + 1}" in figure.get_label()
    assert apart(figure, "end")
    one = pictures.training_losses({"loss": [0.5], "prediction": [np.nan]})
    assert "1 epoch" in one.get_label()
    assert len([axes for axes in one.axes if axes.get_visible()]) == 1
    with pytest.raises(Refusal, match="no losses"):
        pictures.training_losses({"seconds": [1.0]})


def test_ablations_are_where_their_numbers_are():
    figure = pictures.ablation_comparison(ABLATIONS)
    for one in ABLATIONS:
        for name in ("within_total", "drift", "correlation"):
            mark = by_gid(figure, f"{name} {one.name}")[0]
            assert mark.get_xdata() == [measured(one, name)]
    assert by_gid(figure, "within_total change")[0].get_marker() == "X"
    words = [text.get_text() for text in by_gid(figure, "number")]
    assert "0.97 collapsed" in words
    assert "0.999" in words, "not rounded up to 1"
    assert apart(figure, "number")
    reference = {line.get_xdata()[0] for line in by_gid(figure, "reference")}
    assert reference == {2e-4, 0.003, 0.9996, 0.01}
    assert measured({"drift": SimpleNamespace(mean=0.2)}, "drift") == 0.2
    with pytest.raises(Refusal, match="no training"):
        pictures.ablation_comparison([])
    with pytest.raises(Refusal, match="without a number"):
        pictures.ablation_comparison([{"name": "a"}])


def test_cells_say_the_size_of_the_correlation():
    figure = pictures.learned_against_true(TABLE, r2={"energy": 0.5})
    cells = [text.get_text() for text in by_gid(figure, "cell")]
    assert cells == ["0.999", "0.200", "0.110", "0.980", "0.500"]
    with pytest.raises(Refusal, match="beyond 1"):
        pictures.learned_against_true({"a": {"energy": 1.5}})
    with pytest.raises(Refusal, match="no quantities"):
        pictures.learned_against_true({})


def test_two_methods_side_by_side():
    sides = {"a": {"library": (1, 0.9), "learned": (2, 0.99)}}
    figure = pictures.method_spans(sides, true={"a": 2})
    assert by_gid(figure, "learned 0")[0].get_xdata() == pytest.approx([0.01])
    assert [text.get_text() for text in by_gid(figure, "count")] == ["1 of 2, 0.9", "2 of 2, 0.99"]
    with pytest.raises(Refusal, match="same methods"):
        pictures.method_spans({**sides, "b": {"library": (1, 0.9)}})


# ------------------------------------------------------------------------------ the page


def discovered(target, formula, score, exact, **more):
    return Discovered(target, front(), formula, score, 1e-6, {}, exact, 4.2, **more)


@pytest.fixture(scope="module")
def evaluation(orbit, forecasts, history, scores):
    test = np.arange(8, 12)
    trained = SimpleNamespace(
        within_total=np.array([1e-5, 3e-4, 0.2]), count=2, window=WINDOW, history=history,
        variables=tuple(orbit.runs.data_vars),
    )  # fmt: skip
    settings = NetSettings(epochs=30, seed=3)
    run = SimpleNamespace(
        trained=trained, material=orbit, settings=settings, place=None, history=history, test=test,
        seconds=75.0,
    )  # fmt: skip
    means = {"standard": 0.124, "physicsnet": 0.003, "held": 0.0005, "hamiltonian": 0.002}
    drifts = {
        key: Drift(mean, 4 * mean, np.full(4, mean), scale=17.0, others={"angular momentum": 0.01})
        for key, mean in means.items()
    }
    shown = {key: runs.isel(run=test) for key, runs in forecasts.items()}
    return Evaluation(
        run,
        SEEN,
        drifts,
        {**shown, "true": orbit.clean.isel(run=test)},
        TABLE,
        {"energy": 0.9999, "angular momentum": 0.97},
        SimpleNamespace(scores=scores[test][..., :2], share=np.array([0.6, 0.2, 0.1, 0.05])),
        (
            discovered(
                "energy", FORMULAS[2][0], 0.99999, True, coefficients=(("vx**2", 0.5, 0.5001),)
            ),
            discovered("kinetic", "vx**2/2 + vy**2/2", 1.0, True),
            discovered("angular momentum", "x*vy - 0.97*y*vx", 0.98, False),
            discovered("learned 1", FORMULAS[2][0], 0.99, True, truth="energy", columns="the data"),
        ),
        ABLATIONS,
        TABLE,
        {"physicsnet": 0.07, "integrator": 0.01},
        ("No <tea>.",),
        seconds=120.0,
    )


def test_the_page_needs_nothing_else_and_says_it_all(evaluation, tmp_path, monkeypatch):
    monkeypatch.setattr(physicsnet_album, "DOTS", 40.0)
    monkeypatch.setattr(physicsnet_album, "FRONTS", 1)
    manifest = Manifest("evaluate", ("lawful", "evaluate", "a run"), {}, 3, ({"name": "orbit"},))
    told = []
    path = write_physicsnet_report(
        [evaluation], tmp_path / "report.html", manifest=manifest, share=told.append
    )
    page = path.read_text()
    assert page.count('src="data:image/png;base64,') == page.count("<img")
    assert page.count("<img") == len(list((tmp_path / "pictures").iterdir())) == 8
    for outside in ("http://", "https://", "<script", "<link", "@import"):
        assert outside not in page.replace("http-equiv", "")
    for words in (
        "2 of 3 formulas have the exact form", "1 of 1 learned quantity reads as a true law",
        "forecasts keep the energy to 0.3 %",
        "the true form was not found; R² 0.98", "12 runs of 60 samples", "1 % noise",
        "keeps the energy better: 0.2 % against 0.3 %",
        "the quantity is a constant", "No &lt;tea&gt;.",
        "lawful evaluate &#x27;a run&#x27;", "made of: energy",
        "Only 4 test runs", "seed 3", "1 min 15 s", "0.5001",
        "orbit: fitted on the data", "2 are conserved and independent",
        "own quantity 1", "0.07", "in shares of 17", "<math",
        "What each way to forecast is",
    ):  # fmt: skip
        assert words in page, words
    assert told == sorted(told)
    assert told
    for theme in ("light", "dark"):
        assert f'<meta name="color-scheme" content="{theme}">' in physicsnet_page(
            [evaluation], theme=theme
        )


def test_a_page_of_several_without_pictures(evaluation, tmp_path):
    run = SimpleNamespace(**vars(evaluation.run))
    run.material = replace(evaluation.run.material, name="a <b>", system=None, clean=None)
    bare = replace(evaluation.discovered[3], exact_form=None, truth="")
    alone = replace(
        evaluation, run=run, correlations={}, run_correlations={}, r2={}, ablations=(), drifts={},
        errors={}, discovered=(bare,),
    )  # fmt: skip
    path = write_physicsnet_report([evaluation, alone], tmp_path / "report.html", pictures=False)
    assert not (tmp_path / "pictures").exists()
    page = path.read_text()
    assert "<img" not in page
    assert "a &lt;b&gt;" in page
    assert "<b>," not in page
    assert "2 of 3 formulas in 2 trainings" in page
    assert "No truth is known" in page
    only = physicsnet_page([alone])
    assert "1 conserved quantity read off" in only
    assert "What each part is for" not in only
    assert "2 conserved quantities learned" in physicsnet_page([replace(alone, discovered=())])
    assert "Forecasts</h2>" not in only
    with pytest.raises(Refusal, match="no evaluation"):
        physicsnet_page([])


def test_names_stay_apart(evaluation):
    assert say.names([evaluation]) == ["orbit"]
    assert say.names([evaluation, evaluation]) == ["orbit 1", "orbit 2"]


def test_names_are_fetched_on_first_use_alone():
    code = (
        "import sys, lawful.pictures as p, lawful.report.physicsnet\n"
        "assert not {'matplotlib', 'torch', 'sympy'} & set(sys.modules), sys.modules.keys()\n"
        "p.forecast_curves, p.forecast_animation, p.forecast_drift, p.formula_agreement\n"
        "p.latent_space, p.pareto_front, p.training_losses, p.ablation_comparison\n"
        "p.learned_against_true, p.method_spans\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
