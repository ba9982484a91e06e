"""One person's words: the text of their letter and language, their own values in it, and their own short addresses.
Previews, samples and what is sent all come from here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.conf import settings
from django.core.cache import cache

from campaigns import links, variants
from campaigns.models import Campaign, Recipient
from campaigns.variants import Texts
from contacts import rendering, shortcodes
from contacts.models import Contact
from contacts.shortcodes import Translated

_KEPT = 600  # seconds for which it is remembered whether anybody has a field
_MOST_WORDS = 20


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What a campaign says. places: followed address → its place in the campaign, once it runs. samples: followed address →
    one that is as long as a person's, before."""

    campaign: Campaign
    texts: Texts
    places: Mapping[str, int]
    samples: Mapping[str, str]

    def sent_to(self, person: Recipient, contact: Contact) -> str:
        """What somebody gets who is frozen into the campaign."""
        text = _rendered(self.campaign, self.texts.body(person.letter, person.language), contact)
        short = {url: links.short_address(person.pk, place) for url, place in self.places.items() if url in text}
        return links.shorten(text, short)

    def shown_to(self, contact: Contact | None) -> str:
        """What somebody would get if it started now, as long as it will be; without a person, merge fields stay empty."""
        if contact is None:
            return links.shorten(rendering.render(self.texts.own, {}, seed=""), self.samples)
        return links.shorten(_rendered(self.campaign, self.body_for(contact), contact), self.samples)

    def tested_on(self, contact: Contact | None) -> str:
        """The same with the addresses as they were written: whoever tests it has no address of their own."""
        if contact is None:
            return rendering.render(self.texts.own, {}, seed="")
        return _rendered(self.campaign, self.body_for(contact), contact)

    def body_for(self, contact: Contact) -> str:
        """The template that somebody would read."""
        return variants.body_of(self.campaign, contact, self.texts)

    def name_for(self, contact: Contact | None) -> str:
        """Which of several texts somebody would read, as "B es"; "" where there is only one."""
        if contact is None or not self.texts.others:
            return ""
        letter = variants.letter_of(self.campaign, contact.pk, self.texts)
        return " ".join(self.texts.place(letter, contact.language)).strip()

    def longest_bare(self) -> int:
        """Characters of the longest template, with short addresses in it."""
        return max(len(links.shorten(body, self.samples)) for body in self.texts.bodies)


def planned(campaign: Campaign, *, own: str | None = None) -> Wording:
    """Of a campaign that has not started. own: its text, instead of what is saved."""
    texts = _in_our_words(campaign, variants.texts_of(campaign, own=own))
    return Wording(campaign=campaign, texts=texts, places={}, samples=_samples(campaign, texts))


def running(campaign: Campaign) -> Wording:
    """Of a campaign that runs. Call in a transaction that holds the campaign."""
    texts = _in_our_words(campaign, variants.texts_of(campaign))
    places = links.register(campaign, texts.bodies) if _follows(campaign) else {}
    return Wording(campaign=campaign, texts=texts, places=places, samples={})


def in_our_words(body: str) -> Translated:
    """A text that may come from a gateway's panel, as Carillon reads it."""
    words = sorted(shortcodes.words_in(body).difference(rendering.BUILT_IN))[:_MOST_WORDS]
    return shortcodes.translate(body, known={word for word in words if _is_field(word)})


def seed_of(campaign: Campaign, contact_id: int) -> str:
    """What makes a person's choices in spintax the same in the preview and in what is sent."""
    return f"{campaign.pk}:{contact_id}"


def _in_our_words(campaign: Campaign, texts: Texts) -> Texts:
    """A gateway that sends by itself gets its own shortcodes."""
    if campaign.is_gateway_run:
        return texts
    others = {key: in_our_words(body).text for key, body in texts.others.items()}
    return replace(texts, own=in_our_words(texts.own).text, others=others)


def _is_field(word: str) -> bool:
    """Whether anybody has such a field."""
    found: bool | None = cache.get(f"is-field:{word}")
    if found is None:
        found = Contact.objects.filter(fields__has_key=word).exists()
        cache.set(f"is-field:{word}", found, timeout=_KEPT)
    return found


def _follows(campaign: Campaign) -> bool:
    return campaign.tracks_links and bool(settings.PUBLIC_URL) and not campaign.is_gateway_run


def _samples(campaign: Campaign, texts: Texts) -> dict[str, str]:
    if not _follows(campaign):
        return {}
    addresses = [address for body in texts.bodies for address in links.addresses_in(body)]
    return dict.fromkeys(addresses, links.sample_address()) if addresses else {}


def _rendered(campaign: Campaign, body: str, contact: Contact) -> str:
    values = rendering.values_of(name=contact.name, phone=contact.phone, fields=contact.fields)
    return rendering.render(body, values, seed=seed_of(campaign, contact.pk))
