"""The page of an evaluation of networks that learn laws: one HTML file that needs nothing else.

It opens with what was found and how surely, and with what to bear in mind; then formulas,
learned quantities against true ones, forecasts and how far they drift, the latent space, the
trainings, the ablations, what the numbers mean, and how to make it again.
"""

import shlex
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawful import __version__
from lawful.refusal import Refusal
from lawful.report import embedded
from lawful.report import physicsnet_tables as tables
from lawful.report import physicsnet_words as say
from lawful.report.album import Picture
from lawful.report.physicsnet_album import physicsnet_album
from lawful.report.plain import listed, table
from lawful.store import Manifest, write_atomically

if TYPE_CHECKING:
    from lawful.studies.physicsnet.evaluation import Evaluation


def write_physicsnet_report(
    evaluations: "Sequence[Evaluation]",
    path: str | Path,
    *,
    theme: str = "light",
    manifest: Manifest | None = None,
    pictures: bool = True,
    animate: bool = False,
    format: str = "png",
    share: Callable[[float], None] | None = None,
) -> Path:
    """Write the report of one or several evaluations, and draw their pictures beside it.

    Parameters
    ----------
    evaluations
        What `lawful.studies.physicsnet.evaluation.evaluate` gave.
    path
        The HTML file; pictures go into the folder `pictures` beside it, and into the page.
    theme
        "light" or "dark", of the page and its pictures.
    manifest
        Who made this; the page then says how to make it again.
    pictures
        Whether any are drawn.
    animate
        Draw the forecast beside the truth as a film, too.
    format
        "png" or "svg", of what stands still.
    share
        Called with the part of the drawing that is done, from 0 to 1.

    Raises
    ------
    Refusal
        For no evaluation; where the file cannot be written.
    """
    place = Path(path)
    several = _some(evaluations)
    drawn: tuple[Picture, ...] = ()
    if pictures:
        drawn = physicsnet_album(
            several, place.parent / "pictures", theme=theme, format=format, animate=animate,
            share=share,
        )  # fmt: skip
    write_atomically(place, physicsnet_page(several, drawn, theme, manifest))
    return place


def physicsnet_page(
    evaluations: "Sequence[Evaluation]",
    drawn: Sequence[Picture] = (),
    theme: str = "light",
    manifest: Manifest | None = None,
) -> str:
    """The report as text."""
    several = _some(evaluations)
    named = list(zip(say.names(several), several, strict=True))
    sections = [
        _sentences("To bear in mind", say.caveats(several), "warnings"),
        _section("Formulas found", tables.formulas(several) + _formulas(drawn)),
        _section("What was learned, and what is true", _quantities(named, drawn)),
        _forecasts(several, drawn),
        _section("The latent space", _latent(named, drawn)),
        _section("Trainings", tables.trainings(several) + _album(drawn, "training")),
        _section("What each part is for", _ablations(named, drawn)),
        _measures(),
        _data(named),
        _again(several, manifest),
    ]
    leads = "".join(f'<p class="lead">{escape(words)}</p>' for words in say.lead(several))
    header = f"<h1>{escape(say.headline(several))}</h1>{leads}"
    footer = (
        f"Made by Lawful {__version__}. Truths were used to judge, never to train: the network saw "
        "no formula and no invariant. A formula for a named target was regressed on its values."
    )
    return embedded.whole(say.title(several), theme, header, sections, footer)


def _some(evaluations: "Sequence[Evaluation]") -> "list[Evaluation]":
    if not evaluations:
        raise Refusal("no evaluation", "one at least", "run `lawful evaluate RUN` first")
    return list(evaluations)


def _of(drawn: Sequence[Picture], *parts: str, name: str = "") -> list[Picture]:
    """Pictures of some parts of the page, in their order; of one system where it is named."""
    return [
        picture
        for part in parts
        for picture in drawn
        if picture.of.partition("/")[0] == part
        and (not name or picture.of.partition("/")[2] == name)
    ]


def _album(drawn: Sequence[Picture], *parts: str, name: str = "") -> str:
    return "".join(map(embedded.figure, _of(drawn, *parts, name=name)))


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inside}</section>" if inside else ""


def _sentences(title: str, sentences: Sequence[str], kind: str = "") -> str:
    if not sentences:
        return ""
    return f'<section class="{kind}"><h2>{escape(title)}</h2>{listed(sentences)}</section>'


