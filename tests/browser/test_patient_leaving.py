"""What stays with a patient who leaves the questions: by sending, by putting them off, by another language."""

from playwright.sync_api import expect

from app.instruments import instrument
from tests.browser.conftest import answer, question, until
from tests.browser.test_patient_journey import MORE, ON_PHONE, OTHERS, STATE, Phone, Visit, opened

SLOW_FIRST = """
(() => {
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
  const seal = async (...what) => {
    const first = !window.done;
    window.done = window.done || 1;
    const sealed = await encrypt(...what);
    if (first) await new Promise((go) => (window.letGo = go));
    else window.done += 1;
    return sealed;
  };
  crypto.subtle.encrypt = seal;
})()
"""
"""The first copy is held back until `letGo()`; those behind it are counted when they are done."""
WORRYING = {"code: d21, day: 21, window: weekly, minutes: 2, instruments: [nrs_lbp_week]": (
    "code: d21, day: 21, window: weekly, minutes: 2, instruments: [hscl10, hscl25]"
)}  # fmt: skip


def test_help_stands_on_the_receipt_after_a_worrying_answer_sent_by_the_script(phone: Phone, open_visit: Visit) -> None:
    address = open_visit("d21", changes=WORRYING)
    given = {f"{code}.{item.code}": "1" for code in ("hscl10", "hscl25") for item in instrument(code).items}
    page = phone().new_page()
    page.request.post(address, form={"_act": "draft", **given, "hscl25.ending_life": "3"})
    page.goto(f"{address}?lang=en")
    page.click("#next")
    expect(page.locator("#send")).to_be_visible()
    page.click("#next")
    page.wait_for_url("**/received?*help=1*")
    expect(page.locator("main .urgent")).to_contain_text("116 123")
    page.get_by_role("link", name="Norsk").click()
    expect(page.locator("main .urgent")).to_contain_text("116 123")


def test_not_able_today_keeps_what_the_script_had_not_sent_yet(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    page.click("#next")
    field = str(question(page))
    answer(page, field, choose=4)
    page.locator(".other summary").click()
    page.get_by_role("button", name="Ikke i dag").click()
    page.wait_for_url("**/noted/not-able")
    page.get_by_role("link", name="Tilbake til spørsmålene").click()
    expect(page.locator(f"[name='{field}'][value='4']")).to_be_checked()


def test_what_was_typed_just_before_another_language_was_chosen_is_kept(phone: Phone, open_visit: Visit) -> None:
    hours = {old: new.replace(OTHERS, "[hours_lbp, sick_leave]") for old, new in MORE.items()}
    page = opened(phone(), open_visit("d21", changes=hours))
    page.click("#next")
    page.locator("[name='hours_lbp.hours']").press_sequentially("37")
    page.evaluate("document.querySelector('header a').click()")
    page.wait_for_url("**?lang=en")
    expect(page.locator("#next")).to_have_text("Continue")
    page.goto(page.url)
    assert page.locator("[name='hours_lbp.hours']").input_value() == "37"


def test_of_two_copies_under_way_on_the_phone_the_newer_stays(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    page.click("#next")
    page.route("**/a/*", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    page.evaluate(SLOW_FIRST)
    answer(page, "nrs_lbp_week.now", 3)
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    before = page.evaluate("window.done")
    answer(page, "nrs_lbp_week.now", 8)
    until(page, f"window.done >= {before + 2}")
    page.evaluate("letGo()")
    page.reload()
    expect(page.locator("[name='nrs_lbp_week.now'][value='8']")).to_be_checked()
