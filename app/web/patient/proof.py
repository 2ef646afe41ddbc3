"""An instrument's screens as patients see them, drawn without a patient: for the licence holder, and for the guide."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.core.database import db
from app.instruments import Instrument
from app.responses.wordings import in_installed_words, newest
from app.studies.protocol import AnswerRules, LateAnswers, Protocol, Skipping, UnsentDrafts
from app.studies.questionnaires import asked_at, newest_folder
from app.web.patient.page import Page
from app.web.patient.visit import Frame, VisitContent, draw

WIDTHS = {320: 568, 390: 844, 768: 1024}
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
ASK_ALL = "document.querySelectorAll('[data-when]').forEach((question) => question.removeAttribute('data-when'))"
"""The licence holder sees also what is asked only after some answers."""
QUICK = "performance.now = () => Infinity"
"""Nobody's finger is here, so no tap is held to be too quick."""
ON_SCREEN = "document.querySelector('section:not(#start) > .q.on')?.id"


class NoBrowser(Exception):
    """Pictures need Playwright and Debian's chromium."""


def proof_page(codes: tuple[str, ...], language: str) -> bytes:
    """One page that asks these instruments alone, in the words that patients see now."""
    last = db.session.scalar(select(newest()))
    with current_app.test_request_context():
        return proof([in_installed_words(newest_folder(code).instrument, last) for code in codes], language).plain


def proof(questionnaires: Iterable[Instrument], language: str) -> Page:
    """The same of instruments as they are, within a request."""
    shown = tuple(questionnaires)
    wordings = [each.wording(language) for each in shown]
    demonstration = any(wording.demonstration for wording in wordings)
    frame = Frame(language, (), wordings[0].title, "", "", demonstration)
    rules = AnswerRules(Skipping.ASKED_ONCE, LateAnswers.KEEP, UnsentDrafts.DISCARD, pause_days=1)
    codes, hashes = tuple(each.code for each in shown), tuple(wording.sha256 for wording in wordings)
    return draw(VisitContent(frame, 1, rules, "", codes, hashes), shown, values={}, errors={})


def visit_sizes(plan: Protocol, language: str) -> Iterator[tuple[str, int]]:
    """About how many bytes the page of each visit is as sent, by the visit's code."""
    for visit in plan.visits:
        with current_app.test_request_context():
            yield visit.code, len(proof(asked_at(plan, visit.code), language).gzipped)


def render(page: Path, folder: Path) -> list[Path]:
    """A picture of each question at each width."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowser("Pictures need Playwright: pip install -r requirements-dev.txt.") from None
    chromium = next((path for path in CHROMIUM if Path(path).exists()), None)
    if chromium is None:
        raise NoBrowser("Pictures need a browser (on Debian: apt install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        made = [path for width in WIDTHS for path in _screens(browser, page, folder, width)]
        browser.close()
    return made


def _screens(browser: Any, page: Path, folder: Path, width: int) -> Iterator[Path]:
    screen = browser.new_page(viewport={"width": width, "height": WIDTHS[width]})
    screen.add_init_script(QUICK)
    screen.goto(page.resolve().as_uri())
    screen.evaluate(ASK_ALL)
    screen.click("#next")
    while (field := screen.evaluate(ON_SCREEN)) is not None:
        path = folder / f"{field}.{width}.png"
        screen.screenshot(path=path, full_page=True)
        yield path
        screen.click("#next")
        if screen.evaluate(ON_SCREEN) == field:  # it was empty, and asked about
            screen.click("#next")
    screen.close()
