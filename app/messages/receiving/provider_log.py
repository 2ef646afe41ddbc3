"""What a restored database has forgotten of words to us: asked of the provider's log, and kept or told to a person.

The texts of patients that the log still has are kept as if they came now, and the clock hears them. Their words may
have been taken out of it, as we ask the provider to; then what we wrote afterwards tells (`lost_words`). A STOP
silences at once whoever has the number. Of what may have been one, and nobody can know, a person asks, and her texts
wait until then. Whoever has no row here, since she was enrolled after the back-up, stands before the studies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.audit import acting
from app.core.crypto import keyring
from app.core.database import db, transaction
from app.messages.gateways.gateway import Gateway, Logged
from app.messages.gathering import task_of
from app.messages.kinds import Meaning, ReplyKind
from app.messages.models import Message, MessageState, Reply
from app.messages.queueing.pausing import LONGEST_PAUSE, LONGEST_REASON, current_pause, pause_texts
from app.messages.reading import LEFT, channel_now, rows_where
from app.messages.receiving import replies, strangers
from app.messages.receiving.keywords import meaning
from app.messages.receiving.lost_words import Meant, OurAnswers, answers_of, meant
from app.participants.enrolment import opt_out
from app.participants.leaving import gets_no_texts
from app.participants.models import Contact, Participant
from app.schedule.calendar import local_day
from app.schedule.models import Assessment
from app.studies.models import Protocol
from app.studies.protocol import Channel
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.states import Act, may

ACTOR = "operator"
STOPPED = "Wrote STOP before the restore: gets no more texts."
LOST = "Wrote to us while the database was out of use; her words are lost. Call her."
IN_DOUBT = "Wrote to us while the database was out of use; it may have been STOP. Her texts wait: call her."
WAITS = "What she wrote before the restore is lost, and may have been STOP: ask her."
TAKEN_FOR = {
    Meant.STOP: ReplyKind.STOP,
    Meant.ANOTHER: ReplyKind.LOST,
    Meant.NOBODY_KNOWS: ReplyKind.IN_DOUBT,
}


@dataclass(frozen=True)
class Gap:
    """What was found of the time that a back-up does not cover."""

    heard: int
    """Texts of patients that are kept now, and heard by the clock."""
    stopped: tuple[str, ...]
    """Who said STOP: she gets no more texts."""
    unread: tuple[str, ...]
    """Who wrote something, not STOP, that nobody can read any more: a person calls."""
    in_doubt: tuple[str, ...]
    """Who wrote something that may have been STOP: her texts wait until a person has called."""
    strangers: int
    """Numbers that were texted, and that are nobody's now: of people who were enrolled since."""
    strangers_wrote: int
    """Numbers that wrote, and are nobody's now: each stands before the studies."""


def look(gateway: Gateway, since: datetime, now: datetime) -> Gap:
    """Ask the provider's log, and act on what it says of patients' words; asked twice it changes nothing more."""
    logged, heard = gateway.log(since), 0
    ours = answers_of(_plans())
    named: dict[ReplyKind, set[str]] = {kind: set() for kind in ReplyKind}
    for text in (text for text in logged if text.inbound):
        with acting(ACTOR), transaction():
            heard += _take(text, [line for line in logged if line.number == text.number], ours, now)
            taken_for = _taken_for(text)
            named[taken_for].update(person.code for person in _whose(text.number) if _is_so(taken_for, person))
    codes_of = {kind: tuple(sorted(codes)) for kind, codes in named.items()}
    texted, wrote = (len(_nobodys(logged, inbound=inbound)) for inbound in (False, True))
    db.session.rollback()
    return Gap(heard, codes_of[ReplyKind.STOP], codes_of[ReplyKind.LOST], codes_of[ReplyKind.IN_DOUBT], texted, wrote)


def _take(text: Logged, hers: Sequence[Logged], ours: OurAnswers, now: datetime) -> bool:
    """Keep it and act on it once, and once more if a number is somebody's again; whether the clock has to hear it."""
    people, reply = _whose(text.number), _kept(text.sid)
    if reply is not None:
        if people and reply.participant_id is None and reply.kind in TAKEN_FOR.values():
            _act(reply, people, text.at or now, now)
        return False
    said = meaning(text.body) if text.body else None
    was = meant(text, hers, ours) if said is Meaning.STOP or not text.body else Meant.ANOTHER
    form = {"MessageSid": text.sid, "From": text.number, "Body": text.body}
    replies.keep(form | ({"OptOutType": Meaning.STOP.value} if was is Meant.STOP else {}), text.at or now)
    if said is Meaning.STOP:
        for participant in people:
            _silence(participant, text.at or now)
    if not text.body:
        _without_words(_reply(text.sid), people, TAKEN_FOR[was], text.at or now, now)
    return bool(text.body)


