"""The network view: what every control does, by hand, by keyboard and to the ear."""

import math
import re
import time

import pytest
from waiting import once

NEURON = ".hits .neuron"
KNOB = ".theatre .knob"
# Some four thousand pixels of a canvas, their red, green, blue and alpha.
PIXELS = """selector => {
  const canvas = document.querySelector(selector);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const step = 4 * Math.max(1, Math.floor(data.length / 4 / 4000));
  const count = Math.floor(data.length / step);
  return Array.from({ length: count }, (_, k) => [...data.slice(k * step, k * step + 4)]);
}"""


@pytest.fixture
def opened(studio):
    """Opens the view on a page, with a look, and waits until the network is there."""

    def open_(page, look=""):
        page.goto(studio.url + "#/~/network" + (f"?look={look}" if look else ""))
        page.wait_for_selector(NEURON)
        soon(page, "() => document.querySelector('.network-view .fact dd').textContent !== ''")
        return page

    return open_


def fact(page, name):
    """A number of the bar: step, loss, accuracy."""
    text = page.locator(f".network-view .fact:has(dt:text-is('{name}')) dd").inner_text()
    return number(text.replace("%", ""))


def number(text):
    """A number as the page writes it."""
    plain = re.sub(r"[\s\u2009]", "", text).replace("−", "-")
    if "×10" in plain:
        mantissa, power = plain.split("×10")
        ups = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True))
        return float(mantissa) * 10.0 ** int("".join(ups[c] for c in power))
    return float(plain)


def soon(page, holds, seconds=10.0):
    """Wait until a script of the page, or a function here, holds.

    The page's own rules forbid Playwright to wait within it.
    """
    end = time.monotonic() + seconds
    while not (page.evaluate(holds) if isinstance(holds, str) else holds()):
        if time.monotonic() > end:
            pytest.fail(f"it never came: {holds if isinstance(holds, str) else 'see the line'}")
        page.wait_for_timeout(30)


def until(page, name, holds):
    """Wait for a number of the bar."""
    end = time.monotonic() + 10.0
    while not holds(now := fact(page, name)):
        assert time.monotonic() < end, f"{name} stayed at {now}"
        page.wait_for_timeout(30)


def names(page):
    """What a screen reader is told of each neuron."""
    return page.locator(NEURON).evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label'))"
    )


def focused(page):
    """What the element with the focus is called."""
    return page.evaluate("() => document.activeElement.getAttribute('aria-label') ?? ''")


def knob(page):
    """The value of the weight in hand."""
    return float(page.locator(KNOB).get_attribute("aria-valuenow"))


def edge(page, i, j, k=0, layers=(2, 8, 8, 1)):
    """A point on the edge from neuron i of layer k to neuron j of the next."""
    first = sum(layers[:k])
    a = page.locator(NEURON).nth(first + i).bounding_box()
    b = page.locator(NEURON).nth(first + layers[k] + j).bounding_box()
    x0, y0 = a["x"] + a["width"], a["y"] + a["height"] / 2
    x1, y1 = b["x"], b["y"] + b["height"] / 2
    return x0 + 0.4 * (x1 - x0), y0 + 0.4 * (y1 - y0)


# ------------------------------------------------------------------------------ training


def test_training_changes_the_boundary(page, opened):
    opened(page)
    canvas = ".map-panel canvas.base"
    loss = fact(page, "loss")
    before = once(
        lambda: page.evaluate(PIXELS, canvas), lambda p: len({*map(tuple, p)}) > 20, still=True
    )
    page.keyboard.press(" ")
    until(page, "step", lambda x: x > 40)
    page.keyboard.press(" ")
    soon(
        page, "() => document.querySelector('.bar .play').getAttribute('aria-pressed') === 'false'"
    )

    def moved():
        after = page.evaluate(PIXELS, canvas)
        return sum(
            max(abs(a - b) for a, b in zip(p, q, strict=True)) > 12
            for p, q in zip(before, after, strict=True)
        )

    once(moved, lambda count: count > 0.05 * len(before))
    assert fact(page, "loss") < loss


def test_step_reset_dice(page, opened):
    opened(page)
    first = names(page)
    for _ in range(3):
        page.keyboard.press("s")
    until(page, "step", lambda x: x == 3)
    assert names(page) != first
    page.keyboard.press("r")
    until(page, "step", lambda x: x == 0)
    soon(page, lambda: names(page)[5] == first[5])
    assert names(page) == first
    dice = page.get_by_role("button", name="dice")
    seed = dice.inner_text()
    dice.click()
    soon(page, lambda: dice.inner_text() != seed)
    soon(page, lambda: names(page)[5] != first[5])


