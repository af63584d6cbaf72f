"""The live field in a browser."""

import re
import time

import pytest
from waiting import once

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
    dt = view.locator(".facts dt").filter(has_text=re.compile(f"^{re.escape(name)}$"))
    return dt.locator("xpath=following-sibling::dd[1]").text_content()


def until_fact(view, name, good, seconds=10.0):
    end = time.monotonic() + seconds
    while not good(found := fact(view, name)):
        assert time.monotonic() < end, f"{name} is {found}"
        time.sleep(0.05)
    return found


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


# ---------------------------------------------------------------------- it moves


def test_it_plays_steps_and_begins_again(page, view):
    once(lambda: colours(page), lambda seen: seen > 100)
    page.keyboard.press(" ")
    until(page, "document.querySelector('.field-view .primary').textContent.includes('Pause')")
    until_fact(view, "steps", lambda said: said != "0")
    page.keyboard.press(" ")
    until(page, "document.querySelector('.field-view .primary').textContent.includes('Play')")
    until_fact(view, "steps a second", lambda said: said == "at rest")
    before = once(lambda: steps(view), lambda _: True, still=True)
    page.keyboard.press("s")
    until_fact(view, "steps", lambda _: steps(view) == before + 1)
    view.get_by_role("button", name="Reset").click()
    until_fact(view, "steps", lambda said: said == "0")


def test_what_it_keeps_is_drawn_and_said(page, view):
    page.keyboard.press(" ")
    until_fact(view, "steps", lambda _: steps(view) > 20)
    page.keyboard.press(" ")
    until(page, "document.querySelector('.field-view .remark').textContent.includes('All three')")
    assert float(fact(view, "norm ∫|ψ|²").replace("\u2009", "")) > 1000
    lit = page.evaluate(
        """() => { const c = document.querySelector(".field-view .kept .u-wrap canvas");
            const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
            const seen = new Set();
            for (let k = 0; k < data.length; k += 4) {
              if (data[k + 3] > 250) seen.add(data.slice(k, k + 3).join());
            }
            return seen.size; }"""
    )
    assert lit > 3
    view.get_by_label("potential V").select_option("harmonic")
    until(page, "document.querySelector('.field-view .remark').textContent.includes('V pushes')")
    assert view.locator(".legend").get_by_text("potential V").is_visible()


# ---------------------------------------------------------------------- the hand


def test_a_press_makes_vortices_and_a_drag_stirs(page, view):
    assert fact(view, "vortices") == "1 ↺  1 ↻"
    view.get_by_role("button", name="Vortex pair").click()
    box = view.locator(".field-picture").bounding_box()
    page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"])
    until_fact(view, "vortices", lambda said: said == "2 ↺  2 ↻")
    view.get_by_role("button", name="Stir").click()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"], steps=4)
    until(page, "document.querySelector('.field-view .remark').textContent.includes('work')")
    page.mouse.up()
    until(page, "document.querySelector('.field-view .remark').textContent.includes('anew')")


def test_the_keyboard_does_what_the_pointer_does(page, view):
    view.get_by_label("begins as").select_option("ground state")
    until_fact(view, "vortices", lambda said: said == "0 ↺  0 ↻")
    stage = view.get_by_role("group", name="arrow keys")
    stage.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.field-view .remark').textContent.includes('work')")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    until(page, "document.querySelector('.field-view .remark').textContent.includes('anew')")
    view.get_by_role("button", name="Vortex pair").click()
    stage.focus()
    page.keyboard.press("Enter")
    until_fact(view, "vortices", lambda said: said == "1 ↺  1 ↻")
    said = "document.querySelector('.field-view [role=status]').textContent.includes('vort')"
    until(page, said)


# ---------------------------------------------------------------------- its controls


def test_its_controls_do_what_they_say_and_stand_in_the_address(page, view):
    view.get_by_label("begins as").select_option("quench")
    until_fact(view, "vortices", lambda said: int(said.split()[0]) > 3)
    view.get_by_role("button", name="Dice").click()
    view.get_by_label("drawn").select_option("beside")
    view.get_by_label("order of a step").select_option("4")
    until(page, "/quench/.test(location.hash) && /seed:1/.test(location.hash)")
    view.get_by_label("space").select_option("ring")
    until(page, "!document.querySelector('.field-view .facts').textContent.includes('vortices')")
    assert view.get_by_role("button", name="Vortex pair").is_disabled()
    until(page, "/ring/.test(location.hash) && /order:4/.test(location.hash)")
    page.reload()
    page.locator(".field-view .facts dd").first.wait_for()
    until(
        page,
        "document.querySelector('.field-view .facts')?.textContent.includes('energy') && "
        "!document.querySelector('.field-view .facts').textContent.includes('vortices')",
    )
    again = page.locator(".field-view")
    assert again.get_by_label("space").input_value() == "ring"
    assert again.get_by_label("begins as").input_value() == "quench"
    assert again.get_by_label("order of a step").input_value() == "4"
    assert again.get_by_label("drawn").input_value() == "beside"


def test_what_absorbs_is_stepped_in_order_two_and_said(page, view):
    slider = view.get_by_label("edge absorbs")
    assert slider.get_attribute("aria-valuetext") == "nothing"
    view.get_by_label("order of a step").select_option("6")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "0.2"
    until(page, "document.querySelector('.field-view .remark').textContent.includes('absorbs')")
    until(
        page,
        "[...document.querySelectorAll('.field-view select')]"
        ".some((s) => s.options.length === 1 && s.value === '2')",
    )


