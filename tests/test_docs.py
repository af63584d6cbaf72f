"""Words for users are true: every example of the README and the docs is run."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HOUSE = Path(__file__).resolve().parent.parent
PAGES = [HOUSE / "README.md", HOUSE / "CONTRIBUTING.md", *sorted((HOUSE / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
SHELLS = {"console", "bash"}


def shown(path):
    return str(path.relative_to(HOUSE))


def blocks(path, *kinds):
    """The fenced blocks of some kinds, with everything between their fences."""
    text = path.read_text(encoding="utf-8")
    return [m["code"] for m in FENCE.finditer(text) if m["kind"].split(" ")[0] in kinds]


def shell_lines(path):
    """The calls of `lawful` in shell blocks, and the exit code that a comment promises."""
    for code in blocks(path, *SHELLS):
        for line in code.splitlines():
            command, _, comment = line.removeprefix("$ ").partition("  #")
            if command.startswith("lawful "):
                promise = re.search(r"exit code (\d+)", comment)
                yield command, int(promise[1]) if promise else 0


def cells(path):
    return [
        "\n".join(line for line in code.splitlines() if not line.startswith((":tags:", ":mystnb:")))
        for code in blocks(path, "{code-cell}")
    ]


def lawful(command):
    """Run one call of `lawful` in this process; its exit code."""
    from lawful.cli import main

    try:
        return main(shlex.split(command)[1:]) or 0
    except SystemExit as end:
        return end.code or 0


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """An empty folder with a reader's own file: a spring, 30 trials, one per cent noise."""
    rng = np.random.default_rng(7)
    t = np.linspace(0.0, 12.0, 150)
    amplitude, phase = rng.uniform(0.5, 2.0, (30, 1)), rng.uniform(0, 2 * np.pi, (30, 1))
    x, v = amplitude * np.cos(t + phase), -amplitude * np.sin(t + phase)
    x, v = (a + 0.01 * a.std() * rng.standard_normal(a.shape) for a in (x, v))
    rows = [
        f"{trial},{t[k]:.6f},{x[trial, k]:.6f},{v[trial, k]:.6f}"
        for trial in range(30)
        for k in range(t.size)
    ]
    (tmp_path / "my.csv").write_text("\n".join(["trial,t,x,v", *rows]) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    # `lawful open` stays until it is ended; here it is made ready, and ends at once.
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    monkeypatch.setattr("webbrowser.open", lambda _: True)
    return tmp_path


# ---------------------------------------------------------------- examples run


@pytest.mark.parametrize("path", [p for p in PAGES if list(shell_lines(p))], ids=shown)
def test_commands_on_the_page_run(path, desk, capsys):
    for command, promised in shell_lines(path):
        code = lawful(command)
        heard = capsys.readouterr()
        assert code == promised, f"{command}\nleft with {code}, not {promised}\n{heard.err}"
        assert "Traceback" not in heard.err
        assert heard.out.strip() or "--out" in command, f"{command} said nothing"


@pytest.mark.parametrize("path", [p for p in PAGES if cells(p)], ids=shown)
def test_cells_on_the_page_run(path, desk, monkeypatch):
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    namespace = {"__name__": "page"}
    for cell in cells(path):
        if not cell.startswith("%%bash"):
            exec(compile(cell, shown(path), "exec"), namespace)  # noqa: S102
            continue
        for line in cell.splitlines()[1:]:
            if line.startswith("lawful "):
                assert lawful(line) == 0, line
            elif line:
                subprocess.run(shlex.split(line), check=True, capture_output=True)


@pytest.mark.parametrize("path", [p for p in PAGES if blocks(p, "python")], ids=shown)
def test_python_on_the_page_is_true(path, desk):
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    source = "\n".join(blocks(path, "python"))
    assert ">>>" in source, "examples in Python show what they give"
    said = []
    runner.run(parser.get_doctest(source, {}, shown(path), None, 0), out=said.append)
    assert runner.failures == 0, "".join(said)


def test_what_the_planets_say_on_the_readme_is_what_they_say():
    done = subprocess.run(
        [sys.executable, str(HOUSE / "tools" / "readme.py"), "--check"],
        env={**os.environ, "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- names are true


def commands():
    """The commands that the program has, from its own help."""
    code = "from lawful.cli import main; main(['--help'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = set(re.findall(r"^[│|] ([a-z][a-z-]+) {2,}", done.stdout, re.MULTILINE))
    assert found, done.stdout + done.stderr
    return found


def test_every_command_is_documented_and_every_documented_command_exists():
    words = "\n".join(p.read_text(encoding="utf-8") for p in PAGES)
    called = r"(?:^\$ |^|`)lawful ([a-z][a-z-]*)\b"
    named = set(re.findall(called, "\n".join(_code(words)), re.MULTILINE))
    assert named == commands()


def _code(words):
    """Fenced blocks and inline code, where a command would stand."""
    yield from (m["code"] for m in FENCE.finditer(words))
    yield from (f"`{code}`" for code in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", words))


def test_every_target_named_exists():
    makefile = (HOUSE / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    words = "\n".join(p.read_text(encoding="utf-8") for p in PAGES)
    named = set(re.findall(r"(?:^|`)make ([a-z]+)\b", "\n".join(_code(words)), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_links_lead_somewhere(path):
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    local = [t for t in targets if not t.startswith(("http://", "https://", "mailto:"))]
    assert [t for t in local if not (path.parent / t).exists()] == []


def test_every_page_is_in_the_table_of_contents():
    index = (HOUSE / "docs" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([a-z-]+)$", index, re.MULTILINE))
    assert {p.stem for p in (HOUSE / "docs").glob("*.md")} - {"index"} <= listed
