"""The allocation is read only if it fits the export and the plan."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from app.analysis.trial.allocation_file import dummy_allocation, read_allocation
from app.analysis.trial.plan import Plan
from app.analysis.trial.snapshot import Snapshot, SnapshotError, read_snapshot
from tests.analysis.exported import Exported, edit, seal


def test_labels_become_the_names_of_the_plan(exported: Exported, snapshot: Snapshot, plan: Plan) -> None:
    arms = read_allocation(exported.allocation, snapshot, plan)
    assert arms.cat.categories.tolist() == ["Placebo", "Infliximab"]
    assert arms.value_counts().to_dict() == {"Placebo": 64, "Infliximab": 64}


def _without_first(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith("01-001,"))


def _first_arm_renamed(text: str) -> str:
    head, first, rest = text.split("\n", 2)
    return "\n".join([head, first.split(",")[0] + ",somethingelse", rest])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text + "99-001,tazzibrund\n", "participants that the export does not have: 99-001"),
        (lambda text: text.replace("01-001,", "01-999,"), "does not have: 01-999"),
        (lambda text: text + "01-001,tazzibrund\n", "a participant more than once: 01-001; keep one row"),
        (
            lambda text: text.replace("\n", ",tazzibrund\n").replace("arm,tazzibrund", "arm,arm"),
            "more than one column arm",
        ),
        (_without_first, "lacks randomised participants: 01-001; ask for the complete allocation"),
        (
            lambda text: text.replace("participant,arm", "participant,group"),
            "lacks the column arm; it has part",
        ),
        (_first_arm_renamed, "has the arm somethingelse; the plan names only tazzibrund, vorquelimp"),
        (lambda text: text.replace("vorquelimp", "active"), "the arm active; the plan names only tazzibrund, vorq"),
        (lambda text: text.replace("vorquelimp", "tazzibrund"), "has nobody in the arm vorquelimp"),
        (lambda text: text.replace("01-001,", ",", 1), r"rows without participant or arm: line \d+"),
        (lambda _: "", "is not a CSV file"),
    ],
)
def test_an_allocation_that_does_not_fit_is_refused(
    copy: Exported, snapshot: Snapshot, plan: Plan, change: Callable[[str], str], message: str
) -> None:
    edit(copy.allocation, change)
    with pytest.raises(SnapshotError, match=message):
        read_allocation(copy.allocation, snapshot, plan)


def test_a_screening_failure_may_be_absent(copy: Exported, plan: Plan) -> None:
    def not_randomised(text: str) -> str:
        lines = text.split("\n")
        place = next(at for at, line in enumerate(lines) if line.startswith("backtobasic,01-001,"))
        fields = lines[place].split(",")
        lines[place] = ",".join([*fields[:6], "", "", "", "", *fields[10:]])
        return "\n".join(lines)

    edit(copy.snapshot / "participants.csv", not_randomised)
    seal(copy.snapshot)
    edit(copy.allocation, _without_first)
    assert len(read_allocation(copy.allocation, read_snapshot(copy.snapshot), plan)) == 127


def test_the_dummy_allocation_is_stable_balanced_and_not_the_true_one(
    exported: Exported, snapshot: Snapshot, plan: Plan
) -> None:
    dummy = dummy_allocation(snapshot, plan)
    assert dummy.equals(dummy_allocation(snapshot, plan))
    assert set(dummy.value_counts()) == {64}
    true = read_allocation(exported.allocation, snapshot, plan).reindex(dummy.index)
    agreement = (dummy.cat.codes == true.cat.codes).mean()
    assert 0.3 < agreement < 0.7
    assert not set(dummy.cat.categories) & set(plan.arms.names)


def test_an_allocation_with_semicolons_is_told_to_use_commas(snapshot: Snapshot, plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "allocation.csv"
    file.write_text("participant;arm\n01-001;Placebo\n", "utf-8")
    with pytest.raises(SnapshotError, match="Save it with commas"):
        read_allocation(file, snapshot, plan)


UNTIDY = {
    "spaces": lambda lines: [line.replace(",", " , ") + " " for line in lines],
    "quotes": lambda lines: ['"' + line.replace(",", '","') + '"' for line in lines],
    "a byte order mark": lambda lines: ["\ufeff" + lines[0], *lines[1:]],
    "Windows' line ends": lambda lines: [line + "\r" for line in lines],
    "tabs": lambda lines: [line.replace(",", "\t") for line in lines],
    "tabs after a byte order mark": lambda lines: (
        ["\ufeff" + line.replace(",", "\t") for line in lines[:1]] + [line.replace(",", "\t") for line in lines[1:]]
    ),
    "tabs and quotes": lambda lines: ['"' + line.replace(",", '"\t"') + '"' for line in lines],
    "empty lines": lambda lines: [line + "\n" for line in lines],
}


@pytest.mark.parametrize("kind", UNTIDY)
def test_an_untidy_allocation_is_read_as_it_is_meant(
    kind: str, exported: Exported, snapshot: Snapshot, plan: Plan, arms: pd.Series, tmp_path: Path
) -> None:
    file = tmp_path / "allocation.csv"
    file.write_text("\n".join(UNTIDY[kind](exported.allocation.read_text("utf-8").splitlines())), "utf-8")
    pd.testing.assert_series_equal(read_allocation(file, snapshot, plan), arms)


def test_rows_longer_than_the_first_line_are_refused(
    exported: Exported, snapshot: Snapshot, plan: Plan, tmp_path: Path
) -> None:
    """A spreadsheet leaves a comma at the end of each row; what else stands there, nobody knows."""
    first, *rows = exported.allocation.read_text("utf-8").splitlines()
    file = tmp_path / "allocation.csv"
    file.write_text("\n".join([first, *(f"{row}," for row in rows)]), "utf-8")
    with pytest.raises(SnapshotError, match="rows with more fields than its first line has names: participant, arm"):
        read_allocation(file, snapshot, plan)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_the_unicode_text_of_a_spreadsheet_is_read(
    encoding: str,
    separator: str,
    exported: Exported,
    snapshot: Snapshot,
    plan: Plan,
    arms: pd.Series,
    tmp_path: Path,
) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    file = tmp_path / "allocation.txt"
    file.write_bytes((mark + exported.allocation.read_text("utf-8").replace(",", separator)).encode(encoding))
    pd.testing.assert_series_equal(read_allocation(file, snapshot, plan), arms)


ZEROS = "leading zeros (01-001 became {}): make allocation.csv again with the column participant as text"
DATES = "may have made dates or numbers of them: make the file again with the column participant as text"


@pytest.mark.parametrize(
    ("became", "words"),
    [
        ("1-1", ZEROS),
        ("1-001", ZEROS),
        ("01-1", ZEROS),
        ("Jan-01", DATES),
        ("01.01.2001", DATES),
        ("1.01e+3", DATES),
    ],
)
def test_names_that_a_spreadsheet_has_changed_are_refused_with_the_remedy(
    became: str, words: str, copy: Exported, snapshot: Snapshot, plan: Plan
) -> None:
    edit(copy.allocation, lambda text: text.replace("01-001,", f"{became},"))
    with pytest.raises(SnapshotError) as refusal:
        read_allocation(copy.allocation, snapshot, plan)
    assert words.format(became) in str(refusal.value)


def test_a_name_that_nobody_changed_is_only_named(copy: Exported, snapshot: Snapshot, plan: Plan) -> None:
    edit(copy.allocation, lambda text: text.replace("01-001,", "77-001,"))
    with pytest.raises(SnapshotError, match=r"does not have: 77-001\Z"):
        read_allocation(copy.allocation, snapshot, plan)


def test_a_file_that_is_not_there_is_said_to_be_absent(snapshot: Snapshot, plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"there is no file allocation\.csv"):
        read_allocation(tmp_path / "allocation.csv", snapshot, plan)
