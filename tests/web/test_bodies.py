"""Whatever is sent is read before anything is opened: a line that trickles holds no connection and no row."""

import io
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.core.database import db
from tests.factories import Browser, backtobasic, user, visitor
from tests.web.patient.pages import made

BODY = b"_act=start&note=" + b"x" * 40
FORM = "application/x-www-form-urlencoded"


class Trickle(io.RawIOBase):
    """A body that comes byte by byte, and notes what is held of the database meanwhile."""

    def __init__(self, app: Flask, body: bytes = BODY):
        super().__init__()
        self.app, self.left, self.held = app, body, set[int]()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.held.add(db.engine.pool.checkedout())  # type: ignore[attr-defined]
        byte, self.left = self.left[:1], self.left[1:]
        buffer[: len(byte)] = byte
        return len(byte)


def addresses(app: Flask, link: str) -> Iterator[tuple[str, str]]:
    """Every method of every route, with something in each place of its address."""
    filled = {"message_id": "1", "kind": "not-able", "study": "backtobasic"}
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda place: filled.get(place[1], "x"), rule.rule)
        path = path.replace("/a/x", link) if rule.endpoint.startswith("patient.") else path
        yield from ((method, path) for method in sorted((rule.methods or set()) - {"OPTIONS"}))


@pytest.mark.filterwarnings("ignore:Passing SelectField choices:DeprecationWarning")  # the library's own forms
@pytest.mark.parametrize("is_staff", [False, True], ids=["a stranger", "staff"])
def test_every_body_is_read_before_the_database_is_asked_anything(app: Flask, session: Session, is_staff: bool) -> None:
    client = Browser(app, user(backtobasic().study)).client if is_staff else visitor(app)
    session.commit()
    tried = list(addresses(app, made(app, "d154")))
    session.close()
    assert len(tried) > 80
    for method, path in tried:
        body = Trickle(app)
        sent = {"wsgi.input": body, "CONTENT_LENGTH": str(len(BODY)), "CONTENT_TYPE": FORM}
        with client.open(path, method=method, environ_overrides=sent) as answer:
            assert answer.status_code != 500, (method, path)
        assert (body.left, body.held) == (b"", {0}), (method, path)
