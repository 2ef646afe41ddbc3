"""The patient's screens for every eye, hand and reader: narrow, magnified, dark, by keyboard, read aloud."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.instruments import instruments
from app.responses.models import Mode
from app.web.patient.proof import proof_page, render
from tests.browser.conftest import answer, answer_all, aside, question, responses, the_visit
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
(field) => [...document.querySelectorAll(`[id='${field}'] .cells span`)].map((one) => one.getBoundingClientRect())
"""


COMMON, NARROW = (360, 740), (320, 480)
"""A common phone; a small one, which is also a desk screen of 1280 at 400 %."""
VISITS = [
    ("d14", "nb", "light", COMMON), ("d154", "nb", "light", COMMON), ("d0", "en", "light", NARROW),
    ("d21", "en", "dark", NARROW),
]  # fmt: skip
"""The shortest; and at length the longest, the first, and one with a questionnaire of past weeks."""


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core (cd tests/browser && npm ci)")
@pytest.mark.parametrize(("code", "language", "scheme", "size"), VISITS)
def test_each_screen_of_a_visit_is_for_every_eye_and_hand_and_its_answers_are_sent(
    app: Flask, phone: Phone, open_visit: Visit, code: str, language: str, scheme: str, size: tuple[int, int]
) -> None:
    address = f"{open_visit(code, changes=MORE)}?lang={language}"
    page = opened(phone(*size, color_scheme=scheme, bypass_csp=True), address)
    page.add_script_tag(path=AXE)
    page.get_by_label("Someone helps me" if language == "en" else "Noen hjelper meg").check(force=True)

    def look(screen: str) -> None:
        if size is COMMON:
            is_seen_together(page, screen)
            page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        is_narrow(page, screen)
        if code != "d0":  # its questionnaires, all at once, have a test of their own
            assert_no_rule_is_broken(page, screen)
        page.set_viewport_size({"width": size[0], "height": size[1]})

    look("start")
    seen = answer_all(page, look)
    look("review")
    expect(page.locator("#review > div")).to_have_count(len(seen))
    page.click("#next")
    page.wait_for_url("**/received?lang=*")
    page.add_script_tag(path=AXE)
    assert_no_rule_is_broken(page, "received")
    expect(page.locator("h1")).to_contain_text("Thank you" if language == "en" else "Takk")
    (response,) = responses(app)
    assert (response.mode, response.language) == (Mode.HELPED, language)
    assert {scored["presentation"] for scored in response.instruments.values()} == {"paged"}
    assert the_visit(app, code).partial is False
    page.go_back()
    expect(page.locator("h1")).to_contain_text("Thank you" if language == "en" else "Takk")
    assert question(page) is None


def is_narrow(page: Page, screen: str) -> None:
    """It is not wider than the small phone, and what is to be tapped is large enough."""
    assert page.evaluate(WIDER) <= 0, screen
    assert page.evaluate(SMALL) == [], screen
    for cell in page.evaluate(CELLS, screen):
        assert cell["width"] >= 26, screen
        assert cell["height"] >= 56, screen


def is_seen_together(page: Page, screen: str) -> None:
    """The last thing to choose is on the screen with its question."""
    if page.locator(f"[id='{screen}'].choice, [id='{screen}'].nrs").count():
        last = page.locator(f"[id='{screen}'] label").last.bounding_box()
        assert last is not None
        assert last["y"] + last["height"] <= COMMON[1], screen


def test_the_long_form_without_script_is_not_wider_either(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(320, 480, java_script_enabled=False), open_visit("d154"))
    box = page.locator("body").bounding_box()
    assert box is not None
    assert box["width"] <= 320
    for label in page.locator(".cards label").all()[::7]:
        inside = label.bounding_box()
        assert inside is not None
        assert inside["x"] + inside["width"] <= 320


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
@pytest.mark.parametrize("language", ["nb", "en"])
def test_no_question_of_any_instrument_breaks_a_rule_in_light_or_dark(app: Flask, phone: Phone, language: str) -> None:
    codes = tuple(each.code for each in instruments())
    page = phone().new_page()
    page.set_content(aside(app, lambda: proof_page(codes, language)).decode())
    page.evaluate(UNPAGED)
    assert page.locator("section > fieldset").count() > 190
    page.add_script_tag(path=AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert_no_rule_is_broken(page, f"all instruments, {language}, {scheme}")


def test_the_licence_holders_proof_has_each_screen_at_three_widths(app: Flask, tmp_path: Path) -> None:
    """Also those that only some answers lead to."""
    (tmp_path / "proof.html").write_bytes(aside(app, lambda: proof_page(("perceived_treatment",), "nb")))
    made = aside(app, lambda: render(tmp_path / "proof.html", tmp_path))
    widths = {path.name: int.from_bytes(path.read_bytes()[16:20]) for path in made}
    items = ("guess", "certainty", "reason")
    assert widths == {f"perceived_treatment.{item}.{width}.png": width for item in items for width in (320, 390, 768)}


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core (cd tests/browser && npm ci)")
def test_the_long_form_and_its_errors_break_no_rule(phone: Phone, open_visit: Visit) -> None:
    address = open_visit("d0")
    page = opened(phone(bypass_csp=True), address)
    page.evaluate(UNPAGED)
    page.add_script_tag(path=AXE)
    assert_no_rule_is_broken(page, "long form")


def assert_no_rule_is_broken(page: Page, where: str) -> None:
    violations = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((report) => report.violations)")
    sentences = [
        f"{each['id']}: {each['nodes'][0]['html'][:120]} {each['nodes'][0]['failureSummary']}" for each in violations
    ]
    assert sentences == [], where


def test_chosen_answers_are_told_apart_without_colours(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(forced_colors="active"), open_visit("d14"))
    page.click("#next")
    answer(page, "nrs_lbp_week.now", 7)
    chosen = page.locator("[name='nrs_lbp_week.now'][value='7'] + span")
    other = page.locator("[name='nrs_lbp_week.now'][value='6'] + span")
    look = "(one) => getComputedStyle(one).backgroundColor + getComputedStyle(one).fontWeight"
    assert chosen.evaluate(look) != other.evaluate(look)
