"""Functional independence: a law whose gradient lies in the span of the others' is none of its own.

    rank ∂(Q_1, …, Q_m)/∂(x_1, …, x_n) = m  at generic points.

Gradients are taken by central differences on sample points, in units of each
variable's spread.
"""

from dataclasses import dataclass

import numpy as np

from lawful.laws.features import Array, Library


@dataclass(frozen=True)
class Gradients:
    """The gradient of every term at sample points, shape (points, variables, terms)."""

    values: Array

    @classmethod
    def at(cls, columns: dict[str, Array], library: Library) -> "Gradients":
        """From columns of shape (points,); points where a term has no finite gradient are left."""
        slopes = []
        for name in library.variables:
            step = 1e-4 * max(float(np.std(columns[name])), 1e-12)
            ahead = library.values({**columns, name: columns[name] + step})
            behind = library.values({**columns, name: columns[name] - step})
            slopes.append((ahead - behind) / 2e-4)
        values = np.stack(slopes, axis=1)
        return cls(values[np.isfinite(values).all(axis=(1, 2))])

    def restricted(self, keep: list[int]) -> "Gradients":
        """Only the terms whose indices are in `keep`."""
        return Gradients(self.values[:, :, keep])

    def field(self, vector: Array) -> Array:
        """The gradient of a combination of terms, shape (points, variables)."""
        return self.values @ vector

    def rank(self, basis: Array) -> int:
        """How many independent directions the gradients of the columns of `basis` span.

        At the ordinary point: the median over points of the numerical rank.
        """
        if basis.shape[1] == 0 or not len(self.values):
            return 0
        strength = np.linalg.svd(self.values @ basis, compute_uv=False)
        return int(np.median((strength > 0.03 * strength[:, :1]).sum(axis=1)))

    def novelty(self, vector: Array, others: list[Array]) -> float:
        """How much of the gradient of `vector` is not in the span of the fields `others`: 0 to 1.

        The length of the part of the unit gradient that is orthogonal to the
        others' gradients; its nine-in-ten quantile over points, for there are
        places where independent laws are parallel (a circular orbit).
        """
        gradient = self.field(vector)
        size = np.linalg.norm(gradient, axis=1)
        if not others:
            return 1.0 if size.max(initial=0.0) > 0 else 0.0
        good = size > 1e-3 * np.median(size)
        gradient = gradient[good] / size[good, None]
        span = np.stack([other[good] for other in others], axis=2)
        length = np.linalg.norm(span, axis=1, keepdims=True)
        # cos² + sin² = 1 has no gradient: what is left is round-off.
        span = np.where(length > 1e-6, span / np.maximum(length, 1e-300), 0.0)
        frame, strength, _ = np.linalg.svd(span, full_matrices=False)
        # Directions that the others' gradients barely reach count as not reached.
        reached = strength > 0.03
        along = np.einsum("pvk,pv->pk", frame, gradient) * reached
        left = gradient - np.einsum("pvk,pk->pv", frame, along)
        return float(np.sqrt(np.quantile(np.sum(left**2, axis=1), 0.9)))
