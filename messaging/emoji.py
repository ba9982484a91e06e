"""The pictures that the box of a conversation offers: those that people who sell and help use, no more."""

from functools import lru_cache

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy


def _signs(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GROUPS = (
    (gettext_lazy("Faces"), _signs("😀 😃 😄 😁 😊 🙂 😉 😍 😘 🤗 🤔 😅 😂 🥳 😎 😢 😮 🙏")),
    (gettext_lazy("Hands"), _signs("👍 👎 👌 👏 🙌 🤝 👋 💪 ✌️ 🤞 👉 👆")),
    (gettext_lazy("Signs"), _signs("❤️ 💚 💙 ⭐ ✨ 🎉 🎁 🔥 💯 ✅ ❌ ⚠️ ❓ ❗ ⏰ 📅")),
    (gettext_lazy("Things"), _signs("📦 🚚 🛒 💳 💵 🧾 📍 📞 📷 📎 📄 🔑 🏠 🚗 ✈️ ☕ 🍕 🎂 🌹 ☀️ 🌧️")),
)


def panel(into: str) -> SafeString:
    """The buttons, by group. into: the id of the box they write into. Made once per language: there are many of them."""
    return _panel(into, get_language() or "")


@lru_cache(maxsize=16)
def _panel(into: str, language: str) -> SafeString:
    button = f'<button type="button" data-insert="{{}}" data-into="{into}">{{}}</button>'
    return format_html_join(
        "",
        "<h3>{}</h3><div>{}</div>",
        ((name, format_html_join("", button, ((sign, sign) for sign in signs))) for name, signs in GROUPS),
    )
