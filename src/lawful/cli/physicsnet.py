"""A learned network on a screen: its losses, what it learned, formulas, and their drift."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from lawful.cli.screen import Screen, said, screen
from lawful.report.numbers import counted, number
from lawful.report.physicsnet_words import r2

if TYPE_CHECKING:
    from rich.progress import Progress

    from lawful.laws import Findings
    from lawful.studies.physicsnet.discovering import Discovered
    from lawful.studies.physicsnet.folder import TrainingRun

MOST_ROWS = 6  # epochs that are listed
MOST_FORMULAS = 6  # of a Pareto front
HELD = "validation_"


class Course:
    """How far a training is, on one line of standard error; silent where no terminal is.

    Attributes
    ----------
    done
        The last epoch that ended, and how many there are, for who asks after an interruption.
    """

    def __init__(self) -> None:
        self.done = (0, 0)
        self._progress: Progress | None = None

    def __enter__(self) -> "Course":
        err = screen(sys.stderr)
        if err.is_terminal:
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            bar, left = BarColumn(bar_width=24), TimeRemainingColumn()
            words = ("{task.description}", "{task.fields[epoch]}", "{task.fields[losses]}")
            name, epoch, losses = (TextColumn(word) for word in words)
            self._progress = Progress(name, bar, epoch, left, losses, console=err, transient=True)
            self._progress.add_task("starting", total=None, epoch="", losses="")
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def step(self, name: str, what: str) -> None:
        """Say what begins."""
        self._show(f"{name}: {what}", 0, None, "", "")

    def epochs(self, name: str) -> Callable[[int, int, Mapping[str, float]], None]:
        """What is called after every epoch of a training."""

        def ended(epoch: int, epochs: int, losses: Mapping[str, float]) -> None:
            self.done = (epoch, epochs)
            self._show(name, epoch, epochs, f"epoch {epoch}/{epochs}", brief(losses))

        return ended

    def _show(self, words: str, at: int, of: int | None, epoch: str, losses: str) -> None:
        if self._progress is not None:
            task = self._progress.task_ids[0]
            self._progress.update(
                task, description=words, completed=at, total=of, epoch=epoch, losses=losses
            )


def brief(losses: Mapping[str, float]) -> str:
    """Losses on one line.

    >>> brief({"loss": 0.1234, "prediction": 0.1, "validation_loss": 2e-5, "seconds": 3.0})
    'loss 0.123, prediction 0.1, validation 2×10⁻⁵'
    """
    seen = [name for name in losses if not name.startswith(HELD) and name != "seconds"]
    held = [f"{HELD}loss"] if f"{HELD}loss" in losses else []
    return ", ".join(f"{_word(name)} {number(float(losses[name]), 3)}" for name in seen + held)


def _word(name: str) -> str:
    """What a loss is called where there is little room."""
    return "validation" if name == f"{HELD}loss" else name.removeprefix(HELD)


# --------------------------------------------------------------------- a training


def put_trained(out: Screen, run: "TrainingRun", place: Path | None) -> None:
    """All of a training."""
    put_material(out, run)
    out.print()
    out.print(Text(verdict(run), style="bold"))
    out.print()
    out.print(losses_table(run.history))
    out.print()
    out.print(quantities_table(run))
    if place is not None:
        out.print()
        said(out, f"{place}: the network, its runs, and its losses by epoch")
        said(out, f"lawful discover {place} --method physicsnet", "formulas")
        said(out, f"lawful evaluate {place}", "report")


def put_material(out: Screen, run: "TrainingRun") -> None:
    """What was learned from."""
    m, settings = run.material, run.settings
    sizes = m.runs.sizes
    counts = f"{counted(sizes['run'], 'run')}, {counted(sizes['time'], 'sample')}"
    out.print(Text.assemble((m.name, "bold"), f": {counts}"))
    for note in m.notes:
        said(out, note, "read")
    seen = ", ".join(run.trained.variables)
    rest = [str(n) for n in m.runs.data_vars if str(n) not in run.trained.variables]
    hidden = f"; it never saw {', '.join(rest)}" if rest else ""
    window = counted(int(run.trained.window), "sample")
    said(out, f"the network sees {seen}, {window} at a time{hidden}", "network")
    if settings.conservation == "change":
        said(out, "trained on the plain squared change, which a constant wins", "network")


def verdict(run: "TrainingRun") -> str:
    """One sentence: what the network learned."""
    count, epochs = int(run.trained.count), len(run.history.get("loss", ()))
    kept = counted(count, "independent quantity", "independent quantities")
    stays = "stays" if count == 1 else "stay"
    what = f"{kept} {stays} the same" if count else "nothing that stays the same was learned"
    took = f"{counted(epochs, 'epoch')}, {number(run.seconds, 2)} s"
    return f"{what} on runs held out ({took})."


def losses_table(history: Mapping[str, Any]) -> Table:
    """Some epochs, the last among them: what the loss is made of, and its sum in validation."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    names = [n for n in history if not n.startswith(HELD) and n != "seconds"]
    names += [f"{HELD}loss"] if f"{HELD}loss" in history else []
    for head in ("epoch", *map(_word, names)):
        table.add_column(head, header_style="dim", justify="right")
    for k in chosen_rows(len(history["loss"])):
        table.add_row(str(k + 1), *(number(float(history[n][k]), 3) for n in names))
    return table


