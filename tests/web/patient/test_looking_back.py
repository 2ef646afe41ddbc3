"""A visit that asks by what an earlier one said: drawn, taken, kept with what was known then."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.instruments.conditions import NEVER
from app.instruments.folders import read_files
from app.responses.corrections import checked_with
from app.responses.looking_back import as_asked, as_kept
from app.responses.models import Response
from app.responses.questionnaire import answered
from app.schedule.links import token
from app.schedule.models import Assessment
from app.studies.installing import install
from app.studies.models import Protocol, StudyState
from app.studies.questionnaires import install_folder
from tests.factories import scheduled, visit
from tests.instruments.test_looking_back import FILES
from tests.studies.protocol.protocols import SMALL
from tests.web.patient.pages import page
from tests.web.patient.test_rich_items import DOSE

Links = tuple[str, str, str]
LATER = timedelta(days=7, hours=1)


@pytest.fixture
def person(app: Flask) -> Callable[[], Links]:
    """Somebody's links to day 0 and day 7, which both ask about a flare; each call is another one."""
    text = SMALL.replace("[nrs_lbp_week]", "[flare]").replace("[odi, nrs_lbp]", "[flare]")
    text = text.replace("first_dose", "first_infusion")
    with app.app_context(), acting("test"), transaction():
        words = FILES["wordings/en.yaml"].replace("language: en", "language: nb")
        install_folder(read_files("flare", {**FILES, "wordings/nb.yaml": words}), DOSE)
        plan = install(text, DOSE, state=StudyState.DEMO).id

    def made() -> Links:
        with app.app_context(), acting("test"), transaction():
            protocol = db.session.get_one(Protocol, plan)
            someone = scheduled(protocol, DOSE, given_at=DOSE, now=DOSE - timedelta(days=20), language="en")
            first, second, third = (f"/a/{token(visit(someone, code))}" for code in ("d0", "d7", "d14"))
            return first, second, third

    return made


def answered_at(client: FlaskClient, link: str, at: datetime, answers: dict[str, str]) -> None:
    with moved_clock(lambda: at):
        assert client.post(link, data=answers).status_code == 303


def answered_first(client: FlaskClient, link: str, pain: str) -> None:
    answered_at(client, link, DOSE - timedelta(hours=2), {"flare.pain": pain, "flare.call": "0"})


@pytest.mark.parametrize(
    ("pain", "items"),
    [
        ("2", ["pain", "call"]),
        ("3", ["pain", "call"]),
        ("4", ["pain", "why", "call"]),
        ("6", ["pain", "better", "why", "call"]),
        ("10", ["pain", "better", "why", "call"]),
    ],
)
def test_day_7_asks_by_what_day_0_said(
    client: FlaskClient, person: Callable[[], Links], pain: str, items: list[str]
) -> None:
    first, later, _ = person()
    answered_first(client, first, pain)
    with moved_clock(lambda: DOSE + LATER):
        shown = page(client.get(later))
    assert [part.partition('"')[0] for part in shown.split('id="flare.')[1:] if "-h" not in part[:12]] == items
    assert ('data-when="flare.pain&gt;8"' in shown) is (pain != "10")


def test_who_said_nothing_yet_is_not_asked_and_one_s_page_is_not_the_other_s(
    client: FlaskClient, person: Callable[[], Links]
) -> None:
    (first, later, _), (_, other, _) = person(), person()
    answered_first(client, first, "7")
    with moved_clock(lambda: DOSE + LATER):
        assert "Is it better than last time?" in page(client.get(later))
        assert "Is it better than last time?" not in page(client.get(other))


@pytest.fixture
def sent(app: Flask, client: FlaskClient, person: Callable[[], Links]) -> Iterator[Response]:
    """The response of day 7, whose questions day 0 decided."""
    first, later, _ = person()
    answered_first(client, first, "7")
    with moved_clock(lambda: DOSE + LATER):
        assert client.post(later, data={"flare.pain": "4", "flare.better": "1"}).status_code == 303
    with app.app_context(), acting("test"), transaction():
        query = select(Response).join(Response.assessment).where(Assessment.visit == "d7")
        yield db.session.scalars(query).one()


def test_the_response_keeps_what_was_known_then(sent: Response) -> None:
    assert sent.instruments["flare"]["earlier"] == {
        "first pain": "7", "first score flare": "7", "previous pain": "7",
    }  # fmt: skip
    reasons = {answer.item: answer.missing_reason for answer in sent.answers}
    assert reasons == {"pain": None, "better": None, "why": "not_applicable", "call": "not_applicable"}
    assert sent.assessment.partial is False


def test_a_correction_is_checked_as_it_was_asked_then(sent: Response) -> None:
    checked = checked_with(sent, {("flare", "better"): "0"}, DOSE + LATER)
    assert (checked.problems, checked.instruments["flare"].surplus) == ((), ())
    assert answered(sent, "flare").item("better").when is None


@pytest.mark.parametrize(
    "seen", [{}, {"earlier": {}}, {"earlier": None}, {"earlier": {"previous pain": "2"}}], ids=range(4)
)
def test_what_was_not_known_then_is_not_known_later(seen: dict[str, object]) -> None:
    assert as_kept(read_files("flare", FILES).instrument, seen).item("better").when == NEVER


def test_the_first_the_previous_and_no_later_visit_counts(
    app: Flask, client: FlaskClient, person: Callable[[], Links]
) -> None:
    first, second, third = person()
    for link, pain, at in ((first, "7", timedelta(hours=-2)), (second, "4", LATER), (third, "9", 2 * LATER)):
        answered_at(client, link, DOSE + at, {"flare.pain": pain, "flare.better": "1", "flare.call": "0"})
    with app.app_context(), acting("test"), transaction():
        visits = db.session.scalars(select(Assessment).order_by(Assessment.opens_at)).all()
        flare = read_files("flare", FILES).instrument
        seen = [dict(as_asked(assessment, [flare])[0].earlier) for assessment in visits]
    assert seen == [
        {},
        {"first pain": "7", "first score flare": "7", "previous pain": "7"},
        {"first pain": "7", "first score flare": "7", "previous pain": "4"},
    ]
