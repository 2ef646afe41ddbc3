"""The export is read only if it is what was exported."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from app.analysis.trial.snapshot import FORMER_NAMES, Snapshot, SnapshotError, read_snapshot
from tests.analysis.exported import Exported, edit, seal


def test_everyone_enrolled_is_read(snapshot: Snapshot) -> None:
    assert len(snapshot.participants) == 128
    assert snapshot.participants["anchor_at"].notna().sum() == 126
    assert set(snapshot.files) == {
        f"{name}.csv" for name in ("participants", "assessments", "scores", "answers", "events")
    }


def test_an_older_night_is_read_under_the_names_of_today(copy: Exported) -> None:
    today = read_snapshot(copy.snapshot)
    for name, names in FORMER_NAMES.items():
        for then, now in names.items():
            file = copy.snapshot / f"{name}.csv"
            file.write_text(re.sub(rf"\b{now}\b", then, file.read_text("utf-8"), count=1), "utf-8")
    seal(copy.snapshot)
    assert "first_infusion_at" in (copy.snapshot / "participants.csv").read_text("utf-8")
    older = read_snapshot(copy.snapshot)
    for name in FORMER_NAMES:
        pd.testing.assert_frame_equal(getattr(older, name), getattr(today, name))


def test_of_a_study_s_exports_the_latest_is_read(copy: Exported, tmp_path: Path) -> None:
    for day in ("2023-08-31", "2023-09-01"):
        shutil.copytree(copy.snapshot, tmp_path / "study" / day)
    (tmp_path / "study" / "report.html").touch()
    assert read_snapshot(tmp_path / "study").path == tmp_path / "study" / "2023-09-01"


def test_a_folder_that_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"is not an exported folder: it has no manifest\.json"):
        read_snapshot(tmp_path)


def test_an_altered_file_is_refused(copy: Exported) -> None:
    edit(copy.snapshot / "scores.csv", lambda text: text.replace(",odi,odi,3", ",odi,odi,2", 1))
    with pytest.raises(SnapshotError, match=r"scores.csv is not the file that was exported"):
        read_snapshot(copy.snapshot)


def test_a_missing_file_is_named(copy: Exported) -> None:
    (copy.snapshot / "events.csv").unlink()
    with pytest.raises(SnapshotError, match=r"there is no file events.csv"):
        read_snapshot(copy.snapshot)


def test_a_missing_column_is_named(copy: Exported) -> None:
    edit(copy.snapshot / "scores.csv", lambda text: text.replace("baseline", "base", 1))
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
    manifest = json.loads((copy.snapshot / "manifest.json").read_text("utf-8"))
    del manifest["files"]["events.csv"]
    (copy.snapshot / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(SnapshotError, match=r"the manifest does not name events.csv"):
        read_snapshot(copy.snapshot)


def test_scores_of_people_who_are_not_there_are_refused(copy: Exported) -> None:
    edit(copy.snapshot / "scores.csv", lambda text: text.replace(",01-001,", ",01-999,"))
    seal(copy.snapshot)
    with pytest.raises(SnapshotError, match=r"scores\.csv names participants that .* not have: 01-999"):
        read_snapshot(copy.snapshot)


UNREADABLE = [
    # the file, what stands there, what is written instead, what is said
    ("participants", r",20\d\d-\d\d-\d\d,", ",31.12.2019,", '"31.12.2019" in enrolled_on in row 2'),
    ("participants", r"(?<=T)\d\d(?=:)", "27", "in anchor_at in row"),
    ("scores", r",d0,0,", ",d0,0.5,", '"0.5" in day in row 2'),
    ("scores", r",d0,0,", ",d0,zero,", '"zero" in day in row 2'),
    ("scores", r",odi,odi,[0-9.]+", ",odi,odi,inf", '"inf" in value in row'),
    ("scores", r",odi,odi,[0-9.]+", ",odi,odi,n/a", '"n/a" in value in row'),
    ("scores", r",true,", ",maybe,", '"maybe" in baseline in row'),
]


@pytest.mark.parametrize(("name", "there", "written", "message"), UNREADABLE)
def test_a_value_that_cannot_be_read_is_shown(
    copy: Exported, name: str, there: str, written: str, message: str
) -> None:
    edit(copy.snapshot / f"{name}.csv", lambda text: re.sub(there, written, text, count=1))
    seal(copy.snapshot)
    with pytest.raises(SnapshotError, match=re.escape(f"{name}.csv has ") + ".*" + re.escape(message)):
        read_snapshot(copy.snapshot)
