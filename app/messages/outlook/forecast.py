"""What will go out: the texts of the coming days, to whom, when and why - by the same calendar that sends them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from app.core.crypto import WrongKey
from app.core.database import db
from app.messages.gate import Facts, Suppress, Wait, decide, good_hour
from app.messages.kinds import ASKING, REMINDERS, MessageKind, reminder
from app.messages.models import Message, MessageState, is_in, of_this_window
from app.messages.queueing.course import between_texts, course
from app.messages.queueing.prompts import silenced
from app.messages.queueing.reminders import UNDECIDED
from app.messages.reading import (
    PAUSED_UNTIL,
    Ready,
    can_be_asked,
    can_be_reached,
    facts,
    number_of,
    plan_of,
    rows_where,
    takes_part,
)
from app.participants.models import Contact, Participant
from app.schedule.calendar import local_day
from app.schedule.models import Assessment
from app.schedule.public_holidays import holidays_at
from app.studies.installing import current_protocol
from app.studies.models import Protocol, Site, Study
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.protocol.fields import LAST_DAY

EVER = timedelta(days=2 * LAST_DAY)
"""Nothing of a protocol lies farther ahead."""


@dataclass(frozen=True)
class Expected:
    """A text that will leave at `at`, unless something happens before: an answer, a withdrawal, STOP."""

    at: datetime
    zone: str
    participant: str
    site: str
    visit: str
    kind: MessageKind
    why: str
    assessment_id: int | None
    language: str

    @property
    def local(self) -> str:
        """The participant's own date and hour."""
        return self.at.astimezone(ZoneInfo(self.zone)).strftime("%a %d.%m.%Y %H:%M")


def upcoming(study: Study, now: datetime, days: int = 7, sites: Iterable[int] | None = None) -> list[Expected]:
    """The texts that will leave within `days`, in their order."""
    until = now + timedelta(days=days)
    whose = [Study.id == study.id] if sites is None else [Study.id == study.id, Site.id.in_(list(sites))]
    texts = [*_queued(whose, now), *_planned(whose, now, until)]
    return sorted((text for text in texts if text.at <= until), key=_in_order)


def coming_to(participant: Participant, now: datetime) -> list[Expected]:
    """Every text that will still leave to one participant, in their order."""
    whose = [Participant.id == participant.id]
    return sorted([*_queued(whose, now), *_planned(whose, now, now + EVER)], key=_in_order)


def _in_order(text: Expected) -> tuple[datetime, str, str, str]:
    return text.at, text.participant, text.kind, text.visit


def over_the_cap(study: Study, texts: Iterable[Expected]) -> dict[date, int]:
    """Days of the study on which more of these would leave than its daily cap lets: the others wait until the next."""
    plan = current_protocol(study).plan
    hers = {(text.at, text.participant): text for text in texts} if plan.sending.together else {}
    days = Counter(local_day(text.at, plan.zone_info) for text in hers.values() or texts)
    return {day: count for day, count in sorted(days.items()) if count > plan.sending.daily_cap}


def _queued(whose: Sequence[ColumnElement[bool]], now: datetime) -> Iterator[Expected]:
    """What is in the queue, unless the gate would not let it pass."""
    for row in rows_where(*whose, is_in(MessageState.QUEUED)):
        plan = plan_of(row.protocol_id, row.sha256)
        at = max(now, row.not_before)
        decision = decide(_considered(row, plan), at)
        if not isinstance(decision, Suppress):
            leaves = decision.until if isinstance(decision, Wait) else at
            if row.closes_at is not None and leaves >= row.closes_at:
                continue  # it waits for a pause that ends after its window
            yield Expected(
                leaves, row.zone, row.code, row.site, row.visit or "", row.kind, "in the queue", row.assessment_id,
                row.language,
            )  # fmt: skip


