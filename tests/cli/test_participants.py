"""`flask participants correct`: what would change, and what is changed."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli import who
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.participants.enrolment import randomise, withdraw
from app.participants.grades import LeavingGrade
from app.participants.models import Event, EventState, Participant
from tests.messages.people import BEFORE, enrolled

WHY = ("--reason", "noted for the wrong day")
OF_THE_LIBRARY = ("few words", "format", "is not one of")
INFUSION = ("--event", "first_infusion", "--recorded-on", "2026-09-15")


@pytest.fixture
def person(session: Session) -> Participant:
    participant = enrolled()
    session.commit()
    return participant


def run(app: Flask, *arguments: str, ends: int = 0) -> str:
    with moved_clock(lambda: BEFORE):
        done = app.test_cli_runner().invoke(args=["participants", "correct", "backtobasic", "01-001", *arguments])
    assert done.exit_code == ends, done.output
    return done.output


def test_a_dry_run_tells_each_window_and_text_in_her_own_time_and_changes_nothing(
    session: Session, person: Participant, app: Flask
) -> None:
    moved = (*WHY, *INFUSION, "--planned-at", "2026-09-25 11:00")
    foreseen = run(app, *moved, "--dry-run")
    assert (
        "window d7     2026-09-22 00:00 to 2026-09-25 00:00 (not_due) -> 2026-10-02 00:00 to 2026-10-05 00:00"
        in foreseen
    )
    assert "text   d7     invitation  2026-09-22 09:00 in nb from 01 -> 2026-10-02 09:00 in nb from 01" in foreseen
    assert foreseen.endswith("18 windows and 54 texts to come would change. Nothing was changed.\n")
    session.rollback()
    assert session.scalars(select(Event.on)).one() == date(2026, 9, 15)
    done = run(app, *moved)
    assert done == foreseen.replace("would change. Nothing was changed.", "changed.")
    session.rollback()
    assert session.scalars(select(Event.on)).one() == date(2026, 9, 25)


@pytest.mark.parametrize(
    ("way", "state", "on", "hour"),
    [
        (("--planned-on", "2026-09-25"), EventState.PLANNED, date(2026, 9, 25), None),
        (("--planned-at", "2026-09-25 11:00"), EventState.PLANNED, date(2026, 9, 25), 9),
        (("--happened-at", "2026-09-01 09:30"), EventState.HAPPENED, date(2026, 9, 1), 7),
        (("--happened-at", "2026-09-01T09:30"), EventState.HAPPENED, date(2026, 9, 1), 7),
        (("--called-off",), EventState.CANCELLED, date(2026, 9, 15), 9),
    ],
)
def test_an_event_is_put_right_by_her_own_clock(
    session: Session,
    person: Participant,
    app: Flask,
    way: tuple[str, ...],
    state: EventState,
    on: date,
    hour: int | None,
) -> None:
    run(app, *WHY, *INFUSION, *way)
    session.rollback()
    event = session.scalars(select(Event)).one()
    assert (event.state, event.on, event.at and event.at.hour) == (state, on, hour)


def test_hours_are_those_of_the_zone_that_is_put_right_with_them(
    session: Session, person: Participant, app: Flask
) -> None:
    run(app, *WHY, *INFUSION, "--planned-at", "2026-09-25 11:00", "--zone", "America/New_York")
    session.rollback()
    event = session.scalars(select(Event)).one()
    assert event.at is not None
    assert (event.on, event.at.hour) == (date(2026, 9, 25), 15)


def test_the_rest_of_the_record_is_put_right_too(session: Session, person: Participant, app: Flask) -> None:
    withdraw(person, "mistaken for another", BEFORE)
    randomise(person, date(2026, 9, 1), BEFORE)
    session.commit()
    run(
        app,
        *WHY,
        "--not-withdrawn",
        "--not-randomised",
        "--language",
        "en",
        "--site",
        "02",
        "--enrolled-on",
        "2026-08-30",
    )
    session.rollback()
    anew = session.scalars(select(Participant)).one()
    assert (anew.withdrawn_at, anew.randomised_on, anew.language) == (None, None, "en")
    assert (anew.site.code, anew.enrolled_on) == ("02", date(2026, 8, 30))
    reasons = select(AuditEntry.reason).where(AuditEntry.actor == who.system_user()).distinct()
    assert session.scalars(reasons).all() == [WHY[1]]


def test_how_she_left_is_put_right(session: Session, person: Participant, app: Flask) -> None:
    withdraw(person, "mistaken for another", BEFORE)
    session.commit()
    run(app, *WHY, "--left-as", "no texts", "--left-because", "too many of them")
    session.rollback()
    anew = session.scalars(select(Participant)).one()
    assert (anew.withdrawn_at, anew.left_as) == (None, LeavingGrade.NO_TEXTS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--reason", "short", "--language", "en"), "Say why in at least 10 characters"),
        (("--reason", "  ", "--language", "en"), "say why, in a few words"),
        (WHY, "Say what is to be corrected"),
        ((*WHY, "--event", "first_infusion", "--called-off"), "Of an event say --event, --recorded-on, and one of"),
        ((*WHY, *INFUSION), "one of --happened-at, --planned-on, --planned-at, --called-off"),
        ((*WHY, *INFUSION, "--called-off", "--planned-on", "2026-09-25"), "and one of"),
        ((*WHY, "--called-off"), "Of an event say --event"),
        ((*WHY, *INFUSION, "--happened-at", "2026-08-31 10:00"), "comes before 01-001 was enrolled"),
        ((*WHY, *INFUSION, "--planned-on", "2026-08-31"), "comes before 01-001 was enrolled"),
        ((*WHY, *INFUSION, "--planned-on", "31.08.2026"), "does not match the format"),
        ((*WHY, "--zone", "Europe/Bergen"), "There is no time zone Europe/Bergen"),
        ((*WHY, "--site", "77"), "has no site 77"),
        ((*WHY, "--not-withdrawn"), "No withdrawal of 01-001 is recorded"),
        ((*WHY, "--left-on", "2026-09-01"), "No withdrawal of 01-001 is recorded"),
        ((*WHY, "--left-as", "a bit"), "'a bit' is not one of"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_changed(
    session: Session, person: Participant, app: Flask, arguments: tuple[str, ...], sentence: str
) -> None:
    answer = run(app, *arguments, ends=2 if any(part in sentence for part in OF_THE_LIBRARY) else 1)
    assert sentence in answer
    session.rollback()
    assert session.scalars(select(AuditEntry).where(AuditEntry.actor == who.system_user())).all() == []
