"""The page around the views: what is here, where one is, what was started, what broke."""

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from waiting import once

from lawful.web.server import served

SOUND = b"t,x,v\n" + b"".join(
    b"%.2f,%.6f,%.6f\n" % (t, math.sin(t), math.cos(t)) for t in (k / 10 for k in range(80))
)
MOVING = """() => document.getAnimations().some((one) => one.playState === "running"
  && one.effect.getComputedTiming().iterations !== Infinity)"""
SOON = 20_000  # milliseconds that a small run may take on a busy machine


TITLES = {
    "network": "Network",
    "training": "Training as physics",
    "equations": "Equations",
    "trajectory": "Trajectory",
    "energy": "Energy",
    "latent": "Latent space",
    "memory": "Memory",
    "field": "Field",
}
# A view that is nothing but a view: what is tested here is the page around it.
VIEW = """
import { connect } from "../lib/connect.js";
import { h } from "../lib/dom.js";
import { themed } from "../lib/theme.js";
export const keys = [["Space", "play or pause"]];
export default { render({ model, el }) {
  const theme = themed(el, model);
  const line = connect(model);
  const said = h("output.said", {}, JSON.stringify(model.get("look")));
  const cursor = h("output.cursor");
  const shown = () => { cursor.textContent = `${model.get("cursor")}`; };
  const put = (key, value) => { model.set(key, value); model.save_changes(); };
  model.on("change:cursor", shown);
  shown();
  el.append(said, cursor,
    h("button", { onclick: () => put("look", { zoom: 3, colour: "energy" }) }, "look"),
    h("button", { onclick: () => put("cursor", 7) }, "point"),
    h("button", { onclick: async () => {
      said.textContent = Object.keys(await line.ask("scene")).length ? "answered" : "empty";
    } }, "ask"));
  return () => { model.off("change:cursor", shown); line.close(); theme.close(); };
} };
"""


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=10_000)


@pytest.fixture
def page(pages) -> Any:
    """A page whose views are simple ones."""
    return simply(pages())


def simply(page) -> Any:
    put_in_place(page, "*", VIEW)
    page.route("**/views/*.css", lambda route: route.fulfill(body="", content_type="text/css"))
    return page


@pytest.fixture
def home(page, studio) -> Any:
    """The start page, with its runs."""
    page.goto(studio.url)
    expect(page.locator(".runs .run").first).to_be_visible()
    return page


@pytest.fixture
def own(workspace) -> Iterator[Any]:
    """A studio of this test alone, named before its page: it outlives it."""
    with served(workspace, port=0) as studio:
        yield studio


def fragment(page) -> str:
    return "#" + page.url.partition("#")[2]


def put_in_place(page, view: str, module: str) -> None:
    """Serve another module for a view."""
    answer = {"body": module, "content_type": "text/javascript"}
    page.route(f"**/views/{view}.js", lambda route: route.fulfill(**answer))


def at(page, where: str) -> None:
    """Go to a place by its address, as a link in a message would."""
    page.evaluate("where => { location.hash = where; }", where)


# ------------------------------------------------------------------ the start page


def test_the_start_page_says_what_is_here(home, axe):
    expect(home.locator("h1")).to_have_text("What stays the same in anything that evolves.")
    expect(home.locator(".door")).to_have_count(3)
    names = home.locator(".runs .run-name").all_inner_texts()
    assert {"spring.csv", "spring-laws", "networks/spring", "memory", "planets"} <= set(names)
    assert names[-1] == "planets"  # newest first; what comes with lawful last
    assert "token" not in home.url
    assert axe(home) == []


def test_search_finds_by_name_and_kind_and_says_where_nothing_is(home):
    home.keyboard.press("/")
    expect(home.locator(".home .search")).to_be_focused()
    home.keyboard.type("laws spring")
    found = home.locator(".runs .run")
    expect(found.filter(has_text="spring-laws")).to_be_visible()
    expect(found.filter(has_text="planets")).to_have_count(0)
    expect(found.filter(has_text="memory")).to_have_count(0)
    home.keyboard.type(" elephants")
    expect(home.locator(".empty")).to_contain_text("No run holds “laws spring elephants”")
    home.get_by_role("button", name="Clear the search").click()
    expect(home.locator(".runs .run", has_text="planets")).to_be_visible()


