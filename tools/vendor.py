"""Refresh what is taken unchanged from npm, or check that it still is what was taken.

    python tools/vendor.py            fetch with `npm pack`, put in place, write the manifests
    python tools/vendor.py --check    leave with 1 where a file differs; needs no network

Two folders hold such files: `src/lawful/web/static/vendor`, which the studio serves, and
`tests/browser`, which a user never gets. Each has a `VENDOR.json`: package, version, licence,
the digest of the archive that npm gave, and SHA-256 of every file. A new version is a change
of `PACKAGES` and a run of this file.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

HOUSE = Path(__file__).resolve().parent.parent
STUDIO = HOUSE / "src/lawful/web/static/vendor"
TESTS = HOUSE / "tests/browser"
MANIFEST = "VENDOR.json"
LARGEST = 5_000_000  # bytes of one file: what is larger is not what was meant


@dataclass(frozen=True)
class Package:
    """What is taken of a package.

    Attributes
    ----------
    name, version, license
        As npm has them.
    into
        The folder that holds the files and their manifest.
    files
        The name in that folder for each name in the archive; `*` takes every file whose name
        fits, and stands for it.
    """

    name: str
    version: str
    license: str
    into: Path
    files: Mapping[str, str]

    @property
    def source(self) -> str:
        """Where it comes from, without any address."""
        return f"npm:{self.name}@{self.version}"


PACKAGES = (
    Package("uplot", "1.6.32", "MIT", STUDIO, {
        "dist/uPlot.esm.js": "uplot/uPlot.esm.js",
        "dist/uPlot.min.css": "uplot/uPlot.min.css",
        "LICENSE": "uplot/LICENSE",
    }),
    Package("katex", "0.19.1", "MIT", STUDIO, {
        "dist/katex.min.js": "katex/katex.min.js",
        "dist/katex.min.css": "katex/katex.min.css",
        "dist/fonts/*.woff2": "katex/fonts/*.woff2",
        "LICENSE": "katex/LICENSE",
    }),
    Package("axe-core", "4.14.1", "MPL-2.0", TESTS, {
        "axe.min.js": "axe.min.js",
        "LICENSE": "axe-core-LICENSE",
        "LICENSE-3RD-PARTY.txt": "axe-core-LICENSE-3RD-PARTY",
    }),
)  # fmt: skip


# ------------------------------------------------------------------------ fetching


def fetched(package: Package, work: Path) -> dict[str, Any]:
    """Put a package's files in place; its entry in the manifest."""
    command = ["npm", "pack", "--json", f"{package.name}@{package.version}"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} left with {done.returncode}: {done.stderr.strip()}")
    archive = json.loads(done.stdout)[0]
    if (archive["name"], archive["version"]) != (package.name, package.version):
        raise SystemExit(f"npm gave {archive['id']} for {package.source}")
    with tarfile.open(work / archive["filename"]) as packed:
        files = [_placed(packed, inner, package.into / outer, package.into)
                 for inner, outer in _named(package, packed.getnames())]  # fmt: skip
    return {
        "name": package.name,
        "version": package.version,
        "license": package.license,
        "source": package.source,
        "integrity": archive["integrity"],
        "files": files,
    }


def _named(package: Package, names: list[str]) -> Iterator[tuple[str, str]]:
    """Names in the archive and in the folder, with each `*` written out."""
    for inner, outer in package.files.items():
        fitting = sorted(n for n in names if PurePosixPath(n).match(f"package/{inner}"))
        if not fitting:
            raise SystemExit(f"{package.source} holds no {inner}")
        for name in fitting:
            stem = PurePosixPath(name).stem
            yield name, outer.replace("*", stem)


def _placed(packed: tarfile.TarFile, inner: str, path: Path, folder: Path) -> dict[str, str]:
    member = packed.getmember(inner)
    held = packed.extractfile(member)
    if held is None or member.size > LARGEST:
        raise SystemExit(f"{inner} is no file of at most {LARGEST} bytes")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(held.read())
    return {"file": path.relative_to(folder).as_posix(), "from": inner, "sha256": digest(path)}


