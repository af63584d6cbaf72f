"""What every contestant is given: networks, their first weights, the samples.

    x' = x − η ∂U/∂x,   U = ½ mean_n |a(X_n) − y_n|²

Gradient descent on all samples. Weights are in one table of shape (P, E), layer by layer,
W row by row, then b; the rate η of shape (layers of weights, E).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

ADDED = {"float64": 30, "float32": 20}  # additions and products of our exponential


@dataclass(frozen=True)
class Problem:
    """Networks that learn; pickled to each contestant's process.

    `functions` holds tanh for hidden layers, then that of the output.
    """

    layers: tuple[int, ...]
    functions: tuple[str, ...]
    x: np.ndarray
    rate: np.ndarray
    X: np.ndarray
    y: np.ndarray

    @property
    def dtype(self):
        return self.x.dtype.name

    @property
    def networks(self):
        return self.x.shape[1]

    def sizes(self):
        """(from, to) of each layer of weights."""
        return tuple(pairwise(self.layers))

    def parted(self, x):
        """Weights (E, from, to) and biases (E, to) of each layer, from (P, E)."""
        made, start = [], 0
        for n, m in self.sizes():
            W = np.ascontiguousarray(np.moveaxis(x[start : start + n * m].reshape(n, m, -1), -1, 0))
            b = np.ascontiguousarray(x[start + n * m : start + (n + 1) * m].T)
            made += [W, b]
            start += (n + 1) * m
        return made

    def whole(self, parts):
        """(P, E) from weights and biases."""
        return np.concatenate([np.asarray(one).reshape(len(one), -1).T for one in parts])

    def work(self, an_exponential=None):
        """Floating-point operations of a step of one network, by formula.

        A sum of n products with a bias is 2 n. An exponential is what ours takes, or as
        told; a division and what stands around it in tanh or sigmoid are 3 more, and its
        slope 3. Backward, weights take 2 a sample, biases 1, and neurons below another
        layer 2 a weight. A step takes 2 a parameter.
        """
        e = ADDED[self.dtype] if an_exponential is None else an_exponential
        total = 0
        for k, ((n, m), name) in enumerate(zip(self.sizes(), self.functions, strict=True)):
            forward, backward = 2 * n * m, 2 * n * m + m + 2 * n * m * (k > 0)
            curved = 0 if name == "linear" else (e + 3 + 3) * m
            total += len(self.X) * (forward + backward + curved)
        return total + len(self.X) * self.layers[-1] + 2 * len(self.x)
