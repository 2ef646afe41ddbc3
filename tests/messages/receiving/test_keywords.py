"""What single words mean."""

import unicodedata
from itertools import chain

import pytest

from app.messages.kinds import Meaning
from app.messages.receiving.keyword_languages import KEYWORDS
from app.messages.receiving.keywords import agrees, meaning, mentions_stop
from app.studies.protocol.catalogues import languages


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("STOP", Meaning.STOP),
        ("STOPP", Meaning.STOP),
        ("stopp!", Meaning.STOP),
        (" Avslutt. ", Meaning.STOP),
        ("meld av", Meaning.STOP),
        ("Start", Meaning.START),
        ("HJELP", Meaning.HELP),
        ("help?", Meaning.HELP),
        ("STOP\u200b", Meaning.STOP),
        ("ＳＴＯＰ", Meaning.STOP),
        ("Stop stop", Meaning.STOP),
        ("STOP ALL", Meaning.STOP),
        ("Meld meg av", Meaning.STOP),
        ("Hjelp meg!", Meaning.HELP),
        ("AFMELD", Meaning.STOP),
        ("Sluta", Meaning.STOP),
        ("AVSLUTA", Meaning.STOP),
        ("Avregistrera", Meaning.STOP),
        ("abmelden", Meaning.STOP),
        ("Arrêt", Meaning.STOP),
        ("ARRET", Meaning.STOP),
        ("désinscrire", Meaning.STOP),
        ("desinscrire", Meaning.STOP),
        ("rezygnuję", Meaning.STOP),
        ("rezygnuje", Meaning.STOP),
        ("Avanmäl mig!", Meaning.STOP),
        ("avanmal mig", Meaning.STOP),
        ("hjälp", Meaning.HELP),
        ("Hjælp", Meaning.HELP),
        ("HJAELP", Meaning.HELP),
        ("hilfe!", Meaning.HELP),
        ("Aide", Meaning.HELP),
        ("börja", Meaning.START),
        ("meld meg pa", Meaning.START),
        ("Tilmeld", Meaning.START),
        ("anmelden", Meaning.START),
        ("start stop", None),
        ("ikke stopp", None),
        ("Stopp takk", None),
        ("", None),
        ("stopp" * 400, None),
        ("6", None),
        ("afmeld ikke", None),
        ("sluta inte", None),
        ("\u0301\u0328", None),
        ("توقف", Meaning.STOP),
        ("\u200fتوقف\u200f.", Meaning.STOP),
        ("تَوَقَّف", Meaning.STOP),  # with vowel signs
        ("تـوقـف", Meaning.STOP),  # drawn out
        ("ايقاف", Meaning.STOP),  # typed without hamza
        ("الغاء الاشتراك!", Meaning.STOP),
        ("مساعده؟", Meaning.HELP),
        ("ابدا", Meaning.START),
        ("ST\u200bOP", Meaning.STOP),
        ("لا تتوقف", None),  # do not stop
        ("S T O P", Meaning.STOP),
        ("s.t.o.p.", Meaning.STOP),
        ("S-L-U-T-T", Meaning.STOP),
        ("7 8 9", None),
        ("СТОП", Meaning.STOP),
        ("Стоп!", Meaning.STOP),
        ("Відписатися", Meaning.STOP),
        ("HÆTTA", Meaning.STOP),
        ("haetta", Meaning.STOP),
        ("İPTAL", Meaning.STOP),
        ("AFMELDEN", Meaning.STOP),
        ("ΣΤΟΠ", Meaning.STOP),
        ("退订", Meaning.STOP),
        ("\U0001f6d1 STOP", Meaning.STOP),
        ("не стоп", None),
        ("допоможіть", Meaning.HELP),
    ],
)
def test_f41_words_and_what_they_mean(words: str, said: Meaning | None) -> None:
    assert meaning(words) is said


@pytest.mark.parametrize(
    ("words", "yes"),
    [
        ("YES", True),
        ("Ja!", True),
        ("ja ja", True),
        ("JUO", True),
        ("sí", True),
        ("si", True),
        ("SI\u0301", True),
        ("kylla", True),
        ("ja, men ikke nå", False),
        ("tak", False),  # thanks, in Danish
        ("nei", False),
        ("", False),
        ("jada", False),
        ("نعم", True),
        ("نعم، لاحقا", False),
    ],
)
def test_a_yes_is_a_yes_and_nothing_else(words: str, yes: bool) -> None:
    assert agrees(words) is yes
    assert meaning(words) is None, "it is asked of who said STOP alone"


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_language_of_our_pages_has_its_words(language: str) -> None:
    own = KEYWORDS[language]
    assert all(own), "stop, start, help and yes"


MEANT = (Meaning.STOP, Meaning.START, Meaning.HELP, None)
HEARD = [(word, meant) for own in KEYWORDS.values() for meant, words in zip(MEANT, own, strict=True) for word in words]


@pytest.mark.parametrize(("word", "meant"), HEARD)
def test_every_word_is_heard_however_it_is_typed(word: str, meant: Meaning | None) -> None:
    apart = unicodedata.normalize("NFD", word)
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    for typed in (word, word.upper(), word.title(), f" {word}! ", apart, apart.upper(), bare, f"{word} {word}"):
        assert meaning(typed) is meant, typed
        assert agrees(typed) is (meant is None), typed


def test_no_word_means_two_things() -> None:
    said = [{word for own in KEYWORDS.values() for word in own[place]} for place in range(4)]
    assert sum(map(len, said)) == len(set(chain(*said)))


@pytest.mark.parametrize(
    "words",
    [
        "fin", "fine", "fint", "tak", "takk", "tack", "danke", "merci", "thanks", "ok", "bra", "godt", "gut", "bien",
        "nei", "nej", "nein", "non", "no", "nie", "ingen", "sex", "sju", "elf", "un", "to", "si det", "mal", "sover",
        "slut med smerter", "0", "7", "10", "7 8 9", "7,5", "٧", "７", "hei", "hej", "salut", "i dag", "smerter",
        "لا", "شكرا", "تمام", "جيد", "٧ ٨", "dur", "alto", "ні", "нет", "добре", "хорошо", "nej tak", "x",
    ],
)  # fmt: skip
def test_a_plain_answer_in_one_language_is_no_order_in_another(words: str) -> None:
    assert meaning(words) is None


@pytest.mark.parametrize(
    ("words", "speaks"),
    [
        ("Stopp takk", True),
        ("kan dere avslutte dette?", True),
        ("vær så snill og meld meg av", True),
        ("jag vill avsluta", True),
        ("Jeg vil gerne AFMELDE mig, afmeld mig tak", True),
        ("je veux me desinscrire", True),
        ("ich möchte mich abmelden", True),
        ("chcę zrezygnować, rezygnuje", True),
        ("من فضلك توقف عن الرسائل", True),
        ("bilen stoppet ikke", False),
        ("meld meg gjerne", False),
        ("starten var fin", False),
        ("kan dere hjelpe meg", False),
        ("", False),
    ],
)
def test_a_longer_text_that_speaks_of_stopping_is_read_soon(words: str, speaks: bool) -> None:
    assert mentions_stop(words) is speaks
    assert meaning(words) is None