def test_a_folder_with_nothing_says_what_to_do(page, tmp_path, axe):
    with served(tmp_path, port=0) as studio:
        page.goto(studio.url)
        expect(page.locator(".empty")).to_contain_text("no run of yours in this folder yet")
        assert axe(page) == []
        page.get_by_role("button", name="Find the planets’ laws").click()
        expect(page.locator("dialog.start [name=data]")).to_have_value("planets")
        page.goto("about:blank")


# --------------------------------------------------------------------- throughout


def test_colours_follow_the_system_until_they_are_chosen_and_are_kept(pages, studio, axe):
    page = pages(theme="dark")
    page.goto(studio.url)
    body = page.locator("body")
    expect(body).to_have_attribute("data-theme", "dark")
    expect(page.locator(".runs .run").first).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("t")
    expect(body).to_have_attribute("data-theme", "light")
    page.reload()
    expect(body).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="colours: light").click()
    page.emulate_media(color_scheme="light")
    expect(body).to_have_attribute("data-theme", "dark")
    page.keyboard.press("t")
    expect(body).to_have_attribute("data-theme", "light")  # as the system again


def test_the_help_sheet_lists_the_keys_of_page_and_view_and_gives_the_focus_back(home, axe):
    button = home.get_by_role("button", name="keys and help")
    button.click()
    sheet = home.locator("dialog.help")
    expect(sheet).to_contain_text("search among the runs")
    assert axe(home, within="dialog.help") == []
    home.keyboard.press("Escape")
    expect(sheet).not_to_be_visible()
    expect(button).to_be_focused()
    at(home, "#/spring.csv/trajectory")
    expect(home.locator(".pane .view")).to_be_visible()
    home.keyboard.press("?")
    expect(sheet.locator("h3")).to_have_text(["Everywhere", "Trajectory"])
    assert sheet.locator("section").nth(1).locator("dt").count() > 0


def test_who_uses_keys_alone_can_skip_to_the_content(home):
    home.keyboard.press("Tab")
    skip = home.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    home.keyboard.press("Enter")
    expect(home.locator("main")).to_be_focused()
    assert fragment(home) in ("#", "#/")


# ------------------------------------------------------------------ where one is


def test_views_have_addresses_and_the_back_button_goes_back(home):
    home.locator('.runs a[href="#/spring.csv"]').click()
    expect(home.locator(".place h1")).to_have_text("spring.csv")
    expect(home.locator(".place h1")).to_be_focused()
    tabs = home.get_by_role("tab")
    expect(tabs.first).to_have_attribute("aria-selected", "true")
    home.keyboard.press("3")
    expect(tabs.nth(2)).to_have_attribute("aria-selected", "true")
    expect(home).to_have_url(re.compile(r"#/spring\.csv/latent"))
    expect(home).to_have_title(re.compile("Latent space · spring.csv"))
    tabs.nth(2).focus()
    home.keyboard.press("ArrowLeft")
    expect(home).to_have_url(re.compile(r"#/spring\.csv/energy"))
    expect(tabs.nth(1)).to_be_focused()
    home.go_back()
    expect(tabs.nth(2)).to_have_attribute("aria-selected", "true")
    home.go_back()
    home.go_back()
    expect(home.locator(".doors")).to_be_visible()
    home.go_forward()
    expect(home.locator(".place h1")).to_have_text("spring.csv")


def test_two_views_side_by_side_are_an_address_too(home, studio, axe):
    at(home, "#/spring-laws/trajectory")
    beside = home.get_by_role("button", name="Side by side")
    beside.click()
    expect(home.locator(".pane")).to_have_count(2)
    expect(beside).to_have_attribute("aria-pressed", "true")
    assert re.match(r"#/spring-laws/trajectory\+\w+", fragment(home))
    home.get_by_role("tablist", name="the view beside").get_by_role("tab", name="Energy").click()
    expect(home).to_have_url(re.compile(r"trajectory\+energy"))
    expect(home.locator(".pane .view")).to_have_count(2)
    assert axe(home) == []
    home.get_by_role("button", name="point").first.click()
    expect(home.locator(".pane .cursor")).to_have_text(["7", "7"])
    home.reload()
    expect(home.locator(".pane .view")).to_have_count(2)
    beside.click()
    expect(home.locator(".pane")).to_have_count(1)


