"""Of one question's answers on two phones the newer stands, whatever their clocks show; or both are shown."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.crypto import keyring
from app.responses.drafts import DraftSaved, content_of, save_draft, save_from_phone
from app.responses.models import Draft
from app.responses.two_phones import (
    AnswerStands,
    Doubt,
    DraftContent,
    GivenWhen,
    PhoneSays,
    SaidWhen,
    read_says,
    standing,
)
from app.schedule.models import Assessment
from tests.responses.test_drafts import D154, SECOND
from tests.responses.visits import participant, visit

NOW, OPENS = 1_000_000, 400_000
BEFORE = GivenWhen(came=900_000, given=600_000)


@pytest.mark.parametrize(
    ("before", "hers", "said", "stands"),
    [
        (None, False, None, AnswerStands.TAKEN),  # a form by itself
        (BEFORE, False, None, AnswerStands.TAKEN),
        (None, False, SaidWhen(0, 10), AnswerStands.TAKEN),
        (None, False, SaidWhen(0, None), AnswerStands.TAKEN),  # nothing else is there
        (BEFORE, True, SaidWhen(0, None), AnswerStands.TAKEN),  # the same answer, or the same page
        (BEFORE, False, SaidWhen(0, 399_999), AnswerStands.TAKEN),  # given at 600,001
        (BEFORE, False, SaidWhen(0, 400_000), AnswerStands.OLDER),
        (BEFORE, True, SaidWhen(0, 400_000), AnswerStands.TAKEN),
        (BEFORE, False, SaidWhen(899_999, 500_000), AnswerStands.OLDER),
        (BEFORE, False, SaidWhen(900_000, 500_000), AnswerStands.TAKEN),  # the other one stood before her
        (BEFORE, False, SaidWhen(900_000, None), AnswerStands.TAKEN),
        (BEFORE, False, SaidWhen(0, None), AnswerStands.UNSURE),  # its clock was turned back
        (BEFORE, False, SaidWhen(0, 600_001), AnswerStands.UNSURE),  # before they opened: its clock, or another window
        (None, False, SaidWhen(0, 600_001), AnswerStands.EARLY),
        (BEFORE, True, SaidWhen(0, 600_001), AnswerStands.EARLY),
        (None, False, SaidWhen(400_000, 600_001), AnswerStands.TAKEN),  # it had something of this window: its clock
    ],
)  # fmt: skip
def test_what_becomes_of_an_answer(before: GivenWhen | None, hers: bool, said: SaidWhen | None, stands: str) -> None:
    assert standing(before, hers, said, NOW, OPENS) == stands


@pytest.mark.parametrize(
    ("kept_from", "page", "sent"),
    [("0.5", "0.5", True), ("0.5", "0.25", False), ("", "0.5", False), ("0.5", "", False), ("", "", False)],
)
def test_what_came_from_a_page_is_known_by_its_word(kept_from: str, page: str, sent: bool) -> None:
    assert PhoneSays(0, {}, page).sent(BEFORE._replace(page=kept_from)) is sent
    assert not PhoneSays(0, {}, page).sent(None)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('["7",50,{"a.b":[3,40]}]', PhoneSays(7, {"a.b": SaidWhen(3, 10)})),
        ('[null,50,{"a.b":["3",60]}]', PhoneSays(0, {"a.b": SaidWhen(3, None)})),
        ('[0,50,{"a.b":"4","a.c":true}]', PhoneSays(0, {"a.b": SaidWhen(0, None), "a.c": SaidWhen(0, None)})),
        ('[0,null,{"a.b":[null,null]}]', PhoneSays(0, {"a.b": SaidWhen(0, None)})),
        ('[-1,1e400,{"a.b":[-3,-4]}]', PhoneSays(0, {"a.b": SaidWhen(0, None)})),
        ("[7,50,{}]", PhoneSays(7, {})),
        ("[7]", PhoneSays(7, {}, tells=False)),  # a form by itself, as it was drawn
        ('[""]', PhoneSays(0, {}, tells=False)),
        ("", None),
        ("[]", None),
        ("[1,2,3]", None),
        ('["7",50,{"a.b":[3,40]},"0.5"]', PhoneSays(7, {"a.b": SaidWhen(3, 10)}, "0.5")),
        ('["7",50,{"a.b":[3,40]},"' + 30 * "9" + '"]', PhoneSays(7, {"a.b": SaidWhen(3, 10)}, 24 * "9")),
        ('["7",50,{"a.b":[3,40]},0.25]', PhoneSays(7, {"a.b": SaidWhen(3, 10)}, "0.25")),
        ('["7",50,{"a.b":[3,40]},[5]]', PhoneSays(7, {"a.b": SaidWhen(3, 10)})),
        ('[1,2,{"a.b":[1,2]},"4",5]', None),
        ("7", None),
        ("[" * 20_000, None),
    ],
)
def test_what_a_phone_says_is_read_or_left(written: str, says: PhoneSays | None) -> None:
    assert read_says(written) == says


@pytest.fixture
def d154(session: Session) -> Assessment:
    return visit(participant(), "d154")


def sent(assessment: Assessment, value: str, had: int, ago: int | None, seconds: float, page: str = "") -> DraftSaved:
    """A phone that had this of ours sends an answer, so many seconds into the visit's day."""
    says = PhoneSays(had, {"odi.lifting": SaidWhen(had, ago)}, page)
    return save_from_phone(assessment, {"odi.lifting": value}, says, D154 + seconds * SECOND)


