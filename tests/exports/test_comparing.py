"""What changed between two exports, told by the columns that name a row."""

import csv
from pathlib import Path

import pytest

from app.analysis.trial import snapshot
from app.core.problems import BadInput
from app.exports.comparing import ChangedRow, Difference, compare
from app.exports.former_names import ADDED_LATER, FORMER_NAMES, named_now
from app.exports.shapes import ANSWERS, EVENTS, PARTICIPANTS, SHAPES
from app.exports.tables import Shape

Row = dict[str, str]


def export(folder: Path, **tables: list[Row]) -> Path:
    """A folder with every table, empty but for `tables`."""
    folder.mkdir()
    for shape in SHAPES:
        write(folder, shape, tables.get(shape.name, []))
    return folder


def write(folder: Path, shape: Shape, rows: list[Row], names: tuple[str, ...] = ()) -> None:
    with (folder / f"{shape.name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names or shape.names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def answer(value: str = "1", *, item: str = "lifting", participant: str = "01-001") -> Row:
    return {"participant": participant, "visit": "d0", "instrument": "odi", "item": item, "value": value}


def event(on: str, kind: str = "infusion") -> Row:
    return {"participant": "01-001", "kind": kind, "event_on": on}


LIFTING, WALKING = ("01-001", "d0", "odi", "lifting", ""), ("01-001", "d0", "odi", "walking", "")


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ([], [], []),
        ([answer()], [answer()], []),
        ([], [answer()], [ChangedRow("answers", Difference.ADDED, LIFTING)]),
        ([answer()], [], [ChangedRow("answers", Difference.REMOVED, LIFTING)]),
        ([answer("1")], [answer("2")], [ChangedRow("answers", Difference.CHANGED, LIFTING, (("value", "1", "2"),))]),
        ([answer("")], [answer("2")], [ChangedRow("answers", Difference.CHANGED, LIFTING, (("value", "", "2"),))]),
        ([answer("1")], [answer("")], [ChangedRow("answers", Difference.CHANGED, LIFTING, (("value", "1", ""),))]),
        (
            [answer(), answer(item="walking")],  # the order of the rows is no change
            [answer(item="walking"), answer()],
            [],
        ),
        (
            [answer("1"), answer("1", item="walking")],
            [answer("2"), answer("2", item="standing")],
            [
                ChangedRow("answers", Difference.CHANGED, LIFTING, (("value", "1", "2"),)),
                ChangedRow("answers", Difference.ADDED, ("01-001", "d0", "odi", "standing", "")),
                ChangedRow("answers", Difference.REMOVED, WALKING),
            ],
        ),
    ],
)
def test_rows_are_compared_by_what_names_them(
    old: list[Row], new: list[Row], changes: list[ChangedRow], tmp_path: Path
) -> None:
    assert compare(export(tmp_path / "old", answers=old), export(tmp_path / "new", answers=new)) == changes


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (
            [event("2026-03-02"), event("2026-03-30")],
            [event("2026-03-02"), event("2026-04-06")],
            [
                ChangedRow(
                    "events",
                    Difference.CHANGED,
                    ("01-001", "infusion", "#2"),
                    (("event_on", "2026-03-30", "2026-04-06"),),
                )
            ],
        ),
        (
            [event("2026-03-02")],
            [event("2026-03-02"), event("2026-03-30")],
            [ChangedRow("events", Difference.ADDED, ("01-001", "infusion", "#2"))],
        ),
        (
            [event("2026-03-02"), event("2026-03-30"), event("2026-05-01")],
            [event("2026-03-02")],
            [
                ChangedRow("events", Difference.REMOVED, ("01-001", "infusion", "#2")),
                ChangedRow("events", Difference.REMOVED, ("01-001", "infusion", "#3")),
            ],
        ),
    ],
)
def test_rows_of_one_name_are_numbered_in_their_order(
    old: list[Row], new: list[Row], changes: list[ChangedRow], tmp_path: Path
) -> None:
    assert compare(export(tmp_path / "old", events=old), export(tmp_path / "new", events=new)) == changes


def test_a_column_that_came_or_went_is_a_change_of_each_row(tmp_path: Path) -> None:
    old, new = export(tmp_path / "old"), export(tmp_path / "new")
    row = dict.fromkeys(ANSWERS.names, "x")
    fewer = tuple(name for name in ANSWERS.names if name != "day")
    write(old, ANSWERS, [{name: row[name] for name in fewer}], fewer)
    write(new, ANSWERS, [row])
    (change,) = compare(old, new)
    assert change.cells == (("day", "", "x"),)
    (back,) = compare(new, old)
    assert back.cells == (("day", "x", ""),)


