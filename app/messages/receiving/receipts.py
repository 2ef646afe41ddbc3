"""Delivery reports: stored as they came, then applied. Any order, any number of times, the same end.

A message's state is derived from the set of all its reports, never from their order; reports can prove that a message
we had given up, or meant to send once more, did leave.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import BigInteger, Executable, Text, Update, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.batches import Batch, among, table
from app.core.database import db
from app.core.statements import run
from app.core.time import UTCDateTime
from app.messages import breaker, consequences
from app.messages.gateways.gateway import TAG, Gateway
from app.messages.gateways.outcomes import DELIVERED_STATUSES, FAILED_STATUSES, UNDER_WAY_STATUSES
from app.messages.models import Message, MessageState, Receipt
from app.messages.sending import refused_later, taking_back
from app.participants.models import Participant

log = logging.getLogger("svar.alert")

RECEIPT_FIELDS = (
    "MessageSid", "SmsSid", "MessageStatus", "SmsStatus", "ErrorCode", "MessagingServiceSid", "RawDlrDoneDate",
    "ApiVersion", "NumSegments",
)  # fmt: skip
"""The parameters we keep: none holds a number or words."""

BATCH = 5000
ORPHANS_A_DAY = 3


class Reported(NamedTuple):
    """A message of which there are reports, as it stands before they are applied."""

    id: int
    state: MessageState
    sid: str | None
    error_code: str | None
    settled_at: datetime | None


def store(message_id: int, form: Mapping[str, str], now: datetime, *, tag: str | None = None) -> None:
    """Keep a report, in one insert; once per SID, status and code. One for a message we do not know is an orphan.

    What came by an address must have the message's tag; by one of before there were tags, its SID. A message that has
    its id from another life of the database has neither. Without a tag whoever asks has looked.
    """
    values = {
        "message": message_id,
        "tag": tag,
        "reported_sid": form["MessageSid"][:64],
        "sid": form["MessageSid"][:64],
        "status": form["MessageStatus"][:30],
        "error_code": form.get("ErrorCode", "")[:10] or None,
        "received_at": now,
        "raw": {name: form[name] for name in RECEIPT_FIELDS if name in form},
    }
    stored = run(_storing(), values).one_or_none()
    if stored is not None and stored.message_id is None:
        _count_orphans(now)


@cache
def _storing() -> Executable:
    tag = bindparam("tag", type_=Text)
    digest = func.sha256(func.convert_to(func.concat(Participant.mark, ":", Message.dedupe_key), "UTF8"))
    fits = or_(
        tag.is_(None),
        tag == func.left(func.encode(digest, "hex"), TAG),
        (tag == "") & (Message.sid == bindparam("reported_sid", type_=Text)),
    )
    of_somebody = select(Message.id).join(Participant, Participant.id == Message.participant_id)
    ours = of_somebody.where(Message.id == bindparam("message", type_=BigInteger), fits).scalar_subquery()
    stored = insert(table(Receipt)).values(message_id=ours).on_conflict_do_nothing()
    return stored.returning(Receipt.message_id)


@dataclass(frozen=True)
class Told:
    """One report, as far as a message's state depends on it."""

    sid: str
    status: str
    error_code: str | None
    received_at: datetime


@dataclass(frozen=True)
class Projection:
    """What the reports make of a message."""

    state: MessageState
    sid: str | None
    error_code: str | None


def project(state: MessageState, sid: str | None, reports: Iterable[Told]) -> Projection | None:
    """What the set of reports makes of a message now in `state`; None if they change nothing.

    Each text of the message (there are two after a resend) is delivered, failed or under way; the best one counts, of
    equals the one that we know of.
    """
    by_text: dict[str, set[str]] = defaultdict(set)
    reports = list(reports)
    for report in reports:
        by_text[report.sid].add(report.status)
    if sid is not None and state is MessageState.ACCEPTED:
        by_text[sid].add("accepted")
    ranked = sorted((_rank(statuses), text == sid, text) for text, statuses in by_text.items())
    if not ranked or ranked[-1][0] == 0:
        return None
    best, _, text = ranked[-1]
    implied = {1: MessageState.FAILED, 2: MessageState.ACCEPTED, 3: MessageState.DELIVERED}[best]
    if implied is MessageState.FAILED and state in (MessageState.QUEUED, MessageState.SUPPRESSED):
        return None
    codes = sorted(report.error_code for report in reports if report.sid == text and report.error_code)
    return Projection(implied, text, codes[0] if codes and implied is MessageState.FAILED else None)


def _rank(statuses: set[str]) -> int:
    for rank, fitting in ((3, DELIVERED_STATUSES), (1, FAILED_STATUSES), (2, UNDER_WAY_STATUSES)):
        if statuses & set(fitting):
            return rank
    return 0


