"""Answer a STOP from a number that nobody here has: kindly, once, at most once. It is in nobody's ledger.

The answer is the study's own confirmation, with its first site's sender and telephone. It is claimed before it is sent
and never tried again: a courtesy may get lost, and must not come twice.
"""

import logging
from datetime import datetime
from functools import cache

from sqlalchemy import Select, func, select, update

from app.core.audit import acting
from app.core.crypto import keyring
from app.core.database import alone, db, is_any, lock, transaction
from app.core.time import AnyNow, instants
from app.messages import breaker
from app.messages.budgets import STRANGERS_A_DAY
from app.messages.gate import STALE, answer_validity, answers_at
from app.messages.gateways.gateway import Gateway, Outgoing
from app.messages.gathering import number_of
from app.messages.kinds import MessageKind
from app.messages.models import Stranger
from app.participants.phone import country_of, is_texted
from app.schedule.calendar import day_began
from app.studies.installing import current_protocol
from app.studies.models import Study
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.states import may_text
from app.studies.texts import render

log = logging.getLogger("svar.messages")


def answer_strangers(gateway: Gateway, now: datetime) -> int:
    """Confirm each new STOP of an unknown number that may be answered; returns how many were tried.

    One that breaks stops no other; its fault is raised when all were tried.
    """
    faults: list[Exception] = []
    with acting("clock"), transaction():
        texts = _claimed(gateway, now, faults)
    for text in texts:
        try:
            with acting("clock"), transaction():
                sent = gateway.send(text, now)
        except Exception as error:
            faults.append(error)
            continue
        log.info("an unknown number's STOP was answered: %s", sent.outcome)
    if faults:
        raise faults[0]
    return len(texts)


def _claimed(gateway: Gateway, now: datetime, faults: list[Exception]) -> list[Outgoing]:
    """What is to be said to whom; the faults of those who cannot be told are added."""
    if breaker.standing(gateway.name, now).halt is not None:
        return []
    rows = db.session.execute(_waiting(), instants(now, -STALE)).all()
    if rows:
        lock("budgets")
    texts: list[Outgoing] = []
    for stranger, study in rows:
        with alone(faults):
            text = _claim(stranger, study, gateway, now)
            texts += [text] if text is not None else []
    return texts


@cache
def _waiting() -> Select[Stranger, Study]:
    """Who wrote STOP not long ago and has no answer, with the study of that number."""
    waiting = select(Stranger, Study).join(Study, Study.id == Stranger.study_id)
    waiting = waiting.where(Stranger.stopped_at > AnyNow() - STALE, Stranger.answered_at.is_(None))
    return waiting.order_by(Stranger.id)


def _claim(stranger: Stranger, study: Study, gateway: Gateway, now: datetime) -> Outgoing | None:
    plan, number = current_protocol(study).plan, number_of(stranger)
    if number is None or not may_text(study.state, real=gateway.real) or _was_answered(number):
        return None
    if not is_texted(number, plan.country, *filter(None, (country_of(site.phone) for site in plan.sites))):
        return None
    hours = (stranger.stopped_at or now, plan.zone_info, plan.sending, now)
    if answers_at(*hours) > now:
        return None
    if _answered_today(plan, study.id, now) >= STRANGERS_A_DAY:
        return None
    db.session.execute(update(Stranger).where(Stranger.id == stranger.id).values(answered_at=now))
    return Outgoing(0, number, _words(plan), answer_validity(*hours))


def _words(plan: ProtocolFile) -> str:
    site, language = plan.sites[0], plan.default_language
    return render(plan.template(MessageKind.STOP, language), sender=site.sender[language], phone=site.phone)


def _was_answered(number: str) -> bool:
    hers = Stranger.phone_fingerprint.in_(keyring().fingerprints(number))
    return is_any(select(Stranger.id).where(hers, Stranger.answered_at.is_not(None)))


def _answered_today(plan: ProtocolFile, study_id: int, now: datetime) -> int:
    midnight = day_began(now, plan.zone_info)
    of_study = select(func.count(Stranger.id)).where(Stranger.study_id == study_id)
    return db.session.scalar(of_study.where(Stranger.answered_at >= midnight)) or 0
