"""The patient's page without its script: one document, one form, nothing lost, nothing changed by looking."""

import gzip
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from app.core.audit import AuditEntry, acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.participants.enrolment import withdraw
from app.participants.models import Contact, Participant, Task, TaskKind
from app.participants.pin import set_pin
from app.responses.models import Answer, Mode, Response
from app.schedule.links import reissue, token
from app.schedule.models import Assessment
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _on_the_day() -> Iterator[None]:
    with moved_clock(lambda: D154):
        yield


@pytest.fixture
def link(app: Flask) -> str:
    """The address of somebody's visit on day 154."""
    return made(app, "d154")


def made(app: Flask, code: str, **how: Any) -> str:
    with app.app_context(), acting("test"), transaction():
        return f"/a/{token(visit(participant(**how), code).id, 1)}"


def form(app: Flask, choose: int = 0, **more: str) -> dict[str, str]:
    """What a browser sends for answers to everything; a tick that is not set is not sent."""
    with app.app_context():
        answers = answers_to(the_visit(), choose)
        fields = {f"{code}.{item}": str(value) for code, given in answers.items() for item, value in given.items()}
        return {name: value for name, value in fields.items() if not name.endswith(".none")} | more


def the_visit(code: str = "d154") -> Assessment:
    return db.session.scalars(select(Assessment).filter_by(visit=code)).one()


def page(answer: TestResponse) -> str:
    body = answer.get_data()
    return (gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body).decode()


def counted(app: Flask, table: type[Any]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(table.id))) or 0


def test_the_whole_visit_is_one_page_with_one_form(client: FlaskClient, link: str) -> None:
    answer = client.get(link)
    html = page(answer)
    assert answer.status_code == 200
    for field in ("odi.pain_intensity", "nrs_lbp.worst", "rmdq.rmdq24", "eq5d5l.vas", "perceived_treatment.guess"):
        assert f'name="{field}"' in html
    assert html.count('value="submit"') == 1
    assert "Forskningsteamet i Oslo" in html
    assert "ring 113" in html
    assert '<a href="tel:+4721234561">+47 21 23 45 61</a>' in html


def test_nothing_is_chosen_beforehand(client: FlaskClient, link: str) -> None:
    html = page(client.get(link))
    assert re.findall(r'name="([^"]+)"[^>]* checked', html) == ["_mode"]
    assert set(re.findall(r'type="text"[^>]* value="([^"]*)"', html)) == {""}


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)",
        "WhatsApp/2.24",
        "facebookexternalhit/1.1",
        "SkypeUriPreview",
    ],
)
def test_looking_changes_nothing(app: Flask, client: FlaskClient, link: str, agent: str) -> None:
    before = counted(app, AuditEntry)
    for headers in ({"User-Agent": agent}, {"User-Agent": agent, "Purpose": "prefetch", "Sec-Purpose": "prefetch"}):
        assert client.head(link, headers=headers).status_code == 200
        assert client.get(link, headers=headers).status_code == 200
        assert client.get(link, headers=headers).status_code == 200
    assert counted(app, AuditEntry) == before
    with app.app_context():
        assert the_visit().opened_at is None


def test_sending_everything_gives_a_receipt_without_the_answers(app: Flask, client: FlaskClient, link: str) -> None:
    answer = client.post(link, data=form(app))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}/received")
    html = page(client.get(f"{link}/received"))
    assert "mandag 3. august, 11:00" in html
    assert "odi" not in html
    assert page(client.get(link, follow_redirects=True)) == html
    with app.app_context():
        assert (the_visit().submitted_at, the_visit().opened_at) == (D154, D154)
        assert the_visit().partial is False
        response = db.session.scalars(select(Response)).one()
        assert (response.mode, response.language) == (Mode.PAGE, "nb")
        assert response.instruments["odi"]["presentation"] == "page"


def test_the_participant_is_the_one_who_acts(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data=form(app))
    with app.app_context():
        actors = select(AuditEntry.actor).where(AuditEntry.table_name == "public.answers")
        assert set(db.session.scalars(actors)) == {"participant:01-001"}


