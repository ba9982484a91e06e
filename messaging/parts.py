"""How many SMS a text costs: GSM-7 and UCS-2, after personalisation (GSM 03.38, 3GPP TS 23.038 and 23.040)."""

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = set("\f^{}\\[~]|€")  # two septets each, never split over a boundary


def is_gsm(text: str) -> bool:
    """Whether every character fits GSM-7; one that does not more than halves the room of each part."""
    return all(character in _GSM or character in _GSM_EXTENDED for character in text)


def beyond_gsm(text: str) -> list[str]:
    """The characters that force UCS-2, each once, in the order in which they stand."""
    return list(dict.fromkeys(c for c in text if c not in _GSM and c not in _GSM_EXTENDED))


def count_parts(text: str) -> int:
    """SMS parts: 160 septets or 70 UTF-16 units alone, 153 or 67 each when joined. An empty text is one part."""
    if is_gsm(text):
        return _pack([2 if character in _GSM_EXTENDED else 1 for character in text], single=160, joined=153)
    return _pack([2 if ord(character) > 0xFFFF else 1 for character in text], single=70, joined=67)


def _pack(units: list[int], *, single: int, joined: int) -> int:
    if sum(units) <= single:
        return 1
    parts, room = 1, joined
    for unit in units:
        if unit > room:
            parts, room = parts + 1, joined
        room -= unit
    return parts
