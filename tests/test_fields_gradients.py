"""The field's backward pass, against finite differences and against plain autograd."""

import pytest

torch = pytest.importorskip("torch", reason="lawful[torch]")

from lawful.fields import Grid, evolve, potentials  # noqa: E402
from lawful.integrators import WEIGHTS  # noqa: E402


def plainly(psi, grid, planes, step, steps, g, mu, absorption=None, weights=(1.0,)):
    """The same equation in autograd's own operations, nothing fused, every half apart."""
    for s in range(steps):
        V = planes[s * len(planes) // steps]
        for w in weights:
            for half in (0, 1):
                t = step * w / 2
                rho = psi.abs() ** 2
                if absorption is None:
                    felt = t * rho
                else:
                    felt = rho * (1 - torch.exp(-2 * absorption * t)) / (2 * absorption)
                    psi = psi * torch.exp(-absorption * t)
                psi = psi * torch.exp(-1j * (t * (V - mu) + g * felt))
                if half == 0:
                    waves = torch.fft.fftn(psi, dim=grid.axes)
                    waves = waves * torch.exp(-1j * step * w * grid.kinetic)
                    psi = torch.fft.ifftn(waves, dim=grid.axes)
    return psi


def start(shape, seed=0, **settings):
    source = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.complex128, generator=source, **settings)


CASES = {
    "linear": {},
    "planes": {"planes": 3},
    "nonlinear": {"g": 0.7},
    "attracting planes": {"g": -0.4, "planes": 2},
    "absorbing": {"absorbing": True},
    "nonlinear absorbing": {"g": 0.7, "absorbing": True, "planes": 5},
    "order 4": {"method": "yoshida4", "g": 0.7, "planes": 2},
    "order 8": {"method": "kahan-li8", "planes": 2},
    "ring": {"grid": (16,), "g": 0.7},
    "odd, uneven": {"grid": (5, 7), "g": 0.7},
}
KEEPS = ("all", "some", "none")


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_those_of_plain_autograd(case, keep):
    chosen = {"grid": (6, 8), "g": 0.0, "planes": 1, "method": "strang", "absorbing": False}
    chosen |= CASES[case]
    if chosen["absorbing"] and keep == "none":
        pytest.skip("absorption cannot be run backward in time")
    grid = Grid(chosen["grid"], length=5.0)
    psi = start((3, *grid.points)).requires_grad_()
    V = start((chosen["planes"], *grid.points), seed=1).real.clone().requires_grad_()
    mu = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    inputs = [psi, V, mu]
    g = chosen["g"]
    if g:
        g = torch.tensor(g, dtype=torch.float64, requires_grad=True)
        inputs.append(g)
    edge = potentials.absorbing_edge(grid, 1.0, 2.0) + 0.01 if chosen["absorbing"] else None
    weights = WEIGHTS["leapfrog" if chosen["method"] == "strang" else chosen["method"]]
    ours = evolve(psi, grid, V, step=0.11, steps=5, nonlinearity=g, chemical=mu,
                  absorption=edge, method=chosen["method"], keep=keep)  # fmt: skip
    theirs = plainly(psi, grid, V, 0.11, 5, g, mu, edge, weights)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-11)
    slope = start(psi.shape, seed=2)
    for a, b in zip(
        torch.autograd.grad(ours, inputs, slope),
        torch.autograd.grad(theirs, inputs, slope),
        strict=True,
    ):
        assert (a - b).abs().max() <= 1e-10 * b.abs().max().clamp_min(1)


@pytest.mark.parametrize("keep", KEEPS)
def test_gradients_are_those_of_finite_differences(keep):
    grid = Grid((3, 4), length=3.0)
    psi = start((2, 3, 4)).requires_grad_()
    V = start((2, 3, 4), seed=1).real.clone().requires_grad_()
    g = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)

    def run(psi, V, g):
        return evolve(psi, grid, V, step=0.1, steps=3, nonlinearity=g, keep=keep)

    assert torch.autograd.gradcheck(run, (psi, V, g), atol=1e-8)


@pytest.mark.parametrize("wanted", ["psi", "V", "g"])
@pytest.mark.parametrize("keep", KEEPS)
def test_one_gradient_alone(wanted, keep):
    """What is kept depends on what is asked for; the answer must not."""
    grid = Grid((4, 4))
    psi, V = start((2, 4, 4)), start((4, 4), seed=1).real.clone()
    every = {"psi": psi, "V": V, "g": torch.tensor(0.5, dtype=torch.float64)}

    def slope(*names):
        inputs = {k: v.clone().requires_grad_(k in names) for k, v in every.items()}
        end = evolve(inputs["psi"], grid, inputs["V"], step=0.1, steps=4,
                     nonlinearity=inputs["g"], keep=keep)  # fmt: skip
        loss = (end.abs() ** 4).sum()
        return torch.autograd.grad(loss, [inputs[n] for n in names])[0]

    torch.testing.assert_close(slope(wanted), slope(wanted, *(every.keys() - {wanted})))


def test_backward_may_be_asked_twice():
    grid = Grid((4, 4))
    psi, V = start((2, 4, 4)), torch.zeros(4, 4, dtype=torch.float64, requires_grad=True)
    loss = evolve(psi, grid, V, step=0.1, steps=3, nonlinearity=1.0)[0, 0, 0].real
    (first,) = torch.autograd.grad(loss, V, retain_graph=True)
    (second,) = torch.autograd.grad(loss, V)
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_the_input_is_left_alone():
    grid = Grid((4, 4))
    psi = start((2, 4, 4))
    before = psi.clone()
    evolve(psi, grid, step=0.1, steps=3, nonlinearity=1.0)
    assert torch.equal(psi, before)


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("g", [0.0, 0.6])
def test_a_batch_that_goes_in_pieces_has_the_same_gradients(monkeypatch, keep, g):
    """Fields pass through the steps a few at a time; which few must not matter."""
    grid = Grid((4, 4))
    psi, slope = start((7, 4, 4)).requires_grad_(), start((7, 4, 4), seed=2)
    V = start((3, 4, 4), seed=1).real.clone().requires_grad_()
    strength = torch.tensor(g, dtype=torch.float64, requires_grad=True) if g else 0.0
    inputs = [psi, V, strength] if g else [psi, V]

    def slopes(points):
        monkeypatch.setattr("lawful.fields.adjoint.CACHED", points)
        end = evolve(psi, grid, V, step=0.1, steps=7, nonlinearity=strength, keep=keep)
        return torch.autograd.grad(end, inputs, slope)

    for a, b in zip(slopes(32), slopes(1 << 16), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)
