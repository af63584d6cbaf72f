"""Pictures inside a page, and a page in one theme whatever its reader's own."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from lawful.report.album import Picture
from lawful.report.style import STYLE

KINDS = {".png": "image/png", ".gif": "image/gif", ".svg": "image/svg+xml"}
OWN_STYLE = """
.album { display: grid; gap: 1.6rem 1.4rem; margin: 1.2rem 0; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
tbody th { white-space: nowrap; }
.pair > figure:only-child { max-width: 34rem; }
figure.picture { margin: 1.2rem 0; }
.album figure.picture { margin: 0; }
figure.picture img { display: block; width: 100%; height: auto; border-radius: 8px;
  border: 1px solid var(--hair); }
figure.picture figcaption { margin-top: .5rem; }
td.best { font-weight: 600; color: var(--accent); }
dl.words { max-width: 46rem; } dl.words dt { font-size: .95rem; color: var(--ink);
  font-weight: 600; margin-top: .7rem; } dl.words dd { font-size: .95rem; color: var(--soft); }
"""


def figure(picture: Picture) -> str:
    """A picture with its title and caption, its bytes inside."""
    title, caption = escape(picture.title, quote=True), escape(picture.caption, quote=True)
    return (
        f'<figure class="picture"><img alt="{title} {caption}" src="{uri(picture.path)}">'
        f"<figcaption><b>{title}</b> {caption}</figcaption></figure>"
    )


def album(pictures: Sequence[Picture]) -> str:
    """Pictures in columns; one alone takes the page's width."""
    drawn = [figure(picture) for picture in pictures]
    return f'<div class="album">{"".join(drawn)}</div>' if len(drawn) > 1 else "".join(drawn)


def uri(path: Path) -> str:
    """A file as a data URI."""
    kind = KINDS[path.suffix]
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def themed(theme: str) -> str:
    """The style sheet, by day or by night whatever the reader's own choice, as its pictures are.

    >>> "color-scheme: dark" in themed("dark")
    True
    """
    query = "@media all" if theme == "dark" else "@media not all"
    style = STYLE.replace("@media (prefers-color-scheme: dark)", query)
    return style.replace("color-scheme: light dark", f"color-scheme: {theme}") + OWN_STYLE


def whole(title: str, theme: str, header: str, sections: Sequence[str], footer: str) -> str:
    """A page that loads nothing: its policy forbids it."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="{theme}">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)} · Lawful</title><style>{themed(theme)}</style></head>\n"
        f'<body><header><p class="brand">Lawful <span>{escape(title)}</span></p>{header}'
        f"</header>\n<main>{chr(10).join(filter(None, sections))}</main>\n"
        f"<footer>{escape(footer)}</footer></body></html>\n"
    )
