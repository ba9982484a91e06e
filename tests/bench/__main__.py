"""What `make bench` runs. The numbers depend on the machine and on what else it does; the ratios less so.

python -m tests.bench                                     every measure on both databases: about half an hour
python -m tests.bench engine --database postgres          one measure on one database
python -m tests.bench launch --people 100000              with the options of its own (--help after its name)
"""

import argparse
import importlib
import subprocess
import sys

from tests.bench.ground import DATABASES, ground
from tests.sandbox_process import SandboxProcess

MEASURES = (
    "engine",
    "inbox",
    "launch",
    "memory",
    "others",
    "reports",
    "contacts_import",
    "callbacks",
)  # and `clusters`, which wants PostgreSQL


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, add_help=len(sys.argv) < 3
    )
    parser.add_argument("measure", nargs="?", choices=[*MEASURES, "clusters"])
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    arguments, rest = parser.parse_known_args()
    if arguments.measure is None:
        run_everything()
        return
    with ground(arguments.database):
        importlib.import_module(f"tests.bench.{arguments.measure}").main(rest)  # it has models: Django comes first


def run_everything() -> None:
    for database in DATABASES:
        for measure in MEASURES:
            run("tests.bench", measure, "--database", database)
    run("tests.bench", "clusters", "--database", "postgres")
    with SandboxProcess() as sandbox:
        run("tests.bench.sandbox_load", "--port", sandbox.url.rpartition(":")[2].strip("/"))


def run(module: str, *arguments: str) -> None:
    sys.stdout.write(f"\n{' '.join([module, *arguments])}\n")
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


if __name__ == "__main__":
    main()
