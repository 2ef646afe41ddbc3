"""A Send that a phone kept comes when its answers are not taken: refused, and a person is told by one task."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.participants.enrolment import withdraw
from app.participants.models import Task, TaskKind
from app.participants.tasks import close_task
from app.responses.late_attempts import attempts
from app.responses.models import Response
from app.responses.second_answers import other_answers
from app.schedule.links import reissue
from app.schedule.models import Assessment, NotDone
from app.schedule.not_done import note_not_done
from app.studies.states import StudyState
from tests.responses.test_drafts import D154, SECOND
from tests.web.patient.pages import counted, form, made, page, the_visit

pytestmark = pytest.mark.usefixtures("on_day_154")
FIELD = "odi.lifting"
CLOCK = 1_785_000_000_000
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
JSON = {"Accept": "application/json"}
Meanwhile = Callable[[Assessment], object]


def told(ago: timedelta) -> str:
    """What a phone says: it had nothing of ours, and answered so long ago."""
    return json.dumps([0, CLOCK, {FIELD: [0, CLOCK - int(ago.total_seconds() * 1000)]}])


def send(client: FlaskClient, link: str, at_most: int, ago: timedelta = HOUR, **more: str) -> tuple[int, str]:
    fields = {FIELD: "3", "_act": "submit", "_asked": "1", "_told": told(ago)} | more
    answers = [client.post(link, data=fields, headers=JSON if number else {}) for number in range(at_most)]
    return answers[0].status_code, page(answers[0])


def meanwhile(app: Flask, happens: Meanwhile) -> None:
    with app.app_context(), acting("test"), transaction():
        happens(the_visit())


def judged(app: Flask) -> tuple[list[str | None], list[str]]:
    """The notes of the tasks, and the values that are kept for a person."""
    with app.app_context():
        notes = db.session.scalars(select(Task.note).filter_by(kind=TaskKind.TO_JUDGE).order_by(Task.id)).all()
        return list(notes), [each.value for each in other_answers(the_visit().id).get(FIELD, [])]


def nothing(assessment: Assessment) -> None:
    """The visit stands as it stood."""


def moved(by: timedelta) -> Meanwhile:
    def move(assessment: Assessment) -> None:
        for name in ("opens_at", "send_at", "due_at", "closes_at", "grace_until"):
            setattr(assessment, name, getattr(assessment, name) + by)

    return move


def called_off(assessment: Assessment) -> None:
    assessment.cancelled_at = D154 - MINUTE


def ended_by_the_site(assessment: Assessment) -> None:
    note_not_done(assessment, NotDone.TOO_ILL, "", "user:1", D154 - MINUTE)


def left(assessment: Assessment) -> None:
    withdraw(assessment.participant, "moved away", D154 - MINUTE)


def closed(assessment: Assessment) -> None:
    assessment.participant.study.state = StudyState.CLOSED


def locked(assessment: Assessment) -> None:
    assessment.participant.study.state = StudyState.LOCKED


@pytest.mark.parametrize(
    ("happens", "ago", "status", "notes", "kept"),
    [
        (moved(30 * DAY), HOUR, 409, [FIELD], ["3"]),
        (moved(-200 * DAY), 201 * DAY, 410, [FIELD], ["3"]),
        (moved(-200 * DAY), HOUR, 410, [], []),  # answered when it was over: too late is too late
        (called_off, HOUR, 410, [FIELD], ["3"]),
        (ended_by_the_site, HOUR, 410, [FIELD], ["3"]),
        (ended_by_the_site, timedelta(), 410, [FIELD], ["3"]),  # in the window that it had
        (left, HOUR, 410, [None], []),
        (left, timedelta(), 410, [], []),
        (closed, HOUR, 410, [FIELD], ["3"]),
        (locked, HOUR, 410, [], []),
    ],
)
def test_what_is_refused_a_person_is_told_of_once(
    app: Flask, client: FlaskClient, link: str, happens: Meanwhile, ago: timedelta, status: int, notes: list[str],
    kept: list[str],
) -> None:  # fmt: skip
    meanwhile(app, happens)
    answered, html = send(client, link, 2, ago)
    assert (answered, judged(app)) == (status, (notes, kept))
    assert ("Forskergruppen ser på det du har sendt." in html) is bool(kept), "and she is told so"
    assert counted(app, Response) == 0


@pytest.mark.parametrize("with_clock", [True, False])
def test_answers_given_in_time_that_come_after_the_grace_are_kept_for_a_person(
    app: Flask, client: FlaskClient, link: str, with_clock: bool
) -> None:
    with app.app_context():
        late = the_visit().grace_until + MINUTE
    with moved_clock(lambda: late):
        assert send(client, link, 1, HOUR, **({} if with_clock else {"_told": ""}))[0] == 410
    assert judged(app) == (([FIELD], ["3"]) if with_clock else ([], []))
    with app.app_context():
        assert len(attempts(the_visit())) == 1, "and that they came late"


def test_a_draft_that_is_refused_is_thrown_away_as_drafts_are(app: Flask, client: FlaskClient, link: str) -> None:
    meanwhile(app, called_off)
    assert send(client, link, 1, _act="draft")[0] == 410
    assert judged(app) == ([], [])


def test_what_was_answered_before_the_questions_opened_is_received_and_a_person_is_told(
    app: Flask, client: FlaskClient, link: str
) -> None:
    with app.app_context():
        since_opening = D154 - the_visit().opens_at
    assert send(client, link, 2, since_opening + DAY)[0] == 303
    assert (counted(app, Response), judged(app)) == (1, ([FIELD], ["3"]))


def test_of_whole_answers_which_are_taken_at_once_a_person_is_told_too(
    app: Flask, client: FlaskClient, link: str
) -> None:
    with app.app_context():
        early = D154 - the_visit().opens_at + DAY
    fields = {name: value for name, value in form(app).items() if not name.endswith((".other", "_text"))}
    assert client.post(link, data=fields | {"_told": told(early)}).status_code == 303
    assert judged(app) == ([FIELD], [fields[FIELD]])


def test_who_was_told_and_sends_has_judged_herself(app: Flask, client: FlaskClient, link: str) -> None:
    with app.app_context():
        early = D154 - the_visit().opens_at + DAY
    fields = {FIELD: "3", "_told": told(early)}
    reply = client.post(link, data=fields | {"_act": "draft"}, headers=JSON).get_json()
    assert FIELD in reply["errors"]
    seen = json.dumps([reply["came"], *json.loads(told(early))[1:]])
    assert send(client, link, 1, _told=seen)[0] == 303
    assert (counted(app, Response), judged(app)) == (1, ([], []))


@pytest.mark.parametrize("ago", [HOUR, timedelta()])
def test_what_comes_after_the_end_beside_received_answers_is_kept_if_it_was_given_in_time(
    app: Flask, client: FlaskClient, link: str, ago: timedelta
) -> None:
    client.post(link, data=form(app))
    with app.app_context():
        late = the_visit().grace_until + MINUTE
    with moved_clock(lambda: late):
        assert send(client, link, 1, ago)[0] == 409
    with app.app_context():
        tasks = db.session.scalars(select(Task.note).filter_by(kind=TaskKind.TWO_ANSWERS)).all()
        assert tasks == ([FIELD] if ago else [])


@pytest.mark.parametrize(
    ("happens", "act", "notes"),
    [(nothing, "submit", [None]), (nothing, "draft", []), (left, "submit", []), (called_off, "submit", [])],
)
def test_a_send_under_a_link_that_was_replaced_is_told_once_and_not_kept(
    app: Flask, client: FlaskClient, link: str, happens: Meanwhile, act: str, notes: list[str | None]
) -> None:
    meanwhile(app, lambda visit: reissue(visit, D154))
    meanwhile(app, happens)
    assert send(client, link, 3, _act=act)[0] == 410
    assert judged(app) == (notes, [])


def test_what_says_nothing_new_opens_no_task_that_was_closed(app: Flask, client: FlaskClient, link: str) -> None:
    meanwhile(app, lambda visit: reissue(visit, D154))
    send(client, link, 1)
    with app.app_context(), acting("test"), transaction():
        close_task(db.session.scalars(select(Task)).one(), "user:1", "Called.", D154)
    send(client, link, 1)
    assert judged(app) == ([None], [])


def test_an_answer_that_worries_reaches_somebody_although_it_is_refused(app: Flask, client: FlaskClient) -> None:
    link = made(app, "d0", given=False)
    with app.app_context():
        opens = the_visit("d0").opens_at
        the_visit("d0").cancelled_at = opens
        with acting("test"):
            db.session.commit()
    with moved_clock(lambda: opens + SECOND):
        assert client.post(link, data={"hscl25.ending_life": "3"}).status_code == 410
    with app.app_context():
        assert db.session.scalars(select(Task.note).filter_by(kind=TaskKind.SAFETY)).all() == ["hscl25.ending_life"]
