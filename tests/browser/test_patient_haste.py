"""A quick second tap, a key held down: nothing is sent, chosen or tried that was not looked at."""

import time
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.core.database import db
from app.participants.identity import note_birth_year
from app.participants.models import Contact
from tests.browser.conftest import BeforeEachRequest, answer, aside, question, responses, until
from tests.browser.test_patient_journey import Phone, Visit, opened
from tests.responses.visits import INFUSION

SETTLED = 750
TWICE = "document.getElementById('next').click(); document.getElementById('next').click()"
ON_SCREEN = "document.querySelector('section:not(#start) > .q.on')?.id"


def at_the_last_question(phone: Phone, address: str) -> Page:
    """Every answer given without haste; the last Next not tapped yet."""
    page = opened(phone(hasty=True), address)
    page.request.post(address, form={"_act": "draft", "nrs_lbp_week.now": "1", "nrs_lbp_week.worst": "2"})
    page.reload()
    until(page, "history.state")
    page.wait_for_timeout(SETTLED)
    page.click("#next")
    assert question(page) == "nrs_lbp_week.usual"
    page.wait_for_timeout(SETTLED)
    answer(page, "nrs_lbp_week.usual", 3)
    return page


def tapped_twice(page: Page) -> None:
    page.evaluate(TWICE)


def tapped_again_a_moment_later(page: Page) -> None:
    page.click("#next")
    page.wait_for_timeout(300)
    page.evaluate("document.getElementById('next').click()")


def tapped_where_the_finger_was(page: Page) -> None:
    place = page.locator("#next").bounding_box()
    assert place is not None
    page.touchscreen.tap(place["x"] + 40, place["y"] + 20)
    page.touchscreen.tap(place["x"] + 40, place["y"] + 20)


def held_the_key(page: Page) -> None:
    page.focus("#next")
    for _ in range(5):
        page.keyboard.down("Enter")
    page.focus("#next")
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")


def held_the_space_bar(page: Page) -> None:
    page.focus("#next")
    for _ in range(5):
        page.keyboard.down(" ")
    page.keyboard.up(" ")
    page.focus("#next")
    page.keyboard.press(" ")


def pressed_twice_with_a_mouse(page: Page) -> None:
    page.dblclick("#next")


def put_two_fingers_on_it(page: Page) -> None:
    place = page.locator("#next").bounding_box()
    assert place is not None
    fingers = [{"x": place["x"] + left, "y": place["y"] + 20, "id": left} for left in (20, 90)]
    tools = page.context.new_cdp_session(page)
    for touching in (fingers[:1], fingers, fingers[1:], []):
        kind = "touchStart" if len(touching) > 0 and fingers[0] in touching else "touchEnd"
        tools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touching})
    tapped_where_the_finger_was(page)


def went_back_and_forth(page: Page) -> None:
    page.click("#next")
    page.evaluate("history.back()")
    until(page, f"{ON_SCREEN} === 'nrs_lbp_week.usual'")
    page.evaluate("history.forward()")
    until(page, "document.getElementById('send').classList.contains('on')")
    page.evaluate("document.getElementById('next').click()")


HASTE = [
    tapped_twice,
    tapped_again_a_moment_later,
    tapped_where_the_finger_was,
    held_the_key,
    held_the_space_bar,
    pressed_twice_with_a_mouse,
    put_two_fingers_on_it,
    went_back_and_forth,
]


@pytest.mark.parametrize("hastily", HASTE)
def test_a_second_tap_on_the_last_next_does_not_send_what_was_not_reviewed(
    app: Flask, phone: Phone, open_visit: Visit, hastily: Callable[[Page], None]
) -> None:
    page = at_the_last_question(phone, open_visit("d14"))
    hastily(page)
    expect(page.locator("#review > div")).to_have_count(3)
    page.wait_for_timeout(SETTLED)
    assert responses(app) == []
    page.click("#next")
    page.wait_for_url("**/received")
    assert len(responses(app)) == 1


