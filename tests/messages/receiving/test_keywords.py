"""What single words mean, and which texts are numbers and nothing else."""

import pytest

from app.messages.kinds import Meaning
from app.messages.receiving.keywords import agrees, meaning
from app.messages.short_visits import numbers


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


@pytest.mark.parametrize(
    ("words", "found"),
    [("6 8 5", (6, 8, 5)), ("6, 8, 5", (6, 8, 5)), ("6,8,5", (6, 8, 5)), ("6\n8\n5", (6, 8, 5)), ("7.", (7,)),
     ("6,5", ()), ("ca 6", ()), ("6 til 7", ()), ("", ()), ("-3", ()), ("6.5", ()), ("1234", ())],
)  # fmt: skip
def test_numbers_are_read_only_where_nothing_else_stands(words: str, found: tuple[int, ...]) -> None:
    assert numbers(words) == found
