"""A protocol on paper agrees with what is sent, and an amendment says for whom it changes what."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.problems import Conflict
from app.messages.gate import good_hour
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import MessageKind
from app.messages.models import Message
from app.messages.monitoring.ledger import books
from app.messages.monitoring.measures import measure
from app.messages.outlook.amending import coming_changes, move
from app.messages.outlook.forecast import upcoming
from app.messages.outlook.simulation import prompts, simulate
from app.messages.outlook.upcoming import next_instant
from app.messages.queueing import coordinating
from app.messages.queueing.course import Unsent, course
from app.schedule.calendar import plan_visit
from app.schedule.models import Assessment
from app.schedule.public_holidays import holidays_at
from app.studies.installing import install
from app.studies.protocol import Protocol, read_protocol
from tests.messages.people import BEFORE, INFUSION, INVITED, PROTOCOL, answered, enrolled, minutes, only, visit

TEXT = PROTOCOL.read_text("utf-8")
AMENDED = TEXT.replace('version: "1.0"', 'version: "1.1"').replace(
    '{day: 1, at: "17:00"}', '{day: 1, at: "16:00"}'
).replace("  - {code: d98,", "  - {code: d99,").replace("day: 98,", "day: 99,")  # fmt: skip


def test_a_cohort_on_paper_is_the_same_for_the_same_seed() -> None:
    protocol = read_protocol(PROTOCOL)
    first, again = (simulate(protocol, 20, 1, date(2027, 1, 1)) for _ in range(2))
    assert first == again
    assert first != simulate(protocol, 20, 2, date(2027, 1, 1))
    assert len(first.texts) == 20 * (18 + 2 * 18)
    assert first.segments == len(first.sent)


def test_on_paper_what_is_asked_at_one_instant_is_one_text_where_the_protocol_wants_that() -> None:
    early = (
        '  early: {opens: -1, due: 0, closes: 1, grace: 1, reminders: [{day: 0, at: "17:00"}, {day: 1, at: "12:00"}]}\n'
    )
    next_day = "  - {code: d8, day: 8, window: early, minutes: 1, instruments: [nrs_lbp_week]}\n"
    twice = TEXT.replace("  weekly: ", f"{early}  weekly: ", 1).replace(
        "  - {code: d14,", f"{next_day}  - {{code: d14,"
    )
    together = twice.replace("daily_cap: 500", "together: true\n  daily_cap: 500", 1)
    apart, joined = (simulate(read_protocol(text), 5, 1, date(2027, 1, 1)) for text in (twice, together))
    assert Unsent.TOGETHER not in apart.never()
    assert joined.never()[Unsent.TOGETHER] == 5 * 3
    assert len(joined.sent) == len(apart.sent) - 5 * 3
    assert {text.visit for text in joined.texts if text.because is Unsent.TOGETHER} == {"d8"}


def test_the_paper_names_holidays_switches_caps_and_collisions() -> None:
    protocol = read_protocol(TEXT.replace("daily_cap: 500", "daily_cap: 3"))
    paper = simulate(protocol, 30, 1, date(2027, 1, 1))
    holidays = {date(2027, 5, 17), date(2027, 12, 25), date(2027, 12, 26), date(2028, 1, 1)}
    assert {text.meant_at.date() for text in paper.moved()} & holidays
    on_holidays = [text for text in paper.sent if text.leaves_at and text.leaves_at.date() in holidays]
    assert len(on_holidays) < len(paper.moved()), "only where waiting would have missed the window"
    assert all(count > 3 for count in paper.over_the_cap().values())
    assert {text.leaves_at.date() for text in paper.on_switches() if text.leaves_at} <= {
        date(2027, 3, 28), date(2027, 10, 31), date(2028, 3, 26), date(2028, 10, 29),
    }  # fmt: skip
    assert sum(paper.per_hour().values()) == len(paper.sent)


def test_what_is_foretold_is_what_is_sent(session: Session, gateway: SandboxGateway) -> None:
    participant = enrolled()
    session.commit()
    tick(gateway, INVITED - timedelta(days=1))
    foretold = upcoming(participant.study, INVITED - minutes(1), days=10)
    assert [(text.visit, text.kind) for text in foretold][:3] == [
        ("d7", "invitation"), ("d7", "reminder-1"), ("d7", "reminder-2"),
    ]  # fmt: skip
    assert foretold[0].local == "Tue 22.09.2026 09:00"
    for each in foretold:
        tick(gateway, each.at)
    sent = session.execute(select(Message.sent_at, Message.kind).where(Message.sent_at >= INVITED)).all()
    assert sorted(tuple(row) for row in sent) == sorted((text.at, text.kind) for text in foretold)


def test_a_reminder_that_is_cancelled_beforehand_takes_nothing_else_with_it(
    session: Session, gateway: SandboxGateway
) -> None:
    """Nor is the ledger content with its row alone: the invitation is still owed."""
    participant = enrolled()
    only(participant, "d7")
    coordinating.cancel(visit(participant, "d7"), MessageKind.REMINDER_1, BEFORE)
    session.commit()
    foretold = [(text.at, text.kind) for text in upcoming(participant.study, BEFORE, days=60)]
    late = INVITED + timedelta(hours=1)
    assert books(participant.study, None, late).contradictions == ("1 visits were due and have no text",)
    assert measure(late).unasked == 1
    now: datetime | None = BEFORE
    while now is not None:
        tick(gateway, now)
        now = next_instant(now)
        session.rollback()
    sent = session.execute(select(Message.sent_at, Message.kind).where(Message.sent_at.is_not(None))).all()
    assert [kind for _, kind in foretold] == ["invitation", "reminder-2"]
    assert sorted(tuple(row) for row in sent) == foretold


def test_over_easter_what_is_foretold_on_paper_and_in_the_books_is_what_is_sent(
    session: Session, gateway: SandboxGateway
) -> None:
    """Invited on Maundy Thursday: the invitation waits, and is too near to both reminders for either to ring."""
    participant = enrolled(day=date(2027, 3, 18))
    only(participant, "d7")
    session.commit()
    before = datetime(2027, 3, 24, 12, tzinfo=UTC)
    foretold = [(text.at, text.kind) for text in upcoming(participant.study, before, days=10)]
    now: datetime | None = before
    while now is not None:
        tick(gateway, now)
        now = next_instant(now)
        session.rollback()
    sent = session.execute(select(Message.sent_at, Message.kind).where(Message.sent_at.is_not(None))).all()
    assert sorted(tuple(row) for row in sent) == foretold
    assert foretold == [(datetime(2027, 3, 27, 8, tzinfo=UTC), "invitation")], "09:00, as on other days"
    plan = participant.protocol.plan
    planned = plan_visit(plan.visit("d7"), date(2027, 3, 18), plan.zone_info, plan.sending)
    paper = course(prompts(planned), planned.closes_at, lambda at: _good(plan, at, planned.closes_at))
    assert [(text.leaves_at, text.kind) for text in paper if text.leaves_at] == foretold


def _good(plan: Protocol, at: datetime, closes_at: datetime) -> datetime:
    return good_hour(at, plan.zone_info, plan.sending, holidays_at(plan, "01"), closes_at)


def test_no_more_than_one_text_of_a_visit_at_once_on_paper() -> None:
    paper = simulate(read_protocol(PROTOCOL), 40, 1, date(2027, 1, 1))
    at_once = Counter((text.participant, text.visit, text.leaves_at) for text in paper.sent)
    assert max(at_once.values()) == 1
    assert paper.never()[Unsent.OVERTAKEN] > 0


def test_an_amendment_says_which_coming_texts_change_and_for_whom(session: Session) -> None:
    participant = enrolled()
    changes = coming_changes(participant.study, read_protocol(AMENDED), BEFORE)
    kinds = {(text.visit, text.kind, text.before is None, text.after is None) for text in changes}
    assert ("d98", "invitation", False, True) in kinds
    assert ("d99", "invitation", True, False) in kinds
    moved = next(text for text in changes if (text.visit, text.kind) == ("d14", "reminder-1"))
    assert moved.before is not None
    assert moved.after == moved.before - timedelta(hours=1)


def test_what_was_asked_or_answered_is_no_part_of_an_amendments_effect(
    session: Session, gateway: SandboxGateway
) -> None:
    participant = enrolled()
    session.commit()
    tick(gateway, INVITED)
    answered(visit(participant, "d14"), INVITED)
    session.commit()
    new = read_protocol(AMENDED)
    changes = coming_changes(participant.study, new, INVITED + minutes(1))
    assert {text.visit for text in changes} & {"d0", "d7", "d14", "d21"} == {"d21"}
    move(participant, install(AMENDED, INVITED), INVITED + minutes(1))
    assert coming_changes(participant.study, new, INVITED + minutes(1)) == []
    foretold = {(text.visit, text.kind): text.after for text in changes if text.after}
    comes = {(text.visit, text.kind): text.at for text in upcoming(participant.study, INVITED + minutes(1), days=30)}
    assert comes["d21", MessageKind.REMINDER_1] == foretold["d21", MessageKind.REMINDER_1]
    assert comes["d7", MessageKind.REMINDER_1] == INVITED + timedelta(hours=32), "as when it was asked: 17:00"


def test_an_amendment_is_told_in_the_participants_own_time(session: Session) -> None:
    participant = enrolled(zone="America/New_York")
    lines = [str(text) for text in coming_changes(participant.study, read_protocol(AMENDED), BEFORE)]
    assert "01-001   d14    reminder-1  2026-09-30 17:00 -> 2026-09-30 16:00" in lines
    assert any(line.endswith("-> (none)") for line in lines)


def test_an_amendment_of_another_study_is_refused(session: Session) -> None:
    participant = enrolled()
    with pytest.raises(Conflict, match="a protocol of another, not of backtobasic"):
        coming_changes(participant.study, read_protocol(TEXT.replace("study: backtobasic", "study: another")), BEFORE)


def test_a_visit_that_was_asked_keeps_its_window_whatever_is_amended(session: Session, gateway: SandboxGateway) -> None:
    """Also when day 0 is planned anew: what was said in the text stays true by the version under which it was said."""
    participant = enrolled()
    session.commit()
    tick(gateway, INVITED)
    longer = AMENDED.replace("    closes: 2\n", "    closes: 4\n")
    before = visit(participant, "d7").closes_at
    move(participant, install(longer, INVITED), INVITED)
    assert visit(participant, "d7").closes_at == before
    weekly = visit(participant, "d14")
    assert weekly.closes_at - weekly.opens_at == timedelta(days=5)


def test_moving_a_participant_keeps_what_was_asked(session: Session, gateway: SandboxGateway, app: Flask) -> None:
    participant = enrolled()
    session.commit()
    tick(gateway, INVITED)
    new = install(AMENDED, INVITED)
    old = participant.protocol_id
    assert move(participant, new, INVITED) == ["d98"]
    versions = dict(session.execute(select(Assessment.visit, Assessment.protocol_id)).all())
    assert (versions["d7"], versions["d99"]) == (old, new.id)
    assert "d98" not in versions
    day = session.scalars(select(Assessment.opens_at).filter_by(visit="d99")).one().date()
    assert day - INFUSION == timedelta(days=98)


def test_a_country_without_a_calendar_of_holidays_can_be_put_on_paper() -> None:
    text = TEXT.replace("country: NO", "country: AC").replace("holidays: wait", "holidays: send")
    text += "\nvalue_sets: {eq5d5l: [Norway]}\n"
    paper = simulate(read_protocol(text), 3, 1, date(2027, 1, 1))
    assert (paper.on_holidays(), paper.moved()) == ([], [])
