"""manage.py up: the whole product on one machine, until Ctrl-C."""

import os
import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from messaging import clock
from messaging.demo import demo_notes, write_demo_notes
from messaging.launcher import Launcher, cluster, sandbox, web
from messaging.models import Account


class Command(BaseCommand):
    help = "Run the web server, the background clusters and the sandbox together, and watch over them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="the web server's port (default: 8000)")
        parser.add_argument("--no-sandbox", action="store_true", help="do not start the fake gateways")
        parser.add_argument("--sandbox-port", type=int, default=8790, help="the sandbox's port (default: 8790)")
        parser.add_argument("--web-workers", type=int, default=2, help="web server processes (default: 2)")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        require_free_port(host, port, "PORT=8001 make run, or manage.py up --port 8001, chooses another one.")
        require_migrated()
        children = [web(host=host, port=port, workers=options["web_workers"]), cluster(), cluster(name="long")]
        if not options["no_sandbox"]:
            sandbox_port = options["sandbox_port"]
            require_free_port("127.0.0.1", sandbox_port, "manage.py up --sandbox-port 8791 chooses another one.")
            os.environ["SANDBOX_URL"] = url = f"http://127.0.0.1:{sandbox_port}"
            _follow_sandbox(url)
            children.insert(0, sandbox(port=sandbox_port))
        # Not bound to: the address that stands for all of this machine's is none that a browser can open.
        self._greet(f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/")  # noqa: S104
        clock.ensure()
        Launcher(children, say=self._say).run()
        self.stdout.write("Stopped.")

    def _greet(self, address: str) -> None:
        self.stdout.write(f"\nCarillon is at {self.style.SUCCESS(address)}")
        for login in demo_notes().get("logins", []):
            self.stdout.write(f"  {login['role']:<10} {login['username']:<10} {login['password']}")
        if sandbox_url := os.environ.get("SANDBOX_URL"):
            self.stdout.write(f"The sandbox (fake gateways and phones) is at {sandbox_url}/control/")
        self.stdout.write("Ctrl-C stops everything.\n")
        self.stdout.flush()

    def _say(self, sentence: str) -> None:
        self.stderr.write(self.style.WARNING(sentence))


def require_free_port(host: str, port: int, advice: str) -> None:
    """A clear sentence instead of a traceback when somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Port {port} is in use by another program. {advice}") from error


def require_migrated() -> None:
    """The tables have to be there and up to date."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"The database cannot be used: {error}") from error
    if missing:
        raise CommandError("The database is not up to date. Run “manage.py migrate” first.")


def _follow_sandbox(url: str) -> None:
    """The demo's account follows the sandbox when that moved to another port."""
    notes = demo_notes()
    old = notes.get("sandbox_url")
    if not old or old == url:
        return
    for account in Account.objects.filter(base_url__startswith=f"{old}/"):
        account.base_url = url + account.base_url.removeprefix(old)
        account.save(update_fields=["base_url"])
    write_demo_notes({**notes, "sandbox_url": url})
