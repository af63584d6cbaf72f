"""The census of runs over chunks: how many, how long, and which are the witnesses.

The witnesses are the runs with the smallest `survey.lots`: a random sample that can
be drawn in one pass, merged, and drawn again the same from the whole.
"""

from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from lawful.laws.continuity import Numbered, Numbers, padded, ranges, same_columns
from lawful.laws.survey import WITNESSES, lots
from lawful.trajectories import Trajectories, stack

MOST_WITNESSED = 2_000_000  # samples of witness runs that are kept


@dataclass
class Witness:
    """A run kept whole, in the pieces it came in."""

    lot: int
    number: int
    pieces: list[Trajectories] = field(default_factory=list)

    @property
    def samples(self) -> int:
        """How many are kept."""
        return sum(piece.sizes["time"] for piece in self.pieces)

    def runs(self) -> Trajectories:
        """The pieces, one after the other."""
        if len(self.pieces) == 1:
            return self.pieces[0]
        return xr.concat(
            self.pieces,
            "time",
            data_vars="all",
            coords="minimal",
            compat="override",
            join="override",
            combine_attrs="override",
        )


class Census:
    """Counts runs as they come; two censuses of disjoint runs add up with `+`.

    Parameters
    ----------
    salted
        From `survey.salt`.
    first
        A sample of the first chunk: what others must agree with.
    """

    def __init__(self, salted: int, first: Trajectories) -> None:
        self.salted, self.first = salted, first
        self._lengths: list[Numbers] = []
        self.runs_of_parts: list[int] = [0]
        self.ranges: dict[str, tuple[float, float]] = {}
        self.other_roles: set[str] = set()
        self.shortened = False
        self._chosen: list[Witness] = []

    @property
    def lengths(self) -> Numbers:
        """Samples of every run, shape (runs,)."""
        return np.concatenate(self._lengths) if self._lengths else np.zeros(0, dtype=np.int64)

    def varying(self) -> dict[str, tuple[float, float]]:
        """Least and largest value of the parameters that are not the same in all runs."""
        return {name: ends for name, ends in self.ranges.items() if ends[1] > ends[0]}

    def count(self, chunk: Numbered) -> None:
        """Take one more chunk into account.

        Raises
        ------
        Refusal
            Where its columns are not those of the first chunk.
        """
        self.other_roles |= same_columns(self.first, chunk.runs)
        self.ranges = _wider(self.ranges, ranges(chunk.runs))
        new = chunk.start == 0
        old = ~new
        if old.any():
            # A run that goes on was in the chunk before, so far back at most.
            self._lengths = [self.lengths]
            np.add.at(self._lengths[0], chunk.number[old], chunk.count[old])
        self._lengths.append(chunk.count[new].astype(np.int64))
        self.runs_of_parts[-1] += int(new.sum())
        self._go_on(chunk)
        self._choose(chunk, new)

    def _go_on(self, chunk: Numbered) -> None:
        rows = {int(n): k for k, n in enumerate(chunk.number) if chunk.start[k] > 0}
        for witness in self._chosen:
            if witness.number in rows:
                self._keep(witness, chunk, rows[witness.number])

    def _choose(self, chunk: Numbered, new: np.ndarray) -> None:
        drawn = lots(chunk.runs, self.salted)
        full = len(self._chosen) >= WITNESSES
        worst = self._chosen[-1].lot if full else 2**64
        rows = np.flatnonzero(new)
        rows = rows[np.argsort(drawn[rows], kind="stable")][:WITNESSES]
        fresh = [
            Witness(int(drawn[k]), int(chunk.number[k])) for k in rows if int(drawn[k]) < worst
        ]
        kept = sorted([*self._chosen, *fresh], key=lambda w: (w.lot, w.number))[:WITNESSES]
        self._chosen = kept
        row_of = {int(chunk.number[k]): int(k) for k in rows}
        for witness in kept:
            if not witness.pieces:
                self._keep(witness, chunk, row_of[witness.number])

    def _keep(self, witness: Witness, chunk: Numbered, row: int) -> None:
        room = MOST_WITNESSED - sum(w.samples for w in self._chosen)
        samples = int(chunk.count[row])
        if samples > room:
            self.shortened = True
        if self.shortened and witness.pieces:
            return  # a gap in it would look like a jump
        samples = min(samples, max(room, 1000))
        witness.pieces.append(padded(chunk.runs.isel(run=[row]), samples).copy(deep=True))

    def __add__(self, other: "Census") -> "Census":
        total = Census(self.salted, self.first)
        total._lengths = [self.lengths, other.lengths]
        total.runs_of_parts = [*self.runs_of_parts, *other.runs_of_parts]
        total.ranges = _wider(self.ranges, other.ranges)
        total.other_roles = self.other_roles | other.other_roles
        total.shortened = self.shortened or other.shortened
        before = self.lengths.size
        moved = [Witness(w.lot, w.number + before, w.pieces) for w in other._chosen]
        both = sorted([*self._chosen, *moved], key=lambda w: (w.lot, w.number))
        total._chosen = both[:WITNESSES]
        return total

    def witnesses(self) -> Trajectories:
        """The witness runs in their order, with the first chunk's roles.

        They are as long as the longest run of all where they were kept whole.
        """
        runs = stack([w.runs() for w in sorted(self._chosen, key=lambda w: w.number)])
        for name, variable in self.first.data_vars.items():
            runs[name].attrs = dict(variable.attrs)
        longest = int(self.lengths.max())
        if runs.sizes["time"] < longest and longest * runs.sizes["run"] <= MOST_WITNESSED:
            runs = padded(runs, longest)
        return runs

    def warnings(self) -> list[str]:
        """What the user should know, one sentence each."""
        said = []
        if self.other_roles:
            names = ", ".join(sorted(self.other_roles))
            said.append(
                f"Chunks disagree about the role of {names}; that of the first chunk was taken."
            )
        if self.shortened:
            said.append(
                "Runs are very long: where laws are looked at along time, only the beginning of "
                "some runs is; the sums are over all samples."
            )
        return said


def _wider(
    one: dict[str, tuple[float, float]], other: dict[str, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    if not one:
        return other
    return {
        name: (
            float(np.minimum(one[name][0], other[name][0])),
            float(np.maximum(one[name][1], other[name][1])),
        )
        for name in one
    }
