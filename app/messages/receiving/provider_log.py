"""What a restored database has forgotten of words to us: asked of the provider's log, and kept or told to a person.

The texts of patients that the log still has are kept as if they came now, and the clock hears them: STOP first. Their
words may have been taken out of it, as we ask the provider to. Then our own confirmation of STOP tells, which stays in
the log; whatever else she wrote goes to a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.core.audit import acting
from app.core.crypto import keyring
from app.core.database import db, transaction
from app.messages.gateways.gateway import Gateway, Logged
from app.messages.gathering import task_of
from app.messages.kinds import MessageKind
from app.messages.models import Message, MessageState, Reply
from app.messages.reading import LEFT
from app.messages.receiving import replies
from app.participants.enrolment import opt_out
from app.participants.models import Contact, Participant
from app.schedule.models import Assessment
from app.studies.protocol import Channel
from app.studies.texts import render

LOST = "Wrote to us while the database was out of use; her words are lost. Call her."


@dataclass(frozen=True)
class Gap:
    """What was found of the time that a back-up does not cover."""

    heard: int
    """Texts of patients that are kept now, and heard by the clock."""
    stopped: tuple[str, ...]
    """Whose STOP we had confirmed: she gets no more texts."""
    unread: tuple[str, ...]
    """Who wrote something that nobody can read any more: a person calls."""
    strangers: int
    """Numbers that were texted, and that are nobody's now: of people who were enrolled since."""


def look(gateway: Gateway, since: datetime, now: datetime) -> Gap:
    """Ask the provider's log, and act on what it says of patients' words; asked twice it changes nothing more."""
    logged = gateway.log(since)
    heard, stopped, unread = 0, list[str](), list[str]()
    for text in (text for text in logged if text.inbound and _is_new(text.sid)):
        with acting("operator"), transaction():
            if text.body:
                replies.keep({"MessageSid": text.sid, "From": text.number, "Body": text.body}, text.at or now)
                heard += 1
                continue
            for participant in _whose(text.number):
                confirmed = _confirmation(participant) in {sent.body for sent in _to(logged, text.number)}
                _wordless(participant, text.at or now, confirmed=confirmed)
                (stopped if confirmed else unread).append(participant.code)
    strangers = {text.number for text in logged if not text.inbound and not _whose(text.number)}
    db.session.rollback()
    return Gap(heard, _once(stopped), _once(unread), len(strangers))


def _once(codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(codes)))


def _is_new(sid: str) -> bool:
    return db.session.scalar(select(Reply.id).where(Reply.sid == sid[: replies.SID])) is None


def _whose(number: str) -> list[Participant]:
    fits = Contact.phone_fingerprint.in_(keyring().fingerprints(number))
    query = select(Participant).join(Contact, Contact.participant_id == Participant.id).where(fits)
    return list(db.session.scalars(query.order_by(Participant.id)))


def _to(logged: Sequence[Logged], number: str) -> list[Logged]:
    return [text for text in logged if not text.inbound and text.number == number]


def _confirmation(participant: Participant) -> str:
    """The words with which STOP is confirmed to her."""
    plan = participant.protocol.plan
    site = plan.site(participant.site.code)
    sender = site.sender.get(participant.language, site.sender[plan.default_language])
    return render(plan.template(MessageKind.STOP, participant.language), sender=sender, phone=site.phone)


def _wordless(participant: Participant, at: datetime, *, confirmed: bool) -> None:
    if confirmed and participant.contact.opted_out_at is None:
        opt_out(participant, at)
        task_of(participant, "Wrote STOP before the restore: gets no more texts.", at)
    elif not confirmed:
        task_of(participant, LOST, at)


def may_have_answered(since: datetime, now: datetime) -> tuple[str, ...]:
    """Visits without an answer, open at some time since, that somebody was or may have been asked about.

    Asked once the queue was compared with the provider's log: what left after the back-up is in the queue until then.
    """
    mails_waiting = (Message.state == MessageState.QUEUED) & (Message.channel == Channel.EMAIL)  # nobody lists mails
    about_it = select(Message.id).where(Message.assessment_id == Assessment.id)
    had_a_text = about_it.where(Message.state.in_(LEFT) | mails_waiting).exists()
    all_in_the_gap = (Assessment.send_at > since) & (Assessment.closes_at <= now)  # too late to be in the queue
    query = (
        select(Participant.code, Assessment.visit)
        .join(Participant, Participant.id == Assessment.participant_id)
        .where(Assessment.submitted_at.is_(None), Assessment.opens_at <= now, Assessment.grace_until > since)
        .where(had_a_text | all_in_the_gap)
    )
    rows = db.session.execute(query.order_by(Participant.code, Assessment.opens_at)).all()
    db.session.rollback()
    return tuple(f"{row.code} {row.visit}" for row in rows)
