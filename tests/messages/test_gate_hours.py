"""The hours of the gate: what waits until when, with its boundary; and F-35: the hour of sending is a local hour."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.messages.gate import Decision, Send, Suppress, Wait, decide, good_hour, validity
from app.messages.kinds import ASKING, MessageKind, Reason
from app.schedule.calendar import instant
from app.schedule.public_holidays import public_holidays
from app.studies.protocol.site_checks import zones
from tests.messages.gate_facts import (
    ANSWERING,
    DAY,
    EVENING,
    HOUR,
    MOMENT,
    MORNING,
    NIGHT,
    NOON,
    NORWAY,
    OSLO,
    QUIET,
    RINGS,
    SENDING,
    facts,
)

ZONES = sorted(name for name in zones() if "/" in name)[:400]
WAITS: list[tuple[str, dict[str, object], datetime, Decision]] = [
    ("the last moment of quiet hours", {}, MORNING - DAY - MOMENT, Wait(RINGS - DAY, QUIET)),
    ("the first moment after them", {}, MORNING - DAY, Send()),
    ("ten minutes before them", {}, EVENING - timedelta(minutes=10), Send()),
    ("less than ten minutes before them", {}, EVENING - timedelta(minutes=10) + MOMENT, Wait(RINGS, QUIET)),
    ("two seconds before them", {}, EVENING - timedelta(seconds=2), Wait(RINGS, QUIET)),
    ("the last moment before them", {}, EVENING - MOMENT, Wait(RINGS, QUIET)),
    ("the last evening, a minute before", {"closes_at": MORNING}, EVENING - timedelta(minutes=1), Send()),
    ("the last evening, less", {"closes_at": MORNING}, EVENING - timedelta(seconds=59), Suppress(Reason.CLOSED)),
    ("a window closed in the evening", {"closes_at": EVENING}, EVENING - timedelta(minutes=5), Send()),
    ("minutes before it closes at noon", {"closes_at": NOON}, NOON - timedelta(minutes=5), Send()),
    ("a minute before it closes at noon", {"closes_at": NOON}, NOON - timedelta(minutes=1), Send()),
    ("seconds before it closes", {"closes_at": NOON}, NOON - timedelta(seconds=59), Suppress(Reason.CLOSED)),
    ("a pause that ends too late", {"paused_until": EVENING - MOMENT}, NOON, Wait(RINGS, "paused")),
    ("their first moment", {}, EVENING, Wait(RINGS, QUIET)),
    ("a window that closes when they end", {"closes_at": MORNING}, EVENING, Suppress(Reason.CLOSED)),
    ("a window that closes a moment later", {"closes_at": MORNING + MOMENT}, EVENING, Wait(MORNING, QUIET)),
    ("a window that closes at the usual hour", {"closes_at": RINGS}, EVENING, Wait(MORNING, QUIET)),
    ("a window that closes just after it", {"closes_at": RINGS + MOMENT}, EVENING, Wait(RINGS, QUIET)),
    ("a window that does not close", {"closes_at": None}, EVENING, Wait(RINGS, QUIET)),
    ("a pause that has ended", {"paused_until": NOON}, NOON, Send()),
    ("a pause that ends in a moment", {"paused_until": NOON + MOMENT}, NOON, Wait(NOON + MOMENT, "paused")),
    ("a pause that ends at night", {"paused_until": EVENING + HOUR}, NOON, Wait(RINGS, "paused")),
    ("a pause that ends now, at night", {"paused_until": EVENING}, EVENING, Wait(RINGS, QUIET)),
    ("a pause that ended, at night", {"paused_until": NOON}, EVENING, Wait(RINGS, QUIET)),
    ("a pause to the closing", {"paused_until": NOON + DAY, "closes_at": NOON + DAY}, NOON, Suppress(Reason.CLOSED)),
    (
        "a pause that ends just before the closing",
        {"paused_until": NOON + DAY, "closes_at": NOON + DAY + MOMENT},
        NOON,
        Wait(NOON + DAY, "paused"),
    ),
]


@pytest.mark.parametrize(("what", "changed", "now", "decision"), WAITS, ids=[wait[0] for wait in WAITS])
@pytest.mark.parametrize("kind", ASKING)
def test_each_wait_of_a_text_that_asks_has_its_boundary(
    kind: MessageKind, what: str, changed: dict[str, object], now: datetime, decision: Decision
) -> None:
    assert decide(facts(kind=kind, opens_at=NOON - 30 * DAY, **changed), now) == decision, what


@pytest.mark.parametrize(
    ("owed_at", "now", "decision"),
    [
        (EVENING - timedelta(minutes=5), EVENING - timedelta(minutes=5), Send()),
        (EVENING - timedelta(minutes=5), EVENING - timedelta(minutes=1), Send()),
        (EVENING - timedelta(minutes=5), EVENING - timedelta(seconds=59), Wait(RINGS, QUIET)),
        (EVENING - timedelta(minutes=35), EVENING - timedelta(minutes=5), Send()),
        (EVENING - timedelta(minutes=35) - MOMENT, EVENING - timedelta(minutes=5), Wait(RINGS, QUIET)),
    ],
)
def test_a_new_link_that_she_waits_for_needs_a_minute_only(
    owed_at: datetime, now: datetime, decision: Decision
) -> None:
    assert decide(facts(kind=MessageKind.REISSUE, owed_at=owed_at), now) == decision


LITTLE_LEFT: list[tuple[dict[str, object], int, int]] = [
    # what is different; how many seconds before quiet hours its window ends; how many a text must have till then
    ({}, 0, 600),
    ({"closes_at": MORNING}, 0, 60),
    ({"closes_at": EVENING - timedelta(seconds=20)}, 20, 60),
]


@pytest.mark.parametrize("kind", ASKING)
@pytest.mark.parametrize(("changed", "ends", "least"), LITTLE_LEFT)
@pytest.mark.parametrize("seconds", [1, 2, 30, 59, 60, 61, 79, 80, 81, 300, 599, 600, 601, 3600])
def test_a_text_leaves_while_it_has_its_time_to_arrive_and_is_valid_no_longer(
    kind: MessageKind, changed: dict[str, object], ends: int, least: int, seconds: int
) -> None:
    now, least = EVENING - timedelta(seconds=seconds), 60 if kind is MessageKind.REISSUE else least
    text = facts(kind=kind, owed_at=now, **changed)
    assert isinstance(decide(text, now), Send) is (seconds - ends >= least)
    assert validity(text, now) == max(1, seconds - ends)


def test_a_protocol_that_sends_for_five_minutes_a_day_sends_in_them() -> None:
    short = replace(SENDING, at=time(19, 55), earliest=time(19, 55), latest=time(20))
    assert decide(facts(sending=short), EVENING - timedelta(minutes=4)) == Send()
    assert decide(facts(sending=short), NOON) == Wait(EVENING - timedelta(minutes=5), QUIET)


@pytest.mark.parametrize(("minutes", "decision"), [(9, Send()), (10, Wait(MORNING.replace(hour=18, minute=50), QUIET))])
def test_a_day_of_sending_that_is_just_long_enough_is_waited_for(minutes: int, decision: Decision) -> None:
    """Ten minutes are what a text needs: then tomorrow has them, and with nine no day ever has."""
    start = (datetime.combine(NOON, time(20)) - timedelta(minutes=minutes)).time()
    assert (
        decide(
            facts(sending=replace(SENDING, at=start, earliest=start, latest=time(20))), EVENING - timedelta(minutes=4)
        )
        == decision
    )


AWAKE = timedelta(minutes=30)
"""The promise in figures, not the product's own constant."""


