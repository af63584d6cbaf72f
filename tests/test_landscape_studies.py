"""Studies of the landscape: the edge of stability, the race, the spectrum, the temperature."""

import json
import math
from functools import cache

import numpy as np
import pytest
from scipy.stats import t as student

from lawful.learning.curvature import Hessian
from lawful.learning.datasets import xor
from lawful.learning.network import NeuralNetwork
from lawful.refusal import Refusal
from lawful.report.studies import Part, page, write_study_report
from lawful.studies import edge_of_stability, race, spectrum, temperature
from lawful.studies.racers import LADDER, RACERS, Leg, run
from lawful.studies.sharpening import chebyshev
from lawful.studies.strict_json import strict
from lawful.studies.temperature import Warmth

STUDIES = (edge_of_stability, race, spectrum, temperature)


@cache
def edge():
    """One pair at the edge, and both controls, over two seeds."""
    return edge_of_stability.study(pairs=[(0.2, 0.0)], seeds=2, steps=2000, looks=40, jobs=1)


@cache
def raced():
    return race.study(
        seeds=3, tuning_seeds=2, steps=60, layers=(1, 6, 1), ladder=[1e-3, 1e-2, 0.1, 50.0], jobs=1
    )


@cache
def bent():
    return spectrum.study(layers=(2, 6, 1), seeds=3, steps=600, jobs=1)


@cache
def warm():
    return temperature.study(
        temperatures=[1e-4, 0.3], layers=(2, 4, 1), draws=4, seeds=6, steps=300, jobs=1
    )


def results():
    return dict(zip(STUDIES, (edge(), raced(), bent(), warm()), strict=True))


# ------------------------------------------------------------------ what all of them promise


@pytest.mark.parametrize("study", STUDIES, ids=lambda m: m.__name__.rpartition(".")[2])
def test_a_result_says_itself(study):
    done = results()[study]
    assert study.TITLE.endswith((".", "?"))
    assert done.headline().endswith(".")
    assert len({tuple(row) for row in done.rows()}) == 1
    told = json.loads(json.dumps(done.to_dict(), allow_nan=False))
    assert told["title"] == study.TITLE
    assert len(told["rows"]) == len(done.rows())
    assert told["caveats"]
    assert told["settings"]["seed"] == 0


def test_the_same_seed_makes_the_same_and_another_another():
    made = [
        spectrum.study(data="xor", layers=(2, 3, 1), seeds=2, steps=20, seed=s, jobs=1).to_dict()
        for s in (4, 4, 5)
    ]
    assert made[0] == made[1]
    assert made[0]["moments"] != made[2]["moments"]


def test_progress_goes_from_little_to_all():
    said = []
    edge_of_stability.study(
        pairs=[], layers=(1, 3, 1), seeds=2, steps=6, looks=3, jobs=1,
        progress=lambda share, words: said.append((share, words)),
    )  # fmt: skip
    assert [share for share, _ in said] == [0.25, 0.5, 0.75, 1.0]
    assert said[-1][1] == "4 of 4 trainings"


def test_what_json_cannot_hold_is_null():
    assert strict({1: [math.inf, np.float32(0.5)], "b": np.array([[math.nan]])}) == {
        "1": [None, 0.5],
        "b": [[None]],
    }


# ------------------------------------------------------------------ the edge of stability


def test_a_network_hovers_at_the_edge_and_its_controls_do_not():
    groups = edge().groups()
    for course in groups["network", 0.2, 0.0]:
        assert course.ratio[0] < 0.8  # it begins well below
        assert course.hovers
        assert course.last_third[0] == pytest.approx(1.0, abs=0.1)
        assert course.arrival > 0
        assert course.rising > 0.1  # and there the loss no longer falls at every step
    for course in groups["small steps", *edge_of_stability.SMALL]:
        assert course.ratio.max() < 0.6
        assert course.loss[-1] < course.loss[0]
        assert course.rising == 0.0
    for course in groups["bowl", *edge_of_stability.BOWL]:
        # (x, 1)(x, 1)ᵀ averaged over symmetric points has the eigenvalues <x²> and 1.
        assert np.allclose(course.ratio, 0.4 / 2, rtol=1e-12)


