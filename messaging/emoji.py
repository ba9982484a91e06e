"""The pictures that the box of a conversation offers: those that people who sell and help use, no more."""

from django.utils.translation import gettext_lazy


def _signs(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GROUPS = (
    (gettext_lazy("Faces"), _signs("😀 😃 😄 😁 😊 🙂 😉 😍 😘 🤗 🤔 😅 😂 🥳 😎 😢 😮 🙏")),
    (gettext_lazy("Hands"), _signs("👍 👎 👌 👏 🙌 🤝 👋 💪 ✌️ 🤞 👉 👆")),
    (gettext_lazy("Signs"), _signs("❤️ 💚 💙 ⭐ ✨ 🎉 🎁 🔥 💯 ✅ ❌ ⚠️ ❓ ❗ ⏰ 📅")),
    (gettext_lazy("Things"), _signs("📦 🚚 🛒 💳 💵 🧾 📍 📞 📷 📎 📄 🔑 🏠 🚗 ✈️ ☕ 🍕 🎂 🌹 ☀️ 🌧️")),
)
