"""`python -m messaging.sandbox --port 8801`: the sandbox without Django. `manage.py sandbox` takes the same options."""

import argparse
import asyncio
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from messaging.sandbox.app import Sandbox, serve
from messaging.sandbox.options import Options

DEFAULT_PORT = 8801


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The address, the log, and one flag per knob of Options."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 picks a free one")
    parser.add_argument("--log", type=Path, help="append every delivery to this file, one JSON line each")
    for knob in fields(Options):
        flag = "--" + knob.name.replace("_", "-")
        parser.add_argument(flag, type=float, default=knob.default, help=f"{knob.metadata['told']} ({knob.default})")


def run(arguments: dict[str, Any]) -> str:
    """Serve until stopped by a signal. Returns a sentence when it could not start, else nothing."""
    options = Options(**{knob.name: arguments[knob.name] for knob in fields(Options)})
    host, port = arguments["host"], arguments["port"]
    try:
        asyncio.run(serve(Sandbox(options, arguments["log"]), host=host, port=port))
    except OSError as error:
        return f"The sandbox cannot start on {host}:{port}: {error.strerror or error}. Choose another with --port."
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m messaging.sandbox", description=__doc__)
    add_arguments(parser)
    problem = run(vars(parser.parse_args()))
    if problem:
        sys.exit(problem)


if __name__ == "__main__":
    main()
