"""Rows a second and memory of an import, of the same file again, and of an export."""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from django.core.files.base import File

from contacts.exporting import contacts_csv
from contacts.importing import uploads, worker


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args(words).rows
    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as folder:
        file = _make_file(Path(folder) / "people.csv", rows)
        _report("at rest", 0, 0.0)
        for label in ("import of new people", "the same file again"):
            _report(label, rows, _time_import(file))
        started = time.perf_counter()
        exported = sum(1 for _line in contacts_csv())
        _report("export", exported, time.perf_counter() - started)


def _make_file(path: Path, rows: int) -> Path:
    with path.open("w") as file:
        file.write("phone,name,city,plan,language\n")
        file.writelines(f"+5255{10_000_000 + n},Person Number {n},City {n % 100},gold,es\n" for n in range(rows))
    return path


def _time_import(path: Path) -> float:
    with path.open("rb") as file:
        job = uploads.start_import(file=File(file), filename=path.name, region="MX", group=None, user=None)
    started = time.perf_counter()
    worker.work(job_id=job.pk)
    return time.perf_counter() - started


def _report(label: str, rows: int, seconds: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = f"{rows / seconds:,.0f} rows/s" if seconds else ""
    sys.stdout.write(f"{label:22} {rate:>15}  peak {peak:.0f} MB\n")
