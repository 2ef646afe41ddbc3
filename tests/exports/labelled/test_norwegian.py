"""A CSV file for a Norwegian Excel: its signs for decimals, flags and times, and no cell that begins another."""

from io import BytesIO
from pathlib import Path

import pytest

from app.core.problems import NotFound
from app.exports.csv_files import csv
from app.exports.labelled.norwegian import TABLES, norwegian, of_file
from app.exports.shapes import ANSWERS, SCORES, SHAPES
from app.exports.tables import Shape, table
from tests.exports.labelled.test_night import row
from tests.exports.labelled.things import SUBMITTED


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("12.5", "12,5"), ("-0.5", "-0,5"), ("3", "3"), ("a.b", "a.b"), ("2026-03-02", "2026-03-02"),
        ('say "hi"; twice', '"say ""hi""; twice"'), ("a\nb", '"a\nb"'), ("=1", "'=1"), (None, ""),
    ],
)  # fmt: skip
def test_an_answer_is_written_as_a_norwegian_excel_reads_it(value: str | None, written: str, tmp_path: Path) -> None:
    answers = table(ANSWERS, [row(ANSWERS, study="t", participant="01-001", value=value, instrument_version="2.0")])
    (tmp_path / "answers.csv").write_bytes(csv(answers))
    mark, head, line = norwegian(tmp_path, "answers")
    assert (mark, head) == ("\ufeff", ";".join(ANSWERS.names) + "\r\n")
    assert line.startswith("t;01-001;")
    assert f";{written};" in line
    assert ";2.0;" in line  # a version is no number


def test_flags_and_times_are_norwegian_excels(tmp_path: Path) -> None:
    scores = table(SCORES, [row(SCORES, participant="01-001", baseline=True, submitted_at=SUBMITTED)])
    (tmp_path / "scores.csv").write_bytes(csv(scores))
    line = list(norwegian(tmp_path, "scores"))[2]
    assert ";SANN;" in line
    assert ";2026-03-29 01:30:05" in line


@pytest.mark.parametrize("name", ["nothing", "../secret", "scores"])
def test_a_table_that_is_not_there_is_refused_with_the_names_of_those_that_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="Tables are analysis, participants"):
        list(norwegian(tmp_path, name))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_what_is_handed_out_is_what_the_command_writes(
    shape: Shape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.exports.spilling.exports_folder", lambda: tmp_path)
    content = csv(table(shape, [row(shape, study="=t;x")]))
    (tmp_path / f"{shape.name}.csv").write_bytes(content)
    with of_file(BytesIO(content), f"{shape.name}.csv") as file:
        assert file.read() == "".join(norwegian(tmp_path, shape.name)).encode()


@pytest.mark.parametrize(
    "name", ["codebook.csv", "scores.parquet", "scores", "labelled/scores.xlsx", "scores.csv.csv", ""]
)
def test_what_is_no_table_has_no_norwegian_form(name: str) -> None:
    with pytest.raises(NotFound, match=r"has no Norwegian form\. These have: analysis\.csv, "):
        of_file(BytesIO(b"a,b\n"), name)
    assert "codebook" not in TABLES
