"""The rules of the house: floors, light imports, safe code, one version, words for all."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
SOURCE = HOUSE / "src" / "lawful"
MODULES = sorted(SOURCE.rglob("*.py"))
HEAVY = ("torch", "matplotlib", "pandas", "sympy", "scipy", "xarray", "starlette", "pint", "dask")
TEXT = {".py", ".md", ".toml", ".txt", ".cff", ".yaml", ".yml", ".cfg", ".sh", ".json", ""}
UNKEPT = {".git", ".venv", "__pycache__", "_build", "jupyter_execute", "build", "dist"}


def shown(path):
    return str(path.relative_to(HOUSE))


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def project():
    return tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))


def kept_files():
    """Every text file of the repository, without what is built or installed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        files = [HOUSE / line for line in listed.stdout.splitlines()]
    else:  # a release unpacked without git
        files = [p for p in HOUSE.rglob("*") if not UNKEPT & set(p.relative_to(HOUSE).parts)]
    return [p for p in files if p.is_file() and p.suffix in TEXT]


# ---------------------------------------------------------------- floors and weight


def test_no_file_imports_from_a_floor_above():
    pytest.importorskip("importlinter", reason="lawful[lint] checks the floors")
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("statement", ["import lawful", "import lawful; dir(lawful)"])
def test_import_is_light(statement):
    code = f"import sys; {statement}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_is_light():
    heavy = ("torch", "matplotlib", "pandas", "sympy", "scipy", "xarray")
    code = (
        "import sys\nfrom lawful.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "[]"


def test_every_public_name_is_there():
    import lawful

    for name in lawful.__all__:
        assert getattr(lawful, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'law'"):
        _ = lawful.law


# ---------------------------------------------------------------- names, words, safety


@pytest.mark.parametrize("word", ["utils", "helpers", "base", "manager", "common"])
def test_files_are_named_for_what_they_know(word):
    assert [shown(p) for p in SOURCE.rglob("*") if word in p.stem.split("_")] == []


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_every_module_and_public_name_has_words(path):
    module = tree(path)
    assert ast.get_docstring(module), f"{shown(path)} has no docstring"
    silent = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for node in _public(module.body)
        if not ast.get_docstring(node)
    ]
    assert silent == []


def _public(body):
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_nothing_runs_what_a_user_wrote(path):
    """No pickle, no eval, no exec, and no sympify, which calls eval."""
    words = {"eval", "exec", "sympify", "parse_expr", "compile", "__import__"}
    modules = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
    found = []
    for node in ast.walk(tree(path)):
        match node:
            case ast.Import():
                names = {alias.name.split(".")[0] for alias in node.names} & modules
            case ast.Call(func=ast.Attribute(attr="load", value=ast.Name(id="joblib" | "torch"))):
                names = {"load"}
            case ast.ImportFrom():
                names = {(node.module or "").split(".")[0]} & modules
                names |= {alias.name for alias in node.names} & (words - {"compile"})
            case ast.Call(func=ast.Name(id=name)):
                names = {name} & words
            case ast.Call(func=ast.Attribute(attr=name, value=ast.Name(id="sp" | "sympy"))):
                names = {name} & words and _untrusted(node)
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                names = {"allow_pickle=True"}
            case _:
                names = set()
        found += [f"{shown(path)}:{node.lineno} {name}" for name in sorted(names)]
    assert found == []


def _untrusted(call):
    """`sympy.sympify(x)` is safe for what is no text, and says so with strict=True."""
    strict = any(k.arg == "strict" and ast.unparse(k.value) == "True" for k in call.keywords)
    return set() if strict else {ast.unparse(call.func)}


def test_np_load_never_unpickles():
    loads = [
        (shown(path), ast.unparse(node))
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load")
    ]
    assert [pair for pair in loads if "allow_pickle=False" not in pair[1]] == []


def test_the_repository_names_no_machine():
    places = ["work", "home/[a-z]", "root", "Users/[A-Za-z]", "tmp/[a-z]", "opt/[a-z]"]
    pattern = re.compile(r"(?<![\w.:/~-])/(?:" + "|".join(places) + r")\b")
    found = [
        f"{shown(path)}:{number} {line.strip()[:80]}"
        for path in kept_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


# ---------------------------------------------------------------- one version, true extras


def test_one_version_everywhere():
    import lawful

    version = project()["project"]["version"]
    assert lawful.__version__ == version
    citation = (HOUSE / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(rf'^version: "?{re.escape(version)}"?$', citation, re.MULTILINE)
    changes = (HOUSE / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[0] == version


def extras_named_in_source():
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("missing_extra"):
                yield shown(path), [ast.literal_eval(argument) for argument in node.args[1:]]


def test_every_extra_named_in_an_error_exists():
    extras = project()["project"]["optional-dependencies"]
    assert [pair for pair in extras_named_in_source() if not set(pair[1]) <= set(extras)] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_extra_named_in_the_words_exists(page):
    extras = project()["project"]["optional-dependencies"]
    text = (HOUSE / page).read_text(encoding="utf-8")
    named = {name for group in re.findall(r"lawful\[([\w,]+)\]", text) for name in group.split(",")}
    assert named <= set(extras)


def test_constraints_pin_every_direct_dependency():
    lines = (HOUSE / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []
    pinned = {normal(pin.partition("==")[0]) for pin in pins}
    tables = project()["project"]
    wanted = {
        normal(re.match(r"[\w.-]+", requirement)[0])
        for group in [tables["dependencies"], *tables["optional-dependencies"].values()]
        for requirement in group
    }
    assert wanted - pinned <= {"lawful"}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_makefile_says_what_it_makes():
    text = (HOUSE / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test", "lint", "docs", "bench", "clean", "help"):
        assert re.search(rf"^{target}:.*## ", text, re.MULTILINE), target
