"""One bar on every page: where I am, where I can go, and a box that finds somebody."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.participants.models import LookUp, Participant
from tests.factories import Browser, user
from tests.web.desk.desks import DESK, PEOPLE, Desk

DAILY = ["Today", "Participants", "Inbox", "Compliance", "Messages", "Corrections"]
ENGLISH = {
    Role.COORDINATOR: [*DAILY, "Study"],
    Role.INVESTIGATOR: [*DAILY, "Audit", "Study"],
    Role.DATA_MANAGER: [*DAILY, "Audit", "Study", "Exports"],
    Role.STATISTICIAN: ["Compliance", "Study", "Exports", "Report"],
    Role.MONITOR: [*DAILY, "Audit", "Study"],
    Role.ADMINISTRATOR: ["Compliance", "Study", "People"],
}
BEGINS = {Role.STATISTICIAN: "compliance/", Role.ADMINISTRATOR: "compliance/"}


def menu(page: str) -> list[str]:
    """The names in the menu."""
    match = re.search(r'<nav [^>]*"nav nav-underline".*?</nav>', page, re.S)
    return (
        [re.sub(r"<.*?>| \(\d+\)", "", name).strip() for name in re.findall(r"<a .*?</a>", match[0], re.S)]
        if match
        else []
    )


@pytest.mark.parametrize("role", list(Role))
def test_a_day_begins_on_the_first_page_of_the_menu_and_the_menu_has_what_she_may_open(
    desk: Desk, app: Flask, role: Role
) -> None:
    browser = Browser(app, user(desk.protocol.study, role))
    desk.session.commit()
    begun = browser.get("/desk/")
    assert (begun.status_code, begun.location) == (302, DESK + BEGINS.get(role, "today/"))
    page = browser.get(begun.location).text
    assert menu(page) == ENGLISH[role]
    assert page.count('aria-current="page"') == 1
    for address in re.findall(r'class="nav-link" href="(.*?)"', page):
        assert browser.get(address).status_code == 200


def test_who_works_for_several_studies_chooses(desk: Desk, app: Flask) -> None:
    newcomer = Browser(app, user())
    desk.session.commit()
    assert newcomer.get("/desk/").status_code == 200
    assert "You work for no study yet" in newcomer.get("/desk/").text


@pytest.mark.parametrize(
    ("path", "status"),
    [("participants/01-999", 404), ("nowhere/", 404), ("exports/", 403), ("report/", 403), ("nowhere", 404)],
)
def test_the_menu_is_on_a_page_that_was_refused(coordinators_desk: Desk, path: str, status: int) -> None:
    answer = coordinators_desk.browser.get(DESK + path)
    assert (answer.status_code, menu(answer.text)) == (status, ENGLISH[Role.COORDINATOR])
    assert "site 01 " in answer.text


def test_the_menu_is_on_a_page_that_came_too_late(desk: Desk) -> None:
    person = desk.someone()
    desk.session.commit()
    desk.send(person, "withdrawal", reason="moved")
    again = desk.send(person, "withdrawal", reason="moved")
    assert (again.status_code, menu(again.text)) == (409, ENGLISH[Role.INVESTIGATOR])


def test_strangers_and_other_studies_learn_of_no_menu(desk: Desk, app: Flask) -> None:
    elsewhere = Browser(app, user())
    desk.session.commit()
    for address in (f"{DESK}today/", f"{DESK}nowhere/", "/desk/other/today/", "/nowhere"):
        answer = elsewhere.get(address)
        assert (answer.status_code, menu(answer.text), "backtobasic</strong>" in answer.text) == (404, [], False)


def test_the_bar_names_the_site_and_its_clocks_once(coordinators_desk: Desk) -> None:
    page = coordinators_desk.page("today/")
    assert page.count("times are those of Europe/Oslo") == 1
    assert "site 01 " in page


def test_the_former_address_of_compliance_leads_to_the_new_one(desk: Desk) -> None:
    answer = desk.browser.get(DESK)
    assert (answer.status_code, answer.location) == (308, f"{DESK}compliance/")


def find(desk: Desk, words: str) -> tuple[int, str]:
    """What the box answers, and where it leads."""
    desk.session.commit()
    answer = desk.browser.post(f"{DESK}find/", words=words)
    return answer.status_code, answer.location or answer.text


def number_of(person: Participant) -> str:
    return person.contact.phone or ""


def test_a_pseudonym_leads_to_her_page_and_a_part_of_one_to_the_list(desk: Desk) -> None:
    person = desk.someone()
    assert find(desk, f" {person.code} ") == (303, PEOPLE + person.code)
    assert find(desk, "01-") == (303, f"{PEOPLE}?code=01-")
    assert find(desk, " ")[0] == 400
    assert list(desk.session.scalars(select(LookUp))) == []


@pytest.mark.parametrize("written", ["{}", "{0:.6} {0:>.20}", "  {}  "])
def test_a_number_finds_her_and_is_on_the_record_without_being_opened(desk: Desk, written: str) -> None:
    person = desk.someone()
    number = number_of(person)
    typed = {"{}": number, "  {}  ": f" {number} "}.get(written, f"{number[3:6]} {number[6:8]} {number[8:]}")
    assert find(desk, typed) == (303, PEOPLE + person.code)
    row = desk.session.scalars(select(LookUp)).one()
    assert (row.participant_id, row.looked_up_by) == (person.id, f"user:{desk.member.id}")
    entry = desk.session.scalars(select(AuditEntry).filter_by(table_name="public.look_ups")).one()
    assert (entry.actor, number[3:] in str(entry.new)) == (f"user:{desk.member.id}", False)


def test_a_number_that_several_share_shows_them_all(desk: Desk) -> None:
    first, second = desk.someone(), desk.someone("02")
    second.contact.phone = first.contact.phone
    status, page = find(desk, number_of(first))
    assert (status, first.code in page, second.code in page) == (200, True, True)
    assert number_of(first) not in page.replace(f'value="{number_of(first)}"', "")


@pytest.mark.parametrize("whose", ["nobody's", "another site's"])
def test_a_number_that_nobody_of_hers_has_is_on_the_record_without_the_number(
    coordinators_desk: Desk, whose: str
) -> None:
    stranger = coordinators_desk.someone("02")
    number = number_of(stranger) if whose == "another site's" else "+4740999998"
    status, page = find(coordinators_desk, number)
    assert (status, "Nobody at your sites has this number" in page, stranger.code in page) == (200, True, False)
    assert f'value="{number}"' in page, "what was typed is kept"
    row = coordinators_desk.session.scalars(select(LookUp)).one()
    assert (row.participant_id, row.study_id) == (None, stranger.study_id)
    assert row.looked_up_by == f"user:{coordinators_desk.member.id}"
    entry = coordinators_desk.session.scalars(select(AuditEntry).filter_by(table_name="public.look_ups")).one()
    assert set(entry.new or ()) == {"id", "participant_id", "study_id", "looked_up_by", "looked_up_at"}


def test_what_is_no_number_says_so(desk: Desk) -> None:
    status, page = find(desk, "123 456 789")
    assert (status, "not in use for telephones" in page) == (400, True)


@pytest.mark.parametrize("role", [Role.MONITOR, Role.DATA_MANAGER])
def test_who_may_not_call_may_not_look_for_numbers(desk: Desk, app: Flask, role: Role) -> None:
    person, other = desk.someone(), Browser(app, user(desk.protocol.study, role))
    desk.session.commit()
    assert other.post(f"{DESK}find/", words=number_of(person)).status_code == 403
    assert other.post(f"{DESK}find/", words=person.code).status_code == 303


def test_each_reads_the_desk_in_her_own_language_whatever_the_browser_says(desk: Desk) -> None:
    assert menu(desk.page("today/"))[0] == "Today"
    answer = desk.browser.post("/account/language", language="nb", back=f"{DESK}study/")
    assert (answer.status_code, answer.location) == (303, f"{DESK}study/")
    page = desk.page("study/")
    assert (menu(page)[0], '<html lang="nb">' in page, "Versjoner av protokollen" in page) == ("I dag", True, True)
    assert desk.browser.post("/account/language", language="en", back="https://evil.example/").location == "/account"
    assert menu(desk.page("today/"))[0] == "Today"
    assert desk.browser.post("/account/language", language="se").status_code == 400


def test_a_refused_form_says_so_in_the_title_and_leads_to_the_field(desk: Desk) -> None:
    refused = desk.enrol(phone="12", pin="1234")
    assert refused.status_code == 400
    assert "<title>Error: Enrol" in refused.text
    assert '<a href="#phone">' in refused.text
    assert 'aria-describedby="phone-hint phone-error" aria-invalid="true"' in refused.text
    assert 'value="1234"' in refused.text, "a PIN too is not typed twice"


def test_the_study_page_says_how_it_is_set_up(desk: Desk) -> None:
    page = desk.page("study/")
    assert "Europe/Oslo" in page
    assert desk.protocol.sha256[:16] in page
    assert page.count('<tr><th class="text">0') == len(desk.protocol.plan.sites)
