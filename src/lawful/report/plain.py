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


def scrolled(inside: str) -> str:
    """What may be wider than the page, in a frame that scrolls."""
    return f'<div class="scroll" tabindex="0">{inside}</div>'


def listed(sentences: Sequence[str]) -> str:
    """Sentences as a list."""
    return "<ul>" + "".join(f"<li>{escape(str(s))}</li>" for s in sentences) + "</ul>"
