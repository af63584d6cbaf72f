"""Pictures and page of phase diagrams: what is on them, drawn from diagrams made up here."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from lawful.pictures import phase_zoom, phases, style
from lawful.pictures.saving import save
from lawful.refusal import Refusal
from lawful.report.phases import caveats, headline, page
from lawful.studies.lesson import DataChoice
from lawful.studies.phases.axes import Axis
from lawful.studies.phases.diagram import DIVERGED, SOLVED, UNSOLVED, Diagram
from lawful.studies.phases.dimension import dimension_of
from lawful.studies.phases.observables import OBSERVABLES
from lawful.studies.phases.plan import Plan
from lawful.studies.phases.run import Phases

ETA, SCALE = Axis("learning_rate", 0.01, 100.0, "log"), Axis("init_scale", 0.0, 2.0)
N = 32


def made(x=ETA, y=SCALE, seeds=16, level=0, lost=True):
    """A disc that is solved in a plane that is not, and what lies far right diverges."""
    u, v = np.meshgrid(np.linspace(-1, 1, N), np.linspace(-1, 1, N))
    near = np.clip(1.4 - 2 * np.hypot(u, v), 0, 1)
    solved = np.round(seeds * near).astype(int)
    diverged = np.where((u > 0.8) & lost, seeds - solved, 0)
    first = np.where(diverged > 0, DIVERGED, np.where(near > 0.5, SOLVED, UNSOLVED)).astype(np.int8)
    steps = np.where(solved > 0, 10 ** (1 + np.hypot(u, v)), np.nan)
    energy = np.where(diverged < seeds, 10 ** (-6 * near), np.nan)
    three = [np.stack([q, q, q]) for q in (steps, energy, energy + 1)]
    return Diagram(x, y, seeds, solved, diverged, *three, first, 4, level)


def whole(levels=2, **given):
    diagrams = [made(**given)]
    for k in range(1, levels):
        before = diagrams[-1]
        x, y = before.x.window(0.5, 0.75), before.y.window(0.25, 0.5)
        diagrams.append(made(x, y, level=k, **given))
    plan = Plan(DataChoice("xor"), ETA, SCALE, size=(N, N), seeds=given.get("seeds", 16))
    found = dimension_of([mixed_of(d) for d in diagrams], between="this and that", kind="solved")
    return Phases(plan, tuple(diagrams), found, "lanes", 1.0, goal="all samples right")


def mixed_of(diagram):
    from lawful.studies.phases.zoom import mixed

    return mixed(diagram.probability > 0.5)


def pixels(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]


def has_colour(image, colour, share=0.0):
    near = np.abs(image / 255.0 - np.array(to_rgb(colour))).max(axis=-1) < 0.02
    return near.mean() > share


# ---------------------------------------------------------------------- maps


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("observable", OBSERVABLES)
def test_every_observable_has_a_map_with_words(theme, observable):
    figure = phases.phase_map(made(), observable, theme=theme)
    axes = figure.axes[0]
    assert axes.get_xlabel() == ETA.label
    assert axes.get_xscale() == "log"
    assert axes.get_yscale() == "linear"
    assert figure.get_label().lower().startswith(OBSERVABLES[observable].label.lower())
    assert pixels(figure).std() > 5


def test_an_observable_that_is_none_is_refused():
    with pytest.raises(Refusal, match="observable"):
        phases.phase_map(made(), "colour")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_three_fates_are_told_apart_by_lightness_too(theme):
    colours = phases.fate_colours(style.theme(theme))
    image = pixels(phases.phase_map(made(), "first", theme=theme))
    assert all(has_colour(image, colour, 0.02) for colour in colours)
    lightness = sorted(float(style.oklab(np.array([to_rgb(c)]))[0, 0]) for c in colours)
    assert min(np.diff(lightness)) > 0.04


def test_what_diverged_is_red_and_what_is_not_solved_is_bare():
    look = style.theme("light")
    image = pixels(phases.phase_map(made(), "steps", theme="light"))
    assert has_colour(image, phases.lost_colour(look), 0.03)
    assert has_colour(image, look.paper, 0.2)
    calm = pixels(phases.phase_map(made(lost=False), "steps", theme="light"))
    assert not has_colour(calm, phases.lost_colour(look), 0.001)


def test_the_line_is_where_half_of_them_solve_it():
    diagram = made()
    axes = phases.phase_map(diagram, "probability").axes[0]
    (line,) = [c for c in axes.collections if hasattr(c, "levels")]
    ways = np.concatenate([p.vertices for p in line.get_paths()])
    x, y = np.log10(ways[:, 0]) / 2, ways[:, 1] - 1  # the disc's own coordinates
    np.testing.assert_allclose(np.hypot(x, y), 0.45, atol=0.06)
    nowhere = made(seeds=1)
    empty = Diagram(**{**nowhere.__dict__, "solved": nowhere.solved * 0})
    assert not [c for c in phases.phase_map(empty).axes[0].collections if hasattr(c, "levels")]


def test_a_map_of_nothing_is_drawn_as_nothing():
    one = made()
    blank = Diagram(**{**one.__dict__, "steps": one.steps * np.nan})
    assert pixels(phases.phase_map(blank, "steps")).size


def test_cuts_show_the_intervals_of_the_row_of_the_best_cell():
    diagram = made()
    row, _ = diagram.best
    axes = phases.phase_cuts(diagram).axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), diagram.probability[row])
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(diagram.low[row].min())
    assert band.max() == pytest.approx(diagram.high[row].max())


# ---------------------------------------------------------------------- zoom


def test_frames_of_the_strip_are_the_windows_of_the_next_level():
    done = whole(3)
    sheets = phase_zoom.zoom_strip(done.levels).axes
    assert len(sheets) == 3
    for axes, level in zip(sheets, done.levels[1:], strict=False):
        frame = axes.patches[-1]
        left, right, bottom, top = phase_zoom.window(level)
        assert frame.get_bbox().extents == pytest.approx((left, bottom, right, top))


def test_the_film_begins_with_the_plane_and_ends_with_the_last_window():
    done = whole(3)
    levels = done.levels
    assert phase_zoom.between(levels, 0) == pytest.approx(phase_zoom.window(levels[0]))
    assert phase_zoom.between(levels, 2) == pytest.approx(phase_zoom.window(levels[2]))
    sizes = []
    for at in np.linspace(0, 2, 21):
        left, right, bottom, top = phase_zoom.between(levels, at)
        sizes.append(right - left)
        out = phase_zoom.window(levels[min(int(at), 1)])
        assert out[0] - 1e-9 <= left < right <= out[1] + 1e-9
        assert out[2] - 1e-9 <= bottom < top <= out[3] + 1e-9
    np.testing.assert_allclose(np.diff(np.log(sizes)), np.diff(np.log(sizes))[0], rtol=1e-6)


def test_the_film_moves():
    film = phase_zoom.zoom_animation(whole(2, seeds=1).levels, theme="dark")
    frames = [frame for k, frame in enumerate(film.pixels()) if k in (0, phase_zoom.FRAMES)]
    assert np.abs(frames[0].astype(int) - frames[1]).mean() > 1
    assert film.frames == phase_zoom.FRAMES + 1


def test_box_counts_say_the_slope_and_the_control():
    figure = phase_zoom.box_counting(whole(2).dimension)
    words = " ".join(text.get_text() for text in figure.axes[0].get_legend().get_texts())
    assert "slope −1" in words
    assert "level 0" in words
    assert str(whole(2).dimension) in figure.get_label()


# ---------------------------------------------------------------------- files, page


@pytest.mark.parametrize(("theme", "format"), [("light", "png"), ("dark", "svg")])
def test_all_pictures_and_the_page(tmp_path, theme, format):
    done = whole(2)
    drawn = phases.draw(done, tmp_path, theme=theme, format=format)
    assert [p.stem for p in drawn] == ["probability", "observables", "cuts", "zoom", "boxes"]
    text = page(done, drawn, theme, ("lawful", "phases", "xor"))
    assert text.count("<img alt=") == 5
    assert "lawful phases xor" in text
    assert str(done.dimension) in text
    assert "all samples right" in text


def test_the_headline_says_what_converged_and_where():
    done = whole(1)
    said = headline(done)
    assert f"{done.diagram.share_solved:.1%}" in said
    assert "16 of 16" in said
    assert "diverged" in said
    one = done.diagram
    lost = Diagram(**{**one.__dict__, "diverged": one.solved * 0 + 16, "solved": one.solved * 0})
    assert headline(Phases(done.plan, (lost,), None, "lanes", 1.0)).startswith("Every network")
    assert any("same seeds" in sentence for sentence in caveats(done))


def test_words_in_a_page_are_words(tmp_path):
    done = whole(1)
    odd = Phases(done.plan, done.levels, None, "lanes", 1.0, notes=("<script>alert(1)</script>",))
    assert "<script>alert" not in page(odd, [])


def test_a_picture_is_saved_whole(tmp_path):
    path = save(phases.phase_map(made()), tmp_path / "map.svg")
    assert "convergence probability" in path.read_text().lower()
