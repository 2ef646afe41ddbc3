"""A visit on paper or on the clinic's tablet: it ends itself, and shows nothing of anybody to whoever comes next."""

import base64
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import Ended, StaffSession
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.participants.models import Participant
from app.schedule.links import token
from app.schedule.models import Assessment
from tests.factories import NOW, Browser, backtobasic, infused, participant, user, visit

OPEN_AT = NOW + timedelta(days=7, hours=2)
OVER = "/tablet/over"


class Tablet:
    """The clinic's tablet, on which somebody of the staff is signed in at first."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app = app
        protocol = backtobasic()
        self.visits = []
        for _ in range(2):
            someone = participant(protocol)
            infused(someone, NOW)
            self.visits.append(visit(someone, "d7"))
        self.somebody = user(protocol.study, Role.COORDINATOR)
        self.browser = Browser(app, self.somebody)
        self.links = [f"/a/{token(each)}" for each in self.visits]
        self.forms = [
            f"/desk/{protocol.study.code}/participants/{each.participant.code}/visits/d7" for each in self.visits
        ]
        session.commit()

    def get(self, path: str) -> TestResponse:
        return self.browser.client.get(path)

    def hand_over(self, number: int = 0) -> TestResponse:
        """Staff open the visit of one of them."""
        return self.browser.post(f"{self.forms[number]}/tablet")

    def answer(self, said: dict[str, str]) -> TestResponse:
        return self.browser.client.post(f"{self.links[0]}?tablet=1", data={"_mode": "self", **said})


@pytest.fixture
def tablet(app: Flask, session: Session) -> Iterator[Tablet]:
    with moved_clock(lambda: OPEN_AT):
        yield Tablet(app, session)


def test_her_link_is_a_picture_that_can_be_scanned_and_stands_nowhere_else(tablet: Tablet, session: Session) -> None:
    """Of who is made up for practice it may be opened there."""
    assert f'<a href="{tablet.links[0]}"' in tablet.get(f"{tablet.forms[0]}/link").text.replace("http://localhost", "")
    session.execute(update(Participant).values(practice=False))
    session.commit()
    page = tablet.get(f"{tablet.forms[0]}/link").text
    (picture,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert base64.b64decode(picture).count(b"<path") == 1
    assert tablet.links[0] not in page


def test_whoever_hands_the_tablet_over_is_signed_out_of_it(tablet: Tablet) -> None:
    handed = tablet.hand_over()
    assert (handed.status_code, handed.location) == (303, f"{tablet.links[0]}?tablet=1")
    left = tablet.get(tablet.forms[0] + "/")
    assert (left.status_code, "login" in left.location) == (302, True)


def test_the_page_runs_no_script_and_ends_itself_after_a_while(tablet: Tablet) -> None:
    tablet.hand_over()
    page = tablet.get(f"{tablet.links[0]}?tablet=1")
    assert page.status_code == 200
    assert "script-src 'none'" in page.headers["Content-Security-Policy"]
    assert (page.headers["Refresh"], page.headers["Cache-Control"]) == (f"900; url={OVER}", "no-store")


def test_after_sending_it_thanks_and_then_shows_nothing(tablet: Tablet) -> None:
    tablet.hand_over()
    sent = tablet.answer({"_act": "submit", "_asked": "1", "nrs_lbp_week.now": "4"})
    assert (sent.status_code, sent.location) == (303, f"{tablet.links[0]}/received?tablet=1")
    thanks = tablet.get(sent.location)
    assert (thanks.status_code, thanks.headers["Refresh"]) == (200, f"30; url={OVER}")
    over = tablet.get(OVER)
    assert (over.status_code, over.headers["Clear-Site-Data"]) == (200, '"cache", "storage"')
    for path in (
        f"{tablet.links[0]}?tablet=1",
        f"{tablet.links[0]}/received?tablet=1",
        f"{tablet.links[0]}?lang=en&tablet=1",
    ):
        back = tablet.get(path)
        assert (back.status_code, back.location) == (303, OVER)


def test_what_was_not_sent_when_it_ended_is_seen_by_nobody_who_presses_back(tablet: Tablet) -> None:
    tablet.hand_over()
    tablet.get(f"{tablet.links[0]}?tablet=1")
    tablet.get(OVER)
    assert tablet.get(f"{tablet.links[0]}?tablet=1").location == OVER
    assert tablet.answer({"_act": "submit"}).location == OVER, "nor does the next person answer for her"


def test_the_next_person_finds_nothing_of_the_one_before(tablet: Tablet, app: Flask) -> None:
    tablet.hand_over()
    tablet.get(OVER)
    tablet.browser = Browser(app, user(tablet.visits[1].participant.study, Role.COORDINATOR))
    tablet.hand_over(1)
    assert tablet.get(f"{tablet.links[1]}?tablet=1").status_code == 200
    assert tablet.get(f"{tablet.links[0]}?tablet=1").location == OVER


def test_another_language_stays_on_the_tablet(tablet: Tablet) -> None:
    tablet.hand_over()
    led = tablet.get(f"{tablet.links[0]}?lang=en")
    assert (led.status_code, led.location) == (303, f"{tablet.links[0]}?lang=en&tablet=1")


@pytest.mark.parametrize("cookie", ["", "x", "x.y.z", "AAAA.BBBB.CCCC", "é"])
def test_a_cookie_that_is_not_ours_opens_nothing(tablet: Tablet, cookie: str) -> None:
    tablet.browser.client.set_cookie("svar_tablet", cookie)
    assert tablet.get(f"{tablet.links[0]}?tablet=1").location == OVER


def test_a_visit_that_is_over_is_not_opened_on_a_tablet(tablet: Tablet, session: Session) -> None:
    assessment: Assessment = tablet.visits[0]
    with moved_clock(lambda: assessment.grace_until + timedelta(minutes=1)):
        assert tablet.hand_over().status_code == 410
        assert tablet.get(f"{tablet.forms[0]}/link").status_code == 410


def test_her_own_telephone_is_not_a_tablet(tablet: Tablet, app: Flask) -> None:
    page = Browser(app).client.get(tablet.links[0])
    assert (page.status_code, page.headers.get("Refresh")) == (200, None)
    assert "script-src 'none'" not in page.headers["Content-Security-Policy"]


def pressed(tablet: Tablet, *, number: int = 0, once: str = "a word") -> TestResponse:
    return tablet.browser.post(f"{tablet.forms[number]}/tablet", _once=once)


def session_cookie(tablet: Tablet, value: str | None = None) -> str:
    """The cookie of whoever is signed in; given a value, the browser has that one from now on."""
    client, name = tablet.browser.client, tablet.app.config["SESSION_COOKIE_NAME"]
    if value is not None:
        client.set_cookie(name, value)
    cookie = client.get_cookie(name)
    return cookie.value if cookie else ""


def shown(tablet: Tablet, answer: TestResponse) -> bool:
    """Whether this leads to her questions, and shows them."""
    marked = f"{tablet.links[0]}?tablet=1"
    return (answer.status_code, answer.location) == (303, marked) and tablet.get(marked).status_code == 200


@pytest.mark.parametrize("first_answer_came", [True, False])
def test_a_second_press_leads_to_the_same_questions(tablet: Tablet, first_answer_came: bool) -> None:
    """A browser lets the first answer go when the button is pressed again, with its cookies or without."""
    before = session_cookie(tablet)
    pressed(tablet)
    if not first_answer_came:
        tablet.browser.client.delete_cookie("svar_tablet")
        session_cookie(tablet, before)
    assert shown(tablet, pressed(tablet))
    assert "/login" in tablet.get(tablet.forms[0] + "/").location, "and nobody is signed in by it"


def test_a_second_press_that_waited_for_the_first_is_signed_out_too(tablet: Tablet, app: Flask) -> None:
    """Of two presses at once each comes as somebody who is signed in; here each with a session of its own."""
    first, tablet.browser = tablet.browser, Browser(app, tablet.somebody)
    first.post(f"{tablet.forms[0]}/tablet", _once="a word")
    assert shown(tablet, pressed(tablet))
    assert "/login" in tablet.get(tablet.forms[0] + "/").location


@pytest.mark.parametrize(
    ("seconds", "once", "number", "key_kept"),
    [
        (31, "a word", 0, True),  # too late
        (1, "another word", 0, True),  # another form
        (1, "", 0, True),  # no word at all
        (1, "a word", 1, True),  # somebody else's questions
        (1, "a word", 0, False),  # another browser
    ],
)
def test_it_is_a_way_in_for_nobody_else(tablet: Tablet, seconds: int, once: str, number: int, key_kept: bool) -> None:
    before = session_cookie(tablet)
    pressed(tablet)
    tablet.browser.client.delete_cookie("svar_tablet")
    session_cookie(tablet, before if key_kept else "")
    with moved_clock(lambda: OPEN_AT + timedelta(seconds=seconds)):
        assert "/login" in pressed(tablet, number=number, once=once).location


def test_the_cookie_of_the_visit_is_no_way_to_another(tablet: Tablet) -> None:
    pressed(tablet)
    session_cookie(tablet, "")
    assert pressed(tablet, number=1).location == f"{tablet.links[0]}?tablet=1", "the one that is open here already"
    tablet.get(OVER)
    assert "/login" in pressed(tablet).location


@pytest.mark.parametrize("because", [Ended.FROM_THE_LIST, Ended.DISABLED, Ended.NEW_PASSWORD, Ended.ROLE])
def test_a_session_that_ended_otherwise_opens_nothing(tablet: Tablet, session: Session, because: Ended) -> None:
    before = session_cookie(tablet)
    pressed(tablet)
    session.execute(update(StaffSession).values(ended_because=because))
    session.commit()
    tablet.browser.client.delete_cookie("svar_tablet")
    session_cookie(tablet, before)
    assert "/login" in pressed(tablet).location
