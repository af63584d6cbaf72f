"""Memory and time of `find_laws_in` against the number of rows: memory must not grow.

Orbits around a Sun of GM = 4π² au³/yr², 200 samples each, written chunk by chunk to
one Parquet file. Each size is searched in a fresh process, whose peak resident memory
the operating system reports. `--search FILE` is that process; it also serves alone:

    python bench/scale.py [--quick] [--rows N …] [--chunk N] [--jobs N] [--json] [--out FILE]
    /usr/bin/time -v python bench/scale.py --search FILE
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.table import Table

SAMPLES = 200
GM = 4 * np.pi**2
SIZES = (100_000, 1_000_000, 10_000_000)
QUICK = (10_000, 100_000)


def orbits(first, runs):
    """Kepler ellipses of random size, shape and orientation, from Kepler's equation."""
    rng = np.random.default_rng([7, first])
    a, e, turn, begin = rng.uniform((0.7, 0.0, 0, 0), (1.5, 0.5, 7, 7), (runs, 4)).T[..., None]
    time = np.linspace(0, 3, SAMPLES)
    rate = np.sqrt(GM / a**3)
    mean = begin + rate * time
    anomaly = mean + e * np.sin(mean)
    for _ in range(12):
        anomaly -= (anomaly - e * np.sin(anomaly) - mean) / (1 - e * np.cos(anomaly))
    speed, flat = rate * a / (1 - e * np.cos(anomaly)), np.sqrt(1 - e**2)
    along, across = a * (np.cos(anomaly) - e), a * flat * np.sin(anomaly)
    fast, slow = -speed * np.sin(anomaly), speed * flat * np.cos(anomaly)
    c, s = np.cos(turn), np.sin(turn)
    columns = (
        c * along - s * across,
        s * along + c * across,
        c * fast - s * slow,
        s * fast + c * slow,
    )
    names = np.repeat(first + np.arange(runs), SAMPLES)
    return {
        "run": names,
        "t": np.tile(time, runs),
        **{
            name: column.ravel()
            for name, column in zip(("x", "y", "vx", "vy"), columns, strict=True)
        },
    }


def write(path, rows, chunk):
    """A Parquet file of `rows` rows, in the memory of one chunk."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    runs, writer = rows // SAMPLES, None
    step = max(1, chunk // SAMPLES)
    for first in range(0, runs, step):
        table = pa.table(orbits(first, min(step, runs - first)))
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def search(path, chunk, jobs):
    """The laws of one file, and what finding them took."""
    from lawful.files import read_chunks
    from lawful.laws.streaming import find_laws_in

    began = perf_counter()
    found = find_laws_in(lambda: read_chunks(path, rows=chunk), degree=2, jobs=jobs)
    seconds = perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
    return {
        "seconds": seconds,
        "peak_bytes": peak,
        "laws": [law.expression for law in found.laws],
        "grades": [law.grade for law in found.laws],
    }


def apart(path, chunk, jobs):
    """`search` in a fresh process."""
    command = [sys.executable, __file__, "--search", str(path), "--chunk", str(chunk)]
    done = subprocess.run(
        [*command, "--jobs", str(jobs)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def show(results):
    console = Console(stderr=True)
    table = Table(
        title=f"find_laws_in, chunks of {results['chunk']:,} rows, {results['jobs']} thread(s)"
    )
    for heading in ("rows", "runs", "file", "peak memory", "seconds", "rows a second"):
        table.add_column(heading, justify="right")
    for row in results["sizes"]:
        table.add_row(
            f"{row['rows']:,}",
            f"{row['runs']:,}",
            f"{row['file_bytes'] / 1e6:.0f} MB",
            f"{row['peak_bytes'] / 1e6:.0f} MB",
            f"{row['seconds']:.1f}",
            f"{row['rows'] / row['seconds']:,.0f}",
        )
    console.print(table)
    for row in results["sizes"]:
        console.print(f"{row['rows']:,}:", ";  ".join(row["laws"]), highlight=False)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="10 000 and 100 000 rows")
    parser.add_argument("--rows", type=int, nargs="+", help="other sizes")
    parser.add_argument("--chunk", type=int, default=50_000, help="rows a chunk")
    parser.add_argument("--jobs", type=int, default=1, help="threads")
    parser.add_argument("--json", action="store_true", help="print JSON to standard output")
    parser.add_argument("--out", type=Path, help="write JSON to this file")
    parser.add_argument("--search", type=Path, help="search this file only, in this process")
    chosen = parser.parse_args(arguments)
    if chosen.search:
        print(json.dumps(search(chosen.search, chosen.chunk, chosen.jobs)))
        return 0
    results = {"chunk": chosen.chunk, "jobs": chosen.jobs, "samples": SAMPLES, "sizes": []}
    for rows in chosen.rows or (QUICK if chosen.quick else SIZES):
        with tempfile.TemporaryDirectory(prefix="lawful-scale-") as folder:
            path = Path(folder) / "orbits.parquet"
            write(path, rows, chosen.chunk)
            size = path.stat().st_size
            found = apart(path, chosen.chunk, chosen.jobs)
        results["sizes"].append(
            {"rows": rows, "runs": rows // SAMPLES, "file_bytes": size, **found}
        )
    text = json.dumps(results, indent=2)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")
    if chosen.json:
        print(text)
    else:
        show(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
