"""The sandbox phone and its links: for made-up people, and nowhere near production."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import config, create_app
from app.core.crypto import keyring
from app.core.database import db
from app.core.time import moved_clock
from app.messages.models import MessageState, SandboxText
from app.participants.models import Participant
from app.schedule.links import resolve, url
from app.schedule.models import Assessment
from app.studies.models import StudyState
from app.web.demonstration.sandbox import with_links
from tests.factories import (
    NOW,
    backtobasic,
    command,
    infused,
    message,
    oslo,
    participant,
    put_away,
    submitted,
    visit,
    visitor,
)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with moved_clock(lambda: NOW):
        yield


@pytest.fixture
def someone(session: Session) -> Participant:
    """A participant whose day 154 is open."""
    person = participant(backtobasic(), now=NOW - timedelta(days=170))
    infused(person, oslo(NOW.date() - timedelta(days=154)))
    session.commit()
    return person


def give(row: Assessment, body: str) -> None:
    """A text as the sandbox gateway keeps it."""
    text = message(row, MessageState.DELIVERED, NOW)
    sealed = keyring().encrypt(body, "sandbox_texts", "body_sealed", text.id)
    kept = {"sid": text.sid, "message_id": text.id, "body_sealed": sealed, "given_at": NOW}
    db.session.add(SandboxText(phone_fingerprint=b"x", **kept))
    db.session.commit()


def test_the_phone_shows_the_text_and_its_link_works(app: Flask, someone: Participant) -> None:
    link = url(visit(someone, "d154"), "http://localhost")
    give(visit(someone, "d154"), f"Hei <b>du</b>. Svar her: {link}. Hilsen oss.")
    chooser = visitor(app).get("/sandbox/").text
    assert f"/sandbox/backtobasic/{someone.code}" in chooser
    page = visitor(app).get(f"/sandbox/backtobasic/{someone.code}").text
    assert f'<a href="{link}">{link}</a>. Hilsen' in page
    assert "Hei &lt;b&gt;du" in page
    assert "2 Mar 2026, 10:00" in page
    assert visitor(app).get(link.removeprefix("http://localhost")).status_code == 200


@pytest.mark.parametrize(("texts", "folded"), [(1, None), (2, None), (3, "One older text"), (5, "3 older texts")])
def test_the_newest_texts_are_in_sight_and_older_ones_are_folded(
    app: Flask, someone: Participant, texts: int, folded: str | None
) -> None:
    for number in range(texts):
        row = message(
            visit(someone, "d154"), MessageState.DELIVERED, NOW + timedelta(minutes=number), dedupe_key=f"text {number}"
        )
        sealed = keyring().encrypt(f"Text {number}", "sandbox_texts", "body_sealed", row.id)
        kept = {
            "sid": row.sid,
            "message_id": row.id,
            "body_sealed": sealed,
            "given_at": NOW + timedelta(minutes=number),
        }
        db.session.add(SandboxText(phone_fingerprint=b"x", **kept))
    db.session.commit()
    page = visitor(app).get(f"/sandbox/backtobasic/{someone.code}").text
    older, _, in_sight = page.rpartition("</details>")
    assert [f"Text {number}" in in_sight for number in range(texts)] == [number >= texts - 2 for number in range(texts)]
    assert [f"Text {number}" in older for number in range(texts)] == [number < texts - 2 for number in range(texts)]
    assert (f"<summary>{folded}</summary>" in page) is (folded is not None)
    assert in_sight.index('id="newest"') < in_sight.index(f"Text {texts - 1}")


def test_a_phone_without_texts_says_so(app: Flask, someone: Participant) -> None:
    assert "No text has arrived yet" in visitor(app).get(f"/sandbox/backtobasic/{someone.code}").text


def test_only_open_visits_are_offered(app: Flask, someone: Participant, session: Session) -> None:
    submitted(visit(someone, "d154"), NOW)
    session.commit()
    assert "No visit is open now" in visitor(app).get("/sandbox/").text


@pytest.mark.parametrize(
    ("closed", "grace", "is_offered"),
    [
        (timedelta(minutes=1), timedelta(days=7), True),
        (timedelta(), timedelta(days=7), True),
        (timedelta(), timedelta(minutes=1), True),
        (timedelta(-1), timedelta(), False),
    ],
)
def test_the_page_and_the_command_offer_what_is_open_to_the_end_of_its_grace(
    app: Flask, someone: Participant, session: Session, closed: timedelta, grace: timedelta, is_offered: bool
) -> None:
    row = visit(someone, "d154")
    row.closes_at, row.grace_until = NOW + closed, NOW + grace
    session.commit()
    assert (someone.code in visitor(app).get("/sandbox/").text) is is_offered
    assert (command(app, "sandbox", "link").exit_code == 0) is is_offered


def test_the_command_prefers_a_window_that_is_not_over(app: Flask, someone: Participant, session: Session) -> None:
    late, in_time = visit(someone, "d154"), participant(visit(someone, "d154").protocol, now=NOW - timedelta(days=170))
    infused(in_time, oslo(date(2025, 9, 30)))
    late.closes_at = NOW - timedelta(hours=1)
    session.commit()
    address = command(app, "sandbox", "link").output.strip()
    assert resolve(address.rsplit("/", 1)[1]).participant_id == in_time.id


@pytest.mark.parametrize("path", ["/sandbox/", "/sandbox/backtobasic/01-001"])
def test_neither_production_nor_a_real_gateway_has_it(
    settings: config.Settings, someone: Participant, path: str
) -> None:
    for changed in (replace(settings, production=True), replace(settings, gateway="twilio")):
        app = create_app(changed)
        assert visitor(app).get(path).status_code == 404
        put_away(app)


@pytest.mark.parametrize("state", StudyState)
def test_whoever_practises_has_a_phone_there_and_patients_have_none(
    app: Flask, someone: Participant, session: Session, state: StudyState
) -> None:
    someone.study.state = state
    session.commit()
    practised = state in (StudyState.SETUP, StudyState.DEMO)
    assert visitor(app).get(f"/sandbox/backtobasic/{someone.code}").status_code == (200 if practised else 404)
    assert (someone.code in visitor(app).get("/sandbox/").text) is practised


@pytest.mark.parametrize("path", ["/sandbox/nowhere/01-001", "/sandbox/backtobasic/99-999"])
def test_unknown_phones_are_not_found(app: Flask, someone: Participant, path: str) -> None:
    assert visitor(app).get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("no link", "no link"),
        ("http://x/a/b", '<a href="http://x/a/b">http://x/a/b</a>'),
        ("see http://x/a/b, then", 'see <a href="http://x/a/b">http://x/a/b</a>, then'),
        ("a <i> http://x/?a&b", 'a &lt;i&gt; <a href="http://x/?a&amp;b">http://x/?a&amp;b</a>'),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_addresses_can_be_tapped_and_all_else_is_text(body: str, shown: str) -> None:
    assert with_links(body) == shown


def test_the_command_prints_a_link_that_opens(app: Flask, someone: Participant, session: Session) -> None:
    done = command(app, "sandbox", "link", "--day", "154")
    assert done.exit_code == 0, done.output
    address = done.output.strip()
    assert address.startswith("http://localhost/a/")
    assert resolve(address.rsplit("/", 1)[1]).participant_id == someone.id
    assert visitor(app).get(address.removeprefix("http://localhost")).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--day", "91"], "No visit of day 91"),
        (["--day", "155"], "No visit of day 155"),
        (["--study", "nowhere"], "There is no study nowhere; installed: backtobasic."),
    ],
)
def test_the_command_says_when_nothing_is_open(
    app: Flask, someone: Participant, arguments: list[str], sentence: str
) -> None:
    done = command(app, "sandbox", "link", *arguments)
    assert done.exit_code == 1
    assert sentence in done.output


def test_the_command_offers_untouched_visits_first(app: Flask, someone: Participant, session: Session) -> None:
    visit(someone, "d154").opened_at = NOW
    fresh = participant(visit(someone, "d154").protocol, now=NOW - timedelta(days=170))
    infused(fresh, oslo(date(2025, 9, 30)))
    session.commit()
    address = command(app, "sandbox", "link").output.strip()
    assert resolve(address.rsplit("/", 1)[1]).participant_id == fresh.id


def test_the_command_prints_no_link_where_texts_are_real(settings: config.Settings, someone: Participant) -> None:
    app = create_app(replace(settings, gateway="twilio"))
    done = command(app, "sandbox", "link")
    assert done.exit_code == 1
    assert "/a/" not in done.output
    put_away(app)
