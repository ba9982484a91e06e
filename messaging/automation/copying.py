"""Automatic replies at a gateway that answers by itself: copied to rules of ours, and ours put there.

Whichever way, only one side answers: copies are switched off here until a person switches them on, and a rule is switched off
here before its first word goes there. What the gateway has is known by its list (a reply is known by its word), so a rule
that changed changes its replies there.
"""

from dataclasses import dataclass
from hashlib import sha256

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.optout import plain
from contacts.refusal import Refused
from contacts.rendering import fields_in, problems_in, render
from messaging import keeping
from messaging.automation import rules
from messaging.mirror import theirs
from messaging.models import Account, AutoReplyRule, KeptObject, MirroredObject
from messaging.providers import PROVIDERS
from messaging.providers.kept import KeptKind

KIND = "autoreply"  # what a gateway's replies are called among the kinds of PROVIDERS[…].capabilities.keeps
_MOST = 200  # copied at once


@dataclass(frozen=True, kw_only=True)
class There:
    """A reply at the gateway that belongs to a rule. is_wanted: its word still is one of the rule's; is_same: and so is the
    answer."""

    item: MirroredObject
    word: str
    answer: str
    is_wanted: bool
    is_same: bool


def accounts() -> QuerySet[Account]:
    """Those whose gateway answers by itself and takes replies from here."""
    slugs = [slug for slug, each in PROVIDERS.items() if any(kind.kind == KIND for kind in each.capabilities.keeps)]
    return Account.objects.filter(provider__in=slugs)


def copy_from_gateway(account: Account, *, user: User | None) -> tuple[int, int]:
    """Make a rule, switched off, of each text reply that the last sync found there, and change the answer of a copy that
    nobody has touched where it changed there; how many are new, and how many changed."""
    known = {
        word
        for words in AutoReplyRule.objects.filter(account=account).values_list("words", flat=True)
        for word in words
    }
    made = changed = 0
    for item in _listed(account).order_by("id")[:_MOST]:
        keyword, answer = _word_and_answer(item)
        if not plain(keyword) or not answer or len(answer) > rules.LONGEST_ANSWER:
            continue
        if problems_in(answer):  # it would be read as ours
            continue
        if plain(keyword) in known:
            changed += _untouched_copies(account, keyword).exclude(body=answer).update(body=answer)
            continue
        rules.save_rule(
            rule=None, name=keyword, account=account, kind=AutoReplyRule.Kind.FIRST_WORD, words=[keyword], language="",
            windows=[], time_zone="", body=answer, position=100, rest_minutes=60, per_day=3, is_on=False, user=user,
        )  # fmt: skip
        known.add(plain(keyword))
        made += 1
    return made, changed


def at_gateway(rule: AutoReplyRule) -> list[There]:
    """What the gateway answers by itself to the words of a rule, or to one that it was given for it before."""
    given, found = set(_made_for(rule).exclude(remote_id="").values_list("remote_id", flat=True)), []
    for item in _listed(rule.account).order_by("id"):
        keyword, answer = _word_and_answer(item)
        is_wanted = plain(keyword) in rule.words
        if is_wanted or item.remote_id in given:
            is_same = is_wanted and answer == rule.body.strip()
            found.append(There(item=item, word=keyword, answer=answer, is_wanted=is_wanted, is_same=is_same))
    return found


def push_to_gateway(rule: AutoReplyRule, *, user: User | None) -> list[str]:
    """Have the gateway answer to the words of a rule, as the rule is now, and switch the rule off; the words of which the
    gateway's answer got lost. A second push changes what the first one made.

    Raises Refused for what a gateway cannot do, and with the gateway's no: the rule stays off when any of its words is there.
    """
    kind = keeping.kind_of(rule.account, KIND)
    if kind is None:
        raise Refused(_("This gateway takes no automatic replies."))
    if not rule.words:
        raise Refused(_("The gateway answers to words only."))
    if fields_in(rule.body) or render(rule.body, {}, seed="") != rule.body:
        raise Refused(_("The gateway cannot fill in merge fields or choose between texts."))
    was_on = rule.is_on
    rules.switch(rule, on=False)
    try:
        return _give(rule, kind, user)
    except Refused as refused:
        if any(each.is_wanted for each in at_gateway(rule)) or _made_for(rule).exclude(doubt="").exists():
            said = _("%(why)s The gateway answers to some of the words, so the rule is switched off here. Try again.")
            raise Refused(said % {"why": refused.sentence}) from None
        rules.switch(rule, on=was_on)
        raise


def delete_at_gateway(rule: AutoReplyRule) -> None:
    """The gateway answers no more in place of a rule; the rule stays as it is. Raises Refused with the gateway's no."""
    for each in at_gateway(rule):
        theirs.delete_there(each.item)


def _give(rule: AutoReplyRule, kind: KeptKind, user: User | None) -> list[str]:
    there = at_gateway(rule)
    for gone in (each for each in there if not each.is_wanted):
        theirs.delete_there(gone.item)
    for other in (each for each in there if each.is_wanted and not each.is_same):
        keeping.change_listed(other.item, values={"keyword": other.word, "response": rule.body})
    answered = {plain(each.word) for each in there}
    return [word for word in rule.words if word not in answered and _make(rule, kind, word, user).doubt]


def _make(rule: AutoReplyRule, kind: KeptKind, word: str, user: User | None) -> KeptObject:
    """A new reply for one word. One that was made for it and is gone from the gateway's list is forgotten first; one that is
    in doubt is not made again."""
    key = f"rule:{rule.pk}:{sha256(word.encode()).hexdigest()[:32]}"
    gone = MirroredObject.objects.filter(account=rule.account_id, kind=KIND, gone_at__isnull=False)
    before = KeptObject.objects.filter(account=rule.account_id, key=key, doubt="")
    before.filter(remote_id__in=gone.values("remote_id")).delete()
    return keeping.make(rule.account, kind, values={"keyword": word, "response": rule.body}, key=key, user=user)


def _made_for(rule: AutoReplyRule) -> QuerySet[KeptObject]:
    return KeptObject.objects.filter(account=rule.account_id, kind=KIND, key__startswith=f"rule:{rule.pk}:")


def _listed(account: Account) -> QuerySet[MirroredObject]:
    return MirroredObject.objects.filter(account=account, kind=KIND, gone_at=None).select_related("account")


def _word_and_answer(item: MirroredObject) -> tuple[str, str]:
    return str(item.raw.get("keyword") or ""), str(item.raw.get("response") or "").strip()


def _untouched_copies(account: Account, keyword: str) -> QuerySet[AutoReplyRule]:
    """Rules as they are copied: off, under the keyword's name, for it alone and for everybody."""
    return AutoReplyRule.objects.filter(
        account=account, kind=AutoReplyRule.Kind.FIRST_WORD, name=keyword.strip()[:100], words=[plain(keyword)],
        language="", is_on=False,
    )  # fmt: skip
