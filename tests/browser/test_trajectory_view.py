"""The trajectory viewer in a browser: it moves, turns, foretells, and shares its cursor."""

import json
import re
import time

import pytest

import lawful
from lawful.web.server import served

DATA, NETWORK, PLANETS = (
    f"#/{id}/trajectory" for id in ("spring.csv", "networks~spring", "planets")
)
SLOW = 60_000  # milliseconds that a network may take to predict on a busy machine
SUM = """(name) => {
    const c = document.querySelector(`.trajectory-view canvas.${name}`);
    const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
    const seen = new Set(); let sum = 0;
    for (let k = 0; k < data.length; k += 4) {
        seen.add((data[k] << 16) | (data[k + 1] << 8) | data[k + 2]);
        sum = (31 * sum + data[k] + 7 * data[k + 1] + 13 * data[k + 2] + data[k + 3]) % 1000003;
    }
    return [seen.size, sum];
}"""


def pixels(page, name="motion"):
    """How many colours a canvas shows, and a sum that tells pictures apart."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate(SUM, name)


def until(ready, seconds=10.0):
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return found


def opened(page, studio, where=DATA):
    page.goto(studio.url + where)
    view = page.locator(".trajectory-view")
    view.locator(".values dd").first.wait_for()
    return view


def moment(view):
    """The time and the sample that stand at the cursor."""
    words = view.locator(".now").inner_text().replace("\u2009", "").replace("−", "-")
    found = re.search(r"= (\S+).*sample (\d+)", words)
    return float(found[1]), int(found[2])


def look(page):
    return page.evaluate("location.hash")


def test_it_plays_and_the_head_and_the_words_move_with_it(page, studio):
    view = opened(page, studio)
    before, first = pixels(page), moment(view)
    assert before[0] > 8
    assert first == (0.0, 0)
    view.get_by_role("button", name="play", exact=True).click()
    until(lambda: moment(view)[1] > 5)
    view.get_by_role("button", name="pause").click()
    assert pixels(page)[1] != before[1]
    text = view.get_by_label("moment").get_attribute("aria-valuetext")
    assert text.startswith("time = ")
    assert text.endswith(" s")
    values = view.locator(".values dd").all_inner_texts()
    assert values[0].endswith(" m")
    assert values[1].endswith(" m/s")


def test_the_values_at_the_cursor_are_those_of_the_file(page, studio):
    view = opened(page, studio)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    runs = lawful.read(studio.folder / "spring.csv")
    assert moment(view)[1] == 2
    said = view.locator(".values dd .value").all_inner_texts()
    for words, name in zip(said, ("x", "v"), strict=True):
        number = float(words.split()[0].replace("−", "-"))
        assert number == pytest.approx(float(runs[name].values[0, 2]), rel=1e-4)


def test_keys_step_play_and_go_to_other_runs(page, studio):
    view = opened(page, studio)
    page.keyboard.press("End")
    assert moment(view)[1] == 119
    page.keyboard.press("ArrowLeft")
    assert moment(view)[1] == 118
    page.keyboard.press("Home")
    assert moment(view)[1] == 0
    page.keyboard.press("ArrowDown")
    until(lambda: view.get_by_label("run", exact=True).input_value() == "1")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    until(lambda: view.get_by_label("run", exact=True).input_value() == "11")
    page.keyboard.press(" ")
    until(lambda: moment(view)[1] > 2)
    page.keyboard.press(" ")


def test_three_axes_turn_by_drag_keys_and_buttons(page, studio):
    view = opened(page, studio, PLANETS)
    assert view.get_by_role("button", name="3-D").get_attribute("aria-pressed") == "true"
    pictures = [pixels(page)[1]]
    box = view.locator("canvas.motion").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 90, box["y"] + box["height"] / 2 + 20, steps=5)
    page.mouse.up()
    pictures.append(pixels(page)[1])
    page.keyboard.press("a")
    pictures.append(pixels(page)[1])
    view.get_by_role("button", name="tilt up").click()
    pictures.append(pixels(page)[1])
    view.get_by_role("button", name="nearer").click()
    pictures.append(pixels(page)[1])
    view.get_by_role("button", name="2-D").click()
    pictures.append(pixels(page)[1])
    view.get_by_label("up", exact=True).select_option("z")
    pictures.append(pixels(page)[1])
    assert len(set(pictures)) == len(pictures)
    said = ("axes:(x,z)", "solid:false", "turn:", "zoom:")
    until(lambda: all(one in look(page) for one in said))
    # What was chosen is in the address, and is there again.
    page.reload()
    view = page.locator(".trajectory-view")
    view.locator(".values dd").first.wait_for()
    assert view.get_by_role("button", name="2-D").get_attribute("aria-pressed") == "true"
    assert view.get_by_label("up", exact=True).input_value() == "z"


def test_other_runs_move_beside(page, studio):
    view = opened(page, studio, PLANETS)
    alone = pixels(page)[1]
    view.get_by_role("button", name="Other runs").click()
    until(lambda: pixels(page)[1] != alone)
    view.get_by_label("run", exact=True).select_option(label="jupiter")
    until(lambda: "run jupiter" in view.locator(".head").inner_text())
    assert view.locator(".trouble:visible").count() == 0


def test_the_axes_can_be_any_columns_and_time(page, studio):
    view = opened(page, studio, PLANETS)
    view.get_by_label("drawn").select_option("own")
    view.get_by_label("across", exact=True).select_option("time")
    view.get_by_label("up", exact=True).select_option("vx")
    label = view.locator("canvas.motion").get_attribute("aria-label")
    assert "t, day, vx, au/day" in label
    assert pixels(page)[0] > 8


def test_true_and_predicted(pages, studio, axe):
    page = pages()
    page.set_default_timeout(SLOW)
    view = opened(page, studio, NETWORK)
    plain, curves = pixels(page)[1], view.locator("canvas.strips").bounding_box()["height"]
    view.get_by_role("button", name="Forecast this run").click()
    view.locator(".method").first.wait_for()
    words = view.locator(".forecast").inner_text()
    assert "Seen: " in words
    assert "the network" in words
    assert "off by" in words
    assert pixels(page)[1] != plain
    # The error has a curve of its own.
    assert view.locator("canvas.strips").bounding_box()["height"] > curves + 40
    page.keyboard.press("End")
    assert view.locator(".values .said.c1").count() == 2
    both = pixels(page)[1]
    view.locator(".method input").first.uncheck()
    assert pixels(page)[1] != both
    assert axe(page) == []


def test_a_part_of_the_time_is_zoomed_in_on_and_the_whole_comes_back(page, studio):
    view = opened(page, studio)
    strip = view.locator("canvas.strips")
    strip.scroll_into_view_if_needed()
    whole = pixels(page, "strips")[1]
    box = strip.bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 40, steps=4)
    page.mouse.up()
    near = pixels(page, "strips")[1]
    assert near != whole
    until(lambda: "range:" in look(page))
    view.get_by_role("button", name="Whole run").click()
    until(lambda: "range:(" not in look(page))
    view.get_by_role("button", name="zoom in on the cursor").click()
    until(lambda: "range:(" in look(page))


def test_the_pointer_over_a_curve_moves_the_cursor_of_all_views(page, studio):
    page.goto(studio.url + "#/spring.csv/trajectory+latent")
    view = page.locator(".trajectory-view")
    view.locator(".values dd").first.wait_for()
    strip = view.locator("canvas.strips")
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 50)
    until(lambda: moment(view)[1] > 10)
    other = page.locator(".latent-view .readout")
    until(lambda: re.search(r"(t|time) ", other.inner_text()))
    page.locator(".latent-view").get_by_label("run", exact=True).select_option("4")
    until(lambda: view.get_by_label("run", exact=True).input_value() == "4")


def test_columns_are_chosen_and_a_field_shows_a_cell(pages, tmp_path):
    import numpy as np

    t = np.linspace(0, 3, 40)
    columns = {f"c{k}": np.sin(k + t)[None] for k in range(20)}
    field = np.cumsum(np.ones((1, 40, 6)), axis=1)
    lawful.write(lawful.trajectories.make({**columns, "u": field}, t), tmp_path / "many.nc")
    with served(tmp_path, port=0) as own:
        page = pages()
        view = opened(page, own, "#/many.nc/trajectory")
        assert view.locator(".values dt").count() == 12
        view.locator("summary", has_text="Columns").click()
        assert "12 columns at most" in view.locator("details.panel").inner_text()
        view.get_by_label("c3", exact=True).uncheck()
        until(lambda: view.locator(".values dt").count() == 11)
        view.get_by_label("a cell of a field").fill("u[5]")
        view.get_by_role("button", name="Add").click()
        until(lambda: "u[5]" in view.locator(".values").inner_text())
        view.get_by_label("a cell of a field").fill("u[6]")
        view.get_by_label("c4", exact=True).uncheck()
        until(lambda: view.locator(".values dt").count() == 11)
        view.get_by_role("button", name="Add").click()
        view.locator(".trouble:visible").wait_for()
        assert "one inside u" in view.locator(".trouble").inner_text()
        page.context.close()


def test_a_gap_is_a_gap_and_is_said(pages, tmp_path):
    import numpy as np

    t = np.linspace(0, 3, 60)
    x = np.sin(t)[None].copy()
    x[0, 20:30] = np.nan
    lawful.write(lawful.trajectories.make({"x": x, "v": np.cos(t)[None]}, t), tmp_path / "a.nc")
    with served(tmp_path, port=0) as own:
        page = pages()
        view = opened(page, own, "#/a.nc/trajectory")
        for _ in range(25):
            page.keyboard.press("ArrowRight")
        assert view.locator(".values dd").first.inner_text() == "–"
        assert pixels(page)[0] > 5
        page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (360, 740)])
def test_it_is_accessible_in_both_themes_and_on_a_phone(pages, studio, axe, theme, size):
    page = pages(theme=theme, size=size)
    view = opened(page, studio, PLANETS)
    view.locator("summary", has_text="Columns").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert axe(page) == []


def test_what_is_seen_can_be_taken_away(page, studio, tmp_path):
    view = opened(page, studio)
    with page.expect_download() as waiting:
        view.get_by_role("button", name="PNG").click()
    waiting.value.save_as(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    with page.expect_download() as waiting:
        view.get_by_role("button", name="JSON").click()
    waiting.value.save_as(tmp_path / "a.json")
    saved = json.loads((tmp_path / "a.json").read_text())
    assert saved["scene"]["values"]["shape"] == [2, 120]


def test_less_motion_is_honoured(pages, studio):
    page = pages(still=True)
    view = opened(page, studio)
    assert pixels(page)[0] > 8
    assert not page.evaluate("document.getAnimations().length")
    assert moment(view) == (0.0, 0)
