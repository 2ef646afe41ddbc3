"""Whether a text that rang was allowed by what had been committed before."""

from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.messages.kinds import PROMPTS
from app.messages.models import Message
from app.participants.models import Participant
from app.studies.protocol import Channel
from tests.messages.erratic import Rang

OSLO = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True)
class Known:
    """What was committed of somebody before a step; what a text of that step is judged by."""

    phone: str | None
    email: str | None
    """Nothing where mails to it came back."""
    left: bool
    silent: bool
    done: frozenset[int]
    """Her visits that are answered."""


def known_of(person: Participant, done: Collection[int]) -> Known:
    """What is committed of her now."""
    contact = person.contact
    return Known(
        contact.phone,
        contact.email if contact.email_unusable_since is None else None,
        person.withdrawn_at is not None,
        contact.opted_out_at is not None,
        frozenset(done),
    )


def allowed(rang: Rang, message: Message, known: Known, starting: Collection[str | None]) -> None:
    """Nothing after withdrawal, STOP (unless a START waits to be heard), an answer, or a new number; nothing at
    night."""
    assert not known.left
    assert not known.silent or message.kind == "stop" or known.phone in starting
    assert rang.text.to == (known.email if message.channel is Channel.EMAIL else known.phone), "it was replaced"
    if message.assessment is not None:
        assert message.assessment_id not in known.done
        assert message.assessment.opens_at <= rang.at < message.assessment.closes_at
    if message.kind in PROMPTS:
        assert 8 <= rang.at.astimezone(OSLO).hour < 20
