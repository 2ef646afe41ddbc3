"""Which file is the report of a study, of several that could be."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app import config
from app.exports.downloading import files
from app.exports.models import Snapshot
from app.exports.reports import report_of
from tests.factories import NOW, backtobasic

NEWEST, OLDER, BESIDE, BLIND = "2026-03-02", "2026-03-01", ".", "blind"


@pytest.mark.parametrize(
    ("present", "chosen"),
    [
        ([], None),
        ([NEWEST], NEWEST),
        ([OLDER], None),  # a report of an older export is not the study's report any more
        ([BESIDE], BESIDE),
        ([BLIND], BLIND),
        ([NEWEST, BESIDE, BLIND], NEWEST),
        ([OLDER, BESIDE, BLIND], BESIDE),
        ([OLDER, BLIND], BLIND),
    ],
)
def test_the_report_in_the_newest_export_comes_before_that_beside_it_and_the_blind_run(
    session: Session, settings: config.Settings, present: list[str], chosen: str | None
) -> None:
    study = backtobasic().study
    folder = settings.exports / study.code
    for day in (OLDER, NEWEST):
        (folder / day).mkdir(parents=True)
        session.add(
            Snapshot(
                study=study,
                day=date.fromisoformat(day),
                as_of=NOW,
                path=f"{study.code}/{day}",
                manifest_sha256="0" * 64,
            )
        )
    session.flush()
    for place in present:
        (folder / place).mkdir(exist_ok=True)
        (folder / place / "report.html").write_text(place, "utf-8")
    report = report_of(study, settings.exports)
    assert (report.read_text("utf-8") if report else None) == chosen
    assert report is None or report.is_absolute()


def test_a_study_without_an_export_has_the_report_beside_or_none(session: Session, tmp_path: Path) -> None:
    study = backtobasic().study
    assert report_of(study, tmp_path) is None
    (tmp_path / study.code).mkdir()
    (tmp_path / study.code / "report.html").write_text("by hand", "utf-8")
    assert report_of(study, tmp_path) == tmp_path / study.code / "report.html"


def test_files_of_an_export_are_those_that_lie_in_it_by_name(session: Session, settings: config.Settings) -> None:
    folder = settings.exports / "backtobasic" / "2026-03-01"
    snapshot = Snapshot(path="backtobasic/2026-03-01", day=NOW.date() - timedelta(days=1))
    assert files(snapshot) == []
    folder.mkdir(parents=True)
    (settings.exports / "secret.txt").write_text("no", "utf-8")
    for name in ("b.csv", "a.csv", "manifest.json"):
        (folder / name).write_text(name, "utf-8")
    (folder / "within").mkdir()
    (folder / "link.csv").symlink_to(settings.exports / "secret.txt")
    assert [path.name for path in files(snapshot)] == ["a.csv", "b.csv", "manifest.json"]
