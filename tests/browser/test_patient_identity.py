"""The year of birth before the questions, on a phone with the script and on one without."""

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from app.core.database import db
from app.participants.identity import note_birth_year
from app.participants.models import Contact
from tests.browser.conftest import answer_all, aside, responses
from tests.browser.test_patient_journey import STATE, Phone, Visit, opened
from tests.browser.test_patient_screens import AXE, SMALL, WIDER, assert_no_rule_is_broken
from tests.responses.visits import INFUSION

KEPT = "caches.open('svar').then((kept) => kept.keys()).then((keys) => keys.length)"
"""How many pages this phone could open without a network."""


@pytest.mark.parametrize(("script", "language"), [(True, "nb"), (False, "en")])
def test_the_year_of_birth_is_asked_first_with_the_script_and_without(
    app: Flask, phone: Phone, open_visit: Visit, script: bool, language: str
) -> None:
    address = open_visit("d14", changes={"birth_year: not_asked": "birth_year: asked"})
    aside(app, lambda: born_in("1979"))
    page = opened(phone(java_script_enabled=script), f"{address}?lang={language}")
    year = page.get_by_label("Året du ble født" if language == "nb" else "The year you were born")
    year.fill("1980")
    page.click("button")
    expect(page.get_by_role("alert")).to_contain_text("vi har notert" if language == "nb" else "we have noted")
    year.fill("1979")
    page.click("button")
    if script:
        assert answer_all(page) == ["nrs_lbp_week.now", "nrs_lbp_week.worst", "nrs_lbp_week.usual"]
        expect(page.locator(STATE)).to_contain_text("Lagret 10:00" if language == "nb" else "Saved 10:00")
        assert page.evaluate(KEPT) == 0, "a page that asks who she is would ask it for whoever answers in our place"
        page.click("#next")
    else:
        for item in ("now", "worst", "usual"):
            page.locator(f"[name='nrs_lbp_week.{item}'][value='3']").check(force=True)
        page.get_by_role("button", name="Send answers").click()
    page.wait_for_url("**/received?*")
    assert len(responses(app)) == 1


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core (cd tests/browser && npm ci)")
@pytest.mark.parametrize(("language", "scheme"), [("nb", "dark"), ("en", "light")])
def test_what_is_asked_first_can_be_read_reached_and_touched_by_anybody(
    app: Flask, phone: Phone, open_visit: Visit, language: str, scheme: str
) -> None:
    address = open_visit("d14", changes={"birth_year: not_asked": "birth_year: asked"})
    aside(app, lambda: born_in("1979"))
    page = opened(phone(320, 480, color_scheme=scheme, bypass_csp=True), f"{address}?lang={language}")
    expect(page.locator("#birth-year")).to_be_focused()
    page.click("button")
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(SMALL) == []
    page.add_script_tag(path=AXE)
    assert_no_rule_is_broken(page, "identity")


def born_in(year: str) -> None:
    contact = db.session.scalars(select(Contact)).one()
    note_birth_year(contact, year, contact.participant.protocol.plan, INFUSION.date())
