"""What the gate and the text need to know of queued messages: one statement, rows held until the claim commits.

The conditions below are the gate's, for PostgreSQL: whoever asks what is owed, or what will be, asks by them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, Row, bindparam, case, func, select, true

from app.core.crypto import keyring
from app.core.database import db
from app.core.statements import run
from app.core.time import UTCDateTime
from app.messages.gate import Facts
from app.messages.kinds import ASKING, MessageKind
from app.messages.models import Message, MessageState, TextsPause, is_in, of_this_window
from app.participants.channels import EMAIL_FIRST, ReachedBy
from app.participants.models import Contact, Participant
from app.participants.phone import country_of, is_texted
from app.schedule.models import Assessment
from app.schedule.public_holidays import holidays_at
from app.studies.models import Protocol, Site, Study, plan_read
from app.studies.protocol import Channel
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.states import Act, states_that

Ready = Row[Any]

LEFT = (MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.UNKNOWN)
BEFORE = Message.__table__.alias("before")
"""The table and not `aliased(Message)`, which would set up every mapping of the house while this module is loaded."""
ASKED_BEFORE = (
    select(BEFORE.c.id)
    .where(
        BEFORE.c.assessment_id == Message.assessment_id, BEFORE.c.id < Message.id, BEFORE.c.kind.in_(ASKING),
        BEFORE.c.state.in_(LEFT), of_this_window(BEFORE.c.owed_at),
    )
    .correlate(Message, Assessment)
    .exists()
)  # fmt: skip
"""Whether an earlier text about the visit may have reached her."""

PAUSES_TABLE = TextsPause.__table__.alias("pauses")
PAUSED_UNTIL = (
    select(func.max(func.coalesce(PAUSES_TABLE.c.ended_at, PAUSES_TABLE.c.until_at)))
    .where(PAUSES_TABLE.c.participant_id == Participant.id)
    .correlate(Participant)
    .scalar_subquery()
)
"""Of participants: when the last pause of her texts ends or ended, if there was one."""

EMAIL_WORKS = Contact.email_sealed.is_not(None) & Contact.email_unusable_since.is_(None)
PHONE_WORKS = Contact.phone_sealed.is_not(None) & Contact.unusable_since.is_(None)


def by_email() -> ColumnElement[bool]:
    """Of contacts joined with participants: that she is written to by e-mail now (participants.channels)."""
    second = (Participant.reached_by == ReachedBy.SMS_THEN_EMAIL) & ~PHONE_WORKS
    return EMAIL_WORKS & (Participant.reached_by.in_(EMAIL_FIRST) | second)


def channel_now() -> ColumnElement[str]:
    """Of messages joined with contact and participant: by what it leaves now. What answers a text is a text."""
    answers = Message.kind.not_in((*ASKING, MessageKind.TEST))
    return case((answers, Channel.SMS.value), (by_email(), Channel.EMAIL.value), else_=Channel.SMS.value)


FACTS_OF_A_MESSAGE = (
    Message.id, Message.kind, Message.language, Message.owed_at, Message.not_before, Message.epoch, Message.attempts,
    Message.study_id, Message.participant_id, Message.assessment_id, Message.dedupe_key,
    Message.link_version.label("sent_link_version"),
    Study.state.label("study_state"),
    Participant.code, Participant.mark, Participant.zone, Participant.site_id, Participant.withdrawn_at,
    Participant.texts_ended_at, PAUSED_UNTIL.label("texts_paused_until"),
    Participant.sms_answers,
    Site.code.label("site"), Site.active.label("site_active"),
    Contact.phone_sealed, Contact.phone_fingerprint, Contact.unusable_since, Contact.opted_out_at,
    Contact.email_sealed, Participant.reached_by, channel_now().label("channel"),
    Contact.version.label("contact_version"),
    Assessment.visit, Assessment.submitted_at, Assessment.opens_at, Assessment.closes_at, Assessment.paused_until,
    Assessment.link_version, Assessment.old_links,
    Protocol.id.label("protocol_id"), Protocol.sha256, ASKED_BEFORE.label("asked_before"),
)  # fmt: skip


def queued(until: datetime, limit: int, channels: frozenset[Channel] = frozenset(Channel)) -> Sequence[Ready]:
    """Queued messages of these channels that may be asked for by `until`, first come first, held against every other
    clock."""
    return run(_queued(frozenset(channels)), {"until": until, "most": limit}).all()


def queued_for(
    participants: Collection[int], until: datetime, channels: frozenset[Channel] = frozenset(Channel)
) -> Sequence[Ready]:
    """The same, all of them, of these people: what another clock holds is left out."""
    hers = _waiting(frozenset(channels)).where(Message.participant_id.in_(participants))
    return run(_held(hers.order_by(Message.not_before, Message.id)), {"until": until}).all()


@cache
def _queued(channels: frozenset[Channel]) -> Any:
    first = _waiting(channels).order_by(Message.not_before, Message.id)
    return _held(first.limit(bindparam("most", type_=Integer())))


def _waiting(channels: frozenset[Channel]) -> Any:
    of_these = true() if channels == frozenset(Channel) else channel_now().in_(sorted(channels))
    return (
        _joined(*FACTS_OF_A_MESSAGE)
        .where(of_these)
        .where(is_in(MessageState.QUEUED), Message.not_before <= bindparam("until", type_=UTCDateTime()))
    )


def _held(waiting: Any) -> Any:
    return waiting.with_for_update(of=Message, skip_locked=True, key_share=True)


def takes_part() -> ColumnElement[bool]:
    """Of participants joined with their study: she has not withdrawn, and it texts its patients."""
    return Participant.withdrawn_at.is_(None) & (Study.state.in_(states_that(Act.TEXT)))


def can_be_reached() -> ColumnElement[bool]:
    """Of contacts joined with participants: one of her channels works as far as we know, and she wants texts."""
    wanted = Contact.opted_out_at.is_(None) & Participant.texts_ended_at.is_(None)
    by_sms = PHONE_WORKS & (Participant.reached_by != ReachedBy.EMAIL)
    return (by_sms | by_email()) & wanted


def can_be_asked(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Of assessments: not answered, and the window does not close before `now`; grace is for answers, not for texts."""
    return Assessment.submitted_at.is_(None) & (Assessment.closes_at > now)


