"""JAX: `grad` of one network's loss, `vmap`ped, all steps in one compiled loop.

Blocks of networks run all their steps before the next (`lax.map`); a layer is written as
a product of matrices or as a sum of products, and the networks' axis is put first or last.
Or all is written out, a number a weight and sample after sample, so that XLA makes a step
one loop over networks; with several steps in a turn of the loop over steps.
"""

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

jax.config.update("jax_enable_x64", True)
FUNCTIONS = {"tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid, "linear": lambda z: z}


def _product(a, W, b):
    return a @ W + b


def _sum(a, W, b):
    return (a[:, :, None] * W).sum(1) + b


LAYERS = {"products": _product, "sums": _sum}


def _step(problem, layer=_product):
    """One step of one network: (parts, rates) → parts."""
    watched = _watched(problem, layer)
    return lambda parts, rates: watched(parts, rates)[0]


def _watched(problem, layer=_product):
    """One step of one network: (parts, rates) → parts, and the loss before it."""
    X, y = jnp.asarray(problem.X, problem.dtype), jnp.asarray(problem.y, problem.dtype)
    functions = [FUNCTIONS[name] for name in problem.functions]

    def loss(parts):
        a = X
        for k, function in enumerate(functions):
            a = function(layer(a, parts[2 * k], parts[2 * k + 1]))
        return 0.5 * ((a - y) ** 2).sum(1).mean()

    def step(parts, rates):
        value, slopes = jax.value_and_grad(loss)(parts)
        pairs = enumerate(zip(parts, slopes, strict=True))
        return [x - rates[k // 2] * g for k, (x, g) in pairs], value

    return step


def _given(problem):
    parts = [jnp.asarray(one) for one in problem.parted(problem.x)]
    return parts, jnp.asarray(problem.rate.T.astype(problem.x.dtype))


def _training(step):
    def train(parts, rates, steps):
        return lax.fori_loop(0, steps, lambda _, now: step(now, rates), parts)

    return train


def first(problem, layer, block):
    """`lax.map` with its `batch_size`: networks along the first axis."""
    train, (parts, rates) = _training(_step(problem, LAYERS[layer])), _given(problem)

    @jax.jit
    def all_of(parts, rates, steps):
        return lax.map(lambda one: train(*one, steps), (parts, rates), batch_size=block)

    return lambda steps: problem.whole(jax.block_until_ready(all_of(parts, rates, steps)))


def last(problem, layer, block):
    """`lax.map` over blocks whose networks are along the last axis."""
    train = _training(_step(problem, LAYERS[layer]))
    parts, rates = _given(problem)
    blocks = -(-problem.networks // block)

    def cut(one):
        # What is left over in the last block repeats the first networks.
        whole = jnp.resize(one, (blocks * block, *one.shape[1:]))
        return jnp.moveaxis(whole.reshape(blocks, block, *one.shape[1:]), 1, -1)

    parts, rates = [cut(one) for one in parts], cut(rates)

    @jax.jit
    def all_of(parts, rates, steps):
        along = jax.vmap(lambda p, r: train(p, r, steps), in_axes=-1, out_axes=-1)
        return lax.map(lambda one: along(*one), (parts, rates))

    def run(steps):
        ends = jax.block_until_ready(all_of(parts, rates, steps))
        back = [np.moveaxis(np.asarray(one), -1, 1) for one in ends]
        flat = [one.reshape(-1, *one.shape[2:])[: problem.networks] for one in back]
        return problem.whole(flat)

    return run


def written_out(problem, at_once, block):
    """Every weight a number of its own, `at_once` steps in a turn of the loop."""
    step = jax.vmap(_step_of_numbers(problem))
    blocks = -(-problem.networks // block)

    def cut(row):
        return jnp.resize(jnp.asarray(row), (blocks, block))

    numbers = [cut(row) for row in problem.x]
    rates = [cut(row.astype(problem.x.dtype)) for row in problem.rate]

    @jax.jit
    def all_of(numbers, rates, turns, left):
        def turn(now, r, count):
            for _ in range(count):
                now = step(now, r)
            return now

        def one(given):
            now, r = given
            now = lax.fori_loop(0, turns, lambda _, x: turn(x, r, at_once), now)
            return lax.fori_loop(0, left, lambda _, x: turn(x, r, 1), now)

        return lax.map(one, (numbers, rates))

    def run(steps):
        ends = jax.block_until_ready(all_of(numbers, rates, *divmod(steps, at_once)))
        return np.stack([np.asarray(row).ravel()[: problem.networks] for row in ends])

    return run


def _step_of_numbers(problem):
    """One step of one network whose weights are P numbers."""
    X, y = problem.X.tolist(), problem.y.tolist()

    def loss(numbers):
        total = 0.0
        for sample, wanted in zip(X, y, strict=True):
            a, start = sample, 0
            for (n, m), name in zip(problem.sizes(), problem.functions, strict=True):
                W, b = numbers[start : start + n * m], numbers[start + n * m : start + (n + 1) * m]
                sums = [b[j] + sum(a[i] * W[i * m + j] for i in range(n)) for j in range(m)]
                a, start = [FUNCTIONS[name](z) for z in sums], start + (n + 1) * m
            total = total + sum((p - q) ** 2 for p, q in zip(a, wanted, strict=True))
        return 0.5 * total / len(X)

    layer = [k for k, (n, m) in enumerate(problem.sizes()) for _ in range((n + 1) * m)]

    def step(numbers, rates):
        slopes = jax.grad(loss)(numbers)
        return [x - rates[k] * g for x, g, k in zip(numbers, slopes, layer, strict=True)]

    return step


PLACES = {"first": first, "last": last}


def variants(problem):
    """By name: what is tried, of which the fastest races."""
    blocks = [b for b in (64, 256, 1024, 4096) if b < problem.networks]
    written = {
        f"written out, {at_once} steps a turn, blocks of {block}": (
            lambda at_once=at_once, block=block: written_out(problem, at_once, block)
        )
        for at_once in (1, 4)
        for block in blocks
    }
    return written | {
        f"{layer}, networks {place}, blocks of {block}": (
            lambda place=place, layer=layer, block=block: PLACES[place](problem, layer, block)
        )
        for layer in LAYERS
        for place in PLACES
        for block in (*blocks, problem.networks)
    }


# ------------------------------------------------------------------ a map of two rates


def blocked(problem):
    """What the pattern could be with blocks that fit the cache."""
    return {
        f"networks {place}, blocks of {block}": (
            lambda place=place, block=block: PLACES[place](problem, "products", block)
        )
        for place in PLACES
        for block in (4, 16, 64)
    }


def stepwise(problem):
    """jit(vmap(step)), called step after step, losses kept: as the paper's own notebook does."""
    along = jax.jit(jax.vmap(_watched(problem)), donate_argnums=0)
    parts, rates = _given(problem)

    def run(steps):
        now, losses = [one.copy() for one in parts], []
        for _ in range(steps):
            now, loss = along(now, rates)
            losses.append(loss)
        return problem.whole(jax.block_until_ready((now, jnp.stack(losses)))[0])

    return run


def looped(problem):
    """jit(vmap(vmap(train))), the loop over steps and the sum of losses compiled with the rest."""
    step, side = _watched(problem), int(np.sqrt(problem.networks))
    parts, rates = _given(problem)
    begin, rates = [one[0] for one in parts], rates.reshape(side, side, -1)

    @jax.jit
    def grid(begin, rates, steps):
        def at(r):
            def turn(_, held):
                now, loss = step(held[0], r)
                return now, held[1] + loss

            return lax.fori_loop(0, steps, turn, (begin, jnp.zeros((), problem.dtype)))

        return jax.vmap(jax.vmap(at))(rates)

    def run(steps):
        ends, _ = jax.block_until_ready(grid(begin, rates, steps))
        return problem.whole([one.reshape(-1, *one.shape[2:]) for one in ends])

    return run
