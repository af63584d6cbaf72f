"""The studio's pace: frames a second, what a frame costs, weight, first frame, ten pages, an hour.

    page     a network 2-8-8-1 learning in Chromium without a screen, boundary 64 × 64
    window   the same network in Lawful's matplotlib window, drawn to memory: the control
    crowd    ten lines at once, each drawing as fast as frames come; one of them slow
    soak     memory of server and page while the network learns for as long as asked

A frame counts when the page has drawn it and said so. Processor time is that of all
processes of server and browser, from the operating system (psutil). Weight is what crosses
the line, compressed, until the first frame. Page and window are measured in turns, so that a
busy machine slows both alike.

    python bench/web.py [--quick] [--seconds N] [--rounds N] [--soak MINUTES] [--json] [--out FILE]
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from lawful.web.codec import unpacked

AIMS = {"frames a second": 30, "seconds to the first frame": 2, "megabytes": 1}
HEADLESS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update",
            "--disable-sync"]  # fmt: skip
# Counts what the page has said to have drawn, beneath all code of the page.
COUNTING = """
(() => {
  const send = WebSocket.prototype.send;
  window.drawn = 0;
  window.first = null;
  WebSocket.prototype.send = function (text) {
    if (typeof text === "string" && /"ack":[1-9]/.test(text)) {
      window.drawn += 1;
      window.first ??= performance.now();
    }
    return send.call(this, text);
  };
})();
"""


@contextmanager
def studio():
    """A server in a process of its own, as a user has it: (address, process, seconds to start)."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [sys.executable, "-m", "lawful", "open", folder, "--port", "0", "--json"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            text = ""
            while not text.rstrip().endswith("}"):
                text += server.stdout.readline()
            yield json.loads(text)["url"], psutil.Process(server.pid), time.perf_counter() - began
        finally:
            server.terminate()
            server.wait(10)


@contextmanager
def chromium():
    """A browser without a screen, and its processes."""
    from playwright.sync_api import sync_playwright

    before = set(psutil.Process().children(recursive=True))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_executable(), args=HEADLESS)
        mine = [p for p in psutil.Process().children(recursive=True) if p not in before]
        try:
            yield browser, [p for p in mine if "chrom" in p.name()]
        finally:
            browser.close()


def _executable():
    from shutil import which

    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := which(name))), None)
    if found is None:
        raise SystemExit("no Chromium here; on Debian: apt-get install chromium")
    return found


def spent(processes):
    """Processor seconds of processes and their children."""
    total = 0.0
    for process in processes:
        for one in [process, *process.children(recursive=True)]:
            try:
                times = one.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
    return total


