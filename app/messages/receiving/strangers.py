"""Texts from numbers that nobody here has: read by whoever works for the studies, and a STOP answered kindly, once.

It may be a patient with another telephone, or one whose number was corrected. Which study she means is not known, as
all studies have one sender: each live one is told (where none is live, each that is not closed; else each there is).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select

from app.core import newer_keys
from app.core.crypto import WrongKey, keyring
from app.core.database import db
from app.core.problems import BadInput, Conflict, NotFound
from app.messages import gathering
from app.messages.gathering import Written
from app.messages.kinds import Meaning, ReplyKind
from app.messages.models import Reply, Stranger
from app.messages.receiving.keywords import meaning
from app.studies.access import Scope
from app.studies.installing import with_protocol
from app.studies.models import Study
from app.studies.states import REAL, Act, StudyState, states_that

log = logging.getLogger("svar.alert")

WROTE, STOPPED = "Wrote to us from a number that nobody here has.", "Wrote STOP from a number that nobody here has."


@dataclass(frozen=True)
class StrangerContents:
    """Who wrote, if our keys open it, and what."""

    phone: str | None
    texts: tuple[Written, ...]


def hear_stranger(reply: Reply, now: datetime) -> None:
    """Put it before whoever works for the studies; a STOP is confirmed by the next round of texts.

    Unavailable, so that it is heard later, where a newer key than ours may tell whose number it is.
    """
    newer_keys.wait_if_used()
    said = reply.provider_heard or _meaning(reply)
    number = _sender(reply)
    for study in _studies() if number else ():
        stranger = _of_study(number, reply, study, now)
        _note(stranger, said, now)
        if reply.provider_heard is Meaning.STOP:
            stranger.answered_at = now  # by whoever heard it
    reply.sender_sealed = None  # it stands with the stranger
    reply.handled_at, reply.kind = now, ReplyKind.STOP if said is Meaning.STOP else ReplyKind.OTHER
    db.session.flush()


def waiting(scope: Scope) -> Sequence[Stranger]:
    """The numbers that nobody has looked at yet, the oldest first; of no site, so of every member of the study."""
    query = select(Stranger).where(Stranger.study_id == scope.study.id, Stranger.done_at.is_(None))
    return db.session.scalars(query.order_by(Stranger.first_wrote_at, Stranger.id)).all()


def find_stranger(scope: Scope, stranger_id: int) -> Stranger:
    """The one of this id that wrote to her study."""
    stranger = db.session.get(Stranger, stranger_id)
    if stranger is None or stranger.study_id != scope.study.id or not scope.site_ids:
        raise NotFound("No number of this id wrote to the study.")
    return stranger


def read_stranger(stranger: Stranger, by: str, reason: str, now: datetime) -> StrangerContents:
    """The number and its texts, for `by`, who says why; both stand in the audit trail."""
    if len(reason.strip()) < 3:
        sentence = "Say why you read this, in a few words."
        raise BadInput(sentence, errors={"reason": sentence})
    stranger.read_at, stranger.read_by = now, by
    texts = _texts(stranger)
    for reply in texts:
        reply.read_at = reply.read_at or now
    db.session.flush()
    return StrangerContents(gathering.number_of(stranger), tuple(map(gathering.written, texts)))


def finish_stranger(stranger: Stranger, by: str, outcome: str, now: datetime) -> None:
    """It is known what is to be done. Conflict while the newest text is not read."""
    db.session.refresh(stranger, with_for_update={"key_share": True})
    if stranger.done_at is not None:
        raise Conflict("Somebody closed this already.")
    if stranger.read_at is None or stranger.read_at < stranger.last_wrote_at:
        raise Conflict("There is a text that nobody has read yet. Read it first, then close it.")
    if not outcome.strip():
        raise BadInput("Say what was done, in a few words.", errors={"outcome": "Say what was done."})
    stranger.done_at, stranger.done_by, stranger.outcome = now, by, outcome.strip()


def _studies() -> Sequence[Study]:
    """The live ones; else those that text; else those that are no archives; else all: nobody's words are lost."""
    with_plan = with_protocol().order_by(Study.id)
    kept = [state for state in StudyState if state is not StudyState.ARCHIVED]
    for states in (REAL, states_that(Act.TEXT), kept):
        if studies := db.session.scalars(with_plan.where(Study.state.in_(states))).all():
            return studies
    return db.session.scalars(with_plan).all()


def _sender(reply: Reply) -> str:
    """The number; empty where there is none, or no key of ours opens it."""
    try:
        return gathering.sender_of(reply) if reply.sender_sealed else ""
    except WrongKey:
        log.error("reply %s came from a number that no key of ours opens", reply.id)
        return ""


def _of_study(number: str, reply: Reply, study: Study, now: datetime) -> Stranger:
    """The open row of this number in the study, made where there is none."""
    hers = (Stranger.study_id == study.id, Stranger.phone_fingerprint.in_(keyring().fingerprints(number)))
    query = select(Stranger).where(*hers, Stranger.done_at.is_(None)).order_by(Stranger.id).limit(1)
    earlier = db.session.scalar(query.with_for_update(key_share=True).execution_options(populate_existing=True))
    if earlier is not None:
        earlier.last_wrote_at = now
        return earlier
    made = Stranger(
        study_id=study.id,
        phone_fingerprint=keyring().fingerprint(number),
        note=WROTE,
        first_wrote_at=min(reply.received_at, now),
        last_wrote_at=now,
    )
    db.session.add(made)
    db.session.flush()
    made.phone_sealed = keyring().encrypt(number, "strangers", "phone_sealed", made.id)
    return made


def _note(stranger: Stranger, said: Meaning | None, now: datetime) -> None:
    if said is Meaning.STOP and stranger.stopped_at is None:
        stranger.stopped_at, stranger.note = now, STOPPED


def _texts(stranger: Stranger) -> Sequence[Reply]:
    """What the number wrote since this row was made, until it was closed."""
    of_number = func.position(literal(stranger.phone_fingerprint).op("IN")(Reply.sender_fingerprint)) > 0
    query = select(Reply).where(Reply.participant_id.is_(None), of_number, Reply.received_at >= stranger.first_wrote_at)
    if stranger.done_at is not None:
        query = query.where(Reply.handled_at <= stranger.done_at)
    return db.session.scalars(query.order_by(Reply.id)).all()


def _meaning(reply: Reply) -> Meaning | None:
    try:
        return meaning(gathering.words_of(reply))
    except WrongKey:
        return None
