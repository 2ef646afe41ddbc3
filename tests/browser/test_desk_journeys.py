"""What each role does in a day, in a real browser: from the first page to the last, by what stands on the pages."""

import csv
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select, update

from app.accounts.roles import Role
from app.core.database import db
from app.core.time import moved_clock
from app.exports import contents
from app.exports.nightly import export_snapshot
from app.participants.following import note_call
from app.participants.models import CallOutcome, Participant, Task
from app.responses.answering import submit
from app.studies.installing import study
from app.studies.models import StudyState
from tests.browser.conftest import aside
from tests.browser.test_staff_passkeys import Device, kept
from tests.factories import NOW, PASSWORD, backtobasic, infused, oslo, participant, user, visit
from tests.responses.visits import answers_to

pytestmark = pytest.mark.filterwarnings("ignore:Passing SelectField choices:DeprecationWarning")
DAY0 = date(2026, 1, 2)
LOOKED = 750
"""So long somebody looks at what she is about to sign or confirm."""
Computer = Callable[..., BrowserContext]


@pytest.fixture
def at_work(app: Flask) -> Iterator[None]:
    """A study with two people whose visit waits, and somebody of each role."""

    def make() -> None:
        protocol = backtobasic()
        for _ in range(2):
            infused(participant(protocol, name="Ola Nordmann", now=oslo(date(2025, 12, 20))), oslo(DAY0))
        for role in Role:
            user(protocol.study, role, email=address(role))

    with moved_clock(lambda: NOW):
        aside(app, make)
        yield


def address(role: Role) -> str:
    return f"{role.value.replace(' ', '-')}@hospital.example"


