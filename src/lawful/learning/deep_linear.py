"""Deep linear networks, z = x W₁ W₂ … : how they learn, and what they conserve.

Growth. With white inputs and two weight layers each singular mode of the data
learns alone, τ du/dt = 2u (s − u), along a sigmoid:

    u(t) = s e^{2st/τ} / (e^{2st/τ} − 1 + s/u₀),   τ = 1/η in steps.

Symmetry. Any orthogonal R may stand between two layers, W_k → W_k R and
W_{k+1} → Rᵀ W_{k+1} (and b_k → b_k R): no loss sees it. So the gradients G obey

    W_kᵀ G_k + b_k ⊗ g_k = G_{k+1} W_{k+1}ᵀ                                  (1)

and Noether's theorem gives one antisymmetric charge for each hidden layer, its
angular momentum. With M_k = W_kᵀ V_k + b_k ⊗ v_k − V_{k+1} W_{k+1}ᵀ,

    L_k = M_k − M_kᵀ.

Under v' = μv − ηg, x' = x + v' the change of L_k through x is (V')ᵀV' less its
transpose, which is nothing, and through g is nothing by (1). Hence, to the last
digits, for any loss, batch, output activation and squared penalty:

    L_k after t steps = μᵗ L_k.

(1) also holds without being made antisymmetric, so that the balance
B_k = W_kᵀ W_k + b_k ⊗ b_k − W_{k+1} W_{k+1}ᵀ stays as it is under gradient flow; a
step of gradient descent changes it by η² (G_kᵀ G_k + g_k ⊗ g_k − G_{k+1} G_{k+1}ᵀ).

Sources: A. M. Saxe, J. L. McClelland and S. Ganguli, ICLR 2014, arXiv:1312.6120, for
the sigmoid; S. S. Du, W. Hu and J. D. Lee, NeurIPS 2018, arXiv:1806.00900, for the
balance; H. Tanaka and D. Kunin, NeurIPS 2021, arXiv:2105.02716, and S. Marcotte,
R. Gribonval and G. Peyré, ICML 2024, arXiv:2405.12888, for charges with momentum.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

Array = NDArray[Any]


def mode_strength(time: Any, target: float, start: float, tau: float = 1.0) -> Any:
    """u(t), how much of a singular mode a network of two weight layers has learned.

    Parameters
    ----------
    time
        t ≥ 0, a number or an array, in the units of `tau`.
    target
        s > 0, the singular value of the data's input-output correlation.
    start
        u₀ > 0, the strength at t = 0, with both layers alike.
    tau
        τ > 0, 1/η steps for full-batch gradient descent on ½ mean Σ (a − y)².

    Raises
    ------
    Refusal
        Where s, u₀ or τ is not positive.

    Examples
    --------
    >>> mode_strength(0.0, target=3.0, start=0.01)
    0.01
    >>> round(mode_strength(20.0, target=3.0, start=0.01), 6)
    3.0
    """
    _positive(target=target, start=start, tau=tau)
    # The quotient by the growing exponential never overflows.
    left = np.exp(-2.0 * target / tau * np.asarray(time, dtype=float))
    u = target / (1.0 + (target / start - 1.0) * left)
    return float(u) if u.ndim == 0 else u


def learning_time(reached: float, target: float, start: float, tau: float = 1.0) -> float:
    """Time at which a mode reaches a strength, the inverse of `mode_strength`.

    Raises
    ------
    Refusal
        Where a number is not positive, or `reached` lies not between start and target.

    Examples
    --------
    >>> half = learning_time(1.5, target=3.0, start=0.01)
    >>> round(mode_strength(half, target=3.0, start=0.01), 12)
    1.5
    """
    _positive(reached=reached, target=target, start=start, tau=tau)
    if not min(start, target) <= reached <= max(start, target) or reached == target:
        raise Refusal(
            f"a strength of {reached:g} to reach",
            f"one between the start {start:g} and the target {target:g}",
        )
    odds = reached * (target - start) / (start * (target - reached))
    return float(tau / (2.0 * target) * np.log(odds))


def angular_momentum(
    weights: Sequence[Array],
    velocities: Sequence[Array],
    biases: Sequence[Array] | None = None,
    bias_velocities: Sequence[Array] | None = None,
) -> list[Array]:
    """L_k of each hidden layer, antisymmetric, of shape (neurons, neurons).

    Parameters
    ----------
    weights, velocities
        W_k and V_k of shape (in, out), from the first layer to the last.
    biases, bias_velocities
        b_k and v_k of shape (out,), where there are any.

    Raises
    ------
    Refusal
        Where shapes do not follow one another.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> W = [rng.normal(size=(4, 3)), rng.normal(size=(3, 2))]
    >>> V = [rng.normal(size=(4, 3)), rng.normal(size=(3, 2))]
    >>> L = angular_momentum(W, V)[0]
    >>> L.shape, bool(np.all(L == -L.T))
    ((3, 3), True)
    """
    moments = _moments(weights, velocities, biases, bias_velocities)
    return [m - m.T for m in moments]


def balance(weights: Sequence[Array], biases: Sequence[Array] | None = None) -> list[Array]:
    """B_k of each hidden layer, symmetric, of shape (neurons, neurons).

    Parameters
    ----------
    weights, biases
        As for `angular_momentum`.

    Raises
    ------
    Refusal
        Where shapes do not follow one another.

    Examples
    --------
    >>> balance([np.eye(2), 2 * np.eye(2)])[0]
    array([[-3.,  0.],
           [ 0., -3.]])
    """
    return _moments(weights, weights, biases, biases)


def _moments(
    weights: Sequence[Array],
    velocities: Sequence[Array],
    biases: Sequence[Array] | None,
    bias_velocities: Sequence[Array] | None,
) -> list[Array]:
    """M_k = W_kᵀ V_k + b_k ⊗ v_k − V_{k+1} W_{k+1}ᵀ."""
    _chain(weights, velocities)
    if (biases is None) != (bias_velocities is None):
        raise Refusal("biases or their velocities alone", "both or neither")
    moments = []
    for k in range(len(weights) - 1):
        m = weights[k].T @ velocities[k] - velocities[k + 1] @ weights[k + 1].T
        if biases is not None and bias_velocities is not None:
            m = m + np.outer(biases[k], bias_velocities[k])
        moments.append(m)
    return moments


def _chain(weights: Sequence[Array], velocities: Sequence[Array]) -> None:
    shapes, others = [np.shape(w) for w in weights], [np.shape(v) for v in velocities]
    follow = all(a[-1:] == b[:1] for a, b in pairwise(shapes))
    if shapes != others or not follow or any(len(shape) != 2 for shape in shapes):
        raise Refusal(
            f"weights of shapes {shapes} with velocities of shapes {others}",
            "the same shapes (in, out), each layer's in being the out before it",
        )


def _positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if not number > 0:
            raise Refusal(f"{name} {number:g}", "a positive number")
