"""Sphinx settings; the catalogue and the command reference are made from the package itself."""

import atexit
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from numpy.typing import ArrayLike, NDArray
from sphinx.util.typing import stringify_annotation

import lawful

project = "Lawful"
author = "The Lawful developers"
copyright = "2026, The Lawful developers"
release = version = lawful.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build", "jupyter_execute", "**.ipynb_checkpoints"]
nitpicky = False
suppress_warnings = ["myst.header"]  # generated pages start at the level their page asks for

html_math_renderer = "mathml"  # pages need no network and no script to show equations
html_theme = "furo"
html_title = "Lawful"
html_static_path = ["_static"]
html_css_files = ["lawful.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1b4f72", "color-brand-content": "#1b6ca8"},
    "dark_css_variables": {"color-brand-primary": "#9ccbee", "color-brand-content": "#7db8e0"},
}

myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "attrs_inline"]
myst_heading_anchors = 3

# Every page's code runs at each build, in an empty folder, as a reader would run it.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True

default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = True
napoleon_google_docstring = False

# Pages call `lawful` as a shell would; what it prints goes on the page without colours.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
os.environ.update(NO_COLOR="1", COLUMNS="88", TERM="dumb")
# The reader's own IPython settings have no say. Kernels are quiet, and `%%bash` prints what the
# commands print, once they are done and without colours; a command that fails fails the build.
_ipython = Path(tempfile.mkdtemp(prefix="lawful-docs-"))
atexit.register(shutil.rmtree, _ipython, ignore_errors=True)
(_ipython / "profile_default" / "startup").mkdir(parents=True)
(_ipython / "profile_default" / "ipython_kernel_config.py").write_text(
    "c = get_config()\nc.IPKernelApp.log_level = 'ERROR'\n", encoding="utf-8"
)
shutil.copy(Path(__file__).with_name("_shell.py"), _ipython / "profile_default" / "startup")
os.environ["IPYTHONDIR"] = str(_ipython)
logging.getLogger("traitlets").setLevel(logging.WARNING)


def _run(*arguments):
    done = subprocess.run(
        ["lawful", *arguments], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def commands():
    """The names of the commands, as `lawful --help` lists them."""
    table = re.compile(r"^[│|] ([a-z][\w-]+) {2,}", re.MULTILINE)
    return table.findall(_run("--help"))


def command_reference():
    """Every command's own help, a section each."""
    parts = [f"```text\n{_run('--help')}\n```"]
    for name in commands():
        parts += [f"## lawful {name}", f"```text\n{_run(name, '--help')}\n```"]
    return "\n\n".join(parts)


def catalogue():
    """A section for each system, from its own definition."""
    from lawful.systems import names, system

    return "\n\n".join(_entry(system(name)) for name in names())


def _entry(one):
    parts = [f"## {one.name}", f"**{one.title}.** {one.description}".rstrip(), _equations(one)]
    if one.parameters:
        rows = [f"| `{p.name}` | {p.value:g} | {p.units} | {p.meaning} |" for p in one.parameters]
        parts.append("\n".join(["| parameter | value | unit | |", "|---|---|---|---|", *rows]))
    parts.append(_quantities("Conserved", one.invariants) or "Nothing is known to be conserved.")
    parts.append(_quantities("The same in every run", one.constraints))
    parts.append(_quantities("Conserved nearly, in a limit", one.adiabatic))
    if one.beyond:
        parts.append("Outside the library of terms: " + ", ".join(one.beyond) + ".")
    parts.append(f"*Source:* {one.source}")
    return "\n\n".join(part for part in parts if part)


def _equations(one):
    lines = [
        rf"\mathrm{{d}}{_latex(one.symbols[n])}/\mathrm{{d}}t &= {_latex(one.equations[n])}"
        for n in one.names
    ]
    return "$$\n\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}\n$$"


def _quantities(heading, expressions):
    rows = [f"- {name}: ${_latex(formula)}$" for name, formula in expressions.items()]
    return "\n".join([f"{heading}:\n", *rows]) if rows else ""


def _latex(expression):
    """LaTeX in which `vx1` is a component and `length` a word, not products of letters."""
    from sympy import latex

    names = {}
    for symbol in expression.free_symbols:
        component = re.fullmatch(r"([vpwL])([xyzr]|theta|phi)(\d*)", symbol.name)
        if component:
            axis = component[2] if len(component[2]) == 1 else f"\\{component[2]} "
            names[symbol] = f"{component[1]}_{{{axis}{component[3]}}}"
        elif latex(symbol) == symbol.name and len(symbol.name) > 1:
            names[symbol] = rf"\mathrm{{{symbol.name}}}"
    return latex(expression, symbol_names=names, mul_symbol=r"\,")


def _fill(app, page, source):
    for name, make in (("commands", command_reference), ("catalogue", catalogue)):
        mark = f"<!-- {name} -->"
        if mark in source[0]:
            source[0] = source[0].replace(mark, make())


def _plain(app, what, name, thing, options, lines):
    """Bars, trailing underscores and the star of (batch, *grid) are mathematics, not markup."""
    for k, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = line.split("`")
            markup = r"\||(?<=\w)_(?!\w)|(?<=, )\*(?=\w+\))"
            parts[::2] = [re.sub(markup, r"\\\g<0>", part) for part in parts[::2]]
            lines[k] = "`".join(parts)


def _short(app, what, name, thing, options, signature, returned):
    """Arrays by name in a signature, not by all that NumPy accepts for one."""
    arrays = {stringify_annotation(ArrayLike, "smart"): "ArrayLike"}
    arrays[stringify_annotation(NDArray[np.float64], "smart")] = "NDArray"
    for long, word in arrays.items():
        signature = signature and signature.replace(long, word)
        returned = returned and returned.replace(long, word)
    return signature, returned


def _inline_math(writer, node):
    writer.body.append(tex2mathml(node.astext()))
    raise SkipNode


def _block_math(writer, node):
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    writer.body.append(tex2mathml(node.astext(), as_block=True) + "</div>\n")
    raise SkipNode


def setup(app):
    """Fill the generated pages when they are read; leave mathematics in docstrings alone."""
    app.add_html_math_renderer("mathml", (_inline_math, None), (_block_math, None))
    app.connect("source-read", _fill)
    app.connect("autodoc-process-docstring", _plain)
    app.connect("autodoc-process-signature", _short)
    return {"parallel_read_safe": False}
