"""The server as a user has it: started, spoken to, ended."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

import pytest
import websockets

from lawful.cli import main
from lawful.refusal import Refusal
from lawful.web.codec import unpacked
from lawful.web.server import is_loopback, prepared, served


@pytest.fixture
def studio(tmp_path):
    with served(tmp_path, port=0) as running:
        yield running


def home(studio):
    return studio.url.split("/?")[0]


def visitor(studio):
    """Opens the address as a browser does; gives the cookie."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(studio.url).read().decode()
    assert "<title>Lawful</title>" in page
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def line(studio, cookie, **more):
    headers = {"Cookie": cookie} if cookie else {}
    where = home(studio).replace("http", "ws", 1) + "/ws"
    options = {"origin": home(studio), "compression": None, "max_size": None, **more}
    return websockets.connect(where, additional_headers=headers, **options)


def test_a_page_all_of_its_modules_and_its_line(studio):
    cookie = visitor(studio)
    for path, kind in [("shell.js", "javascript"), ("theme.css", "css"), ("favicon.svg", "svg"),
                       ("vendor/katex/fonts/KaTeX_Main-Regular.woff2", "font")]:  # fmt: skip
        request = urllib.request.Request(f"{home(studio)}/{path}", headers={"Cookie": cookie})
        with urllib.request.urlopen(request) as answer:
            assert kind in answer.headers["content-type"], path

    async def spoken():
        async with line(studio, cookie) as page:
            await page.send(json.dumps({"channel": 1, "open": "network"}))
            await page.send(json.dumps({"channel": 1, "ack": 0}))
            header, arrays = unpacked(await page.recv())
            return header, {name: a.shape for name, a in arrays.items()}

    header, shapes = asyncio.run(spoken())
    assert (header["kind"], header["seq"]) == ("frame", 1)
    assert shapes["boundary"] == (1, 64, 64)


@pytest.mark.parametrize(
    ("change", "status"),
    [({"origin": "https://evil.example"}, 403), ({"origin": None}, 403), ({"cookie": ""}, 401)],
)
def test_a_line_is_refused_before_it_is_opened(studio, change, status):
    cookie = change.pop("cookie", None)
    cookie = visitor(studio) if cookie is None else cookie

    async def refused():
        async with line(studio, cookie, **change):
            pass

    with pytest.raises(websockets.InvalidStatus) as why:
        asyncio.run(refused())
    assert why.value.response.status_code == status


def test_a_path_leads_nowhere_outside(studio):
    cookie = visitor(studio)
    for path in (
        "/../server.py",
        "/%2e%2e/server.py",
        "/..%2fserver.py",
        "//etc/passwd",
        "/web/server.py",
    ):
        with socket.create_connection(("127.0.0.1", int(home(studio).rsplit(":", 1)[1]))) as raw:
            host = home(studio).removeprefix("http://")
            lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"Cookie: {cookie}"]
            raw.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
            answer = b"".join(iter(lambda: raw.recv(65536), b""))
        assert answer.split(b" ", 2)[1] in (b"404", b"400"), path


def test_two_views_of_a_network_show_one_and_another_page_has_its_own(studio):
    cookie = visitor(studio)

    async def step_of(page, channel):
        await page.send(json.dumps({"channel": channel, "do": "scene", "id": 1}))
        while True:
            header, _ = unpacked(await page.recv())
            if header["id"] == 1 and header["channel"] == channel:
                return header["data"]["step"]

    async def spoken():
        async with line(studio, cookie) as one, line(studio, cookie) as other:
            for page, channel, view in [
                (one, 1, "network"),
                (one, 2, "training"),
                (other, 1, "network"),
            ]:
                await page.send(json.dumps({"channel": channel, "open": view}))
                await step_of(page, channel)
            await one.send(json.dumps({"channel": 1, "do": "step", "with": {"count": 7}}))
            steps = [await step_of(one, 1), await step_of(one, 2), await step_of(other, 1)]
            # It stays while the page shows something else.
            for channel in (1, 2):
                await one.send(json.dumps({"channel": channel, "close": True}))
            await one.send(json.dumps({"channel": 3, "open": "network"}))
            return [*steps, await step_of(one, 3)]

    assert asyncio.run(spoken()) == [7, 7, 0, 7]


