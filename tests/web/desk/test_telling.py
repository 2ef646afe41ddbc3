"""Days and reasons in the reader's language."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from app.core.database import db
from app.messages.receiving.strangers import STOPPED, WROTE
from app.participants.models import CallOutcome, Task, TaskKind
from app.responses.calling import WAITS, CallSentence
from app.studies.protocol import read_protocol
from app.web.desk.telling import closing, titled, told, visit_words
from app.web.language import gettext, speak
from tests.factories import NOW
from tests.some import some
from tests.studies.protocol.second import second
from tests.web.desk.desks import Desk

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
"""In Oslo; what ends then has this day as its last."""
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("until", "english", "bokmal"),
    [
        (MIDNIGHT, "closes today", "stenger i dag"),
        (MIDNIGHT - timedelta(hours=2), "closes today", "stenger i dag"),
        (MIDNIGHT + DAY, "closes tomorrow", "stenger i morgen"),
        (MIDNIGHT + 11 * DAY, "closes in 11 days", "stenger om 11 dager"),
        (NOON, "last day Mon 2 Mar", "siste dag man. 2. mars"),
        (MIDNIGHT - DAY, "last day Sun 1 Mar", "siste dag søn. 1. mars"),
        (datetime(2026, 3, 30, 22, 0, tzinfo=UTC), "closes in 28 days", "stenger om 28 dager"),  # clocks have moved
    ],
)
def test_how_long_a_visit_is_open_is_told_in_days(app: Flask, until: datetime, english: str, bokmal: str) -> None:
    for language, said in (("en", english), ("nb", bokmal)):
        with app.test_request_context():
            speak(language)
            assert closing(until, NOON, "Europe/Oslo") == said


def test_an_instant_is_told_on_the_clocks_of_a_zone(app: Flask) -> None:
    with app.test_request_context():
        assert told(NOON, "Europe/Oslo") == "Mon 2 Mar, 12:00"
        assert told(NOON, "Asia/Tokyo") == "Mon 2 Mar, 20:00"


@pytest.mark.parametrize(
    ("title", "english", "bokmal"),
    [
        ("day 56", "day 56", "dag 56"),
        ("day -7", "day -7", "dag -7"),
        ("day 0 (2)", "day 0 (2)", "dag 0 (2)"),
        ("1m", "one month", "én måned"),
        ("3m", "3 months", "3 måneder"),
        ("-3m", "3 months before", "3 måneder før"),
        ("-1m", "one month before", "én måned før"),
        ("1h after Surgery", "one hour after Surgery", "én time etter Surgery"),
        ("-1h", "one hour before", "én time før"),
        ("-6h", "6 hours before", "6 timer før"),
        ("6h after Surgery (3)", "6 hours after Surgery (3)", "6 timer etter Surgery (3)"),
        ("day 7, 08:00", "day 7, 08:00", "dag 7, 08:00"),
        ("day 7, 09:00 to 12:20 after Flare", "day 7, 09:00–12:20 after Flare", "dag 7, 09:00–12:20 etter Flare"),
        ("Four weeks", "Four weeks", "Four weeks"),
        ("week-seven-after-infusion", "week-seven-after-infusion", "week-seven-after-infusion"),
        ("day out", "day out", "day out"),
    ],
)
def test_a_visit_without_a_title_is_told_by_when_it_comes(app: Flask, title: str, english: str, bokmal: str) -> None:
    for language, said in (("en", english), ("nb", bokmal)):
        with app.test_request_context():
            speak(language)
            assert visit_words(title) == said


def test_of_such_a_visit_the_event_goes_by_its_title(app: Flask) -> None:
    plan = read_protocol(second())
    with app.test_request_context():
        speak("nb")
        assert titled(plan, "flare-week.2") == "dag 7 etter Flare (2)"
        assert titled(plan, "before") == "dag 0"


def test_every_reason_has_its_words_in_bokmal(app: Flask) -> None:
    words = [*CallSentence, *TaskKind, *CallOutcome, WROTE, STOPPED]
    words += ["due", "missed", "said STOP", "number unusable", "not delivered", "to be read"]
    words += ["never sent", "at risk", WAITS]
    with app.test_request_context():
        speak("nb")
        for word in some(words):
            text = str(word)
            parts = dict.fromkeys(("visit", "times", "where", "reason", "answered"), "{}") if "%" in text else {}
            assert gettext(text, **parts) != (text % parts if parts else text)


def test_today_asks_the_database_as_often_for_many_people_as_for_few(desk: Desk) -> None:
    executed: list[str] = []

    def count(*arguments: object) -> None:
        executed.append(str(arguments[2]))

    def statements(people: int) -> int:
        for _ in range(people):
            desk.session.add(Task(participant=desk.someone(), kind=TaskKind.CALL_ME, created_at=NOW))
        desk.page("today/")
        executed.clear()
        desk.page("today/")
        return len(executed)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        few = statements(2)
        assert statements(7) == few
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    assert 10 < few < 40
