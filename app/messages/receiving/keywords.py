"""What single words from a patient mean, in any of our languages. Heard before anything else.

Only the word counts, alone or said twice: "Stopp takk" may mean that this questionnaire should stop, so a coordinator
asks.
"""

import unicodedata

from app.messages.kinds import Meaning

WORDS = {
    Meaning.STOP: ("stop", "stopp", "stoppe", "avslutt", "avslutte", "slutt", "stans", "meld av", "meld meg av",
                   "avmeld", "avmelding", "stopall", "stop all", "unsubscribe", "end", "quit", "cancel", "optout",
                   "opt out", "revoke", "abmelden", "arret", "arrêt", "lopeta", "rezygnuję", "baja", "bisset"),
    Meaning.START: ("start", "unstop", "begynn", "meld på", "meld meg på"),
    Meaning.HELP: ("help", "help me", "hjelp", "hjelp meg", "info"),
}  # fmt: skip
YES = ("yes", "ja", "oui", "sí", "juo", "kyllä")
"""Asked of nobody. From who said STOP it takes that back, also at the provider; from anybody else it is only a yes."""
MEANINGS = {word: meaning for meaning, words in WORDS.items() for word in words}


def meaning(words: str) -> Meaning | None:
    """What the text means, if it is one of the known words and nothing else, however often it is said."""
    plain = _plain(words)
    once = " ".join(dict.fromkeys(plain.split()))
    return MEANINGS.get(plain) or MEANINGS.get(once)


def agrees(words: str) -> bool:
    """Whether the text is a yes and nothing else."""
    plain = _plain(words)
    return plain in YES or " ".join(dict.fromkeys(plain.split())) in YES


def mentions_stop(words: str) -> bool:
    """Whether a longer text speaks of stopping: then a person should read it soon."""
    return any(word in MEANINGS and MEANINGS[word] is Meaning.STOP for word in _plain(words).split())


def _plain(words: str) -> str:
    """Small letters and single spaces, without marks around the words."""
    folded = unicodedata.normalize("NFKC", words[:200]).casefold()
    kept = "".join(letter if letter.isalnum() or letter.isspace() else " " for letter in folded)
    return " ".join(kept.split())
