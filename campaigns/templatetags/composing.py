"""What the pages on which campaigns are written show: what goes with a text, marks, and the pictures to choose from."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from campaigns import attaching
from messaging import emoji, marks

register = template.Library()


@register.simple_tag
def attached(attachment: dict[str, Any] | None) -> attaching.Shown | None:
    """What goes with a text, for `campaigns/_attached.html`; one query where it is a file of ours."""
    return attaching.shown(attachment)


@register.simple_tag
def emoji_for(box: str) -> SafeString:
    """The pictures that can be put into a box, by its id."""
    return emoji.panel(box)


@register.filter
def whatsapp(text: str) -> SafeString:
    """A text as WhatsApp shows it: *bold*, _italic_, ~struck~ and ```typewriter```."""
    return marks.as_shown(text)
