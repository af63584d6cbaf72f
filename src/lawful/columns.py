"""Columns: what the cells of one column are, numbers, dates or text.

A cell that is no number among numbers is refused with its row; an empty one is a
gap. Rows are told to people from 1, the header not counted.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawful.refusal import Refusal

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


def kind_of_column(column: "pd.Series[Any]", name: str, may_be_mixed: bool) -> str:
    """`number`, `date` or `text`."""
    import pandas as pd

    if pd.api.types.is_complex_dtype(column):
        raise Refusal(f"column {name!r} holds complex numbers", "real ones", "split it in two")
    if pd.api.types.is_numeric_dtype(column):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    text = column.dropna().astype(str).str.strip()
    text = text[text != ""]
    if text.empty:
        return "number"
    numeric = pd.to_numeric(text, errors="coerce").notna()
    share = float(numeric.mean())
    if may_be_mixed or share == 0:
        return "date" if share == 0 and _is_dated(text) else "text"
    if share == 1:
        return "number"
    if share < 0.5:
        return "text"
    raise _text_among_numbers(name, text[~numeric])


def _is_dated(text: "pd.Series[str]") -> bool:
    if not re.match(r"\d{4}-\d\d-\d\d", str(text.iloc[0])):
        return False
    import pandas as pd

    return bool(pd.to_datetime(text, errors="coerce", format="ISO8601", utc=True).notna().all())


def _text_among_numbers(name: str, bad: "pd.Series[str]") -> Refusal:
    value = str(bad.iloc[0])
    value = value if len(value) <= 40 else value[:37] + "…"
    return Refusal(
        f"column {name!r} holds the text {value!r} in row {row_told(bad.index[0])}",
        "a number, or nothing for a gap",
        f"correct it, or leave the column out with --ignore {name}",
    )


def row_told(label: Any) -> int:
    """The row of an index label, as rows are told to people from 1, the header not counted."""
    return int(label) + 1


def numbers_of(column: "pd.Series[Any]", name: str) -> Array:
    """A column as floats, its empty cells NaN; refused where it holds text."""
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(column):
        converted = pd.to_numeric(column, errors="coerce")
        bad = converted.isna() & column.notna() & (column.astype(str).str.strip() != "")
        if bad.any():
            raise _text_among_numbers(name, column[bad].astype(str))
        column = converted
    return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))


def times_of(column: "pd.Series[Any]", epoch: float | None) -> Array:
    """A column of times as numbers: as they stand, or dates in seconds from `epoch`.

    Raises
    ------
    Refusal
        For an infinite time.
    """
    if epoch is None:
        times = numbers_of(column, str(column.name))
        refuse_infinite(str(column.name), times, column.index.to_numpy())
        return times
    return _seconds(column) - epoch


def first_date(column: "pd.Series[Any]") -> float:
    """The earliest of a column of dates, in seconds since 1970.

    >>> import pandas as pd
    >>> first_date(pd.Series(["1970-01-02", "1970-01-03T12:00"]))
    86400.0
    """
    return float(np.nanmin(_seconds(column)))


def _seconds(column: "pd.Series[Any]") -> Array:
    import pandas as pd

    dates = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
    seconds = dates.to_numpy(dtype="datetime64[ns]").astype(np.int64).astype(float) / 1e9
    seconds[dates.isna().to_numpy()] = np.nan
    return seconds


def refuse_infinite(name: str, values: Array, labels: NDArray[Any]) -> None:
    """Refuse a column with an infinity, with the row it stands in."""
    if (bad := np.isinf(values)).any():
        raise Refusal(
            f"column {name!r} is infinite in row {row_told(labels[bad][0])}",
            "finite numbers, or nothing for a gap",
            f"empty that cell, or leave the column out with --ignore {name}",
        )


def codes_of(columns: Sequence["pd.Series[Any]"]) -> tuple[Codes, NDArray[Any]]:
    """A number for each distinct row, in order of appearance, and the rows' names."""
    import pandas as pd

    if len(columns) == 1:
        codes, names = pd.factorize(columns[0])
        return np.asarray(codes, dtype=np.int64), _run_names(np.asarray(names))
    parts = [_run_names(c.to_numpy()).astype(str) for c in columns]
    joined = parts[0].astype(object)
    for part in parts[1:]:
        joined = joined + "/" + part.astype(object)
    joint, called = pd.factorize(joined)
    return np.asarray(joint, dtype=np.int64), np.asarray(called).astype(str)


def _run_names(names: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers stay numbers, the rest is text."""
    if names.dtype.kind in "iu":
        return names.astype(np.int64)
    if (
        names.dtype.kind == "f"
        and names.size
        and np.all(names % 1 == 0)
        and np.all(abs(names) < 2**53)
    ):
        return names.astype(np.int64)
    return np.array([str(name).strip() for name in names], dtype=str)
