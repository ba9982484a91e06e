"""Templates: texts to begin a campaign with, and what goes with them."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from campaigns import plans
from campaigns.models import Campaign, Template
from contacts.refusal import Refused
from messaging.media import files


def keep(
    *,
    name: str,
    body: str,
    language: str = "",
    attachment: dict[str, Any] | None = None,
    template: Template | None = None,
    user: User | None = None,
) -> Template:
    """Make or change a template. Refused(field="name" or "body") for what cannot be told from another, or is empty."""
    if not name.strip():
        raise Refused(_("Give the template a name."), field="name")
    if not body.strip() and not attachment:
        raise Refused(_("Write a text or attach a file."), field="body")
    kept = template or Template(created_by=user)
    kept.name, kept.body, kept.attachment = name.strip()[:100], body, attachment
    kept.language = language.strip()[:10]
    try:
        kept.validate_constraints()
    except ValidationError as error:
        raise Refused(error.messages[0], field="name") from error
    kept.save()
    files.use(attachment)
    return kept


def use(template: Template, campaign: Campaign) -> Campaign:
    """Put a template's text in place of a draft's, and what goes with it where it has something. Later changes of either
    leave the other as it is."""
    if template.attachment:
        return plans.change(campaign, body=template.body, attachment=template.attachment)
    return plans.change(campaign, body=template.body)