@pytest.mark.parametrize(
    ("owed_at", "now", "decision"),
    [
        (EVENING, EVENING, Send()),
        (EVENING, EVENING + AWAKE, Send()),
        (EVENING, EVENING + AWAKE + MOMENT, Wait(MORNING, NIGHT)),
        (EVENING - AWAKE, EVENING - MOMENT, Send()),
        (EVENING - 2 * HOUR, EVENING - AWAKE / 3, Send()),  # late, nobody sleeps yet, and ten minutes are left
        (EVENING - 2 * HOUR, EVENING - AWAKE / 3 + MOMENT, Wait(MORNING, NIGHT)),
        (EVENING - AWAKE - 2 * MOMENT, EVENING - MOMENT, Wait(MORNING, NIGHT)),
        (EVENING - AWAKE - MOMENT, EVENING, Wait(MORNING, NIGHT)),
        (EVENING, EVENING + 5 * HOUR, Wait(MORNING, NIGHT)),
        (EVENING, MORNING - MOMENT, Wait(MORNING, NIGHT)),
        (EVENING, MORNING, Send()),
    ],
)
@pytest.mark.parametrize("kind", ANSWERING)
def test_for_thirty_minutes_after_her_own_text_she_is_thought_to_be_up(
    kind: MessageKind, owed_at: datetime, now: datetime, decision: Decision
) -> None:
    assert decide(facts(kind=kind, owed_at=owed_at), now) == decision


def test_what_answers_her_waits_for_no_holiday() -> None:
    holiday = datetime(2027, 5, 17, 10, tzinfo=UTC)
    assert decide(facts(kind=MessageKind.HELP, owed_at=holiday - HOUR), holiday) == Send()


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Europe/Oslo", "2027-01-04T23:00"),
        ("Asia/Kolkata", "2027-01-04T18:30"),
        ("Pacific/Auckland", "2027-01-05T11:00"),
    ],
)
def test_the_cap_ends_at_the_participants_own_midnight(zone: str, midnight: str) -> None:
    until = datetime.fromisoformat(midnight).replace(tzinfo=UTC)
    assert decide(facts(zone=ZoneInfo(zone)), NOON, left_today=0) == Wait(until, "daily cap")


