"""A visit goes by the name that its protocol gives it, on whichever page: its code is a code, not a d and a number."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts import tokens
from app.accounts.roles import Permission, Role
from app.core.time import moved_clock
from app.participants.models import Participant, Task, TaskKind
from app.schedule.links import token
from app.schedule.models import Assessment
from app.studies.installing import install
from app.studies.models import StudyState
from tests.api.conftest import Program
from tests.factories import BACKTOBASIC, NOW, Browser, infused, participant, user, visit
from tests.web.patient.pages import page as patients_page

CODE, TITLE = "baseline2", "day 28"
DESK = "/desk/backtobasic/"
BROKEN = re.compile(r"\baseline2")
"""The code without its first letter: what a page says that takes it for a d and a number."""


@pytest.fixture
def late(session: Session, tmp_path: Path) -> Iterator[Assessment]:
    """The visit `baseline2` of somebody, which is due, about whose answers there is a task."""
    text = BACKTOBASIC.read_text("utf-8")
    assert text.count("code: d28,") == 1
    protocol_file = tmp_path / "protocol.yaml"
    protocol_file.write_text(text.replace("code: d28,", f"code: {CODE},"), "utf-8")
    person = participant(install(protocol_file, NOW, state=StudyState.DEMO), name="Kari", now=NOW - timedelta(days=40))
    infused(person, NOW - timedelta(days=29))
    assessment = visit(person, CODE)
    session.add(Task(participant=person, kind=TaskKind.FREE_TEXT, visit=CODE, note="sick_leave.kind", created_at=NOW))
    session.commit()
    with moved_clock(lambda: assessment.due_at):
        yield assessment


def pages_of_the_desk(app: Flask) -> list[str]:
    """The addresses of all pages below the study that need nothing but a participant and a task."""
    values = {"study": "backtobasic", "code": "01-001", "task_id": 1}
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/desk/<study>") and "GET" in (rule.methods or ()) and rule.arguments <= set(values)
    ]
    built = [rule.build({name: values[name] for name in rule.arguments}) for rule in rules]
    return sorted(address for _, address in filter(None, built))


def test_every_page_of_the_desk_says_the_visits_title_or_its_whole_code(
    app: Flask, late: Assessment, session: Session
) -> None:
    browser = Browser(app, user(late.participant.study, Role.INVESTIGATOR))
    session.commit()
    pages = {address: browser.get(address) for address in pages_of_the_desk(app)}
    seen = {address: answer.text for address, answer in pages.items() if answer.status_code == 200}
    assert len(seen) >= 9
    assert [address for address, text in seen.items() if BROKEN.search(text)] == []
    assert f"{TITLE} is due" in seen[f"{DESK}today/"]
    assert f"{TITLE}: something was written" in seen[f"{DESK}today/"]
    assert f"· {TITLE}" in seen[f"{DESK}today/tasks/1"]
    assert f"· {TITLE}" in seen[f"{DESK}participants/01-001"]
    assert TITLE in seen[f"{DESK}participants/"]
    assert TITLE in seen[f"{DESK}compliance/"]


def test_the_sandbox_phones_show_its_day(app: Flask, late: Assessment, session: Session) -> None:
    page = Browser(app).get("/sandbox/").text
    assert '<td class="n">28</td>' in page
    assert not BROKEN.search(page)


def test_programs_get_its_whole_code_and_find_it_by_that(app: Flask, late: Assessment, session: Session) -> None:
    owner = user(late.participant.study, Role.MONITOR)
    _, secret = tokens.issue(owner, Permission, late.due_at + timedelta(days=1), NOW)
    session.commit()
    program = Program(app, secret)
    answer = program.client.get(
        f"/api/v1/studies/backtobasic/assessments?visit={CODE}", headers=program.headers
    ).get_json()
    assert [(line["visit"], line["day"]) for line in answer["items"]] == [(CODE, 28)]


def test_its_patient_sees_no_code_at_all(app: Flask, late: Assessment, session: Session) -> None:
    answer = Browser(app).get(f"/a/{token(late, 1)}")
    assert answer.status_code == 200
    assert "aseline2" not in patients_page(answer)


def test_the_acts_of_the_desk_name_it_whole(app: Flask, late: Assessment, session: Session) -> None:
    person: Participant = late.participant
    browser = Browser(app, user(person.study, Role.COORDINATOR, "01"))
    session.commit()
    texts = f"{DESK}participants/{person.code}/texts/"
    assert browser.post(texts, act="link", visit=CODE, reason="lost it").status_code == 303
    assert f"The old link for {CODE} is dead" in browser.get(f"{DESK}participants/{person.code}").text