def test_sending_twice_is_sending_once(app: Flask, client: FlaskClient, link: str) -> None:
    first = client.post(link, data=form(app))
    again = client.post(link, data=form(app))
    assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
    assert counted(app, Response) == 1


def test_other_answers_later_are_refused_kindly(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data=form(app))
    answer = client.post(link, data=form(app, choose=1))
    assert answer.status_code == 409
    assert "vi beholder de første" in page(answer)


def test_what_is_empty_is_asked_about_once_and_then_taken(app: Flask, client: FlaskClient, link: str) -> None:
    fields = form(app)
    del fields["odi.lifting"]
    answer = client.post(link, data=fields)
    html = page(answer)
    assert answer.status_code == 200
    assert 'href="#odi.lifting"' in html
    assert re.search(r'name="odi.walking" value="0" checked', html)
    assert counted(app, Response) == 0
    with app.app_context():
        assert the_visit().opened_at == D154
    assert client.post(link, data=fields | {"_asked": "1"}).status_code == 303
    with app.app_context():
        assert the_visit().partial is True


def test_what_may_be_empty_is_not_asked_about(app: Flask, client: FlaskClient, link: str) -> None:
    fields = form(app)
    del fields["odi.sex_life"], fields["medication.other_text"]
    assert client.post(link, data=fields).status_code == 303


def test_errors_come_back_in_place_with_the_answers_kept(app: Flask, client: FlaskClient, link: str) -> None:
    answer = client.post(link, data=form(app) | {"eq5d5l.vas": "101", "sick_leave.days": "mange"})
    html = page(answer)
    assert answer.status_code == 400
    assert html.index('href="#eq5d5l.vas"') < html.index('href="#sick_leave.days"')
    assert "Skriv et tall fra 0 til 100." in html
    assert 'value="101"' in html
    assert 'value="mange"' in html
    assert html.count("autofocus") == 1
    assert counted(app, Answer) == 0
    with app.app_context():
        assert the_visit().opened_at is None


def test_nothing_at_all_is_not_sent(app: Flask, client: FlaskClient, link: str) -> None:
    answer = client.post(link, data={"_act": "submit"})
    assert answer.status_code == 400
    assert "Ingenting er besvart ennå" in page(answer)


def test_a_protocol_that_allows_no_gaps_says_so(app: Flask, client: FlaskClient) -> None:
    link = made(app, "d154", changes={"skipping: asked_once": "skipping: refused"})
    fields = form(app)
    del fields["odi.lifting"]
    answer = client.post(link, data=fields | {"_asked": "1"})
    assert answer.status_code == 400
    assert 'href="#odi.lifting"' in page(answer)


def test_someone_helped(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data=form(app, _mode="helped", _shown="paged"))
    with app.app_context():
        response = db.session.scalars(select(Response)).one()
        assert response.mode is Mode.HELPED
        assert response.instruments["odi"]["presentation"] == "paged"


def test_the_language_can_be_switched(app: Flask, client: FlaskClient, link: str) -> None:
    norwegian, english = client.get(link), client.get(f"{link}?lang=en")
    assert '<html lang="nb">' in page(norwegian)
    assert "Send svarene" in page(norwegian)
    assert '<html lang="en">' in page(english)
    assert "Send answers" in page(english)
    assert '<html lang="nb">' in page(client.get(f"{link}?lang=tlh"))
    client.post(f"{link}?lang=en", data=form(app))
    with app.app_context():
        assert db.session.scalars(select(Response)).one().language == "en"


def test_a_decimal_comma_is_a_decimal(app: Flask, client: FlaskClient) -> None:
    with moved_clock(lambda: INFUSION - timedelta(days=2)):
        link = made(app, "d0", given=False)
        client.post(link, data={"background.pain_years": "2,5", "_asked": "1"})
    with app.app_context():
        kept = db.session.scalars(select(Answer).filter_by(item="pain_years")).one()
        assert kept.value == "2.5"


def test_no_ticks_is_not_answered_and_one_tick_answers_the_rest(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data={"rmdq.rmdq03": "1", "_asked": "1"})
    with app.app_context():
        rows = dict(db.session.execute(select(Answer.item, Answer.value).filter_by(instrument="rmdq")).all())
        assert [item for item, value in rows.items() if value == "1"] == ["rmdq03"]
        assert set(rows.values()) == {"0", "1"}
        others = db.session.scalars(select(Answer.value).filter_by(instrument="medication")).all()
        assert set(others) == {None}


