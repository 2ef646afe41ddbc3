"""F-35: the hour of sending is a local hour, in every zone and on both nights on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from app.messages.gate import Facts, Reason, Send, Suppress, Wait, decide, validity
from app.schedule.calendar import instant
from app.studies.protocol import Holidays, Sending

SENDING = Sending(at=time(9), earliest=time(8), latest=time(20), holidays=Holidays.WAIT, daily_cap=500)
OSLO = ZoneInfo("Europe/Oslo")
ZONES = sorted(name for name in available_timezones() if "/" in name)[:400]


def switches(zone: ZoneInfo, year: int) -> list[date]:
    """The local days of the year on which the zone's clocks change."""
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    offsets = [datetime.combine(day, time(12), zone).utcoffset() for day in days]
    return [days[n] for n in range(1, 365) if offsets[n] != offsets[n - 1]]


def facts(**changed: object) -> Facts:
    known: dict[str, object] = {
        "kind": "invitation", "owed_at": datetime(2026, 3, 2, 8, tzinfo=UTC), "site_active": True,
        "study_state": "live", "real_gateway": True, "withdrawn_at": None, "opted_out_at": None, "has_number": True,
        "country_allowed": True, "zone": OSLO, "country": "NO", "sending": SENDING,
        "closes_at": datetime(2027, 12, 31, tzinfo=UTC),
    }  # fmt: skip
    return Facts(**{**known, **changed})  # type: ignore[arg-type]


def test_f35_in_400_zones_the_local_hour_is_kept_over_both_switches() -> None:
    assert len(ZONES) == 400
    switched = 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for day in switches(zone, 2027):
            switched += 1
            for near in (day - timedelta(days=1), day, day + timedelta(days=1)):
                at = instant(near, time(9), zone)
                assert at.astimezone(zone).time() == time(9), name
                midnight = instant(near, time(0, 30), zone)
                decision = decide(facts(zone=zone, country="XX_NONE", sending=plain()), midnight)
                assert isinstance(decision, Wait), name
                assert decision.until.astimezone(zone).time() == time(8), name
                assert isinstance(decide(facts(zone=zone, sending=plain()), at), Send), name
    assert switched >= 150


def plain() -> Sending:
    return Sending(at=time(9), earliest=time(8), latest=time(20), holidays=Holidays.SEND, daily_cap=500)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2027-01-04 07:59", Wait(datetime(2027, 1, 4, 7, tzinfo=UTC), "quiet hours or holiday")),
        ("2027-01-04 08:00", Send()),
        ("2027-01-04 19:59", Send()),
        ("2027-01-04 20:00", Wait(datetime(2027, 1, 5, 7, tzinfo=UTC), "quiet hours or holiday")),
        ("2027-05-17 12:00", Wait(datetime(2027, 5, 18, 6, tzinfo=UTC), "quiet hours or holiday")),
        ("2027-12-24 21:00", Wait(datetime(2027, 12, 27, 7, tzinfo=UTC), "quiet hours or holiday")),
        ("2027-03-28 07:30", Wait(datetime(2027, 3, 30, 6, tzinfo=UTC), "quiet hours or holiday")),  # Easter, summer
    ],
)
def test_quiet_hours_and_holidays_of_the_protocols_country(local: str, expected: object) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=OSLO)
    assert decide(facts(), now) == expected


NOON = datetime(2027, 1, 4, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"answered": True}, Reason.ANSWERED),
        ({"withdrawn_at": NOON}, Reason.WITHDRAWN),
        ({"opted_out_at": NOON}, Reason.OPTED_OUT),
        ({"closes_at": NOON}, Reason.CLOSED),
        ({"has_number": False}, Reason.NO_NUMBER),
        ({"site_active": False}, Reason.SITE_INACTIVE),
        ({"country_allowed": False}, Reason.COUNTRY),
        ({"study_state": "closed"}, Reason.STUDY_CLOSED),
        ({"study_state": "demo"}, Reason.DEMONSTRATION),
        ({"paused_until": NOON + timedelta(days=9), "closes_at": NOON + timedelta(days=8)}, Reason.CLOSED),
        ({"kind": "help", "owed_at": NOON - timedelta(hours=25)}, Reason.STALE),
    ],
)
def test_each_reason_not_to_send(changed: dict[str, object], reason: Reason) -> None:
    assert decide(facts(**changed), NOON) == Suppress(reason)


def test_what_answers_a_patient_keeps_no_quiet_hours_and_only_stop_is_confirmed_to_who_said_stop() -> None:
    night = datetime(2027, 1, 4, 2, tzinfo=UTC)
    assert decide(facts(kind="help", owed_at=night), night) == Send()
    assert decide(facts(kind="stop", owed_at=night, opted_out_at=night), night) == Send()
    assert decide(facts(kind="start", owed_at=night, opted_out_at=night), night) == Suppress(Reason.OPTED_OUT)


def test_the_daily_cap_waits_until_tomorrow() -> None:
    assert decide(facts(), NOON, left_today=0) == Wait(datetime(2027, 1, 4, 23, tzinfo=UTC), "daily cap")


def test_a_late_text_cannot_ring_at_night() -> None:
    assert validity(facts(), datetime(2027, 1, 4, 8, tzinfo=UTC)) == 14_400
    assert validity(facts(), datetime(2027, 1, 4, 18, 30, tzinfo=UTC)) == 1800
    assert validity(facts(), datetime(2027, 1, 4, 18, 59, 30, tzinfo=UTC)) == 30


def test_a_late_text_cannot_ring_after_its_window() -> None:
    noon = datetime(2027, 1, 4, 11, tzinfo=UTC)
    assert validity(facts(closes_at=noon), noon - timedelta(minutes=20)) == 1200
