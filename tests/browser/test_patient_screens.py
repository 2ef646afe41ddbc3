"""The patient's screens for every eye, hand and reader: narrow, magnified, dark, by keyboard, read aloud."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import answer, answer_all, question
from tests.browser.test_patient_journey import MORE, Phone, Visit, opened

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """
() => [...document.querySelectorAll('button, a, summary, .cards label, input[type=text], input[type=date], textarea')]
  .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5)
  .map((one) => one.outerHTML.slice(0, 80))
"""
UNPAGED = """
document.documentElement.className = '';
document.querySelectorAll('[hidden]').forEach((one) => one.hidden = false)
"""
CELLS = """
(field) => [...document.getElementById(field).querySelectorAll('.cells span')].map((one) => one.getBoundingClientRect())
"""


@pytest.mark.parametrize("code", ["d154", "d0", "d21"])
def test_no_screen_is_wider_than_a_narrow_or_magnified_one(phone: Phone, open_visit: Visit, code: str) -> None:
    """320 CSS pixels are a small phone, and a desk screen of 1280 at 400 %."""
    page = opened(phone(320, 480), open_visit(code, changes=MORE))
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(SMALL) == []

    def look(field: str) -> None:
        assert page.evaluate(WIDER) <= 0, field
        assert page.evaluate(SMALL) == [], field
        for cell in page.evaluate(CELLS, field):
            assert cell["width"] >= 26, field
            assert cell["height"] >= 56, field

    answer_all(page, look)
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(SMALL) == []


def test_the_long_form_without_script_is_not_wider_either(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(320, 480, java_script_enabled=False), open_visit("d154"))
    box = page.locator("body").bounding_box()
    assert box is not None
    assert box["width"] <= 320
    for label in page.locator(".cards label").all()[::7]:
        inside = label.bounding_box()
        assert inside is not None
        assert inside["x"] + inside["width"] <= 320


def test_question_and_answers_are_seen_together_on_a_common_phone(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(360, 740), open_visit("d154"))

    def look(field: str) -> None:
        if page.locator(f"[id='{field}'].choice, [id='{field}'].nrs").count():
            last = page.locator(f"[id='{field}'] label").last.bounding_box()
            assert last is not None
            assert last["y"] + last["height"] <= 740, field

    answer_all(page, look)


def test_a_visit_can_be_answered_with_the_keyboard_alone(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    tab_to(page, "#next")
    page.keyboard.press("Enter")
    for _ in range(3):
        assert question(page) is not None
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        tab_to(page, "#next")
        page.keyboard.press("Enter")
    expect(page.locator("#review dd:not(:has(button))")).to_have_text(["1", "1", "1"])
    tab_to(page, "#next")
    page.keyboard.press("Enter")
    page.wait_for_url("**/received")


def tab_to(page: Page, selector: str) -> None:
    for _ in range(12):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} is not reached with Tab")


def test_the_focused_control_is_seen(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    tab_to(page, "#next")
    style = page.evaluate("getComputedStyle(document.activeElement).outline")
    assert "3px" in style
    assert "rgb(255, 191, 71)" in style


def test_a_question_read_aloud(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    page.click("#next")
    expect(page.locator("main")).to_match_aria_snapshot("""
      - main:
        - heading "Noen spørsmål til deg" [level=1]
        - paragraph: Spørsmål 1 av 3
        - heading "Smerter i korsryggen" [level=2]
        - group /Akkurat nå .*Hvor sterke er smertene i korsryggen akkurat nå/:
          - radio "0"
          - radio "10"
          - paragraph: /0. Ingen smerter/
        - alert
        - button "Neste"
        - button "Tilbake"
        - status
    """)
    assert page.evaluate("document.activeElement.tagName") == "LEGEND"


def test_errors_read_aloud_without_script(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(java_script_enabled=False), open_visit("d154"))
    page.locator("[name='hours_lbp.hours']").fill("673")
    page.get_by_role("button", name="Send svarene").click()
    expect(page.get_by_role("alert")).to_contain_text("Se på noen av svarene en gang til")
    group = page.get_by_role("group", name="Omtrent hvor mange timer")
    expect(group).to_have_accessible_description("Et tall fra 0 til 672 Skriv et tall fra 0 til 672.")
    expect(group).to_be_focused()


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core (cd tests/browser && npm ci)")
@pytest.mark.parametrize("code", ["d154", "d0", "d21"])
@pytest.mark.parametrize(("language", "scheme"), [("nb", "light"), ("en", "dark")])
def test_no_screen_breaks_a_rule_of_accessibility(
    phone: Phone, open_visit: Visit, code: str, language: str, scheme: str
) -> None:
    page = opened(phone(color_scheme=scheme, bypass_csp=True), f"{open_visit(code, changes=MORE)}?lang={language}")
    page.add_script_tag(path=AXE)
    check(page, "start")
    answer_all(page, lambda field: check(page, field))
    check(page, "review")
    page.click("#next")
    page.wait_for_url("**/received?*")
    page.add_script_tag(path=AXE)
    check(page, "received")


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core (cd tests/browser && npm ci)")
def test_the_long_form_and_its_errors_break_no_rule(phone: Phone, open_visit: Visit) -> None:
    address = open_visit("d0")
    page = opened(phone(bypass_csp=True), address)
    page.evaluate(UNPAGED)
    page.add_script_tag(path=AXE)
    check(page, "long form")


def check(page: Page, where: str) -> None:
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((report) => report.violations)")
    told = [f"{one['id']}: {one['nodes'][0]['html'][:120]} {one['nodes'][0]['failureSummary']}" for one in found]
    assert told == [], where


def test_chosen_answers_are_told_apart_without_colours(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(forced_colors="active"), open_visit("d14"))
    page.click("#next")
    answer(page, "nrs_lbp_week.now", 7)
    chosen = page.locator("[name='nrs_lbp_week.now'][value='7'] + span")
    other = page.locator("[name='nrs_lbp_week.now'][value='6'] + span")
    look = "(one) => getComputedStyle(one).backgroundColor + getComputedStyle(one).fontWeight"
    assert chosen.evaluate(look) != other.evaluate(look)