def test_a_short_soak_leaves_nothing_in_memory(studio):
    """Forty pages come, draw, and go; `bench/web.py --soak 60` does it for an hour."""
    import gc

    from lawful.web.hub import Line
    from lawful.web.live.session import Session

    cookie = visitor(studio)

    async def visit():
        async with line(studio, cookie) as page:
            for said in ({"open": "network"}, {"ack": 0}, {"do": "play"}):
                await page.send(json.dumps({"channel": 1, **said}))
            for _ in range(3):
                header, _ = unpacked(await page.recv())
                await page.send(json.dumps({"channel": 1, "ack": header["seq"]}))

    async def visits():
        for _ in range(8):
            await asyncio.gather(*(visit() for _ in range(5)))

    def left():
        gc.collect()
        # By type: to ask an object for its class runs code of other packages.
        return [one for one in gc.get_objects() if type(one) in (Session, Line)]

    before = len(left())
    asyncio.run(visits())
    for _ in range(60):
        if len(left()) <= before:
            return
        time.sleep(0.1)
    raise AssertionError(left())


def test_pages_that_go_leave_no_thread_behind(studio):
    cookie = visitor(studio)

    async def spoken():
        async with line(studio, cookie) as page:
            await page.send(json.dumps({"channel": 1, "open": "network"}))
            await page.send(json.dumps({"channel": 1, "do": "play"}))
            await page.send(json.dumps({"channel": 1, "ack": 0}))
            await page.recv()

    for _ in range(5):
        asyncio.run(spoken())
    for _ in range(100):
        learning = [t for t in threading.enumerate() if t.name == "lawful-learning"]
        if not learning:
            return
        time.sleep(0.05)
    raise AssertionError(learning)


@pytest.mark.parametrize(("view", "run"), [("network", "none"), ("none", None), ("equations", None),
                                           ("memory", "planets"), ("../x", "planets")])  # fmt: skip
def test_a_view_that_is_not_there_is_refused_in_words(studio, view, run):
    cookie = visitor(studio)

    async def spoken():
        async with line(studio, cookie) as page:
            await page.send(json.dumps({"channel": 1, "open": view, "run": run}))
            return unpacked(await page.recv())[0]

    said = asyncio.run(spoken())
    assert said["kind"] == "trouble"
    assert said["data"]["expected"]


def test_addresses_that_others_can_reach_are_refused_unless_meant(tmp_path):
    for host in ("0.0.0.0", "::", "192.0.2.7", "example.org"):
        assert not is_loopback(host)
        with pytest.raises(Refusal, match="--beyond-this-machine"), prepared(tmp_path, host=host):
            pass
    with prepared(tmp_path, host="0.0.0.0", port=0, beyond=True) as (_, _, studio):
        assert "token=" in studio.url


def test_a_port_in_use_is_refused_with_the_remedy(studio, tmp_path):
    port = int(home(studio).rsplit(":", 1)[1])
    with pytest.raises(Refusal, match="--port 0"), prepared(tmp_path, port=port):
        pass


def test_no_folder_no_studio(capsys):
    assert main(["open", "nowhere", "--no-browser"]) == 2
    assert "there is no folder 'nowhere'" in capsys.readouterr().err


def test_ctrl_c_is_the_way_to_end_it(tmp_path):
    server = subprocess.Popen(
        [sys.executable, "-m", "lawful", "open", str(tmp_path), "--port", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    text = ""
    while not text.rstrip().endswith("}"):
        text += server.stdout.readline()
    url = json.loads(text)["url"]
    with pytest.raises(urllib.error.HTTPError) as locked:  # it answers, and is locked
        urllib.request.urlopen(url.split("/?")[0])
    locked.value.close()
    server.send_signal(signal.SIGINT)
    _, said = server.communicate(timeout=20)
    assert server.returncode == 0, said
    assert "Traceback" not in said


def test_importing_lawful_loads_no_server():
    code = (
        "import sys, lawful, lawful.web, lawful.cli; "
        "heavy = ('starlette', 'uvicorn', 'anywidget'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
