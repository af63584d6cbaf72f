"""The library of terms θ(x): monomials, and the functions that the variables' roles suggest.

    Q(x) = Σ_k c_k θ_k(x),   θ_k = a product of atoms: x, sin φ, log n, 1/r, …

- every variable that is no angle: monomials up to the degree;
- angles φ_i: sin and cos of φ_i and of φ_i ± φ_j, each times monomials; where no
  rate is known, also log |sin((φ_i − φ_j)/2)|, the logarithm of the chord;
- populations n: log n;
- a point's position (two components or more): 1/r, log r, x/r;
- two points: the same of their separation, and in one dimension also 1/d²,
  exp(±d), each also times a velocity (Toda, Calogero and Moser need these);
- what is fixed within a run but differs between runs: its product and quotient
  with the terms above.

A term whose pole the data come close to is left out and said.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, combinations_with_replacement
from math import comb

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal
from lawful.trajectories import Trajectories

Array = NDArray[np.float64]
FUNCTIONS = ("trig", "log", "inverse", "exp")
MOST_TERMS = 330
POLE = 50.0  # a term whose largest value is this many times its spread has a pole nearby


@dataclass(frozen=True)
class Atom:
    """One factor: what it is (`kind`), of which variables, and how it is written."""

    kind: str
    of: tuple[str, ...]
    text: str

    def values(self, columns: dict[str, Array]) -> Array:
        """The atom on columns of any one shape."""
        return _KINDS[self.kind](*(columns[name] for name in self.of))


@dataclass(frozen=True)
class Term:
    """A product of atoms, each to a power; `stage` says when the search admits it.

    A `far_fetched` term is admitted after all others have been tried: it is so
    nearly made up by them that noise could not tell which is meant.
    """

    factors: tuple[tuple[Atom, int], ...]
    stage: int
    far_fetched: bool = False

    @property
    def text(self) -> str:
        """The term as SymPy parses it."""
        return "*".join(a.text if n == 1 else f"{a.text}**{n}" for a, n in self.factors)

    @property
    def complexity(self) -> int:
        """Factors counted with their powers; a function of variables counts double."""
        return sum(abs(n) * (1 if a.kind == "variable" else 2) for a, n in self.factors)

    @property
    def is_monomial(self) -> bool:
        """Whether it is a product of plain variables."""
        return all(a.kind == "variable" for a, _ in self.factors)

    @property
    def is_ledger(self) -> bool:
        """Whether this is a running integral, of what its text says."""
        return self.factors[0][0].kind == "ledger"

    @property
    def has_pole(self) -> bool:
        """Whether an atom diverges somewhere."""
        return any(a.kind.startswith(("inverse", "log")) for a, _ in self.factors)


@dataclass(frozen=True)
class Library:
    """The terms searched, for named variables.

    `shift` and `scale` standardise the terms' values, shape (terms,).
    """

    variables: tuple[str, ...]
    parameters: tuple[str, ...]
    terms: tuple[Term, ...]
    degree: int
    left_out: tuple[str, ...] = ()
    shift: Array = field(default_factory=lambda: np.zeros(0))
    scale: Array = field(default_factory=lambda: np.ones(0))

    def values(self, columns: dict[str, Array]) -> Array:
        """All terms, standardised: shape of the columns plus (terms,)."""
        shape = np.broadcast_shapes(*(np.shape(c) for c in columns.values()))
        out = np.empty((*shape, len(self.terms)))
        atoms: dict[tuple[Atom, int], Array] = {}
        products: dict[tuple[tuple[Atom, int], ...], Array] = {}
        with np.errstate(all="ignore"):
            for k, term in enumerate(self.terms):
                out[..., k] = _product(term.factors, columns, atoms, products)
        if self.shift.size:
            out -= self.shift
            out /= self.scale
        return out

    def standardised(self, shift: Array, scale: Array) -> "Library":
        """The same library with `shift` and `scale`."""
        return Library(
            self.variables,
            self.parameters,
            self.terms,
            self.degree,
            self.left_out,
            shift,
            scale,
        )

    def restricted(self, keep: Sequence[int], left_out: Sequence[str] = ()) -> "Library":
        """Only the terms whose indices are in `keep`."""
        index = np.asarray(keep, dtype=int)
        return Library(
            self.variables,
            self.parameters,
            tuple(self.terms[k] for k in keep),
            self.degree,
            (*self.left_out, *left_out),
            self.shift[index] if self.shift.size else self.shift,
            self.scale[index] if self.shift.size else self.scale,
        )


def _product(
    factors: tuple[tuple[Atom, int], ...],
    columns: dict[str, Array],
    atoms: dict[tuple[Atom, int], Array],
    products: dict[tuple[tuple[Atom, int], ...], Array],
) -> Array:
    """The product of `factors`, reusing what shorter products have already computed."""
    if factors in products:
        return products[factors]
    atom, power = factors[-1]
    if (atom, power) not in atoms:
        base = atom.values(columns)
        atoms[atom, power] = base if power == 1 else base**power
    value = atoms[atom, power]
    if len(factors) > 1:
        value = _product(factors[:-1], columns, atoms, products) * value
    products[factors] = value
    return value


_KINDS: dict[str, Callable[..., Array]] = {
    "variable": lambda x: x,
    "sin": np.sin,
    "cos": np.cos,
    "sin_sum": lambda a, b: np.sin(a + b),
    "cos_sum": lambda a, b: np.cos(a + b),
    "sin_difference": lambda a, b: np.sin(a - b),
    "cos_difference": lambda a, b: np.cos(a - b),
    "log_chord": lambda a, b: np.log(np.abs(np.sin((a - b) / 2))),
    "log": np.log,
    "inverse": lambda *x: 1 / _norm(x),
    "log_norm": lambda *x: np.log(_norm(x)),
    "inverse_separation": lambda *x: 1 / _separation(x),
    "inverse_square": lambda *x: 1 / _separation(x) ** 2,
    "log_separation": lambda *x: np.log(_separation(x)),
    "exp_difference": lambda a, b: np.exp(a - b),
    "ledger": lambda q: q,
}


def _norm(components: Sequence[Array]) -> Array:
    return np.sqrt(sum(c * c for c in components))


def _separation(components: Sequence[Array]) -> Array:
    half = len(components) // 2
    return _norm([a - b for a, b in zip(components[:half], components[half:], strict=True)])


def roles_of(runs: Trajectories) -> dict[str, dict[str, str]]:
    """Each variable's attributes that concern its role."""
    return {
        str(name): {k: str(v.attrs[k]) for k in ("role", "group", "axis", "of") if k in v.attrs}
        for name, v in runs.data_vars.items()
    }