def test_how_a_view_looks_is_in_its_address(home):
    at(home, "#/spring.csv/trajectory")
    home.get_by_role("button", name="look").click()
    expect(home).to_have_url(re.compile(r"trajectory\?look=zoom:3,colour:energy$"))
    home.reload()
    look = '{"zoom":3,"colour":"energy"}'
    expect(home.locator(".said")).to_have_text(look)
    home.keyboard.press("2")
    expect(home.locator(".said")).to_have_text("{}")
    home.keyboard.press("1")
    expect(home.locator(".said")).to_have_text(look)
    at(home, "#/spring.csv/trajectory")
    expect(home.locator(".said")).to_have_text("{}")
    home.go_back()
    expect(home.locator(".said")).to_have_text(look)


def test_the_link_that_is_copied_shows_the_same_moment(pages, studio):
    page = simply(pages(permissions=["clipboard-read", "clipboard-write"]))
    page.goto(studio.url)
    at(page, "#/spring.csv/energy")
    page.get_by_role("button", name="point").click()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.endswith("#/spring.csv/energy?at=7")
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator(".cursor")).to_have_text("7")


def test_an_address_that_means_nothing_is_said_and_not_loaded(home):
    at(home, "#/nowhere/trajectory")
    expect(home.locator("main")).to_contain_text("the run “nowhere”")
    at(home, "#/spring.csv/..%2F..%2Fshell?look=((&run=x&run=-1")
    expect(home.locator(".place h1")).to_have_text("spring.csv")
    expect(home.get_by_role("tab").first).to_have_attribute("aria-selected", "true")


def test_what_an_address_says_is_read_as_it_was_written(home):
    """Text that tries to break out of its place comes back as it was."""
    kept = home.evaluate(
        """async () => {
          const { fragment, parsed } = await import("/shell/address.js");
          const look = { a: 1, b: "x, (y): {z} & = # % \\\\ \\" é", g: [], h: {},
                         c: [true, null, "true", ["1e3", ""]], "d e": { f: -1.5e-9 } };
          const said = { place: "a b~c+d%.nc", views: ["trajectory", "energy"],
                         looks: [look, { z: "+" }],
                         run: 3, at: 120, equation: "x**2 + 3/2*v & more" };
          location.hash = fragment(said);
          return [JSON.stringify(parsed(location.hash)) === JSON.stringify(said), fragment(said)];
        }"""
    )
    assert kept[0], kept[1]
    assert "/trajectory+energy?look=a:1," in kept[1]  # and stays readable


# --------------------------------------------------------------- what is taken away


def test_what_a_run_exports_is_saved_and_a_refusal_is_said(pages, studio):
    pages.forgive("status of 4", "status 4")
    page = simply(pages())
    page.goto(studio.url)
    at(page, "#/spring-laws")
    menu = page.get_by_text("Export", exact=True)
    menu.click()
    item = page.get_by_role("link", name="equations: data (JSON)")
    with page.expect_download() as saved:
        item.click()
    assert saved.value.suggested_filename == "spring-laws-equations.json"
    assert '"laws"' in saved.value.path().read_text()
    refusal = '{"error": {"got": "no ffmpeg", "expected": "one", "remedy": "take the GIF"}}'
    page.route("**/equations.json", lambda route: route.fulfill(status=400, body=refusal))
    menu.click()
    item.click()
    expect(page.locator(".note.trouble")).to_contain_text("no ffmpeg; expected one. Take the GIF.")
    page.keyboard.press("Escape")
    expect(page.locator(".note.trouble")).to_have_count(0)


# ------------------------------------------------------- what goes wrong in a view


def test_a_view_that_breaks_says_so_in_its_place_and_the_page_lives(pages, studio):
    pages.forgive("the view is broken")
    page = simply(pages())
    broken = "export default { render() { throw new Error('the view is broken'); } };"
    page.route(
        "**/views/energy.js", lambda r: r.fulfill(body=broken, content_type="text/javascript")
    )
    page.goto(studio.url)
    at(page, "#/spring-laws/energy+trajectory")
    expect(page.locator(".pane").first.get_by_role("alert")).to_contain_text("the view is broken")
    expect(page.locator(".pane").nth(1).locator(".view")).to_be_visible()
    page.unroute("**/views/energy.js")
    page.keyboard.press("1")
    expect(page.locator(".pane").first.locator(".view")).to_be_visible()


def test_a_view_that_is_not_there_says_what_to_do(pages, studio):
    pages.forgive("energy.js")
    page = simply(pages())
    page.route("**/views/energy.js", lambda route: route.abort())
    page.goto(studio.url)
    at(page, "#/spring-laws/energy")
    expect(page.get_by_role("alert")).to_contain_text("install lawful[web] again")


