"""A table that is too large to be held: the sentence says so, and everything else is written."""

import logging

import pytest

from app.exports import holding
from app.exports.holding import is_studied, too_large
from app.exports.shapes import SHAPES
from app.studies.models import Study
from tests.exports.builders import exported
from tests.exports.conftest import NOW

MADE_OF_ANSWERS = ("cdisc/", "fhir/", "quality.html")


@pytest.mark.parametrize(
    ("name", "rows", "missing"),
    [
        ("answers", 1_000_000, None),
        ("answers", 1_000_001, "cdisc/, fhir/, quality.html"),
        ("scores", 12_000_000, "cdisc/, fhir/, quality.html"),
        ("analysis", 1_000_001, ""),
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


def test_what_holds_a_table_that_is_too_large_is_left_out_and_the_rest_of_the_night_is_whole(
    study: Study, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = exported(study, NOW)
    rows = {name.removesuffix(".csv"): facts["rows"] for name, facts in whole.manifest["files"].items()}
    monkeypatch.setattr(holding, "MOST_HELD", rows["answers"] - 1)
    with caplog.at_level(logging.ERROR, "svar.alert"):
        made = exported(study, NOW)
    missing = {name for name in whole.files if name not in made.files}
    assert missing == {name for name in whole.files if name.startswith(MADE_OF_ANSWERS)}
    same = whole.files.keys() - missing
    assert {name for name in same if whole.files[name] != made.files[name]} == set()
    refusals = too_large({shape.name: rows[shape.name] for shape in SHAPES})
    assert made.manifest["left_out"] == list(refusals.values())
    assert [entry.getMessage() for entry in caplog.records] == [
        f"of the export of backtobasic some files are left out: {sentence}" for sentence in refusals.values()
    ]


def test_a_night_in_which_everything_is_held_leaves_nothing_out(study: Study) -> None:
    assert exported(study, NOW).manifest["left_out"] == []
