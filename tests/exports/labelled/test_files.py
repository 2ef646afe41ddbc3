"""Each file read back by the library's reader, cell by cell: values, labels, formats, reasons; and the same bytes."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from app.exports.labelled import libraries
from app.exports.labelled.excel import xlsx
from app.exports.labelled.rules import Unwritable
from app.exports.labelled.sas import ELSEWHERE, xpt5, xpt8
from app.exports.labelled.sheets import Field, FieldKind, Sheet, sheet
from app.exports.labelled.spss import sav
from app.exports.labelled.stata import dta
from tests.exports.labelled.things import AT, OSLO, ROWS, SHAPE, changed, ready, things
from tests.some import some

READERS: dict[Callable[[Sheet], bytes], Any] = {
    sav: pyreadstat.read_sav, dta: pyreadstat.read_dta, xpt5: pyreadstat.read_xport, xpt8: pyreadstat.read_xport
}  # fmt: skip
ON = [date(2026, 3, 2), None, date(2024, 2, 29), date(2026, 3, 2)]


def read(write: Callable[[Sheet], bytes], tmp_path: Path, sheet: Sheet | None = None, **how: bool) -> tuple[Any, Any]:
    """The frame and what the file says of it."""
    place = tmp_path / "file"
    place.write_bytes(write(ready() if sheet is None else sheet))
    frame, about = READERS[write](str(place), **how)
    return frame, about


def later(gaps: int) -> Sheet:
    """The first row of the table, after so many others that have no day and no time."""
    _, *cells, _, _, words = ROWS[0]
    rows = [(f"00-{number:03}", *cells, None, None, words) for number in range(gaps)]
    return sheet(things(*rows, ROWS[0]), "trial", OSLO)


@pytest.mark.parametrize("write", list(READERS), ids=lambda write: write.__name__)
def test_where_no_file_lies_in_memory_alone_the_bytes_are_the_same(
    write: Callable[[Sheet], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_linux = write(ready())
    monkeypatch.setattr(libraries, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.delattr("os.memfd_create")
    assert write(ready()) == on_linux


def cells(frame: Any, name: str) -> list[Any]:
    return [None if pd.isna(cell) else cell for cell in frame[name]]


@pytest.mark.parametrize(
    ("write", "participant", "at", "on", "count"),
    [
        (sav, "participant", "submitted_at", "given_on", "n_answered"),
        (dta, "participant", "submitted_at", "given_on", "n_answered"),
        (xpt5, "PRTCPNT", "SBMTTDAT", "GIVEN_ON", "NANSWRD"),
        (xpt8, "participant", "submitted_at", "given_on", "n_answered"),
    ],
    ids=["sav", "dta", "xpt5", "xpt8"],
)
def test_keys_days_times_and_counts_come_back(
    write: Callable[[Sheet], bytes], participant: str, at: str, on: str, count: str, tmp_path: Path
) -> None:
    frame, _ = read(write, tmp_path)
    assert cells(frame, participant) == ["01-001", "01-002", "02-001", "02-002"]
    assert cells(frame, "SITE" if write is xpt5 else "site") == ["01", "01", "02", "02"]
    assert cells(frame, at) == [AT, None, AT, AT]
    assert cells(frame, on) == ON
    assert cells(frame, count) == [10, None, 0, 7]


@pytest.mark.parametrize("gaps", [0, 1, 99, 100, 101, 300])
@pytest.mark.parametrize("write", [sav, dta, xpt5, xpt8], ids=lambda write: write.__name__)
def test_days_and_times_that_come_late_are_days_and_times(
    write: Callable[[Sheet], bytes], gaps: int, tmp_path: Path
) -> None:
    names = ("GIVEN_ON", "SBMTTDAT") if write is xpt5 else ("given_on", "submitted_at")
    frame, _ = read(write, tmp_path, later(gaps))
    assert [cells(frame, name) for name in names] == [[*[None] * gaps, ON[0]], [*[None] * gaps, AT]]


def test_an_absent_number_in_spss_is_missing_and_says_why(tmp_path: Path) -> None:
    frame, about = read(sav, tmp_path, user_missing=True)
    assert cells(frame, "score_value") == [0.806, -909, -913, 40]
    assert about.missing_ranges == {"score_value": [{"lo": -999, "hi": -900}]}
    assert about.variable_value_labels["score_value"] == {
        -909: "skipped: seen, left empty", -913: "withdrawn: withdrew",
    }  # fmt: skip
    assert cells(read(sav, tmp_path)[0], "score_value") == [0.806, None, None, 40]


def test_spss_shows_every_decimal_and_names_each_code(tmp_path: Path) -> None:
    frame, about = read(sav, tmp_path)
    assert about.original_variable_types["score_value"] == "F9.3"
    assert about.original_variable_types["given_on"] == "SDATE10"
    assert about.column_names_to_labels["score_value"] == "Value (%)"
    assert about.variable_measure["score_value"], about.variable_measure["site"] == ("scale", "nominal")
    assert cells(frame, "state") == [1, 2, 1, 1]
    assert about.variable_value_labels["state"] == {1: "completed: answered in time", 2: "missed: without an answer"}
    assert cells(frame, "baseline") == [1, None, 0, 0]
    assert about.variable_value_labels["baseline"] == {1: "Yes", 0: "No"}
    assert cells(frame, "words") == ["æøå", "", "=1+1", "x" * 500]


@pytest.mark.parametrize("number", ["-999", "-900", "-950.5"])
def test_a_number_that_spss_would_take_for_missing_is_refused(number: str) -> None:
    taken = changed("score_value", cells=[Decimal(number), None, None, None])
    with pytest.raises(Unwritable, match="score_value holds a number from -999 to -900"):
        sav(taken)


def test_an_absent_number_in_stata_is_tagged_and_has_a_labelled_companion(tmp_path: Path) -> None:
    frame, about = read(dta, tmp_path, user_missing=True)
    assert cells(frame, "score_value") == [0.806, "a", "b", 40]
    assert cells(frame, "score_value_why") == [None, 1, 2, None]
    assert about.variable_value_labels["score_value_why"] == {1: "skipped: seen, left empty", 2: "withdrawn: withdrew"}
    assert about.original_variable_types["submitted_at"] == "%tc"
    assert pd.isna(read(dta, tmp_path)[0]["score_value"][1])


NOTHING, NOT_YET, BEGUN = (None, None), (None, "not_due"), (None, "opened")


@pytest.mark.parametrize("gaps", [0, 1, 99, 100, 101, 300])
@pytest.mark.parametrize("first", [NOTHING, NOT_YET], ids=["no reason", "reason"])
@pytest.mark.parametrize(
    ("last", "read_back"),
    [
        ([(Decimal("2.5"), None), (Decimal(-3), None)], [2.5, -3.0]),
        ([NOT_YET, BEGUN, (Decimal(0), None)], ["a", "b", 0.0]),
        ([NOTHING, (Decimal(2**53), None), NOTHING], [None, float(2**53), None]),
        ([NOT_YET], ["a"]),
        ([], []),
    ],
    ids=["numbers", "reasons", "the largest whole number", "a reason alone", "nothing"],
)
def test_a_number_and_a_reason_of_stata_come_back_wherever_in_the_column_they_begin(
    gaps: int,
    first: tuple[None, str | None],
    last: list[tuple[Decimal | None, str | None]],
    read_back: list[object],
    tmp_path: Path,
) -> None:
    values, whys = zip(*[*[first] * gaps, *last], strict=True) if gaps or last else ((), ())
    number = Field("n", FieldKind.NUMBER, "n", values, {}, whys, {"not_due": "not yet", "opened": "begun"})
    words = Field("w", FieldKind.TEXT, "w", ["blåbær"] * len(values))
    sheet = Sheet("late", "late", (number, words, replace(number, name="again")), ())
    frame, _ = read(dta, tmp_path, sheet, user_missing=True)
    assert cells(frame, "n") == cells(frame, "again") == [*["a" if first == NOT_YET else None] * gaps, *read_back]
    assert cells(frame, "w") == ["blåbær"] * len(values)


@pytest.mark.parametrize("write", [sav, dta, xpt5, xpt8, xlsx], ids=lambda write: write.__name__)
@pytest.mark.parametrize("kind", list(FieldKind))
@pytest.mark.parametrize("rows", [1, 2, 101])
def test_a_column_without_any_cell_is_written_in_every_format(
    write: Callable[[Sheet], bytes], kind: FieldKind, rows: int, tmp_path: Path
) -> None:
    reasons = [None] * rows if kind is FieldKind.NUMBER else []
    meanings = {"a": "b"} if kind is FieldKind.CODE else {}
    nothing = Field("NOTHING", kind, "n", [None] * rows, meanings, reasons)
    sheet = Sheet("T", "T", (Field("KEY", FieldKind.TEXT, "k", ["k"] * rows), nothing), ("KEY",))
    if write is xlsx:
        page = openpyxl.load_workbook(BytesIO(xlsx(sheet)))["T"]
        assert [row[1].value for row in page.iter_rows(min_row=2)] == [None] * rows
    else:
        frame, _ = read(write, tmp_path, sheet)
        assert [cell or None for cell in cells(frame, "NOTHING")] == [None] * rows
        assert cells(frame, "KEY") == ["k"] * rows


def test_stata_labels_whole_numbers_alone(tmp_path: Path) -> None:
    _, about = read(dta, tmp_path)
    kinds = {name: about.readstat_variable_types[name] for name in some(about.variable_value_labels)}
    assert kinds == dict.fromkeys(("state", "score_value_why", "missing_reason", "baseline"), "int32")


def test_a_stata_file_is_of_format_118_and_pandas_reads_its_labels() -> None:
    content = dta(ready())
    assert content.startswith(b"<stata_dta><header><release>118</release>")
    assert b"<timestamp>\x1101 Jan 2000 00:00</timestamp>" in content
    frame = pd.read_stata(BytesIO(content))
    assert list(frame["state"]) == [
        "completed: answered in time", "missed: without an answer", *["completed: answered in time"] * 2,
    ]  # fmt: skip
    with pd.read_stata(BytesIO(content), iterator=True) as reader:
        assert reader.variable_labels()["submitted_at"] == "Submitted (local time, Europe/Oslo)"


@pytest.mark.parametrize("number", [2_147_483_620, 2_147_483_621, -(2**53), 2**53])
def test_a_whole_number_beyond_four_bytes_comes_back_from_stata(number: int, tmp_path: Path) -> None:
    frame, _ = read(dta, tmp_path, changed("n_answered", cells=[number, None, 0, 7]))
    assert cells(frame, "n_answered") == [number, None, 0, 7]


@pytest.mark.parametrize("write", [sav, dta, xpt8], ids=["sav", "dta", "xpt8"])
def test_blanks_at_the_end_of_a_text_go_in_every_format_alike(write: Callable[[Sheet], bytes], tmp_path: Path) -> None:
    frame, _ = read(write, tmp_path, changed("words", cells=[" a b  ", "  ", "\n", "x"]))
    assert cells(frame, "words") == [" a b", "", "\n", "x"]


def test_a_27th_reason_shares_its_letter_and_keeps_its_own_label(tmp_path: Path) -> None:
    meanings = {f"r{place:02}": "" for place in range(28)}
    many = changed("score_value", cells=[None] * 4, reasons=("r00", "r25", "r26", "r27"), reason_meanings=meanings)
    frame, about = read(dta, tmp_path, many, user_missing=True)
    assert cells(frame, "score_value") == ["a", "z", "z", "z"]
    labels = about.variable_value_labels["score_value_why"]
    assert [labels[code] for code in cells(frame, "score_value_why")] == ["r00", "r25", "r26", "r27"]


def test_sas_5_has_short_names_whole_labels_and_a_word_for_what_it_cannot_hold(tmp_path: Path) -> None:
    frame, about = read(xpt5, tmp_path)
    assert list(frame.columns) == [
        "PRTCPNT", "SITE", "STATE", "SCRVL", "SCRVLWHY", "MSSNGRSN", "NANSWRD", "BASELINE", "GIVEN_ON",
        "SBMTTDAT", "WORDS",
    ]  # fmt: skip
    assert cells(frame, "SCRVL") == [0.806, None, None, 40]
    assert cells(frame, "SCRVLWHY") == ["", "skipped", "withdrawn", ""]
    assert cells(frame, "STATE") == ["completed", "missed", "completed", "completed"]
    assert cells(frame, "WORDS") == [ELSEWHERE, "", "=1+1", ELSEWHERE]
    assert (about.original_variable_types["GIVEN_ON"], about.original_variable_types["SBMTTDAT"]) == (
        "DATE",
        "DATETIME",
    )
    assert about.column_names_to_labels["SBMTTDAT"] == "Submitted (local time, Europe/Oslo)"
    assert about.table_name == "SCORES"


def test_a_key_that_sas_5_cannot_hold_is_refused_and_not_replaced() -> None:
    with pytest.raises(Unwritable, match="PRTCPNT holds a text with a letter that SAS transport 5 does not hold"):
        xpt5(changed("participant", cells=["ø1", "2", "3", "4"]))


def test_sas_8_holds_every_text_and_name(tmp_path: Path) -> None:
    frame, about = read(xpt8, tmp_path)
    assert list(frame.columns) == [
        name for each in SHAPE.names for name in ([each, "score_value_why"] if each == "score_value" else [each])
    ]
    assert cells(frame, "words") == ["æøå", "", "=1+1", "x" * 500]
    assert about.column_names_to_labels["score_value"] == "Value (%)"


@pytest.mark.parametrize("write", [sav, dta, xpt5, xpt8, xlsx], ids=lambda write: write.__name__)
def test_the_same_rows_are_the_same_bytes_in_another_minute(
    write: Callable[[Sheet], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(ready())
    time.sleep(1.1)  # the libraries write the second
    assert write(ready()) == first


@pytest.mark.parametrize("write", [sav, dta, xpt5, xpt8, xlsx], ids=lambda write: write.__name__)
def test_a_table_without_rows_is_a_file_without_rows(write: Callable[[Sheet], bytes], tmp_path: Path) -> None:
    from app.exports.labelled.sheets import sheet
    from app.exports.tables import table
    from tests.exports.labelled.things import OSLO

    empty = sheet(table(SHAPE, []), "trial", OSLO)
    if write is xlsx:
        assert openpyxl.load_workbook(BytesIO(xlsx(empty)))["scores"].dimensions == "A1:J1"
    else:
        assert len(read(write, tmp_path, empty)[0]) == 0
