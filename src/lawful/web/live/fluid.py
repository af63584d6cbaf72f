"""A Gross-Pitaevskii field that moves, and its books.

    N = ∫|ψ|²,   E = ∫ ½|∇ψ|² + (V + stirrer)|ψ|² + (g/2)|ψ|⁴,   P = ∫ Im(ψ̄ ∇ψ)

Each is measured on the way. What the hand does to them is no fault of the integrator, so
that the books begin anew when it lets go. P is measured against √(2 N E_kin), which no
momentum of that norm and kinetic energy exceeds (by the inequality of Cauchy and Schwarz).
"""

import math
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.web.live.fieldscript import EDGE, Script
from lawful.web.live.fieldwish import GENTLE, LENGTH, METHODS, PLANE, Wish

Array = NDArray[Any]
KEPT = 2000  # entries of the books
ROWS = 240  # moments of a ring that are kept
EVERY = 0.25  # time from one of them to the next
APART = 1 / 8  # of a vortex pair that is imprinted, in shares of the plane
THIN = 0.02  # of the highest density: where it is thinner around, a vortex is not counted


class Fluid:
    """One field, where it lives, what moves it, and what was measured of it.

    Parameters
    ----------
    wish
        How it begins; `checked`.

    Attributes
    ----------
    psi
        complex128 of the grid's shape.
    steps, t
        Made so far.
    books
        Rows of time, norm, energy, vortices (NaN on a ring) and momentum along each axis.
    opened
        How often the books were begun or thinned: whoever has read others reads again.
    rows, passed
        Of a ring: the latest moments (t, |ψ|², arg ψ), and how many there ever were.
    stirrer
        x and y, shares of the picture from its lower left corner, and strength; or None.
    """

    def __init__(self, wish: Wish) -> None:
        import torch

        from lawful.fields import Grid
        from lawful.fields.starts import potential, start

        torch.set_num_threads(1)  # the field is small, and others want to move too
        self.wish, self.script = wish, Script(wish)
        dimensions = 2 if wish.space == PLANE else 1
        self.grid = Grid((wish.size,) * dimensions, length=LENGTH[wish.space])
        self.V = potential(wish.potential, self.grid)
        self.psi = start(wish.start, self.grid, self.V, nonlinearity=wish.g, seed=wish.seed)
        self.steps, self.t = 0, 0.0
        self.stirrer: tuple[float, float, float] | None = None
        self.stirred, self.opened, self.passed = False, -1, 0
        self.rows: deque[tuple[float, Array, Array]] = deque(maxlen=ROWS)
        self._bump: Any = None
        self._vortices: Any = None
        self._changed()
        self._row()
        self._begin_books()

    # ------------------------------------------------------------------ motion

    def advance(self, steps: int) -> bool:
        """So many steps; False, and nothing has changed, where the field would not be finite."""
        before = (self.psi, self.steps, self.t)
        left = steps
        while left:
            made = left if self.wish.space == PLANE else min(left, self._to_row())
            self._stepped(made)
            left -= made
            if self.wish.space != PLANE and self.steps % self._stride() == 0:
                self._row()
        if not bool(self.psi.abs().isfinite().all()):
            self.psi, self.steps, self.t = before
            return False
        self.script.moved(steps, self.wish)
        self._changed()
        self._book()
        return True

    def _stepped(self, steps: int) -> None:
        import torch

        from lawful.fields import evolve

        with torch.no_grad():
            self.psi = evolve(
                self.psi, self.grid, self.felt, step=self.wish.dt, steps=steps,
                nonlinearity=self.wish.g, absorption=self._edge(),
                method=METHODS[self.wish.order],
            )  # fmt: skip
        self.steps, self.t = self.steps + steps, self.t + steps * self.wish.dt

    def _stride(self) -> int:
        """Steps from row to row of a ring."""
        return max(1, round(EVERY / self.wish.dt))

    def _to_row(self) -> int:
        return self._stride() - self.steps % self._stride()

    def _row(self) -> None:
        if self.wish.space == PLANE:
            return
        density, phase = self.picture()
        self.rows.append((self.t, density, phase))
        self.passed += 1

    @property
    def felt(self) -> Any:
        """V and the stirrer; None where there is neither."""
        if self._bump is None:
            return self.V
        return self._bump if self.V is None else self.V + self._bump

    def _edge(self) -> Any:
        from lawful.fields.potentials import absorbing_edge

        return absorbing_edge(self.grid, EDGE, self.wish.absorb) if self.wish.absorb else None

    # ------------------------------------------------------------------ the hand

    def wished(self, wish: Wish) -> "Fluid":
        """The same field under another wish, or another where it must begin anew."""
        other = {
            name for name, value in wish.to_dict().items() if value != self.wish.to_dict()[name]
        }
        if not other <= GENTLE:
            return Fluid(wish)
        self.wish = wish
        if other - {"speed"}:
            self._begin_books()
        return self

    def stir(self, x: float, y: float, strength: float) -> None:
        """Put a stirrer at (x, y); strength 0 takes it away."""
        let_go = self.stirrer is not None and not strength
        self.stirrer = (x, y, strength) if strength else None
        self._bump = self._hill(x, y, strength) if strength else None
        if strength:
            self.stirred = self.script.by_hand = True
        if let_go:
            self._begin_books()

    def imprint(self, x: float, y: float) -> None:
        """A pair of vortices about (x, y), one above the other."""
        from lawful.fields.vortices import imprinted

        high, wide = self.grid.length
        up, across = (y - 0.5) * high, (x - 0.5) * wide
        plus, minus = (up + APART / 2 * high, across), (up - APART / 2 * high, across)
        self.psi = imprinted(self.psi, self.grid, plus, minus)
        self.script.imprinted(plus, minus)
        self._changed()
        self._begin_books()

    def _hill(self, x: float, y: float, strength: float) -> Any:
        """A Gaussian hill two healing lengths wide, on the periodic grid."""
        import torch

        places = (y, x) if self.grid.dimensions == 2 else (x,)
        total = torch.zeros(self.grid.points, dtype=torch.float64)
        for c, a, at in zip(self.grid.coordinates(), self.grid.length, places, strict=True):
            away = torch.remainder(c - (at - 0.5) * a + a / 2, a) - a / 2
            total = total + away**2
        return strength * torch.exp(-total / 8.0)

    # ------------------------------------------------------------------ what is seen of it

    def picture(self) -> tuple[Array, Array]:
        """|ψ|² and arg ψ, float32."""
        from lawful.fields import observables

        density, phase = observables.density(self.psi), observables.phase(self.psi)
        return density.numpy().astype(np.float32), phase.numpy().astype(np.float32)

    def vortices(self) -> Array | None:
        """Rows y, x, sign, float32; None on a ring.

        In the thin outskirts of a trapped field the phase turns without end, and there is
        next to nothing that turns with it.
        """
        if self.wish.space == PLANE and self._vortices is None:
            from lawful.fields.vortices import vortices

            found = vortices(self.psi, self.grid).numpy().astype(np.float32)
            self._vortices = found[self._around(found) >= THIN]
        held: Array | None = self._vortices
        return held

    def _around(self, found: Array) -> Array:
        """The mean density of 6 × 6 points about each place, as a share of the highest."""
        density = self.picture()[0].astype(float)
        low = [np.floor((found[:, k] + a / 2) / h).astype(int) for k, (a, h) in
               enumerate(zip(self.grid.length, self.grid.spacing, strict=True))]  # fmt: skip
        near = np.arange(-2, 4)
        y = (low[0][:, None, None] + near[:, None]) % density.shape[0]
        x = (low[1][:, None, None] + near) % density.shape[1]
        return np.asarray(density[y, x].mean(axis=(1, 2)) / max(density.max(), 1e-300))

    def keeps(self) -> dict[str, bool]:
        """What is conserved as things are: by Noether's theorem, and up to the step's error."""
        closed = not self.wish.absorb
        free = self.V is None and self.stirrer is None
        return {"norm": closed, "energy": closed and self.stirrer is None,
                "momentum": closed and free}  # fmt: skip

    # ------------------------------------------------------------------ the books

    def _changed(self) -> None:
        self._vortices = None

    def _begin_books(self) -> None:
        from lawful.fields import observables

        self.books: list[tuple[float, ...]] = []
        self.opened += 1
        norm = float(observables.norm(self.psi, self.grid))
        kinetic = float(observables.kinetic_energy(self.psi, self.grid))
        quantum = norm * 2 * math.pi / max(self.grid.length)
        self.reach = max(math.sqrt(max(2 * norm * kinetic, 0.0)), quantum)
        self._book()

    def _book(self) -> None:
        from lawful.fields import observables

        found = self.vortices()
        entry = (
            self.t,
            float(observables.norm(self.psi, self.grid)),
            float(observables.energy(self.psi, self.grid, self.felt, nonlinearity=self.wish.g)),
            math.nan if found is None else float(len(found)),
            *(float(p) for p in observables.momentum(self.psi, self.grid)),
        )
        self.books.append(entry)
        if len(self.books) > KEPT:  # of the older half every second goes, never the first
            half = len(self.books) // 2
            self.books = self.books[:half:2] + self.books[half:]
            self.opened += 1
