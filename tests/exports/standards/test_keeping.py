"""Rows that are kept on the disk are the rows that were made, and are made once however many files are written."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from app.exports.standards import night
from app.exports.standards.domains import RECORDS_AT_ONCE, Domain, DomainClass, RecordRows, ValueKind, Variable
from app.exports.standards.keeping import KeptRows, kept
from app.exports.standards.trial import StandardTrial

VARIABLES = (
    Variable("USUBJID", "Subject"),
    Variable("VISITNUM", "Visit", ValueKind.INTEGER),
    Variable("AVAL", "Value", ValueKind.NUMBER),
    Variable("ADT", "Day", ValueKind.DATE),
)
NAMES = tuple(variable.name for variable in VARIABLES)


def data_set(*rows: tuple[object, ...]) -> Domain:
    records = [dict(zip(NAMES, row, strict=True)) for row in rows]
    return Domain("ADQS", "Scores", DomainClass.BASIC, "", VARIABLES, ("USUBJID",), RecordRows(NAMES, lambda: records))  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(None, None, None, None)],
        [("01-001", 3, Decimal("35.5"), date(2026, 3, 2)), ("01-001", -1, None, date(2024, 2, 29))],
        [("å ß 漢 \n", 2**53, Decimal("0.1") + Decimal("0.2"), None)],
        [
            ("a", 1, Decimal(number), None)
            for number in ("35.50", "35.5", "1E+1", "-0", "33.33333333333333333333333333")
        ],
        [(f"{number % 7}", number, Decimal(number % 3) / 2, None) for number in range(RECORDS_AT_ONCE * 2 + 1)],
    ],
    ids=["none", "absent", "each kind", "far", "as written", "several batches"],
)
def test_what_was_kept_is_what_was_made_each_time(rows: list[tuple[object, ...]], tmp_path: Path) -> None:
    with kept(data_set(*rows), tmp_path) as ready:
        assert isinstance(ready.rows, KeptRows)
        first, again = list(ready.rows), list(ready.rows)
        assert ready.count == len(rows)
    assert first == again == rows
    assert [str(row[2]) for row in first] == [str(row[2]) for row in rows]
    assert not list(tmp_path.iterdir())


def test_the_rows_of_each_data_set_are_made_once(
    trial: StandardTrial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def once(self: RecordRows) -> Iterator[tuple[object, ...]]:
        made.append(self.names)
        return plainly(self)

    plainly = RecordRows.__iter__
    monkeypatch.setattr(RecordRows, "__iter__", once)
    files = dict(night.standard_files(trial.data, tmp_path))
    assert {"cdisc/qs.json", "cdisc/qs.xpt", "cdisc/define.xml"} <= files.keys()
    assert made == [domain.names for domain in night.domains(trial)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cdisc", "fhir"]


def test_a_fault_while_a_file_is_written_leaves_no_rows_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), kept(data_set(("a", 1, None, None)), tmp_path):
        raise OSError("full")
    assert not list(tmp_path.iterdir())
