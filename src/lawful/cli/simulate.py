"""`lawful simulate`: runs of a system, written to a file."""

from pathlib import Path
from typing import Annotated

from lawful.cli.options import Flag, Words, numbers, ranges
from lawful.cli.screen import bar, put_json, said, screen
from lawful.refusal import Refusal

EXAMPLES = """
Examples:

```console
lawful simulate orbit --runs 2000 --out orbit.nc
lawful simulate pendulum --set g=1.62 --vary length=0.5:2 --noise 0.01 --out moon.csv
lawful simulate my.toml --duration 20 --out mine.parquet
```
"""


def simulate(
    system: str,
    /,
    *,
    out: Path,
    runs: int = 60,
    samples: int | None = None,
    duration: float | None = None,
    seed: int = 0,
    noise: float = 0.0,
    set: Words = (),
    vary: Words = (),
    force: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag] = False,
) -> None:
    """Simulate a system from random initial states and write the runs to a file.

    Parameters
    ----------
    system
        A name that `lawful systems` lists, or a .toml file of equations.
    out
        The file: .csv, .csv.gz, .parquet or .nc.
    runs
        How many runs.
    samples
        How many samples along each; by the system when not given.
    duration
        Time of the last sample; by the system when not given.
    seed
        The same seed gives the same numbers.
    noise
        White noise, as a fraction of each variable's spread.
    set
        Parameters: g=9.8,length=2.
    vary
        Parameters drawn anew for each run: length=0.5:2.
    force
        Write over a file that is there.
    json
        Print what was done as JSON.
    """
    from lawful import files
    from lawful.systems import simulate as simulated
    from lawful.systems import system as find

    if out.exists() and not force:
        raise Refusal(f"{str(out)!r} is there already", "", "add --force to write over it")
    if not out.parent.is_dir():
        raise Refusal(f"no folder {str(out.parent)!r}", "", "make it first")
    chosen = find(system)
    given = numbers(",".join(set), "--set")
    for name in given:
        chosen.check_parameter(name)
    chosen = chosen.with_parameters(**given) if given else chosen
    with bar(f"simulating {chosen.name}") as progress:
        made = simulated(
            chosen,
            runs=runs,
            samples=samples,
            duration=duration,
            seed=seed,
            noise=noise,
            vary=ranges(",".join(vary), "--vary") or None,
            progress=progress,
        )
    lost = files.write(made, out)
    if json:
        _put(made, out, lost)
        return
    shown = screen()
    names = ", ".join(map(str, made.data_vars))
    sizes = made.sizes
    said(shown, f"{out}: {sizes['run']} runs of {sizes['time']} samples of {names}")
    for sentence in lost:
        said(shown, sentence, "note")


def _put(made: "object", out: Path, lost: tuple[str, ...]) -> None:
    import json as text

    from lawful.trajectories import check

    runs = check(made)  # type: ignore[arg-type]
    put_json(
        {
            "file": str(out),
            "runs": runs.sizes["run"],
            "samples": runs.sizes["time"],
            "variables": {
                str(n): {k: v.attrs[k] for k in ("units", "role") if k in v.attrs}
                for n, v in runs.data_vars.items()
            },
            "origin": text.loads(runs.attrs["origin"]),
            "notes": list(lost),
        }
    )