def test_a_night_of_the_former_names_differs_by_nothing_from_the_same_night_of_todays(tmp_path: Path) -> None:
    old, new = export(tmp_path / "old"), export(tmp_path / "new")
    for shape in SHAPES:
        former = {now: then for then, now in FORMER_NAMES.get(shape.name, {}).items()}
        row = {name: f"{name} of somebody" for name in shape.names}
        write(new, shape, [row])
        then = tuple(former.get(name, name) for name in shape.names)
        write(old, shape, [dict(zip(then, row.values(), strict=True))], then)
    assert "after_first_dose" in (old / "scores.csv").read_text("utf-8")
    assert compare(old, new) == []


@pytest.mark.parametrize(
    ("table", "row", "expected"),
    [
        ("events", {"on": "2026-03-02", "at": ""}, {"event_on": "2026-03-02", "event_at": ""}),
        ("events", {"event_on": "2026-03-02"}, {"event_on": "2026-03-02"}),
        ("events", {"on": "a", "event_on": "b"}, {"on": "a", "event_on": "b"}),  # what has today's name keeps it
        ("answers", {"on": "a"}, {"on": "a"}),
        ("scores", {"after_first_dose": "true"}, {"after_baseline_end": "true"}),
        ("participants", {"first_infusion_on": "a"}, {"anchor_on": "a"}),
        ("assessments", {"anchor_on": "a", "after_first_dose": ""}, {"anchor_on": "a", "after_baseline_end": ""}),
    ],
)
def test_a_row_of_any_version_has_the_names_of_today(table: str, row: Row, expected: Row) -> None:
    assert named_now(table, row) == expected


def test_the_names_that_were_are_the_same_for_the_analysis_and_lead_to_columns_that_are() -> None:
    assert FORMER_NAMES == snapshot.FORMER_NAMES
    for shape in SHAPES:
        names = FORMER_NAMES.get(shape.name, {})
        assert set(names.values()) <= set(shape.names)
        assert not set(names) & set(shape.names)


def test_tables_come_in_the_order_of_the_export(tmp_path: Path) -> None:
    rows = {"events": [event("2026-03-02")], "participants": [{"participant": "01-001"}], "answers": [answer()]}
    changes = compare(export(tmp_path / "old"), export(tmp_path / "new", **rows))
    assert [change.table for change in changes] == [PARTICIPANTS.name, ANSWERS.name, EVENTS.name]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (ChangedRow("answers", Difference.ADDED, LIFTING), "answers added: 01-001 d0 odi lifting"),
        (ChangedRow("events", Difference.REMOVED, ("01-001", "infusion", "#2")), "events removed: 01-001 infusion #2"),
        (
            ChangedRow("scores", Difference.CHANGED, ("01-001",), (("value", "1", "2"), ("rule", "", "sum"))),
            "scores changed: 01-001  value: 1 -> 2; rule: (empty) -> sum",
        ),
        (
            ChangedRow("scores", Difference.CHANGED, ("01-001",), (("value", "1", ""),)),
            "scores changed: 01-001  value: 1 -> (empty)",
        ),
    ],
)
def test_a_change_is_told_in_a_line(change: ChangedRow, sentence: str) -> None:
    assert str(change) == sentence


@pytest.mark.parametrize("table", [shape.name for shape in SHAPES if shape.name not in ADDED_LATER])
def test_a_folder_that_lacks_a_table_is_no_export(table: str, tmp_path: Path) -> None:
    old, new = export(tmp_path / "old"), export(tmp_path / "new")
    (new / f"{table}.csv").unlink()
    for pair in ((old, new), (new, old)):
        with pytest.raises(BadInput, match=f"new is not an exported folder: {table}.csv cannot be read"):
            compare(*pair)


@pytest.mark.parametrize("table", sorted(ADDED_LATER))
def test_a_table_that_an_older_export_does_not_have_is_not_compared(table: str, tmp_path: Path) -> None:
    (shape,) = [shape for shape in SHAPES if shape.name == table]
    old, new = export(tmp_path / "old"), export(tmp_path / "new", **{table: [dict.fromkeys(shape.names, "x")]})
    assert [change.table for change in compare(old, new)] == [table]
    (old / f"{table}.csv").unlink()
    assert compare(old, new) == compare(new, old) == []
