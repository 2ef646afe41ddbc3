"""Answers by SMS: short questionnaires answered by replying, by those who agreed to it.

The conversation has no state of its own: what a visit has been told so far are its replies, in their order. Numbers may
come one per text or all in one; one polite re-ask, then a person reads it. Words a person reads at once, whatever else
becomes of them. The same `submit` as the page, mode `sms`.
"""

import logging
import unicodedata
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.core import newer_keys
from app.core.database import db
from app.core.problems import Problem
from app.messages.gathering import words_of
from app.messages.kinds import MessageKind, ReplyKind, question
from app.messages.models import Message, Reply
from app.messages.receiving import replies
from app.messages.receiving.strangers import hear_stranger
from app.messages.short_visits import AskedNumber, by_sms, numbers
from app.participants.models import Participant
from app.responses.answering import submit
from app.responses.late_attempts import note_attempt
from app.responses.models import Mode, Presentation
from app.schedule.models import Assessment, open_at
from app.studies.states import Act, may
from app.studies.texts import LINK_KINDS

log = logging.getLogger("svar.alert")


def hear_replies(now: datetime) -> int:
    """Hear every new reply: keywords first, then answers, and what fits nothing goes to a person."""
    new_replies = replies.new_replies()
    for reply in new_replies:
        try:
            with db.session.begin_nested():
                hear(reply, now)
                replies.ask_about_media(reply, now)
        except OperationalError:
            raise
        except Exception as error:  # whatever is wrong with this text, the next one may be STOP
            newer_keys.wait_if_used()
            log.error("reply %s cannot be heard: %s", reply.id, type(error).__name__)
            replies.unheard(reply, now)
    return len(new_replies)


def hear(reply: Reply, now: datetime) -> None:
    """Hear one reply: an answer, or something for a person to read."""
    people = replies.senders(reply)
    if not people:
        hear_stranger(reply, now)
        return
    if replies.heard_keyword(reply, people, now):
        return
    visits = [visit for person in people if (visit := open_by_sms(person, reply.received_at)) is not None]
    if visits:
        first = min(visits, key=lambda visit: (visit.closes_at, visit.id))
        _answer(reply, first.participant, first, now)
    else:
        for person in people:
            _note_late(reply, person)
        replies.for_a_person(reply, people, now)


def open_by_sms(participant: Participant, at: datetime) -> Assessment | None:
    """The visit that a number may answer: open, asked for, unanswered; the one that closes first."""
    if not may(participant.study.state, Act.ANSWER):
        return None
    if not participant.sms_answers or participant.contact.opted_out_at is not None:
        return None
    texted = select(Message.id).where(Message.assessment_id == Assessment.id, Message.sent_at.is_not(None)).exists()
    query = (
        select(Assessment)
        .join(Assessment.participant)
        .where(Assessment.participant_id == participant.id, open_at(at), texted)
        .order_by(Assessment.closes_at, Assessment.id)
    )
    for assessment in db.session.scalars(query):
        if by_sms(assessment.protocol.plan, assessment.visit):
            return assessment
    return None


def _answer(reply: Reply, participant: Participant, assessment: Assessment, now: datetime) -> None:
    questions = by_sms(assessment.protocol.plan, assessment.visit)
    earlier = numbers_so_far(assessment)
    given = numbers(words_of(reply))
    wanted = questions[len(earlier) : len(earlier) + len(given)]
    if not given or len(given) > len(wanted) or not all(map(AskedNumber.fits, wanted, given)):
        _ask_again(reply, participant, assessment, now)
        return
    _note(reply, participant, assessment, ReplyKind.ANSWER, now)
    all_given = (*earlier, *given)
    if len(all_given) < len(questions):
        replies.answer(reply, participant, question(len(all_given) + 1), now, assessment.id)
        return
    answers: dict[str, dict[str, object]] = {}
    for question_of_visit, number in zip(questions, all_given, strict=True):
        answers.setdefault(question_of_visit.instrument, {})[question_of_visit.item] = number
    _submit(reply, participant, assessment, answers, now)


def _submit(
    reply: Reply, participant: Participant, assessment: Assessment, answers: dict[str, dict[str, object]], now: datetime
) -> None:
    """Take the answers as the page would. What it refuses (closed meanwhile) a person reads."""
    at, language = reply.received_at, participant.language
    try:
        with db.session.begin_nested():
            submit(assessment, answers, at, mode=Mode.SMS, language=language, presentation=Presentation.SMS)
    except Problem:
        note_attempt(assessment, Mode.SMS, at)
        replies.for_a_person(reply, [participant], now, kind=ReplyKind.REFUSED)
        return
    replies.answer(reply, participant, MessageKind.THANKS, now)


def _note_late(reply: Reply, participant: Participant) -> None:
    """Numbers that fit what the last text asked are answers to it: if they come too late, that they came is kept."""
    given, assessment = numbers(words_of(reply)), _asked_last(participant, reply.received_at)
    if assessment is None or not given or not participant.sms_answers:
        return
    questions = by_sms(assessment.protocol.plan, assessment.visit)[len(numbers_so_far(assessment)) :]
    if len(given) <= len(questions) and all(map(AskedNumber.fits, questions, given)):
        note_attempt(assessment, Mode.SMS, reply.received_at)


def _asked_last(participant: Participant, at: datetime) -> Assessment | None:
    """The visit of the last text with questions that she was sent."""
    query = select(Assessment).join(Message, Message.assessment_id == Assessment.id)
    sent = query.where(Message.participant_id == participant.id, Message.kind.in_(LINK_KINDS), Message.sent_at <= at)
    return db.session.scalar(sent.order_by(Message.sent_at.desc(), Message.id.desc()).limit(1))


def numbers_so_far(assessment: Assessment) -> tuple[int, ...]:
    """The numbers this visit was given by SMS, in their order."""
    query = select(Reply).where(Reply.assessment_id == assessment.id, Reply.kind == ReplyKind.ANSWER).order_by(Reply.id)
    return tuple(number for reply in db.session.scalars(query) for number in numbers(words_of(reply)))


def _ask_again(reply: Reply, participant: Participant, assessment: Assessment, now: datetime) -> None:
    """Once per visit; after that a person reads it. What says more than numbers a person reads the first time too."""
    query = select(func.count()).where(Reply.assessment_id == assessment.id, Reply.kind == ReplyKind.UNCLEAR)
    if db.session.scalar(query):
        replies.for_a_person(reply, [participant], now)
        return
    if _says_something(words_of(reply)):
        replies.to_be_read(reply, participant, now)
    _note(reply, participant, assessment, ReplyKind.UNCLEAR, now)
    replies.answer(reply, participant, MessageKind.UNCLEAR, now)


def _says_something(words: str) -> bool:
    """Whether there is a letter of any script in it, or a picture: more than digits and the marks between them."""
    return any(unicodedata.category(sign)[0] == "L" or unicodedata.category(sign) == "So" for sign in words)


def _note(reply: Reply, participant: Participant, assessment: Assessment, kind: ReplyKind, now: datetime) -> None:
    reply.participant_id, reply.assessment_id = participant.id, assessment.id
    reply.kind, reply.handled_at, reply.sender_sealed = kind, now, None
    db.session.flush()
