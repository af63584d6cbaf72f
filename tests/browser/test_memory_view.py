"""What methods remember, in a browser."""

import json
import time

import numpy as np
import pytest

MEMORY = "#/memory/memory"


def until(page, said, seconds=10.0):
    end = time.monotonic() + seconds
    while not page.evaluate(said):
        assert time.monotonic() < end, f"not so after {seconds} s: {said}"
        time.sleep(0.05)


@pytest.fixture
def view(page, studio):
    page.goto(studio.url + MEMORY)
    found = page.locator(".memory-view")
    found.locator(".matrix").first.wait_for()
    return found


def cells(view, side):
    """The numbers of one matrix, row by row."""
    rows = view.locator(".pair section").nth(side).locator("tbody tr")
    return [rows.nth(k).locator("td").all_text_contents() for k in range(rows.count())]


def record_of(studio):
    return json.loads((studio.folder / "memory" / "memory.json").read_text(encoding="utf-8"))


# ---------------------------------------------------------------------- matrices


def test_matrices_stand_side_by_side_and_grow_task_by_task(page, view):
    whole = [cells(view, side) for side in (0, 1)]
    assert all(matrix[1][0] and matrix[1][1] and not matrix[0][1] for matrix in whole)
    page.keyboard.press("ArrowLeft")
    assert all(cells(view, side)[1] == ["", ""] for side in (0, 1))
    assert "after task 1 of 2" in view.text_content()
    page.keyboard.press("ArrowRight")
    assert [cells(view, side) for side in (0, 1)] == whole


def test_a_matrix_is_a_table_that_says_its_numbers(view, studio):
    record = record_of(studio)
    first = view.locator(".pair select").nth(0).input_value()
    wanted = record["histories"][first][0]["matrix"][1]
    assert [float(cell) for cell in cells(view, 0)[1]] == pytest.approx(
        [100 * v for v in wanted], abs=0.06
    )
    table = view.get_by_role("table", name=f"accuracy of {first} on each task").first
    assert table.get_by_role("columnheader").count() == 3
    assert table.get_by_role("rowheader").count() == 2


def test_methods_are_chosen_and_stand_in_the_address(page, view):
    picks = view.locator(".pair select")
    first = picks.nth(0).input_value()
    page.keyboard.press("[")
    assert picks.nth(0).input_value() != first
    page.keyboard.press("ArrowLeft")
    until(page, "location.hash.includes('left:') && location.hash.includes('task:1')")
    page.reload()
    again = page.locator(".memory-view")
    again.locator(".matrix").first.wait_for()
    assert again.locator(".pair select").nth(0).input_value() != first
    assert "after task 1 of 2" in again.text_content()


def test_the_table_says_what_the_record_says(view, studio):
    methods = record_of(studio)["methods"]
    rows = view.get_by_role("region", name="all methods").locator("tbody tr")
    assert rows.count() == len(methods)
    best = max(methods, key=lambda m: m["average"]["mean"])
    said = rows.first.text_content()
    assert best["method"] in said
    assert f"{best['parameters']:,}".replace(",", "\u2009") in said


def test_the_curves_are_drawn_and_one_task_can_be_followed(page, view):
    lit = """() => { const c = document.querySelector(".memory-view .u-wrap canvas");
        const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
        const seen = new Set();
        for (let k = 0; k < data.length; k += 4) {
          if (data[k + 3] > 250) seen.add(data.slice(k, k + 3).join());
        }
        return seen.size; }"""
    assert page.evaluate(lit) > 3
    view.get_by_label("what is drawn").select_option("task 1")
    until(page, "!!document.querySelector('.memory-view .chart[aria-label^=\"task 1\"]')")
    assert page.evaluate(lit) > 3
    until(page, "/curve:.?task.1/.test(decodeURIComponent(location.hash))")


def test_a_point_of_the_costs_chooses_its_method(page, view):
    picks = view.locator(".pair select")
    first = picks.nth(0).input_value()
    canvas = view.get_by_role("img", name="numbers kept")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for k in range(0, 100):  # where the points lie is the data's: look for the other one
        x, y = 52 + (box["width"] - 70) * (k % 10 + 0.5) / 10, 16 + 252 * (k // 10 + 0.5) / 10
        page.mouse.click(box["x"] + x, box["y"] + y)
        if picks.nth(0).input_value() != first:
            break
    assert picks.nth(0).input_value() != first


# ---------------------------------------------------------------------- what is recalled


def test_an_image_falls_into_a_basin_and_the_page_says_which(page, view, studio):
    with np.load(studio.folder / "memory" / "exhibits.npz") as held:
        energies, classes = held["energies/basins"], held["labels"]
    thumbs = view.locator(".thumb")
    each = classes.shape[1]
    assert thumbs.count() == classes.size
    for task, image in ((0, 0), (1, 3)):
        thumb = thumbs.nth(task * each + image)
        assert thumb.get_attribute("aria-label").endswith(f"a {classes[task, image]}")
        thumb.click()
        assert thumb.get_attribute("aria-pressed") == "true"
        deepest = int(energies[task, image].argmin())
        said = view.locator(".fallen p").filter(has_text="falls into").text_content()
        assert f"basin {deepest + 1}," in said
        assert said.startswith("✓" if deepest == task else "✗")
    until(page, "location.hash.includes('image:(1,3)')")
    shares = view.get_by_role("table", name="share of the test images").locator("tbody tr")
    for task in (0, 1):
        found = [float(text) for text in shares.nth(task).locator("td").all_text_contents()]
        assert sum(found) == pytest.approx(100, abs=0.2)


def test_an_image_goes_its_way_through_the_field(page, view):
    view.get_by_role("button", name="Show its way").click()
    bar = view.locator(".way .transport")
    bar.wait_for(timeout=20_000)
    view.locator(".way-picture").scroll_into_view_if_needed()
    until(page, "document.querySelector('.way output').textContent.includes('step')")
    bar.get_by_label("moment").focus()
    page.keyboard.press("End")
    until(page, "/a step is done/.test(document.querySelector('.way output').textContent)")
    dark = page.evaluate(
        """async () => {
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          const c = document.querySelector(".way-picture");
          const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
          const seen = new Set();
          for (let k = 0; k < data.length; k += 4) seen.add(data.slice(k, k + 4).join());
          return seen.size; }"""
    )
    assert dark > 50, "phases and densities have colours"
    assert "a step is done, step" in view.locator(".way output").text_content()


def test_with_less_motion_nothing_plays_by_itself(pages, studio):
    page = pages(still=True)
    page.goto(studio.url + MEMORY)
    view = page.locator(".memory-view")
    view.get_by_role("button", name="Show its way").click()
    view.locator(".way .transport").wait_for(timeout=20_000)
    assert view.locator(".way").get_by_role("button", name="play").is_visible()
    assert "a step is done" in view.locator(".way output").text_content(), "it shows the end"


@pytest.mark.parametrize(("theme", "size"), [("dark", (390, 844)), ("light", (1280, 900))])
def test_everybody_can_use_it(pages, studio, axe, theme, size):
    page = pages(theme=theme, size=size)
    page.goto(studio.url + MEMORY)
    page.locator(".memory-view .matrix").first.wait_for()
    page.locator(".memory-view").get_by_role("button", name="Show its way").click()
    page.locator(".memory-view .way .transport").wait_for(timeout=20_000)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