def test_timeline_goes_back(page, opened):
    opened(page)
    for _ in range(6):
        page.keyboard.press("s")
    until(page, "step", lambda x: x == 6)
    late = names(page)[-1]
    scrub = page.locator(".timeline input")
    scrub.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    until(page, "step", lambda x: x == 2)
    soon(page, lambda: names(page)[-1] != late)
    assert "of 6" in scrub.get_attribute("aria-valuetext")
    page.locator(".timeline button").click()
    until(page, "step", lambda x: x == 6)
    soon(page, lambda: names(page)[-1] == late)


def test_a_training_that_diverges_says_why_and_has_a_remedy(page, opened):
    opened(
        page,
        'layers:"4-8-1",activations:(relu,linear),dataset:sample,optimizer:gradient_descent,rate:30',
    )
    page.keyboard.press(" ")
    trouble = page.locator(".network-view .trouble:not([hidden])")
    trouble.wait_for()
    assert "diverged" in trouble.inner_text()
    assert "learning rate" in trouble.inner_text()
    trouble.get_by_role("button", name="Begin again at 3").click()
    soon(page, "() => document.querySelector('.shape .field output').textContent === '3'")


# --------------------------------------------------------------------------- the network


def test_sizes_are_typed_and_layers_chosen(page, opened):
    opened(page)
    sizes = page.locator(".sizes")
    sizes.fill("2-5-3-1")
    sizes.press("Enter")
    soon(page, "() => document.querySelectorAll('.hits .neuron').length === 11")
    sizes.fill("2-x-1")
    sizes.press("Enter")
    assert "whole numbers" in page.locator(".main .why").inner_text()
    sizes.fill("3-4-1")
    sizes.press("Enter")
    assert "2-4-1" in page.locator(".main .why").inner_text()
    assert page.locator(NEURON).count() == 11
    page.get_by_label("activation of hidden 2").select_option("relu")
    soon(page, lambda: "relu gives" in names(page)[8])
    before = names(page)
    page.get_by_label("first weights of hidden 1").select_option("orthogonal")
    soon(page, lambda: names(page)[3] != before[3])
    page.get_by_role("button", name="one more neuron in hidden 1").click()
    soon(page, "() => document.querySelectorAll('.hits .neuron').length === 12")
    page.get_by_role("button", name="− hidden layer").click()
    soon(page, "() => document.querySelector('.sizes').value === '2-6-1'")


def test_a_neuron_says_its_sum(page, opened):
    opened(page)
    page.locator(NEURON).nth(12).focus()
    said = page.locator(NEURON).nth(12).get_attribute("aria-label")
    assert re.match(r"hidden layer 2, neuron 3 of 8: sum .+, tanh gives .+", said)
    formula = page.locator(".formula")
    soon(
        page,
        "() => document.querySelector('.neuron-name').title.startsWith('hidden layer 2, neuron 3')",
    )
    z, a = map(
        number,
        re.match(
            r"z = Σ w x \+ b = (\S+)\s+→\s+a = tanh\(z\) = (\S+)", formula.inner_text()
        ).groups(),
    )
    terms = page.locator(".term .result").all_inner_texts()
    assert len(terms) == 9
    assert sum(number(t.replace("+ ", "").replace("− ", "-")) for t in terms) == pytest.approx(
        z, abs=0.06
    )
    assert a == pytest.approx(math.tanh(z), abs=0.01)
    page.keyboard.press("ArrowLeft")
    soon(page, lambda: focused(page).startswith("hidden layer 1, neuron 3"))
    page.keyboard.press("Home")
    soon(page, lambda: focused(page).startswith("input x"))
    # Its own map, asked for and drawn: not one flat colour.
    page.locator(NEURON).nth(4).focus()
    page.locator(".small-map").scroll_into_view_if_needed()
    once(lambda: page.evaluate(PIXELS, ".small-map canvas"), lambda p: len({*map(tuple, p)}) > 20)


