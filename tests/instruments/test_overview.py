"""The rows which a command or a page prints."""

import pytest

from app.instruments import UnknownInstrument, UnknownLanguage, instrument, instruments
from app.instruments.overview import described, listed


def test_the_list_has_every_instrument_with_its_words_and_scores() -> None:
    rows = {row.code: row for row in listed(instruments(), "nb")}
    assert list(rows) == [each.code for each in instruments()]
    assert rows["rmdq"].title == "Ryggsmerter og daglige gjøremål"
    assert rows["rmdq"].wordings == {"en": "full", "nb": "demonstration"}
    assert rows["odi"].scores == ("odi", "odi_sum")
    assert rows["rmdq"].n_items == 25


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize("code", [each.code for each in instruments()])
def test_a_description_holds_every_item_in_words(code: str, language: str) -> None:
    shown = described(code, language)
    assert [question.code for question in shown.questions] == [item.code for item in instrument(code).items]
    assert all(question.text for question in shown.questions)
    assert all(text for question in shown.questions for _, text in question.answers)
    assert shown.demonstration == instrument(code).wording(language).demonstration


def test_a_description_shows_codes_ends_and_branching() -> None:
    questions = {question.code: question for question in described("sick_leave", "nb").questions}
    assert questions["employed"].answers == (("1", "Ja"), ("0", "Nei"))
    assert questions["days"].answers == (("0", "dager"), ("28", "dager"))
    assert questions["days"].asked_when == "employed = 1"
    assert questions["since"].answers == (("-P120Y", "first day"), ("P0D", "last day"))
    assert described("nrs_leg", "en").questions[0].answers[1] == ("10", "Worst imaginable pain")
    assert described("wpai_shp", "en").questions[4].asked_when == "hours_worked > 0"


def test_a_description_names_safety_licence_and_sources() -> None:
    shown = described("hscl25", "nb")
    assert shown.safety == ("ending_life from 2: thoughts of ending one's life",)
    assert "ask before use" in shown.terms
    assert "Derogatis" in shown.sources[0]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownInstrument):
        described("oswestry", "nb")
    with pytest.raises(UnknownLanguage):
        described("odi", "sv")
