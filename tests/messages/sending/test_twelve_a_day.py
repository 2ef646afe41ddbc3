"""A diary of twelve questions a day, run by the clock: no prompt is late or lost, whatever else is written to us."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.budgets import DAILY, Purpose, Whose, fullest_day
from app.messages.kinds import MessageKind, Reason
from app.messages.models import Attempt, Message, MessageState
from app.messages.receiving.replies import keep
from app.participants.events import plan_event
from app.participants.models import Participant
from app.schedule.calendar import local_day
from app.schedule.planning import plan
from app.studies.models import StudyState
from tests.factories import enrolled_by, installed, oslo, participant
from tests.messages.books import closed
from tests.messages.erratic import Provider
from tests.studies.protocol.protocols import read
from tests.studies.protocol.second import second

OSLO = ZoneInfo("Europe/Oslo")
DAY_0 = date(2026, 9, 14)
DAYS = [DAY_0 + timedelta(days=number) for number in (1, 2, 3)]
HOURS = range(8, 20)
CHATTY, SHARED = "+4740000001", "+4740000002"
DIARY = """\
  - {code: hourly, days: 1-3, at: [HOURS], closes: +50m, minutes: 1, instruments: [nrs_lbp]}
""".replace("HOURS", ", ".join(f'"{hour:02}:00"' for hour in HOURS))
VISITS = second()[second().index("  - {code: start") : second().index("sending:")]
TEXT = second(
    (VISITS, DIARY), ("  flare: {title: {en: Flare}, recurs: true}\n", ""), ("daily_cap: 50", "daily_cap: 36")
)


@pytest.fixture
def people(session: Session) -> list[Participant]:
    """Three, of whom two share a telephone."""
    at = oslo(DAY_0 - timedelta(days=1))
    protocol = installed(TEXT, at, StudyState.LIVE)
    three = [participant(protocol, now=at, phone=number) for number in (CHATTY, SHARED, SHARED)]
    for person in three:
        enrolled_by(person, at.date())
        plan_event(person, "surgery", DAY_0, None, at)
        plan(person, at)
    session.commit()
    return three


def left(session: Session) -> Sequence[Row[int, datetime, MessageKind]]:
    """Whom each text went to, when, and what for."""
    session.expire_all()
    query = select(Message.participant_id, Attempt.started_at, Message.kind).join(Attempt)
    return session.execute(query.order_by(Attempt.id)).all()


def test_the_plan_has_twelve_prompts_on_its_fullest_day() -> None:
    assert fullest_day(read(TEXT)) == len(HOURS)


def test_over_days_of_twelve_texts_no_prompt_starves_and_the_budgets_hold(
    session: Session, app: Flask, people: list[Participant]
) -> None:
    gateway = Provider()
    for day in DAYS:
        for hour in HOURS:
            late = 20 if hour == 13 else 0  # once a day the clock stands still for a while
            for copy in range(4):
                keep({"MessageSid": f"SM{day}-{hour}-{copy}", "From": CHATTY, "Body": "HELP"}, oslo(day, hour))
            session.commit()
            tick(gateway, oslo(day, hour, late))
    texts = left(session)
    prompts = Counter((person, local_day(at, OSLO)) for person, at, kind in texts if kind is MessageKind.INVITATION)
    assert prompts == {(person.id, day): len(HOURS) for person in people for day in DAYS}
    wanted = {oslo(day, hour, 20 if hour == 13 else 0) for day in DAYS for hour in HOURS}
    assert {at for _, at, kind in texts if kind is MessageKind.INVITATION} == wanted, "each in its own hour"
    helped = Counter((person, local_day(at, OSLO)) for person, at, kind in texts if kind == "help")
    assert helped == {(people[0].id, day): 1 for day in DAYS}
    kept_back = select(Message.reason).where(Message.state == MessageState.SUPPRESSED)
    assert set(session.scalars(kept_back)) == {Reason.OVER_BUDGET}
    assert 2 * len(HOURS) > DAILY[Purpose.PROMPT][Whose.NUMBER], "more to the shared telephone than the least budget"
    assert closed(session, oslo(DAYS[-1], 21))
