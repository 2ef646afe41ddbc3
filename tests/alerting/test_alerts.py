"""Staff are told by e-mail of what cannot wait: each once in turn, over any number of clocks, until one takes it."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.roles import Role
from app.alerting import sending
from app.alerting.models import AlertState
from app.alerting.raising import alerts_about, raise_alerts
from app.alerting.sending import ALERT_LEASE, WAITS, send_alerts
from app.core.audit import acting
from app.core.database import transaction
from app.participants.following import let_go, take
from app.participants.models import TaskKind
from app.participants.tasks import close_task
from app.studies.models import StudyState
from tests.alerting.conftest import Ward
from tests.factories import NOW, participant
from tests.reading import said

TWO_DAYS = 2 * 24 * 60
KARI, OLA, EVA = "kari@hospital.example", "ola@hospital.example", "eva@hospital.example"


def test_the_first_is_told_at_once_the_next_when_nobody_came_and_then_all_each_hour(ward: Ward) -> None:
    ward.staff(0, KARI)
    ward.staff(30, OLA, Role.INVESTIGATOR, None)
    ward.staff(None, EVA)
    ward.task()
    people_told = {minutes: ward.round(minutes) for minutes in (0, 1, 29, 30, 31, 89, 90, 91, 150)}
    assert people_told == {0: 1, 1: 0, 29: 0, 30: 1, 31: 0, 89: 0, 90: 2, 91: 0, 150: 2}
    assert sorted(ward.mailed) == 3 * [KARI] + 3 * [OLA]
    assert [(row.number, row.state) for row in ward.ledger()] == [
        (number, AlertState.SENT) for number in (1, 1, 2, 2, 3, 3)
    ]


@pytest.mark.parametrize("ends", ["taken", "done"])
def test_it_ends_when_somebody_takes_the_task_or_it_is_done(ward: Ward, ends: str) -> None:
    kari = ward.staff(0, KARI)
    ward.staff(30, OLA)
    task = ward.task()
    ward.round()
    if ends == "taken":
        take(ward.person, kari, NOW)
        assert task.taken_by == f"user:{kari.id}"
    else:
        close_task(task, f"user:{kari.id}", "Called her.", NOW)
    assert [ward.round(minutes) for minutes in (30, 90, 600)] == [0, 0, 0]
    assert ward.mailed == [KARI]


def test_who_lets_go_of_her_hands_the_task_back_to_all(ward: Ward) -> None:
    kari = ward.staff(0, KARI)
    ward.staff(30, OLA)
    ward.task()
    ward.round()
    take(ward.person, kari, NOW)
    assert ward.round(40) == 0
    let_go(ward.person, kari)
    assert ward.round(45) == 1
    assert ward.mailed == [KARI, OLA]


def test_a_task_that_comes_after_she_was_taken_is_told_of_again(ward: Ward) -> None:
    kari = ward.staff(0, KARI)
    ward.task(TaskKind.CALL_ME)
    take(ward.person, kari, NOW)
    assert ward.round() == 0
    ward.task(TaskKind.SAFETY)
    assert ward.round(1) == 1


def test_an_alert_that_waits_is_called_off_when_the_task_is_taken(ward: Ward) -> None:
    kari = ward.staff(0, KARI)
    ward.task()
    ward.server.smtp.script.append("mail:451 4.3.0 later")
    assert ward.round() == 0
    take(ward.person, kari, NOW)
    assert ward.round(5) == 0
    (row,) = ward.ledger()
    assert (row.state, row.failure, ward.mailed) == (AlertState.CALLED_OFF, "SMTPSenderRefused", [])


@pytest.mark.parametrize(
    ("kind", "posts"),
    [(kind, int(kind in (TaskKind.SAFETY, TaskKind.CALL_ME))) for kind in TaskKind],
    ids=[kind.value for kind in TaskKind],
)
def test_only_what_cannot_wait_is_told(ward: Ward, kind: TaskKind, posts: int) -> None:
    ward.staff(0, KARI)
    ward.task(kind)
    assert ward.round() == posts


@pytest.mark.parametrize(
    ("role", "at_site", "posts"),
    [
        (Role.COORDINATOR, "01", 1),
        (Role.COORDINATOR, "02", 0),
        (Role.COORDINATOR, None, 1),
        (Role.INVESTIGATOR, "01", 1),
        (Role.MONITOR, "01", 0),
        (Role.STATISTICIAN, None, 0),
        (Role.ADMINISTRATOR, None, 0),
        (Role.DATA_MANAGER, None, 0),
    ],
)
def test_who_may_close_the_task_at_that_site_is_told_and_nobody_else(
    ward: Ward, role: Role, at_site: str | None, posts: int
) -> None:
    ward.staff(0, KARI, role, at_site)
    ward.task()
    assert ward.round() == posts


@pytest.mark.parametrize(
    ("state", "posts"), [(state, int(state not in ("locked", "archived"))) for state in StudyState]
)
def test_where_nobody_can_close_a_task_nobody_is_told(ward: Ward, state: StudyState, posts: int) -> None:
    ward.staff(0, KARI)
    ward.task()
    ward.protocol.study.state = state
    assert ward.round() == posts


def test_who_does_not_work_here_any_more_is_not_told_what_was_raised_for_her(ward: Ward) -> None:
    kari = ward.staff(0, KARI)
    ward.task()
    with acting("clock"), transaction():
        assert raise_alerts(NOW) == 1
    kari.active = False
    assert ward.round(1) == 0
    assert [row.state for row in ward.ledger()] == [AlertState.CALLED_OFF]


def test_the_mail_has_the_address_of_the_task_and_nobodys_name_code_or_answer(ward: Ward) -> None:
    ward.person.contact.name = "Eva Holm"
    ward.staff(0, KARI)
    task = ward.task()
    ward.round()
    (mail,) = ward.server.smtp.took
    assert f"https://svar.example/desk/backtobasic/today/tasks/{task.id}" in mail.get_content().splitlines()
    secret = ("Eva", "Holm", ward.person.code, "odi.", "pain", "safety", ward.person.contact.phone or "")
    assert [word for word in secret if word in said(mail)] == []
    assert (mail["Subject"], mail["Auto-Submitted"]) == (
        "A task waits for you at site 01 of backtobasic",
        "auto-generated",
    )


@pytest.mark.parametrize(
    ("language", "practice", "minutes", "subject"),
    [
        ("nb", False, 0, "En oppgave venter på deg ved senter 01 i backtobasic"),
        ("nb", False, 60, "Venter fortsatt: en oppgave ved senter 01 i backtobasic"),
        ("en", False, 60, "Still waiting: a task at site 01 of backtobasic"),
        (None, True, 0, "Practice: a task at site 01 of backtobasic"),
    ],
)
def test_the_subject_is_in_the_language_of_her_pages(
    ward: Ward, language: str | None, practice: bool, minutes: int, subject: str
) -> None:
    kari = ward.staff(0, KARI)
    kari.language, ward.person.practice = language, practice
    ward.task()
    ward.round()
    ward.round(minutes)
    assert ward.server.smtp.took[-1]["Subject"] == subject


def test_two_clocks_at_once_tell_each_person_once(ward: Ward, app: Flask) -> None:
    for number in range(6):
        ward.staff(0, f"nurse{number}@hospital.example")
    ward.task()

    def turn(_: int) -> int:
        with app.app_context():
            with acting("clock"), transaction():
                raise_alerts(NOW)
            return send_alerts(ward.settings, NOW)

    with ThreadPoolExecutor(4) as clocks:
        assert sum(clocks.map(turn, range(4))) == 6
    assert sorted(ward.mailed) == [f"nurse{number}@hospital.example" for number in range(6)]
    assert [(row.attempts, row.state) for row in ward.ledger()] == [(1, AlertState.SENT)] * 6


@pytest.mark.parametrize(("dies", "mails"), [("_post", 1), ("_settle", 2)])
def test_a_clock_that_is_killed_loses_no_alert_and_what_left_twice_is_the_same_mail(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, dies: str, mails: int
) -> None:
    ward.staff(0, KARI)
    ward.task()
    with monkeypatch.context() as dying:
        dying.setattr(sending, dies, lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ward.round()
    ward.session.rollback()
    over = ALERT_LEASE / timedelta(minutes=1)
    assert [ward.round(over - 0.1), ward.round(over)] == [0, 1]
    ids = [mail["Message-ID"] for mail in ward.server.smtp.took]
    assert (len(ids), len(set(ids)), ward.ledger()[0].state) == (mails, 1, AlertState.SENT)


@pytest.mark.parametrize("breaks", ["_post", "_settle", "the mail server"])
def test_f35_what_was_put_off_by_a_database_that_was_ahead_leaves_once_that_is_right(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    """Alerts leave while the time is wrong; a lease or a wait until then is no reason to be silent for two days."""
    ward.staff(0, KARI)
    ward.task()
    working, ahead = ward.settings, TWO_DAYS
    if breaks == "the mail server":
        ward.settings = replace(working, smtp_url="smtp://127.0.0.1:9")
        assert ward.round(ahead) == 0
    else:
        with monkeypatch.context() as dying:
            dying.setattr(sending, breaks, lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                ward.round(ahead)
        ward.session.rollback()
    ward.settings = working
    assert ward.round(1) >= 1
    assert set(ward.mailed) == {KARI}


@pytest.mark.parametrize(("ahead", "mailed"), [(TWO_DAYS, {KARI, OLA}), (0.9, {KARI}), (0, {KARI})])
def test_f35_a_task_of_a_future_that_never_came_is_everybodys_at_once(
    ward: Ward, ahead: float, mailed: set[str]
) -> None:
    """A reply was heard while the database was ahead: its task would wait for the second until that day."""
    ward.staff(0, KARI)
    ward.staff(60, OLA)
    ward.task(at=NOW + timedelta(minutes=ahead))
    ward.round(0)
    ward.round(2)
    assert set(ward.mailed) == mailed
    assert len(ward.mailed) == len(mailed)


def test_a_mail_server_that_is_away_is_asked_again_and_hours_of_it_are_one_mail(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    ward.staff(0, KARI)
    ward.task()
    working, ward.settings = ward.settings, replace(ward.settings, smtp_url="smtp://127.0.0.1:9")
    assert [ward.round(minutes) for minutes in (0, 1, 3, 8, 18, 120, 240)] == [0] * 7
    (row,) = ward.ledger()
    assert (row.attempts, row.failure, row.state) == (7, "ConnectionRefusedError", AlertState.WAITING)
    heard = [record for record in caplog.records if record.name == "svar.alert"]
    assert {record.getMessage() for record in heard} == {
        "an e-mail to staff about a task at site 01 of backtobasic does not leave: ConnectionRefusedError"
    }
    ward.settings = working
    assert ward.round(240 + WAITS[-1] / timedelta(minutes=1)) == 1
    assert ward.mailed == [KARI]


def test_without_a_mail_server_the_ledger_says_so(ward: Ward) -> None:
    ward.staff(0, KARI)
    task = ward.task()
    ward.settings = replace(ward.settings, smtp_url="")
    assert ward.round() == 0
    assert [row.failure for row in alerts_about(task)] == ["SMTP_URL is not set"]


@pytest.mark.parametrize(("kind", "loud"), [(TaskKind.SAFETY, 1), (TaskKind.CALL_ME, 0)])
def test_the_operator_hears_of_safety_that_nobody_takes(
    ward: Ward, caplog: pytest.LogCaptureFixture, kind: TaskKind, loud: int
) -> None:
    ward.staff(0, KARI)
    ward.task(kind)
    ward.round()
    assert "nobody has taken it" not in caplog.text
    ward.round(60)
    heard = [record for record in caplog.records if record.name == "svar.alert" and record.levelno == logging.ERROR]
    assert [record.getMessage() for record in heard] == loud * [
        "a task of safety at site 01 of backtobasic waits: everybody was told, and nobody has taken it"
    ]


def test_each_task_is_told_by_itself(ward: Ward) -> None:
    ward.staff(0, KARI)
    ward.task()
    ward.person = participant(ward.protocol, "01")
    ward.task(TaskKind.CALL_ME)
    assert ward.round() == 2
    addresses = {mail.get_content().split("/tasks/")[1].split()[0] for mail in ward.server.smtp.took}
    assert len(addresses) == 2
