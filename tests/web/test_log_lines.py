"""Logs keep secrets: no link, number or address is in any line, whoever logs it."""

import io
import logging
from collections.abc import Iterator

import pytest
from flask import Flask, request
from sqlalchemy.orm import Session

from app import config
from app.core import logging as our_logging
from app.core.time import moved_clock
from app.schedule.links import token
from tests.factories import NOW, backtobasic, participant, planned, user, visitor
from tests.web.own_pages import app as app
from tests.web.own_pages import public


@pytest.fixture
def log(app: Flask) -> Iterator[io.StringIO]:
    """What our handler writes, of every logger and level."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(our_logging.Redacting())
    root = logging.getLogger()
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(before)
    root.removeHandler(handler)


def test_f20_no_link_number_or_address_is_found_in_the_logs(
    app: Flask, session: Session, log: io.StringIO, settings: config.Settings
) -> None:
    with moved_clock(lambda: NOW):
        protocol = backtobasic()
        (someone, number) = (participant(protocol, phone="+4740612345", name="Canary Nordmann"), "40612345")
        visit = planned(someone, NOW.date())[0]
        staff = user(protocol.study)
        session.commit()
        link, client = token(visit, 1), visitor(app)

        def fail() -> str:
            raise RuntimeError(f"{request.url} {someone_phone} {staff_address}")

        someone_phone, staff_address = "+47 406 12 345", staff.email
        public(app, "/a/<token>/fail", lambda token: fail())
        for path in (f"/a/{link}", f"/a/{link[:-1]}", f"/a/{link}/fail", f"/nowhere?phone=%2B47{number}"):
            client.get(path)
        client.post(f"/a/{link}", data={"phone": f"+47{number}"})
        client.post("/login", data={"email": staff.email, "password": "canary-password"})
        logging.getLogger("werkzeug").info('127.0.0.1 "GET /a/%s HTTP/1.1" 200', link)
    written = log.getvalue()
    assert "/a/<token>" in written
    assert "RuntimeError" in written
    for canary in (link, link[:-1], number, "406 12 345", staff.email, "canary-password", "Canary Nordmann"):
        assert canary not in written, canary


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("GET /a/AQABAAAAAAABtCudOOfZXFWkzTBYFiFxdfA 200", "GET /a/(link) 200"),
        ("token AQABAAAAAAABtCudOOfZXFWkzTBYFiFxdf here", "token (link) here"),
        ("to +4740612345 now", "to (number) now"),
        ("to +47 406 12 345.", "to (number)."),
        ("?to=%2B4740612345&x", "?to=(number)&x"),
        ("key svar_0123456789ab_secret-text_x end", "key (token) end"),
        ("mail kari.n@hospital.example sent", "mail (address) sent"),
        ("SM0123456789abcdef0123456789abcdef sent at 2026-03-02T09:00:00+00:00", None),
        ("POST /a/<token> 200 12ms 0123456789abcdef", None),
        ("sha256 " + "ab" * 32, None),
    ],
)
def test_a_log_line_keeps_what_helps_and_loses_what_names(line: str, kept: str | None) -> None:
    assert our_logging.redacted(line) == (kept or line)


def test_logging_is_set_up_once(app: Flask) -> None:
    our_logging.configure()
    our_logging.configure()
    ours = [h for h in logging.getLogger().handlers if isinstance(h.formatter, our_logging.Redacting)]
    assert len(ours) == 1
