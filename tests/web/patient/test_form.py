"""Whatever is sent to a patient's page: an answer that is stored exactly, or a message. Never a crash, nothing half."""

import string
import time
from datetime import date
from decimal import Decimal
from urllib.parse import quote_from_bytes

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from app.core.database import db
from app.core.problems import BadInput
from app.instruments import instrument
from app.instruments.free_text import cleaned
from app.responses.checking import check_visit
from app.responses.fields import not_asked_here, understood
from app.responses.models import Answer, Response
from app.web.patient import limits
from app.web.patient.form import SentForm, read_form, wanted
from tests.timing import lasting_less_than
from tests.web.patient.pages import FORM

CODES = ("odi", "nrs_leg", "eq5d5l", "medication", "sick_leave", "background")
ASKED = tuple(instrument(code) for code in CODES)
FIELDS = [f"{each.code}.{item.code}" for each in ASKED for item in each.items]


def read(body: bytes, content_type: str = FORM) -> SentForm:
    request = Request(EnvironBuilder(method="POST", data=body, content_type=content_type).get_environ())
    return read_form(request)  # type: ignore[arg-type]


def taken(body: bytes, content_type: str = FORM) -> dict[str, dict[str, object]] | None:
    """What the reader and the check make of a body; nothing if they refuse it."""
    try:
        form = read(body, content_type)
    except BadInput:
        return None
    answers = understood(form.sound, ASKED)
    problems = (
        *form.problems,
        *not_asked_here(form.sound, ASKED),
        *check_visit("d154", ASKED, answers, date(2026, 8, 3)).problems,
    )
    return None if problems else answers


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_f29_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert isinstance(taken(body), dict | None)


NUMBERS = [
    "",
    "0",
    "3",
    "11",
    "-1",
    "3.5",
    "3,5",
    "NaN",
    "Infinity",
    "1e400",
    "true",
    "0x1",
    "٣",
    " 3 ",
    "+3",
    "9" * 30,
]
TEXTS = st.one_of(st.sampled_from(NUMBERS), st.text(max_size=30))


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from([*FIELDS, "_mode", "_asked", "x", "odi.", "__proto__"]), TEXTS, max_size=8))
def test_f30_any_values_are_typed_or_refused(fields: dict[str, str]) -> None:
    body = "&".join(
        f"{name}={quote_from_bytes(value.encode('utf-8', 'surrogatepass'))}" for name, value in fields.items()
    )
    answers = taken(body.encode())
    for given_by_item in (answers or {}).values():
        for value in given_by_item.values():
            assert value is None or type(value) in (int, Decimal, str)


@settings(max_examples=100)
@given(st.text(min_size=1, max_size=200).map(cleaned).map(str.strip).filter(bool))
def test_f29_free_text_is_kept_to_the_letter(text: str) -> None:
    answers = taken(b"medication.other_text=" + quote_from_bytes(text.encode()).encode())
    assert answers is not None
    assert answers["medication"]["other_text"] == text


REFUSED = {
    "too large a number": b"nrs_leg.leg=11",
    "below the scale": b"nrs_leg.leg=-1",
    "between two cells": b"nrs_leg.leg=3.5",
    "not a number": b"nrs_leg.leg=NaN",
    "beyond all numbers": b"nrs_leg.leg=1e400",
    "a word": b"nrs_leg.leg=true",
    "a sign that no page writes": b"nrs_leg.leg=%2B3",
    "zeros that no page writes": b"odi.lifting=03",
    "a line break beside a code": b"nrs_leg.leg=3%0A",
    "the same field twice": b"nrs_leg.leg=3&nrs_leg.leg=4",
    "an unknown field": b"nrs_leg.leg=3&nrs_leg.arm=1",
    "another visit's field": b"nrs_leg.leg=3&rand36.health=1",
    "an unknown control": b"_admin=1",
    "an unknown act": b"_act=delete",
    "not UTF-8": b"medication.other_text=%ff%fe",
    "raw bytes": b"medication.other_text=\xff\xfe",
    "cut within a character": b"medication.other_text=a%e2%82",
    "a field without a value": b"nrs_leg.leg",
    "a novel": b"medication.other_text=" + b"x" * 10_001,
    "a thousand fields": b"&".join(b"x%d=1" % n for n in range(1000)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    assert taken(REFUSED[name]) is None


@pytest.mark.parametrize("typed", ["73", " 73 ", "+73", "073"])
def test_a_number_that_a_hand_wrote_is_read_as_meant(typed: str) -> None:
    answers = taken(b"eq5d5l.vas=" + quote_from_bytes(typed.encode()).encode())
    assert answers is not None
    assert answers["eq5d5l"] == {"vas": 73}


def test_f30_refusals_name_the_field_and_store_nothing(app: Flask, client: FlaskClient, link: str) -> None:
    for name, body in REFUSED.items():
        answer = client.post(link, data=body, content_type=FORM)
        assert answer.status_code == 400, name
        assert answer.get_data(as_text=True), name
    refusal = client.post(link, data=b"nrs_leg.arm=1", content_type=FORM, headers={"Accept": "application/json"})
    assert refusal.mimetype == "application/problem+json"
    assert refusal.get_json()["errors"] == {"nrs_leg.arm": "is not asked at this visit"}
    refusal = client.post(link, data=b"nrs_leg.leg=11", content_type=FORM, headers={"Accept": "application/json"})
    assert (refusal.mimetype, list(refusal.get_json()["errors"])) == ("application/problem+json", ["nrs_leg.leg"])
    with app.app_context():
        assert db.session.scalar(select(func.count(Response.id))) == 0


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"nrs_leg.leg=" + b"3" * 20_000_000, FORM, 413),
        (b"x=1&" * 1_000_000, FORM, 413),
        (b"a=" + b"b" * 200_000, FORM, 400),
        (b'{"odi":' * 1000, "application/json", 415),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400),
        (b"\x1f\x8b" + b"\0" * 100, FORM, 400),
    ],
)
def test_f28_huge_and_strange_bodies_are_refused_quickly(
    client: FlaskClient, link: str, body: bytes, content_type: str, status: int
) -> None:
    with lasting_less_than(1):
        answer = client.post(link, data=body, content_type=content_type)
    assert answer.status_code == status
    assert "tel:+4721234561" in answer.get_data(as_text=True)


