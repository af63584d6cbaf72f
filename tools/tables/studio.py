"""Frames a second of the studio, by `bench/web.py`."""

from collections.abc import Mapping
from typing import Any

from .writing import markdown


def studio_benchmark(record: Mapping[str, Any]) -> str:
    """What `bench/web.py` measured, beside what was aimed at.

    >>> record = {"summary": {"page": {"frames_a_second": 40.0, "server_ms": 2.0,
    ...     "browser_ms": 20.0}, "window": {"frames_a_second": 4.0}}, "ratio": 10.0,
    ...     "start": {"server_s": 0.5, "page_s": 0.7, "megabytes": 0.25},
    ...     "crowd": {"clients": 10, "frames_a_second": {"least": 30.0}, "slow_client": 1.0,
    ...     "server_cores": 0.5}}
    >>> print(studio_benchmark(record).splitlines()[2])
    | frames a second, a network 2-8-8-1, boundary 64 × 64 | 40 | at least 30 |
    """
    page, start, crowd = record["summary"]["page"], record["start"], record["crowd"]
    ratio, total = record["ratio"], start["server_s"] + start["page_s"]
    lines = [
        ("frames a second, a network 2-8-8-1, boundary 64 × 64",
         f"{page['frames_a_second']:.0f}", "at least 30"),
        ("times those of the matplotlib window", f"{ratio:.0f}", ""),
        ("processor time a frame: server, browser",
         f"{page['server_ms']:.1f} ms, {page['browser_ms']:.0f} ms", ""),
        ("from the command to the first frame", f"{total:.1f} s", "below 2 s"),
        ("what crosses the line until then", f"{start['megabytes']:.2f} MB", "below 1 MB"),
        (f"{crowd['clients']} pages at once: frames a second of the slowest",
         f"{crowd['frames_a_second']['least']:.0f}", ""),
        ("processors that the server takes for them", f"{crowd['server_cores']:.1f}", ""),
    ]  # fmt: skip
    if "soak" in record:
        soak = record["soak"]
        growth = soak["growth_mb_an_hour"]
        lines.append((
            f"{soak['minutes']:.0f} minutes of training: growth of server, page, MB an hour",
            f"{growth['server']:+.1f}, {growth['page_heap']:+.1f}", "none",
        ))  # fmt: skip
    return markdown(["", "measured", "aim"], lines)
