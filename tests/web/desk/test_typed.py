"""Nothing that somebody typed into a form of the desk is lost by what happened to the thing meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.accounts.models import StaffSession, User
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.participants.grades import LeavingGrade
from app.participants.leaving import leave
from app.participants.models import Participant
from app.studies.access import join
from app.studies.models import Membership, Site, StudyState
from app.web.desk.typed import missing
from app.web.staff.resuming import WHOSE
from tests.factories import NOW, Browser, user
from tests.web.desk.desks import DESK
from tests.web.desk.whole import WholeDesk, whole_desk
from tests.web.staff.test_access import path as address_of

TYPED = {
    "note": "Ringte <to> ganger, “ikke hjemme”",
    "reason": "Sa fra på telefon; hun & mannen",
    "words": "Vil helst bli ringt etter kl. 16",
    "outcome": "Ble forklart hva som skjer",
    "proposed": "4 eller kanskje 5",
    "source": "Telefonnotat, side 12",
    "document": "samtykke 2.1",
    "scan": "perm 3, side 12",
    "name": "Utsikt til fjorden",
    "phone": "406 12 399",
    "nrs_lbp_week__now": "mellom seks og sju",
}
"""What the forms of the desk are filled in with: each takes what it has a field for."""
MEMBER = "kari@site.example"
PIN = "471108"
FIND = "desk_find.find"
"""What is looked for stands in its box, on every page."""
OF_HER = ("code", "response_id", "correction_id", "task_id", "message_id", "leaving_id")


@dataclass
class Typing:
    """Somebody of site 01 who has every role there, with a form of hers open."""

    app: Flask
    session: Session
    whole: WholeDesk
    person: Participant
    browser: Browser

    def send(self, rule: Rule) -> TestResponse:
        return self.browser.post(address_of(rule), **TYPED, pin=PIN)

    def forms(self, about: tuple[str, ...]) -> Iterator[Rule]:
        """The addresses that take a form about one of these, or about anything."""
        for rule in self.app.url_map.iter_rules():
            of_desk = rule.rule.startswith("/desk/") and "POST" in (rule.methods or ())
            if of_desk and rule.endpoint != FIND and (not about or not rule.arguments.isdisjoint(about)):
                yield rule


@pytest.fixture
def typing(app: Flask, session: Session) -> Iterator[Typing]:
    with moved_clock(lambda: NOW):
        whole = whole_desk()
        member = user(email=MEMBER)
        site = session.scalars(select(Site).filter_by(code="01")).one()
        for role in Role:
            join(member, whole.study, role, site)
        session.commit()
        person = session.scalars(select(Participant).filter_by(code="01-001")).one()
        yield Typing(app, session, whole, person, Browser(app, member))


def move(typing: Typing) -> None:
    elsewhere = select(Site.id).filter_by(code="02").scalar_subquery()
    typing.session.execute(update(Participant).values(site_id=elsewhere))


def end_role(typing: Typing) -> None:
    typing.session.execute(delete(Membership))


def withdraw(typing: Typing) -> None:
    leave(typing.person, LeavingGrade.NO_FURTHER_USE, None, "Vil ikke mer", NOW)


def lock(typing: Typing) -> None:
    typing.whole.study.state = StudyState.LOCKED


GONE: dict[str, tuple[Callable[[Typing], None], tuple[str, ...], int]] = {
    "she was moved to another site": (move, OF_HER, 30),
    "my role has ended": (end_role, (), 50),
    "she was withdrawn": (withdraw, ("code",), 10),
    "the study was locked": (lock, (), 30),
}
"""What happens to the thing, which forms are sent then, and at least how many of them are refused."""


@pytest.mark.parametrize("gone", GONE)
def test_the_page_that_refuses_a_form_shows_what_was_typed(typing: Typing, gone: str) -> None:
    happens, about, most = GONE[gone]
    happens(typing)
    typing.session.commit()
    answers = {rule.rule: typing.send(rule) for rule in typing.forms(about)}
    refused = {rule: answer.text for rule, answer in answers.items() if refuses(answer)}
    lost = {rule: words for rule, page in refused.items() if (words := missing(TYPED.items(), page))}
    assert lost == {}
    assert [rule for rule, page in refused.items() if not says_why(page)] == []
    assert [rule for rule, page in refused.items() if PIN in page] == []
    assert len(refused) >= most, sorted(answers.keys() - refused.keys())


def refuses(answer: TestResponse) -> bool:
    return answer.status.startswith("4")


def says_why(page: str) -> bool:
    """In a summary on top, or as a page that says nothing else."""
    return 'class="alert notice error"' in page or '<p class="quiet">Code ' in page


def test_what_was_kept_over_a_sign_in_is_shown_to_whom_the_form_is_no_more(typing: Typing) -> None:
    hers = f"{DESK}participants/01-001/"
    shown = typing.browser.get(f"{hers}contact/").text
    whose = shown.split(f'name="{WHOSE}" value="')[1].partition('"')[0]
    typing.session.execute(update(StaffSession).values(expires_at=NOW))
    typing.session.commit()
    away = typing.browser.post(f"{hers}contact/calls", **TYPED, **{WHOSE: whose})
    back = parse_qs(urlsplit(away.location).query)["next"][0]
    move(typing)
    typing.session.commit()
    refused = Browser(typing.app, typing.session.scalars(select(User).filter_by(email=MEMBER)).one()).get(back)
    assert (refused.status_code, missing(TYPED.items(), refused.text)) == (404, [])


def test_a_form_of_another_page_puts_no_words_into_ours(typing: Typing) -> None:
    form, headers = {"note": TYPED["note"]}, {"Sec-Fetch-Site": "cross-site"}
    refused = typing.browser.client.post(f"{DESK}participants/01-001/contact/calls", data=form, headers=headers)
    assert (refused.status_code, "What you had typed" in refused.text) == (403, False)


MAIN = '<main id="main" lang="en">'


@pytest.mark.parametrize(
    ("name", "value", "page", "lost"),
    [
        ("note", "at home", f"{MAIN}<p>Not found</p>", True),
        ("note", "at home", f'{MAIN}<input value="at home">', False),
        ("note", "at home", f"{MAIN}<textarea>\nat home</textarea>", False),
        ("note", "at\r\nhome", f"{MAIN}<textarea>at\nhome</textarea>", False),
        ("note", " at home ", f'{MAIN}<input value="at home">', False),
        ("note", "at home", f"{MAIN}<p>Nobody was at home today</p>", True),  # words of the page, not hers
        ("note", "<b>", f"{MAIN}<b></b>", True),
        ("note", 'a "b"', f'{MAIN}<input value="a &#34;b&#34;">', False),
        ("nrs", "3", f'<svg width="3"></svg>{MAIN}<p>Not found</p>', True),
        ("note", "  ", f"{MAIN}<p>Not found</p>", False),
        ("act", "cancel", f"{MAIN}<p>Not found</p>", False),  # a button
        ("pin", "4711", f"{MAIN}<p>Not found</p>", False),
        ("_seen", "{}", f"{MAIN}<p>Not found</p>", False),
    ],
)
def test_what_stands_on_a_page_again_is_not_lost(name: str, value: str, page: str, lost: bool) -> None:
    assert bool(missing([(name, value)], page)) is lost
