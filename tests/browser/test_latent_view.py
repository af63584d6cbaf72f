"""The latent space in a browser: colours, axes, turning, lasso, and the cursor that is shared."""

import re
import time

import pytest

DATA, NETWORK, WEIGHTS = "#/spring.csv/latent", "#/networks~spring/latent", "#/networks~xor/latent"
BOTH = "#/spring-laws/equations+latent"


def until(page, said, seconds=10.0):
    """Wait until an expression of the page is true; its own rules forbid it to poll by itself."""
    end = time.monotonic() + seconds
    while not page.evaluate(said):
        assert time.monotonic() < end, f"not so after {seconds} s: {said}"
        time.sleep(0.05)


def opened(page, studio, where=DATA):
    page.goto(studio.url + where)
    view = page.locator(".latent-view")
    view.locator(".made dd").first.wait_for()
    until(page, f"({LABEL}).includes('coloured by')")
    return view


LABEL = "document.querySelector('.latent-view canvas.cloud').getAttribute('aria-label')"
MOMENT = "document.querySelector('.latent-view .transport output').textContent"


def pixels(page):
    """How many colours the cloud shows, and a sum that tells pictures apart."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate(
        """() => {
            const c = document.querySelector(".latent-view canvas.cloud");
            const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
            const seen = new Set(); let sum = 0;
            for (let k = 0; k < data.length; k += 4) {
                seen.add((data[k] << 16) | (data[k + 1] << 8) | data[k + 2]);
                sum = (31 * sum + data[k] + 7 * data[k + 1] + 13 * data[k + 2]) % 1000003;
            }
            return [seen.size, sum];
        }"""
    )


def box(view):
    return view.locator("canvas.cloud").bounding_box()


def found(page, view, words):
    """Move the pointer over the cloud until the tip says one of these words."""
    at = box(view)
    for k in range(400):
        across, up = 0.12 + 0.8 * ((k * 0.618) % 1.0), 0.06 + 0.68 * ((k * 0.414) % 1.0)
        spot = at["x"] + across * at["width"], at["y"] + up * at["height"]
        page.mouse.move(*spot)
        tip = view.locator(".tip")
        if tip.is_visible() and words in tip.inner_text():
            return spot, tip.inner_text()
    pytest.fail(f"no place where the tip says {words!r}")


def test_a_law_colours_the_data(page, studio):
    view = opened(page, studio)
    assert view.get_by_label("colour", exact=True).input_value() == "energy"
    assert "component 1 (" in page.evaluate(LABEL)
    assert pixels(page)[0] > 100
    constancy = view.locator(".constancy").inner_text()
    assert "λ" in constancy
    assert "hardly changes along them" in constancy
    shares = [float(t.split()[0]) for t in view.locator(".made .value").all_inner_texts()]
    assert sum(shares) == pytest.approx(100, abs=1)


def test_colours_and_axes_change_the_picture(page, studio):
    view = opened(page, studio)
    pictures = [pixels(page)[1]]
    view.get_by_label("colour", exact=True).select_option("x")
    assert "coloured by x" in page.evaluate(LABEL)
    pictures.append(pixels(page)[1])
    view.get_by_label("colour", exact=True).select_option("run")
    pictures.append(pixels(page)[1])
    view.get_by_label("across").select_option("time")
    assert "along time" in page.evaluate(LABEL)
    pictures.append(pixels(page)[1])
    assert len(set(pictures)) == 4
    # What was chosen is in the address, and is there again.
    until(page, "location.hash.includes('colour:run')")
    page.reload()
    view.locator(".made dd").first.wait_for()
    assert view.get_by_label("colour", exact=True).input_value() == "run"
    assert view.get_by_label("across").input_value() == "time"


def test_three_axes_turn_by_pointer_and_by_key(page, studio):
    view = opened(page, studio, NETWORK)
    assert "latent numbers of a network" in view.inner_text()
    before = pixels(page)[1]
    view.get_by_role("button", name="3-D").click()
    assert view.get_by_label("third").is_visible()
    solid = pixels(page)[1]
    at = box(view)
    page.mouse.move(at["x"] + 200, at["y"] + 150)
    page.mouse.down()
    page.mouse.move(at["x"] + 280, at["y"] + 190, steps=4)
    page.mouse.up()
    turned = pixels(page)[1]
    page.mouse.move(2, 2)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("d")
    keyed = pixels(page)[1]
    page.keyboard.press("v")
    assert view.get_by_role("button", name="2-D").get_attribute("aria-pressed") == "true"
    assert len({before, solid, turned, keyed}) == 4


def test_a_lasso_says_what_it_holds(page, studio):
    view = opened(page, studio)
    at = box(view)
    whole = pixels(page)[1]
    left, top = at["x"] + 70, at["y"] + 14
    right, low = at["x"] + at["width"] / 2, at["y"] + at["height"] - 100
    page.mouse.move(left, top)
    page.mouse.down()
    for spot in ((right, top), (right, low), (left, low)):
        page.mouse.move(*spot, steps=3)
    page.mouse.up()
    words = view.locator(".chosen").inner_text()
    held = int(re.search(r"(\d+) states", words.replace("\u2009", ""))[1])
    assert 0 < held < 12 * 120
    assert "energy" in words
    assert "±" in words
    assert pixels(page)[1] != whole
    page.mouse.move(2, 2)
    page.keyboard.press("Escape")
    assert view.locator(".chosen").is_hidden()


def test_a_state_says_what_it_is_and_its_run_can_be_followed(page, studio):
    view = opened(page, studio)
    spot, words = found(page, view, "click to follow")
    run = re.search(r"run (\w+)", words)[1]
    assert "sample" in words
    page.mouse.click(*spot)
    until(page, f"({LABEL}).endsWith('Highlighted: run {run}.')")
    assert view.get_by_label("run", exact=True).input_value() == run
    sample = int(re.search(r"sample (\d+)", words)[1])
    clock = float(re.search(r"time ([\d.]+)", words)[1])
    moment = page.evaluate(MOMENT)
    assert float(re.search(r"[\d.]+", moment)[0]) == pytest.approx(clock, rel=1e-3)
    assert sample < 120
    until(page, f"location.hash.includes('run={run}')")


def test_keys_move_along_the_run_and_between_runs(page, studio):
    view = opened(page, studio)
    start = page.evaluate(MOMENT)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(MOMENT) != start
    assert "energy" in view.locator(".readout").inner_text()
    page.keyboard.press("ArrowDown")
    until(page, f"({LABEL}).endsWith('run 1.')")
    page.keyboard.press("c")
    assert "coloured by x" in page.evaluate(LABEL)
    moment = page.evaluate(MOMENT)
    page.keyboard.press(" ")
    until(page, f"{MOMENT} !== {moment!r}")
    page.keyboard.press(" ")


def test_the_cursor_is_that_of_the_view_beside(page, studio):
    page.goto(studio.url + BOTH)
    page.locator(".latent-view .made dd").first.wait_for()
    page.locator(".equations-view .u-over").wait_for()
    before = page.evaluate(MOMENT)
    over = page.locator(".equations-view .u-over").bounding_box()
    page.mouse.move(over["x"] + 0.6 * over["width"], over["y"] + 40)
    until(page, f"{MOMENT} !== {before!r}")
    page.locator(".latent-view").get_by_label("run", exact=True).select_option("4")
    until(page, "document.querySelector('.equations-view .above select').value === '4'")


def test_weights_of_a_network_that_learned(page, studio):
    view = opened(page, studio, WEIGHTS)
    assert "weights and biases" in view.inner_text()
    assert view.get_by_label("colour", exact=True).input_value() == "loss"
    assert view.get_by_label("run", exact=True).locator("option").count() == 2


@pytest.mark.parametrize(("theme", "size"), [("light", (1280, 900)), ("dark", (390, 844))])
def test_it_is_accessible_and_fits(pages, studio, axe, theme, size):
    page = pages(theme, size)
    opened(page, studio, NETWORK)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_address_that_asks_for_what_is_not_there_is_no_fault(page, studio):
    view = opened(page, studio, WEIGHTS + "?look=of:nothing,colour:nobody,x:77,turn:left")
    assert view.get_by_label("colour", exact=True).input_value() == "loss"
    assert view.get_by_label("across").input_value() == "0"
