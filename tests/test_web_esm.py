"""Many modules as one text: what is understood, what is refused, what is left of it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.refusal import Refusal
from lawful.web import esm
from lawful.web.imports import understood
from lawful.web.javascript import words

OURS = sorted(
    place.relative_to(esm.STATIC).as_posix()
    for folder in ("lib", "views")
    for place in (esm.STATIC / folder).glob("*.js")
)


def texts(code):
    return [(word.kind, word.text) for word in words(code) if word.kind != "sign"]


# -------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("a / b / c", [("name", "a"), ("name", "b"), ("name", "c")]),
        ("x = /[/\"]/g(y)", [("name", "x"), ("pattern", '/[/"]/g'), ("name", "y")]),
        ("return /'/", [("name", "return"), ("pattern", "/'/")]),
        ("f(2) / 3 / g", [("name", "f"), ("number", "2"), ("number", "3"), ("name", "g")]),
        (r"'it\'s' + \"//\" ".replace('\\"', '"'), [("string", r"'it\'s'"), ("string", '"//"')]),
        ("// import a\n/* export\n b */ c", [("name", "c")]),
        ("1e-5 + .5 + 0xff", [("number", "1e-5"), ("number", ".5"), ("number", "0xff")]),
        (r"`\`${a}$ \${b}`", [("template", r"`\`${"), ("name", "a"), ("template", r"}$ \${b}`")]),
        ("`${`${a}`}` / 2", [
            ("template", "`${"), ("template", "`${"), ("name", "a"), ("template", "}`"),
            ("template", "}`"), ("number", "2"),
        ]),
    ],
)  # fmt: skip
def test_words_know_text_from_code(code, found):
    assert texts(code) == found


def test_depth_counts_brackets_and_the_code_of_templates():
    depth = {word.text: word.depth for word in words("a(b[c{`${d({e})}`}])") if word.kind == "name"}
    assert depth == {"a": 0, "b": 1, "c": 2, "d": 4, "e": 6}


@pytest.mark.parametrize("code", ["'abc", '"a\nb"', "`a${b", "`a", "f(", "a]", "(]", "x = /a"])
def test_what_has_no_end_is_refused_with_its_line(code):
    with pytest.raises(Refusal, match=r"x\.js, line 3"):
        words("\n\n" + code.replace("\n", "\\\n", 0), "x.js")


SCRAPS = st.sampled_from(
    [*"(){}[];,./`'\"$\\\n =+*", "${", "//", "/*", "*/", "import", "export", "from", "a", "1"]
)


@given(st.lists(SCRAPS, max_size=30).map("".join))
def test_any_text_is_read_whole_or_refused(code):
    try:
        found = words(code)
    except Refusal:
        return
    last = 0
    for word in found:
        assert code[word.start : word.end] == word.text
        between = code[last : word.start]
        assert re.fullmatch(r"(?:\s|//[^\n]*|/\*.*?\*/)*", between, re.DOTALL), between
        last = word.end


@given(st.lists(SCRAPS, max_size=30).map("".join))
def test_any_module_is_understood_or_refused(code):
    try:
        one = understood(code, "lib/any.js")
    except Refusal:
        return
    assert not [w for w in words(one.body) if w.text in ("import", "export") and w.depth == 0] or (
        ":" in code or "." in code
    )


# ------------------------------------------------------------------- imports and exports


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ('import { a } from "./x.js";', {"a": "a"}),
        ('import { a, b as c, } from "./x.js"', {"a": "a", "b": "c"}),
        ('import {\n  a,\n  b as c\n} from\n  "./x.js";', {"a": "a", "b": "c"}),
        ("import x from './x.js';", {"default": "x"}),
        ('import x, { a as b } from "./x.js";', {"default": "x", "a": "b"}),
        ('import * as all from "./x.js";', {"*": "all"}),
        ('import "./x.js";', {}),
        ('import{a}from"./x.js";', {"a": "a"}),
    ],
)
def test_imports(statement, names):
    one = understood(f"// first\n{statement}\nconst import_ = {{ import: 1 }}.import;", "lib/y.js")
    assert one.imports == [("lib/x.js", names)]
    assert one.body.split("\n")[0] == "// first"
    assert one.body.rstrip().endswith("const import_ = { import: 1 }.import;")
    assert "./x.js" not in one.body


@pytest.mark.parametrize(
    ("statement", "exports", "left"),
    [
        ("export const a = 1;", {"a": "a"}, "const a = 1;"),
        ("export function f() {}", {"f": "f"}, "function f() {}"),
        ("export async function f() {}", {"f": "f"}, "async function f() {}"),
        ("export function* f() {}", {"f": "f"}, "function* f() {}"),
        ("export class A {}", {"A": "A"}, "class A {}"),
        ("export default { a };", {"default": "lawful$default"}, "const lawful$default = { a };"),
        ("export default function f() {}", {"default": "f"}, "function f() {}"),
        ("export default class A extends B {}", {"default": "A"}, "class A extends B {}"),
        (
            "export default function () {}",
            {"default": "lawful$default"},
            "const lawful$default = function () {}",
        ),
        (
            "export default class extends B {}",
            {"default": "lawful$default"},
            "const lawful$default = class extends B {}",
        ),
        (
            "export default async (x) => x",
            {"default": "lawful$default"},
            "const lawful$default = async (x) => x",
        ),
        ("export { a, b as c, d as default };", {"a": "a", "c": "b", "default": "d"}, ""),
        ('export { a as b } from "./x.js";', {"b": ("lib/x.js", "a")}, ""),
    ],
)
def test_exports(statement, exports, left):
    one = understood(statement, "lib/y.js")
    assert one.exports == exports
    assert one.body == left


@pytest.mark.parametrize(
    "code",
    [
        'export * from "./x.js";',
        "export let a = 1;",
        "export var a = 1;",
        "export const { a } = b;",
        "export async () => 1;",
        "export const a = 1; export { b as a };",
        'import("./x.js");',
        'const f = () => import("./x.js");',
        "const here = import.meta.url;",
        "const a = await b;",
        'import a from "x";',
        'import a from "https://example.org/x.js";',
        'import a from "../../x.js";',
        'import a from "./x.mjs";',
        'import a from "./x.js" with { type: "json" };',
        'import a, * as b from "./x.js";',
        "import { 'a' as b } from './x.js';",
        "import { a b } from './x.js';",
        "import { a",
        "import",
        "export",
        "if (a) { export const b = 1; }",
    ],
)
def test_what_is_beyond_is_refused_with_its_line(code):
    with pytest.raises(Refusal, match=r"views/y\.js, line 2"):
        understood("\n" + code, "views/y.js")


# ------------------------------------------------------------------------ many into one


def made(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        place = folder / (name.replace("__", "/") + ".js")
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
    return folder


def test_modules_stand_in_the_order_of_their_needs_and_once(tmp_path):
    root = made(
        tmp_path,
        top='import "./left.js"; import "./right.js"; export const end = 1;',
        left='import { base } from "./bottom.js";',
        right='import { base } from "./bottom.js";',
        bottom="export const base = 1;",
    )
    order = re.findall(r"^// (\w+)\.js$", esm.module("top.js", root), re.MULTILINE)
    assert order == ["bottom", "left", "right", "top"]


def test_a_circle_is_refused_and_named(tmp_path):
    root = made(tmp_path, a='import "./b.js";', b='import "./c.js";', c='import "./a.js";')
    with pytest.raises(Refusal, match=r"a\.js -> b\.js -> c\.js -> a\.js"):
        esm.module("a.js", root)


def test_a_name_that_is_not_exported_is_refused(tmp_path):
    root = made(tmp_path, a='import { x } from "./b.js";', b="export const y = 1;")
    with pytest.raises(Refusal, match=r"a\.js imports 'x' from b\.js; expected one of y"):
        esm.module("a.js", root)


def test_a_module_that_is_not_there_is_refused(tmp_path):
    root = made(tmp_path, a='import "./b.js";')
    with pytest.raises(Refusal, match=r"no module 'b\.js', which a\.js imports"):
        esm.module("a.js", root)
    with pytest.raises(Refusal, match=r"no module 'z\.js'"):
        esm.module("z.js", root)


@pytest.mark.parametrize("name", OURS)
def test_every_module_of_ours_is_understood(name):
    text = esm.module(name)
    ours = re.findall(r"^// (\S+\.js)$", text, re.MULTILINE)
    assert ours[-1] == name
    assert len(ours) == len(set(ours))
    code = [w.text for w in words(re.sub(r"(?s)// vendor/katex.*?call\(globalThis\);", "", text))]
    assert "import" not in code
    assert code.count("export") == 1


# -------------------------------------------------------------------------------- styles


def test_styles_are_those_of_what_is_used():
    plain, drawn = esm.styles(("lib/format.js",)), esm.styles(("lib/chart.js",))
    assert "--paper" in plain
    assert ".u-over" not in plain
    assert ".u-over" in drawn


def test_a_vendored_sheet_brings_its_fonts_and_fetches_nothing(tmp_path):
    view = 'import "../vendor/katex/katex.min.js"; export default {};'
    root = made(tmp_path, views__x=view)
    (root / "views" / "x.css").write_text(".x-view { color: var(--ink); }")
    (root / "vendor").symlink_to(esm.STATIC / "vendor")
    sheet = esm.styles(("views/x.js",), root)
    assert sheet.count("data:font/woff2;base64,") >= 15
    assert set(re.findall(r"url\((\w+:)", sheet)) == {"data:"}
    assert "fonts/" not in sheet
    assert not re.search(r",\s*[;}]", sheet)
    assert sheet.rstrip().endswith(".x-view { color: var(--ink); }")


@pytest.mark.parametrize("rule", ["@import 'x.css';", ".a { background: url(x.png) }"])
def test_a_sheet_that_fetches_is_refused(tmp_path, rule):
    root = made(tmp_path, a="export const b = 1;")
    (root / "a.css").write_text(rule)
    with pytest.raises(Refusal, match="fetches nothing"):
        esm.styles(("a.js",), root)
