"""The table of codes: every code that can stand in a cell, once, with its meaning where it may be shown."""

from collections import Counter

import pytest

from app.exports.codes import CODES_SHAPE, CodeRow, codes
from app.exports.dataset import dataset
from app.exports.shapes import SHAPES
from app.exports.tables import Shape
from app.instruments import Instrument, instrument
from app.instruments.model import ItemType
from app.studies.models import Study
from tests.exports.conftest import NOW
from tests.exports.test_codebook import CODES, asking
from tests.some import some


def rows_of(*instruments: str) -> list[CodeRow]:
    return [CodeRow(*row) for row in codes(asking(*instruments)).rows]  # type: ignore[arg-type]


def labels(code: str, item: str) -> list[tuple[str, str | None, str | None]]:
    return [(row.code, row.label_nb, row.label_en) for row in rows_of(code) if row.item == item]


def test_every_code_of_a_column_stands_once_with_both_meanings() -> None:
    listed = [(row.table, row.column, row.code) for row in rows_of()]
    assert listed == [
        (shape.name, column.name, code) for shape in SHAPES for column in shape.columns for code in column.codes
    ]
    assert all(row.label_nb and row.label_en for row in rows_of())
    assert ("assessments", "state", "missed") in listed


@pytest.mark.parametrize("code", CODES)
def test_every_answer_that_can_be_chosen_has_a_row(code: str) -> None:
    rows_each = Counter(
        (row.item, row.code) for row in rows_of(code) if (row.instrument, row.table) == (code, "answers")
    )
    assert rows_each == Counter((item.code, str(each)) for item in instrument(code).items for each in item.codes)


@pytest.mark.parametrize("code", CODES)
def test_the_words_of_an_answer_stand_where_their_licence_lets_them(code: str) -> None:
    questionnaire = instrument(code)
    worded = [item for item in questionnaire.items if item.type not in (ItemType.YESNO, ItemType.TICKS)]
    expected = [
        (item.code, str(each), *words(questionnaire, item.code, each)) for item in worded for each in item.codes
    ]
    codes_of_words = {item.code for item in worded}
    labelled = [(row.item, row.code, row.label_nb, row.label_en) for row in rows_of(code) if row.item in codes_of_words]
    assert labelled == expected


def words(questionnaire: Instrument, item: str, code: int) -> tuple[str | None, ...]:
    """In Norwegian and English, where the licence lets them be shown."""
    return tuple(
        None
        if questionnaire.licence.requires_original(language)
        else questionnaire.wording(language).option(item, code)
        for language in ("nb", "en")
    )


def test_licensed_answers_have_codes_and_no_words() -> None:
    assert labels("odi", "lifting") == [(str(code), None, None) for code in range(6)]


@pytest.mark.parametrize(
    ("code", "score", "expected"),
    [
        (
            "odi",
            "odi",
            [
                ("minimal", "til og med 20", "up to 20"),
                ("moderate", "til og med 40", "up to 40"),
                ("severe", "til og med 60", "up to 60"),
                ("crippled", "til og med 80", "up to 80"),
                ("bed_bound", "resten", "the rest"),
            ],
        ),
        (
            "startback",
            "startback",
            [
                ("high", "startback_psych fra og med 4", "startback_psych from 4"),
                ("low", "til og med 3", "up to 3"),
                ("medium", "resten", "the rest"),
            ],
        ),
        ("odi", "odi_sum", []),
        ("background", "none", []),
    ],
)
def test_the_groups_of_a_score_say_how_far_they_reach(
    code: str, score: str, expected: list[tuple[str, str, str]]
) -> None:
    groups = [row for row in rows_of(code) if (row.table, row.column, row.item) == ("scores", "category", score)]
    assert [(row.code, row.label_nb, row.label_en) for row in groups] == expected


def test_yes_no_and_ticks_say_which_is_which() -> None:
    assert labels("sick_leave", "employed") == [("1", "Ja", "Yes"), ("0", "Nei", "No")]
    ticks = [(row.code, row.label_en) for row in rows_of("rmdq") if row.item == "rmdq01"]
    assert ticks == [("1", "Ticked"), ("0", "Not ticked")]


def test_the_key_tells_the_rows_apart() -> None:
    keys = [tuple(getattr(row, name) for name in CODES_SHAPE.key) for row in some(rows_of(*CODES))]
    assert len(set(keys)) == len(keys)


def test_sites_visits_and_events_are_called_what_the_study_calls_them(study: Study) -> None:
    data = dataset(study, NOW)
    rows = [CodeRow(*row) for row in codes(data).rows]  # type: ignore[arg-type]
    sites = [(row.code, row.label_en) for row in rows if (row.table, row.column) == ("participants", "site")]
    assert sites[0] == ("01", "Oslo University Hospital")
    assert [code for code, _ in sites] == ["01", "02", "03", "04", "05"]
    events = {row.code: (row.label_nb, row.label_en) for row in rows if (row.table, row.column) == ("events", "kind")}
    assert events["infusion"] == ("Senere infusjon", "Later infusion")
    of_analysis = [row for row in rows if (row.table, row.column) == ("analysis", "visit")]
    visits = {row.code: (row.label_nb, row.label_en) for row in of_analysis}
    assert visits["d28"] == ("dag 28", "day 28")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_site_visit_and_event_that_leaves_is_among_the_codes(shape: Shape, study: Study) -> None:
    data = dataset(study, NOW)
    meant = {(row[0], row[1], row[4]) for row in codes(data).rows}
    table = data.table(shape.name)
    called = [name for name in ("site", "visit", "kind") if name in shape.names]
    used = {(shape.name, name, code) for name in called for code in table.column(name) if code is not None}
    assert used <= meant
