"""Training as physics, live and over, in a browser."""

import json
import re
import time

import pytest
from waiting import once

LIVE, OVER = "#/~/training", "#/networks~xor/training"


WHEN = "document.querySelector('.training-view .when').textContent"
ACCOUNTS = "[...document.querySelectorAll('.training-view .books th')].map(e => e.textContent)"


def until(page, said, seconds=10.0):
    """Wait until an expression of the page is true; its own rules forbid it to poll by itself."""
    end = time.monotonic() + seconds
    while not page.evaluate(said):
        assert time.monotonic() < end, f"not so after {seconds} s: {said}"
        time.sleep(0.05)


def opened(page, studio, where):
    page.goto(studio.url + where)
    view = page.locator(".training-view")
    view.locator(".when, .transport").first.wait_for()
    until(page, "document.querySelector('.training-view .readings dd').textContent !== '–'")
    return view


def step_of(view):
    return int(re.sub(r"\D", "", view.locator(".when").text_content().split("·")[0]))


def number(text):
    """A number as the page writes it: −1.2×10⁻⁵."""
    plain = text.replace("−", "-").replace("+", "").replace("\u2009", "").strip()
    mantissa, _, power = plain.partition("×10")
    ups = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return float(mantissa) * 10 ** int(power.translate(ups) or 0)


def amounts(view):
    rows = view.locator(".books tbody tr")
    names = rows.locator("th > span:first-child").all_text_contents()
    return dict(zip(names, map(number, rows.locator("td.number").all_text_contents()), strict=True))


def pixels(page, selector):
    """How many colours a canvas shows, and a sum that tells pictures apart."""
    return page.evaluate(
        """selector => {
            const c = document.querySelector(selector), context = c.getContext("2d");
            const { data } = context.getImageData(0, 0, c.width, c.height);
            const seen = new Set(); let sum = 0;
            for (let k = 0; k < data.length; k += 44) {
                const at = k - (k % 4);
                seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
                sum = (31 * sum + data[at] + 7 * data[at + 1] + 13 * data[at + 2]) % 1000003;
            }
            return [seen.size, sum];
        }""",
        selector,
    )


def test_energy_flows_and_the_books_balance(page, studio):
    view = opened(page, studio, LIVE)
    landscape = view.get_by_label("the landscape of the loss in relief")
    landscape.wait_for()
    before = once(lambda: pixels(page, ".training-view .stack"), lambda seen: seen[0] > 1)
    page.keyboard.press("Space")
    until(page, f"Number({WHEN}.match(/\\d+/)[0]) > 20")
    page.keyboard.press("Space")
    view.get_by_role("button", name="play (Space)").wait_for()
    assert step_of(view) > 20
    once(
        lambda: pixels(page, ".training-view .stack"),
        lambda seen: seen[0] > 10 and seen[1] != before[1],
    )
    found = amounts(view)
    gained = sum(value for name, value in found.items() if not name.startswith("E "))
    assert found["E now"] == pytest.approx(found["E at the start"] + gained, abs=2e-3)
    assert found["friction"] < 0
    assert "the books balance" in view.locator(".balance").text_content()
    # At rest the boundary's phases come by themselves.
    view.locator(".tile").first.wait_for()


def test_sliders_act_at_once_and_their_work_is_booked(page, studio):
    view = opened(page, studio, LIVE)
    for _ in range(8):
        page.keyboard.press("s")
    until(page, f"{WHEN}.includes('step 8')")
    rate = view.get_by_label("learning rate")
    for _ in range(40):
        rate.press("ArrowRight")
    until(page, f"{ACCOUNTS}.some(t => t.includes('your hand'))")
    assert amounts(view)["your hand"] < 0  # K = |v|²/2η falls
    assert "the books balance" in view.locator(".balance").text_content()
    view.get_by_label("it moves by").select_option("langevin")
    temperature = view.get_by_label("temperature T")
    temperature.wait_for()
    for _ in range(20):
        temperature.press("ArrowRight")
    page.wait_for_timeout(200)
    page.keyboard.press("Escape")
    temperature.blur()
    page.keyboard.press("s")
    until(page, f"{ACCOUNTS}.some(t => t.includes('bath'))")
    assert view.get_by_label("momentum").count() == 0


