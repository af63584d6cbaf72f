"""Formulas as text, read without ever being run: "v**2/2 - mu/sqrt(x**2 + y**2)".

The text goes through Python's own grammar (`ast`), and only numbers, names,
`+ - * / **`, signs and a short list of functions pass. Two readings follow from
the same walk: a SymPy expression (`parse`), and a NumPy function of columns
(`compiled`), which keeps the written order of operations and loads no SymPy.

Limits on length, nesting and the size of numbers keep a hostile or mistaken
text, such as `9**9**9`, from filling the memory.
"""

import ast
import difflib
import math
import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lawful.refusal import Refusal

if TYPE_CHECKING:
    import sympy

FUNCTIONS = {
    "sqrt": 1,
    "exp": 1,
    "log": 1,
    "sin": 1,
    "cos": 1,
    "tan": 1,
    "sinh": 1,
    "cosh": 1,
    "tanh": 1,
    "asin": 1,
    "acos": 1,
    "atan": 1,
    "atan2": 2,
    "abs": 1,
    "Abs": 1,
}
LONGEST = 100_000  # characters
DEEPEST = 100  # nested operations, a sum or product of many terms counting once
LARGEST_POWER = 1000
LARGEST_BITS = 4096  # of an exact number that a constant power may make

_NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "Abs": "abs"}
_OPERATIONS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_REMEDIES: dict[type[ast.AST], str] = {
    ast.BitXor: "write ** for a power",
    ast.FloorDiv: "write / for a quotient",
    ast.MatMult: "write the products out",
    ast.Compare: "write one side of the equation",
    ast.Attribute: "write a plain name such as sin, without a dot",
    ast.Subscript: "give each component its own name",
}

# One step of a formula in reverse Polish order: (kind, value, where in the text).
Step = tuple[str, Any, int]


def parse(text: str, names: Sequence[str] | None = None) -> "sympy.Expr":
    """The SymPy expression that `text` writes; `pi` is π unless `names` holds it.

    Parameters
    ----------
    text
        A formula, such as ``"v**2/2 + k*x**2"``.
    names
        The names it may use; any, when not given.

    Raises
    ------
    Refusal
        For anything but numbers, names, arithmetic and `FUNCTIONS`, with its place.

    Examples
    --------
    >>> parse("v**2/2 + cos(theta)")
    v**2/2 + cos(theta)
    >>> parse("k*y", names=["k", "x"])
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: name 'y' at character 3 of 'k*y'; expected one of k, x
    """
    steps = _steps(text)
    known = None if names is None else tuple(names)
    for kind, value, place in steps:
        if kind == "name" and known is not None and value not in known and value != "pi":
            raise _unknown(value, text, place, known)
    return _symbolic(steps, text, known is not None and "pi" in known)


def names_in(text: str) -> tuple[str, ...]:
    """The names that a formula uses, in order of appearance, `pi` left out.

    >>> names_in("v**2/2 - mu/sqrt(x**2 + y**2) + pi")
    ('v', 'mu', 'x', 'y')
    """
    return tuple(dict.fromkeys(v for kind, v, _ in _steps(text) if kind == "name" and v != "pi"))


@lru_cache(maxsize=512)
def compiled(text: str) -> Callable[[Mapping[str, Any]], Any]:
    """`text` as a NumPy function of a mapping from names to scalars or arrays.

    Arrays broadcast; an xarray variable stays one. Integers count as floats.

    Raises
    ------
    Refusal
        At once for what `parse` refuses; when called, for a name the mapping lacks.

    Examples
    --------
    >>> energy = compiled("v**2/2 + x**2/2")
    >>> energy({"x": np.array([0.0, 3.0]), "v": 2.0})
    array([2. , 6.5])
    """
    steps = _folded(_steps(text), text)
    wanted = tuple(dict.fromkeys(v for kind, v, _ in steps if kind == "name"))

    def function(columns: Mapping[str, Any]) -> Any:
        values = {name: _column(columns, name, text) for name in wanted}
        stack: list[Any] = []
        for kind, value, _ in steps:
            if kind == "number":
                stack.append(value)
            elif kind == "name":
                stack.append(values[value])
            else:
                _apply(stack, kind, value)
        return stack.pop()

    return function


def latex(text: str) -> str:
    r"""The formula as LaTeX.

    >>> latex("omega**2/2 - cos(theta)")
    '\\frac{\\omega^{2}}{2} - \\cos{\\left(\\theta \\right)}'
    """
    import sympy as sp

    return str(sp.latex(parse(text)))


# ------------------------------------------------------------------- reading


