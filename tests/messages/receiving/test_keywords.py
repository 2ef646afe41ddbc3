"""What single words mean."""

import pytest

from app.messages.kinds import Meaning
from app.messages.receiving.keywords import agrees, meaning


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
        ("start stop", None),
        ("ikke stopp", None),
        ("Stopp takk", None),
        ("", None),
        ("stopp" * 400, None),
        ("6", None),
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
        ("ja, men ikke nå", False),
        ("tak", False),  # thanks, in Danish
        ("nei", False),
        ("", False),
        ("jada", False),
    ],
)
def test_a_yes_is_a_yes_and_nothing_else(words: str, yes: bool) -> None:
    assert agrees(words) is yes
    assert meaning(words) is None, "it is asked of who said STOP alone"
