"""The energy monitor in a browser: bands, breaks, all runs at a glance, a file that grows."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import lawful
from lawful.laws.law import Findings, Law
from lawful.store import Manifest, RunFolder, fingerprint
from lawful.trajectories import make
from lawful.web.server import served

STEP, AT = 0.05, 12.0
LAW = Law(
    "energy", "v**2/2 + x**2/2", r"\frac{v^2}{2} + \frac{x^2}{2}", "exact", 1.0, 0.0, 0.01, 0.0,
    units="m2 s-2", spread=0.3,
)  # fmt: skip
LEAK = Law("leak", "x", "x", "leaking", 1.0, 0.0, 0.01, 0.0, balance="v", spread=0.3)
SUM = """(name) => {
    const c = document.querySelector(`.energy-view canvas.${name}`);
    const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
    const seen = new Set(); let sum = 0;
    for (let k = 0; k < data.length; k += 4) {
        seen.add((data[k] << 16) | (data[k + 1] << 8) | data[k + 2]);
        sum = (31 * sum + data[k] + 7 * data[k + 1] + 13 * data[k + 2] + data[k + 3]) % 1000003;
    }
    return [seen.size, sum];
}"""


def pixels(page, name="strips"):
    """How many colours a canvas shows, and a sum that tells pictures apart."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate(SUM, name)


def until(ready, seconds=12.0):
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return found


def swinging(size, start=0, count=400, seed=0):
    t = STEP * (start + np.arange(count))
    rng = np.random.default_rng(seed)
    size = np.broadcast_to(size, t.shape)
    noise = rng.normal(0, 1e-3, (2, count))
    return t, size * np.cos(t) + noise[0], -size * np.sin(t) + noise[1]


def lines(t, x, v):
    return "".join(
        f"{a!r},{b!r},{c!r}\n" for a, b, c in zip(t.tolist(), x.tolist(), v.tolist(), strict=True)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Any:
    """Six runs, of which run 2 breaks at 12 s; their laws; a file that will grow."""
    place = tmp_path_factory.mktemp("monitor")
    columns = []
    for k in range(6):
        broken = (np.arange(400) * STEP >= AT) & (k == 2)
        t, x, v = swinging(np.where(broken, 1.15, 1.0) * (0.8 + 0.1 * k), seed=k)
        columns.append((x, v))
    x, v = (np.array(part) for part in zip(*columns, strict=True))
    runs = make({"x": x, "v": v}, t, units={"x": "m", "v": "m/s", "time": "s"})
    lawful.write(runs, place / "six.csv")
    (place / "log.csv").write_text("t,x,v\n" + lines(*swinging(1.0)))
    for name in ("six", "log"):
        mark = {"name": f"{name}.csv", **fingerprint(place / f"{name}.csv")}
        with RunFolder.create(place / f"{name}-laws", Manifest("discover", data=(mark,))) as made:
            laws = Findings((LAW,), (LEAK,) if name == "six" else ())
            made.write_text("laws.json", laws.to_json())
    return place


@pytest.fixture(scope="module")
def own(folder) -> Iterator[Any]:
    with served(folder, port=0) as running:
        yield running


def opened(page, studio, where):
    page.goto(studio.url + where)
    view = page.locator(".energy-view")
    view.locator(".watched").first.wait_for()
    return view


def test_laws_are_shown_with_their_verdicts_and_all_runs_at_a_glance(page, own):
    view = opened(page, own, "#/six.csv/energy")
    cards = view.locator(".watched")
    assert cards.count() == 2
    assert "✓ holds" in cards.first.inner_text().replace("\n", " ")
    assert cards.first.locator(".katex").count() == 1
    assert "less what comes at the rate" in cards.nth(1).inner_text()
    assert pixels(page)[0] > 10
    assert pixels(page, "matrix")[0] > 6
    label = view.locator("canvas.matrix").get_attribute("aria-label")
    assert "Of 6 runs" in label
    assert "energy does not hold in 1" in label


def test_the_broken_run_is_found_and_its_break_is_jumped_to(page, own):
    view = opened(page, own, "#/six.csv/energy")
    page.keyboard.press("n")
    until(lambda: view.get_by_label("run", exact=True).input_value() == "2")
    card = view.locator(".watched").first
    until(lambda: "broken" in card.inner_text())
    assert re.search(r"Broken once, first at (12|12\.[0-2]\d*) s", card.inner_text())
    whole = pixels(page)[1]
    card.get_by_role("button", name=re.compile("to the end")).click()
    until(lambda: pixels(page)[1] != whole)
    assert view.locator(".now").last.inner_text().startswith("time = 12")
    view.get_by_role("button", name="Whole run").click()
    page.keyboard.press("j")
    until(lambda: "time = 12" in view.locator(".now").last.inner_text())


def test_a_cell_of_the_overview_opens_its_run(page, own):
    view = opened(page, own, "#/six.csv/energy")
    box = view.locator("canvas.matrix").bounding_box()
    spots = [(x, 25) for x in range(20, int(box["width"]), 12)]
    for x, y in spots:
        page.mouse.move(box["x"] + x, box["y"] + y)
        if "run 2: broken" in view.locator(".matrix-tip").inner_text():
            page.mouse.click(box["x"] + x, box["y"] + y)
            break
    until(lambda: view.get_by_label("run", exact=True).input_value() == "2")
    until(lambda: "time = 12" in view.locator(".now").last.inner_text())


def test_departures_values_and_scales_are_switched(page, own):
    view = opened(page, own, "#/six.csv/energy?run=2")
    pictures = [pixels(page)[1]]
    view.get_by_label("shown as").select_option("spread")
    pictures.append(pixels(page)[1])
    view.get_by_label("shown as").select_option("value")
    pictures.append(pixels(page)[1])
    page.keyboard.press("v")
    view.get_by_role("button", name="Fit the line").click()
    pictures.append(pixels(page)[1])
    view.locator(".watched input").first.uncheck()
    pictures.append(pixels(page)[1])
    assert len(set(pictures)) == len(pictures)
    until(lambda: "shown:(leak)" in page.evaluate("location.hash"))


def test_the_cursor_says_values_with_units_and_is_shared(page, own):
    page.goto(own.url + "#/six.csv/trajectory+energy")
    view = page.locator(".energy-view")
    view.locator(".watched").first.wait_for()
    strip = view.locator("canvas.strips")
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 60)
    until(lambda: "m² s⁻²" in view.locator(".now").last.inner_text())
    sample = re.search(r"sample ([\d\u2009]+)", view.locator(".now").last.inner_text())[1]
    other = page.locator(".trajectory-view .now")
    until(lambda: f"sample {sample}" in other.inner_text())


