"""The single words that are heard at once, in each language of our pages and some more (pure).

A word stands here only if nobody means anything else by it who writes it alone, in whatever language she answers: so
not French "fin" (Norwegian for fine), nor Polish "tak", a yes (Danish for thanks). Accents, capitals and the way in
which æ or ø is typed make no difference, nor do hamza and vowel signs in Arabic.
"""

from typing import NamedTuple


class Keywords(NamedTuple):
    """What says stop, start, help and yes in one language."""

    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()


KEYWORDS = {
    "en": Keywords(
        stop=("stop", "stopall", "stop all", "unsubscribe", "end", "quit", "cancel", "optout", "opt out", "revoke"),
        start=("start", "unstop"),
        help=("help", "help me", "info"),
        yes=("yes",),
    ),
    "nb": Keywords(
        stop=("stopp", "stoppe", "avslutt", "avslutte", "slutt", "stans", "meld av", "meld meg av", "avmeld",
              "avmelding"),
        start=("start", "begynn", "meld på", "meld meg på"),
        help=("hjelp", "hjelp meg"),
        yes=("ja",),
    ),
    "nn": Keywords(
        stop=("stopp", "stoppa", "stogg", "avslutt", "slutt", "meld meg av", "avmeld"),
        start=("start", "byrj", "meld meg på"),
        help=("hjelp", "hjelp meg"),
        yes=("ja",),
    ),
    "da": Keywords(
        stop=("stop", "stoppe", "afmeld", "afmeld mig", "afmelding", "meld mig fra", "afslut"),
        start=("start", "begynd", "tilmeld", "tilmeld mig"),
        help=("hjælp", "hjælp mig"),
        yes=("ja",),
    ),
    "sv": Keywords(
        stop=("stopp", "stoppa", "sluta", "avsluta", "avregistrera", "avregistrera mig", "avanmäl", "avanmäl mig"),
        start=("start", "starta", "börja"),
        help=("hjälp", "hjälp mig"),
        yes=("ja",),
    ),
    "de": Keywords(
        stop=("stopp", "abmelden", "mich abmelden", "abmeldung", "beenden"),
        start=("start", "starten", "anmelden", "beginnen"),
        help=("hilfe",),
        yes=("ja",),
    ),
    "fr": Keywords(
        stop=("stop", "arrêt", "arrêter", "arrêtez", "désabonner", "me désabonner", "désinscrire", "me désinscrire",
              "désinscription"),
        start=("start", "démarrer", "commencer", "reprendre"),
        help=("aide", "aidez moi"),
        yes=("oui",),
    ),
    "ar": Keywords(
        stop=("توقف", "قف", "إيقاف", "أوقف", "إلغاء", "إلغاء الاشتراك"),
        start=("ابدأ", "بدء", "اشترك"),
        help=("مساعدة",),
        yes=("نعم",),
    ),
    "fi": Keywords(stop=("lopeta", "peruuta"), start=("aloita",), help=("apua",), yes=("kyllä",)),
    "se": Keywords(stop=("bisset",), yes=("juo",)),
    "is": Keywords(stop=("hætta", "hætta við", "afskrá", "afskrá mig"), start=("byrja",), help=("hjálp",), yes=("já",)),
    "pl": Keywords(stop=("rezygnuję", "wypisz", "wypisz mnie"), help=("pomoc",)),
    "es": Keywords(stop=("baja", "parar", "cancelar"), help=("ayuda",), yes=("sí",)),
    "pt": Keywords(stop=("sair", "cancelar inscrição"), help=("ajuda",), yes=("sim",)),
    "it": Keywords(stop=("annulla", "disiscrivi", "disiscrivimi"), help=("aiuto",)),
    "nl": Keywords(stop=("afmelden", "uitschrijven"), start=("aanmelden",)),
    "lt": Keywords(stop=("sustabdyti", "atsisakyti"), help=("pagalba",), yes=("taip",)),
    "tr": Keywords(stop=("durdur", "iptal"), start=("başlat",), help=("yardım",), yes=("evet",)),
    "so": Keywords(stop=("jooji",), start=("bilow",), help=("caawimaad",), yes=("haa",)),
    "uk": Keywords(
        stop=("стоп", "зупинити", "зупиніть", "скасувати", "відписатися", "відпишіть мене"),
        start=("старт", "почати"),
        help=("допомога", "допоможіть"),
        yes=("так",),
    ),
    "ru": Keywords(
        stop=("остановить", "остановите", "отмена", "отписаться", "отпишите меня"),
        start=("начать",),
        help=("помощь", "помогите"),
        yes=("да",),
    ),
    "el": Keywords(stop=("στοπ", "διακοπή", "διαγραφή"), start=("έναρξη",), help=("βοήθεια",), yes=("ναι",)),
    "fa": Keywords(stop=("لغو", "لغو اشتراک"), start=("شروع",), help=("کمک",), yes=("بله",)),
    "zh": Keywords(stop=("停止", "退订", "退訂"), start=("开始", "開始"), help=("帮助", "幫助")),
}  # fmt: skip