def test_the_sharpness_is_the_hessians():
    course = edge().groups()["network", 0.2, 0.0][0]
    X, y = chebyshev(20, 4)
    network = NeuralNetwork([1, 50, 50, 1], output="linear", seed=0)
    assert course.sharpness[0] == pytest.approx(Hessian(network, X, y).sharpness, rel=1e-4)
    for _ in range(int(course.steps[3])):
        network.train_step(X, y, 0.2)
    assert course.sharpness[3] == pytest.approx(Hessian(network, X, y).sharpness, rel=1e-4)
    assert course.loss[3] == pytest.approx(network.loss(X, y), rel=1e-9)


def test_what_diverges_is_said():
    lost = edge_of_stability.study(pairs=[(50.0, 0.0)], seeds=2, steps=40, looks=4, jobs=1)
    row = next(row for row in lost.rows() if row["kind"] == "network")
    assert row["diverged"] == 2
    assert math.isnan(row["last third"])
    assert "diverged" in lost.headline()
    json.dumps(lost.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("study", "settings", "words"),
    [
        (edge_of_stability, {"pairs": [(0.0, 0.0)]}, "η 0.0"),
        (edge_of_stability, {"pairs": [(0.1, 1.0)]}, "μ 1.0"),
        (edge_of_stability, {"layers": (2, 3, 1)}, r"layers \(2, 3, 1\)"),
        (edge_of_stability, {"looks": 1}, "1 looks"),
        (race, {"layers": (1, 3)}, "layers"),
        (race, {"ladder": [0.1, -1.0]}, "a ladder of"),
        (race, {"goal": 0.0}, "a goal of"),
        (race, {"steps": 2}, "2 steps"),
        (spectrum, {"layers": (2, 100, 100, 1)}, "10501 parameters"),
        (spectrum, {"data": "cirlces"}, "did you mean 'circles'"),
        (temperature, {"draws": 2}, "2 draws"),
        (temperature, {"temperatures": [0.0]}, "1 temperatures"),
        (temperature, {"temperatures": [-1.0]}, "temperature"),
        (temperature, {"layers": (3, 4, 1)}, "layers"),
    ],
)
def test_what_cannot_be_meant_is_refused(study, settings, words):
    with pytest.raises(Refusal, match=words):
        study.study(jobs=1, **settings)


# ------------------------------------------------------------------ the race


def test_all_racers_start_alike_and_are_tuned_alike():
    done = raced()
    starts = np.array([done.losses[name][:, 0] for name in RACERS])
    assert np.array_equal(starts, np.broadcast_to(starts[0], starts.shape))
    assert {len(score) for score in done.tuning.values()} == {4}
    for name, score in done.tuning.items():
        assert done.rates[name] == done.settings["ladder"][int(np.argmin(score))]
        assert np.isfinite(score.min())
    assert np.isinf(done.tuning["gradient descent"][-1])  # η = 50 is lost
    assert sum(done.wins().values()) == 3
    finals = [row["final loss"] for row in done.rows()]
    assert finals == sorted(finals)
    assert all(row["from"] <= row["final loss"] <= row["to"] for row in done.rows())


def test_tuning_never_sees_a_racing_seed(monkeypatch):
    seen = []
    monkeypatch.setattr("lawful.studies.tuning.run", lambda leg: seen.append(leg) or run(leg))
    race.study(seeds=3, tuning_seeds=2, steps=4, looks=4, layers=(1, 2, 1), ladder=[0.01, 0.1],
               seed=10, jobs=1)  # fmt: skip
    tuning, racing = seen[: 7 * 2 * 2], seen[7 * 2 * 2 :]
    assert {leg.seed for leg in tuning} == {13, 14}
    assert {leg.seed for leg in racing} == {10, 11, 12}
    assert {leg.steps for leg in seen} == {4}
    counts = {name: sum(leg.racer == name for leg in tuning) for name in RACERS}
    assert set(counts.values()) == {4}


