"""The page of the study: what may follow and what it lacks, its texts as they will look, its versions site by site."""

import html
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import StaffSession
from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.responses.going_live import missing
from app.studies.installing import install, site
from app.studies.models import Protocol, Site, StudyState
from app.studies.sites import NEEDS_APPROVAL
from app.studies.states import NEXT
from tests.factories import NOW, Browser, user
from tests.some import some
from tests.web.desk.desks import DESK, Desk

STUDY = f"{DESK}study/"
DRY_RUN = f"{STUDY}versions/1.1/sites/01"


@pytest.fixture
def amended(desk: Desk) -> Protocol:
    """A second version: two weeks after the infusion nothing is asked any more, and one text says it otherwise."""
    text = desk.protocol.source
    changed = text.replace('version: "1.0"', 'version: "1.1"').replace(
        "  - {code: d14, day: 14,", "  - {code: d15, day: 15,"
    )
    changed = changed.replace("Vi har noen nye spørsmål til deg.", "Vi har nye spørsmål.")
    assert changed.count("{code: d15, day: 15,") == 1
    return install(changed, NOW, state=StudyState.DEMO)


def browser(desk: Desk, app: Flask, role: Role, at_site: str | None = None) -> Browser:
    someone = user(desk.protocol.study, role, at_site)
    desk.session.commit()
    return Browser(app, someone)


def test_all_that_the_next_states_ask_for_is_listed_with_what_to_do(desk: Desk) -> None:
    page = desk.page("study/")
    for state in some(NEXT[StudyState.DEMO]):
        assert f"<dt>{state}</dt>" in page
    lacking = missing(desk.protocol.study, StudyState.LIVE)
    for what in some(lacking.values()):
        assert what in page


def test_who_works_at_one_site_is_not_told_what_the_whole_study_lacks(desk: Desk, app: Flask) -> None:
    page = browser(desk, app, Role.COORDINATOR, "01").get(STUDY).text
    assert "What may follow" not in page
    assert "Versions of the protocol" in page


def test_texts_are_shown_as_they_will_look_at_ones_own_site(desk: Desk, app: Flask) -> None:
    coordinator = browser(desk, app, Role.COORDINATOR, "02")
    page = coordinator.get(f"{STUDY}texts").text
    plan = desk.protocol.plan
    sender = next(each.sender["nb"] for each in plan.sites if each.code == "02")
    assert f"{sender}: Vi har noen nye spørsmål til deg." in page
    for language in some(plan.languages):
        assert f'lang="{language}" dir="ltr">' in page
    assert coordinator.get(f"{STUDY}texts?site=01").status_code == 404
    assert coordinator.get(f"{STUDY}texts?site=nowhere").status_code == 404
    assert desk.browser.get(f"{STUDY}texts?site=01").status_code == 200


def test_a_version_says_what_it_changes(desk: Desk, amended: Protocol) -> None:
    page = desk.page("study/versions/1.1/")
    assert "What it changes against 1.0" in page
    for said in ("visits.d14", "visit removed", "visits.d15", "visit added", "messages.invitation.nb", "Vi har nye"):
        assert said in page
    assert "It is the first one." in desk.page("study/versions/1.0/")
    assert desk.browser.get(f"{STUDY}versions/9/").status_code == 404


def test_a_site_is_tried_and_then_follows_an_amendment(desk: Desk, app: Flask, amended: Protocol) -> None:
    first, second = desk.someone("01", NOW.date() - timedelta(days=1)), desk.someone("02", NOW.date())
    manager = browser(desk, app, Role.DATA_MANAGER)
    tried = manager.get(DRY_RUN).text
    assert "If site 01" in tried
    assert first.code in tried
    assert second.code not in tried
    desk.session.refresh(first)
    assert first.protocol.version == "1.0", "a dry run changes nothing"
    refused = manager.post(DRY_RUN, reason=" ")
    assert (refused.status_code, "Say why" in refused.text, "<title>Error: " in refused.text) == (400, True, True)
    assert manager.post(DRY_RUN, reason="REK approved on 1 March").status_code == 303
    desk.session.expire_all()
    assert [person.protocol.version for person in (first, second)] == ["1.1", "1.0"]
    followed = [site(desk.protocol.study, code).protocol for code in ("01", "02")]
    assert followed == [amended, None]
    moved = select(AuditEntry.reason).filter_by(table_name="public.sites", action="update")
    assert desk.session.scalars(moved.order_by(AuditEntry.id)).all() == ["REK approved on 1 March"]
    assert "0 coming texts of 0 participants" in manager.get(DRY_RUN).text


