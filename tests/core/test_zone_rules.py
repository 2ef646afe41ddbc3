"""The newest rules of time zones win, the machine's or the package's, and it is known which they are."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.core import zone_rules
from app.schedule.calendar import instant
from tests.core.zone_files import ZONES, old_zones, reckoning_by

NOON = (date(2026, 11, 15), time(12))
BY_OLD, BY_NEW = datetime(2026, 11, 15, 20, tzinfo=UTC), datetime(2026, 11, 15, 19, tzinfo=UTC)


def noon_in_vancouver() -> datetime:
    return instant(*NOON, ZoneInfo("America/Vancouver"))


def packaged() -> str:
    with reckoning_by():
        return zone_rules.release()


@pytest.mark.parametrize(
    ("release", "used", "noon"),
    [
        ("2025b", None, BY_NEW),  # older: the package's
        ("2026a", None, BY_NEW),
        (None, None, BY_NEW),  # of no known age
        ("unknown", None, BY_NEW),
        ("2999a", "2999a", BY_OLD),  # newer: the machine's, whatever they say of Vancouver
        ("2999aa", "2999aa", BY_OLD),
    ],
)
def test_the_newer_rules_win(tmp_path: Path, release: str | None, used: str | None, noon: datetime) -> None:
    expected = used or packaged()
    with reckoning_by(old_zones(tmp_path, release)):
        assert noon_in_vancouver() == BY_OLD, "as Python has it by itself"
        assert zone_rules.use_newest() == zone_rules.release() == expected
        assert noon_in_vancouver() == noon
        assert zone_rules.use_newest() == expected, "twice changes nothing"


def test_where_the_machine_has_no_zones_the_package_has_them() -> None:
    with reckoning_by():
        assert zone_rules.use_newest() == packaged() >= "2026f"
        assert noon_in_vancouver() == BY_NEW


def test_the_first_folder_with_zones_says_what_is_used(tmp_path: Path) -> None:
    first, second = old_zones(tmp_path / "first", "2025a"), old_zones(tmp_path / "second", "2999a")
    empty = tmp_path / "empty"
    empty.mkdir()
    folders = [str(folder) for folder in (tmp_path / "missing", empty, first, second)]
    assert zone_rules.release_of_files(folders) == "2025a"
    assert zone_rules.release_of_files(folders[:2]) is None
    assert zone_rules.release_of_files([]) is None


@pytest.mark.parametrize(
    ("written", "release"),
    [("2025b\n", "2025b"), ("2026aa", "2026aa"), ("", None), ("\n2025b\n", None), ("25b", None), ("\udcff", None)],
)
def test_a_machine_may_say_it_in_a_file_of_its_own(tmp_path: Path, written: str, release: str | None) -> None:
    (old_zones(tmp_path, None) / "+VERSION").write_bytes(written.encode("utf-8", "surrogateescape"))
    assert zone_rules.release_of_files([str(tmp_path)]) == release


def test_files_that_are_renewed_under_a_running_process_count_once_they_are_read(tmp_path: Path) -> None:
    """As by a machine's nightly updates: what was read stays read, and is not called by the new release's name."""
    with reckoning_by(old_zones(tmp_path, "2998a")):
        assert (noon_in_vancouver(), zone_rules.release()) == (BY_OLD, "2998a")
        (tmp_path / "America" / "Vancouver").write_bytes((ZONES / "America" / "Vancouver").read_bytes())
        (tmp_path / "tzdata.zi").write_text("# version 2998b\n", "utf-8")
        assert (noon_in_vancouver(), zone_rules.release()) == (BY_OLD, "2998a")
        assert zone_rules.use_newest() == zone_rules.release() == "2998b"
        assert noon_in_vancouver() == BY_NEW
