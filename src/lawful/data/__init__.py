"""Data that come with the package: `planets.csv.gz`, the Solar System of JPL's DE421.

Provenance, frame, units and clocks are in `README.md` beside it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

BUILT_IN = {"planets": "planets.csv.gz"}


@contextmanager
def built_in(name: str) -> Iterator[Path]:
    """The path of a data set that comes with the package, for as long as it is needed.

    >>> with built_in("planets") as path:
    ...     path.name
    'planets.csv.gz'
    """
    with as_file(files("lawful.data") / BUILT_IN[name]) as path:
        yield path
