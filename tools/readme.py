"""Refresh the measured blocks of README and docs from real runs, or check that they are true.

    python tools/readme.py            write them
    python tools/readme.py --check    leave with 1 where a block says something else

A block lies between `<!-- name -->` and `<!-- /name -->`. `planets` is what
`lawful discover planets` prints. The tables come from what the benchmarks recorded in
`bench/`; see `tables`.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tables import TABLES

HOUSE = Path(__file__).resolve().parent.parent
README = HOUSE / "README.md"
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


def put(text: str, name: str, block: str) -> str:
    """`text` with the block called `name` replaced."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"there is no block <!-- {name} --> that ends")
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


def refreshed(page: Path) -> str:
    """A page's text with its tables made anew from the benchmarks' records."""
    text = page.read_text(encoding="utf-8")
    for name, (record, table) in TABLES.items():
        if f"<!-- {name} -->" in text:
            recorded = (HOUSE / "bench" / record).read_text(encoding="utf-8")
            text = put(text, name, table(json.loads(recorded)))
    return text


def main() -> int:
    """Write the blocks, or check them."""
    options = argparse.ArgumentParser(description="Refresh the measured blocks of README and docs.")
    options.add_argument("--check", action="store_true", help="change nothing; 1 where stale")
    check = options.parse_args().check
    pages = {page: refreshed(page) for page in (README, *sorted((HOUSE / "docs").glob("*.md")))}
    fresh = planets()
    stale = [str(p.relative_to(HOUSE)) for p, text in pages.items() if text != p.read_text("utf-8")]
    if not same(held(pages[README], "planets"), fresh):
        stale.append(f"README.md\n{fresh}")
    if check and stale:
        print("stale: run python tools/readme.py for " + ", ".join(stale), file=sys.stderr)
    if check:
        return int(bool(stale))
    pages[README] = put(pages[README], "planets", fresh)
    for page, text in pages.items():
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
