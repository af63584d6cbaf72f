"""Plain tables and lists in HTML, every word of them escaped."""

from collections.abc import Sequence
from html import escape


def table(head: Sequence[str], rows: Sequence[Sequence[str]], text: Sequence[int] = ()) -> str:
    """A table whose first column is a heading and whose others are numbers.

    Parameters
    ----------
    head, rows
        Text; nothing is drawn without rows.
    text
        Columns that are words, not numbers.

    Examples
    --------
    >>> "2 &lt; 3" in table(["name", "fact"], [["a", "2 < 3"]])
    True
    """
    if not rows:
        return ""

    def kind(k: int) -> str:
        return "" if k == 0 or k in text else ' class="n"'

    titles = "".join(f'<th scope="col"{kind(k)}>{escape(h)}</th>' for k, h in enumerate(head))
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(cell)}</th>'
            if k == 0
            else f"<td{kind(k)}>{escape(cell)}</td>"
            for k, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return scrolled(f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>")


def sheets(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """Columns, by number, that fit side by side; each sheet begins with the first one.

    Examples
    --------
    >>> sheets(["a", "bbbbbb", "cccccc"], [["1", "2", "3"]], 12)
    [[0, 1], [0, 2]]
    """
    wide = [2 + max(map(len, column)) for column in zip(head, *rows, strict=True)]
    made = [[0]]
    for k in range(1, len(head)):
        if sum(wide[j] for j in made[-1]) + wide[k] > width and len(made[-1]) > 1:
            made.append([0])
        made[-1].append(k)
    return made


def scrolled(inside: str) -> str:
    """What may be wider than the page, in a frame that scrolls."""
    return f'<div class="scroll" tabindex="0">{inside}</div>'


def listed(sentences: Sequence[str]) -> str:
    """Sentences as a list."""
    return "<ul>" + "".join(f"<li>{escape(str(s))}</li>" for s in sentences) + "</ul>"
