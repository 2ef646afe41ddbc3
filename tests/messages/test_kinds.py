"""The kinds of texts are those that a protocol has words for."""

import pytest

from app.messages.kinds import ASKING, QUESTIONS, Meaning, MessageKind, ReplyKind, question, question_number, reminder
from app.messages.short_visits import MOST_NUMBERS
from app.studies.texts import KINDS, LINK_KINDS, SMS_KINDS


def test_every_kind_has_its_text_in_the_protocol_and_every_text_its_kind() -> None:
    conversation = {"unclear", "thanks", "question"}
    assert {kind for kind in MessageKind if kind not in QUESTIONS} == KINDS | (conversation - {"question"})
    assert conversation < SMS_KINDS.keys()


def test_the_texts_that_ask_are_those_with_a_link() -> None:
    assert set(ASKING) == LINK_KINDS


@pytest.mark.parametrize("number", range(2, MOST_NUMBERS + 1))
def test_each_further_question_of_an_answer_by_sms_has_its_kind(number: int) -> None:
    assert question(number) == f"question-{number}"
    assert question_number(question(number)) == number


def test_a_short_visit_asks_no_more_than_there_are_kinds_for() -> None:
    assert len(QUESTIONS) == MOST_NUMBERS - 1


@pytest.mark.parametrize("number", [1, 2])
def test_the_number_of_a_reminder_is_in_its_name(number: int) -> None:
    assert reminder(number) == f"reminder-{number}"


@pytest.mark.parametrize("meaning", Meaning)
def test_what_a_patient_says_in_one_word_is_a_kind_of_reply_and_of_answer(meaning: Meaning) -> None:
    assert (ReplyKind(meaning).value, MessageKind(meaning).value) == (meaning.value, meaning.value)
