"""What was held against a patient before it was known that nobody's text arrives is taken back when that shows."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.audit import AuditEntry, acting
from app.core.database import transaction
from app.messages import breaker
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.messages.sending.taking_back import ENDS
from app.participants.models import Contact, Participant, Task, TaskKind
from app.participants.tasks import open_task
from tests.messages.books import closed, states
from tests.messages.carrier import Carrier
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, TIMES, enrolled, minutes, moved, only, visit

QUEUED, ACCEPTED, DELIVERED, FAILED = (
    MessageState.QUEUED, MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED,
)  # fmt: skip


@pytest.fixture
def carrier(session: Session, app: Flask) -> Carrier:
    return Carrier(session, Provider())


def tasks(session: Session) -> Sequence[tuple[str, str | None, str | None]]:
    """What each is about, who ended it and how."""
    session.expire_all()
    rows = session.execute(select(Task.kind, Task.done_by, Task.outcome).order_by(Task.id)).all()
    return [(row.kind, row.done_by, row.outcome) for row in rows]


def given_up(session: Session) -> int:
    """How many numbers are not used any more."""
    return len(session.scalars(select(Contact.id).where(Contact.unusable_since.is_not(None))).all())


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["30034"] * 3, TaskKind.NOT_DELIVERED),
        (["30034", "30007", "30001"], TaskKind.NOT_DELIVERED),
        (["30003"] * 5, TaskKind.NOT_DELIVERED),
        (["30008"] * 5, TaskKind.NOT_DELIVERED),
        (["29999"] * 5, TaskKind.NOT_DELIVERED),
        (["30004"] * 5, TaskKind.NUMBER_UNUSABLE),
        (["30005"] * 5, TaskKind.NUMBER_UNUSABLE),
        (["30006"] * 5, TaskKind.NUMBER_UNUSABLE),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_tasks_that_reports_opened_one_by_one_end_when_it_shows_that_the_sender_is_at_fault(
    session: Session, carrier: Carrier, codes: list[str], kind: TaskKind
) -> None:
    carrier.invite(len(codes))
    *first, last = codes
    for minute, code in enumerate(first, 1):
        carrier(minute, [code])
    assert states(session) == [FAILED] * len(first) + [ACCEPTED]
    assert tasks(session) == [(kind, None, None)] * len(first)
    assert given_up(session) == (len(first) if kind is TaskKind.NUMBER_UNUSABLE else 0)
    carrier(len(codes), [last])
    assert states(session) == [QUEUED] * len(codes)
    assert tasks(session) == [(kind, "clock", ENDS)] * len(first)
    assert given_up(session) == 0
    trail = select(AuditEntry.actor).where(AuditEntry.table_name == "public.tasks", AuditEntry.action == "update")
    assert session.scalars(trail).all() == ["clock"] * len(first)
    for minute in (11, 12, 13, 30, 31):
        carrier(minute, [""] * len(codes))
    assert states(session) == [DELIVERED] * len(codes)
    assert closed(session, INVITED + minutes(31))


def test_what_was_suppressed_for_a_number_that_works_after_all_is_owed_again(
    session: Session, carrier: Carrier
) -> None:
    hers = enrolled(1)
    only(hers, "d7", "d14")
    moved(visit(hers, "d14"), minutes(4.2) - timedelta(days=7), *TIMES)
    for number in range(2, 6):
        only(enrolled(number), "d7")
    session.commit()
    tick(carrier.provider, INVITED)
    for minute in (1, 2, 3, 4):
        carrier(minute, ["30006"])
    tick(carrier.provider, INVITED + minutes(4.5))
    assert states(session)[-1] is MessageState.SUPPRESSED
    assert session.scalars(select(Message.reason).order_by(Message.id)).all()[-1] is Reason.NO_NUMBER
    carrier(5, ["30006"])
    assert states(session) == [QUEUED] * 6
    for minute in (11, 12, 13):
        carrier(minute, [""] * 6)
    assert states(session) == [DELIVERED] * 6


def test_a_task_whose_text_failed_for_another_reason_since_stays(session: Session, carrier: Carrier) -> None:
    carrier.invite(3)
    carrier(1, ["30034"])
    first = session.scalars(select(Message).order_by(Message.id)).first()
    assert first is not None
    later = {"kind": "reissue", "dedupe_key": "assessment:1:reissue-1", "state": FAILED, "error_code": "30003"}
    with acting("clock"), transaction():
        values = {name: getattr(first, name) for name in ("study_id", "participant_id", "assessment_id", "language")}
        at = INVITED + minutes(1.5)
        times = {"owed_at": at, "not_before": at, "queued_at": at, "settled_at": at}
        session.add(Message(**values, **later, **times))
    carrier(2, ["30034"])
    carrier(3, ["30034"])
    assert [(kind, by) for kind, by, _ in tasks(session)] == [("not delivered", None), ("not delivered", "clock")]
    assert states(session) == [FAILED, QUEUED, QUEUED, FAILED], "what a later text asks in its place is not asked twice"


def test_a_number_that_was_corrected_or_a_task_of_another_kind_is_left_alone(
    session: Session, carrier: Carrier
) -> None:
    carrier.invite(5)
    for minute in (1, 2, 3, 4):
        carrier(minute, ["30005"])
    people = session.scalars(select(Participant).order_by(Participant.id)).all()
    with acting("clock"), transaction():
        people[0].contact.unusable_because = "wrong number, says who answered"
        people[3].contact.version += 1  # corrected, and refused for the same again
        open_task(people[1].id, TaskKind.CALL_ME, INVITED, note="The number does not work: number not in use.")
        open_task(people[2].id, TaskKind.NOT_DELIVERED, INVITED, note="A text left no trace.", visit="d7")
    carrier(5, ["30005"])
    assert given_up(session) == 2
    assert [(kind, by) for kind, by, _ in tasks(session)] == [
        *[("number unusable", "clock")] * 4, ("call me", None), ("not delivered", None),
    ]  # fmt: skip


def test_who_was_given_up_alone_at_the_send_is_asked_again_once_a_second_number_is_refused(
    session: Session, app: Flask
) -> None:
    """Nobody else was there to tell."""
    only(enrolled(1), "d7")
    session.commit()
    gateway = Provider(refusing=lambda number: "21608")
    for minute in range(0, 120, 10):
        tick(gateway, INVITED + minutes(minute))
    assert states(session) == [FAILED]
    assert tasks(session) == [(TaskKind.NOT_DELIVERED, None, None)]
    only(enrolled(2), "d7")
    session.commit()
    for minute in (121, 122, 123):
        tick(gateway, INVITED + minutes(minute))
    assert states(session) == [QUEUED, QUEUED]
    assert tasks(session) == [(TaskKind.NOT_DELIVERED, "clock", ENDS)]
    gateway.refusing = lambda number: ""
    for minute in (160, 161):
        tick(gateway, INVITED + minutes(minute))
    assert states(session) == [ACCEPTED, ACCEPTED]


@pytest.mark.parametrize(
    ("sentence", "ends"),
    [
        ({}, True),  # reports have stopped
        ({20: "30034"}, False),  # they have not
        ({35: ""}, True),  # delivered
    ],
    ids=["silence", "refused again", "delivered"],
)
def test_a_halt_that_reports_began_ends_by_itself_where_they_stop_for_good(
    session: Session, carrier: Carrier, sentence: dict[int, str], ends: bool
) -> None:
    carrier.invite(30)
    carrier(1, ["30034"] * 30)
    for minute in range(2, 38):
        assert breaker.halts() or minute > 35, minute
        carrier(minute, [sentence[minute]] if minute in sentence else [])
    assert bool(breaker.halts()) is not ends
    taken = states(session).count(ACCEPTED)
    assert taken >= 29 if ends else taken <= 7, "one probe in five minutes, until one is told of"
    session.rollback()


def test_after_a_silent_halt_the_next_refusal_that_is_told_begins_another(session: Session, carrier: Carrier) -> None:
    carrier.invite(6)
    carrier(1, ["30034"] * 6)
    for minute in range(2, 40):
        carrier(minute, [])
    assert (breaker.halts(), states(session)) == ((), [ACCEPTED] * 6)
    carrier(41, ["30034"] * 6)
    assert len(breaker.halts()) == 1
    assert states(session) == [QUEUED] * 6
    assert tasks(session) == []
