"""Pictures of every view of the studio, dark, light and on a phone, for the docs.

    python tools/screenshots.py [--out docs/_static/studio] [--only VIEW …] [--folder RUNS]

Makes a folder of runs with the commands in `RUNS` (or takes one that is there), opens the
studio on it and looks at each view in a Chromium without a screen. The pictures hold 256
colours, which a page like this needs not exceed.
"""

import argparse
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from shutil import which

from rich.console import Console

RUNS = (
    "simulate spring --runs 40 --samples 200 --noise 0.01 --out spring.csv",
    "simulate orbit --runs 40 --samples 300 --out orbit.nc",
    "discover orbit.nc --out orbit-laws",
    "learn moons --layers 2-8-8-1 --activation tanh --seeds 2 --no-pictures --out moons",
    "remember digits --tasks 4 --seeds 2 --samples 600 --out memory",
    "train spring --runs 200 --epochs 20 --out spring-network",
    "discover spring-network --method physicsnet --out spring-formulas",
)
# Of which run each view is shown, and what is pressed before the picture; seconds to wait.
VIEWS = {
    "start": ("", (), 1.0),
    "network": ("~/network", (" ",), 6.0),
    "training": ("~/training", (" ",), 6.0),
    "field": ("~/field", (" ",), 5.0),
    "trajectory": ("orbit-laws/trajectory", (" ",), 4.0),
    "energy": ("orbit-laws/energy", (), 2.0),
    "latent": ("spring-network/latent", (), 2.5),
    "equations": ("orbit-laws/equations", (), 2.0),
    "pareto": ("spring-formulas/equations", (), 2.5),
    "memory": ("memory/memory", (), 2.0),
    "both": ("orbit-laws/trajectory+energy", (), 3.0),
}
LOOKS = {
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}
HEADLESS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update",
            "--disable-sync"]  # fmt: skip


def made(folder: Path, out: Console) -> None:
    """Fill a folder with runs; what is there already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for words in RUNS:
        if not (folder / words.split()[-1]).exists():
            out.print(f"lawful {words}")
            command = [sys.executable, "-m", "lawful", *words.split()]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)


def taken(folder: Path, place: Path, only: list[str], out: Console) -> None:
    """A picture of each view in each look."""
    from playwright.sync_api import sync_playwright

    from lawful.web.server import served

    browser_path = which("chromium") or which("chromium-browser") or which("google-chrome")
    with served(folder, port=0) as studio, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=HEADLESS)
        for look, options in LOOKS.items():
            context = browser.new_context(**options)
            page = context.new_page()
            page.goto(studio.url)
            for name, (where, keys, seconds) in VIEWS.items():
                if only and name not in only:
                    continue
                page.goto("about:blank")
                page.goto(f"{studio.url.split('/?')[0]}/#/{where}")
                page.wait_for_timeout(1500)
                for key in keys:
                    page.keyboard.press(key)
                page.wait_for_timeout(1000 * seconds)
                written(page.screenshot(), place / f"{name}-{look}.png")
                out.print(f"{name}-{look}.png")
            context.close()
        browser.close()


def written(png: bytes, place: Path) -> None:
    """A picture with a palette: a third of the size, and nothing the eye misses."""
    from PIL import Image

    picture = Image.open(BytesIO(png)).convert("RGB").quantize(256)
    picture.save(place, optimize=True)


def main() -> None:
    """Make them all, or some."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("docs/_static/studio"))
    parser.add_argument("--only", nargs="*", default=[], choices=list(VIEWS), metavar="VIEW")
    parser.add_argument("--folder", type=Path, help="a folder of runs, made where it is not there")
    options = parser.parse_args()
    out = Console()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as fresh:
        folder = options.folder or Path(fresh)
        made(folder, out)
        taken(folder, options.out, options.only, out)


if __name__ == "__main__":
    main()
