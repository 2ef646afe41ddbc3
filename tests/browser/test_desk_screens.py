"""The desk at two widths, in light and dark, by keyboard, and on paper: no rule of accessibility is broken."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from app.accounts.demonstration import login_of
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.studies.access import join
from tests.browser.conftest import aside
from tests.browser.test_patient_screens import AXE, assert_no_rule_is_broken
from tests.factories import NOW, PASSWORD, user
from tests.some import some
from tests.web.desk.whole import EMAIL, PAGES, address, whole_desk

EVERY = (*map(address, PAGES.values()), address("nowhere"), "/", "/sandbox/backtobasic/01-001", "/sandbox/")
OF_STYLE = """(rules) =>
axe.run(document, {runOnly: rules, resultTypes: ['violations']}).then((report) =>
  report.violations.flatMap((each) => each.nodes.map((node) => node.html.slice(0, 120) + node.failureSummary)))
"""
IN_THE_LIGHT, IN_THE_DARK = ("color-contrast", "scrollable-region-focusable", "target-size"), ("color-contrast",)
"""Of all rules, those that can tell a telephone from a desk; and what can tell dark from light."""
TELLING = [address(PAGES[page]) for page in (
    "accounts.account", "desk_today.today", "desk_participants.listing", "desk_participants.show", "desk.overview",
    "desk_entry.form", "desk_study.show",
)]  # fmt: skip
"""Between them they have what pages are made of: lists, forms, badges, squares, warnings. At length, all are seen."""


@pytest.fixture
def trial(app: Flask) -> Iterator[None]:
    """A study with something on each page, and the logins of the tour."""

    def make() -> None:
        join(user(email=login_of(Role.COORDINATOR)), whole_desk().study, Role.COORDINATOR)

    with moved_clock(lambda: NOW):
        aside(app, make)
        yield


def signed_in(context: BrowserContext, base: str) -> Page:
    page = context.new_page()
    page.goto(f"{base}/login")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/today/")
    return page


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core (cd tests/browser && npm ci)")
@pytest.mark.parametrize(
    ("paths", "width", "language"),
    [(EVERY, 1280, "nb-NO"), (EVERY, 390, "en-GB"), (TELLING, 320, "nb-NO")],
    ids=["every page, 1280", "every page, 390", "telling pages, 320"],
)
def test_no_page_of_the_desk_breaks_a_rule_or_is_wider_than_the_screen(
    trial: None, phone: Callable[..., BrowserContext], base: str, paths: Sequence[str], width: int, language: str
) -> None:
    page = signed_in(phone(width, 800, hasty=True, bypass_csp=True, locale=language), base)
    for path in some(paths):
        page.goto(f"{base}{path}")
        page.add_script_tag(path=AXE)
        if width == 1280:
            assert_no_rule_is_broken(page, path)
        page.emulate_media(color_scheme="light")
        assert page.evaluate(OF_STYLE, IN_THE_LIGHT) == [], f"{path} {width} light"
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(OF_STYLE, IN_THE_DARK) == [], f"{path} {width} dark"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_morning_is_worked_off_by_keyboard(trial: None, phone: Callable[..., BrowserContext], base: str) -> None:
    page = signed_in(phone(1280, 800, hasty=True), base)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Find")).to_be_focused()
    page.keyboard.type("01-001")
    page.keyboard.press("Enter")
    page.wait_for_url("**/participants/01-001")
    page.goto(f"{base}/desk/backtobasic/today/")
    page.get_by_role("link", name="Call 01-001").press("Enter")
    page.get_by_role("button", name="Show name and number").press("Enter")
    expect(page.get_by_text("Kanari Nordmann")).to_be_visible()
    page.get_by_role("button", name="Voicemail").press("Enter")
    page.wait_for_url("**/today/")
    expect(page.get_by_role("status")).to_contain_text("Kept: 01-001, voicemail.")
    expect(page.get_by_role("link", name="Call 01-001")).to_have_count(0)


def test_a_refused_form_is_focused_on_what_is_wrong(
    trial: None, phone: Callable[..., BrowserContext], base: str
) -> None:
    page = signed_in(phone(1280, 800, hasty=True), base)
    page.goto(f"{base}/desk/backtobasic/participants/new")
    page.fill("[name=phone]", "12")
    page.get_by_role("button", name="Enrol").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").first.click()
    expect(page.locator("[name=phone]")).to_be_focused()
    assert page.title().startswith("Error: ")


def test_paper_carries_the_list_without_buttons(trial: None, phone: Callable[..., BrowserContext], base: str) -> None:
    page = signed_in(phone(1280, 800, hasty=True), base)
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="01-001", exact=True)).to_be_visible()
    expect(page.locator(".btn, nav").filter(visible=True)).to_have_count(0)
