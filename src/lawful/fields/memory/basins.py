"""Basins: each task has a trap and an expert, and an input rolls to where it lies lowest.

    E_k(x) = Σ V_k ρ(x),   hard   p(y|x) = p_j(y|x),  j = argmin_k E_k(x)
                           soft   p(y|x) = Σ_k w_k(x) p_k(y|x)

No task label is asked for and no image stored. What a basin has learnt is never touched again
by another task: nothing is forgotten *by construction*, at a cost of memory that grows with
the number of tasks, and only an input that a later basin draws away can be lost. See `trap`
for E, `gating` for w, `experts` for p_k, `boundaries` for streams that do not say where a
task ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lawful.fields.memory import boundaries as bounds
from lawful.fields.memory import gating as gates
from lawful.fields.memory.experience import Experience, Part, Stream
from lawful.fields.memory.experts import EXPERTS, Expert, ExpertMaker
from lawful.fields.memory.learner import Learner, Progress, Size
from lawful.fields.memory.trap import BLOCK, FLOOR, Trap, density
from lawful.refusal import Refusal

TRAPS = ("task", "class")
VALIDATED = 2000  # validation images of a task, at most, by which soft gating is chosen
APART = 1_000_003  # between the seeds of one basin's expert and the next


@dataclass(frozen=True)
class Basin:
    """A trap, and the expert that speaks for what falls into it."""

    trap: Trap
    expert: Expert

    @property
    def numbers(self) -> int:
        """How many numbers both keep."""
        return self.trap.numbers + self.expert.numbers()


class Basins(Learner):
    """Tasks side by side, told apart by energy.

    Parameters
    ----------
    classes, side
        Of the stream.
    expert
        A name of `EXPERTS`, or what makes an expert from `side`, `classes` and `seed`.
    gating
        "hard": the lowest basin speaks; "soft": all do, see `gating`.
    temperature, trust
        T and γ of soft gating; chosen on validation images when None.
    boundaries
        "known": every experience opens a basin. "unknown": the energy of its batches decides,
        in the order in which they come, see `boundaries`.
    threshold
        For unknown boundaries: standard deviations by which a batch must lie higher than a
        basin's own images to open one.
    traps
        "task": one mean density a task. "class": one for each of its classes, which tells
        tasks that overlap better apart, at `classes` times the numbers; see `trap`.
    floor
        ε of the traps, in shares of an even density.
    epochs, batch, rate
        Of the experts; their own when None.
    seed
        Of the experts.
    name
        What it is called.
    device
        Where the experts compute, if not on the CPU.

    Raises
    ------
    Refusal
        For settings or images that cannot be meant.

    Examples
    --------
    >>> left = torch.rand(60, 8, 8, generator=torch.Generator().manual_seed(0))
    >>> left[:, :, 4:] = 0
    >>> labels = torch.arange(60) % 2
    >>> learner = Basins(classes=2, side=8)
    >>> for name, images in (("left", left), ("right", left.flip(2))):
    ...     part = Part(images, labels)
    ...     learner.train(Experience(name, part, part, (0, 1)))
    >>> learner.energy(left).argmin(1).unique().tolist(), learner.size().stored_examples
    ([0], 0)
    """

    def __init__(
        self,
        *,
        classes: int,
        side: int,
        expert: str | ExpertMaker = "field",
        gating: str = "hard",
        temperature: float | None = None,
        trust: float | None = None,
        boundaries: str = "known",
        threshold: float = bounds.THRESHOLD,
        traps: str = "task",
        floor: float = FLOOR,
        epochs: int | None = None,
        batch: int | None = None,
        rate: float | None = None,
        seed: int = 0,
        name: str = "basins",
        device: torch.device | str = "cpu",
    ) -> None:
        gates.check(gating, temperature, trust)
        bounds.check(boundaries, threshold)
        Trap(side, floor=floor)
        if traps not in TRAPS:
            raise Refusal(f"traps={traps!r}", "one of " + ", ".join(TRAPS))
        if isinstance(expert, str) and expert not in EXPERTS:
            raise Refusal(f"expert={expert!r}", "one of " + ", ".join(EXPERTS))
        self.name, self.classes, self.side, self.seed = name, classes, side, seed
        self.expert, self.gating, self.boundaries = expert, gating, boundaries
        self.temperature, self.trust = temperature, trust
        self.threshold, self.traps, self.floor = threshold, traps, floor
        self.batch = bounds.BATCH if batch is None else batch
        asked = {"epochs": epochs, "batch": batch, "rate": rate}
        self.asked = {k: v for k, v in asked.items() if v is not None}
        self.device = torch.device(device)
        self.basins: list[Basin] = []
        self.homes: list[int] = []  # the basin that most of an experience went to
        self.choice = gates.Choice(temperature, trust)

    # ------------------------------------------------------------------ how it learns

    def train(self, experience: Experience, *, progress: Progress | None = None) -> None:
        """Open a basin for an experience, or sort its images into basins first."""
        self._check(experience.train)
        if self.boundaries == "known":
            basin = self._open()
            for x, y in experience.train.batches(BLOCK):
                basin.trap.add(x, y)
            basin.trap.settle(experience.validation)
            basin.expert.fit(experience.train, experience.validation, progress=progress)
            self.homes.append(len(self.basins) - 1)
        else:
            self._sort(experience, progress)
        if self.gating == "soft":
            self._weigh(experience.validation)

    def _open(self) -> Basin:
        made: ExpertMaker = EXPERTS[self.expert] if isinstance(self.expert, str) else self.expert
        settings: dict[str, Any] = dict(self.asked)
        if self.device.type != "cpu":
            settings["device"] = self.device
        seed = self.seed + APART * len(self.basins)
        try:
            expert = made(side=self.side, classes=self.classes, seed=seed, **settings)
        except TypeError as error:
            given = ", ".join(["side", "classes", "seed", *settings])
            raise Refusal(
                f"an expert {self.expert!r} that cannot be made with {given}: {error}",
                remedy="leave out what it does not take",
            ) from error
        hollows = self.classes if self.traps == "class" else 1
        self.basins.append(Basin(Trap(self.side, hollows=hollows, floor=self.floor), expert))
        return self.basins[-1]

    def _sort(self, experience: Experience, progress: Progress | None) -> None:
        """Let every batch fall into a basin, or open one, and train those that got any."""
        traps = [basin.trap for basin in self.basins]
        fallen = bounds.sorted_rows(
            experience.train,
            traps,
            lambda: self._open().trap,
            size=self.batch,
            threshold=self.threshold,
        )
        held = bounds.lowest_rows(experience.validation, traps, size=self.batch)
        for done, (k, rows) in enumerate(fallen.items()):
            train = bounds.chosen(experience.train, rows)
            validation = train
            if k in held:
                validation = bounds.chosen(experience.validation, held[k])
                traps[k].settle(validation)

            def told(share: float, words: str, done: int = done, k: int = k) -> None:
                if progress is not None:
                    progress((done + share) / len(fallen), f"basin {k + 1}, {words}")

            self.basins[k].expert.fit(train, validation, progress=told)
        self.homes.append(max(fallen, key=lambda k: len(fallen[k])))

    def _weigh(self, validation: Part) -> None:
        few = bounds.chosen(validation, torch.arange(min(len(validation), VALIDATED)))
        for x, y in few.batches(1000):
            self.choice.add(self.energy(x), self._speech(x), y)

    def _check(self, part: Part) -> None:
        if part.side != self.side or int(part.labels.max()) >= self.classes:
            raise Refusal(
                f"images of side {part.side} with labels up to {int(part.labels.max())}",
                f"side {self.side} and labels up to {self.classes - 1}",
            )

    # ------------------------------------------------------------------ what it says

    def energy(self, x: Tensor) -> Tensor:
        """Energies (b, basins) of images (b, side, side)."""
        if not self.basins:
            raise Refusal("energies of a learner without basins", remedy="train it first")
        if x.ndim != 3 or x.shape[1:] != (self.side, self.side):
            raise Refusal(f"images of the shape {tuple(x.shape)}", f"(b, {self.side}, {self.side})")
        potentials = [basin.trap.potential for basin in self.basins]
        hollows = density(x) @ torch.cat(potentials).T.to(x)
        parts = hollows.split([len(one) for one in potentials], 1)
        return torch.stack([part.amin(1) for part in parts], 1)

    def novelty(self, x: Tensor) -> Tensor:
        """How new images are, (b,): above a basin's own, in their standard deviations.

        The lowest energy, against mean and spread of the validation images of that basin.
        """
        lowest, which = self.energy(x).min(1)
        own = [basin.trap.own for basin in self.basins]
        if any(one.deviation == 0 for one in own):
            raise Refusal("a basin whose own images have no spread", "two that differ, at least")
        mean = torch.tensor([one.mean for one in own]).to(x)
        spread = torch.tensor([one.deviation for one in own]).to(x)
        return (lowest - mean[which]) / spread[which]

    def scores(self, x: Tensor) -> Tensor:
        """Log-probabilities (b, classes), of no task label; zeros before anything was learnt."""
        if not self.basins:
            return torch.zeros(len(x), self.classes)
        energies = self.energy(x)
        if self.gating == "hard":
            return self._lowest(x, energies.argmin(1))
        speech = self._speech(x)
        return gates.mixture(gates.log_weights(energies, speech, *self.choice.best), speech)

    def _lowest(self, x: Tensor, which: Tensor) -> Tensor:
        said = x.new_empty(len(x), self.classes)
        for k in which.unique().tolist():
            rows = torch.nonzero(which == k)[:, 0]
            said[rows] = self.basins[k].expert.scores(x[rows])
        return said

    def _speech(self, x: Tensor) -> Tensor:
        """Log-probabilities of every expert, (b, basins, classes)."""
        return torch.stack([basin.expert.scores(x) for basin in self.basins], 1)

    def extras(self, stream: Stream) -> dict[str, NDArray[np.float64]]:
        """What can be seen of the basins on the tests of a stream.

        Returns
        -------
        dict
            "energies", (tests, basins), means; "routed", (tests,), the share of a test that lies
            lowest in the basin that its task was learnt in, NaN of tasks to come; and
            under soft gating "temperature" and "trust".
        """
        tables = [
            torch.cat([self.energy(x) for x, _ in test.batches(BLOCK)]) for test in stream.tests
        ]
        routed = np.full(len(tables), np.nan)
        for task, (table, home) in enumerate(zip(tables, self.homes, strict=False)):
            routed[task] = float((table.argmin(1) == home).double().mean())
        means = [table.double().mean(0).cpu().numpy() for table in tables]
        found = {"energies": np.stack(means), "routed": routed}
        if self.gating == "soft":
            temperature, trust = self.choice.best
            found |= {"temperature": np.array(temperature), "trust": np.array(trust)}
        return found

    # ------------------------------------------------------------------ how it is kept

    def size(self) -> Size:
        """Traps and experts, and of soft gating the sums that it is chosen by."""
        shared = self.choice.numbers if self.gating == "soft" else 0
        own = sum(basin.numbers for basin in self.basins)
        each = own / len(self.basins) if self.basins else 0.0
        return Size(parameters=own + shared, per_task=each, shared=shared)

    def settings(self) -> dict[str, Any]:
        """What it was made with."""
        names = ("name", "classes", "side", "gating", "temperature", "trust", "boundaries")
        return {
            "learner": "basins",
            "expert": self.expert if isinstance(self.expert, str) else repr(self.expert),
            **{k: getattr(self, k) for k in (*names, "threshold", "traps", "floor", "seed")},
            **self.asked,
        }

    def state(self) -> dict[str, Tensor]:
        """Every trap and expert, which basin an experience went to, and the sums of `gating`."""
        found = {"homes": torch.tensor(self.homes, dtype=torch.int64)}
        found["basins"] = torch.tensor(len(self.basins))
        found |= {f"choice.{k}": v for k, v in self.choice.state().items()}
        for i, basin in enumerate(self.basins):
            for part, state in (("trap", basin.trap.state()), ("expert", basin.expert.state())):
                found |= {f"{i}.{part}.{k}": v for k, v in state.items()}
        return found

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on where a learner of the same settings was."""
        self.homes = [int(k) for k in state["homes"]]
        self.choice.restore(_under(state, "choice."))
        self.basins = []
        for i in range(int(state["basins"])):
            basin = self._open()
            basin.trap.restore(_under(state, f"{i}.trap."))
            basin.expert.restore(_under(state, f"{i}.expert."))


def _under(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
