"""What may stand in place of a character that more than halves the room of an SMS (see `messaging.parts`)."""

import unicodedata

from messaging.parts import is_gsm

_LIKE = {
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("–—‒―‐‑−", "-"),
    **dict.fromkeys("•·‣◦▪●", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\t", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\ufe0f\u00ad", ""),
    "…": "...", "×": "x", "→": "->", "←": "<-", "™": "(TM)", "©": "(C)", "®": "(R)", "º": "o", "ª": "a", "¹": "1", "²": "2",
    "³": "3", "½": "1/2", "¼": "1/4", "¾": "3/4", "ı": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "œ": "oe", "Œ": "OE",
}  # fmt: skip


def instead_of(character: str) -> str | None:
    """What looks like it and costs nothing; "" for what can be left out unseen; None for what nothing stands for."""
    if character in _LIKE:
        return _LIKE[character]
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return plain if plain and plain != character and is_gsm(plain) else None
