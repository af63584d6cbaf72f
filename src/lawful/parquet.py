"""Parquet: one row a sample; roles, units and parameters travel in the file's metadata.

The schema's key `lawful` holds JSON: `run`, `time`, `parameters`, `attributes` by
column (units and roles), `origin` and `notes`. Files of others have no such key
and are read by their columns' names and titles. Needs pyarrow.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lawful.delimited import frame_of, parameters_of, stem
from lawful.headers import Headers, read_headers
from lawful.layout import Table
from lawful.refusal import Refusal, missing_extra
from lawful.trajectories import Trajectories

_KEY = b"lawful"


def tables(path: Path, rows: int | None = None) -> Iterator[Table]:
    """The rows of one file, all at once or `rows` at a time.

    Raises
    ------
    Refusal
        Where pyarrow is not installed, or the file holds no rows.
    """
    parquet = _pyarrow("parquet")
    with parquet.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) as file:
        if file.metadata.num_rows == 0:
            raise Refusal(f"{path.name} has no rows", "one row a sample")
        schema = file.schema_arrow
        headers = read_headers(schema.names)
        hints = _hints(schema.metadata or {})
        spelled = {**headers.units, **_units(hints, headers)}
        headers = Headers(headers.titles, headers.names, spelled, headers.notes)
        hints["notes"] = [*hints.get("notes", ()), *headers.notes]
        batches = [file.read()] if rows is None else file.iter_batches(batch_size=rows)
        first = 0
        for batch in batches:
            batch.validate(full=True)
            frame = batch.to_pandas().reset_index(drop=True)
            if len(frame.columns) != len(headers.names) or len(set(headers.names)) < len(
                frame.columns
            ):
                raise Refusal(f"two columns of {path.name} have one name", "a name a column")
            frame.columns = list(headers.names)
            frame.index += first
            first += len(frame)
            yield Table(frame, headers, stem(path), hints)


def write_parquet(runs: Trajectories, path: Path) -> tuple[str, ...]:
    """Write one row a sample; nothing of the runs is lost."""
    _pyarrow("parquet")
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_pandas(frame_of(runs), preserve_index=False)
    named = [*runs.data_vars, *parameters_of(runs), "time"]
    record = {
        "run": ["run"],
        "time": "time",
        "parameters": parameters_of(runs),
        "attributes": {str(name): dict(runs[name].attrs) for name in named},
        "origin": runs.attrs.get("origin", ""),
        "notes": json.loads(runs.attrs.get("notes", "[]")),
    }
    table = table.replace_schema_metadata(
        {**(table.schema.metadata or {}), _KEY: json.dumps(record).encode()}
    )
    pyarrow.parquet.write_table(table, path, compression="zstd", write_page_checksum=True)
    return ()


def _pyarrow(module: str) -> Any:
    from importlib import import_module

    try:
        return import_module(f"pyarrow.{module}")
    except ImportError:
        raise missing_extra("pyarrow", "io") from None


def _hints(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    """What we wrote into the file; nothing where somebody else did."""
    try:
        record = json.loads(metadata.get(_KEY, b"{}"))
    except ValueError:
        return {}
    sound = (
        isinstance(record, dict)
        and all(isinstance(a, dict) for a in record.get("attributes", {}).values())
        and all(isinstance(record.get(k, []), list) for k in ("run", "parameters", "notes"))
    )
    return record if sound else {}


def _units(hints: dict[str, Any], headers: Headers) -> dict[str, str]:
    attributes = hints.get("attributes", {})
    return {
        n: str(attributes[n]["units"]) for n in headers.names if "units" in attributes.get(n, {})
    }
