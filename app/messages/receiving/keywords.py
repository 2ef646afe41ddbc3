"""What single words from a patient mean, in any of our languages. Heard before anything else.

Only the word counts, alone or said twice: "Stopp takk" may mean that this questionnaire should stop, so a coordinator
asks. Whose language it is does not matter: people write STOP in whatever comes to mind.
"""

import unicodedata

from app.messages.kinds import Meaning
from app.messages.receiving.keyword_languages import KEYWORDS

TYPED = str.maketrans({"æ": "ae", "ø": "o", "ł": "l", "œ": "oe", "ı": "i", "ة": "ه", "ى": "ي", "ـ": ""})
"""How letters that are no others with a mark are typed where the keyboard has none, or in haste."""


def meaning(words: str) -> Meaning | None:
    """What the text means, if it is one of the known words and nothing else, however often it is said."""
    plain = _plain(words)
    forms = (plain, _once(plain), _spelled(plain))
    return next((MEANING_OF_WORDS[form] for form in forms if form in MEANING_OF_WORDS), None)


def agrees(words: str) -> bool:
    """Whether the text is a yes and nothing else.

    Asked of nobody. From who said STOP it takes that back, also at the provider; from anybody else it is only a yes.
    """
    plain = _plain(words)
    return plain in YES or _once(plain) in YES


def mentions_stop(words: str) -> bool:
    """Whether a longer text speaks of stopping: then a person should read it soon."""
    plain = f" {_plain(words, len(words))} "
    return any(f" {stop} " in plain for stop, meant in MEANING_OF_WORDS.items() if meant is Meaning.STOP)


def _spelled(plain: str) -> str:
    """The word of which each letter stands by itself: "S T O P", "s.t.o.p"."""
    letters = plain.split()
    return "".join(letters) if all(len(letter) == 1 for letter in letters) else plain


def _once(plain: str) -> str:
    return " ".join(dict.fromkeys(plain.split()))


def _plain(words: str, longest: int = 200) -> str:
    """Small letters and single spaces, without marks on the letters, around the words, or of writing direction."""
    apart = unicodedata.normalize("NFKD", words[:longest]).casefold().translate(TYPED)
    letters = (letter for letter in apart if not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf")
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())


MEANING_OF_WORDS = {
    _plain(word): meant
    for own in KEYWORDS.values()
    for meant, words in ((Meaning.STOP, own.stop), (Meaning.START, own.start), (Meaning.HELP, own.help))
    for word in words
}
YES = frozenset(_plain(word) for own in KEYWORDS.values() for word in own.yes)
