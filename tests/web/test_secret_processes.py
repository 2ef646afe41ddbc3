"""SECRET_KEY is changed in two steps, real processes beside each other: what either has signed, the other takes."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import NamedTuple

import pytest
import requests
from passlib.totp import TOTP
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.config import Settings
from app.schedule import links
from app.studies.models import StudyState
from tests.clock.test_moved import at_noon
from tests.factories import PASSWORD, example, installed, scheduled, user
from tests.messages.people import visit
from tests.web.serving import Served, served
from tests.web.staff.authenticator import Authenticator

OLD, NEW = "a-secret-of-the-tests-only-0123456789", "a-newer-secret-of-the-tests-only-1234567"
SECRETS = {"old": (OLD, ""), "behind": (OLD, NEW), "in front": (NEW, OLD)}
"""In the order of a rotation: as it was; the new one among the fallbacks; the new one signs, the old one is one."""
BESIDE = [("old", "behind"), ("behind", "old"), ("behind", "in front"), ("in front", "behind")]
"""Who has signed it, and who is asked next: each step has two of them at work at once."""
EACH_PAIR = {f"kari.{number}@hospital.example": pair for number, pair in enumerate(BESIDE)}


class Addresses(NamedTuple):
    """Of a visit of today, behind a PIN: her link, and her page at the desk."""

    link: str
    desk: str


class Wandering:
    """A browser whose requests a balancer hands to one process or another, and somebody of the staff before it."""

    def __init__(self, servers: dict[str, Served], email: str) -> None:
        self._servers, self._email, self._kept = servers, email, requests.Session()
        self._kept.headers.update({"Host": "localhost", "Accept": "text/html", "Accept-Language": "en"})

    def get(self, name: str, path: str) -> requests.Response:
        return self._request("GET", name, path, {})

    def post(self, process: str, path: str, **form: str) -> requests.Response:
        return self._request("POST", process, path, form)

    def _request(self, method: str, name: str, path: str, form: dict[str, str]) -> requests.Response:
        address = f"http://127.0.0.1:{self._servers[name].port}{path}"
        return self._kept.request(method, address, data=form, allow_redirects=False, timeout=20)

    def is_in(self, name: str) -> bool:
        return self.get(name, "/account").status_code == 200

    def sign_in(self, name: str) -> None:
        page = self.get(name, "/login")
        assert (
            self.post(name, "/login", email=self._email, password=PASSWORD, csrf_token=token(page)).status_code == 302
        )


def token(page: requests.Response, field: str = "csrf_token") -> str:
    match = re.search(rf'name="{field}"[^>]*value="([^"]+)"', page.text)
    assert match, (page.status_code, field)
    return unescape(match[1])


def action(page: requests.Response, begins: str) -> str:
    match = re.search(rf'action="({begins}/[^"]+)"', page.text)
    assert match, (page.status_code, begins)
    return unescape(match[1])


def is_signed_in(browser: Wandering, _: Addresses, signer: str, taker: str) -> bool:
    """A session, and the page of a form that was open."""
    browser.sign_in(signer)
    of_a_form = token(browser.get(signer, "/account"))
    if not browser.is_in(taker):
        return False
    return browser.post(taker, "/logout", csrf_token=of_a_form).status_code == 302 and not browser.is_in(signer)


def makes_a_passkey_and_comes_in(browser: Wandering, _: Addresses, signer: str, taker: str) -> bool:
    """A challenge is asked by one process, and answered to another: a new passkey's, then a sign-in's."""
    browser.sign_in(signer)
    passkey = Authenticator()
    page = browser.get(signer, "/wan-register")
    challenge = browser.post(signer, "/wan-register", name=f"{signer} {taker}", csrf_token=token(page))
    answer = passkey.create(_options(challenge))
    browser.post(taker, action(challenge, "/wan-register"), credential=answer, csrf_token=token(challenge))
    browser.post(taker, "/logout", csrf_token=token(browser.get(taker, "/account")))
    page = browser.get(signer, "/wan-signin")
    challenge = browser.post(signer, "/wan-signin", csrf_token=token(page))
    answer = passkey.get(_options(challenge))
    browser.post(taker, action(challenge, "/wan-signin"), credential=answer, csrf_token=token(challenge))
    return browser.is_in(signer)


def _options(page: requests.Response) -> dict[str, object]:
    match = re.search(r'data-options="([^"]+)"', page.text)
    assert match
    options: dict[str, object] = json.loads(unescape(match[1]))
    return options


def sets_a_second_factor_up(browser: Wandering, _: Addresses, signer: str, taker: str) -> bool:
    """The picture is shown by one process; the code that her telephone makes of it comes to another."""
    browser.sign_in(signer)
    page = browser.get(signer, "/tf-setup")
    shown = browser.post(signer, "/tf-setup", setup="authenticator", csrf_token=token(page))
    secret = re.search(r">([A-Z2-7]{4}(?:-[A-Z2-7]{4})+)<", shown.text)
    assert secret
    code = TOTP(key=secret[1]).generate().token
    done = browser.post(taker, action(shown, "/tf-setup"), code=code, csrf_token=token(shown))
    if done.headers.get("Location") != "/account":
        return False
    off = browser.get(signer, "/tf-setup")
    browser.post(signer, "/tf-setup", setup="disable", csrf_token=token(off))
    return True


def opens_a_page_behind_a_pin(browser: Wandering, addresses: Addresses, signer: str, taker: str) -> bool:
    """The PIN is said to one process; what she answers comes to another."""
    opened = browser.post(signer, addresses.link, _act="open", _pin="4711")
    drafted = browser.post(taker, addresses.link, _act="draft", _key=token(opened, "_key"))
    return 'name="_pin"' not in drafted.text


def hands_a_tablet_over(browser: Wandering, addresses: Addresses, signer: str, taker: str) -> bool:
    """One process signs the staff out and opens the visit; another one shows it."""
    browser.sign_in(signer)
    form = token(browser.get(signer, f"{addresses.desk}/visits/d7/"))
    handed = browser.post(signer, f"{addresses.desk}/visits/d7/tablet", csrf_token=form)
    return browser.get(taker, handed.headers["Location"]).status_code == 200


ACTS: list[Callable[[Wandering, Addresses, str, str], bool]] = [
    is_signed_in,
    sets_a_second_factor_up,
    opens_a_page_behind_a_pin,
    hands_a_tablet_over,
    makes_a_passkey_and_comes_in,  # who has one comes in by it from then on
]


@pytest.fixture
def addresses(session: Session) -> Addresses:
    infused = datetime.now(UTC) - timedelta(days=7)
    early = infused - timedelta(days=30)
    protocol = installed(example(at_noon()), early, StudyState.LIVE)
    someone = scheduled(protocol, infused, given_at=infused, now=early, pin="4711")
    for email in EACH_PAIR:
        user(protocol.study, Role.COORDINATOR, email=email)
    session.commit()
    desk = f"/desk/{protocol.study.code}/participants/{someone.code}"
    made = Addresses(f"/a/{links.token(visit(someone, 'd7'))}", desk)
    session.rollback()
    return made


@pytest.fixture
def servers(addresses: Addresses, settings: Settings) -> Iterator[dict[str, Served]]:
    """Three real servers on one database."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(served(settings, SECRET_KEY=signs, SECRET_KEY_FALLBACKS=others))
            for name, (signs, others) in SECRETS.items()
        }


def test_what_a_process_has_signed_the_one_beside_it_takes(addresses: Addresses, servers: dict[str, Served]) -> None:
    taken = {
        (act.__name__, *pair): act(Wandering(servers, email), addresses, *pair)
        for act in ACTS
        for email, pair in EACH_PAIR.items()
    }
    assert [which for which, holds in taken.items() if not holds] == []
