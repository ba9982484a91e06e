"""What every test can ask for: people, signed-in clients, a browser, the address of the test database."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client, TransactionTestCase, override_settings
from pytest_django import DjangoDbBlocker, Settings

from tests import guard, sharing_out
from tests.emptying import Standing
from tests.sandbox_process import running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]

# Playwright's sync API keeps an event loop in the main thread, and Django refuses queries beside one.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_configure(config: pytest.Config) -> None:
    """Before xdist starts its workers, which inherit the environment."""
    os.environ.setdefault("CRASH_SEED", str(secrets.randbelow(1_000_000)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> sharing_out.OneProductAtATime:
    return sharing_out.OneProductAtATime(config, log)


_DATABASE = {"db", "transactional_db", "live_server", "database_url", "database"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long begins. On a second database, what does not depend on it need not be run again (`tests/run.py` says so)."""
    items.sort(key=sharing_out.turn_of)
    if os.environ.get("TEST_DATABASE_ONLY"):
        idle = [item for item in items if not depends_on_the_database(item)]
        config.hook.pytest_deselected(items=idle)
        items[:] = [item for item in items if depends_on_the_database(item)]


def depends_on_the_database(item: pytest.Item) -> bool:
    """Whether a test has rows to read or write, and what comes of it is more than a look. What a browser makes of a page is
    the same everywhere; the journeys, with the whole product behind them, go through it on each database."""
    marks = {mark.name for mark in item.iter_markers()}
    if "once" in marks or ("browser" in marks and "crash" not in marks) or is_of_a_further_gateway(item):
        return False
    return item.get_closest_marker("django_db") is not None or not _DATABASE.isdisjoint(
        getattr(item, "fixturenames", ())
    )


def is_of_a_further_gateway(item: pytest.Item) -> bool:
    """Whether a test that is made for each gateway is not the first one's: they differ in their words, not in our rows."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return False
    params = item.callspec.params
    return params.get("dialect", params.get("slug", "zender")) != "zender"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The seed of the crash tests is always shown, not only where they fail."""
    reports = [report for kind in ("passed", "failed", "error") for report in terminalreporter.stats.get(kind, [])]
    if any("test_crash.py" in report.nodeid for report in reports):
        terminalreporter.write_line(f"Crash tests: CRASH_SEED={os.environ['CRASH_SEED']} repeats this run's decisions")


@pytest.fixture(scope="session")
def crash_seed() -> int:
    """What decides who is killed when."""
    return int(os.environ["CRASH_SEED"])


@pytest.fixture(autouse=True)
def stay_on_this_machine() -> Iterator[None]:
    """No test connects beyond loopback, not even from a thread that swallows its errors."""
    guard.install()
    before = len(guard.violations)
    yield
    if found := guard.violations[before:]:
        pytest.fail(f"This test tried to leave the machine: {'; '.join(found)}", pytrace=False)


@pytest.fixture(autouse=True)
def own_folders(settings: Settings, tmp_path: Path) -> None:
    """Uploads and cache of a test are its own; passwords are hashed quickly; no client looks through the static files."""
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where it is missing
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(tmp_path / "cache"),
        }
    }
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """One test database per process; `--reuse-db` keeps one per worker. Left-over files of killed runs do not matter."""
    database = django_settings.DATABASES["default"]
    worker = getattr(request.config, "workerinput", {}).get("workerid", "")
    reused = request.config.getvalue("reuse_db")
    mark = "-".join(part for part in ("reused" if reused else str(os.getpid()), worker) if part)
    if database["ENGINE"].endswith("sqlite3"):
        name = str(django_settings.VAR_DIR / f"test-{mark}.sqlite3")
    else:
        name = f"test_{database['NAME']}_{mark}".replace("-", "_")
    database["TEST"] = {**database.get("TEST", {}), "NAME": name}
    connection.settings_dict["TEST"]["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, request: pytest.FixtureRequest
) -> Iterator[None]:
    """The tables were made from the models; for processes that look, the migrations count as done."""
    with django_db_blocker.unblock(), override_settings(MIGRATION_MODULES={}):
        call_command("migrate", fake=True, verbosity=0)
        if request.config.getvalue("reuse_db"):
            call_command("flush", interactive=False, verbosity=0)  # what a killed run has left
        standing = Standing()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: standing.restore())
        patch.setattr(TransactionTestCase, "_should_reload_connections", lambda case: False)
        yield


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """DATABASE_URL of the test database, for processes that a test starts. Rows are committed."""
    now: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{now['NAME']}"
    login = f"{now['USER']}:{now['PASSWORD']}@" if now["USER"] else ""
    return f"postgres://{login}{now['HOST']}:{now['PORT'] or 5432}/{now['NAME']}"


def _person(name: str, role: str) -> User:
    user = User.objects.create_user(name, password=f"{name}'s own words", first_name=name.title())
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def alice(db: None) -> User:
    """A manager."""
    return _person("alice", "manager")


@pytest.fixture
def marta(db: None) -> User:
    """A marketer."""
    return _person("marta", "marketer")


@pytest.fixture
def bob(db: None) -> User:
    """An agent."""
    return _person("bob", "agent")


@pytest.fixture
def charlie(db: None) -> User:
    """A viewer."""
    return _person("charlie", "viewer")


@pytest.fixture
def admin(db: None) -> User:
    """Django's superuser: the admin role."""
    return User.objects.create_superuser("root", password="root's own words")


def signed_in(user: User) -> Client:
    """A client that has signed in as this user."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alice_client(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def marta_client(marta: User) -> Client:
    return signed_in(marta)


@pytest.fixture
def bob_client(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def charlie_client(charlie: User) -> Client:
    return signed_in(charlie)


@pytest.fixture
def admin_site(admin: User) -> Client:
    """A client signed in as the admin."""
    return signed_in(admin)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Chromium of the system, for pytest-playwright's `page`."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("No Chromium here: install it (on Debian: apt-get install chromium) to run the browser tests.")
    return {
        "executable_path": chromium,
        "args": ["--no-sandbox", "--disable-dev-shm-usage", f"--disable-features={','.join(_NOT_IN_THE_BROWSER)}"],
    }


_NOT_IN_THE_BROWSER = [  # this list replaces Playwright's own
    "WebUIOmniboxPopup",  # and the next: pages of the address bar, half of what each new window costs
    "WebUIOmniboxAimPopup",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
]
