"""Rates as NumPy functions: dx/dt = f(x; p) for all runs at once.

SymPy's `lambdify` shares common subexpressions. Its printer is told to write
half-integer powers with a square root and small whole ones as products, which
NumPy does several times faster than `power`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.systems.system import System

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]


def rates(
    system: System,
    values: Mapping[str, Any] | None = None,
    of: Sequence[str] | None = None,
    given: Sequence[str] | None = None,
) -> Callable[[Array], Array]:
    """The rates of the variables `of` as a function of the variables `given`.

    Parameters
    ----------
    system
        Any system.
    values
        Parameters other than the defaults, scalars or arrays of shape (run,).
    of, given
        Names of variables; all of them when not given.

    Returns
    -------
    callable
        From an array of shape (given, run) to an array of shape (of, run).

    Examples
    --------
    >>> from lawful.systems import system
    >>> spring = system("spring")(k=2.0, m=1.0)
    >>> rates(spring)(np.array([[1.0], [3.0]]))
    array([[ 3.],
           [-2.]])
    """
    wanted = tuple(of or system.names)
    state = tuple(given or system.names)
    formulas = tuple(system.equations[name] for name in wanted)
    constants = {**system.values, **(values or {})}
    function = _numeric(formulas, (*state, *constants))
    arguments = tuple(constants.values())

    def evaluate(x: Array) -> Array:
        out = np.empty((len(wanted), *x.shape[1:]))
        for row, rate in zip(out, function(*x, *arguments), strict=True):
            row[...] = rate
        return out

    return evaluate


def quantities(formulas: Mapping[str, "sympy.Expr"], columns: Mapping[str, Any]) -> dict[str, Any]:
    """Formulas evaluated on columns by name, which broadcast.

    >>> from lawful.systems import system
    >>> spring = system("spring")(k=2.0, m=1.0)
    >>> quantities(spring.invariants, {"x": 1.0, "v": np.zeros(2), **spring.values})
    {'energy': array([1., 1.])}
    """
    function = _numeric(tuple(formulas.values()), tuple(columns))
    shape = np.broadcast_shapes(*(np.shape(c) for c in columns.values()))
    found = function(*columns.values()) if formulas else ()
    return {
        name: np.array(np.broadcast_to(value, shape))
        for name, value in zip(formulas, found, strict=True)
    }


@lru_cache(maxsize=256)
def _numeric(formulas: tuple["sympy.Expr", ...], arguments: tuple[str, ...]) -> Callable[..., Any]:
    import sympy as sp

    # Dummies keep a variable called `sqrt` or `lambda` from meaning anything in the code made.
    return sp.lambdify(
        [sp.Symbol(name) for name in arguments],
        list(formulas),
        modules="numpy",
        printer=_printer(),
        cse=True,
        dummify=True,
    )


@lru_cache(maxsize=1)
def _printer() -> Any:
    from sympy.printing.numpy import NumPyPrinter

    class QuickPowers(NumPyPrinter):
        """Half-integer and small whole powers without `power`."""

        def _print_Pow(self, expr: Any, rational: bool = False) -> str:
            base, exponent = expr.as_base_exp()
            twice = 2 * exponent
            if not (twice.is_Integer and abs(twice) <= 8):
                return str(super()._print_Pow(expr, rational=rational))
            text = f"({self._print(base)})"
            if not base.is_Symbol and abs(twice) not in (1, 2, 4):
                return str(super()._print_Pow(expr, rational=rational))
            whole, half = divmod(abs(int(twice)), 2)
            factors = [text] * whole + [f"{self._module_format('numpy.sqrt')}({text})"] * half
            product = "*".join(factors)
            return f"(1.0/({product}))" if twice < 0 else f"({product})"

    return QuickPowers(
        {"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True}
    )
