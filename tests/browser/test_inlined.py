"""Many modules as one text: it does in a browser what the modules do."""

from pathlib import Path

import pytest

from lawful.web import esm

FILES = {
    "lib/one.js": (
        "export const a = 1;\n"
        "let count = 0;\n"
        "export function next() { return ++count; }\n"
        "export default class { get name() { return `${`class`}`; } }\n"
    ),
    "lib/two.js": (
        'export { a as first } from "./one.js";\n'
        'import One, { next as step } from "./one.js";\n'
        "export const made = new One().name;\n"
        "step();\n"
        "export default function twice(x) { return 2 * x / 1; }\n"
    ),
    "views/view.js": (
        'import twice, { first, made } from "../lib/two.js";\n'
        'import * as one from "../lib/one.js"\n'
        "const words = \"import { x } from './y.js'\"; // export const z = 1\n"
        "const pattern = /export default/;\n"
        "export const keys = [['Space', words]];\n"
        "export default { render() { return [twice(21), first, made, one.next(), one.next(),"
        " pattern.test('export default'), words.length]; } };\n"
    ),
}
IMPORTED = """async ([text, names]) => {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const module = await import(address);
  URL.revokeObjectURL(address);
  return Object.keys(module).sort().concat(names.includes("render") ? module.default.render() : []);
}"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


WANTED = [42, 1, "class", 2, 3, True, len("import { x } from './y.js'")]


def test_a_module_behaves_as_its_files_do(page, root):
    text = esm.module("views/view.js", root)
    assert page.evaluate(IMPORTED, [text, ["render"]]) == ["default", "keys", *WANTED]


def test_a_script_gives_each_of_its_entries(page, root):
    text = esm.script(("views/view.js", "lib/one.js"), root)
    found = page.evaluate(
        f"() => {{ const m = {text}; return [Object.keys(m), m['views/view.js'].default.render(),"
        " m['lib/one.js'].next()]; }"
    )
    assert found == [["views/view.js", "lib/one.js"], WANTED, 4]


@pytest.mark.parametrize("name", ["lib/chart.js", "lib/toolbar.js", "lib/theme.js"])
def test_modules_of_ours_are_good_javascript(page, name):
    there = page.evaluate(IMPORTED, [esm.module(name), []])
    assert there
    assert all(name.isidentifier() for name in there)


@pytest.mark.parametrize(
    "beside", ["", "globalThis.define = Object.assign(() => {}, { amd: {} });"]
)
def test_a_vendored_script_sets_its_name_beside_any_loader(page, tmp_path, beside):
    (tmp_path / "vendor").symlink_to(esm.STATIC / "vendor")
    (tmp_path / "x.js").write_text(
        'import "./vendor/katex/katex.min.js";\n'
        "const { katex } = globalThis;\n"
        "export default { render: () => [katex.renderToString('x^2').includes('katex')] };"
    )
    page.evaluate(beside + ";0")
    found = page.evaluate(IMPORTED, [esm.module("x.js", tmp_path), ["render"]])
    assert found == ["default", True]
