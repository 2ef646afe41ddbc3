"""What will go out: the texts of the coming days, to whom, when and why - by the same calendar that sends them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.database import db
from app.messages.gate import good_hour
from app.messages.models import Message, MessageState
from app.messages.reading import plan_of
from app.participants.models import Contact, Participant
from app.schedule.calendar import instant
from app.schedule.models import Assessment
from app.studies.models import Protocol, Site, Study, StudyState
from app.studies.protocol import Protocol as ProtocolFile


@dataclass(frozen=True)
class Expected:
    """A text that will leave at `at`, unless something happens before: an answer, a withdrawal, STOP."""

    at: datetime
    zone: str
    participant: str
    site: str
    visit: str
    kind: str
    why: str
    assessment_id: int | None

    @property
    def local(self) -> str:
        """The participant's own date and hour."""
        return self.at.astimezone(ZoneInfo(self.zone)).strftime("%a %d.%m.%Y %H:%M")


def upcoming(study: Study, now: datetime, days: int = 7, sites: Iterable[int] | None = None) -> list[Expected]:
    """The texts that will leave within `days`, in their order."""
    until = now + timedelta(days=days)
    chosen = None if sites is None else list(sites)
    found = [*_queued(study, chosen, now), *_planned(study, chosen, now, until)]
    return sorted((one for one in found if one.at <= until), key=lambda one: (one.at, one.participant, one.kind))


def _queued(study: Study, sites: Sequence[int] | None, now: datetime) -> Iterator[Expected]:
    query = (
        select(Message, Participant.code, Participant.zone, Site.code, Assessment.visit)
        .join(Participant, Participant.id == Message.participant_id)
        .join(Site, Site.id == Participant.site_id)
        .outerjoin(Assessment, Assessment.id == Message.assessment_id)
        .where(Message.study_id == study.id, Message.state == MessageState.QUEUED)
    )
    if sites is not None:
        query = query.where(Site.id.in_(sites))
    for message, code, zone, site, visit in db.session.execute(query):
        why = "in the queue"
        yield Expected(
            max(now, message.not_before), zone, code, site, visit or "", message.kind, why, message.assessment_id
        )


def _planned(study: Study, sites: Sequence[int] | None, now: datetime, until: datetime) -> Iterator[Expected]:
    """Texts that have no row yet, of open and coming visits without an answer."""
    query = (
        select(Assessment, Participant.code, Participant.zone, Site.code.label("site"), Protocol.sha256)
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Contact, Contact.participant_id == Participant.id)
        .join(Site, Site.id == Participant.site_id)
        .join(Protocol, Protocol.id == Assessment.protocol_id)
        .where(
            Participant.study_id == study.id, Participant.withdrawn_at.is_(None), Contact.opted_out_at.is_(None),
            Contact.unusable_since.is_(None), Site.active, Assessment.submitted_at.is_(None),
            Assessment.send_at <= until, Assessment.closes_at > now,
        )
    )  # fmt: skip
    if study.state is StudyState.CLOSED:
        return
    if sites is not None:
        query = query.where(Site.id.in_(sites))
    rows = db.session.execute(query).all()
    done = _kinds_by_assessment([row.Assessment.id for row in rows])
    for row in rows:
        yield from _of_visit(row, plan_of(row.Assessment.protocol_id, row.sha256), done, now)


def _of_visit(row: Any, plan: ProtocolFile, done: set[tuple[int, str]], now: datetime) -> Iterator[Expected]:
    one: Assessment = row.Assessment
    for kind, at, why in _texts(one, plan, ZoneInfo(row.zone)):
        if (one.id, kind) in done or at >= one.closes_at or (at < now and kind != "invitation"):
            continue
        start = max(at, now, one.paused_until or now)
        leaves = good_hour(start, ZoneInfo(row.zone), plan.sending, plan.country, one.closes_at)
        if leaves < one.closes_at:
            yield Expected(leaves, row.zone, row.code, row.site, one.visit, kind, why, one.id)


def _texts(one: Assessment, plan: ProtocolFile, zone: ZoneInfo) -> Iterator[tuple[str, datetime, str]]:
    yield "invitation", one.send_at, "the window opens"
    for number, reminder in enumerate(plan.visit(one.visit).window.reminders, 1):
        at = instant(one.anchor_on + timedelta(days=one.day + reminder.day), reminder.at, zone)
        if at >= one.opens_at:
            yield f"reminder-{number}", at, "unless it is answered before"


def _kinds_by_assessment(ids: Sequence[int]) -> set[tuple[int, str]]:
    query = select(Message.assessment_id, Message.kind).where(Message.assessment_id.in_(ids))
    return {(id_ or 0, kind) for id_, kind in db.session.execute(query)}