def test_a_fault_after_the_first_picture_is_said_above_the_view(pages, studio):
    pages.forgive("a late fall")
    page = simply(pages())
    late = """export default { render({ el }) {
      const button = document.createElement("button");
      button.textContent = "fall";
      button.onclick = () => { throw new Error("a late fall"); };
      el.append(button);
    } };"""
    put_in_place(page, "latent", late)
    page.goto(studio.url)
    at(page, "#/spring.csv/latent")
    page.get_by_role("button", name="fall").click()
    expect(page.locator(".pane").get_by_role("alert")).to_contain_text("a late fall")
    expect(page.get_by_role("button", name="fall")).to_be_visible()
    page.get_by_role("button", name="Start the view again").click()
    expect(page.locator(".pane").get_by_role("alert")).to_have_count(0)


def test_the_server_that_goes_is_missed_and_found_again(pages, workspace):
    pages.forgive("WebSocket", "ERR_CONNECTION", "/api/v1/", "Failed to load")
    page = simply(pages())
    token = "the-same-token-for-both-servers"
    with served(workspace, port=0, token=token) as studio:
        page.goto(studio.url)
        badge = page.locator(".badge-menu")
        expect(badge).to_have_attribute("data-state", "connected")
        at(page, "#/spring.csv/trajectory")
        expect(page.locator(".pane .view")).to_be_visible()
        port = int(re.search(r":(\d+)/", studio.url)[1])
    expect(badge).to_have_attribute("data-state", "reconnecting")
    expect(page.locator(".badge-words")).to_contain_text(re.compile(r"reconnecting \(\d\)"))
    expect(badge).to_have_attribute("data-state", "offline", timeout=15_000)
    expect(badge).to_contain_text("lawful open")
    expect(page.locator(".pane .view")).to_be_visible()  # what is shown stays
    with served(workspace, port=port, token=token):
        # The cookie of the old server opens no door of the new one, and the page says so.
        page.get_by_role("button", name="Try now").click()
        expect(badge).to_contain_text("started anew")
        page.goto(f"http://127.0.0.1:{port}/?token={token}#/spring.csv/trajectory")
        expect(badge).to_have_attribute("data-state", "connected")


# ------------------------------------------------------------------- runs from here


def start(page, command: str) -> Any:
    page.get_by_role("button", name="New run").first.click()
    sheet = page.locator("dialog.start")
    sheet.locator(f"label.command:has(input[value={command}])").click()
    return sheet


def test_a_run_is_started_followed_and_opened(own, page, axe):
    page.goto(own.url)
    sheet = start(page, "simulate")
    once(lambda: page.evaluate(MOVING), lambda moving: not moving)  # until the sheet has come
    assert axe(page, within="dialog.start") == []
    sheet.locator("[name=system]").select_option("spring")
    sheet.locator("[name=name]").fill("made-here")
    sheet.locator("[name=runs]").fill("5")
    sheet.get_by_role("button", name="Start", exact=True).click()
    expect(sheet).not_to_be_visible()
    page.get_by_role("button", name="Watch it").click()
    card = page.locator(".card").first
    expect(card.locator(".state")).to_have_text("done", timeout=SOON)
    assert axe(page, within="dialog.jobs") == []
    card.get_by_role("link", name="Open").click()
    expect(page.locator(".place h1")).to_have_text("made-here.nc")
    expect(page.locator("#side .run", has_text="made-here.nc")).to_be_visible()
    assert (own.folder / "made-here.nc").is_file()


def test_the_laws_of_a_file_are_two_presses_away(own, page):
    page.goto(own.url)
    at(page, "#/spring.csv")
    page.get_by_role("button", name="Find its laws").click()
    sheet = page.locator("dialog.start")
    expect(sheet.locator("[name=data]")).to_have_value(re.compile("spring.csv"))
    sheet.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Watch it").click()
    expect(page.locator(".card .state").first).to_have_text("done", timeout=2 * SOON)


def test_a_wrong_field_is_said_in_the_sheet(own, pages):
    pages.forgive("status of 4", "status 4")
    page = simply(pages())
    page.goto(own.url)
    sheet = start(page, "simulate")
    sheet.locator("[name=system]").select_option("spring")
    sheet.locator("[name=name]").fill("../outside")
    sheet.get_by_role("button", name="Start", exact=True).click()
    expect(sheet.get_by_role("alert")).to_contain_text("outside")
    expect(sheet).to_be_visible()
    assert not list(own.folder.parent.glob("outside*"))


