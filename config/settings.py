"""Settings. Every one that differs between installations comes from the environment; README.md lists them."""

import contextlib
import os
import secrets
from pathlib import Path

import django.forms
import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env.str("CARILLON_VAR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)


def kept_secret(name: str) -> str:
    """A secret from the environment, or one made once and kept in VAR_DIR (readable by its owner only)."""
    if value := os.environ.get(name, ""):
        return value
    path = VAR_DIR / name.lower()
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # another process was first: its secret is the one read below
            os.link(draft, path)  # atomic: of several processes starting together, the first one's secret stays
        draft.unlink()
    return path.read_text().strip()


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = kept_secret("SECRET_KEY")
# Newest first: the first key encrypts, all of them decrypt. Any text will do as a key.
FIELD_ENCRYPTION_KEYS: list[str] = env.list("FIELD_ENCRYPTION_KEYS", default=[]) or [
    kept_secret("FIELD_ENCRYPTION_KEY")
]

# The address under which browsers and gateways reach us, e.g. https://sms.example.org; empty on a single desk.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
_public_host = PUBLIC_URL.split("://")[-1].split("/")[0].split(":")[0]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"]) + (
    [_public_host] if PUBLIC_URL else []
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
if PUBLIC_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "campaigns.apps.CampaignsConfig",
    "messaging.apps.MessagingConfig",
    "contacts.apps.ContactsConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_q",
    "ninja",
    "allauth",
    "allauth.account",
    "auditlog",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "messaging.callbacks.door",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Django's own form widgets come after ours, in the same engine: the admin's include them by name.
        "DIRS": [BASE_DIR / "templates", Path(django.forms.__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.shell",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'carillon.sqlite3'}")}
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # FULL: a claim that a power cut forgets would let its message go out a second time.
    _SYNCHRONOUS = "NORMAL" if env.bool("SQLITE_MAY_FORGET", default=False) else "FULL"
    DATABASES["default"]["OPTIONS"] = {
        # cache_size: KiB of pages for each connection. cached_statements: what a statement was given last stays with it,
        # long lists too; of 128 that is 12 MB. What more of both costs and brings is in docs/benchmarks.md.
        "transaction_mode": "IMMEDIATE",
        "cached_statements": 32,
        "timeout": 30,  # seconds; with 5 a lock held for 12 s made tasks run twice
        "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={_SYNCHRONOUS}; PRAGMA cache_size=-4000;",
    }
    # Tests on SQLite use a real file: several processes and threads look at the same rows.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / f"test-{os.getpid()}.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": env.cache("CACHE_URL", default=f"filecache://{VAR_DIR / 'cache'}"),
}

# docs/deploy.md says why these numbers: retry > timeout x (1 + ceil((queue_limit + 1) / workers)).
_WORKERS = max(env.int("Q_WORKERS", default=4), 1)
Q_CLUSTER = {
    "name": "carillon",
    "orm": "default",
    "workers": _WORKERS,
    "queue_limit": 4,
    "bulk": 1,
    "timeout": 60,
    "retry": 60 * (2 + -(-5 // _WORKERS)),
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    "recycle": 500,
    "poll": 0.2,
    "label": "Background tasks",
    # Imports, exports and syncs take minutes: a cluster of their own, so that nothing urgent waits behind them.
    "ALT_CLUSTERS": {"long": {"timeout": 1800, "retry": 5500, "workers": 1, "queue_limit": 1}},
}

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "campaigns:dashboard"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "config.access.StaffOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("id", _("Indonesian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"  # may stay empty: WhiteNoise finds the files where they are
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = VAR_DIR / "media"  # uploads: never served as they are, always through a view
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "messaging.redact.RedactFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["redact"], "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # httpx and httpcore log full URLs, and three gateways carry their key in the URL.
        "httpx": {"level": "WARNING", "propagate": False},
        "httpcore": {"level": "WARNING", "propagate": False},
        "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}

# Carillon's own
DEFAULT_REGION = env.str("DEFAULT_REGION", default="US")  # for local phone numbers where nothing else says
SANDBOX_URL = env.str("SANDBOX_URL", default="")  # set by `manage.py up`: where the sandbox answers
MESSAGE_ATTEMPTS = env.int("MESSAGE_ATTEMPTS", default=8)  # how often a message that was certainly not sent is tried
PAUSE_AFTER_FAILURES = env.int("PAUSE_AFTER_FAILURES", default=20)  # in a row, then a campaign pauses itself; 0: never
PAUSE_AT_FAILED_PERCENT = env.int("PAUSE_AT_FAILED_PERCENT", default=50)  # of its last 100 messages, likewise
RESTART_PAUSE = env.int("RESTART_PAUSE", default=30)  # seconds at most before a process that keeps ending starts again
SMS_AFTER_MINUTES = env.int("SMS_AFTER_MINUTES", default=15)  # without a WhatsApp line, then campaigns that may use SMS
LATE_START_MINUTES = env.int(
    "LATE_START_MINUTES", default=60
)  # after which a missed start asks instead of starting; 0: never
APPROVAL_ABOVE = env.int("APPROVAL_ABOVE", default=0)  # people, then a campaign needs a second person's yes; 0: never
FREQUENCY_CAP = env.str("FREQUENCY_CAP", default="")  # of new drafts: 3/7 is at most 3 campaigns in 7 days to a person
# Hosts ("10.0.0.5" or "127.0.0.1:8790") that are called although they are not public: for files and webhooks.
PRIVATE_HOSTS: list[str] = env.list("PRIVATE_HOSTS", default=[])
WEBHOOK_OFF_AFTER_HOURS = env.int("WEBHOOK_OFF_AFTER_HOURS", default=24)  # of nothing but failures
REPLY_HOURS = env.int("REPLY_HOURS", default=72)  # within which what somebody writes belongs to a campaign
CALLBACKS_PER_MINUTE = env.int("CALLBACKS_PER_MINUTE", default=6000)  # per account and web process; more get 429
EXCHANGE_DAYS = env.int("EXCHANGE_DAYS", default=7)  # how long redacted gateway exchanges are kept
# How long messages made outside Carillon are shown, as gateways list them.
MIRROR_DAYS = max(env.int("CARILLON_MIRROR_DAYS", default=60), 1)
