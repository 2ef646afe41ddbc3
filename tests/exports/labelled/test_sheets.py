"""What a statistics program is given: local times, labels that name unit and zone, and why each number is absent."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.exports.labelled.sheets import FieldKind, local, sheet, with_reasons
from app.exports.shapes import ANALYSIS
from app.exports.tables import Column, Kind, Shape, Words, table
from tests.exports.labelled.things import OSLO, ROWS, SUBMITTED, field, ready, things


@pytest.mark.parametrize(
    ("name", "kind", "label"),
    [
        ("participant", FieldKind.TEXT, "Participant"),
        ("state", FieldKind.CODE, "State"),
        ("score_value", FieldKind.NUMBER, "Value (%)"),
        ("n_answered", FieldKind.WHOLE, "Items answered"),
        ("baseline", FieldKind.FLAG, "Baseline"),
        ("given_on", FieldKind.DATE, "Given"),
        ("submitted_at", FieldKind.TIME, "Submitted (local time, Europe/Oslo)"),
    ],
)
def test_each_column_becomes_a_field_of_its_kind(name: str, kind: FieldKind, label: str) -> None:
    assert (field(ready(), name).kind, field(ready(), name).label) == (kind, label)


def test_labels_and_meanings_are_norwegian_where_they_are_asked_for_so() -> None:
    norwegian = ready("nb")
    assert field(norwegian, "submitted_at").label == "Innsendt (lokal tid, Europe/Oslo)"
    assert field(norwegian, "state").meanings == {"completed": "besvart i tide", "missed": "uten svar"}
    assert field(with_reasons(norwegian, "nb"), "score_value_why").label == "Hvorfor score_value mangler"


@pytest.mark.parametrize(
    ("at", "zone", "on_the_clock"),
    [
        (SUBMITTED, "Europe/Oslo", datetime(2026, 3, 29, 3, 30, 5)),  # noqa: DTZ001 - what a clock shows
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "Europe/Oslo", datetime(2026, 3, 29, 1, 59, 59)),  # noqa: DTZ001
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Oslo", datetime(2026, 10, 25, 2, 30)),  # noqa: DTZ001
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Oslo", datetime(2026, 10, 25, 2, 30)),  # noqa: DTZ001
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Europe/Oslo", datetime(2027, 1, 1, 0, 30)),  # noqa: DTZ001
        (SUBMITTED, "UTC", datetime(2026, 3, 29, 1, 30, 5)),  # noqa: DTZ001
        (None, "Europe/Oslo", None),
    ],
)
def test_an_instant_is_what_the_studys_clocks_showed(at: datetime | None, zone: str, on_the_clock: datetime) -> None:
    assert local(at, ZoneInfo(zone)) == on_the_clock


def test_a_time_in_utc_says_utc() -> None:
    assert field(sheet(things(), "trial", ZoneInfo("UTC")), "submitted_at").label == "Submitted (UTC)"


def test_every_absent_number_has_its_reason_and_no_other_has_one() -> None:
    value = field(ready(), "score_value")
    assert value.reasons == (None, "skipped", "withdrawn", None)
    assert value.reason_meanings == {"skipped": "seen, left empty", "withdrawn": "withdrew"}


def test_a_number_gets_a_coded_companion_that_says_why_it_is_absent() -> None:
    companion = field(with_reasons(ready()), "score_value_why")
    assert (companion.kind, companion.cells) == (FieldKind.CODE, (None, "skipped", "withdrawn", None))
    assert with_reasons(with_reasons(ready())) == with_reasons(ready())


@pytest.mark.parametrize(
    ("name", "why", "base_why", "reason", "not_asked"),
    [
        ("value", "not_asked", "no_anchor", "not_asked", "the answer does not have the instrument"),
        ("base", "not_asked", "no_anchor", "no_anchor", "it was not asked about before day 0"),
        ("base", "not_asked", None, None, "it was not asked about before day 0"),
        ("chg", "not_asked", "no_anchor", "not_asked",
         "the answer does not have the instrument, or it was not asked about before day 0"),
        ("pchg", None, "not_asked", "not_asked",
         "the answer does not have the instrument, or it was not asked about before day 0"),
    ],
)  # fmt: skip
def test_a_number_is_explained_by_what_is_about_it_and_in_its_words(
    name: str, why: str | None, base_why: str | None, reason: str | None, not_asked: str
) -> None:
    cells = {"participant": "01-001", "visit": "d7", "outcome": "odi", "why": why, "base_why": base_why}
    rows = [tuple(cells.get(column) for column in ANALYSIS.names)]
    explained = field(sheet(table(ANALYSIS, rows), "trial", OSLO), name)
    assert (explained.reasons, explained.reason_meanings["not_asked"]) == ((reason,), not_asked)


def of(columns: dict[str, Any]) -> Any:
    """Columns of numbers (by decimals) and texts, one row."""
    kinds = {Decimal: Kind.DECIMAL, str: Kind.TEXT, type(None): Kind.DECIMAL}
    codes = {"late": Words("sent", "late")}
    shape = Shape(
        "analysis",
        tuple(
            Column(name, kinds[type(cell)], name, name, codes if kinds[type(cell)] is Kind.TEXT else {})
            for name, cell in columns.items()
        ),
        (),
    )
    return sheet(table(shape, [tuple(columns.values())]), "trial", OSLO)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"base": None, "base_why": "late", "why": "not_sent"}, "late"),  # its own first
        ({"base": None, "why": "not_sent"}, "not_sent"),
        ({"base": None, "missing_reason": "skipped", "why": "not_sent"}, "skipped"),
        ({"chg": None, "base_why": "late"}, "late"),  # there is no change from a baseline that is not there
        ({"base": Decimal(1), "base_why": "late"}, None),
    ],
)
def test_the_reason_is_the_columns_own_then_the_rows(columns: dict[str, Any], reason: str | None) -> None:
    assert of(columns).fields[0].reasons == (reason,)


def test_a_number_of_a_table_that_tells_no_reasons_has_none() -> None:
    assert of({"value": None, "word": "x"}).fields[0].reasons == ()


def test_a_code_that_is_not_in_its_set_is_kept_after_the_others() -> None:
    assert of({"state": "strange"}).fields[0].meanings == {"late": "late", "strange": ""}


def test_a_sheet_has_as_many_rows_as_its_table() -> None:
    assert len(ready()) == len(ROWS)