@pytest.mark.parametrize("seed", [0, 3])
def test_gradient_descent_in_the_race_is_gradient_descent(seed):
    ran = run(Leg("gradient descent", 0.1, seed, (1, 5, 1), 40, 40, keep=True))
    network = NeuralNetwork([1, 5, 1], output="linear", seed=seed)
    data = chebyshev(20, 4)
    losses = [network.train_step(*data, 0.1)[0] for _ in range(40)]
    assert np.allclose(ran.losses[:-1], losses, rtol=1e-12)
    assert np.allclose(ran.path[-1], network.parameters, rtol=1e-10)
    assert ran.final == pytest.approx(ran.losses[-2:].mean())


def test_a_lost_racer_ends_in_infinity():
    ran = run(Leg("momentum", LADDER[-1] * 100, 0, (1, 5, 1), 50, 10))
    assert ran.final == math.inf
    assert ran.losses[-1] == math.inf
    assert race.interval(np.array([1.0, 2.0, math.inf]), seed=0)[1] == math.inf


def test_the_interval_of_a_median_holds_it_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = []
    for k in range(400):
        low, high = race.interval(rng.normal(size=30), seed=k, draws=400)
        hits.append(low <= 0.0 <= high)
    assert 0.9 < np.mean(hits) < 0.99


# ------------------------------------------------------------------ the spectrum


def test_moments_of_a_training_are_its_own():
    done = bent()
    assert [row["step"] for row in done.rows()] == [0, 12, 120, 600]
    first, last = done.rows()[0], done.rows()[-1]
    assert last["loss"] < first["loss"]
    for moment in done.moments:
        whole = moment.spectrum
        assert whole.exact
        assert moment.down + moment.flat <= 1.0 + 1e-12
        assert 1 <= moment.steep <= whole.size
        # 25 parameters and 40 steps: the estimate knows the extremes, shares only nearly.
        assert 0 <= moment.distance < 0.15
    assert spectrum.distance(whole, whole) == 0.0


def test_a_solved_gate_bends_down_less_than_its_start():
    """At a minimum nothing bends down; at random weights of a network something does."""
    down = []
    X, y = xor()
    for seed in range(4):
        network = NeuralNetwork([2, 4, 1], seed=seed)
        shares = []
        for _ in range(2):
            values = Hessian(network, X, y).eigenvalues()
            shares.append(float((values < -1e-3 * values[-1]).mean()))
            for _ in range(6000):
                network.train_step(X, y, 2.0)
        if network.loss(X, y) < 1e-2:
            down.append(shares)
    assert len(down) >= 2
    assert all(end < start for start, end in down)


# ------------------------------------------------------------------ the temperature


def test_the_cold_control_is_gradient_descent():
    """At T = 0 and μ = 0 a network of the ensemble is a network that learns alone."""
    done = temperature.study(
        temperatures=[1e-3], layers=(2, 3, 1), draws=4, seeds=1, steps=50, momentum=0.0, jobs=1
    )
    from lawful.learning.shapes import moons

    for draw in range(4):
        samples = moons(temperature.SAMPLES, temperature.NOISE, 2 * draw)
        network = NeuralNetwork([2, 3, 1], seed=draw)
        losses = [network.train_step(*samples, 0.5)[0] for _ in range(51)]
        cuts = np.linspace(100 / 3, 50, temperature.LOOKS).round().astype(int)
        known = np.mean([losses[k] for k in cuts])
        assert done.measured["train energy"][draw, 0] == pytest.approx(known, rel=1e-9)
    assert not done.against_cold("accuracy")[:, 0].any()


