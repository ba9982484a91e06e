"""Messages a second of one task per message, or of django-meta-whatsapp's campaign loop; prints the rate.

python -m tests.bench.plain tasks 2000     python -m tests.bench.plain meta 500      (started by tests.bench.others)
"""

import importlib
import subprocess
import sys
import threading
import time
from typing import Any
from unittest.mock import patch

import django

if __name__ == "__main__":
    django.setup()

import requests  # the settings come first
from django.core.management import call_command
from django.db import connection
from django_q.tasks import async_task

from tests.bench.plain.models import PlainMessage
from tests.bench.plain.tasks import GATEWAY_FIELDS, GATEWAY_URL, send
from tests.sandbox_process import ROOT


def main(what: str, count: int) -> None:
    call_command("migrate", verbosity=0, run_syncdb=True)
    seconds = {"tasks": tasks, "meta": meta}[what](count)
    sys.stdout.write(f"{count / seconds}\n")


def tasks(count: int) -> float:
    """Seconds from the first task enqueued to the last message settled, the cluster being up already."""
    command = [sys.executable, "-c", _CLUSTER]
    cluster = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        threading.Event().wait(5)  # until its workers are there
        started = time.perf_counter()
        for row in PlainMessage.objects.bulk_create(
            PlainMessage(phone=phone(n), body="Hello there") for n in range(count)
        ):
            async_task(send, row.pk)
        while PlainMessage.objects.filter(status="queued").exists():
            threading.Event().wait(0.05)
        return time.perf_counter() - started
    finally:
        connection.close()
        cluster.terminate()
        cluster.wait(timeout=60)


_CLUSTER = "import django; django.setup(); from django.core.management import call_command; call_command('qcluster')"


def meta(count: int) -> float:
    """Seconds of its `run_campaign`. It speaks to Meta's Graph API by a fixed address: its calls are handed to the same
    sandbox in the sandbox's words, by the same library in the same way (a connection per call)."""
    models = importlib.import_module("django_meta_whatsapp.models")
    utils = importlib.import_module("django_meta_whatsapp.utils")
    account = models.WhatsAppAccount.objects.create(name="Bench", access_token="token", phone_number_id="1")
    template = models.WhatsAppTemplate.objects.create(account=account, name="Hello there", language="en")
    models.WhatsAppContact.objects.bulk_create(models.WhatsAppContact(phone=phone(n)) for n in range(count))
    campaign = models.WhatsAppCampaign.objects.create(
        name="Bench", account=account, template=template, audience_type="contacts"
    )
    started = time.perf_counter()
    with patch.object(utils, "requests", _Translated):
        result = utils.run_campaign(campaign.pk)
    if result["sent"] != count:
        raise RuntimeError(str(result))
    return time.perf_counter() - started


def phone(number: int) -> str:
    """As in tests.world, which needs Carillon's tables."""
    return f"+52222{number:05d}00"


class _Translated:
    """Stands where that package has its `requests`."""

    Response = requests.Response

    @staticmethod
    def post(url: str, *, headers: dict[str, str], json: dict[str, Any], timeout: float) -> requests.Response:
        fields = {**GATEWAY_FIELDS, "recipient": f"+{json['to']}", "message": json["template"]["name"]}
        answer = requests.post(GATEWAY_URL, data=fields, headers=_AGENT, timeout=timeout)
        number = answer.json()["data"]["messageId"]
        answer.json = lambda **_options: {"messages": [{"id": str(number)}]}  # type: ignore[method-assign]
        return answer


_AGENT = {"User-Agent": "bench"}

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
