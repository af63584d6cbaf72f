"""One vector of networks, one step further, as code: gradient, watch, move.

    v' = μv − ηg + push, x' = x + v'        a heavy ball, in a bath or not
    x' = x − η/6 (k₁ + 2k₂ + 2k₃ + k₄)      a flow, by Runge and Kutta's four stages

The gradient is `straight_line`'s; where the samples are too many for one piece of code
it is gathered in rows of the block.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from llvmlite import ir

from lawful.learning.ensembles.philox import PER_COUNTER
from lawful.learning.ensembles.philox import emitted as drawn
from lawful.learning.ensembles.program import Program
from lawful.learning.ensembles.straight_line import Sample, Slopes, Weights, layers_of
from lawful.learning.ensembles.vector import Emitter, Vector


class Now(NamedTuple):
    """The step and the stage within it, as the machine's whole numbers."""

    step: Any
    stage: Any


class Piece:
    """Code for one vector of networks: what one call of the inner loop does."""

    def __init__(self, program: Program, emitter: Emitter) -> None:
        self.program, self.rows, self.at = program, program.rows, emitter

    def zero(self) -> None:
        """Nothing gathered yet."""
        nothing = self.at.constant(0.0)
        for p in range(self.rows.size):
            self.at.store(self.rows.g + p, nothing)
        self.at.store(self.rows.loss, nothing)
        self.at.store(self.rows.right, nothing)

    def gradient(self, tables: Sequence[Any], first: Any, samples: int) -> Slopes:
        """Of some samples in a row, from number `first` on."""
        slopes = Slopes(self.program.plan, self.program.judge, {})
        weights = Weights(self.at.load)
        some = [self._sample(tables, first, k) for k in range(samples)]
        slopes.samples(weights, some, 1 / self.program.samples, self.program.asked)
        return slopes

    def _sample(self, tables: Sequence[Any], first: Any, k: int) -> Sample:
        b, (X, Y, labels) = self.at.builder, tables
        inputs, outputs = self.program.layers[0], self.program.layers[-1]
        place = b.add(first, first.type(k))
        x = self.at.table(X, b.mul(place, first.type(inputs)), inputs)
        y = self.at.table(Y, b.mul(place, first.type(outputs)), outputs)
        return Sample(x, y, self.at.broadcast(labels, place))

    def gather(self, slopes: Slopes) -> None:
        """Add what some samples said to what was gathered."""
        for p, amount in slopes.of.items():
            self._more(self.rows.g + p, amount)
        if slopes.loss is not None:
            self._more(self.rows.loss, slopes.loss)
        if slopes.right is not None:
            self._more(self.rows.right, slopes.right)

    def _more(self, row: int, amount: Vector) -> None:
        self.at.store(row, self.at.load(row) + amount)

    def gathered(self) -> Slopes:
        """All that was gathered."""
        found = {p: self.at.load(self.rows.g + p) for p in range(self.rows.size)}
        loss, right = self.at.load(self.rows.loss), self.at.load(self.rows.right)
        return Slopes(self.program.plan, self.program.judge, found, loss, right)

    def watch(self, slopes: Slopes, now: "Now") -> None:
        """Note the first step at which the goal is met."""
        at, asked = self.at, self.program.asked
        if not asked:
            return
        met = []
        if slopes.loss is not None and "loss" in asked:
            met.append(slopes.loss <= at.load(self.rows.goals))
        if slopes.right is not None and "right" in asked:
            met.append(slopes.right >= at.load(self.rows.goals + 1))
        good = met[0] if len(met) == 1 else met[0] | met[1]
        held = at.load(self.rows.solved).bits()
        fresh = good & held.same(-1)
        if self.program.stages > 1:
            fresh = fresh & self._stage(now).same(0)
        step = at.spread(now.step).cast(at.whole)
        at.store(self.rows.solved, fresh.where(step, held).number())

    def _stage(self, now: "Now") -> Vector:
        return self.at.spread(now.stage).cast(self.at.whole)

    def move(self, slopes: Slopes, now: "Now") -> None:
        """From gradients to the next positions."""
        for k, layer in enumerate(layers_of(self.program.plan)):
            rate = self.at.load(self.rows.rate + k)
            shake = self.at.load(self.rows.shake + k) if self.program.noisy else None
            for p in range(layer.start, layer.start + (layer.inputs + 1) * layer.outputs):
                if self.program.dynamics == "gradient_flow":
                    self._flow(p, rate, slopes.of[p], now)
                else:
                    push = None if shake is None else shake * self.at.load(self.rows.start + p)
                    self._roll(p, rate, slopes.of[p], push)

    def _roll(self, p: int, rate: Vector, slope: Vector, push: Vector | None) -> None:
        """A heavy ball: v' = μv − ηg + push, x' = x + v'."""
        at, rows = self.at, self.rows
        v = at.load(rows.momentum) * at.load(rows.v + p) - rate * slope
        if push is not None:
            v = v + push
        at.store(rows.v + p, v)
        at.store(p, at.load(p) + v)

    def _flow(self, p: int, rate: Vector, slope: Vector, now: "Now") -> None:
        """A stage of Runge and Kutta's step; v gathers k₁ + 2k₂ + 2k₃ + k₄."""
        at, rows = self.at, self.rows
        stage = self._stage(now)
        first, last, third = stage.same(0), stage.same(3), stage.same(2)
        began = first.where(at.load(p), at.load(rows.start + p))
        weight = (first | last).where(at.constant(1.0), at.constant(2.0))
        before = first.where(at.constant(0.0), at.load(rows.v + p))
        gathered = before + slope * weight
        ahead = third.where(at.constant(1.0), at.constant(0.5))
        ahead = last.where(at.constant(1.0 / 6.0), ahead)
        at.store(rows.start + p, began)
        at.store(rows.v + p, gathered)
        at.store(p, began - (rate * ahead) * last.where(gathered, slope))

    def draw(self, group: Any, now: "Now") -> None:
        """What the bath does to one group of parameters."""
        b, at = self.at.builder, self.at
        wide = ir.VectorType(ir.IntType(64), at.width)
        low, high = (at.load(self.rows.seed + k).bits().cast(wide) for k in (0, 1))
        there = b.mul(group, group.type(PER_COUNTER * at.stride))
        below = Emitter(b, self.program.dtype, b.gep(at.base, [there], inbounds=True), at.stride)
        for k, xi in enumerate(drawn(at.spread(now.step), at.spread(group), low, high)):
            below.store(self.rows.start + k, xi)
