"""The labelled files of a night: which there are, what they are of, and what becomes of one that cannot be written."""

import logging
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from app.exports.codebook import codebook
from app.exports.codes import codes
from app.exports.dataset import dataset
from app.exports.labelled import excel
from app.exports.labelled.night import REFUSED, labelled_files
from app.exports.shapes import ANSWERS, SCORES
from app.exports.tables import Cell, Dataset, Shape, Table, table
from app.studies.models import Study
from tests.exports.builders import exported
from tests.exports.conftest import NOW
from tests.exports.test_codebook import asking

ENDINGS = ("dta", "sav", "v8.xpt", "xlsx", "xpt")


def row(shape: Shape, **cells: Cell) -> tuple[Cell, ...]:
    """A row of the shape with these cells, and nothing in the others."""
    return tuple(cells.get(name) for name in shape.names)


def night(*tables: Table, instruments: tuple[str, ...] = ("odi", "rmdq")) -> dict[str, bytes]:
    """The labelled files of these tables alone, by name."""
    data: Dataset = replace(asking(*instruments), tables=tables)
    with TemporaryDirectory() as folder:
        return {
            name: (Path(folder) / name).read_bytes()
            for name, _ in labelled_files(data, (codebook(data), codes(data)), Path(folder))
        }


def answers(**cells: Cell) -> Table:
    plain: dict[str, Any] = {"participant": "01-001", "instrument": "rmdq", "item": "rmdq01", "value": "1"}
    return table(ANSWERS, [row(ANSWERS, **{**plain, **cells})])


def of_spss(files: dict[str, bytes], name: str, tmp_path: Path) -> tuple[Any, Any]:
    (tmp_path / "file.sav").write_bytes(files[name])
    frame, about = pyreadstat.read_sav(str(tmp_path / "file.sav"), user_missing=True)
    return frame, about


def test_every_table_that_leaves_labelled_has_its_five_files_in_the_nights_folder(study: Study) -> None:
    data = dataset(study, NOW)
    made = exported(study, NOW)
    labelled = [name for name in made.files if name.startswith("labelled/")]
    expected = [f"labelled/{each.name}.{ending}" for each in data.tables for ending in ENDINGS]
    leaving = ("labelled/analysis.", "labelled/answers.", "labelled/scores.")
    assert sorted(labelled) == sorted(name for name in expected if name.startswith(leaving))
    for name in labelled:
        of = name.split("/")[1].split(".")[0]
        assert made.manifest["files"][name]["rows"] == len(data.table(of)) > 0


def test_each_row_and_column_of_the_scores_is_in_spss_in_local_time(study: Study, tmp_path: Path) -> None:
    data = dataset(study, NOW)
    scores = data.table("scores")
    frame, about = of_spss(dict(exported(study, NOW).files), "labelled/scores.sav", tmp_path)
    assert tuple(frame.columns) == scores.shape.names
    assert list(frame["participant"]) == list(scores.column("participant"))
    value = [Decimal(repr(each)) if each >= 0 else None for each in frame["value"]]
    assert value == list(scores.column("value"))
    assert about.column_names_to_labels["submitted_at"] == "Submitted (local time, Europe/Oslo)"
    in_winter = scores.column("submitted_at")[0]
    assert frame["submitted_at"][0].hour == in_winter.hour + 1  # type: ignore[union-attr]


def test_an_answer_is_also_a_number_and_the_words_of_its_code(tmp_path: Path) -> None:
    frame, about = of_spss(night(answers()), "labelled/answers.sav", tmp_path)
    assert (frame["value"][0], frame["value_number"][0], frame["value_label"][0]) == ("1", 1.0, "Ticked")
    assert about.column_names_to_labels["value_number"] == "Answer as a number"


@pytest.mark.parametrize(
    ("cells", "number", "words"),
    [
        ({"value": "0"}, 0, "Not ticked"),
        ({"value": None, "missing_reason": "skipped"}, -909, ""),
        ({"value": "12.5"}, 12.5, ""),
        ({"value": "free text"}, None, ""),
        ({"value": "2026-03-02"}, None, ""),
        ({"instrument": "odi", "item": "lifting", "value": "3"}, 3, ""),  # the licence keeps the words
    ],
)
def test_what_an_answer_is_as_a_number(
    cells: dict[str, Cell], number: float | None, words: str, tmp_path: Path
) -> None:
    frame, _ = of_spss(night(answers(**cells)), "labelled/answers.sav", tmp_path)
    got = frame["value_number"][0]
    assert (None if pd.isna(got) else got, frame["value_label"][0]) == (number, words)


def test_the_workbook_explains_its_own_table(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(BytesIO(night(answers())["labelled/answers.xlsx"]))
    assert book.sheetnames == ["answers", "codebook", "codes", "names"]
    assert {row[0].value for row in book["codebook"].iter_rows(min_row=2)} == {"answers"}
    ticked = [[cell.value for cell in row] for row in book["codes"].iter_rows(min_row=2)]
    assert ["answers", "value", "rmdq", "rmdq01", "1", "Krysset av", "Ticked"] in ticked


def test_a_table_of_another_name_leaves_unlabelled() -> None:
    other = replace(answers(), shape=replace(ANSWERS, name="messages"))
    assert night(other) == {}


def test_a_free_text_with_norwegian_letters_is_whole_in_every_format_but_sas_5(tmp_path: Path) -> None:
    files = night(answers(value="blåbær"))
    assert sorted(files) == [f"labelled/answers.{ending}" for ending in ENDINGS]
    for name, expected in (("v8.xpt", "blåbær"), ("xpt", "[text: see the v8 file]")):
        (tmp_path / name).write_bytes(files[f"labelled/answers.{name}"])
        frame, _ = pyreadstat.read_xport(str(tmp_path / name))
        assert list(frame["VALUE" if name == "xpt" else "value"]) == [expected]


def test_a_file_that_would_be_wrong_is_left_out_told_and_the_others_are_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    taken = table(SCORES, [row(SCORES, participant="01-001", value=Decimal(-950))])
    with caplog.at_level(logging.ERROR, "svar.alert"):
        files = night(taken)
    assert set(files) == {REFUSED, *(f"labelled/scores.{ending}" for ending in ENDINGS if ending != "sav")}
    assert files[REFUSED].decode() == (
        "scores.sav cannot be written: value holds a number from -999 to -900, which SPSS would take for missing.\n"
    )
    assert [entry.getMessage() for entry in caplog.records] == ["a labelled file of trial was not written: scores.sav"]


def test_a_night_without_rows_has_its_files() -> None:
    assert sorted(night(table(SCORES, []))) == [f"labelled/scores.{ending}" for ending in ENDINGS]


def test_what_grows_with_the_rows_lies_in_the_nights_folder_and_goes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The machine's temporary files may lie in memory."""
    places = list[Path]()

    def watched(**options: Any) -> TemporaryDirectory[str]:
        place: TemporaryDirectory[str] = TemporaryDirectory(**options)
        places.append(Path(place.name))
        return place

    monkeypatch.setattr(excel, "TemporaryDirectory", watched)
    data: Dataset = replace(asking("rmdq"), tables=(answers(),))
    assert dict(labelled_files(data, (codebook(data), codes(data)), tmp_path))
    assert [place.parent for place in places] == [tmp_path]
    assert [path.name for path in tmp_path.iterdir()] == ["labelled"]