class Desk:
    """Somebody's computer, signed in; what she does there."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.page: Page = context.new_page()
        self.base = base

    def enters(self, email: str) -> "Desk":
        """Sign in with the password."""
        self.page.goto(f"{self.base}/login")
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", PASSWORD)
        self.presses("Sign in")
        self.page.wait_for_url("**/desk/**")
        return self

    def opens(self, path: str) -> Page:
        """A page of the study, by its address."""
        self.page.goto(f"{self.base}/desk/backtobasic/{path}")
        return self.page

    def follows(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def presses(self, name: str) -> None:
        button = self.page.get_by_role("button", name=name, exact=True).first
        if button.evaluate("(button) => button.closest('[data-final]') !== null"):
            self.page.wait_for_timeout(LOOKED)
        button.click()

    def is_told(self, words: str) -> None:
        expect(self.page.get_by_role("status").first).to_contain_text(words)

    def fills(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.fill(f"[name={name}]", value)


@pytest.fixture
def desk(at_work: None, phone: Computer, base: str) -> Callable[[Role], Desk]:
    """The desk of a role."""
    named = base.replace("127.0.0.1", "localhost")  # passkeys know no numbers

    def of(role: Role) -> Desk:
        return Desk(phone(1280, 800, hasty=True, locale="en-GB"), named).enters(address(role))

    return of


Desks = Callable[[Role], Desk]


def test_a_coordinator_works_the_morning_off(desk: Desks) -> None:
    hers = desk(Role.COORDINATOR)
    expect(hers.page).to_have_title(re.compile(r"Today \(2\)"))
    for code in ("01-001", "01-002"):
        hers.follows(f"Call {code}")
        hers.presses("Show name and number")
        expect(hers.page.get_by_text("Ola Nordmann")).to_be_visible()
        hers.presses("Reached")
        hers.is_told(f"Kept: {code}, reached.")
    expect(hers.page.get_by_text("Nobody needs a call just now.")).to_be_visible()
    expect(hers.page).to_have_title(re.compile(r"Today \(0\)"))


def test_todays_list_fetches_itself_anew_but_not_under_somebodys_hands(desk: Desks, app: Flask) -> None:
    hers = desk(Role.COORDINATOR)
    hers.page.clock.install()
    hers.opens("today/")
    more = hers.page.locator("#list details summary").first
    more.click()
    aside(app, lambda: note_call(the_first(), CallOutcome.REACHED, "clock", NOW, again_at=None, note=""))
    hers.page.clock.fast_forward("02:01")
    hers.page.wait_for_timeout(200)
    expect(hers.page).to_have_title(re.compile(r"Today \(2\)"))
    more.click()
    hers.page.get_by_role("heading", name="Today", exact=True).first.click()
    hers.page.locator("#find").focus()
    hers.page.clock.fast_forward("02:01")
    expect(hers.page).to_have_title(re.compile(r"Today \(1\)"))
    expect(hers.page.locator("#menu")).to_contain_text("Today (1)")
    expect(hers.page.get_by_role("link", name="Call 01-001")).to_have_count(0)
    hers.page.context.clear_cookies()
    hers.page.clock.fast_forward("02:01")
    hers.page.wait_for_url("**/login**")


def the_first() -> Participant:
    return db.session.scalars(select(Participant).order_by(Participant.code).limit(1)).one()


def test_a_coordinator_enrols_many_from_a_file_that_she_puts_right(desk: Desks, tmp_path: Path) -> None:
    hers, file = desk(Role.COORDINATOR), tmp_path / "people.csv"
    head, right = "site,phone,consent,enrolled_on", "01,40612345,1.0,2026-02-20"
    file.write_text(f"{head}\n{right}\n01,12,1.0,2026-02-21\n", "utf-8")
    hers.follows("Participants")
    hers.follows("Enrol many from a file")
    hers.page.set_input_files("[name=file]", file)
    hers.presses("Check the file")
    expect(hers.page.get_by_role("alert")).to_contain_text("Nobody was enrolled")
    expect(hers.page.get_by_role("row").filter(has_text="phone").first).to_contain_text("3")
    file.write_text(f"{head}\n{right}\n01,40612346,1.0,2026-02-21\n", "utf-8")
    hers.page.set_input_files("[name=file]", file)
    hers.presses("Check the file")
    hers.is_told("people.csv is in order. Nothing is stored yet.")
    hers.presses("Enrol 2 people")
    hers.is_told("2 people are enrolled.")
    for code in ("01-003", "01-004"):
        expect(hers.page.get_by_role("link", name=code, exact=True)).to_be_visible()


def test_a_coordinator_enrols_somebody_plans_her_day_and_notes_that_she_leaves(desk: Desks) -> None:
    hers = desk(Role.COORDINATOR)
    hers.follows("Participants")
    hers.follows("Enrol somebody")
    hers.page.select_option("[name=site]", "01")
    hers.fills(phone="406 12 345", name="Kari Nordmann", consent="1.0")
    hers.presses("Enrol")
    hers.page.wait_for_url("**/participants/01-003")
    event = hers.page.locator("#event")
    event.locator("[name=on]").fill("2026-03-12")
    event.get_by_role("button", name="Save").click()
    expect(hers.page.get_by_role("region", name="Visits").get_by_role("row")).to_have_count(19)
    leaving = hers.page.locator("#leaving")
    leaving.get_by_text("Leaves the study").click()
    leaving.locator("[name=grade]").select_option("no more questionnaires")
    leaving.locator("[name=reason]").fill("is moving abroad")
    leaving.get_by_role("button", name="Note that 01-003 leaves").click()
    expect(hers.page.get_by_text("is moving abroad").first).to_be_visible()
    hers.presses("Undo")
    expect(hers.page.get_by_text("taking part").first).to_be_visible()


def test_a_coordinator_types_a_paper_and_reads_it_as_it_was_asked(desk: Desks) -> None:
    hers = desk(Role.COORDINATOR)
    page = hers.opens("participants/01-001/visits/d49/")
    hers.follows("Type a paper")
    page.select_option("[name=answered_by]", "herself")
    hers.fills(answered_on="2026-02-20", scan="binder 3, page 12")
    for item in ("now", "usual", "worst"):
        page.locator(f"[name='nrs_lbp_week.{item}'][value='4']").check(force=True)
    hers.presses("Keep the answers")
    hers.is_told("Kept. The answers are those of this visit now.")
    expect(page.get_by_role("cell", name="4").first).to_be_visible()
    expect(page.get_by_text("Type a paper")).to_have_count(0)


@pytest.fixture
def nights_of_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other files of a night take most of its time."""
    for further in ("codebook_pages", "quality_pages", "labelled_files", "loaders", "standard_files"):
        assert callable(getattr(contents, further))
        monkeypatch.setattr(contents, further, lambda *_: iter(()))


