"""Excel files read back: texts, numbers and days as what they are, names explained, every text that there may be."""

from datetime import datetime
from io import BytesIO

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from app.exports.labelled.excel import xlsx
from tests.exports.labelled.things import AT, SHAPE, changed, ready


def test_excel_holds_texts_as_texts_numbers_as_numbers_and_days_as_days() -> None:
    page = openpyxl.load_workbook(BytesIO(xlsx(ready())))["scores"]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[0] == list(SHAPE.names)
    assert rows[1] == [
        "01-001", "01", "completed", 0.806, None, 10, True, datetime(2026, 3, 2), AT, "æøå",  # noqa: DTZ001
    ]  # fmt: skip
    assert rows[2] == ["01-002", "01", "missed", None, "skipped", None, None, None, None, None]
    assert rows[3][-1] == "=1+1"
    assert [cell.data_type for cell in page[4]] == ["s", "s", "s", "n", "s", "n", "b", "d", "d", "s"]
    assert page.freeze_panes == "A2"
    assert page.dimensions == "A1:J5"


def test_excel_explains_names_by_their_labels_and_those_of_sas() -> None:
    book = openpyxl.load_workbook(BytesIO(xlsx(ready())))
    prompts = {str(each.sqref): each.prompt for each in book["scores"].data_validations.dataValidation}
    assert prompts["I1"] == "Submitted (local time, Europe/Oslo)"
    names = {row[0].value: row[1].value for row in book["names"].iter_rows(min_row=2)}
    assert names["score_value_why"] == "SCRVLWHY"


@pytest.mark.parametrize(
    "text", ["a\x01b", "_x0001_", "a\rb", "a\nb", "<&>\"'", " a ", "\ufffe", "\x1f", "=A1", "http://a.b", "05"]
)
def test_whatever_text_an_excel_cell_has_comes_back(text: str) -> None:
    page = openpyxl.load_workbook(BytesIO(xlsx(changed("words", cells=[text] * 4))))["scores"]
    cell = page["J2"]
    assert unescape(cell.value) == text
    assert cell.data_type == "s"
