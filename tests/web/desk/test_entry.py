"""A visit on the desk: typed by telephone or from paper, by one or two; read, printed, looked at, or not done."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.instruments import instrument
from app.participants.models import Participant
from app.responses.late_attempts import note_attempt
from app.responses.models import Mode, Response, StaffEntry
from app.schedule.models import Assessment, VisitNotDone
from app.schedule.paper_codes import paper_code
from tests.factories import Browser, begun, oslo, user
from tests.odd_dates import NO_CENTURY
from tests.responses.typed import fields_of
from tests.responses.visits import participant, visit

D154 = date(2026, 8, 3)
NOW = oslo(D154, 14)
HERS = "/desk/backtobasic/participants/01-001/"
FACTS = {"mode": "paper", "answered_by": "herself", "answered_on": "2026-08-03", "scan": "binder 3, page 12"}


class Two(NamedTuple):
    """Two coordinators of a site, one of another, a monitor; and the visit of day 154."""

    visit: Assessment
    clerk: Browser
    other: Browser
    elsewhere: Browser
    monitor: Browser
    session: Session
    first: User

    def type(
        self,
        browser: Browser | None = None,
        page: str = "",
        facts: Mapping[str, str] | None = None,
        **answers: str | None,
    ) -> TestResponse:
        sent = dict(FACTS if page == "" else {}) | dict(facts or {}) | fields_of(self.visit, **answers)
        return (browser or self.clerk).post(f"{HERS}visits/d154/entry/{page}", **sent)

    def page(self, path: str = "visits/d154/", browser: Browser | None = None) -> str:
        answer = (browser or self.clerk).get(HERS + path)
        assert answer.status_code == 200
        return answer.text

    def response(self) -> Response | None:
        return self.session.scalars(select(Response).execution_options(populate_existing=True)).one_or_none()


@pytest.fixture
def two(app: Flask, session: Session) -> Iterator[Two]:
    def make() -> None:
        study = participant(language="en").study
        for role, at_site in ((Role.COORDINATOR, "01"), (Role.COORDINATOR, "01"), (Role.COORDINATOR, "02")):
            user(study, role, at_site)
        user(study, Role.MONITOR)

    assert begun(("who type what somebody of Oslo answered",), make)
    people = session.scalars(select(User).order_by(User.id)).all()
    d154 = visit(session.scalars(select(Participant)).one(), "d154")
    with moved_clock(lambda: NOW):
        clerk, other, elsewhere, monitor = (Browser(app, someone) for someone in people)
        yield Two(d154, clerk, other, elsewhere, monitor, session, people[0])


@pytest.mark.parametrize("mode", ["telephone interview", "paper"])
def test_what_is_typed_is_kept_and_read_on_the_visits_page(two: Two, mode: str) -> None:
    assert 'name="odi.lifting"' in two.page("visits/d154/entry/")
    kept = two.type(facts={"mode": mode})
    assert (kept.status_code, kept.location) == (303, f"{HERS}visits/d154/")
    response = two.response()
    assert response is not None
    assert response.mode == mode
    page = two.page()
    words = instrument("odi").wording("en")
    for said in ("Kept. The answers are those of this visit now.", mode, words.item("lifting").text, words.version):
        assert said in page
    assert "Type a paper" not in page


@pytest.mark.parametrize(
    ("facts", "answers", "sentences"),
    [
        ({"answered_on": "2026-08-04"}, {}, ["This day has not come yet"]),
        ({"answered_on": ""}, {}, ["Write a day, such as 14.05.2026."]),
        ({"mode": ""}, {}, ["Choose one of the list."]),
        ({"mode": "page"}, {}, ["Choose one of the list."]),
        ({"answered_by": "me"}, {}, ["Choose one of the list."]),
        ({"answered_time": "25:00"}, {}, ["Write an hour, such as 09:30."]),
        ({}, {"nrs_leg__leg": "11"}, ["Write a number from 0 to 10.", 'href="#nrs_leg.leg"']),
        ({}, {"odi__lifting": "9"}, ["Choose one of the answers.", 'href="#odi.lifting"']),
    ],
)
def test_a_refused_entry_keeps_all_that_was_typed_and_says_what_is_wrong_where_it_is(
    two: Two, facts: dict[str, str], answers: dict[str, Any], sentences: list[str]
) -> None:
    refused = two.type(facts=facts, medication__other_text="Ibux <b>", **answers)
    assert refused.status_code == 400
    assert "<title>Error: " in refused.text
    for sentence in (*sentences, "binder 3, page 12", "Ibux &lt;b&gt;"):
        assert sentence in refused.text
    assert two.response() is None


def test_the_day_on_a_paper_is_a_day_on_which_the_visit_could_be_answered(two: Two) -> None:
    """Also at the hour at which the first and the last days of all calendars end in another zone."""
    sentences = {(day, "00:00"): "Write a day" for day in (*NO_CENTURY, "2026-02-29")}
    sentences |= {("1900-01-01", "00:00"): "This visit opened on", ("2199-12-31", "23:59"): "This day has not come yet"}
    said = {}
    for (day, hour), sentence in sentences.items():
        refused = two.type(facts={"answered_on": day, "answered_time": hour})
        said[day, hour] = (refused.status_code, sentence in refused.text)
    assert said == dict.fromkeys(sentences, (400, True))
    assert two.response() is None


def test_what_is_empty_is_asked_about_once_and_then_kept_as_it_is(two: Two) -> None:
    answer = two.type(odi__lifting=None)
    assert (answer.status_code, 'href="#odi.lifting"' in answer.text, two.response()) == (200, True, None)
    kept = two.type(facts={"asked": "1"}, odi__lifting=None)
    assert kept.status_code == 303
    two.session.refresh(two.visit)
    assert two.visit.partial is True


def test_two_type_the_same_paper_and_the_second_does_not_see_the_first(two: Two) -> None:
    first = two.type(facts={"twice": "yes"}, medication__other_text="Hemmelig")
    assert (first.status_code, two.response()) == (303, None)
    assert "Kari Nordmann" in two.page(browser=two.other)
    assert "Hemmelig" not in two.page("visits/d154/entry/second", two.other)
    assert two.type(two.clerk, "second").status_code == 403
    assert two.type(two.other, "second", medication__other_text="Hemmelig").status_code == 303
    assert two.response() is not None


def test_what_differs_is_shown_in_words_and_settled(two: Two) -> None:
    two.type(facts={"twice": "yes"}, odi__lifting="1")
    two.type(two.other, "second", odi__lifting="2")
    assert "Settle what differs" in two.page(browser=two.other)
    page = two.page("visits/d154/entry/differences", two.other)
    words = instrument("odi").wording("en").item("lifting").options
    assert f"First entry: {words[1]}. Second entry: {words[2]}." in page
    assert page.count("First entry: ") == 1
    assert two.type(two.clerk, "differences").status_code == 403
    assert two.type(two.other, "differences", odi__lifting="1").status_code == 303
    response = two.response()
    assert response is not None
    assert '"lifting":1' in response.content


def test_what_was_typed_can_be_begun_again_with_a_reason(two: Two) -> None:
    two.type(facts={"twice": "yes"})
    assert two.clerk.post(f"{HERS}visits/d154/entry/again", reason="").status_code == 400
    assert two.clerk.post(f"{HERS}visits/d154/entry/again", reason="It was another paper").status_code == 303
    assert two.session.scalars(select(StaffEntry).order_by(StaffEntry.id)).all() == []


def test_a_visit_is_not_done_for_a_reason_and_done_after_all(two: Two) -> None:
    refused = two.clerk.post(f"{HERS}visits/d154/not-done", reason="", note="kept words")
    assert (refused.status_code, "kept words" in refused.text) == (400, True)
    assert two.clerk.post(f"{HERS}visits/d154/not-done", reason="too ill").status_code == 303
    page = two.page()
    assert "too ill" in page
    assert "Type a paper" not in page
    assert two.type().status_code == 409
    assert two.clerk.post(f"{HERS}visits/d154/not-done/back").status_code == 303
    assert two.session.scalars(select(VisitNotDone).order_by(VisitNotDone.id)).all() == []
    assert two.type().status_code == 303


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""), ("get", "seen"), ("get", "paper"), ("get", "entry/"), ("get", "entry/second"),
        ("get", "entry/differences"), ("post", "entry/"), ("post", "entry/second"), ("post", "entry/differences"),
        ("post", "entry/again"), ("post", "not-done"), ("post", "not-done/back"),
    ],
)  # fmt: skip
def test_a_visit_of_another_site_is_not_there(two: Two, method: str, path: str) -> None:
    ask = getattr(two.elsewhere, method)
    assert ask(f"{HERS}visits/d154/{path}").status_code == 404
    assert getattr(two.clerk, method)(f"{HERS}visits/d999/{path}").status_code == 404
    if method == "post":
        assert getattr(two.monitor, method)(f"{HERS}visits/d154/{path}").status_code == 403


def test_a_monitor_reads_the_answers_and_types_none(two: Two) -> None:
    two.type(medication__other_text="Ibux")
    page = two.page(browser=two.monitor)
    assert "Ibux" in page
    assert "Ask for a correction" in page


def test_what_she_sees_is_in_her_language_and_cannot_be_sent(two: Two) -> None:
    page = two.page("visits/d154/seen", two.monitor)
    words = instrument("odi").wording("en")
    assert words.item("lifting").text in page
    assert "<fieldset disabled" in page
    assert f'action="{HERS}visits' not in page


def test_a_printed_questionnaire_is_found_again_by_its_code(two: Two) -> None:
    page = two.page("visits/d154/paper")
    code = paper_code("01-001", "d154")
    assert page.count(code) >= 2
    assert instrument("odi").wording("en").item("lifting").text in page
    answer = two.clerk.post("/desk/backtobasic/find/", words=code)
    assert (answer.status_code, answer.location) == (303, f"{HERS}visits/d154/")
    slip = two.clerk.post("/desk/backtobasic/find/", words=code.replace("154", "145"))
    assert (slip.status_code, "has a slip in it" in slip.text) == (400, True)
    assert two.elsewhere.post("/desk/backtobasic/find/", words=code).status_code == 404


@pytest.mark.parametrize("path", ["", "seen", "paper", "entry/", "entry/second"])
def test_the_pages_speak_bokmal(two: Two, path: str) -> None:
    two.first.language = "nb"
    two.session.commit()
    page = re.sub(r"<(div|main)[^>]* lang=\"en\".*</\1>", "", two.page(f"visits/d154/{path}"), flags=re.DOTALL)
    for english in ("Back to the visit", "Type ", "What she sees", "Who answered", "Not done", "Print this"):
        assert english not in page


def test_the_visits_page_and_her_line_of_time_say_that_answers_came_too_late(two: Two) -> None:
    assert "Came too late" not in two.page()
    note_attempt(two.visit, Mode.PAGE, two.visit.grace_until + timedelta(minutes=7))
    two.session.commit()
    assert "Came too late" in two.page()
    assert "not taken, and nothing of it is kept" in two.page()
    assert "answers came too late" in two.clerk.get(HERS.rstrip("/")).text
