"""What was taken from others is unchanged, listed, licensed and whole."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def vendor():
    spec = importlib.util.spec_from_file_location("vendor", HOUSE / "tools" / "vendor.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["vendor"] = module  # where a dataclass looks for its own module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["vendor"]


@pytest.fixture
def copied(vendor, tmp_path):
    """The studio's folder, copied, and the packages that say so."""
    folder = tmp_path / "vendor"
    shutil.copytree(vendor.STUDIO, folder)
    packages = tuple(
        vendor.Package(p.name, p.version, p.license, folder, p.files)
        for p in vendor.PACKAGES
        if p.into == vendor.STUDIO
    )
    assert vendor.faults(packages) == []
    return folder, packages


def test_what_is_vendored_is_as_it_came(vendor):
    assert vendor.faults() == []


def test_a_manifest_names_no_registry(vendor):
    for folder in (vendor.STUDIO, vendor.TESTS):
        for entry in json.loads((folder / vendor.MANIFEST).read_text())["packages"]:
            assert entry["source"] == f"npm:{entry['name']}@{entry['version']}"
            assert "://" not in json.dumps({k: v for k, v in entry.items() if k != "homepage"})


def test_a_changed_file_is_seen(vendor, copied):
    folder, packages = copied
    with (folder / "uplot/uPlot.esm.js").open("a") as file:
        file.write("\n")
    (found,) = vendor.faults(packages)
    assert "uPlot.esm.js was changed" in found


def test_a_file_that_is_missing_or_of_nobody_is_seen(vendor, copied):
    folder, packages = copied
    (folder / "katex/LICENSE").unlink()
    (folder / "katex/more.js").write_text("1")
    assert vendor.faults(packages) == ["LICENSE is missing", "more.js is in no manifest"]


def test_another_version_than_the_one_meant_is_seen(vendor, copied):
    folder, (uplot, katex) = copied
    newer = vendor.Package("uplot", "1.6.33", uplot.license, folder, uplot.files)
    found = vendor.faults((newer, katex))
    assert any("uplot@1.6.33 is not in the manifest" in f for f in found)
    assert any("uplot@1.6.32 is not among the packages" in f for f in found)


def test_a_manifest_that_is_none_is_seen(vendor, copied):
    folder, packages = copied
    (folder / vendor.MANIFEST).write_text("{")
    (found,) = vendor.faults(packages)
    assert "cannot be read" in found


def test_every_font_that_a_browser_asks_for_is_here(vendor, tmp_path):
    asked = vendor.fonts(vendor.STUDIO / "katex/katex.min.css")
    assert len(asked) == 20
    assert all(asked.values())
    assert all(name.endswith(".woff2") for name in asked)
    sheet = tmp_path / "a.css"
    sheet.write_text(
        '@font-face{src:url(a.woff2) format("woff2"),url(a.ttf)}b{background:url(c.png)}'
    )
    assert vendor.fonts(sheet) == {"a.woff2": False, "c.png": False}


def test_the_page_of_the_studio_asks_for_fonts_that_are_here(vendor):
    asked = vendor.fonts(vendor.STUDIO.parent / "app.css")
    assert asked
    assert all(asked.values())
