"""What methods remember, in a browser."""

import pytest

MEMORY = "#/memory/memory"


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


def test_matrices_stand_side_by_side_and_grow_task_by_task(page, view):
    whole = [cells(view, side) for side in (0, 1)]
    assert all(matrix[1][0] and matrix[1][1] and not matrix[0][1] for matrix in whole)
    page.keyboard.press("ArrowLeft")
    assert all(cells(view, side)[1] == ["", ""] for side in (0, 1))
    assert "after task 1 of 2" in view.text_content()
    page.keyboard.press("ArrowRight")
    assert [cells(view, side) for side in (0, 1)] == whole


def test_methods_are_chosen_and_stand_in_the_address(page, view):
    picks = view.locator(".pair select")
    first = picks.nth(0).input_value()
    page.keyboard.press("[")
    assert picks.nth(0).input_value() != first
    for _ in range(50):  # the address follows a little later
        if "left:" in page.evaluate("location.hash"):
            break
        page.wait_for_timeout(50)
    page.reload()
    page.locator(".memory-view .matrix").first.wait_for()
    assert page.locator(".memory-view .pair select").nth(0).input_value() != first


def test_the_table_says_what_the_record_says(view, studio):
    import json

    record = json.loads((studio.folder / "memory" / "memory.json").read_text(encoding="utf-8"))
    rows = view.locator(".panel.scroll tbody tr")
    assert rows.count() == len(record["methods"])
    best = max(record["methods"], key=lambda m: m["average"]["mean"])
    assert best["method"] in rows.first.text_content()
    assert view.locator("canvas.image").count() >= 2


def test_the_curves_are_drawn(page, view):
    lit = page.evaluate(
        """() => { const c = document.querySelector(".memory-view .u-wrap canvas");
            const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
            const seen = new Set();
            for (let k = 0; k < data.length; k += 4) {
              if (data[k + 3] > 250) seen.add(data.slice(k, k + 3).join());
            }
            return seen.size; }"""
    )
    assert lit > 3


@pytest.mark.parametrize(("theme", "size"), [("dark", (390, 844)), ("light", (1280, 900))])
def test_everybody_can_use_it(pages, studio, axe, theme, size):
    page = pages(theme=theme, size=size)
    page.goto(studio.url + MEMORY)
    page.locator(".memory-view .matrix").first.wait_for()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
