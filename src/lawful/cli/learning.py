"""A study of learning on a screen: comparison, predictions, feedforward check, ledger."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from lawful.cli.screen import Screen, said
from lawful.report import learned as say
from lawful.report.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lawful.learning.verification import Neuron
    from lawful.studies.comparison import Spread
    from lawful.studies.learning import Learned
    from lawful.studies.unseen import Unseen

MOST_ROWS = 6  # predictions that are listed
MOST_NEURONS = 6  # neurons whose sums are written out
MOST_FEATURES = 4


def put_learned(out: Screen, done: "Learned", folder: Path | None) -> None:
    """All of a study."""
    said(out, say.lead(done))
    for note in done.material.notes:
        said(out, note, "note")
    out.print()
    out.print(Text(say.headline(done), style="bold"))
    out.print()
    out.print(comparison(done))
    if done.material.samples.classes:
        said(out, f"solved: {say.meaning(done)}", style="dim")
    for sentence in done.warnings:
        said(out, sentence, "warning", "yellow")
    if not done.all_diverged:
        _predictions(out, done)
        _feedforward(out, done)
        _ledger(out, done)
    if folder is not None:
        out.print()
        said(out, f"{folder / 'report.html'}: pictures, predictions, weights, and all numbers")


def comparison(done: "Learned") -> Table:
    """One architecture a row."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("layers", header_style="dim", style="bold", no_wrap=True)
    heads = ["weights"]
    goal = bool(done.material.samples.classes)
    heads += ["solved", "rate [95 %]", "steps to it"] if goal else []
    heads += ["final energy"]
    unseen = any(one.unseen_accuracy.count or one.unseen_r2.count for one in done.architectures)
    heads += ["unseen"] if unseen else []
    for head in heads:
        table.add_column(head, header_style="dim", justify="right", no_wrap=True)
    for one in done.architectures:
        cells = [f"{one.parameters}"]
        cells += [say.solved(one), say.rate(one), say.spread(one.steps_to_solution)] if goal else []
        cells += [_brief(one.final_energy)]
        if unseen:
            r2 = one.unseen_r2
            cells += [say.share(one.unseen_accuracy) if goal else f"R² {say.spread(r2)}"]
        table.add_row(one.name, *cells)
    return table


def _brief(values: "Spread") -> str:
    """A median with its quartiles, as narrow as can be."""
    if values.count == 0:
        return "–"
    if values.count == 1:
        return f"{values.median:.2e}"
    return f"{values.median:.1e} [{values.low:.0e}, {values.high:.0e}]"


def _predictions(out: Screen, done: "Learned") -> None:
    """How each did, and some answers of the best."""
    asked = [one for one in done.shown if one.unseen is not None]
    if not asked:
        return
    best = say.foremost(done)
    out.print()
    source = asked[0].unseen.source if asked[0].unseen else ""
    out.print(Text.assemble(("Unseen inputs", "bold"), f": {source}"))
    for one in asked:
        if one.unseen is not None and not one.unseen.grid:
            said(out, f"{one.name}: {say.seen(one.unseen)}")
    for one in asked:
        if one.architecture.layers == best.layers and one.unseen is not None:
            out.print(Text(f"answers of {one.name}", style="dim"))
            single = one.training.network.layers[-1] == 1
            out.print(_grid(one.unseen) if one.unseen.grid and single else _listed(one.unseen))


def _grid(unseen: "Unseen") -> Table:
    """Answers over two inputs, the second upward, as on a map."""
    across, up = unseen.grid
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_footer=True)
    table.add_column(f"{unseen.features[1]} ↑", footer=f"{unseen.features[0]} →", style="dim")
    for value in across:
        table.add_column(footer=number(value, 3), footer_style="dim", justify="right")
    for j in range(len(up) - 1, -1, -1):
        answers = [unseen.rows[i * len(up) + j].answer[0] for i in range(len(across))]
        table.add_row(number(up[j], 3), *(_share_text(a, bool(unseen.classes)) for a in answers))
    return table


def _share_text(answer: float, classes: bool) -> Text:
    style = ("blue" if answer > 0.5 else "red") if classes else ""
    return Text(f"{answer:.2f}", style=style)


def _listed(unseen: "Unseen") -> Table:
    """Some rows, the mistaken ones first, for they teach most."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown = unseen.features[:MOST_FEATURES] if len(unseen.features) <= MOST_FEATURES else ()
    heads = ("answer", "truth", "sure") if unseen.classes else ("answer", "truth")
    for head in (*(shown or ("row",)), *heads):
        table.add_column(head, header_style="dim", justify="right" if head in shown else "left")
    order = sorted(range(len(unseen.rows)), key=lambda k: unseen.rows[k].right is not False)
    for k in order[:MOST_ROWS]:
        row = unseen.rows[k]
        inputs = [number(v, 3) for v in row.inputs[: len(shown)]] if shown else [str(k + 1)]
        mark = "" if row.right is None else " ✓" if row.right else " ✗"
        sure = "–" if math.isnan(row.sure) else f"{100 * row.sure:.1f} %"
        cells = (_true(row.predicted) + mark, _true(row.truth), sure)
        table.add_row(*inputs, *cells[: len(heads)])
    return table


def _true(text: str) -> str:
    """A number with a true minus, a class as it is, a dash for nothing."""
    return f"−{text[1:]}" if text[:1] == "-" else text or "–"


def _feedforward(out: Screen, done: "Learned") -> None:
    out.print()
    out.print(Text("Feedforward by hand", style="bold"))
    for one in done.shown:
        said(out, f"{one.architecture.name}: {one.verification.verdict}")
    smallest = min(done.shown, key=lambda one: one.training.network.parameters.size)
    neurons = [
        n for n in smallest.verification.neurons if n.sample == smallest.verification.samples
    ]
    if len(neurons) <= MOST_NEURONS:
        out.print(Text(f"the last of these samples, through {smallest.name}", style="dim"))
        out.print(_hand(neurons))


def _hand(neurons: "Sequence[Neuron]") -> Table:
    """Sums as a student writes them."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("neuron", "sum", "z", "f(z)", "by hand", "network", "differ"):
        table.add_column(head, header_style="dim", justify="left", no_wrap=head != "sum")
    for n in neurons:
        values = (f"{v:.6f}".replace("-", "−") for v in (n.a, n.network_a))
        z = f"{n.z:.4f}".replace("-", "−")
        differ = f"{n.difference:.0e}" if n.difference else "0"
        table.add_row(f"{n.layer}.{n.neuron}", n.sum_text, z, n.formula, *values, differ)
    return table


def _ledger(out: Screen, done: "Learned") -> None:
    kept = [(one, text) for one in done.shown if (text := say.ledger(one))]
    if not kept:
        return
    out.print()
    out.print(Text("Energy ledger", style="bold"))
    for one, text in kept:
        said(out, f"{one.architecture.name}: {text}")