def test_heat_is_felt():
    done = warm()
    energy = done.measured["train energy"]
    assert (energy[:, 2] > 2 * energy[:, 0]).all()
    assert (done.measured["accuracy"] <= 1).all()
    assert not done.lost.any()
    assert done.temperatures.tolist() == [0.0, 1e-4, 0.3]


def made(gain, draws=20, spread=0.01):
    """A result whose second temperature has a known gain."""
    rng = np.random.default_rng(0)
    accuracy = 0.8 + np.array([0.0, -0.05, gain]) + spread * rng.normal(size=(draws, 3))
    measured = {name: accuracy.copy() for name in temperature.MEASURES}
    return Warmth(np.array([0.0, 1e-3, 1e-2]), measured, np.zeros((draws, 3)), {"seed": 0})


@pytest.mark.parametrize(("gain", "words"), [(0.1, "helps"), (-0.03, "hurts"), (0.0, "no sure")])
def test_a_verdict_follows_the_gain(gain, words):
    done = made(gain)
    best, left = done.chosen()
    assert (best, len(left)) == (2, 10)
    assert words in done.headline()


def test_the_best_is_not_its_own_judge():
    """What is chosen on even draws is judged on odd ones alone."""
    done = made(0.0, draws=8)
    done.measured["accuracy"][::2, 1] += 1.0
    best, gain = done.chosen()
    assert best == 1
    assert (gain < 0).all()


def test_an_interval_is_students():
    values = np.random.default_rng(1).normal(3.0, 2.0, 12)
    low, high = student.interval(0.95, 11, values.mean(), values.std(ddof=1) / 12**0.5)
    assert temperature.interval(values) == pytest.approx((low, high))
    assert all(map(math.isnan, temperature.interval(values[:1])))


# ------------------------------------------------------------------ pictures and pages


def album():
    from lawful.pictures import edge as edge_picture
    from lawful.pictures import race as race_picture
    from lawful.pictures import spectrum as spectrum_picture
    from lawful.pictures import warmth as warmth_picture

    return edge_picture, race_picture, spectrum_picture, warmth_picture


def test_every_study_is_drawn_and_told(tmp_path):
    parts = []
    for pictures, (study, done) in zip(album(), results().items(), strict=True):
        drawn = pictures.draw(done, tmp_path, theme="dark")
        assert all(path.stat().st_size > 10_000 for path in drawn)
        parts.append(Part(study.TITLE, done, drawn))
    text = write_study_report(parts, tmp_path / "page.html", theme="dark").read_text("utf-8")
    assert text.count("<img ") == 5
    assert text.count("To bear in mind") == 4
    for study in STUDIES:
        assert study.TITLE in text


def test_the_light_theme_is_light():
    edge_picture, race_picture, spectrum_picture, warmth_picture = album()
    for picture in (
        edge_picture.edge_of_stability(edge(), theme="light"),
        race_picture.race_energy(raced(), theme="light"),
        race_picture.race_map(raced(), theme="light"),
        spectrum_picture.hessian_spectrum(bent(), theme="light"),
        warmth_picture.warmth(warm(), theme="light"),
    ):
        assert min(picture.get_facecolor()) > 0.9
        assert len(picture.get_label()) > 100  # what is seen, for those who cannot see it


def test_a_page_of_one_and_of_none():
    assert "<h1>" in page([Part(race.TITLE, raced())])
    with pytest.raises(Refusal, match="a report of no study"):
        page([])


def test_pictures_of_what_diverged(tmp_path):
    from lawful.pictures.edge import draw

    lost = edge_of_stability.study(pairs=[(50.0, 0.0)], seeds=2, steps=40, looks=4, jobs=1)
    assert draw(lost, tmp_path)[0].is_file()


def test_the_racers_move():
    from lawful.pictures.race import race_animation

    film = race_animation(raced(), frames=3)
    first, _, last = film.pixels(dpi=40)
    assert (first != last).any()
    with pytest.raises(Refusal, match="1 frames"):
        race_animation(raced(), frames=1)
