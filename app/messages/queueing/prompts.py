"""Which prompts are owed: one idempotent question per kind. Asking twice changes nothing, asking late floods nobody.

Somebody who was never invited is invited, whatever hours have passed; a reminder reminds of a text that left, and of
several that have come due only the last one rings. What is not sent after all is in the ledger with its reason.

The clock asks every few seconds, so each statement is built once and run with `now` as its parameter.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    bindparam,
    case,
    exists,
    false,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from app.core.batches import Batch, table
from app.core.statements import run
from app.core.time import UTCDateTime
from app.messages.kinds import ASKING, PASSING, REMINDERS, MessageKind, Reason
from app.messages.kinds import reminder as kind_of_reminder
from app.messages.models import Message, MessageState, is_in, of_this_window
from app.messages.queueing import floods, reminders
from app.messages.queueing.course import is_apart
from app.messages.queueing.keys import prompt_key, renewal_key
from app.messages.queueing.reminders import Reminder
from app.messages.reading import LEFT, can_be_asked, can_be_reached, takes_part
from app.participants.models import Contact, Participant
from app.schedule.models import Assessment
from app.studies.guarding import goes_on
from app.studies.models import Site, Study, StudyState
from app.studies.protocol import Channel
from app.studies.states import Act, may_text, states_without

NOW = bindparam("now", type_=UTCDateTime())
NEW_MESSAGE = ("dedupe_key", "study_id", "participant_id", "assessment_id", "kind", "language", "state", "owed_at",
           "not_before", "queued_at", "epoch", "attempts", "possible_duplicate")  # fmt: skip
INVITATION = literal(MessageKind.INVITATION.value)
UNTRIED = (literal(0), literal(0), false())
"""`epoch`, `attempts` and `possible_duplicate` of a message that is new."""


class NewReminder(NamedTuple):
    """A reminder as its row is written."""

    dedupe_key: str
    study_id: int
    participant_id: int
    assessment_id: int
    kind: MessageKind
    language: str
    state: MessageState
    reason: Reason | None
    owed_at: datetime
    settled_at: datetime | None


NEW_REMINDERS = Batch(NewReminder)


def queue_prompts(now: datetime) -> int:
    """Queue every invitation and reminder that is owed at `now` and not queued yet; returns how many rows are new."""
    *owed, protocols = run(_owed(), {"now": now}).one()
    queueing = (_revival, _invitation, _renewal)
    new = sum(len(run(queue(), {"now": now}).all()) for queue, any_ in zip(queueing, owed, strict=True) if any_)
    new += _remind(now, protocols)
    floods.hold_if_many(new, now)
    return new


def revive(now: datetime) -> int:
    """Queue again what was not sent for a reason that has gone; returns how many texts."""
    return len(run(_revival(), {"now": now}).all())


@cache
def _owed() -> Executable:
    """Whether there is anything to revive, to invite and to renew, and which protocols there are."""
    anything = (query.add_columns(literal(1)).exists() for query in (_revivable(), _uninvited(), _unreached()))
    return select(*anything, reminders.installed())


def _uninvited() -> Select[()]:
    """Visits that are owed an invitation, or a reason for having none: their study or their window was closed."""
    return (
        select()
        .select_from(Assessment)
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Study, Study.id == Participant.study_id)
        .where(
            Assessment.submitted_at.is_(None),
            Assessment.send_at <= NOW,
            never_asked(),
            Participant.withdrawn_at.is_(None),
            goes_on(),
        )
    )


@cache
def _invitation() -> ReturningInsert[Any]:
    """The invitation of every open, unanswered visit without one; what closed before it, the ledger says."""
    over, closed = Study.state.in_(states_without(Act.TEXT)), Assessment.closes_at <= NOW
    state = case((over | closed, MessageState.SUPPRESSED.value), else_=MessageState.QUEUED.value)
    reason = case((over, Reason.STUDY_CLOSED.value), (closed, Reason.CLOSED.value), else_=null())
    settled_at = case((over | closed, NOW), else_=null())
    query = _uninvited().add_columns(
        prompt_key(MessageKind.INVITATION), Participant.study_id, Participant.id, Assessment.id, INVITATION,
        Participant.language, state, Assessment.send_at, Assessment.send_at, NOW, *UNTRIED, reason, settled_at,
    )  # fmt: skip
    ordered = query.order_by(Assessment.send_at, Assessment.id)
    statement = insert(table(Message)).from_select(
        (*NEW_MESSAGE, "reason", "settled_at"), ordered, include_defaults=False
    )
    return statement.on_conflict_do_nothing().returning(Message.id)


def never_asked(*, of_all: bool = False) -> ColumnElement[bool]:
    """No message is about the visit as it is planned now, but for reminders that were cancelled beforehand.

    A cancelled invitation is for good. A value, so that few visits are looked up, not all messages read; who asks it of
    all visits reads all messages once.
    """
    asks = of_this_window() & (Message.kind.not_in(REMINDERS) | (Message.state != MessageState.SUPPRESSED))
    asking = select(literal(1)).where(Message.assessment_id == Assessment.id, asks | silenced())
    if of_all:
        return ~asking.correlate(Assessment).exists()
    return asking.limit(1).correlate(Assessment).scalar_subquery().is_(None)


def silenced() -> ColumnElement[bool]:
    """That a message is an invitation that a coordinator has cancelled."""
    return Message.kind.not_in(REMINDERS) & (Message.reason == Reason.CANCELLED)


def _remind(now: datetime, protocols: reminders.Installed) -> int:
    owed: dict[int, list[Reminder]] = {}
    for reminder in reminders.due(now, protocols):
        owed.setdefault(reminder.assessment_id, []).append(reminder)
    rows = [row for due in owed.values() for row in _rows(due, now)]
    return len(run(_reminding(), {**NEW_REMINDERS.values(rows), "now": now}).all()) if rows else 0


@cache
def _reminding() -> ReturningInsert[Any]:
    """Queue the reminders; one that another clock has queued meanwhile stays as it is."""
    row = NEW_REMINDERS.table.c
    query = select(*(row[name] for name in NEW_REMINDERS.columns), row.owed_at, NOW, *UNTRIED)
    ordered = query.order_by(row.owed_at, row.assessment_id, row.kind)
    columns = (*NEW_REMINDERS.columns, "not_before", "queued_at", "epoch", "attempts", "possible_duplicate")
    statement = insert(table(Message)).from_select(columns, ordered, include_defaults=False)
    return statement.on_conflict_do_nothing().returning(Message.id)


def _rows(due: list[Reminder], now: datetime) -> Iterable[NewReminder]:
    """The last one rings unless a text left just before its hour; the others are overtaken."""
    due.sort(key=lambda reminder: reminder.number)
    for reminder in due:
        rings = reminder is due[-1] and is_apart(reminder.at, reminder.last_sent_at, reminder.between)
        yield NewReminder(
            dedupe_key=reminder.key,
            study_id=reminder.study_id,
            participant_id=reminder.participant_id,
            assessment_id=reminder.assessment_id,
            kind=kind_of_reminder(reminder.number),
            language=reminder.language,
            state=MessageState.QUEUED if rings else MessageState.SUPPRESSED,
            reason=None if rings else Reason.OVERTAKEN,
            owed_at=reminder.at,
            settled_at=None if rings else now,
        )


def _revivable() -> Select[()]:
    """What was not sent for a reason that has gone (START, a corrected number) and is still due."""
    later = aliased(Message)
    cancelled = later.reason.is_not_distinct_from(Reason.CANCELLED)  # it will not ask in this one's place
    overtaken = exists().where(
        later.assessment_id == Message.assessment_id, later.id > Message.id, later.kind.in_(ASKING), ~cancelled
    )
    not_yet = (Reason.COUNTRY, Reason.NOT_LIVE)  # asked of the number and of the study
    passed = Message.reason.not_in(not_yet)
    went_live = (Message.reason == Reason.NOT_LIVE) & Study.state.in_([s for s in StudyState if may_text(s, real=True)])
    return (
        select()
        .select_from(Message)
        .join(Assessment, Assessment.id == Message.assessment_id)
        .join(Participant, Participant.id == Message.participant_id)
        .join(Study, Study.id == Participant.study_id)
        .join(Site, Site.id == Participant.site_id)
        .join(Contact, Contact.participant_id == Participant.id)
        .where(
            is_in(MessageState.SUPPRESSED),
            Message.reason.in_(PASSING),
            Message.kind.in_(ASKING),
            of_this_window(),
            can_be_asked(NOW),
            Site.active,
            passed | went_live | (Contact.version > Message.contact_version),
            can_be_reached(),
            takes_part(),
            ~overtaken,
        )
    )


@cache
def _revival() -> ReturningUpdate[Any]:
    """It is owed again; that the provider once took it, before it told of STOP, is in its attempts."""
    again = update(table(Message)).where(
        is_in(MessageState.SUPPRESSED), Message.id.in_(_revivable().add_columns(Message.id))
    )
    anew = dict.fromkeys(("reason", "settled_at", "sent_at", "sid", "error_code", "sent_with_id"))
    return again.values(state=MessageState.QUEUED, not_before=NOW, **anew).returning(Message.id)


def _unreached() -> Select[()]:
    """Open visits of which a text failed at a number that was since corrected, and none left for the new one."""
    failed, other = aliased(Message), aliased(Message)
    reached = exists().where(
        other.assessment_id == Assessment.id,
        other.kind.in_(ASKING),
        of_this_window(other.owed_at),
        (other.contact_version == Contact.version)
        | other.state.in_(reminders.UNDECIDED)
        | _in_its_place(other, failed),
    )
    return (
        select()
        .select_from(failed)
        .join(Assessment, Assessment.id == failed.assessment_id)
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Study, Study.id == Participant.study_id)
        .join(Contact, Contact.participant_id == Participant.id)
        .where(
            is_in(MessageState.FAILED, failed),
            failed.contact_version < Contact.version, of_this_window(failed.owed_at),
            can_be_asked(NOW), can_be_reached(), takes_part(), ~reached,
        )
    )  # fmt: skip


def _in_its_place(other: type[Message], failed: type[Message]) -> ColumnElement[bool]:
    """That a text was taken for an e-mail that came back: a corrected address asks her nothing twice."""
    later = other.contact_version > failed.contact_version
    return (failed.channel == Channel.EMAIL) & later & other.state.in_(LEFT)


@cache
def _renewal() -> ReturningInsert[Any]:
    """Their invitation, to the new number."""
    query = _unreached().add_columns(
        renewal_key(), Participant.study_id, Participant.id, Assessment.id, INVITATION, Participant.language,
        literal(MessageState.QUEUED.value), NOW, NOW, NOW, *UNTRIED,
    )  # fmt: skip
    ordered = query.distinct().order_by(Assessment.id)
    statement = insert(table(Message)).from_select(NEW_MESSAGE, ordered, include_defaults=False)
    return statement.on_conflict_do_nothing().returning(Message.id)
