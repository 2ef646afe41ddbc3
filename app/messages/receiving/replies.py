"""What patients write to us: kept closed, once per SID; STOP, START and HELP in any language are heard first."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import Executable, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from app.core.audit import acting
from app.core.crypto import WrongKey, keyring
from app.core.database import db, is_any, lock, transaction
from app.core.statements import run
from app.messages.gateways.gateway import Gateway
from app.messages.gathering import gather, sender_of, task_of, words_of, written
from app.messages.kinds import Meaning, MessageKind, ReplyKind
from app.messages.models import Message, MessageState, Reply, place
from app.messages.queueing.keys import REPLY
from app.messages.reading import takes_part
from app.messages.receiving.keywords import agrees, meaning, mentions_stop
from app.messages.receiving.senders import canonical, is_dialled
from app.messages.receiving.strangers import hear_stranger
from app.participants.enrolment import opt_in, opt_out
from app.participants.models import Contact, Participant
from app.participants.phone import country_of
from app.studies.models import Protocol, Study
from app.studies.states import PRACTICE, Act, may

log = logging.getLogger("svar.alert")

LONGEST_REPLY = 20_000
"""Far beyond what any channel brings: what is cut off here is taken out of the provider's log, and lost."""
SID = 60
"""So much of a provider's id is kept (its own have 34 letters): the keys of our answers hold it too."""

DIGEST = 32
BATCH = 200
IN_VAIN = 2
"""After so many failures, and one more, a round of redacting ends."""
A_DAY = timedelta(days=1)
STAYS_THERE = timedelta(days=30)
"""So long the provider keeps what nobody can read here: pictures that nobody asked about, words that no key opens."""
CALL_HER = "Asked for help or for texts, and may get none: call her."
NOT_TAKEN_IN = "Sent a picture or a file, which is not taken in here: ask her."


def keep(form: Mapping[str, str], now: datetime) -> None:
    """Keep a text from a patient, closed, in one insert; the same SID once."""
    sid = form["MessageSid"][:SID]
    heard, sender = form.get("OptOutType", "").strip().lower(), _sender(form)
    row = insert(Reply).values(
        sid=sid,
        sender_fingerprint=b"".join(keyring().fingerprints(sender)),
        sender_sealed=keyring().encrypt(sender, "replies", "sender_sealed", place(sid)) if sender else None,
        body_sealed=keyring().encrypt(form.get("Body", "")[:LONGEST_REPLY], "replies", "body_sealed", place(sid)),
        kind=ReplyKind.NEW,
        media=media_of(form),
        provider_heard=Meaning(heard) if heard in set(Meaning) else None,
        received_at=now,
    )
    db.session.execute(row.on_conflict_do_nothing())


def media_of(form: Mapping[str, str]) -> int:
    """How many pictures or files the provider says came with it."""
    number = form.get("NumMedia", "")[:3]
    return int(number) if number.isascii() and number.isdigit() else 0


def _sender(form: Mapping[str, str]) -> str:
    """The sender in E.164; without a country, of the one that the provider tells, of our number's, or of a study's."""
    sender = form.get("From", "")
    if not is_dialled(sender):
        return canonical(sender)
    hinted = (form.get("FromCountry", "").upper(), country_of(canonical(form.get("To", ""))) or "")
    country = Protocol.content["country"].astext
    return canonical(sender, [*hinted, *db.session.scalars(select(country).distinct().order_by(country))])


def new_replies() -> Sequence[Reply]:
    """What nobody has heard yet, in the order in which it came. One clock hears at a time: what somebody wrote last is
    heard last, and a second number answers the second question."""
    if not run(_anything()).scalar_one():
        return ()
    lock("hear")
    return db.session.scalars(select(Reply).where(Reply.handled_at.is_(None)).order_by(Reply.id).limit(BATCH)).all()


@cache
def _anything() -> Executable:
    return select(exists().where(Reply.handled_at.is_(None)))


def senders(reply: Reply) -> Sequence[Participant]:
    """Whose number it came from; a family, or two studies, may share one. Who takes part comes first, and of them who
    gets texts: she is answered, and reads it. Whoever only practises in a study that is not live yet comes last.

    Numbers kept under older keys count too, and under newer ones than whoever took the text had.
    """
    _mark_by_our_keys(reply)
    every = reply.sender_fingerprint
    fingerprints = [every[start : start + DIGEST] for start in range(0, len(every), DIGEST)]
    people = select(Participant).join(Contact, Contact.participant_id == Participant.id).join(Participant.study)
    query = people.where(Contact.phone_fingerprint.in_(fingerprints))
    practises = Study.state.in_(PRACTICE)
    order = (practises, ~takes_part(), Contact.opted_out_at.is_not(None), Participant.id)
    return db.session.scalars(query.order_by(*order)).all()


def _mark_by_our_keys(reply: Reply) -> None:
    """Let the text be looked for under each of our keys, also those that whoever took it did not have yet."""
    with suppress(WrongKey):
        marks = keyring().fingerprints(sender_of(reply)) if reply.sender_sealed else []
        reply.sender_fingerprint += b"".join(mark for mark in marks if mark not in reply.sender_fingerprint)


