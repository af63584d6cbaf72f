r"""An expression from a file, dressed for a page: LaTeX, Python that runs, how complex it is.

    "v**2/2 + x**2"  →  \frac{v^{2}}{2} + x^{2}   and   def energy(x, v): return v**2/2 + x**2

Whoever made the file may have written anything. What `lawful.expressions` does not read stays
text; names and sentences that go into Python lines are reduced to letters first.
"""

import keyword
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from lawful.expressions import FUNCTIONS, names_in
from lawful.refusal import Refusal

LONGEST = 4_000  # characters of a formula that is still set as mathematics
SHOWN = 600  # characters of one that is only shown

_NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "Abs": "abs"}
# What lawful and SymPy write formulas with; anything else is no formula's business.
_COMMAND = re.compile(r"\\([A-Za-z]+|[^A-Za-z])")
_WORDS = (
    "frac sqrt left right cdot mathrm mathtt operatorname sin cos tan sinh cosh tanh exp log pi"
    " alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau"
    " upsilon phi chi psi omega varepsilon vartheta varrho varphi Gamma Delta Theta Lambda Xi Pi"
    " Sigma Upsilon Phi Psi Omega hbar ell dot ddot bar hat tilde prime infty lvert rvert quad"
)
_COMMANDS = frozenset(_WORDS.split()) | frozenset(" ,;:!_{}|")
_NUMBER = re.compile(r"(?<![\w.])\d+\.\d*(?:[eE][+-]?\d+)?")
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")


def dressed(expression: Any, latex: Any = "", name: str = "", about: str = "") -> dict[str, Any]:
    """An expression in all its dresses.

    Parameters
    ----------
    expression, latex
        As the file has them.
    name, about
        Of the Python function, and of its line of description.

    Returns
    -------
    dict
        `expression`; `latex`, `python` and `complexity`, empty or None where it is no formula;
        `trouble`, why it is none.

    Examples
    --------
    >>> dressed("v**2/2", name="kinetic energy")["python"].splitlines()[-1]
    '    return v**2/2'
    >>> bad = dressed("__import__('os')")
    >>> bad["latex"], bad["python"], bad["trouble"][:20]
    ('', '', "function '__import__")
    """
    text = str(expression)
    given = latex if isinstance(latex, str) and is_plain(latex) else ""
    try:
        found = _read(text)
    except Refusal as why:
        return {
            "expression": short(text), "latex": "", "python": "", "complexity": None,
            "names": [], "trouble": short(str(why)),
        }  # fmt: skip
    return {
        "expression": text,
        "latex": given or found[0],
        "python": python(text, name, about),
        "complexity": found[1],
        "names": list(names_in(text)),
        "trouble": "",
    }


def is_plain(latex: str) -> bool:
    r"""Whether LaTeX writes a formula and does nothing else: no links, macros, rules, classes.

    >>> is_plain(r"\frac{v_{x}^{2}}{2} - \mathrm{GM}"), is_plain(r"\href{http://a}{x}")
    (True, False)
    """
    return len(latex) <= LONGEST and set(_COMMAND.findall(latex)) <= _COMMANDS


def rounded(expression: str) -> str:
    """LaTeX of a formula with its numbers cut to four digits: for reading, not for copying.

    >>> rounded("0.36256631676*v**2")
    '0.3626 v^{2}'
    """
    cut = _NUMBER.sub(lambda found: f"{float(found[0]):.4g}", expression)
    try:
        return _read(cut)[0]
    except Refusal:
        return ""


def short(text: str, most: int = SHOWN) -> str:
    """Text, cut where it is endless, and said to be."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


@lru_cache(maxsize=512)
def _read(text: str) -> tuple[str, int]:
    """LaTeX and complexity of a formula; a Refusal where it is none."""
    from lawful.expressions import latex
    from lawful.laws.symbolic import complexity

    if len(text) > LONGEST:
        raise Refusal(f"a formula of {len(text)} characters", f"at most {LONGEST} to be set")
    names_in(text)
    try:
        return latex(text), int(complexity(text))
    except (RecursionError, OverflowError, ValueError, TypeError, ArithmeticError) as why:
        if isinstance(why, Refusal):
            raise
        raise Refusal(f"a formula that cannot be set: {type(why).__name__}") from None


def python(expression: str, name: str = "", about: str = "") -> str:
    """A Python function of the formula; it needs nothing but NumPy.

    >>> print(python("v**2/2 - cos(theta)", "energy", "stays the same"))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def energy(v, theta):
        # stays the same
        return v**2/2 - np.cos(theta)
    """
    text = unicodedata.normalize("NFKC", one_line(expression.partition("#")[0]))
    held = names_in(text)
    module = "np" if not {"np", "numpy"} & set(held) else "_numpy"
    body = _NAME.sub(lambda found: _called(found[0], held, module), text)
    line = f"    # {one_line(_plain(about))}\n" if about else ""
    head = f"import numpy as {module}\n\n\n"
    needed = head if f"{module}." in body else ""
    return f"{needed}def {_identifier(name, held)}({', '.join(held)}):\n{line}    return {body}"


def _called(name: str, held: Sequence[str], module: str) -> str:
    if name in held:
        return name
    if name in FUNCTIONS:
        return f"{module}.{_NUMPY.get(name, name)}"
    return f"{module}.pi" if name == "pi" else name


def _identifier(name: str, taken: Sequence[str]) -> str:
    """A name as Python takes it.

    >>> _identifier("angular momentum z", ()), _identifier("1/0", ()), _identifier("x", ("x",))
    ('angular_momentum_z', 'q_1_0', 'q_x')
    """
    word = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", name)[:60]).strip("_").lower()
    good = word.isidentifier() and not keyword.iskeyword(word) and word not in taken
    return word if good else f"q_{word}".rstrip("_")


def _plain(text: str) -> str:
    """Letters, digits and harmless signs: what may stand in a comment of somebody's program."""
    return re.sub(r"[^\w .,;:()=+*/²³−-]", " ", text[:200])


def one_line(text: str) -> str:
    r"""The same without breaks.

    >>> one_line("a\n  b")
    'a b'
    """
    return " ".join(str(text).split())
