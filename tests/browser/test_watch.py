"""The browser tests' own eyes: they see what goes wrong, and only that."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
SOUND = "<!doctype html><html lang=en><title>A page</title><main><h1>A page</h1>{}</main></html>"


BODIES = {
    "/": SOUND.format("<p>Words"),
    "/unlabelled": SOUND.format("<input type=text>"),
    "/loud": SOUND.format("<script src=loud.js></script>"),
    "/loud.js": "console.error('a cry'); throw new Error('a fall')",
    "/afar": SOUND.format("<link rel=stylesheet href=http://lawful.invalid/a.css>"),
    "/inline": SOUND.format("<script>globalThis.ran = true</script>"),
}


class Shelf(BaseHTTPRequestHandler):
    def do_GET(self):
        body = BODIES.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/javascript" if "js" in self.path else "text/html")
        self.send_header("Content-Security-Policy", CSP)
        self.end_headers()
        self.wfile.write((body or "nothing here").encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def shelf() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_sound_page_passes(page, shelf, axe):
    page.goto(shelf + "/")
    assert axe(page) == []


def test_axe_works_under_a_strict_policy_and_finds(page, shelf, axe):
    page.goto(shelf + "/unlabelled")
    found = axe(page)
    assert len(found) == 1
    assert "label" in found[0]
    assert "input" in found[0]
    assert axe(page, without=("label",)) == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/loud", ("a cry", "a fall")),
        ("/nowhere", ("status 404",)),
        ("/afar", ("request off the machine", "violates")),
        ("/inline", ("violates",)),
    ],
)
def test_what_goes_wrong_is_seen(pages, shelf, path, words):
    page = pages()
    page.goto(shelf + path)
    page.wait_for_load_state("networkidle")
    for word in words:
        assert any(word in fault for fault in pages.faults), pages.faults
    pages.forgive("cry", "fall", "404", "off the machine", "failed request", "violates")


def test_theme_size_and_stillness(pages, shelf):
    page = pages(theme="dark", size=(390, 844), still=True)
    page.goto(shelf + "/")
    queries = ["(width: 390px)", "(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"]
    asked = "queries => queries.map(query => matchMedia(query).matches)"
    assert page.evaluate(asked, queries) == [True, True, True]


def test_asyncio_still_runs_beside_the_browser(browser):
    async def nothing() -> int:
        return 7

    assert asyncio.run(nothing()) == 7


def test_what_is_vendored_is_what_the_manifest_says():
    here = Path(__file__).parent
    packages = json.loads((here / "VENDOR.json").read_text())["packages"]
    for file in [file for package in packages for file in package["files"]]:
        digest = hashlib.sha256((here / file["file"]).read_bytes()).hexdigest()
        assert digest == file["sha256"], file["file"]