def library(
    runs: Trajectories, *, degree: int | None = None, functions: Sequence[str] = FUNCTIONS
) -> Library:
    """The terms for `runs`, by the roles of its variables.

    Parameters
    ----------
    runs
        Trajectories; only names, roles and the parameters' values are looked at.
    degree
        The largest degree of monomials; chosen by the number of variables when
        not given (the largest of 2, 3, 4 that keeps the library small).
    functions
        Which families beyond monomials: any of "trig", "log", "inverse", "exp".

    Raises
    ------
    Refusal
        For a degree below 1, an unknown family, or a library too large to search.

    Examples
    --------
    >>> from lawful.trajectories import make
    >>> import numpy as np
    >>> runs = make({"x": np.ones((2, 9)), "v": np.ones((2, 9))}, np.arange(9.0))
    >>> [term.text for term in library(runs, degree=2).terms]
    ['x', 'v', 'x**2', 'x*v', 'v**2']
    """
    for name in functions:
        if name not in FUNCTIONS:
            raise Refusal(f"function family {name!r}", "one of " + ", ".join(FUNCTIONS))
    if degree is not None and degree < 1:
        raise Refusal(f"degree {degree}", "a whole number from 1 up")
    roles = roles_of(runs)
    varying = tuple(
        str(name)
        for name, c in runs.coords.items()
        if c.dims == ("run",)
        and name not in ("run", "time")
        and np.issubdtype(c.dtype, np.number)
        and np.ptp(c.values) > 0
    )
    plain = [n for n, r in roles.items() if r.get("role") != "angle"]
    if degree is not None and comb(len(plain) + degree, degree) > 4 * MOST_TERMS:
        raise Refusal(
            f"degree {degree} of {len(plain)} variables",
            f"a library of at most {4 * MOST_TERMS} terms",
            "lower --degree",
        )
    special = list(_special(roles, functions))
    most = _degree_for(len(plain), len(special)) if degree is None else degree
    terms = [*_monomials(plain, most), *special]
    if "trig" in functions:
        terms += list(_trigonometric(roles, plain, most))
    terms += list(_with_parameters(terms, varying))
    unique = {term.text: term for term in terms}
    if len(unique) > 4 * MOST_TERMS:
        raise Refusal(
            f"a library of {len(unique)} terms", f"at most {4 * MOST_TERMS}", "lower --degree"
        )
    ordered = sorted(unique.values(), key=lambda t: (t.stage, t.complexity))
    return Library(tuple(roles), varying, tuple(ordered), most)


def _degree_for(variables: int, special: int) -> int:
    fits = [d for d in (2, 3, 4) if comb(variables + d, d) + special <= MOST_TERMS]
    return max(fits, default=1)


def _variable(name: str) -> Atom:
    return Atom("variable", (name,), name)


