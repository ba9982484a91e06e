"""Every measure, one after the other: what `make bench` runs. The numbers depend on the machine and on what else it does."""

import subprocess
import sys

from tests.sandbox_process import SandboxProcess


def main() -> None:
    run("engine")
    run("contacts_import")
    with SandboxProcess() as sandbox:
        run("sandbox_load", "--port", sandbox.url.rpartition(":")[2].strip("/"))


def run(measure: str, *arguments: str) -> None:
    sys.stdout.write(f"\n{measure}\n")
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", f"tests.bench.{measure}", *arguments], check=True)


if __name__ == "__main__":
    main()
