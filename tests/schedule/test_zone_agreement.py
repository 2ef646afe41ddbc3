"""PostgreSQL has rules of time zones of its own: where they are not ours in a zone that is used, somebody is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.cli.ops_check import zones
from app.core.time import moved_clock
from app.schedule import zone_agreement
from app.schedule.zone_agreement import agrees, complaint, differing, telling
from tests.factories import visitor
from tests.messages.people import enrolled

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_reckoned_before() -> Iterator[None]:
    telling.cache_clear()
    yield
    telling.cache_clear()


def by_london(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let us reckon by London's rules whatever the zone; the database has its own."""
    telling.cache_clear()
    monkeypatch.setattr(zone_agreement, "ZoneInfo", lambda _: ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("zone", "by", "same"),
    [
        ("Europe/Oslo", "Europe/Oslo", True),
        ("Europe/Oslo", "Europe/Berlin", True),  # the same rules
        ("Europe/Oslo", "Europe/London", False),  # an hour, always
        ("Europe/Oslo", "Africa/Lagos", False),  # no summer time
        ("Europe/Oslo", "Asia/Beirut", False),
        ("America/New_York", "America/Havana", False),  # two hours at each change
        ("Africa/Casablanca", "Africa/Algiers", False),  # in Ramadan alone
        ("Pacific/Auckland", "Pacific/Auckland", True),
    ],
)
def test_a_database_with_other_rules_is_noticed_however_short_they_differ(
    session: Session, monkeypatch: pytest.MonkeyPatch, zone: str, by: str, same: bool
) -> None:
    """The database has one's rules, we have the other's."""
    monkeypatch.setattr(zone_agreement, "ZoneInfo", lambda _: ZoneInfo(by))
    assert agrees(zone, NOW) is same


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "'; SELECT 1"])
def test_a_zone_that_the_database_does_not_know_differs_and_breaks_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setattr(zone_agreement, "ZoneInfo", lambda _: ZoneInfo("Europe/Oslo"))
    assert not agrees(zone, NOW)
    assert agrees("Europe/Oslo", NOW)


def test_the_zones_of_people_and_of_protocols_are_looked_at(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolled(zone="Europe/Lisbon")
    session.commit()
    looked: list[str] = []
    monkeypatch.setattr(zone_agreement, "agrees", lambda zone, _: looked.append(zone))
    assert differing(NOW) == ("Europe/Lisbon", "Europe/Oslo") == tuple(looked)


def test_readiness_says_where_the_database_reckons_otherwise_and_what_to_do(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled()
    session.commit()
    assert complaint(NOW) is None
    by_london(monkeypatch)
    said = complaint(NOW)
    assert said is not None
    assert said.startswith("PostgreSQL reckons local time otherwise than we do in Europe/Oslo. Update the time zones")
    with moved_clock(lambda: NOW):
        readiness = visitor(app).get("/health/ready").get_json()
    assert readiness["complaints"]["zones"] == said


def test_ops_check_says_it_too(session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolled()
    session.commit()
    assert list(zones(app.extensions["settings"])) == []
    by_london(monkeypatch)
    assert [said.partition(".")[0] for said in zones(app.extensions["settings"])] == [
        "PostgreSQL reckons local time otherwise than we do in Europe/Oslo"
    ]


def test_each_change_is_looked_at_from_both_sides() -> None:
    """Oslo's of spring and autumn 2026: a second or two before, and after."""
    instants = telling("Europe/Oslo", NOW.date())
    for change in (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)):
        beside = [at for at in instants if abs(at - change) <= timedelta(seconds=3)]
        assert min(beside) < change < max(beside)