def apply_receipts(gateway: Gateway, now: datetime) -> int:
    """Apply the reports that came in; returns how many. Those of a message just being sent wait for it to settle."""
    reports: dict[Reported, list[Told]] = defaultdict(list)
    fresh = []
    for row in run(_reported()):
        reports[Reported(row.id, row.state, row.sid, row.known_code, row.settled_at)].append(
            Told(row.told_sid, row.status, row.error_code, row.received_at)
        )
        if row.applied_at is None:
            fresh.append(row.receipt_id)
    if fresh:
        _project(reports, fresh, gateway, now)
    return len(fresh)


@cache
def _reported() -> Executable:
    """All reports of messages of which there is news, the messages held."""
    news = select(Receipt.message_id).where(Receipt.applied_at.is_(None), Receipt.message_id.is_not(None))
    return (
        select(
            Message.id, Message.state, Message.sid, Message.error_code.label("known_code"), Message.settled_at,
            Receipt.id.label("receipt_id"), Receipt.sid.label("told_sid"), Receipt.status, Receipt.error_code,
            Receipt.received_at, Receipt.applied_at,
        )
        .join(Receipt, Receipt.message_id == Message.id)
        .where(Message.id.in_(news.order_by(Receipt.id).limit(BATCH)), Message.state != MessageState.SENDING)
        .order_by(Receipt.id)
        .with_for_update(of=Message, skip_locked=True, key_share=True)
    )  # fmt: skip


def _project(reports: Mapping[Reported, list[Told]], fresh: list[int], gateway: Gateway, now: datetime) -> None:
    """Write what the reports make of their messages, and that the fresh ones are applied."""
    rows, refused, lost = [], [], []
    for message, of_message in reports.items():
        made = project(message.state, message.sid, of_message)
        if made is None:
            continue
        row = _proven(message.id, made, of_message)
        news = (made.state, made.sid, made.error_code) != (message.state, message.sid, message.error_code)
        if news or row.settled_at != message.settled_at:
            rows.append(row)
        if message.state is MessageState.UNKNOWN:
            lost.append(message.id)
        if news and made.state is MessageState.FAILED:
            refused.append((message.id, made.error_code))
    delivered = [row.id for row in rows if row.state is MessageState.DELIVERED]
    taking_back.arrived(delivered, now)
    run(_writing(), {**PROVEN.values(rows), "ids": [row.id for row in rows], "fresh": fresh, "now": now})
    if lost:
        breaker.got_through(gateway.name, lost)
    refused_later.end_halt(delivered, gateway)
    kept = refused_later.weigh_reports(gateway, now) if refused else ()
    for message_id, code in refused:
        if message_id not in kept:
            consequences.refused(message_id, code, now)


class Proven(NamedTuple):
    """What its reports make of a message, as its row is changed."""

    id: int
    state: MessageState
    sid: str | None
    error_code: str | None
    sent_at: datetime
    settled_at: datetime | None


PROVEN = Batch(Proven)


@cache
def _writing() -> Update:
    new = PROVEN.table
    values = {name: new.c[name] for name in ("state", "sid", "error_code", "settled_at")}
    sent_at = func.coalesce(Message.sent_at, new.c.sent_at)
    applied = (
        update(table(Receipt))
        .where(among(table(Receipt).c.id, "fresh"))
        .values(applied_at=bindparam("now", type_=UTCDateTime()))
    )
    in_batch = among(table(Message).c.id)
    message = (
        update(table(Message)).where(in_batch, Message.id == new.c.id).values(**values, reason=None, sent_at=sent_at)
    )
    return message.add_cte(applied.returning(Receipt.id).cte("applied"))


def _proven(message_id: int, made: Projection, reports: Sequence[Told]) -> Proven:
    """What reports prove: that the text left, at the latest when the first one came, and what then became of it."""
    first = min(report.received_at for report in reports)
    return Proven(message_id, made.state, made.sid, made.error_code, first, _settled_at(made, reports))


def _settled_at(made: Projection, reports: Sequence[Told]) -> datetime | None:
    """When the report came that settles it, not when it was read; nothing while the text is under way."""
    settling = {MessageState.DELIVERED: DELIVERED_STATUSES, MessageState.FAILED: FAILED_STATUSES}.get(made.state, ())
    settled = (report.received_at for report in reports if report.sid == made.sid and report.status in settling)
    return min(settled, default=None)


def _count_orphans(now: datetime) -> None:
    """Reports for messages we never made: one alert when there are more than a few in a day."""
    a_day = select(func.count()).where(Receipt.message_id.is_(None), Receipt.received_at > now - timedelta(days=1))
    count = db.session.scalar(a_day) or 0
    if count == ORPHANS_A_DAY + 1:
        log.error(
            "%s delivery reports in a day for messages we do not know: does another service use our address?", count
        )