def chosen_rows(count: int, most: int = MOST_ROWS) -> list[int]:
    """Which of so many rows are shown: first, last, and evenly between.

    >>> chosen_rows(3), chosen_rows(100)
    ([0, 1, 2], [0, 20, 40, 59, 79, 99])
    """
    if count <= most:
        return list(range(count))
    return sorted({round(k * (count - 1) / (most - 1)) for k in range(most)})


def quantities_table(run: "TrainingRun") -> Table:
    """One learned quantity a row: how little it changes along runs that were held out."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("learned", header_style="dim", style="bold", no_wrap=True)
    table.add_column("λ", header_style="dim", justify="right", no_wrap=True)
    for k, value in enumerate(run.trained.within_total, 1):
        table.add_row(f"quantity {k}", number(float(value), 2))
    return table


# ------------------------------------------------------------------------ formulas


def put_discovered(
    out: Screen, run: "TrainingRun", found: "Sequence[Discovered]", findings: "Findings"
) -> None:
    """All that was read off a network: formulas, their fronts, and the laws among them."""
    from lawful.cli.findings import law_table
    from lawful.report.verdict import verdict as laws_verdict

    put_material(out, run)
    out.print()
    out.print(Text(laws_verdict(findings), style="bold"))
    if findings.laws:
        out.print()
        out.print(law_table(findings.laws))
    for one in found:
        out.print()
        put_front(out, one)
    if findings.warnings:
        out.print()
    for sentence in findings.warnings:
        said(out, sentence, "warning", "yellow")


def put_front(out: Screen, one: "Discovered") -> None:
    """A formula, what it is worth, and the front that it was chosen from."""
    from lawful.report.formula import formula

    out.print(Text.assemble((one.target, "bold"), f" = {formula(one.formula).text}"))
    said(out, worth(one), style="dim")
    front = one.front
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True, width=1)
    for head in ("complexity", "R²", "rmse"):
        table.add_column(head, header_style="dim", justify="right", no_wrap=True)
    table.add_column(f"formula, by {front.engine}", header_style="dim", overflow="fold")
    for k in chosen_rows(len(front.formulas), MOST_FORMULAS):
        row = front.formulas[k]
        mark = "›" if row.expression == front.chosen.expression else ""
        numbers = (str(row.complexity), r2(row.r2), number(row.error, 2))
        table.add_row(mark, *numbers, formula(row.expression).text)
    out.print(table)


def worth(one: "Discovered") -> str:
    """How good a formula is, on one line."""
    parts = [f"R² {r2(one.r2)}", f"λ {number(one.within_total, 2)}"]
    if one.exact_form is not None:
        parts.append("exact form" if one.exact_form else "another form than the truth")
    known = {name: r for name, r in one.rank_correlation.items() if r == r}
    if known:
        best = max(known, key=lambda name: known[name])
        parts.append(f"rank correlation with {best} {number(known[best], 3)}")
    return ", ".join(parts)