def answered(app: Flask) -> None:
    """01-001 has answered day 49."""

    def answer() -> None:
        d49 = visit(db.session.scalars(select(Participant).filter_by(code="01-001")).one(), "d49")
        submit(d49, answers_to(d49), d49.due_at, language="en")

    aside(app, answer)


def test_a_correction_goes_from_the_question_to_the_signature_to_the_export(
    app: Flask, desk: Desks, nights_of_tables: None
) -> None:
    answered(app)
    hers = desk(Role.COORDINATOR)
    hers.opens("participants/01-001/visits/d49/")
    hers.follows("Ask for a correction")
    hers.page.select_option("[name=item]", "nrs_lbp_week.now")
    hers.fills(proposed="4", reason="She said four on the telephone.", source="Note of 23 February")
    hers.presses("Ask for the correction")
    hers.page.wait_for_url("**/corrections/1")
    investigators = desk(Role.INVESTIGATOR)
    investigators.opens("corrections/1")
    investigators.follows("Decide and sign")
    investigators.presses("Approve and sign")
    expect(investigators.page.get_by_text("and I approve it.").first).to_be_visible()
    aside(app, lambda: export_snapshot(study("backtobasic"), NOW) and None)
    statisticians = desk(Role.STATISTICIAN)
    statisticians.follows("Exports")
    with statisticians.page.expect_download() as taken:
        statisticians.follows("corrections.csv")
    with Path(taken.value.path()).open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["item"], row["reason"], row["decision"]) == ("now", "She said four on the telephone.", "approved")


def test_two_lock_the_study_and_a_third_is_refused(app: Flask, desk: Desks) -> None:
    answered(app)

    def close() -> None:
        db.session.execute(update(Task).values(done_at=NOW, done_by="user:1", outcome="Read"))
        study("backtobasic").state = StudyState.CLOSED

    aside(app, close)
    for role in (Role.DATA_MANAGER, Role.INVESTIGATOR):
        signing = desk(role)
        signing.opens("study/lock")
        signing.presses("Sign the lock")
    expect(signing.page.get_by_text("locked").first).to_be_visible()
    hers = desk(Role.COORDINATOR)
    page = hers.opens("participants/01-001")
    page.get_by_text("Plan, move, record or call off an event").click()
    page.locator("#event").locator("[name=on]").fill("2026-03-12")
    page.locator("#event").get_by_role("button", name="Save").click()
    expect(page.get_by_text("backtobasic is locked: its data are final.").first).to_be_visible()


def test_somebody_is_invited_and_signs_in_with_a_passkey(app: Flask, desk: Desks, phone: Computer) -> None:
    admins = desk(Role.ADMINISTRATOR)
    admins.follows("People")
    admins.fills(email="new@hospital.example", name="Ny Ansatt")
    admins.page.get_by_label("Role", exact=True).last.select_option("coordinator")
    admins.presses("Make the link")
    link = admins.page.locator(".link code").inner_text()
    theirs = Desk(phone(1280, 800, hasty=True, locale="en-GB"), admins.base)
    theirs.page.goto(f"{admins.base}/invitation/{link.rpartition('/')[2]}")
    theirs.fills(password=PASSWORD, again=PASSWORD)
    theirs.presses("Begin")
    theirs.page.wait_for_url("**/login")
    theirs.enters("new@hospital.example")
    Device(theirs.page)
    theirs.page.goto(f"{admins.base}/wan-register")
    theirs.fills(name="telephone")
    theirs.presses("Make a passkey")
    expect(theirs.page.get_by_text("telephone, last used")).to_be_visible()
    assert kept(app) == ["telephone"]
    theirs.page.context.clear_cookies()
    theirs.page.goto(f"{admins.base}/wan-signin")
    theirs.presses("Use my passkey")
    theirs.page.wait_for_url("**/desk/**")
    expect(theirs.page.get_by_role("link", name="Today (2)")).to_be_visible()
