"""The words with which gateways' tables of fields ask, here so that they are translated: providers know no Django."""

from django.utils.translation import gettext_noop

WORDS = (
    gettext_noop("Keyword"),
    gettext_noop("Whoever writes this word gets the answer."),
    gettext_noop("Answer"),
    gettext_noop("Phone"),
    gettext_noop("Kind of message"),
    gettext_noop("Text"),
    gettext_noop("Image"),
    gettext_noop("Video"),
    gettext_noop("Document"),
    gettext_noop("Audio"),
    gettext_noop("With a file: the words beside it."),
    gettext_noop("Address of the file"),
    gettext_noop("The gateway fetches it from there: public, at most 2 MB."),
    gettext_noop("When"),
    gettext_noop("Title"),
    gettext_noop("For you and your colleagues."),
    gettext_noop("First time"),
    gettext_noop("How often"),
    gettext_noop("Each day"),
    gettext_noop("Each month"),
    gettext_noop("Each year"),
    gettext_noop("Every so many days"),
    gettext_noop("Days between two reminders"),
    gettext_noop("Name"),
    gettext_noop("E-mail"),
    gettext_noop("Password"),
    gettext_noop("With it the colleague signs in at the gateway. It is handed on and not kept here."),
)