def test_back_in_time_and_begin_again(page, studio):
    view = opened(page, studio, LIVE)
    for _ in range(5):
        page.keyboard.press("s")
    when = view.locator(".when")
    until(page, f"{WHEN}.includes('step 5')")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    until(page, f"/step [34] /.test({WHEN})")
    page.keyboard.press("r")
    until(page, f"{WHEN}.startsWith('step 0')")
    seed = when.text_content()
    for _ in range(3):
        page.keyboard.press("d")
    until(page, f"{WHEN} !== {json.dumps(seed)}")


def test_landscape_turns_and_lies_flat(page, studio):
    view = opened(page, studio, LIVE)
    canvas = view.get_by_label("the landscape of the loss in relief")
    canvas.wait_for()

    def drawn(holds):
        return once(lambda: pixels(page, ".training-view .terrain"), holds, still=True)

    first = drawn(lambda seen: seen[0] > 100)
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    turned = drawn(lambda seen: seen[1] != first[1])
    page.keyboard.press("m")
    view.get_by_role("button", name="Map", pressed=True).wait_for()
    drawn(lambda seen: seen[1] != turned[1])
    until(page, "location.href.includes('terrain:map')")


def test_phase_diagram_over_two_settings(page, studio):
    view = opened(page, studio, LIVE)
    view.get_by_role("button", name="Over two settings").click()
    tiles = view.locator(".tile")
    until(page, "document.querySelectorAll('.training-view .tile').length === 24")
    label = tiles.first.get_attribute("title")
    rate, momentum = re.search(r"learning rate (\S+), momentum (\S+)$", label).groups()
    tiles.first.click()
    until(page, f"document.querySelector('.training-view .dials .value').textContent === '{rate}'")
    assert momentum in view.locator(".dials .value").all_text_contents()


def test_a_training_that_is_over(page, studio):
    view = opened(page, studio, OVER)
    assert "2-3-1 seed 0" in view.get_by_label("training", exact=True).text_content()
    assert "the books balance" in view.locator(".balance").text_content()
    assert view.locator(".tile").count() > 2
    end = amounts(view)
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    earlier = once(lambda: amounts(view), lambda now: now["E now"] > end["E now"], still=True)
    gained = sum(value for name, value in earlier.items() if not name.startswith("E "))
    assert earlier["E now"] == pytest.approx(earlier["E at the start"] + gained, abs=2e-3)
    once(lambda: pixels(page, ".training-view .terrain"), lambda seen: seen[0] > 100)
    view.get_by_label("training", exact=True).select_option("1")
    until(page, "location.href.includes('run=1')")
    page.keyboard.press("Space")
    page.wait_for_timeout(400)


def test_two_views_of_one_training(page, studio):
    page.goto(studio.url + "#/~/network+training")
    view = page.locator(".training-view")
    view.locator(".when").wait_for()
    until(page, "document.querySelector('.network-view')?.textContent.includes('circles')")
    view.get_by_role("button", name="one step (S)").click()
    view.get_by_role("button", name="one step (S)").click()
    until(page, f"{WHEN}.startsWith('step 2')")
    until(page, "/step\\s*2\\b/.test(document.querySelector('.network-view').innerText)")


def test_everybody_can_use_it(pages, axe, studio):
    for theme, size in (("light", (1280, 900)), ("dark", (390, 844))):
        page = pages(theme=theme, size=size, still=True)
        view = opened(page, studio, LIVE)
        page.keyboard.press("s")
        view.get_by_role("button", name="Along the training").click()
        view.locator(".tile").first.wait_for()
        assert axe(page, within=".training-view") == []
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0]
    page = pages(theme="dark")
    opened(page, studio, OVER)
    assert axe(page, within=".training-view") == []
