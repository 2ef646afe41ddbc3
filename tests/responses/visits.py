"""People with visits, made through the verbs, and answers to everything."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from app.core.database import db
from app.instruments import Item, instrument
from app.participants.models import Participant
from app.schedule.models import Assessment
from tests.factories import BACKTOBASIC, begun, example, installed, scheduled
from tests.factories import visit as visit

PROTOCOL = BACKTOBASIC
INFUSION = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday; day 154 is 3 August 2026, day 0's window is 23 February to the infusion."""
D154 = INFUSION + timedelta(days=154)
SECOND = timedelta(seconds=1)


def participant(
    *, given: bool = True, language: str = "nb", changes: Mapping[str, str] | None = None, phone: str = "+4791234567"
) -> Participant:
    """Somebody of Oslo whose first infusion is planned, and given unless told otherwise, on 2 March 2026."""
    early, text = INFUSION - timedelta(days=30), example(changes)
    given_at = INFUSION if given else None

    def make() -> Participant:
        protocol = installed(text, early)
        return scheduled(protocol, INFUSION, given_at=given_at, now=early, phone=phone, language=language)

    brought = begun(("somebody of Oslo", text, given, language, phone), make)
    return db.session.scalars(select(Participant)).one() if brought else make()


def answer_to(item: Item, choose: int = 0) -> object:
    """An answer that the item takes: its option number `choose`, or its minimum plus `choose`."""
    match item.type:
        case "choice":
            return item.options[choose % len(item.options)].code
        case "yesno":
            return 1
        case "ticks":
            return 0 if item.exclusive else 1
        case "text":
            return "Litt trening"
        case "date":
            return date(2026, 2, 1).isoformat()
    low, high = item.minimum or 0, item.maximum or 0
    number = min(low + choose, high)
    return Decimal(number) if item.decimals else number


def answers_to(assessment: Assessment, choose: int = 0) -> dict[str, dict[str, object]]:
    """Answers to every item of the visit."""
    codes = assessment.protocol.plan.visit(assessment.visit).instruments
    return {code: {item.code: answer_to(item, choose) for item in instrument(code).items} for code in codes}
