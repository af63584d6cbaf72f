"""Refresh the README's measured blocks from real runs, or check that they are true.

    python tools/readme.py            write them
    python tools/readme.py --check    leave with 1 where the planets' block says something else

A block lies between `<!-- name -->` and `<!-- /name -->`. `planets` is what
`lawful discover planets` prints. `laws-bench` is made from the rows that
`python bench/laws.py --out bench/laws.json` leaves: one a system and noise level.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parent.parent
README = HOUSE / "README.md"
RECORDS = HOUSE / "bench" / "laws.json"
LAST_DIGITS = 0.05  # numbers may differ this much between machines


def planets() -> str:
    """What `lawful discover planets` prints, as a block of text."""
    program = "from lawful.cli import main; raise SystemExit(main())"
    command = [sys.executable, "-c", program, "discover", "planets"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"lawful discover planets left with {done.returncode}: {done.stderr}")
    lines = [line.rstrip() for line in done.stdout.strip("\n").splitlines()]
    return "\n".join(["```text", "$ lawful discover planets", *lines, "```"])


def law_benchmark(rows: Iterable[Mapping[str, Any]]) -> str:
    """A table, one line a system: laws found of those known, at each noise.

    >>> print(law_benchmark([{"system": "spring", "noise": 0.01, "known": 1, "found": 1,
    ...     "right": 1, "false": 0, "false_in_control": 0, "beyond": [], "seconds": 0.2}]))
    | system | 1 % noise | right | false | slowest |
    |---|---|---|---|---|
    | spring | 1 / 1 | 1 / 1 | 0 | 0.20 s |
    | **all** | **1 / 1** | **1 / 1** | **0** | **0.20 s** |
    """
    rows = list(rows)
    noises = sorted({float(r["noise"]) for r in rows})
    systems = list(dict.fromkeys(str(r["system"]) for r in rows))
    head = ["system", *(f"{100 * n:g} % noise" for n in noises), "right", "false", "slowest"]
    lines = [_line(name, [r for r in rows if r["system"] == name], noises) for name in systems]
    total = _line("all", rows, noises)
    lines.append([f"**{cell}**" for cell in total])
    table = ["| " + " | ".join(line) + " |" for line in [head, *lines]]
    table.insert(1, "|" + "---|" * len(head))
    beyond = sorted({f"{r['system']} ({law})" for r in rows for law in r["beyond"]})
    if beyond:
        table += ["", "Known laws that no library of such terms holds: " + ", ".join(beyond) + "."]
    return "\n".join(table)


def _line(name: str, rows: list[Mapping[str, Any]], noises: list[float]) -> list[str]:
    found = sum(int(r["found"]) for r in rows)
    shares = []
    for noise in noises:
        at = [r for r in rows if float(r["noise"]) == noise]
        shares.append(f"{sum(int(r['found']) for r in at)} / {sum(int(r['known']) for r in at)}")
    return [
        name,
        *shares,
        f"{sum(int(r['right']) for r in rows)} / {found}" if found else "",
        str(sum(int(r["false"]) + int(r["false_in_control"]) for r in rows)),
        f"{max(float(r['seconds']) for r in rows):.2f} s",
    ]


def put(text: str, name: str, block: str) -> str:
    """`text` with the block called `name` replaced."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"README.md has no block <!-- {name} -->")
    return pattern.sub(lambda m: f"{m[1]}\n{block}\n\n{m[2]}", text)


def held(text: str, name: str) -> str:
    """What the block called `name` holds now."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    return found[1].strip() if found else ""


def same(old: str, new: str) -> bool:
    """Whether two texts say the same: the same words, numbers alike to a few per cent.

    >>> same("E = 1.00 au", "E = 1.01 au"), same("E = 1 au", "E = 2 au"), same("a", "b")
    (True, False, False)
    """
    split = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?|[^\W\d]+")
    a, b = split.findall(old), split.findall(new)
    return len(a) == len(b) and all(_alike(*pair) for pair in zip(a, b, strict=True))


def _alike(a: str, b: str) -> bool:
    try:
        return math.isclose(float(a), float(b), rel_tol=LAST_DIGITS)
    except ValueError:
        return a == b


def main() -> int:
    """Write the blocks, or check the planets'."""
    options = argparse.ArgumentParser(description="Refresh the README's measured blocks.")
    options.add_argument("--check", action="store_true", help="change nothing; 1 where stale")
    check = options.parse_args().check
    text, fresh = README.read_text(encoding="utf-8"), planets()
    if check:
        if same(held(text, "planets"), fresh):
            return 0
        print(f"README.md is stale: run python tools/readme.py\n{fresh}", file=sys.stderr)
        return 1
    text = put(text, "planets", fresh)
    if RECORDS.exists():
        rows = json.loads(RECORDS.read_text(encoding="utf-8"))["rows"]
        text = put(text, "laws-bench", law_benchmark(rows))
    README.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
