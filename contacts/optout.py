"""What a reply says about consent: STOP and its cousins, in the languages our customers' customers write."""

import unicodedata
from enum import StrEnum


class Verdict(StrEnum):
    """How sure the reading is. `maybe` is for a person to decide; nothing happens by itself."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


# Words that mean it wherever they open a short message: "Stop. Thank you".
_CLEAR = {
    *("stop", "stopall", "unsubscribe", "unsub", "quit", "optout"),  # English
    *("salir", "desuscribir", "desuscribirme"),  # Spanish
    *("berhenti", "hentikan"),  # Indonesian
}
# Words with a life of their own ("end of May", "Baja California", "cancel my order"): alone, or with a polite word.
_AMBIGUOUS = {
    *("end", "cancel", "remove"),
    *("baja", "alto", "cancelar", "parar"),
    *("batal", "batalkan", "keluar"),
}
_PHRASES = (
    *("stop all", "opt out", "opt me out", "remove me", "take me off", "no more messages", "do not text me"),
    *("dar de baja", "darme de baja", "dame de baja", "denme de baja", "no mas mensajes", "no molestar"),
    *("jangan kirim lagi", "stop kirim", "tidak mau lagi"),
)
_POLITE = {
    *("please", "pls", "thanks", "thank", "you", "now", "all", "it"),
    *("por", "favor", "gracias", "ya"),
    *("tolong", "mohon", "terima", "kasih", "makasih", "sekarang", "ya"),
}
_BACK_IN = {"start", "unstop", "subscribe", "optin", "alta", "suscribir", "suscribirme", "mulai", "langganan"}
_BACK_IN_PHRASES = ("opt in", "darme de alta", "dame de alta")
_MORE_WORDS = 2


def reads_as_opt_out(text: str) -> Verdict:
    """Whether a reply asks us to stop.

    yes: a clear word or phrase opens it and at most two more words follow, or an ambiguous word stands alone or with
    polite words. maybe: such a word is in it somewhere. Case, accents and punctuation do not count.
    """
    words = _words(text)
    if not words:
        return Verdict.NO
    rest = words[1:]
    if words[0] in _CLEAR and len(rest) <= _MORE_WORDS:
        return Verdict.YES
    if any(_opens_with(words, phrase) for phrase in _PHRASES):
        return Verdict.YES
    if words[0] in _AMBIGUOUS and set(rest) <= _POLITE:
        return Verdict.YES
    meant = [word for word in words if word not in _POLITE]
    if len(meant) == 1 and meant[0] in _CLEAR | _AMBIGUOUS:  # "please stop"
        return Verdict.YES
    if _CLEAR & set(words) or words[0] in _AMBIGUOUS or any(f" {p} " in f" {' '.join(words)} " for p in _PHRASES):
        return Verdict.MAYBE
    return Verdict.NO


def reads_as_opt_in(text: str) -> bool:
    """Whether a reply asks to be messaged again: START, ALTA, MULAI, UNSTOP alone or with polite words."""
    words = _words(text)
    meant = [word for word in words if word not in _POLITE]
    return (len(meant) == 1 and meant[0] in _BACK_IN) or " ".join(meant) in _BACK_IN_PHRASES


def _opens_with(words: list[str], phrase: str) -> bool:
    length = len(phrase.split())
    return words[:length] == phrase.split() and len(words) - length <= _MORE_WORDS


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text[:1000]).casefold()
    kept = [
        character if character.isalnum() else " "
        for character in plain
        if unicodedata.category(character) not in ("Mn", "Cf") and character not in "'’"
    ]
    words = "".join(kept).split()
    spelled = len(words) > 2 and all(len(word) == 1 for word in words)  # "S.T.O.P."
    return ["".join(words)] if spelled else words
