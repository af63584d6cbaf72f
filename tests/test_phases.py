"""Phase diagrams: exact stability lines, the same bits however they are made, honest intervals."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.learning.samples import Samples
from lawful.refusal import Refusal
from lawful.studies.lesson import DataChoice, NetworkChoice
from lawful.studies.phases import Axis, Diagram, Plan, dimension_of, phases
from lawful.studies.phases.plan import cells, completed
from lawful.studies.phases.sheet import Sheet, quartiles
from lawful.studies.phases.tiles import Tiles
from lawful.studies.phases.zoom import boundary_of, mixed, window_on

RATE, SCALE = Axis("learning_rate", 0.1, 30, "log"), Axis("init_scale", 0.1, 10, "log")
XOR, SMALL = DataChoice("xor"), NetworkChoice(layers=((2, 2, 1),))
MAPS = ("solved", "diverged", "steps", "energy", "sharpness", "first")


def plan_of(x=RATE, y=SCALE, **rest):
    made = {"network": SMALL, "size": (6, 5), "seeds": 4, "steps": 60, "engine": "reference"}
    return Plan(XOR, x, y, **{**made, **rest})


def same(one, other):
    return all(
        np.array_equal(getattr(one, n), getattr(other, n), equal_nan=n not in ("solved",))
        for n in MAPS
    ) and (one.x, one.y) == (other.x, other.y)


# ------------------------------------------------------------------------------- axes


@given(
    st.sampled_from(["learning_rate", "learning_rate_3", "temperature", "init_scale", "momentum"]),
    st.floats(1e-6, 1.0),
    st.floats(1e-6, 1.0),
    st.sampled_from(["linear", "log"]),
    st.integers(2, 300),
)
def test_an_axis_is_read_as_it_is_written(name, a, b, scale, count):
    low, high = sorted((a, b))
    if high - low < 1e-9:
        with pytest.raises(Refusal):
            Axis(name, low, low, scale)
        return
    axis = Axis(name, low, high, scale)
    assert Axis.parse(str(axis)) == axis
    values, edges = axis.values(count), axis.edges(count)
    assert (np.diff(edges) > 0).all()
    assert (edges[0], edges[-1]) == (low, high)
    assert ((values > edges[:-1]) & (values < edges[1:])).all()
    window = axis.window(0.25, 0.75)
    assert low <= window.low < window.high <= high
    assert window.at(0.5) == pytest.approx(axis.at(0.5), rel=1e-9)


@given(st.text(max_size=30) | st.from_regex(r"[a-z_]{1,14}=[-0-9.e:alog]{1,14}", fullmatch=True))
def test_any_text_is_an_axis_or_is_refused(text):
    try:
        axis = Axis.parse(text)
    except Refusal:
        return
    assert 0 <= axis.low < axis.high < math.inf


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("learning_rat=1:2", "did you mean 'learning_rate'"),
        ("momentum=0.9:0.1", "reversed.*momentum=0.1:0.9"),
        ("momentum=0.5:1.5", "within 0 and 1"),
        ("learning_rate=0:1:log", "logarithm.*above 0"),
        ("temperature=-1:1", "from 0 up"),
        ("init_scale=1:1", "empty"),
        ("init_scale=1:nan", "finite"),
        ("init_scale=1:x", "'x' is no number"),
        ("init_scale=1:2:lin", "did you mean 'linear'"),
        ("init_scale", "name=low:high"),
        ("learning_rate_0=1:2", "did you mean 'learning_rate'"),
    ],
)
def test_an_axis_that_cannot_be_meant_is_refused(text, words):
    with pytest.raises(Refusal, match=words):
        Axis.parse(text)


# ------------------------------------------------------------------------------- plans


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": RATE}, "both axes vary learning_rate"),
        ({"size": (1, 5)}, "size 1x5; expected 2 to"),
        ({"seeds": 0}, "seeds 0"),
        ({"steps": 0}, "steps 0"),
        ({"zoom": -1}, "zoom -1"),
        ({"factor": 1.0}, "zoom factor"),
        ({"learning_rate": 0.5}, "fixed to 0.5 and an axis"),
        ({"momentum": 1.0}, "momentum 1"),
        ({"temperature": math.nan}, "temperature nan"),
        ({"goal": 0.9, "energy": 0.1}, "one of them"),
        ({"observable": "stepz"}, "did you mean 'steps'"),
        ({"engine": "gpu"}, "engine 'gpu'"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused(change, words):
    with pytest.raises(Refusal, match=words):
        plan_of(**change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network": NetworkChoice(layers=((3, 2, 1),))}, "2 inputs and 1 output.*2-2-1"),
        ({"x": Axis("learning_rate_3", 1, 2)}, "learning_rate_1 to learning_rate_2"),
        ({"goal": 1.5}, "accuracy of 1.5"),
        ({"energy": -1.0}, "energy of -1"),
        ({"network": NetworkChoice(((2, 1),), output="linear"), "goal": 1.0}, "--goal-energy"),
        ({"network": NetworkChoice(((2, 2, 1),), ("reluu",))}, "did you mean 'relu'"),
        ({"engine": "lanes", "network": NetworkChoice(((2, 99, 1),))}, "engine 'lanes'|numba"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_before_any_work(change, words, monkeypatch):
    monkeypatch.setattr(Sheet, "done", lambda *_: pytest.fail("work was begun"))
    with pytest.raises(Refusal, match=words):
        phases(plan_of(**change))


def test_rates_of_single_layers_go_to_their_layers():
    x, y = Axis("learning_rate_1", 1, 3), Axis("learning_rate_2", 10, 30)
    with pytest.raises(Refusal, match="every layer"):
        phases(plan_of(x, y, learning_rate=0.1))
    plan = completed(plan_of(x, y, size=(2, 2)), xor())
    population = Sheet(plan, x, y, "", 4).population(np.arange(4))
    assert population.learning_rate[0, ::4].tolist() == [1.5, 2.5, 1.5, 2.5]
    assert population.learning_rate[1, ::4].tolist() == [15, 15, 25, 25]
    assert population.seeds[:8].tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    # The rate of all layers is that of those that have none of their own.
    common = Axis("learning_rate", 1, 3)
    for axes in ((common, y), (y, common)):
        plan = completed(plan_of(*axes, size=(2, 2)), xor())
        rates = Sheet(plan, *axes, "", 4).population(np.array([3])).learning_rate
        assert rates[:, 0].tolist() == [2.5, 25]


def xor():
    from lawful.learning import datasets

    return datasets.xor()


@given(st.integers(2, 70), st.integers(2, 70), st.integers(1, 200), st.integers(1, 5000))
@settings(max_examples=40)
def test_tiles_hold_every_cell_once_and_the_first_spans_the_plane(nx, ny, seeds, steps):
    plan = completed(plan_of(size=(nx, ny), seeds=seeds, steps=steps), xor())
    sheet = Sheet(plan, RATE, SCALE, "", 4)
    assert np.array_equal(np.sort(np.concatenate(sheet.tiles)), np.arange(nx * ny))
    assert max(map(len, sheet.tiles)) * seeds <= max(1152, seeds)
    assert len({sheet.key(k) for k in range(len(sheet.tiles))}) == len(sheet.tiles)
    order = sheet.order
    assert order[0] == 0
    if min(nx, ny) > 32:
        few = np.divmod(order[: -(-nx // 16) * -(-ny // 16)], nx)
        assert all((place % 16 == 0).all() for place in few)


def test_a_key_changes_with_all_that_bears_on_the_result_and_with_nothing_else():
    plan = completed(plan_of(), xor())
    key = Sheet(plan, RATE, SCALE, "x", 4).key(0)
    for change in (
        {"steps": 61}, {"seed": 1}, {"momentum": 0.1}, {"measured": 1}, {"goal": 0.75},
        {"network": replace(plan.network, dtype="float32")},
    ):  # fmt: skip
        assert Sheet(replace(plan, **change), RATE, SCALE, "x", 4).key(0) != key
    assert Sheet(plan, RATE, SCALE, "y", 4).key(0) != key
    assert Sheet(plan, replace(RATE, high=31), SCALE, "x", 4).key(0) != key
    for change in ({"observable": "steps"}, {"zoom": 3}, {"boundary": "solved"}):
        assert Sheet(replace(plan, **change), RATE, SCALE, "x", 4).key(0) == key


# ------------------------------------------------------------------- the stability line


def bowl():
    """One input, one output: U = ½ λ W² with λ = 4; the bias rests at its own minimum."""
    return Samples([[2.0], [-2.0]], [0.0, 0.0], name="bowl")


def bowl_plan(**rest):
    made = {
        "network": NetworkChoice(layers=((1, 1),)),
        "size": (24, 16),
        "seeds": 2,
        "steps": 4000,
        "energy": 1e-20,
        "engine": "reference",
    }
    rate, mu = Axis("learning_rate", 0, 1.2), Axis("momentum", 0, 1)
    return Plan(DataChoice("bowl"), rate, mu, **{**made, **rest})


@pytest.fixture(scope="module")
def stable():
    return phases(bowl_plan(), samples=bowl(), jobs=1)


def test_a_linear_network_is_stable_exactly_below_two_one_plus_mu_over_lambda(stable):
    diagram, lam = stable.diagram, 4.0
    eta, mu = np.meshgrid(diagram.x_values, diagram.y_values)
    below = eta < 2 * (1 + mu) / lam
    assert np.array_equal(diagram.solved == 2, below)
    assert np.array_equal(diagram.solved == 0, ~below)
    assert np.allclose(diagram.sharpness[1][diagram.diverged == 0], lam, rtol=1e-6)
    # Lost are those whose energy leaves the numbers: |z|^(2 steps) λ/2 W² > 1e308.
    roots = np.array(
        [
            [np.roots([1, e * lam - 1 - m, m]) for e, m in zip(*r, strict=True)]
            for r in zip(eta, mu, strict=True)
        ]
    )
    growth = 2 * 4000 * np.log(np.abs(roots).max(axis=2))
    assert (diagram.diverged[growth > 760] == 2).all()
    assert (diagram.diverged[growth < 680] == 0).all()
    assert diagram.diverged.any()
    assert stable.dimension is None
    assert "in 24 × 16 cells; 12 squares in 26 × 26 cells are the least" in stable.notes[0]


def test_the_stability_line_is_smooth_and_the_zoom_stays_on_it():
    plan = bowl_plan(size=(48, 48), steps=300, seeds=1, energy=1e-3, zoom=2, measured=0)
    found = phases(replace(plan, boundary="diverged"), samples=bowl(), jobs=1)
    assert len(found.levels) == 3
    for before, after in zip(found.levels, found.levels[1:], strict=False):
        for outer, inner in ((before.x, after.x), (before.y, after.y)):
            assert inner.high - inner.low == pytest.approx((outer.high - outer.low) / 4)
            assert outer.low <= inner.low < inner.high <= outer.high
        assert boundary_of(after, "diverged").length
    assert found.dimension.low <= 1 <= found.dimension.high
    assert not found.dimension.fractal
    assert found.dimension.value == pytest.approx(1, abs=0.06)
    assert set(found.dimension.by_level) == {0, 1, 2}


# --------------------------------------------------------------- the same bits, whoever


def test_a_run_that_is_stopped_is_taken_up_and_ends_in_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr("lawful.studies.phases.sheet.TILE", 16)
    plan = plan_of(zoom=1)
    whole = phases(plan, jobs=1)
    tiles = Tiles(tmp_path / "tiles")

    def stop(part, words):
        if words.startswith("level 0: 3 of"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        phases(plan, tiles=tiles, jobs=1, share=stop)
    assert tiles.left == 3
    damaged = sorted(tiles.place.glob("*.npz"))[1]
    damaged.write_bytes(damaged.read_bytes()[:200])
    done = []
    work = Sheet.done
    monkeypatch.setattr(
        Sheet, "done", lambda sheet, k, samples: done.append(k) or work(sheet, k, samples)
    )
    again = phases(plan, tiles=tiles, jobs=1, resume=True)
    assert len(done) == 2 * 8 - 2  # 8 tiles a level; of the 3 that were kept one is damaged
    assert len(again.levels) == 2
    assert all(map(same, whole.levels, again.levels))
    assert whole.to_dict() == again.to_dict()
    done.clear()
    phases(plan, tiles=tiles, jobs=1, resume=True)
    assert done == []
    phases(plan, tiles=tiles, jobs=1)
    assert len(done) == 16


def test_two_processes_end_in_the_bits_of_one():
    plan = plan_of(size=(24, 20), seeds=8, temperature=1e-3)  # four tiles
    one, two = phases(plan, jobs=1), phases(plan, jobs=2)
    assert same(one.diagram, two.diagram)
    with pytest.raises(Refusal, match="0 jobs"):
        phases(plan, jobs=0)


def test_a_cell_is_the_same_in_any_diagram():
    whole = phases(plan_of(size=(8, 4)), jobs=1).diagram
    right = phases(plan_of(replace(RATE, low=float(RATE.at(0.5))), size=(4, 4)), jobs=1).diagram
    assert np.allclose(whole.x_values[4:], right.x_values, rtol=1e-13)
    assert np.allclose(whole.energy[:, :, 4:], right.energy, rtol=1e-6, equal_nan=True)
    assert np.array_equal(whole.solved[:, 4:], right.solved)


def test_what_is_solved_and_lost_is_counted_apart():
    network = NetworkChoice(layers=((1, 3, 1),), activation=("relu",))
    data = Samples(np.linspace(-1, 1, 8)[:, None], np.linspace(-1, 1, 8) ** 2, name="parabola")
    plan = Plan(DataChoice("parabola"), Axis("learning_rate", 1e-3, 1e3, "log"),
                Axis("init_scale", 0.1, 10, "log"), network, (10, 4), 6, steps=200,
                energy=0.05, engine="reference")  # fmt: skip
    found = phases(plan, samples=data, jobs=1).diagram
    assert (found.solved + found.diverged <= 6).all()
    assert found.solved.any()
    assert found.diverged[:, -1].all()
    assert not found.diverged[:, 0].any()
    lost = found.diverged == 6
    assert np.isnan(found.energy[:, lost]).all()
    assert np.isfinite(found.energy[:, ~lost]).all()
    assert np.isfinite(found.steps[:, found.solved > 0]).all()
    assert np.isnan(found.steps[:, found.solved == 0]).all()
    assert ((found.first == 2).astype(int) <= found.diverged).all()
    assert ((found.first == 1).astype(int) <= found.solved).all()


# ------------------------------------------------------------------------------- maps


def diagram_of(solved, seeds):
    shape = solved.shape
    nothing = np.full((3, *shape), np.nan)
    zero = np.zeros(shape, dtype=np.int64)
    return Diagram(
        RATE, SCALE, seeds, solved, zero, nothing, nothing, nothing, zero.astype(np.int8)
    )


@pytest.mark.parametrize("seeds", [16, 64])
def test_intervals_hold_the_true_probability_as_often_as_they_say(seeds):
    rng = np.random.default_rng(3)
    truth = np.linspace(0.02, 0.98, 49)[:, None]
    found = diagram_of(rng.binomial(seeds, truth, size=(49, 4000)), seeds)
    held = ((found.low <= truth) & (truth <= found.high)).mean(axis=1)
    assert held.mean() == pytest.approx(0.95, abs=0.012)
    assert held.min() > 0.86
    assert ((found.low <= found.probability) & (found.probability <= found.high)).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12), st.integers(0, 2**12 - 1))
def test_quartiles_are_those_of_numpy(values, bits):
    row = np.array([values])
    counted = np.array([[bool(bits >> k & 1) for k in range(len(values))]])
    found = quartiles(row, counted)[:, 0]
    if counted.any():
        assert found == pytest.approx(np.percentile(row[counted], [25, 50, 75]), abs=1e-6)
    else:
        assert np.isnan(found).all()


def test_a_diagram_comes_back_as_it_was_saved(tmp_path):
    found = phases(plan_of(), jobs=1).diagram
    found.save(tmp_path / "one.npz")
    held = Diagram.load(tmp_path / "one.npz")
    assert same(found, held)
    assert (held.seeds, held.measured, held.level) == (4, 4, 0)
    (tmp_path / "none.npz").write_bytes(b"no")
    with pytest.raises(Refusal, match="phase diagram"):
        Diagram.load(tmp_path / "none.npz")
    held = found.to_dataset()
    assert held["probability"].dims == ("init_scale", "learning_rate")
    assert np.array_equal(held["probability"], found.probability)
    best = found.cell(*found.best)
    assert best["probability"] == found.probability.max()
    with pytest.raises(Refusal, match="observable"):
        found.observable("nothing")


# ---------------------------------------------------------------- boundary and dimension


def plane(n):
    y, x = (np.mgrid[:n, :n] + 0.5) / n
    return x, y


@pytest.mark.parametrize("n", [48, 96, 200])
def test_lines_and_circles_have_dimension_one(n):
    x, y = plane(n)
    rng = np.random.default_rng(n)
    for _ in range(12):
        angle, (a, b) = rng.uniform(0, np.pi), rng.uniform(0.2, 0.8, 2)
        line = dimension_of([mixed((x - a) * np.cos(angle) + (y - b) * np.sin(angle) > 0)])
        radius, (a, b) = rng.uniform(0.15, 0.35), rng.uniform(0.4, 0.6, 2)
        circle = dimension_of([mixed((x - a) ** 2 + (y - b) ** 2 < radius**2)])
        for found in (line, circle):
            assert found.low <= 1 <= found.high
            assert found.value == pytest.approx(1, abs=0.06)
            assert found.high - found.low < 1.0
            assert not found.fractal


def koch(start, stop, depth):
    if depth == 0:
        return [start]
    third = (stop - start) / 3
    corners = [start, start + third, start + third * (1 + np.exp(1j * np.pi / 3)),
               stop - third, stop]  # fmt: skip
    return [p for a, b in itertools.pairwise(corners) for p in koch(a, b, depth - 1)]


def snowflake(n, turn):
    from matplotlib.path import Path

    tips = [0.5 + 0.5j + 0.38 * np.exp(1j * (turn - 2 * np.pi * k / 3)) for k in range(4)]
    edge = np.array([p for a, b in itertools.pairwise(tips) for p in koch(a, b, 5)])
    x, y = plane(n)
    inside = Path(np.c_[edge.real, edge.imag]).contains_points(np.c_[x.ravel(), y.ravel()])
    return inside.reshape(n, n)


@pytest.mark.parametrize("n", [96, 243])
def test_a_snowflake_has_the_dimension_of_kochs_curve(n):
    found = [dimension_of([mixed(snowflake(n, turn))]) for turn in (0.2, 0.9)]
    for one in found:
        assert one.low <= math.log(4, 3) <= one.high
        assert one.value == pytest.approx(math.log(4, 3), abs=0.06)
    # Two windows know more than one, and say each one's own.
    both = dimension_of([mixed(snowflake(n, turn)) for turn in (0.2, 0.9)])
    assert both.low <= math.log(4, 3) <= both.high
    assert list(both.by_level.values()) == [one.value for one in found]
    assert both.fractal


def test_noise_fills_the_plane():
    rng = np.random.default_rng(0)
    for n in (48, 128):
        found = dimension_of([mixed(rng.random((n, n)) < 0.5)])
        assert found.low <= 2 <= found.high
        assert found.value > 1.9


def test_rough_landscapes_have_the_dimension_of_their_roughness():
    """Level lines of fractional Brownian surfaces: D = 2 − H."""
    rng = np.random.default_rng(8)
    for H in (0.3, 0.7):
        held = []
        for _ in range(10):
            k = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256))
            k[0, 0] = np.inf
            wave = rng.standard_normal((2, 256, 256)) * k ** -(H + 1)
            height = np.fft.ifft2(wave[0] + 1j * wave[1]).real[:128, :128]
            found = dimension_of([mixed(height > np.median(height))])
            held.append(found.low <= 2 - H <= found.high)
        assert sum(held) >= 7


def test_too_little_boundary_has_no_dimension():
    empty = np.zeros((47, 47), dtype=bool)
    assert dimension_of([empty]) is None
    assert dimension_of([np.eye(10, dtype=bool)]) is None
    dot = empty.copy()
    dot[3, 3] = True
    assert dimension_of([dot]) is None
    line = np.zeros((26, 26), dtype=bool)
    line[12:14] = True
    assert dimension_of([line[:, :-2]]) is None
    assert dimension_of([line[:-1, :-1]]) is not None  # squares of 26 × 26 cells


def test_the_window_is_on_the_most_intricate_part_and_inside_the_plane():
    solved = np.zeros((40, 40), dtype=np.int64)
    solved[:, :8] = 1  # a straight line, and a chequered corner
    solved[30:38:2, 30:38] = 1
    one = replace(diagram_of(solved, 1), first=solved.astype(np.int8))
    x, y = window_on(one, boundary_of(one, "solved"), 4.0)
    assert x.low <= RATE.at(0.8) <= x.high
    assert y.low <= SCALE.at(0.85) <= y.high
    assert x.low >= RATE.low and y.high <= SCALE.high  # noqa: PT018
    assert window_on(one, boundary_of(one, "solved"), 4.0) == (x, y)
    flat = diagram_of(np.zeros((8, 8), dtype=np.int64), 1)
    assert window_on(flat, boundary_of(flat, "solved"), 4.0) is None


def test_a_zoom_without_a_boundary_ends_with_a_note():
    lazy = Axis("learning_rate", 1e-9, 1e-8, "log")
    found = phases(plan_of(lazy, zoom=3, steps=2), jobs=1)
    assert len(found.levels) == 1
    assert found.dimension is None
    assert any("the zoom ends at level 0" in note for note in found.notes)


def test_a_zoom_beyond_the_numbers_ends_with_a_note():
    narrow = Axis("learning_rate", 0.5, 0.5 + 4e-13)
    plan = bowl_plan(steps=60, zoom=6, boundary="solved", size=(8, 8), factor=50)
    found = phases(replace(plan, x=narrow), samples=bowl(), jobs=1)
    assert 1 <= len(found.levels) < 7
    assert any("round-off" in note for note in found.notes)


def test_a_size_is_read_or_refused():
    assert cells(" 64 x 32 ") == (64, 32)
    for text in ("1", "0x4", "x", "12x", "-3", "1e2", "99999", ""):
        with pytest.raises(Refusal, match="2 to 4096"):
            cells(text)
