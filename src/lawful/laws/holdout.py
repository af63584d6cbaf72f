"""Which runs make a law and which test it.

Of many runs every third group is held out. Of few, all serve the fit: the last
stretch of each is held out, and every run must agree with what the others make.
A single run is cut into stretches; with no other run to differ from, T gives way
to the variance that a combination would have were its terms unrelated.
"""

import numpy as np

from lawful.laws.features import Library
from lawful.laws.independence import Gradients
from lawful.laws.invariants import Pencil
from lawful.laws.search import STEADY, Evidence
from lawful.laws.sums import FOLDS, Joined
from lawful.laws.survey import Survey, block_length
from lawful.trajectories import Trajectories

FEW_RUNS = 12  # below this, all runs serve the fit and the end of each is held out
SEGMENTS = 4  # stretches of time a run is cut into where runs are few
FEWEST_FOR_NEARLY = 6  # fewer runs are nearly alike in something by chance
BLOCKS_PER_TERM = 5
CANCELLED = 0.02  # share of its terms' variance that a law on a single run may keep


def folding(runs: int) -> tuple[int, int]:
    """How many folds, and segments a run, for this many runs."""
    if runs < FEW_RUNS:
        return runs * SEGMENTS, SEGMENTS
    return min(runs, FOLDS), 1


def block_for(seen: Survey, usable: Library, witness: Trajectories) -> int:
    """The longest block that shows the motion and leaves `BLOCKS_PER_TERM` blocks a term."""
    bearable = int(seen.count / (BLOCKS_PER_TERM * max(len(usable.terms), 1)))
    return max(1, min(block_length(witness), bearable))


def gather(
    joined: Joined, chosen: Library, gradients: Gradients, runs: int, nearly: float
) -> Evidence:
    """The evidence: two thirds of the folds to fit, one third to test."""
    held_out = np.zeros(joined.count.size)
    held_out[2::3] = 1.0
    if runs < FEW_RUNS:
        held_out[:] = np.arange(joined.count.size) % SEGMENTS == SEGMENTS - 1
    fit, test = (Pencil.of(joined.matrices(w)) for w in (1.0 - held_out, held_out))
    steady = STEADY
    if runs == 1:
        # One run has no other to differ from: a law must cancel what its terms do.
        fit, test = (
            Pencil(p.within, np.diag(np.diag(p.within)), p.noise, p.coarse) for p in (fit, test)
        )
        steady = CANCELLED
    if runs < FEWEST_FOR_NEARLY:
        nearly = 0.0
    each = _one_run_out(joined, runs) if 1 < runs < FEW_RUNS else ()
    windows = joined.noise_count
    return Evidence(
        chosen.terms,
        chosen.scale,
        fit,
        test,
        gradients,
        held_out > 0 if runs >= FEW_RUNS else np.ones(held_out.size, dtype=bool),
        int((1.0 - held_out) @ joined.block_count),
        int(held_out @ windows),
        int(held_out @ joined.block_count),
        len(chosen.variables),
        groups=tuple(
            (joined.coarse[f] / joined.block_count[f], joined.noise[f] / joined.noise_count[f])
            for f in np.flatnonzero(held_out * joined.noise_count > 0)
        ),
        each=each,
        steady=steady,
        nearly=nearly,
    )


def _one_run_out(joined: Joined, runs: int) -> tuple[tuple[Pencil, Pencil], ...]:
    """For each run, the pencil of the others and its own."""
    whose = np.arange(joined.count.size) // SEGMENTS
    return tuple(
        (
            Pencil.of(joined.matrices((whose != run).astype(float))),
            Pencil.of(joined.matrices((whose == run).astype(float))),
        )
        for run in range(runs)
    )