def test_a_ring_keeps_its_past_while_it_plays(page, studio):
    page.goto(studio.url + FIELD + "?look=space:ring,speed:16")
    view = page.locator(".field-view")
    view.locator(".facts dd").first.wait_for()
    few = colours(page)
    page.keyboard.press(" ")
    until_fact(view, "time", lambda said: float(said) > 8)
    page.keyboard.press(" ")
    once(lambda: colours(page), lambda seen: seen > few)


@pytest.mark.parametrize(("theme", "size"), [("dark", (390, 844)), ("light", (1280, 900))])
def test_everybody_can_use_it(pages, studio, axe, theme, size):
    page = pages(theme=theme, size=size)
    page.goto(studio.url + FIELD)
    page.locator(".field-view .facts dd").first.wait_for()
    once(lambda: colours(page), lambda seen: seen > 100)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ---------------------------------------------------------------------- its pixels


def test_phases_have_colours_of_one_lightness_and_chroma(page, view):
    """Back from the 256 colours to Oklab, by its published matrices; none was cut to fit."""
    found = page.evaluate(
        """async () => {
          const { circle, LIGHTNESS, CHROMA } = await import("/lib/cyclic.js");
          const ramp = circle(), off = [], hues = [];
          for (let k = 0; k < 256; k++) {
            const [r, g, b] = [0, 1, 2].map((c) => { const v = ramp[3 * k + c] / 255;
              return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
            const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
            const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
            const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
            const L = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
            const A = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
            const B = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
            off.push(Math.abs(L - LIGHTNESS), Math.abs(Math.hypot(A, B) - CHROMA));
            hues.push(Math.atan2(B, A));
          }
          const turns = hues.map((v, k) => {
            const d = hues[(k + 1) % 256] - v; return Math.atan2(Math.sin(d), Math.cos(d)); });
          return [Math.max(...off), Math.min(...turns), Math.max(...turns)];
        }"""
    )
    assert found[0] < 0.003, "eight bits a colour leave no more than that"
    assert found[1] > 0
    assert found[2] < 0.06, "hues go round in even steps (2π/256 = 0.025), at π as elsewhere"


def test_a_field_is_drawn_with_its_axis_upward_and_its_phase_as_colour(page, view):
    pixels = page.evaluate(
        """async () => {
          const { bitmap, wheelRamp } = await import("/lib/bitmap.js");
          const { shade } = await import("/lib/cyclic.js");
          const sheet = bitmap(), phase = Float32Array.of(0.01, 1.58, -1.56, 3);
          const lines = [{ density: Float32Array.of(1, 1, 1, 0), phase }];
          sheet.draw({ columns: 2, rows: 2, lines, peak: 1, upward: true });
          const { data } = sheet.sheet.getContext("2d").getImageData(0, 0, 2, 2);
          const at = (k) => [...data.slice(4 * k, 4 * k + 3)];
          const colour = (v) => [...wheelRamp().slice(3 * shade(v), 3 * shade(v) + 3)];
          return { low: [at(2), at(3)], high: [at(0), at(1)],
                   wanted: [0.01, 1.58, -1.56].map(colour) };
        }"""
    )
    assert pixels["low"] == pixels["wanted"][:2], "the first row given is the lowest"
    assert pixels["high"] == [pixels["wanted"][2], [16, 18, 24]], "without density it is dark"


def test_a_vortex_that_turns_left_turns_left_on_the_page(page, view):
    """Around the plus mark the phase grows against the clock: what the legend says of it."""
    view.get_by_label("drawn").select_option("phase")
    turned = page.evaluate(
        """async () => {
          const { wheelRamp } = await import("/lib/bitmap.js");
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          const canvas = document.querySelector(".field-picture"), ramp = wheelRamp();
          const context = canvas.getContext("2d"), size = canvas.width;
          // The pair of the first start lies at x = −8, y = ±4 of a plane of 40.
          const around = (x, y) => {
            const number = (angle) => {
              const px = (0.5 + x / 40) * size + 0.042 * size * Math.cos(angle);
              const py = (0.5 - y / 40) * size - 0.042 * size * Math.sin(angle);
              const [r, g, b] = context.getImageData(Math.round(px), Math.round(py), 1, 1).data;
              let best = 0, least = Infinity;
              for (let k = 0; k < 256; k++) {
                const away = Math.hypot(ramp[3 * k] - r, ramp[3 * k + 1] - g, ramp[3 * k + 2] - b);
                if (away < least) [best, least] = [k, away];
              }
              return best;
            };
            let sum = 0, last = number(0);
            for (let k = 1; k <= 24; k++) {
              const next = number((2 * Math.PI * k) / 24);
              sum += ((next - last + 128) & 255) - 128;
              last = next;
            }
            return sum / 256;
          };
          return [around(-8, 4), around(-8, -4)];
        }"""
    )
    assert turned == [1, -1]


def test_lines_of_equal_height_lie_where_the_height_is(page, view):
    away = page.evaluate(
        """async () => {
          const { contours } = await import("/lib/bitmap.js");
          const n = 21, values = new Float32Array(n * n);
          for (let j = 0; j < n; j++) for (let i = 0; i < n; i++) values[j * n + i] = i + 2 * j;
          const lines = contours(values, n, n, 24.5), off = [];
          for (let k = 0; k < lines.length; k += 2) {
            off.push(Math.abs(lines[k] + 2 * lines[k + 1] - 24.5));
          }
          return [lines.length / 4, Math.max(...off)];
        }"""
    )
    assert away[0] > 20
    assert away[1] < 1e-4, "of a plane they are straight, and exact"
