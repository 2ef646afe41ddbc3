"""A table that is too large to be held: nothing of it is read, the sentence says so, and everything else is written."""

import logging
from decimal import Decimal
from pathlib import Path

import pytest

from app.exports import holding
from app.exports.csv_files import csv
from app.exports.dataset import AskedTables
from app.exports.holding import is_studied, too_large, widest_cells
from app.exports.loaders.night import loaders
from app.exports.shapes import SHAPES
from app.exports.tables import Table
from app.studies.models import Study
from tests.exports.builders import exported
from tests.exports.conftest import NOW
from tests.exports.labelled.things import things

MADE_OF_ANSWERS = ("labelled/answers.", "cdisc/", "fhir/", "quality.html")


@pytest.mark.parametrize(
    ("name", "rows", "missing"),
    [
        ("answers", 1_000_000, None),
        ("answers", 1_000_001, "labelled/answers.*, cdisc/, fhir/, quality.html"),
        ("scores", 12_000_000, "labelled/scores.*, cdisc/, fhir/, quality.html"),
        ("analysis", 1_000_001, "labelled/analysis.*"),
        ("assessments", 1_000_001, "cdisc/, fhir/, quality.html"),
        ("messages", 1_000_001, ""),
    ],
)
def test_one_row_more_than_are_held_is_too_many(name: str, rows: int, missing: str | None) -> None:
    refusals = too_large({name: rows, "events": 3})
    said = f"{name} has {rows:,} rows, and files that are made of a whole table take 1,000,000: read {name}.csv or"
    ending = f" {name}.parquet." + (f" Not written: {missing}." if missing else "")
    assert refusals == ({} if missing is None else {name: said + ending})
    assert is_studied(refusals) is ("cdisc/" in (missing or ""))


def test_of_a_table_that_is_too_large_nothing_is_read_and_the_rest_of_the_night_is_whole(
    study: Study, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = exported(study, NOW)
    rows = {name.removesuffix(".csv"): facts["rows"] for name, facts in whole.manifest["files"].items()}
    monkeypatch.setattr(holding, "MOST_HELD", rows["answers"] - 1)
    large = {shape.name for shape in SHAPES if rows[shape.name] >= rows["answers"]}
    read, plain = list[str](), AskedTables.__getitem__

    def recorded(self: AskedTables, place: int) -> Table:
        table = plain(self, place)
        read.append(table.name)
        return table

    monkeypatch.setattr(AskedTables, "__getitem__", recorded)
    with caplog.at_level(logging.ERROR, "svar.alert"):
        made = exported(study, NOW)
    assert sorted(read) == sorted({shape.name for shape in SHAPES} - large)
    missing = {name for name in whole.files if name not in made.files}
    left_out = (*MADE_OF_ANSWERS, *(f"labelled/{name}." for name in large))
    assert missing == {name for name in whole.files if name.startswith(left_out)}
    same = whole.files.keys() - missing
    assert {name for name in same if whole.files[name] != made.files[name]} == set()
    refusals = too_large({shape.name: rows[shape.name] for shape in SHAPES})
    assert made.manifest["left_out"] == list(refusals.values())
    assert refusals["answers"] in made.files["labelled/refused.txt"].decode().splitlines()
    assert [entry.getMessage() for entry in caplog.records] == [
        f"of the export of backtobasic some files are left out: {sentence}" for sentence in refusals.values()
    ]


def test_a_night_in_which_everything_is_held_leaves_nothing_out(study: Study) -> None:
    assert exported(study, NOW).manifest["left_out"] == []


def test_the_loaders_of_a_table_that_is_not_held_are_those_of_one_that_is(tmp_path: Path) -> None:
    table = things()
    (tmp_path / "scores.csv").write_bytes(csv(table))
    measured = widest_cells(tmp_path / "scores.csv", table.shape)
    assert measured.column("words") == ("x" * 500,)
    assert measured.column("score_value") == (Decimal("0.806"),)
    assert dict(loaders([measured])) == dict(loaders([table]))


def test_the_widths_of_an_empty_table_are_the_narrowest(tmp_path: Path) -> None:
    empty = Table(things().shape, ((),) * len(things().shape.columns))
    (tmp_path / "scores.csv").write_bytes(csv(empty))
    assert dict(loaders([widest_cells(tmp_path / "scores.csv", empty.shape)])) == dict(loaders([empty]))
