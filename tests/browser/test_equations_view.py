"""Equations in a browser: set formulas, fronts by pointer and key, copies, strangers."""

import json
import time

import pytest

from lawful.store import Manifest, RunFolder, fingerprint

LAW = {
    "name": "energy", "expression": "v**2/2 + x**2", "latex": "\\frac{v^{2}}{2} + c_{1} x^{2}",
    "grade": "exact", "noise_ratio": 1.0, "within_total": 1e-9, "p_value": 0.005,
    "heldout_drift": 1e-6, "units": "m2 s-2", "spread": 1.2, "note": "A note.",
    "constants": [{"name": "c_1", "value": 1.0004, "low": 0.999, "high": 1.002, "exact": "1"}],
}  # fmt: skip
FORMULAS = [
    ("1.8", 1, -0.01),
    ("0.75*x**2 + 1.1284", 6, 0.39),
    ("0.5012345*v**2 + x**2", 9, 0.9999),
]
PARETO = {
    "discovered": [{
        "target": "learned 1", "formula": "v**2/2 + x**2", "r2": 0.99999, "within_total": 1e-8,
        "exact_form": True, "truth": "energy",
        "front": {"engine": "operon", "chosen": 2, "formulas": [
            {"expression": e, "complexity": c, "r2": r, "error": 0.1, "latex": ""}
            for e, c, r in FORMULAS
        ]},
    }]
}  # fmt: skip
LEAK = {**LAW, "name": "leaking energy", "grade": "leaking", "balance": "-0.3*v**2",
        "expression": "v**2/2 + 1.5*x**2"}  # fmt: skip


def until(page, said, seconds=10.0):
    """Wait until an expression of the page is true; its own rules forbid it to poll by itself."""
    end = time.monotonic() + seconds
    while not page.evaluate(said):
        assert time.monotonic() < end, f"not so after {seconds} s: {said}"
        time.sleep(0.05)


@pytest.fixture
def put(studio):
    """Put a run with these laws into the workspace."""

    def put(name, pareto=None, **record):
        data = (fingerprint(studio.folder / "spring.csv"),)
        manifest = Manifest("discover", ("lawful", "discover"), {"seed": 0}, data=data)
        with RunFolder.create(studio.folder / name, manifest) as folder:
            folder.write_json("laws.json", {"laws": [], **record})
            if pareto is not None:
                folder.write_json("pareto.json", pareto)
        return f"#/{name}/equations"

    return put


def opened(page, studio, where="#/spring-laws/equations"):
    page.goto(studio.url + where)
    view = page.locator(".equations-view")
    view.locator("button[data-copy], .none").first.wait_for()
    return view


def picked(view):
    return view.locator(".picked").inner_text()


def test_a_law_is_set_and_judged(page, studio):
    view = opened(page, studio)
    assert view.locator("h2").first.inner_text() == "1 quantity stays the same: energy."
    card = view.locator(".law-card")
    assert card.locator(".katex-html").count()
    # What a screen reader says of a formula is its MathML, and it is not seen twice.
    assert card.locator("math mfrac").count() == 1
    assert card.locator(".katex-mathml").first.bounding_box()["width"] <= 1
    for word in ("exact", "all change along a run is measurement noise", "held-out drift",
                 "p-value", "complexity 7"):  # fmt: skip
        assert word in card.inner_text(), word
    assert "off by" in view.locator(".along-words").inner_text()


def test_constants_have_their_intervals(page, studio, put):
    view = opened(page, studio, put("constants", laws=[LAW]))
    row = view.locator(".constants tbody tr")
    assert "◆ 1" in row.inner_text()
    words = row.locator("svg.whisker").get_attribute("aria-label")
    assert words == "c_1: from 0.999 to 1.002, taken as 1"
    low, high = (row.locator("svg.whisker line").nth(k).get_attribute("x1") for k in (1, 2))
    value = row.locator("svg.whisker circle").get_attribute("cx")
    assert float(low) < float(value) < float(high)


def test_points_of_a_front_are_chosen_by_pointer_and_by_key(page, studio, put):
    view = opened(page, studio, put("front", PARETO, laws=[LAW]))
    points = view.get_by_role("radio")
    assert points.count() == 3
    points.nth(1).click()
    assert "0.75" in picked(view)
    assert "R² 0.39" in picked(view)
    worst = view.locator(".along-words").inner_text()
    page.keyboard.press("ArrowRight")
    assert points.nth(2).get_attribute("aria-checked") == "true"
    assert points.nth(2).evaluate("e => e === document.activeElement")
    assert "complexity 9" in picked(view)
    assert "0.5012" in picked(view)
    assert view.locator(".along-words").inner_text() != worst
    until(page, "decodeURIComponent(location.hash).includes('0.5012345')")
    page.keyboard.press("Home")
    assert "complexity 1" in picked(view)
    until(page, "/equation=[^&]*1\\.8/.test(decodeURIComponent(location.hash))")
    # Chosen from outside, by the address: marked again.
    page.reload()
    view.get_by_role("radio").first.wait_for()
    assert view.get_by_role("radio").first.get_attribute("aria-checked") == "true"


