"""The export is read only if it is what was exported, and the allocation only if it fits."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.analysis.trial.allocation_file import dummy_allocation, read_allocation
from app.analysis.trial.plan import Plan
from app.analysis.trial.snapshot import Snapshot, SnapshotError, read_snapshot
from tests.analysis.report.exported import Exported, seal


@pytest.fixture
def copy(exported: Exported, tmp_path: Path) -> Exported:
    """A copy of the export that a test may spoil."""
    shutil.copytree(exported.snapshot, tmp_path / "export")
    shutil.copy(exported.allocation, tmp_path / "allocation.csv")
    return Exported(tmp_path / "export", tmp_path / "allocation.csv")


def _edit(source: Path, change: Callable[[str], str]) -> None:
    before = source.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    source.write_text(after, encoding="utf-8")


def test_everyone_enrolled_is_read(snapshot: Snapshot) -> None:
    assert len(snapshot.participants) == 128
    assert snapshot.participants["first_infusion_at"].notna().sum() == 126
    assert set(snapshot.files) == {
        f"{name}.csv" for name in ("participants", "assessments", "scores", "answers", "events")
    }


def test_of_a_study_s_exports_the_latest_is_read(copy: Exported, tmp_path: Path) -> None:
    for day in ("2023-08-31", "2023-09-01"):
        shutil.copytree(copy.snapshot, tmp_path / "study" / day)
    (tmp_path / "study" / "report.html").touch()
    assert read_snapshot(tmp_path / "study").path == tmp_path / "study" / "2023-09-01"


def test_a_folder_that_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"is not an exported folder: it has no manifest\.json"):
        read_snapshot(tmp_path)


def test_an_altered_file_is_refused(copy: Exported) -> None:
    _edit(copy.snapshot / "scores.csv", lambda text: text.replace(",odi,odi,3", ",odi,odi,2", 1))
    with pytest.raises(SnapshotError, match=r"scores.csv is not the file that was exported"):
        read_snapshot(copy.snapshot)


def test_a_missing_file_is_named(copy: Exported) -> None:
    (copy.snapshot / "events.csv").unlink()
    with pytest.raises(SnapshotError, match=r"there is no file events.csv"):
        read_snapshot(copy.snapshot)


def test_a_missing_column_is_named(copy: Exported) -> None:
    _edit(copy.snapshot / "scores.csv", lambda text: text.replace("baseline", "base", 1))
    seal(copy.snapshot)
    with pytest.raises(SnapshotError, match=r"scores.csv lacks the column baseline; it has study, participant"):
        read_snapshot(copy.snapshot)


@pytest.mark.parametrize(
    "text", ["not json", "[]", *map(json.dumps, [{"files": []}, {"files": {"a": "b"}}, {"files": {"a": {}}}])]
)
def test_a_broken_manifest_is_refused(copy: Exported, text: str) -> None:
    (copy.snapshot / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"manifest.json (is not JSON|names no files)"):
        read_snapshot(copy.snapshot)


def test_a_file_that_the_manifest_does_not_name_is_refused(copy: Exported) -> None:
    manifest = json.loads((copy.snapshot / "manifest.json").read_text())
    del manifest["files"]["events.csv"]
    (copy.snapshot / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SnapshotError, match=r"the manifest does not name events.csv"):
        read_snapshot(copy.snapshot)


def test_scores_of_people_who_are_not_there_are_refused(copy: Exported) -> None:
    _edit(copy.snapshot / "scores.csv", lambda text: text.replace(",01-001,", ",01-999,"))
    seal(copy.snapshot)
    with pytest.raises(SnapshotError, match=r"scores\.csv names participants that .* not have: 01-999"):
        read_snapshot(copy.snapshot)


UNREADABLE = [
    # the file, what stands there, what is written instead, what is said
    ("participants", r",20\d\d-\d\d-\d\d,", ",31.12.2019,", '"31.12.2019" in enrolled_on in row 2'),
    ("participants", r"(?<=T)\d\d(?=:)", "27", "in first_infusion_at in row"),
    ("scores", r",d0,0,", ",d0,0.5,", '"0.5" in day in row 2'),
    ("scores", r",d0,0,", ",d0,zero,", '"zero" in day in row 2'),
    ("scores", r",odi,odi,[0-9.]+", ",odi,odi,inf", '"inf" in value in row'),
    ("scores", r",odi,odi,[0-9.]+", ",odi,odi,n/a", '"n/a" in value in row'),
    ("scores", r",true,", ",maybe,", '"maybe" in baseline in row'),
]


@pytest.mark.parametrize(("name", "found", "written", "message"), UNREADABLE)
def test_a_value_that_cannot_be_read_is_shown(
    copy: Exported, name: str, found: str, written: str, message: str
) -> None:
    _edit(copy.snapshot / f"{name}.csv", lambda text: re.sub(found, written, text, count=1))
    seal(copy.snapshot)
    with pytest.raises(SnapshotError, match=re.escape(f"{name}.csv has ") + ".*" + re.escape(message)):
        read_snapshot(copy.snapshot)


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
        (_first_arm_renamed, "has 3 arms"),
        (lambda text: text.replace("vorquelimp", "active"), "the arm active; the plan names only vorquelimp, tazzi"),
        (lambda text: text.replace("vorquelimp", "tazzibrund"), "has nobody in the arm vorquelimp"),
        (lambda text: text.replace("01-001,", ",", 1), r"rows without participant or arm: line \d+"),
        (lambda _: "", "is not a CSV file"),
    ],
)
def test_an_allocation_that_does_not_fit_is_refused(
    copy: Exported, snapshot: Snapshot, plan: Plan, change: Callable[[str], str], message: str
) -> None:
    _edit(copy.allocation, change)
    with pytest.raises(SnapshotError, match=message):
        read_allocation(copy.allocation, snapshot, plan)


def test_a_screening_failure_may_be_absent(copy: Exported, plan: Plan) -> None:
    def not_randomised(text: str) -> str:
        lines = text.split("\n")
        place = next(at for at, line in enumerate(lines) if line.startswith("backtobasic,01-001,"))
        fields = lines[place].split(",")
        lines[place] = ",".join([*fields[:6], "", "", "", "", *fields[10:]])
        return "\n".join(lines)

    _edit(copy.snapshot / "participants.csv", not_randomised)
    seal(copy.snapshot)
    _edit(copy.allocation, _without_first)
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
