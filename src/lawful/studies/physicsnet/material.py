"""What a network is trained on: runs, and where a system made them, what is true of them.

    system, seed, noise → x(run, time) + noise,   and with noise 0 the clean x(run, time)

A simulation draws its noise last, so the same seed without noise gives the very states
that were disturbed. They are for judging alone: no network sees them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lawful.refusal import Refusal
from lawful.store import fingerprint, fingerprint_arrays
from lawful.studies.sources import Reading, is_system, opened
from lawful.trajectories import Trajectories, check

if TYPE_CHECKING:
    from lawful.systems.system import System

RUNS = 600


@dataclass(frozen=True, eq=False)
class Material:
    """Runs to learn from, with what is known of them.

    Attributes
    ----------
    runs
        As measured, noise included.
    clean
        The same runs without noise, where they were simulated; `runs` itself where no
        noise was added. None for data of others.
    system
        What made them; None for data of others.
    name
        What to call them.
    notes
        What was guessed, estimated or simulated, a sentence each.
    fingerprints
        Name, SHA-256 and size of each input.
    settings
        How to make them again.
    """

    runs: Trajectories
    clean: Trajectories | None = None
    system: "System | None" = None
    name: str = "data"
    notes: tuple[str, ...] = ()
    fingerprints: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        runs: Trajectories,
        name: str = "data",
        *,
        system: "System | None" = None,
        clean: Trajectories | None = None,
    ) -> "Material":
        """Trajectories that are there already.

        Parameters
        ----------
        runs
            Trajectories on (run, time), without space axes.
        name
            What to call them.
        system
            What made them, where it is known.
        clean
            The same without noise, where it is known: what is true is judged on it.

        Raises
        ------
        Refusal
            Where `clean` does not have the runs, samples and variables of `runs`.

        Examples
        --------
        >>> from lawful.systems import simulate, system
        >>> runs = simulate("spring", runs=3, samples=20)
        >>> Material.of(runs, "mine", system=system("spring"), clean=runs).noise
        0.0
        """
        _check(runs)
        if clean is not None:
            _check_alike(runs, clean)
        arrays = {str(n): v.values for n, v in runs.variables.items()}
        return cls(
            runs, clean, system, name, (), (fingerprint_arrays(name, arrays),), {"data": [name]}
        )

    @property
    def noise(self) -> float | None:
        """Noise as a fraction of each variable's spread, at its largest; None where unknown.

        >>> material(["spring"], runs=4, samples=50).noise
        0.0
        """
        if self.clean is None:
            return None
        if self.clean is self.runs:
            return 0.0
        shares = [
            float(np.nanstd(v.values - self.clean[n].values) / (np.nanstd(v.values) or 1.0))
            for n, v in self.runs.data_vars.items()
        ]
        return max(shares)

    @property
    def varied(self) -> tuple[str, ...]:
        """Parameters that differ between runs: numbers on `run`.

        >>> material(["spring"], runs=4, samples=20).varied
        ()
        """
        return tuple(
            str(name)
            for name, c in self.runs.coords.items()
            if c.dims == ("run",)
            and name not in ("run", "time")
            and np.issubdtype(c.dtype, np.number)
            and np.ptp(c.values) > 0
        )


def material(
    data: Sequence[str],
    reading: Reading | None = None,
    *,
    runs: int = RUNS,
    samples: int | None = None,
    duration: float | None = None,
    noise: float = 0.0,
    seed: int = 0,
) -> Material:
    """Simulate the system, or read the files, that `data` names.

    Parameters
    ----------
    data
        A name of the catalogue, a TOML file of equations, or files; see `sources.opened`.
    reading
        How files are to be read.
    runs, samples, duration, noise
        Of a simulation; see `systems.simulate`.
    seed
        Of a simulation.

    Raises
    ------
    Refusal
        For data that cannot be meant, and for settings of a simulation with files.

    Examples
    --------
    >>> m = material(["spring"], runs=5, samples=40, noise=0.01, seed=2)
    >>> dict(m.runs.sizes), m.name, m.clean is m.runs
    ({'run': 5, 'time': 40}, 'spring', False)
    """
    reading = reading or Reading()
    if not data or not is_system(data):
        said = {"runs": runs != RUNS, "samples": samples is not None}
        said |= {"duration": duration is not None, "noise": noise != 0.0}
        return _read(data, reading, [name for name, given in said.items() if given])
    if reading.said:
        opened(data, reading)  # refuses, and says why
    return _simulated(data[0], runs, samples, duration, noise, seed)


def _read(data: Sequence[str], reading: Reading, said: Sequence[str]) -> Material:
    source = opened(data, reading)  # refuses what is neither a file nor a system
    if said:
        raise Refusal(
            f"{said[0]} with {source.name!r}",
            "settings of a simulation only with a system",
            "data that were measured are taken as they are",
        )
    _check(source.runs)
    settings = {"data": list(data), **reading.said}
    return Material(
        source.runs, None, None, source.name, source.notes, source.fingerprints, settings
    )


def _simulated(
    name: str, runs: int, samples: int | None, duration: float | None, noise: float, seed: int
) -> Material:
    from lawful.systems import simulate, system

    chosen = system(name)
    asked: dict[str, Any] = {"runs": runs, "samples": samples, "duration": duration, "seed": seed}
    made = simulate(chosen, **asked, noise=noise)
    clean = simulate(chosen, **asked) if noise else made
    own = name.endswith(".toml")
    kind = "a file of equations" if own else "a system of the catalogue"
    with_noise = f" and {100 * noise:g} % noise" if noise else ""
    note = f"{name} is {kind}: simulated {runs} runs with seed {seed}{with_noise}"
    arrays = {str(n): v.values for n, v in made.variables.items()}
    prints = [fingerprint_arrays(chosen.name, arrays)]
    if own:
        prints.insert(0, fingerprint(name))
    settings = {"data": [name], **asked, "noise": noise}
    return Material(made, clean, chosen, chosen.name, (note,), tuple(prints), settings)


def _check(runs: Trajectories) -> None:
    for name, variable in check(runs).data_vars.items():
        if variable.ndim > 2:
            raise Refusal(
                f"variable {str(name)!r} with space axes",
                "variables on (run, time)",
                "record its observables first",
            )


def _check_alike(runs: Trajectories, clean: Trajectories) -> None:
    check(clean)
    if dict(runs.sizes) != dict(clean.sizes) or {*runs.data_vars} != {*clean.data_vars}:
        raise Refusal(
            f"clean runs of sizes {dict(clean.sizes)} with variables "
            f"{', '.join(map(str, clean.data_vars))}",
            f"sizes {dict(runs.sizes)} with {', '.join(map(str, runs.data_vars))}",
        )