PAYLOADS = [
    "' OR 1=1 --",
    '"; DROP TABLE answers; --',
    "{{7*7}}",
    "<script>alert(1)</script>",
    "%(x)s",
    "\u202egnp.exe",
]


@pytest.mark.parametrize("text", PAYLOADS)
def test_f31_hostile_text_is_text(app: Flask, client: FlaskClient, link: str, text: str) -> None:
    body = {"medication.other_text": text, "medication.other": "1", "odi.lifting": "1"}
    again = client.post(link, data=body).get_data(as_text=True)
    assert "<script>alert" not in again
    assert client.post(link, data=body | {"_asked": "1"}).status_code == 303
    with app.app_context():
        kept = select(Answer.value).filter_by(instrument="medication", item="other_text")
        assert db.session.scalar(kept) == text


@given(st.text(string.printable, max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_f19_no_token_of_anybodys_making_opens_anything(app: Flask, client: FlaskClient, text: str) -> None:
    """An empty part of an address is taken out of it first, by a redirect; what is left opens nothing either."""
    limits.init_app(app)
    answer = client.get("/a/" + quote_from_bytes(text.encode(), safe=""))
    assert answer.status_code == (308 if "//" in f"/a/{text}" else 404)
    assert "Set-Cookie" not in answer.headers


def test_f19_guessing_is_slowed_and_real_links_still_open(client: FlaskClient, link: str) -> None:
    guesses = [client.get(f"/a/{number:034d}") for number in range(22)]
    assert [guess.status_code for guess in guesses] == [404] * 20 + [429] * 2
    assert guesses[-1].headers["Retry-After"] == "60"
    assert client.get(link).status_code == 200
    with time_machine.travel(time.time() + 61):
        assert client.get("/a/x").status_code == 404


@pytest.mark.parametrize(
    "pairs",
    [
        (("_act", "draft"), ("odi.lifting", "3"), ("hscl25.fear", "")),
        (("odi.lifting", "3"), ("odi.lifting", "3")),
        (("odi.lifting", "3"), ("odi.lifting", "4")),
        (("eq5d5l.vas", " 70 "),),
        (("rmdq.text", "a\x0bb\x0cc\rd"),),
        (("rmdq.text", "Å være"),),
        (("rmdq.text", "x" * 10_001),),
        (("rmdq.text", "a=b"),),
        (("strange name", "1"), ("\x07", "2")),
    ],
)
def test_a_form_reads_the_same_whether_its_signs_are_quoted_or_not(pairs: tuple[tuple[str, str], ...]) -> None:
    plain = b"&".join(f"{name}={value}".encode() for name, value in pairs)
    quoted = b"&".join(f"{_each_quoted(name)}={_each_quoted(value)}".encode() for name, value in pairs)
    assert read(plain) == read(quoted)


def _each_quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.mark.parametrize(
    ("body", "asks_for"),
    [
        (b"", "submit"),
        (b"odi.lifting=3", "submit"),
        (b"_act=submit&odi.lifting=3", "submit"),
        (b"odi.lifting=3&_act=draft", "draft"),
        (b"_act=&odi.lifting=3", ""),
        (b"_act=draft&_act=submit", "draft"),
        (b"odi_act=draft", "submit"),
        (b"odi.lifting=_act=draft", "submit"),
        (b"\xff\xfe", "submit"),
        (b"_act=\xff", "\ufffd"),
    ],
)
def test_what_a_form_asks_for_is_told_before_it_is_read(body: bytes, asks_for: str) -> None:
    request = Request(EnvironBuilder(method="POST", data=body, content_type=FORM).get_environ())
    assert wanted(request) == asks_for  # type: ignore[arg-type]


@pytest.mark.parametrize("typed", ["4711", "\u200e4711", "\u202a4711\u202c", "\u0664\u0667\u0661\u0661", "4711\ufeff"])
@pytest.mark.parametrize("name", ["_pin", "_birth_year"])
def test_what_cannot_be_seen_beside_digits_is_no_fault(name: str, typed: str) -> None:
    assert read(f"{name}={quote_from_bytes(typed.encode())}".encode()).controls[name] == typed