def test_f35_in_400_zones_the_local_hour_is_kept_over_both_switches() -> None:
    assert len(ZONES) == 400
    switched = 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for day in switches(zone, 2027):
            switched += 1
            for near in (day - DAY, day, day + DAY):
                at = instant(near, time(9), zone)
                assert at.astimezone(zone).time() == time(9), name
                midnight = instant(near, time(0, 30), zone)
                asked_facts = facts(zone=zone, holidays=())
                decision = decide(asked_facts, midnight)
                assert isinstance(decision, Wait), name
                assert decision.until.astimezone(zone).time() == time(9), name
                assert isinstance(decide(asked_facts, at), Send), name
    assert switched >= 150


def switches(zone: ZoneInfo, year: int) -> list[date]:
    """The local days of the year on which the zone's clocks change."""
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    offsets = [datetime.combine(day, time(12), zone).utcoffset() for day in days]
    return [days[n] for n in range(1, 365) if offsets[n] != offsets[n - 1]]


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2027-05-17 12:00", Wait(datetime(2027, 5, 18, 7, tzinfo=UTC), QUIET)),
        ("2027-12-24 21:00", Wait(datetime(2027, 12, 27, 8, tzinfo=UTC), QUIET)),
        ("2027-03-28 07:30", Wait(datetime(2027, 3, 30, 7, tzinfo=UTC), QUIET)),  # Easter, summer time
    ],
)
def test_a_text_waits_for_the_holidays_of_the_protocols_country_to_end(local: str, expected: object) -> None:
    assert decide(facts(), datetime.fromisoformat(local).replace(tzinfo=OSLO)) == expected


AFTER_MAY_17 = datetime(2027, 5, 18, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("closes_at", "until"),
    [
        (AFTER_MAY_17 + MOMENT, AFTER_MAY_17),
        (AFTER_MAY_17 + HOUR, AFTER_MAY_17),
        (AFTER_MAY_17 + HOUR + MOMENT, AFTER_MAY_17 + HOUR),  # at the usual hour, where the window lasts so long
        (AFTER_MAY_17, AFTER_MAY_17 - 20 * HOUR),  # waiting would miss the window: on the holiday after all
        (None, AFTER_MAY_17 + HOUR),
    ],
)
def test_a_text_rings_on_a_holiday_only_where_waiting_would_miss_its_window(
    closes_at: datetime | None, until: datetime
) -> None:
    assert good_hour(AFTER_MAY_17 - 20 * HOUR, OSLO, SENDING, NORWAY, closes_at) == until


def test_a_protocol_may_say_that_holidays_are_days_like_others() -> None:
    holiday = AFTER_MAY_17 - 20 * HOUR
    assert decide(facts(holidays=()), holiday) == Send()
    assert decide(facts(holidays=public_holidays("SE")), holiday) == Send(), "and each country has its own"


@pytest.mark.parametrize(
    ("changed", "now", "seconds"),
    [
        ({}, NOON, 14_400),
        ({}, EVENING - 4 * HOUR - MOMENT, 14_400),
        ({}, EVENING - 4 * HOUR, 14_400),
        ({}, EVENING - 4 * HOUR + timedelta(seconds=1), 14_399),
        ({}, EVENING - timedelta(seconds=30), 30),
        ({}, EVENING - timedelta(seconds=1), 1),
        ({}, EVENING - MOMENT, 1),  # a second is the least that a provider takes
        ({}, EVENING + HOUR, 1),
        ({"closes_at": NOON}, NOON - timedelta(minutes=20), 1200),
        ({"closes_at": NOON}, NOON, 1),
        ({"closes_at": EVENING + HOUR}, EVENING - HOUR, 3600),
        ({"closes_at": None}, EVENING - HOUR, 3600),
        ({"kind": MessageKind.HELP, "owed_at": EVENING + HOUR - AWAKE}, EVENING + HOUR, 3600),
        ({"kind": MessageKind.HELP, "owed_at": EVENING - AWAKE}, EVENING, 3600),  # she is up
        ({"kind": MessageKind.HELP, "owed_at": EVENING - AWAKE}, EVENING - MOMENT, 3600),
        ({"kind": MessageKind.HELP, "owed_at": EVENING - 2 * HOUR}, EVENING - timedelta(minutes=10), 600),  # held up
        ({"kind": MessageKind.HELP, "owed_at": NOON}, EVENING - HOUR, 3600),
        ({"kind": MessageKind.HELP, "owed_at": NOON}, EVENING - HOUR + timedelta(seconds=1), 3599),
        ({"kind": MessageKind.TEST, "owed_at": NOON}, EVENING - timedelta(minutes=11), 660),
        ({"kind": MessageKind.HELP, "closes_at": NOON}, NOON, 3600),
        ({"kind": MessageKind.REISSUE}, EVENING - timedelta(seconds=30), 30),
    ],
)
def test_a_late_text_can_ring_neither_at_night_nor_after_its_window(
    changed: dict[str, object], now: datetime, seconds: int
) -> None:
    assert validity(facts(**changed), now) == seconds
