"""Which visits somebody has, and from which of her events each is counted: tables of the pure rules."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from app.schedule.calendar import drawn, plan_visit
from app.schedule.dating import Anchored, Dated, Due, chance_of, event_of, holds, is_hers, planned, visits_of
from app.studies.protocol import DayPart, VisitCondition
from tests.studies.protocol.protocols import small
from tests.studies.protocol.second import FLARES, read, second, with_visit

OSLO = ZoneInfo("Europe/Oslo")
DAY = date(2026, 6, 1)


def dated(kind: str, number: int = 1, on: date = DAY, at: datetime | None = None, *, happened: bool = True) -> Dated:
    return Dated(kind, number, on, at, happened)


ENROLLED, SURGERY = dated("enrolment", on=date(2026, 5, 1)), dated("surgery")
MOVED = dated("surgery", 2, date(2026, 6, 8))
FIRST, SECOND_FLARE = dated("flare", 1, date(2026, 7, 1)), dated("flare", 2, date(2026, 8, 1))
THIRD = dated("flare", 3, date(2026, 9, 1))


def person(*events: Dated, site: str = "01", code: str = "01-001") -> Anchored:
    return Anchored(1, 1, code, site, "Europe/Oslo", events)


HERS = [
    # of these visits; what has happened; the codes that she has, and the days from which they are counted
    ((), {}),
    ((ENROLLED,), {"start": ENROLLED}),
    ((SURGERY,), {"before": SURGERY}),
    ((SURGERY, MOVED), {"before": MOVED}),  # an event that comes once is the one noted last
    ((SURGERY, MOVED, dated("surgery", 3, date(2026, 6, 9))), {"before": dated("surgery", 3, date(2026, 6, 9))}),
    ((FIRST,), {"flare-week.1": FIRST}),
    ((FIRST, SECOND_FLARE, THIRD), {"flare-week.1": FIRST, "flare-week.2": SECOND_FLARE, "flare-week.3": THIRD}),
    ((FIRST, THIRD), {"flare-week.1": FIRST, "flare-week.3": THIRD}),  # one called off keeps its number
    ((ENROLLED, FIRST, SURGERY), {"start": ENROLLED, "before": SURGERY, "flare-week.1": FIRST}),
]


@pytest.mark.parametrize(("events", "hers"), HERS)
def test_each_visit_is_counted_from_its_event_and_once_for_each_that_recurs(
    events: tuple[Dated, ...], hers: dict[str, Dated]
) -> None:
    protocol = read(second())
    single = {"start", "before", "flare-week"}
    due = [visit for visit in visits_of(person(*events), protocol) if visit.visit.code in single]
    assert {visit.code: visit.event for visit in due} == hers
    assert len(due) == len(hers)
    for code, event in hers.items():
        assert event_of(person(*events), protocol, code) == event


@pytest.mark.parametrize(
    ("code", "events", "followed"),
    [
        ("before", (), None),
        ("before", (ENROLLED, FIRST), None),
        ("flare-week.2", (FIRST,), None),
        ("flare-week.2", (FIRST, SECOND_FLARE, THIRD), SECOND_FLARE),
        ("flare-week.1", (FIRST, SECOND_FLARE), FIRST),
        ("start", (ENROLLED, SURGERY), ENROLLED),
        ("flare-week", (FIRST, SECOND_FLARE), SECOND_FLARE),
    ],
)
def test_a_visit_knows_the_event_that_it_follows(code: str, events: tuple[Dated, ...], followed: Dated | None) -> None:
    assert event_of(person(*events), read(second()), code) == followed


CONDITIONS = [
    # of a visit; what happened; whether it is asked
    ("{happened: flare}", (), False),
    ("{happened: flare}", (FIRST,), True),
    ("{happened: flare}", (dated("flare", happened=False),), False),  # planned is not happened
    ("{not_happened: flare}", (), True),
    ("{not_happened: flare}", (FIRST,), False),
    ("{not_happened: flare}", (dated("flare", happened=False),), True),
    ("{happened: surgery, not_happened: flare}", (SURGERY,), True),
    ("{happened: surgery, not_happened: flare}", (FIRST,), False),
    ("{happened: surgery, not_happened: flare}", (), False),
    ("{happened: surgery, not_happened: flare}", (SURGERY, FIRST), False),
]


@pytest.mark.parametrize(("condition", "events", "is_asked"), CONDITIONS)
@pytest.mark.parametrize(
    ("sites", "site", "there"), [("", "01", True), ('["01"]', "01", True), ('["02"]', "01", False)]
)
def test_a_visit_is_hers_where_it_is_asked_at_her_site_and_its_condition_holds(
    condition: str, events: tuple[Dated, ...], is_asked: bool, sites: str, site: str, there: bool
) -> None:
    places = f", sites: {sites}" if sites else ""
    protocol = read(with_visit(f"code: x, after: enrolment, closes: 2d, only_if: {condition}{places}"))
    visit, someone = protocol.visit("x"), person(ENROLLED, *events, site=site)
    assert visit.only_if is not None
    assert holds(visit.only_if, someone.events) is is_asked
    assert is_hers(visit, someone) is (is_asked and there)
    assert ("x" in [due.code for due in visits_of(someone, protocol)]) is (is_asked and there)


@pytest.mark.parametrize(("sites", "hers"), [("", True), (', sites: ["01", "02"]', True), (', sites: ["02"]', False)])
def test_a_visit_without_a_condition_rests_on_its_sites_alone(sites: str, hers: bool) -> None:
    protocol = read(with_visit(f"code: x, closes: 2d{sites}"))
    assert is_hers(protocol.visit("x"), person(site="01")) is hers


def test_a_condition_that_asks_for_nothing_holds() -> None:
    assert holds(VisitCondition(), (FIRST,)) is True


@pytest.mark.parametrize(
    ("condition", "answered", "is_asked"),
    [
        ("{score: odi.odi, visit: start, at_least: 40}", (), False),
        ("{score: odi.odi, visit: start, at_least: 40}", ("x",), True),
        ("{score: odi.odi, visit: start, at_least: 40}", ("before",), False),
        ("{happened: surgery}", (), True),
        ("{happened: surgery, score: odi.odi, visit: start, at_least: 40}", ("x",), True),
        ("{not_happened: surgery, score: odi.odi, visit: start, at_least: 40}", ("x",), False),
    ],
)
def test_a_visit_that_rests_on_answers_waits_for_them(
    condition: str, answered: tuple[str, ...], is_asked: bool
) -> None:
    protocol = read(with_visit(f"code: x, after: surgery, day: 9, closes: 2d, only_if: {condition}"))
    codes = [due.code for due in visits_of(person(ENROLLED, SURGERY), protocol, answered)]
    assert ("x" in codes) is is_asked
    assert "before" in codes


def test_a_visit_that_is_opened_by_hand_is_in_nobodys_plan() -> None:
    protocol = read(second((FLARES, FLARES.replace("after: flare, day: 1w", "opened_by: staff"))))
    assert protocol.visit("flare-week").opened_by is not None
    codes = [due.code for due in visits_of(person(ENROLLED, SURGERY, FIRST), protocol)]
    assert "before" in codes
    assert [code for code in codes if code.startswith("flare-week")] == []


def due_of(code: str, event: Dated, text: str = "") -> tuple[Due, Anchored]:
    protocol = read(text or second())
    return Due(code, protocol.visit(code.partition(".")[0]), event), person(event)


@pytest.mark.parametrize(
    ("event", "closes"),
    [
        (dated("surgery", at=datetime(2026, 6, 1, 10, 15, tzinfo=OSLO)), datetime(2026, 6, 1, 8, 15, tzinfo=UTC)),
        (dated("surgery"), datetime(2026, 6, 1, 6, 0, tzinfo=UTC)),  # the hour that the protocol plans, 08:00
        (dated("surgery", on=date(2026, 12, 1)), datetime(2026, 12, 1, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_window_that_ends_with_its_event_ends_at_its_hour_noted_or_planned(event: Dated, closes: datetime) -> None:
    due, someone = due_of("before", event)
    assert planned(someone, due, read(second())).closes_at == closes


def test_where_no_hour_is_planned_hours_are_counted_from_when_texts_leave() -> None:
    text = second((FLARES, FLARES.replace("day: 1w, window: short", "day: 6h, closes: 4h")))
    due, someone = due_of("flare-week.1", dated("flare"), text)
    assert planned(someone, due, read(text)).opens_at == datetime(2026, 6, 1, 13, 0, tzinfo=UTC)
    enrolled, someone = due_of("start", ENROLLED)
    assert planned(someone, enrolled, read(second())).anchor_on == ENROLLED.on


@pytest.mark.parametrize("kind", ["relapse", "enrolment"])
def test_an_event_that_a_protocol_does_not_have_has_no_hour_in_it(kind: str) -> None:
    """As one that was noted under the version before; enrolment is an event of the second format alone."""
    protocol = read(small())
    due = Due("d7", protocol.visit("d7"), dated(kind))
    week = planned(person(due.event), due, protocol)
    assert week.anchor_on == DAY
    assert week.opens_at.astimezone(OSLO).date() == date(2026, 6, 8)


def test_an_hour_at_random_is_drawn_for_study_participant_event_and_visit() -> None:
    protocol = read(
        with_visit('code: x, after: flare, day: 1, random: {earliest: "08:00", latest: "20:00"}, closes: 2h')
    )
    due = Due("x.2", protocol.visit("x"), SECOND_FLARE)
    assert chance_of(person(), due, protocol) == "knee:01-001:2"
    moment = protocol.visit("x").random
    assert moment is not None
    opens = planned(person(SECOND_FLARE), due, protocol).opens_at.astimezone(OSLO)
    assert (opens.date(), opens.time()) == (date(2026, 8, 2), drawn(moment, "knee:01-001:2:x"))
    of_nobody = plan_visit(due.visit, SECOND_FLARE.on, OSLO, protocol.sending).opens_at.astimezone(OSLO)
    assert of_nobody.time() == drawn(moment, ":x")


@pytest.mark.parametrize(("first", "last"), [(time(8), time(8)), (time(8), time(8, 1)), (time(23, 59), time(23, 59))])
def test_a_part_of_a_day_of_a_minute_or_none_is_its_first_minute(first: time, last: time) -> None:
    assert {drawn(DayPart(first, last), f"{number}") for number in range(40)} == {first}
