"""Format 2: what its rules stand for, what is wrong with a file, and that format 1 says what it always said."""

from __future__ import annotations

import pytest

from app.studies.protocol import from_dict, read_protocol
from app.studies.protocol.codes import likeness
from app.studies.protocol.conduct import BaselineRule, PeriodBaseline
from app.studies.protocol.visits import base_code, occasion
from tests.example import BACKTOBASIC
from tests.studies.protocol.second import FLARES, SECOND, errors, read, second, with_visit
from tests.timing import lasting_less_than

BEFORE_FORMAT_2 = "f9d70a048fbfa2ca4d82bc26f53aae12792edf467b58c4e85a109e322603dadc"
"""Of the example, by the version of Svar that knew one format."""


def test_a_protocol_of_format_1_has_the_hash_that_it_was_installed_with() -> None:
    protocol = read_protocol(BACKTOBASIC)
    assert protocol.sha256 == BEFORE_FORMAT_2
    assert from_dict(protocol.to_dict()).sha256 == BEFORE_FORMAT_2


def test_a_protocol_of_format_2_is_read_back_as_it_was_written() -> None:
    protocol = read(SECOND)
    assert from_dict(protocol.to_dict()) == protocol
    assert from_dict(protocol.to_dict()).sha256 == protocol.sha256


SAME = [("closes: 2d", "closes: 2"), ("day: 1w", "day: 7"), ("until: 5y", "until: 60m"), ("due: -1d, ", "due: -1, ")]


@pytest.mark.parametrize(("written", "otherwise"), SAME)
def test_the_same_time_in_another_unit_makes_no_other_protocol(written: str, otherwise: str) -> None:
    assert read(second((written, otherwise))).sha256 == read(SECOND).sha256


def test_rules_stand_for_single_visits() -> None:
    codes = [visit.code for visit in read(SECOND).visits]
    assert codes == [
        "start", "before", *(f"morning-{n}" for n in range(1, 15)), *(f"evening-{n}" for n in range(1, 15)),
        *(f"quarter-{n}" for n in range(1, 21)), "flare-week",
    ]  # fmt: skip


SERIES = [
    # of a visit; the codes of those for which it stands, and their days
    ("code: x, window: short", ["x"], ["0"]),
    ("code: x, day: -7, window: short", ["x"], ["-7"]),
    ("code: x, day: 3m, window: short", ["x"], ["3m"]),
    ("code: x, days: 5-7, window: short", ["x-1", "x-2", "x-3"], ["5", "6", "7"]),
    ("code: x, days: -3--1, window: short", ["x-1", "x-2", "x-3"], ["-3", "-2", "-1"]),
    ("code: x, every: 2w, until: 6w, window: short", ["x-1", "x-2", "x-3"], ["14", "28", "42"]),
    ("code: x, every: 2w, until: 41, window: short", ["x-1", "x-2"], ["14", "28"]),
    ("code: x, day: 1w, every: 2w, until: 5w, window: short", ["x-1", "x-2", "x-3"], ["7", "21", "35"]),
    ("code: x, every: 6m, until: 1y, window: short", ["x-1", "x-2"], ["6m", "12m"]),
    ("code: x, after: [surgery, flare], window: short", ["x-a", "x-b"], ["0", "0"]),
    ('code: x, at: ["08:00", "14:00"], closes: 1h', ["x-1", "x-2"], ["0", "0"]),
    (
        'code: x, days: 1-2, at: ["08:00", "14:00"], closes: 1h',
        ["x-1-1", "x-1-2", "x-2-1", "x-2-2"],
        ["1", "1", "2", "2"],
    ),
    (
        'code: x, random: {earliest: "09:00", latest: "19:00", times: 3}, closes: 1h',
        ["x-1", "x-2", "x-3"],
        ["0", "0", "0"],
    ),
]


@pytest.mark.parametrize(("visit", "codes", "days"), SERIES)
def test_a_rule_stands_for_a_series(visit: str, codes: list[str], days: list[str]) -> None:
    own = [each for each in read(with_visit(visit)).visits if each.code.partition("-")[0] == "x"]
    assert [each.code for each in own] == codes
    assert [str(each.distance) for each in own] == days


def test_a_stretch_of_a_day_is_cut_in_equal_parts() -> None:
    visit = 'code: x, random: {earliest: "09:00", latest: "19:00", times: 3}, closes: 1h'
    moments = [each.random for each in read(with_visit(visit)).visits if each.random]
    shown = [f"{moment.earliest:%H:%M}-{moment.latest:%H:%M}" for moment in moments]
    assert shown == ["09:00-12:20", "12:20-15:40", "15:40-19:00"]


TITLES = [("quarter-3", "Quarter 3"), ("before", "day 0"), ("flare-week.2", "day 7 after Flare (2)"), ("gone", "gone")]


@pytest.mark.parametrize(("code", "title"), TITLES)
def test_a_visit_is_called_by_its_title_or_its_day(code: str, title: str) -> None:
    assert read(SECOND).visit_title(code) == title


def test_a_visit_is_called_by_its_title_in_the_language_of_whoever_reads() -> None:
    text = second(("languages: [en]", "languages: [en, nb]"), ("{en: Quarter}", "{en: Quarter, nb: Kvartal}"))
    bilingual = text.replace("}, {", "}, {")
    assert {error.where for error in errors(bilingual)} >= {"title"}, "each text is asked for in both languages"
    assert "visits.quarter.title" not in {error.where for error in errors(bilingual)}
    protocol = from_dict({**read(SECOND).to_dict(), "visits": [_titled(v) for v in read(SECOND).to_dict()["visits"]]})
    assert (protocol.visit_title("quarter-1", "nb"), protocol.visit_title("quarter-1", "en")) == (
        "Kvartal 1",
        "Quarter 1",
    )