def _each(
    named: "Sequence[tuple[str, Evaluation]]", say_of: "Callable[[str, Evaluation], str]"
) -> str:
    """What is said of each, under its name where there are several."""
    parts = [(name, said) for name, e in named if (said := say_of(name, e))]
    if len(named) == 1:
        return "".join(said for _, said in parts)
    return "".join(f"<h3>{escape(name)}</h3>{said}" for name, said in parts)


def _formulas(drawn: Sequence[Picture]) -> str:
    """Formulas against the truth; the first front, and the others folded away."""
    fronts = [embedded.figure(picture) for picture in _of(drawn, "fronts")]
    rest = "".join(fronts[1:])
    folded = f"<details><summary>All other Pareto fronts</summary>{rest}</details>" if rest else ""
    return _album(drawn, "formulas") + "".join(fronts[:1]) + folded


def _quantities(named: "Sequence[tuple[str, Evaluation]]", drawn: Sequence[Picture]) -> str:
    def told(name: str, e: "Evaluation") -> str:
        shown = _album(drawn, "quantities", name=name)
        album = f'<div class="pair">{shown}</div>' if shown else ""
        return tables.quantities(e) and tables.quantities(e) + album

    body = _each(named, told)
    if not body:
        return ""
    return (
        '<p class="lead">Rank correlations on test runs, sample by sample, their sign apart. The '
        "network was told no target; its own quantities are whatever stays the same along runs and "
        "tells them apart, so each may be any function of the true ones. The learned ones are the "
        f"same, turned to what simple terms can say.</p>{body}"
    )


def _forecasts(several: "Sequence[Evaluation]", drawn: Sequence[Picture]) -> str:
    rows = tables.drifts(several)
    missing = [] if any("standard" in e.drifts for e in several) else ["standard training (β = 0)"]
    missing += [] if any("hamiltonian" in e.drifts for e in several) else ["a Hamiltonian network"]
    aside = (
        f'<p class="lead">Not run here: {escape(" and ".join(missing))}.</p>'
        if rows and missing
        else ""
    )
    notes = tables.methods(several)
    return _section("Forecasts", f"{rows}{aside}{notes}{_album(drawn, 'forecasts')}")


def _latent(named: "Sequence[tuple[str, Evaluation]]", drawn: Sequence[Picture]) -> str:
    return _each(
        named,
        lambda name, e: (
            f"<p>{escape(tables.components(e))}</p>" + _album(drawn, "latent", name=name)
        ),
    )


def _ablations(named: "Sequence[tuple[str, Evaluation]]", drawn: Sequence[Picture]) -> str:
    body = _each(
        named,
        lambda name, e: tables.ablations(e) + _album(drawn, "ablations", name=name),
    )
    if not body:
        return ""
    return (
        '<p class="lead">The same runs and settings, one thing changed at a time. “standard” has '
        "no conservation loss; “change” has the plain squared change of the quantity as its loss, "
        f"which a constant wins.</p>{body}"
    )


# ---------------------------------------------------------------------- how it came about


def _measures() -> str:
    words = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in say.MEASURES.items()
    )
    return _section("What the numbers mean", f'<dl class="words">{words}</dl>')


def _data(named: "Sequence[tuple[str, Evaluation]]") -> str:
    def told(name: str, e: "Evaluation") -> str:
        m = e.run.material
        system = m.system
        about = f"<p>{escape(system.title)}. {escape(system.description)}</p>" if system else ""
        return about + (listed(m.notes) if m.notes else "")

    return _section("What was learned from", _each(named, told))


def _again(several: "Sequence[Evaluation]", manifest: Manifest | None) -> str:
    settings = "".join(
        f"<details><summary>All settings of the training on {escape(name)}</summary>"
        + table(
            ["setting", "value"],
            [[k.replace("_", " "), _setting(v)] for k, v in e.run.settings.to_dict().items()],
            text=(1,),
        )
        + "</details>"
        for name, e in zip(say.names(several), several, strict=True)
    )
    if manifest is None:
        return _section("To make it again", settings)
    command = f"<pre>{escape(shlex.join(manifest.command))}</pre>" if manifest.command else ""
    prints = [[str(d.get("name", "")), str(d.get("sha256", ""))] for d in manifest.data]
    return _section(
        "To make it again, and to cite it",
        f"{command}<p>Lawful {escape(manifest.version)}, seed {manifest.seed}. The same settings, "
        "version and machine give the same numbers, but for times.</p>"
        f"{settings}{table(['data', 'SHA-256'], prints, text=(1,))}",
    )


def _setting(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "all"
    return "–" if value is None else str(value)
