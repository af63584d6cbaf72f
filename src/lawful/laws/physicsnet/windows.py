"""What the network sees: windows of samples, in units of their spread.

    window at t:  x_{t−w+1}, …, x_t

A window is short. An encoder with the whole past in view could call the first position of a
run a conserved quantity, for that never changes; one that sees a window alone can only say
what the present state tells.

What is fixed within a run (a mass) is not shown: it would be a conserved quantity for nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawful.laws.features import roles_of
from lawful.laws.noise import is_even, noise_level, within_run
from lawful.refusal import Refusal
from lawful.trajectories import Trajectories, check, clock

Array = NDArray[np.float64]
Places = NDArray[np.intp]

FEWEST_RUNS = 6
SHARES = (0.7, 0.15)  # of the runs: for training, for validation; the rest is the test
SHORT, LONG = 2, 6  # windows: of a whole state without noise; of a part of it, or a noisy one
NOISY = 1e-3  # of the spread along a run: from here on a longer window pays
MOST_QUANTITIES = 4
_RATES = {"position": "velocity", "angle": "angular_velocity"}


def split(runs: Trajectories, seed: int = 0) -> tuple[Places, Places, Places]:
    """Indices of the runs for training, validation and test, drawn with `seed`.

    Raises
    ------
    Refusal
        For fewer than `FEWEST_RUNS` runs: what differs between runs cannot be learned from few.

    Examples
    --------
    >>> from lawful.systems import simulate
    >>> [part.size for part in split(simulate("spring", runs=20, samples=9))]
    [14, 3, 3]
    """
    count = runs.sizes["run"]
    if count < FEWEST_RUNS:
        raise Refusal(
            f"{count} runs" if count != 1 else "1 run",
            f"at least {FEWEST_RUNS} that differ",
            "cut long runs into shorter ones, or use lawful discover, which can do with one",
        )
    order = np.random.default_rng([seed, 70]).permutation(count)
    held = max(round(count * SHARES[1]), 1)
    parts = np.split(order, [count - 2 * held, count - held])
    return parts[0], parts[1], parts[2]


@dataclass(frozen=True, eq=False)
class Frame:
    """How variables become channels, and channels variables.

    Attributes
    ----------
    variables, roles, units
        What is seen.
    mean, spread
        Of each channel over the training runs, shape (channels,). An angle has two channels,
        its sine and cosine.
    step
        The median time between samples.
    even
        Whether all clocks have that step; where not, the step before each sample is a channel
        of the encoder too, and the step ahead one of the predictor.
    window
        Samples in a window.
    """

    variables: tuple[str, ...]
    roles: Mapping[str, Mapping[str, str]]
    units: Mapping[str, str]
    mean: Array
    spread: Array
    step: float
    even: bool
    window: int

    @classmethod
    def of(
        cls,
        runs: Trajectories,
        train: Places,
        observe: Sequence[str] = (),
        window: int | None = None,
    ) -> "Frame":
        """The frame for `runs`, measured on its runs `train` alone."""
        seen = observed(runs, observe)
        roles = {n: dict(r) for n, r in roles_of(seen).items()}
        units = {str(n): str(v.attrs.get("units", "")) for n, v in seen.data_vars.items()}
        part = seen.isel(run=train)
        channels = _channels(part, roles)
        with np.errstate(all="ignore"):
            mean, spread = np.nanmean(channels, (0, 1)), np.nanstd(channels, (0, 1))
        times = clock(part)
        step = float(np.nanmedian(np.diff(times, axis=1)))
        wide = window or (LONG if _partial(roles) or _noisy(times, channels) else SHORT)
        _refuse_still(spread, roles)
        return cls(tuple(roles), roles, units, mean, spread, step, is_even(clock(seen)), wide)

    @property
    def channels(self) -> int:
        """How many."""
        return self.mean.size

    @property
    def inputs(self) -> int:
        """Channels of the encoder."""
        return self.channels + (not self.even)

    @property
    def partial(self) -> bool:
        """Whether a state is seen in part only, as far as roles can tell."""
        return _partial(self.roles)

    @property
    def state_size(self) -> int:
        """Numbers in a whole state: what is seen, and the rates that are not."""
        hidden = sum(_without_rate(name, self.roles) for name in self.roles)
        return len(self.roles) + hidden

    def encoded(self, runs: Trajectories) -> tuple[Array, Array]:
        """Channels (run, time, inputs) in units of their spread, and steps ahead (run, time)."""
        missing = [n for n in self.variables if n not in runs.data_vars]
        if missing:
            raise Refusal(
                f"data without {', '.join(missing)}",
                "the variables that the network was trained on: " + ", ".join(self.variables),
            )
        x = (_channels(runs[list(self.variables)], self.roles) - self.mean) / self.spread
        before = self._steps(clock(runs))
        if not self.even:
            x = np.concatenate([x, before[..., None]], axis=-1)
        return x, np.roll(before, -1, axis=1)

    def _steps(self, times: Array) -> Array:
        """Time since the sample before, in units of the median step, less 1; first 0."""
        return np.diff(times, axis=1, prepend=times[:, :1] - self.step) / self.step - 1.0

    def decoded(self, x: Array, near: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """Variables from channels; angles continue without jumps, from `near` where given."""
        plain = x[..., : self.channels] * self.spread + self.mean
        out, k = {}, 0
        for name, role in self.roles.items():
            if role.get("role") != "angle":
                out[name] = plain[..., k]
                k += 1
                continue
            angle = np.arctan2(plain[..., k], plain[..., k + 1])
            out[name] = _continued(angle) if near is None else _nearest(angle, near[name])
            k += 2
        return out

    def to_dict(self) -> dict[str, Any]:
        """All but `mean` and `spread`, as JSON can hold it."""
        return {
            "variables": list(self.variables),
            "roles": {n: dict(r) for n, r in self.roles.items()},
            "units": dict(self.units),
            "step": self.step,
            "even": self.even,
            "window": self.window,
        }


def observed(runs: Trajectories, observe: Sequence[str] = ()) -> Trajectories:
    """The variables that the network shall see.

    Raises
    ------
    Refusal
        For names that the data lack, and for variables with space axes.
    """
    check(runs)
    names = [str(n) for n in runs.data_vars]
    for name in observe:
        if name not in names:
            raise Refusal(f"no variable {name!r} to observe", "one of " + ", ".join(names))
    chosen = runs[[n for n in names if n in observe] or names]
    for variable in chosen.data_vars.values():
        if variable.ndim > 2:
            raise Refusal(
                f"variable {variable.name!r} has space axes", "variables on (run, time)",
                "record its observables first",
            )  # fmt: skip
    return chosen


def starts(x: Array, length: int) -> NDArray[np.bool_]:
    """Where a piece of `length` complete samples begins; shape (run, time).

    >>> x = np.array([[1.0, 2.0, np.nan, 4.0, 5.0]])[..., None]
    >>> starts(x, 2).tolist()
    [[True, False, False, True, False]]
    """
    held = np.isfinite(x).all(-1)
    good = np.zeros_like(held)
    if held.shape[1] >= length:
        views = np.lib.stride_tricks.sliding_window_view(held, length, axis=1)
        good[:, : views.shape[1]] = views.all(-1)
    return good


def _channels(runs: Trajectories, roles: Mapping[str, Mapping[str, str]]) -> Array:
    columns: list[Array] = []
    for name, role in roles.items():
        values = np.asarray(runs[name].values, dtype=float)
        angle = role.get("role") == "angle"
        columns += [np.sin(values), np.cos(values)] if angle else [values]
    return np.stack(columns, axis=-1)


def _without_rate(name: str, roles: Mapping[str, Mapping[str, str]]) -> bool:
    rate = _RATES.get(roles[name].get("role", ""))
    return rate is not None and not any(
        r.get("role") == rate and r.get("of") == name for r in roles.values()
    )


def _partial(roles: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a state is seen in part only, as far as roles can tell."""
    return any(_without_rate(name, roles) for name in roles) or len(roles) == 1


def _noisy(times: Array, channels: Array) -> bool:
    level = noise_level(times, channels)
    share = level.std / np.maximum(within_run(channels), 1e-300)
    return bool(np.nanmax(np.where(level.resolved, share, 0.0), initial=0.0) > NOISY)


def _refuse_still(spread: Array, roles: Mapping[str, Mapping[str, str]]) -> None:
    names = [n for n, r in roles.items() for _ in range(1 + (r.get("role") == "angle"))]
    still = [n for n, s in zip(names, spread, strict=True) if not s > 0]
    if still:
        raise Refusal(
            f"variable {still[0]!r} that never changes", "variables that move",
            "leave it out with --observe, or make it a parameter of the runs",
        )  # fmt: skip


def _continued(angle: Array) -> Array:
    """An angle without jumps along each run; gaps stay gaps.

    >>> _continued(np.array([[3.0, np.nan, -3.0]])).round(3).tolist()
    [[3.0, nan, 3.283]]
    """
    out = angle.copy()
    for row in out:
        held = np.isfinite(row)
        row[held] = np.unwrap(row[held])
    return out


def _nearest(angle: Array, near: Array) -> Array:
    turn = 2 * np.pi
    return np.asarray(angle + turn * np.round((near - angle) / turn))