@pytest.mark.parametrize(
    ("moment", "status", "sentence"),
    [
        ("opens_at", 409, "ikke åpnet ennå"),
        ("grace_until", 410, "Fristen"),
    ],
)
def test_too_early_and_too_late_are_told_kindly(
    app: Flask, client: FlaskClient, link: str, moment: str, status: int, sentence: str
) -> None:
    with app.app_context():
        at: datetime = getattr(the_visit(), moment)
    with moved_clock(lambda: at - timedelta(seconds=1) if moment == "opens_at" else at):
        for answer in (client.get(link), client.post(link, data=form(app))):
            assert answer.status_code == status
            assert sentence in page(answer)
            assert "tel:+4721234561" in page(answer)


def test_who_left_is_asked_nothing(app: Flask, client: FlaskClient, link: str) -> None:
    with app.app_context(), acting("test"), transaction():
        withdraw(db.session.scalars(select(Participant)).one(), "no reason given", D154)
    answer = client.get(link)
    assert answer.status_code == 410
    assert "ikke lenger" in page(answer)


def test_a_replaced_link_says_so(app: Flask, client: FlaskClient, link: str) -> None:
    with app.app_context(), acting("test"), transaction():
        reissue(the_visit(), D154)
    answer = client.get(link)
    assert answer.status_code == 410
    assert "nyere lenke" in page(answer)


@pytest.mark.parametrize("text", ["x", "A" * 34, "%00", "a" * 3000, "æøå"])
def test_a_link_that_is_not_ours_tells_nothing(client: FlaskClient, text: str) -> None:
    answer = client.get(f"/a/{text}", headers={"Accept-Language": "en-GB"})
    assert answer.status_code == 404
    assert "This link is not complete" in page(answer)


def test_every_page_is_kept_from_robots_frames_and_caches(client: FlaskClient, link: str) -> None:
    answer = client.get(link)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "Set-Cookie" not in answer.headers
    assert " style=" not in page(answer)
    assert not re.search(r" on[a-z]+=", page(answer))


def test_the_first_view_is_small(client: FlaskClient, link: str) -> None:
    answer = client.get(link, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.get_data()) <= 14 * 1024
    html = page(answer)
    assert not re.search(r'(src|href)="(https?:|//|/static)', html)


def test_few_statements(app: Flask, client: FlaskClient, link: str) -> None:
    client.get(link)
    seen: list[str] = []
    fields = form(app)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: seen.append(arguments[2][:60]))
    client.get(link)
    assert len(seen) <= 3, seen
    seen.clear()
    assert client.post(link, data=fields).status_code == 303
    assert len(seen) <= 8, seen


def test_answers_are_saved_as_they_are_given_and_come_back_on_another_phone(
    app: Flask, client: FlaskClient, link: str
) -> None:
    saved = client.post(link, data={"_act": "draft", "odi.lifting": "3"})
    assert saved.get_json() == {"saved": "11:00"}
    client.post(link, data={"_act": "draft", "nrs_leg.leg": "7"})
    html = page(app.test_client().get(link))
    assert re.search(r'name="odi.lifting" value="3" checked', html)
    assert re.search(r'name="nrs_leg.leg" value="7" checked', html)
    assert not re.search(r'name="odi[^"]*" value="3" checked', page(client.get(f"{link}?blank=1")))


def test_a_new_link_finds_the_draft_of_the_old_one(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data={"_act": "draft", "odi.lifting": "3"})
    with app.app_context(), acting("test"), transaction():
        new = f"/a/{token(the_visit().id, reissue(the_visit(), D154))}"
    assert re.search(r'name="odi.lifting" value="3" checked', page(client.get(new)))
    refused = client.post(link, data={"_act": "draft", "odi.lifting": "4"}, headers={"Accept": "application/json"})
    assert refused.status_code == 410


