"""A link as messengers, mail and people mangle it: put right where it can be, else nobody's."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.audit import AuditEntry
from tests.web.patient.pages import counted, page

pytestmark = pytest.mark.usefixtures("on_day_154")


@pytest.mark.parametrize("text", ["", "x", "A" * 34, "A" * 34 + "/", "x/y/z", "%00", "a" * 3000, "æøå"])
def test_f19_a_link_that_is_not_ours_tells_nothing(client: FlaskClient, text: str) -> None:
    answer = client.get(f"/a/{text}", headers={"Accept-Language": "en-GB"}, follow_redirects=True)
    assert answer.status_code == 404
    assert "This link is not complete" in page(answer)
    assert "urgent" not in page(answer).split("<body>")[1], "nobody here says what to do"


TAILS = [
    *(".", ")", "/", ">", ",", '"', "\u2026", "!", ";", ":", "'", "]", "}", "*", "|", "~", "=", "&", "+", "%", "\\"),
    *(
        "%2E",
        "%29",
        "%2F",
        "%3E",
        "%2C",
        "%22",
        "%E2%80%A6",
        "%5D",
        "%C2%BB",
        "%252E",
        "%0A",
        "%0D%0A",
        "%20",
        "%00",
        "%FF",
    ),
    *("...", ").", '".', "/)", "//", "Takk", ".Takk", "%20Takk%20for%20hjelpen", "%0AHilsen", "_blank", "-", "=3D"),
    *(".?fbclid=IwAR0x", "/?utm_source=sms", ")#svar", "%3Ffbclid=IwAR0x", "&utm_medium=sms", "/received.", "/x/y"),
    *("\u200b", "\u00a0", "\u202f", "\ufeff", "\u00ad", "%E2%80%8B", "\u3002", "\u060c", "<", "%3C/a%3E", "</a>"),
]
"""What messengers, mail and people put at the end of a link."""


@pytest.mark.parametrize("tail", TAILS)
def test_what_a_messenger_glued_to_a_link_is_cut_off(app: Flask, client: FlaskClient, link: str, tail: str) -> None:
    before = counted(app, AuditEntry)
    answer = client.get(f"{link}{tail}")
    assert (answer.status_code, answer.headers["Location"]) == (302, link)
    assert client.get(f"{link}{tail}", follow_redirects=True).status_code == 200
    assert counted(app, AuditEntry) == before, "a GET changes nothing"


@pytest.mark.parametrize("head", ["%3C", "<", "(", "%22", "\u201c", "%20", "\u200b", "/", "."])
def test_what_stands_before_a_link_is_cut_off_too(client: FlaskClient, link: str, head: str) -> None:
    assert client.get(f"/a/{head}{link[3:]}", follow_redirects=True).status_code == 200


@pytest.mark.parametrize("broken", ["%0A", "%0D%0A", "%20", "\u00ad", "\u200b", "%E2%81%A0"])
@pytest.mark.parametrize("at", [1, 17, 33])
def test_a_link_that_was_wrapped_is_put_together(client: FlaskClient, link: str, broken: str, at: int) -> None:
    token = link[3:]
    answer = client.get(f"/a/{token[:at]}{broken}{token[at:]}")
    assert (answer.status_code, answer.headers["Location"]) == (302, link)


@pytest.mark.parametrize("query", ["?fbclid=IwAR0x", "?utm_source=sms&utm_medium=x", "?", "?=", "?lang=xx&mc_eid=1"])
def test_what_is_added_behind_the_question_mark_does_no_harm(client: FlaskClient, link: str, query: str) -> None:
    assert client.get(f"{link}{query}").status_code == 200


def test_capitals_cannot_be_told_from_small_letters_again(client: FlaskClient, link: str) -> None:
    answer = client.get(f"/a/{link[3:].upper()}", headers={"Accept-Language": "en"})
    assert (answer.status_code, "This link is not complete" in page(answer)) == (404, True)


def test_what_is_sent_is_sent_to_a_whole_link(client: FlaskClient, link: str) -> None:
    assert client.post(f"{link}.").status_code == 404
    assert client.get(f"{link}/received").status_code == 302


def test_who_mistypes_her_link_reads_where_urgent_help_is(client: FlaskClient, link: str) -> None:
    for text, language, said in (("x", "en", "If you need urgent help, call 113"), (link[3:-1], "nb", "ring 113")):
        answer = client.get(f"/a/{text}", headers={"Accept-Language": language})
        assert answer.status_code == 404
        assert said in page(answer).split('<p class="urgent">')[1]
