"""The words we know by ourselves, as `contacts.optout.plain` writes them. Staff add to them and take from them on a page."""

Words = tuple[str, ...]

ALWAYS = ("stop", "unsubscribe")  # nobody can take these out: laws and operators name them

# language → (clear, alone, back), see contacts.optout.Vocabulary
WORDS: dict[str, tuple[Words, Words, Words]] = {
    "en": (
        (
            *("stop", "stopall", "stop all", "unsubscribe", "unsub", "quit", "optout", "opt out", "opt me out"),
            *("remove me", "take me off", "no more messages", "do not text me", "dont text me"),
        ),
        ("end", "cancel", "remove"),
        ("start", "unstop", "subscribe", "optin", "opt in"),
    ),
    "es": (
        (
            *("salir", "desuscribir", "desuscribirme", "dar de baja", "darme de baja", "dame de baja", "denme de baja"),
            *("no mas mensajes", "no molestar"),
        ),
        ("baja", "alto", "cancelar", "parar"),
        ("alta", "suscribir", "suscribirme", "darme de alta", "dame de alta"),
    ),
    "id": (
        ("berhenti", "hentikan", "stop kirim", "jangan kirim lagi", "tidak mau lagi"),
        ("batal", "batalkan", "keluar"),
        ("mulai", "langganan"),
    ),
}

POLITE = frozenset(
    {
        *("please", "pls", "thanks", "thank", "you", "now", "all", "it"),
        *("por", "favor", "gracias", "ya"),
        *("tolong", "mohon", "terima", "kasih", "makasih", "sekarang"),
    }
)
# After STOP these begin something of another kind: "this bill", "by the shop", "la música" …
ELSEWHERE = frozenset(
    {
        *("this", "that", "these", "those", "the", "a", "an", "my", "your", "his", "her", "our", "their"),
        *("by", "at", "in", "on", "for", "and", "or", "if", "when", "until"),
        *("el", "la", "los", "las", "este", "esta", "estos", "ese", "esa", "un", "una", "mi", "tu", "su", "en", "con"),
        *("ini", "itu", "di", "dulu", "kalau"),
    }
)
# … unless it is about messages after all: "the messages".
MESSAGING = frozenset(
    {
        *("message", "messages", "messaging", "text", "texts", "texting", "sms", "spam", "whatsapp", "sending", "ads"),
        *("mensaje", "mensajes", "publicidad", "pesan", "iklan", "promo", "promosi", "kirim"),
    }
)

# After a word that has a life of its own these lead on …
LEADING = frozenset(
    {
        *("from", "of", "me", "my", "the", "this", "these", "your"),
        *("de", "del", "mi", "mis", "el", "la", "los", "las", "este", "esta", "estos", "sus", "tus", "a", "al"),
        *("dari", "saya", "ini", "semua"),
    }
)
# … to what makes it clear: "BAJA del servicio", "cancel my subscription", but not "cancel my order".
SERVICE = MESSAGING | frozenset(
    {
        *(
            "number",
            "service",
            "subscription",
            "list",
            "alerts",
            "notifications",
            "updates",
            "newsletter",
            "promotions",
        ),
        *("numero", "telefono", "celular", "servicio", "suscripcion", "lista", "alertas", "avisos", "notificaciones"),
        *("promociones", "ofertas", "boletin", "whats"),
        *("nomor", "langganan", "layanan", "daftar", "notifikasi"),
    }
)

CONFIRMATIONS: dict[str, tuple[str, str]] = {  # language → (after an opt-out, after coming back)
    "en": (
        "You will get no more messages from us. Write START if you change your mind.",
        "You will hear from us again. Write STOP at any time to end it.",
    ),
    "es": (
        "No te escribiremos más. Escribe ALTA si cambias de opinión.",
        "Volverás a recibir nuestros mensajes. Escribe BAJA cuando quieras dejar de recibirlos.",
    ),
    "id": (
        "Kami tidak akan mengirim pesan lagi. Balas MULAI bila Anda berubah pikiran.",
        "Anda akan menerima pesan kami lagi. Balas BERHENTI kapan saja untuk mengakhirinya.",
    ),
}

# Where a person's language is not known, that of the number's country.
LANGUAGE_OF_COUNTRY = {
    "ID": "id",
    **dict.fromkeys(
        [
            "AR",
            "BO",
            "CL",
            "CO",
            "CR",
            "CU",
            "DO",
            "EC",
            "ES",
            "GQ",
            "GT",
            "HN",
            "MX",
            "NI",
            "PA",
            "PE",
            "PR",
            "PY",
            "SV",
            "UY",
            "VE",
        ],
        "es",
    ),
}
