"""A patient with a phone: nothing is lost, nothing is sent twice, and the page says what is true."""

import re
from collections.abc import Callable

from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import answer, answer_all, question, responses, the_visit, until

Phone = Callable[..., BrowserContext]
Visit = Callable[..., str]
STATE = "#saved"
ON_PHONE = "Lagret på denne telefonen, ikke sendt ennå"
ON_SERVER = "Lagret 10:00, ikke sendt ennå"
RESTED = "navigator.serviceWorker.getRegistration().then((it) => it && it.active && caches.match(location.pathname))"
OTHERS = "[rand36, wpai_shp, startback, hscl10]"
MORE = {
    "code: d21, day: 21, window: weekly, minutes: 2, instruments: [nrs_lbp_week]": (
        f"code: d21, day: 21, window: weekly, minutes: 2, instruments: {OTHERS}"
    )
}


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


def stored(page: Page) -> dict[str, str]:
    entries: dict[str, str] = page.evaluate("({...localStorage})")
    return entries


def test_f43_without_javascript_the_page_is_one_form(app: Flask, phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(java_script_enabled=False), open_visit("d14"))
    page.locator("[name='nrs_lbp_week.now'][value='3']").check(force=True)
    page.get_by_role("button", name="Send svarene").click()
    expect(page.get_by_role("heading", name="Noen spørsmål står tomme")).to_be_visible()
    expect(page.locator("[name='nrs_lbp_week.now'][value='3']")).to_be_checked()
    page.get_by_role("button", name="Send som det er").click()
    expect(page.locator("h1")).to_contain_text("Takk")
    assert the_visit(app, "d14").partial is True