def refresh() -> None:
    """Fetch everything; write a manifest for each folder."""
    if shutil.which("npm") is None:
        raise SystemExit("npm is not here; install Node.js to refresh what is vendored")
    entries: dict[Path, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as work:
        for package in PACKAGES:
            entries.setdefault(package.into, []).append(fetched(package, Path(work)))
            print(package.source)
    for folder, packages in entries.items():
        text = json.dumps({"packages": packages}, indent=2) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")


# ------------------------------------------------------------------------ checking


def digest(path: Path) -> str:
    """SHA-256 of a file.

    Examples
    --------
    >>> import os
    >>> digest(Path(os.devnull))[:8]
    'e3b0c442'
    """
    return hashlib.sha256(path.read_bytes()).hexdigest()


def faults(packages: tuple[Package, ...] = PACKAGES) -> list[str]:
    """What is not as the manifests say, a sentence each; nothing where all is well."""
    found: list[str] = []
    for folder in dict.fromkeys(package.into for package in packages):
        here = [package for package in packages if package.into == folder]
        try:
            record = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["packages"]
        except (OSError, ValueError, KeyError, TypeError) as why:
            found.append(f"{_shown(folder / MANIFEST)} cannot be read: {why}")
            continue
        found += _wrong_packages(here, record, folder)
        found += _wrong_files(record, folder)
        # Beside the tests lie files of our own; the studio's folder holds nothing else.
        if folder.name == "vendor":
            found += _unlisted(record, folder)
    return found


def _wrong_packages(here: list[Package], record: list[Any], folder: Path) -> Iterator[str]:
    wanted = {(p.name, p.version, p.license, p.source) for p in here}
    held = {(e["name"], e["version"], e["license"], e["source"]) for e in record}
    for entry in sorted(wanted ^ held):
        where = "not in the manifest" if entry in wanted else "not among the packages here"
        yield f"{_shown(folder)}: {entry[-1]} is {where}"
    for entry in record:
        if not any("LICENSE" in file["file"] for file in entry["files"]):
            yield f"{_shown(folder)}: {entry['source']} lies here without its licence"


def _wrong_files(record: list[Any], folder: Path) -> Iterator[str]:
    for file in (file for entry in record for file in entry["files"]):
        path = folder / file["file"]
        if not path.is_file():
            yield f"{_shown(path)} is missing"
        elif digest(path) != file["sha256"]:
            yield f"{_shown(path)} was changed: what is vendored stays as it came"


def _unlisted(record: list[Any], folder: Path) -> Iterator[str]:
    listed = {file["file"] for entry in record for file in entry["files"]} | {MANIFEST}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in listed:
            yield f"{_shown(path)} is in no manifest"


def fonts(css: Path) -> dict[str, bool]:
    """The files that a style sheet asks for, and whether each is there.

    Of several formats of a font a browser fetches the first that it knows: `woff2`, since
    2016. The others of a line are fallbacks and need not be here.
    """
    text = css.read_text(encoding="utf-8")
    sources = re.findall(r"src:([^;}]+)", text)
    firsts = [re.search(r"url\(['\"]?([^)'\"]+)", source) for source in sources]
    everything = set(re.findall(r"url\(['\"]?([^)'\"]+)", text))
    fallbacks = {n for n in everything if n.endswith((".woff", ".ttf"))}
    asked = (everything - fallbacks) | {m[1] for m in firsts if m}
    return {name: (css.parent / name).is_file() for name in sorted(asked)}


def _shown(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix() if path.is_relative_to(HOUSE) else path.name


def main() -> int:
    """Refresh, or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare; no network")
    if not parser.parse_args().check:
        refresh()
    found = faults()
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
