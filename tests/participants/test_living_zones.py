"""Where somebody may be said to live: in a zone that we and the database know, and both understand alike."""

import pytest
from sqlalchemy.orm import Session

from app.core.problems import BadInput
from app.core.zone_names import database_knows, machine_knows
from app.participants import living_zones
from app.participants.living_zones import wrong_zone
from app.studies import installing
from tests.factories import BACKTOBASIC, NOW, installed

NOWHERE = "There is no time zone {}; write for example Europe/Oslo."


@pytest.mark.parametrize(
    "zone", ["Europe/Oslo", "America/Vancouver", "Asia/Calcutta", "UTC", "Etc/GMT+5", "Japan", "EST", "EST5EDT"]
)
def test_a_zone_that_both_know_is_taken(session: Session, zone: str) -> None:
    assert wrong_zone(zone) is None


@pytest.mark.parametrize(
    "zone",
    ["Europe/Olso", "Mars/Olympus", "europe/oslo", "localtime", "posixrules", "Factory", "right/Europe/Oslo", "+02",
     "CET", "EET", "MET", "WET"],  # abbreviations to PostgreSQL: to it they know no summer time
)  # fmt: skip
def test_what_is_no_zone_or_another_one_to_the_database_is_refused(session: Session, zone: str) -> None:
    assert wrong_zone(zone) == NOWHERE.format(zone)


def test_a_zone_that_only_we_know_is_refused_since_books_and_exports_would_stop(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(living_zones, "is_zone", "Antarctica/Newtown".__eq__)
    assert wrong_zone("Antarctica/Newtown") == (
        "The database does not know the time zone Antarctica/Newtown. "
        "Write an older name of it, or renew its zones first."
    )
    assert database_knows("Europe/Oslo"), "and the transaction goes on"


@pytest.mark.parametrize(
    ("zone", "is_here", "is_there"),
    [("Europe/Oslo", True, True), ("Antarctica/Newtown", False, False), ("", False, False), ("../etc", False, False),
     ("Foo5", False, True)],  # a rule written out, to PostgreSQL
)  # fmt: skip
def test_who_knows_a_name(session: Session, zone: str, is_here: bool, is_there: bool) -> None:
    assert (machine_knows(zone), database_knows(zone)) == (is_here, is_there)


def test_a_protocol_of_a_zone_that_the_database_lacks_is_not_installed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "database_knows", lambda zone: zone != "Europe/Oslo")
    with pytest.raises(BadInput, match=r"does not know the time zone Europe/Oslo\. Write an older name"):
        installed(BACKTOBASIC.read_text("utf-8"), NOW)