def rows_where(*conditions: ColumnElement[bool]) -> Sequence[Ready]:
    """The same of any messages, only to read, in the order in which they are owed."""
    return db.session.execute(
        _joined(*FACTS_OF_A_MESSAGE).where(*conditions).order_by(Message.owed_at, Message.id)
    ).all()


def _joined(*columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(Message)
        .join(Study, Study.id == Message.study_id)
        .join(Participant, Participant.id == Message.participant_id)
        .join(Site, Site.id == Participant.site_id)
        .outerjoin(Contact, Contact.participant_id == Participant.id)
        .outerjoin(Assessment, Assessment.id == Message.assessment_id)
        .join(Protocol, Protocol.id == func.coalesce(Assessment.protocol_id, Participant.protocol_id))
    )


def number_of(row: Ready) -> str | None:
    """The mobile number, or the address of who is written to by e-mail; nothing if there is none that may be used.
    WrongKey if our keys do not open it."""
    if row.channel == Channel.EMAIL:
        return keyring().decrypt(row.email_sealed, "contacts", "email_sealed", row.participant_id)
    by_email_alone = row.reached_by is ReachedBy.EMAIL and row.kind in (*ASKING, MessageKind.TEST)
    if row.phone_sealed is None or row.unusable_since is not None or by_email_alone:
        return None
    return keyring().decrypt(row.phone_sealed, "contacts", "phone_sealed", row.participant_id)


def facts(row: Ready, plan: ProtocolFile, number: str | None, real: bool, staff: Collection[str | None] = ()) -> Facts:
    """The gate's view of a row; `staff` are the telephones of people who work here."""
    return Facts(
        kind=row.kind,
        owed_at=row.owed_at,
        site_active=row.site_active,
        study_state=row.study_state,
        real_gateway=real,
        withdrawn_at=row.withdrawn_at,
        texts_ended_at=row.texts_ended_at,
        opted_out_at=row.opted_out_at,
        has_number=number is not None,
        country_allowed=number is None
        or row.channel == Channel.EMAIL
        or is_texted(number, plan.country, *_countries_of_sites(plan)),
        zone=ZoneInfo(row.zone),
        holidays=holidays_at(plan, row.site),
        sending=plan.sending,
        answered=row.submitted_at is not None,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        paused_until=row.paused_until,
        texts_paused_until=row.texts_paused_until,
        to_staff=number in staff,
    )


def _countries_of_sites(plan: ProtocolFile) -> list[str]:
    """The sites' own countries, and those of their telephones: a trial in two countries has participants in both."""
    own = {plan.place(site.code).country for site in plan.sites}
    return sorted(own | {country for site in plan.sites if (country := country_of(site.phone))})


def plan_of(protocol_id: int, sha256: str) -> ProtocolFile:
    """A protocol version's plan; its row is read only where this process has not read the version yet."""
    return plan_read(sha256) or db.session.get_one(Protocol, protocol_id).plan