def test_equations_are_walked_by_keys(page, studio, put):
    view = opened(page, studio, put("walk", PARETO, laws=[LAW], leaks=[LEAK]))
    assert "energy" in picked(view)
    page.keyboard.press("j")
    assert "leaking energy" in picked(view)
    assert "changes at the rate" in view.locator(".law-card").nth(1).inner_text()
    assert "what has leaked since" in view.locator(".drawn").inner_text()
    page.keyboard.press("k")
    assert view.locator(".law-card.shown h3").inner_text() == "energy"
    page.keyboard.press("m")
    assert view.get_by_role("button", name="Magnify").get_attribute("aria-pressed") == "true"
    assert "spreads between runs" in view.locator(".chart").get_attribute("aria-label")
    page.keyboard.press("]")
    until(page, "document.querySelector('.equations-view .above select').value === '1'")


def test_what_is_copied_is_latex_and_python_that_runs(pages, studio, put):
    page = pages(permissions=["clipboard-read", "clipboard-write"])
    view = opened(page, studio, put("copies", laws=[LAW]))
    read = "navigator.clipboard.readText()"
    view.get_by_role("button", name="Copy LaTeX").click()
    until(page, f"{read}.then((text) => text.includes('frac'))")
    assert page.evaluate(read) == LAW["latex"]
    view.get_by_role("button", name="Copy Python").click()
    until(page, f"{read}.then((text) => text.includes('def energy'))")
    made = {}
    exec(page.evaluate(read), made)  # noqa: S102 - as a reader would
    assert made["energy"](v=2.0, x=3.0) == 11.0
    view.get_by_role("button", name="Copy as Python").click()
    until(page, f"{read}.then((text) => text.includes('found = discover('))")


def test_no_law_is_an_answer(page, studio, put):
    library = {"degree": 2, "variables": ["x", "v"], "terms": 5, "functions": []}
    where = put("none", library=library, spectrum={"within_total": [0.57, 0.9, 1.0]})
    view = opened(page, studio, where)
    words = view.locator(".none").inner_text()
    assert "No law here" in words
    assert "polynomials to degree 2 in x and v, 5 terms" in words
    assert "0.57" in words
    assert view.locator(".beside").is_hidden()
    assert "All that was looked at" in view.inner_text()


def test_a_file_by_a_stranger_does_nothing(page, studio, put):
    evil = [
        "\\href{javascript:alert(1)}{x}", "\\htmlClass{evil}{x}", "\\def\\a{\\a\\a}\\a",
        "\\includegraphics{http://example.org/x.png}", "\\rule{900em}{900em}", "\\frac{",
        "x" * 9000, "\\text{<img src=x onerror=alert(1)>}",
    ]  # fmt: skip
    laws = [
        {**LAW, "name": f"<b>law {k}</b>", "latex": text, "expression": f"v**2/2 + {k + 2}*x**2"}
        for k, text in enumerate(evil)
    ]
    laws += [{**LAW, "name": "no formula", "expression": "__import__('os')"}]
    where = put("stranger", laws=laws, warnings=["<script>alert(1)</script>"])
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    view = opened(page, studio, where)
    assert view.locator(".law-card").count() == len(laws)
    assert view.locator("a, img, script, iframe, .evil, .law-card b").count() == 0
    assert "<b>law 0</b>" in view.inner_text()
    assert "Not read as a formula" in view.locator(".law-card").last.inner_text()
    view.locator(".law-card").last.get_by_role("button").click()
    assert view.get_by_role("button", name="Copy Python").is_disabled()
    assert "no value along a run" in view.locator(".along-words").inner_text()
    widest = view.evaluate(
        "e => Math.max(...[...e.querySelectorAll('.rule')].map((r) => r.offsetHeight), 0)"
    )
    assert widest < 200


def test_a_run_away_from_its_data_still_shows_its_laws(page, studio):
    manifest = Manifest("discover", (), {"seed": 0}, data=({"name": "gone.csv", "sha256": "0"},))
    with RunFolder.create(studio.folder / "away", manifest) as folder:
        folder.write_json("laws.json", {"laws": [LAW]})
    view = opened(page, studio, "#/away/equations")
    assert view.locator(".law-card .katex-html").count()
    assert "not in this folder" in view.locator(".run-note").inner_text()


@pytest.mark.parametrize(("theme", "size"), [("light", (1280, 900)), ("dark", (390, 844))])
def test_it_is_accessible_and_fits(pages, studio, put, axe, theme, size):
    page = pages(theme, size)
    opened(
        page, studio, put(f"axe-{theme}", PARETO, laws=[LAW], leaks=[LEAK], identities=["x - x"])
    )
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_data_can_be_saved(page, studio, put):
    view = opened(page, studio, put("saved", PARETO, laws=[LAW]))
    with page.expect_download() as waiting:
        view.get_by_role("button", name="JSON").click()
    record = json.loads(waiting.value.path().read_text())
    assert record["laws"][0]["expression"] == LAW["expression"]
    assert record["value"]["shape"] == [4, 120]
    with page.expect_download() as waiting:
        view.get_by_role("button", name="PNG").click()
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")
