"""The page of a study of learning: one HTML file that needs nothing else.

Pictures are embedded in it, curves are SVG in the colours of the page, and the page
takes the theme of its pictures. A policy in its head forbids it to load anything.
"""

import base64
import shlex
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lawful import __version__
from lawful.report import learned as say
from lawful.report.album import Picture
from lawful.report.answers import predictions
from lawful.report.chart import Curve, curves
from lawful.report.numbers import counted, number
from lawful.report.plain import listed, table
from lawful.report.style import STYLE
from lawful.store import Manifest, write_atomically

if TYPE_CHECKING:
    from lawful.studies.learning import Learned, Shown

MOST_LINES = 40  # trainings drawn of each architecture
MOST_NEURONS = 24
KINDS = {".png": "image/png", ".gif": "image/gif", ".svg": "image/svg+xml"}
OWN_STYLE = """
.album { display: grid; gap: 1.6rem 1.4rem; margin: 1.2rem 0; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
tbody th { white-space: nowrap; }
.pair > figure:only-child { max-width: 34rem; }
figure.picture img { display: block; width: 100%; height: auto; border-radius: 8px;
  border: 1px solid var(--hair); }
figure.picture figcaption { margin-top: .5rem; }
td.map { text-align: right; min-width: 3.2rem; }
td.hit { font-weight: 600; }
td.miss { color: var(--warn); }
td .yes { color: var(--accent); } td .no { color: var(--warn); }
"""


def write_learning_report(
    done: "Learned",
    path: str | Path,
    *,
    pictures: Sequence[Picture] = (),
    theme: str = "light",
    manifest: Manifest | None = None,
    left_out: Sequence[str] = (),
) -> Path:
    """Write the report of a study of learning.

    Parameters
    ----------
    done
        What `lawful.studies.learning.learn` gave.
    path
        The HTML file.
    pictures
        To be embedded.
    theme
        "light" or "dark", as the pictures are.
    manifest
        Who made this; the page then says how to make it again.
    left_out
        What the folder does not hold, a sentence each.

    Raises
    ------
    Refusal
        Where the file cannot be written.
    """
    place = Path(path)
    write_atomically(place, page(done, pictures, theme, manifest, left_out))
    return place


def page(
    done: "Learned",
    pictures: Sequence[Picture] = (),
    theme: str = "light",
    manifest: Manifest | None = None,
    left_out: Sequence[str] = (),
) -> str:
    """The report as text."""
    title = done.material.samples.name or "learning"
    sections = [
        _sentences("To bear in mind", done.warnings, "warnings"),
        _comparison(done),
        _courses(done),
        _gallery(pictures),
        *(predictions(one) for one in done.shown if one.unseen is not None),
        _feedforward(done),
        _ledger(done),
        _data(done),
        _again(done, manifest, left_out),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="{theme}">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)} · Lawful</title><style>{_themed(theme)}</style></head>\n"
        f'<body><header><p class="brand">Lawful <span>{escape(title)}</span></p>'
        f'<h1>{escape(say.headline(done))}</h1><p class="lead">{escape(say.lead(done))}</p>'
        "</header>\n<main>"
        + "\n".join(filter(None, sections))
        + f"</main>\n<footer>Made by Lawful {escape(__version__)}. Energy is the loss on the "
        "samples learned from; a network is at rest where it has nowhere to fall.</footer>"
        "</body></html>\n"
    )


def _themed(theme: str) -> str:
    """The style sheet, by day or by night whatever the reader's own choice, as its pictures are."""
    query = "@media all" if theme == "dark" else "@media not all"
    style = STYLE.replace("@media (prefers-color-scheme: dark)", query)
    return style.replace("color-scheme: light dark", f"color-scheme: {theme}") + OWN_STYLE


def _sentences(title: str, sentences: Sequence[str], kind: str = "") -> str:
    if not sentences:
        return ""
    return f'<section class="{kind}"><h2>{escape(title)}</h2>{listed(sentences)}</section>'