def _considered(row: Ready, plan: ProtocolFile) -> Facts:
    """The gate's view. A number that our keys do not open is there all the same, and its text waits."""
    try:
        return facts(row, plan, number_of(row), real=False)
    except WrongKey:
        return replace(facts(row, plan, None, real=False), has_number=True)


def _planned(whose: Sequence[ColumnElement[bool]], now: datetime, until: datetime) -> Iterator[Expected]:
    """Texts that have no row yet, of open and coming visits without an answer."""
    query = (
        select(
            Assessment, Participant.code, Participant.zone, Participant.language, Site.code.label("site"),
            Protocol.sha256, PAUSED_UNTIL.label("texts_paused_until"),
        )
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Contact, Contact.participant_id == Participant.id)
        .join(Site, Site.id == Participant.site_id)
        .join(Study, Study.id == Participant.study_id)
        .join(Protocol, Protocol.id == Assessment.protocol_id)
        .where(
            *whose, takes_part(), can_be_reached(), Site.active,
            can_be_asked(now), Assessment.send_at <= until,
        )
    )  # fmt: skip
    rows = db.session.execute(query.order_by(Assessment.send_at, Assessment.id)).all()
    before = _texts_before([row.Assessment.id for row in rows])
    for row in rows:
        yield from _of_visit(row, plan_of(row.Assessment.protocol_id, row.sha256), before[row.Assessment.id], now)


def _of_visit(row: Any, plan: ProtocolFile, texts_before: list[Any], now: datetime) -> Iterator[Expected]:
    """What has no row yet; `texts_before` are the rows there are."""
    assessment: Assessment = row.Assessment
    zone, days_off = ZoneInfo(row.zone), holidays_at(plan, row.site)
    asking = [text for text in texts_before if text.kind not in REMINDERS or text.state is not MessageState.SUPPRESSED]
    if asking and all(text.state is MessageState.SUPPRESSED for text in asking):
        return  # nobody is reminded of what she was never asked

    def leaves(at: datetime) -> datetime:
        return good_hour(
            max(at, now, assessment.paused_until or now, row.texts_paused_until or now),
            zone,
            plan.sending,
            days_off,
            assessment.closes_at,
        )

    waiting = [leaves(text.not_before) for text in texts_before if text.state in UNDECIDED]
    last = max([*waiting, *(text.sent_at for text in texts_before if text.sent_at)], default=None)
    missing = _reminders(assessment, plan, zone, {text.kind for text in texts_before})
    if not asking:
        missing.insert(0, (MessageKind.INVITATION, assessment.send_at))
    between = between_texts(plan.visit(assessment.visit).window)
    for text in course(missing, assessment.closes_at, leaves, last, between):
        if text.leaves_at is not None:
            why = "the window opens" if text.kind is MessageKind.INVITATION else "unless it is answered before"
            yield Expected(
                text.leaves_at, row.zone, row.code, row.site, assessment.visit, text.kind, why, assessment.id,
                row.language,
            )  # fmt: skip


def _reminders(
    assessment: Assessment, plan: ProtocolFile, zone: ZoneInfo, existing: set[MessageKind]
) -> list[tuple[MessageKind, datetime]]:
    """Those that have no row yet, and their hours."""
    hours = assessment.reminder_hours(plan.visit(assessment.visit).window, zone)
    return [(reminder(number), at) for number, at in hours.items() if reminder(number) not in existing]


def _texts_before(ids: Sequence[int]) -> dict[int, list[Any]]:
    columns = (Message.assessment_id, Message.kind, Message.state, Message.sent_at, Message.not_before)
    by_assessment: dict[int, list[Any]] = defaultdict(list)
    query = select(*columns).join(Assessment, Assessment.id == Message.assessment_id)
    about = (Message.assessment_id.in_(ids), Message.kind.in_(ASKING), of_this_window() | silenced())
    for row in db.session.execute(query.where(*about).order_by(Message.id)):
        by_assessment[row.assessment_id or 0].append(row)
    return by_assessment
