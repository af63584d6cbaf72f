"""An exported page, opened from disk: every view draws, nothing is asked of anybody."""

import json
from pathlib import Path

import pytest
from waiting import once

from lawful.web.page import exported
from lawful.web.workspace import Workspace

RUNS = ("spring.csv", "spring-laws", "networks~xor", "networks~spring", "memory", "planets")
PAINTED = """(canvas) => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = new Set();
  for (let k = 0; k < pixels.length; k += 4) {
    seen.add((pixels[k] << 16) + (pixels[k + 1] << 8) + pixels[k + 2] + pixels[k + 3] * 2 ** 24);
  }
  return seen.size;
}"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory, runs_folder):
    """Exported pages by the run, each made once: `shelf("spring.csv", views=[…])`."""
    folder = tmp_path_factory.mktemp("shelf")
    workspace = Workspace(runs_folder)
    made: dict[str, Path] = {}

    def page(run: str, **options) -> Path:
        key = f"{run} {json.dumps(options)}"
        if key not in made:
            made[key] = folder / str(len(made)) / "out.html"  # alone in its folder
            made[key].parent.mkdir()
            made[key].write_text(exported(workspace.open(run), **options).html, encoding="utf-8")
        return made[key]

    return page


def opened(page, place: Path):
    page.goto(place.as_uri())
    page.wait_for_selector("main .page-view > *")
    page.wait_for_timeout(400)  # a first drawing of each
    return page


@pytest.mark.parametrize("run", RUNS)
def test_every_view_of_a_run_draws_from_disk(pages, shelf, runs_folder, axe, run):
    page = opened(pages(offline=True), shelf(run, runs=3))
    wanted = Workspace(runs_folder).open(run).views
    sections = page.locator("section.page-part")
    assert sections.count() == len(wanted)
    assert page.locator(".trouble:visible").all_inner_texts() == []
    for k in range(len(wanted)):
        section = sections.nth(k)
        section.scroll_into_view_if_needed()
        shown = section.locator("canvas:visible")
        once(
            lambda shown=shown: [one.evaluate(PAINTED) for one in shown.all()],
            lambda colours: max(colours, default=0) > 3,
        )
    assert page.locator("h1").inner_text() == Workspace(runs_folder).open(run).name
    assert axe(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_takes_the_systems_theme_and_the_readers(pages, shelf, axe, theme):
    page = opened(pages(theme=theme), shelf("spring-laws", views=["equations", "latent"]))
    shown = "() => [...document.querySelectorAll('.lawful')].map((one) => one.dataset.theme)"
    assert set(page.evaluate(shown)) == {theme}
    other = {"light": "dark", "dark": "light"}[theme]
    page.get_by_label("colours").select_option(other)
    assert set(page.evaluate(shown)) == {other}
    assert axe(page) == []


def test_a_theme_can_be_given(pages, shelf):
    place = shelf("spring-laws", views=["equations"], theme="dark")
    page = opened(pages(theme="light"), place)
    assert page.locator("body").get_attribute("data-theme") == "dark"


def test_on_a_phone_nothing_is_cut_off(pages, shelf):
    page = opened(pages(size=(360, 740)), shelf("spring-laws", views=["equations", "latent"]))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_views_share_the_run(pages, shelf):
    page = opened(pages(), shelf("spring-laws", views=["equations", "latent"]))
    page.get_by_label("along run").select_option(index=3)
    latent = page.get_by_role("region", name="Latent space").get_by_label("run", exact=True)
    assert latent.input_value() == "3"


def test_what_was_not_recorded_is_refused_in_words_and_the_picture_stays(pages, shelf):
    page = opened(pages(), shelf("spring-laws", views=["equations"], runs=1))
    assert "Of 12 runs this page holds the first 1." in page.locator("footer").inner_text()
    page.get_by_label("along run").select_option(index=5)
    page.wait_for_selector("text=beyond what this page holds")
    once(lambda: page.locator("canvas:visible").first.evaluate(PAINTED), lambda seen: seen > 3)


def test_its_numbers_can_be_saved(pages, shelf, tmp_path):
    page = opened(pages(), shelf("spring-laws", views=["latent"]))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="JSON").click()
    waiting.value.save_as(tmp_path / "latent.json")
    assert json.loads((tmp_path / "latent.json").read_text())


def test_an_injected_script_does_not_run(pages, shelf):
    page = opened(pages(), shelf("spring-laws", views=["latent"]))
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'globalThis.ran = 1';"
        " document.body.append(s); }"
    )
    assert page.evaluate("globalThis.ran ?? 0") == 0
    pages.forgive("violates")
