"""The pages of a night: what the codebook and the page on quality say of a study, in its language."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.exports.codebook import codebook
from app.exports.codes import codes
from app.exports.dataset import dataset
from app.exports.quality.answers import ItemCount
from app.exports.quality.night import quality
from app.exports.quality.remarks import MOST_LISTED, Remark, RemarkKind
from app.exports.reading.codebook_page import codebook_page
from app.exports.reading.document import Grid, ReadablePage, html, markdown
from app.exports.reading.night import codebook_pages, quality_pages
from app.exports.reading.quality_page import clock, quality_page, share
from app.exports.shapes import SHAPES
from app.exports.tables import Dataset
from app.responses.models import Answer
from app.studies.models import Study
from tests.exports.builders import INFUSED_AT, NAME, ODI, PHONE, answered, make_study, take_part, visit
from tests.exports.conftest import NOW
from tests.exports.test_codebook import asking
from tests.some import some

ASKED = ("odi", "nrs_leg", "rmdq", "medication")


def of_codebook(data: Dataset) -> ReadablePage:
    return codebook_page(data, codebook(data), codes(data), SHAPES)


def grid(document: ReadablePage, section: str, caption: str) -> Grid:
    (chosen,) = [
        each for part in document.sections if part.heading == section for each in part.grids if each.caption == caption
    ]
    return chosen


@pytest.fixture
def data(study: Study) -> Dataset:
    return dataset(study, NOW)


@pytest.mark.parametrize(("language", "place"), [("nb", 0), ("en", 1)])
def test_the_codebook_is_in_the_studys_language_with_both_languages_labels(language: str, place: int) -> None:
    page = of_codebook(replace(asking(*ASKED), language=language))
    assert page.title == ("Kodebok for trial", "Codebook of trial")[place]
    heading, caption = ("Tabellen events", "Table events")[place], ("Kolonner i events", "Columns of events")[place]
    row = {row[0]: row for row in grid(page, heading, caption).rows}["event_on"]
    assert row == ("event_on", "date", "Dato", "Date", "")


def test_the_codebook_has_every_column_question_score_and_code() -> None:
    data = asking(*ASKED)
    page = of_codebook(data)
    names = {row[0] for part in page.sections for each in part.grids for row in each.rows}
    assert {column.name for shape in SHAPES for column in shape.columns} <= names
    for questionnaire in some(data.instruments):
        assert {item.code for item in questionnaire.items} | {score.name for score in questionnaire.scores} <= names
    assert ("state", "missed", "lukket uten svar", "closed without an answer") in grid(
        page, "Table assessments", "Codes of assessments"
    ).rows
    assert len(codes(data)) == sum(
        len(each.rows) for part in page.sections for each in part.grids if each.caption.startswith("Codes of")
    )


@pytest.mark.parametrize("write", [html, markdown], ids=["html", "markdown"])
def test_a_page_shows_no_words_that_a_licence_keeps(write: object) -> None:
    assert callable(write)
    data = asking("odi", "nrs_leg")
    text = write(of_codebook(data))
    wording = data.instruments[0].wording("nb")
    assert data.instruments[1].wording("en").item("leg").text.split(".")[0] in text
    assert [item.text for item in wording.items.values() if item.text in text] == []


def test_the_page_on_quality_counts_visits_questions_and_forms(data: Dataset) -> None:
    page = quality_page(data, quality(data))
    assert page.language == "nb"
    assert [part.heading for part in page.sections] == [
        "Besøk og vinduer", "Tid til å svare", "Spørsmål", "Samme svar og like skjemaer", "Se etter",
    ]  # fmt: skip
    by_visit = grid(page, "Besøk og vinduer", "Besøk")
    d0 = dict(zip(by_visit.heads, {row[0]: row for row in by_visit.rows}["d0"], strict=True))
    assert (d0["I tide"], d0["For sent"], d0["Besvart"]) == ("2", "1", "100 %")
    forms = grid(page, "Samme svar og like skjemaer", "Samme svar og like skjemaer")
    assert {row[0]: row[1:4] for row in forms.rows}["odi 2.0"] == ("4", "4", "3")
    lifting = {row[0]: row for row in grid(page, "Spørsmål", "Svar på hvert spørsmål").rows}["odi.lifting"]
    assert lifting == ("odi.lifting", "2.0", "4", "0", "0", "2", "5", "0")


def test_it_agrees_with_the_tables(data: Dataset) -> None:
    numbers, answers = quality(data), data.table("answers")
    assert sum(counts[ItemCount.ANSWERED] for counts in numbers.answers.items.values()) == sum(
        value is not None for value in answers.column("value")
    )
    assert sum(sum(each.states.values()) for each in numbers.visits.visits.values()) == len(data.table("assessments"))
    assert sum(numbers.visits.modes.values()) == sum(
        mode is not None for mode in data.table("assessments").column("mode")
    )


def test_what_to_look_at_stands_by_pseudonym_and_without_anybodys_words(session: Session) -> None:
    study = make_study(datetime(2026, 1, 15, tzinfo=UTC))
    first, second = take_part(study, "001"), take_part(study, "002")
    mixed, last = dict(zip(list(ODI)[:-1], (0, 1, 2, 3, 4, 5, 0, 1, 2), strict=True)), list(ODI)[-1]
    for each, at in ((first, INFUSED_AT - timedelta(days=2)), (second, INFUSED_AT - timedelta(days=2, hours=1))):
        response = answered(visit(each, "d0"), at, mixed)
        response.answers.append(Answer(instrument="odi", item=last, position=9, value="9"))
    answered(visit(first, "d28"), NOW, {"other_text": "<b>sovemedisin</b>"}, "medication")
    session.commit()
    data = dataset(study, NOW)
    remarks = quality(data).remarks
    assert [(each.kind, each.participant, each.detail) for each in remarks if each.instrument == "odi"] == [
        (RemarkKind.OUT_OF_RANGE, "01-001", last),
        (RemarkKind.AS_SOMEBODY_ELSE, "01-002", "01-001"),
        (RemarkKind.OUT_OF_RANGE, "01-002", last),
    ]
    text = html(quality_page(data, quality(data)))
    assert "de samme svarene som en annen den dagen" in text
    assert [word for word in (PHONE, NAME, "sovemedisin") if word in text] == []


@pytest.mark.parametrize(
    ("count", "said"), [(0, "Nothing to look at."), (1, "1 remarks."), (501, "501 remarks; the first 500")]
)
def test_the_list_is_as_long_as_it_can_be_read(count: int, said: str) -> None:
    data = asking("odi")
    marks = quality(data)
    for place in range(count):
        marks.visits.remarks.append(Remark(RemarkKind.QUICK, f"01-{place:03}", "d0"))
    part = quality_page(data, marks).sections[-1]
    assert part.sentences[0].startswith(said)
    assert sum(len(each.rows) for each in part.grids) == min(count, MOST_LISTED)


def test_a_study_without_anybody_has_its_pages() -> None:
    data = asking("odi")
    made = {**dict(codebook_pages(data, codebook(data), codes(data))), **dict(quality_pages(data))}
    assert list(made) == ["codebook.html", "codebook.md", "quality.html"]
    assert b"No visit is planned yet." in made["quality.html"]
    assert made == {**dict(codebook_pages(data, codebook(data), codes(data))), **dict(quality_pages(data))}


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (59, "0:59"), (61, "1:01"), (3599, "59:59"), (3600, "1:00:00"), (90_061, "25:01:01")],
)
def test_a_time_is_shown_as_a_clock_shows_it(seconds: int, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(("part", "whole", "shown"), [(1, 3, "33 %"), (0, 5, "0 %"), (5, 5, "100 %"), (0, 0, "")])
def test_a_share_of_nothing_is_nothing(part: int, whole: int, shown: str) -> None:
    assert share(part, whole) == shown
