"""Mails that came back: what a mail server says of them (RFC 3464), or who called them unwanted (RFC 5965).

Read by the standard library; nothing but the reference of our own mail and a code is kept. Whoever sent something else,
an answer out of office or a letter, is not read here: nothing of it is stored.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, message_from_string
from email.message import Message as RawMail
from email.policy import EmailPolicy
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.messages.gateways.email import REFERENCE
from app.messages.gathering import task_of
from app.messages.models import Message
from app.messages.receiving.receipts import store
from app.participants.enrolment import opt_out
from app.participants.models import Participant

LONGEST_RETURN, LONGEST_LINE = 1_000_000, 2048
"""So many bytes of a mail, and letters of each line of its head, are looked at."""
MOST_REPORTED = 50
REFERENCES = re.compile(r"([0-9]{1,18})\.([0-9a-f]{16})")
OUR_ID = re.compile(r"<(mail-[0-9a-f]{16})@")
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
UNWANTED = "Called an e-mail of ours unwanted: gets no more messages. Call her."


class ShortLines(EmailPolicy):
    """The library's reading of a mail, which takes minutes for a line of its head that is a megabyte long."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """A line of the head, as far as it is looked at."""
        return super().header_fetch_parse(name, value[:LONGEST_LINE])


class Fate(StrEnum):
    """What a returned mail says: it failed for good, it arrived, or its reader wants no more of them."""

    FAILED = "failed"
    DELIVERED = "delivered"
    UNWANTED = "unwanted"


ACTIONS = {"failed": Fate.FAILED, "delivered": Fate.DELIVERED}
"""The actions of RFC 3464 that settle something; `delayed`, `relayed` and `expanded` do not."""


@dataclass(frozen=True)
class ReturnedMail:
    """What was said of one of our mails, known by its reference, or by its id where only that came back."""

    message_id: int | None
    tag: str
    sid: str
    fate: Fate
    code: str | None = None


def read_return(raw: bytes) -> ReturnedMail | None:
    """What a mail says of one of ours; None where it says nothing that settles anything, or is of another's mail."""
    mail = message_from_bytes(raw[:LONGEST_RETURN], policy=ShortLines())
    if mail.get_content_type() != "multipart/report":
        return None
    kind = str(mail.get_param("report-type") or "").lower()
    parts = list(mail.walk())
    ours = next(filter(None, map(_reference, _returned(parts))), None)
    said = READERS[kind](parts) if kind in READERS else None
    if ours is None or said is None:
        return None
    return ReturnedMail(*ours, *said)


def note_return(returned: ReturnedMail, now: datetime) -> bool:
    """Keep what it says as a report of the message, or hear that she wants no more; whether it is a mail of ours."""
    message_id = returned.message_id or db.session.scalar(select(Message.id).where(Message.sid == returned.sid))
    if message_id is None:
        return False
    if returned.fate is Fate.UNWANTED:
        _unwanted(message_id, returned, now)
        return True
    form = {"MessageSid": returned.sid, "MessageStatus": returned.fate.value}
    store(message_id, form | ({"ErrorCode": returned.code} if returned.code else {}), now, tag=returned.tag or "")
    return True


def _unwanted(message_id: int, returned: ReturnedMail, now: datetime) -> None:
    message = db.session.get(Message, message_id)
    if message is not None and message.sid == returned.sid:
        unsubscribe(message.participant, now, UNWANTED)


def unsubscribe(participant: Participant, now: datetime, note: str) -> None:
    """She wants no more messages, whatever brings them: as STOP. Who wants no e-mails is not texted in their place."""
    if participant.contact.opted_out_at is None:
        opt_out(participant, now)
        task_of(participant, note, now)


def _returned(parts: Sequence[RawMail]) -> Iterator[RawMail]:
    """The heads of the mails that came back, whole or as headers alone, or as what some servers write as text."""
    for part in parts:
        content_type = part.get_content_type()
        if content_type == "message/rfc822" and part.is_multipart():
            yield part.get_payload(0)  # type: ignore[misc]
        elif content_type in ("text/rfc822-headers", "message/rfc822-headers"):
            yield message_from_string(_text(part), policy=ShortLines())


def _text(part: RawMail) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _reference(head: RawMail) -> tuple[int | None, str, str] | None:
    reference, own_id = (
        REFERENCES.fullmatch(str(head.get(REFERENCE, "")).strip()),
        OUR_ID.search(str(head.get("Message-ID", ""))),
    )
    if reference:
        return int(reference[1]), reference[2], f"mail-{reference[2]}"
    return (None, "", own_id[1]) if own_id else None


def _delivery(parts: Sequence[RawMail]) -> tuple[Fate, str | None] | None:
    """The worst that is said of an address; mails of ours have one."""
    blocks = [
        block for part in parts if part.get_content_type() == "message/delivery-status" for block in _blocks(part)
    ]
    said = [(str(block.get("Action", "")).strip().lower(), str(block.get("Status", ""))) for block in blocks]
    for action in ACTIONS:
        for written, status in said:
            if written == action:
                code = STATUS.match(status.strip())
                return ACTIONS[action], code[0][:10] if code and action == "failed" else None
    return None


def _blocks(part: RawMail) -> list[RawMail]:
    payload = part.get_payload()
    return (
        [block for block in payload if isinstance(block, RawMail)][:MOST_REPORTED] if isinstance(payload, list) else []
    )


def _feedback(parts: Sequence[RawMail]) -> tuple[Fate, str | None] | None:
    """Whoever pressed `junk`; `not-spam` and `virus` say nothing of what she wants."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            inner = (
                part.get_payload(0) if part.is_multipart() else message_from_string(_text(part), policy=ShortLines())
            )
            if str(inner.get("Feedback-Type", "")).strip().lower() in ("abuse", "opt-out"):  # type: ignore[union-attr]
                return Fate.UNWANTED, None
    return None


READERS: Mapping[str, Callable[[Sequence[RawMail]], tuple[Fate, str | None] | None]] = {
    "delivery-status": _delivery,
    "feedback-report": _feedback,
}
"""By `report-type`: who reads what is said."""
