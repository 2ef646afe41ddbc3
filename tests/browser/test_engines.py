"""Patients hold iPhones too: one journey in WebKit and one in Firefox, with each kind of item, a dead line, two taps.

Skipped, with one line that says what to install, where an engine is not there.
"""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from app.core.time import moved_clock
from app.instruments.folders import read_files, read_folder
from app.schedule.links import token
from app.studies.installing import install
from app.studies.models import StudyState
from app.studies.questionnaires import install_folder
from app.web.patient.proof import QUICK
from tests.browser.conftest import aside, responses
from tests.browser.engines import MISSING, Engine, installed, started, until
from tests.factories import scheduled, visit
from tests.instruments.test_new_items import FILES
from tests.instruments.test_ranking import FILES as GOALS
from tests.instruments.test_rich_items import FOLDER
from tests.studies.protocol.protocols import SMALL
from tests.web.patient.test_rich_items import DOSE

REST = {
    "definition.yaml": """
code: rest
version: "1"
items:
  - {code: hours, type: number, minimum: 0, maximum: 24, decimals: 1}
  - {code: since, type: date}
  - {code: words, type: text}
licence: {holder: Us, terms: Free., languages: {}, other: {original_required: false, note: Ours.}}
""",
    "wordings/en.yaml": """
language: en
version: "1"
demonstration: false
source: Ours.
title: The rest
instruction: And this.
items: {hours: How many hours?, since: Since when?, words: Anything else?}
""",
}
ON_SCREEN = "document.querySelector('section:not(#start) > .q.on')"
TYPED = {"night.bed": "22:30", "night.asleep": "7:15", "night.awake": "0:20", "rest.hours": "6.5",
         "rest.since": "2026-02-01", "rest.words": "Walking"}  # fmt: skip
CHOSEN = {"night.pain": 4, "goals.sleep": 2, "goals.work": 1, "goals.sport": 3}


class Service:
    """The application on one port, which can be dead for a while."""

    def __init__(self, app: Flask) -> None:
        self._app, self.port = app, 0
        self._server: BaseWSGIServer | None = None

    def start(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self._app, threaded=True)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@pytest.fixture
def service(app: Flask) -> Iterator[Service]:
    made = Service(app)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def link(app: Flask) -> Iterator[str]:
    """The path of a visit that asks every kind of item."""

    def made() -> str:
        install_folder(read_folder(FOLDER), DOSE)
        for files in (FILES, GOALS, REST):
            words = files["wordings/en.yaml"].replace("language: en", "language: nb")
            install_folder(read_files("x", {**files, "wordings/nb.yaml": words}), DOSE)
        text = SMALL.replace("[nrs_lbp_week]", "[where8, night, goals, rest]").replace("first_dose", "first_infusion")
        protocol = install(text, DOSE, state=StudyState.DEMO)
        person = scheduled(protocol, DOSE, given_at=DOSE, now=DOSE - timedelta(days=20), language="en")
        return f"/a/{token(visit(person, 'd7'))}"

    with moved_clock(lambda: DOSE + timedelta(days=7, hours=1)):
        yield aside(app, made)


class Reader:
    """Somebody who answers the page in an engine."""

    def __init__(self, engine: Engine, address: str) -> None:
        self.engine, self.address = engine, address

    def open(self) -> None:
        self.engine.go(self.address)
        self.wait("history.state !== null && !!document.getElementById('next')", "the page")
        self.engine.run(f"{QUICK}; return 1")

    def sees(self, expression: str) -> object:
        return self.engine.run(f"return {expression}")

    def wait(self, expression: str, what: str) -> object:
        return until(lambda: self.sees(expression), what)

    def question(self) -> str:
        return str(self.sees(f"({ON_SCREEN} || {{}}).id || ''"))

    def says(self, sentence: str) -> None:
        self.wait(f"document.getElementById('saved').textContent.includes('{sentence}')", sentence)

    def next(self) -> None:
        """On to the next screen."""
        before = self.question()
        self.engine.tap("#next")
        self.wait(f"({ON_SCREEN} || {{}}).id !== '{before}'", f"what comes after {before}")

    def answer(self) -> None:
        """Answer what is on screen as its kind is answered."""
        field, kind = self.question(), str(self.sees(f"{ON_SCREEN}.classList[1]"))
        place = f"[id='{field}']"
        if field in CHOSEN:
            self.engine.tap(f"{place} label:nth-child({CHOSEN[field]})")
        elif kind == "matrix":
            for row in ("stairs", "sitting"):
                self.engine.tap(f"[aria-labelledby='where8.{row}-r'] label")
        elif kind == "vas":
            self.engine.tap(f"{place} .slider")
        elif field == "where8.where":
            self.engine.tap("[data-region='back']")
        elif field in TYPED:
            typed = f"box.value = '{TYPED[field]}'; box.dispatchEvent(new Event('input', {{bubbles: true}})); return 1"
            self.engine.run(f'const box = document.querySelector("{place} input, {place} textarea"); {typed}')
        else:
            self.engine.tap(f"{place} label")


@pytest.mark.parametrize("engine", ["webkit", "firefox"])
def test_a_visit_is_answered_in_this_engine_and_nothing_is_lost(
    app: Flask, service: Service, link: str, tmp_path: Path, engine: str
) -> None:
    if not installed(engine):
        pytest.skip(MISSING[engine])
    with started(engine, tmp_path) as browser:
        reader = Reader(browser, f"http://127.0.0.1:{service.port}{link}")
        reader.open()
        reader.next()
        reader.answer()
        reader.says("Saved 11:00")
        reader.open()
        assert reader.sees("document.getElementById('next').textContent") == "Continue"
        reader.next()
        assert reader.question() == "where8.strength"
        assert reader.sees("document.querySelector('[data-region=back]').classList.contains('chosen')")
        journeyed = answered_with_a_dead_line(reader, service)
        assert journeyed[:3] == ["where8.strength", "where8.face", "where8.doing"]
        assert journeyed[-4:] == ["goals.sport", "rest.hours", "rest.since", "rest.words"]
        reader.engine.run("const send = document.getElementById('next'); send.click(); send.click(); return 1")
        reader.wait("location.pathname.endsWith('/received')", "the receipt")
        assert "Thank you" in str(reader.sees("document.querySelector('h1').textContent"))
    (response,) = responses(app)
    for part in ('"back":1', '"strength":50', '"bed":"22:30"', '"asleep":435', '"hours":"6.5"', '"since":"2026-02-01"'):
        assert part in response.content
    assert {shown["presentation"] for shown in response.instruments.values()} == {"paged"}


def answered_with_a_dead_line(reader: Reader, service: Service) -> list[str]:
    """All questions to the last screen; the line is dead from the second on until she has read what the page says."""
    journeyed: list[str] = []
    while field := reader.question():
        journeyed.append(field)
        if len(journeyed) == 2:
            reader.wait(RESTING, "the page at rest")
            service.stop()
        reader.answer()
        if len(journeyed) == 2:
            reader.says("Saved on this phone, not sent yet")
            service.start()
            reader.engine.run("dispatchEvent(new Event('online')); return 1")
            reader.says("Saved 11:00")
        reader.next()
    return journeyed


RESTING = "document.getElementById('saved').className === 'kept'"
