r"""A view with all that it imports, as one module; and its styles, as one sheet.

    views/energy.js -> lib/chart.js -> vendor/uplot/uPlot.esm.js   =>   one text

A notebook and a page on disk take one text where the dashboard takes many files. Each
module becomes the body of a function that gives back what it exports, in the order in which
they need one another. Our own modules use a part of the language on purpose; what is beyond
it (cycles, `export *`, `export let`, `import()`, `import.meta`, `await` outside a function)
is refused, never guessed. A vendored `NAME.min.js` is a script of its own, which sets
`globalThis.NAME`.
"""

import base64
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from lawful.refusal import Refusal
from lawful.web.imports import Module, understood

STATIC = Path(__file__).with_name("static")
SCRIPT = ".min.js"
_THEME = "theme.css"
_URL = re.compile(r"url\((fonts/[\w.-]+)\)\s*format\(\"(\w+)\"\)\s*,?")


@cache
def module(entry: str, root: Path = STATIC, text: str | None = None) -> str:
    """An ES module without imports that exports what `entry` exports.

    Parameters
    ----------
    entry
        A path inside `root`: "views/energy.js".
    root
        Where the modules are.
    text
        The text of the entry, where it is in no file.

    Raises
    ------
    Refusal
        For what the inliner does not understand, with the file and the line.

    Examples
    --------
    >>> text = module("lib/format.js")
    >>> "import" in text, text.splitlines()[-1][:41]
    (False, 'export { $number as number, $count as cou')
    """
    ordered, scopes = _bundled((entry,), root, text)
    names = list(ordered[entry].exports)
    given = ", ".join(f"{name}: ${name}" for name in names)
    shown = ", ".join(f"${name} as {name}" for name in names)
    last = f"const {{ {given} }} = {_scope(ordered, entry)};\nexport {{ {shown} }};\n"
    return scopes + (last if names else "export {};\n")


@cache
def script(entries: tuple[str, ...], root: Path = STATIC) -> str:
    """A script whose value is an object: what each of `entries` exports, by its path.

    What two of them import is there once.

    Examples
    --------
    >>> script(("lib/format.js",)).splitlines()[-2:]
    ['return { "lib/format.js": lawful$0 };', '})()']
    """
    ordered, scopes = _bundled(entries, root)
    given = ", ".join(f'"{entry}": {_scope(ordered, entry)}' for entry in entries)
    return f'(() => {{ "use strict";\n{scopes}return {{ {given} }};\n}})()\n'


@cache
def styles(entries: tuple[str, ...], root: Path = STATIC) -> str:
    """The theme, and the style sheet beside each module that is used; fonts are inside.

    Raises
    ------
    Refusal
        For a sheet that would fetch something.

    Examples
    --------
    >>> ".lawful" in styles(("lib/chart.js",)), ".uplot" in styles(("lib/chart.js",))
    (True, True)
    """
    ordered, _ = _bundled(entries, root)
    sheets = [root / _THEME] if (root / _THEME).is_file() else []
    for name in ordered:
        if name.startswith("vendor/"):
            sheets += sorted((root / name).parent.glob("*.css"))
        elif (sheet := (root / name).with_suffix(".css")).is_file():
            sheets.append(sheet)
    return "\n".join(_sheet(place, root) for place in dict.fromkeys(sheets)) + "\n"


def _sheet(place: Path, root: Path) -> str:
    """A style sheet with its fonts in it; of several formats the first that is there."""

    def font(match: re.Match[str]) -> str:
        file = place.parent / match[1]
        if not file.is_file():
            return ""
        data = base64.b64encode(file.read_bytes()).decode("ascii")
        return f'url(data:font/{match[2]};base64,{data}) format("{match[2]}"),'

    text = _URL.sub(font, place.read_text(encoding="utf-8"))
    text = re.sub(r",(?=[;}])", "", text)
    beyond = re.search(r"url\((?!\s*[\"']?(?:data:|#))[^)]*\)|@import[^;]*", text)
    if beyond:
        name = place.relative_to(root).as_posix()
        raise Refusal(f"{name}: {beyond[0][:80]}", "a sheet that fetches nothing")
    return text


# ------------------------------------------------------------------------ many into one


def _bundled(
    entries: tuple[str, ...], root: Path, text: str | None = None
) -> tuple[dict[str, Module], str]:
    """The modules in the order in which they need one another, and their scopes."""
    ordered: dict[str, Module] = {}
    for entry in entries:
        _gather(entry, root, ordered, (), text)
    for one in ordered.values():
        _check_names(one, ordered)
    return ordered, "".join(_written(name, ordered) for name in ordered)


def _gather(
    name: str,
    root: Path,
    ordered: dict[str, Module],
    above: tuple[str, ...],
    text: str | None = None,
) -> None:
    if name in ordered:
        return
    if name in above:
        circle = " -> ".join([*above[above.index(name) :], name])
        raise Refusal(f"modules in a circle: {circle}", "none", "move what both need to a third")
    if text is None:
        text = _text(name, root, above)
    read = Module(name, text) if _is_script(name) else understood(text, name)
    for needed in read.needs:
        _gather(needed, root, ordered, (*above, name))
    ordered[name] = read


def _text(name: str, root: Path, above: tuple[str, ...]) -> str:
    if not (root / name).is_file():
        by = f", which {above[-1]} imports" if above else ""
        raise Refusal(f"no module {name!r}{by}", "a file of the package")
    return (root / name).read_text(encoding="utf-8")


def _is_script(name: str) -> bool:
    return name.startswith("vendor/") and name.endswith(SCRIPT)


def _check_names(one: Module, ordered: Mapping[str, Module]) -> None:
    """A name that is imported must be exported; a browser would say so, a function would not."""
    wanted = [(source, name) for source, names in one.imports for name in names if name != "*"]
    wanted += [given for given in one.exports.values() if isinstance(given, tuple)]
    for source, name in wanted:
        exported = ordered[source].exports
        if name not in exported:
            there = ", ".join(exported) or "nothing"
            raise Refusal(f"{one.name} imports {name!r} from {source}", f"one of {there}")


def _scope(ordered: Mapping[str, Module], name: str) -> str:
    return f"lawful${list(ordered).index(name)}"


def _written(name: str, ordered: Mapping[str, Module]) -> str:
    """A module as a function that is called once."""
    one, scope = ordered[name], _scope(ordered, name)
    if _is_script(name):
        # Loaders of other kinds (AMD, CommonJS) are hidden, so that it sets its global name.
        inner = f"(function (exports, module, define) {{\n{one.body}\n}}).call(globalThis);"
        return f"// {name}\n{inner}\nconst {scope} = {{}};\n"
    lines = [f"// {name}", f"const {scope} = (() => {{"]
    for source, names in one.imports:
        held = _scope(ordered, source)
        if "*" in names:
            lines.append(f"const {names['*']} = {held};")
        elif names:
            inside = ", ".join(k if k == v else f"{k}: {v}" for k, v in names.items())
            lines.append(f"const {{ {inside} }} = {held};")
    given = ", ".join(
        f"{key}: {_scope(ordered, held[0])}.{held[1]}"
        if isinstance(held, tuple)
        else f"{key}: {held}"
        for key, held in one.exports.items()
    )
    return "\n".join([*lines, one.body.strip("\n"), f"return {{ {given} }};", "})();"]) + "\n"
