"""What staff see of alerts: each chooses on her account, a task's page tells who was told, and takes it."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.accounts.roles import Role
from app.alerting.chain import CHOICES
from app.participants.models import Task, TaskKind
from app.studies.models import Membership
from tests.alerting.conftest import Ward
from tests.factories import Browser

KARI, OLA = "kari@hospital.example", "ola@hospital.example"


def held(ward: Ward, somebody: User) -> Membership:
    ward.session.expire_all()
    return ward.session.scalars(select(Membership).filter_by(user_id=somebody.id)).one()


@pytest.mark.parametrize("wish", ["", *map(str, CHOICES)])
def test_each_chooses_on_her_account_when_she_is_told(ward: Ward, app: Flask, wish: str) -> None:
    kari = ward.staff(30, KARI)
    browser, place = Browser(app, kari), held(ward, kari).id
    answer = browser.post("/account/alerts", **{f"after-{place}": wish})
    assert (answer.status_code, answer.location) == (303, "/account#alerts")
    assert held(ward, kari).alerted_after == (int(wish) if wish else None)
    assert f'<option value="{wish}"' + (" selected" if wish else "") + ">" in browser.get("/account").text


@pytest.mark.parametrize("wish", ["1", "-15", "15.0", "１５", "never", "999999999999999999999"])
def test_a_wish_that_is_not_on_the_list_is_refused_and_changes_nothing(ward: Ward, app: Flask, wish: str) -> None:
    kari = ward.staff(30, KARI)
    answer = Browser(app, kari).post("/account/alerts", **{f"after-{held(ward, kari).id}": wish})
    assert (answer.status_code, "Choose one of the list." in answer.text) == (400, True)
    assert held(ward, kari).alerted_after == 30


def test_nobody_chooses_for_somebody_else(ward: Ward, app: Flask) -> None:
    kari, ola = ward.staff(30, KARI), ward.staff(None, OLA)
    wishes = {f"after-{held(ward, ola).id}": "0", "after-": "0", "after-" + "9" * 5000: "0"}
    assert Browser(app, kari).post("/account/alerts", **wishes).status_code == 303
    assert (held(ward, kari).alerted_after, held(ward, ola).alerted_after) == (30, None)


@pytest.mark.parametrize(
    ("role", "is_asked"), [(role, role in (Role.COORDINATOR, Role.INVESTIGATOR)) for role in Role], ids=[*Role]
)
def test_who_cannot_close_a_task_is_not_asked(ward: Ward, app: Flask, role: Role, is_asked: bool) -> None:
    browser = Browser(app, ward.staff(None, KARI, role, None))
    assert ('id="alerts"' in browser.get("/account").text) is is_asked


def test_the_account_says_when_no_mail_leaves(ward: Ward, app: Flask) -> None:
    browser, kept = Browser(app, ward.staff(0, KARI)), app.extensions["settings"]
    assert "sends no e-mail" in browser.get("/account").text
    try:
        app.extensions["settings"] = replace(kept, smtp_url=ward.server.address)
        assert "sends no e-mail" not in browser.get("/account").text
    finally:
        app.extensions["settings"] = kept


def test_the_page_of_a_task_tells_who_was_told_and_takes_it(ward: Ward, app: Flask) -> None:
    kari = ward.staff(0, KARI)
    task = ward.task()
    browser, page = Browser(app, kari), f"/desk/backtobasic/today/tasks/{task.id}"
    assert "Nobody was told of this by e-mail." in browser.get(page).text
    ward.round()
    assert '<td data-head="What came of it">sent</td>' in browser.get(page).text
    own = {"path": f"/desk/backtobasic/today/{ward.person.code}/owner", "task": str(task.id)}
    assert browser.post(**own).location == page
    assert "Taken by Kari Nordmann" in browser.get(page).text
    assert ward.round(60) == 0
    browser.post(**own, let_go="yes")
    assert "Nobody has taken this yet." in browser.get(page).text
    assert ward.round(60) == 1


@pytest.mark.parametrize("task", ["", "x", "-1", "9" * 5000])
def test_taking_her_with_a_task_that_is_none_comes_back_to_today(ward: Ward, app: Flask, task: str) -> None:
    browser = Browser(app, ward.staff(0, KARI))
    answer = browser.post(f"/desk/backtobasic/today/{ward.person.code}/owner", task=task)
    assert (answer.status_code, answer.location) == (303, f"/desk/backtobasic/today/#p-{ward.person.code}")


def test_today_offers_to_take_what_came_up_since_she_was_taken(ward: Ward, app: Flask) -> None:
    browser = Browser(app, ward.staff(0, KARI))
    ward.task(TaskKind.CALL_ME)
    taking, today = f"/desk/backtobasic/today/{ward.person.code}/owner", "/desk/backtobasic/today/"
    browser.post(taking)
    assert "Let go" in browser.get(today).text
    ward.task(TaskKind.SAFETY)
    assert "Let go" not in browser.get(today).text
    browser.post(taking)
    assert "Let go" in browser.get(today).text
    ward.session.expire_all()
    assert None not in ward.session.scalars(select(Task.taken_by))


def test_the_people_page_tells_who_is_told_at_each_site(ward: Ward, app: Flask) -> None:
    boss = ward.staff(None, "boss@hospital.example", Role.ADMINISTRATOR, None)
    ward.staff(60, OLA)
    ward.staff(15, KARI)
    text = Browser(app, boss).get("/desk/backtobasic/people/").text
    table = text[text.index("Who is told at once") : text.index("Invite somebody")]
    assert table.count("Kari Nordmann, at once") == 1
    assert table.count("Kari Nordmann, after 45 minutes") == 1
    assert table.count(">nobody<") == table.count("<tr><th class") - 1
