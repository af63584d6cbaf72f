"""PyTorch: eager for one network; for many, stacked products or `torch.func.vmap`."""

import torch

FUNCTIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": lambda z: z}


def _tables(problem):
    torch.set_num_threads(1)
    kind = getattr(torch, problem.dtype)
    return torch.tensor(problem.X, dtype=kind), torch.tensor(problem.y, dtype=kind)


def eager(problem):
    """One network: zero_grad, forward, backward, step."""
    X, y = _tables(problem)
    parts = [torch.tensor(one[0]) for one in problem.parted(problem.x)]
    rates = [float(r) for r in problem.rate[:, 0]]
    curves = {"tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid, "linear": torch.nn.Identity}
    pieces = []
    for (n, m), name in zip(problem.sizes(), problem.functions, strict=True):
        pieces += [torch.nn.Linear(n, m), curves[name]()]
    net = torch.nn.Sequential(*pieces).to(X.dtype)
    layers = [one for one in net if isinstance(one, torch.nn.Linear)]
    groups = [{"params": one.parameters(), "lr": r} for one, r in zip(layers, rates, strict=True)]
    optimizer = torch.optim.SGD(groups, lr=rates[0])

    def begin():
        with torch.no_grad():
            for one, W, b in zip(layers, parts[::2], parts[1::2], strict=True):
                one.weight.copy_(W.T)
                one.bias.copy_(b)

    def run(steps):
        begin()
        for _ in range(steps):
            optimizer.zero_grad()
            loss = 0.5 * ((net(X) - y) ** 2).sum(1).mean()
            loss.backward()
            optimizer.step()
        ends = [(one.weight.detach().T, one.bias.detach()) for one in layers]
        return problem.whole([one[None].numpy() for pair in ends for one in pair])

    return run


def bmm(problem, block):
    """Products of stacks of matrices, autograd through all of them, block after block."""
    X, y = _tables(problem)
    functions = [FUNCTIONS[name] for name in problem.functions]

    def step(parts, rates):
        a = X.expand(len(parts[0]), *X.shape)
        for k, function in enumerate(functions):
            a = function(torch.baddbmm(parts[2 * k + 1][:, None], a, parts[2 * k]))
        (0.5 * ((a - y) ** 2).sum(2).mean(1).sum()).backward()
        _moved(parts, rates)

    return _blocks(problem, block, step)


def vmap(problem, block):
    """`vmap` of `grad` of one network's loss."""
    X, y = _tables(problem)
    functions = [FUNCTIONS[name] for name in problem.functions]

    def loss(parts):
        a = X
        for k, function in enumerate(functions):
            a = function(a @ parts[2 * k] + parts[2 * k + 1])
        return 0.5 * ((a - y) ** 2).sum(1).mean()

    slopes = torch.func.vmap(torch.func.grad(loss))

    def step(parts, rates):
        with torch.no_grad():
            for k, (one, g) in enumerate(zip(parts, slopes(tuple(parts)), strict=True)):
                one.sub_(_along(rates[k // 2], one) * g)

    return _blocks(problem, block, step)


def _moved(parts, rates):
    with torch.no_grad():
        for k, one in enumerate(parts):
            one.sub_(_along(rates[k // 2], one) * one.grad)
            one.grad = None


def _along(rate, one):
    return rate.reshape(-1, *[1] * (one.ndim - 1))


def _blocks(problem, block, step):
    first = [torch.tensor(one) for one in problem.parted(problem.x)]
    rates = torch.tensor(problem.rate.astype(problem.x.dtype))

    def run(steps):
        ends = []
        for start in range(0, problem.networks, block):
            some = slice(start, start + block)
            parts = [one[some].clone().requires_grad_() for one in first]
            for _ in range(steps):
                step(parts, rates[:, some])
            ends.append([one.detach() for one in parts])
        return problem.whole([torch.cat(one).numpy() for one in zip(*ends, strict=True)])

    return run


def variants(problem):
    """By name: what is tried, of which the fastest races."""
    sizes = [b for b in (256, 1024, 4096, 16384) if b < problem.networks] + [problem.networks]
    return {
        f"{name}, blocks of {block}": (lambda make=make, block=block: make(problem, block))
        for name, make in (("bmm", bmm), ("vmap", vmap))
        for block in sizes
    }
