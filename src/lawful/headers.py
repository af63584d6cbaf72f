"""Headers: what the title of a column says, its name and perhaps its unit.

`x [au]` and `x (au)` are the column `x` in au. A name must be one that a formula
can hold, so `peak force` becomes `peak_force`, and every such change is said.
"""

import keyword
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lawful import units
from lawful.expressions import FUNCTIONS
from lawful.refusal import Refusal
from lawful.roles import closest

MOST_COLUMNS = 2000


@dataclass(frozen=True)
class Headers:
    """Titles as they stand in the file, the names made of them, and units by name."""

    titles: tuple[str, ...]
    names: tuple[str, ...]
    units: dict[str, str]
    notes: tuple[str, ...] = ()

    def find(self, wanted: str, option: str) -> str:
        """The name of the column that the user calls `wanted`, by name or by title."""
        if wanted in self.names:
            return wanted
        if wanted in self.titles:
            return self.names[self.titles.index(wanted)]
        raise Refusal(f"{option} {wanted!r} names no column", remedy=closest(wanted, self.names))


def read_headers(titles: Iterable[str]) -> Headers:
    """Names and units from titles.

    A title that stands twice gives its name twice; the caller compares the columns.

    Raises
    ------
    Refusal
        For more columns than `MOST_COLUMNS`.

    Examples
    --------
    >>> headers = read_headers(["t [day]", "x (au)", "peak force"])
    >>> headers.names
    ('t', 'x', 'peak_force')
    >>> headers.units
    {'t': 'day', 'x': 'au'}
    >>> headers.notes
    ("column 'peak force' is called peak_force here",)
    """
    shown = tuple(str(title).strip().strip("\ufeff") for title in titles)
    if len(shown) > MOST_COLUMNS:
        raise Refusal(
            f"{len(shown)} columns",
            f"at most {MOST_COLUMNS}",
            "leave only the state of the system in the file",
        )
    names: list[str] = []
    spelled: dict[str, str] = {}
    notes: list[str] = []
    for place, title in enumerate(shown):
        bare, unit, unread = _parted(title)
        name = identifier(bare) or f"column_{place + 1}"
        if name in names and shown[names.index(name)] != title:
            name = next(n for k in range(2, 9999) if (n := f"{name}_{k}") not in names)
        if name != bare:
            notes.append(f"column {title!r} is called {name} here")
        if unread:
            notes.append(f"the unit [{unread}] of {name} is not one that can be read: left unknown")
        if unit:
            spelled[name] = unit
        names.append(name)
    return Headers(shown, tuple(names), spelled, tuple(notes))


def identifier(title: str) -> str:
    """A name that a formula can hold; "" where nothing of the title is left.

    >>> identifier("x-pos"), identifier("2nd"), identifier("lambda"), identifier("θ")
    ('x_pos', 'c_2nd', 'lambda_', 'θ')
    """
    name = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", title.strip())).strip("_")
    if name and not name.isidentifier():
        name = f"c_{name}"
    if not name.isidentifier():
        return ""
    return f"{name}_" if keyword.iskeyword(name) or name in FUNCTIONS else name


def titled(name: str, unit: str) -> str:
    """The title that `read_headers` reads back.

    >>> titled("x", "au"), titled("x", "")
    ('x [au]', 'x')
    """
    return f"{name} [{unit}]" if unit else name


def _parted(title: str) -> tuple[str, str, str]:
    """Name, unit, and what stands in square brackets but is no unit."""
    if match := re.fullmatch(r"(.*\S)\s*\[([^\[\]]*)\]", title):
        unit = match[2].strip()
        return (match[1], unit, "") if not unit or units.known(unit) else (match[1], "", unit)
    if (match := re.fullmatch(r"(.*\S)\s*\(([^()]+)\)", title)) and units.known(match[2]):
        return match[1], match[2].strip(), ""
    return title, "", ""


def columns_asked(headers: Headers, names: Sequence[str], option: str) -> list[str]:
    """The columns that an option names, each found or refused."""
    return [headers.find(name, option) for name in names]