def test_beginning_is_noted(app: Flask, client: FlaskClient, link: str) -> None:
    assert client.post(link, data={"_act": "start"}).status_code == 200
    with app.app_context():
        assert the_visit().opened_at == D154


@pytest.mark.parametrize(
    ("act", "kind", "sentence"),
    [("not_able", "not-able", "ikke på det mer i dag"), ("call_me", "call-me", "ringer deg")],
)
def test_help_is_one_touch_away(app: Flask, client: FlaskClient, link: str, act: str, kind: str, sentence: str) -> None:
    answer = client.post(link, data={"_act": act})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}/noted/{kind}")
    assert sentence in page(client.get(answer.headers["Location"]))
    with app.app_context():
        assert db.session.scalars(select(Task.kind)).one().value.replace(" ", "_").startswith(act)


def test_the_receipt_says_when_the_next_one_comes(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data=form(app))
    assert "De neste spørsmålene kommer lørdag 21. november." in page(client.get(f"{link}/received"))
    with moved_clock(lambda: D154 + timedelta(days=300)):
        assert "ikke planlagt flere" in page(client.get(f"{link}/received"))


def test_a_safety_answer_shows_help_on_the_receipt(app: Flask, client: FlaskClient) -> None:
    with moved_clock(lambda: INFUSION - timedelta(days=2)):
        link = made(app, "d0", given=False)
        assert page(client.get(link)).count("116 123") == 1
        answer = client.post(link, data={"hscl25.ending_life": "3", "_asked": "1"})
        assert answer.headers["Location"].endswith("/received?help=1")
        assert "116 123" in page(client.get(answer.headers["Location"]))
        assert "116 123" not in page(client.get(f"{link}/received"))


def with_pin(app: Flask, pin: str) -> None:
    with app.app_context(), acting("test"), transaction():
        set_pin(db.session.scalars(select(Contact)).one(), pin)


def test_behind_a_pin_nothing_is_seen_or_sent_without_it(app: Flask, client: FlaskClient, link: str) -> None:
    with_pin(app, "4711")
    closed = page(client.get(link))
    assert "odi" not in closed
    assert "PIN-koden" in closed
    page_again = page(client.post(link, data=form(app)))
    assert "PIN-koden" in page_again
    program = client.post(link, data={"_act": "draft", "odi.lifting": "3"}, headers={"Accept": "application/json"})
    assert program.status_code == 403
    assert counted(app, Response) == 0


def test_the_pin_opens_the_page_whose_answers_carry_a_signed_value(app: Flask, client: FlaskClient, link: str) -> None:
    with_pin(app, "4711")
    assert "ikke PIN-koden din" in page(client.post(link, data={"_act": "pin", "_pin": "0000"}))
    opened = page(client.post(link, data={"_act": "pin", "_pin": "4711"}))
    found = re.search(r'name="_key" value="([^"]+)"', opened)
    assert found is not None
    fields = form(app, _key=found[1])
    assert "PIN-koden" in page(client.post(link, data=fields | {"_key": found[1][:-2]}))
    assert client.post(link, data=fields).status_code == 303


def test_five_wrong_pins_lock_it_and_tell_the_coordinator(app: Flask, client: FlaskClient, link: str) -> None:
    with_pin(app, "4711")
    for _ in range(5):
        html = page(client.post(link, data={"_act": "pin", "_pin": "0000"}))
    assert "sperret" in html
    assert "sperret" in page(client.post(link, data={"_act": "pin", "_pin": "4711"}))
    with app.app_context():
        assert db.session.scalars(select(Task.kind)).all() == [TaskKind.PIN_LOCKED]


def test_what_was_being_sent_when_the_pin_was_asked_again_is_not_lost(
    app: Flask, client: FlaskClient, link: str
) -> None:
    with_pin(app, "4711")
    html = page(client.post(link, data={"odi.lifting": "3"}))
    assert '<input type="hidden" name="odi.lifting" value="3">' in html
    opened = page(client.post(link, data={"_act": "pin", "_pin": "4711", "odi.lifting": "3"}))
    assert re.search(r'name="odi.lifting" value="3" checked', opened)


def test_the_worker_may_serve_every_patients_page(client: FlaskClient) -> None:
    answer = client.get("/a/worker.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