def _without_words(reply: Reply, people: Sequence[Participant], kind: ReplyKind, at: datetime, now: datetime) -> None:
    """There is nothing to be heard: what was said, or who is to be asked, is settled here."""
    if not people:
        strangers.hear_stranger(reply, now)
    reply.kind, reply.handled_at, reply.redacted_at = kind, now, now
    if people:
        reply.sender_sealed = None
        _act(reply, people, at, now)


def _act(reply: Reply, people: Sequence[Participant], at: datetime, now: datetime) -> None:
    """What follows of a text that was heard, or has no words, for whoever has its number."""
    reply.participant_id = people[0].id
    for participant in people:
        if reply.kind is ReplyKind.STOP:
            _silence(participant, at)
        elif reply.kind is ReplyKind.IN_DOUBT and participant.contact.opted_out_at is None:
            task_of(participant, IN_DOUBT, at)
            _let_wait(participant, now)
        elif reply.kind in (ReplyKind.LOST, ReplyKind.IN_DOUBT):
            task_of(participant, LOST, at)
    db.session.flush()


def _silence(participant: Participant, at: datetime) -> None:
    if participant.contact.opted_out_at is None:
        opt_out(participant, at)
        task_of(participant, STOPPED, at)


def _let_wait(participant: Participant, now: datetime) -> None:
    """Her texts wait for as long as may be, until somebody who has called lets them leave, or notes her STOP."""
    if gets_no_texts(participant) or not may(participant.study.state, Act.RECORD):
        return
    before = current_pause(participant, now)
    if before is not None and before.reason.startswith(WAITS):
        return
    reason = f"{WAITS} {before.reason if before else ''}".strip()[:LONGEST_REASON]
    until = local_day(now, ZoneInfo(participant.zone)) + LONGEST_PAUSE
    pause_texts(participant, until, reason, ACTOR, now)


def _taken_for(text: Logged) -> ReplyKind:
    reply = _reply(text.sid)
    said_stop = reply.kind is ReplyKind.NEW and bool(text.body) and meaning(text.body) is Meaning.STOP
    return ReplyKind.STOP if said_stop else reply.kind


def _is_so(taken_for: ReplyKind, participant: Participant) -> bool:
    """Whether it still holds of her: START may have followed her STOP."""
    return taken_for is not ReplyKind.STOP or participant.contact.opted_out_at is not None


def _kept(sid: str) -> Reply | None:
    return db.session.scalar(select(Reply).where(Reply.sid == sid[: replies.SID]))


def _reply(sid: str) -> Reply:
    return db.session.scalars(select(Reply).where(Reply.sid == sid[: replies.SID])).one()


def _plans() -> list[ProtocolFile]:
    return [version.plan for version in db.session.scalars(select(Protocol).order_by(Protocol.id))]


def _whose(number: str) -> list[Participant]:
    fits = Contact.phone_fingerprint.in_(keyring().fingerprints(number))
    query = select(Participant).join(Contact, Contact.participant_id == Participant.id).where(fits)
    return list(db.session.scalars(query.order_by(Participant.id)))


def _nobodys(logged: Sequence[Logged], *, inbound: bool) -> set[str]:
    """The numbers to which, or from which, something went, and that nobody here has."""
    return {number for number in {text.number for text in logged if text.inbound is inbound} if not _whose(number)}


def may_have_answered(since: datetime, now: datetime) -> tuple[str, ...]:
    """Visits without an answer, open at some time since, that somebody was or may have been asked about.

    Asked once the queue was compared with the provider's log: what left after the back-up is in the queue until then.
    """
    mails_waiting = (Message.state == MessageState.QUEUED) & (channel_now() == Channel.EMAIL)  # nobody lists mails
    about_it = select(Message.id).where(Message.assessment_id == Assessment.id)
    had_a_text = about_it.where(Message.state.in_(LEFT) | mails_waiting).exists()
    all_in_the_gap = (Assessment.send_at > since) & (Assessment.closes_at <= now)  # too late to be in the queue
    query = (
        select(Participant.code, Assessment.visit)
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Contact, Contact.participant_id == Participant.id)
        .where(Assessment.submitted_at.is_(None), Assessment.opens_at <= now, Assessment.grace_until > since)
        .where(had_a_text | all_in_the_gap)
    )
    rows = db.session.execute(query.order_by(Participant.code, Assessment.opens_at)).all()
    db.session.rollback()
    return tuple(f"{row.code} {row.visit}" for row in rows)


def mails_in_doubt(now: datetime) -> int:
    """How many e-mails are in the queue that are due, and may have left already: nobody lists mails."""
    return len(rows_where(Message.state == MessageState.QUEUED, channel_now() == Channel.EMAIL, Message.owed_at <= now))