def heard_keyword(reply: Reply, people: Sequence[Participant], now: datetime) -> bool:
    """Act on STOP, START or HELP, and confirm it once; whether it was one of them.

    What the provider's own rules heard holds, and the provider has answered. A yes from who said STOP takes it back.
    """
    said = reply.provider_heard or meaning(words_of(reply))
    if said is None and _have_stopped(people) and agrees(words_of(reply)):
        said = Meaning.START
    if said is None:
        return False
    for participant in people:
        if said is Meaning.STOP and participant.contact.opted_out_at is None:
            opt_out(participant, now)
            task_of(participant, "Wrote STOP: gets no more texts.", now)
        elif said is Meaning.START:
            opt_in(participant)
    if reply.provider_heard is None:
        answer(reply, people[0], MessageKind(said), now)
        if said is not Meaning.STOP and not _may_be_answered(people[0], now):
            gather(reply, people[0], CALL_HER, now)
    _handled(reply, people[0], ReplyKind(said), now)
    return True


def _may_be_answered(person: Participant, now: datetime) -> bool:
    """Whether a text that answers her would leave by what is known of her and her study; else somebody calls."""
    ended = [at for at in (person.withdrawn_at, person.texts_ended_at) if at is not None and at <= now]
    goes_on = may(person.study.state, Act.TEXT) and person.site.active
    return goes_on and not ended and person.contact.opted_out_at is None


def _have_stopped(people: Sequence[Participant]) -> bool:
    """Whether all of this number who take part said STOP. Where somebody did not, a yes may be hers, and an answer."""
    taking_part = [person for person in people if person.withdrawn_at is None and may(person.study.state, Act.TEXT)]
    taking_part = [person for person in taking_part if person.study.state not in PRACTICE] or taking_part
    return bool(taking_part) and all(person.contact.opted_out_at is not None for person in taking_part)


def for_a_person(reply: Reply, people: Sequence[Participant], now: datetime, kind: ReplyKind = ReplyKind.OTHER) -> None:
    """It fits nothing we understand: the coordinator reads it, and the sender is told how to reach us, once a day."""
    to_be_read(reply, people[0], now)
    if not _helped_since(people[0], now - A_DAY):
        answer(reply, people[0], MessageKind.HELP, now)
    _handled(reply, people[0], kind, now)


def to_be_read(reply: Reply, participant: Participant, now: datetime) -> None:
    """Put it into her task, which says so where it speaks of stopping."""
    gather(reply, participant, "Wrote of stopping." if mentions_stop(words_of(reply)) else "Wrote to us.", now)


def ask_about_media(reply: Reply, now: datetime) -> None:
    """A picture or a file is not taken in: whoever reads her texts asks her, whatever else becomes of this one."""
    if reply.media and reply.participant_id is not None:
        gather(reply, db.session.get_one(Participant, reply.participant_id), NOT_TAKEN_IN, now)


def unheard(reply: Reply, now: datetime) -> None:
    """It can be neither understood nor shown: the coordinator asks the sender."""
    people, note = senders(reply), "Wrote to us, but it cannot be read here: please ask."
    if not people:
        hear_stranger(reply, now)
        return
    for participant in people:
        task_of(participant, note, now)
    gather(reply, people[0], note, now)
    _handled(reply, people[0], ReplyKind.UNHEARD, now)


def answer(
    reply: Reply, participant: Participant, kind: MessageKind, now: datetime, assessment_id: int | None = None
) -> None:
    """Owe the sender a text about this reply; once, however often the reply is heard.

    It is owed since the reply came. Replies are heard while the time is wrong, too: a text that waited for an instant
    of a database that is ahead would wait for days once that is right.
    """
    since = min(reply.received_at, now)
    row = insert(Message).values(
        dedupe_key=REPLY % (reply.sid, kind),
        study_id=participant.study_id,
        participant_id=participant.id,
        assessment_id=assessment_id,
        kind=kind,
        language=participant.language,
        state=MessageState.QUEUED,
        owed_at=since,
        not_before=since,
        queued_at=now,
    )
    db.session.execute(row.on_conflict_do_nothing())


def redact(gateway: Gateway, now: datetime) -> int:
    """Take what was written out of the provider's log, where that can be done; asks outside any transaction.

    What is not readable here stays there for a while: no other copy of it is left.
    """
    if not gateway.redacts:
        return 0
    long_ago = now - STAYS_THERE
    asked_about = (Reply.media == 0) | Reply.read_at.is_not(None) | (Reply.received_at < long_ago)
    query = select(Reply).where(Reply.handled_at.is_not(None), Reply.redacted_at.is_(None), asked_about)
    replies = db.session.scalars(query.order_by(func.random()).limit(BATCH)).all()  # one that fails stops no other
    rows = [Copy(reply.id, reply.sid, reply.media) for reply in replies if _is_needless(reply, long_ago)]
    db.session.rollback()
    done = 0
    for number, row in enumerate(rows):
        try:
            gateway.redact(row.sid, row.media)
        except Exception as error:
            log.warning("reply %s is not redacted yet: %s", row.id, type(error).__name__)
            if number - done >= IN_VAIN:
                break  # the next round asks again
            continue
        with acting("clock"), transaction():
            db.session.get_one(Reply, row.id).redacted_at = now
        done += 1
    return done


class Copy(NamedTuple):
    """What the provider still has of a reply."""

    id: int
    sid: str
    media: int


def _is_needless(reply: Reply, long_ago: datetime) -> bool:
    """Whether the provider's copy is not the only one that can be read."""
    return reply.received_at < long_ago or written(reply).words is not None


def _handled(reply: Reply, participant: Participant, kind: ReplyKind, now: datetime) -> None:
    reply.handled_at, reply.kind, reply.sender_sealed = now, kind, None
    reply.participant_id = participant.id
    db.session.flush()


def _helped_since(participant: Participant, since: datetime) -> bool:
    query = select(Message.id).where(
        Message.participant_id == participant.id, Message.kind == MessageKind.HELP, Message.queued_at > since
    )
    return is_any(query)
