"""Words of illness and trials in each language, and the everyday words that are none."""

from dataclasses import replace

import pytest

from app.studies.health_words import STEMS, health_words, without_stems
from app.studies.protocol.catalogues import languages
from app.studies.texts import lint
from tests.studies.protocol.protocols import errors, read, small

TELLING = [
    ("nb", "Smertene dine", "Smertene"),
    ("nb", "helsesjekken", "helsesjekken"),
    ("nn", "sjukdomen", "sjukdomen"),
    ("nn", "Deltakaren", "Deltakaren"),
    ("nn", "vondtane", "vondtane"),
    ("da", "smerter", "smerter"),
    ("da", "Sygehuset", "Sygehuset"),
    ("da", "din læge", "læge"),
    ("da", "forsøget", "forsøget"),
    ("da", "ondt", "ondt"),
    ("sv", "Din sjukdom", "sjukdom"),
    ("sv", "SJUKHUSET", "SJUKHUSET"),
    ("sv", "smärtan", "smärtan"),
    ("sv", "läkaren", "läkaren"),
    ("sv", "Har du ont?", "ont"),
    ("sv", "Universitetssjukhuset", "Universitetssjukhuset"),
    ("de", "Ihre Krankheit", "Krankheit"),
    ("de", "Rückenschmerzen", "Rückenschmerzen"),
    ("de", "der Arzt", "Arzt"),
    ("de", "Studienteilnehmer", "Studienteilnehmer"),
    ("de", "Ihr Körper", "Körper"),
    ("fr", "votre douleur", "douleur"),
    ("fr", "La maladie", "maladie"),
    ("fr", "l'étude", "étude"),
    ("fr", "HÔPITAL", "HÔPITAL"),
    ("fr", "la sante", "sante"),
    ("fr", "your pain", "pain"),  # of a language that is written everywhere
    ("pl", "sykehuset", "sykehuset"),
    ("", "treatment", "treatment"),
]


@pytest.mark.parametrize(("language", "text", "word"), TELLING)
def test_a_word_of_illness_is_found_in_its_own_language_and_told_as_it_is_written(
    language: str, text: str, word: str
) -> None:
    assert set(health_words(text, language)) == {word}
    said = [problem.message for problem in lint("help", language, text, any_letter=True)]
    assert said == [f'holds "{word}", which tells of illness or of the trial']


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("nb", "Hei fra {sender}. Svar på noen spørsmål her: {link}"),
        ("nn", "Hei frå {sender}. Svar på nokre spørsmål her: {link}"),
        ("da", "Hej fra {sender}. Vil du svare på nogle spørgsmål? {link} Tak for ulejligheden"),
        ("sv", "{sender} hälsar. Svara gärna på några frågor: {link} Tack för besväret, vi hörs i vår"),
        ("de", "{sender} bittet um Antwort. Bitte drücken Sie hier: {link} Versuchen Sie es noch einmal"),
        (
            "fr",
            "{sender}: ils ont quelques questions pour vous. Essayez ici: {link} Dossier ouvert et envoyé",
        ),
        ("en", "{sender}: We have some questions for you. They are here: {link}"),
    ],
)
def test_everyday_words_are_none(language: str, text: str) -> None:
    assert list(health_words(text, language)) == []


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_language_of_our_pages_has_its_words_of_illness(language: str) -> None:
    assert len(STEMS[language].split()) >= 20
    assert without_stems([language]) == []


@pytest.mark.parametrize("language", sorted(STEMS))
def test_stems_are_written_as_texts_are_compared(language: str) -> None:
    stems = STEMS[language].split()
    assert [stem for stem in stems if not set(health_words(stem, language))] == []
    assert len(stems) == len(set(stems))


def test_a_language_whose_words_of_illness_nobody_wrote_down_has_a_note() -> None:
    assert without_stems(["nb", "pl", "sv", "fi"]) == ["pl", "fi"]
    plan = read(small())
    assert plan.notes == ()
    note = "No words of illness are known in pl: let somebody who speaks it read its texts for them."
    assert replace(plan, languages=("nb", "pl")).notes == (note,)


@pytest.mark.parametrize(
    ("place", "word"),
    [
        ("Answer here", "Din sjukdom"),
        ("A new link", "Ny länk till sjukhuset"),
        ("The researchers up north", "Smärtgruppen"),
        ("A test", "En läkare"),
    ],
)
def test_a_protocol_is_refused_the_words_of_each_texts_own_language(place: str, word: str) -> None:
    """Of texts and of the names that sign them; the same words in another language's text are none."""
    english = small((place, word))
    swedish = english.replace(" en: ", " sv: ").replace("[nb, en]", "[nb, sv]")
    mistakes = [error for error in errors(swedish) if "tells of illness" in error.message]
    assert [error.where.rsplit(".", 1)[-1] for error in mistakes] == ["sv"]
    assert [error for error in errors(english) if "tells of illness" in error.message] == []