def _comparison(done: "Learned") -> str:
    classes = bool(done.material.samples.classes)
    head = ["layers", "parameters"]
    head += ["solved", "rate [95 %]", "steps to solution"] if classes else []
    unseen = any(o.unseen_accuracy.count or o.unseen_r2.count for o in done.architectures)
    head += ["final energy"]
    head += ["unseen right" if classes else "unseen R²"] if unseen else []
    rows = []
    for one in done.architectures:
        row = [one.name, f"{one.parameters}"]
        if classes:
            row += [say.solved(one), say.rate(one), say.spread(one.steps_to_solution)]
        row += [say.spread(one.final_energy, 2)]
        right = say.share(one.unseen_accuracy) if classes else say.spread(one.unseen_r2)
        row += [right] if unseen else []
        rows.append(row)
    solved = f"Solved: {say.meaning(done)}. " if classes else ""
    return (
        f"<section><h2>Architectures compared</h2>{table(head, rows)}"
        f'<p class="lead">{escape(solved)}Brackets hold quartiles; those of a rate hold Wilson’s '
        "95 % interval. Energy is the loss on the samples learned from.</p>"
        f"<details><summary>More of each</summary>{_more(done)}</details></section>"
    )


def _more(done: "Learned") -> str:
    """Means, deviations, steps, accuracies, time."""
    head = ["layers", "energy, mean ± sd", "least", "greatest", "steps made", "accuracy"]
    head += ["diverged", "seconds each"]
    rows = [
        [
            one.name,
            f"{number(one.final_energy.mean, 3)} ± {number(one.final_energy.deviation, 2)}",
            number(one.final_energy.least, 3),
            number(one.final_energy.greatest, 3),
            say.spread(one.steps, 4),
            say.share(one.accuracy),
            f"{one.diverged} of {one.trainings}",
            number(one.seconds.median, 2),
        ]
        for one in done.architectures
    ]
    return table(head, rows)


def _courses(done: "Learned") -> str:
    """The energy of every training against its steps, on a logarithmic scale."""
    figures = []
    for one in done.architectures:
        chosen = [cell for cell in done.cells if cell.layers == one.layers][:MOST_LINES]
        lines = []
        for k, cell in enumerate(chosen):
            runs = done.training(cell).runs
            loss = runs["loss"].values[0]
            with np.errstate(divide="ignore", invalid="ignore"):
                height = np.where(loss > 0, np.log10(loss), np.nan)
            hue = k / max(1, len(chosen) - 1)
            lines.append(Curve(cell.name, runs["time"].values.ravel(), height, hue))
        if not any(np.isfinite(line.y).any() for line in lines):
            continue
        drawn = f"{len(lines)} of {one.trainings}" if len(lines) < one.trainings else "all"
        chart = curves(
            lines,
            title=f"Energy of {one.name} against training steps",
            description=f"One line a training, {drawn} of them; a logarithmic scale.",
            x_label="training step",
            y_label="log₁₀ U",
        )
        caption = f"<b>{escape(one.name)}</b>: one line a training, {drawn} drawn."
        figures.append(f"<figure>{chart}<figcaption>{caption}</figcaption></figure>")
    if not figures:
        return ""
    inside = "".join(figures)
    return f'<section><h2>How the energy falls</h2><div class="pair">{inside}</div></section>'


def _gallery(pictures: Sequence[Picture]) -> str:
    """Pictures in two columns, those of one training together."""
    groups: dict[str, list[Picture]] = {}
    for picture in pictures:
        groups.setdefault(picture.of, []).append(picture)
    return "".join(
        f"<section><h2>Pictures{f' of {escape(name)}' if name else ''}</h2>"
        f'<div class="album">{"".join(map(_figure, group))}</div></section>'
        for name, group in groups.items()
    )


def _figure(picture: Picture) -> str:
    title, caption = escape(picture.title, quote=True), escape(picture.caption, quote=True)
    return (
        f'<figure class="picture"><img alt="{title} {caption}" src="{_embedded(picture)}">'
        f"<figcaption><b>{title}</b> {caption}</figcaption></figure>"
    )


def _embedded(picture: Picture) -> str:
    """A picture as a data URI."""
    kind = KINDS[picture.path.suffix]
    return f"data:{kind};base64,{base64.b64encode(picture.path.read_bytes()).decode('ascii')}"


def _feedforward(done: "Learned") -> str:
    parts = [
        "<section><h2>The feedforward, by hand</h2><p>Each neuron’s sum and answer, calculated one "
        "number at a time, beside what the network says: z = Σ weight · input + bias, a = f(z).</p>"
    ]
    for one in done.shown:
        parts.append(f"<h3>{escape(one.name)}</h3><p>{escape(one.verification.verdict)}.</p>")
        parts.append(_by_hand(one))
    return "".join(parts) + "</section>"