def kept(session: Session, assessment: Assessment) -> DraftContent:
    session.expire_all()
    return content_of(assessment.id, session.scalars(select(Draft.answers_sealed)).one())


def fields(session: Session, assessment: Assessment) -> dict[str, str]:
    return dict(kept(session, assessment).fields)


@pytest.mark.parametrize(("first_to_arrive", "stands"), [("older", "4"), ("newer", "4")])
def test_whichever_arrives_first_the_newer_stands_and_the_other_phone_is_told(
    session: Session, d154: Assessment, first_to_arrive: str, stands: str
) -> None:
    older, newer = ("3", 90_000), ("4", 10_000)
    order = (older, newer) if first_to_arrive == "older" else (newer, older)
    replies = [sent(d154, value, 0, ago, 100) for value, ago in order]
    assert fields(session, d154) == {"odi.lifting": stands}
    assert [reply.newer for reply in replies] == [{}, {} if first_to_arrive == "older" else {"odi.lifting": "4"}]
    assert [reply.doubts for reply in replies] == [{}, {}]


@pytest.mark.parametrize(("page", "stands"), [("0.5", "4"), ("0.25", "3"), ("", "3")])
def test_what_one_page_changes_while_its_answer_is_on_its_way_stands(
    session: Session, d154: Assessment, page: str, stands: str
) -> None:
    sent(d154, "3", 0, 0, 103, "0.5")  # three seconds on its way: it seems to have been given when it came
    reply = sent(d154, "4", 0, 700, 103.5, page)  # changed two seconds after it, and quick
    assert fields(session, d154) == {"odi.lifting": stands}
    assert reply.newer == ({} if stands == "4" else {"odi.lifting": "3"})


def test_an_answer_that_was_emptied_later_stays_empty(session: Session, d154: Assessment) -> None:
    sent(d154, "3", 0, 90_000, 100)
    had = sent(d154, "", 0, 10_000, 101).content.came
    assert sent(d154, "2", 0, 60_000, 102).newer == {"odi.lifting": ""}
    assert fields(session, d154) == {}
    sent(d154, "2", had, None, 103)
    assert fields(session, d154) == {"odi.lifting": "2"}


def test_what_another_phone_answered_meanwhile_comes_with_the_next_reply(d154: Assessment) -> None:
    save_draft(d154, {"odi.walking": "1", "odi.lifting": "3"}, D154)
    assert sent(d154, "3", 0, 0, 1).newer == {"odi.walking": "1"}


def test_where_nobody_knows_hers_is_taken_and_both_are_told_until_she_answers_anew(
    session: Session, d154: Assessment
) -> None:
    sent(d154, "3", 0, 0, 1)
    reply = sent(d154, "4", 0, None, 2)
    assert (fields(session, d154), reply.newer) == ({"odi.lifting": "4"}, {})
    assert reply.doubts["odi.lifting"][2:4] == (Doubt.OTHER, "3")
    save_draft(d154, {"odi.lifting": "4", "odi.walking": "1"}, D154 + 3 * SECOND)  # the form, as it stands
    assert list(kept(session, d154).doubts) == ["odi.lifting"]
    sent(d154, "2", reply.content.came, None, 4)
    assert kept(session, d154).doubts == {}


def test_what_a_phone_kept_of_another_window_is_taken_and_told(session: Session, d154: Assessment) -> None:
    """A visit that was moved: what was begun before its window is deleted, and a phone may hold it still."""
    reply = sent(d154, "3", 0, int((D154 - d154.opens_at).total_seconds() * 1000) + 60_000, 1)
    assert fields(session, d154) == {"odi.lifting": "3"}
    assert reply.doubts["odi.lifting"].doubt is Doubt.EARLY


def test_a_draft_of_before_is_read_and_one_of_now_by_a_service_of_before(session: Session, d154: Assessment) -> None:
    sealed = keyring().encrypt('{"odi.lifting":"3"}', "drafts", "answers_sealed", d154.id)
    assert content_of(d154.id, sealed).when == {}
    sent(d154, "3", 0, 0, 1)
    sealed = session.scalars(select(Draft.answers_sealed)).one()
    text = keyring().decrypt(sealed, "drafts", "answers_sealed", d154.id)
    assert all(isinstance(value, str) for value in json.loads(text).values())
