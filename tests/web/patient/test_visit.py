"""The patient's page as the server sees it: what comes, what is taken, once; what is refused, kindly."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.database import db
from app.core.time import moved_clock
from app.responses.models import Answer, Mode, Response
from tests.responses.visits import INFUSION
from tests.web.patient.pages import D154, counted, form, made, page, the_visit

pytestmark = pytest.mark.usefixtures("on_day_154")


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


def test_sending_everything_gives_a_receipt_without_the_answers(app: Flask, client: FlaskClient, link: str) -> None:
    answer = client.post(link, data=form(app))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}/received")
    html = page(client.get(f"{link}/received"))
    assert "mandag 3. august, 11:00" in html
    assert "odi." not in html
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
        assert (the_visit().opened_at, the_visit().submitted_at) == (D154, None)
    again = page(client.get(link))
    assert 'value="101"' in again
    assert re.search(r'name="odi.lifting" value="0" checked', again)


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


def test_no_browser_translates_the_words_of_a_questionnaire(app: Flask, client: FlaskClient, link: str) -> None:
    html = page(client.post(link, data={"eq5d5l.vas": "101"}))
    sections = re.findall(r"<section id=[^>]*>", html)
    assert len(sections) == len(the_codes(app))
    assert [each for each in sections if 'translate="no"' not in each] == []
    assert '<ul translate="no">' in html
    assert re.search(r'<dl [^>]*id="review" translate="no"', html)


def the_codes(app: Flask) -> tuple[str, ...]:
    with app.app_context():
        assessment = the_visit()
        return assessment.protocol.plan.visit(assessment.visit).instruments


@pytest.mark.parametrize("shown", ["paged, page translated", "paged, questions translated"])
def test_a_translation_that_the_script_saw_is_kept(app: Flask, client: FlaskClient, link: str, shown: str) -> None:
    assert client.post(link, data=form(app, _shown=shown)).status_code == 303
    with app.app_context():
        response = db.session.scalars(select(Response)).one()
        assert {each["presentation"] for each in response.instruments.values()} == {shown}


@pytest.mark.parametrize("shown", ["draft", "sms", "", "translated", "PAGED"])
def test_a_form_cannot_say_that_it_was_something_else(app: Flask, client: FlaskClient, link: str, shown: str) -> None:
    assert client.post(link, data=form(app, _shown=shown)).status_code == 400
    assert counted(app, Response) == 0