def test_a_second_tap_neither_chooses_nor_skips_on_the_next_screen(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(hasty=True), open_visit("d14"))
    until(page, "history.state")
    page.wait_for_timeout(SETTLED)
    page.evaluate(TWICE)
    assert page.evaluate(ON_SCREEN) == "nrs_lbp_week.now"
    assert page.locator("#ask").text_content() == ""
    page.evaluate("document.querySelector(\"[name='nrs_lbp_week.now'][value='4']\").click()")
    page.evaluate("document.getElementById('next').click(); document.getElementById('back').click()")
    assert page.evaluate(ON_SCREEN) == "nrs_lbp_week.now"
    assert not page.locator("[name='nrs_lbp_week.now'][value='4']").is_checked()
    page.wait_for_timeout(SETTLED)
    answer(page, "nrs_lbp_week.now", 4)
    expect(page.locator("[name='nrs_lbp_week.now'][value='4']")).to_be_checked()


PAINTED = "new Promise((done) => requestAnimationFrame(() => setTimeout(() => setTimeout(done))))"


def test_an_answer_is_chosen_700_ms_after_the_screen_changed_and_not_before(phone: Phone, open_visit: Visit) -> None:
    """The page's own time is held still, and moved by so many milliseconds."""
    page = opened(phone(hasty=True), open_visit("d14"))
    until(page, "history.state")
    chosen = page.evaluate(
        f"""async (moments) => {{
            const began = performance.now() + 10000;
            const four = document.querySelector("[name='nrs_lbp_week.now'][value='4']");
            performance.now = () => began;
            document.getElementById("next").click();
            await {PAINTED};
            return moments.map((after) => {{
                performance.now = () => began + after;
                four.click();
                return four.checked;
            }});
        }}""",
        [0, 349, 351, 500, 699, 700],
    )
    assert chosen == [False, False, False, False, False, True]


def test_on_a_slow_phone_nobody_has_looked_before_the_screen_is_painted(
    app: Flask, phone: Phone, open_visit: Visit
) -> None:
    """The script is done with the screen at once, and the phone paints it seconds later."""
    page = at_the_last_question(phone, open_visit("d14"))
    sent = page.evaluate(
        f"""async () => {{
            const [next, began] = [document.getElementById("next"), performance.now()];
            const [held, paint] = [[], requestAnimationFrame];
            const tap = (after) => {{ performance.now = () => began + after; next.click(); return next.disabled; }};
            window.requestAnimationFrame = (then) => held.push(then);
            tap(10000);
            const before = [tap(10001), tap(15000)];
            window.requestAnimationFrame = paint;
            held.forEach((then) => then());
            await {PAINTED};
            return [...before, tap(15699), tap(15700)];
        }}"""
    )
    assert sent == [False, False, False, True]
    page.wait_for_url("**/received")
    assert len(responses(app)) == 1


def test_the_other_acts_wait_for_a_look_too(app: Flask, phone: Phone, open_visit: Visit) -> None:
    page = at_the_last_question(phone, open_visit("d14"))
    page.evaluate("document.querySelector('details').open = true")
    page.evaluate("document.getElementById('next').click(); document.querySelector('[value=not_able]').click()")
    page.wait_for_timeout(200)
    assert page.locator("#review").is_visible()
    page.wait_for_timeout(SETTLED)
    page.click("[value=not_able]")
    page.wait_for_url("**/noted/not-able")


@pytest.mark.parametrize("tapped", ["button.click()", "button.form.requestSubmit(button)"])
def test_a_year_tapped_twice_is_one_try(
    app: Flask, phone: Phone, open_visit: Visit, before_each_request: BeforeEachRequest, tapped: str
) -> None:
    before_each_request(lambda environ: time.sleep(0.4) if environ["REQUEST_METHOD"] == "POST" else None)
    address = open_visit("d14", changes={"birth_year: not_asked": "birth_year: asked"})
    aside(app, lambda: note_year("1979"))
    page = opened(phone(hasty=True), address)
    page.wait_for_timeout(SETTLED)
    page.fill("#birth-year", "1980")
    again = f"const button = document.querySelector('form button'); {tapped}; setTimeout(() => {tapped}, 100)"
    with page.expect_navigation():
        page.evaluate(f"() => {{ {again} }}")
    expect(page.get_by_role("alert")).to_be_visible()
    page.evaluate("document.querySelector('button').click()")
    page.wait_for_timeout(300)
    assert aside(app, lambda: db.session.scalar(select(Contact.check_failures))) == 1
    page.wait_for_timeout(500)
    page.fill("#birth-year", "1979")
    page.click("button")
    expect(page.locator("#next")).to_be_visible()


def note_year(year: str) -> None:
    contact = db.session.scalars(select(Contact)).one()
    note_birth_year(contact, year, contact.participant.protocol.plan, INFUSION.date())