def test_a_weight_is_pulled_and_put_back(page, opened):
    opened(page)
    x, y = edge(page, 0, 0)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 20)
    page.mouse.move(x, y - 55)
    page.mouse.up()
    label = page.locator(KNOB).get_attribute("aria-label")
    assert label.startswith("weight from input x1 to hidden layer 1, neuron 1")
    pulled = knob(page)
    undo = page.get_by_role("button", name="undo")
    soon(page, "() => !document.querySelectorAll('.bar .buttons button')[4].disabled")
    page.keyboard.press("Control+z")
    soon(page, lambda: knob(page) == pytest.approx(pulled - 1, abs=0.01))
    assert undo.is_disabled()
    page.keyboard.press("Control+Shift+z")
    soon(page, lambda: knob(page) == pytest.approx(pulled, abs=1e-5))
    # By keyboard: the knob has the focus.
    page.keyboard.press("ArrowDown")
    soon(page, lambda: knob(page) == pytest.approx(pulled - 0.1, abs=1e-5))
    page.keyboard.press("ArrowRight")
    assert "neuron 2" in page.locator(KNOB).get_attribute("aria-label")
    field = page.locator(".weight-value input")
    field.fill("1.25")
    field.press("Enter")
    soon(
        page,
        "() => document.querySelector('.theatre .knob').getAttribute('aria-valuetext') === '1.25'",
    )


def test_weight_layer_and_rate_and_speed(page, opened):
    opened(page)
    page.keyboard.press("]")
    page.keyboard.press("]")
    layer = page.get_by_label("Weight layer")
    assert layer.get_attribute("aria-valuetext") == "2: hidden 1 → hidden 2"
    rate = page.locator(".shape .field output")
    before = number(rate.inner_text())
    page.keyboard.press("ArrowUp")
    once(
        lambda: number(rate.inner_text()),
        lambda now: now == pytest.approx(1.2 * before, rel=0.02),
        still=True,
    )
    page.get_by_label("Optimiser").select_option("adam")
    panel = page.locator("[aria-label=learning]")
    soon(page, lambda: "a rate for each weight" in panel.inner_text())
    assert page.get_by_label("Momentum μ").is_hidden()


def test_curves_have_a_logarithmic_axis_and_lead_back(page, opened):
    opened(page)
    for _ in range(8):
        page.keyboard.press("s")
    until(page, "step", lambda x: x == 8)
    page.keyboard.press("l")
    assert page.get_by_role("button", name="log axis").get_attribute("aria-pressed") == "true"
    soon(page, "() => location.hash.includes('log:1')")
    page.wait_for_timeout(400)
    over = page.locator(".curves .u-over").first
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    page.mouse.click(box["x"] + 1, box["y"] + box["height"] / 2)
    until(page, "step", lambda x: x == 0)


# -------------------------------------------------------------------------------- passes


def test_passes_forward_and_back(page, opened):
    opened(page)
    page.keyboard.press("f")
    words = page.locator(".pass-words")
    assert "Layer 0 of 3" in words.inner_text()
    soon(page, lambda: "Layer 1 of 3" in words.inner_text())
    page.keyboard.press("p")
    assert page.get_by_role("button", name="Go on").is_visible()
    page.keyboard.press(".")
    page.keyboard.press(".")
    assert "The answer" in words.inner_text()
    page.keyboard.press(",")
    assert "Layer 2 of 3" in words.inner_text()
    page.keyboard.press("b")
    soon(page, lambda: "The loss of this sample" in words.inner_text())
    for _ in range(3):
        page.keyboard.press(".")
    assert "which way its weight should go" in words.inner_text()
    page.keyboard.press("Escape")
    assert page.get_by_role("button", name="end the pass").is_hidden()


def test_a_pass_without_motion(pages, opened):
    page = opened(pages(still=True))
    page.keyboard.press("f")
    page.wait_for_timeout(400)
    blank = page.evaluate(PIXELS, ".theatre canvas.over")
    assert not any(any(p) for p in blank)  # no pulse is on its way
    page.keyboard.press(".")
    assert "Layer 1 of 3" in page.locator(".pass-words").inner_text()


# ---------------------------------------------------------------------------- input, data


def test_samples_and_inputs_of_ones_own(page, opened):
    opened(page)
    first = names(page)
    page.keyboard.press("ArrowRight")
    which = page.locator("[aria-label='sample and input'] output")
    soon(page, lambda: which.inner_text().startswith("2 of"))
    field = page.get_by_role("textbox", name="input x1")
    field.fill("0.5")
    field.press("Enter")
    soon(page, lambda: names(page)[0] == "input x1: 0.5")
    assert names(page) != first
    page.locator(".map").scroll_into_view_if_needed()
    box = page.locator(".map canvas").bounding_box()
    page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"])
    soon(page, lambda: names(page)[0] != "input x1: 0.5")
    assert "your own" in which.inner_text()
    spot = page.locator(".knob.place")
    before = spot.get_attribute("aria-valuetext")
    spot.focus()
    page.keyboard.press("ArrowUp")
    soon(page, lambda: spot.get_attribute("aria-valuetext") != before)
    page.get_by_role("button", name="Backward pass").click()
    assert "no target" in page.locator(".network-view .trouble").inner_text()