def test_without_laws_the_remedy_is_said(pages, tmp_path, axe):
    lawful.write(lawful.simulate("spring", runs=2, samples=40), tmp_path / "a.nc")
    with served(tmp_path, port=0) as running:
        page = pages()
        view = opened(page, running, "#/a.nc/energy")
        assert "lawful discover a.nc" in view.locator(".no-laws").inner_text()
        assert "nothing says that it stays the same" in view.locator(".watched").first.inner_text()
        assert view.get_by_role("button", name="Next break").is_hidden()
        assert axe(page) == []
        page.context.close()


def test_the_energies_of_a_training_are_shown_the_same_way(page, studio):
    view = opened(page, studio, "#/networks~xor/energy")
    names = view.locator(".watched header b").all_inner_texts()
    assert [name.strip() for name in names][:4] == ["the books", "energy", "loss", "kinetic"]
    assert "✓ holds" in view.locator(".watched").first.inner_text().replace("\n", " ")
    assert pixels(page)[0] > 8


def test_a_file_that_grows_is_followed_and_its_break_rings(page, own, folder, axe):
    view = opened(page, own, "#/log.csv/energy")
    assert view.locator(".live").is_hidden()
    place = folder / "log.csv"
    before = pixels(page)[1]
    with place.open("a") as file:
        file.write(lines(*swinging(1.0, 400, 100, 1)))
    until(lambda: "run log, 500 samples" in view.locator(".live").inner_text())
    assert "Following" in view.locator(".live").inner_text()
    assert pixels(page)[1] != before
    assert view.locator(".alarm").is_hidden()
    with place.open("a") as file:
        file.write(lines(*swinging(1.2, 500, 100, 2)))
    view.locator(".alarm").wait_for()
    assert re.search(r"energy no longer holds in run log: it broke at 25", view.inner_text())
    assert view.locator(".alarm").get_attribute("role") == "alert"
    assert "does not hold in 1" in view.locator("canvas.matrix").get_attribute("aria-label")
    assert axe(page) == []
    view.get_by_role("button", name="Dismiss").click()
    assert view.locator(".alarm").is_hidden()
    view.locator(".watched").first.get_by_role("button", name=re.compile("to the end")).click()
    until(lambda: "Growing" in view.locator(".live").inner_text())
    until(lambda: "time = 25" in view.locator(".now").last.inner_text().replace("t =", "time ="))
    view.get_by_label("last").select_option("200")
    view.get_by_role("button", name="Follow the end").click()
    until(lambda: "Following" in view.locator(".live").inner_text())
    place.write_text("t,x,v\n" + lines(*swinging(1.0, count=120)))
    until(lambda: "became shorter" in view.locator(".live").inner_text())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (360, 740)])
def test_it_is_accessible_in_both_themes_and_on_a_phone(pages, own, axe, theme, size):
    page = pages(theme=theme, size=size)
    view = opened(page, own, "#/six.csv/energy?run=2")
    until(lambda: "broken" in view.locator(".watched").first.inner_text())
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert axe(page) == []


def test_what_is_seen_can_be_taken_away(page, own, tmp_path):
    view = opened(page, own, "#/six.csv/energy")
    with page.expect_download() as waiting:
        view.get_by_role("button", name="PNG").click()
    waiting.value.save_as(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    with page.expect_download() as waiting:
        view.get_by_role("button", name="JSON").click()
    waiting.value.save_as(tmp_path / "a.json")
    saved = json.loads((tmp_path / "a.json").read_text())
    assert saved["departure"]["shape"] == [2, 400]
