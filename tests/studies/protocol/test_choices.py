"""What a protocol chooses between is read as a type, and anything else is refused with all the choices."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from enum import StrEnum

import pytest

from app.studies.protocol import Protocol, from_dict
from app.studies.protocol.choices import (
    BirthYear,
    Holidays,
    LateAnswers,
    ReplyForm,
    Skipping,
    Summary,
    UnsentDrafts,
)
from tests.studies.protocol.protocols import SMALL, errors, read, small

SMS = "sms_replies:\n  allowed: true\n  form: one_by_one\n  texts:\n" + "".join(
    f'    {kind}: {{nb: "{words}", en: "{words}"}}\n'
    for kind, words in {
        "first": "{of}: {lowest}-{highest} {link}",
        "together": "{of}: {lowest}-{highest} {link}",
        "question": "{n} {of}: {lowest}-{highest}",
        "unclear": "{phone}",
        "thanks": "{at}",
    }.items()
)
EVERY = small(("pause_days: 1}", "pause_days: 1, summary: none, birth_year: not_asked}")) + SMS

CHOICES: list[tuple[str, str, type[StrEnum], dict[str, str]]] = [
    # where, the name in the file, its type, what a protocol may write
    ("answers", "skipping", Skipping, {"asked_once": "ASKED_ONCE", "refused": "REFUSED"}),
    ("answers", "late", LateAnswers, {"keep": "KEEP", "refuse": "REFUSE"}),
    ("answers", "drafts", UnsentDrafts, {"discard": "DISCARD", "keep": "KEEP"}),
    ("answers", "summary", Summary, {"none": "NONE", "own_scores": "OWN_SCORES"}),
    ("answers", "birth_year", BirthYear, {"not_asked": "NOT_ASKED", "asked": "ASKED"}),
    ("sending", "holidays", Holidays, {"wait": "WAIT", "send": "SEND"}),
    ("sms_replies", "form", ReplyForm, {"one_by_one": "ONE_BY_ONE", "together": "TOGETHER"}),
]


def with_choice(name: str, words: str) -> str:
    """The small protocol that chooses `words`; each of these names stands in it once."""
    changed, count = re.subn(rf"\b{name}: \w+", f"{name}: {words}", EVERY)
    assert count == 1
    return changed


EVERY_CHOICE = [(where, name, kind, word) for where, name, kind, words in CHOICES for word in words]


@pytest.mark.parametrize(("where", "name", "kind", "words"), CHOICES)
def test_these_are_all_the_choices(where: str, name: str, kind: type[StrEnum], words: dict[str, str]) -> None:
    assert {choice.value: choice.name for choice in kind} == words


@pytest.mark.parametrize(("where", "name", "kind", "word"), EVERY_CHOICE)
def test_a_choice_is_a_type_that_is_stored_as_its_word(where: str, name: str, kind: type[StrEnum], word: str) -> None:
    protocol = read(with_choice(name, word))
    assert getattr(getattr(protocol, where), name) is kind(word)
    stored = protocol.to_dict()[where][name]
    assert (type(stored), stored) == (str, word)
    assert from_dict(json.loads(json.dumps(protocol.to_dict()))) == protocol


@pytest.mark.parametrize("wrong", ["perhaps", "KEEP", "7", "true", "1.5", "[]", "[keep]", "{a: b}"])
@pytest.mark.parametrize(("where", "name", "kind", "words"), CHOICES)
def test_anything_else_is_refused_with_all_the_choices(
    where: str, name: str, kind: type[StrEnum], words: dict[str, str], wrong: str
) -> None:
    sentences = [str(error) for error in errors(with_choice(name, wrong)) if error.where == f"{where}.{name}"]
    assert len(sentences) == 1, sentences
    assert sentences[0].endswith("is not one of the choices. Write " + " or ".join(f"`{word}`" for word in words) + ".")


DERIVED: list[tuple[str, str, Callable[[Protocol], bool], bool]] = [
    # the name in the file, what is written, the question, its answer
    ("holidays", "wait", lambda protocol: protocol.sending.waits_on_holidays, True),
    ("holidays", "send", lambda protocol: protocol.sending.waits_on_holidays, False),
    ("drafts", "keep", lambda protocol: protocol.answers.keeps_drafts, True),
    ("drafts", "discard", lambda protocol: protocol.answers.keeps_drafts, False),
    ("skipping", "refused", lambda protocol: protocol.answers.refuses_gaps, True),
    ("skipping", "asked_once", lambda protocol: protocol.answers.refuses_gaps, False),
    ("birth_year", "asked", lambda protocol: protocol.answers.asks_birth_year, True),
    ("birth_year", "not_asked", lambda protocol: protocol.answers.asks_birth_year, False),
]


@pytest.mark.parametrize(("name", "word", "question", "answer"), DERIVED)
def test_what_is_asked_of_a_choice(name: str, word: str, question: Callable[[Protocol], bool], answer: bool) -> None:
    assert question(read(with_choice(name, word))) is answer


def test_what_may_be_left_out_is_not_shown_and_not_asked() -> None:
    protocol: Protocol = read(SMALL)
    assert (protocol.answers.summary, protocol.answers.birth_year) == (Summary.NONE, BirthYear.NOT_ASKED)
