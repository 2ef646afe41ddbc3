"""What becomes of a visit's texts if nobody answers: the paper's rule, and the clock's, by the same table."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import MessageKind
from app.messages.models import Message
from app.messages.outlook.forecast import upcoming
from app.messages.queueing.course import Leaving, Unsent, course, is_apart
from app.participants.models import Participant
from tests.messages.people import INVITED, PROTOCOL, enrolled, only

INVITATION, FIRST, SECOND = MessageKind.INVITATION, MessageKind.REMINDER_1, MessageKind.REMINDER_2
START = datetime(2027, 1, 4, 8, tzinfo=UTC)
MOMENT, MINUTE, HOUR = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1)
FAR = START + timedelta(days=90)

APART = [
    (timedelta(0), False),
    (3 * HOUR, False),
    (4 * HOUR - MOMENT, False),
    (4 * HOUR, True),
    (5 * HOUR, True),
]
"""How long after the text before it a reminder falls due, and whether it rings: four hours, in figures."""


@pytest.mark.parametrize(("after", "rings"), APART)
def test_two_texts_of_a_visit_ring_four_hours_apart(after: timedelta, rings: bool) -> None:
    assert is_apart(START + after, START) is rings
    assert is_apart(START + after, None)
    texts = course([(FIRST, START + after)], FAR, lambda at: at, last=START)
    assert [text.leaves_at is not None for text in texts] == [rings]


@pytest.mark.parametrize(("after", "rings"), APART)
def test_a_reminder_rings_four_hours_after_a_text_that_left_late_and_not_sooner(
    session: Session, participant: Participant, gateway: SandboxGateway, after: timedelta, rings: bool
) -> None:
    """The invitation was due the day before, and the clock stood still: it left so long before the first reminder."""
    reminded = INVITED + timedelta(days=1, hours=8)
    tick(gateway, reminded - after)
    tick(gateway, reminded)
    query = select(Message.state, Message.reason).where(Message.kind == FIRST)
    expected = ("accepted", None) if rings else ("suppressed", "overtaken by a later text")
    assert session.execute(query).one() == expected


@pytest.mark.parametrize(("second", "rings"), [("15:00", False), ("15:59", False), ("16:00", True), ("17:00", True)])
def test_of_two_reminders_three_hours_apart_the_first_rings_and_of_two_four_hours_apart_both(
    session: Session, gateway: SandboxGateway, second: str, rings: bool
) -> None:
    text = PROTOCOL.read_text("utf-8")
    right = '- {day: 1, at: "17:00"}\n      - {day: 2, at: "12:00"}'
    assert right in text
    participant = enrolled(text=text.replace(right, f'- {{day: 1, at: "12:00"}}\n      - {{day: 1, at: "{second}"}}'))
    only(participant, "d7")
    session.commit()
    tick(gateway, INVITED)
    noon = INVITED + timedelta(days=1, hours=3)
    hour, minute = map(int, second.split(":"))
    late = noon + (hour - 12) * HOUR + minute * MINUTE
    foretold = [text.kind for text in upcoming(participant.study, INVITED + MINUTE, 30)]
    for at in (noon, late):
        tick(gateway, at)
    left = select(Message.kind).where(Message.state == "accepted", Message.sent_at > INVITED).order_by(Message.id)
    expected = [FIRST, SECOND] if rings else [FIRST]
    assert session.scalars(left).all() == expected == foretold


def at_eight(at: datetime) -> datetime:
    """Texts ring at 08:00 and no other time."""
    morning = at.replace(hour=8, minute=0)
    return morning if morning >= at else morning + timedelta(days=1)


DAY = timedelta(days=1)
COURSES: list[tuple[str, list[tuple[MessageKind, datetime]], datetime, datetime | None, list[Leaving]]] = [
    ("nothing is owed", [], FAR, None, []),
    ("one text at its hour", [(INVITATION, START)], FAR, None, [Leaving(INVITATION, START, START)]),
    (
        "one that waits for the morning",
        [(INVITATION, START + HOUR)],
        FAR,
        None,
        [Leaving(INVITATION, START + HOUR, START + DAY)],
    ),
    (
        "two that come due while one waits: the last one rings",
        [(INVITATION, START + HOUR), (FIRST, START + 2 * HOUR), (SECOND, START + 5 * HOUR)],
        FAR,
        START + 6 * HOUR,
        [
            Leaving(INVITATION, START + HOUR, None, Unsent.OVERTAKEN),
            Leaving(FIRST, START + 2 * HOUR, None, Unsent.OVERTAKEN),
            Leaving(SECOND, START + 5 * HOUR, None, Unsent.OVERTAKEN),
        ],
    ),
    (
        "a reminder that falls due while the invitation waits is too soon after it",
        [(INVITATION, START + HOUR), (FIRST, START + 20 * HOUR)],
        FAR,
        None,
        [
            Leaving(INVITATION, START + HOUR, START + DAY),
            Leaving(FIRST, START + 20 * HOUR, None, Unsent.OVERTAKEN),
        ],
    ),
    (
        "a window that closes at the hour of leaving",
        [(FIRST, START)],
        START,
        START - DAY,
        [Leaving(FIRST, START, None, Unsent.CLOSES_BEFORE)],
    ),
    (
        "a window that closes a moment later",
        [(FIRST, START)],
        START + MOMENT,
        START - DAY,
        [Leaving(FIRST, START, START)],
    ),
    (
        "nobody is reminded of what she was never asked",
        [(INVITATION, START), (FIRST, START + DAY)],
        START,
        None,
        [
            Leaving(INVITATION, START, None, Unsent.CLOSES_BEFORE),
            Leaving(FIRST, START + DAY, None, Unsent.CLOSES_BEFORE),
        ],
    ),
]


@pytest.mark.parametrize(
    ("what", "prompts", "closes_at", "last", "expected"), COURSES, ids=[case[0] for case in COURSES]
)
def test_what_becomes_of_the_texts_of_a_visit(
    what: str,
    prompts: list[tuple[MessageKind, datetime]],
    closes_at: datetime,
    last: datetime | None,
    expected: list[Leaving],
) -> None:
    assert list(course(prompts, closes_at, at_eight, last)) == expected, what
