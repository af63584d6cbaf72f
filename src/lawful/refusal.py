"""A refusal: what was got, what was expected, and what to do about it.

Every error that a user can cause is raised as a `Refusal`; the command line
prints it on one line and leaves with exit code 2, never with a traceback.
"""


class Refusal(ValueError):
    """Input or a setting that cannot be meant, with its remedy.

    Parameters
    ----------
    got
        What was found, in one clause.
    expected
        What would have been right; may be empty where `got` says it.
    remedy
        What the user can do now.

    Examples
    --------
    >>> str(Refusal("column 'x' holds text", "numbers", "drop it with --ignore x"))
    "column 'x' holds text; expected numbers; drop it with --ignore x"
    """

    def __init__(self, got: str, expected: str = "", remedy: str = "") -> None:
        self.got, self.expected, self.remedy = got, expected, remedy
        parts = [got, f"expected {expected}" if expected else "", remedy]
        super().__init__("; ".join(part for part in parts if part))


def missing_extra(package: str, extra: str) -> Refusal:
    """The refusal for an optional dependency that is not installed.

    >>> str(missing_extra("pyarrow", "io"))
    "the package 'pyarrow' is not installed; run: pip install 'lawful[io]'"
    """
    return Refusal(
        f"the package {package!r} is not installed", remedy=f"run: pip install 'lawful[{extra}]'"
    )
