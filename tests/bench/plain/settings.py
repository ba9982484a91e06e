"""As little as the two need that Carillon is compared with. PLAIN_TUNED: django-q2 as fast as its documentation makes it."""

import os
from typing import Any

import environ

SECRET_KEY = "only for measuring"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django_q", "tests.bench.plain"]
if os.environ.get("PLAIN_META"):
    INSTALLED_APPS.append("django_meta_whatsapp")
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_IS_TUNED = bool(os.environ.get("PLAIN_TUNED"))
DATABASES = {"default": environ.Env().db("DATABASE_URL")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Without these even two workers get "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
Q_CLUSTER: dict[str, Any] = {"name": "plain", "orm": "default", "timeout": 60, "retry": 600, "log_level": "WARNING"}
if _IS_TUNED:
    DATABASES["default"]["CONN_MAX_AGE"] = None
    Q_CLUSTER |= {"save_limit": -1, "ack_failures": True, "queue_limit": 50, "bulk": 10}
if workers := os.environ.get("PLAIN_WORKERS"):
    Q_CLUSTER["workers"] = int(workers)
