"""Every task can be read by somebody: each kind as it is really made, by whom, and nothing is put away unread."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import GRANTS, Permission, Role
from app.core.problems import BadInput, Conflict, NotFound
from app.messages import consequences
from app.messages.models import MessageState, Reply
from app.messages.receiving import replies
from app.participants.identity import Checks
from app.participants.models import Disclosure, Participant, Task, TaskKind
from app.participants.pin import set_pin
from app.responses.answering import submit
from app.responses.attention import call_me, not_able_today
from app.responses.identifying import identify
from app.responses.refused_sends import tell_of_refused
from app.responses.second_answers import keep_second
from app.responses.sms import hear_replies
from app.responses.task_reading import TaskContents, find_task, finish_task, read_task
from app.schedule.models import Assessment
from app.studies.access import admit
from tests.factories import message, user
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)
MINUTE = timedelta(minutes=1)
PHONE = "+4791234567"
BY = "user:7"


@pytest.fixture
def d154(session: Session) -> Assessment:
    """The visit of day 154, open."""
    return visit(participant(), "d154")


def wrote(words: str, number: int = 1, phone: str = PHONE) -> None:
    """She writes, and is heard a moment later."""
    at = D154 + number * MINUTE
    replies.keep({"MessageSid": f"SM{number}", "From": phone, "Body": words}, at)
    hear_replies(at)


def task_of(kind: TaskKind) -> Task:
    from app.core.database import db

    return db.session.scalars(select(Task).filter_by(kind=kind)).one()


def read(task: Task, at: timedelta = timedelta(hours=1)) -> TaskContents:
    return read_task(task, BY, "the daily round", D154 + at)


def words(contents: TaskContents) -> list[str | None]:
    return [text.words for text in contents.texts]


def _answered(assessment: Assessment) -> None:
    answers = answers_to(assessment)
    answers["medication"]["other_text"] = "I cannot go on"
    submit(assessment, answers, D154, language="en")


def _answered_twice(assessment: Assessment) -> None:
    submit(assessment, answers_to(assessment), D154, language="en")
    keep_second(assessment, {"odi.lifting": "3"}, None, None, D154)


def _sent_when_called_off(assessment: Assessment) -> None:
    assessment.cancelled_at = D154
    tell_of_refused(assessment, {"odi.lifting": "3"}, None, None, D154)


def _not_safe(assessment: Assessment) -> None:
    other = visit(participant(given=False, phone="+4791234568"), "d0")
    answers = answers_to(other)
    answers["hscl25"]["ending_life"] = 2
    submit(other, answers, INFUSION - timedelta(days=2), language="en")


def _refused(code: str) -> Callable[[Assessment], None]:
    def refuse(assessment: Assessment) -> None:
        text = message(assessment, MessageState.FAILED, D154, error_code=code)
        consequences.refused(text.id, code, D154)

    return refuse


def _locked(checks: Checks) -> Callable[[Assessment], None]:
    def lock(assessment: Assessment) -> None:
        contact = assessment.participant.contact
        set_pin(contact, "4711")
        contact.birth_year = "1979"
        for _ in range(5):
            identify(assessment, contact, checks, "0000", "1980", D154)

    return lock


MADE: dict[TaskKind, tuple[Callable[[Assessment], None], Callable[[TaskContents], bool]]] = {
    TaskKind.NUMBER_UNUSABLE: (_refused("21614"), lambda seen: "number does not work" in seen.note),
    TaskKind.NOT_DELIVERED: (_refused("30003"), lambda seen: "30003" in seen.note),
    TaskKind.CALL_ME: (lambda visit: call_me(visit, D154), lambda seen: seen == TaskContents("", (), ())),
    TaskKind.NOT_ABLE_TODAY: (lambda visit: not_able_today(visit, D154), lambda seen: seen == TaskContents("", (), ())),
    TaskKind.SAFETY: (_not_safe, lambda seen: len(seen.answers) == 1),
    TaskKind.FREE_TEXT: (_answered, lambda seen: "I cannot go on" in [said.answer for said in seen.answers]),
    TaskKind.INBOUND: (lambda _: wrote("Kan dere ringe meg?"), lambda seen: words(seen) == ["Kan dere ringe meg?"]),
    TaskKind.PIN_LOCKED: (_locked(Checks(True, False)), lambda seen: seen == TaskContents("", (), ())),
    TaskKind.WRONG_PERSON: (_locked(Checks(False, True)), lambda seen: seen == TaskContents("", (), ())),
    TaskKind.TWO_ANSWERS: (_answered_twice, lambda seen: [len(said.others) for said in seen.answers] == [1]),
    TaskKind.TO_JUDGE: (_sent_when_called_off, lambda seen: [len(said.others) for said in seen.answers] == [1]),
}
"""How each kind is made, and that whoever reads it sees what it is about; a bare kind says all by itself."""


def test_the_table_holds_every_kind_of_task() -> None:
    assert set(MADE) == set(TaskKind)


@pytest.mark.parametrize("kind", TaskKind)
def test_every_kind_of_task_can_be_read_by_somebody(d154: Assessment, kind: TaskKind) -> None:
    make, is_told = MADE[kind]
    make(d154)
    task = task_of(kind)
    somebody = user(task.participant.study, Role.COORDINATOR, task.participant.site.code)
    scope = admit(somebody, task.participant.study.code, Permission.REVEAL_CONTACT)
    assert is_told(read(find_task(scope, task.id)))
    finish_task(task, BY, "Called.", D154 + timedelta(hours=2))
    assert is_told(read(task)), "also when it is done"


def test_somebody_holds_the_permission_that_reading_asks_for() -> None:
    readers = {role for role, permissions in GRANTS.items() if Permission.REVEAL_CONTACT in permissions}
    assert readers == {Role.COORDINATOR, Role.INVESTIGATOR}
    assert all(Permission.RECORD_EVENTS in GRANTS[role] for role in readers), "and who reads may close"


@pytest.mark.parametrize(
    "written",
    [
        "Kan dere ringe meg?",
        "",
        " ",
        "x" * 2000,
        "Stopp takk",
        "Ænd\nnow",
        "🤕 \u202eabc",
        "'; DROP TABLE replies;--",
        "9" * 40,
    ],
)
def test_what_she_wrote_is_read_to_the_letter(d154: Assessment, written: str) -> None:
    wrote(written)
    assert words(read(task_of(TaskKind.INBOUND))) == [written]


def test_reading_leaves_who_when_why_and_what(session: Session, d154: Assessment) -> None:
    wrote("Hei")
    task = task_of(TaskKind.INBOUND)
    read_task(task, BY, " the daily round ", D154)
    row = session.scalars(select(Disclosure)).one()
    kept = (row.participant, row.disclosed_by, row.reason, row.disclosed_at, row.task_id)
    assert kept == (task.participant, BY, "the daily round", D154, task.id)


@pytest.mark.parametrize("reason", ["", "  ", "x", "ab "])
def test_without_a_reason_nothing_is_read(session: Session, d154: Assessment, reason: str) -> None:
    wrote("Hei")
    with pytest.raises(BadInput, match="Say why you read this"):
        read_task(task_of(TaskKind.INBOUND), BY, reason, D154)
    assert session.scalars(select(Disclosure)).all() == []
    assert session.scalars(select(Reply.read_at)).all() == [None]


def test_a_task_of_another_site_or_study_is_not_there(d154: Assessment) -> None:
    wrote("Hei")
    task = task_of(TaskKind.INBOUND)
    for site, there in (("01", True), ("02", False), (None, True)):
        scope = admit(user(d154.participant.study, Role.COORDINATOR, site), "backtobasic", Permission.REVEAL_CONTACT)
        if there:
            assert find_task(scope, task.id) is task
        else:
            with pytest.raises(NotFound, match="no such task at your sites"):
                find_task(scope, task.id)
        with pytest.raises(NotFound, match="no such task at your sites"):
            find_task(scope, task.id + 1000)


def test_a_flood_of_words_is_one_task_that_holds_them_all(session: Session, d154: Assessment) -> None:
    sent = [f"Nummer {number}" for number in range(40)]
    for number, text in enumerate(sent):
        wrote(text, number)
    task = session.scalars(select(Task)).one()
    assert words(read(task)) == sent


def test_another_persons_words_are_another_task(session: Session, d154: Assessment) -> None:
    other: Participant = participant(phone="+4791234568")
    wrote("Hei", 1)
    wrote("Hallo", 2, "+4791234568")
    tasks = session.scalars(select(Task).order_by(Task.id)).all()
    assert [(task.participant_id, words(read(task))) for task in tasks] == [
        (d154.participant_id, ["Hei"]),
        (other.id, ["Hallo"]),
    ]


def test_a_task_of_another_kind_gathers_nothing(session: Session, d154: Assessment) -> None:
    call_me(d154, D154)
    wrote("Hei")
    assert words(read(task_of(TaskKind.CALL_ME))) == []
    assert words(read(task_of(TaskKind.INBOUND))) == ["Hei"]


def test_what_comes_while_somebody_reads_is_not_put_away_unread(session: Session, d154: Assessment) -> None:
    wrote("Hei", 1)
    task = task_of(TaskKind.INBOUND)
    with pytest.raises(Conflict, match="She wrote a text that nobody has read yet"):
        finish_task(task, BY, "Called.", D154)
    read(task)
    wrote("Og en ting til", 2)
    wrote("Og enda en", 3)
    with pytest.raises(Conflict, match="She wrote 2 texts that nobody has read yet"):
        finish_task(task, BY, "Called.", D154 + 4 * MINUTE)
    assert task.done_at is None
    assert words(read(task)) == ["Hei", "Og en ting til", "Og enda en"]
    finish_task(task, BY, "Called.", D154 + 5 * MINUTE)
    assert task.outcome == "Called."


def test_what_comes_after_a_task_was_closed_makes_the_next(session: Session, d154: Assessment) -> None:
    wrote("Hei", 1)
    first = task_of(TaskKind.INBOUND)
    read(first)
    finish_task(first, BY, "Called.", D154)
    wrote("Takk for praten", 2)
    second = session.scalars(select(Task).where(Task.done_at.is_(None))).one()
    assert (words(read(first)), words(read(second))) == (["Hei"], ["Takk for praten"])


def test_a_text_that_no_key_opens_says_so_and_hides_no_other(session: Session, d154: Assessment) -> None:
    wrote("Hei", 1)
    replies.keep({"MessageSid": "SM2", "From": PHONE, "Body": "Hallo"}, D154)
    session.scalars(select(Reply).filter_by(sid="SM2")).one().body_sealed = b"\x07" + bytes(40)
    session.flush()
    hear_replies(D154 + 2 * MINUTE)
    task = task_of(TaskKind.INBOUND)
    assert words(read(task)) == ["Hei", None]
    assert task.note == "Wrote to us. Wrote to us, but it cannot be read here: please ask."


def test_the_note_says_each_thing_once_whatever_came_first(session: Session, d154: Assessment) -> None:
    for number, text in enumerate(("Hei", "Stopp takk", "Hallo", "STOPP", "Stopp takk", "STOPP")):
        wrote(text, number)
    assert task_of(TaskKind.INBOUND).note == "Wrote to us. Wrote of stopping. Wrote STOP: gets no more texts."
