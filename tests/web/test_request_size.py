"""One limit of what is sent, said by all who hold it; and nothing that a patient can honestly write is beyond it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask, Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from app.accounts.kept_forms import LARGEST_FORM
from app.instruments import instrument, instruments
from app.instruments.form_size import BYTES_OF_ITS_TIME, form_size
from app.instruments.model import Instrument, ItemType
from app.request_size import LARGEST_BODY, MOST_FIELDS, PAGES_OWN_FIELDS, SAID_IN_WORDS, FormSize, is_too_large
from app.responses.two_phones import WRITTEN_AT_MOST, read_says
from app.studies.protocol.errors import ProtocolErrors
from app.studies.protocol.known import Known, known_questionnaires
from app.studies.protocol.reading import read_protocol
from app.web.patient.form import read_form
from app.web.serving import SERVER_LIMITS
from tests.factories import BACKTOBASIC

ROOT = Path(__file__).parents[2]
ITEM = instrument("medication")
TEXT = next(item for item in ITEM.items if item.type is ItemType.TEXT)
PICTURE = "\U0001f622"


def asking(lengths: list[int]) -> Instrument:
    """A questionnaire of free texts that may be so long."""
    items = tuple(replace(TEXT, code=f"t{at}", max_length=length) for at, length in enumerate(lengths))
    return replace(ITEM, items=items)


def written(lengths: list[int], sign: str) -> bytes:
    return "&".join(f"{ITEM.code}.t{at}={quote(sign * length)}" for at, length in enumerate(lengths)).encode()


def test_all_who_limit_what_is_sent_say_the_same(app: Flask) -> None:
    assert (app.config["MAX_CONTENT_LENGTH"], app.config["MAX_FORM_MEMORY_SIZE"]) == (LARGEST_BODY, LARGEST_BODY)
    assert SERVER_LIMITS["max_request_body_size"] == LARGEST_BODY + SAID_IN_WORDS
    assert SERVER_LIMITS["inbuf_overflow"] > SERVER_LIMITS["max_request_body_size"], "no answer lies in a file"
    assert LARGEST_FORM >= LARGEST_BODY
    for name, words in (
        ("deploy/nginx/svar.conf", r"client_max_body_size (\d+)k;"),
        ("deploy/caddy/Caddyfile", r"max_size (\d+)KiB"),
        ("docs/operations.md", r"bodies (\d+) kB"),
    ):
        said = re.findall(words, (ROOT / name).read_text("utf-8"))
        assert said == [str(LARGEST_BODY // 1024)], name


def test_what_a_page_says_of_as_many_answers_as_a_form_may_have_is_read() -> None:
    names = [f"{'i' * 32}.{'t' * 36}{number:04}" for number in range(MOST_FIELDS - PAGES_OWN_FIELDS)]
    instant = 1_785_000_000_000
    said = json.dumps([str(instant), instant, {name: [str(instant), instant] for name in names}, 0.1234567890123456])
    assert len(said) <= WRITTEN_AT_MOST
    assert len(quote(said)) <= sum(len(name) + BYTES_OF_ITS_TIME for name in names)
    says = read_says(said)
    assert says is not None
    assert len(says.of_field) == len(names)


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=12), st.sampled_from([PICTURE, "\u20ac", "\n", "a", " "]))
def test_what_a_visit_may_ask_for_is_read_whole_however_it_is_written(lengths: list[int], sign: str) -> None:
    if is_too_large([form_size(asking(lengths))]):
        lengths = lengths[:7]
    body = written(lengths, sign)
    assert len(body) <= LARGEST_BODY
    content_type = "application/x-www-form-urlencoded"
    sent = read_form(Request(EnvironBuilder(method="POST", data=body, content_type=content_type).get_environ()))
    assert sent.problems == ()
    assert [len(value) for value in sent.fields.values()] == lengths


@pytest.mark.parametrize(
    ("sizes", "too_large"),
    [
        ([FormSize(LARGEST_BODY - 4096, 1)], False),
        ([FormSize(LARGEST_BODY - 4095, 1)], True),
        ([FormSize(LARGEST_BODY // 2, 1)] * 2, True),  # together
        ([FormSize(1, MOST_FIELDS - PAGES_OWN_FIELDS)], False),
        ([FormSize(1, MOST_FIELDS - PAGES_OWN_FIELDS), FormSize(1, 1)], True),
        ([], False),
    ],
)
def test_when_a_visit_asks_for_more_than_a_form_can_hold(sizes: list[FormSize], too_large: bool) -> None:
    assert is_too_large(sizes) is too_large


def test_a_protocol_is_refused_whose_visit_could_be_answered_by_more_than_a_form_holds() -> None:
    facts = Known(
        tuple(
            replace(each, size=FormSize(LARGEST_BODY, 3)) if each.code == "nrs_leg" else each
            for each in known_questionnaires(instruments())
        )
    )
    with pytest.raises(ProtocolErrors) as refused:
        read_protocol(BACKTOBASIC.read_text("utf-8"), facts=facts)
    assert "more questions, or longer answers, than one form can hold" in str(refused.value)


def test_what_is_shipped_asked_all_at_once_would_fit() -> None:
    """A study may put many of them together: none comes near the limit by itself."""
    assert max(form_size(each).bytes for each in instruments()) < LARGEST_BODY / 4
