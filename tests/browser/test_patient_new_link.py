"""A link that was replaced strands nothing: what was answered without a line under the old one comes along."""

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import select

from app.core.database import db
from app.schedule.links import reissue, token
from app.schedule.models import Assessment
from tests.browser.conftest import answer, aside, responses, until
from tests.browser.test_patient_journey import ON_PHONE, ON_SERVER, STATE, Phone, Visit, opened, stored
from tests.responses.visits import INFUSION

CHOSEN = "[name='nrs_lbp_week.{item}'][value='{value}']"


FULL = """for (let size = 2 ** 22, name = 0; size >= 1; name += 1)
    try { localStorage.setItem("filler" + name, "x".repeat(size)); } catch (_) { size >>= 1; }"""
"""Until this browser keeps nothing more."""


def replaced(app: Flask, address: str, times: int) -> str:
    """The address of the visit's newest link."""

    def again() -> str:
        assessment = db.session.scalars(select(Assessment).filter_by(visit="d14")).one()
        for _ in range(times):
            reissue(assessment, INFUSION)
        return token(assessment)

    return f"{address.rpartition('/')[0]}/{aside(app, again)}"


def answered_without_a_line(
    app: Flask, context: BrowserContext, address: str, times: int = 1, meanwhile: str = ""
) -> str:
    """The address of the link that replaced the one under which she answered."""
    page = opened(context, address)
    page.click("#next")
    context.set_offline(True)
    answer(page, "nrs_lbp_week.now", 6)
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    page.evaluate(meanwhile)
    new = replaced(app, address, times)
    page.close()
    context.set_offline(False)
    return new


@pytest.mark.parametrize("times", [1, 3])
def test_a_new_link_brings_what_was_answered_without_a_line_under_the_old(
    app: Flask, phone: Phone, open_visit: Visit, times: int
) -> None:
    context, address = phone(), open_visit("d14")
    new = answered_without_a_line(app, context, address, times)
    page = opened(context, new)
    expect(page.locator(CHOSEN.format(item="now", value=6))).to_be_checked()
    expect(page.locator("#next")).to_have_text("Fortsett")
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    assert list(stored(page)) == [f"svar:{new.rpartition('/')[2][:12]}"]
    page.click("#next")
    for item in ("worst", "usual"):
        answer(page, f"nrs_lbp_week.{item}", 2)
        page.click("#next")
    page.click("#next")
    page.wait_for_url("**/received")
    assert '"now":6' in responses(app)[0].content
    assert stored(page) == {}
    until(page, "caches.open('svar').then((kept) => kept.keys()).then((keys) => keys.length === 0)")


def test_a_store_that_is_full_has_room_for_what_comes_along(app: Flask, phone: Phone, open_visit: Visit) -> None:
    """Else the old copy stays, and is taken for newer than what is answered after it."""
    context, address = phone(), open_visit("d14")
    new = answered_without_a_line(app, context, address, meanwhile=FULL)
    page = opened(context, new)
    expect(page.locator(CHOSEN.format(item="now", value=6))).to_be_checked()
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    copies = [name for name in stored(page) if name.startswith("svar:")]
    assert copies == [f"svar:{new.rpartition('/')[2][:12]}"]


@pytest.mark.parametrize("last", ["an answer", "sending"])
def test_a_link_that_is_replaced_while_she_answers_under_it_loses_nothing(
    app: Flask, phone: Phone, open_visit: Visit, last: str
) -> None:
    """Her draft, or all that she sends, is on its way to a link that is dead by now: it comes along to the new one."""
    context, address = phone(), open_visit("d14")
    page = opened(context, address)
    page.click("#next")
    if last == "sending":
        for item in ("now", "worst", "usual"):
            answer(page, f"nrs_lbp_week.{item}", 6)
            page.click("#next")
        expect(page.locator(STATE)).to_have_text(ON_SERVER)
    new = replaced(app, address, 1)
    if last == "sending":
        page.click("#next")
    else:
        answer(page, "nrs_lbp_week.now", 6)
    expect(page.locator("h1")).to_have_text("Denne lenken er byttet ut")
    page.goto(new)
    expect(page.locator(CHOSEN.format(item="now", value=6))).to_be_checked()
    page.click("#next")
    if last == "sending":
        page.click("#next")
        page.wait_for_url("**/received")
        assert '"now":6' in responses(app)[0].content
    else:
        expect(page.locator(STATE)).to_have_text(ON_SERVER)


def test_what_is_answered_under_the_new_link_is_newer_than_any_copy(
    app: Flask, phone: Phone, open_visit: Visit
) -> None:
    context, address = phone(), open_visit("d14")
    new = answered_without_a_line(app, context, address)
    page = context.new_page()
    page.route("**/a/*", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    page.goto(new)
    page.click("#next")
    answer(page, "nrs_lbp_week.now", 1)
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    page.unroute("**/a/*")
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    expect(page.locator(CHOSEN.format(item="now", value=1))).to_be_checked()


def test_another_visits_copy_and_one_that_nobody_can_open_stay_as_they_are(phone: Phone, open_visit: Visit) -> None:
    context, address = phone(), open_visit("d14")
    page = opened(context, address)
    visit = address.rpartition("/")[2][4:12]
    strange = {f"svar:XXXX{visit}": "bm90IG91cnM=", "svar:AQABAAAAAZZZ": "bm90IG91cnM="}
    page.evaluate("(strange) => Object.assign(localStorage, strange)", strange)
    page.reload()
    page.click("#next")
    answer(page, "nrs_lbp_week.now", 4)
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    kept = stored(page)
    assert {name: kept.get(name) for name in strange} == strange
