"""Machine code for one architecture: all steps of a block of networks, in the cache.

    for block:  for step:  for vector of networks:  for stage:  gradient, then move

`pieces` writes what one vector does, numba compiles it and makes the loops. `fastmath`
allows contraction alone, so that NaN and infinity stay visible.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from lawful.learning.ensembles.pieces import Now, Piece
from lawful.learning.ensembles.program import BLOCK, Program
from lawful.learning.ensembles.straight_line import Slopes
from lawful.learning.ensembles.vector import Emitter, width_of

Act = Callable[[Piece, Sequence[Any], Any, Now], None]  # tables, a number, when
COMPILED: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract"}, "nogil": True}


@lru_cache(maxsize=64)
def compiled(program: Program) -> Any:
    """The loops over blocks, steps and vectors: (blocks, lanes, X, Y, labels, first, steps).

    `blocks` of shape (blocks, rows, BLOCK) is changed in place; `lanes` says how many
    lanes of each are to move, whole vectors of them.
    """
    from numba import njit

    body = _shaken(program) if program.noisy else _step(program)
    width, stages = width_of(program.dtype), program.stages

    @njit(**COMPILED)
    def advance(blocks, lanes, X, Y, labels, first, steps):  # type: ignore[no-untyped-def]
        for k in range(blocks.shape[0]):
            block = blocks[k]
            for step in range(first, first + steps):
                for lane in range(0, lanes[k], width):
                    for stage in range(stages):
                        body(block, lane, X, Y, labels, step, stage)

    return advance


def _shaken(program: Program) -> Any:
    """Numbers for all parameters, then the step that they push."""
    from numba import njit

    def act(piece: Piece, tables: Sequence[Any], number: Any, now: Now) -> None:
        piece.draw(number, now)

    draw, body, groups = _emitted(program, act), _step(program), program.rows.groups

    @njit(**COMPILED)
    def drawn_and_moved(block, lane, X, Y, labels, step, stage):  # type: ignore[no-untyped-def]
        for group in range(groups):
            draw(block, lane, X, Y, labels, group, step, stage)
        body(block, lane, X, Y, labels, step, stage)

    return drawn_and_moved


def _step(program: Program) -> Any:
    """One gradient and one move, over all samples."""
    return _at_once(program) if program.at_once == program.samples else _one_by_one(program)


def _finish(piece: Piece, slopes: Slopes, now: Now) -> None:
    piece.watch(slopes, now)
    piece.move(slopes, now)


def _at_once(program: Program) -> Any:
    """All samples in one piece of code: the gradient never leaves the registers."""
    from numba import njit

    def act(piece: Piece, tables: Sequence[Any], number: Any, now: Now) -> None:
        _finish(piece, piece.gradient(tables, number, program.samples), now)

    whole = _emitted(program, act)

    @njit(**COMPILED)
    def at_once(block, lane, X, Y, labels, step, stage):  # type: ignore[no-untyped-def]
        whole(block, lane, X, Y, labels, 0, step, stage)

    return at_once


def _one_by_one(program: Program) -> Any:
    """Some samples after others, where they are too many for one piece of code."""
    from numba import njit

    some, samples = program.at_once, program.samples
    left = samples % some

    def begin(piece: Piece, tables: Sequence[Any], number: Any, now: Now) -> None:
        piece.zero()

    def part(piece: Piece, tables: Sequence[Any], number: Any, now: Now) -> None:
        piece.gather(piece.gradient(tables, number, some))

    def last(piece: Piece, tables: Sequence[Any], number: Any, now: Now) -> None:
        if left:
            piece.gather(piece.gradient(tables, number, left))
        _finish(piece, piece.gathered(), now)

    started, gather, finished = (_emitted(program, act) for act in (begin, part, last))

    @njit(**COMPILED)
    def one_by_one(block, lane, X, Y, labels, step, stage):  # type: ignore[no-untyped-def]
        started(block, lane, X, Y, labels, 0, step, stage)
        for first in range(0, samples - left, some):
            gather(block, lane, X, Y, labels, first, step, stage)
        finished(block, lane, X, Y, labels, samples - left, step, stage)

    return one_by_one


def _emitted(program: Program, act: Act) -> Any:
    """A function of numba's whose body `act` writes."""
    from numba import types
    from numba.extending import intrinsic

    stride = BLOCK[program.dtype]

    def typing(context, block, lane, X, Y, labels, number, step, stage):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            data = [
                context.make_array(signature.args[k])(context, builder, args[k]).data
                for k in (0, 2, 3, 4)
            ]
            # Numba makes a function of its own of what is called; its many arguments
            # would be handed over anew for each vector.
            builder.function.attributes.add("alwaysinline")
            base = builder.gep(data[0], [args[1]], inbounds=True)
            emitter = Emitter(builder, program.dtype, base, stride)
            act(Piece(program, emitter), data[1:], args[5], Now(args[6], args[7]))
            return context.get_dummy_value()

        return types.void(block, lane, X, Y, labels, number, step, stage), codegen

    return intrinsic(typing)
