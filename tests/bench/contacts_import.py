"""Rows a second and memory of an import, of the same file again, and of an export. Uses a database of its own.

python -m tests.bench.contacts_import --rows 100000      (DATABASE_URL: an empty database; default: SQLite in a fresh folder)
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.files.base import File
from django.core.management import call_command


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "CARILLON_VAR": folder, "LOG_LEVEL": "WARNING"}
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        django.setup()
        call_command("migrate", verbosity=0)
        file = _make_file(Path(folder) / "people.csv", rows)
        _report("at rest", 0, 0.0)
        for label in ("import of new people", "the same file again"):
            _report(label, rows, _time_import(file))
        started = time.perf_counter()
        exported = sum(1 for _line in _exported())
        _report("export", exported, time.perf_counter() - started)


def _make_file(path: Path, rows: int) -> Path:
    with path.open("w") as file:
        file.write("phone,name,city,plan,language\n")
        file.writelines(f"+5255{10_000_000 + n},Person Number {n},City {n % 100},gold,es\n" for n in range(rows))
    return path


def _time_import(path: Path) -> float:
    from contacts.importing import uploads, worker  # models exist only after django.setup()

    with path.open("rb") as file:
        job = uploads.start_import(file=File(file), filename=path.name, region="MX", group=None, user=None)
    started = time.perf_counter()
    worker.work(job_id=job.pk)
    return time.perf_counter() - started


def _exported() -> Iterator[str]:
    from contacts.exporting import contacts_csv

    return contacts_csv()


def _report(label: str, rows: int, seconds: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = f"{rows / seconds:,.0f} rows/s" if seconds else ""
    sys.stdout.write(f"{label:22} {rate:>15}  peak {peak:.0f} MB\n")


if __name__ == "__main__":
    main()
