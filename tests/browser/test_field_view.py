"""The live field in a browser."""

import re
import time

import pytest

FIELD = "#/~/field"


def until(page, said, seconds=10.0):
    end = time.monotonic() + seconds
    while not page.evaluate(said):
        assert time.monotonic() < end, f"not so after {seconds} s: {said}"
        time.sleep(0.05)


@pytest.fixture
def view(page, studio):
    page.goto(studio.url + FIELD)
    found = page.locator(".field-view")
    found.locator(".facts dd").first.wait_for()
    return found


def fact(view, name):
    dt = view.locator(".facts dt", has_text=name)
    return dt.locator("xpath=following-sibling::dd[1]").text_content()


def steps(view):
    return int(re.sub(r"\D", "", fact(view, "steps")))


def colours(page):
    """How many colours the picture shows."""
    return page.evaluate(
        """() => { const c = document.querySelector(".field-picture");
            const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
            const seen = new Set();
            for (let k = 0; k < data.length; k += 40) seen.add(data.slice(k, k + 3).join());
            return seen.size; }"""
    )


def test_it_plays_steps_and_begins_again(page, view):
    assert colours(page) > 100
    page.keyboard.press(" ")
    until(page, "document.querySelector('.field-view .primary').textContent.includes('Pause')")
    until(page, "!document.querySelector('.field-view .facts').textContent.includes('steps0')")
    page.keyboard.press(" ")
    until(page, "document.querySelector('.field-view .primary').textContent.includes('Play')")
    page.wait_for_timeout(300)
    before = steps(view)
    page.keyboard.press("s")
    page.wait_for_timeout(400)
    assert steps(view) == before + 1
    view.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(500)
    assert steps(view) == 0


def test_a_press_makes_vortices_and_a_drag_stirs(page, view):
    assert fact(view, "vortices") == "1 ↺  1 ↻"
    view.get_by_role("button", name="Vortex pair").click()
    box = view.locator(".field-picture").bounding_box()
    page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"])
    until(page, "document.querySelector('.field-view .facts').textContent.includes('2 ↺  2 ↻')")
    view.get_by_role("button", name="Stir").click()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"], steps=4)
    until(page, "document.querySelector('.field-view .remark').textContent.includes('work')")
    page.mouse.up()
    until(page, "document.querySelector('.field-view .remark').textContent.includes('anew')")


def test_its_controls_do_what_they_say_and_stand_in_the_address(page, view):
    view.get_by_label("begins as").select_option("quench")
    for _ in range(100):
        if int(fact(view, "vortices").split()[0]) > 3:
            break
        page.wait_for_timeout(50)
    assert int(fact(view, "vortices").split()[0]) > 3
    view.get_by_label("potential V").select_option("harmonic")
    view.get_by_label("drawn").select_option("beside")
    page.wait_for_timeout(400)
    assert "quench" in page.url
    view.get_by_label("space").select_option("ring")
    until(page, "!document.querySelector('.field-view .facts').textContent.includes('vortices')")
    assert view.get_by_role("button", name="Vortex pair").is_disabled()
    until(page, "location.hash.includes('ring')")
    page.reload()
    page.locator(".field-view .facts dd").first.wait_for()
    page.wait_for_timeout(500)
    assert page.locator(".field-view").get_by_label("space").input_value() == "ring"


@pytest.mark.parametrize(("theme", "size"), [("dark", (390, 844)), ("light", (1280, 900))])
def test_everybody_can_use_it(pages, studio, axe, theme, size):
    page = pages(theme=theme, size=size)
    page.goto(studio.url + FIELD)
    page.locator(".field-view .facts dd").first.wait_for()
    page.wait_for_timeout(300)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_phases_have_colours_of_equal_lightness(page, view):
    """CIE lightness of the 256 colours, by its own formula, differs by little."""
    shades = page.evaluate(
        """async () => { const { circle } = await import("/lib/cyclic.js"); const ramp = circle();
            const lightness = [];
            for (let k = 0; k < 256; k++) {
              const [r, g, b] = [0, 1, 2].map((c) => { const v = ramp[3 * k + c] / 255;
                return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
              lightness.push(116 * Math.cbrt(0.2126 * r + 0.7152 * g + 0.0722 * b) - 16);
            }
            const away = (k, c) => Math.abs(ramp[3 * k + c] - ramp[3 * ((k + 1) % 256) + c]);
            const steps = lightness.flatMap((_, k) => [0, 1, 2].map((c) => away(k, c)));
            const jump = Math.max(...steps);
            return [Math.min(...lightness), Math.max(...lightness), jump]; }"""
    )
    assert shades[1] - shades[0] < 10, shades  # CIE L* and Oklab differ by this much between hues
    assert shades[2] <= 8, "and it is a circle: no jump, at π either"
