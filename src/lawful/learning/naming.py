"""Names that users give: `leaky-relu`, `Leaky ReLU` and `leaky_relu` are one.

A name that is none is refused with the nearest one.
"""

import difflib
from collections.abc import Sequence

from lawful.refusal import Refusal


def chosen(what: str, name: object, known: Sequence[str]) -> str:
    """The known name that `name` spells.

    Raises
    ------
    Refusal
        Where it spells none; says them all, and the nearest.

    Examples
    --------
    >>> chosen("optimizer", "Gradient-Descent", ["gradient_descent", "adam"])
    'gradient_descent'
    >>> chosen("optimizer", "adm", ["gradient_descent", "adam"])
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: optimizer 'adm'; expected one of gradient_descent, adam; did you mean \
'adam'?
    """
    spelt = _bare(name) if isinstance(name, str) else ""
    for one in known:
        if _bare(one) == spelt:
            return one
    near = difflib.get_close_matches(spelt, [_bare(one) for one in known], n=1, cutoff=0.5)
    meant = next((one for one in known if near and _bare(one) == near[0]), "")
    remedy = f"did you mean {meant!r}?" if meant else ""
    raise Refusal(f"{what} {name!r}", "one of " + ", ".join(known), remedy)


def _bare(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