@pytest.mark.parametrize("role", [Role.INVESTIGATOR, Role.COORDINATOR, Role.MONITOR, Role.STATISTICIAN])
def test_who_does_not_manage_the_study_amends_nothing(desk: Desk, app: Flask, amended: Protocol, role: Role) -> None:
    them = browser(desk, app, role)
    assert them.get(DRY_RUN).status_code == 403
    assert them.post(DRY_RUN, reason="because").status_code == 403
    assert "What would change" not in them.get(f"{STUDY}versions/1.1/").text


def test_whoever_amends_confirms_that_it_is_she(desk: Desk, app: Flask, amended: Protocol) -> None:
    manager = browser(desk, app, Role.DATA_MANAGER)
    for held in desk.session.scalars(select(StaffSession).order_by(StaffSession.id)):
        held.confirmed_until = NOW - timedelta(seconds=1)
    desk.session.commit()
    answer = manager.post(DRY_RUN, reason="because")
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/verify")


SITE = f"{STUDY}sites/02/"
GIVEN = {"approved_on": "01.02.2026", "approval_reference": "REK 2026/1234", "reason": "the committee's letter"}


def closed_site(desk: Desk) -> Site:
    row = site(desk.protocol.study, "02")
    row.active = False
    desk.session.commit()
    return row


def test_a_site_begins_by_its_approval_and_the_study_page_shows_it(desk: Desk, app: Flask) -> None:
    row, manager = closed_site(desk), browser(desk, app, Role.DATA_MANAGER)
    assert "date missing" in manager.get(STUDY).text
    refused = manager.post(SITE, act="activate", reason="it is ready")
    assert (refused.status_code, NEEDS_APPROVAL.split(":")[0] in refused.text) == (400, True)
    assert 'value="it is ready"' in refused.text
    assert manager.post(SITE, act="activate", **GIVEN).status_code == 303
    desk.session.refresh(row)
    assert (row.active, row.approved_on, row.approval_reference) == (True, date(2026, 2, 1), "REK 2026/1234")
    page = manager.get(STUDY).text
    assert "Sun 1 Feb 2026" in page
    assert "REK 2026/1234" in page


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"act": "activate", "approved_on": "2026-03-03"}, 400, "not one to come"),
        ({"act": "activate", "approved_on": "31.02.2026"}, 400, "Write a day, such as 14.05.2026."),
        ({"act": "activate", "approval_reference": ""}, 400, "reference, in at most 200"),
        ({"act": "activate", "approved_on": ""}, 400, "Write a day"),
        ({"act": "activate", "reason": "  "}, 400, "Say why."),
        ({"act": "approve", "approved_on": "", "approval_reference": ""}, 400, "Write the day of the approval"),
        ({"act": "close"}, 409, "closed already"),
        ({"act": "open"}, 400, "Choose one of the list."),
    ],
)
def test_what_is_refused_about_a_site_is_said_and_changes_nothing(
    desk: Desk, app: Flask, form: dict[str, str], status: int, said: str
) -> None:
    row, manager = closed_site(desk), browser(desk, app, Role.DATA_MANAGER)
    refused = manager.post(SITE, **(GIVEN | form))
    assert (refused.status_code, said in html.unescape(refused.text)) == (status, True)
    assert "<title>Error: " in refused.text
    desk.session.refresh(row)
    assert (row.active, row.approved_on) == (False, None)


def test_an_approval_is_recorded_of_an_active_site_and_the_site_is_closed(desk: Desk, app: Flask) -> None:
    row, manager = site(desk.protocol.study, "02"), browser(desk, app, Role.ADMINISTRATOR)
    assert manager.post(SITE, act="approve", **GIVEN).status_code == 303
    assert manager.post(SITE, act="close", reason="too few patients").status_code == 303
    desk.session.refresh(row)
    assert (row.active, row.approved_on) == (False, date(2026, 2, 1))
    assert manager.get(f"{STUDY}sites/99/").status_code == 404


@pytest.mark.parametrize("role", [Role.INVESTIGATOR, Role.COORDINATOR, Role.MONITOR, Role.STATISTICIAN])
def test_who_does_not_manage_the_study_begins_no_site(desk: Desk, app: Flask, role: Role) -> None:
    them = browser(desk, app, role)
    assert (them.get(SITE).status_code, them.post(SITE, act="activate", **GIVEN).status_code) == (403, 403)
    assert SITE not in them.get(STUDY).text
