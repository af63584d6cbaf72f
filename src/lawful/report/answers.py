"""A network's answers to unseen inputs, on the page: a map, a list, a confusion matrix."""

import math
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from lawful.report import learned as say
from lawful.report.numbers import counted, number
from lawful.report.plain import scrolled, table

if TYPE_CHECKING:
    from lawful.studies.learning import Shown
    from lawful.studies.unseen import Unseen

MOST_ROWS = 20
MOST_FEATURES = 6
MOST_CLASSES = 40


def predictions(one: "Shown") -> str:
    """The section of one training."""
    unseen = one.unseen
    if unseen is None:
        return ""
    single = one.training.network.layers[-1] == 1
    shown = _map(unseen) if unseen.grid and single else _list(unseen)
    return (
        f"<section><h2>Unseen inputs, {escape(one.name)}</h2>"
        f"<p>{escape(say.seen(unseen))}: {escape(unseen.source)}.</p>"
        f"{_confusion(unseen)}{shown}</section>"
    )


def _map(unseen: "Unseen") -> str:
    """Answers over two inputs, the second upward."""
    across, up = unseen.grid
    rows = []
    for j in range(len(up) - 1, -1, -1):
        answers = [unseen.rows[i * len(up) + j].answer[0] for i in range(len(across))]
        cells = "".join(
            f'<td class="map{" hit" if a > 0.5 else ""}">{number(a, 3)}</td>' for a in answers
        )
        rows.append(f'<tr><th scope="row">{number(up[j], 3)}</th>{cells}</tr>')
    foot = "".join(f'<th scope="col" class="n">{number(value, 3)}</th>' for value in across)
    corner = f"{escape(unseen.features[1])} ↑, {escape(unseen.features[0])} →"
    head = f'<thead><tr><th scope="col">{corner}</th>{foot}</tr></thead>'
    note = "" if not unseen.classes else f"Above 1/2 (bold): class {escape(unseen.classes[1])}."
    return (
        scrolled(f"<table>{head}<tbody>{''.join(rows)}</tbody></table>")
        + f'<p class="lead">{note}</p>'
    )


def _list(unseen: "Unseen") -> str:
    """Some rows, the mistaken ones first."""
    order = sorted(range(len(unseen.rows)), key=lambda k: unseen.rows[k].right is not False)
    few = len(unseen.features) <= MOST_FEATURES
    head = ["row", *(unseen.features if few else ()), "answer", "truth", "sure", "right"]
    rows = []
    for k in order[:MOST_ROWS]:
        row = unseen.rows[k]
        inputs = [number(v, 4) for v in row.inputs] if few else []
        sure = "–" if math.isnan(row.sure) else f"{100 * row.sure:.1f} %"
        right = "–" if row.right is None else "✓" if row.right else "✗"
        rows.append([str(k + 1), *inputs, row.predicted, row.truth or "–", sure, right])
    more = unseen.size - len(rows)
    rest = f", {counted(more, 'more', 'more')} in learning.json" if more > 0 else ""
    first = ", those that are wrong first" if any(row.right is False for row in unseen.rows) else ""
    summary = f"{counted(len(rows), 'answer')}{first}{rest}"
    return f"<details open><summary>{escape(summary)}</summary>{table(head, rows)}</details>"


def _confusion(unseen: "Unseen") -> str:
    """How often each class was called each."""
    if unseen.confusion is None or len(unseen.classes) > MOST_CLASSES:
        return ""
    head = "".join(f'<th scope="col" class="n">{escape(name)}</th>' for name in unseen.classes)
    recall = '<th scope="col" class="n">found</th>'
    rows = []
    for i, name in enumerate(unseen.classes):
        counts = unseen.confusion[i]
        cells = "".join(_count(int(c), hit=i == j) for j, c in enumerate(counts))
        found = f"{100 * counts[i] / counts.sum():.1f} %" if counts.sum() else "–"
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th>{cells}<td class="n">{found}</td></tr>'
        )
    called = np.asarray(unseen.confusion).sum(axis=0)
    precise = "".join(
        f'<td class="n">{f"{100 * unseen.confusion[j, j] / n:.1f} %" if n else "–"}</td>'
        for j, n in enumerate(called)
    )
    rows.append(f'<tr><th scope="row">right where said</th>{precise}<td></td></tr>')
    corner = '<th scope="col">truth ↓, answer →</th>'
    return scrolled(
        f"<table><thead><tr>{corner}{head}{recall}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _count(count: int, *, hit: bool) -> str:
    kind = "n hit" if hit else "n miss" if count else "n"
    return f'<td class="{kind}">{count or "·"}</td>'
