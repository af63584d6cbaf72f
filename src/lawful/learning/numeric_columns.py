"""Which columns of a table are numbers that say something: (row, column) -> X(n, d).

Text, row numbers, columns with mostly gaps and constants are left out, rows with gaps
dropped; nothing is filled in, and each decision adds a sentence to the notes.
"""

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.columns import row_told
from lawful.refusal import Refusal

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

MOSTLY = 0.5
"""A column with a larger share of gaps is left out."""

_ROW_NUMBERS = r"(row_?)?(id|index|idx|no|nr|number|num)?|row|unnamed\w*|column_1"


def numeric_columns(frame: "pd.DataFrame", notes: list[str]) -> "pd.DataFrame":
    """The numeric columns as floats, gaps still in them.

    Parameters
    ----------
    frame
        A table; its index numbers the rows from 0.
    notes
        Grows by what is left out.

    Raises
    ------
    Refusal
        Where none is left, or one is infinite; says the row.

    Examples
    --------
    >>> import pandas as pd
    >>> notes = []
    >>> numeric_columns(pd.DataFrame({"x": [1, 2], "who": ["Ada", "Bo"]}), notes).columns.tolist()
    ['x']
    >>> notes
    ["column who holds text ('Ada'): left out"]
    """
    import pandas as pd

    kept: dict[str, Array] = {}
    for name, column in frame.items():
        name, values = str(name), as_numbers(column)
        if values is None:
            notes.append(f"column {name} holds text ({_first_text(column)}): left out")
        elif (empty := float(np.isnan(values).mean())) > MOSTLY:
            notes.append(f"column {name} is {empty:.0%} empty: left out")
        elif re.fullmatch(_ROW_NUMBERS, name, re.IGNORECASE) and _counts(values):
            notes.append(f"column {name} counts the rows: left out")
        else:
            _refuse_infinite(name, values, frame.index)
            kept[name] = values
    if not kept:
        raise Refusal(
            f"no feature among the columns {', '.join(map(str, frame)) or '(none)'}",
            "one column of numbers at least, beside the target",
        )
    return pd.DataFrame(kept, index=frame.index)


def changing_columns(columns: "pd.DataFrame", notes: list[str]) -> "pd.DataFrame":
    """The columns that are not constant.

    Raises
    ------
    Refusal
        Where all are.
    """
    still = [str(name) for name, column in columns.items() if column.nunique() == 1]
    if len(still) == columns.shape[1]:
        raise Refusal(f"all features are constant: {', '.join(still)}", "one that changes")
    notes += [f"column {name} is constant: left out" for name in still]
    return columns.drop(columns=still)


def as_numbers(column: "pd.Series[Any]") -> Array | None:
    """A column as floats, gaps NaN; None where it holds text, dates or complex numbers.

    >>> import pandas as pd
    >>> as_numbers(pd.Series(["true", "", "false"]))
    array([ 1., nan,  0.])
    >>> as_numbers(pd.Series(["1", "one"])) is None
    True
    """
    import pandas as pd

    kind = pd.api.types
    if kind.is_complex_dtype(column) or kind.is_datetime64_any_dtype(column):
        return None
    said = without_blanks(column)
    if not kind.is_numeric_dtype(said):
        truth = said.str.lower().map({"true": 1.0, "false": 0.0})
        read = truth if truth.count() == said.count() else pd.to_numeric(said, errors="coerce")
        if read.count() != said.count():
            return None
        said = read
    return np.asarray(said.to_numpy(dtype=float, na_value=np.nan))


def without_blanks(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """A column with the blanks around its text gone, and empty text a gap."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column
    text = column.astype("string").str.strip()
    return text.mask(text == "")


def _counts(values: Array) -> bool:
    """Whether a column goes up by one from row to row."""
    return len(values) > 2 and bool((np.diff(values) == 1).all())


def _first_text(column: "pd.Series[Any]") -> str:
    import pandas as pd

    text = column.dropna().astype(str)
    told = [*text[pd.to_numeric(text, errors="coerce").isna()], *text][0]
    return repr(told if len(told) <= 30 else told[:29] + "…")


def _refuse_infinite(name: str, values: Array, index: "pd.Index[Any]") -> None:
    if (endless := np.isinf(values)).any():
        raise Refusal(
            f"column {name!r} is infinite in row {row_told(index[endless][0])}",
            "finite numbers, or nothing for a gap",
            "correct that cell, or empty it",
        )
