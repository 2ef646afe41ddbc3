"""A site brings its own questionnaires: installed from folders, answered in Swedish and Arabic, scored, exported."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from shutil import rmtree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.exports.codebook import CodebookRow, codebook
from app.exports.dataset import dataset
from app.instruments.folders import read_files, read_folder
from app.participants.models import Participant, Task, TaskKind
from app.responses.going_live import missing
from app.responses.models import Response, Score
from app.schedule.links import token
from app.studies.installing import install
from app.studies.models import Protocol, Study, StudyState
from app.studies.protocol.catalogues import languages_in
from app.studies.questionnaires import install_folder
from tests.factories import scheduled, visit
from tests.questionnaires import EXAMPLES, brought_protocol, catalogue_of
from tests.web.patient.pages import page

DOSE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY_7 = DOSE + timedelta(days=7)
ARABIC = {"Send answers": "إرسال الإجابات", "Some questions for you": "بعض الأسئلة لك", "Next": "التالي"}
KNEE = {
    f"knee12.{item}": str(code)
    for item, code in zip(
        ("stairs_pain", "walking_pain", "night_pain", "resting_pain", "getting_up", "standing", "car", "twisting",
         "aware", "avoided", "trust", "trouble"),
        (1, 2, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3), strict=True,
    )
}  # fmt: skip
MOOD = {f"mood9.{item}": "1" for item in ("interest", "sad", "sleep", "tired", "appetite", "failure", "focus", "slow")}
FUNCTION = {"function4.chores": "3", "function4.stairs": "2", "function4.walk": "4", "function4.errands": "3"}


@pytest.fixture
def arabic(app: Flask) -> Iterator[Path]:
    """Beside the application somebody dropped an Arabic catalogue."""
    folder: Path = app.extensions["settings"].instance / "translations"
    catalogue_of("ar", folder, ARABIC)
    languages_in.cache_clear()
    yield folder / "ar" / "LC_MESSAGES" / "messages.po"
    rmtree(folder)
    languages_in.cache_clear()


@pytest.fixture
def trial(app: Flask, arabic: Path) -> None:
    """The three questionnaires, and a protocol that asks them."""
    with app.app_context(), acting("test"), transaction():
        for folder in sorted(EXAMPLES.glob("*/definition.yaml")):
            install_folder(read_folder(folder.parent), DOSE)
        install(brought_protocol(), DOSE, state=StudyState.DEMO)


def taking_part(app: Flask, language: str, version: str = "1") -> str:
    """The link to day 7 and day 0 of somebody who speaks this language and follows this version."""
    with app.app_context(), acting("test"), transaction():
        protocol = db.session.scalars(select(Protocol).filter_by(version=version)).one()
        person = scheduled(
            protocol, DOSE + timedelta(days=3), now=DOSE - timedelta(days=20), language=language, abroad=True
        )
        return f"/a/{token(visit(person, 'd0'))}"


@pytest.mark.usefixtures("trial")
@pytest.mark.parametrize(
    ("language", "head", "title"),
    [("sv", '<html lang="sv">', "Ditt knä"), ("ar", '<html lang="ar" dir="rtl">', "ركبتك")],
)
def test_the_three_are_answered_in_swedish_and_in_arabic_and_scored(
    app: Flask, client: FlaskClient, language: str, head: str, title: str
) -> None:
    link = taking_part(app, language)
    with moved_clock(lambda: DOSE):
        shown = page(client.get(link))
        assert head in shown
        assert title in shown
        answer = client.post(link, data={**KNEE, **MOOD, **FUNCTION, "mood9.harm": "2", "_mode": "self"})
        assert answer.status_code == 303
        received = page(client.get(answer.headers["Location"]))
    assert head in received
    with app.app_context():
        response = db.session.scalars(select(Response)).one()
        assert (response.language, response.instruments["mood9"]["version"]) == (language, "1")
        scores = {score.name: score.value for score in db.session.scalars(select(Score).order_by(Score.id))}
        assert scores["knee12_pain"] == Decimal("62.5")
        assert scores["knee12"] == Decimal("45.833333")
        assert (scores["mood9"], scores["mood9_most_days"]) == (Decimal(10), Decimal(1))
        assert scores["function4_t"] == Decimal("38.0")
        (safety,) = db.session.scalars(select(Task).filter_by(kind=TaskKind.SAFETY))
        assert safety.note == "mood9.harm"


@pytest.mark.usefixtures("trial")
def test_what_the_catalogue_lacks_is_said_in_english_and_the_questions_never_are(
    app: Flask, client: FlaskClient
) -> None:
    link = taking_part(app, "ar")
    with moved_clock(lambda: DOSE):
        shown = page(client.get(link))
    assert "إرسال الإجابات" in shown
    assert "Who answers?" in shown
    assert "How much did the knee hurt" not in shown


@pytest.mark.usefixtures("trial")
@pytest.mark.parametrize(
    ("accepted", "language"), [("", "sv"), ("fi", "sv"), ("ar;q=0.5,fi", "ar"), ("nb", "sv"), ("sv-SE", "sv")]
)
def test_a_broken_link_speaks_the_language_of_the_study(client: FlaskClient, accepted: str, language: str) -> None:
    answer = client.get("/a/nothing-of-ours", headers={"Accept-Language": accepted})
    assert answer.status_code == 404
    assert f'<html lang="{language}"' in page(answer)


@pytest.mark.usefixtures("trial")
def test_an_amended_version_is_in_the_codebook_beside_the_old_one_and_open_links_keep_theirs(
    app: Flask, client: FlaskClient
) -> None:
    old = taking_part(app, "sv")
    folder = read_folder(EXAMPLES / "knee12")
    files = dict(folder.files)
    files["definition.yaml"] = files["definition.yaml"].replace('version: "1"', 'version: "2"').replace(
        "{code: twisting, type: choice, scale: severity, group: function}",
        "{code: twisting, type: choice, scale: often, group: function}",
    )  # fmt: skip
    with app.app_context(), acting("test"), transaction():
        install_folder(read_files("knee12", {**files, "vectors.yaml": "[]"}), DOSE)
        install(brought_protocol(('version: "1"', 'version: "2"')), DOSE)
    new = taking_part(app, "sv", version="2")
    for link in (old, new):
        with moved_clock(lambda: DOSE):
            assert client.post(link, data={**KNEE, **MOOD, **FUNCTION, "mood9.harm": "0"}).status_code == 303
    with app.app_context():
        answered = db.session.scalars(select(Response).order_by(Response.id)).all()
        assert [response.instruments["knee12"]["version"] for response in answered] == ["1", "2"]
        study = db.session.scalars(select(Participant)).first().study  # type: ignore[union-attr]
        book = [CodebookRow(*row) for row in codebook(dataset(study, DAY_7)).rows]  # type: ignore[arg-type]
        versions = [row.instrument_version for row in book if (row.instrument, row.item) == ("knee12", "twisting")]
        assert versions == ["1", "2"]
        assert {row.instrument_version for row in book if row.instrument == "mood9"} == {"1"}


@pytest.mark.usefixtures("trial")
def test_the_study_cannot_go_live_in_words_that_no_native_reader_has_seen(app: Flask, arabic: Path) -> None:
    with app.app_context():
        study = db.session.scalars(select(Study)).one()
        lacks = missing(study, StudyState.LIVE)
        assert [key for key in lacks if key.startswith("language")] == ["language sv", "language ar"]
        arabic.write_text('msgid ""\nmsgstr ""\n"X-Reviewed-By: A. Reader\\n"\n', "utf-8")
        assert [key for key in missing(study, StudyState.LIVE) if key.startswith("language")] == ["language sv"]
