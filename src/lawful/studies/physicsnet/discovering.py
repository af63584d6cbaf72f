"""Formulas from a trained network: a known target regressed, or what it learned read off.

    target:    Q*(x_clean) ~ f(columns of the network's states)
    learned:   Ê_k, rotated to what simple terms can say ~ f(columns), then
               constants of f anew, so that f varies least within runs of the data

A formula is fitted on the runs that the network was trained on; which of its terms stay is
settled on the runs that stopped the training. It is judged on the test runs: on their
states without noise where these are known, else on the data themselves.
"""

from typing import TYPE_CHECKING

from lawful.studies.physicsnet.discovered import Discovered
from lawful.studies.physicsnet.grading import findings
from lawful.studies.physicsnet.searching import Say, Search
from lawful.studies.physicsnet.states import measured

if TYPE_CHECKING:
    from lawful.studies.physicsnet.folder import TrainingRun

__all__ = ["Discovered", "discover_in", "findings"]


def discover_in(
    run: "TrainingRun",
    *,
    target: str | None = None,
    engine: str = "operon",
    niterations: int = 40,
    seed: int = 0,
    progress: Say | None = None,
) -> tuple[Discovered, ...]:
    """Find formulas in a trained network.

    Parameters
    ----------
    run
        The training.
    target
        A true quantity, as `--target` spells it: it is regressed on the states that the
        network sees. Without one, each quantity that the network learned is read off.
    engine, niterations, seed
        Of the symbolic regression; see `laws.symbolic.regress`.
    progress
        Called with the name of each step.

    Returns
    -------
    tuple of Discovered
        One for a target; for what was learned one a quantity, steadiest first.

    Raises
    ------
    Refusal
        For a target that the system does not have, or whose truth is not known.
    """
    say = progress or (lambda step: None)
    search = Search(run, engine, niterations, seed, say)
    if target is not None:
        return (search.known(target),)
    read_off = run.trained.targets(measured(run))
    found = [search.learned(one, k) for k, one in enumerate(read_off, 1)]
    return tuple(sorted(found, key=lambda one: one.within_total))
