"""The widgets where they live: in a real JupyterLab, and in marimo as a script."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from notebooks import Lab, lab

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATIENCE = 30_000
# How many colours a canvas has, and it is remembered; the share of it that has changed since.
SEEN = """(canvas) => {
  window.changed = () => 1;
  if (!canvas.width || !canvas.height) return 0;
  const read = () => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const first = window.first = read();
  window.changed = () => {
    const now = read();
    if (now.length !== first.length) return 1;
    let count = 0;
    for (let k = 0; k < now.length; k += 4) count += Math.abs(now[k] - first[k]) > 8;
    return (4 * count) / now.length;
  };
  const colours = new Set();
  for (let k = 0; k < first.length; k += 4) colours.add(first.slice(k, k + 4).join());
  return colours.size;
}"""
READY = """(name) => {
  const shown = window.jupyterapp?.shell.currentWidget;
  return shown?.context?.path === name && shown.sessionContext.isReady;
}"""
CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.cells.length"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Lab]:
    """JupyterLab with our notebook, and one that shows the same widget twice."""
    folder, settings = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("settings")
    shutil.copy(EXAMPLES / "studio.ipynb", folder)
    twice = nbformat.v4.new_notebook()
    twice.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    made = "from lawful.widgets import NetworkView\nview = NetworkView(theme='dark')\nview"
    after = "view.session.playing, view.session.moment.step"
    twice.cells = [nbformat.v4.new_code_cell(text) for text in (made, "view", after)]
    nbformat.write(twice, folder / "twice.ipynb")
    with lab(folder, settings) as one:
        yield one


def at_rest(page, canvas) -> None:
    """Wait until a canvas is drawn and does not change any more; then it is remembered."""
    end = time.monotonic() + PATIENCE / 1000
    while True:
        colours = canvas.evaluate(SEEN)
        page.wait_for_timeout(300)
        changed = page.evaluate("changed()")
        if colours > 20 and changed == 0:
            return
        assert time.monotonic() < end, f"{colours} colours, {changed:.0%} of it changing"


def run_all(page, running: Lab, notebook: str) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(running.of(notebook))
    page.wait_for_function(READY, arg=notebook)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")


def test_a_network_learns_in_jupyterlab_and_its_boundary_moves(pages, running, axe):
    page = pages(size=(1400, 1000))
    run_all(page, running, "studio.ipynb")
    view = page.locator(".network-view").first
    boundary = view.locator(".map-panel canvas.base")
    boundary.scroll_into_view_if_needed()
    at_rest(page, boundary)
    view.get_by_role("button", name="Play").click()
    page.wait_for_function("() => changed() > 0.2")
    view.get_by_role("button", name="Pause").click()
    assert axe(page, within=".network-view") == []


def test_every_cell_of_the_example_shows_its_view(pages, running):
    page = pages(size=(1400, 1000))
    run_all(page, running, "studio.ipynb")
    for name in ("network", "training", "trajectory", "energy", "latent", "equations", "field"):
        page.locator(f".{name}-view").first.wait_for(state="attached")
    page.wait_for_function("() => !document.querySelector('.jp-mod-active .jp-InputPrompt *')")
    errors = page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']")
    assert errors.all_inner_texts() == []
    assert page.locator(".lawful .trouble:visible").all_inner_texts() == []


def test_one_widget_twice_is_one_training_with_two_pictures(pages, running):
    page = pages(size=(1400, 1000))
    run_all(page, running, "twice.ipynb")
    views = page.locator(".network-view")
    views.nth(1).wait_for()
    assert page.locator(".lawful[data-theme='dark']").count() >= 2
    views.nth(0).get_by_role("button", name="Step", exact=True).click()
    for k in range(2):
        views.nth(k).scroll_into_view_if_needed()
        page.wait_for_function(
            "k => /step\\s*1\\b/.test(document.querySelectorAll('.network-view')[k].innerText)",
            arg=k,
        )


def test_the_keys_of_a_view_are_not_those_of_the_notebook(pages, running):
    page = pages(size=(1400, 1000))
    run_all(page, running, "twice.ipynb")
    view = page.locator(".network-view").first
    view.get_by_role("button", name="Step", exact=True).click()
    cells = page.evaluate(CELLS)
    for key in "ddbs":  # in JupyterLab: delete the cell, a cell below, save
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.evaluate(CELLS) == cells
    page.wait_for_function(
        "() => !/seed 0\\b/.test(document.querySelector('.network-view').innerText)"
    )


def test_the_example_for_marimo_runs_as_a_script():
    words = [sys.executable, str(EXAMPLES / "studio_marimo.py")]
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
