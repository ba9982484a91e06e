"""Automatic replies at a gateway that answers by itself: copied to rules of ours, and ours put there.

Whichever way, only one side answers: copies are switched off here until a person switches them on, and a rule that was put
there is switched off here.
"""

from hashlib import sha256

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.optout import plain
from contacts.refusal import Refused
from contacts.rendering import fields_in, problems_in, render
from messaging import keeping
from messaging.automation import rules
from messaging.models import Account, AutoReplyRule, MirroredObject
from messaging.providers import PROVIDERS

KIND = "autoreply"  # what a gateway's replies are called among the kinds of PROVIDERS[…].capabilities.keeps
_MOST = 200  # copied at once


def accounts() -> QuerySet[Account]:
    """Those whose gateway answers by itself and takes replies from here."""
    slugs = [slug for slug, each in PROVIDERS.items() if any(kind.kind == KIND for kind in each.capabilities.keeps)]
    return Account.objects.filter(provider__in=slugs)


def copy_from_gateway(account: Account, *, user: User | None) -> int:
    """Make a rule, switched off, of each text reply that the last sync found there; how many are new."""
    known = {
        word
        for words in AutoReplyRule.objects.filter(account=account).values_list("words", flat=True)
        for word in words
    }
    made = 0
    theirs = MirroredObject.objects.filter(account=account, kind=KIND, gone_at=None).order_by("id")
    for item in theirs[:_MOST]:
        keyword, answer = str(item.raw.get("keyword") or ""), str(item.raw.get("response") or "").strip()
        if not plain(keyword) or not answer or plain(keyword) in known or len(answer) > rules.LONGEST_ANSWER:
            continue
        if problems_in(answer):  # it would be read as ours
            continue
        rules.save_rule(
            rule=None, name=keyword, account=account, kind=AutoReplyRule.Kind.FIRST_WORD, words=[keyword], language="",
            windows=[], time_zone="", body=answer, position=100, rest_minutes=60, per_day=3, is_on=False, user=user,
        )  # fmt: skip
        known.add(plain(keyword))
        made += 1
    return made


def push_to_gateway(rule: AutoReplyRule, *, user: User | None) -> int:
    """Make a reply at the gateway for each word of a rule, and switch the rule off; how many. A second push makes no second one.

    Raises Refused for what a gateway cannot do, and with the gateway's no.
    """
    kind = keeping.kind_of(rule.account, KIND)
    if kind is None:
        raise Refused(_("This gateway takes no automatic replies."))
    if not rule.words:
        raise Refused(_("The gateway answers to words only."))
    if fields_in(rule.body) or render(rule.body, {}, seed="") != rule.body:
        raise Refused(_("The gateway cannot fill in merge fields or choose between texts."))
    for word in rule.words:
        mark = sha256(f"{rule.pk}:{word}:{rule.body}".encode()).hexdigest()[:32]
        keeping.make(rule.account, kind, values={"keyword": word, "response": rule.body}, key=f"rule:{mark}", user=user)
    rules.switch(rule, on=False)
    return len(rule.words)