@lru_cache(maxsize=1024)
def _steps(text: str) -> tuple[Step, ...]:
    """The formula in reverse Polish order, every node checked."""
    if not isinstance(text, str):
        raise Refusal(f"a formula of type {type(text).__name__}", "text")
    if len(text) > LONGEST:
        raise Refusal(f"a formula of {len(text)} characters", f"at most {LONGEST}")
    if not text.strip():
        raise Refusal("an empty formula", "one such as 'v**2/2 + x**2/2'")
    body = _syntax(text)
    out: list[Step] = []
    pending: list[tuple[ast.AST, int, bool]] = [(body, 0, False)]
    while pending:
        node, depth, visited = pending.pop()
        if visited:
            out.append(_operation(node))
            continue
        if depth > DEEPEST:
            raise Refusal(
                f"a formula nested more than {DEEPEST} deep in {_shown(text)}", "", "write it flat"
            )
        leaf = _leaf(node, text)
        if leaf is not None:
            out.append(leaf)
            continue
        pending.append((node, depth, True))
        parts = _parts(node, text)
        pending.extend((part, _depth(node, part, depth), False) for part in reversed(parts))
    return tuple(out)


def _syntax(text: str) -> ast.expr:
    flat = " ".join(text.split())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python finds odd is refused below, or harmless
            return ast.parse(flat, mode="eval").body
    except (SyntaxError, ValueError) as error:
        offset = getattr(error, "offset", None)
        reason = f": {getattr(error, 'msg', '')} at character {offset}" if offset else ""
        raise Refusal(
            f"{_shown(text)} is no formula{reason}", "", "write one such as 'a*x**2'"
        ) from None
    except (RecursionError, MemoryError):
        raise Refusal(f"a formula nested too deep in {_shown(text)}", "", "write it flat") from None


def _leaf(node: ast.AST, text: str) -> Step | None:
    place = getattr(node, "col_offset", 0) + 1
    if isinstance(node, ast.Name):
        if node.id in FUNCTIONS:
            raise Refusal(
                f"function {node.id!r} without its argument at character {place} of {_shown(text)}",
                f"{node.id}(…)",
            )
        return "name", node.id, place
    if isinstance(node, ast.Constant):
        number = node.value
        if isinstance(number, bool) or not isinstance(number, int | float) or not _is_small(number):
            raise Refusal(
                f"{ast.unparse(node)[:40]} at character {place} of {_shown(text)}",
                "a finite real number",
            )
        return "number", number, place
    return None


def _is_small(number: float) -> bool:
    if isinstance(number, int):
        return number.bit_length() <= LARGEST_BITS
    return math.isfinite(number)


def _parts(node: ast.AST, text: str) -> list[ast.expr]:
    """The operands of an allowed operation; anything else is refused."""
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATIONS:
        return [node.operand]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _arguments(node, node.func.id, text)
    place = getattr(node, "col_offset", 0) + 1
    inner = getattr(node, "op", node)
    remedy = _REMEDIES.get(type(inner), _REMEDIES.get(type(node), ""))
    if isinstance(node, ast.Call):
        remedy = _REMEDIES[ast.Attribute]
    raise Refusal(
        f"{_shown(ast.unparse(node))} at character {place} of {_shown(text)}",
        "numbers, names, + - * / ** and " + ", ".join(FUNCTIONS),
        remedy,
    )


def _arguments(node: ast.Call, name: str, text: str) -> list[ast.expr]:
    place = node.col_offset + 1
    if name not in FUNCTIONS:
        near = difflib.get_close_matches(name, FUNCTIONS, 1)
        hint = f"did you mean {near[0]}?" if near else "write a product with *"
        raise Refusal(
            f"function {name!r} at character {place} of {_shown(text)}",
            "one of " + ", ".join(FUNCTIONS),
            hint,
        )
    plain = not node.keywords and not any(isinstance(a, ast.Starred) for a in node.args)
    if not plain or len(node.args) != FUNCTIONS[name]:
        count = FUNCTIONS[name]
        raise Refusal(
            f"{name} with {len(node.args) + len(node.keywords)} arguments at character {place} "
            f"of {_shown(text)}",
            f"{count} argument{'s' if count > 1 else ''}",
        )
    return node.args


def _depth(node: ast.AST, part: ast.AST, depth: int) -> int:
    """One more, except along a written chain such as a + b + c, which is flat."""
    chain = (ast.Add, ast.Sub), (ast.Mult, ast.Div)
    if isinstance(node, ast.BinOp) and isinstance(part, ast.BinOp) and part is node.left:
        for kinds in chain:
            if isinstance(node.op, kinds) and isinstance(part.op, kinds):
                return depth
    return depth + 1