def _monomials(names: Sequence[str], degree: int) -> Iterator[Term]:
    for d in range(1, degree + 1):
        for chosen in combinations_with_replacement(names, d):
            yield Term(_powers(chosen), d)


def _powers(names: Sequence[str]) -> tuple[tuple[Atom, int], ...]:
    return tuple((_variable(n), list(names).count(n)) for n in dict.fromkeys(names))


def groups_of(roles: dict[str, dict[str, str]], role: str) -> dict[str, list[str]]:
    """The variables with one role, by group."""
    groups: dict[str, list[str]] = {}
    for name, attributes in roles.items():
        if attributes.get("role") == role:
            groups.setdefault(attributes.get("group", name), []).append(name)
    return groups


def _special(roles: dict[str, dict[str, str]], functions: Sequence[str]) -> Iterator[Term]:
    """What roles suggest, apart from monomials and angles."""
    if "log" in functions:
        for names in groups_of(roles, "population").values():
            for name in names:
                yield Term(((Atom("log", (name,), f"log({name})"), 1),), 2)
    points = [tuple(names) for names in groups_of(roles, "position").values()]
    rates = [n for n, a in roles.items() if a.get("role") == "velocity"]
    for point in points:
        if len(point) > 1:
            yield from _radial(point, functions)
    for a, b in combinations(points, 2):
        if len(a) == len(b):
            yield from _pairwise(a, b, rates, functions)


def _radial(point: tuple[str, ...], functions: Sequence[str]) -> Iterator[Term]:
    r = "sqrt(" + "+".join(f"{x}**2" for x in point) + ")"
    if "inverse" in functions:
        inverse = Atom("inverse", point, f"({r[5:-1]})**(-1/2)")
        yield Term(((inverse, 1),), 2)
        for x in point:
            yield Term(((_variable(x), 1), (inverse, 1)), 3)
    if "log" in functions:
        yield Term(((Atom("log_norm", point, f"log({r})"), 1),), 2)


def _pairwise(
    a: tuple[str, ...], b: tuple[str, ...], rates: list[str], functions: Sequence[str]
) -> Iterator[Term]:
    square = "+".join(f"({x}-{y})**2" for x, y in zip(a, b, strict=True))
    atoms = []
    if "inverse" in functions:
        kind = "inverse_square" if len(a) == 1 else "inverse_separation"
        atoms.append(Atom(kind, a + b, f"({square})**(-{1 if len(a) == 1 else '1/2'})"))
    if "log" in functions:
        atoms.append(Atom("log_separation", a + b, f"log(sqrt({square}))"))
    if "exp" in functions and len(a) == 1:
        for x, y in ((a, b), (b, a)):
            atoms.append(Atom("exp_difference", x + y, f"exp({x[0]}-{y[0]})"))
    for atom in atoms:
        chain = len(a) == 1
        yield Term(((atom, 1),), 2, chain)
        if chain and atom.kind in ("inverse_square", "exp_difference"):
            for v in rates:
                yield Term(((_variable(v), 1), (atom, 1)), 3, chain)


def _trigonometric(
    roles: dict[str, dict[str, str]], plain: Sequence[str], degree: int
) -> Iterator[Term]:
    angles = [n for n, a in roles.items() if a.get("role") == "angle"]
    atoms = [Atom(kind, (a,), f"{kind}({a})") for a in angles for kind in ("cos", "sin")]
    for a, b in combinations(angles, 2):
        for word, sign in (("difference", "-"), ("sum", "+")):
            for kind in ("cos", "sin"):
                atoms.append(Atom(f"{kind}_{word}", (a, b), f"{kind}({a}{sign}{b})"))
    for atom in atoms:
        stage = 1 if len(atom.of) == 1 else 2
        yield Term(((atom, 1),), stage)
        for monomial in _monomials(plain, min(degree, 2)):
            yield Term((*monomial.factors, (atom, 1)), monomial.stage + stage)
    if not any(a.get("role") == "angular_velocity" for a in roles.values()):
        for a, b in combinations(angles, 2):
            chord = Atom("log_chord", (a, b), f"log(Abs(sin(({a}-{b})/2)))")
            yield Term(((chord, 1),), 2)


def _with_parameters(terms: Sequence[Term], varying: Sequence[str]) -> Iterator[Term]:
    for name in varying:
        for term in terms:
            if term.stage <= 2:
                for power in (1, -1):
                    yield Term((*term.factors, (_variable(name), power)), term.stage + 1)


def columns_of(runs: Trajectories, library: Library) -> dict[str, Array]:
    """The variables and varying parameters as arrays of shape (run, time)."""
    columns = {name: runs[name].values for name in library.variables}
    shape = next(iter(columns.values())).shape
    for name in library.parameters:
        columns[name] = np.broadcast_to(runs[name].values[:, None], shape)
    return columns
