"""Whatever is sent, wherever: what nobody can read is the sender's mistake, and never ours."""

from collections.abc import Iterator, Set
from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session

from app.accounts import tokens
from app.accounts.roles import Permission, Role
from app.core.time import moved_clock
from tests.factories import NOW, Browser, backtobasic, participant, user, visitor
from tests.web.test_bodies import addresses

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
NAMED_TWICE = b'{"reason": "a", "on": "2026-04-07", "\\u0072eason": "b"}'
BODIES = {
    "deep": (JSON, b"[" * 100_000),
    "deep in an object": (JSON, b'{"code":' * 50_000),
    "half a surrogate": (JSON, b'{"code": "\\ud800", "phone": "\\udfff", "on": "\\ud800", "reason": "\\ud800"}'),
    "no number": (JSON, b'{"code": NaN, "day": Infinity, "on": -Infinity}'),
    "endless number": (JSON, b'{"code": ' + b"9" * 5000 + b"}"),
    "NUL": (JSON, b'{"code": "\\u0000", "phone": "\\u0000", "on": "\\u0000", "reason": "\\u0000"}'),
    "not UTF-8": (JSON, b'{"code": "\xff"}'),
    "UTF-16": (JSON, '{"code": "x"}'.encode("utf-16")),
    "named twice": (JSON, NAMED_TWICE),
    "with a mark of bytes": (JSON, b"\xef\xbb\xbf{}"),
    "Latin-1": (JSON + "; charset=iso-8859-1", b'{"reason": "\xe6"}'),
    "a list": (JSON, b"[1]"),
    "cut off": (JSON, b'{"code": '),
    "form NUL": (FORM, b"code=%00&phone=%00&on=%00&reason=%00&email=%00&password=%00&_act=%00&name=%00"),
    "form not UTF-8": (FORM, b"code=%ff&phone=%ff&on=%ff&reason=%ff&email=%ff&password=%ff&_act=%ff&name=%ff"),
    "form surrogate": (FORM, b"code=%ed%a0%80&phone=%ed%a0%80&on=%ed%a0%80&reason=%ed%a0%80&name=%ed%a0%80"),
    "form half escaped": (FORM, b"code=%&phone=%u1234&on=%1&=&&==&reason"),
    "too many fields": (FORM, b"&".join(b"f%d=1" % number for number in range(2000))),
    "far dates": (
        FORM,
        b"on=9999-12-31&on_time=25:61&day=99999999999999999999&year=0&born=0000-00-00&code=" + b"9" * 500,
    ),
    "no boundary": ("multipart/form-data", b"--x\r\n\r\n"),
    "half a part": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n"),
    "an odd charset": ("text/html; charset=\xff", b"\xff"),
}
QUERIES = [
    "lang=%00&day=%00&next=%00&page=%00&code=%00&show=%00",
    "lang=nb&lang=en&day=1&day=2&page=1&page=2&limit=1&limit=2",
    "lang=%ff&next=//[evil&day=-1&page=99999999999999999999&code=%ed%a0%80",
]


class Everybody:
    """Somebody who may do everything in a study, by page and by token, and a participant of it."""

    def __init__(self, app: Flask, session: Session) -> None:
        protocol = backtobasic()
        self.app, self.someone = app, user(protocol.study, Role.COORDINATOR)
        _, secret = tokens.issue(self.someone, tuple(Permission), NOW.replace(year=2027), NOW)
        someone = participant(protocol).code
        self.browser = Browser(app, self.someone)
        session.commit()
        session.close()
        csrf = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps("raw")
        self.headers = {"Authorization": f"Bearer {secret}", "X-CSRFToken": csrf}
        places = sorted(addresses(app, "/a/x"))
        ours = [(method, path.replace("/participants/x", f"/participants/{someone}")) for method, path in places]
        self.places = [place for place in ours if place[0] != "HEAD" and place[1] != "/logout"]
        self.places.append(("POST", "/logout"))  # last, since it ends what the others need

    def statuses(self, methods: Set[str], under: str = "/", **sent: Any) -> Iterator[tuple[str, str, int]]:
        """What each place under this path says to this."""
        with moved_clock(lambda: NOW):
            for method, path in self.places:
                if method in methods and path.startswith(under):
                    with self.browser.client.open(path, method=method, headers=self.headers, **sent) as answer:
                        yield method, path, answer.status_code


@pytest.fixture
def everybody(app: Flask, session: Session) -> Everybody:
    return Everybody(app, session)


@pytest.mark.filterwarnings("ignore:Passing SelectField choices:DeprecationWarning")  # the library's own forms
@pytest.mark.parametrize("name", BODIES)
def test_no_body_is_ever_our_mistake(everybody: Everybody, name: str) -> None:
    content_type, body = BODIES[name]
    under = "/api/" if content_type == JSON else "/"
    statuses = list(everybody.statuses(CHANGING, under, content_type=content_type, data=body))
    assert len(statuses) > 10
    assert [place for place in statuses if place[2] == 500] == []


@pytest.mark.filterwarnings("ignore:Passing SelectField choices:DeprecationWarning")  # the library's own forms
@pytest.mark.parametrize("query", QUERIES)
def test_no_query_is_ever_our_mistake(everybody: Everybody, query: str) -> None:
    statuses = list(everybody.statuses({"GET", "POST"}, query_string=query))
    assert len(statuses) > 60
    assert [place for place in statuses if place[2] == 500] == []


@pytest.mark.filterwarnings("ignore:Passing SelectField choices:DeprecationWarning")  # the library's own forms
def test_json_is_refused_by_every_page_whatever_is_in_it(everybody: Everybody) -> None:
    statuses = list(everybody.statuses(CHANGING, content_type=JSON, data=BODIES["half a surrogate"][1]))
    pages = [place for place in statuses if not place[1].startswith("/api/")]
    assert len(pages) > 20
    assert [place for place in pages if place[2] != 415] == []


@pytest.mark.parametrize("path", ["/login", "/logout", "/a/x", "/webhooks/twilio/inbound", "/nowhere"])
def test_only_the_api_is_sent_json(app: Flask, path: str) -> None:
    assert visitor(app).post(path, json={"code": "x"}).status_code == 415
