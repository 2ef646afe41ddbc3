"""Our own texts: in every language one SMS of the GSM alphabet, neutral, whatever the sender and the link."""

import pytest

from app.messages.wording import FIRST, QUESTION, RECEIVED
from app.studies.protocol import read_protocol
from app.studies.protocol.known import LANGUAGES
from app.studies.texts import LONGEST_LINK, lint_words, longest, segments
from tests.messages.people import PROTOCOL

PLAN = read_protocol(PROTOCOL)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("texts", [QUESTION, FIRST], ids=["question", "first"])
def test_questions_by_sms_are_one_neutral_segment(texts: dict[str, str], language: str) -> None:
    sender = longest([site.sender.get(language, site.sender["nb"]) for site in PLAN.sites])
    figures = {"n": 6, "of": 6, "lowest": 0, "highest": 100}
    text = texts[language].format(sender=sender, link="x" * LONGEST_LINK, **figures)
    assert (segments(text).encoding, segments(text).count) == ("GSM-7", 1)
    assert list(lint_words(text, PLAN.never_in_texts)) == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_time_received_is_in_the_sms_alphabet(language: str) -> None:
    assert segments(RECEIVED[language].format(at="14:02")).encoding == "GSM-7"


@pytest.mark.parametrize("language", PLAN.languages)
@pytest.mark.parametrize("kind", sorted(PLAN.messages))
def test_every_text_of_the_example_is_one_segment_for_every_site(kind: str, language: str) -> None:
    for site in PLAN.sites:
        parts = {"sender": site.sender[language], "phone": site.phone, "link": "x" * LONGEST_LINK}
        assert segments(PLAN.template(kind, language).format(**parts)).count == 1