def _operation(node: ast.AST) -> Step:
    place = getattr(node, "col_offset", 0) + 1
    if isinstance(node, ast.BinOp):
        return "binary", type(node.op), place
    if isinstance(node, ast.UnaryOp):
        return "unary", type(node.op), place
    assert isinstance(node, ast.Call)  # noqa: S101 - what else there is was refused above
    assert isinstance(node.func, ast.Name)  # noqa: S101
    return "call", node.func.id, place


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")


def _unknown(name: str, text: str, place: int, known: Sequence[str]) -> Refusal:
    near = difflib.get_close_matches(name, known, 1)
    return Refusal(
        f"name {name!r} at character {place} of {_shown(text)}",
        "one of " + ", ".join(known) if known else "no names",
        f"did you mean {near[0]}?" if near else "",
    )


# ------------------------------------------------------------------- numbers


def _column(columns: Mapping[str, Any], name: str, text: str) -> Any:
    if name not in columns:
        if name == "pi":
            return np.float64(math.pi)
        raise Refusal(
            f"no column {name!r}, which {_shown(text)} needs",
            "all of " + ", ".join(names_in(text)),
            "the columns are " + ", ".join(map(str, columns)),
        )
    value = columns[name]
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind == "f":
        return value
    return value.astype(float) if kind in "iub" and kind else np.asarray(value, dtype=float)[()]


def _apply(stack: list[Any], kind: str, value: Any) -> None:
    if kind == "call":
        count = FUNCTIONS[value]
        function = getattr(np, _NUMPY.get(value, value))
    else:
        count = 2 if kind == "binary" else 1
        function = _OPERATIONS[value]
    arguments = stack[-count:]
    del stack[-count:]
    stack.append(function(*arguments))


def _folded(steps: Sequence[Step], text: str) -> tuple[Step, ...]:
    """`steps` with operations between constants carried out, whole exponents kept whole."""
    out: list[Step] = []
    for kind, value, place in steps:
        if kind in ("name", "number"):
            out.append((kind, value, place))
            continue
        count = FUNCTIONS[value] if kind == "call" else 1 + (kind == "binary")
        if any(step[0] != "number" for step in out[-count:]):
            out.append((kind, value, place))
            continue
        stack = [np.float64(step[1]) for step in out[-count:]]
        with np.errstate(all="ignore"):
            _apply(stack, kind, value)
        if not np.isfinite(stack[0]):
            raise Refusal(f"no finite number at character {place} of {_shown(text)}")
        out[-count:] = [("number", float(stack[0]), place)]
    return tuple((k, _whole(v) if k == "number" else v, p) for k, v, p in out)


def _whole(number: float) -> float:
    """A small whole number as an int, so that NumPy squares by a product."""
    whole = isinstance(number, float) and number.is_integer() and abs(number) <= LARGEST_POWER
    return int(number) if whole else float(number)


# ------------------------------------------------------------------- symbols


def _symbolic(steps: Sequence[Step], text: str, pi_is_a_name: bool) -> "sympy.Expr":
    import sympy as sp

    calls = {name: getattr(sp, "Abs" if name == "abs" else name) for name in FUNCTIONS}
    stack: list[Any] = []
    for kind, value, place in steps:
        if kind == "number":
            stack.append(sp.Integer(value) if isinstance(value, int) else sp.Float(repr(value)))
        elif kind == "name":
            stack.append(sp.pi if value == "pi" and not pi_is_a_name else sp.Symbol(value))
        elif kind == "call":
            arguments = stack[-FUNCTIONS[value] :]
            del stack[-FUNCTIONS[value] :]
            stack.append(calls[value](*arguments))
        elif kind == "unary":
            stack.append(_OPERATIONS[value](stack.pop()))
        else:
            right, left = stack.pop(), stack.pop()
            if value is ast.Pow:
                _check_power(left, right, text, place)
            stack.append(_OPERATIONS[value](left, right))
    expression: sympy.Expr = stack[0]
    if expression.has(sp.nan, sp.zoo, sp.oo, -sp.oo, sp.I):
        raise Refusal(f"{_shown(text)} has no finite real value", "", "look for a division by zero")
    return expression


def _check_power(left: Any, right: Any, text: str, place: int) -> None:
    if not right.is_number:
        return
    try:
        size = abs(float(right))
    except (OverflowError, TypeError):
        size = math.inf
    bits = 0.0
    if left.is_Rational and size <= LARGEST_POWER:
        bits = size * max(int(abs(left.p)).bit_length(), int(left.q).bit_length())
    if size > LARGEST_POWER or bits > LARGEST_BITS:
        raise Refusal(
            f"a power too large at character {place} of {_shown(text)}",
            f"an exponent up to {LARGEST_POWER}",
        )
