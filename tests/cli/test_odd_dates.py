"""Every date that a command takes is refused in a sentence where it is no day, or of a year that nobody means."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.time import moved_clock
from tests.messages.people import BEFORE, enrolled
from tests.odd_dates import NO_DAYS, ODD_DAYS

WHY = ("participants", "correct", "backtobasic", "01-001", "--reason", "noted for the wrong day")
EVENT = ("--event", "first_infusion", "--recorded-on")
COMMANDS = {
    "enrolled": (*WHY, "--enrolled-on", "{day}"),
    "randomised": (*WHY, "--randomised-on", "{day}"),
    "recorded on": (*WHY, *EVENT, "{day}", "--planned-on", "2026-09-25"),
    "planned on": (*WHY, *EVENT, "2026-09-15", "--planned-on", "{day}"),
    "planned at": (*WHY, *EVENT, "2026-09-15", "--planned-at", "{day} 11:00"),
    "happened at": (*WHY, *EVENT, "2026-09-15", "--happened-at", "{day} 11:00"),
    "books": ("ledger", "--day", "{day}"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_an_odd_day_is_refused_in_a_sentence_and_changes_nothing(session: Session, app: Flask, command: str) -> None:
    enrolled()
    session.commit()
    last = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    days = [day for day in ODD_DAYS if command != "books" or day != "2226-04-07"]  # its books are empty
    outcomes = {}
    for day in days:
        with moved_clock(lambda: BEFORE + timedelta(hours=1)):
            done = app.test_cli_runner().invoke(args=[word.format(day=day) for word in COMMANDS[command]])
        outcomes[day] = (done.exit_code, isinstance(done.exception, SystemExit), "Error: " in done.output)
    assert outcomes == {day: (2 if day in NO_DAYS else 1, True, True) for day in days}
    session.rollback()
    assert session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first() == last