def test_points_are_drawn_and_learned_from(page, opened):
    opened(page)
    page.get_by_role("button", name="Draw points …").click()
    learn = page.get_by_role("button", name="Learn from these")
    learn.click()
    assert "two classes" in page.locator(".own-data .why").inner_text()
    box = page.locator(".pad").bounding_box()
    at = lambda u, v: (box["x"] + u * box["width"], box["y"] + v * box["height"])  # noqa: E731
    page.mouse.move(*at(0.2, 0.2))
    page.mouse.down()
    page.mouse.move(*at(0.2, 0.8), steps=12)
    page.mouse.up()
    page.get_by_label("class 2").check()
    page.locator(".pad").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert "2 of class 2" in page.locator(".own-data").inner_text()
    learn.click()
    soon(page, "() => document.querySelector('.shape select').value === 'drawn'")
    assert "class 1" in page.locator(".legend").inner_text()


def test_a_table_is_pasted(page, opened):
    opened(page)
    page.get_by_role("button", name="Paste a table …").click()
    rows = "".join(f"{i % 3},{i % 5},{i % 7},{'ab'[i % 2]}\n" for i in range(40))
    page.locator(".own-data textarea").fill("u,v,w,kind\n" + rows)
    page.get_by_role("button", name="Learn from these").click()
    soon(page, "() => document.querySelectorAll('.hits .neuron').length === 20")
    assert names(page)[0].startswith("input u")
    assert page.get_by_label("feature along the map").is_visible()
    page.get_by_label("feature along the map").select_option(label="v")
    soon(page, "() => document.querySelector('.map-panel h3').textContent.includes('along v')")


def test_wide_layers_become_matrices(page, opened):
    opened(page, 'layers:"2-24-20-1"')
    assert page.locator(NEURON).count() == 47
    assert page.get_by_label("activation of hidden 1").input_value() == "tanh"
    # The middle of the second block is a matrix, many cells in rows and columns.
    boxes = [page.locator(NEURON).nth(n).bounding_box() for n in (2, 26)]
    x, y = (boxes[0]["x"] + boxes[1]["x"]) / 2 + 4, page.locator(".theatre").bounding_box()
    page.mouse.click(x, y["y"] + y["height"] / 2)
    assert "weight from hidden layer 1" in page.locator(KNOB).get_attribute("aria-label")


# ----------------------------------------------------------------- address, look, hearing


def test_the_address_brings_it_back(page, opened):
    opened(
        page,
        'layers:"2-3-1",activations:(relu,sigmoid),dataset:moons,rate:0.5,seed:7,optimizer:adam,sample:5',
    )
    assert page.locator(NEURON).count() == 6
    assert page.locator(".sizes").input_value() == "2-3-1"
    assert page.locator(".shape select").input_value() == "moons"
    assert number(page.locator(".shape .field output").inner_text()) == 0.5
    assert "seed 7" in page.locator(".network-view > .bar").inner_text()
    assert page.locator("[aria-label='sample and input'] output").inner_text().startswith("6 of")
    page.locator(".sizes").fill("2-4-1")
    page.locator(".sizes").press("Enter")
    soon(page, "() => location.hash.includes('2-4-1')")
    assert "moons" in page.url
    page.keyboard.press("Escape")


def test_nothing_grave_for_axe(pages, opened, axe):
    for theme in ("dark", "light"):
        page = opened(pages(theme=theme))
        assert axe(page, ".network-view") == []
    page.get_by_role("button", name="Paste a table …").click()
    assert axe(page, ".own-data") == []


def test_on_a_phone(pages, opened):
    page = opened(pages(theme="dark", size=(390, 844)))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    top = {
        one: page.locator(one).bounding_box()["y"]
        for one in (".theatre", ".map-panel", ".curves", ".controls >> nth=0")
    }
    assert sorted(top, key=top.get) == list(top)


def test_the_view_ends_cleanly(page, opened):
    opened(page)
    page.keyboard.press(" ")
    until(page, "step", lambda x: x > 3)
    page.evaluate("location.hash = '#/'")
    page.wait_for_selector(".network-view", state="detached")
    page.wait_for_timeout(300)