def test_nothing_is_chosen_and_nothing_moves_by_itself(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    page.click("#next")
    assert question(page) == "nrs_lbp_week.now"
    assert page.locator(".q.on input:checked").count() == 1  # who answers
    answer(page, "nrs_lbp_week.now", 4)
    page.wait_for_timeout(300)
    assert question(page) == "nrs_lbp_week.now"


def test_an_empty_question_is_asked_about_once(app: Flask, phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    page.click("#next")
    assert question(page) == "nrs_lbp_week.now"
    page.click("#next")
    expect(page.locator("#ask")).to_have_text("Dette står tomt. Svar, eller gå videre.")
    page.click("#next")
    assert question(page) == "nrs_lbp_week.worst"
    answer(page, "nrs_lbp_week.worst", 7)
    page.click("#next")
    page.click("#next")
    page.click("#next")
    expect(page.locator("#review .empty")).to_have_text(["Står tomt", "Står tomt"])
    page.click("#next")
    page.wait_for_url("**/received")
    assert the_visit(app, "d14").partial is True


def test_the_review_leads_back_to_an_answer(app: Flask, phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    answer_all(page)
    page.get_by_role("button", name=re.compile("Endre: Hvor sterke var smertene i korsryggen på det verste")).click()
    answer(page, "nrs_lbp_week.worst", 9)
    page.click("#next")
    page.click("#next")
    expect(page.locator("#review dd:not(:has(button))")).to_have_text(["0", "9", "0"])
    page.go_back()
    assert question(page) == "nrs_lbp_week.usual"


def test_a_number_that_cannot_be_is_asked_about(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d154"))
    page.click("#next")
    while question(page) != "hours_lbp.hours":
        answer(page, question(page) or "")
        page.click("#next")
    for typed in ("673", "\u0666\u0667\u0663", "\uff16\uff17\uff13", "\u22121", "6\u00b2", "6\u066b5"):
        page.locator("[name='hours_lbp.hours']").fill(typed)
        page.click("#next")
        expect(page.locator("#ask")).to_have_text("Dette tallet passer ikke. Se på det en gang til.")
        assert question(page) == "hours_lbp.hours", typed


def test_a_number_in_the_digits_of_any_keyboard_is_taken(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d154"))
    page.click("#next")
    while question(page) != "hours_lbp.hours":
        answer(page, question(page) or "")
        page.click("#next")
    for typed in ("\u0666\u0667", "\u06f6\u06f7", "\u096c\u096d", "\uff16\uff17", "\u200b67\u00a0", "6\ufe0f\u20e3"):
        page.locator("[name='hours_lbp.hours']").fill(typed)
        page.click("#next")
        assert question(page) != "hours_lbp.hours", typed
        page.click("#back")
        assert question(page) == "hours_lbp.hours"


def test_what_does_not_apply_is_not_asked_and_not_sent(app: Flask, phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d154"))
    page.click("#next")
    while question(page) != "sick_leave.employed":
        answer(page, question(page) or "")
        page.click("#next")
    answer(page, "sick_leave.employed", 0)
    page.click("#next")
    assert question(page) == "sick_leave.days"
    answer(page, "sick_leave.days")
    page.click("#back")
    answer(page, "sick_leave.employed", 1)
    page.click("#next")
    assert question(page) == "cointerventions.treatments"


def test_f43_a_dead_line_in_the_middle_loses_nothing(phone: Phone, open_visit: Visit) -> None:
    context = phone()
    page = opened(context, open_visit("d14"))
    page.click("#next")
    answer(page, "nrs_lbp_week.now", 2)
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    context.set_offline(True)
    page.click("#next")
    answer(page, "nrs_lbp_week.worst", 8)
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    context.set_offline(False)
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    other = opened(phone(), page.url)
    expect(other.locator("[name='nrs_lbp_week.worst'][value='8']")).to_be_checked()


def test_sending_without_a_line_is_said_and_done_later(app: Flask, phone: Phone, open_visit: Visit) -> None:
    context = phone()
    page = opened(context, open_visit("d14"))
    answer_all(page)
    context.set_offline(True)
    page.click("#next")
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    assert responses(app) == []
    context.set_offline(False)
    page.wait_for_url("**/received")
    assert len(responses(app)) == 1


def test_f43_a_killed_page_opens_again_without_a_line_with_its_answers(
    app: Flask, phone: Phone, open_visit: Visit
) -> None:
    context = phone()
    address = open_visit("d14")
    page = opened(context, address)
    page.click("#next")
    until(page, RESTED)
    context.set_offline(True)
    answer(page, "nrs_lbp_week.now", 6)
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    page.close()
    again = opened(context, address)
    expect(again.locator("#next")).to_have_text("Fortsett")
    expect(again.locator("[name='nrs_lbp_week.now'][value='6']")).to_be_checked()
    context.set_offline(False)
    again.click("#next")
    assert question(again) == "nrs_lbp_week.worst"
    expect(again.locator(STATE)).to_have_text(ON_SERVER)


def test_what_the_phone_keeps_cannot_be_read_and_goes_with_the_receipt(phone: Phone, open_visit: Visit) -> None:
    context = phone()
    page = opened(context, open_visit("d14"))
    page.evaluate("localStorage.setItem('svar:another-one', 'stays')")
    answer_all(page)
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    kept = stored(page)
    assert len(kept) == 2
    assert not any("nrs_lbp" in text or "usual" in text for text in kept.values())
    page.click("#next")
    page.wait_for_url("**/received")
    assert stored(page) == {"svar:another-one": "stays"}
    until(page, "caches.open('svar').then((kept) => kept.keys()).then((keys) => keys.length === 0)")


def test_f16_a_double_tap_sends_once(app: Flask, phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    answer_all(page)
    page.evaluate("document.getElementById('next').click(); document.getElementById('next').click()")
    page.wait_for_url("**/received")
    assert len(responses(app)) == 1


def test_f43_of_two_tabs_the_first_is_kept_and_the_second_told(app: Flask, phone: Phone, open_visit: Visit) -> None:
    context = phone()
    address = open_visit("d14")
    first, second = opened(context, address), opened(phone(), address)
    second.route(
        "**/a/*", lambda route: route.abort() if "_act=draft" in (route.request.post_data or "") else route.fallback()
    )
    answer_all(first)
    answer_all(second)
    answer_again = "document.querySelector(\"[name='nrs_lbp_week.now'][value='9']\").checked = true"
    second.evaluate(answer_again)
    first.click("#next")
    first.wait_for_url("**/received")
    second.click("#next")
    expect(second.locator("h1")).to_have_text("Svarene dine er mottatt tidligere")
    assert len(responses(app)) == 1


def test_the_health_scale_takes_taps_keys_and_numbers(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d154"))
    page.click("#next")
    while question(page) != "eq5d5l.vas":
        answer(page, question(page) or "")
        page.click("#next")
    slider, box = page.get_by_role("slider"), page.locator("[name='eq5d5l.vas']")
    expect(box).to_have_value("")
    expect(slider).to_have_attribute("aria-valuetext", "Ikke noe tall valgt ennå")
    assert not page.locator(".slider i").is_visible()
    slider.focus()
    page.keyboard.press("Enter")
    expect(box).to_have_value("50")
    for key, expected in (("ArrowUp", "51"), ("PageUp", "61"), ("End", "100"), ("Home", "0"), ("ArrowDown", "0")):
        page.keyboard.press(key)
        expect(box).to_have_value(expected)
    box.fill("73")
    expect(slider).to_have_attribute("aria-valuenow", "73")
    slider.click(position={"x": 10, "y": 299})
    expect(box).to_have_value("0")


def test_a_phone_that_begins_is_noted_and_one_that_looks_is_not(app: Flask, phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    assert the_visit(app, "d14").opened_at is None
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.click("#next")
    assert the_visit(app, "d14").opened_at is not None


def test_who_taps_before_the_page_is_ready_is_let_through_when_it_is(phone: Phone, open_visit: Visit) -> None:
    context = phone()
    context.add_init_script("window.requestAnimationFrame = (call) => (window.drawn = call)")
    page = opened(context, open_visit("d14"))
    page.evaluate("document.getElementById('next').click()")
    assert page.locator("#start").is_visible()
    with page.expect_response(lambda response: "blank=1" in response.url):
        page.evaluate("drawn()")
    expect(page.locator("[id='nrs_lbp_week.now']")).to_be_visible()


def test_a_line_of_the_list_of_errors_leads_to_its_question(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    page.evaluate("document.getElementById('visit').submit()")
    expect(page.get_by_role("alert").first).to_contain_text("Ingenting er besvart")
    page.evaluate("location.hash = '#nrs_lbp_week.usual'")
    expect(page.locator("[id='nrs_lbp_week.usual']")).to_be_visible()
    assert page.locator(".q:visible").count() == 1