def _titled(visit: dict[str, object]) -> dict[str, object]:
    return {**visit, "title": {"en": "Quarter", "nb": "Kvartal"}} if visit["code"] == "quarter" else visit


@pytest.mark.parametrize(("code", "base", "number"), [("d7", "d7", None), ("flare-week.12", "flare-week", 12)])
def test_the_number_of_an_event_stands_behind_a_visits_code(code: str, base: str, number: int | None) -> None:
    assert (base_code(code), occasion(code)) == (base, number)


def test_enrolment_is_an_event_of_every_protocol_and_day_0_where_no_other_is_said() -> None:
    protocol = read(second(("anchor: surgery\n", ""), ("opens: -7d, due: -1d, closes: surgery", "closes: 1d")))
    assert protocol.anchor == "enrolment"
    assert protocol.event_title("enrolment") == "Enrolment"
    assert list(protocol.events) == ["enrolment", "surgery", "flare"]


BASELINES = [
    ("", None),
    ("baseline: none\n", BaselineRule()),
    ("baseline: {visit: start}\n", BaselineRule(visit="start")),
    ("baseline: {last_before: flare}\n", BaselineRule(last_before="flare")),
    ("baseline: {periods: {surgery: {visit: before}}}\n", BaselineRule(periods={"surgery": PeriodBaseline("before")})),
    (
        "baseline: {periods: {enrolment: {visit: start}, surgery: {visit: before}}}\n",
        BaselineRule(periods={"enrolment": PeriodBaseline("start"), "surgery": PeriodBaseline("before")}),
    ),
]


@pytest.mark.parametrize(("written", "rule"), BASELINES)
def test_the_protocol_says_what_baseline_is(written: str, rule: BaselineRule | None) -> None:
    protocol = read(second(("anchor: surgery\n", f"anchor: surgery\n{written}")))
    assert protocol.baseline == rule
    assert from_dict(protocol.to_dict()) == protocol
    assert (protocol.sha256 == read(SECOND).sha256) is (rule is None)


def test_the_protocol_is_sound() -> None:
    assert errors(SECOND) == []


def test_a_code_of_thirty_two_characters_may_be_used_where_nothing_stands_behind_it() -> None:
    assert errors(with_visit(f"code: {'x' * 32}, window: short")) == []
    assert [error.where for error in errors(with_visit(f"code: {'x' * 32}, days: 1-2, window: short"))] != []


def test_week_seven_after_infusion_may_be_the_code_of_a_visit() -> None:
    protocol = read(with_visit("code: week-seven-after-infusion, day: 7w, window: short"))
    assert protocol.visit("week-seven-after-infusion").day == 49
    assert protocol.visit_title("week-seven-after-infusion") == "day 49"


@pytest.mark.parametrize("step", [1, 10])
def test_codes_whose_numbers_differ_are_not_taken_for_one_another(step: int) -> None:
    wide = "".join(f"  - {{code: d{n}, day: {n}, window: short, minutes: 1, instruments: [odi]}}\n" for n in (14, 104))
    again = FLARES + wide + f"  - {{code: d{500 + step}, window: short, minutes: 1, instruments: [odi]}}\n"
    assert errors(second((FLARES, again))) == []


LIKE = [("d104", "d104"), ("d014", "d14"), ("d-01", "d1"), ("D_007", "d7"), ("0", "0"), ("w1-04", "w14")]


@pytest.mark.parametrize(("code", "like"), LIKE)
def test_leading_zeros_and_hyphens_make_no_other_code(code: str, like: str) -> None:
    assert likeness(code) == like


def test_ten_years_are_not_too_long() -> None:
    assert errors(with_visit("code: x, every: 1y, until: 10y, window: short")) == []


HOURS = [
    ("x-1", "day 0, 08:00"),
    ("x-2", "day 0, 14:00"),
]


@pytest.mark.parametrize(("code", "title"), HOURS)
def test_visits_of_one_day_are_told_apart_by_their_hours(code: str, title: str) -> None:
    assert read(with_visit('code: x, at: ["08:00", "14:00"], closes: 1h')).visit_title(code) == title


@pytest.mark.parametrize("mistaken", [False, True])
def test_five_hundred_visits_are_checked_within_a_second(mistaken: bool) -> None:
    line = "  - {{code: v{0}, day: {0}, window: short, minutes: 1, instruments: [odi]}}\n"
    text = second((FLARES, FLARES + "".join(line.format(day) for day in range(400, 890))))
    text = text.replace("window: short", "window: shrt") if mistaken else text
    with lasting_less_than(1):
        assert len(errors(text)) == (492 if mistaken else 0)


def test_a_day_has_up_to_twenty_four_hours_of_its_own() -> None:
    def hourly(hours: list[str]) -> str:
        return with_visit(f"code: hourly, days: 1-2, at: [{', '.join(hours)}], closes: 1h")

    hours = [f'"{hour:02d}:{minute}"' for hour in range(7, 19) for minute in ("00", "30")]
    assert sum(visit.code.startswith("hourly") for visit in read(hourly(hours)).visits) == 48
    assert "Write 1 to 24 of them" in str(errors(hourly([*hours, '"19:00"'])))


def test_visits_that_are_open_at_once_are_told_in_whole_days() -> None:
    protocol = read(second(("closes: 7d, minutes: 3", "closes: 1m, minutes: 3"), ("code: before, opens: -7d, due: -1d, "
        "closes: surgery,", "code: later, after: enrolment, day: 3, closes: 10d,")))  # fmt: skip
    assert "Visits start and later are both open from day 3 to day 30." in protocol.notes