def test_a_run_is_cancelled(own, page):
    page.goto(own.url)
    sheet = start(page, "learn")
    sheet.locator("[name=data]").fill("xor")
    sheet.locator("[name=seeds]").fill("2000")
    sheet.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Watch it").click()
    card = page.locator(".card").first
    expect(card.locator(".state")).to_have_text("running", timeout=SOON)
    card.get_by_role("button", name="Cancel").click()
    expect(card.locator(".state")).to_have_text("cancelled", timeout=SOON)


# --------------------------------------------------------------------------- files


def test_a_file_that_is_chosen_comes_into_the_folder_and_is_opened(own, page):
    page.goto(own.url)
    page.set_input_files(
        "input[type=file]", [{"name": "a walk.csv", "mimeType": "text/csv", "buffer": SOUND}]
    )
    expect(page.locator(".place h1")).to_have_text(re.compile("a.walk.csv"))
    assert any(path.read_bytes() == SOUND for path in own.folder.glob("a?walk*.csv"))


def test_a_file_that_is_dropped_anywhere_comes_too(own, page):
    page.goto(own.url)
    at(page, "#/planets")
    expect(page.locator(".place")).to_be_visible()
    given = page.evaluate_handle(
        """text => { const all = new DataTransfer();
          all.items.add(new File([text], "dropped.csv", { type: "text/csv" })); return all; }""",
        SOUND.decode(),
    )
    page.dispatch_event("main", "dragenter", {"dataTransfer": given})
    expect(page.locator(".veil")).to_be_visible()
    page.dispatch_event("main", "drop", {"dataTransfer": given})
    expect(page.locator(".veil")).not_to_be_visible()
    expect(page.locator(".place h1")).to_have_text("dropped.csv")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("program.exe", b"MZ\x90\x00"),
        ("empty.csv", b""),
        ("no-table.csv", b"\x00\x01\x02\xff\xfe" * 50),
        ("../../escape.txt.py", b"import os"),
        ("<img src=x onerror=alert(1)>.csv", b"<script>alert(1)</script>"),
    ],
)
def test_a_hostile_file_is_refused_in_words(own, pages, name, body):
    pages.forgive("status of 4", "status 4")
    page = simply(pages())
    page.on("dialog", lambda d: pytest.fail(f"a script of the file ran: {d.message}"))
    page.goto(own.url)
    before = {path.name for path in own.folder.rglob("*")}
    page.set_input_files("input[type=file]", [{"name": name, "mimeType": "x/y", "buffer": body}])
    note = page.locator(".note.trouble")
    expect(note).to_contain_text(name.split("/")[-1][:12])
    assert page.locator(".note img").count() == 0
    assert {path.name for path in own.folder.rglob("*")} == before


# ------------------------------------------------------------------- narrow screens


def test_on_a_phone_everything_is_within_reach(pages, studio, axe):
    page = simply(pages(size=(360, 740)))
    page.goto(studio.url)
    expect(page.locator(".runs .run").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    opener = page.get_by_role("button", name="runs and more")
    opener.click()
    side = page.locator("#side")
    for words in ("New run", "Add data"):
        expect(side.get_by_role("button", name=words)).to_be_visible()
    assert axe(page, within="#side") == []
    page.keyboard.press("Escape")
    expect(side).not_to_be_visible()
    expect(opener).to_be_focused()
    opener.click()
    side.get_by_role("link", name="spring.csv").click()
    expect(page.locator(".place h1")).to_have_text("spring.csv")
    expect(side).not_to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_text("Export", exact=True).click()
    expect(page.get_by_role("link", name=re.compile("HTML"))).to_be_in_viewport()


# ---------------------------------------------------------------------- all of it


def test_every_view_of_every_run_is_shown_by_the_page(pages, studio):
    page = pages(still=True)
    page.goto(studio.url)
    expect(page.locator(".runs .run").first).to_be_visible()
    runs = page.evaluate("async () => (await (await fetch('/api/v1/runs')).json()).runs")
    places = [(run["id"], view) for run in runs for view in run["views"]]
    assert {view for _, view in places} >= {"trajectory", "energy", "latent", "equations", "memory"}
    for place, view in [*places, ("~", "network"), ("~", "training"), ("~", "field")]:
        at(page, f"#/{place}/{view}")
        expect(page.locator(".pane:not([aria-busy]) .view > *").first).to_be_attached()
        expect(page.locator(".pane")).to_have_attribute("aria-label", TITLES[view])
        page.wait_for_timeout(200)
        assert page.locator(".pane-notes .trouble").all_inner_texts() == [], (place, view)