def _by_hand(one: "Shown") -> str:
    """The neurons of every sample followed, or the first of very many."""
    neurons = one.verification.neurons
    head = ["sample", "layer", "neuron", "sum", "z", "f(z)", "by hand", "network", "difference"]
    rows = [
        [
            *(str(n) for n in (neuron.sample, neuron.layer, neuron.neuron)),
            neuron.sum_text,
            f"{neuron.z:.6f}".replace("-", "−"),
            neuron.formula,
            f"{neuron.a:.9f}".replace("-", "−"),
            f"{neuron.network_a:.9f}".replace("-", "−"),
            number(neuron.difference, 2),
        ]
        for neuron in neurons[:MOST_NEURONS]
    ]
    more = len(neurons) - MOST_NEURONS
    rest = f"<p>{counted(more, 'more neuron')} checked.</p>" if more > 0 else ""
    whole = table(head, rows, text=(3, 5)) + rest
    return f"<details open><summary>{counted(len(neurons), 'neuron')}</summary>{whole}</details>"


def _ledger(done: "Learned") -> str:
    kept = [one for one in done.shown if say.ledger(one)]
    if not kept:
        return ""
    names = list(dict.fromkeys(name for one in kept for name in one.outcome.accounts))
    head = ["training", "E at the start", *map(say.account, names), "E at the end", "residual"]
    rows = []
    for one in kept:
        start, end = one.outcome.mechanical
        amounts = [number(one.outcome.accounts.get(name), 4) for name in names]
        shown = [one.name, number(start, 4), *amounts, number(end, 4)]
        rows.append([*shown, number(one.outcome.residual, 2)])
    return (
        "<section><h2>The energy ledger</h2><p>Training is motion: weights are positions, the loss "
        "is the potential energy U, and E = U + kinetic energy. Each account is summed by a "
        "formula of its own over all steps; what is left between them and the change of E is the "
        "residual, as a share of the largest E: round-off, if the books are right.</p>"
        f"{table(head, rows)}</section>"
    )


def _data(done: "Learned") -> str:
    samples = done.material.samples
    features = [
        [name, number(float(low), 4), number(float(high), 4)]
        for name, low, high in zip(
            samples.features[:16], samples.X.min(axis=0), samples.X.max(axis=0), strict=False
        )
    ]
    more = samples.inputs - len(features)
    rest = f"<p>{counted(more, 'more feature')}.</p>" if more > 0 else ""
    classes = f"<p>Classes: {escape(', '.join(samples.classes))}.</p>" if samples.classes else ""
    notes = f"<h3>Guessed, left out, scaled</h3>{listed(done.material.notes)}"
    return (
        f"<section><h2>What was learned from</h2>{classes}"
        f"{table(['feature', 'least', 'greatest'], features)}{rest}"
        f"{notes if done.material.notes else ''}</section>"
    )


def _again(done: "Learned", manifest: Manifest | None, left_out: Sequence[str]) -> str:
    if manifest is None:
        return ""
    command = f"<pre>{escape(shlex.join(manifest.command))}</pre>" if manifest.command else ""
    prints = [[str(d.get("name", "")), str(d.get("sha256", ""))] for d in manifest.data]
    settings = [
        [key, value] for key, value in _flat(done.lesson.settings) if value not in ("", "–")
    ]
    aside = f"<h3>Not in the folder</h3>{listed(left_out)}" if left_out else ""
    return (
        f"<section><h2>To make it again, and to cite it</h2>{command}<p>Lawful "
        f"{escape(manifest.version)}, first seed {manifest.seed}. The same settings, version and "
        "machine give the same numbers to the last digit.</p>"
        f"<details><summary>All settings</summary>"
        f"{table(['setting', 'value'], settings, text=(1,))}</details>"
        f"{table(['data', 'SHA-256'], prints, text=(1,))}{aside}</section>"
    )


def _flat(settings: Any, before: str = "") -> list[tuple[str, str]]:
    """Settings as pairs of words."""
    if isinstance(settings, dict):
        return [pair for k, v in settings.items() for pair in _flat(v, f"{before} {k}".strip())]
    shown = "–" if settings is None else str(settings)
    return [(before.replace("_", " "), shown)]