def memory(processes):
    """Resident megabytes of processes and their children, shared pages counted once a process."""
    family = {one for p in processes for one in [p, *p.children(recursive=True)]}
    total = 0
    for one in family:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def opened(browser, url):
    """A page that shows the network, ready to be counted: (page, bytes, seconds to first frame)."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    weight = [0]
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.on("Network.loadingFinished", lambda event: weight.append(event["encodedDataLength"]))
    page.add_init_script(COUNTING)
    began = time.perf_counter()
    page.goto(url + "#/~/network")
    # Asked again and again: the page's policy forbids it to wait by a text that is run.
    while not (first := page.evaluate("window.first")):
        if time.perf_counter() - began > 30:
            raise SystemExit("no frame within 30 seconds")
        page.wait_for_timeout(20)
    return page, sum(weight), first / 1000


def of_page(page, server, browser, seconds):
    """Frames a second, and processor milliseconds a frame of server and browser."""
    page.mouse.move(5, 5)
    page.keyboard.press("Escape")
    page.keyboard.press(" ")
    page.wait_for_timeout(1500)  # the first second compiles the page's code
    start = (time.perf_counter(), spent([server]), spent(browser), page.evaluate("window.drawn"))
    page.wait_for_timeout(1000 * seconds)
    end = (time.perf_counter(), spent([server]), spent(browser), page.evaluate("window.drawn"))
    page.keyboard.press(" ")
    took, of_server, of_browser, frames = (b - a for a, b in zip(start, end, strict=True))
    frames = max(frames, 1e-9)
    return {
        "frames_a_second": frames / took,
        "server_ms": 1000 * of_server / frames,
        "browser_ms": 1000 * of_browser / frames,
    }


def of_window(seconds):
    """The same of the matplotlib window, drawn to memory."""
    import matplotlib as mpl

    mpl.use("Agg")
    from lawful.learning import NeuralNetwork, datasets
    from lawful.pictures import NetworkVisualizer

    data = datasets.circles(seed=0)
    window = NetworkVisualizer(NeuralNetwork([2, 8, 8, 1], activation="tanh", seed=0))
    figure = window.create_interactive_visualization(data, learning_rate=0.5, show=False)
    window.press("train")
    figure.canvas.draw()
    frames, began, used = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        window.tick()
        figure.canvas.draw()
        frames += 1
    took, used = time.perf_counter() - began, time.process_time() - used
    window.close()
    return {"frames_a_second": frames / took, "server_ms": 1000 * used / frames, "browser_ms": 0.0}


async def lines(url, clients, seconds, slow):
    """Frames that each of several lines has drawn; the last `slow` of them draw one a second."""
    from http.cookiejar import CookieJar
    from urllib.request import HTTPCookieProcessor, build_opener

    import websockets

    jar = CookieJar()
    await asyncio.to_thread(build_opener(HTTPCookieProcessor(jar)).open, url)
    cookie = "; ".join(f"{c.name}={c.value}" for c in jar)
    home = url.split("/?")[0]

    async def one(pause):
        frames, sizes = 0, []
        where = home.replace("http", "ws", 1) + "/ws"
        async with websockets.connect(
            where,
            origin=home,
            additional_headers={"Cookie": cookie},
            compression=None,
            max_size=None,
        ) as line:
            for said in ({"open": "network"}, {"ack": 0}, {"do": "play"}):
                await line.send(json.dumps({"channel": 1, **said}))
            until = time.perf_counter() + seconds
            while (rest := until - time.perf_counter()) > 0:
                try:
                    frame = await asyncio.wait_for(line.recv(), rest)
                except TimeoutError:
                    break
                header, _ = unpacked(frame)
                if header["kind"] == "frame":
                    frames, sizes = frames + 1, [*sizes[-200:], len(frame)]
                    await asyncio.sleep(pause)
                    await line.send(json.dumps({"channel": 1, "ack": header["seq"]}))
        return frames / seconds, float(median(sizes or [0]))

    pauses = [1 / 60] * (clients - slow) + [1.0] * slow
    return await asyncio.gather(*(one(pause) for pause in pauses))


def crowd(url, server, seconds, clients=10):
    """What each of several pages gets, and whether a slow one holds the others up."""
    used, began = spent([server]), time.perf_counter()
    done = asyncio.run(lines(url, clients, seconds, slow=1))
    used, took = spent([server]) - used, time.perf_counter() - began
    quick = [frames for frames, _ in done[:-1]]
    return {
        "clients": clients,
        "frames_a_second": {"least": min(quick), "median": median(quick), "most": max(quick)},
        "slow_client": done[-1][0],
        "bytes_a_frame": done[0][1],
        "server_cores": used / took,
    }


def soak(browser, own, url, server, minutes, say):
    """Memory of server and page over time, and its slope in the second half."""
    page, _, _ = opened(browser, url)
    page.mouse.move(5, 5)
    page.keyboard.press(" ")
    line = page.context.new_cdp_session(page)
    rows, began = [], time.perf_counter()
    pause = max(minutes * 60 / 60, 1.0)
    while (now := time.perf_counter() - began) < 60 * minutes:
        page.wait_for_timeout(1000 * pause)
        line.send("HeapProfiler.collectGarbage")
        heap = line.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        rows.append([now, memory([server]), memory(own), heap, page.evaluate("window.drawn")])
        say(f"soak {now / 60:.1f} min: server {rows[-1][1]:.0f} MB, page's heap {heap:.1f} MB")
    page.context.close()
    late = np.array(rows)[len(rows) // 2 :]
    hours = late[:, 0] / 3600
    slopes = [float(np.polyfit(hours, late[:, k], 1)[0]) for k in (1, 2, 3)]
    names = ("server", "browser", "page_heap")
    return {
        "minutes": minutes,
        "frames": int(rows[-1][4]),
        "end_mb": dict(zip(names, (float(v) for v in rows[-1][1:4]), strict=True)),
        "growth_mb_an_hour": dict(zip(names, slopes, strict=True)),
        "rows": [[round(float(v), 3) for v in row] for row in rows],
    }


def measured(options, say):
    record = {"machine": {"python": platform.python_version(), "cores": os.cpu_count()},
              "settings": vars(options)}  # fmt: skip
    with studio() as (url, server, started), chromium() as (browser, own):
        page, weight, first = opened(browser, url)
        record["start"] = {"server_s": started, "page_s": first, "megabytes": weight / 1e6}
        say(f"server {started:.2f} s, first frame after {first:.2f} s more, {weight / 1e3:.0f} kB")
        rounds = []
        for k in range(options.rounds):
            rounds.append({"page": of_page(page, server, own, options.seconds),
                           "window": of_window(options.seconds)})  # fmt: skip
            say(
                f"round {k + 1}: "
                + ", ".join(f"{n} {r['frames_a_second']:.1f}/s" for n, r in rounds[-1].items())
            )
        record["rounds"] = rounds
        page.context.close()
    record["summary"] = {
        who: {what: median(r[who][what] for r in rounds) for what in rounds[0][who]}
        for who in ("page", "window")
    }
    record["ratio"] = median(
        r["page"]["frames_a_second"] / r["window"]["frames_a_second"] for r in rounds
    )
    with studio() as (url, server, _):
        record["crowd"] = crowd(url, server, options.seconds)
        say(f"ten lines: {record['crowd']['frames_a_second']}")
    if options.soak:
        with studio() as (url, server, _), chromium() as (browser, own):
            record["soak"] = soak(browser, own, url, server, options.soak, say)
    return record


def shown(record, out):
    start, page, window = record["start"], record["summary"]["page"], record["summary"]["window"]
    table = Table(title="A network 2-8-8-1 that learns, boundary 64 × 64")
    for head in ("", "frames a second", "server ms a frame", "browser ms a frame"):
        table.add_column(head, justify="left" if not head else "right")
    for name, row in (("page", page), ("matplotlib window", window)):
        table.add_row(
            name, *(f"{row[k]:.1f}" for k in ("frames_a_second", "server_ms", "browser_ms"))
        )
    out.print(table)
    total = start["server_s"] + start["page_s"]
    out.print(f"page to window {record['ratio']:.1f} ×; aims: {AIMS}")
    parts = f"{start['server_s']:.2f} of it the server's"
    out.print(f"from the command to the first frame {total:.2f} s, {parts}; "
              f"{start['megabytes']:.2f} MB")  # fmt: skip
    crowd = record["crowd"]
    out.print(f"{crowd['clients']} lines at once: {crowd['frames_a_second']['least']:.0f} to "
              f"{crowd['frames_a_second']['most']:.0f} frames a second each, one slow line "
              f"{crowd['slow_client']:.1f}; {crowd['server_cores']:.2f} cores")  # fmt: skip
    if "soak" in record:
        soak = record["soak"]
        growth = ", ".join(f"{k} {v:+.1f}" for k, v in soak["growth_mb_an_hour"].items())
        out.print(f"soak of {soak['minutes']} min, {soak['frames']} frames")
        out.print(f"MB an hour in the second half: {growth}")


def main():
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument(
        "--quick", action="store_true", help="one short round, half a minute's soak"
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="page and window in turns")
    parser.add_argument("--soak", type=float, default=0.0, help="minutes; 60 for the hour")
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")
    parser.add_argument("--out", type=Path, help="write the record here")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.rounds, options.soak = 3.0, 1, 0.5
    out = Console(stderr=options.json)
    record = measured(options, out.print)
    record["settings"] = {
        k: v for k, v in vars(options).items() if k not in ("json", "out", "quick")
    }
    shown(record, out)
    if options.json:
        print(json.dumps(record, indent=1))
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
