"""Two tabs of one browser, and a Send that waits for a line: no tab wipes what was answered in the other."""

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from app.core.database import db
from app.participants.models import Task, TaskKind
from app.responses.models import Answer
from tests.browser.conftest import answer, aside, question, until
from tests.browser.test_patient_journey import ON_PHONE, RESTED, STATE, Phone, opened
from tests.browser.test_patient_two_phones import CHOSEN, with_a_line
from tests.browser.test_patient_two_phones import address as address

NO_WORD_OF_THE_OTHER = "addEventListener('storage', (event) => event.stopImmediatePropagation(), true)"
"""A tab that sleeps is not told what another one writes."""


def submitted(app: Flask) -> dict[str, str | None]:
    rows = select(Answer.item, Answer.value).order_by(Answer.id)
    return aside(app, lambda: {answer.item: answer.value for answer in db.session.execute(rows)})


def two_answers(app: Flask) -> list[str | None]:
    query = select(Task.note).where(Task.kind == TaskKind.TWO_ANSWERS).order_by(Task.id)
    return aside(app, lambda: list(db.session.scalars(query)))


def begun(context: BrowserContext, address: str) -> Page:
    """A tab whose worker keeps the page, at the first question."""
    page = opened(context, address)
    page.click("#next")
    until(page, RESTED)
    return page


def to_the_review(page: Page) -> None:
    while page.locator("#send.on").count() == 0:
        page.click("#next")


@pytest.mark.parametrize("asleep", [False, True])
def test_what_is_answered_in_one_tab_without_a_line_is_not_wiped_by_the_other(
    app: Flask, phone: Phone, address: str, asleep: bool
) -> None:
    context = phone()
    if asleep:
        context.add_init_script(NO_WORD_OF_THE_OTHER)
    first, second = begun(context, address), begun(context, address)
    context.set_offline(True)
    answer(first, "nrs_lbp_week.now", 6)
    expect(first.locator(STATE)).to_have_text(ON_PHONE)
    second.click("#next")
    second.click("#next")
    answer(second, "nrs_lbp_week.worst", 8)
    expect(second.locator(STATE)).to_have_text(ON_PHONE)
    first.close()
    second.close()
    again = opened(context, address)
    expect(again.locator(CHOSEN.format(item="now", value=6))).to_be_checked()
    expect(again.locator(CHOSEN.format(item="worst", value=8))).to_be_checked()


def test_of_two_tabs_the_later_answer_to_a_question_is_kept_and_sent(app: Flask, phone: Phone, address: str) -> None:
    context = phone()
    first, second = begun(context, address), begun(context, address)
    context.set_offline(True)
    answer(second, "nrs_lbp_week.now", 2)
    expect(second.locator(STATE)).to_have_text(ON_PHONE)
    answer(first, "nrs_lbp_week.now", 7)
    expect(first.locator(STATE)).to_have_text(ON_PHONE)
    to_the_review(second)
    expect(second.locator("#review")).to_contain_text("7")
    context.set_offline(False)
    second.click("#next")
    second.wait_for_url("**/received")
    assert submitted(app)["now"] == "7"
    assert two_answers(app) == []


def test_a_send_that_waited_for_a_line_does_not_win_over_a_later_answer(app: Flask, phone: Phone, address: str) -> None:
    context = phone()
    page = begun(context, address)
    context.set_offline(True)
    for item in ("now", "worst", "usual"):
        assert question(page) == f"nrs_lbp_week.{item}"
        answer(page, f"nrs_lbp_week.{item}", 6)
        page.click("#next")
    page.click("#next")
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    with_a_line(phone(), address, 1)
    context.set_offline(False)
    page.wait_for_url("**/received")
    assert submitted(app) == {"now": "1", "worst": "6", "usual": "6"}


def test_what_comes_after_another_phone_has_sent_is_kept_for_staff(app: Flask, phone: Phone, address: str) -> None:
    context = phone()
    page = begun(context, address)
    context.set_offline(True)
    answer(page, "nrs_lbp_week.now", 6)
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    other = with_a_line(phone(), address, 1)
    to_the_review(other)
    other.click("#next")
    other.wait_for_url("**/received")
    context.set_offline(False)
    page.wait_for_url("**/received")
    assert submitted(app)["now"] == "1"
    assert two_answers(app) == ["nrs_lbp_week.now"]
